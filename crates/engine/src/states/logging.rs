//! An execution's events in CloudWatch Logs.
//!
//! Source: "Using CloudWatch Logs to log execution history in Step Functions", and recorded lines: numbers are texts there.

use super::machines::logs_anything;
use super::model::LogLevel;
use super::runs::{Cx, Run};
use crate::calendar;
use crate::logs::Line;
use coldstart_asl::interpret::{Details, HistoryEvent, StateType};
use serde_json::{Map, Value, json};

/// Writes a line for each event from `from` on that the state machine's level lets through.
pub(crate) fn write(run: &mut Run, from: usize, cx: &mut Cx<'_>) {
    if !logs_anything(&run.revision) {
        return;
    }
    let Cx { world, logs } = cx;
    let logging = &run.revision.logging;
    let Some(group) = logging.group() else { return };
    let Some(execution) = &run.execution else { return };
    let stream = run.log_stream.get_or_insert_with(|| {
        let day = calendar::day_path(world.unix_ms()).replace('/', "-");
        format!("states/{}/{day}/{}", run.machine, world.rng.hex(8))
    });
    for event in execution.history().get(from..).unwrap_or_default() {
        if level_of(event) > logging.level {
            continue;
        }
        let message = line(
            run.arn.as_ref(),
            event,
            logging.include_execution_data,
            execution.redrive_count(),
        );
        let line = Line { timestamp_ms: event.at.millis(), request_id: None, message };
        logs.write(world, group, stream, line);
    }
}

/// The least level that shows an event. Source: the table in the page above.
fn level_of(event: &HistoryEvent) -> LogLevel {
    match &event.details {
        Details::ExecutionAborted(_)
        | Details::ExecutionFailed(_)
        | Details::ExecutionTimedOut(_) => LogLevel::Fatal,
        Details::StateEntered { kind: StateType::Fail, .. }
        | Details::StateAborted { .. }
        | Details::ParallelStateFailed
        | Details::MapStateFailed
        | Details::MapIterationFailed { .. }
        | Details::MapIterationAborted { .. }
        | Details::MapRunFailed(_)
        | Details::MapRunAborted
        | Details::TaskScheduleFailed { .. }
        | Details::TaskStartFailed { .. }
        | Details::TaskSubmitFailed { .. }
        | Details::TaskFailed { .. }
        | Details::TaskTimedOut { .. }
        | Details::EvaluationFailed(_) => LogLevel::Error,
        _ => LogLevel::All,
    }
}

/// One line: the event as GetExecutionHistory has it, under other names.
fn line(execution_arn: &str, event: &HistoryEvent, with_data: bool, redrive_count: u64) -> String {
    let details = match event.to_json(with_data) {
        Value::Object(members) => members
            .into_iter()
            .find(|(name, _)| name.ends_with("EventDetails"))
            .map(|(_, value)| value),
        _ => None,
    };
    let mut output = Map::new();
    let mut put = |name: &str, value: Value| output.insert(name.to_owned(), value);
    put("id", json!(event.id.to_string()));
    put("type", json!(event.type_name()));
    put("details", details.unwrap_or_else(|| json!({})));
    put("previous_event_id", json!(event.previous_event_id.to_string()));
    put("event_timestamp", json!(event.at.millis().to_string()));
    put("execution_arn", json!(execution_arn));
    put("redrive_count", json!(redrive_count.to_string()));
    Value::Object(output).to_string()
}
