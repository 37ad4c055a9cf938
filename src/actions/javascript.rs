//! Whether JavaScript compiles: its runtime is asked before a deploy, in an engine that is forgotten (runtimes/javascript/js/check.js).
//! Nothing of the code runs, and the session knows nothing of it.

use super::DeployError;
use crate::app::App;
use crate::model::{
    FunctionCode, InvocationType, Settings, compiled_paths, create_function, invoke,
};
use coldstart_protocol::Diagnostic;
use coldstart_workspace::{ClockMode, Command, Source, WORKSPACE_VERSION, Workspace};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a handler is called that the runtime answers itself.
const CHECK: &str = "coldstart:check";
/// The function of the engine that is forgotten.
const NAME: &str = "check";
/// Virtual microseconds until a new function takes events.
const SETTLED_US: u64 = 10_000_000;

/// Refuses files with mistakes, and says where they are. What cannot be asked, as in a build without the runtime, refuses nothing.
pub(super) async fn check(
    app: &App,
    source: &Source,
    sha256: &str,
    runtime: &str,
) -> Result<(), DeployError> {
    let Source::Files { files } = source else { return Ok(()) };
    let is_code = |path: &String| [".js", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end));
    if !runtime.starts_with("nodejs") || !files.keys().any(is_code) {
        return Ok(());
    }
    let settings = Settings {
        runtime: runtime.to_owned(),
        handler: CHECK.to_owned(),
        memory_mb: 1_024,
        timeout_seconds: 60,
        ..Settings::default()
    };
    let code = FunctionCode::ZipFile(sha256.to_owned());
    let request = create_function(NAME, &code, &settings);
    let session = app.document.get();
    let workspace = Workspace {
        version: WORKSPACE_VERSION,
        name: String::new(),
        meter: session.workspace.meter,
        seed: 1,
        epoch_ms: session.workspace.epoch_ms,
        sources: BTreeMap::from([(sha256.to_owned(), source.clone())]),
        functions: BTreeMap::new(),
        machines: BTreeMap::new(),
        commands: vec![Rc::new(Command { at_us: 0, request })],
        interrupts: Vec::new(),
        until_us: SETTLED_US,
        clock: ClockMode::Fast,
        digest: None,
    };
    let ask = invoke(NAME, "", "{}", InvocationType::RequestResponse);
    let Ok(answer) = app.engine.try_request(workspace, &[], Vec::new(), ask).await else {
        return Ok(());
    };
    let text = answer.output.pointer("/Payload/$text").and_then(Value::as_str).unwrap_or_default();
    // An error of the function is an object, and no list.
    let mistakes: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    // Mistakes of what was made of TypeScript stand on the same lines there.
    let written: BTreeMap<String, String> =
        compiled_paths(files).into_iter().map(|(path, made)| (made, path)).collect();
    let diagnostics: Vec<Diagnostic> = mistakes
        .iter()
        .map(|mistake| {
            let text = |key: &str| mistake[key].as_str().unwrap_or_default();
            let number = |key: &str| mistake[key].as_u64().map_or(1, |number| number as usize);
            let file = written.get(text("file")).map_or(text("file"), String::as_str);
            Diagnostic {
                offset: 0,
                line: number("line"),
                column: number("column"),
                message: format!("{file}: {}", text("message")),
            }
        })
        .collect();
    if diagnostics.is_empty() { Ok(()) } else { Err(DeployError::Text(diagnostics)) }
}
