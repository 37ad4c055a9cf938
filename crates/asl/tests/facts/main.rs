//! What is hard or commonly wrong about Step Functions, and what users ask for, one test for a fact. The numbers are those of a list
//! of such facts; those about the service stand in the engine (`states/tests/facts.rs`).
//!
//! "Recorded" is said of what AWS answered, "inferred" of what only others have measured.

#![allow(clippy::unwrap_used, reason = "tests")]

mod creation;
mod errors;
mod expressions;
mod flow;
mod histories;
mod lives;
mod maps;
mod paths;
mod tasks;
mod values;
mod variables;

use coldstart_asl::interpret::{
    Data, Effect, Ended, Execution, Failure, Machine, Start, Status, Task, Time,
};
use coldstart_asl::{MachineType, Severity, parse};
use serde_json::{Value, json};
use std::sync::Arc;

/// What comes of a task: its result, its failure, or nothing ever.
type Answer = Option<Result<Value, Failure>>;

/// An execution that ran to its end; every task is answered with `answer`.
fn run_with(definition: &Value, input: &str, answer: &Result<Value, Failure>) -> Execution {
    run_by(definition, input, &mut |_| Some(answer.clone()))
}

/// An execution that ran to its end, with its children.
fn run_by(definition: &Value, input: &str, answer: &mut dyn FnMut(&Task) -> Answer) -> Execution {
    let (definition, _) = parse(&definition.to_string());
    let machine = Machine::compile(&definition.unwrap(), MachineType::Standard).unwrap();
    let start = Start::new(Data::from_text(input).unwrap());
    let execution = play(Execution::start(Arc::new(machine), start, Time(0)), Time(0), answer);
    assert_ne!(execution.status(), Status::Running);
    execution
}

fn play(
    mut execution: Execution,
    mut now: Time,
    answer: &mut dyn FnMut(&Task) -> Answer,
) -> Execution {
    for _ in 0..1000 {
        while let Some(effect) = execution.poll_effect() {
            match effect {
                Effect::Schedule(task) => match answer(&task) {
                    Some(Ok(value)) => {
                        execution.task_succeeded(now, task.id, Data::new(value));
                    }
                    Some(Err(failure)) => {
                        execution.task_failed(now, task.id, failure);
                    }
                    None => {
                        execution.task_scheduled(now, task.id);
                    }
                },
                Effect::StartChild(child) => {
                    let ended =
                        play(Execution::start(child.machine, child.start, now), now, answer);
                    let ended = match ended.output() {
                        Some(output) => Ended::Succeeded(output.clone()),
                        None => Ended::Failed(Failure {
                            error: ended.error().map(Arc::from),
                            cause: ended.cause().map(Arc::from),
                        }),
                    };
                    execution.child_finished(now, child.map_run, child.index, ended);
                }
                Effect::Cancel(_) | Effect::CancelChild { .. } => {}
            }
        }
        let Some(at) = execution.deadline() else { break };
        now = at;
        execution.advance(now);
    }
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

/// What CreateStateMachine would refuse a definition for.
fn refusals(definition: &Value) -> Vec<String> {
    let (_, diagnostics) = parse(&definition.to_string());
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.map(|error| format!("{}: {}", error.code, error.message)).collect()
}

/// A task of a function.
fn function() -> Value {
    json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f" })
}
