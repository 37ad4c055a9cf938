//! Executions: their life, their tasks and what can be seen of them.

use super::{ROLE, arn, one, pass};
use crate::testing::{History, Scenario};
use crate::{Fact, Timestamp};
use serde_json::{Value, json};

/// Types of the history of `execution:m:e`, and the states that they name.
#[track_caller]
fn history(scenario: &Scenario) -> Vec<String> {
    events(scenario).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn events(scenario: &Scenario) -> Vec<Value> {
    let params = json!({ "executionArn": arn("execution:m:e"), "maxResults": 1000 });
    let output = scenario.clone().rest().states("GetExecutionHistory", params).output();
    output["events"].as_array().unwrap().clone()
}

#[track_caller]
fn described(scenario: &Scenario) -> Value {
    scenario.clone().describe("m", "e").output()
}

/// A function that answers as its script says.
fn with_function(script: &str) -> Scenario {
    Scenario::new().function("f", format!("loop\nevent: {script}"))
}

fn task(resource: &str, parameters: Value) -> Value {
    one(json!({ "Type": "Task", "Resource": resource, "Parameters": parameters }))
}

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
const INVOKE: &str = "arn:aws:states:::lambda:invoke";

#[test]
fn an_execution_runs_and_is_described() {
    let ran = Scenario::new().machine("m", &pass()).start("m", "e", &json!({ "a": 1 }));
    let output = described(&ran);
    assert_eq!(output["status"], json!("SUCCEEDED"));
    assert_eq!(output["output"], json!("{\"a\":1}"));
    assert_eq!(
        output["redriveStatusReason"],
        json!("Execution is SUCCEEDED and cannot be redriven")
    );
    assert_eq!(
        history(&ran),
        ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    );
    let facts: Vec<Fact> = ran.run().events.into_iter().map(|event| event.fact).collect();
    assert!(facts.iter().any(|fact| matches!(
        fact,
        Fact::ExecutionHistory { execution: 1, first_event_id: 1, events: 4, .. }
    )));
}

#[test]
fn the_digest_knows_the_events_of_a_history() {
    let chain = |second: &str| {
        let first = json!({ "Type": "Pass", "Next": second });
        let machine = json!({ "StartAt": "A", "States": { "A": first, second: { "Type": "Pass", "End": true } } });
        Scenario::new().machine("m", &machine).start("m", "e", &json!({})).run()
    };
    assert_eq!(chain("B").digest, chain("B").digest);
    assert_ne!(chain("B").digest, chain("C").digest);
}

#[test]
fn a_name_is_used_once_and_a_repeated_start_is_no_other() {
    let wait = one(json!({ "Type": "Wait", "Seconds": 60 }));
    let started = Scenario::new().machine("m", &wait).start("m", "e", &json!({ "a": 1 }));
    let again = started.clone().start("m", "e", &json!({ "a": 1 }));
    assert_eq!(again.output()["executionArn"], json!(arn("execution:m:e")));
    let already =
        format!("ExecutionAlreadyExists: Execution Already Exists: '{}'", arn("execution:m:e"));
    assert_eq!(started.clone().start("m", "e", &json!({})).refusal(), already);
    assert_eq!(started.rest().start("m", "e", &json!({ "a": 1 })).refusal(), already);
}

#[test]
fn waits_take_virtual_time_and_the_clock_stands_where_they_end() {
    let wait = one(json!({ "Type": "Wait", "Seconds": 86_400 }));
    let ran = Scenario::new().machine("m", &wait).start("m", "e", &json!({})).rest();
    let output = described(&ran);
    let seconds = output["stopDate"].as_f64().unwrap() - output["startDate"].as_f64().unwrap();
    assert_eq!(seconds, 86_400.0);
    assert_eq!(ran.run().session.until, Timestamp(86_400_000_000));
}

#[test]
fn histories_come_in_pages_forwards_and_backwards() {
    let ran = Scenario::new().machine("m", &pass()).start("m", "e", &json!({ "a": 1 })).rest();
    let get = |more: Value| {
        let mut params = json!({ "executionArn": arn("execution:m:e") });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ran.clone().states("GetExecutionHistory", params).output()
    };
    let ids = |page: &Value| -> Vec<u64> {
        page["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["id"].as_u64().unwrap())
            .collect()
    };
    let first = get(json!({ "maxResults": 3 }));
    assert_eq!(ids(&first), [1, 2, 3]);
    let second = get(json!({ "maxResults": 3, "nextToken": first["nextToken"] }));
    assert_eq!((ids(&second), second.get("nextToken")), (vec![4], None));
    assert_eq!(ids(&get(json!({ "reverseOrder": true, "maxResults": 2 }))), [4, 3]);
    let bare = get(json!({ "includeExecutionData": false }));
    assert_eq!(bare["events"][1]["stateEnteredEventDetails"], json!({ "name": "A" }));
}

#[test]
fn a_function_is_invoked_by_its_arn() {
    let ran = with_function("respond {\"got\": $event}")
        .machine("m", &task(FUNCTION, json!({ "x.$": "$.a" })))
        .start("m", "e", &json!({ "a": [1, 2] }));
    assert_eq!(described(&ran)["output"], json!("{\"got\": {\"x\":[1,2]}}"));
    assert_eq!(
        history(&ran)[2..5],
        ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]
    );
}

#[test]
fn lambda_invoke_answers_with_the_payload_as_json() {
    let ran = with_function("respond $event")
        .machine("m", &task(INVOKE, json!({ "FunctionName": "f", "Payload.$": "$" })))
        .start("m", "e", &json!({ "a": 1 }));
    let output: Value = serde_json::from_str(described(&ran)["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["Payload"], json!({ "a": 1 }));
    assert_eq!(
        (&output["StatusCode"], &output["ExecutedVersion"]),
        (&json!(200), &json!("$LATEST"))
    );
    assert_eq!(output["SdkHttpMetadata"]["HttpHeaders"]["Content-Length"], json!("7"));
}

#[test]
fn what_a_function_throws_is_the_tasks_error() {
    let ran = with_function("fail {\"errorType\": \"Mine\", \"errorMessage\": \"no\"}")
        .machine("m", &task(FUNCTION, json!({})))
        .start("m", "e", &json!({}));
    let output = described(&ran);
    assert_eq!(output["error"], json!("Mine"));
    // By its ARN the text is passed on as it was; `lambda:invoke` writes it anew.
    assert_eq!(output["cause"], json!("{\"errorType\": \"Mine\", \"errorMessage\": \"no\"}"));
    let ran = with_function("fail {\"errorType\": \"Mine\", \"errorMessage\": \"no\"}")
        .machine("m", &task(INVOKE, json!({ "FunctionName": "f" })))
        .start("m", "e", &json!({}));
    assert_eq!(described(&ran)["cause"], json!("{\"errorType\":\"Mine\",\"errorMessage\":\"no\"}"));
}

#[test]
fn an_absent_function_is_told_in_the_librarys_words() {
    let ran = Scenario::new().machine("m", &task(INVOKE, json!({ "FunctionName": "none" }))).start(
        "m",
        "e",
        &json!({}),
    );
    let output = described(&ran);
    assert_eq!(output["error"], json!("Lambda.ResourceNotFoundException"));
    let cause = output["cause"].as_str().unwrap();
    let words = "Function not found: arn:aws:lambda:us-east-1:123456789012:function:none:$LATEST (Service: AWSLambda; \
                 Status Code: 404; Error Code: ResourceNotFoundException; Request ID: ";
    assert!(cause.starts_with(words) && cause.ends_with("; Proxy: null)"), "{cause}");
}

#[test]
fn a_resource_that_is_not_there_says_how_to_mock_it() {
    let caught = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {}, "Next": "B",
               "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }] },
        "B": { "Type": "Succeed" } } });
    let ran = Scenario::new().machine("m", &caught).start("m", "e", &json!({}));
    let output = described(&ran);
    assert_eq!((&output["status"], &output["error"]), (&json!("FAILED"), &json!("States.Runtime")));
    let cause = output["cause"].as_str().unwrap();
    assert!(
        cause.contains("arn:aws:states:::dynamodb:putItem") && cause.contains("Mock the state"),
        "{cause}"
    );
}

fn mocks(configuration: Value) -> Scenario {
    Scenario::new().request(
        "coldstart",
        "PutMockConfiguration",
        json!({ "configuration": configuration }),
    )
}

#[test]
fn mocks_answer_by_attempt_and_take_their_time() {
    let definition = one(
        json!({ "Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {},
        "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1 }] }),
    );
    let configuration = json!({
        "StateMachines": { "m": { "TestCases": { "Slow": { "A": "Slow" } } } },
        "MockedResponses": { "Slow": {
            "0-1": { "Throw": { "Error": "Busy", "Cause": "wait" } },
            "2": { "Return": { "done": true }, "DelaySeconds": 5 } } } });
    let started = mocks(configuration).machine("m", &definition);
    let ran = started.clone().states(
        "StartExecution",
        json!({ "stateMachineArn": arn("stateMachine:m#Slow"), "name": "e" }),
    );
    let output = described(&ran);
    assert_eq!(output["output"], json!("{\"done\":true}"));
    assert_eq!(output["stopDate"].as_f64().unwrap() - output["startDate"].as_f64().unwrap(), 7.0);
    // Executions that name no test case are not mocked.
    let real = started.start("m", "e", &json!({}));
    assert_eq!(described(&real)["error"], json!("States.Runtime"));
    let missing =
        ran.states("StartExecution", json!({ "stateMachineArn": arn("stateMachine:m#None") }));
    assert!(missing.refusal().contains("has no test case 'None'"));
}

#[test]
fn a_mock_that_never_ends_times_out() {
    let definition = one(
        json!({ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {}, "TimeoutSeconds": 30 }),
    );
    let configuration = json!({ "StateMachines": { "m": { "Active": "T", "TestCases": { "T": {
        "A": [{ "Never": true, "Submitted": { "MessageId": "1" } }] } } } } });
    let ran = mocks(configuration).machine("m", &definition).start("m", "e", &json!({}));
    assert_eq!(described(&ran)["error"], json!("States.Timeout"));
    assert_eq!(
        history(&ran)[2..],
        ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskTimedOut", "ExecutionFailed"]
    );
}

#[test]
fn a_nested_execution_ends_its_task() {
    let child = arn("stateMachine:child");
    let nested = |pattern: &str, definition: &Value| {
        let parent = task(
            &format!("arn:aws:states:::states:startExecution{pattern}"),
            json!({ "StateMachineArn": child, "Name": "c", "Input": { "a": 1 } }),
        );
        let started = Scenario::new().machine("child", definition).machine("m", &parent).start(
            "m",
            "e",
            &json!({}),
        );
        described(&started)
    };
    let output = |described: &Value| -> Value {
        serde_json::from_str(described["output"].as_str().unwrap()).unwrap()
    };
    let asked = output(&nested("", &pass()));
    assert_eq!(asked["ExecutionArn"], json!(arn("execution:child:c")));
    assert_eq!(output(&nested(".sync", &pass()))["Output"], json!("{\"a\":1}"));
    let parsed = output(&nested(".sync:2", &pass()));
    assert_eq!((&parsed["Output"], &parsed["Status"]), (&json!({ "a": 1 }), &json!("SUCCEEDED")));
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E", "Cause": "C" } } });
    let failed = nested(".sync:2", &fail);
    assert_eq!(failed["error"], json!("States.TaskFailed"));
    let cause: Value = serde_json::from_str(failed["cause"].as_str().unwrap()).unwrap();
    assert_eq!((&cause["Error"], &cause["Status"]), (&json!("E"), &json!("FAILED")));
}

#[test]
fn a_nested_execution_stops_with_its_task() {
    let wait = one(json!({ "Type": "Wait", "Seconds": 600 }));
    let parent = task(
        "arn:aws:states:::states:startExecution.sync:2",
        json!({ "StateMachineArn": arn("stateMachine:child"), "Name": "c" }),
    );
    let stopped = Scenario::new()
        .machine("child", &wait)
        .machine("m", &parent)
        .start("m", "e", &json!({}))
        .at(1_000)
        .states(
            "StopExecution",
            json!({ "executionArn": arn("execution:m:e"), "error": "Enough", "cause": "today" }),
        );
    let output = described(&stopped);
    assert_eq!((&output["status"], &output["error"]), (&json!("ABORTED"), &json!("Enough")));
    let child = stopped.describe("child", "c").output();
    assert_eq!(child["status"], json!("ABORTED"));
    assert_eq!(child["stopDate"], output["stopDate"]);
}

#[test]
fn the_sdk_integration_speaks_in_the_librarys_names() {
    let sdk = "arn:aws:states:::aws-sdk:";
    let run =
        |action: &str, parameters: Value| {
            let ran = Scenario::new()
                .machine("m", &task(&format!("{sdk}{action}"), parameters))
                .start("m", "e", &json!({}));
            described(&ran)
        };
    let listed = run("sfn:listStateMachines", json!({ "MaxResults": 1 }));
    let output: Value = serde_json::from_str(listed["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["StateMachines"][0]["Name"], json!("m"));
    assert_eq!(output["StateMachines"][0]["CreationDate"], json!("2026-01-01T00:00:00.000Z"));
    let refused = run("sfn:sendTaskSuccess", json!({ "TaskToken": "none", "Output": { "a": 1 } }));
    assert_eq!(refused["error"], json!("Sfn.InvalidTokenException"));
    let cause = refused["cause"].as_str().unwrap();
    assert!(cause.starts_with(
        "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: "
    ));
    assert!(cause.ends_with(") (SDK Attempt Count: 1)"), "{cause}");
    let groups = run("cloudwatchlogs:createLogGroup", json!({ "LogGroupName": "g" }));
    assert_eq!(groups["status"], json!("SUCCEEDED"));
    let none = run("dynamodb:listTables", json!({}));
    assert!(
        none["cause"]
            .as_str()
            .unwrap()
            .contains("does not emulate arn:aws:states:::aws-sdk:dynamodb:listTables")
    );
}

fn activity() -> (Scenario, Value) {
    let activity = arn("activity:a");
    let made = Scenario::new().states("CreateActivity", json!({ "name": "a" }));
    (
        made,
        one(
            json!({ "Type": "Task", "Resource": activity, "TimeoutSeconds": 300, "HeartbeatSeconds": 10 }),
        ),
    )
}

/// The token in the last answer.
#[track_caller]
fn token(scenario: &Scenario) -> Value {
    let answered = scenario.clone().at(61_000).run();
    let tokens = answered
        .answers
        .iter()
        .filter_map(|(_, _, answer)| answer.as_ref().ok()?.output.get("taskToken").cloned());
    tokens.collect::<Vec<_>>().pop().expect("a task")
}

#[test]
fn a_worker_takes_a_task_and_answers_it() {
    let (made, definition) = activity();
    let poll = json!({ "activityArn": arn("activity:a"), "workerName": "w" });
    let started = made.machine("m", &definition).start("m", "e", &json!({ "n": 1 })).at(1_000);
    let taken = started.states("GetActivityTask", poll.clone());
    assert_eq!(taken.output()["input"], json!("{\"n\":1}"));
    let token = token(&taken);
    let answered = taken
        .clone()
        .at(9_000)
        .states("SendTaskHeartbeat", json!({ "taskToken": token }))
        .at(18_000)
        .states("SendTaskSuccess", json!({ "taskToken": token, "output": "[1, 2]" }));
    assert_eq!(described(&answered)["output"], json!("[1, 2]"));
    assert_eq!(events(&answered)[3]["activityStartedEventDetails"], json!({ "workerName": "w" }));
    let again = answered.states("SendTaskSuccess", json!({ "taskToken": token, "output": "1" }));
    assert_eq!(
        again.refusal(),
        "TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'"
    );
    // Without a heartbeat the task is over after ten seconds.
    let late =
        taken.at(12_000).states("SendTaskSuccess", json!({ "taskToken": token, "output": "1" }));
    assert!(late.refusal().starts_with("TaskTimedOut"));
}

#[test]
fn a_worker_waits_a_minute_for_a_task() {
    let (made, definition) = activity();
    let poll = json!({ "activityArn": arn("activity:a") });
    let empty = made.clone().states("GetActivityTask", poll.clone()).rest();
    assert_eq!(empty.output(), json!({}));
    assert_eq!(empty.run().session.until, Timestamp(60_000_000));
    let waiting = made.machine("m", &definition).states("GetActivityTask", poll);
    let History { answers, .. } = waiting.at(5_000).start("m", "e", &json!({})).rest().run();
    let taken = answers.iter().find(|(_, _, answer)| {
        answer.as_ref().is_ok_and(|answer| answer.output.get("taskToken").is_some())
    });
    assert_eq!(taken.expect("the worker got it").0, Timestamp(5_000_000));
}

#[test]
fn a_timeout_alone_does_not_hurry_the_clock() {
    let (made, definition) = activity();
    let started = made.machine("m", &definition).start("m", "e", &json!({})).rest();
    assert_eq!(described(&started)["status"], json!("RUNNING"));
    assert_eq!(started.run().session.until, Timestamp(0));
    assert_eq!(described(&started.at(300_000))["error"], json!("States.Timeout"));
}

#[test]
fn a_token_answers_a_function_task() {
    let definition = task(
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
        json!({ "FunctionName": "f", "Payload": { "token.$": "$$.Task.Token" } }),
    );
    let waiting = with_function("print $event; respond null")
        .machine("m", &definition)
        .start("m", "e", &json!({}))
        .rest();
    assert_eq!(history(&waiting)[2..], ["TaskScheduled", "TaskStarted", "TaskSubmitted"]);
    let log = waiting.log();
    let line = log.lines().find(|line| line.contains("\"token\"")).expect("a line");
    let token = serde_json::from_str::<Value>(line).unwrap()["token"].clone();
    let failed = waiting.clone().states(
        "SendTaskFailure",
        json!({ "taskToken": token, "error": "Denied", "cause": "by a person" }),
    );
    assert_eq!(described(&failed)["error"], json!("Denied"));
    let bad = waiting.states("SendTaskSuccess", json!({ "taskToken": token, "output": "{" }));
    assert!(bad.refusal().starts_with("InvalidOutput: Invalid Output: '"));
}

#[test]
fn express_executions_answer_their_caller_and_leave_no_description() {
    let express = json!({ "type": "EXPRESS" });
    let wait = one(json!({ "Type": "Wait", "Seconds": 2 }));
    let made = Scenario::new().machine_with("m", &wait, express.clone());
    let params =
        json!({ "stateMachineArn": arn("stateMachine:m"), "input": "{\"a\": 1}", "name": "e" });
    let ran = made.clone().states("StartSyncExecution", params.clone()).rest();
    let output = ran.output();
    assert_eq!((&output["status"], &output["output"]), (&json!("SUCCEEDED"), &json!("{\"a\": 1}")));
    assert_eq!(output["billingDetails"]["billedDurationInMilliseconds"], json!(2_000));
    let execution = output["executionArn"].as_str().unwrap().to_owned();
    assert!(execution.starts_with(&arn("express:m:e:")));
    for operation in ["DescribeExecution", "GetExecutionHistory", "StopExecution"] {
        let refused = ran.clone().states(operation, json!({ "executionArn": execution }));
        assert!(refused.refusal().starts_with("InvalidArn"), "{operation}");
    }
    // A name may be used again.
    assert!(ran.states("StartSyncExecution", params.clone()).rest().last_answer().is_ok());
    let standard = Scenario::new().machine("m", &pass()).states("StartSyncExecution", params);
    assert!(standard.refusal().starts_with("StateMachineTypeNotSupported"));
}

#[test]
fn a_machine_that_runs_in_circles_comes_to_an_end() {
    let circle = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [{ "Variable": "$.x", "IsPresent": true, "Next": "C" }], "Default": "B" },
        "B": { "Type": "Pass", "Next": "A" }, "C": { "Type": "Succeed" } } });
    let ran = Scenario::new().machine("m", &circle).start("m", "e", &json!({})).describe("m", "e");
    let output = ran.output();
    assert_eq!((&output["status"], &output["error"]), (&json!("FAILED"), &json!("States.Runtime")));
    let params =
        json!({ "executionArn": arn("execution:m:e"), "reverseOrder": true, "maxResults": 1 });
    assert_eq!(
        ran.states("GetExecutionHistory", params).output()["events"][0]["id"],
        json!(25_000)
    );
    let express = Scenario::new()
        .machine_with("m", &circle, json!({ "type": "EXPRESS" }))
        .states("StartSyncExecution", json!({ "stateMachineArn": arn("stateMachine:m") }));
    assert_eq!(express.rest().output()["status"], json!("TIMED_OUT"));
}

#[test]
fn a_failed_execution_goes_on_where_it_failed() {
    let definition = json!({ "StartAt": "P", "States": {
        "P": { "Type": "Pass", "Next": "A" },
        "A": { "Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {}, "End": true } } });
    let configuration = json!({ "StateMachines": { "m": { "Active": "T", "TestCases": { "T": {
        "A": [{ "Throw": { "Error": "E" } }, { "Return": 7 }] } } } } });
    let failed = mocks(configuration).machine("m", &definition).start("m", "e", &json!({}));
    assert_eq!(described(&failed)["redriveStatus"], json!("REDRIVABLE"));
    let redriven =
        failed.rest().states("RedriveExecution", json!({ "executionArn": arn("execution:m:e") }));
    let output = described(&redriven);
    assert_eq!((&output["status"], &output["output"]), (&json!("SUCCEEDED"), &json!("7")));
    assert_eq!(output["redriveCount"], json!(1));
    let types = history(&redriven);
    assert_eq!(types.iter().filter(|kind| *kind == "PassStateEntered").count(), 1);
    assert!(types.contains(&"ExecutionRedriven".to_owned()));
    let again =
        redriven.rest().states("RedriveExecution", json!({ "executionArn": arn("execution:m:e") }));
    assert_eq!(
        again.refusal(),
        "ExecutionNotRedrivable: Execution is SUCCEEDED and cannot be redriven"
    );
}

#[test]
fn a_distributed_map_runs_its_items_as_executions() {
    let map = one(
        json!({ "Type": "Map", "ItemsPath": "$.items", "Label": "each", "MaxConcurrency": 2,
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 1, "End": true } } } }),
    );
    let ran =
        Scenario::new().machine("m", &map).start("m", "e", &json!({ "items": [1, 2, 3] })).rest();
    assert_eq!(described(&ran)["output"], json!("[1,2,3]"));
    let listed =
        ran.clone().states("ListMapRuns", json!({ "executionArn": arn("execution:m:e") })).output();
    let map_run = listed["mapRuns"][0]["mapRunArn"].clone();
    assert_eq!(listed["mapRuns"][0]["stateMachineArn"], json!(arn("stateMachine:m/each")));
    let counts = ran.clone().states("DescribeMapRun", json!({ "mapRunArn": map_run })).output();
    assert_eq!(
        (&counts["status"], &counts["itemCounts"]["succeeded"]),
        (&json!("SUCCEEDED"), &json!(3))
    );
    let children = ran.clone().states("ListExecutions", json!({ "mapRunArn": map_run })).output();
    let children = children["executions"].as_array().unwrap();
    assert_eq!(children.len(), 3);
    let child = json!({ "executionArn": children[0]["executionArn"] });
    assert_eq!(
        ran.clone().states("DescribeExecution", child.clone()).output()["mapRunArn"],
        map_run
    );
    assert_eq!(
        ran.states("GetExecutionHistory", child).output()["events"].as_array().unwrap().len(),
        4
    );
}

#[test]
fn an_execution_of_a_map_run_is_made_when_it_starts() {
    let map = one(json!({ "Type": "Map", "ItemsPath": "$.items", "Label": "each",
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 1, "End": true } } } }));
    let items: Vec<u32> = (0..100).collect();
    // One starts each 200 microseconds.
    let begun =
        Scenario::new().machine("m", &map).start("m", "e", &json!({ "items": items })).at(2);
    let listed = json!({ "executionArn": arn("execution:m:e") });
    let listed = begun.clone().states("ListMapRuns", listed).output();
    let map_run = json!({ "mapRunArn": listed["mapRuns"][0]["mapRunArn"] });
    let counts = |scenario: &Scenario, of: &str| {
        let counts = scenario.clone().states("DescribeMapRun", map_run.clone()).output();
        ["pending", "running", "succeeded", "aborted"]
            .map(|name| counts[of][name].as_u64().unwrap())
    };
    let children = |scenario: &Scenario| {
        let output = scenario.clone().states("ListExecutions", map_run.clone()).output();
        output["executions"].as_array().unwrap().len()
    };
    assert_eq!((counts(&begun, "itemCounts"), children(&begun)), ([89, 11, 0, 0], 11));
    let stop = json!({ "executionArn": arn("execution:m:e") });
    let stopped = begun.clone().states("StopExecution", stop).rest();
    assert_eq!((counts(&stopped, "itemCounts"), children(&stopped)), ([0, 0, 0, 100], 11));
    let ended = begun.rest();
    assert_eq!((counts(&ended, "itemCounts"), children(&ended)), ([0, 0, 100, 0], 100));
}

#[test]
fn what_a_level_lets_through_is_logged() {
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } });
    let logged = |level: &str, with_data: bool| -> Vec<Value> {
        let group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/m:*";
        let logging = json!({ "loggingConfiguration": { "level": level, "includeExecutionData": with_data,
            "destinations": [{ "cloudWatchLogsLogGroup": { "logGroupArn": group } }] } });
        let ran =
            Scenario::new().machine_with("m", &fail, logging).start("m", "e", &json!({})).rest();
        ran.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let types = |lines: &[Value]| -> Vec<String> {
        lines.iter().map(|line| line["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        types(&logged("ALL", true)),
        ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
    );
    assert_eq!(types(&logged("ERROR", true)), ["FailStateEntered", "ExecutionFailed"]);
    assert_eq!(types(&logged("FATAL", true)), ["ExecutionFailed"]);
    assert!(logged("OFF", true).is_empty());
    assert_eq!(
        logged("ALL", false)[0],
        json!({ "id": "1", "type": "ExecutionStarted", "details": { "roleArn": ROLE }, "previous_event_id": "0",
            "event_timestamp": "1767225600000", "execution_arn": arn("execution:m:e"), "redrive_count": "0" })
    );
}

#[test]
fn a_deleted_machine_goes_with_its_last_execution() {
    let wait = one(json!({ "Type": "Wait", "Seconds": 60 }));
    let machine = json!({ "stateMachineArn": arn("stateMachine:m") });
    let deleted = Scenario::new()
        .machine("m", &wait)
        .start("m", "e", &json!({}))
        .states("DeleteStateMachine", machine.clone());
    let describe =
        |scenario: &Scenario| scenario.clone().states("DescribeStateMachine", machine.clone());
    assert_eq!(describe(&deleted).output()["status"], json!("DELETING"));
    assert!(
        deleted.clone().start("m", "f", &json!({})).refusal().starts_with("StateMachineDeleting")
    );
    assert!(describe(&deleted.rest()).refusal().starts_with("StateMachineDoesNotExist"));
}

#[test]
fn a_state_is_tested_with_the_real_function() {
    let state = json!({ "Type": "Task", "Resource": INVOKE, "Parameters": { "FunctionName": "f", "Payload.$": "$" },
        "ResultSelector": { "got.$": "$.Payload" }, "End": true });
    let test = |more: Value| {
        let mut params =
            json!({ "definition": state.to_string(), "roleArn": ROLE, "input": "{\"a\":1}" });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        with_function("respond [$event]").states("TestState", params).rest()
    };
    assert_eq!(
        test(json!({})).output(),
        json!({ "status": "SUCCEEDED", "output": "{\"got\":[{\"a\":1}]}" })
    );
    let traced = test(json!({ "inspectionLevel": "TRACE" })).output();
    assert_eq!(
        traced["inspectionData"]["afterParameters"],
        json!("{\"FunctionName\":\"f\",\"Payload\":{\"a\":1}}")
    );
    let mocked =
        test(json!({ "mock": { "errorOutput": { "error": "E", "cause": "C" } } })).output();
    assert_eq!(mocked, json!({ "status": "FAILED", "error": "E", "cause": "C" }));
}

/// A test between two others leaves no trace: neither events nor numbers that were drawn.
#[test]
fn a_test_that_calls_nobody_leaves_the_session_as_it_was() {
    let jitter = json!({ "QueryLanguage": "JSONata", "Type": "Pass", "Output": "{% $random() %}", "End": true });
    let task = json!({ "Type": "Task", "Resource": INVOKE, "Parameters": { "FunctionName": "f" }, "End": true });
    let machine =
        one(json!({ "QueryLanguage": "JSONata", "Type": "Pass", "Output": "{% $uuid() %}" }));
    let session = |tests: &[Value]| {
        let begun = with_function("respond [$event]").machine("m", &machine);
        let tested = tests
            .iter()
            .fold(begun, |scenario, params| scenario.states("TestState", params.clone()));
        tested.start("m", "e", &json!({})).rest().run()
    };
    let mocked = json!({ "definition": task.to_string(), "mock": { "result": "{}" }, "inspectionLevel": "TRACE" });
    let without = session(&[]);
    for tests in [
        &[json!({ "definition": jitter.to_string() })][..],
        &[mocked.clone(), json!({ "definition": "{ half" })][..],
        // It is refused before it calls anybody: it has no role.
        &[json!({ "definition": json!({ "Type": "Map" }).to_string() })][..],
    ] {
        let with = session(tests);
        assert_eq!(with.digest, without.digest);
        assert_eq!((&with.session, &with.events), (&without.session, &without.events));
        assert_eq!(with.answers.len(), without.answers.len() + tests.len());
    }
    let output = |params: Value| with_function("respond 1").states("TestState", params).output();
    let draw = |input: &str| {
        output(json!({ "definition": jitter.to_string(), "input": input }))["output"].clone()
    };
    assert_eq!(draw("1"), draw("1"), "the same test gives the same numbers");
    assert_ne!(draw("1"), draw("2"));
    assert_eq!(output(mocked)["status"], json!("SUCCEEDED"));

    // The service that an unmocked Task calls works, and that is history.
    let real = session(&[json!({ "definition": task.to_string(), "roleArn": ROLE })]);
    assert_eq!(real.session.commands.len(), without.session.commands.len() + 1);
    assert_ne!(real.digest, without.digest);
}

#[test]
fn an_express_execution_is_read_by_operations_of_ours_alone() {
    let express = Scenario::new()
        .states(
            "CreateStateMachine",
            json!({ "name": "m", "roleArn": ROLE, "type": "EXPRESS",
            "definition": one(json!({ "Type": "Pass", "Result": 7 })).to_string() }),
        )
        .states(
            "StartSyncExecution",
            json!({ "stateMachineArn": arn("stateMachine:m"), "name": "e" }),
        )
        .rest();
    let started = express.output();
    let given = json!({ "executionArn": started["executionArn"] });
    assert!(
        express
            .clone()
            .states("DescribeExecution", given.clone())
            .refusal()
            .starts_with("InvalidArn")
    );
    let read =
        |operation: &str, params: Value| express.clone().request("coldstart", operation, params);
    let described = read("DescribeExpressExecution", given.clone()).output();
    assert_eq!((&described["status"], &described["output"]), (&json!("SUCCEEDED"), &json!("7")));
    let history = read("GetExpressExecutionHistory", given.clone()).output();
    let types: Vec<&str> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    );
    let machine = read("DescribeStateMachineForExpressExecution", given).output();
    assert_eq!(machine["name"], json!("m"));
    let listed = read("ListExpressExecutions", json!({ "stateMachineArn": arn("stateMachine:m") }));
    assert_eq!(listed.output()["executions"][0]["name"], json!("e"));
    assert_eq!(listed.run().session.commands.len(), 2, "reading is no command");
    assert!(
        read("DescribeExpressExecution", json!({ "executionArn": arn("execution:m:e") }))
            .refusal()
            .starts_with("ExecutionDoesNotExist")
    );
}
