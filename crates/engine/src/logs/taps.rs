//! What happens to a log event as it arrives: metric filters count it, subscriptions pass it on.
//!
//! Sources: "Creating metrics from log events using filters", "Real-time processing of log data with subscriptions"; what a
//! function is given is as recorded.

use super::Due;
use super::filter::Filter;
use super::model::{Group, Logs, Position};
use crate::cloudwatch::{self, Key};
use crate::crc32::crc32;
use crate::queue::Urgency;
use crate::world::{self, Waiter, World};
use crate::{Blob, Principal, Request};
use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a stream got within so many milliseconds is sent together. Chosen: AWS does not say how it collects.
const COLLECT_MS: u64 = 1_000;
/// Bytes and events that are sent together at most, as in one PutLogEvents.
const BATCH_BYTES_MAX: usize = 1 << 20;
const BATCH_EVENTS_MAX: usize = 10_000;

/// A metric filter.
#[derive(Debug)]
pub(crate) struct MetricFilter {
    pub(super) pattern: String,
    pub(super) filter: Filter,
    pub(super) created_ms: u64,
    pub(super) transformations: Vec<Value>,
}

/// A subscription filter.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(super) pattern: String,
    pub(super) filter: Filter,
    pub(super) created_ms: u64,
    pub(super) destination: String,
    pub(super) role: Option<String>,
    pub(super) distribution: String,
    /// What is to be sent, by stream.
    pub(super) collected: BTreeMap<String, Collected>,
}

/// Events that are sent together.
#[derive(Debug, Default)]
pub(super) struct Collected {
    events: Vec<Value>,
    bytes: usize,
}

/// An event has arrived in a group that has filters.
#[inline(never)]
pub(super) fn observe(
    group: &mut Group,
    world: &mut World,
    name: &str,
    stream: &str,
    at: Position,
    message: &str,
) {
    let text = message.strip_suffix('\n').unwrap_or(message);
    for filter in group.metric_filters.values() {
        count(filter, world, at, text);
    }
    for (filter_name, subscription) in &mut group.subscriptions {
        if !subscription.filter.matches(text) {
            continue;
        }
        let mut event = json!({
            "id": event_id(at), "timestamp": at.timestamp_ms, "message": message,
        });
        if matches!(subscription.filter, Filter::Fields(_)) {
            let fields = subscription.filter.extracted(text).into_iter();
            let fields =
                fields.map(|(field, value)| (field.trim_start_matches('$').to_owned(), value));
            event["extractedFields"] = Value::Object(fields.collect());
        }
        let is_new = !subscription.collected.contains_key(stream);
        let collected = subscription.collected.entry(stream.to_owned()).or_default();
        collected.events.push(event);
        collected.bytes += message.len();
        if collected.bytes >= BATCH_BYTES_MAX || collected.events.len() >= BATCH_EVENTS_MAX {
            let events = std::mem::take(&mut collected.events);
            collected.bytes = 0;
            pass_on(world, &subscription.destination, name, stream, filter_name, events);
        }
        if is_new {
            let due = Due::Send {
                group: name.to_owned(),
                filter: filter_name.clone(),
                stream: stream.to_owned(),
            };
            let at = world.now.after_ms(COLLECT_MS);
            world.schedule(at, Urgency::Work, world::Due::Logs(due));
        }
    }
}

/// An event's id: 56 digits, as AWS's are.
pub(super) fn event_id(at: Position) -> String {
    format!("{:020}{:036}", at.timestamp_ms, at.sequence)
}

/// Publishes what a metric filter makes of an event. A transformation whose value or one of whose dimensions the event lacks
/// publishes nothing; one with a default value publishes that for an event that does not match.
fn count(filter: &MetricFilter, world: &mut World, at: Position, text: &str) {
    let matches = filter.filter.matches(text);
    for transformation in &filter.transformations {
        let named = |key: &str| transformation[key].as_str().unwrap_or_default();
        let read = |value: &str| match value.starts_with('$') {
            true => filter.filter.value(value, text),
            false => Some(value.to_owned()),
        };
        let value = if matches {
            read(named("metricValue")).and_then(|value| value.trim().parse::<f64>().ok())
        } else {
            transformation["defaultValue"].as_f64()
        };
        let given = transformation["dimensions"].as_object().into_iter().flatten();
        let dimensions: Option<BTreeMap<String, String>> =
            given.map(|(name, value)| Some((name.clone(), read(value.as_str()?)?))).collect();
        let (Some(value), Some(dimensions)) = (value, dimensions) else { continue };
        let key = Key {
            namespace: named("metricNamespace").to_owned(),
            name: named("metricName").to_owned(),
            dimensions,
        };
        let unit = cloudwatch::unit(transformation["unit"].as_str());
        world.metrics.put(key, unit, at.timestamp_ms, value, 1.0);
    }
}

/// Sends what a subscription has collected of a stream.
pub(super) fn send(logs: &mut Logs, world: &mut World, group: &str, filter: &str, stream: &str) {
    let Some(known) = logs.groups.get_mut(group) else { return };
    let Some(subscription) = known.subscriptions.get_mut(filter) else { return };
    let Some(collected) = subscription.collected.remove(stream) else { return };
    if !collected.events.is_empty() {
        pass_on(world, &subscription.destination, group, stream, filter, collected.events);
    }
}

/// A function is invoked with events as AWS packs them: JSON, gzip, base64.
fn pass_on(
    world: &mut World,
    destination: &str,
    group: &str,
    stream: &str,
    filter: &str,
    events: Vec<Value>,
) {
    let data = json!({
        "messageType": "DATA_MESSAGE",
        "owner": world.config.account,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [filter],
        "logEvents": events,
    });
    let packed = base64::prelude::BASE64_STANDARD.encode(gzip(data.to_string().as_bytes()));
    let payload = json!({ "awslogs": { "data": packed } }).to_string();
    let request = Request {
        service: "lambda".into(),
        operation: "Invoke".into(),
        params: json!({
            "FunctionName": destination, "InvocationType": "Event", "Payload": Blob::text(payload),
        }),
        principal: Principal::Service(format!("logs.{}.amazonaws.com", world.config.region)),
    };
    let due = world::Due::Request { waiter: Waiter::Nobody, request };
    world.schedule(world.now, Urgency::Work, due);
}

/// Bytes as a gzip file without a name or a time, as AWS's are.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0];
    file.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
    file.extend(crc32(bytes).to_le_bytes());
    file.extend((bytes.len() as u32).to_le_bytes());
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_text_is_a_gzip_file() {
        let packed = gzip(b"123456789");
        assert_eq!(packed[..3], [0x1f, 0x8b, 8]);
        let end = packed.len() - 8;
        let unpacked = miniz_oxide::inflate::decompress_to_vec(&packed[10..end]).unwrap();
        assert_eq!(unpacked, b"123456789");
        assert_eq!(packed[end..], [0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0], "the known check value");
    }
}
