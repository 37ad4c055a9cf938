//! `coldstart lab`: labs that prove themselves.

mod check;
mod files;

use crate::arguments::{Action, usage};
use crate::{Refused, Verdict};
use lexopt::{Arg, Parser, ValueExt};
use std::path::PathBuf;

const HELP: &str = "\
coldstart lab: workshop labs (docs/LABS.md)

Usage:
  coldstart lab check DIR... [--junit FILE]         prove labs: starters fail, solutions pass, mutants are caught
  coldstart lab view DIR STEP CHECK [--part NAME]   what a check sees, as JSON: of the solution, the starter or a mutant

A DIR is a lab's folder, or a folder of such folders.
Exit code: 0 all is well, 1 something is wrong with a lab, 2 it could not be tried.
";

#[derive(Debug, PartialEq)]
pub(crate) enum LabAction {
    Check { folders: Vec<PathBuf>, junit: Option<PathBuf> },
    View { folder: PathBuf, step: String, check: String, part: String },
}

pub(crate) fn parse(parser: &mut Parser) -> Result<Action, Refused> {
    let mut words = Vec::new();
    let (mut junit, mut part) = (None, None);
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("junit") => junit = Some(parser.value().map_err(usage)?.into()),
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
            Ok(Action::Lab(LabAction::Check { folders, junit }))
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
        None => Ok(Action::Show(HELP.into())),
        Some(other) => {
            Err(usage(format!("there is no command {other:?} of labs; there are check and view")))
        }
    }
}

pub(crate) fn act(action: &LabAction) -> Result<Verdict, Refused> {
    match action {
        LabAction::Check { folders, junit } => check::check(folders, junit.as_deref()),
        LabAction::View { folder, step, check, part } => check::view(folder, step, check, part),
    }
}
