//! What Lambda checks of a request's own values beyond the public model, in its own words (recorded answers).

use super::{check::refusal, java};
use crate::ApiError;
use serde_json::{Map, Value};

/// Runtimes that AWS names when it refuses another one.
const RUNTIMES: [&str; 25] = [
    "nodejs16.x",
    "nodejs18.x",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "python3.8",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet6",
    "dotnet8",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "provided.al2",
    "provided.al2023",
];
/// Runtimes that are in the public model, newer than the recorded list.
const RUNTIMES_NEW: [&str; 7] = [
    "nodejs26.x",
    "python3.15",
    "ruby4.0",
    "java8.al2023",
    "java11.al2023",
    "java17.al2023",
    "custom",
];
/// Characters of a bare function name.
const NAME_MAX: usize = 64;

/// Shapes whose enumeration Lambda checks itself, with the runtimes of today and not with the model's.
pub(super) fn has_own_check(shape: &str) -> bool {
    matches!(shape, "Runtime" | "CompatibleRuntimes")
}

/// The violated constraint of a layer's list of runtimes. A function's runtime is checked after the model.
pub(super) fn list_constraint(shape: &str, value: &Value) -> Option<String> {
    let values = value.as_array().filter(|_| shape == "CompatibleRuntimes")?;
    if values.len() > 15 {
        return Some("Member must have length less than or equal to 15".to_owned());
    }
    let known =
        |value: &Value| value.as_str().is_some_and(|name| current(name) || deprecated(name));
    (!values.iter().all(known))
        .then(|| format!("Member must satisfy enum value set: [{}]", current_list()))
}

/// Checks that follow the model's.
pub(super) fn check(operation: &str, params: &Map<String, Value>) -> Result<(), ApiError> {
    if operation == "CreateFunction" {
        check_name(params)?;
    }
    if matches!(operation, "CreateFunction" | "UpdateFunctionConfiguration") {
        check_runtime(params)?;
    }
    Ok(())
}

/// The model allows 140 characters, for an ARN; of a bare name 64 are allowed.
fn check_name(params: &Map<String, Value>) -> Result<(), ApiError> {
    match params.get("FunctionName").and_then(Value::as_str) {
        Some(name) if !name.contains(':') && name.len() > NAME_MAX => Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: \
             Member must have length less than or equal to {NAME_MAX}"
        ))),
        _ => Ok(()),
    }
}

fn check_runtime(params: &Map<String, Value>) -> Result<(), ApiError> {
    let Some(runtime) = params.get("Runtime").and_then(Value::as_str) else { return Ok(()) };
    if current(runtime) {
        return Ok(());
    }
    if deprecated(runtime) {
        return Err(invalid(format!(
            "The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. \
             We recommend you use a supported runtime while creating or updating functions."
        )));
    }
    Err(invalid(format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] \
         or be a valid ARN",
        current_list()
    )))
}

fn current(runtime: &str) -> bool {
    RUNTIMES.contains(&runtime) || RUNTIMES_NEW.contains(&runtime)
}

/// In the public model, but neither named nor newer: past its end of support.
fn deprecated(runtime: &str) -> bool {
    let shape = super::service("lambda").and_then(|service| service.shape("Runtime"));
    !current(runtime)
        && shape.is_some_and(|shape| shape.values.iter().any(|value| value == runtime))
}

fn current_list() -> String {
    java::set_order(RUNTIMES).join(", ")
}

fn invalid(message: String) -> ApiError {
    let mut error = refusal("InvalidParameterValueException", 400, message);
    error.extra.insert("Type".to_owned(), Value::String("User".to_owned()));
    error
}
