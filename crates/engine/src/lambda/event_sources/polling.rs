//! Receiving for a mapping: how many batches it may have at work, what is filtered out, and what becomes one batch.

use super::batches::{self, Held};
use super::{Due, Poll, records};
use crate::lambda::costs;
use crate::lambda::environment::{Cx, Lambda};
use crate::patterns::esm::Filters;
use crate::queue::{QueueKey, Urgency};
use crate::world::{self, Waiter, World};
use crate::{ApiError, Fact, Principal, Request, Response, Timestamp};
use serde_json::{Value, json};

/// Most messages that `ReceiveMessage` gives at once.
const RECEIVE_MAX: usize = 10;
/// "Lambda starts processing five batches at a time" (Configuring scaling behavior).
const CONCURRENCY_START: u64 = 5;
/// "The maximum number of batches that an event source mapping can process simultaneously is 1,000."
const CONCURRENCY_MAX: u64 = 1_000;
/// "By up to 300 more instances per minute": five a second.
const SCALE_STEP: u64 = 5;
const SCALE_MS: u64 = 1_000;
/// Without a backlog for so long, a mapping is back at five. Chosen; AWS says "when traffic is low".
const SCALE_BACK_MS: u64 = 60_000;
/// "Can optimize to as few as 2": so far errors of the function reduce it. Chosen.
const CONCURRENCY_AFTER_ERRORS: u64 = 2;
/// When a queue refused to give messages it is asked again. Chosen.
const REFUSED_MS: u64 = 60_000;

/// What a mapping is set to, as far as its pollers need it.
#[derive(Debug)]
pub(in crate::lambda) struct Source {
    /// Queue name.
    pub(in crate::lambda) queue: String,
    pub(in crate::lambda) arn: String,
    pub(in crate::lambda) function_arn: String,
    pub(in crate::lambda) batch_max: usize,
    pub(in crate::lambda) window_ms: u64,
    pub(in crate::lambda) filters: Filters,
    /// Whether the function says which messages failed.
    pub(in crate::lambda) reports: bool,
    /// `MaximumConcurrency`.
    pub(in crate::lambda) concurrency_max: Option<u64>,
}

/// A mapping that polls.
#[derive(Debug)]
pub(super) struct Polling {
    pub(super) source: Source,
    /// False when it is disabled: batches that are at work end, nothing is received.
    pub(super) active: bool,
    /// Batches at work.
    pub(super) busy: u64,
    /// Batches that may be at work. It grows with the backlog and shrinks with errors.
    allowed: u64,
    /// When there was more to do than `allowed` let.
    saturated_at: Timestamp,
    scaling: Option<QueueKey>,
    /// Whether a request for messages waits; with its entry in the queue of due work, from which it may have come out.
    listening: Option<QueueKey>,
    /// What will be the next batch, and until when it is collected.
    collected: Vec<Held>,
    window: Option<QueueKey>,
    until: Timestamp,
}

impl Source {
    pub(super) fn url(&self, world: &World) -> String {
        let config = &world.config;
        format!("https://sqs.{}.amazonaws.com/{}/{}", config.region, config.account, self.queue)
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.queue.ends_with(".fifo")
    }

    fn concurrency_max(&self) -> u64 {
        self.concurrency_max.unwrap_or(CONCURRENCY_MAX)
    }

    fn concurrency_start(&self) -> u64 {
        CONCURRENCY_START.min(self.concurrency_max())
    }
}

impl Polling {
    /// The function failed: there is a little less at a time, down to two.
    pub(super) fn after_error(&mut self) {
        self.allowed = self.allowed.min(CONCURRENCY_AFTER_ERRORS.max(self.allowed - 1));
    }

    /// There was no room for a batch: there is a little less at a time.
    pub(super) fn after_throttle(&mut self) {
        self.allowed = 1.max(self.allowed - 1);
    }

    pub(super) fn after_success(&mut self) {
        if self.allowed < self.source.concurrency_start() {
            self.allowed += 1;
        }
    }
}

/// Begins to poll, or goes on under other settings.
pub(in crate::lambda) fn start(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    mapping: &str,
    source: Source,
) {
    let pollings = &mut lambda.control.sources.pollings;
    if let Some(polling) = pollings.get_mut(mapping) {
        polling.allowed =
            if polling.active { polling.allowed.min(source.concurrency_max()) } else { 0 };
        polling.allowed = polling.allowed.max(source.concurrency_start());
        polling.source = source;
        polling.active = true;
        // What is asked for follows the settings.
        hang_up(lambda, cx, mapping);
    } else {
        let polling = Polling {
            active: true,
            busy: 0,
            allowed: source.concurrency_start(),
            saturated_at: cx.world.now,
            scaling: None,
            listening: None,
            collected: Vec::new(),
            window: None,
            until: cx.world.now,
            source,
        };
        pollings.insert(mapping.to_owned(), polling);
    }
    collect(lambda, cx, mapping);
}

/// Stops to poll. What was received is still given to the function.
pub(in crate::lambda) fn stop(lambda: &mut Lambda, cx: &mut Cx<'_>, mapping: &str) {
    hang_up(lambda, cx, mapping);
    let Some(polling) = lambda.control.sources.pollings.get_mut(mapping) else { return };
    polling.active = false;
    if let Some(scaling) = polling.scaling.take() {
        cx.world.queue.cancel(scaling);
    }
    form(lambda, cx, mapping);
}

/// Takes back the request for messages.
fn hang_up(lambda: &mut Lambda, cx: &mut Cx<'_>, mapping: &str) {
    let Some(polling) = lambda.control.sources.pollings.get_mut(mapping) else { return };
    if let Some(listening) = polling.listening.take() {
        cx.world.queue.cancel(listening);
        let poll = Poll::Receive { mapping: mapping.to_owned() };
        cx.sqs.hang_up(cx.world, &polling.source.queue, &poll);
    }
}

/// Asks for messages, if one more batch may be at work.
pub(super) fn listen(lambda: &mut Lambda, cx: &mut Cx<'_>, mapping: &str) {
    let Some(polling) = lambda.control.sources.pollings.get_mut(mapping) else { return };
    if !polling.active || polling.listening.is_some() {
        return;
    }
    let now = cx.world.now;
    let source = &polling.source;
    if polling.saturated_at.after_ms(SCALE_BACK_MS) <= now {
        let start = source.concurrency_start();
        polling.allowed = polling.allowed.min(start.max(polling.busy));
    }
    if polling.busy >= polling.allowed {
        saturated(polling, cx, mapping);
        return;
    }
    let wanted = source.batch_max.saturating_sub(polling.collected.len()).clamp(1, RECEIVE_MAX);
    let params = json!({
        "QueueUrl": source.url(cx.world),
        "MaxNumberOfMessages": wanted,
        "MessageSystemAttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
        "WaitTimeSeconds": 20,
    });
    let poll = Poll::Receive { mapping: mapping.to_owned() };
    polling.listening =
        Some(ask(cx.world, now, &polling.source, "sqs", "ReceiveMessage", params, poll));
}

/// A request of a mapping's, in the name of its function's role.
pub(super) fn ask(
    world: &mut World,
    at: Timestamp,
    source: &Source,
    service: &str,
    operation: &str,
    params: Value,
    poll: Poll,
) -> QueueKey {
    let function = source.function_arn.split(':').take(7).collect::<Vec<_>>().join(":");
    let request = Request {
        service: service.to_owned(),
        operation: operation.to_owned(),
        params,
        principal: Principal::Function { arn: function },
    };
    let due = world::Due::Request { waiter: Waiter::Poll(poll), request };
    world.schedule(at, Urgency::Work, due)
}

/// All batches that may be at work are: sees to it that there will be more when there is a backlog.
fn saturated(polling: &mut Polling, cx: &mut Cx<'_>, mapping: &str) {
    if polling.scaling.is_some() || polling.allowed >= polling.source.concurrency_max() {
        return;
    }
    if cx.sqs.watch(cx.world, &polling.source.queue, mapping) {
        polling.saturated_at = cx.world.now;
        let due = Due::Scale { mapping: mapping.to_owned() };
        polling.scaling = Some(later(cx.world, SCALE_MS, Urgency::Work, due));
    }
}

pub(super) fn later(world: &mut World, ms: u64, urgency: Urgency, due: Due) -> QueueKey {
    let at = world.now.after_ms(ms);
    world.schedule(at, urgency, world::Due::Lambda(crate::lambda::Due::Source(due)))
}

/// Some more batches may be at work, when there is something to do for them.
pub(super) fn scale(lambda: &mut Lambda, cx: &mut Cx<'_>, mapping: &str) {
    let Some(polling) = lambda.control.sources.pollings.get_mut(mapping) else { return };
    polling.scaling = None;
    if polling.busy >= polling.allowed && cx.sqs.watch(cx.world, &polling.source.queue, mapping) {
        polling.saturated_at = cx.world.now;
        polling.allowed = (polling.allowed + SCALE_STEP).min(polling.source.concurrency_max());
    }
    listen(lambda, cx, mapping);
}

/// Messages came, or a refusal.
pub(super) fn received(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    mapping: &str,
    result: Result<Response, ApiError>,
) {
    let Some(polling) = lambda.control.sources.pollings.get_mut(mapping) else { return };
    polling.listening = None;
    let Ok(Response { mut output, .. }) = result else {
        let due = Due::Look { mapping: mapping.to_owned() };
        later(cx.world, REFUSED_MS, Urgency::Background, due);
        return;
    };
    let source = &polling.source;
    let now = cx.world.now;
    let expires_at = now.after_ms(cx.sqs.visibility_ms(&source.queue));
    let was_empty = polling.collected.is_empty();
    let mut dropped = Vec::new();
    let messages = output["Messages"].as_array_mut().map(std::mem::take).unwrap_or_default();
    for message in messages {
        let record = records::record(&message, source, &cx.world.config.region);
        let text = |member: &str| message[member].as_str().unwrap_or_default().to_owned();
        let held = Held {
            message_id: text("MessageId"),
            handle: text("ReceiptHandle"),
            expires_at,
            record: record.to_string(),
        };
        if source.filters.pass(&record) {
            polling.collected.push(held);
        } else {
            dropped.push(held);
        }
    }
    if !dropped.is_empty() {
        cx.world.emit(Fact::MessagesFiltered {
            mapping: mapping.to_owned(),
            queue: source.queue.clone(),
            messages: dropped.iter().map(|held| held.message_id.clone()).collect(),
        });
        batches::delete(cx.world, source, mapping, &dropped);
    }
    if was_empty && !polling.collected.is_empty() {
        // Not so long that no time would be left for the function before others may see the messages again.
        let visibility_ms = cx.sqs.visibility_ms(&source.queue);
        let timeout_ms = batches::timeout_seconds(lambda, mapping) * 1_000;
        let polling = lambda.control.sources.pollings.get_mut(mapping).expect("it is there above");
        let left_ms = visibility_ms.saturating_sub(timeout_ms).max(visibility_ms / 2);
        polling.until = now.after_ms(polling.source.window_ms.min(left_ms));
    }
    collect(lambda, cx, mapping);
}

/// Makes a batch of what was received, if it is time, and asks for more.
pub(super) fn collect(lambda: &mut Lambda, cx: &mut Cx<'_>, mapping: &str) {
    let Some(polling) = lambda.control.sources.pollings.get_mut(mapping) else { return };
    let bytes: usize = polling.collected.iter().map(|held| held.record.len() + 1).sum();
    let is_full = polling.collected.len() >= polling.source.batch_max
        || bytes >= costs::SYNC_PAYLOAD_BYTES_MAX;
    if polling.collected.is_empty() {
    } else if is_full || polling.until <= cx.world.now {
        form(lambda, cx, mapping);
    } else if polling.window.is_none() {
        let due = Due::Window { mapping: mapping.to_owned() };
        let ms = (polling.until.0 - cx.world.now.0).div_ceil(1_000);
        polling.window = Some(later(cx.world, ms, Urgency::Work, due));
    }
    listen(lambda, cx, mapping);
}

pub(super) fn window_over(lambda: &mut Lambda, cx: &mut Cx<'_>, mapping: &str) {
    if let Some(polling) = lambda.control.sources.pollings.get_mut(mapping) {
        polling.window = None;
    }
    // The request that waits asks for as many as were missing: the next batch has more room.
    hang_up(lambda, cx, mapping);
    collect(lambda, cx, mapping);
}

/// What was collected is a batch now, as soon as there is room for it.
fn form(lambda: &mut Lambda, cx: &mut Cx<'_>, mapping: &str) {
    let Some(polling) = lambda.control.sources.pollings.get_mut(mapping) else { return };
    if polling.busy >= polling.source.concurrency_max() {
        return;
    }
    if let Some(window) = polling.window.take() {
        cx.world.queue.cancel(window);
    }
    let collected = std::mem::take(&mut polling.collected);
    batches::begin(lambda, cx, mapping, collected);
}
