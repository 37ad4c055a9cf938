//! What the engine told the page: how it is, the clock, and the windows that are shown.

use super::ExecutionWindows;
use coldstart_protocol::{
    AsyncEvent, ClockState, CostRow, EnvironmentLane, FunctionDetail, FunctionRow, InvocationRow,
    InvocationSummary, LoadBucket, LogRow, Opened, QueueMessage, QueueRow, View,
};
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::Reducible;

/// How the engine is.
#[derive(Debug, Clone, PartialEq)]
pub enum EnginePhase {
    /// Its Worker is starting.
    Starting,
    /// The document is being replayed.
    Opening {
        /// How far it is.
        done: u64,
        /// How far it goes; 0 as long as that is not said.
        total: u64,
    },
    /// It answers.
    Ready,
    /// The document could not be opened, and why.
    Refused(String),
    /// Page and engine are of different builds: only a reload helps.
    Mismatch,
    /// It failed again right after it had been replaced.
    Broken(String),
}

/// Log lines of a window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogWindow {
    /// Position of the first row.
    pub from: usize,
    /// Rows in all.
    pub total: usize,
    /// The rows.
    pub rows: Vec<LogRow>,
}

/// Lanes of a function.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LanesWindow {
    /// Newest first.
    pub lanes: Vec<EnvironmentLane>,
    /// In all.
    pub total: usize,
    /// Virtual microseconds of throttled requests, oldest first.
    pub throttles_us: Vec<u64>,
    /// All environments over time.
    pub load: Vec<LoadBucket>,
    /// Virtual microseconds at which this was true.
    pub at_us: u64,
}

/// Asynchronous events of a function.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventsWindow {
    /// Newest first.
    pub rows: Vec<AsyncEvent>,
    /// In all.
    pub total: u64,
}

/// Invocations of a function.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InvocationWindow {
    /// Newest first.
    pub rows: Vec<InvocationRow>,
    /// Over all of them.
    pub summary: InvocationSummary,
}

/// What the engine told the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// How it is.
    pub phase: EnginePhase,
    /// The clock, once it is known.
    pub clock: Option<Rc<ClockState>>,
    /// How often in a row the clock said that the session is at work.
    pub busy_for: u32,
    /// What came of opening the document.
    pub opened: Option<Opened>,
    /// All functions, once they are known.
    pub functions: Option<Rc<Vec<FunctionRow>>>,
    /// Functions in full, by name; none when it does not exist.
    pub details: BTreeMap<String, Option<Rc<FunctionDetail>>>,
    /// Lanes by function.
    pub lanes: BTreeMap<String, Rc<LanesWindow>>,
    /// Invocations by function.
    pub invocations: BTreeMap<String, Rc<InvocationWindow>>,
    /// Log windows by function.
    pub logs: BTreeMap<String, Rc<LogWindow>>,
    /// Asynchronous events by function.
    pub events: BTreeMap<String, Rc<EventsWindow>>,
    /// What functions cost, once it is known.
    pub costs: Option<Rc<Vec<CostRow>>>,
    /// All queues, once they are known.
    pub queues: Option<Rc<Vec<QueueRow>>>,
    /// Messages by queue; none when it does not exist.
    pub messages: BTreeMap<String, Option<Rc<Vec<QueueMessage>>>>,
    /// Windows on executions by source.
    pub executions: BTreeMap<String, Rc<ExecutionWindows>>,
}

impl Session {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self {
            phase: EnginePhase::Starting,
            clock: None,
            busy_for: 0,
            opened: None,
            functions: None,
            details: BTreeMap::new(),
            lanes: BTreeMap::new(),
            invocations: BTreeMap::new(),
            logs: BTreeMap::new(),
            events: BTreeMap::new(),
            costs: None,
            queues: None,
            messages: BTreeMap::new(),
            executions: BTreeMap::new(),
        }
    }
    /// Whether the session has been at work for longer than a request takes: what is drawn then is soon out of date.
    pub fn is_at_work(&self) -> bool {
        const BUSY_FOR_MIN: u32 = 20;
        self.busy_for >= BUSY_FOR_MIN
    }
    /// Virtual now in microseconds and Unix milliseconds of virtual zero.
    pub fn now(&self) -> (u64, u64) {
        self.clock.as_ref().map_or((0, super::EPOCH_MS), |clock| (clock.now_us, clock.epoch_ms))
    }
}

/// News from the engine.
#[derive(Debug, Clone)]
pub enum SessionAction {
    /// The engine is otherwise.
    Phase(EnginePhase),
    /// A document is being opened: nothing that is known holds any more.
    Opening,
    /// It was opened.
    Opened(Opened),
    /// The clock moved.
    Clock(ClockState),
    /// Windows changed.
    Views(Vec<View>),
}

impl Reducible for Session {
    type Action = SessionAction;

    fn reduce(self: Rc<Self>, action: SessionAction) -> Rc<Self> {
        let mut session = (*self).clone();
        match action {
            SessionAction::Phase(phase) if phase == session.phase => return self,
            SessionAction::Phase(phase) => session.phase = phase,
            SessionAction::Opening => {
                // The Worker sends the clock when it changes, and two documents may stand at the same instant.
                let clock = session.clock.take();
                let phase = EnginePhase::Opening { done: 0, total: 0 };
                session = Self { phase, clock, ..Self::new() };
            }
            SessionAction::Opened(opened) => {
                session.phase = EnginePhase::Ready;
                session.opened = Some(opened);
            }
            SessionAction::Clock(clock) => {
                session.busy_for = if clock.busy { session.busy_for.saturating_add(1) } else { 0 };
                session.clock = Some(Rc::new(clock));
            }
            SessionAction::Views(views) => views.into_iter().for_each(|view| session.keep(view)),
        }
        Rc::new(session)
    }
}

impl Session {
    fn keep(&mut self, view: View) {
        match view {
            View::Functions { rows } => self.functions = Some(Rc::new(rows)),
            View::Function { name, function } => {
                self.details.insert(name, function.map(|detail| Rc::new(*detail)));
            }
            View::Environments { function, lanes, total, throttles_us, load } => {
                let at_us = self.now().0;
                let window = LanesWindow { lanes, total, throttles_us, load, at_us };
                self.lanes.insert(function, Rc::new(window));
            }
            View::Events { function, rows, total } => {
                self.events.insert(function, Rc::new(EventsWindow { rows, total }));
            }
            View::Costs { rows } => self.costs = Some(Rc::new(rows)),
            View::Queues { rows } => self.queues = Some(Rc::new(rows)),
            View::Queue { name, messages } => {
                self.messages.insert(name, messages.map(Rc::new));
            }
            View::Invocations { function, rows, summary } => {
                self.invocations.insert(function, Rc::new(InvocationWindow { rows, summary }));
            }
            View::Logs { function, from, total, rows } => {
                self.logs.insert(function, Rc::new(LogWindow { from, total, rows }));
            }
            View::Execution { source, part, window } => {
                let windows = self.executions.entry(source).or_default();
                Rc::make_mut(windows).keep(&part, window);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_another_document_forgets_the_last_one() {
        let session = Rc::new(Session::new()).reduce(SessionAction::Views(vec![
            View::Functions { rows: Vec::new() },
            View::Function { name: "a".into(), function: None },
            View::Queues { rows: Vec::new() },
            View::Queue { name: "q".into(), messages: None },
            View::Costs { rows: Vec::new() },
        ]));
        assert!(session.functions.is_some() && session.queues.is_some());
        assert_eq!(session.messages.get("q"), Some(&None));
        assert_eq!(session.details.get("a"), Some(&None));
        let session = session.reduce(SessionAction::Opening);
        assert!(session.functions.is_none() && session.details.is_empty());
        assert!(session.queues.is_none() && session.messages.is_empty());
        assert!(session.costs.is_none());
    }

    #[test]
    fn a_session_is_at_work_when_it_is_so_for_long() {
        let clock = |busy: bool| {
            SessionAction::Clock(ClockState {
                now_us: 0,
                epoch_ms: 0,
                mode: coldstart_workspace::ClockMode::Fast,
                running: None,
                busy,
                next_deadline_us: None,
                events: 0,
                digest: String::new(),
                skipped_ms: 0,
            })
        };
        let mut session = Rc::new(Session::new());
        for _ in 0..19 {
            session = session.reduce(clock(true));
        }
        assert!(!session.is_at_work());
        session = session.reduce(clock(true));
        assert!(session.is_at_work());
        assert!(!session.reduce(clock(false)).is_at_work());
    }

    #[test]
    fn an_equal_phase_changes_nothing() {
        let session = Rc::new(Session::new());
        assert!(Rc::ptr_eq(
            &session,
            &session.clone().reduce(SessionAction::Phase(EnginePhase::Starting))
        ));
    }
}
