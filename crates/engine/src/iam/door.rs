//! Whom the door asks before a request goes on: the role in whose name it comes, and the policy of what it is about.
//!
//! A role is asked when the session has made it; one that nobody made allows everything. A service that calls in its own name is let
//! in by the policy of what it calls, and by nothing else, as on AWS. What is not there has no policy: the call itself says so.
//!
//! Sources: "Lambda execution role", "Using resource-based policies for Amazon EventBridge", "Set up for EventBridge Scheduler",
//! "Giving permissions for Amazon SNS topics to send messages to a queue", "IAM policies for integrated services" (Step Functions).

#[cfg(test)]
mod tests;

use super::document::Policy;
use super::evaluate::{Ask, Asker, Context, Decision, Place, Policies, evaluate};
use super::requests::{action, refusal, resources};
use super::roles::{Iam, Role};
use crate::eventbridge::EventBridge;
use crate::lambda::{Lambda, Poll};
use crate::logs::Logs;
use crate::sns::Sns;
use crate::sqs::Sqs;
use crate::states::States;
use crate::targets::Source;
use crate::world::{self, Caller, Waiter};
use crate::{ApiError, Config, Principal};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What is there: roles, and what has a policy.
pub(crate) struct Account<'a> {
    pub(crate) config: &'a Config,
    pub(crate) iam: &'a Iam,
    pub(crate) lambda: &'a Lambda,
    pub(crate) sqs: &'a Sqs,
    pub(crate) sns: &'a Sns,
    pub(crate) logs: &'a Logs,
    pub(crate) events: &'a EventBridge,
    pub(crate) states: &'a States,
}

/// A request, as far as its permission goes.
#[derive(Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) service: &'a str,
    pub(super) operation: &'a str,
    pub(super) params: &'a Value,
}

/// In whose name a role is used.
#[derive(Clone, Copy)]
pub(super) struct Session<'a> {
    pub(super) role: &'a str,
    /// Of the session, as AWS names it.
    pub(super) name: &'a str,
    /// ARN of the function, when it is one's.
    pub(super) function: Option<&'a str>,
}

/// The refusal of a request, if there is one.
#[inline(never)]
pub(crate) fn refuses(
    account: &Account<'_>,
    caller: &Caller,
    principal: &Principal,
    params: &Value,
) -> Option<ApiError> {
    let Caller { service, operation, .. } = caller;
    let wish = Wish { service, operation, params };
    let asked = |session: Session<'_>| {
        let refusal = account.role_refuses(session, wish);
        refusal.or_else(|| super::named::may_not_pass(account, session, wish))
    };
    let refusal = match &caller.waiter {
        Waiter::Target(delivery) => match (&delivery.role, delivery.source) {
            (Some(role), source) => {
                let name = session_name(&delivery.source_arn);
                let session = Session { role, name: &name, function: None };
                account.not_assumed(role, source.principal()).or_else(|| asked(session))
            }
            (None, Source::Schedule) => None,
            (None, source) => {
                account.policy_refuses(&[source.principal()], &delivery.permit_arn, wish)
            }
        },
        Waiter::Task { role: Some(role), state, .. } => {
            let name = session_name(state);
            asked(Session { role, name: &name, function: None })
        }
        // Lambda invokes a mapping's function itself.
        Waiter::Poll(Poll::Invoke { .. }) => None,
        Waiter::Guest(_) | Waiter::Poll(_) | Waiter::Delivery(_) => {
            let Principal::Function { arn } = principal else { return None };
            let name = arn.split(':').nth(6)?;
            let function = account.lambda.functions.get(name)?;
            let role = &function.current.settings.role;
            asked(Session { role, name, function: Some(&function.arn) })
        }
        _ => None,
    };
    refusal.or_else(|| super::named::refuses(account, wish))
}

/// Whether a function's policy lets a service call it for one of its own resources. A service goes by several names.
#[inline(never)]
pub(crate) fn lets_in(
    config: &Config,
    statements: &[Value],
    services: &[&str],
    function_arn: &str,
    source_arn: &str,
) -> bool {
    let policy = Policy::of_resource(statements);
    let what = ("lambda:InvokeFunction".to_owned(), function_arn.to_owned());
    ask_policy(config, &policy, services, source_arn, what).is_none()
}

/// Whether the policy of an event bus forbids that a rule of its account sends to it. It needs no statement that allows it.
#[inline(never)]
pub(crate) fn bus_forbids(
    config: &Config,
    statements: &[Value],
    bus_arn: &str,
    rule_arn: &str,
) -> bool {
    let policy = Policy::of_resource(statements);
    let what = ("events:PutEvents".to_owned(), bus_arn.to_owned());
    let asked = ask_policy(config, &policy, &["events.amazonaws.com"], rule_arn, what);
    matches!(asked, Some((_, Decision::ExplicitDeny { .. })))
}

/// The functions whose role does not let them write to their log group: they leave no log. None when a request changes nothing of it.
#[inline(never)]
pub(crate) fn muted(account: &Account<'_>, caller: &Caller) -> Option<BTreeSet<String>> {
    match (caller.service.as_str(), caller.operation.as_str()) {
        ("iam", _)
        | ("lambda", "CreateFunction" | "UpdateFunctionConfiguration")
        | ("logs", "CreateLogGroup" | "DeleteLogGroup") => {}
        _ => return None,
    }
    let is_muted = |(name, function): &(&String, &crate::lambda::Function)| {
        let settings = &function.current.settings;
        let session = Session { role: &settings.role, name, function: Some(function.arn.as_str()) };
        let group = settings.log_group.as_str();
        let of_stream = serde_json::json!({ "logGroupName": group, "logStreamName": "stream" });
        let of_group = serde_json::json!({ "logGroupName": group });
        let refused = |operation: &str, params: &Value| {
            account.role_refuses(session, Wish { service: "logs", operation, params }).is_some()
        };
        let is_there = account.logs.groups.contains_key(group);
        refused("PutLogEvents", &of_stream)
            || refused("CreateLogStream", &of_stream)
            || (!is_there && refused("CreateLogGroup", &of_group))
    };
    let all = account.lambda.functions.iter();
    Some(all.filter(is_muted).map(|(name, _)| name.clone()).collect())
}

impl Account<'_> {
    fn made(&self, role: &str) -> Option<&Role> {
        self.iam.role(role)
    }

    /// Whether a role, if the session has made it, lets nobody of this service use it.
    pub(super) fn cannot_be_assumed(&self, role: &str, services: &[&str]) -> bool {
        let Some(made) = self.made(role) else { return false };
        let ask = |service: &str| {
            let asker = Asker::Service(service.to_owned());
            self.ask(asker, "sts:AssumeRole".to_owned(), made.arn.clone(), Context::new())
        };
        let trust = self.iam.trust(made);
        let policies = Policies { resource: trust.as_ref(), ..Policies::default() };
        !services.iter().any(|service| evaluate(&ask(service), &policies).is_allowed())
    }

    fn not_assumed(&self, role: &str, service: &str) -> Option<ApiError> {
        if !self.cannot_be_assumed(role, &[service]) {
            return None;
        }
        let ask = self.ask(
            Asker::Service(service.to_owned()),
            "sts:AssumeRole".to_owned(),
            role.to_owned(),
            Context::new(),
        );
        Some(refusal("sts", &ask, &Decision::ImplicitDeny { place: Place::Resource }))
    }

    fn ask(&self, asker: Asker, action: String, resource: String, context: Context) -> Ask {
        Ask { asker, account: self.config.account.clone(), action, resource, context }
    }

    /// What a role says to a request, and the policy of what the request is about.
    pub(super) fn role_refuses(&self, session: Session<'_>, wish: Wish<'_>) -> Option<ApiError> {
        let action = action(wish.service, wish.operation);
        resources(self.config, wish.service, wish.params).into_iter().find_map(|resource| {
            let what = (wish.service, action.as_str(), resource.as_str());
            self.role_refuses_action(session, what, &[])
        })
    }

    /// What it says to an action on a resource of a service, with further keys of the context.
    pub(super) fn role_refuses_action(
        &self,
        session: Session<'_>,
        (service, action, resource): (&str, &str, &str),
        further: &[(&str, &str)],
    ) -> Option<ApiError> {
        let role = self.made(session.role)?;
        let account = &self.config.account;
        let role_name = session.role.rsplit('/').next().unwrap_or_default();
        let keys = [
            ("aws:principalarn", session.role),
            ("aws:principalaccount", account),
            ("aws:principaltype", "AssumedRole"),
            ("aws:requestedregion", &self.config.region),
            ("aws:securetransport", "true"),
        ];
        let mut context: Context =
            keys.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).into();
        for (key, value) in further {
            context.insert((*key).to_owned(), vec![(*value).to_owned()]);
        }
        if let Some(function) = session.function {
            context.insert("lambda:sourcefunctionarn".into(), vec![function.to_owned()]);
        }
        let asker = Asker::Role {
            arn: session.role.to_owned(),
            session_arn: format!(
                "arn:aws:sts::{account}:assumed-role/{role_name}/{}",
                session.name
            ),
        };
        let of_resource = self.policy_of(service, resource);
        let ask = self.ask(asker, action.to_owned(), resource.to_owned(), context);
        let of_role = self.iam.of_role(role);
        let policies = Policies {
            identity: &of_role.identity,
            boundary: of_role.boundary.as_ref(),
            resource: of_resource.as_ref(),
        };
        let decision = evaluate(&ask, &policies);
        (!decision.is_allowed()).then(|| refusal(service, &ask, &decision))
    }

    /// What the policy of a resource says to a service that comes for one of its own resources.
    fn policy_refuses(
        &self,
        services: &[&str],
        source_arn: &str,
        wish: Wish<'_>,
    ) -> Option<ApiError> {
        let action = action(wish.service, wish.operation);
        resources(self.config, wish.service, wish.params).into_iter().find_map(|resource| {
            let policy = self.policy_of(wish.service, &resource)?;
            let what = (action.clone(), resource);
            let (ask, decision) = ask_policy(self.config, &policy, services, source_arn, what)?;
            Some(refusal(wish.service, &ask, &decision))
        })
    }

    /// The policy of a function, a queue, a topic or a bus that is there, and that of an account's log groups.
    fn policy_of(&self, service: &str, resource: &str) -> Option<Policy> {
        match service {
            "lambda" => self.lambda.policy_statements(resource).map(Policy::of_resource),
            "sqs" => self.sqs.policy(resource.rsplit(':').next()?).map(Policy::of_documents),
            "sns" => self.sns.policy(resource, &self.config.account).map(Policy::of_documents),
            "logs" => Some(Policy::of_documents(self.logs.policies())),
            "events" => self.events.policy(resource.rsplit('/').next()?).map(Policy::of_resource),
            _ => None,
        }
    }
}

/// Asks a policy of a resource for a service that goes by several names. Gives what was asked and the decision, when it is against all.
fn ask_policy(
    config: &Config,
    policy: &Policy,
    services: &[&str],
    source_arn: &str,
    (action, resource): (String, String),
) -> Option<(Ask, Decision)> {
    let keys = [
        ("aws:sourcearn", source_arn),
        ("aws:sourceaccount", &config.account),
        ("aws:principalisawsservice", "true"),
    ];
    let mut refused = None;
    for service in services {
        let ask = Ask {
            asker: Asker::Service((*service).to_owned()),
            account: config.account.clone(),
            action: action.clone(),
            resource: resource.clone(),
            context: keys.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).into(),
        };
        let decision = evaluate(&ask, &Policies { resource: Some(policy), ..Policies::default() });
        if decision.is_allowed() {
            return None;
        }
        refused.get_or_insert((ask, decision));
    }
    refused
}

/// The name that a service gives its session of a role: 32 digits here, drawn from what it is for.
fn session_name(of: &str) -> String {
    let mut name = world::hex(&Sha256::digest(of.as_bytes()));
    name.truncate(32);
    name
}
