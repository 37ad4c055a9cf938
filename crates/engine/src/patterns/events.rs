//! EventBridge: event patterns, as rules and `TestEventPattern` read them.

use super::Pattern;
use crate::ApiError;
use serde_json::{Map, Value};

/// Reads a rule's pattern.
///
/// # Errors
/// `InvalidEventPatternException` with what is wrong and where (recorded answers).
pub fn parse(pattern: &str) -> Result<Pattern, ApiError> {
    Pattern::parse(pattern).map_err(|fault| {
        refusal(
            "InvalidEventPatternException",
            format!("Event pattern is not valid. Reason: {fault}"),
        )
    })
}

/// `TestEventPattern`: whether an event matches a pattern, both as JSON texts.
///
/// # Errors
/// `ValidationException` for an event that is no JSON object, else as [`parse`].
pub fn test(pattern: &str, event: &str) -> Result<bool, ApiError> {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    if !event.is_object() {
        return Err(refusal("ValidationException", "Parameter Event is not valid.".to_owned()));
    }
    Ok(parse(pattern)?.matches(&event))
}

fn refusal(code: &str, message: String) -> ApiError {
    ApiError { code: code.to_owned(), status: 400, message: Some(message), extra: Map::new() }
}
