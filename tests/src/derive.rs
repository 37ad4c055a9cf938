//! Which stub stands in for a function: by the name of its file, or by what it was recorded to answer.

use crate::stub::{Act, Piece, Stub};
use serde_json::{Value, json};

/// The behaviour of the well-known handler files.
pub fn known_behaviour(file: &str) -> Option<Stub> {
    let stem = file.rsplit('/').next()?.split('.').next()?.trim_start_matches("lambda_");
    let text = |text: &str| Piece::Text(text.to_owned());
    Some(match stem {
        "echo" | "python_echo" | "echo_event" => Stub::echo().logging([Piece::Event]),
        "echo_version_env" => {
            let env = |name: &str| Piece::Env(name.to_owned());
            let pieces = [
                text("{\"function_version\": \""),
                env("AWS_LAMBDA_FUNCTION_VERSION"),
                text("\", \"CUSTOM_VAR\": \""),
                env("CUSTOM_VAR"),
                text("\", \"event\": "),
                Piece::Event,
                text("}"),
            ];
            Stub::respond(pieces.clone()).logging(pieces)
        }
        "none" => Stub::constant("null").logging([Piece::Event]),
        "cache" => Stub::respond([text("{\"counter\": "), Piece::Counter, text("}")]),
        "timeout" => {
            Stub { sleeps: true, ..Stub::constant("null").logging([text("starting wait")]) }
        }
        "sleep" | "sleep_environment" => Stub { sleeps: true, ..Stub::respond([Piece::AllEnv]) },
        "cloudwatch_logs" => Stub::constant("null").logging([Piece::FirstText]),
        "multiple_handlers" => {
            Stub::respond([text("{\"handler\": \""), Piece::HandlerName, text("\"}")])
        }
        "response_size" => Stub::respond([text("\""), Piece::Letters, text("\"")]),
        "handler_exit" => Stub::always(Act::Exit(0)),
        "runtime_exit" => Stub { init: Some(Act::Exit(0)), ..Stub::constant("null") },
        _ => return None,
    })
}

/// What code must do to be answered for like this.
///
/// An error that Lambda makes comes from what the code did (time out, exit, respond with too much); any other payload is the
/// code's own text. Values that differ from run to run are taken from where real code takes them, by the member's name.
pub fn act_of(response: &Value) -> Act {
    let payload = &response["Payload"];
    let failed = response.get("FunctionError").is_some();
    let message = payload["errorMessage"].as_str().unwrap_or_default();
    match payload["errorType"].as_str().unwrap_or_default() {
        "Sandbox.Timedout" => Act::Spin,
        _ if failed && message.contains("Task timed out after") => Act::Spin,
        "Runtime.ExitError" => {
            let status = message
                .rsplit_once("exit status ")
                .and_then(|(_, status)| status.trim().parse().ok());
            Act::Exit(status.unwrap_or(0))
        }
        "Function.ResponseSizeTooLarge" => {
            Act::Respond(vec![Piece::Text("\"".into()), Piece::Letters, Piece::Text("\"".into())])
        }
        _ if failed => Act::Fail(pieces(payload)),
        _ => Act::Respond(pieces(payload)),
    }
}

/// What code must do for a destination or a dead-letter queue to get what was recorded, anywhere in an answer.
pub fn act_of_record(answer: &Value) -> Option<Act> {
    match answer {
        Value::Object(members) => {
            if let Some(payload) = members.get("responsePayload") {
                let failed = answer.pointer("/responseContext/functionError").is_some();
                return Some(match failed {
                    true => Act::Fail(pieces(payload)),
                    false => Act::Respond(pieces(payload)),
                });
            }
            let message = answer.pointer("/MessageAttributes/ErrorMessage/StringValue");
            match message.and_then(Value::as_str) {
                Some(message) => Some(failure(message)),
                None => members.values().find_map(act_of_record),
            }
        }
        Value::Array(all) => all.iter().find_map(act_of_record),
        _ => None,
    }
}

/// Whether a step sends an event that asks code to fail, as the recorder's handlers understand it.
pub fn asks_to_fail(step: &Value) -> bool {
    let payload = step.pointer("/params/Payload").and_then(Value::as_str).unwrap_or_default();
    let event: Value = serde_json::from_str(payload).unwrap_or_default();
    ["fail", "raise_error"].iter().any(|member| event[*member] == 1)
}

/// An error that code raised.
pub fn failure(message: &str) -> Act {
    Act::Fail(pieces(&json!({ "errorMessage": message, "errorType": "Exception" })))
}

/// Whether the error came from init code: no request was there to name.
pub fn failed_in_init(response: &Value) -> bool {
    response.get("FunctionError").is_some() && response["Payload"]["requestId"] == ""
}

/// The JSON text of a recorded value, with what differs from run to run left to be filled in.
pub fn pieces(value: &Value) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // A payload that is not JSON's own object was left as its text by the recorder.
    match value {
        Value::String(text) if serde_json::from_str::<Value>(text).is_ok() => {
            push(&mut pieces, text)
        }
        _ => write(&mut pieces, "", value),
    }
    pieces
}

fn write(pieces: &mut Vec<Piece>, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            push(pieces, "{");
            for (index, (name, value)) in members.iter().enumerate() {
                push(pieces, if index == 0 { "" } else { ", " });
                push(pieces, &format!("{}: ", Value::String(name.clone())));
                write(pieces, name, value);
            }
            push(pieces, "}");
        }
        Value::Array(values) => {
            push(pieces, "[");
            for (index, value) in values.iter().enumerate() {
                push(pieces, if index == 0 { "" } else { ", " });
                write(pieces, "", value);
            }
            push(pieces, "]");
        }
        Value::String(text) => {
            let source = source_of(name).filter(|_| !text.is_empty());
            if let Some(source) = source {
                push(pieces, "\"");
                pieces.push(source);
                push(pieces, "\"");
            } else {
                let text = text.replace("<region>", "us-east-1").replace("<partition>", "aws");
                push(pieces, &Value::String(text).to_string());
            }
        }
        // A number that the runtime knows, such as the memory setting.
        Value::Number(_) => match source_of(name) {
            Some(source) => pieces.push(source),
            None => push(pieces, &value.to_string()),
        },
        other => push(pieces, &other.to_string()),
    }
}

/// Where code gets what a context object holds.
fn source_of(name: &str) -> Option<Piece> {
    let env = |name: &str| Some(Piece::Env(name.to_owned()));
    match name {
        "aws_request_id" | "awsRequestId" | "requestId" | "request_id" => {
            Some(Piece::Meta("requestId"))
        }
        "invoked_function_arn" | "invokedFunctionArn" | "invoked_arn" => {
            Some(Piece::Meta("functionArn"))
        }
        "deadline" => Some(Piece::Meta("deadlineMs")),
        "function_name" | "functionName" => env("AWS_LAMBDA_FUNCTION_NAME"),
        "function_version" | "functionVersion" | "version_from_ctx" => {
            env("AWS_LAMBDA_FUNCTION_VERSION")
        }
        "log_group_name" | "logGroupName" => env("AWS_LAMBDA_LOG_GROUP_NAME"),
        "log_stream_name" | "logStreamName" => env("AWS_LAMBDA_LOG_STREAM_NAME"),
        "memory_limit_in_mb" | "memoryLimitInMB" => env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        _ => None,
    }
}

fn push(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}
