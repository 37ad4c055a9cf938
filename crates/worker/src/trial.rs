//! A request in a copy of the session: what it does is answered and forgotten.
//!
//! TestState of a Task without a mock calls real functions, as AWS does. Here they are called in an engine of their own, to which the session's
//! log was replayed, so that no test is ever part of a history.

use crate::session::{OpenFault, config_of, modules_of, request_of, session_of};
use coldstart_engine::{ApiError, CommandId, Engine, Progress, Response, Session};
use coldstart_protocol::MessageId;
use coldstart_sandbox::Sandbox;
use coldstart_workspace::{ApiRequest, Workspace};
use serde_json::Map;
use std::sync::Arc;

/// A copy at work.
pub(crate) struct Trial {
    /// Whom to answer.
    pub(crate) id: MessageId,
    engine: Engine,
    session: Session,
    /// Commands of the log that were let in.
    done: usize,
    request: ApiRequest,
    entered: Option<CommandId>,
}

impl Trial {
    /// Nothing has run yet.
    pub(crate) fn new(
        id: MessageId,
        workspace: &Workspace,
        modules: Vec<Vec<u8>>,
        request: ApiRequest,
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
        Ok(Self { id, engine, session, done: 0, request, entered: None })
    }

    /// A slice of at most about so many units; the answer once there is one.
    pub(crate) fn work(&mut self, units: u64) -> Option<Result<Response, ApiError>> {
        let until = match self.session.commands.get(self.done) {
            Some(command) => command.at,
            None if self.entered.is_none() => self.session.until.max(self.engine.now()),
            None => match self.engine.next_work() {
                Some(at) => at,
                None => return Some(Err(never_answered())),
            },
        };
        let progress = self.engine.run_slice(until, units);
        if progress == Progress::Reached {
            if let Some(command) = self.session.commands.get(self.done).cloned() {
                self.done += 1;
                self.engine.handle_request(command.at, command.request);
            } else if self.entered.is_none() {
                let request = request_of(&self.request);
                self.entered = Some(self.engine.handle_request(self.engine.now(), request));
            }
        }
        while self.engine.poll_event().is_some() {}
        while let Some((command, result)) = self.engine.poll_answer() {
            if self.entered == Some(command) {
                return Some(result);
            }
        }
        None
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
