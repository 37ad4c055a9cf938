//! What a request to a service asks for: its action and its resource, and how services say no.
//!
//! Source: "Actions, resources, and condition keys for AWS services" (Service Authorization Reference).

use super::evaluate::{Ask, Asker, Decision};
use crate::{ApiError, Config};
use serde_json::{Map, Value};

/// AWS's error, and beside it the reason for people.
pub(super) fn refusal(service: &str, ask: &Ask, decision: &Decision) -> ApiError {
    let (code, status) = match service {
        "sqs" | "iam" | "monitoring" => ("AccessDenied", 403),
        "sns" => ("AuthorizationError", 403),
        "lambda" => ("AccessDeniedException", 403),
        _ => ("AccessDeniedException", 400),
    };
    // Two services write their actions in their own way.
    let written = match service {
        "sqs" => ask.action.to_ascii_lowercase(),
        "sns" => ask.action.replacen("sns:", "SNS:", 1),
        _ => ask.action.clone(),
    };
    let mut message = decision.message(ask).replace(&ask.action, &written);
    if let Asker::Service(_) = ask.asker {
        message = message.trim_start_matches("User: ").to_owned();
    }
    let mut extra = Map::new();
    extra.insert("Explanation".into(), Value::String(decision.explain(ask)));
    ApiError { code: code.into(), status, message: Some(message), extra }
}

/// The action of an operation, where its name is not the operation's.
pub(super) fn action(service: &str, operation: &str) -> String {
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

/// The resources that a request names: one, or those of its entries.
pub(super) fn resources(config: &Config, service: &str, params: &Value) -> Vec<String> {
    let entries = params["Entries"].as_array().filter(|_| service == "events");
    let Some(entries) = entries else { return vec![resource(config, service, params)] };
    let mut all: Vec<String> =
        entries.iter().map(|entry| resource(config, service, entry)).collect();
    all.sort();
    all.dedup();
    all
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
            .map(|arn| arn.split('#').next().unwrap_or_default().to_owned()),
        "sns" => text("TopicArn").or_else(|| text("TargetArn")).map(str::to_owned),
        "logs" => text("logGroupName").map(|name| match text("logStreamName") {
            Some(stream) => arn(format!("log-group:{name}:log-stream:{stream}")),
            None => arn(format!("log-group:{name}")),
        }),
        "events" => Some(named("event-bus/", text("EventBusName").unwrap_or("default"))),
        _ => None,
    };
    found.unwrap_or_else(|| "*".into())
}
