//! JSONata against its own test suite and against AWS's answers, read from the conformance data.
//!
//! The data is not part of the project: `COLDSTART_CONFORMANCE` names its folder, else it is looked for beside the
//! workspace. Without it each test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "tests")]

use coldstart_expr::jsonata::{self, EvaluationError, Limits, Scope};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

fn text(file: &str) -> Option<String> {
    let root = match std::env::var_os("COLDSTART_CONFORMANCE") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance")),
    };
    let text = std::fs::read_to_string(root.join("stepfunctions").join(file));
    if text.is_err() {
        eprintln!("{file}: skipped: no data");
    }
    text.ok()
}

fn cases(file: &str) -> Option<Vec<Value>> {
    // Half a surrogate pair cannot be in a text here; JSONata's own escape for it can.
    let read = |line: &str| match line.contains("\"loneSurrogate\"") {
        true => serde_json::from_str(&line.replace("\\ud8", "\\\\ud8")).unwrap(),
        false => serde_json::from_str(line).unwrap(),
    };
    Some(text(file)?.lines().map(read).collect())
}

/// Numbers by value, as the suite's own runner compares them; members in any order.
fn same(expected: &Value, actual: &Value, unordered: bool) -> bool {
    match (expected, actual) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => false,
        (Value::Array(a), Value::Array(b)) if unordered => {
            let mut left: Vec<&Value> = b.iter().collect();
            a.iter().all(|a| match left.iter().position(|b| same(a, b, false)) {
                Some(at) => {
                    left.swap_remove(at);
                    true
                }
                None => false,
            })
        }
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).all(|(a, b)| same(a, b, false)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b, false)))
        }
        (a, b) => a == b,
    }
}

/// The suite's runner guards depth and time itself and reports both as `U1001`; here they carry no code.
fn code(error: &EvaluationError) -> Option<&str> {
    match error {
        EvaluationError::Thrown { code: Some(code), .. } => Some(code),
        EvaluationError::Thrown { code: None, .. } => Some("U1001"),
        _ => None,
    }
}

fn suite_case(case: &Value, datasets: &Value) -> Result<(), String> {
    let expected = &case["expect"];
    let none = Value::Null;
    let input = match (case.get("dataset"), case.get("data")) {
        (Some(name), _) => Some(datasets.get(name.as_str().unwrap()).unwrap_or(&none)),
        (None, data) => data,
    };
    let empty = Map::new();
    let variables = case["bindings"].as_object().unwrap_or(&empty);
    let mut limits = Limits::WIDE;
    if let Some(depth) = case["depth"].as_u64() {
        limits.depth = depth as usize;
    }
    let scope = Scope::plain(input, variables).limits_set(limits).now_ms(1_500_000_000_000).seed(1);
    let text = case["expr"].as_str().unwrap();
    let outcome = match jsonata::parse(text) {
        Err(error) => Err((error.code.clone(), error.to_string())),
        Ok(expression) => expression
            .evaluate(&scope)
            .map_err(|error| (code(&error).unwrap_or_default().to_owned(), format!("{error}"))),
    };
    match (outcome, expected.get("code").and_then(Value::as_str)) {
        (Err((code, _)), Some(expected)) if code == expected => Ok(()),
        (Err((_, message)), Some(expected)) => Err(format!("{message}, not {expected}")),
        (Err((_, message)), None) => Err(format!("{message}, not {expected}")),
        (Ok(value), Some(expected)) => Err(format!("gave {value:?}, not {expected}")),
        (Ok(value), None) if expected["undefined"] == true => match value {
            None => Ok(()),
            Some(value) => Err(format!("gave {value}, not undefined")),
        },
        (Ok(value), None) => match value {
            Some(value) if same(&expected["value"], &value, case["unordered"] == true) => Ok(()),
            // The suite writes a function as what JSON makes of it.
            other => Err(format!("gave {other:?}, not {}", expected["value"])),
        },
    }
}

#[test]
fn the_suite_of_jsonata() {
    let (Some(cases), Some(datasets)) =
        (cases("jsonata-suite.jsonl"), text("jsonata-datasets.json"))
    else {
        return;
    };
    let datasets: Value = serde_json::from_str(&datasets).unwrap();
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            suite_case(case, &datasets)
                .err()
                .map(|why| format!("{}: {} {why}", case["id"], case["expr"]))
        })
        .collect();
    let passed = cases.len() - failures.len();
    eprintln!("jsonata-suite.jsonl: {passed} of {} pass\n{}", cases.len(), failures.join("\n"));
    assert!(
        passed as f64 >= 0.997 * cases.len() as f64,
        "{passed} of {} pass\n{}",
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn a_first_look() {
    let variables = Map::from_iter([("n".to_owned(), json!(2))]);
    let scope = Scope::new(json!({ "input": { "a": 1 } }), &variables).seed(7);
    for (text, expected) in [
        ("$states.input.a + $n", "3"),
        ("$partition([1,2,3], 2)", "[[1,2],[3]]"),
        ("$partition([0], 2)", "[[0]]"),
        ("$range(1, 9, 9)", "1"),
        ("$range(0, 6, 2)", "[0,2,4,6]"),
        ("$hash('input', 'SHA-1')", "\"140f86aae51ab9e1cda9b4254fe98a74eb54c1a1\""),
        ("$random(42)", "0.7275636800328681"),
        ("$parse('{\"a\":1}').a", "1"),
        ("$length($uuid())", "36"),
        ("$uuid() = $uuid()", "false"),
        (
            "$eval('1+1')",
            "threw an error during evaluation. T1006: Attempted to invoke a non-function",
        ),
        ("function($x){$x}", "returned an unsupported result type."),
        ("$nothing", "nothing"),
        ("null", "null"),
    ] {
        let actual = match jsonata::parse(text).unwrap().evaluate(&scope) {
            Ok(Some(value)) => value.to_string(),
            Ok(None) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(actual, expected, "{text}");
    }
}
