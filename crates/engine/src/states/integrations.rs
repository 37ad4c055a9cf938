//! What tasks ask for and what their answers mean.
//!
//! Each resource becomes a request at the door, as anybody's, or waits for a worker. A resource that the engine does not
//! have fails by a name that no catcher catches, and says how to mock it.

use super::mocks::{MockAnswer, MockResponse, Mocked};
use super::optimised::{self, Messaging};
use super::runs::{Cx, Due, Run, States, TaskCall, Told, Watcher};
use super::{executions, sdk};
use crate::faults::{self, Subject};
use crate::queue::Urgency;
use crate::world::{self, Waiter, World};
use crate::{ApiError, Blob, Principal, Request, Response, model};
use coldstart_asl::interpret::{Data, Failure, Purpose, Refused, Task};
use coldstart_asl::{Pattern, Resource};
use serde_json::{Value, json};
use std::sync::Arc;

/// How the answer to a task's request is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A function by its ARN: the payload is the output.
    Function,
    /// `lambda:invoke`.
    Invoke { waits: bool },
    /// `states:startExecution`.
    StartExecution(Pattern),
    /// A queue, a topic or a bus is told something.
    Message { to: Messaging, waits: bool },
    /// `aws-sdk:name:operation`.
    Sdk { name: String, operation: String, waits: bool },
}

/// Carries a task out.
pub(crate) fn schedule(states: &mut States, cx: &mut Cx<'_>, run: u64, task: Task) {
    let call = TaskCall { run, task: task.id };
    if let Some(token) = &task.task_token {
        states.remember_token(token, call);
    }
    if let Some(response) = injected(states, cx.world, run, &task) {
        return answer_mocked(cx.world, call, &task, response);
    }
    match mocked(states, run, &task) {
        Mocked::Absent => {}
        Mocked::Response(response) => return answer_mocked(cx.world, call, &task, response),
        Mocked::Exhausted(why) => return fail(cx.world, call, Failure::new(NOT_CATCHABLE, why)),
    }
    match &*task.resource {
        Resource::Activity { arn } => wait_for_worker(states, cx, call, arn, &task),
        _ => send(states, cx.world, call, &task),
    }
}

/// Asks what a tested state calls. Activities have no workers in a test.
pub(crate) fn schedule_test(states: &mut States, world: &mut World, call: TaskCall, task: &Task) {
    match &*task.resource {
        Resource::Activity { .. } => not_emulated(world, call, task),
        _ => send(states, world, call, task),
    }
}

/// Sends a task's request on its way.
fn send(states: &mut States, world: &mut World, call: TaskCall, task: &Task) {
    match &*task.resource {
        Resource::Function { arn } => {
            let params = json!({
                "FunctionName": arn, "Payload": Blob::text(task.parameters.text()),
            });
            ask(states, world, (call, task), Asked::Function, ("lambda", "Invoke"), params);
        }
        Resource::Service { service, action, pattern, .. } => {
            let waits = *pattern == Pattern::WaitForTaskToken;
            let given = task.parameters.value();
            let (asked, request, params) = match (service.as_str(), action.as_str()) {
                ("lambda", "invoke") => {
                    let request = ("lambda", "Invoke");
                    (Asked::Invoke { waits }, request, sdk::to_api("lambda", "Invoke", given))
                }
                ("states", "startExecution") => {
                    let request = ("states", "StartExecution");
                    let mut params = sdk::to_api("states", "StartExecution", given);
                    // Recorded: an input of null is none.
                    params.retain(|_, value| !value.is_null());
                    (Asked::StartExecution(*pattern), request, params)
                }
                (service, action) => match Messaging::of(service, action) {
                    Some(to) => {
                        let params = to.parameters(states, call.run, given);
                        (Asked::Message { to, waits }, to.operation(), params)
                    }
                    None => {
                        return match service.strip_prefix("aws-sdk:") {
                            Some(name) => ask_sdk(states, world, call, name, action, waits, task),
                            None => not_emulated(world, call, task),
                        };
                    }
                },
            };
            ask(states, world, (call, task), asked, request, params.into());
        }
        Resource::Activity { .. } | Resource::Unknown { .. } => not_emulated(world, call, task),
    }
}

/// The error of what is wrong here and not in the state machine: no catcher and no retrier hides it.
pub(super) const NOT_CATCHABLE: &str = "States.Runtime";

fn fail(world: &mut World, call: TaskCall, failure: Failure) {
    States::queue_told(world, call, Told::Failed(failure), 0);
}

fn not_emulated(world: &mut World, call: TaskCall, task: &Task) {
    let resource = arn_of(&task.resource);
    let cause = format!(
        "Coldstart does not emulate {resource}, which the state '{state}' asks for. Mock the state: give it a response in a test \
         case of the mock configuration (MockConfigFile.json).",
        state = task.state
    );
    fail(world, call, Failure::new(NOT_CATCHABLE, cause));
}

fn arn_of(resource: &Resource) -> &str {
    match resource {
        Resource::Function { arn }
        | Resource::Activity { arn }
        | Resource::Service { arn, .. }
        | Resource::Unknown { arn } => arn,
    }
}

// Faults and mocks

/// The failure that a fault of the session's script makes of a state's task.
fn injected(states: &States, world: &mut World, run: u64, task: &Task) -> Option<MockResponse> {
    if task.purpose != Purpose::Task {
        return None;
    }
    let machine = machine_of(states.runs.get(&run)?);
    let error = faults::on_purpose(world, Subject::Task { machine, state: &task.state }).error?;
    let answer = MockAnswer::Throw(Failure::new(&error.error_type, error.message));
    Some(MockResponse { answer, delay_ms: 0, submitted: None, worker_name: None })
}

/// The name of a run's state machine; a child of a map run belongs to its parent's.
fn machine_of(run: &Run) -> &str {
    run.start.identity.state_machine_name.split('/').next().unwrap_or_default()
}

fn mocked(states: &mut States, run: u64, task: &Task) -> Mocked {
    let Some(run) = states.runs.get_mut(&run) else { return Mocked::Absent };
    let Some(case) = run.test_case.as_deref() else { return Mocked::Absent };
    let calls = run.mocked.entry(Arc::clone(&task.state)).or_default();
    let machine = run.start.identity.state_machine_name.split('/').next().unwrap_or_default();
    let found = states.mocks.lookup(machine, case, &task.state, task.attempt, *calls);
    *calls += 1;
    found
}

fn answer_mocked(world: &mut World, call: TaskCall, task: &Task, response: MockResponse) {
    let MockResponse { answer, delay_ms, submitted, worker_name } = response;
    if task.purpose == Purpose::Task {
        States::queue_told(world, call, Told::Started(worker_name), 0);
    }
    if let Some(output) = submitted {
        States::queue_told(world, call, Told::Submitted(output), 0);
    }
    let told = match answer {
        MockAnswer::Return(output) => Told::Succeeded(output),
        MockAnswer::Throw(failure) => Told::Failed(failure),
        MockAnswer::Never => {
            // Nobody else moves the clock to where the task times out.
            let until = [task.timeout_seconds, task.heartbeat_seconds].into_iter().flatten().min();
            if let Some(seconds) = until {
                let at = world.now.after_ms(seconds.saturating_mul(1_000));
                world.schedule(at, Urgency::Work, world::Due::States(Due::Nudge));
            }
            return;
        }
    };
    States::queue_told(world, call, told, delay_ms);
}

// Requests

fn ask(
    states: &mut States,
    world: &mut World,
    (call, task): (TaskCall, &Task),
    asked: Asked,
    (service, operation): (&str, &str),
    params: Value,
) {
    let state = Arc::clone(&task.state);
    let role = task.role_arn.clone().or_else(|| states.role_of(call.run));
    states.asked.insert(call, asked);
    States::queue_told(world, call, Told::Started(None), 0);
    let request = Request {
        service: service.to_owned(),
        operation: operation.to_owned(),
        params,
        principal: Principal::Service("states.amazonaws.com".to_owned()),
    };
    let due = world::Due::Request { waiter: Waiter::Task { call, state, role }, request };
    world.schedule(world.now, Urgency::Work, due);
}

fn ask_sdk(
    states: &mut States,
    world: &mut World,
    call: TaskCall,
    name: &str,
    action: &str,
    waits: bool,
    task: &Task,
) {
    let Some(known) = sdk::service(name).filter(|known| model::service(known.service).is_some())
    else {
        return not_emulated(world, call, task);
    };
    let operation = sdk::pascal(action);
    let params = sdk::to_api(known.service, &operation, task.parameters.value());
    let asked = Asked::Sdk { name: name.to_owned(), operation: operation.clone(), waits };
    ask(states, world, (call, task), asked, (known.service, &operation), params.into());
}

fn wait_for_worker(states: &mut States, cx: &mut Cx<'_>, call: TaskCall, arn: &str, task: &Task) {
    let Ok(activity) = states.activity(arn) else {
        let cause = format!("The activity {arn} does not exist.");
        let failure = Failure::new(NOT_CATCHABLE, cause);
        if let Some(execution) =
            states.runs.get_mut(&call.run).and_then(|run| run.execution.as_mut())
        {
            let now = super::model::now(cx.world);
            execution.task_refused(now, call.task, Refused::Missing, failure);
        }
        return;
    };
    let name = activity.name.clone();
    let now = super::model::now(cx.world);
    if let Some(execution) = states.runs.get_mut(&call.run).and_then(|run| run.execution.as_mut()) {
        execution.task_scheduled(now, call.task);
    }
    let input = Arc::from(task.parameters.text());
    states.queues.entry(name.clone()).or_default().tasks.push_back((call, input));
    states.match_workers(cx, &name);
}

// Answers

/// The door has answered a task's request.
pub(crate) fn answered(
    states: &mut States,
    cx: &mut Cx<'_>,
    call: TaskCall,
    result: Result<Response, ApiError>,
) {
    // Nobody waits for it any more.
    let Some(asked) = states.asked.remove(&call) else { return };
    let tell = |states: &mut States, cx: &mut Cx<'_>, told| {
        states.handle_due(cx, Due::Task { call, told });
    };
    let response = match result {
        Ok(response) => response,
        Err(error) => {
            let failure = optimised::refused(cx.world, &asked, &error);
            return tell(states, cx, Told::Failed(failure));
        }
    };
    match asked {
        Asked::Function => tell(states, cx, told_by_function(&response, None)),
        Asked::Invoke { waits } => {
            let output = optimised::invoke_output(cx.world, &response);
            let told = told_by_function(&response, Some(output));
            tell(states, cx, submitted_if(waits, told));
        }
        Asked::StartExecution(pattern) => {
            let output = optimised::start_output(cx.world, &response);
            match pattern {
                Pattern::RequestResponse => tell(states, cx, Told::Succeeded(output)),
                Pattern::WaitForTaskToken => tell(states, cx, Told::Submitted(output)),
                Pattern::Sync | Pattern::Sync2 => {
                    tell(states, cx, Told::Submitted(output));
                    let nested = response.output["executionArn"].as_str().unwrap_or_default();
                    watch(states, cx, call, nested, pattern == Pattern::Sync2);
                }
            }
        }
        Asked::Message { to, waits } => {
            let told = match to.output(cx.world, &response) {
                Ok(output) => submitted_if(waits, Told::Succeeded(output)),
                Err(failure) => Told::Failed(failure),
            };
            tell(states, cx, told);
        }
        Asked::Sdk { name, operation, waits } => {
            let output = Data::new(sdk::from_api(&name, &operation, &response.output));
            tell(states, cx, submitted_if(waits, Told::Succeeded(output)));
        }
    }
}

/// With a task token an answer only says that the service took it.
fn submitted_if(waits: bool, told: Told) -> Told {
    match told {
        Told::Succeeded(output) if waits => Told::Submitted(output),
        other => other,
    }
}

/// A nested execution's end becomes the task's.
fn watch(states: &mut States, cx: &mut Cx<'_>, call: TaskCall, nested: &str, as_json: bool) {
    let Some(&id) = states.by_arn.get(nested) else { return };
    if let Some(run) = states.runs.get_mut(&call.run) {
        run.nested.insert(call.task, id);
    }
    let Some(run) = states.runs.get_mut(&id) else { return };
    if run.ended {
        let told = executions::told_at_end(run, as_json);
        States::queue_told(cx.world, call, told, 0);
    } else {
        run.watchers.push(Watcher { call, as_json });
    }
}

/// A function's answer; an error that it gave is the task's.
fn told_by_function(response: &Response, output: Option<Data>) -> Told {
    let payload = response.output["Payload"]["$text"].as_str().unwrap_or_default();
    if response.output.get("FunctionError").is_some() {
        let error: Value = serde_json::from_str(payload).unwrap_or_default();
        let name = error["errorType"].as_str().unwrap_or("Lambda.Unknown");
        // Recorded: a function by its ARN gives its text as it is, `lambda:invoke` has read and written it.
        let cause = match (output, error.is_null()) {
            (Some(_), false) => error.to_string(),
            _ => payload.to_owned(),
        };
        return Told::Failed(Failure::new(name, cause));
    }
    let output = output.or_else(|| Data::from_text(payload).ok());
    Told::Succeeded(output.unwrap_or_else(|| Data::new(Value::Null)))
}
