//! One execution of a state machine.

use super::data::Data;
use super::effect::{Effect, MapRunId, TaskId};
use super::history::{Failure, HistoryEvent};
use super::machine::Machine;
use super::map_run::MapRun;
use super::time::Time;
use std::collections::VecDeque;
use std::sync::Arc;

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
    machine: Arc<Machine>,
    start: Start,
    started_at: Time,
    stopped_at: Option<Time>,
    status: Status,
    output: Option<Data>,
    failure: Failure,
    history: Vec<HistoryEvent>,
    effects: VecDeque<Effect>,
    map_runs: Vec<MapRun>,
    redrive_count: u64,
}

/// Life: made, woken, stopped.
impl Execution {
    /// Starts an execution and runs it until it waits or ends.
    pub fn start(machine: Arc<Machine>, start: Start, now: Time) -> Execution {
        Execution {
            machine,
            start,
            started_at: now,
            stopped_at: None,
            status: Status::Running,
            output: None,
            failure: Failure::default(),
            history: Vec::new(),
            effects: VecDeque::new(),
            map_runs: Vec::new(),
            redrive_count: 0,
        }
    }

    /// Lets time pass: timers that are due fire in the order of their times, and what follows runs.
    pub fn advance(&mut self, now: Time) {
        let _ = now;
    }

    /// When [`Execution::advance`] has something to do, unless an answer comes before.
    pub fn deadline(&self) -> Option<Time> {
        None
    }

    /// The next thing to do for it.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// `StopExecution`. Nothing happens when it has ended.
    pub fn abort(&mut self, now: Time, failure: Failure) {
        let _ = (now, failure);
    }

    /// `RedriveExecution`: goes on from the states that did not succeed, with the history so far.
    ///
    /// # Errors
    /// When it cannot be redriven.
    pub fn redrive(&mut self, now: Time) -> Result<(), NotRedrivable> {
        let _ = now;
        self.redrivable()
    }

    /// Whether it can be redriven, and if not, why.
    ///
    /// # Errors
    /// Why not.
    pub fn redrivable(&self) -> Result<(), NotRedrivable> {
        Err(NotRedrivable::Running)
    }
}

/// Answers to effects. An answer to a task that nobody waits for is ignored, which the result `false` says: an API that must
/// refuse it (`TaskTimedOut`, `InvalidToken`) goes by that.
impl Execution {
    /// The resource has begun: a worker took the activity, a service was called.
    pub fn task_started(&mut self, now: Time, task: TaskId, worker_name: Option<&str>) -> bool {
        let _ = (now, task, worker_name);
        false
    }

    /// The service answered; the task ends later (`.sync`, `.waitForTaskToken`).
    pub fn task_submitted(&mut self, now: Time, task: TaskId, output: Data) -> bool {
        let _ = (now, task, output);
        false
    }

    /// The task ended well.
    pub fn task_succeeded(&mut self, now: Time, task: TaskId, output: Data) -> bool {
        let _ = (now, task, output);
        false
    }

    /// The task ended badly.
    pub fn task_failed(&mut self, now: Time, task: TaskId, failure: Failure) -> bool {
        let _ = (now, task, failure);
        false
    }

    /// The task did not come so far as to fail.
    pub fn task_refused(
        &mut self,
        now: Time,
        task: TaskId,
        step: Refused,
        failure: Failure,
    ) -> bool {
        let _ = (now, task, step, failure);
        false
    }

    /// The worker lives: the time of `HeartbeatSeconds` begins anew.
    pub fn task_heartbeat(&mut self, now: Time, task: TaskId) -> bool {
        let _ = (now, task);
        false
    }

    /// Whether somebody still waits for a task.
    pub fn is_waiting_for(&self, task: TaskId) -> bool {
        let _ = task;
        false
    }

    /// A child of a map run ended.
    pub fn child_finished(
        &mut self,
        now: Time,
        map_run: MapRunId,
        index: u64,
        ended: Ended,
    ) -> bool {
        let _ = (now, map_run, index, ended);
        false
    }

    /// `UpdateMapRun`: new limits for a map run that still runs. What is `None` stays.
    pub fn update_map_run(
        &mut self,
        now: Time,
        map_run: MapRunId,
        max_concurrency: Option<u64>,
        tolerated_failure_count: Option<u64>,
        tolerated_failure_percentage: Option<f64>,
    ) -> bool {
        let _ =
            (now, map_run, max_concurrency, tolerated_failure_count, tolerated_failure_percentage);
        false
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
