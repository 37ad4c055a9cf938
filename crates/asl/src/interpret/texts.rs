//! Texts of objects that items are cut from, one at a time: JSON arrays, lines of JSON, rows of CSV.
//!
//! Source: "ItemReader" in the developer guide; recorded map runs for CSV's corners and the words of refusals.

use super::data::Data;
use super::machine::{InputType, Reading};
use serde_json::{Map, Value};

/// A text that items are cut from.
#[derive(Debug)]
pub(crate) struct Text {
    /// An object whose member `Body` is the text.
    body: Data,
    at: usize,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// Elements of an array; the flag says that one was read.
    Json {
        is_inside: bool,
    },
    Lines,
    Csv {
        headers: Vec<String>,
        /// The order in which they are written.
        order: Vec<usize>,
        delimiter: char,
    },
}

impl Text {
    pub(super) fn open(reading: &Reading, body: Data) -> Result<Text, String> {
        let mut text = Text { body, at: 0, form: Form::Lines };
        match reading.input_type {
            InputType::Csv => {
                let delimiter = reading.csv_delimiter;
                let headers = match &reading.csv_headers {
                    Some(headers) => headers.clone(),
                    None => text.row(delimiter).unwrap_or_default(),
                };
                let mut sorted: Vec<&String> = headers.iter().collect();
                sorted.sort();
                if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
                    return Err("CSV headers cannot contain duplicates.".to_owned());
                }
                let order = hash_order(&headers);
                text.form = Form::Csv { headers, order, delimiter };
            }
            InputType::JsonLines => {}
            InputType::Json => text.form = Form::Json { is_inside: false },
        }
        Ok(text)
    }

    fn rest(&self) -> &str {
        let text = self.body.value().get("Body").and_then(Value::as_str).unwrap_or_default();
        text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn next(&mut self) -> Result<Option<Value>, String> {
        match &self.form {
            Form::Json { is_inside } => {
                let is_inside = *is_inside;
                self.element(is_inside)
            }
            Form::Lines => loop {
                let rest = self.rest();
                if rest.is_empty() {
                    return Ok(None);
                }
                let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
                let line = rest[..length].trim();
                let item = match line {
                    "" => None,
                    line => Some(serde_json::from_str(line).map_err(not_json)?),
                };
                self.at += length;
                if item.is_some() {
                    return Ok(item);
                }
            },
            Form::Csv { delimiter, .. } => {
                let delimiter = *delimiter;
                let Some(fields) = self.row(delimiter) else { return Ok(None) };
                let Form::Csv { headers, order, .. } = &self.form else { return Ok(None) };
                let mut fields = fields;
                let item = order.iter().filter_map(|at| {
                    let field = fields.get_mut(*at).map(std::mem::take).unwrap_or_default();
                    Some((headers.get(*at)?.clone(), Value::String(field)))
                });
                Ok(Some(Value::Object(item.collect::<Map<_, _>>())))
            }
        }
    }

    /// The next element of a JSON array.
    fn element(&mut self, is_inside: bool) -> Result<Option<Value>, String> {
        match Element::read(self.rest(), is_inside)? {
            Element::Value { value, length } => {
                self.at += length;
                self.form = Form::Json { is_inside: true };
                Ok(Some(value))
            }
            Element::End => {
                self.at = usize::MAX;
                self.form = Form::Json { is_inside: true };
                Ok(None)
            }
        }
    }

    /// The next row of CSV: fields may be quoted, and quotes in them doubled. Empty lines are no rows.
    fn row(&mut self, delimiter: char) -> Option<Vec<String>> {
        let rest = self.rest();
        let blank = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        let rest = &rest[blank..];
        if rest.is_empty() {
            self.at = self.at.saturating_add(blank);
            return None;
        }
        let mut fields = Vec::new();
        let mut field = String::new();
        let mut is_quoted = false;
        let mut end = rest.len();
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if is_quoted => match chars.peek() {
                    Some((_, '"')) => {
                        chars.next();
                        field.push('"');
                    }
                    _ => is_quoted = false,
                },
                c if is_quoted => field.push(c),
                '"' if field.is_empty() => is_quoted = true,
                '\n' => {
                    end = at + 1;
                    break;
                }
                '\r' if matches!(chars.peek(), Some((_, '\n'))) => {}
                c if c == delimiter => fields.push(std::mem::take(&mut field)),
                c => field.push(c),
            }
        }
        fields.push(field);
        self.at += blank + end;
        Some(fields)
    }
}

/// The order in which AWS writes the fields of a row: that of Java's `HashMap` (recorded).
fn hash_order(names: &[String]) -> Vec<usize> {
    // A map grows when it is three quarters full.
    let mut buckets = 16_usize;
    while names.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    let bucket = |name: &str| {
        let units = name.encode_utf16();
        let hash = units.fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
        (hash ^ (hash >> 16)) as usize & (buckets - 1)
    };
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|at| bucket(&names[*at]));
    order
}

/// What stands next in the text of an array.
enum Element {
    Value { value: Value, length: usize },
    End,
}

impl Element {
    fn read(rest: &str, is_inside: bool) -> Result<Element, String> {
        const NO_ARRAY: &str = "The object is not a JSON array.";
        let mut text = rest.trim_start();
        if is_inside {
            text = match text.strip_prefix(',') {
                Some(after) => after,
                None if text.is_empty() || text.starts_with(']') => return Ok(Element::End),
                None => return Err(NO_ARRAY.to_owned()),
            };
        } else {
            text = match text.strip_prefix('[') {
                Some(inner) => inner.trim_start(),
                None if serde_json::from_str::<Value>(rest).is_ok() => {
                    return Err("Attempting to map over non-iterable node.".to_owned());
                }
                None => return Err(NO_ARRAY.to_owned()),
            };
            if text.starts_with(']') {
                return Ok(Element::End);
            }
        }
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                let length = rest.len() - text.len() + values.byte_offset();
                Ok(Element::Value { value, length })
            }
            Some(Err(error)) => Err(not_json(error)),
            None => Err(NO_ARRAY.to_owned()),
        }
    }
}

pub(super) fn not_json(error: serde_json::Error) -> String {
    format!("An item cannot be read as JSON: {error}")
}
