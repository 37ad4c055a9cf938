//! Requests that name a role, or need one: it is asked before it is taken.
//!
//! The words are those of AWS as people report them, but for the state machine's, which are in its API reference.

use super::door::{Account, Session, Wish};
use crate::ApiError;
use serde_json::{Map, Value, json};

const LAMBDA: &str = "lambda.amazonaws.com";

pub(super) fn refuses(account: &Account<'_>, wish: Wish<'_>) -> Option<ApiError> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match (wish.service, wish.operation) {
        ("lambda", "CreateFunction" | "UpdateFunctionConfiguration") => {
            let function = function(account, wish.params);
            let role =
                text(&wish.params["Role"]).or_else(|| function.as_ref().map(|f| f.1.clone()))?;
            if account.cannot_be_assumed(&role, &[LAMBDA]) {
                let words = "The role defined for the function cannot be assumed by Lambda.";
                return Some(invalid(words.into()));
            }
            let target = wish.params["DeadLetterConfig"]["TargetArn"].as_str()?;
            let name = function.map(|function| function.0).unwrap_or_default();
            let (api, operation) = may_not_send(account, (&name, &role), target)?;
            Some(invalid(format!(
                "The provided execution role does not have permissions to call {operation} on {api}"
            )))
        }
        ("lambda", "CreateEventSourceMapping") => {
            let queue = wish.params["EventSourceArn"].as_str()?;
            let (name, role) = function(account, wish.params)?;
            if queue.split(':').nth(2) != Some("sqs") {
                return None;
            }
            let operations = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];
            let refused = operations
                .into_iter()
                .find(|operation| is_refused(account, (&name, &role), queue, operation))?;
            Some(invalid(format!(
                "The function execution role does not have permissions to call {refused} on SQS"
            )))
        }
        ("lambda", "PutFunctionEventInvokeConfig" | "UpdateFunctionEventInvokeConfig") => {
            let (name, role) = function(account, wish.params)?;
            let of = |end: &str| wish.params["DestinationConfig"][end]["Destination"].as_str();
            let refused =
                ["OnSuccess", "OnFailure"].into_iter().filter_map(of).find_map(|target| {
                    Some((target, may_not_send(account, (&name, &role), target)?.1))
                });
            refused.map(|(target, operation)| {
                invalid(format!(
                    "The function's execution role does not have permissions to call {operation} on {target}"
                ))
            })
        }
        ("states", "CreateStateMachine" | "UpdateStateMachine") => {
            let role = wish.params["roleArn"].as_str()?;
            let regional = format!("states.{}.amazonaws.com", account.config.region);
            let refused = account.cannot_be_assumed(role, &["states.amazonaws.com", &regional]);
            refused.then(|| {
                error("AccessDeniedException", "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.".into())
            })
        }
        ("scheduler", "CreateSchedule" | "UpdateSchedule") => {
            let role = wish.params["Target"]["RoleArn"].as_str()?;
            account.cannot_be_assumed(role, &["scheduler.amazonaws.com"]).then(|| {
                error("ValidationException", "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.".into())
            })
        }
        _ => None,
    }
}

/// The name of the function that a request names, and its role.
fn function(account: &Account<'_>, params: &Value) -> Option<(String, String)> {
    let named = crate::arn::parse_function(params["FunctionName"].as_str()?)?;
    let function = account.lambda.functions.get(&named.name)?;
    Some((named.name, function.current.settings.role.clone()))
}

/// The service and the operation that a role may not use to send something to a target.
fn may_not_send(
    account: &Account<'_>,
    role: (&str, &str),
    target: &str,
) -> Option<(&'static str, &'static str)> {
    let (api, operation) = match target.split(':').nth(2)? {
        "sqs" => ("SQS", "SendMessage"),
        "sns" => ("SNS", "Publish"),
        "lambda" => ("Lambda", "Invoke"),
        "events" => ("EventBridge", "PutEvents"),
        _ => return None,
    };
    is_refused(account, role, target, operation).then_some((api, operation))
}

fn is_refused(
    account: &Account<'_>,
    (name, role): (&str, &str),
    target: &str,
    operation: &str,
) -> bool {
    let service = target.split(':').nth(2).unwrap_or_default();
    let params = match service {
        "sqs" => json!({ "QueueUrl": target.replace(':', "/") }),
        "sns" => json!({ "TopicArn": target }),
        "events" => json!({ "EventBusName": target }),
        _ => json!({ "FunctionName": target }),
    };
    let session = Session { role, name, function: None };
    account.role_refuses(session, Wish { service, operation, params: &params }).is_some()
}

fn error(code: &str, message: String) -> ApiError {
    ApiError { code: code.into(), status: 400, message: Some(message), extra: Map::new() }
}

fn invalid(message: String) -> ApiError {
    error("InvalidParameterValueException", message)
}
