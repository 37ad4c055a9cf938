//! JSON that is still being written: whatever is wrong is stepped over, so that the rest of the document stays in sight.
//!
//! Invariant: every text gives a tree, and never a panic. Of a text without faults it is the tree that [`crate::json::parse`] gives.

use crate::json::{DEPTH_MAX, Kind, Member, Node};
use serde_json::Value;

/// Reads what can be read. A value that is missing is an empty `Null`.
pub fn parse(text: &str) -> Node {
    let mut reader = Reader { text, at: 0 };
    reader.skip(|byte| byte != b'{' && byte != b'[');
    reader.value(0)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, matching: impl Fn(u8) -> bool) {
        while self.byte().is_some_and(&matching) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Node {
        let begin = self.at;
        if depth > DEPTH_MAX {
            self.at = self.text.len();
            return Node { span: begin..begin, kind: Kind::Null };
        }
        let kind = match self.byte() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Kind::Text(self.string()),
            _ => self.word(),
        };
        Node { span: begin..self.at, kind }
    }

    fn object(&mut self, depth: usize) -> Kind {
        let mut members = Vec::new();
        self.at += 1;
        loop {
            self.skip(|byte| is_blank(byte) || byte == b',');
            match self.byte() {
                // The array around this object goes on: its brace is missing.
                None | Some(b']') => break,
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                Some(b'"') => members.push(self.member(depth)),
                // A word without quotes, or a value without a name.
                Some(b'{' | b'[') => {
                    self.value(depth + 1);
                }
                Some(b':') => self.at += 1,
                Some(_) => {
                    self.word();
                }
            }
        }
        Kind::Object(members)
    }

    fn member(&mut self, depth: usize) -> Member {
        let begin = self.at;
        let name = self.string();
        let name_span = begin..self.at;
        let after_name = self.at;
        self.skip(is_blank);
        if self.byte() != Some(b':') {
            self.at = after_name;
            let value = Node { span: after_name..after_name, kind: Kind::Null };
            return Member { name, name_span, value };
        }
        self.at += 1;
        let after_colon = self.at;
        self.skip(is_blank);
        let value = match self.byte() {
            None | Some(b',' | b'}' | b']' | b':') => {
                Node { span: after_colon..after_colon, kind: Kind::Null }
            }
            // `"Next":` at the end of a line, and the next member's name after it.
            Some(b'"') if self.is_name_on_a_later_line(after_colon) => {
                Node { span: after_colon..after_colon, kind: Kind::Null }
            }
            Some(_) => self.value(depth + 1),
        };
        Member { name, name_span, value }
    }

    /// Whether the string that begins here, after a line break, is followed by a colon.
    fn is_name_on_a_later_line(&self, after_colon: usize) -> bool {
        let mut ahead = Reader { text: self.text, at: self.at };
        ahead.string();
        ahead.skip(is_blank);
        ahead.byte() == Some(b':') && self.text[after_colon..self.at].contains('\n')
    }

    fn array(&mut self, depth: usize) -> Kind {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.skip(|byte| is_blank(byte) || byte == b',' || byte == b':');
            match self.byte() {
                None | Some(b'}') => break,
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                Some(_) => items.push(self.value(depth + 1)),
            }
        }
        Kind::Array(items)
    }

    /// A string ends with its line, if not before: else one forgotten quote would turn the whole document inside out.
    fn string(&mut self) -> String {
        let begin = self.at;
        self.at += 1;
        let mut closed = false;
        while let Some(byte) = self.byte() {
            match byte {
                b'"' => {
                    self.at += 1;
                    closed = true;
                    break;
                }
                b'\n' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        let raw = &self.text[begin..self.at];
        let read = if closed { serde_json::from_str(raw).ok() } else { None };
        read.unwrap_or_else(|| raw.trim_matches('"').trim_end().to_owned())
    }

    fn word(&mut self) -> Kind {
        let begin = self.at;
        self.skip(|byte| {
            !is_blank(byte) && !matches!(byte, b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"')
        });
        if self.at == begin {
            self.at += usize::from(self.at < self.text.len());
        }
        match serde_json::from_str(&self.text[begin..self.at]) {
            Ok(Value::Bool(value)) => Kind::Bool(value),
            Ok(Value::Number(number)) => Kind::Number(number),
            _ => Kind::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text).to_value().to_string(), expected, "{text}");
    }

    #[test]
    fn faults_are_stepped_over() {
        check(r#"{"a": 1 "b": 2}"#, r#"{"a":1,"b":2}"#);
        check(r#"{"a": , "b": [1 2,, 3}, "c": 4}"#, r#"{"a":null,"b":[1,2,3]}"#);
        check("{\"a\": \"half\n, \"b\": true}", r#"{"a":"half","b":true}"#);
        check("{\"a\":\n\"b\": {\"c\": null", r#"{"a":null,"b":{"c":null}}"#);
        check(r#"x {a: 1, "b" "c": tru, "d": -1.5e3"#, r#"{"b":null,"c":null,"d":-1500.0}"#);
        check("", "null");
        check("{\"a\": \"\\", r#"{"a":"\\"}"#);
    }

    #[test]
    fn a_text_without_faults_is_read_as_it_is() {
        let text = r#" {"a": [1, {"b": "\u00e9\n"}, []], "c": {}, "a": null} "#;
        assert_eq!(Some(parse(text)), crate::json::parse(text).0);
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        parse(&"[".repeat(100_000));
        parse(&"{\"a\":".repeat(100_000));
    }
}
