//! AWS Step Functions: state machines, executions, activities and the operations on them.
//!
//! The interpreter (`coldstart_asl::interpret`) says what an execution does; here is who asks for it, who answers its
//! tasks and what can be seen of it. Nothing nests: an execution's tasks go through the queue and the door like
//! everybody's requests, and their answers come back through the queue.
//!
//! Invariant: an execution is advanced only from the queue, so a request never runs another one.

mod activities;
mod announce;
mod api;
mod arn;
mod children;
mod described;
mod errors;
mod executions;
mod history;
mod integrations;
mod logging;
mod machines;
mod map_runs;
pub mod mocks;
mod model;
mod optimised;
mod paging;
mod references;
mod results;
mod runs;
mod sdk;
mod test_state;
#[cfg(test)]
mod tests;
mod tokens;
mod versions;

pub(crate) use api::{handle, handle_mocks};
pub(crate) use runs::{Cx, Due, States, TaskCall};
pub(crate) use test_state::only_reads as test_only_reads;

/// The model of Step Functions' API.
#[inline(never)]
pub(crate) fn api_model() -> crate::model::Service {
    crate::model::read(include_str!("../../models/states.json"))
}

/// The models of what services answer, by their names in `arn:aws:states:::aws-sdk:`.
#[inline(never)]
pub(crate) fn result_models() -> std::collections::BTreeMap<String, crate::model::Service> {
    crate::model::read_all(include_str!("../../models/results.json"))
}
