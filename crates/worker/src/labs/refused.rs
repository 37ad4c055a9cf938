//! What of a lab's own state the services refuse: for authors.

use crate::session::{OpenFault, config_of, modules_of, session_of};
use coldstart_engine::{Engine, Progress, Request};
use coldstart_sandbox::Sandbox;
use coldstart_workspace::Workspace;
use coldstart_workspace::lab::state;
use serde_json::Value;
use std::sync::Arc;

/// Units of a piece of work.
const SLICE: u64 = 1_000_000;
/// Pieces of work between two requests: what a lab configures does little by itself.
const PIECES_MAX: u64 = 10_000;
/// What is answered later is answered by then.
const SETTLES_US: u64 = 10_000_000;

/// The requests of a state's configuration that are refused, as sentences: with the file that says them, the service's error and its message. Learners'
/// sessions may well hold refused requests; in what an author wrote each is a mistake.
///
/// # Errors
/// The session cannot be opened.
pub fn refused(
    workspace: &Workspace,
    sandbox: &Arc<dyn Sandbox>,
) -> Result<Vec<String>, OpenFault> {
    let mut workspace = workspace.clone();
    workspace.commands = state::configuration(&workspace);
    let modules = modules_of(&workspace, Vec::new())?;
    let session = session_of(&workspace)?;
    let mut engine = Engine::new(config_of(&workspace), Arc::clone(sandbox));
    for module in modules {
        engine.put_blob(module);
    }
    let mut asked = Vec::new();
    let reach = |engine: &mut Engine, at| {
        (0..PIECES_MAX).any(|_| engine.run_slice(at, SLICE) == Progress::Reached)
    };
    for command in session.commands {
        if !reach(&mut engine, command.at) {
            return Ok(vec!["what it configures does not come to rest".into()]);
        }
        let named = named(&command.request);
        asked.push((engine.handle_request(command.at, command.request), named));
        while engine.poll_event().is_some() {}
    }
    let end = engine.now().after_micros(SETTLES_US);
    reach(&mut engine, end);
    let mut refused = Vec::new();
    while let Some((id, answer)) = engine.poll_answer() {
        if let (Err(error), Some((_, named))) = (answer, asked.iter().find(|(of, _)| *of == id)) {
            let message = error.message.unwrap_or_default();
            refused.push(format!("{named}: {}: {message}", error.code));
        }
    }
    Ok(refused)
}

/// The file that a request comes of.
fn named(Request { service, operation, params, .. }: &Request) -> String {
    let of = |member: &str| params.get(member).and_then(Value::as_str).unwrap_or_default();
    match operation.as_str() {
        "CreateFunction" => format!("functions/{}", of("FunctionName")),
        "CreateStateMachine" => format!("machines/{}.asl.json", of("name")),
        _ => format!("workspace.toml: {service} {operation}"),
    }
}
