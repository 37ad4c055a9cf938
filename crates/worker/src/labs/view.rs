//! What checks see: version 1 of the view, described in docs/LABS.md. Shapes are AWS's wherever AWS has one.

use super::Subject;
use super::copy::{Answer, Copy, Done, arn};
use coldstart_engine::{Event, Fact, Outcome, Request, Timestamp};
use coldstart_workspace::lab::{Check, Kind};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Of the view. A lab that needs a newer one says so by its engine's version.
const VERSION: u32 = 1;
/// Executions whose histories and descriptions are shown.
const EXECUTIONS_MAX: usize = 200;
/// Messages of a queue.
const MESSAGES_MAX: usize = 1_000;
/// Lines of the log.
const LINES_MAX: usize = 10_000;

pub(super) fn of(copy: &mut Copy, subject: &Subject<'_>, check: &Check, done: &Done) -> Value {
    let seconds = |at: Timestamp| at.0.saturating_sub(done.began.0) as f64 / 1_000_000.0;
    let mut view = Map::new();
    view.insert("version".into(), json!(VERSION));
    view.insert("clock".into(), json!({ "seconds": seconds(copy.engine().now()) }));
    let machines = machines(copy);
    if let Some(machine) = check.machine.as_ref().and_then(|name| machines.get(name)) {
        view.insert("definition".into(), machine["definition"].clone());
    }
    view.insert("machines".into(), Value::Object(machines));
    view.insert("functions".into(), Value::Object(functions(copy)));
    view.insert(
        "mappings".into(),
        list(copy, "lambda", "ListEventSourceMappings", "EventSourceMappings"),
    );
    let executions = executions(copy);
    if let Some((execution, events)) = executions.first() {
        view.insert("execution".into(), execution.clone());
        view.insert("events".into(), events.clone());
    }
    let all: Vec<Value> = executions.into_iter().map(|(execution, _)| execution).collect();
    view.insert("executions".into(), json!(all));
    let answers: Vec<Value> = done.asked.iter().map(answer).collect();
    if check.kind == Kind::Invoke
        && let Some(first) = answers.first()
    {
        view.insert("response".into(), first["payload"].clone());
    }
    view.insert("answers".into(), json!(answers));
    let script = list(copy, "coldstart", "GetFaults", "Faults");
    view.extend(facts(copy.events(), &script, seconds));
    view.insert("queues".into(), Value::Object(queues(copy)));
    if check.kind == Kind::History {
        let commands = subject.workspace.commands.iter().map(|command| {
            let request = &command.request;
            json!({
                "service": request.service,
                "operation": request.operation,
                "params": request.params,
                "seconds": command.at_us as f64 / 1_000_000.0,
            })
        });
        view.insert("commands".into(), json!(commands.collect::<Vec<_>>()));
    }
    Value::Object(view)
}

/// Text that is JSON, as what it says.
fn json_of(text: &Value) -> Value {
    match text.as_str() {
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        None => text.clone(),
    }
}

fn list(copy: &mut Copy, service: &str, operation: &str, member: &str) -> Value {
    let output = copy.read(service, operation, json!({}));
    output.and_then(|output| output.get(member).cloned()).unwrap_or_else(|| json!([]))
}

fn names(list: &Value, member: &str) -> Vec<String> {
    let rows = list.as_array().into_iter().flatten();
    rows.filter_map(|row| Some(row.get(member)?.as_str()?.to_owned())).collect()
}

/// State machines by name, as DescribeStateMachine shows them, with the definition as what it says.
fn machines(copy: &mut Copy) -> Map<String, Value> {
    let listed = list(copy, "states", "ListStateMachines", "stateMachines");
    let mut machines = Map::new();
    for name in names(&listed, "name") {
        let params = json!({ "stateMachineArn": arn("states", &format!("stateMachine:{name}")) });
        if let Some(mut machine) = copy.read("states", "DescribeStateMachine", params) {
            machine["definition"] = json_of(&machine["definition"]);
            machines.insert(name, machine);
        }
    }
    machines
}

/// Functions by name, as GetFunctionConfiguration shows them, with what is configured beside.
fn functions(copy: &mut Copy) -> Map<String, Value> {
    let listed = list(copy, "lambda", "ListFunctions", "Functions");
    let mut functions = Map::new();
    for name in names(&listed, "FunctionName") {
        let of = json!({ "FunctionName": name });
        let Some(mut function) = copy.read("lambda", "GetFunctionConfiguration", of.clone()) else {
            continue;
        };
        let beside = [
            (
                "GetFunctionConcurrency",
                "ReservedConcurrentExecutions",
                "ReservedConcurrentExecutions",
            ),
            ("ListAliases", "Aliases", "Aliases"),
            ("ListVersionsByFunction", "Versions", "Versions"),
            (
                "ListProvisionedConcurrencyConfigs",
                "ProvisionedConcurrencyConfigs",
                "ProvisionedConcurrencyConfigs",
            ),
        ];
        for (operation, member, as_member) in beside {
            let output = copy.read("lambda", operation, of.clone());
            if let Some(value) = output.and_then(|output| output.get(member).cloned()) {
                function[as_member] = value;
            }
        }
        if let Some(config) = copy.read("lambda", "GetFunctionEventInvokeConfig", of) {
            function["EventInvokeConfig"] = config;
        }
        functions.insert(name, function);
    }
    functions
}

/// Executions in the order in which they began: as DescribeExecution shows them, with input and output as what they say, and their histories.
fn executions(copy: &mut Copy) -> Vec<(Value, Value)> {
    let arns: Vec<String> = copy
        .events()
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::ExecutionStarted { execution_arn, .. } => Some(execution_arn.clone()),
            _ => None,
        })
        .take(EXECUTIONS_MAX)
        .collect();
    let mut executions = Vec::new();
    for execution_arn in arns {
        let of = json!({ "executionArn": execution_arn });
        let express = copy.read("states", "DescribeExecution", of.clone()).is_none();
        let (service, describe, history) = match express {
            true => ("coldstart", "DescribeExpressExecution", "GetExpressExecutionHistory"),
            false => ("states", "DescribeExecution", "GetExecutionHistory"),
        };
        let Some(mut execution) = copy.read(service, describe, of.clone()) else { continue };
        for member in ["input", "output"] {
            if let Some(text) = execution.get(member) {
                execution[member] = json_of(text);
            }
        }
        let mut all = of;
        all["maxResults"] = json!(1_000);
        let events = copy.read(service, history, all);
        let events = events.and_then(|output| output.get("events").cloned());
        executions.push((execution, events.unwrap_or_else(|| json!([]))));
    }
    executions
}

/// What a request of the check was answered: `status` with `output`, or with `error` and `message`; an invocation's payload as what it says.
fn answer((request, answer): &(Request, Option<Answer>)) -> Value {
    let mut shown = json!({ "service": request.service, "operation": request.operation });
    match answer {
        None => {}
        Some(Ok(response)) => {
            shown["status"] = json!(response.status);
            if let Some(payload) = response.output.get("Payload") {
                let text = payload.get("$text").unwrap_or(payload);
                shown["payload"] = json_of(text);
                shown["functionError"] =
                    response.output.get("FunctionError").cloned().unwrap_or(Value::Null);
                shown["executedVersion"] =
                    response.output.get("ExecutedVersion").cloned().unwrap_or(Value::Null);
            } else {
                shown["output"] = response.output.clone();
            }
        }
        Some(Err(error)) => {
            shown["status"] = json!(error.status);
            shown["error"] = json!(error.code);
            shown["message"] = json!(error.message);
        }
    }
    shown
}

/// Queues by name, with their messages.
fn queues(copy: &Copy) -> Map<String, Value> {
    let engine = copy.engine();
    let queues = engine.queues().into_iter().map(|queue| {
        let messages = engine.queue_messages(&queue.name, MESSAGES_MAX).unwrap_or_default();
        let messages = messages.into_iter().map(|message| {
            json!({ "body": json_of(&json!(message.body)), "receives": message.receives })
        });
        let shown = json!({
            "visible": queue.visible,
            "inFlight": queue.in_flight,
            "delayed": queue.delayed,
            "messages": messages.collect::<Vec<_>>(),
        });
        (queue.name, shown)
    });
    queues.collect()
}

/// What a line of the log says of an invocation's error, if it does: `errorType` and `errorMessage`, as the runtime wrote them.
fn error_of(line: &str) -> Option<Value> {
    if let Some(at) = line.find("Task timed out after") {
        let message = line[at..].trim_end();
        return Some(json!({ "errorType": "Sandbox.Timedout", "errorMessage": message }));
    }
    let error: Value = serde_json::from_str(&line[line.find('{')?..]).ok()?;
    let error_type = error.get("errorType")?.as_str()?;
    let message = error.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
    Some(json!({ "errorType": error_type, "errorMessage": message }))
}

/// Invocations, environments, log lines and what else the history tells. `script` has the faults, for what they did.
fn facts(
    events: &[Event],
    script: &Value,
    seconds: impl Fn(Timestamp) -> f64,
) -> Map<String, Value> {
    let mut invocations: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut order = Vec::new();
    let mut environments: BTreeMap<u32, Value> = BTreeMap::new();
    let (mut logs, mut throttles, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    let (mut deliveries, mut dropped) = (Vec::new(), Vec::new());
    let mut started: BTreeMap<String, f64> = BTreeMap::new();
    let (mut versions, mut executions) = (BTreeMap::new(), BTreeMap::new());
    let mut mb_ms = 0;
    for Event { at, fact, .. } in events {
        let at = seconds(*at);
        match fact {
            Fact::ExecutionStarted { execution, execution_arn, .. } => {
                executions.insert(*execution, execution_arn);
            }
            Fact::InvocationAccepted {
                request_id,
                function,
                invocation_type,
                execution,
                state,
                ..
            } => {
                let mut invocation = Map::new();
                invocation.insert("requestId".into(), json!(request_id));
                if let Some(arn) = execution.and_then(|number| executions.get(&number)) {
                    invocation.insert("execution".into(), json!(arn));
                }
                if let Some(state) = state {
                    invocation.insert("state".into(), json!(state));
                }
                invocation.insert("function".into(), json!(function));
                invocation.insert("type".into(), json!(invocation_type));
                invocation.insert("accepted".into(), json!(at));
                invocation.insert("attempts".into(), json!(0));
                order.push(request_id.clone());
                invocations.insert(request_id.clone(), invocation);
            }
            Fact::InvocationStarted { request_id, function, environment, cold, .. } => {
                let before = started.insert(function.clone(), at);
                if let Some(invocation) = invocations.get_mut(request_id) {
                    let attempts = invocation["attempts"].as_u64().unwrap_or(0) + 1;
                    invocation.insert("attempts".into(), json!(attempts));
                    invocation.insert("started".into(), json!(at));
                    if let Some(before) = before {
                        invocation.insert("sincePrevious".into(), json!(at - before));
                    }
                    invocation.insert("environment".into(), json!(environment));
                    if let Some(version) = versions.get(environment) {
                        invocation.insert("version".into(), json!(version));
                    }
                    // Of the last attempt.
                    invocation.remove("error");
                    invocation.insert("cold".into(), json!(cold));
                }
            }
            Fact::InvocationFinished {
                request_id,
                outcome,
                duration_us,
                init_us,
                billed_ms,
                memory_size_mb,
                ..
            } => {
                mb_ms += billed_ms * u64::from(*memory_size_mb);
                if let Some(invocation) = invocations.get_mut(request_id) {
                    invocation.insert("finished".into(), json!(at));
                    invocation.insert("outcome".into(), json!(outcome));
                    if *outcome == Outcome::Success {
                        // It wrote of an error and did not end with one.
                        invocation.remove("error");
                    }
                    invocation.insert("durationMs".into(), json!(*duration_us as f64 / 1_000.0));
                    if let Some(init_us) = init_us {
                        invocation.insert("initMs".into(), json!(*init_us as f64 / 1_000.0));
                    }
                    invocation.insert("billedMs".into(), json!(billed_ms));
                }
            }
            Fact::EnvironmentPhase { environment, function, version, .. } => {
                versions.insert(*environment, version);
                environments.entry(*environment).or_insert_with(
                    || json!({ "id": environment, "function": function, "version": version }),
                );
            }
            Fact::LogLine { group, message, request_id, .. } if logs.len() < LINES_MAX => {
                let invocation = request_id.as_ref().and_then(|id| invocations.get_mut(id));
                if let (Some(invocation), Some(error)) = (invocation, error_of(message)) {
                    invocation.insert("error".into(), error);
                }
                let function = group.strip_prefix("/aws/lambda/");
                let message = message.trim_end();
                logs.push(json!({ "seconds": at, "function": function, "group": group, "message": message }));
            }
            Fact::InvocationThrottled { function, reason } => {
                throttles.push(json!({ "seconds": at, "function": function, "reason": reason }));
            }
            Fact::FaultInjected { fault, action, request_id, .. } => {
                let invocation = request_id.as_ref().and_then(|id| invocations.get_mut(id));
                if let Some(invocation) = invocation.filter(|_| action == "error") {
                    let rows = script.as_array().into_iter().flatten();
                    let row = rows.into_iter().find(|row| row["Id"] == json!(fault));
                    // As the engine names what the script leaves unnamed.
                    let of = |member: &str, unnamed: &str| {
                        row.and_then(|row| row.get(member)).cloned().unwrap_or(json!(unnamed))
                    };
                    let error = json!({
                        "errorType": of("ErrorType", "InjectedFault"),
                        "errorMessage": of("ErrorMessage", "Injected on purpose"),
                    });
                    invocation.insert("error".into(), error);
                }
                faults.push(json!({ "seconds": at, "fault": fault, "action": action }));
            }
            Fact::EventDelivered { kind, target, error, function, .. } => {
                deliveries.push(json!({ "seconds": at, "function": function, "kind": kind, "target": target, "error": error }));
            }
            Fact::EventDropped { function, condition, attempts, .. } => {
                dropped.push(json!({ "seconds": at, "function": function, "condition": condition, "attempts": attempts }));
            }
            _ => {}
        }
    }
    let ended: Vec<Value> =
        order.iter().filter_map(|id| invocations.remove(id)).map(Value::Object).collect();
    let cost = json!({ "requests": ended.len(), "gbSeconds": mb_ms as f64 / 1_024_000.0 });
    let members = [
        ("invocations", json!(ended)),
        ("environments", json!(environments.into_values().collect::<Vec<_>>())),
        ("logs", json!(logs)),
        ("throttles", json!(throttles)),
        ("faults", json!(faults)),
        ("deliveries", json!(deliveries)),
        ("dropped", json!(dropped)),
        ("cost", cost),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
