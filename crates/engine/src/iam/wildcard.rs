//! Texts of policies with `*`, `?` and variables.
//!
//! Source: "IAM policy elements: Variables and tags". A variable that is not known makes a pattern match nothing.
//!
//! Invariant: matching takes time proportional to pattern times text, whatever either holds.

use super::evaluate::Context;

/// One character of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Any,
    One,
    Letter(char),
}

/// A text of a policy.
#[derive(Debug)]
pub(super) struct Pattern {
    marks: Vec<Mark>,
}

impl Pattern {
    /// None when it has a variable that is not known.
    pub(super) fn new(text: &str, context: &Context, has_variables: bool) -> Option<Self> {
        let mut marks = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if let (true, Some(inner)) = (has_variables, rest.strip_prefix("${"))
                && let Some((name, after)) = inner.split_once('}')
            {
                // What a variable stands for is taken as it is.
                marks.extend(variable(name, context)?.chars().map(Mark::Letter));
                rest = after;
                continue;
            }
            marks.push(match letter {
                '*' => Mark::Any,
                '?' => Mark::One,
                _ => Mark::Letter(letter),
            });
            rest = &rest[letter.len_utf8()..];
        }
        Some(Self { marks })
    }

    /// The text itself, where `*` and `?` are letters.
    pub(super) fn plain(&self) -> String {
        let letter = |mark: &Mark| match mark {
            Mark::Any => '*',
            Mark::One => '?',
            Mark::Letter(letter) => *letter,
        };
        self.marks.iter().map(letter).collect()
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.plain() == text
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        matches(&self.marks, text)
    }

    /// As ARNs are compared: each of the six parts by itself.
    pub(super) fn matches_arn(&self, text: &str) -> bool {
        if self.marks == [Mark::Any] {
            return true;
        }
        let mut patterns = self.marks.splitn(6, |mark| *mark == Mark::Letter(':'));
        let mut parts = text.splitn(6, ':');
        loop {
            match (patterns.next(), parts.next()) {
                (None, None) => return true,
                (Some(pattern), Some(part)) if matches(pattern, part) => {}
                _ => return false,
            }
        }
    }
}

/// `${name}`, `${name, 'default'}`, and `${*}`, `${?}`, `${$}` for the signs themselves.
fn variable(name: &str, context: &Context) -> Option<String> {
    if matches!(name, "*" | "?" | "$") {
        return Some(name.to_owned());
    }
    let (name, default) = match name.split_once(',') {
        Some((name, default)) => {
            (name, default.trim().strip_prefix('\'').and_then(|d| d.strip_suffix('\'')))
        }
        None => (name, None),
    };
    // Keys with several values are no variables.
    match context.get(&name.trim().to_ascii_lowercase()).map(Vec::as_slice) {
        Some([only]) => Some(only.clone()),
        _ => default.map(str::to_owned),
    }
}

/// Only the last star is ever tried again.
fn matches(pattern: &[Mark], text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < letters.len() {
        match pattern.get(at) {
            Some(Mark::Any) => {
                star = Some((at, place));
                at += 1;
            }
            Some(Mark::One) => (at, place) = (at + 1, place + 1),
            Some(Mark::Letter(letter)) if *letter == letters[place] => {
                (at, place) = (at + 1, place + 1);
            }
            _ => {
                let Some((star_at, star_place)) = star else { return false };
                star = Some((star_at, star_place + 1));
                (at, place) = (star_at + 1, star_place + 1);
            }
        }
    }
    pattern[at..].iter().all(|mark| *mark == Mark::Any)
}
