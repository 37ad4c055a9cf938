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

#[test]
fn the_files_of_single_fields_are_parts_of_whole_executions() {
    for file in ["jsonpath-io-aws.jsonl", "jsonata-sfn-aws.jsonl"] {
        let (Some(parts), Some(whole)) = (crate::cases(file), crate::cases("execution.jsonl"))
        else {
            return;
        };
        let is_run = |part: &Value| whole.iter().any(|case| case["id"] == part["id"]);
        let missing: Vec<&Value> =
            parts.iter().filter(|part| !is_run(part)).map(|part| &part["id"]).collect();
        eprintln!(
            "{file}: {} in all, {} run as executions, missing: {missing:?}",
            parts.len(),
            parts.len() - missing.len()
        );
    }
}
