//! `cargo xtask`: everything that is done to the project, by name, with all set-up it needs.
//!
//! Each command prints its steps with their times, does again only what changed, and leaves what it measured under `target/`.

#![allow(clippy::print_stdout, reason = "a command-line tool talks on stdout")]

mod checks;
mod compilers;
mod examples;
mod guests;
mod inputs;
mod labs;
mod paths;
mod progress;
mod runtimes;
mod scripts;
mod server;
mod site;
mod size;
mod split;
mod suite;
mod tiers;
mod tools;

use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  serve        build the optimised site and serve it on loopback
                 --port N     (default 8080, or the next free one)
                 --prefix P   answer under this path too, such as /some/repo/
                 --dev        build quickly, unoptimised
  build        build the site into dist/ and the command into target/release/coldstart  [--dev: the site only, unoptimised]
  test         format, lints, unit, conformance and browser tests, size budget
                 --skip-browser, --skip-clippy
  ci           the same as test
  conformance  recorded answers against the engine          [arguments are passed on, such as --dir DIR]
  bench        ratios against V8 and other runtimes         [arguments are passed on]
  bench asl    state machines against aws-local-stepfunctions, and how they scale  [--rounds N, --native, --quick]
  bench visit    from an empty cache to a first response  [--rounds N]
  bench million  a million invocations in one session: speed, memory, whether the last cost what the first did  [--native, --count N]
  bench labs   each check of each lab on its solution, in Chromium, against 200 ms; a lab opened from its link  [--rounds N]
  bench tiers  what handlers compute on each tier against V8, in Chromium; cold starts of JavaScript  [--rounds N, --quick]
  fuzz         10,000 random modules on both tiers: equal in all that can be seen  [--modules N, --from SEED]
  size         what a first visit transfers, against the budgets
  shots        screenshots of every view into target/shots  [arguments are passed on]
  examples     only build the examples, into www/generated/examples
  runtimes     only build the runtimes of languages, into www/generated/runtimes
  guests       only build the programs of docs/abi, with the compilers that they need
  web          web-platform-tests on the JavaScript runtime
  setup        only install the tools
";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().and_then(|name| name.into_string().ok()).unwrap_or_default();
    let rest: Vec<_> = arguments.collect();
    let paths = Paths::find();
    let done = match command.as_str() {
        "serve" => serve(&paths, rest),
        "build" => build(&paths, rest),
        "test" | "ci" => return checks::test(&paths, rest),
        "conformance" => conformance(&paths, rest),
        "bench" => bench(&paths, rest),
        "fuzz" => tiers::fuzz(&paths, rest),
        "size" => measure(&paths),
        "shots" => shots(&paths, rest),
        "setup" => setup(&paths),
        "examples" => build_examples(&paths),
        "runtimes" => build_runtimes(&paths),
        "guests" => build_guests(&paths),
        "web" => web_platform(&paths),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn serve(paths: &Paths, rest: Vec<std::ffi::OsString>) -> Outcome<()> {
    let (mut port, mut prefix, mut dev) = (None, None, false);
    let mut parser = lexopt::Parser::from_args(rest);
    while let Some(argument) = parser.next().map_err(Failure::usage)? {
        match argument {
            lexopt::Arg::Long("port") => {
                let value = parser.value().map_err(Failure::usage)?;
                let value = value.to_str().and_then(|text| text.parse::<u16>().ok());
                port =
                    Some(value.ok_or_else(|| Failure::new("--port takes a number up to 65535"))?);
            }
            lexopt::Arg::Long("prefix") => {
                let value = parser.value().map_err(Failure::usage)?;
                prefix = Some(value.to_string_lossy().into_owned());
            }
            lexopt::Arg::Long("dev") => dev = true,
            other => return Err(Failure::usage(other.unexpected())),
        }
    }
    let mut plan = Plan::new(paths, tools::STEPS + site::STEPS)?;
    tools::install(&mut plan, paths)?;
    site::build(&mut plan, paths, dev)?;
    plan.finish();
    server::serve(&paths.dist(), port, prefix.as_deref())
}

fn build(paths: &Paths, rest: Vec<std::ffi::OsString>) -> Outcome<()> {
    let dev = only_flag(rest, "dev")?;
    let mut plan = Plan::new(paths, tools::STEPS + site::STEPS + usize::from(!dev))?;
    tools::install(&mut plan, paths)?;
    site::build(&mut plan, paths, dev)?;
    if !dev {
        checks::release_command(&mut plan, paths)?;
    }
    plan.finish();
    Ok(())
}

fn setup(paths: &Paths) -> Outcome<()> {
    let mut plan = Plan::new(paths, tools::STEPS + 1 + compilers::STEPS)?;
    tools::install(&mut plan, paths)?;
    tools::chromium(&mut plan)?;
    compilers::Compilers::install(&mut plan, paths)?;
    plan.finish();
    Ok(())
}

fn build_examples(paths: &Paths) -> Outcome<()> {
    let mut plan = Plan::new(paths, tools::STEPS + examples::STEPS)?;
    tools::install(&mut plan, paths)?;
    examples::build(&mut plan, paths)?;
    plan.finish();
    Ok(())
}

fn build_runtimes(paths: &Paths) -> Outcome<()> {
    let mut plan = Plan::new(paths, tools::STEPS + runtimes::STEPS)?;
    tools::install(&mut plan, paths)?;
    runtimes::build(&mut plan, paths)?;
    plan.finish();
    Ok(())
}

fn build_guests(paths: &Paths) -> Outcome<()> {
    let mut plan = Plan::new(paths, tools::STEPS + guests::STEPS)?;
    tools::install(&mut plan, paths)?;
    guests::build(&mut plan, paths)?;
    plan.finish();
    Ok(())
}

fn web_platform(paths: &Paths) -> Outcome<()> {
    let mut plan = Plan::new(paths, tools::STEPS + runtimes::STEPS + 1)?;
    tools::install(&mut plan, paths)?;
    runtimes::build(&mut plan, paths)?;
    let suite = suite::fetch(&mut plan, paths)?;
    plan.finish();
    progress::pass_through(&mut suite::command(paths, &suite))
}

fn measure(paths: &Paths) -> Outcome<()> {
    let mut plan = Plan::new(paths, tools::STEPS + site::STEPS)?;
    tools::install(&mut plan, paths)?;
    site::build(&mut plan, paths, false)?;
    plan.finish();
    let report = size::measure(paths)?;
    println!("\n{}", report.table);
    report.verdict
}

fn conformance(paths: &Paths, rest: Vec<std::ffi::OsString>) -> Outcome<()> {
    progress::pass_through(checks::conformance_command(paths).args(rest))
}

fn bench(paths: &Paths, rest: Vec<std::ffi::OsString>) -> Outcome<()> {
    if rest.first().is_some_and(|first| first == "asl") {
        return bench_alone(paths, "asl", &rest[1..]);
    }
    if rest.first().is_some_and(|first| first == "million") {
        return bench_alone(paths, "million", &rest[1..]);
    }
    let alone = match rest.first().and_then(|first| first.to_str()) {
        Some("labs") => Some("tests/bench/labs.mjs"),
        Some("visit") => Some("tests/bench/visit.mjs"),
        Some("tiers") => Some("tests/bench/tiers/run.mjs"),
        _ => None,
    };
    let mut plan = Plan::new(paths, tools::STEPS + site::STEPS + 1 + usize::from(alone.is_none()))?;
    tools::install(&mut plan, paths)?;
    let chromium = tools::chromium(&mut plan)?;
    site::build(&mut plan, paths, false)?;
    let mut node = Command::new("node");
    node.current_dir(&paths.root);
    if let Some(script) = alone {
        node.arg(script).args(&rest[1..]);
    } else {
        checks::release_command(&mut plan, paths)?;
        node.arg("tests/bench/run.mjs").args(rest);
    }
    plan.finish();
    progress::pass_through(
        node.env("COLDSTART_CHROMIUM", chromium).env("COLDSTART_TARGET", &paths.target),
    )
}

/// One that needs neither the site nor the command: it builds what it measures.
fn bench_alone(paths: &Paths, name: &str, rest: &[std::ffi::OsString]) -> Outcome<()> {
    let mut plan = Plan::new(paths, tools::STEPS + 1)?;
    tools::install(&mut plan, paths)?;
    let chromium = tools::chromium(&mut plan)?;
    plan.finish();
    let mut node = Command::new("node");
    node.current_dir(&paths.root).arg(format!("tests/bench/{name}/run.mjs")).args(rest);
    progress::pass_through(
        node.env("COLDSTART_CHROMIUM", chromium).env("COLDSTART_TARGET", &paths.target),
    )
}

fn shots(paths: &Paths, rest: Vec<std::ffi::OsString>) -> Outcome<()> {
    let mut plan = Plan::new(paths, tools::STEPS + site::STEPS + 1)?;
    tools::install(&mut plan, paths)?;
    let chromium = tools::chromium(&mut plan)?;
    site::build(&mut plan, paths, false)?;
    plan.finish();
    let mut node = Command::new("node");
    node.current_dir(&paths.root).arg("tests/browser/shots.mjs").args(rest);
    progress::pass_through(node.env("COLDSTART_CHROMIUM", chromium))
}

fn only_flag(rest: Vec<std::ffi::OsString>, name: &str) -> Outcome<bool> {
    let mut seen = false;
    for argument in rest {
        if argument.to_str() == Some(&format!("--{name}")) {
            seen = true;
        } else {
            return Err(Failure::new(format!("unexpected argument {argument:?}\n\n{USAGE}")));
        }
    }
    Ok(seen)
}
