//! Errors, their words and who catches them.

use crate::{failure, jsonata, lines, one, output, run, run_with};
use coldstart_asl::interpret::{Failure, Status};
use serde_json::{Value, json};

fn caught(error_equals: &str) -> Value {
    json!({ "StartAt": "A", "States": {
        "A": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "InputPath": "$.in", "Next": "B",
               "Catch": [{ "ErrorEquals": [error_equals], "Next": "B" }] },
        "B": { "Type": "Succeed" } } })
}

/// 1. States.Runtime fails the execution even where a catcher names it (recorded).
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

/// 1. States.ALL catches States.DataLimitExceeded of a task, against the guide (recorded).
#[test]
fn a_task_s_data_limit_is_caught_by_states_all() {
    let large = Ok(json!("x".repeat(300_000)));
    let execution = run_with(&caught("States.ALL"), r#"{"in":1}"#, &large);
    assert!(output(&execution).starts_with(r#"{"Error":"States.DataLimitExceeded","Cause":"#));
}

/// 2. Every field has its own sentence for a path that finds nothing (recorded).
#[test]
fn missing_paths_are_told_in_the_field_s_own_words() {
    let input = r#"{ "a" : 1 }"#;
    let tell = |state: Value| failure(&run(&one(state), input)).1;
    assert_eq!(
        tell(json!({ "Type": "Pass", "Parameters": { "x.$": "$.x" } })),
        format!(
            "The JSONPath '$.x' specified for the field 'x.$' could not be found in the input '{input}'"
        )
    );
    assert_eq!(
        tell(json!({ "Type": "Pass", "InputPath": "$.x" })),
        "Invalid path '$.x' : No results for path: $['x']"
    );
    assert_eq!(
        tell(json!({ "Type": "Wait", "SecondsPath": "$.x" })),
        "The SecondsPath parameter does not reference an input value: $.x"
    );
}

/// 7. A result that is undefined fails, and the event says where (recorded).
#[test]
fn undefined_results_name_their_field() {
    let execution =
        run(&jsonata(json!({ "Type": "Pass", "Output": { "x": "{% $none %}" } })), "{}");
    let words = "The JSONata expression '$none' specified for the field 'Output/x' returned nothing (undefined).";
    assert_eq!(failure(&execution), ("States.QueryEvaluationError".into(), words.into()));
    let event = execution.history()[2].to_json(true);
    assert_eq!(event["previousEventId"], json!(0));
    assert_eq!(event["evaluationFailedEventDetails"]["location"], json!("Output/x"));
}

/// 12. Tolerated failures and concurrency have sentences of their own (recorded).
#[test]
fn numbers_of_map_states_are_refused_in_their_own_words() {
    let tell = |field: &str, value: Value| {
        let mut map = json!({ "Type": "Map", "ItemsPath": "$.i", "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } } });
        map[field] = json!("$.n");
        failure(&run(&one(map), &json!({ "i": [0], "n": value }).to_string())).1
    };
    let percentage = "ToleratedFailurePercentage must be between 0 and 100.";
    assert_eq!(
        tell("ToleratedFailureCountPath", json!(-1)),
        "ToleratedFailureCount cannot be negative."
    );
    assert_eq!(tell("ToleratedFailurePercentagePath", json!(-1)), percentage);
    assert_eq!(tell("ToleratedFailurePercentagePath", json!(100.1)), percentage);
    assert_eq!(
        tell("MaxConcurrencyPath", json!("NoNumber")),
        r#"The MaxConcurrencyPath field refers to value "NoNumber" which is not a valid integer: $.n"#
    );
}

/// 15. A catcher's output is Error, then Cause, which stays a text; OutputPath is not for it (recorded).
#[test]
fn catchers_give_error_and_cause_as_text() {
    let mut machine = caught("States.TaskFailed");
    machine["States"]["A"]["OutputPath"] = json!("$.no.such.path");
    let answer = Err(Failure::new("E", r#"{"a":1}"#));
    let execution = run_with(&machine, r#"{"in":1}"#, &answer);
    assert_eq!(output(&execution), r#"{"Error":"E","Cause":"{\"a\":1}"}"#);
}

/// 15. States.TaskFailed does not take States.Timeout (the guide; inferred, not recorded).
#[test]
fn task_failed_does_not_take_timeouts() {
    let answer = Err(Failure::new("States.Timeout", ""));
    let execution = run_with(&caught("States.TaskFailed"), r#"{"in":1}"#, &answer);
    assert_eq!(execution.error(), Some("States.Timeout"));
}

/// 11. A machine's time-out stands in its event alone, which follows none, at start and limit exactly (inferred).
#[test]
fn a_machine_that_times_out_has_no_error() {
    let mut machine = one(json!({ "Type": "Wait", "Seconds": 60 }));
    machine["TimeoutSeconds"] = json!(5);
    let execution = run(&machine, "{}");
    assert_eq!((execution.status(), execution.error()), (Status::TimedOut, None));
    assert_eq!(execution.stopped_at().unwrap().0, 5_000_000);
    assert_eq!(lines(&execution).last().unwrap(), "3<0 ExecutionTimedOut");
}

/// 1. Of a Pass state States.DataLimitExceeded fails the execution (recorded).
#[test]
fn a_pass_state_s_data_limit_fails_the_execution() {
    let half = "x".repeat(200_000);
    let pass = json!({ "Type": "Pass", "Parameters": { "a.$": "$", "b.$": "$" } });
    let execution = run(&one(pass), &json!(half).to_string());
    assert_eq!(execution.error(), Some("States.DataLimitExceeded"));
}
