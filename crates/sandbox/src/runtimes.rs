//! Runtimes of languages: modules that are given a function's code as files (docs/adr/0008).

use crate::{Artifact, accept};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What a host has of them. Each is asked for once, and accepted once.
pub(crate) struct Runtimes {
    source: fn(&str) -> Option<Vec<u8>>,
    known: Mutex<BTreeMap<String, Artifact>>,
}

impl Runtimes {
    pub(crate) fn new(source: fn(&str) -> Option<Vec<u8>>) -> Self {
        Self { source, known: Mutex::new(BTreeMap::new()) }
    }

    /// None when the host has none of this name now, or one that cannot run here; it is asked again the next time.
    pub(crate) fn get(&self, name: &str) -> Option<Artifact> {
        let mut known = match self.known.lock() {
            Ok(known) => known,
            Err(poisoned) => poisoned.into_inner(),
        };
        if let Some(artifact) = known.get(name) {
            return Some(artifact.clone());
        }
        let artifact = accept(&(self.source)(name)?).ok()?;
        known.insert(name.to_owned(), artifact.clone());
        Some(artifact)
    }
}
