//! Real modules in the real sandbox.

use super::check;
use crate::Fact;
use crate::testing::Scenario;
use expect_test::expect;
use serde_json::json;

/// A callback guest that counts its events in a global, logs each and answers with the count, as one digit.
const COUNTER_WAT: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global $count (mut i32) (i32.const 48))
  (data (i32.const 16) "counting\n")
  (func (export "lambda_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "lambda_handler") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 9))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store8 (i32.const 64) (global.get $count))
    (drop (call $respond (i32.const 64) (i32.const 1)))
    i32.const 0))"#;

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn a_real_module_keeps_its_globals_warm() {
    let scenario =
        Scenario::real().function("f", wat(COUNTER_WAT)).invoke("f", "{}").rest().invoke("f", "{}");
    check(
        scenario,
        expect![[r#"
            0.000 function f Pending -
            0.000 answered CreateFunction 201
         1000.000 function f Active Successful
         1000.000 accepted e099 f RequestResponse
         1000.000 environment 0 Starting
         1097.036 environment 0 Init
         1097.036 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
         1105.039 environment 0 Invoke
         1105.039 started e099 in 0 cold
         1105.039 log "START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST"
         1105.640 log "counting"
         1105.640 log "END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575"
         1105.640 log "REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575\tDuration: 0.60 ms\tBilled Duration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\t"
         1105.640 finished e099 Success 601 us init 8003 us billed 9 ms 13 MB 56 units
         1105.640 environment 0 Idle
         1105.640 answered Invoke 200
         1105.640 accepted 27cd f RequestResponse
         1105.640 environment 0 Invoke
         1105.640 started 27cd in 0
         1105.640 log "START RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252 Version: $LATEST"
         1106.241 log "counting"
         1106.241 log "END RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252"
         1106.241 log "REPORT RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252\tDuration: 0.60 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\t"
         1106.241 finished 27cd Success 601 us billed 1 ms 13 MB 56 units
         1106.241 environment 0 Idle
         1106.241 answered Invoke 200
        #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":264,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"3Lj8n69Mw7K0iMpt+BjaxW4pDh1UP+sTgeoPJltyOFc=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
        #1 200 {"StatusCode":200,"Payload":{"$text":"1"},"ExecutedVersion":"$LATEST"}
        #2 200 {"StatusCode":200,"Payload":{"$text":"2"},"ExecutedVersion":"$LATEST"}
    "#]],
    );
}

#[test]
fn a_real_loop_guest_echoes() {
    let echo = wat(r#"(module
  (import "lambda" "next" (func $next (param i32 i32) (result i32)))
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start")
    (loop $again
      (drop (call $respond (i32.const 1024) (call $next (i32.const 1024) (i32.const 65536))))
      (br $again))))"#);
    let event = r#"{"b":1,"a":[1.0,"\u00e4"]}"#;
    let scenario = Scenario::real().function("f", echo).invoke("f", event);
    assert_eq!(scenario.last_payload(), event);
}

#[test]
fn a_real_endless_loop_times_out_on_the_microsecond() {
    let endless = wat(r#"(module (memory (export "memory") 1)
  (func (export "lambda_alloc") (param i32) (result i32) i32.const 1024)
  (func (export "lambda_handler") (param i32 i32) (result i32)
    (loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br $l)) i32.const 0))"#);
    let scenario = Scenario::real()
        .create_with("f", endless, json!({ "Timeout": 1, "MemorySize": 128 }))
        .rest()
        .invoke("f", "{}");
    let history = scenario.run();
    let durations: Vec<u64> = history
        .events
        .iter()
        .filter_map(|event| match event.fact {
            Fact::InvocationFinished { duration_us, .. } => Some(duration_us),
            _ => None,
        })
        .collect();
    assert_eq!(durations, [1_000_000]);
    let answer = history.answers.last().unwrap().2.as_ref().unwrap();
    assert!(answer.output["Payload"].to_string().contains("Task timed out after 1.00 seconds"));
}

#[test]
fn real_traps_and_refusals() {
    let trap = |body: &str| {
        let text = format!(
            r#"(module (memory (export "memory") 1)
  (func (export "lambda_alloc") (param i32) (result i32) i32.const 1024)
  (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
  (func (export "lambda_handler") (param i32 i32) (result i32) {body}))"#
        );
        let scenario = Scenario::real().function("f", wat(&text)).invoke("f", "{}");
        let log = scenario.log();
        log.lines()
            .filter(|line| line.contains("trap") || line.contains("Error"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    expect![[r#"
        [coldstart] WebAssembly trap: unreachable executed
        RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: signal: aborted
        Runtime.ExitError
        REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: error	Error Type: Runtime.ExitError"#]].assert_eq(&trap("unreachable"));
    expect![[r#"
        [coldstart] WebAssembly trap: integer divide by zero
        RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: signal: floating point exception
        Runtime.ExitError
        REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: error	Error Type: Runtime.ExitError"#]].assert_eq(&trap("(i32.div_s (local.get 0) (i32.const 0))"));
    expect![[r#"
        [coldstart] WebAssembly trap: out of bounds memory access
        RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: signal: segmentation fault
        Runtime.ExitError
        REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: error	Error Type: Runtime.ExitError"#]].assert_eq(&trap("(i32.load (i32.const -4))"));
    expect![[r#"
        [coldstart] WebAssembly trap: call stack exhausted
        RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: signal: segmentation fault
        Runtime.ExitError
        REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.68 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: error	Error Type: Runtime.ExitError"#]].assert_eq(&trap("(call $deep (i32.const 0))"));
    let refused = |module: Vec<u8>| {
        let refusal =
            Scenario::real().create_with("f", module, json!({})).last_answer().unwrap_err();
        format!("{} {refusal}", refusal.status)
    };
    expect!["400 InvalidParameterValueException: not a valid module: magic header not detected: bad magic number - expected=[ (at offset 0x0)"].assert_eq(&refused(b"nonsense".to_vec()));
    expect!["400 InvalidParameterValueException: the module has no handler: it must export lambda_handler and lambda_alloc (callback), or _start (a loop over lambda.next, or a command)"].assert_eq(&refused(wat(r#"(module (import "env" "fly" (func)))"#)));
}

#[test]
fn a_guest_learns_about_its_invocation() {
    // Answers with what `lambda.meta` says to the key at 0.
    let ask = |key: &str| {
        let text = format!(
            r#"(module
  (import "lambda" "meta" (func $meta (param i32 i32 i32 i32) (result i32)))
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{key}")
  (func (export "lambda_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "lambda_handler") (param i32 i32) (result i32)
    (drop (call $respond (i32.const 1024)
      (call $meta (i32.const 0) (i32.const {}) (i32.const 1024) (i32.const 1024))))
    i32.const 0))"#,
            key.len()
        );
        Scenario::real().function("f", wat(&text)).invoke("f:$LATEST", "{}").last_payload()
    };
    assert_eq!(ask("functionArn"), "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST");
    assert_eq!(ask("functionName"), "f");
    assert_eq!(ask("functionVersion"), "$LATEST");
    assert_eq!(ask("memoryLimitMb"), "128");
    assert_eq!(ask("logGroup"), "/aws/lambda/f");
    assert!(ask("logStream").starts_with("2026/01/01/[$LATEST]"));
    assert!(ask("traceId").starts_with("Root=1-"));
    // 1,000 ms until it is active, a cold start, and 3 s of timeout.
    let deadline_ms: u64 = ask("deadlineMs").parse().unwrap();
    assert!((1_767_225_604_080..1_767_225_604_130).contains(&deadline_ms), "{deadline_ms}");
}
