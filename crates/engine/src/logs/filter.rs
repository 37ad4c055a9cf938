//! Filter patterns: terms and quoted phrases, as in "Filter pattern syntax for unstructured log events".

use super::errors::LogsError;

/// A pattern that was understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Filter {
    /// Terms by white space; `"…"` is a phrase, `?term` one of several, `-term` must not occur.
    /// JSON (`{ … }`), space-delimited (`[ … ]`) and regular-expression (`%…%`) patterns are refused by name.
    pub(crate) fn parse(pattern: &str) -> Result<Self, LogsError> {
        let refused =
            |kind: &str| Err(LogsError::NotImplemented(format!("{kind} in filterPattern")));
        let mut filter = Self::default();
        let mut rest = pattern.trim_start();
        match rest.chars().next() {
            Some('{') => return refused("JSON patterns"),
            Some('[') => return refused("space-delimited patterns"),
            _ => {}
        }
        while let Some(first) = rest.chars().next() {
            let terms = match first {
                '?' => &mut filter.any,
                '-' => &mut filter.none,
                '%' => return refused("regular expressions"),
                _ => &mut filter.all,
            };
            rest = rest.strip_prefix(['?', '-']).unwrap_or(rest);
            let (term, after) = take_term(rest)?;
            if !term.is_empty() {
                terms.push(term);
            }
            rest = after.trim_start();
        }
        Ok(filter)
    }

    /// Whether a message passes. Terms are case-sensitive and may be parts of words.
    pub(crate) fn matches(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
        self.all.iter().all(has)
            && (self.any.is_empty() || self.any.iter().any(has))
            && !self.none.iter().any(has)
    }
}

/// One term or quoted phrase, and what follows it.
fn take_term(text: &str) -> Result<(String, &str), LogsError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut phrase = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((phrase, &quoted[at + 1..])),
            '\\' => phrase.extend(letters.next().map(|(_, escaped)| escaped)),
            _ => phrase.push(letter),
        }
    }
    Err(LogsError::InvalidParameter("Invalid filter pattern".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, passes: &[&str], fails: &[&str]) {
        let filter = Filter::parse(pattern).unwrap();
        passes.iter().for_each(|message| assert!(filter.matches(message), "{message}"));
        fails.iter().for_each(|message| assert!(!filter.matches(message), "{message}"));
    }

    #[test]
    fn terms_phrases_options_and_exclusions() {
        check("", &["anything"], &[]);
        check("ERROR timeout", &["ERROR: timeout"], &["ERROR", "error timeout"]);
        check(r#""out of memory""#, &["it was out of memory"], &["out memory of"]);
        check(r#""say \"hi\"""#, &[r#"say "hi""#], &["say hi"]);
        check("?ERROR ?WARN -noise", &["a WARN", "ERROR"], &["INFO", "ERROR noise"]);
    }

    #[test]
    fn structured_patterns_are_refused_by_name() {
        for (pattern, name) in
            [("{ $.a = 1 }", "JSON"), ("[a, b]", "space-delimited"), ("%ERR%", "regular")]
        {
            let refusal = Filter::parse(pattern).unwrap_err();
            assert!(refusal.to_string().contains(name), "{refusal}");
        }
        assert!(Filter::parse("\"open").is_err());
    }
}
