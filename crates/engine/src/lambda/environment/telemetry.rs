//! The Telemetry API: what an environment, its function and its extensions say, in batches to the extensions that want to know.
//!
//! Follows "Accessing real-time telemetry data for extensions using the Telemetry API", its reference and its event schema. A batch is the
//! array that AWS posts to an extension's address; here the extension gets it from `lambda.next`, between other events. Batches are made
//! and given as long as the environment is not frozen, and the last one right before SHUTDOWN.
//!
//! Invariant: an extension's buffer holds no more than its subscription says; what is over is dropped, counted and told.

use super::{Cx, Due, Lambda};
use crate::Timestamp;
use crate::calendar;
use crate::lambda::report::Record;
use crate::queue::QueueKey;
use crate::world::World;
use serde_json::{Value, json};
use std::sync::Arc;

/// Events of an init phase that are kept for extensions which subscribe later in it. Chosen.
const PAST_EVENTS_MAX: usize = 1_000;

/// A subscription, and what is waiting for it.
#[derive(Debug, Clone)]
pub(super) struct Telemetry {
    types: Vec<String>,
    /// In the first version of the schema, lines of a function are always texts.
    lines_are_text: bool,
    items_max: u64,
    bytes_max: u64,
    timeout_us: u64,
    /// Events as JSON, oldest first.
    buffer: Vec<String>,
    bytes: u64,
    /// When the oldest of them came.
    since: Timestamp,
    timer: Option<QueueKey>,
    /// Its time is up, and it waits for the extension alone.
    ripe: bool,
    dropped_records: u64,
    dropped_bytes: u64,
}

/// One thing that was said.
#[derive(Clone)]
pub(super) struct Said {
    kind: &'static str,
    /// As JSON with `time`, `type` and `record`.
    event: String,
    /// The same with a text as its record, where that is another.
    as_text: Option<String>,
}

impl Telemetry {
    /// The same subscription, of which nothing waits yet.
    pub(super) fn anew(&self) -> Self {
        Self {
            buffer: Vec::new(),
            bytes: 0,
            timer: None,
            ripe: false,
            dropped_records: 0,
            dropped_bytes: 0,
            ..self.clone()
        }
    }

    fn add(&mut self, said: &Said, now: Timestamp) {
        if !self.types.iter().any(|wanted| wanted == said.kind) {
            return;
        }
        let event = match &said.as_text {
            Some(text) if self.lines_are_text => text,
            _ => &said.event,
        };
        let bytes = event.len() as u64 + 1;
        if self.buffer.len() as u64 >= self.items_max || self.bytes + bytes > self.bytes_max {
            self.dropped_records += 1;
            self.dropped_bytes += event.len() as u64;
            self.ripe = true;
            return;
        }
        if self.buffer.is_empty() {
            self.since = now;
        }
        self.bytes += bytes;
        self.buffer.push(event.clone());
        self.ripe |= self.buffer.len() as u64 == self.items_max;
    }

    /// Takes the batch out.
    fn take(&mut self, time: &str) -> Arc<[u8]> {
        let mut events = std::mem::take(&mut self.buffer);
        self.bytes = 0;
        self.ripe = false;
        if self.dropped_records > 0 {
            if self.types.iter().any(|wanted| wanted == "platform") {
                let record = json!({
                    "droppedBytes": self.dropped_bytes,
                    "droppedRecords": self.dropped_records,
                    "reason": "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.",
                });
                let event =
                    json!({ "time": time, "type": "platform.logsDropped", "record": record });
                events.push(event.to_string());
            }
            (self.dropped_records, self.dropped_bytes) = (0, 0);
        }
        format!("[{}]", events.join(",")).into_bytes().into()
    }
}

impl Lambda {
    /// Reads a subscription; gives the answer in the door's words.
    #[inline(never)]
    pub(super) fn extension_subscribes(
        &mut self,
        cx: &mut Cx<'_>,
        id: u32,
        request: &Value,
    ) -> Value {
        let now = cx.world.now;
        let is_init = {
            let host = self.environments[&id].extension.as_ref().and_then(|it| it.host);
            host.is_some_and(|host| self.environments[&host].initialising)
        };
        let extension = self.host(id).extension_mut();
        let subscription = match subscription(request, now) {
            _ if extension.events.is_none() => Err((
                403,
                "Extension.InvalidExtensionIdentifier",
                "The extension has not registered".to_owned(),
            )),
            _ if !is_init => Err((
                403,
                "Telemetry.SubscriptionClosed",
                "Telemetry API subscription is closed already".to_owned(),
            )),
            other => other,
        };
        let mut telemetry = match subscription {
            Ok(telemetry) => telemetry,
            Err((status, code, message)) => {
                return json!({ "error": { "code": code, "status": status, "message": message } });
            }
        };
        let (name, types) = (extension.name.clone(), telemetry.types.clone());
        let Some(host) = extension.host else { return Value::Null };
        for said in &self.environments[&host].said {
            telemetry.add(said, now);
        }
        self.host(id).extension_mut().telemetry = Some(Box::new(telemetry));
        self.extension_arm(cx.world, id);
        self.log_record(cx, host, &Record::Subscribed { name, types });
        json!({ "status": 200, "output": "OK" })
    }

    /// What the platform says of a host.
    #[inline(never)]
    pub(super) fn extensions_hear(&mut self, cx: &mut Cx<'_>, host: u32, record: &Record) {
        let environment = &self.environments[&host];
        let time = calendar::iso(cx.world.unix_ms());
        let initialization = environment.initialization_type();
        for event in record.json(&time, &environment.function, initialization) {
            let event = event.trim_end().to_owned();
            self.extensions_told(cx, host, Said { kind: "platform", event, as_text: None });
        }
    }

    /// A line of a function's, or of an extension's.
    #[inline(never)]
    pub(super) fn extensions_read(&mut self, cx: &mut Cx<'_>, id: u32, message: &str) {
        let environment = &self.environments[&id];
        let (host, kind) = match &environment.extension {
            Some(extension) => (extension.host, "extension"),
            None => (Some(id), "function"),
        };
        let Some(host) = host else { return };
        let time = calendar::iso(cx.world.unix_ms());
        let line = message.trim_end_matches('\n');
        let in_json = environment.deployment.settings.log_format == "JSON";
        let object =
            serde_json::from_str(line).ok().filter(|value: &Value| in_json && value.is_object());
        let with =
            |record: Value| json!({ "time": time, "type": kind, "record": record }).to_string();
        let text = with(json!(line));
        let said = match object {
            Some(object) => Said { kind, event: with(object), as_text: Some(text) },
            None => Said { kind, event: text, as_text: None },
        };
        self.extensions_told(cx, host, said);
    }

    fn extensions_told(&mut self, cx: &mut Cx<'_>, host: u32, said: Said) {
        let environment = self.host(host);
        if environment.initialising && environment.said.len() < PAST_EVENTS_MAX {
            environment.said.push(said.clone());
        }
        for id in environment.extensions.clone() {
            let Some(member) = self.environments.get_mut(&id) else { continue };
            let Some(telemetry) = &mut member.extension_mut().telemetry else { continue };
            telemetry.add(&said, cx.world.now);
            self.extension_arm(cx.world, id);
            self.extension_gives_batch(cx.world, id);
        }
    }

    /// Sees to it that a batch is given when its time is up.
    fn extension_arm(&mut self, world: &mut World, id: u32) {
        let Some(telemetry) = &mut self.host(id).extension_mut().telemetry else { return };
        if telemetry.buffer.is_empty() || telemetry.ripe || telemetry.timer.is_some() {
            return;
        }
        let at = telemetry.since.after_micros(telemetry.timeout_us).max(world.now);
        let key = self.schedule(world, id, at, Due::Telemetry { environment: id });
        if let Some(telemetry) = &mut self.host(id).extension_mut().telemetry {
            telemetry.timer = Some(key);
        }
    }

    /// The time of a batch is up.
    #[inline(never)]
    pub(super) fn extension_batch_due(&mut self, world: &mut World, id: u32) {
        if let Some(telemetry) = &mut self.host(id).extension_mut().telemetry {
            telemetry.timer = None;
            telemetry.ripe = true;
            self.extension_gives_batch(world, id);
        }
    }

    /// Gives an extension that waits the batch that waits for it. Frozen environments get nothing.
    pub(super) fn extension_gives_batch(&mut self, world: &mut World, id: u32) {
        let Some(extension) = &self.environments[&id].extension else { return };
        let is_ripe = extension.telemetry.as_ref().is_some_and(|telemetry| telemetry.ripe);
        let Some(host) = extension.host.filter(|_| is_ripe && extension.waiting) else { return };
        let environment = &self.environments[&host];
        if environment.frozen {
            return;
        }
        let deadline = match &environment.work {
            Some(work) if work.attempt.started_at.is_some() => work.attempt.deadline,
            _ => environment.init_began.after_micros(environment.init_us_max()),
        };
        self.host(id).extension_mut().deadline = deadline;
        if let Some(batch) = self.extension_takes_batch(world, id) {
            self.extension_give(world, id, world.now, batch);
        }
    }

    /// Everything that an extension has not been given yet.
    pub(super) fn extension_takes_batch(
        &mut self,
        world: &mut World,
        id: u32,
    ) -> Option<Arc<[u8]>> {
        let time = calendar::iso(world.unix_ms());
        let telemetry = self.host(id).extension_mut().telemetry.as_mut()?;
        if telemetry.buffer.is_empty() && telemetry.dropped_records == 0 {
            return None;
        }
        if let Some(timer) = telemetry.timer.take() {
            world.queue.cancel(timer);
        }
        Some(telemetry.take(&time))
    }

    /// The environment is frozen: time does not pass for its extensions.
    #[inline(never)]
    pub(super) fn extensions_freeze(&mut self, world: &mut World, host: u32) {
        self.host(host).frozen = true;
        for id in self.environments[&host].extensions.clone() {
            let Some(member) = self.environments.get_mut(&id) else { continue };
            let telemetry = member.extension_mut().telemetry.as_mut();
            if let Some(timer) = telemetry.and_then(|telemetry| telemetry.timer.take()) {
                world.queue.cancel(timer);
            }
        }
    }

    /// It goes on.
    pub(super) fn extensions_thaw(&mut self, world: &mut World, host: u32) {
        self.host(host).frozen = false;
        for id in self.environments[&host].extensions.clone() {
            self.extension_arm(world, id);
            self.extension_gives_batch(world, id);
        }
    }
}

type Refusal = (u16, &'static str, String);

/// The members of a subscription ("Lambda Telemetry API reference").
fn subscription(request: &Value, now: Timestamp) -> Result<Telemetry, Refusal> {
    let params = &request["params"];
    let wrong = |message: String| (400, "ValidationError", message);
    if request["operation"] != "Subscribe" {
        let operation = request["operation"].as_str().unwrap_or_default();
        let message = format!("Coldstart does not emulate {operation} of telemetry yet.");
        return Err((501, "NotImplementedException", message));
    }
    if !params["destination"].is_null() {
        let message =
            "Coldstart does not emulate destinations of telemetry: batches come with lambda.next.";
        return Err((501, "NotImplementedException", message.into()));
    }
    let schema = params["schemaVersion"].as_str().unwrap_or_default();
    if !["2022-07-01", "2022-12-13", "2025-01-29"].contains(&schema) {
        return Err(wrong("schemaVersion is 2022-07-01, 2022-12-13 or 2025-01-29".into()));
    }
    let given = params["types"].as_array().into_iter().flatten();
    let types: Vec<String> =
        given.map(|kind| kind.as_str().unwrap_or_default().to_owned()).collect();
    let is_known = |kind: &String| ["platform", "function", "extension"].contains(&kind.as_str());
    if types.is_empty() || !types.iter().all(is_known) {
        return Err(wrong("types are platform, function and extension, one at least".into()));
    }
    let number = |member: &str, default: u64, min: u64, max: u64| {
        let given = &params["buffering"][member];
        let value = if given.is_null() { Some(default) } else { given.as_u64() };
        value
            .filter(|value| (min..=max).contains(value))
            .ok_or_else(|| wrong(format!("buffering.{member} is a number from {min} to {max}")))
    };
    Ok(Telemetry {
        types,
        lines_are_text: schema == "2022-07-01",
        items_max: number("maxItems", 10_000, 1_000, 10_000)?,
        bytes_max: number("maxBytes", 262_144, 262_144, 1_048_576)?,
        timeout_us: number("timeoutMs", 1_000, 25, 30_000)? * 1_000,
        buffer: Vec::new(),
        bytes: 0,
        since: now,
        timer: None,
        ripe: false,
        dropped_records: 0,
        dropped_bytes: 0,
    })
}
