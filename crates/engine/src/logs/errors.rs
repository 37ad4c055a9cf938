//! Why the CloudWatch Logs API refuses a request, under the names AWS gives.

use crate::ApiError;
use serde_json::Map;

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
    /// What Coldstart does not do yet. The text is ours.
    #[error("Coldstart does not emulate {0} yet.")]
    NotImplemented(String),
}

impl From<LogsError> for ApiError {
    fn from(error: LogsError) -> Self {
        let (code, status) = match error {
            LogsError::GroupNotFound | LogsError::StreamNotFound => {
                ("ResourceNotFoundException", 400)
            }
            LogsError::GroupExists | LogsError::StreamExists => {
                ("ResourceAlreadyExistsException", 400)
            }
            LogsError::InvalidParameter(_) => ("InvalidParameterException", 400),
            LogsError::Validation(_) => ("ValidationException", 400),
            LogsError::NotImplemented(_) => ("NotImplementedException", 501),
        };
        Self { code: code.into(), status, message: Some(error.to_string()), extra: Map::new() }
    }
}
