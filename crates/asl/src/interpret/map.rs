//! Map states, and their iterations when these run inside the execution.

use super::data::Data;
use super::data_flow::Surroundings;
use super::execution::{Execution, MapItem};
use super::fault::{Fault, Outcome};
use super::frames::{Frame, FrameId, Phase};
use super::history::Details;
use super::machine::{Items, Kind, Machine, MapState, State};
use super::run::{Taken, around};
use super::template::Scene;
use coldstart_expr::jsonata::EvaluationError;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many iterations run side by side when nothing limits them. Source: "Using Map state in Inline mode" in the
/// developer guide: more than 40 may have to wait.
const CONCURRENCY_MAX: usize = 40;

/// Iterations that run inside the execution.
#[derive(Debug)]
pub(crate) struct MapWork {
    /// The input that item selectors see.
    pub(crate) effective: Data,
    /// Null where the iteration has begun.
    pub(crate) items: Vec<Value>,
    pub(crate) next: usize,
    pub(crate) running: BTreeMap<usize, FrameId>,
    pub(crate) results: Vec<Option<Data>>,
    pub(crate) left: usize,
    /// The last event of the iterations.
    pub(crate) last: u64,
}

/// The numbers of a Map state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// 0 for none.
    pub(crate) max_concurrency: u64,
    pub(crate) tolerated_count: u64,
    pub(crate) tolerated_percentage: f64,
    /// What is wrong with the tolerances: AWS says so only after the state has started (recorded).
    fault: Option<&'static str>,
}

impl Limits {
    fn of(map: &MapState, scene: &mut Scene<'_>) -> Outcome<Limits> {
        let concurrency = map.max_concurrency.as_ref().map(|one| one.integer(scene)).transpose()?;
        let count =
            map.tolerated_failure_count.as_ref().map(|one| one.integer(scene)).transpose()?;
        let percentage =
            map.tolerated_failure_percentage.as_ref().map(|one| one.float(scene)).transpose()?;
        let max_concurrency = u64::try_from(concurrency.unwrap_or(0));
        let Ok(max_concurrency) = max_concurrency else {
            return Err(Fault::runtime("MaxConcurrency cannot be negative."));
        };
        let tolerated_count = u64::try_from(count.unwrap_or(0));
        let tolerated_percentage = percentage.unwrap_or(0.0);
        let fault = if tolerated_count.is_err() {
            Some("ToleratedFailureCount cannot be negative.")
        } else if !(0.0..=100.0).contains(&tolerated_percentage) {
            Some("ToleratedFailurePercentage must be between 0 and 100.")
        } else {
            None
        };
        Ok(Limits {
            max_concurrency,
            tolerated_count: tolerated_count.unwrap_or(0),
            tolerated_percentage,
            fault,
        })
    }
}

impl Execution {
    pub(super) fn start_map(
        &mut self,
        id: FrameId,
        machine: &Machine,
        state: &State,
        map: &MapState,
    ) -> Outcome<()> {
        let taken = self.take(id, state);
        let around = around!(self, taken);
        let effective = state.effective_input(&taken.input, around)?;
        let mut scene = around.scene(&effective, &taken.input);
        let items = match &map.reader {
            None => Some(items(map, &effective, &mut scene)?),
            Some(_) => None,
        };
        let mut scene = around.scene(&effective, &taken.input);
        let limits = Limits::of(map, &mut scene)?;
        if let (Some(items), true) = (&items, self.trace.is_on()) {
            self.trace
                .note(if state.flow.is_jsonata() { "afterItems" } else { "afterItemsPath" }, items);
        }
        let length = items.as_ref().map_or(0, |items| items.value().as_array().map_or(0, Vec::len));
        let started =
            self.push(self.frames[id].previous, Details::MapStateStarted { length: length as u64 });
        self.frames[id].chain(started);
        if let Some(fault) = limits.fault {
            return Err(Fault::runtime(fault));
        }
        self.trace.note_value("maxConcurrency", limits.max_concurrency);
        if map.tolerated_failure_count.is_some() {
            self.trace.note_value("toleratedFailureCount", limits.tolerated_count);
        }
        if map.tolerated_failure_percentage.is_some() {
            self.trace.note_value("toleratedFailurePercentage", limits.tolerated_percentage);
        }
        if let Some(answered) = self.answer_map_mock(id, state, map, items.as_ref(), limits) {
            return answered;
        }
        if map.distributed.is_some() {
            return self.start_map_run(id, state, map, &taken, effective, items, limits);
        }
        if length == 0 {
            return self.end_map(id, machine, started, Data::new(Value::Array(Vec::new())));
        }
        let items = match items.map(Data::into_value) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        self.frames[id].phase = Phase::Map(Box::new(MapWork {
            effective,
            items,
            next: 0,
            running: BTreeMap::new(),
            results: vec![None; length],
            left: length,
            last: started,
        }));
        let most = usize::try_from(limits.max_concurrency).unwrap_or(CONCURRENCY_MAX);
        let most = if most == 0 { CONCURRENCY_MAX } else { most.min(CONCURRENCY_MAX) };
        for _ in 0..most.min(length) {
            self.start_iteration(id, state, map, started)?;
        }
        Ok(())
    }

    /// Starts the next iteration after the given event.
    fn start_iteration(
        &mut self,
        id: FrameId,
        state: &State,
        map: &MapState,
        previous: u64,
    ) -> Outcome<()> {
        let Phase::Map(work) = &mut self.frames[id].phase else { return Ok(()) };
        let index = work.next;
        let Some(item) = work.items.get_mut(index).map(Value::take) else { return Ok(()) };
        work.next += 1;
        let effective = work.effective.clone();
        let name = Arc::clone(&state.name);
        let details = Details::MapIterationStarted { name, index: index as u64 };
        let event = self.push(previous, details);
        let item = Data::new(item);
        let in_context = MapItem { index: index as u64, value: item.clone() };
        let input = match &map.item_selector {
            None => Ok(item.clone()),
            Some(_) => {
                let outer = self.frames[id].item.replace(in_context.clone());
                let taken = self.take_for_item(id, state, map);
                let selected = select_item(map, &item, &taken, &effective, around!(self, taken));
                self.frames[id].item = outer;
                selected
            }
        };
        let input = match input {
            Ok(input) => input,
            Err(fault) => {
                // It has not begun: after a redrive it may.
                if let Phase::Map(work) = &mut self.frames[id].phase {
                    work.next = index;
                    work.items[index] = item.value().clone();
                }
                return Err(fault);
            }
        };
        let frame = &self.frames[id];
        let frame = Frame {
            parent: Some((id, index)),
            variables: Arc::clone(&frame.variables),
            item: Some(in_context),
            ..Frame::new(map.start, input, event)
        };
        let inner = self.frames.add(frame);
        if let Phase::Map(work) = &mut self.frames[id].phase {
            work.running.insert(index, inner);
        }
        self.ready.push_back(inner);
        Ok(())
    }

    /// What the fields of an item see: the context object with the item.
    pub(super) fn take_for_item(&self, id: FrameId, state: &State, map: &MapState) -> Taken {
        let mut taken = self.take(id, state);
        let reads = map.item_selector.as_ref().is_some_and(|selector| selector.reads_context());
        if reads {
            taken.context = self.context_of(&self.frames[id], state);
        }
        taken
    }

    pub(super) fn iteration_succeeded(
        &mut self,
        parent: FrameId,
        slot: usize,
        previous: u64,
        output: Data,
        id: FrameId,
    ) {
        self.frames.remove(id);
        let machine = Arc::clone(&self.machine);
        let state = &machine.states[self.frames[parent].state];
        let Kind::Map(map) = &state.kind else { return };
        let name = Arc::clone(&state.name);
        let last = self.push(previous, Details::MapIterationSucceeded { name, index: slot as u64 });
        let Phase::Map(work) = &mut self.frames[parent].phase else { return };
        work.running.remove(&slot);
        work.results[slot] = Some(output);
        work.left -= 1;
        work.last = last;
        if work.left == 0 {
            let results = std::mem::take(&mut work.results).into_iter().flatten();
            let result = Data::new(results.map(Data::into_value).collect::<Value>());
            if let Err(fault) = self.end_map(parent, &machine, last, result) {
                self.fault(parent, fault);
            }
        } else if work.next < work.results.len() {
            // The next one follows the last event in the one that ended, not the event of its success (recorded).
            if let Err(fault) = self.start_iteration(parent, state, map, previous) {
                self.fault(parent, fault);
            }
        }
    }

    /// A Map state comes to its result. The event of the success is no link of the chain (recorded).
    pub(super) fn end_map(
        &mut self,
        id: FrameId,
        machine: &Machine,
        last: u64,
        result: Data,
    ) -> Outcome<()> {
        self.push(last, Details::MapStateSucceeded);
        self.frames[id].chain(last);
        self.frames[id].phase = Phase::Ready;
        self.complete(id, &machine.states[self.frames[id].state], &result);
        Ok(())
    }

    pub(super) fn iteration_failed(&mut self, parent: FrameId, slot: usize, fault: Fault) {
        let previous = self.stop_inner(parent, Some(slot));
        self.frames[parent].chain(previous);
        self.fault(parent, Box::new(fault));
    }
}

/// The items of a Map state without a reader.
fn items(map: &MapState, effective: &Data, scene: &mut Scene<'_>) -> Outcome<Data> {
    let items = match &map.items {
        Items::Path(path) => path.choose(scene)?,
        Items::Template(template) => {
            let items = Data::new(template.fill(scene)?);
            if let Some(fault) = not_an_array(map, &items) {
                return Err(fault);
            }
            items
        }
        Items::Input => effective.clone(),
    };
    if items.value().is_array() {
        return Ok(items);
    }
    Err(match &map.items {
        Items::Path(path) => {
            Fault::runtime(format!("Reference path \"{}\" must point to array.", path.text()))
        }
        _ => Fault::evaluation(
            format!("Map state input must be an array but was: {}", items.value()),
            None,
        ),
    })
}

/// The fault of a JSONata expression that gives no array.
fn not_an_array(map: &MapState, items: &Data) -> Option<Box<Fault>> {
    let Items::Template(super::template::Template::Jsonata { template, .. }) = &map.items else {
        return None;
    };
    let coldstart_expr::jsonata::Template::Expression(expression) = template else { return None };
    if items.value().is_array() {
        return None;
    }
    let value = items.value().clone();
    let error = EvaluationError::Unexpected { expected: "array", value };
    Some(super::template::evaluation_fault(error.in_field(expression.text(), "Items")))
}

/// The input of an iteration.
pub(super) fn select_item(
    map: &MapState,
    item: &Data,
    taken: &Taken,
    effective: &Data,
    around: &mut Surroundings<'_>,
) -> Outcome<Data> {
    match &map.item_selector {
        None => Ok(item.clone()),
        Some(selector) => {
            let mut scene = around.scene(effective, &taken.input);
            selector.fill(&mut scene).map(Data::new)
        }
    }
}
