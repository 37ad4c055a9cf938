//! Labs: fetch them, open their steps, ask their checks, begin anew.
//!
//! Invariant: a step never takes the place of the visitor's own work: its workspace is stored under an id of its own.

mod own;
mod receipts;

pub use own::{open_lab_file, remove_own_lab};
pub use receipts::{MadeReceipt, make_receipt, verify_receipt};

use super::{expect_stored, flush, modules_of, show, show_document, snapshot, storage};
use crate::app::{App, LabBefore};
use crate::host;
use crate::model::{
    Answered, EnginePhase, Given, LabsAction, Notice, NoticesAction, Origin, Progress, Remedy,
    StepKey, Tone, configuration_of, step_id, step_of,
};
use crate::route::{FunctionTab, MachineTab, Route};
use coldstart_workspace::Workspace;
use coldstart_workspace::lab::{CatalogueEntry, Kind, Outcome, PackedLab, PackedStep};
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// How far the visitor is, as JSON.
const PROGRESS: &str = "coldstart.labs";
/// Between a change of the session and its checks.
const QUIET_MS: u32 = 500;

/// Fetches what the site ships, once, and what the visitor brought and did.
pub fn load_labs(app: &App) {
    read_progress(app);
    own::read_list(app);
    if matches!(app.labs.get().catalogue, Some(Ok(_))) {
        return;
    }
    let app = app.clone();
    spawn_local(async move {
        let catalogue = host::fetch_text("labs/index.json").await.and_then(|text| {
            serde_json::from_str::<Vec<CatalogueEntry>>(&text).map_err(|error| error.to_string())
        });
        app.labs.dispatch(LabsAction::Catalogue(catalogue.map(Rc::new)));
    });
}

/// A lab: one that is there, the visitor's own, or the site's.
pub async fn load_lab(app: &App, id: &str) -> Option<Rc<PackedLab>> {
    read_progress(app);
    own::read_list(app);
    if let Some(lab) = app.labs.get().lab(id) {
        return Some(lab.clone());
    }
    let lab = match own::read(app, id).await {
        Some(lab) => Ok(lab),
        None => fetch_lab(id).await,
    };
    app.labs.dispatch(LabsAction::Loaded(id.to_owned(), lab.clone()));
    lab.ok()
}

async fn fetch_lab(id: &str) -> Result<Rc<PackedLab>, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || !id.bytes().all(plain) {
        return Err(format!("{id} is no lab: ids are lower-case letters, digits and hyphens"));
    }
    let text = host::fetch_text(&format!("labs/{id}.json")).await?;
    serde_json::from_str(&text).map(Rc::new).map_err(|error| error.to_string())
}

/// The open step, with its lab: none when the workspace is of no lab, or the lab is not there.
pub(super) fn open_part(app: &App) -> Option<(StepKey, Rc<PackedLab>, usize)> {
    let key = step_of(&app.document.get().id)?;
    let lab = app.labs.get().lab(&key.lab)?.clone();
    let at = lab.parts.iter().position(|part| part.id == key.step)?;
    Some((key, lab, at))
}

// Opening

/// Opens a step: as the visitor left it, or its starter.
pub fn open_step(app: &App, lab: &str, step: &str) {
    let (app, key) = (app.clone(), StepKey { lab: lab.to_owned(), step: step.to_owned() });
    spawn_local(async move { open_step_now(&app, &key).await });
}

pub(super) async fn open_step_now(app: &App, key: &StepKey) {
    let lab = load_lab(app, &key.lab).await;
    let Some(part) = lab.as_ref().and_then(|lab| part_of(lab, &key.step)) else {
        // The lab's page says what is wrong.
        app.go_instead(Route::Lab(key.lab.clone()));
        if !app.document.get().is_open() {
            super::open_own(app).await;
        }
        return;
    };
    let id = step_id(&key.lab, &key.step);
    if app.document.get().id != id {
        flush(app).await;
        let stored = match storage(app) {
            Some(storage) => storage.load(&id).await.ok().flatten(),
            None => None,
        };
        app.labs.dispatch(LabsAction::Opened(key.clone()));
        let workspace = match stored {
            Some((workspace, revision)) => {
                expect_stored(app, &id, &workspace, revision);
                workspace
            }
            None => begun(&part.starter),
        };
        show_step(app, id, workspace).await;
        app.say(format!("{} is open.", part.title));
    }
    app.go_instead(place_of(part));
}

async fn show_step(app: &App, id: String, workspace: Workspace) -> bool {
    *app.check_seen.borrow_mut() = (id.clone(), workspace.commands.len());
    show_document(app, id, workspace, Origin::Own, true).await
}

/// A step of a lab.
pub fn part_of<'a>(lab: &'a PackedLab, step: &str) -> Option<&'a PackedStep> {
    lab.parts.iter().find(|part| part.id == step)
}

/// A packed workspace as a session: packing knows no meter.
fn begun(workspace: &Workspace) -> Workspace {
    Workspace { meter: Workspace::empty("").meter, ..workspace.clone() }
}

/// What is opened with a step: its file, or the first machine or function that it has.
fn place_of(part: &PackedStep) -> Route {
    let machine = |name: &str| Route::machine(name, MachineTab::Definition);
    let function = |name: &str| Route::function(name, FunctionTab::Code);
    let parts: Vec<&str> = part.open.as_deref().unwrap_or_default().splitn(3, '/').collect();
    match parts[..] {
        ["machines", file] => machine(file.trim_end_matches(".asl.json")),
        ["functions", name, _] => function(name),
        _ => {
            let machines = part.starter.machines.keys().map(|name| machine(name));
            let functions = part.starter.functions.keys().map(|name| function(name));
            machines.chain(functions).next().unwrap_or(Route::Functions)
        }
    }
}

/// Back to the visitor's own workspace: the one that changed last and is of no lab.
pub fn leave_lab(app: &App) {
    let own = app.library.get().entries.iter().find(|entry| step_of(&entry.id).is_none()).cloned();
    match own {
        Some(entry) => super::open(app, &entry.id),
        None => super::new(app),
    }
}

// Checks

/// Why checks are asked.
#[derive(Clone, Copy, PartialEq)]
enum Why {
    /// The visitor wants to know: failures count.
    Wanted,
    /// The session has another command: failures of something new count.
    Changed,
    /// The step was opened again.
    Resumed,
}

/// Asks the checks of the open step.
pub fn check_work(app: &App) {
    let app = app.clone();
    spawn_local(async move { ask(&app, Why::Wanted).await });
}

/// Keeps the site, so that the lab goes on without a network.
pub fn keep_for_later(app: &App) {
    let app = app.clone();
    spawn_local(async move {
        if host::keep_site().await {
            app.labs.dispatch(LabsAction::Kept);
        }
    });
}

/// The open step's lab is there: what its checks say is asked again if something was done in it.
pub fn resume_step(app: &App, key: &StepKey) {
    if app.labs.get().checked.of.as_ref() != Some(key) {
        app.labs.dispatch(LabsAction::Opened(key.clone()));
    }
    let Some((open, lab, at)) = open_part(app).filter(|(open, ..)| open == key) else { return };
    let commands = app.document.get().workspace.commands.len();
    *app.check_seen.borrow_mut() = (step_id(&open.lab, &open.step), commands);
    let begun = commands == lab.parts[at].starter.commands.len();
    if !begun && app.labs.get().checked.outcomes.is_empty() {
        let app = app.clone();
        spawn_local(async move { ask(&app, Why::Resumed).await });
    }
}

/// The session has another command: its checks are asked when it is at rest.
pub(super) fn check_soon(app: &App) {
    let heard = app.clone();
    let timer = Timeout::new(QUIET_MS, move || {
        *heard.check_timer.borrow_mut() = None;
        let session = heard.session.get();
        if session.phase != EnginePhase::Ready
            || session.clock.as_ref().is_some_and(|clock| clock.busy)
        {
            return check_soon(&heard);
        }
        let app = heard.clone();
        spawn_local(async move { ask(&app, Why::Changed).await });
    });
    *app.check_timer.borrow_mut() = Some(timer);
}

async fn ask(app: &App, why: Why) {
    let Some((key, lab, at)) = open_part(app) else { return };
    let part = &lab.parts[at];
    let workspace = snapshot(app);
    let configuration = configuration_of(&workspace);
    let checked = app.labs.get().checked.clone();
    let is_new = checked.configuration != Some(configuration);
    // What runs changes nothing but histories.
    let checks: Vec<_> = part
        .checks
        .iter()
        .filter(|check| why == Why::Wanted || is_new || check.kind == Kind::History)
        .cloned()
        .collect();
    if checks.is_empty() {
        return;
    }
    app.labs.dispatch(LabsAction::Asking);
    let number = app.check_number.get() + 1;
    app.check_number.set(number);
    let (modules, _) = modules_of(app, &workspace).await;
    let result = app.engine.check(workspace, &modules, part.faults.clone(), checks).await;
    // A newer question took its place, and will be answered.
    if app.check_number.get() != number || step_of(&app.document.get().id).as_ref() != Some(&key) {
        return;
    }
    let verdicts = match result {
        Ok(verdicts) => verdicts,
        Err(fault) => return app.labs.dispatch(LabsAction::Fault(fault)),
    };
    let was_done = app.labs.get().step_progress(&key).done;
    let checks = part.checks.iter().map(|check| check.id.clone()).collect();
    app.labs.dispatch(LabsAction::Answered(Answered {
        of: key.clone(),
        checks,
        verdicts,
        configuration,
        counts: why == Why::Wanted || (why == Why::Changed && is_new),
    }));
    keep_progress(app, &key);
    let labs = app.labs.get();
    let passed = |id: &str| labs.checked.outcomes.get(id) == Some(&Outcome::Passed);
    let count = part.checks.iter().filter(|check| passed(&check.id)).count();
    if !was_done && labs.step_progress(&key).done {
        app.say(format!("All checks pass. {} is done.", part.title));
    } else if why == Why::Wanted || is_new {
        app.say(format!("{count} of {} checks pass.", part.checks.len()));
    }
}

// Questions

/// Answers a question, or asks how it is.
pub fn answer_question(app: &App, key: &StepKey, question: &str, answer: &str, shown: bool) {
    let before = app.labs.get().step_progress(key).answers.get(question).cloned();
    let commands = match before {
        Some(before) if shown => before.commands,
        _ => app.document.get().workspace.commands.len(),
    };
    let given = Given { answer: answer.to_owned(), commands, shown };
    app.labs.dispatch(LabsAction::Given(key.clone(), question.to_owned(), given));
    keep_progress(app, key);
}

/// A step without checks was read.
pub fn step_read(app: &App, key: &StepKey) {
    app.labs.dispatch(LabsAction::Read(key.clone()));
    keep_progress(app, key);
}

// Beginning anew

/// The open step as it was at its beginning.
pub fn reset_step(app: &App) {
    let Some((key, lab, at)) = open_part(app) else { return };
    replace_step(
        app,
        key,
        begun(&lab.parts[at].starter),
        true,
        "The step is as it was at its beginning.",
    );
}

/// A way in which the open step can end, in place of what is there.
pub fn open_solution(app: &App) {
    let Some((key, lab, at)) = open_part(app) else { return };
    replace_step(
        app,
        key,
        begun(&lab.parts[at].solution),
        false,
        "This is one way to do it. Undo brings yours back.",
    );
}

fn replace_step(app: &App, key: StepKey, workspace: Workspace, forgets: bool, title: &'static str) {
    let app = app.clone();
    spawn_local(async move {
        let id = step_id(&key.lab, &key.step);
        let before = (id.clone(), snapshot(&app));
        let progress = app.labs.get().progress.clone().unwrap_or_default();
        if forgets {
            let mut after = (*progress).clone();
            if let Some(lab) = after.get_mut(&key.lab) {
                lab.steps.remove(&key.step);
            }
            put_progress(&app, after);
        }
        app.labs.dispatch(LabsAction::Opened(key));
        if show_step(&app, id, workspace).await {
            offer_undo(&app, vec![before], progress, title);
            if !forgets {
                check_work(&app);
            }
        }
    });
}

/// All steps of a lab as they were at their beginnings, and nothing known of what was done.
pub fn reset_lab(app: &App, lab: &Rc<PackedLab>) {
    let (app, lab) = (app.clone(), lab.clone());
    spawn_local(async move {
        flush(&app).await;
        let Some(storage) = storage(&app) else { return };
        let mut before = Vec::new();
        for part in &lab.parts {
            let id = step_id(&lab.entry.id, &part.id);
            if let Ok(Some((workspace, _))) = storage.load(&id).await {
                before.push((id, workspace));
            }
        }
        let progress = app.labs.get().progress.clone().unwrap_or_default();
        let mut after = (*progress).clone();
        after.remove(&lab.entry.id);
        put_progress(&app, after);
        for (id, _) in &before {
            if app.document.get().id != *id {
                super::forget_stored(&app, &storage, id).await;
            }
        }
        if let Some((key, _, at)) = open_part(&app).filter(|(key, ..)| key.lab == lab.entry.id) {
            app.labs.dispatch(LabsAction::Opened(key.clone()));
            let id = step_id(&key.lab, &key.step);
            show_step(&app, id, begun(&lab.parts[at].starter)).await;
        }
        offer_undo(&app, before, progress, "The lab is as it was at its beginning.");
    });
}

fn offer_undo(
    app: &App,
    workspaces: Vec<(String, Workspace)>,
    progress: Rc<Progress>,
    title: &str,
) {
    app.undo.borrow_mut().lab = Some(LabBefore { workspaces, progress });
    app.notices.dispatch(NoticesAction::Forget(Remedy::UndoLabReset));
    show(app, Notice::new(Tone::Success, title).remedy(Remedy::UndoLabReset));
}

/// Brings back what was before.
pub fn undo_lab_reset(app: &App) {
    let Some(LabBefore { workspaces, progress }) = app.undo.borrow_mut().lab.take() else { return };
    app.notices.dispatch(NoticesAction::Forget(Remedy::UndoLabReset));
    let app = app.clone();
    spawn_local(async move {
        let Some(storage) = storage(&app) else { return };
        put_progress(&app, (*progress).clone());
        for (id, workspace) in workspaces {
            if app.document.get().id == id {
                if let Some(key) = step_of(&id) {
                    app.labs.dispatch(LabsAction::Opened(key));
                }
                show_step(&app, id, workspace).await;
            } else {
                super::store(&app, &storage, &id, &workspace).await;
            }
        }
        app.say("It is as it was.");
    });
}

// Progress

fn stored_progress() -> Progress {
    host::setting(PROGRESS).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn read_progress(app: &App) {
    if app.labs.get().progress.is_none() {
        app.labs.dispatch(LabsAction::Progress(Rc::new(stored_progress())));
    }
}

/// Keeps how far the visitor is with a step: other tabs may be at other steps.
fn keep_progress(app: &App, key: &StepKey) {
    let mut progress = stored_progress();
    let step = app.labs.get().step_progress(key);
    progress.entry(key.lab.clone()).or_default().steps.insert(key.step.clone(), step);
    keep(&progress);
}

fn put_progress(app: &App, progress: Progress) {
    keep(&progress);
    app.labs.dispatch(LabsAction::Progress(Rc::new(progress)));
}

fn keep(progress: &Progress) {
    if let Ok(text) = serde_json::to_string(progress) {
        host::keep_setting(PROGRESS, &text);
    }
}
