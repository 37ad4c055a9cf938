//! A JSON value that states pass on: shared, with the text it came in as.

use serde_json::Value;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The most bytes that a state's input, output or result may have. Source: "Service quotas" in the developer guide.
pub const DATA_BYTES_MAX: usize = 256 * 1024;

/// The deepest nesting of data. Jackson, which AWS reads JSON with, stops at 1000; the stack of a browser is smaller.
pub const DATA_DEPTH_MAX: usize = 400;

/// What nests deeper cannot be read from text.
const READ_DEPTH_MAX: usize = 127;

/// A JSON value and its text. A copy is a pointer, so every history event can hold one.
///
/// Text that came from outside is kept as it was (blanks, order of keys, `1.0`); other text is rendered when
/// somebody asks for it.
#[derive(Clone)]
pub struct Data(Arc<Inner>);

struct Inner {
    /// Or the text is there, to read it from.
    value: OnceLock<Value>,
    text: OnceLock<Box<str>>,
    measure: OnceLock<Measure>,
    /// Set when it was found small enough to pass on.
    fits: OnceLock<()>,
}

#[derive(Debug, Clone, Copy)]
struct Measure {
    bytes: usize,
    depth: usize,
}

impl Data {
    /// Data without a text of its own.
    pub fn new(value: Value) -> Data {
        Data::of(value, OnceLock::new())
    }

    fn of(value: Value, text: OnceLock<Box<str>>) -> Data {
        let value = OnceLock::from(value);
        Data(Arc::new(Inner { value, text, measure: OnceLock::new(), fits: OnceLock::new() }))
    }

    /// Reads a text and keeps it.
    ///
    /// # Errors
    /// When it is not JSON, or nests deeper than 128 levels.
    pub fn from_text(text: impl Into<Box<str>>) -> Result<Data, serde_json::Error> {
        let text = text.into();
        let value = serde_json::from_str(&text)?;
        Ok(Data::of(value, OnceLock::from(text)))
    }

    /// The same as text alone: what is only kept to be shown takes less room than the value, which is read again when somebody
    /// asks for it. `written` is for its memory.
    pub(crate) fn as_text(&self, written: &mut String) -> Data {
        let text = match self.0.text.get() {
            Some(text) => text,
            None => {
                written.clear();
                if !write(self.value(), written, READ_DEPTH_MAX) {
                    return self.clone();
                }
                written.as_str()
            }
        };
        let (value, text) = (OnceLock::new(), OnceLock::from(Box::from(text)));
        Data(Arc::new(Inner { value, text, measure: OnceLock::new(), fits: OnceLock::new() }))
    }

    /// The value.
    pub fn value(&self) -> &Value {
        self.0.value.get_or_init(|| {
            let text = self.0.text.get().map(|text| &**text);
            serde_json::from_str(text.unwrap_or_default()).expect("it was written here")
        })
    }

    /// The text it came in as, else compact JSON.
    pub fn text(&self) -> &str {
        self.0.text.get_or_init(|| self.value().to_string().into_boxed_str())
    }

    /// The value, moved out when nobody else has it.
    pub fn into_value(self) -> Value {
        self.value();
        match Arc::try_unwrap(self.0).map(|inner| inner.value.into_inner()) {
            Ok(value) => value.unwrap_or_default(),
            Err(shared) => Data(shared).value().clone(),
        }
    }

    /// How many bytes its text has, in UTF-8. Nothing is rendered to count them.
    pub fn bytes(&self) -> usize {
        self.measure().bytes
    }

    /// Whether it is too large or too deep for a state to pass on ([`DATA_BYTES_MAX`], [`DATA_DEPTH_MAX`]).
    pub fn is_too_large(&self) -> bool {
        if self.0.fits.get().is_some() {
            return false;
        }
        // Most data is so small that its bytes need no counting.
        let is_small =
            self.0.text.get().is_none() && spare(self.value(), 0, DATA_BYTES_MAX).is_some();
        let Measure { bytes, depth } = match is_small {
            true => Measure { bytes: 0, depth: 0 },
            false => self.measure(),
        };
        let is_too_large = bytes > DATA_BYTES_MAX || depth > DATA_DEPTH_MAX;
        if !is_too_large {
            self.0.fits.get_or_init(|| ());
        }
        is_too_large
    }

    /// Whether both are the same copy, not only equal.
    pub fn is_same(&self, other: &Data) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn measure(&self) -> Measure {
        *self.0.measure.get_or_init(|| match self.0.text.get() {
            Some(text) => Measure { bytes: text.len(), depth: measure(self.value()).depth },
            None => measure(self.value()),
        })
    }
}

impl From<Value> for Data {
    fn from(value: Value) -> Data {
        Data::new(value)
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Data) -> bool {
        self.is_same(other) || self.value() == other.value()
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// What is left of so many bytes after a value at this depth, if each character took the most that one can take. `None` when
/// nothing is left or it nests too deeply: then it has to be measured.
fn spare(value: &Value, depth: usize, bytes: usize) -> Option<usize> {
    /// More than any number takes.
    const SCALAR_BYTES_MAX: usize = 32;
    /// An escape such as `\u0001`, which stands for one byte.
    const ESCAPE_BYTES_MAX: usize = 6;
    let text = |text: &str| text.len() * ESCAPE_BYTES_MAX + 4;
    match value {
        Value::Array(_) | Value::Object(_) if depth >= DATA_DEPTH_MAX => None,
        Value::Null | Value::Bool(_) | Value::Number(_) => bytes.checked_sub(SCALAR_BYTES_MAX),
        Value::String(one) => bytes.checked_sub(text(one)),
        Value::Array(items) => items.iter().try_fold(bytes.checked_sub(2)?, |bytes, item| {
            spare(item, depth + 1, bytes)?.checked_sub(1)
        }),
        Value::Object(members) => {
            members.iter().try_fold(bytes.checked_sub(2)?, |bytes, (name, member)| {
                spare(member, depth + 1, bytes)?.checked_sub(text(name))
            })
        }
    }
}

/// Writes compact JSON as `serde_json` does, which takes longer to do so. Gives up on what nests deeper than `depth`.
fn write(value: &Value, text: &mut String, depth: usize) -> bool {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => match number.as_u64() {
            Some(digit @ 0..=9) => text.push(char::from(b'0' + digit as u8)),
            _ => text.push_str(&number.to_string()),
        },
        Value::String(one) => write_text(one, text),
        Value::Array(_) | Value::Object(_) if depth == 0 => return false,
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                if !write(item, text, depth - 1) {
                    return false;
                }
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_text(name, text);
                text.push(':');
                if !write(member, text, depth - 1) {
                    return false;
                }
            }
            text.push('}');
        }
    }
    true
}

fn write_text(one: &str, text: &mut String) {
    if one.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        return text.push_str(&Value::from(one).to_string());
    }
    text.push('"');
    text.push_str(one);
    text.push('"');
}

/// The size of compact JSON, as `serde_json` writes it, and how deep it nests.
fn measure(value: &Value) -> Measure {
    match value {
        Value::Null | Value::Bool(true) => Measure { bytes: 4, depth: 0 },
        Value::Bool(false) => Measure { bytes: 5, depth: 0 },
        Value::Number(number) => Measure { bytes: number_bytes(number), depth: 0 },
        Value::String(text) => Measure { bytes: text_bytes(text), depth: 0 },
        Value::Array(items) => {
            let mut total = Measure { bytes: 2 + items.len().saturating_sub(1), depth: 0 };
            for item in items {
                let Measure { bytes, depth } = measure(item);
                total.bytes += bytes;
                total.depth = total.depth.max(depth);
            }
            Measure { bytes: total.bytes, depth: total.depth + 1 }
        }
        Value::Object(members) => {
            let mut total = Measure { bytes: 2 + members.len().saturating_sub(1), depth: 0 };
            for (name, member) in members {
                let Measure { bytes, depth } = measure(member);
                total.bytes += text_bytes(name) + 1 + bytes;
                total.depth = total.depth.max(depth);
            }
            Measure { bytes: total.bytes, depth: total.depth + 1 }
        }
    }
}

fn number_bytes(number: &serde_json::Number) -> usize {
    let digits = |number: u64| number.checked_ilog10().unwrap_or(0) as usize + 1;
    match (number.as_u64(), number.as_i64()) {
        (Some(number), _) => digits(number),
        (None, Some(number)) => 1 + digits(number.unsigned_abs()),
        _ => number.to_string().len(),
    }
}

/// With its quotes and escapes.
fn text_bytes(text: &str) -> usize {
    let escapes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 1,
        0..=31 => 5,
        _ => 0,
    });
    2 + text.len() + escapes.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_are_those_of_the_text() {
        for value in [
            json!(null),
            json!({ "a": [1, -1, 0, 1.5, -0.0, 1e300, u64::MAX, i64::MIN], "é\n\u{1}\"": "\\\u{7f}" }),
            json!([]),
            json!({}),
            json!([true, false, { "a": {} }]),
        ] {
            assert_eq!(Data::new(value.clone()).bytes(), value.to_string().len(), "{value}");
        }
    }

    #[test]
    fn a_text_from_outside_is_kept() {
        let data = Data::from_text("{ \"a\" : 1.0 }").unwrap();
        assert_eq!((data.text(), data.bytes()), ("{ \"a\" : 1.0 }", 13));
        assert_eq!(data, Data::new(json!({ "a": 1.0 })));
        assert!(Data::from_text("{").is_err());
    }

    #[test]
    fn as_text_it_is_the_same() {
        let mut deep = json!(0);
        for _ in 0..DATA_DEPTH_MAX {
            deep = json!([deep]);
        }
        let outside = Data::from_text("{ \"a\" : 1.0 }").unwrap();
        let all = json!({ "a": [1.5, -0.0, 7, 10, u64::MAX, i64::MIN], "é\n\u{1}\"": "\\\u{7f}", "b": [{}, [], null, true, false] });
        for data in [outside, all.into(), deep.into()] {
            let text = data.as_text(&mut String::new());
            assert_eq!((text.text(), text.bytes()), (data.text(), data.bytes()));
            assert_eq!(text, data);
            assert_eq!(text.into_value(), *data.value());
        }
    }

    #[test]
    fn what_nests_too_deeply_is_too_large() {
        let mut value = json!(0);
        for _ in 0..DATA_DEPTH_MAX {
            value = json!([value]);
        }
        assert!(!Data::new(value.clone()).is_too_large());
        assert!(Data::new(json!([value])).is_too_large());
        let mut empty = json!([]);
        for _ in 0..DATA_DEPTH_MAX {
            empty = json!([empty]);
        }
        assert!(Data::new(empty).is_too_large());
        assert!(Data::new(json!("x".repeat(DATA_BYTES_MAX))).is_too_large());
        // What may be too large by the first look is measured.
        assert!(!Data::new(json!("x".repeat(DATA_BYTES_MAX - 2))).is_too_large());
        assert!(!Data::new(json!(["\u{1}".repeat(DATA_BYTES_MAX / 6 - 1)])).is_too_large());
        assert!(Data::new(json!({ "\u{1}".repeat(DATA_BYTES_MAX / 6): 0 })).is_too_large());
    }
}
