//! What an execution asks of the world outside it.

use super::data::Data;
use super::execution::Start;
use super::machine::Machine;
use crate::resource::Resource;
use std::sync::Arc;

/// A task of one execution: one attempt at one visit of a Task state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(pub u64);

/// A map run of one execution, counted from 0 as they begin: its index in `Execution::map_runs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MapRunId(pub usize);

/// What the host has to do. Effects of one moment are carried out in their order.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Ask a resource; the answer comes back through the `task_…` methods of `Execution`.
    Schedule(Box<Task>),
    /// Nobody waits for this task any longer: it timed out or the execution went on without it. An answer that
    /// comes nevertheless is ignored.
    Cancel(TaskId),
    /// Start an execution of a distributed Map state: `Execution::start(child.machine, child.start, now)`. Its end
    /// comes back through `Execution::child_finished`.
    StartChild(Box<Child>),
    /// Stop a child: its map run failed or was aborted. Its end need not be told.
    CancelChild {
        /// The map run.
        map_run: MapRunId,
        /// The child's number in it.
        index: u64,
    },
}

/// Why a resource is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// For a Task state: history events are written for every step.
    Task,
    /// For the items of a distributed Map state: `s3:getObject` answers an object with a text `Body`
    /// (decompressed when the object is stored so), `s3:listObjectsV2` with `Contents` and, where there is more, `NextContinuationToken`.
    ItemReader,
    /// For the results of a distributed Map state: `s3:putObject` of `Bucket`, `Key` and a text `Body`.
    ResultWriter,
}

/// A request to a resource.
#[derive(Debug, Clone)]
pub struct Task {
    /// To answer with.
    pub id: TaskId,
    /// Why it is asked.
    pub purpose: Purpose,
    /// The state that asks.
    pub state: Arc<str>,
    /// Who is asked.
    pub resource: Arc<Resource>,
    /// With what: the payload of a function or an activity, the parameters of a service's operation.
    pub parameters: Data,
    /// Which attempt of this visit it is, counted from 0: what mocks are chosen by.
    pub attempt: u64,
    /// Seconds until the execution gives up on it. The execution keeps that time itself.
    pub timeout_seconds: Option<u64>,
    /// Seconds that may pass without a heartbeat. The execution keeps that time itself.
    pub heartbeat_seconds: Option<u64>,
    /// The role of `Credentials`.
    pub role_arn: Option<Arc<str>>,
    /// The token that the task can be answered through, for the pattern `waitForTaskToken`.
    pub task_token: Option<Arc<str>>,
}

/// An execution of a distributed Map state.
#[derive(Debug, Clone)]
pub struct Child {
    /// The map run that it belongs to.
    pub map_run: MapRunId,
    /// Its number in the map run, from 0.
    pub index: u64,
    /// The processor as a machine of its own; express or standard as the Map state says.
    pub machine: Arc<Machine>,
    /// What it starts with: input, name, ARN, seed.
    pub start: Start,
    /// It ran before and did not succeed, and its map run was redriven: `Execution::redrive` when the host still has it,
    /// else it starts anew.
    pub is_redriven: bool,
}
