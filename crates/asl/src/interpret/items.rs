//! The items of a distributed Map state, one at a time: what is read stays text until an item is wanted.
//!
//! Source: "ItemReader" in the developer guide; recorded map runs for CSV's corners and the words of refusals.

use super::data::Data;
use super::machine::{InputType, Objects, ReaderConfig, Reading};
use super::texts::{Text, not_json};
use serde_json::{Value, json};
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
    /// Files of buckets, one after the other; and the request for the next page of their list.
    Files(Files),
}

/// Files that a manifest or a list names.
#[derive(Debug)]
pub(crate) struct Files {
    /// Bucket and key.
    names: VecDeque<(String, String)>,
    page: Option<Value>,
    reading: Reading,
    open: Option<Text>,
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
        match config.objects {
            Objects::Listing => Ok(Source::page(parameters, answer)),
            Objects::Listed => {
                let mut files = Files::of(config.reading.clone());
                files.page(parameters, answer);
                Ok(Source::Files(files))
            }
            Objects::Inventory => Ok(Source::Files(inventory(&answer)?)),
            Objects::Athena => Ok(Source::Files(athena(config.reading.clone(), &answer)?)),
            Objects::One => match answer.value().get("Body") {
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
                Some(Value::String(_)) => Ok(Source::Text(Text::open(&config.reading, answer)?)),
                Some(items @ Value::Array(_)) => {
                    Ok(Source::Array { items: Data::new(items.clone()), next: 0 })
                }
                _ => Err("Attempting to map over non-iterable node.".to_owned()),
            },
        }
    }

    fn page(parameters: &Value, answer: Data) -> Source {
        let (items, request) = listed(parameters, answer);
        Source::Pages { items, request }
    }

    /// What was asked for has come.
    pub(crate) fn answer(&mut self, answer: Data) -> Result<(), String> {
        match self {
            Source::Pages { request, .. } => {
                let request = request.take().unwrap_or_default();
                *self = Source::page(&request, answer);
            }
            Source::Files(files) => files.answer(answer)?,
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
            Source::Files(files) => files.next(),
        }
    }
}

/// The objects of a page of a list, and the request for the next page.
fn listed(parameters: &Value, answer: Data) -> (VecDeque<Value>, Option<Value>) {
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
    (items, request)
}

fn body(answer: &Data) -> &str {
    answer.value().get("Body").and_then(Value::as_str).unwrap_or_default()
}

/// The files of an inventory of S3: JSON that names bucket, columns and files.
fn inventory(answer: &Data) -> Result<Files, String> {
    let manifest: Value = serde_json::from_str(body(answer))
        .map_err(|error| format!("The manifest cannot be read as JSON: {error}"))?;
    let text = |name: &str| manifest.get(name).and_then(Value::as_str).unwrap_or_default();
    let bucket = text("destinationBucket").trim_start_matches("arn:aws:s3:::");
    let files = manifest.get("files").and_then(Value::as_array);
    let keys = files.into_iter().flatten().filter_map(|file| file.get("key")?.as_str());
    let headers = text("fileSchema").split(',').map(|header| header.trim().to_owned());
    let mut found = Files::of(Reading {
        input_type: InputType::Csv,
        csv_headers: Some(headers.collect()),
        csv_delimiter: ',',
    });
    found.names = keys.map(|key| (bucket.to_owned(), key.to_owned())).collect();
    Ok(found)
}

/// The files of an UNLOAD of Athena: an address of S3 in each line.
fn athena(reading: Reading, answer: &Data) -> Result<Files, String> {
    let mut found = Files::of(reading);
    for line in body(answer).lines() {
        let line = line.trim().trim_matches('"');
        if line.is_empty() {
            continue;
        }
        let address = line.strip_prefix("s3://").and_then(|address| address.split_once('/'));
        let (bucket, key) =
            address.ok_or_else(|| format!("The manifest names no object of S3: {line}"))?;
        found.names.push_back((bucket.to_owned(), key.to_owned()));
    }
    Ok(found)
}

impl Files {
    fn of(reading: Reading) -> Files {
        Files { names: VecDeque::new(), page: None, reading, open: None }
    }

    /// A page of a list of objects.
    fn page(&mut self, parameters: &Value, answer: Data) {
        let bucket = parameters.get("Bucket").and_then(Value::as_str).unwrap_or_default();
        let (objects, request) = listed(parameters, answer);
        let keys = objects.iter().filter_map(|object| object.get("Key")?.as_str());
        self.names.extend(keys.map(|key| (bucket.to_owned(), key.to_owned())));
        self.page = request;
    }

    fn answer(&mut self, answer: Data) -> Result<(), String> {
        // A page is asked for when the files of the last one are read.
        match self.page.take_if(|_| self.names.is_empty() && answer.value().get("Body").is_none()) {
            Some(request) => self.page(&request, answer),
            None => self.open = Some(Text::open(&self.reading, answer)?),
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Next, String> {
        if let Some(text) = &mut self.open
            && let Some(item) = text.next()?
        {
            return Ok(Next::Item(item));
        }
        self.open = None;
        Ok(match (self.names.pop_front(), &self.page) {
            (Some((bucket, key)), _) => Next::Ask(json!({ "Bucket": bucket, "Key": key })),
            (None, Some(request)) => Next::Ask(request.clone()),
            (None, None) => Next::End,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(objects: Objects, input_type: InputType) -> ReaderConfig {
        let reading = Reading { input_type, csv_headers: None, csv_delimiter: ',' };
        ReaderConfig { objects, reading, max_items: None, items_pointer: None }
    }

    #[track_caller]
    fn asks(source: &mut Source, expected: Value) {
        match source.next() {
            Ok(Next::Ask(request)) => assert_eq!(request, expected),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn gives(source: &mut Source, expected: Value) {
        match source.next() {
            Ok(Next::Item(item)) => assert_eq!(item, expected),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn check(input_type: InputType, body: &str, expected: Result<Value, &str>) {
        let answer = Data::new(json!({ "Body": body }));
        let read = Source::open(&config(Objects::One, input_type), &json!({}), answer).and_then(
            |mut source| {
                let mut items = Vec::new();
                while let Next::Item(item) = source.next()? {
                    items.push(item);
                }
                Ok(Value::Array(items))
            },
        );
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
        let mut source = Source::open(
            &config(Objects::Listing, InputType::Json),
            &json!({ "Bucket": "b" }),
            answer,
        )
        .unwrap();
        gives(&mut source, json!({ "Key": "a" }));
        asks(&mut source, json!({ "Bucket": "b", "ContinuationToken": "t" }));
        source.answer(Data::new(json!({ "Contents": [{ "Key": "b" }] }))).unwrap();
        gives(&mut source, json!({ "Key": "b" }));
        assert!(matches!(source.next(), Ok(Next::End)));
    }

    #[test]
    fn listed_objects_are_loaded_and_their_items_come_one_after_the_other() {
        let page = |keys: &[&str], token: Value| {
            let contents: Vec<Value> = keys.iter().map(|key| json!({ "Key": key })).collect();
            Data::new(json!({ "Contents": contents, "NextContinuationToken": token }))
        };
        let config = config(Objects::Listed, InputType::JsonLines);
        let parameters = json!({ "Bucket": "b" });
        let mut source = Source::open(&config, &parameters, page(&["x", "y"], json!("t"))).unwrap();
        asks(&mut source, json!({ "Bucket": "b", "Key": "x" }));
        source.answer(Data::new(json!({ "Body": "1\n2\n" }))).unwrap();
        gives(&mut source, json!(1));
        gives(&mut source, json!(2));
        asks(&mut source, json!({ "Bucket": "b", "Key": "y" }));
        source.answer(Data::new(json!({ "Body": "" }))).unwrap();
        asks(&mut source, json!({ "Bucket": "b", "ContinuationToken": "t" }));
        source.answer(page(&["z"], Value::Null)).unwrap();
        asks(&mut source, json!({ "Bucket": "b", "Key": "z" }));
        source.answer(Data::new(json!({ "Body": "3" }))).unwrap();
        gives(&mut source, json!(3));
        assert!(matches!(source.next(), Ok(Next::End)));
    }

    #[test]
    fn an_unload_of_athena_names_files_by_their_addresses() {
        let open = |manifest: &str| {
            let answer = Data::new(json!({ "Body": manifest }));
            Source::open(&config(Objects::Athena, InputType::JsonLines), &json!({}), answer)
        };
        let mut source = open("s3://data/out/1.gz\r\n\"s3://data/out/2.gz\"\n\n").unwrap();
        asks(&mut source, json!({ "Bucket": "data", "Key": "out/1.gz" }));
        source.answer(Data::new(json!({ "Body": "{\"a\":1}" }))).unwrap();
        gives(&mut source, json!({ "a": 1 }));
        asks(&mut source, json!({ "Bucket": "data", "Key": "out/2.gz" }));
        source.answer(Data::new(json!({ "Body": "" }))).unwrap();
        assert!(matches!(source.next(), Ok(Next::End)));
        assert!(open("no address").is_err());
    }

    #[test]
    fn an_inventory_names_files_of_rows() {
        let manifest = json!({
            "destinationBucket": "arn:aws:s3:::inventory", "fileSchema": "Bucket, Key", "files": [{ "key": "f.csv" }],
        });
        let answer = Data::new(json!({ "Body": manifest.to_string() }));
        let mut source =
            Source::open(&config(Objects::Inventory, InputType::Csv), &json!({}), answer).unwrap();
        asks(&mut source, json!({ "Bucket": "inventory", "Key": "f.csv" }));
        source.answer(Data::new(json!({ "Body": "\"b\",\"k\"\n" }))).unwrap();
        gives(&mut source, json!({ "Bucket": "b", "Key": "k" }));
        assert!(matches!(source.next(), Ok(Next::End)));
    }
}
