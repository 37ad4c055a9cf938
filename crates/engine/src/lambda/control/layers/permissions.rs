//! Policies of layer versions.

use super::super::super::api::{self, Answer, respond};
use super::super::super::environment::Lambda;
use super::super::super::errors::LambdaError;
use super::super::policy::{no_policy, principal, required};
use super::super::{done, wrong_revision};
use super::{LayerVersion, layer_arn, layer_name, number};
use crate::world::{Params, World};
use serde_json::json;

/// The version that a request names, and its ARN.
fn version<'a>(
    lambda: &'a mut Lambda,
    world: &World,
    params: &Params,
) -> Result<(String, &'a mut LayerVersion), LambdaError> {
    let (name, number) = (layer_name(world, params)?, number(params)?);
    let arn = format!("{}:{number}", layer_arn(world, &name));
    let layer = lambda.control.layers.get_mut(&name);
    match layer.and_then(|layer| layer.versions.get_mut(&number)) {
        Some(version) => Ok((arn, version)),
        None => Err(LambdaError::not_found(format!("Layer version {arn} does not exist."))),
    }
}

fn check_revision(version: &LayerVersion, params: &Params) -> Result<(), LambdaError> {
    match api::text(params, "RevisionId")? {
        Some(given) if given != version.policy.revision_id => Err(wrong_revision("GetLayerPolicy")),
        _ => Ok(()),
    }
}

pub(in crate::lambda::control) fn add(
    lambda: &mut Lambda,
    world: &mut World,
    params: &Params,
) -> Answer {
    let (arn, version) = version(lambda, world, params)?;
    let sid = required(params, "StatementId", "statementId")?;
    let mut statement = json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal(required(params, "Principal", "principal")?)?,
        "Action": required(params, "Action", "action")?,
        "Resource": arn,
    });
    if let Some(organization) = api::text(params, "OrganizationId")? {
        statement["Condition"] = json!({ "StringEquals": { "aws:PrincipalOrgID": organization } });
    }
    // A statement that is there already is told before a wrong revision.
    if !version.policy.has(sid) {
        check_revision(version, params)?;
    }
    version.policy.add(sid, statement.clone())?;
    version.policy.revision_id = world.rng.uuid();
    respond(
        201,
        json!({ "Statement": statement.to_string(), "RevisionId": version.policy.revision_id }),
    )
}

pub(in crate::lambda::control) fn remove(
    lambda: &mut Lambda,
    world: &mut World,
    params: &Params,
) -> Answer {
    let (_, version) = version(lambda, world, params)?;
    let sid = required(params, "StatementId", "statementId")?;
    if version.policy.has(sid) {
        check_revision(version, params)?;
    }
    version.policy.remove(sid)?;
    version.policy.revision_id = world.rng.uuid();
    done(204)
}

pub(in crate::lambda::control) fn get(
    lambda: &mut Lambda,
    world: &World,
    params: &Params,
) -> Answer {
    let (_, version) = version(lambda, world, params)?;
    if version.policy.statements.is_empty() {
        return Err(no_policy());
    }
    respond(200, version.policy.describe())
}
