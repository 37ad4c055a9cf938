//! Logs Insights: queries over groups of events.
//!
//! A query is read when it starts, runs a second later, as of then, and its answer is kept. `parse` reads, `event` finds fields, `expr`
//! computes, `run` puts the commands together.
//!
//! Invariant: answers that are kept have at most [`RESULT_BYTES_MAX`] bytes; the oldest go first.

mod event;
mod expr;
mod parse;
mod run;
#[cfg(test)]
mod tests;

use super::Due;
use super::errors::LogsError;
use super::model::{Logs, Position};
use super::params::{Answer, group_name, list, listed, number, text};
use crate::queue::Urgency;
use crate::world::{self, Params, World};
use event::{Place, Row};
use parse::Fault;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Bytes of answers that are kept. Chosen.
const RESULT_BYTES_MAX: usize = 8 << 20;
/// Queries that are kept. Chosen; AWS keeps them for seven days.
const QUERIES_MAX: usize = 200;
/// "50 log groups" in one query.
const GROUPS_MAX: usize = 50;
/// How long a query takes. Chosen.
const RUN_MS: u64 = 1_000;

/// Queries by id.
#[derive(Debug, Default)]
pub(super) struct Queries {
    known: BTreeMap<String, Query>,
    order: VecDeque<String>,
    bytes: usize,
}

#[derive(Debug)]
struct Query {
    groups: Vec<String>,
    string: String,
    /// Unix milliseconds, both included.
    from_ms: u64,
    to_ms: u64,
    limit: Option<usize>,
    created_ms: u64,
    status: &'static str,
    table: run::Table,
    statistics: Value,
    bytes: usize,
}

impl Queries {
    fn forget_oldest(&mut self) {
        while self.bytes > RESULT_BYTES_MAX || self.known.len() > QUERIES_MAX {
            let Some(id) = self.order.pop_front() else { return };
            if let Some(gone) = self.known.remove(&id) {
                self.bytes -= gone.bytes;
            }
        }
    }

    fn get(&self, params: &Params) -> Result<&Query, LogsError> {
        let id = text(params, "queryId").unwrap_or_default();
        self.known
            .get(id)
            .ok_or_else(|| LogsError::NotFound("The specified query does not exist.".into()))
    }
}

pub(super) fn start(logs: &mut Logs, world: &mut World, params: &Params) -> Answer {
    if !matches!(text(params, "queryLanguage"), None | Some("CWLI")) {
        return Err(LogsError::NotImplemented("query languages other than CWLI".into()));
    }
    let mut groups: Vec<String> =
        text(params, "logGroupName").map(str::to_owned).into_iter().collect();
    groups.extend(list(params, "logGroupNames").map(str::to_owned));
    groups.extend(list(params, "logGroupIdentifiers").map(|one| group_name(one).to_owned()));
    if groups.is_empty() || groups.len() > GROUPS_MAX {
        return Err(LogsError::InvalidParameter(format!(
            "A query needs between 1 and {GROUPS_MAX} log groups."
        )));
    }
    if let Some(absent) = groups.iter().find(|group| !logs.groups.contains_key(*group)) {
        let request = world.rng.uuid();
        return Err(LogsError::NotFound(format!(
            "Log group '{absent}' does not exist for account ID '{}' (Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: {request}; Proxy: null)",
            world.config.account
        )));
    }
    let (from, to) =
        (number(params, "startTime").unwrap_or(0), number(params, "endTime").unwrap_or(0));
    if from > to {
        return Err(LogsError::InvalidParameter(
            "End time should not be before start time.".into(),
        ));
    }
    let string = text(params, "queryString").unwrap_or_default();
    parse::parse(string).map_err(|fault| match fault {
        Fault::Malformed(from, to, message) => LogsError::Malformed { from, to, message },
        Fault::Absent(what) => LogsError::NotImplemented(what),
    })?;
    let id = world.rng.uuid();
    let query = Query {
        groups,
        string: string.to_owned(),
        from_ms: from.saturating_mul(1_000),
        to_ms: to.saturating_mul(1_000).saturating_add(999),
        limit: number(params, "limit").map(|limit| limit as usize),
        created_ms: world.unix_ms(),
        status: "Running",
        table: Vec::new(),
        statistics: statistics(0, 0, 0, 0),
        bytes: 0,
    };
    let queries = &mut logs.control.queries;
    queries.known.insert(id.clone(), query);
    queries.order.push_back(id.clone());
    queries.forget_oldest();
    let due = world::Due::Logs(Due::Query { id: id.clone() });
    world.schedule(world.now.after_ms(RUN_MS), Urgency::Work, due);
    Ok(json!({ "queryId": id }))
}

/// A query's time has come.
pub(super) fn finish(logs: &mut Logs, world: &World, id: &str) {
    let Some(mut query) = logs.control.queries.known.remove(id) else { return };
    if query.status == "Running" {
        let mut events = Vec::new();
        let mut scanned_bytes = 0;
        for name in &query.groups {
            let Some((name, group)) = logs.groups.get_key_value(name) else { continue };
            let from = query.from_ms.max(group.kept_from(world.unix_ms()));
            for (stream, kept) in &group.streams {
                for event in kept.between(from, query.to_ms.saturating_add(1)) {
                    scanned_bytes += event.message.len();
                    events.push(Place { group: name, stream, event });
                }
            }
        }
        let scanned = events.len();
        let commands = parse::parse(&query.string).unwrap_or_default();
        let (table, matched) = run::run(&commands, &world.config.account, events, query.limit);
        let cells = table.iter().flatten();
        query.bytes = cells.map(|(name, value)| name.len() + value.len() + 48).sum();
        query.statistics = statistics(matched, scanned, scanned_bytes, query.groups.len());
        query.table = table;
        query.status = "Complete";
    }
    logs.control.queries.bytes += query.bytes;
    logs.control.queries.known.insert(id.to_owned(), query);
    logs.control.queries.forget_oldest();
}

fn statistics(matched: usize, scanned: usize, bytes: usize, groups: usize) -> Value {
    json!({
        "recordsMatched": matched as f64,
        "recordsScanned": scanned as f64,
        "estimatedRecordsSkipped": 0.0,
        "bytesScanned": bytes as f64,
        "estimatedBytesSkipped": 0.0,
        "logGroupsScanned": groups as f64,
    })
}

pub(super) fn stop(logs: &mut Logs, params: &Params) -> Answer {
    let id = text(params, "queryId").unwrap_or_default();
    let queries = &mut logs.control.queries;
    let query = queries.known.get_mut(id);
    let query =
        query.ok_or_else(|| LogsError::NotFound("The specified query does not exist.".into()))?;
    if query.status != "Running" {
        return Err(LogsError::InvalidParameter("Query is not in a running state.".into()));
    }
    query.status = "Cancelled";
    Ok(json!({ "success": true }))
}

pub(super) fn results(logs: &Logs, params: &Params) -> Answer {
    let query = logs.control.queries.get(params)?;
    let most = number(params, "maxItems").unwrap_or(run::ROWS_MAX as u64).max(1) as usize;
    let from: usize = match text(params, "nextToken") {
        None => 0,
        Some(token) => token.parse().map_err(|_| {
            LogsError::InvalidParameter("The specified nextToken is invalid.".into())
        })?,
    };
    let page = query.table.iter().skip(from).take(most).map(|row| {
        row.iter().map(|(field, value)| json!({ "field": field, "value": value })).collect()
    });
    let mut answer = json!({
        "queryLanguage": "CWLI",
        "results": page.collect::<Vec<Value>>(),
        "statistics": query.statistics,
        "status": query.status,
    });
    if from.saturating_add(most) < query.table.len() {
        answer["nextToken"] = json!((from + most).to_string());
    }
    Ok(answer)
}

pub(super) fn describe(logs: &Logs, params: &Params) -> Answer {
    let (group, status) = (text(params, "logGroupName"), text(params, "status"));
    let queries = &logs.control.queries;
    let newest_first =
        queries.order.iter().rev().filter_map(|id| Some((id, queries.known.get(id)?)));
    let found = newest_first.filter(|(_, query)| {
        group.is_none_or(|group| query.groups.iter().any(|one| one == group))
            && status.is_none_or(|status| query.status == status)
    });
    let shown = found.map(|(id, query)| {
        let sources: Vec<String> = query.groups.iter().map(|group| format!("SOURCE \"{group}\"")).collect();
        let mut output = json!({
            "queryLanguage": "CWLI",
            "queryId": id,
            "queryString": format!(
                "{} START={} END={} | {}", sources.join(" | "), query.from_ms, query.to_ms, query.string
            ),
            "status": query.status,
            "createTime": query.created_ms,
        });
        if let [only] = query.groups.as_slice() {
            output["logGroupName"] = json!(only);
        }
        output
    });
    listed("queries", shown, params, 1_000)
}

/// The fields of the event that a `@ptr` names.
pub(super) fn record(logs: &Logs, world: &World, params: &Params) -> Answer {
    use base64::Engine as _;
    let absent = || LogsError::InvalidParameter("Invalid log record pointer.".into());
    let pointer = text(params, "logRecordPointer").unwrap_or_default();
    let decoded = base64::prelude::BASE64_STANDARD.decode(pointer).map_err(|_| absent())?;
    let decoded = String::from_utf8(decoded).map_err(|_| absent())?;
    let mut parts = decoded.split('\n');
    let [group, stream, time, sequence] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let at = Position {
        timestamp_ms: time.parse().map_err(|_| absent())?,
        sequence: sequence.parse().map_err(|_| absent())?,
    };
    let known = logs.groups.get(group).ok_or(LogsError::GroupNotFound)?;
    let kept = known.streams.get(stream).ok_or(LogsError::StreamNotFound)?;
    let place = kept.events.binary_search_by_key(&at, |event| event.at);
    let visible = at.timestamp_ms >= known.kept_from(world.unix_ms());
    let place = place.ok().filter(|_| visible).and_then(|place| kept.events.get(place));
    let event = place
        .ok_or_else(|| LogsError::NotFound("The specified log record does not exist.".into()))?;
    let row = Row::new(&world.config.account, Some(Place { group, stream, event }), Vec::new());
    let fields = row.names().into_iter().filter_map(|name| {
        let value = match name.as_str() {
            "@timestamp" | "@ingestionTime" => row.get(&name).number().map(|ms| format!("{ms}")),
            _ => row.get(&name).text(),
        };
        Some((name, Value::String(value?)))
    });
    let fields: Map<String, Value> = fields.collect();
    Ok(json!({ "logRecord": fields }))
}

/// Names of fields in a group's events of fifteen minutes, and in how many of them each is.
pub(super) fn group_fields(logs: &Logs, world: &World, params: &Params) -> Answer {
    let (group_name, group) = super::params::group_of(logs, params)?;
    let now_ms = world.unix_ms();
    // "8 minutes before and 8 minutes after this time", or the last fifteen.
    let (from, to) = match number(params, "time") {
        Some(seconds) => {
            let ms = seconds.saturating_mul(1_000);
            (ms.saturating_sub(480_000), ms.saturating_add(480_000))
        }
        None => (now_ms.saturating_sub(900_000), now_ms.saturating_add(1)),
    };
    let from = from.max(group.kept_from(now_ms));
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut events: u64 = 0;
    for (stream, kept) in &group.streams {
        for event in kept.between(from, to) {
            let place = Place { group: group_name, stream, event };
            let row = Row::new(&world.config.account, Some(place), Vec::new());
            events += 1;
            for name in row.names().into_iter().collect::<BTreeSet<String>>() {
                *counts.entry(name).or_default() += 1;
            }
        }
    }
    let fields = counts
        .into_iter()
        .map(|(name, count)| json!({ "name": name, "percent": count * 100 / events.max(1) }));
    Ok(json!({ "logGroupFields": fields.collect::<Vec<Value>>() }))
}
