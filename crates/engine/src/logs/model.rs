//! Log groups, streams and events.
//!
//! Invariant: the events of a stream are ordered by time, and at one time by arrival.

use super::{BYTES_MAX, EVENTS_MAX};
use crate::Fact;
use crate::world::World;
use std::collections::{BTreeMap, VecDeque};

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
        self.groups.get_mut(group).expect("made above").stored_bytes += line.message.len() as u64;
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

    fn forget_oldest(&mut self) {
        while self.bytes > BYTES_MAX || self.arrivals.len() > EVENTS_MAX {
            let Some((id, at)) = self.arrivals.pop_front() else { return };
            let Some((group, stream)) = self.stream_names.get(&id) else { continue };
            let group = self.groups.get_mut(group).expect("a stream is in a group");
            let stream = group.streams.get_mut(stream).expect("a named stream is there");
            if let Ok(place) = stream.events.binary_search_by_key(&at, |event| event.at) {
                let event = stream.events.remove(place).expect("found just now");
                self.bytes -= event.message.len();
                group.stored_bytes -= event.message.len() as u64;
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

impl Stream {
    fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.message.len()).sum()
    }
}
