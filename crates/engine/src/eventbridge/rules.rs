//! Rules and their targets.

use super::api::{Answer, done, invalid, limit, listed, names, not_found, respond, text, texts};
use super::buses::{self, name_of};
use super::expression::Expression;
use super::model::{Due, EventBridge, Rule, rule_arn};
use super::tags;
use crate::queue::Urgency;
use crate::world::{self, Params, World};
use crate::{ApiError, Timestamp, patterns};
use serde_json::{Value, json};
use std::sync::Arc;

/// "Targets per rule: 5" (EventBridge quotas).
const TARGETS_MAX: usize = 5;
/// "Rules per event bus: 300" (ibid.).
const RULES_MAX: usize = 300;

pub(super) fn find<'a>(
    events: &'a mut EventBridge,
    bus_name: &str,
    name: &str,
) -> Result<&'a mut Rule, ApiError> {
    let bus = buses::find(events, bus_name)?;
    bus.rules
        .get_mut(name)
        .ok_or_else(|| not_found(format!("Rule {name} does not exist on EventBus {bus_name}.")))
}

pub(super) fn put(events: &mut EventBridge, world: &mut World, params: &Params) -> Answer {
    let (bus_name, name) = (name_of(params, "EventBusName"), text(params, "Name"));
    let bus = buses::find(events, bus_name)?;
    let (pattern, expression) = (text(params, "EventPattern"), text(params, "ScheduleExpression"));
    if pattern.is_empty() && expression.is_empty() {
        return Err(invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."));
    }
    if !expression.is_empty() && bus_name != "default" {
        return Err(invalid("ScheduleExpression is supported only on the default event bus."));
    }
    let schedule = match expression {
        "" => None,
        text => {
            let wrong = || invalid("Parameter ScheduleExpression is not valid.");
            Some(Expression::of_rule(text).ok_or_else(wrong)?)
        }
    };
    let pattern = match pattern {
        "" => None,
        text => Some(patterns::events::parse(text)?),
    };
    if !bus.rules.contains_key(name) && bus.rules.len() >= RULES_MAX {
        return Err(limit());
    }
    let arn = rule_arn(world, bus_name, name);
    let settings =
        names(params, &["EventPattern", "State", "Description", "ScheduleExpression", "RoleArn"]);
    let enabled = text(params, "State") != "DISABLED";
    match bus.rules.get_mut(name) {
        Some(rule) => {
            stop(world, rule);
            (rule.settings, rule.pattern) = (settings, pattern);
            (rule.schedule, rule.enabled, rule.tick) = (schedule, enabled, None);
        }
        None => {
            let rule = Rule {
                arn: arn.clone(),
                settings,
                pattern,
                schedule,
                enabled,
                tags: tags::read(params.get("Tags")),
                targets: Vec::new(),
                tick: None,
            };
            bus.rules.insert(name.to_owned(), rule);
        }
    }
    let now_s = world.unix_ms() / 1_000;
    if let Some(rule) = bus.rules.get_mut(name) {
        schedule_next(world, bus_name, name, rule, now_s);
    }
    respond(json!({ "RuleArn": arn }))
}

/// Takes a rule's next occurrence back.
pub(super) fn stop(world: &mut World, rule: &Rule) {
    if let Some(tick) = rule.tick {
        world.queue.cancel(tick);
    }
}

/// Puts the next occurrence of a rule's schedule after this second into the queue. Nobody waits for it.
pub(super) fn schedule_next(
    world: &mut World,
    bus: &str,
    name: &str,
    rule: &mut Rule,
    after_s: u64,
) {
    rule.tick = None;
    let Some(schedule) = rule.schedule.as_ref().filter(|_| rule.enabled) else { return };
    let Some(at_s) = schedule.next(after_s) else { return };
    let at = at_unix_s(world, at_s);
    let due = Due::Tick { bus: bus.to_owned(), rule: name.to_owned(), at_s };
    rule.tick = Some(world.schedule(at, Urgency::Background, world::Due::Events(due)));
}

impl EventBridge {
    /// The schedule of a rule and the Unix second of its next time. A rule that waits for events, or for nothing, has none.
    ///
    /// # Errors
    /// When there is no such bus, or no such rule on it.
    pub(crate) fn upcoming(
        &mut self,
        world: &World,
        params: &Params,
    ) -> Result<Option<(Expression, u64)>, ApiError> {
        let (bus, name) = (name_of(params, "EventBusName"), text(params, "RuleName"));
        let rule = find(self, bus, name)?;
        let next_s = rule.tick.map(|tick| world.unix_ms_at(tick.at()) / 1_000);
        Ok(rule.schedule.clone().zip(next_s))
    }
}

/// The virtual instant of Unix seconds; now for what has passed.
pub(super) fn at_unix_s(world: &World, unix_s: u64) -> Timestamp {
    world.at_unix_ns(unix_s.saturating_mul(1_000_000_000)).max(world.now)
}

pub(super) fn delete(events: &mut EventBridge, world: &mut World, params: &Params) -> Answer {
    let (bus_name, name) = (name_of(params, "EventBusName"), text(params, "Name"));
    let bus = buses::find(events, bus_name)?;
    match bus.rules.get(name) {
        Some(rule) if !rule.targets.is_empty() => {
            return Err(invalid("Rule can't be deleted since it has targets."));
        }
        Some(rule) => stop(world, rule),
        None => {}
    }
    bus.rules.remove(name);
    done()
}

fn shown(bus: &str, name: &str, rule: &Rule) -> Value {
    let state = if rule.enabled { "ENABLED" } else { "DISABLED" };
    let state = rule.settings.get("State").and_then(Value::as_str).unwrap_or(state);
    let mut output = json!({ "Name": name, "Arn": rule.arn });
    if let Value::Object(members) = &mut output {
        members.extend(rule.settings.clone());
        members.insert("State".into(), json!(state));
        members.insert("EventBusName".into(), json!(bus));
    }
    output
}

pub(super) fn describe(events: &mut EventBridge, world: &World, params: &Params) -> Answer {
    let (bus, name) = (name_of(params, "EventBusName"), text(params, "Name"));
    let mut output = shown(bus, name, find(events, bus, name)?);
    output["CreatedBy"] = json!(world.config.account);
    respond(output)
}

pub(super) fn list(events: &mut EventBridge, params: &Params) -> Answer {
    let (bus_name, prefix) = (name_of(params, "EventBusName"), text(params, "NamePrefix"));
    let bus = buses::find(events, bus_name)?;
    let rules = bus.rules.iter().filter(|(name, _)| name.starts_with(prefix));
    listed("Rules", rules.map(|(name, rule)| shown(bus_name, name, rule)).collect(), params)
}

pub(super) fn list_by_target(events: &mut EventBridge, params: &Params) -> Answer {
    let wanted = text(params, "TargetArn");
    let bus = buses::find(events, name_of(params, "EventBusName"))?;
    let serves = |rule: &Rule| rule.targets.iter().any(|target| target["Arn"] == wanted);
    let rules = bus.rules.iter().filter(|(_, rule)| serves(rule));
    listed("RuleNames", rules.map(|(name, _)| json!(name)).collect(), params)
}

pub(super) fn enable(
    events: &mut EventBridge,
    world: &mut World,
    params: &Params,
    enabled: bool,
) -> Answer {
    let (bus, name) = (name_of(params, "EventBusName"), text(params, "Name"));
    let rule = find(events, bus, name)?;
    stop(world, rule);
    rule.enabled = enabled;
    rule.settings.insert("State".into(), json!(if enabled { "ENABLED" } else { "DISABLED" }));
    let now_s = world.unix_ms() / 1_000;
    schedule_next(world, bus, name, rule, now_s);
    done()
}

pub(super) fn put_targets(events: &mut EventBridge, world: &World, params: &Params) -> Answer {
    let rule = find(events, name_of(params, "EventBusName"), text(params, "Rule"))?;
    let given = params.get("Targets").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut targets = rule.targets.clone();
    for target in given {
        check_target(world, &target)?;
        match targets.iter_mut().find(|known| known["Id"] == target["Id"]) {
            Some(known) => *known = Arc::new(target),
            None => targets.push(Arc::new(target)),
        }
    }
    if targets.len() > TARGETS_MAX {
        return Err(limit());
    }
    rule.targets = targets;
    respond(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
}

fn check_target(world: &World, target: &Value) -> Result<(), ApiError> {
    let id = target["Id"].as_str().unwrap_or_default();
    let arn = target["Arn"].as_str().unwrap_or_default();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [head, partition, service, _, account, resource] = parts[..] else {
        return Err(invalid(format!(
            "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        )));
    };
    if head != "arn" || !partition.starts_with("aws") || service.is_empty() || resource.is_empty() {
        return Err(invalid(format!(
            "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        )));
    }
    let inputs = ["Input", "InputPath", "InputTransformer"];
    if inputs.iter().filter(|name| !target[**name].is_null()).count() > 1 {
        return Err(invalid(format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
        )));
    }
    if let Some(input) = target["Input"].as_str()
        && serde_json::from_str::<Value>(input).is_err()
    {
        return Err(invalid(format!("JSON syntax error in input for target {id}")));
    }
    if let Some(path) = target["InputPath"].as_str()
        && !super::input::is_path(path)
    {
        return Err(invalid(format!("Invalid InputPath for target {id}.")));
    }
    super::input::check_transformer(id, &target["InputTransformer"]).map_err(invalid)?;
    if service == "sqs" && resource.ends_with(".fifo") && target["SqsParameters"].is_null() {
        return Err(invalid(format!(
            "Parameter(s) SqsParameters must be specified for target: {id}."
        )));
    }
    // These are started in the rule's own name.
    let needs_role = matches!(service, "states" | "kinesis" | "ecs" | "firehose" | "batch");
    if needs_role && target["RoleArn"].is_null() {
        return Err(invalid(format!("RoleArn is required for target {arn}.")));
    }
    if account != world.config.account && !account.is_empty() && service == "lambda" {
        return Err(super::absent("targets in other accounts"));
    }
    Ok(())
}

pub(super) fn remove_targets(events: &mut EventBridge, params: &Params) -> Answer {
    let rule = find(events, name_of(params, "EventBusName"), text(params, "Rule"))?;
    let ids = texts(params, "Ids");
    rule.targets.retain(|target| !ids.iter().any(|id| target["Id"] == *id));
    respond(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
}

pub(super) fn list_targets(events: &mut EventBridge, params: &Params) -> Answer {
    let rule = find(events, name_of(params, "EventBusName"), text(params, "Rule"))?;
    listed("Targets", rule.targets.iter().map(|target| Value::clone(target)).collect(), params)
}
