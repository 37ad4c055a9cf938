//! Runs a module under an engine of few words, and writes down everything that happened.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test binary uses a part of it"
)]

use coldstart_sandbox::{
    Answer, Artifact, Clock, Exit, Guest, GuestConfig, Limits, LogStream, Resume, Sandbox,
    StartedKind, Stop, Trap, WasmiSandbox, accept,
};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

/// Where the virtual clock starts: 2026-01-01.
pub const EPOCH_NS: u64 = 1_767_225_600_000_000_000;
pub const UNITS_PER_SECOND: u64 = 1_000_000_000;

pub fn limits() -> Limits {
    Limits {
        memory_bytes_max: 128 << 20,
        tmp_bytes_max: 1 << 20,
        response_bytes_max: 64 << 10,
        log_bytes_max: 16 << 10,
    }
}

pub fn config() -> GuestConfig {
    GuestConfig {
        name: String::new(),
        environment: vec![
            ("AWS_REGION".into(), "eu-west-1".into()),
            ("KEY".into(), "value".into()),
        ],
        args: vec!["bootstrap".into()],
        seed: 42,
        tmp: BTreeMap::new(),
        root: Arc::default(),
        task: Arc::new(BTreeMap::from([(
            "data/greeting.txt".to_owned(),
            Arc::from(b"hello".as_slice()),
        )])),
        opt: Arc::new(BTreeMap::from([(
            "lib/layer.txt".to_owned(),
            Arc::from(b"layer".as_slice()),
        )])),
        limits: limits(),
    }
}

pub fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

pub fn accepted(text: &str) -> Artifact {
    accept(&wat(text)).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
}

/// How a module is run.
pub struct Script {
    pub events: Vec<&'static str>,
    pub config: GuestConfig,
    /// Units of one slice.
    pub slice: u64,
    /// Units after which the guest is given up.
    pub units_max: u64,
}

impl Default for Script {
    fn default() -> Self {
        Self { events: vec!["{}"], config: config(), slice: 1_000_000, units_max: 2_000_000_000 }
    }
}

/// Everything that happened, a line each.
pub fn trace(artifact: &Artifact, script: Script) -> String {
    let sandbox = WasmiSandbox::default();
    let mut guest = match sandbox.start(artifact, script.config) {
        Ok(guest) => guest,
        Err(trap) => return format!("start {trap:?}\n"),
    };
    let mut out = String::new();
    let mut events: VecDeque<&str> = script.events.into();
    let (mut units, mut now_ns) = (0_u64, EPOCH_NS);
    let mut waiting: BTreeMap<(u64, u32), Arc<[u8]>> = BTreeMap::new();
    let mut resume = Resume::Init;
    // Times as the engine counts them: from the last stop that is not the end of a slice.
    let (mut base_ns, mut base_units) = (now_ns, 0_u64);
    let mut request = 0;
    loop {
        let clock = Clock {
            now_ns,
            units_per_second: UNITS_PER_SECOND,
            deadline_ns: EPOCH_NS + 3_000_000_000,
        };
        let run = guest.resume(resume, clock, script.slice);
        units += run.units;
        now_ns = base_ns + (units - base_units) * 1_000_000_000 / UNITS_PER_SECOND;
        if run.stop == Stop::Exhausted {
            if units > script.units_max {
                drain(guest.as_mut(), &mut out);
                writeln!(out, "stopped: still running").unwrap();
                return out;
            }
            resume = Resume::Continue;
            continue;
        }
        (base_ns, base_units) = (now_ns, units);
        drain(guest.as_mut(), &mut out);
        for call in guest.take_started() {
            let (due, answer, what) = match call.kind {
                StartedKind::Call(bytes) => {
                    (call.at_ns, bytes.clone(), String::from_utf8_lossy(&bytes).into_owned())
                }
                StartedKind::Timer { ms } => {
                    (call.at_ns + ms * 1_000_000, vec![], format!("timer {ms}"))
                }
            };
            writeln!(out, "started {} at {}: {what}", call.token, call.at_ns - EPOCH_NS).unwrap();
            waiting.insert((due, call.token), answer.into());
        }
        let at = now_ns - EPOCH_NS;
        match run.stop {
            Stop::Exhausted => unreachable!("handled above"),
            Stop::Next { answer } => {
                writeln!(out, "next at {at}, answer {}", answer_text(answer)).unwrap();
                waiting.clear();
                match events.pop_front() {
                    Some(event) => {
                        request += 1;
                        resume = Resume::Event {
                            payload: Arc::from(event.as_bytes()),
                            meta: BTreeMap::from([(
                                "requestId".to_owned(),
                                format!("request-{request}"),
                            )]),
                        };
                    }
                    None => break,
                }
            }
            Stop::Call(bytes) => {
                writeln!(out, "call at {at}: {}", String::from_utf8_lossy(&bytes)).unwrap();
                resume = Resume::CallAnswer(Arc::from(b"{\"answer\":1}".as_slice()));
            }
            Stop::Sleep { ns } => {
                writeln!(out, "sleep at {at} for {ns}").unwrap();
                now_ns += ns;
                base_ns = now_ns;
                resume = Resume::Continue;
            }
            Stop::Pending => {
                writeln!(out, "pending at {at}").unwrap();
                let ((due, token), answer) =
                    waiting.pop_first().expect("a pending guest waits for something");
                now_ns = now_ns.max(due);
                base_ns = now_ns;
                resume = Resume::Token { token, answer };
            }
            Stop::Exit(Exit { cause, answer }) => {
                writeln!(out, "exit at {at}: {cause:?}, answer {}", answer_text(answer)).unwrap();
                break;
            }
        }
    }
    for (path, bytes) in guest.tmp() {
        writeln!(out, "/tmp/{path}: {} bytes", bytes.len()).unwrap();
    }
    writeln!(out, "{units} units, {} bytes", guest.memory_bytes_peak()).unwrap();
    out
}

fn drain(guest: &mut dyn Guest, out: &mut String) {
    for write in guest.take_log() {
        let stream = match write.stream {
            LogStream::Stdout => "stdout",
            LogStream::Stderr => "stderr",
        };
        let text = String::from_utf8_lossy(&write.bytes);
        let shown: String = text.chars().take(120).collect();
        writeln!(
            out,
            "{stream} at {}: {shown:?} ({} bytes)",
            write.at_ns - EPOCH_NS,
            write.bytes.len()
        )
        .unwrap();
    }
    let dropped = guest.take_log_dropped();
    if dropped > 0 {
        writeln!(out, "{dropped} bytes of log dropped").unwrap();
    }
}

fn answer_text(answer: Option<Answer>) -> String {
    match answer {
        None => "none".to_owned(),
        Some(Answer::Response(bytes)) => format!("response {}", String::from_utf8_lossy(&bytes)),
        Some(Answer::Error(bytes)) => format!("error {}", String::from_utf8_lossy(&bytes)),
        Some(Answer::TooLarge { bytes }) => format!("too large: {bytes}"),
    }
}

/// What ended a guest that is expected to end.
pub fn last_trap(artifact: &Artifact, script: Script) -> Result<Trap, String> {
    let sandbox = WasmiSandbox::default();
    let mut guest = match sandbox.start(artifact, script.config) {
        Ok(guest) => guest,
        Err(trap) => return Ok(trap),
    };
    let clock =
        Clock { now_ns: EPOCH_NS, units_per_second: UNITS_PER_SECOND, deadline_ns: EPOCH_NS };
    let mut resume = Resume::Init;
    let mut units = 0;
    loop {
        let run = guest.resume(resume, clock, script.slice);
        units += run.units;
        resume = match run.stop {
            Stop::Exit(exit) => return Ok(exit.cause),
            Stop::Exhausted if units > script.units_max => return Err("still running".to_owned()),
            Stop::Exhausted | Stop::Sleep { .. } => Resume::Continue,
            Stop::Next { answer: Some(answer) } => return Err(answer_text(Some(answer))),
            Stop::Next { answer: None } => {
                Resume::Event { payload: Arc::from(b"{}".as_slice()), meta: BTreeMap::new() }
            }
            Stop::Call(_) => Resume::CallAnswer(Arc::from(b"{}".as_slice())),
            Stop::Pending => return Err("pending".to_owned()),
        };
    }
}
