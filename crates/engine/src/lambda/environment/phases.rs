//! From a sandbox to an event: extensions and init code, again when they have failed, and what a guest is given.

use super::{Cx, Due, Held, Lambda};
use crate::EnvironmentPhase;
use crate::faults::{self, Injected, Subject};
use crate::lambda::costs;
use crate::lambda::report::{Record, ReportStatus};
use coldstart_sandbox::{Answer, Exit, Resume, Shape, Stop};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Lambda {
    pub(super) fn begin_init(&mut self, cx: &mut Cx<'_>, id: u32) {
        if self.environments[&id].snapshot.is_some() {
            self.restore_begin(cx, id);
            return;
        }
        let world = &mut *cx.world;
        self.set_phase(world, id, EnvironmentPhase::Init);
        let deployment = &self.environments[&id].deployment;
        let record = Record::InitStart {
            runtime: deployment.runtime_version(world),
            version: deployment.version_name(),
        };
        self.log_record(cx, id, &record);
        let at = cx.world.now.after_micros(self.environments[&id].init_us_max());
        self.schedule(cx.world, id, at, Due::InitTimeout { environment: id });
        self.initialise(cx, id);
    }

    /// Makes a guest and lets its init code run.
    pub(super) fn initialise(&mut self, cx: &mut Cx<'_>, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = true;
        environment.init_began = cx.world.now;
        // "Extension init, Runtime init, Function init" (Lambda execution environment lifecycle).
        let deployment = &environment.deployment;
        let may_have = !deployment.settings.layers.is_empty() || deployment.package.image.is_some();
        if !(may_have && self.extensions_start(cx, id)) {
            self.initialise_function(cx, id);
        }
    }

    pub(super) fn initialise_function(&mut self, cx: &mut Cx<'_>, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        let at = cx.world.now.after_micros(
            costs::INIT_US_MIN
                + costs::by_size(
                    costs::INSTANTIATE_US_PER_MIB,
                    environment.deployment.package.module_bytes(),
                ),
        );
        let shape = environment.deployment.package.shape();
        let due = match environment.start_guest(cx.sandbox) {
            _ if environment.deployment.package.artifact.is_none() => {
                Due::NoModule { environment: id }
            }
            // A command has no init code: it is ready when its module is.
            Ok(()) if shape == Shape::Command => {
                Due::Stopped { environment: id, stop: Stop::Next { answer: None } }
            }
            Ok(()) => Due::Resume { environment: id, resume: Resume::Init },
            Err(cause) => {
                Due::Stopped { environment: id, stop: Stop::Exit(Exit { cause, answer: None }) }
            }
        };
        self.schedule(cx.world, id, at, due);
    }

    pub(super) fn init_finished(&mut self, cx: &mut Cx<'_>, id: u32) {
        if !self.environments[&id].extensions.is_empty() {
            if self.extensions_hold(id, Held::Init).is_none() {
                return;
            }
            if self.environments[&id].phase != EnvironmentPhase::Restore {
                self.extensions_log(cx, id);
            }
        }
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = false;
        // What init code started and did not wait for is forgotten.
        environment.pending = false;
        environment.ready.clear();
        let in_init_phase = environment.phase == EnvironmentPhase::Init;
        if environment.takes_snapshot() {
            self.snapshot_taken(cx, id, false);
        } else if environment.work.is_none() {
            self.provisioned_ready(cx, id);
        } else if environment.phase == EnvironmentPhase::Restore {
            self.restore_finished(cx, id, ReportStatus::Success);
        } else if in_init_phase {
            let init_us = cx.world.now.0 - environment.init_began.0;
            environment.invocation().attempt.init_us = Some(init_us);
            self.cancel_due(cx.world, id);
            self.log_init(cx, id, init_us, "init", ReportStatus::Success);
            self.begin_invoke(cx, id);
        } else {
            self.log_start(cx, id);
            self.give_event(cx, id);
        }
    }

    /// The init phase failed: the init code runs once more in the invoke phase, under the function's timeout
    /// (Understanding the Lambda execution environment lifecycle).
    pub(super) fn init_failed(&mut self, cx: &mut Cx<'_>, id: u32, status: ReportStatus) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = false;
        if !environment.extensions.is_empty() {
            self.extensions_log(cx, id);
            self.extensions_drop(cx.world, id);
        }
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        if environment.work.is_none() {
            self.ahead_failed(cx, id, status);
            return;
        }
        if environment.phase == EnvironmentPhase::Restore {
            self.restore_finished(cx, id, status);
            return;
        }
        let init_us = cx.world.now.0 - environment.init_began.0;
        let invocation = environment.invocation();
        invocation.attempt.init_us = Some(init_us);
        invocation.attempt.init_failed = true;
        self.flush_partial_lines(cx, id);
        self.log_init(cx, id, init_us, "init", status);
        self.cancel_due(cx.world, id);
        self.begin_invoke(cx, id);
    }

    /// An environment that was made ahead, for whatever, has failed.
    pub(super) fn ahead_failed(&mut self, cx: &mut Cx<'_>, id: u32, status: ReportStatus) {
        if self.environments[&id].takes_snapshot() {
            self.snapshot_failed(cx, id, status);
        } else {
            self.provisioned_failed(cx, id, status);
        }
    }

    /// The invoke phase: START, and the event for a guest that waits for it; a guest that is gone is made anew first.
    pub(super) fn begin_invoke(&mut self, cx: &mut Cx<'_>, id: u32) {
        let world = &mut *cx.world;
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        let deadline = world.now.after_ms(environment.deployment.settings.timeout_seconds * 1_000);
        let invocation = environment.invocation();
        invocation.attempt.started_at = Some(world.now);
        invocation.attempt.deadline = deadline;
        let ready = environment.guest.is_some();
        self.set_phase(world, id, EnvironmentPhase::Invoke);
        world.emit(self.environments[&id].started(id));
        self.schedule(world, id, deadline, Due::Timeout { environment: id });
        if ready {
            self.log_start(cx, id);
            self.give_event(cx, id);
        } else {
            self.initialise(cx, id);
        }
    }

    /// START, once: init code that runs in the invoke phase logs before it, as AWS shows.
    pub(super) fn log_start(&mut self, cx: &mut Cx<'_>, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        let version = environment.deployment.version_name();
        let invocation = environment.invocation();
        if !std::mem::replace(&mut invocation.attempt.start_logged, true) {
            let record = Record::Start { request_id: invocation.request_id.clone(), version };
            self.log_record(cx, id, &record);
        }
    }

    pub(super) fn give_event(&mut self, cx: &mut Cx<'_>, id: u32) {
        let injected = self.inject(cx, id);
        let world = &mut *cx.world;
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        let deadline_ms = world.unix_ms_at(environment.invocation().attempt.deadline);
        let (function, stream) = (environment.function.clone(), environment.stream.clone());
        let deployment = Arc::clone(&environment.deployment);
        let settings = &deployment.settings;
        let invocation = environment.invocation();
        let mut meta: BTreeMap<String, String> = [
            ("requestId", invocation.request_id.clone()),
            ("functionArn", invocation.invoked_arn.clone()),
            ("traceId", invocation.trace_id.clone()),
            ("deadlineMs", deadline_ms.to_string()),
            ("functionName", function),
            ("functionVersion", deployment.version_name()),
            ("memoryLimitMb", settings.memory_mb.to_string()),
            ("logGroup", settings.log_group.clone()),
            ("logStream", stream),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
        if let Some(context) = &invocation.client_context {
            meta.insert("clientContext".into(), context.clone());
        }
        let resume = Resume::Event { payload: Arc::clone(&invocation.payload), meta };
        let at = world.now.after_micros(costs::INVOKE_OVERHEAD_US).after_ms(injected.delay_ms);
        let due = match injected.error {
            Some(error) if error.prevents => {
                let answer = Some(Answer::Error(error.payload()));
                Due::Stopped { environment: id, stop: Stop::Next { answer } }
            }
            error => {
                environment.invocation().attempt.loses = error;
                Due::Resume { environment: id, resume }
            }
        };
        self.schedule(world, id, at, due);
        if !self.environments[&id].extensions.is_empty() {
            self.extensions_invoke(world, id, at);
        }
    }

    /// Faults of the session's script that strike the invocation: told in its log, too.
    fn inject(&mut self, cx: &mut Cx<'_>, id: u32) -> Injected {
        let environment = &self.environments[&id];
        let request_id = environment.work.as_ref().expect("it works").request_id.clone();
        let subject =
            Subject::Invocation { function: &environment.function, request_id: &request_id };
        let injected = faults::on_purpose(cx.world, subject);
        for line in &injected.lines {
            self.log(cx, id, line.clone());
        }
        injected
    }
}
