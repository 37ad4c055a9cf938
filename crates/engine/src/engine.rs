//! The engine itself: one clock, one queue, one generator, and the services behind the door.
//!
//! Invariant: a request that only reads (see [`Engine::only_reads`]) changes nothing and adds no event, so it need not be
//! in the command log.

use crate::cloudwatch;
use crate::ecr::{self, Ecr};
use crate::eventbridge::{self, EventBridge};
use crate::iam::{self, Iam};
use crate::lambda::{self, Cx, Lambda};
use crate::logs::{self, Logs};
use crate::scheduler::{self, Scheduler};
use crate::sns::{self, Sns};
use crate::sqs::{self, Sqs};
use crate::states::{self, States};
use crate::world::{Answered, Caller, Due, Incoming, Outcome, Params, Waiter, World};
use crate::{
    ApiError, Config, Event, Fact, Interrupt, Principal, Request, Response, Timestamp, links, model,
};
use coldstart_sandbox::{Artifact, Refusal, Sandbox};
use serde_json::{Map, Value, json};
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

    /// What a deployed module is, by hex SHA-256; none when it is not among those that are kept.
    pub fn module_info(&self, sha256: &str) -> Option<Arc<coldstart_sandbox::ModuleInfo>> {
        self.artifacts.known.get(sha256).map(|artifact| Arc::clone(&artifact.info))
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

    /// The door: every request comes through here, whoever sends it.
    fn enter(&mut self, waiter: Waiter, request: Request) {
        let Request { service, operation, params, principal } = request;
        let reads = Self::only_reads(&service, &operation, &params);
        let caller = Caller { waiter, service, operation, reads };
        let has_roles = !self.iam.is_empty();
        let refusal = match has_roles || matches!(caller.waiter, Waiter::Target(_)) {
            true => iam::refuses(&self.account(), &caller, &principal, &params),
            false => None,
        };
        let handled = match refusal {
            Some(refusal) => Err(refusal),
            None => self.dispatch(&caller, params),
        };
        if (has_roles || !self.iam.is_empty())
            && !reads
            && let Some(muted) = iam::muted(&self.account(), &caller)
        {
            self.lambda.muted = muted;
        }
        match handled {
            Ok(Outcome::Answered(response)) => self.world.answer(caller, Ok(response)),
            Ok(Outcome::Deferred) => {}
            Err(refusal) => self.world.answer(caller, Err(refusal)),
        }
        self.hand_over_answers();
    }

    /// Who is asked whether a request may go on: roles that the session has made, and the policies of what services call.
    fn account(&self) -> iam::Account<'_> {
        let Self { world, iam, lambda, sqs, sns, logs, events, states, .. } = self;
        iam::Account { config: &world.config, iam, lambda, sqs, sns, logs, events, states }
    }

    fn dispatch(&mut self, caller: &Caller, params: Value) -> Result<Outcome, ApiError> {
        let (service, operation) = (caller.service.as_str(), caller.operation.as_str());
        let params: Params = match params {
            Value::Object(params) => params,
            Value::Null => Map::new(),
            _ => {
                return Err(plain_error(
                    "SerializationException",
                    400,
                    "The parameters must be a JSON object.",
                ));
            }
        };
        // A few operations are emulated whose members no model has yet; they check for themselves.
        if model::is_known(service, operation) && !self.skips_model() {
            model::validate(service, operation, &params)?;
        }
        let incoming = Incoming { caller, params: &params };
        let handled = match service {
            "lambda" => {
                let (lambda, mut cx) = self.split();
                lambda::handle(lambda, &mut cx, &incoming)
            }
            "logs" => logs::handle(&mut self.logs, &mut self.world, &self.lambda, &incoming),
            "iam" => iam::handle(&mut self.iam, &mut self.world, &incoming),
            "monitoring" => cloudwatch::handle(&mut self.world, &incoming),
            "states" => {
                let (states, mut cx) = self.split_states();
                states::handle(states, &mut cx, &incoming)
            }
            "sqs" => sqs::handle(&mut self.sqs, &mut self.world, &incoming),
            "sns" => sns::handle(&mut self.sns, &mut self.world, &incoming),
            "events" => eventbridge::handle(&mut self.events, &mut self.world, &incoming),
            "scheduler" => scheduler::handle(&mut self.scheduler, &mut self.world, &incoming),
            "ecr" => ecr::handle(&mut self.ecr, &mut self.world, &incoming),
            "coldstart" if operation == "PushImage" => {
                ecr::handle(&mut self.ecr, &mut self.world, &incoming)
            }
            "coldstart" if operation == "ListOccurrences" => scheduler::handle_upcoming(
                &self.scheduler,
                &mut self.events,
                &self.world,
                &incoming,
            ),
            "coldstart" => states::handle_mocks(&mut self.states, &incoming)
                .or_else(|| lambda::load::handle(&mut self.lambda, &mut self.world, &incoming)),
            _ => None,
        };
        handled.unwrap_or_else(|| Err(unknown(service, operation)))
    }

    fn split(&mut self) -> (&mut Lambda, Cx<'_>) {
        let Self { sandbox, artifacts, world, lambda, logs, sqs, ecr, .. } = self;
        (lambda, Cx { world, logs, sqs, ecr, sandbox: &**sandbox, artifacts })
    }

    fn split_states(&mut self) -> (&mut States, states::Cx<'_>) {
        let Self { world, states, logs, .. } = self;
        (states, states::Cx { world, logs })
    }

    /// Answers go to those who wait for them.
    fn hand_over_answers(&mut self) {
        while let Some(Answered { caller, result }) = self.world.answered.pop_front() {
            // What a mapping asks for is told by facts of its own, unless it is refused.
            let is_told = matches!(caller.waiter, Waiter::Poll(_)) && result.is_ok();
            if !caller.reads && !is_told {
                let (status, error) = match &result {
                    Ok(response) => (response.status, None),
                    Err(error) => (error.status, Some(error.code.clone())),
                };
                let (command, asker) = (caller.logged_command(), caller.asker());
                let Caller { service, operation, .. } = caller;
                let made = match (&result, service.as_str()) {
                    (Ok(response), "sqs" | "sns" | "events" | "states") => {
                        links::made(&response.output)
                    }
                    _ => Vec::new(),
                };
                self.world.emit(Fact::RequestAnswered {
                    command,
                    service,
                    operation,
                    status,
                    error,
                    asker,
                    made,
                });
            }
            match caller.waiter {
                Waiter::Command { id, .. } => self.answers.push_back((CommandId(id), result)),
                Waiter::Guest(call) => {
                    Lambda::queue_call_answer(&mut self.world, call, guest_answer(&result));
                }
                Waiter::Task { call, .. } => States::queue_answer(&mut self.world, call, result),
                Waiter::Poll(poll) => {
                    let (lambda, mut cx) = self.split();
                    lambda::answered(lambda, &mut cx, poll, result);
                }
                Waiter::Nobody => {}
                Waiter::Target(delivery) => delivery.answered(&mut self.world, result),
                Waiter::Load(load) => {
                    lambda::load::answered(&mut self.lambda, &mut self.world, load, &result);
                }
                Waiter::Delivery(delivery) => {
                    let error = result.err().map(|error| error.code);
                    lambda::delivered(&mut self.world, delivery, error);
                }
            }
        }
    }

    /// Works towards `until`, burning at most about `units_max` units of guest time before it returns.
    pub fn run_slice(&mut self, until: Timestamp, units_max: u64) -> Progress {
        let mut burned: u64 = 0;
        loop {
            if self.lambda.is_computing() {
                if burned >= units_max.max(1) {
                    return Progress::Running;
                }
                let (lambda, mut cx) = self.split();
                burned = burned.saturating_add(lambda.run_slice(&mut cx));
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
                burned = burned.saturating_add(UNITS_PER_STEP);
            }
            self.handle_due(due);
            self.hand_over_answers();
            burned = burned.saturating_add(self.states.take_work().saturating_mul(UNITS_PER_STEP));
            if burned >= units_max.max(1)
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
    /// (docs/adr/0006).
    pub fn digest(&self) -> String {
        self.world.digest()
    }
}

/// A guest's call: JSON `{"service","operation","params"}`.
fn guest_request(body: &[u8], principal: Principal) -> Result<Request, ApiError> {
    #[derive(serde::Deserialize)]
    struct Call {
        service: String,
        operation: String,
        #[serde(default)]
        params: Value,
    }
    let Call { service, operation, params } = serde_json::from_slice(body).map_err(|fault| {
        plain_error(
            "SerializationException",
            400,
            &format!("A call is JSON with service, operation and params: {fault}"),
        )
    })?;
    Ok(Request { service, operation, params, principal })
}

/// What a guest's call gets: `{"status", "output"}`, or `{"error": {"code", "status", "message", …}}`.
fn guest_answer(result: &Result<Response, ApiError>) -> Vec<u8> {
    let answer = match result {
        Ok(response) => json!(response),
        Err(error) => json!({ "error": error }),
    };
    answer.to_string().into_bytes()
}

/// The models of Lambda and Step Functions have all of their operations, so what they lack is not AWS's. Of other services
/// little is known.
fn unknown(service: &str, operation: &str) -> ApiError {
    if matches!(service, "lambda" | "states") && !model::is_known(service, operation) {
        let text = format!("Unknown operation {service}:{operation}");
        return plain_error("UnknownOperationException", 404, &text);
    }
    let text = format!("Coldstart does not emulate {service}:{operation} yet.");
    plain_error("NotImplementedException", 501, &text)
}

fn plain_error(code: &str, status: u16, message: &str) -> ApiError {
    ApiError { code: code.into(), status, message: Some(message.into()), extra: Map::new() }
}
