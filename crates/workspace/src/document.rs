//! The workspace as data.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The version that this build writes.
pub const WORKSPACE_VERSION: u32 = 2;

/// A session and what its author was editing. Engine state is never stored: it follows from the command log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workspace {
    /// [`WORKSPACE_VERSION`].
    pub version: u32,
    /// What the author calls it.
    pub name: String,
    /// The meter's version, which every duration depends on.
    pub meter: u32,
    /// At most 2^53.
    pub seed: u64,
    /// Unix milliseconds of virtual time zero.
    pub epoch_ms: u64,
    /// How to get each module that the commands name, by hex SHA-256.
    #[serde(default)]
    pub sources: BTreeMap<String, Source>,
    /// What is in the editors, by function name.
    #[serde(default)]
    pub functions: BTreeMap<String, FunctionDraft>,
    /// What is in the editors, by state machine name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub machines: BTreeMap<String, MachineDraft>,
    /// The command log, in order of time. A command never changes, so copies of a document share it.
    #[serde(default)]
    pub commands: Vec<Rc<Command>>,
    /// Invocations that were stopped by hand.
    #[serde(default)]
    pub interrupts: Vec<Interrupt>,
    /// How far the virtual clock had moved, microseconds.
    #[serde(default)]
    pub until_us: u64,
    /// How the clock goes.
    #[serde(default)]
    pub clock: ClockMode,
    /// Digest of the history at `until_us`, as its author saw it: 32 hex digits, or 64 in documents from before (docs/adr/0006).
    /// Behind it `+name:` and 16 digits for each runtime of a language that functions had, of its module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Where a module comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum Source {
    /// Assembled from text.
    Wat {
        /// The text.
        text: String,
    },
    /// Written as text files, which are deployed as a zip package: code of a language that a runtime reads.
    Files {
        /// The texts by their paths in the package.
        files: BTreeMap<String, String>,
    },
    /// Compiled in the page from text files. The module is kept beside the document, as an uploaded one is, and travels in links that have
    /// room for it. Without it the same compiler makes the same module again.
    Compiled {
        /// Such as `assemblyscript 0.28.20`.
        compiler: String,
        /// The texts by their paths.
        files: BTreeMap<String, String>,
        /// The module, deflated, where it is in the document; empty where it is not.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        base64: String,
    },
    /// Shipped with the page as `examples/NAME.wasm`.
    Example {
        /// Its name.
        name: String,
    },
    /// Uploaded: the bytes are kept beside the document (IndexedDB, the zip), not in it.
    Module {
        /// The file's name.
        name: String,
    },
    /// Uploaded and small enough to travel in a link.
    Inline {
        /// The file's name.
        name: String,
        /// The module.
        base64: String,
    },
}

impl Source {
    /// The texts of a source that is several files.
    pub fn files(&self) -> Option<&BTreeMap<String, String>> {
        match self {
            Self::Files { files } | Self::Compiled { files, .. } => Some(files),
            _ => None,
        }
    }
    /// This source with other texts; none when it is not several files.
    pub fn with_files(&self, files: BTreeMap<String, String>) -> Option<Self> {
        match self {
            Self::Files { .. } => Some(Self::Files { files }),
            Self::Compiled { compiler, .. } => {
                Some(Self::Compiled { compiler: compiler.clone(), files, base64: String::new() })
            }
            _ => None,
        }
    }
    /// Whether both were written alike, whatever was made of them.
    pub fn reads_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Compiled { files, .. }, Self::Compiled { files: others, .. }) => files == others,
            _ => self == other,
        }
    }
}

/// What is in a function's editors. A draft differs from what is deployed until Deploy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunctionDraft {
    /// The code being edited.
    pub source: Source,
    /// Saved test events.
    #[serde(default)]
    pub test_events: Vec<TestEvent>,
    /// The test event that is selected.
    #[serde(default)]
    pub selected_event: usize,
}

/// What is in a state machine's editors. A definition differs from the one that executions take until it is saved there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MachineDraft {
    /// Its type, which never changes.
    #[serde(default)]
    pub machine_type: MachineType,
    /// The definition as its author wrote it, broken or not.
    pub definition: String,
    /// Saved inputs of executions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<TestEvent>,
    /// The input that is selected.
    #[serde(default)]
    pub selected_input: usize,
    /// Answers in place of services that are not here: the text of a MockConfigFile.json. Empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mocks: String,
}

/// The type of a state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MachineType {
    /// Durable, with a history.
    #[default]
    Standard,
    /// Short, of high volume.
    Express,
}

/// A saved test event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestEvent {
    /// Its name.
    pub name: String,
    /// JSON text as the author wrote it.
    pub payload: String,
}

/// A call of one operation; the engine's request, without who calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiRequest {
    /// Such as `lambda`.
    pub service: String,
    /// Such as `Invoke`.
    pub operation: String,
    /// Members; blobs as `{"$text"}` or `{"$sha256"}`.
    pub params: Value,
}

/// A request of the log, at its virtual time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Command {
    /// Virtual microseconds.
    pub at_us: u64,
    /// What entered.
    pub request: ApiRequest,
}

/// A command that the engine accepted, with its position in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedCommand {
    /// Counts up from 0.
    pub index: u64,
    /// The command.
    pub command: Command,
}

/// The stop button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Interrupt {
    /// The invocation.
    pub request_id: String,
    /// Units that it had burned.
    pub units: u64,
}

/// How the virtual clock moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClockMode {
    /// Work is done as fast as possible; the clock rests when nothing is waited for.
    #[default]
    Fast,
    /// One virtual second a second.
    RealTime,
    /// The clock stands; steps and advances move it.
    Paused,
}
