//! Loads: arrivals through the door, counts, and histories that do not depend on how they are run.

use super::ECHO;
use crate::testing::{History, Scenario};
use crate::{Blob, Fact};
use serde_json::{Value, json};

fn load(scenario: Scenario, profile: Value, seconds: f64, more: Value) -> Scenario {
    let mut params = json!({ "FunctionName": "f", "Profile": profile, "DurationSeconds": seconds });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    scenario.request("coldstart", "StartLoad", params)
}

/// The status and the counts of the last fact.
fn end(history: &History) -> (String, [u64; 5]) {
    let facts = history.events.iter().rev();
    let mut told = facts.filter_map(|event| match &event.fact {
        Fact::LoadChanged { status, sent, succeeded, failed, throttled, refused, .. } => {
            Some((status.clone(), [*sent, *succeeded, *failed, *throttled, *refused]))
        }
        _ => None,
    });
    told.next().expect("a load tells how it ended")
}

fn accepted_at(history: &History) -> Vec<u64> {
    let events = history.events.iter();
    let accepted = events.filter(|e| matches!(e.fact, Fact::InvocationAccepted { .. }));
    accepted.map(|event| event.at.0 - 1_000_000).collect()
}

#[test]
fn every_profile_sends_what_it_says() {
    let sent = |profile: Value| {
        let history = load(Scenario::new().function("f", ECHO), profile, 4.0, json!({})).run();
        let (status, [sent, succeeded, ..]) = end(&history);
        assert_eq!((status.as_str(), sent), ("COMPLETED", succeeded));
        assert_eq!(history.session.commands.len(), 2, "a load is one command");
        accepted_at(&history)
    };
    assert_eq!(
        sent(json!({ "Kind": "Constant", "Rate": 2 })),
        (0..8).map(|k| k * 500_000).collect::<Vec<_>>()
    );
    assert_eq!(sent(json!({ "Kind": "Ramp", "Rate": 0, "EndRate": 10 })).len(), 20);
    assert_eq!(
        sent(json!({ "Kind": "Burst", "Size": 2, "EverySeconds": 3 })),
        [0, 0, 3_000_000, 3_000_000]
    );
    let poisson = sent(json!({ "Kind": "Poisson", "Rate": 50 }));
    assert!((150..250).contains(&poisson.len()), "{}", poisson.len());
}

#[test]
fn what_becomes_of_the_invocations_is_counted() {
    let constant = json!({ "Kind": "Constant", "Rate": 10 });
    let failing = Scenario::new().function("f", "loop\nevent: fail {}");
    assert_eq!(
        end(&load(failing, constant.clone(), 1.0, json!({})).run()),
        ("COMPLETED".into(), [10, 0, 10, 0, 0])
    );
    let reserved = json!({ "FunctionName": "f", "ReservedConcurrentExecutions": 1 });
    let throttled = Scenario::new().function("f", "loop\nevent: sleep 950; respond 1").request(
        "lambda",
        "PutFunctionConcurrency",
        reserved,
    );
    let (_, [sent, succeeded, _, throttled, _]) =
        end(&load(throttled, constant.clone(), 1.0, json!({})).run());
    assert_eq!((sent, succeeded, throttled), (10, 1, 9));
    let absent = json!({ "Qualifier": "nobody" });
    let refused = load(Scenario::new().function("f", ECHO), constant.clone(), 1.0, absent);
    assert_eq!(end(&refused.run()), ("COMPLETED".into(), [10, 0, 0, 0, 10]));
    let events = json!({ "InvocationType": "Event", "Payload": Blob::text("{\"a\":1}") });
    let history = load(Scenario::new().function("f", ECHO), constant, 1.0, events).run();
    assert_eq!(end(&history).1[..2], [10, 10]);
    let finished = history.events.iter().filter(|event| match &event.fact {
        Fact::InvocationFinished { response_bytes, .. } => {
            assert_eq!(*response_bytes, 7);
            true
        }
        _ => false,
    });
    assert_eq!(finished.count(), 10);
}

#[test]
fn a_load_is_stopped_and_listed() {
    let constant = json!({ "Kind": "Constant", "Rate": 10 });
    let scenario = load(Scenario::new().function("f", ECHO), constant, 1_000.0, json!({}))
        .pass(3_050)
        .request("coldstart", "StopLoad", json!({ "LoadId": 1 }))
        .rest();
    let history = scenario.run();
    assert_eq!(end(&history), ("STOPPED".into(), [31, 31, 0, 0, 0]));
    let told = history.events.iter().filter(|e| matches!(e.fact, Fact::LoadChanged { .. }));
    assert_eq!(told.count(), 5, "begin, three seconds, end");
    let listed = scenario.request("coldstart", "ListLoads", json!({})).last_answer().unwrap();
    assert_eq!(listed.output["Loads"][0]["Status"], "STOPPED");
    assert_eq!(listed.output["Loads"][0]["Sent"], 31);
    assert_eq!(listed.output["Loads"][0]["BeganMicros"], 1_000_000);
    assert_eq!(listed.output["Loads"][0]["DurationMicros"], 1_000_000_000);
    assert_eq!(listed.output["Loads"][0]["Profile"], json!({ "Kind": "Constant", "Rate": 10 }));
}

#[test]
fn loads_that_cannot_be_are_refused() {
    let refusal = |profile: Value, seconds: f64, more: Value| {
        let scenario = load(Scenario::new().function("f", ECHO), profile, seconds, more);
        let refusal = scenario.last_answer().unwrap_err();
        format!("{} {}", refusal.status, refusal.message.unwrap())
    };
    let constant = || json!({ "Kind": "Constant", "Rate": 10 });
    assert_eq!(
        refusal(json!({ "Kind": "Saw" }), 1.0, json!({})),
        "400 Kind of a load's profile is Constant, Ramp, Burst or Poisson, not \"Saw\""
    );
    assert_eq!(
        refusal(json!({ "Kind": "Constant", "Rate": 1e9 }), 1.0, json!({})),
        "400 Rate of a load is a number from 0.001 to 10000"
    );
    assert_eq!(
        refusal(constant(), 1e9, json!({})),
        "400 DurationSeconds of a load is a number from 0.001 to 604800"
    );
    assert_eq!(refusal(constant(), 1.0, json!({ "Rate": 1 })), "400 StartLoad has no member Rate");
    assert!(
        refusal(constant(), 1.0, json!({ "FunctionName": "g" })).starts_with("404 Function not")
    );
}
