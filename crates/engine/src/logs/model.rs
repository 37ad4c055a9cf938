//! Log groups, streams and events.
//!
//! Invariant: the events of a stream are ordered by time, and at one time by arrival.
//! Invariant: what is older than its group's retention is not shown, and is forgotten within an hour of the group's next line.
//! Invariant: a stream that was written to goes with the last of its events, so that streams are bounded as events are.

use super::taps::{MetricFilter, Subscription};
use super::{BYTES_MAX, EVENTS_MAX};
use crate::Fact;
use crate::world::World;
use std::collections::{BTreeMap, VecDeque};

/// How often a group with a retention is looked through. Chosen.
const SWEEP_MS: u64 = 3_600_000;
pub(super) const DAY_MS: u64 = 86_400_000;

/// Orders events of all streams: Unix milliseconds, then arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) timestamp_ms: u64,
    pub(crate) sequence: u64,
}

/// A stored log event.
#[derive(Debug)]
pub(crate) struct StoredEvent {
    pub(crate) at: Position,
    pub(crate) ingested_ms: u64,
    pub(crate) message: String,
}

#[derive(Debug)]
pub(crate) struct Stream {
    id: u32,
    pub(crate) created_ms: u64,
    pub(crate) ingested_ms: Option<u64>,
    pub(crate) events: VecDeque<StoredEvent>,
    /// First and last timestamps ever seen; they outlive the events.
    pub(crate) first_ms: Option<u64>,
    pub(crate) last_ms: Option<u64>,
    pub(crate) token: u64,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) created_ms: u64,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) class: String,
    pub(crate) retention_days: Option<u64>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) stored_bytes: u64,
    pub(crate) streams: BTreeMap<String, Stream>,
    pub(crate) metric_filters: BTreeMap<String, MetricFilter>,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    /// When it was last looked through for what is too old.
    swept_ms: u64,
}

/// A line that a service or a request writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) timestamp_ms: u64,
    pub(crate) request_id: Option<String>,
    /// As stored: a platform's line ends with a line break.
    pub(crate) message: String,
}

/// All log groups.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    pub(crate) groups: BTreeMap<String, Group>,
    /// What the API keeps beside them.
    pub(super) control: super::Control,
    /// Stream and position of every kept event in order of arrival. Deleted streams leave entries behind.
    arrivals: VecDeque<(u32, Position)>,
    /// Group and name of each stream that is there.
    stream_names: BTreeMap<u32, (String, String)>,
    next_stream: u32,
    bytes: usize,
    next_sequence: u64,
}

impl Logs {
    pub(crate) fn create_group(&mut self, world: &World, name: &str) -> &mut Group {
        self.groups.entry(name.to_owned()).or_insert_with(|| Group {
            created_ms: world.unix_ms(),
            kms_key_id: None,
            class: "STANDARD".into(),
            retention_days: None,
            tags: BTreeMap::new(),
            stored_bytes: 0,
            streams: BTreeMap::new(),
            metric_filters: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            swept_ms: world.unix_ms(),
        })
    }

    pub(crate) fn create_stream(
        &mut self,
        world: &World,
        group: &str,
        stream: &str,
    ) -> &mut Stream {
        let created_ms = world.unix_ms();
        if !self.create_group(world, group).streams.contains_key(stream) {
            let id = self.next_stream;
            self.next_stream += 1;
            self.stream_names.insert(id, (group.to_owned(), stream.to_owned()));
            let made = Stream {
                id,
                created_ms,
                ingested_ms: None,
                events: VecDeque::new(),
                first_ms: None,
                last_ms: None,
                token: 0,
            };
            self.create_group(world, group).streams.insert(stream.to_owned(), made);
        }
        let group = self.groups.get_mut(group).expect("made above");
        group.streams.get_mut(stream).expect("made above")
    }

    /// Stores a line; makes its group and stream if need be, as a function's first write does.
    pub(crate) fn write(&mut self, world: &mut World, group: &str, stream: &str, line: Line) {
        let at = Position { timestamp_ms: line.timestamp_ms, sequence: self.next_sequence };
        self.next_sequence += 1;
        let ingested_ms = world.unix_ms();
        let kept = self.create_stream(world, group, stream);
        kept.ingested_ms = Some(ingested_ms);
        kept.token += 1;
        kept.first_ms =
            Some(kept.first_ms.map_or(at.timestamp_ms, |first| first.min(at.timestamp_ms)));
        kept.last_ms = Some(kept.last_ms.map_or(at.timestamp_ms, |last| last.max(at.timestamp_ms)));
        // Lines come nearly in order, so the place is near the end.
        let after = kept.events.iter().rev().take_while(|event| event.at > at).count();
        let place = kept.events.len() - after;
        kept.events.insert(place, StoredEvent { at, ingested_ms, message: line.message.clone() });
        let id = kept.id;
        self.arrivals.push_back((id, at));
        self.bytes += line.message.len();
        let known = self.groups.get_mut(group).expect("made above");
        known.stored_bytes += line.message.len() as u64;
        let is_due = known.retention_days.is_some() && known.swept_ms + SWEEP_MS <= ingested_ms;
        if !known.metric_filters.is_empty() || !known.subscriptions.is_empty() {
            super::taps::observe(known, world, group, stream, at, &line.message);
        }
        if is_due {
            self.sweep(group, ingested_ms);
        }
        self.forget_oldest();
        let message = line.message.trim_end_matches('\n').to_owned();
        world.emit(Fact::LogLine {
            group: group.into(),
            stream: stream.into(),
            timestamp_ms: line.timestamp_ms,
            request_id: line.request_id,
            message,
        });
    }

    /// Forgets what is older than a group's retention, and streams that it leaves empty. The entries in `arrivals` go when their turn
    /// comes.
    pub(super) fn sweep(&mut self, name: &str, now_ms: u64) {
        let Some(group) = self.groups.get_mut(name) else { return };
        group.swept_ms = now_ms;
        let kept_from = group.kept_from(now_ms);
        let (bytes, stored, names) =
            (&mut self.bytes, &mut group.stored_bytes, &mut self.stream_names);
        group.streams.retain(|_, stream| {
            let expired = stream.events.partition_point(|event| event.at.timestamp_ms < kept_from);
            for event in stream.events.drain(..expired) {
                *bytes -= event.message.len();
                *stored -= event.message.len() as u64;
            }
            let is_kept =
                !stream.events.is_empty() || stream.ingested_ms.is_none_or(|at| at >= kept_from);
            if !is_kept {
                names.remove(&stream.id);
            }
            is_kept
        });
    }

    fn forget_oldest(&mut self) {
        while self.bytes > BYTES_MAX || self.arrivals.len() > EVENTS_MAX {
            let Some((id, at)) = self.arrivals.pop_front() else { return };
            let Some((group, name)) = self.stream_names.get(&id) else { continue };
            let group = self.groups.get_mut(group).expect("a stream is in a group");
            let stream = group.streams.get_mut(name).expect("a named stream is there");
            // The oldest is nearly always its stream's first: looking there spares a search through memory that nothing else touches.
            let place = match stream.events.front() {
                Some(first) if first.at == at => Ok(0),
                _ => stream.events.binary_search_by_key(&at, |event| event.at),
            };
            if let Ok(place) = place {
                let event = stream.events.remove(place).expect("found just now");
                self.bytes -= event.message.len();
                group.stored_bytes -= event.message.len() as u64;
            }
            // Or a million cold starts would leave a million names of nothing.
            if stream.events.is_empty() {
                group.streams.remove(name);
                self.stream_names.remove(&id);
            }
        }
    }

    pub(crate) fn delete_group(&mut self, name: &str) -> Option<()> {
        let group = self.groups.remove(name)?;
        self.bytes -= group.streams.values().map(Stream::bytes).sum::<usize>();
        for stream in group.streams.values() {
            self.stream_names.remove(&stream.id);
        }
        Some(())
    }

    pub(crate) fn delete_stream(&mut self, group: &str, name: &str) -> Option<()> {
        let group = self.groups.get_mut(group)?;
        let stream = group.streams.remove(name)?;
        self.stream_names.remove(&stream.id);
        let bytes = stream.bytes();
        group.stored_bytes -= bytes as u64;
        self.bytes -= bytes;
        Some(())
    }
}

impl Group {
    /// The Unix millisecond from which events are still there.
    pub(super) fn kept_from(&self, now_ms: u64) -> u64 {
        self.retention_days.map_or(0, |days| now_ms.saturating_sub(days.saturating_mul(DAY_MS)))
    }
}

impl Stream {
    fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.message.len()).sum()
    }

    /// Events of a window that are not too old: from the first millisecond, up to and without the last.
    pub(super) fn between(
        &self,
        from_ms: u64,
        to_ms: u64,
    ) -> impl DoubleEndedIterator<Item = &StoredEvent> {
        let begin = self.events.partition_point(|event| event.at.timestamp_ms < from_ms);
        let end = self.events.partition_point(|event| event.at.timestamp_ms < to_ms);
        self.events.range(begin..end.max(begin))
    }
}
