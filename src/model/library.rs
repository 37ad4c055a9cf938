//! The visitor's workspaces, as the storage lists them.

use serde::{Deserialize, Serialize};
use std::rc::Rc;
use yew::Reducible;

/// A stored workspace, without its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredWorkspace {
    /// Under which it is stored.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Unix milliseconds of the last change, by the visitor's clock.
    pub modified_ms: f64,
    /// How many functions it has.
    pub functions: usize,
    /// How many commands are in its log.
    pub commands: usize,
    /// Goes up with each stored change: tells a tab that another one was ahead of it.
    #[serde(default)]
    pub revision: u64,
}

/// Where things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keeping {
    /// Not known yet.
    #[default]
    Unknown,
    /// In the browser's database.
    Database,
    /// In memory only: the browser refused.
    Memory,
}

/// Whether the last change is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Saved {
    /// It is.
    #[default]
    Yes,
    /// It will be in a moment.
    Pending,
    /// It could not be.
    Failed,
}

/// The visitor's workspaces, newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Library {
    /// Newest first.
    pub entries: Vec<StoredWorkspace>,
    /// Where they are kept.
    pub keeping: Keeping,
    /// Whether the last change is among them.
    pub saved: Saved,
}

/// A change.
#[derive(Debug, Clone)]
pub enum LibraryAction {
    /// The storage was read.
    Listed(Vec<StoredWorkspace>, Keeping),
    /// One was stored.
    Stored(StoredWorkspace),
    /// One was deleted.
    Deleted(String),
    /// A change waits, is stored, or could not be.
    Saved(Saved),
}

impl Reducible for Library {
    type Action = LibraryAction;

    fn reduce(self: Rc<Self>, action: LibraryAction) -> Rc<Self> {
        let mut library = (*self).clone();
        match action {
            LibraryAction::Listed(entries, keeping) => {
                library.entries = entries;
                library.keeping = keeping;
            }
            LibraryAction::Stored(entry) => {
                library.entries.retain(|other| other.id != entry.id);
                library.entries.push(entry);
            }
            LibraryAction::Deleted(id) => library.entries.retain(|entry| entry.id != id),
            LibraryAction::Saved(saved) if saved == library.saved => return self,
            LibraryAction::Saved(saved) => library.saved = saved,
        }
        library
            .entries
            .sort_by(|a, b| b.modified_ms.total_cmp(&a.modified_ms).then_with(|| a.id.cmp(&b.id)));
        Rc::new(library)
    }
}

/// A name that none of `taken` has: `hello`, `hello-2`, `hello-3` …
pub fn free_name<'a>(
    wanted: &str,
    separator: &str,
    taken: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let free = |name: &str| !taken.clone().any(|other| other == name);
    if free(wanted) {
        return wanted.to_owned();
    }
    (2u32..)
        .map(|number| format!("{wanted}{separator}{number}"))
        .find(|name| free(name))
        .expect("there are more numbers than names")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_stand_newest_first_and_once() {
        let entry = |id: &str, modified_ms| StoredWorkspace {
            id: id.into(),
            name: id.into(),
            modified_ms,
            functions: 0,
            commands: 0,
            revision: 0,
        };
        let library = Rc::new(Library::default())
            .reduce(LibraryAction::Stored(entry("a", 1.0)))
            .reduce(LibraryAction::Stored(entry("b", 2.0)))
            .reduce(LibraryAction::Stored(entry("a", 3.0)));
        let ids: Vec<_> = library.entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = ["hello", "hello-2"];
        assert_eq!(free_name("hello", "-", taken.into_iter()), "hello-3");
        assert_eq!(free_name("other", "-", taken.into_iter()), "other");
    }
}
