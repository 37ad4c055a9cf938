//! Workspaces: open, save, new, rename, duplicate, delete, reset.

mod saving;

pub(in crate::actions) use saving::{
    entry_of, expect_stored, flush, hear_other_tabs, is_expected, save_leaving, save_soon,
    tell_other_tabs,
};
pub use saving::{load_newer, snapshot};

use super::function::{Deployed, deployed};
use super::{LINK_NOTE, machine_requests, send_watch_soon, show};
use crate::app::{App, HereAction};
use crate::host;
use crate::model::{
    DocumentAction, EnginePhase, FunctionCode, LibraryAction, Notice, NoticesAction, Origin,
    Remedy, RunsAction, STARTER_FUNCTION, SessionAction, Tone, first_event, free_name,
};
use crate::route::{FunctionTab, Route};
use crate::storage::Storage;
use coldstart_workspace::{ApiRequest, Command, FunctionDraft, Source, Workspace};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// The workspace that a start opens.
pub(super) const CURRENT: &str = "coldstart.workspace";
pub(super) fn storage(app: &App) -> Option<Rc<Storage>> {
    app.storage.borrow().clone()
}

/// Puts a document on the page and opens it in the engine. Whether it was opened.
pub(super) async fn show_document(
    app: &App,
    id: String,
    workspace: Workspace,
    origin: Origin,
    replay: bool,
) -> bool {
    let number = app.opening.get() + 1;
    app.opening.set(number);
    if !is_expected(app) {
        // Whatever it is, it is not what was stored last under its id.
        *app.saved.borrow_mut() = Default::default();
    }
    let own = origin == Origin::Own;
    let known = app.document.get().id == id;
    app.document.dispatch(DocumentAction::Replaced {
        id: id.clone(),
        workspace: Box::new(workspace.clone()),
        origin,
    });
    app.session.dispatch(SessionAction::Opening);
    if !known {
        app.runs.dispatch(RunsAction::Cleared(None));
    }
    let (modules, missing) = modules_of(app, &workspace).await;
    if !missing.is_empty() {
        let notice = Notice::new(Tone::Warning, "Some modules are not in this browser.");
        show(
            app,
            notice.detail(format!(
                "The history needs {}. Open the workspace's file instead, or upload them again.",
                missing.join(", ")
            )),
        );
    }
    let result = app.engine.open(workspace, &modules, replay).await;
    if app.opening.get() != number {
        return false;
    }
    match result {
        Ok(opened) => {
            app.losses.set(0);
            if own {
                host::keep_setting(CURRENT, &id);
                host::keep_tab_note(LINK_NOTE, None);
                if opened.matches == Some(false) {
                    show(app, Notice::new(Tone::Warning, "This version of Coldstart replays your history differently than it was stored.").detail(if opened.why.is_empty() { "Durations or ids may have changed with the engine.".to_owned() } else { opened.why.clone() }));
                }
            }
            app.session.dispatch(SessionAction::Opened(opened));
            send_watch_soon(app);
            true
        }
        Err(message) => {
            app.session.dispatch(SessionAction::Phase(EnginePhase::Refused(message)));
            false
        }
    }
}

/// Bytes that the document names and does not hold, and the names of those that are not to be had.
pub(super) async fn modules_of(app: &App, workspace: &Workspace) -> (Vec<Rc<[u8]>>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (sha256, source) in &workspace.sources {
        let name = match source {
            Source::Wat { .. } | Source::Files { .. } | Source::Inline { .. } => continue,
            Source::Compiled { base64, .. } if !base64.is_empty() => continue,
            Source::Compiled { compiler, .. } => compiler,
            Source::Example { name } | Source::Module { name } => name,
        };
        match module_bytes(app, sha256, source).await {
            Some(bytes) => found.push(bytes),
            None => missing.push(name.clone()),
        }
    }
    (found, missing)
}

/// The bytes of a module that was uploaded or shipped with the page.
pub(super) async fn module_bytes(app: &App, sha256: &str, source: &Source) -> Option<Rc<[u8]>> {
    if let Some(bytes) = app.modules.borrow().get(sha256) {
        return Some(bytes.clone());
    }
    let bytes = match source {
        Source::Example { name } => {
            host::fetch_bytes(&format!("examples/{name}.wasm")).await.ok()?
        }
        _ => {
            let stored = match storage(app) {
                Some(storage) => storage.module(sha256).await.ok().flatten(),
                None => None,
            };
            match (stored, source) {
                (Some(bytes), _) => bytes,
                // From a link that had no room for the module.
                (None, Source::Compiled { files, .. }) => {
                    super::assemblyscript::compile_again(sha256, files).await?
                }
                (None, _) => return None,
            }
        }
    };
    let bytes: Rc<[u8]> = bytes.into();
    app.modules.borrow_mut().insert(sha256.to_owned(), bytes.clone());
    Some(bytes)
}

/// Opens the workspace that the visitor had last, or the first one of all.
pub async fn open_own(app: &App) {
    let library = app.library.get();
    let current =
        host::setting(CURRENT).filter(|id| library.entries.iter().any(|entry| entry.id == *id));
    let id = current.or_else(|| library.entries.first().map(|entry| entry.id.clone()));
    match (id, storage(app)) {
        (Some(id), Some(storage)) => match storage.load(&id).await {
            Ok(Some((workspace, revision))) => {
                expect_stored(app, &id, &workspace, revision);
                show_document(app, id, workspace, Origin::Own, true).await;
                leave_home(app, Route::Functions);
            }
            Ok(None) => begin(app).await,
            Err(error) => {
                show(
                    app,
                    Notice::new(Tone::Error, "Your last workspace cannot be read.")
                        .detail(format!("It is kept as it is, under Workspaces. {error}")),
                );
                begin(app).await;
            }
        },
        _ => begin(app).await,
    }
}

/// The first workspace of all, with a function that works.
async fn begin(app: &App) {
    let is_open = new_with_starter(app, "My workspace").await;
    let starter = Route::function(STARTER_FUNCTION, FunctionTab::Code);
    leave_home(app, if is_open { starter } else { Route::Functions });
}

fn leave_home(app: &App, route: Route) {
    if matches!(app.here.get().route, Route::Home | Route::Link(_)) {
        app.go_instead(route);
    }
}

async fn new_with_starter(app: &App, name: &str) -> bool {
    let workspace = Workspace { name: name.to_owned(), ..Workspace::hello() };
    show_document(app, host::fresh_id(), workspace, Origin::Own, true).await
}

/// A new workspace, opened.
pub fn new(app: &App) {
    let app = app.clone();
    spawn_local(async move {
        flush(&app).await;
        let library = app.library.get();
        let name =
            free_name("Workspace", " ", library.entries.iter().map(|entry| entry.name.as_str()));
        if new_with_starter(&app, &name).await {
            app.say(format!("{name} is open."));
            app.go(&Route::Functions);
        }
    });
}

/// Opens a stored workspace.
pub fn open(app: &App, id: &str) {
    let (app, id) = (app.clone(), id.to_owned());
    spawn_local(async move {
        flush(&app).await;
        let Some(storage) = storage(&app) else { return };
        match storage.load(&id).await {
            Ok(Some((workspace, revision))) => {
                let name = workspace.name.clone();
                expect_stored(&app, &id, &workspace, revision);
                if show_document(&app, id, workspace, Origin::Own, true).await {
                    app.say(format!("{name} is open."));
                }
                app.go(&Route::Functions);
            }
            Ok(None) => {
                show(&app, Notice::new(Tone::Error, "This workspace is not there any more."))
            }
            Err(error) => {
                show(&app, Notice::new(Tone::Error, "This workspace cannot be read.").detail(error))
            }
        }
    });
}

/// Gives a workspace another name.
pub fn rename(app: &App, id: &str, name: &str) {
    if app.document.get().id == id {
        app.document.dispatch(DocumentAction::Renamed(name.to_owned()));
        return;
    }
    let (app, id, name) = (app.clone(), id.to_owned(), name.to_owned());
    spawn_local(async move {
        let Some(storage) = storage(&app) else { return };
        if let Ok(Some((mut workspace, _))) = storage.load(&id).await {
            workspace.name = name;
            store(&app, &storage, &id, &workspace).await;
        }
    });
}

pub(super) async fn store(app: &App, storage: &Storage, id: &str, workspace: &Workspace) {
    let revision = storage.revision(id).await.unwrap_or_default() + 1;
    let entry = entry_of(id, workspace, revision);
    match storage.save(&entry, workspace, None).await {
        Ok(_) => {
            tell_other_tabs(&entry);
            app.library.dispatch(LibraryAction::Stored(entry));
        }
        Err(error) => {
            show(app, Notice::new(Tone::Error, "The workspace could not be stored.").detail(error))
        }
    }
}

/// Forgets a stored workspace that is not open.
pub(super) async fn forget_stored(app: &App, storage: &Storage, id: &str) {
    if storage.delete(id).await.is_ok() {
        app.library.dispatch(LibraryAction::Deleted(id.to_owned()));
    }
}

/// A copy of a workspace, not opened.
pub fn duplicate(app: &App, id: &str) {
    let (app, id) = (app.clone(), id.to_owned());
    spawn_local(async move {
        flush(&app).await;
        let Some(storage) = storage(&app) else { return };
        if let Ok(Some((mut workspace, _))) = storage.load(&id).await {
            let library = app.library.get();
            let wanted = format!("{} copy", workspace.name);
            workspace.name =
                free_name(&wanted, " ", library.entries.iter().map(|entry| entry.name.as_str()));
            store(&app, &storage, &host::fresh_id(), &workspace).await;
            app.say(format!("{} was made.", workspace.name));
        }
    });
}

/// Deletes a workspace that is not open.
pub fn delete_workspace(app: &App, id: &str) {
    let (app, id) = (app.clone(), id.to_owned());
    spawn_local(async move {
        let Some(storage) = storage(&app) else { return };
        let entry = app.library.get().entries.iter().find(|entry| entry.id == id).cloned();
        let workspace = storage.load(&id).await.ok().flatten().map(|(workspace, _)| workspace);
        match storage.delete(&id).await {
            Ok(()) => {
                app.library.dispatch(LibraryAction::Deleted(id));
                let name = entry.as_ref().map_or_else(String::new, |entry| entry.name.clone());
                let mut notice = Notice::new(Tone::Success, format!("{name} was deleted."));
                if let (Some(entry), Some(workspace)) = (entry, workspace) {
                    app.undo.borrow_mut().workspace = Some((entry, workspace));
                    app.notices.dispatch(NoticesAction::Forget(Remedy::UndoDeleteWorkspace));
                    notice = notice.remedy(Remedy::UndoDeleteWorkspace);
                }
                show(&app, notice);
            }
            Err(error) => show(
                &app,
                Notice::new(Tone::Error, "The workspace could not be deleted.").detail(error),
            ),
        }
    });
}

/// Brings back the workspace that was deleted last.
pub fn undo_delete_workspace(app: &App) {
    let Some((entry, workspace)) = app.undo.borrow_mut().workspace.take() else { return };
    app.notices.dispatch(NoticesAction::Forget(Remedy::UndoDeleteWorkspace));
    let app = app.clone();
    spawn_local(async move {
        if let Some(storage) = storage(&app) {
            store(&app, &storage, &entry.id, &workspace).await;
        }
    });
}

/// Keeps the functions as they are deployed, with their drafts, and empties the history.
pub fn reset(app: &App) {
    let app = app.clone();
    spawn_local(async move {
        let before = snapshot(&app);
        let id = app.document.get().id.clone();
        let mut functions = Vec::new();
        for name in before.functions.keys() {
            functions.extend(deployed(&app, name).await);
        }
        let mut empty = Workspace::empty(before.name.clone());
        empty.seed = before.seed;
        empty.epoch_ms = before.epoch_ms;
        empty.clock = before.clock;
        empty.functions = before.functions.clone();
        empty.machines = before.machines.clone();
        let machines = machine_requests(&app).await;
        // What functions of images run, the registry has to have.
        let pushed: Vec<ApiRequest> = pushed_images(&before);
        let packages = functions.iter().filter_map(|function| match &function.code {
            FunctionCode::ZipFile(sha256) => Some(sha256.as_str()),
            FunctionCode::ImageUri(_) => None,
        });
        let images = pushed.iter().filter_map(|request| {
            request.params.pointer("/image/$sha256").and_then(|sha256| sha256.as_str())
        });
        for sha256 in packages.chain(images) {
            if let Some(source) = before.sources.get(sha256) {
                empty.sources.insert(sha256.to_owned(), source.clone());
            }
        }
        // Commands of time zero rather than requests: the engine then gets the modules that they name.
        empty.commands = pushed
            .iter()
            .cloned()
            .chain(functions.iter().map(Deployed::create))
            .chain(machines)
            .map(|request| Command { at_us: 0, request }.into())
            .collect();
        app.undo.borrow_mut().reset = Some((id.clone(), before));
        app.runs.dispatch(RunsAction::Cleared(None));
        if !show_document(&app, id, empty, Origin::Own, true).await {
            return;
        }
        app.notices.dispatch(NoticesAction::Forget(Remedy::UndoReset));
        show(
            &app,
            Notice::new(Tone::Success, "The workspace was reset: its history is empty.")
                .remedy(Remedy::UndoReset),
        );
    });
}

/// What was pushed to the session's registry, each image once under each of its names.
fn pushed_images(workspace: &Workspace) -> Vec<ApiRequest> {
    let mut pushed: Vec<ApiRequest> = Vec::new();
    for command in &workspace.commands {
        let request = &command.request;
        if request.service == "coldstart" && request.operation == "PushImage" {
            pushed.retain(|other| other != request);
            pushed.push(request.clone());
        }
    }
    pushed
}

/// Brings back what was before the reset.
pub fn undo_reset(app: &App) {
    let Some((id, workspace)) = app.undo.borrow_mut().reset.take() else { return };
    app.notices.dispatch(NoticesAction::Forget(Remedy::UndoReset));
    let app = app.clone();
    spawn_local(async move {
        flush(&app).await;
        if show_document(&app, id, workspace, Origin::Own, true).await {
            app.say("The reset was undone.");
        }
    });
}

/// Adds an opened document to the visitor's own.
pub(super) async fn adopt(app: &App, workspace: Workspace) {
    flush(app).await;
    let library = app.library.get();
    let mut workspace = workspace;
    workspace.name =
        free_name(&workspace.name, " ", library.entries.iter().map(|entry| entry.name.as_str()));
    let name = workspace.name.clone();
    if show_document(app, host::fresh_id(), workspace, Origin::Own, true).await {
        app.say(format!("{name} is open."));
    }
    app.here.dispatch(HereAction::LinkFault(None));
    app.go(&Route::Functions);
}

/// A draft as a new function gets it.
pub(super) fn draft_with(
    source: Source,
    events: Vec<coldstart_workspace::TestEvent>,
) -> FunctionDraft {
    let events = if events.is_empty() { vec![first_event()] } else { events };
    FunctionDraft { source, test_events: events, selected_event: 0 }
}

/// Bytes of the modules that a file carries beside the document, by hex SHA-256.
pub(super) async fn modules_for_file(
    app: &App,
    workspace: &Workspace,
) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut modules = std::collections::BTreeMap::new();
    for (sha256, source) in &workspace.sources {
        let is_beside = match source {
            Source::Module { .. } => true,
            Source::Compiled { base64, .. } => base64.is_empty(),
            _ => false,
        };
        if is_beside && let Some(bytes) = module_bytes(app, sha256, source).await {
            modules.insert(sha256.clone(), bytes.to_vec());
        }
    }
    modules
}
