//! One state alone, with every value on its way: `TestState`, and the data flow of a state's visit.

use super::data::Data;
use super::data_flow::{Surroundings, Trace};
use super::effect::{Effect, Task};
use super::execution::{Execution, Identity, MapItem, Start};
use super::fault::{Fault, Outcome, TOLERANCE};
use super::frames::{Frame, FrameId};
use super::history::{Failure, StateType};
use super::machine::{Kind, Machine, MapState, State};
use super::map::{Limits, select_item};
use super::run::{Taken, around};
use super::time::Time;
use serde_json::{Map, Value, json};
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
    /// The context object, instead of a made-up one.
    pub context: Option<Map<String, Value>>,
    /// Whether the made-up context object is that of `TestState`: the state is called `StateName` and nothing was redriven
    /// (recorded).
    pub is_test_state: bool,
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
            is_test_state: false,
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
    verdict: Option<Verdict>,
    output: Option<Data>,
    failure: Option<Failure>,
    next: Option<String>,
}

impl Single {
    pub(super) fn left(&mut self, output: Data, next: Option<String>) {
        self.verdict = Some(Verdict::Succeeded);
        self.output = Some(output);
        self.next = next;
    }

    pub(super) fn replace_context(&self, context: &mut Map<String, Value>) {
        if let Some(given) = &self.options.context {
            // An item is not part of what is given: it is there while its fields are filled in.
            let item = context.remove("Map");
            *context = given.clone();
            if let (None, Some(item)) = (context.get("Map"), item) {
                context.insert("Map".to_owned(), item);
            }
        } else if self.options.is_test_state {
            if let Some(Value::Object(state)) = context.get_mut("State") {
                state.insert("Name".to_owned(), Value::from("StateName"));
            }
            if let Some(Value::Object(execution)) = context.get_mut("Execution") {
                execution.shift_remove("RedriveCount");
            }
        }
    }
}

impl Execution {
    /// The mock of a lone state, which answers instead of whom the state calls.
    pub(super) fn mock(&self, id: FrameId) -> Option<Mock> {
        let single = self.single.as_ref()?;
        match self.frames[id].parent {
            None => single.options.mock.clone(),
            Some(_) => None,
        }
    }

    /// A lone state gets its mocked answer.
    pub(super) fn answer_mock(&mut self, id: FrameId, state: &State, mock: Mock) {
        match mock {
            Mock::Result(result) => self.complete(id, state, &result),
            Mock::Error(failure) => self.fault(id, Box::new(Fault::from(failure))),
        }
    }

    /// A lone Map state gets its mocked answer, unless more iterations failed than may.
    pub(super) fn answer_map_mock(
        &mut self,
        id: FrameId,
        state: &State,
        map: &MapState,
        items: Option<&Data>,
        limits: Limits,
    ) -> Option<Outcome<()>> {
        let mock = self.mock(id)?;
        let options = &self.single.as_ref()?.options;
        let failed = options.map_iteration_failure_count.unwrap_or(0);
        let read = options.map_item_reader_data.clone();
        let items = read.as_ref().or(items);
        let length = items.and_then(|items| items.value().as_array()).map_or(0, Vec::len);
        let share = failed as f64 * 100.0 / length.max(1) as f64;
        let is_over = map.tolerated_failure_count.is_some() && failed > limits.tolerated_count
            || map.tolerated_failure_percentage.is_some() && share > limits.tolerated_percentage;
        if is_over && matches!(mock, Mock::Result(_)) {
            let cause = "The specified tolerated failure threshold was exceeded";
            return Some(Err(Box::new(Fault::from(Failure::new(TOLERANCE, cause)))));
        }
        if let (Some(items), Some(_)) = (items, &map.item_selector) {
            match self.select_all(id, state, map, items) {
                Ok(selected) => self.trace.note("afterItemSelector", &selected),
                Err(fault) => return Some(Err(fault)),
            }
        }
        self.answer_mock(id, state, mock);
        Some(Ok(()))
    }

    fn select_all(
        &mut self,
        id: FrameId,
        state: &State,
        map: &MapState,
        items: &Data,
    ) -> Outcome<Data> {
        let input = self.frames[id].input.clone();
        let mut selected = Vec::new();
        let items = items.value().as_array().map(Vec::as_slice).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let item = Data::new(item.clone());
            let in_context = MapItem { index: index as u64, value: item.clone() };
            let outer = self.frames[id].item.replace(in_context);
            let taken: Taken = self.take_for_item(id, state, map);
            self.frames[id].item = outer;
            let effective = state.effective_input(&input, around!(self, taken))?;
            let one = select_item(map, &item, &taken, &effective, around!(self, taken))?;
            selected.push(one.into_value());
        }
        Ok(Data::new(Value::Array(selected)))
    }

    /// A lone state failed: it would be tried again, or caught, or nothing helps.
    pub(super) fn single_failed(&mut self, id: FrameId, state: &State, fault: Fault) {
        let Some(single) = &self.single else { return };
        let used = single.options.retrier_retry_count;
        let mut details = Map::new();
        let mut verdict = Verdict::Failed;
        let retrier = state.retry.iter().enumerate();
        let mut retrier = retrier.filter(|(_, one)| fault.is_taken_by(&one.error_equals));
        if let Some((at, retrier)) = retrier.next() {
            details.insert("retryIndex".to_owned(), json!(at));
            if used < retrier.max_attempts {
                verdict = Verdict::Retriable;
                let seconds = retrier.delay(used, &mut self.random).as_secs_f64();
                let seconds = match seconds.fract() == 0.0 {
                    true => json!(seconds as u64),
                    false => json!(seconds),
                };
                details.insert("retryBackoffIntervalSeconds".to_owned(), seconds);
            }
        }
        let mut failure = fault.failure.clone();
        let mut caught = None;
        let catcher =
            state.catch.iter().position(|catcher| fault.is_taken_by(&catcher.error_equals));
        if let (Verdict::Failed, Some(at)) = (&verdict, catcher) {
            let taken = self.take(id, state);
            match state.catch(at, &taken.input, &failure, around!(self, taken)) {
                Ok(completed) => {
                    verdict = Verdict::CaughtError;
                    details.insert("catchIndex".to_owned(), json!(at));
                    let next = self.machine.states[state.catch[at].next].name.to_string();
                    caught = Some((completed, next));
                }
                Err(fault) => failure = fault.failure,
            }
        }
        if !details.is_empty() {
            self.trace.note_value("errorDetails", details);
        }
        let Some(single) = &mut self.single else { return };
        single.verdict = Some(verdict);
        single.failure = Some(failure);
        if let Some((completed, next)) = caught {
            single.output = Some(completed.output);
            single.next = Some(next);
        }
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
    /// Every value on the way that `TestState` shows, under the names of its `inspectionData`. Values are JSON here,
    /// not text.
    pub data: Map<String, Value>,
    /// Values on the way that `TestState` does not show for such a state, in the same manner.
    pub more: Map<String, Value>,
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
    let Some((machine, id)) = find(machine, state) else {
        return Err(format!("State not found: {state}"));
    };
    let start = Start {
        identity: options.identity.clone(),
        seed: options.seed,
        ..Start::new(options.input.clone())
    };
    let input = options.input.clone();
    let variables = Arc::new(options.variables.clone());
    let mut execution = Execution::made(Arc::clone(&machine), start, now);
    execution.trace = Trace(Some(Box::default()));
    let single = Single { options, verdict: None, output: None, failure: None, next: None };
    execution.single = Some(Box::new(single));
    let frame = execution.frames.add(Frame { variables, ..Frame::new(id, input.clone(), 0) });
    execution.enter(frame);
    execution.run();
    let verdict = execution.single.as_mut().and_then(|single| single.verdict.take());
    let waiting = || match execution.poll_effect() {
        Some(Effect::Schedule(task)) => Verdict::Waiting(task),
        _ => Verdict::Failed,
    };
    let verdict = verdict.unwrap_or_else(waiting);
    let variables = execution.frames.get(frame).map(|frame| Arc::clone(&frame.variables));
    let noted = execution.trace.0.take().unwrap_or_default();
    let shown = shown(&machine.states[id]);
    let mut data = Map::from_iter([("input".to_owned(), input.value().clone())]);
    let mut more = Map::new();
    for (name, value) in *noted {
        match shown.contains(&name.as_str()) {
            true => data.insert(name, value),
            false => more.insert(name, value),
        };
    }
    if let Some(variables) = variables.filter(|variables| !variables.is_empty()) {
        data.insert("variables".to_owned(), Value::Object(Map::clone(&variables)));
    }
    let single = execution.single.take();
    let (output, failure, next_state) = match single {
        Some(single) => (single.output, single.failure, single.next),
        None => (None, None, None),
    };
    let failure = match (&verdict, failure) {
        (Verdict::Failed, None) => {
            Some(Failure::new(super::fault::RUNTIME, "The state needs a mock to be run alone."))
        }
        (_, failure) => failure,
    };
    Ok(Inspection { verdict, output, failure, next_state, data, more })
}

/// The state of that name, in the machine or in the processor of a distributed Map state.
fn find(machine: &Arc<Machine>, name: &str) -> Option<(Arc<Machine>, usize)> {
    if let Some(id) = machine.states.iter().position(|state| &*state.name == name) {
        return Some((Arc::clone(machine), id));
    }
    let inner = machine.states.iter().filter_map(|state| match &state.kind {
        Kind::Map(map) => map.distributed.as_ref(),
        _ => None,
    });
    inner.into_iter().find_map(|inner| find(inner, name))
}

/// What `TestState` shows of such a state, beside its input (recorded).
fn shown(state: &State) -> &'static [&'static str] {
    let is_jsonata = state.flow.is_jsonata();
    match (state.kind_type(), &state.kind) {
        (StateType::Pass, _) if is_jsonata => &["errorDetails"],
        (_, Kind::Pass { result: Some(_) }) => {
            &["result", "afterResultSelector", "afterResultPath"]
        }
        (StateType::Pass, _) => {
            &["afterInputPath", "afterParameters", "afterResultSelector", "afterResultPath"]
        }
        (StateType::Task, _) if is_jsonata => &["afterArguments", "result", "errorDetails"],
        (StateType::Task, _) => &[
            "afterInputPath",
            "afterParameters",
            "result",
            "afterResultSelector",
            "afterResultPath",
            "errorDetails",
        ],
        (StateType::Parallel, _) if is_jsonata => &["errorDetails"],
        (StateType::Parallel, _) => &["afterResultSelector", "afterResultPath", "errorDetails"],
        (StateType::Map, _) if is_jsonata => &[
            "afterItemSelector",
            "maxConcurrency",
            "toleratedFailureCount",
            "toleratedFailurePercentage",
            "errorDetails",
        ],
        (StateType::Map, _) => &[
            "afterInputPath",
            "afterItemsPath",
            "afterItemSelector",
            "afterResultSelector",
            "afterResultPath",
            "maxConcurrency",
            "toleratedFailureCount",
            "toleratedFailurePercentage",
            "errorDetails",
        ],
        _ if is_jsonata => &["errorDetails"],
        _ => &["afterInputPath", "errorDetails"],
    }
}
