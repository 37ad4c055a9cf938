//! Archives keep the events of a bus; replays bring them back.

use super::api::{Answer, exists, invalid, limit, listed, names, not_found, respond, text, texts};
use super::buses;
use super::model::{Archive, Due, EventBridge, Replay, arn};
use super::put::{self, Origin};
use crate::queue::Urgency;
use crate::world::{self, Params, World};
use crate::{ApiError, calendar, patterns};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

/// Events that an archive keeps at most. Chosen: a session is held in memory.
const EVENTS_MAX: usize = 10_000;
/// "Concurrent replays: 10" (EventBridge quotas).
const ACTIVE_MAX: usize = 10;
/// How long a replay takes to begin, and then to end, milliseconds. Chosen.
const REPLAY_MS: u64 = 1_000;

const SETTINGS: [&str; 4] = ["Description", "EventPattern", "RetentionDays", "KmsKeyIdentifier"];

fn gone(name: &str) -> ApiError {
    not_found(format!("Archive {name} does not exist."))
}

/// The name after the last `/` of an ARN.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

pub(super) fn create(events: &mut EventBridge, world: &mut World, params: &Params) -> Answer {
    let name = text(params, "ArchiveName");
    if events.archives.contains_key(name) {
        return Err(exists("Archive", name));
    }
    let bus = last(text(params, "EventSourceArn"));
    if !events.buses.contains_key(bus) {
        return Err(buses::gone(bus));
    }
    let pattern = match text(params, "EventPattern") {
        "" => None,
        pattern => Some(patterns::events::parse(pattern)?),
    };
    let created_s = world.unix_ms() / 1_000;
    let archive = Archive {
        arn: arn(world, &format!("archive/{name}")),
        bus: bus.to_owned(),
        created_s,
        settings: names(params, &SETTINGS),
        pattern,
        events: VecDeque::new(),
        bytes: 0,
    };
    let output =
        json!({ "ArchiveArn": archive.arn, "State": "ENABLED", "CreationTime": created_s });
    events.archives.insert(name.to_owned(), archive);
    respond(output)
}

pub(super) fn update(events: &mut EventBridge, params: &Params) -> Answer {
    let settings = names(params, &SETTINGS);
    if !settings.keys().any(|name| name != "KmsKeyIdentifier") {
        return Err(invalid(
            "At least one of EventPattern, RetentionDays or Description must be provided.",
        ));
    }
    let name = text(params, "ArchiveName");
    let archive = events.archives.get_mut(name).ok_or_else(|| gone(name))?;
    if let Some(pattern) = settings.get("EventPattern").and_then(Value::as_str) {
        archive.pattern = Some(patterns::events::parse(pattern)?);
    }
    archive.settings.extend(settings);
    respond(json!({
        "ArchiveArn": archive.arn, "State": "ENABLED", "CreationTime": archive.created_s,
    }))
}

pub(super) fn delete(events: &mut EventBridge, params: &Params) -> Answer {
    let name = text(params, "ArchiveName");
    match events.archives.remove(name) {
        Some(_) => super::api::done(),
        None => Err(gone(name)),
    }
}

fn source_arn(world: &World, archive: &Archive) -> String {
    arn(world, &format!("event-bus/{}", archive.bus))
}

/// How many events there are, without those whose time is over.
fn count(world: &World, archive: &Archive) -> usize {
    let kept = archive.events.iter().rev().take_while(|(at, _)| !is_over(world, archive, *at));
    kept.count()
}

fn is_over(world: &World, archive: &Archive, at: crate::Timestamp) -> bool {
    let days = archive.settings.get("RetentionDays").and_then(Value::as_u64).unwrap_or(0);
    days > 0 && at.after_ms(days * 86_400_000) <= world.now
}

pub(super) fn describe(events: &mut EventBridge, world: &World, params: &Params) -> Answer {
    let name = text(params, "ArchiveName");
    let archive = events.archives.get(name).ok_or_else(|| gone(name))?;
    let mut output = json!({
        "ArchiveArn": archive.arn, "ArchiveName": name, "EventSourceArn": source_arn(world, archive),
    });
    if let Value::Object(members) = &mut output {
        members.extend(archive.settings.clone());
        members.insert("State".into(), json!("ENABLED"));
        members.entry("RetentionDays").or_insert(json!(0));
        members.insert("SizeBytes".into(), json!(archive.bytes));
        members.insert("EventCount".into(), json!(count(world, archive)));
        members.insert("CreationTime".into(), json!(archive.created_s));
    }
    respond(output)
}

pub(super) fn list(events: &EventBridge, world: &World, params: &Params) -> Answer {
    let (prefix, source) = (text(params, "NamePrefix"), text(params, "EventSourceArn"));
    if !text(params, "State").is_empty() && text(params, "State") != "ENABLED" {
        return listed("Archives", Vec::new(), params);
    }
    let all = events.archives.iter().filter(|(name, archive)| {
        name.starts_with(prefix) && (source.is_empty() || source_arn(world, archive) == source)
    });
    let all = all.map(|(name, archive)| {
        json!({
            "ArchiveName": name,
            "EventSourceArn": source_arn(world, archive),
            "State": "ENABLED",
            "RetentionDays": archive.settings.get("RetentionDays").cloned().unwrap_or(json!(0)),
            "SizeBytes": archive.bytes,
            "EventCount": count(world, archive),
            "CreationTime": archive.created_s,
        })
    });
    listed("Archives", all.collect(), params)
}

/// An event has come to a bus. Gives whether an archive keeps it.
pub(super) fn keep(events: &mut EventBridge, world: &World, bus: &str, event: &Arc<Value>) -> bool {
    let mut is_kept = false;
    for archive in events.archives.values_mut().filter(|archive| archive.bus == bus) {
        if archive.pattern.as_ref().is_some_and(|pattern| !pattern.matches(event)) {
            continue;
        }
        is_kept = true;
        archive.bytes += event.to_string().len() as u64;
        archive.events.push_back((world.now, Arc::clone(event)));
        while let Some((at, _)) = archive.events.front()
            && (archive.events.len() > EVENTS_MAX || is_over(world, archive, *at))
        {
            if let Some((_, event)) = archive.events.pop_front() {
                archive.bytes -= event.to_string().len() as u64;
            }
        }
    }
    is_kept
}

fn time(params: &Params, name: &str) -> u64 {
    match params.get(name) {
        Some(Value::String(text)) => calendar::parse(text).unwrap_or(0),
        Some(value) => value.as_f64().map_or(0, |seconds| seconds as u64),
        None => 0,
    }
}

pub(super) fn start(events: &mut EventBridge, world: &mut World, params: &Params) -> Answer {
    let name = text(params, "ReplayName");
    let destination = params.get("Destination").cloned().unwrap_or_default();
    let bus = last(destination["Arn"].as_str().unwrap_or_default()).to_owned();
    if !events.buses.contains_key(&bus) {
        return Err(buses::gone(&bus));
    }
    let archive_name = last(text(params, "EventSourceArn"));
    let Some(archive) = events.archives.get(archive_name) else {
        return Err(invalid(format!(
            "Parameter EventSourceArn is not valid. Reason: Archive {archive_name} does not exist."
        )));
    };
    if archive.bus != bus {
        return Err(invalid(
            "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
        ));
    }
    let (from_s, to_s) = (time(params, "EventStartTime"), time(params, "EventEndTime"));
    if to_s <= from_s {
        return Err(invalid(
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
        ));
    }
    if events.replays.contains_key(name) {
        return Err(exists("Replay", name));
    }
    let is_active = |replay: &&Replay| matches!(replay.state, "STARTING" | "RUNNING");
    if events.replays.values().filter(is_active).count() >= ACTIVE_MAX {
        return Err(limit());
    }
    let rules = match &destination {
        Value::Object(destination) => texts(destination, "FilterArns"),
        _ => Vec::new(),
    };
    let started_s = world.unix_ms() / 1_000;
    let replay = Replay {
        settings: names(params, &["Description", "Destination", "EventSourceArn"]),
        archive: archive_name.to_owned(),
        bus,
        rules: rules.into_iter().map(str::to_owned).collect(),
        from_s,
        to_s,
        state: "STARTING",
        started_s,
        ended_s: None,
        last_s: None,
    };
    events.replays.insert(name.to_owned(), replay);
    wait(world, name);
    respond(json!({
        "ReplayArn": arn(world, &format!("replay/{name}")),
        "State": "STARTING",
        "ReplayStartTime": started_s,
    }))
}

fn wait(world: &mut World, name: &str) {
    let due = world::Due::Events(Due::Replay { name: name.to_owned() });
    world.schedule(world.now.after_ms(REPLAY_MS), Urgency::Work, due);
}

/// A replay begins: its events come again, in their order. Then it ends.
pub(super) fn run(events: &mut EventBridge, world: &mut World, name: &str) {
    let Some(replay) = events.replays.get_mut(name) else { return };
    let now_s = world.unix_ms() / 1_000;
    match replay.state {
        "STARTING" => {
            replay.state = "RUNNING";
            let (bus, rules) = (replay.bus.clone(), replay.rules.clone());
            let (from_s, to_s) = (replay.from_s, replay.to_s);
            let Some(archive) = events.archives.get(&replay.archive) else {
                replay.state = "FAILED";
                return;
            };
            let mut again: Vec<Value> = Vec::new();
            for (at, event) in &archive.events {
                let came_s = world.unix_ms_at(*at) / 1_000;
                if (from_s..=to_s).contains(&came_s) && !is_over(world, archive, *at) {
                    replay.last_s = Some(came_s);
                    let mut event = Value::clone(event);
                    event["replay-name"] = json!(name);
                    again.push(event);
                }
            }
            let origin = Origin::Replay { rules };
            for event in again {
                put::take_in(events, world, &bus, event, &origin, None);
            }
            wait(world, name);
        }
        "RUNNING" => {
            replay.state = "COMPLETED";
            replay.ended_s = Some(now_s);
        }
        "CANCELLING" => {
            replay.state = "CANCELLED";
            replay.ended_s = Some(now_s);
        }
        _ => {}
    }
}

fn no_replay(name: &str) -> ApiError {
    not_found(format!("Replay {name} does not exist."))
}

pub(super) fn cancel(events: &mut EventBridge, world: &mut World, params: &Params) -> Answer {
    let name = text(params, "ReplayName");
    let replay = events.replays.get_mut(name).ok_or_else(|| no_replay(name))?;
    if !matches!(replay.state, "STARTING" | "RUNNING") {
        return Err(ApiError {
            code: "IllegalStatusException".to_owned(),
            ..invalid(format!("Replay {name} is not in a valid state for this operation."))
        });
    }
    replay.state = "CANCELLING";
    respond(json!({
        "ReplayArn": arn(world, &format!("replay/{name}")), "State": "CANCELLING",
    }))
}

fn shown(name: &str, replay: &Replay) -> Value {
    let mut output = json!({
        "ReplayName": name,
        "State": replay.state,
        "EventStartTime": replay.from_s,
        "EventEndTime": replay.to_s,
        "ReplayStartTime": replay.started_s,
    });
    if let Some(last_s) = replay.last_s {
        output["EventLastReplayedTime"] = json!(last_s);
    }
    if let Some(ended_s) = replay.ended_s {
        output["ReplayEndTime"] = json!(ended_s);
    }
    output
}

pub(super) fn describe_replay(events: &EventBridge, world: &World, params: &Params) -> Answer {
    let name = text(params, "ReplayName");
    let replay = events.replays.get(name).ok_or_else(|| no_replay(name))?;
    let mut output = shown(name, replay);
    if let Value::Object(members) = &mut output {
        members.insert("ReplayArn".into(), json!(arn(world, &format!("replay/{name}"))));
        members.extend(replay.settings.clone());
    }
    respond(output)
}

pub(super) fn list_replays(events: &EventBridge, world: &World, params: &Params) -> Answer {
    let (prefix, source) = (text(params, "NamePrefix"), text(params, "EventSourceArn"));
    let state = text(params, "State");
    let all = events.replays.iter().filter(|(name, replay)| {
        let archive = arn(world, &format!("archive/{}", replay.archive));
        name.starts_with(prefix)
            && (source.is_empty() || archive == source)
            && (state.is_empty() || replay.state == state)
    });
    let all = all.map(|(name, replay)| {
        let mut output = shown(name, replay);
        output["EventSourceArn"] = json!(arn(world, &format!("archive/{}", replay.archive)));
        output
    });
    listed("Replays", all.collect(), params)
}
