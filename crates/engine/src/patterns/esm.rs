//! Filters of event source mappings: which records a function is invoked with.

use super::Pattern;
use crate::ApiError;
use base64::Engine as _;
use serde_json::{Map, Value, json};

/// The filters of a mapping. A record passes that one of them matches; no filter lets everything pass.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filters {
    all: Vec<Filter>,
}

#[derive(Debug, Clone, PartialEq)]
struct Filter {
    pattern: Pattern,
    /// Whether it asks for members of the record's content, which is then read as JSON.
    wants_json: bool,
    /// Whether it asks for the content as plain text.
    wants_text: bool,
}

/// The member that holds what a producer sent, by the record's source: its content may be JSON in a text.
const CONTENTS: [&str; 3] = ["body", "data", "value"];

impl Filters {
    /// Reads the texts in `FilterCriteria.Filters[].Pattern`.
    ///
    /// # Errors
    /// `InvalidParameterValueException`, "Invalid filter pattern definition." (recorded), whatever is wrong with it.
    pub fn parse<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, ApiError> {
        let all = patterns.into_iter().map(|text| {
            let pattern = Pattern::parse(text).map_err(|_| refusal())?;
            let asked = |is: fn(&super::parse::Field) -> bool| {
                let mut fields = pattern.root.fields.iter();
                fields.any(|(name, field)| CONTENTS.contains(&name.as_str()) && is(field))
            };
            let wants_json = asked(|field| field.below.is_some());
            let wants_text = asked(|field| field.leaf.is_some());
            Ok::<_, ApiError>(Filter { pattern, wants_json, wants_text })
        });
        Ok(Self { all: all.collect::<Result<_, _>>()? })
    }

    /// Whether a record as the function would see it passes. Those that do not are deleted from a queue.
    ///
    /// Content and filter must be of one kind: a filter on members drops a record whose content is not a JSON object, one on
    /// plain text drops a record whose content is (Lambda, "Properly filtering Amazon SQS messages").
    pub fn pass(&self, record: &Value) -> bool {
        self.all.is_empty() || self.all.iter().any(|filter| filter.passes(record))
    }
}

impl Filter {
    fn passes(&self, record: &Value) -> bool {
        let Some(members) = record.as_object().filter(|_| self.wants_json || self.wants_text)
        else {
            return self.pattern.matches(record);
        };
        let mut read = members.clone();
        for name in CONTENTS {
            let Some(Value::String(text)) = read.get(name) else { continue };
            let text = if name == "body" { text.clone() } else { decoded(text) };
            let parsed = serde_json::from_str::<Value>(&text).ok().filter(Value::is_object);
            if parsed.is_some() != self.wants_json {
                return false;
            }
            read.insert(name.to_owned(), parsed.unwrap_or_else(|| json!(text)));
        }
        self.pattern.matches(&Value::Object(read))
    }
}

/// Streams carry bytes as base64.
fn decoded(text: &str) -> String {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}

fn refusal() -> ApiError {
    let mut extra = Map::new();
    extra.insert("Type".to_owned(), json!("User"));
    ApiError {
        code: "InvalidParameterValueException".to_owned(),
        status: 400,
        message: Some("Invalid filter pattern definition.".to_owned()),
        extra,
    }
}
