//! What `coldstart asl` is asked for.

use crate::Refused;
use crate::arguments::{Action, number, usage};
use coldstart_asl::MachineType;
use lexopt::{Arg, Parser, ValueExt};
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
coldstart asl: state machines of the Amazon States Language, under a virtual clock

Usage:
  coldstart asl validate FILE... [options]     check definitions
  coldstart asl run FILE [options]             start an execution and wait for its end; waits take no time
  coldstart asl test-state FILE [options]      run one state by itself, as TestState does

FILE is a state machine's definition, JSON; - reads it from stdin. test-state takes a state's definition, too.

Options of validate:
  --type TYPE       standard or express, default standard; express machines may use fewer tasks
  --json            a JSON object for each file, with its diagnostics

Options of run:
  --input FILE      the input, JSON; - reads it from stdin. Without it the input is {}
  --functions WHAT  functions that its tasks call: a directory of .wasm and .wat files, each named like its function,
                    or a workspace (a file or a link) whose history is replayed first
  --mocks FILE      answers of other services: a MockConfigFile.json as Step Functions Local reads it
  --case NAME       the test case of the mocks; needed only where they hold more than one
  --name NAME       what the state machine is called, default the file's name; mocks go by it
  --type TYPE       standard or express, default standard
  --seed N          where ids, tokens and random numbers come from, default 1; a workspace brings its own
  --history FILE    writes the events, as aws stepfunctions get-execution-history does; standard only
  --json            the execution as a JSON object: status, output or error and cause, times

Options of test-state:
  --state NAME      the state to test, where FILE is a state machine
  --input FILE      as for run
  --mock FILE       what the task answers: {\"result\": ...} or {\"errorOutput\": {\"error\": ..., \"cause\": ...}}
  --variables FILE  a JSON object of variables
  --context FILE    the context object, JSON
  --level LEVEL     info, debug or trace, default debug: how much of the data's way is shown with --json
  --functions WHAT, --seed N, --json  as for run

A fault is a line on stdout: file:line:column: severity CODE message. An execution's output goes to stdout, the functions' log
and what went wrong to stderr.
Exit code: 0 success (validate: no errors), 1 the execution or state failed (validate: errors), 2 it could not be tried.
";

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(crate) enum AslAction {
    Validate(ValidateOptions),
    Run(RunOptions),
    TestState(TestStateOptions),
}

/// Options of `coldstart asl validate`.
#[derive(Debug, PartialEq)]
pub(crate) struct ValidateOptions {
    /// At least one; `-` is stdin.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) machine: MachineType,
    pub(crate) json: bool,
}

/// Options of `coldstart asl run`.
#[derive(Debug, PartialEq)]
pub(crate) struct RunOptions {
    pub(crate) file: PathBuf,
    pub(crate) input: Option<PathBuf>,
    /// A directory, a workspace's file, or a link.
    pub(crate) functions: Option<String>,
    pub(crate) mocks: Option<PathBuf>,
    pub(crate) case: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) machine: MachineType,
    pub(crate) seed: u64,
    pub(crate) history: Option<PathBuf>,
    pub(crate) json: bool,
}

/// Options of `coldstart asl test-state`.
#[derive(Debug, PartialEq)]
pub(crate) struct TestStateOptions {
    pub(crate) file: PathBuf,
    pub(crate) state: Option<String>,
    pub(crate) input: Option<PathBuf>,
    pub(crate) mock: Option<PathBuf>,
    pub(crate) variables: Option<PathBuf>,
    pub(crate) context: Option<PathBuf>,
    /// `INFO`, `DEBUG` or `TRACE`.
    pub(crate) level: String,
    pub(crate) functions: Option<String>,
    pub(crate) seed: u64,
    pub(crate) json: bool,
}

pub(crate) fn parse(parser: &mut Parser) -> Result<Action, Refused> {
    match parser.next().map_err(usage)? {
        None => Err(usage("a command is missing: asl validate, asl run or asl test-state")),
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Action::Show(HELP.into())),
        Some(Arg::Value(command)) => match command.to_string_lossy().as_ref() {
            "validate" => parse_validate(parser),
            "run" => parse_run(parser),
            "test-state" => parse_test_state(parser),
            "help" => Ok(Action::Show(HELP.into())),
            other => Err(usage(format!(
                "there is no command \"asl {other}\"; there are asl validate, asl run and asl test-state"
            ))),
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

fn path(parser: &mut Parser) -> Result<Option<PathBuf>, Refused> {
    Ok(Some(parser.value().map_err(usage)?.into()))
}

fn string(parser: &mut Parser) -> Result<String, Refused> {
    parser.value().map_err(usage)?.string().map_err(usage)
}

fn parse_run(parser: &mut Parser) -> Result<Action, Refused> {
    let mut file = None;
    let mut options = RunOptions {
        file: PathBuf::new(),
        input: None,
        functions: None,
        mocks: None,
        case: None,
        name: None,
        machine: MachineType::Standard,
        seed: 1,
        history: None,
        json: false,
    };
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("input") | Arg::Short('i') => options.input = path(parser)?,
            Arg::Long("functions") => options.functions = Some(string(parser)?),
            Arg::Long("mocks") => options.mocks = path(parser)?,
            Arg::Long("case") => options.case = Some(string(parser)?),
            Arg::Long("name") => options.name = Some(string(parser)?),
            Arg::Long("type") => options.machine = machine_type(parser)?,
            Arg::Long("seed") => options.seed = number(parser, "seed", 0, 1 << 53)?,
            Arg::Long("history") => options.history = path(parser)?,
            Arg::Long("json") => options.json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Action::Show(HELP.into())),
            Arg::Value(value) if file.is_none() => file = Some(value.into()),
            other => return Err(usage(other.unexpected())),
        }
    }
    options.file =
        file.ok_or_else(|| usage("asl run needs a definition: a file, or - for stdin"))?;
    if options.history.is_some() && options.machine == MachineType::Express {
        return Err(usage("--history is for standard executions: AWS keeps none of express ones"));
    }
    if options.case.is_some() && options.mocks.is_none() {
        return Err(usage("--case names a test case of --mocks, which is missing"));
    }
    one_stdin(&[Some(&options.file), options.input.as_ref(), options.mocks.as_ref()])?;
    Ok(Action::Asl(AslAction::Run(options)))
}

fn parse_test_state(parser: &mut Parser) -> Result<Action, Refused> {
    let mut file = None;
    let mut options = TestStateOptions {
        file: PathBuf::new(),
        state: None,
        input: None,
        mock: None,
        variables: None,
        context: None,
        level: "DEBUG".into(),
        functions: None,
        seed: 1,
        json: false,
    };
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("state") => options.state = Some(string(parser)?),
            Arg::Long("input") | Arg::Short('i') => options.input = path(parser)?,
            Arg::Long("mock") => options.mock = path(parser)?,
            Arg::Long("variables") => options.variables = path(parser)?,
            Arg::Long("context") => options.context = path(parser)?,
            Arg::Long("level") => {
                let level = string(parser)?;
                options.level = level.to_ascii_uppercase();
                if !["INFO", "DEBUG", "TRACE"].contains(&options.level.as_str()) {
                    return Err(usage(format!("--level is info, debug or trace, not {level:?}")));
                }
            }
            Arg::Long("functions") => options.functions = Some(string(parser)?),
            Arg::Long("seed") => options.seed = number(parser, "seed", 0, 1 << 53)?,
            Arg::Long("json") => options.json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Action::Show(HELP.into())),
            Arg::Value(value) if file.is_none() => file = Some(value.into()),
            other => return Err(usage(other.unexpected())),
        }
    }
    options.file =
        file.ok_or_else(|| usage("asl test-state needs a definition: a file, or - for stdin"))?;
    one_stdin(&[
        Some(&options.file),
        options.input.as_ref(),
        options.mock.as_ref(),
        options.variables.as_ref(),
        options.context.as_ref(),
    ])?;
    Ok(Action::Asl(AslAction::TestState(options)))
}

/// Stdin can be read once.
fn one_stdin(files: &[Option<&PathBuf>]) -> Result<(), Refused> {
    let times = files.iter().flatten().filter(|file| file.as_os_str() == "-").count();
    if times > 1 { Err(usage("only one file can be read from stdin")) } else { Ok(()) }
}

fn machine_type(parser: &mut Parser) -> Result<MachineType, Refused> {
    let text = parser.value().map_err(usage)?.string().map_err(usage)?;
    match text.to_ascii_lowercase().as_str() {
        "standard" => Ok(MachineType::Standard),
        "express" => Ok(MachineType::Express),
        _ => Err(usage(format!("--type is standard or express, not {text:?}"))),
    }
}
