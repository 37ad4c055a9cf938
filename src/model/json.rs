//! JSON text as people write it: whether it is valid, where it is not, and how it looks when laid out.

use serde_json::Value;

/// Where a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonFault {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// The first fault of a text, if it has one.
pub fn json_fault(text: &str) -> Option<JsonFault> {
    let error = serde_json::from_str::<Value>(text).err()?;
    let message = error.to_string();
    // The place stands in front of the message already.
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(start, _)| start);
    Some(JsonFault {
        line: error.line().max(1),
        column: error.column().max(1),
        message: message.to_owned(),
    })
}

/// The text laid out over lines, or as it is when it is not JSON.
pub fn pretty_json(text: &str) -> String {
    serde_json::from_str::<Value>(text)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| text.to_owned())
}

/// `errorType` and `errorMessage` of a failed handler's payload.
pub fn handler_error(payload: &str) -> Option<(Option<String>, String)> {
    let value: Value = serde_json::from_str(payload).ok()?;
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Some((text("errorType"), text("errorMessage")?))
}

/// Bytes of base64 text, padded or not.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut word = 0u32;
        for &byte in group {
            word = word << 6 | u32::from(digit(byte)?);
        }
        word <<= 6 * (4 - group.len());
        let count = match group.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        bytes.extend_from_slice(&word.to_be_bytes()[1..1 + count]);
    }
    Some(bytes)
}

/// Lower-case hex digits of bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_where_it_is() {
        assert_eq!(json_fault("{\"a\": 1}"), None);
        let fault = json_fault("{\n  \"a\": x\n}").expect("a fault");
        assert_eq!((fault.line, fault.column, fault.message.as_str()), (2, 8, "expected value"));
        assert_eq!(json_fault("").map(|fault| fault.line), Some(1));
    }

    #[test]
    fn laying_out_keeps_the_order_of_keys_and_foreign_text() {
        assert_eq!(pretty_json("{\"b\":1,\"a\":2}"), "{\n  \"b\": 1,\n  \"a\": 2\n}");
        assert_eq!(pretty_json("not json"), "not json");
    }

    #[test]
    fn base64_is_read_padded_or_not() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("YQ==", b"a"),
            ("YQ", b"a"),
            ("YWI=", b"ab"),
            ("YW55IGNhcm5hbCBwbGVhcw==", b"any carnal pleas"),
        ] {
            assert_eq!(decode_base64(text).as_deref(), Some(bytes));
        }
        assert_eq!(decode_base64("a"), None);
        assert_eq!(decode_base64("a b="), None);
    }

    #[test]
    fn a_handlers_error_has_a_type_and_a_message() {
        assert_eq!(
            handler_error("{\"errorMessage\":\"no\",\"errorType\":\"Oops\"}"),
            Some((Some("Oops".into()), "no".into()))
        );
        assert_eq!(handler_error("{\"statusCode\":500}"), None);
    }
}
