//! The fields of a log event: what every event has, what Lambda's lines tell, and what is found in JSON.
//!
//! Source: "Supported logs and discovered fields". Of several pieces of JSON in an event only the first is looked at.

use super::super::model::StoredEvent;
use super::expr::Val;
use serde_json::{Map, Value};
use std::cell::OnceCell;

/// Fields that are found in an event at most, and levels of JSON ("up to 200 log event fields").
const FIELDS_MAX: usize = 200;
const DEPTH_MAX: usize = 16;

/// Where an event stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) group: &'a str,
    pub(super) stream: &'a str,
    pub(super) event: &'a StoredEvent,
}

/// A row of a query: an event with what was computed of it, or a group of rows.
pub(super) struct Row<'a> {
    pub(super) place: Option<Place<'a>>,
    /// Computed fields; the last of a name counts.
    pub(super) fields: Vec<(String, Val)>,
    account: &'a str,
    json: OnceCell<Value>,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        account: &'a str,
        place: Option<Place<'a>>,
        fields: Vec<(String, Val)>,
    ) -> Self {
        Self { place, fields, account, json: OnceCell::new() }
    }

    pub(super) fn get(&self, name: &str) -> Val {
        if let Some((_, value)) = self.fields.iter().rev().find(|(known, _)| known == name) {
            return value.clone();
        }
        let Some(place) = &self.place else { return Val::Nothing };
        let message = place.event.message.as_str();
        match name {
            "@message" => Val::Text(message.to_owned()),
            "@timestamp" => Val::Time(place.event.at.timestamp_ms),
            "@ingestionTime" => Val::Time(place.event.ingested_ms),
            "@logStream" => Val::Text(place.stream.to_owned()),
            "@log" => Val::Text(format!("{}:{}", self.account, place.group)),
            "@ptr" => Val::Text(pointer(place)),
            _ if name.starts_with('@') => of_lambda(name, message),
            _ => read(self.json.get_or_init(|| fragment(message)), name),
        }
    }

    /// Names of all fields that the event itself has.
    pub(super) fn names(&self) -> Vec<String> {
        let Some(place) = &self.place else { return Vec::new() };
        let mut names: Vec<String> =
            ["@timestamp", "@message", "@logStream", "@log", "@ingestionTime"]
                .map(str::to_owned)
                .into();
        let lambda = LAMBDA_FIELDS
            .iter()
            .filter(|name| of_lambda(name, &place.event.message) != Val::Nothing);
        names.extend(lambda.map(|name| (*name).to_owned()));
        let json = self.json.get_or_init(|| fragment(&place.event.message));
        flatten(json, "", 0, &mut names);
        names
    }
}

/// The first piece of JSON in a message; null when there is none.
fn fragment(message: &str) -> Value {
    let begin = message.find('{').and_then(|at| message.get(at..));
    let first =
        begin.and_then(|text| serde_json::Deserializer::from_str(text).into_iter::<Value>().next());
    first.and_then(Result::ok).unwrap_or_default()
}

fn flatten(value: &Value, prefix: &str, depth: usize, names: &mut Vec<String>) {
    let mut visit = |name: &str, value: &Value| {
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        if (value.is_object() || value.is_array()) && depth < DEPTH_MAX {
            flatten(value, &path, depth + 1, names);
        } else if names.len() < FIELDS_MAX {
            names.push(path);
        }
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| visit(name, value)),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(at, value)| visit(&at.to_string(), value));
        }
        _ => {}
    }
}

/// `a.b.0.c` in JSON; a member's own name may have dots.
fn read(json: &Value, path: &str) -> Val {
    let found = match json {
        Value::Object(members) => find(members, path),
        _ => None,
    };
    match found {
        None | Some(Value::Null) => Val::Nothing,
        Some(Value::Bool(value)) => Val::Bool(*value),
        Some(Value::Number(number)) => number.as_f64().map_or(Val::Nothing, Val::Number),
        Some(Value::String(text)) => Val::Text(text.clone()),
        Some(other) => Val::Text(other.to_string()),
    }
}

fn find<'v>(members: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    if let Some(value) = members.get(path) {
        return Some(value);
    }
    let mut dots = path.match_indices('.').map(|(at, _)| at);
    dots.find_map(|at| {
        let mut value = members.get(&path[..at])?;
        let mut rest = &path[at + 1..];
        while let Value::Array(elements) = value {
            let (index, after) = rest.split_once('.').unwrap_or((rest, ""));
            value = elements.get(index.parse::<usize>().ok()?)?;
            rest = after;
            if rest.is_empty() {
                return Some(value);
            }
        }
        value.as_object().and_then(|inner| find(inner, rest))
    })
}

const LAMBDA_FIELDS: [&str; 8] = [
    "@requestId",
    "@duration",
    "@billedDuration",
    "@initDuration",
    "@maxMemoryUsed",
    "@memorySize",
    "@type",
    "@xrayTraceId",
];

/// What Lambda's lines in the text format tell. Memory is in bytes of a million to the megabyte, as AWS's sample queries undo it.
fn of_lambda(name: &str, message: &str) -> Val {
    let kind = ["START", "END", "REPORT"].into_iter().find(|kind| {
        message.strip_prefix(kind).is_some_and(|rest| rest.starts_with(" RequestId: "))
    });
    let after = |label: &str| {
        let part = message.split('\t').find_map(|part| part.trim_end().strip_prefix(label))?;
        part.split(' ').next()?.parse::<f64>().ok()
    };
    let megabytes = |label: &str| after(label).map(|mb| Val::Number(mb * 1_000_000.0));
    let found = match name {
        "@type" => kind.map(|kind| Val::Text(kind.into())),
        "@requestId" => request_id(message).map(|id| Val::Text(id.into())),
        "@duration" if kind == Some("REPORT") => after("Duration: ").map(Val::Number),
        "@billedDuration" if kind == Some("REPORT") => after("Billed Duration: ").map(Val::Number),
        "@initDuration" if kind == Some("REPORT") => after("Init Duration: ").map(Val::Number),
        "@memorySize" if kind == Some("REPORT") => megabytes("Memory Size: "),
        "@maxMemoryUsed" if kind == Some("REPORT") => megabytes("Max Memory Used: "),
        "@xrayTraceId" => message
            .split_once("XRAY TraceId: ")
            .map(|(_, rest)| Val::Text(rest.split_whitespace().next().unwrap_or_default().into())),
        _ => None,
    };
    found.unwrap_or(Val::Nothing)
}

/// `RequestId: <id>`, or an id as one of the fields between tabs, as loggers write it.
fn request_id(message: &str) -> Option<&str> {
    let labelled = message.split_once("RequestId: ").map(|(_, rest)| rest);
    let mut places = labelled.into_iter().chain(message.split('\t').take(4));
    places.find_map(|text| text.get(..36).filter(|id| is_uuid(id)))
}

fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// `@ptr`: names the event to GetLogRecord. AWS does not say what is in its own.
pub(super) fn pointer(place: &Place<'_>) -> String {
    use base64::Engine as _;
    let at = place.event.at;
    let text = format!("{}\n{}\n{}\n{}", place.group, place.stream, at.timestamp_ms, at.sequence);
    base64::prelude::BASE64_STANDARD.encode(text)
}
