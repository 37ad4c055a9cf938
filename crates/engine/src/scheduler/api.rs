//! The operations of the Scheduler API.

use super::model::{Group, Schedule, Scheduler};
use super::occurrences;
use super::zones::{self, Zone};
use crate::eventbridge::expression::Expression;
use crate::eventbridge::{describe_tags, merge_tags, names, page, respond, text, texts};
use crate::world::{Incoming, Outcome, Params, World};
use crate::{ApiError, Response};
use serde_json::{Map, Value, json};

/// What an operation comes to.
type Answer = Result<Outcome, ApiError>;

/// Members of a schedule.
const SETTINGS: [&str; 10] = [
    "ScheduleExpression",
    "StartDate",
    "EndDate",
    "Description",
    "ScheduleExpressionTimezone",
    "State",
    "KmsKeyArn",
    "Target",
    "FlexibleTimeWindow",
    "ActionAfterCompletion",
];

/// The operations that are emulated; none for others.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn handle(
    scheduler: &mut Scheduler,
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Option<Answer> {
    if !scheduler.groups.contains_key("default") {
        let created_s = world.config.epoch_ms / 1_000;
        let group = Group { created_s, modified_s: created_s, ..Group::default() };
        scheduler.groups.insert("default".to_owned(), group);
    }
    let params = incoming.params;
    Some(match incoming.caller.operation.as_str() {
        "CreateSchedule" => put(scheduler, world, params, true),
        "UpdateSchedule" => put(scheduler, world, params, false),
        "GetSchedule" => get(scheduler, world, params),
        "DeleteSchedule" => delete(scheduler, world, params),
        "ListSchedules" => list(scheduler, world, params),
        "CreateScheduleGroup" => create_group(scheduler, world, params),
        "GetScheduleGroup" => get_group(scheduler, world, params),
        "DeleteScheduleGroup" => delete_group(scheduler, world, params),
        "ListScheduleGroups" => list_groups(scheduler, world, params),
        "TagResource" => tag(scheduler, params),
        "UntagResource" => untag(scheduler, params),
        "ListTagsForResource" => list_tags(scheduler, params),
        _ => return None,
    })
}

fn refusal(code: &str, status: u16, message: String) -> ApiError {
    ApiError { code: code.to_owned(), status, message: Some(message), extra: Map::new() }
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    refusal("ValidationException", 400, message.into())
}

pub(super) fn gone(what: &str, name: &str) -> ApiError {
    refusal("ResourceNotFoundException", 404, format!("{what} {name} does not exist."))
}

fn exists(what: &str, name: &str) -> ApiError {
    refusal("ConflictException", 409, format!("{what} {name} already exists."))
}

fn done() -> Answer {
    Ok(Response { status: 200, output: Value::Object(Map::new()) }.into())
}

fn arn(world: &World, rest: &str) -> String {
    format!("arn:aws:scheduler:{}:{}:{rest}", world.config.region, world.config.account)
}

/// ARN of a schedule.
pub(super) fn schedule_arn(world: &World, group: &str, name: &str) -> String {
    arn(world, &format!("schedule/{group}/{name}"))
}

pub(super) fn group_of(params: &Params) -> &str {
    match text(params, "GroupName") {
        "" => "default",
        group => group,
    }
}

/// The schedule that a request describes, made now.
pub(super) fn read(world: &World, params: &Params) -> Result<Schedule, ApiError> {
    let given = text(params, "ScheduleExpression");
    let expression = Expression::of_schedule(given)
        .ok_or_else(|| invalid(format!("Invalid Schedule Expression {given}.")))?;
    let zone_name = match text(params, "ScheduleExpressionTimezone") {
        "" => "UTC",
        name => name,
    };
    let Some(zone) = Zone::named(zone_name) else {
        return Err(match zones::is_like(zone_name) {
            true => crate::eventbridge::absent(&format!("the time zone {zone_name}")),
            false => invalid(format!("Invalid Schedule Expression Timezone {zone_name}.")),
        });
    };
    let now_s = world.unix_ms() / 1_000;
    Ok(Schedule {
        created_s: now_s,
        modified_s: now_s,
        settings: names(params, &SETTINGS),
        expression,
        zone,
        tick: None,
        next_s: None,
    })
}

fn put(scheduler: &mut Scheduler, world: &mut World, params: &Params, creates: bool) -> Answer {
    let (group, name) = (group_of(params), text(params, "Name"));
    let mut schedule = read(world, params)?;
    check_window(params)?;
    let target = params.get("Target").cloned().unwrap_or_default();
    check_target(&target)?;
    if !scheduler.groups.contains_key(group) {
        return Err(gone("Schedule group", group));
    }
    let key = (group.to_owned(), name.to_owned());
    schedule.created_s = match scheduler.schedules.get(&key) {
        Some(_) if creates => return Err(exists("Schedule", name)),
        None if !creates => return Err(gone("Schedule", name)),
        Some(known) => {
            if let Some(tick) = known.tick {
                world.queue.cancel(tick);
            }
            known.created_s
        }
        None => schedule.created_s,
    };
    occurrences::begin(world, group, name, &mut schedule);
    scheduler.schedules.insert(key, schedule);
    respond(json!({ "ScheduleArn": schedule_arn(world, group, name) }))
}

fn check_window(params: &Params) -> Result<(), ApiError> {
    let window = params.get("FlexibleTimeWindow").cloned().unwrap_or_default();
    match (window["Mode"].as_str(), window["MaximumWindowInMinutes"].is_null()) {
        (Some("FLEXIBLE"), true) => Err(invalid(
            "MaximumWindowInMinutes is required when FlexibleTimeWindow Mode is FLEXIBLE.",
        )),
        (Some("OFF"), false) => Err(invalid(
            "MaximumWindowInMinutes must not be set when FlexibleTimeWindow Mode is OFF.",
        )),
        _ => Ok(()),
    }
}

fn check_target(target: &Value) -> Result<(), ApiError> {
    let arn = target["Arn"].as_str().unwrap_or_default();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if parts.len() < 6 || parts[0] != "arn" || parts[5].is_empty() {
        return Err(invalid(format!("Provided Arn is not in correct format: {arn}")));
    }
    if parts[2] == "events" && target["EventBridgeParameters"].is_null() {
        return Err(invalid("EventBridgeParameters must be specified for an event bus target."));
    }
    if let Some(input) = target["Input"].as_str()
        && parts[2] != "sqs"
        && parts[2] != "sns"
        && serde_json::from_str::<Value>(input).is_err()
    {
        return Err(invalid("Input must be valid JSON."));
    }
    Ok(())
}

fn shown(world: &World, (group, name): (&str, &str), schedule: &Schedule) -> Value {
    let mut output = json!({
        "Arn": schedule_arn(world, group, name),
        "GroupName": group,
        "Name": name,
        "CreationDate": schedule.created_s,
        "LastModificationDate": schedule.modified_s,
        "State": "ENABLED",
    });
    if let Value::Object(members) = &mut output {
        members.insert("ScheduleExpressionTimezone".into(), json!("UTC"));
        members.insert("ActionAfterCompletion".into(), json!("NONE"));
        members.extend(schedule.settings.clone());
    }
    let retry = &mut output["Target"]["RetryPolicy"];
    for (name, value) in [("MaximumEventAgeInSeconds", 86_400), ("MaximumRetryAttempts", 185)] {
        if retry[name].is_null() {
            retry[name] = json!(value);
        }
    }
    output
}

fn get(scheduler: &Scheduler, world: &World, params: &Params) -> Answer {
    let (group, name) = (group_of(params), text(params, "Name"));
    match scheduler.schedules.get(&(group.to_owned(), name.to_owned())) {
        Some(schedule) => respond(shown(world, (group, name), schedule)),
        None => Err(gone("Schedule", name)),
    }
}

fn delete(scheduler: &mut Scheduler, world: &mut World, params: &Params) -> Answer {
    let (group, name) = (group_of(params), text(params, "Name"));
    match scheduler.schedules.remove(&(group.to_owned(), name.to_owned())) {
        Some(schedule) => {
            if let Some(tick) = schedule.tick {
                world.queue.cancel(tick);
            }
            done()
        }
        None => Err(gone("Schedule", name)),
    }
}

fn listed(name: &str, all: Vec<Value>, params: &Params) -> Answer {
    let (some, next) =
        page(all, params, "MaxResults", 100).map_err(|_| invalid("Invalid nextToken."))?;
    let mut output = json!({ name: some });
    if let Some(next) = next {
        output["NextToken"] = Value::String(next);
    }
    respond(output)
}

fn list(scheduler: &Scheduler, world: &World, params: &Params) -> Answer {
    let (wanted, prefix) = (text(params, "GroupName"), text(params, "NamePrefix"));
    let state = text(params, "State");
    if !wanted.is_empty() && !scheduler.groups.contains_key(wanted) {
        return Err(gone("Schedule group", wanted));
    }
    let all = scheduler.schedules.iter().filter(|((group, name), _)| {
        (wanted.is_empty() || group == wanted) && name.starts_with(prefix)
    });
    let all = all.map(|((group, name), schedule)| {
        let whole = shown(world, (group, name), schedule);
        let mut output = Map::new();
        for name in ["Arn", "CreationDate", "GroupName", "LastModificationDate", "Name", "State"] {
            output.insert(name.to_owned(), whole[name].clone());
        }
        output.insert("Target".into(), json!({ "Arn": whole["Target"]["Arn"] }));
        Value::Object(output)
    });
    let all = all.filter(|schedule| state.is_empty() || schedule["State"] == state);
    listed("Schedules", all.collect(), params)
}

fn create_group(scheduler: &mut Scheduler, world: &World, params: &Params) -> Answer {
    let name = text(params, "Name");
    if scheduler.groups.contains_key(name) {
        return Err(exists("Schedule group", name));
    }
    let now_s = world.unix_ms() / 1_000;
    let mut group = Group { created_s: now_s, modified_s: now_s, ..Group::default() };
    merge_tags(&mut group.tags, params.get("Tags"));
    scheduler.groups.insert(name.to_owned(), group);
    respond(json!({ "ScheduleGroupArn": arn(world, &format!("schedule-group/{name}")) }))
}

fn shown_group(world: &World, name: &str, group: &Group) -> Value {
    json!({
        "Arn": arn(world, &format!("schedule-group/{name}")),
        "Name": name,
        "State": "ACTIVE",
        "CreationDate": group.created_s,
        "LastModificationDate": group.modified_s,
    })
}

fn get_group(scheduler: &Scheduler, world: &World, params: &Params) -> Answer {
    let name = text(params, "Name");
    match scheduler.groups.get(name) {
        Some(group) => respond(shown_group(world, name, group)),
        None => Err(gone("Schedule group", name)),
    }
}

fn delete_group(scheduler: &mut Scheduler, world: &mut World, params: &Params) -> Answer {
    let name = text(params, "Name");
    if name == "default" {
        return Err(invalid("The default schedule group cannot be deleted."));
    }
    if scheduler.groups.remove(name).is_none() {
        return Err(gone("Schedule group", name));
    }
    scheduler.schedules.retain(|(group, _), schedule| {
        if let (true, Some(tick)) = (group == name, schedule.tick) {
            world.queue.cancel(tick);
        }
        group != name
    });
    done()
}

fn list_groups(scheduler: &Scheduler, world: &World, params: &Params) -> Answer {
    let prefix = text(params, "NamePrefix");
    let all = scheduler.groups.iter().filter(|(name, _)| name.starts_with(prefix));
    let all = all.map(|(name, group)| shown_group(world, name, group));
    listed("ScheduleGroups", all.collect(), params)
}

fn tagged<'a>(scheduler: &'a mut Scheduler, params: &Params) -> Result<&'a mut Group, ApiError> {
    let arn = text(params, "ResourceArn");
    let name = arn.rsplit_once("schedule-group/").map_or("", |(_, name)| name);
    scheduler.groups.get_mut(name).ok_or_else(|| gone("Schedule group", name))
}

fn tag(scheduler: &mut Scheduler, params: &Params) -> Answer {
    merge_tags(&mut tagged(scheduler, params)?.tags, params.get("Tags"));
    done()
}

fn untag(scheduler: &mut Scheduler, params: &Params) -> Answer {
    let tags = &mut tagged(scheduler, params)?.tags;
    texts(params, "TagKeys").into_iter().for_each(|key| {
        tags.remove(key);
    });
    done()
}

fn list_tags(scheduler: &mut Scheduler, params: &Params) -> Answer {
    respond(json!({ "Tags": describe_tags(&tagged(scheduler, params)?.tags) }))
}
