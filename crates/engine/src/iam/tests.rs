//! The evaluator, rule by rule, and roles through the door.

use super::document::{Kind, Policy};
use super::evaluate::{Ask, Asker, Context, Decision, Place, Policies, evaluate};
use super::managed;
use crate::Config;
use crate::testing::Scenario;
use expect_test::expect;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::123456789012:role/service-role/worker";
const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:orders";

fn policy(name: &str, statements: Value) -> Policy {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    Policy::parse(name, &document.to_string(), Kind::Identity).unwrap()
}

fn resource_policy(statements: Value) -> Policy {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    Policy::parse("resource policy", &document.to_string(), Kind::Resource).unwrap()
}

fn ask(action: &str, resource: &str) -> Ask {
    Ask {
        asker: Asker::Role {
            arn: ROLE.into(),
            session_arn: "arn:aws:sts::123456789012:assumed-role/worker/f".into(),
        },
        account: "123456789012".into(),
        action: action.into(),
        resource: resource.into(),
        context: Context::new(),
    }
}

fn decide(ask: &Ask, identity: &[Policy]) -> Decision {
    evaluate(ask, &Policies { identity, ..Policies::default() })
}

#[track_caller]
fn check(statement: Value, action: &str, resource: &str, allowed: bool) {
    let decision = decide(&ask(action, resource), &[policy("p", json!([statement]))]);
    assert_eq!(decision.is_allowed(), allowed, "{decision:?}");
}

#[test]
fn actions_and_resources_have_wildcards_and_opposites() {
    let allow = |action: Value, resource: Value| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    check(allow(json!("sqs:SendMessage"), json!(QUEUE)), "sqs:SendMessage", QUEUE, true);
    check(allow(json!("SQS:sendmessage"), json!("*")), "sqs:SendMessage", QUEUE, true);
    check(
        allow(json!(["sqs:Get*", "sqs:Send*"]), json!("arn:aws:sqs:*:*:ord?rs")),
        "sqs:SendMessage",
        QUEUE,
        true,
    );
    check(allow(json!("*"), json!("arn:aws:sqs:*:123456789012:*")), "sqs:SendMessage", QUEUE, true);
    check(allow(json!("sqs:Send"), json!("*")), "sqs:SendMessage", QUEUE, false);
    check(
        allow(json!("sqs:*"), json!("arn:aws:sqs:us-east-1:123456789012:order")),
        "sqs:SendMessage",
        QUEUE,
        false,
    );
    check(allow(json!("s3:*"), json!("*")), "sqs:SendMessage", QUEUE, false);
    let but = |key: &str, value: &str| {
        let mut statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let members = statement.as_object_mut().unwrap();
        members.remove(key.trim_start_matches("Not"));
        members.insert(key.into(), json!(value));
        statement
    };
    check(but("NotAction", "iam:*"), "sqs:SendMessage", QUEUE, true);
    check(but("NotAction", "sqs:*"), "sqs:SendMessage", QUEUE, false);
    check(but("NotResource", "arn:aws:s3:::*"), "sqs:SendMessage", QUEUE, true);
    check(but("NotResource", QUEUE), "sqs:SendMessage", QUEUE, false);
}

#[test]
fn a_denial_wins_and_silence_denies() {
    let asked = ask("sqs:SendMessage", QUEUE);
    let allow = policy(
        "allow",
        json!([{ "Sid": "A", "Effect": "Allow", "Action": "sqs:*", "Resource": "*" }]),
    );
    let deny = policy(
        "deny",
        json!([{ "Sid": "D", "Effect": "Deny", "Action": "sqs:Send*", "Resource": "*" }]),
    );
    let allowed = decide(&asked, std::slice::from_ref(&allow));
    assert_eq!(allowed.explain(&asked), "allowed by statement A of policy allow");
    let denied = decide(&asked, &[allow, deny]);
    assert_eq!(
        denied,
        Decision::ExplicitDeny { place: Place::Identity, policy: "deny".into(), sid: "D".into() }
    );
    assert_eq!(denied.explain(&asked), "explicitly denied by statement D of policy deny");
    assert_eq!(
        denied.message(&asked),
        "User: arn:aws:sts::123456789012:assumed-role/worker/f is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:us-east-1:123456789012:orders with an explicit deny in an identity-based policy"
    );
    let silent = decide(&asked, &[]);
    assert_eq!(
        silent.explain(&asked),
        "denied because no statement of role worker allows sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:orders"
    );
    assert!(
        silent
            .message(&asked)
            .ends_with("because no identity-based policy allows the sqs:SendMessage action")
    );
}

#[test]
fn a_boundary_limits_what_policies_give() {
    let asked = ask("sqs:SendMessage", QUEUE);
    let allow = [policy("allow", json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }))];
    let narrow =
        policy("narrow", json!({ "Effect": "Allow", "Action": "logs:*", "Resource": "*" }));
    let wide = policy("wide", json!({ "Effect": "Allow", "Action": "sqs:*", "Resource": "*" }));
    let with = |boundary: &Policy, identity: &[Policy]| {
        evaluate(&asked, &Policies { identity, boundary: Some(boundary), resource: None })
    };
    let limited = with(&narrow, &allow);
    assert_eq!(limited, Decision::ImplicitDeny { place: Place::Boundary });
    assert!(
        limited
            .message(&asked)
            .ends_with("because no permissions boundary allows the sqs:SendMessage action")
    );
    assert!(with(&wide, &allow).is_allowed());
    assert_eq!(
        with(&wide, &[]),
        Decision::ImplicitDeny { place: Place::Identity },
        "a boundary gives nothing"
    );
}

#[test]
fn resource_policies_name_who_may() {
    let asked = ask("sqs:SendMessage", QUEUE);
    let with = |asked: &Ask, principal: Value, identity: &[Policy]| {
        let resource = resource_policy(
            json!({ "Effect": "Allow", "Principal": principal, "Action": "sqs:*", "Resource": "*" }),
        );
        evaluate(asked, &Policies { identity, boundary: None, resource: Some(&resource) })
            .is_allowed()
    };
    for principal in [
        json!("*"),
        json!({ "AWS": "*" }),
        json!({ "AWS": ROLE }),
        json!({ "AWS": ["arn:aws:iam::1:root", "123456789012"] }),
        json!({ "AWS": "arn:aws:iam::123456789012:root" }),
    ] {
        assert!(with(&asked, principal.clone(), &[]), "{principal}");
    }
    for principal in [
        json!({ "AWS": "arn:aws:iam::123456789012:role/other" }),
        json!({ "Service": "sns.amazonaws.com" }),
        json!({ "Federated": "x" }),
    ] {
        assert!(!with(&asked, principal.clone(), &[]), "{principal}");
    }
    // Another account's resource needs both.
    let foreign = ask("sqs:SendMessage", "arn:aws:sqs:us-east-1:999999999999:orders");
    let allow = [policy("allow", json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }))];
    assert!(!decide(&foreign, &allow).is_allowed());
    assert!(!with(&foreign, json!("*"), &[]));
    assert!(with(&foreign, json!({ "AWS": ROLE }), &allow));
    let service = Ask { asker: Asker::Service("sns.amazonaws.com".into()), ..asked };
    assert!(with(&service, json!({ "Service": "sns.amazonaws.com" }), &[]));
    assert!(!with(&service, json!({ "Service": "s3.amazonaws.com" }), &[]));
    let denied = resource_policy(json!([
        { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "NotPrincipal": { "Service": "s3.amazonaws.com" }, "Action": "*", "Resource": "*" },
    ]));
    let decision = evaluate(&service, &Policies { resource: Some(&denied), ..Policies::default() });
    assert!(
        decision.message(&service).ends_with("with an explicit deny in a resource-based policy")
    );
}

#[track_caller]
fn condition(condition: Value, holds: bool) {
    let mut asked = ask("sqs:SendMessage", QUEUE);
    let keys = [
        ("aws:sourcearn", vec!["arn:aws:events:us-east-1:123456789012:rule/nightly"]),
        ("aws:sourceaccount", vec!["123456789012"]),
        ("aws:principalarn", vec![ROLE]),
        ("aws:tagkeys", vec!["team", "cost"]),
        ("lambda:functionurlauthtype", vec!["AWS_IAM"]),
        ("n", vec!["5"]),
        ("aws:currenttime", vec!["2026-01-01T12:00:00Z"]),
        ("aws:securetransport", vec!["true"]),
    ];
    asked.context = keys
        .map(|(key, values)| (key.to_owned(), values.into_iter().map(str::to_owned).collect()))
        .into();
    let statement =
        json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
    let decision = decide(&asked, &[policy("p", statement.clone())]);
    assert_eq!(decision.is_allowed(), holds, "{statement}");
}

#[test]
fn conditions_compare_as_their_operators_say() {
    condition(json!({ "StringEquals": { "AWS:SourceAccount": "123456789012" } }), true);
    condition(json!({ "StringEquals": { "aws:SourceAccount": ["1", "123456789012"] } }), true);
    condition(json!({ "StringEquals": { "aws:SourceAccount": "1*" } }), false);
    condition(json!({ "StringLike": { "aws:SourceAccount": "1*2" } }), true);
    condition(json!({ "StringNotEquals": { "aws:SourceAccount": ["1", "123456789012"] } }), false);
    condition(json!({ "StringNotLike": { "aws:SourceAccount": "9*" } }), true);
    condition(
        json!({ "StringEqualsIgnoreCase": { "lambda:FunctionUrlAuthType": "aws_iam" } }),
        true,
    );
    condition(json!({ "ArnLike": { "aws:SourceArn": "arn:aws:events:*:*:rule/*" } }), true);
    condition(
        json!({ "ArnEquals": { "aws:SourceArn": "arn:aws:events:*:123456789012:rule/n?ghtly" } }),
        true,
    );
    condition(json!({ "ArnLike": { "aws:SourceArn": "arn:aws:*:rule/nightly" } }), false);
    condition(json!({ "ArnNotLike": { "aws:SourceArn": "arn:aws:s3:::*" } }), true);
    condition(json!({ "NumericLessThan": { "n": "5" } }), false);
    condition(json!({ "NumericLessThanEquals": { "n": 5 } }), true);
    condition(json!({ "NumericNotEquals": { "n": 6 } }), true);
    condition(json!({ "DateGreaterThan": { "aws:CurrentTime": "2026-01-01T11:59:59Z" } }), true);
    condition(json!({ "DateLessThan": { "aws:CurrentTime": "1767268800" } }), false);
    condition(json!({ "Bool": { "aws:SecureTransport": true } }), true);
    condition(json!({ "Bool": { "aws:SecureTransport": "false" } }), false);
    condition(json!({ "Null": { "aws:Absent": "true", "n": false } }), true);
    condition(json!({ "StringEquals": { "aws:SourceAccount": "123456789012", "n": "6" } }), false);
}

#[test]
fn keys_that_are_not_there() {
    condition(json!({ "StringEquals": { "aws:Absent": "x" } }), false);
    condition(json!({ "StringEqualsIfExists": { "aws:Absent": "x" } }), true);
    condition(json!({ "StringNotEquals": { "aws:Absent": "x" } }), true);
    condition(json!({ "ForAllValues:StringEquals": { "aws:Absent": "x" } }), true);
    condition(json!({ "ForAnyValue:StringEquals": { "aws:Absent": "x" } }), false);
    condition(
        json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team", "cost", "x"] } }),
        true,
    );
    condition(json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } }), false);
    condition(json!({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["team"] } }), true);
}

#[test]
fn variables_stand_for_what_is_known() {
    condition(json!({ "StringEquals": { "aws:PrincipalArn": "${aws:PrincipalArn}" } }), true);
    condition(json!({ "StringLike": { "aws:SourceAccount": "${aws:Absent}*" } }), false);
    condition(json!({ "StringLike": { "aws:SourceAccount": "${aws:Absent, '1'}*" } }), true);
    condition(json!({ "StringLike": { "aws:SourceAccount": "12345678901${?}" } }), false);
    let old = json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "${aws:PrincipalArn}" } });
    let old = Policy::parse("old", &old.to_string(), Kind::Identity).unwrap();
    assert!(
        decide(&ask("a:b", "${aws:PrincipalArn}"), &[old]).is_allowed(),
        "no variables before 2012-10-17"
    );
}

#[test]
fn documents_that_cannot_be_read() {
    let fault = |kind: Kind, statement: Value| {
        let document = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
        Policy::parse("p", &document, kind).unwrap_err()
    };
    let good = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
    for (key, value, kind) in [
        ("Effect", json!("allow"), Kind::Identity),
        ("Action", json!("everything"), Kind::Identity),
        ("Actions", json!("*"), Kind::Identity),
        ("NotAction", json!("*"), Kind::Identity),
        ("Principal", json!("*"), Kind::Identity),
        ("Condition", json!({ "StringIs": { "a": "b" } }), Kind::Identity),
        ("Condition", json!([]), Kind::Identity),
        ("Resource", json!({}), Kind::Identity),
        ("Principal", json!("me"), Kind::Resource),
        ("Principal", json!("*"), Kind::Trust),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        assert!(!fault(kind, bad).is_empty(), "{key}");
    }
    let ip = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } });
    assert!(fault(Kind::Identity, ip).contains("IpAddress"), "refused by name");
    for text in ["", "[]", "{}", r#"{"Version":"2013-01-01","Statement":[]}"#, r#"{"Statement":7}"#]
    {
        assert!(Policy::parse("p", text, Kind::Identity).is_err(), "{text}");
    }
}

#[test]
fn managed_policies_can_be_read() {
    for arn in managed::arns() {
        let document = managed::document(&arn).unwrap();
        assert!(Policy::parse(&arn, &document, Kind::Identity).is_ok(), "{arn}");
    }
    let basic =
        managed::document("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
            .unwrap();
    let basic = [Policy::parse("basic", &basic, Kind::Identity).unwrap()];
    assert!(decide(&ask("logs:PutLogEvents", "*"), &basic).is_allowed());
    assert!(!decide(&ask("sqs:SendMessage", QUEUE), &basic).is_allowed());
    assert!(managed::document("arn:aws:iam::aws:policy/Nothing").is_none());
}

#[test]
fn matching_takes_no_longer_than_pattern_times_text() {
    let stars = format!("arn:aws:sqs:{}b", "*a".repeat(200));
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": stars });
    check(statement, "a:b", &format!("arn:aws:sqs:{}", "a".repeat(20_000)), false);
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

/// A function that sends a message and answers with what it got.
fn sender() -> Scenario {
    let call = r#"{"service":"sqs","operation":"SendMessage","params":{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/orders","MessageBody":"m"}}"#;
    Scenario::new()
        .request("sqs", "CreateQueue", json!({ "QueueName": "orders" }))
        .create_with(
            "f",
            format!("loop\nevent: call {call}; respond $answer"),
            json!({ "Role": "arn:aws:iam::123456789012:role/worker" }),
        )
        .rest()
}

fn made(scenario: Scenario) -> Scenario {
    scenario.request(
        "iam",
        "CreateRole",
        json!({ "RoleName": "worker", "AssumeRolePolicyDocument": TRUST }),
    )
}

/// What the handler got: `200`, or the error with its explanation.
fn sent(scenario: &Scenario) -> String {
    let answer = scenario.clone().invoke("f", "{}").rest().last_answer().unwrap();
    let payload = answer.output["Payload"]["$text"].as_str().unwrap_or_default().to_owned();
    let told: Value = serde_json::from_str(&payload).unwrap_or_default();
    match &told["error"] {
        Value::Null => told["status"].to_string(),
        error => {
            format!("{} {}: {}", error["status"], error["code"], error["extra"]["Explanation"])
        }
    }
}

#[test]
fn a_handler_may_do_what_its_role_may() {
    assert_eq!(sent(&sender()), "200", "nobody made the role");
    let role = made(sender());
    assert_eq!(
        sent(&role),
        r#"403 "AccessDenied": "denied because no statement of role worker allows sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:orders""#
    );
    let put = |name: &str, effect: &str, action: &str| {
        let document = json!({ "Version": "2012-10-17", "Statement": { "Sid": name, "Effect": effect, "Action": action, "Resource": QUEUE } });
        json!({ "RoleName": "worker", "PolicyName": name, "PolicyDocument": document.to_string() })
    };
    let allowed = role.request("iam", "PutRolePolicy", put("Send", "Allow", "sqs:SendMessage"));
    assert_eq!(sent(&allowed), "200");
    let bounded = allowed.clone().request("iam", "PutRolePermissionsBoundary", json!({
        "RoleName": "worker", "PermissionsBoundary": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    }));
    assert_eq!(
        sent(&bounded),
        r#"403 "AccessDenied": "denied because no statement of the permissions boundary allows sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:orders""#
    );
    let denied = allowed.request("iam", "PutRolePolicy", put("NoSend", "Deny", "sqs:Send*"));
    assert_eq!(
        sent(&denied),
        r#"403 "AccessDenied": "explicitly denied by statement NoSend of policy NoSend""#
    );
}

#[test]
fn roles_are_made_shown_and_deleted() {
    let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    let scenario = made(Scenario::new()).request(
        "iam",
        "AttachRolePolicy",
        json!({ "RoleName": "worker", "PolicyArn": basic }),
    );
    let ask = |operation: &str, params: Value| {
        let answer = scenario.clone().request("iam", operation, params).last_answer();
        answer.map_or_else(|error| error.to_string(), |response| response.output.to_string())
    };
    let role = json!({ "RoleName": "worker" });
    let text = [
        ask("GetRole", role.clone()),
        ask("ListAttachedRolePolicies", role.clone()),
        ask("DeleteRole", role),
        ask("CreateRole", json!({ "RoleName": "worker", "AssumeRolePolicyDocument": TRUST })),
        ask("CreateRole", json!({ "RoleName": "other", "AssumeRolePolicyDocument": "{}" })),
        ask("GetRole", json!({ "RoleName": "other" })),
        ask(
            "AttachRolePolicy",
            json!({ "RoleName": "worker", "PolicyArn": "arn:aws:iam::aws:policy/Job" }),
        ),
        ask(
            "SimulatePrincipalPolicy",
            json!({
                "PolicySourceArn": "arn:aws:iam::123456789012:role/worker", "ActionNames": ["logs:PutLogEvents", "sqs:SendMessage"], "ResourceArns": [QUEUE],
            }),
        ),
    ];
    expect![[r#"
        {"Role":{"Path":"/","RoleName":"worker","RoleId":"AROABGXEQES5NRCCHD35Y","Arn":"arn:aws:iam::123456789012:role/worker","CreateDate":1767225600,"AssumeRolePolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D","MaxSessionDuration":3600}}
        {"AttachedPolicies":[{"PolicyName":"AWSLambdaBasicExecutionRole","PolicyArn":"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}],"IsTruncated":false}
        DeleteConflict: Cannot delete entity, must detach all policies first.
        EntityAlreadyExists: Role with name worker already exists.
        MalformedPolicyDocument: The policy must contain a statement.
        NoSuchEntity: The role with name other cannot be found.
        NotImplementedException: Coldstart does not emulate the managed policy arn:aws:iam::aws:policy/Job yet.
        {"EvaluationResults":[{"EvalActionName":"logs:PutLogEvents","EvalResourceName":"arn:aws:sqs:us-east-1:123456789012:orders","EvalDecision":"allowed","Explanation":"allowed by a statement of policy AWSLambdaBasicExecutionRole"},{"EvalActionName":"sqs:SendMessage","EvalResourceName":"arn:aws:sqs:us-east-1:123456789012:orders","EvalDecision":"implicitDeny","Explanation":"denied because no statement of role worker allows sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:orders"}],"IsTruncated":false}
    "#]].assert_eq(&(text.join("\n") + "\n"));
}

#[test]
fn a_functions_policy_lets_in_the_services_that_it_names() {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let rule = "arn:aws:events:us-east-1:123456789012:rule/r";
    let is_let_in = |statements: &[Value]| {
        let services = ["events.amazonaws.com"];
        super::lets_in(&Config::default(), statements, &services, function, rule)
    };
    let statement = |condition: Value| {
        json!({
            "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "lambda:InvokeFunction",
            "Resource": function, "Condition": condition,
        })
    };
    for (condition, expected) in [
        (json!({}), true),
        (json!({ "ArnLike": { "AWS:SourceArn": rule } }), true),
        (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:events:*:*:rule/*" } }), true),
        (json!({ "ArnLike": { "AWS:SourceArn": "arn:aws:events:*:*:rule/s" } }), false),
        (json!({ "StringEquals": { "AWS:SourceAccount": "123456789012" } }), true),
        (json!({ "StringEquals": { "AWS:SourceAccount": "999999999999" } }), false),
        (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }), false),
        (json!({ "DateGreaterThan": { "AWS:SourceArn": rule } }), false),
    ] {
        assert_eq!(is_let_in(&[statement(condition.clone())]), expected, "{condition}");
    }
    let everybody =
        json!({ "Effect": "Allow", "Principal": "*", "Action": "lambda:*", "Resource": function });
    let denied = json!({ "Effect": "Deny", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": function });
    assert!(is_let_in(std::slice::from_ref(&everybody)));
    assert!(!is_let_in(&[everybody, denied]));
    assert!(!is_let_in(&[]));
}
