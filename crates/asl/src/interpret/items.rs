//! The items of a distributed Map state, one at a time: what is read stays text until an item is wanted.
//!
//! Source: "ItemReader" in the developer guide; recorded map runs for CSV's corners and the words of refusals.

use super::data::Data;
use super::machine::{InputType, ReaderConfig};
use serde_json::{Map, Value};
use std::collections::VecDeque;

/// The most items that a map run takes from a reader.
pub(crate) const ITEMS_MAX: u64 = 100_000_000;

/// Where items come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// An array that is there.
    Array { items: Data, next: usize },
    /// The text of an object.
    Text(Text),
    /// Pages of a list of objects.
    Pages { items: VecDeque<Value>, request: Option<Value> },
    /// An inventory: files of a bucket, one after the other.
    Files { bucket: String, keys: VecDeque<String>, headers: Vec<String>, open: Option<Text> },
}

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

/// What a source has next.
#[derive(Debug)]
pub(crate) enum Next {
    Item(Value),
    /// More has to be asked for, with these parameters.
    Ask(Value),
    End,
}

impl Source {
    /// What an item reader's first answer holds.
    ///
    /// # Errors
    /// Why it cannot be read, in AWS's words where they are recorded.
    pub(crate) fn open(
        config: &ReaderConfig,
        parameters: &Value,
        answer: Data,
    ) -> Result<Source, String> {
        match config.input_type {
            InputType::Listing => Ok(Source::page(parameters, answer)),
            InputType::Manifest => Source::manifest(&answer),
            form => match answer.value().get("Body") {
                Some(Value::String(text)) if config.items_pointer.is_some() => {
                    let pointer = config.items_pointer.as_deref().unwrap_or_default();
                    let document: Value = serde_json::from_str(text).map_err(not_json)?;
                    match document.pointer(pointer) {
                        Some(items @ Value::Array(_)) => {
                            Ok(Source::Array { items: Data::new(items.clone()), next: 0 })
                        }
                        _ => Err("Attempting to map over non-iterable node.".to_owned()),
                    }
                }
                Some(Value::String(_)) => Ok(Source::Text(Text::open(config, form, answer)?)),
                Some(items @ Value::Array(_)) => {
                    Ok(Source::Array { items: Data::new(items.clone()), next: 0 })
                }
                _ => Err("Attempting to map over non-iterable node.".to_owned()),
            },
        }
    }

    fn page(parameters: &Value, answer: Data) -> Source {
        let mut answer = answer.into_value();
        let items = match answer.get_mut("Contents").map(Value::take) {
            Some(Value::Array(items)) => items.into(),
            _ => VecDeque::new(),
        };
        let token = answer.get_mut("NextContinuationToken").map(Value::take);
        let request = token.filter(Value::is_string).map(|token| {
            let mut request = parameters.clone();
            if let Some(members) = request.as_object_mut() {
                members.insert("ContinuationToken".to_owned(), token);
            }
            request
        });
        Source::Pages { items, request }
    }

    fn manifest(answer: &Data) -> Result<Source, String> {
        let text = answer.value().get("Body").and_then(Value::as_str).unwrap_or_default();
        let manifest: Value = serde_json::from_str(text)
            .map_err(|error| format!("The manifest cannot be read as JSON: {error}"))?;
        let text = |name: &str| manifest.get(name).and_then(Value::as_str).unwrap_or_default();
        let files = manifest.get("files").and_then(Value::as_array);
        let keys = files.into_iter().flatten().filter_map(|file| file.get("key")?.as_str());
        let headers = text("fileSchema").split(',').map(|header| header.trim().to_owned());
        Ok(Source::Files {
            bucket: text("destinationBucket").trim_start_matches("arn:aws:s3:::").to_owned(),
            keys: keys.map(str::to_owned).collect(),
            headers: headers.collect(),
            open: None,
        })
    }

    /// What was asked for has come.
    pub(crate) fn answer(&mut self, answer: Data) -> Result<(), String> {
        match self {
            Source::Pages { request, .. } => {
                let request = request.take().unwrap_or_default();
                *self = Source::page(&request, answer);
            }
            Source::Files { headers, open, .. } => {
                let (headers, order) = (headers.clone(), hash_order(headers));
                let form = Form::Csv { headers, order, delimiter: ',' };
                *open = Some(Text { body: answer, at: 0, form });
            }
            Source::Array { .. } | Source::Text(_) => {}
        }
        Ok(())
    }

    /// How many items there are, when that is known before the end.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Source::Array { items, .. } => {
                Some(items.value().as_array().map_or(0, |items| items.len() as u64))
            }
            _ => None,
        }
    }

    /// The next item.
    ///
    /// # Errors
    /// Why the rest cannot be read.
    pub(crate) fn next(&mut self) -> Result<Next, String> {
        match self {
            Source::Array { items, next } => {
                let item = items.value().get(*next).cloned();
                *next += 1;
                Ok(item.map_or(Next::End, Next::Item))
            }
            Source::Text(text) => Ok(text.next()?.map_or(Next::End, Next::Item)),
            Source::Pages { items, request } => Ok(match (items.pop_front(), request) {
                (Some(item), _) => Next::Item(item),
                (None, Some(request)) => Next::Ask(request.clone()),
                (None, None) => Next::End,
            }),
            Source::Files { bucket, keys, open, .. } => {
                if let Some(text) = open
                    && let Some(item) = text.next()?
                {
                    return Ok(Next::Item(item));
                }
                *open = None;
                Ok(match keys.pop_front() {
                    Some(key) => Next::Ask(serde_json::json!({ "Bucket": bucket, "Key": key })),
                    None => Next::End,
                })
            }
        }
    }
}

impl Text {
    fn open(config: &ReaderConfig, form: InputType, body: Data) -> Result<Text, String> {
        let mut text = Text { body, at: 0, form: Form::Lines };
        match form {
            InputType::Csv => {
                let delimiter = config.csv_delimiter;
                let headers = match &config.csv_headers {
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
            _ => text.form = Form::Json { is_inside: false },
        }
        Ok(text)
    }

    fn rest(&self) -> &str {
        let text = self.body.value().get("Body").and_then(Value::as_str).unwrap_or_default();
        text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Result<Option<Value>, String> {
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

fn not_json(error: serde_json::Error) -> String {
    format!("An item cannot be read as JSON: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config(input_type: InputType) -> ReaderConfig {
        ReaderConfig {
            input_type,
            csv_headers: None,
            csv_delimiter: ',',
            max_items: None,
            items_pointer: None,
        }
    }

    #[track_caller]
    fn check(input_type: InputType, body: &str, expected: Result<Value, &str>) {
        let answer = Data::new(json!({ "Body": body }));
        let read = Source::open(&config(input_type), &json!({}), answer).and_then(|mut source| {
            let mut items = Vec::new();
            while let Next::Item(item) = source.next()? {
                items.push(item);
            }
            Ok(Value::Array(items))
        });
        assert_eq!(read, expected.map_err(str::to_owned));
    }

    #[test]
    fn arrays_are_read_element_by_element() {
        check(InputType::Json, " [1, {\"a\": [2]} ,\"],\" ] ", Ok(json!([1, { "a": [2] }, "],"])));
        check(InputType::Json, "[]", Ok(json!([])));
        let refusal = "Attempting to map over non-iterable node.";
        check(InputType::Json, "{\"a\": 1}", Err(refusal));
        check(InputType::Json, "[1 2]", Err("The object is not a JSON array."));
    }

    #[test]
    fn lines_are_values_of_their_own() {
        check(InputType::JsonLines, "{\"a\":1}\n\n[2]\r\n3", Ok(json!([{ "a": 1 }, [2], 3])));
    }

    #[test]
    fn rows_have_the_fields_of_the_header() {
        check(
            InputType::Csv,
            "H1,\nValue4,Value5,Value6\n,,,\nNull\n   \n",
            Ok(json!([
                { "H1": "Value4", "": "Value5" }, { "H1": "", "": "" }, { "H1": "Null", "": "" }, { "H1": "   ", "": "" },
            ])),
        );
        check(
            InputType::Csv,
            "a,b\r\n\"x,\"\"y\"\"\n\",2\r\n\r\n3,4",
            Ok(json!([{ "a": "x,\"y\"\n", "b": "2" }, { "a": "3", "b": "4" }])),
        );
        check(InputType::Csv, "a,a\n1,2", Err("CSV headers cannot contain duplicates."));
        check(InputType::Csv, "", Ok(json!([])));
    }

    #[test]
    fn pages_are_asked_for_when_they_are_needed() {
        let answer =
            Data::new(json!({ "Contents": [{ "Key": "a" }], "NextContinuationToken": "t" }));
        let mut source =
            Source::open(&config(InputType::Listing), &json!({ "Bucket": "b" }), answer).unwrap();
        assert!(matches!(source.next(), Ok(Next::Item(_))));
        match source.next() {
            Ok(Next::Ask(request)) => {
                assert_eq!(request, json!({ "Bucket": "b", "ContinuationToken": "t" }));
            }
            other => panic!("{other:?}"),
        }
        source.answer(Data::new(json!({ "Contents": [{ "Key": "b" }] }))).unwrap();
        assert!(matches!(source.next(), Ok(Next::Item(_))));
        assert!(matches!(source.next(), Ok(Next::End)));
    }

    #[test]
    fn an_inventory_names_files_of_rows() {
        let manifest = json!({
            "destinationBucket": "arn:aws:s3:::inventory", "fileSchema": "Bucket, Key", "files": [{ "key": "f.csv" }],
        });
        let answer = Data::new(json!({ "Body": manifest.to_string() }));
        let mut source = Source::open(&config(InputType::Manifest), &json!({}), answer).unwrap();
        match source.next() {
            Ok(Next::Ask(request)) => {
                assert_eq!(request, json!({ "Bucket": "inventory", "Key": "f.csv" }));
            }
            other => panic!("{other:?}"),
        }
        source.answer(Data::new(json!({ "Body": "\"b\",\"k\"\n" }))).unwrap();
        match source.next() {
            Ok(Next::Item(item)) => assert_eq!(item, json!({ "Bucket": "b", "Key": "k" })),
            other => panic!("{other:?}"),
        }
        assert!(matches!(source.next(), Ok(Next::End)));
    }
}
