//! Why SQS refuses a request.
//!
//! SQS spoke AWS's query protocol before it spoke JSON, and its clients still go by the older names: those are the codes here
//! (`AWS.SimpleQueueService.NonExistentQueue`). [`query_error`] tells the name that the JSON body has.

use crate::ApiError;
use serde_json::Map;

/// A refusal: code, status, message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqsError {
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    pub(crate) message: String,
}

/// Codes of the query protocol with the names of the JSON protocol, where they differ.
const NAMES: [(&str, &str); 18] = [
    ("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "BatchEntryIdsNotDistinct"),
    ("AWS.SimpleQueueService.BatchRequestTooLong", "BatchRequestTooLong"),
    ("AWS.SimpleQueueService.EmptyBatchRequest", "EmptyBatchRequest"),
    ("AWS.SimpleQueueService.InvalidBatchEntryId", "InvalidBatchEntryId"),
    ("AWS.SimpleQueueService.MessageNotInflight", "MessageNotInflight"),
    ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    ("AWS.SimpleQueueService.PurgeQueueInProgress", "PurgeQueueInProgress"),
    ("AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"),
    ("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "TooManyEntriesInBatchRequest"),
    ("AWS.SimpleQueueService.UnsupportedOperation", "UnsupportedOperation"),
    ("InvalidAttributeValue", "InvalidAttributeValue"),
    ("InvalidMessageContents", "InvalidMessageContents"),
    ("InvalidParameterValue", "InvalidParameterValueException"),
    ("MissingParameter", "MissingRequiredParameterException"),
    ("OverLimit", "OverLimit"),
    ("QueueAlreadyExists", "QueueNameExists"),
    ("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
    ("ResourceNotFoundException", "ResourceNotFoundException"),
];

/// The name of an error in the JSON protocol (`QueueDoesNotExist`), which SDKs show as `QueryErrorCode`.
pub fn query_error(code: &str) -> &str {
    NAMES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

impl SqsError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let status = match code {
            "ResourceNotFoundException" => 404,
            "OverLimit" | "AWS.SimpleQueueService.PurgeQueueInProgress" => 403,
            _ => 400,
        };
        Self { code, status, message: message.into() }
    }

    pub(crate) fn no_queue() -> Self {
        Self::new("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    }

    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", message)
    }

    /// `Value v for parameter p is invalid. Reason: …`.
    pub(crate) fn bad(value: impl std::fmt::Display, parameter: &str, reason: &str) -> Self {
        Self::value(format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}"))
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(
            "MissingParameter",
            format!("The request must contain the parameter {parameter}."),
        )
    }

    pub(crate) fn unknown_attribute(name: &str) -> Self {
        Self::new("InvalidAttributeName", format!("Unknown Attribute {name}."))
    }

    pub(crate) fn attribute_value(name: &str) -> Self {
        Self::new("InvalidAttributeValue", format!("Invalid value for the parameter {name}."))
    }

    pub(crate) fn no_resource(parameter: &str) -> Self {
        let message =
            format!("The resource that you specified for the {parameter} parameter doesn't exist.");
        Self::new("ResourceNotFoundException", message)
    }
}

impl From<SqsError> for ApiError {
    fn from(error: SqsError) -> Self {
        let SqsError { code, status, message } = error;
        Self { code: code.to_owned(), status, message: Some(message), extra: Map::new() }
    }
}
