//! Ending frames from without: when something beside or around them failed.
//!
//! What is stopped stays where it was, so that a redrive finds it; what is discarded is gone.

use super::execution::Execution;
use super::frames::{FrameId, Phase};
use super::history::{Details, StateType};
use std::sync::Arc;

impl Execution {
    /// Ends all that runs inside a Parallel or Map state, and writes what AWS writes of it: first of the one that failed.
    /// Gives the event that what follows is chained to.
    pub(super) fn stop_inner(&mut self, id: FrameId, failed: Option<usize>) -> u64 {
        let mut inner: Vec<(usize, FrameId)> = match &self.frames[id].phase {
            Phase::Parallel(work) => {
                let frames = work.frames.iter().enumerate();
                frames.filter_map(|(slot, frame)| Some((slot, (*frame)?))).collect()
            }
            Phase::Map(work) => work.running.iter().map(|(slot, frame)| (*slot, *frame)).collect(),
            _ => Vec::new(),
        };
        let is_map = matches!(self.frames[id].phase, Phase::Map(_));
        let name = Arc::clone(&self.machine.states[self.frames[id].state].name);
        let mut previous = self.frames[id].previous;
        inner.sort_by_key(|(slot, _)| (Some(*slot) != failed, *slot));
        for (slot, frame) in inner {
            if self.frames[frame].is_stopped {
                continue;
            }
            let (name, index) = (Arc::clone(&name), slot as u64);
            if Some(slot) != failed {
                let last = self.stop_frame(frame);
                if is_map {
                    self.push(last, Details::MapIterationAborted { name, index });
                }
            } else if is_map {
                self.frames[frame].is_stopped = true;
                previous = self.frames[frame].previous;
                // The event of the failure is no link of the chain (recorded).
                self.push(previous, Details::MapIterationFailed { name, index });
            } else {
                previous = self.stop_frame(frame);
            }
        }
        previous
    }

    /// Ends a frame and all inside it. Gives its last event.
    fn stop_frame(&mut self, id: FrameId) -> u64 {
        if self.frames[id].is_stopped {
            return self.frames[id].previous;
        }
        self.stop_inner(id, None);
        let kind = self.machine.states[self.frames[id].state].kind_type();
        let mut is_entered = true;
        match self.frames[id].phase {
            Phase::Ready => {
                self.ready.retain(|ready| *ready != id);
                is_entered = false;
            }
            Phase::Asleep { timer } => {
                self.timers.remove(&timer);
                self.frames[id].phase = Phase::Failed;
            }
            Phase::Task(_) => {
                self.drop_task(id, true);
                self.frames[id].phase = Phase::Failed;
            }
            Phase::Distributed(run) => {
                self.abort_map_run(run);
                let event = self.push(self.frames[id].previous, Details::MapRunAborted);
                self.frames[id].chain(event);
            }
            Phase::Parallel(_) | Phase::Map(_) | Phase::Failed => {}
        }
        self.frames[id].is_stopped = true;
        let can_abort = matches!(
            kind,
            StateType::Task | StateType::Wait | StateType::Parallel | StateType::Map
        );
        let last = self.frames[id].previous;
        match is_entered && can_abort {
            true => self.push(last, Details::StateAborted { kind }),
            false => last,
        }
    }

    /// Forgets what a Parallel or Map state had running: it was stopped and is not needed again.
    pub(super) fn discard_inner(&mut self, id: FrameId) {
        let frames: Vec<FrameId> = match std::mem::replace(&mut self.frames[id].phase, Phase::Ready)
        {
            Phase::Parallel(work) => work.frames.into_iter().flatten().collect(),
            Phase::Map(work) => work.running.into_values().collect(),
            Phase::Distributed(run) => {
                self.stopped_runs.remove(&run);
                Vec::new()
            }
            _ => Vec::new(),
        };
        for frame in frames {
            self.discard_inner(frame);
            self.frames.remove(frame);
        }
    }
}
