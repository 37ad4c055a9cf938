//! CloudWatch metrics: what services and handlers publish, by the minute of virtual time, and reading it.
//!
//! `store` keeps, `facts` publishes what the history tells, `embedded` reads metrics out of log lines, `statistics` and `math` compute,
//! `api` is the list of operations. Nothing here is a fact of the history: it follows from it.
//!
//! Invariant: what is kept is bounded, however long a session is (`store`).

mod api;
mod embedded;
mod facts;
mod mappings;
mod math;
mod services;
mod statistics;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use api::{handle, unit};
pub(crate) use services::Queued;
pub(crate) use store::Key;

use crate::{Fact, Timestamp};

/// All metrics of a session.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    store: store::Store,
    folding: facts::Folding,
}

const MINUTE_MS: u64 = 60_000;

impl Metrics {
    /// Takes a fact in, at its time.
    pub(crate) fn observe(&mut self, now: Timestamp, unix_ms: u64, fact: &Fact) {
        let minute = unix_ms / MINUTE_MS;
        if let Fact::LogLine { message, timestamp_ms, .. } = fact {
            if message.starts_with('{') && message.contains("\"_aws\"") {
                embedded::publish(self, *timestamp_ms, message);
            }
            return;
        }
        facts::fold(&mut self.store, &mut self.folding, now, minute, fact);
    }

    /// Adds a value that was measured so many times.
    pub(crate) fn put(
        &mut self,
        key: Key,
        unit: &'static str,
        unix_ms: u64,
        value: f64,
        times: f64,
    ) {
        if value.is_finite()
            && times > 0.0
            && times.is_finite()
            && let Some(id) = self.store.series(key, unit)
        {
            self.store.minute(id, unix_ms / MINUTE_MS).add(value, times);
        }
    }

    /// Adds a set of statistics: how many there were, their sum, the least and the greatest.
    fn put_set(
        &mut self,
        key: Key,
        unit: &'static str,
        unix_ms: u64,
        [count, sum, min, max]: [f64; 4],
    ) {
        if count > 0.0
            && [count, sum, min, max].iter().all(|number| number.is_finite())
            && let Some(id) = self.store.series(key, unit)
        {
            self.store.minute(id, unix_ms / MINUTE_MS).add_set(count, sum, min, max);
        }
    }
}

/// The service's model. It stands here so that its text moves with the service (docs/adr/0005).
#[inline(never)]
pub(crate) fn api_model() -> crate::model::Service {
    crate::model::read(include_str!("../../models/monitoring.json"))
}
