//! Environments: cold, warm, timed out, failed, concurrent, reclaimed.

use super::{ECHO, check};
use crate::Fact;
use crate::testing::Scenario;
use expect_test::expect;
use serde_json::json;

#[test]
fn a_cold_start_then_a_warm_one_then_reclaim() {
    let counter = "loop\ninit: burn 500000; print starting\\n\nevent: burn 2000000; print hello ; print world\\n; respond $count";
    check(
        Scenario::new()
            .function("f", counter)
            .invoke("f", "{}")
            .rest()
            .invoke("f", "{}")
            .rest()
            .at(700_000),
        expect![[r#"
                0.000 function f Pending -
                0.000 answered CreateFunction 201
             1000.000 function f Active Successful
             1000.000 accepted e099 f RequestResponse
             1000.000 environment 0 Starting
             1097.034 environment 0 Init
             1097.034 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             1105.727 log "starting"
             1105.727 environment 0 Invoke
             1105.727 started e099 in 0 cold
             1105.727 log "START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST"
             1109.092 log "helloworld"
             1109.092 log "END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575"
             1109.092 log "REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575\tDuration: 3.37 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.69 ms\t"
             1109.092 finished e099 Success 3365 us init 8693 us billed 13 ms 13 MB 2500000 units
             1109.092 environment 0 Idle
             1109.092 answered Invoke 200
             1109.092 accepted 27cd f RequestResponse
             1109.092 environment 0 Invoke
             1109.092 started 27cd in 0
             1109.092 log "START RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252 Version: $LATEST"
             1112.457 log "helloworld"
             1112.457 log "END RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252"
             1112.457 log "REPORT RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252\tDuration: 3.37 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\t"
             1112.457 finished 27cd Success 3365 us billed 4 ms 13 MB 2000000 units
             1112.457 environment 0 Idle
             1112.457 answered Invoke 200
            601112.457 environment 0 Reclaimed
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":109,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"tKfpI5hxi5AN734yTI0j+51Gs7zRow52hgnewFOnOQU=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 200 {"StatusCode":200,"Payload":{"$text":"1"},"ExecutedVersion":"$LATEST"}
            #2 200 {"StatusCode":200,"Payload":{"$text":"2"},"ExecutedVersion":"$LATEST"}
        "#]],
    );
}

#[test]
fn after_a_timeout_the_next_event_initialises_again_in_the_same_environment() {
    let module = "loop\ninit: print files: $files\\n\nevent: print event $count\\n; touch t; sleep 2000; respond 1";
    expect![[r#"
        INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
        files: 
        START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
        event 1
        2026-01-01T00:00:02.105Z e099ec6c-d736-4ca5-85e7-bb0f12278575 Task timed out after 1.00 seconds
        END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
        REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 1000.00 ms	Billed Duration: 1009 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: timeout
        files: t
        START RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252 Version: $LATEST
        event 1
        2026-01-01T00:00:03.105Z 27cd5f9e-c8c6-44cc-b555-40b2bff06252 Task timed out after 1.00 seconds
        END RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252
        REPORT RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252	Duration: 1000.00 ms	Billed Duration: 1000 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Status: timeout
    "#]].assert_eq(
        &Scenario::new()
            .create_with("f", module, json!({ "Timeout": 1 }))
            .rest()
            .invoke("f", "{}")
            .rest()
            .invoke("f", "{}")
            .log(),
    );
}

#[test]
fn an_exit_and_a_trap_and_a_handlers_own_error() {
    for (event, expected) in [
        (
            "exit 0",
            expect![[r#"
            {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited without providing a reason\"}"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited without providing a reason
            Runtime.ExitError
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: error	Error Type: Runtime.ExitError
        "#]],
        ),
        (
            "exit 127",
            expect![[r#"
            {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: exit status 127\"}"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: exit status 127
            Runtime.ExitError
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: error	Error Type: Runtime.ExitError
        "#]],
        ),
        (
            "print half a line; trap",
            expect![[r#"
            {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: signal: aborted\"}"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            half a line
            [coldstart] WebAssembly trap: unreachable executed
            RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: signal: aborted
            Runtime.ExitError
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: error	Error Type: Runtime.ExitError
        "#]],
        ),
        (
            r#"fail {"errorMessage":"no","errorType":"Oops"}"#,
            expect![[r#"
            {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorMessage\":\"no\",\"errorType\":\"Oops\"}"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	
        "#]],
        ),
        (
            "big",
            expect![[r#"
            {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size (6291556 bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            Response payload size exceeded maximum allowed payload size (6291556 bytes).
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: error	Error Type: Function.ResponseSizeTooLarge
        "#]],
        ),
        (
            "burn 1",
            expect![[r#"
            {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorType\":\"Runtime.NoResponse\",\"errorMessage\":\"RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime asked for the next event without answering this one\"}"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime asked for the next event without answering this one
            Runtime.NoResponse
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	Status: error	Error Type: Runtime.NoResponse
        "#]],
        ),
    ] {
        let scenario =
            Scenario::new().function("f", format!("loop\nevent: {event}")).invoke("f", "{}");
        let answer = scenario.last_answer().unwrap();
        expected.assert_eq(&format!("{}\n{}", answer.output, scenario.log()));
    }
}

#[test]
fn a_failing_init_runs_again_in_the_invoke_phase() {
    for (init, expected) in [
        (
            r#"print trying\\n; fail {"errorMessage":"no","errorType":"Config"}; exit 1"#,
            expect![[r#"
            {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorMessage\":\"no\",\"errorType\":\"Config\"}"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            trying\
            INIT_REPORT Init Duration: 8.00 ms	Phase: init	Status: error	Error Type: Config
            trying\
            INIT_REPORT Init Duration: 8.00 ms	Phase: invoke	Status: error	Error Type: Config
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 8.00 ms	Billed Duration: 17 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Status: error	Error Type: Config
        "#]],
        ),
        (
            "exit 3",
            expect![[r#"
            {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: exit status 3\"}"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            INIT_REPORT Init Duration: 8.00 ms	Phase: init	Status: error	Error Type: Runtime.ExitError
            INIT_REPORT Init Duration: 8.00 ms	Phase: invoke	Status: error	Error Type: Runtime.ExitError
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: exit status 3
            Runtime.ExitError
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 8.00 ms	Billed Duration: 16 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Status: error	Error Type: Runtime.ExitError
        "#]],
        ),
        (
            "exit 0",
            expect![[r#"
            {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited without providing a reason\"}"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            INIT_REPORT Init Duration: 8.00 ms	Phase: init	Status: error	Error Type: Runtime.ExitError
            INIT_REPORT Init Duration: 8.00 ms	Phase: invoke	Status: error	Error Type: Runtime.ExitError
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited without providing a reason
            Runtime.ExitError
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 8.00 ms	Billed Duration: 16 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Status: error	Error Type: Runtime.ExitError
        "#]],
        ),
        (
            "sleep 11000",
            expect![[r#"
            {"StatusCode":200,"Payload":{"$text":"1"},"ExecutedVersion":"$LATEST"}
            INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
            INIT_REPORT Init Duration: 10000.00 ms	Phase: init	Status: timeout
            START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
            END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
            REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 11008.60 ms	Billed Duration: 21009 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	
        "#]],
        ),
    ] {
        let scenario = Scenario::new()
            .create_with(
                "f",
                format!("loop\ninit: {init}\nevent: respond $count"),
                json!({ "Timeout": 15 }),
            )
            .rest()
            .invoke("f", "{}");
        let answer = scenario.last_answer().unwrap();
        expected.assert_eq(&format!("{}\n{}", answer.output, scenario.log()));
    }
}

#[test]
fn a_module_that_needs_too_much_memory_fails_when_it_starts() {
    let scenario = Scenario::new().function("f", "loop\nneeds too much").invoke("f", "{}");
    expect![[r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: signal: killed"}"#]].assert_eq(&scenario.last_payload());
    expect![[r#"
        INIT_START Runtime Version: provided:al2023.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c
        INIT_REPORT Init Duration: 8.00 ms	Phase: init	Status: error	Error Type: Runtime.OutOfMemory
        INIT_REPORT Init Duration: 8.00 ms	Phase: invoke	Status: error	Error Type: Runtime.OutOfMemory
        START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
        [coldstart] WebAssembly trap: the module needs more memory than the function has
        RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Runtime exited with error: signal: killed
        Runtime.ExitError
        END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
        REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 8.00 ms	Billed Duration: 16 ms	Memory Size: 128 MB	Max Memory Used: 12 MB	Status: error	Error Type: Runtime.OutOfMemory
    "#]].assert_eq(&scenario.log());
}

#[test]
fn a_command_is_always_cold() {
    check(
        Scenario::new()
            .function("f", "command\nevent: respond $event")
            .invoke("f", "{}")
            .rest()
            .invoke("f", "[]"),
        expect![[r#"
                0.000 function f Pending -
                0.000 answered CreateFunction 201
             1000.000 function f Active Successful
             1000.000 accepted e099 f RequestResponse
             1000.000 environment 0 Starting
             1097.034 environment 0 Init
             1097.034 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             1105.034 environment 0 Invoke
             1105.034 started e099 in 0 cold
             1105.034 log "START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST"
             1105.634 log "END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575"
             1105.634 log "REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575\tDuration: 0.60 ms\tBilled Duration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\t"
             1105.634 finished e099 Success 600 us init 8000 us billed 9 ms 13 MB 0 units
             1105.634 environment 0 Reclaimed
             1105.634 answered Invoke 200
             1105.634 accepted 27cd f RequestResponse
             1105.634 environment 1 Starting
             1191.691 environment 1 Init
             1191.691 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             1199.691 environment 1 Invoke
             1199.691 started 27cd in 1 cold
             1199.691 log "START RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252 Version: $LATEST"
             1200.291 log "END RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252"
             1200.291 log "REPORT RequestId: 27cd5f9e-c8c6-44cc-b555-40b2bff06252\tDuration: 0.60 ms\tBilled Duration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\t"
             1200.291 finished 27cd Success 600 us init 8000 us billed 9 ms 13 MB 0 units
             1200.291 environment 1 Reclaimed
             1200.291 answered Invoke 200
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":33,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"BcTeVH7CKl1UvNxmdJIEtOlx6f0rl7EgieCZ9L0rhf0=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 200 {"StatusCode":200,"Payload":{"$text":"{}"},"ExecutedVersion":"$LATEST"}
            #2 200 {"StatusCode":200,"Payload":{"$text":"[]"},"ExecutedVersion":"$LATEST"}
        "#]],
    );
}

#[test]
fn concurrent_invocations_have_environments_of_their_own_and_the_last_used_is_taken_first() {
    let module = "loop\nevent: sleep 100; respond 1";
    let scenario = Scenario::new()
        .function("f", module)
        .invoke("f", "{}")
        .invoke("f", "{}")
        .rest()
        .invoke("f", "{}");
    let environments: Vec<u32> = scenario
        .run()
        .events
        .iter()
        .filter_map(|event| match event.fact {
            Fact::InvocationStarted { environment, .. } => Some(environment),
            _ => None,
        })
        .collect();
    let last_finished = scenario
        .run()
        .events
        .iter()
        .filter_map(|event| match event.fact {
            Fact::InvocationFinished { environment, .. } => Some(environment),
            _ => None,
        })
        .nth(1);
    assert_eq!(environments.len(), 3);
    assert_ne!(environments[0], environments[1]);
    assert_eq!(Some(environments[2]), last_finished);
}

#[test]
fn the_account_has_a_thousand_executions() {
    let mut scenario = Scenario::new().function("f", "loop\nevent: sleep 1000; respond 1");
    for _ in 0..1_001 {
        scenario = scenario.invoke("f", "{}");
    }
    let history = scenario.run();
    let refused: Vec<_> =
        history.answers.iter().filter_map(|(_, _, answer)| answer.as_ref().err()).collect();
    assert_eq!(refused.len(), 1);
    expect![[r#"{"code":"TooManyRequestsException","status":429,"message":"Rate Exceeded.","extra":{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User"}}"#]].assert_eq(&serde_json::to_string(refused[0]).unwrap());
}

#[test]
fn an_update_gives_new_environments_when_it_is_done() {
    let update = json!({ "FunctionName": "f", "Environment": { "Variables": { "A1": "b" } } });
    let scenario = Scenario::new()
        .function("f", ECHO)
        .invoke("f", "{}")
        .rest()
        .request("lambda", "UpdateFunctionConfiguration", update.clone())
        .request("lambda", "UpdateFunctionConfiguration", update)
        .invoke("f", "{}")
        .rest()
        .invoke("f", "{}");
    check(
        scenario,
        expect![[r#"
                0.000 function f Pending -
                0.000 answered CreateFunction 201
             1000.000 function f Active Successful
             1000.000 accepted e099 f RequestResponse
             1000.000 environment 0 Starting
             1097.034 environment 0 Init
             1097.034 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             1105.034 environment 0 Invoke
             1105.034 started e099 in 0 cold
             1105.034 log "START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST"
             1107.017 log "END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575"
             1107.017 log "REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575\tDuration: 1.98 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\t"
             1107.017 finished e099 Success 1983 us init 8000 us billed 10 ms 13 MB 1000000 units
             1107.017 environment 0 Idle
             1107.017 answered Invoke 200
             1107.017 function f Active InProgress
             1107.017 answered UpdateFunctionConfiguration 200
             1107.017 answered UpdateFunctionConfiguration 409 ResourceConflictException
             1107.017 accepted e028 f RequestResponse
             1107.017 environment 0 Invoke
             1107.017 started e028 in 0
             1107.017 log "START RequestId: e0285292-5a4d-4852-86c5-d1b05ce2ce14 Version: $LATEST"
             1109.000 log "END RequestId: e0285292-5a4d-4852-86c5-d1b05ce2ce14"
             1109.000 log "REPORT RequestId: e0285292-5a4d-4852-86c5-d1b05ce2ce14\tDuration: 1.98 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\t"
             1109.000 finished e028 Success 1983 us billed 2 ms 13 MB 1000000 units
             1109.000 environment 0 Idle
             1109.000 answered Invoke 200
             2107.017 function f Active Successful
             2107.017 environment 0 Reclaimed
             2107.017 accepted 05a2 f RequestResponse
             2107.017 environment 1 Starting
             2200.220 environment 1 Init
             2200.220 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             2208.220 environment 1 Invoke
             2208.220 started 05a2 in 1 cold
             2208.220 log "START RequestId: 05a2e189-41c3-436b-9186-6d4d0cde66a9 Version: $LATEST"
             2210.203 log "END RequestId: 05a2e189-41c3-436b-9186-6d4d0cde66a9"
             2210.203 log "REPORT RequestId: 05a2e189-41c3-436b-9186-6d4d0cde66a9\tDuration: 1.98 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\t"
             2210.203 finished 05a2 Success 1983 us init 8000 us billed 10 ms 13 MB 1000000 units
             2210.203 environment 1 Idle
             2210.203 answered Invoke 200
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":44,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"R1tPr2keZpkuBSA25YHTruhsRUhV9usC1q+zYrryq8s=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 200 {"StatusCode":200,"Payload":{"$text":"{}"},"ExecutedVersion":"$LATEST"}
            #2 200 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":44,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:01.107+0000","CodeSha256":"R1tPr2keZpkuBSA25YHTruhsRUhV9usC1q+zYrryq8s=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"27cd5f9e-c8c6-44cc-b555-40b2bff06252","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"Environment":{"Variables":{"A1":"b"}},"State":"Active","LastUpdateStatus":"InProgress","LastUpdateStatusReason":"The function is being created.","LastUpdateStatusReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #3 409 ResourceConflictException: The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:us-east-1:123456789012:function:f
            #4 200 {"StatusCode":200,"Payload":{"$text":"{}"},"ExecutedVersion":"$LATEST"}
            #5 200 {"StatusCode":200,"Payload":{"$text":"{}"},"ExecutedVersion":"$LATEST"}
        "#]],
    );
}
