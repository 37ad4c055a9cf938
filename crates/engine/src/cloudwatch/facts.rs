//! What services publish as metrics: all of it follows from the facts of the history, here and nowhere else.
//!
//! Sources: "Types of metrics for Lambda functions" with its dimensions, "Monitoring Step Functions metrics using Amazon CloudWatch",
//! "Available CloudWatch metrics for Amazon SQS". This runs for every fact, so it is small; what reads metrics is elsewhere.

use super::store::{Key, SeriesId, Store};
use crate::{EnvironmentPhase, Fact, Outcome, Timestamp};
use std::collections::BTreeMap;

/// Asynchronous events and executions whose beginning is remembered. Chosen; the oldest are forgotten first.
const OPEN_MAX: usize = 100_000;

/// Names and units of Lambda's metrics, by [`Lambda`].
const LAMBDA: [(&str, &str); 13] = [
    ("Invocations", "Count"),
    ("Errors", "Count"),
    ("Throttles", "Count"),
    ("Duration", "Milliseconds"),
    ("ConcurrentExecutions", "Count"),
    ("AsyncEventsReceived", "Count"),
    ("AsyncEventAge", "Milliseconds"),
    ("AsyncEventsDropped", "Count"),
    ("DeadLetterErrors", "Count"),
    ("DestinationDeliveryFailures", "Count"),
    ("ProvisionedConcurrencyInvocations", "Count"),
    ("ProvisionedConcurrencySpilloverInvocations", "Count"),
    ("ProvisionedConcurrentExecutions", "Count"),
];

/// Positions in [`LAMBDA`].
#[derive(Clone, Copy)]
enum Lambda {
    Invocations,
    Errors,
    Throttles,
    Duration,
    ConcurrentExecutions,
    AsyncEventsReceived,
    AsyncEventAge,
    AsyncEventsDropped,
    DeadLetterErrors,
    DestinationDeliveryFailures,
    ProvisionedConcurrencyInvocations,
    ProvisionedConcurrencySpilloverInvocations,
    ProvisionedConcurrentExecutions,
}

/// Series that are found without making their keys again. What there is no room for stays none.
type Known = [Option<Option<SeriesId>>; LAMBDA.len()];

/// What is remembered between facts.
#[derive(Debug, Default)]
pub(super) struct Folding {
    /// Series by function, and by function and version; the account's own have no name.
    functions: BTreeMap<String, BTreeMap<String, Known>>,
    /// Invocations at work, by function.
    working: BTreeMap<String, u64>,
    working_in_all: u64,
    /// Versions that environments run.
    versions: BTreeMap<u32, String>,
    /// Provisioned environments at work, with their function.
    provisioned: BTreeMap<u32, String>,
    /// Aliases that were named, by request id, and whether the event may be tried again.
    pub(super) aliases: BTreeMap<String, (String, bool)>,
    /// When asynchronous events were accepted, by request id.
    accepted: BTreeMap<String, Timestamp>,
    /// Executions that have begun.
    executions: BTreeMap<u64, (String, Timestamp)>,
}

/// Takes a fact in.
pub(super) fn fold(store: &mut Store, of: &mut Folding, now: Timestamp, minute: u64, fact: &Fact) {
    let mut publish = Publish { store, of, minute };
    match fact {
        Fact::EnvironmentPhase { environment, version, phase, .. } => match phase {
            EnvironmentPhase::Starting => {
                publish.of.versions.insert(*environment, version.clone());
            }
            EnvironmentPhase::Reclaimed => {
                publish.of.versions.remove(environment);
            }
            _ => {}
        },
        Fact::InvocationAccepted { request_id, function, invocation_type, alias, .. } => {
            let is_event = invocation_type == "Event";
            if let Some(alias) = alias {
                publish.of.aliases.insert(request_id.clone(), (alias.clone(), is_event));
                if publish.of.aliases.len() > OPEN_MAX {
                    publish.of.aliases.pop_first();
                }
            }
            if is_event {
                publish.lambda(function, None, Lambda::AsyncEventsReceived, 1.0);
                remember(&mut publish.of.accepted, request_id.clone(), now);
            }
        }
        Fact::InvocationStarted { request_id, function, environment, concurrency, .. } => {
            let of = &mut *publish.of;
            let version = of.versions.get(environment).cloned();
            of.working_in_all += 1;
            let in_all = of.working_in_all as f64;
            let working = match of.working.get_mut(function) {
                Some(working) => working,
                None => of.working.entry(function.clone()).or_default(),
            };
            *working += 1;
            let working = *working as f64;
            let accepted = of.accepted.get(request_id).copied();
            if let Some(kind) = concurrency {
                publish.provisioned(function, version.as_deref(), *environment, kind);
            }
            publish.add(function, None, Lambda::ConcurrentExecutions, working);
            publish.add("", None, Lambda::ConcurrentExecutions, in_all);
            if let Some(at) = accepted {
                let age_ms = now.0.saturating_sub(at.0) as f64 / 1_000.0;
                publish.lambda(function, version.as_deref(), Lambda::AsyncEventAge, age_ms);
            }
        }
        Fact::InvocationFinished {
            request_id,
            function,
            environment,
            outcome,
            duration_us,
            ..
        } => {
            let of = &mut *publish.of;
            of.working_in_all = of.working_in_all.saturating_sub(1);
            if let Some(working) = of.working.get_mut(function) {
                *working = working.saturating_sub(1);
            }
            if *outcome == Outcome::Success {
                of.accepted.remove(request_id);
            }
            of.provisioned.remove(environment);
            let version = of.versions.get(environment).cloned();
            let failed = f64::from(u8::from(*outcome != Outcome::Success));
            let duration_ms = *duration_us as f64 / 1_000.0;
            let alias = match of.aliases.is_empty() {
                true => None,
                false => {
                    super::services::alias(publish.store, of, minute, fact, version.as_deref())
                }
            };
            // Who named an alias is counted for the alias.
            let version = alias.or(version);
            for (metric, value) in [
                (Lambda::Invocations, 1.0),
                (Lambda::Errors, failed),
                (Lambda::Throttles, 0.0),
                (Lambda::Duration, duration_ms),
            ] {
                publish.lambda(function, version.as_deref(), metric, value);
            }
        }
        Fact::InvocationThrottled { function, .. } => {
            publish.lambda(function, None, Lambda::Throttles, 1.0);
        }
        Fact::EventDropped { request_id, function, .. } => {
            publish.of.accepted.remove(request_id);
            publish.of.aliases.remove(request_id);
            publish.lambda(function, None, Lambda::AsyncEventsDropped, 1.0);
        }
        Fact::EventDelivered { function, kind, error: Some(_), .. } => {
            let metric = match kind.as_str() {
                "DeadLetter" => Lambda::DeadLetterErrors,
                _ => Lambda::DestinationDeliveryFailures,
            };
            publish.lambda(function, None, metric, 1.0);
        }
        Fact::ExecutionStarted { execution, execution_arn, .. } => {
            publish.execution_started(*execution, execution_arn, now);
        }
        Fact::ExecutionFinished { execution, status } => {
            publish.execution_finished(*execution, status, now);
        }
        Fact::QueueChanged { queue, visible, in_flight, delayed } => {
            publish.queue(queue, [*visible, *in_flight, *delayed]);
        }
        Fact::MessagesFiltered { .. } | Fact::BatchPolled { .. } | Fact::BatchEnded { .. } => {
            super::mappings::fold(publish.store, publish.minute, fact);
        }
        Fact::BusEventAccepted { .. }
        | Fact::MessagePublished { .. }
        | Fact::TargetCalled { .. } => super::services::fold(publish.store, publish.minute, fact),
        _ => {}
    }
}

/// Keeps an entry; the first ones go when there are too many.
fn remember<K: Ord>(map: &mut BTreeMap<K, Timestamp>, key: K, at: Timestamp) {
    map.insert(key, at);
    if map.len() > OPEN_MAX {
        map.pop_first();
    }
}

struct Publish<'a> {
    store: &'a mut Store,
    of: &'a mut Folding,
    minute: u64,
}

impl Publish<'_> {
    /// Publishes for the account, the function, the function as it was asked for, and its version.
    fn lambda(&mut self, function: &str, version: Option<&str>, metric: Lambda, value: f64) {
        self.add("", None, metric, value);
        self.add(function, None, metric, value);
        self.add(function, Some(version.unwrap_or("$LATEST")), metric, value);
    }

    /// An invocation begins in an environment that was made ahead, or because none was free.
    #[inline(never)]
    fn provisioned(&mut self, function: &str, version: Option<&str>, environment: u32, kind: &str) {
        if kind == "Spillover" {
            self.lambda(function, version, Lambda::ProvisionedConcurrencySpilloverInvocations, 1.0);
            return;
        }
        self.of.provisioned.insert(environment, function.to_owned());
        let working = self.of.provisioned.values().filter(|name| *name == function).count();
        self.lambda(function, version, Lambda::ProvisionedConcurrencyInvocations, 1.0);
        self.lambda(function, version, Lambda::ProvisionedConcurrentExecutions, working as f64);
    }

    fn add(&mut self, function: &str, version: Option<&str>, metric: Lambda, value: f64) {
        let slot = version.unwrap_or_default();
        let known = self.of.functions.get_mut(function).and_then(|all| all.get_mut(slot));
        let id = match known.and_then(|known| known[metric as usize]) {
            Some(id) => id,
            None => self.find(function, version, metric),
        };
        if let Some(id) = id {
            self.store.minute(id, self.minute).add(value, 1.0);
        }
    }

    #[inline(never)]
    fn find(&mut self, function: &str, version: Option<&str>, metric: Lambda) -> Option<SeriesId> {
        let (name, unit) = LAMBDA[metric as usize];
        let resource = match version {
            Some("$LATEST") | None => function.to_owned(),
            Some(version) => format!("{function}:{version}"),
        };
        let dimensions: &[(&str, &str)] = match version {
            _ if function.is_empty() => &[],
            None => &[("FunctionName", function)],
            Some(_) => &[("FunctionName", function), ("Resource", &resource)],
        };
        let id = self.store.series(Key::new("AWS/Lambda", name, dimensions), unit);
        let slot = version.unwrap_or_default().to_owned();
        let known = self.of.functions.entry(function.to_owned()).or_default();
        known.entry(slot).or_default()[metric as usize] = Some(id);
        id
    }

    fn put(
        &mut self,
        namespace: &str,
        name: &str,
        dimension: (&str, &str),
        unit: &'static str,
        value: f64,
    ) {
        if let Some(id) = self.store.series(Key::new(namespace, name, &[dimension]), unit) {
            self.store.minute(id, self.minute).add(value, 1.0);
        }
    }

    #[inline(never)]
    fn execution_started(&mut self, execution: u64, arn: &str, now: Timestamp) {
        // `…:execution:machine:name`, or `…:express:machine:name:id`.
        let mut parts = arn.splitn(8, ':');
        let head: Vec<&str> = parts.by_ref().take(5).collect();
        let machine = parts.nth(1).unwrap_or_default();
        let machine = format!("{}:stateMachine:{machine}", head.join(":"));
        self.put("AWS/States", "ExecutionsStarted", ("StateMachineArn", &machine), "Count", 1.0);
        self.of.executions.insert(execution, (machine, now));
        if self.of.executions.len() > OPEN_MAX {
            self.of.executions.pop_first();
        }
    }

    #[inline(never)]
    fn execution_finished(&mut self, execution: u64, status: &str, now: Timestamp) {
        let Some((machine, began)) = self.of.executions.remove(&execution) else { return };
        let name = match status {
            "SUCCEEDED" => "ExecutionsSucceeded",
            "FAILED" => "ExecutionsFailed",
            "TIMED_OUT" => "ExecutionsTimedOut",
            "ABORTED" => "ExecutionsAborted",
            _ => return,
        };
        let dimension = ("StateMachineArn", machine.as_str());
        self.put("AWS/States", name, dimension, "Count", 1.0);
        let took_ms = now.0.saturating_sub(began.0) as f64 / 1_000.0;
        self.put("AWS/States", "ExecutionTime", dimension, "Milliseconds", took_ms);
    }

    #[inline(never)]
    fn queue(&mut self, queue: &str, counts: [u64; 3]) {
        let names = [
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ];
        for (name, count) in names.into_iter().zip(counts) {
            self.put("AWS/SQS", name, ("QueueName", queue), "Count", count as f64);
        }
    }
}
