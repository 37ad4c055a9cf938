//! What `coldstart asl` is asked for.

use crate::Refused;
use crate::arguments::{Action, usage};
use coldstart_asl::MachineType;
use lexopt::{Arg, Parser, ValueExt};
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
coldstart asl: state machines of the Amazon States Language, under a virtual clock

Usage:
  coldstart asl validate FILE... [options]   check definitions

FILE is a state machine's definition, JSON; - reads it from stdin.

Options of validate:
  --type TYPE       standard or express, default standard; express machines may use fewer tasks
  --json            a JSON object for each file, with its diagnostics

Each fault is a line on stdout: file:line:column: severity CODE message.
Exit code: 0 without errors (warnings are none), 1 with errors, 2 it could not be tried.
";

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(crate) enum AslAction {
    Validate(ValidateOptions),
}

/// Options of `coldstart asl validate`.
#[derive(Debug, PartialEq)]
pub(crate) struct ValidateOptions {
    /// At least one; `-` is stdin.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) machine: MachineType,
    pub(crate) json: bool,
}

pub(crate) fn parse(parser: &mut Parser) -> Result<Action, Refused> {
    match parser.next().map_err(usage)? {
        None => Err(usage("a command is missing: asl validate")),
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Action::Show(HELP.into())),
        Some(Arg::Value(command)) => match command.to_string_lossy().as_ref() {
            "validate" => parse_validate(parser),
            "help" => Ok(Action::Show(HELP.into())),
            other => {
                Err(usage(format!("there is no command \"asl {other}\"; there is asl validate")))
            }
        },
        Some(other) => Err(usage(other.unexpected())),
    }
}

fn parse_validate(parser: &mut Parser) -> Result<Action, Refused> {
    let mut options =
        ValidateOptions { files: Vec::new(), machine: MachineType::Standard, json: false };
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("type") => options.machine = machine_type(parser)?,
            Arg::Long("json") => options.json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Action::Show(HELP.into())),
            Arg::Value(path) => options.files.push(path.into()),
            other => return Err(usage(other.unexpected())),
        }
    }
    if options.files.is_empty() {
        return Err(usage("asl validate needs a definition: a file, or - for stdin"));
    }
    Ok(Action::Asl(AslAction::Validate(options)))
}

fn machine_type(parser: &mut Parser) -> Result<MachineType, Refused> {
    let text = parser.value().map_err(usage)?.string().map_err(usage)?;
    match text.to_ascii_lowercase().as_str() {
        "standard" => Ok(MachineType::Standard),
        "express" => Ok(MachineType::Express),
        _ => Err(usage(format!("--type is standard or express, not {text:?}"))),
    }
}
