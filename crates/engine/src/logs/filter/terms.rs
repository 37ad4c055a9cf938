//! Terms, quoted phrases and regular expressions, for any text.

use super::test::regex;
use regex_lite::Regex;

/// What must and must not occur. Terms are case-sensitive and may be parts of words.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
    expressions: Vec<Regex>,
}

impl Terms {
    /// Terms by white space; `"…"` is a phrase, `%…%` a regular expression, `?term` one of several, `-term` must not occur.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut terms = Self::default();
        let mut rest = pattern.trim_start();
        while let Some(first) = rest.chars().next() {
            if let Some(body) = rest.strip_prefix('%') {
                let (expression, after) = body.split_once('%')?;
                terms.expressions.push(regex(expression)?);
                rest = after.trim_start();
                continue;
            }
            let list = match first {
                '?' => &mut terms.any,
                '-' => &mut terms.none,
                _ => &mut terms.all,
            };
            rest = rest.strip_prefix(['?', '-']).unwrap_or(rest);
            let (term, after) = take_term(rest)?;
            if !term.is_empty() {
                list.push(term);
            }
            rest = after.trim_start();
        }
        // AWS says so: with other terms beside them, those with a question mark have no effect.
        if !(terms.all.is_empty() && terms.none.is_empty() && terms.expressions.is_empty()) {
            terms.any.clear();
        }
        Some(terms)
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
        self.all.iter().all(has)
            && (self.any.is_empty() || self.any.iter().any(has))
            && !self.none.iter().any(has)
            && self.expressions.iter().all(|expression| expression.is_match(message))
    }
}

/// One term or quoted phrase, and what follows it.
fn take_term(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        return super::test::quoted(text);
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    Some((text[..end].to_owned(), &text[end..]))
}
