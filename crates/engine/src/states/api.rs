//! The operations of the Step Functions API, each in the file of its subject, and those on mocks, which are ours.

use super::errors::StatesError;
use super::mocks::MockConfig;
use super::runs::{Cx, States};
use super::{
    activities, described, executions, history, machines, map_runs, test_state, tokens, versions,
};
use crate::world::{Incoming, Outcome, Params};
use crate::{ApiError, Response};
use serde_json::{Map, Value, json};

/// What an operation comes to: an answer, or none yet.
pub(crate) type Answer = Result<Outcome, StatesError>;

/// The operations that are emulated; none for others.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn handle(
    states: &mut States,
    cx: &mut Cx<'_>,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let params = incoming.params;
    let answer = match incoming.caller.operation.as_str() {
        "CreateStateMachine" => machines::create(states, cx.world, params),
        "UpdateStateMachine" => machines::update(states, cx.world, params),
        "DeleteStateMachine" => machines::delete(states, cx.world, params),
        "DescribeStateMachine" => machines::describe(states, params),
        "ListStateMachines" => machines::list(states, params),
        "ValidateStateMachineDefinition" => machines::validate(params),
        "PublishStateMachineVersion" => versions::publish(states, cx.world, params),
        "DeleteStateMachineVersion" => versions::delete(states, params),
        "ListStateMachineVersions" => versions::list(states, params),
        "CreateStateMachineAlias" => versions::create_alias(states, cx.world, params),
        "UpdateStateMachineAlias" => versions::update_alias(states, cx.world, params),
        "DeleteStateMachineAlias" => versions::delete_alias(states, params),
        "DescribeStateMachineAlias" => versions::describe_alias(states, params),
        "ListStateMachineAliases" => versions::list_aliases(states, params),
        "TagResource" => activities::tag(states, params),
        "UntagResource" => activities::untag(states, params),
        "ListTagsForResource" => activities::list_tags(states, params),
        "CreateActivity" => activities::create(states, cx.world, params),
        "DeleteActivity" => activities::delete(states, params),
        "DescribeActivity" => activities::describe(states, cx.world, params),
        "ListActivities" => activities::list(states, cx.world, params),
        "GetActivityTask" => activities::poll(states, cx, incoming),
        "SendTaskSuccess" => tokens::success(states, cx, params),
        "SendTaskFailure" => tokens::failure(states, cx, params),
        "SendTaskHeartbeat" => tokens::heartbeat(states, cx, params),
        "StartExecution" => executions::start(states, cx.world, incoming),
        "StartSyncExecution" => executions::start_sync(states, cx.world, incoming),
        "StopExecution" => executions::stop(states, cx, params),
        "RedriveExecution" => executions::redrive(states, cx, params),
        "DescribeExecution" => described::describe(states, params),
        "DescribeStateMachineForExecution" => described::describe_machine(states, params),
        "ListExecutions" => described::list(states, params),
        "GetExecutionHistory" => history::get(states, params),
        "DescribeMapRun" => map_runs::describe(states, params),
        "ListMapRuns" => map_runs::list(states, params),
        "UpdateMapRun" => map_runs::update(states, cx, params),
        "TestState" => test_state::test(states, cx.world, incoming),
        _ => return None,
    };
    Some(answer.map_err(Into::into))
}

/// The operations of the service `coldstart`, which AWS does not have: the mock configuration is a command like any other,
/// so that a link replays with it.
///
/// `PutMockConfiguration` takes `configuration`, the text or the JSON of a mock configuration; `GetMockConfiguration` gives it
/// back and `DeleteMockConfiguration` forgets it. Executions that run already keep the test case that they began with.
///
/// AWS keeps no Express executions; the engine does, as long as Standard ones, and `ListExpressExecutions`, `DescribeExpressExecution`,
/// `DescribeStateMachineForExpressExecution` and `GetExpressExecutionHistory` read them with the members of their namesakes in AWS.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn handle_mocks(
    states: &mut States,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let answer = match incoming.caller.operation.as_str() {
        "PutMockConfiguration" => put_mocks(states, incoming.params),
        "GetMockConfiguration" => respond(json!({ "configuration": states.mocks.source() })),
        "DeleteMockConfiguration" => {
            states.mocks = MockConfig::default();
            respond(json!({}))
        }
        "ListExpressExecutions" => described::list_express(states, incoming.params),
        "DescribeExpressExecution" => described::describe_express(states, incoming.params),
        "DescribeStateMachineForExpressExecution" => {
            described::describe_express_machine(states, incoming.params)
        }
        "GetExpressExecutionHistory" => history::get_express(states, incoming.params),
        _ => return None,
    };
    Some(answer.map_err(Into::into))
}

fn put_mocks(states: &mut States, params: &Params) -> Answer {
    let read = match params.get("configuration") {
        Some(Value::String(text)) => MockConfig::parse(text),
        Some(value) => MockConfig::read(value.clone()),
        None => Err(vec!["/: the parameter configuration is missing".to_owned()]),
    };
    states.mocks = read.map_err(|faults| StatesError::Validation(faults.join("\n")))?;
    respond(json!({}))
}

/// An answer with status 200.
pub(crate) fn respond(output: Value) -> Answer {
    Ok(Response { status: 200, output }.into())
}

/// An answer without members.
pub(crate) fn done() -> Answer {
    respond(Value::Object(Map::new()))
}

/// A text member; empty when it is not there, which the model has refused where it matters.
pub(crate) fn text<'a>(params: &'a Params, key: &str) -> &'a str {
    optional(params, key).unwrap_or_default()
}

/// A text member that may be absent.
pub(crate) fn optional<'a>(params: &'a Params, key: &str) -> Option<&'a str> {
    params.get(key).and_then(Value::as_str)
}

/// Whether a Boolean member is true.
pub(crate) fn flag(params: &Params, key: &str) -> bool {
    params.get(key).and_then(Value::as_bool) == Some(true)
}
