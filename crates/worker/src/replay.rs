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
    pub(crate) fn total(&self) -> usize {
        self.session.commands.len()
    }
}
