//! Where invocations go: whether there is room, a free environment or a new one.

use super::{Cx, Due, Environment, Lambda, Tag};
use crate::lambda::capacity::Exceeded;
use crate::lambda::errors::LambdaError;
use crate::lambda::invocation::Invocation;
use crate::lambda::model::Deployment;
use crate::lambda::{control, costs, variables};
use crate::world::World;
use crate::{EnvironmentPhase, Fact, Timestamp, calendar, faults};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

impl Lambda {
    /// Whether an invocation of this version may be placed now. `waits` says whether its caller does.
    pub(in crate::lambda) fn check_concurrency(
        &mut self,
        world: &mut World,
        function: &str,
        version: u64,
        waits: bool,
    ) -> Result<(), LambdaError> {
        let reason = match self.throttle(world.now, function, version, waits) {
            Some(reason) => reason,
            None if faults::throttles(world, function) => "ConcurrentInvocationLimitExceeded",
            None => return Ok(()),
        };
        world.emit(Fact::InvocationThrottled { function: function.into(), reason: reason.into() });
        Err(LambdaError::TooManyRequests { reason })
    }

    /// AWS's reason when it may not.
    fn throttle(
        &mut self,
        now: Timestamp,
        function: &str,
        version: u64,
        waits: bool,
    ) -> Option<&'static str> {
        let known = self.functions.get(function)?;
        let reserved = known.control.reserved;
        let deployment = known.deployment(version)?.number;
        if !self.has_idle_provisioned(deployment) {
            if self.control.reserves
                && let Some(reason) = control::concurrency::exceeded(self, function)
            {
                return Some(reason);
            }
            if self.capacity.is_full() {
                return Some("ConcurrentInvocationLimitExceeded");
            }
        }
        let by_rate = if reserved.is_some() {
            "ReservedFunctionInvocationRateLimitExceeded"
        } else {
            "FunctionInvocationRateLimitExceeded"
        };
        if !self.idle.contains_key(&deployment) && !self.capacity.may_grow(function, now) {
            return Some(by_rate);
        }
        let concurrency = match reserved {
            Some(reserved) => reserved,
            None if self.control.reserves => control::concurrency::unreserved(self),
            None => costs::CONCURRENT_EXECUTIONS_MAX as u64,
        };
        // "Asynchronous: each instance of your execution environment can serve an unlimited number of requests."
        if !waits {
            return None;
        }
        match self.capacity.request(function, concurrency, now) {
            Ok(()) => None,
            Err(Exceeded::Function) => Some(by_rate),
            Err(Exceeded::Account) => Some("CallerRateLimitExceeded"),
        }
    }

    /// Gives an invocation to a free environment, a provisioned one before others and the one used last before those, or to a new one.
    pub(in crate::lambda) fn place(&mut self, cx: &mut Cx<'_>, mut invocation: Invocation) {
        let function = &self.functions[&invocation.function];
        let deployment = function.deployment(invocation.version).expect("the caller checks it");
        let free = self.idle.get(&deployment.number).and_then(|idle| idle.last()).copied();
        if free.is_none_or(|(provisioned, ..)| !provisioned) {
            invocation.attempt.spills = self.capacity.provisions(&function.name)
                && control::provisioned::covers(function, invocation.version);
            self.capacity.begin(&invocation.function);
        }
        if let Some((_, _, id)) = free {
            self.unset_idle(id);
            let environment = self.environments.get_mut(&id).expect("found just now");
            if let Some(reclaim) = environment.reclaim.take() {
                cx.world.queue.cancel(reclaim);
            }
            environment.work = Some(invocation);
            self.begin_invoke(cx, id);
            return;
        }
        invocation.attempt.cold = true;
        let name = invocation.function.clone();
        self.capacity.grow(&name);
        self.start_environment(cx.world, &name, deployment, Some(invocation), None);
    }

    pub(super) fn start_environment(
        &mut self,
        world: &mut World,
        function: &str,
        deployment: Arc<Deployment>,
        work: Option<Invocation>,
        provisioned: Option<Tag>,
    ) {
        let function = &self.functions[function];
        let id = self.next_environment;
        self.next_environment += 1;
        let stream = {
            let version = deployment.version_name();
            format!("{}/[{version}]{}", calendar::day_path(world.unix_ms()), world.rng.hex(32))
        };
        let initialization = deployment.initialization(provisioned.is_some());
        let (given, of) = (work.as_ref(), &deployment);
        let variables =
            variables::of_environment(world, function, of, &stream, initialization, given);
        let snapshot = match given {
            Some(_) if deployment.is_snap_start() => {
                control::versions::snapshot(function, deployment.version)
            }
            _ => None,
        };
        let environment = Environment {
            function: function.name.clone(),
            function_arn: function.arn.clone(),
            stream,
            variables,
            seed: world.rng.next(),
            phase: EnvironmentPhase::Starting,
            guest: None,
            tmp: BTreeMap::new(),
            epoch: 0,
            work,
            provisioned,
            snapshot,
            hook_began: None,
            restoring: false,
            ahead_units: 0,
            initialising: false,
            init_began: world.now,
            run: None,
            due: Vec::new(),
            reclaim: None,
            pending: false,
            ready: VecDeque::new(),
            partial: Default::default(),
            memory_bytes_peak: 0,
            last_used: world.now,
            retired: false,
            extension: None,
            extensions: Vec::new(),
            held: None,
            said: Vec::new(),
            frozen: false,
            deployment,
        };
        let download =
            costs::by_size(costs::DOWNLOAD_US_PER_MIB, environment.deployment.package.bytes);
        let starting = match &environment.snapshot {
            // All of it is restored.
            Some(_) => 0,
            None => world.rng.vary(costs::SANDBOX_US + download, costs::STARTING_PERMILLE),
        };
        self.environments.insert(id, environment);
        self.set_phase(world, id, EnvironmentPhase::Starting);
        self.schedule(
            world,
            id,
            world.now.after_micros(starting),
            Due::Sandbox { environment: id },
        );
    }
}
