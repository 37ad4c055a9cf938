//! The operations of the IAM API that are about roles; `policies` has those about managed policies.

mod policies;

use super::document::{Kind, Policy};
use super::evaluate::{Ask, Asker, Context, Decision, Policies, evaluate};
use super::roles::{Iam, Role};
use crate::world::{Incoming, Outcome, Params, World};
use crate::{ApiError, Response};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

type Answer = Result<Value, ApiError>;

/// Roles, and customer managed policies, that are kept. AWS's quotas are 1,000 and 1,500.
const KEPT_MAX: usize = 1_000;
/// "Managed policies attached to an IAM role: 10".
const ATTACHED_MAX: usize = 10;
/// Characters of all inline policies of a role, of a trust policy, white space not counted.
const INLINE_CHARS_MAX: usize = 10_240;
const TRUST_CHARS_MAX: usize = 2_048;

/// The operations that are emulated; none for others.
#[inline(never)]
pub(crate) fn handle(
    iam: &mut Iam,
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let params = incoming.params;
    let answer = match incoming.caller.operation.as_str() {
        "CreateRole" => create_role(iam, world, params),
        "GetRole" => role(iam, params).map(|(name, role)| json!({ "Role": shown(name, role) })),
        "ListRoles" => list_roles(iam, params),
        "DeleteRole" => delete_role(iam, params),
        "UpdateAssumeRolePolicy" => update_assume_role_policy(iam, params),
        "PutRolePolicy" => put_role_policy(iam, params),
        "GetRolePolicy" => get_role_policy(iam, params),
        "ListRolePolicies" => list_role_policies(iam, params),
        "DeleteRolePolicy" => delete_role_policy(iam, params),
        "AttachRolePolicy" => attach_role_policy(iam, params),
        "DetachRolePolicy" => detach_role_policy(iam, params),
        "ListAttachedRolePolicies" => list_attached_role_policies(iam, params),
        "PutRolePermissionsBoundary" => put_boundary(iam, params),
        "DeleteRolePermissionsBoundary" => delete_boundary(iam, params),
        "SimulatePrincipalPolicy" => simulate(iam, world, params),
        _ => policies::handle(iam, world, incoming)?,
    };
    Some(answer.map(|output| Outcome::from(Response { status: 200, output })))
}

fn refusal(code: &str, status: u16, message: impl Into<String>) -> ApiError {
    ApiError { code: code.into(), status, message: Some(message.into()), extra: Map::new() }
}

fn no_such(what: String) -> ApiError {
    refusal("NoSuchEntity", 404, what)
}

fn malformed(why: String) -> ApiError {
    match why.starts_with("Coldstart does not emulate") {
        true => refusal("NotImplementedException", 501, why),
        false => refusal("MalformedPolicyDocument", 400, why),
    }
}

fn limit(what: String) -> ApiError {
    refusal("LimitExceeded", 409, what)
}

fn text<'a>(params: &'a Params, key: &str) -> Option<&'a str> {
    params.get(key).and_then(Value::as_str)
}

/// A member that must be there.
fn needed<'a>(params: &'a Params, key: &str) -> Result<&'a str, ApiError> {
    text(params, key).filter(|value| !value.is_empty()).ok_or_else(|| {
        let mut member = key.to_owned();
        member[..1].make_ascii_lowercase();
        refusal("ValidationError", 400, format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// A name of letters, digits and `_+=,.@-`.
fn name<'a>(params: &'a Params, key: &str) -> Result<&'a str, ApiError> {
    let name = needed(params, key)?;
    let is_fine = name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if is_fine {
        return Ok(name);
    }
    Err(refusal(
        "ValidationError",
        400,
        format!(
            "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
            key[..1].to_ascii_lowercase() + &key[1..]
        ),
    ))
}

fn role<'a, 'p>(iam: &'a Iam, params: &'p Params) -> Result<(&'p str, &'a Role), ApiError> {
    let name = name(params, "RoleName")?;
    let role = iam.roles.get(name);
    role.map(|role| (name, role))
        .ok_or_else(|| no_such(format!("The role with name {name} cannot be found.")))
}

fn role_mut<'a>(iam: &'a mut Iam, params: &Params) -> Result<&'a mut Role, ApiError> {
    let name = name(params, "RoleName")?;
    iam.roles
        .get_mut(name)
        .ok_or_else(|| no_such(format!("The role with name {name} cannot be found.")))
}

/// Characters of a document that count.
fn length(document: &str) -> usize {
    document.chars().filter(|letter| !letter.is_whitespace()).count()
}

fn trust_document(params: &Params, key: &str) -> Result<String, ApiError> {
    let document = needed(params, key)?;
    Policy::parse("trust", document, Kind::Trust).map_err(malformed)?;
    if length(document) > TRUST_CHARS_MAX {
        return Err(limit(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_CHARS_MAX}")));
    }
    Ok(document.to_owned())
}

/// As AWS's answers have documents: with everything escaped that a URL would.
fn escaped(document: &str) -> String {
    let mut text = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

fn shown(name: &str, role: &Role) -> Value {
    let mut output = json!({
        "Path": role.path,
        "RoleName": name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created_s,
        "AssumeRolePolicyDocument": escaped(&role.trust),
        "MaxSessionDuration": role.session_seconds_max,
    });
    if let Some(description) = &role.description {
        output["Description"] = json!(description);
    }
    if let Some(arn) = &role.boundary {
        output["PermissionsBoundary"] =
            json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn });
    }
    if !role.tags.is_empty() {
        output["Tags"] = json!(role.tags);
    }
    output
}

fn create_role(iam: &mut Iam, world: &mut World, params: &Params) -> Answer {
    let name = name(params, "RoleName")?;
    if iam.roles.contains_key(name) {
        return Err(refusal(
            "EntityAlreadyExists",
            409,
            format!("Role with name {name} already exists."),
        ));
    }
    if iam.roles.len() >= KEPT_MAX {
        return Err(limit(format!("Cannot exceed quota for RolesPerAccount: {KEPT_MAX}")));
    }
    let trust = trust_document(params, "AssumeRolePolicyDocument")?;
    let boundary = text(params, "PermissionsBoundary").map(str::to_owned);
    if let Some(arn) = &boundary {
        known_policy(iam, arn)?;
    }
    let path = text(params, "Path").unwrap_or("/").to_owned();
    let role = Role {
        id: format!("AROA{}", world.rng.base32(17)),
        arn: format!("arn:aws:iam::{}:role{path}{name}", world.config.account),
        path,
        created_s: world.unix_ms() / 1_000,
        description: text(params, "Description").map(str::to_owned),
        session_seconds_max: params
            .get("MaxSessionDuration")
            .and_then(Value::as_u64)
            .unwrap_or(3_600),
        trust,
        tags: params.get("Tags").and_then(Value::as_array).cloned().unwrap_or_default(),
        inline: BTreeMap::new(),
        attached: Vec::new(),
        boundary,
    };
    let output = json!({ "Role": shown(name, &role) });
    iam.roles.insert(name.to_owned(), role);
    Ok(output)
}

/// A page of a list. `Marker` is the position to go on from.
fn listed(key: &str, all: Vec<Value>, params: &Params) -> Answer {
    let most =
        params.get("MaxItems").and_then(Value::as_u64).unwrap_or(100).clamp(1, 1_000) as usize;
    let from: usize = match text(params, "Marker") {
        None => 0,
        Some(marker) => {
            marker.parse().map_err(|_| refusal("ValidationError", 400, "Invalid Marker."))?
        }
    };
    let rest = all.len() > from.saturating_add(most);
    let page: Vec<Value> = all.into_iter().skip(from).take(most).collect();
    let mut output = json!({ key: page, "IsTruncated": rest });
    if rest {
        output["Marker"] = json!((from + most).to_string());
    }
    Ok(output)
}

fn list_roles(iam: &Iam, params: &Params) -> Answer {
    let prefix = text(params, "PathPrefix").unwrap_or("/");
    let found = iam.roles.iter().filter(|(_, role)| role.path.starts_with(prefix));
    listed("Roles", found.map(|(name, role)| shown(name, role)).collect(), params)
}

fn delete_role(iam: &mut Iam, params: &Params) -> Answer {
    let (name, known) = role(iam, params)?;
    let conflict = |what: &str| {
        Err(refusal("DeleteConflict", 409, format!("Cannot delete entity, must {what} first.")))
    };
    if !known.attached.is_empty() {
        return conflict("detach all policies");
    }
    if !known.inline.is_empty() {
        return conflict("delete policies");
    }
    iam.roles.remove(name);
    Ok(json!({}))
}

fn update_assume_role_policy(iam: &mut Iam, params: &Params) -> Answer {
    let trust = trust_document(params, "PolicyDocument")?;
    role_mut(iam, params)?.trust = trust;
    Ok(json!({}))
}

fn put_role_policy(iam: &mut Iam, params: &Params) -> Answer {
    let (policy, document) = (name(params, "PolicyName")?, needed(params, "PolicyDocument")?);
    let role = role_mut(iam, params)?;
    Policy::parse(policy, document, Kind::Identity).map_err(malformed)?;
    let others = role.inline.iter().filter(|(name, _)| *name != policy);
    let all: usize = others.map(|(_, text)| length(text)).sum::<usize>() + length(document);
    if all > INLINE_CHARS_MAX {
        return Err(limit(format!(
            "Maximum policy size of {INLINE_CHARS_MAX} bytes exceeded for role {}",
            needed(params, "RoleName")?
        )));
    }
    role.inline.insert(policy.to_owned(), document.to_owned());
    Ok(json!({}))
}

fn no_inline(policy: &str) -> ApiError {
    no_such(format!("The role policy with name {policy} cannot be found."))
}

fn get_role_policy(iam: &Iam, params: &Params) -> Answer {
    let policy = name(params, "PolicyName")?;
    let (role_name, role) = role(iam, params)?;
    let document = role.inline.get(policy).ok_or_else(|| no_inline(policy))?;
    Ok(json!({ "RoleName": role_name, "PolicyName": policy, "PolicyDocument": escaped(document) }))
}

fn list_role_policies(iam: &Iam, params: &Params) -> Answer {
    let (_, role) = role(iam, params)?;
    listed("PolicyNames", role.inline.keys().map(|name| json!(name)).collect(), params)
}

fn delete_role_policy(iam: &mut Iam, params: &Params) -> Answer {
    let policy = name(params, "PolicyName")?;
    let removed = role_mut(iam, params)?.inline.remove(policy);
    removed.map(|_| json!({})).ok_or_else(|| no_inline(policy))
}

fn known_policy(iam: &Iam, arn: &str) -> Result<String, ApiError> {
    iam.document(arn).ok_or_else(|| match arn.starts_with("arn:aws:iam::aws:policy/") {
        true => refusal(
            "NotImplementedException",
            501,
            format!("Coldstart does not emulate the managed policy {arn} yet."),
        ),
        false => no_such(format!("Policy {arn} does not exist or is not attachable.")),
    })
}

fn attach_role_policy(iam: &mut Iam, params: &Params) -> Answer {
    let arn = needed(params, "PolicyArn")?;
    known_policy(iam, arn)?;
    let role = role_mut(iam, params)?;
    if role.attached.iter().any(|one| one == arn) {
        return Ok(json!({}));
    }
    if role.attached.len() >= ATTACHED_MAX {
        return Err(limit(format!("Cannot exceed quota for PoliciesPerRole: {ATTACHED_MAX}")));
    }
    role.attached.push(arn.to_owned());
    Ok(json!({}))
}

fn detach_role_policy(iam: &mut Iam, params: &Params) -> Answer {
    let arn = needed(params, "PolicyArn")?;
    let role = role_mut(iam, params)?;
    let before = role.attached.len();
    role.attached.retain(|one| one != arn);
    if role.attached.len() == before {
        return Err(no_such(format!("Policy {arn} was not found.")));
    }
    Ok(json!({}))
}

fn list_attached_role_policies(iam: &Iam, params: &Params) -> Answer {
    let (_, role) = role(iam, params)?;
    let attached = role
        .attached
        .iter()
        .map(|arn| json!({ "PolicyName": arn.rsplit('/').next(), "PolicyArn": arn }));
    listed("AttachedPolicies", attached.collect(), params)
}

fn put_boundary(iam: &mut Iam, params: &Params) -> Answer {
    let arn = needed(params, "PermissionsBoundary")?.to_owned();
    known_policy(iam, &arn)?;
    role_mut(iam, params)?.boundary = Some(arn);
    Ok(json!({}))
}

fn delete_boundary(iam: &mut Iam, params: &Params) -> Answer {
    role_mut(iam, params)?.boundary = None;
    Ok(json!({}))
}

/// Decides for actions and resources without asking for anything, and says why.
fn simulate(iam: &Iam, world: &World, params: &Params) -> Answer {
    let arn = needed(params, "PolicySourceArn")?;
    let role = iam.role(arn).ok_or_else(|| no_such(format!("{arn} cannot be found.")))?;
    let list = |key: &str| {
        let values = params.get(key).and_then(Value::as_array).into_iter().flatten();
        values.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut resources = list("ResourceArns");
    if resources.is_empty() {
        resources.push("*".into());
    }
    let mut context = Context::from([("aws:principalarn".to_owned(), vec![arn.to_owned()])]);
    for entry in params.get("ContextEntries").and_then(Value::as_array).into_iter().flatten() {
        let values = entry["ContextKeyValues"].as_array().into_iter().flatten();
        let values = values.filter_map(Value::as_str).map(str::to_owned).collect();
        context.insert(entry["ContextKeyName"].as_str().unwrap_or_default().to_lowercase(), values);
    }
    let of_role = iam.of_role(role);
    let policies = Policies {
        identity: &of_role.identity,
        boundary: of_role.boundary.as_ref(),
        resource: None,
    };
    let mut results = Vec::new();
    for action in list("ActionNames") {
        for resource in &resources {
            let ask = Ask {
                asker: Asker::Role { arn: arn.to_owned(), session_arn: arn.to_owned() },
                account: world.config.account.clone(),
                action: action.clone(),
                resource: resource.clone(),
                context: context.clone(),
            };
            let decision = evaluate(&ask, &policies);
            results.push(json!({
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": match decision {
                    Decision::Allowed { .. } => "allowed",
                    Decision::ExplicitDeny { .. } => "explicitDeny",
                    Decision::ImplicitDeny { .. } => "implicitDeny",
                },
                // Ours: AWS points into the documents instead.
                "Explanation": decision.explain(&ask),
            }));
        }
    }
    Ok(json!({ "EvaluationResults": results, "IsTruncated": false }))
}
