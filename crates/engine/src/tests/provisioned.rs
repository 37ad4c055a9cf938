//! Provisioned concurrency in effect, and that no workload goes over any limit.

use super::check;
use crate::rng::Rng;
use crate::testing::{History, Scenario};
use crate::{EnvironmentPhase, Fact};
use expect_test::expect;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SLOW: &str = "loop\ninit: burn 500000; print starting\\n\nevent: sleep 500; respond $event";

fn published(module: &str) -> Scenario {
    Scenario::new().create_with("f", module, json!({ "Publish": true })).rest()
}

fn put(scenario: Scenario, qualifier: &str, count: u64) -> Scenario {
    let params = json!({
        "FunctionName": "f", "Qualifier": qualifier, "ProvisionedConcurrentExecutions": count,
    });
    scenario.request("lambda", "PutProvisionedConcurrencyConfig", params)
}

fn show(scenario: &Scenario, qualifier: &str) -> Value {
    let params = json!({ "FunctionName": "f", "Qualifier": qualifier });
    let scenario = scenario.clone().request("lambda", "GetProvisionedConcurrencyConfig", params);
    scenario.last_answer().unwrap().output
}

fn alias(scenario: Scenario, operation: &str, version: &str) -> Scenario {
    let params = json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": version });
    scenario.request("lambda", operation, params)
}

/// The facts after the function was created, without log lines and answers.
fn facts(history: History) -> Vec<String> {
    let mut told = Vec::new();
    for event in history.events {
        match event.fact {
            Fact::InvocationStarted { environment, cold, concurrency, .. } => {
                told.push(format!("{environment} {cold} {}", concurrency.unwrap_or_default()));
            }
            Fact::EnvironmentPhase { environment, phase: EnvironmentPhase::Reclaimed, .. } => {
                told.push(format!("{environment} reclaimed"));
            }
            Fact::ProvisionedConcurrencyChanged { status, allocated, available, .. } => {
                told.push(format!("{status} {available}/{allocated}"));
            }
            _ => {}
        }
    }
    told
}

#[test]
fn environments_are_made_ahead_and_used_first() {
    let scenario = put(published(SLOW), "1", 2).rest();
    assert_eq!(show(&scenario, "1")["Status"], "READY");
    let history = scenario
        .invoke("f:1", "{}")
        .invoke("f:1", "{}")
        .invoke("f:1", "{}")
        .invoke("f", "{}")
        .rest()
        .invoke("f:1", "{}")
        .at(2_000_000)
        .run();
    // The third one finds none that is free, and $LATEST has none. The last one takes a provisioned one, and idle time takes the others.
    assert_eq!(
        facts(history),
        [
            "IN_PROGRESS 0/0",
            "IN_PROGRESS 0/1",
            "IN_PROGRESS 0/2",
            "IN_PROGRESS 1/2",
            "READY 2/2",
            "1 false Provisioned",
            "0 false Provisioned",
            "3 true ",
            "2 true Spillover",
            "1 false Provisioned",
            "3 reclaimed",
            "2 reclaimed",
        ]
    );
}

#[test]
fn the_log_shows_the_init_phase_by_itself() {
    check(
        put(published("loop\ninit: print starting\\n\nevent: respond 1"), "1", 1)
            .rest()
            .invoke("f:1", "{}")
            .at(600_000),
        expect![[r#"
                0.000 function f Pending -
                0.000 answered CreateFunction 201
             1000.000 function f Active Successful
             1000.000 provisioned 1 IN_PROGRESS 0/0/1 0 MB ms
             1000.000 answered PutProvisionedConcurrencyConfig 202
             1010.000 environment 0 Starting
             1010.000 provisioned 1 IN_PROGRESS 0/1/1 0 MB ms
             1102.979 environment 0 Init
             1102.979 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             1110.979 log "starting"
             1110.979 log "INIT_REPORT Init Duration: 8.00 ms\tPhase: init\t"
             1110.979 environment 0 Idle
             1110.979 provisioned 1 READY 1/1/1 12925 MB ms
             1110.979 accepted 1675 f RequestResponse
             1110.979 environment 0 Invoke
             1110.979 started 1675 in 0 Provisioned
             1110.979 log "START RequestId: 16758727-2751-4caf-9b67-9c859acd7aaf Version: 1"
             1111.579 log "END RequestId: 16758727-2751-4caf-9b67-9c859acd7aaf"
             1111.579 log "REPORT RequestId: 16758727-2751-4caf-9b67-9c859acd7aaf\tDuration: 0.60 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\t"
             1111.579 finished 1675 Success 600 us billed 1 ms 13 MB 0 units
             1111.579 environment 0 Idle
             1111.579 answered Invoke 200
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":48,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"cyaFRUgYdfXrzLoXnBlRRovVIheYrBpaoI+djGYEpOs=","Version":"1","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 202 {"RequestedProvisionedConcurrentExecutions":1,"AvailableProvisionedConcurrentExecutions":0,"AllocatedProvisionedConcurrentExecutions":0,"Status":"IN_PROGRESS","LastModified":"2026-01-01T00:00:01.000+0000"}
            #2 200 {"StatusCode":200,"Payload":{"$text":"1"},"ExecutedVersion":"1"}
        "#]],
    );
}

#[test]
fn code_sees_that_it_was_made_ahead() {
    let wat = r#"(module
      (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
      (memory (export "memory") 2)
      (func (export "lambda_alloc") (param i32) (result i32) i32.const 65536)
      (func (export "lambda_handler") (param i32 i32) (result i32)
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (drop (call $get (i32.const 64) (i32.const 4096)))
        (drop (call $respond (i32.const 4096) (i32.load (i32.const 4))))
        i32.const 0))"#;
    let module = wat::parse_str(wat).unwrap();
    let scenario = Scenario::real().create_with("f", module, json!({ "Publish": true })).rest();
    let scenario = put(scenario, "1", 1).rest();
    let seen = |name: &str| {
        let payload = scenario.clone().invoke(name, "{}").last_payload();
        let variable = "AWS_LAMBDA_INITIALIZATION_TYPE=";
        let value = payload.split('\0').find_map(|pair| pair.strip_prefix(variable));
        value.unwrap_or_default().to_owned()
    };
    assert_eq!(seen("f:1"), "provisioned-concurrency");
    assert_eq!(seen("f"), "on-demand");
}

#[test]
fn init_code_that_fails_fails_the_configuration() {
    for module in
        ["loop\ninit: fail {\"errorType\":\"E\"}\nevent: respond 1", "loop\ninit: exit 3\n"]
    {
        let scenario = put(published(module), "1", 3).rest();
        let shown = show(&scenario, "1");
        assert_eq!(shown["Status"], "FAILED");
        assert_eq!(shown["StatusReason"], "FUNCTION_ERROR_INIT_FAILURE");
        assert_eq!(shown["AvailableProvisionedConcurrentExecutions"], 0);
    }
    // Its limit is 130 seconds, not ten.
    let patient = put(published("loop\ninit: sleep 100000\nevent: respond 1"), "1", 1).rest();
    assert_eq!(show(&patient, "1")["Status"], "READY");
    let endless = put(published("loop\ninit: spin\nevent: respond 1"), "1", 1);
    let endless = endless.step(crate::testing::Step::StopAfter(3)).rest();
    assert_eq!(show(&endless, "1")["Status"], "FAILED");
}

#[test]
fn an_alias_that_moves_takes_its_environments_along() {
    let scenario = alias(published(SLOW), "CreateAlias", "1")
        .request(
            "lambda",
            "UpdateFunctionConfiguration",
            json!({ "FunctionName": "f", "Description": "2" }),
        )
        .rest()
        .request("lambda", "PublishVersion", json!({ "FunctionName": "f" }));
    let scenario = put(scenario, "live", 1).rest().invoke("f:live", "{}").rest();
    let moved = alias(scenario, "UpdateAlias", "2");
    assert_eq!(show(&moved, "live")["Status"], "IN_PROGRESS");
    let history = moved.rest().invoke("f:live", "{}").rest().run();
    assert_eq!(
        facts(history),
        [
            "IN_PROGRESS 0/0",
            "IN_PROGRESS 0/1",
            "READY 1/1",
            "0 false Provisioned",
            "IN_PROGRESS 1/1",
            "0 reclaimed",
            "IN_PROGRESS 0/0",
            "IN_PROGRESS 0/1",
            "READY 1/1",
            "1 false Provisioned",
        ]
    );
}

#[test]
fn what_is_taken_away_is_reclaimed_and_what_went_is_made_again() {
    let gone = |operation: &str, params: Value| {
        let scenario = put(published(SLOW), "1", 2).rest().request("lambda", operation, params);
        facts(scenario.rest().run()).split_off(5)
    };
    let all = ["DELETED 0/0", "0 reclaimed", "1 reclaimed"];
    let qualified = json!({ "FunctionName": "f", "Qualifier": "1" });
    assert_eq!(gone("DeleteProvisionedConcurrencyConfig", qualified.clone()), all);
    assert_eq!(gone("DeleteFunction", qualified.clone()), all);
    assert_eq!(gone("DeleteFunction", json!({ "FunctionName": "f" })), all[1..]);
    let fewer = put(put(published(SLOW), "1", 2).rest(), "1", 1).rest();
    assert_eq!(facts(fewer.run()).split_off(5), ["IN_PROGRESS 2/2", "1 reclaimed", "READY 1/1"]);
    // The process of a command ends with its event: another one is made.
    let command = put(published("command\nevent: respond 1"), "1", 1).rest().invoke("f:1", "{}");
    assert_eq!(
        facts(command.rest().run()).split_off(3),
        ["0 false Provisioned", "0 reclaimed", "READY 0/0", "READY 0/1", "READY 1/1"]
    );
}

#[test]
fn gigabyte_seconds_are_counted() {
    let scenario = put(published(SLOW), "1", 2).at(100_000);
    let scenario = scenario.request(
        "lambda",
        "DeleteProvisionedConcurrencyConfig",
        json!({ "FunctionName": "f", "Qualifier": "1" }),
    );
    let history = scenario.run();
    let total = history.events.into_iter().rev().find_map(|event| match event.fact {
        Fact::ProvisionedConcurrencyChanged { mb_ms, .. } => Some(mb_ms),
        _ => None,
    });
    // From 1,010 and 1,020 ms on.
    assert_eq!(total, Some(128 * (98_990 + 98_980)));
}

/// Functions with reserved and provisioned concurrency, versions, errors and timeouts, in any order.
fn workload(seed: u64) -> Scenario {
    let mut rng = Rng::new(seed);
    let mut scenario = Scenario::new();
    let modules = [
        "loop\ninit: burn 1000\nevent: sleep 700; respond 1",
        "callback\nevent: burn 90000000; respond 2",
        "command\nevent: sleep 300; respond 3",
        "loop\nevent: sleep 2000; trap",
    ];
    for (index, module) in modules.iter().enumerate() {
        let more = json!({ "Publish": true, "Timeout": 1 + rng.below(3) });
        scenario = scenario.create_with(&format!("f{index}"), module, more);
    }
    scenario = scenario.rest();
    for _ in 0..40 {
        let name = format!("f{}", rng.below(modules.len() as u64));
        let named = |more: Value| {
            let mut params = json!({ "FunctionName": name });
            params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            params
        };
        let (operation, params) = match rng.below(12) {
            0 => {
                let count = rng.below(5);
                ("PutFunctionConcurrency", named(json!({ "ReservedConcurrentExecutions": count })))
            }
            1 => ("DeleteFunctionConcurrency", named(json!({}))),
            2 => (
                "PutProvisionedConcurrencyConfig",
                named(
                    json!({ "Qualifier": "1", "ProvisionedConcurrentExecutions": 1 + rng.below(4) }),
                ),
            ),
            3 => ("DeleteProvisionedConcurrencyConfig", named(json!({ "Qualifier": "1" }))),
            4 => (
                "UpdateFunctionConfiguration",
                named(json!({ "Description": rng.below(1_000).to_string() })),
            ),
            n => {
                let kind = if n % 2 == 0 { "Event" } else { "RequestResponse" };
                let qualifier = if rng.below(2) == 0 { "1" } else { "$LATEST" };
                for _ in 0..rng.below(4) {
                    let params = named(json!({ "Qualifier": qualifier, "InvocationType": kind }));
                    scenario = scenario.request("lambda", "Invoke", params);
                }
                ("Invoke", named(json!({ "Qualifier": qualifier, "InvocationType": kind })))
            }
        };
        scenario = scenario.request("lambda", operation, params);
        if rng.below(2) == 0 {
            scenario = scenario.pass(rng.below(900));
        }
    }
    scenario
}

/// Holds a history to what must be true of every one. Gives how many invocations there were.
fn hold(history: &History) -> usize {
    let mut began: BTreeMap<u32, u64> = BTreeMap::new();
    let mut there: BTreeSet<u32> = BTreeSet::new();
    // By environment: of which function.
    let mut on_demand: BTreeMap<u32, String> = BTreeMap::new();
    let mut provisioned: BTreeMap<u32, String> = BTreeMap::new();
    let mut reserved: BTreeMap<String, u64> = BTreeMap::new();
    let mut finished = 0;
    for event in &history.events {
        let mut placed = None;
        match &event.fact {
            Fact::RequestAnswered {
                command: Some(command), operation, status: 200 | 204, ..
            } if operation.ends_with("FunctionConcurrency") => {
                let params = &history.session.commands[*command as usize].request.params;
                let name = params["FunctionName"].as_str().unwrap().to_owned();
                match params["ReservedConcurrentExecutions"].as_u64() {
                    Some(count) => drop(reserved.insert(name, count)),
                    None => drop(reserved.remove(&name)),
                }
            }
            Fact::EnvironmentPhase { environment, phase, function, provisioned: ahead, .. } => {
                match phase {
                    EnvironmentPhase::Starting => {
                        assert!(there.insert(*environment));
                        let all = if *ahead { &mut provisioned } else { &mut on_demand };
                        all.insert(*environment, function.clone());
                        placed = Some(function);
                    }
                    EnvironmentPhase::Reclaimed => {
                        assert!(there.remove(environment), "reclaimed once");
                        assert!(!began.contains_key(environment), "not while it works");
                        provisioned.remove(environment);
                    }
                    _ => assert!(there.contains(environment)),
                }
            }
            Fact::InvocationStarted { environment, function, cold, .. } => {
                let before = began.insert(*environment, event.at.0);
                assert!(before.is_none(), "one at a time");
                if !cold && !provisioned.contains_key(environment) {
                    on_demand.insert(*environment, function.clone());
                    placed = Some(function);
                }
            }
            Fact::InvocationFinished { environment, billed_ms, duration_us, init_us, .. } => {
                finished += 1;
                on_demand.remove(environment);
                let began = began.remove(environment).expect("what ends has begun");
                assert_eq!(
                    event.at.0 - began,
                    *duration_us,
                    "every millisecond is an invocation's"
                );
                let micros = duration_us + init_us.unwrap_or(0);
                assert_eq!(*billed_ms, micros.div_ceil(1_000));
            }
            _ => {}
        }
        if let Some(function) = placed {
            let all = || on_demand.values().chain(provisioned.values());
            assert!(all().count() <= 1_000);
            if let Some(limit) = reserved.get(function) {
                let taken = all().filter(|of| *of == function).count() as u64;
                assert!(taken <= *limit, "{function}: {taken} of {limit}");
            }
        }
    }
    assert!(began.is_empty() && on_demand.is_empty(), "all that began has ended");
    finished
}

#[test]
fn no_workload_goes_over_a_limit() {
    let finished: usize = (0..16).map(|seed| hold(&workload(seed).run())).sum();
    assert!(finished > 400, "{finished}");
}

#[test]
fn a_function_grows_by_a_thousand_in_ten_seconds() {
    // Commands begin a new environment each time, so that they meet the rate and not the concurrency.
    let mut scenario = Scenario::new().function("f", "command\nevent: respond 1");
    for _ in 0..4 {
        for _ in 0..300 {
            scenario = scenario.invoke("f", "{}");
        }
        scenario = scenario.rest();
    }
    let history = scenario.run();
    let throttled = history.events.iter().filter(|event| match &event.fact {
        Fact::InvocationThrottled { reason, .. } => {
            assert_eq!(reason, "FunctionInvocationRateLimitExceeded");
            true
        }
        _ => false,
    });
    let made = history.events.iter().filter(|event| {
        matches!(event.fact, Fact::EnvironmentPhase { phase: EnvironmentPhase::Starting, .. })
    });
    let (throttled, made) = (throttled.count(), made.count());
    assert_eq!(throttled + made, 1_200);
    assert!((1_000..1_100).contains(&made), "{made}");
    let refusal = history.answers.into_iter().find_map(|(_, _, answer)| answer.err()).unwrap();
    assert_eq!((refusal.code.as_str(), refusal.status), ("TooManyRequestsException", 429));
    assert_eq!(refusal.extra["Reason"], "FunctionInvocationRateLimitExceeded");
    assert_eq!(refusal.extra["retryAfterSeconds"], "1");
}

#[test]
fn requests_are_ten_a_second_for_what_is_reserved() {
    let mut scenario = Scenario::new().function("f", "loop\nevent: respond 1").request(
        "lambda",
        "PutFunctionConcurrency",
        json!({ "FunctionName": "f", "ReservedConcurrentExecutions": 1 }),
    );
    for _ in 0..12 {
        scenario = scenario.invoke("f", "{}").rest();
    }
    let reasons: Vec<_> = scenario
        .run()
        .answers
        .into_iter()
        .filter_map(|(_, _, answer)| answer.err())
        .map(|refusal| refusal.extra["Reason"].clone())
        .collect();
    // One cold start takes 100 ms, in which one request leaks; the others take next to nothing.
    assert_eq!(reasons, ["ReservedFunctionInvocationRateLimitExceeded"]);
}
