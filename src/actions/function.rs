//! Functions: create, deploy, test, configure, delete; and the clock.

use super::assemblyscript::compile_assemblyscript;
use super::javascript::check;
use super::typescript::compile;
use super::{draft_with, module_bytes, show, storage};
use crate::app::App;
use crate::engine_client::AssembleError;
use crate::host;
use crate::model::{
    CallError, DocumentAction, EnginePhase, Example, ExampleIndex, FunctionCode, InvocationType,
    Notice, NoticesAction, Remedy, RunsAction, Scenario, Settings, SweepRow, Tone, Verdict,
    compiled_paths, create_function, delete_function, free_name, get_function, invoke, is_tar,
    module_fault, of_function, push_image, update_function_code,
};
use crate::route::{FunctionTab, Route};
use coldstart_protocol::{Diagnostic, ViewSpec};
use coldstart_workspace::{
    ApiRequest, ClockMode, FunctionDraft, Source, TestEvent, hex_sha256, package,
};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// What to make a function of.
#[derive(Debug, Clone, PartialEq)]
pub enum Code {
    /// WebAssembly text.
    Text(String),
    /// Text files by their paths, for a runtime that reads them.
    Files(BTreeMap<String, String>),
    /// AssemblyScript, by the paths of its files.
    AssemblyScript(BTreeMap<String, String>),
    /// A file of the visitor's.
    Upload {
        /// Its name.
        name: String,
        /// Its bytes.
        bytes: Rc<[u8]>,
    },
    /// A module that the page ships.
    Example {
        /// Its name.
        name: String,
        /// Its bytes.
        bytes: Rc<[u8]>,
    },
}

/// Why code was not deployed.
#[derive(Debug, Clone, PartialEq)]
pub enum DeployError {
    /// The text is wrong here and there.
    Text(Vec<Diagnostic>),
    /// The module cannot be a function, and why.
    Module(String),
    /// The API refuses.
    Call(CallError),
}

impl DeployError {
    /// In a line.
    pub fn line(&self) -> String {
        match self {
            Self::Text(diagnostics) => match diagnostics.first() {
                Some(first) => {
                    format!("Line {}, column {}: {}", first.line, first.column, first.message)
                }
                None => "The text is no module.".into(),
            },
            Self::Module(reason) => reason.clone(),
            Self::Call(error) => error.line(),
        }
    }
}

/// What is about to be deployed.
struct Prepared {
    source: Source,
    bytes: Rc<[u8]>,
    sha256: String,
}

async fn prepare(app: &App, code: Code) -> Result<Prepared, DeployError> {
    match code {
        Code::Text(text) => {
            let assembled = app.engine.assemble(&text).await.map_err(|error| match error {
                AssembleError::Diagnostics(diagnostics) => DeployError::Text(diagnostics),
                AssembleError::EngineLost => DeployError::Call(CallError::EngineLost),
            })?;
            let sha256 = assembled.info.map_err(DeployError::Module)?.sha256;
            Ok(Prepared { source: Source::Wat { text }, bytes: assembled.bytes.into(), sha256 })
        }
        Code::Files(mut files) => {
            compile(&mut files).await?;
            let bytes: Rc<[u8]> = package(&files).into();
            let sha256 = hex_sha256(&bytes);
            Ok(Prepared { source: Source::Files { files }, bytes, sha256 })
        }
        Code::AssemblyScript(files) => {
            let (source, bytes) = compile_assemblyscript(files).await?;
            let info = app.engine.inspect(bytes.clone()).await.map_err(DeployError::Module)?;
            Ok(Prepared { source, bytes, sha256: info.sha256 })
        }
        Code::Upload { name, bytes } => {
            if let Some(fault) = module_fault(&name, &bytes) {
                return Err(DeployError::Module(fault));
            }
            // What is in a package or an image, the engine says when it takes it.
            if bytes.starts_with(b"PK") || is_tar(&bytes) {
                let sha256 = hex_sha256(&bytes);
                return Ok(Prepared { source: Source::Module { name }, bytes, sha256 });
            }
            let info = app.engine.inspect(bytes.clone()).await.map_err(DeployError::Module)?;
            Ok(Prepared { source: Source::Module { name }, bytes, sha256: info.sha256 })
        }
        Code::Example { name, bytes } => {
            let info = app.engine.inspect(bytes.clone()).await.map_err(DeployError::Module)?;
            Ok(Prepared { source: Source::Example { name }, bytes, sha256: info.sha256 })
        }
    }
}

/// Brings what is about to be deployed to where `CreateFunction` and `UpdateFunctionCode` take it: beside their request, but an image to the
/// registry first.
async fn place(app: &App, name: &str, prepared: &Prepared) -> Result<FunctionCode, DeployError> {
    remember(app, &prepared.sha256, &prepared.source, &prepared.bytes).await;
    if !is_tar(&prepared.bytes) {
        return Ok(FunctionCode::ZipFile(prepared.sha256.clone()));
    }
    let push = push_image(name, &prepared.sha256);
    let package = std::slice::from_ref(&prepared.bytes);
    let answer = app.engine.request(push, package).await.map_err(DeployError::Call)?;
    let uri = answer.output.get("imageUri").and_then(|uri| uri.as_str()).unwrap_or_default();
    Ok(FunctionCode::ImageUri(uri.to_owned()))
}

/// Keeps where a module, or another package, comes from, before the engine logs a command that names it.
pub(in crate::actions) async fn remember(
    app: &App,
    sha256: &str,
    source: &Source,
    bytes: &Rc<[u8]>,
) {
    app.modules.borrow_mut().insert(sha256.to_owned(), bytes.clone());
    if let (Source::Module { .. } | Source::Compiled { .. }, Some(storage)) = (source, storage(app))
    {
        if let Err(error) = storage.put_module(sha256, bytes).await {
            show(
                app,
                Notice::new(
                    Tone::Warning,
                    "The module could not be stored: it lasts until you close this tab.",
                )
                .detail(error),
            );
        }
        host::ask_to_keep_storage();
    }
    app.document.dispatch(DocumentAction::SourceKnown {
        sha256: sha256.to_owned(),
        source: source.clone(),
    });
}

/// Creates a function and its draft.
pub async fn create(
    app: &App,
    name: &str,
    code: Code,
    settings: &Settings,
    events: Vec<TestEvent>,
) -> Result<(), DeployError> {
    let prepared = prepare(app, code).await?;
    check(app, &prepared.source, &prepared.sha256, &settings.runtime).await?;
    let code = place(app, name, &prepared).await?;
    let request = create_function(name, &code, settings);
    app.engine.request(request, &[prepared.bytes]).await.map_err(DeployError::Call)?;
    let draft = draft_with(prepared.source, events);
    app.document.dispatch(DocumentAction::FunctionAdded { name: name.to_owned(), draft });
    Ok(())
}

/// Deploys code to a function that exists; its draft is then that code.
pub async fn deploy(app: &App, name: &str, code: Code) -> Result<(), DeployError> {
    let prepared = prepare(app, code).await?;
    let detail = app.session.get().details.get(name).cloned().flatten();
    let runtime = detail.as_ref().and_then(|detail| detail.configuration["Runtime"].as_str());
    check(app, &prepared.source, &prepared.sha256, runtime.unwrap_or_default()).await?;
    let code = place(app, name, &prepared).await?;
    let request = update_function_code(name, &code);
    app.engine.request(request, &[prepared.bytes]).await.map_err(DeployError::Call)?;
    // Text may have been edited meanwhile: only what was made of it is new. A file takes the draft's place.
    let draft = app.document.get().draft(name).map(|draft| draft.source.clone());
    let source = match (prepared.source, draft) {
        (Source::Wat { .. }, _) => None,
        (Source::Compiled { .. }, Some(Source::Compiled { .. })) => None,
        (Source::Files { files: deployed }, Some(Source::Files { mut files })) => {
            for made in compiled_paths(&files).into_values() {
                if let Some(code) = deployed.get(&made) {
                    files.insert(made, code.clone());
                }
            }
            Some(Source::Files { files })
        }
        (source, _) => Some(source),
    };
    if let Some(source) = source {
        app.document.dispatch(DocumentAction::SourceEdited { function: name.to_owned(), source });
    }
    app.say(format!("{name} is deployed."));
    Ok(())
}

/// A function that was just created or changed refuses requests for a moment. Where the clock goes by itself that moment is over in a frame
/// or two, and nobody wants to be told of it.
pub async fn settled(app: &App, function: &str) {
    const FRAMES_MAX: usize = 60;
    const FRAMES_GONE: usize = 10;
    while matches!(app.session.get().phase, EnginePhase::Starting | EnginePhase::Opening { .. }) {
        host::sleep(16).await;
    }
    for frame in 0..FRAMES_MAX {
        let session = app.session.get();
        let paused = session.clock.as_ref().is_some_and(|clock| clock.mode == ClockMode::Paused);
        let is = |member: &str, value: &str| {
            let detail = session.details.get(function).cloned().flatten();
            detail.is_some_and(|detail| {
                detail.configuration.get(member).and_then(|text| text.as_str()) == Some(value)
            })
        };
        // The engine says "none" for a frame or two while it opens a workspace.
        let gone = frame >= FRAMES_GONE && session.details.get(function) == Some(&None);
        if paused || gone || is("State", "Active") && !is("LastUpdateStatus", "InProgress") {
            return;
        }
        host::sleep(16).await;
    }
}

/// Sends the selected event to a function as it is deployed.
pub fn test(app: &App, function: &str, invocation_type: InvocationType) {
    test_of(app, function, "", invocation_type);
}

/// Sends the selected event to a version or an alias of a function; empty for what is deployed.
pub fn test_of(app: &App, function: &str, qualifier: &str, invocation_type: InvocationType) {
    let document = app.document.get();
    if document.read_only() {
        return;
    }
    let event =
        document.draft(function).and_then(|draft| draft.test_events.get(draft.selected_event));
    let (event_name, payload) = event.map_or_else(
        || ("empty".to_owned(), "{}".to_owned()),
        |event| (event.name.clone(), event.payload.clone()),
    );
    let number = app.runs.get().next_number;
    app.runs.dispatch(RunsAction::Started {
        function: function.to_owned(),
        event_name,
        invocation_type,
    });
    app.say(format!("{function} is running."));
    let (app, function, qualifier) = (app.clone(), function.to_owned(), qualifier.to_owned());
    spawn_local(async move {
        settled(&app, &function).await;
        let request = invoke(&function, &qualifier, &payload, invocation_type);
        let result = app.engine.request(request, &[]).await;
        app.runs.dispatch(RunsAction::Ended {
            function: function.clone(),
            number,
            result: Box::new(result),
        });
        let run = app.runs.get().by_function.get(&function).cloned();
        if let Some(run) = run.filter(|run| run.number == number) {
            app.say(match run.verdict() {
                Verdict::Running => return,
                Verdict::Succeeded => format!("{function} succeeded."),
                Verdict::Failed => format!("{function} failed."),
                Verdict::Refused => format!("The request to {function} was refused."),
                Verdict::Accepted => format!("The event for {function} was queued."),
                Verdict::Checked => "The request would be let in.".into(),
            });
        }
    });
}

/// What the selected event comes to with other memory, cold and warm. The session stays as it is: both happen in copies of it.
pub async fn try_memory(app: &App, function: &str, memory_mb: u64) -> Result<SweepRow, CallError> {
    let document = app.document.get();
    let event =
        document.draft(function).and_then(|draft| draft.test_events.get(draft.selected_event));
    let payload = event.map_or_else(|| "{}".to_owned(), |event| event.payload.clone());
    let update = of_function(
        "UpdateFunctionConfiguration",
        function,
        serde_json::json!({ "MemorySize": memory_mb }),
    );
    let event = invoke(function, "", &payload, InvocationType::RequestResponse);
    let workspace = super::snapshot(app);
    let (modules, _) = super::modules_of(app, &workspace).await;
    let mut outputs = Vec::new();
    for first in [vec![update.clone()], vec![update.clone(), event.clone()]] {
        let response =
            app.engine.try_request(workspace.clone(), &modules, first, event.clone()).await?;
        outputs.push(response.output);
    }
    Ok(SweepRow::of(memory_mb, &outputs[0], &outputs[1]))
}

/// What a function is deployed with.
pub(in crate::actions) struct Deployed {
    pub(in crate::actions) name: String,
    pub(in crate::actions) code: FunctionCode,
    pub(in crate::actions) settings: Settings,
}

impl Deployed {
    /// The request that creates the function so again.
    pub(in crate::actions) fn create(&self) -> ApiRequest {
        create_function(&self.name, &self.code, &self.settings)
    }
}

/// What a function is deployed with now, if it is there.
pub(in crate::actions) async fn deployed(app: &App, name: &str) -> Option<Deployed> {
    let function = app.engine.request(get_function(name), &[]).await.ok()?.output;
    Some(Deployed {
        name: name.to_owned(),
        code: FunctionCode::from_function(&function)?,
        settings: Settings::from_configuration(function.get("Configuration")?),
    })
}

/// A function as it was before it was deleted.
pub struct DeletedFunction {
    deployed: Deployed,
    draft: Option<FunctionDraft>,
}

/// Deletes a function; a message offers to undo it.
pub fn delete(app: &App, name: &str) {
    let (app, name) = (app.clone(), name.to_owned());
    spawn_local(async move {
        let draft = app.document.get().draft(&name).cloned();
        let deployed = deployed(&app, &name).await;
        match app.engine.request(delete_function(&name), &[]).await {
            Ok(_) => {
                app.undo.borrow_mut().function =
                    deployed.map(|deployed| DeletedFunction { deployed, draft });
                app.document.dispatch(DocumentAction::FunctionRemoved { name: name.clone() });
                app.runs.dispatch(RunsAction::Cleared(Some(name.clone())));
                app.notices.dispatch(NoticesAction::Forget(Remedy::UndoDelete));
                show(
                    &app,
                    Notice::new(Tone::Success, format!("{name} was deleted."))
                        .remedy(Remedy::UndoDelete),
                );
                if matches!(&app.here.get().route, Route::Function { name: shown, .. } if *shown == name)
                {
                    app.go(&Route::Functions);
                }
            }
            Err(error) => show(
                &app,
                Notice::new(Tone::Error, format!("{name} could not be deleted."))
                    .detail(error.line()),
            ),
        }
    });
}

/// Creates the function again that was deleted last. Its history stays what it was: deleted, then created.
pub fn undo_delete(app: &App) {
    let Some(deleted) = app.undo.borrow_mut().function.take() else { return };
    app.notices.dispatch(NoticesAction::Forget(Remedy::UndoDelete));
    let app = app.clone();
    spawn_local(async move {
        let DeletedFunction { deployed, draft } = deleted;
        let name = &deployed.name;
        match app.engine.request(deployed.create(), &[]).await {
            Ok(_) => {
                if let Some(draft) = draft {
                    app.document
                        .dispatch(DocumentAction::FunctionAdded { name: name.clone(), draft });
                }
                app.say(format!("{name} is back."));
            }
            Err(error) => show(
                &app,
                Notice::new(Tone::Error, format!("{name} could not be created again."))
                    .detail(error.line()),
            ),
        }
    });
}

/// The names that the workspace's functions have.
pub fn function_names(app: &App) -> Vec<String> {
    let mut names: Vec<String> = app.document.get().function_names();
    if let Some(rows) = &app.session.get().functions {
        names.extend(
            rows.iter()
                .map(|row| row.name.clone())
                .filter(|name| !app.document.get().workspace.functions.contains_key(name)),
        );
    }
    names
}

/// Adds an example's function and goes there.
pub async fn add_example(app: &App, example: &Example, name: Option<String>) -> Result<(), String> {
    let names = function_names(app);
    let name = name.unwrap_or_else(|| {
        free_name(&example.function.name, "-", names.iter().map(String::as_str))
    });
    add_function_of(app, example, &name).await?;
    app.say(format!("{name} was added."));
    // What is text is there to be read and changed; its test stands beside it.
    let tab = if example.files.is_some() { FunctionTab::Code } else { FunctionTab::Test };
    app.go(&Route::function(&name, tab));
    Ok(())
}

/// Adds a scenario's functions, makes its requests, and goes where they can be seen. A refusal among many requests at once is what they are for.
pub async fn add_scenario(
    app: &App,
    index: &ExampleIndex,
    scenario: &Scenario,
) -> Result<(), String> {
    let names = function_names(app);
    for function in index.examples.iter().filter(|one| scenario.functions.contains(&one.name)) {
        let name = &function.function.name;
        if !names.contains(name) {
            add_function_of(app, function, name).await?;
        }
    }
    // Whether a function is busy with a change is told with its window.
    let watched: Vec<u64> = scenario
        .functions
        .iter()
        .map(|name| super::watch(app, ViewSpec::Function { name: name.clone() }))
        .collect();
    let done = make_requests(app, scenario).await;
    watched.into_iter().for_each(|id| super::unwatch(app, id));
    done?;
    app.say(format!("{} is set up.", scenario.title));
    app.go(&Route::parse(&scenario.open));
    Ok(())
}

async fn make_requests(app: &App, scenario: &Scenario) -> Result<(), String> {
    for request in &scenario.requests {
        let function = request.params.get("FunctionName").and_then(|name| name.as_str());
        if let Some(function) = function {
            settled(app, function).await;
        }
        let one = ApiRequest {
            service: request.service.clone(),
            operation: request.operation.clone(),
            params: request.params.clone(),
        };
        if request.at_once {
            for _ in 0..request.times {
                let (app, one) = (app.clone(), one.clone());
                spawn_local(async move {
                    let _ = app.engine.request(one, &[]).await;
                });
            }
            continue;
        }
        for _ in 0..request.times {
            app.engine.request(one.clone(), &[]).await.map_err(|error| error.line())?;
        }
    }
    Ok(())
}

/// Adds an example's function under a name.
pub(super) async fn add_function_of(
    app: &App,
    example: &Example,
    name: &str,
) -> Result<(), String> {
    let code = match (&example.module, &example.files) {
        (_, Some(files)) if example.language == "assemblyscript" => {
            Code::AssemblyScript(files.clone())
        }
        (_, Some(files)) => Code::Files(files.clone()),
        (Some(module), None) => {
            let source = Source::Example { name: example.name.clone() };
            let bytes = match module_bytes(app, &module.sha256, &source).await {
                Some(bytes) => bytes,
                None => host::fetch_bytes(&format!("examples/{}", module.path)).await?.into(),
            };
            Code::Example { name: example.name.clone(), bytes }
        }
        (None, None) => {
            let source =
                example.source.as_ref().ok_or("The example has neither a module nor a source.")?;
            Code::Text(host::fetch_text(&format!("examples/{}", source.path)).await?)
        }
    };
    create(app, name, code, &example.function.settings(), example.events.clone())
        .await
        .map_err(|error| error.line())
}

/// Sets how the clock goes.
pub fn set_clock(app: &App, mode: ClockMode) {
    app.document.dispatch(DocumentAction::ClockSet(mode));
    app.engine.set_clock(mode);
    app.say(match mode {
        ClockMode::Fast => "The clock runs as fast as possible.",
        ClockMode::RealTime => "The clock runs at 1x.",
        ClockMode::Paused => "The clock is paused.",
    });
}
