//! Which function, version or alias a request names.

use super::params::{missing, text};
use crate::arn::{FunctionReference, parse_function};
use crate::lambda::control;
use crate::lambda::environment::Lambda;
use crate::lambda::errors::LambdaError;
use crate::lambda::model::{Function, Shown};
use crate::world::{Params, World};

/// How an absent function's ARN is written: it depends on the operation, as recorded.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum NotFound {
    /// With the qualifier that was given, if one was.
    AsNamed,
    /// Without any.
    Unqualified,
    /// With `$LATEST` when none was given.
    Latest,
}

/// The function that `FunctionName` and `Qualifier` name, and the qualifier: `$LATEST`, a version that is there or an alias;
/// to DeleteFunction it may be anything.
pub(super) fn find<'a>(
    lambda: &'a Lambda,
    world: &World,
    params: &Params,
    not_found: NotFound,
) -> Result<(&'a Function, Option<String>), LambdaError> {
    let (name, qualifier) = named(world, params)?;
    let function = lambda.functions.get(&name);
    if let Some(function) = function
        && (not_found == NotFound::Unqualified || is_known(function, qualifier.as_deref()))
    {
        return Ok((function, qualifier));
    }
    let mut arn = function_arn(world, &name);
    let shown = match not_found {
        NotFound::AsNamed => qualifier,
        NotFound::Unqualified => None,
        NotFound::Latest => Some(qualifier.unwrap_or_else(|| "$LATEST".into())),
    };
    if let Some(qualifier) = shown {
        arn += ":";
        arn += &qualifier;
    }
    Err(LambdaError::FunctionNotFound { arn })
}

/// Name and qualifier that `FunctionName` and `Qualifier` give together.
pub(in crate::lambda) fn named(
    world: &World,
    params: &Params,
) -> Result<(String, Option<String>), LambdaError> {
    let named = reference(world, params)?;
    match (named.qualifier, text(params, "Qualifier")?) {
        (Some(derived), Some(given)) if derived != given => Err(LambdaError::QualifierMismatch),
        (derived, given) => Ok((named.name, derived.or(given.map(str::to_owned)))),
    }
}

fn is_known(function: &Function, qualifier: Option<&str>) -> bool {
    match qualifier {
        None | Some("$LATEST") => true,
        Some(qualifier) => control::versions::number(function, qualifier).is_some(),
    }
}

/// What a qualifier that is known names.
pub(super) fn shown<'a>(function: &'a Function, qualifier: Option<&'a str>) -> Shown<'a> {
    match qualifier {
        None | Some("$LATEST") => function.latest(qualifier),
        Some(other) => control::versions::shown(function, other),
    }
}

/// Reads `FunctionName`; refuses those of other accounts and regions.
pub(in crate::lambda) fn reference(
    world: &World,
    params: &Params,
) -> Result<FunctionReference, LambdaError> {
    let given = text(params, "FunctionName")?.ok_or_else(|| missing("functionName"))?;
    let reference = parse_function(given).ok_or_else(|| {
        LambdaError::Validation(format!(
            "1 validation error detected: Value '{given}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{{2}}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{{1}}:)?(\\d{{12}}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
        ))
    })?;
    if let Some(theirs) = reference.region.as_ref().filter(|region| **region != world.config.region)
    {
        return Err(LambdaError::OtherRegion {
            theirs: theirs.clone(),
            ours: world.config.region.clone(),
        });
    }
    if reference.account.as_ref().is_some_and(|account| *account != world.config.account) {
        return Err(LambdaError::OtherAccount);
    }
    Ok(reference)
}

pub(in crate::lambda) fn function_arn(world: &World, name: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{name}", world.config.region, world.config.account)
}
