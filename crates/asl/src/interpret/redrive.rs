//! Going on after a failure, with what did not succeed.
//!
//! Source: "Redriving executions" in the developer guide. What AWS writes while doing so is not recorded: that the events
//! of a state that is tried again follow `ExecutionRedriven`, without entering it anew, is inferred.

use super::execution::{Execution, NotRedrivable, Status};
use super::frames::{FrameId, Phase};
use super::history::{Details, EVENTS_MAX};
use super::time::Time;
use crate::definition::MachineType;
use std::sync::Arc;

impl Execution {
    /// `RedriveExecution`: goes on from the states that did not succeed, with the history so far. Their retriers begin anew,
    /// and so does the time that the execution may take.
    ///
    /// # Errors
    /// When it cannot be redriven.
    pub fn redrive(&mut self, now: Time) -> Result<(), NotRedrivable> {
        self.redrivable()?;
        self.set_now(now);
        self.revive();
        let last = self.history().len() as u64;
        let redrive_count = self.redrive_count;
        let event = self.push(last, Details::ExecutionRedriven { redrive_count });
        self.limit_time();
        for frame in self.frames.roots() {
            self.resume(frame, event);
        }
        self.run();
        Ok(())
    }

    /// Whether it can be redriven, and if not, why.
    ///
    /// # Errors
    /// Why not.
    pub fn redrivable(&self) -> Result<(), NotRedrivable> {
        if self.machine.kind == MachineType::Express {
            return Err(NotRedrivable::Express);
        }
        match self.status {
            Status::Running => Err(NotRedrivable::Running),
            Status::Succeeded => Err(NotRedrivable::Succeeded),
            _ if self.history().len() as u64 >= EVENTS_MAX - 1 => Err(NotRedrivable::HistoryFull),
            _ => Ok(()),
        }
    }

    /// Tries a frame's state again, or what did not succeed inside it.
    fn resume(&mut self, id: FrameId, event: u64) {
        // What was resumed before may have ended everything already.
        if self.status != Status::Running || self.frames.get(id).is_none() {
            return;
        }
        let frame = &mut self.frames[id];
        frame.is_stopped = false;
        frame.chain(event);
        let inner: Vec<FrameId> = match &frame.phase {
            Phase::Ready => return self.ready.push_back(id),
            Phase::Parallel(work) => work.frames.iter().flatten().copied().collect(),
            Phase::Map(work) => work.running.values().copied().collect(),
            Phase::Distributed(run) if self.stopped_runs.contains_key(run) => {
                let run = *run;
                return self.redrive_map_run(run);
            }
            _ => Vec::new(),
        };
        if !inner.is_empty() {
            for frame in inner {
                self.resume(frame, event);
            }
            return;
        }
        let frame = &mut self.frames[id];
        frame.phase = Phase::Ready;
        frame.retries.clear();
        frame.retry_count = 0;
        frame.token = None;
        let machine = Arc::clone(&self.machine);
        self.act(id, &machine, &machine.states[self.frames[id].state]);
    }
}
