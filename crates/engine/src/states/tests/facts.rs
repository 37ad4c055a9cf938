//! What is hard or commonly wrong about the service, one test for a fact; the facts of the language stand in the tests of `asl`
//! (`facts`). The numbers are those of the same list.

use super::{arn, one, pass};
use crate::testing::Scenario;
use serde_json::{Value, json};

#[track_caller]
fn described(scenario: &Scenario) -> Value {
    scenario.clone().describe("m", "e").output()
}

#[track_caller]
fn events(scenario: &Scenario) -> Vec<Value> {
    let params = json!({ "executionArn": arn("execution:m:e"), "maxResults": 1000 });
    let output = scenario.clone().rest().states("GetExecutionHistory", params).output();
    output["events"].as_array().unwrap().clone()
}

fn ran(definition: &Value, input: &Value) -> Scenario {
    Scenario::new().machine("m", definition).start("m", "e", input).rest()
}

fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// Fact 4: The answer of a synchronous execution has its name and what it bills, and its ARN ends with the name and an id; it can
/// neither be described nor can its history be read (recorded).
#[test]
fn synchronous_executions_are_answers_only() {
    let made = Scenario::new().machine_with("m", &pass(), json!({ "type": "EXPRESS" }));
    let params =
        json!({ "stateMachineArn": arn("stateMachine:m"), "name": "e", "input": "{\"a\": 1}" });
    let started = made.states("StartSyncExecution", params).rest();
    let answer = started.output();
    assert_eq!(
        names(&answer),
        [
            "billingDetails",
            "executionArn",
            "input",
            "inputDetails",
            "name",
            "output",
            "outputDetails",
            "startDate",
            "stateMachineArn",
            "status",
            "stopDate"
        ]
    );
    assert_eq!(
        names(&answer["billingDetails"]),
        ["billedDurationInMilliseconds", "billedMemoryUsedInMB"]
    );
    assert_eq!(answer["name"], json!("e"));
    let execution = answer["executionArn"].as_str().unwrap();
    let parts: Vec<&str> = execution.split(':').collect();
    assert_eq!((parts[5], parts[6], parts[7], parts.len()), ("express", "m", "e", 9));
    assert_eq!(parts[8].len(), 36, "{execution}");
    for operation in ["DescribeExecution", "GetExecutionHistory"] {
        let refused = started.clone().states(operation, json!({ "executionArn": execution }));
        assert!(refused.refusal().starts_with("InvalidArn"), "{operation}");
    }
}

/// Fact 11: The description of an execution that timed out has neither error nor cause, and its end is start and limit exactly; the
/// error stands in the last event (measured by others, inferred).
#[test]
fn a_timed_out_execution_is_described_without_error() {
    let mut wait = one(json!({ "Type": "Wait", "Seconds": 600 }));
    wait["TimeoutSeconds"] = json!(7);
    let ran = ran(&wait, &json!({}));
    let output = described(&ran);
    assert_eq!(output["status"], json!("TIMED_OUT"));
    assert_eq!(
        (output.get("error"), output.get("cause"), output.get("output")),
        (None, None, None)
    );
    let seconds = |name: &str| output[name].as_f64().unwrap();
    assert_eq!(seconds("stopDate") - seconds("startDate"), 7.0);
    let events = events(&ran);
    let last = events.last().unwrap();
    assert_eq!(
        (&last["type"], &last["previousEventId"], &last["executionTimedOutEventDetails"]["error"]),
        (&json!("ExecutionTimedOut"), &json!(0), &json!("States.Timeout"))
    );
}

fn nested(pattern: &str, child: &Value) -> Value {
    let parent = one(json!({
        "Type": "Task", "Resource": format!("arn:aws:states:::states:startExecution{pattern}"),
        "Parameters": { "StateMachineArn": arn("stateMachine:c"), "Input": { "a": 1 } } }));
    let made = Scenario::new().machine("c", child).machine("m", &parent);
    described(&made.start("m", "e", &json!({})))
}

/// Fact 14: `.sync` gives input and output of the nested execution as text, `.sync:2` as JSON (recorded).
#[test]
fn nested_executions_answer_in_two_forms() {
    let output = |pattern: &str| -> Value {
        let described = nested(pattern, &pass());
        serde_json::from_str(described["output"].as_str().unwrap()).unwrap()
    };
    let (first, second) = (output(".sync"), output(".sync:2"));
    assert_eq!((&first["Output"], &first["Input"]), (&json!("{\"a\":1}"), &json!("{\"a\":1}")));
    assert_eq!((&second["Output"], &second["Input"]), (&json!({ "a": 1 }), &json!({ "a": 1 })));
    assert_eq!(
        (&first["OutputDetails"], &second["Status"]),
        (&json!({ "Included": true }), &json!("SUCCEEDED"))
    );
}

/// Fact 14: A nested execution that failed is States.TaskFailed, and the cause is its description as JSON (recorded).
#[test]
fn a_nested_failure_is_described_in_the_cause() {
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E", "Cause": "C" } } });
    for pattern in [".sync", ".sync:2"] {
        let failed = nested(pattern, &fail);
        assert_eq!(
            (&failed["status"], &failed["error"]),
            (&json!("FAILED"), &json!("States.TaskFailed"))
        );
        let cause: Value = serde_json::from_str(failed["cause"].as_str().unwrap()).unwrap();
        assert_eq!(
            (&cause["Status"], &cause["Error"], &cause["Cause"]),
            (&json!("FAILED"), &json!("E"), &json!("C")),
            "{pattern}"
        );
        for name in ["ExecutionArn", "Input", "Name", "StartDate", "StateMachineArn", "StopDate"] {
            assert!(cause.get(name).is_some(), "{name}");
        }
    }
}

/// Fact 14: A heartbeat that does not come is States.Timeout in the history (recorded: other tasks' timeouts; the guide calls it
/// States.HeartbeatTimeout).
#[test]
fn a_missed_heartbeat_is_a_timeout() {
    let activity = arn("activity:a");
    let task = one(json!({
        "Type": "Task", "Resource": activity, "TimeoutSeconds": 600, "HeartbeatSeconds": 10 }));
    let late = Scenario::new()
        .states("CreateActivity", json!({ "name": "a" }))
        .machine("m", &task)
        .start("m", "e", &json!({}))
        .states("GetActivityTask", json!({ "activityArn": activity }))
        .at(30_000)
        .rest();
    let output = described(&late);
    assert_eq!((&output["status"], &output["error"]), (&json!("FAILED"), &json!("States.Timeout")));
    let seconds = |name: &str| output[name].as_f64().unwrap();
    assert_eq!(seconds("stopDate") - seconds("startDate"), 10.0);
    let events = events(&late);
    let timed_out = events.iter().find(|event| event["type"] == "ActivityTimedOut").unwrap();
    assert_eq!(timed_out["activityTimedOutEventDetails"]["error"], json!("States.Timeout"));
}

/// Fact 14: A token that nobody knows is Sfn.InvalidTokenException for a task that sends it (recorded).
#[test]
fn an_unknown_token_fails_the_task_that_sends_it() {
    for (action, parameters) in [
        ("sendTaskSuccess", json!({ "TaskToken": "none", "Output": "{}" })),
        ("sendTaskFailure", json!({ "TaskToken": "none", "Error": "E" })),
    ] {
        let resource = format!("arn:aws:states:::aws-sdk:sfn:{action}");
        let task = one(json!({ "Type": "Task", "Resource": resource, "Parameters": parameters }));
        let output = described(&ran(&task, &json!({})));
        assert_eq!(output["error"], json!("Sfn.InvalidTokenException"), "{action}");
        assert!(output["cause"].as_str().unwrap().starts_with(
            "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: "
        ));
    }
}

/// Fact 17: A description tells that nothing was redriven yet and whether it can be; what there is not, it does not have (recorded;
/// redriving itself is inferred).
#[test]
fn descriptions_tell_of_redriving() {
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } });
    let failed = described(&ran(&fail, &json!({ "a": 1 })));
    assert_eq!(
        names(&failed),
        [
            "error",
            "executionArn",
            "input",
            "inputDetails",
            "name",
            "redriveCount",
            "redriveStatus",
            "startDate",
            "stateMachineArn",
            "status",
            "stopDate"
        ]
    );
    assert_eq!(
        (&failed["redriveCount"], &failed["redriveStatus"], &failed["inputDetails"]),
        (&json!(0), &json!("REDRIVABLE"), &json!({ "included": true }))
    );
    let succeeded = described(&ran(&pass(), &json!({ "a": 1 })));
    assert_eq!(
        (&succeeded["redriveCount"], &succeeded["redriveStatus"], &succeeded["outputDetails"]),
        (&json!(0), &json!("NOT_REDRIVABLE"), &json!({ "included": true }))
    );
    let mut wait = one(json!({ "Type": "Wait", "Seconds": 600 }));
    wait["TimeoutSeconds"] = json!(700);
    let running = Scenario::new().machine("m", &wait).start("m", "e", &json!({}));
    let params = json!({ "executionArn": arn("execution:m:e") });
    let output = running.states("DescribeExecution", params).output();
    assert_eq!((output.get("stopDate"), output.get("output")), (None, None));
    assert_eq!(output["redriveStatusReason"], json!("Execution is RUNNING and cannot be redriven"));
}

/// Fact 17: An execution without input has an empty object as input.
#[test]
fn an_input_that_is_not_given_is_an_empty_object() {
    let params = json!({ "stateMachineArn": arn("stateMachine:m"), "name": "e" });
    let started = Scenario::new().machine("m", &pass()).states("StartExecution", params).rest();
    let output = described(&started);
    assert_eq!((&output["input"], &output["output"]), (&json!("{}"), &json!("{}")));
}

/// Fact 18: The input's text goes through descriptions and histories byte for byte (measured by others, inferred).
#[test]
fn texts_are_kept_byte_for_byte() {
    let text = "{ \"b\" : 1.0,\n \"a\": -0, \"n\": 12345678901234567890123 }";
    let params = json!({ "stateMachineArn": arn("stateMachine:m"), "name": "e", "input": text });
    let started = Scenario::new().machine("m", &pass()).states("StartExecution", params).rest();
    let output = described(&started);
    assert_eq!((&output["input"], &output["output"]), (&json!(text), &json!(text)));
    let events = events(&started);
    assert_eq!(events[0]["executionStartedEventDetails"]["input"], json!(text));
    assert_eq!(events[1]["stateEnteredEventDetails"]["input"], json!(text));
    assert_eq!(events[3]["executionSucceededEventDetails"]["output"], json!(text));
}

/// Asked for, 4: A day of waiting takes none of the day: the clock is virtual.
#[test]
fn waits_and_retries_take_virtual_time() {
    let task = one(
        json!({ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {},
        "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 3600, "MaxAttempts": 2, "BackoffRate": 2 }] }),
    );
    let configuration = json!({ "StateMachines": { "m": { "Active": "T", "TestCases": { "T": {
        "A": [{ "Throw": { "Error": "Busy" } }, { "Throw": { "Error": "Busy" } }, { "Return": 1 }] } } } } });
    let mocked = Scenario::new().request(
        "coldstart",
        "PutMockConfiguration",
        json!({ "configuration": configuration }),
    );
    let output = described(&mocked.machine("m", &task).start("m", "e", &json!({})));
    let seconds = |name: &str| output[name].as_f64().unwrap();
    assert_eq!(
        (&output["output"], seconds("stopDate") - seconds("startDate")),
        (&json!("1"), 10_800.0)
    );
}
