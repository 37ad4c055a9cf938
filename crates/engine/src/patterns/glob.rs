//! `{"wildcard": "a*b"}`: `*` stands for any characters, `\*` and `\\` for themselves.
//!
//! Invariant: matching is linear in the text. Between two stars the first occurrence of what is asked for is as good as any
//! other, so nothing is ever tried twice.

/// What stands between the stars; one part means that there is no star.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob {
    parts: Vec<String>,
}

impl Glob {
    /// Reads a wildcard pattern. Two stars in a row and unknown escapes are refused (EventBridge, "Wildcard matching"; the
    /// texts are inferred).
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = vec![String::new()];
        let mut after_star = false;
        let mut chars = text.chars().enumerate();
        while let Some((at, c)) = chars.next() {
            let mut literal = c;
            if c == '*' {
                if after_star {
                    return Err(format!("Consecutive wildcard characters at pos {}", at - 1));
                }
                after_star = true;
                parts.push(String::new());
                continue;
            }
            if c == '\\' {
                match chars.next() {
                    Some((_, escaped @ ('*' | '\\'))) => literal = escaped,
                    _ => return Err(format!("Invalid escape character at pos {at}")),
                }
            }
            after_star = false;
            if let Some(part) = parts.last_mut() {
                part.push(literal);
            }
        }
        Ok(Self { parts })
    }

    /// Whether the whole text is of this form.
    pub(super) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
        for part in middle {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}
