//! Which facts are about the same thing, and what came of what.

use coldstart_engine::{Asker, Event, Fact};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Things above an event that are looked for.
const ANCESTORS_MAX: usize = 60;

/// A thing that facts are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'a> {
    /// A request of the host, by its position in the command log.
    Command(u64),
    /// A request from inside, by the number of the fact that answers it.
    Asked(u64),
    /// A message, an event of a bus, or an occurrence of a schedule.
    Thing(&'a str),
    /// What a rule, a schedule or a subscription gives to a target.
    Call {
        /// Its ARN.
        source: &'a str,
        /// Of what.
        event_id: &'a str,
        /// The function's name, or another target's ARN.
        target: &'a str,
        /// The target is a dead-letter queue.
        dead_letter: bool,
    },
    /// A batch of a mapping, by its number.
    Batch(u64),
    /// By its request id.
    Invocation(&'a str),
    /// By its number in the session.
    Execution(u64),
}

/// What is known of a thing.
#[derive(Debug, Default)]
struct Node<'a> {
    facts: Vec<&'a Event>,
    parents: Vec<Key<'a>>,
    children: Vec<Key<'a>>,
}

/// All things that the facts tell of.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    nodes: BTreeMap<Key<'a>, Node<'a>>,
    /// Numbers of executions by ARN.
    executions: BTreeMap<&'a str, u64>,
}

/// A target as both the delivery and the invocation name it.
fn target_of(arn: &str) -> &str {
    if arn.contains(":lambda:") { arn.split(':').nth(6).unwrap_or(arn) } else { arn }
}

impl<'a> Graph<'a> {
    pub(super) fn of(facts: &'a VecDeque<Event>) -> Self {
        let mut graph = Self::default();
        // The invocation that an environment works on, and what a target was given last.
        let mut working: BTreeMap<u32, &'a str> = BTreeMap::new();
        let mut delivered: BTreeMap<(&'a str, &'a str, &'a str), Key<'a>> = BTreeMap::new();
        for event in facts {
            graph.take(event, &mut working, &mut delivered);
        }
        graph
    }

    fn about(&mut self, key: Key<'a>, event: &'a Event) {
        self.nodes.entry(key).or_default().facts.push(event);
    }

    fn link(&mut self, parent: Key<'a>, child: Key<'a>) {
        let known = &mut self.nodes.entry(child).or_default().parents;
        if parent != child && !known.contains(&parent) {
            known.push(parent);
            self.nodes.entry(parent).or_default().children.push(child);
        }
    }

    fn take(
        &mut self,
        event: &'a Event,
        working: &mut BTreeMap<u32, &'a str>,
        delivered: &mut BTreeMap<(&'a str, &'a str, &'a str), Key<'a>>,
    ) {
        let asked = |asker: &'a Asker, working: &BTreeMap<u32, &'a str>| match asker {
            Asker::Environment(environment) => {
                working.get(environment).map(|id| Key::Invocation(id))
            }
            Asker::Event(request_id) => Some(Key::Invocation(request_id)),
            Asker::Execution(execution) => Some(Key::Execution(*execution)),
        };
        match &event.fact {
            Fact::RequestAnswered { command, service, operation, asker, made, .. } => {
                let parent = asker.as_ref().and_then(|asker| asked(asker, working));
                let key = match (command, parent) {
                    (Some(command), _) => Key::Command(*command),
                    // An invocation is a thing of its own, and linked with who asked for it.
                    (None, _) if service == "lambda" && operation == "Invoke" => return,
                    (None, Some(parent)) => {
                        let key = Key::Asked(event.seq);
                        self.link(parent, key);
                        key
                    }
                    (None, None) => return,
                };
                self.about(key, event);
                for id in made {
                    let child = match self.executions.get(id.as_str()) {
                        Some(number) => Key::Execution(*number),
                        None if service == "states" => continue,
                        None => Key::Thing(id),
                    };
                    self.link(key, child);
                }
            }
            Fact::InvocationAccepted {
                request_id,
                function,
                command,
                execution,
                source,
                event_id,
                batch,
                asker,
                ..
            } => {
                let key = Key::Invocation(request_id);
                self.about(key, event);
                let call = source.as_deref().zip(event_id.as_deref()).map(|(source, event_id)| {
                    Key::Call { source, event_id, target: function, dead_letter: false }
                });
                if let Some(Key::Call { event_id, .. }) = call {
                    self.link(Key::Thing(event_id), call.unwrap_or(key));
                }
                let parent = command
                    .map(Key::Command)
                    .or(execution.map(Key::Execution))
                    .or(call)
                    .or(batch.map(Key::Batch))
                    .or_else(|| asker.as_ref().and_then(|asker| asked(asker, working)));
                if let Some(parent) = parent {
                    self.link(parent, key);
                }
            }
            Fact::InvocationStarted { request_id, environment, .. } => {
                working.insert(*environment, request_id);
                self.about(Key::Invocation(request_id), event);
            }
            Fact::InvocationFinished { request_id, .. }
            | Fact::EventRequeued { request_id, .. }
            | Fact::EventDropped { request_id, .. } => {
                self.about(Key::Invocation(request_id), event);
            }
            // The request that brought it there was answered right before.
            Fact::EventDelivered { request_id, .. } => {
                let request = event.seq.checked_sub(1).map(Key::Asked);
                match request.filter(|key| self.nodes.contains_key(key)) {
                    Some(request) => self.about(request, event),
                    None => self.about(Key::Invocation(request_id), event),
                }
            }
            Fact::ExecutionStarted { execution, execution_arn, .. } => {
                self.executions.insert(execution_arn, *execution);
                self.about(Key::Execution(*execution), event);
            }
            Fact::ExecutionFinished { execution, .. } => {
                self.about(Key::Execution(*execution), event);
            }
            Fact::BusEventAccepted { event_id: id, command, .. }
            | Fact::MessagePublished { message_id: id, command, .. } => {
                self.about(Key::Thing(id), event);
                if let Some(command) = command {
                    self.link(Key::Command(*command), Key::Thing(id));
                }
            }
            Fact::ScheduleOccurred { execution_id, .. } => {
                self.about(Key::Thing(execution_id), event);
            }
            Fact::TargetCalled {
                source, event_id, target_id, target, dead_letter, result, ..
            } => {
                let target = target_of(target);
                let key = Key::Call { source, event_id, target, dead_letter: *dead_letter };
                self.about(key, event);
                let before = delivered.insert((source, event_id, target_id), key);
                let parent = before.filter(|before| *dead_letter && *before != key);
                self.link(parent.unwrap_or(Key::Thing(event_id)), key);
                if let Some(result) = result {
                    let child = match self.executions.get(result.as_str()) {
                        Some(number) => Key::Execution(*number),
                        None => Key::Thing(result),
                    };
                    self.link(key, child);
                }
            }
            Fact::MessagesFiltered { messages, .. } => {
                messages.iter().for_each(|id| self.about(Key::Thing(id), event));
            }
            Fact::BatchPolled { batch, messages, .. } => {
                self.about(Key::Batch(*batch), event);
                messages.iter().for_each(|id| self.link(Key::Thing(id), Key::Batch(*batch)));
            }
            Fact::BatchDelayed { batch, .. } => self.about(Key::Batch(*batch), event),
            Fact::BatchEnded { batch, request_id, .. } => {
                self.about(Key::Batch(*batch), event);
                if let Some(request_id) = request_id {
                    self.link(Key::Batch(*batch), Key::Invocation(request_id));
                }
            }
            _ => {}
        }
    }

    /// The thing of this id or ARN.
    pub(super) fn find(&self, id: &str) -> Option<Key<'a>> {
        if let Some(number) = self.executions.get(id) {
            return Some(Key::Execution(*number));
        }
        let mut keys = self.nodes.keys();
        keys.find(|key| matches!(key, Key::Invocation(known) | Key::Thing(known) if *known == id))
            .copied()
    }

    /// What facts say of a thing, in order.
    pub(super) fn facts(&self, key: Key<'a>) -> &[&'a Event] {
        self.nodes.get(&key).map_or(&[], |node| &node.facts)
    }

    pub(super) fn children(&self, key: Key<'a>) -> &[Key<'a>] {
        self.nodes.get(&key).map_or(&[], |node| &node.children)
    }

    pub(super) fn parents(&self, key: Key<'a>) -> &[Key<'a>] {
        self.nodes.get(&key).map_or(&[], |node| &node.parents)
    }

    /// A thing and what led to it.
    pub(super) fn ancestors(&self, key: Key<'a>) -> Vec<Key<'a>> {
        let mut found = vec![key];
        let mut at = 0;
        while at < found.len() && found.len() < ANCESTORS_MAX {
            for parent in self.parents(found[at]) {
                if !found.contains(parent) {
                    found.push(*parent);
                }
            }
            at += 1;
        }
        found
    }

    /// Where a thing comes from: what nothing led to, the first first.
    pub(super) fn roots(&self, key: Key<'a>) -> Vec<Key<'a>> {
        let ancestors = self.ancestors(key);
        let known: BTreeSet<Key<'a>> = ancestors.iter().copied().collect();
        let is_root = |key: &Key<'a>| !self.parents(*key).iter().any(|one| known.contains(one));
        let mut roots: Vec<Key<'a>> = ancestors.into_iter().filter(is_root).collect();
        if roots.is_empty() {
            roots.push(key);
        }
        roots.sort_by_key(|root| self.began(*root));
        roots
    }

    /// When a thing began, and the number of the fact that says so: its own first fact, or the first one of what came of it.
    pub(super) fn began(&self, key: Key<'a>) -> (u64, u64) {
        let first = |key: Key<'a>| self.facts(key).first().map(|event| (event.at.0, event.seq));
        let of_children = self.children(key).iter().filter_map(|child| first(*child)).min();
        match key {
            // A request is answered after what it asked for.
            Key::Command(_) => of_children.into_iter().chain(first(key)).min().unwrap_or_default(),
            _ => first(key).or(of_children).unwrap_or_default(),
        }
    }
}
