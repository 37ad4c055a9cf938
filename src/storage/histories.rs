//! Histories that were taken in from files: kept beside the workspaces in this browser, and in no link.
//!
//! Invariant: at most [`HISTORIES_MAX`] are kept; the oldest go first.

use super::{DOCUMENTS, Failure, Storage, failure, get};
use idb::{Query, TransactionMode};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;

/// As many as the engine's side keeps at a time.
pub const HISTORIES_MAX: usize = 8;
/// The list of what is kept. Documents of workspaces have random ids, so these names are nobody else's.
const INDEX: &str = "histories";

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHistory {
    /// Names it in its source, `import:NUMBER`.
    pub number: u64,
    /// What it is called, such as its file's name.
    pub name: String,
    /// Of its text.
    pub bytes: u64,
}

/// What was taken in: history, definition, name.
pub type HistoryFiles = (String, String, String);

fn key(number: u64) -> String {
    format!("{INDEX}/{number}")
}

/// What is kept, oldest first.
pub async fn list(storage: &Storage) -> Vec<KeptHistory> {
    let text = read(storage, INDEX).await.unwrap_or_default();
    let lines: Value = serde_json::from_str(&text).unwrap_or_default();
    let line = |line: &Value| {
        Some(KeptHistory {
            number: line.get("number")?.as_u64()?,
            name: line.get("name")?.as_str()?.to_owned(),
            bytes: line.get("bytes")?.as_u64()?,
        })
    };
    lines.as_array().into_iter().flatten().filter_map(line).collect()
}

/// Keeps one.
pub async fn keep(storage: &Storage, number: u64, files: &HistoryFiles) -> Result<(), Failure> {
    let (history, definition, name) = files;
    let mut kept = list(storage).await;
    let bytes = history.len() as u64;
    kept.push(KeptHistory { number, name: name.clone(), bytes });
    let text = json!({ "history": history, "definition": definition, "name": name }).to_string();
    let gone = kept.drain(..kept.len().saturating_sub(HISTORIES_MAX)).map(|it| it.number).collect();
    write(storage, vec![(key(number), text), (INDEX.to_owned(), index(&kept))], gone).await
}

/// One that was kept.
pub async fn load(storage: &Storage, number: u64) -> Option<HistoryFiles> {
    let files: Value = serde_json::from_str(&read(storage, &key(number)).await?).ok()?;
    let text = |member: &str| Some(files.get(member)?.as_str()?.to_owned());
    Some((text("history")?, text("definition")?, text("name")?))
}

/// Forgets one.
pub async fn forget(storage: &Storage, number: u64) -> Result<(), Failure> {
    let mut kept = list(storage).await;
    kept.retain(|other| other.number != number);
    write(storage, vec![(INDEX.to_owned(), index(&kept))], vec![number]).await
}

fn index(kept: &[KeptHistory]) -> String {
    let line =
        |it: &KeptHistory| json!({ "number": it.number, "name": it.name, "bytes": it.bytes });
    Value::Array(kept.iter().map(line).collect()).to_string()
}

async fn read(storage: &Storage, key: &str) -> Option<String> {
    match &storage.database {
        None => storage.memory.borrow().documents.get(key).cloned(),
        Some(database) => get(database, DOCUMENTS, key).await.ok()??.as_string(),
    }
}

async fn write(
    storage: &Storage,
    texts: Vec<(String, String)>,
    gone: Vec<u64>,
) -> Result<(), Failure> {
    let Some(database) = &storage.database else {
        let mut memory = storage.memory.borrow_mut();
        memory.documents.extend(texts);
        for number in gone {
            memory.documents.remove(&key(number));
        }
        return Ok(());
    };
    let transaction =
        database.transaction(&[DOCUMENTS], TransactionMode::ReadWrite).map_err(failure)?;
    let store = transaction.object_store(DOCUMENTS).map_err(failure)?;
    for (key, text) in &texts {
        store.put(&JsValue::from_str(text), Some(&JsValue::from_str(key))).map_err(failure)?;
    }
    for number in gone {
        store.delete(Query::Key(JsValue::from_str(&key(number)))).map_err(failure)?;
    }
    transaction.commit().map_err(failure)?.await.map_err(failure)?;
    Ok(())
}
