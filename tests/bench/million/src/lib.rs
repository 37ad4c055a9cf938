//! One session with one echo function, and one load on it: a thousand invocations a second, for as long as is asked for.
//!
//! Every invocation comes through the door, has its environment, log lines, report and facts; the facts are taken and counted, as a view
//! would. Nothing here reads a clock: the native program and the page that loads this as a module time the calls.

use coldstart_engine::{Blob, Config, Engine, Fact, Outcome, Principal, Request, Timestamp};
use coldstart_sandbox::WasmiSandbox;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::sync::Arc;

/// Invocations in a virtual second.
const PER_SECOND: u64 = 1_000;

const ECHO: &str = include_str!("../../modules/echo.wat");

/// A session under load.
pub struct Load {
    engine: Engine,
    began: Timestamp,
    succeeded: u64,
    facts: u64,
}

impl Load {
    /// Begins one of so many invocations.
    pub fn begin(invocations: u64) -> Self {
        let engine = Engine::new(Config::default(), Arc::new(WasmiSandbox::new()));
        let mut load = Self { engine, began: Timestamp(0), succeeded: 0, facts: 0 };
        let module = wat::parse_str(ECHO).expect("the module is a constant");
        let sha256 = load.engine.put_blob(module);
        load.request(
            "lambda",
            "CreateFunction",
            json!({
                "FunctionName": "echo", "Runtime": "provided.al2023", "Handler": "bootstrap", "MemorySize": 1769,
                "Role": "arn:aws:iam::123456789012:role/bench", "Code": { "ZipFile": Blob::sha256(sha256) },
            }),
        );
        load.engine.run_to_rest();
        load.began = load.engine.now();
        load.request(
            "coldstart",
            "StartLoad",
            json!({
                "FunctionName": "echo", "Payload": Blob::text("{\"name\":\"Ada\"}"),
                "Profile": { "Kind": "Constant", "Rate": PER_SECOND },
                "DurationSeconds": invocations as f64 / PER_SECOND as f64,
            }),
        );
        load
    }

    fn request(&mut self, service: &str, operation: &str, params: Value) {
        let request = Request {
            service: service.into(),
            operation: operation.into(),
            params,
            principal: Principal::User,
        };
        self.engine.handle_request(self.engine.now(), request);
        let answer = self.engine.poll_answer();
        assert!(matches!(answer, Some((_, Ok(_)))), "{operation} was refused: {answer:?}");
    }

    /// Goes on until so many have come and were answered; gives how many succeeded.
    pub fn run_to(&mut self, invocations: u64) -> u64 {
        let last_ms = invocations.saturating_sub(1) * 1_000 / PER_SECOND;
        // An echo takes less than a millisecond, a cold start a tenth of a second.
        let until = self.began.after_ms(last_ms).after_micros(900);
        loop {
            let next = self.engine.next_deadline();
            let Some(at) = next.filter(|at| *at <= until) else { break };
            self.engine.run_until(at);
            while let Some(event) = self.engine.poll_event() {
                self.facts += 1;
                if let Fact::InvocationFinished { outcome: Outcome::Success, .. } = event.fact {
                    self.succeeded += 1;
                }
            }
        }
        self.succeeded
    }

    /// Facts so far.
    pub fn facts(&self) -> u64 {
        self.facts
    }
}

thread_local! {
    static LOAD: RefCell<Option<Load>> = const { RefCell::new(None) };
}

/// For the page: begins a session.
#[unsafe(no_mangle)]
pub extern "C" fn begin(invocations: u32) {
    LOAD.set(Some(Load::begin(u64::from(invocations))));
}

/// For the page: goes on with it; gives how many succeeded so far.
#[unsafe(no_mangle)]
pub extern "C" fn run_to(invocations: u32) -> f64 {
    LOAD.with_borrow_mut(|load| load.as_mut().map_or(0, |it| it.run_to(u64::from(invocations))))
        as f64
}
