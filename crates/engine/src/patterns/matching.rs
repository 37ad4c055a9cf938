//! Whether a value is of a pattern's form.
//!
//! Invariant: every pair of a part of the pattern and a part of the value is looked at once, so that nothing explodes.
//!
//! Conditions on the members of one object hold of one and the same element of an array, as AWS's matcher keeps it. That a
//! path is absent is said of the whole value, wherever its arrays lead.

use super::parse::{Field, Is, Node, Pattern, folded, segments};
use serde_json::{Map, Value};

impl Pattern {
    /// Whether the value matches.
    pub fn matches(&self, value: &Value) -> bool {
        let flat;
        let value = if has_dots(value) {
            flat = undotted(value);
            &flat
        } else {
            value
        };
        let absent: Vec<bool> = self.absent.iter().map(|path| !has_leaf(value, path)).collect();
        of_node(&self.root, Some(value), &absent)
    }
}

fn of_node(node: &Node, value: Option<&Value>, absent: &[bool]) -> bool {
    match value {
        Some(Value::Object(members)) => of_object(node, Some(members), absent),
        Some(Value::Array(all)) if holds_object(all) => all
            .iter()
            .any(|one| (one.is_object() || one.is_array()) && of_node(node, Some(one), absent)),
        _ => of_object(node, None, absent),
    }
}

fn holds_object(all: &[Value]) -> bool {
    all.iter().any(|one| match one {
        Value::Object(_) => true,
        Value::Array(inner) => holds_object(inner),
        _ => false,
    })
}

fn of_object(node: &Node, members: Option<&Map<String, Value>>, absent: &[bool]) -> bool {
    let of_field = |(name, field): &(String, Field)| {
        let value = members.and_then(|members| members.get(name));
        field.leaf.as_ref().is_none_or(|leaf| of_leaf(leaf, value, absent))
            && field.below.as_ref().is_none_or(|below| of_node(below, value, absent))
    };
    let of_group = |group: &Vec<Node>| group.iter().any(|node| of_object(node, members, absent));
    node.fields.iter().all(of_field) && node.groups.iter().all(of_group)
}

fn of_leaf(leaf: &[Is], value: Option<&Value>, absent: &[bool]) -> bool {
    if leaf.iter().any(|is| matches!(is, Is::Absent(number) if absent.get(*number) == Some(&true)))
    {
        return true;
    }
    match value {
        None | Some(Value::Object(_)) => false,
        Some(Value::Array(all)) => all.iter().any(|one| of_leaf(leaf, Some(one), &[])),
        Some(value) => leaf.iter().any(|is| holds(is, value)),
    }
}

fn holds(is: &Is, value: &Value) -> bool {
    let text = value.as_str();
    let is_text = |test: &dyn Fn(&str) -> bool| text.is_some_and(test);
    match is {
        Is::Text(wanted) => text == Some(wanted),
        Is::Number(wanted) => value.as_f64() == Some(*wanted),
        Is::True => value == &Value::Bool(true),
        Is::False => value == &Value::Bool(false),
        Is::Null => value.is_null(),
        Is::Prefix(prefix) => is_text(&|text| text.starts_with(prefix.as_str())),
        Is::PrefixIgnoringCase(prefix) => {
            is_text(&|text| folded(text).starts_with(prefix.as_str()))
        }
        Is::Suffix(suffix) => is_text(&|text| text.ends_with(suffix.as_str())),
        Is::SuffixIgnoringCase(suffix) => is_text(&|text| folded(text).ends_with(suffix.as_str())),
        Is::IgnoringCase(wanted) => is_text(&|text| folded(text) == *wanted),
        Is::Like(glob) => is_text(&|text| glob.matches(text)),
        Is::Cidr(cidr) => is_text(&|text| cidr.holds(text)),
        Is::Range(low, high) => value.as_f64().is_some_and(|number| {
            low.is_none_or(|(bound, open)| number > bound || (!open && number == bound))
                && high.is_none_or(|(bound, open)| number < bound || (!open && number == bound))
        }),
        Is::Exists => true,
        // Looked at before, for the whole value.
        Is::Absent(_) => false,
        Is::AnythingBut(all) => !all.iter().any(|is| holds(is, value)),
    }
}

/// Whether a path leads to a leaf somewhere.
fn has_leaf(value: &Value, path: &[String]) -> bool {
    match (value, path.split_first()) {
        (Value::Array(all), _) => all.iter().any(|one| has_leaf(one, path)),
        (Value::Object(members), Some((first, rest))) => {
            members.get(first).is_some_and(|value| has_leaf(value, rest))
        }
        (Value::Object(_), None) => false,
        (_, rest) => rest.is_none(),
    }
}

fn has_dots(value: &Value) -> bool {
    match value {
        Value::Array(all) => all.iter().any(has_dots),
        Value::Object(members) => {
            members.iter().any(|(name, value)| name.contains('.') || has_dots(value))
        }
        _ => false,
    }
}

/// The value with members within members where names have dots.
fn undotted(value: &Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.iter().map(undotted).collect()),
        Value::Object(members) => {
            let mut out = Map::new();
            for (name, value) in members {
                let parts: Vec<&str> = segments(name).collect();
                insert(&mut out, &parts, undotted(value));
            }
            Value::Object(out)
        }
        other => other.clone(),
    }
}

fn insert(into: &mut Map<String, Value>, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    match (into.get_mut(*first), rest.is_empty(), value) {
        (Some(Value::Object(known)), true, Value::Object(more)) => {
            more.into_iter().for_each(|(name, value)| insert(known, &[name.as_str()], value));
        }
        (_, true, value) => drop(into.insert((*first).to_owned(), value)),
        (Some(Value::Object(known)), false, value) => insert(known, rest, value),
        (_, false, value) => {
            let mut below = Map::new();
            insert(&mut below, rest, value);
            into.insert((*first).to_owned(), Value::Object(below));
        }
    }
}
