//! What is hard or commonly wrong about Step Functions, one test for a fact.
//!
//! "Recorded" is said of what AWS answered, "inferred" of what only others have measured.

#![allow(clippy::unwrap_used, reason = "tests")]

mod errors;
mod flow;
mod lives;
mod values;

use coldstart_asl::interpret::{Data, Effect, Execution, Failure, Machine, Start, Status, Time};
use coldstart_asl::{MachineType, parse};
use serde_json::{Value, json};
use std::sync::Arc;

/// An execution that ran to its end; every task is answered with `answer`, every child succeeds with its input.
fn run_with(definition: &Value, input: &str, answer: &Result<Value, Failure>) -> Execution {
    let (definition, _) = parse(&definition.to_string());
    let machine = Machine::compile(&definition.unwrap(), MachineType::Standard).unwrap();
    let start = Start::new(Data::from_text(input).unwrap());
    let mut execution = Execution::start(Arc::new(machine), start, Time(0));
    let mut now = Time(0);
    for _ in 0..1000 {
        while let Some(effect) = execution.poll_effect() {
            if let Effect::Schedule(task) = effect {
                match answer {
                    Ok(value) => execution.task_succeeded(now, task.id, Data::new(value.clone())),
                    Err(failure) => execution.task_failed(now, task.id, failure.clone()),
                };
            }
        }
        let Some(at) = execution.deadline() else { break };
        now = at;
        execution.advance(now);
    }
    assert_ne!(execution.status(), Status::Running);
    execution
}

fn run(definition: &Value, input: &str) -> Execution {
    run_with(definition, input, &Ok(json!({})))
}

/// One state that ends.
fn one(mut state: Value) -> Value {
    state["End"] = json!(true);
    json!({ "StartAt": "A", "States": { "A": state } })
}

fn jsonata(mut state: Value) -> Value {
    state["QueryLanguage"] = json!("JSONata");
    one(state)
}

#[track_caller]
fn output(execution: &Execution) -> String {
    execution.output().unwrap_or_else(|| panic!("{:?}", execution.cause())).text().to_owned()
}

/// Error and cause, without the words that name the state.
fn failure(execution: &Execution) -> (String, String) {
    let cause = execution.cause().unwrap_or_default();
    let words = "An error occurred while executing the state 'A' (entered at the event id #2). ";
    let cause = cause.strip_prefix(words).unwrap_or(cause);
    (execution.error().unwrap_or_default().to_owned(), cause.to_owned())
}

fn lines(execution: &Execution) -> Vec<String> {
    let events = execution.history().iter();
    events.map(|e| format!("{}<{} {}", e.id, e.previous_event_id, e.type_name())).collect()
}
