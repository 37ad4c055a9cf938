//! The event that a function gets of a queue's messages.
//!
//! Members and their order are those of AWS's events ("Using Lambda with Amazon SQS"; recorded, `delivered_event`).

use super::polling::Source;
use serde_json::{Map, Value, json};

/// A message's own attributes, in the order in which events have them.
const SYSTEM: [&str; 9] = [
    "ApproximateReceiveCount",
    "AWSTraceHeader",
    "SentTimestamp",
    "SequenceNumber",
    "MessageGroupId",
    "SenderId",
    "MessageDeduplicationId",
    "ApproximateFirstReceiveTimestamp",
    "DeadLetterQueueSourceArn",
];

/// The record of a message as `ReceiveMessage` shows it.
///
/// Of a mapping with a batching window, a message without attributes has a digest of them that is null; without a window there is
/// no such member (recorded for both).
pub(super) fn record(message: &Value, source: &Source, region: &str) -> Value {
    let mut system = Map::new();
    for name in SYSTEM {
        if let Some(value) = message["Attributes"].get(name) {
            system.insert(name.to_owned(), value.clone());
        }
    }
    let given = message["MessageAttributes"].as_object().into_iter().flatten();
    let attributes: Map<String, Value> =
        given.map(|(name, value)| (name.clone(), attribute(value))).collect();
    let mut record = json!({
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": system,
        "messageAttributes": attributes,
    });
    match message.get("MD5OfMessageAttributes") {
        Some(digest) => record["md5OfMessageAttributes"] = digest.clone(),
        None if source.window_ms > 0 => record["md5OfMessageAttributes"] = Value::Null,
        None => {}
    }
    record["md5OfBody"] = message["MD5OfBody"].clone();
    record["eventSource"] = json!("aws:sqs");
    record["eventSourceARN"] = json!(source.arn);
    record["awsRegion"] = json!(region);
    record
}

/// An attribute that a sender gave.
fn attribute(given: &Value) -> Value {
    let mut shown = Map::new();
    for (member, name) in [("StringValue", "stringValue"), ("BinaryValue", "binaryValue")] {
        if let Some(value) = given.get(member).filter(|value| !value.is_null()) {
            shown.insert(name.to_owned(), value.clone());
        }
    }
    shown.insert("stringListValues".to_owned(), json!([]));
    shown.insert("binaryListValues".to_owned(), json!([]));
    shown.insert("dataType".to_owned(), given["DataType"].clone());
    Value::Object(shown)
}
