//! Versions: code and configuration as they were when they were published.
//!
//! Invariant: a version's deployment never changes, and its number is not used again.

use super::super::api::{self, Answer, respond};
use super::super::environment::{Lambda, Taken};
use super::super::errors::LambdaError;
use super::super::model::{Deployment, Function, Shown, State};
use super::{function, function_mut, invalid, paging};
use crate::calendar;
use crate::world::{Params, World};
use serde_json::{Value, json};
use std::sync::Arc;

/// A published version.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) state: State,
    /// `StateReasonCode` and `StateReason` of one that failed.
    failure: Option<(&'static str, String)>,
    /// Whether an environment was made to take its snapshot, and the snapshot once it is there.
    optimises: bool,
    snapshot: Option<Taken>,
    revision_id: String,
    last_modified: String,
    /// The description that `$LATEST` had: publishing may have given another.
    source_description: String,
}

/// Number of the version that a qualifier names: its own, or an alias's first; 0 is `$LATEST`. None when there is no such.
#[inline(never)]
pub(crate) fn number(function: &Function, qualifier: &str) -> Option<u64> {
    if let Some(alias) = function.control.aliases.get(qualifier) {
        return Some(alias.version);
    }
    let number = parse(qualifier)?;
    function.control.versions.contains_key(&number).then_some(number)
}

/// Reads a version's number.
pub(super) fn parse(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

/// The version that an invocation with this known qualifier runs on: an alias with weights draws.
#[inline(never)]
pub(crate) fn route(world: &mut World, function: &Function, qualifier: &str) -> u64 {
    match function.control.aliases.get(qualifier) {
        Some(alias) => alias.route(&mut world.rng),
        None => number(function, qualifier).unwrap_or(0),
    }
}

/// What a known qualifier names.
#[inline(never)]
pub(crate) fn shown<'a>(function: &'a Function, qualifier: &'a str) -> Shown<'a> {
    let version = number(function, qualifier);
    match version.and_then(|number| function.control.versions.get(&number)) {
        Some(version) => version.shown(function, qualifier),
        None => function.latest(Some(qualifier)),
    }
}

impl Version {
    fn shown<'a>(&'a self, function: &'a Function, qualifier: &'a str) -> Shown<'a> {
        Shown {
            function,
            qualifier: Some(qualifier),
            deployment: &self.deployment,
            state: self.state,
            failure: self.failure.as_ref(),
            last_update_status: (self.state == State::Active).then_some("Successful"),
            revision_id: &self.revision_id,
            last_modified: &self.last_modified,
        }
    }
}

pub(super) fn publish(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let (name, _) = api::named(world, params)?;
    api::refuse_other_members(
        "PublishVersion",
        params,
        &["FunctionName", "CodeSha256", "Description", "RevisionId"],
    )?;
    let known = function(lambda, world, &name)?;
    if known.state == State::Pending {
        return Err(LambdaError::NotActive { state: known.state.name() });
    }
    if known.is_updating() {
        return Err(LambdaError::UpdateInProgress { arn: known.arn.clone() });
    }
    if api::text(params, "RevisionId")?.is_some_and(|revision| revision != known.revision_id) {
        return Err(LambdaError::RevisionMismatch);
    }
    let current = &known.newest.package.sha256_base64;
    if let Some(given) = api::text(params, "CodeSha256")?
        && !given.is_empty()
        && given != current
    {
        return Err(invalid(format!(
            "CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({current}). Please try again with the CodeSHA256 in $LATEST."
        )));
    }
    let description = api::text(params, "Description")?.map(str::to_owned);
    let number = match unchanged(known) {
        Some(number) => number,
        None => {
            let begins_with_snapshot = known.newest.settings.snap_start;
            let state = if begins_with_snapshot { State::Pending } else { State::Active };
            let number = add(lambda, world, &name, state, description)?;
            let known = function_mut(lambda, world, &name)?;
            known.revision_id = world.rng.uuid();
            if begins_with_snapshot {
                optimise(lambda, world, &name, number);
            }
            number
        }
    };
    let known = function(lambda, world, &name)?;
    respond(201, shown(known, &number.to_string()).describe(world))
}

/// "Lambda doesn't publish a version if the function's configuration and code haven't changed since the last version"
/// (PublishVersion): the number of that version.
fn unchanged(function: &Function) -> Option<u64> {
    let (number, version) = function.control.versions.last_key_value()?;
    if *number != function.control.versions_published {
        return None;
    }
    let newest = &function.newest;
    let mut settings = version.deployment.settings.clone();
    settings.description.clone_from(&version.source_description);
    let same = settings == newest.settings
        && version.deployment.package.sha256_base64 == newest.package.sha256_base64;
    same.then_some(*number)
}

fn add(
    lambda: &mut Lambda,
    world: &mut World,
    name: &str,
    state: State,
    description: Option<String>,
) -> Result<u64, LambdaError> {
    let next = &mut lambda.next_deployment;
    let function =
        lambda.functions.get_mut(name).ok_or_else(|| super::absent(world, name, None))?;
    Ok(make(next, world, function, state, description))
}

fn make(
    next_deployment: &mut u64,
    world: &mut World,
    function: &mut Function,
    state: State,
    description: Option<String>,
) -> u64 {
    function.control.versions_published += 1;
    let number = function.control.versions_published;
    let mut settings = function.newest.settings.clone();
    let source_description = settings.description.clone();
    settings.description = description.unwrap_or(settings.description);
    let deployment = Deployment {
        number: *next_deployment,
        version: number,
        settings,
        package: function.newest.package.clone(),
    };
    *next_deployment += 1;
    let version = Version {
        deployment: Arc::new(deployment),
        state,
        failure: None,
        optimises: false,
        snapshot: None,
        revision_id: world.rng.uuid(),
        last_modified: calendar::last_modified(world.unix_ms()),
        source_description,
    };
    function.control.versions.insert(number, version);
    number
}

/// CreateFunction with `Publish`: version 1, active when the function is. Gives its `Version`.
#[inline(never)]
pub(crate) fn publish_first(
    lambda: &mut Lambda,
    world: &mut World,
    function: &mut Function,
) -> Value {
    let number = make(&mut lambda.next_deployment, world, function, State::Pending, None);
    json!(number.to_string())
}

/// UpdateFunctionCode with `Publish`: the answer is the version's.
#[inline(never)]
pub(crate) fn publish_update(lambda: &mut Lambda, world: &mut World, name: &str) -> Answer {
    let number = match unchanged(function(lambda, world, name)?) {
        Some(number) => number,
        None => add(lambda, world, name, State::Pending, None)?,
    };
    respond(200, shown(function(lambda, world, name)?, &number.to_string()).describe(world))
}

/// The function is active, and so are the versions that were published of what it was on its way to; those that begin with a snapshot
/// have yet to get it.
#[inline(never)]
pub(crate) fn settle(lambda: &mut Lambda, world: &mut World, name: &str) {
    let Some(function) = lambda.functions.get_mut(name) else { return };
    let mut waiting = Vec::new();
    for (number, version) in &mut function.control.versions {
        match version.state {
            State::Pending if !version.deployment.settings.snap_start => {
                version.state = State::Active;
                version.revision_id = world.rng.uuid();
            }
            State::Pending if !version.optimises => waiting.push(*number),
            _ => {}
        }
    }
    for number in waiting {
        optimise(lambda, world, name, number);
    }
}

// SnapStart

/// Has an environment run the version's init code, to take a snapshot of it.
fn optimise(lambda: &mut Lambda, world: &mut World, name: &str, number: u64) {
    let function = lambda.functions.get_mut(name);
    if let Some(version) = function.and_then(|f| f.control.versions.get_mut(&number)) {
        version.optimises = true;
        lambda.snapshot_version(world, name, number);
    }
}

/// What came of it.
#[inline(never)]
pub(crate) fn optimised(
    lambda: &mut Lambda,
    world: &mut World,
    name: &str,
    number: u64,
    outcome: Result<Taken, (&'static str, String)>,
) {
    let Some(function) = lambda.functions.get_mut(name) else { return };
    let Some(version) = function.control.versions.get_mut(&number) else { return };
    version.revision_id = world.rng.uuid();
    match outcome {
        Ok(snapshot) => {
            version.state = State::Active;
            version.snapshot = Some(snapshot);
        }
        Err(failure) => {
            version.state = State::Failed;
            version.failure = Some(failure);
        }
    }
    api::announce(world, function);
}

/// What environments of a version begin with.
#[inline(never)]
pub(crate) fn snapshot(function: &Function, number: u64) -> Option<Taken> {
    function.control.versions.get(&number)?.snapshot.clone()
}

/// Why a version that begins with a snapshot cannot be invoked: it is on its way, or there is none.
#[inline(never)]
pub(crate) fn no_snapshot(state: State) -> LambdaError {
    match state {
        State::Failed => LambdaError::NotActive { state: state.name() },
        // The words of the public API model.
        _ => LambdaError::Other {
            code: "SnapStartNotReadyException",
            status: 409,
            message: "Lambda is initializing your function. You can invoke the function when the function state becomes Active.".into(),
        },
    }
}

/// What SnapStart cannot be with. The sentence is AWS's, as reported for other things.
#[inline(never)]
pub(crate) fn not_with_snapshots(what: &str) -> LambdaError {
    invalid(format!("{what} is not supported for SnapStart enabled functions."))
}

/// DeleteFunction of a version. AWS does not mind that one is not there.
#[inline(never)]
pub(crate) fn delete(
    lambda: &mut Lambda,
    world: &mut World,
    name: &str,
    qualifier: &str,
) -> Result<(), LambdaError> {
    let known = function_mut(lambda, world, name)?;
    let Some(number) = parse(qualifier) else {
        return Err(invalid(
            "Deletion of aliases is not currently supported. Use DeleteAlias to delete an alias.",
        ));
    };
    let users: Vec<&str> = known
        .control
        .aliases
        .iter()
        .filter(|(_, alias)| alias.uses(number))
        .map(|(name, _)| name.as_str())
        .collect();
    if !users.is_empty() {
        return Err(LambdaError::conflict(format!(
            "Version {number} cannot be deleted. It is referenced by aliases: [{}]",
            users.join(", ")
        )));
    }
    if known.control.versions.remove(&number).is_some() {
        super::provisioned::remove(lambda, world, name, qualifier);
        let known = function_mut(lambda, world, name)?;
        known.control.policies.remove(qualifier);
        known.control.event_invoke_configs.remove(qualifier);
        lambda.retire_environments(world, name);
    }
    Ok(())
}

/// `$LATEST` and then versions by number, as items of a page.
fn items(function: &Function) -> Vec<(String, Value)> {
    let name = &function.name;
    let latest = function.latest(Some("$LATEST")).describe_in_list();
    let mut all = vec![(format!("{name}:$"), Value::Object(latest))];
    for (number, version) in &function.control.versions {
        let qualifier = number.to_string();
        let shown = version.shown(function, &qualifier).describe_in_list();
        all.push((format!("{name}:{number:020}"), Value::Object(shown)));
    }
    all
}

pub(super) fn list(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, _) = api::named(world, params)?;
    paging::page("Versions", items(function(lambda, world, &name)?), params, 50)
}

/// ListFunctions of all versions.
#[inline(never)]
pub(crate) fn list_all(lambda: &Lambda, params: &Params) -> Answer {
    let mut all: Vec<_> = lambda.functions.values().flat_map(items).collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    paging::page("Functions", all, params, 50)
}
