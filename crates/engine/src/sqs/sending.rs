//! Messages on their way in: what is checked, and how they enter their queue.

use super::api::{integer, optional, text};
use super::digests;
use super::errors::SqsError;
use super::messages::publish;
use super::model::{Message, Queue, Sent, Sqs};
use crate::cloudwatch::Queued;
use crate::world::{self, Params, World};
use serde_json::{Map, Value, json};

/// "A message can include up to 10 attributes."
const ATTRIBUTES_MAX: usize = 10;

/// `SendMessage`, or an entry of its batch: the answer's members.
pub(super) fn send(
    sqs: &mut Sqs,
    world: &mut World,
    url: &str,
    params: &Params,
    is_batch: bool,
) -> Result<Value, SqsError> {
    let queue = sqs.queue(url)?;
    let now = world.now;
    queue.catch_up(now);
    let body = text(params, "MessageBody");
    if body.is_empty() {
        return Err(SqsError::missing("MessageBody"));
    }
    let max = queue.attributes.message_bytes_max;
    if bytes_of(params) > max {
        let are = if is_batch { "cannot be validated" } else { "are invalid" };
        return Err(SqsError::value(format!(
            "One or more parameters {are}. Reason: Message must be shorter than {max} bytes."
        )));
    }
    if !body.chars().all(is_valid) {
        return Err(SqsError::new(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        ));
    }
    let delay_seconds = delay(queue, params)?;
    let group = optional(params, "MessageGroupId");
    check_id("MessageGroupId", group)?;
    let deduplication = deduplication(queue, params, body)?;
    let attributes = params.get("MessageAttributes").and_then(Value::as_object);
    let attributes = attributes.cloned().unwrap_or_default();
    check_attributes(&attributes)?;
    let trace_header = trace_header(params)?;

    let scope = match &queue.attributes.fifo {
        Some(fifo) if fifo.per_group => group.unwrap_or_default(),
        _ => "",
    };
    let sent = match deduplication.as_deref().and_then(|id| queue.sent_before(scope, id)) {
        Some(sent) => sent.clone(),
        None => {
            let message_id = world.rng.uuid();
            let mut message = Message::new(message_id.clone(), body, now);
            let sequence =
                if queue.is_fifo() { sequence(sqs.next_number()) } else { String::new() };
            let queue = sqs.queue(url)?;
            message.group = group.map(str::to_owned);
            message.trace_header = trace_header;
            message.attributes = attributes.clone();
            message.deduplication.clone_from(&deduplication);
            message.sequence = queue.is_fifo().then(|| sequence.clone());
            let sent = Sent { message_id, sequence };
            if let Some(id) = &deduplication {
                queue.remember(scope, id, sent.clone(), now);
            }
            queue.insert(message, now.after_ms(delay_seconds * 1_000), now);
            queue.tell(world);
            publish(world, queue, Queued::Sent { bytes: bytes_of(params) });
            sent
        }
    };
    let queue = sqs.queue(url)?;
    let mut output = json!({ "MD5OfMessageBody": digests::of_text(body) });
    if !attributes.is_empty() {
        output["MD5OfMessageAttributes"] = json!(digests::of_attributes(&attributes));
    }
    if let Some(system) = params.get("MessageSystemAttributes").and_then(Value::as_object)
        && !system.is_empty()
    {
        output["MD5OfMessageSystemAttributes"] = json!(digests::of_attributes(system));
    }
    output["MessageId"] = json!(sent.message_id);
    if queue.is_fifo() {
        output["SequenceNumber"] = json!(sent.sequence);
    }
    if !is_batch {
        let name = queue.name.clone();
        sqs.serve(world, &name);
    }
    Ok(output)
}

/// Twenty digits, as AWS's are; each is greater than those before.
pub(super) fn sequence(number: u64) -> String {
    (18_849_496_460_467_696_128_u128 + u128::from(number) * 256).to_string()
}

/// Bytes that count towards a message's size: body, and names, types and values of its attributes.
pub(super) fn bytes_of(message: &Params) -> u64 {
    let attributes = message.get("MessageAttributes").and_then(Value::as_object);
    let of_attribute = |(name, attribute): (&String, &Value)| {
        name.len()
            + attribute["DataType"].as_str().map_or(0, str::len)
            + digests::value(attribute).len()
    };
    let attributes: usize = attributes.into_iter().flatten().map(of_attribute).sum();
    (text(message, "MessageBody").len() + attributes) as u64
}

fn is_valid(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn delay(queue: &Queue, params: &Params) -> Result<u64, SqsError> {
    let Some(given) = integer(params, "DelaySeconds") else {
        return Ok(queue.attributes.delay_seconds);
    };
    if !(0..=900).contains(&given) {
        let reason = "DelaySeconds must be >= 0 and <= 900.";
        return Err(SqsError::bad(given, "DelaySeconds", reason));
    }
    if queue.is_fifo() {
        // Of a FIFO queue's messages none has a delay of its own; to ask for none is to ask for the queue's (recorded).
        if given != 0 {
            return Err(SqsError::bad(given, "DelaySeconds", NOT_OF_THIS_KIND));
        }
        return Ok(queue.attributes.delay_seconds);
    }
    Ok(given.unsigned_abs())
}

pub(super) const NOT_OF_THIS_KIND: &str =
    "The request include parameter that is not valid for this queue type";

/// The id by which a message is known as sent before, for a FIFO queue.
fn deduplication(queue: &Queue, params: &Params, body: &str) -> Result<Option<String>, SqsError> {
    use sha2::Digest;
    let given = optional(params, "MessageDeduplicationId");
    let Some(fifo) = &queue.attributes.fifo else {
        return match given {
            Some(id) => Err(SqsError::bad(id, "MessageDeduplicationId", NOT_OF_THIS_KIND)),
            None => Ok(None),
        };
    };
    if optional(params, "MessageGroupId").is_none() {
        return Err(SqsError::missing("MessageGroupId"));
    }
    check_id("MessageDeduplicationId", given)?;
    match given {
        Some(id) => Ok(Some(id.to_owned())),
        None if fifo.content_based_deduplication => {
            Ok(Some(world::hex(&sha2::Sha256::digest(body.as_bytes()))))
        }
        None => Err(SqsError::value(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        )),
    }
}

fn check_id(name: &str, id: Option<&str>) -> Result<(), SqsError> {
    let is_good =
        |id: &str| (1..=128).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic());
    match id {
        Some(id) if !is_good(id) => Err(SqsError::bad(
            id,
            name,
            &format!(
                "{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
            ),
        )),
        _ => Ok(()),
    }
}

fn check_attributes(attributes: &Map<String, Value>) -> Result<(), SqsError> {
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(SqsError::value(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{ATTRIBUTES_MAX}].",
            attributes.len()
        )));
    }
    for (name, attribute) in attributes {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > 256 || !name.chars().all(is_name) {
            return Err(SqsError::value(format!(
                "The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters."
            )));
        }
        let kind = attribute["DataType"].as_str().unwrap_or_default();
        let base = kind.split('.').next().unwrap_or_default();
        if !matches!(base, "String" | "Number" | "Binary") {
            return Err(SqsError::value(if kind.is_empty() {
                format!(
                    "The message attribute '{name}' must contain non-empty message attribute type."
                )
            } else {
                format!(
                    "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
                )
            }));
        }
        let value = digests::value(attribute);
        if value.is_empty() {
            return Err(SqsError::value(format!(
                "Message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
            )));
        }
        let is_number =
            || std::str::from_utf8(&value).is_ok_and(|text| text.parse::<f64>().is_ok());
        if base == "Number" && !is_number() {
            return Err(SqsError::value(format!(
                "Can't cast the value of message (user) attribute '{name}' to a number."
            )));
        }
    }
    Ok(())
}

fn trace_header(params: &Params) -> Result<Option<String>, SqsError> {
    let system = params.get("MessageSystemAttributes").and_then(Value::as_object);
    let mut header = None;
    for (name, attribute) in system.into_iter().flatten() {
        if name != "AWSTraceHeader" {
            return Err(SqsError::value(format!(
                "Message system attribute name '{name}' is invalid."
            )));
        }
        header = attribute["StringValue"].as_str().map(str::to_owned);
    }
    Ok(header)
}
