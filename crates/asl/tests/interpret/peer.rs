//! Answers of another interpreter, aws-local-stepfunctions, which is not AWS. Every difference must belong to a row of the table
//! in `docs/FIDELITY.md` that says whose it is, and every row must still be true.

use crate::host::machine;
use coldstart_asl::interpret::{Data, Execution, Start, Time};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A row of the table, by the words it has there.
const ROWS: [&str; 7] = [
    "| `States.ArrayRange(1, 9.7, …)`, `States.MathRandom(1.5, …)` refused by the peer |",
    "| `States.Hash` of a boolean refused by the peer |",
    "| `States.ArrayGetItem` past the end gives null |",
    "| `States.UUID`, `States.MathRandom` |",
    "| A path that finds nothing gives nothing |",
    "| A path whose value has another type than its field wants |",
    "| Operands of `…Path` comparisons with a value of another type fail the execution |",
];

/// The row that a difference belongs to, by what the case is.
fn row(case: &Value) -> Option<&'static str> {
    let refused = case["expect"].get("error").is_some();
    let at = match (case["kind"].as_str()?, case["name"].as_str().unwrap_or_default()) {
        ("intrinsic", "StatesArrayRange" | "StatesMathRandom") if refused => 0,
        ("intrinsic", "StatesHash") if refused => 1,
        ("intrinsic", "StatesArrayGetItem") => 2,
        ("intrinsic", "StatesUUID" | "StatesMathRandom") => 3,
        ("jsonpath", _) if case["expect"].get("undefined").is_some() => 4,
        ("jsonpath", _) if refused && case.get("options").is_some() => 5,
        ("state", _) if refused && case["definition"].to_string().contains("Path\":") => 6,
        _ => return None,
    };
    Some(ROWS[at])
}

/// What the interpreter makes of a case: the value, or why the execution failed.
fn ours(case: &Value) -> Result<Value, String> {
    let context = |text: &str| text.starts_with("$$");
    let template =
        |text: &str| json!({ "Type": "Pass", "Parameters": { "v.$": text }, "End": true });
    let (state, input) = match case["kind"].as_str().unwrap_or_default() {
        "intrinsic" => {
            let name = case["name"].as_str().unwrap_or_default().trim_start_matches("States");
            let arguments: Vec<&str> =
                case["args"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            (template(&format!("States.{name}({})", arguments.join(", "))), &case["input"])
        }
        "intrinsicExpr" => (template(case["expr"].as_str().unwrap_or_default()), &case["input"]),
        "jsonpath" => (template(case["path"].as_str().unwrap_or_default()), &case["input"]),
        "io" => {
            let name = match case["fn"].as_str().unwrap_or_default() {
                "PayloadTemplate" => "Parameters",
                name => name,
            };
            let mut state = json!({ "Type": "Pass", "End": true });
            let absent = case["test"].as_str().is_some_and(|test| test.contains("not specified"));
            if !(case["args"][0].is_null() && absent) {
                state[name] = case["args"][0].clone();
            }
            if name == "ResultPath" {
                state["Result"] = case["args"][2].clone();
            }
            (state, &case["args"][1])
        }
        _ => (case["definition"].clone(), &case["input"]),
    };
    let wrapped =
        ["intrinsic", "intrinsicExpr", "jsonpath"].iter().any(|kind| case["kind"] == *kind);
    let is_map =
        state.to_string().contains("$$.Map") || context(case["path"].as_str().unwrap_or(""));
    let state_type = state["Type"].as_str().unwrap_or_default().to_owned();
    let mut states = json!({ "A": state });
    let mut targets = Vec::new();
    targets_of(&states["A"], &mut targets);
    for target in &targets {
        states[target] = json!({ "Type": "Pass", "End": true });
    }
    let mut definition = json!({ "StartAt": "A", "States": states });
    if is_map {
        // The item of a Map state is part of the context object inside one.
        let value = &case["args"][2]["Map"]["Item"]["Value"];
        let template = definition["States"]["A"]["Parameters"].clone();
        definition = json!({ "StartAt": "M", "States": { "M": {
            "Type": "Map", "End": true, "ItemsPath": "$.these", "ItemSelector": template,
            "ItemProcessor": { "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } },
        } } });
        let output = run(&definition, &json!({ "these": [value] }))?.0;
        return Ok(output[0].clone());
    }
    let (output, entered) = run(&definition, input)?;
    Ok(match (wrapped, state_type.as_str()) {
        (true, _) => output["v"].clone(),
        (_, "Choice" | "Wait") => json!({
            "stateResult": output, "nextState": entered, "isEndState": state_type == "Wait",
        }),
        _ => output,
    })
}

fn targets_of(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value.as_str()) {
                    ("Next" | "Default", Some(target)) => out.push(target.to_owned()),
                    _ => targets_of(value, out),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| targets_of(item, out)),
        _ => {}
    }
}

/// The output of an execution and the state it ended in, if that is not the first.
fn run(definition: &Value, input: &Value) -> Result<(Value, String), String> {
    let machine = machine(&json!({ "definition": definition }))?;
    let mut execution = Execution::start(machine, Start::new(Data::new(input.clone())), Time(0));
    while let Some(at) = execution.deadline() {
        execution.advance(at);
    }
    let Some(output) = execution.output() else {
        return Err(format!("{:?}: {:?}", execution.error(), execution.cause()));
    };
    let mut last = execution.history().iter().rev().filter_map(|event| {
        let event = event.to_json(true);
        event["stateEnteredEventDetails"]["name"].as_str().map(str::to_owned)
    });
    let last = last.next().filter(|name| name != "A").unwrap_or_default();
    Ok((output.value().clone(), last))
}

#[test]
fn differences_from_a_peer_are_those_of_the_table() {
    let Some(cases) = crate::cases("als-unit.jsonl") else { return };
    let table =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FIDELITY.md"));
    let table = table.unwrap();
    let mut differences: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for case in &cases {
        let expect = &case["expect"];
        let ours = ours(case);
        let same = match (&ours, expect.get("value")) {
            (Ok(ours), Some(theirs)) => ours == theirs,
            (Err(_), None) => expect.get("error").is_some(),
            _ => false,
        };
        match (same, row(case)) {
            (true, _) => {}
            (false, Some(row)) => *differences.entry(row).or_default() += 1,
            (false, None) => unexplained.push(format!("{}: {ours:?}, not {expect}", case["id"])),
        }
    }
    let count: usize = differences.values().sum();
    eprintln!("als-unit.jsonl: {} in all, {count} differ: {differences:#?}", cases.len());
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    for row in ROWS {
        let counted = differences.get(row).copied().unwrap_or(0);
        let row = format!("{row} {counted} |");
        assert!(table.contains(&row), "docs/FIDELITY.md has no row {row}");
    }
}
