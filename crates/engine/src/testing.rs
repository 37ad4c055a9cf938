//! What the tests share: a scripted sandbox, and scenarios that are always run twice and replayed.

use crate::{
    Blob, Command, CommandId, Config, Engine, Event, Fact, Interrupt, Progress, Request, Response,
    Session, Timestamp,
};
use coldstart_sandbox::{
    Answer, Artifact, Clock, Exit, Guest, GuestConfig, LogStream, LogWrite, ModuleInfo, Refusal,
    Resume, Run, Sandbox, Shape, StartedCall, StartedKind, Stop, Trap,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::sync::Arc;

// Scripted guests

/// A module that is a script: the shape on the first line, then `init: …` and `event: …` with actions between `;`.
///
/// `burn N` units, `print TEXT` and `warn TEXT` (`\n` ends a line), `sleep MS`, `call JSON`, `start JSON` and `timer MS`
/// with tokens from 1, `pending`, `grow BYTES`, `touch FILE` in /tmp, `respond TEXT` (`$event`, `$count`, `$files`,
/// `$answer` stand for what they say), `fail JSON`, `exit N`, `trap`.
/// What follows `pending` runs when all its tokens are there.
pub(crate) fn accept_script(bytes: &[u8]) -> Result<Artifact, Refusal> {
    let text = std::str::from_utf8(bytes).unwrap_or("?").trim_start_matches("\0asm");
    let shape = match text.lines().next() {
        Some("loop") => Shape::Loop,
        Some("callback") => Shape::Callback,
        Some("command") => Shape::Command,
        _ => return Err(Refusal { code: "malformed".into(), message: "not a script".into() }),
    };
    let info = ModuleInfo {
        sha256: String::new(),
        size: bytes.len() as u64,
        shape,
        imports: Vec::new(),
        exports: Vec::new(),
        memory_pages_min: 1,
        producers: Vec::new(),
    };
    Ok(Artifact {
        info: Arc::new(info),
        metered: text.as_bytes().into(),
        given: Arc::default(),
        copies: false,
    })
}

pub(crate) struct ScriptSandbox;

impl Sandbox for ScriptSandbox {
    fn start(&self, artifact: &Artifact, config: GuestConfig) -> Result<Box<dyn Guest>, Trap> {
        let text = String::from_utf8(artifact.metered.to_vec()).expect("accepted as text");
        let part = |name: &str| {
            let actions = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            actions
                .split("; ")
                .map(|action| action.trim().to_owned())
                .filter(|action| !action.is_empty())
                .collect()
        };
        if text.contains("needs too much") {
            return Err(Trap::OutOfMemory);
        }
        Ok(Box::new(ScriptGuest {
            init: part("init:"),
            event: part("event:"),
            shape: artifact.info.shape,
            todo: VecDeque::new(),
            burning: 0,
            count: 0,
            payload: String::new(),
            answered: String::new(),
            answer: None,
            memory: 1 << 20,
            log: Vec::new(),
            started: Vec::new(),
            tokens: 0,
            open_tokens: 0,
            tmp: config.tmp,
        }))
    }
}

struct ScriptGuest {
    init: Vec<String>,
    event: Vec<String>,
    shape: Shape,
    todo: VecDeque<String>,
    burning: u64,
    count: u32,
    payload: String,
    answered: String,
    answer: Option<Answer>,
    memory: u64,
    log: Vec<LogWrite>,
    started: Vec<StartedCall>,
    tokens: u32,
    open_tokens: u32,
    tmp: BTreeMap<String, Arc<[u8]>>,
}

impl ScriptGuest {
    fn fill(&self, text: &str) -> Vec<u8> {
        let files: Vec<&str> = self.tmp.keys().map(String::as_str).collect();
        text.replace("$event", &self.payload)
            .replace("$count", &self.count.to_string())
            .replace("$files", &files.join(","))
            .replace("$answer", &self.answered)
            .into_bytes()
    }

    fn run(&mut self, clock: Clock, units_max: u64) -> (Stop, u64) {
        let mut used = 0;
        loop {
            let step = self.burning.min(units_max - used);
            self.burning -= step;
            used += step;
            if self.burning > 0 {
                return (Stop::Exhausted, used);
            }
            let at_ns = clock.now_ns + used * 1_000_000_000 / clock.units_per_second;
            let Some(action) = self.todo.pop_front() else {
                let answer = self.answer.take();
                if self.shape == Shape::Command {
                    return (Stop::Exit(Exit { cause: Trap::ExitCode(0), answer }), used);
                }
                return (Stop::Next { answer }, used);
            };
            let (verb, rest) = action.split_once(' ').unwrap_or((&action, ""));
            let number = || rest.parse::<u64>().expect("a number");
            match verb {
                "burn" => self.burning = number(),
                "spin" => self.burning = u64::MAX,
                "print" | "warn" => self.log.push(LogWrite {
                    stream: if verb == "print" { LogStream::Stdout } else { LogStream::Stderr },
                    at_ns,
                    bytes: self.fill(&rest.replace("\\n", "\n")),
                }),
                "sleep" => return (Stop::Sleep { ns: number() * 1_000_000 }, used),
                "call" => return (Stop::Call(rest.as_bytes().to_vec()), used),
                "start" | "timer" => {
                    self.tokens += 1;
                    self.open_tokens += 1;
                    let kind = if verb == "start" {
                        StartedKind::Call(rest.as_bytes().to_vec())
                    } else {
                        StartedKind::Timer { ms: number() }
                    };
                    self.started.push(StartedCall { token: self.tokens, at_ns, kind });
                }
                "pending" if self.open_tokens > 0 => {
                    self.todo.push_front(action);
                    return (Stop::Pending, used);
                }
                "pending" => {}
                "grow" => self.memory += number(),
                "touch" => {
                    self.tmp.insert(rest.into(), Arc::from(&b"x"[..]));
                }
                "respond" => self.answer = Some(Answer::Response(self.fill(rest))),
                "fail" => self.answer = Some(Answer::Error(self.fill(rest))),
                "big" => self.answer = Some(Answer::TooLarge { bytes: 7_000_000 }),
                "exit" => {
                    let cause = Trap::ExitCode(number() as i32);
                    return (Stop::Exit(Exit { cause, answer: self.answer.take() }), used);
                }
                "trap" => {
                    return (
                        Stop::Exit(Exit { cause: Trap::Unreachable, answer: self.answer.take() }),
                        used,
                    );
                }
                other => panic!("no action {other}"),
            }
        }
    }
}

impl Guest for ScriptGuest {
    fn resume(&mut self, resume: Resume, clock: Clock, units_max: u64) -> Run {
        match resume {
            Resume::Init => self.todo = self.init.clone().into(),
            Resume::Event { payload, .. } => {
                self.count += 1;
                self.payload = String::from_utf8_lossy(&payload).into_owned();
                self.todo = self.event.clone().into();
            }
            Resume::CallAnswer(answer) => {
                self.answered = String::from_utf8_lossy(&answer).into_owned()
            }
            Resume::Token { token, answer } => {
                self.open_tokens -= 1;
                self.answered += &format!("[{token} {}]", String::from_utf8_lossy(&answer));
            }
            Resume::Continue => {}
        }
        let (stop, units) = self.run(clock, units_max);
        Run { stop, units }
    }
    fn memory_bytes_peak(&self) -> u64 {
        self.memory
    }
    fn take_log(&mut self) -> Vec<LogWrite> {
        std::mem::take(&mut self.log)
    }
    fn take_log_dropped(&mut self) -> u64 {
        0
    }
    fn take_started(&mut self) -> Vec<StartedCall> {
        std::mem::take(&mut self.started)
    }
    fn tmp(&self) -> BTreeMap<String, Arc<[u8]>> {
        self.tmp.clone()
    }
}

// Scenarios

/// One thing that the world outside does.
#[derive(Clone)]
pub(crate) enum Step {
    /// Waits until nobody waits for anything.
    Rest,
    /// Waits until this virtual millisecond.
    At(u64),
    /// Waits so many virtual milliseconds.
    Pass(u64),
    /// Sends a request, now.
    Request(Request),
    /// Runs so many slices of a guest, then presses the stop button.
    StopAfter(u32),
}

/// Where a history comes from: the modules, and what the world outside does.
#[derive(Clone)]
pub(crate) struct Scenario {
    config: Config,
    blobs: Vec<Vec<u8>>,
    steps: Vec<Step>,
    /// Real modules instead of scripts.
    real: bool,
    /// Requests go past the model's checks.
    unchecked: bool,
}

/// A history, and the answers to the requests with the time at which they came.
pub(crate) struct History {
    pub(crate) session: Session,
    pub(crate) digest: String,
    pub(crate) events: Vec<Event>,
    pub(crate) answers: Vec<(Timestamp, CommandId, Result<Response, crate::ApiError>)>,
}

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/lambda-role";

impl Scenario {
    pub(crate) fn new() -> Self {
        Self {
            config: Config::default(),
            blobs: Vec::new(),
            steps: Vec::new(),
            real: false,
            unchecked: false,
        }
    }

    /// Runs WebAssembly instead of scripts.
    pub(crate) fn real() -> Self {
        Self { real: true, ..Self::new() }
    }

    /// Lets every request past the model's checks.
    pub(crate) fn unchecked(self) -> Self {
        Self { unchecked: true, ..self }
    }

    pub(crate) fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    pub(crate) fn request(self, service: &str, operation: &str, params: Value) -> Self {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        self.step(Step::Request(Request {
            service,
            operation,
            params,
            principal: Default::default(),
        }))
    }

    /// A rule `r` of the default bus that sends events of the source `shop` to a target.
    pub(crate) fn rule_to(self, id: &str, arn: &str) -> Self {
        let rule = json!({ "Name": "r", "EventPattern": "{\"source\":[\"shop\"]}" });
        let targets = json!({ "Rule": "r", "Targets": [{ "Id": id, "Arn": arn }] });
        self.request("events", "PutRule", rule).request("events", "PutTargets", targets)
    }

    pub(crate) fn rest(self) -> Self {
        self.step(Step::Rest)
    }

    pub(crate) fn at(self, ms: u64) -> Self {
        self.step(Step::At(ms))
    }

    pub(crate) fn pass(self, ms: u64) -> Self {
        self.step(Step::Pass(ms))
    }

    /// CreateFunction with a module and further parameters.
    pub(crate) fn create_with(mut self, name: &str, module: impl AsRef<[u8]>, more: Value) -> Self {
        use sha2::Digest;
        let script = [b"\0asm", module.as_ref()].concat();
        let module = if self.real { module.as_ref() } else { &script };
        let sha256 = crate::world::hex(&sha2::Sha256::digest(module));
        self.blobs.push(module.to_vec());
        let mut params = json!({
            "FunctionName": name, "Role": ROLE, "Handler": "bootstrap", "Runtime": "provided.al2023",
            "Code": { "ZipFile": Blob::sha256(sha256) },
        });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.request("lambda", "CreateFunction", params)
    }

    /// A function that is active when the next step comes.
    pub(crate) fn function(self, name: &str, module: impl AsRef<[u8]>) -> Self {
        self.create_with(name, module, json!({})).rest()
    }

    pub(crate) fn invoke(self, name: &str, payload: &str) -> Self {
        self.request(
            "lambda",
            "Invoke",
            json!({ "FunctionName": name, "Payload": Blob::text(payload) }),
        )
    }

    fn engine(&self) -> Engine {
        let mut engine = if self.real {
            Engine::new(self.config.clone(), real_sandbox())
        } else {
            Engine::with_accept(self.config.clone(), Arc::new(ScriptSandbox), accept_script)
        };
        engine.skip_model(self.unchecked);
        engine
    }

    /// Plays the steps live, in slices of `units`.
    fn play(&self, units: u64) -> History {
        let mut engine = self.engine();
        self.blobs.iter().for_each(|blob| {
            engine.put_blob(blob.clone());
        });
        let mut session = Session {
            config: self.config.clone(),
            commands: Vec::new(),
            interrupts: Vec::<Interrupt>::new(),
            until: Timestamp(0),
        };
        let (mut events, mut answers) = (Vec::new(), Vec::new());
        let mut poll = |engine: &mut Engine| {
            events.extend(std::iter::from_fn(|| engine.poll_event()));
            let now = engine.now();
            answers.extend(
                std::iter::from_fn(|| engine.poll_answer()).map(|(id, answer)| (now, id, answer)),
            );
        };
        let advance = |engine: &mut Engine, until: Timestamp| {
            while engine.run_slice(until, units) == Progress::Running {}
        };
        for step in self.steps.iter().chain([&Step::Rest]) {
            match step {
                Step::Rest => {
                    while let Some(at) = engine.next_work() {
                        advance(&mut engine, at);
                        poll(&mut engine);
                    }
                }
                Step::At(ms) => advance(&mut engine, Timestamp(ms * 1_000)),
                Step::Pass(ms) => {
                    let until = engine.now().after_ms(*ms);
                    advance(&mut engine, until);
                }
                Step::Request(request) => {
                    let at = engine.now();
                    if !Engine::only_reads(&request.service, &request.operation, &request.params) {
                        session.commands.push(Command { at, request: request.clone() });
                    }
                    engine.handle_request(at, request.clone());
                }
                Step::StopAfter(slices) => {
                    let mut left = *slices;
                    while left > 0 {
                        let at = engine.next_work().expect("a guest to stop");
                        left -= u32::from(engine.run_slice(at, 1) == Progress::Running);
                    }
                    session.interrupts.push(engine.interrupt().expect("a guest computes"));
                }
            }
            poll(&mut engine);
        }
        session.until = engine.now();
        for (seq, event) in events.iter().enumerate() {
            assert_eq!(event.seq, seq as u64, "no gaps");
        }
        assert!(events.is_sorted_by_key(|event| event.at), "facts come in order of time");
        History { session, digest: engine.digest(), events, answers }
    }

    /// Plays the scenario twice, in different slices, and once more from its session as JSON; all histories are equal.
    #[track_caller]
    pub(crate) fn run(&self) -> History {
        let history = self.play(u64::MAX);
        let again = self.play(1);
        assert_eq!(again.events, history.events, "slices do not show");
        assert_eq!((&again.digest, &again.session), (&history.digest, &history.session));
        let text = serde_json::to_string(&history.session).unwrap();
        let session: Session = serde_json::from_str(&text).unwrap();
        let mut replayed = self.engine();
        crate::session::replay_into(&mut replayed, &session, self.blobs.iter().cloned());
        assert_eq!(replayed.digest(), history.digest, "a replay has the same history");
        assert_eq!(
            std::iter::from_fn(|| replayed.poll_event()).collect::<Vec<_>>(),
            history.events
        );
        history
    }

    /// The facts of the history, a line each, and the answers.
    #[track_caller]
    pub(crate) fn trace(&self) -> String {
        let history = self.run();
        let mut trace = String::new();
        for event in &history.events {
            let Timestamp(us) = event.at;
            let _ =
                writeln!(trace, "{:>5}.{:03} {}", us / 1_000, us % 1_000, show_fact(&event.fact));
        }
        for (_, id, answer) in &history.answers {
            let position =
                if id.0 >= CommandId::READ_MIN { "read".into() } else { format!("#{}", id.0) };
            let text = match answer {
                Ok(Response { status, output }) => format!("{status} {output}"),
                Err(error) => format!("{} {error}", error.status),
            };
            let _ = writeln!(trace, "{position} {text}");
        }
        trace
    }

    /// The last answer.
    #[track_caller]
    pub(crate) fn last_answer(&self) -> Result<Response, crate::ApiError> {
        self.run().answers.pop().expect("a request was sent").2
    }

    /// The text of the last answer's payload.
    #[track_caller]
    pub(crate) fn last_payload(&self) -> String {
        let answer = self.last_answer().expect("an invocation is answered");
        answer.output["Payload"]["$text"].as_str().unwrap().to_owned()
    }

    /// The log lines of the history.
    #[track_caller]
    pub(crate) fn log(&self) -> String {
        let lines = self.run().events.into_iter().filter_map(|event| match event.fact {
            Fact::LogLine { message, .. } => Some(message + "\n"),
            _ => None,
        });
        lines.collect()
    }
}

fn show_fact(fact: &Fact) -> String {
    match fact {
        Fact::RequestAnswered { operation, status, error, .. } => {
            format!("answered {operation} {status} {}", error.as_deref().unwrap_or_default())
                .trim_end()
                .to_owned()
        }
        Fact::FunctionChanged { function, state, last_update_status } => {
            format!("function {function} {state} {}", last_update_status.as_deref().unwrap_or("-"))
        }
        Fact::EnvironmentPhase { environment, phase, .. } => {
            format!("environment {environment} {phase:?}")
        }
        Fact::InvocationAccepted { request_id, function, invocation_type, .. } => {
            format!("accepted {} {function} {invocation_type}", &request_id[..4])
        }
        Fact::InvocationStarted { request_id, environment, cold, concurrency, .. } => {
            format!(
                "started {} in {environment}{}{}",
                &request_id[..4],
                if *cold { " cold" } else { "" },
                concurrency.as_ref().map_or(String::new(), |concurrency| format!(" {concurrency}"))
            )
        }
        Fact::InvocationFinished {
            request_id,
            outcome,
            duration_us,
            init_us,
            billed_ms,
            memory_used_mb,
            units,
            ..
        } => {
            let init = init_us.map_or(String::new(), |init| format!(" init {init} us"));
            format!(
                "finished {} {outcome:?} {duration_us} us{init} billed {billed_ms} ms {memory_used_mb} MB {units} units",
                &request_id[..4]
            )
        }
        Fact::InvocationThrottled { function, reason } => format!("throttled {function} {reason}"),
        Fact::FaultInjected { fault, action, .. } => format!("fault {fault} {action}"),
        Fact::EventRequeued { request_id, reason, due_at, .. } => {
            format!("requeued {} {reason} until {}", &request_id[..4], due_at.0 / 1_000)
        }
        Fact::EventDropped { request_id, condition, attempts, .. } => {
            format!("dropped {} {condition} after {attempts}", &request_id[..4])
        }
        Fact::EventDelivered { request_id, kind, target, error, .. } => {
            let error = error.as_deref().unwrap_or("delivered");
            format!("{kind} {} to {target} {error}", &request_id[..4])
        }
        Fact::ProvisionedConcurrencyChanged {
            qualifier,
            status,
            requested,
            allocated,
            available,
            mb_ms,
            ..
        } => {
            format!(
                "provisioned {qualifier} {status} {available}/{allocated}/{requested} {mb_ms} MB ms"
            )
        }
        Fact::LoadChanged { load, status, sent, succeeded, .. } => {
            format!("load {load} {status} {succeeded}/{sent}")
        }
        Fact::StateMachineChanged { state_machine, status } => {
            format!("machine {state_machine} {status}")
        }
        Fact::ExecutionStarted { execution, state_machine, express, .. } => {
            format!(
                "execution {execution} of {state_machine}{}",
                if *express { " express" } else { "" }
            )
        }
        Fact::ExecutionHistory { execution, first_event_id, events, .. } => {
            format!("execution {execution} events {events} from {first_event_id}")
        }
        Fact::ExecutionFinished { execution, status } => format!("execution {execution} {status}"),
        Fact::BusEventAccepted { .. }
        | Fact::ScheduleOccurred { .. }
        | Fact::MessagePublished { .. }
        | Fact::TargetCalled { .. } => format!("{fact:?}"),
        Fact::LogLine { message, .. } => format!("log {message:?}"),
        Fact::MappingChanged { mapping, state, .. } => format!("mapping {} {state}", &mapping[..4]),
        Fact::MessagesFiltered { queue, messages, .. } => {
            format!("filtered {} of {queue}", messages.len())
        }
        Fact::BatchPolled { batch, queue, messages, .. } => {
            format!("batch {batch}: {} of {queue}", messages.len())
        }
        Fact::BatchDelayed { batch, reason, due_at, .. } => {
            format!("batch {batch} {reason} until {}", due_at.0 / 1_000)
        }
        Fact::BatchEnded { batch, outcome, deleted, returned, .. } => {
            let (deleted, returned) = (deleted.len(), returned.len());
            format!("batch {batch} {outcome}: {deleted} deleted, {returned} returned")
        }
        Fact::QueueChanged { queue, visible, in_flight, delayed } => {
            format!("queue {queue}: {visible} visible, {in_flight} in flight, {delayed} delayed")
        }
    }
}

fn real_sandbox() -> Arc<dyn Sandbox> {
    thread_local! {
        // Kept, so that the runtime of a language is accepted once.
        static SANDBOX: Arc<coldstart_sandbox::WasmiSandbox> =
            Arc::new(coldstart_sandbox::WasmiSandbox::with_runtimes(built_runtime));
    }
    SANDBOX.with(|sandbox| Arc::clone(sandbox) as Arc<dyn Sandbox>)
}

/// The module of a language's runtime, if `cargo xtask runtimes` has built it.
pub(crate) fn built_runtime(name: &str) -> Option<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../www/generated/runtimes");
    std::fs::read(format!("{folder}/{name}.wasm")).ok()
}
