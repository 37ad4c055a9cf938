//! What the page shows: small windows on projections that the Worker keeps beside the engine.

use crate::{ExecutionPart, ExecutionWindow};
use coldstart_workspace::ClockMode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A view that the page wants to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ViewSpec {
    /// All functions, a row each.
    Functions,
    /// One function: configuration and module.
    Function {
        /// Name.
        name: String,
    },
    /// The environments' lanes of a function over virtual time.
    Environments {
        /// Name.
        function: String,
        /// At most so many lanes, newest first.
        lanes_max: usize,
    },
    /// The newest invocations of a function (of all, when empty), newest first.
    Invocations {
        /// Name, or empty.
        function: String,
        /// At most so many.
        rows_max: usize,
    },
    /// A window on the log lines of a function (of all, when empty), oldest first.
    Logs {
        /// Name, or empty.
        function: String,
        /// Only lines that contain it, ignoring case; empty for all.
        search: String,
        /// Only lines of this request, when not empty.
        request_id: String,
        /// First row of the window; ignored when `follow`.
        from: usize,
        /// Rows of the window.
        rows_max: usize,
        /// The window is the last rows.
        follow: bool,
    },
    /// The newest asynchronous events of a function and what became of them, newest first.
    Events {
        /// Name.
        function: String,
        /// At most so many.
        rows_max: usize,
    },
    /// What the session cost, by function.
    Costs,
    /// All SQS queues, a row each.
    Queues,
    /// One SQS queue and its oldest messages: they are looked at, not received.
    Queue {
        /// Name.
        name: String,
        /// At most so many messages.
        rows_max: usize,
    },
    /// A window on an execution's history.
    Execution {
        /// Its ARN, or an import's source.
        source: String,
        /// Which window.
        part: ExecutionPart,
    },
}

/// A view's content, with the spec that it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum View {
    /// All functions by name.
    Functions {
        /// The rows.
        rows: Vec<FunctionRow>,
    },
    /// One function; none when it does not exist.
    Function {
        /// Name.
        name: String,
        /// Its configuration as GetFunctionConfiguration answers, and its module.
        function: Option<Box<FunctionDetail>>,
    },
    /// Lanes.
    Environments {
        /// Name.
        function: String,
        /// Newest first.
        #[serde(serialize_with = "later::write_lanes", deserialize_with = "later::lanes")]
        lanes: Vec<EnvironmentLane>,
        /// Environments that the session had in all.
        total: usize,
        /// Virtual microseconds of the newest throttled requests, oldest first; at most 400.
        #[serde(default)]
        throttles_us: Vec<u64>,
        /// All environments over time, oldest first; stretches in which nothing happened are left out. At most 240.
        #[serde(serialize_with = "later::write_load", deserialize_with = "later::load")]
        load: Vec<LoadBucket>,
    },
    /// Invocations.
    Invocations {
        /// Name, or empty.
        function: String,
        /// Newest first.
        rows: Vec<InvocationRow>,
        /// Sums over all of them, not only the window.
        summary: InvocationSummary,
    },
    /// Log lines.
    Logs {
        /// The function of the spec.
        function: String,
        /// First row of the window.
        from: usize,
        /// Rows that match, in all.
        total: usize,
        /// The window.
        rows: Vec<LogRow>,
    },
    /// Asynchronous events.
    Events {
        /// Name.
        function: String,
        /// Newest first.
        #[serde(deserialize_with = "later::events")]
        rows: Vec<AsyncEvent>,
        /// How many there were in all.
        total: u64,
    },
    /// Costs, by function name.
    Costs {
        /// The rows.
        #[serde(deserialize_with = "later::costs")]
        rows: Vec<CostRow>,
    },
    /// All SQS queues by name.
    Queues {
        /// The rows.
        #[serde(deserialize_with = "later::queues")]
        rows: Vec<QueueRow>,
    },
    /// One SQS queue's messages; none when it does not exist.
    Queue {
        /// Name.
        name: String,
        /// The oldest messages, in order of arrival.
        #[serde(deserialize_with = "later::messages")]
        messages: Option<Vec<QueueMessage>>,
    },
    /// A window on an execution.
    Execution {
        /// The source of the spec.
        source: String,
        /// The part of the spec.
        part: ExecutionPart,
        /// The content, of the part's kind or `Unavailable`.
        window: ExecutionWindow,
    },
}

/// A function in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionRow {
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// `Active`, `Pending` …
    pub state: String,
    /// Memory setting, MB.
    pub memory_size_mb: u32,
    /// Timeout, seconds.
    pub timeout_seconds: u32,
    /// Bytes of the package.
    pub code_size: u64,
    /// Invocations so far.
    pub invocations: u64,
    /// Those that failed.
    pub errors: u64,
    /// Virtual microseconds of the last change.
    pub modified_us: u64,
}

/// A function in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionDetail {
    /// As GetFunctionConfiguration answers.
    pub configuration: Value,
    /// The deployed module, when it is known.
    pub module: Option<ModuleInfo>,
}

/// What a module is: the Code tab's panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModuleInfo {
    /// Hex SHA-256.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// `loop`, `callback` or `command`.
    pub shape: String,
    /// `(module, name, type)`.
    pub imports: Vec<(String, String, String)>,
    /// `(name, type)`.
    pub exports: Vec<(String, String)>,
    /// 64 KiB pages at start.
    pub memory_pages_min: u32,
    /// Such as `Rust 1.95.0`.
    pub producers: Vec<String>,
}

/// A file that somebody brings, and would deploy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BroughtFile {
    /// The paths in it, when it is a zip.
    pub files: Vec<String>,
    /// The WebAssembly modules in it, or itself; at most 8.
    pub modules: Vec<BroughtModule>,
    /// Why it cannot be read.
    pub fault: Option<String>,
}

/// A module of such a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroughtModule {
    /// Where it stands in the zip; empty for a bare one.
    pub path: String,
    /// What could be read of it; its shape is empty when it has none.
    pub info: Option<ModuleInfo>,
    /// Why a deploy refuses it.
    pub refusal: Option<String>,
    /// Its imports that are not here, as `module.name`.
    pub foreign: Vec<String>,
}

/// An asynchronous event and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AsyncEvent {
    /// Request id; all attempts share it.
    pub request_id: String,
    /// Function name.
    pub function: String,
    /// Virtual microseconds.
    pub accepted_us: u64,
    /// `queued`, `running`, `waiting` (for a retry), `succeeded`, `failed` (until it is put back or given up), `dropped`.
    pub status: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When it leaves its queue again, while it waits for that.
    pub due_us: Option<u64>,
    /// What happened, in order; at most 64, the newest.
    pub steps: Vec<AsyncStep>,
}

/// A step in an asynchronous event's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AsyncStep {
    /// Virtual microseconds.
    pub at_us: u64,
    /// `started`, an outcome (`success`, `error`, `timeout`, `stopped`), `requeued`, `dropped`, `delivered`, `refused`.
    pub kind: String,
    /// In words.
    pub detail: String,
}

/// What a function cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CostRow {
    /// Function name.
    pub function: String,
    /// Invocations.
    pub invocations: u64,
    /// Billed milliseconds.
    pub billed_ms: u64,
    /// Billed milliseconds times MB of memory.
    pub mb_ms: u64,
    /// Billionths of a US dollar, requests and compute.
    pub cost_nano_usd: u64,
}

/// An SQS queue in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueRow {
    /// Name.
    pub name: String,
    /// Whether it keeps order.
    pub fifo: bool,
    /// Messages that may be received.
    pub visible: u64,
    /// Messages that were received and are hidden.
    pub in_flight: u64,
    /// Messages that have not become visible yet.
    pub delayed: u64,
    /// Name of its dead-letter queue.
    pub dead_letter_queue: Option<String>,
    /// After how many receptions a message goes there.
    pub receives_max: Option<u64>,
    /// Messages that its dead-letter queue holds.
    pub dead_letters: Option<u64>,
    /// Queues whose dead letters it takes.
    pub sources: Vec<String>,
}

/// A message of an SQS queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueMessage {
    /// `MessageId`.
    pub message_id: String,
    /// The body, at most 8 KiB of it.
    pub body: String,
    /// Bytes of the whole body.
    pub body_bytes: u64,
    /// Message attributes as they were sent; null without any.
    pub attributes: Value,
    /// Virtual microseconds of sending.
    pub sent_us: u64,
    /// How often it was received.
    pub receives: u64,
    /// Virtual microseconds from which on it may be received, if that is not now.
    pub hidden_until_us: Option<u64>,
    /// A FIFO queue's message group.
    pub group: Option<String>,
    /// A FIFO queue's deduplication id.
    pub deduplication: Option<String>,
    /// A FIFO queue's sequence number.
    pub sequence: Option<String>,
    /// Of a dead letter: ARN of the queue that it came from.
    pub source_arn: Option<String>,
}

/// One environment over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentLane {
    /// Counts up over the session.
    pub environment: u32,
    /// Function name.
    pub function: String,
    /// Version.
    pub version: String,
    /// Whether it was made ahead, by provisioned concurrency.
    #[serde(default)]
    pub provisioned: bool,
    /// Phases in order; the last one may be open. What is older than the newest of them is told in stretches.
    pub spans: Vec<PhaseSpan>,
    /// Invocations that it served.
    pub invocations: u64,
}

/// A phase of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseSpan {
    /// `starting`, `init`, `invoke`, `idle`, `reset`, `reclaimed`; `stretch` for several phases that are told together.
    pub phase: String,
    /// Virtual microseconds.
    pub from_us: u64,
    /// End; none while it lasts.
    pub to_us: Option<u64>,
    /// The invocation that it worked on, in `invoke`.
    pub request_id: Option<String>,
    /// `success`, `error`, `timeout`, `stopped`, in `invoke`, once it ended.
    pub outcome: Option<String>,
    /// What a `stretch` holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<Stretch>,
}

/// Phases that are told together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stretch {
    /// Invocations in them.
    pub invocations: u32,
    /// Those that failed.
    pub failures: u32,
    /// Thousandths of the time in which it worked.
    pub busy_permille: u32,
}

/// All environments of a function in a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadBucket {
    /// Virtual microseconds of its begin.
    pub from_us: u64,
    /// Most environments that there were at a time.
    pub environments: u32,
    /// Most of them that worked at a time.
    pub busy: u32,
    /// Most that were made ahead.
    pub provisioned: u32,
    /// Invocations that began.
    pub invocations: u32,
    /// Those of them that an environment was made for.
    pub cold_starts: u32,
    /// Requests that were throttled.
    pub throttles: u32,
}

/// An invocation in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvocationRow {
    /// Request id.
    pub request_id: String,
    /// Function name.
    pub function: String,
    /// Virtual microseconds of the start.
    pub started_us: u64,
    /// `running`, `success`, `error`, `timeout`, `stopped`.
    pub status: String,
    /// Whether an environment was made for it.
    pub cold: bool,
    /// Handler time.
    pub duration_us: u64,
    /// Init time.
    pub init_us: Option<u64>,
    /// Billed milliseconds.
    pub billed_ms: u64,
    /// High-water mark.
    pub memory_used_mb: u32,
    /// Memory setting.
    pub memory_size_mb: u32,
    /// Which environment.
    pub environment: u32,
    /// Version that ran; empty when the environment is not known any more.
    #[serde(default)]
    pub version: String,
    /// US dollars, for the request and its GB-seconds.
    pub cost_nano_usd: u64,
}

/// Sums over invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvocationSummary {
    /// How many.
    pub invocations: u64,
    /// Failed ones.
    pub errors: u64,
    /// Cold ones.
    pub cold_starts: u64,
    /// Throttled requests.
    pub throttles: u64,
    /// Median handler time of the newest 1,000, microseconds.
    pub duration_p50_us: u64,
    /// 99th percentile of the newest 1,000, microseconds.
    pub duration_p99_us: u64,
    /// Billionths of a US dollar.
    pub cost_nano_usd: u64,
}

/// A log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogRow {
    /// Position among all lines of the session.
    pub seq: u64,
    /// Unix milliseconds.
    pub timestamp_ms: u64,
    /// Log group.
    pub group: String,
    /// Log stream.
    pub stream: String,
    /// Request id, when known.
    pub request_id: Option<String>,
    /// The text, at most 8 KiB of it.
    pub message: String,
}

/// The clock, for the header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClockState {
    /// Virtual microseconds.
    pub now_us: u64,
    /// Unix milliseconds of virtual time zero.
    pub epoch_ms: u64,
    /// How it goes.
    pub mode: ClockMode,
    /// The invocation that is using the processor, while one is.
    pub running: Option<RunningInvocation>,
    /// Whether something is waited for.
    pub busy: bool,
    /// When the next thing is due.
    pub next_deadline_us: Option<u64>,
    /// Events so far.
    pub events: u64,
    /// Digest of the history so far; empty while busy.
    pub digest: String,
    /// Real milliseconds at 1x that the clock was not moved by, because nobody watched them: the machine slept.
    pub skipped_ms: u64,
}

/// The invocation that is using the processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunningInvocation {
    /// Request id.
    pub request_id: String,
    /// Function name.
    pub function: String,
    /// Thousandths of its timeout that it has used.
    pub used_permille: u32,
}

/// Reading and writing what the first screen does not show: functions with paths of their own, so that the site can keep them apart.
mod later {
    use super::{AsyncEvent, CostRow, EnvironmentLane, LoadBucket, QueueMessage, QueueRow};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[inline(never)]
    pub(super) fn lanes<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<EnvironmentLane>, D::Error> {
        Vec::deserialize(from)
    }

    #[inline(never)]
    pub(super) fn write_lanes<S: Serializer>(
        lanes: &[EnvironmentLane],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        lanes.serialize(to)
    }

    #[inline(never)]
    pub(super) fn load<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<LoadBucket>, D::Error> {
        Vec::deserialize(from)
    }

    #[inline(never)]
    pub(super) fn write_load<S: Serializer>(load: &[LoadBucket], to: S) -> Result<S::Ok, S::Error> {
        load.serialize(to)
    }

    #[inline(never)]
    pub(super) fn events<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<AsyncEvent>, D::Error> {
        Vec::deserialize(from)
    }

    #[inline(never)]
    pub(super) fn costs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<CostRow>, D::Error> {
        Vec::deserialize(from)
    }

    #[inline(never)]
    pub(super) fn queues<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<QueueRow>, D::Error> {
        Vec::deserialize(from)
    }

    #[inline(never)]
    pub(super) fn messages<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Vec<QueueMessage>>, D::Error> {
        Option::deserialize(from)
    }
}
