//! What transcripts of SQS need beside the common rules.
//!
//! Pauses were not recorded. What was answered tells them: a handle that had expired had waited for its timeout, and a message that
//! came was waited for. Of a list that a test made in a loop only the first round was recorded, but AWS says how many it got.

use crate::cloud::Cloud;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use coldstart_engine::{ApiError, Response};
use serde_json::{Map, Value, json};

/// How long a receiver goes on asking, in seconds.
const WAITS_MAX: u64 = 300;

/// The parameters as the client gave them, and the time that passed before.
pub fn prepare(cloud: &mut Cloud, steps: &[Value], index: usize, params: &mut Map<String, Value>) {
    let step = steps.get(index).unwrap_or(&Value::Null);
    let expected = step["expect"].to_string();
    if expected.contains("The receipt handle has expired") {
        let timeouts = steps[..index].iter().filter_map(|step| {
            step.pointer("/params/Attributes/VisibilityTimeout")?.as_str()?.parse::<u64>().ok()
        });
        cloud.advance_ms((timeouts.max().unwrap_or(30) + 1) * 1_000);
    }
    if let Some(Value::Array(entries)) = params.get_mut("Entries")
        && let Some((_, sent)) = expected.split_once("You have sent ")
        && let Ok(sent) = sent.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<usize>()
        // It is bytes where they were too many.
        && !expected.contains("bytes")
        && let Some(first) = entries.first().cloned()
    {
        while entries.len() < sent {
            let mut entry = first.clone();
            entry["Id"] = json!(entries.len().to_string());
            entries.push(entry);
        }
    }
    params.values_mut().for_each(bytes);
}

/// A client takes bytes as they are.
fn bytes(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(bytes),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if name == "BinaryValue" => {
                        *value = json!({ "$text": text });
                    }
                    other => bytes(other),
                }
            }
        }
        _ => {}
    }
}

/// Calls an operation; a message that was received is waited for.
///
/// # Errors
/// As the cloud refuses it.
pub fn call(
    cloud: &mut Cloud,
    operation: &str,
    params: &Map<String, Value>,
    expected: &Value,
) -> Result<Response, ApiError> {
    let waits = operation == "ReceiveMessage" && expected.to_string().contains("\"Messages\"");
    let told: Vec<u64> =
        expected.as_object().into_iter().flatten().filter_map(|(_, e)| receives(e)).collect();
    let mut answer = cloud.call("sqs", operation, params.clone());
    for _ in 0..WAITS_MAX {
        let is_empty =
            answer.as_ref().is_ok_and(|response| response.output.get("Messages").is_none());
        // A loop that receives the same message again until it has what it wants keeps the last answer.
        let again = answer
            .as_ref()
            .is_ok_and(|response| receives(&response.output) < told.iter().max().copied());
        if !waits || !(is_empty || again) {
            break;
        }
        cloud.advance_ms(1_000);
        answer = cloud.call("sqs", operation, params.clone());
    }
    answer
}

/// How often the only message was received.
fn receives(answer: &Value) -> Option<u64> {
    let [message] = answer["Messages"].as_array()?.as_slice() else { return None };
    message["Attributes"]["ApproximateReceiveCount"].as_str()?.parse().ok()
}

/// The recordings' helper that receives and deletes messages until there are as many as it was asked for.
///
/// # Errors
/// What could not be received.
pub fn collect(cloud: &mut Cloud, url: &Value, step: &Value) -> Result<Value, String> {
    let given = |name: &str, place: usize| {
        step["params"].get(name).or_else(|| step["args"].get(place)).and_then(Value::as_u64)
    };
    let wanted = given("expected", 1).unwrap_or(1) as usize;
    let mut all = Vec::new();
    for _ in 0..WAITS_MAX {
        if all.len() >= wanted {
            break;
        }
        let mut params = json!({ "QueueUrl": url, "WaitTimeSeconds": 5 });
        let names = [
            ("attribute_names", "AttributeNames"),
            ("message_attribute_names", "MessageAttributeNames"),
        ];
        for (name, member) in names {
            if let Some(names) = step["params"].get(name) {
                params[member] = names.clone();
            }
        }
        let params = params.as_object().cloned().unwrap_or_default();
        let answer =
            cloud.call("sqs", "ReceiveMessage", params).map_err(|error| error.to_string())?;
        for message in answer.output["Messages"].as_array().into_iter().flatten() {
            let params = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
            let params = params.as_object().cloned().unwrap_or_default();
            cloud.call("sqs", "DeleteMessage", params).map_err(|error| error.to_string())?;
            all.push(message.clone());
        }
    }
    if all.len() < wanted {
        return Err(format!("{} messages of {wanted} came", all.len()));
    }
    Ok(Value::Array(all))
}

/// The ARN of a queue, by its URL.
pub fn arn_of(cloud: &mut Cloud, url: &Value) -> Option<Value> {
    let params = json!({ "QueueUrl": url, "AttributeNames": ["QueueArn"] });
    let params = params.as_object().cloned().unwrap_or_default();
    match cloud.call("sqs", "GetQueueAttributes", params) {
        Ok(answer) => answer.output.pointer("/Attributes/QueueArn").cloned(),
        // Of one that was deleted the test still had it.
        Err(_) => {
            let name = url.as_str()?.rsplit('/').next()?;
            Some(json!(format!("arn:aws:sqs:us-east-1:{}:{name}", crate::cloud::ACCOUNT)))
        }
    }
}

/// An answer as the recorder's client shows it: errors with both names, bytes as Python prints them.
pub fn shape(answer: &mut Map<String, Value>) {
    if let Some(Value::Object(error)) = answer.get_mut("Error") {
        let name = coldstart_engine::sqs::query_error(error["Code"].as_str().unwrap_or_default())
            .to_owned();
        error.insert("QueryErrorCode".into(), json!(name));
        error.insert("Type".into(), json!("Sender"));
    }
    answer.values_mut().for_each(printed);
}

/// The older protocol's client knows one name of an error only, and shows a detail that is never there.
pub fn protocol(answer: &mut Value, expected: &Value) {
    let mut recorded = expected.as_object().into_iter().flat_map(Map::values);
    let Some(wanted) = recorded.find_map(|answer| answer["Error"].as_object()) else { return };
    if wanted.contains_key("QueryErrorCode") {
        return;
    }
    if let Some(answer) = answer.as_object_mut() {
        answer.remove("message");
    }
    if let Some(error) = answer["Error"].as_object_mut() {
        error.remove("QueryErrorCode");
        if wanted.contains_key("Detail") {
            error.insert("Detail".into(), Value::Null);
        }
    }
}

fn printed(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(printed),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(base64) if name == "BinaryValue" => {
                        let bytes = STANDARD.decode(&*base64).unwrap_or_default();
                        let shown: String = bytes.iter().map(|byte| python(*byte)).collect();
                        *value = json!(format!("b'{shown}'"));
                    }
                    other => printed(other),
                }
            }
        }
        _ => {}
    }
}

fn python(byte: u8) -> String {
    match byte {
        b'\\' => "\\\\".to_owned(),
        b'\'' => "\\'".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}
