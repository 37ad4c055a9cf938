//! Answers as the recorder's client library shows them.

use crate::queues;
use coldstart_engine::{ApiError, Response};
use serde_json::{Map, Value, json};

/// The answer as the recorder's client library shows it.
pub fn shape(service: &str, operation: &str, answer: &Result<Response, ApiError>) -> Value {
    let metadata = |status: u16| json!({ "HTTPHeaders": {}, "HTTPStatusCode": status });
    let mut all = Map::new();
    match answer {
        Ok(response) => {
            all = response.output.as_object().cloned().unwrap_or_default();
            if (service, operation) == ("lambda", "Invoke") {
                let payload = all
                    .get("Payload")
                    .map_or(json!(""), |payload| payload.get("$text").unwrap_or(payload).clone());
                all.insert("Payload".into(), payload);
            }
            all.insert("ResponseMetadata".into(), metadata(response.status));
        }
        Err(error) => {
            let mut told = Map::new();
            told.insert("Message".into(), json!(error.message));
            told.insert("Code".into(), json!(error.code));
            // Members of errors that the public model knows are shown beside.
            let known = coldstart_engine::model::service(service)
                .is_some_and(|model| model.error_message_member(&error.code).is_some());
            if known {
                all = coldstart_wire::error_body(service, error);
            }
            all.insert("Error".into(), Value::Object(told));
            all.insert("ResponseMetadata".into(), metadata(error.status));
        }
    }
    if service == "sqs" {
        queues::shape(&mut all);
    }
    Value::Object(all)
}

/// `N validation errors detected: A; B` as the recordings' tests take it apart.
pub(super) fn counted(error: &Value) -> Value {
    let message = error["Message"].as_str().unwrap_or_default();
    let (count, errors) = message.split_once(" validation error").unwrap_or(("0", ""));
    let errors = errors.split_once("detected: ").map_or("", |(_, errors)| errors);
    let errors: Vec<&str> = errors.split("; ").collect();
    json!({ "Code": error["Code"], "Count": count.parse::<u64>().unwrap_or(0), "Errors": errors })
}
