//! What can be wrong with an expression, in AWS's words.

use serde_json::Value;
use std::ops::Range;

/// A text that is not JSONata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SyntaxError {
    /// JSONata's code, such as `S0207`.
    pub code: String,
    /// JSONata's message, without the code.
    pub message: String,
    /// How much of the text was read, in UTF-16 units.
    pub position: usize,
}

impl SyntaxError {
    /// As AWS refuses a state machine that holds the text.
    ///
    /// Source: answers of `ValidateStateMachineDefinition` as others have reported them: the message without its code.
    pub fn refusal(&self) -> Refusal {
        Refusal { code: "INVALID_JSONATA_EXPRESSION", message: self.message.clone(), span: None }
    }

    pub(crate) fn from_library(error: jlens_core::Error) -> SyntaxError {
        SyntaxError {
            code: error.code().to_owned(),
            message: error.message(),
            position: error.position().unwrap_or(0),
        }
    }

    pub(crate) fn too_long(max: usize) -> SyntaxError {
        SyntaxError {
            code: "U1001".to_owned(),
            message: format!("The expression is longer than {max} bytes"),
            position: 0,
        }
    }

    pub(crate) fn too_deep() -> SyntaxError {
        SyntaxError {
            code: "U1001".to_owned(),
            message: "The value is nested too deeply".to_owned(),
            position: 0,
        }
    }
}

/// Why AWS does not create a state machine with an expression in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `INVALID_JSONATA_EXPRESSION` or `UNSUPPORTED_JSONATA_EXPRESSION`.
    pub code: &'static str,
    /// The sentence after it, to which AWS appends ` at /States/…`.
    pub message: String,
    /// What is meant, in bytes of the expression's text; `None` where the text could not be read.
    pub span: Option<Range<usize>>,
}

/// Why an expression has no value to go on with. Each is a `States.QueryEvaluationError`.
#[derive(Debug, Clone, PartialEq)]
pub enum EvaluationError {
    /// The evaluation failed.
    Thrown {
        /// JSONata's code, such as `T1006`; `None` when a limit of AWS's was reached.
        code: Option<String>,
        /// JSONata's or AWS's message.
        message: String,
        /// Where in the text, in UTF-16 units.
        position: Option<usize>,
    },
    /// It gives nothing, where a value is needed.
    Undefined,
    /// It gives a function.
    Unsupported,
    /// It gives a value that the field cannot have.
    Unexpected {
        /// `array`, `boolean`, `number`, `string` or `object`.
        expected: &'static str,
        /// What it gives.
        value: Value,
    },
}

impl EvaluationError {
    /// The error together with the place it happened at.
    pub fn in_field(self, expression: &str, field: &str) -> FieldError {
        FieldError { expression: expression.to_owned(), field: field.to_owned(), error: self }
    }
}

impl std::fmt::Display for EvaluationError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EvaluationError::Thrown { code: Some(code), message, .. } => {
                write!(out, "threw an error during evaluation. {code}: {message}")
            }
            EvaluationError::Thrown { code: None, message, .. } => {
                write!(out, "threw an error during evaluation: {message}")
            }
            EvaluationError::Undefined => out.write_str("returned nothing (undefined)."),
            EvaluationError::Unsupported => out.write_str("returned an unsupported result type."),
            EvaluationError::Unexpected { expected, value } => {
                let actual = type_name(value);
                write!(
                    out,
                    "returned an unexpected result type. Expected '{expected}', but was '{actual}' for value: {value}"
                )
            }
        }
    }
}

impl std::error::Error for EvaluationError {}

/// An error in a field of a state. Its text is the sentence AWS puts into the cause.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("The JSONata expression '{expression}' specified for the field '{field}' {error}")]
pub struct FieldError {
    /// The expression's text, without `{% %}`.
    pub expression: String,
    /// The field, such as `Output/x` or `Choices[1]/Condition`.
    pub field: String,
    /// What is wrong.
    pub error: EvaluationError,
}

/// JSONata's name of a value's type.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
