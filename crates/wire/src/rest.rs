//! REST-JSON requests: which operation, and where each of its members travels.

use crate::text::{percent_decode, query_pairs};
use crate::{blob_value, object, refusal, request};
use coldstart_engine::model::{self, Location, Operation, Protocol, Service, ShapeKind};
use coldstart_engine::{ApiError, Request};
use serde_json::{Map, Value};

pub(crate) fn decode(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Request, ApiError> {
    let segments: Vec<String> =
        path.trim_matches('/').split('/').map(|segment| percent_decode(segment, false)).collect();
    let query = query_pairs(query);
    let Some((service, name, operation, labels)) = find(method, &segments, &query) else {
        let message =
            format!("Unable to determine service/operation name to be authorized: {method} {path}");
        return Err(refusal("UnknownOperationException", 404, message));
    };
    let mut params = Map::new();
    let mut in_body = false;
    for member in service.input_members(operation) {
        let kind = service.shape(&member.shape).map(|shape| &shape.kind);
        let value = match member.location {
            Location::Uri => labels
                .iter()
                .find(|(label, _)| *label == member.wire_name)
                .map(|(_, text)| scalar(kind, text)),
            Location::Query => from_query(kind, &member.wire_name, &query),
            Location::Header => headers
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(&member.wire_name))
                .map(|(_, text)| scalar(kind, text)),
            Location::Payload if body.is_empty() => None,
            Location::Payload if matches!(kind, Some(ShapeKind::Blob)) => Some(blob_value(body)),
            Location::Payload => Some(Value::Object(object(body).map_err(unreadable)?)),
            Location::Body => {
                in_body = true;
                None
            }
            Location::Status => None,
        };
        if let Some(value) = value {
            params.insert(member.name.clone(), value);
        }
    }
    if in_body {
        let mut given = object(body).map_err(unreadable)?;
        for member in service.input_members(operation) {
            // Members that are not in the model are passed over, as AWS's servers do.
            if member.location == Location::Body
                && let Some(value) = given.remove(&member.name)
            {
                params.insert(member.name.clone(), value);
            }
        }
    }
    Ok(request(&service.name, name, params))
}

type Labels = Vec<(String, String)>;

/// The operation that listens at this method and path. Of several the one with the most fixed parts.
fn find(
    method: &str,
    segments: &[String],
    query: &[(String, String)],
) -> Option<(&'static Service, &'static str, &'static Operation, Labels)> {
    let mut best: Option<(usize, _)> = None;
    for service in model::SERVICES.iter().filter_map(|name| model::service(name)) {
        if service.protocol != Protocol::RestJson {
            continue;
        }
        for (name, operation) in
            service.operations.iter().filter(|(_, operation)| operation.method == method)
        {
            if let Some((fixed, labels)) = fits(&operation.uri, segments, query)
                && best.as_ref().is_none_or(|(most, _)| fixed > *most)
            {
                best = Some((fixed, (service, name.as_str(), operation, labels)));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// How many fixed parts of the template the path has, and what stands for its labels; none when it does not fit.
fn fits(
    template: &str,
    segments: &[String],
    query: &[(String, String)],
) -> Option<(usize, Labels)> {
    let (path, fixed_query) = template.split_once('?').unwrap_or((template, ""));
    let mut fixed = 0;
    for (name, value) in query_pairs(fixed_query) {
        if !query.iter().any(|pair| *pair == (name.clone(), value.clone())) {
            return None;
        }
        fixed += 1;
    }
    let wanted: Vec<&str> = path.trim_matches('/').split('/').collect();
    if wanted.len() != segments.len() {
        return None;
    }
    let mut labels = Vec::new();
    for (wanted, given) in wanted.iter().zip(segments) {
        match wanted.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
            Some(_) if given.is_empty() => return None,
            Some(label) => labels.push((label.trim_end_matches('+').to_owned(), given.clone())),
            None if wanted == given => fixed += 1,
            None => return None,
        }
    }
    Some((fixed, labels))
}

fn from_query(kind: Option<&ShapeKind>, name: &str, query: &[(String, String)]) -> Option<Value> {
    let mut values = query.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
    if let Some(ShapeKind::List { .. }) = kind {
        let all: Vec<Value> = values.map(|value| Value::String(value.clone())).collect();
        return (!all.is_empty()).then_some(Value::Array(all));
    }
    values.next().map(|text| scalar(kind, text))
}

/// A text of path, query or header as its member's type. What does not fit stays text: the door says what is wrong with it.
fn scalar(kind: Option<&ShapeKind>, text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    match kind {
        Some(ShapeKind::Integer | ShapeKind::Long) => {
            text.parse::<i64>().map_or_else(|_| as_text(), Value::from)
        }
        Some(ShapeKind::Boolean) => text.parse::<bool>().map_or_else(|_| as_text(), Value::from),
        _ => as_text(),
    }
}

fn unreadable(error: String) -> ApiError {
    refusal(
        "InvalidRequestContentException",
        400,
        format!("Could not parse request body into json: {error}"),
    )
}
