//! The Worker without the browser: messages in, messages out.
//!
//! Guests run in slices of some milliseconds, so that between two of them the next message (Stop!) is heard.
//! The virtual clock stands while a guest computes; a request that arrives meanwhile enters when it stopped, at the
//! same virtual time, so that a slice never shows in a history.
//!
//! Invariant: a message with an `id` is answered exactly once, whatever follows it.
//! Invariant: a request that changes something is announced with `Logged` before it is answered.
//! Invariant: the clock moves on only when nothing that is due now is left.

use crate::labs::{self, Asked};
use crate::pace::Pace;
use crate::replay::{Replay, compared};
use crate::session::{config_of, modules_of, request_of, session_of};
use crate::trial::Trial;
use crate::views::Projections;
use crate::views::execution::Question;
use crate::{assemble, brought, definition, module_info, tiers};
use coldstart_engine::{ApiError, CommandId, Config, Engine, Progress, Response, Timestamp};
use coldstart_protocol::{
    ApiFailure, ApiResponse, AssembledModule, BufferIndex, ClockState, FromWorker, MessageId,
    Opened, PROTOCOL_VERSION, RunningInvocation, ToWorker, View, ViewSpec,
};
use coldstart_sandbox::Sandbox;
use coldstart_workspace::{ApiRequest, ClockMode, Command, Interrupt, LoggedCommand, Workspace};
use serde_json::{Map, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Real milliseconds that one [`Host::pump`] may take: a message waits no longer than this.
const PUMP_MS: f64 = 10.0;
/// Real milliseconds that one slice of a guest should take.
const SLICE_MS: f64 = 4.0;
/// Real milliseconds between two flushes: a frame.
const FRAME_MS: f64 = 16.0;
/// The same, of a session that has been at work for [`BUSY_AFTER_MS`]: nobody reads faster, and the page has more to do than to draw.
const BUSY_FRAME_MS: f64 = 100.0;
/// Real milliseconds.
const BUSY_AFTER_MS: f64 = 1_000.0;
/// A page that does not say that it has drawn gets something new nevertheless, after so many real milliseconds.
const UNSEEN_MS: f64 = 2_000.0;
/// Real milliseconds until a page that still draws is looked at again.
const UNSEEN_PAUSE_MS: f64 = 20.0;
/// A replay that takes longer says how far it is.
const SILENT_REPLAY_MS: f64 = 300.0;
/// Building the views may take one part in so many of the Worker's time.
const VIEW_SHARE: f64 = 8.0;
/// In real time the clock is shown so often, milliseconds.
const TICK_MS: f64 = 100.0;
/// Units of the first slice. Below the engine's own slice there is nothing to gain.
const UNITS_MIN: u64 = 1_000_000;
/// Units of a slice at most, so that one wrong measurement is soon forgotten.
const UNITS_MAX: u64 = 200_000_000;

/// A message to the page, with the buffers that go beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// The message.
    pub message: FromWorker,
    /// Its buffers.
    pub buffers: Vec<Vec<u8>>,
}

/// When [`Host::pump`] wants to be called again. A message is a reason to pump at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// At once, after the messages that wait.
    Now,
    /// After so many real milliseconds.
    After(f64),
    /// Not before a message came.
    Idle,
}

/// The command that the engine works on: readable when it panicked.
#[derive(Debug, Clone)]
pub struct CommandGauge(Arc<AtomicU64>);

impl CommandGauge {
    const NONE: u64 = u64::MAX;
    fn none() -> Self {
        Self(Arc::new(AtomicU64::new(Self::NONE)))
    }
    fn set(&self, index: u64) {
        self.0.store(index, Ordering::Relaxed);
    }
    /// Position in the log of the command that entered last; none before the first.
    pub fn get(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|index| *index != Self::NONE)
    }
}

/// What waits for its turn.
#[derive(Debug)]
enum Job {
    Request { id: MessageId, request: ApiRequest },
    Advance { micros: u64 },
    Step,
}

#[derive(Debug)]
struct Watched {
    spec: ViewSpec,
    sent: Option<View>,
}

/// The engine with all that the page needs around it.
pub struct Host {
    sandbox: Arc<dyn Sandbox>,
    engine: Engine,
    pace: Pace,
    jobs: VecDeque<Job>,
    /// Where an advance or a step leads.
    goal: Option<Timestamp>,
    replay: Option<Replay>,
    /// Requests in copies of the session, one after the other.
    trials: VecDeque<Trial>,
    /// Checks of a lab, in copies as well. They and the session take turns.
    asked_checks: Option<Asked>,
    checks_turn: bool,
    /// The last piece of work was in a copy.
    in_copy: bool,
    waiting: BTreeMap<CommandId, MessageId>,
    /// Our own questions for configurations, by function.
    asked: BTreeMap<CommandId, String>,
    /// Our own questions about executions.
    asked_executions: BTreeMap<CommandId, Question>,
    projections: Projections,
    watched: Vec<Watched>,
    /// Which of them a session at work sends next: one at a time, so that no frame of the page has to draw all.
    turn: usize,
    /// Since when the page draws what was sent.
    unseen_since_ms: Option<f64>,
    clock_sent: Option<ClockState>,
    flush_due_ms: f64,
    /// Since when something is waited for.
    busy_since_ms: Option<f64>,
    /// Something may be other than what was sent.
    dirty: bool,
    units: u64,
    gauge: CommandGauge,
    out: VecDeque<Outgoing>,
}

impl Host {
    /// An empty session. The first message out is `Ready`.
    pub fn new(sandbox: Arc<dyn Sandbox>, build_id: impl Into<String>) -> Self {
        let ready =
            FromWorker::Ready { protocol_version: PROTOCOL_VERSION, build_id: build_id.into() };
        let mut projections = Projections::default();
        projections.executions = projections.executions.of_new_session(Config::default().epoch_ms);
        Self {
            engine: Engine::new(Config::default(), Arc::clone(&sandbox)),
            sandbox,
            pace: Pace::default(),
            jobs: VecDeque::new(),
            goal: None,
            replay: None,
            trials: VecDeque::new(),
            asked_checks: None,
            checks_turn: false,
            in_copy: false,
            waiting: BTreeMap::new(),
            asked: BTreeMap::new(),
            asked_executions: BTreeMap::new(),
            projections,
            watched: Vec::new(),
            turn: 0,
            unseen_since_ms: None,
            clock_sent: None,
            flush_due_ms: f64::NEG_INFINITY,
            busy_since_ms: None,
            dirty: true,
            units: UNITS_MIN,
            gauge: CommandGauge::none(),
            out: VecDeque::from([Outgoing { message: ready, buffers: Vec::new() }]),
        }
    }

    /// The command that is being worked on, for a panic's message.
    pub fn gauge(&self) -> CommandGauge {
        self.gauge.clone()
    }

    /// The next message for the page.
    pub fn poll_message(&mut self) -> Option<Outgoing> {
        self.out.pop_front()
    }

    /// Virtual now.
    pub fn now(&self) -> Timestamp {
        self.engine.now()
    }

    /// Digest of the history so far.
    pub fn digest(&self) -> String {
        self.engine.digest()
    }

    fn say(&mut self, message: FromWorker) {
        self.out.push_back(Outgoing { message, buffers: Vec::new() });
    }

    /// Takes a message of the page. Nothing runs before the next [`Host::pump`].
    pub fn handle(&mut self, message: ToWorker, mut buffers: Vec<Vec<u8>>, now_ms: f64) {
        if matches!(message, ToWorker::Seen) {
            self.unseen_since_ms = None;
            return;
        }
        self.dirty = true;
        match message {
            ToWorker::Seen => {}
            ToWorker::Open { id, workspace, modules, replay } => {
                let modules = take_all(&mut buffers, &modules);
                self.open(id, &workspace, modules, replay, now_ms);
            }
            // Whatever the session is doing.
            ToWorker::Request { id, request, .. } if tiers::is_one(&request) => {
                let result = tiers::answer(&*self.sandbox, &request);
                self.say(FromWorker::Answered { id, result });
            }
            ToWorker::Request { id, request, modules } => {
                for module in take_all(&mut buffers, &modules) {
                    self.engine.put_blob(module);
                }
                self.jobs.push_back(Job::Request { id, request });
            }
            ToWorker::Try { id, workspace, modules, mut first, request } => {
                first.push(request);
                let modules = take_all(&mut buffers, &modules);
                let sandbox = Arc::clone(&self.sandbox);
                match Trial::new(id, &workspace, modules, first, sandbox) {
                    Ok(trial) => self.trials.push_back(trial),
                    Err(fault) => self.refuse(id, "CopyFailedException", 409, fault.to_string()),
                }
            }
            ToWorker::Check { id, workspace, modules, faults, checks } => {
                let modules = take_all(&mut buffers, &modules);
                if let Some(older) = self.asked_checks.take() {
                    self.give_up(older.id, "newer checks took the place of these");
                }
                let sandbox = Arc::clone(&self.sandbox);
                let asked = Asked::new(id, *workspace, modules, faults, checks, sandbox);
                self.asked_checks = Some(asked);
            }
            ToWorker::ReadLab { id, file, name } => {
                let result = labs::brought(&take(&mut buffers, file), &name);
                self.say(FromWorker::LabRead { id, result });
            }
            ToWorker::Assemble { id, text } => self.assemble(id, &text),
            ToWorker::Look { id, file } => {
                let file = brought(&take(&mut buffers, file));
                self.say(FromWorker::Looked { id, file });
            }
            ToWorker::Inspect { id, module } => {
                let result = inspect(&take(&mut buffers, module));
                self.say(FromWorker::Inspected { id, result });
            }
            ToWorker::Definition { id, ask } => {
                let answer = definition::answer(ask);
                self.say(FromWorker::DefinitionAnswered { id, answer });
            }
            ToWorker::Execution { id, ask } => {
                let answer = self.projections.executions.answer(ask);
                self.say(FromWorker::ExecutionAnswered { id, answer });
            }
            ToWorker::SetClock { mode } => self.pace.set_mode(mode),
            ToWorker::Advance { micros } => self.jobs.push_back(Job::Advance { micros }),
            ToWorker::Step => self.jobs.push_back(Job::Step),
            ToWorker::StopInvocation => self.stop_invocation(),
            ToWorker::Watch { views } => {
                self.watched = views.into_iter().map(|spec| Watched { spec, sent: None }).collect();
                self.projections.watch(self.watched.iter().map(|watched| &watched.spec));
                self.flush_due_ms = f64::NEG_INFINITY;
                self.unseen_since_ms = None;
            }
        }
    }

    fn assemble(&mut self, id: MessageId, text: &str) {
        match assemble(text) {
            Ok(module) => {
                let result = Ok(AssembledModule { module: 0, info: inspect(&module) });
                let message = FromWorker::Assembled { id, result };
                self.out.push_back(Outgoing { message, buffers: vec![module] });
            }
            Err(faults) => self.say(FromWorker::Assembled { id, result: Err(faults) }),
        }
    }

    fn stop_invocation(&mut self) {
        if let Some(stopped) = self.engine.interrupt() {
            let interrupt = Interrupt { request_id: stopped.request_id, units: stopped.units };
            self.say(FromWorker::Interrupted { interrupt });
        }
    }

    fn open(
        &mut self,
        id: MessageId,
        workspace: &Workspace,
        modules: Vec<Vec<u8>>,
        replay: bool,
        now_ms: f64,
    ) {
        let prepared = session_of(workspace).and_then(|session| {
            let modules = if replay { modules_of(workspace, modules)? } else { modules };
            Ok((session, modules))
        });
        let (mut session, modules) = match prepared {
            Ok(prepared) => prepared,
            // The session that is open stays.
            Err(fault) => {
                return self.say(FromWorker::Opened { id, result: Err(fault.to_string()) });
            }
        };
        self.abandon(workspace.epoch_ms);
        self.engine = Engine::new(config_of(workspace), Arc::clone(&self.sandbox));
        for module in modules {
            self.engine.put_blob(module);
        }
        let mut expected = workspace.digest.clone();
        if replay {
            for interrupt in std::mem::take(&mut session.interrupts) {
                self.engine.plan_interrupt(interrupt);
            }
        } else {
            session.commands.clear();
            session.until = Timestamp(0);
            expected = None;
        }
        let clock = workspace.clock;
        self.replay = Some(Replay {
            id,
            session,
            done: 0,
            expected,
            clock,
            started_ms: now_ms,
            progress_ms: now_ms,
        });
    }

    /// The session goes: whoever waits is told so.
    fn abandon(&mut self, epoch_ms: u64) {
        let queued = self.jobs.drain(..).filter_map(|job| match job {
            Job::Request { id, .. } => Some(id),
            Job::Advance { .. } | Job::Step => None,
        });
        let tried = std::mem::take(&mut self.trials).into_iter().map(|trial| trial.id);
        let waiting = std::mem::take(&mut self.waiting).into_values();
        let ids: Vec<MessageId> = waiting.chain(queued).chain(tried).collect();
        for id in ids {
            let message = "Another workspace was opened before this request was answered.";
            self.refuse(id, "SessionReplacedException", 409, message.to_owned());
        }
        if let Some(Asked { id, .. }) = self.asked_checks.take() {
            self.give_up(id, "another workspace was opened meanwhile");
        }
        if let Some(Replay { id, .. }) = self.replay.take() {
            self.say(FromWorker::Opened {
                id,
                result: Err("another workspace was opened meanwhile".into()),
            });
        }
        self.asked.clear();
        self.asked_executions.clear();
        self.goal = None;
        self.pace = Pace::default();
        let executions = std::mem::take(&mut self.projections.executions);
        self.projections = Projections::default();
        self.projections.executions = executions.of_new_session(epoch_ms);
        self.projections.watch(self.watched.iter().map(|watched| &watched.spec));
        self.gauge.set(CommandGauge::NONE);
    }

    fn refuse(&mut self, id: MessageId, code: &str, status: u16, message: String) {
        let failure = ApiFailure { code: code.into(), status, message, extra: Map::new() };
        self.say(FromWorker::Answered { id, result: Err(failure) });
    }

    fn give_up(&mut self, id: MessageId, why: &str) {
        self.say(FromWorker::Checked { id, result: Err(why.to_owned()) });
    }

    /// A slice for the copy that is asked something. If it panics, no command of the log is to blame.
    fn try_on(&mut self) -> bool {
        let Some(trial) = self.trials.front_mut() else { return false };
        self.in_copy = true;
        let id = trial.id;
        let command = self.gauge.0.swap(CommandGauge::NONE, Ordering::Relaxed);
        let result = trial.work(self.units);
        self.gauge.set(command);
        if let Some(result) = result {
            self.trials.pop_front();
            self.say(FromWorker::Answered { id, result: answer(result) });
        }
        true
    }

    /// The same for checks of a lab; whether there were any.
    fn check_on(&mut self) -> bool {
        let Some(asked) = &mut self.asked_checks else { return false };
        self.in_copy = true;
        let id = asked.id;
        let command = self.gauge.0.swap(CommandGauge::NONE, Ordering::Relaxed);
        let result = asked.work();
        self.gauge.set(command);
        if let Some(result) = result {
            self.asked_checks = None;
            self.say(FromWorker::Checked { id, result });
        }
        true
    }

    /// Works for about [`PUMP_MS`], then says when to go on. `clock` is real time in milliseconds, from any zero.
    pub fn pump(&mut self, clock: &mut dyn FnMut() -> f64) -> Next {
        let started = clock();
        let mut now_ms = started;
        let mut busy = true;
        while busy && now_ms - started < PUMP_MS {
            busy = self.work(now_ms);
            self.drain();
            let after = clock();
            self.adapt(after - now_ms);
            now_ms = after;
        }
        self.flush(now_ms, clock);
        if busy {
            return Next::Now;
        }
        let flush = self.dirty.then_some((self.flush_due_ms - now_ms).max(0.0));
        match (flush, self.tick()) {
            (None, None) => Next::Idle,
            (flush, tick) => {
                Next::After(flush.unwrap_or(f64::INFINITY).min(tick.unwrap_or(f64::INFINITY)))
            }
        }
    }

    /// In real time the clock wants to be moved even if nobody does anything.
    fn tick(&self) -> Option<f64> {
        (self.pace.mode() == ClockMode::RealTime).then(|| {
            let due = self
                .engine
                .next_deadline()
                .map(|at| at.0.saturating_sub(self.engine.now().0) as f64 / 1_000.0);
            due.unwrap_or(TICK_MS).clamp(1.0, TICK_MS)
        })
    }

    /// The next slice should take [`SLICE_MS`]; other work than guests says nothing about that.
    fn adapt(&mut self, took_ms: f64) {
        let in_copy = std::mem::take(&mut self.in_copy);
        if !in_copy && self.engine.running().is_some() {
            let factor = (SLICE_MS / took_ms.max(0.1)).clamp(0.25, 2.0);
            self.units = ((self.units as f64 * factor) as u64).clamp(UNITS_MIN, UNITS_MAX);
        }
    }

    /// One piece of work; whether there was one.
    fn work(&mut self, now_ms: f64) -> bool {
        if self.replay.is_some() {
            self.replay_on(now_ms);
            return true;
        }
        if self.try_on() {
            return true;
        }
        self.checks_turn = !self.checks_turn;
        (self.checks_turn && self.check_on()) || self.session_on(now_ms) || self.check_on()
    }

    /// One piece of the session's own work; whether there was one.
    fn session_on(&mut self, now_ms: f64) -> bool {
        if !self.is_settled() {
            if self.engine.running().is_some() {
                self.pace.forget();
            }
            self.dirty = true;
            let now = self.engine.now();
            self.engine.run_slice(now, self.units);
            return true;
        }
        if let Some(target) =
            self.pace.target(now_ms, self.engine.now()).filter(|target| *target > self.engine.now())
        {
            self.dirty = true;
            let due = self.engine.next_deadline().is_some_and(|at| at <= target);
            self.run_towards(target);
            if due {
                return true;
            }
        }
        if let Some(goal) = self.goal {
            self.dirty = true;
            if self.run_towards(goal) {
                self.goal = None;
                self.pace.forget();
            }
            return true;
        }
        if let Some(job) = self.jobs.pop_front() {
            self.begin(job);
            return true;
        }
        let ahead =
            (self.pace.mode() == ClockMode::Fast).then(|| self.engine.next_work()).flatten();
        if let Some(at) = ahead {
            self.dirty = true;
            self.run_towards(at);
        }
        ahead.is_some()
    }

    /// Nothing computes and nothing is due: a request may enter.
    fn is_settled(&self) -> bool {
        self.engine.next_deadline().is_none_or(|at| at > self.engine.now())
    }

    /// One deadline, or one slice of a guest, towards an instant; whether it is reached with all that was due by then.
    fn run_towards(&mut self, target: Timestamp) -> bool {
        let next =
            self.engine.next_deadline().map_or(target, |at| at.min(target)).max(self.engine.now());
        let progress = self.engine.run_slice(next, self.units);
        progress == Progress::Reached && next >= target && self.is_settled()
    }

    fn begin(&mut self, job: Job) {
        self.dirty = true;
        let now = self.engine.now();
        match job {
            Job::Advance { micros } => self.goal = Some(now.after_micros(micros)),
            Job::Step => self.goal = self.engine.next_deadline(),
            // Ours, and no business of the engine's: what its facts tell of one event. It only reads, and is in no log.
            Job::Request { id, request }
                if request.service == "coldstart" && request.operation == "GetTrace" =>
            {
                let output = self.projections.trace(&self.engine, &request.params);
                self.say(FromWorker::Answered {
                    id,
                    result: Ok(ApiResponse { status: 200, output }),
                });
            }
            Job::Request { id, request } => {
                let reads =
                    Engine::only_reads(&request.service, &request.operation, &request.params);
                let command = Command { at_us: now.0, request };
                let entered = self.enter(now, &command);
                self.waiting.insert(entered, id);
                if !reads {
                    let command = LoggedCommand { index: entered.0, command };
                    self.say(FromWorker::Logged { command });
                }
            }
        }
    }

    fn enter(&mut self, at: Timestamp, command: &Command) -> CommandId {
        let last = self.gauge.get().map_or(0, |index| index + 1);
        let ApiRequest { service, operation, params } = &command.request;
        if !Engine::only_reads(service, operation, params) {
            self.gauge.set(last);
        }
        self.engine.handle_request(at, request_of(&command.request))
    }

    fn replay_on(&mut self, now_ms: f64) {
        let Some(mut replay) = self.replay.take() else { return };
        let target = replay.target();
        let arrived =
            (self.is_settled() && self.engine.now() >= target) || self.run_towards(target);
        let is_long = now_ms - replay.started_ms >= SILENT_REPLAY_MS;
        if is_long && now_ms - replay.progress_ms >= FRAME_MS {
            replay.progress_ms = now_ms;
            let (done, total) = replay.progress(self.engine.now());
            self.say(FromWorker::Progress { done, total });
        }
        if !arrived {
            self.replay = Some(replay);
            return;
        }
        if let Some(command) = replay.session.commands.get(replay.done).cloned() {
            self.gauge.set(replay.done as u64);
            self.engine.handle_request(command.at, command.request);
            replay.done += 1;
            self.replay = Some(replay);
            return;
        }
        self.dirty = true;
        self.pace.set_mode(replay.clock);
        let digest = self.engine.digest();
        let compared = replay.expected.map(|expected| compared(&expected, &digest));
        let (matches, why) =
            compared.map_or((None, String::new()), |(same, why)| (Some(same), why));
        let replay_ms = (now_ms - replay.started_ms).max(0.0);
        let opened = Opened { digest, matches, why, replay_ms };
        self.say(FromWorker::Opened { id: replay.id, result: Ok(opened) });
    }

    /// Folds the facts and hands on the answers.
    fn drain(&mut self) {
        while let Some(event) = self.engine.poll_event() {
            self.dirty = true;
            self.projections.apply(&event);
            self.projections.keep(event);
        }
        while let Some((command, result)) = self.engine.poll_answer() {
            self.dirty = true;
            if let Some(id) = self.waiting.remove(&command) {
                self.say(FromWorker::Answered { id, result: answer(result) });
            } else if let Some(function) = self.asked.remove(&command) {
                let configuration = result.ok().map(|response| response.output);
                let module = self.engine.function_module(&function);
                let module = module.map(|info| module_info(&info));
                self.projections.set_configuration(&function, configuration, module);
            } else if let Some(question) = self.asked_executions.remove(&command) {
                self.projections.executions.answered(&question, result);
            }
        }
    }

    /// Asks for the configurations of functions that changed. Reading adds nothing to the history.
    fn refresh_configurations(&mut self) {
        if self.replay.is_some() || !self.is_settled() {
            return;
        }
        for function in self.projections.take_changed_functions() {
            let request = ApiRequest {
                service: "lambda".into(),
                operation: "GetFunctionConfiguration".into(),
                params: json!({ "FunctionName": function }),
            };
            let asked = self.engine.handle_request(self.engine.now(), request_of(&request));
            self.asked.insert(asked, function);
        }
        self.drain();
    }

    /// Reads what is new in the histories that are shown.
    fn refresh_executions(&mut self) {
        if self.replay.is_some() || !self.is_settled() {
            return;
        }
        while let Some((question, request)) = self.projections.executions.next_question() {
            let asked = self.engine.handle_request(self.engine.now(), request_of(&request));
            self.asked_executions.insert(asked, question);
            self.drain();
        }
    }

    /// Sends what changed, at most once a frame.
    fn flush(&mut self, now_ms: f64, clock: &mut dyn FnMut() -> f64) {
        if !self.dirty || now_ms < self.flush_due_ms || self.replay.is_some() {
            return;
        }
        let at_work = self.busy_since_ms.is_some_and(|since_ms| now_ms - since_ms > BUSY_AFTER_MS);
        let unseen = self.unseen_since_ms.is_some_and(|since_ms| now_ms - since_ms < UNSEEN_MS);
        if at_work && unseen {
            self.flush_due_ms = now_ms + UNSEEN_PAUSE_MS;
            return;
        }
        self.refresh_configurations();
        self.refresh_executions();
        self.dirty = false;
        let state = self.clock_state();
        self.busy_since_ms = state.busy.then(|| self.busy_since_ms.unwrap_or(now_ms));
        // What was new when the work ended is sent at once.
        let in_turns = at_work && state.busy;
        if self.clock_sent.as_ref() != Some(&state) {
            self.clock_sent = Some(state.clone());
            self.say(FromWorker::Clock { clock: state });
        }
        let views = self.changed_views(in_turns);
        if !views.is_empty() {
            self.unseen_since_ms = Some(now_ms);
            self.say(FromWorker::Views { views });
        }
        let took_ms = clock() - now_ms;
        let frame_ms = if at_work { BUSY_FRAME_MS } else { FRAME_MS };
        self.flush_due_ms = now_ms + frame_ms.max(VIEW_SHARE * took_ms);
    }

    /// The views that are other than what was sent. In turns it is one of them; the next one comes with the next flush.
    /// What was never sent comes at once: somebody has just opened it.
    fn changed_views(&mut self, in_turns: bool) -> Vec<View> {
        let (count, first) = (self.watched.len(), self.turn);
        let mut views = Vec::new();
        let mut turn_taken = false;
        for at in (0..count).map(|step| (first + step) % count) {
            let watched = &mut self.watched[at];
            if in_turns && turn_taken && watched.sent.is_some() {
                self.dirty = true;
                continue;
            }
            let view = self.projections.view(&self.engine, &watched.spec);
            if watched.sent.as_ref() == Some(&view) {
                continue;
            }
            if in_turns && watched.sent.is_some() {
                turn_taken = true;
                self.turn = at + 1;
            }
            watched.sent = Some(view.clone());
            views.push(view);
        }
        views
    }

    fn clock_state(&self) -> ClockState {
        let running = self.engine.running().map(|running| RunningInvocation {
            request_id: running.request_id,
            function: running.function,
            used_permille: (u128::from(running.units) * 1_000
                / u128::from(running.units_max.max(1)))
            .min(1_000) as u32,
        });
        let busy =
            self.engine.next_work().is_some() || self.goal.is_some() || !self.jobs.is_empty();
        ClockState {
            now_us: self.engine.now().0,
            epoch_ms: self.engine.config().epoch_ms,
            mode: self.pace.mode(),
            running,
            busy,
            next_deadline_us: self.engine.next_deadline().map(|at| at.0),
            events: self.projections.events(),
            digest: if busy { String::new() } else { self.engine.digest() },
            skipped_ms: self.pace.skipped_ms(),
        }
    }
}

fn inspect(module: &[u8]) -> Result<coldstart_protocol::ModuleInfo, String> {
    match coldstart_sandbox::accept(module) {
        Ok(artifact) => Ok(module_info(&artifact.info)),
        Err(refusal) => Err(refusal.message),
    }
}

fn answer(result: Result<Response, ApiError>) -> Result<ApiResponse, ApiFailure> {
    match result {
        Ok(Response { status, output }) => Ok(ApiResponse { status, output }),
        Err(ApiError { code, status, message, extra }) => {
            Err(ApiFailure { code, status, message: message.unwrap_or_default(), extra })
        }
    }
}

/// A buffer by its position. One that is not there is an empty module, which is refused where modules are.
fn take(buffers: &mut [Vec<u8>], index: BufferIndex) -> Vec<u8> {
    buffers.get_mut(index).map(std::mem::take).unwrap_or_default()
}

fn take_all(buffers: &mut [Vec<u8>], indices: &[BufferIndex]) -> Vec<Vec<u8>> {
    indices.iter().map(|index| take(buffers, *index)).collect()
}
