//! Whether a resource's policy lets a service in.
//!
//! This is the one place that decides it for targets: [`allows`] takes a policy's statements and who asks, and knows nothing else.

use crate::ApiError;
use serde_json::{Map, Value};

/// Who asks for what.
pub(crate) struct Asked<'a> {
    /// Such as `events.amazonaws.com`.
    pub(crate) service: &'a str,
    /// Such as `lambda:InvokeFunction`.
    pub(crate) action: &'a str,
    /// ARN of the rule or topic on whose behalf it asks.
    pub(crate) source_arn: &'a str,
    /// Twelve digits.
    pub(crate) account: &'a str,
}

/// Whether one of the statements allows it and none denies it.
pub(crate) fn allows(statements: &[Value], asked: &Asked<'_>) -> bool {
    let applies = |effect: &str| {
        statements.iter().any(|statement| statement["Effect"] == effect && holds(statement, asked))
    };
    applies("Allow") && !applies("Deny")
}

fn holds(statement: &Value, asked: &Asked<'_>) -> bool {
    let is_named = match &statement["Principal"] {
        Value::String(all) => all == "*",
        principal => any(&principal["Service"], |name| name == asked.service || name == "*"),
    };
    let is_asked = any(&statement["Action"], |action| like(action, asked.action));
    let conditions = statement["Condition"].as_object();
    is_named && is_asked && conditions.is_none_or(|all| all.iter().all(|one| condition(one, asked)))
}

/// A condition of a kind or about a key that is not known does not hold.
fn condition((kind, keys): (&String, &Value), asked: &Asked<'_>) -> bool {
    let Some(keys) = keys.as_object() else { return false };
    keys.iter().all(|(key, wanted)| {
        let given = match key.to_ascii_lowercase().as_str() {
            "aws:sourcearn" => asked.source_arn,
            "aws:sourceaccount" | "aws:sourceowner" => asked.account,
            _ => return false,
        };
        match kind.as_str() {
            "StringEquals" => any(wanted, |wanted| wanted == given),
            "StringEqualsIgnoreCase" => any(wanted, |wanted| wanted.eq_ignore_ascii_case(given)),
            // "ArnEquals and ArnLike behave identically" (IAM, "Amazon Resource Name (ARN) condition operators").
            "StringLike" | "ArnLike" | "ArnEquals" => any(wanted, |wanted| like(wanted, given)),
            _ => false,
        }
    })
}

/// Whether one text, or one of a list, is so.
fn any(value: &Value, is: impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is(text),
        Value::Array(all) => all.iter().filter_map(Value::as_str).any(is),
        _ => false,
    }
}

/// `*` stands for any text, `?` for any one character.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last star, and with which character of the text.
    let mut again: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                again = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match again {
                Some((after, from)) => {
                    again = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// What is answered when a policy does not let a service in.
pub(crate) fn refusal(service: &str, action: &str, resource: &str) -> ApiError {
    ApiError {
        code: "AccessDeniedException".into(),
        status: 403,
        message: Some(format!(
            "{service} is not authorized to perform: {action} on resource: {resource} because no resource-based policy allows the {action} action"
        )),
        extra: Map::new(),
    }
}
