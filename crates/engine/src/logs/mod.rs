//! CloudWatch Logs: groups, streams and events, and the operations on them.
//!
//! `model` keeps events, `taps` is what happens to each as it arrives (metric filters, subscriptions), `api` and its neighbours are
//! the operations, `insights` answers queries. What runs for every line of every function is in `model` alone.
//!
//! Invariant: at most [`BYTES_MAX`] bytes of messages and [`EVENTS_MAX`] events are kept in a session; the oldest go first.

mod api;
mod deliveries;
mod errors;
mod filter;
mod filters;
mod insights;
mod model;
mod params;
mod resources;
mod taps;

pub(crate) use api::handle;
pub(crate) use model::{Line, Logs};

use crate::world::World;

/// Bytes of messages that a session keeps. Chosen: a tab's memory is small, AWS keeps everything.
pub(crate) const BYTES_MAX: usize = 64 << 20;

/// Events that a session keeps. Chosen.
pub(crate) const EVENTS_MAX: usize = 400_000;

/// What the API keeps beside the groups.
#[derive(Debug, Default)]
struct Control {
    resources: resources::Resources,
    deliveries: deliveries::Deliveries,
    queries: insights::Queries,
}

/// What may be due.
#[derive(Debug)]
pub(crate) enum Due {
    /// What a subscription has collected of a stream is sent.
    Send { group: String, filter: String, stream: String },
    /// A query is done.
    Query { id: String },
}

/// Something of the service's is due.
#[inline(never)]
pub(crate) fn handle_due(logs: &mut Logs, world: &mut World, due: Due) {
    match due {
        Due::Send { group, filter, stream } => taps::send(logs, world, &group, &filter, &stream),
        Due::Query { id } => insights::finish(logs, world, &id),
    }
}

/// The service's model. It stands here so that its text moves with the service (docs/adr/0005).
#[inline(never)]
pub(crate) fn api_model() -> crate::model::Service {
    crate::model::read(include_str!("../../models/logs.json"))
}
