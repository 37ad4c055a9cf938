//! Batches: given to the function, tried again when there is no room, and what becomes of their messages.

use super::polling::{self, Source, later};
use super::{Due, Poll};
use crate::lambda::costs;
use crate::lambda::environment::{Cx, Lambda};
use crate::queue::Urgency;
use crate::world::World;
use crate::{ApiError, Blob, Fact, Response, Timestamp};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Most messages that `DeleteMessageBatch` takes.
const DELETE_MAX: usize = 10;
/// The longest wait of a batch that is throttled again and again, seconds. It begins with one and doubles. Chosen.
const BACKOFF_SECONDS_MAX: u64 = 32;
/// `{"Records":[` and `]}`.
const FRAME_BYTES: usize = 14;

/// A message that was received and is hidden from others.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) message_id: String,
    pub(super) handle: String,
    /// When others may see it again.
    pub(super) expires_at: Timestamp,
    /// Its record in the event, JSON.
    pub(super) record: String,
}

/// Messages that a function is given together.
#[derive(Debug)]
pub(super) struct Batch {
    mapping: String,
    messages: Vec<Held>,
    /// What did not fit into one payload and comes next.
    rest: VecDeque<Vec<Held>>,
    /// Times that it found no room.
    throttles: u32,
    request_id: Option<String>,
}

/// How long the function of a mapping may work, seconds.
pub(super) fn timeout_seconds(lambda: &Lambda, mapping: &str) -> u64 {
    let polling = lambda.control.sources.pollings.get(mapping);
    polling.map_or(0, |polling| lambda.timeout_seconds(&polling.source.function_arn))
}

/// Takes messages out of their queue.
pub(super) fn delete(world: &mut World, source: &Source, mapping: &str, messages: &[Held]) {
    let url = source.url(world);
    for some in messages.chunks(DELETE_MAX) {
        let entries: Vec<Value> = some
            .iter()
            .enumerate()
            .map(|(index, held)| json!({ "Id": index.to_string(), "ReceiptHandle": held.handle }))
            .collect();
        let params = json!({ "QueueUrl": url, "Entries": entries });
        let poll = Poll::Delete { mapping: mapping.to_owned() };
        polling::ask(world, world.now, source, "sqs", "DeleteMessageBatch", params, poll);
    }
}

/// Makes a batch of these messages; of several, when they are more than a payload may have ("payload size of 6 MB").
pub(super) fn begin(lambda: &mut Lambda, cx: &mut Cx<'_>, mapping: &str, messages: Vec<Held>) {
    next_part(lambda, cx, mapping, split(messages, costs::SYNC_PAYLOAD_BYTES_MAX));
}

/// Messages in parts whose payloads are not larger than this, in order; one that is too large alone is a part.
fn split(messages: Vec<Held>, bytes_max: usize) -> VecDeque<Vec<Held>> {
    let mut parts: VecDeque<Vec<Held>> = VecDeque::new();
    let mut bytes = 0;
    for held in messages {
        let more = held.record.len() + 1;
        match parts.back_mut() {
            Some(part) if bytes + more <= bytes_max => part.push(held),
            _ => {
                parts.push_back(vec![held]);
                bytes = FRAME_BYTES;
            }
        }
        bytes += more;
    }
    parts
}

/// The next of these parts that others do not see yet is a batch.
fn next_part(lambda: &mut Lambda, cx: &mut Cx<'_>, mapping: &str, mut parts: VecDeque<Vec<Held>>) {
    let now = cx.world.now;
    while let Some(mut messages) = parts.pop_front() {
        messages.retain(|held| held.expires_at > now);
        if messages.is_empty() {
            continue;
        }
        let sources = &mut lambda.control.sources;
        let Some(polling) = sources.pollings.get_mut(mapping) else { return };
        polling.busy += 1;
        sources.batches_made += 1;
        let number = sources.batches_made;
        cx.world.emit(Fact::BatchPolled {
            mapping: mapping.to_owned(),
            batch: number,
            queue: polling.source.queue.clone(),
            function: polling.source.function_arn.clone(),
            messages: messages.iter().map(|held| held.message_id.clone()).collect(),
        });
        let (mapping, rest) = (mapping.to_owned(), parts);
        let batch = Batch { mapping, messages, rest, throttles: 0, request_id: None };
        sources.batches.insert(number, batch);
        invoke(lambda, cx, number);
        return;
    }
}

/// Gives a batch to its function.
pub(super) fn invoke(lambda: &mut Lambda, cx: &mut Cx<'_>, number: u64) {
    let sources = &lambda.control.sources;
    let Some(batch) = sources.batches.get(&number) else { return };
    let Some(polling) = sources.pollings.get(&batch.mapping) else { return };
    let records: Vec<&str> = batch.messages.iter().map(|held| held.record.as_str()).collect();
    let payload = format!("{{\"Records\":[{}]}}", records.join(","));
    let params = json!({
        "FunctionName": polling.source.function_arn,
        "Payload": Blob::text(payload),
    });
    let poll = Poll::Invoke { mapping: batch.mapping.clone(), batch: number };
    let at = cx.world.now.after_micros(costs::POLL_US);
    polling::ask(cx.world, at, &polling.source, "lambda", "Invoke", params, poll);
}

pub(super) fn accepted(lambda: &mut Lambda, number: u64, request_id: &str) {
    if let Some(batch) = lambda.control.sources.batches.get_mut(&number) {
        batch.request_id = Some(request_id.to_owned());
    }
}

/// The function has worked on a batch, or could not be asked to.
pub(super) fn invoked(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    number: u64,
    result: Result<Response, ApiError>,
) {
    let sources = &mut lambda.control.sources;
    let Some(batch) = sources.batches.get_mut(&number) else { return };
    let reports = sources.pollings.get(&batch.mapping).is_some_and(|p| p.source.reports);
    let all = batch.messages.len();
    match result {
        Err(error) if is_for_now(&error) => throttled(lambda, cx, number, &error.code),
        Err(error) => end(lambda, cx, number, &error.code, vec![true; all]),
        Ok(response) if response.output.get("FunctionError").is_some() => {
            end(lambda, cx, number, "FunctionError", vec![true; all]);
        }
        Ok(response) if reports => {
            let ids: Vec<&str> =
                batch.messages.iter().map(|held| held.message_id.as_str()).collect();
            match super::responses::failures(&response.output["Payload"], &ids) {
                Some(failed) if failed.contains(&true) => {
                    end(lambda, cx, number, "PartialFailure", failed);
                }
                Some(failed) => end(lambda, cx, number, "Success", failed),
                None => end(lambda, cx, number, "InvalidResponse", vec![true; all]),
            }
        }
        Ok(_) => end(lambda, cx, number, "Success", vec![false; all]),
    }
}

/// Whether a function may take a batch a little later: it has no room now, or is not active yet.
fn is_for_now(error: &ApiError) -> bool {
    matches!(error.code.as_str(), "TooManyRequestsException" | "ResourceConflictException")
}

/// "Lambda continues to retry the message until the message's timestamp exceeds your queue's visibility timeout, at which point
/// Lambda drops the message" (Backoff strategy for failed invocations): it is the queue's again then.
fn throttled(lambda: &mut Lambda, cx: &mut Cx<'_>, number: u64, reason: &str) {
    let sources = &mut lambda.control.sources;
    let Some(batch) = sources.batches.get_mut(&number) else { return };
    if let Some(polling) = sources.pollings.get_mut(&batch.mapping) {
        polling.after_throttle();
    }
    let seconds = (1_u64 << batch.throttles.min(16)).min(BACKOFF_SECONDS_MAX);
    batch.throttles += 1;
    let due_at = cx.world.now.after_ms(seconds * 1_000);
    let expires_at = batch.messages.iter().map(|held| held.expires_at).min();
    if expires_at.is_none_or(|at| due_at.after_micros(costs::POLL_US) >= at) {
        let all = batch.messages.len();
        end(lambda, cx, number, "Throttled", vec![true; all]);
        return;
    }
    cx.world.emit(Fact::BatchDelayed {
        mapping: batch.mapping.clone(),
        batch: number,
        reason: reason.to_owned(),
        due_at,
    });
    later(cx.world, seconds * 1_000, Urgency::Work, Due::Again { batch: number });
}

/// The end of a batch. Messages that did not fail are deleted; the others become visible when their timeout is over.
fn end(lambda: &mut Lambda, cx: &mut Cx<'_>, number: u64, outcome: &str, failed: Vec<bool>) {
    let sources = &mut lambda.control.sources;
    let Some(batch) = sources.batches.remove(&number) else { return };
    let Batch { mapping, messages, rest, request_id, .. } = batch;
    let any_failed = failed.contains(&true);
    let (mut deleted, mut returned) = (Vec::new(), Vec::new());
    for (held, failed) in messages.into_iter().zip(failed) {
        if failed { returned.push(held.message_id) } else { deleted.push(held) }
    }
    cx.world.emit(Fact::BatchEnded {
        mapping: mapping.clone(),
        batch: number,
        request_id,
        outcome: outcome.to_owned(),
        deleted: deleted.iter().map(|held| held.message_id.clone()).collect(),
        returned,
    });
    let Some(polling) = sources.pollings.get_mut(&mapping) else { return };
    delete(cx.world, &polling.source, &mapping, &deleted);
    polling.busy -= 1;
    let is_fifo = polling.source.is_fifo();
    match outcome {
        "Success" => polling.after_success(),
        // With partial responses polling "doesn't scale down when function invocations fail".
        "FunctionError" if !polling.source.reports => polling.after_error(),
        _ => {}
    }
    // Of a group nothing is given to the function before what failed.
    if !(rest.is_empty() || is_fifo && any_failed) {
        next_part(lambda, cx, &mapping, rest);
    }
    polling::collect(lambda, cx, &mapping);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_not_larger_than_they_may_be() {
        let held = |length: usize| Held {
            message_id: length.to_string(),
            handle: String::new(),
            expires_at: Timestamp(0),
            record: "x".repeat(length),
        };
        let sizes = |lengths: &[usize]| -> Vec<Vec<usize>> {
            let parts = split(lengths.iter().map(|length| held(*length)).collect(), 100);
            for part in &parts {
                let records: Vec<&str> = part.iter().map(|held| held.record.as_str()).collect();
                let payload = format!("{{\"Records\":[{}]}}", records.join(","));
                assert!(payload.len() <= 100 || part.len() == 1);
            }
            parts.iter().map(|part| part.iter().map(|held| held.record.len()).collect()).collect()
        };
        assert_eq!(sizes(&[]), [[0; 0]; 0]);
        assert_eq!(sizes(&[40, 44, 1]), [vec![40, 44], vec![1]]);
        assert_eq!(sizes(&[40, 45, 40]), [vec![40], vec![45], vec![40]]);
        assert_eq!(sizes(&[200, 1, 2]), [vec![200], vec![1, 2]]);
    }
}
