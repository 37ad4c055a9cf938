//! The engine itself: one clock, one queue, one generator, and the services behind the door.
//!
//! Invariant: a request that only reads (see [`Engine::only_reads`]) changes nothing and adds no event, so it need not be
//! in the command log.

mod door;

use crate::ecr::Ecr;
use crate::eventbridge::{self, EventBridge};
use crate::iam::Iam;
use crate::lambda::{Cx, Lambda};
use crate::logs::{self, Logs};
use crate::scheduler::{self, Scheduler};
use crate::sns::Sns;
use crate::sqs::{self, Sqs};
use crate::states::{self, States};
use crate::world::{Due, Waiter, World};
use crate::{ApiError, Config, Event, Interrupt, Request, Response, Timestamp};
use coldstart_sandbox::{Artifact, Refusal, Sandbox};
use door::{guest_answer, guest_request};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Names a request to [`Engine::poll_answer`]. Below [`CommandId::READ_MIN`] it is the request's position in the
/// command log; requests that only read are not in the log and count from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

impl CommandId {
    /// The id of the first request that only reads.
    pub const READ_MIN: u64 = 1 << 63;
}

/// What a slice of work came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A guest or an execution is still running: give it another slice; the clock stands still meanwhile.
    Running,
    /// The clock reached the instant that was asked for; nothing is due before it.
    Reached,
}

/// The invocation that is using the processor now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Request id.
    pub request_id: String,
    /// Function name.
    pub function: String,
    /// Units burned so far.
    pub units: u64,
    /// Units at which it times out.
    pub units_max: u64,
}

/// Whether a request of this operation changes nothing, so that it need not be in the command log.
/// Goes by AWS's naming: `Get…`, `List…`, `Describe…`, `Filter…`; the names that break the rule are taken out.
pub fn is_read_only(service: &str, operation: &str) -> bool {
    let reads =
        ["Get", "List", "Describe", "Filter"].iter().any(|prefix| operation.starts_with(prefix));
    match (service, operation) {
        // A worker that asks for an activity task takes it.
        ("states", "GetActivityTask") => false,
        ("events", "TestEventPattern") => true,
        ("states", "ValidateStateMachineDefinition")
        | ("logs", "TestMetricFilter")
        | ("iam", "SimulatePrincipalPolicy") => true,
        _ => reads,
    }
}

/// The cloud of one session.
pub struct Engine {
    sandbox: Arc<dyn Sandbox>,
    artifacts: Artifacts,
    world: World,
    lambda: Lambda,
    logs: Logs,
    states: States,
    sqs: Sqs,
    iam: Iam,
    ecr: Ecr,
    sns: Sns,
    events: EventBridge,
    scheduler: Scheduler,
    commands: u64,
    reads: u64,
    /// Units of guests and of steps, since the beginning.
    burned: u64,
    answers: VecDeque<(CommandId, Result<Response, ApiError>)>,
    #[cfg(test)]
    skip_model: bool,
}

/// Accepted modules by hash, so that a module that is deployed again is not rewritten again.
pub(crate) struct Artifacts {
    accept: fn(&[u8]) -> Result<Artifact, Refusal>,
    known: BTreeMap<String, Artifact>,
}

/// Units of a slice that a step of an execution, or an occurrence of a schedule, counts as: about what a guest does in the time that it takes.
const UNITS_PER_STEP: u64 = 500;

/// Modules that are kept. Chosen: metered modules are large.
const ARTIFACTS_MAX: usize = 64;

impl Artifacts {
    pub(crate) fn accept(&mut self, bytes: &[u8]) -> Result<Artifact, Refusal> {
        use sha2::Digest;
        let sha256 = crate::world::hex(&sha2::Sha256::digest(bytes));
        if let Some(known) = self.known.get(&sha256) {
            return Ok(known.clone());
        }
        let artifact = (self.accept)(bytes)?;
        if self.known.len() >= ARTIFACTS_MAX {
            self.known.pop_first();
        }
        self.known.insert(sha256, artifact.clone());
        Ok(artifact)
    }
}

impl Engine {
    /// An empty account at virtual time zero.
    pub fn new(config: Config, sandbox: Arc<dyn Sandbox>) -> Self {
        Self::with_accept(config, sandbox, coldstart_sandbox::accept)
    }

    /// As [`Engine::new`], with another judge of modules; for tests whose guests are scripts.
    pub(crate) fn with_accept(
        config: Config,
        sandbox: Arc<dyn Sandbox>,
        accept: fn(&[u8]) -> Result<Artifact, Refusal>,
    ) -> Self {
        Self {
            sandbox,
            artifacts: Artifacts { accept, known: BTreeMap::new() },
            world: World::new(config),
            lambda: Lambda::default(),
            logs: Logs::default(),
            states: States::default(),
            sqs: Sqs::default(),
            iam: Iam::default(),
            ecr: Ecr::default(),
            sns: Sns::default(),
            events: EventBridge::default(),
            scheduler: Scheduler::default(),
            commands: 0,
            reads: 0,
            burned: 0,
            answers: VecDeque::new(),
            #[cfg(test)]
            skip_model: false,
        }
    }

    /// Lets requests past the model's checks, to prove that operations stand without them.
    #[cfg(test)]
    pub(crate) fn skip_model(&mut self, skip: bool) {
        self.skip_model = skip;
    }

    #[cfg(test)]
    fn skips_model(&self) -> bool {
        self.skip_model
    }

    #[cfg(not(test))]
    fn skips_model(&self) -> bool {
        false
    }

    /// The settings it was made with.
    pub fn config(&self) -> &Config {
        &self.world.config
    }

    /// Whether this very request changes nothing. As [`is_read_only`], and by what the request says where its name does not tell: a
    /// `TestState` changes something only when its state calls a service, that is for a Task without a mock.
    pub fn only_reads(service: &str, operation: &str, params: &Value) -> bool {
        match (service, operation) {
            ("states", "TestState") => states::test_only_reads(params),
            _ => is_read_only(service, operation),
        }
    }

    /// Virtual now.
    pub fn now(&self) -> Timestamp {
        self.world.now
    }

    /// The SQS queues as they are now, by name. Looking receives nothing and tells nothing.
    pub fn queues(&self) -> Vec<sqs::QueueLook> {
        sqs::queues(&self.sqs, self.world.now)
    }

    /// The oldest messages of a queue in order of arrival, at most so many; none when there is no such queue. Looking receives nothing.
    pub fn queue_messages(&self, queue: &str, count_max: usize) -> Option<Vec<sqs::MessageLook>> {
        sqs::messages(&self.sqs, self.world.now, queue, count_max)
    }

    /// Keeps bytes that requests may name by hash, and returns their hex SHA-256.
    pub fn put_blob(&mut self, bytes: Vec<u8>) -> String {
        self.world.put_blob(bytes)
    }

    /// What the module of a function as it is deployed is: the package itself, or the one in its zip or image; none when it has none of its own.
    pub fn function_module(&self, function: &str) -> Option<Arc<coldstart_sandbox::ModuleInfo>> {
        let deployment = self.lambda.functions.get(function)?.deployment(0)?;
        let info = &deployment.package.artifact.as_ref()?.info;
        self.artifacts.known.contains_key(&info.sha256).then(|| Arc::clone(info))
    }

    /// Stops this invocation when it has burned so many units (a replayed stop button).
    pub fn plan_interrupt(&mut self, interrupt: Interrupt) {
        self.lambda.plan_interrupt(interrupt);
    }

    /// The stop button: ends the running invocation at its next check, and says what to record.
    /// None when no guest computes now.
    pub fn interrupt(&mut self) -> Option<Interrupt> {
        self.lambda.interrupt(&mut self.world)
    }

    /// Lets a request in. `at` is not before [`Engine::now`]; what is due by then happens first.
    /// The answer comes out of [`Engine::poll_answer`], at once or when the work is done.
    ///
    /// What Coldstart does not emulate is refused with `NotImplementedException` and status 501 (ours; AWS's clients
    /// do not repeat a request after it), and what AWS does not have with `UnknownOperationException` and 404.
    pub fn handle_request(&mut self, at: Timestamp, request: Request) -> CommandId {
        self.run_until(at.max(self.world.now));
        let (id, logged) =
            if Self::only_reads(&request.service, &request.operation, &request.params) {
                self.reads += 1;
                (CommandId::READ_MIN + (self.reads - 1), None)
            } else {
                self.commands += 1;
                (self.commands - 1, Some(self.commands - 1))
            };
        self.enter(Waiter::Command { id, logged }, request);
        CommandId(id)
    }

    fn split(&mut self) -> (&mut Lambda, Cx<'_>) {
        let Self { sandbox, artifacts, world, lambda, logs, sqs, ecr, .. } = self;
        (lambda, Cx { world, logs, sqs, ecr, sandbox: &**sandbox, artifacts })
    }

    fn split_states(&mut self) -> (&mut States, states::Cx<'_>) {
        let Self { world, states, logs, .. } = self;
        (states, states::Cx { world, logs })
    }

    /// Works towards `until`, burning at most about `units_max` units of guest time before it returns.
    pub fn run_slice(&mut self, until: Timestamp, units_max: u64) -> Progress {
        let mut burned = 0;
        let progress = self.work(until, units_max, &mut burned);
        self.burned = self.burned.saturating_add(burned);
        progress
    }

    fn work(&mut self, until: Timestamp, units_max: u64, burned: &mut u64) -> Progress {
        loop {
            if self.lambda.is_computing() {
                if *burned >= units_max.max(1) && !self.lambda.is_ahead() {
                    return Progress::Running;
                }
                let (lambda, mut cx) = self.split();
                *burned = burned.saturating_add(lambda.run_slice(&mut cx));
                continue;
            }
            let Some((at, due)) = self.world.queue.pop_due(until) else {
                self.world.now = self.world.now.max(until);
                return Progress::Reached;
            };
            assert!(at >= self.world.now, "the clock does not run back");
            self.world.now = at;
            // A year of a schedule that occurs every minute is half a million occurrences.
            if matches!(due, Due::Events(_) | Due::Scheduler(_)) {
                *burned = burned.saturating_add(UNITS_PER_STEP);
            }
            self.handle_due(due);
            self.hand_over_answers();
            *burned = burned.saturating_add(self.states.take_work().saturating_mul(UNITS_PER_STEP));
            if *burned >= units_max.max(1)
                && self.world.queue.next().is_some_and(|next| next <= until)
            {
                return Progress::Running;
            }
        }
    }

    fn handle_due(&mut self, due: Due) {
        match due {
            Due::States(due) => {
                let (states, mut cx) = self.split_states();
                states.handle_due(&mut cx, due);
            }
            Due::Sqs(due) => sqs::handle_due(&mut self.sqs, &mut self.world, due),
            Due::Logs(due) => logs::handle_due(&mut self.logs, &mut self.world, due),
            Due::Events(due) => {
                eventbridge::handle_due(&mut self.events, &mut self.world, due);
            }
            Due::Scheduler(due) => {
                scheduler::handle_due(&mut self.scheduler, &mut self.world, due);
            }
            Due::Request { waiter, request } => self.enter(waiter, request),
            Due::Lambda(due) => {
                let (lambda, mut cx) = self.split();
                lambda.handle_due(&mut cx, due);
            }
            Due::Door { call, principal, body } => match guest_request(&body, principal) {
                Ok(request) => self.enter(Waiter::Guest(call), request),
                Err(refusal) => {
                    Lambda::queue_call_answer(&mut self.world, call, guest_answer(&Err(refusal)));
                }
            },
        }
    }

    /// Works until the clock is at `until`, however long it takes.
    pub fn run_until(&mut self, until: Timestamp) {
        while self.run_slice(until, u64::MAX) == Progress::Running {}
    }

    /// Works until nothing is left but background deadlines.
    pub fn run_to_rest(&mut self) {
        while let Some(at) = self.next_work() {
            self.run_until(at);
        }
    }

    /// When the next thing that somebody waits for is due (an invocation's end, a queued event, a state change).
    /// Reclaiming idle environments and the like is not work: the clock does not run ahead for it.
    pub fn next_work(&self) -> Option<Timestamp> {
        if self.lambda.is_computing() { Some(self.world.now) } else { self.world.queue.next_work() }
    }

    /// When the next thing at all is due.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.lambda.is_computing() { Some(self.world.now) } else { self.world.queue.next() }
    }

    /// Units that guests have burned since the beginning, and what steps of executions count as: the work that the session has been.
    pub fn burned(&self) -> u64 {
        self.burned
    }

    /// The invocation that [`Progress::Running`] is about.
    pub fn running(&self) -> Option<Running> {
        self.lambda.running()
    }

    /// The next fact.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.world.events.pop_front()
    }

    /// The next answer.
    pub fn poll_answer(&mut self) -> Option<(CommandId, Result<Response, ApiError>)> {
        self.answers.pop_front()
    }

    /// Hex digits, 32 or 64 by [`crate::DigestForm`], that stand for all events so far: equal digests mean equal histories, different ones different histories
    /// (docs/adr/0006). Behind them stand the runtimes of languages that functions of the session had, whose modules durations depend on:
    /// `+javascript:0123456789abcdef` ([`crate::digest_parts`]).
    pub fn digest(&self) -> String {
        self.world.digest()
    }
}
