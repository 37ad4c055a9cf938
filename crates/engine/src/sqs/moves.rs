//! Message move tasks: from a dead-letter queue back to where the messages came from, or to another queue.

use super::api::{Answer, integer, optional, respond, text};
use super::errors::SqsError;
use super::messages::Due;
use super::model::Sqs;
use crate::Timestamp;
use crate::queue::Urgency;
use crate::world::{self, Params, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A task.
#[derive(Debug)]
pub(crate) struct MoveTask {
    id: String,
    source: String,
    source_arn: String,
    target_arn: Option<String>,
    rate: Option<u64>,
    started_at: Timestamp,
    to_move: u64,
    moved: u64,
    status: &'static str,
    failure: Option<&'static str>,
}

/// Messages a second when the request names no rate: AWS's greatest.
const RATE_MAX: u64 = 500;
/// Tasks of a queue that are remembered: as many as `ListMessageMoveTasks` answers at most.
const TASKS_MAX: usize = 10;

pub(super) fn start(sqs: &mut Sqs, world: &mut World, params: &Params) -> Answer {
    let source_arn = text(params, "SourceArn");
    let Some(source) = sqs.by_arn(world, source_arn) else {
        return Err(SqsError::no_resource("SourceArn"));
    };
    let (source, to_move) = (source.name.clone(), source.len());
    let is_dead_letter_queue = sqs.queues.values().any(|queue| {
        let redrive = queue.attributes.redrive.as_ref();
        redrive.is_some_and(|redrive| redrive.target_arn == source_arn)
    });
    if !is_dead_letter_queue {
        return Err(SqsError::value("Source queue must be configured as a Dead Letter Queue."));
    }
    let target_arn = optional(params, "DestinationArn");
    if target_arn.is_some_and(|arn| sqs.by_arn(world, arn).is_none()) {
        return Err(SqsError::no_resource("DestinationArn"));
    }
    let rate = integer(params, "MaxNumberOfMessagesPerSecond");
    if let Some(given) = rate
        && !(1..=500).contains(&given)
    {
        return Err(SqsError::bad(
            given,
            "MaxNumberOfMessagesPerSecond",
            "Must be between 1 and 500, if provided.",
        ));
    }
    if sqs.tasks.iter().any(|task| task.source == source && task.status == "RUNNING") {
        return Err(SqsError::new(
            "AWS.SimpleQueueService.UnsupportedOperation",
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
        ));
    }
    let task = MoveTask {
        id: world.rng.uuid(),
        source: source.clone(),
        source_arn: source_arn.to_owned(),
        target_arn: target_arn.map(str::to_owned),
        rate: rate.map(i64::unsigned_abs),
        started_at: world.now,
        to_move,
        moved: 0,
        status: "RUNNING",
        failure: None,
    };
    let handle = task.handle();
    schedule(world, &task);
    sqs.tasks.push(task);
    // The newest of each queue are remembered.
    if sqs.tasks.iter().filter(|task| task.source == source).count() > TASKS_MAX
        && let Some(oldest) = sqs.tasks.iter().position(|task| task.source == source)
    {
        sqs.tasks.remove(oldest);
    }
    respond(json!({ "TaskHandle": handle }))
}

impl MoveTask {
    fn handle(&self) -> String {
        STANDARD.encode(json!({ "taskId": self.id, "sourceArn": self.source_arn }).to_string())
    }
}

fn schedule(world: &mut World, task: &MoveTask) {
    let micros = 1_000_000 / task.rate.unwrap_or(RATE_MAX).max(1);
    let due = world::Due::Sqs(Due::Move { task: task.id.clone() });
    world.schedule(world.now.after_micros(micros), Urgency::Work, due);
}

/// Moves one message.
pub(super) fn step(sqs: &mut Sqs, world: &mut World, id: &str) {
    let Some(place) = sqs.tasks.iter().position(|task| task.id == id && task.status == "RUNNING")
    else {
        return;
    };
    let (source, target_arn) =
        (sqs.tasks[place].source.clone(), sqs.tasks[place].target_arn.clone());
    let now = world.now;
    let next = sqs.queues.get_mut(&source).and_then(|queue| {
        queue.catch_up(now);
        let key = queue.oldest().filter(|key| !queue.is_hidden(*key, now));
        let key = key.or_else(|| queue.next(now, None))?;
        Some((key, queue.message(key)?.source_arn.clone()))
    });
    let is_over = sqs.tasks[place].moved >= sqs.tasks[place].to_move;
    let Some((key, came_from)) = next.filter(|_| !is_over) else {
        sqs.tasks[place].status = "COMPLETED";
        return;
    };
    let target_arn = target_arn.or(came_from);
    let target = target_arn.and_then(|arn| Some(sqs.by_arn(world, &arn)?.name.clone()));
    let Some(target) = target else {
        sqs.tasks[place].status = "FAILED";
        sqs.tasks[place].failure = Some("AWS.SimpleQueueService.NonExistentQueue");
        return;
    };
    if let Some(queue) = sqs.queues.get_mut(&source)
        && let Some(mut message) = queue.remove(key)
    {
        queue.tell(world);
        // It begins anew where it goes.
        message.receives = 0;
        message.first_received_at = None;
        message.source_arn = None;
        sqs.put(world, &target, message);
        sqs.tasks[place].moved += 1;
    }
    schedule(world, &sqs.tasks[place]);
}

pub(super) fn cancel(sqs: &mut Sqs, params: &Params) -> Answer {
    let invalid = || SqsError::value("Value for parameter TaskHandle is invalid.");
    let bytes = STANDARD.decode(text(params, "TaskHandle")).map_err(|_| invalid())?;
    let named: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    let id = named["taskId"].as_str().ok_or_else(invalid)?;
    let task = sqs.tasks.iter_mut().find(|task| task.id == id);
    let task =
        task.ok_or_else(|| SqsError::new("ResourceNotFoundException", "Task does not exist."))?;
    if task.status != "RUNNING" {
        return Err(SqsError::new(
            "AWS.SimpleQueueService.UnsupportedOperation",
            "Only active tasks can be cancelled.",
        ));
    }
    task.status = "CANCELLED";
    respond(json!({ "ApproximateNumberOfMessagesMoved": task.moved }))
}

pub(super) fn list(sqs: &Sqs, world: &World, params: &Params) -> Answer {
    let source_arn = text(params, "SourceArn");
    if sqs.by_arn(world, source_arn).is_none() {
        return Err(SqsError::no_resource("SourceArn"));
    }
    let count = integer(params, "MaxResults").unwrap_or(1);
    if !(1..=10).contains(&count) {
        return Err(SqsError::bad(count, "MaxResults", "Must be between 1 and 10, if provided."));
    }
    let tasks = sqs.tasks.iter().rev().filter(|task| task.source_arn == source_arn);
    let shown: Vec<Value> = tasks.take(count as usize).map(|task| describe(world, task)).collect();
    respond(if shown.is_empty() { json!({}) } else { json!({ "Results": shown }) })
}

fn describe(world: &World, task: &MoveTask) -> Value {
    let mut shown = json!({
        "Status": task.status,
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": world.unix_ms_at(task.started_at),
    });
    if task.status == "RUNNING" {
        shown["TaskHandle"] = json!(task.handle());
    }
    if let Some(arn) = &task.target_arn {
        shown["DestinationArn"] = json!(arn);
    }
    if let Some(rate) = task.rate {
        shown["MaxNumberOfMessagesPerSecond"] = json!(rate);
    }
    if let Some(failure) = task.failure {
        shown["FailureReason"] = json!(failure);
    }
    shown
}
