//! History events, and their shape in `GetExecutionHistory`.

use super::data::Data;
use super::time::Time;
use crate::resource::Resource;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The most events that a standard execution's history has. Source: "Service quotas" in the developer guide.
pub const EVENTS_MAX: u64 = 25_000;

/// Why something failed: what `Retry`, `Catch` and the API call error and cause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// The error's name. Absent when a worker gave none.
    pub error: Option<Arc<str>>,
    /// What happened, in words.
    pub cause: Option<Arc<str>>,
}

impl Failure {
    /// A failure with both a name and words.
    pub fn new(error: &str, cause: impl Into<Arc<str>>) -> Failure {
        Failure { error: Some(error.into()), cause: Some(cause.into()) }
    }
}

/// The type of a state, as event types begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the language names each")]
pub enum StateType {
    Task,
    Pass,
    Wait,
    Choice,
    Succeed,
    Fail,
    Parallel,
    Map,
}

/// One entry of an execution's history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEvent {
    /// From 1, without gaps.
    pub id: u64,
    /// The event that led to this one; 0 for none.
    pub previous_event_id: u64,
    /// When.
    pub at: Time,
    /// What.
    pub details: Details,
}

/// What a task was asked for: the details of `TaskScheduled` and its two older forms.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheduled {
    /// Who is asked.
    pub resource: Arc<Resource>,
    /// With what: `parameters` of a service's task, `input` of a function's and an activity's.
    pub parameters: Data,
    /// The region, for a service's task.
    pub region: Arc<str>,
    /// `TimeoutSeconds`, when the state has one.
    pub timeout_seconds: Option<u64>,
    /// `HeartbeatSeconds`, when the state has one.
    pub heartbeat_seconds: Option<u64>,
    /// The role of `Credentials`, when the state has them.
    pub role_arn: Option<Arc<str>>,
}

/// What an execution began with.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// Its input.
    pub input: Data,
    /// The role it runs with.
    pub role_arn: Arc<str>,
    /// The version it was started through.
    pub state_machine_version_arn: Option<Arc<str>>,
    /// The alias it was started through.
    pub state_machine_alias_arn: Option<Arc<str>>,
}

/// A JSONata expression that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationFailed {
    /// The state.
    pub state: Arc<str>,
    /// The field, such as `Output` or `Choices[1]/Condition`; none where AWS gives none.
    pub location: Option<String>,
    /// Why.
    pub failure: Failure,
}

/// What happened. Names and fields are those of the `HistoryEvent` data type of the API.
///
/// A task event stands for three types of AWS's, by its resource: `TaskScheduled` of a function's ARN is
/// `LambdaFunctionScheduled`, of an activity's `ActivityScheduled`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the API documents each under this name")]
pub enum Details {
    ExecutionStarted(Box<Started>),
    ExecutionSucceeded { output: Data },
    ExecutionFailed(Failure),
    ExecutionTimedOut(Failure),
    ExecutionAborted(Failure),
    ExecutionRedriven { redrive_count: u64 },
    StateEntered { kind: StateType, name: Arc<str>, input: Data },
    StateExited { kind: StateType, name: Arc<str>, output: Data, assigned: Option<Data> },
    StateAborted { kind: StateType },
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    MapStateStarted { length: u64 },
    MapStateSucceeded,
    MapStateFailed,
    MapIterationStarted { name: Arc<str>, index: u64 },
    MapIterationSucceeded { name: Arc<str>, index: u64 },
    MapIterationFailed { name: Arc<str>, index: u64 },
    MapIterationAborted { name: Arc<str>, index: u64 },
    MapRunStarted { map_run_arn: Arc<str> },
    MapRunSucceeded,
    MapRunFailed(Failure),
    MapRunAborted,
    MapRunRedriven { map_run_arn: Arc<str>, redrive_count: u64 },
    TaskScheduled(Box<Scheduled>),
    TaskScheduleFailed { resource: Arc<Resource>, failure: Failure },
    TaskStarted { resource: Arc<Resource>, worker_name: Option<Arc<str>> },
    TaskStartFailed { resource: Arc<Resource>, failure: Failure },
    TaskSubmitted { resource: Arc<Resource>, output: Data },
    TaskSubmitFailed { resource: Arc<Resource>, failure: Failure },
    TaskSucceeded { resource: Arc<Resource>, output: Data },
    TaskFailed { resource: Arc<Resource>, failure: Failure },
    TaskTimedOut { resource: Arc<Resource>, failure: Failure },
    EvaluationFailed(Box<EvaluationFailed>),
}

impl Details {
    /// The data that the event shows.
    pub(super) fn data_mut(&mut self) -> [Option<&mut Data>; 2] {
        match self {
            Details::ExecutionStarted(started) => [Some(&mut started.input), None],
            Details::StateEntered { input: data, .. }
            | Details::ExecutionSucceeded { output: data }
            | Details::TaskSubmitted { output: data, .. }
            | Details::TaskSucceeded { output: data, .. } => [Some(data), None],
            Details::StateExited { output, assigned, .. } => [Some(output), assigned.as_mut()],
            Details::TaskScheduled(scheduled) => [Some(&mut scheduled.parameters), None],
            _ => [None, None],
        }
    }
}

/// One word for each of the three families of task events.
fn by_family(resource: &Resource, task: &'static str, rest: [&'static str; 2]) -> &'static str {
    match resource {
        Resource::Service { .. } | Resource::Unknown { .. } => task,
        Resource::Function { .. } => rest[0],
        Resource::Activity { .. } => rest[1],
    }
}

impl HistoryEvent {
    /// Its `type`, such as `PassStateEntered`.
    pub fn type_name(&self) -> &'static str {
        use StateType as S;
        match &self.details {
            Details::ExecutionStarted(_) => "ExecutionStarted",
            Details::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Details::ExecutionFailed(_) => "ExecutionFailed",
            Details::ExecutionTimedOut(_) => "ExecutionTimedOut",
            Details::ExecutionAborted(_) => "ExecutionAborted",
            Details::ExecutionRedriven { .. } => "ExecutionRedriven",
            Details::StateEntered { kind, .. } => match kind {
                S::Task => "TaskStateEntered",
                S::Pass => "PassStateEntered",
                S::Wait => "WaitStateEntered",
                S::Choice => "ChoiceStateEntered",
                S::Succeed => "SucceedStateEntered",
                S::Fail => "FailStateEntered",
                S::Parallel => "ParallelStateEntered",
                S::Map => "MapStateEntered",
            },
            Details::StateExited { kind, .. } => match kind {
                S::Task => "TaskStateExited",
                S::Pass => "PassStateExited",
                S::Wait => "WaitStateExited",
                S::Choice => "ChoiceStateExited",
                S::Succeed => "SucceedStateExited",
                S::Fail => "FailStateExited",
                S::Parallel => "ParallelStateExited",
                S::Map => "MapStateExited",
            },
            Details::StateAborted { kind } => match kind {
                S::Wait => "WaitStateAborted",
                S::Parallel => "ParallelStateAborted",
                S::Map => "MapStateAborted",
                _ => "TaskStateAborted",
            },
            Details::ParallelStateStarted => "ParallelStateStarted",
            Details::ParallelStateSucceeded => "ParallelStateSucceeded",
            Details::ParallelStateFailed => "ParallelStateFailed",
            Details::MapStateStarted { .. } => "MapStateStarted",
            Details::MapStateSucceeded => "MapStateSucceeded",
            Details::MapStateFailed => "MapStateFailed",
            Details::MapIterationStarted { .. } => "MapIterationStarted",
            Details::MapIterationSucceeded { .. } => "MapIterationSucceeded",
            Details::MapIterationFailed { .. } => "MapIterationFailed",
            Details::MapIterationAborted { .. } => "MapIterationAborted",
            Details::MapRunStarted { .. } => "MapRunStarted",
            Details::MapRunSucceeded => "MapRunSucceeded",
            Details::MapRunFailed(_) => "MapRunFailed",
            Details::MapRunAborted => "MapRunAborted",
            Details::MapRunRedriven { .. } => "MapRunRedriven",
            Details::TaskScheduled(scheduled) => by_family(
                &scheduled.resource,
                "TaskScheduled",
                ["LambdaFunctionScheduled", "ActivityScheduled"],
            ),
            Details::TaskScheduleFailed { resource, .. } => by_family(
                resource,
                "TaskStartFailed",
                ["LambdaFunctionScheduleFailed", "ActivityScheduleFailed"],
            ),
            Details::TaskStarted { resource, .. } => {
                by_family(resource, "TaskStarted", ["LambdaFunctionStarted", "ActivityStarted"])
            }
            Details::TaskStartFailed { resource, .. } => by_family(
                resource,
                "TaskStartFailed",
                ["LambdaFunctionStartFailed", "ActivityScheduleFailed"],
            ),
            Details::TaskSubmitted { .. } => "TaskSubmitted",
            Details::TaskSubmitFailed { .. } => "TaskSubmitFailed",
            Details::TaskSucceeded { resource, .. } => by_family(
                resource,
                "TaskSucceeded",
                ["LambdaFunctionSucceeded", "ActivitySucceeded"],
            ),
            Details::TaskFailed { resource, .. } => {
                by_family(resource, "TaskFailed", ["LambdaFunctionFailed", "ActivityFailed"])
            }
            Details::TaskTimedOut { resource, .. } => {
                by_family(resource, "TaskTimedOut", ["LambdaFunctionTimedOut", "ActivityTimedOut"])
            }
            Details::EvaluationFailed(_) => "EvaluationFailed",
        }
    }

    /// The state that the event names. Events inside a state's visit name none.
    pub fn state_name(&self) -> Option<&str> {
        match &self.details {
            Details::StateEntered { name, .. }
            | Details::StateExited { name, .. }
            | Details::MapIterationStarted { name, .. }
            | Details::MapIterationSucceeded { name, .. }
            | Details::MapIterationFailed { name, .. }
            | Details::MapIterationAborted { name, .. } => Some(name),
            Details::EvaluationFailed(failed) => Some(&failed.state),
            _ => None,
        }
    }

    /// The event as `GetExecutionHistory` gives it. `timestamp` is in seconds since 1970. Without execution data,
    /// inputs, outputs and parameters are left out, as with `includeExecutionData: false`.
    pub fn to_json(&self, include_execution_data: bool) -> Value {
        let kind = self.type_name();
        let mut event = Map::new();
        event.insert("timestamp".to_owned(), json!(self.at.seconds()));
        event.insert("type".to_owned(), json!(kind));
        event.insert("id".to_owned(), json!(self.id));
        event.insert("previousEventId".to_owned(), json!(self.previous_event_id));
        let mut writer = Writer { details: Map::new(), include_execution_data };
        if let Some(name) = writer.write(&self.details, kind) {
            event.insert(name, Value::Object(writer.details));
        }
        Value::Object(event)
    }
}

struct Writer {
    details: Map<String, Value>,
    include_execution_data: bool,
}

impl Writer {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.details.insert(name.to_owned(), value.into());
    }

    fn text(&mut self, name: &str, text: Option<&Arc<str>>) {
        if let Some(text) = text {
            self.put(name, &**text);
        }
    }

    /// A member of data and the one that says whether it was cut, which only CloudTrail's copies are.
    fn data(&mut self, name: &str, data: &Data) {
        if self.include_execution_data {
            self.put(name, data.text());
            self.put(&format!("{name}Details"), json!({ "truncated": false }));
        }
    }

    fn failure(&mut self, failure: &Failure) {
        self.text("error", failure.error.as_ref());
        self.text("cause", failure.cause.as_ref());
    }

    fn service(&mut self, resource: &Resource) {
        if let Some((kind, action)) = resource.service() {
            self.put("resourceType", kind);
            self.put("resource", action);
        }
    }

    /// Fills in the details and gives the name of the member that holds them.
    fn write(&mut self, details: &Details, kind: &str) -> Option<String> {
        match details {
            Details::ExecutionStarted(started) => {
                self.data("input", &started.input);
                self.put("roleArn", &*started.role_arn);
                self.text("stateMachineAliasArn", started.state_machine_alias_arn.as_ref());
                self.text("stateMachineVersionArn", started.state_machine_version_arn.as_ref());
            }
            Details::ExecutionSucceeded { output } => self.data("output", output),
            Details::ExecutionFailed(failure)
            | Details::ExecutionTimedOut(failure)
            | Details::ExecutionAborted(failure)
            | Details::MapRunFailed(failure) => self.failure(failure),
            Details::ExecutionRedriven { redrive_count } => {
                self.put("redriveCount", *redrive_count)
            }
            Details::StateEntered { name, input, .. } => {
                self.put("name", &**name);
                self.data("input", input);
                return Some("stateEnteredEventDetails".to_owned());
            }
            Details::StateExited { name, output, assigned, .. } => {
                self.put("name", &**name);
                self.data("output", output);
                if let (Some(assigned), true) = (assigned, self.include_execution_data) {
                    let members = assigned.value().as_object().into_iter().flatten();
                    let texts: Map<String, Value> = members
                        .map(|(name, value)| (name.clone(), Value::String(value.to_string())))
                        .collect();
                    self.put("assignedVariables", texts);
                    self.put("assignedVariablesDetails", json!({ "truncated": false }));
                }
                return Some("stateExitedEventDetails".to_owned());
            }
            Details::StateAborted { .. }
            | Details::ParallelStateStarted
            | Details::ParallelStateSucceeded
            | Details::ParallelStateFailed
            | Details::MapStateSucceeded
            | Details::MapStateFailed
            | Details::MapRunSucceeded
            | Details::MapRunAborted => return None,
            Details::MapStateStarted { length } => self.put("length", *length),
            Details::MapIterationStarted { name, index }
            | Details::MapIterationSucceeded { name, index }
            | Details::MapIterationFailed { name, index }
            | Details::MapIterationAborted { name, index } => {
                self.put("name", &**name);
                self.put("index", *index);
            }
            Details::MapRunStarted { map_run_arn } => self.put("mapRunArn", &**map_run_arn),
            Details::MapRunRedriven { map_run_arn, redrive_count } => {
                self.put("mapRunArn", &**map_run_arn);
                self.put("redriveCount", *redrive_count);
            }
            Details::TaskScheduled(scheduled) => self.scheduled(scheduled),
            Details::TaskStarted { resource, worker_name } => match &**resource {
                Resource::Function { .. } => return None,
                Resource::Activity { .. } => self.text("workerName", worker_name.as_ref()),
                _ => self.service(resource),
            },
            Details::TaskSubmitted { resource, output }
            | Details::TaskSucceeded { resource, output } => {
                self.service(resource);
                self.data("output", output);
            }
            Details::TaskScheduleFailed { resource, failure }
            | Details::TaskStartFailed { resource, failure }
            | Details::TaskSubmitFailed { resource, failure }
            | Details::TaskFailed { resource, failure }
            | Details::TaskTimedOut { resource, failure } => {
                self.service(resource);
                self.failure(failure);
            }
            Details::EvaluationFailed(failed) => {
                self.failure(&failed.failure);
                if let Some(location) = &failed.location {
                    self.put("location", location.as_str());
                }
                self.put("state", &*failed.state);
            }
        }
        let mut name = kind.to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        Some(name + "EventDetails")
    }

    fn scheduled(&mut self, scheduled: &Scheduled) {
        match &*scheduled.resource {
            Resource::Function { arn, .. } | Resource::Activity { arn } => {
                self.put("resource", arn.as_str());
                self.data("input", &scheduled.parameters);
            }
            resource => {
                self.service(resource);
                self.put("region", &*scheduled.region);
                if self.include_execution_data {
                    self.put("parameters", scheduled.parameters.text());
                }
            }
        }
        if let Some(seconds) = scheduled.timeout_seconds {
            self.put("timeoutInSeconds", seconds);
        }
        if let Some(seconds) = scheduled.heartbeat_seconds {
            self.put("heartbeatInSeconds", seconds);
        }
        if let Some(role) = &scheduled.role_arn {
            self.put("taskCredentials", json!({ "roleArn": &**role }));
        }
    }
}
