//! SnapStart: environments that run a version's init code to take a snapshot of it, and environments that begin with that snapshot.
//!
//! Follows "Improving startup performance with Lambda SnapStart" and "Monitoring for Lambda SnapStart". What guests are restored with is the
//! business of the sandbox; whichever way it takes, restoring costs virtual time by the size of the memory, and no units.

use super::telemetry::Telemetry;
use super::{Cx, Due, Environment, Held, Lambda};
use crate::lambda::control::versions;
use crate::lambda::costs;
use crate::lambda::report::{Record, ReportStatus};
use crate::world::World;
use crate::{EnvironmentPhase, Timestamp};
use coldstart_sandbox::{Exit, Resume, Snapshot, Stop};
use serde_json::json;
use std::sync::Arc;

/// What the environments of a version begin with. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    function: Snapshot,
    extensions: Arc<[Rested]>,
}

/// An extension that waited for its first event.
#[derive(Debug)]
struct Rested {
    name: String,
    events: Vec<String>,
    telemetry: Option<Telemetry>,
    guest: Snapshot,
}

impl Taken {
    fn memory_bytes(&self) -> u64 {
        let beside = self.extensions.iter().map(|one| one.guest.memory_bytes()).sum::<u64>();
        self.function.memory_bytes() + beside
    }
}

impl Lambda {
    /// Makes an environment that runs a version's init code for a snapshot, and goes when it has it.
    #[inline(never)]
    pub(in crate::lambda) fn snapshot_version(
        &mut self,
        world: &mut World,
        function: &str,
        version: u64,
    ) {
        let known = self.functions.get(function);
        if let Some(deployment) = known.and_then(|known| known.deployment(version)) {
            self.start_environment(world, function, deployment, None, None);
        }
    }

    /// The guest asks to be restored: this is where a snapshot is taken, and where a restored guest goes on. Others go on at once.
    #[inline(never)]
    pub(super) fn restore_next(&mut self, cx: &mut Cx<'_>, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        let answer = match environment.initialising {
            true => json!({ "status": 200, "output": {} }),
            false => json!({ "error": {
                "code": "InvalidStateTransition",
                "status": 403,
                "message": "A function asks to be restored in its init code, before its first event",
            } }),
        };
        if environment.initialising && environment.takes_snapshot() {
            self.snapshot_asked(cx, id);
            return;
        }
        if std::mem::take(&mut environment.restoring) {
            environment.hook_began = Some(cx.world.now);
            let at = cx.world.now.after_micros(costs::RESTORE_HOOK_US_MAX);
            self.schedule(cx.world, id, at, Due::InitTimeout { environment: id });
        }
        let resume = Resume::CallAnswer(answer.to_string().into_bytes().into());
        self.schedule(cx.world, id, cx.world.now, Due::Resume { environment: id, resume });
    }

    /// The function has come to where it asks to be restored; its extensions have yet to wait for events.
    #[inline(never)]
    pub(super) fn snapshot_asked(&mut self, cx: &mut Cx<'_>, id: u32) {
        if !self.environments[&id].extensions.is_empty() {
            if self.extensions_hold(id, Held::Snapshot).is_none() {
                return;
            }
            self.extensions_log(cx, id);
        }
        self.snapshot_taken(cx, id, true);
    }

    /// Its init code has ended well, or has come to where it asks to be restored.
    #[inline(never)]
    pub(super) fn snapshot_taken(&mut self, cx: &mut Cx<'_>, id: u32, asks: bool) {
        let environment = &self.environments[&id];
        let image = environment.deployment.package.image.as_ref();
        let unprepared = !asks && image.is_some_and(|image| !image.allows_snapshots());
        let init_us = cx.world.now.0 - environment.init_began.0;
        let snapshot = self.snapshot_of(id);
        self.cancel_due(cx.world, id);
        self.flush_partial_lines(cx, id);
        let (phase, status) = ("init", ReportStatus::Success);
        self.log_record(cx, id, &Record::InitRuntimeDone { phase, status: status.clone() });
        self.log_record(cx, id, &Record::InitReport { init_us, phase, status, always: true });
        let outcome = match snapshot {
            Some(snapshot) if !unprepared => Ok(snapshot),
            Some(_) => Err((
                "FunctionError.RuntimeInitError",
                "The container image neither asks to be restored (RestoreNext) nor has the label com.amazonaws.lambda.feature.snapstart=Allow"
                    .to_owned(),
            )),
            None => Err(failure("Runtime.ExitError")),
        };
        self.snapshot_told(cx, id, outcome);
    }

    /// All of an environment's guests as they are; none when one cannot be kept.
    fn snapshot_of(&self, id: u32) -> Option<Taken> {
        let environment = &self.environments[&id];
        let of = |environment: &Environment| environment.guest.as_ref()?.snapshot();
        let rested = environment.extensions.iter().map(|id| {
            let member = self.environments.get(id)?;
            let extension = member.extension.as_ref()?;
            Some(Rested {
                name: extension.name.clone(),
                events: extension.events.clone()?,
                telemetry: extension.telemetry.as_ref().map(|telemetry| telemetry.anew()),
                guest: of(member)?,
            })
        });
        Some(Taken { function: of(environment)?, extensions: rested.collect::<Option<_>>()? })
    }

    /// Its init code has failed.
    #[inline(never)]
    pub(super) fn snapshot_failed(&mut self, cx: &mut Cx<'_>, id: u32, status: ReportStatus) {
        let init_us = cx.world.now.0 - self.environments[&id].init_began.0;
        self.flush_partial_lines(cx, id);
        self.log_init(cx, id, init_us, "init", status.clone());
        self.cancel_due(cx.world, id);
        let failure = match status {
            ReportStatus::Timeout => failure("timeout"),
            ReportStatus::Error(error_type) => failure(&error_type),
            ReportStatus::Success | ReportStatus::Failure => failure("Runtime.ExitError"),
        };
        self.snapshot_told(cx, id, Err(failure));
    }

    fn snapshot_told(
        &mut self,
        cx: &mut Cx<'_>,
        id: u32,
        outcome: Result<Taken, (&'static str, String)>,
    ) {
        self.extensions_drop(cx.world, id);
        let environment = self.environments.get_mut(&id).expect("an environment in init is there");
        environment.retired = true;
        environment.guest = None;
        let (name, version) = (environment.function.clone(), environment.deployment.version);
        self.reclaim(cx.world, id);
        versions::optimised(self, cx.world, &name, version, outcome);
    }

    /// The sandbox of an environment that begins with a snapshot.
    #[inline(never)]
    pub(super) fn restore_begin(&mut self, cx: &mut Cx<'_>, id: u32) {
        self.set_phase(cx.world, id, EnvironmentPhase::Restore);
        let deployment = &self.environments[&id].deployment;
        let record = Record::RestoreStart {
            runtime: deployment.runtime_version(cx.world),
            version: deployment.version_name(),
        };
        self.log_record(cx, id, &record);
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.init_began = cx.world.now;
        let Some(snapshot) = environment.snapshot.take() else { return };
        environment.initialising = true;
        environment.restoring = true;
        let by_size = costs::by_size(costs::RESTORE_US_PER_MIB, snapshot.memory_bytes());
        let micros = cx.world.rng.vary(costs::RESTORE_US + by_size, costs::STARTING_PERMILLE);
        let at = cx.world.now.after_micros(micros);
        let due = restored(cx, id, environment, &snapshot.function);
        self.schedule(cx.world, id, at, due);
        if !snapshot.extensions.is_empty() {
            self.restore_extensions(cx, id, at, &snapshot.extensions);
            self.extensions_hear(cx, id, &record);
        }
    }

    /// Its extensions are there again, too, and wait for events as they did. They have registered before.
    fn restore_extensions(&mut self, cx: &mut Cx<'_>, host: u32, at: Timestamp, all: &[Rested]) {
        let environment = &self.environments[&host];
        let deadline = environment.init_began.after_micros(environment.init_us_max());
        self.schedule(cx.world, host, deadline, Due::InitTimeout { environment: host });
        for rested in all {
            let id = self.extension_number();
            let mut member = self.environments[&host].member(host, &rested.name, deadline);
            member.restoring = true;
            if let Some(extension) = &mut member.extension {
                extension.events = Some(rested.events.clone());
                extension.state = "Ready";
                extension.telemetry = rested.telemetry.clone().map(Box::new);
            }
            let due = restored(cx, id, &mut member, &rested.guest);
            self.environments.insert(id, member);
            self.schedule(cx.world, id, at, due);
            self.host(host).extensions.push(id);
        }
    }

    /// The guest is where its snapshot was taken; without one (its memory may not be there any more), the init code runs in the invoke phase.
    #[inline(never)]
    pub(super) fn restore_finished(&mut self, cx: &mut Cx<'_>, id: u32, status: ReportStatus) {
        let restore_us = cx.world.now.0 - self.environments[&id].init_began.0;
        self.cancel_due(cx.world, id);
        self.log_record(cx, id, &Record::RestoreReport { restore_us, status });
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = false;
        environment.restoring = false;
        let hook_began = environment.hook_began.take();
        let invocation = environment.invocation();
        invocation.attempt.restore_us = Some(restore_us);
        invocation.attempt.hook_us = hook_began.map_or(0, |began| cx.world.now.0 - began.0);
        self.begin_invoke(cx, id);
    }
}

/// Makes an environment's guest of a snapshot, and says how it begins.
fn restored(cx: &mut Cx<'_>, id: u32, environment: &mut Environment, snapshot: &Snapshot) -> Due {
    match snapshot.restore(cx.sandbox, environment.seed) {
        Ok(guest) => {
            environment.guest = Some(guest);
            Due::Resume { environment: id, resume: Resume::Init }
        }
        Err(cause) => {
            Due::Stopped { environment: id, stop: Stop::Exit(Exit { cause, answer: None }) }
        }
    }
}

/// `StateReasonCode` for the type of an error, as the public API model has them, and a sentence of ours.
fn failure(error_type: &str) -> (&'static str, String) {
    let code = match error_type {
        "timeout" => "FunctionError.InitTimeout",
        "Runtime.InvalidEntrypoint" => "FunctionError.InvalidEntryPoint",
        "Runtime.OutOfMemory" => "FunctionError.InitResourceExhausted",
        _ => "FunctionError.RuntimeInitError",
    };
    (code, format!("The init code failed before a snapshot could be taken: {error_type}"))
}
