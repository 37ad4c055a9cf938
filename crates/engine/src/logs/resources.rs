//! Resource policies, destinations, query definitions and export tasks: what an account keeps beside its groups.
//!
//! Nothing can be exported: there is no bucket here that could take it. So there never is an export task.

use super::errors::LogsError;
use super::model::Logs;
use super::params::{Answer, arn, listed, name, put_if, text};
use crate::world::{Params, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// "10 resource policies per Region per account" (CloudWatch Logs quotas).
const POLICIES_MAX: usize = 10;
/// "1,000 query definitions per Region per account" (the same page).
const KEPT_MAX: usize = 1_000;

/// What is kept, as it is shown.
#[derive(Debug, Default)]
pub(super) struct Resources {
    policies: BTreeMap<String, Value>,
    destinations: BTreeMap<String, Value>,
    definitions: BTreeMap<String, Value>,
}

pub(super) fn put_resource_policy(logs: &mut Logs, world: &World, params: &Params) -> Answer {
    if params.contains_key("resourceArn") || params.contains_key("expectedRevisionId") {
        return Err(LogsError::NotImplemented("policies of single resources".into()));
    }
    let name = text(params, "policyName").unwrap_or_default();
    let document = text(params, "policyDocument").unwrap_or_default();
    let policies = &mut logs.control.resources.policies;
    if !serde_json::from_str::<Value>(document).is_ok_and(|document| document.is_object()) {
        return Err(LogsError::InvalidParameter("Invalid policy document.".into()));
    }
    if !policies.contains_key(name) && policies.len() >= POLICIES_MAX {
        return Err(LogsError::limit());
    }
    let policy = json!({
        "policyName": name,
        "policyDocument": document,
        "lastUpdatedTime": world.unix_ms(),
        "policyScope": "ACCOUNT",
    });
    policies.insert(name.to_owned(), policy.clone());
    Ok(json!({ "resourcePolicy": policy }))
}

pub(super) fn describe_resource_policies(logs: &Logs, params: &Params) -> Answer {
    let shown = logs.control.resources.policies.values().map(|policy| {
        let mut policy = policy.clone();
        let text = policy["policyDocument"].as_str().unwrap_or_default();
        let document = canonical(serde_json::from_str(text).unwrap_or_default());
        policy["policyDocument"] = Value::String(document.to_string());
        policy
    });
    listed("resourcePolicies", shown, params, 50)
}

impl Logs {
    /// The documents of the account's policies.
    pub(crate) fn policies(&self) -> Vec<Value> {
        let all = self.control.resources.policies.values();
        let texts = all.filter_map(|policy| policy["policyDocument"].as_str());
        texts.filter_map(|text| serde_json::from_str(text).ok()).collect()
    }
}

/// A policy document as AWS shows it after a while (recorded): with a version, and lists of one element without the list.
fn canonical(document: Value) -> Value {
    let mut document = unlisted(document);
    if let Value::Object(members) = &mut document {
        let statement = members.entry("Statement").or_insert(Value::Null);
        if statement.is_object() {
            *statement = Value::Array(vec![statement.take()]);
        }
        members.entry("Version").or_insert_with(|| json!("2008-10-17"));
    }
    document
}

fn unlisted(value: Value) -> Value {
    match value {
        Value::Array(mut elements) if elements.len() == 1 => {
            elements.pop().map_or(Value::Null, unlisted)
        }
        Value::Array(elements) => elements.into_iter().map(unlisted).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, unlisted(value))).collect()
        }
        plain => plain,
    }
}

pub(super) fn delete_resource_policy(logs: &mut Logs, params: &Params) -> Answer {
    let name = text(params, "policyName").unwrap_or_default();
    let removed = logs.control.resources.policies.remove(name);
    removed
        .map(|_| json!({}))
        .ok_or_else(|| LogsError::NotFound(format!("Policy with name [{name}] does not exist.")))
}

pub(super) fn put_destination(logs: &mut Logs, world: &World, params: &Params) -> Answer {
    let name = text(params, "destinationName").unwrap_or_default();
    let destinations = &mut logs.control.resources.destinations;
    let old = destinations.get(name);
    let mut destination = json!({
        "destinationName": name,
        "targetArn": params.get("targetArn"),
        "roleArn": params.get("roleArn"),
        "arn": arn(world, "destination", name),
        "creationTime": old.map_or(json!(world.unix_ms()), |old| old["creationTime"].clone()),
    });
    put_if(&mut destination, "accessPolicy", old.and_then(|old| old.get("accessPolicy")));
    destinations.insert(name.to_owned(), destination.clone());
    Ok(json!({ "destination": destination }))
}

pub(super) fn put_destination_policy(logs: &mut Logs, params: &Params) -> Answer {
    let destination = destination_mut(logs, params)?;
    put_if(destination, "accessPolicy", params.get("accessPolicy"));
    Ok(json!({}))
}

fn destination_mut<'a>(logs: &'a mut Logs, params: &Params) -> Result<&'a mut Value, LogsError> {
    let name = text(params, "destinationName").unwrap_or_default();
    let found = logs.control.resources.destinations.get_mut(name);
    found.ok_or_else(|| LogsError::NotFound("The specified destination does not exist.".into()))
}

pub(super) fn describe_destinations(logs: &Logs, params: &Params) -> Answer {
    let prefix = text(params, "DestinationNamePrefix").unwrap_or_default();
    let all = logs.control.resources.destinations.iter();
    let found = all.filter(|(name, _)| name.starts_with(prefix)).map(|(_, one)| one.clone());
    listed("destinations", found, params, 50)
}

pub(super) fn delete_destination(logs: &mut Logs, params: &Params) -> Answer {
    destination_mut(logs, params)?;
    logs.control.resources.destinations.remove(text(params, "destinationName").unwrap_or_default());
    Ok(json!({}))
}

pub(super) fn put_query_definition(logs: &mut Logs, world: &mut World, params: &Params) -> Answer {
    let definitions = &mut logs.control.resources.definitions;
    let id = match text(params, "queryDefinitionId") {
        Some(id) if definitions.contains_key(id) => id.to_owned(),
        Some(_) => {
            let text = "The specified query definition does not exist.";
            return Err(LogsError::NotFound(text.into()));
        }
        None if definitions.len() >= KEPT_MAX => return Err(LogsError::limit()),
        None => world.rng.uuid(),
    };
    let mut definition = json!({
        "queryLanguage": text(params, "queryLanguage").unwrap_or("CWLI"),
        "queryDefinitionId": id,
        "name": params.get("name"),
        "queryString": params.get("queryString"),
        "lastModified": world.unix_ms(),
    });
    put_if(&mut definition, "logGroupNames", params.get("logGroupNames"));
    definitions.insert(id.clone(), definition);
    Ok(json!({ "queryDefinitionId": id }))
}

pub(super) fn describe_query_definitions(logs: &Logs, params: &Params) -> Answer {
    let prefix = text(params, "queryDefinitionNamePrefix").unwrap_or_default();
    let all = logs.control.resources.definitions.values();
    let found = all.filter(|one| one["name"].as_str().is_some_and(|name| name.starts_with(prefix)));
    listed("queryDefinitions", found.cloned(), params, 1_000)
}

pub(super) fn delete_query_definition(logs: &mut Logs, params: &Params) -> Answer {
    let id = text(params, "queryDefinitionId").unwrap_or_default();
    let removed = logs.control.resources.definitions.remove(id);
    removed
        .map(|_| json!({ "success": true }))
        .ok_or_else(|| LogsError::NotFound("The specified query definition does not exist.".into()))
}

pub(super) fn create_export_task(logs: &Logs, params: &Params) -> Answer {
    if !logs.groups.contains_key(name(params, "logGroupName")?) {
        return Err(LogsError::GroupNotFound);
    }
    Err(LogsError::NotImplemented("exports of logs to S3".into()))
}

pub(super) fn cancel_export_task() -> Answer {
    Err(LogsError::NotFound("The specified export task does not exist.".into()))
}
