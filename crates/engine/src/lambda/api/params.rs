//! Members of requests: read by type, checked against ranges, or refused by name.

use crate::lambda::errors::LambdaError;
use crate::world::{Params, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The bytes of a blob member: see [`crate::Blob`].
pub(crate) fn blob_bytes(
    world: &World,
    member: &str,
    blob: &Value,
) -> Result<Arc<[u8]>, LambdaError> {
    let part = |key: &str| blob.get(key).and_then(Value::as_str);
    if let Some(text) = part("$text") {
        return Ok(text.as_bytes().into());
    }
    if let Some(sha256) = part("$sha256") {
        return world.blob(sha256).ok_or_else(|| {
            LambdaError::InvalidParameter(format!(
                "{member} names bytes that are not here: SHA-256 {sha256}"
            ))
        });
    }
    let decoded = blob.as_str().and_then(|encoded| STANDARD.decode(encoded).ok());
    decoded
        .map(Into::into)
        .ok_or_else(|| LambdaError::InvalidParameter(format!("{member} is not base64 text")))
}

/// "Number of tags exceeds resource tag limit": 50.
pub(in crate::lambda) fn tags(
    given: Option<&Value>,
) -> Result<BTreeMap<String, String>, LambdaError> {
    let entries = given.and_then(Value::as_object).into_iter().flatten();
    let tags: BTreeMap<_, _> = entries
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    if tags.len() > 50 {
        return Err(LambdaError::InvalidParameter(
            "Number of tags exceeds resource tag limit.".into(),
        ));
    }
    Ok(tags)
}

/// Refuses members outside of `emulated` that say anything.
pub(in crate::lambda) fn refuse_other_members(
    operation: &str,
    params: &Params,
    emulated: &[&str],
) -> Result<(), LambdaError> {
    for (member, value) in params {
        if !emulated.contains(&member.as_str()) && !is_empty(value) {
            return Err(LambdaError::not_emulated(&format!("{member} of {operation}")));
        }
    }
    Ok(())
}

/// Whether a value asks for nothing: nothing at all, or containers of nothing.
pub(in crate::lambda) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
    }
}

pub(in crate::lambda) fn text<'a>(
    params: &'a Params,
    member: &str,
) -> Result<Option<&'a str>, LambdaError> {
    match params.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong_type(member, "a string")),
    }
}

pub(in crate::lambda) fn number(params: &Params, member: &str) -> Result<Option<u64>, LambdaError> {
    match params.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| wrong_type(member, "a whole number")),
    }
}

pub(in crate::lambda) fn object<'a>(
    params: &'a Params,
    member: &str,
) -> Result<Option<&'a Params>, LambdaError> {
    match params.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(wrong_type(member, "a structure")),
    }
}

pub(in crate::lambda) fn ranged(
    params: &Params,
    member: &str,
    path: &str,
    min: u64,
    max: u64,
) -> Result<Option<u64>, LambdaError> {
    let Some(value) = number(params, member)? else { return Ok(None) };
    let (word, bound) = match value {
        value if value < min => ("greater", min),
        value if value > max => ("less", max),
        value => return Ok(Some(value)),
    };
    Err(LambdaError::Validation(format!(
        "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must have value {word} than or equal to {bound}"
    )))
}

pub(in crate::lambda) fn missing(path: &str) -> LambdaError {
    LambdaError::Validation(format!(
        "1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
    ))
}

fn wrong_type(member: &str, expected: &str) -> LambdaError {
    LambdaError::Validation(format!("{member} must be {expected}"))
}
