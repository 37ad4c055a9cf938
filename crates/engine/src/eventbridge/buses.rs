//! Event buses and who may put events on them.

use super::api::{Answer, done, exists, invalid, listed, names, not_found, respond, text};
use super::model::{Bus, EventBridge, arn};
use super::{rules, tags};
use crate::ApiError;
use crate::world::{Params, World};
use serde_json::{Map, Value, json};

/// The name in a name or an ARN; the account's own bus when none is given.
pub(super) fn name_of<'a>(params: &'a Params, key: &str) -> &'a str {
    match text(params, key) {
        "" => "default",
        given => given.rsplit_once("event-bus/").map_or(given, |(_, name)| name),
    }
}

pub(super) fn gone(name: &str) -> ApiError {
    not_found(format!("Event bus {name} does not exist."))
}

impl EventBridge {
    /// The statements of a bus's policy.
    #[inline(never)]
    pub(crate) fn policy(&self, bus: &str) -> Option<&[Value]> {
        self.buses.get(bus).map(|bus| bus.policy.as_slice())
    }
}

pub(super) fn find<'a>(events: &'a mut EventBridge, name: &str) -> Result<&'a mut Bus, ApiError> {
    events.buses.get_mut(name).ok_or_else(|| gone(name))
}

const SETTINGS: [&str; 4] = ["Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"];

pub(super) fn create(events: &mut EventBridge, world: &mut World, params: &Params) -> Answer {
    let name = text(params, "Name");
    if events.buses.contains_key(name) {
        return Err(exists("Event bus", name));
    }
    if !text(params, "EventSourceName").is_empty() {
        return Err(super::absent("event buses of partners"));
    }
    if name.contains('/') {
        return Err(invalid("Event bus name must not contain '/'."));
    }
    let now_s = world.unix_ms() / 1_000;
    let bus = Bus {
        created_s: now_s,
        modified_s: now_s,
        settings: names(params, &SETTINGS),
        tags: tags::read(params.get("Tags")),
        ..Bus::default()
    };
    let mut output = json!({ "EventBusArn": arn(world, &format!("event-bus/{name}")) });
    if let Value::Object(output) = &mut output {
        output.extend(bus.settings.clone());
    }
    events.buses.insert(name.to_owned(), bus);
    respond(output)
}

pub(super) fn update(events: &mut EventBridge, world: &mut World, params: &Params) -> Answer {
    let name = name_of(params, "Name");
    let bus = find(events, name)?;
    bus.settings.extend(names(params, &SETTINGS));
    bus.modified_s = world.unix_ms() / 1_000;
    let mut output = Map::new();
    output.insert("Arn".into(), json!(arn(world, &format!("event-bus/{name}"))));
    output.insert("Name".into(), json!(name));
    output.extend(bus.settings.clone());
    respond(Value::Object(output))
}

pub(super) fn delete(events: &mut EventBridge, world: &mut World, params: &Params) -> Answer {
    let name = name_of(params, "Name");
    if name == "default" {
        return Err(invalid("Cannot delete event bus default."));
    }
    // A bus that is not there is as good as deleted.
    if let Some(bus) = events.buses.remove(name) {
        bus.rules.into_values().for_each(|rule| rules::stop(world, &rule));
    }
    done()
}

fn shown(world: &World, name: &str, bus: &Bus) -> Value {
    let mut output = json!({ "Name": name, "Arn": arn(world, &format!("event-bus/{name}")) });
    if let Value::Object(members) = &mut output {
        members.extend(bus.settings.clone());
        if !bus.policy.is_empty() {
            let policy = json!({ "Version": "2012-10-17", "Statement": bus.policy });
            members.insert("Policy".into(), json!(policy.to_string()));
        }
        members.insert("CreationTime".into(), json!(bus.created_s));
        members.insert("LastModifiedTime".into(), json!(bus.modified_s));
    }
    output
}

pub(super) fn describe(events: &mut EventBridge, world: &World, params: &Params) -> Answer {
    let name = name_of(params, "Name");
    let bus = find(events, name)?;
    respond(shown(world, name, bus))
}

pub(super) fn list(events: &EventBridge, world: &World, params: &Params) -> Answer {
    let prefix = text(params, "NamePrefix");
    let buses = events.buses.iter().filter(|(name, _)| name.starts_with(prefix));
    let all = buses.map(|(name, bus)| {
        let mut shown = shown(world, name, bus);
        if let Value::Object(members) = &mut shown {
            ["KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"].iter().for_each(|name| {
                members.remove(*name);
            });
        }
        shown
    });
    listed("EventBuses", all.collect(), params)
}

pub(super) fn put_permission(events: &mut EventBridge, world: &World, params: &Params) -> Answer {
    let name = name_of(params, "EventBusName");
    let bus = find(events, name)?;
    let policy = text(params, "Policy");
    if !policy.is_empty() {
        let wrong = || invalid("This policy contains invalid Json");
        let policy: Value = serde_json::from_str(policy).map_err(|_| wrong())?;
        bus.policy = match &policy["Statement"] {
            Value::Array(all) => all.clone(),
            Value::Object(_) => vec![policy["Statement"].clone()],
            _ => return Err(wrong()),
        };
        return done();
    }
    let (action, principal, sid) =
        (text(params, "Action"), text(params, "Principal"), text(params, "StatementId"));
    if action.is_empty() || principal.is_empty() || sid.is_empty() {
        return Err(invalid("Parameters Action, Principal and StatementId must be specified."));
    }
    if action != "events:PutEvents" {
        return Err(invalid("Provided value in parameter 'action' is not supported."));
    }
    let mut statement = json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": match principal {
            "*" => json!("*"),
            account => json!({ "AWS": format!("arn:aws:iam::{account}:root") }),
        },
        "Action": action,
        "Resource": arn(world, &format!("event-bus/{name}")),
    });
    let condition = &params.get("Condition").cloned().unwrap_or_default();
    if let (Some(kind), Some(key)) = (condition["Type"].as_str(), condition["Key"].as_str()) {
        statement["Condition"] = json!({ kind: { key: condition["Value"] } });
    }
    match bus.policy.iter_mut().find(|known| known["Sid"] == sid) {
        Some(known) => *known = statement,
        None => bus.policy.push(statement),
    }
    done()
}

pub(super) fn remove_permission(events: &mut EventBridge, params: &Params) -> Answer {
    let bus = find(events, name_of(params, "EventBusName"))?;
    if params.get("RemoveAllPermissions") == Some(&Value::Bool(true)) {
        bus.policy.clear();
        return done();
    }
    let sid = text(params, "StatementId");
    if sid.is_empty() {
        return Err(invalid("Parameter StatementId must be specified."));
    }
    if bus.policy.is_empty() {
        return Err(not_found("EventBus does not have a policy."));
    }
    let known = bus.policy.len();
    bus.policy.retain(|statement| statement["Sid"] != sid);
    if bus.policy.len() == known {
        return Err(not_found("Statement with the provided id does not exist."));
    }
    done()
}
