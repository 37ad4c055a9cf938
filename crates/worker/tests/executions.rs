//! An execution of the engine in the page's windows: read through the API as it grows, while it is watched and only then.

use coldstart_engine::sandbox::WasmiSandbox;
use coldstart_protocol::{
    ExecutionPart, ExecutionSummary, ExecutionWindow, FromWorker, ToWorker, View, ViewSpec,
    VisitDetail, VisitStatus,
};
use coldstart_worker::{Host, Next, sha256_hex};
use coldstart_workspace::{ApiRequest, ClockMode, HELLO_WAT};
use serde_json::{Value, json};
use std::sync::Arc;

const ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:m:run";

struct Page {
    host: Host,
    real_ms: f64,
    id: u64,
    answers: Vec<(u64, Result<Value, String>)>,
    views: Vec<View>,
}

impl Page {
    fn new() -> Self {
        let host = Host::new(Arc::new(WasmiSandbox::new()), "test");
        Self { host, real_ms: 0.0, id: 0, answers: Vec::new(), views: Vec::new() }
    }

    fn send(&mut self, message: ToWorker, buffers: Vec<Vec<u8>>) {
        self.host.handle(message, buffers, self.real_ms);
        for _ in 0..100_000 {
            let real_ms = &mut self.real_ms;
            let next = self.host.pump(&mut || {
                *real_ms += 1.0;
                *real_ms
            });
            while let Some(outgoing) = self.host.poll_message() {
                match outgoing.message {
                    FromWorker::Answered { id, result } => {
                        let result = result.map(|response| response.output);
                        self.answers.push((id, result.map_err(|failure| failure.code)));
                    }
                    FromWorker::Views { views } => self.views.extend(views),
                    _ => {}
                }
            }
            match next {
                Next::Idle => return,
                Next::After(ms) => self.real_ms += ms,
                Next::Now => {}
            }
        }
        panic!("the Host does not come to rest");
    }

    fn call(
        &mut self,
        service: &str,
        operation: &str,
        params: Value,
        module: Option<Vec<u8>>,
    ) -> Value {
        self.id += 1;
        let id = self.id;
        let request = ApiRequest { service: service.into(), operation: operation.into(), params };
        let modules = module.iter().map(|_| 0).collect();
        self.send(ToWorker::Request { id, request, modules }, module.into_iter().collect());
        let (_, answer) = self.answers.iter().find(|(of, _)| *of == id).expect("an answer").clone();
        answer.unwrap_or_else(|code| panic!("{operation}: {code}"))
    }

    fn start(&mut self, definition: &Value) {
        let role = "arn:aws:iam::123456789012:role/r";
        let params = json!({ "name": "m", "definition": definition.to_string(), "roleArn": role });
        let machine = self.call("states", "CreateStateMachine", params, None);
        let params = json!({ "stateMachineArn": machine["stateMachineArn"], "name": "run", "input": "{\"n\": 1}" });
        self.call("states", "StartExecution", params, None);
    }

    fn watch(&mut self, parts: Vec<ExecutionPart>) {
        let source = || ARN.to_owned();
        let views = parts.into_iter().map(|part| ViewSpec::Execution { source: source(), part });
        self.send(ToWorker::Watch { views: views.collect() }, Vec::new());
    }

    fn summary(&self) -> ExecutionSummary {
        let found = self.views.iter().rev().find_map(|view| match view {
            View::Execution { window: ExecutionWindow::Summary(summary), .. } => Some(summary),
            _ => None,
        });
        (**found.expect("a summary")).clone()
    }

    fn visit(&self) -> VisitDetail {
        let found = self.views.iter().rev().find_map(|view| match view {
            View::Execution { window: ExecutionWindow::Visit(visit), .. } => visit.clone(),
            _ => None,
        });
        *found.expect("a visit")
    }
}

const SUMMARY: ExecutionPart = ExecutionPart::Summary { cursor: None };

#[test]
fn a_running_execution_is_followed_to_its_end() {
    let mut page = Page::new();
    page.send(ToWorker::SetClock { mode: ClockMode::Paused }, Vec::new());
    page.start(&json!({ "StartAt": "W", "States": {
        "W": { "Type": "Wait", "Seconds": 3600, "Next": "P" },
        "P": { "Type": "Pass", "Parameters": { "m.$": "States.MathAdd($.n, 1)" }, "ResultPath": "$.r", "End": true },
    } }));
    page.watch(vec![SUMMARY]);
    page.send(ToWorker::Advance { micros: 1_000 }, Vec::new());
    let summary = page.summary();
    assert_eq!((summary.status.as_str(), summary.name.as_str()), ("RUNNING", "run"));
    assert_eq!((summary.state_machine.as_str(), summary.last_event), ("m", 2));
    assert_eq!(summary.states[0].status, VisitStatus::Running);
    page.send(ToWorker::Advance { micros: 3_600_000_000 }, Vec::new());
    let summary = page.summary();
    assert_eq!((summary.status.as_str(), summary.events), ("SUCCEEDED", 6));
    assert_eq!(summary.stopped_us.map(|at| at - summary.started_us), Some(3_600_000_000));
    let pairs = [("", "W"), ("P", ""), ("W", "P")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(summary.transitions, pairs);

    // The interpreter says what lies between input and output.
    page.watch(vec![ExecutionPart::Visit { event: 4 }, ExecutionPart::Definition]);
    let flow = page.visit().flow.expect("a data flow");
    let value = |name: &str| {
        let text = &flow.iter().find(|(known, _)| known == name).expect(name).1;
        serde_json::from_str::<Value>(text).expect("JSON")
    };
    assert_eq!(value("input"), json!({ "n": 1 }));
    assert_eq!(value("afterParameters"), json!({ "m": 2 }));
    assert_eq!(value("output"), json!({ "n": 1, "r": { "m": 2 } }));
    let definition = page.views.iter().find_map(|view| match view {
        View::Execution { window: ExecutionWindow::Definition { text, inferred }, .. } => {
            Some((text.contains("MathAdd"), *inferred))
        }
        _ => None,
    });
    assert_eq!(definition, Some((true, false)));
}

#[test]
fn a_history_of_many_pages_is_read_whole() {
    let mut page = Page::new();
    let state = |next: &str| json!({ "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericLessThan": 1200, "Next": next }], "Default": "End" });
    page.start(&json!({ "StartAt": "Loop", "States": {
        "Loop": state("Add"), "End": { "Type": "Succeed" },
        "Add": { "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)" }, "Next": "Loop" },
    } }));
    page.watch(vec![SUMMARY]);
    let summary = page.summary();
    assert_eq!(summary.status, "SUCCEEDED");
    assert_eq!((summary.events as u64, summary.remarks.len()), (summary.last_event, 0));
    assert!(summary.events > 4_000, "{}", summary.events);
}

#[test]
fn a_task_leads_to_the_invocation_of_its_iteration() {
    let mut page = Page::new();
    let module = coldstart_worker::assemble(HELLO_WAT).expect("it assembles");
    let params = json!({
        "FunctionName": "hello", "Runtime": "provided.al2023", "Handler": "h",
        "Role": "arn:aws:iam::123456789012:role/lambda-role", "Code": { "ZipFile": { "$sha256": sha256_hex(&module) } },
    });
    page.call("lambda", "CreateFunction", params, Some(module));
    page.start(&json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "ItemsPath": "$$.Execution.Input.items", "End": true,
        "ItemProcessor": { "StartAt": "T", "States": { "T": { "Type": "Task", "End": true,
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:hello" } } } } } }));
    page.watch(vec![SUMMARY]);
    assert_eq!(page.summary().status, "FAILED", "there are no items");
    let params = json!({ "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m", "name": "two", "input": "{\"items\": [1, 2]}" });
    page.call("states", "StartExecution", params, None);
    let source = ARN.replace(":run", ":two");
    let spec = |part: ExecutionPart| ViewSpec::Execution { source: source.clone(), part };
    let visits = (1..=20).map(|event| spec(ExecutionPart::Visit { event }));
    page.send(ToWorker::Watch { views: visits.collect() }, Vec::new());
    let mut requests: Vec<String> = page
        .views
        .iter()
        .filter_map(|view| match view {
            View::Execution { window: ExecutionWindow::Visit(Some(visit)), .. } => {
                let attempt = visit.attempts.first()?;
                (attempt.function == "hello").then(|| attempt.request_id.clone())
            }
            _ => None,
        })
        .collect();
    requests.sort();
    requests.dedup();
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert!(requests.iter().all(|id| id.len() == 36), "{requests:?}");
}

#[test]
fn what_is_not_there_says_so_in_awss_words() {
    let mut page = Page::new();
    page.watch(vec![SUMMARY]);
    let fault = page.views.iter().rev().find_map(|view| match view {
        View::Execution { window: ExecutionWindow::Unavailable(fault), .. } => Some(fault.clone()),
        _ => None,
    });
    assert_eq!(fault, Some(format!("ExecutionDoesNotExist: Execution Does Not Exist: '{ARN}'")));
    // It is seen as soon as it is there.
    page.start(&json!({ "StartAt": "S", "States": { "S": { "Type": "Succeed" } } }));
    assert_eq!(page.summary().status, "SUCCEEDED");
}
