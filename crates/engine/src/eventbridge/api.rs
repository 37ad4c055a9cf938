//! The operations of the EventBridge API, and what all of them share.

use super::model::EventBridge;
use super::{archives, buses, put, rules, tags};
use crate::world::{Incoming, Outcome, Params, World};
use crate::{ApiError, Response, patterns};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What an operation comes to.
pub(super) type Answer = Result<Outcome, ApiError>;

/// The operations that are emulated; none for others.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn handle(
    events: &mut EventBridge,
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Option<Answer> {
    events.ensure_default(world);
    let params = incoming.params;
    let answer = match incoming.caller.operation.as_str() {
        "CreateEventBus" => buses::create(events, world, params),
        "UpdateEventBus" => buses::update(events, world, params),
        "DeleteEventBus" => buses::delete(events, world, params),
        "DescribeEventBus" => buses::describe(events, world, params),
        "ListEventBuses" => buses::list(events, world, params),
        "PutPermission" => buses::put_permission(events, world, params),
        "RemovePermission" => buses::remove_permission(events, params),
        "PutRule" => rules::put(events, world, params),
        "DeleteRule" => rules::delete(events, world, params),
        "DescribeRule" => rules::describe(events, world, params),
        "ListRules" => rules::list(events, params),
        "ListRuleNamesByTarget" => rules::list_by_target(events, params),
        "EnableRule" => rules::enable(events, world, params, true),
        "DisableRule" => rules::enable(events, world, params, false),
        "PutTargets" => rules::put_targets(events, world, params),
        "RemoveTargets" => rules::remove_targets(events, params),
        "ListTargetsByRule" => rules::list_targets(events, params),
        "PutEvents" => put::events(events, world, incoming),
        "TestEventPattern" => test_pattern(params),
        "CreateArchive" => archives::create(events, world, params),
        "UpdateArchive" => archives::update(events, params),
        "DeleteArchive" => archives::delete(events, params),
        "DescribeArchive" => archives::describe(events, world, params),
        "ListArchives" => archives::list(events, world, params),
        "StartReplay" => archives::start(events, world, params),
        "CancelReplay" => archives::cancel(events, world, params),
        "DescribeReplay" => archives::describe_replay(events, world, params),
        "ListReplays" => archives::list_replays(events, world, params),
        "TagResource" => tags::tag(events, params),
        "UntagResource" => tags::untag(events, params),
        "ListTagsForResource" => tags::list(events, params),
        _ => return None,
    };
    if !incoming.caller.reads {
        world.hears_services = events.hears_services();
    }
    Some(answer)
}

fn test_pattern(params: &Params) -> Answer {
    let result = patterns::events::test(text(params, "EventPattern"), text(params, "Event"))?;
    respond(json!({ "Result": result }))
}

/// An answer with status 200.
pub(crate) fn respond(output: Value) -> Answer {
    Ok(Response { status: 200, output }.into())
}

pub(super) fn done() -> Answer {
    respond(Value::Object(Map::new()))
}

fn refusal(code: &str, message: String) -> ApiError {
    ApiError { code: code.to_owned(), status: 400, message: Some(message), extra: Map::new() }
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    refusal("ValidationException", message.into())
}

pub(super) fn not_found(message: impl Into<String>) -> ApiError {
    refusal("ResourceNotFoundException", message.into())
}

pub(super) fn exists(what: &str, name: &str) -> ApiError {
    refusal("ResourceAlreadyExistsException", format!("{what} {name} already exists."))
}

pub(super) fn limit() -> ApiError {
    refusal(
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.".to_owned(),
    )
}

/// What is not emulated is refused by its name.
pub(crate) fn absent(what: &str) -> ApiError {
    let message = format!("Coldstart does not emulate {what} yet.");
    ApiError { status: 501, ..refusal("NotImplementedException", message) }
}

/// A text member; empty when it is not there.
pub(crate) fn text<'a>(params: &'a Params, key: &str) -> &'a str {
    params.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list.
pub(crate) fn texts<'a>(params: &'a Params, key: &str) -> Vec<&'a str> {
    let all = params.get(key).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Members of these names, in this order, where they are given.
pub(crate) fn names(params: &Params, names: &[&str]) -> Map<String, Value> {
    let given = names.iter().filter_map(|name| {
        let value = params.get(*name).filter(|value| !value.is_null())?;
        Some(((*name).to_owned(), value.clone()))
    });
    given.collect()
}

/// A page of a list: so many from where the token stands, and the token of the next.
///
/// # Errors
/// For a token that is none of ours.
pub(crate) fn page<T>(
    all: Vec<T>,
    params: &Params,
    size: &str,
    size_max: u64,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let limit = params.get(size).and_then(Value::as_u64).unwrap_or(size_max).clamp(1, size_max);
    let start = match params.get("NextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => {
            let bytes = STANDARD.decode(token).ok();
            let read = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            let number = read.and_then(|text| text.strip_prefix("from:")?.parse::<usize>().ok());
            number.ok_or_else(|| invalid("Parameter NextToken is not valid."))?
        }
    };
    let end = start.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = (end < all.len()).then(|| STANDARD.encode(format!("from:{end}")));
    Ok((all.into_iter().skip(start).take(end - start).collect(), next))
}

/// A list's answer.
pub(super) fn listed(name: &str, all: Vec<Value>, params: &Params) -> Answer {
    let (some, next) = page(all, params, "Limit", 100)?;
    let mut output = json!({ name: some });
    if let Some(next) = next {
        output["NextToken"] = Value::String(next);
    }
    respond(output)
}
