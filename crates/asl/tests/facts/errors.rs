//! Errors, their words and who catches them.

use crate::{failure, function, lines, one, output, run, run_with};
use coldstart_asl::interpret::Status;
use serde_json::{Value, json};

fn caught(error_equals: &str) -> Value {
    json!({ "StartAt": "A", "States": {
        "A": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "InputPath": "$.in", "Next": "B",
               "Catch": [{ "ErrorEquals": [error_equals], "Next": "B" }] },
        "B": { "Type": "Succeed" } } })
}

/// Fact 1: States.Runtime fails the execution even where a catcher names it (recorded).
#[test]
fn runtime_errors_cannot_be_caught() {
    for name in ["States.Runtime", "States.ALL", "States.TaskFailed"] {
        let execution = run(&caught(name), "{}");
        assert_eq!(
            (execution.status(), execution.error()),
            (Status::Failed, Some("States.Runtime"))
        );
    }
}

/// Fact 1: Nor is States.Runtime tried again (the guide).
#[test]
fn runtime_errors_are_not_tried_again() {
    let mut machine = caught("States.ALL");
    machine["States"]["A"]["Retry"] = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 3 }]);
    let execution = run(&machine, "{}");
    assert_eq!((execution.error(), execution.history().len()), (Some("States.Runtime"), 3));
    assert_eq!(execution.stopped_at().unwrap().0, 0);
}

/// Fact 1: States.ALL catches States.DataLimitExceeded of a task, against the guide (recorded).
#[test]
fn a_task_s_data_limit_is_caught_by_states_all() {
    let large = Ok(json!("x".repeat(300_000)));
    let execution = run_with(&caught("States.ALL"), r#"{"in":1}"#, &large);
    assert!(output(&execution).starts_with(r#"{"Error":"States.DataLimitExceeded","Cause":"#));
}

/// Fact 2: A cause names the state and the event that it was entered with (recorded).
#[test]
fn causes_begin_with_the_state_and_its_event() {
    let machine = json!({ "StartAt": "First", "States": {
        "First": { "Type": "Pass", "Next": "Then 2" },
        "Then 2": { "Type": "Pass", "InputPath": "$.x", "End": true } } });
    assert_eq!(
        run(&machine, "{}").cause(),
        Some(
            "An error occurred while executing the state 'Then 2' (entered at the event id #4). \
             Invalid path '$.x' : No results for path: $['x']"
        )
    );
}

/// Fact 2: Every field has its own sentence for a path that finds nothing (recorded; HeartbeatSecondsPath and TimeoutSecondsPath as the
/// notes on AWS give it, without a record).
#[test]
fn missing_paths_are_told_in_the_field_s_own_words() {
    let input = r#"{ "a" : 1 }"#;
    let tell = |state: Value| {
        let (error, cause) = failure(&run(&one(state), input));
        assert_eq!(error, "States.Runtime", "{cause}");
        cause
    };
    assert_eq!(
        tell(json!({ "Type": "Pass", "Parameters": { "x.$": "$.x" } })),
        format!(
            "The JSONPath '$.x' specified for the field 'x.$' could not be found in the input '{input}'"
        )
    );
    let no_results = "Invalid path '$.x' : No results for path: $['x']";
    assert_eq!(tell(json!({ "Type": "Pass", "InputPath": "$.x" })), no_results);
    assert_eq!(tell(json!({ "Type": "Pass", "OutputPath": "$.x" })), no_results);
    for field in ["HeartbeatSecondsPath", "TimeoutSecondsPath"] {
        let mut task = function();
        task[field] = json!("$.x");
        assert_eq!(tell(task), no_results, "{field}");
    }
    assert_eq!(
        tell(json!({ "Type": "Wait", "SecondsPath": "$.x" })),
        "The SecondsPath parameter does not reference an input value: $.x"
    );
    assert_eq!(
        tell(json!({ "Type": "Wait", "TimestampPath": "$.x" })),
        "The TimestampPath parameter does not reference an input value: $.x"
    );
}

/// Fact 2: Where a member on the way is missing, that is what is told (Jayway's words).
#[test]
fn a_missing_member_on_the_way_is_told() {
    let tell = |field: &str| {
        let mut pass = json!({ "Type": "Pass" });
        pass[field] = json!("$.no.such.path");
        failure(&run(&one(pass), "{}")).1
    };
    for field in ["InputPath", "OutputPath"] {
        assert_eq!(tell(field), "Invalid path '$.no.such.path' : Missing property in path $['no']");
    }
}

/// Fact 2: A ResultPath makes the members that are missing, and fails only where something else is in the way (the failure as others
/// have got it from AWS, inferred).
#[test]
fn a_result_path_makes_its_way() {
    let pass = |path: &str, input: &str| {
        let state = json!({ "Type": "Pass", "Result": 1, "ResultPath": path });
        run(&one(state), input)
    };
    let object = r#"{"a":"text"}"#;
    assert_eq!(output(&pass("$.no.such", object)), r#"{"a":"text","no":{"such":1}}"#);
    let conflict = |path: &str, input: &str| {
        let (error, cause) = failure(&pass(path, input));
        assert_eq!(error, "States.ReferencePathConflict");
        cause
    };
    assert_eq!(
        conflict("$.result", "\"input1\""),
        "Unable to apply ReferencePath $.result to input \"input1\""
    );
    assert_eq!(conflict("$.a.b", object), "Unable to apply step \"b\" to input {\"a\":\"text\"}");
}

/// Fact 2: ErrorPath and CausePath of a Fail state speak as payload templates do (recorded).
#[test]
fn a_fail_state_s_paths_speak_as_templates() {
    let input = r#"{"a":1}"#;
    for field in ["ErrorPath", "CausePath"] {
        let mut fail = json!({ "Type": "Fail" });
        fail[field] = json!("$.x");
        let execution = run(&json!({ "StartAt": "A", "States": { "A": fail } }), input);
        let words = format!(
            "The JSONPath '$.x' specified for the field '{field}' could not be found in the input '{input}'"
        );
        assert_eq!(failure(&execution), ("States.Runtime".into(), words));
    }
}

/// Fact 11: A machine's time-out stands in its event alone, which follows none, at start and limit exactly (inferred).
#[test]
fn a_machine_that_times_out_has_no_error() {
    let mut machine = one(json!({ "Type": "Wait", "Seconds": 60 }));
    machine["TimeoutSeconds"] = json!(5);
    let execution = run(&machine, "{}");
    assert_eq!((execution.status(), execution.error()), (Status::TimedOut, None));
    assert_eq!(execution.stopped_at().unwrap().0, 5_000_000);
    assert_eq!(lines(&execution).last().unwrap(), "3<0 ExecutionTimedOut");
}

/// Fact 1: Of a Pass state States.DataLimitExceeded fails the execution (recorded).
#[test]
fn a_pass_state_s_data_limit_fails_the_execution() {
    let half = "x".repeat(200_000);
    let pass = json!({ "Type": "Pass", "Parameters": { "a.$": "$", "b.$": "$" } });
    let execution = run(&one(pass), &json!(half).to_string());
    assert_eq!(execution.error(), Some("States.DataLimitExceeded"));
}
