//! Labs that the visitor brings: a zip of a lab's folder, read as `coldstart lab check` reads it, and kept in this browser.

use crate::actions::storage;
use crate::app::App;
use crate::host;
use crate::model::LabsAction;
use coldstart_workspace::lab::{CatalogueEntry, PackedLab};
use std::rc::Rc;

/// What the catalogue shows of them, as JSON.
const LIST: &str = "coldstart.labs.own";

/// Under which name a lab is kept among the modules, whose names are digests.
fn kept_as(id: &str) -> String {
    format!("lab.{id}")
}

pub(super) fn read_list(app: &App) {
    if !app.labs.get().own.is_empty() {
        return;
    }
    let list: Vec<Rc<CatalogueEntry>> =
        host::setting(LIST).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if !list.is_empty() {
        app.labs.dispatch(LabsAction::Own(list));
    }
}

fn keep_list(app: &App, list: Vec<Rc<CatalogueEntry>>) {
    if let Ok(text) = serde_json::to_string(&list) {
        host::keep_setting(LIST, &text);
    }
    app.labs.dispatch(LabsAction::Own(list));
}

/// A lab of the visitor's, if there is one of this id.
pub(super) async fn read(app: &App, id: &str) -> Option<Rc<PackedLab>> {
    if !app.labs.get().own.iter().any(|entry| entry.id == id) {
        return None;
    }
    // A page that is opened at a lab asks for it before the browser's database is open.
    let storage = loop {
        match storage(app) {
            Some(storage) => break storage,
            None => host::sleep(16).await,
        }
    };
    let bytes = storage.module(&kept_as(id)).await.ok().flatten()?;
    // As text, which all other JSON is read from.
    serde_json::from_str(&String::from_utf8(bytes).ok()?).ok().map(Rc::new)
}

/// Takes in a lab from a zip; its id, or all that is wrong with it. One of the same id gives way: its author is at work on it.
pub async fn open_lab_file(app: &App, name: &str, bytes: Vec<u8>) -> Result<String, Vec<String>> {
    let stem = name.strip_suffix(".zip").unwrap_or(name);
    let lab = app.engine.read_lab(bytes.into(), stem).await?;
    let id = lab.entry.id.clone();
    if let (Some(storage), Ok(text)) = (storage(app), serde_json::to_string(&*lab)) {
        storage.put_module(&kept_as(&id), text.as_bytes()).await.map_err(|error| vec![error])?;
    }
    let mut list = app.labs.get().own.clone();
    list.retain(|entry| entry.id != id);
    list.push(Rc::new(lab.entry.clone()));
    keep_list(app, list);
    app.labs.dispatch(LabsAction::Loaded(id.clone(), Ok(Rc::new(*lab))));
    Ok(id)
}

/// Takes a lab of the visitor's out of the catalogue. What they did with it stays among their workspaces.
pub fn remove_own_lab(app: &App, id: &str) {
    let mut list = app.labs.get().own.clone();
    list.retain(|entry| entry.id != id);
    keep_list(app, list);
    app.labs.dispatch(LabsAction::Loaded(id.to_owned(), Err("it was removed".into())));
}
