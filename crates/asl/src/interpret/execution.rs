//! One execution of a state machine.

use super::data::Data;
use super::data_flow::Trace;
use super::distributed::MapRunWork;
use super::effect::{Effect, MapRunId, TaskId};
use super::frames::{Frame, FrameId, Frames, Timer, TimerKey, TimerKind};
use super::history::{Details, EVENTS_MAX, Failure, HistoryEvent, Started};
use super::inspect::Single;
use super::machine::Machine;
use super::map_run::MapRun;
use super::random::Random;
use super::time::Time;
use crate::definition::MachineType;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};

/// How long an express execution may take. Source: "Choosing workflow type" in the developer guide.
const EXPRESS_SECONDS_MAX: u64 = 300;

/// How many transitions an express execution makes in one instant. It has no limit of events, so an endless loop would
/// never come to its five minutes if transitions took no time at all: a pause makes them ten milliseconds each, about what
/// they take at AWS, and keeps what such a loop leaves behind small.
const EXPRESS_TRANSITIONS_MAX: u32 = 1000;
const EXPRESS_PAUSE_MICROS: u64 = 10_000_000;

/// Who an execution is: what the context object and history events say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `$$.Execution.Id`.
    pub execution_arn: Arc<str>,
    /// `$$.Execution.Name`.
    pub name: Arc<str>,
    /// `$$.Execution.RoleArn`.
    pub role_arn: Arc<str>,
    /// `$$.StateMachine.Id`.
    pub state_machine_arn: Arc<str>,
    /// `$$.StateMachine.Name`.
    pub state_machine_name: Arc<str>,
    /// The version it was started through.
    pub state_machine_version_arn: Option<Arc<str>>,
    /// The alias it was started through.
    pub state_machine_alias_arn: Option<Arc<str>>,
    /// The region, as `TaskScheduled` names it.
    pub region: Arc<str>,
}

impl Default for Identity {
    /// Made-up names, for tests and for machines run alone.
    fn default() -> Identity {
        Identity {
            execution_arn: "arn:aws:states:us-east-1:123456789012:execution:machine:execution"
                .into(),
            name: "execution".into(),
            role_arn: "arn:aws:iam::123456789012:role/role".into(),
            state_machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:machine".into(),
            state_machine_name: "machine".into(),
            state_machine_version_arn: None,
            state_machine_alias_arn: None,
            region: "us-east-1".into(),
        }
    }
}

/// `$$.Map.Item` of an execution of a distributed Map state.
#[derive(Debug, Clone, PartialEq)]
pub struct MapItem {
    /// Its number, from 0.
    pub index: u64,
    /// The item.
    pub value: Data,
}

/// What an execution starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// Its input.
    pub input: Data,
    /// Who it is.
    pub identity: Identity,
    /// What all its randomness comes from: jitter, tokens, `States.UUID`, `$random`.
    pub seed: u64,
    /// The item, when it belongs to a distributed Map state.
    pub map_item: Option<MapItem>,
}

impl Start {
    /// An execution with made-up names and the seed 0.
    pub fn new(input: Data) -> Start {
        Start { input, identity: Identity::default(), seed: 0, map_item: None }
    }
}

/// How an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It runs or waits.
    Running,
    /// It ended well.
    Succeeded,
    /// It ended badly.
    Failed,
    /// `TimeoutSeconds` of the machine, or the five minutes of an express one, were over.
    TimedOut,
    /// It was stopped.
    Aborted,
}

impl Status {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Running => "RUNNING",
            Status::Succeeded => "SUCCEEDED",
            Status::Failed => "FAILED",
            Status::TimedOut => "TIMED_OUT",
            Status::Aborted => "ABORTED",
        }
    }
}

/// How a child of a distributed Map state ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// With this output.
    Succeeded(Data),
    /// With this error.
    Failed(Failure),
    /// It took too long.
    TimedOut(Failure),
    /// Somebody stopped it.
    Aborted(Failure),
}

/// At which step a task could not go on, for the events that AWS has of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no such resource: the state fails with `States.Runtime` and the cause, and nothing else is written.
    /// For an activity that was deleted, before [`Execution::task_scheduled`].
    Missing,
    /// `LambdaFunctionScheduleFailed`, `ActivityScheduleFailed`.
    Schedule,
    /// `TaskStartFailed`, `LambdaFunctionStartFailed`.
    Start,
    /// `TaskSubmitFailed`.
    Submit,
}

/// Why an execution cannot be redriven: the reasons of `RedriveExecution` that the execution itself knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRedrivable {
    /// It still runs.
    Running,
    /// It succeeded.
    Succeeded,
    /// Express executions cannot be.
    Express,
    /// Its history has 24,999 events or more.
    HistoryFull,
}

/// One execution of a state machine: its whole state, and its history.
///
/// Invariant: ids of events are dense; every `previous_event_id` is that of an earlier event, or 0.
#[derive(Debug)]
pub struct Execution {
    pub(super) machine: Arc<Machine>,
    pub(super) start: Start,
    pub(super) started_at: Time,
    stopped_at: Option<Time>,
    pub(super) status: Status,
    pub(super) output: Option<Data>,
    failure: Failure,
    pub(super) history: Vec<HistoryEvent>,
    pub(super) effects: VecDeque<Effect>,
    pub(super) map_runs: Vec<MapRun>,
    pub(super) map_run_work: BTreeMap<MapRunId, MapRunWork>,
    /// Map runs that did not succeed, for a redrive.
    pub(super) stopped_runs: BTreeMap<MapRunId, MapRunWork>,
    pub(super) redrive_count: u64,

    /// The moment that is being dealt with.
    pub(super) now: Time,
    pub(super) random: Random,
    /// `$$.Execution` and `$$.StateMachine`, once a state has read them: they stay the same.
    pub(super) context: OnceLock<Map<String, Value>>,
    pub(super) frames: Frames,
    /// Frames whose state is to be entered, in order.
    pub(super) ready: VecDeque<FrameId>,
    pub(super) timers: BTreeMap<TimerKey, Timer>,
    timers_made: u64,
    tasks_made: u64,
    /// The frame that waits for each task.
    pub(super) tasks: BTreeMap<TaskId, FrameId>,
    transitions: u32,
    pub(super) trace: Trace,
    /// Set when one state alone is looked at.
    pub(super) single: Option<Box<Single>>,
}

/// Life: made, woken, stopped.
impl Execution {
    /// Starts an execution and runs it until it waits or ends.
    pub fn start(machine: Arc<Machine>, start: Start, now: Time) -> Execution {
        let mut execution = Execution::made(machine, start, now);
        execution.begin();
        execution.run();
        execution
    }

    /// An execution before its first event.
    pub(super) fn made(machine: Arc<Machine>, start: Start, now: Time) -> Execution {
        let states = machine.states.len();
        Execution {
            machine,
            random: Random::new(start.seed),
            start,
            started_at: now,
            stopped_at: None,
            status: Status::Running,
            output: None,
            failure: Failure::default(),
            // As many events as a chain of all its states has.
            history: Vec::with_capacity(2 * states + 2),
            effects: VecDeque::new(),
            map_runs: Vec::new(),
            map_run_work: BTreeMap::new(),
            stopped_runs: BTreeMap::new(),
            redrive_count: 0,
            now,
            context: OnceLock::new(),
            frames: Frames::default(),
            ready: VecDeque::new(),
            timers: BTreeMap::new(),
            timers_made: 0,
            tasks_made: 0,
            tasks: BTreeMap::new(),
            transitions: 0,
            trace: Trace::default(),
            single: None,
        }
    }

    fn begin(&mut self) {
        let identity = &self.start.identity;
        let started = Started {
            input: self.start.input.clone(),
            role_arn: identity.role_arn.clone(),
            state_machine_version_arn: identity.state_machine_version_arn.clone(),
            state_machine_alias_arn: identity.state_machine_alias_arn.clone(),
        };
        self.push(0, Details::ExecutionStarted(Box::new(started)));
        self.limit_time();
        // The first state follows no event: AWS gives it 0, not the id of the start (recorded).
        let frame = Frame::new(self.machine.start, self.start.input.clone(), 0);
        let item = self.start.map_item.clone();
        let root = self.frames.add(Frame { item, ..frame });
        self.ready.push_back(root);
    }

    /// Sets the alarm for the time that the whole execution may take.
    pub(super) fn limit_time(&mut self) {
        let limit = match self.machine.kind {
            MachineType::Standard => self.machine.timeout_seconds,
            MachineType::Express => {
                Some(self.machine.timeout_seconds.unwrap_or(u64::MAX).min(EXPRESS_SECONDS_MAX))
            }
        };
        if let Some(seconds) = limit {
            self.alarm(self.now.plus_seconds(seconds), 0, TimerKind::Execution);
        }
    }

    /// Lets time pass: timers that are due fire in the order of their times, and what follows runs.
    pub fn advance(&mut self, now: Time) {
        while let Some((&key, _)) = self.timers.first_key_value() {
            if key.at > now || self.status != Status::Running {
                break;
            }
            self.set_now(key.at);
            if let Some(timer) = self.timers.remove(&key) {
                self.fire(timer);
            }
            self.run();
        }
        if self.status == Status::Running {
            self.set_now(now);
            self.run();
        }
    }

    /// When [`Execution::advance`] has something to do, unless an answer comes before.
    pub fn deadline(&self) -> Option<Time> {
        match self.status {
            Status::Running => self.timers.first_key_value().map(|(key, _)| key.at),
            _ => None,
        }
    }

    /// Whether it goes on by itself when time passes: a Wait state, a retrier's interval. Otherwise time only brings what
    /// gives up on it, and a clock that is in no hurry need not run ahead for that.
    pub fn goes_on_by_itself(&self) -> bool {
        let mut timers = self.timers.values();
        self.status == Status::Running
            && timers.any(|timer| {
                matches!(timer.kind, TimerKind::Wait | TimerKind::Retry | TimerKind::Resume)
            })
    }

    /// The next thing to do for it.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.poll_own_effect().or_else(|| self.poll_child(self.now))
    }

    /// The next thing to do for it, but for executions of map runs: a host that starts those one after the other asks for each
    /// with [`Execution::poll_child`] when its time has come.
    pub fn poll_own_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether a map run has an execution that may start.
    pub fn has_child(&self) -> bool {
        self.startable_run().is_some()
    }

    /// The next execution of a map run that may start, or what has to be done before one can.
    pub fn poll_child(&mut self, now: Time) -> Option<Effect> {
        if self.map_run_work.is_empty() {
            return None;
        }
        self.set_now(now);
        // What becomes ready with it comes first: a run's last child may end the run.
        let child = self.next_child();
        self.run();
        child.or_else(|| self.effects.pop_front())
    }

    /// `StopExecution`. Nothing happens when it has ended.
    pub fn abort(&mut self, now: Time, failure: Failure) {
        if self.status == Status::Running {
            self.set_now(now);
            self.push(0, Details::ExecutionAborted(failure.clone()));
            self.end(Status::Aborted, failure);
        }
    }

    /// Takes the time that a call came with. Time never goes back.
    pub(super) fn set_now(&mut self, now: Time) {
        if now > self.now {
            self.now = now;
            self.transitions = 0;
        }
    }

    /// Enters states until every frame waits or the execution has ended.
    pub(super) fn run(&mut self) {
        while self.status == Status::Running {
            let Some(frame) = self.ready.pop_front() else { return };
            self.transitions += 1;
            let is_express = self.machine.kind == MachineType::Express;
            if is_express && self.transitions > EXPRESS_TRANSITIONS_MAX {
                self.ready.push_front(frame);
                self.alarm(Time(self.now.0 + EXPRESS_PAUSE_MICROS), 0, TimerKind::Resume);
                return;
            }
            self.enter(frame);
        }
    }

    /// Writes an event and gives its id.
    pub(super) fn push(&mut self, previous_event_id: u64, details: Details) -> u64 {
        let id = self.history.len() as u64 + 1;
        if self.status != Status::Running {
            return previous_event_id;
        }
        let is_last = matches!(
            details,
            Details::ExecutionSucceeded { .. }
                | Details::ExecutionFailed(_)
                | Details::ExecutionTimedOut(_)
                | Details::ExecutionAborted(_)
        );
        let is_full = id >= EVENTS_MAX && self.machine.kind == MachineType::Standard;
        if is_full && !is_last {
            let cause = format!(
                "The execution reached the maximum number of history events ({EVENTS_MAX})."
            );
            self.fail(previous_event_id, Failure::new(super::fault::RUNTIME, cause));
            return previous_event_id;
        }
        self.history.push(HistoryEvent { id, previous_event_id, at: self.now, details });
        id
    }

    /// Wakes a frame later.
    pub(super) fn alarm(&mut self, at: Time, frame: FrameId, kind: TimerKind) -> TimerKey {
        self.timers_made += 1;
        let key = TimerKey { at, number: self.timers_made };
        self.timers.insert(key, Timer { frame, kind });
        key
    }

    pub(super) fn new_task(&mut self, frame: FrameId) -> TaskId {
        self.tasks_made += 1;
        let task = TaskId(self.tasks_made);
        self.tasks.insert(task, frame);
        task
    }

    /// Ends it well.
    pub(super) fn succeed(&mut self, previous: u64, output: Data) {
        self.push(previous, Details::ExecutionSucceeded { output: output.clone() });
        self.output = Some(output);
        self.frames = Frames::default();
        self.end(Status::Succeeded, Failure::default());
    }

    /// Ends it badly.
    pub(super) fn fail(&mut self, previous: u64, failure: Failure) {
        self.push(previous, Details::ExecutionFailed(failure.clone()));
        self.end(Status::Failed, failure);
    }

    /// `TimeoutSeconds` of the machine are over: the error stands in the event alone, which follows none (measured by
    /// others).
    pub(super) fn time_out(&mut self) {
        self.push(
            0,
            Details::ExecutionTimedOut(Failure {
                error: Some(super::fault::TIMEOUT.into()),
                cause: None,
            }),
        );
        self.end(Status::TimedOut, Failure::default());
    }

    fn end(&mut self, status: Status, failure: Failure) {
        self.status = status;
        self.failure = failure;
        self.stopped_at = Some(self.now);
        self.timers.clear();
        self.ready.clear();
        for task in std::mem::take(&mut self.tasks).into_keys() {
            self.effects.push_back(Effect::Cancel(task));
        }
        self.abort_map_runs();
    }

    /// Goes on after an end.
    pub(super) fn revive(&mut self) {
        self.status = Status::Running;
        self.stopped_at = None;
        self.failure = Failure::default();
        self.redrive_count += 1;
        self.context = OnceLock::new();
    }
}

/// What can be seen of it.
impl Execution {
    /// The machine it runs.
    pub fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }

    /// What it was started with.
    pub fn started_with(&self) -> &Start {
        &self.start
    }

    /// When it was started.
    pub fn started_at(&self) -> Time {
        self.started_at
    }

    /// When it ended.
    pub fn stopped_at(&self) -> Option<Time> {
        self.stopped_at
    }

    /// How it stands.
    pub fn status(&self) -> Status {
        self.status
    }

    /// What it ended with, when it succeeded.
    pub fn output(&self) -> Option<&Data> {
        self.output.as_ref()
    }

    /// The error that it ended with: none for one that timed out, as in `DescribeExecution`.
    pub fn error(&self) -> Option<&str> {
        self.failure.error.as_deref()
    }

    /// The cause that it ended with.
    pub fn cause(&self) -> Option<&str> {
        self.failure.cause.as_deref()
    }

    /// How often it was redriven.
    pub fn redrive_count(&self) -> u64 {
        self.redrive_count
    }

    /// All that happened so far. Events are never changed, only appended.
    pub fn history(&self) -> &[HistoryEvent] {
        &self.history
    }

    /// Its map runs, in the order they began; [`MapRunId`] is the index.
    pub fn map_runs(&self) -> &[MapRun] {
        &self.map_runs
    }
}
