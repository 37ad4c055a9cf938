//! Task states: asking, and what comes back.

use super::data::Data;
use super::data_flow::Surroundings;
use super::effect::{Effect, Purpose, Task, TaskId};
use super::execution::{Execution, Refused, Status};
use super::fault::{Fault, Outcome, TIMEOUT, data_limit};
use super::fields::Number;
use super::frames::{FrameId, Phase, TaskWork, TimerKind};
use super::history::{Details, Failure, Scheduled};
use super::machine::{Kind, State, TaskState};
use super::run::around;
use super::template::Scene;
use super::time::Time;
use crate::resource::{Pattern, Resource};
use std::sync::Arc;

impl Execution {
    /// Asks the resource of a Task state.
    pub(super) fn schedule(&mut self, id: FrameId, state: &State, task: &TaskState) -> Outcome<()> {
        let resource = &task.resource;
        // Nested executions that are waited for have a token as well (recorded).
        if resource.pattern() != Pattern::RequestResponse {
            self.frames[id].token = Some(self.random.token().into());
        }
        let taken = self.take(id, state);
        let around = around!(self, taken);
        let effective = state.effective_input(&taken.input, around)?;
        let parameters = state.arguments(&taken.input, &effective, around)?;
        let mut scene = around.scene(&effective, &taken.input);
        let timeout_seconds = seconds(task.timeout_seconds.as_ref(), &mut scene)?;
        let heartbeat_seconds = seconds(task.heartbeat_seconds.as_ref(), &mut scene)?;
        let credentials = task.credentials.as_ref().map(|one| one.fill(&mut scene)).transpose()?;
        let role_arn = credentials.as_ref().and_then(|credentials| credentials.get("RoleArn"));
        let role_arn: Option<Arc<str>> = role_arn.and_then(|role| role.as_str()).map(Arc::from);
        if parameters.is_too_large() {
            return Err(Fault::data_limit(&state.name));
        }
        if let Some(mock) = self.mock(id) {
            self.answer_mock(id, state, mock);
            return Ok(());
        }
        let task_id = self.new_task(id);
        let scheduled = Scheduled {
            resource: Arc::clone(resource),
            parameters: parameters.clone(),
            region: Arc::clone(&self.start.identity.region),
            timeout_seconds,
            heartbeat_seconds,
            role_arn: role_arn.clone(),
        };
        let is_activity = matches!(**resource, Resource::Activity { .. });
        let timeout = timeout_seconds
            .map(|seconds| self.alarm(self.now.plus_seconds(seconds), id, TimerKind::TaskTimeout));
        // An activity's worker can only send heartbeats once it has the task.
        let heartbeat = heartbeat_seconds.filter(|_| !is_activity).map(|seconds| {
            self.alarm(self.now.plus_seconds(seconds), id, TimerKind::TaskHeartbeat)
        });
        let frame = &mut self.frames[id];
        frame.phase = Phase::Task(Box::new(TaskWork {
            id: task_id,
            scheduled: Some(Box::new(scheduled)),
            is_started: false,
            timeout,
            heartbeat,
            heartbeat_seconds,
        }));
        let effect = Task {
            id: task_id,
            purpose: Purpose::Task,
            state: Arc::clone(&state.name),
            resource: Arc::clone(resource),
            parameters,
            attempt: frame.retry_count,
            timeout_seconds,
            heartbeat_seconds,
            role_arn,
            task_token: frame.token.clone(),
        };
        self.effects.push_back(Effect::Schedule(Box::new(effect)));
        // Whether an activity exists is for the host to say, and AWS writes nothing of one that does not.
        if !is_activity {
            self.write_scheduled(id);
        }
        Ok(())
    }

    /// Writes that the task was scheduled, unless that was done.
    fn write_scheduled(&mut self, id: FrameId) {
        let frame = &mut self.frames[id];
        if let Phase::Task(work) = &mut frame.phase
            && let Some(scheduled) = work.scheduled.take()
        {
            let event = self.push(self.frames[id].previous, Details::TaskScheduled(scheduled));
            self.frames[id].chain(event);
        }
    }

    /// Writes that the task began, unless that was done.
    fn write_started(&mut self, id: FrameId, worker_name: Option<&str>) {
        self.write_scheduled(id);
        let Some(resource) = self.resource_of(id) else { return };
        let now = self.now;
        let Phase::Task(work) = &mut self.frames[id].phase else { return };
        if work.is_started {
            return;
        }
        work.is_started = true;
        let heartbeat = match work.heartbeat {
            None => work.heartbeat_seconds.map(|seconds| now.plus_seconds(seconds)),
            Some(_) => None,
        };
        if let Some(at) = heartbeat {
            let key = self.alarm(at, id, TimerKind::TaskHeartbeat);
            if let Phase::Task(work) = &mut self.frames[id].phase {
                work.heartbeat = Some(key);
            }
        }
        let details = Details::TaskStarted { resource, worker_name: worker_name.map(Arc::from) };
        let event = self.push(self.frames[id].previous, details);
        self.frames[id].chain(event);
    }

    fn resource_of(&self, id: FrameId) -> Option<Arc<Resource>> {
        match &self.machine.states[self.frames[id].state].kind {
            Kind::Task(task) => Some(Arc::clone(&task.resource)),
            _ => None,
        }
    }

    /// Nobody waits for the task any longer.
    pub(super) fn drop_task(&mut self, id: FrameId, is_cancelled: bool) {
        let phase = std::mem::replace(&mut self.frames[id].phase, Phase::Ready);
        if let Phase::Task(work) = phase {
            for key in [work.timeout, work.heartbeat].into_iter().flatten() {
                self.timers.remove(&key);
            }
            self.tasks.remove(&work.id);
            if is_cancelled {
                self.effects.push_back(Effect::Cancel(work.id));
            }
        }
    }

    /// The end of a task that did not come to a result.
    fn task_fails(&mut self, id: FrameId, details: Details, fault: Fault) {
        let event = self.push(self.frames[id].previous, details);
        self.frames[id].chain(event);
        self.drop_task(id, false);
        self.fault(id, Box::new(fault));
        self.run();
    }

    pub(super) fn task_timed_out(&mut self, id: FrameId, is_heartbeat: bool) {
        let Some(resource) = self.resource_of(id) else { return };
        let Phase::Task(work) = &mut self.frames[id].phase else { return };
        // The timer that fired is gone already.
        match is_heartbeat {
            true => work.heartbeat = None,
            false => work.timeout = None,
        }
        let task = work.id;
        self.write_scheduled(id);
        let failure = Failure { error: Some(TIMEOUT.into()), cause: None };
        self.effects.push_back(Effect::Cancel(task));
        let details = Details::TaskTimedOut { resource, failure: failure.clone() };
        let fault = Fault { is_heartbeat, ..Fault::from(failure) };
        self.task_fails(id, details, fault);
    }

    /// The frame that waits for a task, when somebody does.
    fn waiting(&mut self, now: Time, task: TaskId) -> Option<FrameId> {
        if self.status != Status::Running {
            return None;
        }
        let id = *self.tasks.get(&task)?;
        self.set_now(now);
        Some(id)
    }
}

/// Answers to effects. An answer to a task that nobody waits for is ignored, which the result `false` says: an API that must
/// refuse it (`TaskTimedOut`, `InvalidToken`) goes by that.
impl Execution {
    /// The resource was found: for an activity this is when AWS writes that the task was scheduled. Other resources
    /// need no such answer.
    pub fn task_scheduled(&mut self, now: Time, task: TaskId) -> bool {
        let Some(id) = self.waiting(now, task) else { return false };
        self.write_scheduled(id);
        true
    }

    /// The resource has begun: a worker took the activity, a service was called.
    pub fn task_started(&mut self, now: Time, task: TaskId, worker_name: Option<&str>) -> bool {
        let Some(id) = self.waiting(now, task) else { return false };
        self.write_started(id, worker_name);
        true
    }

    /// The service answered; the task ends later (`.sync`, `.waitForTaskToken`).
    pub fn task_submitted(&mut self, now: Time, task: TaskId, output: Data) -> bool {
        let Some(id) = self.waiting(now, task) else { return false };
        self.write_started(id, None);
        if let Some(resource) = self.resource_of(id) {
            let details = Details::TaskSubmitted { resource, output };
            let event = self.push(self.frames[id].previous, details);
            self.frames[id].chain(event);
        }
        true
    }

    /// The task ended well.
    pub fn task_succeeded(&mut self, now: Time, task: TaskId, output: Data) -> bool {
        let Some(id) = self.waiting(now, task) else { return false };
        let Some(resource) = self.resource_of(id) else {
            return self.item_task_ended(id, task, Ok(output));
        };
        self.write_started(id, None);
        if output.is_too_large() {
            let who = match &*resource {
                Resource::Service { .. } => resource.service().map(|(service, _)| service),
                _ => None,
            };
            let failure = data_limit(who.unwrap_or(resource.arn()));
            let details = Details::TaskFailed { resource, failure: failure.clone() };
            self.task_fails(id, details, Fault::from(failure));
            return true;
        }
        let details = Details::TaskSucceeded { resource, output: output.clone() };
        let event = self.push(self.frames[id].previous, details);
        self.frames[id].chain(event);
        self.drop_task(id, false);
        let machine = Arc::clone(&self.machine);
        self.complete(id, &machine.states[self.frames[id].state], &output);
        self.run();
        true
    }

    /// The task ended badly.
    pub fn task_failed(&mut self, now: Time, task: TaskId, failure: Failure) -> bool {
        let Some(id) = self.waiting(now, task) else { return false };
        let Some(resource) = self.resource_of(id) else {
            return self.item_task_ended(id, task, Err(failure));
        };
        self.write_started(id, None);
        let details = Details::TaskFailed { resource, failure: failure.clone() };
        self.task_fails(id, details, Fault::from(failure));
        true
    }

    /// The task did not come so far as to fail.
    pub fn task_refused(
        &mut self,
        now: Time,
        task: TaskId,
        step: Refused,
        failure: Failure,
    ) -> bool {
        let Some(id) = self.waiting(now, task) else { return false };
        let Some(resource) = self.resource_of(id) else {
            return self.item_task_ended(id, task, Err(failure));
        };
        let cause = || failure.cause.as_deref().unwrap_or_default().to_owned();
        let details = match step {
            Refused::Missing => {
                let fault = Fault::runtime(cause());
                self.drop_task(id, false);
                self.fault(id, fault);
                self.run();
                return true;
            }
            Refused::Schedule => Details::TaskScheduleFailed { resource, failure: failure.clone() },
            Refused::Start => Details::TaskStartFailed { resource, failure: failure.clone() },
            Refused::Submit => Details::TaskSubmitFailed { resource, failure: failure.clone() },
        };
        self.write_scheduled(id);
        self.task_fails(id, details, Fault::from(failure));
        true
    }

    /// The worker lives: the time of `HeartbeatSeconds` begins anew.
    pub fn task_heartbeat(&mut self, now: Time, task: TaskId) -> bool {
        let Some(id) = self.waiting(now, task) else { return false };
        let Phase::Task(work) = &self.frames[id].phase else { return true };
        if let (Some(key), Some(seconds)) = (work.heartbeat, work.heartbeat_seconds) {
            self.timers.remove(&key);
            let at = self.now.plus_seconds(seconds);
            let key = self.alarm(at, id, TimerKind::TaskHeartbeat);
            if let Phase::Task(work) = &mut self.frames[id].phase {
                work.heartbeat = Some(key);
            }
        }
        true
    }

    /// Whether somebody still waits for a task.
    pub fn is_waiting_for(&self, task: TaskId) -> bool {
        self.status == Status::Running && self.tasks.contains_key(&task)
    }
}

/// A timeout or the time between heartbeats.
fn seconds(number: Option<&Number>, scene: &mut Scene<'_>) -> Outcome<Option<u64>> {
    let Some(number) = number else { return Ok(None) };
    match u64::try_from(number.integer(scene)?) {
        Ok(seconds @ 1..) => Ok(Some(seconds)),
        _ => Err(Fault::runtime(format!("{} must be a positive integer.", number.field))),
    }
}
