//! Reserved concurrency: a function's own part of the account's.

use super::super::api::{self, Answer, respond};
use super::super::costs;
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::{absent, done, invalid, unqualified};
use crate::world::{Params, World};
use serde_json::json;

/// "You can reserve up to the Unreserved account concurrency value minus 100" (Configuring reserved concurrency).
pub(super) const UNRESERVED_MIN: u64 = 100;

fn reserved(lambda: &Lambda, but: &str) -> u64 {
    let others = lambda.functions.values().filter(|function| function.name != but);
    others.filter_map(|function| function.control.reserved).sum()
}

/// What is left for functions that have nothing reserved.
pub(crate) fn unreserved(lambda: &Lambda) -> u64 {
    (costs::CONCURRENT_EXECUTIONS_MAX as u64).saturating_sub(reserved(lambda, ""))
}

/// AWS's reason when an invocation of this function would go over what is reserved for it, or over what others leave.
#[inline(never)]
pub(crate) fn exceeded(lambda: &Lambda, name: &str) -> Option<&'static str> {
    if let Some(reserved) = lambda.functions.get(name)?.control.reserved {
        return (lambda.capacity.taken_by(name) >= reserved)
            .then_some("ReservedFunctionConcurrentInvocationLimitExceeded");
    }
    let with = lambda.functions.values().filter(|function| function.control.reserved.is_some());
    let theirs: u64 = with.map(|function| lambda.capacity.taken_by(&function.name)).sum();
    (lambda.capacity.taken().saturating_sub(theirs) >= unreserved(lambda))
        .then_some("ConcurrentInvocationLimitExceeded")
}

fn plain_name(world: &World, params: &Params) -> Result<String, LambdaError> {
    match api::named(world, params)? {
        (name, None) => Ok(name),
        _ => Err(invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
        )),
    }
}

pub(super) fn put(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let name = plain_name(world, params)?;
    let wanted = api::number(params, "ReservedConcurrentExecutions")?
        .ok_or_else(|| api::missing("reservedConcurrentExecutions"))?;
    let Some(function) = lambda.functions.get(&name) else {
        return Err(absent(world, &name, Some("$LATEST")));
    };
    let provisioned = super::provisioned::total(function);
    if wanted < provisioned {
        return Err(invalid(format!(
            " ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned concurrency [{provisioned}]."
        )));
    }
    let left = (costs::CONCURRENT_EXECUTIONS_MAX as u64).saturating_sub(reserved(lambda, &name));
    if wanted > 0 && left.saturating_sub(UNRESERVED_MIN) < wanted {
        return Err(invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_MIN}]."
        )));
    }
    unqualified(lambda, world, params)?.control.reserved = Some(wanted);
    lambda.control.reserves = true;
    respond(200, json!({ "ReservedConcurrentExecutions": wanted }))
}

pub(super) fn get(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let name = plain_name(world, params)?;
    match super::function(lambda, world, &name)?.control.reserved {
        Some(reserved) => respond(200, json!({ "ReservedConcurrentExecutions": reserved })),
        None => done(200),
    }
}

pub(super) fn delete(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    plain_name(world, params)?;
    unqualified(lambda, world, params)?.control.reserved = None;
    lambda.control.reserves = lambda.functions.values().any(|f| f.control.reserved.is_some());
    done(204)
}
