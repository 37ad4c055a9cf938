//! Going on after a failure.

use super::execution::{Execution, NotRedrivable, Status};
use super::history::EVENTS_MAX;
use super::time::Time;
use crate::definition::MachineType;

impl Execution {
    /// `RedriveExecution`: goes on from the states that did not succeed, with the history so far.
    ///
    /// # Errors
    /// When it cannot be redriven.
    pub fn redrive(&mut self, now: Time) -> Result<(), NotRedrivable> {
        self.redrivable()?;
        self.set_now(now);
        self.revive();
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
}
