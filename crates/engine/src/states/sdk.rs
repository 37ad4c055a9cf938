//! Names and shapes that requests and answers have in a state machine.
//!
//! Integrations of the AWS SDK spell members as its Java library does, with a capital: `stateMachineArn` of the API is
//! `StateMachineArn` in a definition. Timestamps are ISO texts there, blobs are texts. Source: "Integrating AWS services"
//! in the developer guide, and recorded answers.

use crate::model::{self, Service, Shape, ShapeKind};
use coldstart_asl::interpret::Time;
use serde_json::{Map, Value, json};

/// `StateMachineArn` of `stateMachineArn`, `Md5OfMessageBody` of `MD5OfMessageBody`, `SsekmsKeyId` of `SSEKMSKeyId`: the library writes a
/// name's first word in small letters, and Step Functions gives it its capital back.
pub(crate) fn pascal(name: &str) -> String {
    let capitals = name.bytes().take_while(u8::is_ascii_uppercase).count();
    // The last capital of several begins the next word, when a small letter follows.
    let begins_word = name.as_bytes().get(capitals).is_some_and(u8::is_ascii_lowercase);
    let word = if begins_word { capitals.saturating_sub(1) } else { capitals };
    let letters = name.char_indices().map(|(at, letter)| match at {
        0 => letter.to_ascii_uppercase(),
        at if at < word => letter.to_ascii_lowercase(),
        _ => letter,
    });
    letters.collect()
}

/// Whether a service's model has an error of this code.
pub(super) fn has_error(service: &str, code: &str) -> bool {
    let known = model::service(service);
    let of = |code: &str| known.is_some_and(|known| known.error_status(code).is_some());
    of(code) || of(&format!("{code}Exception"))
}

/// A service as definitions name it.
pub(crate) struct SdkService {
    /// Endpoint prefix.
    pub(crate) service: &'static str,
    /// `Sfn` of `Sfn.InvalidTokenException`.
    pub(crate) prefix: &'static str,
}

/// The services behind `arn:aws:states:::aws-sdk:name:…` that the engine may have.
pub(crate) fn service(name: &str) -> Option<SdkService> {
    let (service, prefix) = match name {
        "sfn" => ("states", "Sfn"),
        "lambda" => ("lambda", "Lambda"),
        "cloudwatchlogs" => ("logs", "CloudWatchLogs"),
        "cloudwatch" => ("monitoring", "CloudWatch"),
        "sqs" => ("sqs", "Sqs"),
        "sns" => ("sns", "Sns"),
        "eventbridge" => ("events", "EventBridge"),
        "scheduler" => ("scheduler", "Scheduler"),
        "dynamodb" => ("dynamodb", "DynamoDb"),
        "s3" => ("s3", "S3"),
        _ => return None,
    };
    Some(SdkService { service, prefix })
}

/// The parameters of a definition as the API takes them. What the model does not know stays as it is, and is refused at the door.
pub(crate) fn to_api(service: &str, operation: &str, parameters: &Value) -> Map<String, Value> {
    let shape = model::service(service).and_then(|service| {
        let operation = service.operations.get(operation)?;
        Some((service, service.shape(operation.input.as_deref()?)?))
    });
    match (shape, parameters) {
        (Some((service, shape)), Value::Object(_)) => match write(service, shape, parameters) {
            Value::Object(members) => members,
            _ => Map::new(),
        },
        (_, Value::Object(members)) => members.clone(),
        _ => Map::new(),
    }
}

fn write(service: &Service, shape: &Shape, value: &Value) -> Value {
    let of = |name: &str, value: &Value| match service.shape(name) {
        Some(shape) => write(service, shape, value),
        None => value.clone(),
    };
    match (&shape.kind, value) {
        (ShapeKind::Structure { members, .. }, Value::Object(given)) => {
            let mut output = Map::new();
            for (name, value) in given {
                match members.iter().find(|member| pascal(&member.name) == *name) {
                    Some(member) => {
                        output.insert(member.name.clone(), of(&member.shape, value));
                    }
                    None => {
                        output.insert(name.clone(), value.clone());
                    }
                }
            }
            Value::Object(output)
        }
        (ShapeKind::List { of: element }, Value::Array(items)) => {
            items.iter().map(|item| of(element, item)).collect()
        }
        (ShapeKind::Map { of: element, .. }, Value::Object(given)) => {
            let pairs = given.iter().map(|(key, value)| (key.clone(), of(element, value)));
            Value::Object(pairs.collect())
        }
        // Recorded: a text may be given as JSON, and is written out.
        (ShapeKind::String, Value::Object(_) | Value::Array(_)) => json!(value.to_string()),
        (ShapeKind::Blob, Value::String(text)) => crate::Blob::text(text.clone()),
        (ShapeKind::Blob, Value::Null) => Value::Null,
        (ShapeKind::Blob, _) => crate::Blob::text(value.to_string()),
        _ => value.clone(),
    }
}

/// An answer of the API as a definition sees it.
pub(crate) fn from_api(name: &str, operation: &str, output: &Value) -> Value {
    let shape = model::results(name).and_then(|service| {
        let operation = service.operations.get(operation)?;
        Some((service, service.shape(operation.input.as_deref()?)?))
    });
    match shape {
        Some((service, shape)) => read(service, shape, output),
        None => output.clone(),
    }
}

fn read(service: &Service, shape: &Shape, value: &Value) -> Value {
    let of = |name: &str, value: &Value| match service.shape(name) {
        Some(shape) => read(service, shape, value),
        None => value.clone(),
    };
    match (&shape.kind, value) {
        (ShapeKind::Structure { members, .. }, Value::Object(given)) => {
            let mut output = Map::new();
            for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                let shown = match members.iter().find(|member| member.name == *name) {
                    Some(member) => of(&member.shape, value),
                    None => value.clone(),
                };
                output.insert(pascal(name), shown);
            }
            Value::Object(output)
        }
        (ShapeKind::List { of: element }, Value::Array(items)) => {
            items.iter().map(|item| of(element, item)).collect()
        }
        (ShapeKind::Map { of: element, .. }, Value::Object(given)) => {
            let pairs = given.iter().map(|(key, value)| (key.clone(), of(element, value)));
            Value::Object(pairs.collect())
        }
        (ShapeKind::Timestamp, Value::Number(seconds)) => {
            let millis = (seconds.as_f64().unwrap_or(0.0) * 1000.0).round() as u64;
            json!(Time::from_millis(millis).to_string())
        }
        (ShapeKind::Blob, Value::Object(blob)) => {
            blob.get("$text").cloned().unwrap_or_else(|| value.clone())
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_get_the_names_of_the_api() {
        let given = json!({ "StateMachineArn": "a", "Input": { "k": [1] }, "Odd": 1 });
        assert_eq!(
            Value::Object(to_api("states", "StartExecution", &given)),
            json!({ "stateMachineArn": "a", "input": "{\"k\":[1]}", "Odd": 1 })
        );
        let given = json!({ "Tags": [{ "Key": "k", "Value": "v" }], "ResourceArn": "r" });
        assert_eq!(
            Value::Object(to_api("states", "TagResource", &given)),
            json!({ "tags": [{ "key": "k", "value": "v" }], "resourceArn": "r" })
        );
        let given = json!({ "FunctionName": "f", "Payload": { "a": 1 } });
        assert_eq!(
            Value::Object(to_api("lambda", "Invoke", &given)),
            json!({ "FunctionName": "f", "Payload": { "$text": "{\"a\":1}" } })
        );
    }

    #[test]
    fn answers_get_the_names_of_the_library() {
        let given = json!({ "executionArn": "e", "startDate": 1.5, "nothing": null });
        assert_eq!(
            from_api("sfn", "StartExecution", &given),
            json!({ "ExecutionArn": "e", "StartDate": "1970-01-01T00:00:01.500Z" })
        );
        let given =
            json!({ "Environment": { "Variables": { "lower": "x" } }, "FunctionName": "f" });
        assert_eq!(from_api("lambda", "GetFunctionConfiguration", &given), given);
    }
}
