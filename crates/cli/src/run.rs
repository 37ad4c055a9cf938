//! `coldstart run`: a workspace's history, natively. Its digest is to be the one that the page shows.

use crate::arguments::RunOptions;
use crate::{Refused, Verdict, print};
use coldstart_engine::{Engine, Fact, Outcome};
use coldstart_sandbox::WasmiSandbox;
use coldstart_workspace::{LINK_PREFIX, Source, Workspace, WorkspaceFile, decode_link};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn run(options: &RunOptions) -> Result<Verdict, Refused> {
    let WorkspaceFile { workspace, modules } = read(&options.workspace)?;
    let mut beside: Vec<Vec<u8>> = modules.into_values().collect();
    if let Some(directory) = &options.modules {
        beside.extend(named_modules(&workspace, directory));
    }
    let sandbox = Arc::new(WasmiSandbox::with_runtimes(crate::sources::runtime));
    let mut engine = coldstart_worker::replayed(&workspace, beside, sandbox)
        .map_err(|fault| Refused(fault.to_string()))?;
    report(options, &workspace, &mut engine)
}

/// A link, a zip file or JSON, by what it looks like.
pub(crate) fn read(given: &str) -> Result<WorkspaceFile, Refused> {
    let refused =
        |why: String| Refused(format!("{}: {why}", given.chars().take(200).collect::<String>()));
    let alone = |workspace| WorkspaceFile { workspace, modules: Default::default() };
    if given.contains(LINK_PREFIX) {
        return decode_link(given).map(alone).map_err(|error| Refused(error.to_string()));
    }
    let bytes = std::fs::read(given).map_err(|error| refused(error.to_string()))?;
    if bytes.starts_with(b"PK") {
        return WorkspaceFile::decode(&bytes).map_err(|error| refused(error.to_string()));
    }
    let text = String::from_utf8(bytes).map_err(|error| refused(error.to_string()))?;
    // A file may hold a link, for links that are longer than a shell takes.
    if text.contains(LINK_PREFIX) && !text.trim_start().starts_with('{') {
        return decode_link(&text).map(alone).map_err(|error| refused(error.to_string()));
    }
    Workspace::from_json(&text).map(alone).map_err(|error| refused(error.to_string()))
}

/// Modules of the directory that the document only names. What is not there is found missing by the replay.
fn named_modules(workspace: &Workspace, directory: &Path) -> Vec<Vec<u8>> {
    let found = workspace.sources.iter().filter_map(|(sha256, source)| {
        let name = match source {
            Source::Example { name } => format!("{name}.wasm"),
            Source::Module { name } => name.clone(),
            Source::Compiled { .. } => format!("{sha256}.wasm"),
            Source::Wat { .. } | Source::Files { .. } | Source::Inline { .. } => return None,
        };
        let by_hash = std::fs::read(directory.join(format!("{sha256}.wasm")));
        // Only the last part of a foreign name, so that it cannot lead out of the directory.
        by_hash.ok().or_else(|| std::fs::read(directory.join(Path::new(&name).file_name()?)).ok())
    });
    found.collect()
}

fn report(
    options: &RunOptions,
    workspace: &Workspace,
    engine: &mut Engine,
) -> Result<Verdict, Refused> {
    let (mut events, mut invocations, mut errors, mut cold_starts, mut log_lines) =
        (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    while let Some(event) = engine.poll_event() {
        events += 1;
        match event.fact {
            Fact::InvocationStarted { cold, .. } => cold_starts += u64::from(cold),
            Fact::InvocationFinished { outcome, .. } => {
                invocations += 1;
                errors += u64::from(outcome != Outcome::Success);
            }
            Fact::LogLine { .. } => log_lines += 1,
            _ => {}
        }
    }
    let digest = engine.digest();
    let compared =
        workspace.digest.as_ref().map(|expected| coldstart_worker::compared(expected, &digest));
    let (matches, why) = compared.map_or((None, String::new()), |(same, why)| (Some(same), why));
    let text = if options.json {
        let object = json!({
            "digest": digest, "matches": matches, "why": why, "commands": workspace.commands.len(), "untilUs": engine.now().0,
            "events": events, "invocations": invocations, "errors": errors, "coldStarts": cold_starts, "logLines": log_lines,
        });
        format!("{object}\n")
    } else {
        let verdict = match matches {
            Some(true) => "the same history as its sender's",
            Some(false) if !why.is_empty() => &format!("not the history of its sender. {why}"),
            Some(false) => "not the history of its sender",
            None => "its sender gave no digest",
        };
        format!(
            "digest {digest}\n{verdict}\n{} commands, {:.3} virtual seconds, {events} events: {invocations} invocations, \
             {errors} failed, {cold_starts} cold starts, {log_lines} log lines\n",
            workspace.commands.len(),
            engine.now().0 as f64 / 1e6,
        )
    };
    print(text.as_bytes())?;
    Ok(if matches == Some(false) { Verdict::Failure } else { Verdict::Success })
}
