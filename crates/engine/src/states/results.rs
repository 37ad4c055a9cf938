//! Whether a mocked result looks like what the service answers: TestState's field validation.
//!
//! The shapes are those of `models/results.json`. Recorded: members that the API does not have are let through, and of
//! those that it has type, enumeration, size and, with `STRICT`, presence count. What an operation answers that is not in
//! the file is not checked.

use super::sdk::pascal;
use crate::model::{self, Service, Shape, ShapeKind};
use coldstart_asl::{Pattern, Resource};
use serde_json::Value;

/// Checks a mocked result of a task.
///
/// # Errors
/// What is wrong, in AWS's words.
pub(crate) fn validate(resource: &Resource, result: &Value, strict: bool) -> Result<(), String> {
    let Resource::Service { service, action, pattern, .. } = resource else { return Ok(()) };
    let (name, operation, any) = match (service.as_str(), action.as_str(), pattern) {
        // Whoever has the token answers with what he likes.
        (_, _, Pattern::WaitForTaskToken) => return Ok(()),
        ("lambda", "invoke", _) => ("lambda", "Invoke".to_owned(), &["Payload"][..]),
        ("states", _, Pattern::Sync | Pattern::Sync2) => (
            "sfn",
            "DescribeExecution".to_owned(),
            &["Input", "Output", "StartDate", "StopDate"][..],
        ),
        // The answer to another operation, which depends on the job.
        (_, _, Pattern::Sync | Pattern::Sync2) => return Ok(()),
        ("states", _, _) => ("sfn", pascal(action), &[][..]),
        ("events", _, _) => ("eventbridge", pascal(action), &[][..]),
        (service, _, _) => {
            (service.strip_prefix("aws-sdk:").unwrap_or(service), pascal(action), &[][..])
        }
    };
    let shape = model::results(name).and_then(|service| {
        Some((service, service.shape(service.operations.get(&operation)?.input.as_deref()?)?))
    });
    match shape {
        Some((service, shape)) => check(service, shape, None, result, strict, any)
            .map_err(|what| format!("Mock result schema validation error: {what}")),
        None => Ok(()),
    }
}

fn check(
    service: &Service,
    shape: &Shape,
    name: Option<&str>,
    value: &Value,
    strict: bool,
    any: &[&str],
) -> Result<(), String> {
    let field = name.unwrap_or("result");
    let wrong = |what: &str| Err(format!("Field '{field}' {what}"));
    let of = |shape: &str, name: Option<&str>, value: &Value| match service.shape(shape) {
        Some(shape) => check(service, shape, name, value, strict, &[]),
        None => Ok(()),
    };
    match &shape.kind {
        ShapeKind::Structure { members, .. } => {
            let Value::Object(given) = value else { return wrong("must be an object") };
            if strict {
                let missing = members.iter().find(|member| {
                    member.required && !given.keys().any(|name| is(&member.name, name))
                });
                if let Some(missing) = missing {
                    return Err(format!("Required field '{}' is missing", pascal(&missing.name)));
                }
            }
            for (name, value) in given {
                let member = members.iter().find(|member| is(&member.name, name));
                if let Some(member) = member.filter(|_| !any.contains(&name.as_str())) {
                    of(&member.shape, Some(name), value)?;
                }
            }
            Ok(())
        }
        ShapeKind::List { of: element } => {
            let Value::Array(items) = value else { return wrong("must be an array") };
            items.iter().try_for_each(|item| of(element, name, item))
        }
        ShapeKind::Map { of: element, .. } => {
            let Value::Object(given) = value else { return wrong("must be an object") };
            given.values().try_for_each(|value| of(element, name, value))
        }
        ShapeKind::Boolean => {
            if value.is_boolean() {
                Ok(())
            } else {
                wrong("must be a boolean")
            }
        }
        ShapeKind::Integer | ShapeKind::Long | ShapeKind::Double => {
            let Some(number) = value.as_f64() else { return wrong("must be a number") };
            let (min, max) = shape.bounds();
            if min.is_some_and(|min| number < min) {
                return wrong("is less than the minimum value");
            }
            if max.is_some_and(|max| number > max) {
                return wrong("exceeds the maximum value");
            }
            Ok(())
        }
        ShapeKind::String | ShapeKind::Blob | ShapeKind::Timestamp => {
            let Value::String(text) = value else { return wrong("must be a string") };
            let length = text.encode_utf16().count() as f64;
            let (min, max) = shape.bounds();
            if min.is_some_and(|min| length < min) {
                return wrong("is smaller than the minimum length");
            }
            if max.is_some_and(|max| length > max) {
                return wrong("exceeds the maximum length");
            }
            let values = shape.values();
            if !values.is_empty() && !values.iter().any(|value| value == text) {
                return wrong("is not an expected value");
            }
            Ok(())
        }
    }
}

/// Whether a result's member is this one of the API: optimised integrations keep its capitals (`MD5OfMessageBody`).
fn is(member: &str, name: &str) -> bool {
    pascal(member) == name || (member == name && name.starts_with(|c: char| c.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn verdict(resource: &str, result: Value, strict: bool, wanted: &str) {
        let resource = Resource::parse(&format!("arn:aws:states:::{resource}"));
        let said = validate(&resource, &result, strict).err().unwrap_or_default();
        assert_eq!(said.replace("Mock result schema validation error: ", ""), wanted);
    }

    #[test]
    fn fields_are_checked_as_recorded() {
        let kms = "aws-sdk:kms:encrypt";
        verdict(
            kms,
            json!({ "CiphertextBlob": "" }),
            true,
            "Field 'CiphertextBlob' is smaller than the minimum length",
        );
        verdict(
            kms,
            json!({ "CiphertextBlob": 1 }),
            true,
            "Field 'CiphertextBlob' must be a string",
        );
        let lambda = "aws-sdk:lambda:getFunction";
        verdict(
            lambda,
            json!({ "Configuration": { "MemorySize": 127 } }),
            true,
            "Field 'MemorySize' is less than the minimum value",
        );
        verdict(
            "aws-sdk:s3:getObject",
            json!({ "StorageClass": "Papyrus" }),
            true,
            "Field 'StorageClass' is not an expected value",
        );
        verdict(
            "events:putEvents",
            json!({ "Entries": [{ "EventId": "a" }, { "EventId": ["b"] }] }),
            true,
            "Field 'EventId' must be a string",
        );
        verdict("events:putEvents", json!({ "random": "json" }), true, "");
        verdict("lambda:invoke", json!({ "Payload": [1], "StatusCode": 200 }), true, "");
    }

    #[test]
    fn presence_counts_only_when_strict() {
        let start = "states:startExecution";
        verdict(start, json!({}), true, "Required field 'ExecutionArn' is missing");
        verdict(start, json!({}), false, "");
        verdict(start, json!({ "StartDate": true }), false, "Field 'StartDate' must be a string");
        verdict("states:startExecution.waitForTaskToken", json!([]), true, "");
        verdict("glue:startJobRun", json!([]), true, "");
    }
}
