//! Aliases: names of versions, which may send a part of the invocations to a second one.

use super::super::api::{self, Answer, respond};
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::super::model::{Function, version_name};
use super::{
    absent, done, function, function_mut, invalid, paging, provisioned, qualified_arn, versions,
};
use crate::rng::Rng;
use crate::world::{Params, World};
use serde_json::{Value, json};

/// An alias.
#[derive(Debug, Clone)]
pub(crate) struct Alias {
    /// 0 is `$LATEST`.
    pub(crate) version: u64,
    description: String,
    pub(super) revision_id: String,
    /// A second version and its part of the invocations, 0 to 1.
    second: Option<(u64, f64)>,
}

impl Alias {
    /// Draws the version of one invocation; without a second version nothing is drawn.
    pub(super) fn route(&self, rng: &mut Rng) -> u64 {
        // 53 bits are what a float holds exactly.
        const STEPS: u64 = 1 << 53;
        match self.second {
            Some((version, weight)) if (rng.below(STEPS) as f64) < weight * STEPS as f64 => version,
            _ => self.version,
        }
    }

    /// How many of so many environments each of its versions has: those of the second one are its weight's, rounded down.
    pub(super) fn shares(&self, count: u64) -> Vec<(u64, u64)> {
        match self.second {
            None => vec![(self.version, count)],
            Some((second, weight)) => {
                let theirs = ((count as f64 * weight) as u64).min(count);
                vec![(self.version, count - theirs), (second, theirs)]
            }
        }
    }

    pub(super) fn uses(&self, version: u64) -> bool {
        self.version == version || self.second.is_some_and(|(second, _)| second == version)
    }

    fn describe(&self, function: &Function, name: &str) -> Value {
        let mut output = json!({
            "AliasArn": format!("{}:{name}", function.arn),
            "Name": name,
            "FunctionVersion": version_name(self.version),
            "Description": self.description,
            "RevisionId": self.revision_id,
        });
        if let Some((version, weight)) = self.second {
            output["RoutingConfig"] =
                json!({ "AdditionalVersionWeights": { version.to_string(): weight } });
        }
        output
    }
}

/// The version that `FunctionVersion` names; 0 is `$LATEST`.
fn version(world: &World, function: &Function, given: &str) -> Result<u64, LambdaError> {
    if given == "$LATEST" {
        return Ok(0);
    }
    let known = versions::parse(given).filter(|n| function.control.versions.contains_key(n));
    known.ok_or_else(|| absent(world, &function.name, Some(given)))
}

/// Checks `RoutingConfig` for an alias of `version`: a second version and its weight, if any.
fn second(
    world: &World,
    function: &Function,
    version: u64,
    config: &Params,
) -> Result<Option<(u64, f64)>, LambdaError> {
    let Some(weights) = api::object(config, "AdditionalVersionWeights")? else { return Ok(None) };
    if weights.len() > 1 {
        return Err(invalid(
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ));
    }
    let Some((key, weight)) = weights.iter().next() else { return Ok(None) };
    let weight = weight.as_f64().unwrap_or(-1.0);
    let constraint = |what: &str| {
        LambdaError::Validation(format!(
            "1 validation error detected: Value '{{{key}={weight:?}}}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: {what}"
        ))
    };
    if !(0.0..=1.0).contains(&weight) {
        return Err(constraint(
            "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
        ));
    }
    if *key == version_name(version) {
        return Err(invalid(format!(
            "Invalid function version {key}. Function version {key} is already included in routing configuration."
        )));
    }
    if version == 0 {
        return Err(invalid(
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ));
    }
    let Some(number) = versions::parse(key) else {
        return Err(constraint(
            "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]",
        ));
    };
    if !function.control.versions.contains_key(&number) {
        return Err(absent(world, &function.name, Some(key)));
    }
    Ok(Some((number, weight)))
}

fn name(params: &Params) -> Result<String, LambdaError> {
    Ok(api::text(params, "Name")?.ok_or_else(|| api::missing("name"))?.to_owned())
}

pub(super) fn create(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let (of, _) = api::named(world, params)?;
    let name = name(params)?;
    let known = function(lambda, world, &of)?;
    let given =
        api::text(params, "FunctionVersion")?.ok_or_else(|| api::missing("functionVersion"))?;
    let version = version(world, known, given)?;
    let second = match api::object(params, "RoutingConfig")? {
        Some(config) => second(world, known, version, config)?,
        None => None,
    };
    if known.control.aliases.contains_key(&name) {
        let arn = qualified_arn(world, &of, Some(&name));
        return Err(LambdaError::conflict(format!("Alias already exists: {arn}")));
    }
    let description = api::text(params, "Description")?.unwrap_or_default().to_owned();
    let alias = Alias { version, description, revision_id: world.rng.uuid(), second };
    let known = function_mut(lambda, world, &of)?;
    let output = alias.describe(known, &name);
    known.control.aliases.insert(name, alias);
    respond(201, output)
}

pub(super) fn get(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (of, _) = api::named(world, params)?;
    let name = name(params)?;
    let known = lambda.functions.get(&of);
    let alias = known.and_then(|known| Some((known, known.control.aliases.get(&name)?)));
    match alias {
        Some((known, alias)) => respond(200, alias.describe(known, &name)),
        None => {
            let arn = qualified_arn(world, &of, Some(&name));
            Err(LambdaError::not_found(format!("Cannot find alias arn: {arn}")))
        }
    }
}

pub(super) fn update(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let (of, _) = api::named(world, params)?;
    let name = name(params)?;
    let known = function(lambda, world, &of)?;
    let Some(alias) = known.control.aliases.get(&name) else {
        let arn = qualified_arn(world, &of, Some(&name));
        return Err(LambdaError::not_found(format!("Alias not found: {arn}")));
    };
    if api::text(params, "RevisionId")?.is_some_and(|revision| revision != alias.revision_id) {
        return Err(LambdaError::RevisionMismatch);
    }
    let mut alias = alias.clone();
    if let Some(given) = api::text(params, "FunctionVersion")? {
        alias.version = version(world, known, given)?;
    }
    if let Some(description) = api::text(params, "Description")? {
        alias.description = description.to_owned();
    }
    if let Some(config) = api::object(params, "RoutingConfig")? {
        alias.second = second(world, known, alias.version, config)?;
    } else if alias.second.is_some_and(|(second, _)| second == alias.version) {
        let version = alias.version;
        return Err(invalid(format!(
            "Invalid function version {version}. Function version {version} is already included in routing configuration."
        )));
    }
    alias.revision_id = world.rng.uuid();
    let known = function_mut(lambda, world, &of)?;
    let output = alias.describe(known, &name);
    let before = known.control.aliases.insert(name.clone(), alias.clone());
    if before.is_none_or(|before| before.version != alias.version || before.second != alias.second)
    {
        provisioned::moved(lambda, world, &of, &name);
    }
    respond(200, output)
}

/// An alias that is not there was deleted before.
pub(super) fn delete(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let (of, _) = api::named(world, params)?;
    let name = name(params)?;
    function_mut(lambda, world, &of)?;
    provisioned::remove(lambda, world, &of, &name);
    let control = &mut function_mut(lambda, world, &of)?.control;
    control.aliases.remove(&name);
    control.policies.remove(&name);
    control.urls.remove(&name);
    control.event_invoke_configs.remove(&name);
    done(204)
}

pub(super) fn list(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (of, _) = api::named(world, params)?;
    let known = function(lambda, world, &of)?;
    let wanted = api::text(params, "FunctionVersion")?;
    let uses = |alias: &Alias| match wanted {
        None => true,
        Some("$LATEST") => alias.uses(0),
        Some(version) => versions::parse(version).is_some_and(|number| alias.uses(number)),
    };
    let aliases = known.control.aliases.iter().filter(|(_, alias)| uses(alias));
    let items = aliases.map(|(name, alias)| (name.clone(), alias.describe(known, name))).collect();
    paging::page("Aliases", items, params, 50)
}
