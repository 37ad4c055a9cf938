//! What the command line asks for.

use crate::Refused;
use crate::asl::{self, AslAction};
use lexopt::{Arg, Parser, ValueExt};
use std::path::PathBuf;

const HELP: &str = "\
coldstart: AWS Lambda functions as WebAssembly and Step Functions, under a virtual clock

Usage:
  coldstart invoke MODULE [options]   invoke a function once or more often
  coldstart run FILE|LINK [options]   replay a workspace and print its digest
  coldstart asl COMMAND [options]     state machines: coldstart asl --help
  coldstart --help | --version

MODULE is a .wasm module, WebAssembly text (.wat), or a .zip package with a module in it.
FILE is a .coldstart.zip or a workspace's JSON; LINK is what the page's Share gives.

Options of invoke:
  --handler NAME    which module of a .zip, as docs/ABI.md says; default handler
  --event FILE      the event, JSON; - reads it from stdin. Without it the event is {}
  --memory MB       128 to 10240, default 128; more memory is more processor
  --timeout S       1 to 900, default 3
  --env KEY=VALUE   a variable for the function; may be given more than once
  --seed N          where ids and random numbers come from, default 1
  --times N         invoke so often, one after the other; the first one starts cold
  --json            a JSON object for each invocation, with status, payload, duration, log …

Options of run:
  --modules DIR     where modules are that FILE or LINK only names: DIR/<sha256>.wasm or DIR/<name>
  --json            the digest and the counts as a JSON object

The response goes to stdout, the log to stderr.
Exit code: 0 success, 1 the function failed (or the history is not the sender's), 2 it could not be tried.
";

/// Options of `coldstart invoke`.
#[derive(Debug, PartialEq)]
pub(crate) struct InvokeOptions {
    pub(crate) module: PathBuf,
    pub(crate) handler: String,
    /// `-` is stdin; without it the event is `{}`.
    pub(crate) event: Option<PathBuf>,
    pub(crate) memory_mb: u64,
    pub(crate) timeout_seconds: u64,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) seed: u64,
    pub(crate) times: u64,
    pub(crate) json: bool,
}

/// Options of `coldstart run`.
#[derive(Debug, PartialEq)]
pub(crate) struct RunOptions {
    pub(crate) workspace: String,
    pub(crate) modules: Option<PathBuf>,
    pub(crate) json: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    Show(String),
    Invoke(InvokeOptions),
    Run(RunOptions),
    Asl(AslAction),
}

pub(crate) fn usage(error: impl std::fmt::Display) -> Refused {
    Refused(format!("{error}\nTry 'coldstart --help'."))
}

pub(crate) fn parse(mut parser: Parser) -> Result<Action, Refused> {
    match parser.next().map_err(usage)? {
        None => Err(usage("a command is missing: invoke, run or asl")),
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Action::Show(HELP.into())),
        Some(Arg::Long("version") | Arg::Short('V')) => {
            Ok(Action::Show(format!("coldstart {}\n", env!("CARGO_PKG_VERSION"))))
        }
        Some(Arg::Value(command)) => match command.to_string_lossy().as_ref() {
            "invoke" => parse_invoke(&mut parser),
            "run" => parse_run(&mut parser),
            "asl" => asl::parse(&mut parser),
            "help" => Ok(Action::Show(HELP.into())),
            other => {
                Err(usage(format!("there is no command {other:?}; there are invoke, run and asl")))
            }
        },
        Some(other) => Err(usage(other.unexpected())),
    }
}

/// A number within bounds, under its option's name.
pub(crate) fn number(
    parser: &mut Parser,
    option: &str,
    min: u64,
    max: u64,
) -> Result<u64, Refused> {
    let text = parser.value().map_err(usage)?.string().map_err(usage)?;
    let number = text.parse().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| {
        usage(format!("--{option} is a whole number from {min} to {max}, not {text:?}"))
    })
}

fn parse_invoke(parser: &mut Parser) -> Result<Action, Refused> {
    let mut module = None;
    let mut options = InvokeOptions {
        module: PathBuf::new(),
        handler: "handler".into(),
        event: None,
        memory_mb: 128,
        timeout_seconds: 3,
        environment: Vec::new(),
        seed: 1,
        times: 1,
        json: false,
    };
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("event") | Arg::Short('e') => {
                options.event = Some(parser.value().map_err(usage)?.into())
            }
            Arg::Long("handler") => {
                options.handler = parser.value().map_err(usage)?.string().map_err(usage)?
            }
            Arg::Long("memory") => options.memory_mb = number(parser, "memory", 128, 10_240)?,
            Arg::Long("timeout") => options.timeout_seconds = number(parser, "timeout", 1, 900)?,
            Arg::Long("seed") => options.seed = number(parser, "seed", 0, 1 << 53)?,
            Arg::Long("times") => options.times = number(parser, "times", 1, 1_000_000)?,
            Arg::Long("env") => {
                let pair = parser.value().map_err(usage)?.string().map_err(usage)?;
                let pair = pair
                    .split_once('=')
                    .ok_or_else(|| usage(format!("--env is KEY=VALUE, not {pair:?}")))?;
                options.environment.push((pair.0.into(), pair.1.into()));
            }
            Arg::Long("json") => options.json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Action::Show(HELP.into())),
            Arg::Value(path) if module.is_none() => module = Some(PathBuf::from(path)),
            other => return Err(usage(other.unexpected())),
        }
    }
    options.module = module.ok_or_else(|| usage("invoke needs a module: a .wasm or .wat file"))?;
    Ok(Action::Invoke(options))
}

fn parse_run(parser: &mut Parser) -> Result<Action, Refused> {
    let mut workspace = None;
    let mut options = RunOptions { workspace: String::new(), modules: None, json: false };
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Long("modules") => options.modules = Some(parser.value().map_err(usage)?.into()),
            Arg::Long("json") => options.json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Action::Show(HELP.into())),
            Arg::Value(value) if workspace.is_none() => {
                workspace = Some(value.string().map_err(usage)?)
            }
            other => return Err(usage(other.unexpected())),
        }
    }
    options.workspace =
        workspace.ok_or_else(|| usage("run needs a workspace: a file or a link"))?;
    Ok(Action::Run(options))
}
