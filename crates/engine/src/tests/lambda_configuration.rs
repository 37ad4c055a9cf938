//! What surrounds a function: concurrency, permissions, URLs, event source mappings.

use super::ECHO;
use crate::testing::Scenario;
use serde_json::{Value, json};

#[track_caller]
fn refusal(scenario: &Scenario) -> (String, String) {
    let error = scenario.last_answer().unwrap_err();
    (error.code, error.message.unwrap_or_default())
}

#[track_caller]
fn output(scenario: &Scenario) -> Value {
    scenario.last_answer().expect("an answer").output
}

fn reserve(scenario: Scenario, name: &str, count: u64) -> Scenario {
    let params = json!({ "FunctionName": name, "ReservedConcurrentExecutions": count });
    scenario.request("lambda", "PutFunctionConcurrency", params)
}

#[test]
fn reserved_concurrency_throttles_what_is_over_it() {
    let scenario = reserve(Scenario::new().function("f", ECHO), "f", 1);
    let scenario = scenario.invoke("f", "{}").invoke("f", "{}");
    let error = scenario.run().answers.into_iter().find_map(|(_, _, answer)| answer.err());
    let error = error.expect("the second one is over it");
    assert_eq!((error.status, error.code.as_str()), (429, "TooManyRequestsException"));
    assert_eq!(error.extra["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded");
    // When the first one has ended there is room again.
    assert!(scenario.rest().invoke("f", "{}").last_answer().is_ok());
}

#[test]
fn none_reserved_stops_a_function_and_nothing_else() {
    let scenario = Scenario::new().function("f", ECHO).function("g", ECHO);
    let scenario = reserve(scenario, "f", 0).invoke("f", "{}");
    assert_eq!(refusal(&scenario).0, "TooManyRequestsException");
    assert!(scenario.clone().invoke("g", "{}").last_answer().is_ok());
    let free = json!({ "FunctionName": "f" });
    let scenario = scenario.request("lambda", "DeleteFunctionConcurrency", free).invoke("f", "{}");
    assert!(scenario.last_answer().is_ok());
}

#[test]
fn a_hundred_stay_for_functions_without_a_reservation() {
    let scenario = Scenario::new().function("f", ECHO).function("g", ECHO);
    let scenario = reserve(reserve(scenario, "f", 800), "g", 101);
    let words = "below its minimum value of [100].";
    assert!(refusal(&scenario).1.ends_with(words));
    let scenario = reserve(scenario, "g", 100);
    assert_eq!(output(&scenario), json!({ "ReservedConcurrentExecutions": 100 }));
    let scenario = scenario.request("lambda", "GetAccountSettings", json!({}));
    assert_eq!(output(&scenario)["AccountLimit"]["UnreservedConcurrentExecutions"], 100);
    // The others share what is left.
    let mut scenario = scenario.function("h", ECHO);
    for _ in 0..101 {
        scenario = scenario.invoke("h", "{}");
    }
    let answers = scenario.run().answers;
    let throttled: Vec<_> = answers.iter().filter_map(|(_, _, a)| a.as_ref().err()).collect();
    let reason = "ConcurrentInvocationLimitExceeded";
    let reasons: Vec<&Value> = throttled.iter().filter_map(|e| e.extra.get("Reason")).collect();
    assert_eq!(reasons, [reason]);
}

#[test]
fn a_policy_is_as_long_as_it_may_be() {
    let add = |scenario: Scenario, sid: String| {
        let params = json!({
            "FunctionName": "f", "StatementId": sid, "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::bucket",
        });
        scenario.request("lambda", "AddPermission", params)
    };
    let mut scenario = Scenario::new().function("f", ECHO);
    for n in 0..120 {
        scenario = add(scenario, format!("statement-{n}"));
    }
    assert_eq!(refusal(&scenario).0, "PolicyLengthExceededException");
    let scenario = scenario.request("lambda", "GetPolicy", json!({ "FunctionName": "f" }));
    let policy = output(&scenario)["Policy"].as_str().unwrap().to_owned();
    assert!((20_000..=20_480).contains(&policy.len()), "{}", policy.len());
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(
        policy["Statement"][0],
        json!({
            "Sid": "statement-0", "Effect": "Allow", "Principal": { "Service": "s3.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "Condition": { "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::bucket" } },
        })
    );
}

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:q";

fn mapping(more: Value) -> Scenario {
    let mut params = json!({ "FunctionName": "f", "EventSourceArn": QUEUE });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let queue = json!({ "QueueName": "q" });
    let scenario = Scenario::new().function("f", ECHO).request("sqs", "CreateQueue", queue);
    scenario.request("lambda", "CreateEventSourceMapping", params)
}

#[test]
fn a_mapping_goes_through_its_states() {
    let disabled = output(&mapping(json!({ "Enabled": false })));
    assert_eq!(disabled["State"], "Disabled", "there is nothing to be made");
    let scenario = mapping(json!({}));
    let created = output(&scenario);
    assert_eq!((&created["State"], &created["BatchSize"]), (&json!("Creating"), &json!(10)));
    let uuid = created["UUID"].clone();
    let disable = json!({ "UUID": uuid, "Enabled": false });
    let state = |scenario: &Scenario| {
        let get = json!({ "UUID": uuid });
        output(&scenario.clone().request("lambda", "GetEventSourceMapping", get))["State"].clone()
    };
    let enable = json!({ "UUID": uuid, "Enabled": true });
    let early = scenario.clone().request("lambda", "UpdateEventSourceMapping", enable.clone());
    assert_eq!(refusal(&early).0, "ResourceInUseException");
    let scenario = scenario.rest();
    assert_eq!(state(&scenario), "Enabled");
    let scenario = scenario.request("lambda", "UpdateEventSourceMapping", disable);
    assert_eq!(state(&scenario), "Disabling");
    let scenario = scenario.rest();
    assert_eq!(state(&scenario), "Disabled");
    let scenario = scenario.request("lambda", "UpdateEventSourceMapping", enable);
    assert_eq!(state(&scenario), "Enabling");
    let scenario = scenario.rest();
    assert_eq!(state(&scenario), "Enabled");
    let delete = json!({ "UUID": uuid });
    let scenario = scenario.request("lambda", "DeleteEventSourceMapping", delete.clone());
    assert_eq!(state(&scenario), "Deleting");
    let scenario = scenario.rest().request("lambda", "GetEventSourceMapping", delete);
    assert_eq!(refusal(&scenario).0, "ResourceNotFoundException");
}

#[test]
fn mappings_are_refused_what_queues_cannot_do() {
    for (more, words) in [
        (json!({ "BatchSize": 11 }), "Maximum batch window in seconds must be greater than 0"),
        (
            json!({ "FilterCriteria": { "Filters": [{ "Pattern": "{\"a\": \"b\"}" }] } }),
            "Invalid filter",
        ),
        (
            json!({ "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q.fifo", "BatchSize": 11,
            "MaximumBatchingWindowInSeconds": 0 }),
            "Maximum batch size for FIFO",
        ),
        (
            json!({ "EventSourceArn": "arn:aws:mq:us-east-1:123456789012:broker:b" }),
            "Coldstart does not emulate",
        ),
        (json!({ "ParallelizationFactor": 2 }), "Unsupported ParallelizationFactor parameter"),
        (
            json!({ "ProvisionedPollerConfig": { "MinimumPollers": 2 } }),
            "Coldstart does not emulate ProvisionedPollerConfig",
        ),
    ] {
        let (_, message) = refusal(&mapping(more));
        assert!(message.starts_with(words), "{message}");
    }
    let filters = json!({ "FilterCriteria": { "Filters": [{ "Pattern": "{\"body\": {\"a\": [{\"prefix\": \"x\"}]}}" }] } });
    assert_eq!(output(&mapping(filters.clone()))["FilterCriteria"], filters["FilterCriteria"]);
}

#[test]
fn provisioned_concurrency_takes_its_time() {
    let put =
        json!({ "FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 100 });
    let scenario = Scenario::new()
        .function("f", ECHO)
        .request("lambda", "PublishVersion", json!({ "FunctionName": "f" }))
        .request("lambda", "PutProvisionedConcurrencyConfig", put);
    assert_eq!(output(&scenario)["Status"], "IN_PROGRESS");
    let get = json!({ "FunctionName": "f", "Qualifier": "1" });
    let scenario =
        scenario.at(1_500).request("lambda", "GetProvisionedConcurrencyConfig", get.clone());
    assert_eq!(output(&scenario)["Status"], "IN_PROGRESS");
    let scenario = scenario.at(2_500).request("lambda", "GetProvisionedConcurrencyConfig", get);
    assert_eq!(output(&scenario)["AvailableProvisionedConcurrentExecutions"], 100);
    let words = " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [100].";
    assert_eq!(refusal(&reserve(scenario, "f", 1)).1, words);
}
