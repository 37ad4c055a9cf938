//! The state that a step's files stand for, and the workspace that it makes.
//!
//! - `functions/NAME/…`: the files of a function's package.
//! - `machines/NAME.asl.json`: the definition of a state machine.
//! - `events/FUNCTION/NAME.json`, `inputs/MACHINE/NAME.json`: test events and inputs.
//! - `workspace.toml`: settings of functions and machines, requests that make everything else, and faults.
//!
//! All of it becomes commands of the session's first seconds, so that what a lab begins with is a history like any other.

use super::model::Files;
use crate::{
    ApiRequest, ClockMode, Command, FunctionDraft, MachineDraft, MachineType, Source, TestEvent,
    WORKSPACE_VERSION, Workspace, hex_sha256, package,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// When the first request enters: functions are active by then.
const REQUESTS_AT_US: u64 = 10_000_000;
/// Between two requests: what one changes is settled when the next comes.
const REQUESTS_APART_US: u64 = 10_000_000;
/// What requests are made in the name of: no role of the session's, so nobody asks what it may.
const ROLE: &str = "arn:aws:iam::123456789012:role/coldstart";

/// What `workspace.toml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    functions: BTreeMap<String, Function>,
    #[serde(default)]
    machines: BTreeMap<String, Machine>,
    #[serde(default)]
    requests: Vec<ApiRequest>,
    #[serde(default)]
    faults: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Function {
    #[serde(default = "runtime")]
    runtime: String,
    #[serde(default = "handler")]
    handler: String,
    #[serde(default = "memory")]
    memory: u32,
    #[serde(default = "timeout")]
    timeout: u32,
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

impl Default for Function {
    fn default() -> Self {
        Self {
            runtime: runtime(),
            handler: handler(),
            memory: memory(),
            timeout: timeout(),
            environment: BTreeMap::new(),
        }
    }
}

fn runtime() -> String {
    "nodejs22.x".into()
}
fn handler() -> String {
    "index.handler".into()
}
fn memory() -> u32 {
    128
}
fn timeout() -> u32 {
    3
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Machine {
    #[serde(default)]
    r#type: MachineType,
}

/// What files stand for, read and in order.
#[derive(Debug)]
pub struct State {
    functions: BTreeMap<String, (Function, Files)>,
    machines: BTreeMap<String, (MachineType, String)>,
    events: BTreeMap<(String, String), Vec<TestEvent>>,
    requests: Vec<ApiRequest>,
    faults: Option<Value>,
}

/// Reads a state.
///
/// # Errors
/// What is wrong first, with the file.
pub fn read(files: &Files) -> Result<State, String> {
    let mut settings = match files.get("workspace.toml") {
        Some(text) => toml::from_str::<Settings>(text)
            .map_err(|error| format!("workspace.toml: {}", error.to_string().trim_end()))?,
        None => Settings::default(),
    };
    let mut state = State {
        functions: BTreeMap::new(),
        machines: BTreeMap::new(),
        events: BTreeMap::new(),
        requests: std::mem::take(&mut settings.requests),
        faults: settings.faults.take(),
    };
    for (path, text) in files {
        let unknown = || {
            format!(
                "{path}: a state has functions/NAME/…, machines/NAME.asl.json, events/FUNCTION/NAME.json, inputs/MACHINE/NAME.json and workspace.toml"
            )
        };
        let parts: Vec<&str> = path.splitn(3, '/').collect();
        match parts[..] {
            ["workspace.toml"] => {}
            ["functions", name, file] => {
                let entry = state.functions.entry(name.to_owned()).or_insert_with(|| {
                    (settings.functions.remove(name).unwrap_or_default(), Files::new())
                });
                entry.1.insert(file.to_owned(), text.clone());
            }
            ["machines", file] => {
                let name = file.strip_suffix(".asl.json").ok_or_else(unknown)?;
                let machine = settings.machines.remove(name).unwrap_or_default();
                state.machines.insert(name.to_owned(), (machine.r#type, text.clone()));
            }
            [kind @ ("events" | "inputs"), of, file] => {
                let name = file.strip_suffix(".json").ok_or_else(unknown)?;
                serde_json::from_str::<Value>(text).map_err(|error| format!("{path}: {error}"))?;
                let event = TestEvent { name: name.to_owned(), payload: text.trim().to_owned() };
                state.events.entry((kind.to_owned(), of.to_owned())).or_default().push(event);
            }
            _ => return Err(unknown()),
        }
    }
    if let Some(name) = settings.functions.keys().chain(settings.machines.keys()).next() {
        return Err(format!("workspace.toml: {name} has settings and no files"));
    }
    Ok(state)
}

impl State {
    /// The workspace: drafts for the editors, and commands that deploy them and make the rest.
    pub fn workspace(&self, name: &str, meter: u32, seed: u64) -> Workspace {
        let mut workspace = Workspace {
            version: WORKSPACE_VERSION,
            name: name.to_owned(),
            meter,
            seed,
            epoch_ms: 1_767_225_600_000,
            sources: BTreeMap::new(),
            functions: BTreeMap::new(),
            machines: BTreeMap::new(),
            commands: Vec::new(),
            interrupts: Vec::new(),
            until_us: 0,
            clock: ClockMode::Fast,
            digest: None,
        };
        let mut command = |at_us: u64, service: &str, operation: &str, params: Value| {
            let request =
                ApiRequest { service: service.into(), operation: operation.into(), params };
            workspace.commands.push(Rc::new(Command { at_us, request }));
        };
        for (name, (function, files)) in &self.functions {
            let source = Source::Files { files: files.clone() };
            let sha256 = hex_sha256(&package(files));
            let mut params = json!({
                "FunctionName": name,
                "Runtime": function.runtime,
                "Role": ROLE,
                "Handler": function.handler,
                "Code": { "ZipFile": { "$sha256": sha256 } },
                "Timeout": function.timeout,
                "MemorySize": function.memory,
            });
            if !function.environment.is_empty() {
                params["Environment"] = json!({ "Variables": function.environment });
            }
            command(0, "lambda", "CreateFunction", params);
            let test_events = self.events_of("events", name);
            workspace.sources.insert(sha256, source.clone());
            let draft = FunctionDraft { source, test_events, selected_event: 0 };
            workspace.functions.insert(name.clone(), draft);
        }
        for (name, (machine_type, definition)) in &self.machines {
            let params = json!({
                "name": name,
                "definition": definition,
                "roleArn": ROLE,
                "type": machine_type,
            });
            command(0, "states", "CreateStateMachine", params);
            let draft = MachineDraft {
                machine_type: *machine_type,
                definition: definition.clone(),
                inputs: self.events_of("inputs", name),
                selected_input: 0,
                mocks: String::new(),
            };
            workspace.machines.insert(name.clone(), draft);
        }
        let mut at_us = REQUESTS_AT_US;
        for request in &self.requests {
            command(at_us, &request.service, &request.operation, request.params.clone());
            at_us += REQUESTS_APART_US;
        }
        if let Some(faults) = &self.faults {
            command(at_us, "coldstart", "PutFaults", json!({ "Faults": faults }));
        }
        workspace.until_us = workspace.commands.last().map_or(0, |command| command.at_us);
        workspace
    }

    /// Faults of the step, as PutFaults takes them.
    pub fn faults(&self) -> Option<&Value> {
        self.faults.as_ref()
    }

    fn events_of(&self, kind: &str, name: &str) -> Vec<TestEvent> {
        self.events.get(&(kind.to_owned(), name.to_owned())).cloned().unwrap_or_default()
    }

    /// What the state has, to be named: `functions/NAME`, `machines/NAME`, whether files or requests make it.
    pub fn names(&self) -> BTreeSet<String> {
        let functions = self.functions.keys().map(|name| format!("functions/{name}"));
        let machines = self.machines.keys().map(|name| format!("machines/{name}"));
        let made = self.requests.iter().filter_map(|request| {
            let (folder, member) = match request.operation.as_str() {
                "CreateFunction" => ("functions", "FunctionName"),
                "CreateStateMachine" => ("machines", "name"),
                _ => return None,
            };
            Some(format!("{folder}/{}", request.params.get(member)?.as_str()?))
        });
        functions.chain(machines).chain(made).collect()
    }
}

/// The commands of a session that configure it, in order: those that make things happen are left out, so that a check sees what is there and
/// not what was tried.
pub fn configuration(workspace: &Workspace) -> Vec<Rc<Command>> {
    let acts = |request: &ApiRequest| {
        let operation = request.operation.as_str();
        match request.service.as_str() {
            "lambda" => operation.starts_with("Invoke"),
            "states" => {
                operation.starts_with("Start")
                    || operation.starts_with("Send")
                    || matches!(
                        operation,
                        "StopExecution" | "RedriveExecution" | "GetActivityTask" | "TestState"
                    )
            }
            "sqs" => {
                operation.contains("Message") && operation != "SetQueueAttributes"
                    || operation == "PurgeQueue"
            }
            "sns" => operation.starts_with("Publish"),
            "events" => matches!(operation, "PutEvents" | "StartReplay" | "CancelReplay"),
            "logs" => operation == "PutLogEvents",
            "coldstart" => matches!(operation, "StartLoad" | "StopLoad"),
            _ => false,
        }
    };
    workspace.commands.iter().filter(|command| !acts(&command.request)).cloned().collect()
}

/// JSON of a file, or the value itself.
pub fn input(files: &Files, given: Option<&Value>) -> Value {
    match given {
        Some(Value::String(path)) if path.ends_with(".json") => files
            .get(path)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Object(Map::new())),
        Some(value) => value.clone(),
        None => Value::Object(Map::new()),
    }
}
