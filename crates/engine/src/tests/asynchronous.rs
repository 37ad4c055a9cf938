//! Asynchronous events: attempts, waits, age, dead letters, destinations.

use super::ECHO;
use crate::Blob;
use crate::testing::Scenario;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

const FAIL: &str = "loop\nevent: fail {\"errorMessage\":\"no\",\"errorType\":\"Exception\"}";

fn event(scenario: Scenario, payload: &str) -> Scenario {
    let params =
        json!({ "FunctionName": "f", "InvocationType": "Event", "Payload": Blob::text(payload) });
    scenario.request("lambda", "Invoke", params)
}

fn handled(scenario: Scenario, mut config: Value) -> Scenario {
    config["FunctionName"] = json!("f");
    scenario.request("lambda", "PutFunctionEventInvokeConfig", config)
}

/// What became of events, without the noise of environments and logs.
#[track_caller]
fn check(scenario: Scenario, expected: Expect) {
    let trace = scenario.trace();
    let told = ["accepted", "started", "requeued", "dropped", "throttled", "DeadLetter", "On"];
    let lines = trace.lines().filter(|line| {
        let fact = line.split_whitespace().nth(1).unwrap_or_default();
        told.iter().any(|word| fact.starts_with(word)) || line.contains("log \"{")
    });
    expected.assert_eq(&lines.map(|line| format!("{}\n", line.trim())).collect::<String>());
}

#[test]
fn an_error_is_tried_again_after_one_and_after_two_minutes() {
    check(
        event(Scenario::new().function("f", FAIL), "{}"),
        expect![[r#"
        1000.000 accepted e099 f Event
        1110.034 started e099 in 0 cold
        1110.634 requeued e099 FunctionError until 61110
        61110.634 started e099 in 0
        61111.234 requeued e099 FunctionError until 181111
        181111.234 started e099 in 0
        181111.834 dropped e099 RetriesExhausted after 3
    "#]],
    );
}

#[test]
fn retries_and_age_are_configured() {
    let none = handled(Scenario::new().function("f", FAIL), json!({ "MaximumRetryAttempts": 0 }));
    check(
        event(none, "{}"),
        expect![[r#"
        1000.000 accepted e099 f Event
        1110.034 started e099 in 0 cold
        1110.634 dropped e099 RetriesExhausted after 1
    "#]],
    );
    let young =
        handled(Scenario::new().function("f", FAIL), json!({ "MaximumEventAgeInSeconds": 90 }));
    check(
        event(young, "{}"),
        expect![[r#"
        1000.000 accepted e099 f Event
        1110.034 started e099 in 0 cold
        1110.634 requeued e099 FunctionError until 61110
        61110.634 started e099 in 0
        61111.234 dropped e099 EventAgeExceeded after 2
    "#]],
    );
}

#[test]
fn a_record_goes_to_the_destination() {
    let log = "loop\nevent: print $event\\n; respond null";
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:seen";
    let to = json!({ "OnSuccess": { "Destination": arn }, "OnFailure": { "Destination": arn } });
    for (module, config) in [
        (ECHO, json!({ "DestinationConfig": to })),
        (FAIL, json!({ "DestinationConfig": to, "MaximumRetryAttempts": 0 })),
    ] {
        let scenario = Scenario::new().function("seen", log).function("f", module);
        let expected = if module == ECHO {
            expect![[r#"
            2000.000 accepted 7476 f Event
            2112.795 started 7476 in 0 cold
            2114.778 accepted 88b8 seen Event
            2114.778 OnSuccess 7476 to arn:aws:lambda:us-east-1:123456789012:function:seen delivered
            2224.630 started 88b8 in 1 cold
            2225.230 log "{\"version\":\"1.0\",\"timestamp\":\"2026-01-01T00:00:02.114Z\",\"requestContext\":{\"requestId\":\"7476cf8a-4baa-4dc0-87b3-41d690d7a28a\",\"functionArn\":\"arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST\",\"condition\":\"Success\",\"approximateInvokeCount\":1},\"requestPayload\":{\"a\":1},\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"$LATEST\"},\"responsePayload\":{\"a\":1}}"
        "#]]
        } else {
            expect![[r#"
            2000.000 accepted 7476 f Event
            2112.795 started 7476 in 0 cold
            2113.395 dropped 7476 RetriesExhausted after 1
            2113.395 accepted 88b8 seen Event
            2113.395 OnFailure 7476 to arn:aws:lambda:us-east-1:123456789012:function:seen delivered
            2223.247 started 88b8 in 1 cold
            2223.847 log "{\"version\":\"1.0\",\"timestamp\":\"2026-01-01T00:00:02.113Z\",\"requestContext\":{\"requestId\":\"7476cf8a-4baa-4dc0-87b3-41d690d7a28a\",\"functionArn\":\"arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST\",\"condition\":\"RetriesExhausted\",\"approximateInvokeCount\":1},\"requestPayload\":{\"a\":1},\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"$LATEST\",\"functionError\":\"Unhandled\"},\"responsePayload\":{\"errorMessage\":\"no\",\"errorType\":\"Exception\"}}"
        "#]]
        };
        check(event(handled(scenario, config), "{\"a\": 1}"), expected);
    }
}

#[test]
fn dead_letters_go_to_their_queue_and_one_that_is_not_there_is_said() {
    let arn = "arn:aws:sqs:us-east-1:123456789012:dead";
    let create = || {
        let dead = json!({ "DeadLetterConfig": { "TargetArn": arn } });
        let scenario = Scenario::new().create_with("f", FAIL, dead).rest();
        handled(scenario, json!({ "MaximumRetryAttempts": 0 }))
    };
    check(
        event(create(), "{}"),
        expect![[r#"
            1000.000 accepted e099 f Event
            1110.034 started e099 in 0 cold
            1110.634 dropped e099 RetriesExhausted after 1
            1110.634 DeadLetter e099 to arn:aws:sqs:us-east-1:123456789012:dead AWS.SimpleQueueService.NonExistentQueue
        "#]],
    );
    let queue = create().request("sqs", "CreateQueue", json!({ "QueueName": "dead" }));
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/dead";
    let receive = json!({ "QueueUrl": url, "MessageAttributeNames": ["All"] });
    let received = event(queue, "{\"a\": 1}").rest().request("sqs", "ReceiveMessage", receive);
    let answer = received.last_answer().map(|response| response.output);
    let message = &answer.expect("the queue is there")["Messages"][0];
    expect![[r#""{\"a\": 1}" {"RequestID":{"DataType":"String","StringValue":"e099ec6c-d736-4ca5-85e7-bb0f12278575"},"ErrorCode":{"DataType":"Number","StringValue":"200"},"ErrorMessage":{"DataType":"String","StringValue":"no"}}"#]].assert_eq(&format!("{} {}", message["Body"], message["MessageAttributes"]));
}

#[test]
fn no_room_is_waited_for_and_reserving_none_drops() {
    let reserve = |scenario: Scenario, concurrency: u64| {
        let params = json!({ "FunctionName": "f", "ReservedConcurrentExecutions": concurrency });
        scenario.request("lambda", "PutFunctionConcurrency", params)
    };
    let slow = "loop\nevent: sleep 2500; respond null";
    let one = reserve(Scenario::new().function("f", slow), 1);
    check(
        event(event(one, "{}"), "{}"),
        expect![[r#"
        1000.000 accepted e099 f Event
        1000.000 accepted 7476 f Event
        1005.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        1005.000 requeued 7476 Throttled until 2005
        1112.795 started e099 in 0 cold
        2005.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        2005.000 requeued 7476 Throttled until 4005
        4005.000 started 7476 in 0
    "#]],
    );
    let none = reserve(Scenario::new().function("f", ECHO), 0);
    check(
        event(none, "{}"),
        expect![[r#"
        1000.000 accepted e099 f Event
        1005.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        1005.000 dropped e099 ZeroReservedConcurrency after 0
    "#]],
    );
}
