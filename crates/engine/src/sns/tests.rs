//! Topics, subscriptions and deliveries in whole histories.

use crate::targets::tests::{open_queue, received, told};
use crate::testing::Scenario;
use serde_json::{Value, json};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:t";

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:123456789012:{name}")
}

/// A topic with a queue that is subscribed with these attributes.
fn subscribed(scenario: Scenario, queue: &str, attributes: Value) -> Scenario {
    open_queue(scenario, queue, json!({}))
        .request("sns", "CreateTopic", json!({ "Name": "t" }))
        .request("sns", "Subscribe", json!({
            "TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": queue_arn(queue), "Attributes": attributes,
        }))
}

fn publish(scenario: Scenario, mut params: Value) -> Scenario {
    params["TopicArn"] = json!(TOPIC);
    scenario.request("sns", "Publish", params).rest()
}

#[test]
fn a_queue_gets_the_envelope_or_the_message_as_it_is() {
    let scenario = subscribed(Scenario::new(), "wrapped", json!({}));
    let scenario = subscribed(scenario, "raw", json!({ "RawMessageDelivery": "true" }));
    let attributes = json!({ "kind": { "DataType": "String", "StringValue": "x" } });
    let scenario = publish(
        scenario,
        json!({ "Message": "hello", "Subject": "s", "MessageAttributes": attributes }),
    );
    // Subscriptions are served in the order of their ARNs, which are drawn.
    let mut lines = told(&scenario.run());
    lines[1..].sort();
    assert_eq!(lines, ["0 t took a message for 2 but 0", "0 raw 1 ok", "0 wrapped 1 ok"]);
    let envelope = received(&scenario, "wrapped").pop().expect("a message").0;
    assert!(envelope.starts_with("{\n  \"Type\" : \"Notification\",\n  \"MessageId\" : \""));
    let envelope: Value = serde_json::from_str(&envelope).expect("is JSON");
    assert_eq!((&envelope["Message"], &envelope["Subject"]), (&json!("hello"), &json!("s")));
    assert_eq!(
        envelope["MessageAttributes"],
        json!({ "kind": { "Type": "String", "Value": "x" } })
    );
    assert_eq!(envelope["Signature"].as_str().map(str::len), Some(344));
    let (raw, about) = received(&scenario, "raw").pop().expect("a message");
    assert_eq!((raw.as_str(), &about["kind"]["StringValue"]), ("hello", &json!("x")));
}

#[test]
fn filters_keep_messages_out_and_say_so() {
    let by_attribute = json!({ "FilterPolicy": "{\"kind\": [\"y\"]}" });
    let by_body =
        json!({ "FilterPolicy": "{\"kind\": [\"x\"]}", "FilterPolicyScope": "MessageBody" });
    let scenario = subscribed(Scenario::new(), "attribute", by_attribute);
    let scenario = subscribed(scenario, "body", by_body);
    let scenario = publish(scenario, json!({ "Message": "{\"kind\": \"x\"}" }));
    assert_eq!(told(&scenario.run()), ["0 t took a message for 1 but 1", "0 body 1 ok"]);
}

#[test]
fn what_cannot_be_delivered_goes_to_the_dead_letter_queue() {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let redrive = json!({ "deadLetterTargetArn": queue_arn("dead") }).to_string();
    let scenario = Scenario::new().function("f", "loop\nevent: print $event\\n; respond null");
    let scenario = open_queue(scenario, "dead", json!({}))
        .request("sns", "CreateTopic", json!({ "Name": "t" }))
        .request("sns", "Subscribe", json!({
            "TopicArn": TOPIC, "Protocol": "lambda", "Endpoint": function, "Attributes": { "RedrivePolicy": redrive },
        }));
    let denied = publish(scenario.clone(), json!({ "Message": "hello" }));
    assert_eq!(
        told(&denied.run()),
        [
            "1 t took a message for 1 but 0",
            "1 function:f 1 AccessDeniedException",
            "1 dead letter dead 1 ok",
        ]
    );
    assert_eq!(received(&denied, "dead")[0].1["ErrorCode"]["StringValue"], "403");
    let allowed = scenario.request("lambda", "AddPermission", json!({
        "FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com",
        "SourceArn": TOPIC,
    }));
    let allowed = publish(allowed, json!({ "Message": "hello" }));
    assert!(allowed.log().contains("\"Subject\":null,\"Message\":\"hello\""));
}

#[test]
fn dead_letters_of_functions_reach_topics_and_records_reach_event_buses() {
    let fails = "loop\nevent: fail {\"errorMessage\":\"no\",\"errorType\":\"Exception\"}";
    let bus = "arn:aws:events:us-east-1:123456789012:event-bus/default";
    let scenario = subscribed(Scenario::new(), "letters", json!({}));
    let pattern = json!({ "source": ["lambda"] }).to_string();
    let target = json!({ "Id": "t", "Arn": queue_arn("records"), "InputPath": "$.detail" });
    let scenario = open_queue(scenario, "records", json!({}))
        .request("events", "PutRule", json!({ "Name": "r", "EventPattern": pattern }))
        .request("events", "PutTargets", json!({ "Rule": "r", "Targets": [target] }))
        .create_with("f", fails, json!({ "DeadLetterConfig": { "TargetArn": TOPIC } }))
        .rest()
        .request(
            "lambda",
            "PutFunctionEventInvokeConfig",
            json!({
                "FunctionName": "f", "MaximumRetryAttempts": 0,
                "DestinationConfig": { "OnFailure": { "Destination": bus } },
            }),
        )
        .request(
            "lambda",
            "Invoke",
            json!({ "FunctionName": "f", "InvocationType": "Event", "Payload": crate::Blob::text("{\"n\":1}") }),
        )
        .rest();
    let envelope = received(&scenario, "letters").pop().expect("a dead letter").0;
    let envelope: Value = serde_json::from_str(&envelope).expect("is JSON");
    assert_eq!(envelope["Message"], "{\"n\":1}");
    assert_eq!(
        envelope["MessageAttributes"]["ErrorMessage"],
        json!({ "Type": "String", "Value": "no" })
    );
    let record: Value =
        serde_json::from_str(&received(&scenario, "records")[0].0).expect("is JSON");
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestPayload"], json!({ "n": 1 }));
}

#[test]
fn a_fifo_topic_keeps_order_and_drops_what_it_had() {
    let topic = "arn:aws:sns:us-east-1:123456789012:t.fifo";
    let fifo = json!({ "FifoTopic": "true", "ContentBasedDeduplication": "true" });
    let mut scenario = open_queue(Scenario::new(), "q.fifo", json!({ "FifoQueue": "true" }))
        .request("sns", "CreateTopic", json!({ "Name": "t.fifo", "Attributes": fifo }))
        .request("sns", "Subscribe", json!({
            "TopicArn": topic, "Protocol": "sqs", "Endpoint": queue_arn("q.fifo"), "Attributes": { "RawMessageDelivery": "true" },
        }));
    for text in ["a", "b", "a"] {
        let params = json!({ "TopicArn": topic, "Message": text, "MessageGroupId": "g" });
        scenario = scenario.request("sns", "Publish", params).rest();
    }
    let bodies: Vec<_> = received(&scenario, "q.fifo").into_iter().map(|(body, _)| body).collect();
    assert_eq!(bodies, ["a", "b"]);
    let alone = scenario.request("sns", "Publish", json!({ "TopicArn": topic, "Message": "c" }));
    let error = alone.last_answer().unwrap_err();
    assert_eq!(
        error.message.as_deref(),
        Some("Invalid parameter: The MessageGroupId parameter is required for FIFO topics")
    );
}

#[test]
fn each_protocol_has_its_own_text() {
    let scenario = subscribed(Scenario::new(), "q", json!({ "RawMessageDelivery": "true" }));
    let texts = json!({ "default": "for all", "sqs": "for queues" }).to_string();
    let scenario = publish(scenario, json!({ "Message": texts, "MessageStructure": "json" }));
    assert_eq!(received(&scenario, "q")[0].0, "for queues");
    let wrong = scenario.request(
        "sns",
        "Publish",
        json!({ "TopicArn": TOPIC, "Message": "{}", "MessageStructure": "json" }),
    );
    let message = wrong.last_answer().unwrap_err().message.unwrap();
    assert_eq!(
        message,
        "Invalid parameter: Message Structure - No default entry in JSON message body"
    );
}
