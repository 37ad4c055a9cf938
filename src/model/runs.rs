//! The last test of each function: what was sent and what came back.

use coldstart_protocol::{ApiFailure, ApiResponse};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::Reducible;

/// `InvocationType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InvocationType {
    /// Wait for the response.
    #[default]
    RequestResponse,
    /// Queue it.
    Event,
    /// Check the request only.
    DryRun,
}

impl InvocationType {
    /// AWS's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestResponse => "RequestResponse",
            Self::Event => "Event",
            Self::DryRun => "DryRun",
        }
    }
    /// From AWS's value; anything else is a request that waits for its response.
    pub fn from_value(value: &str) -> Self {
        match value {
            "Event" => Self::Event,
            "DryRun" => Self::DryRun,
            _ => Self::RequestResponse,
        }
    }
}

/// Why a request has no answer of AWS's.
#[derive(Debug, Clone, PartialEq)]
pub enum CallError {
    /// AWS refuses it.
    Refused(ApiFailure),
    /// The engine failed while it worked on it.
    EngineLost,
}

impl CallError {
    /// For a place that has room for a line only.
    pub fn line(&self) -> String {
        match self {
            Self::Refused(failure) => {
                format!("{} ({}): {}", failure.code, failure.status, failure.message)
            }
            Self::EngineLost => "The engine stopped while it worked on this.".into(),
        }
    }
}

/// How a test went.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// It has not ended.
    Running,
    /// It was answered, or not.
    Done(Result<ApiResponse, CallError>),
}

/// A test.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Counts up; the answer of an older one is dropped.
    pub number: u64,
    /// What it was called.
    pub event_name: String,
    /// How it was sent.
    pub invocation_type: InvocationType,
    /// How it went.
    pub state: RunState,
}

/// What to say of a run in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not ended.
    Running,
    /// The handler answered.
    Succeeded,
    /// The handler failed.
    Failed,
    /// AWS refused the request, or the engine was lost.
    Refused,
    /// Queued.
    Accepted,
    /// A dry run that would be let in.
    Checked,
}

impl Run {
    /// In a word.
    pub fn verdict(&self) -> Verdict {
        match &self.state {
            RunState::Running => Verdict::Running,
            RunState::Done(Err(_)) => Verdict::Refused,
            RunState::Done(Ok(response))
                if response.output.get("FunctionError").is_some_and(|error| !error.is_null()) =>
            {
                Verdict::Failed
            }
            RunState::Done(Ok(response)) => match response.status {
                202 => Verdict::Accepted,
                204 => Verdict::Checked,
                _ => Verdict::Succeeded,
            },
        }
    }
    /// The version that ran; none when nothing did.
    pub fn executed_version(&self) -> Option<&str> {
        let RunState::Done(Ok(response)) = &self.state else { return None };
        response.output.get("ExecutedVersion")?.as_str()
    }
    /// The response's text.
    pub fn payload(&self) -> Option<&str> {
        let RunState::Done(Ok(response)) = &self.state else { return None };
        match response.output.get("Payload")? {
            Value::String(text) => Some(text),
            payload => payload.get("$text")?.as_str(),
        }
    }
    /// The last 4 KB of the log.
    pub fn log_tail(&self) -> Option<String> {
        let RunState::Done(Ok(response)) = &self.state else { return None };
        let bytes = super::decode_base64(response.output.get("LogResult")?.as_str()?)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The last test of each function.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Runs {
    /// By function.
    pub by_function: BTreeMap<String, Rc<Run>>,
    /// Numbers the next one.
    pub next_number: u64,
    /// Which version or alias is tested, by function.
    pub qualifiers: BTreeMap<String, String>,
}

/// A change.
#[derive(Debug, Clone)]
pub enum RunsAction {
    /// A test begins; it takes [`Runs::next_number`].
    Started {
        /// The function.
        function: String,
        /// Name of the event.
        event_name: String,
        /// How it is sent.
        invocation_type: InvocationType,
    },
    /// It ended.
    Ended {
        /// The function.
        function: String,
        /// Which one.
        number: u64,
        /// The answer.
        result: Box<Result<ApiResponse, CallError>>,
    },
    /// Another version or alias is to be tested.
    Qualified {
        /// The function.
        function: String,
        /// Which.
        qualifier: String,
    },
    /// A function, or all of them, have none.
    Cleared(Option<String>),
}

impl Reducible for Runs {
    type Action = RunsAction;

    fn reduce(self: Rc<Self>, action: RunsAction) -> Rc<Self> {
        let mut runs = (*self).clone();
        match action {
            RunsAction::Started { function, event_name, invocation_type } => {
                let run = Run {
                    number: runs.next_number,
                    event_name,
                    invocation_type,
                    state: RunState::Running,
                };
                runs.next_number += 1;
                runs.by_function.insert(function, Rc::new(run));
            }
            RunsAction::Ended { function, number, result } => {
                match runs.by_function.get_mut(&function) {
                    Some(run) if run.number == number => {
                        Rc::make_mut(run).state = RunState::Done(*result)
                    }
                    _ => return self,
                }
            }
            RunsAction::Qualified { function, qualifier } => {
                runs.qualifiers.insert(function, qualifier);
            }
            RunsAction::Cleared(Some(function)) => {
                runs.by_function.remove(&function);
            }
            RunsAction::Cleared(None) => {
                runs.by_function.clear();
                runs.qualifiers.clear();
            }
        }
        Rc::new(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn start() -> RunsAction {
        RunsAction::Started {
            function: "f".into(),
            event_name: "e".into(),
            invocation_type: InvocationType::RequestResponse,
        }
    }
    fn end(number: u64, status: u16, output: Value) -> RunsAction {
        RunsAction::Ended {
            function: "f".into(),
            number,
            result: Box::new(Ok(ApiResponse { status, output })),
        }
    }

    #[test]
    fn the_answer_of_an_older_test_is_dropped() {
        let runs =
            Rc::new(Runs::default()).reduce(start()).reduce(start()).reduce(end(0, 200, json!({})));
        assert_eq!(runs.by_function["f"].verdict(), Verdict::Running);
        let runs = runs.reduce(end(1, 200, json!({ "Payload": { "$text": "1" } })));
        assert_eq!(runs.by_function["f"].verdict(), Verdict::Succeeded);
        assert_eq!(runs.by_function["f"].payload(), Some("1"));
    }

    #[test]
    fn a_function_error_is_a_failure_although_the_status_is_200() {
        let runs = Rc::new(Runs::default()).reduce(start()).reduce(end(
            0,
            200,
            json!({ "FunctionError": "Unhandled" }),
        ));
        assert_eq!(runs.by_function["f"].verdict(), Verdict::Failed);
    }

    #[test]
    fn the_log_tail_is_decoded() {
        let runs = Rc::new(Runs::default()).reduce(start()).reduce(end(
            0,
            200,
            json!({ "LogResult": "U1RBUlQK" }),
        ));
        assert_eq!(runs.by_function["f"].log_tail().as_deref(), Some("START\n"));
    }
}
