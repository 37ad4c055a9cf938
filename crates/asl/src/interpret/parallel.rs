//! Parallel states.

use super::data::Data;
use super::data_flow::Surroundings;
use super::execution::Execution;
use super::fault::{Fault, Outcome};
use super::frames::{Frame, FrameId, Phase};
use super::history::Details;
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
        let previous = self.stop_inner(parent, Some(slot));
        self.frames[parent].chain(previous);
        self.fault(parent, Box::new(fault));
    }
}
