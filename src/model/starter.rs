//! What a visitor finds: a working function, and a template for the next one.

use super::{InvocationType, Settings};
use coldstart_workspace::{MachineDraft, MachineType, TestEvent};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Unix milliseconds of virtual time zero, until the engine says it.
pub const EPOCH_MS: u64 = 1_767_225_600_000;

/// The first function's name.
pub const STARTER_FUNCTION: &str = "hello";

/// The least that a function must have.
pub const BLANK_TEXT: &str = r#";; The least a function must have: room for the event, and a handler that answers it.
(module
  (import "lambda" "respond" (func $respond (param $at i32) (param $length i32) (result i32)))
  (memory (export "memory") 1)

  ;; Says where an event of this length may be written.
  (func (export "lambda_alloc") (param $length i32) (result i32)
    (i32.const 1024))

  ;; Answers with the event itself.
  (func (export "lambda_handler") (param $at i32) (param $length i32) (result i32)
    (drop (call $respond (local.get $at) (local.get $length)))
    (i32.const 0))
)
"#;

/// The test event that a new function begins with.
pub fn first_event() -> TestEvent {
    TestEvent { name: "hello".into(), payload: "{\n  \"name\": \"Ada\"\n}".into() }
}

/// The examples that the page ships, `examples/index.json`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct ExampleIndex {
    /// Functions, in the order of the gallery.
    pub examples: Vec<Example>,
    /// State machines, in the order of the gallery.
    #[serde(default)]
    pub machines: Vec<MachineExample>,
    /// Scenarios, in the order of the gallery.
    #[serde(default)]
    pub scenarios: Vec<Scenario>,
}

/// Functions with what is around them, and requests that show it at work.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Scenario {
    /// By which it is known.
    pub name: String,
    /// Its title.
    pub title: String,
    /// A sentence or two.
    pub summary: String,
    /// Examples of functions that it needs, by name.
    pub functions: Vec<String>,
    /// What is asked of the cloud when it is opened, in order.
    pub requests: Vec<ScenarioRequest>,
    /// Where the page goes then.
    pub open: String,
}

/// A request of a scenario.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioRequest {
    /// Such as `lambda`.
    pub service: String,
    /// Such as `Invoke`.
    pub operation: String,
    /// As in the API.
    pub params: serde_json::Value,
    /// How often it is made.
    #[serde(default = "once")]
    pub times: usize,
    /// All of them at the same virtual instant, or one after the other.
    #[serde(default)]
    pub at_once: bool,
}

fn once() -> usize {
    1
}

impl ExampleIndex {
    /// The functions that a state machine calls.
    pub fn functions_of<'a>(
        &'a self,
        machine: &'a MachineExample,
    ) -> impl Iterator<Item = &'a Example> {
        let names = machine.functions.iter();
        names.filter_map(|name| self.examples.iter().find(|example| example.name == *name))
    }
}

/// An example of a state machine: all of it, since it is text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct MachineExample {
    /// By which it is known.
    pub name: String,
    /// Its title.
    pub title: String,
    /// A sentence or two.
    pub summary: String,
    /// What it is called and of which type it is.
    pub machine: ExampleMachine,
    /// The definition.
    pub definition: String,
    /// Names of the examples whose functions it calls.
    #[serde(default)]
    pub functions: Vec<String>,
    /// Inputs to start it with.
    #[serde(default)]
    pub inputs: Vec<TestEvent>,
}

/// The state machine of an example.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ExampleMachine {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub machine_type: MachineType,
}

impl MachineExample {
    /// What is put into its editors.
    pub fn draft(&self) -> MachineDraft {
        MachineDraft {
            machine_type: self.machine.machine_type,
            definition: self.definition.clone(),
            inputs: self.inputs.clone(),
            selected_input: 0,
            mocks: String::new(),
        }
    }
}

/// An example.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Example {
    /// By which [`Source::Example`] names its module.
    pub name: String,
    /// Its title.
    pub title: String,
    /// A sentence or two.
    pub summary: String,
    /// `rust`, `wat` …
    pub language: String,
    /// The function.
    pub function: ExampleFunction,
    /// Its module; none when it is made from text.
    pub module: Option<ExampleModule>,
    /// Its source.
    pub source: Option<ExampleSource>,
    /// Its code as text files by their paths, for a runtime that reads them.
    #[serde(default)]
    pub files: Option<BTreeMap<String, String>>,
    /// Its test events.
    #[serde(default)]
    pub events: Vec<TestEvent>,
}

/// An example's function.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExampleFunction {
    /// Its name.
    pub name: String,
    /// MB.
    pub memory_size_mb: u32,
    /// Seconds.
    pub timeout_seconds: u32,
    /// Variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// MB of /tmp.
    pub ephemeral_storage_mb: Option<u32>,
    /// AWS's name of the runtime, where the code is no module.
    pub runtime: Option<String>,
    /// What the runtime calls, where the code is no module.
    pub handler: Option<String>,
}

/// An example's module.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ExampleModule {
    /// Below `examples/`.
    pub path: String,
    /// Hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// An example's source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ExampleSource {
    /// Below `examples/`.
    pub path: String,
}

impl ExampleFunction {
    /// As settings.
    pub fn settings(&self) -> Settings {
        let default = Settings::default();
        Settings {
            runtime: self.runtime.clone().unwrap_or(default.runtime),
            handler: self.handler.clone().unwrap_or(default.handler),
            image_config: None,
            memory_mb: self.memory_size_mb,
            timeout_seconds: self.timeout_seconds,
            ephemeral_mb: self.ephemeral_storage_mb.unwrap_or(super::EPHEMERAL_MB_DEFAULT),
            description: self.description.clone(),
            environment: self.environment.clone().into_iter().collect(),
        }
    }
}

/// AWS's sample events by trigger, `sample-events/index.json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SampleEvent {
    /// By which it is known.
    pub name: String,
    /// What to show.
    pub title: String,
    /// Whose event it is.
    pub service: String,
    /// Below `sample-events/`.
    pub file: String,
}

/// Why a function may not have this name, in our words; AWS's own refusal stands behind it.
pub fn name_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("Enter a name.")
    } else if name.len() > 64 {
        Some("Use at most 64 characters.")
    } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    {
        Some("Use letters, digits, hyphens and underscores only.")
    } else {
        None
    }
}

/// Whether these are the bytes of a tar, as container images are.
pub fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

/// Whether a file is a module, a zip or a container image; otherwise what it seems to be.
pub fn module_fault(name: &str, bytes: &[u8]) -> Option<String> {
    const MODULES_MAX: usize = 50 * 1_048_576;
    if bytes.len() > MODULES_MAX {
        return Some(format!(
            "{name} has {}. A package may have 50 MB here.",
            super::format_bytes(bytes.len() as u64)
        ));
    }
    if bytes.starts_with(b"\0asm\x01\0\0\0") || bytes.starts_with(b"PK") || is_tar(bytes) {
        return None;
    }
    Some(match bytes {
        [] => format!("{name} is empty."),
        [0, b'a', b's', b'm', 0x0d, ..] => format!(
            "{name} is a WebAssembly component. Build a core module (for Rust: --target wasm32-wasip1)."
        ),
        [0x7f, b'E', b'L', b'F', ..] => format!(
            "{name} is a Linux program. Build it for WebAssembly (for Rust: --target wasm32-wasip1)."
        ),
        _ => format!("{name} is not a WebAssembly module: it does not begin with \\0asm."),
    })
}

/// What an invocation type does, for the form.
pub fn invocation_type_help(invocation_type: InvocationType) -> &'static str {
    match invocation_type {
        InvocationType::RequestResponse => "Waits for the response and shows the log.",
        InvocationType::Event => "Queues the event and answers 202 at once.",
        InvocationType::DryRun => "Checks the request and runs nothing.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coldstart_workspace::Workspace;

    #[test]
    fn what_the_page_knows_of_the_first_workspace_is_so() {
        assert!(Workspace::hello().functions.contains_key(STARTER_FUNCTION));
        assert_eq!(Workspace::hello().epoch_ms, EPOCH_MS);
        assert!(BLANK_TEXT.contains("lambda_alloc"));
        assert_eq!(super::super::json_fault(&first_event().payload), None);
    }

    #[test]
    fn files_that_are_no_modules_are_named() {
        assert_eq!(module_fault("a.wasm", b"\0asm\x01\0\0\0"), None);
        assert_eq!(module_fault("a.zip", b"PK\x03\x04"), None);
        assert!(
            module_fault("a.wasm", b"\0asm\x0d\0\x01\0")
                .is_some_and(|text| text.contains("component"))
        );
        assert!(
            module_fault("a.txt", b"hello")
                .is_some_and(|text| text.contains("not a WebAssembly module"))
        );
        assert!(module_fault("a", b"").is_some());
    }

    #[test]
    fn names_follow_lambdas_rules() {
        assert_eq!(name_fault("order-validator_2"), None);
        assert!(
            name_fault("").is_some()
                && name_fault("a b").is_some()
                && name_fault(&"x".repeat(65)).is_some()
        );
    }

    #[test]
    fn the_index_of_examples_reads() {
        let text = r#"{"examples":[{"name":"a","title":"A","summary":"s","language":"wat","function":{"name":"a","memorySizeMb":128,"timeoutSeconds":3,"environment":{},"description":"","ephemeralStorageMb":512},"module":null,"source":{"path":"a/main.wat"},"events":[{"name":"e","payload":"{}"}]}]}"#;
        let index: ExampleIndex = serde_json::from_str(text).expect("an index");
        assert_eq!(index.examples[0].function.settings(), Settings::default());
        assert!(index.machines.is_empty());
    }

    #[test]
    fn a_state_machine_of_the_index_brings_its_functions_and_inputs() {
        let text = r#"{"examples":[{"name":"a","title":"A","summary":"s","language":"wat","function":{"name":"a","memorySizeMb":128,"timeoutSeconds":3},"module":null,"source":{"path":"a/main.wat"}}],"machines":[{"name":"m","title":"M","summary":"s","order":0,"machine":{"name":"my-machine","type":"EXPRESS"},"functions":["a"],"definition":"{}","inputs":[{"name":"i","payload":"{}"}]}]}"#;
        let index: ExampleIndex = serde_json::from_str(text).expect("an index");
        let machine = &index.machines[0];
        assert_eq!(machine.draft().machine_type, MachineType::Express);
        assert_eq!((machine.draft().definition.as_str(), machine.draft().inputs.len()), ("{}", 1));
        assert_eq!(
            index.functions_of(machine).map(|example| &*example.name).collect::<Vec<_>>(),
            ["a"]
        );
    }
}
