//! Reading a request's members, and answering in pages.

use super::errors::LogsError;
use super::model::{Group, Logs};
use crate::world::{Params, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) type Answer = Result<Value, LogsError>;

/// A required name; AWS answers for too long ones with a text of its own, not with the model's.
pub(super) fn name<'a>(params: &'a Params, key: &str) -> Result<&'a str, LogsError> {
    let name = text(params, key).unwrap_or_default();
    if name.is_empty() {
        return Err(LogsError::InvalidParameter(format!(
            "1 validation error detected: Value null at '{key}' failed to satisfy constraint: Member must not be null"
        )));
    }
    if name.len() > 512 {
        return Err(LogsError::InvalidParameter(
            "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
                .into(),
        ));
    }
    Ok(name)
}

/// The group that `logGroupName` or `logGroupIdentifier` (a name or an ARN) names.
pub(super) fn group_of<'a>(
    logs: &'a Logs,
    params: &'a Params,
) -> Result<(&'a str, &'a Group), LogsError> {
    let name = match (text(params, "logGroupName"), text(params, "logGroupIdentifier")) {
        (Some(_), Some(_)) => {
            return Err(LogsError::Validation(
                "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
            ));
        }
        (Some(name), None) => name,
        (None, Some(identifier)) => group_name(identifier),
        (None, None) => {
            return Err(LogsError::Validation(
                "Either LogGroup name or LogGroup ARN must be specified.",
            ));
        }
    };
    logs.groups.get(name).map(|group| (name, group)).ok_or(LogsError::GroupNotFound)
}

/// The name in a group's ARN; a name stays as it is.
pub(super) fn group_name(identifier: &str) -> &str {
    match identifier.split_once(":log-group:") {
        Some((_, name)) => name.strip_suffix(":*").unwrap_or(name),
        None => identifier,
    }
}

/// The group of `logGroupName`, to be changed.
pub(super) fn group_mut<'a>(
    logs: &'a mut Logs,
    params: &Params,
) -> Result<&'a mut Group, LogsError> {
    logs.groups.get_mut(name(params, "logGroupName")?).ok_or(LogsError::GroupNotFound)
}

pub(super) fn text<'a>(params: &'a Params, key: &str) -> Option<&'a str> {
    params.get(key).and_then(Value::as_str)
}

pub(super) fn number(params: &Params, key: &str) -> Option<u64> {
    params.get(key).and_then(Value::as_u64)
}

pub(super) fn flag(params: &Params, key: &str) -> bool {
    params.get(key).and_then(Value::as_bool).unwrap_or_default()
}

pub(super) fn texts(map: Option<&Value>) -> BTreeMap<String, String> {
    let entries = map.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// A list's texts.
pub(super) fn list<'a>(params: &'a Params, key: &str) -> impl Iterator<Item = &'a str> {
    params.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// `startTime` is included, `endTime` is not.
pub(super) fn window(params: &Params) -> (u64, u64) {
    (number(params, "startTime").unwrap_or(0), number(params, "endTime").unwrap_or(u64::MAX))
}

/// One page of named things; a token is the position to go on from.
pub(super) fn page<T>(
    all: impl Iterator<Item = T>,
    params: &Params,
    limit_default: u64,
) -> Result<(Vec<T>, Option<String>), LogsError> {
    let limit = number(params, "limit").or_else(|| number(params, "maxResults"));
    let limit = limit.unwrap_or(limit_default).max(1) as usize;
    let from: usize = match text(params, "nextToken") {
        None => 0,
        Some(token) => token.parse().map_err(|_| {
            LogsError::InvalidParameter("The specified nextToken is invalid.".into())
        })?,
    };
    let mut rest = all.skip(from);
    let page: Vec<T> = rest.by_ref().take(limit).collect();
    let next = rest.next().map(|_| (from.saturating_add(limit)).to_string());
    Ok((page, next))
}

/// A page under its name in the answer.
pub(super) fn listed(
    key: &str,
    all: impl Iterator<Item = Value>,
    params: &Params,
    limit_default: u64,
) -> Answer {
    let (page, next) = page(all, params, limit_default)?;
    Ok(with_token(json!({ key: page }), next))
}

pub(super) fn with_token(mut output: Value, token: Option<String>) -> Value {
    if let (Value::Object(map), Some(token)) = (&mut output, token) {
        map.extend(Map::from_iter([("nextToken".to_owned(), Value::String(token))]));
    }
    output
}

/// Puts a member into an object when it is there.
pub(super) fn put_if(output: &mut Value, key: &str, value: Option<&Value>) {
    if let Some(value) = value.filter(|value| !value.is_null()) {
        output[key] = value.clone();
    }
}

pub(super) fn group_arn(world: &World, name: &str) -> String {
    arn(world, "log-group", name)
}

/// `arn:aws:logs:<region>:<account>:<kind>:<name>`.
pub(super) fn arn(world: &World, kind: &str, name: &str) -> String {
    format!("arn:aws:logs:{}:{}:{kind}:{name}", world.config.region, world.config.account)
}
