//! Map runs as `DescribeMapRun` shows them.

use super::time::Time;
use std::sync::Arc;

/// How a map run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapRunStatus {
    /// Children run.
    Running,
    /// All items were processed, or as many as were not tolerated to fail.
    Succeeded,
    /// Too many items failed, or the items could not be read or the results not written.
    Failed,
    /// The execution ended without it.
    Aborted,
}

impl MapRunStatus {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            MapRunStatus::Running => "RUNNING",
            MapRunStatus::Succeeded => "SUCCEEDED",
            MapRunStatus::Failed => "FAILED",
            MapRunStatus::Aborted => "ABORTED",
        }
    }
}

/// How many of something are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the API documents each under this name")]
pub struct Counts {
    pub pending: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
    pub total: u64,
    pub results_written: u64,
    pub failures_not_redrivable: u64,
    pub pending_redrive: u64,
}

/// One visit of a distributed Map state.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRun {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The state.
    pub state: Arc<str>,
    /// The `stateMachineArn` of its executions: the machine's with the label.
    pub state_machine_arn: Arc<str>,
    /// How it stands.
    pub status: MapRunStatus,
    /// How many executions may run at a time; 0 for as many as the service allows.
    pub max_concurrency: u64,
    /// How many items may fail.
    pub tolerated_failure_count: u64,
    /// How many percent of the items may fail.
    pub tolerated_failure_percentage: f64,
    /// The items.
    pub items: Counts,
    /// The executions: fewer than items when these are batched.
    pub executions: Counts,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    pub stopped_at: Option<Time>,
    /// How often it was redriven.
    pub redrive_count: u64,
    /// When it was redriven last.
    pub redriven_at: Option<Time>,
}
