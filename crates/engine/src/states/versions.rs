//! Versions and aliases of state machines.

use super::api::{Answer, done, optional, respond, text};
use super::arn::{self, Named};
use super::errors::StatesError;
use super::machines::version_number;
use super::model::{Alias, StateMachine, date, now};
use super::paging;
use super::runs::States;
use crate::rng::Rng;
use crate::world::{Params, World};
use serde_json::{Value, json};
use std::sync::Arc;

/// "You can create up to 100 aliases for each state machine" (CreateStateMachineAlias).
const ALIASES_MAX: usize = 100;

pub(crate) fn publish(states: &mut States, world: &World, params: &Params) -> Answer {
    let (machine, qualifier) = states.machine(text(params, "stateMachineArn"))?;
    if qualifier.is_some() {
        return Err(StatesError::validation("stateMachineArn must be a state machine ARN"));
    }
    let current = machine.current.id.as_deref();
    if let Some(given) = optional(params, "revisionId")
        && current != Some(given)
        && !(given == "INITIAL" && current.is_none())
    {
        return Err(StatesError::Conflict(format!(
            "Failed to publish the State Machine version for revision {given}. The current State Machine revision is {}.",
            current.unwrap_or("INITIAL")
        )));
    }
    let name = Arc::clone(&machine.name);
    let machine = states.machine_mut(&name);
    let version = machine.publish(optional(params, "description"), now(world));
    let created_at = machine.versions[&version].created_at;
    respond(json!({
        "stateMachineVersionArn": machine.version_arn(version), "creationDate": date(created_at),
    }))
}

/// A version that is not there was deleted before.
pub(crate) fn delete(states: &mut States, params: &Params) -> Answer {
    let given = text(params, "stateMachineVersionArn");
    let (machine, qualifier) = match states.machine(given) {
        Ok(found) => found,
        Err(StatesError::StateMachineDoesNotExist(_)) => return done(),
        Err(error) => return Err(error),
    };
    let Some(version) = version_number(qualifier) else {
        return Err(StatesError::validation(
            "stateMachineVersionArn must be a state machine version ARN",
        ));
    };
    let users: Vec<&str> = machine
        .aliases
        .iter()
        .filter(|(_, alias)| alias.routing.iter().any(|(number, _)| *number == version))
        .map(|(name, _)| name.as_str())
        .collect();
    if !users.is_empty() {
        return Err(StatesError::Conflict(format!(
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{}]",
            users.join(", ")
        )));
    }
    let name = Arc::clone(&machine.name);
    states.machine_mut(&name).versions.remove(&version);
    done()
}

/// Newest first (recorded).
pub(crate) fn list(states: &States, params: &Params) -> Answer {
    let (machine, _) = states.machine(text(params, "stateMachineArn"))?;
    let all = machine.versions.iter().rev();
    let page = paging::page("stateMachineVersions", all, params, |(number, version)| {
        json!({
            "stateMachineVersionArn": machine.version_arn(*number),
            "creationDate": date(version.created_at),
        })
    })?;
    respond(page)
}

/// A state machine's name, and its versions with their weights.
type Routed = (Arc<str>, Vec<(u64, u64)>);

/// Checks `routingConfiguration`: the state machine's name, and versions with their weights. The words are recorded.
fn routing(states: &States, value: &Value) -> Result<Routed, StatesError> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let arns: Vec<&str> = items
        .iter()
        .map(|item| item["stateMachineVersionArn"].as_str().unwrap_or_default())
        .collect();
    let received = arns.join(", ");
    let refuse = |what: &str| {
        Err(StatesError::Validation(format!(
            "Routing configuration must {what}. Received: [{received}]"
        )))
    };
    let mut versions = Vec::new();
    let mut machines = Vec::new();
    for given in &arns {
        match arn::parse(given)? {
            Named::StateMachine { name, qualifier } => match version_number(qualifier) {
                Some(version) => {
                    versions.push(version);
                    machines.push(name);
                }
                None => return refuse("contain state machine version ARNs"),
            },
            _ => return refuse("contain state machine version ARNs"),
        }
    }
    if arns.len() == 2 && arns[0] == arns[1] {
        return refuse("contain distinct state machine version ARNs");
    }
    if machines.windows(2).any(|pair| pair[0] != pair[1]) {
        return refuse("contain state machine version ARNs of the same state machine");
    }
    let weights: Vec<u64> = items.iter().map(|item| item["weight"].as_u64().unwrap_or(0)).collect();
    if weights.iter().sum::<u64>() != 100 {
        let shown: Vec<String> = weights.iter().map(u64::to_string).collect();
        return Err(StatesError::Validation(format!(
            "Sum of routing configuration weights must equal 100. Received: [{}]",
            shown.join(", ")
        )));
    }
    let mut name = Arc::from("");
    for (given, version) in arns.iter().zip(&versions) {
        let (machine, _) = states
            .machine(given)
            .map_err(|_| StatesError::ResourceNotFound((*given).to_owned()))?;
        if !machine.versions.contains_key(version) {
            return Err(StatesError::ResourceNotFound((*given).to_owned()));
        }
        name = Arc::clone(&machine.name);
    }
    Ok((name, versions.into_iter().zip(weights).collect()))
}

pub(crate) fn create_alias(states: &mut States, world: &World, params: &Params) -> Answer {
    let alias_name = text(params, "name");
    let (name, routing) =
        routing(states, params.get("routingConfiguration").unwrap_or(&Value::Null))?;
    let description = optional(params, "description").map(str::to_owned);
    let now = now(world);
    let number = states.next_number();
    let machine = states.machine_mut(&name);
    match machine.aliases.get(alias_name) {
        // Idempotent: name, description and routing count.
        Some(known) if known.routing == routing && known.description == description => {}
        Some(_) => {
            return Err(StatesError::Conflict(
                "Failed to create alias because an alias with the same name and a different routing configuration already exists."
                    .into(),
            ));
        }
        None if machine.aliases.len() >= ALIASES_MAX => {
            return Err(StatesError::Conflict(format!(
                "A state machine has at most {ALIASES_MAX} aliases."
            )));
        }
        None => {
            let alias = Alias { description, routing, created_at: now, updated_at: now, number };
            machine.aliases.insert(alias_name.to_owned(), alias);
        }
    }
    let created_at = machine.aliases[alias_name].created_at;
    respond(json!({
        "stateMachineAliasArn": format!("{}:{alias_name}", machine.arn), "creationDate": date(created_at),
    }))
}

impl States {
    /// The alias in an ARN with its state machine.
    fn alias<'a>(&self, given: &'a str) -> Result<(&StateMachine, &'a str, &Alias), StatesError> {
        let (machine, qualifier) = match self.machine(given) {
            Err(StatesError::StateMachineDoesNotExist(_)) => {
                return Err(StatesError::AliasNotFound);
            }
            other => other?,
        };
        let name = qualifier.ok_or(StatesError::AliasNotFound)?;
        let alias = machine.aliases.get(name).ok_or(StatesError::AliasNotFound)?;
        Ok((machine, name, alias))
    }
}

pub(crate) fn update_alias(states: &mut States, world: &World, params: &Params) -> Answer {
    let (machine, alias_name, _) = states.alias(text(params, "stateMachineAliasArn"))?;
    let name = Arc::clone(&machine.name);
    let routed = match params.get("routingConfiguration") {
        Some(value) if !value.is_null() => Some(routing(states, value)?),
        _ => None,
    };
    let description = optional(params, "description");
    if routed.is_none() && description.is_none() {
        return Err(StatesError::validation(
            "Either the description or the routing configuration must be specified",
        ));
    }
    if routed.as_ref().is_some_and(|(other, _)| *other != name) {
        return Err(StatesError::validation(
            "Routing configuration must contain version ARNs of the alias's state machine",
        ));
    }
    let now = now(world);
    let alias = states.machine_mut(&name).aliases.get_mut(alias_name).expect("found above");
    if let Some((_, routing)) = routed {
        alias.routing = routing;
    }
    if let Some(description) = description {
        alias.description = Some(description.to_owned());
    }
    alias.updated_at = now;
    respond(json!({ "updateDate": date(now) }))
}

/// An alias that is not there was deleted before (recorded).
pub(crate) fn delete_alias(states: &mut States, params: &Params) -> Answer {
    match states.alias(text(params, "stateMachineAliasArn")) {
        Ok((machine, alias, _)) => {
            let name = Arc::clone(&machine.name);
            states.machine_mut(&name).aliases.remove(alias);
            done()
        }
        Err(StatesError::AliasNotFound) => done(),
        Err(error) => Err(error),
    }
}

pub(crate) fn describe_alias(states: &States, params: &Params) -> Answer {
    let given = text(params, "stateMachineAliasArn");
    let (machine, name, alias) = states.alias(given)?;
    let routing = alias.routing.iter().map(|(version, weight)| {
        json!({ "stateMachineVersionArn": machine.version_arn(*version), "weight": weight })
    });
    let mut output = json!({
        "stateMachineAliasArn": given,
        "name": name,
        "routingConfiguration": routing.collect::<Vec<_>>(),
        "creationDate": date(alias.created_at),
        "updateDate": date(alias.updated_at),
    });
    if let Some(description) = &alias.description {
        output["description"] = json!(description);
    }
    respond(output)
}

/// In order of creation (recorded); with a version's ARN only those that route to it.
pub(crate) fn list_aliases(states: &States, params: &Params) -> Answer {
    let (machine, qualifier) = states.machine(text(params, "stateMachineArn"))?;
    let version = version_number(qualifier);
    let mut all: Vec<(&String, &Alias)> = machine
        .aliases
        .iter()
        .filter(|(_, alias)| {
            version.is_none_or(|version| alias.routing.iter().any(|(number, _)| *number == version))
        })
        .collect();
    all.sort_by_key(|(_, alias)| alias.number);
    let page = paging::page("stateMachineAliases", all.into_iter(), params, |(name, alias)| {
        json!({
            "stateMachineAliasArn": format!("{}:{name}", machine.arn),
            "creationDate": date(alias.created_at),
        })
    })?;
    respond(page)
}

/// The version that an alias sends an execution to: by its weights, from the session's generator.
pub(crate) fn route(alias: &Alias, rng: &mut Rng) -> Option<u64> {
    if let [(version, _)] = alias.routing[..] {
        return Some(version);
    }
    let mut left = rng.below(100);
    for (version, weight) in &alias.routing {
        if left < *weight {
            return Some(*version);
        }
        left -= weight;
    }
    alias.routing.last().map(|(version, _)| *version)
}
