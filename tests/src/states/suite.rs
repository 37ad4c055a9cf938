//! JSONata's own test suite, on the bare expression engine.

use crate::data::Outcome;
use crate::kinds::Context;
use coldstart_expr::jsonata::{self, EvaluationError, Limits, Scope};
use serde_json::{Map, Value};

/// Numbers by value, as the suite's own runner compares them; members in any order.
fn same(expected: &Value, ours: &Value, unordered: bool) -> bool {
    match (expected, ours) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => false,
        (Value::Array(a), Value::Array(b)) if unordered => {
            let mut left: Vec<&Value> = b.iter().collect();
            a.iter().all(|a| {
                let found = left.iter().position(|b| same(a, b, false));
                found.map(|at| left.swap_remove(at)).is_some()
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
fn code(error: &EvaluationError) -> &str {
    match error {
        EvaluationError::Thrown { code: Some(code), .. } => code,
        EvaluationError::Thrown { code: None, .. } => "U1001",
        _ => "",
    }
}

pub(crate) fn case(case: &Value, context: &Context) -> Outcome {
    let expected = &case["expect"];
    let none = Value::Null;
    let input = match (case.get("dataset"), case.get("data")) {
        (Some(name), _) => {
            Some(context.datasets.get(name.as_str().unwrap_or_default()).unwrap_or(&none))
        }
        (None, data) => data,
    };
    let empty = Map::new();
    let variables = case["bindings"].as_object().unwrap_or(&empty);
    let mut limits = Limits::WIDE;
    if let Some(depth) = case["depth"].as_u64().and_then(|depth| usize::try_from(depth).ok()) {
        limits.depth = depth;
    }
    let scope =
        Scope::plain(input, variables).with_limits(limits).now_ms(1_500_000_000_000).seed(1);
    let ours = match jsonata::parse(case["expr"].as_str().unwrap_or_default()) {
        Err(error) => Err((error.code.clone(), error.to_string())),
        Ok(expression) => expression
            .evaluate(&scope)
            .map_err(|error| (code(&error).to_owned(), format!("{error}"))),
    };
    let fail = |what: String| Outcome::Failed(format!("{}: {what}", case["expr"]));
    match (ours, expected.get("code").and_then(Value::as_str)) {
        (Err((code, _)), Some(expected)) if code == expected => Outcome::Passed,
        (Err((_, message)), _) => fail(format!("{message}, not {expected}")),
        (Ok(value), Some(expected)) => fail(format!("gave {value:?}, not {expected}")),
        (Ok(value), None) if expected["undefined"] == true => match value {
            None => Outcome::Passed,
            Some(value) => fail(format!("gave {value}, not undefined")),
        },
        (Ok(Some(value)), None) if same(&expected["value"], &value, case["unordered"] == true) => {
            Outcome::Passed
        }
        (Ok(other), None) => fail(format!("gave {other:?}, not {}", expected["value"])),
    }
}
