//! Executions at work: begun, woken and answered from the queue.
//!
//! Invariant: what an execution asks for goes into the queue; its answers come out of it.
//! Invariant: an execution that has ended is in nobody's way: it holds no entry of the queue.
//! Invariant: at most [`FINISHED_MAX`] executions that have ended are kept, the newest, and their data as text.

use super::activities::Queue;
use super::announce::announce;
use super::mocks::MockConfig;
use super::model::{Activity, Revision, StateMachine, at, now};
use super::test_state::Test;
use super::tokens::Tokens;
use super::{executions, integrations, logging};
use crate::fingerprint::Fingerprint;
use crate::logs::Logs;
use crate::queue::{QueueKey, Urgency};
use crate::world::{self, Caller, World};
use crate::{ApiError, Fact, Response, Timestamp};
use coldstart_asl::MachineType;
use coldstart_asl::interpret::{
    Data, Effect, Ended, Execution, Failure, Identity, Machine, MapRunId, Start, Status, TaskId,
    Time,
};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// Executions that have ended and can still be described. Chosen: AWS keeps them for 90 days, a tab has less memory.
const FINISHED_MAX: usize = 10_000;

/// What the service's code needs of the rest of the engine.
pub(crate) struct Cx<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) logs: &'a mut Logs,
}

/// A task of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskCall {
    pub(crate) run: u64,
    pub(crate) task: TaskId,
}

/// What an execution hears of a task.
#[derive(Debug)]
pub(crate) enum Told {
    Started(Option<String>),
    Submitted(Data),
    Succeeded(Data),
    Failed(Failure),
    Heartbeat,
}

/// What may be due.
#[derive(Debug)]
pub(crate) enum Due {
    /// An execution begins.
    Begin { run: u64 },
    /// The next child of a map run of this execution starts.
    NextChild { run: u64 },
    /// A timer of an execution.
    Wake { run: u64 },
    /// Something about a task.
    Task { call: TaskCall, told: Told },
    /// The answer to the request of a task.
    Answered { call: TaskCall, result: Box<Result<Response, ApiError>> },
    /// A child of a map run ended.
    ChildEnded { run: u64, map_run: MapRunId, index: u64, ended: Ended },
    /// A worker has waited long enough.
    PollOver { activity: String, worker: u64 },
    /// Nothing but the clock: a mocked task runs into its timeout here.
    Nudge,
}

/// Which child of which map run of which execution an execution is.
#[derive(Debug, Clone)]
pub(crate) struct ChildOf {
    pub(crate) run: u64,
    pub(crate) map_run: MapRunId,
    pub(crate) index: u64,
    /// The map run's ARN.
    pub(crate) map_run_arn: Arc<str>,
}

/// Who waits for an execution's end as a `.sync` task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watcher {
    pub(crate) call: TaskCall,
    /// `.sync:2`: input and output are given as JSON.
    pub(crate) as_json: bool,
}

/// One execution with what the service knows of it.
pub(crate) struct Run {
    pub(crate) id: u64,
    pub(crate) arn: Arc<str>,
    pub(crate) name: Arc<str>,
    /// The state machine's name; a child's has the label behind it.
    pub(crate) machine: Arc<str>,
    pub(crate) revision: Arc<Revision>,
    pub(crate) kind: MachineType,
    pub(crate) start: Start,
    pub(crate) trace_header: Option<String>,
    pub(crate) started_at: Time,
    pub(crate) redriven_at: Option<Time>,
    /// What a child of a map run runs.
    pub(crate) processor: Option<Arc<Machine>>,
    /// None until it begins.
    pub(crate) execution: Option<Execution>,
    pub(crate) ended: bool,
    /// Who waits for StartSyncExecution.
    pub(crate) caller: Option<Caller>,
    pub(crate) watchers: Vec<Watcher>,
    pub(crate) child_of: Option<ChildOf>,
    /// Executions that `.sync` tasks wait for.
    pub(crate) nested: BTreeMap<TaskId, u64>,
    /// Children of map runs that have not ended.
    pub(crate) children: BTreeMap<(MapRunId, u64), u64>,
    /// Children that have ended and are kept: those that succeeded, and the others.
    pub(crate) kept: [u64; 2],
    /// When the next child may start, and the queue's entry for it.
    pub(crate) next_child_at: Timestamp,
    pub(crate) next_child: Option<QueueKey>,
    wake: Option<(QueueKey, Time, Urgency)>,
    /// History events that facts and log lines were made of.
    pub(crate) told: usize,
    pub(crate) log_stream: Option<String>,
    pub(crate) test_case: Option<String>,
    /// Calls by state, for mocks.
    pub(crate) mocked: BTreeMap<Arc<str>, u64>,
}

/// What a new execution is made of.
pub(crate) struct NewRun {
    pub(crate) arn: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) machine: Arc<str>,
    pub(crate) revision: Arc<Revision>,
    pub(crate) kind: MachineType,
    pub(crate) start: Start,
    pub(crate) trace_header: Option<String>,
    pub(crate) caller: Option<Caller>,
    pub(crate) child_of: Option<ChildOf>,
    /// What a child of a map run runs; others run their revision's machine.
    pub(crate) processor: Option<Arc<Machine>>,
    pub(crate) test_case: Option<String>,
}

/// The service's state.
#[derive(Default)]
pub(crate) struct States {
    pub(crate) machines: BTreeMap<String, StateMachine>,
    pub(crate) activities: BTreeMap<String, Activity>,
    pub(crate) queues: BTreeMap<String, Queue>,
    /// Boxed, because those of a map run come and go: a tree moves its entries.
    pub(crate) runs: BTreeMap<u64, Box<Run>>,
    /// Never gone through, so that it may be without order: of many ARNs that begin alike, it finds one sooner.
    pub(crate) by_arn: HashMap<Arc<str>, u64>,
    pub(crate) tokens: Tokens,
    pub(crate) mocks: MockConfig,
    /// Requests that tasks made and that are not answered, by what their answers mean.
    pub(crate) asked: BTreeMap<TaskCall, integrations::Asked>,
    /// Tests that wait for what their state calls.
    pub(crate) tests: BTreeMap<u64, Test>,
    finished: VecDeque<u64>,
    number: u64,
    /// History events since the host looked up: the work of a slice.
    pub(crate) work: u64,
}

impl States {
    /// Counts up: orders what was made.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Steps since this was asked last: what a slice is measured by.
    pub(crate) fn take_work(&mut self) -> u64 {
        std::mem::take(&mut self.work)
    }

    /// Does what is due now.
    #[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
    pub(crate) fn handle_due(&mut self, cx: &mut Cx<'_>, due: Due) {
        self.work += 1;
        match due {
            Due::Begin { run } => self.begin(cx, run),
            Due::NextChild { run } => self.start_next_child(cx, run),
            Due::Wake { run } => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.wake = None;
                }
                self.go_on(cx, run, |execution, now| execution.advance(now));
            }
            Due::Task { call, told } => self.tell_task(cx, call, told),
            Due::Answered { call, result } => integrations::answered(self, cx, call, *result),
            Due::ChildEnded { run, map_run, index, ended } => {
                self.go_on(cx, run, |execution, now| {
                    execution.child_finished(now, map_run, index, ended);
                })
            }
            Due::PollOver { activity, worker } => self.poll_over(cx.world, &activity, worker),
            Due::Nudge => {}
        }
    }

    /// Adds an execution, and gives its number. One that is no child begins when the queue gets to it.
    pub(crate) fn add(&mut self, world: &mut World, new: NewRun) -> u64 {
        let id = self.next_number();
        let express = new.kind == MachineType::Express;
        let run = Run {
            id,
            arn: new.arn,
            name: new.name,
            machine: new.machine,
            revision: new.revision,
            kind: new.kind,
            start: new.start,
            trace_header: new.trace_header,
            started_at: now(world),
            redriven_at: None,
            processor: new.processor,
            execution: None,
            ended: false,
            caller: new.caller,
            watchers: Vec::new(),
            child_of: new.child_of,
            nested: BTreeMap::new(),
            children: BTreeMap::new(),
            kept: [0; 2],
            next_child_at: Timestamp(0),
            next_child: None,
            wake: None,
            told: 0,
            log_stream: None,
            test_case: new.test_case,
            mocked: BTreeMap::new(),
        };
        if run.child_of.is_none() {
            world.emit(Fact::ExecutionStarted {
                execution: id,
                execution_arn: run.arn.to_string(),
                state_machine: run.machine.to_string(),
                express,
            });
            announce(world, &run);
            self.machine_mut(&run.machine).running += 1;
            let due = world::Due::States(Due::Begin { run: id });
            world.schedule(world.now, Urgency::Work, due);
        }
        self.by_arn.insert(Arc::clone(&run.arn), id);
        self.runs.insert(id, Box::new(run));
        id
    }

    pub(crate) fn begin(&mut self, cx: &mut Cx<'_>, id: u64) {
        let Some(run) = self.runs.get_mut(&id).filter(|run| !run.ended) else { return };
        if run.execution.is_some() {
            return;
        }
        let machine = Arc::clone(run.processor.as_ref().unwrap_or(&run.revision.machine));
        let execution = Execution::start(machine, run.start.clone(), now(cx.world));
        run.execution = Some(execution);
        self.settle(cx, id);
    }

    /// Lets an execution do something, and then what follows from it.
    pub(crate) fn go_on(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        act: impl FnOnce(&mut Execution, Time),
    ) {
        let now = now(cx.world);
        let Some(run) = self.runs.get_mut(&id) else { return };
        let Some(execution) = &mut run.execution else { return };
        act(execution, now);
        self.settle(cx, id);
    }

    pub(crate) fn execution(&self, id: u64) -> Option<&Execution> {
        self.runs.get(&id)?.execution.as_ref()
    }

    /// The role in whose name an execution, or a test of a state, asks others.
    pub(crate) fn role_of(&self, run: u64) -> Option<Arc<str>> {
        let of_run = self.runs.get(&run).map(|run| Arc::clone(&run.revision.role_arn));
        of_run.or_else(|| self.tests.get(&run).map(Test::role_arn))
    }

    /// Whether an execution still waits for a task.
    pub(crate) fn is_waiting_for(&self, call: TaskCall) -> bool {
        self.execution(call.run).is_some_and(|execution| execution.is_waiting_for(call.task))
    }

    fn tell_task(&mut self, cx: &mut Cx<'_>, call: TaskCall, told: Told) {
        let task = call.task;
        if self.tests.contains_key(&call.run) {
            return self.test_answered(cx.world, call, told);
        }
        self.go_on(cx, call.run, |execution, now| {
            match told {
                Told::Started(worker) => execution.task_started(now, task, worker.as_deref()),
                Told::Submitted(output) => execution.task_submitted(now, task, output),
                Told::Succeeded(output) => execution.task_succeeded(now, task, output),
                Told::Failed(failure) => execution.task_failed(now, task, failure),
                Told::Heartbeat => execution.task_heartbeat(now, task),
            };
        });
    }

    /// Puts news of a task into the queue.
    pub(crate) fn queue_told(world: &mut World, call: TaskCall, told: Told, after_ms: u64) {
        let due = world::Due::States(Due::Task { call, told });
        world.schedule(world.now.after_ms(after_ms), Urgency::Work, due);
    }

    /// The answer to a task's request, as the door gives it.
    pub(crate) fn queue_answer(
        world: &mut World,
        call: TaskCall,
        result: Result<Response, ApiError>,
    ) {
        let due = world::Due::States(Due::Answered { call, result: Box::new(result) });
        world.schedule(world.now, Urgency::Work, due);
    }

    pub(crate) fn started_by_worker(
        &mut self,
        cx: &mut Cx<'_>,
        call: TaskCall,
        name: Option<&str>,
    ) {
        Self::queue_told(cx.world, call, Told::Started(name.map(str::to_owned)), 0);
    }

    /// Carries out what an execution asks for, tells what happened, and sees to its end or its next timer.
    pub(crate) fn settle(&mut self, cx: &mut Cx<'_>, id: u64) {
        while let Some(run) = self.runs.get_mut(&id)
            && let Some(effect) = run.execution.as_mut().and_then(Execution::poll_own_effect)
        {
            self.carry_out(cx, id, effect);
        }
        self.schedule_next_child(cx, id);
        self.tell(cx, id);
        self.conclude_or_wait(cx, id);
    }

    pub(crate) fn carry_out(&mut self, cx: &mut Cx<'_>, id: u64, effect: Effect) {
        self.work += 1;
        match effect {
            Effect::Schedule(task) => integrations::schedule(self, cx, id, *task),
            Effect::Cancel(task) => self.cancel_task(cx, TaskCall { run: id, task }),
            Effect::StartChild(child) => self.start_child(cx, id, *child),
            Effect::CancelChild { map_run, index } => self.cancel_child(cx, id, map_run, index),
        }
    }

    /// Nobody waits for a task any longer. A nested execution that it waited for is stopped, as AWS does with jobs of `.sync`.
    fn cancel_task(&mut self, cx: &mut Cx<'_>, call: TaskCall) {
        self.asked.remove(&call);
        let Some(run) = self.runs.get_mut(&call.run) else { return };
        if let Some(nested) = run.nested.remove(&call.task) {
            self.stop(cx, nested, Failure::default());
        }
    }

    /// Ends an execution from outside.
    pub(crate) fn stop(&mut self, cx: &mut Cx<'_>, id: u64, failure: Failure) {
        let begun = self.runs.get(&id).is_some_and(|run| run.execution.is_some());
        if !begun {
            self.begin(cx, id);
        }
        self.go_on(cx, id, |execution, now| execution.abort(now, failure));
    }

    /// Makes facts and log lines of new history events.
    pub(crate) fn tell(&mut self, cx: &mut Cx<'_>, id: u64) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let Some(execution) = &run.execution else { return };
        let history = execution.history();
        let new = history.get(run.told..).unwrap_or_default();
        if new.is_empty() {
            return;
        }
        self.work += new.len() as u64;
        if run.child_of.is_none() {
            let mut checksum = Fingerprint::new();
            for event in new {
                checksum.add(event.type_name().as_bytes());
                checksum.add(event.state_name().unwrap_or_default().as_bytes());
                checksum.add_word(event.previous_event_id);
            }
            cx.world.emit(Fact::ExecutionHistory {
                execution: id,
                first_event_id: new[0].id,
                events: new.len() as u64,
                checksum: checksum.short(),
            });
        }
        let from = run.told;
        run.told = history.len();
        logging::write(run, from, cx);
    }

    fn conclude_or_wait(&mut self, cx: &mut Cx<'_>, id: u64) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let Some(execution) = &run.execution else { return };
        if execution.status() == Status::Running {
            run.ended = false;
            // A timeout is no reason for the clock to run ahead: somebody may still answer.
            let urgency =
                if execution.goes_on_by_itself() { Urgency::Work } else { Urgency::Background };
            let deadline = execution.deadline();
            if run.wake.map(|(_, time, urgency)| (time, urgency))
                == deadline.map(|time| (time, urgency))
            {
                return;
            }
            if let Some((key, ..)) = run.wake.take() {
                cx.world.queue.cancel(key);
            }
            if let Some(time) = deadline {
                let due = world::Due::States(Due::Wake { run: id });
                let when = at(cx.world, time);
                run.wake = Some((cx.world.schedule(when, urgency, due), time, urgency));
            }
        } else if !run.ended {
            self.conclude(cx, id);
        }
    }

    fn conclude(&mut self, cx: &mut Cx<'_>, id: u64) {
        let run = self.runs.get_mut(&id).expect("the caller has found it");
        run.ended = true;
        let entries = [run.wake.take().map(|(key, ..)| key), run.next_child.take()];
        entries.into_iter().flatten().for_each(|key| cx.world.queue.cancel(key));
        let execution = run.execution.as_ref().expect("what has ended has begun");
        let status = execution.status();
        for watcher in std::mem::take(&mut run.watchers) {
            let told = executions::told_at_end(run, watcher.as_json);
            Self::queue_told(cx.world, watcher.call, told, 0);
        }
        if let Some(caller) = run.caller.take() {
            let output = executions::sync_answer(run);
            cx.world.answer(caller, Ok(Response { status: 200, output }));
        }
        let run = &self.runs[&id];
        match run.child_of.clone() {
            Some(child_of) => self.conclude_child(cx, id, &child_of),
            None => {
                let machine = Arc::clone(&run.machine);
                cx.world
                    .emit(Fact::ExecutionFinished { execution: id, status: status.name().into() });
                announce(cx.world, run);
                self.count_out(cx.world, &machine);
                self.finished.push_back(id);
                if self.finished.len() > FINISHED_MAX
                    && let Some(oldest) = self.finished.pop_front()
                {
                    self.forget(oldest);
                }
            }
        }
        if let Some(run) = self.runs.get_mut(&id)
            && let Some(execution) = &mut run.execution
        {
            execution.keep_texts();
            run.start = execution.started_with().clone();
        }
    }

    /// A redriven execution has not ended.
    pub(crate) fn unfinish(&mut self, id: u64) {
        self.finished.retain(|finished| *finished != id);
    }
}

/// What an execution is told about itself.
pub(crate) fn identity(
    world: &World,
    machine: &StateMachine,
    revision: &Revision,
    execution_arn: &Arc<str>,
    name: &Arc<str>,
) -> Identity {
    Identity {
        execution_arn: Arc::clone(execution_arn),
        name: Arc::clone(name),
        role_arn: Arc::clone(&revision.role_arn),
        state_machine_arn: Arc::clone(&machine.arn),
        state_machine_name: Arc::clone(&machine.name),
        state_machine_version_arn: None,
        state_machine_alias_arn: None,
        region: world.config.region.as_str().into(),
    }
}
