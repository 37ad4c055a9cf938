//! The one door: what enters the cloud is an AWS API request, and what comes back is AWS's answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A call of one operation of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The service's endpoint prefix: `lambda`, `logs`, `states` …
    pub service: String,
    /// The operation, such as `CreateFunction`.
    pub operation: String,
    /// Members by their API names. Blobs are written as [`Blob`] says.
    pub params: Value,
    /// Who calls.
    #[serde(default)]
    pub principal: Principal,
}

/// Who calls the API.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Principal {
    /// The person at the page or the terminal: may do everything.
    #[default]
    User,
    /// A function's execution role.
    Function {
        /// ARN of the function.
        arn: String,
    },
    /// A service, such as `events.amazonaws.com`.
    Service(String),
}

/// How a blob stands in [`Request::params`]: `{"$text": "…"}`, `{"$sha256": "…"}` for bytes that the engine was
/// given with [`crate::Engine::put_blob`], or base64 (a bare string, as in AWS's JSON).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob;

impl Blob {
    /// A blob of UTF-8 text.
    pub fn text(text: impl Into<String>) -> Value {
        let mut map = Map::new();
        map.insert("$text".into(), Value::String(text.into()));
        Value::Object(map)
    }
    /// A blob that the engine already holds, by its hex SHA-256.
    pub fn sha256(sha256: impl Into<String>) -> Value {
        let mut map = Map::new();
        map.insert("$sha256".into(), Value::String(sha256.into()));
        Value::Object(map)
    }
}

/// A successful answer: HTTP status and the members by their API names. `Invoke`'s `Payload` is
/// `{"$text": …}` (or base64 when it is not UTF-8), so that its text stays as the handler gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status, such as 201 for `CreateFunction`.
    pub status: u16,
    /// Output members.
    pub output: Value,
}

/// A refused request, with AWS's code, status and message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{code}: {}", message.as_deref().unwrap_or("(no message)"))]
pub struct ApiError {
    /// Such as `ResourceNotFoundException`.
    pub code: String,
    /// HTTP status.
    pub status: u16,
    /// AWS's message; a few errors (some `AccessDeniedException`s) have none.
    pub message: Option<String>,
    /// Further members of the error's body: `Type`, `Reason`, `Message` where AWS capitalises it …
    #[serde(default)]
    pub extra: Map<String, Value>,
}
