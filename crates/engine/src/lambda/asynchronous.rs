//! The life of an asynchronous event after it was accepted: attempts and the waits between them, its age, its dead-letter queue and
//! its destinations.
//!
//! Follows "How Lambda handles errors and retries with asynchronous invocation" and "Capturing records of Lambda asynchronous
//! invocations"; records and attributes are as recorded. Nothing here is needed for an invocation whose caller waits.
//!
//! Invariant: an accepted event ends once: with a success, or dropped for a reason that is a fact of the history.

use super::environment::{Due, Lambda};
use super::errors::LambdaError;
use super::invocation::{Attempt, Conclusion, Invocation};
use super::model::version_name;
use crate::queue::Urgency;
use crate::world::{self, Waiter, World};
use crate::{Blob, Fact, Outcome, Principal, Request, Timestamp, calendar};
use serde_json::{Map, Value, json};

/// Waits before the second and the third attempt, seconds.
const RETRY_SECONDS: [u64; 2] = [60, 120];
/// Retries when nothing is configured.
const RETRIES: u64 = 2;
/// How old an event may become when nothing is configured, seconds: six hours.
const AGE_SECONDS: u64 = 21_600;
/// The longest wait of an event that is throttled again and again, seconds. It begins with one and doubles.
const BACKOFF_SECONDS_MAX: u64 = 300;
/// "The first 1 KB of the error message" (dead-letter queues).
const ERROR_MESSAGE_BYTES_MAX: usize = 1_024;

/// What is known of an event beside its invocation.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    pub(super) accepted_at: Timestamp,
    /// Attempts that have begun.
    pub(super) attempts: u32,
    /// Units of the meter that earlier attempts burned.
    pub(super) units_before: u64,
    /// Times that it found no room since its last attempt.
    throttles: u32,
}

/// How an event is handled, as its function's configuration says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handling {
    pub(crate) retries_max: Option<u64>,
    pub(crate) age_seconds_max: Option<u64>,
    pub(crate) on_success: Option<String>,
    pub(crate) on_failure: Option<String>,
}

/// Something that is sent for an event, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    request_id: String,
    function: String,
    /// `DeadLetter`, `OnSuccess` or `OnFailure`.
    kind: &'static str,
    target: String,
}

impl Delivery {
    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }
}

impl Queued {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { accepted_at: now, attempts: 0, units_before: 0, throttles: 0 }
    }
}

/// `DeadLetterConfig.TargetArn`: a queue or a topic; none when it is taken away.
#[inline(never)]
pub(super) fn dead_letter_target(arn: &str) -> Result<Option<String>, LambdaError> {
    match arn.split(':').nth(2) {
        _ if arn.is_empty() => Ok(None),
        Some("sqs" | "sns") => Ok(Some(arn.to_owned())),
        _ => Err(LambdaError::InvalidParameter(format!(
            "The provided dead letter target ARN {arn} is not of a queue or a topic"
        ))),
    }
}

impl Lambda {
    /// How events that named this qualifier are handled.
    fn handling(&self, function: &str, qualifier: &str) -> Handling {
        let known = self.functions.get(function);
        known.and_then(|known| known.control.handling(qualifier)).unwrap_or_default()
    }

    fn dead_letter_of(&self, invocation: &Invocation) -> Option<String> {
        let function = self.functions.get(&invocation.function)?;
        function.deployment(invocation.version)?.settings.dead_letter_target.clone()
    }
}

/// The qualifier that the caller named, `$LATEST` when it named none.
fn qualifier(invocation: &Invocation) -> &str {
    invocation.invoked_arn.split(':').nth(7).unwrap_or("$LATEST")
}

/// After an attempt. The event goes back to its queue, or ends.
#[inline(never)]
pub(super) fn attempted(
    lambda: &Lambda,
    world: &mut World,
    mut invocation: Invocation,
    conclusion: &Conclusion,
) {
    let Some(queued) = &mut invocation.queued else { return };
    queued.throttles = 0;
    queued.units_before += invocation.attempt.units;
    let attempts = queued.attempts;
    let handling = lambda.handling(&invocation.function, qualifier(&invocation));
    if conclusion.outcome == Outcome::Success {
        if let Some(target) = handling.on_success {
            let record = record(world, &invocation, "Success", Some(conclusion));
            send(world, &invocation, "OnSuccess", target, record);
        }
        return;
    }
    if conclusion.outcome == Outcome::Stopped {
        // Nothing of AWS's: whoever stops an event by hand does not want it again.
        world.emit(dropped(&invocation, "Stopped"));
        return;
    }
    let retries_max = handling.retries_max.unwrap_or(RETRIES);
    if u64::from(attempts) > retries_max {
        drop_event(lambda, world, &invocation, "RetriesExhausted", Some(conclusion));
        return;
    }
    let seconds = RETRY_SECONDS[(attempts as usize).clamp(1, RETRY_SECONDS.len()) - 1];
    requeue(lambda, world, invocation, seconds, "FunctionError", Some(conclusion));
}

/// An event found no room: its function's concurrency is used up.
#[inline(never)]
pub(super) fn throttled(lambda: &Lambda, world: &mut World, mut invocation: Invocation) {
    let reserved = lambda.functions.get(&invocation.function).and_then(|f| f.control.reserved);
    if reserved == Some(0) {
        drop_event(lambda, world, &invocation, "ZeroReservedConcurrency", None);
        return;
    }
    let Some(queued) = &mut invocation.queued else { return };
    let seconds = (1_u64 << queued.throttles.min(16)).min(BACKOFF_SECONDS_MAX);
    queued.throttles += 1;
    requeue(lambda, world, invocation, seconds, "Throttled", None);
}

/// Puts an event back into its queue, or drops it when it would be too old by then.
fn requeue(
    lambda: &Lambda,
    world: &mut World,
    invocation: Invocation,
    seconds: u64,
    reason: &str,
    conclusion: Option<&Conclusion>,
) {
    let due_at = world.now.after_ms(seconds * 1_000);
    let handling = lambda.handling(&invocation.function, qualifier(&invocation));
    let age_ms_max = handling.age_seconds_max.unwrap_or(AGE_SECONDS) * 1_000;
    let accepted_at = invocation.queued.as_ref().map_or(world.now, |queued| queued.accepted_at);
    if due_at > accepted_at.after_ms(age_ms_max) {
        drop_event(lambda, world, &invocation, "EventAgeExceeded", conclusion);
        return;
    }
    world.emit(Fact::EventRequeued {
        request_id: invocation.request_id.clone(),
        function: invocation.function.clone(),
        reason: reason.into(),
        due_at,
    });
    let again = Invocation { attempt: Attempt::default(), ..invocation };
    let due = world::Due::Lambda(Due::Deliver { invocation: Box::new(again) });
    world.schedule(due_at, Urgency::Work, due);
}

/// The end of an event that was not handled: to the dead-letter queue, and to the destination for failures.
fn drop_event(
    lambda: &Lambda,
    world: &mut World,
    invocation: &Invocation,
    condition: &str,
    conclusion: Option<&Conclusion>,
) {
    world.emit(dropped(invocation, condition));
    let handling = lambda.handling(&invocation.function, qualifier(invocation));
    if let Some(target) = lambda.dead_letter_of(invocation) {
        let message = String::from_utf8_lossy(&invocation.payload).into_owned();
        dead_letter(world, invocation, target, message, conclusion);
    }
    if let Some(target) = handling.on_failure {
        let record = record(world, invocation, condition, conclusion);
        send(world, invocation, "OnFailure", target, record);
    }
}

fn dropped(invocation: &Invocation, condition: &str) -> Fact {
    Fact::EventDropped {
        request_id: invocation.request_id.clone(),
        function: invocation.function.clone(),
        condition: condition.into(),
        attempts: invocation.queued.as_ref().map_or(0, |queued| queued.attempts),
    }
}

/// Bytes as JSON when they are, as text otherwise.
fn json_or_text(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

/// The invocation record, version 1.0.
fn record(
    world: &World,
    invocation: &Invocation,
    condition: &str,
    conclusion: Option<&Conclusion>,
) -> Value {
    let function = invocation.invoked_arn.split(':').take(7).collect::<Vec<_>>().join(":");
    let mut record = json!({
        "version": "1.0",
        "timestamp": calendar::iso(world.unix_ms()),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": format!("{function}:{}", qualifier(invocation)),
            "condition": condition,
            "approximateInvokeCount": invocation.queued.as_ref().map_or(0, |queued| queued.attempts),
        },
        "requestPayload": json_or_text(&invocation.payload),
    });
    if let Some(conclusion) = conclusion {
        let mut context = json!({
            "statusCode": 200,
            "executedVersion": version_name(invocation.version),
        });
        if conclusion.outcome != Outcome::Success {
            context["functionError"] = json!("Unhandled");
        }
        record["responseContext"] = context;
        record["responsePayload"] = json_or_text(&conclusion.payload);
    }
    record
}

/// Raw event and attributes, to a queue or a topic.
fn dead_letter(
    world: &mut World,
    invocation: &Invocation,
    target: String,
    message: String,
    conclusion: Option<&Conclusion>,
) {
    let error = conclusion.map(|conclusion| json_or_text(&conclusion.payload));
    let said = error.as_ref().and_then(|error| error["errorMessage"].as_str());
    let mut error_message = said.unwrap_or("Rate Exceeded.").to_owned();
    let mut end = error_message.len().min(ERROR_MESSAGE_BYTES_MAX);
    while !error_message.is_char_boundary(end) {
        end -= 1;
    }
    error_message.truncate(end);
    let code = if conclusion.is_some() { "200" } else { "429" };
    let attribute = |kind: &str, text: &str| json!({ "DataType": kind, "StringValue": text });
    let attributes = json!({
        "RequestID": attribute("String", &invocation.request_id),
        "ErrorCode": attribute("Number", code),
        "ErrorMessage": attribute("String", &error_message),
    });
    let extra = Map::from_iter([("MessageAttributes".to_owned(), attributes)]);
    post(world, invocation, "DeadLetter", target, message, extra);
}

/// A record, to any kind of destination.
fn send(
    world: &mut World,
    invocation: &Invocation,
    kind: &'static str,
    target: String,
    record: Value,
) {
    if target.split(':').nth(2) == Some("events") {
        let end = if kind == "OnSuccess" { "Success" } else { "Failure" };
        let function = record["requestContext"]["functionArn"].clone();
        let entry = json!({
            "Source": "lambda",
            "DetailType": format!("Lambda Function Invocation Result - {end}"),
            "Resources": [target, function],
            "Detail": record.to_string(),
            "EventBusName": target,
        });
        enter(world, invocation, kind, &target, "PutEvents", json!({ "Entries": [entry] }));
        return;
    }
    post(world, invocation, kind, target, record.to_string(), Map::new());
}

/// A text, to a queue, a topic or a function.
fn post(
    world: &mut World,
    invocation: &Invocation,
    kind: &'static str,
    target: String,
    text: String,
    extra: Map<String, Value>,
) {
    let mut parts = target.split(':').skip(2);
    let [service, region, account, name] = std::array::from_fn(|_| parts.next().unwrap_or(""));
    let (operation, mut params) = match service {
        "sqs" => {
            let url = format!("https://sqs.{region}.amazonaws.com/{account}/{name}");
            let trace = json!({ "DataType": "String", "StringValue": invocation.trace_id });
            let system = json!({ "AWSTraceHeader": trace });
            (
                "SendMessage",
                json!({ "QueueUrl": url, "MessageBody": text, "MessageSystemAttributes": system }),
            )
        }
        "sns" => ("Publish", json!({ "TopicArn": target, "Message": text })),
        "lambda" => (
            "Invoke",
            json!({ "FunctionName": target, "InvocationType": "Event", "Payload": Blob::text(text) }),
        ),
        // The door refuses what is not here by its name.
        _ => ("PutObject", json!({ "Bucket": target, "Body": Blob::text(text) })),
    };
    if let Value::Object(params) = &mut params {
        params.extend(extra);
    }
    enter(world, invocation, kind, &target, operation, params);
}

fn enter(
    world: &mut World,
    invocation: &Invocation,
    kind: &'static str,
    target: &str,
    operation: &str,
    params: Value,
) {
    let delivery = Delivery {
        request_id: invocation.request_id.clone(),
        function: invocation.function.clone(),
        kind,
        target: target.to_owned(),
    };
    let function = invocation.invoked_arn.split(':').take(7).collect::<Vec<_>>().join(":");
    let request = Request {
        service: target.split(':').nth(2).unwrap_or_default().to_owned(),
        operation: operation.to_owned(),
        params,
        principal: Principal::Function { arn: function },
    };
    let due = world::Due::Request { waiter: Waiter::Delivery(delivery), request };
    world.schedule(world.now, Urgency::Work, due);
}

/// A destination or dead-letter queue has answered.
#[inline(never)]
pub(crate) fn delivered(world: &mut World, delivery: Delivery, error: Option<String>) {
    let Delivery { request_id, function, kind, target } = delivery;
    world.emit(Fact::EventDelivered { request_id, function, kind: kind.into(), target, error });
}
