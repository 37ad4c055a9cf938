//! Environments that are made ahead: they run their init code before anybody invokes them, and are not reclaimed while they are asked for.
//!
//! Which there should be is the business of `control::provisioned`; here they are made, come to rest and go.

use super::{Cx, Environment, Lambda, Tag};
use crate::lambda::control;
use crate::lambda::report::{Record, ReportStatus};
use crate::world::World;
use crate::{EnvironmentPhase, Timestamp};

/// A provisioned environment as the control plane sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lambda) struct Made {
    pub(in crate::lambda) environment: u32,
    pub(in crate::lambda) version: u64,
    /// It has run its init code.
    pub(in crate::lambda) available: bool,
}

impl Lambda {
    /// The environments that this configuration has, but for those that are on their way out.
    #[inline(never)]
    pub(in crate::lambda) fn provisioned(&self, function: &str, qualifier: &str) -> Vec<Made> {
        let made = self.environments.iter().filter(|(_, e)| {
            !e.retired
                && e.function == function
                && e.provisioned.as_ref().is_some_and(|tag| tag.qualifier == qualifier)
        });
        made.map(|(id, e)| Made {
            environment: *id,
            version: e.deployment.version,
            available: e.provisioned.as_ref().is_some_and(|tag| tag.available),
        })
        .collect()
    }

    /// Makes one of a version that is there. The caller has checked the concurrency.
    #[inline(never)]
    pub(in crate::lambda) fn provision(
        &mut self,
        world: &mut World,
        function: &str,
        qualifier: &str,
        version: u64,
    ) {
        let Some(deployment) = self.functions.get(function).and_then(|f| f.deployment(version))
        else {
            return;
        };
        self.capacity.provision(function);
        let tag = Tag { qualifier: qualifier.to_owned(), available: false };
        self.start_environment(world, function, deployment, None, Some(tag));
    }

    /// Takes one away: at once, or when it has ended its work.
    #[inline(never)]
    pub(in crate::lambda) fn release(&mut self, world: &mut World, id: u32) {
        let Some(environment) = self.environments.get_mut(&id) else { return };
        environment.retired = true;
        if environment.work.is_none() {
            self.dismiss(world, id);
        }
    }

    /// Reclaims an environment that does not work, even one in its init phase.
    pub(super) fn dismiss(&mut self, world: &mut World, id: u32) {
        let environment = &self.environments[&id];
        let preparing =
            matches!(environment.phase, EnvironmentPhase::Starting | EnvironmentPhase::Init);
        if preparing {
            self.kill_guest(world, id);
        }
        self.reclaim(world, id);
    }

    /// Its init code has ended well.
    #[inline(never)]
    pub(super) fn provisioned_ready(&mut self, cx: &mut Cx<'_>, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment in init is there");
        let init_us = cx.world.now.0 - environment.init_began.0;
        environment.last_used = cx.world.now;
        if let Some(tag) = &mut environment.provisioned {
            tag.available = true;
        }
        self.cancel_due(cx.world, id);
        self.flush_partial_lines(cx, id);
        let status = ReportStatus::Success;
        self.log_record(cx, id, &Record::InitRuntimeDone { phase: "init", status: status.clone() });
        let always = true;
        self.log_record(cx, id, &Record::InitReport { init_us, phase: "init", status, always });
        self.set_phase(cx.world, id, EnvironmentPhase::Idle);
        self.set_idle(id);
        self.tell_provisioned(cx.world, id, control::provisioned::Told::Changed);
    }

    /// Its init code has failed. It is gone.
    #[inline(never)]
    pub(super) fn provisioned_failed(&mut self, cx: &mut Cx<'_>, id: u32, status: ReportStatus) {
        let environment = &self.environments[&id];
        let init_us = cx.world.now.0 - environment.init_began.0;
        self.flush_partial_lines(cx, id);
        self.log_init(cx, id, init_us, "init", status);
        self.cancel_due(cx.world, id);
        self.tell_provisioned(cx.world, id, control::provisioned::Told::Failed);
        // Nobody makes another one in its place.
        if let Some(environment) = self.environments.get_mut(&id) {
            environment.retired = true;
            if environment.guest.is_some() {
                environment.drop_guest();
            }
            self.reclaim(cx.world, id);
        }
    }

    pub(super) fn tell_provisioned(
        &mut self,
        world: &mut World,
        id: u32,
        told: control::provisioned::Told,
    ) {
        let environment = &self.environments[&id];
        let Some(tag) = &environment.provisioned else { return };
        let (function, qualifier) = (environment.function.clone(), tag.qualifier.clone());
        control::provisioned::told(self, world, &function, &qualifier, told);
    }

    /// An environment waits for work.
    pub(super) fn set_idle(&mut self, id: u32) {
        let environment = &self.environments[&id];
        let (deployment, place) = (environment.deployment.number, environment.idle_place(id));
        self.idle.entry(deployment).or_default().insert(place);
    }

    /// It does not any more.
    pub(super) fn unset_idle(&mut self, id: u32) {
        let environment = &self.environments[&id];
        let (deployment, place) = (environment.deployment.number, environment.idle_place(id));
        if let Some(idle) = self.idle.get_mut(&deployment) {
            idle.remove(&place);
            if idle.is_empty() {
                self.idle.remove(&deployment);
            }
        }
    }

    /// Whether a provisioned environment of this deployment waits for work.
    pub(super) fn has_idle_provisioned(&self, deployment: u64) -> bool {
        let last = self.idle.get(&deployment).and_then(|idle| idle.last());
        last.is_some_and(|(provisioned, ..)| *provisioned)
    }
}

impl Environment {
    /// Where it stands among those that wait: provisioned ones are taken first, then those that were used last.
    fn idle_place(&self, id: u32) -> (bool, Timestamp, u32) {
        (self.provisioned.is_some(), self.last_used, id)
    }

    /// "Up to 15 minutes … 130 seconds or the configured function timeout, whichever is higher" for provisioned concurrency and SnapStart
    /// (Understanding the Lambda execution environment lifecycle).
    pub(super) fn init_us_max(&self) -> u64 {
        use crate::lambda::costs::{INIT_US_MAX, PROVISIONED_INIT_US_MIN};
        if self.provisioned.is_none() && !self.takes_snapshot() {
            return INIT_US_MAX;
        }
        PROVISIONED_INIT_US_MIN.max(self.deployment.settings.timeout_seconds * 1_000_000)
    }

    /// `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub(super) fn initialization_type(&self) -> &'static str {
        self.deployment.initialization(self.provisioned.is_some())
    }

    /// Names its work to the stop button: by the invocation, or, while it is made ahead, by itself.
    pub(super) fn work_name(&self, id: u32) -> String {
        match &self.work {
            Some(invocation) => invocation.request_id.clone(),
            None => format!("environment-{id}"),
        }
    }
}
