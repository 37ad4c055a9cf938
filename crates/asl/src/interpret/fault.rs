//! What can go wrong in a state, and which retriers and catchers take it.

use super::history::Failure;
use std::sync::Arc;

/// Not to be caught, whatever a catcher names (recorded).
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const QUERY_EVALUATION: &str = "States.QueryEvaluationError";
pub(crate) const DATA_LIMIT: &str = "States.DataLimitExceeded";
pub(crate) const TIMEOUT: &str = "States.Timeout";
pub(crate) const INTRINSIC: &str = "States.IntrinsicFailure";
pub(crate) const TOLERANCE: &str = "States.ExceedToleratedFailureThreshold";
pub(crate) const ITEM_READER: &str = "States.ItemReaderFailed";
pub(crate) const RESULT_WRITER: &str = "States.ResultWriterFailed";

/// A failure of a state, before retriers and catchers have seen it.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) failure: Failure,
    /// The cause is a sentence about the state, which AWS puts the state's name and event before.
    pub(crate) is_in_state: bool,
    /// An expression failed: history says so before anything else.
    pub(crate) evaluation: Option<Evaluation>,
    /// A heartbeat was missed: `States.HeartbeatTimeout` takes it as well as `States.Timeout`.
    pub(crate) is_heartbeat: bool,
}

/// Where an expression failed.
#[derive(Debug, Clone)]
pub(crate) struct Evaluation {
    pub(crate) location: Option<String>,
    /// The event follows the one that the state was entered with, not the one before it.
    pub(crate) is_late: bool,
}

pub(crate) type Outcome<T> = Result<T, Box<Fault>>;

impl Fault {
    fn in_state(error: &str, cause: String) -> Box<Fault> {
        Box::new(Fault {
            failure: Failure::new(error, cause),
            is_in_state: true,
            evaluation: None,
            is_heartbeat: false,
        })
    }

    /// `States.Runtime` with a sentence.
    pub(crate) fn runtime(cause: impl Into<String>) -> Box<Fault> {
        Fault::in_state(RUNTIME, cause.into())
    }

    /// An intrinsic function refused its arguments.
    pub(crate) fn intrinsic(cause: String) -> Box<Fault> {
        Fault::in_state(INTRINSIC, cause)
    }

    /// `States.QueryEvaluationError` with a sentence and the field.
    pub(crate) fn evaluation(cause: String, location: Option<String>) -> Box<Fault> {
        let mut fault = Fault::in_state(QUERY_EVALUATION, cause);
        fault.evaluation = Some(Evaluation { location, is_late: false });
        fault
    }

    /// The same, found when the state had begun.
    pub(crate) fn late_evaluation(cause: String, location: &str) -> Box<Fault> {
        let mut fault = Fault::in_state(QUERY_EVALUATION, cause);
        fault.evaluation = Some(Evaluation { location: Some(location.to_owned()), is_late: true });
        fault
    }

    /// `States.DataLimitExceeded` of a state, or of a task by its resource.
    pub(crate) fn data_limit(who: &str) -> Box<Fault> {
        Box::new(Fault::from(data_limit(who)))
    }

    /// Whether nothing can catch it.
    pub(crate) fn is_fatal(&self) -> bool {
        self.failure.error.as_deref() == Some(RUNTIME)
    }

    /// Whether `ErrorEquals` of a retrier or catcher takes it.
    ///
    /// `States.TaskFailed` takes everything but a timeout ("Error handling" in the developer guide), and with
    /// `States.ALL` even `States.DataLimitExceeded` of a task, which the guide denies (recorded).
    pub(crate) fn is_taken_by(&self, error_equals: &[Arc<str>]) -> bool {
        if self.is_fatal() {
            return false;
        }
        let error = self.failure.error.as_deref();
        error_equals.iter().any(|name| match &**name {
            "States.ALL" => true,
            "States.TaskFailed" => error != Some(TIMEOUT),
            "States.HeartbeatTimeout" if self.is_heartbeat => true,
            name => error == Some(name),
        })
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Fault {
        Fault { failure, is_in_state: false, evaluation: None, is_heartbeat: false }
    }
}

/// What AWS says of a result that is too large.
pub(crate) fn data_limit(who: &str) -> Failure {
    let cause = format!(
        "The state/task '{who}' returned a result with a size exceeding the maximum number of bytes service limit."
    );
    Failure::new(DATA_LIMIT, cause)
}
