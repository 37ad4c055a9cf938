//! What is done with executions: stop, redrive, answer a callback, take in a history from a file.

use super::show;
use super::workspace::storage;
use crate::app::App;
use crate::host;
use crate::model::{
    CallError, Notice, Tone, redrive_execution, send_task_failure, send_task_success,
    stop_execution,
};
use crate::storage::histories::{self, HistoryFiles, KeptHistory};
use coldstart_protocol::{ExecutionAnswer, ExecutionAsk};
use coldstart_workspace::ApiRequest;
use wasm_bindgen_futures::spawn_local;

fn ask(app: &App, request: ApiRequest, done: &'static str, failed: &'static str) {
    let app = app.clone();
    spawn_local(async move {
        match app.engine.request(request, &[]).await {
            Ok(_) => app.say(done),
            Err(error) => show(&app, Notice::new(Tone::Error, failed).detail(error.line())),
        }
    });
}

/// Stops an execution.
pub fn stop(app: &App, arn: &str) {
    ask(app, stop_execution(arn), "The execution was stopped.", "The execution was not stopped.");
}

/// Redrives an execution.
pub fn redrive(app: &App, arn: &str) {
    ask(app, redrive_execution(arn), "The execution goes on.", "The execution was not redriven.");
}

/// Answers a callback: with an output, or with an error and its cause.
pub async fn answer_callback(
    app: &App,
    token: &str,
    answer: Result<String, (String, String)>,
) -> Result<(), CallError> {
    let request = match answer {
        Ok(output) => send_task_success(token, &output),
        Err((error, cause)) => send_task_failure(token, &error, &cause),
    };
    app.engine.request(request, &[]).await.map(|_| app.say("The callback was answered."))
}

/// Takes in a history and keeps it in this browser; its source, or what is wrong with the file.
pub async fn import_history(
    app: &App,
    name: String,
    history: String,
    definition: String,
) -> Result<String, String> {
    let storage = storage(app);
    let mut number = host::unix_ms() as u64;
    if let Some(storage) = &storage {
        let last = histories::list(storage).await.iter().map(|kept| kept.number).max();
        number = number.max(last.map_or(0, |last| last + 1));
    }
    let files = (history, definition, name);
    let source = read_history(app, number, files.clone()).await?;
    if let Some(storage) = &storage
        && let Err(error) = histories::keep(storage, number, &files).await
    {
        let notice = Notice::new(Tone::Warning, "This history will not survive a reload.");
        show(app, notice.detail(error));
    }
    Ok(source)
}

async fn read_history(app: &App, number: u64, files: HistoryFiles) -> Result<String, String> {
    let (history, definition, name) = files;
    let ask = ExecutionAsk::Import { history, definition, name, number };
    match app.engine.execution(ask).await {
        Some(ExecutionAnswer::Imported(result)) => result,
        _ => Err("The engine stopped while it read the file.".into()),
    }
}

/// Reads a history again that is kept in this browser; whether it is.
pub async fn restore_history(app: &App, number: u64) -> bool {
    let Some(storage) = storage(app) else { return false };
    match histories::load(&storage, number).await {
        Some(files) => read_history(app, number, files).await.is_ok(),
        None => false,
    }
}

/// The histories that are kept in this browser, newest first, and whether a reload keeps them.
pub async fn kept_histories(app: &App) -> (Vec<KeptHistory>, bool) {
    let Some(storage) = storage(app) else { return (Vec::new(), false) };
    let mut kept = histories::list(&storage).await;
    kept.reverse();
    (kept, storage.is_lasting())
}

/// Forgets a history.
pub async fn forget_history(app: &App, number: u64) {
    let source = format!("import:{number}");
    app.engine.execution(ExecutionAsk::Forget { source }).await;
    if let Some(storage) = storage(app)
        && let Err(error) = histories::forget(&storage, number).await
    {
        show(app, Notice::new(Tone::Error, "The history is still kept.").detail(error));
    }
}
