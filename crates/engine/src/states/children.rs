//! Executions of distributed Map states: started one after the other, told to their parents, kept for a while.
//!
//! Invariant: of a map run's children that have ended, the first [`CHILDREN_KEPT_MAX`] that succeeded and as many others are
//! kept; the memory of a large map run is that of what is in flight.

use super::model::now;
use super::runs::{ChildOf, Cx, Due, NewRun, States};
use crate::queue::Urgency;
use crate::world;
use coldstart_asl::interpret::{Child, Data, Ended, Execution, Failure, MapRunId, Status};
use std::sync::Arc;

/// Children of one map run that succeeded and are kept, and as many that did not. Chosen.
const CHILDREN_KEPT_MAX: u64 = 1_000;

/// Microseconds between the starts of two children. Chosen, about what AWS does; it keeps the clock moving, so that a map run
/// of a million items can be stopped.
const CHILD_START_US: u64 = 200;

impl States {
    /// Sees to it that the next child starts: they are taken from the map run one by one, so that none is made before its time.
    pub(crate) fn schedule_next_child(&mut self, cx: &mut Cx<'_>, parent: u64) {
        let Some(run) = self.runs.get_mut(&parent) else { return };
        let may_start = run.execution.as_ref().is_some_and(Execution::has_child);
        if may_start && run.next_child.is_none() {
            let begins = run.next_child_at.max(cx.world.now);
            let due = world::Due::States(Due::NextChild { run: parent });
            run.next_child = Some(cx.world.schedule(begins, Urgency::Work, due));
        }
    }

    pub(crate) fn start_next_child(&mut self, cx: &mut Cx<'_>, parent: u64) {
        let now = now(cx.world);
        let Some(run) = self.runs.get_mut(&parent) else { return };
        run.next_child = None;
        run.next_child_at = cx.world.now.after_micros(CHILD_START_US);
        let Some(execution) = &mut run.execution else { return };
        if let Some(effect) = execution.poll_child(now) {
            self.carry_out(cx, parent, effect);
        }
        self.settle(cx, parent);
    }

    pub(crate) fn start_child(&mut self, cx: &mut Cx<'_>, parent: u64, child: Child) {
        let Child { map_run, index, machine, start, is_redriven } = child;
        // Only what ran before can be known.
        let known = match is_redriven {
            true => self.by_arn.get(&start.identity.execution_arn).copied(),
            false => None,
        };
        let Some(run) = self.runs.get_mut(&parent) else { return };
        if let Some(id) = known {
            // It is among those that are kept and did not succeed.
            run.kept[1] = run.kept[1].saturating_sub(1);
            run.children.insert((map_run, index), id);
            return self.redrive_child(cx, id);
        }
        let map_run_arn = run
            .execution
            .as_ref()
            .and_then(|execution| execution.map_runs().get(map_run.0))
            .map_or_else(|| Arc::from(""), |map_run| Arc::clone(&map_run.arn));
        let identity = &start.identity;
        let new = NewRun {
            arn: Arc::clone(&identity.execution_arn),
            name: Arc::clone(&identity.name),
            machine: Arc::clone(&run.machine),
            revision: Arc::clone(&run.revision),
            kind: machine.kind(),
            start,
            trace_header: None,
            caller: None,
            child_of: Some(ChildOf { run: parent, map_run, index, map_run_arn }),
            processor: Some(machine),
            test_case: run.test_case.clone(),
        };
        let id = self.add(cx.world, new);
        if let Some(run) = self.runs.get_mut(&parent) {
            run.children.insert((map_run, index), id);
        }
        self.begin(cx, id);
    }

    fn redrive_child(&mut self, cx: &mut Cx<'_>, id: u64) {
        let now = now(cx.world);
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.ended = false;
        run.redriven_at = Some(now);
        let execution = run.execution.as_mut();
        let goes_on = execution.is_some_and(|execution| execution.redrive(now).is_ok());
        if goes_on {
            self.settle(cx, id);
        } else {
            // One that cannot be redriven starts anew.
            run.execution = None;
            run.told = 0;
            self.begin(cx, id);
        }
    }

    pub(crate) fn cancel_child(
        &mut self,
        cx: &mut Cx<'_>,
        parent: u64,
        map_run: MapRunId,
        index: u64,
    ) {
        let Some(run) = self.runs.get_mut(&parent) else { return };
        if let Some(child) = run.children.remove(&(map_run, index)) {
            self.stop(cx, child, Failure::default());
        }
    }

    pub(crate) fn conclude_child(&mut self, cx: &mut Cx<'_>, id: u64, child_of: &ChildOf) {
        let ChildOf { run: parent, map_run, index, .. } = child_of;
        let ended = self.runs[&id].execution.as_ref().map(how_it_ended);
        let Some(ended) = ended else { return };
        let Some(run) = self.runs.get_mut(parent) else { return };
        let awaited = run.children.remove(&(*map_run, *index)).is_some();
        let kept = &mut run.kept[usize::from(!matches!(ended, Ended::Succeeded(_)))];
        *kept += 1;
        let keep = *kept <= CHILDREN_KEPT_MAX;
        if awaited {
            let due = Due::ChildEnded { run: *parent, map_run: *map_run, index: *index, ended };
            cx.world.schedule(cx.world.now, Urgency::Work, world::Due::States(due));
        }
        if !keep {
            self.forget(id);
        }
    }

    /// Drops an execution with its children.
    pub(crate) fn forget(&mut self, id: u64) {
        let Some(run) = self.runs.remove(&id) else { return };
        self.by_arn.remove(&run.arn);
        let has_children = run.kept != [0; 2];
        if has_children {
            let children: Vec<u64> = self
                .runs
                .values()
                .filter(|child| child.child_of.as_ref().is_some_and(|of| of.run == id))
                .map(|child| child.id)
                .collect();
            children.into_iter().for_each(|child| self.forget(child));
        }
    }
}

fn how_it_ended(execution: &Execution) -> Ended {
    let text = |text: Option<&str>| text.map(Arc::from);
    let failure = Failure { error: text(execution.error()), cause: text(execution.cause()) };
    match execution.status() {
        Status::Succeeded => {
            Ended::Succeeded(execution.output().cloned().unwrap_or_else(|| Data::new(().into())))
        }
        Status::TimedOut => Ended::TimedOut(failure),
        Status::Aborted => Ended::Aborted(failure),
        Status::Failed | Status::Running => Ended::Failed(failure),
    }
}
