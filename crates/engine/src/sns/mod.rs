//! Amazon SNS: standard and FIFO topics, subscriptions of queues and functions.
//!
//! `topics` and `subscriptions` hold what is set up, `publish` takes messages in, `envelope` says how they look to who gets them.
//! Subscriptions of other kinds (mail, web addresses, phones) can be made and wait for their confirmation; what would have to leave
//! the page is refused by name when it would be delivered.
//!
//! Invariant: a message that was accepted goes to each subscription whose filter lets it through, once per publication.
//! Invariant: ids and sequence numbers follow from the session's seed.

mod api;
mod envelope;
mod model;
mod publish;
mod subscriptions;
#[cfg(test)]
mod tests;
mod topics;

pub(crate) use api::handle;
pub(crate) use model::Sns;

/// The service's model. It stands here so that its text moves with the service (docs/adr/0005).
#[inline(never)]
pub(crate) fn api_model() -> crate::model::Service {
    crate::model::read(include_str!("../../models/sns.json"))
}
