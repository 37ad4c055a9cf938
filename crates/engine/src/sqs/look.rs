//! Queues as they are, for those who only look: nothing is received by it, and nothing is told.

use super::model::{Queue, Sqs};
use crate::Timestamp;
use serde_json::{Map, Value};

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueLook {
    /// Its name.
    pub name: String,
    /// Whether it keeps order.
    pub fifo: bool,
    /// Messages that may be received.
    pub visible: u64,
    /// Messages that were received and are hidden.
    pub in_flight: u64,
    /// Messages that have not become visible yet.
    pub delayed: u64,
    /// ARN of its dead-letter queue, and after how many receptions a message goes there.
    pub dead_letters: Option<(String, u64)>,
}

/// A message of a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageLook {
    /// `MessageId`.
    pub message_id: String,
    /// The body, whole.
    pub body: String,
    /// Message attributes as they were sent.
    pub attributes: Map<String, Value>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// How often it was received.
    pub receives: u64,
    /// When it may be received, if that is not now.
    pub hidden_until: Option<Timestamp>,
    /// A FIFO queue's message group.
    pub group: Option<String>,
    /// A FIFO queue's deduplication id.
    pub deduplication: Option<String>,
    /// A FIFO queue's sequence number.
    pub sequence: Option<String>,
    /// Of a dead letter: the queue that it came from.
    pub source_arn: Option<String>,
}

/// All queues by name.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn queues(sqs: &Sqs, now: Timestamp) -> Vec<QueueLook> {
    let one = |queue: &Queue| {
        let (mut visible, mut in_flight, mut delayed) = (0, 0, 0);
        for (_, message) in queue.kept(now) {
            match (message.is_hidden(now), message.receives) {
                (false, _) => visible += 1,
                (true, 0) => delayed += 1,
                (true, _) => in_flight += 1,
            }
        }
        let redrive = queue.attributes.redrive.as_ref();
        QueueLook {
            name: queue.name.clone(),
            fifo: queue.is_fifo(),
            visible,
            in_flight,
            delayed,
            dead_letters: redrive.map(|redrive| (redrive.target_arn.clone(), redrive.receives_max)),
        }
    };
    sqs.queues.values().map(one).collect()
}

/// The oldest messages of a queue in order of arrival, at most so many. None when there is no such queue.
#[inline(never)] // As above.
pub(crate) fn messages(
    sqs: &Sqs,
    now: Timestamp,
    name: &str,
    count_max: usize,
) -> Option<Vec<MessageLook>> {
    let queue = sqs.queues.get(name)?;
    let one = |(_, message): (u64, &super::model::Message)| MessageLook {
        message_id: message.message_id.clone(),
        body: message.body.clone(),
        attributes: message.attributes.clone(),
        sent_at: message.sent_at,
        receives: message.receives,
        hidden_until: message.hidden_until(now),
        group: message.group.clone(),
        deduplication: message.deduplication.clone(),
        sequence: message.sequence.clone(),
        source_arn: message.source_arn.clone(),
    };
    Some(queue.kept(now).take(count_max).map(one).collect())
}
