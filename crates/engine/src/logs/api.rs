//! One function per operation of the CloudWatch Logs API: validate, act, answer or refuse.

use super::errors::LogsError;
use super::filter::Filter;
use super::model::{Group, Line, Logs, Position, Stream};
use crate::Response;
use crate::world::{Incoming, Outcome, Params, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

type Answer = Result<Value, LogsError>;

/// The operations that are emulated; none for others.
pub(crate) fn handle(
    logs: &mut Logs,
    world: &mut World,
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
        "GetLogEvents" => get_log_events(logs, params),
        "FilterLogEvents" => filter_log_events(logs, params),
        "PutRetentionPolicy" => put_retention_policy(logs, params),
        "DeleteRetentionPolicy" => delete_retention_policy(logs, params),
        "TagLogGroup" => tag_log_group(logs, params),
        "UntagLogGroup" => untag_log_group(logs, params),
        "ListTagsLogGroup" => list_tags_log_group(logs, params),
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
        "metricFilterCount": 0,
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
    if params.get("descending").and_then(Value::as_bool) == Some(true) {
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
    let mut latest = 0;
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
        lines.push(Line { timestamp_ms, request_id: None, message });
    }
    for line in lines {
        logs.write(world, group, stream, line);
    }
    Ok(json!({ "nextSequenceToken": upload_token(find(logs, group, stream)?) }))
}

fn get_log_events(logs: &Logs, params: &Params) -> Answer {
    let (_, group) = group_of(logs, params)?;
    let stream =
        group.streams.get(name(params, "logStreamName")?).ok_or(LogsError::StreamNotFound)?;
    let limit = number(params, "limit").unwrap_or(10_000).clamp(1, 10_000) as usize;
    let (from, to) = window(params);
    let all: Vec<_> =
        stream.events.iter().filter(|event| (from..to).contains(&event.at.timestamp_ms)).collect();
    let from_head = params.get("startFromHead").and_then(Value::as_bool) == Some(true);
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

fn filter_log_events(logs: &Logs, params: &Params) -> Answer {
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
        .flat_map(|(name, stream)| stream.events.iter().map(move |event| (name, event)))
        .filter(|(_, event)| (from..to.saturating_add(1)).contains(&event.at.timestamp_ms))
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
                "eventId": position_text(event.at),
            })
        })
        .collect();
    Ok(with_token(json!({ "events": events, "searchedLogStreams": [] }), next))
}

fn put_retention_policy(logs: &mut Logs, params: &Params) -> Answer {
    let group =
        logs.groups.get_mut(name(params, "logGroupName")?).ok_or(LogsError::GroupNotFound)?;
    group.retention_days = number(params, "retentionInDays");
    Ok(json!({}))
}

fn delete_retention_policy(logs: &mut Logs, params: &Params) -> Answer {
    logs.groups
        .get_mut(name(params, "logGroupName")?)
        .ok_or(LogsError::GroupNotFound)?
        .retention_days = None;
    Ok(json!({}))
}

fn tag_log_group(logs: &mut Logs, params: &Params) -> Answer {
    let group =
        logs.groups.get_mut(name(params, "logGroupName")?).ok_or(LogsError::GroupNotFound)?;
    group.tags.extend(texts(params.get("tags")));
    Ok(json!({}))
}

fn untag_log_group(logs: &mut Logs, params: &Params) -> Answer {
    let group =
        logs.groups.get_mut(name(params, "logGroupName")?).ok_or(LogsError::GroupNotFound)?;
    for key in
        params.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    {
        group.tags.remove(key);
    }
    Ok(json!({}))
}

fn list_tags_log_group(logs: &Logs, params: &Params) -> Answer {
    let group = logs.groups.get(name(params, "logGroupName")?).ok_or(LogsError::GroupNotFound)?;
    Ok(json!({ "tags": group.tags }))
}

fn find<'a>(logs: &'a Logs, group: &str, stream: &str) -> Result<&'a Stream, LogsError> {
    let group = logs.groups.get(group).ok_or(LogsError::GroupNotFound)?;
    group.streams.get(stream).ok_or(LogsError::StreamNotFound)
}

/// The group that `logGroupName` or `logGroupIdentifier` (a name or an ARN) names.
fn group_of<'a>(logs: &'a Logs, params: &'a Params) -> Result<(&'a str, &'a Group), LogsError> {
    let name = match (text(params, "logGroupName"), text(params, "logGroupIdentifier")) {
        (Some(_), Some(_)) => {
            return Err(LogsError::Validation(
                "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
            ));
        }
        (Some(name), None) => name,
        (None, Some(identifier)) => match identifier.split_once(":log-group:") {
            Some((_, name)) => name.strip_suffix(":*").unwrap_or(name),
            None => identifier,
        },
        (None, None) => {
            return Err(LogsError::Validation(
                "Either LogGroup name or LogGroup ARN must be specified.",
            ));
        }
    };
    logs.groups.get(name).map(|group| (name, group)).ok_or(LogsError::GroupNotFound)
}

/// A required name; AWS answers for too long ones with a text of its own, not with the model's.
fn name<'a>(params: &'a Params, key: &str) -> Result<&'a str, LogsError> {
    let name = text(params, key).unwrap_or_default();
    if name.is_empty() {
        return Err(LogsError::InvalidParameter(format!(
            "1 validation error detected: Value null at '{key}' failed to satisfy constraint: Member must not be null"
        )));
    }
    if name.len() > 512 {
        return Err(LogsError::InvalidParameter(
            "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
                .into(),
        ));
    }
    Ok(name)
}

fn text<'a>(params: &'a Params, key: &str) -> Option<&'a str> {
    params.get(key).and_then(Value::as_str)
}

fn number(params: &Params, key: &str) -> Option<u64> {
    params.get(key).and_then(Value::as_u64)
}

fn texts(map: Option<&Value>) -> BTreeMap<String, String> {
    let entries = map.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// `startTime` is included, `endTime` is not.
fn window(params: &Params) -> (u64, u64) {
    (number(params, "startTime").unwrap_or(0), number(params, "endTime").unwrap_or(u64::MAX))
}

/// One page of named things; a token is the position to go on from.
fn page<T>(
    all: impl Iterator<Item = T>,
    params: &Params,
    limit_default: u64,
) -> Result<(Vec<T>, Option<String>), LogsError> {
    let limit = number(params, "limit").unwrap_or(limit_default).max(1) as usize;
    let from: usize = match text(params, "nextToken") {
        None => 0,
        Some(token) => token.parse().map_err(|_| {
            LogsError::InvalidParameter("The specified nextToken is invalid.".into())
        })?,
    };
    let mut rest = all.skip(from);
    let page: Vec<T> = rest.by_ref().take(limit).collect();
    let next = rest.next().map(|_| (from + limit).to_string());
    Ok((page, next))
}

fn with_token(mut output: Value, token: Option<String>) -> Value {
    if let (Value::Object(map), Some(token)) = (&mut output, token) {
        map.extend(Map::from_iter([("nextToken".to_owned(), Value::String(token))]));
    }
    output
}

fn position_text(at: Position) -> String {
    format!("{:020}{:036}", at.timestamp_ms, at.sequence)
}

/// `f/<56 digits>/s` goes forward from a position, `b/<56 digits>/s` backward.
fn write_token(forward: bool, at: Position) -> String {
    format!("{}/{}/s", if forward { 'f' } else { 'b' }, position_text(at))
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

fn group_arn(world: &World, name: &str) -> String {
    format!("arn:aws:logs:{}:{}:log-group:{name}", world.config.region, world.config.account)
}
