//! Queues and their messages.

use super::attributes::Attributes;
use super::errors::SqsError;
use super::moves::MoveTask;
use crate::queue::QueueKey;
use crate::world::{Caller, Params, Waiter, World};
use crate::{Fact, Timestamp, lambda};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The service.
#[derive(Debug, Default)]
pub(crate) struct Sqs {
    pub(crate) queues: BTreeMap<String, Queue>,
    /// When queues that are gone were deleted: a name is free again after a minute.
    pub(crate) deleted: BTreeMap<String, Timestamp>,
    pub(crate) tasks: Vec<MoveTask>,
    pub(crate) next_number: u64,
    /// Who sends. Drawn when it is first asked for.
    pub(crate) sender: Option<String>,
    /// Mappings that wait for a queue which is not there, by its name.
    pub(crate) absent: BTreeMap<String, VecDeque<Poller>>,
}

/// A queue.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: String,
    /// Tells queues of one name apart that were there one after the other.
    pub(crate) number: u64,
    pub(crate) created_s: u64,
    pub(crate) modified_s: u64,
    pub(crate) attributes: Attributes,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) purged_at: Option<Timestamp>,
    messages: BTreeMap<u64, Message>,
    /// By when each became visible, then in order of arrival. Of FIFO queues, too, where groups say who is next.
    visible: BTreeSet<(Timestamp, u64)>,
    /// In flight or delayed, by when that ends.
    hidden: BTreeSet<(Timestamp, u64)>,
    /// By when they were sent, oldest first.
    by_age: BTreeSet<(Timestamp, u64)>,
    /// Of FIFO queues: the messages of each group in order.
    groups: BTreeMap<String, BTreeSet<u64>>,
    /// Of FIFO queues: what was sent in the last five minutes, by scope and deduplication id.
    recent: BTreeMap<(String, String), Sent>,
    recent_until: VecDeque<(Timestamp, (String, String))>,
    delayed: u64,
    /// Of the hidden ones: those that were received so often that the clock does not hurry for them.
    weary: u64,
    next_message: u64,
    pub(crate) pollers: VecDeque<Poller>,
    pub(crate) wakes: Option<QueueKey>,
    /// Mappings that are busy and want to know when there is more to do.
    watchers: Vec<String>,
}

/// What a sender was told.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) message_id: String,
    pub(crate) sequence: String,
}

/// Somebody who waits for messages.
#[derive(Debug)]
pub(crate) struct Poller {
    pub(crate) number: u64,
    pub(crate) caller: Caller,
    pub(crate) params: Params,
    /// None for a mapping, which waits for as long as it is enabled.
    pub(crate) gives_up: Option<QueueKey>,
}

/// A message.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) message_id: String,
    pub(crate) body: String,
    pub(crate) body_md5: String,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) trace_header: Option<String>,
    pub(crate) sent_at: Timestamp,
    pub(crate) first_received_at: Option<Timestamp>,
    pub(crate) received_at: Timestamp,
    pub(crate) receives: u64,
    pub(crate) group: Option<String>,
    pub(crate) deduplication: Option<String>,
    pub(crate) sequence: Option<String>,
    pub(crate) source_arn: Option<String>,
    visible_at: Timestamp,
}

impl Message {
    pub(crate) fn is_hidden(&self, now: Timestamp) -> bool {
        self.visible_at > now
    }

    /// When it may be received, if that is not now.
    pub(crate) fn hidden_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.is_hidden(now).then_some(self.visible_at)
    }
}

/// A message that has not been put into a queue yet.
impl Message {
    pub(crate) fn new(message_id: String, body: &str, now: Timestamp) -> Self {
        Self {
            message_id,
            body: body.to_owned(),
            body_md5: super::digests::of_text(body),
            attributes: Map::new(),
            trace_header: None,
            sent_at: now,
            first_received_at: None,
            received_at: now,
            receives: 0,
            group: None,
            deduplication: None,
            sequence: None,
            source_arn: None,
            visible_at: now,
        }
    }
}

/// How many messages there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) visible: u64,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
}

/// When nothing but retention ends the life of a message (there is no dead-letter queue), the clock hurries to its receptions up
/// to this one; those after it come when the clock gets there. Chosen: as many attempts as an asynchronous event has.
const RECEIVES_WEARY: u64 = 3;

/// "The deduplication interval is 5 minutes."
const DEDUPLICATION_MS: u64 = 300_000;

impl Sqs {
    pub(crate) fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// The queue that a URL names, by its last part.
    pub(crate) fn queue(&mut self, url: &str) -> Result<&mut Queue, SqsError> {
        let name = url.rsplit('/').next().unwrap_or_default();
        self.queues.get_mut(name).ok_or_else(SqsError::no_queue)
    }

    /// How long messages of a queue are hidden once they were received, milliseconds.
    pub(crate) fn visibility_ms(&self, name: &str) -> u64 {
        self.queues.get(name).map_or(0, |queue| queue.attributes.visibility_seconds * 1_000)
    }

    /// Whether there is something to receive now. If there is not, the mapping is told when there is.
    pub(crate) fn watch(&mut self, world: &World, name: &str, mapping: &str) -> bool {
        let Some(queue) = self.queues.get_mut(name) else { return false };
        queue.catch_up(world.now);
        if queue.next(world.now, None).is_some() {
            return true;
        }
        if !queue.watchers.iter().any(|known| known == mapping) {
            queue.watchers.push(mapping.to_owned());
        }
        false
    }

    /// Takes back the request of a mapping that waits for messages.
    pub(crate) fn hang_up(&mut self, world: &mut World, name: &str, poll: &lambda::Poll) {
        let waits =
            |poller: &Poller| matches!(&poller.caller.waiter, Waiter::Poll(known) if known == poll);
        if let Some(pollers) = self.absent.get_mut(name) {
            pollers.retain(|poller| !waits(poller));
        }
        if let Some(queue) = self.queues.get_mut(name) {
            queue.pollers.retain(|poller| !waits(poller));
            self.serve(world, name);
        }
    }

    /// The queue of an ARN of this account and region.
    pub(crate) fn by_arn(&self, world: &World, arn: &str) -> Option<&Queue> {
        self.queues.get(arn.rsplit(':').next()?).filter(|queue| queue.arn(world) == arn)
    }
}

impl Queue {
    pub(crate) fn new(name: &str, number: u64, attributes: Attributes, world: &World) -> Self {
        let now_s = world.unix_ms() / 1_000;
        Self {
            name: name.to_owned(),
            number,
            created_s: now_s,
            modified_s: now_s,
            attributes,
            tags: BTreeMap::new(),
            purged_at: None,
            messages: BTreeMap::new(),
            visible: BTreeSet::new(),
            hidden: BTreeSet::new(),
            by_age: BTreeSet::new(),
            groups: BTreeMap::new(),
            recent: BTreeMap::new(),
            recent_until: VecDeque::new(),
            delayed: 0,
            weary: 0,
            next_message: 0,
            pollers: VecDeque::new(),
            wakes: None,
            watchers: Vec::new(),
        }
    }

    pub(crate) fn arn(&self, world: &World) -> String {
        format!("arn:aws:sqs:{}:{}:{}", world.config.region, world.config.account, self.name)
    }

    pub(crate) fn url(&self, world: &World) -> String {
        let config = &world.config;
        format!("https://sqs.{}.amazonaws.com/{}/{}", config.region, config.account, self.name)
    }

    /// The messages that are not too old, in order of arrival.
    pub(crate) fn kept(&self, now: Timestamp) -> impl Iterator<Item = (u64, &Message)> {
        let kept_ms = self.attributes.retention_seconds.saturating_mul(1_000);
        let all = self.messages.iter().map(|(key, message)| (*key, message));
        all.filter(move |(_, message)| message.sent_at.after_ms(kept_ms) > now)
    }

    pub(crate) fn is_fifo(&self) -> bool {
        self.attributes.fifo.is_some()
    }

    /// Lets happen what time has brought: messages become visible, expire, and may be sent again.
    pub(crate) fn catch_up(&mut self, now: Timestamp) {
        while let Some(&(at, key)) = self.hidden.first()
            && at <= now
        {
            self.hidden.pop_first();
            self.visible.insert((at, key));
            let receives = self.messages.get(&key).map(|message| message.receives);
            self.delayed -= u64::from(receives == Some(0));
            self.weary -= u64::from(receives >= Some(RECEIVES_WEARY));
        }
        let kept = self.attributes.retention_seconds.saturating_mul(1_000);
        while let Some(&(sent_at, key)) = self.by_age.first()
            && sent_at.after_ms(kept) <= now
        {
            self.remove(key);
        }
        while let Some((until, _)) = self.recent_until.front()
            && *until <= now
        {
            if let Some((_, key)) = self.recent_until.pop_front() {
                self.recent.remove(&key);
            }
        }
    }

    /// Counts as of now, without changing anything.
    pub(crate) fn counts(&self, now: Timestamp) -> Counts {
        let kept = self.attributes.retention_seconds.saturating_mul(1_000);
        let mut counts = Counts { visible: 0, in_flight: 0, delayed: 0 };
        // Only what is hidden can have changed its kind; nearly always a few.
        counts.visible = self.visible.len() as u64;
        for (at, key) in &self.hidden {
            if *at <= now {
                counts.visible += 1;
            } else if self.messages.get(key).is_some_and(|message| message.receives == 0) {
                counts.delayed += 1;
            } else {
                counts.in_flight += 1;
            }
        }
        for (sent_at, key) in &self.by_age {
            if sent_at.after_ms(kept) > now {
                break;
            }
            let Some(message) = self.messages.get(key) else { continue };
            let count = if message.visible_at <= now {
                &mut counts.visible
            } else if message.receives == 0 {
                &mut counts.delayed
            } else {
                &mut counts.in_flight
            };
            *count = count.saturating_sub(1);
        }
        counts
    }

    /// Says how many messages there are, as a fact.
    pub(crate) fn tell(&self, world: &mut World) {
        let in_flight = self.hidden.len() as u64 - self.delayed;
        world.emit(Fact::QueueChanged {
            queue: self.name.clone(),
            visible: self.visible.len() as u64,
            in_flight,
            delayed: self.delayed,
        });
    }

    /// Puts a message in, visible from this instant on.
    pub(crate) fn insert(&mut self, mut message: Message, visible_at: Timestamp, now: Timestamp) {
        let key = self.next_message;
        self.next_message += 1;
        message.visible_at = visible_at;
        if self.is_fifo() {
            let group = message.group.clone().unwrap_or_default();
            self.groups.entry(group).or_default().insert(key);
        }
        self.by_age.insert((message.sent_at, key));
        if visible_at > now {
            self.hidden.insert((visible_at, key));
            self.delayed += u64::from(message.receives == 0);
            self.weary += u64::from(message.receives >= RECEIVES_WEARY);
        } else {
            self.visible.insert((visible_at, key));
        }
        self.messages.insert(key, message);
    }

    pub(crate) fn message(&self, key: u64) -> Option<&Message> {
        self.messages.get(&key)
    }

    pub(crate) fn message_mut(&mut self, key: u64) -> Option<&mut Message> {
        self.messages.get_mut(&key)
    }

    /// Takes a message out.
    pub(crate) fn remove(&mut self, key: u64) -> Option<Message> {
        let message = self.messages.remove(&key)?;
        if self.hidden.remove(&(message.visible_at, key)) {
            self.delayed -= u64::from(message.receives == 0);
            self.weary -= u64::from(message.receives >= RECEIVES_WEARY);
        }
        self.visible.remove(&(message.visible_at, key));
        self.by_age.remove(&(message.sent_at, key));
        if self.is_fifo() {
            let group = message.group.as_deref().unwrap_or_default();
            if let Some(members) = self.groups.get_mut(group) {
                members.remove(&key);
                if members.is_empty() {
                    self.groups.remove(group);
                }
            }
        }
        Some(message)
    }

    /// Deletes everything.
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.visible.clear();
        self.hidden.clear();
        self.by_age.clear();
        self.groups.clear();
        self.delayed = 0;
        self.weary = 0;
    }

    /// Hides a received message until this instant, or shows it.
    pub(crate) fn hide(&mut self, key: u64, until: Timestamp, now: Timestamp) {
        let Some(message) = self.messages.get_mut(&key) else { return };
        let old = (message.visible_at, key);
        message.visible_at = until;
        let is_weary = u64::from(message.receives >= RECEIVES_WEARY);
        if self.hidden.remove(&old) {
            self.weary -= is_weary;
        }
        self.visible.remove(&old);
        if until > now {
            self.hidden.insert((until, key));
            self.weary += is_weary;
        } else {
            self.visible.insert((until, key));
        }
    }

    /// Whether all who wait are mappings, and what they could get next has been received often enough.
    pub(crate) fn is_weary(&self) -> bool {
        self.attributes.redrive.is_none()
            && self.weary == self.hidden.len() as u64
            && self.pollers.iter().all(|poller| poller.gives_up.is_none())
    }

    /// Those who watch, if there is something to receive: they watch no longer.
    pub(crate) fn take_watchers(&mut self, now: Timestamp) -> Vec<String> {
        if self.watchers.is_empty() || self.next(now, None).is_none() {
            return Vec::new();
        }
        std::mem::take(&mut self.watchers)
    }

    pub(crate) fn is_hidden(&self, key: u64, now: Timestamp) -> bool {
        self.messages.get(&key).is_some_and(|message| message.visible_at > now)
    }

    /// When the next hidden message becomes visible.
    pub(crate) fn next_visible(&self) -> Option<Timestamp> {
        self.hidden.first().map(|(at, _)| *at)
    }

    /// How many messages are in flight.
    pub(crate) fn in_flight(&self) -> u64 {
        self.hidden.len() as u64 - self.delayed
    }

    /// How many messages there are.
    pub(crate) fn len(&self) -> u64 {
        self.messages.len() as u64
    }

    /// When the oldest message that is there was sent.
    pub(crate) fn oldest_sent(&self) -> Option<Timestamp> {
        self.by_age.first().map(|(sent_at, _)| *sent_at)
    }

    /// The oldest message of all.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.messages.keys().next().copied()
    }

    /// The message that is received next, if there is one.
    pub(crate) fn next(&self, now: Timestamp, after: Option<u64>) -> Option<u64> {
        if !self.is_fifo() {
            return self.visible.first().map(|(_, key)| *key);
        }
        // As many of one group as there are, then of the group whose first message is oldest.
        let of_group = |members: &BTreeSet<u64>, from: Option<u64>| {
            let first = match from {
                Some(from) => members.range(from + 1..).next(),
                None => members.first(),
            };
            first.copied().filter(|key| !self.is_hidden(*key, now))
        };
        let same = after.and_then(|after| {
            let group = self.messages.get(&after)?.group.as_deref().unwrap_or_default();
            of_group(self.groups.get(group)?, Some(after))
        });
        same.or_else(|| self.groups.values().filter_map(|members| of_group(members, None)).min())
    }

    /// What was sent with this deduplication id in the last minutes.
    pub(crate) fn sent_before(&self, scope: &str, id: &str) -> Option<&Sent> {
        self.recent.get(&(scope.to_owned(), id.to_owned()))
    }

    pub(crate) fn remember(&mut self, scope: &str, id: &str, sent: Sent, now: Timestamp) {
        let key = (scope.to_owned(), id.to_owned());
        self.recent.insert(key.clone(), sent);
        self.recent_until.push_back((now.after_ms(DEDUPLICATION_MS), key));
    }
}
