//! What is told of each thing: spans of virtual time, with the words that the page shows.

use super::graph::{Graph, Key};
use coldstart_engine::sqs::MessageLook;
use coldstart_engine::{Engine, Fact, Outcome};
use serde_json::{Value, json};

/// Queues, and the oldest messages of each, that are looked through for one that went nowhere yet.
const QUEUES_MAX: usize = 50;
const MESSAGES_MAX: usize = 1_000;

/// A span as it is told.
#[derive(Debug, Default)]
struct Span {
    service: &'static str,
    name: String,
    operation: String,
    from_us: u64,
    /// None while it lasts.
    to_us: Option<u64>,
    /// `ok`, `error`, `running`, `waiting`; empty for what just is.
    status: &'static str,
    detail: String,
    /// What a click leads to: `function`, `queue`, `execution`, `topic`, `rule`, `schedule`, or nothing.
    kind: &'static str,
    /// The page of it: a name or an ARN.
    page: String,
    /// Its own id, to be shown.
    id: String,
}

impl Span {
    fn json(self, depth: usize, selected: bool) -> Value {
        json!({
            "Depth": depth, "Service": self.service, "Name": self.name, "Operation": self.operation,
            "From": self.from_us, "To": self.to_us, "Status": self.status, "Detail": self.detail,
            "Kind": self.kind, "Page": self.page, "Id": self.id, "Selected": selected,
        })
    }
}

/// The spans so far.
pub(super) struct Telling<'g, 'a> {
    engine: &'g Engine,
    graph: &'g Graph<'a>,
    start: Key<'a>,
    pub(super) spans: Vec<Value>,
}

/// The last part of an ARN.
fn name_of(arn: &str) -> &str {
    let last = arn.rsplit(':').next().unwrap_or(arn);
    last.rsplit('/').next().unwrap_or(last)
}

/// Of a rule its bus and its name, of a schedule its group and its name: how their pages are called.
fn path_of(arn: &str) -> String {
    let path = arn.rsplit(':').next().unwrap_or(arn);
    match path.split_once('/') {
        Some(("rule", name)) if !name.contains('/') => format!("default/{name}"),
        Some((_, path)) => path.to_owned(),
        None => path.to_owned(),
    }
}

fn service_of(arn: &str) -> &'static str {
    match arn.split(':').nth(2) {
        Some("sqs") => "SQS",
        Some("sns") => "SNS",
        Some("lambda") => "Lambda",
        Some("states") => "Step Functions",
        Some("events") => "EventBridge",
        Some("scheduler") => "Scheduler",
        Some("logs") => "Logs",
        _ => "",
    }
}

/// A service as people write it.
fn service_name(service: &str) -> &'static str {
    match service {
        "sqs" => "SQS",
        "sns" => "SNS",
        "lambda" => "Lambda",
        "states" => "Step Functions",
        "events" => "EventBridge",
        "scheduler" => "Scheduler",
        "logs" => "Logs",
        "monitoring" => "CloudWatch",
        "iam" => "IAM",
        _ => "API",
    }
}

/// What is sent for an event that ended.
fn delivery_name(kind: &str) -> &'static str {
    match kind {
        "DeadLetter" => "Dead letter",
        "OnSuccess" => "Destination on success",
        _ => "Destination on failure",
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

impl<'g, 'a> Telling<'g, 'a> {
    pub(super) fn new(engine: &'g Engine, graph: &'g Graph<'a>, start: Key<'a>) -> Self {
        Self { engine, graph, start, spans: Vec::new() }
    }

    fn push(&mut self, span: Span, key: Key<'a>, depth: usize) {
        let selected = key == self.start;
        self.spans.push(span.json(depth, selected));
    }

    /// A part of the thing that was told before it.
    fn part(&mut self, span: Span, depth: usize) {
        self.spans.push(span.json(depth, false));
    }

    /// Tells of a thing; what is to be told after all that came of it is the answer.
    pub(super) fn tell(&mut self, key: Key<'a>, depth: usize) -> Option<Value> {
        match key {
            Key::Command(_) => self.request(key, "From outside", depth),
            Key::Asked(_) => self.request(key, "From inside", depth),
            Key::Thing(id) => return self.thing(key, id, depth),
            Key::Call { .. } => self.call(key, depth),
            Key::Batch(number) => self.batch(key, number, depth),
            Key::Invocation(id) => self.invocation(key, id, depth),
            Key::Execution(_) => self.execution(key, depth),
        }
        None
    }

    fn request(&mut self, key: Key<'a>, detail: &str, depth: usize) {
        let (began_us, _) = self.graph.began(key);
        let mut span = Span {
            service: "API",
            operation: "Request".into(),
            from_us: began_us,
            status: "running",
            detail: detail.to_owned(),
            ..Span::default()
        };
        for event in self.graph.facts(key) {
            match &event.fact {
                Fact::RequestAnswered { service, operation, status, error, .. } => {
                    span.service = service_name(service);
                    span.operation.clone_from(operation);
                    span.to_us = Some(event.at.0);
                    span.status = if error.is_some() { "error" } else { "ok" };
                    match error {
                        Some(error) => span.detail += &format!(", {status} {error}"),
                        None => span.detail += &format!(", HTTP {status}"),
                    }
                }
                Fact::EventDelivered { kind, target, .. } => {
                    span.name = name_of(target).to_owned();
                    let status = std::mem::take(&mut span.detail);
                    let status = status.rsplit(", ").next().unwrap_or_default();
                    span.detail = format!("{}, {status}", delivery_name(kind));
                    (span.kind, span.page) = page_of(target);
                }
                _ => {}
            }
        }
        self.push(span, key, depth);
    }

    fn thing(&mut self, key: Key<'a>, id: &str, depth: usize) -> Option<Value> {
        let mut span = Span { id: id.to_owned(), ..Span::default() };
        let first = self.graph.facts(key).first();
        match first.map(|event| (event.at.0, &event.fact)) {
            Some((at, Fact::MessagePublished { topic, subscriptions, filtered, .. })) => {
                (span.service, span.operation) = ("SNS", "Publish".into());
                (span.name, span.from_us, span.to_us) = (name_of(topic).into(), at, Some(at));
                span.detail = format!("To {}", plural(*subscriptions as usize, "subscription"));
                if *filtered > 0 {
                    span.detail += &format!("; {filtered} filtered out");
                }
                (span.kind, span.page) = ("topic", name_of(topic).to_owned());
            }
            Some((at, Fact::BusEventAccepted { bus, source, detail_type, rules, .. })) => {
                (span.service, span.operation) = ("EventBridge", "PutEvents".into());
                (span.name, span.from_us, span.to_us) = (bus.clone(), at, Some(at));
                let matched = match rules.as_slice() {
                    [] => "no rule matches".to_owned(),
                    rules => format!("matches {}", rules.join(", ")),
                };
                span.detail = format!("{detail_type} from {source}: {matched}");
                (span.kind, span.page) = ("bus", bus.clone());
            }
            Some((at, Fact::ScheduleOccurred { schedule, scheduled_time, .. })) => {
                (span.service, span.operation) = ("Scheduler", "Occurrence".into());
                (span.name, span.from_us, span.to_us) = (name_of(schedule).into(), at, Some(at));
                span.detail = format!("For {scheduled_time}");
                (span.kind, span.page) = ("schedule", path_of(schedule));
            }
            _ => return self.message(key, id, depth),
        }
        span.status = "ok";
        self.push(span, key, depth);
        None
    }

    /// A message of a queue, from when it was sent to when it is gone; and where it went when it was moved to a dead-letter queue.
    fn message(&mut self, key: Key<'a>, id: &str, depth: usize) -> Option<Value> {
        let mut queue = String::new();
        let mut sent_us = None;
        for parent in self.graph.parents(key) {
            if let Some(event) = self.graph.facts(*parent).first() {
                sent_us = sent_us.or(Some(event.at.0));
            }
            for event in self.graph.facts(*parent) {
                if let Fact::TargetCalled { target, .. } | Fact::EventDelivered { target, .. } =
                    &event.fact
                {
                    queue = name_of(target).to_owned();
                }
            }
        }
        let mut span = Span {
            service: "SQS",
            operation: "Message".into(),
            status: "waiting",
            id: id.to_owned(),
            ..Span::default()
        };
        for event in self.graph.facts(key) {
            if let Fact::MessagesFiltered { queue: of, .. } = &event.fact {
                queue.clone_from(of);
                (span.status, span.to_us) = ("ok", Some(event.at.0));
                span.detail = "Filtered out: no filter of the trigger lets it pass".to_owned();
            }
        }
        let (mut receives, mut last_us) = (0, None);
        for batch in self.graph.children(key) {
            for event in self.graph.facts(*batch) {
                match &event.fact {
                    Fact::BatchPolled { queue: of, .. } => {
                        // The first one is where it was sent to; a later one may be the dead-letter queue.
                        if queue.is_empty() {
                            queue.clone_from(of);
                        }
                        sent_us = sent_us.or(Some(event.at.0));
                        receives += 1;
                    }
                    Fact::BatchEnded { deleted, .. } => {
                        last_us = Some(event.at.0);
                        if deleted.iter().any(|one| one == id) {
                            (span.status, span.to_us) = ("ok", Some(event.at.0));
                            span.detail = "Processed and deleted".to_owned();
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut dead = None;
        if span.to_us.is_none() {
            match self.locate(id) {
                Some((now_in, look)) if look.source_arn.is_some() && now_in != queue => {
                    // When it was moved is told by no fact: not before it was given back for the last time.
                    span.status = "error";
                    span.to_us = last_us.or(Some(look.sent_at.0));
                    span.detail = format!("Received {} without success", plural(receives, "time"));
                    dead = Some(now_in);
                }
                Some((now_in, look)) => {
                    queue = now_in;
                    sent_us = Some(look.sent_at.0);
                    let times = plural(look.receives as usize, "time");
                    span.detail = format!("In the queue, received {times}");
                }
                None => {
                    span.status = "";
                    span.to_us = last_us.or(sent_us);
                    span.detail = "No longer in a queue".to_owned();
                }
            }
        }
        span.name = if queue.is_empty() { "Queue".to_owned() } else { queue.clone() };
        span.from_us = sent_us.unwrap_or_default();
        if !queue.is_empty() {
            (span.kind, span.page) = ("queue", queue);
        }
        let moved_us = span.to_us;
        self.push(span, key, depth);
        dead.map(|queue| {
            let letter = Span {
                service: "SQS",
                name: queue.clone(),
                operation: "Dead letter".into(),
                from_us: moved_us.unwrap_or_default(),
                status: "error",
                detail: "Moved by the redrive policy, waits to be looked at".to_owned(),
                kind: "queue",
                page: queue,
                ..Span::default()
            };
            letter.json(depth + 1, false)
        })
    }

    /// Where a message is now.
    fn locate(&self, id: &str) -> Option<(String, MessageLook)> {
        self.engine.queues().into_iter().take(QUEUES_MAX).find_map(|queue| {
            let messages = self.engine.queue_messages(&queue.name, MESSAGES_MAX)?;
            let look = messages.into_iter().find(|look| look.message_id == id)?;
            Some((queue.name, look))
        })
    }

    /// A delivery of a rule, a schedule or a subscription, with its attempts.
    fn call(&mut self, key: Key<'a>, depth: usize) {
        let Key::Call { source, target, dead_letter, .. } = key else { return };
        let kind = match (service_of(source), source.contains(":rule/")) {
            (_, true) => "rule",
            ("Scheduler", _) => "schedule",
            _ => "topic",
        };
        // A subscription's ARN is its topic's and an id.
        let mut parts = source.split(':');
        let name = match kind {
            "topic" => parts.nth(5).unwrap_or(source),
            _ => name_of(source),
        };
        let mut span = Span {
            service: service_of(source),
            name: name.to_owned(),
            operation: format!("Deliver to {}", name_of(target)),
            from_us: self.graph.began(key).0,
            status: "running",
            kind,
            page: match kind {
                "topic" => name.to_owned(),
                _ => path_of(source),
            },
            ..Span::default()
        };
        for event in self.graph.facts(key) {
            let Fact::TargetCalled { attempt, error, due_at, .. } = &event.fact else { continue };
            span.to_us = Some(event.at.0);
            span.detail = plural(*attempt as usize, "attempt");
            match (error, due_at) {
                (None, _) => span.status = "ok",
                (Some(error), Some(due_at)) => {
                    (span.status, span.to_us) = ("waiting", Some(due_at.0));
                    span.detail += &format!(", {error}: tried again");
                }
                (Some(error), None) => {
                    span.status = "error";
                    span.detail += &format!(", given up: {error}");
                }
            }
        }
        if dead_letter {
            span.operation = format!("Dead letter to {}", name_of(target));
        }
        self.push(span, key, depth);
    }

    fn batch(&mut self, key: Key<'a>, number: u64, depth: usize) {
        let mut span = Span {
            service: "Lambda",
            operation: "Event source mapping".into(),
            id: format!("Batch {number}"),
            from_us: self.graph.began(key).0,
            status: "running",
            kind: "function",
            ..Span::default()
        };
        let mut delays = 0;
        for event in self.graph.facts(key) {
            match &event.fact {
                Fact::BatchPolled { function, messages, .. } => {
                    span.name = function.split(':').nth(6).unwrap_or(function).to_owned();
                    span.detail = format!("Batch of {}", plural(messages.len(), "message"));
                }
                Fact::BatchDelayed { .. } => delays += 1,
                Fact::BatchEnded { outcome, deleted, returned, .. } => {
                    span.to_us = Some(event.at.0);
                    span.status = if outcome == "Success" { "ok" } else { "error" };
                    span.detail += &format!(
                        ": {} deleted, {} back to the queue",
                        deleted.len(),
                        returned.len()
                    );
                    if outcome != "Success" {
                        span.detail += &format!(" ({outcome})");
                    }
                }
                _ => {}
            }
        }
        if delays > 0 {
            span.detail += &format!("; {} for throttling", plural(delays, "delay"));
        }
        span.page.clone_from(&span.name);
        self.push(span, key, depth);
    }

    fn execution(&mut self, key: Key<'a>, depth: usize) {
        let mut span = Span {
            service: "Step Functions",
            operation: "Execution".into(),
            from_us: self.graph.began(key).0,
            status: "running",
            ..Span::default()
        };
        for event in self.graph.facts(key) {
            match &event.fact {
                Fact::ExecutionStarted { execution_arn, state_machine, .. } => {
                    span.name.clone_from(state_machine);
                    span.id = name_of(execution_arn).to_owned();
                    (span.kind, span.page) = ("execution", execution_arn.clone());
                }
                Fact::ExecutionFinished { status, .. } => {
                    span.to_us = Some(event.at.0);
                    span.status = if status == "SUCCEEDED" { "ok" } else { "error" };
                    span.detail.clone_from(status);
                }
                _ => {}
            }
        }
        self.push(span, key, depth);
    }

    /// An invocation, its cold start, its attempts and the waits between them.
    fn invocation(&mut self, key: Key<'a>, id: &str, depth: usize) {
        let mut span = Span {
            service: "Lambda",
            operation: "Invoke".into(),
            from_us: self.graph.began(key).0,
            status: "waiting",
            kind: "function",
            id: id.to_owned(),
            ..Span::default()
        };
        let mut parts: Vec<Span> = Vec::new();
        let mut waits_from_us = span.from_us;
        let mut queued = false;
        for event in self.graph.facts(key) {
            let at = event.at.0;
            match &event.fact {
                Fact::InvocationAccepted { function, invocation_type, state, .. } => {
                    span.name.clone_from(function);
                    queued = invocation_type == "Event";
                    let way = if queued { "Asynchronous" } else { "Synchronous" };
                    span.detail = match state {
                        Some(state) => format!("{way}, for the state {state}"),
                        None => way.to_owned(),
                    };
                }
                Fact::InvocationStarted { function, environment, cold, attempt, .. } => {
                    span.name.clone_from(function);
                    (span.status, span.to_us) = ("running", None);
                    if *cold {
                        parts.push(Span {
                            operation: "Cold start".into(),
                            from_us: waits_from_us,
                            to_us: Some(at),
                            detail: format!("Environment #{environment} is made"),
                            ..Span::default()
                        });
                    }
                    parts.push(Span {
                        operation: if queued {
                            format!("Attempt {attempt}")
                        } else {
                            "Handler".to_owned()
                        },
                        from_us: at,
                        status: "running",
                        detail: format!("Environment #{environment}"),
                        ..Span::default()
                    });
                }
                Fact::InvocationFinished { outcome, billed_ms, .. } => {
                    let (status, word) = match outcome {
                        Outcome::Success => ("ok", "succeeded"),
                        Outcome::Error => ("error", "failed"),
                        Outcome::Timeout => ("error", "timed out"),
                        Outcome::Stopped => ("error", "stopped by hand"),
                    };
                    (span.status, span.to_us) = (status, Some(at));
                    if let Some(last) = parts.last_mut() {
                        (last.status, last.to_us) = (status, Some(at));
                        last.detail += &format!(", {word}, {billed_ms} ms billed");
                    }
                }
                Fact::EventRequeued { reason, due_at, .. } => {
                    waits_from_us = due_at.0;
                    (span.status, span.to_us) = ("waiting", None);
                    let reason = match reason.as_str() {
                        "FunctionError" => "The function failed",
                        "Throttled" => "No environment was free",
                        other => other,
                    };
                    parts.push(Span {
                        operation: "Wait for a retry".into(),
                        from_us: at,
                        to_us: Some(due_at.0),
                        status: "waiting",
                        detail: reason.to_owned(),
                        ..Span::default()
                    });
                }
                Fact::EventDropped { condition, attempts, .. } => {
                    (span.status, span.to_us) = ("error", Some(at));
                    span.detail += &format!(
                        ", given up after {}: {condition}",
                        plural(*attempts as usize, "attempt")
                    );
                }
                Fact::EventDelivered { kind, target, error, .. } => parts.push(Span {
                    operation: delivery_name(kind).into(),
                    from_us: at,
                    to_us: Some(at),
                    status: if error.is_some() { "error" } else { "ok" },
                    detail: match error {
                        Some(error) => format!("{} refuses it: {error}", name_of(target)),
                        None => format!("To {}", name_of(target)),
                    },
                    ..Span::default()
                }),
                _ => {}
            }
        }
        span.page.clone_from(&span.name);
        let name = span.name.clone();
        self.push(span, key, depth);
        for mut part in parts {
            part.service = "Lambda";
            part.name.clone_from(&name);
            self.part(part, depth + 1);
        }
    }
}

/// The page of a target.
fn page_of(arn: &str) -> (&'static str, String) {
    let kind = match service_of(arn) {
        "SQS" => "queue",
        "SNS" => "topic",
        "Lambda" => "function",
        "EventBridge" => "bus",
        _ => "",
    };
    (kind, name_of(arn).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_last_parts_of_arns() {
        assert_eq!(name_of("arn:aws:events:us-east-1:1:rule/bus/orders"), "orders");
        assert_eq!(path_of("arn:aws:events:us-east-1:1:rule/orders"), "default/orders");
        assert_eq!(path_of("arn:aws:events:us-east-1:1:rule/bus/orders"), "bus/orders");
        assert_eq!(path_of("arn:aws:scheduler:us-east-1:1:schedule/group/s"), "group/s");
        assert_eq!(page_of("arn:aws:sqs:us-east-1:1:q"), ("queue", "q".to_owned()));
        assert_eq!(page_of("arn:aws:s3:::b"), ("", "b".to_owned()));
    }
}
