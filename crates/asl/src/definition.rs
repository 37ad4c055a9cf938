//! What a definition says.

use crate::choice::Condition;
use serde_json::Value;
use std::ops::Range;

/// A value and where it stands in the text, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Range<usize>,
}

/// The type of a state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineType {
    /// `STANDARD`.
    Standard,
    /// `EXPRESS`.
    Express,
}

/// The language of a state's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryLanguage {
    /// `JSONPath`, which is what a definition that does not say speaks.
    #[default]
    JsonPath,
    /// `JSONata`.
    Jsonata,
}

/// A field that has a twin whose name ends with `Path`.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// The field itself: a value, or an expression of JSONata.
    Value(Value),
    /// Its twin: a path to the value, or what is written in its place.
    Path(Value),
}

/// A field that the language does not have here, kept so that an editor can point at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// Its name.
    pub name: String,
    /// Where its name stands.
    pub name_span: Range<usize>,
    /// Its value.
    pub value: Value,
}

/// A state machine, a branch of a Parallel state or the processor of a Map state.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Where it stands.
    pub span: Range<usize>,
    /// `Comment`.
    pub comment: Option<String>,
    /// The name of the first state.
    pub start_at: Option<Spanned<String>>,
    /// The language of the states that do not name one.
    pub query_language: QueryLanguage,
    /// `TimeoutSeconds` of the whole machine.
    pub timeout_seconds: Option<u64>,
    /// `Version`.
    pub version: Option<String>,
    /// The states, in the order they are written.
    pub states: Vec<State>,
    /// Fields that a machine does not have.
    pub unknown: Vec<Unknown>,
}

/// One state.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Its name.
    pub name: String,
    /// Where its name stands.
    pub name_span: Range<usize>,
    /// Where its object stands.
    pub span: Range<usize>,
    /// `Comment`.
    pub comment: Option<String>,
    /// The language that is in force.
    pub query_language: QueryLanguage,
    /// Its type and what only that type has.
    pub kind: StateKind,
    /// What it does with its data.
    pub data: Data,
    /// `Assign`.
    pub assign: Option<Value>,
    /// `Next`.
    pub next: Option<Spanned<String>>,
    /// Whether `End` is true.
    pub end: bool,
    /// `Retry`.
    pub retry: Vec<Retrier>,
    /// `Catch`.
    pub catch: Vec<Catcher>,
    /// Fields that this type does not have.
    pub unknown: Vec<Unknown>,
}

/// The fields that shape a state's input and output, by language.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "a definition has few states, and both languages are common"
)]
pub enum Data {
    /// The five fields of JSONPath, in the order they are applied. A path is `Null` where it says `null`.
    JsonPath {
        /// `InputPath`.
        input_path: Option<Value>,
        /// `Parameters`.
        parameters: Option<Value>,
        /// `ResultSelector`.
        result_selector: Option<Value>,
        /// `ResultPath`.
        result_path: Option<Value>,
        /// `OutputPath`.
        output_path: Option<Value>,
    },
    /// The two fields of JSONata.
    Jsonata {
        /// `Arguments`.
        arguments: Option<Value>,
        /// `Output`.
        output: Option<Value>,
    },
}

/// The type of a state. A field that may be a number, a path or an expression is kept as it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum StateKind {
    /// Calls a service and waits for its answer.
    Task {
        /// `Resource`.
        resource: Option<Spanned<String>>,
        /// `Credentials`.
        credentials: Option<Value>,
        /// `TimeoutSeconds` or `TimeoutSecondsPath`.
        timeout_seconds: Option<Given>,
        /// `HeartbeatSeconds` or `HeartbeatSecondsPath`.
        heartbeat_seconds: Option<Given>,
    },
    /// Passes its input, or a fixed result, on.
    Pass {
        /// `Result`.
        result: Option<Value>,
    },
    /// Waits.
    Wait {
        /// `Seconds` or `SecondsPath`.
        seconds: Option<Given>,
        /// `Timestamp` or `TimestampPath`.
        timestamp: Option<Given>,
    },
    /// Chooses the next state.
    Choice {
        /// `Choices`.
        rules: Vec<ChoiceRule>,
        /// `Default`.
        default: Option<Spanned<String>>,
    },
    /// Ends the machine well.
    Succeed,
    /// Ends the machine badly.
    Fail {
        /// `Error` or `ErrorPath`.
        error: Option<Given>,
        /// `Cause` or `CausePath`.
        cause: Option<Given>,
    },
    /// Runs branches side by side.
    Parallel {
        /// `Branches`.
        branches: Vec<Definition>,
    },
    /// Runs one machine for each item.
    Map(Box<MapState>),
    /// A type that the language does not have, or none.
    Unknown(Option<Spanned<String>>),
}

/// What only a Map state has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MapState {
    /// `ItemProcessor`, or `Iterator` as it was called before.
    pub processor: Option<Definition>,
    /// `ProcessorConfig.Mode`.
    pub mode: ProcessorMode,
    /// `ProcessorConfig.ExecutionType` is `EXPRESS`.
    pub express: bool,
    /// `ItemsPath` or `Items`.
    pub items: Option<Value>,
    /// `ItemSelector`.
    pub item_selector: Option<Value>,
    /// `ItemReader`.
    pub item_reader: Option<Value>,
    /// `ItemBatcher`.
    pub item_batcher: Option<Value>,
    /// `ResultWriter`.
    pub result_writer: Option<Value>,
    /// `MaxConcurrency` or `MaxConcurrencyPath`.
    pub max_concurrency: Option<Given>,
    /// `ToleratedFailureCount` or `ToleratedFailureCountPath`.
    pub tolerated_failure_count: Option<Given>,
    /// `ToleratedFailurePercentage` or `ToleratedFailurePercentagePath`.
    pub tolerated_failure_percentage: Option<Given>,
    /// `Label`.
    pub label: Option<String>,
}

/// How a Map state runs its processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcessorMode {
    /// Inside the execution.
    #[default]
    Inline,
    /// As executions of their own.
    Distributed,
}

/// One rule of a Choice state.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceRule {
    /// Where it stands.
    pub span: Range<usize>,
    /// When it applies; `None` when that could not be read.
    pub condition: Option<Condition>,
    /// `Next`.
    pub next: Option<Spanned<String>>,
    /// `Assign`.
    pub assign: Option<Value>,
    /// `Output` (JSONata).
    pub output: Option<Value>,
    /// `Comment`.
    pub comment: Option<String>,
}

/// One entry of `Retry`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrier {
    /// Where it stands.
    pub span: Range<usize>,
    /// `ErrorEquals`.
    pub error_equals: Vec<String>,
    /// `IntervalSeconds`; 1 when absent.
    pub interval_seconds: u64,
    /// `MaxAttempts`; 3 when absent.
    pub max_attempts: u64,
    /// `BackoffRate`; 2 when absent.
    pub backoff_rate: f64,
    /// `MaxDelaySeconds`.
    pub max_delay_seconds: Option<u64>,
    /// `JitterStrategy` is `FULL`.
    pub full_jitter: bool,
}

/// One entry of `Catch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Catcher {
    /// Where it stands.
    pub span: Range<usize>,
    /// `ErrorEquals`.
    pub error_equals: Vec<String>,
    /// `Next`.
    pub next: Option<Spanned<String>>,
    /// `ResultPath` (JSONPath).
    pub result_path: Option<Value>,
    /// `Assign`.
    pub assign: Option<Value>,
    /// `Output` (JSONata).
    pub output: Option<Value>,
}

impl Definition {
    /// The state of that name, in this machine itself.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.iter().find(|state| state.name == name)
    }
}

impl State {
    /// The machines inside: the branches of a Parallel state, the processor of a Map state.
    pub fn containers(&self) -> &[Definition] {
        match &self.kind {
            StateKind::Parallel { branches } => branches,
            StateKind::Map(map) => map.processor.as_slice(),
            _ => &[],
        }
    }

    /// Whether an execution can end here.
    pub fn is_terminal(&self) -> bool {
        self.end || matches!(self.kind, StateKind::Succeed | StateKind::Fail { .. })
    }
}
