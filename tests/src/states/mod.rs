//! Cases of Step Functions, run through the engine's door; those of single expressions by the expression engines.

mod api;
mod execution;
mod expressions;
mod functions;
mod normalise;
mod parts;
mod peer;
mod possible;
mod suite;
mod test_state;

use crate::cloud::{ACCOUNT, Cloud, is_absent};
use crate::data::Outcome;
use crate::kinds::{Context, Run};
use crate::transcript::absence;
use coldstart_engine::ApiError;
use serde_json::{Map, Value, json};

/// The runner of a file of cases under `stepfunctions/`; none when the kind is not known.
pub fn runner(name: &str) -> Option<Run> {
    Some(match name {
        "execution" => execution::standard,
        "express-sync" => execution::express_sync,
        "express-async" => execution::express_async,
        "test-state" => test_state::test_state,
        "create-reject" => api::create_reject,
        "validate" => api::validate,
        "api" => api::script,
        "lint" => expressions::lint,
        "choice-rules-aws" => expressions::choice_rule,
        "intrinsics-aws" => expressions::intrinsic,
        "jsonpath-io-aws" | "jsonata-sfn-aws" => parts::part_of_execution,
        "jsonpath-jayway-sfn" | "jsonpath-cts-and-jayway" => expressions::jayway,
        "jsonata-suite" => suite::case,
        "als-unit" => peer::case,
        _ => return None,
    })
}

/// The role that the recordings use.
pub(crate) fn role() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/sfn-role")
}

/// An ARN of Step Functions in the recordings' account.
pub(crate) fn arn(rest: &str) -> String {
    format!("arn:aws:states:us-east-1:{ACCOUNT}:{rest}")
}

/// The text of a case's definition, as it was sent.
pub(crate) fn definition_text(case: &Value) -> String {
    match case["definitionText"].as_str() {
        Some(text) => text.to_owned(),
        None => python_json(&case["definition"]),
    }
}

/// A call of Step Functions.
pub(crate) fn call(cloud: &mut Cloud, operation: &str, params: Value) -> Result<Value, ApiError> {
    let params: Map<String, Value> = params.as_object().cloned().unwrap_or_default();
    cloud.call("states", operation, params).map(|response| response.output)
}

/// How a case ends whose set-up was refused.
pub(crate) fn refused(operation: &str, error: &ApiError) -> Outcome {
    if is_absent(error) {
        return Outcome::Skipped(absence("states", operation, error));
    }
    Outcome::Failed(format!("{operation} was refused: {error}"))
}

/// A refusal in the recorder's shape.
pub(crate) fn error_json(error: &ApiError) -> Value {
    json!({ "error": { "code": error.code, "message": error.message } })
}

/// JSON as Python writes it, which is what the recorder sent: blanks after commas and colons, only ASCII.
pub(crate) fn python_json(value: &Value) -> String {
    let mut text = String::new();
    write_python(&mut text, value);
    text
}

fn write_python(text: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write_python(text, item);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write_python(text, &Value::String(name.clone()));
                text.push_str(": ");
                write_python(text, member);
            }
            text.push('}');
        }
        Value::String(_) => {
            for c in value.to_string().chars() {
                if c.is_ascii() {
                    text.push(c);
                } else {
                    let mut units = [0; 2];
                    for unit in c.encode_utf16(&mut units) {
                        text.push_str(&format!("\\u{unit:04x}"));
                    }
                }
            }
        }
        other => text.push_str(&other.to_string()),
    }
}

/// The steps that every case with a state machine begins with.
pub(crate) fn cloud_of(case: &Value, context: &Context) -> Cloud {
    let epoch = case["clockStart"].as_str().and_then(coldstart_asl::interpret::Time::parse);
    let epoch_ms = epoch.map_or(1_767_225_600_000, coldstart_asl::interpret::Time::millis);
    Cloud::new(context.sandbox(), epoch_ms)
}
