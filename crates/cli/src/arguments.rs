//! What the command line asks for.

use crate::Refused;
use crate::asl::{self, AslAction};
use crate::lab::{self, LabAction};
use lexopt::{Arg, Parser, ValueExt};
use std::path::PathBuf;

const HELP: &str = "\
coldstart: AWS Lambda functions as WebAssembly and Step Functions, under a virtual clock

Usage:
  coldstart invoke MODULE [options]   invoke a function once or more often
  coldstart load MODULE [options]     invoke a function many times in virtual time
  coldstart run FILE|LINK [options]   replay a workspace and print its digest
  coldstart asl COMMAND [options]     state machines: coldstart asl --help
  coldstart lab COMMAND [options]     workshop labs: coldstart lab --help
  coldstart --help | --version

MODULE is a .wasm module, WebAssembly text (.wat), a .zip package with a module in it, or a container image:
an OCI image layout as a .tar, whose layer is a module or whose entry point names one. Or JavaScript: a .mjs, .js or .cjs
file, or a folder with index.mjs; it runs as nodejs22.x, by its export named handler.
FILE is a .coldstart.zip or a workspace's JSON; LINK is what the page's Share gives.

Options of invoke:
  --handler NAME    which module of a .zip, as docs/ABI.md says; default handler. Of JavaScript: index.handler and the like
  --runtime NAME    as Lambda names it, such as nodejs24.x for a .zip of JavaScript; default provided.al2023
  --event FILE      the event, JSON; - reads it from stdin. Without it the event is {}
  --memory MB       128 to 10240, default 128; more memory is more processor
  --timeout S       1 to 900, default 3
  --env KEY=VALUE   a variable for the function; may be given more than once
  --seed N          where ids and random numbers come from, default 1
  --times N         invoke so often, one after the other; the first one starts cold
  --json            a JSON object for each invocation, with status, payload, duration, log …

Options of load: those of invoke but --times, and
  --profile KIND    constant, ramp, burst or poisson, default constant
  --rate N          invocations a second, default 10; those at the begin of a ramp
  --end-rate N      those at the end of a ramp
  --size N          invocations of a burst, default 100
  --every S         seconds from burst to burst, default 60
  --duration S      virtual seconds, default 60
  --async           as events, whose caller does not wait
  --reserved N      reserved concurrency
  --provisioned N   provisioned concurrency

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
    pub(crate) runtime: Option<String>,
    /// `-` is stdin; without it the event is `{}`.
    pub(crate) event: Option<PathBuf>,
    pub(crate) memory_mb: u64,
    pub(crate) timeout_seconds: u64,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) seed: u64,
    pub(crate) times: u64,
    pub(crate) json: bool,
}

/// Options of `coldstart load`.
#[derive(Debug, PartialEq)]
pub(crate) struct LoadOptions {
    pub(crate) function: InvokeOptions,
    /// As StartLoad has it.
    pub(crate) profile: serde_json::Value,
    pub(crate) seconds: f64,
    pub(crate) invocation_type: &'static str,
    pub(crate) reserved: Option<u64>,
    pub(crate) provisioned: Option<u64>,
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
    Load(LoadOptions),
    Run(RunOptions),
    Asl(AslAction),
    Lab(LabAction),
}

pub(crate) fn usage(error: impl std::fmt::Display) -> Refused {
    Refused(format!("{error}\nTry 'coldstart --help'."))
}

pub(crate) fn parse(mut parser: Parser) -> Result<Action, Refused> {
    match parser.next().map_err(usage)? {
        None => Err(usage("a command is missing: invoke, load, run, asl or lab")),
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Action::Show(HELP.into())),
        Some(Arg::Long("version") | Arg::Short('V')) => {
            Ok(Action::Show(format!("coldstart {}\n", env!("CARGO_PKG_VERSION"))))
        }
        Some(Arg::Value(command)) => match command.to_string_lossy().as_ref() {
            "invoke" => parse_invoke(&mut parser),
            "load" => parse_load(&mut parser),
            "run" => parse_run(&mut parser),
            "asl" => asl::parse(&mut parser),
            "lab" => lab::parse(&mut parser),
            "help" => Ok(Action::Show(HELP.into())),
            other => Err(usage(format!(
                "there is no command {other:?}; there are invoke, load, run, asl and lab"
            ))),
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

fn function_options() -> InvokeOptions {
    InvokeOptions {
        module: PathBuf::new(),
        handler: crate::cloud::HANDLER.into(),
        runtime: None,
        event: None,
        memory_mb: 128,
        timeout_seconds: 3,
        environment: Vec::new(),
        seed: 1,
        times: 1,
        json: false,
    }
}

/// An option that says what the function is and what it gets; gives back what is none.
fn function_option<'a>(
    parser: &mut Parser,
    arg: &'a str,
    options: &mut InvokeOptions,
) -> Result<Option<&'a str>, Refused> {
    match arg {
        "event" => options.event = Some(parser.value().map_err(usage)?.into()),
        "handler" => options.handler = parser.value().map_err(usage)?.string().map_err(usage)?,
        "runtime" => {
            options.runtime = Some(parser.value().map_err(usage)?.string().map_err(usage)?)
        }
        "memory" => options.memory_mb = number(parser, "memory", 128, 10_240)?,
        "timeout" => options.timeout_seconds = number(parser, "timeout", 1, 900)?,
        "seed" => options.seed = number(parser, "seed", 0, 1 << 53)?,
        "env" => {
            let pair = parser.value().map_err(usage)?.string().map_err(usage)?;
            let pair = pair
                .split_once('=')
                .ok_or_else(|| usage(format!("--env is KEY=VALUE, not {pair:?}")))?;
            options.environment.push((pair.0.into(), pair.1.into()));
        }
        "json" => options.json = true,
        other => return Ok(Some(other)),
    }
    Ok(None)
}

fn parse_invoke(parser: &mut Parser) -> Result<Action, Refused> {
    let mut options = function_options();
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Short('e') => options.event = Some(parser.value().map_err(usage)?.into()),
            Arg::Long("times") => options.times = number(parser, "times", 1, 1_000_000)?,
            Arg::Long("help") | Arg::Short('h') => return Ok(Action::Show(HELP.into())),
            Arg::Long(name) => {
                let name = name.to_owned();
                if let Some(other) = function_option(parser, &name, &mut options)? {
                    return Err(usage(Arg::Long(other).unexpected()));
                }
            }
            Arg::Value(path) if is_missing(&options) => options.module = path.into(),
            other => return Err(usage(other.unexpected())),
        }
    }
    Ok(Action::Invoke(with_module(options, "invoke")?))
}

fn is_missing(options: &InvokeOptions) -> bool {
    options.module.as_os_str().is_empty()
}

fn with_module(options: InvokeOptions, command: &str) -> Result<InvokeOptions, Refused> {
    if is_missing(&options) {
        return Err(usage(format!(
            "{command} needs code: a .wasm, .wat, .zip, .tar or .mjs file, or a folder"
        )));
    }
    Ok(options)
}

fn parse_load(parser: &mut Parser) -> Result<Action, Refused> {
    let mut function = function_options();
    let (mut kind, mut rate, mut end_rate) = ("Constant", 10.0, 0.0);
    let (mut size, mut every, mut seconds) = (100, 60.0, 60.0);
    let (mut reserved, mut provisioned, mut invocation_type) = (None, None, "RequestResponse");
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Arg::Short('e') => function.event = Some(parser.value().map_err(usage)?.into()),
            Arg::Long("profile") => {
                let given = parser.value().map_err(usage)?.string().map_err(usage)?;
                let kinds = ["Constant", "Ramp", "Burst", "Poisson"];
                let known = kinds.into_iter().find(|kind| kind.eq_ignore_ascii_case(&given));
                kind = known.ok_or_else(|| {
                    usage(format!("--profile is constant, ramp, burst or poisson, not {given:?}"))
                })?;
            }
            Arg::Long("rate") => rate = quantity(parser, "rate")?,
            Arg::Long("end-rate") => end_rate = quantity(parser, "end-rate")?,
            Arg::Long("size") => size = number(parser, "size", 1, 10_000)?,
            Arg::Long("every") => every = quantity(parser, "every")?,
            Arg::Long("duration") => seconds = quantity(parser, "duration")?,
            Arg::Long("async") => invocation_type = "Event",
            Arg::Long("reserved") => reserved = Some(number(parser, "reserved", 0, 900)?),
            Arg::Long("provisioned") => provisioned = Some(number(parser, "provisioned", 1, 900)?),
            Arg::Long("help") | Arg::Short('h') => return Ok(Action::Show(HELP.into())),
            Arg::Long(name) => {
                let name = name.to_owned();
                if let Some(other) = function_option(parser, &name, &mut function)? {
                    return Err(usage(Arg::Long(other).unexpected()));
                }
            }
            Arg::Value(path) if is_missing(&function) => function.module = path.into(),
            other => return Err(usage(other.unexpected())),
        }
    }
    let profile = match kind {
        "Ramp" => serde_json::json!({ "Kind": kind, "Rate": rate, "EndRate": end_rate }),
        "Burst" => serde_json::json!({ "Kind": kind, "Size": size, "EverySeconds": every }),
        _ => serde_json::json!({ "Kind": kind, "Rate": rate }),
    };
    let function = with_module(function, "load")?;
    let json = function.json;
    let options =
        LoadOptions { function, profile, seconds, invocation_type, reserved, provisioned, json };
    Ok(Action::Load(options))
}

/// A number that need not be whole; its bounds are the engine's business.
fn quantity(parser: &mut Parser, option: &str) -> Result<f64, Refused> {
    let text = parser.value().map_err(usage)?.string().map_err(usage)?;
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| usage(format!("--{option} is a number, not {text:?}")))
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
