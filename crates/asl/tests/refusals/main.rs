//! What AWS refuses when a state machine is created, rule by rule, in the sentences of `CreateStateMachine`.
//!
//! Recorded answers are in `../conformance.rs`; here are the neighbours of those cases, and what others have measured with
//! `ValidateStateMachineDefinition` and reported.

#![allow(clippy::unwrap_used, reason = "tests")]

mod expressions;
mod fields;
mod kinds;
mod machines;

use coldstart_asl::{Diagnostic, MachineType, Severity, parse_for};
use serde_json::{Value, json};

fn found(text: &str, machine: MachineType) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let (_, diagnostics) = parse_for(text, machine);
    diagnostics.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The refusals of a definition.
#[track_caller]
fn refused(definition: &Value, expected: &[&str]) {
    let (errors, _) = found(&definition.to_string(), MachineType::Standard);
    let errors: Vec<String> = errors.iter().map(Diagnostic::as_refusal).collect();
    assert_eq!(errors, expected, "{definition:#}");
}

/// A machine of one state, `A`, with the states `B` (an end) and what the state's type asks for.
fn machine(language: &str, state: &Value) -> Value {
    let ends =
        state["End"] == true || ["Succeed", "Fail"].iter().any(|kind| state["Type"] == *kind);
    let mut definition =
        json!({ "StartAt": "A", "QueryLanguage": language, "States": { "A": state } });
    if !ends {
        definition["States"]["B"] = json!({ "Type": "Succeed" });
    }
    definition
}

#[track_caller]
fn json_path(state: Value, expected: &[&str]) {
    refused(&machine("JSONPath", &state), expected);
}

#[track_caller]
fn jsonata(state: Value, expected: &[&str]) {
    refused(&machine("JSONata", &state), expected);
}

fn inner() -> Value {
    json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } })
}

/// The least that a state of the type has.
fn least(kind: &str, language: &str) -> Value {
    let rule = match language {
        "JSONata" => json!({ "Condition": true, "Next": "B" }),
        _ => json!({ "Variable": "$.x", "IsNull": true, "Next": "B" }),
    };
    let resource = "arn:aws:lambda:us-east-1:123456789012:function:f";
    match kind {
        "Task" => json!({ "Type": kind, "Resource": resource, "End": true }),
        "Wait" => json!({ "Type": kind, "Seconds": 1, "End": true }),
        "Choice" => json!({ "Type": kind, "Choices": [rule] }),
        "Parallel" => json!({ "Type": kind, "Branches": [inner()], "End": true }),
        "Map" => json!({ "Type": kind, "ItemProcessor": inner(), "End": true }),
        "Pass" => json!({ "Type": kind, "End": true }),
        _ => json!({ "Type": kind }),
    }
}
