//! What only one type of state has.

use crate::{found, json_path, jsonata, least, machine};
use coldstart_asl::{Diagnostic, MachineType};
use serde_json::{Map, Value, json};

#[test]
fn numbers_of_map_states_have_ranges_and_alternatives() {
    let map = |name: &str, value: Value| {
        let mut state = least("Map", "JSONPath");
        state[name] = value;
        state
    };
    let at = |message: &str, place: &str| {
        format!("SCHEMA_VALIDATION_FAILED: {message} at /States/A{place}")
    };
    for (name, message, value) in [
        ("MaxConcurrency", "Minimum value is 0", json!(-1)),
        ("ToleratedFailureCount", "Minimum value is 0", json!(-1)),
        ("ToleratedFailurePercentage", "Minimum value is 0.0", json!(-1)),
        ("ToleratedFailurePercentage", "Maximum value is 100.0", json!(100.1)),
        ("MaxConcurrencyPath", "Value is not a Reference Path", json!("$$.Execution.Input.n")),
        ("ToleratedFailureCountPath", "Value is not a Reference Path", json!("$.a[*]")),
    ] {
        json_path(map(name, value), &[&at(message, &format!("/{name}"))]);
    }
    for name in ["MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"] {
        let mut state = map(name, json!(1));
        state[format!("{name}Path")] = json!("$.n");
        let message =
            format!("There should only be one of the following fields: [{name}, {name}Path]");
        json_path(state, &[&at(&message, "")]);
    }
    let mut distributed = least("Map", "JSONPath");
    distributed["ItemProcessor"]["ProcessorConfig"] =
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" });
    let with = |name: &str, value: Value| {
        let mut state = distributed.clone();
        state[name] = value;
        state
    };
    json_path(
        with("ItemBatcher", json!({ "MaxItemsPerBatch": -1 })),
        &[&at("Minimum value is 0", "/ItemBatcher/MaxItemsPerBatch")],
    );
    let reader = |config: Value| {
        with(
            "ItemReader",
            json!({ "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Parameters": {} }),
        )
    };
    json_path(
        reader(
            json!({ "InputType": "CSV", "CSVHeaderLocation": "GIVEN", "MaxItems": 100_000_001 }),
        ),
        &[
            &at("The field 'CSVHeaders' is required but was missing", "/ItemReader/ReaderConfig"),
            &at("Maximum value is 100000000", "/ItemReader/ReaderConfig/MaxItems"),
        ],
    );
    json_path(
        reader(json!({ "InputType": "JSON", "MaxItems": 1, "MaxItemsPath": "$$.n" })),
        &[
            &at("Value is not a Reference Path", "/ItemReader/ReaderConfig/MaxItemsPath"),
            &at(
                "There should only be one of the following fields: [MaxItems, MaxItemsPath]",
                "/ItemReader/ReaderConfig",
            ),
        ],
    );
    json_path(
        reader(json!({ "InputType": "XML" })),
        &[&at(
            "The field 'InputType' should have one of these values: [CSV, JSON, JSONL, MANIFEST, PARQUET]",
            "/ItemReader/ReaderConfig/InputType",
        )],
    );
    let mut jsonata_reader = distributed.clone();
    jsonata_reader["ItemBatcher"] = json!({ "MaxItemsPerBatchPath": "$.n" });
    jsonata(
        jsonata_reader,
        &[&at(
            "The QueryLanguage is set to 'JSONata', but field 'MaxItemsPerBatchPath' is only supported for the 'JSONPath' QueryLanguage",
            "/ItemBatcher",
        )],
    );
    let mut bare = distributed.clone();
    bare["ItemProcessor"]["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED" });
    json_path(
        bare,
        &[&at(
            "The field 'ExecutionType' is required but was missing",
            "/ItemProcessor/ProcessorConfig",
        )],
    );
}

#[test]
fn express_machines_do_without_some_tasks() {
    for (resource, refusal) in [
        ("arn:aws:states:::sqs:sendMessage", None),
        (
            "arn:aws:states:::lambda:invoke.waitForTaskToken",
            Some("Express state machine does not support '.waitForTaskToken' service integration"),
        ),
        (
            "arn:aws:states:::states:startExecution.sync",
            Some("Express state machine does not support '.sync' service integration"),
        ),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            Some("Express state machine does not support '.sync' service integration"),
        ),
        (
            "arn:aws:states:us-east-1:123456789012:activity:a",
            Some("Express state machine does not support Activity ARN"),
        ),
        ("arn:aws:lambda:us-east-1:123456789012:function:f", None),
    ] {
        let mut state = least("Task", "JSONPath");
        state["Resource"] = json!(resource);
        let text = machine("JSONPath", &state).to_string();
        let (errors, _) = found(&text, MachineType::Express);
        let expected =
            refusal.map(|why| format!("SCHEMA_VALIDATION_FAILED: {why} at /States/A/Resource"));
        assert_eq!(errors.first().map(Diagnostic::as_refusal), expected, "{resource}");
        assert!(found(&text, MachineType::Standard).0.is_empty(), "{resource}");
    }
}

#[test]
fn resources_are_known_or_look_like_arns() {
    let task = |resource: Value| {
        let mut state = least("Task", "JSONPath");
        state["Resource"] = resource;
        found(&machine("JSONPath", &state).to_string(), MachineType::Standard)
    };
    for resource in [
        "arn:aws:states:::dynamodb:query",
        "arn:aws:states:::sqs:sendMessage.sync:3",
        "arn:aws:states:::lambda:invoke.waitForToken",
        "arn:aws:lambda:us-east-1:123456789012:function:f:a b",
        "arn:aws:lambda:us-east-1:123456789012:function:f:",
    ] {
        let (errors, _) = task(json!(resource));
        assert_eq!(errors.len(), 1, "{resource}");
        assert!(
            errors[0]
                .message
                .starts_with(&format!("The resource provided {resource} is not recognized."))
        );
    }
    for resource in [
        "arn:aws:states:::aws-sdk:dynamodb:query",
        "arn:aws:states:::ecs:runTask.sync",
        "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST",
        "arn:aws:states:::newservice:doIt",
        "${Substitution}",
    ] {
        let (errors, warnings) = task(json!(resource));
        assert!(errors.is_empty() && warnings.is_empty(), "{resource}: {errors:?} {warnings:?}");
    }
    // What is settled before a definition reaches AWS, or what linters take, is a warning.
    for resource in [json!("foo:bar"), json!({ "Fn::GetAtt": ["f", "Arn"] }), json!({ "Ref": "f" })]
    {
        let (errors, warnings) = task(resource.clone());
        assert_eq!((errors.len(), warnings.len()), (0, 1), "{resource}");
    }
    assert_eq!(task(json!({ "Other": "f" })).0.len(), 1);
}

#[test]
fn credentials_name_a_role() {
    for credentials in [json!({}), json!({ "InvalidField": "x" })] {
        let mut state = least("Task", "JSONata");
        state["Credentials"] = credentials.clone();
        jsonata(
            state,
            &[
                "SCHEMA_VALIDATION_FAILED: The field 'RoleArn' is required but was missing at /States/A/Credentials",
            ],
        );
        // Not recorded for JSONPath, where AWS's linter takes it.
        let mut state = least("Task", "JSONPath");
        state["Credentials"] = credentials;
        let (errors, warnings) =
            found(&machine("JSONPath", &state).to_string(), MachineType::Standard);
        assert_eq!((errors.len(), warnings.len()), (0, 1));
    }
    let mut state = least("Task", "JSONPath");
    state["Credentials"] = json!({ "RoleArn.$": "$.role" });
    json_path(state, &[]);
}

#[test]
fn retriers_and_catchers_have_shapes() {
    let task = |list: &str, entries: Value| {
        let mut state = least("Task", "JSONPath");
        state[list] = entries;
        found(&machine("JSONPath", &state).to_string(), MachineType::Standard).0
    };
    for list in ["Retry", "Catch"] {
        for bad in [
            json!({ "ErrorEquals": [] }),
            json!({ "ErrorEquals": "States.ALL" }),
            json!({ "ErrorEquals": [1] }),
            json!({ "ErrorEquals": ["States.ALL", "E"] }),
            json!({}),
            json!(1),
            json!({ "ErrorEquals": ["E"], "Nonsense": 1 }),
        ] {
            let mut entry = bad.clone();
            if list == "Catch" && entry.is_object() {
                entry["Next"] = json!("A");
            }
            assert_eq!(task(list, json!([entry])).len(), 1, "{list} {bad}");
        }
        let all = json!({ "ErrorEquals": ["States.ALL"], "Next": "A" });
        let all = if list == "Catch" { all } else { json!({ "ErrorEquals": ["States.ALL"] }) };
        assert_eq!(task(list, json!([all, all])).len(), 1, "{list}: States.ALL before the last");
        assert!(task(list, json!([])).is_empty());
    }
    for (name, good, bad) in [
        (
            "IntervalSeconds",
            vec![json!(1)],
            vec![json!(0), json!(-1), json!(1.5), json!("1"), json!("{% 1 %}")],
        ),
        (
            "MaxAttempts",
            vec![json!(0), json!(99_999_999)],
            vec![json!(-1), json!(100_000_000), json!(null)],
        ),
        ("BackoffRate", vec![json!(1), json!(1.5)], vec![json!(0.9), json!(-1), json!("2")]),
        ("MaxDelaySeconds", vec![json!(1)], vec![json!(0), json!(31_622_401)]),
        ("JitterStrategy", vec![json!("FULL"), json!("NONE")], vec![json!("full"), json!(true)]),
    ] {
        let entry = |value: &Value| {
            let mut entry = Map::new();
            entry.insert("ErrorEquals".into(), json!(["E"]));
            entry.insert(name.into(), value.clone());
            json!([entry])
        };
        for value in good {
            assert!(task("Retry", entry(&value)).is_empty(), "{name} {value}");
        }
        for value in bad {
            let errors = task("Retry", entry(&value));
            assert_eq!(errors.len(), 1, "{name} {value}");
            assert_eq!(errors[0].location.as_deref(), Some(&*format!("/States/A/Retry[0]/{name}")));
        }
    }
    assert_eq!(
        task("Catch", json!([{ "ErrorEquals": ["E"] }]))[0].message,
        "The field 'Next' is required but was missing"
    );
}
