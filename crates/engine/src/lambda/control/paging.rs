//! Lists in pages.

use super::super::api::{self, Answer, respond};
use super::super::errors::LambdaError;
use crate::world::Params;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A page of `items`, which are in the order of their keys. A marker is the base64 of the last key that was shown.
pub(super) fn page(
    member: &str,
    items: Vec<(String, Value)>,
    params: &Params,
    items_max: u64,
) -> Answer {
    let count = api::number(params, "MaxItems")?.unwrap_or(items_max).clamp(1, items_max);
    let after = match api::text(params, "Marker")? {
        None => None,
        Some(marker) => {
            let key = STANDARD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            Some(key.ok_or_else(|| LambdaError::InvalidParameter("Invalid marker".into()))?)
        }
    };
    let mut rest =
        items.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let mut last = None;
    let mut shown = Vec::new();
    for (key, value) in rest.by_ref().take(count as usize) {
        last = Some(key);
        shown.push(value);
    }
    let mut output = json!({});
    output[member] = Value::Array(shown);
    if let (Some(last), Some(_)) = (last, rest.next()) {
        output["NextMarker"] = json!(STANDARD.encode(last));
    }
    respond(200, output)
}
