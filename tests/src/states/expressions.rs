//! Single rules, paths and expressions, and definitions that linters judge.

use crate::compare::{Bindings, compare};
use crate::data::Outcome;
use crate::kinds::Context;
use coldstart_asl::interpret::{Data, Execution, Machine, Start, Time};
use coldstart_asl::{MachineType, Severity, parse_for};
use coldstart_expr::intrinsic::{Expression, Randomness};
use coldstart_expr::jsonpath::{Path, SelectError};
use coldstart_expr::scope::Scope;
use serde_json::{Map, Value, json};
use std::sync::Arc;

fn outcome(result: Result<(), String>) -> Outcome {
    match result {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

/// Whether a definition is one.
pub(crate) fn lint(case: &Value, _: &Context) -> Outcome {
    let text = match case["definitionText"].as_str() {
        Some(text) => text.to_owned(),
        None => case["definition"].to_string(),
    };
    let kind = match case["stateMachineType"].as_str() {
        Some("EXPRESS") => MachineType::Express,
        _ => MachineType::Standard,
    };
    let (_, diagnostics) = parse_for(&text, kind);
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| diagnostic.as_refusal())
        .collect();
    let valid = &case["expect"]["valid"];
    if *valid == errors.is_empty() {
        return Outcome::Passed;
    }
    Outcome::Failed(format!("should be valid: {valid}, got {errors:?}"))
}

/// One rule of a Choice state.
pub(crate) fn choice_rule(case: &Value, _: &Context) -> Outcome {
    let mut rule = json!({ "Next": "Matched", "Variable": "$.Variable" });
    rule[case["op"].as_str().unwrap_or_default()] = case["operand"].clone();
    let definition = json!({ "StartAt": "Choose", "States": {
        "Choose": { "Type": "Choice", "Choices": [rule], "Default": "Other" },
        "Matched": { "Type": "Pass", "Result": true, "End": true },
        "Other": { "Type": "Pass", "Result": false, "End": true },
    } });
    let (parsed, _) = parse_for(&definition.to_string(), MachineType::Standard);
    let machine = parsed.map(|definition| Machine::compile(&definition, MachineType::Standard));
    let machine = match machine {
        Some(Ok(machine)) => Arc::new(machine),
        Some(Err(error)) => return Outcome::Failed(error.to_string()),
        None => return Outcome::Failed("is no definition".into()),
    };
    let start = Start::new(Data::new(case["input"].clone()));
    let execution = Execution::start(machine, start, Time(0));
    let ours = match execution.output() {
        Some(output) => output.value().clone(),
        None => json!({ "error": execution.error(), "cause": execution.cause() }),
    };
    let expected = case.get("matched").unwrap_or(&case["expect"]);
    outcome(compare(expected, &ours, &mut Bindings::default()))
}

struct Counter(u64);

impl Randomness for Counter {
    fn next_u64(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }
}

/// Numbers by value; elements in any order where the recorder's documents had theirs in hash order.
fn same(expected: &Value, ours: &Value, ordered: bool) -> bool {
    match (expected, ours) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-9,
            _ => a == b,
        },
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => false,
        (Value::Array(a), Value::Array(b)) if ordered => {
            a.iter().zip(b).all(|(a, b)| same(a, b, true))
        }
        (Value::Array(a), Value::Array(b)) => {
            let mut left: Vec<&Value> = b.iter().collect();
            a.iter().all(|a| {
                let found = left.iter().position(|b| same(a, b, true));
                found.map(|at| left.swap_remove(at)).is_some()
            })
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b, true)))
        }
        (a, b) => a == b,
    }
}

/// An intrinsic function.
pub(crate) fn intrinsic(case: &Value, _: &Context) -> Outcome {
    let input = &case["input"];
    let name = "<ArnPart_0idx>";
    let context = json!({
        "Execution": { "Name": "<ExecArnPart_0idx>", "Input": input },
        "StateMachine": { "Id": format!("arn:<partition>:states:<region>:111111111111:stateMachine:{name}"), "Name": name },
    });
    let scope = Scope { input, context: &context, variables: &Map::new() };
    let expected = &case["expect"]["output"];
    let expected = expected.get("FunctionResult").unwrap_or(expected);
    let check = |text: &str| -> Result<(), String> {
        let expression = Expression::parse(text).map_err(|error| error.to_string())?;
        let ours =
            expression.evaluate(&scope, &mut Counter(1)).map_err(|error| error.to_string())?;
        let as_recorded = match expected {
            // What the recorder wrote for a random number.
            Value::String(word) if word == "RandomNumberGenerated" => ours.is_i64(),
            _ => same(expected, &ours, true),
        };
        if as_recorded { Ok(()) } else { Err(format!("gave {ours}, not {expected}")) }
    };
    let texts = case["expr"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut failures =
        texts.filter_map(|text| check(text).err().map(|why| format!("{text}: {why}")));
    outcome(failures.next().map_or(Ok(()), Err))
}

/// A path, and what Jayway selects with it.
pub(crate) fn jayway(case: &Value, _: &Context) -> Outcome {
    outcome(check_path(case))
}

fn check_path(case: &Value) -> Result<(), String> {
    let text = case["path"].as_str().unwrap_or_default();
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
        (Ok(ours), Some(expected), _) => {
            let ordered = !text.contains('*') && !text.contains("..");
            if same(expected, &ours, ordered) {
                Ok(())
            } else {
                Err(format!("gave {ours}, not {expected}"))
            }
        }
        (Err(SelectError::NotFound(_)), None, Some("PathNotFound")) => Ok(()),
        (Err(SelectError::Function(_)), None, Some("JsonPathException")) => Ok(()),
        (ours, _, _) => Err(format!("gave {ours:?}, not {expected}")),
    }
}
