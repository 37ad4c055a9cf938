//! Distributed Map states: map runs, whose iterations are executions of their own.

use super::data::Data;
use super::effect::{MapRunId, TaskId};
use super::execution::{Ended, Execution};
use super::fault::{Fault, Outcome};
use super::frames::FrameId;
use super::history::Failure;
use super::machine::{MapState, State};
use super::map::Limits;
use super::run::Taken;
use super::time::Time;

/// A map run that is under way.
#[derive(Debug)]
pub(crate) struct MapRunWork {}

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
        let _ = (id, state, map, taken, effective, items, limits);
        Err(Fault::runtime("Distributed Map states are not supported yet."))
    }

    pub(super) fn abort_map_run(&mut self, run: MapRunId) {
        let _ = run;
    }

    pub(super) fn abort_map_runs(&mut self) {
        self.map_run_work.clear();
    }

    pub(super) fn item_task_ended(
        &mut self,
        id: FrameId,
        task: TaskId,
        outcome: Result<Data, Failure>,
    ) -> bool {
        let _ = (id, task, outcome);
        false
    }

    /// A child of a map run ended.
    pub fn child_finished(
        &mut self,
        now: Time,
        map_run: MapRunId,
        index: u64,
        ended: Ended,
    ) -> bool {
        let _ = (now, map_run, index, ended);
        false
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
        let _ =
            (now, map_run, max_concurrency, tolerated_failure_count, tolerated_failure_percentage);
        false
    }
}
