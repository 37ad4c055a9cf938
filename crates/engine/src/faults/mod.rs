//! Faults on purpose: a script of the session that makes invocations and tasks fail, wait or be throttled.
//!
//! After AWS FIS's actions for Lambda (`aws:lambda:invocation-error`, `aws:lambda:invocation-add-delay`): `PreventExecution`,
//! `InvocationPercentage`, `StartupDelayMilliseconds` and durations are theirs. Ours are throttles, tasks of states, and limits by count, so
//! that a lesson can say "the first two". `PutFaults` and `GetFaults` of the service `coldstart` are commands like any other: a link carries
//! the script, and the draws of percentages come from the session's seed.
//!
//! ```json
//! { "Faults": [
//!   { "Id": "busy", "FunctionName": "payments", "Action": "error", "ErrorType": "Payments.Unavailable", "Times": 2 },
//!   { "Id": "slow", "FunctionName": "payments", "Action": "delay", "StartupDelayMilliseconds": 2500, "InvocationPercentage": 30 },
//!   { "Id": "full", "FunctionName": "orders", "Action": "throttle", "StartAfterSeconds": 60, "DurationSeconds": 30 },
//!   { "Id": "lost", "StateMachineName": "order", "StateName": "Ship", "Action": "error", "ErrorType": "States.Timeout" } ] }
//! ```

mod script;

use crate::world::{Incoming, Outcome, World};
use crate::{ApiError, Fact, Response, Timestamp};
use script::{Fault, Strike};
use serde_json::{Map, Value, json};

/// The session's script, and how often each of its faults has struck.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
}

/// Of what a fault is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// An invocation of a function.
    Invocation { function: &'a str, request_id: &'a str },
    /// A request for an invocation, which may be throttled.
    Admission { function: &'a str },
    /// A task of a state.
    Task { machine: &'a str, state: &'a str },
}

/// What becomes of an invocation or a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Injected {
    /// Milliseconds that go by first.
    pub(crate) delay_ms: u64,
    /// How it fails.
    pub(crate) error: Option<InjectedError>,
    /// Lines for the log of the function.
    pub(crate) lines: Vec<String>,
}

/// An error on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InjectedError {
    pub(crate) error_type: String,
    pub(crate) message: String,
    /// The handler does not run; else it does, and its response is lost.
    pub(crate) prevents: bool,
}

impl InjectedError {
    /// As a handler reports its errors.
    pub(crate) fn payload(&self) -> Vec<u8> {
        json!({ "errorType": self.error_type, "errorMessage": self.message })
            .to_string()
            .into_bytes()
    }
}

/// What strikes now. Each fault that strikes is counted and told.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005), as of the functions that call it.
fn strike(world: &mut World, subject: Subject<'_>) -> Vec<(String, Strike)> {
    let mut struck = Vec::new();
    // The script is taken out, so that its faults can draw and be told.
    let mut faults = std::mem::take(&mut world.faults);
    for fault in &mut faults.faults {
        if !fault.is_for(subject) || !fault.is_due(world.now) {
            continue;
        }
        if fault.percentage < 100 && world.rng.below(100) >= fault.percentage {
            continue;
        }
        fault.hits += 1;
        let (function, state_machine, state, request_id) = match subject {
            Subject::Invocation { function, request_id } => {
                (Some(function), None, None, Some(request_id))
            }
            Subject::Admission { function } => (Some(function), None, None, None),
            Subject::Task { machine, state } => (None, Some(machine), Some(state), None),
        };
        world.emit(Fact::FaultInjected {
            fault: fault.id.clone(),
            action: fault.strike.name().into(),
            function: function.map(str::to_owned),
            state_machine: state_machine.map(str::to_owned),
            state: state.map(str::to_owned),
            request_id: request_id.map(str::to_owned),
        });
        struck.push((fault.id.clone(), fault.strike.clone()));
    }
    world.faults = faults;
    struck
}

/// What is to become of an invocation that begins, or of a task.
pub(crate) fn on_purpose(world: &mut World, subject: Subject<'_>) -> Injected {
    match world.faults.faults.is_empty() {
        true => Injected::default(),
        false => inject(world, subject),
    }
}

#[inline(never)]
fn inject(world: &mut World, subject: Subject<'_>) -> Injected {
    let mut injected = Injected::default();
    for (id, strike) in strike(world, subject) {
        match strike {
            Strike::Delay { ms } => {
                injected.delay_ms = injected.delay_ms.saturating_add(ms);
                injected.lines.push(format!("[coldstart] fault {id}: {ms} ms of delay\n"));
            }
            Strike::Error(error) if injected.error.is_none() => {
                let error_type = &error.error_type;
                injected.lines.push(match error.prevents {
                    true => {
                        format!("[coldstart] fault {id}: {error_type}; the handler does not run\n")
                    }
                    false => {
                        format!("[coldstart] fault {id}: {error_type}; the response will be lost\n")
                    }
                });
                injected.error = Some(error);
            }
            Strike::Error(_) | Strike::Throttle => {}
        }
    }
    injected
}

/// Whether a request for an invocation is throttled on purpose.
pub(crate) fn throttles(world: &mut World, function: &str) -> bool {
    !world.faults.faults.is_empty() && !strike(world, Subject::Admission { function }).is_empty()
}

/// The operations of faults; none for others.
#[inline(never)]
pub(crate) fn handle(
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let output = match incoming.caller.operation.as_str() {
        "PutFaults" => match script::read(incoming.params, world.now) {
            Ok(faults) => {
                world.faults = Faults { faults };
                json!({})
            }
            Err(why) => return Some(Err(invalid(why))),
        },
        "GetFaults" => {
            let faults: Vec<Value> = world.faults.faults.iter().map(Fault::shown).collect();
            json!({ "Faults": faults })
        }
        _ => return None,
    };
    Some(Ok(Response { status: 200, output }.into()))
}

fn invalid(why: String) -> ApiError {
    ApiError {
        code: "ValidationException".into(),
        status: 400,
        message: Some(why),
        extra: Map::new(),
    }
}

/// Virtual time after so many seconds.
fn after(at: Timestamp, seconds: u64) -> Timestamp {
    at.after_ms(seconds.saturating_mul(1_000))
}
