//! Checking a request against its model, in AWS's words.
//!
//! Two passes, as on AWS: first every value must have its type (a SerializationException says what the parser met),
//! then all constraints are checked and their violations reported together, in the model's order.

use super::load::{Member, Service, Shape, ShapeKind};
use super::{java, lambda, operation, service};
use crate::ApiError;
use serde_json::{Map, Value};
use std::fmt;

/// Violations that are reported together at most; AWS stops somewhere too, and a message has to end.
const VIOLATIONS_MAX: usize = 20;
/// Structures within structures; no model goes deeper, a request might.
const DEPTH_MAX: usize = 32;

/// Checks an operation's parameters against the service's model.
///
/// # Errors
/// `SerializationException` for a value of the wrong type or a member that the operation does not have (AWS's own
/// clients refuse the latter before they send), `ValidationException` (Logs: `InvalidParameterException`) with all
/// violated constraints otherwise, `UnknownOperationException` when there is no such operation.
pub fn validate(
    service_name: &str,
    operation_name: &str,
    params: &Map<String, Value>,
) -> Result<(), ApiError> {
    let (Some(service), Some(operation)) =
        (service(service_name), operation(service_name, operation_name))
    else {
        return Err(refusal(
            "UnknownOperationException",
            404,
            format!("Unknown operation {service_name}:{operation_name}"),
        ));
    };
    let members = service.input_members(operation);
    check_types(service, members, params, 0)
        .map_err(|message| refusal("SerializationException", 400, message))?;

    let mut found = Violations { service, list: Vec::new() };
    found.structure(members, params, &Trail::Root);
    if !found.list.is_empty() {
        let mut error = found.into_error();
        // Its newer operations use the common name (recorded).
        if service_name == "logs" && operation_name.contains("Deliver") {
            error.code = "ValidationException".into();
        }
        return Err(error);
    }
    match service_name {
        "lambda" => lambda::check(operation_name, params),
        _ => Ok(()),
    }
}

pub(super) fn refusal(code: &str, status: u16, message: String) -> ApiError {
    ApiError { code: code.to_owned(), status, message: Some(message), extra: Map::new() }
}

/// Bytes of a blob in one of the forms of [`crate::Blob`]; none when it is none of them, or held by its hash only.
pub(super) fn blob_len(value: &Value) -> Option<usize> {
    match value {
        Value::String(base64) => Some(base64.trim_end_matches('=').len() * 3 / 4),
        Value::Object(object) => object.get("$text")?.as_str().map(str::len),
        _ => None,
    }
}

fn check_types(
    service: &Service,
    members: &[Member],
    values: &Map<String, Value>,
    depth: usize,
) -> Result<(), String> {
    if let Some(unknown) =
        values.keys().find(|name| !members.iter().any(|member| member.name == **name))
    {
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        return Err(format!(
            "Unknown parameter in input: \"{unknown}\", must be one of: {}",
            names.join(", ")
        ));
    }
    for member in members {
        if let (Some(value), Some(shape)) = (values.get(&member.name), service.shape(&member.shape))
        {
            check_type(service, shape, value, depth + 1)?;
        }
    }
    Ok(())
}

fn check_type(service: &Service, shape: &Shape, value: &Value, depth: usize) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err("Input is nested too deeply".to_owned());
    }
    let wrong = |wanted: &str| Err(conversion(value, wanted));
    match (&shape.kind, value) {
        // AWS's JSON reads null as absence.
        (_, Value::Null)
        | (ShapeKind::String, Value::String(_))
        | (ShapeKind::Boolean, Value::Bool(_)) => Ok(()),
        (ShapeKind::String, _) => wrong("a String"),
        (ShapeKind::Boolean, _) => wrong("a Boolean"),
        (ShapeKind::Integer, Value::Number(n))
            if n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) =>
        {
            Ok(())
        }
        (ShapeKind::Integer, _) => wrong("an Integer"),
        (ShapeKind::Long, Value::Number(n)) if n.as_i64().is_some() => Ok(()),
        (ShapeKind::Long, _) => wrong("a Long"),
        (ShapeKind::Double, Value::Number(_)) => Ok(()),
        (ShapeKind::Double, _) => wrong("a Double"),
        (ShapeKind::Timestamp, Value::Number(_) | Value::String(_)) => Ok(()),
        (ShapeKind::Timestamp, _) => wrong("a Timestamp"),
        (ShapeKind::Blob, Value::String(_)) => Ok(()),
        (ShapeKind::Blob, Value::Object(object)) if is_blob(object) => Ok(()),
        (ShapeKind::Blob, _) => wrong("a Blob"),
        (ShapeKind::List { of }, Value::Array(values)) => match service.shape(of) {
            Some(shape) => {
                values.iter().try_for_each(|value| check_type(service, shape, value, depth + 1))
            }
            None => Ok(()),
        },
        (ShapeKind::List { .. }, Value::Object(_)) => {
            Err("Start of structure or map found where not expected.".to_owned())
        }
        (ShapeKind::List { .. }, _) => Err("Expected list or null".to_owned()),
        (ShapeKind::Map { of, .. }, Value::Object(values)) => match service.shape(of) {
            Some(shape) => {
                values.values().try_for_each(|value| check_type(service, shape, value, depth + 1))
            }
            None => Ok(()),
        },
        (ShapeKind::Map { .. }, Value::Array(_)) => {
            Err("Start of list found where not expected".to_owned())
        }
        (ShapeKind::Map { .. }, _) => Err("Expected map or null".to_owned()),
        (ShapeKind::Structure { members, .. }, Value::Object(values)) => {
            check_types(service, members, values, depth)
        }
        (ShapeKind::Structure { .. }, Value::Array(_)) => {
            Err("Start of list found where not expected".to_owned())
        }
        (ShapeKind::Structure { .. }, _) => Err("Unexpected field type".to_owned()),
    }
}

fn is_blob(object: &Map<String, Value>) -> bool {
    let form = object.get("$text").or_else(|| object.get("$sha256"));
    object.len() == 1 && form.is_some_and(Value::is_string)
}

/// The words of AWS's JSON reader: the token that it met and the Java type that it wanted.
fn conversion(value: &Value, wanted: &str) -> String {
    match value {
        Value::Object(_) => "Start of structure or map found where not expected.".to_owned(),
        Value::Array(_) => "Start of list found where not expected".to_owned(),
        Value::String(_) => format!("STRING_VALUE can not be converted to {wanted}"),
        Value::Bool(true) => format!("TRUE_VALUE can not be converted to {wanted}"),
        Value::Bool(false) => format!("FALSE_VALUE can not be converted to {wanted}"),
        Value::Number(n) if n.is_f64() => format!("DECIMAL_VALUE can not be converted to {wanted}"),
        Value::Number(_) | Value::Null => format!("NUMBER_VALUE can not be converted to {wanted}"),
    }
}

struct Violation {
    path: String,
    /// As printed; none for null.
    value: Option<String>,
    constraint: String,
}

struct Violations<'a> {
    service: &'a Service,
    list: Vec<Violation>,
}

/// How a value was reached; written out only when it is complained of.
enum Trail<'t> {
    Root,
    Member(&'t Trail<'t>, &'t str),
    /// By position, from 1.
    Element(&'t Trail<'t>, usize),
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trail::Root => Ok(()),
            Trail::Member(Trail::Root, name) => f.write_str(&java::camel(name)),
            Trail::Member(trail, name) => write!(f, "{trail}.{}", java::camel(name)),
            Trail::Element(trail, position) => write!(f, "{trail}.{position}.member"),
        }
    }
}

impl Violations<'_> {
    fn add(&mut self, path: &Trail<'_>, value: Option<String>, constraint: String) {
        self.list.push(Violation { path: path.to_string(), value, constraint });
    }

    fn structure(&mut self, members: &[Member], values: &Map<String, Value>, path: &Trail<'_>) {
        for member in members {
            let path = &Trail::Member(path, &member.name);
            let Some(shape) = self.service.shape(&member.shape) else { continue };
            match values.get(&member.name) {
                None | Some(Value::Null) if member.required => {
                    self.add(path, None, "Member must not be null".to_owned())
                }
                None | Some(Value::Null) => {}
                // A list in a query string that has no elements is not there at all.
                Some(Value::Array(none))
                    if none.is_empty() && member.location == super::Location::Query =>
                {
                    if member.required {
                        self.add(path, None, "Member must not be null".to_owned());
                    }
                }
                Some(value) if lambda::has_own_check(&shape.name) => {
                    if let Some(constraint) = lambda::list_constraint(&shape.name, value) {
                        self.add(path, Some(java::print(self.service, shape, value)), constraint);
                    }
                }
                Some(value) => self.value(shape, value, path),
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &Trail<'_>) {
        if self.list.len() >= VIOLATIONS_MAX {
            return;
        }
        // Of a structure's constraints only its members' count, so it is not printed for nothing.
        for (constraint, _) in constraints(shape, value).filter(|(_, holds)| !holds) {
            self.add(path, Some(java::print(self.service, shape, value)), constraint.to_string());
        }
        match (&shape.kind, value) {
            (ShapeKind::Structure { members, .. }, Value::Object(values)) => {
                self.structure(members, values, path)
            }
            (ShapeKind::List { of }, Value::Array(values)) => {
                self.list(shape, of, value, values, path)
            }
            (ShapeKind::Map { key, of }, Value::Object(values)) => {
                let keys: Vec<Value> =
                    values.keys().map(|key| Value::String(key.clone())).collect();
                self.together(
                    shape,
                    key,
                    value,
                    &mut keys.iter(),
                    path,
                    "Map keys must satisfy constraint",
                );
                self.together(
                    shape,
                    of,
                    value,
                    &mut values.values(),
                    path,
                    "Map value must satisfy constraint",
                );
            }
            _ => {}
        }
    }

    /// Structures are reported by position, plain values as one complaint about the list.
    fn list(&mut self, shape: &Shape, of: &str, value: &Value, values: &[Value], path: &Trail<'_>) {
        let Some(element) = self.service.shape(of) else { return };
        if let ShapeKind::Structure { .. } | ShapeKind::List { .. } | ShapeKind::Map { .. } =
            element.kind
        {
            for (index, value) in values.iter().enumerate() {
                if !value.is_null() {
                    self.value(element, value, &Trail::Element(path, index + 1));
                }
            }
        } else {
            self.together(
                shape,
                of,
                value,
                &mut values.iter(),
                path,
                "Member must satisfy constraint",
            );
        }
    }

    fn together(
        &mut self,
        shape: &Shape,
        of: &str,
        whole: &Value,
        mut values: &mut dyn Iterator<Item = &Value>,
        path: &Trail<'_>,
        words: &str,
    ) {
        let Some(element) = self.service.shape(of) else { return };
        let bad = Iterator::find(&mut values, |value| {
            if value.is_null() {
                !element.values.is_empty()
            } else {
                constraints(element, value).any(|(_, holds)| !holds)
            }
        });
        let Some(bad) = bad else { return };
        let mut all: Vec<String> =
            constraints(element, bad).map(|(constraint, _)| constraint.to_string()).collect();
        // Recorded so: length before pattern in a list, the other way round for a member.
        all.sort_by_key(|constraint| constraint.contains("regular expression"));
        if !element.values.is_empty() {
            all.push("Member must not be null".to_owned());
        }
        self.add(
            path,
            Some(java::print(self.service, shape, whole)),
            format!("{words}: [{}]", all.join(", ")),
        );
    }

    fn into_error(self) -> ApiError {
        // Logs has words of its own for the length of its two names.
        let too_long = |v: &Violation| {
            matches!(v.path.as_str(), "logGroupName" | "logStreamName")
                && v.constraint.contains("less than or equal to 512")
        };
        if self.service.name == "logs" && self.list.iter().any(too_long) {
            let message =
                "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
            return refusal("InvalidParameterException", 400, message.to_owned());
        }
        // SQS says it of the first one only, and has no bounds in its model.
        if let ("sqs", Some(first)) = (self.service.name.as_str(), self.list.first()) {
            let mut name = first.path.rsplit('.').next().unwrap_or_default().to_owned();
            name[..1].make_ascii_uppercase();
            return crate::sqs::missing(&name);
        }
        let count = self.list.len();
        let told = self.list.iter().map(|violation| {
            let value =
                violation.value.as_ref().map_or("null".to_owned(), |value| format!("'{value}'"));
            format!(
                "Value {value} at '{}' failed to satisfy constraint: {}",
                violation.path, violation.constraint
            )
        });
        let plural = if count == 1 { "" } else { "s" };
        let message = format!(
            "{count} validation error{plural} detected: {}",
            told.collect::<Vec<_>>().join("; ")
        );
        let code = if self.service.name == "logs" {
            "InvalidParameterException"
        } else {
            "ValidationException"
        };
        refusal(code, 400, message)
    }
}

/// A constraint of a shape; it displays in AWS's words.
enum Constraint<'s> {
    Enumeration(&'s [String]),
    Pattern(&'s str),
    Most(&'static str, f64),
    Least(&'static str, f64),
}

impl fmt::Display for Constraint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::Enumeration(values) => {
                let values = values.join(", ");
                write!(f, "Member must satisfy enum value set: [{values}]")
            }
            Constraint::Pattern(text) => {
                write!(f, "Member must satisfy regular expression pattern: {text}")
            }
            Constraint::Most(what, max) => {
                write!(f, "Member must have {what} less than or equal to {max}")
            }
            Constraint::Least(what, min) => {
                write!(f, "Member must have {what} greater than or equal to {min}")
            }
        }
    }
}

/// The constraints of a shape in AWS's order, each with whether the value satisfies it.
fn constraints<'s>(
    shape: &'s Shape,
    value: &Value,
) -> impl Iterator<Item = (Constraint<'s>, bool)> + use<'s> {
    let text = value.as_str();
    let enumeration = (!shape.values.is_empty()).then(|| {
        let known = text.is_some_and(|text| shape.values.iter().any(|value| value == text));
        (Constraint::Enumeration(&shape.values), known)
    });
    let pattern = shape.pattern.as_ref().map(|pattern| {
        let matches = text.is_none_or(|text| pattern.matches(text));
        (Constraint::Pattern(&pattern.text), matches)
    });
    let (what, size) = match (&shape.kind, value) {
        (ShapeKind::String, Value::String(text)) => ("length", Some(utf16_len(text) as f64)),
        (ShapeKind::Blob, value) => ("length", blob_len(value).map(|len| len as f64)),
        (_, Value::Array(values)) => ("length", Some(values.len() as f64)),
        (ShapeKind::Map { .. }, Value::Object(values)) => ("length", Some(values.len() as f64)),
        (_, Value::Number(number)) => ("value", number.as_f64()),
        _ => ("length", None),
    };
    let most = shape.max.map(|max| (Constraint::Most(what, max), size.is_none_or(|s| s <= max)));
    let least = shape.min.map(|min| (Constraint::Least(what, min), size.is_none_or(|s| s >= min)));
    [enumeration, pattern, most, least].into_iter().flatten()
}

/// How Java counts the characters of a text.
fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}
