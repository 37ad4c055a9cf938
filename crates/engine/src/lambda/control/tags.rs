//! Tags of functions and of event source mappings.

use super::super::api::{self, Answer, respond};
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::{done, function_mut, invalid};
use crate::world::{Params, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Tags = BTreeMap<String, String>;

/// The tags of the resource that `Resource` names.
fn of_resource<'a>(
    lambda: &'a mut Lambda,
    world: &World,
    params: &Params,
) -> Result<&'a mut Tags, LambdaError> {
    let arn = api::text(params, "Resource")?.ok_or_else(|| api::missing("resource"))?;
    let parts: Vec<&str> = arn.split(':').collect();
    let (kind, id) = match parts[..] {
        [_, _, _, region, account, kind, id, ..] => {
            if region != world.config.region {
                return Err(LambdaError::OtherRegion {
                    theirs: region.into(),
                    ours: world.config.region.clone(),
                });
            }
            if account != world.config.account {
                return Err(LambdaError::OtherAccount);
            }
            (kind, id)
        }
        _ => return Err(invalid(format!("Invalid ARN: {arn}"))),
    };
    match kind {
        "function" if parts.len() > 7 => Err(invalid(
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        )),
        "function" => Ok(&mut function_mut(lambda, world, id)?.tags),
        "event-source-mapping" => match lambda.control.mappings.get_mut(id) {
            Some(mapping) => Ok(&mut mapping.tags),
            None => Err(LambdaError::not_found(format!("Event source mapping not found: {arn}"))),
        },
        // There are none: the operations that make them are refused by name.
        "capacity-provider" => {
            Err(LambdaError::not_found(format!("Capacity provider not found: {arn}")))
        }
        "code-signing-config" => Err(LambdaError::not_found(format!(
            "The code signing configuration cannot be found: {arn}"
        ))),
        _ => Err(LambdaError::not_emulated(&format!("tags of {arn}"))),
    }
}

pub(super) fn list(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let tags = of_resource(lambda, world, params)?;
    respond(200, json!({ "Tags": tags }))
}

pub(super) fn tag(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let known = of_resource(lambda, world, params)?;
    let given = api::tags(params.get("Tags"))?;
    if given.is_empty() {
        return Err(invalid("An error occurred and the request cannot be processed."));
    }
    let mut all = known.clone();
    all.extend(given);
    *known = api::tags(Some(&json!(all)))?;
    done(204)
}

/// Tags that are not there do not matter.
pub(super) fn untag(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let known = of_resource(lambda, world, params)?;
    let keys = params.get("TagKeys").and_then(Value::as_array).filter(|keys| !keys.is_empty());
    // They travel in the query, where an empty list is none.
    let keys = keys.ok_or_else(|| api::missing("tagKeys"))?;
    known.retain(|key, _| !keys.iter().any(|given| given == key));
    done(204)
}
