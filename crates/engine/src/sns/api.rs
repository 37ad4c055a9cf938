//! The operations of the SNS API, and what all of them share.

use super::model::Sns;
use super::{publish, subscriptions, topics};
use crate::eventbridge::page;
pub(super) use crate::eventbridge::{respond, text, texts};
use crate::world::{Incoming, Outcome, Params, World};
use crate::{ApiError, Response};
use serde_json::{Map, Value, json};

/// What an operation comes to.
pub(super) type Answer = Result<Outcome, ApiError>;

/// The operations that are emulated; none for others.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn handle(sns: &mut Sns, world: &mut World, incoming: &Incoming<'_>) -> Option<Answer> {
    let params = incoming.params;
    Some(match incoming.caller.operation.as_str() {
        "CreateTopic" => topics::create(sns, world, params),
        "DeleteTopic" => topics::delete(sns, params),
        "GetTopicAttributes" => topics::get_attributes(sns, world, params),
        "SetTopicAttributes" => topics::set_attributes(sns, params),
        "ListTopics" => topics::list(sns, params),
        "AddPermission" => topics::add_permission(sns, world, params),
        "RemovePermission" => topics::remove_permission(sns, world, params),
        "TagResource" => topics::tag(sns, params),
        "UntagResource" => topics::untag(sns, params),
        "ListTagsForResource" => topics::list_tags(sns, params),
        "Subscribe" => subscriptions::subscribe(sns, world, params),
        "Unsubscribe" => subscriptions::unsubscribe(sns, params),
        "ConfirmSubscription" => subscriptions::confirm(sns, params),
        "GetSubscriptionAttributes" => subscriptions::get_attributes(sns, world, params),
        "SetSubscriptionAttributes" => subscriptions::set_attributes(sns, params),
        "ListSubscriptions" => subscriptions::list(sns, world, params, None),
        "ListSubscriptionsByTopic" => {
            let topic = text(params, "TopicArn");
            if sns.topics.contains_key(topic) {
                subscriptions::list(sns, world, params, Some(topic))
            } else {
                Err(no_topic())
            }
        }
        "Publish" => publish::one(sns, world, incoming),
        "PublishBatch" => publish::batch(sns, world, incoming),
        _ => return None,
    })
}

/// An answer without members.
pub(super) fn done() -> Answer {
    Ok(Response { status: 200, output: Value::Object(Map::new()) }.into())
}

pub(super) fn refusal(code: &str, status: u16, message: impl Into<String>) -> ApiError {
    ApiError { code: code.to_owned(), status, message: Some(message.into()), extra: Map::new() }
}

/// `Invalid parameter: …`
pub(super) fn invalid(what: impl std::fmt::Display) -> ApiError {
    refusal("InvalidParameter", 400, format!("Invalid parameter: {what}"))
}

pub(super) fn missing(name: &str) -> ApiError {
    invalid(format_args!("{name} Reason: no value for required parameter"))
}

pub(super) fn no_topic() -> ApiError {
    refusal("NotFound", 404, "Topic does not exist")
}

/// A list's answer: pages of a hundred.
pub(super) fn listed(name: &str, all: Vec<Value>, params: &Params) -> Answer {
    let (some, next) = page(all, params, "Limit", 100)
        .map_err(|_| invalid("NextToken Reason: The specified token is not valid"))?;
    let mut output = json!({ name: some });
    if let Some(next) = next {
        output["NextToken"] = Value::String(next);
    }
    respond(output)
}
