//! Configuration of function URLs. Nobody answers at them yet.

use super::super::api::{self, Answer, respond};
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::policy::required;
use super::{done, function_mut, gone, paging, qualified_arn};
use crate::calendar;
use crate::world::{Params, World};
use serde_json::{Value, json};

/// A function URL.
#[derive(Debug, Clone)]
pub(crate) struct Url {
    /// Begins its host name.
    id: String,
    auth_type: String,
    cors: Option<Value>,
    invoke_mode: String,
    created_ms: u64,
    modified_ms: u64,
}

impl Url {
    fn describe(&self, world: &World, arn: String) -> Value {
        let region = &world.config.region;
        let mut output = json!({
            "FunctionUrl": format!("https://{}.lambda-url.{region}.on.aws/", self.id),
            "FunctionArn": arn,
            "AuthType": self.auth_type,
            "CreationTime": calendar::iso(self.created_ms),
        });
        if let Some(cors) = &self.cors {
            output["Cors"] = cors.clone();
        }
        output
    }

    /// As GetFunctionUrlConfig shows it: the answers of those that change it leave things out.
    fn describe_whole(&self, world: &World, arn: String) -> Value {
        let mut output = self.describe(world, arn);
        output["LastModifiedTime"] = json!(calendar::iso(self.modified_ms));
        output["InvokeMode"] = json!(self.invoke_mode);
        output
    }
}

fn no_function() -> LambdaError {
    LambdaError::not_found("Function does not exist")
}

/// Name and qualifier (empty for the function itself).
fn named(world: &World, params: &Params) -> Result<(String, Option<String>, String), LambdaError> {
    let (name, qualifier) = api::named(world, params)?;
    let key = qualifier.clone().unwrap_or_default();
    Ok((name, qualifier, key))
}

/// Whether the function, and the alias if one is named, are there.
fn is_there(lambda: &Lambda, name: &str, alias: Option<&str>) -> bool {
    let known = lambda.functions.get(name);
    known.is_some_and(|known| alias.is_none_or(|alias| known.control.aliases.contains_key(alias)))
}

pub(super) fn create(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let (name, qualifier, key) = named(world, params)?;
    if !is_there(lambda, &name, qualifier.as_deref()) {
        return Err(no_function());
    }
    let arn = qualified_arn(world, &name, qualifier.as_deref());
    if super::function(lambda, world, &name)?.control.urls.contains_key(&key) {
        return Err(LambdaError::conflict(format!(
            "Failed to create function url config for [functionArn = {arn}]. Error message:  FunctionUrlConfig exists for this Lambda function"
        )));
    }
    let mode = api::text(params, "InvokeMode")?;
    let now = world.unix_ms();
    let url = Url {
        id: world.rng.base32(32).to_ascii_lowercase(),
        auth_type: required(params, "AuthType", "authType")?.to_owned(),
        cors: api::object(params, "Cors")?.map(|cors| Value::Object(cors.clone())),
        invoke_mode: mode.unwrap_or("BUFFERED").to_owned(),
        created_ms: now,
        modified_ms: now,
    };
    let mut output = url.describe(world, arn);
    if let Some(mode) = mode {
        output["InvokeMode"] = json!(mode);
    }
    function_mut(lambda, world, &name)?.control.urls.insert(key, url);
    respond(201, output)
}

pub(super) fn get(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, qualifier, key) = named(world, params)?;
    let url = lambda.functions.get(&name).and_then(|known| known.control.urls.get(&key));
    let url = url.ok_or_else(gone)?;
    respond(200, url.describe_whole(world, qualified_arn(world, &name, qualifier.as_deref())))
}

pub(super) fn update(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let (name, qualifier, key) = named(world, params)?;
    if !is_there(lambda, &name, qualifier.as_deref()) {
        return Err(no_function());
    }
    let url = function_mut(lambda, world, &name)?.control.urls.get_mut(&key).ok_or_else(gone)?;
    if let Some(auth_type) = api::text(params, "AuthType")? {
        url.auth_type = auth_type.to_owned();
    }
    if let Some(cors) = api::object(params, "Cors")? {
        url.cors = (!cors.is_empty()).then(|| Value::Object(cors.clone()));
    }
    let mode = api::text(params, "InvokeMode")?;
    if let Some(mode) = mode {
        url.invoke_mode = mode.to_owned();
    }
    url.modified_ms = world.unix_ms();
    let mut output = url.describe(world, qualified_arn(world, &name, qualifier.as_deref()));
    output["LastModifiedTime"] = json!(calendar::iso(url.modified_ms));
    if let Some(mode) = mode {
        output["InvokeMode"] = json!(mode);
    }
    respond(200, output)
}

pub(super) fn delete(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let (name, _, key) = named(world, params)?;
    let known = lambda.functions.get_mut(&name).ok_or_else(gone)?;
    known.control.urls.remove(&key).ok_or_else(gone)?;
    done(204)
}

pub(super) fn list(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, _) = api::named(world, params)?;
    let known = lambda.functions.get(&name).ok_or_else(no_function)?;
    let items = known.control.urls.iter().map(|(key, url)| {
        let arn = qualified_arn(world, &name, Some(key.as_str()).filter(|key| !key.is_empty()));
        (key.clone(), url.describe_whole(world, arn))
    });
    paging::page("FunctionUrlConfigs", items.collect(), params, 50)
}
