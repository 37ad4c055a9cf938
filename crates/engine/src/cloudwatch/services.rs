//! What queues, buses, topics and schedules publish, and what aliases do beside their functions.
//!
//! Sources: "Available CloudWatch metrics for Amazon SQS", "Monitoring Amazon EventBridge", "Monitoring Amazon SNS topics using
//! CloudWatch", "Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch". What a delivery came to is a fact; what was sent and
//! received is told by the queue itself, as no fact says how large a message is.

use super::facts::Folding;
use super::store::{Key, Store};
use super::{MINUTE_MS, Metrics};
use crate::{Fact, Outcome};

/// What happened to a queue.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Queued {
    /// A message of so many bytes was sent.
    Sent { bytes: u64 },
    /// So many messages were received, none if the caller went away with nothing; the oldest one in the queue is so old.
    Received { messages: u64, oldest_seconds: u64 },
    /// A message was deleted.
    Deleted,
}

impl Metrics {
    /// Publishes what happened to a queue.
    #[inline(never)]
    pub(crate) fn queue(&mut self, unix_ms: u64, queue: &str, what: Queued) {
        let mut put = |name: &str, unit: &'static str, value: u64| {
            let key = Key::new("AWS/SQS", name, &[("QueueName", queue)]);
            add(&mut self.store, key, unit, unix_ms / MINUTE_MS, value as f64);
        };
        match what {
            Queued::Sent { bytes } => {
                put("NumberOfMessagesSent", "Count", 1);
                put("SentMessageSize", "Bytes", bytes);
            }
            Queued::Received { messages: 0, .. } => put("NumberOfEmptyReceives", "Count", 1),
            Queued::Received { messages, oldest_seconds } => {
                put("NumberOfMessagesReceived", "Count", messages);
                put("ApproximateAgeOfOldestMessage", "Seconds", oldest_seconds);
            }
            Queued::Deleted => put("NumberOfMessagesDeleted", "Count", 1),
        }
    }
}

fn add(store: &mut Store, key: Key, unit: &'static str, minute: u64, value: f64) {
    if let Some(id) = store.series(key, unit) {
        store.minute(id, minute).add(value, 1.0);
    }
}

/// The alias that an invocation named, which has ended: publishes which version ran for it (`ExecutedVersion`).
#[inline(never)]
pub(super) fn alias(
    store: &mut Store,
    of: &mut Folding,
    minute: u64,
    fact: &Fact,
    version: Option<&str>,
) -> Option<String> {
    let Fact::InvocationFinished { request_id, function, outcome, duration_us, .. } = fact else {
        return None;
    };
    let succeeded = *outcome == Outcome::Success;
    let (alias, may_come_again) = of.aliases.get(request_id).cloned()?;
    if succeeded || !may_come_again {
        of.aliases.remove(request_id);
    }
    let resource = format!("{function}:{alias}");
    let version = version.unwrap_or("$LATEST");
    let dimensions = [
        ("FunctionName", function.as_str()),
        ("Resource", &resource),
        ("ExecutedVersion", version),
    ];
    let failed = f64::from(u8::from(!succeeded));
    for (name, unit, value) in [
        ("Invocations", "Count", 1.0),
        ("Errors", "Count", failed),
        ("Duration", "Milliseconds", *duration_us as f64 / 1_000.0),
    ] {
        add(store, Key::new("AWS/Lambda", name, &dimensions), unit, minute, value);
    }
    Some(alias)
}

/// What an ARN names: `bus/rule` of a rule, `group/name` of a schedule, `topic:id` of a subscription.
fn named(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or_default()
}

/// Takes in what became of an event, a message or an occurrence.
#[inline(never)]
pub(super) fn fold(store: &mut Store, minute: u64, fact: &Fact) {
    match fact {
        Fact::BusEventAccepted { bus, rules, .. } => {
            for rule in rules {
                of_rule(store, minute, bus, rule, "MatchedEvents");
                of_rule(store, minute, bus, rule, "TriggeredRules");
            }
        }
        Fact::MessagePublished { topic, filtered, .. } => {
            let topic = named(topic);
            let mut put = |name: &str, times: u64| {
                let key = Key::new("AWS/SNS", name, &[("TopicName", topic)]);
                if times > 0 {
                    add(store, key, "Count", minute, times as f64);
                }
            };
            put("NumberOfMessagesPublished", 1);
            put("NumberOfNotificationsFilteredOut", *filtered);
        }
        Fact::TargetCalled { source, attempt, dead_letter, error, due_at, .. } => {
            let ended = match (dead_letter, error, due_at) {
                (_, _, Some(_)) => Ended::Later,
                (false, None, _) => Ended::Delivered,
                (false, Some(_), _) => Ended::Failed,
                (true, None, _) => Ended::Buried,
                (true, Some(_), _) => Ended::Lost,
            };
            of_delivery(store, minute, source, *attempt, ended);
        }
        _ => {}
    }
}

/// What an attempt came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It is tried again.
    Later,
    Delivered,
    Failed,
    /// It is in its dead-letter queue.
    Buried,
    /// The dead-letter queue did not take it.
    Lost,
}

fn of_delivery(store: &mut Store, minute: u64, source: &str, attempt: u32, ended: Ended) {
    match source.split(':').nth(2) {
        Some("events") => {
            let path = named(source).trim_start_matches("rule/");
            let (bus, rule) = path.rsplit_once('/').unwrap_or(("default", path));
            // An invocation counts once, however often it is tried.
            let names: &[&str] = match ended {
                Ended::Later => &["InvocationAttempts"],
                Ended::Delivered => {
                    &["Invocations", "InvocationAttempts", "SuccessfulInvocationAttempts"]
                }
                Ended::Failed => &["Invocations", "InvocationAttempts", "FailedInvocations"],
                Ended::Buried => &["InvocationsSentToDlq"],
                Ended::Lost => &["InvocationsFailedToBeSentToDlq"],
            };
            for name in names {
                of_rule(store, minute, bus, rule, name);
            }
            if attempt > 1 && !matches!(ended, Ended::Buried | Ended::Lost) {
                of_rule(store, minute, bus, rule, "RetryInvocationAttempts");
            }
        }
        Some("sns") => {
            let name = match ended {
                Ended::Later => return,
                Ended::Delivered => "NumberOfNotificationsDelivered",
                Ended::Failed => "NumberOfNotificationsFailed",
                Ended::Buried => "NumberOfNotificationsRedrivenToDlq",
                Ended::Lost => "NumberOfNotificationsFailedToRedriveToDlq",
            };
            let topic = named(source).split(':').next().unwrap_or_default();
            add(store, Key::new("AWS/SNS", name, &[("TopicName", topic)]), "Count", minute, 1.0);
        }
        Some("scheduler") => {
            let group = named(source).split('/').nth(1).unwrap_or_default();
            let names: &[&str] = match ended {
                Ended::Later => &["InvocationAttemptCount", "TargetErrorCount"],
                Ended::Delivered => &["InvocationAttemptCount"],
                Ended::Failed => {
                    &["InvocationAttemptCount", "TargetErrorCount", "InvocationDroppedCount"]
                }
                Ended::Buried => &["InvocationsSentToDeadLetterCount"],
                Ended::Lost => &["InvocationsFailedToBeSentToDeadLetterCount"],
            };
            for name in names {
                let key = Key::new("AWS/Scheduler", name, &[("ScheduleGroup", group)]);
                add(store, key, "Count", minute, 1.0);
            }
        }
        _ => {}
    }
}

/// For a rule of the account's own bus by its name, for one of another bus by both names.
fn of_rule(store: &mut Store, minute: u64, bus: &str, rule: &str, name: &str) {
    let dimensions = [("RuleName", rule), ("EventBusName", bus)];
    let dimensions = if bus == "default" { &dimensions[..1] } else { &dimensions[..] };
    add(store, Key::new("AWS/Events", name, dimensions), "Count", minute, 1.0);
}
