//! Messages come in, and go to the subscriptions whose filters let them through.

use super::api::{Answer, invalid, missing, no_topic, refusal, respond, text};
use super::envelope::{self, Marks};
use super::model::{Sns, Subscription, Topic};
use super::topics::check_arn;
use crate::targets::{Delivery, Retries, Source, request_for};
use crate::world::{Incoming, Params, World};
use crate::{ApiError, Fact};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// "Message size: 256 KB".
const BYTES_MAX: usize = 262_144;
/// "The deduplication interval is 5 minutes."
const DEDUPLICATION_MS: u64 = 300_000;
/// To what AWS runs itself: "100,015 times, over 23 days".
const RETRIES: Retries = Retries { attempts_max: 100_014, age_seconds_max: 1_987_200 };
/// A message that was accepted.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) topic: String,
    pub(super) subject: Option<String>,
    /// The text for each protocol when they differ, else for all.
    texts: Map<String, Value>,
    pub(super) attributes: Map<String, Value>,
    pub(super) sequence: Option<String>,
    pub(super) signature_version: String,
    group: Option<String>,
    deduplication: Option<String>,
}

impl Message {
    fn text_for(&self, protocol: &str) -> &str {
        let text = self.texts.get(protocol).or_else(|| self.texts.get("default"));
        text.and_then(Value::as_str).unwrap_or_default()
    }
}

pub(super) fn one(sns: &mut Sns, world: &mut World, incoming: &Incoming<'_>) -> Answer {
    let params = incoming.params;
    let topic = match (text(params, "TopicArn"), text(params, "TargetArn")) {
        ("", "") if !text(params, "PhoneNumber").is_empty() => {
            return Err(crate::eventbridge::absent("text messages to phones"));
        }
        ("", "") => return Err(missing("TopicArn or TargetArn")),
        ("", target) | (target, _) => target,
    };
    if topic.contains(":endpoint/") {
        return Err(crate::eventbridge::absent("mobile push"));
    }
    let command = incoming.caller.logged_command();
    respond(publish(sns, world, topic, params, command)?)
}

pub(super) fn batch(sns: &mut Sns, world: &mut World, incoming: &Incoming<'_>) -> Answer {
    let params = incoming.params;
    let topic = text(params, "TopicArn");
    check_arn(topic)?;
    if !sns.topics.contains_key(topic) {
        return Err(no_topic());
    }
    let entries = params.get("PublishBatchRequestEntries").and_then(Value::as_array);
    let entries = entries.cloned().unwrap_or_default();
    if entries.is_empty() {
        let message = "The batch request doesn't contain any entries.";
        return Err(refusal("EmptyBatchRequest", 400, message));
    }
    if entries.len() > 10 {
        let message = "The batch request contains more entries than permissible.";
        return Err(refusal("TooManyEntriesInBatchRequest", 400, message));
    }
    let id_of = |entry: &Value| entry["Id"].as_str().unwrap_or_default().to_owned();
    for (at, entry) in entries.iter().enumerate() {
        if entries[..at].iter().any(|before| id_of(before) == id_of(entry)) {
            let message = "Two or more batch entries in the request have the same Id.";
            return Err(refusal("BatchEntryIdsNotDistinct", 400, message));
        }
    }
    let bytes: usize = entries.iter().filter_map(Value::as_object).map(size).sum();
    if bytes > BYTES_MAX {
        let message = "The length of all the batch messages put together is more than the limit.";
        return Err(refusal("BatchRequestTooLong", 400, message));
    }
    let command = incoming.caller.logged_command();
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in &entries {
        let none = Map::new();
        match publish(sns, world, topic, entry.as_object().unwrap_or(&none), command) {
            Ok(mut output) => {
                output["Id"] = entry["Id"].clone();
                successful.push(output);
            }
            Err(error) => failed.push(json!({
                "Id": entry["Id"], "Code": error.code, "Message": error.message, "SenderFault": error.status < 500,
            })),
        }
    }
    respond(json!({ "Successful": successful, "Failed": failed }))
}

/// Bytes of a message and its attributes.
fn size(params: &Params) -> usize {
    let attributes = params.get("MessageAttributes").and_then(Value::as_object);
    let of_attribute = |(name, value): (&String, &Value)| {
        let text = |key: &str| value[key].as_str().map_or(0, str::len);
        name.len() + text("DataType") + text("StringValue") + text("BinaryValue") * 3 / 4
    };
    let attributes: usize = attributes.into_iter().flatten().map(of_attribute).sum();
    text(params, "Message").len() + attributes
}

fn publish(
    sns: &mut Sns,
    world: &mut World,
    arn: &str,
    params: &Params,
    command: Option<u64>,
) -> Result<Value, ApiError> {
    check_arn(arn)?;
    let message = text(params, "Message");
    if message.is_empty() {
        return Err(invalid("Empty message"));
    }
    if size(params) > BYTES_MAX {
        return Err(invalid("Message too long"));
    }
    let texts = texts_of(params, message)?;
    let attributes = params.get("MessageAttributes").and_then(Value::as_object);
    let attributes = attributes.cloned().unwrap_or_default();
    check_attributes(&attributes)?;
    let given = |name: &str| Some(text(params, name)).filter(|text| !text.is_empty());
    let subject = given("Subject").map(str::to_owned);
    if subject.as_ref().is_some_and(|subject| {
        subject.chars().count() > 100 || subject.contains(['\n', '\r']) || subject.starts_with(' ')
    }) {
        return Err(invalid("Subject"));
    }
    let topic = sns.topics.get_mut(arn).ok_or_else(no_topic)?;
    let group = given("MessageGroupId").map(str::to_owned);
    let deduplication =
        deduplication_of(topic, message, group.as_deref(), given("MessageDeduplicationId"))?;
    let id = world.rng.uuid();
    let mut accepted = Message {
        id: id.clone(),
        topic: arn.to_owned(),
        subject,
        texts,
        attributes,
        sequence: None,
        signature_version: topic
            .attributes
            .get("SignatureVersion")
            .and_then(Value::as_str)
            .unwrap_or("1")
            .to_owned(),
        group,
        deduplication,
    };
    if let Some(duplicate) = number(topic, world, &mut accepted) {
        return Ok(duplicate);
    }
    let mut output = json!({ "MessageId": id });
    if let Some(sequence) = &accepted.sequence {
        output["SequenceNumber"] = json!(sequence);
    }
    fan_out(sns, world, &accepted, command);
    Ok(output)
}

/// The texts by protocol.
fn texts_of(params: &Params, message: &str) -> Result<Map<String, Value>, ApiError> {
    match text(params, "MessageStructure") {
        "" => Ok(Map::from_iter([("default".to_owned(), json!(message))])),
        "json" => {
            let texts: Map<String, Value> = serde_json::from_str(message)
                .map_err(|_| invalid("Message Structure - JSON message body failed to parse"))?;
            match texts.get("default") {
                Some(Value::String(_)) => Ok(texts),
                _ => Err(invalid("Message Structure - No default entry in JSON message body")),
            }
        }
        _ => Err(invalid("MessageStructure")),
    }
}

fn check_attributes(attributes: &Map<String, Value>) -> Result<(), ApiError> {
    let wrong = |message: String| Err(refusal("ParameterValueInvalid", 400, message));
    for (name, value) in attributes {
        let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > 256 || !name.chars().all(is_good) {
            return wrong(format!(
                "Invalid message attribute name '{name}': it may hold A-Z, a-z, 0-9, underscore, hyphen and period."
            ));
        }
        let kind = value["DataType"].as_str().unwrap_or_default();
        let base = kind.split('.').next().unwrap_or_default();
        if !matches!(base, "String" | "Number" | "Binary") {
            return wrong(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
            ));
        }
        let given = if base == "Binary" { &value["BinaryValue"] } else { &value["StringValue"] };
        if given.is_null() || given == "" {
            return wrong(format!(
                "The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{kind}'."
            ));
        }
        let number = given.as_str().unwrap_or_default().trim();
        if base == "Number" && number.parse::<f64>().is_err() {
            return wrong(format!("Could not cast message attribute '{name}' value to number."));
        }
    }
    Ok(())
}

/// The deduplication id that counts; none for standard topics.
fn deduplication_of(
    topic: &Topic,
    message: &str,
    group: Option<&str>,
    given: Option<&str>,
) -> Result<Option<String>, ApiError> {
    if !topic.is_fifo() {
        return match given {
            Some(_) => Err(invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
            )),
            None => Ok(None),
        };
    }
    if group.is_none() {
        return Err(invalid("The MessageGroupId parameter is required for FIFO topics"));
    }
    match given {
        Some(given) => Ok(Some(given.to_owned())),
        None if topic.is("ContentBasedDeduplication") => {
            Ok(Some(crate::world::hex(&Sha256::digest(message.as_bytes()))))
        }
        None => Err(invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        )),
    }
}

/// Numbers a FIFO topic's message, or gives the answer that the same message was given before.
fn number(topic: &mut Topic, world: &World, message: &mut Message) -> Option<Value> {
    let id = message.deduplication.clone()?;
    let by_group = topic.attributes.get("FifoThroughputScope") == Some(&json!("MessageGroup"));
    let scope = message.group.clone().filter(|_| by_group).unwrap_or_default();
    let now = world.now;
    topic.recent.retain(|_, (at, ..)| at.after_ms(DEDUPLICATION_MS) > now);
    if let Some((_, message_id, sequence)) = topic.recent.get(&(scope.clone(), id.clone())) {
        return Some(json!({ "MessageId": message_id, "SequenceNumber": sequence }));
    }
    topic.sequence += 1;
    let sequence = format!("1{:016}000", topic.sequence);
    message.sequence = Some(sequence.clone());
    topic.recent.insert((scope, id), (now, message.id.clone(), sequence));
    None
}

/// Gives a message to all who are to have it.
fn fan_out(sns: &Sns, world: &mut World, message: &Message, command: Option<u64>) {
    let mine =
        sns.subscriptions.iter().filter(|(_, one)| one.topic == message.topic && !one.pending);
    let accepts = |one: &Subscription| {
        let text = message.text_for(&one.protocol);
        one.policy.as_ref().is_none_or(|policy| policy.accepts(text, &message.attributes))
    };
    let (served, filtered): (Vec<_>, Vec<_>) = mine.partition(|(_, one)| accepts(one));
    world.emit(Fact::MessagePublished {
        topic: message.topic.clone(),
        message_id: message.id.clone(),
        subscriptions: served.len() as u64,
        filtered: filtered.len() as u64,
        command,
    });
    let marks = Marks::new(world);
    for (arn, subscription) in served {
        deliver(world, message, arn, subscription, &marks);
    }
}

fn deliver(
    world: &mut World,
    message: &Message,
    arn: &str,
    subscription: &Subscription,
    marks: &Marks,
) {
    let text = message.text_for(&subscription.protocol);
    let raw = subscription.is_raw();
    let target = &subscription.endpoint;
    let body = match subscription.protocol.as_str() {
        "lambda" => envelope::of_function(world, message, text, arn, marks),
        _ if raw => text.to_owned(),
        _ => envelope::of_queue(world, message, text, arn, marks),
    };
    let is_fifo = super::topics::is_fifo_arn(target);
    let group = message.group.as_deref();
    // Only these two can be reached without leaving the page.
    let is_here = matches!(subscription.protocol.as_str(), "sqs" | "lambda");
    let mut calls = request_for(world, target, &message.id, &body, group)
        .filter(|_| is_here)
        .unwrap_or_default();
    let raw_attributes = match raw && subscription.protocol == "sqs" {
        true => message.attributes.clone(),
        false => Map::new(),
    };
    if let Some(call) = calls.first_mut() {
        let params = &mut call.params;
        if !raw_attributes.is_empty() {
            params["MessageAttributes"] = Value::Object(raw_attributes.clone());
        }
        if is_fifo && let Some(id) = &message.deduplication {
            params["MessageDeduplicationId"] = json!(id);
        }
    }
    let redrive = subscription.attributes.get("RedrivePolicy").and_then(Value::as_str);
    let redrive: Value =
        redrive.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let delivery = Delivery {
        source: Source::Subscription,
        source_arn: arn.to_owned(),
        permit_arn: message.topic.clone(),
        role: None,
        event_id: message.id.clone(),
        target_id: subscription.protocol.clone(),
        target: target.clone(),
        calls,
        done: 0,
        original: body,
        attributes: raw_attributes,
        began_at: world.now,
        attempts: 0,
        retries: RETRIES,
        dead_letter: redrive["deadLetterTargetArn"].as_str().map(str::to_owned),
        is_dead_letter: false,
    };
    let now = world.now;
    delivery.begin(world, now);
}
