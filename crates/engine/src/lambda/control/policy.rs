//! Resource policies: statements as AWS writes them. They are asked when a rule or a topic calls a function.

use super::super::api::{self, Answer, respond};
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::{
    absent_qualifier, done, function_mut, gone, invalid, qualified_arn, versions, wrong_revision,
};
use crate::world::{Params, World};
use serde_json::{Map, Value, json};

/// "Resource-based policy size: 20 KB" (Lambda quotas).
const BYTES_MAX: usize = 20 * 1_024;

/// A policy.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(super) revision_id: String,
    pub(super) statements: Vec<Value>,
}

impl Policy {
    /// `Policy` and `RevisionId` as the operations that show a policy answer.
    pub(super) fn describe(&self) -> Value {
        json!({ "Policy": self.text(), "RevisionId": self.revision_id })
    }

    fn text(&self) -> String {
        json!({ "Version": "2012-10-17", "Id": "default", "Statement": self.statements })
            .to_string()
    }

    pub(super) fn has(&self, sid: &str) -> bool {
        self.statements.iter().any(|statement| statement["Sid"] == sid)
    }

    /// Adds a statement whose `Sid` is new.
    pub(super) fn add(&mut self, sid: &str, statement: Value) -> Result<(), LambdaError> {
        if self.has(sid) {
            return Err(LambdaError::conflict(format!(
                "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement."
            )));
        }
        self.statements.push(statement);
        let bytes = self.text().len();
        if bytes > BYTES_MAX {
            self.statements.pop();
            return Err(LambdaError::Other {
                code: "PolicyLengthExceededException",
                status: 400,
                message: format!(
                    "The final policy size ({bytes}) is bigger than the limit ({BYTES_MAX})."
                ),
            });
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, sid: &str) -> Result<(), LambdaError> {
        if !self.has(sid) {
            return Err(LambdaError::not_found(format!(
                "Statement {sid} is not found in resource policy."
            )));
        }
        self.statements.retain(|statement| statement["Sid"] != sid);
        Ok(())
    }
}

/// `Principal` of a statement, as AWS writes what was given.
pub(super) fn principal(given: &str) -> Result<Value, LambdaError> {
    if given == "*" {
        return Ok(json!("*"));
    }
    if given.len() == 12 && given.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(json!({ "AWS": format!("arn:aws:iam::{given}:root") }));
    }
    if given.starts_with("arn:") {
        return Ok(json!({ "AWS": given }));
    }
    if given.ends_with(".amazonaws.com") || given.ends_with(".amazon.com") {
        return Ok(json!({ "Service": given }));
    }
    Err(invalid("The provided principal was invalid. Please check the principal and try again."))
}

pub(super) fn required<'a>(
    params: &'a Params,
    member: &str,
    path: &str,
) -> Result<&'a str, LambdaError> {
    api::text(params, member)?.ok_or_else(|| api::missing(path))
}

fn condition(params: &Params) -> Result<Map<String, Value>, LambdaError> {
    let mut equals = Map::new();
    for (member, key) in [
        ("FunctionUrlAuthType", "lambda:FunctionUrlAuthType"),
        ("EventSourceToken", "lambda:EventSourceToken"),
        ("PrincipalOrgID", "aws:PrincipalOrgID"),
        ("SourceAccount", "AWS:SourceAccount"),
    ] {
        if let Some(value) = api::text(params, member)? {
            equals.insert(key.into(), json!(value));
        }
    }
    let mut all = Map::new();
    if !equals.is_empty() {
        all.insert("StringEquals".into(), Value::Object(equals));
    }
    if let Some(via @ Value::Bool(_)) = params.get("InvokedViaFunctionUrl") {
        let value = json!({ "lambda:InvokedViaFunctionUrl": via.to_string() });
        all.insert("Bool".into(), value);
    }
    if let Some(arn) = api::text(params, "SourceArn")? {
        all.insert("ArnLike".into(), json!({ "AWS:SourceArn": arn }));
    }
    Ok(all)
}

pub(super) fn add(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let (name, qualifier) = api::named(world, params)?;
    if qualifier.as_deref() == Some("$LATEST") {
        return Err(invalid("We currently do not support adding policies for $LATEST."));
    }
    let who = principal(required(params, "Principal", "principal")?)?;
    let known = super::function(lambda, world, &name)?;
    if let Some(qualifier) = &qualifier
        && versions::number(known, qualifier).is_none()
    {
        return Err(absent_qualifier(world, &name, qualifier));
    }
    let key = qualifier.clone().unwrap_or_default();
    if let Some(given) = api::text(params, "RevisionId")? {
        let policy = known.control.policies.get(&key).map(|policy| policy.revision_id.as_str());
        let resource = match &qualifier {
            None => known.revision_id.as_str(),
            Some(qualifier) => match known.control.aliases.get(qualifier) {
                Some(alias) => &alias.revision_id,
                None => versions::shown(known, qualifier).revision_id,
            },
        };
        if policy != Some(given) && resource != given {
            return Err(wrong_revision("GetPolicy"));
        }
    }
    let sid = required(params, "StatementId", "statementId")?;
    let mut statement = json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": who,
        "Action": required(params, "Action", "action")?,
        "Resource": qualified_arn(world, &name, qualifier.as_deref()),
    });
    let condition = condition(params)?;
    if !condition.is_empty() {
        statement["Condition"] = Value::Object(condition);
    }
    let policies = &mut function_mut(lambda, world, &name)?.control.policies;
    let policy = policies.entry(key).or_default();
    policy.add(sid, statement.clone())?;
    policy.revision_id = world.rng.uuid();
    respond(201, json!({ "Statement": statement.to_string() }))
}

pub(super) fn remove(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let (name, qualifier) = api::named(world, params)?;
    let Some(known) = lambda.functions.get_mut(&name) else {
        let arn = qualified_arn(world, &name, qualifier.as_deref());
        return Err(LambdaError::not_found(format!("No policy found for: {arn}")));
    };
    if let Some(qualifier) = &qualifier
        && qualifier != "$LATEST"
        && versions::number(known, qualifier).is_none()
    {
        return Err(absent_qualifier(world, &name, qualifier));
    }
    let key = qualifier.unwrap_or_default();
    let Some(policy) = known.control.policies.get_mut(&key) else {
        return Err(no_policy());
    };
    if api::text(params, "RevisionId")?.is_some_and(|given| given != policy.revision_id) {
        return Err(wrong_revision("GetPolicy"));
    }
    policy.remove(required(params, "StatementId", "statementId")?)?;
    policy.revision_id = world.rng.uuid();
    if policy.statements.is_empty() {
        known.control.policies.remove(&key);
    }
    done(204)
}

impl Lambda {
    /// The statements that say who may call a function, by its ARN with or without a qualifier; none when it is not there, which
    /// is for the call itself to say.
    #[inline(never)]
    pub(crate) fn policy_statements(&self, arn: &str) -> Option<&[Value]> {
        let named = crate::arn::parse_function(arn)?;
        let policies = &self.functions.get(&named.name)?.control.policies;
        let key = named.qualifier.filter(|qualifier| qualifier != "$LATEST").unwrap_or_default();
        Some(policies.get(&key).map(|policy| policy.statements.as_slice()).unwrap_or_default())
    }
}

pub(super) fn no_policy() -> LambdaError {
    LambdaError::not_found("No policy is associated with the given resource.")
}

pub(super) fn get(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, qualifier) = api::named(world, params)?;
    let known = lambda.functions.get(&name);
    let key = qualifier.unwrap_or_default();
    match known.and_then(|known| known.control.policies.get(&key)) {
        Some(policy) => respond(200, policy.describe()),
        None => Err(gone()),
    }
}
