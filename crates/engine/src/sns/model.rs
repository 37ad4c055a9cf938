//! Topics and subscriptions.

use crate::Timestamp;
use crate::patterns::sns::{Policy, Scope};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The service.
#[derive(Debug, Default)]
pub(crate) struct Sns {
    /// By ARN.
    pub(super) topics: BTreeMap<String, Topic>,
    /// By ARN.
    pub(super) subscriptions: BTreeMap<String, Subscription>,
}

/// A topic.
#[derive(Debug, Default)]
pub(crate) struct Topic {
    /// Those that were set; texts.
    pub(super) attributes: Map<String, Value>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) deleted_subscriptions: u64,
    /// Of FIFO topics: the last sequence number.
    pub(super) sequence: u64,
    /// Of FIFO topics: what was published in the last five minutes, by scope and deduplication id.
    pub(super) recent: BTreeMap<(String, String), (Timestamp, String, String)>,
}

/// A subscription.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(super) topic: String,
    pub(super) protocol: String,
    pub(super) endpoint: String,
    /// Those that were set; texts.
    pub(super) attributes: Map<String, Value>,
    pub(super) scope: Scope,
    pub(super) policy: Option<Policy>,
    /// Whether its endpoint still has to confirm it.
    pub(super) pending: bool,
}

impl Topic {
    pub(super) fn is(&self, attribute: &str) -> bool {
        self.attributes
            .get(attribute)
            .and_then(Value::as_str)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.is("FifoTopic")
    }
}

impl Subscription {
    pub(super) fn is_raw(&self) -> bool {
        self.attributes
            .get("RawMessageDelivery")
            .and_then(Value::as_str)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// The last part of a topic's ARN.
pub(super) fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}
