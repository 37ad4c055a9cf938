//! GetExecutionHistory.

use super::api::{Answer, flag, respond, text};
use super::errors::StatesError;
use super::executions::express_refused;
use super::paging;
use super::runs::{Run, States};
use crate::world::Params;
use coldstart_asl::MachineType;
use coldstart_asl::interpret::HistoryEvent;
use serde_json::Value;

pub(crate) fn get(states: &States, params: &Params) -> Answer {
    let given = text(params, "executionArn");
    let run = states.run(given)?;
    // Express ones have no history that can be asked for: their events are in their log.
    if run.kind == MachineType::Express && run.child_of.is_none() {
        return Err(express_refused());
    }
    respond(events(run, params)?)
}

/// `GetExpressExecutionHistory`, which AWS does not have: the events that an Express execution's log gets at level ALL, as
/// GetExecutionHistory has those of a Standard one.
pub(crate) fn get_express(states: &States, params: &Params) -> Answer {
    respond(events(states.express(text(params, "executionArn"))?, params)?)
}

fn events(run: &Run, params: &Params) -> Result<Value, StatesError> {
    let with_data = params.get("includeExecutionData").and_then(Value::as_bool) != Some(false);
    let history = run.execution.as_ref().map(|execution| execution.history()).unwrap_or_default();
    let show = |event: &HistoryEvent| event.to_json(with_data);
    if flag(params, "reverseOrder") {
        paging::page("events", history.iter().rev(), params, show)
    } else {
        paging::page("events", history.iter(), params, show)
    }
}
