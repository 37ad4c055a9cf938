//! What event source mappings publish: counts of the messages on their way ("Types of metrics for Lambda functions", event source
//! mapping metrics).
//!
//! AWS publishes them for mappings that ask for it (`MetricsConfig`); here they follow from the history for all.

use super::store::{Key, Store};
use crate::Fact;

/// Takes a fact about a mapping's messages in.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(super) fn fold(store: &mut Store, minute: u64, fact: &Fact) {
    let (mapping, counts) = match fact {
        Fact::MessagesFiltered { mapping, messages, .. } => {
            let count = messages.len();
            (mapping, vec![("PolledEventCount", count), ("FilteredOutEventCount", count)])
        }
        Fact::BatchPolled { mapping, messages, .. } => {
            (mapping, vec![("PolledEventCount", messages.len())])
        }
        Fact::BatchEnded { mapping, request_id, deleted, returned, .. } => {
            let all = deleted.len() + returned.len();
            let invoked = if request_id.is_some() { all } else { 0 };
            let counts = vec![
                ("InvokedEventCount", invoked),
                ("FailedInvokeEventCount", returned.len()),
                ("DeletedEventCount", deleted.len()),
            ];
            (mapping, counts)
        }
        _ => return,
    };
    for (name, count) in counts {
        let key = Key::new("AWS/Lambda", name, &[("EventSourceMappingUUID", mapping)]);
        if let Some(id) = store.series(key, "Count") {
            store.minute(id, minute).add(count as f64, 1.0);
        }
    }
}
