//! Parallel states.

use super::data::Data;
use super::data_flow::Surroundings;
use super::execution::Execution;
use super::fault::{Fault, Outcome};
use super::frames::{Frame, FrameId, Phase};
use super::history::{Details, StateType};
use super::machine::{State, StateId};
use super::run::around;
use serde_json::Value;
use std::sync::Arc;

/// Branches that run.
#[derive(Debug)]
pub(crate) struct ParallelWork {
    /// The frame of each branch that has not ended.
    pub(crate) frames: Vec<Option<FrameId>>,
    pub(crate) results: Vec<Option<Data>>,
    pub(crate) left: usize,
}

impl Execution {
    pub(super) fn start_branches(
        &mut self,
        id: FrameId,
        state: &State,
        branches: &[StateId],
    ) -> Outcome<()> {
        let taken = self.take(id, state);
        let around = around!(self, taken);
        let effective = state.effective_input(&taken.input, around)?;
        let input = state.arguments(&taken.input, &effective, around)?;
        if input.is_too_large() {
            return Err(Fault::data_limit(&state.name));
        }
        let started = self.push(self.frames[id].previous, Details::ParallelStateStarted);
        self.frames[id].chain(started);
        if let Some(mock) = self.mock(id) {
            self.answer_mock(id, state, mock);
            return Ok(());
        }
        let mut frames = Vec::with_capacity(branches.len());
        for (slot, start) in branches.iter().enumerate() {
            let frame = Frame {
                parent: Some((id, slot)),
                variables: Arc::clone(&taken.variables),
                item: self.frames[id].item.clone(),
                ..Frame::new(*start, input.clone(), started)
            };
            let frame = self.frames.add(frame);
            self.ready.push_back(frame);
            frames.push(Some(frame));
        }
        let work = ParallelWork { left: frames.len(), results: vec![None; frames.len()], frames };
        self.frames[id].phase = Phase::Parallel(Box::new(work));
        Ok(())
    }

    pub(super) fn branch_succeeded(
        &mut self,
        parent: FrameId,
        slot: usize,
        previous: u64,
        output: Data,
        id: FrameId,
    ) {
        self.frames.remove(id);
        let Phase::Parallel(work) = &mut self.frames[parent].phase else { return };
        work.frames[slot] = None;
        work.results[slot] = Some(output);
        work.left -= 1;
        if work.left > 0 {
            return;
        }
        let results = std::mem::take(&mut work.results).into_iter().flatten();
        let result = Data::new(results.map(Data::into_value).collect::<Value>());
        self.push(previous, Details::ParallelStateSucceeded);
        // The event of the success is no link of the chain (recorded).
        self.frames[parent].chain(previous);
        let machine = Arc::clone(&self.machine);
        self.complete(parent, &machine.states[self.frames[parent].state], &result);
    }

    pub(super) fn branch_failed(&mut self, parent: FrameId, slot: usize, fault: Fault) {
        let Phase::Parallel(work) = &mut self.frames[parent].phase else { return };
        let frames = std::mem::take(&mut work.frames);
        let mut previous = self.frames[parent].previous;
        // The branch that failed first, then the others.
        let others = (0..frames.len()).filter(|at| *at != slot);
        for at in std::iter::once(slot).chain(others) {
            if let Some(id) = frames[at] {
                let last = self.drop_frame(id);
                if at == slot {
                    previous = last;
                }
            }
        }
        self.frames[parent].chain(previous);
        self.fault(parent, Box::new(fault));
    }

    /// Ends a frame and all inside it from without, writing what AWS writes of states that did not come to their end.
    /// Gives the last event of the frame.
    pub(super) fn drop_frame(&mut self, id: FrameId) -> u64 {
        let machine = Arc::clone(&self.machine);
        let kind = machine.states[self.frames[id].state].kind_type();
        let phase = std::mem::replace(&mut self.frames[id].phase, Phase::Ready);
        let is_entered = match phase {
            Phase::Ready => {
                self.ready.retain(|ready| *ready != id);
                false
            }
            Phase::Asleep { timer } => {
                self.timers.remove(&timer);
                true
            }
            Phase::Task(work) => {
                self.frames[id].phase = Phase::Task(work);
                self.drop_task(id, true);
                true
            }
            Phase::Parallel(work) => {
                for inner in work.frames.into_iter().flatten() {
                    self.drop_frame(inner);
                }
                true
            }
            Phase::Map(work) => {
                for inner in work.running.into_values() {
                    self.drop_frame(inner);
                }
                true
            }
            Phase::Distributed(run) => {
                self.abort_map_run(run);
                true
            }
            Phase::Failed => true,
        };
        let can_abort = matches!(
            kind,
            StateType::Task | StateType::Wait | StateType::Parallel | StateType::Map
        );
        let mut last = self.frames[id].previous;
        if is_entered && can_abort {
            last = self.push(last, Details::StateAborted { kind });
        }
        self.frames.remove(id);
        last
    }
}
