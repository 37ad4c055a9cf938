//! One function per operation of the Lambda API: validate, act, answer or refuse.
//!
//! Parameters that change behaviour and are not emulated are refused by name (`NotImplementedException`, 501, ours);
//! parameters that AWS only stores and shows are stored and shown.

mod functions;
mod invoke;
mod names;
mod params;
mod settings;

use super::control;
use super::environment::{Cx, Lambda};
use super::errors::LambdaError;
use crate::world::{Incoming, Outcome};
use crate::{ApiError, Response};
use serde_json::Value;

pub(super) use functions::{announce, settle};
pub(super) use names::{function_arn, named};
pub(crate) use params::blob_bytes;
pub(super) use params::{is_empty, missing, number, object, refuse_other_members, tags, text};

pub(super) type Answer = Result<Outcome, LambdaError>;

/// The operations that are emulated; none for others.
pub(crate) fn handle(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let params = incoming.params;
    let world = &mut *cx.world;
    let answer = match incoming.caller.operation.as_str() {
        "CreateFunction" => functions::create_function(lambda, cx, params),
        "GetFunction" => functions::get_function(lambda, world, params),
        "GetFunctionConfiguration" => functions::get_function_configuration(lambda, world, params),
        "ListFunctions" => functions::list_functions(lambda, params),
        "UpdateFunctionCode" => functions::update_function_code(lambda, cx, params),
        "UpdateFunctionConfiguration" => {
            functions::update_function_configuration(lambda, cx, params)
        }
        "DeleteFunction" => functions::delete_function(lambda, world, params),
        "Invoke" => invoke::invoke(lambda, cx, incoming),
        operation => {
            return control::handle(lambda, cx, operation, params).map(|a| a.map_err(Into::into));
        }
    };
    Some(answer.map_err(Into::into))
}

pub(super) fn respond(status: u16, output: impl Into<Value>) -> Answer {
    Ok(Response { status, output: output.into() }.into())
}
