//! Why the Lambda API refuses a request, under the names AWS gives.

use crate::ApiError;
use serde_json::{Map, Value};

/// A refusal of the Lambda API. Texts are as recorded from AWS unless a variant says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LambdaError {
    #[error("Function not found: {arn}")]
    FunctionNotFound { arn: String },
    #[error("Functions from '{theirs}' are not reachable in this region ('{ours}')")]
    OtherRegion { theirs: String, ours: String },
    #[error("(no message)")]
    OtherAccount,
    #[error("Function already exist: {name}")]
    FunctionExists { name: String },
    #[error(
        "The operation cannot be performed at this time. An update is in progress for resource: {arn}"
    )]
    UpdateInProgress { arn: String },
    #[error(
        "The operation cannot be performed at this time. The function is currently in the following state: {state}"
    )]
    NotActive { state: &'static str },
    #[error("The derived qualifier from the function name does not match the specified qualifier.")]
    QualifierMismatch,
    #[error("{0}")]
    InvalidParameter(String),
    #[error("{0}")]
    Validation(String),
    #[error("Could not parse request body into json: Could not parse payload into json: {0}")]
    InvalidPayload(String),
    #[error("Request must be smaller than {bytes_max} bytes for the InvokeFunction operation")]
    RequestTooLarge { bytes_max: usize },
    #[error("Zipped size must be smaller than {bytes_max} bytes")]
    PackageTooLarge { bytes_max: usize },
    #[error("Rate Exceeded.")]
    TooManyRequests { reason: &'static str },
    #[error(
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
    )]
    RevisionMismatch,
    /// A refusal of an operation that only few need, with its name and status.
    #[error("{message}")]
    Other { code: &'static str, status: u16, message: String },
    /// What Coldstart does not do yet: named, never ignored. The text is ours.
    #[error("{0}")]
    NotImplemented(String),
}

impl LambdaError {
    /// `what` is a parameter or an operation, such as `VpcConfig of CreateFunction`.
    pub(crate) fn not_emulated(what: &str) -> Self {
        Self::NotImplemented(format!("Coldstart does not emulate {what} yet."))
    }

    /// Something that is not there, in the words of the operation.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::Other { code: "ResourceNotFoundException", status: 404, message: message.into() }
    }

    /// Something that is in the way.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::Other { code: "ResourceConflictException", status: 409, message: message.into() }
    }

    /// The error's name and HTTP status.
    fn code(&self) -> (&'static str, u16) {
        match self {
            Self::FunctionNotFound { .. } | Self::OtherRegion { .. } => {
                ("ResourceNotFoundException", 404)
            }
            Self::OtherAccount => ("AccessDeniedException", 403),
            Self::FunctionExists { .. }
            | Self::UpdateInProgress { .. }
            | Self::NotActive { .. } => ("ResourceConflictException", 409),
            Self::QualifierMismatch | Self::InvalidParameter(_) => {
                ("InvalidParameterValueException", 400)
            }
            Self::Validation(_) => ("ValidationException", 400),
            Self::InvalidPayload(_) => ("InvalidRequestContentException", 400),
            Self::RequestTooLarge { .. } => ("RequestTooLargeException", 413),
            Self::PackageTooLarge { .. } => ("RequestEntityTooLargeException", 413),
            Self::TooManyRequests { .. } => ("TooManyRequestsException", 429),
            Self::RevisionMismatch => ("PreconditionFailedException", 412),
            Self::Other { code, status, .. } => (code, *status),
            Self::NotImplemented(_) => ("NotImplementedException", 501),
        }
    }
}

impl From<LambdaError> for ApiError {
    fn from(error: LambdaError) -> Self {
        let (code, status) = error.code();
        let message = (error != LambdaError::OtherAccount).then(|| error.to_string());
        let mut extra = Map::new();
        let mut put =
            |key: &str, value: &str| extra.insert(key.into(), Value::String(value.into()));
        match &error {
            LambdaError::OtherAccount
            | LambdaError::Validation(_)
            | LambdaError::PackageTooLarge { .. }
            | LambdaError::NotImplemented(_) => {}
            LambdaError::FunctionNotFound { .. }
            | LambdaError::OtherRegion { .. }
            | LambdaError::Other { code: "ResourceNotFoundException", .. } => {
                put("Type", "User");
                // Only this error's body spells its message with a capital.
                put("Message", message.as_deref().expect("only AccessDenied has none"));
            }
            LambdaError::TooManyRequests { reason } => {
                put("Reason", reason);
                put("Type", "User");
                // A rate has room again soon; when concurrency has, nobody knows.
                if reason.contains("Rate") {
                    put("retryAfterSeconds", "1");
                }
            }
            _ => {
                put("Type", "User");
            }
        }
        Self { code: code.into(), status, message, extra }
    }
}
