//! The one ordered queue of due work.
//!
//! Invariant: what is due earlier comes out earlier, and at one instant what was put in first.

use crate::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Names an entry, so that it can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueueKey {
    at: Timestamp,
    sequence: u64,
}

impl QueueKey {
    /// When the entry is due.
    pub(crate) fn at(self) -> Timestamp {
        self.at
    }
}

/// Whether somebody waits for an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// The clock may run ahead for it.
    Work,
    /// It happens when the clock gets there anyway (the reclaim of an idle environment, for one).
    Background,
}

/// Due work by time, then by order of entry.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    entries: BTreeMap<QueueKey, T>,
    work: BTreeSet<QueueKey>,
    next_sequence: u64,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self { entries: BTreeMap::new(), work: BTreeSet::new(), next_sequence: 0 }
    }

    pub(crate) fn push(&mut self, at: Timestamp, urgency: Urgency, due: T) -> QueueKey {
        let key = QueueKey { at, sequence: self.next_sequence };
        self.next_sequence += 1;
        self.entries.insert(key, due);
        if urgency == Urgency::Work {
            self.work.insert(key);
        }
        key
    }

    /// Takes an entry back; one that has come out already is no error.
    pub(crate) fn cancel(&mut self, key: QueueKey) {
        self.entries.remove(&key);
        self.work.remove(&key);
    }

    /// Whether an entry is still to come out.
    pub(crate) fn contains(&self, key: QueueKey) -> bool {
        self.entries.contains_key(&key)
    }

    /// The first entry, if it is due by `until`.
    pub(crate) fn pop_due(&mut self, until: Timestamp) -> Option<(Timestamp, T)> {
        let entry = self.entries.first_entry()?;
        if entry.key().at > until {
            return None;
        }
        let (key, due) = entry.remove_entry();
        self.work.remove(&key);
        Some((key.at, due))
    }

    pub(crate) fn next_work(&self) -> Option<Timestamp> {
        self.work.first().map(|key| key.at)
    }

    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|(key, _)| key.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_by_order_of_entry_and_background_is_not_work() {
        let mut queue = Queue::new();
        queue.push(Timestamp(5), Urgency::Work, "b");
        let taken_back = queue.push(Timestamp(5), Urgency::Work, "c");
        queue.push(Timestamp(5), Urgency::Work, "d");
        queue.push(Timestamp(1), Urgency::Background, "a");
        queue.cancel(taken_back);
        assert_eq!(queue.next_work(), Some(Timestamp(5)));
        assert_eq!(queue.next(), Some(Timestamp(1)));
        assert_eq!(queue.pop_due(Timestamp(0)), None);
        let all: Vec<_> =
            std::iter::from_fn(|| queue.pop_due(Timestamp(9))).map(|(_, due)| due).collect();
        assert_eq!(all, ["a", "b", "d"]);
        assert_eq!((queue.next_work(), queue.next()), (None, None));
    }
}
