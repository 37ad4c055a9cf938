//! Patterns for events that are fields between spaces: `[ip, ..., status = 4*, bytes > 1000]`.

use super::test::Test;
use serde_json::{Map, Value};

/// Fields of an event that are looked at. Chosen: log lines have a few dozen.
const FIELDS_MAX: usize = 1_000;

/// A pattern: what stands before `...`, and what stands after it, if it is there.
#[derive(Debug)]
pub(crate) struct Fields {
    before: Vec<Field>,
    after: Option<Vec<Field>>,
}

/// A field: its name, and alternatives of tests that must all hold.
#[derive(Debug)]
struct Field {
    name: String,
    tests: Vec<Vec<Test>>,
}

impl Fields {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('[')?.trim_start();
        let (mut before, mut after) = (Vec::new(), None::<Vec<Field>>);
        loop {
            if before.is_empty() && after.is_none() && rest == "]" {
                // Nothing is asked, so any event will do.
                return Some(Self { before, after: Some(Vec::new()) });
            }
            if let Some(more) = rest.strip_prefix("...") {
                if after.replace(Vec::new()).is_some() {
                    return None;
                }
                rest = more;
            } else {
                let (field, more) = Field::parse(rest)?;
                after.as_mut().unwrap_or(&mut before).push(field);
                rest = more;
            }
            rest = rest.trim_start();
            if let Some(more) = rest.strip_prefix(',') {
                rest = more.trim_start();
            } else {
                return (rest == "]").then_some(Self { before, after });
            }
        }
    }

    /// The event's values beside the fields that they belong to; none when the numbers of fields differ.
    fn pair<'a>(&'a self, event: &'a str) -> Option<Vec<(Option<&'a Field>, &'a str)>> {
        let values = split(event);
        let (before, named) =
            (self.before.len(), self.before.len() + self.after.as_ref().map_or(0, Vec::len));
        let enough =
            if self.after.is_some() { values.len() >= named } else { values.len() == named };
        if !enough {
            return None;
        }
        let left_out = values.len() - named;
        let place = |at: usize| match &self.after {
            _ if at < before => self.before.get(at),
            Some(after) if at >= before + left_out => after.get(at - before - left_out),
            _ => None,
        };
        Some(values.iter().enumerate().map(|(at, value)| (place(at), *value)).collect())
    }

    pub(super) fn matches(&self, event: &str) -> bool {
        self.pair(event).is_some_and(|pairs| {
            pairs.iter().all(|(field, value)| field.is_none_or(|field| field.holds(value)))
        })
    }

    pub(super) fn extracted(&self, event: &str) -> Map<String, Value> {
        let pairs = self.pair(event).unwrap_or_default();
        let named = pairs.iter().enumerate().map(|(at, (field, value))| {
            let name = match field {
                Some(field) if !field.name.is_empty() => format!("${}", field.name),
                _ => format!("${}", at + 1),
            };
            (name, Value::String((*value).to_owned()))
        });
        named.collect()
    }
}

impl Field {
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (name, mut rest) = take_name(text);
        let mut tests: Vec<Vec<Test>> = Vec::new();
        if rest.starts_with(['=', '!', '<', '>']) {
            tests.push(Vec::new());
            loop {
                let (test, after) =
                    Test::parse(rest, |end| ",]&|".contains(end) || end.is_whitespace())?;
                tests.last_mut()?.push(test);
                rest = after.trim_start();
                if let Some(after) = rest.strip_prefix("&&") {
                    rest = again(after, name)?;
                } else if let Some(after) = rest.strip_prefix("||") {
                    rest = again(after, name)?;
                    tests.push(Vec::new());
                } else {
                    break;
                }
            }
        } else if !rest.starts_with([',', ']']) {
            return None;
        }
        Some((Self { name: name.to_owned(), tests }, rest))
    }

    fn holds(&self, value: &str) -> bool {
        self.tests.is_empty()
            || self.tests.iter().any(|all| all.iter().all(|test| test.holds(value)))
    }
}

/// A field's name, and what follows the spaces behind it.
fn take_name(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(|letter: char| !(letter.is_alphanumeric() || "_-.@".contains(letter)));
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    (name, rest.trim_start())
}

/// What follows the same name, behind `&&` or `||`.
fn again<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (other, rest) = take_name(text);
    (other == name).then_some(rest)
}

/// An event's fields: what stands between spaces, in brackets or in quotation marks.
fn split(event: &str) -> Vec<&str> {
    let mut values = Vec::new();
    let mut rest = event.trim();
    while !rest.is_empty() && values.len() < FIELDS_MAX {
        let closed = |open: char, close: char| {
            let inner = rest.strip_prefix(open)?;
            let at = inner.find(close)?;
            Some((&inner[..at], &inner[at + close.len_utf8()..]))
        };
        let (value, after) = closed('"', '"')
            .or_else(|| closed('[', ']'))
            .unwrap_or_else(|| rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())));
        values.push(value);
        rest = after.trim_start();
    }
    values
}
