//! A document that is being replayed, in slices.

use coldstart_engine::{Session, Timestamp, digest_parts};
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

/// Whether a replay came to the history that a document claims, and what is known of the reason when it did not: a sentence, or nothing.
pub fn compared(expected: &str, actual: &str) -> (bool, String) {
    let (expected, actual) = (digest_parts(expected), digest_parts(actual));
    let same = expected.0 == actual.0;
    let mut why = String::new();
    for runtime in expected.1.split('+').filter(|_| !same) {
        let name = runtime.split(':').next().unwrap_or_default();
        if !runtime.is_empty() && actual.1.split('+').all(|other| other != runtime) {
            why = format!(
                "It was made with another build of the {name} runtime: durations depend on it."
            );
        }
    }
    (same, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_of_another_build_is_named_when_histories_differ() {
        let why =
            "It was made with another build of the javascript runtime: durations depend on it.";
        assert_eq!(compared("ab+javascript:01", "ab+javascript:01"), (true, String::new()));
        assert_eq!(compared("ab+javascript:01", "ab+javascript:02"), (true, String::new()));
        assert_eq!(compared("ab+javascript:01", "cd+javascript:02"), (false, why.to_owned()));
        assert_eq!(compared("ab+javascript:01", "cd"), (false, why.to_owned()));
        assert_eq!(compared("ab+javascript:01", "cd+javascript:01"), (false, String::new()));
        assert_eq!(compared("ab", "cd+javascript:01"), (false, String::new()));
    }
}
