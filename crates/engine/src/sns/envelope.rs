//! How a message looks to who gets it.
//!
//! The forms are AWS's: what queues get is JSON with a space on either side of each colon, what functions get has names of its own
//! (`SigningCertUrl`). The signature has the shape of one; there is no key behind it.

use super::publish::Message;
use crate::calendar;
use crate::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What is the same for all who get a message.
pub(super) struct Marks {
    timestamp: String,
    signature: String,
    certificate: String,
}

impl Marks {
    pub(super) fn new(world: &mut World) -> Self {
        let region = world.config.region.clone();
        Self {
            timestamp: calendar::iso(world.unix_ms()),
            // 256 bytes.
            signature: world.rng.base64(341) + "A==",
            certificate: format!(
                "https://sns.{region}.amazonaws.com/SimpleNotificationService-{CERTIFICATE}.pem"
            ),
        }
    }
}

/// The certificate's name; one for all sessions.
const CERTIFICATE: &str = "c01d57a47c01d57a47c01d57a47c01d5";

fn unsubscribe_url(world: &World, subscription: &str) -> String {
    format!(
        "https://sns.{}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription}",
        world.config.region
    )
}

/// `{"Type", "Value"}` of each attribute.
fn attributes(world: &World, message: &Message) -> Map<String, Value> {
    let all = message.attributes.iter().map(|(name, given)| {
        let value = match given.get("BinaryValue").filter(|value| !value.is_null()) {
            Some(binary) => json!(base64_of(world, binary)),
            None => given["StringValue"].clone(),
        };
        (name.clone(), json!({ "Type": given["DataType"], "Value": value }))
    });
    all.collect()
}

fn base64_of(world: &World, blob: &Value) -> String {
    if let Some(text) = blob["$text"].as_str() {
        return STANDARD.encode(text);
    }
    let held = blob["$sha256"].as_str().and_then(|sha256| world.blob(sha256));
    held.map_or_else(
        || blob.as_str().unwrap_or_default().to_owned(),
        |bytes| STANDARD.encode(bytes),
    )
}

/// The body of a queue's message.
pub(super) fn of_queue(
    world: &World,
    message: &Message,
    text: &str,
    subscription: &str,
    marks: &Marks,
) -> String {
    let mut lines: Vec<(&str, String)> =
        vec![("Type", "Notification".to_owned()), ("MessageId", message.id.clone())];
    if let Some(sequence) = &message.sequence {
        lines.push(("SequenceNumber", sequence.clone()));
    }
    lines.push(("TopicArn", message.topic.clone()));
    if let Some(subject) = &message.subject {
        lines.push(("Subject", subject.clone()));
    }
    lines.push(("Message", text.to_owned()));
    lines.push(("Timestamp", marks.timestamp.clone()));
    lines.push(("SignatureVersion", message.signature_version.clone()));
    lines.push(("Signature", marks.signature.clone()));
    lines.push(("SigningCertURL", marks.certificate.clone()));
    lines.push(("UnsubscribeURL", unsubscribe_url(world, subscription)));
    let mut out = String::from("{");
    for (at, (name, value)) in lines.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        out += &format!("{comma}\n  \"{name}\" : {}", json!(value));
    }
    let attributes = attributes(world, message);
    if !attributes.is_empty() {
        out += ",\n  \"MessageAttributes\" : {";
        for (at, (name, value)) in attributes.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            out += &format!("{comma}\n    {} : {value}", json!(name));
        }
        out += "\n  }";
    }
    out + "\n}"
}

/// The event of a function.
pub(super) fn of_function(
    world: &World,
    message: &Message,
    text: &str,
    subscription: &str,
    marks: &Marks,
) -> String {
    let record = json!({
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": {
            "Type": "Notification",
            "MessageId": message.id,
            "TopicArn": message.topic,
            "Subject": message.subject,
            "Message": text,
            "Timestamp": marks.timestamp,
            "SignatureVersion": message.signature_version,
            "Signature": marks.signature,
            "SigningCertUrl": marks.certificate,
            "UnsubscribeUrl": unsubscribe_url(world, subscription),
            "MessageAttributes": attributes(world, message),
        },
    });
    json!({ "Records": [record] }).to_string()
}
