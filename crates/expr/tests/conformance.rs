//! Answers of Jayway and of AWS, read from the conformance data and compared one by one.
//!
//! The data is not part of the project: `COLDSTART_CONFORMANCE` names its folder, else it is looked for beside
//! the workspace. Without it each test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "tests")]

use coldstart_expr::intrinsic::{Expression, Randomness};
use coldstart_expr::jsonpath::{Path, SelectError};
use coldstart_expr::scope::{Scope, Source, StatesPath};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

fn cases(file: &str) -> Option<Vec<Value>> {
    let root = match std::env::var_os("COLDSTART_CONFORMANCE") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance")),
    };
    let Ok(text) = std::fs::read_to_string(root.join("stepfunctions").join(file)) else {
        eprintln!("{file}: skipped: no data");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Members and scanned nodes are compared as multisets: the recorder's documents had their members in hash order.
fn same(expected: &Value, actual: &Value, ordered: bool) -> bool {
    match (expected, actual) {
        (Value::Number(a), Value::Number(b)) => {
            (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-9
        }
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => false,
        (Value::Array(a), Value::Array(b)) if ordered => {
            a.iter().zip(b).all(|(a, b)| same(a, b, true))
        }
        (Value::Array(a), Value::Array(b)) => {
            let mut left: Vec<&Value> = b.iter().collect();
            a.iter().all(|a| match left.iter().position(|b| same(a, b, true)) {
                Some(at) => {
                    left.swap_remove(at);
                    true
                }
                None => false,
            })
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b, true)))
        }
        (a, b) => a == b,
    }
}

fn jayway(case: &Value) -> Result<(), String> {
    let text = case["path"].as_str().unwrap();
    let expected = &case["jayway"];
    let invalid = expected["error"].as_str().is_some_and(|error| error.starts_with("Invalid:"));
    let path = match Path::parse(text) {
        Err(_) if invalid => return Ok(()),
        Err(error) => return Err(format!("refused: {error}")),
        Ok(_) if invalid => return Err("accepted, though Jayway refuses it".to_owned()),
        Ok(path) => path,
    };
    if expected["definite"] != path.is_definite() {
        return Err(format!("definite: {}", path.is_definite()));
    }
    let Some(document) = case.get("document") else { return Ok(()) };
    match (path.select(document), expected.get("value"), expected["error"].as_str()) {
        (Ok(actual), Some(expected), _) => {
            let ordered = !text.contains('*') && !text.contains("..");
            if same(expected, &actual, ordered) {
                Ok(())
            } else {
                Err(format!("gave {actual}, not {expected}"))
            }
        }
        (Err(SelectError::NotFound(_)), None, Some("PathNotFound")) => Ok(()),
        (Err(SelectError::Function(_)), None, Some("JsonPathException")) => Ok(()),
        (actual, _, _) => Err(format!("gave {actual:?}, not {expected}")),
    }
}

fn all_pass(file: &str, check: impl Fn(&Value) -> Result<(), String>) {
    let Some(cases) = cases(file) else { return };
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            check(case).err().map(|why| format!("{} {}: {why}", case["id"], case["path"]))
        })
        .collect();
    eprintln!("{file}: {} of {} pass", cases.len() - failures.len(), cases.len());
    assert!(failures.is_empty(), "{file}:\n{}", failures.join("\n"));
}

#[test]
fn paths_as_step_functions_uses_them() {
    all_pass("jsonpath-jayway-sfn.jsonl", jayway);
}

#[test]
fn the_compliance_suite_as_jayway_answers_it() {
    all_pass("jsonpath-cts-and-jayway.jsonl", jayway);
}

struct Counter(u64);

impl Randomness for Counter {
    fn next_u64(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }
}

/// Whether `actual` is what was recorded, where `<ArnPart_0idx>` and the like stand for values of the account.
fn recorded(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::String(expected), _) if expected == "RandomNumberGenerated" => actual.is_i64(),
        (Value::String(expected), Value::String(actual)) => expected == actual,
        _ => same(expected, actual, true),
    }
}

#[test]
fn intrinsic_functions_as_aws_answers_them() {
    all_pass("intrinsics-aws.jsonl", |case| {
        let input = &case["input"];
        let name = "<ArnPart_0idx>";
        let context = json!({
            "Execution": { "Name": "<ExecArnPart_0idx>", "Input": input },
            "StateMachine": { "Id": format!("arn:<partition>:states:<region>:111111111111:stateMachine:{name}"), "Name": name },
        });
        let scope = Scope { input, context: &context, variables: &Map::new() };
        let expected = &case["expect"]["output"];
        let expected = expected.get("FunctionResult").unwrap_or(expected);
        for text in case["expr"].as_array().unwrap() {
            let text = text.as_str().unwrap();
            let expression = Expression::parse(text).map_err(|error| format!("{text}: {error}"))?;
            let actual = expression
                .evaluate(&scope, &mut Counter(1))
                .map_err(|error| format!("{text}: {error}"))?;
            if !recorded(expected, &actual) {
                return Err(format!("{text}: gave {actual}, not {expected}"));
            }
        }
        Ok(())
    });
}

/// One field of one state is a case for this crate; more of them need the interpreter around it.
#[test]
fn paths_of_states_as_aws_follows_them() {
    let Some(cases) = cases("jsonpath-io-aws.jsonl") else { return };
    let (mut passed, mut skipped, mut failures) = (0, 0, Vec::new());
    for case in &cases {
        let fields = case["fields"].as_array().unwrap();
        let (place, text) = (fields[0][0].as_str().unwrap(), fields[0][1].as_str().unwrap());
        let steps: Vec<&str> = place.split('/').collect();
        let (Some(output), [_, "Parameters" | "InputPath" | "OutputPath", ..], 1) =
            (case["expect"].get("output"), steps.as_slice(), fields.len())
        else {
            skipped += 1;
            continue;
        };
        let input = &case["input"];
        // Of the context only the input is known here: its other values are the account's.
        let context = json!({ "Execution": { "Input": input } });
        let scope = Scope { input, context: &context, variables: &Map::new() };
        let expression = Expression::parse(text).unwrap();
        // Variables are set by states before, and the context as a whole holds the account's names.
        let elsewhere = |path: &&StatesPath| {
            matches!(path.source(), Source::Variable(_)) || path.text() == "$$"
        };
        if expression.paths().iter().any(elsewhere) {
            skipped += 1;
            continue;
        }
        let actual =
            expression.evaluate(&scope, &mut Counter(1)).map_err(|error| error.to_string());
        // The recorder wrote arrays as text.
        let parsed = output.as_str().and_then(|text| serde_json::from_str(text).ok());
        let output = parsed.as_ref().unwrap_or(output);
        let expected = match steps.get(2) {
            Some(field) => &output[field.trim_end_matches(".$")],
            None => output,
        };
        match actual {
            Ok(actual) if same(expected, &actual, true) => passed += 1,
            other => failures.push(format!("{}: gave {other:?}, not {expected}", case["id"])),
        }
    }
    eprintln!(
        "jsonpath-io-aws.jsonl: {passed} pass, {} fail, {skipped} skipped: need an execution",
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
