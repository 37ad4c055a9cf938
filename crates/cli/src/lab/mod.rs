//! `coldstart lab`: labs that prove themselves.

mod check;
mod files;
mod verify;

use crate::arguments::{Action, usage};
use crate::{Refused, Verdict};
use lexopt::{Arg, Parser, ValueExt};
use std::path::PathBuf;

const HELP: &str = "\
coldstart lab: workshop labs (docs/LABS.md)

Usage:
  coldstart lab check DIR... [--verbose] [--junit FILE]   prove labs: starters fail, solutions pass, mutants are caught
  coldstart lab view DIR STEP CHECK [--part NAME]         what a check sees, as JSON: of the solution, the starter or a mutant
  coldstart lab verify FILE... [--labs DIR] [--csv]       try receipts again that stand in these texts; - is standard input

A DIR is a lab's folder, or a folder of such folders; verify looks for labs in the folder labs.
--verbose tells what each check said, and its milliseconds.
Exit code: 0 all is well, 1 something is wrong with a lab or a receipt, 2 it could not be tried.
";

#[derive(Debug, PartialEq)]
pub(crate) enum LabAction {
    Check { folders: Vec<PathBuf>, junit: Option<PathBuf>, is_verbose: bool },
    View { folder: PathBuf, step: String, check: String, part: String },
    Verify { files: Vec<PathBuf>, labs: PathBuf, is_csv: bool },
}

pub(crate) fn parse(parser: &mut Parser) -> Result<Action, Refused> {
    let mut words = Vec::new();
    let (mut junit, mut part, mut labs) = (None, None, None);
    let (mut is_verbose, mut is_csv) = (false, false);
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("junit") => junit = Some(parser.value().map_err(usage)?.into()),
            Arg::Long("labs") => labs = Some(parser.value().map_err(usage)?.into()),
            Arg::Long("verbose") | Arg::Short('v') => is_verbose = true,
            Arg::Long("csv") => is_csv = true,
            Arg::Long("part") => {
                part = Some(parser.value().map_err(usage)?.string().map_err(usage)?);
            }
            Arg::Long("help") | Arg::Short('h') => return Ok(Action::Show(HELP.into())),
            Arg::Value(word) => words.push(word),
            other => return Err(usage(other.unexpected())),
        }
    }
    let mut words = words.into_iter();
    let command = words.next().map(|word| word.to_string_lossy().into_owned());
    match command.as_deref() {
        Some("check") => {
            let folders: Vec<PathBuf> = words.map(PathBuf::from).collect();
            if folders.is_empty() {
                return Err(usage("lab check needs the folder of a lab"));
            }
            Ok(Action::Lab(LabAction::Check { folders, junit, is_verbose }))
        }
        Some("view") => {
            let rest: Vec<_> = words.collect();
            let [folder, step, check] = &rest[..] else {
                return Err(usage("lab view needs a lab's folder, a step and a check"));
            };
            Ok(Action::Lab(LabAction::View {
                folder: folder.into(),
                step: step.to_string_lossy().into_owned(),
                check: check.to_string_lossy().into_owned(),
                part: part.unwrap_or_else(|| "solution".into()),
            }))
        }
        Some("verify") => {
            let files: Vec<PathBuf> = words.map(PathBuf::from).collect();
            if files.is_empty() {
                return Err(usage(
                    "lab verify needs a file with receipts, or - for standard input",
                ));
            }
            let labs = labs.unwrap_or_else(|| "labs".into());
            Ok(Action::Lab(LabAction::Verify { files, labs, is_csv }))
        }
        None => Ok(Action::Show(HELP.into())),
        Some(other) => Err(usage(format!(
            "there is no command {other:?} of labs; there are check, view and verify"
        ))),
    }
}

pub(crate) fn act(action: &LabAction) -> Result<Verdict, Refused> {
    match action {
        LabAction::Check { folders, junit, is_verbose } => {
            check::check(folders, junit.as_deref(), *is_verbose)
        }
        LabAction::View { folder, step, check, part } => check::view(folder, step, check, part),
        LabAction::Verify { files, labs, is_csv } => verify::verify(files, labs, *is_csv),
    }
}
