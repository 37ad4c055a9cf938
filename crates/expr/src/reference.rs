//! Reference paths: where `ResultPath` writes.
//!
//! Source: "Paths" and "ResultPath" in the States Language specification: a reference path can only identify a
//! single node, so it has members and indices and nothing else.

use crate::jsonpath::{ParseError, Path};
use serde_json::{Map, Value};

/// One step of a reference path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Member(String),
    /// An element of an array, counted from 0.
    Index(usize),
}

/// A path that a result can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferencePath {
    text: String,
    steps: Vec<Step>,
}

/// Why a value cannot be written where a reference path points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The document itself takes no step of the path.
    #[error("the document has no members or elements")]
    Document,
    /// A value on the way, which is there, does not take this step.
    #[error("the step {0} does not apply to the value before it")]
    Step(String),
}

impl ReferencePath {
    /// Reads a reference path.
    ///
    /// # Errors
    /// When the text is not a path, or has a step that may select more than one node.
    pub fn parse(text: &str) -> Result<ReferencePath, ParseError> {
        let refuse = |message: &str| Err(ParseError { position: 0, message: message.to_owned() });
        if !text.starts_with('$') || text.starts_with("$$") {
            return refuse("a reference path starts with '$'");
        }
        match Path::parse(text)?.plain_steps() {
            Some(steps) => Ok(ReferencePath { text: text.to_owned(), steps }),
            None => refuse("a reference path may only have members and indices"),
        }
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The steps after `$`.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// `document` with `value` at this path. Missing members on the way are made, as objects.
    ///
    /// # Errors
    /// When the path goes through a text, number or boolean, or past the end of an array: only members are made when they are
    /// missing.
    pub fn write(&self, mut document: Value, value: Value) -> Result<Value, WriteError> {
        let mut place = &mut document;
        for (at, step) in self.steps.iter().enumerate() {
            let refused = || match (at, step) {
                (0, _) => WriteError::Document,
                (_, Step::Member(name)) => WriteError::Step(name.clone()),
                (_, Step::Index(index)) => WriteError::Step(index.to_string()),
            };
            place = match (step, place) {
                (Step::Member(name), Value::Object(members)) => {
                    members.entry(name.clone()).or_insert(Value::Null)
                }
                (Step::Member(name), place @ Value::Null) => {
                    *place = Value::Object(Map::new());
                    match place {
                        Value::Object(members) => {
                            members.entry(name.clone()).or_insert(Value::Null)
                        }
                        other => other,
                    }
                }
                (Step::Index(index), Value::Array(items)) => {
                    items.get_mut(*index).ok_or_else(refused)?
                }
                _ => return Err(refused()),
            };
        }
        *place = value;
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(path: &str, document: Value, expected: Result<Value, WriteError>) {
        let path = ReferencePath::parse(path).expect("a reference path");
        assert_eq!(path.write(document, json!("R")), expected);
    }

    #[test]
    fn a_result_is_written_where_the_path_points() {
        check("$", json!({"a": 1}), Ok(json!("R")));
        check("$.a", json!({"a": 1, "b": 2}), Ok(json!({"a": "R", "b": 2})));
        check("$.x.y['z w']", json!({"a": 1}), Ok(json!({"a": 1, "x": {"y": {"z w": "R"}}})));
        check("$.a[1].b", json!({"a": [1, {}]}), Ok(json!({"a": [1, {"b": "R"}]})));
        check("$.a[2]", json!({"a": [1]}), Err(WriteError::Step("2".into())));
        check("$.a.b", json!({"a": 1}), Err(WriteError::Step("b".into())));
        check("$.a.b", json!("text"), Err(WriteError::Document));
        check("$[0]", json!([]), Err(WriteError::Document));
    }

    #[test]
    fn what_may_select_several_nodes_is_no_reference_path() {
        for text in [
            "$.a[*]",
            "$..a",
            "$.a[0,1]",
            "$['a','b']",
            "$.a[?(@.b)]",
            "$.a[-1]",
            "$.a.length()",
            "a",
            "$$.a",
        ] {
            assert!(ReferencePath::parse(text).is_err(), "{text}");
        }
    }
}
