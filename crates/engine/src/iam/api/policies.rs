//! Managed policies: the operations on those of customers, and reading those of AWS.
//!
//! Source: "Managed policies and inline policies", "Versioning IAM policies", and the pages of the operations.

use super::super::document::{Kind, Policy};
use super::super::managed;
use super::super::roles::{Iam, Managed};
use super::{
    Answer, KEPT_MAX, escaped, length, limit, listed, malformed, name, needed, no_such, refusal,
    text,
};
use crate::world::{Incoming, Params, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Characters of a document, white space not counted.
const CHARS_MAX: usize = 6_144;
/// "A managed policy can have up to five versions."
const VERSIONS_MAX: usize = 5;

/// The operations that are emulated; none for others.
pub(super) fn handle(iam: &mut Iam, world: &mut World, incoming: &Incoming<'_>) -> Option<Answer> {
    let params = incoming.params;
    Some(match incoming.caller.operation.as_str() {
        "CreatePolicy" => create(iam, world, params),
        "GetPolicy" => get(iam, params),
        "ListPolicies" => list(iam, params),
        "DeletePolicy" => delete(iam, params),
        "CreatePolicyVersion" => create_version(iam, world, params),
        "GetPolicyVersion" => get_version(iam, params),
        "ListPolicyVersions" => list_versions(iam, params),
        "SetDefaultPolicyVersion" => set_default(iam, world, params),
        "DeletePolicyVersion" => delete_version(iam, params),
        _ => return None,
    })
}

fn document<'a>(params: &'a Params, name: &str) -> Result<&'a str, crate::ApiError> {
    let document = needed(params, "PolicyDocument")?;
    Policy::parse(name, document, Kind::Identity).map_err(malformed)?;
    if length(document) > CHARS_MAX {
        return Err(limit(format!("Cannot exceed quota for PolicySize: {CHARS_MAX}")));
    }
    Ok(document)
}

fn create(iam: &mut Iam, world: &mut World, params: &Params) -> Answer {
    let name = name(params, "PolicyName")?;
    let path = text(params, "Path").unwrap_or("/");
    let arn = format!("arn:aws:iam::{}:policy{path}{name}", world.config.account);
    if iam.policies.contains_key(&arn) {
        return Err(refusal(
            "EntityAlreadyExists",
            409,
            format!("A policy called {name} already exists. Duplicate names are not allowed."),
        ));
    }
    let document = document(params, name)?;
    if iam.policies.len() >= KEPT_MAX {
        return Err(limit(format!("Cannot exceed quota for PoliciesPerAccount: {KEPT_MAX}")));
    }
    let now_s = world.unix_ms() / 1_000;
    let made = Managed {
        id: format!("ANPA{}", world.rng.base32(17)),
        name: name.to_owned(),
        path: path.to_owned(),
        created_s: now_s,
        updated_s: now_s,
        versions: BTreeMap::from([(1, (document.to_owned(), now_s))]),
        newest: 1,
        default: 1,
    };
    let output = json!({ "Policy": shown(iam, &arn, &made) });
    iam.policies.insert(arn, made);
    Ok(output)
}

fn uses(iam: &Iam, arn: &str) -> (usize, usize) {
    let attached = iam.roles.values().filter(|role| role.attached.iter().any(|one| one == arn));
    let bounded = iam.roles.values().filter(|role| role.boundary.as_deref() == Some(arn));
    (attached.count(), bounded.count())
}

fn shown(iam: &Iam, arn: &str, policy: &Managed) -> Value {
    let (attached, bounded) = uses(iam, arn);
    json!({
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": arn,
        "Path": policy.path,
        "DefaultVersionId": format!("v{}", policy.default),
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": bounded,
        "IsAttachable": true,
        "CreateDate": policy.created_s,
        "UpdateDate": policy.updated_s,
    })
}

/// One of AWS's own. Its id and its times are not known here, and its version is called the first.
fn shown_aws(iam: &Iam, arn: &str) -> Value {
    let (attached, bounded) = uses(iam, arn);
    let (head, name) = arn.rsplit_once('/').unwrap_or_default();
    let path = head.strip_prefix("arn:aws:iam::aws:policy").unwrap_or_default();
    json!({
        "PolicyName": name,
        "Arn": arn,
        "Path": format!("{path}/"),
        "DefaultVersionId": "v1",
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": bounded,
        "IsAttachable": true,
    })
}

fn find<'a>(iam: &'a Iam, arn: &str) -> Result<&'a Managed, crate::ApiError> {
    iam.policies.get(arn).ok_or_else(|| no_such(format!("Policy {arn} was not found.")))
}

fn find_mut<'a>(iam: &'a mut Iam, params: &Params) -> Result<&'a mut Managed, crate::ApiError> {
    let arn = needed(params, "PolicyArn")?;
    iam.policies.get_mut(arn).ok_or_else(|| no_such(format!("Policy {arn} was not found.")))
}

fn get(iam: &Iam, params: &Params) -> Answer {
    let arn = needed(params, "PolicyArn")?;
    if managed::document(arn).is_some() {
        return Ok(json!({ "Policy": shown_aws(iam, arn) }));
    }
    Ok(json!({ "Policy": shown(iam, arn, find(iam, arn)?) }))
}

fn list(iam: &Iam, params: &Params) -> Answer {
    let scope = text(params, "Scope").unwrap_or("All");
    let only_attached = params.get("OnlyAttached") == Some(&Value::Bool(true));
    let prefix = text(params, "PathPrefix").unwrap_or("/");
    let mut all: Vec<Value> = Vec::new();
    if scope != "AWS" {
        all.extend(iam.policies.iter().map(|(arn, policy)| shown(iam, arn, policy)));
    }
    if scope != "Local" {
        all.extend(managed::arns().map(|arn| shown_aws(iam, &arn)));
    }
    all.retain(|policy| {
        policy["Path"].as_str().is_some_and(|path| path.starts_with(prefix))
            && !(only_attached && policy["AttachmentCount"] == 0)
    });
    listed("Policies", all, params)
}

fn delete(iam: &mut Iam, params: &Params) -> Answer {
    let arn = needed(params, "PolicyArn")?;
    let policy = find(iam, arn)?;
    let conflict = |what: &str| Err(refusal("DeleteConflict", 409, what));
    if policy.versions.len() > 1 {
        return conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
    }
    if uses(iam, arn).0 > 0 {
        return conflict("Cannot delete a policy attached to entities.");
    }
    iam.policies.remove(arn);
    Ok(json!({}))
}

// Versions

/// The number in `v2`.
fn number(params: &Params) -> Result<u32, crate::ApiError> {
    let given = needed(params, "VersionId")?;
    given.strip_prefix('v').and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        refusal("ValidationError", 400, format!("1 validation error detected: Value '{given}' at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"))
    })
}

fn no_version(arn: &str, number: u32) -> crate::ApiError {
    no_such(format!("Policy {arn} version v{number} does not exist or is not attachable."))
}

fn shown_version(policy: &Managed, number: u32, created_s: u64) -> Value {
    json!({
        "VersionId": format!("v{number}"), "IsDefaultVersion": policy.default == number, "CreateDate": created_s,
    })
}

fn create_version(iam: &mut Iam, world: &World, params: &Params) -> Answer {
    let now_s = world.unix_ms() / 1_000;
    let policy = find_mut(iam, params)?;
    let document = document(params, &policy.name)?;
    if policy.versions.len() >= VERSIONS_MAX {
        return Err(limit(format!(
            "A managed policy can have up to {VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version."
        )));
    }
    policy.newest += 1;
    policy.versions.insert(policy.newest, (document.to_owned(), now_s));
    policy.updated_s = now_s;
    if params.get("SetAsDefault") == Some(&Value::Bool(true)) {
        policy.default = policy.newest;
    }
    Ok(json!({ "PolicyVersion": shown_version(policy, policy.newest, now_s) }))
}

fn get_version(iam: &Iam, params: &Params) -> Answer {
    let (arn, number) = (needed(params, "PolicyArn")?, number(params)?);
    if let Some(document) = managed::document(arn) {
        if number != 1 {
            return Err(no_version(arn, number));
        }
        return Ok(json!({
            "PolicyVersion": { "Document": escaped(&document), "VersionId": "v1", "IsDefaultVersion": true },
        }));
    }
    let policy = find(iam, arn)?;
    let (document, created_s) =
        policy.versions.get(&number).ok_or_else(|| no_version(arn, number))?;
    let mut version = shown_version(policy, number, *created_s);
    version["Document"] = json!(escaped(document));
    Ok(json!({ "PolicyVersion": version }))
}

fn list_versions(iam: &Iam, params: &Params) -> Answer {
    let arn = needed(params, "PolicyArn")?;
    if managed::document(arn).is_some() {
        return listed(
            "Versions",
            vec![json!({ "VersionId": "v1", "IsDefaultVersion": true })],
            params,
        );
    }
    let policy = find(iam, arn)?;
    let newest_first = policy.versions.iter().rev();
    let all =
        newest_first.map(|(number, (_, created_s))| shown_version(policy, *number, *created_s));
    listed("Versions", all.collect(), params)
}

fn set_default(iam: &mut Iam, world: &World, params: &Params) -> Answer {
    let (arn, number) = (needed(params, "PolicyArn")?, number(params)?);
    let policy = find_mut(iam, params)?;
    if !policy.versions.contains_key(&number) {
        return Err(no_version(arn, number));
    }
    policy.default = number;
    policy.updated_s = world.unix_ms() / 1_000;
    Ok(json!({}))
}

fn delete_version(iam: &mut Iam, params: &Params) -> Answer {
    let (arn, number) = (needed(params, "PolicyArn")?, number(params)?);
    let policy = find_mut(iam, params)?;
    if policy.default == number {
        return Err(refusal(
            "DeleteConflict",
            409,
            "Cannot delete the default version of a policy.",
        ));
    }
    if policy.versions.remove(&number).is_none() {
        return Err(no_version(arn, number));
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use crate::testing::Scenario;
    use expect_test::expect;
    use serde_json::{Value, json};

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

    #[test]
    fn managed_policies_have_versions_of_which_one_counts() {
        let arn = "arn:aws:iam::123456789012:policy/send";
        let document = |action: &str| {
            json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } })
                .to_string()
        };
        let begin = || {
            Scenario::new()
                .request(
                    "iam",
                    "CreateRole",
                    json!({ "RoleName": "worker", "AssumeRolePolicyDocument": TRUST }),
                )
                .request(
                    "iam",
                    "CreatePolicy",
                    json!({ "PolicyName": "send", "PolicyDocument": document("sqs:SendMessage") }),
                )
                .request(
                    "iam",
                    "AttachRolePolicy",
                    json!({ "RoleName": "worker", "PolicyArn": arn }),
                )
        };
        let version = |scenario: Scenario, action: &str, default: bool| {
            let params = json!({ "PolicyArn": arn, "PolicyDocument": document(action), "SetAsDefault": default });
            scenario.request("iam", "CreatePolicyVersion", params)
        };
        let says = |scenario: Scenario, operation: &str, params: Value| match scenario
            .request("iam", operation, params)
            .last_answer()
        {
            Ok(response) => response.output.to_string(),
            Err(error) => format!("{}: {}", error.code, error.message.unwrap_or_default()),
        };
        let may = |scenario: Scenario, action: &str| {
            let params = json!({ "PolicySourceArn": "arn:aws:iam::123456789012:role/worker", "ActionNames": [action] });
            says(scenario, "SimulatePrincipalPolicy", params).contains("\"allowed\"")
        };
        assert!(may(begin(), "sqs:SendMessage"));
        assert!(
            may(version(begin(), "logs:*", false), "sqs:SendMessage"),
            "the first one still counts"
        );
        let changed = || version(begin(), "logs:*", true);
        assert!(!may(changed(), "sqs:SendMessage") && may(changed(), "logs:PutLogEvents"));
        let first = json!({ "PolicyArn": arn, "VersionId": "v1" });
        assert!(may(
            changed().request("iam", "SetDefaultPolicyVersion", first.clone()),
            "sqs:SendMessage"
        ));
        assert_eq!(says(changed(), "DeletePolicyVersion", first.clone()), "{}");
        expect![[r#"DeleteConflict: Cannot delete the default version of a policy."#]]
            .assert_eq(&says(begin(), "DeletePolicyVersion", first.clone()));
        let full = |versions: usize| {
            (1..versions)
                .fold(begin(), |scenario, _| version(scenario, "logs:*", false))
                .last_answer()
        };
        assert!(full(5).is_ok());
        assert_eq!(full(6).unwrap_err().code, "LimitExceeded");
        let gone = json!({ "PolicyArn": arn, "VersionId": "v7" });
        expect![[r#"NoSuchEntity: Policy arn:aws:iam::123456789012:policy/send version v7 does not exist or is not attachable."#]]
            .assert_eq(&says(begin(), "GetPolicyVersion", gone));
        expect![[r#"{"PolicyVersion":{"VersionId":"v1","IsDefaultVersion":true,"CreateDate":1767225600,"Document":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22sqs%3ASendMessage%22%2C%22Resource%22%3A%22%2A%22%7D%7D"}}"#]]
            .assert_eq(&says(begin(), "GetPolicyVersion", first));
        let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
        let of_aws =
            says(begin(), "GetPolicyVersion", json!({ "PolicyArn": basic, "VersionId": "v1" }));
        assert!(of_aws.contains("logs%3APutLogEvents"), "{of_aws}");
        let local = says(begin(), "ListPolicies", json!({ "Scope": "Local" }));
        assert!(local.contains(arn) && !local.contains("aws:policy"), "{local}");
        let all = says(begin(), "ListPolicies", json!({}));
        assert!(all.contains(arn) && all.contains(basic), "{all}");
    }
}
