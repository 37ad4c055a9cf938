//! Events come in, and go to the targets of the rules that they match.

use super::api::{Answer, invalid, respond};
use super::archives;
use super::input::{self, About};
use super::model::{Due, EventBridge, arn};
use super::rules;
use crate::queue::Urgency;
use crate::targets::{Delivery, Retries, Source, request_for};
use crate::world::{self, Incoming, World};
use crate::{Fact, calendar, iam};
use serde_json::{Value, json};
use std::sync::Arc;

/// "The total entry size must be less than 1 MB" (PutEvents; it was 256 KB before).
const BYTES_MAX: usize = 1_048_576;
/// Retries of a target when nothing is configured, and for how long: "24 hours and up to 185 times".
const RETRIES: Retries = Retries { attempts_max: 185, age_seconds_max: 86_400 };

/// Where an event comes from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// `PutEvents`.
    Put,
    /// A service. What nobody sees leaves no trace.
    Service,
    /// Another bus. It goes no further than this one.
    Bus,
    /// A replay: its name, and the rules that see it (all when empty).
    Replay { rules: Vec<String> },
}

pub(super) fn events(
    events: &mut EventBridge,
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Answer {
    let entries = incoming.params.get("Entries").and_then(Value::as_array);
    let entries = entries.cloned().unwrap_or_default();
    if entries.iter().map(size).sum::<usize>() > BYTES_MAX {
        return Err(invalid("Total size of the entries in the request is over the limit."));
    }
    if incoming.params.get("EndpointId").is_some_and(Value::is_string) {
        return Err(super::absent("global endpoints of EventBridge"));
    }
    let mut failed = 0;
    let mut results = Vec::with_capacity(entries.len());
    for entry in &entries {
        match event_of(world, incoming, entry) {
            Ok(event) => {
                let id = event["id"].clone();
                let bus = entry["EventBusName"].as_str().unwrap_or("default");
                let bus = bus.rsplit_once("event-bus/").map_or(bus, |(_, name)| name).to_owned();
                let command = incoming.caller.logged_command();
                take_in(events, world, &bus, event, &Origin::Put, command);
                results.push(json!({ "EventId": id }));
            }
            Err((code, message)) => {
                failed += 1;
                results.push(json!({ "ErrorCode": code, "ErrorMessage": message }));
            }
        }
    }
    respond(json!({ "FailedEntryCount": failed, "Entries": results }))
}

/// "Calculating PutEvents event entry size".
fn size(entry: &Value) -> usize {
    let text = |name: &str| entry[name].as_str().map_or(0, str::len);
    let time = if entry["Time"].is_null() { 0 } else { 14 };
    let resources = entry["Resources"].as_array().into_iter().flatten();
    let resources: usize = resources.filter_map(Value::as_str).map(str::len).sum();
    time + text("Source") + text("DetailType") + text("Detail") + resources
}

/// The event of an entry, or why there is none.
fn event_of(
    world: &mut World,
    incoming: &Incoming<'_>,
    entry: &Value,
) -> Result<Value, (&'static str, String)> {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    for name in ["Source", "DetailType", "Detail"] {
        if text(name).is_empty() {
            return Err((
                "InvalidArgument",
                format!("Parameter {name} is not valid. Reason: {name} is a required argument."),
            ));
        }
    }
    let is_service = matches!(incoming.caller.waiter, crate::world::Waiter::Target(_));
    if text("Source").starts_with("aws.") && !is_service {
        return Err(("NotAuthorizedForSource", "Not authorized for the source.".to_owned()));
    }
    let detail: Value = serde_json::from_str(text("Detail")).unwrap_or_default();
    if !detail.is_object() {
        return Err(("MalformedDetail", "Detail is malformed.".to_owned()));
    }
    let now_s = world.unix_ms() / 1_000;
    let time = match &entry["Time"] {
        Value::String(text) => calendar::parse(text),
        Value::Number(number) => number.as_f64().map(|seconds| seconds as u64),
        _ => None,
    };
    let resources = entry["Resources"].as_array().cloned().unwrap_or_default();
    let mut event = blank(world, text("DetailType"), text("Source"), time.unwrap_or(now_s));
    event["resources"] = Value::Array(resources);
    event["detail"] = detail;
    Ok(event)
}

/// An event's frame, in AWS's order.
fn blank(world: &mut World, detail_type: &str, source: &str, time_s: u64) -> Value {
    json!({
        "version": "0",
        "id": world.rng.uuid(),
        "detail-type": detail_type,
        "source": source,
        "account": world.config.account,
        "time": calendar::iso_seconds(time_s),
        "region": world.config.region,
        "resources": [],
        "detail": {},
    })
}

/// An event is on a bus. On one that does not exist it is gone.
pub(super) fn take_in(
    events: &mut EventBridge,
    world: &mut World,
    bus_name: &str,
    event: Value,
    origin: &Origin,
    command: Option<u64>,
) {
    let Some(bus) = events.buses.get(bus_name) else { return };
    let event = Arc::new(event);
    let mut matched: Vec<(String, String, Vec<Arc<Value>>)> = Vec::new();
    for (name, rule) in &bus.rules {
        let is_asked = match origin {
            Origin::Replay { rules } => rules.is_empty() || rules.contains(&rule.arn),
            Origin::Put | Origin::Service | Origin::Bus => true,
        };
        if rule.enabled
            && is_asked
            && rule.pattern.as_ref().is_some_and(|pattern| pattern.matches(&event))
        {
            matched.push((name.clone(), rule.arn.clone(), rule.targets.clone()));
        }
    }
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let is_kept =
        !matches!(origin, Origin::Replay { .. }) && archives::keep(events, world, bus_name, &event);
    if matches!(origin, Origin::Service) && matched.is_empty() && !is_kept {
        return;
    }
    world.emit(Fact::BusEventAccepted {
        event_id: text("id"),
        bus: bus_name.to_owned(),
        source: text("source"),
        detail_type: text("detail-type"),
        rules: matched.iter().map(|(name, ..)| name.clone()).collect(),
        command,
    });
    for (name, arn, targets) in matched {
        for target in targets {
            deliver(events, world, (&name, &arn), &target, &event, origin);
        }
    }
}

/// Gives an event to a target of a rule.
fn deliver(
    events: &mut EventBridge,
    world: &mut World,
    (rule_name, rule_arn): (&str, &str),
    target: &Value,
    event: &Arc<Value>,
    origin: &Origin,
) {
    let now_s = world.unix_ms() / 1_000;
    let target_arn = target["Arn"].as_str().unwrap_or_default();
    let event_id = event["id"].as_str().unwrap_or_default();
    let text = input::input(target, event, &About { rule_arn, rule_name, now_s });
    let own = arn(world, "event-bus/");
    if let Some(bus) = target_arn.strip_prefix(&own)
        && !matches!(origin, Origin::Bus)
    {
        let error = match events.policy(bus) {
            None => Some("ResourceNotFoundException"),
            Some(policy) => iam::bus_forbids(&world.config, policy, target_arn, rule_arn)
                .then_some("AccessDeniedException"),
        };
        world.emit(Fact::TargetCalled {
            source: rule_arn.to_owned(),
            event_id: event_id.to_owned(),
            target_id: target["Id"].as_str().unwrap_or_default().to_owned(),
            target: target_arn.to_owned(),
            attempt: 1,
            dead_letter: false,
            result: error.is_none().then(|| event_id.to_owned()),
            error: error.map(str::to_owned),
            due_at: None,
        });
        if error.is_some() {
            return;
        }
        // The same event, id included, whatever the target's input says.
        let event = Value::clone(event);
        take_in(events, world, bus, event, &Origin::Bus, None);
        return;
    }
    let group = target["SqsParameters"]["MessageGroupId"].as_str();
    let retry = &target["RetryPolicy"];
    let delivery = Delivery {
        source: Source::Rule,
        source_arn: rule_arn.to_owned(),
        permit_arn: rule_arn.to_owned(),
        role: target["RoleArn"].as_str().map(str::to_owned),
        event_id: event_id.to_owned(),
        target_id: target["Id"].as_str().unwrap_or_default().to_owned(),
        target: target_arn.to_owned(),
        calls: request_for(world, target_arn, event_id, &text, group).unwrap_or_default(),
        done: 0,
        original: event.to_string(),
        attributes: serde_json::Map::new(),
        began_at: world.now,
        attempts: 0,
        retries: Retries {
            attempts_max: retry["MaximumRetryAttempts"].as_u64().unwrap_or(RETRIES.attempts_max),
            age_seconds_max: retry["MaximumEventAgeInSeconds"]
                .as_u64()
                .unwrap_or(RETRIES.age_seconds_max),
        },
        dead_letter: target["DeadLetterConfig"]["Arn"].as_str().map(str::to_owned),
        is_dead_letter: false,
    };
    let now = world.now;
    delivery.begin(world, now);
}

/// Milliseconds until an event of a service is on the bus. Chosen; it keeps the clock moving when a rule starts what it hears of.
const SERVICE_MS: u64 = 200;

/// A service tells the account's bus something.
pub(crate) fn soon(world: &mut World, told: world::Due) {
    world.schedule(world.now.after_ms(SERVICE_MS), Urgency::Work, told);
}

/// Something is due.
#[inline(never)]
pub(crate) fn handle_due(events: &mut EventBridge, world: &mut World, due: Due) {
    match due {
        Due::Tick { bus, rule, at_s } => tick(events, world, &bus, &rule, at_s),
        Due::Replay { name } => archives::run(events, world, &name),
        Due::Service { source, detail_type, resource, detail } => {
            let now_s = world.unix_ms() / 1_000;
            let mut event = blank(world, detail_type, source, now_s);
            event["resources"] = json!([resource]);
            event["detail"] = *detail;
            take_in(events, world, "default", event, &Origin::Service, None);
        }
    }
}

/// A rule's schedule has come round.
fn tick(events: &mut EventBridge, world: &mut World, bus: &str, name: &str, at_s: u64) {
    let Some(rule) = events.buses.get_mut(bus).and_then(|bus| bus.rules.get_mut(name)) else {
        return;
    };
    rules::schedule_next(world, bus, name, rule, at_s);
    let (arn, targets) = (rule.arn.clone(), rule.targets.clone());
    let mut event = blank(world, "Scheduled Event", "aws.events", at_s);
    event["resources"] = json!([arn]);
    world.emit(Fact::BusEventAccepted {
        event_id: event["id"].as_str().unwrap_or_default().to_owned(),
        bus: bus.to_owned(),
        source: "aws.events".to_owned(),
        detail_type: "Scheduled Event".to_owned(),
        rules: vec![name.to_owned()],
        command: None,
    });
    let event = Arc::new(event);
    for target in targets {
        deliver(events, world, (name, &arn), &target, &event, &Origin::Put);
    }
}
