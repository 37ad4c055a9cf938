//! The operations on up to ten messages. Each entry succeeds or fails for itself.

use super::api::{Answer, integer, respond, text};
use super::errors::SqsError;
use super::messages;
use super::model::Sqs;
use super::sending::{self, bytes_of};
use crate::world::{Params, World};
use serde_json::{Value, json};

const ENTRIES_MAX: usize = 10;
const BYTES_MAX: u64 = 1_048_576;

pub(super) fn send(sqs: &mut Sqs, world: &mut World, params: &Params) -> Answer {
    let url = text(params, "QueueUrl");
    let is_fifo = sqs.queue(url)?.is_fifo();
    let entries = entries(params, "SendMessageBatchRequestEntry")?;
    let bytes: u64 = entries.iter().map(|entry| bytes_of(entry)).sum();
    if bytes > BYTES_MAX {
        return Err(SqsError::new(
            "AWS.SimpleQueueService.BatchRequestTooLong",
            format!(
                "Batch requests cannot be longer than {BYTES_MAX} bytes. You have sent {bytes} bytes."
            ),
        ));
    }
    if is_fifo && entries.iter().any(|entry| !entry.contains_key("MessageGroupId")) {
        // Of the whole request, and not as a missing parameter (recorded).
        return Err(SqsError::value("The request must contain the parameter MessageGroupId."));
    }
    let answer = each(&entries, |entry| sending::send(sqs, world, url, entry, true));
    // Who waits gets of all that came at once.
    let name = sqs.queue(url)?.name.clone();
    sqs.serve(world, &name);
    answer
}

pub(super) fn delete(sqs: &mut Sqs, world: &mut World, params: &Params) -> Answer {
    let url = text(params, "QueueUrl");
    sqs.queue(url)?;
    let entries = entries(params, "DeleteMessageBatchRequestEntry")?;
    each(&entries, |entry| {
        messages::delete(sqs, world, url, text(entry, "ReceiptHandle")).map(|()| json!({}))
    })
}

pub(super) fn change_visibility(sqs: &mut Sqs, world: &mut World, params: &Params) -> Answer {
    let url = text(params, "QueueUrl");
    sqs.queue(url)?;
    let entries = entries(params, "ChangeMessageVisibilityBatchRequestEntry")?;
    each(&entries, |entry| {
        let seconds = integer(entry, "VisibilityTimeout").unwrap_or(0);
        messages::change_visibility(sqs, world, url, text(entry, "ReceiptHandle"), seconds)
            .map(|()| json!({}))
    })
}

/// The entries, when there are neither none nor too many and each has a name of its own.
fn entries<'a>(params: &'a Params, kind: &str) -> Result<Vec<&'a Params>, SqsError> {
    let entries = params.get("Entries").and_then(Value::as_array).map(Vec::as_slice);
    let entries: Vec<&Params> =
        entries.unwrap_or_default().iter().filter_map(Value::as_object).collect();
    if entries.is_empty() {
        return Err(SqsError::new(
            "AWS.SimpleQueueService.EmptyBatchRequest",
            format!("There should be at least one {kind} in the request."),
        ));
    }
    if entries.len() > ENTRIES_MAX {
        return Err(SqsError::new(
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            format!(
                "Maximum number of entries per request are {ENTRIES_MAX}. You have sent {}.",
                entries.len()
            ),
        ));
    }
    let mut seen: Vec<&str> = Vec::new();
    for entry in &entries {
        let id = text(entry, "Id");
        let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > 80 || !id.chars().all(is_good) {
            return Err(SqsError::new(
                "AWS.SimpleQueueService.InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
            ));
        }
        if seen.contains(&id) {
            return Err(SqsError::new(
                "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
                format!("Id {id} repeated."),
            ));
        }
        seen.push(id);
    }
    Ok(entries)
}

fn each(entries: &[&Params], mut act: impl FnMut(&Params) -> Result<Value, SqsError>) -> Answer {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        let id = text(entry, "Id");
        match act(entry) {
            Ok(mut output) => {
                output["Id"] = json!(id);
                successful.push(output);
            }
            Err(error) => failed.push(json!({
                "Id": id, "SenderFault": true, "Code": error.code, "Message": error.message,
            })),
        }
    }
    let mut output = json!({});
    if !successful.is_empty() {
        output["Successful"] = json!(successful);
    }
    if !failed.is_empty() {
        output["Failed"] = json!(failed);
    }
    respond(output)
}
