//! Tasks that tell queues, topics and buses something, and what EventBridge is told of executions.

use super::{ROLE, arn};
use crate::targets::tests::{open_queue, received};
use crate::testing::Scenario;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/q";
const QUEUE_ARN: &str = "arn:aws:sqs:us-east-1:123456789012:q";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:t";

fn task(resource: &str, parameters: Value) -> Value {
    json!({ "StartAt": "T", "States": { "T": {
        "Type": "Task", "Resource": format!("arn:aws:states:::{resource}"), "Parameters": parameters, "End": true,
    } } })
}

/// A queue into which topics and rules may send.
fn with_queue() -> Scenario {
    open_queue(Scenario::new(), "q", json!({})).request(
        "sns",
        "CreateTopic",
        json!({ "Name": "t" }),
    )
}

fn ran(scenario: Scenario, definition: &Value) -> Scenario {
    scenario.machine("m", definition).start("m", "e", &json!({})).rest()
}

/// The last execution, as it is described.
fn described(scenario: &Scenario) -> Value {
    scenario.clone().describe("m", "e").output()
}

/// Type and details of the events of a task.
fn steps(scenario: &Scenario) -> Vec<String> {
    let params = json!({ "executionArn": arn("execution:m:e") });
    let answer = scenario.clone().states("GetExecutionHistory", params).output();
    let events = answer["events"].as_array().cloned().unwrap_or_default();
    let task = events.into_iter().filter_map(|event| {
        let kind = event["type"].as_str()?.strip_prefix("Task")?.to_owned();
        let details = event.as_object()?.iter().find(|(name, _)| name.starts_with("task"))?.1;
        let text = |name: &str| details[name].as_str().unwrap_or_default();
        Some(format!("{kind} {} {}", text("resourceType"), text("resource")))
    });
    task.collect()
}

/// An output without what differs from session to session.
fn shape(output: &Value) -> String {
    let mut output: Value = serde_json::from_str(output.as_str().unwrap()).unwrap();
    for pointer in [
        "/MessageId",
        "/SdkResponseMetadata/RequestId",
        "/SdkHttpMetadata/HttpHeaders/x-amzn-RequestId",
    ] {
        let value = output.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"));
        assert_eq!(value.as_str().unwrap().len(), 36);
        *value = json!("uuid");
    }
    output["SdkHttpMetadata"]["AllHttpHeaders"]["x-amzn-RequestId"] = json!(["uuid"]);
    output.to_string()
}

#[track_caller]
fn check(resource: &str, parameters: Value, expected: Expect) -> Scenario {
    let scenario = ran(with_queue(), &task(resource, parameters));
    scenario.run();
    expected.assert_eq(&shape(&described(&scenario)["output"]));
    scenario
}

#[test]
fn a_queue_is_sent_to_as_recorded() {
    let sent = check(
        "sqs:sendMessage",
        json!({ "QueueUrl": QUEUE, "MessageBody": { "a": [1] }, "MessageAttributes": {
            "one": { "DataType": "String", "StringValue": "Hello" },
        } }),
        expect![[
            r#"{"MD5OfMessageAttributes":"0d62b2699b8d5b08ddf36eabe858fbe1","MD5OfMessageBody":"9ce06edb2e3406c40e507870b76580a0","MessageId":"uuid","SdkHttpMetadata":{"AllHttpHeaders":{"x-amzn-RequestId":["uuid"],"connection":["keep-alive"],"Content-Length":["166"],"Date":["Thu, 01 Jan 2026 00:00:00 GMT"],"Content-Type":["application/x-amz-json-1.0"]},"HttpHeaders":{"connection":"keep-alive","Content-Length":"166","Content-Type":"application/x-amz-json-1.0","Date":"Thu, 01 Jan 2026 00:00:00 GMT","x-amzn-RequestId":"uuid"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"uuid"}}"#
        ]],
    );
    assert_eq!(
        steps(&sent),
        ["Scheduled sqs sendMessage", "Started sqs sendMessage", "Succeeded sqs sendMessage"]
    );
    let messages = received(&sent, "q");
    assert_eq!(messages[0].0, "{\"a\":[1]}");
    assert_eq!(messages[0].1["one"]["StringValue"], "Hello");
}

#[test]
fn a_topic_is_published_to_as_recorded() {
    check(
        "sns:publish",
        json!({ "TopicArn": TOPIC, "Message": { "a": 1 } }),
        expect![[
            r#"{"MessageId":"uuid","SdkHttpMetadata":{"AllHttpHeaders":{"x-amzn-RequestId":["uuid"],"connection":["keep-alive"],"Content-Length":["294"],"Date":["Thu, 01 Jan 2026 00:00:00 GMT"],"Content-Type":["text/xml"]},"HttpHeaders":{"connection":"keep-alive","Content-Length":"294","Content-Type":"text/xml","Date":"Thu, 01 Jan 2026 00:00:00 GMT","x-amzn-RequestId":"uuid"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"uuid"}}"#
        ]],
    );
}

#[test]
fn refusals_have_the_librarys_names() {
    let failed = |resource: &str, parameters: Value| {
        let described = described(&ran(with_queue(), &task(resource, parameters)));
        let cause = described["cause"].as_str().unwrap_or_default();
        let cause = cause.split("Request ID: ").next().unwrap_or_default().trim_end();
        format!("{}: {cause}", described["error"].as_str().unwrap_or_default())
    };
    let fifo = "arn:aws:sns:us-east-1:123456789012:none";
    let told = [
        failed(
            "sqs:sendMessage",
            json!({ "QueueUrl": QUEUE.replace("/q", "/none"), "MessageBody": "m" }),
        ),
        failed(
            "sqs:sendMessage",
            json!({ "QueueUrl": QUEUE, "MessageBody": "m", "DelaySeconds": 901 }),
        ),
        failed("sns:publish", json!({ "TopicArn": fifo, "Message": "m" })),
        failed("sns:publish", json!({ "TopicArn": TOPIC, "Message": "" })),
        failed(
            "events:putEvents",
            json!({ "Entries": [{ "Source": "s", "DetailType": "d", "Detail": "no" }] }),
        ),
        failed(
            "aws-sdk:sqs:sendMessage",
            json!({ "QueueUrl": QUEUE.replace("/q", "/none"), "MessageBody": "m" }),
        ),
        failed("aws-sdk:sns:publish", json!({ "TopicArn": fifo, "Message": "m" })),
    ];
    expect![[r#"
        SQS.QueueDoesNotExistException: The specified queue does not exist. (Service: AmazonSQS; Status Code: 400; Error Code: AWS.SimpleQueueService.NonExistentQueue;
        SQS.AmazonSQSException: Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900. (Service: AmazonSQS; Status Code: 400; Error Code: InvalidParameterValue;
        SNS.NotFoundException: Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound;
        SNS.InvalidParameterException: Invalid parameter: Empty message (Service: AmazonSNS; Status Code: 400; Error Code: InvalidParameter;
        EventBridge.FailedEntry: {"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}],"FailedEntryCount":1}
        Sqs.QueueDoesNotExistException: The specified queue does not exist. (Service: Sqs, Status Code: 400,
        Sns.NotFoundException: Topic does not exist (Service: Sns, Status Code: 404,
    "#]].assert_eq(&(told.join("\n") + "\n"));
}

#[test]
fn tokens_travel_in_messages() {
    for (resource, parameters) in [
        (
            "sqs:sendMessage.waitForTaskToken",
            json!({ "QueueUrl": QUEUE, "MessageBody": { "token.$": "$$.Task.Token" } }),
        ),
        (
            "sns:publish.waitForTaskToken",
            json!({ "TopicArn": TOPIC, "Message": { "token.$": "$$.Task.Token" } }),
        ),
        (
            "events:putEvents.waitForTaskToken",
            json!({ "Entries": [
            { "Source": "shop", "DetailType": "d", "Detail": { "token.$": "$$.Task.Token" } },
        ] }),
        ),
    ] {
        let waiting = with_queue()
            .request("sns", "Subscribe", json!({
                "TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE_ARN, "Attributes": { "RawMessageDelivery": "true" },
            }))
            .request("events", "PutRule", json!({ "Name": "r", "EventPattern": "{\"source\":[\"shop\"]}" }))
            .request("events", "PutTargets", json!({ "Rule": "r", "Targets": [
                { "Id": "q", "Arn": QUEUE_ARN, "InputPath": "$.detail" },
            ] }));
        let waiting = ran(waiting, &task(resource, parameters));
        let body: Value = serde_json::from_str(&received(&waiting, "q")[0].0).unwrap();
        let answered = waiting
            .states(
                "SendTaskSuccess",
                json!({ "taskToken": body["token"], "output": "{\"ok\":true}" }),
            )
            .rest();
        answered.run();
        assert_eq!(described(&answered)["output"], json!("{\"ok\":true}"), "{resource}");
        let kinds: Vec<String> = steps(&answered)
            .iter()
            .map(|step| step.split(' ').next().unwrap().to_owned())
            .collect();
        assert_eq!(kinds, ["Scheduled", "Started", "Submitted", "Succeeded"], "{resource}");
    }
}

#[test]
fn events_are_told_whose_they_are() {
    let scenario = with_queue().rule_to("q", QUEUE_ARN);
    let entry =
        json!({ "Source": "shop", "DetailType": "d", "Detail": { "n": 1 }, "Resources": ["mine"] });
    let scenario = ran(scenario, &task("events:putEvents", json!({ "Entries": [entry] })));
    let event: Value = serde_json::from_str(&received(&scenario, "q")[0].0).unwrap();
    assert_eq!(event["resources"], json!(["mine", arn("stateMachine:m"), arn("execution:m:e")]));
    let output = described(&scenario)["output"].as_str().unwrap().to_owned();
    assert_eq!(
        output,
        json!({ "Entries": [{ "EventId": event["id"] }], "FailedEntryCount": 0 }).to_string()
    );
}

#[test]
fn the_sdk_integration_has_the_other_services_too() {
    let output = |action: &str, parameters: Value| {
        let ran = ran(with_queue(), &task(&format!("aws-sdk:{action}"), parameters));
        let described = described(&ran);
        described["output"].as_str().unwrap_or_else(|| panic!("{action}: {described}")).to_owned()
    };
    let sent = output("sqs:sendMessage", json!({ "QueueUrl": QUEUE, "MessageBody": "m" }));
    assert!(sent.starts_with("{\"Md5OfMessageBody\":"), "the library's capitals: {sent}");
    let groups = output("cloudwatchlogs:describeLogGroups", json!({}));
    assert_eq!(groups, "{\"LogGroups\":[]}");
    let topics = output("sns:listTopics", json!({}));
    assert_eq!(topics, format!("{{\"Topics\":[{{\"TopicArn\":\"{TOPIC}\"}}]}}"));
    output(
        "eventbridge:putEvents",
        json!({ "Entries": [{ "Source": "s", "DetailType": "d", "Detail": "{}" }] }),
    );
    output(
        "cloudwatch:putMetricData",
        json!({ "Namespace": "n", "MetricData": [{ "MetricName": "m", "Value": 1 }] }),
    );
    let schedule = json!({
        "Name": "s", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": { "Arn": QUEUE_ARN, "RoleArn": ROLE, "Input": { "a": 1 } },
    });
    let made = output("scheduler:createSchedule", schedule);
    assert_eq!(
        made,
        "{\"ScheduleArn\":\"arn:aws:scheduler:us-east-1:123456789012:schedule/default/s\"}"
    );
}

#[test]
fn a_rule_hears_of_executions() {
    let pattern =
        json!({ "source": ["aws.states"], "detail": { "status": ["RUNNING", "FAILED"] } });
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E", "Cause": "C" } } });
    let heard = |pattern: &Value| {
        with_queue()
            .request(
                "events",
                "PutRule",
                json!({ "Name": "r", "EventPattern": pattern.to_string() }),
            )
            .request(
                "events",
                "PutTargets",
                json!({ "Rule": "r", "Targets": [{ "Id": "q", "Arn": QUEUE_ARN }] }),
            )
    };
    let scenario = ran(heard(&pattern), &fail);
    scenario.run();
    let events = received(&scenario, "q");
    let texts: Vec<String> = events
        .iter()
        .map(|(text, _)| {
            let mut event: Value = serde_json::from_str(text).unwrap();
            event["id"] = json!("uuid");
            event.to_string()
        })
        .collect();
    expect![[r#"
        {"version":"0","id":"uuid","detail-type":"Step Functions Execution Status Change","source":"aws.states","account":"123456789012","time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":["arn:aws:states:us-east-1:123456789012:execution:m:e"],"detail":{"executionArn":"arn:aws:states:us-east-1:123456789012:execution:m:e","stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","name":"e","status":"RUNNING","startDate":1767225600000,"stopDate":null,"input":"{}","output":null,"stateMachineVersionArn":null,"stateMachineAliasArn":null,"redriveCount":0,"redriveDate":null,"redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"Execution is RUNNING and cannot be redriven","inputDetails":{"included":true},"outputDetails":null,"error":null,"cause":null}}
        {"version":"0","id":"uuid","detail-type":"Step Functions Execution Status Change","source":"aws.states","account":"123456789012","time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":["arn:aws:states:us-east-1:123456789012:execution:m:e"],"detail":{"executionArn":"arn:aws:states:us-east-1:123456789012:execution:m:e","stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","name":"e","status":"FAILED","startDate":1767225600000,"stopDate":1767225600000,"input":"{}","output":null,"stateMachineVersionArn":null,"stateMachineAliasArn":null,"redriveCount":0,"redriveDate":null,"redriveStatus":"REDRIVABLE","redriveStatusReason":null,"inputDetails":{"included":true},"outputDetails":null,"error":"E","cause":"C"}}
    "#]].assert_eq(&(texts.join("\n") + "\n"));
    // What no rule matches leaves no trace, and express executions tell nothing.
    let told = |scenario: &Scenario| {
        let events = scenario.run().events;
        events
            .iter()
            .filter(|event| matches!(event.fact, crate::Fact::BusEventAccepted { .. }))
            .count()
    };
    assert_eq!(told(&ran(heard(&json!({ "source": ["shop"] })), &fail)), 0);
    let express = heard(&pattern)
        .machine_with("m", &fail, json!({ "type": "EXPRESS" }))
        .start("m", "e", &json!({}))
        .rest();
    assert_eq!(told(&express), 0);
}
