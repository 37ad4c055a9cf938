//! Guests that compute: slices, and what they did put in the queue at the virtual time at which they did it.

use super::{Cx, Due, GuestCall, Lambda, Run};
use crate::lambda::costs;
use crate::queue::Urgency;
use crate::world::World;
use crate::{EnvironmentPhase, Principal, Timestamp, world};
use coldstart_sandbox::{Clock, LogStream, LogWrite, Resume, StartedCall, StartedKind, Stop};
use std::sync::Arc;

impl Lambda {
    /// A guest goes on: from now on it computes.
    pub(super) fn resume(&mut self, world: &World, id: u32, resume: Resume) {
        let environment = self
            .environments
            .get_mut(&id)
            .expect("entries of reclaimed environments are taken back");
        assert!(
            environment.run.is_none() && environment.guest.is_some(),
            "a guest computes one thing at a time"
        );
        let phase = environment.phase;
        let deadline = if let Some(deadline) = environment.extension_deadline() {
            deadline
        } else if let Some(began) = environment.hook_began {
            began.after_micros(costs::RESTORE_HOOK_US_MAX)
        } else if matches!(phase, EnvironmentPhase::Init | EnvironmentPhase::Restore) {
            environment.init_began.after_micros(environment.init_us_max())
        } else {
            environment.invocation().attempt.deadline
        };
        let units_max = costs::units_within(
            deadline.0.saturating_sub(world.now.0),
            environment.units_per_second(),
        );
        environment.pending = false;
        environment.run =
            Some(Run { base: world.now, deadline, units: 0, units_max, resume: Some(resume) });
        self.computing.push_back(id);
    }

    pub(crate) fn is_computing(&self) -> bool {
        !self.computing.is_empty()
    }

    /// Whether the first computing guest's next slice has been computed already: it is taken at once, so that no stop by hand comes between.
    pub(crate) fn is_ahead(&self) -> bool {
        let first = self.computing.front().and_then(|id| self.environments.get(id));
        first.and_then(|first| first.guest.as_ref()).is_some_and(|guest| guest.is_ahead())
    }

    /// Runs the first computing guest for one slice, and says how many units it burned.
    pub(crate) fn run_slice(&mut self, cx: &mut Cx<'_>) -> u64 {
        let Some(&id) = self.computing.front() else { return 0 };
        if self.interrupt_is_due(id) {
            self.stop_run(cx.world, id);
            return 0;
        }
        let world = &mut *cx.world;
        let environment = self.environments.get_mut(&id).expect("a computing environment is there");
        let units_per_second = environment.units_per_second();
        let run = environment.run.as_mut().expect("a computing environment has a run");
        let (resume, base) = (run.resume.take().unwrap_or(Resume::Continue), run.base);
        let passed_ns = u128::from(run.units) * 1_000_000_000 / u128::from(units_per_second);
        let clock = Clock {
            now_ns: world
                .unix_ns_at(base)
                .saturating_add(u64::try_from(passed_ns).unwrap_or(u64::MAX)),
            units_per_second,
            deadline_ns: world.unix_ns_at(run.deadline),
        };
        // One unit past the limit tells a run that ended in time from one that did not.
        let slice = costs::UNITS_PER_SLICE.min(run.units_max + 1 - run.units);
        // For tiers that run ahead: no further than the deadline, or than a stop that is planned.
        let (spent, allowed) = (run.units, run.units_max + 1 - run.units);
        let planned = match self.interrupts.is_empty() {
            true => u64::MAX,
            false => {
                let before = environment.units_before() + environment.units() + spent;
                let planned = self.interrupts.get(&environment.work_name(id));
                planned.map_or(u64::MAX, |planned| planned.saturating_sub(before))
            }
        };
        let guest = environment.guest.as_mut().expect("a computing environment has a guest");
        guest.allow(allowed, planned);
        let burned = guest.resume(resume, clock, slice);
        let (writes, dropped, started) =
            (guest.take_log(), guest.take_log_dropped(), guest.take_started());
        // How far a restoration has got must not show: a stop button's place is told in units, and it has none.
        let counted = if environment.restoring { 0 } else { burned.units };
        if !environment.restoring {
            environment.memory_bytes_peak =
                environment.memory_bytes_peak.max(guest.memory_bytes_peak());
        }
        let run = environment.run.as_mut().expect("it is still computing");
        run.units = run.units.saturating_add(counted);
        let past_limit = run.units > run.units_max;
        let end = base.after_micros(costs::micros(run.units.min(run.units_max), units_per_second));
        self.queue_log(world, id, writes, dropped, end);
        self.queue_started(world, id, started, end);
        match burned.stop {
            // The timeout is in the queue already and finds the guest gone.
            _ if past_limit => self.end_run(id, true),
            Stop::Exhausted => {
                if self.interrupt_is_due(id) {
                    self.stop_run(world, id);
                }
            }
            stop => {
                self.end_run(id, matches!(stop, Stop::Exit(_)));
                self.schedule(world, id, end, Due::Stopped { environment: id, stop });
            }
        }
        burned.units
    }

    pub(super) fn end_run(&mut self, id: u32, drop_guest: bool) {
        let environment = self.environments.get_mut(&id).expect("a computing environment is there");
        let run = environment.run.take().expect("a computing environment has a run");
        match &mut environment.work {
            Some(invocation) => invocation.attempt.units += run.units,
            None => environment.ahead_units += run.units,
        }
        if drop_guest {
            environment.drop_guest();
        }
        self.computing.retain(|computing| *computing != id);
    }

    /// Puts each finished line in the queue, at its time.
    pub(super) fn queue_log(
        &mut self,
        world: &mut World,
        id: u32,
        writes: Vec<LogWrite>,
        dropped: u64,
        end: Timestamp,
    ) {
        for write in writes {
            let at = world.at_unix_ns(write.at_ns).max(world.now);
            // Bytes of the last block before a deadline may come after it.
            if at > end {
                continue;
            }
            let environment =
                self.environments.get_mut(&id).expect("a computing environment is there");
            let partial = &mut environment.partial[usize::from(write.stream == LogStream::Stderr)];
            let mut lines = Vec::new();
            for byte in write.bytes {
                partial.push(byte);
                if byte == b'\n' || partial.len() >= costs::LOG_LINE_BYTES_MAX {
                    lines.push(std::mem::take(partial));
                }
            }
            for line in lines {
                self.schedule_line(world, id, at, line);
            }
        }
        if dropped > 0 {
            let text = format!(
                "[coldstart] {dropped} bytes of log were dropped: more than {} at once\n",
                costs::LOG_BYTES_MAX
            );
            self.schedule_line(world, id, end, text.into_bytes());
        }
    }

    /// Empty lines are left out, as AWS does.
    pub(super) fn schedule_line(
        &mut self,
        world: &mut World,
        id: u32,
        at: Timestamp,
        line: Vec<u8>,
    ) {
        let message = String::from_utf8_lossy(&line).into_owned();
        if !message.trim_end_matches('\n').is_empty() {
            self.schedule(world, id, at, Due::Log { environment: id, message });
        }
    }

    pub(super) fn queue_started(
        &mut self,
        world: &mut World,
        id: u32,
        started: Vec<StartedCall>,
        end: Timestamp,
    ) {
        for StartedCall { token, at_ns, kind } in started {
            let at = world.at_unix_ns(at_ns).max(world.now);
            if at > end {
                continue;
            }
            match kind {
                StartedKind::Timer { ms } => {
                    let due = Due::Token { environment: id, token, answer: Arc::from(&b""[..]) };
                    self.schedule(world, id, at.after_ms(ms), due);
                }
                StartedKind::Call(body) => self.queue_call(world, id, at, Some(token), body),
            }
        }
    }

    pub(super) fn queue_call(
        &mut self,
        world: &mut World,
        id: u32,
        at: Timestamp,
        token: Option<u32>,
        body: Vec<u8>,
    ) {
        let environment = self.environments.get_mut(&id).expect("a guest that calls is there");
        let call = GuestCall { environment: id, epoch: environment.epoch, token };
        let principal = Principal::Function { arn: environment.function_arn.clone() };
        let due = world::Due::Door { call, principal, body };
        let key = world.schedule(at.after_micros(costs::CALL_LATENCY_US), Urgency::Work, due);
        environment.due.push(key);
    }

    /// The answer to a guest's call: it takes as long as the call.
    pub(crate) fn queue_call_answer(world: &mut World, call: GuestCall, answer: Vec<u8>) {
        let at = world.now.after_micros(costs::CALL_LATENCY_US);
        world.schedule(
            at,
            Urgency::Work,
            world::Due::Lambda(Due::CallAnswer { call, answer: answer.into() }),
        );
    }

    pub(super) fn call_answer(&mut self, world: &mut World, call: GuestCall, answer: Arc<[u8]>) {
        let caller = self
            .environments
            .get(&call.environment)
            .filter(|environment| environment.epoch == call.epoch);
        match call.token {
            _ if caller.is_none() => {}
            Some(token) => self.token(world, call.environment, token, answer),
            None => self.resume(world, call.environment, Resume::CallAnswer(answer)),
        }
    }

    pub(super) fn token(&mut self, world: &World, id: u32, token: u32, answer: Arc<[u8]>) {
        let environment = self
            .environments
            .get_mut(&id)
            .expect("entries of reclaimed environments are taken back");
        environment.ready.push_back((token, answer));
        self.resume_ready(world, id);
    }

    /// A guest that waits for tokens gets the first one that is there.
    pub(super) fn resume_ready(&mut self, world: &World, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        if environment.pending
            && let Some((token, answer)) = environment.ready.pop_front()
        {
            self.resume(world, id, Resume::Token { token, answer });
        }
    }
}
