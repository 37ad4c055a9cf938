//! How map runs end: results are written and the state goes on, or too many items failed, or the run is stopped; and how
//! they go on after that.

use super::distributed::Ready;
use super::effect::{Effect, MapRunId, Purpose, TaskId};
use super::execution::Execution;
use super::fault::{Fault, TOLERANCE};
use super::frames::{FrameId, Phase};
use super::history::{Details, Failure};
use super::items::Source;
use super::map_run::MapRunStatus;
use std::sync::Arc;

impl Execution {
    /// Whether more items failed than may. The share of all items is only known once all are known.
    pub(super) fn is_intolerable(&self, run: MapRunId) -> bool {
        let (Some(work), Some(place)) = (self.map_run_work.get(&run), self.place(run)) else {
            return false;
        };
        let (Some(map), Some(run)) = (place.map(), self.map_runs.get(run.0)) else { return false };
        let failed = run.items.failed + run.items.timed_out + run.items.aborted;
        let (count, percentage) = (&map.tolerated_failure_count, &map.tolerated_failure_percentage);
        // UpdateMapRun may have set what the definition does not have.
        let has_count = count.is_some() || run.tolerated_failure_count > 0;
        let has_percentage = percentage.is_some() || run.tolerated_failure_percentage > 0.0;
        if !has_count && !has_percentage {
            return failed > 0;
        }
        let is_known = work.is_exhausted || work.source.as_ref().and_then(Source::length).is_some();
        let share = failed as f64 * 100.0 / run.items.total.max(1) as f64;
        (has_count && failed > run.tolerated_failure_count)
            || (has_percentage && is_known && share > run.tolerated_failure_percentage)
    }

    /// Ends a map run whose items are all done: results are written, then the state goes on.
    pub(super) fn finish_if_done(&mut self, run: MapRunId) {
        let Some(work) = self.map_run_work.get_mut(&run) else { return };
        let is_done = work.is_exhausted && work.ready.is_none() && work.running.is_empty();
        let is_done = is_done && work.redo.is_empty();
        if !is_done || work.source.is_none() {
            return;
        }
        if self.is_intolerable(run) && self.failed_items(run) > 0 {
            let cause = "The specified tolerated failure threshold was exceeded";
            return self.map_run_failed(run, Failure::new(TOLERANCE, cause));
        }
        let Some(work) = self.map_run_work.get_mut(&run) else { return };
        if !work.is_closed {
            work.is_closed = true;
            let puts = work.results.close();
            work.puts.extend(puts);
        }
        if self.write_next(run) {
            return;
        }
        let Some(place) = self.place(run) else { return };
        let Some(work) = self.map_run_work.remove(&run) else { return };
        let event = self.push(self.frames[work.frame].previous, Details::MapRunSucceeded);
        if let Some(run) = self.map_runs.get_mut(run.0) {
            run.status = MapRunStatus::Succeeded;
            run.stopped_at = Some(self.now);
            run.items.results_written = run.items.succeeded;
            run.executions.results_written = run.executions.succeeded;
        }
        self.push(event, Details::MapStateSucceeded);
        // Neither success is a link of the chain (recorded since variables came; before, that of the run was).
        self.frames[work.frame].phase = Phase::Ready;
        let writer = place.map().and_then(|map| map.writer.as_ref());
        match work.results.result(writer) {
            Some(result) => self.complete(work.frame, place.state(), &result),
            None => self.fault(work.frame, Fault::data_limit(&place.state().name)),
        }
    }

    fn failed_items(&self, run: MapRunId) -> u64 {
        let run = self.map_runs.get(run.0).map(|run| run.items);
        run.map_or(0, |items| items.failed + items.timed_out + items.aborted)
    }

    /// Writes the next file of results. Gives whether there is one under way.
    fn write_next(&mut self, run: MapRunId) -> bool {
        let Some(place) = self.place(run) else { return false };
        let Some(work) = self.map_run_work.get_mut(&run) else { return false };
        let Some(put) = work.puts.pop_front() else { return false };
        let frame = work.frame;
        let writer = place.map().and_then(|map| map.writer.as_ref());
        let Some(resource) = writer.and_then(|writer| writer.resource.clone()) else {
            return false;
        };
        self.ask(frame, place.state(), resource, Purpose::ResultWriter, put);
        true
    }

    /// Ends a map run badly, and with it its state.
    pub(super) fn map_run_failed(&mut self, run: MapRunId, failure: Failure) {
        let Some(frame) = self.stop_map_run(run, MapRunStatus::Failed) else { return };
        let details = Details::MapRunFailed(failure.clone());
        let event = self.push(self.frames[frame].previous, details);
        self.frames[frame].chain(event);
        self.fault(frame, Box::new(Fault::from(failure)));
    }

    /// Runs again what did not succeed in a map run.
    pub(super) fn redrive_map_run(&mut self, run: MapRunId) {
        let Some(mut work) = self.stopped_runs.remove(&run) else { return };
        let frame = work.frame;
        let running = std::mem::take(&mut work.running).into_iter();
        let mut redo: Vec<Ready> = std::mem::take(&mut work.failed);
        redo.extend(running.map(|(index, running)| running.again(index)));
        redo.extend(work.ready.take());
        redo.sort_by_key(|ready| ready.before.as_ref().map_or(u64::MAX, |(index, _)| *index));
        work.redo_items = redo.iter().map(|ready| ready.items).sum();
        work.redo = redo.into();
        work.is_closed = false;
        self.map_run_work.insert(run, work);
        let (now, count) = (self.now, self.redrive_count);
        let Some(described) = self.map_runs.get_mut(run.0) else { return };
        described.status = MapRunStatus::Running;
        described.stopped_at = None;
        described.redrive_count += 1;
        described.redriven_at = Some(now);
        for counts in [&mut described.items, &mut described.executions] {
            (counts.failed, counts.timed_out, counts.aborted) = (0, 0, 0);
        }
        let details = Details::MapRunRedriven {
            map_run_arn: Arc::clone(&described.arn),
            redrive_count: count,
        };
        let event = self.push(self.frames[frame].previous, details);
        self.frames[frame].chain(event);
        self.prepare(run);
    }

    /// Stops the executions of a run. Gives the frame of its state.
    fn stop_map_run(&mut self, run: MapRunId, status: MapRunStatus) -> Option<FrameId> {
        let work = self.map_run_work.remove(&run)?;
        let frame = work.frame;
        for index in work.running.keys() {
            self.effects.push_back(Effect::CancelChild { map_run: run, index: *index });
        }
        let of_run = self.tasks.iter().filter(|(_, frame)| **frame == work.frame);
        let of_run: Vec<TaskId> = of_run.map(|(task, _)| *task).collect();
        for task in of_run {
            self.tasks.remove(&task);
            self.effects.push_back(Effect::Cancel(task));
        }
        let now = self.now;
        if let Some(run) = self.map_runs.get_mut(run.0) {
            for counts in [&mut run.items, &mut run.executions] {
                counts.aborted += counts.running + counts.pending;
                (counts.running, counts.pending) = (0, 0);
            }
            run.status = status;
            run.stopped_at = Some(now);
        }
        // Items that could not be read, or results not written, are not to be had by trying the rest again.
        if work.source.is_some() && !work.is_closed {
            self.stopped_runs.insert(run, work);
        }
        Some(frame)
    }

    pub(super) fn abort_map_run(&mut self, run: MapRunId) {
        self.stop_map_run(run, MapRunStatus::Aborted);
    }

    pub(super) fn abort_map_runs(&mut self) {
        let runs: Vec<MapRunId> = self.map_run_work.keys().copied().collect();
        for run in runs {
            self.abort_map_run(run);
        }
    }
}
