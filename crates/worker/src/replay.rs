//! A document that is being replayed, in slices.

use coldstart_engine::{Session, Timestamp};
use coldstart_protocol::MessageId;
use coldstart_workspace::ClockMode;

/// Where a replay is.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) id: MessageId,
    pub(crate) session: Session,
    /// Commands that were let in.
    pub(crate) done: usize,
    /// The digest that the document claims.
    pub(crate) expected: Option<String>,
    pub(crate) clock: ClockMode,
    pub(crate) started_ms: f64,
    pub(crate) progress_ms: f64,
}

impl Replay {
    /// How far the clock has to go before the next command, or to the end.
    pub(crate) fn target(&self) -> Timestamp {
        self.session.commands.get(self.done).map_or(self.session.until, |command| command.at)
    }
    /// How far it is, and how far it goes: commands in thousandths. A load is one command and minutes of work, so the time that has passed
    /// since the last one counts too.
    pub(crate) fn progress(&self, now: Timestamp) -> (u64, u64) {
        let last = self.done.checked_sub(1).and_then(|last| self.session.commands.get(last));
        let (from, to) = (last.map_or(0, |command| command.at.0), self.target().0);
        let passed = u128::from(now.0.saturating_sub(from)) * 1_000;
        let part = passed.checked_div(u128::from(to.saturating_sub(from))).unwrap_or_default();
        let total = self.session.commands.len() as u64 + 1;
        (self.done as u64 * 1_000 + part.min(1_000) as u64, total * 1_000)
    }
}
