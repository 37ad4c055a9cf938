//! The operations on groups, streams and events: validate, act, answer or refuse. The list of all operations is here, too.

use super::errors::LogsError;
use super::filter::Filter;
use super::model::{DAY_MS, Group, Line, Logs, Position, Stream};
use super::params::{
    Answer, flag, group_arn, group_mut, group_name, group_of, list, name, number, page, text,
    texts, window, with_token,
};
use super::{deliveries, filters, insights, resources, taps};
use crate::Response;
use crate::lambda::Lambda;
use crate::world::{Incoming, Outcome, Params, World};
use serde_json::{Value, json};

/// Bytes that an event counts beside its message, and bytes of one request at most (PutLogEvents).
const EVENT_OVERHEAD_BYTES: usize = 26;
const UPLOAD_BYTES_MAX: usize = 1_048_576;
/// "None of the log events in the batch can be more than 2 hours in the future", nor "older than 14 days".
const FUTURE_MS_MAX: u64 = 7_200_000;
const PAST_MS_MAX: u64 = 14 * DAY_MS;
/// "50 tags": of a group.
const TAGS_MAX: usize = 50;

/// The operations that are emulated; none for others.
#[inline(never)]
pub(crate) fn handle(
    logs: &mut Logs,
    world: &mut World,
    lambda: &Lambda,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, crate::ApiError>> {
    let params = incoming.params;
    let answer = match incoming.caller.operation.as_str() {
        "CreateLogGroup" => create_log_group(logs, world, params),
        "DeleteLogGroup" => delete_log_group(logs, params),
        "DescribeLogGroups" => describe_log_groups(logs, world, params),
        "CreateLogStream" => create_log_stream(logs, world, params),
        "DeleteLogStream" => delete_log_stream(logs, params),
        "DescribeLogStreams" => describe_log_streams(logs, world, params),
        "PutLogEvents" => put_log_events(logs, world, params),
        "GetLogEvents" => get_log_events(logs, world, params),
        "FilterLogEvents" => filter_log_events(logs, world, params),
        "PutRetentionPolicy" => put_retention_policy(logs, world, params),
        "DeleteRetentionPolicy" => delete_retention_policy(logs, params),
        "TagLogGroup" => tag_log_group(logs, params),
        "UntagLogGroup" => untag_log_group(logs, params),
        "ListTagsLogGroup" => list_tags_log_group(logs, params),
        "TagResource" => tag_resource(logs, params),
        "UntagResource" => untag_resource(logs, params),
        "ListTagsForResource" => list_tags_for_resource(logs, params),
        "PutMetricFilter" => filters::put_metric_filter(logs, world, params),
        "DescribeMetricFilters" => filters::describe_metric_filters(logs, params),
        "DeleteMetricFilter" => filters::delete_metric_filter(logs, params),
        "TestMetricFilter" => filters::test_metric_filter(params),
        "PutSubscriptionFilter" => filters::put_subscription_filter(logs, world, lambda, params),
        "DescribeSubscriptionFilters" => filters::describe_subscription_filters(logs, params),
        "DeleteSubscriptionFilter" => filters::delete_subscription_filter(logs, params),
        "PutResourcePolicy" => resources::put_resource_policy(logs, world, params),
        "DescribeResourcePolicies" => resources::describe_resource_policies(logs, params),
        "DeleteResourcePolicy" => resources::delete_resource_policy(logs, params),
        "PutDestination" => resources::put_destination(logs, world, params),
        "PutDestinationPolicy" => resources::put_destination_policy(logs, params),
        "DescribeDestinations" => resources::describe_destinations(logs, params),
        "DeleteDestination" => resources::delete_destination(logs, params),
        "PutQueryDefinition" => resources::put_query_definition(logs, world, params),
        "DescribeQueryDefinitions" => resources::describe_query_definitions(logs, params),
        "DeleteQueryDefinition" => resources::delete_query_definition(logs, params),
        "CreateExportTask" => resources::create_export_task(logs, params),
        "DescribeExportTasks" => Ok(json!({ "exportTasks": [] })),
        "CancelExportTask" => resources::cancel_export_task(),
        "PutDeliverySource" => deliveries::put_source(logs, world, params),
        "GetDeliverySource" => deliveries::get_source(logs, params),
        "DescribeDeliverySources" => deliveries::describe_sources(logs, params),
        "DeleteDeliverySource" => deliveries::delete_source(logs, params),
        "PutDeliveryDestination" => deliveries::put_destination(logs, world, params),
        "GetDeliveryDestination" => deliveries::get_destination(logs, params),
        "DescribeDeliveryDestinations" => deliveries::describe_destinations(logs, params),
        "DeleteDeliveryDestination" => deliveries::delete_destination(logs, params),
        "PutDeliveryDestinationPolicy" => deliveries::put_destination_policy(logs, params),
        "GetDeliveryDestinationPolicy" => deliveries::get_destination_policy(logs, params),
        "DeleteDeliveryDestinationPolicy" => deliveries::delete_destination_policy(logs, params),
        "CreateDelivery" => deliveries::create(logs, world, params),
        "GetDelivery" => deliveries::get(logs, params),
        "DescribeDeliveries" => deliveries::describe(logs, params),
        "UpdateDeliveryConfiguration" => deliveries::update(logs, params),
        "DeleteDelivery" => deliveries::delete(logs, params),
        "StartQuery" => insights::start(logs, world, params),
        "StopQuery" => insights::stop(logs, params),
        "GetQueryResults" => insights::results(logs, params),
        "DescribeQueries" => insights::describe(logs, params),
        "GetLogRecord" => insights::record(logs, world, params),
        "GetLogGroupFields" => insights::group_fields(logs, world, params),
        _ => return None,
    };
    let respond = |output| Outcome::from(Response { status: 200, output });
    Some(answer.map(respond).map_err(Into::into))
}

fn create_log_group(logs: &mut Logs, world: &mut World, params: &Params) -> Answer {
    let name = name(params, "logGroupName")?;
    if logs.groups.contains_key(name) {
        return Err(LogsError::GroupExists);
    }
    let group = logs.create_group(world, name);
    group.kms_key_id = text(params, "kmsKeyId").map(str::to_owned);
    group.tags = texts(params.get("tags"));
    if let Some(class) = text(params, "logGroupClass") {
        group.class = class.to_owned();
    }
    Ok(json!({}))
}

fn delete_log_group(logs: &mut Logs, params: &Params) -> Answer {
    logs.delete_group(name(params, "logGroupName")?).ok_or(LogsError::GroupNotFound)?;
    Ok(json!({}))
}

fn describe_log_groups(logs: &Logs, world: &World, params: &Params) -> Answer {
    let prefix = text(params, "logGroupNamePrefix").unwrap_or_default();
    let part = text(params, "logGroupNamePattern").unwrap_or_default();
    let all =
        logs.groups.iter().filter(|(name, _)| name.starts_with(prefix) && name.contains(part));
    let (page, next) = page(all, params, 50)?;
    let groups: Vec<Value> =
        page.into_iter().map(|(name, group)| describe_group(world, name, group)).collect();
    Ok(with_token(json!({ "logGroups": groups }), next))
}

fn describe_group(world: &World, name: &str, group: &Group) -> Value {
    let arn = group_arn(world, name);
    let mut output = json!({
        "logGroupName": name,
        "creationTime": group.created_ms,
        "metricFilterCount": group.metric_filters.len(),
        "arn": format!("{arn}:*"),
        "storedBytes": group.stored_bytes,
        "logGroupClass": group.class,
        "logGroupArn": arn,
        "deletionProtectionEnabled": false,
    });
    if let Some(key) = &group.kms_key_id {
        output["kmsKeyId"] = json!(key);
    }
    if let Some(days) = group.retention_days {
        output["retentionInDays"] = json!(days);
    }
    output
}

fn create_log_stream(logs: &mut Logs, world: &mut World, params: &Params) -> Answer {
    let (group, stream) = (name(params, "logGroupName")?, name(params, "logStreamName")?);
    let known = logs.groups.get(group).ok_or(LogsError::GroupNotFound)?;
    if known.streams.contains_key(stream) {
        return Err(LogsError::StreamExists);
    }
    logs.create_stream(world, group, stream);
    Ok(json!({}))
}

fn delete_log_stream(logs: &mut Logs, params: &Params) -> Answer {
    let (group, stream) = (name(params, "logGroupName")?, name(params, "logStreamName")?);
    find(logs, group, stream)?;
    logs.delete_stream(group, stream).ok_or(LogsError::StreamNotFound)?;
    Ok(json!({}))
}

fn describe_log_streams(logs: &Logs, world: &World, params: &Params) -> Answer {
    let (name, group) = group_of(logs, params)?;
    let prefix = text(params, "logStreamNamePrefix").unwrap_or_default();
    let mut all: Vec<(&String, &Stream)> =
        group.streams.iter().filter(|(stream, _)| stream.starts_with(prefix)).collect();
    if text(params, "orderBy") == Some("LastEventTime") {
        if !prefix.is_empty() {
            return Err(LogsError::InvalidParameter(
                "Cannot order by LastEventTime with a logStreamNamePrefix.".into(),
            ));
        }
        all.sort_by_key(|(_, stream)| stream.last_ms);
    }
    if flag(params, "descending") {
        all.reverse();
    }
    let (page, next) = page(all.into_iter(), params, 50)?;
    let streams: Vec<Value> = page
        .into_iter()
        .map(|(stream_name, stream)| {
            let mut output =
                json!({ "logStreamName": stream_name, "creationTime": stream.created_ms });
            let times = [
                ("firstEventTimestamp", stream.first_ms),
                ("lastEventTimestamp", stream.last_ms),
                ("lastIngestionTime", stream.ingested_ms),
            ];
            for (key, time) in times {
                if let Some(time) = time {
                    output[key] = json!(time);
                }
            }
            if stream.ingested_ms.is_some() {
                output["uploadSequenceToken"] = json!(upload_token(stream));
            }
            output["arn"] = json!(format!("{}:log-stream:{stream_name}", group_arn(world, name)));
            output["storedBytes"] = json!(0);
            output
        })
        .collect();
    Ok(with_token(json!({ "logStreams": streams }), next))
}

fn put_log_events(logs: &mut Logs, world: &mut World, params: &Params) -> Answer {
    let (group, stream) = (name(params, "logGroupName")?, name(params, "logStreamName")?);
    find(logs, group, stream)?;
    let events =
        params.get("logEvents").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut lines = Vec::with_capacity(events.len());
    let (mut latest, mut bytes) = (0, 0);
    for event in events {
        let timestamp_ms = event.get("timestamp").and_then(Value::as_u64).unwrap_or_default();
        if timestamp_ms < latest {
            return Err(LogsError::InvalidParameter(
                "Log events in a single PutLogEvents request must be in chronological order."
                    .into(),
            ));
        }
        latest = timestamp_ms;
        let message = event.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        bytes += message.len() + EVENT_OVERHEAD_BYTES;
        lines.push(Line { timestamp_ms, request_id: None, message });
    }
    if bytes > UPLOAD_BYTES_MAX {
        return Err(LogsError::InvalidParameter(format!(
            "Upload too large: {bytes} bytes exceeds limit of {UPLOAD_BYTES_MAX}"
        )));
    }
    if lines.first().is_some_and(|first| latest - first.timestamp_ms > DAY_MS) {
        return Err(LogsError::InvalidParameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
                .into(),
        ));
    }
    // They are in order, so what is too old stands at the beginning and what is too new at the end.
    let now_ms = world.unix_ms();
    let kept_from = logs.groups.get(group).map_or(0, |group| group.kept_from(now_ms));
    let too_old = lines.partition_point(|line| line.timestamp_ms + PAST_MS_MAX < now_ms);
    let expired = lines.partition_point(|line| line.timestamp_ms < kept_from);
    let too_new = lines.partition_point(|line| line.timestamp_ms <= now_ms + FUTURE_MS_MAX);
    let mut rejected = json!({});
    if too_old > 0 {
        rejected["tooOldLogEventEndIndex"] = json!(too_old);
    }
    if expired > 0 {
        rejected["expiredLogEventEndIndex"] = json!(expired);
    }
    if too_new < lines.len() {
        rejected["tooNewLogEventStartIndex"] = json!(too_new);
    }
    lines.truncate(too_new);
    for line in lines.into_iter().skip(too_old.max(expired)) {
        logs.write(world, group, stream, line);
    }
    let mut answer = json!({ "nextSequenceToken": upload_token(find(logs, group, stream)?) });
    if rejected != json!({}) {
        answer["rejectedLogEventsInfo"] = rejected;
    }
    Ok(answer)
}

fn get_log_events(logs: &Logs, world: &World, params: &Params) -> Answer {
    let (_, group) = group_of(logs, params)?;
    let stream =
        group.streams.get(name(params, "logStreamName")?).ok_or(LogsError::StreamNotFound)?;
    let limit = number(params, "limit").unwrap_or(10_000).clamp(1, 10_000) as usize;
    let (from, to) = window(params);
    let all: Vec<_> = stream.between(from.max(group.kept_from(world.unix_ms())), to).collect();
    let from_head = flag(params, "startFromHead");
    let (begin, end) = match text(params, "nextToken").map(read_token) {
        Some(None) => {
            return Err(LogsError::InvalidParameter("The specified nextToken is invalid.".into()));
        }
        Some(Some((true, after))) => {
            let begin = all.partition_point(|event| event.at < after);
            (begin, (begin + limit).min(all.len()))
        }
        Some(Some((false, before))) => {
            let end = all.partition_point(|event| event.at < before);
            (end.saturating_sub(limit), end)
        }
        None if from_head => (0, limit.min(all.len())),
        None => (all.len().saturating_sub(limit), all.len()),
    };
    let events: Vec<Value> = all[begin..end]
        .iter()
        .map(|event| {
            json!({ "timestamp": event.at.timestamp_ms, "message": event.message, "ingestionTime": event.ingested_ms })
        })
        .collect();
    // A token names the gap between two events: the position right after the one before it.
    let gap = |index: usize| match index.checked_sub(1).and_then(|before| all.get(before)) {
        Some(event) => Position { sequence: event.at.sequence + 1, ..event.at },
        None => Position { timestamp_ms: 0, sequence: 0 },
    };
    Ok(json!({
        "events": events,
        "nextForwardToken": write_token(true, gap(end)),
        "nextBackwardToken": write_token(false, gap(begin)),
    }))
}

fn filter_log_events(logs: &Logs, world: &World, params: &Params) -> Answer {
    let (_, group) = group_of(logs, params)?;
    let filter = Filter::parse(text(params, "filterPattern").unwrap_or_default())?;
    let names: Option<Vec<&str>> = params
        .get("logStreamNames")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect());
    if let Some(names) = &names
        && names.iter().any(|name| !group.streams.contains_key(*name))
    {
        return Err(LogsError::StreamNotFound);
    }
    let prefix = text(params, "logStreamNamePrefix").unwrap_or_default();
    let limit = number(params, "limit").unwrap_or(10_000).clamp(1, 10_000) as usize;
    let (from, to) = window(params);
    let (from, to) = (from.max(group.kept_from(world.unix_ms())), to.saturating_add(1));
    let after = match text(params, "nextToken").map(read_token) {
        Some(None | Some((false, _))) => {
            return Err(LogsError::InvalidParameter("The specified nextToken is invalid.".into()));
        }
        Some(Some((true, after))) => Some(after),
        None => None,
    };
    let mut found: Vec<_> = group
        .streams
        .iter()
        .filter(|(name, _)| {
            names.as_ref().is_none_or(|names| names.contains(&name.as_str()))
                && name.starts_with(prefix)
        })
        .flat_map(|(name, stream)| stream.between(from, to).map(move |event| (name, event)))
        .filter(|(_, event)| {
            after.is_none_or(|after| event.at >= after) && filter.matches(&event.message)
        })
        .collect();
    found.sort_by_key(|(_, event)| event.at);
    let next = found.get(limit).map(|(_, event)| write_token(true, event.at));
    let events: Vec<Value> = found
        .into_iter()
        .take(limit)
        .map(|(name, event)| {
            json!({
                "logStreamName": name,
                "timestamp": event.at.timestamp_ms,
                "message": event.message,
                "ingestionTime": event.ingested_ms,
                "eventId": taps::event_id(event.at),
            })
        })
        .collect();
    Ok(with_token(json!({ "events": events, "searchedLogStreams": [] }), next))
}

/// "Possible values" of `retentionInDays` (PutRetentionPolicy).
const RETENTION_DAYS: [u64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

fn put_retention_policy(logs: &mut Logs, world: &World, params: &Params) -> Answer {
    let days = number(params, "retentionInDays").unwrap_or_default();
    let group = group_mut(logs, params)?;
    if !RETENTION_DAYS.contains(&days) {
        return Err(LogsError::InvalidParameter(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]"
        )));
    }
    group.retention_days = Some(days);
    logs.sweep(name(params, "logGroupName")?, world.unix_ms());
    Ok(json!({}))
}

fn delete_retention_policy(logs: &mut Logs, params: &Params) -> Answer {
    group_mut(logs, params)?.retention_days = None;
    Ok(json!({}))
}

fn tag_log_group(logs: &mut Logs, params: &Params) -> Answer {
    add_tags(group_mut(logs, params)?, params)
}

fn add_tags(group: &mut Group, params: &Params) -> Answer {
    let mut tags = group.tags.clone();
    tags.extend(texts(params.get("tags")));
    if tags.len() > TAGS_MAX {
        return Err(LogsError::Other {
            code: "TooManyTagsException",
            message: format!("A resource can have no more than {TAGS_MAX} tags."),
        });
    }
    group.tags = tags;
    Ok(json!({}))
}

fn untag_log_group(logs: &mut Logs, params: &Params) -> Answer {
    let group = group_mut(logs, params)?;
    for key in list(params, "tags") {
        group.tags.remove(key);
    }
    Ok(json!({}))
}

fn list_tags_log_group(logs: &Logs, params: &Params) -> Answer {
    let group = logs.groups.get(name(params, "logGroupName")?).ok_or(LogsError::GroupNotFound)?;
    Ok(json!({ "tags": group.tags }))
}

/// The group that a tag operation names by its ARN. Tags of other resources are shown with the resource only.
fn tagged<'a>(logs: &'a mut Logs, params: &Params) -> Result<&'a mut Group, LogsError> {
    let arn = text(params, "resourceArn").unwrap_or_default();
    if !arn.contains(":log-group:") {
        return Err(LogsError::NotImplemented("tags of resources that are no log groups".into()));
    }
    logs.groups.get_mut(group_name(arn)).ok_or(LogsError::GroupNotFound)
}

fn tag_resource(logs: &mut Logs, params: &Params) -> Answer {
    add_tags(tagged(logs, params)?, params)
}

fn untag_resource(logs: &mut Logs, params: &Params) -> Answer {
    let group = tagged(logs, params)?;
    for key in list(params, "tagKeys") {
        group.tags.remove(key);
    }
    Ok(json!({}))
}

fn list_tags_for_resource(logs: &mut Logs, params: &Params) -> Answer {
    Ok(json!({ "tags": tagged(logs, params)?.tags }))
}

fn find<'a>(logs: &'a Logs, group: &str, stream: &str) -> Result<&'a Stream, LogsError> {
    let group = logs.groups.get(group).ok_or(LogsError::GroupNotFound)?;
    group.streams.get(stream).ok_or(LogsError::StreamNotFound)
}

/// `f/<56 digits>/s` goes forward from a position, `b/<56 digits>/s` backward.
fn write_token(forward: bool, at: Position) -> String {
    format!("{}/{}/s", if forward { 'f' } else { 'b' }, taps::event_id(at))
}

fn read_token(token: &str) -> Option<(bool, Position)> {
    let (direction, rest) = token.split_once('/')?;
    let digits = rest.strip_suffix("/s")?;
    if digits.len() != 56 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let at =
        Position { timestamp_ms: digits[..20].parse().ok()?, sequence: digits[20..].parse().ok()? };
    match direction {
        "f" => Some((true, at)),
        "b" => Some((false, at)),
        _ => None,
    }
}

fn upload_token(stream: &Stream) -> String {
    format!("{:056}", stream.token)
}
