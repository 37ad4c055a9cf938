//! Each program of `docs/abi` takes three events in one environment and answers with what it was given and with its count, fails one event in
//! words, and goes on. `cargo xtask guests` builds them; where it did not, nothing is tested, which `COLDSTART_GUESTS_REQUIRED` forbids.

use coldstart_sandbox::{Shape, accept};
use guests::{Function, Guest, guests};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::path::Path;

fn main() {
    // `<target>/tmp` is the one folder below the target folder that Cargo tells a test.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target folder");
    let trials = match guests(target) {
        Ok(guests) if guests.is_empty() => {
            let required = std::env::var_os("COLDSTART_GUESTS_REQUIRED").is_some();
            eprintln!("the guests are not built: cargo xtask guests");
            let missing = || Err("the guests are not built".into());
            vec![Trial::test("guests", missing).with_ignored_flag(!required)]
        }
        Ok(guests) => guests
            .into_iter()
            .map(|guest| Trial::test(guest.name.clone(), move || check(&guest)))
            .collect(),
        Err(error) => vec![Trial::test("guests", move || Err(error.into()))],
    };
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn check(guest: &Guest) -> Result<(), Failed> {
    let shape = match guest.shape.as_str() {
        "callback" => Shape::Callback,
        "loop" => Shape::Loop,
        "command" => Shape::Command,
        other => return Err(format!("{other:?} is no shape").into()),
    };
    let info = accept(&guest.module).map_err(|refusal| refusal.message)?.info;
    if info.shape != shape {
        return Err(format!("its page says {}, and it is {:?}", guest.shape, info.shape).into());
    }
    let (language, log) = (&guest.language, &guest.log);
    // A command has a process for each event, the others one for many.
    let stays = shape != Shape::Command;
    let mut function = Function::deploy(guest.module.clone())?;
    // More than any of the buffers that the guests start with.
    let long = json!({ "text": "x".repeat(300_000) });
    let events = [json!({}), json!({ "name": "Ada", "list": [1, 2.5, null] }), long];
    for (index, event) in events.iter().enumerate() {
        let outcome = function.invoke(&event.to_string())?;
        let count = if stays { index + 1 } else { 1 };
        equal(&outcome.payload, &json!({ "language": language, "count": count, "event": event }))?;
        let cold = outcome.log.contains("Init Duration");
        if cold != (index == 0 || !stays) {
            return Err(format!("event {index}: cold is {cold}\n{}", outcome.log).into());
        }
        if index == 0 && !outcome.log.contains(log.as_str()) {
            return Err(format!("the log lacks {log:?}:\n{}", outcome.log).into());
        }
    }
    let failed = function.invoke("\"fail\"")?;
    if !failed.failed {
        return Err("`fail` did not fail the event".into());
    }
    let error = if stays {
        json!({ "errorType": "Asked", "errorMessage": "the event asked for a failure" })
    } else {
        json!({ "errorType": "Runtime.ExitError", "errorMessage": failed.payload["errorMessage"] })
    };
    equal(&failed.payload, &error)?;
    let after = function.invoke("1")?;
    equal(&after.payload["count"], &json!(if stays { 4 } else { 1 }))
}

fn equal(actual: &Value, expected: &Value) -> Result<(), Failed> {
    if actual == expected {
        return Ok(());
    }
    let short = |value: &Value| value.to_string().chars().take(400).collect::<String>();
    Err(format!("expected {}\n  actual {}", short(expected), short(actual)).into())
}
