//! Why the CloudWatch Logs API refuses a request, under the names AWS gives.

use crate::ApiError;
use serde_json::{Map, json};

/// A refusal of the Logs API. All of them have status 400 but the last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogsError {
    #[error("The specified log group does not exist.")]
    GroupNotFound,
    #[error("The specified log stream does not exist.")]
    StreamNotFound,
    #[error("The specified log group already exists")]
    GroupExists,
    #[error("The specified log stream already exists")]
    StreamExists,
    #[error("{0}")]
    InvalidParameter(String),
    #[error("{0}")]
    Validation(&'static str),
    /// Something else that is not there; AWS's words differ by what it is.
    #[error("{0}")]
    NotFound(String),
    /// A query that cannot be read: from which byte, up to which, and why.
    #[error("{message}")]
    Malformed { from: usize, to: usize, message: String },
    /// Any other refusal.
    #[error("{message}")]
    Other { code: &'static str, message: String },
    /// What Coldstart does not do yet. The text is ours.
    #[error("Coldstart does not emulate {0} yet.")]
    NotImplemented(String),
}

impl LogsError {
    /// `LimitExceededException` in AWS's words.
    pub(super) fn limit() -> Self {
        Self::Other { code: "LimitExceededException", message: "Resource limit exceeded.".into() }
    }
}

impl From<LogsError> for ApiError {
    fn from(error: LogsError) -> Self {
        let mut extra = Map::new();
        if let LogsError::Malformed { from, to, message } = &error {
            let location = json!({ "startCharOffset": from, "endCharOffset": to });
            let told = json!({ "location": location, "message": message });
            extra.insert("queryCompileError".into(), told);
        }
        let (code, status) = match error {
            LogsError::GroupNotFound | LogsError::StreamNotFound | LogsError::NotFound(_) => {
                ("ResourceNotFoundException", 400)
            }
            LogsError::GroupExists | LogsError::StreamExists => {
                ("ResourceAlreadyExistsException", 400)
            }
            LogsError::InvalidParameter(_) => ("InvalidParameterException", 400),
            LogsError::Validation(_) => ("ValidationException", 400),
            LogsError::Malformed { .. } => ("MalformedQueryException", 400),
            LogsError::Other { code, .. } => (code, 400),
            LogsError::NotImplemented(_) => ("NotImplementedException", 501),
        };
        Self { code: code.into(), status, message: Some(error.to_string()), extra }
    }
}
