//! Topics: names, attributes, policies, tags.

use super::api::{Answer, done, invalid, listed, missing, no_topic, refusal, respond, text, texts};
use super::model::{Sns, Topic, name_of};
use crate::ApiError;
use crate::eventbridge::{describe_tags, merge_tags};
use crate::world::{Params, World};
use serde_json::{Map, Value, json};

/// Attributes that can be set.
const SETTABLE: [&str; 12] = [
    "DeliveryPolicy",
    "DisplayName",
    "Policy",
    "TracingConfig",
    "KmsMasterKeyId",
    "SignatureVersion",
    "ContentBasedDeduplication",
    "FifoThroughputScope",
    "FifoTopic",
    "ArchivePolicy",
    "DataProtectionPolicy",
    "BeginningArchiveTime",
];

pub(super) fn find<'a>(sns: &'a mut Sns, params: &Params) -> Result<&'a mut Topic, ApiError> {
    let arn = text(params, "TopicArn");
    check_arn(arn)?;
    sns.topics.get_mut(arn).ok_or_else(no_topic)
}

pub(super) fn check_arn(arn: &str) -> Result<(), ApiError> {
    if arn.is_empty() {
        return Err(missing("TopicArn"));
    }
    let parts = arn.split(':').count();
    if !arn.starts_with("arn:aws") || arn.split(':').nth(2) != Some("sns") || parts < 6 {
        let reason = if parts < 6 {
            format!("An ARN must have at least 6 elements, not {parts}")
        } else {
            "An ARN must name a topic".to_owned()
        };
        return Err(invalid(format_args!("TopicArn Reason: {reason}")));
    }
    Ok(())
}

fn is_settable(name: &str) -> bool {
    let feedback =
        ["SuccessFeedbackRoleArn", "FailureFeedbackRoleArn", "SuccessFeedbackSampleRate"];
    SETTABLE.contains(&name) || feedback.iter().any(|end| name.ends_with(end))
}

fn check_attribute(name: &str, value: &str) -> Result<(), ApiError> {
    let is_boolean = matches!(value.to_ascii_lowercase().as_str(), "true" | "false");
    let wrong = match name {
        "FifoTopic" | "ContentBasedDeduplication" => !is_boolean,
        "FifoThroughputScope" => !matches!(value, "Topic" | "MessageGroup"),
        "SignatureVersion" => !matches!(value, "1" | "2"),
        "TracingConfig" => !matches!(value, "PassThrough" | "Active"),
        "Policy" | "DeliveryPolicy" if !value.is_empty() => {
            serde_json::from_str::<Map<String, Value>>(value).is_err()
        }
        "DisplayName" => value.chars().count() > 100,
        _ => false,
    };
    match wrong {
        true => Err(invalid(format_args!("{name} Reason: Invalid value {value}"))),
        false if name == "ArchivePolicy" && !value.is_empty() => {
            Err(crate::eventbridge::absent("archives of SNS topics"))
        }
        false => Ok(()),
    }
}

pub(super) fn create(sns: &mut Sns, world: &mut World, params: &Params) -> Answer {
    let name = text(params, "Name");
    let none = Map::new();
    let given = params.get("Attributes").and_then(Value::as_object).unwrap_or(&none);
    let mut attributes = Map::new();
    for (name, value) in given {
        let value = value.as_str().unwrap_or_default();
        if !is_settable(name) {
            return Err(invalid(format_args!("Attributes Reason: Unknown attribute: {name}")));
        }
        check_attribute(name, value)?;
        attributes.insert(name.clone(), json!(value));
    }
    let topic = Topic { attributes, ..Topic::default() };
    let base = if topic.is_fifo() { name.strip_suffix(".fifo").unwrap_or("") } else { name };
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if base.is_empty() || name.len() > 256 || !base.chars().all(is_good) {
        return Err(invalid("Topic Name"));
    }
    let arn = format!("arn:aws:sns:{}:{}:{name}", world.config.region, world.config.account);
    let mut tags = std::collections::BTreeMap::new();
    merge_tags(&mut tags, params.get("Tags"));
    match sns.topics.get(&arn) {
        Some(known) => {
            let differs = topic
                .attributes
                .iter()
                .any(|(name, value)| known.attributes.get(name) != Some(value));
            if differs {
                return Err(invalid(
                    "Attributes Reason: Topic already exists with different attributes",
                ));
            }
            if !tags.is_empty() && tags != known.tags {
                return Err(invalid("Tags Reason: Topic already exists with different tags"));
            }
        }
        None => {
            sns.topics.insert(arn.clone(), Topic { tags, ..topic });
        }
    }
    respond(json!({ "TopicArn": arn }))
}

pub(super) fn delete(sns: &mut Sns, params: &Params) -> Answer {
    let arn = text(params, "TopicArn");
    check_arn(arn)?;
    sns.topics.remove(arn);
    sns.subscriptions.retain(|_, subscription| subscription.topic != arn);
    done()
}

fn default_policy(arn: &str, account: &str) -> Value {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": [
                "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic",
                "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish",
            ],
            "Resource": arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": account } },
        }],
    })
}

fn policy(topic: &Topic, arn: &str, account: &str) -> Value {
    let set = topic.attributes.get("Policy").and_then(Value::as_str);
    set.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_else(|| default_policy(arn, account))
}

impl Sns {
    /// The document of a topic's policy; none for a topic that is not there.
    pub(crate) fn policy(&self, arn: &str, account: &str) -> Option<Vec<Value>> {
        Some(vec![policy(self.topics.get(arn)?, arn, account)])
    }
}

pub(super) fn get_attributes(sns: &mut Sns, world: &World, params: &Params) -> Answer {
    let arn = text(params, "TopicArn").to_owned();
    let of_topic = |pending: bool| {
        let mine =
            sns.subscriptions.values().filter(|one| one.topic == arn && one.pending == pending);
        mine.count().to_string()
    };
    let (confirmed, pending) = (of_topic(false), of_topic(true));
    let topic = find(sns, params)?;
    let retries = json!({ "http": {
        "defaultHealthyRetryPolicy": {
            "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0, "numNoDelayRetries": 0,
            "numMinDelayRetries": 0, "backoffFunction": "linear",
        },
        "disableSubscriptionOverrides": false,
        "defaultRequestPolicy": { "headerContentType": "text/plain; charset=UTF-8" },
    } });
    let mut all = Map::new();
    for (name, value) in [
        ("Policy", policy(topic, &arn, &world.config.account).to_string()),
        ("Owner", world.config.account.clone()),
        ("SubscriptionsPending", pending),
        ("TopicArn", arn.clone()),
        ("EffectiveDeliveryPolicy", retries.to_string()),
        ("SubscriptionsConfirmed", confirmed),
        ("DisplayName", String::new()),
        ("SubscriptionsDeleted", topic.deleted_subscriptions.to_string()),
    ] {
        all.insert(name.to_owned(), json!(value));
    }
    if topic.is_fifo() {
        all.insert("ContentBasedDeduplication".into(), json!("false"));
        all.insert("FifoThroughputScope".into(), json!("Topic"));
    }
    for (name, value) in topic.attributes.iter().filter(|(name, _)| *name != "Policy") {
        all.insert(name.clone(), value.clone());
    }
    respond(json!({ "Attributes": all }))
}

pub(super) fn set_attributes(sns: &mut Sns, params: &Params) -> Answer {
    let topic = find(sns, params)?;
    let (name, value) = (text(params, "AttributeName"), text(params, "AttributeValue"));
    if !is_settable(name) || name == "FifoTopic" {
        return Err(invalid("AttributeName"));
    }
    check_attribute(name, value)?;
    if name == "ContentBasedDeduplication" && !topic.is_fifo() {
        return Err(invalid("ContentBasedDeduplication can only be set on FIFO topics"));
    }
    topic.attributes.insert(name.to_owned(), json!(value));
    done()
}

pub(super) fn list(sns: &Sns, params: &Params) -> Answer {
    let all = sns.topics.keys().map(|arn| json!({ "TopicArn": arn }));
    listed("Topics", all.collect(), params)
}

pub(super) fn add_permission(sns: &mut Sns, world: &World, params: &Params) -> Answer {
    let (arn, label) = (text(params, "TopicArn").to_owned(), text(params, "Label"));
    let topic = find(sns, params)?;
    let (accounts, actions) = (texts(params, "AWSAccountId"), texts(params, "ActionName"));
    if accounts.is_empty() || actions.is_empty() {
        return Err(invalid("AWSAccountId and ActionName are required"));
    }
    let mut policy = policy(topic, &arn, &world.config.account);
    let accounts: Vec<_> = accounts.iter().map(|id| format!("arn:aws:iam::{id}:root")).collect();
    let actions: Vec<_> = actions.iter().map(|action| format!("SNS:{action}")).collect();
    // One of a kind stands alone, as AWS writes it.
    let alone = |all: Vec<String>| match <[String; 1]>::try_from(all) {
        Ok([one]) => json!(one),
        Err(all) => json!(all),
    };
    let statement = json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": { "AWS": alone(accounts) },
        "Action": alone(actions),
        "Resource": arn,
    });
    if let Value::Array(statements) = &mut policy["Statement"] {
        if statements.iter().any(|known| known["Sid"] == label) {
            return Err(invalid("Statement already exists"));
        }
        statements.push(statement);
    }
    topic.attributes.insert("Policy".into(), json!(policy.to_string()));
    done()
}

pub(super) fn remove_permission(sns: &mut Sns, world: &World, params: &Params) -> Answer {
    let (arn, label) = (text(params, "TopicArn").to_owned(), text(params, "Label"));
    let topic = find(sns, params)?;
    let mut policy = policy(topic, &arn, &world.config.account);
    if let Value::Array(statements) = &mut policy["Statement"] {
        statements.retain(|statement| statement["Sid"] != label);
    }
    topic.attributes.insert("Policy".into(), json!(policy.to_string()));
    done()
}

fn tagged<'a>(sns: &'a mut Sns, params: &Params) -> Result<&'a mut Topic, ApiError> {
    let arn = text(params, "ResourceArn");
    let gone = || refusal("ResourceNotFound", 404, "Resource does not exist");
    sns.topics.get_mut(arn).ok_or_else(gone)
}

pub(super) fn tag(sns: &mut Sns, params: &Params) -> Answer {
    let topic = tagged(sns, params)?;
    merge_tags(&mut topic.tags, params.get("Tags"));
    done()
}

pub(super) fn untag(sns: &mut Sns, params: &Params) -> Answer {
    let topic = tagged(sns, params)?;
    texts(params, "TagKeys").into_iter().for_each(|key| {
        topic.tags.remove(key);
    });
    done()
}

pub(super) fn list_tags(sns: &mut Sns, params: &Params) -> Answer {
    respond(json!({ "Tags": describe_tags(&tagged(sns, params)?.tags) }))
}

/// Whether an ARN is of a FIFO topic or queue.
pub(super) fn is_fifo_arn(arn: &str) -> bool {
    name_of(arn).ends_with(".fifo")
}
