//! Policy documents: reading them.
//!
//! Source: "IAM JSON policy elements reference", "Grammar of the IAM JSON policy language".

use super::conditions::Condition;
use serde_json::{Map, Value};

/// Statements of one document. Chosen; documents have 10,240 characters at most.
const STATEMENTS_MAX: usize = 500;

/// A policy that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(super) sid: String,
    pub(super) allows: bool,
    /// Whom it is about; none in policies of a role.
    pub(super) principals: Option<Listed<Principal>>,
    pub(super) actions: Listed<String>,
    /// None in trust policies.
    pub(super) resources: Option<Listed<String>>,
    pub(super) conditions: Vec<Condition>,
    /// Whether `${…}` are variables: since version 2012-10-17.
    pub(super) has_variables: bool,
}

/// What a statement names, or all but that.
#[derive(Debug, Clone)]
pub(super) struct Listed<T> {
    pub(super) all_but: bool,
    pub(super) items: Vec<T>,
}

/// Whom a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Principal {
    Everybody,
    /// An account, a role, a user, a session: an ARN, or twelve digits.
    Aws(String),
    Service(String),
    /// `Federated`, `CanonicalUser`: nobody here is one.
    Other,
}

/// Which elements a document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of a role: no principal.
    Identity,
    /// Of a resource: principals and resources.
    Resource,
    /// Who may assume a role: principals, no resources.
    Trust,
}

impl Policy {
    /// Reads a document.
    ///
    /// # Errors
    /// What is wrong with it, or what is not emulated.
    pub(crate) fn parse(name: &str, text: &str, kind: Kind) -> Result<Self, String> {
        let document: Value =
            serde_json::from_str(text).map_err(|_| "Syntax errors in policy.".to_owned())?;
        let Value::Object(document) = document else {
            return Err("Syntax errors in policy.".into());
        };
        let version = document.get("Version").map_or(Some("2008-10-17"), Value::as_str);
        if !matches!(version, Some("2008-10-17" | "2012-10-17")) {
            return Err("The policy must contain a valid version string".into());
        }
        let has_variables = version == Some("2012-10-17");
        let known = ["Version", "Id", "Statement"];
        if let Some(odd) = document.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("Syntax errors in policy: unknown element {odd}."));
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => return Err("The policy must contain a statement.".into()),
        };
        if statements.len() > STATEMENTS_MAX {
            return Err("The policy has too many statements.".into());
        }
        let read = statements.iter().map(|one| Statement::read(one, kind, has_variables));
        Ok(Self { name: name.to_owned(), statements: read.collect::<Result<_, _>>()? })
    }
}

impl Policy {
    /// Statements of a resource's policy as its service keeps them: what cannot be read says nothing.
    pub(super) fn of_resource(statements: &[Value]) -> Self {
        let read = |one: &Value| Statement::read(one, Kind::Resource, true).ok();
        Self {
            name: "resource policy".into(),
            statements: statements.iter().filter_map(read).collect(),
        }
    }
}

impl Policy {
    /// The statements of resources' policies, as services keep them.
    pub(super) fn of_documents(documents: Vec<Value>) -> Self {
        let mut all = Vec::new();
        for mut document in documents {
            match document["Statement"].take() {
                Value::Array(statements) => all.extend(statements),
                one => all.push(one),
            }
        }
        Self::of_resource(&all)
    }
}

/// A text or a list of texts.
pub(super) fn texts(value: &Value) -> Result<Vec<String>, String> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err("Syntax errors in policy.".to_owned()),
    };
    list.iter().map(text).collect()
}

impl Statement {
    fn read(value: &Value, kind: Kind, has_variables: bool) -> Result<Self, String> {
        let Value::Object(members) = value else { return Err("Syntax errors in policy.".into()) };
        const KNOWN: [&str; 9] = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        if let Some(odd) = members.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(format!("Syntax errors in policy: unknown element {odd}."));
        }
        let allows = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("Effect must be Allow or Deny.".into()),
        };
        let actions = listed(members, "Action", "NotAction", texts)?;
        let actions = actions.ok_or("Policy statement must contain actions.")?;
        if let Some(odd) = actions.items.iter().find(|one| *one != "*" && !one.contains(':')) {
            return Err(format!(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {odd}"
            ));
        }
        let resources = listed(members, "Resource", "NotResource", texts)?;
        let principals = listed(members, "Principal", "NotPrincipal", principals)?;
        match kind {
            Kind::Identity if principals.is_some() => {
                return Err("Policy document should not specify a principal.".into());
            }
            Kind::Trust if resources.is_some() => {
                return Err("Has prohibited field Resource".into());
            }
            Kind::Identity if resources.is_none() => {
                return Err("Policy statement must contain resources.".into());
            }
            Kind::Trust | Kind::Resource if principals.is_none() => {
                return Err("Missing required field Principal".into());
            }
            _ => {}
        }
        Ok(Self {
            sid: members.get("Sid").and_then(Value::as_str).unwrap_or_default().to_owned(),
            allows,
            principals,
            actions,
            resources,
            conditions: super::conditions::read(members.get("Condition"))?,
            has_variables,
        })
    }
}

fn listed<T>(
    members: &Map<String, Value>,
    name: &str,
    not_name: &str,
    read: fn(&Value) -> Result<Vec<T>, String>,
) -> Result<Option<Listed<T>>, String> {
    Ok(match (members.get(name), members.get(not_name)) {
        (Some(_), Some(_)) => {
            return Err(format!("A statement has either {name} or {not_name}."));
        }
        (Some(value), None) => Some(Listed { all_but: false, items: read(value)? }),
        (None, Some(value)) => Some(Listed { all_but: true, items: read(value)? }),
        (None, None) => None,
    })
}

fn principals(value: &Value) -> Result<Vec<Principal>, String> {
    let Value::Object(kinds) = value else {
        return if value == "*" {
            Ok(vec![Principal::Everybody])
        } else {
            Err("Invalid principal in policy.".into())
        };
    };
    let mut all = Vec::new();
    for (kind, names) in kinds {
        for name in texts(names)? {
            all.push(match kind.as_str() {
                "AWS" if name == "*" => Principal::Everybody,
                "AWS" => Principal::Aws(name),
                "Service" => Principal::Service(name),
                "Federated" | "CanonicalUser" => Principal::Other,
                _ => return Err("Invalid principal in policy.".into()),
            });
        }
    }
    Ok(all)
}
