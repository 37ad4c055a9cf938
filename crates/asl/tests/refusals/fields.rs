//! Every type of state with every field.

use crate::{found, least, machine, refused};
use coldstart_asl::{Diagnostic, MachineType};
use serde_json::{Value, json};

const TYPES: [&str; 8] = ["Task", "Pass", "Wait", "Choice", "Succeed", "Fail", "Parallel", "Map"];

/// Fields, the types that have them, the language that has them, a right value and wrong ones.
fn table() -> Vec<(&'static str, &'static str, &'static str, Value, Vec<Value>)> {
    let text = || vec![json!(1), json!(null), json!({}), json!(["a"])];
    let paths = || vec![json!(1), json!("a"), json!("$."), json!("$[")];
    let count = || vec![json!("1"), json!(-1), json!(1.5), json!(null), json!({})];
    let list = || vec![json!({}), json!("x"), json!(null), json!([1])];
    let any = Vec::new;
    let all = "Task Pass Wait Choice Succeed Fail Parallel Map";
    let flow = "Task Pass Wait Choice Succeed Parallel Map";
    let assigns = "Task Pass Wait Choice Parallel Map";
    let catches = "Task Parallel Map";
    let retrier = json!([{ "ErrorEquals": ["E"], "MaxAttempts": 0, "BackoffRate": 1 }]);
    let catcher = json!([{ "ErrorEquals": ["E"], "Next": "A" }]);
    vec![
        ("Comment", all, "both", json!("c"), text()),
        ("InputPath", flow, "JSONPath", json!("$.a[0]"), paths()),
        ("OutputPath", flow, "JSONPath", json!(null), paths()),
        ("ResultPath", "Task Pass Parallel Map", "JSONPath", json!("$.a"), {
            vec![
                json!(1),
                json!("a"),
                json!("$.a[*]"),
                json!("$..a"),
                json!("$$.a"),
                json!("$.a[0,1]"),
            ]
        }),
        ("Parameters", "Task Pass Parallel Map", "JSONPath", json!({ "a.$": "$.a" }), {
            vec![
                json!({ "a.$": "a" }),
                json!({ "a.$": 1 }),
                json!({ "b": [{ "a.$": "States.None()" }] }),
            ]
        }),
        ("ResultSelector", "Task Parallel Map", "JSONPath", json!({ "a.$": "$$.State.Name" }), {
            vec![json!({ "a.$": "States.Format('{}'" }), json!({ "a": 1, "a.$": "$.a" })]
        }),
        (
            "Arguments",
            "Task Parallel",
            "JSONata",
            json!("{% $states.input %}"),
            vec![json!(1), json!("x")],
        ),
        (
            "Output",
            flow,
            "JSONata",
            json!([1, "{% $x %}"]),
            vec![json!("{% ( %}"), json!({ "a": ["{% a %}"] })],
        ),
        (
            "Assign",
            assigns,
            "both",
            json!({ "x": 1 }),
            vec![json!(null), json!("x"), json!(1), json!([1])],
        ),
        ("Retry", catches, "both", retrier, list()),
        ("Catch", catches, "both", catcher, list()),
        ("Resource", "Task", "both", json!("arn:aws:states:::sqs:sendMessage"), text()),
        (
            "Credentials",
            "Task",
            "both",
            json!({ "RoleArn": "arn:aws:iam::1:role/r" }),
            vec![json!(null), json!("r")],
        ),
        (
            "TimeoutSeconds",
            "Task",
            "both",
            json!(1),
            [count(), vec![json!(0), json!(100_000_000)]].concat(),
        ),
        ("TimeoutSecondsPath", "Task", "JSONPath", json!("$.t"), paths()),
        ("HeartbeatSeconds", "Task", "both", json!(1), count()),
        ("HeartbeatSecondsPath", "Task", "JSONPath", json!("$.t"), paths()),
        ("Result", "Pass", "JSONPath", json!(null), any()),
        ("Default", "Choice", "both", json!("B"), text()),
        ("Error", "Fail", "both", json!("E"), text()),
        (
            "ErrorPath",
            "Fail",
            "JSONPath",
            json!("States.UUID()"),
            vec![json!("x"), json!("States.ArrayLength($.a)")],
        ),
        ("Cause", "Fail", "both", json!("C"), text()),
        (
            "CausePath",
            "Fail",
            "JSONPath",
            json!("$.c"),
            vec![json!(1), json!("States.MathAdd(1, 2)")],
        ),
        (
            "ItemsPath",
            "Map",
            "JSONPath",
            json!("$$.Execution.Input.a"),
            [paths(), vec![json!(null)]].concat(),
        ),
        ("Items", "Map", "JSONata", json!("{% $x %}"), vec![json!(1), json!("x")]),
        ("ItemSelector", "Map", "both", json!({}), vec![json!(1), json!([1])]),
        ("MaxConcurrency", "Map", "both", json!(0), count()),
        (
            "MaxConcurrencyPath",
            "Map",
            "JSONPath",
            json!("$.n"),
            [paths(), vec![json!("$$.n"), json!("$.n[*]")]].concat(),
        ),
        ("ToleratedFailureCount", "Map", "both", json!(0), count()),
        ("ToleratedFailureCountPath", "Map", "JSONPath", json!("$n.m"), paths()),
        (
            "ToleratedFailurePercentage",
            "Map",
            "both",
            json!(99.5),
            vec![json!(-0.5), json!(100.5), json!("5")],
        ),
        ("ToleratedFailurePercentagePath", "Map", "JSONPath", json!("$.n"), paths()),
        (
            "Label",
            "Map",
            "both",
            json!("label-1"),
            vec![json!(1), json!("a b"), json!(""), json!("a".repeat(41))],
        ),
    ]
}

#[test]
fn every_type_takes_its_fields_and_no_other() {
    for language in ["JSONPath", "JSONata"] {
        for kind in TYPES {
            for (name, types, only, right, wrong) in table() {
                let mut state = least(kind, language);
                if ["TimeoutSecondsPath", "HeartbeatSecondsPath"].contains(&name) {
                    state.as_object_mut().unwrap().remove(&name.replace("Path", ""));
                }
                state[name] = right.clone();
                let expected = if !types.split(' ').any(|has| has == kind) {
                    vec![format!(
                        "SCHEMA_VALIDATION_FAILED: Field '{name}' is not supported at /States/A"
                    )]
                } else if only != "both" && only != language {
                    vec![format!(
                        "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to '{language}', but field '{name}' is only \
                         supported for the '{only}' QueryLanguage at /States/A"
                    )]
                } else {
                    for value in &wrong {
                        state[name] = value.clone();
                        let text = machine(language, &state).to_string();
                        let (errors, _) = found(&text, MachineType::Standard);
                        assert!(
                            !errors.is_empty(),
                            "{kind} {language} {name}: {value} should be refused"
                        );
                        let within = format!("/States/A/{name}");
                        assert!(
                            errors.iter().all(|error| error.pointer.starts_with(&within)),
                            "{kind} {language} {name}: {value}: {errors:?}"
                        );
                    }
                    state[name] = right.clone();
                    Vec::new()
                };
                let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
                refused(&machine(language, &state), &expected);
            }
            let mut state = least(kind, language);
            state["Nonsense"] = json!(1);
            let expected =
                "SCHEMA_VALIDATION_FAILED: Field 'Nonsense' is not supported at /States/A";
            refused(&machine(language, &state), &[expected]);
        }
    }
}

#[test]
fn every_type_misses_what_it_needs() {
    for language in ["JSONPath", "JSONata"] {
        for (kind, name, expected) in [
            ("Task", "Resource", "The field 'Resource' is required but was missing"),
            ("Choice", "Choices", "The field 'Choices' is required but was missing"),
            ("Parallel", "Branches", "The field 'Branches' is required but was missing"),
            ("Map", "ItemProcessor", "The field 'ItemProcessor' is required but was missing"),
            (
                "Wait",
                "Seconds",
                "One of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath]",
            ),
            ("Pass", "Type", "The field 'Type' is required but was missing"),
        ] {
            let mut state = least(kind, language);
            state.as_object_mut().unwrap().remove(name);
            let text = machine(language, &state).to_string();
            let (errors, _) = found(&text, MachineType::Standard);
            let first = errors.first().map(Diagnostic::as_refusal).unwrap_or_default();
            assert_eq!(
                first,
                format!("SCHEMA_VALIDATION_FAILED: {expected} at /States/A"),
                "{kind}"
            );
        }
        for kind in ["Task", "Pass", "Wait", "Parallel", "Map"] {
            let mut state = least(kind, language);
            state["End"] = json!(false);
            let (errors, _) = found(&machine(language, &state).to_string(), MachineType::Standard);
            assert!(errors.iter().any(|error| error.message.contains("[Next, End]")), "{kind}");
            let mut state = least(kind, language);
            state["Next"] = json!("A");
            let (errors, _) = found(&machine(language, &state).to_string(), MachineType::Standard);
            assert_eq!(errors.len(), 1, "{kind} with Next and End: {errors:?}");
        }
        for kind in ["Choice", "Succeed", "Fail"] {
            for name in ["Next", "End"] {
                let mut state = least(kind, language);
                state[name] = if name == "Next" { json!("A") } else { json!(true) };
                let (errors, _) =
                    found(&machine(language, &state).to_string(), MachineType::Standard);
                assert_eq!(errors[0].message, format!("Field '{name}' is not supported"), "{kind}");
            }
        }
    }
}
