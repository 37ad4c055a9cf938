//! Execution environments: what happens after a request was accepted.
//!
//! A guest that computes is run eagerly, in slices, at the instant at which it begins, while the clock stands still.
//! What it does (log lines, calls, its answer) is put in the queue at the virtual time at which its meter says that it
//! does it, so the rest of the cloud sees it then and not before.
//!
//! Invariant: an environment works on at most one invocation at a time.
//! Invariant: an account's environments that work are at most [`costs::CONCURRENT_EXECUTIONS_MAX`]; what is over is throttled.
//! Invariant: the clock does not pass an instant at which a guest still computes.

use super::errors::LambdaError;
use super::invocation::{Conclusion, Invocation};
use super::model::{Deployment, Function};
use super::report::{self, Record, ReportStatus};
use super::{api, costs, levels, runtimes, variables};
use crate::engine::Artifacts;
use crate::logs::{Line, Logs};
use crate::queue::{QueueKey, Urgency};
use crate::world::{self, World};
use crate::{EnvironmentPhase, Fact, Interrupt, Outcome, Principal, Timestamp, calendar};
use coldstart_sandbox::{
    Answer, Clock, Exit, Guest, GuestConfig, Limits, LogStream, LogWrite, Resume, Sandbox, Shape,
    StartedCall, StartedKind, Stop, Trap,
};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What Lambda's code needs of the rest of the engine.
pub(crate) struct Cx<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) logs: &'a mut Logs,
    pub(crate) sandbox: &'a dyn Sandbox,
    pub(crate) artifacts: &'a mut Artifacts,
}

/// A call that a guest made: which guest, and with which token when it does not block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GuestCall {
    environment: u32,
    epoch: u64,
    token: Option<u32>,
}

/// What may be due.
#[derive(Debug)]
pub(crate) enum Due {
    /// A new function becomes active, or an update is done.
    Settle { function: String, deployment: u64 },
    /// An asynchronous invocation leaves its queue.
    Deliver { invocation: Box<Invocation> },
    /// A sandbox is there: the init phase begins.
    Sandbox { environment: u32 },
    /// A guest goes on.
    Resume { environment: u32, resume: Resume },
    /// A guest stopped.
    Stopped { environment: u32, stop: Stop },
    /// A guest wrote a line.
    Log { environment: u32, message: String },
    /// A timer or call that a callback guest started has its answer.
    Token { environment: u32, token: u32, answer: Arc<[u8]> },
    /// The answer to a guest's call is back; dropped when the guest that called is not there any more.
    CallAnswer { call: GuestCall, answer: Arc<[u8]> },
    /// The init phase ran into its limit.
    InitTimeout { environment: u32 },
    /// The invocation ran into the function's timeout.
    Timeout { environment: u32 },
    /// The stop button.
    Kill { environment: u32 },
    /// An idle environment is given up.
    Reclaim { environment: u32 },
}

/// A guest that computes, since `base`.
struct Run {
    base: Timestamp,
    deadline: Timestamp,
    units: u64,
    /// More than these do not fit before the deadline.
    units_max: u64,
    /// What it goes on with; none after the first slice.
    resume: Option<Resume>,
}

/// One execution environment.
struct Environment {
    function: String,
    function_arn: String,
    deployment: Arc<Deployment>,
    stream: String,
    variables: Vec<(String, String)>,
    seed: u64,
    phase: EnvironmentPhase,
    guest: Option<Box<dyn Guest>>,
    /// `/tmp` while no guest is there.
    tmp: BTreeMap<String, Arc<[u8]>>,
    /// Changes whenever a guest or an invocation ends, so that late answers find nobody.
    epoch: u64,
    work: Option<Invocation>,
    /// Whether the guest runs its init code (in the init phase, or again in the invoke phase).
    initialising: bool,
    init_began: Timestamp,
    run: Option<Run>,
    /// Entries of the queue that end with the guest's work.
    due: Vec<QueueKey>,
    reclaim: Option<QueueKey>,
    /// A callback guest that waits for its tokens.
    pending: bool,
    /// Tokens that came due while the guest computed.
    ready: VecDeque<(u32, Arc<[u8]>)>,
    /// Unfinished lines of stdout and stderr.
    partial: [Vec<u8>; 2],
    memory_bytes_peak: u64,
    last_used: Timestamp,
    /// Made for settings that are not current any more, or for a function that is gone.
    retired: bool,
}

/// The service's state.
#[derive(Default)]
pub(crate) struct Lambda {
    pub(crate) functions: BTreeMap<String, Function>,
    pub(crate) next_deployment: u64,
    environments: BTreeMap<u32, Environment>,
    next_environment: u32,
    /// Environments whose guests compute now, in order.
    computing: VecDeque<u32>,
    /// Invocations at work.
    busy: usize,
    /// Stop buttons of a replayed session: units by request id.
    interrupts: BTreeMap<String, u64>,
}

impl Lambda {
    // Placing invocations

    pub(super) fn check_concurrency(
        &self,
        world: &mut World,
        function: &str,
    ) -> Result<(), LambdaError> {
        if self.busy < costs::CONCURRENT_EXECUTIONS_MAX {
            return Ok(());
        }
        let reason = "ConcurrentInvocationLimitExceeded";
        world.emit(Fact::InvocationThrottled { function: function.into(), reason: reason.into() });
        Err(LambdaError::TooManyRequests { reason })
    }

    /// Gives an invocation to a free environment, the one used last, or to a new one.
    pub(super) fn place(&mut self, cx: &mut Cx<'_>, mut invocation: Invocation) {
        assert!(self.busy < costs::CONCURRENT_EXECUTIONS_MAX, "the caller checks the concurrency");
        self.busy += 1;
        let function = &self.functions[&invocation.function];
        let deployment = Arc::clone(&function.current);
        let free = self
            .environments
            .iter()
            .filter(|(_, e)| {
                e.work.is_none()
                    && e.function == function.name
                    && e.deployment.number == deployment.number
            })
            .max_by_key(|(id, e)| (e.last_used, **id));
        if let Some((&id, _)) = free {
            let environment = self.environments.get_mut(&id).expect("found just now");
            if let Some(reclaim) = environment.reclaim.take() {
                cx.world.queue.cancel(reclaim);
            }
            environment.work = Some(invocation);
            self.begin_invoke(cx, id);
            return;
        }
        invocation.cold = true;
        self.start_environment(cx, deployment, invocation);
    }

    fn start_environment(
        &mut self,
        cx: &mut Cx<'_>,
        deployment: Arc<Deployment>,
        invocation: Invocation,
    ) {
        let world = &mut *cx.world;
        let function = &self.functions[&invocation.function];
        let id = self.next_environment;
        self.next_environment += 1;
        let stream =
            format!("{}/[$LATEST]{}", calendar::day_path(world.unix_ms()), world.rng.hex(32));
        let settings = &deployment.settings;
        let variables =
            variables::of_environment(world, function, settings, &stream, &invocation.trace_id);
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
            work: Some(invocation),
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
            deployment,
        };
        let download =
            costs::by_size(costs::DOWNLOAD_US_PER_MIB, environment.deployment.package.bytes);
        let starting = world.rng.vary(costs::SANDBOX_US + download, costs::STARTING_PERMILLE);
        self.environments.insert(id, environment);
        self.set_phase(world, id, EnvironmentPhase::Starting);
        self.schedule(
            world,
            id,
            world.now.after_micros(starting),
            Due::Sandbox { environment: id },
        );
    }

    // What is due

    /// Does what is due now.
    pub(crate) fn handle_due(&mut self, cx: &mut Cx<'_>, due: Due) {
        match due {
            Due::Settle { function, deployment } => {
                api::settle(self, cx.world, &function, deployment)
            }
            Due::Deliver { invocation } => self.deliver(cx, *invocation),
            Due::Sandbox { environment } => self.begin_init(cx, environment),
            Due::Resume { environment, resume } => self.resume(cx.world, environment, resume),
            Due::Stopped { environment, stop } => self.handle_stop(cx, environment, stop),
            Due::Log { environment, message } => self.log_application(cx, environment, message),
            Due::Token { environment, token, answer } => {
                self.token(cx.world, environment, token, answer)
            }
            Due::CallAnswer { call, answer } => self.call_answer(cx.world, call, answer),
            Due::InitTimeout { environment } => {
                self.kill_guest(cx.world, environment);
                self.init_failed(cx, environment, ReportStatus::Timeout);
            }
            Due::Timeout { environment } => self.time_out(cx, environment),
            Due::Kill { environment } => self.stopped_by_hand(cx, environment),
            Due::Reclaim { environment } => self.reclaim(cx.world, environment),
        }
    }

    /// An asynchronous invocation has one attempt for now: a throttled one is dropped, and said to be.
    fn deliver(&mut self, cx: &mut Cx<'_>, invocation: Invocation) {
        let function = invocation.function.clone();
        if self.functions.contains_key(&function)
            && self.check_concurrency(cx.world, &function).is_ok()
        {
            self.place(cx, invocation);
        }
    }

    fn begin_init(&mut self, cx: &mut Cx<'_>, id: u32) {
        let world = &mut *cx.world;
        self.set_phase(world, id, EnvironmentPhase::Init);
        let runtime = &self.environments[&id].deployment.settings.runtime;
        let record = Record::InitStart {
            runtime_version: runtimes::version_text(runtime),
            runtime_arn: runtimes::version_arn(&world.config.region, runtime),
        };
        self.log_record(cx, id, &record);
        let at = cx.world.now.after_micros(costs::INIT_US_MAX);
        self.schedule(cx.world, id, at, Due::InitTimeout { environment: id });
        self.initialise(cx, id);
    }

    /// Makes a guest and lets its init code run.
    fn initialise(&mut self, cx: &mut Cx<'_>, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = true;
        environment.init_began = cx.world.now;
        let at = cx.world.now.after_micros(
            costs::INIT_US_MIN
                + costs::by_size(
                    costs::INSTANTIATE_US_PER_MIB,
                    environment.deployment.package.bytes,
                ),
        );
        let started = environment.start_guest(cx.sandbox);
        let shape = environment.deployment.package.artifact.info.shape;
        let due = match started {
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

    fn init_finished(&mut self, cx: &mut Cx<'_>, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = false;
        let in_init_phase = environment.phase == EnvironmentPhase::Init;
        if in_init_phase {
            let init_us = cx.world.now.0 - environment.init_began.0;
            environment.invocation().init_us = Some(init_us);
            self.cancel_due(cx.world, id);
            self.log_init(cx, id, init_us, "init", ReportStatus::Success);
            self.begin_invoke(cx, id);
        } else {
            self.log_start(cx, id);
            self.give_event(cx.world, id);
        }
    }

    /// The init phase failed: the init code runs once more in the invoke phase, under the function's timeout
    /// (Understanding the Lambda execution environment lifecycle).
    fn init_failed(&mut self, cx: &mut Cx<'_>, id: u32, status: ReportStatus) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = false;
        let init_us = cx.world.now.0 - environment.init_began.0;
        let invocation = environment.invocation();
        invocation.init_us = Some(init_us);
        invocation.init_failed = true;
        self.flush_partial_lines(cx, id);
        self.log_init(cx, id, init_us, "init", status);
        self.cancel_due(cx.world, id);
        self.begin_invoke(cx, id);
    }

    /// The invoke phase: START, and the event for a guest that waits for it; a guest that is gone is made anew first.
    fn begin_invoke(&mut self, cx: &mut Cx<'_>, id: u32) {
        let world = &mut *cx.world;
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        let deadline = world.now.after_ms(environment.deployment.settings.timeout_seconds * 1_000);
        let invocation = environment.invocation();
        invocation.started_at = Some(world.now);
        invocation.deadline = deadline;
        let (request_id, cold) = (invocation.request_id.clone(), invocation.cold);
        let (function, ready) = (environment.function.clone(), environment.guest.is_some());
        self.set_phase(world, id, EnvironmentPhase::Invoke);
        world.emit(Fact::InvocationStarted {
            request_id,
            function,
            environment: id,
            cold,
            attempt: 1,
        });
        self.schedule(world, id, deadline, Due::Timeout { environment: id });
        if ready {
            self.log_start(cx, id);
            self.give_event(cx.world, id);
        } else {
            self.initialise(cx, id);
        }
    }

    /// START, once: init code that runs in the invoke phase logs before it, as AWS shows.
    fn log_start(&mut self, cx: &mut Cx<'_>, id: u32) {
        let invocation =
            self.environments.get_mut(&id).expect("an environment at work is there").invocation();
        if !std::mem::replace(&mut invocation.start_logged, true) {
            let record = Record::Start { request_id: invocation.request_id.clone() };
            self.log_record(cx, id, &record);
        }
    }

    fn give_event(&mut self, world: &mut World, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        let deadline_ms = world.unix_ms_at(environment.invocation().deadline);
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
            ("functionVersion", "$LATEST".into()),
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
        let at = world.now.after_micros(costs::INVOKE_OVERHEAD_US);
        self.schedule(world, id, at, Due::Resume { environment: id, resume });
    }

    // Computing

    /// A guest goes on: from now on it computes.
    fn resume(&mut self, world: &World, id: u32, resume: Resume) {
        let environment = self
            .environments
            .get_mut(&id)
            .expect("entries of reclaimed environments are taken back");
        assert!(
            environment.run.is_none() && environment.guest.is_some(),
            "a guest computes one thing at a time"
        );
        let deadline = if environment.phase == EnvironmentPhase::Init {
            environment.init_began.after_micros(costs::INIT_US_MAX)
        } else {
            environment.invocation().deadline
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
        let guest = environment.guest.as_mut().expect("a computing environment has a guest");
        let burned = guest.resume(resume, clock, slice);
        let (writes, dropped, started) =
            (guest.take_log(), guest.take_log_dropped(), guest.take_started());
        environment.memory_bytes_peak =
            environment.memory_bytes_peak.max(guest.memory_bytes_peak());
        let run = environment.run.as_mut().expect("it is still computing");
        run.units = run.units.saturating_add(burned.units);
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

    fn end_run(&mut self, id: u32, drop_guest: bool) {
        let environment = self.environments.get_mut(&id).expect("a computing environment is there");
        let run = environment.run.take().expect("a computing environment has a run");
        environment.invocation().units += run.units;
        if drop_guest {
            environment.drop_guest();
        }
        self.computing.retain(|computing| *computing != id);
    }

    /// Puts each finished line in the queue, at its time.
    fn queue_log(
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
    fn schedule_line(&mut self, world: &mut World, id: u32, at: Timestamp, line: Vec<u8>) {
        let message = String::from_utf8_lossy(&line).into_owned();
        if !message.trim_end_matches('\n').is_empty() {
            self.schedule(world, id, at, Due::Log { environment: id, message });
        }
    }

    fn queue_started(
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

    fn queue_call(
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

    fn call_answer(&mut self, world: &mut World, call: GuestCall, answer: Arc<[u8]>) {
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

    fn token(&mut self, world: &World, id: u32, token: u32, answer: Arc<[u8]>) {
        let environment = self
            .environments
            .get_mut(&id)
            .expect("entries of reclaimed environments are taken back");
        environment.ready.push_back((token, answer));
        self.resume_ready(world, id);
    }

    /// A guest that waits for tokens gets the first one that is there.
    fn resume_ready(&mut self, world: &World, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        if environment.pending
            && let Some((token, answer)) = environment.ready.pop_front()
        {
            self.resume(world, id, Resume::Token { token, answer });
        }
    }

    // Stops

    fn handle_stop(&mut self, cx: &mut Cx<'_>, id: u32, stop: Stop) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        match stop {
            Stop::Exhausted => unreachable!("a slice's end is no stop"),
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
            Stop::Pending if !environment.initialising => {
                environment.pending = true;
                self.resume_ready(cx.world, id);
            }
            Stop::Next { answer: Some(Answer::Error(payload)) } if environment.initialising => {
                environment.drop_guest();
                self.init_ended(cx, id, Conclusion::handler_error(payload));
            }
            Stop::Next { .. } | Stop::Pending if environment.initialising => {
                self.init_finished(cx, id)
            }
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
            Stop::Pending => unreachable!("both cases are above"),
            Stop::Exit(exit) => {
                let request_id = environment.invocation().request_id.clone();
                let conclusion = exit_conclusion(&request_id, exit);
                if environment.initialising {
                    self.init_ended(cx, id, conclusion);
                } else {
                    self.finish(cx, id, conclusion);
                }
            }
        }
    }

    /// The guest is gone, or has failed, before it could take an event.
    fn init_ended(&mut self, cx: &mut Cx<'_>, id: u32, conclusion: Conclusion) {
        // A guest that ends well in its init code has not answered anything either.
        let error_type = match &conclusion.status {
            ReportStatus::Error(error_type) => error_type.clone(),
            _ => error_type_of(&conclusion.payload),
        };
        let status = ReportStatus::Error(error_type);
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        if environment.phase == EnvironmentPhase::Init {
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

    fn time_out(&mut self, cx: &mut Cx<'_>, id: u32) {
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
    fn kill_guest(&mut self, world: &mut World, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        assert!(environment.run.is_none(), "the clock does not pass a guest that computes");
        environment.drop_guest();
        self.cancel_due(world, id);
    }

    /// Ends the invocation: END and REPORT, the answer, and what becomes of the environment.
    fn finish(&mut self, cx: &mut Cx<'_>, id: u32, conclusion: Conclusion) {
        self.log_start(cx, id);
        self.flush_partial_lines(cx, id);
        self.cancel_due(cx.world, id);
        let environment = &self.environments[&id];
        let invocation = environment.work.as_ref().expect("it works");
        let request_id = invocation.request_id.clone();
        let duration_us =
            cx.world.now.0 - invocation.started_at.expect("only a started invocation ends").0;
        let billed_ms = report::billed_ms(invocation.init_us, duration_us);
        let memory_mb = environment.deployment.settings.memory_mb;
        let used = (environment.memory_bytes_peak + costs::RUNTIME_MEMORY_BYTES).div_ceil(1 << 20);
        let memory_used_mb = used.min(memory_mb);
        let finished = Fact::InvocationFinished {
            request_id: request_id.clone(),
            function: environment.function.clone(),
            environment: id,
            outcome: conclusion.outcome,
            duration_us,
            init_us: invocation.init_us,
            billed_ms,
            memory_size_mb: memory_mb as u32,
            memory_used_mb: memory_used_mb as u32,
            units: invocation.units,
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
                init_us: invocation.init_us.filter(|_| !invocation.init_failed),
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
        self.busy -= 1;
        if let Some(caller) = invocation.caller.take() {
            world.answer(caller, Ok(conclusion.answer(&invocation)));
        }
        self.rest(world, id);
    }

    /// After an invocation: idle, or without a guest, or gone.
    fn rest(&mut self, world: &mut World, id: u32) {
        let environment = self.environments.get_mut(&id).expect("it has just worked");
        let command = environment.deployment.package.artifact.info.shape == Shape::Command;
        if environment.retired || command {
            self.reclaim(world, id);
            return;
        }
        let phase = if environment.guest.is_some() {
            EnvironmentPhase::Idle
        } else {
            EnvironmentPhase::Reset
        };
        let at = world.now.after_ms(world.config.reclaim_idle_ms);
        let due = world::Due::Lambda(Due::Reclaim { environment: id });
        environment.reclaim = Some(world.schedule(at, Urgency::Background, due));
        self.set_phase(world, id, phase);
    }

    fn reclaim(&mut self, world: &mut World, id: u32) {
        self.set_phase(world, id, EnvironmentPhase::Reclaimed);
        let environment = self.environments.remove(&id).expect("an environment is reclaimed once");
        assert!(environment.work.is_none(), "an environment at work is not reclaimed");
        if let Some(reclaim) = environment.reclaim {
            world.queue.cancel(reclaim);
        }
    }

    /// Environments with old settings take no more invocations; those at work end theirs first.
    pub(super) fn retire_environments(&mut self, world: &mut World, function: &str) {
        let current = self.functions.get(function).map(|function| function.current.number);
        let mut idle = Vec::new();
        for (id, environment) in &mut self.environments {
            if environment.function == function && Some(environment.deployment.number) != current {
                environment.retired = true;
                idle.extend(environment.work.is_none().then_some(*id));
            }
        }
        for id in idle {
            self.reclaim(world, id);
        }
    }

    /// Running invocations end as they would have; nothing new begins.
    pub(super) fn delete_function(&mut self, world: &mut World, name: &str) {
        self.functions.remove(name);
        self.retire_environments(world, name);
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
        let interrupt = Interrupt { request_id: running.request_id, units: running.units };
        self.plan_interrupt(interrupt.clone());
        self.stop_run(world, id);
        Some(interrupt)
    }

    fn interrupt_is_due(&self, id: u32) -> bool {
        if self.interrupts.is_empty() {
            return false;
        }
        let environment = &self.environments[&id];
        let invocation = environment.work.as_ref().expect("a computing environment works");
        let units = invocation.units + environment.run.as_ref().map_or(0, |run| run.units);
        self.interrupts.get(&invocation.request_id).is_some_and(|planned| units >= *planned)
    }

    fn stop_run(&mut self, world: &mut World, id: u32) {
        let environment = &self.environments[&id];
        let run = environment.run.as_ref().expect("a computing environment has a run");
        let at = run.base.after_micros(costs::micros(run.units, environment.units_per_second()));
        self.end_run(id, true);
        self.schedule(world, id, at, Due::Kill { environment: id });
    }

    /// An answer of ours: AWS has no such button.
    fn stopped_by_hand(&mut self, cx: &mut Cx<'_>, id: u32) {
        self.kill_guest(cx.world, id);
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.initialising = false;
        let in_init_phase = environment.phase == EnvironmentPhase::Init;
        let init_us = cx.world.now.0 - environment.init_began.0;
        let invocation = environment.invocation();
        let request_id = invocation.request_id.clone();
        if in_init_phase {
            invocation.init_us = Some(init_us);
            invocation.init_failed = true;
            invocation.started_at = Some(cx.world.now);
            let (function, cold) = (invocation.function.clone(), invocation.cold);
            self.set_phase(cx.world, id, EnvironmentPhase::Invoke);
            let started = Fact::InvocationStarted {
                request_id: request_id.clone(),
                function,
                environment: id,
                cold,
                attempt: 1,
            };
            cx.world.emit(started);
        }
        let what = "Invocation was stopped by hand";
        self.finish(
            cx,
            id,
            Conclusion::platform_error(&request_id, Outcome::Stopped, "Coldstart.Stopped", what),
        );
    }

    pub(crate) fn running(&self) -> Option<crate::Running> {
        let environment = &self.environments[self.computing.front()?];
        let invocation = environment.work.as_ref().expect("a computing environment works");
        let run = environment.run.as_ref().expect("a computing environment has a run");
        Some(crate::Running {
            request_id: invocation.request_id.clone(),
            function: environment.function.clone(),
            units: invocation.units + run.units,
            units_max: invocation.units.saturating_add(run.units_max),
        })
    }

    // Leaves

    fn schedule(&mut self, world: &mut World, id: u32, at: Timestamp, due: Due) {
        let key = world.schedule(at, Urgency::Work, world::Due::Lambda(due));
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.due.push(key);
        // A guest that sleeps a million times leaves as many keys behind: forget those that have come out.
        if environment.due.len() >= 512 && environment.due.len().is_power_of_two() {
            environment.due.retain(|key| world.queue.contains(*key));
        }
    }

    fn cancel_due(&mut self, world: &mut World, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        for key in environment.due.drain(..) {
            world.queue.cancel(key);
        }
    }

    fn set_phase(&mut self, world: &mut World, id: u32, phase: EnvironmentPhase) {
        let environment =
            self.environments.get_mut(&id).expect("a phase belongs to an environment");
        environment.phase = phase;
        world.emit(Fact::EnvironmentPhase {
            environment: id,
            function: environment.function.clone(),
            version: "$LATEST".into(),
            phase,
        });
    }

    /// The end of the init code, and of the phase.
    fn log_init(
        &mut self,
        cx: &mut Cx<'_>,
        id: u32,
        init_us: u64,
        phase: &'static str,
        status: ReportStatus,
    ) {
        self.log_record(cx, id, &Record::InitRuntimeDone { phase, status: status.clone() });
        self.log_record(cx, id, &Record::InitReport { init_us, phase, status });
    }

    /// Writes a line of the function's, if its level is asked for.
    fn log_application(&mut self, cx: &mut Cx<'_>, id: u32, message: String) {
        let settings = &self.environments[&id].deployment.settings;
        // Only the JSON format has levels.
        let setting = settings.application_log_level.as_deref();
        if setting.is_none_or(|setting| levels::passes(levels::of_line(&message), setting)) {
            self.log(cx, id, message);
        }
    }

    /// Writes what the platform has to say, in the function's log format and if its level is asked for.
    fn log_record(&mut self, cx: &mut Cx<'_>, id: u32, record: &Record) {
        let environment = &self.environments[&id];
        let setting = environment.deployment.settings.system_log_level.as_deref();
        if setting.is_some_and(|setting| !levels::passes(record.level(), setting)) {
            return;
        }
        let lines = match environment.deployment.settings.log_format.as_str() {
            "JSON" => record.json(&calendar::iso(cx.world.unix_ms()), &environment.function),
            _ => record.text(),
        };
        for line in lines {
            self.log(cx, id, line);
        }
    }

    /// Writes a line of this environment, now.
    fn log(&mut self, cx: &mut Cx<'_>, id: u32, message: String) {
        let environment =
            self.environments.get_mut(&id).expect("an environment that logs is there");
        let started =
            environment.work.as_mut().filter(|invocation| invocation.started_at.is_some());
        let request_id = started.map(|invocation| {
            invocation.tail.push(&message);
            invocation.request_id.clone()
        });
        let (group, stream) =
            (environment.deployment.settings.log_group.clone(), environment.stream.clone());
        let line = Line { timestamp_ms: cx.world.unix_ms(), request_id, message };
        cx.logs.write(cx.world, &group, &stream, line);
    }

    /// What was written without a line's end is a line when the guest has ended its work.
    fn flush_partial_lines(&mut self, cx: &mut Cx<'_>, id: u32) {
        for stream in [0, 1] {
            let environment =
                self.environments.get_mut(&id).expect("an environment at work is there");
            let rest = std::mem::take(&mut environment.partial[stream]);
            if !rest.is_empty() {
                self.log_application(cx, id, String::from_utf8_lossy(&rest).into_owned() + "\n");
            }
        }
    }
}

impl Environment {
    fn invocation(&mut self) -> &mut Invocation {
        self.work.as_mut().expect("an environment at work has an invocation")
    }

    fn units_per_second(&self) -> u64 {
        costs::units_per_second(self.deployment.settings.memory_mb)
    }

    fn start_guest(&mut self, sandbox: &dyn Sandbox) -> Result<(), Trap> {
        let settings = &self.deployment.settings;
        let config = GuestConfig {
            environment: self.variables.clone(),
            args: vec!["bootstrap".into()],
            // Each guest of an environment has random bytes of its own.
            seed: self.seed.wrapping_add(self.epoch),
            tmp: self.tmp.clone(),
            task: Arc::default(),
            opt: Arc::default(),
            limits: Limits {
                memory_bytes_max: settings.memory_mb << 20,
                tmp_bytes_max: settings.tmp_mb << 20,
                response_bytes_max: costs::RESPONSE_BYTES_MAX,
                log_bytes_max: costs::LOG_BYTES_MAX,
            },
        };
        self.guest = Some(sandbox.start(&self.deployment.package.artifact, config)?);
        Ok(())
    }

    /// Memory is lost, `/tmp` stays.
    fn drop_guest(&mut self) {
        if let Some(guest) = self.guest.take() {
            self.tmp = guest.tmp();
        }
        self.epoch += 1;
        self.pending = false;
        self.ready.clear();
    }
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
