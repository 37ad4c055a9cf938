//! Event source mappings: a fact for each step of a message's way.

mod chance;

use crate::testing::Scenario;
use crate::{ApiError, Fact, Response};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

const ECHO: &str = "loop\nevent: respond null";
const FAIL: &str = "loop\nevent: fail {\"errorMessage\":\"no\"}";
const SLOW: &str = "loop\nevent: sleep 2500; respond null";
const ARN: &str = "arn:aws:sqs:us-east-1:123456789012";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012";

fn queue(scenario: Scenario, name: &str, attributes: Value) -> Scenario {
    let params = json!({ "QueueName": name, "Attributes": attributes });
    scenario.request("sqs", "CreateQueue", params)
}

fn mapping(scenario: Scenario, name: &str, more: Value) -> Scenario {
    let mut params = json!({ "FunctionName": "f", "EventSourceArn": format!("{ARN}:{name}") });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    scenario.request("lambda", "CreateEventSourceMapping", params)
}

/// A function, a queue `q` and a mapping that is enabled.
fn mapped(module: &str, attributes: Value, more: Value) -> Scenario {
    let scenario = Scenario::new().function("f", module);
    mapping(queue(scenario, "q", attributes), "q", more).rest()
}

fn send(scenario: Scenario, body: &str) -> Scenario {
    let params = json!({ "QueueUrl": format!("{URL}/q"), "MessageBody": body });
    scenario.request("sqs", "SendMessage", params)
}

fn send_batch(scenario: Scenario, name: &str, bodies: &[&str]) -> Scenario {
    let is_fifo = name.ends_with(".fifo");
    let entry = |(index, body): (usize, &&str)| {
        let mut entry = json!({ "Id": index.to_string(), "MessageBody": body });
        if is_fifo {
            entry["MessageGroupId"] = json!(body.chars().next().unwrap().to_string());
            entry["MessageDeduplicationId"] = json!(index.to_string());
        }
        entry
    };
    let entries: Vec<Value> = bodies.iter().enumerate().map(entry).collect();
    let params = json!({ "QueueUrl": format!("{URL}/{name}"), "Entries": entries });
    scenario.request("sqs", "SendMessageBatch", params)
}

/// The facts of mappings and queues, and which invocations began and ended.
#[track_caller]
fn check(scenario: Scenario, expected: Expect) {
    let trace = scenario.trace();
    let told = ["mapping", "batch", "filtered", "queue", "accepted", "finished", "throttled"];
    let lines = trace.lines().filter_map(|line| {
        let line = line.trim();
        let fact = line.split_whitespace().nth(1).unwrap_or_default();
        let text = line.split(" us ").next().unwrap_or_default();
        told.contains(&fact).then(|| format!("{text}\n"))
    });
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn a_message_is_given_to_the_function_and_deleted() {
    check(
        send(mapped(ECHO, json!({}), json!({})), "hello"),
        expect![[r#"
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 queue q: 1 visible, 0 in flight, 0 delayed
        3000.000 queue q: 0 visible, 1 in flight, 0 delayed
        3000.000 batch 1: 1 of q
        3005.000 accepted 2ac2 f RequestResponse
        3104.419 finished 2ac2 Success 600
        3104.419 batch 1 Success: 1 deleted, 0 returned
        3104.419 queue q: 0 visible, 0 in flight, 0 delayed
    "#]],
    );
}

#[test]
fn a_message_can_be_followed() {
    let history = send(mapped(ECHO, json!({}), json!({})), "hello").run();
    let sent = history.answers.iter().find_map(|(_, _, answer)| {
        answer.as_ref().ok()?.output["MessageId"].as_str().map(str::to_owned)
    });
    let message = sent.expect("it was sent");
    let facts = || history.events.iter().map(|event| &event.fact);
    let batch = facts().find_map(|fact| match fact {
        Fact::BatchPolled { mapping, batch, messages, .. } if messages.contains(&message) => {
            Some((mapping.clone(), *batch))
        }
        _ => None,
    });
    let (of_mapping, of_batch) = batch.expect("it is in a batch");
    let request = facts().find_map(|fact| match fact {
        Fact::InvocationAccepted { request_id, mapping, batch, .. }
            if *mapping == Some(of_mapping.clone()) && *batch == Some(of_batch) =>
        {
            Some(request_id.clone())
        }
        _ => None,
    });
    let of_request = request.expect("the batch is in an invocation");
    let ended = facts().any(|fact| {
        matches!(fact, Fact::BatchEnded { request_id: Some(id), deleted, .. }
            if *id == of_request && deleted.contains(&message))
    });
    assert!(ended, "the same invocation ends it");
}

#[test]
fn an_empty_queue_leaves_nothing_due() {
    let history = mapped(ECHO, json!({}), json!({})).run();
    assert_eq!(history.session.until.0, 3_000_000, "enabled, and at rest");
    let later = mapped(ECHO, json!({}), json!({})).at(1_000_000_000).run();
    assert_eq!(later.events.last().map(|event| event.at.0), Some(3_000_000), "no fact since then");
}

#[test]
fn what_no_filter_lets_pass_is_deleted_and_told() {
    let filter =
        json!({ "FilterCriteria": { "Filters": [{ "Pattern": "{\"body\":{\"a\":[1]}}" }] } });
    let scenario = mapped(ECHO, json!({}), filter);
    check(
        send_batch(scenario, "q", &["{\"a\":1}", "{\"a\":2}", "text"]),
        expect![[r#"
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 queue q: 1 visible, 0 in flight, 0 delayed
        3000.000 queue q: 2 visible, 0 in flight, 0 delayed
        3000.000 queue q: 3 visible, 0 in flight, 0 delayed
        3000.000 queue q: 0 visible, 3 in flight, 0 delayed
        3000.000 filtered 2 of q
        3000.000 batch 1: 1 of q
        3000.000 queue q: 0 visible, 2 in flight, 0 delayed
        3000.000 queue q: 0 visible, 1 in flight, 0 delayed
        3005.000 accepted 0c43 f RequestResponse
        3108.041 finished 0c43 Success 600
        3108.041 batch 1 Success: 1 deleted, 0 returned
        3108.041 queue q: 0 visible, 0 in flight, 0 delayed
    "#]],
    );
}

#[test]
fn what_failed_comes_again_until_it_is_a_dead_letter() {
    let policy = json!({ "deadLetterTargetArn": format!("{ARN}:dead"), "maxReceiveCount": 2 });
    let scenario = queue(Scenario::new().function("f", FAIL), "dead", json!({}));
    let scenario = queue(scenario, "q", json!({ "RedrivePolicy": policy.to_string() }));
    check(
        send(mapping(scenario, "q", json!({})).rest(), "hello"),
        expect![[r#"
        1000.000 queue dead: 0 visible, 0 in flight, 0 delayed
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 queue q: 1 visible, 0 in flight, 0 delayed
        3000.000 queue q: 0 visible, 1 in flight, 0 delayed
        3000.000 batch 1: 1 of q
        3005.000 accepted 2ac2 f RequestResponse
        3104.419 finished 2ac2 Error 600
        3104.419 batch 1 FunctionError: 0 deleted, 1 returned
        33000.000 queue q: 0 visible, 1 in flight, 0 delayed
        33000.000 batch 2: 1 of q
        33005.000 accepted 1eb9 f RequestResponse
        33005.600 finished 1eb9 Error 600
        33005.600 batch 2 FunctionError: 0 deleted, 1 returned
        63000.000 queue dead: 1 visible, 0 in flight, 0 delayed
        63000.000 queue q: 0 visible, 0 in flight, 0 delayed
    "#]],
    );
}

#[test]
fn without_a_dead_letter_queue_the_clock_hurries_to_three_receptions() {
    let scenario = send(mapped(FAIL, json!({}), json!({})), "hello").rest();
    check(
        scenario.at(130_000),
        expect![[r#"
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 queue q: 1 visible, 0 in flight, 0 delayed
        3000.000 queue q: 0 visible, 1 in flight, 0 delayed
        3000.000 batch 1: 1 of q
        3005.000 accepted 2ac2 f RequestResponse
        3104.419 finished 2ac2 Error 600
        3104.419 batch 1 FunctionError: 0 deleted, 1 returned
        33000.000 queue q: 0 visible, 1 in flight, 0 delayed
        33000.000 batch 2: 1 of q
        33005.000 accepted 1eb9 f RequestResponse
        33005.600 finished 1eb9 Error 600
        33005.600 batch 2 FunctionError: 0 deleted, 1 returned
        63000.000 queue q: 0 visible, 1 in flight, 0 delayed
        63000.000 batch 3: 1 of q
        63005.000 accepted ce45 f RequestResponse
        63005.600 finished ce45 Error 600
        63005.600 batch 3 FunctionError: 0 deleted, 1 returned
        93000.000 queue q: 0 visible, 1 in flight, 0 delayed
        93000.000 batch 4: 1 of q
        93005.000 accepted 2072 f RequestResponse
        93005.600 finished 2072 Error 600
        93005.600 batch 4 FunctionError: 0 deleted, 1 returned
        123000.000 queue q: 0 visible, 1 in flight, 0 delayed
        123000.000 batch 5: 1 of q
        123005.000 accepted db20 f RequestResponse
        123005.600 finished db20 Error 600
        123005.600 batch 5 FunctionError: 0 deleted, 1 returned
    "#]],
    );
}

#[test]
fn a_window_collects_until_the_batch_is_full_or_it_is_over() {
    let more = json!({ "BatchSize": 4, "MaximumBatchingWindowInSeconds": 5 });
    let scenario = send_batch(mapped(ECHO, json!({}), more), "q", &["1", "2", "3", "4", "5"]);
    check(
        send(scenario.at(4_000), "6"),
        expect![[r#"
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 queue q: 1 visible, 0 in flight, 0 delayed
        3000.000 queue q: 2 visible, 0 in flight, 0 delayed
        3000.000 queue q: 3 visible, 0 in flight, 0 delayed
        3000.000 queue q: 4 visible, 0 in flight, 0 delayed
        3000.000 queue q: 5 visible, 0 in flight, 0 delayed
        3000.000 queue q: 1 visible, 4 in flight, 0 delayed
        3000.000 batch 1: 4 of q
        3000.000 queue q: 0 visible, 5 in flight, 0 delayed
        3005.000 accepted 879e f RequestResponse
        3116.976 finished 879e Success 600
        3116.976 batch 1 Success: 4 deleted, 0 returned
        3116.976 queue q: 0 visible, 4 in flight, 0 delayed
        3116.976 queue q: 0 visible, 3 in flight, 0 delayed
        3116.976 queue q: 0 visible, 2 in flight, 0 delayed
        3116.976 queue q: 0 visible, 1 in flight, 0 delayed
        4000.000 queue q: 1 visible, 1 in flight, 0 delayed
        4000.000 queue q: 0 visible, 2 in flight, 0 delayed
        8000.000 batch 2: 2 of q
        8005.000 accepted 635b f RequestResponse
        8005.600 finished 635b Success 600
        8005.600 batch 2 Success: 2 deleted, 0 returned
        8005.600 queue q: 0 visible, 1 in flight, 0 delayed
        8005.600 queue q: 0 visible, 0 in flight, 0 delayed
    "#]],
    );
}

#[test]
fn a_window_ends_before_others_would_see_the_messages() {
    let more = json!({ "MaximumBatchingWindowInSeconds": 300 });
    check(
        send(mapped(ECHO, json!({}), more), "1"),
        expect![[r#"
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 queue q: 1 visible, 0 in flight, 0 delayed
        3000.000 queue q: 0 visible, 1 in flight, 0 delayed
        30000.000 batch 1: 1 of q
        30005.000 accepted 2ac2 f RequestResponse
        30104.419 finished 2ac2 Success 600
        30104.419 batch 1 Success: 1 deleted, 0 returned
        30104.419 queue q: 0 visible, 0 in flight, 0 delayed
    "#]],
    );
}

#[test]
fn a_batch_without_room_is_tried_again_while_it_is_hidden() {
    let reserve = |scenario: Scenario, concurrency: u64| {
        let params = json!({ "FunctionName": "f", "ReservedConcurrentExecutions": concurrency });
        scenario.request("lambda", "PutFunctionConcurrency", params)
    };
    let scenario = reserve(mapped(SLOW, json!({}), json!({ "BatchSize": 1 })), 1);
    check(
        send_batch(scenario, "q", &["1", "2"]),
        expect![[r#"
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 queue q: 1 visible, 0 in flight, 0 delayed
        3000.000 queue q: 2 visible, 0 in flight, 0 delayed
        3000.000 queue q: 1 visible, 1 in flight, 0 delayed
        3000.000 batch 1: 1 of q
        3000.000 queue q: 0 visible, 2 in flight, 0 delayed
        3000.000 batch 2: 1 of q
        3005.000 accepted 10e2 f RequestResponse
        3005.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        3005.000 batch 2 TooManyRequestsException until 4005
        4010.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        4010.000 batch 2 TooManyRequestsException until 6010
        5602.172 finished 10e2 Success 2500600
        5602.172 batch 1 Success: 1 deleted, 0 returned
        5602.172 queue q: 0 visible, 1 in flight, 0 delayed
        6015.000 accepted d2c6 f RequestResponse
        8515.600 finished d2c6 Success 2500600
        8515.600 batch 2 Success: 1 deleted, 0 returned
        8515.600 queue q: 0 visible, 0 in flight, 0 delayed
    "#]],
    );
    let none = reserve(mapped(ECHO, json!({ "VisibilityTimeout": "4" }), json!({})), 0);
    check(
        send(none, "1"),
        expect![[r#"
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 queue q: 1 visible, 0 in flight, 0 delayed
        3000.000 queue q: 0 visible, 1 in flight, 0 delayed
        3000.000 batch 1: 1 of q
        3005.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        3005.000 batch 1 TooManyRequestsException until 4005
        4010.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        4010.000 batch 1 TooManyRequestsException until 6010
        6015.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        6015.000 batch 1 Throttled: 0 deleted, 1 returned
        7000.000 queue q: 0 visible, 1 in flight, 0 delayed
        7000.000 batch 2: 1 of q
        7005.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        7005.000 batch 2 TooManyRequestsException until 8005
        8010.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        8010.000 batch 2 TooManyRequestsException until 10010
        10015.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        10015.000 batch 2 Throttled: 0 deleted, 1 returned
        11000.000 queue q: 0 visible, 1 in flight, 0 delayed
        11000.000 batch 3: 1 of q
        11005.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        11005.000 batch 3 TooManyRequestsException until 12005
        12010.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        12010.000 batch 3 TooManyRequestsException until 14010
        14015.000 throttled f ReservedFunctionConcurrentInvocationLimitExceeded
        14015.000 batch 3 Throttled: 0 deleted, 1 returned
    "#]],
    );
}

#[test]
fn five_batches_at_a_time_and_five_more_each_second_of_backlog() {
    let bodies = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    let slow = "loop\nevent: sleep 2900; respond null";
    let scenario = mapped(slow, json!({}), json!({ "BatchSize": 1, "Enabled": false }));
    let scenario = send_batch(send_batch(scenario, "q", &bodies), "q", &bodies);
    let history = enable(scenario).run();
    let polled = history.events.iter().filter(|e| matches!(e.fact, Fact::BatchPolled { .. }));
    let mut counts: Vec<(u64, usize)> = Vec::new();
    for event in polled {
        match counts.last_mut() {
            Some((at, count)) if *at == event.at.0 / 1_000 => *count += 1,
            _ => counts.push((event.at.0 / 1_000, 1)),
        }
    }
    assert_eq!(counts, [(5_000, 5), (6_000, 5), (7_000, 5), (8_000, 5)]);

    let more =
        json!({ "BatchSize": 1, "Enabled": false, "ScalingConfig": { "MaximumConcurrency": 2 } });
    let scenario = send_batch(mapped(slow, json!({}), more), "q", &bodies);
    let history = enable(scenario).run();
    let mut open = 0_i32;
    for event in &history.events {
        open += match event.fact {
            Fact::BatchPolled { .. } => 1,
            Fact::BatchEnded { .. } => -1,
            _ => 0,
        };
        assert!(open <= 2);
    }
}

/// Enables the first mapping of a scenario.
fn enable(scenario: Scenario) -> Scenario {
    let uuid = uuid(&scenario);
    scenario.request("lambda", "UpdateEventSourceMapping", json!({ "UUID": uuid, "Enabled": true }))
}

#[track_caller]
fn uuid(scenario: &Scenario) -> String {
    let answers = scenario.run().answers;
    let uuid =
        answers.iter().find_map(|(_, _, answer)| answer.as_ref().ok()?.output["UUID"].as_str());
    uuid.expect("a mapping was made").to_owned()
}

#[test]
fn groups_of_a_fifo_queue_are_in_order_and_side_by_side() {
    let scenario =
        queue(Scenario::new().function("f", SLOW), "q.fifo", json!({ "FifoQueue": "true" }));
    let scenario = mapping(scenario, "q.fifo", json!({ "BatchSize": 1 })).rest();
    check(
        send_batch(scenario, "q.fifo", &["a1", "a2", "b1"]),
        expect![[r#"
        1000.000 queue q.fifo: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 queue q.fifo: 1 visible, 0 in flight, 0 delayed
        3000.000 queue q.fifo: 2 visible, 0 in flight, 0 delayed
        3000.000 queue q.fifo: 3 visible, 0 in flight, 0 delayed
        3000.000 queue q.fifo: 2 visible, 1 in flight, 0 delayed
        3000.000 batch 1: 1 of q.fifo
        3000.000 queue q.fifo: 1 visible, 2 in flight, 0 delayed
        3000.000 batch 2: 1 of q.fifo
        3005.000 accepted 7ef1 f RequestResponse
        3005.000 accepted b0eb f RequestResponse
        5608.168 finished b0eb Success 2500600
        5608.168 batch 2 Success: 1 deleted, 0 returned
        5608.168 queue q.fifo: 1 visible, 1 in flight, 0 delayed
        5617.582 finished 7ef1 Success 2500600
        5617.582 batch 1 Success: 1 deleted, 0 returned
        5617.582 queue q.fifo: 1 visible, 0 in flight, 0 delayed
        5617.582 queue q.fifo: 0 visible, 1 in flight, 0 delayed
        5617.582 batch 3: 1 of q.fifo
        5622.582 accepted 6524 f RequestResponse
        8123.182 finished 6524 Success 2500600
        8123.182 batch 3 Success: 1 deleted, 0 returned
        8123.182 queue q.fifo: 0 visible, 0 in flight, 0 delayed
    "#]],
    );
}

#[test]
fn a_mapping_waits_for_a_queue_that_is_gone() {
    let url = json!({ "QueueUrl": format!("{URL}/q") });
    let scenario = mapped(ECHO, json!({}), json!({})).request("sqs", "DeleteQueue", url);
    let scenario = queue(scenario.rest().at(70_000), "q", json!({}));
    check(
        send(scenario, "hello"),
        expect![[r#"
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        70000.000 queue q: 0 visible, 0 in flight, 0 delayed
        70000.000 queue q: 1 visible, 0 in flight, 0 delayed
        70000.000 queue q: 0 visible, 1 in flight, 0 delayed
        70000.000 batch 1: 1 of q
        70005.000 accepted 2ac2 f RequestResponse
        70104.419 finished 2ac2 Success 600
        70104.419 batch 1 Success: 1 deleted, 0 returned
        70104.419 queue q: 0 visible, 0 in flight, 0 delayed
    "#]],
    );
}

#[test]
fn a_disabled_mapping_receives_nothing() {
    let scenario = mapped(ECHO, json!({}), json!({}));
    let uuid = uuid(&scenario);
    let on = |on: bool| json!({ "UUID": uuid, "Enabled": on });
    let scenario = scenario.request("lambda", "UpdateEventSourceMapping", on(false)).rest();
    let scenario = send(scenario, "hello").rest();
    let scenario = scenario.request("lambda", "UpdateEventSourceMapping", on(true)).rest();
    let gone = json!({ "UUID": uuid });
    check(
        scenario.request("lambda", "DeleteEventSourceMapping", gone),
        expect![[r#"
        1000.000 queue q: 0 visible, 0 in flight, 0 delayed
        1000.000 mapping e099 Creating
        3000.000 mapping e099 Enabled
        3000.000 mapping e099 Disabling
        5000.000 mapping e099 Disabled
        5000.000 queue q: 1 visible, 0 in flight, 0 delayed
        5000.000 mapping e099 Enabling
        7000.000 mapping e099 Enabled
        7000.000 queue q: 0 visible, 1 in flight, 0 delayed
        7000.000 batch 1: 1 of q
        7005.000 accepted 2ac2 f RequestResponse
        7104.419 finished 2ac2 Success 600
        7104.419 batch 1 Success: 1 deleted, 0 returned
        7104.419 queue q: 0 visible, 0 in flight, 0 delayed
        7104.419 mapping e099 Deleting
        9104.419 mapping e099 Deleted
    "#]],
    );
}

#[test]
fn the_event_is_awss() {
    let log = "loop\nevent: print $event\\n; respond null";
    let attributes = json!({
        "a": { "DataType": "String", "StringValue": "text" },
        "b": { "DataType": "Binary", "BinaryValue": "AQI=" },
    });
    let params = json!({ "QueueUrl": format!("{URL}/q"), "MessageBody": "hello", "MessageAttributes": attributes });
    let scenario = mapped(log, json!({}), json!({})).request("sqs", "SendMessage", params);
    let shown = |log: String| {
        let line = log.lines().find(|line| line.starts_with('{')).expect("the event").to_owned();
        let handle =
            line.split("\"receiptHandle\":\"").nth(1).and_then(|rest| rest.split('"').next());
        line.replace(handle.unwrap(), "…")
    };
    expect![[r#"{"Records":[{"messageId":"6775dc77-0156-4f61-9afc-d44d14cf8bfe","receiptHandle":"…","body":"hello","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1767225603000","SenderId":"AIDAINP4X2Y3YYFSW4ZCG","ApproximateFirstReceiveTimestamp":"1767225603000"},"messageAttributes":{"a":{"stringValue":"text","stringListValues":[],"binaryListValues":[],"dataType":"String"},"b":{"binaryValue":"AQI=","stringListValues":[],"binaryListValues":[],"dataType":"Binary"}},"md5OfMessageAttributes":"1bc1630bdbcadef22a700c11f3791c41","md5OfBody":"5d41402abc4b2a76b9719d911017c592","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:q","awsRegion":"us-east-1"}]}"#]].assert_eq(&shown(scenario.log()));
    let windowed = mapped(log, json!({}), json!({ "MaximumBatchingWindowInSeconds": 1 }));
    expect![[r#"{"Records":[{"messageId":"6775dc77-0156-4f61-9afc-d44d14cf8bfe","receiptHandle":"…","body":"hello","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1767225603000","SenderId":"AIDAINP4X2Y3YYFSW4ZCG","ApproximateFirstReceiveTimestamp":"1767225603000"},"messageAttributes":{},"md5OfMessageAttributes":null,"md5OfBody":"5d41402abc4b2a76b9719d911017c592","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:q","awsRegion":"us-east-1"}]}"#]].assert_eq(&shown(send(windowed, "hello").log()));
    let fifo = queue(Scenario::new().function("f", log), "q.fifo", json!({ "FifoQueue": "true" }));
    let fifo = mapping(fifo, "q.fifo", json!({})).rest();
    expect![[r#"{"Records":[{"messageId":"6775dc77-0156-4f61-9afc-d44d14cf8bfe","receiptHandle":"…","body":"a1","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1767225603000","SequenceNumber":"18849496460467696896","MessageGroupId":"a","SenderId":"AIDAINP4X2Y3YYFSW4ZCG","MessageDeduplicationId":"0","ApproximateFirstReceiveTimestamp":"1767225603000"},"messageAttributes":{},"md5OfBody":"8a8bb7cd343aa2ad99b7d762030857a2","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:q.fifo","awsRegion":"us-east-1"}]}"#]].assert_eq(&shown(send_batch(fifo, "q.fifo", &["a1"]).log()));
}

#[test]
fn what_a_queue_cannot_be_mapped_for() {
    #[track_caller]
    fn refused(answer: Result<Response, ApiError>, expected: &str) {
        let error = answer.expect_err("it is refused");
        assert_eq!((error.status, error.code.as_str()), (400, "InvalidParameterValueException"));
        assert_eq!(error.message.as_deref(), Some(expected));
    }
    let scenario = || Scenario::new().create_with("f", ECHO, json!({ "Timeout": 31 })).rest();
    refused(
        mapping(queue(scenario(), "q", json!({})), "q", json!({})).last_answer(),
        "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds",
    );
    refused(
        mapping(scenario(), "q", json!({})).last_answer(),
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
    );
    let with = |more: Value| {
        mapping(queue(Scenario::new().function("f", ECHO), "q", json!({})), "q", more).last_answer()
    };
    refused(
        with(json!({ "StartingPosition": "LATEST" })),
        "StartingPosition is not valid for SQS event sources.",
    );
    refused(
        with(json!({ "MaximumRetryAttempts": 3 })),
        "Unsupported MaximumRetryAttempts parameter for given event source mapping type.",
    );
    let error = with(json!({ "ScalingConfig": { "MaximumConcurrency": 1 } })).unwrap_err();
    assert!(error.message.unwrap().contains("greater than or equal to 2"));
}

#[test]
fn the_version_that_a_mapping_names_is_invoked() {
    let publish = |scenario: Scenario| {
        scenario.request("lambda", "PublishVersion", json!({ "FunctionName": "f" })).rest()
    };
    let scenario = publish(Scenario::new().function("f", ECHO));
    let alias = json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": "1" });
    let scenario = queue(scenario.request("lambda", "CreateAlias", alias), "q", json!({}));
    let scenario = mapping(scenario, "q", json!({ "FunctionName": "f:live" })).rest();
    let history = send(scenario, "hello").run();
    let versions: Vec<&str> = history
        .events
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::EnvironmentPhase { version, .. } => Some(version.as_str()),
            _ => None,
        })
        .collect();
    assert!(!versions.is_empty() && versions.iter().all(|version| *version == "1"), "{versions:?}");
}
