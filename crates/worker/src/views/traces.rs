//! One event's way through the services, put together from the facts that name each other: a request, a message, a rule, a batch, an
//! invocation, a destination.
//!
//! `coldstart:GetTrace` with an `Id` (of a request, a message, an event, an occurrence, or an execution's ARN) answers with `Spans` in the
//! order in which they are drawn: `Depth` says whose part a span is. Nothing is kept for it but the newest facts.
//!
//! Invariant: a trace has at most [`SPANS_MAX`] spans, and what leads to the event that was asked for is among them.

mod graph;
mod spans;

use coldstart_engine::{Engine, Event};
use graph::{Graph, Key};
use serde_json::{Value, json};
use spans::Telling;
use std::collections::{BTreeSet, VecDeque};

/// Things of one trace.
const NODES_MAX: usize = 150;
/// Spans of one trace: a thing may have several.
const SPANS_MAX: usize = 400;

/// Answers GetTrace. Of an id that no fact names there are no spans.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(super) fn answer(facts: &VecDeque<Event>, engine: &Engine, params: &Value) -> Value {
    let id = params.get("Id").and_then(Value::as_str).unwrap_or_default();
    let graph = Graph::of(facts);
    let Some(start) = graph.find(id) else {
        return json!({ "Id": id, "Spans": [], "Truncated": false });
    };
    let (chosen, truncated) = choose(&graph, start);
    let mut told = Telling::new(engine, &graph, start);
    let mut seen = BTreeSet::new();
    for root in graph.roots(start) {
        tell(&graph, &chosen, root, 0, &mut seen, &mut told);
    }
    let truncated = truncated || told.spans.len() > SPANS_MAX;
    told.spans.truncate(SPANS_MAX);
    json!({ "Id": id, "Spans": told.spans, "Truncated": truncated })
}

/// What is shown: the way to the event, what came of it, and then what else came of where it comes from, as far as there is room.
fn choose<'a>(graph: &Graph<'a>, start: Key<'a>) -> (BTreeSet<Key<'a>>, bool) {
    let mut chosen: BTreeSet<Key<'a>> = graph.ancestors(start).into_iter().collect();
    let mut truncated = false;
    let mut below = |from: Key<'a>| {
        let mut left = VecDeque::from([from]);
        let mut seen = BTreeSet::new();
        while let Some(key) = left.pop_front() {
            if !seen.insert(key) {
                continue;
            }
            if chosen.len() >= NODES_MAX && !chosen.contains(&key) {
                truncated = true;
                return;
            }
            chosen.insert(key);
            left.extend(graph.children(key));
        }
    };
    below(start);
    graph.roots(start).into_iter().for_each(below);
    (chosen, truncated)
}

/// A thing and what came of it, each once.
fn tell<'a>(
    graph: &Graph<'a>,
    chosen: &BTreeSet<Key<'a>>,
    key: Key<'a>,
    depth: usize,
    seen: &mut BTreeSet<Key<'a>>,
    told: &mut Telling<'_, 'a>,
) {
    if !chosen.contains(&key) || !seen.insert(key) {
        return;
    }
    let after = told.tell(key, depth);
    let depth = depth + 1;
    let mut children: Vec<Key<'a>> = graph.children(key).to_vec();
    children.sort_by_key(|child| graph.began(*child));
    for child in children {
        tell(graph, chosen, child, depth, seen, told);
    }
    told.spans.extend(after);
}
