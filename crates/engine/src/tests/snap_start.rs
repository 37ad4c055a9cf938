//! SnapStart: a published version runs its init code once, and environments begin with what it left behind.

use super::check;
use crate::testing::{Scenario, Step};
use crate::{EnvironmentPhase, Fact};
use expect_test::expect;
use serde_json::{Value, json};

const SLOW: &str =
    "loop\ninit: burn 250000; print starting\\n; sleep 2000\nevent: burn 1000; respond $event";

fn snap_start() -> Value {
    json!({ "SnapStart": { "ApplyOn": "PublishedVersions" } })
}

fn publish(scenario: Scenario) -> Scenario {
    scenario.request("lambda", "PublishVersion", json!({ "FunctionName": "f" }))
}

/// Version 1 of `f` is on its way.
fn published(module: &str) -> Scenario {
    publish(Scenario::new().create_with("f", module, snap_start()).rest())
}

fn configuration(scenario: &Scenario, qualifier: &str) -> Value {
    let params = json!({ "FunctionName": "f", "Qualifier": qualifier });
    let scenario = scenario.clone().request("lambda", "GetFunctionConfiguration", params);
    scenario.last_answer().unwrap().output
}

fn refusal(scenario: Scenario) -> String {
    let error = scenario.last_answer().unwrap_err();
    format!("{} {}: {}", error.status, error.code, error.message.unwrap_or_default())
}

#[test]
fn a_version_is_optimised_and_its_environments_are_restored() {
    check(
        published(SLOW).rest().invoke("f:1", "1").rest().invoke("f:1", "2").rest().at(700_000),
        expect![[r#"
                0.000 function f Pending -
                0.000 answered CreateFunction 201
             1000.000 function f Active Successful
             1000.000 environment 0 Starting
             1000.000 answered PublishVersion 201
             1092.979 environment 0 Init
             1092.979 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             1101.326 log "starting"
             3101.326 log "INIT_REPORT Init Duration: 2008.35 ms\tPhase: init\t"
             3101.326 environment 0 Reclaimed
             3101.326 function f Active Successful
             3101.326 accepted 27cd f RequestResponse
             3101.326 environment 1 Starting
             3101.326 environment 1 Restore
             3101.326 log "RESTORE_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             3248.075 log "RESTORE_REPORT Restore Duration: 146.75 ms"
             3248.075 environment 1 Invoke
             3248.075 started 27cd in 1 cold
             3248.075 log "START RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252 Version: 1"
             3248.677 log "END RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252"
             3248.677 log "REPORT RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252\tDuration: 0.60 ms\tBilled Duration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tRestore Duration: 146.75 ms\tBilled Restore Duration: 8 ms\t"
             3248.677 finished 27cd Success 602 us billed 9 ms 13 MB 1000 units
             3248.677 environment 1 Idle
             3248.677 answered Invoke 200
             3248.677 accepted d909 f RequestResponse
             3248.677 environment 1 Invoke
             3248.677 started d909 in 1
             3248.677 log "START RequestId: d909c315-b21d-4f6c-a8e6-022a79eb517b Version: 1"
             3249.279 log "END RequestId: d909c315-b21d-4f6c-a8e6-022a79eb517b"
             3249.279 log "REPORT RequestId: d909c315-b21d-4f6c-a8e6-022a79eb517b\tDuration: 0.60 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\t"
             3249.279 finished d909 Success 602 us billed 1 ms 13 MB 1000 units
             3249.279 environment 1 Idle
             3249.279 answered Invoke 200
            603249.279 environment 1 Reclaimed
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":89,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"JH67I5bSfajKPsOOjuUAHaTtgrwluqh0s/qOnw+rSj4=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"PublishedVersions","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f:1","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":89,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:01.000+0000","CodeSha256":"JH67I5bSfajKPsOOjuUAHaTtgrwluqh0s/qOnw+rSj4=","Version":"1","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"PublishedVersions","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #2 200 {"StatusCode":200,"Payload":{"$text":"1"},"ExecutedVersion":"1"}
            #3 200 {"StatusCode":200,"Payload":{"$text":"2"},"ExecutedVersion":"1"}
        "#]],
    );
}

#[test]
fn answers_show_what_is_optimised() {
    let pending = published(SLOW);
    let member = |scenario: &Scenario, qualifier: &str| {
        let shown = configuration(scenario, qualifier);
        format!("{} {} {}", shown["SnapStart"], shown["State"], shown["StateReasonCode"])
    };
    assert_eq!(
        member(&pending, "1"),
        r#"{"ApplyOn":"PublishedVersions","OptimizationStatus":"Off"} "Pending" "Creating""#
    );
    let optimised = pending.rest();
    assert_eq!(
        member(&optimised, "1"),
        r#"{"ApplyOn":"PublishedVersions","OptimizationStatus":"On"} "Active" null"#
    );
    // "You can't use SnapStart on a function's unpublished version ($LATEST)."
    assert_eq!(
        member(&optimised, "$LATEST"),
        r#"{"ApplyOn":"PublishedVersions","OptimizationStatus":"Off"} "Active" null"#
    );
    let off = json!({ "FunctionName": "f", "SnapStart": { "ApplyOn": "None" } });
    let off = publish(optimised.request("lambda", "UpdateFunctionConfiguration", off).rest());
    assert_eq!(member(&off, "2"), r#"{"ApplyOn":"None","OptimizationStatus":"Off"} "Active" null"#);
    assert!(member(&off, "1").contains("\"On\""), "a version does not change");
}

#[test]
fn versions_that_are_published_with_code_are_optimised_too() {
    let both = json!({ "Publish": true, "SnapStart": { "ApplyOn": "PublishedVersions" } });
    let scenario = Scenario::new().create_with("f", SLOW, both).rest();
    assert_eq!(configuration(&scenario, "1")["SnapStart"]["OptimizationStatus"], "On");
    let made = |scenario: &Scenario| {
        let facts = scenario.run().events.into_iter().map(|event| event.fact);
        facts
            .filter(|fact| {
                matches!(fact, Fact::EnvironmentPhase { phase: EnvironmentPhase::Init, .. })
            })
            .count()
    };
    assert_eq!(made(&scenario), 1, "one environment for one snapshot");
    let invoked = scenario.invoke("f:1", "{}").invoke("f:1", "{}").invoke("f:1", "{}").rest();
    assert_eq!(made(&invoked), 1, "and none runs its init code again");
}

#[test]
fn what_cannot_be_together_is_refused() {
    let waiting = published(SLOW).invoke("f:1", "{}");
    assert_eq!(
        refusal(waiting),
        "409 SnapStartNotReadyException: Lambda is initializing your function. You can invoke the function when the function state becomes Active."
    );
    let provisioned =
        json!({ "FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1 });
    let put = "PutProvisionedConcurrencyConfig";
    assert_eq!(
        refusal(published(SLOW).rest().request("lambda", put, provisioned)),
        "400 InvalidParameterValueException: Provisioned Concurrency is not supported for SnapStart enabled functions."
    );
    let mut large = snap_start();
    large["EphemeralStorage"] = json!({ "Size": 513 });
    let words = "400 InvalidParameterValueException: Ephemeral storage greater than 512 MB is not supported for SnapStart enabled functions.";
    assert_eq!(refusal(Scenario::new().create_with("f", SLOW, large)), words);
    let larger = json!({ "FunctionName": "f", "EphemeralStorage": { "Size": 1024 } });
    let update = "UpdateFunctionConfiguration";
    assert_eq!(refusal(published(SLOW).rest().request("lambda", update, larger)), words);
    // $LATEST is invoked as ever.
    assert_eq!(published(SLOW).invoke("f", "7").rest().last_payload(), "7");
}

#[test]
fn init_code_that_fails_leaves_a_failed_version() {
    let codes = [
        ("loop\ninit: trap", "FunctionError.RuntimeInitError"),
        ("loop\ninit: fail {\"errorType\":\"Mine\"}", "FunctionError.RuntimeInitError"),
        ("loop\ninit: sleep 140000", "FunctionError.InitTimeout"),
        ("loop\nneeds too much", "FunctionError.InitResourceExhausted"),
    ];
    for (module, code) in codes {
        let failed = published(module).rest();
        let shown = configuration(&failed, "1");
        assert_eq!((&shown["State"], &shown["StateReasonCode"]), (&json!("Failed"), &json!(code)));
        assert_eq!(shown["SnapStart"]["OptimizationStatus"], "Off");
        assert_eq!(
            refusal(failed.invoke("f:1", "{}")),
            "409 ResourceConflictException: The operation cannot be performed at this time. The function is currently in the following state: Failed"
        );
    }
    // Longer than the ten seconds of other init phases, and shorter than these.
    let slow = published("loop\ninit: sleep 100000\nevent: respond 1").rest();
    assert_eq!(slow.invoke("f:1", "{}").rest().last_payload(), "1");
}

#[test]
fn a_version_may_go_while_it_is_optimised() {
    let delete = |params: Value| {
        published(SLOW).pass(500).request("lambda", "DeleteFunction", params).rest().run()
    };
    delete(json!({ "FunctionName": "f", "Qualifier": "1" }));
    delete(json!({ "FunctionName": "f" }));
}

#[test]
fn a_restoration_can_be_stopped_and_costs_no_units() {
    let scenario = published(SLOW).rest().invoke("f:1", "1");
    let stopped = scenario.clone().step(Step::StopAfter(1)).rest();
    assert_eq!(
        stopped.last_answer().unwrap().output["FunctionError"],
        "Unhandled",
        "the stop button reaches it"
    );
    let units: Vec<u64> = (scenario.rest().run().events.into_iter())
        .filter_map(|event| match event.fact {
            Fact::InvocationFinished { units, .. } => Some(units),
            _ => None,
        })
        .collect();
    assert_eq!(units, [1_000], "the init code's 250,000 were burned before");
}

#[test]
fn the_json_format_has_records_of_its_own() {
    let mut more = snap_start();
    more["LoggingConfig"] = json!({ "LogFormat": "JSON", "SystemLogLevel": "DEBUG" });
    let scenario = publish(Scenario::new().create_with("f", SLOW, more).rest()).rest();
    let scenario = scenario.invoke("f:1", "1").rest();
    let log = scenario.log();
    let lines: Vec<String> = (log.lines())
        .map(|line| {
            let record: Value = serde_json::from_str(line).unwrap_or(json!({ "type": "?" }));
            let of = &record["record"];
            let metrics: Vec<&str> = (of["metrics"].as_object().into_iter().flatten())
                .map(|(name, _)| name.as_str())
                .collect();
            let kind = record["type"].as_str().unwrap_or_default();
            let status = of["status"].as_str().unwrap_or_default();
            let initialization = of["initializationType"].as_str().unwrap_or_default();
            format!("{kind} {initialization} {status} {}", metrics.join(" "))
        })
        .collect();
    expect![[r#"
        platform.initStart snap-start  
        ?   
        platform.initRuntimeDone snap-start success 
        platform.initReport snap-start success durationMs
        platform.restoreStart   
        platform.restoreRuntimeDone  success 
        platform.restoreReport  success durationMs
        platform.start   
        platform.runtimeDone  success durationMs producedBytes
        platform.report  success durationMs billedDurationMs memorySizeMB maxMemoryUsedMB restoreDurationMs billedRestoreDurationMs"#]].assert_eq(&lines.join("\n"));
}

/// Counts in private memory and in a private global, and answers with both, its random byte of init, and its environment variables.
const REAL: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (memory 1)
  (global $count (mut i32) (i32.const 48))
  (func (export "_initialize")
    (drop (call $random (i32.const 5) (i32.const 1)))
    (i32.store8 (i32.const 5) (i32.or (i32.const 32) (i32.and (i32.load8_u (i32.const 5)) (i32.const 31))))
    (i32.store8 (i32.const 6) (i32.const 48))
    (global.set $count (i32.const 53)))
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 32768))
  (func (export "lambda_handler") (param i32 i32) (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store8 (i32.const 6) (i32.add (i32.load8_u (i32.const 6)) (i32.const 1)))
    (i32.store8 (i32.const 7) (global.get $count))
    (drop (call $sizes (i32.const 61000) (i32.const 61004)))
    (drop (call $environ (i32.const 60000) (i32.const 8)))
    (drop (call $respond (i32.const 5) (i32.add (i32.const 3) (i32.load (i32.const 61004)))))
    (i32.const 0)))"#;

#[test]
fn a_real_module_goes_on_where_its_snapshot_was_taken() {
    let module = wat::parse_str(REAL).unwrap();
    let scenario = publish(Scenario::real().create_with("f", module, snap_start()).rest()).rest();
    let answers = |scenario: Scenario| -> Vec<String> {
        let answers = scenario.run().answers.into_iter();
        let payloads = answers.filter_map(|(_, _, answer)| {
            let payload = answer.unwrap().output.get("Payload")?["$text"].as_str()?.to_owned();
            Some(payload)
        });
        payloads.collect()
    };
    // The first two are at work side by side, in two environments.
    let told = answers(scenario.invoke("f:1", "1").invoke("f:1", "2").rest().invoke("f:1", "3"));
    let counts: Vec<&str> = told.iter().map(|answer| &answer[1..3]).collect();
    assert_eq!(counts, ["16", "16", "27"], "both go on from the same place");
    assert_eq!(told[0][..1], told[1][..1], "and share what init drew");
    let variables: Vec<&str> = told[0][3..].split('\0').collect();
    assert!(variables.contains(&"AWS_LAMBDA_INITIALIZATION_TYPE=snap-start"), "{variables:?}");
    let has = |name: &str| variables.iter().any(|variable| variable.starts_with(name));
    assert!(has("AWS_CONTAINER_AUTHORIZATION_TOKEN="));
    assert!(!has("AWS_LAMBDA_LOG_STREAM_NAME=") && !has("AWS_ACCESS_KEY_ID="));
}

const ASK: &str = r#"call {"service":"snapstart","operation":"RestoreNext"}"#;

/// A function whose init code has something to do before the snapshot and after it.
fn hooked(after: &str) -> String {
    format!(
        "loop\ninit: print before\\n; sleep 500; {ASK}; print after\\n; {after}\nevent: print event\\n; respond $event"
    )
}

fn words(scenario: &Scenario) -> String {
    let log = scenario.log();
    let told = log.lines().filter(|line| {
        ["before", "after", "event", "INIT_REPORT", "RESTORE_REPORT", "REPORT"]
            .iter()
            .any(|word| line.starts_with(word))
    });
    told.map(|line| match line.split_once("RequestId: ") {
        Some((before, after)) => format!("{before}{}\n", after[36..].trim()),
        None => format!("{}\n", line.trim_end()),
    })
    .collect()
}

#[test]
fn a_function_has_hooks_before_the_snapshot_and_after_it() {
    let scenario = published(&hooked("sleep 30")).rest().invoke("f:1", "1").rest();
    assert_eq!(scenario.last_payload(), "1");
    // Twice, and once without a snapshot.
    let scenario = scenario.invoke("f:1", "2").invoke("f:1", "3").rest().invoke("f", "4").rest();
    expect![[r#"
        before
        INIT_REPORT Init Duration: 508.00 ms	Phase: init
        after
        RESTORE_REPORT Restore Duration: 176.75 ms
        event
        REPORT Duration: 0.60 ms	Billed Duration: 39 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Restore Duration: 176.75 ms	Billed Restore Duration: 38 ms
        event
        REPORT Duration: 0.60 ms	Billed Duration: 1 ms	Memory Size: 128 MB	Max Memory Used: 13 MB
        after
        RESTORE_REPORT Restore Duration: 185.18 ms
        event
        REPORT Duration: 0.60 ms	Billed Duration: 39 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Restore Duration: 185.18 ms	Billed Restore Duration: 38 ms
        before
        after
        event
        REPORT Duration: 0.60 ms	Billed Duration: 539 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 538.00 ms
    "#]].assert_eq(&words(&scenario));
}

#[test]
fn what_a_hook_does_wrong_is_what_a_restoration_does_wrong() {
    let run = |after: &str| words(&published(&hooked(after)).rest().invoke("f:1", "1").rest());
    let failing = run("fail {\"errorType\":\"Mine\"}");
    expect![[r#"
        before
        INIT_REPORT Init Duration: 508.00 ms	Phase: init
        after
        RESTORE_REPORT Restore Duration: 146.75 ms	Status: error	Error Type: Mine
        before
        after
        INIT_REPORT Init Duration: 508.00 ms	Phase: invoke	Status: error	Error Type: Mine
        REPORT Duration: 508.00 ms	Billed Duration: 517 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Restore Duration: 146.75 ms	Billed Restore Duration: 8 ms	Status: error	Error Type: Mine
    "#]].assert_eq(&failing);
    // Ten seconds.
    let slow = run("sleep 11000");
    assert!(slow.contains("RESTORE_REPORT Restore Duration: 10"), "{slow}");
    assert!(slow.contains("\tStatus: timeout\n"), "{slow}");
    let busy = run("spin 1");
    assert!(busy.contains("\tStatus: timeout\n"), "{busy}");
    // Asked for too late.
    let late = format!("loop\nevent: {ASK}; respond $answer");
    let late = published(&late).rest().invoke("f:1", "1").rest().last_payload();
    assert!(late.contains("InvalidStateTransition"), "{late}");
}

#[test]
fn an_image_is_prepared_for_snapshots_or_says_that_it_may_be_taken() {
    use crate::tests::images;
    let state = |module: &str, labels: Value| {
        let module = format!("\0asm{module}");
        let config = json!({ "Entrypoint": ["/run.wasm"], "Labels": labels });
        let files = images::layer(&[images::Item::File("run.wasm", module.as_bytes())]);
        let pushed = images::push(Scenario::new(), &images::layout(&config, &[files]));
        let scenario = publish(images::create(pushed, snap_start()).rest()).rest();
        let shown = configuration(&scenario, "1");
        let invoked = scenario.invoke("f:1", "5").rest().last_answer();
        let payload = invoked.ok().map(|answer| answer.output["Payload"]["$text"].clone());
        (shown["State"].as_str().unwrap().to_owned(), payload)
    };
    let plain = "loop\nevent: respond $event";
    let (failed, none) = state(plain, json!({}));
    assert_eq!((failed.as_str(), none), ("Failed", None));
    let allowed = json!({ "com.amazonaws.lambda.feature.snapstart": "Allow" });
    assert_eq!(state(plain, allowed), ("Active".into(), Some(json!("5"))));
    assert_eq!(state(&hooked("sleep 1"), json!({})), ("Active".into(), Some(json!("5"))));
}
