//! What AWS's messages owe to the Java behind them: how values print and in which order sets do.

use super::{Service, Shape, ShapeKind};
use serde_json::Value;

/// `HashSet<String>`'s order, in which AWS lists the values of an enumeration.
///
/// Recorded answers fit a table of 32 buckets that doubles past a load of 3/4 (25 runtimes: 64).
pub(super) fn set_order<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    in_set_order(values.into_iter().collect())
}

fn in_set_order(mut values: Vec<&str>) -> Vec<&str> {
    let mut buckets = 32_usize;
    while values.len() > buckets * 3 / 4 {
        buckets *= 2;
    }
    values.sort_by_key(|value| {
        let hash = value
            .encode_utf16()
            .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
        (hash ^ (hash >> 16)) as usize & (buckets - 1)
    });
    values
}

/// `functionName` of `FunctionName`.
pub(super) fn camel(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + chars.as_str())
}

/// `toString` of a value of this shape.
pub(super) fn print(service: &Service, shape: &Shape, value: &Value) -> String {
    let of = |name: &str, value: &Value| match service.shape(name) {
        Some(shape) => print(service, shape, value),
        None => value.to_string(),
    };
    match (&shape.kind, value) {
        (_, Value::Null) => "null".to_owned(),
        (ShapeKind::List { of: element }, Value::Array(values)) => {
            format!(
                "[{}]",
                values.iter().map(|value| of(element, value)).collect::<Vec<_>>().join(", ")
            )
        }
        (ShapeKind::Map { of: element, .. }, Value::Object(values)) => {
            let pairs = values.iter().map(|(key, value)| format!("{key}={}", of(element, value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        (ShapeKind::Structure { members, .. }, Value::Object(values)) => {
            let printed = members.iter().map(|member| {
                let value = values.get(&member.name).unwrap_or(&Value::Null);
                format!("{}={}", camel(&member.name), of(&member.shape, value))
            });
            format!("{}({})", shape.name, printed.collect::<Vec<_>>().join(", "))
        }
        (ShapeKind::Blob, _) => {
            let bytes = super::check::blob_len(value).unwrap_or(0);
            format!("java.nio.HeapByteBuffer[pos=0 lim={bytes} cap={bytes}]")
        }
        (_, Value::String(text)) => text.clone(),
        _ => value.to_string(),
    }
}
