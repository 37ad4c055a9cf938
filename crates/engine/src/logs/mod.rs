//! CloudWatch Logs: groups, streams and events, and the operations on them.
//!
//! Invariant: at most [`BYTES_MAX`] bytes of messages and [`EVENTS_MAX`] events are kept in a session; the oldest go first.

mod api;
mod errors;
mod filter;
mod model;

pub(crate) use api::handle;
pub(crate) use model::{Line, Logs};

/// Bytes of messages that a session keeps. Chosen: a tab's memory is small, AWS keeps everything.
pub(crate) const BYTES_MAX: usize = 64 << 20;

/// Events that a session keeps. Chosen.
pub(crate) const EVENTS_MAX: usize = 400_000;
