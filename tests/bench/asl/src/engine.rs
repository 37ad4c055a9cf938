//! The engine: each execution is a StartExecution through its door, with ids, ARNs, facts and the digest.

use crate::machines::{self, Case};
use coldstart_engine::{ApiError, Config, Engine, Principal, Request, Response};
use coldstart_sandbox::{Artifact, Guest, GuestConfig, Sandbox, Trap};
use serde_json::{Value, json};
use std::sync::Arc;

const ROLE: &str = "arn:aws:iam::123456789012:role/states-role";
/// Transitions whose histories one engine keeps before the next one takes over.
const KEPT_MAX: u64 = 50_000;

/// No function is called here, so that no interpreter of guests has to be built.
struct NoSandbox;

impl Sandbox for NoSandbox {
    fn start(&self, _: &Artifact, _: GuestConfig) -> Result<Box<dyn Guest>, Trap> {
        unreachable!("there is no function")
    }
}

fn request(engine: &mut Engine, service: &str, operation: &str, params: Value) -> Value {
    let request = Request {
        service: service.into(),
        operation: operation.into(),
        params,
        principal: Principal::User,
    };
    let id = engine.handle_request(engine.now(), request);
    engine.run_to_rest();
    while engine.poll_event().is_some() {}
    let mut answered: Option<Result<Response, ApiError>> = None;
    while let Some((of, answer)) = engine.poll_answer() {
        if of == id {
            answered = Some(answer);
        }
    }
    let answer = answered.expect("it is answered");
    answer.unwrap_or_else(|error| panic!("{operation}: {error}")).output
}

/// An engine with one state machine, and its ARN.
fn with_machine(definition: &Value) -> (Engine, String) {
    let mut engine = Engine::new(Config::default(), Arc::new(NoSandbox));
    let params = json!({ "name": "bench", "definition": definition.to_string(), "roleArn": ROLE });
    let created = request(&mut engine, "states", "CreateStateMachine", params);
    let arn = created["stateMachineArn"].as_str().expect("it was created").to_owned();
    (engine, arn)
}

fn describe(engine: &mut Engine, started: &Value) -> Value {
    let params = json!({ "executionArn": started["executionArn"] });
    let described = request(engine, "states", "DescribeExecution", params);
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
    described
}

/// Each call is an execution from start to end; it gives the transitions.
pub fn runner(case: Case) -> impl FnMut() -> u64 {
    let definition = case.definition();
    let (mut engine, mut arn) = with_machine(&definition);
    let input = case.input().to_string();
    let mut kept = 0;
    move || {
        let params = json!({ "stateMachineArn": arn, "input": input });
        let started = request(&mut engine, "states", "StartExecution", params);
        if kept == 0 {
            let described = describe(&mut engine, &started);
            let output = described["output"].as_str().unwrap_or_default();
            assert_eq!(serde_json::from_str::<Value>(output).ok(), Some(case.output()));
        }
        kept += case.transitions();
        if kept >= KEPT_MAX {
            (engine, arn) = with_machine(&definition);
            kept = 0;
        }
        case.transitions()
    }
}

/// A map run over so many items, the file from a mock; gives how many succeeded.
pub fn distributed(items: usize) -> u64 {
    let (mut engine, arn) = with_machine(&machines::distributed());
    let mocks = json!({
        "StateMachines": { "bench": { "TestCases": { "Bench": { "Each": "File" } } } },
        "MockedResponses": { "File": { "0": { "Return": { "Body": machines::lines(items) } } } },
    });
    request(&mut engine, "coldstart", "PutMockConfiguration", json!({ "configuration": mocks }));
    let params = json!({ "stateMachineArn": format!("{arn}#Bench"), "input": "{}" });
    let started = request(&mut engine, "states", "StartExecution", params);
    describe(&mut engine, &started);
    let params = json!({ "executionArn": started["executionArn"] });
    let runs = request(&mut engine, "states", "ListMapRuns", params);
    let params = json!({ "mapRunArn": runs["mapRuns"][0]["mapRunArn"] });
    let run = request(&mut engine, "states", "DescribeMapRun", params);
    let succeeded = run["itemCounts"]["succeeded"].as_u64().unwrap_or(0);
    assert_eq!(succeeded, items as u64, "{run}");
    succeeded
}

/// A day of waiting, its state machine created; gives the events.
pub fn day(steps: usize) -> u64 {
    let (mut engine, arn) = with_machine(&machines::day(steps));
    let params = json!({ "stateMachineArn": arn, "input": "{}" });
    let started = request(&mut engine, "states", "StartExecution", params);
    describe(&mut engine, &started);
    2 * steps as u64 + 2
}
