//! Projections: folds of the engine's facts, bounded by retention, from which the page's windows are cut.
//!
//! Invariant: what a projection keeps is bounded, whatever the length of the session; counts and sums cover all of it.

mod environments;
mod events;
pub(crate) mod execution;
mod functions;
mod invocations;
mod lanes;
mod logs;
pub(crate) mod queues;
mod traces;

use coldstart_engine::{Engine, Event, Fact};
use coldstart_protocol::{ModuleInfo, View, ViewSpec};
use environments::{Environments, Kind};
use events::Events;
use execution::Executions;
use functions::Functions;
use invocations::Invocations;
use logs::Logs;
use serde_json::Value;
use std::collections::VecDeque;

/// Facts that are kept as they are: of these, traces are made. Some 10 MB.
const FACTS_MAX: usize = 30_000;

/// All projections of a session.
#[derive(Debug, Default)]
pub(crate) struct Projections {
    events: u64,
    functions: Functions,
    environments: Environments,
    invocations: Invocations,
    asynchronous: Events,
    logs: Logs,
    /// The newest facts that lead from one to another.
    facts: VecDeque<Event>,
    /// Histories of executions that are shown.
    pub(crate) executions: Executions,
}

impl Projections {
    /// Facts so far.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        self.events += 1;
        let at_us = event.at.0;
        // Most sessions have no asynchronous event: what follows them is fetched when there is one.
        if self.asynchronous.is_concerned(&event.fact) {
            self.asynchronous.apply(&event.fact, at_us);
        }
        match &event.fact {
            Fact::FunctionChanged { function, state, .. } => {
                self.functions.changed(function, state, at_us)
            }
            Fact::EnvironmentPhase { environment, function, version, phase, provisioned } => {
                let kind = Kind { version, provisioned: *provisioned };
                self.environments.phase(*environment, function, kind, *phase, at_us);
            }
            Fact::InvocationStarted { request_id, function, environment, cold, .. } => {
                self.environments.started(*environment, function, request_id, *cold, at_us);
                let version = self.environments.version(*environment);
                self.invocations.started(
                    request_id,
                    function,
                    *environment,
                    &version,
                    *cold,
                    at_us,
                );
            }
            Fact::InvocationFinished { request_id, function, environment, outcome, .. } => {
                self.environments.finished(*environment, request_id, *outcome);
                self.functions.invoked(function, *outcome);
                self.invocations.finished(&event.fact);
            }
            Fact::InvocationThrottled { function, .. } => {
                self.invocations.throttled(function);
                self.environments.throttled(function, at_us);
            }
            Fact::LogLine { group, stream, timestamp_ms, request_id, message } => {
                self.logs.push(group, stream, *timestamp_ms, request_id.as_deref(), message);
            }
            Fact::InvocationAccepted {
                request_id,
                function,
                execution: Some(execution),
                state,
                ..
            } => {
                let state = state.as_deref().unwrap_or_default();
                self.executions.accepted(at_us, *execution, state, function, request_id);
            }
            // The list of invocations begins with their start; what was answered is told by `Answered`.
            Fact::RequestAnswered { .. } | Fact::InvocationAccepted { .. } => {}
            Fact::ExecutionStarted { execution, execution_arn, .. } => {
                self.executions.started(*execution, execution_arn);
            }
            Fact::ExecutionHistory { .. } | Fact::ExecutionFinished { .. } => {
                self.executions.changed();
            }
            // Facts of services that have no view yet.
            _ => {}
        }
    }

    /// Keeps a fact that has been taken in, if it is one that traces are made of.
    pub(crate) fn keep(&mut self, event: Event) {
        let is_kept = match &event.fact {
            Fact::RequestAnswered { command, asker, .. } => command.is_some() || asker.is_some(),
            Fact::LogLine { .. }
            | Fact::EnvironmentPhase { .. }
            | Fact::QueueChanged { .. }
            | Fact::InvocationThrottled { .. }
            | Fact::ExecutionHistory { .. }
            | Fact::LoadChanged { .. } => false,
            _ => true,
        };
        if is_kept {
            if self.facts.len() >= FACTS_MAX {
                self.facts.pop_front();
            }
            self.facts.push_back(event);
        }
    }

    /// What is known of the way of one event: an invocation, a message, an event of a bus, an occurrence of a schedule, an execution.
    pub(crate) fn trace(&self, engine: &Engine, params: &Value) -> Value {
        traces::answer(&self.facts, engine, params)
    }

    /// Functions whose configuration has to be asked for again.
    pub(crate) fn take_changed_functions(&mut self) -> Vec<String> {
        self.functions.take_changed()
    }

    pub(crate) fn set_configuration(
        &mut self,
        function: &str,
        configuration: Option<Value>,
        module: Option<ModuleInfo>,
    ) {
        let group = configuration
            .as_ref()
            .and_then(|value| value.pointer("/LoggingConfig/LogGroup")?.as_str());
        self.logs.set_group(function, group);
        self.functions.set_configuration(function, configuration, module);
    }

    /// Forgets what only windows that nobody watches any more need.
    pub(crate) fn watch<'a>(&mut self, specs: impl Iterator<Item = &'a ViewSpec>) {
        let specs: Vec<&ViewSpec> = specs.collect();
        self.logs.watch(specs.iter().copied());
        self.executions.watch(specs.into_iter());
    }

    pub(crate) fn view(&mut self, engine: &Engine, spec: &ViewSpec) -> View {
        match spec {
            ViewSpec::Functions => View::Functions { rows: self.functions.rows() },
            ViewSpec::Function { name } => View::Function {
                name: name.clone(),
                function: self.functions.detail(name).map(Box::new),
            },
            ViewSpec::Environments { function, lanes_max } => {
                lanes::window(&self.environments, function, *lanes_max)
            }
            ViewSpec::Invocations { function, rows_max } => {
                let (rows, summary) = self.invocations.window(function, *rows_max);
                View::Invocations { function: function.clone(), rows, summary }
            }
            ViewSpec::Logs { function, search, request_id, from, rows_max, follow } => {
                let filter = logs::Filter::new(function, search, request_id);
                let (from, total, rows) = self.logs.window(filter, *from, *rows_max, *follow);
                View::Logs { function: function.clone(), from, total, rows }
            }
            ViewSpec::Events { function, rows_max } => {
                let (rows, total) = self.asynchronous.window(function, *rows_max);
                View::Events { function: function.clone(), rows, total }
            }
            ViewSpec::Costs => View::Costs { rows: self.invocations.costs() },
            ViewSpec::Queues => queues::list(engine),
            ViewSpec::Queue { name, rows_max } => queues::messages(engine, name, *rows_max),
            ViewSpec::Execution { source, part } => self.executions.view(source, part),
        }
    }
}
