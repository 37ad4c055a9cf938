//! The script of faults: read, bounded, and asked.
//!
//! Invariant: a script has at most [`FAULTS_MAX`] faults; what it does not understand it refuses, with the place.

use super::{InjectedError, Subject, after};
use crate::Timestamp;
use crate::world::Params;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Faults of a script. Chosen.
const FAULTS_MAX: usize = 100;
/// Characters of an error's type and of its message. Chosen.
const TEXT_MAX: usize = 1_024;
/// A delay may be as long as the longest timeout: 900 s.
const DELAY_MS_MAX: u64 = 900_000;
/// Seconds until a fault begins, and how long it lasts. Chosen: a year, as the longest execution.
const SECONDS_MAX: u64 = 31_536_000;

/// One fault.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) id: String,
    target: Target,
    pub(super) strike: Strike,
    /// Of a hundred subjects, so many are struck.
    pub(super) percentage: u64,
    times: Option<u64>,
    from: Timestamp,
    until: Option<Timestamp>,
    /// How often it has struck.
    pub(super) hits: u64,
    /// As it was given.
    given: Map<String, Value>,
}

#[derive(Debug, Clone)]
enum Target {
    Function(String),
    State { machine: String, state: String },
}

/// What a fault does.
#[derive(Debug, Clone)]
pub(super) enum Strike {
    Error(InjectedError),
    Delay { ms: u64 },
    Throttle,
}

impl Strike {
    /// As `Action` has it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Error(_) => "error",
            Self::Delay { .. } => "delay",
            Self::Throttle => "throttle",
        }
    }
}

impl Fault {
    pub(super) fn is_for(&self, subject: Subject<'_>) -> bool {
        let throttles = matches!(self.strike, Strike::Throttle);
        match (&self.target, subject) {
            (Target::Function(name), Subject::Invocation { function, .. }) => {
                !throttles && name == function
            }
            (Target::Function(name), Subject::Admission { function }) => {
                throttles && name == function
            }
            (Target::State { machine, state }, Subject::Task { machine: of, state: asks }) => {
                machine == of && state == asks
            }
            _ => false,
        }
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        now >= self.from
            && self.until.is_none_or(|until| now < until)
            && self.times.is_none_or(|times| self.hits < times)
    }

    /// As GetFaults shows it: what was given, and how often it has struck.
    pub(super) fn shown(&self) -> Value {
        let mut shown = self.given.clone();
        shown.insert("Hits".into(), json!(self.hits));
        Value::Object(shown)
    }
}

/// Reads `Faults`. Times count from `now` on.
pub(super) fn read(params: &Params, now: Timestamp) -> Result<Vec<Fault>, String> {
    if let Some(other) = params.keys().find(|member| *member != "Faults") {
        return Err(format!("PutFaults has no member {other}"));
    }
    let list = params.get("Faults").and_then(Value::as_array);
    let list = list.ok_or("Faults: a list of faults is missing")?;
    if list.len() > FAULTS_MAX {
        return Err(format!("Faults: a script has at most {FAULTS_MAX}"));
    }
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    for (index, given) in list.iter().enumerate() {
        let fault = read_one(given, now).map_err(|why| format!("Faults[{index}]{why}"))?;
        if !ids.insert(fault.id.clone()) {
            return Err(format!("Faults[{index}].Id: there is another fault {}", fault.id));
        }
        faults.push(fault);
    }
    Ok(faults)
}

const MEMBERS: [&str; 13] = [
    "Id",
    "FunctionName",
    "StateMachineName",
    "StateName",
    "Action",
    "ErrorType",
    "ErrorMessage",
    "PreventExecution",
    "StartupDelayMilliseconds",
    "InvocationPercentage",
    "Times",
    "StartAfterSeconds",
    "DurationSeconds",
];

fn read_one(given: &Value, now: Timestamp) -> Result<Fault, String> {
    let members = given.as_object().ok_or(": a fault is an object")?;
    if let Some(other) = members.keys().find(|member| !MEMBERS.contains(&member.as_str())) {
        return Err(format!(".{other}: a fault has no such member"));
    }
    let id = text(members, "Id")?.ok_or(".Id: it is missing")?;
    if id.len() > 64 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(".Id: at most 64 letters, digits, hyphens and underscores".into());
    }
    let target = target(members)?;
    let strike = strike(members, &target)?;
    let seconds = |member: &str| number(members, member, 0, SECONDS_MAX);
    let from = after(now, seconds("StartAfterSeconds")?.unwrap_or(0));
    Ok(Fault {
        id: id.to_owned(),
        target,
        strike,
        percentage: number(members, "InvocationPercentage", 0, 100)?.unwrap_or(100),
        times: number(members, "Times", 1, u64::MAX)?,
        from,
        until: seconds("DurationSeconds")?.map(|seconds| after(from, seconds)),
        hits: 0,
        given: members.clone(),
    })
}

fn target(members: &Map<String, Value>) -> Result<Target, String> {
    let function = text(members, "FunctionName")?;
    let state = (text(members, "StateMachineName")?, text(members, "StateName")?);
    match (function, state) {
        (Some(function), (None, None)) => Ok(Target::Function(function.to_owned())),
        (None, (Some(machine), Some(state))) => {
            Ok(Target::State { machine: machine.to_owned(), state: state.to_owned() })
        }
        _ => Err(": it has either FunctionName, or StateMachineName and StateName".into()),
    }
}

fn strike(members: &Map<String, Value>, target: &Target) -> Result<Strike, String> {
    let only = |action: &str, member: &str| match members.contains_key(member) {
        true => Err(format!(".{member}: it is for the action {action}")),
        false => Ok(()),
    };
    let is_function = matches!(target, Target::Function(_));
    let strike = match text(members, "Action")?.ok_or(".Action: it is missing")? {
        "error" => {
            only("delay", "StartupDelayMilliseconds")?;
            let prevents = match members.get("PreventExecution") {
                None => true,
                Some(Value::Bool(prevents)) if is_function => *prevents,
                Some(Value::Bool(_)) => {
                    return Err(".PreventExecution: it is for functions".into());
                }
                Some(_) => return Err(".PreventExecution: true or false".into()),
            };
            Strike::Error(InjectedError {
                error_type: text(members, "ErrorType")?.unwrap_or("InjectedFault").to_owned(),
                message: text(members, "ErrorMessage")?.unwrap_or("Injected on purpose").to_owned(),
                prevents,
            })
        }
        "delay" if is_function => {
            let ms = number(members, "StartupDelayMilliseconds", 1, DELAY_MS_MAX)?;
            Strike::Delay { ms: ms.ok_or(".StartupDelayMilliseconds: it is missing")? }
        }
        "throttle" if is_function => {
            only("delay", "StartupDelayMilliseconds")?;
            Strike::Throttle
        }
        "delay" | "throttle" => {
            return Err(
                ".Action: a state's task can only fail; functions are delayed and throttled".into(),
            );
        }
        _ => return Err(".Action: error, delay or throttle".into()),
    };
    if !matches!(strike, Strike::Error(_)) {
        for member in ["ErrorType", "ErrorMessage", "PreventExecution"] {
            only("error", member)?;
        }
    }
    Ok(strike)
}

fn text<'a>(members: &'a Map<String, Value>, member: &str) -> Result<Option<&'a str>, String> {
    match members.get(member) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= TEXT_MAX => Ok(Some(text)),
        Some(_) => Err(format!(".{member}: text of 1 to {TEXT_MAX} bytes")),
    }
}

fn number(
    members: &Map<String, Value>,
    member: &str,
    least: u64,
    most: u64,
) -> Result<Option<u64>, String> {
    match members.get(member) {
        None => Ok(None),
        Some(value) => match value.as_u64().filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None if most == u64::MAX => Err(format!(".{member}: a whole number from {least} on")),
            None => Err(format!(".{member}: a whole number from {least} to {most}")),
        },
    }
}
