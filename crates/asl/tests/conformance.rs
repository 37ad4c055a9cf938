//! Definitions whose verdict is known: from AWS, from three linters, and from executions that AWS ran.
//!
//! The data is not part of the project: `COLDSTART_CONFORMANCE` names its folder, else it is looked for beside
//! the workspace. Without it each test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "tests")]

use coldstart_asl::{MachineType, Severity, parse_for};
use serde_json::Value;
use std::path::PathBuf;

fn cases(file: &str) -> Option<Vec<Value>> {
    let root = match std::env::var_os("COLDSTART_CONFORMANCE") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance")),
    };
    let Ok(text) = std::fs::read_to_string(root.join(file)) else {
        eprintln!("{file}: skipped: no data");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn text(case: &Value) -> Option<String> {
    match case.get("definitionText") {
        Some(text) => text.as_str().map(str::to_owned),
        None => case.get("definition").map(Value::to_string),
    }
}

/// The errors of a case's definition, as AWS writes them in a refusal.
fn errors(case: &Value) -> Vec<String> {
    let machine = match case["stateMachineType"].as_str() {
        Some("EXPRESS") => MachineType::Express,
        _ => MachineType::Standard,
    };
    let (_, diagnostics) = parse_for(&text(case).unwrap_or_default(), machine);
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.map(|diagnostic| diagnostic.as_refusal()).collect()
}

/// Prints how many cases agree and every one that does not; fails below `floor`, the number reached so far.
fn agree(file: &str, cases: &[Value], floor: usize, check: impl Fn(&Value) -> Result<(), String>) {
    let mut agreed = 0;
    for case in cases {
        match check(case) {
            Ok(()) => agreed += 1,
            Err(why) => eprintln!("  {} {why}", case["id"]),
        }
    }
    eprintln!("{file}: {agreed} of {} agree (floor {floor})", cases.len());
    assert!(agreed >= floor, "{file}: {agreed} agree, {floor} did before");
}

/// Where we judge otherwise than linters: rows of the table in `docs/FIDELITY.md`, by how they begin, and what a case of theirs
/// has: our faults, or of a definition that we take its text.
const OTHERWISE: [(&str, &str); 4] = [
    ("| a state's name may come twice in different branches", "DUPLICATE_STATE_NAME: "),
    ("| `$states.function` in `Arguments`", "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states."),
    ("| `{%10%}` and `{% \\n10   %}` are not expressions", "{%"),
    ("| `$[(@.length-1)].bar` is a path", "Value is not a valid JSONPath: "),
];

#[test]
fn linters_agree_about_what_is_valid() {
    let Some(cases) = cases("stepfunctions/lint.jsonl") else { return };
    let table =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FIDELITY.md"));
    let table = table.unwrap();
    agree("lint.jsonl", &cases, 194, |case| {
        let errors = errors(case);
        let valid = &case["expect"]["valid"];
        if *valid == errors.is_empty() {
            return Ok(());
        }
        let told = match errors.is_empty() {
            true => vec![text(case).unwrap_or_default()],
            false => errors.clone(),
        };
        let explains = |(row, what): &(&str, &str)| {
            let is_of_taken = *what == "{%";
            is_of_taken == errors.is_empty()
                && told.iter().all(|told| told.contains(what))
                && table.lines().any(|line| line.starts_with(row))
        };
        assert!(OTHERWISE.iter().any(explains), "{} is not explained: {told:?}", case["id"]);
        Err(format!("should be valid: {valid}, got {errors:?}"))
    });
}

#[test]
fn aws_refuses_the_same_definitions_in_the_same_words() {
    let Some(cases) = cases("stepfunctions/create-reject.jsonl") else { return };
    let cases: Vec<Value> =
        cases.into_iter().filter(|case| case["subkind"] == "definition").collect();
    agree("create-reject.jsonl, definitions", &cases, 72, |case| {
        let errors = errors(case);
        let expected = &case["expect"]["error"]["message"];
        let message = format!("Invalid State Machine Definition: '{}'", errors.join(", "));
        // Ours have no recorded partition: the recorder put a placeholder there.
        let message = message.replace("provided arn:aws:", "provided arn:<partition>:");
        match errors.is_empty() {
            true => Err("should be refused".to_owned()),
            false if case["expect"]["messageIsNotAws"] == true || *expected == message => Ok(()),
            false => Err(format!("said {message}, not {expected}")),
        }
    });
}

#[test]
fn aws_validates_alike() {
    let Some(cases) = cases("stepfunctions/validate.jsonl") else { return };
    agree("validate.jsonl", &cases, 7, |case| {
        let machine = match case["stateMachineType"].as_str() {
            Some("EXPRESS") => MachineType::Express,
            _ => MachineType::Standard,
        };
        let (_, diagnostics) = parse_for(&text(case).unwrap_or_default(), machine);
        let expected = case["expect"]["diagnostics"].as_array().unwrap();
        let same = expected.len() == diagnostics.len()
            && expected.iter().zip(&diagnostics).all(|(expected, actual)| {
                expected["code"] == actual.code
                    && expected["location"] == actual.pointer
                    && expected["message"].as_str().unwrap().trim_end() == actual.message
            });
        if same { Ok(()) } else { Err(format!("{diagnostics:?}")) }
    });
}

#[test]
fn what_aws_ran_has_no_errors() {
    let Some(cases) = cases("stepfunctions/execution.jsonl") else { return };
    agree("execution.jsonl, definitions", &cases, 510, |case| match errors(case) {
        errors if errors.is_empty() => Ok(()),
        errors => Err(errors.join("; ")),
    });
}

#[test]
fn sample_machines_are_read() {
    let Some(cases) = cases("../samples/state-machines.jsonl") else { return };
    agree("state-machines.jsonl", &cases, 91, |case| {
        let (definition, _) = parse_for(&text(case).unwrap_or_default(), MachineType::Standard);
        assert!(
            definition.is_some_and(|definition| !definition.states.is_empty()),
            "{}",
            case["id"]
        );
        match errors(case) {
            errors if errors.is_empty() => Ok(()),
            errors => Err(errors.join("; ")),
        }
    });
}
