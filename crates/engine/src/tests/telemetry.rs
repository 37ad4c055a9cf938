//! The Telemetry API: what extensions are told, in which batches, when, and what is refused.

use super::extensions::{REGISTER, extended, log};
use crate::testing::Scenario;
use expect_test::expect;
use serde_json::{Value, json};

fn subscribe(params: &Value) -> String {
    let call = json!({ "service": "telemetry", "operation": "Subscribe", "params": params });
    format!("call {call}")
}

/// A collector that prints each of its batches, but is told of nothing that it says itself.
fn collector(params: &Value) -> String {
    format!("loop\ninit: {REGISTER}; {}\nevent: print $event\\n", subscribe(params))
}

/// The batches that were printed: for each, its events, without ids and times.
fn batches(scenario: &Scenario) -> Vec<Vec<Value>> {
    let log = scenario.log();
    let batches = log.lines().filter(|line| line.starts_with("[{"));
    batches.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(batch: &[Value]) -> String {
    batch.iter().map(|event| event["type"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

const WORKER: &str =
    "loop\ninit: print starting\\n\nevent: print one\\n; sleep 200; print two\\n; respond $event";

#[test]
fn a_collector_gets_batches_in_time_and_the_last_one_before_the_end() {
    let params = json!({
        "schemaVersion": "2022-12-13", "types": ["platform", "function"],
        "buffering": { "timeoutMs": 100 },
    });
    let scenario = extended(WORKER, &[("collector", &collector(&params))]);
    let scenario = scenario.invoke("f", "{}").rest().invoke("f", "{}").rest().at(700_000);
    let told: String = batches(&scenario).iter().map(|batch| kinds(batch) + "\n").collect();
    expect![[r#"
        platform.initStart platform.telemetrySubscription function platform.extension platform.initRuntimeDone platform.initReport platform.start function
        function platform.runtimeDone platform.report platform.start function
        function platform.runtimeDone platform.report
    "#]].assert_eq(&told);
    expect![[r#"
        TELEMETRY	Name: collector	State: Subscribed	Types: [Platform, Function]
        starting
        EXTENSION	Name: collector	State: Ready	Events: [INVOKE, SHUTDOWN]
        one
        {"eventType":"INVOKE","deadlineMs":1767225605112,"requestId":"7476cf8a-4baa-4dc0-87b3-41d690d7a28a","invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-6955b902-8a75c4f6ead6b9f6b3a4975a;Parent=36b0df7b6a6a435a;Sampled=0;Lineage=1:1faab275:0"}}
        [{"time":"2026-01-01T00:00:02.099Z","type":"platform.initStart","record":{"initializationType":"on-demand","phase":"init","runtimeVersion":"provided:al2023.v1","runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c","functionName":"f","functionVersion":"$LATEST"}},{"time":"2026-01-01T00:00:02.105Z","type":"platform.telemetrySubscription","record":{"name":"collector","state":"Subscribed","types":["platform","function"]}},{"time":"2026-01-01T00:00:02.112Z","type":"function","record":"starting"},{"time":"2026-01-01T00:00:02.112Z","type":"platform.extension","record":{"name":"collector","state":"Ready","events":["INVOKE","SHUTDOWN"]}},{"time":"2026-01-01T00:00:02.112Z","type":"platform.initRuntimeDone","record":{"initializationType":"on-demand","phase":"init","status":"success"}},{"time":"2026-01-01T00:00:02.112Z","type":"platform.initReport","record":{"initializationType":"on-demand","phase":"init","metrics":{"durationMs":13.001},"status":"success"}},{"time":"2026-01-01T00:00:02.112Z","type":"platform.start","record":{"requestId":"7476cf8a-4baa-4dc0-87b3-41d690d7a28a","version":"$LATEST"}},{"time":"2026-01-01T00:00:02.113Z","type":"function","record":"one"}]
        two
        REPORT Duration: 200.60 ms	Billed Duration: 214 ms	Memory Size: 128 MB	Max Memory Used: 14 MB	Init Duration: 13.00 ms
        one
        {"eventType":"INVOKE","deadlineMs":1767225605313,"requestId":"88b894e1-401e-425b-b86c-9a98359e0b62","invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-6955b902-caf5239376cd9a743f0e37ac;Parent=b6393c14981e2a50;Sampled=0;Lineage=1:9a66edc0:0"}}
        [{"time":"2026-01-01T00:00:02.313Z","type":"function","record":"two"},{"time":"2026-01-01T00:00:02.313Z","type":"platform.runtimeDone","record":{"requestId":"7476cf8a-4baa-4dc0-87b3-41d690d7a28a","metrics":{"durationMs":200.6,"producedBytes":2},"status":"success"}},{"time":"2026-01-01T00:00:02.313Z","type":"platform.report","record":{"requestId":"7476cf8a-4baa-4dc0-87b3-41d690d7a28a","metrics":{"durationMs":200.6,"billedDurationMs":214,"memorySizeMB":128,"maxMemoryUsedMB":14,"initDurationMs":13.001},"status":"success"}},{"time":"2026-01-01T00:00:02.313Z","type":"platform.start","record":{"requestId":"88b894e1-401e-425b-b86c-9a98359e0b62","version":"$LATEST"}},{"time":"2026-01-01T00:00:02.313Z","type":"function","record":"one"}]
        two
        REPORT Duration: 200.60 ms	Billed Duration: 201 ms	Memory Size: 128 MB	Max Memory Used: 14 MB
        [{"time":"2026-01-01T00:00:02.513Z","type":"function","record":"two"},{"time":"2026-01-01T00:00:02.513Z","type":"platform.runtimeDone","record":{"requestId":"88b894e1-401e-425b-b86c-9a98359e0b62","metrics":{"durationMs":200.6,"producedBytes":2},"status":"success"}},{"time":"2026-01-01T00:00:02.513Z","type":"platform.report","record":{"requestId":"88b894e1-401e-425b-b86c-9a98359e0b62","metrics":{"durationMs":200.6,"billedDurationMs":201,"memorySizeMB":128,"maxMemoryUsedMB":14},"status":"success"}}]
        {"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":1767226204513}
    "#]].assert_eq(&log(&scenario));
    let first = &batches(&scenario)[0];
    let record =
        |kind: &str| first.iter().find(|event| event["type"] == kind).unwrap()["record"].clone();
    assert_eq!(
        record("platform.telemetrySubscription"),
        json!({ "name": "collector", "state": "Subscribed", "types": ["platform", "function"] })
    );
    assert_eq!(
        record("platform.extension"),
        json!({ "name": "collector", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"] })
    );
    assert_eq!(record("function"), "starting");
    assert_eq!(record("platform.initStart")["initializationType"], "on-demand");
    assert!(first.iter().all(|event| event["time"].as_str().unwrap().ends_with('Z')));
}

#[test]
fn nothing_is_given_while_the_environment_is_frozen() {
    let params = json!({ "schemaVersion": "2022-12-13", "types": ["platform"], "buffering": { "timeoutMs": 25 } });
    let quick = extended("loop\nevent: respond 1", &[("c", &collector(&params))]);
    let once = quick.clone().invoke("f", "{}").rest();
    // The end of an invocation is told with the next one, as long as there is none before.
    let reports = |scenario: &Scenario| {
        batches(scenario).concat().iter().filter(|event| event["type"] == "platform.report").count()
    };
    assert_eq!(reports(&once), 0);
    let now = |scenario: &Scenario| scenario.run().session.until.0;
    assert_eq!(
        now(&quick.invoke("f", "{}").rest().pass(0)),
        now(&once),
        "nobody waits for a timer"
    );
    let twice = once.clone().pass(60_000).invoke("f", "{}").rest();
    assert_eq!(reports(&twice), 1);
    assert_eq!(reports(&once.at(700_000)), 1);
}

#[test]
fn a_full_buffer_is_a_batch_and_what_is_over_is_dropped_and_told() {
    let params = json!({
        "schemaVersion": "2022-12-13", "types": ["platform", "function"],
        "buffering": { "maxItems": 1000, "timeoutMs": 30000 },
    });
    // A thousand lines of a kilobyte come at once: the buffer's bytes are its bound.
    let line = "x".repeat(1_000);
    let lines = format!("print {}; ", format!("{line}\\n").repeat(500));
    let slow = collector(&params).replace("event: ", "event: sleep 50; ");
    let scenario = extended(&format!("loop\nevent: {lines}sleep 300; respond 1"), &[("c", &slow)]);
    let all = batches(&scenario.invoke("f", "{}").rest().at(700_000)).concat();
    let count = |kind: &str| all.iter().filter(|event| event["type"] == kind).count();
    let dropped = all.iter().find(|event| event["type"] == "platform.logsDropped").unwrap();
    let dropped = dropped["record"]["droppedRecords"].as_u64().unwrap() as usize;
    assert_eq!(count("function") + dropped, 500);
    assert!((200..300).contains(&count("function")), "{}", count("function"));
}

#[test]
fn lines_are_objects_in_the_json_format_and_texts_in_the_first_schema() {
    let records = |schema: &str, kinds: &[&str]| {
        let params = json!({ "schemaVersion": schema, "types": kinds });
        let function =
            "loop\nevent: print {\"level\":\"INFO\",\"a\":1}\\n; print plain\\n; respond 1";
        let noisy = collector(&params).replace("event: ", "event: print noise\\n; ");
        let scenario = extended(function, &[("c", &noisy)]);
        let json = json!({ "FunctionName": "f", "LoggingConfig": { "LogFormat": "JSON" } });
        let scenario = scenario.request("lambda", "UpdateFunctionConfiguration", json).rest();
        let scenario = scenario.invoke("f", "{}").rest().at(700_000);
        let all = batches(&scenario).concat();
        all.iter().map(|event| event["record"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        records("2022-12-13", &["function"]),
        [json!({ "level": "INFO", "a": 1 }), json!("plain")]
    );
    assert_eq!(
        records("2022-07-01", &["function"]),
        [json!("{\"level\":\"INFO\",\"a\":1}"), json!("plain")]
    );
    // What an extension says itself, its batches too: up to the end, whose own it cannot hear.
    let own = records("2022-12-13", &["extension"]);
    assert_eq!(own[0], "noise");
    assert_eq!(own[1]["eventType"], "INVOKE", "{own:?}");
}

#[test]
fn subscriptions_that_cannot_be_are_refused() {
    let refused = |before: &str, params: Value| {
        let text =
            format!("loop\ninit: {before}{}; print $answer\\n; {REGISTER}", subscribe(&params));
        let scenario = extended("loop\nevent: respond 1", &[("c", &text)]).invoke("f", "{}").rest();
        let log = scenario.log();
        let line = log.lines().find(|line| line.starts_with("{\"error\"")).unwrap_or_default();
        let error: Value = serde_json::from_str(line).unwrap_or_default();
        format!(
            "{} {}",
            error["error"]["status"],
            error["error"]["code"].as_str().unwrap_or_default()
        )
    };
    let registered = format!("{REGISTER}; ");
    let good = || json!({ "schemaVersion": "2022-12-13", "types": ["platform"] });
    let with = |member: &str, value: Value| {
        let mut params = good();
        params[member] = value;
        refused(&registered, params)
    };
    assert_eq!(refused("", good()), "403 Extension.InvalidExtensionIdentifier");
    for (member, value) in [
        ("schemaVersion", json!("2020-01-01")),
        ("types", json!([])),
        ("types", json!(["platform", "else"])),
        ("buffering", json!({ "maxItems": 999 })),
        ("buffering", json!({ "maxBytes": 1_048_577 })),
        ("buffering", json!({ "timeoutMs": 24 })),
    ] {
        assert_eq!(with(member, value.clone()), "400 ValidationError", "{member} {value}");
    }
    let destination = json!({ "protocol": "HTTP", "URI": "http://sandbox.localdomain:8080" });
    assert_eq!(with("destination", destination), "501 NotImplementedException");
    // "Subscribe during the init phase."
    let late = format!("loop\ninit: {REGISTER}\nevent: {}; print $answer\\n", subscribe(&good()));
    let late = extended("loop\nevent: respond 1", &[("c", &late)]).invoke("f", "{}").rest();
    assert!(late.log().contains("Telemetry.SubscriptionClosed"));
}

#[test]
fn a_collector_that_works_holds_the_end_and_times_out_with_its_function() {
    let params = json!({ "schemaVersion": "2022-12-13", "types": ["function"], "buffering": { "timeoutMs": 25 } });
    let slow = collector(&params).replace("event: ", "event: sleep 100; ");
    let scenario = extended(WORKER, &[("c", &slow)]).invoke("f", "{}").rest();
    assert_eq!(scenario.last_payload(), "{}");
    let stuck = collector(&params).replace("event: ", "event: spin 1; ");
    let quick = "loop\nevent: print x\\n; sleep 100; respond 1";
    for function in [quick, WORKER] {
        let scenario = extended(function, &[("c", &stuck)]).invoke("f", "{}").rest();
        let log = scenario.log();
        assert!(log.contains("Status: timeout"), "{log}");
        scenario.invoke("f", "{}").rest().at(900_000).run();
    }
}

/// Version 1 of a function with an extension, both to be restored.
fn snapped(function: &str, extension: &str) -> Scenario {
    let snap = json!({ "FunctionName": "f", "SnapStart": { "ApplyOn": "PublishedVersions" } });
    extended(function, &[("c", extension)])
        .request("lambda", "UpdateFunctionConfiguration", snap)
        .rest()
        .request("lambda", "PublishVersion", json!({ "FunctionName": "f" }))
        .rest()
}

#[test]
fn extensions_are_restored_with_their_function() {
    let params = json!({ "schemaVersion": "2022-12-13", "types": ["platform"], "buffering": { "timeoutMs": 25 } });
    let own = collector(&params).replace("init: ", "init: print once\\n; ");
    let scenario =
        snapped("loop\ninit: print starting\\n; sleep 300\nevent: sleep 100; respond $event", &own);
    let scenario = scenario.invoke("f:1", "1").invoke("f:1", "2").rest();
    // Whichever is restored first.
    assert!(["1", "2"].contains(&scenario.last_payload().as_str()));
    let scenario = scenario.at(1_200_000);
    let log = log(&scenario);
    assert_eq!((log.matches("once\n").count(), log.matches("starting\n").count()), (1, 1), "{log}");
    assert_eq!(log.matches("\"eventType\":\"INVOKE\"").count(), 2, "{log}");
    assert_eq!(
        log.matches("\"eventType\":\"SHUTDOWN\"").count(),
        2,
        "each of the two that were restored"
    );
    let told: String = batches(&scenario).iter().map(|batch| kinds(batch) + "\n").collect();
    expect![[r#"
        platform.initStart platform.telemetrySubscription
        platform.restoreStart
        platform.restoreStart
        platform.restoreRuntimeDone platform.restoreReport platform.start
        platform.restoreRuntimeDone platform.restoreReport platform.start
        platform.runtimeDone platform.report
        platform.runtimeDone platform.report
    "#]]
    .assert_eq(&told);
}

#[test]
fn snapshots_wait_for_extensions_and_restorations_fail_with_them() {
    let ask = r#"call {"service":"snapstart","operation":"RestoreNext"}"#;
    let function =
        format!("loop\ninit: print before\\n; {ask}; print after\\n\nevent: respond $event");
    let slow = format!("loop\ninit: {REGISTER}; sleep 700; print ready\\n\nevent: print $event\\n");
    let scenario = snapped(&function, &slow).invoke("f:1", "1").rest();
    assert_eq!(scenario.last_payload(), "1");
    let lines = log(&scenario);
    assert!(lines.contains("before\nready\nEXTENSION\tName: c\tState: Ready"), "{lines}");
    assert!(lines.contains("INIT_REPORT Init Duration: 706.00 ms"), "{lines}");
    // An extension that fails before there is a snapshot.
    let failed = snapped(&function, "loop\ninit: exit 1");
    let refusal = failed.invoke("f:1", "1").rest().last_answer().unwrap_err();
    assert!(refusal.message.unwrap().ends_with("following state: Failed"));
    // One that fails at its first event takes the invocation along; the next one begins anew.
    let fragile = format!("loop\ninit: {REGISTER}\nevent: exit 2");
    let scenario = snapped("loop\nevent: sleep 50; respond 1", &fragile).invoke("f:1", "1").rest();
    assert!(scenario.last_payload().contains("Extension.Crash"));
    assert!(scenario.invoke("f:1", "1").rest().last_payload().contains("Extension.Crash"));
}

#[test]
fn collectors_come_and_go_in_all_ways() {
    let params = json!({
        "schemaVersion": "2022-12-13", "types": ["platform", "function", "extension"],
        "buffering": { "timeoutMs": 25 },
    });
    let slow = collector(&params).replace("event: ", "event: sleep 40; ");
    let delete = || json!({ "FunctionName": "f" });
    let gone = |scenario: Scenario| scenario.request("lambda", "DeleteFunction", delete()).rest();
    for ms in [0, 90, 99, 106, 113, 120, 140, 180, 320, 360, 2_000] {
        for module in [WORKER, "loop\ninit: sleep 60\nevent: print x\\n; exit 1"] {
            let begin = extended(module, &[("a", &slow), ("b", &collector(&params))]);
            gone(begin.invoke("f", "{}").pass(ms).invoke("f", "{}").pass(ms)).at(800_000).run();
        }
        let begin = snapped(WORKER, &slow).invoke("f:1", "{}").invoke("f:1", "{}");
        gone(begin.pass(ms).invoke("f:1", "{}").pass(ms)).at(800_000).run();
    }
}
