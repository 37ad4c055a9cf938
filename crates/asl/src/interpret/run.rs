//! The way through the states: entering one, what it does, leaving it, failing in it.

use super::data::Data;
use super::data_flow::{Completed, Surroundings, set_variables};
use super::execution::Execution;
use super::fault::{Fault, Outcome};
use super::fields::{Number, NumberSource, Text, TextSource};
use super::frames::{FrameId, Phase, Timer, TimerKind};
use super::history::{Details, EvaluationFailed, Failure, StateType};
use super::machine::{Kind, Machine, State, StateId, Wait};
use super::time::{Time, instant};
use coldstart_expr::jsonpath::SelectError;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A Wait state's longest delay: one second more does not fit 31 bits (recorded at the boundary of days).
const WAIT_SECONDS_MAX: i64 = i32::MAX as i64;

/// What one frame needs to evaluate its fields, taken out so that the execution can go on being changed.
pub(super) struct Taken {
    pub(super) context: Value,
    pub(super) variables: Arc<Map<String, Value>>,
    pub(super) input: Data,
}

/// The surroundings of a frame's fields. A macro, because it borrows single fields of the execution.
macro_rules! around {
    ($execution:expr, $taken:expr) => {
        &mut Surroundings {
            context: &$taken.context,
            variables: &$taken.variables,
            random: &mut $execution.random,
            now: $execution.now,
            trace: &mut $execution.trace,
        }
    };
}
pub(super) use around;

impl Execution {
    pub(super) fn take(&self, id: FrameId, state: &State) -> Taken {
        let frame = &self.frames[id];
        Taken {
            context: match state.reads_context {
                true => self.context_of(frame, state),
                false => Value::Null,
            },
            variables: Arc::clone(&frame.variables),
            input: frame.input.clone(),
        }
    }

    /// A frame comes to its next state.
    pub(super) fn enter(&mut self, id: FrameId) {
        let machine = Arc::clone(&self.machine);
        let frame = &mut self.frames[id];
        let state = &machine.states[frame.state];
        frame.entered_at = self.now;
        frame.retries.clear();
        frame.retry_count = 0;
        frame.token = None;
        let (previous, input) = (frame.previous, frame.input.clone());
        let name = Arc::clone(&state.name);
        let event =
            self.push(previous, Details::StateEntered { kind: state.kind_type(), name, input });
        let frame = &mut self.frames[id];
        frame.entered_event = event;
        frame.chain(event);
        self.act(id, &machine, state);
    }

    /// Does what the state does: when it was entered, and again for each retry.
    pub(super) fn act(&mut self, id: FrameId, machine: &Machine, state: &State) {
        let outcome = match &state.kind {
            Kind::Pass { result } => self.pass(id, state, result.as_ref()),
            Kind::Choice { .. } => self.choose(id, state),
            Kind::Succeed => self.pass_on(id, state).map(|completed| Some((completed, None))),
            Kind::Wait(wait) => self.wait(id, state, wait).map(|()| None),
            Kind::Fail { error, cause } => {
                return self.act_fail(id, state, error.as_ref(), cause.as_ref());
            }
            Kind::Task(task) => self.schedule(id, state, task).map(|()| None),
            Kind::Parallel { branches } => self.start_branches(id, state, branches).map(|()| None),
            Kind::Map(map) => self.start_map(id, machine, state, map).map(|()| None),
        };
        match outcome {
            Ok(None) => {}
            Ok(Some((completed, next))) => self.leave(id, state, completed, next),
            Err(fault) => self.fault(id, fault),
        }
    }

    fn pass(&mut self, id: FrameId, state: &State, result: Option<&Data>) -> Acted {
        let taken = self.take(id, state);
        let around = around!(self, taken);
        let completed = match result {
            _ if state.flow.is_jsonata() => {
                state.pass_on(&taken.input, &taken.input, None, around)?
            }
            Some(result) => state.complete(&taken.input, result, around)?,
            None => {
                let effective = state.effective_input(&taken.input, around)?;
                let arguments = state.arguments(&taken.input, &effective, around)?;
                state.complete(&taken.input, &arguments, around)?
            }
        };
        Ok(Some((completed, state.next)))
    }

    fn pass_on(&mut self, id: FrameId, state: &State) -> Outcome<Completed> {
        let taken = self.take(id, state);
        let around = around!(self, taken);
        let effective = state.effective_input(&taken.input, around)?;
        state.pass_on(&taken.input, &effective, None, around)
    }

    fn choose(&mut self, id: FrameId, state: &State) -> Acted {
        let Kind::Choice { rules, default } = &state.kind else { return Ok(None) };
        let taken = self.take(id, state);
        let around = around!(self, taken);
        let effective = state.effective_input(&taken.input, around)?;
        for (at, rule) in rules.iter().enumerate() {
            let mut scene = around.scene(&effective, &taken.input);
            if rule.condition.holds(at, &mut scene)? {
                let own = Some((rule.assign.as_ref(), rule.output.as_ref()));
                let completed = state.pass_on(&taken.input, &effective, own, around)?;
                return Ok(Some((completed, Some(rule.next))));
            }
        }
        // AWS has a name for it, States.NoChoiceMatched, but no longer uses it (reported by others).
        let Some(default) = default else {
            return Err(Fault::runtime(
                "Failed to transition out of the state. The state does not point to a next state.",
            ));
        };
        let completed = state.pass_on(&taken.input, &effective, None, around)?;
        Ok(Some((completed, Some(*default))))
    }

    fn act_fail(&mut self, id: FrameId, state: &State, error: Option<&Text>, cause: Option<&Text>) {
        let taken = self.take(id, state);
        let around = around!(self, taken);
        around.trace.note("afterInputPath", &taken.input);
        let mut scene = around.scene(&taken.input, &taken.input);
        let mut text = |text: Option<&Text>| text.map(|text| text.text(&mut scene)).transpose();
        let failure = text(error).and_then(|error| {
            let cause = text(cause)?;
            Ok(Failure { error: error.map(Arc::from), cause: cause.map(Arc::from) })
        });
        match failure {
            Ok(failure) => self.frame_failed(id, Fault::from(failure)),
            Err(fault) => self.fault(id, fault),
        }
    }

    fn wait(&mut self, id: FrameId, state: &State, wait: &Wait) -> Outcome<()> {
        let taken = self.take(id, state);
        let now = self.now;
        let around = around!(self, taken);
        let effective = state.effective_input(&taken.input, around)?;
        let mut scene = around.scene(&effective, &taken.input);
        let until = match wait {
            Wait::Seconds(seconds) => {
                let seconds = wait_seconds(seconds, &mut scene)?;
                if seconds > WAIT_SECONDS_MAX {
                    return Err(too_long());
                }
                now.plus_seconds(seconds.unsigned_abs())
            }
            Wait::Timestamp(text) => {
                let (seconds, nanos) = wait_timestamp(text, &mut scene)?;
                if seconds.saturating_sub((now.millis() / 1000) as i64) > WAIT_SECONDS_MAX {
                    return Err(too_long());
                }
                let micros = seconds.saturating_mul(1_000_000) + i64::from(nanos / 1000);
                Time(u64::try_from(micros).unwrap_or(0)).max(now)
            }
        };
        self.trace.note_value("until", until.to_string());
        if until == now || self.single.is_some() {
            let completed = self.pass_on(id, state)?;
            self.leave(id, state, completed, state.next);
            return Ok(());
        }
        let timer = self.alarm(until, id, TimerKind::Wait);
        self.frames[id].phase = Phase::Asleep { timer };
        Ok(())
    }

    /// A timer is due.
    pub(super) fn fire(&mut self, timer: Timer) {
        let machine = Arc::clone(&self.machine);
        let state = |execution: &Execution| {
            let frame = execution.frames.get(timer.frame);
            frame.and_then(|frame| machine.states.get(frame.state))
        };
        match timer.kind {
            TimerKind::Execution => self.time_out(),
            TimerKind::Resume => {}
            TimerKind::TaskTimeout => self.task_timed_out(timer.frame, false),
            TimerKind::TaskHeartbeat => self.task_timed_out(timer.frame, true),
            TimerKind::Wait => {
                let Some(state) = state(self) else { return };
                match self.pass_on(timer.frame, state) {
                    Ok(completed) => self.leave(timer.frame, state, completed, state.next),
                    Err(fault) => self.fault(timer.frame, fault),
                }
            }
            TimerKind::Retry => {
                if let Some(state) = state(self) {
                    self.act(timer.frame, &machine, state);
                }
            }
        }
    }

    /// A result goes on its way, which may fail.
    pub(super) fn complete(&mut self, id: FrameId, state: &State, result: &Data) {
        if result.is_too_large() {
            return self.fault(id, Fault::data_limit(&state.name));
        }
        let taken = self.take(id, state);
        let outcome = state.complete(&taken.input, result, around!(self, taken));
        match outcome {
            Ok(completed) => self.leave(id, state, completed, state.next),
            Err(fault) => self.fault(id, fault),
        }
    }

    /// A frame leaves its state.
    pub(super) fn leave(
        &mut self,
        id: FrameId,
        state: &State,
        completed: Completed,
        next: Option<StateId>,
    ) {
        let Completed { output, assigned } = completed;
        if let Some(assigned) = &assigned {
            let frame = &mut self.frames[id];
            if let Err(fault) = set_variables(&mut frame.variables, assigned) {
                return self.fault(id, fault);
            }
        }
        if let Some(single) = &mut self.single
            && self.frames[id].parent.is_none()
        {
            let next = next.map(|next| self.machine.states[next].name.to_string());
            single.left(output, next);
            self.ready.clear();
            return;
        }
        let details = Details::StateExited {
            kind: state.kind_type(),
            name: Arc::clone(&state.name),
            output: output.clone(),
            assigned,
        };
        let event = self.push(self.frames[id].previous, details);
        let frame = &mut self.frames[id];
        frame.chain(event);
        frame.phase = Phase::Ready;
        match next {
            Some(next) => {
                frame.state = next;
                frame.input = output;
                self.ready.push_back(id);
            }
            None => self.frame_succeeded(id, output),
        }
    }

    /// A frame came to an end.
    fn frame_succeeded(&mut self, id: FrameId, output: Data) {
        match self.frames[id].parent {
            None => {
                let previous = self.frames[id].previous;
                self.frames.remove(id);
                self.succeed(previous, output);
            }
            Some((parent, slot)) => {
                let previous = self.frames[id].previous;
                match &self.frames[parent].phase {
                    Phase::Parallel(_) => self.branch_succeeded(parent, slot, previous, output, id),
                    _ => self.iteration_succeeded(parent, slot, previous, output, id),
                }
            }
        }
    }

    /// The state of a frame failed: it is tried again, or the failure is caught, or the frame fails.
    pub(super) fn fault(&mut self, id: FrameId, mut fault: Box<Fault>) {
        let machine = Arc::clone(&self.machine);
        let state = &machine.states[self.frames[id].state];
        if fault.is_in_state {
            fault.is_in_state = false;
            let cause = fault.failure.cause.as_deref().unwrap_or_default();
            let event = self.frames[id].entered_event;
            let cause = format!(
                "An error occurred while executing the state '{}' (entered at the event id #{event}). {cause}",
                state.name
            );
            fault.failure.cause = Some(cause.into());
        }
        if let Some(evaluation) = fault.evaluation.take() {
            let frame = &self.frames[id];
            let previous = if evaluation.is_late { frame.previous } else { frame.before };
            let details = EvaluationFailed {
                state: Arc::clone(&state.name),
                location: evaluation.location,
                failure: fault.failure.clone(),
            };
            let event = self.push(previous, Details::EvaluationFailed(Box::new(details)));
            self.frames[id].chain(event);
        }
        if self.single.is_some() && self.frames[id].parent.is_none() {
            return self.single_failed(id, state, *fault);
        }
        if fault.is_fatal() {
            self.mark_failed(id);
            let previous = self.frames[id].previous;
            return self.fail(previous, fault.failure);
        }
        self.stop_inner(id, None);
        if self.retry(id, state, &fault) {
            return;
        }
        let failed = match state.kind_type() {
            StateType::Map => Some(Details::MapStateFailed),
            StateType::Parallel => Some(Details::ParallelStateFailed),
            _ => None,
        };
        if let Some(failed) = failed {
            let event = self.push(self.frames[id].previous, failed);
            self.frames[id].chain(event);
        }
        let catcher =
            state.catch.iter().position(|catcher| fault.is_taken_by(&catcher.error_equals));
        let Some(at) = catcher else { return self.frame_failed(id, *fault) };
        self.discard_inner(id);
        let taken = self.take(id, state);
        let caught = state.catch(at, &taken.input, &fault.failure, around!(self, taken));
        match caught {
            Ok(completed) => self.leave(id, state, completed, Some(state.catch[at].next)),
            // A catcher that fails is not caught again.
            Err(fault) => self.catcher_failed(id, state, *fault),
        }
    }

    /// The fields of a catcher could not be evaluated.
    fn catcher_failed(&mut self, id: FrameId, state: &State, fault: Fault) {
        let cause = fault.failure.cause.as_deref().unwrap_or_default();
        let event = self.frames[id].entered_event;
        let cause = match fault.is_in_state {
            true => format!(
                "An error occurred while executing the state '{}' (entered at the event id #{event}). {cause}",
                state.name
            ),
            false => cause.to_owned(),
        };
        let failure = Failure { error: fault.failure.error.clone(), cause: Some(cause.into()) };
        if let Some(evaluation) = fault.evaluation {
            let details = EvaluationFailed {
                state: Arc::clone(&state.name),
                location: evaluation.location,
                failure: failure.clone(),
            };
            let event =
                self.push(self.frames[id].before, Details::EvaluationFailed(Box::new(details)));
            self.frames[id].chain(event);
        }
        if failure.error.as_deref() == Some(super::fault::RUNTIME) {
            self.mark_failed(id);
            let previous = self.frames[id].previous;
            return self.fail(previous, failure);
        }
        self.frame_failed(id, Fault::from(failure));
    }

    /// Notes that a frame ended badly. A Parallel or Map state has an event of its own for that and keeps what it ran.
    fn mark_failed(&mut self, id: FrameId) {
        let frame = &mut self.frames[id];
        match frame.phase {
            Phase::Parallel(_) | Phase::Map(_) | Phase::Distributed(_) => frame.is_stopped = true,
            _ => frame.phase = Phase::Failed,
        }
    }

    /// A frame ends with a failure that its state did not catch.
    pub(super) fn frame_failed(&mut self, id: FrameId, fault: Fault) {
        if self.single.is_some() && self.frames[id].parent.is_none() {
            let machine = Arc::clone(&self.machine);
            let state = &machine.states[self.frames[id].state];
            return self.single_failed(id, state, fault);
        }
        self.mark_failed(id);
        match self.frames[id].parent {
            None => {
                let previous = self.frames[id].previous;
                self.fail(previous, fault.failure);
            }
            Some((parent, slot)) => match &self.frames[parent].phase {
                Phase::Parallel(_) => self.branch_failed(parent, slot, fault),
                _ => self.iteration_failed(parent, slot, fault),
            },
        }
    }
}

/// What an immediate state gives: its output and the state that follows.
type Acted = Outcome<Option<(Completed, Option<StateId>)>>;

fn too_long() -> Box<Fault> {
    Fault::runtime("Wait state delay is too long.")
}

fn wait_seconds(seconds: &Number, scene: &mut super::template::Scene<'_>) -> Outcome<i64> {
    let NumberSource::Path(path) = &seconds.source else {
        let number = seconds.integer(scene)?;
        return match number {
            0.. => Ok(number),
            _ => Err(Fault::late_evaluation(
                format!("The Seconds field must not be negative: {number}"),
                "Seconds",
            )),
        };
    };
    let value = match scene.look_up(path) {
        Ok(value) => value,
        Err(error) => return Err(no_value("SecondsPath", path.text(), &error)),
    };
    match value.as_i64() {
        Some(number @ 0..) => Ok(number),
        Some(number) => Err(Fault::runtime(format!(
            "The SecondsPath parameter references a negative value: {} == {number}",
            path.text()
        ))),
        None => {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Err(Fault::runtime(format!(
                "The SecondsPath parameter cannot be parsed as a long value: {} == {shown}",
                path.text()
            )))
        }
    }
}

fn no_value(field: &str, path: &str, error: &SelectError) -> Box<Fault> {
    match error {
        SelectError::NotFound(_) => Fault::runtime(format!(
            "The {field} parameter does not reference an input value: {path}"
        )),
        error => Fault::runtime(format!("Invalid path '{path}' : {error}")),
    }
}

fn wait_timestamp(text: &Text, scene: &mut super::template::Scene<'_>) -> Outcome<(i64, u32)> {
    let value = match &text.source {
        TextSource::Literal(text) => Value::from(text.as_str()),
        TextSource::Path(expression) => match expression {
            coldstart_expr::intrinsic::Expression::Path(path) => match scene.look_up(path) {
                Ok(value) => value.into_owned(),
                Err(error) => return Err(no_value("TimestampPath", path.text(), &error)),
            },
            call => scene.evaluate(call, "TimestampPath")?,
        },
        TextSource::Expression(expression) => scene.query(expression, "Timestamp")?,
    };
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let moment = value.as_str().and_then(instant);
    const FORM: &str = "ISO-8601 extended offset date-time format string";
    moment.ok_or_else(|| match &text.source {
        TextSource::Path(expression) => {
            let path = expression.paths().first().map_or("", |path| path.text()).to_owned();
            Fault::runtime(format!(
                "The TimestampPath parameter does not reference a valid {FORM}: {path} == {shown}"
            ))
        }
        _ => Fault::late_evaluation(
            format!("The Timestamp field cannot be parsed as an {FORM}: {shown}"),
            "Timestamp",
        ),
    })
}
