//! `ListOccurrences` of the service `coldstart`: the next times of a schedule, of a rule with one, or of an expression that is being
//! written. AWS has no such operation; its console shows the next ten dates.
//!
//! `ScheduleName` (with `GroupName`) or `RuleName` (with `EventBusName`) name what is there; `ScheduleExpression` with
//! `ScheduleExpressionTimezone`, `StartDate` and `EndDate` describe what is not, as rules read it when `OfRule` is true. At most `MaxResults`
//! times are told, ten unless it says so. What is disabled has none. A flexible window is not counted in.

use super::api::{gone, group_of, invalid, read};
use super::model::{Schedule, Scheduler};
use crate::eventbridge::expression::Expression;
use crate::eventbridge::{EventBridge, respond, text};
use crate::world::{Incoming, Outcome, Params, World};
use crate::{ApiError, calendar};
use serde_json::{Value, json};

/// Times that are told at most.
const RESULTS_MAX: u64 = 50;

/// Answers it.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn handle(
    scheduler: &Scheduler,
    events: &mut EventBridge,
    world: &World,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let params = incoming.params;
    let most = params.get("MaxResults").and_then(Value::as_u64).unwrap_or(10).min(RESULTS_MAX);
    let times = times(scheduler, events, world, params, most as usize);
    Some(times.and_then(|times| {
        let shown: Vec<Value> =
            times.into_iter().map(|at_s| json!(calendar::iso_seconds(at_s))).collect();
        respond(json!({ "Occurrences": shown }))
    }))
}

fn times(
    scheduler: &Scheduler,
    events: &mut EventBridge,
    world: &World,
    params: &Params,
    most: usize,
) -> Result<Vec<u64>, ApiError> {
    let now_s = world.unix_ms() / 1_000;
    if !text(params, "RuleName").is_empty() {
        let found = events.upcoming(world, params)?;
        return Ok(found.map_or_else(Vec::new, |(expression, next_s)| {
            follow(Some(next_s), most, |after_s| expression.next(after_s))
        }));
    }
    let name = text(params, "ScheduleName");
    if !name.is_empty() {
        let key = (group_of(params).to_owned(), name.to_owned());
        let schedule = scheduler.schedules.get(&key).ok_or_else(|| gone("Schedule", name))?;
        return Ok(follow(schedule.next_s, most, |after_s| schedule.next(after_s)));
    }
    if params.get("OfRule") == Some(&Value::Bool(true)) {
        let expression = Expression::of_rule(text(params, "ScheduleExpression"))
            .ok_or_else(|| invalid("Parameter ScheduleExpression is not valid."))?;
        return Ok(follow(expression.next(now_s), most, |after_s| expression.next(after_s)));
    }
    let schedule: Schedule = read(world, params)?;
    let first = schedule.first(now_s).filter(|_| schedule.is_enabled());
    Ok(follow(first, most, |after_s| schedule.next(after_s)))
}

fn follow(first: Option<u64>, most: usize, next: impl Fn(u64) -> Option<u64>) -> Vec<u64> {
    std::iter::successors(first, |at_s| next(*at_s)).take(most).collect()
}
