//! One state alone, with every value on its way: `TestState`, and the data flow of a state's visit.

use super::data::Data;
use super::effect::Task;
use super::execution::{Execution, Identity};
use super::fault::{Fault, Outcome};
use super::frames::FrameId;
use super::history::Failure;
use super::machine::{Machine, MapState, State};
use super::map::Limits;
use super::run::Taken;
use super::time::Time;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The answer of what a state calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Mock {
    /// It succeeds: the result of a task, the array of a Map or Parallel state.
    Result(Data),
    /// It fails.
    Error(Failure),
}

/// How one state is to be run.
#[derive(Debug, Clone)]
pub struct Inspect {
    /// The input.
    pub input: Data,
    /// The variables that it can see.
    pub variables: Map<String, Value>,
    /// Members of the context object that replace the made-up ones.
    pub context: Option<Map<String, Value>>,
    /// The answer of what it calls. Without one, a Task state gives [`Verdict::Waiting`] with the task.
    pub mock: Option<Mock>,
    /// Who the execution is.
    pub identity: Identity,
    /// What randomness comes from.
    pub seed: u64,
    /// `stateConfiguration.retrierRetryCount`: how often the retrier that matches was used before.
    pub retrier_retry_count: u64,
    /// `stateConfiguration.errorCausedByState`: which state inside a Map or Parallel state the mocked error is of.
    pub error_caused_by: Option<String>,
    /// `stateConfiguration.mapIterationFailureCount`: how many iterations failed before.
    pub map_iteration_failure_count: Option<u64>,
    /// `stateConfiguration.mapItemReaderData`: what the item reader reads.
    pub map_item_reader_data: Option<Data>,
}

impl Inspect {
    /// A state that sees only this input.
    pub fn new(input: Data) -> Inspect {
        Inspect {
            input,
            variables: Map::new(),
            context: None,
            mock: None,
            identity: Identity::default(),
            seed: 0,
            retrier_retry_count: 0,
            error_caused_by: None,
            map_iteration_failure_count: None,
            map_item_reader_data: None,
        }
    }
}

/// How the state came out.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// `SUCCEEDED`.
    Succeeded,
    /// `FAILED`.
    Failed,
    /// `RETRIABLE`: a retrier would try it again.
    Retriable,
    /// `CAUGHT_ERROR`.
    CaughtError,
    /// No mock was given and the state calls somebody: answer this and inspect again with the answer as the mock.
    Waiting(Box<Task>),
}

impl Verdict {
    /// As `TestState` writes it.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Succeeded => "SUCCEEDED",
            Verdict::Failed => "FAILED",
            Verdict::Retriable => "RETRIABLE",
            Verdict::CaughtError => "CAUGHT_ERROR",
            Verdict::Waiting(_) => "WAITING",
        }
    }
}

/// What a lone state is run with, and how it came out.
#[derive(Debug)]
pub(crate) struct Single {
    options: Inspect,
    output: Option<Data>,
    next: Option<String>,
}

impl Single {
    pub(super) fn mock(&self) -> Option<Mock> {
        self.options.mock.clone()
    }

    pub(super) fn left(&mut self, output: Data, next: Option<String>) {
        self.output = Some(output);
        self.next = next;
    }

    pub(super) fn replace_context(&self, context: &mut Map<String, Value>) {
        for (name, value) in self.options.context.iter().flatten() {
            context.insert(name.clone(), value.clone());
        }
    }
}

impl Execution {
    pub(super) fn single_answer(&mut self, id: FrameId, state: &State, mock: Mock) -> Outcome<()> {
        let _ = (id, state, mock);
        Ok(())
    }

    pub(super) fn single_map(
        &mut self,
        id: FrameId,
        state: &State,
        map: &MapState,
        taken: &Taken,
        effective: &Data,
        limits: Limits,
    ) -> Outcome<()> {
        let _ = (id, state, map, taken, effective, limits);
        Ok(())
    }

    pub(super) fn single_failed(&mut self, id: FrameId, state: &State, fault: Fault) {
        let _ = (id, state, fault);
    }
}

/// What one state did.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// How it came out.
    pub verdict: Verdict,
    /// Its output, or that of the catcher.
    pub output: Option<Data>,
    /// The error and the cause.
    pub failure: Option<Failure>,
    /// The state that follows.
    pub next_state: Option<String>,
    /// Every value on the way, under the names of TestState's `inspectionData`; values are JSON here, not text.
    pub data: Map<String, Value>,
}

/// Runs one state of a machine.
///
/// # Errors
/// When the machine has no state of that name.
pub fn inspect(
    machine: &Arc<Machine>,
    state: &str,
    options: Inspect,
    now: Time,
) -> Result<Inspection, String> {
    let _ = (machine, options, now);
    Err(format!("State not found: {state}"))
}
