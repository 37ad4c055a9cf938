//! What one value is compared with: texts with `*`, numbers, regular expressions.

use regex_lite::Regex;

/// Bytes of a compiled regular expression. Chosen: a pattern of 1,024 characters can ask for more repetitions than a tab holds.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What it is compared with.
#[derive(Debug)]
pub(super) enum Operand {
    Number(f64),
    /// A text; `*` stands for any characters.
    Text(String),
    Regex(Regex),
}

/// A comparison.
#[derive(Debug)]
pub(in crate::logs) struct Test {
    operator: Operator,
    operand: Operand,
}

impl Test {
    /// Reads an operator and an operand at the beginning of a text. `ends` says where a bare operand ends.
    pub(super) fn parse(text: &str, ends: fn(char) -> bool) -> Option<(Self, &str)> {
        let (operator, rest) = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ]
        .into_iter()
        .find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?.trim_start())))?;
        let (operand, rest) = match rest.as_bytes().first()? {
            b'"' => {
                let (text, rest) = quoted(rest)?;
                (Operand::Text(text), rest)
            }
            b'%' => {
                let (expression, rest) = rest[1..].split_once('%')?;
                (Operand::Regex(regex(expression)?), rest)
            }
            _ => {
                let end = rest.find(ends).unwrap_or(rest.len());
                let bare = rest[..end].trim_end();
                if bare.is_empty() {
                    return None;
                }
                let operand =
                    number(bare).map_or_else(|| Operand::Text(bare.into()), Operand::Number);
                (operand, &rest[end..])
            }
        };
        let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
        if ordered && !matches!(operand, Operand::Number(_)) {
            return None;
        }
        Some((Self { operator, operand }, rest))
    }

    /// Whether a value holds, given as text.
    pub(super) fn holds(&self, value: &str) -> bool {
        let equal = match &self.operand {
            Operand::Number(wanted) => {
                let Some(given) = number(value) else { return self.operator == Operator::NotEqual };
                return match self.operator {
                    Operator::Equal => given == *wanted,
                    Operator::NotEqual => given != *wanted,
                    Operator::Less => given < *wanted,
                    Operator::LessOrEqual => given <= *wanted,
                    Operator::Greater => given > *wanted,
                    Operator::GreaterOrEqual => given >= *wanted,
                };
            }
            Operand::Text(pattern) => glob(pattern, value),
            Operand::Regex(expression) => expression.is_match(value),
        };
        equal == (self.operator == Operator::Equal)
    }
}

/// A finite number, as JSON or Java write it.
fn number(text: &str) -> Option<f64> {
    let begins = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    text.parse().ok().filter(|number: &f64| begins && number.is_finite())
}

/// `*` stands for any characters, none included.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').map_or((None, rest), |(m, last)| (Some(m), last));
    for piece in middle.into_iter().flat_map(|middle| middle.split('*')) {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

/// A text between quotation marks, where `\` takes the next character as it is; and what follows.
pub(super) fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut phrase = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((phrase, &inner[at + 1..])),
            '\\' => phrase.extend(letters.next().map(|(_, escaped)| escaped)),
            _ => phrase.push(letter),
        }
    }
    None
}

/// The regular expressions that "Supported regular expressions (regex) syntax" allows: no groups, nothing beyond ASCII, and of
/// symbols only some.
pub(super) fn regex(expression: &str) -> Option<Regex> {
    let mut escaped = false;
    let allowed = expression.chars().all(|letter| {
        let known = escaped && letter.is_ascii_graphic();
        escaped = !escaped && letter == '\\';
        known || letter.is_ascii_alphanumeric() || " :_#=@/;,-^$?[]{}|\\*+.'\"<>&".contains(letter)
    });
    if !allowed {
        return None;
    }
    regex_lite::RegexBuilder::new(expression).size_limit(REGEX_BYTES_MAX).build().ok()
}
