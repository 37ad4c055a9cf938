//! Events, rules and targets in whole histories: each is played twice and once more from its saved session.

use crate::targets::tests::{open_queue, received, told};
use crate::testing::Scenario;
use serde_json::{Value, json};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
const ECHO: &str = "loop\nevent: print $event\\n; respond null";

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:123456789012:{name}")
}

fn queue(scenario: Scenario, name: &str) -> Scenario {
    let attributes = match name.ends_with(".fifo") {
        true => json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" }),
        false => json!({}),
    };
    open_queue(scenario, name, attributes)
}

/// A rule for orders with this target.
fn rule(scenario: Scenario, name: &str, target: Value) -> Scenario {
    let pattern = json!({ "source": ["shop"] }).to_string();
    scenario.request("events", "PutRule", json!({ "Name": name, "EventPattern": pattern })).request(
        "events",
        "PutTargets",
        json!({ "Rule": name, "Targets": [target] }),
    )
}

fn put(scenario: Scenario, detail: &Value) -> Scenario {
    let entry = json!({ "Source": "shop", "DetailType": "order", "Detail": detail.to_string() });
    scenario.request("events", "PutEvents", json!({ "Entries": [entry] })).rest()
}

#[test]
fn a_function_is_invoked_only_if_its_policy_lets_the_rule_in() {
    let without = rule(
        queue(Scenario::new().function("f", ECHO), "dead"),
        "r",
        json!({
            "Id": "t", "Arn": FUNCTION, "DeadLetterConfig": { "Arn": queue_arn("dead") },
        }),
    );
    let denied = put(without.clone(), &json!({ "n": 1 }));
    assert_eq!(
        told(&denied.run()),
        [
            "1 default took order for r",
            "1 function:f 1 AccessDeniedException",
            "1 dead letter dead 1 ok",
        ]
    );
    let letters = received(&denied, "dead");
    assert_eq!(letters.len(), 1);
    assert!(letters[0].0.contains("\"detail\":{\"n\":1}"), "the whole event: {}", letters[0].0);
    assert_eq!(letters[0].1["ERROR_CODE"]["StringValue"], "NO_PERMISSIONS");
    assert_eq!(letters[0].1["TARGET_ARN"]["StringValue"], FUNCTION);
    let allowed = without.request(
        "lambda",
        "AddPermission",
        json!({
            "FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
            "SourceArn": "arn:aws:events:us-east-1:123456789012:rule/r",
        }),
    );
    let allowed = put(allowed, &json!({ "n": 1 }));
    assert_eq!(
        told(&allowed.run()),
        ["1 default took order for r", "1 invoked f", "1 function:f 1 ok"]
    );
    assert!(allowed.log().contains("\"detail-type\":\"order\""));
}

#[test]
fn targets_are_given_what_they_ask_for() {
    let mut scenario = Scenario::new();
    for name in ["whole", "part", "constant", "made", "ordered.fifo"] {
        scenario = queue(scenario, name);
    }
    for (name, more) in [
        ("whole", json!({})),
        ("part", json!({ "InputPath": "$.detail.items[1]" })),
        ("constant", json!({ "Input": "{\"always\": true}" })),
        (
            "made",
            json!({ "InputTransformer": {
            "InputPathsMap": { "n": "$.detail.n", "all": "$.detail.items", "none": "$.detail.none" },
            "InputTemplate": "{\"n\": <n>, \"text\": \"<n> of <all>\", \"none\": <none>, \"rule\": <aws.events.rule-name>}",
        } }),
        ),
        (
            "ordered.fifo",
            json!({ "InputPath": "$.detail.n", "SqsParameters": { "MessageGroupId": "g" } }),
        ),
    ] {
        let mut target = json!({ "Id": "t", "Arn": queue_arn(name) });
        target.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        scenario = rule(scenario, &name.replace('.', "-"), target);
    }
    let scenario = put(scenario, &json!({ "n": 7, "items": ["a", "b"] }));
    let body = |queue| received(&scenario, queue).pop().expect("a message").0;
    assert!(body("whole").starts_with("{\"version\":\"0\",\"id\":\""));
    assert_eq!(body("part"), "\"b\"");
    assert_eq!(body("constant"), "{\"always\": true}");
    assert_eq!(
        body("made"),
        "{\"n\": 7, \"text\": \"7 of [a,b]\", \"none\": \"\", \"rule\": \"made\"}"
    );
    let ordered = received(&scenario, "ordered.fifo");
    assert_eq!((ordered[0].0.as_str(), &ordered[0].1["group"]), ("7", &json!("g")));
}

#[test]
fn schedules_occur_when_the_clock_is_moved_past_them_and_do_not_keep_it_running() {
    let scenario = queue(Scenario::new(), "ticks")
        .request(
            "events",
            "PutRule",
            json!({ "Name": "r", "ScheduleExpression": "rate(5 minutes)" }),
        )
        .request(
            "events",
            "PutTargets",
            json!({ "Rule": "r", "Targets": [{ "Id": "t", "Arn": queue_arn("ticks") }] }),
        )
        .rest();
    assert_eq!(scenario.run().session.until.0, 0, "nothing to wait for");
    let passed = scenario.at(660_000);
    assert_eq!(
        told(&passed.run()),
        [
            "300 default took Scheduled Event for r",
            "300 ticks 1 ok",
            "600 default took Scheduled Event for r",
            "600 ticks 1 ok",
        ]
    );
    let event: Value = serde_json::from_str(&received(&passed, "ticks")[0].0).unwrap();
    assert_eq!(event["time"], "2026-01-01T00:05:00Z");
    assert_eq!(event["resources"], json!(["arn:aws:events:us-east-1:123456789012:rule/r"]));
    let stopped = passed.request("events", "DisableRule", json!({ "Name": "r" })).at(6_600_000);
    assert_eq!(told(&stopped.run()).len(), 4);
}

#[test]
fn events_go_to_another_bus_once_and_come_again_from_an_archive() {
    let bus = |name| format!("arn:aws:events:us-east-1:123456789012:event-bus/{name}");
    let pattern = json!({ "source": ["shop"] }).to_string();
    let mut scenario = queue(Scenario::new(), "q");
    for (from, to) in
        [("default", bus("other")), ("other", bus("default")), ("other", queue_arn("q"))]
    {
        let rule = format!("to-{}", to.rsplit([':', '/']).next().unwrap());
        if from == "other" && rule == "to-default" {
            scenario = scenario.request("events", "CreateEventBus", json!({ "Name": "other" }));
        }
        scenario = scenario
            .request("events", "PutRule", json!({ "Name": rule, "EventBusName": from, "EventPattern": pattern }))
            .request("events", "PutTargets", json!({ "Rule": rule, "EventBusName": from, "Targets": [{ "Id": "t", "Arn": to }] }));
    }
    let scenario = scenario.request(
        "events",
        "CreateArchive",
        json!({ "ArchiveName": "a", "EventSourceArn": bus("other") }),
    );
    let scenario = put(scenario, &json!({}));
    let forwarded = told(&scenario.run());
    assert!(
        forwarded.contains(&"0 other took order for to-default to-q".to_owned()),
        "{forwarded:?}"
    );
    assert_eq!(
        forwarded.iter().filter(|line| line.contains("default took")).count(),
        1,
        "{forwarded:?}"
    );
    let again = scenario
        .request(
            "events",
            "StartReplay",
            json!({
                "ReplayName": "again", "EventSourceArn": "arn:aws:events:us-east-1:123456789012:archive/a",
                "Destination": { "Arn": bus("other"), "FilterArns": ["arn:aws:events:us-east-1:123456789012:rule/other/to-q"] },
                "EventStartTime": 1_767_225_600, "EventEndTime": 1_767_225_700,
            }),
        )
        .rest();
    assert_eq!(told(&again.run()).last().map(String::as_str), Some("1 q 1 ok"));
    let messages = received(&again, "q");
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().any(|(body, _)| body.contains("\"replay-name\":\"again\"")));
    let replay = again.request("events", "DescribeReplay", json!({ "ReplayName": "again" }));
    assert_eq!(replay.last_answer().unwrap().output["State"], "COMPLETED");
}

#[test]
fn entries_that_are_wrong_are_told_one_by_one() {
    let entries = json!([
        { "Source": "aws.mine", "DetailType": "x", "Detail": "{}" },
        { "Source": "s", "DetailType": "x", "Detail": "[1]" },
        { "Source": "s", "DetailType": "x" },
        { "Source": "s", "DetailType": "x", "Detail": "{}" },
    ]);
    let answer = Scenario::new().request("events", "PutEvents", json!({ "Entries": entries }));
    let output = answer.last_answer().unwrap().output;
    assert_eq!(output["FailedEntryCount"], 3);
    let codes: Vec<_> =
        output["Entries"].as_array().unwrap().iter().map(|e| e["ErrorCode"].as_str()).collect();
    assert_eq!(
        codes,
        [Some("NotAuthorizedForSource"), Some("MalformedDetail"), Some("InvalidArgument"), None]
    );
}

#[test]
fn a_target_that_is_not_here_is_refused_by_name_and_a_state_machine_is_started() {
    let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
    let definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } });
    let scenario = Scenario::new().request(
        "states",
        "CreateStateMachine",
        json!({ "name": "m", "definition": definition.to_string(), "roleArn": "arn:aws:iam::123456789012:role/r" }),
    );
    let role = "arn:aws:iam::123456789012:role/r";
    let scenario = rule(scenario, "a", json!({ "Id": "t", "Arn": machine, "RoleArn": role }));
    let stream = "arn:aws:kinesis:us-east-1:123456789012:stream/s";
    let scenario = rule(scenario, "b", json!({ "Id": "t", "Arn": stream, "RoleArn": role }));
    assert_eq!(
        told(&put(scenario, &json!({})).run()),
        [
            "0 default took order for a b",
            "0 stream/s 1 NotImplementedException",
            "0 stateMachine:m 1 ok",
        ]
    );
}
