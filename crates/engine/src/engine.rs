//! The engine itself: one clock, one queue, one generator, and the services behind the door.

use crate::{ApiError, Config, Event, Interrupt, Request, Response, Timestamp};
use coldstart_sandbox::Sandbox;
use std::collections::VecDeque;
use std::sync::Arc;

/// Position of a request in the command log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

/// What a slice of work came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A guest is still running: give it another slice; the clock stands still meanwhile.
    Running,
    /// The clock reached the instant that was asked for; nothing is due before it.
    Reached,
}

/// The invocation that is using the processor now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Request id.
    pub request_id: String,
    /// Function name.
    pub function: String,
    /// Units burned so far.
    pub units: u64,
    /// Units at which it times out.
    pub units_max: u64,
}

/// The cloud of one session.
pub struct Engine {
    config: Config,
    sandbox: Arc<dyn Sandbox>,
    now: Timestamp,
    events: VecDeque<Event>,
    answers: VecDeque<(CommandId, Result<Response, ApiError>)>,
}

impl Engine {
    /// An empty account at virtual time zero.
    pub fn new(config: Config, sandbox: Arc<dyn Sandbox>) -> Self {
        Self { config, sandbox, now: Timestamp(0), events: VecDeque::new(), answers: VecDeque::new() }
    }
    /// The settings it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// Virtual now.
    pub fn now(&self) -> Timestamp {
        self.now
    }
    /// Keeps bytes that requests may name by hash, and returns their hex SHA-256.
    pub fn put_blob(&mut self, _bytes: Vec<u8>) -> String {
        String::new()
    }
    /// Stops this invocation when it has burned so many units (a replayed stop button).
    pub fn plan_interrupt(&mut self, _interrupt: Interrupt) {}
    /// The stop button: ends the running invocation at its next check, and says what to record.
    pub fn interrupt(&mut self) -> Option<Interrupt> {
        None
    }
    /// Lets a request in. `at` is not before [`Engine::now`]; what is due by then happens first.
    /// The answer comes out of [`Engine::poll_answer`], at once or when the work is done.
    pub fn handle_request(&mut self, _at: Timestamp, _request: Request) -> CommandId {
        let _ = &self.sandbox;
        CommandId(0)
    }
    /// Works towards `until`, burning at most about `units_max` units of guest time before it returns.
    pub fn run_slice(&mut self, _until: Timestamp, _units_max: u64) -> Progress {
        Progress::Reached
    }
    /// Works until the clock is at `until`, however long it takes.
    pub fn run_until(&mut self, until: Timestamp) {
        while self.run_slice(until, u64::MAX) == Progress::Running {}
    }
    /// Works until nothing is left but background deadlines.
    pub fn run_to_rest(&mut self) {
        while let Some(at) = self.next_work() {
            self.run_until(at);
        }
    }
    /// When the next thing that somebody waits for is due (an invocation's end, a queued event, a state change).
    /// Reclaiming idle environments and the like is not work: the clock does not run ahead for it.
    pub fn next_work(&self) -> Option<Timestamp> {
        None
    }
    /// When the next thing at all is due.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        None
    }
    /// The invocation that [`Progress::Running`] is about.
    pub fn running(&self) -> Option<Running> {
        None
    }
    /// The next fact.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
    /// The next answer.
    pub fn poll_answer(&mut self) -> Option<(CommandId, Result<Response, ApiError>)> {
        self.answers.pop_front()
    }
    /// Hex SHA-256 over all events so far: equal digests mean equal histories.
    pub fn digest(&self) -> String {
        String::new()
    }
}
