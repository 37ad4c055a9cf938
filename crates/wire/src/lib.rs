//! AWS protocols over HTTP, to and from engine requests, driven by the service models.
//!
//! [`decode`] takes an HTTP request apart into the engine's [`Request`]; [`encode`] puts an answer into HTTP. No sockets
//! here: the host owns them. Lambda speaks REST-JSON (method, path, query, headers, body), Logs JSON 1.1 (`X-Amz-Target`), Step
//! Functions JSON 1.0.
//!
//! Invariant: no request, however odd, panics; what cannot be read is refused with AWS's code.
//! Invariant: nothing is checked here that the engine's door checks; this is only about where a member travels.

mod rest;
mod text;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use coldstart_engine::model::{self, Location, Protocol};
use coldstart_engine::{ApiError, Principal, Request, Response};
use serde_json::{Map, Value, json};

/// An answer as HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// Status.
    pub status: u16,
    /// Names as AWS spells them, in order.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// Reads an HTTP request. `path` and `query` are as on the wire (percent-encoded, `query` without `?`); header names may have any case.
///
/// # Errors
/// `UnknownOperationException` when nothing listens there, `SerializationException` or `InvalidRequestContentException` when
/// the body cannot be read.
pub fn decode(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Request, ApiError> {
    let header = |name: &str| {
        headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    };
    match header("x-amz-target") {
        Some(target) => decode_json(target, body),
        None => rest::decode(method, path, query, headers, body),
    }
}

fn decode_json(target: &str, body: &[u8]) -> Result<Request, ApiError> {
    let unknown =
        || refusal("UnknownOperationException", 400, format!("Unknown operation {target}"));
    let (prefix, operation) = target.rsplit_once('.').ok_or_else(unknown)?;
    let service = model::SERVICES
        .iter()
        .filter_map(|name| model::service(name))
        .find(|service| {
            service.protocol != Protocol::RestJson && service.target.as_deref() == Some(prefix)
        })
        .ok_or_else(unknown)?;
    // An operation that the model does not know is still named to the engine, which says what it does not have.
    let params = object(body).map_err(|error| refusal("SerializationException", 400, error))?;
    Ok(request(&service.name, operation, params))
}

/// The JSON object in a body; an empty body is an empty object.
fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err("Unexpected field type".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn request(service: &str, operation: &str, params: Map<String, Value>) -> Request {
    Request {
        service: service.to_owned(),
        operation: operation.to_owned(),
        params: Value::Object(params),
        principal: Principal::User,
    }
}

/// Puts an answer to an operation into HTTP.
pub fn encode(service: &str, operation: &str, answer: &Result<Response, ApiError>) -> HttpResponse {
    let protocol = model::service(service).map_or(Protocol::Json, |service| service.protocol);
    match answer {
        Ok(response) => encode_success(service, operation, protocol, response),
        Err(error) => encode_error(service, protocol, error),
    }
}

fn encode_success(
    service: &str,
    operation: &str,
    protocol: Protocol,
    response: &Response,
) -> HttpResponse {
    let mut members = response.output.as_object().cloned().unwrap_or_default();
    let mut headers = vec![("Content-Type".to_owned(), content_type(protocol).to_owned())];
    let mut status = response.status;
    let mut payload = None;
    for place in
        model::operation(service, operation).map(|op| op.output.as_slice()).unwrap_or_default()
    {
        let value = members.remove(&place.member);
        match (place.location, value) {
            (Location::Status, Some(value)) => {
                status =
                    value.as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(status);
            }
            (Location::Header, Some(value)) if !value.is_null() => {
                headers.push((
                    place.wire_name.clone(),
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                ));
            }
            (Location::Payload, value) => {
                payload = Some(value.map_or_else(Vec::new, |value| blob_bytes(&value)))
            }
            _ => {}
        }
    }
    let body = match payload {
        Some(payload) => payload,
        // Accepted and deleted: nothing to say.
        None if members.is_empty() && matches!(status, 202 | 204) => Vec::new(),
        None if members.is_empty() && protocol == Protocol::Json => Vec::new(),
        None => Value::Object(members).to_string().into_bytes(),
    };
    finish(status, headers, body)
}

fn encode_error(service: &str, protocol: Protocol, error: &ApiError) -> HttpResponse {
    let mut headers = vec![("Content-Type".to_owned(), content_type(protocol).to_owned())];
    // SQS answered in the query protocol before: its errors keep their older codes in a header, by which SDKs name them.
    let kind = match service {
        "sqs" => {
            let fault = if error.status < 500 { "Sender" } else { "Receiver" };
            headers.push(("x-amzn-query-error".to_owned(), format!("{};{fault}", error.code)));
            format!("com.amazonaws.sqs#{}", coldstart_engine::sqs::query_error(&error.code))
        }
        _ => error.code.clone(),
    };
    headers.push(("x-amzn-ErrorType".to_owned(), kind.clone()));
    let mut body = error_body(service, error);
    if let Some(Value::String(seconds)) = body.remove("retryAfterSeconds") {
        headers.push(("Retry-After".to_owned(), seconds));
    }
    if protocol != Protocol::RestJson {
        let mut typed = Map::new();
        typed.insert("__type".to_owned(), json!(kind));
        typed.extend(body);
        body = typed;
    }
    finish(error.status, headers, Value::Object(body).to_string().into_bytes())
}

fn finish(status: u16, mut headers: Vec<(String, String)>, body: Vec<u8>) -> HttpResponse {
    headers.push(("Content-Length".to_owned(), body.len().to_string()));
    HttpResponse { status, headers, body }
}

fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::RestJson => "application/json",
        Protocol::Json => "application/x-amz-json-1.1",
        Protocol::Json10 => "application/x-amz-json-1.0",
    }
}

/// The members of an error's body: the message under the name that the error's shape gives it (Lambda says `Message` for
/// some), `Type` where it has one, and what the error brings along.
pub fn error_body(service: &str, error: &ApiError) -> Map<String, Value> {
    let model = model::service(service);
    let mut body = error.extra.clone();
    if model.is_some_and(|model| model.error_has_type(&error.code)) && !body.contains_key("Type") {
        body.insert("Type".to_owned(), json!(if error.status < 500 { "User" } else { "Service" }));
    }
    let name = model.and_then(|model| model.error_message_member(&error.code)).unwrap_or("message");
    if let Some(message) = &error.message
        && !body.contains_key("message")
        && !body.contains_key("Message")
    {
        body.insert(name.to_owned(), json!(message));
    }
    body
}

/// Bytes as a blob in [`Request::params`]: text where it is text.
fn blob_value(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => coldstart_engine::Blob::text(text),
        Err(_) => Value::String(STANDARD.encode(bytes)),
    }
}

/// The bytes of a blob in an answer.
fn blob_bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Object(object) => {
            object.get("$text").and_then(Value::as_str).unwrap_or_default().as_bytes().to_vec()
        }
        Value::String(base64) => STANDARD.decode(base64).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn refusal(code: &str, status: u16, message: String) -> ApiError {
    ApiError { code: code.to_owned(), status, message: Some(message), extra: Map::new() }
}

#[cfg(test)]
mod tests;
