//! The SQS queues as the page shows them: the engine is looked at, nothing is received.

use coldstart_engine::Engine;
use coldstart_engine::sqs::QueueLook;
use coldstart_protocol::{QueueMessage, QueueRow, View};
use serde_json::Value;

/// Of a message's body, bytes that are shown.
const BODY_BYTES_MAX: usize = 8 * 1_024;

#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn list(engine: &Engine) -> View {
    let all = engine.queues();
    let rows = all.iter().map(|queue| row(queue, &all)).collect();
    View::Queues { rows }
}

fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

fn row(queue: &QueueLook, all: &[QueueLook]) -> QueueRow {
    let target = queue.dead_letters.as_ref().map(|(arn, _)| name_of(arn));
    let letters = target.and_then(|name| all.iter().find(|other| other.name == name));
    let feeds = |other: &&QueueLook| {
        other.dead_letters.as_ref().is_some_and(|(arn, _)| name_of(arn) == queue.name)
    };
    QueueRow {
        name: queue.name.clone(),
        fifo: queue.fifo,
        visible: queue.visible,
        in_flight: queue.in_flight,
        delayed: queue.delayed,
        dead_letter_queue: target.map(str::to_owned),
        receives_max: queue.dead_letters.as_ref().map(|(_, receives)| *receives),
        dead_letters: letters.map(|queue| queue.visible + queue.in_flight + queue.delayed),
        sources: all.iter().filter(feeds).map(|other| other.name.clone()).collect(),
    }
}

#[inline(never)] // As above.
pub(crate) fn messages(engine: &Engine, name: &str, rows_max: usize) -> View {
    let messages = engine.queue_messages(name, rows_max).map(|messages| {
        let shown = messages.into_iter().map(|message| {
            let mut end = message.body.len().min(BODY_BYTES_MAX);
            while !message.body.is_char_boundary(end) {
                end -= 1;
            }
            QueueMessage {
                message_id: message.message_id,
                body: message.body[..end].to_owned(),
                body_bytes: message.body.len() as u64,
                attributes: if message.attributes.is_empty() {
                    Value::Null
                } else {
                    Value::Object(message.attributes)
                },
                sent_us: message.sent_at.0,
                receives: message.receives,
                hidden_until_us: message.hidden_until.map(|at| at.0),
                group: message.group,
                deduplication: message.deduplication,
                sequence: message.sequence,
                source_arn: message.source_arn,
            }
        });
        shown.collect()
    });
    View::Queue { name: name.to_owned(), messages }
}
