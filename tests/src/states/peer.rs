//! Answers of another interpreter (aws-local-stepfunctions), which is not AWS: where ours differ, docs/FIDELITY.md says whose
//! mistake it is.

use super::{call, cloud_of, role};
use crate::compare::short;
use crate::data::Outcome;
use crate::kinds::Context;
use coldstart_expr::intrinsic::{Expression, Randomness};
use coldstart_expr::scope::Scope;
use serde_json::{Map, Value, json};

/// What came of a case here: a value, nothing, or a refusal.
enum Ours {
    Value(Value),
    Failed(String),
}

pub(crate) fn case(case: &Value, context: &Context) -> Outcome {
    let ours = match case["kind"].as_str().unwrap_or_default() {
        "state" => state(case, context),
        "io" => field(case, context),
        "intrinsic" => expression(case, &called(case)),
        "intrinsicExpr" => expression(case, case["expr"].as_str().unwrap_or_default()),
        "jsonpath" => expression(case, case["path"].as_str().unwrap_or_default()),
        _ => return Outcome::Skipped("is of a kind that this command does not know".into()),
    };
    let expected = &case["expect"];
    match (ours, expected.get("value"), expected.get("error").is_some()) {
        (Ours::Value(ours), Some(wanted), _) if *wanted == ours => Outcome::Passed,
        (Ours::Failed(_), _, true) => Outcome::Passed,
        (Ours::Value(ours), _, _) => {
            Outcome::Failed(format!("the peer gave {}, ours is {}", short(expected), short(&ours)))
        }
        (Ours::Failed(why), _, _) => {
            Outcome::Failed(format!("the peer gave {}, ours failed: {why}", short(expected)))
        }
    }
}

struct Counter(u64);

impl Randomness for Counter {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0
    }
}

/// `States.ArrayRange(1, 5)` of a function's name in the peer and the texts of its arguments.
fn called(case: &Value) -> String {
    let name = case["name"].as_str().unwrap_or_default().trim_start_matches("States");
    let arguments = case["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
    format!("States.{name}({})", arguments.collect::<Vec<_>>().join(", "))
}

fn expression(case: &Value, text: &str) -> Ours {
    let empty = Map::new();
    let scope = Scope { input: &case["input"], context: &case["context"], variables: &empty };
    let value = Expression::parse(text).map_err(|error| error.to_string()).and_then(|parsed| {
        parsed.evaluate(&scope, &mut Counter(1)).map_err(|error| error.to_string())
    });
    match value {
        Ok(value) => Ours::Value(value),
        Err(why) => Ours::Failed(why),
    }
}

/// One field of a state, in a Pass state of its own.
fn field(case: &Value, context: &Context) -> Ours {
    let arguments = &case["args"];
    let mut state = json!({ "Type": "Pass", "End": true });
    let (name, value, input) = match case["fn"].as_str().unwrap_or_default() {
        "PayloadTemplate" => ("Parameters", &arguments[0], &arguments[1]),
        "ResultPath" => {
            state["Result"] = arguments[2].clone();
            ("ResultPath", &arguments[0], &arguments[1])
        }
        name => (name, &arguments[0], &arguments[1]),
    };
    // In the peer's tests of a path that is not there, its argument is null and the test's name says which of the two is meant.
    let absent = case["test"].as_str().is_some_and(|test| test.contains("not specified"));
    if !(value.is_null() && absent) {
        state[name] = value.clone();
    }
    match run(&state, input, arguments.get(2), context) {
        Ok(answer) => {
            match answer.get("output").and_then(Value::as_str).map(serde_json::from_str) {
                Some(Ok(output)) => Ours::Value(output),
                _ => Ours::Failed(answer.to_string()),
            }
        }
        Err(why) => Ours::Failed(why),
    }
}

fn state(case: &Value, context: &Context) -> Ours {
    let definition = &case["definition"];
    let answer = match run(definition, &case["input"], case.get("context"), context) {
        Ok(answer) => answer,
        Err(why) => return Ours::Failed(why),
    };
    if answer["status"] != "SUCCEEDED" && answer["status"] != "CAUGHT_ERROR" {
        return Ours::Failed(answer.to_string());
    }
    let output =
        answer["output"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let ends = definition["End"] == true || definition["Type"] == "Succeed";
    Ours::Value(json!({
        "stateResult": output,
        "nextState": answer.get("nextState").cloned().unwrap_or_else(|| json!("")),
        "isEndState": ends,
    }))
}

/// The state through TestState. The peer's context objects have members of its own, which AWS refuses: only one with
/// AWS's members is sent.
fn run(
    state: &Value,
    input: &Value,
    context_object: Option<&Value>,
    context: &Context,
) -> Result<Value, String> {
    let mut cloud = cloud_of(&Value::Null, context);
    let mut params = json!({
        "definition": state.to_string(), "input": input.to_string(), "roleArn": role(),
    });
    let known = ["Execution", "StateMachine", "State", "Map"];
    let is_full = |object: &&Value| {
        let members = object.as_object().into_iter().flatten();
        let mut names = members.map(|(name, _)| name.as_str()).peekable();
        names.peek().is_some() && names.all(|name| known.contains(&name))
    };
    if let Some(object) = context_object.filter(is_full) {
        params["context"] = json!(object.to_string());
    }
    call(&mut cloud, "TestState", params).map_err(|error| error.to_string())
}
