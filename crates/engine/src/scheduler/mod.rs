//! Amazon EventBridge Scheduler: schedules in groups, each with one target.
//!
//! Expressions are read by EventBridge's parser, time zones by `zones`. Each schedule has one entry in the queue, for its next
//! occurrence, and nobody waits for it: the clock does not run ahead for a schedule. A flexible window delays an occurrence by a time
//! that is drawn from the session's seed. `upcoming` tells the next times of schedules and of rules.
//!
//! Invariant: a schedule occurs when it says, never twice for one time, and not after its end.

mod api;
mod model;
mod occurrences;
#[cfg(test)]
mod tests;
mod upcoming;
mod zones;

pub(crate) use api::handle;
pub(crate) use model::{Due, Scheduler};
pub(crate) use occurrences::handle_due;
pub(crate) use upcoming::handle as handle_upcoming;

/// The service's model. It stands here so that its text moves with the service (docs/adr/0005).
#[inline(never)]
pub(crate) fn api_model() -> crate::model::Service {
    crate::model::read(include_str!("../../models/scheduler.json"))
}
