//! Provisioned concurrency: what is asked for, and the environments that are made ahead for it.
//!
//! Follows "Configuring provisioned concurrency for a function": one environment every ten milliseconds, which is 6,000 a minute; READY when
//! all have run their init code, FAILED when one could not. An alias that sends a part of its invocations to a second version has that part of
//! its environments there (inferred); one that moves gets new ones.
//!
//! Invariant: environments and those still to come are never more than what is asked for.

use super::super::api::{self, Answer, respond};
use super::super::costs;
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::super::model::Function;
use super::concurrency::{UNRESERVED_MIN, exceeded, unreserved};
use super::policy::required;
use super::{
    Due, absent_qualifier, done, function_mut, invalid, paging, qualified_arn, schedule, versions,
};
use crate::world::{Params, World};
use crate::{Fact, Timestamp, calendar};
use serde_json::{Value, json};

/// Of one version or alias.
#[derive(Debug)]
pub(crate) struct Provisioned {
    requested: u64,
    status: Status,
    /// Environments that are there, and those of them that have run their init code.
    allocated: u64,
    available: u64,
    change: u64,
    modified_ms: u64,
    /// Of each environment. The versions of an alias rarely differ: the first one's counts.
    memory_mb: u64,
    /// Megabytes times microseconds that were provisioned up to `counted_at`.
    mb_us: u64,
    counted_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    InProgress,
    Ready,
    Failed,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Ready => "READY",
            Self::Failed => "FAILED",
        }
    }
}

/// What has become of a provisioned environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is available.
    Changed,
    /// Its init code has failed.
    Failed,
    /// It was reclaimed.
    Gone,
}

/// Why a configuration is FAILED, as recorded.
const INIT_FAILURE: &str = "FUNCTION_ERROR_INIT_FAILURE";

impl Provisioned {
    fn describe(&self) -> Value {
        // While it is in progress, AWS shows nothing as allocated before it is available.
        let mut output = json!({
            "RequestedProvisionedConcurrentExecutions": self.requested,
            "AvailableProvisionedConcurrentExecutions": self.available,
            "AllocatedProvisionedConcurrentExecutions": self.available,
            "Status": self.status.name(),
            "LastModified": calendar::last_modified(self.modified_ms),
        });
        if self.status == Status::Failed {
            output["StatusReason"] = json!(INIT_FAILURE);
        }
        output
    }
}

/// Provisioned for all of a function's versions and aliases.
pub(super) fn total(function: &Function) -> u64 {
    function.control.provisioned.values().map(|one| one.requested).sum()
}

/// How many environments of which versions a qualifier's configuration asks for.
fn targets(function: &Function, qualifier: &str, requested: u64) -> Vec<(u64, u64)> {
    match function.control.aliases.get(qualifier) {
        Some(alias) => alias.shares(requested),
        None => versions::parse(qualifier).map(|number| (number, requested)).into_iter().collect(),
    }
}

/// Whether there is provisioned concurrency for a version.
#[inline(never)]
pub(crate) fn covers(function: &Function, version: u64) -> bool {
    let mut all = function.control.provisioned.iter();
    all.any(|(qualifier, one)| {
        targets(function, qualifier, one.requested).iter().any(|(number, _)| *number == version)
    })
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
    let mut versions = targets(known, &qualifier, requested).into_iter();
    if versions.any(|(version, _)| known.deployment(version).is_some_and(|it| it.is_snap_start())) {
        return Err(versions::not_with_snapshots("Provisioned Concurrency"));
    }
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
            let plain = lambda
                .functions
                .values()
                .filter(|f| f.control.reserved.is_none() && f.name != name);
            let left = unreserved(lambda).saturating_sub(plain.map(total).sum());
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
    let before = control.provisioned.get(&qualifier);
    let (mb_us, counted_at) = before.map_or((0, world.now), |one| (one.mb_us, one.counted_at));
    let allocated = before.map_or(0, |one| one.allocated);
    let one = Provisioned {
        requested,
        status: Status::InProgress,
        allocated,
        available: before.map_or(0, |one| one.available),
        change: 0,
        modified_ms: world.unix_ms(),
        memory_mb: before.map_or(0, |one| one.memory_mb),
        mb_us,
        counted_at,
    };
    let output = one.describe();
    function_mut(lambda, world, &name)?.control.provisioned.insert(qualifier.clone(), one);
    begin(lambda, world, &name, &qualifier);
    respond(202, output)
}

fn of<'a>(lambda: &'a mut Lambda, function: &str, qualifier: &str) -> Option<&'a mut Provisioned> {
    lambda.functions.get_mut(function)?.control.provisioned.get_mut(qualifier)
}

/// What is asked for has changed: environments are made and taken away from now on.
fn begin(lambda: &mut Lambda, world: &mut World, function: &str, qualifier: &str) {
    count(lambda, world, function, qualifier);
    lambda.control.changes += 1;
    let change = lambda.control.changes;
    let known = lambda.functions.get(function);
    let version = known.and_then(|known| versions::number(known, qualifier)).unwrap_or(0);
    let deployment = known.and_then(|known| known.deployment(version));
    let Some(one) = of(lambda, function, qualifier) else { return };
    one.memory_mb = deployment.map_or(0, |it| it.settings.memory_mb);
    one.change = change;
    one.status = Status::InProgress;
    again(world, function, qualifier, change, costs::PROVISION_US);
    tell(lambda, world, function, qualifier);
}

fn again(world: &mut World, function: &str, qualifier: &str, change: u64, micros: u64) {
    let at = world.now.after_micros(micros);
    let due = Due::Provisioned { function: function.into(), qualifier: qualifier.into(), change };
    schedule(world, at, due);
}

/// Makes one environment that is missing, and takes away all that are too many.
pub(super) fn allocate(
    lambda: &mut Lambda,
    world: &mut World,
    function: &str,
    qualifier: &str,
    change: u64,
) {
    let Some(known) = lambda.functions.get(function) else { return };
    let Some(one) = known.control.provisioned.get(qualifier).filter(|one| one.change == change)
    else {
        return;
    };
    if one.status == Status::Failed {
        return;
    }
    let mut wanted = targets(known, qualifier, one.requested);
    for made in lambda.provisioned(function, qualifier) {
        let target =
            wanted.iter_mut().find(|(version, left)| *version == made.version && *left > 0);
        match target {
            Some((_, left)) => *left -= 1,
            None => lambda.release(world, made.environment),
        }
    }
    let missing: u64 = wanted.iter().map(|(_, left)| left).sum();
    if let Some((version, _)) = wanted.into_iter().find(|(_, left)| *left > 0) {
        if lambda.capacity.is_full() || exceeded(lambda, function).is_some() {
            again(world, function, qualifier, change, costs::PROVISION_AGAIN_US);
            return;
        }
        lambda.provision(world, function, qualifier, version);
        if missing > 1 {
            again(world, function, qualifier, change, costs::PROVISION_US);
        }
    }
    settle(lambda, world, function, qualifier);
}

/// From an environment.
#[inline(never)]
pub(crate) fn told(
    lambda: &mut Lambda,
    world: &mut World,
    function: &str,
    qualifier: &str,
    told: Told,
) {
    let Some(one) = of(lambda, function, qualifier) else { return };
    match told {
        Told::Changed => {}
        Told::Failed => one.status = Status::Failed,
        // One that was not to go (the process of a command ends with its event) is made again.
        Told::Gone if one.status != Status::Failed => {
            let change = one.change;
            again(world, function, qualifier, change, costs::PROVISION_US);
        }
        Told::Gone => {}
    }
    settle(lambda, world, function, qualifier);
}

/// Counts what is there, and tells when that has changed.
fn settle(lambda: &mut Lambda, world: &mut World, function: &str, qualifier: &str) {
    let made = lambda.provisioned(function, qualifier);
    let Some(one) = of(lambda, function, qualifier) else { return };
    let allocated = made.len() as u64;
    let available = made.iter().filter(|made| made.available).count() as u64;
    let mut status = one.status;
    if status == Status::InProgress && available == one.requested && allocated == one.requested {
        status = Status::Ready;
    }
    if (allocated, available, status) != (one.allocated, one.available, one.status) {
        count(lambda, world, function, qualifier);
        let Some(one) = of(lambda, function, qualifier) else { return };
        (one.allocated, one.available, one.status) = (allocated, available, status);
        tell(lambda, world, function, qualifier);
    }
}

/// Adds the time since it was last counted.
fn count(lambda: &mut Lambda, world: &World, function: &str, qualifier: &str) {
    let Some(one) = of(lambda, function, qualifier) else { return };
    let micros = world.now.0 - one.counted_at.0;
    let more = one.allocated.saturating_mul(one.memory_mb).saturating_mul(micros);
    one.mb_us = one.mb_us.saturating_add(more);
    one.counted_at = world.now;
}

fn tell(lambda: &mut Lambda, world: &mut World, function: &str, qualifier: &str) {
    let Some(one) = of(lambda, function, qualifier) else { return };
    let reason = (one.status == Status::Failed).then(|| INIT_FAILURE.to_owned());
    world.emit(Fact::ProvisionedConcurrencyChanged {
        function: function.into(),
        qualifier: qualifier.into(),
        status: one.status.name().into(),
        reason,
        requested: one.requested,
        allocated: one.allocated,
        available: one.available,
        mb_ms: one.mb_us / 1_000,
    });
}

/// An alias names another version now, or other weights.
pub(super) fn moved(lambda: &mut Lambda, world: &mut World, function: &str, alias: &str) {
    if of(lambda, function, alias).is_some() {
        begin(lambda, world, function, alias);
    }
}

/// The configuration goes, and its environments with it.
pub(super) fn remove(lambda: &mut Lambda, world: &mut World, function: &str, qualifier: &str) {
    if of(lambda, function, qualifier).is_none() {
        return;
    }
    count(lambda, world, function, qualifier);
    let Some(known) = lambda.functions.get_mut(function) else { return };
    let Some(one) = known.control.provisioned.remove(qualifier) else { return };
    world.emit(Fact::ProvisionedConcurrencyChanged {
        function: function.into(),
        qualifier: qualifier.into(),
        status: "DELETED".into(),
        reason: None,
        requested: 0,
        allocated: 0,
        available: 0,
        mb_ms: one.mb_us / 1_000,
    });
    for made in lambda.provisioned(function, qualifier) {
        lambda.release(world, made.environment);
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

pub(super) fn delete(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let (name, qualifier) = named(lambda, world, params, NOT_PUBLISHED)?;
    remove(lambda, world, &name, &qualifier);
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
