//! Small settings of a function: recursion, the runtime's updates, code signing.

use super::super::api::{self, Answer, respond};
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::{absent_qualifier, done, function, unqualified, versions};
use crate::world::{Params, World};
use serde_json::json;

/// Kept and shown: loops are not looked for yet.
pub(super) fn put_recursion(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let allowed = api::text(params, "RecursiveLoop")? == Some("Allow");
    unqualified(lambda, world, params)?.control.recursion_allowed = allowed;
    get_recursion(lambda, world, params)
}

pub(super) fn get_recursion(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, _) = api::named(world, params)?;
    let allowed = function(lambda, world, &name)?.control.recursion_allowed;
    respond(200, json!({ "RecursiveLoop": if allowed { "Allow" } else { "Terminate" } }))
}

/// A module has no runtime whose version could be chosen, so `Manual` is refused.
pub(super) fn put_runtime(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let mode = api::text(params, "UpdateRuntimeOn")?.unwrap_or("Auto").to_owned();
    if mode == "Manual" || api::text(params, "RuntimeVersionArn")?.is_some() {
        return Err(LambdaError::not_emulated(
            "UpdateRuntimeOn Manual of PutRuntimeManagementConfig",
        ));
    }
    let (name, qualifier) = runtime_qualifier(lambda, world, params)?;
    let updates = &mut super::function_mut(lambda, world, &name)?.control.runtime_updates;
    updates.insert(qualifier.unwrap_or_else(|| "$LATEST".into()), mode);
    get_runtime(lambda, world, params)
}

pub(super) fn get_runtime(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, qualifier) = runtime_qualifier(lambda, world, params)?;
    let qualifier = qualifier.unwrap_or_else(|| "$LATEST".into());
    let known = function(lambda, world, &name)?;
    let mode = known.control.runtime_updates.get(&qualifier).map_or("Auto", String::as_str);
    let arn = super::qualified_arn(world, &name, Some(&qualifier));
    respond(200, json!({ "UpdateRuntimeOn": mode, "FunctionArn": arn }))
}

fn runtime_qualifier(
    lambda: &Lambda,
    world: &World,
    params: &Params,
) -> Result<(String, Option<String>), LambdaError> {
    let (name, qualifier) = api::named(world, params)?;
    let known = function(lambda, world, &name)?;
    match qualifier {
        Some(other) if other != "$LATEST" && versions::number(known, &other).is_none() => {
            Err(absent_qualifier(world, &name, &other))
        }
        qualifier => Ok((name, qualifier)),
    }
}

/// No function has any: the operations that give it one are refused by name.
pub(super) fn get_code_signing(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, _) = api::named(world, params)?;
    function(lambda, world, &name)?;
    done(200)
}
