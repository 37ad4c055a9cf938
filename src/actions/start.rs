//! The start, the engine's life, and what it tells.

use super::{
    check_soon, hear_other_tabs, open_link, open_own, open_step, open_step_now, save_leaving,
    save_soon, send_tiers, show_document,
};
use crate::app::{App, HereAction, LinkFault};
use crate::engine_client::EngineEvent;
use crate::host;
use crate::model::{
    DocumentAction, EnginePhase, Keeping, LAB_IDS, LibraryAction, LinkReplay, Notice,
    NoticesAction, Remedy, SessionAction, StepKey, Tone, format_micros,
};
use crate::route::Route;
use crate::storage::Storage;
use coldstart_protocol::ViewSpec;
use gloo_timers::callback::Timeout;
use serde_json::json;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Under which the tab keeps the link that it shows, so that a reload shows it again.
pub(super) const LINK_NOTE: &str = "coldstart.link";
/// What www/parts.js says when it cannot have a part of the engine.
const PART_MISSING: &str = "of Coldstart could not be loaded";
/// Workers lost in a row before the page gives up.
const LOSSES_MAX: u32 = 3;

/// Starts everything. Called once.
pub fn start(app: &App) {
    listen(app);
    connect(app);
    let app = app.clone();
    spawn_local(async move {
        let storage = Rc::new(Storage::open().await);
        let keeping = if storage.is_lasting() { Keeping::Database } else { Keeping::Memory };
        let entries = storage.list().await.unwrap_or_default();
        *app.storage.borrow_mut() = Some(storage);
        app.library.dispatch(LibraryAction::Listed(entries, keeping));
        if keeping == Keeping::Memory {
            let notice =
                Notice::new(Tone::Warning, "This browser does not let the page store anything.");
            show(&app, notice.detail("Your work lasts until you close this tab. Use Share to keep it as a link or a file."));
        }
        let route = app.here.get().route.clone();
        match route {
            Route::Link(payload) => open_link(&app, &payload).await,
            Route::LabStep { lab, step } => open_step_now(&app, &StepKey { lab, step }).await,
            _ => match host::tab_note(LINK_NOTE) {
                Some(payload) => open_link(&app, &payload).await,
                None => open_own(&app).await,
            },
        }
    });
}

fn listen(app: &App) {
    let heard = app.clone();
    host::listen_forever("hashchange", move |_| {
        let mut route = Route::parse(&host::fragment());
        if route == Route::Home && heard.document.get().is_open() {
            route = Route::Functions;
            host::replace_fragment(&route.format());
        }
        heard.here.dispatch(HereAction::Moved(route.clone()));
        heard.here.dispatch(HereAction::LinkFault(None));
        let app = heard.clone();
        match route {
            Route::Link(payload) => spawn_local(async move { open_link(&app, &payload).await }),
            Route::LabStep { lab, step } => open_step(&app, &lab, &step),
            _ => {}
        }
    });
    let heard = app.clone();
    host::listen_forever("pagehide", move |_| save_leaving(&heard));
    let heard = app.clone();
    host::listen_forever("storage", move |_| hear_other_tabs(&heard));
    let heard = app.clone();
    app.document.listen(Rc::new(move || {
        save_soon(&heard);
        hear_commands(&heard);
    }));
    let heard = app.clone();
    app.session.listen(Rc::new(move || save_soon(&heard)));
}

/// Checks of a lab are asked when its session has another command. The first look at a document is none.
fn hear_commands(app: &App) {
    let document = app.document.get();
    if !document.id.starts_with(LAB_IDS) {
        return;
    }
    let seen = (document.id.clone(), document.workspace.commands.len());
    let before = app.check_seen.replace(seen.clone());
    if before.0 == seen.0 && before.1 != seen.1 {
        check_soon(app);
    }
}

/// Starts a Worker, or says why there is none.
fn connect(app: &App) {
    let heard = app.clone();
    let started = app.engine.connect(Rc::new(move |event| hear(&heard, event)));
    if let Err(message) = started {
        app.session.dispatch(SessionAction::Phase(EnginePhase::Broken(message)));
    }
}

fn hear(app: &App, event: EngineEvent) {
    match event {
        EngineEvent::Ready => {
            send_watch_soon(app);
            send_tiers(app);
        }
        EngineEvent::Mismatch => app.session.dispatch(SessionAction::Phase(EnginePhase::Mismatch)),
        EngineEvent::Progress { done, total } => {
            if matches!(app.session.get().phase, EnginePhase::Opening { .. }) {
                app.session.dispatch(SessionAction::Phase(EnginePhase::Opening { done, total }));
            }
        }
        EngineEvent::Logged(command) => app.document.dispatch(DocumentAction::Logged(command)),
        EngineEvent::Interrupted(interrupt) => {
            app.document.dispatch(DocumentAction::Interrupted(interrupt))
        }
        EngineEvent::Views(views) => {
            app.session.dispatch(SessionAction::Views(views));
            // What is drawn is drawn when this task is over; the timer comes after that.
            let engine = app.engine.clone();
            Timeout::new(0, move || engine.seen()).forget();
        }
        EngineEvent::Clock(clock) => {
            let before = app.session.get().clock.as_ref().map_or(0, |clock| clock.skipped_ms);
            if clock.skipped_ms > before {
                say_skipped(app, clock.skipped_ms - before);
            }
            app.session.dispatch(SessionAction::Clock(clock));
        }
        EngineEvent::Lost { message, command } => recover(app, message, command),
    }
}

/// At 1x the virtual clock does not catch up with a machine that slept.
fn say_skipped(app: &App, skipped_ms: u64) {
    let slept = format_micros(skipped_ms.saturating_mul(1_000));
    let notice =
        Notice::new(Tone::Info, format!("The virtual clock left out {slept} of real time."));
    show(app, notice.detail("This page or its computer slept. Advance the clock by hand if the session should have them."));
}

/// A new Worker takes over: the log is replayed up to the command that failed.
fn recover(app: &App, message: String, command: Option<u64>) {
    app.losses.set(app.losses.get() + 1);
    let document = app.document.get();
    let failed = command
        .and_then(|index| document.workspace.commands.get(usize::try_from(index).ok()?))
        .cloned();
    let report = json!({
        "build": host::build_id(), "message": message, "command": command, "request": failed,
        "seed": document.workspace.seed, "meter": document.workspace.meter, "workspace": &*document.workspace,
    });
    let report = serde_json::to_string_pretty(&report).unwrap_or_default();
    if app.losses.get() >= LOSSES_MAX {
        app.session.dispatch(SessionAction::Phase(EnginePhase::Broken(message)));
        return;
    }
    if document.read_only() {
        app.document.dispatch(DocumentAction::LinkReplayed(LinkReplay::Failed(message.clone())));
    } else if let Some(index) = command {
        app.document.dispatch(DocumentAction::CutAt(index));
    }
    let detail = match &failed {
        Some(failed) => format!(
            "{}:{} was taken out of the history; everything before it is back. The engine said: {message}",
            failed.request.service, failed.request.operation
        ),
        None => format!("It was started again with your history. It said: {message}"),
    };
    show(
        app,
        Notice::new(
            Tone::Error,
            if message.contains(PART_MISSING) {
                "A part of the engine did not arrive."
            } else {
                "The engine failed. This is a bug in Coldstart, not in your function."
            },
        )
        .detail(detail)
        .remedy(Remedy::CopyReport(report)),
    );
    connect(app);
    let document = app.document.get();
    if !document.is_open() {
        return;
    }
    let app = app.clone();
    spawn_local(async move {
        let replay = !document.read_only();
        show_document(
            &app,
            document.id.clone(),
            (*document.workspace).clone(),
            document.origin.clone(),
            replay,
        )
        .await;
    });
}

/// Shows a message.
pub fn show(app: &App, notice: Notice) {
    app.notices.dispatch(NoticesAction::Show(notice));
}

/// Says that a link cannot be opened; the visitor's own work stays as it is.
pub(super) fn show_link_fault(app: &App, message: String, length: usize) {
    app.here.dispatch(HereAction::LinkFault(Some(LinkFault { message, length })));
    app.say("The link is broken. Your own work is untouched.");
}

/// Opens a window at the engine; the number closes it.
pub fn watch(app: &App, spec: ViewSpec) -> u64 {
    let id = app.next_watch.get();
    app.next_watch.set(id + 1);
    app.watched.borrow_mut().insert(id, spec);
    send_watch_soon(app);
    id
}

/// Closes a window.
pub fn unwatch(app: &App, id: u64) {
    app.watched.borrow_mut().remove(&id);
    send_watch_soon(app);
}

/// One message for all changes of a render.
pub(super) fn send_watch_soon(app: &App) {
    let heard = app.clone();
    let timer = Timeout::new(0, move || {
        let mut views: Vec<ViewSpec> = Vec::new();
        for spec in heard.watched.borrow().values() {
            if !views.contains(spec) {
                views.push(spec.clone());
            }
        }
        heard.engine.watch(views);
    });
    *app.watch_timer.borrow_mut() = Some(timer);
}
