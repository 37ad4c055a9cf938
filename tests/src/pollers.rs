//! Event source mappings that poll: transcripts of them, and the events that functions were given.
//!
//! The recorder's tests gathered messages and log lines in loops, of which the transcript has the first round. What a loop gathered
//! is compared whole: here it is gathered again.

use crate::cloud::Cloud;
use crate::compare::{Bindings, compare};
use crate::data::Outcome;
use crate::derive::failure;
use crate::kinds::{Context, Run};
use crate::stub::{Act, Piece, Stub};
use crate::transcript::play;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The runner of a kind of this file's subject.
pub fn runner(name: &str) -> Option<Run> {
    Some(match name {
        "esm_scenario" => scenario,
        "delivered_event" => delivered_event,
        _ => return None,
    })
}

/// Streams have no events here.
const STREAMS: &str = "stream: needs Kinesis or DynamoDB";

fn scenario(case: &Value, context: &Context) -> Outcome {
    let steps = case["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_stream = |step: &Value| {
        step["service"]
            .as_str()
            .is_some_and(|name| name.starts_with("kinesis") || name.starts_with("dynamodb"))
    };
    if steps.iter().any(is_stream) {
        return Outcome::Skipped(STREAMS.into());
    }
    let has_answer = |step: &Value| !step["expect"].is_null() || !step["check"].is_null();
    if case["last_validated"].is_null() && !steps.iter().any(has_answer) {
        return Outcome::Skipped("has no answer of AWS's: it was never recorded".into());
    }
    play(case, context.sandbox())
}

/// What the log of a function has of its events, as the recorder's helper reads it: lines that are events, or hold one.
///
/// # Errors
/// That the log cannot be read.
pub fn logged_events(cloud: &mut Cloud, function: &str) -> Result<Value, String> {
    let params = object(json!({ "logGroupName": format!("/aws/lambda/{function}") }));
    let answer =
        cloud.call("logs", "FilterLogEvents", params).map_err(|error| error.to_string())?;
    let lines = answer.output["events"].as_array().into_iter().flatten();
    let lines = lines.filter_map(|event| event["message"].as_str());
    let parsed = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_event = |line: &Value| line.get("Records").is_some() || line.get("event").is_some();
    Ok(parsed.filter(is_event).collect())
}

/// `["${r16.Messages[0]}"]` or `["${r18.Messages[0].Body[0]}"]`: a list that a test gathered in a loop, beginning with this
/// answer. The answer's id, and whether the list is of what the messages' bodies hold.
pub fn gathered(value: &Value) -> Option<(&str, bool)> {
    let [Value::String(text)] = value.as_array()?.as_slice() else { return None };
    let (id, path) = text.strip_prefix("${")?.strip_suffix('}')?.split_once('.')?;
    match path {
        "Messages[0]" => Some((id, false)),
        "Messages[0].Body[0]" => Some((id, true)),
        _ => None,
    }
}

/// All messages that come into a queue, the first ones given.
///
/// # Errors
/// That the queue refuses to give them.
pub fn gather(cloud: &mut Cloud, url: &Value, first: &Value) -> Result<Vec<Value>, String> {
    let mut messages = first["Messages"].as_array().cloned().unwrap_or_default();
    let id = |message: &Value| message["MessageId"].to_string();
    let mut seen: BTreeSet<String> = messages.iter().map(id).collect();
    loop {
        let params = object(json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 }));
        let answer = cloud.call("sqs", "ReceiveMessage", params).map_err(|e| e.to_string())?;
        let more = answer.output["Messages"].as_array().cloned().unwrap_or_default();
        let count = messages.len();
        messages.extend(more.into_iter().filter(|message| seen.insert(id(message))));
        if messages.len() == count {
            return Ok(messages);
        }
    }
}

/// The records that messages hold as JSON lists, in the order in which the recorder's tests put them.
pub fn records(messages: &[Value]) -> Vec<Value> {
    let bodies = messages.iter().filter_map(|message| message["Body"].as_str());
    let lists = bodies.filter_map(|body| serde_json::from_str::<Vec<Value>>(body).ok());
    let mut records: Vec<Value> = lists.flatten().collect();
    records.sort_by_key(|record| record["body"].as_str().unwrap_or_default().to_owned());
    records
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

const FUNCTION: &str = "lambda_func-00000001";

/// An event that AWS gave a function for messages of a queue: the same messages are sent, and received as often.
fn delivered_event(case: &Value, context: &Context) -> Outcome {
    match case["trigger"].as_str().unwrap_or_default() {
        "aws:sqs" => {}
        "aws:kinesis" | "aws:dynamodb" => return Outcome::Skipped(STREAMS.into()),
        other => return Outcome::Skipped(format!("needs a trigger that is not here yet: {other}")),
    }
    let mut cloud = Cloud::new(context.sandbox(), 1_767_225_600_000);
    match deliver(&mut cloud, &case["event"]) {
        Ok(given) => {
            // The recorder's tests put records into an order of their own.
            // The recorder's tests put records into an order of their own, and some kept more beside them.
            let wanted = sorted(json!({ "Records": case["event"]["Records"] }));
            match compare(&wanted, &sorted(given), &mut Bindings::default()) {
                Ok(()) => match cloud.check_replay() {
                    Ok(()) => Outcome::Passed,
                    Err(why) => Outcome::Failed(why),
                },
                Err(why) => Outcome::Failed(why),
            }
        }
        Err(why) => Outcome::Failed(why),
    }
}

fn sorted(mut event: Value) -> Value {
    if let Some(records) = event["Records"].as_array_mut() {
        records.sort_by_key(|record| text_of(&record["body"]));
    }
    event
}

/// A body as it was sent: the recorder parsed those that were JSON.
fn text_of(body: &Value) -> String {
    body.as_str().map_or_else(|| body.to_string(), str::to_owned)
}

/// The event that a function gets when messages like those of this one are sent.
fn deliver(cloud: &mut Cloud, event: &Value) -> Result<Value, String> {
    let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
    let first = records.first().ok_or("has no records")?;
    let is_fifo = first["attributes"].get("MessageGroupId").is_some();
    let receives = first["attributes"]["ApproximateReceiveCount"].as_str().unwrap_or("1");
    let receives: usize = receives.parse().unwrap_or(1);
    // It fails until it has the event that is wanted.
    let mut acts = vec![failure("not yet"); receives - 1];
    acts.push(Act::Respond(vec![Piece::Text("null".into())]));
    let stub = Stub { acts, ..Stub::constant("null").logging([Piece::Event]) };
    let code = cloud.blob(stub.module()?);
    call(
        cloud,
        "lambda",
        "CreateFunction",
        json!({
            "FunctionName": FUNCTION, "Runtime": "python3.12", "Handler": "handler.handler",
            "Role": "arn:aws:iam::111111111111:role/lambda-su-role", "Code": { "ZipFile": code },
        }),
    )?;
    cloud.settle();
    let (name, attributes) = if is_fifo {
        ("queue-1.fifo", json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" }))
    } else {
        ("queue-1", json!({}))
    };
    let params = json!({ "QueueName": name, "Attributes": attributes });
    let url = call(cloud, "sqs", "CreateQueue", params)?["QueueUrl"].clone();
    for record in records {
        let mut params = json!({ "QueueUrl": url, "MessageBody": text_of(&record["body"]) });
        if is_fifo {
            params["MessageGroupId"] = record["attributes"]["MessageGroupId"].clone();
        }
        if let Some(given) = record["messageAttributes"].as_object().filter(|all| !all.is_empty()) {
            params["MessageAttributes"] = given
                .iter()
                .map(|(name, attribute)| (name.clone(), sent(attribute)))
                .collect::<Map<_, _>>()
                .into();
        }
        call(cloud, "sqs", "SendMessage", params)?;
    }
    // Only mappings with a window say that there is no digest of attributes.
    let window = u64::from(
        records
            .iter()
            .any(|record| record.get("md5OfMessageAttributes").is_some_and(Value::is_null)),
    );
    call(
        cloud,
        "lambda",
        "CreateEventSourceMapping",
        json!({
            "FunctionName": FUNCTION, "EventSourceArn": format!("arn:aws:sqs:us-east-1:111111111111:{name}"),
            "BatchSize": if window > 0 { 100 } else { 10 }, "MaximumBatchingWindowInSeconds": window,
        }),
    )?;
    cloud.settle();
    let events = logged_events(cloud, FUNCTION)?;
    let last = events.as_array().and_then(|events| events.last()).cloned();
    last.ok_or_else(|| "no event came".to_owned())
}

/// An attribute as its sender gave it.
fn sent(attribute: &Value) -> Value {
    let mut sent = json!({ "DataType": attribute["dataType"] });
    for (name, member) in [("stringValue", "StringValue"), ("binaryValue", "BinaryValue")] {
        if let Some(value) = attribute.get(name) {
            sent[member] = value.clone();
        }
    }
    sent
}

fn call(cloud: &mut Cloud, service: &str, operation: &str, params: Value) -> Result<Value, String> {
    match cloud.call(service, operation, object(params)) {
        Ok(response) => Ok(response.output),
        Err(error) => Err(format!("{operation} was refused: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_differs_fails() {
        let context = Context::default();
        let record = json!({
            "attributes": {
                "ApproximateFirstReceiveTimestamp": "<approximate-first-receive-timestamp>",
                "ApproximateReceiveCount": "2", "SenderId": "sender-id", "SentTimestamp": "sent-timestamp",
            },
            "awsRegion": "<region>", "body": "text", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:<partition>:sqs:<region>:111111111111:<resource:1>",
            "md5OfBody": "<md5-of-body:1>", "messageAttributes": {}, "messageId": "<uuid:1>",
            "receiptHandle": "<receipt-handle:1>",
        });
        let mut case = json!({ "trigger": "aws:sqs", "event": { "Records": [record] } });
        let run = |case: &Value| match delivered_event(case, &context) {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed(why) | Outcome::Skipped(why) => why,
        };
        assert_eq!(run(&case), "passed");
        case["event"]["Records"][0]["awsRegion"] = json!("eu-west-1");
        assert!(run(&case).contains("awsRegion"), "{}", run(&case));
    }
}
