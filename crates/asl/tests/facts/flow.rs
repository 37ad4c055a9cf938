//! Choice and Wait.

use crate::{failure, jsonata, one, output, run};
use coldstart_asl::interpret::{Execution, Status};
use serde_json::{Value, json};

fn decide(rule: Value, input: Value) -> bool {
    let mut rule = rule;
    rule["Next"] = json!("Y");
    let machine = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [rule], "Default": "N" },
        "Y": { "Type": "Pass", "Result": true, "End": true }, "N": { "Type": "Pass", "Result": false, "End": true } } });
    output(&run(&machine, &input.to_string())) == "true"
}

/// Fact 9: Tests of types match on their negation too (recorded).
#[test]
fn tests_of_types_can_be_negated() {
    for (operator, of_type) in [
        ("IsBoolean", json!(true)),
        ("IsNumeric", json!(1)),
        ("IsString", json!("x")),
        ("IsNull", Value::Null),
        ("IsTimestamp", json!("2026-01-01T00:00:00Z")),
    ] {
        let mut rule = json!({ "Variable": "$.x" });
        let mut says = |wanted: bool, input: &Value| {
            rule[operator] = json!(wanted);
            decide(rule.clone(), json!({ "x": input }))
        };
        let other = json!([1]);
        assert!(says(true, &of_type) && !says(false, &of_type), "{operator}");
        assert!(says(false, &other) && !says(true, &other), "{operator}");
    }
}

/// Fact 9: Operands of another type make a comparison false, no error, whichever side has it (recorded).
#[test]
fn choice_rules_do_not_fail_on_types() {
    for (operator, operand, value) in [
        ("NumericEquals", json!(1), json!("1")),
        ("NumericLessThan", json!(1), json!(true)),
        ("StringEquals", json!("1"), json!(1)),
        ("StringGreaterThan", json!(""), json!([])),
        ("BooleanEquals", json!(true), json!("true")),
        ("TimestampLessThan", json!("2026-01-01T00:00:00Z"), json!(0)),
        ("StringMatches", json!("*"), json!({})),
    ] {
        let mut rule = json!({ "Variable": "$.x" });
        rule[operator] = operand;
        assert!(!decide(rule, json!({ "x": value })), "{operator}");
    }
    let by_path = json!({ "Variable": "$.x", "NumericEqualsPath": "$.y" });
    assert!(!decide(by_path.clone(), json!({ "x": 1, "y": "1" })));
    assert!(decide(by_path, json!({ "x": 1, "y": 1.0 })));
}

/// Fact 9: Timestamps are texts of RFC 3339 with T and an offset, and compared as moments (recorded).
#[test]
fn timestamps_are_compared_as_moments() {
    let noon = json!({ "Variable": "$.x", "TimestampEquals": "2026-01-01T12:00:00Z" });
    for same in ["2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00", "2026-01-01T12:00:00.000Z"] {
        assert!(decide(noon.clone(), json!({ "x": same })), "{same}");
    }
    for other in ["2026-01-01 12:00:00Z", "2026-01-01T12:00:00", "2026-01-01", "12:00:00Z"] {
        assert!(!decide(noon.clone(), json!({ "x": other })), "{other}");
        let is = json!({ "Variable": "$.x", "IsTimestamp": true });
        assert!(!decide(is, json!({ "x": other })), "{other}");
    }
}

/// Fact 9: Where no rule matches and there is no Default, the execution fails with States.Runtime, not States.NoChoiceMatched
/// (measured by others, inferred).
#[test]
fn no_rule_and_no_default_is_a_runtime_error() {
    let path = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [{ "Variable": "$.x", "IsPresent": true, "Next": "B" }] },
        "B": { "Type": "Succeed" } } });
    let query = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [{ "Condition": "{% false %}", "Next": "B" }] },
        "B": { "Type": "Succeed" } } });
    for machine in [path, query] {
        let execution = run(&machine, "{}");
        assert_eq!(
            (execution.status(), execution.error()),
            (Status::Failed, Some("States.Runtime"))
        );
        assert_ne!(failure(&execution).1, "");
    }
}

fn wait_until(at: &str) -> Execution {
    let state = json!({ "Type": "Wait", "TimestampPath": "$.t" });
    run(&one(state), &json!({ "t": at }).to_string())
}

/// Fact 10: A wait of 2^31 seconds is too long (recorded: 24,855 days pass, 24,856 do not).
#[test]
fn waits_have_a_longest() {
    assert_eq!(wait_until("2038-01-19T00:00:00Z").status(), Status::Succeeded);
    assert_eq!(failure(&wait_until("2038-01-20T00:00:00Z")).1, "Wait state delay is too long.");
}

/// Fact 10: None at all and moments that are over pass at once (recorded).
#[test]
fn waits_may_be_none() {
    assert_eq!(wait_until("1970-01-01T00:00:00Z").stopped_at().unwrap().0, 0);
    assert_eq!(wait_until("1907-01-01T00:00:00Z").stopped_at().unwrap().0, 0);
    for state in
        [json!({ "Type": "Wait", "Seconds": 0 }), json!({ "Type": "Wait", "SecondsPath": "$.s" })]
    {
        let execution = run(&one(state), r#"{"s":0}"#);
        assert_eq!(
            (output(&execution), execution.stopped_at().unwrap().0),
            (r#"{"s":0}"#.into(), 0)
        );
    }
}

/// Fact 10: A path may lead to a moment with nanoseconds; without an offset it is refused (recorded).
#[test]
fn moments_may_have_nanoseconds() {
    for (at, micros) in [
        ("1970-01-01T00:00:10.000000Z", 10_000_000),
        ("1970-01-01T00:00:10.500000000Z", 10_500_000),
        ("1970-01-01T01:00:10.000000001+01:00", 10_000_000),
    ] {
        let execution = wait_until(at);
        assert_eq!(execution.status(), Status::Succeeded, "{at}: {:?}", execution.cause());
        assert_eq!(execution.stopped_at().unwrap().0 / 1000, micros / 1000, "{at}");
    }
    for at in [
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.000000",
        "2026-01-01 00:00:00Z",
        "01-01-2026T00:00:00Z",
    ] {
        let words = format!(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == {at}"
        );
        assert_eq!(failure(&wait_until(at)), ("States.Runtime".into(), words));
    }
}

/// Fact 10: JSONata in a machine of JSONPath reads its timestamp with a sentence of its own (recorded).
#[test]
fn a_state_of_jsonata_in_a_machine_of_jsonpath_waits() {
    let wait = |at: &str| {
        let state = json!({ "Type": "Wait", "Timestamp": "{% $states.input.t %}" });
        run(&jsonata(state), &json!({ "t": at }).to_string())
    };
    assert_eq!(wait("1970-01-01T00:01:00Z").stopped_at().unwrap().0, 60_000_000);
    for at in ["2016-13-05T21:29:29Z", "2016-12-05T21:29:29", "2016-12-05 21:29:29Z"] {
        let words = format!(
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {at}"
        );
        assert_eq!(failure(&wait(at)), ("States.QueryEvaluationError".into(), words));
    }
}
