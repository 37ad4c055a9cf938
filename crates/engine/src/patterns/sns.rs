//! Filter policies of SNS subscriptions.

use super::parse::{Field, Node};
use super::{Fault, Pattern};
use serde_json::{Map, Value};

/// What a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// The message's attributes.
    #[default]
    MessageAttributes,
    /// The message itself, as JSON.
    MessageBody,
}

/// Why a policy is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// What stands behind `FilterPolicy: `.
    Policy(String),
    /// What stands behind `Invalid parameter: ` alone.
    Plain(String),
}

/// A policy that is in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pattern: Pattern,
    scope: Scope,
}

/// "A filter policy can have a maximum of five attribute names" (SNS, "Filter policy constraints").
const KEYS_MAX: usize = 5;
/// "The total combination of values must not exceed 150" (ibid.).
const COMBINATIONS_MAX: u64 = 150;

/// Reads a `FilterPolicyScope`.
///
/// # Errors
/// The text that follows `Invalid parameter: FilterPolicyScope: ` (recorded).
pub fn scope(text: &str) -> Result<Scope, String> {
    match text {
        "MessageAttributes" => Ok(Scope::MessageAttributes),
        "MessageBody" => Ok(Scope::MessageBody),
        other => Err(format!(
            "Invalid value [{other}]. Please use either MessageBody or MessageAttributes"
        )),
    }
}

impl Policy {
    /// Reads a policy. SNS writes its text anew before it looks, so that places are those in a text without spaces (recorded).
    ///
    /// # Errors
    /// Why SNS refuses it.
    pub fn parse(text: &str, scope: Scope) -> Result<Self, Refusal> {
        let compact = serde_json::from_str::<Value>(text)
            .map_or_else(|_| text.to_owned(), |policy| policy.to_string());
        let refuse = |fault: Fault| Refusal::Policy(fault.to_string());
        let pattern = Pattern::parse(&compact).map_err(refuse)?;
        if scope == Scope::MessageAttributes && is_nested(&pattern.root) {
            return Err(Refusal::Plain(
                "Filter policy scope MessageAttributes does not support nested filter policy"
                    .to_owned(),
            ));
        }
        let mut names = Vec::new();
        leaves(&pattern.root, "", &mut names);
        names.sort_unstable();
        names.dedup();
        if names.len() > KEYS_MAX {
            return Err(Refusal::Policy(format!(
                "Filter policy can not have more than {KEYS_MAX} keys"
            )));
        }
        if combinations(&pattern.root, 1) > COMBINATIONS_MAX {
            return Err(Refusal::Policy("Filter policy is too complex".to_owned()));
        }
        Ok(Self { pattern, scope })
    }

    /// Whether a message is for the subscriber. `attributes` are as `Publish` takes them, by name with `DataType` and
    /// `StringValue`; a message body that is no JSON object matches no policy about bodies.
    pub fn accepts(&self, body: &str, attributes: &Map<String, Value>) -> bool {
        match self.scope {
            Scope::MessageBody => serde_json::from_str::<Value>(body)
                .is_ok_and(|body| body.is_object() && self.pattern.matches(&body)),
            Scope::MessageAttributes => {
                let values =
                    attributes.iter().map(|(name, attribute)| (name.clone(), value(attribute)));
                self.pattern.matches(&Value::Object(values.collect()))
            }
        }
    }
}

/// An attribute as patterns see it: numbers and arrays of strings are JSON, all else is text.
fn value(attribute: &Value) -> Value {
    let text = attribute["StringValue"].as_str().unwrap_or_default();
    match attribute["DataType"].as_str().and_then(|kind| kind.split('.').next()) {
        Some("Number") => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        Some("String") if attribute["DataType"] == "String.Array" => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
        }
        _ => Value::from(text),
    }
}

fn is_nested(node: &Node) -> bool {
    node.fields.iter().any(|(_, field)| field.below.is_some())
        || node.groups.iter().flatten().any(is_nested)
}

/// Names of the leaves, with their paths.
fn leaves(node: &Node, path: &str, into: &mut Vec<String>) {
    for (name, Field { leaf, below }) in &node.fields {
        let path = format!("{path}.{name}");
        if leaf.is_some() {
            into.push(path.clone());
        }
        if let Some(below) = below {
            leaves(below, &path, into);
        }
    }
    node.groups.iter().flatten().for_each(|node| leaves(node, path, into));
}

/// The product of the keys' numbers of values, each times its depth; alternatives add up.
fn combinations(node: &Node, depth: u64) -> u64 {
    let of_field = |(_, field): &(String, Field)| {
        let own = field.leaf.as_ref().map_or(1, |leaf| (leaf.len() as u64).saturating_mul(depth));
        own.saturating_mul(field.below.as_ref().map_or(1, |below| combinations(below, depth + 1)))
    };
    let of_group = |group: &Vec<Node>| {
        group.iter().fold(0_u64, |sum, node| sum.saturating_add(combinations(node, depth)))
    };
    let fields = node.fields.iter().map(of_field);
    fields.chain(node.groups.iter().map(of_group)).fold(1, u64::saturating_mul)
}
