//! TestState: one state by itself, with what it calls mocked or real.
//!
//! Invariant: a test that asks nobody ([`only_reads`]) changes nothing: it adds no event, and its random numbers come from a generator of
//! its own, seeded by the request. One that calls a service does what AWS does: the service works, and that is history.

use super::api::{Answer, optional, respond, text};
use super::errors::StatesError;
use super::executions;
use super::model::{compile, now};
use super::results;
use super::runs::{States, TaskCall, Told};
use crate::Response;
use crate::rng::Rng;
use crate::world::{Caller, Incoming, Outcome, Params, World};
use coldstart_asl::interpret::{
    Data, Failure, Identity, Inspect, Inspection, Machine, Mock, Verdict, inspect,
};
use coldstart_asl::{MachineType, Resource};
use serde_json::{Map, Value, json};
use sha2::Digest;
use std::sync::Arc;

/// The name that the tested state has in paths and in its context object (recorded).
const NAME: &str = "StateName";

/// A test that waits for the answer of what its state calls.
pub(crate) struct Test {
    caller: Caller,
    machine: Arc<Machine>,
    options: Inspect,
    with_data: bool,
}

impl Test {
    pub(super) fn role_arn(&self) -> Arc<str> {
        Arc::clone(&self.options.identity.role_arn)
    }
}

fn invalid(message: impl Into<String>) -> StatesError {
    StatesError::Validation(message.into())
}

/// Whether a test calls no service: its state is no Task, or what the Task calls is mocked. A request that is refused calls nobody either.
pub(crate) fn only_reads(params: &Value) -> bool {
    let Value::Object(params) = params else { return true };
    params.get("mock").is_some_and(|mock| !mock.is_null())
        || tested_state(params).map_or(true, |state| state["Type"].as_str() != Some("Task"))
}

/// A generator that nothing else draws from: the same test gives the same numbers, and leaves the session's as they are.
fn rng_of(params: &Params) -> Rng {
    let text = serde_json::to_vec(params).expect("a request is JSON");
    let digest = sha2::Sha256::digest(&text);
    Rng::new(digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
}

pub(crate) fn test(states: &mut States, world: &mut World, incoming: &Incoming<'_>) -> Answer {
    let params = incoming.params;
    let mock = params.get("mock").filter(|mock| !mock.is_null());
    let configuration = params.get("stateConfiguration").unwrap_or(&Value::Null);
    check_mock(mock, configuration)?;
    let state = tested_state(params)?;
    let kind = state["Type"].as_str().unwrap_or_default().to_owned();
    let machine = compile(&wrapped(&state).to_string(), MachineType::Standard)?.machine;
    let answer = match mock {
        Some(mock) => Some(mocked_answer(mock, &state, &kind)?),
        None if matches!(kind.as_str(), "Map" | "Parallel") => {
            return Err(StatesError::InvalidDefinition(
                "TestState API does not support Map or Parallel states. Supported state types include: \
                 [Task, Wait, Pass, Succeed, Fail, Choice]"
                    .into(),
            ));
        }
        None if kind == "Task" && optional(params, "roleArn").is_none() => {
            return Err(invalid("RoleArn must be specified when testing a Task state"));
        }
        None => None,
    };
    let mut rng = rng_of(params);
    let options = Inspect {
        input: executions::read_input(optional(params, "input").unwrap_or("{}"))?,
        variables: object(params, "variables")?.unwrap_or_default(),
        context: context(params, &state)?,
        is_test_state: true,
        mock: answer,
        identity: identity(world, &mut rng, optional(params, "roleArn")),
        seed: rng.next(),
        retrier_retry_count: configuration["retrierRetryCount"].as_u64().unwrap_or(0),
        error_caused_by: configuration["errorCausedByState"].as_str().map(str::to_owned),
        map_iteration_failure_count: configuration["mapIterationFailureCount"].as_u64(),
        map_item_reader_data: match configuration["mapItemReaderData"].as_str() {
            Some(text) => Some(
                Data::from_text(text)
                    .map_err(|_| invalid("MapItemReaderData must be valid JSON"))?,
            ),
            None => None,
        },
    };
    let with_data = !matches!(optional(params, "inspectionLevel"), None | Some("INFO"));
    let test = Test { caller: incoming.caller.clone(), machine, options, with_data };
    go_on(states, world, test, true)
}

/// Inspects; when the state calls somebody, asks him first.
fn go_on(states: &mut States, world: &mut World, test: Test, may_ask: bool) -> Answer {
    let inspection = inspect(&test.machine, NAME, test.options.clone(), now(world))
        .map_err(|_| invalid("State not found in definition"))?;
    match inspection.verdict {
        Verdict::Waiting(task) if may_ask => {
            let id = states.next_number();
            let call = TaskCall { run: id, task: task.id };
            states.tests.insert(id, test);
            super::integrations::schedule_test(states, world, call, &task);
            Ok(Outcome::Deferred)
        }
        _ => respond(describe(&inspection, test.with_data)),
    }
}

impl States {
    /// What a tested state called has answered.
    pub(crate) fn test_answered(&mut self, world: &mut World, call: TaskCall, told: Told) {
        let mock = match told {
            Told::Succeeded(output) | Told::Submitted(output) => Mock::Result(output),
            Told::Failed(failure) => Mock::Error(failure),
            Told::Started(_) | Told::Heartbeat => return,
        };
        let Some(mut test) = self.tests.remove(&call.run) else { return };
        test.options.mock = Some(mock);
        let caller = test.caller.clone();
        let result = match go_on(self, world, test, false) {
            Ok(Outcome::Answered(response)) => Ok(response),
            // It is not asked again.
            Ok(Outcome::Deferred) => Ok(Response { status: 200, output: json!({}) }),
            Err(error) => Err(error.into()),
        };
        world.answer(caller, result);
    }
}

fn check_mock(mock: Option<&Value>, configuration: &Value) -> Result<(), StatesError> {
    let Some(mock) = mock else {
        if !configuration["mapIterationFailureCount"].is_null() {
            return Err(invalid(
                "TestState does not support MapIterationFailureCount when a mock is not specified.",
            ));
        }
        return Ok(());
    };
    if !mock["result"].is_null() && !mock["errorOutput"].is_null() {
        return Err(invalid(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        ));
    }
    Ok(())
}

/// The state that is meant: the definition itself, or one of a machine's, however deep.
fn tested_state(params: &Params) -> Result<Value, StatesError> {
    let definition = text(params, "definition");
    let Some(name) = optional(params, "stateName") else {
        // What is not JSON, or no object, is refused in the words of CreateStateMachine.
        return match serde_json::from_str(definition) {
            Ok(state @ Value::Object(_)) => Ok(state),
            _ => match compile(definition, MachineType::Standard) {
                Err(error) => Err(error),
                Ok(_) => Err(invalid("State not found in definition")),
            },
        };
    };
    compile(definition, MachineType::Standard)?;
    let machine: Value = serde_json::from_str(definition).unwrap_or_default();
    find(&machine, name, "JSONPath").ok_or_else(|| invalid("State not found in definition"))
}

/// A state by its name, with the language that it speaks written into it.
fn find(machine: &Value, name: &str, language: &str) -> Option<Value> {
    let language = machine["QueryLanguage"].as_str().unwrap_or(language);
    let states = machine["States"].as_object()?;
    if let Some(state) = states.get(name) {
        let mut state = state.clone();
        if state["QueryLanguage"].is_null() && state.is_object() {
            state["QueryLanguage"] = json!(language);
        }
        return Some(state);
    }
    states.values().find_map(|state| {
        let language = state["QueryLanguage"].as_str().unwrap_or(language);
        let branches = state["Branches"].as_array().into_iter().flatten();
        let processors = [&state["ItemProcessor"], &state["Iterator"]];
        branches.chain(processors).find_map(|machine| find(machine, name, language))
    })
}

/// A machine of that state alone, with ends in place of the states that it leads to.
fn wrapped(state: &Value) -> Value {
    let mut states = Map::new();
    states.insert(NAME.to_owned(), state.clone());
    let mut targets: Vec<&Value> = vec![&state["Next"], &state["Default"]];
    for list in ["Choices", "Catch"] {
        targets.extend(state[list].as_array().into_iter().flatten().map(|entry| &entry["Next"]));
    }
    for target in targets.into_iter().filter_map(Value::as_str) {
        states.entry(target).or_insert_with(|| json!({ "Type": "Succeed" }));
    }
    json!({ "StartAt": NAME, "States": states })
}

fn mocked_answer(mock: &Value, state: &Value, kind: &str) -> Result<Mock, StatesError> {
    if !matches!(kind, "Task" | "Map" | "Parallel") {
        return Err(invalid(format!(
            "State type '{kind}' is not supported when a mock is specified"
        )));
    }
    if let Some(error) = mock["errorOutput"].as_object() {
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(Arc::from);
        return Ok(Mock::Error(Failure { error: text("error"), cause: text("cause") }));
    }
    let text = mock["result"].as_str().unwrap_or("null");
    let result = Data::from_text(text).map_err(|_| invalid("Mocked result must be valid JSON"))?;
    let items = result.value().as_array();
    match kind {
        "Map" if state["ResultWriter"].is_null() && items.is_none() => {
            return Err(invalid("Mocked result must be an array."));
        }
        "Parallel" => {
            let items = items.ok_or_else(|| invalid("Mocked result must be an array."))?;
            if items.len() != state["Branches"].as_array().map_or(0, Vec::len) {
                return Err(invalid(
                    "Mocked result must contain the same number of items as number of Parallel branches.",
                ));
            }
        }
        "Task" => {
            let mode = mock["fieldValidationMode"].as_str().unwrap_or("STRICT");
            if mode != "NONE" && !result.value().is_null() {
                let resource = Resource::parse(state["Resource"].as_str().unwrap_or_default());
                results::validate(&resource, result.value(), mode == "STRICT").map_err(invalid)?;
            }
        }
        _ => {}
    }
    Ok(Mock::Result(result))
}

fn object(params: &Params, name: &str) -> Result<Option<Map<String, Value>>, StatesError> {
    let Some(text) = optional(params, name) else { return Ok(None) };
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(Some(members)),
        _ => Err(invalid(format!("{} must be a JSON object", super::sdk::pascal(name)))),
    }
}

/// Members that a context object may have, by the member that holds them.
const CONTEXT: [(&str, &[&str]); 5] = [
    ("Execution", &["Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"]),
    ("StateMachine", &["Id", "Name"]),
    ("State", &["EnteredTime", "Name", "RetryCount"]),
    ("Task", &["Token"]),
    ("Map", &["Item"]),
];

fn context(params: &Params, state: &Value) -> Result<Option<Map<String, Value>>, StatesError> {
    let Some(context) = object(params, "context")? else { return Ok(None) };
    let refuse = |what: String| Err(invalid(format!("Invalid Context object provided: {what}")));
    for (name, value) in &context {
        let Some((_, members)) = CONTEXT.iter().find(|(known, _)| known == name) else {
            return refuse(format!("Field '{name}' is not allowed"));
        };
        for member in value.as_object().into_iter().flat_map(Map::keys) {
            if !members.contains(&member.as_str()) {
                return refuse(format!("Field '{member}' is not allowed"));
            }
        }
    }
    let resource = state["Resource"].as_str().unwrap_or_default();
    let waits = [".sync", ".sync:2", ".waitForTaskToken"].iter().any(|end| resource.ends_with(end));
    if context.contains_key("Task") && !waits {
        return refuse(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service \
             integration pattern"
                .into(),
        );
    }
    Ok(Some(context))
}

/// The execution that a test pretends to be: an express one of a machine that nobody made (recorded).
fn identity(world: &World, rng: &mut Rng, role_arn: Option<&str>) -> Identity {
    let [name, machine] = [rng.uuid(), rng.uuid()];
    let arn = |rest: String| super::arn::make(world, &rest);
    Identity {
        execution_arn: arn(format!("express:{machine}:{name}")).into(),
        name: name.into(),
        role_arn: role_arn.unwrap_or_default().into(),
        state_machine_arn: arn(format!("stateMachine:{machine}")).into(),
        state_machine_name: machine.into(),
        region: world.config.region.as_str().into(),
        ..Identity::default()
    }
}

/// Members of `inspectionData` that are no JSON texts.
const NOT_TEXT: [&str; 4] =
    ["errorDetails", "maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"];

fn describe(inspection: &Inspection, with_data: bool) -> Value {
    let mut output = json!({ "status": inspection.verdict.name() });
    if let Some(data) = &inspection.output {
        output["output"] = json!(data.text());
    }
    if let Some(failure) = &inspection.failure {
        for (name, text) in [("error", &failure.error), ("cause", &failure.cause)] {
            if let Some(text) = text {
                output[name] = json!(&**text);
            }
        }
    }
    if let Some(next) = &inspection.next_state {
        output["nextState"] = json!(next);
    }
    if with_data {
        let data = inspection.data.iter().map(|(name, value)| {
            let shown = match value {
                value if NOT_TEXT.contains(&name.as_str()) => value.clone(),
                value => json!(value.to_string()),
            };
            (name.clone(), shown)
        });
        output["inspectionData"] = Value::Object(data.collect());
    }
    output
}
