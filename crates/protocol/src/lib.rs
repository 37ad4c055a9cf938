//! Messages between the page and its Worker: plain data with a version.
//!
//! On the channel goes `{json, buffers}`: `json` is the text of a list of [`ToWorker`] or [`FromWorker`] ([`encode`]), and
//! bytes (modules) travel beside it as transferable buffers, named in the text by position ([`BufferIndex`]). Messages that
//! are there at the same time go together, because each post costs more than most messages; one with buffers goes alone.
//! JSON text, not structured clones: objects of a clone reorder keys that look like numbers.
//! The messages are tagged from outside (`{"step": …}`): a reader that first has to find a tag inside buffers every value.
//!
//! Invariant: the Worker answers every message that has an `id` exactly once.

mod codec;
mod definition;
mod execution;
mod labs;
mod view;

pub use codec::{Message, NotAMessage, decode_from_worker, decode_to_worker, encode};
pub use definition::*;
pub use execution::*;
pub use view::*;

use coldstart_workspace::lab::{Check, PackedLab, Verdict};
use coldstart_workspace::{ApiRequest, ClockMode, Interrupt, LoggedCommand, Workspace};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Page and Worker must agree on it; a mismatch asks for a reload.
pub const PROTOCOL_VERSION: u32 = 3;

/// Position of a buffer in the `buffers` that the message came with.
pub type BufferIndex = usize;

/// Pairs an answer with its question. Answers to superseded ids are dropped.
pub type MessageId = u64;

/// From the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ToWorker {
    /// Replaces the session by this workspace's: modules first, then the command log is replayed.
    Open {
        /// Answered by `Opened`.
        id: MessageId,
        /// The document.
        workspace: Box<Workspace>,
        /// Modules that the document names but does not hold: uploaded ones and examples.
        modules: Vec<BufferIndex>,
        /// `false` loads the drafts and runs nothing (a link before its visitor agreed).
        replay: bool,
    },
    /// Lets a request into the cloud at virtual now. It is put in the log (`Logged`) unless it only reads.
    Request {
        /// Answered by `Answered`, when the work is done.
        id: MessageId,
        /// The request.
        request: ApiRequest,
        /// Modules that it names by hash.
        modules: Vec<BufferIndex>,
    },
    /// Lets a request into a copy of the session: the workspace is replayed in an engine of its own, which is forgotten once it answered.
    /// Neither the session nor its log change.
    Try {
        /// Answered by `Answered`.
        id: MessageId,
        /// The session to copy.
        workspace: Box<Workspace>,
        /// Modules that the document names but does not hold.
        modules: Vec<BufferIndex>,
        /// Requests that go in before it, each when the one before it is answered and done. One that is refused is the answer.
        #[serde(default)]
        first: Vec<ApiRequest>,
        /// The request.
        request: ApiRequest,
    },
    /// Asks checks of a lab of a session, in copies of it; answered by `Checked`. Neither the session nor its log change. A question that
    /// comes while another one is being worked on takes its place, and the older is answered with an error.
    Check {
        /// Answered by `Checked`.
        id: MessageId,
        /// The session.
        workspace: Box<Workspace>,
        /// Modules that the document names but does not hold.
        modules: Vec<BufferIndex>,
        /// Faults of the step, as PutFaults takes them.
        faults: Option<Value>,
        /// The checks.
        #[serde(serialize_with = "labs::write_checks", deserialize_with = "labs::checks")]
        checks: Vec<Check>,
    },
    /// Reads somebody's own lab; answered by `LabRead`.
    ReadLab {
        /// Answered by `LabRead`.
        id: MessageId,
        /// A zip of its folder.
        file: BufferIndex,
        /// The zip's name without its ending: the lab's id, if the zip has no folder that says it.
        name: String,
    },
    /// Assembles text; answered by `Assembled` with the module or diagnostics.
    Assemble {
        /// Answered by `Assembled`.
        id: MessageId,
        /// WebAssembly text.
        text: String,
    },
    /// Says what a file is that somebody brings, whether it can be deployed or not; answered by `Looked`.
    Look {
        /// Answered by `Looked`.
        id: MessageId,
        /// Its buffer.
        file: BufferIndex,
    },
    /// Inspects a module as a deploy would; answered by `Inspected`.
    Inspect {
        /// Answered by `Inspected`.
        id: MessageId,
        /// The module.
        module: BufferIndex,
    },
    /// Asks about a definition's text; answered by `DefinitionAnswered`, at once and whatever the session is doing.
    Definition {
        /// Answered by `DefinitionAnswered`.
        id: MessageId,
        /// The question.
        ask: DefinitionAsk,
    },
    /// Asks about a history that is not the engine's; answered by `ExecutionAnswered`.
    Execution {
        /// Answered by `ExecutionAnswered`.
        id: MessageId,
        /// The question.
        ask: ExecutionAsk,
    },
    /// Sets how the clock goes.
    SetClock {
        /// The mode.
        mode: ClockMode,
    },
    /// Moves the clock, whatever its mode.
    Advance {
        /// Virtual microseconds.
        micros: u64,
    },
    /// Moves the clock to the next deadline.
    Step,
    /// Ends the running invocation.
    StopInvocation,
    /// Replaces the set of views that the page shows; each is sent now and whenever it changed, at most once a frame.
    Watch {
        /// The views.
        views: Vec<ViewSpec>,
    },
    /// The page has drawn what came last: a session that is at work for long sends nothing new before that.
    Seen,
}

/// From the Worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FromWorker {
    /// First message of a new Worker.
    Ready {
        /// [`PROTOCOL_VERSION`] of the Worker.
        protocol_version: u32,
        /// Names the build.
        build_id: String,
    },
    /// Replaying a log, when it takes long: `done` of `total`.
    Progress {
        /// Thousandths of commands, and of the time between them.
        done: u64,
        /// Up to here.
        total: u64,
    },
    /// Answer to `Open`.
    Opened {
        /// Of `Open`.
        id: MessageId,
        /// What came of it.
        result: Result<Opened, String>,
    },
    /// A request of this page went into the log; the page keeps the document.
    Logged {
        /// The command and its position.
        command: LoggedCommand,
    },
    /// The stop button ended an invocation; kept in the document.
    Interrupted {
        /// What to keep.
        interrupt: Interrupt,
    },
    /// Answer to `Request`.
    Answered {
        /// Of `Request`.
        id: MessageId,
        /// AWS's answer.
        result: Result<ApiResponse, ApiFailure>,
    },
    /// Answer to `Check`.
    Checked {
        /// Of `Check`.
        id: MessageId,
        /// Verdicts in the order of the checks; or why there are none.
        #[serde(serialize_with = "labs::write_verdicts", deserialize_with = "labs::verdicts")]
        result: Result<Vec<Verdict>, String>,
    },
    /// Answer to `ReadLab`.
    LabRead {
        /// Of `ReadLab`.
        id: MessageId,
        /// The lab; or all that is wrong with it, a sentence each with its file.
        #[serde(serialize_with = "labs::write_lab", deserialize_with = "labs::lab")]
        result: Result<Box<PackedLab>, Vec<String>>,
    },
    /// Answer to `Assemble`.
    Assembled {
        /// Of `Assemble`.
        id: MessageId,
        /// The module's buffer and what it is, or where the text is wrong.
        result: Result<AssembledModule, Vec<Diagnostic>>,
    },
    /// Answer to `Look`.
    Looked {
        /// Of `Look`.
        id: MessageId,
        /// What it is.
        file: BroughtFile,
    },
    /// Answer to `Inspect`.
    Inspected {
        /// Of `Inspect`.
        id: MessageId,
        /// What it is, or why a deploy would refuse it.
        result: Result<ModuleInfo, String>,
    },
    /// Answer to `Definition`.
    DefinitionAnswered {
        /// Of `Definition`.
        id: MessageId,
        /// The answer, of the question's kind.
        answer: DefinitionAnswer,
    },
    /// Answer to `Execution`.
    ExecutionAnswered {
        /// Of `Execution`.
        id: MessageId,
        /// The answer, of the question's kind.
        answer: ExecutionAnswer,
    },
    /// Views that changed.
    Views {
        /// Their new content.
        views: Vec<View>,
    },
    /// The clock moved or began or ended to be busy; at most once a frame.
    Clock {
        /// Its state.
        clock: ClockState,
    },
    /// The engine panicked: the Worker is lost. `command` is the one that it was working on.
    Panicked {
        /// The panic's message.
        message: String,
        /// Position in the log.
        command: Option<u64>,
    },
}

/// A workspace was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    /// Digest of the replayed history.
    pub digest: String,
    /// Whether it equals the digest in the document, if that has one.
    pub matches: Option<bool>,
    /// What is known of the reason when it does not: a sentence, or nothing.
    pub why: String,
    /// Real milliseconds that the replay took.
    pub replay_ms: f64,
}

/// A successful answer of the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiResponse {
    /// HTTP status.
    pub status: u16,
    /// Output members. `Invoke`'s `Payload` is `{"$text": …}`.
    pub output: Value,
}

/// A refusal of the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiFailure {
    /// AWS's code.
    pub code: String,
    /// HTTP status.
    pub status: u16,
    /// AWS's message.
    pub message: String,
    /// Further members of the error.
    pub extra: Map<String, Value>,
}

/// A module made from text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssembledModule {
    /// Its bytes.
    pub module: BufferIndex,
    /// What it is. A module that assembles but would be refused says so here.
    pub info: Result<ModuleInfo, String>,
}

/// Where a text is wrong. Lines and columns count from 1; columns are UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// Byte offset in the text.
    pub offset: usize,
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}
