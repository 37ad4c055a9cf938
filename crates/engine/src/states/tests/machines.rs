//! State machines, versions, aliases, tags, activities, validation, mocks.

use super::{ROLE, arn, pass};
use crate::testing::Scenario;
use serde_json::{Value, json};

fn with(params: Value) -> Scenario {
    Scenario::new().states("CreateStateMachine", params)
}

#[test]
fn a_state_machine_is_made_once() {
    let made = Scenario::new().machine("m", &pass()).machine("m", &pass());
    assert_eq!(made.output()["stateMachineArn"], json!(arn("stateMachine:m")));
    let other = json!({ "StartAt": "B", "States": { "B": { "Type": "Succeed" } } });
    assert_eq!(
        made.machine("m", &other).refusal(),
        format!(
            "StateMachineAlreadyExists: State Machine Already Exists: '{}'",
            arn("stateMachine:m")
        )
    );
}

#[test]
fn bad_requests_are_refused_in_awss_words() {
    let create =
        |name: &str, more: Value| Scenario::new().machine_with(name, &pass(), more).refusal();
    assert_eq!(create("a b", json!({})), "InvalidName: Invalid Name: 'a b'");
    assert_eq!(
        create("m", json!({ "versionDescription": "v" })),
        "ValidationException: Version description can only be set when publish is true"
    );
    assert_eq!(
        create("m", json!({ "loggingConfiguration": { "level": "ALL" } })),
        "InvalidLoggingConfiguration: Invalid Logging Configuration: Must specify exactly one Log Destination."
    );
    let params = json!({ "name": "m", "definition": "{}", "roleArn": ROLE });
    assert_eq!(
        with(params).refusal(),
        "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: \
         [States, StartAt] at /'"
    );
    let describe = |machine: &str| {
        Scenario::new()
            .states("DescribeStateMachine", json!({ "stateMachineArn": machine }))
            .refusal()
    };
    assert_eq!(describe("m"), "InvalidArn: Invalid Arn: 'Invalid ARN prefix: m'");
    let none = arn("stateMachine:none");
    assert_eq!(
        describe(&none),
        format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{none}'")
    );
    let other_account = "arn:aws:states:us-east-1:999999999999:stateMachine:m";
    assert!(describe(other_account).starts_with("StateMachineDoesNotExist"));
}

#[test]
fn an_update_makes_a_revision_only_when_something_changes() {
    let machine = arn("stateMachine:m");
    let update = |scenario: Scenario, more: Value| {
        let mut params = json!({ "stateMachineArn": machine });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        scenario.states("UpdateStateMachine", params)
    };
    let made = Scenario::new().machine("m", &pass());
    let same = update(made.clone(), json!({ "definition": pass().to_string(), "publish": true }));
    assert_eq!(same.output()["stateMachineVersionArn"], json!(arn("stateMachine:m:1")));
    assert_eq!(same.output().get("revisionId"), None);
    let other = json!({ "StartAt": "B", "States": { "B": { "Type": "Succeed" } } });
    let changed = update(same, json!({ "definition": other.to_string(), "publish": true }));
    assert_eq!(changed.output()["stateMachineVersionArn"], json!(arn("stateMachine:m:2")));
    assert!(changed.output()["revisionId"].is_string());
    assert_eq!(
        update(made, json!({})).refusal(),
        "MissingRequiredParameter: Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration \
         must be specified"
    );
}

#[test]
fn versions_and_aliases() {
    let machine = arn("stateMachine:m");
    let alias = |scenario: Scenario, name: &str, weights: &[(&str, u64)]| {
        let routing: Vec<Value> = weights
            .iter()
            .map(|(version, weight)| {
                json!({ "stateMachineVersionArn": format!("{machine}{version}"), "weight": weight })
            })
            .collect();
        scenario.states(
            "CreateStateMachineAlias",
            json!({ "name": name, "routingConfiguration": routing }),
        )
    };
    let made = Scenario::new().machine_with("m", &pass(), json!({ "publish": true }));
    let other = json!({ "StartAt": "B", "States": { "B": { "Type": "Succeed" } } });
    let made = made.states(
        "UpdateStateMachine",
        json!({ "stateMachineArn": machine, "definition": other.to_string(), "publish": true }),
    );
    let routed = alias(made.clone(), "live", &[(":1", 50), (":2", 50)]);
    assert_eq!(routed.output()["stateMachineAliasArn"], json!(format!("{machine}:live")));
    let refusal = |weights: &[(&str, u64)]| alias(made.clone(), "x", weights).refusal();
    assert_eq!(
        refusal(&[(":1", 70), (":2", 29)]),
        "ValidationException: Sum of routing configuration weights must equal 100. Received: [70, 29]"
    );
    assert_eq!(
        refusal(&[("", 100)]),
        format!(
            "ValidationException: Routing configuration must contain state machine version ARNs. Received: [{machine}]"
        )
    );
    assert!(alias(made, "7", &[(":1", 100)]).refusal().contains("regular expression pattern"));
    let delete = routed.clone().states(
        "DeleteStateMachineVersion",
        json!({ "stateMachineVersionArn": format!("{machine}:1") }),
    );
    assert!(delete.refusal().ends_with("Current list of aliases referencing this version: [live]"));
    // Both versions get executions, from the seed.
    let mut running = routed;
    for n in 0..12 {
        running = running.states(
            "StartExecution",
            json!({ "stateMachineArn": format!("{machine}:live"), "name": format!("e{n}") }),
        );
    }
    for version in ["1", "2"] {
        let listed = running
            .clone()
            .rest()
            .states("ListExecutions", json!({ "stateMachineArn": format!("{machine}:{version}") }));
        let count = listed.output()["executions"].as_array().unwrap().len();
        assert!((1..12).contains(&count), "{count} of version {version}");
    }
}

#[test]
fn tags_are_kept_in_order() {
    let machine = json!(arn("stateMachine:m"));
    let tagged = Scenario::new()
        .machine_with("m", &pass(), json!({ "tags": [{ "key": "a", "value": "1" }] }))
        .states("TagResource", json!({ "resourceArn": machine, "tags": [{ "key": "b", "value": "" }, { "key": "a", "value": "2" }] }))
        .states("ListTagsForResource", json!({ "resourceArn": machine }));
    assert_eq!(
        tagged.output(),
        json!({ "tags": [{ "key": "a", "value": "2" }, { "key": "b", "value": "" }] })
    );
    let gone = tagged
        .states("UntagResource", json!({ "resourceArn": machine, "tagKeys": ["a", "c"] }))
        .states("ListTagsForResource", json!({ "resourceArn": machine }));
    assert_eq!(gone.output(), json!({ "tags": [{ "key": "b", "value": "" }] }));
}

#[test]
fn activities_are_made_and_listed() {
    let activity = arn("activity:a.b_c");
    let made = Scenario::new()
        .states("CreateActivity", json!({ "name": "a.b_c" }))
        .states("CreateActivity", json!({ "name": "a.b_c" }));
    assert_eq!(made.output()["activityArn"], json!(activity));
    let listed = made.clone().states("ListActivities", json!({}));
    assert_eq!(listed.output()["activities"][0]["name"], json!("a.b_c"));
    let gone = made
        .states("DeleteActivity", json!({ "activityArn": activity }))
        .states("DeleteActivity", json!({ "activityArn": activity }));
    assert_eq!(gone.output(), json!({}));
    assert_eq!(
        gone.states("DescribeActivity", json!({ "activityArn": activity })).refusal(),
        format!("ActivityDoesNotExist: Activity Does Not Exist: '{activity}'")
    );
}

#[test]
fn definitions_are_validated_without_a_trace() {
    let definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Task", "End": true,
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {} } } });
    let validate = |kind: &str| {
        let params = json!({ "definition": definition.to_string(), "type": kind });
        Scenario::new().states("ValidateStateMachineDefinition", params)
    };
    assert_eq!(
        validate("STANDARD").output(),
        json!({ "result": "OK", "diagnostics": [], "truncated": false })
    );
    let express = validate("EXPRESS").run();
    assert!(express.events.is_empty());
    let output = validate("EXPRESS").output();
    assert_eq!(
        output["diagnostics"][0]["message"],
        json!("Express state machine does not support '.waitForTaskToken' service integration ")
    );
    assert_eq!(output["result"], json!("FAIL"));
}

#[test]
fn a_mock_configuration_is_checked_and_given_back() {
    let put = |configuration: Value| {
        Scenario::new().request(
            "coldstart",
            "PutMockConfiguration",
            json!({ "configuration": configuration }),
        )
    };
    let configuration = json!({ "StateMachines": { "m": { "TestCases": { "t": {} } } } });
    let read = put(json!(configuration.to_string())).request(
        "coldstart",
        "GetMockConfiguration",
        json!({}),
    );
    assert_eq!(read.output(), json!({ "configuration": configuration }));
    assert_eq!(put(json!({})).refusal(), "ValidationException: /: StateMachines is missing");
}
