//! When schedules occur, and what happens then.

use super::api::schedule_arn;
use super::model::{Due, Schedule, Scheduler};
use crate::eventbridge::expression::Expression;
use crate::queue::Urgency;
use crate::targets::{Call, Delivery, Retries, Source, request_for};
use crate::world::{self, World};
use crate::{Fact, calendar};
use serde_json::{Value, json};

fn seconds(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => calendar::parse(text),
        value => value.as_f64().map(|seconds| seconds as u64),
    }
}

impl Schedule {
    pub(super) fn is_enabled(&self) -> bool {
        self.settings.get("State").is_none_or(|state| state == "ENABLED")
    }

    /// The first time after this second. "The schedule starts at its StartDate", which counts as a time for rates.
    pub(super) fn next(&self, after_s: u64) -> Option<u64> {
        let end_s = seconds(self.settings.get("EndDate")).unwrap_or(u64::MAX);
        match &self.expression {
            Expression::At(local_s) => self.zone.utc_s(*local_s).filter(|at_s| *at_s > after_s),
            Expression::Rate(_) => self.expression.next(after_s).filter(|at_s| *at_s <= end_s),
            Expression::Cron(_) => {
                let start_s = seconds(self.settings.get("StartDate")).unwrap_or(0);
                let after_s = after_s.max(start_s.saturating_sub(1));
                let mut local_s = self.zone.local_s(after_s);
                // A time that clocks skip is followed by one that they do not.
                for _ in 0..SKIPS_MAX {
                    local_s = self.expression.next(local_s)?;
                    if let Some(at_s) = self.zone.utc_s(local_s).filter(|at_s| *at_s > after_s) {
                        return Some(at_s).filter(|at_s| *at_s <= end_s);
                    }
                }
                None
            }
        }
    }
}

impl Schedule {
    /// The first time of a schedule that is made at this second.
    pub(super) fn first(&self, now_s: u64) -> Option<u64> {
        match &self.expression {
            // Without a StartDate a rate begins at once.
            Expression::Rate(every_s) => {
                let start_s = seconds(self.settings.get("StartDate")).unwrap_or(now_s);
                let missed = now_s.saturating_sub(start_s).div_ceil(*every_s);
                let end_s = seconds(self.settings.get("EndDate")).unwrap_or(u64::MAX);
                Some(start_s.saturating_add(missed * every_s)).filter(|at_s| *at_s <= end_s)
            }
            _ => self.next(now_s),
        }
    }
}

/// Local minutes that a change of clocks skips or doubles, with room.
const SKIPS_MAX: usize = 200;

/// A schedule is new, or was changed.
pub(super) fn begin(world: &mut World, group: &str, name: &str, schedule: &mut Schedule) {
    let first = schedule.first(world.unix_ms() / 1_000);
    wait(world, group, name, schedule, first);
}

fn wait(world: &mut World, group: &str, name: &str, schedule: &mut Schedule, at_s: Option<u64>) {
    (schedule.tick, schedule.next_s) = (None, None);
    let Some(at_s) = at_s.filter(|_| schedule.is_enabled()) else { return };
    schedule.next_s = Some(at_s);
    let window = schedule.settings.get("FlexibleTimeWindow");
    let window = window.and_then(|window| window["MaximumWindowInMinutes"].as_u64()).unwrap_or(0);
    let delay_s = if window > 0 { world.rng.below(window * 60) } else { 0 };
    let at = world.at_unix_ns(at_s.saturating_add(delay_s).saturating_mul(1_000_000_000));
    let due = Due { group: group.to_owned(), name: name.to_owned(), at_s };
    let at = at.max(world.now);
    schedule.tick = Some(world.schedule(at, Urgency::Background, world::Due::Scheduler(due)));
}

/// A schedule occurs.
#[inline(never)]
pub(crate) fn handle_due(scheduler: &mut Scheduler, world: &mut World, due: Due) {
    let Due { group, name, at_s } = due;
    let key = (group.clone(), name.clone());
    let Some(schedule) = scheduler.schedules.get_mut(&key) else { return };
    let next = schedule.next(at_s);
    wait(world, &group, &name, schedule, next);
    let target = schedule.settings.get("Target").cloned().unwrap_or_default();
    let is_over = schedule.tick.is_none()
        && schedule.settings.get("ActionAfterCompletion") == Some(&json!("DELETE"));
    if is_over {
        scheduler.schedules.remove(&key);
    }
    occur(world, &schedule_arn(world, &group, &name), &target, at_s);
}

fn occur(world: &mut World, arn: &str, target: &Value, at_s: u64) {
    let execution_id = world.rng.uuid();
    let time = calendar::iso_seconds(at_s);
    world.emit(Fact::ScheduleOccurred {
        schedule: arn.to_owned(),
        execution_id: execution_id.clone(),
        scheduled_time: time.clone(),
    });
    let text = match target["Input"].as_str() {
        Some(input) => input
            .replace("<aws.scheduler.schedule-arn>", arn)
            .replace("<aws.scheduler.scheduled-time>", &time)
            .replace("<aws.scheduler.execution-id>", &execution_id)
            .replace("<aws.scheduler.attempt-number>", "1"),
        // Here the detail is a text.
        None => json!({
            "version": "0",
            "id": execution_id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": world.config.account,
            "time": time,
            "region": world.config.region,
            "resources": [arn],
            "detail": "{}",
        })
        .to_string(),
    };
    let target_arn = target["Arn"].as_str().unwrap_or_default();
    let calls = calls(world, target, target_arn, &execution_id, &text);
    let retry = &target["RetryPolicy"];
    let delivery = Delivery {
        source: Source::Schedule,
        source_arn: arn.to_owned(),
        permit_arn: arn.to_owned(),
        role: target["RoleArn"].as_str().map(str::to_owned),
        event_id: execution_id,
        target_id: String::new(),
        target: target_arn.to_owned(),
        calls,
        done: 0,
        original: text,
        attributes: serde_json::Map::new(),
        began_at: world.now,
        attempts: 0,
        retries: Retries {
            attempts_max: retry["MaximumRetryAttempts"].as_u64().unwrap_or(185),
            age_seconds_max: retry["MaximumEventAgeInSeconds"].as_u64().unwrap_or(86_400),
        },
        dead_letter: target["DeadLetterConfig"]["Arn"].as_str().map(str::to_owned),
        is_dead_letter: false,
    };
    let now = world.now;
    delivery.begin(world, now);
}

fn calls(world: &World, target: &Value, arn: &str, id: &str, text: &str) -> Vec<Call> {
    if let Some(universal) = arn.split(":::aws-sdk:").nth(1) {
        return universal_call(universal, text).into_iter().collect();
    }
    if arn.split(':').nth(2) == Some("events") {
        let about = &target["EventBridgeParameters"];
        let entry = json!({
            "Source": about["Source"], "DetailType": about["DetailType"], "Detail": text, "EventBusName": arn,
        });
        return vec![Call::new("events", "PutEvents", json!({ "Entries": [entry] }))];
    }
    let group = target["SqsParameters"]["MessageGroupId"].as_str();
    request_for(world, arn, id, text, group).unwrap_or_default()
}

/// "Universal targets": `lambda:invoke` with the operation's members as input.
fn universal_call(universal: &str, text: &str) -> Option<Call> {
    let (service, operation) = universal.split_once(':')?;
    let service = match service {
        "sfn" => "states",
        "eventbridge" => "events",
        "cloudwatchlogs" => "logs",
        service => service,
    };
    let mut operation = operation.to_owned();
    operation.get_mut(..1)?.make_ascii_uppercase();
    let mut params: Value = serde_json::from_str(text).unwrap_or_default();
    if let Some(Value::String(payload)) = params.get("Payload").filter(|_| service == "lambda") {
        params["Payload"] = crate::Blob::text(payload.clone());
    }
    if service == "states"
        && let Value::Object(members) = &mut params
    {
        // Its API's own members begin in lower case.
        *members = std::mem::take(members)
            .into_iter()
            .map(|(mut name, value)| {
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                (name, value)
            })
            .collect();
    }
    Some(Call::new(service, &operation, params))
}
