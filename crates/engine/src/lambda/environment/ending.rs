//! How work ends: stops, time-outs, exits and the stop button; what is answered, and what becomes of the environment.

use super::{Cx, Due, Environment, Held, Lambda, Tag};
use crate::lambda::invocation::{Conclusion, Invocation};
use crate::lambda::report::{Record, ReportStatus};
use crate::lambda::{asynchronous, control, costs, report};
use crate::queue::Urgency;
use crate::world::World;
use crate::{EnvironmentPhase, Fact, Interrupt, Outcome, calendar, world};
use coldstart_sandbox::{Answer, Exit, Resume, Shape, Stop, Trap};

impl Lambda {
    pub(super) fn handle_stop(&mut self, cx: &mut Cx<'_>, id: u32, stop: Stop) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        if environment.extension.is_some() {
            self.extension_stopped(cx, id, stop);
            return;
        }
        match stop {
            Stop::Exhausted => unreachable!("a slice's end is no stop"),
            Stop::Call(body) if is_runtime_call(&body) => self.restore_next(cx, id),
            Stop::Call(body) => self.queue_call(cx.world, id, cx.world.now, None, body),
            Stop::Sleep { ns } => {
                let at = cx.world.now.after_micros(ns.div_ceil(1_000));
                self.schedule(
                    cx.world,
                    id,
                    at,
                    Due::Resume { environment: id, resume: Resume::Continue },
                );
            }
            Stop::Pending => {
                environment.pending = true;
                self.resume_ready(cx.world, id);
            }
            Stop::Next { answer: Some(Answer::Error(payload)) } if environment.initialising => {
                environment.drop_guest();
                self.init_ended(cx, id, Conclusion::handler_error(payload));
            }
            Stop::Next { .. } if environment.initialising => self.init_finished(cx, id),
            Stop::Next { answer } => {
                let request_id = environment.invocation().request_id.clone();
                let conclusion = match answer {
                    Some(Answer::Response(payload)) => Conclusion::response(payload),
                    Some(Answer::Error(payload)) => Conclusion::handler_error(payload),
                    Some(Answer::TooLarge { .. }) => Conclusion::too_large(),
                    None => Conclusion::platform_error(
                        &request_id,
                        Outcome::Error,
                        "Runtime.NoResponse",
                        "Runtime asked for the next event without answering this one",
                    ),
                };
                self.finish(cx, id, conclusion);
            }
            Stop::Exit(exit) => {
                let conclusion = exit_conclusion(&environment.work_name(id), exit);
                if environment.initialising {
                    self.init_ended(cx, id, conclusion);
                } else {
                    self.finish(cx, id, conclusion);
                }
            }
        }
    }

    /// The guest is gone, or has failed, before it could take an event.
    pub(super) fn init_ended(&mut self, cx: &mut Cx<'_>, id: u32, conclusion: Conclusion) {
        // A guest that ends well in its init code has not answered anything either.
        let error_type = match &conclusion.status {
            ReportStatus::Error(error_type) => error_type.clone(),
            _ => error_type_of(&conclusion.payload),
        };
        let status = ReportStatus::Error(error_type);
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        if matches!(environment.phase, EnvironmentPhase::Init | EnvironmentPhase::Restore) {
            self.init_failed(cx, id, status);
            return;
        }
        environment.initialising = false;
        let micros = cx.world.now.0 - environment.init_began.0;
        self.flush_partial_lines(cx, id);
        self.log_init(cx, id, micros, "invoke", status.clone());
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        let conclusion = if conclusion.outcome == Outcome::Success {
            let request_id = environment.invocation().request_id.clone();
            let exit = Exit { cause: Trap::ExitCode(0), answer: None };
            exit_conclusion(&request_id, exit)
        } else {
            conclusion
        };
        self.finish(cx, id, Conclusion { status, ..conclusion });
    }

    /// There is no module to make a guest of.
    pub(super) fn no_module(&mut self, cx: &mut Cx<'_>, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        let (what, line) = control::package::without_module(&environment.deployment);
        let conclusion = Conclusion::platform_error(
            &environment.work_name(id),
            Outcome::Error,
            "Runtime.InvalidEntrypoint",
            &what,
        );
        if let Some(line) = line {
            self.log(cx, id, line);
        }
        self.init_ended(cx, id, conclusion);
    }

    pub(super) fn time_out(&mut self, cx: &mut Cx<'_>, id: u32) {
        if self.environments[&id].extension.is_some() {
            self.extension_expired(cx.world, id);
            return;
        }
        if !self.environments[&id].extensions.is_empty() {
            self.extensions_shut_down(cx.world, id, "timeout");
        }
        self.kill_guest(cx.world, id);
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = false;
        let timeout_seconds = environment.deployment.settings.timeout_seconds;
        let now = calendar::iso(cx.world.unix_ms());
        let conclusion =
            Conclusion::timeout(&environment.invocation().request_id, &now, timeout_seconds);
        self.finish(cx, id, conclusion);
    }

    /// Takes the guest away, whatever it does.
    pub(super) fn kill_guest(&mut self, world: &mut World, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        assert!(environment.run.is_none(), "the clock does not pass a guest that computes");
        environment.drop_guest();
        self.cancel_due(world, id);
    }

    /// Ends the invocation: END and REPORT, the answer, and what becomes of the environment.
    pub(super) fn finish(&mut self, cx: &mut Cx<'_>, id: u32, mut conclusion: Conclusion) {
        let environment = &self.environments[&id];
        if !environment.extensions.is_empty() && environment.guest.is_some() {
            match self.extensions_hold(id, Held::Conclusion(conclusion)) {
                Some(Held::Conclusion(ready)) => conclusion = ready,
                _ => {
                    self.extensions_answer(cx.world, id);
                    return;
                }
            }
        }
        self.log_start(cx, id);
        self.flush_partial_lines(cx, id);
        self.cancel_due(cx.world, id);
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        if let Some(error) = environment.invocation().attempt.loses.take()
            && conclusion.outcome == Outcome::Success
        {
            conclusion = Conclusion::handler_error(error.payload());
        }
        let environment = &self.environments[&id];
        let invocation = environment.work.as_ref().expect("it works");
        let request_id = invocation.request_id.clone();
        let duration_us = cx.world.now.0
            - invocation.attempt.started_at.expect("only a started invocation ends").0;
        let restored = invocation.attempt.restore_us.map(|restore_us| report::Restored {
            restore_us,
            billed_ms: costs::RESTORE_BILLED_MS + invocation.attempt.hook_us.div_ceil(1_000),
        });
        let billed_ms = report::billed_ms(invocation.attempt.init_us, duration_us)
            + restored.map_or(0, |restored| restored.billed_ms);
        let memory_mb = environment.deployment.settings.memory_mb;
        let members = environment.extensions.iter().filter_map(|id| self.environments.get(id));
        let beside: u64 = members.map(|member| member.memory_bytes_peak).sum();
        let used = environment.memory_bytes_peak + beside + costs::RUNTIME_MEMORY_BYTES;
        let used = used.div_ceil(1 << 20);
        let memory_used_mb = used.min(memory_mb);
        let finished = Fact::InvocationFinished {
            request_id: request_id.clone(),
            function: environment.function.clone(),
            environment: id,
            outcome: conclusion.outcome,
            duration_us,
            init_us: invocation.attempt.init_us,
            restore_us: invocation.attempt.restore_us,
            billed_ms,
            memory_size_mb: memory_mb as u32,
            memory_used_mb: memory_used_mb as u32,
            units: invocation.attempt.units,
            response_bytes: conclusion.payload.len() as u64,
        };
        let records = [
            Record::Lines { lines: conclusion.lines.clone() },
            Record::End { request_id: request_id.clone() },
            Record::RuntimeDone {
                request_id: request_id.clone(),
                duration_us,
                produced_bytes: conclusion.payload.len() as u64,
                status: conclusion.status.clone(),
            },
            Record::Report {
                request_id,
                duration_us,
                billed_ms,
                memory_mb,
                memory_used_mb,
                init_us: invocation.attempt.init_us.filter(|_| !invocation.attempt.init_failed),
                restored,
                status: conclusion.status.clone(),
            },
        ];
        for record in &records {
            self.log_record(cx, id, record);
        }
        let world = &mut *cx.world;
        world.emit(finished);
        let environment = self.environments.get_mut(&id).expect("it works");
        let mut invocation = environment.work.take().expect("it works");
        environment.epoch += 1;
        environment.last_used = world.now;
        environment.pending = false;
        environment.ready.clear();
        if environment.provisioned.is_none() {
            self.capacity.end(&environment.function);
        }
        match invocation.caller.take() {
            Some(caller) => world.answer(caller, Ok(conclusion.answer(&invocation))),
            None if invocation.queued.is_some() => {
                asynchronous::attempted(self, world, invocation, &conclusion);
            }
            // It was answered while extensions were still at work.
            None => {}
        }
        self.rest(cx.world, id);
    }

    /// After an invocation: idle, or without a guest, or gone.
    pub(super) fn rest(&mut self, world: &mut World, id: u32) {
        let environment = self.environments.get_mut(&id).expect("it has just worked");
        let (gone, extended) = (environment.guest.is_none(), !environment.extensions.is_empty());
        let command = environment.deployment.package.shape() == Shape::Command;
        if environment.retired || command {
            self.reclaim(world, id);
            return;
        }
        if gone && extended {
            self.extensions_shut_down(world, id, "failure");
        }
        let environment = self.environments.get_mut(&id).expect("it has just worked");
        let provisioned = environment.provisioned.is_some();
        let phase = if environment.guest.is_some() {
            EnvironmentPhase::Idle
        } else {
            EnvironmentPhase::Reset
        };
        if !provisioned {
            let at = world.now.after_ms(world.config.reclaim_idle_ms);
            let due = world::Due::Lambda(Due::Reclaim { environment: id });
            environment.reclaim = Some(world.schedule(at, Urgency::Background, due));
        }
        self.set_idle(id);
        self.set_phase(world, id, phase);
    }

    pub(super) fn reclaim(&mut self, world: &mut World, id: u32) {
        self.set_phase(world, id, EnvironmentPhase::Reclaimed);
        if !self.environments[&id].extensions.is_empty() {
            self.extensions_shut_down(world, id, "spindown");
        }
        self.unset_idle(id);
        let environment = self.environments.remove(&id).expect("an environment is reclaimed once");
        assert!(environment.work.is_none(), "an environment at work is not reclaimed");
        if let Some(Tag { qualifier, .. }) = &environment.provisioned {
            self.capacity.unprovision(&environment.function);
            let told = control::provisioned::Told::Gone;
            control::provisioned::told(self, world, &environment.function, qualifier, told);
        }
        if let Some(reclaim) = environment.reclaim {
            world.queue.cancel(reclaim);
        }
    }

    /// Environments with old settings take no more invocations; those at work end theirs first.
    pub(in crate::lambda) fn retire_environments(&mut self, world: &mut World, function: &str) {
        let known = self.functions.get(function);
        let serves = |number| known.is_some_and(|function| function.has_deployment(number));
        let mut idle = Vec::new();
        for (id, environment) in &mut self.environments {
            let ends = !serves(environment.deployment.number) && environment.extension.is_none();
            if environment.function == function && ends {
                environment.retired = true;
                idle.extend(environment.work.is_none().then_some(*id));
            }
        }
        for id in idle {
            self.dismiss(world, id);
        }
    }

    /// Running invocations end as they would have; nothing new begins.
    pub(in crate::lambda) fn delete_function(&mut self, world: &mut World, name: &str) {
        self.functions.remove(name);
        self.retire_environments(world, name);
        self.capacity.forget(name);
        world.emit(Fact::FunctionChanged {
            function: name.into(),
            state: "Deleted".into(),
            last_update_status: None,
        });
    }

    // The stop button

    pub(crate) fn plan_interrupt(&mut self, interrupt: Interrupt) {
        self.interrupts.insert(interrupt.request_id, interrupt.units);
    }

    /// Stops the invocation that computes now; it ends when this slice's units have passed.
    pub(crate) fn interrupt(&mut self, world: &mut World) -> Option<Interrupt> {
        let running = self.running()?;
        let id = *self.computing.front()?;
        let before = self.environments[&id].units_before();
        let units = before + running.units;
        let interrupt = Interrupt { request_id: running.request_id, units };
        self.plan_interrupt(interrupt.clone());
        self.stop_run(world, id);
        Some(interrupt)
    }

    pub(super) fn interrupt_is_due(&self, id: u32) -> bool {
        if self.interrupts.is_empty() {
            return false;
        }
        let environment = &self.environments[&id];
        let run = environment.run.as_ref().map_or(0, |run| run.units);
        // Attempts of one event share their request id.
        let units = environment.units_before() + environment.units() + run;
        self.interrupts.get(&environment.work_name(id)).is_some_and(|planned| units >= *planned)
    }

    pub(super) fn stop_run(&mut self, world: &mut World, id: u32) {
        let environment = &self.environments[&id];
        let run = environment.run.as_ref().expect("a computing environment has a run");
        let at = run.base.after_micros(costs::micros(run.units, environment.units_per_second()));
        self.end_run(id, true);
        self.schedule(world, id, at, Due::Kill { environment: id });
    }

    /// An answer of ours: AWS has no such button.
    pub(super) fn stopped_by_hand(&mut self, cx: &mut Cx<'_>, id: u32) {
        if self.environments[&id].extension.is_some() {
            let why = "it was stopped by hand".to_owned();
            self.extension_exited(cx, id, &Trap::Other(why));
            return;
        }
        self.kill_guest(cx.world, id);
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = false;
        environment.restoring = false;
        let in_init_phase =
            matches!(environment.phase, EnvironmentPhase::Init | EnvironmentPhase::Restore);
        if environment.work.is_none() {
            self.ahead_failed(cx, id, ReportStatus::Error("Coldstart.Stopped".into()));
            return;
        }
        let init_us = cx.world.now.0 - environment.init_began.0;
        let invocation = environment.invocation();
        let request_id = invocation.request_id.clone();
        if in_init_phase {
            invocation.attempt.init_us = Some(init_us);
            invocation.attempt.init_failed = true;
            invocation.attempt.started_at = Some(cx.world.now);
            self.set_phase(cx.world, id, EnvironmentPhase::Invoke);
            cx.world.emit(self.environments[&id].started(id));
        }
        let what = "Invocation was stopped by hand";
        self.finish(
            cx,
            id,
            Conclusion::platform_error(&request_id, Outcome::Stopped, "Coldstart.Stopped", what),
        );
    }

    pub(crate) fn running(&self) -> Option<crate::Running> {
        let id = *self.computing.front()?;
        let environment = &self.environments[&id];
        let run = environment.run.as_ref().expect("a computing environment has a run");
        Some(crate::Running {
            request_id: environment.work_name(id),
            function: environment.function.clone(),
            units: environment.units() + run.units,
            units_max: environment.units().saturating_add(run.units_max),
        })
    }
}

impl Environment {
    /// Units that its work burned before the run that runs now.
    pub(super) fn units(&self) -> u64 {
        self.work.as_ref().map_or(self.ahead_units, |invocation| invocation.attempt.units)
    }

    /// Units of earlier attempts of its work.
    pub(super) fn units_before(&self) -> u64 {
        self.work.as_ref().map_or(0, Invocation::units_before)
    }
}

/// Whether a call is the one that belongs to the runtime and to no service: it asks to be restored (docs/ABI.md).
fn is_runtime_call(body: &[u8]) -> bool {
    const SERVICE: &[u8] = b"\"snapstart\"";
    body.len() < 256 && body.windows(SERVICE.len()).any(|part| part == SERVICE)
}

/// What the end of a guest means to the invocation that it worked on.
fn exit_conclusion(request_id: &str, exit: Exit) -> Conclusion {
    match (exit.cause, exit.answer) {
        (Trap::ExitCode(0), Some(Answer::Response(payload))) => Conclusion::response(payload),
        (_, Some(Answer::Error(payload))) => Conclusion::handler_error(payload),
        (_, Some(Answer::TooLarge { .. })) => Conclusion::too_large(),
        (cause, _) => {
            let (what, trap) = describe_trap(&cause);
            let error_type = if cause == Trap::OutOfMemory {
                "Runtime.OutOfMemory"
            } else {
                "Runtime.ExitError"
            };
            let mut conclusion =
                Conclusion::platform_error(request_id, Outcome::Error, "Runtime.ExitError", &what);
            conclusion.status = ReportStatus::Error(error_type.into());
            if let Some(trap) = trap {
                // AWS shows the signal alone; which trap it was is worth a line of ours.
                conclusion.lines.insert(0, format!("[coldstart] WebAssembly trap: {trap}\n"));
            }
            conclusion
        }
    }
}

/// A trap as the signal or status that a native process would end with, and the trap itself in words.
fn describe_trap(cause: &Trap) -> (String, Option<String>) {
    let signal = |name: &str, trap: &str| {
        (format!("Runtime exited with error: signal: {name}"), Some(trap.to_owned()))
    };
    match cause {
        Trap::ExitCode(0) => ("Runtime exited without providing a reason".into(), None),
        Trap::ExitCode(code) => (format!("Runtime exited with error: exit status {code}"), None),
        Trap::Unreachable => signal("aborted", "unreachable executed"),
        Trap::StackOverflow => signal("segmentation fault", "call stack exhausted"),
        Trap::MemoryOutOfBounds => signal("segmentation fault", "out of bounds memory access"),
        Trap::OutOfMemory => signal("killed", "the module needs more memory than the function has"),
        Trap::Other(words) if words.contains("divide by zero") => {
            signal("floating point exception", words)
        }
        Trap::Other(words) => signal("illegal instruction", words),
        Trap::Abi(words) => signal("aborted", words),
    }
}

/// `errorType` of an error's JSON.
fn error_type_of(payload: &[u8]) -> String {
    let error: Option<serde_json::Value> = serde_json::from_slice(payload).ok();
    let error_type =
        error.as_ref().and_then(|error| error.get("errorType")).and_then(serde_json::Value::as_str);
    error_type.unwrap_or("Runtime.ExitError").to_owned()
}
