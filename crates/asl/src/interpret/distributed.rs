//! Distributed Map states: map runs, whose iterations are executions of their own.
//!
//! The host runs the executions; the map run hands them out one at a time, when the host asks for effects, so that a
//! million items take no more room than those in flight.
//!
//! Invariant: an item is read when an execution for it may start, not before, but for one that is held ready.

use super::data::Data;
use super::data_flow::Surroundings;
use super::effect::{Child, Effect, MapRunId, Purpose, Task, TaskId};
use super::execution::{Ended, Execution, Identity, MapItem, Start, Status};
use super::fault::{Fault, ITEM_READER, Outcome, RESULT_WRITER, TOLERANCE};
use super::fields::Number;
use super::frames::{FrameId, Phase};
use super::history::{Details, Failure};
use super::items::{ITEMS_MAX, Source};
use super::machine::{Kind, Machine, MapState, Objects, State};
use super::map::Limits;
use super::map_run::{Counts, MapRun, MapRunStatus};
use super::random::Random;
use super::results::{Finished, Put, Results, RunName};
use super::run::{Taken, around};
use super::template::Scene;
use super::time::Time;
use crate::definition::MachineType;
use crate::resource::Resource;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How many executions run side by side when nothing limits them. Source: "Using Map state in Distributed mode" in the
/// developer guide.
const CONCURRENCY_MAX: u64 = 10_000;
/// The most bytes of a batch. Source: "ItemBatcher" in the developer guide.
const BATCH_BYTES_MAX: u64 = 256 * 1024;

/// A map run that is under way.
#[derive(Debug)]
pub(crate) struct MapRunWork {
    pub(super) frame: FrameId,
    /// What item selectors see.
    pub(super) effective: Data,
    /// What the ARNs of its executions begin with.
    pub(super) arn_prefix: String,
    pub(super) state_machine_arn: Arc<str>,
    pub(super) state_machine_name: Arc<str>,
    /// `None` until the item reader has answered.
    pub(super) source: Option<Source>,
    /// The parameters of the item reader.
    pub(super) request: Option<Value>,
    pub(super) max_items: u64,
    pub(super) items_read: u64,
    pub(super) batch_items: Option<u64>,
    pub(super) batch_bytes: u64,
    /// An item that did not fit the batch before.
    pub(super) held: Option<Value>,
    /// The execution that starts next.
    pub(super) ready: Option<Ready>,
    /// Executions to be redriven.
    pub(super) redo: VecDeque<Ready>,
    /// The items of those.
    pub(super) redo_items: u64,
    /// Executions that failed: a redrive runs them again.
    pub(super) failed: Vec<Ready>,
    pub(super) is_exhausted: bool,
    pub(super) next_child: u64,
    pub(super) running: BTreeMap<u64, Running>,
    pub(super) results: Results,
    pub(super) puts: VecDeque<Put>,
    pub(super) is_closed: bool,
}

#[derive(Debug)]
pub(super) struct Ready {
    pub(super) input: Data,
    pub(super) item: Option<MapItem>,
    pub(super) items: u64,
    /// Its number and name, when it ran before.
    pub(super) before: Option<(u64, Arc<str>)>,
}

#[derive(Debug)]
pub(super) struct Running {
    items: u64,
    input: Data,
    item: Option<MapItem>,
    name: Arc<str>,
    arn: Arc<str>,
    started_at: Time,
}

impl Running {
    /// The execution as it is to be run once more.
    pub(super) fn again(self, index: u64) -> Ready {
        let Running { items, input, item, name, .. } = self;
        Ready { input, item, items, before: Some((index, name)) }
    }
}

/// What a map run needs of its state.
pub(super) struct Place {
    machine: Arc<Machine>,
    state: usize,
}

impl Place {
    pub(super) fn state(&self) -> &State {
        &self.machine.states[self.state]
    }

    pub(super) fn map(&self) -> Option<&MapState> {
        match &self.state().kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl Execution {
    #[allow(clippy::too_many_arguments, reason = "what a Map state has at hand when it starts")]
    pub(super) fn start_map_run(
        &mut self,
        id: FrameId,
        state: &State,
        map: &MapState,
        taken: &Taken,
        effective: Data,
        items: Option<Data>,
        limits: Limits,
    ) -> Outcome<()> {
        let around = around!(self, taken);
        let mut scene = around.scene(&effective, &taken.input);
        let reader = map.reader.as_ref();
        let request = reader.map(|reader| filled(reader.parameters.as_ref(), &mut scene));
        let request = request.transpose()?;
        let writer = map.writer.as_ref();
        let destination = writer.map(|writer| filled(writer.parameters.as_ref(), &mut scene));
        let destination = destination.transpose()?;
        let (batch_items, batch_bytes) = match &map.batcher {
            None => (Some(1), BATCH_BYTES_MAX),
            Some(batcher) => (
                positive(batcher.max_items.as_ref(), &mut scene)?,
                positive(batcher.max_bytes.as_ref(), &mut scene)?.unwrap_or(BATCH_BYTES_MAX),
            ),
        };
        let max_items = reader.and_then(|reader| reader.config.max_items.as_ref());
        let max_items = max_items.map(|number| number.lenient(&mut scene)).transpose()?;
        let uuid = self.random.uuid();
        let label = map.label.clone().unwrap_or_else(|| made_up_label(&state.name));
        let identity = &self.start.identity;
        // A map run inside another's execution belongs to the machine itself.
        let machine_arn = identity.state_machine_arn.split('/').next().unwrap_or_default();
        let machine_arn = machine_arn.replacen(":stateMachine:", ":mapRun:", 1);
        let arn: Arc<str> = format!("{machine_arn}/{label}:{uuid}").into();
        let kind = map.distributed.as_ref().map_or(MachineType::Standard, |machine| machine.kind);
        let arn_prefix = arn_prefix(&identity.state_machine_arn, &label, kind, &uuid);
        let state_machine_arn: Arc<str> = format!("{}/{label}", identity.state_machine_arn).into();
        let state_machine_name = format!("{}/{label}", identity.state_machine_name).into();
        let run = MapRunId(self.map_runs.len());
        self.map_runs.push(MapRun {
            arn: Arc::clone(&arn),
            state: Arc::clone(&state.name),
            state_machine_arn: Arc::clone(&state_machine_arn),
            status: MapRunStatus::Running,
            max_concurrency: limits.max_concurrency,
            tolerated_failure_count: limits.tolerated_count,
            tolerated_failure_percentage: limits.tolerated_percentage,
            items: Counts::default(),
            executions: Counts::default(),
            started_at: self.now,
            stopped_at: None,
            redrive_count: 0,
            redriven_at: None,
        });
        let name = RunName { arn: &arn, uuid: &uuid };
        let results = Results::new(writer, destination.as_ref(), &name);
        let details = Details::MapRunStarted { map_run_arn: Arc::clone(&arn) };
        let event = self.push(self.frames[id].previous, details);
        self.frames[id].chain(event);
        self.frames[id].phase = Phase::Distributed(run);
        let work = MapRunWork {
            frame: id,
            effective,
            arn_prefix,
            state_machine_arn,
            state_machine_name,
            source: items.map(|items| Source::Array { items, next: 0 }),
            request: request.clone(),
            max_items: max_items.map_or(ITEMS_MAX, |most| match most {
                0 => ITEMS_MAX,
                most => u64::try_from(most).unwrap_or(0).min(ITEMS_MAX),
            }),
            items_read: 0,
            batch_items,
            batch_bytes: batch_bytes.min(BATCH_BYTES_MAX),
            held: None,
            ready: None,
            redo: VecDeque::new(),
            redo_items: 0,
            failed: Vec::new(),
            is_exhausted: false,
            next_child: 0,
            running: BTreeMap::new(),
            results,
            puts: VecDeque::new(),
            is_closed: false,
        };
        self.map_run_work.insert(run, work);
        if max_items.is_some_and(|most| most < 0) {
            let failure = Failure::new(ITEM_READER, "field MaxItems must be positive");
            self.map_run_failed(run, failure);
            return Ok(());
        }
        match (reader, request) {
            (Some(reader), Some(request)) => {
                let resource = Arc::clone(&reader.resource);
                self.ask(id, state, resource, Purpose::ItemReader, request);
            }
            _ => self.prepare(run),
        }
        Ok(())
    }

    /// Asks for what the items are in, or for results to be kept.
    pub(super) fn ask(
        &mut self,
        id: FrameId,
        state: &State,
        resource: Arc<Resource>,
        purpose: Purpose,
        parameters: Value,
    ) {
        let task = Task {
            id: self.new_task(id),
            purpose,
            state: Arc::clone(&state.name),
            resource,
            parameters: Data::new(parameters),
            attempt: self.frames[id].retry_count,
            timeout_seconds: None,
            heartbeat_seconds: None,
            role_arn: None,
            task_token: None,
        };
        self.effects.push_back(Effect::Schedule(Box::new(task)));
    }

    pub(super) fn place(&self, run: MapRunId) -> Option<Place> {
        let frame = self.map_run_work.get(&run)?.frame;
        Some(Place { machine: Arc::clone(&self.machine), state: self.frames.get(frame)?.state })
    }

    /// Holds the next execution ready, asks for more items, or sees that there are none.
    pub(super) fn prepare(&mut self, run: MapRunId) {
        let Some(place) = self.place(run) else { return };
        let (Some(map), state) = (place.map(), place.state()) else { return };
        let Some(mut work) = self.map_run_work.remove(&run) else { return };
        if work.ready.is_none() {
            work.ready = work.redo.pop_front();
            work.redo_items -= work.ready.as_ref().map_or(0, |ready| ready.items);
        }
        let outcome = match work.ready.is_some() || work.is_exhausted {
            true => Ok(None),
            false => self.gather(&mut work, state, map),
        };
        let frame = work.frame;
        if let Some(run) = self.map_runs.get_mut(run.0) {
            let held = work.redo_items + work.ready.as_ref().map_or(0, |ready| ready.items);
            let left = work.source.as_ref().and_then(Source::length);
            let left = left.map_or(held, |all| all.saturating_sub(work.items_read) + held);
            run.items.pending = left;
            run.items.total = left
                + run.items.running
                + run.items.succeeded
                + run.items.failed
                + run.items.timed_out
                + run.items.aborted;
            run.executions.pending = (work.redo.len() + usize::from(work.ready.is_some())) as u64;
            let fresh = work.ready.as_ref().is_some_and(|ready| ready.before.is_none());
            run.executions.total = work.next_child + u64::from(fresh);
        }
        self.map_run_work.insert(run, work);
        match outcome {
            Ok(None) => self.finish_if_done(run),
            Ok(Some(request)) => {
                if let Some(reader) = &map.reader {
                    // What a list names is read by another action.
                    let loads =
                        reader.config.objects == Objects::Listed && request.get("Key").is_some();
                    let resource = match loads {
                        true => {
                            let arn = reader.resource.arn().replace("listObjectsV2", "getObject");
                            Arc::new(Resource::parse(&arn))
                        }
                        false => Arc::clone(&reader.resource),
                    };
                    self.ask(frame, state, resource, Purpose::ItemReader, request);
                }
            }
            Err(Stop::Reader(message)) => {
                self.map_run_failed(run, Failure::new(ITEM_READER, message));
            }
            Err(Stop::Fault(fault)) => {
                self.abort_map_run(run);
                self.fault(frame, fault);
            }
        }
    }

    /// The first map run that has an execution which may start.
    pub(super) fn startable_run(&self) -> Option<MapRunId> {
        let mut runs = self.map_run_work.iter();
        let startable = runs.find(|(run, work)| {
            let most = self.map_runs.get(run.0).map_or(0, |run| run.max_concurrency);
            let most = if most == 0 { CONCURRENCY_MAX } else { most.min(CONCURRENCY_MAX) };
            work.ready.is_some() && (work.running.len() as u64) < most
        });
        startable.map(|(run, _)| *run)
    }

    /// Hands out the next execution of a map run that may start one.
    pub(super) fn next_child(&mut self) -> Option<Effect> {
        let run = self.startable_run()?;
        let place = self.place(run)?;
        let machine = Arc::clone(place.map()?.distributed.as_ref()?);
        let (uuid, seed) = (self.random.uuid(), self.random.fraction().to_bits());
        let work = self.map_run_work.get_mut(&run)?;
        let Ready { input, item, items, before } = work.ready.take()?;
        let is_redriven = before.is_some();
        let (index, name) = before.unwrap_or_else(|| {
            work.next_child += 1;
            (work.next_child - 1, uuid.into())
        });
        let identity = work.child_identity(&self.start.identity, &name);
        let running = Running {
            items,
            input: input.clone(),
            item: item.clone(),
            name: Arc::clone(&identity.name),
            arn: Arc::clone(&identity.execution_arn),
            started_at: self.now,
        };
        work.running.insert(index, running);
        if let Some(run) = self.map_runs.get_mut(run.0) {
            run.items.running += items;
            run.executions.running += 1;
        }
        let start = Start { input, identity, seed, map_item: item };
        self.prepare(run);
        Some(Effect::StartChild(Box::new(Child {
            map_run: run,
            index,
            machine,
            start,
            is_redriven,
        })))
    }

    /// A child of a map run ended.
    pub fn child_finished(
        &mut self,
        now: Time,
        map_run: MapRunId,
        index: u64,
        ended: Ended,
    ) -> bool {
        if self.status != Status::Running {
            return false;
        }
        let is_running = |work: &MapRunWork| work.running.contains_key(&index);
        if !self.map_run_work.get(&map_run).is_some_and(is_running) {
            return false;
        }
        self.set_now(now);
        let Some(work) = self.map_run_work.get_mut(&map_run) else { return false };
        let Some(running) = work.running.remove(&index) else { return false };
        let (status, outcome) = match ended {
            Ended::Succeeded(output) => ("SUCCEEDED", Ok(output)),
            Ended::Failed(failure) => ("FAILED", Err(failure)),
            Ended::TimedOut(failure) => ("TIMED_OUT", Err(failure)),
            Ended::Aborted(failure) => ("ABORTED", Err(failure)),
        };
        let Some(run) = self.map_runs.get_mut(map_run.0) else { return false };
        for (counts, number) in [(&mut run.items, running.items), (&mut run.executions, 1)] {
            counts.running -= number;
            match status {
                "SUCCEEDED" => counts.succeeded += number,
                "FAILED" => counts.failed += number,
                "TIMED_OUT" => counts.timed_out += number,
                _ => counts.aborted += number,
            }
        }
        let is_failed = outcome.is_err();
        let put = work.results.add(Finished {
            index,
            execution_arn: &running.arn,
            state_machine_arn: &run.state_machine_arn,
            name: &running.name,
            input: &running.input,
            started_at: running.started_at,
            stopped_at: now,
            status,
            outcome,
        });
        work.puts.extend(put);
        if is_failed {
            work.failed.push(running.again(index));
        }
        if is_failed && self.is_intolerable(map_run) {
            let cause = "The specified tolerated failure threshold was exceeded";
            self.map_run_failed(map_run, Failure::new(TOLERANCE, cause));
        } else {
            self.prepare(map_run);
        }
        self.run();
        true
    }

    /// The item reader or result writer answered.
    pub(super) fn item_task_ended(
        &mut self,
        id: FrameId,
        task: TaskId,
        outcome: Result<Data, Failure>,
    ) -> bool {
        let Phase::Distributed(run) = self.frames[id].phase else { return false };
        self.tasks.remove(&task);
        let Some(work) = self.map_run_work.get_mut(&run) else { return false };
        let is_reading = !work.is_exhausted;
        match outcome {
            Err(failure) => {
                let error = if is_reading { ITEM_READER } else { RESULT_WRITER };
                let cause = failure.cause.or(failure.error).unwrap_or_else(|| "".into());
                self.map_run_failed(run, Failure::new(error, cause));
            }
            Ok(answer) if is_reading => {
                let read = match &mut work.source {
                    Some(source) => source.answer(answer),
                    None => self.open_source(run, answer),
                };
                match read {
                    Ok(()) => self.prepare(run),
                    Err(message) => self.map_run_failed(run, Failure::new(ITEM_READER, message)),
                }
            }
            Ok(_) => self.finish_if_done(run),
        }
        self.run();
        true
    }

    fn open_source(&mut self, run: MapRunId, answer: Data) -> Result<(), String> {
        let Some(place) = self.place(run) else { return Ok(()) };
        let Some(work) = self.map_run_work.get_mut(&run) else { return Ok(()) };
        if let Some(reader) = place.map().and_then(|map| map.reader.as_ref()) {
            let request = work.request.clone().unwrap_or_default();
            work.source = Some(Source::open(&reader.config, &request, answer)?);
        }
        Ok(())
    }

    /// `UpdateMapRun`: new limits for a map run that still runs. What is `None` stays.
    pub fn update_map_run(
        &mut self,
        now: Time,
        map_run: MapRunId,
        max_concurrency: Option<u64>,
        tolerated_failure_count: Option<u64>,
        tolerated_failure_percentage: Option<f64>,
    ) -> bool {
        if !self.map_run_work.contains_key(&map_run) {
            return false;
        }
        let Some(run) = self.map_runs.get_mut(map_run.0) else { return false };
        run.max_concurrency = max_concurrency.unwrap_or(run.max_concurrency);
        run.tolerated_failure_count =
            tolerated_failure_count.unwrap_or(run.tolerated_failure_count);
        run.tolerated_failure_percentage =
            tolerated_failure_percentage.unwrap_or(run.tolerated_failure_percentage);
        self.set_now(now);
        true
    }
}

/// Why no more items come.
pub(super) enum Stop {
    Reader(String),
    Fault(Box<Fault>),
}

fn filled(template: Option<&super::template::Template>, scene: &mut Scene<'_>) -> Outcome<Value> {
    template.map_or_else(|| Ok(Value::Object(Map::new())), |template| template.fill(scene))
}

/// A number that must be at least 1.
fn positive(number: Option<&Number>, scene: &mut Scene<'_>) -> Outcome<Option<u64>> {
    let Some(number) = number else { return Ok(None) };
    match u64::try_from(number.lenient(scene)?) {
        Ok(value @ 1..) => Ok(Some(value)),
        _ => Err(Fault::runtime(format!("field {} must be positive", number.field))),
    }
}

/// A label for a Map state without one: the same in every execution of the machine.
fn made_up_label(state: &str) -> String {
    // FNV-1a.
    let hash = state.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Random::new(hash).uuid()
}

impl MapRunWork {
    /// Who an execution of the run is.
    fn child_identity(&self, parent: &Identity, name: &Arc<str>) -> Identity {
        Identity {
            execution_arn: format!("{}{name}", self.arn_prefix).into(),
            name: Arc::clone(name),
            role_arn: Arc::clone(&parent.role_arn),
            state_machine_arn: Arc::clone(&self.state_machine_arn),
            state_machine_name: Arc::clone(&self.state_machine_name),
            state_machine_version_arn: None,
            state_machine_alias_arn: None,
            region: Arc::clone(&parent.region),
        }
    }
}

/// What the ARNs of a run's executions begin with. Those of express executions name the run, too.
fn arn_prefix(machine_arn: &str, label: &str, kind: MachineType, uuid: &str) -> String {
    match kind {
        MachineType::Standard => {
            format!("{}/{label}:", machine_arn.replacen(":stateMachine:", ":execution:", 1))
        }
        MachineType::Express => {
            format!("{}/{label}:{uuid}:", machine_arn.replacen(":stateMachine:", ":express:", 1))
        }
    }
}
