//! Histories, Choice, Wait, Map and variables.

use crate::{failure, jsonata, lines, one, output, run};
use coldstart_asl::interpret::Status;
use serde_json::{Value, json};

/// 3. The first state follows 0; a failing Parallel state ends Fail, Parallel, execution; Fail is never left (recorded).
#[test]
fn a_failing_parallel_state_s_events() {
    let branch = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } });
    let execution = run(&one(json!({ "Type": "Parallel", "Branches": [branch] })), "{}");
    let expected = [
        "1<0 ExecutionStarted",
        "2<0 ParallelStateEntered",
        "3<2 ParallelStateStarted",
        "4<3 FailStateEntered",
        "5<4 ParallelStateFailed",
        "6<5 ExecutionFailed",
    ];
    assert_eq!(lines(&execution), expected);
}

fn decide(rule: Value, input: Value) -> bool {
    let mut rule = rule;
    rule["Next"] = json!("Y");
    let machine = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [rule], "Default": "N" },
        "Y": { "Type": "Pass", "Result": true, "End": true }, "N": { "Type": "Pass", "Result": false, "End": true } } });
    output(&run(&machine, &input.to_string())) == "true"
}

/// 9. Tests of types can be negated, operands of another type are false, instants are compared (recorded).
#[test]
fn choice_rules_do_not_fail_on_types() {
    assert!(decide(json!({ "Variable": "$.x", "IsBoolean": false }), json!({ "x": 1 })));
    assert!(!decide(json!({ "Variable": "$.x", "NumericEquals": 1 }), json!({ "x": "1" })));
    let noon = json!({ "Variable": "$.x", "TimestampEquals": "2026-01-01T12:00:00Z" });
    assert!(decide(noon.clone(), json!({ "x": "2026-01-01T13:00:00+01:00" })));
    assert!(!decide(noon, json!({ "x": "2026-01-01 12:00:00Z" })));
}

/// 10. A wait of 2^31 seconds is too long; none at all and moments that are over pass at once (recorded).
#[test]
fn waits_have_a_longest_and_a_shortest() {
    let wait = |at: &str| {
        let state = json!({ "Type": "Wait", "TimestampPath": "$.t" });
        run(&one(state), &json!({ "t": at }).to_string())
    };
    // 24,855 and 24,856 days after 1970.
    assert_eq!(wait("2038-01-19T00:00:00Z").status(), Status::Succeeded);
    assert_eq!(failure(&wait("2038-01-20T00:00:00Z")).1, "Wait state delay is too long.");
    assert_eq!(wait("1970-01-01T00:00:00Z").stopped_at().unwrap().0, 0);
    assert!(
        failure(&wait("2026-01-01T00:00:00"))
            .1
            .ends_with("format string: $.t == 2026-01-01T00:00:00")
    );
    assert_eq!(output(&run(&one(json!({ "Type": "Wait", "Seconds": 0 })), "{}")), "{}");
}

/// 13. Items are arrays, and what they were instead is told (recorded).
#[test]
fn items_must_be_arrays() {
    let processor = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let items = json!({ "Type": "Map", "Items": "{% 1 %}", "ItemProcessor": processor });
    let words = "The JSONata expression '1' specified for the field 'Items' returned an unexpected result type. \
                 Expected 'array', but was 'number' for value: 1";
    assert_eq!(
        failure(&run(&jsonata(items), "{}")),
        ("States.QueryEvaluationError".into(), words.into())
    );
    let input = json!({ "Type": "Map", "ItemProcessor": processor });
    assert_eq!(
        failure(&run(&jsonata(input), "1")).1,
        "Map state input must be an array but was: 1"
    );
}

/// 13. ItemSelector sees the state's whole input, and the item in the context (recorded).
#[test]
fn item_selectors_see_the_whole_input() {
    let map = json!({ "Type": "Map", "ItemsPath": "$.i",
        "ItemSelector": { "k.$": "$.k", "n.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value" },
        "ItemProcessor": { "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } } });
    let execution = run(&one(map), r#"{"i":["a"],"k":7}"#);
    assert_eq!(output(&execution), r#"[{"k":7,"n":0,"v":"a"}]"#);
}

/// 16. Assign and Output are of the same moment: Output sees the variable as it was (the guide; exercised by recorded cases).
#[test]
fn output_does_not_see_what_assign_sets() {
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Assign": { "x": 1 }, "Next": "B" },
        "B": { "Type": "Pass", "Assign": { "x": 2 }, "Output": "{% $x %}", "End": true } } });
    assert_eq!(output(&run(&machine, "{}")), "1");
}

/// 3. A Map state that is retried starts again without having failed in between (recorded).
#[test]
fn a_retried_map_state_starts_again() {
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } });
    let map = json!({ "Type": "Map", "ItemProcessor": fail,
        "Retry": [{ "ErrorEquals": ["E"], "IntervalSeconds": 1, "MaxAttempts": 1 }] });
    let execution = run(&one(map), "[1]");
    let types: Vec<&str> = execution.history().iter().map(|event| event.type_name()).collect();
    let count = |wanted: &str| types.iter().filter(|name| **name == wanted).count();
    assert_eq!((count("MapStateStarted"), count("MapStateFailed")), (2, 1), "{types:?}");
}

/// 16. What a branch assigns stays in it (Passing data between states with variables).
#[test]
fn variables_do_not_leak_out_of_branches() {
    let branch = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "Assign": { "y": 2 }, "End": true } } });
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "O", "States": {
        "O": { "Type": "Parallel", "Branches": [branch], "Next": "A" },
        "A": { "Type": "Pass", "Output": "{% $y %}", "End": true } } });
    assert_eq!(run(&machine, "{}").error(), Some("States.QueryEvaluationError"));
}
