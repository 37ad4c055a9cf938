//! Subscriptions: who is served, and what of.

use super::api::{Answer, done, invalid, listed, missing, no_topic, refusal, respond, text};
use super::model::{Sns, Subscription};
use super::topics::{check_arn, is_fifo_arn};
use crate::ApiError;
use crate::patterns::sns::{Policy, Refusal, Scope, scope};
use crate::world::{Params, World};
use serde_json::{Map, Value, json};

const PROTOCOLS: [&str; 9] =
    ["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"];
const ATTRIBUTES: [&str; 8] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
    "ReplayPolicy",
    "ReplayStatus",
];

pub(super) fn subscribe(sns: &mut Sns, world: &mut World, params: &Params) -> Answer {
    let (topic, protocol, endpoint) =
        (text(params, "TopicArn"), text(params, "Protocol"), text(params, "Endpoint"));
    check_arn(topic)?;
    if !PROTOCOLS.contains(&protocol) {
        return Err(invalid(format_args!(
            "Amazon SNS does not support this protocol string: {protocol}"
        )));
    }
    check_endpoint(topic, protocol, endpoint)?;
    if !sns.topics.contains_key(topic) {
        return Err(no_topic());
    }
    let mut subscription = Subscription {
        topic: topic.to_owned(),
        protocol: protocol.to_owned(),
        endpoint: endpoint.to_owned(),
        attributes: Map::new(),
        scope: Scope::default(),
        policy: None,
        // A queue or a function of the same account confirms by itself.
        pending: matches!(protocol, "http" | "https" | "email" | "email-json"),
    };
    let given = params.get("Attributes").and_then(Value::as_object);
    // What a policy is about is known before the policy is read.
    let mut given: Vec<_> = given.into_iter().flatten().collect();
    given.sort_by_key(|(name, _)| *name != "FilterPolicyScope");
    for (name, value) in given {
        if !ATTRIBUTES.contains(&name.as_str()) {
            return Err(invalid(format_args!("Attributes Reason: Unknown attribute: {name}")));
        }
        set(&mut subscription, name, value.as_str().unwrap_or_default(), "Attributes Reason: ")?;
    }
    let known = sns.subscriptions.iter().find(|(_, known)| {
        known.topic == topic && known.protocol == protocol && known.endpoint == endpoint
    });
    if let Some((arn, known)) = known {
        let same = subscription.attributes.iter().all(|(n, v)| known.attributes.get(n) == Some(v));
        if !same {
            return Err(invalid(
                "Attributes Reason: Subscription already exists with different attributes",
            ));
        }
        let arn = arn.clone();
        return respond(json!({ "SubscriptionArn": arn }));
    }
    let arn = format!("{topic}:{}", world.rng.uuid());
    let shown =
        match subscription.pending && params.get("ReturnSubscriptionArn") != Some(&json!(true)) {
            true => "pending confirmation".to_owned(),
            false => arn.clone(),
        };
    sns.subscriptions.insert(arn, subscription);
    respond(json!({ "SubscriptionArn": shown }))
}

fn check_endpoint(topic: &str, protocol: &str, endpoint: &str) -> Result<(), ApiError> {
    let is_arn_of = |service: &str| {
        endpoint.starts_with("arn:aws") && endpoint.split(':').nth(2) == Some(service)
    };
    match protocol {
        "sqs" if !is_arn_of("sqs") => Err(invalid("SQS endpoint ARN")),
        "lambda" if !is_arn_of("lambda") => Err(invalid("Lambda endpoint ARN")),
        "http" | "https" if !endpoint.starts_with(&format!("{protocol}://")) => {
            Err(invalid("Endpoint must match the specified protocol"))
        }
        "email" | "email-json" if !endpoint.contains('@') => Err(invalid("Email address")),
        "sqs" if is_fifo_arn(endpoint) && !is_fifo_arn(topic) => Err(invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        )),
        _ if is_fifo_arn(topic) && protocol != "sqs" => {
            Err(invalid(format_args!("Invalid protocol type: {protocol}")))
        }
        _ if endpoint.is_empty() => Err(missing("Endpoint")),
        _ => Ok(()),
    }
}

/// Sets an attribute; `words` stand before what is wrong with it.
fn set(
    subscription: &mut Subscription,
    name: &str,
    value: &str,
    words: &str,
) -> Result<(), ApiError> {
    let mut scope_now = subscription.scope;
    match name {
        "RawMessageDelivery" => {
            if !matches!(value.to_ascii_lowercase().as_str(), "true" | "false") {
                return Err(invalid(format_args!(
                    "{words}RawMessageDelivery: Invalid value [{value}]. Must be true or false."
                )));
            }
            if !matches!(subscription.protocol.as_str(), "sqs" | "http" | "https" | "firehose") {
                return Err(invalid(format_args!(
                    "{words}RawMessageDelivery: Raw message delivery is not supported for this protocol"
                )));
            }
        }
        "RedrivePolicy" if !value.is_empty() => {
            let policy: Value = serde_json::from_str(value).map_err(|_| {
                invalid(format_args!("{words}RedrivePolicy: failed to parse JSON."))
            })?;
            let target = policy["deadLetterTargetArn"].as_str().unwrap_or_default();
            if target.split(':').nth(2) != Some("sqs") {
                return Err(invalid(format_args!(
                    "{words}RedrivePolicy: deadLetterTargetArn is an invalid arn"
                )));
            }
        }
        "FilterPolicyScope" => {
            scope_now = scope(value)
                .map_err(|why| invalid(format_args!("{words}FilterPolicyScope: {why}")))?;
        }
        "ReplayPolicy" if !value.is_empty() => {
            return Err(crate::eventbridge::absent("archives of SNS topics"));
        }
        _ => {}
    }
    if matches!(name, "FilterPolicy" | "FilterPolicyScope") {
        let text = match name {
            "FilterPolicy" => value,
            _ => subscription.attributes.get("FilterPolicy").and_then(Value::as_str).unwrap_or(""),
        };
        let is_none = matches!(text.trim(), "" | "{}");
        subscription.policy = match is_none {
            true => None,
            false => Some(Policy::parse(text, scope_now).map_err(|refusal| match refusal {
                Refusal::Policy(why) => invalid(format_args!("{words}FilterPolicy: {why}")),
                Refusal::Plain(why) => invalid(why),
            })?),
        };
        subscription.scope = scope_now;
        if name == "FilterPolicy" && is_none {
            subscription.attributes.remove("FilterPolicy");
            return Ok(());
        }
    }
    if value.is_empty() {
        subscription.attributes.remove(name);
    } else {
        subscription.attributes.insert(name.to_owned(), json!(value));
    }
    Ok(())
}

fn find<'a>(sns: &'a mut Sns, params: &Params) -> Result<&'a mut Subscription, ApiError> {
    let arn = text(params, "SubscriptionArn");
    let parts = arn.split(':').count();
    if parts < 6 {
        return Err(invalid(format_args!(
            "SubscriptionArn Reason: An ARN must have at least 6 elements, not {parts}"
        )));
    }
    let gone = || refusal("NotFound", 404, "Subscription does not exist");
    sns.subscriptions.get_mut(arn).ok_or_else(gone)
}

pub(super) fn unsubscribe(sns: &mut Sns, params: &Params) -> Answer {
    let arn = text(params, "SubscriptionArn");
    if arn.split(':').count() < 6 {
        let reason = "Reason: An ARN must have at least 6 elements";
        return Err(invalid(format_args!("SubscriptionArn {reason}")));
    }
    // One that is not there is as good as unsubscribed.
    if let Some(gone) = sns.subscriptions.remove(arn)
        && let Some(topic) = sns.topics.get_mut(&gone.topic)
    {
        topic.deleted_subscriptions += 1;
    }
    done()
}

/// Nobody is sent a token, so that none is right.
pub(super) fn confirm(sns: &Sns, params: &Params) -> Answer {
    let topic = text(params, "TopicArn");
    check_arn(topic)?;
    if !sns.topics.contains_key(topic) {
        return Err(no_topic());
    }
    Err(invalid("Token"))
}

pub(super) fn get_attributes(sns: &mut Sns, world: &World, params: &Params) -> Answer {
    let subscription = find(sns, params)?;
    let account = &world.config.account;
    let mut all = Map::new();
    for (name, value) in [
        ("SubscriptionPrincipal", format!("arn:aws:iam::{account}:user/coldstart")),
        ("Owner", account.clone()),
        ("RawMessageDelivery", "false".to_owned()),
        ("TopicArn", subscription.topic.clone()),
        ("Endpoint", subscription.endpoint.clone()),
        ("Protocol", subscription.protocol.clone()),
        ("PendingConfirmation", subscription.pending.to_string()),
        ("ConfirmationWasAuthenticated", (!subscription.pending).to_string()),
        ("SubscriptionArn", text(params, "SubscriptionArn").to_owned()),
    ] {
        all.insert(name.to_owned(), json!(value));
    }
    all.extend(subscription.attributes.clone());
    // Shown only where there is a policy (recorded).
    if subscription.policy.is_some() {
        all.entry("FilterPolicyScope").or_insert(json!("MessageAttributes"));
    } else {
        all.remove("FilterPolicyScope");
    }
    respond(json!({ "Attributes": all }))
}

pub(super) fn set_attributes(sns: &mut Sns, params: &Params) -> Answer {
    let (name, value) = (text(params, "AttributeName"), text(params, "AttributeValue"));
    let subscription = find(sns, params)?;
    if !ATTRIBUTES.contains(&name) {
        return Err(invalid("AttributeName"));
    }
    set(subscription, name, value, "")?;
    done()
}

pub(super) fn list(sns: &Sns, world: &World, params: &Params, topic: Option<&str>) -> Answer {
    let all =
        sns.subscriptions.iter().filter(|(_, one)| topic.is_none_or(|topic| one.topic == topic));
    let all = all.map(|(arn, one)| {
        json!({
            "SubscriptionArn": if one.pending { "PendingConfirmation" } else { arn },
            "Owner": world.config.account,
            "Protocol": one.protocol,
            "Endpoint": one.endpoint,
            "TopicArn": one.topic,
        })
    });
    listed("Subscriptions", all.collect(), params)
}
