//! Checks that a payload is JSON, and says why not in the words of AWS's parser (Jackson).

/// The text of the first fault, its place in a second line as AWS gives it; none when `bytes` are one JSON value.
///
/// The first lines are those of Jackson 2, which answers for AWS in the recorded cases; the position is that of the
/// byte that was read last, which agrees with the recorded ones.
pub(crate) fn fault(bytes: &[u8]) -> Option<String> {
    let mut reader = Reader { bytes, at: 0 };
    let text = reader.document().err()?;
    let (mut line, mut column) = (1, 0_usize);
    for byte in &bytes[..reader.at.min(bytes.len())] {
        (line, column) = if *byte == b'\n' { (line + 1, 0) } else { (line, column + 1) };
    }
    // A bad byte is noticed one place further on than a bad character is.
    column += usize::from(text.starts_with("Invalid UTF-8"));
    Some(format!(
        "{text}\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: {}]",
        column.max(1)
    ))
}

/// Jackson refuses deeper documents (`StreamReadConstraints`).
const DEPTH_MAX: usize = 1_000;
const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// `at` is the number of bytes consumed.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Container {
    Object,
    Array,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), String> {
        let mut open: Vec<(Container, usize)> = Vec::new();
        'value: loop {
            let Some(byte) = self.next_token() else { return Err(self.end(&open)) };
            match byte {
                b'{' | b'[' => {
                    let container = if byte == b'{' { Container::Object } else { Container::Array };
                    open.push((container, self.at));
                    if open.len() > DEPTH_MAX {
                        return Err(format!(
                            "Document nesting depth ({}) exceeds the maximum allowed ({DEPTH_MAX}, from `StreamReadConstraints.getMaxNestingDepth()`)",
                            open.len()
                        ));
                    }
                    match self.peek_token() {
                        Some(b'}') if container == Container::Object => {
                            self.at += 1;
                            open.pop();
                        }
                        Some(b']') if container == Container::Array => {
                            self.at += 1;
                            open.pop();
                        }
                        _ if container == Container::Object => {
                            self.field(&open)?;
                            continue 'value;
                        }
                        _ => continue 'value,
                    }
                }
                b'"' => self.string(false)?,
                b'-' | b'0'..=b'9' => self.number(byte)?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                other => return Err(self.unexpected_value(other)),
            }
            // After a value: what closes or what separates.
            loop {
                let Some((container, _)) = open.last().copied() else {
                    return match self.next_token() {
                        None => Ok(()),
                        Some(other) => Err(self.unexpected_value(other)),
                    };
                };
                let Some(byte) = self.next_token() else { return Err(self.end(&open)) };
                match (byte, container) {
                    (b'}', Container::Object) | (b']', Container::Array) => {
                        open.pop();
                    }
                    (b',', Container::Object) => {
                        self.field(&open)?;
                        continue 'value;
                    }
                    (b',', Container::Array) => continue 'value,
                    (b'}' | b']', _) => return Err(self.wrong_close(byte, &open)),
                    (other, Container::Object) => {
                        return Err(self
                            .unexpected(other, "was expecting comma to separate Object entries"));
                    }
                    (other, Container::Array) => {
                        return Err(
                            self.unexpected(other, "was expecting comma to separate Array entries")
                        );
                    }
                }
            }
        }
    }

    fn field(&mut self, open: &[(Container, usize)]) -> Result<(), String> {
        match self.next_token() {
            None => return Err(self.end(open)),
            Some(b'"') => self.string(true)?,
            Some(byte @ b']') => return Err(self.wrong_close(byte, open)),
            Some(other) => {
                return Err(
                    self.unexpected(other, "was expecting double-quote to start field name")
                );
            }
        }
        match self.next_token() {
            None => Err(self.end(open)),
            Some(b':') => Ok(()),
            Some(other) => {
                Err(self
                    .unexpected(other, "was expecting a colon to separate field name and value"))
            }
        }
    }

    /// The opening quote has been read.
    fn string(&mut self, field: bool) -> Result<(), String> {
        loop {
            let Some(byte) = self.next() else {
                return Err(if field {
                    "Unexpected end-of-input in field name".into()
                } else {
                    "Unexpected end-of-input: was expecting closing quote for a string value".into()
                });
            };
            match byte {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                0..=0x1f => {
                    let what = if field { "name" } else { "string value" };
                    return Err(format!(
                        "Illegal unquoted character ({}): has to be escaped using backslash to be included in {what}",
                        describe(u32::from(byte))
                    ));
                }
                0x80.. => {
                    self.wide(byte)?;
                }
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.next() {
            None => Err("Unexpected end-of-input in character escape sequence".into()),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => {
                for _ in 0..4 {
                    match self.next() {
                        None => {
                            return Err(
                                "Unexpected end-of-input in character escape sequence".into()
                            );
                        }
                        Some(digit) if digit.is_ascii_hexdigit() => {}
                        Some(other) => {
                            return Err(self.unexpected(
                                other,
                                "expected a hex-digit for character escape sequence",
                            ));
                        }
                    }
                }
                Ok(())
            }
            Some(other) => {
                Err(format!("Unrecognized character escape {}", describe(u32::from(other))))
            }
        }
    }

    /// The bytes of a character after its first one; the character.
    fn wide(&mut self, first: u8) -> Result<u32, String> {
        let (more, mut scalar, min) = match first {
            0xc0..=0xdf => (1, u32::from(first & 0x1f), 0x80),
            0xe0..=0xef => (2, u32::from(first & 0x0f), 0x800),
            0xf0..=0xf7 => (3, u32::from(first & 0x07), 0x10000),
            _ => return Err(format!("Invalid UTF-8 start byte 0x{first:x}")),
        };
        for _ in 0..more {
            match self.next() {
                Some(byte) if byte & 0xc0 == 0x80 => {
                    scalar = (scalar << 6) | u32::from(byte & 0x3f)
                }
                Some(byte) => return Err(format!("Invalid UTF-8 middle byte 0x{byte:x}")),
                None => {
                    return Err(
                        "Unexpected end-of-input: was expecting closing quote for a string value"
                            .into(),
                    );
                }
            }
        }
        // Jackson lets longer forms and surrogates pass; a handler that reads UTF-8 would not.
        if scalar < min || char::from_u32(scalar).is_none() {
            return Err(format!("Invalid UTF-8 start byte 0x{first:x}"));
        }
        Ok(scalar)
    }

    fn number(&mut self, first: u8) -> Result<(), String> {
        let mut digit = first;
        if first == b'-' {
            match self.next() {
                Some(byte @ b'0'..=b'9') => digit = byte,
                Some(other) => {
                    return Err(self.unexpected_in_number(
                        other,
                        "expected digit (0-9) to follow minus sign, for valid numeric value",
                    ));
                }
                None => return Err("Unexpected end-of-input within/between Object entries".into()),
            }
        }
        if digit == b'0' && self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            return Err("Invalid numeric value: Leading zeroes not allowed".into());
        }
        self.digits();
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.required_digits("Decimal point not followed by a digit")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.required_digits("Exponent indicator not followed by a digit")?;
        }
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}' | b':') => Ok(()),
            Some(other) => {
                self.at += 1;
                Err(self.unexpected(other, "Expected space separating root-level values"))
            }
        }
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - from
    }

    fn required_digits(&mut self, why: &str) -> Result<(), String> {
        if self.digits() > 0 {
            return Ok(());
        }
        match self.next() {
            Some(other) => Err(self.unexpected_in_number(other, why)),
            None => Err("Unexpected end-of-input in a Number value".into()),
        }
    }

    /// `true`, `false` or `null`; its first letter has been read.
    fn word(&mut self, word: &'static str) -> Result<(), String> {
        for (read, letter) in word.bytes().enumerate().skip(1) {
            if self.peek() != Some(letter) {
                return Err(self.unrecognized(&word[..read]));
            }
            self.at += 1;
        }
        match self.peek() {
            Some(byte)
                if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80 =>
            {
                Err(self.unrecognized(word))
            }
            _ => Ok(()),
        }
    }

    /// Jackson reads on to the end of the word, to name it whole.
    fn unrecognized(&mut self, start: &str) -> String {
        let mut word = start.to_owned();
        while let Some(byte) = self.peek() {
            let letter = if byte < 0x80 {
                u32::from(byte)
            } else {
                self.at += 1;
                match self.wide(byte) {
                    Ok(letter) => {
                        // Step back: the common path below steps over one byte.
                        self.at -= 1;
                        letter
                    }
                    Err(fault) => return fault,
                }
            };
            let Some(letter) =
                char::from_u32(letter).filter(|c| c.is_alphanumeric() || "_$".contains(*c))
            else {
                break;
            };
            self.at += 1;
            word.push(letter);
            if word.len() >= 256 {
                word.push_str("...");
                break;
            }
        }
        format!("Unrecognized token '{word}': was expecting {VALUES}")
    }

    /// A byte that cannot begin a value; it has been read.
    fn unexpected_value(&mut self, byte: u8) -> String {
        if byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' {
            return self.unrecognized(&char::from(byte).to_string());
        }
        self.unexpected(byte, &format!("expected a valid value {VALUES}"))
    }

    fn unexpected(&self, byte: u8, why: &str) -> String {
        format!("Unexpected character ({}): {why}", describe(u32::from(byte)))
    }

    fn unexpected_in_number(&self, byte: u8, why: &str) -> String {
        format!("Unexpected character ({}) in numeric value: {why}", describe(u32::from(byte)))
    }

    fn wrong_close(&self, byte: u8, open: &[(Container, usize)]) -> String {
        let (expected, name) = match open.last() {
            Some((Container::Object, _)) => ('}', "Object"),
            _ => (']', "Array"),
        };
        format!(
            "Unexpected close marker '{}': expected '{expected}' (for {name} starting at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {}])",
            char::from(byte),
            open.last().map_or(1, |(_, at)| *at)
        )
    }

    fn end(&self, open: &[(Container, usize)]) -> String {
        match open.last() {
            None => "Unexpected end-of-input".into(),
            Some((container, at)) => {
                let name = if *container == Container::Object { "Object" } else { "Array" };
                format!(
                    "Unexpected end-of-input: expected close marker for {name} (start marker at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {at}])"
                )
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_token(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    fn next_token(&mut self) -> Option<u8> {
        self.peek_token();
        self.next()
    }
}

fn describe(code: u32) -> String {
    match char::from_u32(code) {
        Some(letter) if !letter.is_control() => format!("'{letter}' (code {code})"),
        _ => format!("(CTRL-CHAR, code {code})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(bytes: &[u8], expected: Expect) {
        let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
        expected.assert_eq(&fault(bytes).map_or("valid".into(), first));
        let valid = serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
        assert_eq!(fault(bytes).is_none(), valid, "serde_json agrees on what is JSON");
    }

    #[test]
    fn json_passes() {
        for text in [
            "{}",
            " [1, -0.5e+3, \"\\u00e4\\n\", true, false, null, {\"a\": {}}] ",
            "null",
            "0",
            "\"ä\"",
            "[]",
            "[[]]",
        ] {
            assert_eq!(fault(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn recorded_faults() {
        assert_eq!(
            fault(b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt").unwrap(),
            "Invalid UTF-8 start byte 0x87\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 3]"
        );
        check(
            b"\x99\xeb,j\x07\xa1zYh",
            expect![
                "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            ],
        );
    }

    #[test]
    fn other_faults() {
        check(b"", expect!["Unexpected end-of-input"]);
        check(
            b"{",
            expect![
                "Unexpected end-of-input: expected close marker for Object (start marker at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1])"
            ],
        );
        check(
            b"hello",
            expect![
                "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            ],
        );
        check(
            b"{'a': 1}",
            expect![
                "Unexpected character (''' (code 39)): was expecting double-quote to start field name"
            ],
        );
        check(
            b"{\"a\" 1}",
            expect![
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"
            ],
        );
        check(
            b"[1 2]",
            expect![
                "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"
            ],
        );
        check(
            b"{\"a\": 1]",
            expect![
                "Unexpected close marker ']': expected '}' (for Object starting at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1])"
            ],
        );
        check(b"01", expect!["Invalid numeric value: Leading zeroes not allowed"]);
        check(
            b"\"a",
            expect!["Unexpected end-of-input: was expecting closing quote for a string value"],
        );
        check(
            b"truth",
            expect![
                "Unrecognized token 'truth': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            ],
        );
        check(
            b"[1,]",
            expect![
                "Unexpected character (']' (code 93)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            ],
        );
    }
}
