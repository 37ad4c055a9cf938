//! What a definition finds around it: functions, mocks.

use super::{read_text, validate};
use crate::cloud::{Cloud, FunctionSettings, code, resource_name};
use crate::{Refused, run};
use coldstart_asl::{MachineType, Severity, parse_for};
use coldstart_engine::mocks::MockConfig;
use coldstart_sandbox::WasmiSandbox;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/states-role";

/// A cloud with the functions of a directory, or of a workspace after all that happened in it.
pub(crate) fn cloud(functions: Option<&str>, seed: u64) -> Result<Cloud, Refused> {
    let Some(given) = functions else { return Ok(Cloud::new(seed)) };
    let path = Path::new(given);
    if !path.is_dir() {
        let file = run::read(given)?;
        let modules = file.modules.into_values().collect();
        let sandbox = Arc::new(WasmiSandbox::with_runtimes(crate::sources::runtime));
        let engine = coldstart_worker::replayed(&file.workspace, modules, sandbox)
            .map_err(|fault| Refused(fault.to_string()))?;
        let mut cloud = Cloud::of(engine);
        // What is over is not what is asked about.
        while cloud.engine.poll_event().is_some() {}
        while cloud.engine.poll_answer().is_some() {}
        return Ok(cloud);
    }
    let mut cloud = Cloud::new(seed);
    let refused = |error: std::io::Error| Refused(format!("{given}: {error}"));
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).map_err(refused)? {
        let file = entry.map_err(refused)?.path();
        let kinds = ["wasm", "wat", "zip", "tar"];
        if file.extension().is_some_and(|extension| kinds.iter().any(|kind| extension == *kind)) {
            files.push(file);
        }
    }
    // The order of a directory is nobody's, and ids follow the order of creation.
    files.sort();
    let settings = FunctionSettings {
        runtime: None,
        handler: "handler",
        memory_mb: 128,
        timeout_seconds: 3,
        environment: &[],
    };
    for file in files {
        cloud.create_function(&resource_name(&file, "function", 64), code(&file)?, &settings)?;
    }
    Ok(cloud)
}

/// A definition that may run; the faults of another one are told by line and column.
pub(crate) fn definition(path: &Path, machine: MachineType) -> Result<String, Refused> {
    let text = read_text(path, "")?;
    let (_, diagnostics) = parse_for(&text, machine);
    let errors: Vec<_> =
        diagnostics.into_iter().filter(|one| one.severity == Severity::Error).collect();
    if errors.is_empty() {
        return Ok(text);
    }
    let lines = validate::lines(path, &text, &errors);
    Err(Refused(format!("the definition has faults:\n{}", lines.trim_end())))
}

/// JSON of a file, as its text; without a file `otherwise`.
pub(crate) fn json_text(
    path: Option<&Path>,
    what: &str,
    otherwise: &str,
) -> Result<String, Refused> {
    let Some(path) = path else { return Ok(otherwise.to_owned()) };
    let text = read_text(path, &format!("the {what} "))?;
    match serde_json::from_str::<Value>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Refused(format!("the {what} {}: {error}", path.display()))),
    }
}

/// Sets the mocks, and gives the test case to start: the one that is named, the active one, or the only one.
pub(crate) fn set_mocks(
    cloud: &mut Cloud,
    path: &Path,
    machine: &str,
    case: Option<&str>,
) -> Result<Option<String>, Refused> {
    let text = json_text(Some(path), "mocks", "")?;
    let refused = |why: String| Refused(format!("the mocks {}: {why}", path.display()));
    let config = MockConfig::parse(&text).map_err(|faults| refused(faults.join("\n")))?;
    let cases = &config.source()["StateMachines"][machine]["TestCases"];
    let names: Vec<&str> =
        cases.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let case = match (case, names.as_slice()) {
        (_, []) => {
            let machines = config.source()["StateMachines"].as_object().into_iter().flatten();
            let machines: Vec<&str> = machines.map(|(name, _)| name.as_str()).collect();
            let machines = machines.join(", ");
            return Err(refused(format!(
                "no test cases of the state machine {machine:?}, only of: {machines}; --name says what it is called"
            )));
        }
        (Some(case), names) if names.contains(&case) => Some(case.to_owned()),
        (Some(case), names) => {
            return Err(refused(format!("no test case {case:?}, only: {}", names.join(", "))));
        }
        (None, _) if config.active(machine).is_some() => None,
        (None, [only]) => Some((*only).to_owned()),
        (None, names) => {
            return Err(refused(format!(
                "several test cases, --case says which: {}",
                names.join(", ")
            )));
        }
    };
    cloud.ask("coldstart", "PutMockConfiguration", json!({ "configuration": text }))?;
    Ok(case)
}
