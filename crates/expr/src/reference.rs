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
    steps: Vec<Step>,
}

/// Why a value cannot be written where a reference path points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Something on the way is neither an object nor absent.
    #[error("the reference path goes through a value that is not an object or array")]
    NotAContainer,
    /// There is no such element: only members are made when they are missing.
    #[error("the reference path names element {0} of a shorter array")]
    NoSuchElement(usize),
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
            Some(steps) => Ok(ReferencePath { steps }),
            None => refuse("a reference path may only have members and indices"),
        }
    }

    /// The steps after `$`.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// `document` with `value` at this path. Missing members on the way are made, as objects.
    ///
    /// # Errors
    /// When the path goes through a text, number or boolean, or past the end of an array.
    pub fn write(&self, mut document: Value, value: Value) -> Result<Value, WriteError> {
        let mut place = &mut document;
        for step in &self.steps {
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
                (Step::Index(index), Value::Array(items)) => match items.get_mut(*index) {
                    Some(item) => item,
                    None => return Err(WriteError::NoSuchElement(*index)),
                },
                (Step::Index(index), Value::Null) => return Err(WriteError::NoSuchElement(*index)),
                _ => return Err(WriteError::NotAContainer),
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
        check("$.a[2]", json!({"a": [1]}), Err(WriteError::NoSuchElement(2)));
        check("$.a.b", json!({"a": 1}), Err(WriteError::NotAContainer));
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
