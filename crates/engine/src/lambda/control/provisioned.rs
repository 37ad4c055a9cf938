//! Configuration of provisioned concurrency. It is kept, checked and shown with its states; environments are not made ahead yet.

use super::super::api::{self, Answer, respond};
use super::super::costs;
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::super::model::Function;
use super::concurrency::{UNRESERVED_MIN, unreserved};
use super::policy::required;
use super::{
    Due, absent_qualifier, done, function_mut, invalid, paging, qualified_arn, schedule, versions,
};
use crate::calendar;
use crate::world::{Params, World};
use serde_json::{Value, json};

/// Of one version or alias.
#[derive(Debug)]
pub(crate) struct Provisioned {
    requested: u64,
    ready: bool,
    change: u64,
    modified_ms: u64,
}

impl Provisioned {
    fn describe(&self) -> Value {
        let there = if self.ready { self.requested } else { 0 };
        json!({
            "RequestedProvisionedConcurrentExecutions": self.requested,
            "AvailableProvisionedConcurrentExecutions": there,
            "AllocatedProvisionedConcurrentExecutions": there,
            "Status": if self.ready { "READY" } else { "IN_PROGRESS" },
            "LastModified": calendar::last_modified(self.modified_ms),
        })
    }
}

/// Provisioned for all of a function's versions and aliases.
pub(super) fn total(function: &Function) -> u64 {
    function.control.provisioned.values().map(|one| one.requested).sum()
}

/// Name and qualifier of a published version or alias that is there; `latest` is what is said of `$LATEST`.
fn named(
    lambda: &Lambda,
    world: &World,
    params: &Params,
    latest: &str,
) -> Result<(String, String), LambdaError> {
    required(params, "Qualifier", "qualifier")?;
    let (name, qualifier) = api::named(world, params)?;
    let qualifier = qualifier.unwrap_or_default();
    if qualifier == "$LATEST" {
        return Err(invalid(latest));
    }
    let known = lambda.functions.get(&name);
    if known.and_then(|known| versions::number(known, &qualifier)).is_none() {
        return Err(absent_qualifier(world, &name, &qualifier));
    }
    Ok((name, qualifier))
}

const NOT_PUBLISHED: &str =
    "The function resource provided must be an alias or a published version.";

pub(super) fn put(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let unpublished =
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";
    let (name, qualifier) = named(lambda, world, params, unpublished)?;
    let requested = api::number(params, "ProvisionedConcurrentExecutions")?
        .ok_or_else(|| api::missing("provisionedConcurrentExecutions"))?;
    let known = super::function(lambda, world, &name)?;
    let control = &known.control;
    let others: u64 = control
        .provisioned
        .iter()
        .filter(|(key, _)| **key != qualifier)
        .map(|(_, one)| one.requested)
        .sum();
    match control.reserved {
        Some(reserved) if others.saturating_add(requested) > reserved => {
            return Err(invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
            ));
        }
        Some(_) => {}
        None => {
            let left = unreserved(lambda);
            if others.saturating_add(requested) > left {
                return Err(invalid(format!(
                    "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{left}]."
                )));
            }
            if others.saturating_add(requested) > left.saturating_sub(UNRESERVED_MIN) {
                return Err(invalid(format!(
                    "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_MIN}]."
                )));
            }
        }
    }
    match control.aliases.get(&qualifier) {
        Some(alias) if control.provisioned.contains_key(&alias.version.to_string()) => {
            return Err(LambdaError::conflict(
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
            ));
        }
        Some(_) => {}
        None => {
            let number = versions::parse(&qualifier).unwrap_or(0);
            let mut aliases = control.aliases.iter();
            if aliases
                .any(|(alias, to)| to.version == number && control.provisioned.contains_key(alias))
            {
                return Err(LambdaError::conflict(
                    "Version is pointed by a Provisioned Concurrency alias",
                ));
            }
        }
    }
    lambda.control.changes += 1;
    let change = lambda.control.changes;
    let one = Provisioned { requested, ready: false, change, modified_ms: world.unix_ms() };
    let output = one.describe();
    function_mut(lambda, world, &name)?.control.provisioned.insert(qualifier.clone(), one);
    let at = world.now.after_micros(costs::PROVISION_US.saturating_mul(requested));
    schedule(world, at, Due::Provisioned { function: name, qualifier, change });
    respond(202, output)
}

pub(super) fn settle(lambda: &mut Lambda, function: &str, qualifier: &str, change: u64) {
    let known = lambda.functions.get_mut(function);
    let one = known.and_then(|known| known.control.provisioned.get_mut(qualifier));
    if let Some(one) = one.filter(|one| one.change == change) {
        one.ready = true;
    }
}

pub(super) fn get(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, qualifier) = named(lambda, world, params, NOT_PUBLISHED)?;
    match super::function(lambda, world, &name)?.control.provisioned.get(&qualifier) {
        Some(one) => respond(200, one.describe()),
        None => Err(LambdaError::Other {
            code: "ProvisionedConcurrencyConfigNotFoundException",
            status: 404,
            message: "No Provisioned Concurrency Config found for this function".into(),
        }),
    }
}

pub(super) fn delete(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let (name, qualifier) = named(lambda, world, params, NOT_PUBLISHED)?;
    function_mut(lambda, world, &name)?.control.provisioned.remove(&qualifier);
    done(204)
}

pub(super) fn list(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, _) = api::named(world, params)?;
    let known = super::function(lambda, world, &name)?;
    let items = known.control.provisioned.iter().map(|(qualifier, one)| {
        let mut item = one.describe();
        item["FunctionArn"] = json!(qualified_arn(world, &name, Some(qualifier)));
        (qualifier.clone(), item)
    });
    paging::page("ProvisionedConcurrencyConfigs", items.collect(), params, 50)
}
