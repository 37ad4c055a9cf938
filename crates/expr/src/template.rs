//! Payload templates: `Parameters`, `ResultSelector`, `ItemSelector` and `Assign` of JSONPath states.
//!
//! A member whose name ends with `.$` holds a path or an intrinsic function; its value replaces it under the name
//! without the ending. Everything else is copied.

use crate::intrinsic::{Expression, Failure, Randomness};
use crate::jsonpath::ParseError;
use crate::scope::Scope;
use serde_json::{Map, Value};

const DEPTH_MAX: usize = 256;

/// Why a template cannot be filled in.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// The value of a `.$` member is no text, no path and no intrinsic function.
    #[error("the value of the field '{field}' must be a path or an intrinsic function: {error}")]
    Syntax {
        /// The member's name, with `.$`.
        field: String,
        /// What is wrong with its value.
        error: ParseError,
    },
    /// The value of a `.$` member could not be computed.
    #[error("the field '{field}': {failure}")]
    Failed {
        /// The member's name, with `.$`.
        field: String,
        /// Why.
        failure: Failure,
    },
    /// The template nests deeper than 256 levels.
    #[error("the template nests too deeply")]
    TooDeep,
}

/// Fills in `template`.
///
/// # Errors
/// For the first member that cannot be computed.
pub fn fill(
    template: &Value,
    scope: &Scope<'_>,
    random: &mut dyn Randomness,
) -> Result<Value, TemplateError> {
    fill_at(template, scope, random, 0)
}

fn fill_at(
    template: &Value,
    scope: &Scope<'_>,
    random: &mut dyn Randomness,
    depth: usize,
) -> Result<Value, TemplateError> {
    if depth > DEPTH_MAX {
        return Err(TemplateError::TooDeep);
    }
    match template {
        Value::Array(items) => {
            items.iter().map(|item| fill_at(item, scope, random, depth + 1)).collect()
        }
        Value::Object(members) => {
            let mut filled = Map::new();
            for (name, value) in members {
                match name.strip_suffix(".$") {
                    Some(plain) => {
                        filled.insert(plain.to_owned(), computed(name, value, scope, random)?)
                    }
                    None => filled.insert(name.clone(), fill_at(value, scope, random, depth + 1)?),
                };
            }
            Ok(Value::Object(filled))
        }
        other => Ok(other.clone()),
    }
}

fn computed(
    field: &str,
    value: &Value,
    scope: &Scope<'_>,
    random: &mut dyn Randomness,
) -> Result<Value, TemplateError> {
    let syntax = |error| TemplateError::Syntax { field: field.to_owned(), error };
    let Value::String(text) = value else {
        return Err(syntax(ParseError { position: 0, message: "it is not a string".to_owned() }));
    };
    let expression = Expression::parse(text).map_err(syntax)?;
    expression
        .evaluate(scope, random)
        .map_err(|failure| TemplateError::Failed { field: field.to_owned(), failure })
}
