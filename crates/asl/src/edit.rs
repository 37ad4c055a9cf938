//! Changes of a definition's text that keep the way it is written: quick fixes and completions.

use crate::json::{Kind, Member, Node};
use std::ops::Range;

/// Text to put in place of a range (bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// What goes.
    pub range: Range<usize>,
    /// What comes.
    pub text: String,
}

/// The line break and indent that members of an object begin with; none when it stands in one line.
fn line_start<'t>(text: &'t str, object: &Node) -> Option<&'t str> {
    let first = object.members().first()?;
    let before = text.get(object.span.start + 1..first.name_span.start)?;
    let at = before.rfind('\n')?;
    before[at..].trim_matches(['\n', ' ', '\t']).is_empty().then_some(&before[at..])
}

/// Adds a member at the end of an object.
pub(crate) fn add(text: &str, object: &Node, name: &str, value: &str) -> TextEdit {
    let name = serde_json::Value::from(name);
    match object.members().last() {
        Some(last) => {
            let at = last.value.span.end.max(last.name_span.end);
            let start = line_start(text, object).unwrap_or(" ");
            TextEdit { range: at..at, text: format!(",{start}{name}: {value}") }
        }
        None => {
            let at = (object.span.start + 1).min(object.span.end);
            TextEdit { range: at..at, text: format!("{name}: {value}") }
        }
    }
}

/// Takes a member out of an object, with the comma that goes with it.
pub(crate) fn remove(object: &Node, member: &Member) -> TextEdit {
    let members = object.members();
    let at = members.iter().position(|other| other.name_span == member.name_span).unwrap_or(0);
    let end = |member: &Member| member.value.span.end.max(member.name_span.end);
    let range =
        match (at.checked_sub(1).and_then(|before| members.get(before)), members.get(at + 1)) {
            (Some(before), _) => end(before)..end(member),
            (None, Some(after)) => member.name_span.start..after.name_span.start,
            (None, None) => member.name_span.start..end(member),
        };
    TextEdit { range, text: String::new() }
}

/// The member that a JSON pointer leads to, and the object or array that holds it; `/` and the empty text lead to the root.
pub(crate) struct Found<'n> {
    /// From the root to the value, the value last.
    pub(crate) way: Vec<&'n Node>,
    /// The member itself, when it is one of an object.
    pub(crate) member: Option<&'n Member>,
}

pub(crate) fn find<'n>(root: &'n Node, pointer: &str) -> Option<Found<'n>> {
    let mut found = Found { way: vec![root], member: None };
    for token in pointer.split('/').skip(1).filter(|token| !token.is_empty()) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let at = found.way.last().copied()?;
        let next = match &at.kind {
            Kind::Array(items) => {
                found.member = None;
                items.get(token.parse::<usize>().ok()?)?
            }
            _ => {
                found.member = at.members().iter().rev().find(|member| member.name == token);
                &found.member?.value
            }
        };
        found.way.push(next);
    }
    Some(found)
}

/// How many letters have to be changed, added, left out or swapped to get from one word to the other.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(80).flat_map(char::to_lowercase).collect();
    let b: Vec<char> = b.chars().take(80).flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// Up to three of the words that are nearest to one that is wrong.
pub(crate) fn nearest<'w>(wrong: &str, words: impl Iterator<Item = &'w str>) -> Vec<&'w str> {
    let most = (wrong.chars().count() / 3).clamp(2, 6);
    let mut near: Vec<(usize, &str)> = words
        .map(|word| (distance(wrong, word), word))
        .filter(|(distance, word)| *distance <= most && *word != wrong)
        .collect();
    near.sort();
    near.truncate(3);
    near.into_iter().map(|(_, word)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recover;

    fn applied(text: &str, edit: &TextEdit) -> String {
        let mut text = text.to_owned();
        text.replace_range(edit.range.clone(), &edit.text);
        text
    }

    #[test]
    fn members_come_and_go_with_their_commas() {
        let text = "{\n  \"a\": 1,\n  \"b\": 2\n}";
        let root = recover::parse(text);
        let edit = add(text, &root, "c", "true");
        assert_eq!(applied(text, &edit), "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": true\n}");
        assert_eq!(applied(text, &remove(&root, &root.members()[0])), "{\n  \"b\": 2\n}");
        assert_eq!(applied(text, &remove(&root, &root.members()[1])), "{\n  \"a\": 1\n}");
        let text = "{\"a\": 1}";
        let root = recover::parse(text);
        assert_eq!(applied(text, &remove(&root, &root.members()[0])), "{}");
        assert_eq!(applied(text, &add(text, &root, "b", "2")), "{\"a\": 1, \"b\": 2}");
        assert_eq!(applied("{}", &add("{}", &recover::parse("{}"), "b", "2")), "{\"b\": 2}");
    }

    #[test]
    fn a_slip_of_the_keyboard_is_near() {
        assert_eq!(nearest("Taks", ["Task", "Map", "Fail"].into_iter()), ["Task"]);
        assert_eq!(nearest("resorce", ["Resource", "Result"].into_iter()), ["Resource"]);
        assert!(nearest("Whatever", ["Next", "End"].into_iter()).is_empty());
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn pointers_lead_to_members_and_items() {
        let root = recover::parse(r#"{"a/b": [{"c~": 1}]}"#);
        let found = find(&root, "/a~1b/0/c~0").expect("it is there");
        assert_eq!(found.member.map(|member| member.name.as_str()), Some("c~"));
        assert_eq!(found.way.len(), 4);
        assert!(find(&root, "/").is_some_and(|found| found.way.len() == 1));
        assert!(find(&root, "/x").is_none());
    }
}
