//! Deciding whether a request is allowed, and saying why.
//!
//! Source: "Policy evaluation logic", "How AWS enforcement code logic evaluates requests to allow or deny access"; the messages are
//! those of "Troubleshoot access denied error messages".
//!
//! Invariant: an explicit deny, wherever it stands, wins over every allow.
//! Invariant: what no statement allows is denied.

use super::document::{Listed, Policy, Principal, Statement};
use super::wildcard::Pattern;
use std::collections::BTreeMap;

/// Keys of conditions in lower case, with their values.
pub(crate) type Context = BTreeMap<String, Vec<String>>;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A session of a role: the role's ARN, and the session's as error messages show it.
    Role { arn: String, session_arn: String },
    /// A service.
    Service(String),
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) asker: Asker,
    /// The account of who asks.
    pub(crate) account: String,
    /// Such as `sqs:SendMessage`.
    pub(crate) action: String,
    /// An ARN, or `*` for what is about no resource.
    pub(crate) resource: String,
    pub(crate) context: Context,
}

/// What counts for a request.
#[derive(Debug, Default)]
pub(crate) struct Policies<'a> {
    pub(crate) identity: &'a [Policy],
    pub(crate) boundary: Option<&'a Policy>,
    pub(crate) resource: Option<&'a Policy>,
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Identity,
    Boundary,
    Resource,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The statement that allows it.
    Allowed { place: Place, policy: String, sid: String },
    /// The statement that forbids it.
    ExplicitDeny { place: Place, policy: String, sid: String },
    /// The kind of policies that would have to allow it and does not.
    ImplicitDeny { place: Place },
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Resource => "resource-based policy",
        }
    }
}

impl Decision {
    pub(crate) fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// AWS's message of an `AccessDenied` error; empty when it is allowed.
    pub(crate) fn message(&self, ask: &Ask) -> String {
        let why = match self {
            Self::Allowed { .. } => return String::new(),
            Self::ExplicitDeny { place, .. } => {
                let article = if *place == Place::Identity { "an" } else { "a" };
                format!("with an explicit deny in {article} {}", place.name())
            }
            Self::ImplicitDeny { place } => {
                format!("because no {} allows the {} action", place.name(), ask.action)
            }
        };
        format!(
            "User: {} is not authorized to perform: {} on resource: {} {why}",
            ask.who(),
            ask.action,
            ask.resource
        )
    }

    /// The reason in a sentence, for people.
    pub(crate) fn explain(&self, ask: &Ask) -> String {
        let statement = |sid: &str| match sid {
            "" => "a statement".to_owned(),
            sid => format!("statement {sid}"),
        };
        match self {
            Self::Allowed { policy, sid, .. } => {
                format!("allowed by {} of policy {policy}", statement(sid))
            }
            Self::ExplicitDeny { policy, sid, .. } => {
                format!("explicitly denied by {} of policy {policy}", statement(sid))
            }
            Self::ImplicitDeny { place: Place::Identity } => format!(
                "denied because no statement of {} allows {} on {}",
                ask.whose(),
                ask.action,
                ask.resource
            ),
            Self::ImplicitDeny { place } => format!(
                "denied because no statement of the {} allows {} on {}",
                place.name(),
                ask.action,
                ask.resource
            ),
        }
    }
}

impl Ask {
    fn who(&self) -> &str {
        match &self.asker {
            Asker::Role { session_arn, .. } => session_arn,
            Asker::Service(name) => name,
        }
    }

    fn whose(&self) -> String {
        match &self.asker {
            Asker::Role { arn, .. } => {
                format!("role {}", arn.rsplit('/').next().unwrap_or_default())
            }
            Asker::Service(name) => name.clone(),
        }
    }

    /// The account that a resource belongs to; none when its ARN does not say.
    fn is_of_another_account(&self) -> bool {
        let owner = self.resource.split(':').nth(4).unwrap_or_default();
        !owner.is_empty() && owner != self.account
    }
}

/// Decides.
pub(crate) fn evaluate(ask: &Ask, policies: &Policies<'_>) -> Decision {
    let identity = policies.identity.iter().map(|policy| (Place::Identity, policy));
    let boundary = policies.boundary.iter().map(|policy| (Place::Boundary, *policy));
    let resource = policies.resource.iter().map(|policy| (Place::Resource, *policy));
    let all: Vec<(Place, &Policy)> = identity.chain(boundary).chain(resource).collect();
    for (place, policy) in &all {
        let denies = |statement: &&Statement| !statement.allows && applies(statement, ask, *place);
        if let Some(statement) = policy.statements.iter().find(denies) {
            return Decision::ExplicitDeny {
                place: *place,
                policy: policy.name.clone(),
                sid: statement.sid.clone(),
            };
        }
    }
    let allowed = |wanted: Place| {
        all.iter().filter(|(place, _)| *place == wanted).find_map(|(place, policy)| {
            let allows =
                |statement: &&Statement| statement.allows && applies(statement, ask, *place);
            let statement = policy.statements.iter().find(allows)?;
            Some(Decision::Allowed {
                place: *place,
                policy: policy.name.clone(),
                sid: statement.sid.clone(),
            })
        })
    };
    let by_resource = allowed(Place::Resource);
    if let Asker::Service(_) = ask.asker {
        return by_resource.unwrap_or(Decision::ImplicitDeny { place: Place::Resource });
    }
    if policies.boundary.is_some() && allowed(Place::Boundary).is_none() {
        return Decision::ImplicitDeny { place: Place::Boundary };
    }
    match (allowed(Place::Identity), by_resource) {
        // Within an account either is enough; between accounts both are asked.
        (Some(_), None) if ask.is_of_another_account() => {
            Decision::ImplicitDeny { place: Place::Resource }
        }
        (None, Some(_)) if ask.is_of_another_account() => {
            Decision::ImplicitDeny { place: Place::Identity }
        }
        (Some(by_identity), _) => by_identity,
        (None, Some(by_resource)) => by_resource,
        (None, None) => Decision::ImplicitDeny { place: Place::Identity },
    }
}

fn applies(statement: &Statement, ask: &Ask, place: Place) -> bool {
    let has_variables = statement.has_variables;
    let matches = |pattern: &String, text: &str| {
        Pattern::new(pattern, &ask.context, has_variables)
            .is_some_and(|pattern| pattern.matches(text))
    };
    // Actions have no case, and no variables.
    let action = ask.action.to_lowercase();
    let names_action = statement.actions.has(|pattern| {
        Pattern::new(&pattern.to_lowercase(), &ask.context, false)
            .is_some_and(|p| p.matches(&action))
    });
    let names_resource = statement.resources.as_ref().is_none_or(|resources| {
        resources.has(|pattern| pattern == "*" || matches(pattern, &ask.resource))
    });
    let names_principal = place != Place::Resource
        || statement.principals.as_ref().is_some_and(|list| list.has(|one| is(one, ask)));
    names_action
        && names_resource
        && names_principal
        && statement.conditions.iter().all(|one| one.holds(&ask.context, has_variables))
}

/// Whether a principal of a policy is who asks. An account stands for everybody in it.
fn is(principal: &Principal, ask: &Ask) -> bool {
    match (principal, &ask.asker) {
        (Principal::Everybody, _) => true,
        (Principal::Service(wanted), Asker::Service(given)) => wanted == given,
        (Principal::Aws(wanted), Asker::Role { arn, session_arn }) => {
            wanted == arn
                || wanted == session_arn
                || *wanted == ask.account
                || *wanted == format!("arn:aws:iam::{}:root", ask.account)
        }
        _ => false,
    }
}

impl<T> Listed<T> {
    fn has(&self, is: impl Fn(&T) -> bool) -> bool {
        self.items.iter().any(is) != self.all_but
    }
}
