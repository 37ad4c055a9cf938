//! Buses, rules, archives and replays.

use super::expression::Expression;
use crate::Timestamp;
use crate::patterns::Pattern;
use crate::queue::QueueKey;
use crate::world::World;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// By key.
pub(crate) type Tags = BTreeMap<String, String>;

/// The service.
#[derive(Debug, Default)]
pub(crate) struct EventBridge {
    pub(super) buses: BTreeMap<String, Bus>,
    pub(super) archives: BTreeMap<String, Archive>,
    pub(super) replays: BTreeMap<String, Replay>,
}

/// An event bus.
#[derive(Debug, Default)]
pub(crate) struct Bus {
    pub(super) created_s: u64,
    pub(super) modified_s: u64,
    /// `Description`, `DeadLetterConfig` … as given.
    pub(super) settings: Map<String, Value>,
    /// Statements.
    pub(super) policy: Vec<Value>,
    pub(super) tags: Tags,
    pub(super) rules: BTreeMap<String, Rule>,
}

/// A rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(super) arn: String,
    /// Members of `PutRule` as given, without its tags.
    pub(super) settings: Map<String, Value>,
    pub(super) pattern: Option<Pattern>,
    pub(super) schedule: Option<Expression>,
    pub(super) enabled: bool,
    pub(super) tags: Tags,
    /// As given, in the order in which they were put.
    pub(super) targets: Vec<Arc<Value>>,
    /// The next occurrence of its schedule.
    pub(super) tick: Option<QueueKey>,
}

/// Events of a bus that are kept.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(super) arn: String,
    pub(super) bus: String,
    pub(super) created_s: u64,
    pub(super) settings: Map<String, Value>,
    pub(super) pattern: Option<Pattern>,
    /// When each came, and its text; oldest first.
    pub(super) events: VecDeque<(Timestamp, Arc<Value>)>,
    pub(super) bytes: u64,
}

/// Events of an archive that come again.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(super) settings: Map<String, Value>,
    pub(super) archive: String,
    pub(super) bus: String,
    /// Rules that see them; all when empty.
    pub(super) rules: Vec<String>,
    pub(super) from_s: u64,
    pub(super) to_s: u64,
    pub(super) state: &'static str,
    pub(super) started_s: u64,
    pub(super) ended_s: Option<u64>,
    pub(super) last_s: Option<u64>,
}

/// What may be due.
#[derive(Debug)]
pub(crate) enum Due {
    /// A rule's schedule. What was changed meanwhile has no entry any more.
    Tick { bus: String, rule: String, at_s: u64 },
    /// A replay gives its events, or ends.
    Replay { name: String },
    /// A service tells the account's bus something.
    Service {
        source: &'static str,
        detail_type: &'static str,
        resource: String,
        detail: Box<Value>,
    },
}

impl EventBridge {
    /// Whether anybody could see an event that a service puts on the account's bus.
    pub(super) fn hears_services(&self) -> bool {
        let bus = self.buses.get("default");
        let listens = |rule: &Rule| rule.enabled && rule.pattern.is_some();
        bus.is_some_and(|bus| bus.rules.values().any(listens))
            || self.archives.values().any(|archive| archive.bus == "default")
    }

    /// The account's own bus is always there.
    pub(super) fn ensure_default(&mut self, world: &World) {
        if !self.buses.contains_key("default") {
            let created_s = world.config.epoch_ms / 1_000;
            let bus = Bus { created_s, modified_s: created_s, ..Bus::default() };
            self.buses.insert("default".to_owned(), bus);
        }
    }
}

/// `arn:aws:events:REGION:ACCOUNT:` and what follows.
pub(crate) fn arn(world: &World, rest: &str) -> String {
    format!("arn:aws:events:{}:{}:{rest}", world.config.region, world.config.account)
}

pub(super) fn rule_arn(world: &World, bus: &str, rule: &str) -> String {
    match bus {
        "default" => arn(world, &format!("rule/{rule}")),
        bus => arn(world, &format!("rule/{bus}/{rule}")),
    }
}
