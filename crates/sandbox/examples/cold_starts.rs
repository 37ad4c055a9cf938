//! How long cold starts of the JavaScript runtime take on wasmi, in real time: `cargo run --release -p coldstart-sandbox --example cold_starts`.
//!
//! Accepting the module and translating it happen once for each process; then each environment makes an instance, runs its init code and takes
//! its first event. The module is what `cargo xtask runtimes` leaves.

#![allow(clippy::print_stdout, reason = "it measures, and says what")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use coldstart_sandbox::{
    Artifact, Clock, Guest, GuestConfig, Limits, Resume, Sandbox, Stop, WasmiSandbox, accept,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

const ROUNDS: usize = 101;
const CLOCK: Clock = Clock {
    now_ns: 1_767_225_600_000_000_000,
    units_per_second: 1_000_000_000,
    deadline_ns: 1_767_225_900_000_000_000,
};

/// Sources, by what they are for: each answers its first event.
const HANDLERS: [(&str, &str); 3] = [
    ("hello", "export const handler = async (event) => `Hello, ${event.name}`;"),
    (
        "hello, with the SDK",
        "import { LambdaClient } from '@aws-sdk/client-lambda';\nconst client = new LambdaClient();\nexport const handler = async () => typeof client;",
    ),
    (
        "fib(25)",
        "const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));\nexport const handler = async () => fib(25);",
    ),
];

fn main() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../www/generated/runtimes/javascript.wasm");
    let Ok(module) = std::fs::read(path) else {
        println!("{path} is not there: cargo xtask runtimes builds it");
        return;
    };
    let began = Instant::now();
    let artifact = accept(&module).expect("it is accepted");
    println!("accepted and metered: {:.1} ms", ms(began));
    let sandbox = WasmiSandbox::new();
    for (name, source) in HANDLERS {
        let rounds = if name.starts_with("fib") { 3 } else { ROUNDS };
        let mut times: Vec<[f64; 4]> =
            (0..rounds).map(|_| cold_start(&sandbox, &artifact, source)).collect();
        let first: f64 = times[0][..3].iter().sum();
        times.remove(0);
        let median = |of: fn(&[f64; 4]) -> f64| {
            let mut all: Vec<f64> = times.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        println!(
            "{name}: cold start {:.2} ms (instance {:.2}, init {:.2}, first event {:.2}), the next event {:.2}; the first of the process {first:.1}",
            median(|t| t[0] + t[1] + t[2]),
            median(|t| t[0]),
            median(|t| t[1]),
            median(|t| t[2]),
            median(|t| t[3]),
        );
    }
}

fn ms(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1_000.0
}

/// Milliseconds for the instance, init, the first event and the second.
fn cold_start(sandbox: &WasmiSandbox, artifact: &Artifact, source: &str) -> [f64; 4] {
    let files = BTreeMap::from([("index.mjs".to_owned(), Arc::from(source.as_bytes()))]);
    let variable = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let config = GuestConfig {
        name: String::new(),
        environment: vec![
            variable("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs22.x"),
            variable("_HANDLER", "index.handler"),
        ],
        args: vec!["bootstrap".to_owned()],
        seed: 1,
        tmp: BTreeMap::new(),
        root: Arc::default(),
        task: Arc::new(files),
        opt: Arc::default(),
        limits: Limits {
            memory_bytes_max: 128 << 20,
            tmp_bytes_max: 1 << 20,
            response_bytes_max: 1 << 20,
            log_bytes_max: 1 << 20,
        },
    };
    let began = Instant::now();
    let mut guest = sandbox.start(artifact, config).expect("it fits");
    let made = ms(began);
    let began = Instant::now();
    run(&mut *guest, Resume::Init);
    let initialised = ms(began);
    let mut event = || {
        let began = Instant::now();
        let meta = BTreeMap::from([("requestId".to_owned(), "1".to_owned())]);
        run(&mut *guest, Resume::Event { payload: Arc::from(&b"{\"name\":\"you\"}"[..]), meta });
        ms(began)
    };
    [made, initialised, event(), event()]
}

fn run(guest: &mut dyn Guest, mut resume: Resume) {
    loop {
        let run = guest.resume(resume, CLOCK, 100_000);
        match run.stop {
            Stop::Exhausted => resume = Resume::Continue,
            Stop::Next { .. } => return,
            stop => panic!("{stop:?}: {:?}", guest.take_log()),
        }
    }
}
