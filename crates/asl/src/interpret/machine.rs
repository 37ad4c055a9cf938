//! A definition made ready to run: names resolved, paths, templates and expressions parsed once.

use super::fields::{Flow, Number, Selector, Text};
use super::history::StateType;
use super::template::Template;
use crate::choice::Comparison;
use crate::definition::{Definition, MachineType, QueryLanguage};
use crate::resource::Resource;
use coldstart_expr::jsonata;
use coldstart_expr::reference::ReferencePath;
use serde_json::Value;
use std::sync::Arc;

/// A compiled state machine. It never changes: executions share it through an `Arc`.
#[derive(Debug)]
pub struct Machine {
    pub(crate) kind: MachineType,
    pub(crate) language: QueryLanguage,
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) start: StateId,
    /// The states of the machine and of all branches and processors in it.
    pub(crate) states: Vec<State>,
}

/// Why a definition cannot be run. A definition without error diagnostics can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// The state, when it is one state's fault.
    pub state: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.state {
            Some(state) => write!(f, "state '{state}': {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for CompileError {}

impl Machine {
    /// Makes a definition ready to run.
    ///
    /// # Errors
    /// When the definition has a fault that [`crate::parse_for`] reports as an error.
    pub fn compile(definition: &Definition, kind: MachineType) -> Result<Machine, CompileError> {
        super::compile::machine(definition, kind)
    }

    /// The type it was compiled as.
    pub fn kind(&self) -> MachineType {
        self.kind
    }

    /// The language of the states that do not name one.
    pub fn query_language(&self) -> QueryLanguage {
        self.language
    }

    /// The names of its states, those in branches and processors included, as they are written.
    pub fn state_names(&self) -> impl Iterator<Item = &str> {
        self.states.iter().map(|state| &*state.name)
    }
}

/// The index of a state in its machine.
pub(crate) type StateId = usize;

/// One state.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) flow: Flow,
    pub(crate) assign: Option<Template>,
    /// Where it leads; `None` for `End`.
    pub(crate) next: Option<StateId>,
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
    /// Whether a field reads the context object: it is only made then.
    pub(crate) reads_context: bool,
}

impl State {
    pub(crate) fn kind_type(&self) -> StateType {
        match &self.kind {
            Kind::Task(_) => StateType::Task,
            Kind::Pass { .. } => StateType::Pass,
            Kind::Wait(_) => StateType::Wait,
            Kind::Choice { .. } => StateType::Choice,
            Kind::Succeed => StateType::Succeed,
            Kind::Fail { .. } => StateType::Fail,
            Kind::Parallel { .. } => StateType::Parallel,
            Kind::Map(_) => StateType::Map,
        }
    }
}

/// What a state does.
#[derive(Debug)]
pub(crate) enum Kind {
    Task(TaskState),
    Pass { result: Option<super::data::Data> },
    Wait(Wait),
    Choice { rules: Vec<Rule>, default: Option<StateId> },
    Succeed,
    Fail { error: Option<Text>, cause: Option<Text> },
    Parallel { branches: Vec<StateId> },
    Map(Box<MapState>),
}

#[derive(Debug)]
pub(crate) struct TaskState {
    pub(crate) resource: Arc<Resource>,
    pub(crate) credentials: Option<Template>,
    pub(crate) timeout_seconds: Option<Number>,
    pub(crate) heartbeat_seconds: Option<Number>,
}

#[derive(Debug)]
pub(crate) enum Wait {
    Seconds(Number),
    Timestamp(Text),
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) condition: Condition,
    pub(crate) next: StateId,
    pub(crate) assign: Option<Template>,
    pub(crate) output: Option<Template>,
}

#[derive(Debug)]
pub(crate) enum Condition {
    Constant(bool),
    Expression(jsonata::Expression),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare { variable: Selector, comparison: Comparison, operand: Operand },
}

#[derive(Debug)]
pub(crate) enum Operand {
    Literal(Value),
    Path(Selector),
}

#[derive(Debug)]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<Arc<str>>,
    pub(crate) interval_seconds: u64,
    pub(crate) max_attempts: u64,
    pub(crate) backoff_rate: f64,
    pub(crate) max_delay_seconds: Option<u64>,
    pub(crate) full_jitter: bool,
}

#[derive(Debug)]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<Arc<str>>,
    pub(crate) next: StateId,
    pub(crate) result_path: ResultPath,
    pub(crate) assign: Option<Template>,
    pub(crate) output: Option<Template>,
}

/// Where a result goes.
#[derive(Debug)]
pub(crate) enum ResultPath {
    /// `$`: it replaces the input.
    Whole,
    /// `null`: the input stays.
    Discard,
    At(ReferencePath),
}

#[derive(Debug)]
pub(crate) struct MapState {
    /// The first state of the processor, for an inline Map state.
    pub(crate) start: StateId,
    /// The processor as a machine of its own, for a distributed one.
    pub(crate) distributed: Option<Arc<Machine>>,
    pub(crate) items: Items,
    pub(crate) item_selector: Option<Template>,
    pub(crate) max_concurrency: Option<Number>,
    pub(crate) tolerated_failure_count: Option<Number>,
    pub(crate) tolerated_failure_percentage: Option<Number>,
    pub(crate) reader: Option<Reader>,
    pub(crate) batcher: Option<Batcher>,
    pub(crate) writer: Option<Writer>,
    pub(crate) label: Option<String>,
}

/// Where the items of a Map state come from.
#[derive(Debug)]
pub(crate) enum Items {
    /// The state's input, or what the path selects in it.
    Path(Selector),
    /// A JSONata value.
    Template(Template),
    /// JSONata without `Items`: the state's input.
    Input,
}

/// `ItemReader`.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) resource: Arc<Resource>,
    pub(crate) parameters: Option<Template>,
    pub(crate) config: ReaderConfig,
}

/// `ItemReader.ReaderConfig`.
#[derive(Debug)]
pub(crate) struct ReaderConfig {
    pub(crate) objects: Objects,
    pub(crate) reading: Reading,
    pub(crate) max_items: Option<Number>,
    /// `ItemsPointer`: where in a JSON document the array is.
    pub(crate) items_pointer: Option<String>,
}

/// Which objects an item reader reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Objects {
    /// The one that it names.
    One,
    /// None: `s3:listObjectsV2` gives what it lists.
    Listing,
    /// Those that `s3:listObjectsV2` lists (`Transformation` is `LOAD_AND_FLATTEN`).
    Listed,
    /// Those that the manifest of an S3 inventory names.
    Inventory,
    /// Those that the manifest of an UNLOAD of Athena names.
    Athena,
}

/// How the text of an object is read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) input_type: InputType,
    /// `CSVHeaders`, when `CSVHeaderLocation` is `GIVEN`.
    pub(crate) csv_headers: Option<Vec<String>>,
    pub(crate) csv_delimiter: char,
}

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputType {
    Json,
    JsonLines,
    Csv,
}

/// `ItemBatcher`.
#[derive(Debug)]
pub(crate) struct Batcher {
    pub(crate) max_items: Option<Number>,
    pub(crate) max_bytes: Option<Number>,
    pub(crate) input: Option<Template>,
}

/// `ResultWriter`.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) resource: Option<Arc<Resource>>,
    pub(crate) parameters: Option<Template>,
    pub(crate) transformation: Transformation,
    pub(crate) is_jsonl: bool,
}

/// `ResultWriter.WriterConfig.Transformation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transformation {
    /// Each child's whole description.
    None,
    /// Each child's output.
    Compact,
    /// The elements of the children's outputs, one after the other.
    Flatten,
}
