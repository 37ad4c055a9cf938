//! Map runs: the executions of a distributed Map state.

use super::api::{Answer, done, respond, text};
use super::arn::{self, Named};
use super::errors::StatesError;
use super::model::date;
use super::paging;
use super::runs::{Cx, Run, States};
use crate::world::Params;
use coldstart_asl::interpret::{Counts, MapRun, MapRunId};
use serde_json::{Value, json};

impl States {
    /// The map run in an ARN, and the execution that it belongs to.
    pub(crate) fn map_run(&self, given: &str) -> Result<(&Run, MapRunId, &MapRun), StatesError> {
        match arn::parse(given)? {
            Named::MapRun => {}
            other => return Err(arn::wrong_kind(&other)),
        }
        let all = self.runs.values().map(|run| &**run);
        let mut all = all.filter(|run| run.child_of.is_none() || !run.ended);
        let found = all.find_map(|run| {
            let map_runs = run.execution.as_ref()?.map_runs();
            let place = map_runs.iter().position(|map_run| *map_run.arn == *given)?;
            Some((run, MapRunId(place), &map_runs[place]))
        });
        found.ok_or_else(|| StatesError::ResourceNotFound(given.to_owned()))
    }
}

pub(crate) fn describe(states: &States, params: &Params) -> Answer {
    let (run, _, map_run) = states.map_run(text(params, "mapRunArn"))?;
    let mut output = json!({
        "mapRunArn": &*map_run.arn,
        "executionArn": &*run.arn,
        "status": map_run.status.name(),
        "startDate": date(map_run.started_at),
        "maxConcurrency": map_run.max_concurrency,
        "toleratedFailurePercentage": map_run.tolerated_failure_percentage,
        "toleratedFailureCount": map_run.tolerated_failure_count,
        "itemCounts": counts(&map_run.items),
        "executionCounts": counts(&map_run.executions),
        "redriveCount": map_run.redrive_count,
    });
    if let Some(stopped) = map_run.stopped_at {
        output["stopDate"] = date(stopped);
    }
    if let Some(redriven_at) = map_run.redriven_at {
        output["redriveDate"] = date(redriven_at);
    }
    respond(output)
}

fn counts(counts: &Counts) -> Value {
    json!({
        "pending": counts.pending,
        "running": counts.running,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "timedOut": counts.timed_out,
        "aborted": counts.aborted,
        "total": counts.total,
        "resultsWritten": counts.results_written,
        "failuresNotRedrivable": counts.failures_not_redrivable,
        "pendingRedrive": counts.pending_redrive,
    })
}

pub(crate) fn list(states: &States, params: &Params) -> Answer {
    let run = states.run(text(params, "executionArn"))?;
    let map_runs = run.execution.as_ref().map(|execution| execution.map_runs()).unwrap_or_default();
    // Newest first, as executions are.
    let page = paging::page("mapRuns", map_runs.iter().rev(), params, |map_run| {
        let mut output = json!({
            "executionArn": &*run.arn,
            "mapRunArn": &*map_run.arn,
            "stateMachineArn": &*map_run.state_machine_arn,
            "startDate": date(map_run.started_at),
        });
        if let Some(stopped) = map_run.stopped_at {
            output["stopDate"] = date(stopped);
        }
        output
    })?;
    respond(page)
}

pub(crate) fn update(states: &mut States, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let (run, map_run, _) = states.map_run(text(params, "mapRunArn"))?;
    let id = run.id;
    let number = |name: &str| params.get(name).and_then(Value::as_u64);
    let percentage = params.get("toleratedFailurePercentage").and_then(Value::as_f64);
    let (concurrency, count) = (number("maxConcurrency"), number("toleratedFailureCount"));
    let mut running = false;
    states.go_on(cx, id, |execution, now| {
        running = execution.update_map_run(now, map_run, concurrency, count, percentage);
    });
    if !running {
        return Err(StatesError::validation("Map Run is not running and cannot be updated"));
    }
    done()
}
