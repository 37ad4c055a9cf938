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
        ("states", "CreateStateMachine" | "UpdateStateMachine") => machine(account, wish.params),
        ("scheduler", "CreateSchedule" | "UpdateSchedule") => {
            let role = wish.params["Target"]["RoleArn"].as_str()?;
            account.cannot_be_assumed(role, &["scheduler.amazonaws.com"]).then(|| {
                error("ValidationException", "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.".into())
            })
        }
        _ => None,
    }
}

/// What the role of a state machine is asked when the machine is made or changed.
fn machine(account: &Account<'_>, params: &Value) -> Option<ApiError> {
    let known =
        params["stateMachineArn"].as_str().and_then(|arn| account.states.role_of_machine(arn));
    let role = params["roleArn"].as_str().or(known)?;
    let regional = format!("states.{}.amazonaws.com", account.config.region);
    if account.cannot_be_assumed(role, &["states.amazonaws.com", &regional]) {
        let words = "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.";
        return Some(error("AccessDeniedException", words.into()));
    }
    let session = Session { role, name: "states", function: None };
    let denied = |service: &str, action: &str, resource: &str| {
        account.role_refuses_action(session, (service, action, resource), &[]).is_some()
    };
    let definition = params["definition"].as_str().and_then(|text| serde_json::from_str(text).ok());
    if definition.is_some_and(|definition: Value| waits_for_executions(&definition)) {
        let rule = format!(
            "arn:aws:events:{}:{}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule",
            account.config.region, account.config.account
        );
        if ["PutTargets", "PutRule", "DescribeRule"]
            .iter()
            .any(|operation| denied("rule", &format!("events:{operation}"), &rule))
        {
            let words = format!("'{role}' is not authorized to create managed-rule.");
            return Some(error("AccessDeniedException", words));
        }
    }
    let logging = &params["loggingConfiguration"];
    let logs = logging["level"].as_str().is_some_and(|level| level != "OFF");
    if logs
        && LOG_DELIVERY
            .iter()
            .any(|operation| denied("delivery", &format!("logs:{operation}"), "*"))
    {
        let words = "The state machine IAM Role is not authorized to access the Log Destination";
        return Some(error("AccessDeniedException", words.into()));
    }
    None
}

/// What a role needs for a state machine's log (Using CloudWatch Logs to log execution history in Step Functions).
const LOG_DELIVERY: [&str; 8] = [
    "CreateLogDelivery",
    "GetLogDelivery",
    "UpdateLogDelivery",
    "DeleteLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "DescribeResourcePolicies",
    "DescribeLogGroups",
];

/// Whether a task of a definition waits for the end of an execution.
fn waits_for_executions(definition: &Value) -> bool {
    match definition {
        Value::Array(all) => all.iter().any(waits_for_executions),
        Value::Object(members) => members.iter().any(|(key, value)| match value {
            Value::String(text) => {
                key == "Resource" && text.contains(":states:startExecution.sync")
            }
            value => waits_for_executions(value),
        }),
        _ => false,
    }
}

/// Whoever gives a role to a service needs `iam:PassRole` for it (Granting a user permissions to pass a role to an AWS service).
pub(super) fn may_not_pass(
    account: &Account<'_>,
    session: Session<'_>,
    wish: Wish<'_>,
) -> Option<ApiError> {
    let params = wish.params;
    let targets = || params["Targets"].as_array().into_iter().flatten();
    let (service, roles): (_, Vec<&Value>) = match (wish.service, wish.operation) {
        ("lambda", "CreateFunction" | "UpdateFunctionConfiguration") => {
            (LAMBDA, vec![&params["Role"]])
        }
        ("states", "CreateStateMachine" | "UpdateStateMachine") => {
            ("states.amazonaws.com", vec![&params["roleArn"]])
        }
        ("scheduler", "CreateSchedule" | "UpdateSchedule") => {
            ("scheduler.amazonaws.com", vec![&params["Target"]["RoleArn"]])
        }
        ("events", "PutRule") => ("events.amazonaws.com", vec![&params["RoleArn"]]),
        ("events", "PutTargets") => {
            ("events.amazonaws.com", targets().map(|target| &target["RoleArn"]).collect())
        }
        ("logs", "PutSubscriptionFilter") => ("logs.amazonaws.com", vec![&params["roleArn"]]),
        _ => return None,
    };
    let further = [("iam:passedtoservice", service)];
    roles.into_iter().filter_map(Value::as_str).filter(|role| !role.is_empty()).find_map(|role| {
        let mut refusal =
            account.role_refuses_action(session, ("passrole", "iam:PassRole", role), &further)?;
        // The service that was asked says no, in its own way.
        refusal.status = if wish.service == "lambda" { 403 } else { 400 };
        Some(refusal)
    })
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
