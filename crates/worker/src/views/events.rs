//! The lives of asynchronous events: accepted, tried, put back, given up, delivered.
//!
//! Kept: the newest [`EVENTS_MAX`] events, and the newest [`STEPS_MAX`] steps of each.

use super::environments::outcome_name;
use coldstart_engine::{Fact, Outcome};
use coldstart_protocol::{AsyncEvent, AsyncStep};
use std::collections::{BTreeMap, VecDeque};

const EVENTS_MAX: usize = 2_000;
const STEPS_MAX: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Events {
    /// Oldest first.
    order: VecDeque<String>,
    events: BTreeMap<String, AsyncEvent>,
    /// How many each function had in all.
    totals: BTreeMap<String, u64>,
}

impl Events {
    /// Whether a fact may be about an asynchronous event: once there was one, any fact may.
    pub(super) fn is_concerned(&self, fact: &Fact) -> bool {
        !self.order.is_empty()
            || matches!(fact, Fact::InvocationAccepted { invocation_type, .. } if invocation_type == "Event")
    }

    /// Takes a fact about an asynchronous event; others are none of its business.
    #[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
    pub(super) fn apply(&mut self, fact: &Fact, at_us: u64) {
        match fact {
            Fact::InvocationAccepted { request_id, function, invocation_type, .. }
                if invocation_type == "Event" =>
            {
                *self.totals.entry(function.clone()).or_default() += 1;
                self.order.push_back(request_id.clone());
                let event = AsyncEvent {
                    request_id: request_id.clone(),
                    function: function.clone(),
                    accepted_us: at_us,
                    status: "queued".into(),
                    attempts: 0,
                    due_us: None,
                    steps: Vec::new(),
                };
                self.events.insert(request_id.clone(), event);
                if self.order.len() > EVENTS_MAX
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.events.remove(&oldest);
                }
            }
            Fact::InvocationStarted { request_id, environment, cold, attempt, .. } => {
                let Some(event) = self.events.get_mut(request_id) else { return };
                event.attempts = (*attempt).max(event.attempts);
                event.due_us = None;
                let start = if *cold { "cold start" } else { "warm start" };
                let detail = format!("Attempt {attempt} on environment #{environment}, {start}");
                tell(event, at_us, "started", "running", detail);
            }
            Fact::InvocationFinished { request_id, outcome, .. } => {
                let Some(event) = self.events.get_mut(request_id) else { return };
                let (status, detail) = match outcome {
                    Outcome::Success => ("succeeded", "The function succeeded"),
                    Outcome::Timeout => ("failed", "The function timed out"),
                    Outcome::Stopped => ("failed", "It was stopped by hand"),
                    Outcome::Error => ("failed", "The function failed"),
                };
                tell(event, at_us, outcome_name(*outcome), status, detail.into());
            }
            Fact::EventRequeued { request_id, reason, due_at, .. } => {
                let Some(event) = self.events.get_mut(request_id) else { return };
                event.due_us = Some(due_at.0);
                let detail = match reason.as_str() {
                    "Throttled" => "Throttled: back into the queue".to_owned(),
                    "FunctionError" => "Back into the queue for a retry".to_owned(),
                    other => format!("{other}: back into the queue"),
                };
                tell(event, at_us, "requeued", "waiting", detail);
            }
            Fact::EventDropped { request_id, condition, attempts, .. } => {
                let Some(event) = self.events.get_mut(request_id) else { return };
                event.due_us = None;
                let detail = format!("Given up after {attempts} attempts: {condition}");
                tell(event, at_us, "dropped", "dropped", detail);
            }
            Fact::EventDelivered { request_id, kind, target, error, .. } => {
                let Some(event) = self.events.get_mut(request_id) else { return };
                let what = match kind.as_str() {
                    "DeadLetter" => "Dead letter",
                    "OnSuccess" => "On success",
                    "OnFailure" => "On failure",
                    other => other,
                };
                let detail = match error {
                    None => format!("{what}: sent to {target}"),
                    Some(error) => format!("{what}: {target} refused it: {error}"),
                };
                let status = event.status.clone();
                let kind = if error.is_some() { "refused" } else { "delivered" };
                tell(event, at_us, kind, &status, detail);
            }
            _ => {}
        }
    }

    /// The newest events of a function, newest first, and how many there were in all.
    #[inline(never)] // As above.
    pub(super) fn window(&self, function: &str, rows_max: usize) -> (Vec<AsyncEvent>, u64) {
        let all = self.order.iter().rev().filter_map(|id| self.events.get(id));
        let rows = all.filter(|event| event.function == function).take(rows_max);
        (rows.cloned().collect(), self.totals.get(function).copied().unwrap_or(0))
    }
}

fn tell(event: &mut AsyncEvent, at_us: u64, kind: &str, status: &str, detail: String) {
    event.status = status.to_owned();
    if event.steps.len() == STEPS_MAX {
        event.steps.remove(0);
    }
    event.steps.push(AsyncStep { at_us, kind: kind.to_owned(), detail });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn fact(kind: &str, request_id: &str, members: Value) -> Fact {
        let mut fact = json!({ "type": kind, "requestId": request_id, "function": "f" });
        if let (Value::Object(fact), Value::Object(members)) = (&mut fact, members) {
            fact.extend(members);
        }
        serde_json::from_value(fact).expect("a fact as histories have it")
    }

    fn accepted(id: &str) -> Fact {
        let members = json!({ "invocationType": "Event", "payloadBytes": 2, "command": 0 });
        fact("invocationAccepted", id, members)
    }

    #[test]
    fn an_event_is_followed_to_its_dead_letter_queue() {
        let mut all = Events::default();
        all.apply(&accepted("r"), 1);
        let members = json!({ "environment": 0, "cold": true, "attempt": 1 });
        all.apply(&fact("invocationStarted", "r", members), 2);
        let members = json!({ "reason": "FunctionError", "dueAt": 60_000_000 });
        all.apply(&fact("eventRequeued", "r", members), 3);
        let (rows, total) = all.window("f", 9);
        assert_eq!(
            (rows[0].status.as_str(), rows[0].due_us, rows[0].attempts, total),
            ("waiting", Some(60_000_000), 1, 1)
        );
        let members = json!({ "condition": "RetriesExhausted", "attempts": 3 });
        all.apply(&fact("eventDropped", "r", members), 4);
        let members = json!({ "kind": "DeadLetter", "target": "arn:q", "error": null });
        all.apply(&fact("eventDelivered", "r", members), 5);
        let (rows, _) = all.window("f", 9);
        let kinds: Vec<&str> = rows[0].steps.iter().map(|step| step.kind.as_str()).collect();
        assert_eq!(kinds, ["started", "requeued", "dropped", "delivered"]);
        assert_eq!((rows[0].status.as_str(), rows[0].due_us), ("dropped", None));
        assert_eq!(all.window("g", 9), (Vec::new(), 0));
    }

    #[test]
    fn events_are_bounded_and_their_number_is_not() {
        let mut all = Events::default();
        for number in 0..3_000 {
            all.apply(&accepted(&format!("r{number}")), number);
        }
        let (rows, total) = all.window("f", usize::MAX);
        assert_eq!((rows.len(), total, rows[0].request_id.as_str()), (EVENTS_MAX, 3_000, "r2999"));
    }
}
