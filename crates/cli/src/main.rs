//! The `coldstart` command: the engine of the page, natively.
//!
//! Invariant: stdout holds results only; logs and complaints go to stderr.
//! Invariant: the exit code is 0 for success, 1 for a function's or an execution's error, another history or a definition's fault, 2 for what could not be tried.

mod arguments;
mod asl;
mod cloud;
mod invoke;
mod lab;
mod load;
mod run;
mod sources;

use arguments::Action;
use std::process::ExitCode;

/// Thousands of executions are millions of small pieces of memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why nothing could be tried: one line for stderr.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

/// What was tried came to this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Success,
    Failure,
}

fn main() -> ExitCode {
    let verdict = arguments::parse(lexopt::Parser::from_env()).and_then(|action| match action {
        Action::Show(text) => print(text.as_bytes()).map(|()| Verdict::Success),
        Action::Invoke(options) => invoke::invoke(&options),
        Action::Load(options) => load::load(&options),
        Action::Run(options) => run::run(&options),
        Action::Asl(action) => asl::act(&action),
        Action::Lab(action) => lab::act(&action),
    });
    match verdict {
        Ok(Verdict::Success) => ExitCode::SUCCESS,
        Ok(Verdict::Failure) => ExitCode::from(1),
        Err(Refused(why)) => {
            eprintln!("coldstart: {why}");
            ExitCode::from(2)
        }
    }
}

/// Writes a result. A reader that has seen enough (`| head`) is no fault.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Refused> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Refused(format!("stdout: {error}")))
        }
        _ => Ok(()),
    }
}
