//! Faults on purpose: invocations and tasks that fail, wait, or are throttled as a script of the session says.

use super::ECHO;
use crate::Fact;
use crate::testing::Scenario;
use serde_json::{Value, json};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

fn with(faults: Value) -> Scenario {
    put(Scenario::new().function("f", ECHO), faults)
}

fn put(scenario: Scenario, faults: Value) -> Scenario {
    scenario.request("coldstart", "PutFaults", json!({ "Faults": faults }))
}

/// The payloads of so many invocations, one after the other.
fn payloads(mut scenario: Scenario, times: usize) -> Vec<String> {
    (0..times)
        .map(|n| {
            scenario = scenario.clone().invoke("f", &n.to_string()).rest();
            scenario.last_payload()
        })
        .collect()
}

#[test]
fn the_first_two_fail_and_the_handler_does_not_run() {
    let busy = json!([{ "Id": "busy", "FunctionName": "f", "Action": "error", "ErrorType": "Busy", "ErrorMessage": "later", "Times": 2 }]);
    let failed = r#"{"errorType":"Busy","errorMessage":"later"}"#;
    assert_eq!(payloads(with(busy.clone()), 3), [failed, failed, "2"]);
    let scenario =
        with(busy).invoke("f", "0").rest().invoke("f", "1").rest().invoke("f", "2").rest();
    assert_eq!(scenario.log().matches("fault busy: Busy; the handler does not run").count(), 2);
    let shown = scenario.clone().request("coldstart", "GetFaults", json!({})).last_answer();
    assert_eq!(shown.unwrap().output["Faults"][0]["Hits"], 2);
    let told = scenario.run().events.into_iter().filter(|event| {
        matches!(&event.fact, Fact::FaultInjected { fault, function: Some(_), request_id: Some(_), .. } if fault == "busy")
    });
    assert_eq!(told.count(), 2);
}

#[test]
fn a_response_can_be_lost_after_the_handler_ran() {
    let lost = json!([{ "Id": "lost", "FunctionName": "f", "Action": "error", "PreventExecution": false, "Times": 1 }]);
    let logging = "loop\nevent: print ran\\n; respond 7";
    let scenario = put(Scenario::new().function("f", logging), lost).invoke("f", "{}").rest();
    assert!(scenario.last_payload().contains("InjectedFault"), "{}", scenario.last_payload());
    assert!(scenario.log().contains("ran"), "{}", scenario.log());
    assert_eq!(scenario.invoke("f", "{}").rest().last_payload(), "7");
}

#[test]
fn delays_are_billed_and_can_run_into_the_timeout() {
    let slow = |ms: u64| json!([{ "Id": "slow", "FunctionName": "f", "Action": "delay", "StartupDelayMilliseconds": ms }]);
    let finished = |ms: u64| {
        let events = with(slow(ms)).invoke("f", "1").rest().run().events;
        let mut ended = events.into_iter().filter_map(|event| match event.fact {
            Fact::InvocationFinished { outcome, duration_us, .. } => Some((outcome, duration_us)),
            _ => None,
        });
        ended.next().expect("it ended")
    };
    let (outcome, duration_us) = finished(2_000);
    assert_eq!(outcome, crate::Outcome::Success);
    assert!((2_000_000..2_010_000).contains(&duration_us), "{duration_us}");
    assert_eq!(finished(5_000), (crate::Outcome::Timeout, 3_000_000));
}

#[test]
fn throttles_last_as_long_as_they_are_told_to() {
    let full = json!([{ "Id": "full", "FunctionName": "f", "Action": "throttle", "StartAfterSeconds": 10, "DurationSeconds": 5 }]);
    let at = |ms: u64| with(full.clone()).pass(ms).invoke("f", "1").rest().last_answer();
    assert!(at(1_000).is_ok());
    let refused = at(11_000).unwrap_err();
    assert_eq!((refused.status, &*refused.code), (429, "TooManyRequestsException"));
    assert!(at(16_000).is_ok());
}

#[test]
fn percentages_are_drawn_from_the_seed() {
    let some = json!([{ "Id": "some", "FunctionName": "f", "Action": "error", "InvocationPercentage": 40 }]);
    let failed = payloads(with(some), 60).iter().filter(|text| text.contains("Injected")).count();
    assert!((12..=36).contains(&failed), "{failed}");
    let never = json!([{ "Id": "never", "FunctionName": "f", "Action": "error", "InvocationPercentage": 0 }]);
    assert_eq!(payloads(with(never), 1), ["0"]);
}

#[test]
fn tasks_of_a_state_fail_and_are_retried() {
    let task = json!({ "Type": "Task", "Resource": FUNCTION, "End": true,
        "Retry": [{ "ErrorEquals": ["Payments.Unavailable"], "IntervalSeconds": 1, "MaxAttempts": 2 }] });
    let machine = json!({ "StartAt": "S", "States": { "S": task } });
    let faults = |times: u64| json!([{ "Id": "down", "StateMachineName": "m", "StateName": "S", "Action": "error", "ErrorType": "Payments.Unavailable", "Times": times }]);
    let status = |times: u64| {
        let scenario =
            with(faults(times)).machine("m", &machine).start("m", "e", &json!({})).rest();
        scenario.describe("m", "e").output()["status"].clone()
    };
    assert_eq!(status(2), "SUCCEEDED");
    assert_eq!(status(3), "FAILED");
}

#[test]
fn what_a_script_may_not_say_is_named_with_its_place() {
    let refused = |faults: Value| {
        let error = with(faults).last_answer().unwrap_err();
        assert_eq!(error.code, "ValidationException");
        error.message.unwrap_or_default()
    };
    let fault = |more: Value| {
        let mut one = json!({ "Id": "a", "FunctionName": "f", "Action": "error" });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([one])
    };
    assert!(refused(json!({})).contains("a list of faults is missing"));
    assert!(refused(json!([1])).starts_with("Faults[0]: "));
    assert!(refused(fault(json!({ "Id": "a b" }))).starts_with("Faults[0].Id"));
    assert!(refused(fault(json!({ "Chance": 1 }))).starts_with("Faults[0].Chance"));
    assert!(refused(fault(json!({ "StateName": "S" }))).contains("either FunctionName"));
    assert!(refused(fault(json!({ "InvocationPercentage": 101 }))).contains("from 0 to 100"));
    assert!(refused(fault(json!({ "Times": 0 }))).contains("from 1 on"));
    assert!(refused(fault(json!({ "Action": "delay" }))).contains("StartupDelayMilliseconds"));
    assert!(refused(fault(json!({ "Action": "break" }))).contains("error, delay or throttle"));
    let twice = [fault(json!({})), fault(json!({}))].map(|one| one[0].clone());
    assert!(refused(json!(twice)).contains("there is another fault a"));
    let many: Vec<Value> =
        (0..101).map(|n| fault(json!({ "Id": n.to_string() }))[0].clone()).collect();
    assert!(refused(json!(many)).contains("at most 100"));
}
