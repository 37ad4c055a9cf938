//! Each guest takes three events in one environment and answers with what it was given and with its count, fails one event in words,
//! and goes on. A guest whose compiler is not there is counted as ignored: `python3 tests/guests/build.py` builds them.

use guests::{Function, module};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::path::Path;

/// How a guest answers events.
#[derive(Clone, Copy, PartialEq)]
enum Lives {
    /// One process for many events.
    On,
    /// A process for each event: the command shape.
    Once,
}

/// Name, language in its answers, whether globals stay, and what it writes to the log for an event (empty: nothing).
const GUESTS: [(&str, &str, Lives, &str); 7] = [
    ("assemblyscript", "AssemblyScript", Lives::On, ""),
    ("c", "C", Lives::On, "event of 2 bytes, request id of 36"),
    ("go", "Go", Lives::On, ""),
    ("rust-command", "Rust", Lives::Once, "event of 2 bytes"),
    ("rust-sdk", "Rust", Lives::On, " of guest"),
    ("wat", "WAT", Lives::On, ""),
    ("zig", "Zig", Lives::On, ""),
];

fn main() {
    // `<target>/tmp` is the one folder below the target folder that Cargo tells a test.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target folder");
    let trials = GUESTS
        .into_iter()
        .map(|(name, language, lives, log)| match module(name, target) {
            Ok(None) => {
                eprintln!(
                    "{name} is not built and is skipped: python3 tests/guests/build.py {name}"
                );
                Trial::test(name, || Ok(())).with_ignored_flag(true)
            }
            Ok(Some(module)) => Trial::test(name, move || check(module, language, lives, log)),
            Err(error) => Trial::test(name, move || Err(error.into())),
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn check(module: Vec<u8>, language: &str, lives: Lives, log: &str) -> Result<(), Failed> {
    let mut function = Function::deploy(module)?;
    // More than any of the buffers that the guests start with.
    let long = json!({ "text": "x".repeat(300_000) });
    let events = [json!({}), json!({ "name": "Ada", "list": [1, 2.5, null] }), long];
    for (index, event) in events.iter().enumerate() {
        let outcome = function.invoke(&event.to_string())?;
        let count = if lives == Lives::On { index + 1 } else { 1 };
        equal(&outcome.payload, &json!({ "language": language, "count": count, "event": event }))?;
        let cold = outcome.log.contains("Init Duration");
        if cold != (index == 0 || lives == Lives::Once) {
            return Err(format!("event {index}: cold is {cold}\n{}", outcome.log).into());
        }
        if index == 0 && !outcome.log.contains(log) {
            return Err(format!("the log lacks {log:?}:\n{}", outcome.log).into());
        }
    }
    let failed = function.invoke("\"fail\"")?;
    if !failed.failed {
        return Err("`fail` did not fail the event".into());
    }
    let error = match lives {
        Lives::On => {
            json!({ "errorType": "Asked", "errorMessage": "the event asked for a failure" })
        }
        Lives::Once => {
            json!({ "errorType": "Runtime.ExitError", "errorMessage": failed.payload["errorMessage"] })
        }
    };
    equal(&failed.payload, &error)?;
    let after = function.invoke("1")?;
    equal(&after.payload["count"], &json!(if lives == Lives::On { 4 } else { 1 }))
}

fn equal(actual: &Value, expected: &Value) -> Result<(), Failed> {
    if actual == expected {
        return Ok(());
    }
    let short = |value: &Value| value.to_string().chars().take(400).collect::<String>();
    Err(format!("expected {}\n  actual {}", short(expected), short(actual)).into())
}
