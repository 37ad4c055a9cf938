//! Messages: received, deleted, hidden; and those who wait for them. `sending` has how they come.

use super::api::{Answer, integer, listed, optional, text};
use super::errors::SqsError;
use super::model::{Message, Poller, Queue, Sqs};
use super::sending::{NOT_OF_THIS_KIND, sequence};
use super::{digests, moves};
use crate::cloudwatch::Queued;
use crate::queue::{QueueKey, Urgency};
use crate::world::{self, Incoming, Outcome, Params, Waiter, World};
use crate::{Response, Timestamp, lambda};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What may be due.
#[derive(Debug)]
pub(crate) enum Due {
    /// A poller has waited long enough.
    PollOver { queue: String, poller: u64 },
    /// Messages become visible that somebody waits for.
    Visible { queue: String },
    /// A message move task takes its next message.
    Move { task: String },
}

/// "Maximum 120,000 in-flight messages" (both kinds of queues).
const IN_FLIGHT_MAX: u64 = 120_000;
const HANDLE_SALT: usize = 24;

/// Something is due.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn handle_due(sqs: &mut Sqs, world: &mut World, due: Due) {
    match due {
        Due::PollOver { queue, poller } => {
            let Some(queue) = sqs.queues.get_mut(&queue) else { return };
            if let Some(place) = queue.pollers.iter().position(|waits| waits.number == poller)
                && let Some(poller) = queue.pollers.remove(place)
            {
                publish(world, queue, Queued::Received { messages: 0, oldest_seconds: 0 });
                world.answer(poller.caller, Ok(Response { status: 200, output: json!({}) }));
            }
        }
        Due::Visible { queue } => {
            if let Some(known) = sqs.queues.get_mut(&queue) {
                known.wakes = None;
            }
            sqs.serve(world, &queue);
        }
        Due::Move { task } => moves::step(sqs, world, &task),
    }
}

/// What happened to a queue, as a metric.
pub(super) fn publish(world: &mut World, queue: &Queue, what: Queued) {
    let unix_ms = world.unix_ms();
    world.metrics.queue(unix_ms, &queue.name, what);
}

/// `ReceiveMessage`: what there is at once, else when something comes or the time is over.
pub(super) fn receive(sqs: &mut Sqs, world: &mut World, incoming: &Incoming<'_>) -> Answer {
    let params = incoming.params;
    let url = text(params, "QueueUrl");
    let is_endless = matches!(incoming.caller.waiter, Waiter::Poll(_));
    if is_endless && sqs.queue(url).is_err() {
        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
        let poller = sqs.poller(incoming, None);
        sqs.absent.entry(name).or_default().push_back(poller);
        return Ok(Outcome::Deferred);
    }
    let queue = sqs.queue(url)?;
    let (name, wait_seconds) = (queue.name.clone(), queue.attributes.wait_seconds);
    between(params, "MaxNumberOfMessages", 1, 10)?;
    between(params, "VisibilityTimeout", 0, 43_200)?;
    between(params, "WaitTimeSeconds", 0, 20)?;
    if optional(params, "ReceiveRequestAttemptId").is_some() && !queue.is_fifo() {
        let given = text(params, "ReceiveRequestAttemptId");
        return Err(SqsError::bad(given, "ReceiveRequestAttemptId", NOT_OF_THIS_KIND));
    }
    queue.catch_up(world.now);
    if queue.in_flight() >= IN_FLIGHT_MAX {
        return Err(SqsError::new("OverLimit", "Too many messages in flight."));
    }
    let wait_seconds = integer(params, "WaitTimeSeconds").map_or(wait_seconds, i64::unsigned_abs);
    let messages = take(sqs, world, &name, params);
    if !messages.is_empty() {
        return super::api::respond(json!({ "Messages": messages }));
    }
    if wait_seconds == 0 {
        if let Some(queue) = sqs.queues.get(&name) {
            publish(world, queue, Queued::Received { messages: 0, oldest_seconds: 0 });
        }
        return super::api::done();
    }
    let mut poller = sqs.poller(incoming, None);
    if !is_endless {
        let due = world::Due::Sqs(Due::PollOver { queue: name.clone(), poller: poller.number });
        let at = world.now.after_ms(wait_seconds * 1_000);
        poller.gives_up = Some(world.schedule(at, Urgency::Work, due));
    }
    if let Some(queue) = sqs.queues.get_mut(&name) {
        queue.pollers.push_back(poller);
    }
    sqs.serve(world, &name);
    Ok(Outcome::Deferred)
}

fn between(params: &Params, name: &str, min: i64, max: i64) -> Result<(), SqsError> {
    match integer(params, name) {
        Some(given) if !(min..=max).contains(&given) => Err(SqsError::bad(
            given,
            name,
            &format!("Must be between {min} and {max}, if provided."),
        )),
        _ => Ok(()),
    }
}

impl Sqs {
    fn poller(&mut self, incoming: &Incoming<'_>, gives_up: Option<QueueKey>) -> Poller {
        let number = self.next_number();
        let (caller, params) = (incoming.caller.clone(), incoming.params.clone());
        Poller { number, caller, params, gives_up }
    }

    /// Gives messages to those who wait, in the order in which they came, and sees to it that this happens again when the next
    /// message becomes visible.
    pub(super) fn serve(&mut self, world: &mut World, name: &str) {
        loop {
            let Some(queue) = self.queues.get_mut(name) else { return };
            queue.catch_up(world.now);
            let Some(params) = queue.pollers.front().map(|poller| poller.params.clone()) else {
                break;
            };
            let messages = take(self, world, name, &params);
            if messages.is_empty() {
                break;
            }
            let first = self.queues.get_mut(name).and_then(|queue| queue.pollers.pop_front());
            let Some(poller) = first else { break };
            if let Some(gives_up) = poller.gives_up {
                world.queue.cancel(gives_up);
            }
            let output = json!({ "Messages": messages });
            world.answer(poller.caller, Ok(Response { status: 200, output }));
        }
        let Some(queue) = self.queues.get_mut(name) else { return };
        if let Some(wakes) = queue.wakes.take() {
            world.queue.cancel(wakes);
        }
        if let (false, Some(at)) = (queue.pollers.is_empty(), queue.next_visible()) {
            let due = world::Due::Sqs(Due::Visible { queue: name.to_owned() });
            let urgency = if queue.is_weary() { Urgency::Background } else { Urgency::Work };
            queue.wakes = Some(world.schedule(at.max(world.now), urgency, due));
        }
        for mapping in queue.take_watchers(world.now) {
            world.schedule(world.now, Urgency::Work, lambda::seen(mapping));
        }
    }

    fn sender(&mut self, world: &mut World) -> String {
        self.sender.get_or_insert_with(|| format!("AIDA{}", world.rng.base32(17))).clone()
    }
}

/// Receives what is there, up to as many as are asked for. What has been received too often goes to the dead-letter queue.
fn take(sqs: &mut Sqs, world: &mut World, name: &str, params: &Params) -> Vec<Value> {
    let now = world.now;
    let sender = sqs.sender(world);
    let wanted = integer(params, "MaxNumberOfMessages").map_or(1, i64::unsigned_abs);
    let mut taken: Vec<u64> = Vec::new();
    let mut last = None;
    let mut changed = false;
    while (taken.len() as u64) < wanted {
        let Some(queue) = sqs.queues.get_mut(name) else { break };
        let Some(key) = queue.next(now, last) else { break };
        changed = true;
        if dead_letter(sqs, world, name, key) {
            continue;
        }
        let Some(queue) = sqs.queues.get_mut(name) else { break };
        if let Some(message) = queue.message_mut(key) {
            message.receives += 1;
            message.received_at = now;
            message.first_received_at.get_or_insert(now);
        }
        // Even one that stays visible is not received twice at once.
        queue.hide(key, Timestamp(u64::MAX), now);
        taken.push(key);
        last = Some(key);
    }
    let Some(queue) = sqs.queues.get_mut(name) else { return Vec::new() };
    let seconds = integer(params, "VisibilityTimeout")
        .map_or(queue.attributes.visibility_seconds, i64::unsigned_abs);
    let mut messages = Vec::with_capacity(taken.len());
    for key in taken {
        queue.hide(key, now.after_ms(seconds * 1_000), now);
        let Some(message) = queue.message(key) else { continue };
        let salt = world.rng.base64(HANDLE_SALT);
        let handle = write_handle(queue.number, key, message.receives, &salt);
        messages.push(describe(world, message, &handle, &sender, params));
    }
    if changed {
        queue.tell(world);
    }
    if !messages.is_empty() {
        let oldest = queue.oldest_sent().unwrap_or(now);
        let oldest_seconds = now.0.saturating_sub(oldest.0) / 1_000_000;
        let messages = messages.len() as u64;
        publish(world, queue, Queued::Received { messages, oldest_seconds });
    }
    messages
}

/// Moves a message to the dead-letter queue when it has been received as often as it may; false when it may be received.
fn dead_letter(sqs: &mut Sqs, world: &mut World, name: &str, key: u64) -> bool {
    let Some(queue) = sqs.queues.get(name) else { return false };
    let (Some(redrive), Some(message)) = (&queue.attributes.redrive, queue.message(key)) else {
        return false;
    };
    if message.receives < redrive.receives_max {
        return false;
    }
    let source_arn = queue.arn(world);
    // Without its dead-letter queue, a queue keeps what it has.
    let Some(target) = sqs.by_arn(world, &redrive.target_arn).map(|queue| queue.name.clone())
    else {
        return false;
    };
    if target == name {
        return false;
    }
    let Some(mut message) = sqs.queues.get_mut(name).and_then(|queue| queue.remove(key)) else {
        return false;
    };
    message.source_arn = Some(source_arn);
    sqs.put(world, &target, message);
    true
}

impl Sqs {
    /// Puts a message that was in another queue into this one. In a standard queue it is as old as it was; a FIFO queue counts anew
    /// ("Configuring a dead-letter queue": retention periods).
    pub(super) fn put(&mut self, world: &mut World, target: &str, mut message: Message) {
        let now = world.now;
        let number = self.next_number();
        let Some(queue) = self.queues.get_mut(target) else { return };
        queue.catch_up(now);
        if queue.is_fifo() {
            message.sent_at = now;
            message.sequence = Some(sequence(number));
        }
        queue.insert(message, now, now);
        queue.tell(world);
        self.serve(world, target);
    }
}

/// A message as its receiver sees it.
fn describe(
    world: &World,
    message: &Message,
    handle: &str,
    sender: &str,
    params: &Params,
) -> Value {
    let mut output = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": handle,
        "MD5OfBody": message.body_md5,
        "Body": message.body,
    });
    let mut wanted: Vec<&str> = listed(params, "AttributeNames");
    wanted.extend(listed(params, "MessageSystemAttributeNames"));
    let at = |at: Timestamp| world.unix_ms_at(at).to_string();
    let known = [
        ("SenderId", Some(sender.to_owned())),
        ("SentTimestamp", Some(at(message.sent_at))),
        ("ApproximateReceiveCount", Some(message.receives.to_string())),
        ("ApproximateFirstReceiveTimestamp", message.first_received_at.map(at)),
        ("SequenceNumber", message.sequence.clone()),
        ("MessageDeduplicationId", message.deduplication.clone()),
        ("MessageGroupId", message.group.clone()),
        ("AWSTraceHeader", message.trace_header.clone()),
        ("DeadLetterQueueSourceArn", message.source_arn.clone()),
    ];
    let mut system = Map::new();
    for (name, value) in known {
        if let Some(value) = value
            && (wanted.contains(&name) || wanted.contains(&"All"))
        {
            system.insert(name.to_owned(), json!(value));
        }
    }
    if !system.is_empty() {
        output["Attributes"] = Value::Object(system);
    }
    let names = listed(params, "MessageAttributeNames");
    let is_asked = |name: &str| {
        names.iter().any(|asked| match asked.strip_suffix(".*") {
            Some(prefix) => prefix.is_empty() || name.starts_with(prefix),
            None => matches!(*asked, "All") || *asked == name,
        })
    };
    let asked: Map<String, Value> = message
        .attributes
        .iter()
        .filter(|(name, _)| is_asked(name))
        .map(|(name, attribute)| (name.clone(), as_given(attribute)))
        .collect();
    if !asked.is_empty() {
        output["MD5OfMessageAttributes"] = json!(digests::of_attributes(&asked));
        output["MessageAttributes"] = Value::Object(asked);
    }
    output
}

/// An attribute with its bytes in base64, as AWS's JSON has them.
fn as_given(attribute: &Value) -> Value {
    let mut attribute = attribute.clone();
    if attribute.get("BinaryValue").is_some_and(|value| !value.is_null()) {
        attribute["BinaryValue"] = json!(STANDARD.encode(digests::value(&attribute)));
    }
    attribute
}

// Receipt handles

/// A handle names the queue, the message and which of its receptions it is; clients take it as it is.
fn write_handle(queue: u64, key: u64, receives: u64, salt: &str) -> String {
    format!("AQEB{}", STANDARD.encode(format!("{queue}/{key}/{receives}/{salt}")))
}

fn read_handle(handle: &str) -> Option<(u64, u64, u64)> {
    let bytes = STANDARD.decode(handle.strip_prefix("AQEB")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let mut parts = text.splitn(4, '/');
    let mut number = || parts.next()?.parse().ok();
    Some((number()?, number()?, number()?))
}

/// The message of a handle; none when it is gone.
fn of_handle(queue: &Queue, handle: &str, now: Timestamp) -> Result<Option<u64>, SqsError> {
    let invalid = || {
        let message =
            format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
        SqsError::new("ReceiptHandleIsInvalid", message)
    };
    let (number, key, receives) = read_handle(handle).ok_or_else(invalid)?;
    if number != queue.number {
        return Err(invalid());
    }
    let Some(message) = queue.message(key) else { return Ok(None) };
    // In a FIFO queue a handle holds as long as the message is hidden; in others until it is received again, and often longer.
    if queue.is_fifo() && (message.receives != receives || !queue.is_hidden(key, now)) {
        return Err(SqsError::bad(handle, "ReceiptHandle", "The receipt handle has expired."));
    }
    Ok(Some(key))
}

/// Deletes a message. One that is gone already is no error.
pub(super) fn delete(
    sqs: &mut Sqs,
    world: &mut World,
    url: &str,
    handle: &str,
) -> Result<(), SqsError> {
    let queue = sqs.queue(url)?;
    queue.catch_up(world.now);
    if let Some(key) = of_handle(queue, handle, world.now)? {
        queue.remove(key);
        queue.tell(world);
        publish(world, queue, Queued::Deleted);
    }
    // The next of its group may be received now.
    let name = queue.name.clone();
    sqs.serve(world, &name);
    Ok(())
}

/// Hides a message for so many seconds from now.
pub(super) fn change_visibility(
    sqs: &mut Sqs,
    world: &mut World,
    url: &str,
    handle: &str,
    seconds: i64,
) -> Result<(), SqsError> {
    let queue = sqs.queue(url)?;
    let now = world.now;
    queue.catch_up(now);
    if !(0..=43_200).contains(&seconds) {
        let reason = "Must be between 0 and 43200, if provided.";
        return Err(SqsError::bad(seconds, "VisibilityTimeout", reason));
    }
    let Some(key) = of_handle(queue, handle, now)? else {
        let reason = "Message does not exist or is not available for visibility timeout change.";
        return Err(SqsError::bad(handle, "ReceiptHandle", reason));
    };
    let until = now.after_ms(seconds.unsigned_abs() * 1_000);
    let limit = queue.message(key).map(|message| message.received_at.after_ms(43_200_000));
    if limit.is_some_and(|limit| until > limit) {
        let reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
        return Err(SqsError::bad(seconds, "VisibilityTimeout", reason));
    }
    queue.hide(key, until, now);
    queue.tell(world);
    let name = queue.name.clone();
    sqs.serve(world, &name);
    Ok(())
}
