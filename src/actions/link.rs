//! Links and files: making them, opening them, replaying, forking.

use super::{
    LINK_NOTE, adopt, flush, modules_for_file, open_own, show, show_document, show_link_fault,
    snapshot, storage,
};
use crate::app::{App, HereAction};
use crate::host;
use crate::model::{DocumentAction, LinkReplay, Notice, Origin, Tone, free_name};
use crate::route::{FunctionTab, Route};
use coldstart_workspace::{Source, WorkspaceFile};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Opens a link's workspace: read-only, and without running anything.
pub(super) async fn open_link(app: &App, payload: &str) {
    let workspace =
        match coldstart_workspace::decode_link(&Route::Link(payload.to_owned()).format()) {
            Ok(workspace) => workspace,
            Err(error) => {
                show_link_fault(app, error.to_string(), payload.len());
                if app.document.get().id.is_empty() {
                    open_own(app).await;
                }
                return;
            }
        };
    flush(app).await;
    host::keep_tab_note(LINK_NOTE, Some(payload));
    app.here.dispatch(HereAction::LinkFault(None));
    let first = workspace.functions.keys().next().cloned();
    let origin = Origin::Link { replay: LinkReplay::NotYet };
    if matches!(app.here.get().route, Route::Link(_) | Route::Home) {
        app.go_instead(
            first.map_or(Route::Functions, |name| Route::function(&name, FunctionTab::Code)),
        );
    }
    show_document(app, String::new(), workspace, origin, false).await;
    app.say("A shared workspace is open, read-only.");
}

/// Replays the link's history and compares it with the sender's.
pub fn replay_link(app: &App) {
    let app = app.clone();
    spawn_local(async move {
        let document = app.document.get();
        let workspace = (*document.workspace).clone();
        let has_digest = workspace.digest.is_some();
        show_document(
            &app,
            String::new(),
            workspace,
            Origin::Link { replay: LinkReplay::Running },
            true,
        )
        .await;
        let session = app.session.get();
        let opened = session.opened.as_ref();
        let replay = match (&session.phase, opened.and_then(|opened| opened.matches)) {
            (crate::model::EnginePhase::Refused(message), _) => LinkReplay::Failed(message.clone()),
            (_, Some(true)) => LinkReplay::Identical,
            (_, Some(false)) => {
                LinkReplay::Different(opened.map(|opened| opened.why.clone()).unwrap_or_default())
            }
            (_, None) if has_digest => LinkReplay::Failed("The engine gave no digest.".into()),
            (_, None) => LinkReplay::Unverified,
        };
        app.say(match &replay {
            LinkReplay::Identical => "Replayed: identical to the sender's history.",
            LinkReplay::Different(_) => "Replayed: the history differs from the sender's.",
            _ => "The replay ended.",
        });
        app.document.dispatch(DocumentAction::LinkReplayed(replay));
    });
}

/// Makes the link's workspace the visitor's own.
pub fn fork_link(app: &App) {
    let app = app.clone();
    spawn_local(async move {
        let document = app.document.get();
        let Origin::Link { replay } = &document.origin else { return };
        let library = app.library.get();
        let wanted = if document.workspace.name.is_empty() {
            "Shared workspace"
        } else {
            &document.workspace.name
        };
        let name = free_name(wanted, " ", library.entries.iter().map(|entry| entry.name.as_str()));
        host::keep_tab_note(LINK_NOTE, None);
        let replayed = matches!(
            replay,
            LinkReplay::Identical | LinkReplay::Different(_) | LinkReplay::Unverified
        );
        app.document.dispatch(DocumentAction::Forked { id: host::fresh_id(), name: name.clone() });
        if !replayed {
            let forked = app.document.get();
            show_document(&app, forked.id.clone(), (*forked.workspace).clone(), Origin::Own, true)
                .await;
        }
        show(
            &app,
            Notice::new(
                Tone::Success,
                format!("{name} is yours now: edit, deploy and test as you like."),
            ),
        );
    });
}

/// Back to the visitor's own workspace.
pub fn leave_link(app: &App) {
    host::keep_tab_note(LINK_NOTE, None);
    let app = app.clone();
    spawn_local(async move {
        app.go_instead(Route::Home);
        open_own(&app).await;
    });
}

/// The link to what is on the page. Uploaded modules travel in it if they are small.
pub async fn share_link(app: &App) -> Result<String, String> {
    let workspace = snapshot(app);
    let modules = modules_for_file(app, &workspace).await;
    let link = coldstart_workspace::encode_link(&workspace, &modules)
        .map_err(|error| error.to_string())?;
    Ok(format!("{}{link}", host::page_address()))
}

/// Offers what is on the page as a file.
pub async fn download_file(app: &App) -> Result<(), String> {
    let workspace = snapshot(app);
    let modules = modules_for_file(app, &workspace).await;
    let stem: String = workspace
        .name
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect();
    let stem = if stem.is_empty() { "workspace".into() } else { stem };
    let bytes = WorkspaceFile { workspace, modules }.encode().map_err(|error| error.to_string())?;
    host::download(&format!("{stem}.coldstart.zip"), "application/zip", &bytes)
}

/// Opens a file as a workspace of the visitor's.
pub async fn open_file(app: &App, bytes: &[u8]) -> Result<(), String> {
    let WorkspaceFile { workspace, modules } =
        WorkspaceFile::decode(bytes).map_err(|error| error.to_string())?;
    for (sha256, bytes) in modules {
        if let (Some(Source::Module { .. } | Source::Compiled { .. }), Some(storage)) =
            (workspace.sources.get(&sha256), storage(app))
        {
            storage.put_module(&sha256, &bytes).await?;
        }
        app.modules.borrow_mut().insert(sha256, Rc::from(bytes));
    }
    adopt(app, workspace).await;
    Ok(())
}
