//! The machines. The peer runs the same texts: `bench-asl machines` writes them.

use serde_json::{Map, Value, json};

/// A case that is compared with the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Ten Pass states, each with JSONPath parameters and a MathAdd.
    Chain,
    /// A Choice that leads to a counting Pass and back: 200 transitions.
    Loop,
    /// An inline Map of 1,000 items over one Pass state.
    Map,
}

impl Case {
    pub const ALL: [Case; 3] = [Case::Chain, Case::Loop, Case::Map];

    pub fn name(self) -> &'static str {
        match self {
            Case::Chain => "chain",
            Case::Loop => "loop",
            Case::Map => "map",
        }
    }

    /// States entered by one execution.
    pub fn transitions(self) -> u64 {
        match self {
            Case::Chain => 10,
            Case::Loop => 200,
            Case::Map => 1_001,
        }
    }

    pub fn definition(self) -> Value {
        match self {
            Case::Chain => chain(),
            Case::Loop => counting(),
            Case::Map => map(),
        }
    }

    pub fn input(self) -> Value {
        match self {
            Case::Chain => json!({ "n": 0, "name": "Ada", "tags": ["a", "b"] }),
            Case::Loop => json!({ "n": 0 }),
            Case::Map => {
                json!({ "items": (0..1_000).map(|n| json!({ "n": n })).collect::<Vec<_>>() })
            }
        }
    }

    /// What every side must come to.
    pub fn output(self) -> Value {
        match self {
            Case::Chain => json!({ "n": 10, "name": "Ada", "tag": "a" }),
            Case::Loop => json!({ "n": 99 }),
            Case::Map => Value::Array((1..=1_000).map(|n| json!({ "m": n })).collect()),
        }
    }
}

fn line(states: Vec<Map<String, Value>>) -> Value {
    let last = states.len().saturating_sub(1);
    let states = states.into_iter().enumerate().map(|(at, mut state)| {
        match at == last {
            true => state.insert("End".into(), json!(true)),
            false => state.insert("Next".into(), json!(format!("State {}", at + 1))),
        };
        (format!("State {at}"), Value::Object(state))
    });
    json!({ "StartAt": "State 0", "States": states.collect::<Map<_, _>>() })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn chain() -> Value {
    let state = |at: usize| {
        let tag = if at == 9 { "tag" } else { "tags" };
        let from = if at == 9 { "$.tags[0]" } else { "$.tags" };
        object(json!({
            "Type": "Pass",
            "Parameters": { "n.$": "States.MathAdd($.n, 1)", "name.$": "$.name", format!("{tag}.$"): from },
        }))
    };
    line((0..10).map(state).collect())
}

/// Choice, Pass, Choice, Pass …: 99 times around, the last Choice, and the end: 200 states.
fn counting() -> Value {
    json!({ "StartAt": "Enough?", "States": {
        "Enough?": { "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericLessThan": 99, "Next": "Count" }], "Default": "Done" },
        "Count": { "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)" }, "Next": "Enough?" },
        "Done": { "Type": "Succeed" } } })
}

fn map() -> Value {
    json!({ "StartAt": "Each", "States": { "Each": { "Type": "Map", "ItemsPath": "$.items", "ItemProcessor": {
        "ProcessorConfig": { "Mode": "INLINE" }, "StartAt": "Add", "States": {
            "Add": { "Type": "Pass", "Parameters": { "m.$": "States.MathAdd($.n, 1)" }, "End": true } } }, "End": true } } })
}

/// A distributed Map over the lines of a JSON file, with one Pass state each. Each gives one digit: the results of all are the
/// result of the state, which must stay below 256 KiB.
pub fn distributed() -> Value {
    json!({ "StartAt": "Each", "States": { "Each": { "Type": "Map",
        "ItemReader": { "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": { "InputType": "JSONL" },
            "Parameters": { "Bucket": "bench", "Key": "items.jsonl" } },
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" }, "StartAt": "Add", "States": {
            "Add": { "Type": "Pass", "Parameters": { "m.$": "States.MathAdd($.n, 1)", "digit": 1 }, "OutputPath": "$.digit", "End": true } } },
        "MaxConcurrency": 1_000, "ResultPath": null, "End": true } } })
}

/// The file of so many items.
pub fn lines(items: usize) -> String {
    (0..items).map(|n| format!("{{\"n\":{n}}}\n")).collect()
}

/// A day in so many Wait states.
pub fn day(steps: usize) -> Value {
    let seconds = 86_400 / steps.max(1);
    line((0..steps).map(|_| object(json!({ "Type": "Wait", "Seconds": seconds }))).collect())
}
