//! Why the Step Functions API refuses a request, under the names AWS gives. All have status 400.

use crate::ApiError;
use serde_json::Map;

/// A refusal of the Step Functions API. Texts are as recorded from AWS unless a variant says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StatesError {
    #[error("Activity Does Not Exist: '{0}'")]
    ActivityDoesNotExist(String),
    #[error("{0}")]
    Conflict(String),
    #[error("Execution Already Exists: '{0}'")]
    ExecutionAlreadyExists(String),
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(String),
    #[error("{0}")]
    ExecutionNotRedrivable(String),
    #[error("Invalid Arn: '{0}'")]
    InvalidArn(String),
    #[error("{0}")]
    InvalidDefinition(String),
    #[error("Invalid State Machine Execution Input: '{0}'")]
    InvalidExecutionInput(String),
    #[error("Invalid Logging Configuration: {0}")]
    InvalidLoggingConfiguration(&'static str),
    #[error("Invalid Name: '{0}'")]
    InvalidName(String),
    #[error("Invalid Output: '{0}'")]
    InvalidOutput(String),
    #[error("Invalid Token: '{0}'")]
    InvalidToken(&'static str),
    #[error("{0}")]
    MissingRequiredParameter(&'static str),
    #[error("Request references a resource that does not exist.")]
    AliasNotFound,
    #[error("Resource not found: '{0}'")]
    ResourceNotFound(String),
    #[error("State Machine Already Exists: '{0}'")]
    StateMachineAlreadyExists(String),
    #[error("State Machine Deleting: '{0}'")]
    StateMachineDeleting(String),
    #[error("State Machine Does Not Exist: '{0}'")]
    StateMachineDoesNotExist(String),
    #[error("{0}")]
    StateMachineTypeNotSupported(&'static str),
    #[error("Task Timed Out: '{0}'")]
    TaskTimedOut(&'static str),
    #[error("Too many tags: the resource already has {0}")]
    TooManyTags(usize),
    #[error("{0}")]
    Validation(String),
}

impl StatesError {
    pub(crate) fn validation(text: impl Into<String>) -> Self {
        Self::Validation(text.into())
    }

    /// The name that clients see.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::ActivityDoesNotExist(_) => "ActivityDoesNotExist",
            Self::Conflict(_) => "ConflictException",
            Self::ExecutionAlreadyExists(_) => "ExecutionAlreadyExists",
            Self::ExecutionDoesNotExist(_) => "ExecutionDoesNotExist",
            Self::ExecutionNotRedrivable(_) => "ExecutionNotRedrivable",
            Self::InvalidArn(_) => "InvalidArn",
            Self::InvalidDefinition(_) => "InvalidDefinition",
            Self::InvalidExecutionInput(_) => "InvalidExecutionInput",
            Self::InvalidLoggingConfiguration(_) => "InvalidLoggingConfiguration",
            Self::InvalidName(_) => "InvalidName",
            Self::InvalidOutput(_) => "InvalidOutput",
            Self::InvalidToken(_) => "InvalidToken",
            Self::MissingRequiredParameter(_) => "MissingRequiredParameter",
            Self::AliasNotFound | Self::ResourceNotFound(_) => "ResourceNotFound",
            Self::StateMachineAlreadyExists(_) => "StateMachineAlreadyExists",
            Self::StateMachineDeleting(_) => "StateMachineDeleting",
            Self::StateMachineDoesNotExist(_) => "StateMachineDoesNotExist",
            Self::StateMachineTypeNotSupported(_) => "StateMachineTypeNotSupported",
            Self::TaskTimedOut(_) => "TaskTimedOut",
            Self::TooManyTags(_) => "TooManyTags",
            Self::Validation(_) => "ValidationException",
        }
    }
}

impl From<StatesError> for ApiError {
    fn from(error: StatesError) -> Self {
        let message = Some(error.to_string());
        Self { code: error.code().into(), status: 400, message, extra: Map::new() }
    }
}
