//! Tags of buses and rules.

use super::api::{Answer, done, respond, text, texts};
use super::model::{EventBridge, Tags};
use super::{buses, rules};
use crate::ApiError;
use crate::world::Params;
use serde_json::{Value, json};

/// `[{"Key", "Value"}]` as a map.
pub(super) fn read(given: Option<&Value>) -> Tags {
    let mut tags = Tags::new();
    merge(&mut tags, given);
    tags
}

/// Adds what is given to what is there.
pub(crate) fn merge(tags: &mut Tags, given: Option<&Value>) {
    for tag in given.and_then(Value::as_array).into_iter().flatten() {
        let (key, value) = (tag["Key"].as_str(), tag["Value"].as_str());
        tags.insert(key.unwrap_or_default().to_owned(), value.unwrap_or_default().to_owned());
    }
}

/// A map as `[{"Key", "Value"}]`.
pub(crate) fn describe(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

fn of<'a>(events: &'a mut EventBridge, params: &Params) -> Result<&'a mut Tags, ApiError> {
    let arn = text(params, "ResourceARN");
    let path = arn.split(':').nth(5).unwrap_or_default();
    if let Some(bus) = path.strip_prefix("event-bus/") {
        return Ok(&mut buses::find(events, bus)?.tags);
    }
    let rule = path.strip_prefix("rule/").unwrap_or(path);
    let (bus, rule) = rule.split_once('/').unwrap_or(("default", rule));
    Ok(&mut rules::find(events, bus, rule)?.tags)
}

pub(super) fn tag(events: &mut EventBridge, params: &Params) -> Answer {
    merge(of(events, params)?, params.get("Tags"));
    done()
}

pub(super) fn untag(events: &mut EventBridge, params: &Params) -> Answer {
    let tags = of(events, params)?;
    texts(params, "TagKeys").into_iter().for_each(|key| {
        tags.remove(key);
    });
    done()
}

pub(super) fn list(events: &mut EventBridge, params: &Params) -> Answer {
    respond(json!({ "Tags": describe(of(events, params)?) }))
}
