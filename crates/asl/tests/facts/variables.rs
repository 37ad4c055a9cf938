//! Variables.

use crate::{failure, one, output, run};
use serde_json::{Value, json};

fn two(language: &str, first: Value, second: Value) -> Value {
    let state = |mut state: Value, name: &str, value: &str| {
        state[name] = json!(value);
        state
    };
    let mut last = second;
    last["End"] = json!(true);
    json!({ "QueryLanguage": language, "StartAt": "A", "States": { "A": state(first, "Next", "B"), "B": last } })
}

/// Fact 16: Assign and Output are of the same moment: Output sees the variable as it was (exercised by recorded cases).
#[test]
fn output_does_not_see_what_assign_sets() {
    let machine = two(
        "JSONata",
        json!({ "Type": "Pass", "Assign": { "x": 1 } }),
        json!({ "Type": "Pass", "Assign": { "x": 2, "y": "{% $x %}" }, "Output": "{% $x %}" }),
    );
    assert_eq!(output(&run(&machine, "{}")), "1");
    let machine = two(
        "JSONPath",
        json!({ "Type": "Pass", "Assign": { "x": 1 } }),
        json!({ "Type": "Pass", "Assign": { "x": 2 }, "Parameters": { "x.$": "$x" } }),
    );
    assert_eq!(output(&run(&machine, "{}")), r#"{"x":1}"#);
}

/// Fact 16: Assign's members do not see one another (the guide; exercised by recorded cases).
#[test]
fn what_assign_sets_is_set_at_once() {
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Assign": { "x": 1, "y": 2 }, "Next": "B" },
        "B": { "Type": "Pass", "Assign": { "x": "{% $y %}", "y": "{% $x %}" }, "Next": "C" },
        "C": { "Type": "Pass", "Output": "{% [$x, $y] %}", "End": true } } });
    assert_eq!(output(&run(&machine, "{}")), "[2,1]");
}

/// Fact 16: Assign sees the state's input and result alike (exercised by recorded cases).
#[test]
fn assign_sees_input_and_result() {
    let machine = two(
        "JSONPath",
        json!({ "Type": "Pass", "Result": { "r": 1 }, "ResultPath": "$.out", "Assign": { "v.$": "$.r", "i.$": "$$.Execution.Input.in" } }),
        json!({ "Type": "Pass", "Parameters": { "v.$": "$v", "i.$": "$i", "all.$": "$" } }),
    );
    assert_eq!(
        output(&run(&machine, r#"{"in":7}"#)),
        r#"{"v":1,"i":7,"all":{"in":7,"out":{"r":1}}}"#
    );
}

/// Fact 16: What a branch or an iteration assigns stays in it, and it sees what is outside (recorded).
#[test]
fn variables_do_not_leak_out() {
    let inner = json!({ "StartAt": "P", "States": {
        "P": { "Type": "Pass", "Assign": { "y": "{% $x + 1 %}" }, "Next": "Q" },
        "Q": { "Type": "Pass", "Output": "{% $y %}", "End": true } } });
    for outer in [
        json!({ "Type": "Parallel", "Branches": [inner] }),
        json!({ "Type": "Map", "Items": [0], "ItemProcessor": inner }),
    ] {
        let machine = |last: &str| {
            let mut outer = outer.clone();
            outer["Next"] = json!("Z");
            json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {
                "A": { "Type": "Pass", "Assign": { "x": 1 }, "Next": "O" }, "O": outer,
                "Z": { "Type": "Pass", "Output": last, "End": true } } })
        };
        assert_eq!(output(&run(&machine("{% $states.input %}"), "{}")), "[2]");
        assert_eq!(run(&machine("{% $y %}"), "{}").error(), Some("States.QueryEvaluationError"));
    }
}

/// Fact 16: A variable that is not there fails in either language: in JSONata as undefined (recorded), in JSONPath as a path that leads
/// nowhere (inferred).
#[test]
fn a_variable_that_is_not_there_fails() {
    let jsonata = run(&crate::jsonata(json!({ "Type": "Pass", "Output": "{% $none %}" })), "{}");
    assert_eq!(jsonata.error(), Some("States.QueryEvaluationError"));
    let jsonpath = run(&one(json!({ "Type": "Pass", "Parameters": { "x.$": "$none" } })), "{}");
    let (error, cause) = failure(&jsonpath);
    assert_eq!(error, "States.Runtime");
    assert!(cause.contains("'$none'"), "{cause}");
}
