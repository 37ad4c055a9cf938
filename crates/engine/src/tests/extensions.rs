//! Extensions in layers: what they are told, what waits for them, and what becomes of a function whose extension fails.

use super::packages::{base64, entry, script, zip};
use crate::Fact;
use crate::testing::Scenario;
use expect_test::expect;
use serde_json::{Value, json};

pub(super) const REGISTER: &str = r#"call {"service":"extensions","operation":"Register","params":{"events":["INVOKE","SHUTDOWN"]}}"#;

/// A function with these extensions in a layer, by name and script.
pub(super) fn extended(function: &str, extensions: &[(&str, &str)]) -> Scenario {
    let paths: Vec<String> =
        extensions.iter().map(|(name, _)| format!("extensions/{name}")).collect();
    let modules = extensions.iter().map(|(_, text)| script(text));
    let entries: Vec<_> =
        paths.iter().zip(modules).map(|(path, module)| entry(path, module)).collect();
    let content = json!({ "ZipFile": base64(&zip(&entries)) });
    let publish = json!({ "LayerName": "l", "Content": content });
    attach(
        Scenario::new()
            .create_with("f", function, json!({}))
            .request("lambda", "PublishLayerVersion", publish)
            .rest(),
    )
}

fn attach(scenario: Scenario) -> Scenario {
    let layer = "arn:aws:lambda:us-east-1:123456789012:layer:l:1";
    let attach = json!({ "FunctionName": "f", "Layers": [layer] });
    scenario.request("lambda", "UpdateFunctionConfiguration", attach).rest()
}

/// Log lines without ids, ARNs and what is as in any log.
pub(super) fn log(scenario: &Scenario) -> String {
    let log = scenario.log();
    let lines = log.lines().filter(|line| {
        !["INIT_START", "START", "END"].iter().any(|word| line.starts_with(word))
            && !line.is_empty()
    });
    lines
        .map(|line| {
            let line = match line.split_once("RequestId: ") {
                Some((before, after)) => {
                    format!("{before}{}", after.get(36..).unwrap_or_default().trim_start())
                }
                None => line.to_owned(),
            };
            line.trim_end().to_owned() + "\n"
        })
        .collect()
}

fn payload(scenario: &Scenario) -> Value {
    serde_json::from_str(&scenario.last_payload()).unwrap()
}

#[test]
fn an_extension_hears_of_invocations_and_of_the_end() {
    let extension = format!("loop\ninit: {REGISTER}; print $answer\\n\nevent: print $event\\n");
    let function = "loop\ninit: print init\\n\nevent: print at work\\n; respond 1";
    let scenario = extended(function, &[("watcher", &extension)]);
    let scenario = scenario.invoke("f", "{}").rest().invoke("f", "{}").rest().at(700_000);
    expect![[r#"
        {"status":200,"output":{"functionName":"f","functionVersion":"$LATEST","handler":"bootstrap"}}
        init
        EXTENSION	Name: watcher	State: Ready	Events: [INVOKE, SHUTDOWN]
        at work
        {"eventType":"INVOKE","deadlineMs":1767225605112,"requestId":"7476cf8a-4baa-4dc0-87b3-41d690d7a28a","invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-6955b902-8a75c4f6ead6b9f6b3a4975a;Parent=36b0df7b6a6a435a;Sampled=0;Lineage=1:1faab275:0"}}
        REPORT Duration: 0.60 ms	Billed Duration: 14 ms	Memory Size: 128 MB	Max Memory Used: 14 MB	Init Duration: 13.00 ms
        at work
        {"eventType":"INVOKE","deadlineMs":1767225605113,"requestId":"88b894e1-401e-425b-b86c-9a98359e0b62","invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-6955b902-caf5239376cd9a743f0e37ac;Parent=b6393c14981e2a50;Sampled=0;Lineage=1:9a66edc0:0"}}
        REPORT Duration: 0.60 ms	Billed Duration: 1 ms	Memory Size: 128 MB	Max Memory Used: 14 MB
        {"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":1767226204113}
    "#]].assert_eq(&log(&scenario));
    expect![[r#"
            0.000 function f Pending -
            0.000 answered CreateFunction 201
            0.000 answered PublishLayerVersion 201
         1000.000 function f Active Successful
         1000.000 function f Active InProgress
         1000.000 answered UpdateFunctionConfiguration 200
         2000.000 function f Active Successful
         2000.000 accepted 7476 f RequestResponse
         2000.000 environment 0 Starting
         2099.795 environment 0 Init
         2099.795 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
         2105.795 log "{\"status\":200,\"output\":{\"functionName\":\"f\",\"functionVersion\":\"$LATEST\",\"handler\":\"bootstrap\"}}"
         2112.795 log "init"
         2112.795 log "EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"
         2112.795 environment 0 Invoke
         2112.795 started 7476 in 0 cold
         2112.795 log "START RequestId: 7476cf8a-4baa-4dc0-87b3-41d690d7a28a Version: $LATEST"
         2113.395 log "at work"
         2113.395 answered Invoke 200
         2113.395 log "{\"eventType\":\"INVOKE\",\"deadlineMs\":1767225605112,\"requestId\":\"7476cf8a-4baa-4dc0-87b3-41d690d7a28a\",\"invokedFunctionArn\":\"arn:aws:lambda:us-east-1:123456789012:function:f\",\"tracing\":{\"type\":\"X-Amzn-Trace-Id\",\"value\":\"Root=1-6955b902-8a75c4f6ead6b9f6b3a4975a;Parent=36b0df7b6a6a435a;Sampled=0;Lineage=1:1faab275:0\"}}"
         2113.395 log "END RequestId: 7476cf8a-4baa-4dc0-87b3-41d690d7a28a"
         2113.395 log "REPORT RequestId: 7476cf8a-4baa-4dc0-87b3-41d690d7a28a\tDuration: 0.60 ms\tBilled Duration: 14 ms\tMemory Size: 128 MB\tMax Memory Used: 14 MB\tInit Duration: 13.00 ms\t"
         2113.395 finished 7476 Success 600 us init 13000 us billed 14 ms 14 MB 0 units
         2113.395 environment 0 Idle
         2113.395 accepted 88b8 f RequestResponse
         2113.395 environment 0 Invoke
         2113.395 started 88b8 in 0
         2113.395 log "START RequestId: 88b894e1-401e-425b-b86c-9a98359e0b62 Version: $LATEST"
         2113.995 log "at work"
         2113.995 answered Invoke 200
         2113.995 log "{\"eventType\":\"INVOKE\",\"deadlineMs\":1767225605113,\"requestId\":\"88b894e1-401e-425b-b86c-9a98359e0b62\",\"invokedFunctionArn\":\"arn:aws:lambda:us-east-1:123456789012:function:f\",\"tracing\":{\"type\":\"X-Amzn-Trace-Id\",\"value\":\"Root=1-6955b902-caf5239376cd9a743f0e37ac;Parent=b6393c14981e2a50;Sampled=0;Lineage=1:9a66edc0:0\"}}"
         2113.995 log "END RequestId: 88b894e1-401e-425b-b86c-9a98359e0b62"
         2113.995 log "REPORT RequestId: 88b894e1-401e-425b-b86c-9a98359e0b62\tDuration: 0.60 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 14 MB\t"
         2113.995 finished 88b8 Success 600 us billed 1 ms 14 MB 0 units
         2113.995 environment 0 Idle
        602113.995 environment 0 Reclaimed
        602113.995 log "{\"eventType\":\"SHUTDOWN\",\"shutdownReason\":\"spindown\",\"deadlineMs\":1767226204113}"
        #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":61,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"K12UWIHtC6AEgT1kvXSnmlXjPknmFMt2ETZFQRYQ/rM=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
        #1 201 {"LayerVersionArn":"arn:aws:lambda:us-east-1:123456789012:layer:l:1","Version":1,"Description":"","CreatedDate":"2026-01-01T00:00:00.000+0000","LayerArn":"arn:aws:lambda:us-east-1:123456789012:layer:l","Content":{"Location":"https://prod-04-2014-layers.s3.us-east-1.amazonaws.com/snapshots/123456789012/l-71bb54d8-d101-45b9-834d-0bff90150280","CodeSha256":"62/S6wNqpUPpb7H9b3gBgrL+6LdxghXqCS+2eVyGIiA=","CodeSize":282}}
        #2 200 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":61,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:01.000+0000","CodeSha256":"K12UWIHtC6AEgT1kvXSnmlXjPknmFMt2ETZFQRYQ/rM=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"491718de-357e-4da8-8b43-5c8e74616796","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"Layers":[{"Arn":"arn:aws:lambda:us-east-1:123456789012:layer:l:1","CodeSize":282}],"State":"Active","LastUpdateStatus":"InProgress","LastUpdateStatusReason":"The function is being created.","LastUpdateStatusReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
        #3 200 {"StatusCode":200,"Payload":{"$text":"1"},"ExecutedVersion":"$LATEST"}
        #4 200 {"StatusCode":200,"Payload":{"$text":"1"},"ExecutedVersion":"$LATEST"}
    "#]].assert_eq(&scenario.trace());
}

#[test]
fn init_and_invocations_last_as_long_as_the_slowest_extension() {
    let slow = format!("loop\ninit: {REGISTER}; sleep 300\nevent: sleep 50");
    let deaf = REGISTER.replace(r#""INVOKE","SHUTDOWN""#, "");
    let deaf = format!("loop\ninit: sleep 100; {deaf}\nevent: print never\\n");
    let scenario =
        extended("loop\ninit: sleep 20\nevent: respond 1", &[("a", &slow), ("b", &deaf)]);
    let scenario = scenario.invoke("f", "{}").rest().invoke("f", "{}").rest().at(700_000);
    // The caller has its answer when the function is done, 50 ms before the invocation ends.
    let history = scenario.run();
    let ended = history.events.iter().rev().find_map(|event| {
        matches!(event.fact, Fact::InvocationFinished { .. }).then_some(event.at)
    });
    let answered = history.answers.last().map(|(at, ..)| *at);
    assert_eq!(ended, answered.map(|at| at.after_ms(50)));
    expect![[r#"
        EXTENSION	Name: a	State: Ready	Events: [INVOKE, SHUTDOWN]
        EXTENSION	Name: b	State: Ready	Events: []
        REPORT Duration: 50.60 ms	Billed Duration: 357 ms	Memory Size: 128 MB	Max Memory Used: 15 MB	Init Duration: 306.00 ms
        REPORT Duration: 50.60 ms	Billed Duration: 51 ms	Memory Size: 128 MB	Max Memory Used: 15 MB
    "#]].assert_eq(&log(&scenario));
}

#[test]
fn an_extension_that_fails_fails_the_function() {
    let report = |operation: &str| {
        format!(
            r#"call {{"service":"extensions","operation":"{operation}","params":{{"errorType":"Extension.Config"}}}}; exit 1"#
        )
    };
    let cases = [
        ("crash", "loop\ninit: exit 3".to_owned()),
        ("early", "loop\ninit: print hasty\\n".to_owned()),
        ("trap", format!("loop\ninit: {REGISTER}; trap")),
        ("init", format!("loop\ninit: {REGISTER}; {}", report("InitError"))),
        ("fail", format!("loop\ninit: {REGISTER}; fail {{\"errorType\":\"Mine\"}}")),
        ("launch", "callback\ninit: burn 1".to_owned()),
        ("invoke", format!("loop\ninit: {REGISTER}\nevent: sleep 5; exit 1")),
        ("exit", format!("loop\ninit: {REGISTER}\nevent: {}", report("ExitError"))),
    ];
    let mut told = String::new();
    for (name, text) in cases {
        let scenario = extended("loop\nevent: sleep 10; respond 1", &[(name, &text)]);
        let scenario = scenario.invoke("f", "{}").rest();
        told += &format!("{}\n{}", payload(&scenario)["errorType"], log(&scenario));
        // It is as bad the next time, and nothing is left behind.
        let again = payload(&scenario.clone().invoke("f", "{}").rest());
        assert_eq!(again["errorType"], payload(&scenario)["errorType"]);
    }
    expect![[r#"
        "Extension.Crash"
        EXTENSION	Name: crash	State: Exited	Events: []
        INIT_REPORT Init Duration: 5.00 ms	Phase: init	Status: error	Error Type: Extension.Crash
        EXTENSION	Name: crash	State: Exited	Events: []
        INIT_REPORT Init Duration: 5.00 ms	Phase: invoke	Status: error	Error Type: Extension.Crash
        Error: crash: exit code 3
        Extension.Crash
        REPORT Duration: 5.00 ms	Billed Duration: 10 ms	Memory Size: 128 MB	Max Memory Used: 12 MB	Status: error	Error Type: Extension.Crash
        "Extension.Crash"
        hasty
        EXTENSION	Name: early	State: Exited	Events: []
        INIT_REPORT Init Duration: 5.00 ms	Phase: init	Status: error	Error Type: Extension.Crash
        hasty
        EXTENSION	Name: early	State: Exited	Events: []
        INIT_REPORT Init Duration: 5.00 ms	Phase: invoke	Status: error	Error Type: Extension.Crash
        Error: early: it asked for an event before it had registered
        Extension.Crash
        REPORT Duration: 5.00 ms	Billed Duration: 10 ms	Memory Size: 128 MB	Max Memory Used: 12 MB	Status: error	Error Type: Extension.Crash
        "Extension.Crash"
        EXTENSION	Name: trap	State: Exited	Events: [INVOKE, SHUTDOWN]
        INIT_REPORT Init Duration: 6.00 ms	Phase: init	Status: error	Error Type: Extension.Crash
        EXTENSION	Name: trap	State: Exited	Events: [INVOKE, SHUTDOWN]
        INIT_REPORT Init Duration: 6.00 ms	Phase: invoke	Status: error	Error Type: Extension.Crash
        Error: trap: Unreachable
        Extension.Crash
        REPORT Duration: 6.00 ms	Billed Duration: 12 ms	Memory Size: 128 MB	Max Memory Used: 12 MB	Status: error	Error Type: Extension.Crash
        "Extension.InitError"
        EXTENSION	Name: init	State: InitError	Events: [INVOKE, SHUTDOWN]	Error Type: Extension.Config
        INIT_REPORT Init Duration: 7.00 ms	Phase: init	Status: error	Error Type: Extension.InitError
        EXTENSION	Name: init	State: InitError	Events: [INVOKE, SHUTDOWN]	Error Type: Extension.Config
        INIT_REPORT Init Duration: 7.00 ms	Phase: invoke	Status: error	Error Type: Extension.InitError
        Error: init: exit code 1
        Extension.InitError
        REPORT Duration: 7.00 ms	Billed Duration: 14 ms	Memory Size: 128 MB	Max Memory Used: 12 MB	Status: error	Error Type: Extension.InitError
        "Extension.InitError"
        EXTENSION	Name: fail	State: InitError	Events: [INVOKE, SHUTDOWN]	Error Type: Mine
        INIT_REPORT Init Duration: 6.00 ms	Phase: init	Status: error	Error Type: Extension.InitError
        EXTENSION	Name: fail	State: InitError	Events: [INVOKE, SHUTDOWN]	Error Type: Mine
        INIT_REPORT Init Duration: 6.00 ms	Phase: invoke	Status: error	Error Type: Extension.InitError
        Error: fail: exit code 1
        Extension.InitError
        REPORT Duration: 6.00 ms	Billed Duration: 12 ms	Memory Size: 128 MB	Max Memory Used: 12 MB	Status: error	Error Type: Extension.InitError
        "Extension.LaunchError"
        EXTENSION	Name: launch	State: LaunchError	Events: []
        INIT_REPORT Init Duration: 5.00 ms	Phase: init	Status: error	Error Type: Extension.LaunchError
        EXTENSION	Name: launch	State: LaunchError	Events: []
        INIT_REPORT Init Duration: 5.00 ms	Phase: invoke	Status: error	Error Type: Extension.LaunchError
        Error: launch: an extension is a module that exports _start and imports lambda.next
        Extension.LaunchError
        REPORT Duration: 5.00 ms	Billed Duration: 10 ms	Memory Size: 128 MB	Max Memory Used: 12 MB	Status: error	Error Type: Extension.LaunchError
        "Extension.Crash"
        EXTENSION	Name: invoke	State: Ready	Events: [INVOKE, SHUTDOWN]
        EXTENSION	Name: invoke	State: Exited	Events: [INVOKE, SHUTDOWN]
        Error: invoke: exit code 1
        Extension.Crash
        REPORT Duration: 5.60 ms	Billed Duration: 19 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 13.00 ms	Status: error	Error Type: Extension.Crash
        "Extension.ExitError"
        EXTENSION	Name: exit	State: Ready	Events: [INVOKE, SHUTDOWN]
        EXTENSION	Name: exit	State: ExitError	Events: [INVOKE, SHUTDOWN]	Error Type: Extension.Config
        Error: exit: exit code 1
        Extension.ExitError
        REPORT Duration: 1.60 ms	Billed Duration: 15 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 13.00 ms	Status: error	Error Type: Extension.ExitError
    "#]].assert_eq(&told);
}

#[test]
fn a_shutdown_has_two_seconds() {
    let extension =
        |event: &str| format!("loop\ninit: {REGISTER}\nevent: print $event\\n; {event}");
    let (quick, slow) =
        (extension("sleep 1500; print done\\n"), extension("sleep 2500; print late\\n"));
    // The function fails at once; both have been told of the event, and then of the end.
    let scenario = extended("loop\nevent: sleep 5000", &[("quick", &quick), ("slow", &slow)]);
    let scenario = scenario.invoke("f", "{}").rest();
    expect![[r#"
        EXTENSION	Name: quick	State: Ready	Events: [INVOKE, SHUTDOWN]
        EXTENSION	Name: slow	State: Ready	Events: [INVOKE, SHUTDOWN]
        {"eventType":"INVOKE","deadlineMs":1767225605112,"requestId":"7476cf8a-4baa-4dc0-87b3-41d690d7a28a","invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-6955b902-8a75c4f6ead6b9f6b3a4975a;Parent=36b0df7b6a6a435a;Sampled=0;Lineage=1:1faab275:0"}}
        {"eventType":"INVOKE","deadlineMs":1767225605112,"requestId":"7476cf8a-4baa-4dc0-87b3-41d690d7a28a","invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-6955b902-8a75c4f6ead6b9f6b3a4975a;Parent=36b0df7b6a6a435a;Sampled=0;Lineage=1:1faab275:0"}}
        done
        late
        2026-01-01T00:00:05.112Z 7476cf8a-4baa-4dc0-87b3-41d690d7a28a Task timed out after 3.00 seconds
        REPORT Duration: 3000.00 ms	Billed Duration: 3013 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 13.00 ms	Status: timeout
        {"eventType":"SHUTDOWN","shutdownReason":"timeout","deadlineMs":1767225607112}
        {"eventType":"SHUTDOWN","shutdownReason":"timeout","deadlineMs":1767225607112}
        done
    "#]].assert_eq(&log(&scenario));
    let again = scenario.invoke("f", "{}").rest();
    assert_eq!(payload(&again)["errorType"], "Sandbox.Timedout", "they begin anew");
}

#[test]
fn an_extension_that_does_not_end_runs_into_the_functions_timeout() {
    for event in ["spin", "sleep 10000"] {
        let extension = format!("loop\ninit: {REGISTER}\nevent: {event}");
        let scenario = extended("loop\nevent: respond 1", &[("busy", &extension)]);
        let scenario = scenario.invoke("f", "{}").rest();
        assert_eq!(scenario.last_payload(), "1", "the caller was answered before");
        assert!(log(&scenario).contains("Status: timeout"));
        let tail = json!({ "FunctionName": "f", "LogType": "Tail" });
        let tail = scenario.request("lambda", "Invoke", tail).rest();
        assert_eq!(payload(&tail)["errorType"], "Sandbox.Timedout");
    }
    let extension = format!("loop\ninit: {REGISTER}; sleep 20000");
    let scenario = extended("loop\nevent: respond 1", &[("slow", &extension)]);
    let lines = log(&scenario.invoke("f", "{}").rest());
    assert!(lines.contains("Phase: init\tStatus: timeout"), "{lines}");
}

#[test]
fn environments_with_extensions_come_and_go_in_all_ways() {
    let extension = format!("loop\ninit: {REGISTER}; print up\\n\nevent: print $event\\n");
    let scenario = || extended("loop\nevent: sleep 100; respond 1", &[("e", &extension)]);
    let delete = json!({ "FunctionName": "f" });
    for ms in [0, 50, 98, 101, 103, 110, 150, 400] {
        let gone = scenario().invoke("f", "{}").pass(ms).request(
            "lambda",
            "DeleteFunction",
            delete.clone(),
        );
        gone.rest().run();
    }
    let publish =
        |scenario: Scenario| scenario.request("lambda", "PublishVersion", delete.clone()).rest();
    let put =
        json!({ "FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 2 });
    let provisioned =
        publish(scenario()).request("lambda", "PutProvisionedConcurrencyConfig", put).rest();
    assert_eq!(log(&provisioned).matches("State: Ready").count(), 2);
    assert_eq!(provisioned.invoke("f:1", "{}").rest().last_payload(), "1");
}

/// Registers, and writes each event that it gets to the log.
const REAL: &str = r#"(module
  (import "lambda" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (import "lambda" "next" (func $next (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "{\22service\22:\22extensions\22,\22operation\22:\22Register\22,\22params\22:{\22events\22:[\22INVOKE\22,\22SHUTDOWN\22]}}")
  (func (export "_start") (local $length i32)
    (drop (call $call (i32.const 1024) (i32.const 89) (i32.const 4096) (i32.const 1024)))
    (loop $events
      (local.set $length (call $next (i32.const 8192) (i32.const 4096)))
      (i32.store8 (i32.add (i32.const 8192) (local.get $length)) (i32.const 10))
      (i32.store (i32.const 0) (i32.const 8192))
      (i32.store (i32.const 4) (i32.add (local.get $length) (i32.const 1)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $events))))"#;

const REAL_FUNCTION: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory 1)
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param $at i32) (param $len i32) (result i32)
    (drop (call $respond (local.get $at) (local.get $len))) (i32.const 0)))"#;

#[test]
fn a_real_module_is_an_extension() {
    let (extension, function) =
        (wat::parse_str(REAL).unwrap(), wat::parse_str(REAL_FUNCTION).unwrap());
    let zip = zip(&[entry("extensions/real", extension)]);
    let publish = json!({ "LayerName": "l", "Content": { "ZipFile": base64(&zip) } });
    let scenario = Scenario::real()
        .create_with("f", function, json!({}))
        .request("lambda", "PublishLayerVersion", publish)
        .rest();
    let scenario = attach(scenario).invoke("f", "{}").rest();
    assert_eq!(scenario.last_payload(), "{}");
    let lines = log(&scenario.at(700_000));
    assert!(lines.contains("EXTENSION\tName: real\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n"));
    assert!(lines.contains("\n{\"eventType\":\"INVOKE\",\"deadlineMs\":"), "{lines}");
    assert!(
        lines.contains("\n{\"eventType\":\"SHUTDOWN\",\"shutdownReason\":\"spindown\","),
        "{lines}"
    );
}
