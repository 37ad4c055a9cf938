//! Executions as they are described and listed.

use super::api::{Answer, optional, respond, text};
use super::errors::StatesError;
use super::executions::{add_course, redrivable};
use super::machines::{add_configuration, hide_definition};
use super::model::{StateMachine, date};
use super::paging;
use super::runs::{Run, States};
use crate::world::Params;
use coldstart_asl::MachineType;
use serde_json::{Value, json};
use std::sync::Arc;
/// DescribeExecution's answer.
pub(super) fn description(run: &Run) -> Value {
    let identity = &run.start.identity;
    let mut output = json!({
        "executionArn": &*run.arn,
        "stateMachineArn": &*identity.state_machine_arn,
        "name": &*run.name,
    });
    add_course(&mut output, run);
    if let Some(header) = &run.trace_header {
        output["traceHeader"] = json!(header);
    }
    if let Some(child_of) = &run.child_of {
        output["mapRunArn"] = json!(&*child_of.map_run_arn);
    }
    if let Some(version) = &identity.state_machine_version_arn {
        output["stateMachineVersionArn"] = json!(&**version);
    }
    if let Some(alias) = &identity.state_machine_alias_arn {
        output["stateMachineAliasArn"] = json!(&**alias);
    }
    let count = run.execution.as_ref().map_or(0, |execution| execution.redrive_count());
    output["redriveCount"] = json!(count);
    if let Some(redriven_at) = run.redriven_at {
        output["redriveDate"] = date(redriven_at);
    }
    match redrivable(run, None) {
        Ok(()) => output["redriveStatus"] = json!("REDRIVABLE"),
        Err(why) => {
            output["redriveStatus"] = json!("NOT_REDRIVABLE");
            output["redriveStatusReason"] = json!(why);
        }
    }
    output
}

pub(crate) fn describe(states: &States, params: &Params) -> Answer {
    let id = states.standard(text(params, "executionArn"))?;
    let mut output = description(&states.runs[&id]);
    if optional(params, "includedData") == Some("METADATA_ONLY")
        && let Value::Object(members) = &mut output
    {
        for name in ["input", "output", "error", "cause"] {
            members.remove(name);
        }
        for name in ["inputDetails", "outputDetails"] {
            if let Some(details) = members.get_mut(name) {
                *details = json!({ "included": false });
            }
        }
    }
    respond(output)
}

pub(crate) fn describe_machine(states: &States, params: &Params) -> Answer {
    machine_of(&states.runs[&states.standard(text(params, "executionArn"))?], params)
}

/// `DescribeExpressExecution`, which AWS does not have: as DescribeExecution.
pub(crate) fn describe_express(states: &States, params: &Params) -> Answer {
    respond(description(states.express(text(params, "executionArn"))?))
}

/// `DescribeStateMachineForExpressExecution`, which AWS does not have: as DescribeStateMachineForExecution.
pub(crate) fn describe_express_machine(states: &States, params: &Params) -> Answer {
    machine_of(states.express(text(params, "executionArn"))?, params)
}

/// `ListExpressExecutions`, which AWS does not have: those of a machine that are kept, newest first.
pub(crate) fn list_express(states: &States, params: &Params) -> Answer {
    let (machine, _) = states.machine(text(params, "stateMachineArn"))?;
    let all = states.runs.values().rev().map(|run| &**run).filter(|run| {
        run.kind == MachineType::Express && run.child_of.is_none() && run.machine == machine.name
    });
    respond(paging::page("executions", all, params, list_item)?)
}

fn machine_of(run: &Run, params: &Params) -> Answer {
    let revision = &run.revision;
    let identity = &run.start.identity;
    let mut output = json!({
        "stateMachineArn": &*identity.state_machine_arn,
        "name": &*identity.state_machine_name,
        "definition": &*revision.definition,
        "roleArn": &*revision.role_arn,
        "updateDate": date(revision.made_at),
    });
    if let Some(child_of) = &run.child_of {
        output["mapRunArn"] = json!(&*child_of.map_run_arn);
        if let Some((_, label)) = identity.state_machine_arn.rsplit_once('/') {
            output["label"] = json!(label);
        }
    }
    add_configuration(&mut output, revision);
    if optional(params, "includedData") == Some("METADATA_ONLY") {
        hide_definition(&mut output);
    }
    respond(output)
}

/// Newest first.
pub(crate) fn list(states: &States, params: &Params) -> Answer {
    let status = optional(params, "statusFilter");
    let redriven = optional(params, "redriveFilter");
    let (machine_arn, map_run_arn) =
        (optional(params, "stateMachineArn"), optional(params, "mapRunArn"));
    let of_machine: Option<(&StateMachine, Option<&str>)> = match (machine_arn, map_run_arn) {
        (Some(machine_arn), None) => {
            let (machine, qualifier) = states.machine(machine_arn)?;
            if machine.kind == MachineType::Express {
                return Err(StatesError::StateMachineTypeNotSupported(
                    "This operation is not supported by this type of state machine",
                ));
            }
            Some((machine, qualifier))
        }
        (None, Some(map_run_arn)) => {
            states.map_run(map_run_arn)?;
            None
        }
        _ => {
            return Err(StatesError::validation(
                "Must specify exactly one of state machine ARN and map run ARN",
            ));
        }
    };
    let belongs = |run: &Run| match of_machine {
        Some((machine, qualifier)) => {
            let identity = &run.start.identity;
            let through = |arn: &Option<Arc<str>>, qualifier: &str| {
                arn.as_ref().is_some_and(|arn| arn.rsplit(':').next() == Some(qualifier))
            };
            run.child_of.is_none()
                && *run.machine == *machine.name
                && qualifier.is_none_or(|qualifier| {
                    through(&identity.state_machine_version_arn, qualifier)
                        || through(&identity.state_machine_alias_arn, qualifier)
                })
        }
        None => run
            .child_of
            .as_ref()
            .is_some_and(|child_of| Some(&*child_of.map_run_arn) == map_run_arn),
    };
    let all = states.runs.values().rev().map(|run| &**run).filter(|run| {
        let status_now = run.execution.as_ref().map_or("RUNNING", |e| e.status().name());
        let is_redriven = run.redriven_at.is_some();
        belongs(run)
            && status.is_none_or(|status| status == status_now)
            && redriven.is_none_or(|filter| (filter == "REDRIVEN") == is_redriven)
    });
    respond(paging::page("executions", all, params, list_item)?)
}

fn list_item(run: &Run) -> Value {
    let identity = &run.start.identity;
    let execution = run.execution.as_ref();
    let mut output = json!({
        "executionArn": &*run.arn,
        "stateMachineArn": &*identity.state_machine_arn,
        "name": &*run.name,
        "status": execution.map_or("RUNNING", |execution| execution.status().name()),
        "startDate": date(run.started_at),
    });
    if let Some(stopped) = execution.and_then(|execution| execution.stopped_at()) {
        output["stopDate"] = date(stopped);
    }
    if let Some(child_of) = &run.child_of {
        output["mapRunArn"] = json!(&*child_of.map_run_arn);
        let batched = run.start.input.value()["Items"].as_array().map_or(1, Vec::len);
        output["itemCount"] = json!(if run.start.map_item.is_some() { 1 } else { batched });
    }
    if let Some(version) = &identity.state_machine_version_arn {
        output["stateMachineVersionArn"] = json!(&**version);
    }
    if let Some(alias) = &identity.state_machine_alias_arn {
        output["stateMachineAliasArn"] = json!(&**alias);
    }
    output["redriveCount"] = json!(execution.map_or(0, |execution| execution.redrive_count()));
    if let Some(redriven_at) = run.redriven_at {
        output["redriveDate"] = date(redriven_at);
    }
    output
}
