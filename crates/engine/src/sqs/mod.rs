//! Amazon SQS: standard and FIFO queues.
//!
//! `attributes` judges and shows what a queue is set to, `model` holds messages and says which may be received, `messages`
//! sends, receives, deletes and hides them, `moves` brings dead letters back, `api` is the list of operations.
//!
//! Messages are kept in virtual time only: a queue with nobody waiting has nothing due. What has become visible, has expired or
//! has gone to a dead-letter queue is found when the queue is next used, as of the instant at which it happened.
//!
//! Invariant: a message that was accepted is received at least once, unless it is deleted, purged or expires.
//! Invariant: of a message group, a message is received only when none before it is in flight or delayed.
//! Invariant: ids, handles and sequence numbers follow from the session's seed.

mod api;
mod attributes;
mod batches;
mod digests;
mod errors;
mod look;
mod messages;
mod model;
mod moves;
mod sending;
#[cfg(test)]
mod tests;

pub(crate) use api::handle;
pub use errors::query_error;
pub use look::{MessageLook, QueueLook};
pub(crate) use look::{messages, queues};
pub(crate) use messages::{Due, handle_due};
pub(crate) use model::Sqs;

/// What SQS says of a request without a parameter that it needs.
pub(crate) fn missing(parameter: &str) -> crate::ApiError {
    errors::SqsError::missing(parameter).into()
}

/// The service's model. It stands here so that its text moves with the service (docs/adr/0005).
#[inline(never)]
pub(crate) fn api_model() -> crate::model::Service {
    crate::model::read(include_str!("../../models/sqs.json"))
}
