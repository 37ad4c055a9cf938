//! Rules of Choice states and fields of JSONPath, one each.

use crate::compare::{Bindings, compare};
use crate::host::machine;
use coldstart_asl::interpret::{Data, Execution, Start, Time};
use serde_json::{Value, json};

#[test]
fn rules_as_aws_decides_them() {
    crate::all("choice-rules-aws.jsonl", 293, |case| {
        let mut rule = json!({ "Next": "Matched" });
        let op = case["op"].as_str().unwrap_or_default();
        rule["Variable"] = json!("$.Variable");
        rule[op] = case["operand"].clone();
        let definition = json!({ "definition": {
            "StartAt": "Choose",
            "States": {
                "Choose": { "Type": "Choice", "Choices": [rule], "Default": "Other" },
                "Matched": { "Type": "Pass", "Result": true, "End": true },
                "Other": { "Type": "Pass", "Result": false, "End": true },
            },
        } });
        let input = Data::new(case["input"].clone());
        let execution = Execution::start(machine(&definition)?, Start::new(input), Time(0));
        let actual = match execution.output() {
            Some(output) => output.value().clone(),
            None => json!({ "error": execution.error(), "cause": execution.cause() }),
        };
        match case.get("matched") {
            Some(matched) => compare(matched, &actual, &mut Bindings::default()),
            None => compare(&case["expect"], &actual, &mut Bindings::default()),
        }
    });
}

/// The texts of expressions in a definition, in the order of the document.
fn expressions<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        Value::Object(members) => members.values().for_each(|member| expressions(member, found)),
        Value::String(text) if text.starts_with("{%") => found.push(value),
        _ => {}
    }
}

/// The parts are run as the executions that they are of, so they must be of them (`tests/src/states/parts.rs` runs the others).
#[test]
fn the_files_of_single_fields_are_parts_of_whole_executions() {
    for file in ["jsonpath-io-aws.jsonl", "jsonata-sfn-aws.jsonl"] {
        let (Some(parts), Some(whole)) = (crate::cases(file), crate::cases("execution.jsonl"))
        else {
            return;
        };
        let mut found = 0;
        for part in &parts {
            let Some(case) = whole.iter().find(|case| case["id"] == part["id"]) else { continue };
            found += 1;
            let definition = &case["definition"];
            for field in part["fields"].as_array().into_iter().flatten() {
                let place = format!("/States/{}", field[0].as_str().unwrap_or_default());
                assert_eq!(definition.pointer(&place), Some(&field[1]), "{}", part["id"]);
            }
            if let Some(expected) = part["expr"].as_array() {
                let mut texts = Vec::new();
                expressions(definition, &mut texts);
                assert_eq!(texts, expected.iter().collect::<Vec<_>>(), "{}", part["id"]);
            }
        }
        eprintln!("{file}: {} in all, {found} of executions in the data", parts.len());
        assert!(2 * found > parts.len(), "{file}: {found} of {}", parts.len());
    }
}
