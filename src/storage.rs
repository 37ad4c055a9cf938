//! Where workspaces and modules are kept: the browser's database, or memory when it refuses (private windows, full disks, policies).
//!
//! Invariant: both keep the same things under the same names; only a reload tells them apart.

pub mod histories;

use crate::model::StoredWorkspace;
use coldstart_workspace::Workspace;
use idb::builder::{DatabaseBuilder, ObjectStoreBuilder};
use idb::{Database, Query, TransactionMode};
use js_sys::Uint8Array;
use std::cell::RefCell;
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast, JsValue};

const DATABASE: &str = "coldstart";
/// What the list shows, by id, as JSON text.
const ENTRIES: &str = "entries";
/// The documents, by id, as JSON text.
const DOCUMENTS: &str = "documents";
/// Uploaded modules, by hex SHA-256.
const MODULES: &str = "modules";

#[derive(Default)]
struct Memory {
    entries: BTreeMap<String, StoredWorkspace>,
    documents: BTreeMap<String, String>,
    modules: BTreeMap<String, Vec<u8>>,
}

/// The storage.
pub struct Storage {
    database: Option<Database>,
    memory: RefCell<Memory>,
    /// What this tab knows of the document that is open.
    pub open: RefCell<OpenDocument>,
}

/// What a tab knows of the stored document that it shows.
#[derive(Debug, Default)]
pub struct OpenDocument {
    /// Its id.
    pub id: String,
    /// The revision of it that this tab stored or loaded last.
    pub revision: u64,
    /// Whether another tab stored a newer one.
    pub overtaken: bool,
    /// It is about to be shown as it is stored.
    pub expected: bool,
}

/// What came of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is stored.
    Done,
    /// It is not: another tab stored a newer revision.
    Overtaken,
}

type Failure = String;

fn failure(error: idb::Error) -> Failure {
    error.to_string()
}

impl Storage {
    /// Opens the database, or falls back to memory.
    pub async fn open() -> Self {
        let stores = [ENTRIES, DOCUMENTS, MODULES].map(ObjectStoreBuilder::new);
        let builder =
            stores.into_iter().fold(DatabaseBuilder::new(DATABASE).version(1), |builder, store| {
                builder.add_object_store(store)
            });
        Self {
            database: builder.build().await.ok(),
            memory: RefCell::default(),
            open: RefCell::default(),
        }
    }

    /// Whether a reload keeps what is stored.
    pub fn is_lasting(&self) -> bool {
        self.database.is_some()
    }

    /// All workspaces.
    pub async fn list(&self) -> Result<Vec<StoredWorkspace>, Failure> {
        let Some(database) = &self.database else {
            return Ok(self.memory.borrow().entries.values().cloned().collect());
        };
        let transaction =
            database.transaction(&[ENTRIES], TransactionMode::ReadOnly).map_err(failure)?;
        let values = transaction
            .object_store(ENTRIES)
            .and_then(|store| store.get_all(None, None))
            .map_err(failure)?
            .await
            .map_err(failure)?;
        // An entry that this build cannot read stays where it is and is not listed.
        Ok(values
            .iter()
            .filter_map(|value| serde_json::from_str(&value.as_string()?).ok())
            .collect())
    }

    /// A workspace, and its revision.
    pub async fn load(&self, id: &str) -> Result<Option<(Workspace, u64)>, Failure> {
        // Before the document: if that is newer by then, the next save finds out.
        let revision = self.revision(id).await?;
        let text = match &self.database {
            None => self.memory.borrow().documents.get(id).cloned(),
            Some(database) => {
                get(database, DOCUMENTS, id).await?.and_then(|value| value.as_string())
            }
        };
        let workspace = text
            .map(|text| Workspace::from_json(&text).map_err(|error| error.to_string()))
            .transpose()?;
        Ok(workspace.map(|workspace| (workspace, revision)))
    }

    /// The stored revision of a workspace; 0 when it is not there.
    pub async fn revision(&self, id: &str) -> Result<u64, Failure> {
        let Some(database) = &self.database else {
            return Ok(self.memory.borrow().entries.get(id).map_or(0, |entry| entry.revision));
        };
        Ok(revision_of(get(database, ENTRIES, id).await?))
    }

    /// Keeps a workspace and what the list shows of it, both or none. With `known`, not over a revision newer than that.
    ///
    /// Without it everything is handed to the browser before the first wait: a page that is being closed waits for nothing.
    pub async fn save(
        &self,
        entry: &StoredWorkspace,
        workspace: &Workspace,
        known: Option<u64>,
    ) -> Result<Written, Failure> {
        let text = workspace.to_json();
        let Some(database) = &self.database else {
            let mut memory = self.memory.borrow_mut();
            memory.entries.insert(entry.id.clone(), entry.clone());
            memory.documents.insert(entry.id.clone(), text);
            // No other tab sees this tab's memory.
            return Ok(Written::Done);
        };
        let line = serde_json::to_string(entry).map_err(|error| error.to_string())?;
        let transaction = database
            .transaction(&[ENTRIES, DOCUMENTS], TransactionMode::ReadWrite)
            .map_err(failure)?;
        let key = JsValue::from_str(&entry.id);
        if let Some(known) = known {
            // In the same transaction: no other tab stores between the look and the writing.
            let request = transaction
                .object_store(ENTRIES)
                .and_then(|store| store.get(Query::Key(key.clone())));
            if revision_of(request.map_err(failure)?.await.map_err(failure)?) > known {
                return Ok(Written::Overtaken);
            }
        }
        for (store, value) in [(DOCUMENTS, &text), (ENTRIES, &line)] {
            let store = transaction.object_store(store).map_err(failure)?;
            store.put(&JsValue::from_str(value), Some(&key)).map_err(failure)?;
        }
        transaction.commit().map_err(failure)?.await.map_err(failure)?;
        Ok(Written::Done)
    }

    /// Forgets a workspace. Its modules stay: another one may name them.
    pub async fn delete(&self, id: &str) -> Result<(), Failure> {
        let Some(database) = &self.database else {
            let mut memory = self.memory.borrow_mut();
            memory.entries.remove(id);
            memory.documents.remove(id);
            return Ok(());
        };
        let transaction = database
            .transaction(&[ENTRIES, DOCUMENTS], TransactionMode::ReadWrite)
            .map_err(failure)?;
        for store in [DOCUMENTS, ENTRIES] {
            let request = transaction
                .object_store(store)
                .and_then(|store| store.delete(Query::Key(JsValue::from_str(id))));
            request.map_err(failure)?.await.map_err(failure)?;
        }
        transaction.commit().map_err(failure)?.await.map_err(failure)?;
        Ok(())
    }

    /// Keeps a module.
    pub async fn put_module(&self, sha256: &str, bytes: &[u8]) -> Result<(), Failure> {
        let Some(database) = &self.database else {
            self.memory.borrow_mut().modules.insert(sha256.to_owned(), bytes.to_vec());
            return Ok(());
        };
        let transaction =
            database.transaction(&[MODULES], TransactionMode::ReadWrite).map_err(failure)?;
        let value: JsValue = Uint8Array::from(bytes).into();
        let request = transaction
            .object_store(MODULES)
            .and_then(|store| store.put(&value, Some(&JsValue::from_str(sha256))));
        request.map_err(failure)?.await.map_err(failure)?;
        transaction.commit().map_err(failure)?.await.map_err(failure)?;
        Ok(())
    }

    /// A module.
    pub async fn module(&self, sha256: &str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(database) = &self.database else {
            return Ok(self.memory.borrow().modules.get(sha256).cloned());
        };
        let value = get(database, MODULES, sha256).await?;
        Ok(value.and_then(|value| value.dyn_into::<Uint8Array>().ok()).map(|bytes| bytes.to_vec()))
    }
}

/// The revision in a line of the list.
fn revision_of(line: Option<JsValue>) -> u64 {
    let entry: Option<StoredWorkspace> =
        line.and_then(|line| serde_json::from_str(&line.as_string()?).ok());
    entry.map_or(0, |entry| entry.revision)
}

async fn get(database: &Database, store: &str, key: &str) -> Result<Option<JsValue>, Failure> {
    let transaction = database.transaction(&[store], TransactionMode::ReadOnly).map_err(failure)?;
    let request = transaction
        .object_store(store)
        .and_then(|store| store.get(Query::Key(JsValue::from_str(key))));
    request.map_err(failure)?.await.map_err(failure)
}
