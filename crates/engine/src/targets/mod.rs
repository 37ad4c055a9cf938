//! What rules, schedules and topics serve: queues, functions, topics, state machines, log groups and event buses.
//!
//! A delivery is a request through the door with a waiter of its own. `delivery` says what becomes of its answer: it is made again
//! after errors that pass, and goes to a dead-letter queue after those that do not. Whether a policy lets it in, `iam` says.
//!
//! Invariant: a delivery ends once: with success, in its dead-letter queue, or dropped; each attempt is a fact of the history.

mod delivery;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use delivery::{Call, Delivery, Retries, Source, request_for};
