//! Requests in a copy of the session: what they do is answered and forgotten.
//!
//! TestState of a Task without a mock calls real functions, as AWS does. Here they are called in an engine of their own, to which the session's
//! log was replayed, so that no test is ever part of a history. The same tells what a function would do with other memory.

use crate::session::{OpenFault, config_of, modules_of, request_of, session_of};
use coldstart_engine::{ApiError, CommandId, Engine, Progress, Response, Session, Timestamp};
use coldstart_protocol::MessageId;
use coldstart_sandbox::Sandbox;
use coldstart_workspace::{ApiRequest, Workspace};
use serde_json::Map;
use std::collections::VecDeque;
use std::sync::Arc;

/// What a request leaves to do (a function is updated) is over after so many virtual microseconds.
const AFTERMATH_US: u64 = 10_000_000;

/// A copy at work.
pub(crate) struct Trial {
    /// Whom to answer.
    pub(crate) id: MessageId,
    engine: Engine,
    session: Session,
    /// Commands of the log that were let in.
    done: usize,
    /// Those that are still to go in. The last one's answer is the answer.
    requests: VecDeque<ApiRequest>,
    entered: Option<CommandId>,
    /// Until when the aftermath of the last request may last.
    aftermath: Option<Timestamp>,
}

impl Trial {
    /// Nothing has run yet.
    pub(crate) fn new(
        id: MessageId,
        workspace: &Workspace,
        modules: Vec<Vec<u8>>,
        requests: Vec<ApiRequest>,
        sandbox: Arc<dyn Sandbox>,
    ) -> Result<Self, OpenFault> {
        let mut session = session_of(workspace)?;
        let mut engine = Engine::new(config_of(workspace), sandbox);
        for module in modules_of(workspace, modules)? {
            engine.put_blob(module);
        }
        for interrupt in std::mem::take(&mut session.interrupts) {
            engine.plan_interrupt(interrupt);
        }
        let requests = requests.into();
        Ok(Self { id, engine, session, done: 0, requests, entered: None, aftermath: None })
    }

    /// A slice of at most about so many units; the answer once there is one.
    pub(crate) fn work(&mut self, units: u64) -> Option<Result<Response, ApiError>> {
        let until = match self.session.commands.get(self.done) {
            Some(command) => command.at,
            None => match (self.entered, self.aftermath) {
                (Some(_), _) => match self.engine.next_work() {
                    Some(at) => at,
                    None => return Some(Err(never_answered())),
                },
                (None, Some(end)) => {
                    self.engine.next_work().filter(|at| *at <= end).unwrap_or(self.engine.now())
                }
                (None, None) => self.session.until.max(self.engine.now()),
            },
        };
        let progress = self.engine.run_slice(until, units);
        if progress == Progress::Reached {
            if let Some(command) = self.session.commands.get(self.done).cloned() {
                self.done += 1;
                self.engine.handle_request(command.at, command.request);
            } else if self.entered.is_none() && !self.has_aftermath() {
                let request = self.requests.pop_front()?;
                let request = request_of(&request);
                self.entered = Some(self.engine.handle_request(self.engine.now(), request));
            }
        }
        while self.engine.poll_event().is_some() {}
        while let Some((command, result)) = self.engine.poll_answer() {
            if self.entered == Some(command) {
                if self.requests.is_empty() || result.is_err() {
                    return Some(result);
                }
                self.entered = None;
                self.aftermath = Some(self.engine.now().after_micros(AFTERMATH_US));
            }
        }
        None
    }

    /// Whether the last request has left something to do that is over soon.
    fn has_aftermath(&self) -> bool {
        let end = self.aftermath;
        end.is_some_and(|end| self.engine.next_work().is_some_and(|at| at <= end))
    }
}

fn never_answered() -> ApiError {
    ApiError {
        code: "NoAnswer".into(),
        status: 504,
        message: Some("What the state calls never answers by itself. Mock its answer.".into()),
        extra: Map::new(),
    }
}
