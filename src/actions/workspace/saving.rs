//! Storing the document as it changes, and living with other tabs that store the same one.
//!
//! A stored workspace has a revision that goes up with each stored change. A tab that is about to store over a revision
//! that it has never seen does not: its work goes on as a workspace of its own, and the page says so.
//!
//! Invariant: no tab's work takes the place of another's.

use super::{CURRENT, show_document, storage};
use crate::actions::show;
use crate::app::App;
use crate::host;
use crate::model::{
    DocumentAction, EnginePhase, LibraryAction, Notice, NoticesAction, Origin, Remedy, Saved,
    StoredWorkspace, Tone, free_name,
};
use crate::storage::{OpenDocument, Written};
use coldstart_workspace::Workspace;
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

/// Between a change and its storing.
const QUIET_MS: u32 = 250;
/// Between a tick of the clock and its storing: at 1x it ticks all the time.
const CLOCK_MS: u32 = 2_000;
/// The setting that tells other tabs what was stored last: id and revision.
const STORED: &str = "coldstart.stored";

/// The document as it is to be stored or shared: with the clock's place and the digest that was seen there.
pub fn snapshot(app: &App) -> Workspace {
    let mut workspace = (*app.document.get().workspace).clone();
    if let Some(clock) = &app.session.get().clock {
        let last = workspace.commands.last().map_or(0, |command| command.at_us);
        workspace.until_us = clock.now_us.max(last);
        let seen = !clock.busy && !clock.digest.is_empty() && workspace.until_us == clock.now_us;
        workspace.digest = seen.then(|| clock.digest.clone());
    }
    workspace
}

pub(in crate::actions) fn entry_of(
    id: &str,
    workspace: &Workspace,
    revision: u64,
) -> StoredWorkspace {
    StoredWorkspace {
        id: id.to_owned(),
        name: workspace.name.clone(),
        modified_ms: host::unix_ms(),
        functions: workspace.functions.len(),
        commands: workspace.commands.len(),
        revision,
    }
}

/// What is not stored yet.
#[derive(Clone, Copy, PartialEq)]
enum Unsaved {
    Nothing,
    /// Only the clock went on.
    Clock,
    Work,
}

fn unsaved(app: &App) -> Unsaved {
    let document = app.document.get();
    let session = app.session.get();
    if document.read_only() || document.id.is_empty() || session.phase != EnginePhase::Ready {
        return Unsaved::Nothing;
    }
    let saved = app.saved.borrow();
    if saved.0 != document.id || saved.1 != document.revision {
        return Unsaved::Work;
    }
    let moved = session.clock.as_ref().is_some_and(|clock| clock.now_us != saved.2);
    // The clock alone is not worth a workspace of its own.
    if moved && !is_overtaken(app) { Unsaved::Clock } else { Unsaved::Nothing }
}

/// The document that is about to be shown is the stored one of this revision: there is nothing to store until it changes.
pub(in crate::actions) fn expect_stored(app: &App, id: &str, workspace: &Workspace, revision: u64) {
    let Some(storage) = storage(app) else { return };
    *app.saved.borrow_mut() = (id.to_owned(), app.document.get().revision, workspace.until_us);
    *storage.open.borrow_mut() =
        OpenDocument { id: id.to_owned(), revision, overtaken: false, expected: true };
    app.notices.dispatch(NoticesAction::Forget(Remedy::LoadNewer));
}

/// Whether the document that is being shown was announced by [`expect_stored`].
pub(in crate::actions) fn is_expected(app: &App) -> bool {
    storage(app).is_some_and(|storage| std::mem::take(&mut storage.open.borrow_mut().expected))
}

/// Whether another tab stored a newer revision of the document.
fn is_overtaken(app: &App) -> bool {
    storage(app).is_some_and(|storage| storage.open.borrow().overtaken)
}

fn set_overtaken(app: &App, overtaken: bool) {
    if let Some(storage) = storage(app) {
        storage.open.borrow_mut().overtaken = overtaken;
    }
}

/// Stores the document after a moment of quiet, if something is worth it.
pub(in crate::actions) fn save_soon(app: &App) {
    let unsaved = unsaved(app);
    if unsaved == Unsaved::Nothing {
        return;
    }
    // Work does not wait behind a tick of the clock.
    let first_work = unsaved == Unsaved::Work && app.library.get().saved != Saved::Pending;
    if first_work {
        app.library.dispatch(LibraryAction::Saved(Saved::Pending));
    } else if app.save_timer.borrow().is_some() {
        return;
    }
    let heard = app.clone();
    let quiet_ms = if unsaved == Unsaved::Work { QUIET_MS } else { CLOCK_MS };
    *app.save_timer.borrow_mut() = Some(Timeout::new(quiet_ms, move || save_now(&heard)));
}

/// Stores the document now, if something is worth it.
fn save_now(app: &App) {
    *app.save_timer.borrow_mut() = None;
    if unsaved(app) != Unsaved::Nothing {
        let app = app.clone();
        spawn_local(async move { save(&app, false).await });
    }
}

/// The page is being closed: what is worth it is handed to the browser without looking first, for nothing is waited for.
/// Another tab's work was announced by then, and this tab's goes beside it.
pub(in crate::actions) fn save_leaving(app: &App) {
    if unsaved(app) == Unsaved::Nothing {
        return;
    }
    if is_overtaken(app) {
        go_on_as_a_copy(app);
    }
    let app = app.clone();
    spawn_local(async move { save(&app, true).await });
}

/// Stores what is not stored before another document comes.
pub(in crate::actions) async fn flush(app: &App) {
    *app.save_timer.borrow_mut() = None;
    if unsaved(app) != Unsaved::Nothing {
        save(app, false).await;
    }
}

async fn save(app: &App, leaving: bool) {
    let Some(storage) = storage(app) else { return };
    let document = app.document.get();
    let work = unsaved(app) == Unsaved::Work;
    let workspace = snapshot(app);
    let known = {
        let open = storage.open.borrow();
        (open.id == document.id).then_some(open.revision)
    };
    let revision = known.unwrap_or(0) + u64::from(work);
    let entry = entry_of(&document.id, &workspace, revision);
    let now_us = app.session.get().clock.as_ref().map_or(workspace.until_us, |clock| clock.now_us);
    *app.saved.borrow_mut() = (document.id.clone(), document.revision, now_us);
    // Before the wait: what is stored meanwhile comes after this.
    {
        let mut open = storage.open.borrow_mut();
        open.overtaken &= open.id == document.id;
        (open.id, open.revision) = (document.id.clone(), revision);
    }
    let over = if leaving { None } else { known };
    match storage.save(&entry, &workspace, over).await {
        Ok(Written::Done) => {
            if work {
                tell_other_tabs(&entry);
            }
            app.library.dispatch(LibraryAction::Stored(entry));
            if unsaved(app) != Unsaved::Work {
                app.library.dispatch(LibraryAction::Saved(Saved::Yes));
            }
        }
        Ok(Written::Overtaken) if app.document.get().id != document.id => {}
        Ok(Written::Overtaken) if work => go_on_as_a_copy(app),
        Ok(Written::Overtaken) => overtaken(app),
        Err(error) => {
            app.library.dispatch(LibraryAction::Saved(Saved::Failed));
            show(
                app,
                Notice::new(Tone::Error, "Your last change could not be stored.").detail(error),
            );
        }
    }
    save_soon(app);
}

// Other tabs

/// What a tab stores, the others hear of: the browser hands settings on.
pub(in crate::actions) fn tell_other_tabs(entry: &StoredWorkspace) {
    host::keep_setting(STORED, &format!("{} {}", entry.id, entry.revision));
}

/// Another tab stored something.
pub(in crate::actions) fn hear_other_tabs(app: &App) {
    let Some(said) = host::setting(STORED) else { return };
    let Some((id, revision)) = said.split_once(' ') else { return };
    let Some(storage) = storage(app) else { return };
    let newer = {
        let open = storage.open.borrow();
        open.id == id && revision.parse().is_ok_and(|revision: u64| open.revision < revision)
    };
    if newer && app.document.get().id == id && !app.document.get().read_only() {
        overtaken(app);
    }
    let app = app.clone();
    spawn_local(async move {
        if let Ok(entries) = storage.list().await {
            let keeping = app.library.get().keeping;
            app.library.dispatch(LibraryAction::Listed(entries, keeping));
        }
    });
}

/// Says that another tab is ahead of this one.
fn overtaken(app: &App) {
    if is_overtaken(app) {
        return;
    }
    set_overtaken(app, true);
    let name = app.document.get().workspace.name.clone();
    show(
        app,
        Notice::new(Tone::Warning, format!("{name} was changed in another tab."))
            .detail("This tab shows it as it was before. What you change here goes on as a copy.")
            .remedy(Remedy::LoadNewer),
    );
}

/// The document goes on under another id and name: the stored one stays the other tab's.
fn go_on_as_a_copy(app: &App) {
    let document = app.document.get();
    let library = app.library.get();
    let mut workspace = (*document.workspace).clone();
    let before = workspace.name.clone();
    workspace.name =
        free_name(&before, " ", library.entries.iter().map(|entry| entry.name.as_str()));
    let (id, name) = (host::fresh_id(), workspace.name.clone());
    set_overtaken(app, false);
    app.notices.dispatch(NoticesAction::Forget(Remedy::LoadNewer));
    host::keep_setting(CURRENT, &id);
    app.document.dispatch(DocumentAction::Replaced {
        id,
        workspace: Box::new(workspace),
        origin: Origin::Own,
    });
    show(
        app,
        Notice::new(Tone::Warning, format!("{before} was changed in another tab."))
            .detail(format!("Your work in this tab goes on as {name}. Nothing of either is lost.")),
    );
}

/// Shows what the other tab stored.
pub fn load_newer(app: &App) {
    let app = app.clone();
    spawn_local(async move {
        flush(&app).await;
        // Unless what was flushed became a copy.
        if !is_overtaken(&app) {
            return;
        }
        let id = app.document.get().id.clone();
        let Some(storage) = storage(&app) else { return };
        match storage.load(&id).await {
            Ok(Some((workspace, revision))) => {
                expect_stored(&app, &id, &workspace, revision);
                show_document(&app, id, workspace, Origin::Own, true).await;
                app.say("The other tab's changes are here.");
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
