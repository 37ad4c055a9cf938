//! Groups and schedules.

use super::zones::Zone;
use crate::eventbridge::expression::Expression;
use crate::queue::QueueKey;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The service.
#[derive(Debug, Default)]
pub(crate) struct Scheduler {
    pub(super) groups: BTreeMap<String, Group>,
    /// By group and name.
    pub(super) schedules: BTreeMap<(String, String), Schedule>,
}

/// A group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(super) created_s: u64,
    pub(super) modified_s: u64,
    pub(super) tags: BTreeMap<String, String>,
}

/// A schedule.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(super) created_s: u64,
    pub(super) modified_s: u64,
    /// Members as given.
    pub(super) settings: Map<String, Value>,
    pub(super) expression: Expression,
    pub(super) zone: Zone,
    /// The next occurrence.
    pub(super) tick: Option<QueueKey>,
    /// The Unix second of the next occurrence, without what a flexible window adds; none when there is no next one.
    pub(super) next_s: Option<u64>,
}

/// What may be due: an occurrence, for this time.
#[derive(Debug)]
pub(crate) struct Due {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) at_s: u64,
}
