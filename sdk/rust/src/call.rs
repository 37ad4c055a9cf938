//! Calls from a handler to the services of the cloud, under the names of the AWS API.

use crate::abi;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::fmt;

/// Calls an operation of a service with the function's permissions, and waits for the answer in virtual time.
///
/// ```no_run
/// # fn main() -> Result<(), coldstart_handler::Error> {
/// use serde_json::json;
/// let functions = coldstart_handler::call("lambda", "ListFunctions", &json!({ "MaxItems": 10 }))?;
/// println!("{}", functions["Functions"]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ServiceError`] with the service's code and message when it refused the call.
pub fn call(service: &str, operation: &str, params: &Value) -> Result<Value, ServiceError> {
    if !abi::IN_A_MODULE {
        return Err(ServiceError::local("service calls work in a module only"));
    }
    let request =
        serde_json::to_vec(&Request { service, operation, params }).expect("a JSON value is JSON");
    read(&abi::call(&request))
}

#[derive(Serialize)]
struct Request<'a> {
    service: &'a str,
    operation: &'a str,
    params: &'a Value,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    output: Value,
    error: Option<ServiceError>,
}

fn read(answer: &[u8]) -> Result<Value, ServiceError> {
    let reply: Reply =
        serde_json::from_slice(answer).map_err(|error| ServiceError::local(error.to_string()))?;
    reply.error.map_or(Ok(reply.output), Err)
}

/// A service refused a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceError {
    /// Such as `ResourceNotFoundException`.
    pub code: String,
    /// HTTP status.
    #[serde(default)]
    pub status: u16,
    /// In the service's words; empty for the few errors that have none.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub message: String,
}

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl ServiceError {
    fn local(message: impl Into<String>) -> Self {
        Self { code: "ClientError".into(), status: 0, message: message.into() }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ServiceError {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_and_refusals() {
        assert_eq!(read(br#"{"status":200,"output":{"a":1}}"#), Ok(json!({"a": 1})));
        let refused = read(br#"{"error":{"code":"ResourceNotFoundException","status":404,"message":"Function not found"}}"#);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "ResourceNotFoundException: Function not found"
        );
        let refused = read(
            br#"{"error":{"code":"AccessDeniedException","status":403,"message":null,"extra":{}}}"#,
        );
        assert_eq!(refused.unwrap_err().message, "");
        assert_eq!(read(b"").unwrap_err().code, "ClientError");
    }
}
