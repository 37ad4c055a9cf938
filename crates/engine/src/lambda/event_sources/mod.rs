//! Event source mappings at work: pollers that read queues and give batches to functions.
//!
//! Follows "Using Lambda with Amazon SQS", "Configuring scaling behavior" and "Handling errors for an SQS event source". `polling`
//! receives, filters and collects; `batches` invokes and says what becomes of messages; `records` is the event that a function
//! gets; `responses` reads which messages it could not handle. What a mapping asks of queues and functions is a request like any
//! other, with a waiter of its own ([`Poll`]). Only its wait for messages is not: it has no end, so that an empty queue leaves
//! nothing due.
//!
//! Of a mapping's pollers one receives at a time, until its batch is full, and then the next one does: so batches are as large as
//! they can be. AWS's pollers receive side by side and share what there is.
//!
//! Invariant: a message leaves its queue only after the function was given it and did not say that it failed, or when no filter
//! lets it pass; or by what the queue itself does with it.
//! Invariant: batches of a mapping that are at work are never more than its `MaximumConcurrency`.
//! Invariant: a batch is given to the function only while all of its messages are hidden from others.

mod batches;
mod polling;
mod records;
mod responses;
#[cfg(test)]
mod tests;

use super::environment::{Cx, Lambda};
use crate::{ApiError, Response};
use batches::Batch;
use polling::Polling;
pub(super) use polling::{Source, start, stop};
use std::collections::BTreeMap;

/// All mappings that poll or have polled, and their batches.
#[derive(Debug, Default)]
pub(super) struct EventSources {
    /// By the mapping's UUID.
    pollings: BTreeMap<String, Polling>,
    /// Batches at work, by number.
    batches: BTreeMap<u64, Batch>,
    /// Counts up over the session.
    batches_made: u64,
}

/// A request of a mapping's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Poll {
    /// For messages; it waits until there are some.
    Receive { mapping: String },
    /// That a function works on a batch.
    Invoke { mapping: String, batch: u64 },
    /// That messages are deleted.
    Delete { mapping: String },
}

/// What may be due.
#[derive(Debug)]
pub(crate) enum Due {
    /// A batch has been collected for as long as it may be.
    Window { mapping: String },
    /// A mapping may have more batches at a time, if there are still messages.
    Scale { mapping: String },
    /// A mapping looks at its queue again.
    Look { mapping: String },
    /// A batch that found no room is tried again.
    Again { batch: u64 },
}

/// Does what is due now.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(super) fn handle_due(lambda: &mut Lambda, cx: &mut Cx<'_>, due: Due) {
    match due {
        Due::Window { mapping } => polling::window_over(lambda, cx, &mapping),
        Due::Scale { mapping } => polling::scale(lambda, cx, &mapping),
        Due::Look { mapping } => polling::listen(lambda, cx, &mapping),
        Due::Again { batch } => batches::invoke(lambda, cx, batch),
    }
}

/// A request of a mapping's has its answer.
#[inline(never)]
pub(crate) fn answered(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    poll: Poll,
    result: Result<Response, ApiError>,
) {
    match poll {
        Poll::Receive { mapping } => polling::received(lambda, cx, &mapping, result),
        Poll::Invoke { batch, .. } => batches::invoked(lambda, cx, batch, result),
        // What could not be deleted becomes visible again, and is received once more.
        Poll::Delete { .. } => {}
    }
}

/// A function has taken a batch: from here on the request id names it.
#[inline(never)]
pub(super) fn accepted(lambda: &mut Lambda, batch: u64, request_id: &str) {
    batches::accepted(lambda, batch, request_id);
}

/// Something for a mapping has come into its queue, while it was busy.
pub(crate) fn seen(mapping: String) -> crate::world::Due {
    crate::world::Due::Lambda(super::Due::Source(Due::Look { mapping }))
}
