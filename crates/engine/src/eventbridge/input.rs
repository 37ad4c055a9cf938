//! What a target is given: the event, a part of it, a constant, or a template that is filled in.
//!
//! Source: EventBridge "Transforming input"; what becomes of quotes is recorded.

use crate::calendar;
use serde_json::{Map, Value, json};

/// What is known about the rule and the moment.
pub(super) struct About<'a> {
    pub(super) rule_arn: &'a str,
    pub(super) rule_name: &'a str,
    pub(super) now_s: u64,
}

/// The text for a target.
pub(super) fn input(target: &Value, event: &Value, about: &About<'_>) -> String {
    if let Some(input) = target["Input"].as_str() {
        return input.to_owned();
    }
    if let Some(path) = target["InputPath"].as_str() {
        return follow(event, path).unwrap_or_default().to_string();
    }
    match target["InputTransformer"].as_object() {
        Some(transformer) => transform(transformer, event, about),
        None => event.to_string(),
    }
}

/// The steps of `$.a.b[0]['c']`; none when it is no path.
fn steps(path: &str) -> Option<Vec<&str>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            if end == 0 {
                return None;
            }
            steps.push(&after[..end]);
            rest = &after[end..];
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            let quoted = |quote| inside.strip_prefix(quote)?.strip_suffix(quote);
            steps.push(quoted('\'').or_else(|| quoted('"')).unwrap_or(inside));
            rest = after;
        }
    }
    Some(steps)
}

pub(super) fn is_path(path: &str) -> bool {
    steps(path).is_some()
}

/// What a path leads to; `*` collects what it finds everywhere.
fn follow(event: &Value, path: &str) -> Option<Value> {
    walk(event, &steps(path)?)
}

fn walk(value: &Value, steps: &[&str]) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value.clone()) };
    match (value, *step) {
        (Value::Array(all), "*") => {
            Some(all.iter().filter_map(|value| walk(value, rest)).collect())
        }
        (Value::Object(all), "*") => {
            Some(all.values().filter_map(|value| walk(value, rest)).collect())
        }
        (Value::Array(all), index) => {
            let back = index.strip_prefix('-').and_then(|back| back.parse::<usize>().ok());
            let at = match back {
                Some(back) => all.len().checked_sub(back)?,
                None => index.parse().ok()?,
            };
            walk(all.get(at)?, rest)
        }
        (Value::Object(all), name) => walk(all.get(name)?, rest),
        _ => None,
    }
}

/// Refuses a transformer that cannot be used.
pub(super) fn check_transformer(id: &str, transformer: &Value) -> Result<(), String> {
    for (name, path) in transformer["InputPathsMap"].as_object().into_iter().flatten() {
        if name.starts_with("AWS") {
            return Err(format!("InputTransformer for target {id} contains reserved keyword AWS."));
        }
        if !path.as_str().is_some_and(is_path) {
            return Err(format!("Invalid InputTransformer for target {id} : invalid JSONPath."));
        }
    }
    let Some(template) = transformer["InputTemplate"].as_str() else { return Ok(()) };
    let known = transformer["InputPathsMap"].as_object();
    for name in names(template) {
        let is_known =
            name.starts_with("aws.events.") || known.is_some_and(|known| known.contains_key(name));
        if !is_known {
            return Err(format!(
                "InputTemplate for target {id} contains placeholder {name} that is not in InputPathsMap."
            ));
        }
    }
    Ok(())
}

/// Names between `<` and `>`.
fn names(template: &str) -> impl Iterator<Item = &str> {
    let places = template.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    places.map(|(name, _)| name).filter(|name| is_name(name))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn transform(transformer: &Map<String, Value>, event: &Value, about: &About<'_>) -> String {
    let template = transformer.get("InputTemplate").and_then(Value::as_str).unwrap_or_default();
    let paths = transformer.get("InputPathsMap").and_then(Value::as_object);
    let value_of = |name: &str| -> Value {
        match name {
            "aws.events.rule-arn" => json!(about.rule_arn),
            "aws.events.rule-name" => json!(about.rule_name),
            "aws.events.event.ingestion-time" => json!(calendar::iso_seconds(about.now_s)),
            "aws.events.event.json" => event.clone(),
            // "The original event payload … without the detail field".
            "aws.events.event" => {
                let mut event = event.clone();
                if let Value::Object(members) = &mut event {
                    members.shift_remove("detail");
                }
                event
            }
            name => {
                let path = paths.and_then(|paths| paths.get(name)).and_then(Value::as_str);
                // What is not in the event is an empty text (recorded).
                path.and_then(|path| follow(event, path)).unwrap_or_else(|| json!(""))
            }
        }
    };
    let mut out = String::with_capacity(template.len());
    let mut in_text = false;
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        if c == '<'
            && let Some((name, after)) = rest[1..].split_once('>')
            && is_name(name)
        {
            let value = value_of(name);
            match value {
                // Within a text a text stands as it is, and of all else the quotes go (recorded).
                Value::String(text) if in_text => out += &escaped(&text),
                value if in_text => out += &value.to_string().replace('"', ""),
                value => out += &value.to_string(),
            }
            rest = after;
            continue;
        }
        if c == '\\' && in_text {
            let len = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            out += &rest[..len];
            rest = &rest[len..];
            continue;
        }
        in_text ^= c == '"';
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// A text as it stands between quotes.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
