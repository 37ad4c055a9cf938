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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_on_their_way() {
        let (mut store, mapping) = (Store::default(), "m".to_owned());
        let ids = |count: usize| vec!["id".to_owned(); count];
        let (queue, function) = ("q".to_owned(), "f".to_owned());
        let ended = |request_id: Option<&str>, deleted, returned| Fact::BatchEnded {
            mapping: "m".into(),
            batch: 1,
            request_id: request_id.map(str::to_owned),
            outcome: "PartialFailure".into(),
            deleted: ids(deleted),
            returned: ids(returned),
        };
        for fact in [
            Fact::MessagesFiltered {
                mapping: mapping.clone(),
                queue: queue.clone(),
                messages: ids(2),
            },
            Fact::BatchPolled { mapping, batch: 1, queue, function, messages: ids(5) },
            ended(Some("r"), 4, 1),
            ended(None, 0, 3),
        ] {
            fold(&mut store, 7, &fact);
        }
        let sum = |name: &str| {
            let key = Key::new("AWS/Lambda", name, &[("EventSourceMappingUUID", "m")]);
            store.index.get(&key).map(|id| store.series[*id].minutes[&7].sum)
        };
        let names = [
            "PolledEventCount",
            "FilteredOutEventCount",
            "InvokedEventCount",
            "FailedInvokeEventCount",
            "DeletedEventCount",
        ];
        assert_eq!(names.map(sum), [7.0, 2.0, 5.0, 4.0, 4.0].map(Some));
    }
}
