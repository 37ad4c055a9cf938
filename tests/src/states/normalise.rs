//! Brings our answers into the recorder's form: its names for what differs from run to run, and strings that it parsed.

use regex_lite::Regex;
use serde_json::{Map, Value};

/// What a case says about its recorder.
pub(crate) struct Normaliser {
    substitutions: Vec<(Regex, String)>,
    /// Dates in quotes within texts are a word, too.
    quoted_dates: bool,
    /// The last names of a path, and what its value was replaced with.
    paths: Vec<(Vec<String>, Value)>,
}

/// Members that AWS added since the first recordings. An older one does not have them.
const ADDED: [&str; 7] = [
    "encryptionConfiguration",
    "RedriveCount",
    "redriveCount",
    "redriveStatus",
    "redriveStatusReason",
    "failuresNotRedrivable",
    "pendingRedrive",
];

impl Normaliser {
    pub(crate) fn new(case: &Value) -> Self {
        let pairs = |name: &str| case[name].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // A placeholder that no answer shows lost against another one.
        let shown = format!("{}{}", case["expect"], case["steps"]);
        let substitutions = pairs("substitutions").into_iter().filter_map(|pair| {
            let placeholder = pair[1].as_str().unwrap_or_default();
            if !shown.contains(placeholder) {
                return None;
            }
            let from = text(&pair[0]);
            let regex = Regex::new(&from).or_else(|_| Regex::new(&regex_lite::escape(&from)));
            Some((regex.ok()?, text(&pair[1])))
        });
        let paths = pairs("jsonpathPlaceholders").into_iter().filter_map(|pair| {
            let path = text(&pair[0]);
            // Only the last descent counts: single events are looked at.
            let names = path.rsplit("..").next()?.split('.').filter(|name| !name.is_empty());
            Some((names.map(str::to_owned).collect(), pair[1].clone()))
        });
        let quoted_dates = shown.contains("\\\"date\\\"");
        Self { substitutions: substitutions.collect(), quoted_dates, paths: paths.collect() }
    }

    /// The concrete text that a placeholder stands for, the last one when several do.
    pub(crate) fn concrete(case: &Value, placeholder: &str) -> Option<String> {
        let pairs = case["substitutions"].as_array()?.iter().rev();
        let mut found = pairs.filter(|pair| pair[1] == *placeholder);
        found.next().and_then(|pair| pair[0].as_str()).map(str::to_owned)
    }

    /// Our answer as the recorder would have written it, for comparing with `expected`.
    pub(crate) fn ours(&self, expected: &Value, ours: &Value) -> Value {
        self.ours_within(&[], expected, ours)
    }

    /// The same for a part of an answer that stands behind these names.
    pub(crate) fn ours_within(&self, names: &[&str], expected: &Value, ours: &Value) -> Value {
        let mut names = names.iter().map(|name| (*name).to_owned()).collect();
        let replaced = self.replaced(&parsed(ours), &mut names);
        let mut ours = compact(&replaced);
        without_additions(expected, &mut ours);
        ours
    }

    fn replaced(&self, value: &Value, names: &mut Vec<String>) -> Value {
        let hit = self.paths.iter().find(|(path, _)| names.ends_with(path));
        if let (Some((_, placeholder)), false) = (hit, value.is_array() || value.is_object()) {
            return placeholder.clone();
        }
        match value {
            Value::String(text) => {
                let mut text = text.clone();
                for (from, to) in &self.substitutions {
                    text = from.replace_all(&text, regex_lite::NoExpand(to)).into_owned();
                }
                if self.quoted_dates && is_quoted_date(&text) {
                    text = "\"date\"".to_owned();
                }
                Value::String(text)
            }
            Value::Array(items) => items.iter().map(|item| self.replaced(item, names)).collect(),
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| {
                    names.push(name.clone());
                    let value = self.replaced(value, names);
                    names.pop();
                    (name.clone(), value)
                });
                Value::Object(members.collect())
            }
            other => other.clone(),
        }
    }
}

fn is_quoted_date(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.is_some_and(coldstart_asl::is_rfc3339)
}

/// Texts that start with a brace as what they hold, one level deep.
fn parsed(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('{') => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        Value::Array(items) => items.iter().map(parsed).collect(),
        Value::Object(members) => each(members, parsed),
        other => other.clone(),
    }
}

/// JSON in texts without blanks: the recorder lost those of causes.
pub(crate) fn compact(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with(['{', '[']) => {
            match serde_json::from_str::<Value>(text) {
                Ok(inner) => Value::String(compact(&inner).to_string()),
                Err(_) => value.clone(),
            }
        }
        Value::Array(items) => items.iter().map(compact).collect(),
        Value::Object(members) => each(members, compact),
        other => other.clone(),
    }
}

fn each(members: &Map<String, Value>, change: fn(&Value) -> Value) -> Value {
    Value::Object(members.iter().map(|(name, value)| (name.clone(), change(value))).collect())
}

fn without_additions(expected: &Value, ours: &mut Value) {
    match (expected, ours) {
        (Value::Object(expected), Value::Object(ours)) => {
            ours.retain(|name, _| expected.contains_key(name) || !ADDED.contains(&name.as_str()));
            for (name, value) in ours.iter_mut() {
                if let Some(expected) = expected.get(name) {
                    without_additions(expected, value);
                }
            }
        }
        (Value::Array(expected), Value::Array(ours)) => {
            expected
                .iter()
                .zip(ours)
                .for_each(|(expected, ours)| without_additions(expected, ours));
        }
        _ => {}
    }
}

/// Whether AWS was recorded before variables and JSONata came, on the 22nd of November 2024.
pub(crate) fn is_before_variables(case: &Value) -> bool {
    let oracle = case["oracle"].as_str().unwrap_or_default();
    let Some((_, date)) = oracle.split_once("recorded ") else { return false };
    let mut parts = date.split(['-', ',']);
    let (day, month, year) = (parts.next(), parts.next(), parts.next());
    (year, month, day) < (Some("2024"), Some("11"), Some("22"))
}
