//! A copy of a session, in which a check does what it says.

use super::pause::pause;
use super::{Subject, view};
use crate::session::{OpenFault, config_of, modules_of, session_of};
use coldstart_engine::{
    ApiError, Command, CommandId, Engine, Event, Principal, Progress, Request, Response, Timestamp,
};
use coldstart_sandbox::Sandbox;
use coldstart_workspace::Workspace;
use coldstart_workspace::lab::{Check, Kind, state};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Units that a check may burn in all: some seconds of a machine.
const UNITS_MAX: u64 = 2_000_000_000;
/// Units of a piece of work; after each there is a pause.
const SLICE: u64 = 1_000_000;
/// What a piece of work without a guest counts as, in units.
const UNITS_PER_PIECE: u64 = 5_000;
/// Virtual time that a check may take: executions wait for a year at most.
const MICROS_MAX: u64 = 400 * 86_400 * 1_000_000;
/// What was configured last is settled when the check begins.
const SETTLES_US: u64 = 10_000_000;

pub(super) type Answer = Result<Response, ApiError>;

/// The copy.
pub(super) struct Copy {
    engine: Engine,
    commands: Vec<Command>,
    until: Timestamp,
    /// Pieces of work.
    pieces: u64,
    events: Vec<Event>,
    answers: BTreeMap<u64, Answer>,
}

/// What a check has done, for the view.
pub(super) struct Done {
    pub(super) began: Timestamp,
    /// Requests in order, and their answers.
    pub(super) asked: Vec<(Request, Option<Answer>)>,
}

impl Copy {
    /// Nothing has run yet.
    pub(super) fn of(
        subject: &Subject<'_>,
        check: &Check,
        seed: u64,
        sandbox: &Arc<dyn Sandbox>,
    ) -> Result<Self, OpenFault> {
        let mut workspace: Workspace = subject.workspace.clone();
        let modules = modules_of(&workspace, subject.modules.clone())?;
        let is_history = check.kind == Kind::History;
        if !is_history {
            workspace.seed = seed;
            workspace.commands = state::configuration(subject.workspace);
            workspace.interrupts.clear();
            workspace.until_us = workspace.commands.last().map_or(0, |last: &Rc<_>| last.at_us);
        }
        let mut session = session_of(&workspace)?;
        let mut engine = Engine::new(config_of(&workspace), Arc::clone(sandbox));
        for module in modules {
            engine.put_blob(module);
        }
        for interrupt in std::mem::take(&mut session.interrupts) {
            engine.plan_interrupt(interrupt);
        }
        Ok(Self {
            engine,
            commands: session.commands,
            until: session.until,
            pieces: 0,
            events: Vec::new(),
            answers: BTreeMap::new(),
        })
    }

    pub(super) fn digest(&self) -> String {
        self.engine.digest()
    }

    /// Does what the check says, and shows what is there then.
    pub(super) async fn run(
        &mut self,
        subject: &Subject<'_>,
        check: &Check,
    ) -> Result<Value, String> {
        // Requests enter when all that was due before has been done, in pieces: entering does the rest in one.
        for Command { at, request } in std::mem::take(&mut self.commands) {
            self.reach(at).await?;
            self.engine.handle_request(at, request);
        }
        self.reach(self.until).await?;
        if check.kind == Kind::History {
            let done = Done { began: Timestamp(0), asked: Vec::new() };
            return Ok(view::of(self, subject, check, &done));
        }
        self.reach(self.engine.now().after_micros(SETTLES_US)).await?;
        self.events.clear();
        self.answers.clear();
        let began = self.engine.now();
        let mut asked = Vec::new();
        if check.kind != Kind::Definition {
            let faults = check.faults.as_ref().or(subject.faults).cloned();
            let faults = faults.unwrap_or_else(|| json!([]));
            let put = user("coldstart", "PutFaults", json!({ "Faults": faults }));
            let id = self.engine.handle_request(began, put);
            self.collect();
            if let Some(Err(error)) = self.answers.remove(&id.0) {
                return Err(format!("faults: {}", error.message.unwrap_or(error.code)));
            }
            asked = self.act(subject, check).await?;
        }
        self.rest().await?;
        if let Some(seconds) = check.wait {
            self.reach(self.engine.now().after_ms(seconds * 1_000)).await?;
        }
        let done = self.answered(asked);
        Ok(view::of(self, subject, check, &Done { began, asked: done }))
    }

    /// Enters the check's requests.
    async fn act(
        &mut self,
        subject: &Subject<'_>,
        check: &Check,
    ) -> Result<Vec<(Request, CommandId)>, String> {
        let mut asked = Vec::new();
        for _ in 0..check.times.unwrap_or(1) {
            let input = state::input(subject.files, check.input.as_ref()).to_string();
            let first = match check.kind {
                Kind::Run => Some(user(
                    "states",
                    "StartExecution",
                    json!({
                        "stateMachineArn": arn("states", &format!("stateMachine:{}", check.machine.as_deref().unwrap_or_default())),
                        "input": input,
                    }),
                )),
                Kind::Invoke => Some(user(
                    "lambda",
                    "Invoke",
                    json!({
                        "FunctionName": check.function,
                        "Payload": { "$text": input },
                    }),
                )),
                Kind::Requests | Kind::Definition | Kind::History => None,
            };
            let more = check.requests.iter().map(|one| {
                (user(&one.service, &one.operation, one.params.clone()), one.after.unwrap_or(0))
            });
            for (request, after) in first.map(|first| (first, 0)).into_iter().chain(more) {
                self.reach(self.engine.now().after_ms(after * 1_000)).await?;
                let id = self.engine.handle_request(self.engine.now(), request.clone());
                asked.push((request, id));
                if !check.at_once {
                    self.rest_until(Some(id)).await?;
                }
            }
            if !check.at_once {
                self.rest().await?;
            }
        }
        Ok(asked)
    }

    fn answered(&mut self, asked: Vec<(Request, CommandId)>) -> Vec<(Request, Option<Answer>)> {
        asked.into_iter().map(|(request, id)| (request, self.answers.remove(&id.0))).collect()
    }

    /// Works until nothing is left that somebody waits for.
    async fn rest(&mut self) -> Result<(), String> {
        self.rest_until(None).await
    }

    /// The same, or until a request is answered.
    async fn rest_until(&mut self, id: Option<CommandId>) -> Result<(), String> {
        let last = self.engine.now().after_micros(MICROS_MAX);
        self.collect();
        while let Some(at) = self.engine.next_work() {
            if id.is_some_and(|id| self.answers.contains_key(&id.0)) {
                return Ok(());
            }
            if at > last {
                return Err("it is not at rest after 400 days".into());
            }
            self.reach(at).await?;
        }
        Ok(())
    }

    /// Works until the clock is there.
    async fn reach(&mut self, until: Timestamp) -> Result<(), String> {
        loop {
            let progress = self.engine.run_slice(until, SLICE);
            self.collect();
            self.pieces += 1;
            let burned = self.engine.burned().saturating_add(self.pieces * UNITS_PER_PIECE);
            if burned > UNITS_MAX {
                return Err(
                    "it computes for too long: is there a handler that does not end?".into()
                );
            }
            pause().await;
            if progress == Progress::Reached {
                return Ok(());
            }
        }
    }

    fn collect(&mut self) {
        while let Some(event) = self.engine.poll_event() {
            self.events.push(event);
        }
        while let Some((id, answer)) = self.engine.poll_answer() {
            self.answers.insert(id.0, answer);
        }
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// What a reading request is answered; none when it is refused.
    pub(super) fn read(&mut self, service: &str, operation: &str, params: Value) -> Option<Value> {
        let id = self.engine.handle_request(self.engine.now(), user(service, operation, params));
        self.collect();
        self.answers.remove(&id.0)?.ok().map(|response| response.output)
    }
}

fn user(service: &str, operation: &str, params: Value) -> Request {
    Request {
        service: service.into(),
        operation: operation.into(),
        params,
        principal: Principal::User,
    }
}

/// The ARN of a resource of the session's account.
pub(super) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:us-east-1:123456789012:{resource}")
}
