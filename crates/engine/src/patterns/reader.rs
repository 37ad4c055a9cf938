//! Reading JSON as AWS's reader does, one token at a time, because refusals say where it stood.
//!
//! The position of a refusal is not where the wrong thing is but where that reader had got to: behind the opening quote of a
//! string that nobody has asked the text of, behind a number, a word or a bracket; and when a member's name is read, the
//! first token behind its colon has been looked at too (recorded answers).
//!
//! Invariant: no text panics, and reading takes time in proportion to it.

use std::fmt::Write;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    Name,
    String,
    Number,
    True,
    False,
    Null,
    /// The text is over.
    End,
}

impl Token {
    /// Whether it is a number.
    pub(super) fn is_number(self) -> bool {
        self == Self::Number
    }
}

/// What a reader says that cannot go on, without the place.
pub(super) type Broken = String;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Object,
    Array,
}

/// A token with what belongs to it.
#[derive(Debug, Clone)]
struct Read {
    token: Token,
    /// The text of a string or a name, a number as it is written.
    text: String,
    /// Where the reader says that it stands.
    stands: usize,
    /// Where it stands once somebody has asked for the text.
    ends: usize,
}

/// Containers within containers. The language has no use for more; AWS's own limit is far beyond.
const DEPTH_MAX: usize = 100;
/// Characters of the source that a refusal quotes.
const SOURCE_CHARS_MAX: usize = 500;
const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// The reader.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    source: &'a str,
    /// Bytes that have been read.
    pos: usize,
    within: Vec<(Within, bool)>,
    ahead: Option<Read>,
    current: Read,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let nothing = Read { token: Token::End, text: String::new(), stands: 0, ends: 0 };
        Self { source, pos: 0, within: Vec::new(), ahead: None, current: nothing }
    }

    /// The text of the current token. The reader goes to the end of a string for it.
    pub(super) fn text(&mut self) -> &str {
        if self.current.token == Token::String {
            self.current.stands = self.current.ends;
        }
        &self.current.text
    }

    /// The current token's number; not a number where it is none.
    pub(super) fn number(&self) -> f64 {
        self.current.text.parse().unwrap_or(f64::NAN)
    }

    /// ` at [Source: (String)"…"; line: 1, column: 2]` of where the reader stands.
    pub(super) fn place(&self) -> String {
        let stands = self
            .ahead
            .as_ref()
            .map_or(self.current.stands, |ahead| ahead.stands.max(self.current.stands));
        self.place_of(stands)
    }

    fn place_of(&self, stands: usize) -> String {
        let before = self.source.get(..stands).unwrap_or(self.source);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.encode_utf16().count()) + 1;
        let mut shown: String = self.source.chars().take(SOURCE_CHARS_MAX).collect();
        let left = self.source.chars().count().saturating_sub(SOURCE_CHARS_MAX);
        shown.insert(0, '"');
        shown.push('"');
        if left > 0 {
            write!(shown, "[truncated {left} chars]").expect("writing to a string cannot fail");
        }
        format!("\n at [Source: (String){shown}; line: {line}, column: {column}]")
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token, Broken> {
        let read = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.read()?,
        };
        self.current = read;
        if self.current.token == Token::Name {
            let ahead = self.value()?;
            self.ahead = Some(ahead);
        }
        Ok(self.current.token)
    }

    /// Goes over the rest of the text: what follows the first value is refused.
    pub(super) fn finish(&mut self) -> Result<(), Broken> {
        match self.peek() {
            None => Ok(()),
            Some(c) => Err(self.unexpected(c, &format!("expected a valid value {VALUES}"))),
        }
    }

    fn peek(&mut self) -> Option<char> {
        let rest = &self.source[self.pos..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.pos += rest.len() - trimmed.len();
        trimmed.chars().next()
    }

    fn read(&mut self) -> Result<Read, Broken> {
        let Some((within, has_some)) = self.within.last().copied() else {
            if self.peek().is_none() {
                return Ok(self.mark(Token::End));
            }
            return self.value();
        };
        let (kind, close, token) = match within {
            Within::Object => ("Object", '}', Token::EndObject),
            Within::Array => ("Array", ']', Token::EndArray),
        };
        let next = self
            .peek()
            .ok_or_else(|| format!("Unexpected end-of-input: expected close marker for {kind}"))?;
        if next == close {
            self.pos += 1;
            self.within.pop();
            return Ok(self.mark(token));
        }
        if has_some {
            if next != ',' {
                return Err(self
                    .unexpected(next, &format!("was expecting comma to separate {kind} entries")));
            }
            self.pos += 1;
        }
        if let Some(last) = self.within.last_mut() {
            last.1 = true;
        }
        match within {
            Within::Array => self.value(),
            Within::Object => self.name(),
        }
    }

    fn name(&mut self) -> Result<Read, Broken> {
        match self.peek() {
            Some('"') => {}
            Some(c) => {
                return Err(self.unexpected(c, "was expecting double-quote to start field name"));
            }
            None => return Err("Unexpected end-of-input within/between Object entries".to_owned()),
        }
        let mut read = self.string("Unexpected end-of-input in field name")?;
        read.token = Token::Name;
        match self.peek() {
            Some(':') => self.pos += 1,
            Some(c) => {
                return Err(
                    self.unexpected(c, "was expecting a colon to separate field name and value")
                );
            }
            None => return Err("Unexpected end-of-input within/between Object entries".to_owned()),
        }
        Ok(read)
    }

    fn value(&mut self) -> Result<Read, Broken> {
        let Some(c) = self.peek() else {
            return Err("Unexpected end-of-input within/between Object entries".to_owned());
        };
        match c {
            '{' => self.open(Within::Object, Token::StartObject),
            '[' => self.open(Within::Array, Token::StartArray),
            '"' => self.string("Unexpected end-of-input in VALUE_STRING"),
            '-' | '0'..='9' => self.numeral(),
            _ => self.word(c),
        }
    }

    fn open(&mut self, within: Within, token: Token) -> Result<Read, Broken> {
        if self.within.len() >= DEPTH_MAX {
            return Err(format!(
                "Document nesting depth ({}) exceeds the maximum allowed ({DEPTH_MAX})",
                self.within.len() + 1
            ));
        }
        self.within.push((within, false));
        self.pos += 1;
        Ok(self.mark(token))
    }

    fn mark(&self, token: Token) -> Read {
        Read { token, text: String::new(), stands: self.pos, ends: self.pos }
    }

    fn string(&mut self, over: &str) -> Result<Read, Broken> {
        let start = self.pos;
        let bytes = self.source.as_bytes();
        let mut end = start + 1;
        loop {
            match bytes.get(end) {
                None => return Err(over.to_owned()),
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(c) if *c < 0x20 => {
                    return Err(format!(
                        "Illegal unquoted character ((CTRL-CHAR, code {c})): has to be escaped using backslash to be included in string value"
                    ));
                }
                Some(_) => end += 1,
            }
        }
        let quoted = self.source.get(start..=end).ok_or_else(|| over.to_owned())?;
        let text =
            serde_json::from_str(quoted).map_err(|_| "Unrecognized character escape".to_owned())?;
        self.pos = end + 1;
        Ok(Read { token: Token::String, text, stands: start + 1, ends: self.pos })
    }

    fn numeral(&mut self) -> Result<Read, Broken> {
        let rest = &self.source[self.pos..];
        let len = rest
            .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        let text = &rest[..len];
        if serde_json::from_str::<serde_json::Number>(text).is_err() {
            return Err(if text.trim_start_matches('-').starts_with('0') {
                "Invalid numeric value: Leading zeroes not allowed".to_owned()
            } else {
                format!(
                    "Unexpected character ('{0}' (code {1})) in numeric value",
                    &text[..1],
                    text.as_bytes()[0]
                )
            });
        }
        self.pos += len;
        Ok(Read { token: Token::Number, text: text.to_owned(), stands: self.pos, ends: self.pos })
    }

    fn word(&mut self, first: char) -> Result<Read, Broken> {
        let rest = &self.source[self.pos..];
        let len = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(rest.len());
        let word = &rest[..len];
        let token = match word {
            "true" => Token::True,
            "false" => Token::False,
            "null" => Token::Null,
            "" => return Err(self.unexpected(first, &format!("expected a valid value {VALUES}"))),
            _ => return Err(format!("Unrecognized token '{word}': was expecting {VALUES}")),
        };
        self.pos += len;
        let mut read = self.mark(token);
        read.text = word.to_owned();
        Ok(read)
    }

    fn unexpected(&self, c: char, why: &str) -> String {
        format!("Unexpected character ('{c}' (code {})): {why}", u32::from(c))
    }

    /// The place of what cannot be read: behind it.
    pub(super) fn place_of_break(&self) -> String {
        let next = self.source[self.pos..].chars().next().map_or(0, char::len_utf8);
        self.place_of(self.pos + next)
    }
}
