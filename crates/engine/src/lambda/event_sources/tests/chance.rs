//! Chance: seeded workloads with faults hold the invariants, and a replay is the same.
//!
//! Functions fail, time out, crash and report some of their messages, by the numbers of the messages and of their receptions;
//! meanwhile concurrency is reserved and given back, code is deployed, queues are purged and mappings disabled.

use crate::rng::Rng;
use crate::testing::ROLE;
use crate::{
    Blob, Command, Config, Engine, Event, Fact, Outcome, Request, Session, Timestamp, session,
};
use coldstart_sandbox::{
    Answer, Artifact, Clock, Exit, Guest, GuestConfig, LogWrite, ModuleInfo, Refusal, Resume, Run,
    Sandbox, Shape, StartedCall, Stop, Trap,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Workloads of each of the four tests. An optimised build does two dozen times as many in the same time.
const SEEDS: u64 = if cfg!(debug_assertions) { 50 } else { 1_250 };
const TIMEOUT_SECONDS: u64 = 3;

// Functions

/// A module is its seed; 0 always succeeds.
fn accept(bytes: &[u8]) -> Result<Artifact, Refusal> {
    let info = ModuleInfo {
        sha256: String::new(),
        size: bytes.len() as u64,
        shape: Shape::Loop,
        imports: Vec::new(),
        exports: Vec::new(),
        memory_pages_min: 1,
        producers: Vec::new(),
    };
    Ok(Artifact {
        info: Arc::new(info),
        metered: bytes.into(),
        given: Arc::default(),
        copies: false,
    })
}

struct Chance;

impl Sandbox for Chance {
    fn start(&self, artifact: &Artifact, _: GuestConfig) -> Result<Box<dyn Guest>, Trap> {
        let text = String::from_utf8_lossy(&artifact.metered);
        let seed = text.rsplit(' ').next().and_then(|seed| seed.parse().ok()).unwrap_or(0);
        Ok(Box::new(Player { seed, todo: VecDeque::new() }))
    }
}

struct Player {
    seed: u64,
    todo: VecDeque<Stop>,
}

impl Player {
    fn decide(&self, event: &Value) -> VecDeque<Stop> {
        let records = event["Records"].as_array().expect("an event of a queue has records");
        assert!(!records.is_empty());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let receives = |record: &Value| {
            let count = text(&record["attributes"]["ApproximateReceiveCount"]);
            count.parse::<u64>().expect("is a number")
        };
        let numbers =
            records.iter().map(|record| number(&text(&record["body"])) * 31 + receives(record));
        let mut rng = Rng::new(numbers.fold(self.seed, |seed, n| seed.wrapping_mul(1_000_003) ^ n));
        let fate = if self.seed == 0 { 9 } else { rng.below(12) };
        let sleep = Stop::Sleep { ns: rng.below(2_000) * 1_000_000 };
        let respond =
            |text: String| Stop::Next { answer: Some(Answer::Response(text.into_bytes())) };
        let end = match fate {
            0 | 1 => {
                Stop::Next { answer: Some(Answer::Error(b"{\"errorMessage\":\"no\"}".to_vec())) }
            }
            2 => return [Stop::Sleep { ns: 60_000_000_000 }].into(),
            3 => Stop::Exit(Exit { cause: Trap::ExitCode(1), answer: None }),
            4 => respond("{\"batchItemFailures\":[{\"itemIdentifier\":\"\"}]}".into()),
            5 | 6 => {
                let failed = records.iter().filter(|_| rng.below(2) == 0);
                let items: Vec<Value> =
                    failed.map(|record| json!({ "itemIdentifier": record["messageId"] })).collect();
                respond(json!({ "batchItemFailures": items }).to_string())
            }
            _ => respond("null".into()),
        };
        [sleep, end].into()
    }
}

impl Guest for Player {
    fn resume(&mut self, resume: Resume, _: Clock, _: u64) -> Run {
        match resume {
            Resume::Event { payload, .. } => {
                let event = serde_json::from_slice(&payload).expect("an event is JSON");
                self.todo = self.decide(&event);
            }
            Resume::Init => self.todo = [Stop::Next { answer: None }].into(),
            _ => {}
        }
        Run { stop: self.todo.pop_front().expect("something is left to do"), units: 1_000 }
    }
    fn memory_bytes_peak(&self) -> u64 {
        1
    }
    fn take_log(&mut self) -> Vec<LogWrite> {
        Vec::new()
    }
    fn take_log_dropped(&mut self) -> u64 {
        0
    }
    fn take_started(&mut self) -> Vec<StartedCall> {
        Vec::new()
    }
    fn tmp(&self) -> BTreeMap<String, Arc<[u8]>> {
        BTreeMap::new()
    }
}

/// The number of a message, by its body.
fn number(body: &str) -> u64 {
    let body: Value = serde_json::from_str(body).expect("bodies are JSON");
    body["n"].as_u64().expect("and have a number")
}

// What is checked

/// What is known of the history, and what must be true of it.
#[derive(Default)]
struct Watch {
    is_fifo: bool,
    receives_max: Option<usize>,
    concurrency_max: Option<usize>,
    reserved: Option<usize>,
    /// Accepted messages: number by id.
    accepted: BTreeMap<String, u64>,
    /// Those that a purge may have taken.
    purged: BTreeSet<String>,
    /// Deleted after they were handled, or filtered out.
    handled: BTreeSet<String>,
    filtered: BTreeSet<String>,
    /// Received from the dead-letter queue.
    dead: BTreeSet<String>,
    /// The batches of the queue's mapping, in order.
    batches: Vec<(u64, Vec<String>)>,
    open: BTreeMap<u64, Vec<String>>,
    working: BTreeSet<String>,
    succeeded: BTreeSet<String>,
    disabled_at: Option<Timestamp>,
    mapping: String,
}

impl Watch {
    fn event(&mut self, event: &Event) {
        match &event.fact {
            Fact::MappingChanged { mapping, state, .. } if *mapping == self.mapping => {
                self.disabled_at = (state == "Disabled").then_some(event.at);
            }
            Fact::BatchPolled { queue, messages, .. } if queue.starts_with("dead") => {
                self.dead.extend(messages.iter().cloned());
            }
            Fact::BatchPolled { batch, messages, .. } => {
                assert!(self.disabled_at.is_none_or(|at| at == event.at), "it is disabled");
                for id in messages {
                    assert!(self.accepted.contains_key(id), "it was sent");
                    assert!(!self.dead.contains(id), "a dead letter is not given to the function");
                    assert!(!self.filtered.contains(id), "no filter lets it pass");
                }
                self.open.insert(*batch, messages.clone());
                let max = self.concurrency_max.unwrap_or(1_000);
                assert!(self.open.len() <= max, "more batches than MaximumConcurrency");
                self.batches.push((*batch, messages.clone()));
            }
            Fact::BatchEnded { batch, request_id, outcome, deleted, returned, .. } => {
                let Some(messages) = self.open.remove(batch) else { return };
                assert_eq!(messages.len(), deleted.len() + returned.len());
                if !deleted.is_empty() {
                    let request_id = request_id.as_ref().expect("the function took it");
                    assert!(self.succeeded.contains(request_id), "{outcome}: it was handled");
                }
                self.handled.extend(deleted.iter().cloned());
            }
            Fact::MessagesFiltered { messages, .. } => {
                self.filtered.extend(messages.iter().cloned());
            }
            Fact::InvocationAccepted { request_id, function, .. } if function == "f" => {
                self.working.insert(request_id.clone());
                let reserved = self.reserved.unwrap_or(1_000);
                assert!(self.working.len() <= reserved, "more at work than is reserved");
            }
            Fact::InvocationFinished { request_id, outcome, .. } => {
                self.working.remove(request_id);
                if *outcome == Outcome::Success {
                    self.succeeded.insert(request_id.clone());
                }
            }
            _ => {}
        }
    }

    fn end(&self, left: &BTreeSet<String>) {
        assert!(self.open.is_empty() && self.working.is_empty(), "everything has ended");
        for (id, number) in &self.accepted {
            let known = [&self.handled, &self.filtered, &self.dead, left, &self.purged];
            assert!(known.iter().any(|set| set.contains(id)), "message {number} is lost");
            assert!(!(left.contains(id) && self.dead.contains(id)), "it is in one queue only");
        }
        if let Some(max) = self.receives_max {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for id in self.batches.iter().flat_map(|(_, messages)| messages) {
                *counts.entry(id).or_default() += 1;
            }
            assert!(counts.values().all(|count| *count <= max), "received too often");
        }
        if self.is_fifo {
            self.check_order();
        }
    }

    /// What came before in a group is never given to the function after what came later, but when both were in one batch.
    fn check_order(&self) {
        // By group: the highest number so far, and the batch in which it was.
        let mut highest: BTreeMap<u64, (u64, usize)> = BTreeMap::new();
        for (place, (_, messages)) in self.batches.iter().enumerate() {
            let mut before: BTreeMap<u64, u64> = BTreeMap::new();
            for id in messages {
                let number = self.accepted[id];
                let group = number % 3;
                let last = before.insert(group, number);
                assert!(last.is_none_or(|last| last < number), "a batch is in order");
                if let Some((high, in_batch)) = highest.get(&group)
                    && number < *high
                {
                    assert!(self.batches[*in_batch].1.contains(id), "{number} comes after {high}");
                }
                if highest.get(&group).is_none_or(|(high, _)| number >= *high) {
                    highest.insert(group, (number, place));
                }
            }
        }
    }
}

// Workloads

struct World {
    engine: Engine,
    session: Session,
    blobs: Vec<Vec<u8>>,
    watch: Watch,
}

impl World {
    fn new(seed: u64) -> Self {
        let config = Config { seed, ..Config::default() };
        let engine = Engine::with_accept(config.clone(), Arc::new(Chance), accept);
        let session =
            Session { config, commands: Vec::new(), interrupts: Vec::new(), until: Timestamp(0) };
        Self { engine, session, blobs: Vec::new(), watch: Watch::default() }
    }

    fn fold(&mut self) {
        while let Some(event) = self.engine.poll_event() {
            self.watch.event(&event);
        }
    }

    /// Calls an operation that is answered at once.
    fn call(&mut self, service: &str, operation: &str, params: Value) -> Result<Value, String> {
        let request = Request {
            service: service.to_owned(),
            operation: operation.to_owned(),
            params,
            principal: Default::default(),
        };
        let at = self.engine.now();
        // What is due now comes first, and is judged by what was true before.
        self.engine.run_until(at);
        self.fold();
        if !Engine::only_reads(service, operation, &request.params) {
            self.session.commands.push(Command { at, request: request.clone() });
        }
        let id = self.engine.handle_request(at, request);
        while let Some((answered, answer)) = self.engine.poll_answer() {
            if answered == id {
                return answer.map(|response| response.output).map_err(|error| error.to_string());
            }
        }
        panic!("{operation} is answered at once");
    }

    fn done(&mut self, service: &str, operation: &str, params: Value) -> Value {
        let answer = self.call(service, operation, params);
        self.fold();
        answer.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    fn advance(&mut self, ms: u64) {
        self.engine.run_until(self.engine.now().after_ms(ms));
        self.fold();
    }

    fn function(&mut self, operation: &str, name: &str, seed: u64) {
        let module = format!("\0asm {name} {seed}").into_bytes();
        let code = Blob::sha256(self.engine.put_blob(module.clone()));
        self.blobs.push(module);
        let params = match operation {
            "CreateFunction" => json!({
                "FunctionName": name, "Role": ROLE, "Handler": "h", "Runtime": "provided.al2023",
                "Code": { "ZipFile": code }, "Timeout": TIMEOUT_SECONDS,
            }),
            _ => json!({ "FunctionName": name, "ZipFile": code }),
        };
        self.done("lambda", operation, params);
        self.advance(1_500);
    }
}

const ARN: &str = "arn:aws:sqs:us-east-1:123456789012";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012";

fn workload(seed: u64) {
    let mut rng = Rng::new(seed);
    let mut world = World::new(seed);
    let is_fifo = rng.below(3) == 0;
    let suffix = if is_fifo { ".fifo" } else { "" };
    let (name, dead) = (format!("q{suffix}"), format!("dead{suffix}"));
    world.watch.is_fifo = is_fifo;
    world.function("CreateFunction", "f", seed + 1);
    world.function("CreateFunction", "undertaker", 0);
    let mut attributes =
        json!({ "VisibilityTimeout": (TIMEOUT_SECONDS + rng.below(18)).to_string() });
    let mut dead_attributes = json!({});
    if is_fifo {
        attributes["FifoQueue"] = json!("true");
        dead_attributes["FifoQueue"] = json!("true");
    }
    world.done("sqs", "CreateQueue", json!({ "QueueName": dead, "Attributes": dead_attributes }));
    if rng.below(4) > 0 {
        let max = 1 + rng.below(4);
        let policy =
            json!({ "deadLetterTargetArn": format!("{ARN}:{dead}"), "maxReceiveCount": max });
        attributes["RedrivePolicy"] = json!(policy.to_string());
        world.watch.receives_max = Some(max as usize);
    }
    world.done("sqs", "CreateQueue", json!({ "QueueName": name, "Attributes": attributes }));
    let (batch, window) = match rng.below(3) {
        0 if !is_fifo => (1 + rng.below(30), 1 + rng.below(9)),
        _ => (1 + rng.below(10), 0),
    };
    let mut mapping = json!({
        "FunctionName": "f", "EventSourceArn": format!("{ARN}:{name}"), "BatchSize": batch,
        "MaximumBatchingWindowInSeconds": window, "Enabled": rng.below(4) > 0,
    });
    if rng.below(2) == 0 {
        mapping["FunctionResponseTypes"] = json!(["ReportBatchItemFailures"]);
    }
    if rng.below(2) == 0 {
        let max = 2 + rng.below(3);
        mapping["ScalingConfig"] = json!({ "MaximumConcurrency": max });
        world.watch.concurrency_max = Some(max as usize);
    }
    if rng.below(3) == 0 {
        let pattern = json!({ "body": { "keep": [true] } }).to_string();
        mapping["FilterCriteria"] = json!({ "Filters": [{ "Pattern": pattern }] });
    }
    let uuid = world.done("lambda", "CreateEventSourceMapping", mapping)["UUID"].clone();
    world.watch.mapping = uuid.as_str().unwrap().to_owned();
    let params = json!({ "FunctionName": "undertaker", "EventSourceArn": format!("{ARN}:{dead}") });
    world.done("lambda", "CreateEventSourceMapping", params);
    let url = json!(format!("{URL}/{name}"));

    let mut sent = 0;
    for _ in 0..10 + rng.below(15) {
        match rng.below(14) {
            0..=5 => {
                let entries: Vec<Value> = (0..1 + rng.below(10))
                    .map(|index| {
                        let n = sent + index;
                        let body = json!({ "n": n, "keep": rng.below(4) > 0 }).to_string();
                        let mut entry = json!({ "Id": n.to_string(), "MessageBody": body });
                        if is_fifo {
                            entry["MessageGroupId"] = json!((n % 3).to_string());
                            entry["MessageDeduplicationId"] = json!(n.to_string());
                        } else if rng.below(4) == 0 {
                            entry["DelaySeconds"] = json!(rng.below(9));
                        }
                        entry
                    })
                    .collect();
                sent += entries.len() as u64;
                let params = json!({ "QueueUrl": url, "Entries": entries });
                // What was accepted is known before it is received.
                let answer = world.call("sqs", "SendMessageBatch", params).expect("is accepted");
                for message in answer["Successful"].as_array().expect("all are") {
                    let id = message["MessageId"].as_str().unwrap().to_owned();
                    let number = message["Id"].as_str().unwrap().parse().unwrap();
                    world.watch.accepted.insert(id, number);
                }
                world.fold();
            }
            6..=8 => world.advance(rng.below(4_000)),
            9 => world.advance(rng.below(40_000)),
            10 => {
                let reserved = rng.below(4);
                let params =
                    json!({ "FunctionName": "f", "ReservedConcurrentExecutions": reserved });
                let answer = world.call("lambda", "PutFunctionConcurrency", params);
                world.watch.reserved = Some(reserved as usize);
                answer.expect("may be reserved");
                world.fold();
            }
            11 => {
                let on = json!({ "UUID": uuid, "Enabled": rng.below(2) == 0 });
                // It may be on its way to a state.
                let _ = world.call("lambda", "UpdateEventSourceMapping", on);
                world.fold();
            }
            12 => world.function("UpdateFunctionCode", "f", rng.next() | 1),
            _ if rng.below(2) == 0 => {
                let answer = world.call("sqs", "PurgeQueue", json!({ "QueueUrl": url }));
                if answer.is_ok() {
                    let ids = world.watch.accepted.keys().cloned().collect::<Vec<_>>();
                    world.watch.purged.extend(ids);
                }
                world.fold();
            }
            _ => {
                world
                    .call("lambda", "DeleteFunctionConcurrency", json!({ "FunctionName": "f" }))
                    .expect("may be");
                world.watch.reserved = None;
                world.fold();
            }
        }
    }
    // In the end everything works again, and is given time.
    world.done("lambda", "DeleteFunctionConcurrency", json!({ "FunctionName": "f" }));
    world.watch.reserved = None;
    world.advance(5_000);
    world.done("lambda", "UpdateEventSourceMapping", json!({ "UUID": uuid, "Enabled": true }));
    world.function("UpdateFunctionCode", "f", 0);
    world.advance(3_600_000);
    let mut left = BTreeSet::new();
    loop {
        let params = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 });
        let answer = world.done("sqs", "ReceiveMessage", params);
        let Some(messages) = answer["Messages"].as_array() else { break };
        left.extend(messages.iter().map(|m| m["MessageId"].as_str().unwrap().to_owned()));
    }
    assert!(left.is_empty(), "what is left was received by the mapping");
    world.advance(1);
    world.watch.end(&left);

    world.session.until = world.engine.now();
    let text = serde_json::to_string(&world.session).unwrap();
    let session: Session = serde_json::from_str(&text).unwrap();
    let mut replayed = Engine::with_accept(session.config.clone(), Arc::new(Chance), accept);
    session::replay_into(&mut replayed, &session, world.blobs.iter().cloned());
    assert_eq!(replayed.digest(), world.engine.digest(), "a replay has the same history");
}

/// The seeds of one in four; more of them when a variable says so.
fn quarter(number: u64) {
    let more = std::env::var("COLDSTART_SEEDS").ok().and_then(|text| text.parse().ok());
    for seed in (0..4 * more.unwrap_or(SEEDS)).filter(|seed| seed % 4 == number) {
        if let Err(panic) = std::panic::catch_unwind(|| workload(seed)) {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

// Four, so that they run side by side.

#[test]
fn nothing_is_lost_out_of_order_or_over_a_limit() {
    quarter(0);
}

#[test]
fn nothing_is_lost_out_of_order_or_over_a_limit_2() {
    quarter(1);
}

#[test]
fn nothing_is_lost_out_of_order_or_over_a_limit_3() {
    quarter(2);
}

#[test]
fn nothing_is_lost_out_of_order_or_over_a_limit_4() {
    quarter(3);
}
