//! A handler in Rust without any library, in the command shape: the event on stdin, the result on stdout.

use std::io::{Read, Write, stdin, stdout};
use std::process::ExitCode;

fn main() -> std::io::Result<ExitCode> {
    let mut event = String::new();
    stdin().read_to_string(&mut event)?;
    if event == "\"fail\"" {
        eprintln!("the event asked for a failure");
        return Ok(ExitCode::from(3));
    }
    eprintln!("event of {} bytes", event.len());
    // A command starts anew for each event, so its count is always 1.
    write!(stdout(), "{{\"language\":\"Rust\",\"count\":1,\"event\":{event}}}")?;
    Ok(ExitCode::SUCCESS)
}
