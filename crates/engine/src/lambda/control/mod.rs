//! The control plane beyond functions themselves: versions, aliases, layers, permissions, concurrency, configurations, event source
//! mappings. Nothing here is needed to create a plain function and to invoke it, so the site fetches it later
//! (docs/adr/0005): whoever calls into it from outside does so through functions that are not inlined.

mod account;
pub(crate) mod aliases;
pub(crate) mod concurrency;
mod event_invoke_config;
pub(crate) mod image;
pub(crate) mod layers;
pub(crate) mod managed;
mod mappings;
pub(crate) mod package;
mod paging;
mod policy;
pub(crate) mod provisioned;
mod settings;
mod tags;
mod urls;
pub(crate) mod versions;
pub(crate) mod zip;

use super::api::{self, Answer};
use super::environment::{Cx, Lambda};
use super::errors::LambdaError;
use super::event_sources::EventSources;
use super::model::Function;
use crate::Timestamp;
use crate::queue::Urgency;
use crate::world::{self, Params, World};
use aliases::Alias;
use event_invoke_config::EventInvokeConfig;
pub(crate) use layers::AttachedLayer;
use layers::Layer;
use mappings::Mapping;
use policy::Policy;
use provisioned::Provisioned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use urls::Url;
use versions::Version;

/// What is kept about a function beside `$LATEST`.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// Published versions, by number.
    pub(crate) versions: BTreeMap<u64, Version>,
    /// How many were ever published: numbers are not used again.
    versions_published: u64,
    aliases: BTreeMap<String, Alias>,
    /// Reserved concurrency.
    pub(crate) reserved: Option<u64>,
    /// By qualifier, which is empty for the function itself.
    policies: BTreeMap<String, Policy>,
    /// By qualifier, which is empty for the function itself.
    urls: BTreeMap<String, Url>,
    /// By qualifier, `$LATEST` included.
    event_invoke_configs: BTreeMap<String, EventInvokeConfig>,
    /// By version or alias.
    provisioned: BTreeMap<String, Provisioned>,
    /// Whether recursive loops are allowed to go on.
    recursion_allowed: bool,
    /// `FunctionUpdate` instead of `Auto`, by qualifier.
    runtime_updates: BTreeMap<String, String>,
}

/// What an account and region have beside functions.
#[derive(Debug, Default)]
pub(crate) struct AccountControl {
    layers: BTreeMap<String, Layer>,
    /// By UUID.
    mappings: BTreeMap<String, Mapping>,
    /// What polls for them.
    pub(in crate::lambda) sources: EventSources,
    /// Counts the changes of what changes in the background.
    changes: u64,
    /// Whether any function has reserved concurrency.
    pub(crate) reserves: bool,
}

/// What may be due. What was changed again meanwhile has another number.
#[derive(Debug)]
pub(crate) enum Due {
    /// An event source mapping reaches the state that it was on its way to.
    Mapping { uuid: String, change: u64 },
    /// The next provisioned environment is made.
    Provisioned { function: String, qualifier: String, change: u64 },
}

/// The operations that are emulated; none for others.
#[inline(never)]
pub(crate) fn handle(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    operation: &str,
    params: &Params,
) -> Option<Answer> {
    let world = &mut *cx.world;
    Some(match operation {
        "PublishVersion" => versions::publish(lambda, world, params),
        "ListVersionsByFunction" => versions::list(lambda, world, params),
        "CreateAlias" => aliases::create(lambda, world, params),
        "GetAlias" => aliases::get(lambda, world, params),
        "UpdateAlias" => aliases::update(lambda, world, params),
        "DeleteAlias" => aliases::delete(lambda, world, params),
        "ListAliases" => aliases::list(lambda, world, params),
        "ListTags" => tags::list(lambda, world, params),
        "TagResource" => tags::tag(lambda, world, params),
        "UntagResource" => tags::untag(lambda, world, params),
        "AddPermission" => policy::add(lambda, world, params),
        "RemovePermission" => policy::remove(lambda, world, params),
        "GetPolicy" => policy::get(lambda, world, params),
        "PutFunctionConcurrency" => concurrency::put(lambda, world, params),
        "GetFunctionConcurrency" => concurrency::get(lambda, world, params),
        "DeleteFunctionConcurrency" => concurrency::delete(lambda, world, params),
        "GetAccountSettings" => account::get(lambda),
        "PutFunctionEventInvokeConfig" => event_invoke_config::put(lambda, world, params),
        "UpdateFunctionEventInvokeConfig" => event_invoke_config::update(lambda, world, params),
        "GetFunctionEventInvokeConfig" => event_invoke_config::get(lambda, world, params),
        "DeleteFunctionEventInvokeConfig" => event_invoke_config::delete(lambda, world, params),
        "ListFunctionEventInvokeConfigs" => event_invoke_config::list(lambda, world, params),
        "PublishLayerVersion" => layers::publish(lambda, world, params),
        "GetLayerVersion" => layers::get(lambda, world, params),
        "GetLayerVersionByArn" => layers::get_by_arn(lambda, world, params),
        "DeleteLayerVersion" => layers::delete(lambda, world, params),
        "ListLayers" => layers::list(lambda, world, params),
        "ListLayerVersions" => layers::list_versions(lambda, world, params),
        "AddLayerVersionPermission" => layers::permissions::add(lambda, world, params),
        "RemoveLayerVersionPermission" => layers::permissions::remove(lambda, world, params),
        "GetLayerVersionPolicy" => layers::permissions::get(lambda, world, params),
        "CreateFunctionUrlConfig" => urls::create(lambda, world, params),
        "GetFunctionUrlConfig" => urls::get(lambda, world, params),
        "UpdateFunctionUrlConfig" => urls::update(lambda, world, params),
        "DeleteFunctionUrlConfig" => urls::delete(lambda, world, params),
        "ListFunctionUrlConfigs" => urls::list(lambda, world, params),
        "PutProvisionedConcurrencyConfig" => provisioned::put(lambda, world, params),
        "GetProvisionedConcurrencyConfig" => provisioned::get(lambda, world, params),
        "DeleteProvisionedConcurrencyConfig" => provisioned::delete(lambda, world, params),
        "ListProvisionedConcurrencyConfigs" => provisioned::list(lambda, world, params),
        "CreateEventSourceMapping" => mappings::create(lambda, cx, params),
        "GetEventSourceMapping" => mappings::get(lambda, world, params),
        "UpdateEventSourceMapping" => mappings::update(lambda, cx, params),
        "DeleteEventSourceMapping" => mappings::delete(lambda, world, params),
        "ListEventSourceMappings" => mappings::list(lambda, world, params),
        "PutFunctionRecursionConfig" => settings::put_recursion(lambda, world, params),
        "GetFunctionRecursionConfig" => settings::get_recursion(lambda, world, params),
        "PutRuntimeManagementConfig" => settings::put_runtime(lambda, world, params),
        "GetRuntimeManagementConfig" => settings::get_runtime(lambda, world, params),
        "GetFunctionCodeSigningConfig" => settings::get_code_signing(lambda, world, params),
        _ => return None,
    })
}

/// Does what is due now.
#[inline(never)]
pub(crate) fn handle_due(lambda: &mut Lambda, cx: &mut Cx<'_>, due: Due) {
    match due {
        Due::Mapping { uuid, change } => mappings::settle(lambda, cx, &uuid, change),
        Due::Provisioned { function, qualifier, change } => {
            provisioned::allocate(lambda, cx.world, &function, &qualifier, change);
        }
    }
}

fn schedule(world: &mut World, at: Timestamp, due: Due) {
    world.schedule(at, Urgency::Work, world::Due::Lambda(super::Due::Control(due)));
}

// What operations have in common

fn done(status: u16) -> Answer {
    api::respond(status, json!({}))
}

/// The function of this name, or that it is not found, with its plain ARN.
fn function<'a>(
    lambda: &'a Lambda,
    world: &World,
    name: &str,
) -> Result<&'a Function, LambdaError> {
    lambda.functions.get(name).ok_or_else(|| absent(world, name, None))
}

/// As [`function`], to change it.
fn function_mut<'a>(
    lambda: &'a mut Lambda,
    world: &World,
    name: &str,
) -> Result<&'a mut Function, LambdaError> {
    lambda.functions.get_mut(name).ok_or_else(|| absent(world, name, None))
}

fn absent(world: &World, name: &str, qualifier: Option<&str>) -> LambdaError {
    LambdaError::FunctionNotFound { arn: qualified_arn(world, name, qualifier) }
}

fn qualified_arn(world: &World, name: &str, qualifier: Option<&str>) -> String {
    let arn = api::function_arn(world, name);
    match qualifier {
        Some(qualifier) => format!("{arn}:{qualifier}"),
        None => arn,
    }
}

/// That a version or an alias is not there: the words depend on what the qualifier looks like.
fn absent_qualifier(world: &World, name: &str, qualifier: &str) -> LambdaError {
    let alias = !qualifier.bytes().all(|byte| byte.is_ascii_digit()) && !qualifier.contains('$');
    if alias {
        let arn = qualified_arn(world, name, Some(qualifier));
        return LambdaError::not_found(format!("Cannot find alias arn: {arn}"));
    }
    absent(world, name, Some(qualifier))
}

/// The name of a function that may not be qualified; `there` or a refusal.
fn unqualified<'a>(
    lambda: &'a mut Lambda,
    world: &World,
    params: &Params,
) -> Result<&'a mut Function, LambdaError> {
    let (name, _) = api::named(world, params)?;
    function_mut(lambda, world, &name)
}

/// Seconds with milliseconds, as AWS's JSON has timestamps.
fn seconds(unix_ms: u64) -> Value {
    json!(unix_ms as f64 / 1_000.0)
}

fn gone() -> LambdaError {
    LambdaError::not_found("The resource you requested does not exist.")
}

fn invalid(message: impl Into<String>) -> LambdaError {
    LambdaError::InvalidParameter(message.into())
}

/// A wrong `RevisionId`; `api` is the operation that would have told the right one.
fn wrong_revision(api: &str) -> LambdaError {
    LambdaError::Other {
        code: "PreconditionFailedException",
        status: 412,
        message: format!(
            "The Revision Id provided does not match the latest Revision Id. Call the {api} API to retrieve the latest Revision Id"
        ),
    }
}
