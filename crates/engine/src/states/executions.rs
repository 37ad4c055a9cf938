//! Executions: start, stop, redrive. `described` shows and lists them.

use super::announce::announce;
use super::api::{Answer, optional, respond, text};
use super::arn;
use super::described::description;
use super::errors::StatesError;
use super::machines::version_number;
use super::model::{Revision, date, now};
use super::runs::{Cx, NewRun, Run, States, Told, identity};
use super::versions;
use crate::world::{Caller, Incoming, Outcome, Params, World};
use coldstart_asl::MachineType;
use coldstart_asl::interpret::{Data, Failure, NotRedrivable, Start, Status};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// "An execution can be redriven within 14 days" (RedriveExecution).
const REDRIVE_MICROS_MAX: u64 = 14 * 86_400 * 1_000_000;
/// "A maximum of 1000" redrives; the console's limit for one execution.
const REDRIVES_MAX: u64 = 1_000;

/// What a request to start names: the state machine's name, the revision, the version and the alias.
struct Target {
    machine: Arc<str>,
    revision: Arc<Revision>,
    version: Option<u64>,
    alias: Option<String>,
    test_case: Option<String>,
}

fn target(states: &States, world: &mut World, given: &str) -> Result<Target, StatesError> {
    // As with Step Functions Local, a test case of the mock configuration is named behind a `#`.
    let (machine_arn, case) = match given.split_once('#') {
        Some((machine_arn, case)) => (machine_arn, Some(case)),
        None => (given, None),
    };
    let (machine, qualifier) = states.machine(machine_arn)?;
    let missing = || StatesError::StateMachineDoesNotExist(machine_arn.to_owned());
    if machine.deleting {
        return Err(StatesError::StateMachineDeleting(machine_arn.to_owned()));
    }
    let (version, alias) = match qualifier {
        None => (None, None),
        Some(qualifier) => match version_number(Some(qualifier)) {
            Some(version) => (Some(version), None),
            None => {
                let alias = machine.aliases.get(qualifier).ok_or_else(missing)?;
                let version = versions::route(alias, &mut world.rng);
                (version, Some(qualifier.to_owned()))
            }
        },
    };
    let revision = match version {
        None => &machine.current,
        Some(version) => &machine.versions.get(&version).ok_or_else(missing)?.revision,
    };
    let test_case = match case {
        Some(case) if states.mocks.has_test_case(&machine.name, case) => Some(case.to_owned()),
        Some(case) => {
            return Err(StatesError::Validation(format!(
                "The mock configuration has no test case '{case}' of the state machine '{}'.",
                machine.name
            )));
        }
        None => states.mocks.active(&machine.name).map(str::to_owned),
    };
    Ok(Target {
        machine: Arc::clone(&machine.name),
        revision: Arc::clone(revision),
        version,
        alias,
        test_case,
    })
}

/// Recorded: the input is `{}` when none is given.
fn input(params: &Params) -> Result<Data, StatesError> {
    read_input(optional(params, "input").unwrap_or("{}"))
}

/// JSON, refused in the words of AWS's parser where the reader of definitions knows them.
pub(crate) fn read_input(text: &str) -> Result<Data, StatesError> {
    Data::from_text(text).map_err(|fault| {
        let (_, diagnostics) = coldstart_asl::parse(text);
        let syntax = diagnostics.into_iter().find(|found| found.code == "INVALID_JSON_DESCRIPTION");
        let why = syntax.map_or_else(|| fault.to_string(), |found| found.message);
        StatesError::InvalidExecutionInput(why)
    })
}

fn add(
    states: &mut States,
    world: &mut World,
    params: &Params,
    target: Target,
    express: bool,
    caller: Option<Caller>,
) -> Result<u64, StatesError> {
    let input = input(params)?;
    let name: Arc<str> = match optional(params, "name") {
        Some(name) => {
            arn::check_name(name)?;
            name.into()
        }
        None => world.rng.uuid().into(),
    };
    let machine = &states.machines[&*target.machine];
    let execution_arn: Arc<str> = if express {
        let id = world.rng.uuid();
        arn::make(world, &["express:", &machine.name, ":", &name, ":", &id].concat()).into()
    } else {
        arn::make(world, &["execution:", &machine.name, ":", &name].concat()).into()
    };
    if let Some(&known) = states.by_arn.get(&execution_arn) {
        let run = &states.runs[&known];
        // "StartExecution is idempotent for STANDARD workflows" while the execution runs and the input is the same.
        if !run.ended && run.start.input.text() == input.text() {
            return Ok(known);
        }
        return Err(StatesError::ExecutionAlreadyExists(execution_arn.to_string()));
    }
    let mut identity = identity(world, machine, &target.revision, &execution_arn, &name);
    identity.state_machine_version_arn =
        target.version.map(|version| machine.version_arn(version).into());
    identity.state_machine_alias_arn =
        target.alias.as_ref().map(|alias| format!("{}:{alias}", machine.arn).into());
    let start = Start { input, identity, seed: world.rng.next(), map_item: None };
    let new = NewRun {
        arn: execution_arn,
        name,
        machine: Arc::clone(&target.machine),
        kind: machine.kind,
        revision: target.revision,
        start,
        trace_header: optional(params, "traceHeader").map(str::to_owned),
        caller,
        child_of: None,
        processor: None,
        test_case: target.test_case,
    };
    Ok(states.add(world, new))
}

pub(crate) fn start(states: &mut States, world: &mut World, incoming: &Incoming<'_>) -> Answer {
    let params = incoming.params;
    let target = target(states, world, text(params, "stateMachineArn"))?;
    let express = states.machines[&*target.machine].kind == MachineType::Express;
    let id = add(states, world, params, target, express, None)?;
    let run = &states.runs[&id];
    respond(json!({ "executionArn": &*run.arn, "startDate": date(run.started_at) }))
}

pub(crate) fn start_sync(
    states: &mut States,
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Answer {
    let params = incoming.params;
    let target = target(states, world, text(params, "stateMachineArn"))?;
    if states.machines[&*target.machine].kind != MachineType::Express {
        return Err(StatesError::StateMachineTypeNotSupported(
            "This operation is not supported by this type of state machine",
        ));
    }
    add(states, world, params, target, true, Some(incoming.caller.clone()))?;
    Ok(Outcome::Deferred)
}

/// "Billed duration, rounded up to the next 100 ms; memory in 64-MB chunks" (BillingDetails).
const BILLED_STEP_MS: u64 = 100;
const BILLED_MEMORY_MB: u64 = 64;

/// The answer of StartSyncExecution.
pub(crate) fn sync_answer(run: &Run) -> Value {
    let mut output = json!({
        "executionArn": &*run.arn,
        "stateMachineArn": &*run.start.identity.state_machine_arn,
        "name": &*run.name,
    });
    add_course(&mut output, run);
    if let Some(header) = &run.trace_header {
        output["traceHeader"] = json!(header);
    }
    let stopped = run.execution.as_ref().and_then(|execution| execution.stopped_at());
    let millis = stopped.map_or(0, |stopped| stopped.millis() - run.started_at.millis());
    output["billingDetails"] = json!({
        "billedDurationInMilliseconds": millis.div_ceil(BILLED_STEP_MS).max(1) * BILLED_STEP_MS,
        "billedMemoryUsedInMB": BILLED_MEMORY_MB,
    });
    output
}

/// How an execution stands: status, dates, input, output, error and cause.
pub(super) fn add_course(output: &mut Value, run: &Run) {
    let execution = run.execution.as_ref();
    let status = execution.map_or(Status::Running, |execution| execution.status());
    output["status"] = json!(status.name());
    output["startDate"] = date(run.started_at);
    if let Some(stopped) = execution.and_then(|execution| execution.stopped_at()) {
        output["stopDate"] = date(stopped);
    }
    output["input"] = json!(run.start.input.text());
    output["inputDetails"] = json!({ "included": true });
    let Some(execution) = execution else { return };
    if let Some(data) = execution.output() {
        output["output"] = json!(data.text());
        output["outputDetails"] = json!({ "included": true });
    }
    if let Some(error) = execution.error() {
        output["error"] = json!(error);
    }
    if let Some(cause) = execution.cause() {
        output["cause"] = json!(cause);
    }
}

/// What a `.sync` task hears when the execution that it waits for has ended: the description, under the names that AWS's
/// Java library has for its members.
pub(crate) fn told_at_end(run: &Run, as_json: bool) -> Told {
    let mut described = description(run);
    if as_json {
        for (member, data) in [
            ("input", Some(&run.start.input)),
            ("output", run.execution.as_ref().and_then(|execution| execution.output())),
        ] {
            if let Some(data) = data {
                described[member] = data.value().clone();
            }
        }
    }
    let mut output = Map::new();
    for (name, value) in described.as_object().into_iter().flatten() {
        let value = match name.as_str() {
            "startDate" | "stopDate" | "redriveDate" => {
                json!(value.as_f64().map_or(0, |seconds| (seconds * 1000.0).round() as u64))
            }
            "inputDetails" | "outputDetails" => json!({ "Included": true }),
            _ => value.clone(),
        };
        output.insert(super::sdk::pascal(name), value);
    }
    // Recorded: in the order of the alphabet.
    output.sort_keys();
    let succeeded =
        run.execution.as_ref().is_some_and(|execution| execution.status() == Status::Succeeded);
    if succeeded {
        return Told::Succeeded(Data::new(Value::Object(output)));
    }
    Told::Failed(Failure::new("States.TaskFailed", Value::Object(output).to_string()))
}

pub(crate) fn stop(states: &mut States, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let id = states.standard(text(params, "executionArn"))?;
    let failure = Failure {
        error: optional(params, "error").map(Arc::from),
        cause: optional(params, "cause").map(Arc::from),
    };
    let now = now(cx.world);
    if !states.runs[&id].ended {
        states.stop(cx, id, failure);
    }
    let stopped = states.execution(id).and_then(|execution| execution.stopped_at());
    respond(json!({ "stopDate": date(stopped.unwrap_or(now)) }))
}

impl States {
    /// The execution in an ARN.
    pub(crate) fn run(&self, given: &str) -> Result<&Run, StatesError> {
        arn::check_execution(given)?;
        let id = self.by_arn.get(given);
        id.and_then(|id| self.runs.get(id).map(|run| &**run))
            .ok_or_else(|| StatesError::ExecutionDoesNotExist(given.to_owned()))
    }

    /// The standard execution in an ARN: express ones cannot be described or stopped.
    pub(super) fn standard(&self, given: &str) -> Result<u64, StatesError> {
        let run = self.run(given)?;
        if run.kind == MachineType::Express {
            return Err(express_refused());
        }
        Ok(run.id)
    }

    /// The express execution in an ARN, for our own operations on them.
    pub(crate) fn express(&self, given: &str) -> Result<&Run, StatesError> {
        let run = self.run(given)?;
        if run.kind != MachineType::Express {
            return Err(StatesError::InvalidArn(
                "Resource type not valid in this context: execution".to_owned(),
            ));
        }
        Ok(run)
    }
}

/// "This API action is not supported by EXPRESS state machines." The words are those for any ARN of the wrong type.
pub(crate) fn express_refused() -> StatesError {
    StatesError::InvalidArn("Resource type not valid in this context: express".to_owned())
}

pub(crate) fn redrive(states: &mut States, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let given = text(params, "executionArn");
    let id = states.standard(given)?;
    let now = now(cx.world);
    let run = &states.runs[&id];
    if let Err(why) = redrivable(run, Some(now.0)) {
        return Err(StatesError::ExecutionNotRedrivable(why));
    }
    let machine = Arc::clone(&run.machine);
    if let Some(run) = states.runs.get_mut(&id) {
        run.redriven_at = Some(now);
        run.ended = false;
    }
    if let Some(machine) = states.machines.get_mut(&*machine) {
        machine.running += 1;
    }
    states.unfinish(id);
    states.go_on(cx, id, |execution, now| {
        // Looked at just now.
        let _redrivable = execution.redrive(now);
    });
    if let Some(run) = states.runs.get(&id).filter(|run| !run.ended) {
        announce(cx.world, run);
    }
    respond(json!({ "redriveDate": date(now) }))
}

/// Whether AWS would redrive an execution, and if not, why: `redriveStatusReason`.
pub(super) fn redrivable(run: &Run, now: Option<u64>) -> Result<(), String> {
    let Some(execution) = &run.execution else {
        return Err("Execution is RUNNING and cannot be redriven".into());
    };
    let status = execution.status().name();
    match execution.redrivable() {
        Ok(()) => {}
        Err(NotRedrivable::Express) => {
            return Err("Express executions cannot be redriven".into());
        }
        Err(NotRedrivable::HistoryFull) => {
            return Err("Execution event history limit exceeded".into());
        }
        Err(NotRedrivable::Running | NotRedrivable::Succeeded) => {
            return Err(format!("Execution is {status} and cannot be redriven"));
        }
    }
    if execution.redrive_count() >= REDRIVES_MAX {
        return Err("Execution redrive count exceeds the maximum".into());
    }
    let stopped = execution.stopped_at().map_or(0, |time| time.0);
    if now.is_some_and(|now| now.saturating_sub(stopped) > REDRIVE_MICROS_MAX) {
        return Err("Execution redrivable period exceeded".into());
    }
    Ok(())
}
