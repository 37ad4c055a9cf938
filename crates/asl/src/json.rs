//! JSON with the place of every value. It keeps duplicate members, which a map would hide, and gives what it has
//! read when the text breaks off, which is what an editor's text does most of the time.

use serde_json::{Map, Number, Value};
use std::ops::Range;

/// How deep arrays and objects may nest.
pub const DEPTH_MAX: usize = 128;

/// A value and where it stands, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// From its first byte to the one after its last.
    pub span: Range<usize>,
    /// The value.
    pub kind: Kind,
}

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, or what could not be read.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; its text is what the span covers.
    Number(Number),
    /// A string, unescaped.
    Text(String),
    /// An array.
    Array(Vec<Node>),
    /// An object's members in order, duplicates included.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name, unescaped.
    pub name: String,
    /// Where the name stands, quotes included.
    pub name_span: Range<usize>,
    /// Its value.
    pub value: Node,
}

/// Where and why the text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What was found there.
    pub span: Range<usize>,
    /// Why it cannot stand there.
    pub message: String,
}

impl Node {
    /// The member of that name; the last one counts, as in AWS's parser.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.members().iter().rev().find(|member| member.name == name).map(|member| &member.value)
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a number.
    pub fn number(&self) -> Option<f64> {
        match &self.kind {
            Kind::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// The value of a boolean.
    pub fn boolean(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Whether this is an object.
    pub fn is_object(&self) -> bool {
        matches!(self.kind, Kind::Object(_))
    }

    /// The value without places.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::Array(items) => items.iter().map(Node::to_value).collect(),
            Kind::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|member| (member.name.clone(), member.value.to_value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

/// Reads a text. The node is what could be read, `None` when that is nothing; the error is the first.
pub fn parse(text: &str) -> (Option<Node>, Option<SyntaxError>) {
    let mut reader = Reader { text, at: 0, error: None };
    let node = reader.value(0);
    if node.is_some() {
        reader.blanks();
        if reader.at < text.len() && reader.error.is_none() {
            reader.unexpected("the end of the text");
        }
    }
    (node, reader.error)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    error: Option<SyntaxError>,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn fail(&mut self, span: Range<usize>, message: String) {
        self.error.get_or_insert(SyntaxError { span, message });
    }

    /// In Jackson's words: an unknown word is named whole, any other character alone.
    fn unexpected(&mut self, expected: &str) {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(rest.len());
        let (length, message) = match rest.chars().next() {
            None => (0, format!("Unexpected end-of-input: was expecting {expected}")),
            Some(_) if end > 0 => {
                (end, format!("Unrecognized token '{}': was expecting {expected}", &rest[..end]))
            }
            Some(c) => {
                let message = format!(
                    "Unexpected character ('{c}' (code {})): was expecting {expected}",
                    c as u32
                );
                (c.len_utf8(), message)
            }
        };
        self.fail(self.at..self.at + length, message);
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        const EXPECTED: &str =
            "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        self.blanks();
        let begin = self.at;
        if depth > DEPTH_MAX {
            self.fail(
                begin..begin + 1,
                format!("Document nesting depth exceeds the maximum allowed ({DEPTH_MAX})"),
            );
            return None;
        }
        let kind = match self.byte() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Kind::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => match [
                ("null", Kind::Null),
                ("true", Kind::Bool(true)),
                ("false", Kind::Bool(false)),
            ]
            .into_iter()
            .find(|(word, _)| self.is_word(word))
            {
                Some((word, kind)) => {
                    self.at += word.len();
                    kind
                }
                None => {
                    self.unexpected(EXPECTED);
                    return None;
                }
            },
        };
        Some(Node { span: begin..self.at, kind })
    }

    fn is_word(&self, word: &str) -> bool {
        let rest = &self.text[self.at..];
        rest.strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    }

    fn object(&mut self, depth: usize) -> Kind {
        let mut members = Vec::new();
        self.at += 1;
        self.blanks();
        if self.byte() == Some(b'}') {
            self.at += 1;
            return Kind::Object(members);
        }
        loop {
            self.blanks();
            let name_begin = self.at;
            if self.byte() != Some(b'"') {
                self.unexpected("double-quote to start field name");
                break;
            }
            let Some(name) = self.string() else { break };
            let name_span = name_begin..self.at;
            self.blanks();
            if self.byte() != Some(b':') {
                self.unexpected("a colon to separate field name and value");
                break;
            }
            self.at += 1;
            let Some(value) = self.value(depth + 1) else { break };
            members.push(Member { name, name_span, value });
            if self.error.is_some() || !self.continues(b'}', "comma to separate Object entries") {
                break;
            }
        }
        Kind::Object(members)
    }

    fn array(&mut self, depth: usize) -> Kind {
        let mut items = Vec::new();
        self.at += 1;
        self.blanks();
        if self.byte() == Some(b']') {
            self.at += 1;
            return Kind::Array(items);
        }
        while let Some(value) = self.value(depth + 1) {
            items.push(value);
            if self.error.is_some() || !self.continues(b']', "comma to separate Array entries") {
                break;
            }
        }
        Kind::Array(items)
    }

    /// Whether another entry follows.
    fn continues(&mut self, close: u8, expected: &str) -> bool {
        self.blanks();
        match self.byte() {
            Some(b',') => {
                self.at += 1;
                true
            }
            Some(byte) if byte == close => {
                self.at += 1;
                false
            }
            _ => {
                self.unexpected(expected);
                false
            }
        }
    }

    /// The raw text goes to `serde_json`, which knows escapes and surrogates; here only its end is found.
    fn string(&mut self) -> Option<String> {
        let begin = self.at;
        let bytes = self.text.as_bytes();
        let mut end = begin + 1;
        loop {
            match bytes.get(end) {
                None => {
                    self.at = bytes.len();
                    self.fail(begin..bytes.len(), "Unexpected end-of-input in a string".to_owned());
                    return None;
                }
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        match serde_json::from_str(&self.text[begin..=end]) {
            Ok(text) => Some(text),
            Err(error) => {
                self.fail(begin..end + 1, format!("this string cannot be read: {error}"));
                None
            }
        }
    }

    fn number(&mut self) -> Option<Kind> {
        let begin = self.at;
        while matches!(self.byte(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        match serde_json::from_str(&self.text[begin..self.at]) {
            Ok(number) => Some(Kind::Number(number)),
            Err(_) => {
                self.fail(
                    begin..self.at,
                    format!("Invalid number '{}'", &self.text[begin..self.at]),
                );
                None
            }
        }
    }
}
