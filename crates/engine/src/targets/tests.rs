//! What whole histories of rules, schedules and topics look like; the services' own tests are told with it.

use crate::Fact;
use crate::testing::{History, Scenario};
use serde_json::{Value, json};

/// What happened, a line each, without ids.
pub(crate) fn told(history: &History) -> Vec<String> {
    let short = |arn: &str| arn.splitn(6, ':').last().unwrap_or_default().to_owned();
    let lines = history.events.iter().filter_map(|event| {
        let said = match &event.fact {
            Fact::BusEventAccepted { bus, detail_type, rules, .. } => {
                format!("{bus} took {detail_type} for {}", rules.join(" "))
            }
            Fact::MessagePublished { topic, subscriptions, filtered, .. } => {
                format!("{} took a message for {subscriptions} but {filtered}", short(topic))
            }
            Fact::ScheduleOccurred { schedule, scheduled_time, .. } => {
                format!("{} occurred for {scheduled_time}", short(schedule))
            }
            Fact::TargetCalled { target, attempt, dead_letter, error, due_at, .. } => {
                let letter = if *dead_letter { "dead letter " } else { "" };
                let error = error.as_deref().unwrap_or("ok");
                let again = if due_at.is_some() { " again" } else { "" };
                format!("{letter}{} {attempt} {error}{again}", short(target))
            }
            Fact::InvocationAccepted { function, source: Some(_), event_id: Some(_), .. } => {
                format!("invoked {function}")
            }
            _ => return None,
        };
        Some(format!("{} {said}", event.at.0 / 1_000_000))
    });
    lines.collect()
}

/// A queue into which topics and rules of the account may send.
pub(crate) fn open_queue(scenario: Scenario, name: &str, mut attributes: Value) -> Scenario {
    let policy = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": { "Service": ["sns.amazonaws.com", "events.amazonaws.com"] }, "Action": "sqs:SendMessage",
        "Resource": format!("arn:aws:sqs:us-east-1:123456789012:{name}"),
        "Condition": { "StringEquals": { "aws:SourceAccount": "123456789012" } },
    } });
    attributes["Policy"] = json!(policy.to_string());
    scenario.request("sqs", "CreateQueue", json!({ "QueueName": name, "Attributes": attributes }))
}

/// What a queue was sent, as its receiver sees it: body and attributes.
pub(crate) fn received(scenario: &Scenario, queue: &str) -> Vec<(String, Value)> {
    let params = json!({
        "QueueUrl": format!("https://sqs.us-east-1.amazonaws.com/123456789012/{queue}"), "MaxNumberOfMessages": 10,
        "MessageAttributeNames": ["All"], "AttributeNames": ["All"],
    });
    let answer = scenario
        .clone()
        .request("sqs", "ReceiveMessage", params)
        .last_answer()
        .expect("is answered");
    let messages = answer.output["Messages"].as_array().cloned().unwrap_or_default();
    let shown = messages.into_iter().map(|mut message| {
        let mut about = message["MessageAttributes"].take();
        if let Some(group) = message["Attributes"].get("MessageGroupId") {
            about["group"] = group.clone();
        }
        (message["Body"].as_str().unwrap_or_default().to_owned(), about)
    });
    shown.collect()
}
