//! From the document to what the engine replays.

use crate::assemble;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use coldstart_engine::{
    Command, Config, DigestForm, Engine, Interrupt, Principal, Request, Session, Timestamp,
};
use coldstart_sandbox::{METER_VERSION, Sandbox};
use coldstart_workspace::{ApiRequest, Source, Workspace, known_module, package, unpack_module};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why a document cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenFault {
    /// The document is out of bounds.
    #[error("{0}")]
    Invalid(String),
    /// Its durations were measured by another meter.
    #[error(
        "this workspace was made with version {theirs} of the meter, and this build has version {METER_VERSION}: its history cannot be repeated"
    )]
    OtherMeter {
        /// The document's.
        theirs: u32,
    },
    /// A module is not there.
    #[error("the module {sha256}{} is missing", if name.is_empty() { String::new() } else { format!(" ({name})") })]
    ModuleMissing {
        /// Hex.
        sha256: String,
        /// The name of its file or example; empty when the document does not name it.
        name: String,
    },
    /// A source does not give the module that it stands for.
    #[error("sources.{sha256}: {problem}")]
    Source {
        /// Hex.
        sha256: String,
        /// What is wrong.
        problem: String,
    },
}

/// Lower-case hex SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The request as the engine takes it: the person at the page or the terminal calls.
pub(crate) fn request_of(request: &ApiRequest) -> Request {
    Request {
        service: request.service.clone(),
        operation: request.operation.clone(),
        params: request.params.clone(),
        principal: Principal::User,
    }
}

pub(crate) fn config_of(workspace: &Workspace) -> Config {
    Config {
        seed: workspace.seed,
        epoch_ms: workspace.epoch_ms,
        digest: DigestForm::of(workspace.digest.as_deref()),
        ..Config::default()
    }
}

/// The session that a document stands for.
pub fn session_of(workspace: &Workspace) -> Result<Session, OpenFault> {
    workspace.validate().map_err(|fault| OpenFault::Invalid(fault.to_string()))?;
    if workspace.meter != METER_VERSION {
        return Err(OpenFault::OtherMeter { theirs: workspace.meter });
    }
    let commands: Vec<Command> = workspace
        .commands
        .iter()
        .map(|command| Command {
            at: Timestamp(command.at_us),
            request: request_of(&command.request),
        })
        .collect();
    let last = commands.last().map_or(Timestamp(0), |command| command.at);
    Ok(Session {
        config: config_of(workspace),
        commands,
        interrupts: workspace
            .interrupts
            .iter()
            .map(|i| Interrupt { request_id: i.request_id.clone(), units: i.units })
            .collect(),
        // A document that was saved between a command and the clock's news is as far as its last command.
        until: Timestamp(workspace.until_us).max(last),
    })
}

/// The modules that the commands name, from the document's own sources and from `beside` (uploads and examples).
pub fn modules_of(workspace: &Workspace, beside: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, OpenFault> {
    let mut beside: BTreeMap<String, Vec<u8>> =
        beside.into_iter().map(|bytes| (sha256_hex(&bytes), bytes)).collect();
    let mut named = BTreeSet::new();
    workspace
        .commands
        .iter()
        .for_each(|command| collect_hashes(&command.request.params, &mut named));
    let mut modules = Vec::new();
    for sha256 in named {
        let known = || known_module(&sha256).map(<[u8]>::to_vec);
        if let Some(bytes) = beside.remove(&sha256).or_else(known) {
            modules.push(bytes);
            continue;
        }
        let fault = |problem: String| OpenFault::Source { sha256: sha256.clone(), problem };
        let bytes = match workspace.sources.get(&sha256) {
            Some(Source::Wat { text }) => assemble(text).map_err(|faults| {
                let first = &faults[0];
                fault(format!("line {}, column {}: {}", first.line, first.column, first.message))
            })?,
            Some(Source::Files { files }) => package(files),
            Some(Source::Inline { base64, .. }) => {
                STANDARD.decode(base64).map_err(|error| fault(format!("not base64: {error}")))?
            }
            Some(Source::Compiled { base64, .. }) if !base64.is_empty() => {
                unpack_module(base64).map_err(fault)?
            }
            Some(Source::Compiled { compiler, .. }) => {
                let name = format!("made by {compiler}");
                return Err(OpenFault::ModuleMissing { sha256, name });
            }
            Some(Source::Example { name } | Source::Module { name }) => {
                return Err(OpenFault::ModuleMissing { sha256, name: name.clone() });
            }
            None => return Err(OpenFault::ModuleMissing { sha256, name: String::new() }),
        };
        if sha256_hex(&bytes) != sha256 {
            return Err(fault(
                "it gives another module than the one that the commands name".into(),
            ));
        }
        modules.push(bytes);
    }
    Ok(modules)
}

/// Blobs by hash stand anywhere in the parameters.
fn collect_hashes(params: &Value, into: &mut BTreeSet<String>) {
    match params {
        Value::Object(map) => {
            if let (1, Some(Value::String(sha256))) = (map.len(), map.get("$sha256")) {
                into.insert(sha256.clone());
            }
            map.values().for_each(|value| collect_hashes(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_hashes(value, into)),
        _ => {}
    }
}

/// Replays a document at once; what the native command does.
pub fn replayed(
    workspace: &Workspace,
    beside: Vec<Vec<u8>>,
    sandbox: Arc<dyn Sandbox>,
) -> Result<Engine, OpenFault> {
    let session = session_of(workspace)?;
    let modules = modules_of(workspace, beside)?;
    Ok(coldstart_engine::replay(&session, modules, sandbox))
}
