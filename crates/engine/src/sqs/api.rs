//! The operations of the SQS API; those on queues themselves stand here.

use super::attributes::Attributes;
use super::errors::SqsError;
use super::model::{Queue, Sqs};
use super::{batches, messages, moves, sending};
use crate::world::{Incoming, Outcome, Params, World};
use crate::{ApiError, Response};
use serde_json::{Map, Value, json};

/// What an operation comes to: an answer, or none yet.
pub(super) type Answer = Result<Outcome, SqsError>;

/// The operations that are emulated; none for others.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn handle(
    sqs: &mut Sqs,
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let params = incoming.params;
    let url = text(params, "QueueUrl");
    let answer = match incoming.caller.operation.as_str() {
        "CreateQueue" => create(sqs, world, params),
        "DeleteQueue" => delete(sqs, world, params),
        "GetQueueUrl" => get_url(sqs, world, params),
        "ListQueues" => list(sqs, world, params),
        "ListDeadLetterSourceQueues" => list_sources(sqs, world, params),
        "GetQueueAttributes" => get_attributes(sqs, world, params),
        "SetQueueAttributes" => set_attributes(sqs, world, params),
        "PurgeQueue" => purge(sqs, world, params),
        "TagQueue" => tag(sqs, params),
        "UntagQueue" => untag(sqs, params),
        "ListQueueTags" => list_tags(sqs, params),
        "AddPermission" => add_permission(sqs, world, params),
        "RemovePermission" => remove_permission(sqs, params),
        "SendMessage" => sending::send(sqs, world, url, params, false).and_then(respond),
        "ReceiveMessage" => messages::receive(sqs, world, incoming),
        "DeleteMessage" => {
            messages::delete(sqs, world, url, text(params, "ReceiptHandle")).and_then(|()| done())
        }
        "ChangeMessageVisibility" => {
            let seconds = integer(params, "VisibilityTimeout").unwrap_or(0);
            let handle = text(params, "ReceiptHandle");
            messages::change_visibility(sqs, world, url, handle, seconds).and_then(|()| done())
        }
        "SendMessageBatch" => batches::send(sqs, world, params),
        "DeleteMessageBatch" => batches::delete(sqs, world, params),
        "ChangeMessageVisibilityBatch" => batches::change_visibility(sqs, world, params),
        "StartMessageMoveTask" => moves::start(sqs, world, params),
        "CancelMessageMoveTask" => moves::cancel(sqs, params),
        "ListMessageMoveTasks" => moves::list(sqs, world, params),
        _ => return None,
    };
    Some(answer.map_err(Into::into))
}

/// An answer with status 200.
pub(super) fn respond(output: Value) -> Answer {
    Ok(Response { status: 200, output }.into())
}

/// An answer without members.
pub(super) fn done() -> Answer {
    respond(Value::Object(Map::new()))
}

/// A text member; empty when it is not there.
pub(super) fn text<'a>(params: &'a Params, key: &str) -> &'a str {
    optional(params, key).unwrap_or_default()
}

/// A text member that may be absent.
pub(super) fn optional<'a>(params: &'a Params, key: &str) -> Option<&'a str> {
    params.get(key).and_then(Value::as_str)
}

/// A whole number that may be absent.
pub(super) fn integer(params: &Params, key: &str) -> Option<i64> {
    params.get(key).and_then(Value::as_i64)
}

/// The texts of a list.
pub(super) fn listed<'a>(params: &'a Params, key: &str) -> Vec<&'a str> {
    let all = params.get(key).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn create(sqs: &mut Sqs, world: &mut World, params: &Params) -> Answer {
    let name = text(params, "QueueName");
    let none = Map::new();
    let given = params.get("Attributes").and_then(Value::as_object).unwrap_or(&none);
    let asks_fifo = given
        .get("FifoQueue")
        .and_then(Value::as_str)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    check_name(name, asks_fifo)?;
    let arn = format!("arn:aws:sqs:{}:{}:{name}", world.config.region, world.config.account);
    let mut attributes = Attributes::new(asks_fifo);
    attributes.set(given, &arn)?;
    if let Some(queue) = sqs.queues.get(name) {
        // A name with the same attributes is the same queue; what is not named does not count.
        let (old, new) = (queue.attributes.show(), attributes.show());
        if let Some(other) = given.keys().find(|name| old.get(*name) != new.get(*name)) {
            return Err(SqsError::new(
                "QueueAlreadyExists",
                format!(
                    "A queue already exists with the same name and a different value for attribute {other}"
                ),
            ));
        }
        return respond(json!({ "QueueUrl": queue.url(world) }));
    }
    if sqs.deleted.get(name).is_some_and(|at| at.after_ms(MINUTE_MS) > world.now) {
        return Err(SqsError::new(
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
        ));
    }
    sqs.deleted.remove(name);
    let number = sqs.next_number();
    let mut queue = Queue::new(name, number, attributes, world);
    queue.tags.extend(texts(params.get("tags")));
    let url = queue.url(world);
    queue.tell(world);
    queue.pollers = sqs.absent.remove(name).unwrap_or_default();
    sqs.queues.insert(name.to_owned(), queue);
    respond(json!({ "QueueUrl": url }))
}

const MINUTE_MS: u64 = 60_000;

fn check_name(name: &str, is_fifo: bool) -> Result<(), SqsError> {
    let base = if is_fifo { name.strip_suffix(".fifo").unwrap_or("") } else { name };
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !base.is_empty() && name.len() <= 80 && base.chars().all(is_good) {
        return Ok(());
    }
    Err(SqsError::value(if is_fifo {
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
    } else {
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    }))
}

fn delete(sqs: &mut Sqs, world: &mut World, params: &Params) -> Answer {
    let name = sqs.queue(text(params, "QueueUrl"))?.name.clone();
    if let Some(queue) = sqs.queues.remove(&name) {
        if let Some(wakes) = queue.wakes {
            world.queue.cancel(wakes);
        }
        for poller in queue.pollers {
            match poller.gives_up {
                Some(gives_up) => {
                    world.queue.cancel(gives_up);
                    world.answer(poller.caller, Err(SqsError::no_queue().into()));
                }
                // A mapping goes on when there is such a queue again.
                None => sqs.absent.entry(name.clone()).or_default().push_back(poller),
            }
        }
    }
    sqs.deleted.insert(name, world.now);
    done()
}

fn get_url(sqs: &mut Sqs, world: &World, params: &Params) -> Answer {
    let owner = optional(params, "QueueOwnerAWSAccountId");
    if owner.is_some_and(|owner| owner != world.config.account) {
        return Err(SqsError::no_queue());
    }
    let queue = sqs.queues.get(text(params, "QueueName")).ok_or_else(SqsError::no_queue)?;
    respond(json!({ "QueueUrl": queue.url(world) }))
}

/// A page of URLs: the token is the name that comes next.
fn page<'a>(
    queues: impl Iterator<Item = &'a Queue>,
    member: &str,
    world: &World,
    params: &Params,
) -> Answer {
    let max = integer(params, "MaxResults");
    if let Some(given) = max
        && !(1..=1_000).contains(&given)
    {
        let reason = "MaxResults must be an integer between 1 and 1000.";
        return Err(SqsError::bad(given, "MaxResults", reason));
    }
    let from = optional(params, "NextToken").unwrap_or_default();
    let mut queues = queues.skip_while(|queue| queue.name.as_str() < from);
    let count = max.map_or(1_000, |max| max as usize);
    let urls: Vec<String> = queues.by_ref().take(count).map(|queue| queue.url(world)).collect();
    let mut output = json!({});
    if !urls.is_empty() {
        output[member] = json!(urls);
    }
    // Without a size of its own a list has no further pages.
    if let (Some(_), Some(next)) = (max, queues.next()) {
        output["NextToken"] = json!(next.name);
    }
    respond(output)
}

fn list(sqs: &Sqs, world: &World, params: &Params) -> Answer {
    let prefix = text(params, "QueueNamePrefix");
    let queues = sqs.queues.values().filter(|queue| queue.name.starts_with(prefix));
    page(queues, "QueueUrls", world, params)
}

fn list_sources(sqs: &mut Sqs, world: &World, params: &Params) -> Answer {
    let arn = sqs.queue(text(params, "QueueUrl"))?.arn(world);
    let sources = sqs.queues.values().filter(|queue| {
        queue.attributes.redrive.as_ref().is_some_and(|redrive| redrive.target_arn == arn)
    });
    page(sources, "queueUrls", world, params)
}

const SETTABLE: [&str; 15] = [
    "Policy",
    "VisibilityTimeout",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "FifoQueue",
    "ContentBasedDeduplication",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "DeduplicationScope",
    "FifoThroughputLimit",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
];

fn get_attributes(sqs: &mut Sqs, world: &World, params: &Params) -> Answer {
    let queue = sqs.queue(text(params, "QueueUrl"))?;
    let counts = queue.counts(world.now);
    let mut all = Map::new();
    for (name, value) in [
        ("QueueArn", queue.arn(world)),
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
        ("CreatedTimestamp", queue.created_s.to_string()),
        ("LastModifiedTimestamp", queue.modified_s.to_string()),
    ] {
        all.insert(name.to_owned(), json!(value));
    }
    all.extend(queue.attributes.show());
    let names = listed(params, "AttributeNames");
    let is_known = |name: &str| name == "All" || all.contains_key(name) || SETTABLE.contains(&name);
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        return Err(SqsError::unknown_attribute(unknown));
    }
    if !names.contains(&"All") {
        all.retain(|name, _| names.contains(&name.as_str()));
    }
    respond(if all.is_empty() { json!({}) } else { json!({ "Attributes": all }) })
}

fn set_attributes(sqs: &mut Sqs, world: &mut World, params: &Params) -> Answer {
    let queue = sqs.queue(text(params, "QueueUrl"))?;
    let arn = queue.arn(world);
    let none = Map::new();
    let given = params.get("Attributes").and_then(Value::as_object).unwrap_or(&none);
    queue.attributes.set(given, &arn)?;
    queue.modified_s = world.unix_ms() / 1_000;
    done()
}

fn purge(sqs: &mut Sqs, world: &mut World, params: &Params) -> Answer {
    let queue = sqs.queue(text(params, "QueueUrl"))?;
    if queue.purged_at.is_some_and(|at| at.after_ms(MINUTE_MS) > world.now) {
        return Err(SqsError::new(
            "AWS.SimpleQueueService.PurgeQueueInProgress",
            format!("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue.name),
        ));
    }
    queue.purged_at = Some(world.now);
    queue.clear();
    queue.tell(world);
    done()
}

fn texts(map: Option<&Value>) -> impl Iterator<Item = (String, String)> {
    let entries = map.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
}

fn tag(sqs: &mut Sqs, params: &Params) -> Answer {
    let queue = sqs.queue(text(params, "QueueUrl"))?;
    let mut tags = queue.tags.clone();
    tags.extend(texts(params.get("Tags")));
    if tags.len() > 50 {
        return Err(SqsError::value(format!("Too many tags added for queue {}.", queue.name)));
    }
    queue.tags = tags;
    done()
}

fn untag(sqs: &mut Sqs, params: &Params) -> Answer {
    let queue = sqs.queue(text(params, "QueueUrl"))?;
    listed(params, "TagKeys").into_iter().for_each(|key| drop(queue.tags.remove(key)));
    done()
}

fn list_tags(sqs: &mut Sqs, params: &Params) -> Answer {
    let queue = sqs.queue(text(params, "QueueUrl"))?;
    respond(if queue.tags.is_empty() { json!({}) } else { json!({ "Tags": queue.tags }) })
}

/// The queue's policy with its statements; an empty one when there is none.
fn policy(queue: &Queue, arn: &str) -> Map<String, Value> {
    let known = queue.attributes.policy.as_deref().and_then(|text| serde_json::from_str(text).ok());
    known.unwrap_or_else(|| {
        let new = json!({ "Version": "2012-10-17", "Id": format!("{arn}/SQSDefaultPolicy"), "Statement": [] });
        new.as_object().cloned().unwrap_or_default()
    })
}

impl Sqs {
    /// The document of a queue's policy; none for a queue that is not there.
    pub(crate) fn policy(&self, name: &str) -> Option<Vec<Value>> {
        let queue = self.queues.get(name)?;
        let document = queue.attributes.policy.as_deref();
        Some(document.and_then(|text| serde_json::from_str(text).ok()).into_iter().collect())
    }
}

fn statements(policy: &mut Map<String, Value>) -> &mut Vec<Value> {
    let statements = policy.entry("Statement").or_insert_with(|| json!([]));
    if !statements.is_array() {
        *statements = json!([statements.take()]);
    }
    statements.as_array_mut().expect("made one above")
}

fn one_or_all(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { Value::Array(values) }
}

/// Adds a statement to the policy.
fn add_permission(sqs: &mut Sqs, world: &World, params: &Params) -> Answer {
    let queue = sqs.queue(text(params, "QueueUrl"))?;
    let (arn, label) = (queue.arn(world), text(params, "Label"));
    let mut policy = policy(queue, &arn);
    let all = statements(&mut policy);
    if all.iter().any(|statement| statement["Sid"] == label) {
        return Err(SqsError::bad(label, "Label", "Already exists."));
    }
    let principals = listed(params, "AWSAccountIds");
    let principals =
        principals.into_iter().map(|account| json!(format!("arn:aws:iam::{account}:root")));
    let actions =
        listed(params, "Actions").into_iter().map(|action| json!(format!("SQS:{action}")));
    all.push(json!({
        "Sid": label, "Effect": "Allow", "Principal": { "AWS": one_or_all(principals.collect()) },
        "Action": one_or_all(actions.collect()), "Resource": arn,
    }));
    queue.attributes.policy = Some(Value::Object(policy).to_string());
    done()
}

fn remove_permission(sqs: &mut Sqs, params: &Params) -> Answer {
    let queue = sqs.queue(text(params, "QueueUrl"))?;
    let label = text(params, "Label");
    let mut policy = policy(queue, "");
    let all = statements(&mut policy);
    let Some(place) = all.iter().position(|statement| statement["Sid"] == label) else {
        return Err(SqsError::bad(label, "Label", "can't find label on existing policy."));
    };
    all.remove(place);
    queue.attributes.policy =
        if all.is_empty() { None } else { Some(Value::Object(policy).to_string()) };
    done()
}
