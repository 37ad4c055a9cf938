//! Who is asked at the door, in whole histories: each is played twice and once more from its saved session.

use crate::Blob;
use crate::targets::tests::{received, told};
use crate::testing::Scenario;
use expect_test::expect;
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:t";
const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:q";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/q";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A role that a service may assume, with these actions on everything.
fn role(scenario: Scenario, name: &str, service: &str, actions: &[&str]) -> Scenario {
    let trust = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole",
    } });
    let scenario = scenario.request(
        "iam",
        "CreateRole",
        json!({ "RoleName": name, "AssumeRolePolicyDocument": trust.to_string() }),
    );
    allow(scenario, name, actions)
}

fn allow(scenario: Scenario, role: &str, actions: &[&str]) -> Scenario {
    if actions.is_empty() {
        return scenario;
    }
    let document = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": actions, "Resource": "*",
    } });
    let params =
        json!({ "RoleName": role, "PolicyName": "p", "PolicyDocument": document.to_string() });
    scenario.request("iam", "PutRolePolicy", params)
}

fn queue(scenario: Scenario) -> Scenario {
    scenario.request("sqs", "CreateQueue", json!({ "QueueName": "q" }))
}

/// The queue with a policy for a service with this condition.
fn queue_for(scenario: Scenario, service: &str, condition: &Value) -> Scenario {
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": service }, "Action": "SQS:SendMessage", "Resource": QUEUE, "Condition": condition,
    }] });
    scenario.request(
        "sqs",
        "SetQueueAttributes",
        json!({ "QueueUrl": URL, "Attributes": { "Policy": policy.to_string() } }),
    )
}

#[track_caller]
fn last(scenario: &Scenario) -> String {
    told(&scenario.run()).pop().unwrap_or_default()
}

#[track_caller]
fn refused(scenario: &Scenario) -> String {
    let error = scenario.last_answer().expect_err("a refusal");
    format!("{} {}: {}", error.status, error.code, error.message.unwrap_or_default())
}

#[test]
fn a_queue_takes_from_a_topic_what_its_policy_lets_in() {
    let subscribed =
        queue(Scenario::new()).request("sns", "CreateTopic", json!({ "Name": "t" })).request(
            "sns",
            "Subscribe",
            json!({ "TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE }),
        );
    let publish = |scenario: Scenario| {
        scenario.request("sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "m" })).rest()
    };
    assert_eq!(last(&publish(subscribed.clone())), "0 q 1 AccessDenied");
    for (condition, expected) in [
        (json!({}), "0 q 1 ok"),
        (json!({ "ArnEquals": { "aws:SourceArn": TOPIC } }), "0 q 1 ok"),
        (json!({ "StringEquals": { "aws:SourceAccount": ACCOUNT } }), "0 q 1 ok"),
        (json!({ "ArnEquals": { "aws:SourceArn": format!("{TOPIC}2") } }), "0 q 1 AccessDenied"),
    ] {
        let set = queue_for(subscribed.clone(), "sns.amazonaws.com", &condition);
        assert_eq!(last(&publish(set)), expected, "{condition}");
    }
    let other = queue_for(subscribed, "events.amazonaws.com", &json!({}));
    assert_eq!(last(&publish(other)), "0 q 1 AccessDenied");
}

#[test]
fn a_topic_takes_events_only_when_its_policy_says_so() {
    let rule =
        Scenario::new().request("sns", "CreateTopic", json!({ "Name": "t" })).rule_to("t", TOPIC);
    let put = |scenario: Scenario| {
        let entry = json!({ "Source": "shop", "DetailType": "d", "Detail": "{}" });
        scenario.request("events", "PutEvents", json!({ "Entries": [entry] })).rest()
    };
    assert_eq!(
        last(&put(rule.clone())),
        "0 t 1 AuthorizationError",
        "a topic's own policy is for its account"
    );
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sns:Publish", "Resource": TOPIC },
    ] });
    let set = rule.request(
        "sns",
        "SetTopicAttributes",
        json!({
            "TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": policy.to_string(),
        }),
    );
    assert_eq!(last(&put(set)), "0 t 1 ok");
}

#[test]
fn a_rules_role_is_asked_for_its_target() {
    let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
    let definition = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let begin = |scenario: Scenario| {
        let target = json!({ "Id": "m", "Arn": machine, "RoleArn": role_arn("rule") });
        let entry = json!({ "Source": "shop", "DetailType": "d", "Detail": "{}" });
        scenario
            .states("CreateStateMachine", json!({
                "name": "m", "definition": definition.to_string(), "roleArn": role_arn("machine"),
            }))
            .request("events", "PutRule", json!({ "Name": "r", "EventPattern": "{\"source\":[\"shop\"]}" }))
            .request("events", "PutTargets", json!({ "Rule": "r", "Targets": [target] }))
            .request("events", "PutEvents", json!({ "Entries": [entry] }))
            .rest()
    };
    let events = "events.amazonaws.com";
    assert_eq!(last(&begin(Scenario::new())), "0 stateMachine:m 1 ok", "nobody made the role");
    let made = |service: &str, actions: &[&str]| role(Scenario::new(), "rule", service, actions);
    assert_eq!(last(&begin(made(events, &[]))), "0 stateMachine:m 1 AccessDeniedException");
    let start = ["states:StartExecution"];
    assert_eq!(last(&begin(made(events, &start))), "0 stateMachine:m 1 ok");
    let lambda = "lambda.amazonaws.com";
    assert_eq!(
        last(&begin(made(lambda, &start))),
        "0 stateMachine:m 1 AccessDeniedException",
        "not its role to assume"
    );
}

#[test]
fn a_schedules_role_is_asked_for_its_target_and_its_dead_letters() {
    let begin = |scenario: Scenario| {
        let target = json!({ "Arn": QUEUE, "RoleArn": role_arn("schedule"), "Input": "m" });
        queue(scenario)
            .request("scheduler", "CreateSchedule", json!({
                "Name": "s", "ScheduleExpression": "at(2026-01-01T00:01:00)", "FlexibleTimeWindow": { "Mode": "OFF" }, "Target": target,
            }))
            .at(120_000)
    };
    let made =
        |service: &str, actions: &[&str]| role(Scenario::new(), "schedule", service, actions);
    let scheduler = "scheduler.amazonaws.com";
    assert_eq!(last(&begin(made(scheduler, &[]))), "60 q 1 AccessDenied");
    assert_eq!(last(&begin(made(scheduler, &["sqs:SendMessage"]))), "60 q 1 ok");
    let wrong = queue(made("events.amazonaws.com", &["sqs:*"])).request("scheduler", "CreateSchedule", json!({
        "Name": "s", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": { "Arn": QUEUE, "RoleArn": role_arn("schedule") },
    }));
    expect!["400 ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role."].assert_eq(&refused(&wrong));
}

#[test]
fn a_state_machines_role_is_asked_for_each_task() {
    let task = json!({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": { "QueueUrl": URL, "MessageBody": "m" }, "End": true,
    });
    let run = |scenario: Scenario, task: &Value| {
        let definition = json!({ "StartAt": "T", "States": { "T": task } });
        let scenario = queue(scenario)
            .states("CreateStateMachine", json!({
                "name": "m", "definition": definition.to_string(), "roleArn": role_arn("machine"),
            }))
            .start("m", "e", &json!({}));
        let described = scenario.describe("m", "e");
        described.run();
        let output = described.output();
        let cause = output["cause"].as_str().unwrap_or_default();
        let cause = cause.split("Request ID").next().unwrap_or_default().trim_end();
        format!("{} {}: {cause}", output["status"], output["error"])
    };
    let made = |service: &str, actions: &[&str]| role(Scenario::new(), "machine", service, actions);
    let states = "states.amazonaws.com";
    expect![[r#""FAILED" "SQS.AmazonSQSException": User: arn:aws:sts::123456789012:assumed-role/machine/e632b7095b0bf32c260fa4c539e9fd7b is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-1:123456789012:q because no identity-based policy allows the sqs:sendmessage action (Service: AmazonSQS; Status Code: 403; Error Code: AccessDenied;"#]].assert_eq(&run(made(states, &["sns:*"]), &task));
    assert!(run(made(states, &["sqs:SendMessage"]), &task).starts_with("\"SUCCEEDED\""));
    let mut other = task.clone();
    other["Credentials"] = json!({ "RoleArn": role_arn("other") });
    assert!(run(made(states, &[]), &other).starts_with("\"SUCCEEDED\""), "nobody made that one");
    let functions = json!({ "Type": "Task", "Resource": FUNCTION, "End": true });
    let with_function = made(states, &[]).function("f", "loop\nevent: respond 1");
    expect![[r#""FAILED" "Lambda.AWSLambdaException": User: arn:aws:sts::123456789012:assumed-role/machine/e632b7095b0bf32c260fa4c539e9fd7b is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:f because no identity-based policy allows the lambda:InvokeFunction action (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException;"#]].assert_eq(&run(with_function, &functions));
    let wrong = made("lambda.amazonaws.com", &[]).states("CreateStateMachine", json!({
        "name": "m", "definition": json!({ "StartAt": "T", "States": { "T": task } }).to_string(), "roleArn": role_arn("machine"),
    }));
    expect!["400 AccessDeniedException: Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."].assert_eq(&refused(&wrong));
}

const ECHO: &str = "loop\nevent: print hello\\n; respond null";
const LAMBDA: &str = "lambda.amazonaws.com";

#[test]
fn a_function_without_permission_leaves_no_log() {
    let made = |actions: &[&str]| {
        role(Scenario::new(), "worker", LAMBDA, actions)
            .create_with("f", ECHO, json!({ "Role": role_arn("worker") }))
            .rest()
            .invoke("f", "{}")
            .rest()
    };
    let silent = made(&[]);
    assert_eq!(silent.log(), "");
    let groups =
        silent.clone().request("logs", "DescribeLogGroups", json!({})).last_answer().unwrap();
    assert_eq!(groups.output, json!({ "logGroups": [] }));
    let all = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
    assert!(made(&all).log().contains("hello"));
    assert_eq!(made(&all[1..]).log(), "", "there is no group, and it may not make it");
    let group = role(Scenario::new(), "worker", LAMBDA, &all[1..])
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "/aws/lambda/f" }))
        .create_with("f", ECHO, json!({ "Role": role_arn("worker") }))
        .rest()
        .invoke("f", "{}")
        .rest();
    assert!(group.log().contains("hello"));
    let later = allow(silent, "worker", &all).invoke("f", "{}").rest();
    assert!(later.log().contains("hello"), "a policy counts from when it is put");
}

#[test]
fn what_lambda_does_for_a_function_is_asked_of_its_role() {
    let made = |actions: &[&str], more: Value| {
        let mut settings = json!({ "Role": role_arn("worker") });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        queue(role(Scenario::new(), "worker", LAMBDA, actions))
            .create_with("f", ECHO, settings)
            .rest()
    };
    let mapping = |scenario: Scenario| {
        let params = json!({ "FunctionName": "f", "EventSourceArn": QUEUE });
        scenario.request("lambda", "CreateEventSourceMapping", params)
    };
    let polls = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
    let letters = json!({ "DeadLetterConfig": { "TargetArn": QUEUE } });
    let records = json!({ "FunctionName": "f", "DestinationConfig": { "OnSuccess": { "Destination": QUEUE } } });
    let answers = [
        refused(&mapping(made(&[], json!({})))),
        refused(&mapping(made(&polls[..1], json!({})))),
        refused(&made(&[], json!({})).request("lambda", "UpdateFunctionConfiguration", {
            let mut params = letters.clone();
            params["FunctionName"] = json!("f");
            params
        })),
        refused(&made(&[], json!({})).request(
            "lambda",
            "PutFunctionEventInvokeConfig",
            records.clone(),
        )),
        refused(&role(Scenario::new(), "worker", "events.amazonaws.com", &[]).create_with(
            "f",
            ECHO,
            json!({ "Role": role_arn("worker") }),
        )),
    ];
    expect![[r#"
        400 InvalidParameterValueException: The function execution role does not have permissions to call ReceiveMessage on SQS
        400 InvalidParameterValueException: The function execution role does not have permissions to call DeleteMessage on SQS
        400 InvalidParameterValueException: The provided execution role does not have permissions to call SendMessage on SQS
        400 InvalidParameterValueException: The function's execution role does not have permissions to call SendMessage on arn:aws:sqs:us-east-1:123456789012:q
        400 InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda.
    "#]]
    .assert_eq(&(answers.join("\n") + "\n"));
    // A role that was good enough once is asked each time.
    let send = |scenario: Scenario| {
        scenario
            .request("sqs", "SendMessage", json!({ "QueueUrl": URL, "MessageBody": "m" }))
            .rest()
    };
    let invoked = |scenario: &Scenario| {
        let events = scenario.run().events;
        events
            .iter()
            .filter(|event| matches!(event.fact, crate::Fact::InvocationFinished { .. }))
            .count()
    };
    let polling = mapping(made(&polls, json!({}))).rest();
    assert_eq!(invoked(&send(polling.clone())), 1);
    let forbidden = polling.request(
        "iam",
        "DeleteRolePolicy",
        json!({ "RoleName": "worker", "PolicyName": "p" }),
    );
    let forbidden = send(forbidden);
    // The request that waited was let in before; the next one is not.
    assert_eq!(invoked(&send(forbidden)), 1);
    let with_records = made(&["sqs:SendMessage"], json!({}))
        .request("lambda", "PutFunctionEventInvokeConfig", records)
        .request("iam", "DeleteRolePolicy", json!({ "RoleName": "worker", "PolicyName": "p" }))
        .request(
            "lambda",
            "Invoke",
            json!({ "FunctionName": "f", "InvocationType": "Event", "Payload": Blob::text("{}") }),
        )
        .rest();
    let delivered = with_records.run().events.into_iter().find_map(|event| match event.fact {
        crate::Fact::EventDelivered { error, .. } => error,
        _ => None,
    });
    assert_eq!(delivered.as_deref(), Some("AccessDenied"));
    assert!(received(&with_records, "q").is_empty());
}

/// A function `f` with the role `worker` that makes this call and answers with what came of it.
fn caller(actions: &[&str], call: &Value) -> Scenario {
    let module = format!("loop\nevent: call {call}; respond $answer");
    let scenario = role(Scenario::new(), "worker", LAMBDA, actions);
    scenario.create_with("f", module, json!({ "Role": role_arn("worker") })).rest()
}

/// `200`, or the error's code and message.
fn told_by(scenario: &Scenario) -> String {
    let answer: Value =
        serde_json::from_str(&scenario.clone().invoke("f", "{}").rest().last_payload()).unwrap();
    match &answer["error"] {
        Value::Null => answer["status"].to_string(),
        error => format!("{} {}: {}", error["status"], error["code"], error["message"]),
    }
}

#[test]
fn who_gives_a_role_to_a_service_must_be_allowed_to_pass_it() {
    let definition = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let make = json!({ "service": "states", "operation": "CreateStateMachine", "params": {
        "name": "m", "definition": definition.to_string(), "roleArn": role_arn("machine"),
    } });
    let may = ["states:CreateStateMachine"];
    assert_eq!(
        told_by(&caller(&may, &make)),
        r#"400 "AccessDeniedException": "User: arn:aws:sts::123456789012:assumed-role/worker/f is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/machine because no identity-based policy allows the iam:PassRole action""#
    );
    assert_eq!(told_by(&caller(&[may[0], "iam:PassRole"], &make)), "200");
    // To one service, and no other.
    for (service, expected) in [("states.amazonaws.com", "200"), ("events.amazonaws.com", "400 ")] {
        let document = json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "iam:PassRole", "Resource": role_arn("machine"),
            "Condition": { "StringEquals": { "iam:PassedToService": service } },
        } });
        let put = json!({ "RoleName": "worker", "PolicyName": "pass", "PolicyDocument": document.to_string() });
        let scenario = caller(&may, &make).request("iam", "PutRolePolicy", put);
        assert!(told_by(&scenario).starts_with(expected), "{service}: {}", told_by(&scenario));
    }
    let function = json!({ "service": "lambda", "operation": "UpdateFunctionConfiguration", "params": {
        "FunctionName": "f", "Role": role_arn("other"),
    } });
    assert!(
        told_by(&caller(&["lambda:*"], &function)).starts_with("403 \"AccessDeniedException\"")
    );
    let without = json!({ "service": "lambda", "operation": "UpdateFunctionConfiguration", "params": {
        "FunctionName": "f", "Timeout": 9,
    } });
    assert_eq!(told_by(&caller(&["lambda:*"], &without)), "200", "nothing is passed");
    let targets = json!({ "service": "events", "operation": "PutTargets", "params": {
        "Rule": "r", "Targets": [{ "Id": "q", "Arn": QUEUE }, { "Id": "s", "Arn": QUEUE, "RoleArn": role_arn("rule") }],
    } });
    assert!(told_by(&caller(&["events:*"], &targets)).contains("iam:PassRole"));
}

#[test]
fn a_bus_has_a_policy_and_each_entry_its_bus() {
    let bus = "arn:aws:events:us-east-1:123456789012:event-bus/b";
    let entry = |bus: &str| json!({ "Source": "shop", "DetailType": "d", "Detail": "{}", "EventBusName": bus });
    let put = json!({ "service": "events", "operation": "PutEvents", "params": { "Entries": [entry("default"), entry("b")] } });
    let with_bus =
        |scenario: Scenario| scenario.request("events", "CreateEventBus", json!({ "Name": "b" }));
    let policy = |effect: &str| {
        let statement = json!({
            "Sid": "s", "Effect": effect, "Principal": { "AWS": role_arn("worker") },
            "Action": "events:PutEvents", "Resource": bus,
        });
        json!({ "EventBusName": "b", "Policy": json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string() })
    };
    let worker = |actions: &[&str]| with_bus(caller(actions, &put));
    let set = |scenario: Scenario, effect: &str| {
        scenario.request("events", "PutPermission", policy(effect))
    };
    assert_eq!(told_by(&worker(&["events:PutEvents"])), "200");
    let denied = told_by(&set(worker(&["events:PutEvents"]), "Deny"));
    assert!(
        denied.contains("event-bus/b with an explicit deny in a resource-based policy"),
        "{denied}"
    );
    // The bus lets its own events in, and the default bus does not.
    let half = told_by(&set(worker(&[]), "Allow"));
    assert!(half.contains("event-bus/default because no identity-based policy"), "{half}");
    // A rule sends to another bus of the account, unless that one forbids it.
    let rule = with_bus(Scenario::new()).rule_to("b", bus);
    let send = |scenario: Scenario| {
        let entries = json!({ "Entries": [entry("default")] });
        let history = scenario.request("events", "PutEvents", entries).rest().run();
        told(&history).into_iter().find(|line| line.contains(" event-bus/b ")).unwrap_or_default()
    };
    let with_policy = |statement: Value| {
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let params = json!({ "EventBusName": "b", "Policy": policy.to_string() });
        send(rule.clone().request("events", "PutPermission", params))
    };
    let statement = |source: &str| {
        json!({
            "Effect": "Deny", "Principal": "*", "Action": "events:PutEvents", "Resource": bus,
            "Condition": { "ArnEquals": { "aws:SourceArn": source } },
        })
    };
    assert_eq!(send(rule.clone()), "0 event-bus/b 1 ok");
    let own = "arn:aws:events:us-east-1:123456789012:rule/r";
    assert_eq!(with_policy(statement(own)), "0 event-bus/b 1 AccessDeniedException");
    assert_eq!(with_policy(statement(&format!("{own}2"))), "0 event-bus/b 1 ok");
}

#[test]
fn a_state_machines_role_needs_what_it_will_do_besides_its_tasks() {
    let states = "states.amazonaws.com";
    let wait = json!({ "StartAt": "T", "States": { "T": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:n" }, "End": true,
    } } });
    let create = |actions: &[&str], logging: Value| {
        role(Scenario::new(), "machine", states, actions).states("CreateStateMachine", json!({
            "name": "m", "definition": wait.to_string(), "roleArn": role_arn("machine"), "loggingConfiguration": logging,
        }))
    };
    let start = "states:StartExecution";
    let rule = ["events:PutTargets", "events:PutRule", "events:DescribeRule"];
    expect!["400 AccessDeniedException: 'arn:aws:iam::123456789012:role/machine' is not authorized to create managed-rule."]
        .assert_eq(&refused(&create(&[start, rule[0], rule[1]], Value::Null)));
    let all = [start, rule[0], rule[1], rule[2]];
    assert!(create(&all, Value::Null).last_answer().is_ok());
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:g:*";
    let logging = json!({ "level": "ALL", "destinations": [{ "cloudWatchLogsLogGroup": { "logGroupArn": group } }] });
    expect!["400 AccessDeniedException: The state machine IAM Role is not authorized to access the Log Destination"]
        .assert_eq(&refused(&create(&all, logging.clone())));
    let off = json!({ "level": "OFF" });
    assert!(create(&all, off).last_answer().is_ok());
    let made = create(&["events:*", "logs:*"], Value::Null);
    let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
    let update = |scenario: Scenario| {
        scenario.states(
            "UpdateStateMachine",
            json!({ "stateMachineArn": machine, "loggingConfiguration": logging }),
        )
    };
    let answer = update(made.clone()).last_answer();
    assert!(answer.is_ok() || !answer.unwrap_err().code.contains("AccessDenied"));
    let less = made.request(
        "iam",
        "DeleteRolePolicy",
        json!({ "RoleName": "machine", "PolicyName": "p" }),
    );
    assert!(refused(&update(less)).contains("Log Destination"), "the role that it has is asked");
}
