//! `conformance [--dir DIR]`: runs the recorded cases, prints a table and writes `target/conformance.json`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut dir = conformance::data::default_dir();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--dir", Some(value)) => dir = PathBuf::from(value),
            _ => {
                eprintln!("usage: conformance [--dir DIR]");
                return ExitCode::from(2);
            }
        }
    }
    if !dir.is_dir() {
        eprintln!("no recorded cases at {}: skipped", dir.display());
        say("0 passed, 0 failed");
        return ExitCode::SUCCESS;
    }
    match conformance::run(&dir) {
        Ok(report) => {
            say(&report.to_string());
            if let Err(error) = write(&report.json()) {
                eprintln!("target/conformance.json: {error}");
                return ExitCode::from(2);
            }
            if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// The result of this command is what it prints.
#[allow(clippy::print_stdout)]
fn say(text: &str) {
    println!("{text}");
}

fn write(json: &serde_json::Value) -> std::io::Result<()> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::fs::create_dir_all(&target)?;
    std::fs::write(target.join("conformance.json"), format!("{json:#}\n"))
}
