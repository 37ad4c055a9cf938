//! JSON as a path's literals may hold it: single quotes and bare words are allowed, as in the parser behind Jayway.

use serde_json::{Map, Number, Value};

const DEPTH_MAX: usize = 64;

/// Reads a literal such as `['a', "b", 3]`; `None` when it is not one.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0 };
    let value = reader.value(0)?;
    reader.blanks();
    (reader.at == reader.chars.len()).then_some(value)
}

/// Undoes backslash escapes; an unknown one stands for its character. `None` when `\u` is not followed by a number.
pub(crate) fn unescape(text: &str) -> Option<String> {
    unescape_except(text, None)
}

/// The same, but a backslash before `kept` stays.
pub(crate) fn unescape_except(text: &str, kept: Option<char>) -> Option<String> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    let mut buffer = [0_u16; 2];
    let mut put =
        |c: char, units: &mut Vec<u16>| units.extend_from_slice(c.encode_utf16(&mut buffer));
    while let Some(c) = chars.next() {
        if c != '\\' {
            put(c, &mut units);
            continue;
        }
        match chars.next() {
            None => put('\\', &mut units),
            Some('r') => put('\r', &mut units),
            Some('f') => put('\u{c}', &mut units),
            Some('t') => put('\t', &mut units),
            Some('n') => put('\n', &mut units),
            Some('b') => put('\u{8}', &mut units),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                // A number that the text ends in the middle of is dropped, as Jayway does.
                if digits.chars().count() == 4 {
                    units.push(i32::from_str_radix(&digits, 16).ok()? as u16);
                }
            }
            Some(other) => {
                if kept == Some(other) {
                    put('\\', &mut units);
                }
                put(other, &mut units);
            }
        }
    }
    Some(String::from_utf16_lossy(&units))
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn take(&mut self, c: char) -> bool {
        self.blanks();
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.blanks();
        match self.peek()? {
            '[' => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.take(']') {
                    items.push(self.value(depth + 1)?);
                    if !self.take(',') && self.peek() != Some(']') {
                        return None;
                    }
                }
                Some(Value::Array(items))
            }
            '{' => {
                self.at += 1;
                let mut members = Map::new();
                while !self.take('}') {
                    let name = match self.value(depth + 1)? {
                        Value::String(name) => name,
                        other => other.to_string(),
                    };
                    if !self.take(':') {
                        return None;
                    }
                    members.insert(name, self.value(depth + 1)?);
                    if !self.take(',') && self.peek() != Some('}') {
                        return None;
                    }
                }
                Some(Value::Object(members))
            }
            quote @ ('\'' | '"') => self.string(quote).map(Value::String),
            _ => self.word(),
        }
    }

    fn string(&mut self, quote: char) -> Option<String> {
        let begin = self.at + 1;
        let mut end = begin;
        while *self.chars.get(end)? != quote {
            end += if self.chars[end] == '\\' { 2 } else { 1 };
        }
        self.at = end + 1;
        unescape(&self.chars[begin..end].iter().collect::<String>())
    }

    fn word(&mut self) -> Option<Value> {
        let begin = self.at;
        while self.peek().is_some_and(|c| !matches!(c, ',' | ']' | '}' | ':')) {
            self.at += 1;
        }
        let word: String = self.chars[begin..self.at].iter().collect();
        let word = word.trim();
        Some(match word {
            "" => return None,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => match word.parse::<Number>() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::String(word.to_owned()),
            },
        })
    }
}
