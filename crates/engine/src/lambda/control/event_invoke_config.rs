//! Configuration of asynchronous invocation: retries, age and destinations.

use super::super::api::{self, Answer, respond};
use super::super::asynchronous::Handling;
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::{done, function_mut, invalid, paging, qualified_arn, seconds, versions};
use crate::arn::parse_function;
use crate::world::{Params, World};
use serde_json::{Value, json};

/// Of one qualifier.
#[derive(Debug, Default, Clone)]
pub(crate) struct EventInvokeConfig {
    modified_ms: u64,
    attempts_max: Option<u64>,
    age_seconds_max: Option<u64>,
    on_success: Option<String>,
    on_failure: Option<String>,
}

/// Services that may be a destination; S3 only for failures.
const DESTINATIONS: [&str; 5] = ["lambda", "sqs", "sns", "events", "s3"];

impl super::Control {
    /// How asynchronous events of a qualifier are handled, if that is configured.
    pub(crate) fn handling(&self, qualifier: &str) -> Option<Handling> {
        let config = self.event_invoke_configs.get(qualifier)?;
        Some(Handling {
            retries_max: config.attempts_max,
            age_seconds_max: config.age_seconds_max,
            on_success: config.on_success.clone(),
            on_failure: config.on_failure.clone(),
        })
    }
}

impl EventInvokeConfig {
    fn describe(&self, arn: &str) -> Value {
        let destination = |arn: &Option<String>| match arn {
            Some(arn) => json!({ "Destination": arn }),
            None => json!({}),
        };
        let mut output = json!({
            "LastModified": seconds(self.modified_ms),
            "FunctionArn": arn,
        });
        if let Some(attempts) = self.attempts_max {
            output["MaximumRetryAttempts"] = json!(attempts);
        }
        if let Some(age) = self.age_seconds_max {
            output["MaximumEventAgeInSeconds"] = json!(age);
        }
        output["DestinationConfig"] = json!({
            "OnSuccess": destination(&self.on_success),
            "OnFailure": destination(&self.on_failure),
        });
        output
    }
}

/// Name and qualifier, which is `$LATEST` when none is given.
fn named(world: &World, params: &Params) -> Result<(String, String), LambdaError> {
    let (name, qualifier) = api::named(world, params)?;
    Ok((name, qualifier.unwrap_or_else(|| "$LATEST".into())))
}

fn no_config(world: &World, name: &str, qualifier: &str) -> LambdaError {
    let arn = qualified_arn(world, name, Some(qualifier));
    LambdaError::not_found(format!("The function {arn} doesn't have an EventInvokeConfig"))
}

fn no_function() -> LambdaError {
    LambdaError::not_found("The function doesn't exist.")
}

pub(super) fn put(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    store(lambda, world, params, true)
}

pub(super) fn update(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    store(lambda, world, params, false)
}

fn store(lambda: &mut Lambda, world: &World, params: &Params, anew: bool) -> Answer {
    let given = |member: &str| params.get(member).is_some_and(|value| !value.is_null());
    if !["MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"]
        .into_iter()
        .any(given)
    {
        return Err(invalid(
            "You must specify at least one of error handling or destination setting.",
        ));
    }
    let (name, qualifier) = named(world, params)?;
    let known = lambda.functions.get(&name).ok_or_else(no_function)?;
    if qualifier != "$LATEST" && versions::number(known, &qualifier).is_none() {
        return Err(no_function());
    }
    let mut config = match known.control.event_invoke_configs.get(&qualifier) {
        _ if anew => EventInvokeConfig::default(),
        Some(config) => config.clone(),
        None => return Err(no_config(world, &name, &qualifier)),
    };
    if let Some(attempts) = api::number(params, "MaximumRetryAttempts")? {
        config.attempts_max = Some(attempts);
    }
    if let Some(age) = api::number(params, "MaximumEventAgeInSeconds")? {
        config.age_seconds_max = Some(age);
    }
    if let Some(destinations) = api::object(params, "DestinationConfig")? {
        let on_success = destination(destinations, "OnSuccess")?;
        let on_failure = destination(destinations, "OnFailure")?;
        check(lambda, world, &name, &on_success, &on_failure)?;
        if anew || destinations.contains_key("OnSuccess") {
            config.on_success = on_success;
        }
        if anew || destinations.contains_key("OnFailure") {
            config.on_failure = on_failure;
        }
    }
    config.modified_ms = world.unix_ms();
    let output = config.describe(&qualified_arn(world, &name, Some(&qualifier)));
    let known = function_mut(lambda, world, &name)?;
    known.control.event_invoke_configs.insert(qualifier, config);
    respond(200, output)
}

fn destination(destinations: &Params, member: &str) -> Result<Option<String>, LambdaError> {
    let Some(one) = api::object(destinations, member)? else { return Ok(None) };
    Ok(api::text(one, "Destination")?.filter(|arn| !arn.is_empty()).map(str::to_owned))
}

/// Refuses destinations that cannot be: of other services, functions that are not there, the function itself.
fn check(
    lambda: &Lambda,
    world: &World,
    name: &str,
    on_success: &Option<String>,
    on_failure: &Option<String>,
) -> Result<(), LambdaError> {
    for (arn, failure) in [(on_success, false), (on_failure, true)] {
        let Some(arn) = arn else { continue };
        let service = arn.split(':').nth(2).unwrap_or_default();
        if !DESTINATIONS.contains(&service) || (service == "s3" && !failure) {
            let show = |kind: &str, arn: &Option<String>| match arn {
                Some(arn) => format!("{kind}(destination={arn})"),
                None => "null".into(),
            };
            return Err(invalid(format!(
                "The provided destination config DestinationConfig(onSuccess={}, onFailure={}) is invalid.",
                show("OnSuccess", on_success),
                show("OnFailure", on_failure),
            )));
        }
        if service != "lambda" {
            continue;
        }
        let target = parse_function(arn).filter(|target| {
            target.region.as_ref().is_none_or(|region| *region == world.config.region)
                && target.account.as_ref().is_none_or(|account| *account == world.config.account)
        });
        let known = target.filter(|target| lambda.functions.contains_key(&target.name));
        let Some(target) = known else {
            return Err(invalid(format!("The destination ARN {arn} is invalid.")));
        };
        if target.name == name {
            return Err(invalid("You can't specify the function as a destination for itself."));
        }
    }
    Ok(())
}

pub(super) fn get(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, qualifier) = named(world, params)?;
    let known = lambda.functions.get(&name);
    match known.and_then(|known| known.control.event_invoke_configs.get(&qualifier)) {
        Some(config) => {
            respond(200, config.describe(&qualified_arn(world, &name, Some(&qualifier))))
        }
        None => Err(no_config(world, &name, &qualifier)),
    }
}

pub(super) fn delete(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let (name, qualifier) = named(world, params)?;
    let known = lambda.functions.get_mut(&name);
    match known.and_then(|known| known.control.event_invoke_configs.remove(&qualifier)) {
        Some(_) => done(204),
        None => Err(no_config(world, &name, &qualifier)),
    }
}

pub(super) fn list(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, _) = api::named(world, params)?;
    let known = lambda.functions.get(&name).ok_or_else(no_function)?;
    let configs = known.control.event_invoke_configs.iter();
    let items = configs
        .map(|(qualifier, config)| {
            let arn = qualified_arn(world, &name, Some(qualifier));
            (qualifier.clone(), config.describe(&arn))
        })
        .collect();
    paging::page("FunctionEventInvokeConfigs", items, params, 50)
}
