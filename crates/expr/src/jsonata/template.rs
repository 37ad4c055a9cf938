//! Values with expressions in them: `Arguments`, `Output`, `Assign`, `ItemSelector`, `Items` and the like.
//!
//! Every text that is `{% … %}` as a whole is replaced by its value; everything else stays as it is, texts that only
//! contain `{%` included.

use super::{EvaluationError, Expression, FieldError, Scope, SyntaxError, parse};
use serde_json::{Map, Value};

/// Templates nested deeper are refused; definitions are JSON that was read, which nests less.
const DEPTH_MAX: usize = 128;

/// The expression in a text that is `{% … %}` as a whole, without the marks and blanks around it.
pub fn expression_text(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{%")?.strip_suffix("%}")?;
    Some(inner.trim())
}

/// A value whose expressions were read, to be filled in as often as needed.
#[derive(Debug, Clone)]
pub enum Template {
    /// No expression in it.
    Constant(Value),
    /// `{% … %}`.
    Expression(Expression),
    /// An array with expressions in it.
    Array(Vec<Template>),
    /// An object with expressions in its values.
    Object(Vec<(String, Template)>),
}

impl Template {
    /// Reads the expressions of `value`. `field` names the place, such as `Output`.
    ///
    /// # Errors
    /// For the first text that is not JSONata, with its place.
    pub fn parse(value: &Value, field: &str) -> Result<Template, (String, SyntaxError)> {
        Template::parse_at(value, &mut field.to_owned(), 0)
    }

    fn parse_at(
        value: &Value,
        field: &mut String,
        depth: usize,
    ) -> Result<Template, (String, SyntaxError)> {
        if depth > DEPTH_MAX {
            return Err((field.clone(), SyntaxError::too_deep()));
        }
        match value {
            Value::String(text) => match expression_text(text) {
                Some(text) => {
                    parse(text).map(Template::Expression).map_err(|error| (field.clone(), error))
                }
                None => Ok(Template::Constant(value.clone())),
            },
            Value::Array(items) => {
                let mut templates = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    let length = index(field, at);
                    templates.push(Template::parse_at(item, field, depth + 1)?);
                    field.truncate(length);
                }
                if templates.iter().all(Template::is_constant) {
                    return Ok(Template::Constant(value.clone()));
                }
                Ok(Template::Array(templates))
            }
            Value::Object(members) => {
                let mut templates = Vec::with_capacity(members.len());
                for (name, member) in members {
                    let length = member_of(field, name);
                    templates.push((name.clone(), Template::parse_at(member, field, depth + 1)?));
                    field.truncate(length);
                }
                if templates.iter().all(|(_, template)| template.is_constant()) {
                    return Ok(Template::Constant(value.clone()));
                }
                Ok(Template::Object(templates))
            }
            _ => Ok(Template::Constant(value.clone())),
        }
    }

    /// Whether there is no expression in it.
    pub fn is_constant(&self) -> bool {
        matches!(self, Template::Constant(_))
    }

    /// The value with every expression replaced by what it gives. `field` is what the places in errors start with.
    ///
    /// # Errors
    /// For the first expression, in the order of the text, that fails or gives nothing. `null` is a value.
    pub fn fill(&self, field: &str, scope: &Scope<'_>) -> Result<Value, FieldError> {
        self.fill_at(&mut field.to_owned(), scope)
    }

    fn fill_at(&self, field: &mut String, scope: &Scope<'_>) -> Result<Value, FieldError> {
        match self {
            Template::Constant(value) => Ok(value.clone()),
            Template::Expression(expression) => expression.field(field, scope),
            Template::Array(templates) => {
                let mut items = Vec::with_capacity(templates.len());
                for (at, template) in templates.iter().enumerate() {
                    let length = index(field, at);
                    items.push(template.fill_at(field, scope)?);
                    field.truncate(length);
                }
                Ok(Value::Array(items))
            }
            Template::Object(templates) => {
                let mut members = Map::new();
                for (name, template) in templates {
                    let length = member_of(field, name);
                    members.insert(name.clone(), template.fill_at(field, scope)?);
                    field.truncate(length);
                }
                Ok(Value::Object(members))
            }
        }
    }

    /// Calls `visit` with each expression and its place, in the order of the text.
    pub fn visit(&self, field: &str, visit: &mut dyn FnMut(&str, &Expression)) {
        self.visit_at(&mut field.to_owned(), visit);
    }

    fn visit_at(&self, field: &mut String, visit: &mut dyn FnMut(&str, &Expression)) {
        match self {
            Template::Constant(_) => {}
            Template::Expression(expression) => visit(field, expression),
            Template::Array(templates) => {
                for (at, template) in templates.iter().enumerate() {
                    let length = index(field, at);
                    template.visit_at(field, visit);
                    field.truncate(length);
                }
            }
            Template::Object(templates) => {
                for (name, template) in templates {
                    let length = member_of(field, name);
                    template.visit_at(field, visit);
                    field.truncate(length);
                }
            }
        }
    }
}

/// Fills in `value` at once; see [`Template`] for doing it often.
///
/// # Errors
/// As [`Template::fill`]; a text that is not JSONata is an error of the evaluation here.
pub fn template(value: &Value, field: &str, scope: &Scope<'_>) -> Result<Value, FieldError> {
    match Template::parse(value, field) {
        Ok(template) => template.fill(field, scope),
        Err((field, error)) => {
            let thrown = EvaluationError::Thrown {
                code: Some(error.code),
                message: error.message,
                position: Some(error.position),
            };
            Err(thrown.in_field(unreadable(value).unwrap_or_default(), &field))
        }
    }
}

/// The first text in `value` that is to be an expression and is none.
fn unreadable(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => expression_text(text).filter(|text| parse(text).is_err()),
        Value::Array(items) => items.iter().find_map(unreadable),
        Value::Object(members) => members.values().find_map(unreadable),
        _ => None,
    }
}

/// Appends `[at]`; gives the length to cut back to.
fn index(field: &mut String, at: usize) -> usize {
    let length = field.len();
    field.push('[');
    field.push_str(&at.to_string());
    field.push(']');
    length
}

/// Appends `/name`; gives the length to cut back to.
fn member_of(field: &mut String, name: &str) -> usize {
    let length = field.len();
    field.push('/');
    field.push_str(name);
    length
}
