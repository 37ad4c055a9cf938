//! Patterns for events that are JSON objects: `{ $.latency > 500 && $.user = "*admin" }`.

use super::test::Test;
use serde_json::{Map, Value};

/// Parentheses within parentheses. A pattern has at most 1,024 characters.
const DEPTH_MAX: usize = 64;

/// A condition.
#[derive(Debug)]
pub(crate) enum Selection {
    All(Vec<Selection>),
    Any(Vec<Selection>),
    Compare(Selector, Test),
    IsNull(Selector),
    IsBool(Selector, bool),
    NotExists(Selector),
}

/// `$.a.b[0]`, as it was written and taken apart.
#[derive(Debug)]
pub(crate) struct Selector {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Index(usize),
    /// `*` of members, `[*]` of elements.
    Each,
}

impl Selection {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix('{')?;
        let (selection, rest) = any(inner, 0)?;
        (rest.trim() == "}").then_some(selection)
    }

    pub(super) fn matches(&self, event: &Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.matches(event)),
            Self::Any(any) => any.iter().any(|one| one.matches(event)),
            Self::Compare(selector, test) => selector.find(event).iter().any(|value| match value {
                Value::String(_) | Value::Number(_) | Value::Bool(_) => test.holds(&shown(value)),
                _ => false,
            }),
            Self::IsNull(selector) => selector.find(event).iter().any(|value| value.is_null()),
            Self::IsBool(selector, wanted) => {
                selector.find(event).iter().any(|value| value.as_bool() == Some(*wanted))
            }
            Self::NotExists(selector) => selector.find(event).is_empty(),
        }
    }

    pub(super) fn extracted(&self, event: &Value) -> Map<String, Value> {
        let mut found = Map::new();
        self.each_selector(&mut |selector| {
            if let Some(value) = selector.find(event).first() {
                found.insert(selector.text.clone(), Value::String(shown(value)));
            }
        });
        found
    }

    fn each_selector(&self, visit: &mut dyn FnMut(&Selector)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.each_selector(visit));
            }
            Self::Compare(selector, _)
            | Self::IsNull(selector)
            | Self::IsBool(selector, _)
            | Self::NotExists(selector) => visit(selector),
        }
    }
}

/// What a selector such as `$.latency` finds first.
pub(super) fn read<'v>(event: &'v Value, selector: &str) -> Option<&'v Value> {
    let (selector, rest) = Selector::parse(selector)?;
    if !rest.trim().is_empty() {
        return None;
    }
    selector.find(event).first().copied()
}

/// A value as text: strings as they are, the rest as JSON.
pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn any(text: &str, depth: usize) -> Option<(Selection, &str)> {
    let (first, mut rest) = all(text, depth)?;
    let mut parts = vec![first];
    while let Some(after) = rest.trim_start().strip_prefix("||") {
        let (next, after) = all(after, depth)?;
        parts.push(next);
        rest = after;
    }
    Some((single(parts, Selection::Any), rest))
}

fn all(text: &str, depth: usize) -> Option<(Selection, &str)> {
    let (first, mut rest) = one(text, depth)?;
    let mut parts = vec![first];
    while let Some(after) = rest.trim_start().strip_prefix("&&") {
        let (next, after) = one(after, depth)?;
        parts.push(next);
        rest = after;
    }
    Some((single(parts, Selection::All), rest))
}

fn single(mut parts: Vec<Selection>, many: fn(Vec<Selection>) -> Selection) -> Selection {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}

fn one(text: &str, depth: usize) -> Option<(Selection, &str)> {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('(') {
        if depth >= DEPTH_MAX {
            return None;
        }
        let (selection, rest) = any(inner, depth + 1)?;
        return Some((selection, rest.trim_start().strip_prefix(')')?));
    }
    let (selector, rest) = Selector::parse(text)?;
    let rest = rest.trim_start();
    if let Some(rest) = words(rest, "IS", "NULL") {
        return Some((Selection::IsNull(selector), rest));
    }
    if let Some(rest) = words(rest, "IS", "TRUE") {
        return Some((Selection::IsBool(selector, true), rest));
    }
    if let Some(rest) = words(rest, "IS", "FALSE") {
        return Some((Selection::IsBool(selector, false), rest));
    }
    if let Some(rest) = words(rest, "NOT", "EXISTS") {
        return Some((Selection::NotExists(selector), rest));
    }
    let (test, rest) = Test::parse(rest, |end| end.is_whitespace() || "}&|)".contains(end))?;
    Some((Selection::Compare(selector, test), rest))
}

/// What follows two words that stand at the beginning.
fn words<'a>(text: &'a str, first: &str, second: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(first)?;
    let after = rest.trim_start();
    (after.len() < rest.len()).then(|| after.strip_prefix(second)).flatten()
}

impl Selector {
    fn parse(text: &str) -> Option<(Self, &str)> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        loop {
            if let Some(after) = rest.strip_prefix("['").or_else(|| rest.strip_prefix(".['")) {
                let (name, after) = after.split_once("']")?;
                steps.push(Step::Member(name.into()));
                rest = after;
            } else if let Some(after) = rest.strip_prefix('[') {
                let (index, after) = after.split_once(']')?;
                let index = index.trim();
                steps.push(match index {
                    "*" => Step::Each,
                    _ => Step::Index(index.parse().ok()?),
                });
                rest = after;
            } else if let Some(after) = rest.strip_prefix(".*") {
                steps.push(Step::Each);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                let ends = |letter: char| !(letter.is_alphanumeric() || "_-@/:#".contains(letter));
                let end = after.find(ends).unwrap_or(after.len());
                if end == 0 {
                    return None;
                }
                steps.push(Step::Member(after[..end].into()));
                rest = &after[end..];
            } else {
                break;
            }
        }
        let read = &text[..text.len() - rest.len()];
        (!steps.is_empty()).then(|| (Self { text: read.into(), steps }, rest))
    }

    fn find<'v>(&self, event: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![event];
        for step in &self.steps {
            found = match step {
                Step::Member(name) => {
                    found.into_iter().filter_map(|value| value.get(name)).collect()
                }
                Step::Index(index) => {
                    found.into_iter().filter_map(|value| value.get(*index)).collect()
                }
                Step::Each => found
                    .into_iter()
                    .flat_map(|value| -> Vec<&'v Value> {
                        match value {
                            Value::Object(members) => members.values().collect(),
                            Value::Array(elements) => elements.iter().collect(),
                            _ => Vec::new(),
                        }
                    })
                    .collect(),
            };
        }
        found
    }
}
