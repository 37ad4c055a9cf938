//! What is done with executions: stop, redrive, answer a callback, take in a history from a file.

use super::show;
use crate::app::App;
use crate::model::{
    CallError, Notice, Tone, redrive_execution, send_task_failure, send_task_success,
    stop_execution,
};
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

/// Takes in a history; its source, or what is wrong with the file.
pub async fn import_history(
    app: &App,
    name: String,
    history: String,
    definition: String,
) -> Result<String, String> {
    let ask = ExecutionAsk::Import { history, definition, name };
    match app.engine.execution(ask).await {
        Some(ExecutionAnswer::Imported(result)) => result,
        _ => Err("The engine stopped while it read the file.".into()),
    }
}
