//! Which fields each state has, in which language, and what their values look like.
//!
//! Source: "State types" in the States Language specification and the pages of the developer guide on JSONata and
//! on Map states; checked against what AWS accepted in recorded executions.

use crate::definition::QueryLanguage;
use crate::json::Node;

/// The types of state that a field belongs to, as a set of bits.
pub(crate) const TASK: u16 = 1;
pub(crate) const PASS: u16 = 2;
pub(crate) const WAIT: u16 = 4;
pub(crate) const CHOICE: u16 = 8;
pub(crate) const SUCCEED: u16 = 16;
pub(crate) const FAIL: u16 = 32;
pub(crate) const PARALLEL: u16 = 64;
pub(crate) const MAP: u16 = 128;
const ALL: u16 = 255;

/// What a field's value looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// Anything; a rule of its own checks it.
    Any,
    Text,
    Bool,
    /// A path, or null where the flag says so.
    Path {
        null: bool,
    },
    /// A path, or a call of a function that gives a text.
    PathOrText,
    /// `ResultPath`: a reference path or null.
    ResultPath,
    /// A reference path into the input or a variable.
    Reference,
    /// A payload template of JSONPath.
    Template,
    /// An object whose members have shapes of their own.
    Plain,
    /// An object that is a payload template of JSONPath, or free in JSONata.
    Object,
    /// An object in JSONata, or an expression.
    ObjectOrExpression,
    /// An array in JSONata, or an expression.
    ItemsOrExpression,
    /// A whole number; in JSONata also an expression.
    Integer {
        least: f64,
        most: f64,
    },
    /// A number; in JSONata also an expression.
    Number {
        least: f64,
        most: f64,
    },
    Timestamp,
}

/// The language that has a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum In {
    Both,
    JsonPath,
    Jsonata,
}

impl In {
    pub(crate) fn allows(self, language: QueryLanguage) -> bool {
        match self {
            In::Both => true,
            In::JsonPath => language == QueryLanguage::JsonPath,
            In::Jsonata => language == QueryLanguage::Jsonata,
        }
    }
}

pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) types: u16,
    pub(crate) language: In,
    pub(crate) shape: Shape,
}

const fn field(name: &'static str, types: u16, language: In, shape: Shape) -> Field {
    Field { name, types, language, shape }
}

const PATH: Shape = Shape::Path { null: false };
const OPTIONAL_PATH: Shape = Shape::Path { null: true };
const SECONDS: Shape = Shape::Integer { least: 1.0, most: 99_999_999.0 };

pub(crate) const FIELDS: &[Field] = &[
    field("Type", ALL, In::Both, Shape::Any),
    field("Comment", ALL, In::Both, Shape::Text),
    field("QueryLanguage", ALL, In::Both, Shape::Any),
    field("Next", TASK | PASS | WAIT | PARALLEL | MAP, In::Both, Shape::Text),
    field("End", TASK | PASS | WAIT | PARALLEL | MAP, In::Both, Shape::Bool),
    field("InputPath", ALL & !FAIL, In::JsonPath, OPTIONAL_PATH),
    field("OutputPath", ALL & !FAIL, In::JsonPath, OPTIONAL_PATH),
    field("Parameters", TASK | PASS | PARALLEL | MAP, In::JsonPath, Shape::Template),
    field("ResultSelector", TASK | PARALLEL | MAP, In::JsonPath, Shape::Template),
    field("ResultPath", TASK | PASS | PARALLEL | MAP, In::JsonPath, Shape::ResultPath),
    field("Arguments", TASK | PARALLEL, In::Jsonata, Shape::ObjectOrExpression),
    field("Output", ALL & !FAIL, In::Jsonata, Shape::Any),
    field("Assign", ALL & !(SUCCEED | FAIL), In::Both, Shape::Object),
    field("Retry", TASK | PARALLEL | MAP, In::Both, Shape::Any),
    field("Catch", TASK | PARALLEL | MAP, In::Both, Shape::Any),
    field("Resource", TASK, In::Both, Shape::Text),
    field("Credentials", TASK, In::Both, Shape::Object),
    field("TimeoutSeconds", TASK, In::Both, SECONDS),
    field("TimeoutSecondsPath", TASK, In::JsonPath, PATH),
    field("HeartbeatSeconds", TASK, In::Both, SECONDS),
    field("HeartbeatSecondsPath", TASK, In::JsonPath, PATH),
    field("Result", PASS, In::JsonPath, Shape::Any),
    field("Seconds", WAIT, In::Both, Shape::Integer { least: 0.0, most: 99_999_999.0 }),
    field("SecondsPath", WAIT, In::JsonPath, PATH),
    field("Timestamp", WAIT, In::Both, Shape::Timestamp),
    field("TimestampPath", WAIT, In::JsonPath, PATH),
    field("Choices", CHOICE, In::Both, Shape::Any),
    field("Default", CHOICE, In::Both, Shape::Text),
    field("Error", FAIL, In::Both, Shape::Text),
    field("ErrorPath", FAIL, In::JsonPath, Shape::PathOrText),
    field("Cause", FAIL, In::Both, Shape::Text),
    field("CausePath", FAIL, In::JsonPath, Shape::PathOrText),
    field("Branches", PARALLEL, In::Both, Shape::Any),
    field("ItemProcessor", MAP, In::Both, Shape::Any),
    field("Iterator", MAP, In::Both, Shape::Any),
    field("ItemsPath", MAP, In::JsonPath, PATH),
    field("Items", MAP, In::Jsonata, Shape::ItemsOrExpression),
    field("ItemSelector", MAP, In::Both, Shape::Object),
    field("ItemReader", MAP, In::Both, Shape::Plain),
    field("ItemBatcher", MAP, In::Both, Shape::Plain),
    field("ResultWriter", MAP, In::Both, Shape::Plain),
    field("MaxConcurrency", MAP, In::Both, Shape::Integer { least: 0.0, most: 99_999_999.0 }),
    field("MaxConcurrencyPath", MAP, In::JsonPath, Shape::Reference),
    field(
        "ToleratedFailureCount",
        MAP,
        In::Both,
        Shape::Integer { least: 0.0, most: 99_999_999.0 },
    ),
    field("ToleratedFailureCountPath", MAP, In::JsonPath, Shape::Reference),
    field("ToleratedFailurePercentage", MAP, In::Both, Shape::Number { least: 0.0, most: 100.0 }),
    field("ToleratedFailurePercentagePath", MAP, In::JsonPath, Shape::Reference),
    field("Label", MAP, In::Both, Shape::Text),
];

/// The bit of a type's name.
pub(crate) fn type_bit(name: &str) -> Option<u16> {
    Some(match name {
        "Task" => TASK,
        "Pass" => PASS,
        "Wait" => WAIT,
        "Choice" => CHOICE,
        "Succeed" => SUCCEED,
        "Fail" => FAIL,
        "Parallel" => PARALLEL,
        "Map" => MAP,
        _ => return None,
    })
}

pub(crate) fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The value of a state's field, if the state's type has that field.
pub(crate) fn value<'n>(state: &'n Node, name: &str) -> Option<&'n Node> {
    let bit = state.get("Type").and_then(Node::text).and_then(type_bit)?;
    find(name).filter(|field| field.types & bit != 0)?;
    state.get(name)
}

/// Pairs of which a state may have one.
pub(crate) const EXCLUSIVE: &[(&str, &str)] = &[
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
    ("ItemProcessor", "Iterator"),
    ("ItemSelector", "Parameters"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
];
