//! What every service shares: virtual time, the generator, the queue, the stream of facts and its digest.

use crate::cloudwatch::Metrics;
use crate::faults::Faults;
use crate::fingerprint::Fingerprint;
use crate::queue::{Queue, QueueKey, Urgency};
use crate::rng::Rng;
use crate::{
    ApiError, Asker, Config, DigestForm, Event, Fact, Principal, Request, Response, Timestamp,
    eventbridge, lambda, logs, scheduler, sqs, states, targets,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::sync::Arc;

/// Who waits for the answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waiter {
    /// A load.
    Load(u64),
    /// A request of the host: its [`crate::CommandId`], and its position in the command log unless it only reads.
    Command { id: u64, logged: Option<u64> },
    /// A guest that called a service.
    Guest(lambda::GuestCall),
    /// A task of a state machine's execution: the state that asks, and the role in whose name.
    Task { call: states::TaskCall, state: Arc<str>, role: Option<Arc<str>> },
    /// Lambda, which sends what became of an asynchronous event.
    Delivery(lambda::Delivery),
    /// Nobody: what comes of it is a fact of the history only.
    Nobody,
    /// A rule, a schedule or a topic, which gives something to a target.
    Target(Box<targets::Delivery>),
    /// The poller of an event source mapping.
    Poll(lambda::Poll),
}

/// A request on its way through the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) waiter: Waiter,
    pub(crate) service: String,
    pub(crate) operation: String,
    /// It changes nothing, so its answer is no fact of the history.
    pub(crate) reads: bool,
}

impl Caller {
    /// Position of the request in the command log, if it is there.
    pub(crate) fn logged_command(&self) -> Option<u64> {
        match self.waiter {
            Waiter::Load(_) => None,
            Waiter::Command { logged, .. } => logged,
            Waiter::Guest(_)
            | Waiter::Task { .. }
            | Waiter::Delivery(_)
            | Waiter::Target(_)
            | Waiter::Poll(_)
            | Waiter::Nobody => None,
        }
    }

    /// ARN of the rule, schedule or subscription that asks, and the id of its event or message.
    pub(crate) fn source(&self) -> Option<(&str, &str)> {
        match &self.waiter {
            Waiter::Target(delivery) => Some((&delivery.source_arn, &delivery.event_id)),
            _ => None,
        }
    }

    /// The mapping and the number of its batch, when it is one that a function is given.
    pub(crate) fn batch(&self) -> Option<(&str, u64)> {
        match &self.waiter {
            Waiter::Poll(lambda::Poll::Invoke { mapping, batch }) => Some((mapping, *batch)),
            _ => None,
        }
    }

    /// Who asks from inside, for facts that others follow.
    pub(crate) fn asker(&self) -> Option<Asker> {
        match &self.waiter {
            Waiter::Guest(call) => Some(Asker::Environment(call.environment())),
            Waiter::Delivery(delivery) => Some(Asker::Event(delivery.request_id().to_owned())),
            Waiter::Task { call, .. } => Some(Asker::Execution(call.run)),
            _ => None,
        }
    }

    /// The execution and the state that ask, when it is a task of one.
    pub(crate) fn task(&self) -> Option<(u64, &str)> {
        match &self.waiter {
            Waiter::Task { call, state, .. } => Some((call.run, state)),
            _ => None,
        }
    }
}

/// What may be due.
#[derive(Debug)]
pub(crate) enum Due {
    /// Something of Lambda's.
    Lambda(lambda::Due),
    /// Something of Step Functions'.
    States(states::Due),
    /// Something of SQS's.
    Sqs(sqs::Due),
    /// Something of CloudWatch Logs'.
    Logs(logs::Due),
    /// Something of EventBridge's.
    Events(eventbridge::Due),
    /// Something of Scheduler's.
    Scheduler(scheduler::Due),
    /// A guest's call reaches the door.
    Door { call: lambda::GuestCall, principal: Principal, body: Vec<u8> },
    /// A service's request reaches the door.
    Request { waiter: Waiter, request: Request },
}

/// An answer that was given and waits to be handed over.
pub(crate) struct Answered {
    pub(crate) caller: Caller,
    pub(crate) result: Result<Response, ApiError>,
}

/// Shared by all services.
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) now: Timestamp,
    pub(crate) rng: Rng,
    pub(crate) queue: Queue<Due>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) answered: VecDeque<Answered>,
    pub(crate) metrics: Metrics,
    pub(crate) faults: Faults,
    /// Whether a rule or an archive could see what services tell the account's event bus: else they tell it nothing.
    pub(crate) hears_services: bool,
    blobs: BTreeMap<String, Arc<[u8]>>,
    next_event: u64,
    history: History,
    /// Runtimes of languages that functions got, with the SHA-256 of their modules.
    pub(crate) runtimes: BTreeMap<&'static str, String>,
    /// The newest fact as JSON; kept for its memory.
    line: Vec<u8>,
}

/// What the digest is made of, so far.
enum History {
    Lines(Sha256),
    Fingerprint(Fingerprint),
}

impl History {
    fn new(form: DigestForm) -> Self {
        match form {
            DigestForm::Lines => Self::Lines(Sha256::new()),
            DigestForm::Fingerprint => Self::Fingerprint(Fingerprint::new()),
        }
    }

    /// Takes in a fact's number, its time and its JSON, with the keys in the order of the types in `event.rs`.
    fn add(&mut self, event: &Event, line: &mut Vec<u8>) {
        line.clear();
        serde_json::to_writer(&mut *line, &event.fact).expect("facts hold nothing that JSON lacks");
        match self {
            // The line of an event is that of its fact, with the number and the time before its members.
            Self::Lines(hash) => {
                hash.update(format!("{{\"seq\":{},\"at\":{},", event.seq, event.at.0));
                hash.update(line.get(1..).unwrap_or_default());
                hash.update(b"\n");
            }
            Self::Fingerprint(fingerprint) => {
                fingerprint.add_word(event.seq);
                fingerprint.add_word(event.at.0);
                fingerprint.add(line);
            }
        }
    }

    fn digest(&self) -> String {
        match self {
            Self::Lines(hash) => hex(&hash.clone().finalize()),
            Self::Fingerprint(fingerprint) => hex(&fingerprint.bytes()),
        }
    }
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        let history = History::new(config.digest);
        Self {
            rng: Rng::new(config.seed),
            config,
            now: Timestamp(0),
            queue: Queue::new(),
            events: VecDeque::new(),
            answered: VecDeque::new(),
            metrics: Metrics::default(),
            faults: Faults::default(),
            hears_services: false,
            blobs: BTreeMap::new(),
            next_event: 0,
            history,
            runtimes: BTreeMap::new(),
            line: Vec::new(),
        }
    }

    /// Adds a fact to the history.
    pub(crate) fn emit(&mut self, fact: Fact) {
        let event = Event { seq: self.next_event, at: self.now, fact };
        self.next_event += 1;
        self.history.add(&event, &mut self.line);
        let unix_ms = self.unix_ms();
        self.metrics.observe(self.now, unix_ms, &event.fact);
        self.events.push_back(event);
    }

    /// Hex digest of the history so far, and behind it the runtimes of languages that it depends on: `+javascript:` and 16 digits.
    pub(crate) fn digest(&self) -> String {
        let mut digest = self.history.digest();
        for (name, sha256) in &self.runtimes {
            digest.extend(["+", name, ":", sha256.get(..16).unwrap_or(sha256)]);
        }
        digest
    }

    pub(crate) fn schedule(&mut self, at: Timestamp, urgency: Urgency, due: Due) -> QueueKey {
        assert!(at >= self.now, "nothing is due in the past");
        self.queue.push(at, urgency, due)
    }

    /// Answers a request, now.
    pub(crate) fn answer(&mut self, caller: Caller, result: Result<Response, ApiError>) {
        self.answered.push_back(Answered { caller, result });
    }

    pub(crate) fn put_blob(&mut self, bytes: Vec<u8>) -> String {
        let sha256 = hex(&Sha256::digest(&bytes));
        self.blobs.insert(sha256.clone(), bytes.into());
        sha256
    }

    pub(crate) fn blob(&self, sha256: &str) -> Option<Arc<[u8]>> {
        self.blobs.get(sha256).cloned()
    }

    /// Unix milliseconds of virtual now.
    pub(crate) fn unix_ms(&self) -> u64 {
        self.unix_ms_at(self.now)
    }

    pub(crate) fn unix_ms_at(&self, at: Timestamp) -> u64 {
        self.config.epoch_ms.saturating_add(at.0 / 1_000)
    }

    /// Unix nanoseconds of a virtual instant.
    pub(crate) fn unix_ns_at(&self, at: Timestamp) -> u64 {
        self.config.epoch_ms.saturating_mul(1_000_000).saturating_add(at.0.saturating_mul(1_000))
    }

    /// The virtual instant of Unix nanoseconds, rounded up to a microsecond.
    pub(crate) fn at_unix_ns(&self, unix_ns: u64) -> Timestamp {
        Timestamp(
            unix_ns.saturating_sub(self.config.epoch_ms.saturating_mul(1_000_000)).div_ceil(1_000),
        )
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// A request's parameters after the model has been asked: a JSON object.
pub(crate) type Params = serde_json::Map<String, serde_json::Value>;

/// A request as the door hands it to a service.
pub(crate) struct Incoming<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) params: &'a Params,
}

/// What a service says to a request.
pub(crate) enum Outcome {
    /// At once.
    Answered(Response),
    /// Later, through [`World::answer`].
    Deferred,
}

impl From<Response> for Outcome {
    fn from(response: Response) -> Self {
        Self::Answered(response)
    }
}
