//! What a request to a service asks for: its action and its resource, and whether a function's role may do that.
//!
//! Source: "Actions, resources, and condition keys for AWS services" (Service Authorization Reference).

use super::document::Policy;
use super::evaluate::{Ask, Asker, Context, Decision, Policies, evaluate};
use super::roles::Iam;
use crate::{ApiError, Config};
use serde_json::{Map, Value};

/// What is known of the function that asks.
pub(crate) struct Function<'a> {
    pub(crate) arn: &'a str,
    pub(crate) role: &'a str,
}

/// The refusal of a function's request, when the session has made its role and the role does not allow it.
#[inline(never)]
pub(crate) fn forbids(
    iam: &Iam,
    config: &Config,
    function: &Function<'_>,
    service: &str,
    operation: &str,
    params: &Value,
) -> Option<ApiError> {
    let role = iam.role(function.role)?;
    let ask = ask(config, function, service, operation, params);
    let of_role = iam.of_role(role);
    let policies = Policies {
        identity: &of_role.identity,
        boundary: of_role.boundary.as_ref(),
        resource: None,
    };
    let decision = evaluate(&ask, &policies);
    if decision.is_allowed() {
        return None;
    }
    Some(refusal(service, &ask, &decision))
}

/// AWS's error, and beside it the reason for people.
fn refusal(service: &str, ask: &Ask, decision: &Decision) -> ApiError {
    let (code, status) = match service {
        "sqs" | "iam" | "monitoring" => ("AccessDenied", 403),
        "sns" => ("AuthorizationError", 403),
        "lambda" => ("AccessDeniedException", 403),
        _ => ("AccessDeniedException", 400),
    };
    let mut extra = Map::new();
    extra.insert("Explanation".into(), Value::String(decision.explain(ask)));
    ApiError { code: code.into(), status, message: Some(decision.message(ask)), extra }
}

fn ask(
    config: &Config,
    function: &Function<'_>,
    service: &str,
    operation: &str,
    params: &Value,
) -> Ask {
    let name = function.arn.split(':').nth(6).unwrap_or_default();
    let role_name = function.role.rsplit('/').next().unwrap_or_default();
    let account = &config.account;
    let keys = [
        ("aws:principalarn", function.role),
        ("aws:principalaccount", account),
        ("aws:principaltype", "AssumedRole"),
        ("aws:requestedregion", &config.region),
        ("lambda:sourcefunctionarn", function.arn),
        ("aws:securetransport", "true"),
    ];
    let context: Context = keys.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).into();
    Ask {
        asker: Asker::Role {
            arn: function.role.to_owned(),
            session_arn: format!("arn:aws:sts::{account}:assumed-role/{role_name}/{name}"),
        },
        account: account.clone(),
        action: action(service, operation),
        resource: resource(config, service, params),
        context,
    }
}

/// The action of an operation, where its name is not the operation's.
fn action(service: &str, operation: &str) -> String {
    let prefix = match service {
        "monitoring" => "cloudwatch",
        other => other,
    };
    let name = match (service, operation) {
        ("lambda", "Invoke" | "InvokeWithResponseStream" | "InvokeAsync") => "InvokeFunction",
        ("sqs", "SendMessageBatch") => "SendMessage",
        ("sqs", "DeleteMessageBatch") => "DeleteMessage",
        ("sqs", "ChangeMessageVisibilityBatch") => "ChangeMessageVisibility",
        ("sns", "PublishBatch") => "Publish",
        (_, other) => other,
    };
    format!("{prefix}:{name}")
}

/// The resource that a request names; `*` when it names none.
fn resource(config: &Config, service: &str, params: &Value) -> String {
    let (region, account) = (&config.region, &config.account);
    let text = |key: &str| params[key].as_str();
    let arn = |rest: String| format!("arn:aws:{service}:{region}:{account}:{rest}");
    let named = |kind: &str, name: &str| match name.starts_with("arn:") {
        true => name.to_owned(),
        false => arn(format!("{kind}{name}")),
    };
    let found = match service {
        "sqs" => text("QueueUrl")
            .and_then(|url| url.rsplit('/').next())
            .or_else(|| text("QueueName"))
            .map(|name| arn(name.to_owned())),
        "lambda" => text("FunctionName").map(|name| {
            let qualifier = text("Qualifier").map(|one| format!(":{one}")).unwrap_or_default();
            named("function:", name) + &qualifier
        }),
        "states" => ["stateMachineArn", "executionArn", "activityArn"]
            .iter()
            .find_map(|key| text(key))
            .map(str::to_owned),
        "sns" => text("TopicArn").or_else(|| text("TargetArn")).map(str::to_owned),
        "logs" => text("logGroupName").map(|name| match text("logStreamName") {
            Some(stream) => arn(format!("log-group:{name}:log-stream:{stream}")),
            None => arn(format!("log-group:{name}")),
        }),
        "events" => Some(named("event-bus/", bus(params))),
        _ => None,
    };
    found.unwrap_or_else(|| "*".into())
}

/// The bus of the first entry, or of the request.
fn bus(params: &Value) -> &str {
    let entry = params["Entries"][0]["EventBusName"].as_str();
    entry.or_else(|| params["EventBusName"].as_str()).unwrap_or("default")
}

/// Whether a function's policy lets a service call it for one of its own resources. A service goes by several names.
#[inline(never)]
pub(crate) fn lets_in(
    config: &Config,
    statements: &[Value],
    services: &[String],
    function_arn: &str,
    source_arn: &str,
) -> bool {
    let policy = Policy::of_resource(statements);
    let keys = [("aws:sourcearn", source_arn), ("aws:sourceaccount", &config.account)];
    services.iter().any(|service| {
        let ask = Ask {
            asker: Asker::Service(service.clone()),
            account: config.account.clone(),
            action: "lambda:InvokeFunction".into(),
            resource: function_arn.to_owned(),
            context: keys.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).into(),
        };
        let policies = Policies { resource: Some(&policy), ..Policies::default() };
        evaluate(&ask, &policies).is_allowed()
    })
}

/// What is answered when a function's policy does not let a service in.
pub(crate) fn no_resource_policy(service: &str, function_arn: &str) -> ApiError {
    ApiError {
        code: "AccessDeniedException".into(),
        status: 403,
        message: Some(format!(
            "{service} is not authorized to perform: lambda:InvokeFunction on resource: {function_arn} because no resource-based policy allows the lambda:InvokeFunction action"
        )),
        extra: Map::new(),
    }
}
