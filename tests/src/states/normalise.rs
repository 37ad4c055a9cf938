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
    /// Members that came after the recording.
    added_since: Vec<&'static str>,
}

/// The day on which AWS brought redriving, and the one on which customer-managed keys for state machines (AWS What's New).
const REDRIVING: &str = "2023-11-15";
const ENCRYPTION: &str = "2024-07-25";

/// Members that AWS added since the first recordings, and when: a recording of before, or of an unknown day, need not have them.
const ADDED: [(&str, &str); 7] = [
    ("encryptionConfiguration", ENCRYPTION),
    ("RedriveCount", REDRIVING),
    ("redriveCount", REDRIVING),
    ("redriveStatus", REDRIVING),
    ("redriveStatusReason", REDRIVING),
    ("failuresNotRedrivable", REDRIVING),
    ("pendingRedrive", REDRIVING),
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
        let day = recorded_on(case);
        let is_later = |added: &str| day.as_deref().is_none_or(|day| day < added);
        let added = ADDED.iter().filter(|(_, added)| is_later(added)).map(|(name, _)| *name);
        Self {
            substitutions: substitutions.collect(),
            quoted_dates,
            paths: paths.collect(),
            added_since: added.collect(),
        }
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
        without(&self.added_since, expected, &mut ours);
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

/// Takes these members out of ours where the recording does not have them.
fn without(added: &[&str], expected: &Value, ours: &mut Value) {
    match (expected, ours) {
        (Value::Object(expected), Value::Object(ours)) => {
            ours.retain(|name, _| expected.contains_key(name) || !added.contains(&name.as_str()));
            for (name, value) in ours.iter_mut() {
                if let Some(expected) = expected.get(name) {
                    without(added, expected, value);
                }
            }
        }
        (Value::Array(expected), Value::Array(ours)) => {
            expected.iter().zip(ours).for_each(|(expected, ours)| without(added, expected, ours));
        }
        _ => {}
    }
}

/// The day that a case was recorded on, as `2024-11-22`: its oracle says `recorded 22-11-2024`.
fn recorded_on(case: &Value) -> Option<String> {
    let (_, date) = case["oracle"].as_str()?.split_once("recorded ")?;
    let mut parts = date.split(['-', ',', ' ']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    (year.len() == 4).then(|| format!("{year}-{month}-{day}"))
}

/// Whether AWS was recorded before variables and JSONata came, on the 22nd of November 2024.
pub(crate) fn is_before_variables(case: &Value) -> bool {
    recorded_on(case).is_some_and(|day| day.as_str() < "2024-11-22")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn later_members_are_left_out_of_older_recordings_only() {
        let ours = json!({ "a": 1, "redriveCount": 0, "encryptionConfiguration": {} });
        let left = |oracle: &str| {
            let normaliser = Normaliser::new(&json!({ "oracle": oracle }));
            let left = normaliser.ours(&json!({ "a": 1 }), &ours);
            left.as_object().map_or(0, Map::len)
        };
        assert_eq!(left("AWS, recorded 14-11-2023"), 1);
        assert_eq!(left("AWS, recorded 15-11-2023"), 2);
        assert_eq!(left("AWS, recorded 01-08-2024"), 3);
        assert_eq!(left("AWS"), 1);
    }
}
