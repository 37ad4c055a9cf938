//! Amazon EventBridge: event buses, rules with patterns and schedules, targets, archives and replays.
//!
//! `buses` and `rules` hold what is set up, `put` takes events in and finds the rules that they match, `input` says what a target is
//! given, `archives` keeps events and brings them back, `expression` reads `rate(…)` and `cron(…)` (Scheduler reads them with it).
//!
//! A schedule has one entry in the queue, for its next occurrence, and nobody waits for it: the clock does not run ahead for a
//! schedule, as it would never rest. Schedules happen when the clock is moved past them.
//!
//! Invariant: an event matches a rule when its pattern does, whatever other rules there are.
//! Invariant: ids follow from the session's seed.

mod api;
mod archives;
mod buses;
pub(crate) mod expression;
mod input;
mod model;
mod put;
mod rules;
mod tags;
#[cfg(test)]
mod tests;

pub(crate) use api::{absent, handle, names, page, respond, text, texts};
pub(crate) use model::{Due, EventBridge};
pub(crate) use put::{handle_due, soon};
pub(crate) use tags::{describe as describe_tags, merge as merge_tags};

/// The service's model. It stands here so that its text moves with the service (docs/adr/0005).
#[inline(never)]
pub(crate) fn api_model() -> crate::model::Service {
    crate::model::read(include_str!("../../models/events.json"))
}
