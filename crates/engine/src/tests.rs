//! Whole histories: every scenario runs twice and through its serialised session (see [`crate::testing`]).

use crate::model::{Service, ShapeKind};
use crate::rng::Rng;
use crate::testing::{Scenario, Step};
use crate::{Blob, Fact};
use expect_test::{Expect, expect};
use serde_json::json;

const ECHO: &str = "loop\nevent: burn 1000000; respond $event";

#[track_caller]
fn check(scenario: Scenario, expected: Expect) {
    expected.assert_eq(&scenario.trace());
}

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
fn blocking_calls_suspend_the_guest() {
    let caller = r#"loop
event: burn 100; call {"service":"lambda","operation":"Invoke","params":{"FunctionName":"g","Payload":{"$text":"[1]"}}}; respond $answer"#;
    let scenario = Scenario::new().function("g", ECHO).function("f", caller).invoke("f", "{}");
    check(
        scenario,
        expect![[r#"
                0.000 function g Pending -
                0.000 answered CreateFunction 201
             1000.000 function g Active Successful
             1000.000 function f Pending -
             1000.000 answered CreateFunction 201
             2000.000 function f Active Successful
             2000.000 accepted 7476 f RequestResponse
             2000.000 environment 0 Starting
             2099.796 environment 0 Init
             2099.796 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             2107.797 environment 0 Invoke
             2107.797 started 7476 in 0 cold
             2107.797 log "START RequestId: 7476cf8a-4baa-4dc0-87b3-41d690d7a28a Version: $LATEST"
             2109.398 accepted 88b8 g RequestResponse
             2109.398 environment 1 Starting
             2206.250 environment 1 Init
             2206.250 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             2214.250 environment 1 Invoke
             2214.250 started 88b8 in 1 cold
             2214.250 log "START RequestId: 88b894e1-401e-425b-b86c-9a98359e0b62 Version: $LATEST"
             2216.233 log "END RequestId: 88b894e1-401e-425b-b86c-9a98359e0b62"
             2216.233 log "REPORT RequestId: 88b894e1-401e-425b-b86c-9a98359e0b62\tDuration: 1.98 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\t"
             2216.233 finished 88b8 Success 1983 us init 8000 us billed 10 ms 13 MB 1000000 units
             2216.233 environment 1 Idle
             2216.233 answered Invoke 200
             2217.233 log "END RequestId: 7476cf8a-4baa-4dc0-87b3-41d690d7a28a"
             2217.233 log "REPORT RequestId: 7476cf8a-4baa-4dc0-87b3-41d690d7a28a\tDuration: 109.44 ms\tBilled Duration: 118 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\t"
             2217.233 finished 7476 Success 109436 us init 8001 us billed 118 ms 13 MB 100 units
             2217.233 environment 0 Idle
             2217.233 answered Invoke 200
            #0 201 {"FunctionName":"g","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:g","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":44,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"R1tPr2keZpkuBSA25YHTruhsRUhV9usC1q+zYrryq8s=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/g"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":145,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:01.000+0000","CodeSha256":"4KH6Mg/kxkFgdxXu+HaHAEh/jscyiUNTLMBT4J6L1Ig=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"491718de-357e-4da8-8b43-5c8e74616796","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #2 200 {"StatusCode":200,"Payload":{"$text":"{\"status\":200,\"output\":{\"StatusCode\":200,\"Payload\":{\"$text\":\"[1]\"},\"ExecutedVersion\":\"$LATEST\"}}"},"ExecutedVersion":"$LATEST"}
        "#]],
    );
}

#[test]
fn a_call_that_makes_no_sense_is_answered() {
    for (call, expected) in [
        (
            "not json",
            expect![[
                r#"{"error":{"code":"SerializationException","status":400,"message":"A call is JSON with service, operation and params: expected ident at line 1 column 2","extra":{}}}"#
            ]],
        ),
        (
            r#"{"service":"lambda","operation":"GetFunction","params":{"FunctionName":"gone"}}"#,
            expect![[
                r#"{"error":{"code":"ResourceNotFoundException","status":404,"message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:gone","extra":{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:gone"}}}"#
            ]],
        ),
        (
            r#"{"service":"s3","operation":"PutObject","params":{}}"#,
            expect![[
                r#"{"error":{"code":"NotImplementedException","status":501,"message":"Coldstart does not emulate s3:PutObject yet.","extra":{}}}"#
            ]],
        ),
    ] {
        let module = format!("loop\nevent: call {call}; respond $answer");
        expected.assert_eq(&Scenario::new().function("f", module).invoke("f", "{}").last_payload());
    }
}

#[test]
fn started_calls_and_timers_run_side_by_side() {
    let module = r#"callback
event: timer 300; start {"service":"lambda","operation":"Invoke","params":{"FunctionName":"g"}}; timer 100; pending; respond $answer"#;
    let scenario = Scenario::new()
        .function("g", "loop\nevent: sleep 200; respond 2")
        .function("f", module)
        .invoke("f", "{}");
    let history = scenario.run();
    let Fact::InvocationFinished { duration_us, .. } = history
        .events
        .iter()
        .rev()
        .find_map(|event| match &event.fact {
            fact @ Fact::InvocationFinished { .. } => Some(fact.clone()),
            _ => None,
        })
        .unwrap()
    else {
        unreachable!()
    };
    expect![[r#"[3 ][1 ][2 {"status":200,"output":{"StatusCode":200,"Payload":{"$text":"2"},"ExecutedVersion":"$LATEST"}}]"#]].assert_eq(&scenario.last_payload());
    assert!((300_000..420_000).contains(&duration_us), "{duration_us}");
}

#[test]
fn asynchronous_invocations_are_accepted_at_once() {
    let invoke =
        json!({ "FunctionName": "f", "InvocationType": "Event", "Payload": Blob::text("{}") });
    check(
        Scenario::new().function("f", ECHO).request("lambda", "Invoke", invoke),
        expect![[r#"
                0.000 function f Pending -
                0.000 answered CreateFunction 201
             1000.000 function f Active Successful
             1000.000 accepted e099 f Event
             1000.000 answered Invoke 202
             1005.000 environment 0 Starting
             1102.034 environment 0 Init
             1102.034 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             1110.034 environment 0 Invoke
             1110.034 started e099 in 0 cold
             1110.034 log "START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST"
             1112.017 log "END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575"
             1112.017 log "REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575\tDuration: 1.98 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\t"
             1112.017 finished e099 Success 1983 us init 8000 us billed 10 ms 13 MB 1000000 units
             1112.017 environment 0 Idle
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":44,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"R1tPr2keZpkuBSA25YHTruhsRUhV9usC1q+zYrryq8s=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 202 {"StatusCode":202,"Payload":{"$text":""}}
        "#]],
    );
}

#[test]
fn a_dry_run_runs_nothing() {
    let invoke = json!({ "FunctionName": "f", "InvocationType": "DryRun" });
    check(
        Scenario::new().function("f", ECHO).request("lambda", "Invoke", invoke),
        expect![[r#"
                0.000 function f Pending -
                0.000 answered CreateFunction 201
             1000.000 function f Active Successful
             1000.000 answered Invoke 204
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":44,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"R1tPr2keZpkuBSA25YHTruhsRUhV9usC1q+zYrryq8s=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 204 {"StatusCode":204,"Payload":{"$text":""}}
        "#]],
    );
}

#[test]
fn the_tail_of_the_log_comes_with_the_answer() {
    use base64::Engine as _;
    let invoke = json!({ "FunctionName": "f", "LogType": "Tail" });
    let answer = Scenario::new()
        .function(
            "f",
            "loop\ninit: print early\\n\nevent: print one\\ntwo\\n; warn three; respond $event",
        )
        .request("lambda", "Invoke", invoke)
        .last_answer()
        .unwrap();
    let log = answer.output["LogResult"].as_str().unwrap();
    let log = base64::engine::general_purpose::STANDARD.decode(log).unwrap();
    expect![[r#"
        START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST
        one
        two
        three
        END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575
        REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575	Duration: 0.60 ms	Billed Duration: 9 ms	Memory Size: 128 MB	Max Memory Used: 13 MB	Init Duration: 8.00 ms	
    "#]].assert_eq(&String::from_utf8(log).unwrap());
}

#[test]
fn the_stop_button_ends_an_invocation_and_its_replay() {
    let scenario = Scenario::new()
        .create_with("f", "loop\ninit: print up\\n\nevent: spin", json!({ "Timeout": 900 }))
        .rest()
        .invoke("f", "{}")
        .step(Step::StopAfter(3));
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
             1105.034 log "up"
             1105.034 environment 0 Invoke
             1105.034 started e099 in 0 cold
             1105.034 log "START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST"
             1106.049 log "RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Invocation was stopped by hand\nColdstart.Stopped"
             1106.049 log "END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575"
             1106.049 log "REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575\tDuration: 1.02 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\tStatus: error\tError Type: Coldstart.Stopped"
             1106.049 finished e099 Stopped 1015 us init 8000 us billed 10 ms 13 MB 300000 units
             1106.049 environment 0 Reset
             1106.049 answered Invoke 200
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":37,"Description":"","Timeout":900,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"4frifdS1JJoU2gsEWp022a9+y4j2HzpGac0oOiZXixA=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 200 {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorType\":\"Coldstart.Stopped\",\"errorMessage\":\"RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Invocation was stopped by hand\"}"},"ExecutedVersion":"$LATEST"}
        "#]],
    );
    let in_init = Scenario::new()
        .function("f", "loop\ninit: spin")
        .invoke("f", "{}")
        .step(Step::StopAfter(2));
    check(
        in_init,
        expect![[r#"
                0.000 function f Pending -
                0.000 answered CreateFunction 201
             1000.000 function f Active Successful
             1000.000 accepted e099 f RequestResponse
             1000.000 environment 0 Starting
             1097.034 environment 0 Init
             1097.034 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             1105.311 environment 0 Invoke
             1105.311 started e099 in 0 cold
             1105.311 log "START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST"
             1105.311 log "RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Invocation was stopped by hand\nColdstart.Stopped"
             1105.311 log "END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575"
             1105.311 log "REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575\tDuration: 0.00 ms\tBilled Duration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tStatus: error\tError Type: Coldstart.Stopped"
             1105.311 finished e099 Stopped 0 us init 8277 us billed 9 ms 13 MB 200000 units
             1105.311 environment 0 Reset
             1105.311 answered Invoke 200
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":19,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"J/LXV0qsk+1+xB5T9UDz7LNrr0JWdWB4DaiIBdAR1ZM=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 200 {"StatusCode":200,"FunctionError":"Unhandled","Payload":{"$text":"{\"errorType\":\"Coldstart.Stopped\",\"errorMessage\":\"RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Error: Invocation was stopped by hand\"}"},"ExecutedVersion":"$LATEST"}
        "#]],
    );
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

#[test]
fn a_function_is_not_ready_at_once_and_may_be_deleted_while_it_works() {
    let scenario = Scenario::new()
        .create_with("f", ECHO, json!({}))
        .invoke("f", "{}")
        .request(
            "lambda",
            "UpdateFunctionConfiguration",
            json!({ "FunctionName": "f", "Timeout": 4 }),
        )
        .rest()
        .invoke("f", "{}")
        .request("lambda", "DeleteFunction", json!({ "FunctionName": "f" }))
        .invoke("f", "{}");
    check(
        scenario,
        expect![[r#"
                0.000 function f Pending -
                0.000 answered CreateFunction 201
                0.000 answered Invoke 409 ResourceConflictException
                0.000 answered UpdateFunctionConfiguration 409 ResourceConflictException
             1000.000 function f Active Successful
             1000.000 accepted e099 f RequestResponse
             1000.000 environment 0 Starting
             1000.000 function f Deleted -
             1000.000 answered DeleteFunction 204
             1000.000 answered Invoke 404 ResourceNotFoundException
             1097.034 environment 0 Init
             1097.034 log "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"
             1105.034 environment 0 Invoke
             1105.034 started e099 in 0 cold
             1105.034 log "START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST"
             1107.017 log "END RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575"
             1107.017 log "REPORT RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575\tDuration: 1.98 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 8.00 ms\t"
             1107.017 finished e099 Success 1983 us init 8000 us billed 10 ms 13 MB 1000000 units
             1107.017 environment 0 Reclaimed
             1107.017 answered Invoke 200
            #0 201 {"FunctionName":"f","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f","Runtime":"provided.al2023","Role":"arn:aws:iam::123456789012:role/lambda-role","Handler":"bootstrap","CodeSize":44,"Description":"","Timeout":3,"MemorySize":128,"LastModified":"2026-01-01T00:00:00.000+0000","CodeSha256":"R1tPr2keZpkuBSA25YHTruhsRUhV9usC1q+zYrryq8s=","Version":"$LATEST","TracingConfig":{"Mode":"PassThrough"},"RevisionId":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","PackageType":"Zip","Architectures":["x86_64"],"EphemeralStorage":{"Size":512},"SnapStart":{"ApplyOn":"None","OptimizationStatus":"Off"},"LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/f"},"State":"Pending","StateReason":"The function is being created.","StateReasonCode":"Creating","RuntimeVersionConfig":{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c"}}
            #1 409 ResourceConflictException: The operation cannot be performed at this time. The function is currently in the following state: Pending
            #2 409 ResourceConflictException: The operation cannot be performed at this time. The function is currently in the following state: Pending
            #4 204 {}
            #5 404 ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST
            #3 200 {"StatusCode":200,"Payload":{"$text":"{}"},"ExecutedVersion":"$LATEST"}
        "#]],
    );
}

#[test]
fn payloads_are_checked() {
    let big = format!("\"{}\"", "x".repeat(6_291_455));
    let scenario = |payload: &str, kind: &str| {
        let invoke =
            json!({ "FunctionName": "f", "InvocationType": kind, "Payload": Blob::text(payload) });
        let answer =
            Scenario::new().function("f", ECHO).request("lambda", "Invoke", invoke).last_answer();
        serde_json::to_string(&answer.unwrap_err()).unwrap()
    };
    expect![[r#"{"code":"RequestTooLargeException","status":413,"message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation","extra":{"Type":"User"}}"#]].assert_eq(&scenario(&big, "RequestResponse"));
    expect![[r#"{"code":"RequestTooLargeException","status":413,"message":"Request must be smaller than 1048576 bytes for the InvokeFunction operation","extra":{"Type":"User"}}"#]].assert_eq(&scenario(&big, "Event"));
    expect![[r#"{"code":"InvalidRequestContentException","status":400,"message":"Could not parse request body into json: Could not parse payload into json: Unexpected end-of-input: expected close marker for Object (start marker at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1])\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1]","extra":{"Type":"User"}}"#]].assert_eq(&scenario("{", "RequestResponse"));
}

#[test]
fn what_is_not_emulated_is_refused_by_name() {
    for (service, operation, params, expected) in [
        (
            "lambda",
            "PublishVersion",
            json!({ "FunctionName": "f" }),
            expect![
                "501 NotImplementedException: Coldstart does not emulate lambda:PublishVersion yet."
            ],
        ),
        (
            "lambda",
            "Fly",
            json!({}),
            expect!["404 UnknownOperationException: Unknown operation lambda:Fly"],
        ),
        (
            "s3",
            "PutObject",
            json!({}),
            expect!["501 NotImplementedException: Coldstart does not emulate s3:PutObject yet."],
        ),
        (
            "lambda",
            "UpdateFunctionConfiguration",
            json!({ "FunctionName": "f", "Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"] }),
            expect![
                "501 NotImplementedException: Coldstart does not emulate Layers of UpdateFunctionConfiguration yet."
            ],
        ),
        (
            "lambda",
            "UpdateFunctionConfiguration",
            json!({ "FunctionName": "f", "DeadLetterConfig": { "TargetArn": "arn:aws:sqs:us-east-1:123456789012:q" } }),
            expect![
                "501 NotImplementedException: Coldstart does not emulate DeadLetterConfig of UpdateFunctionConfiguration yet."
            ],
        ),
        (
            "lambda",
            "UpdateFunctionConfiguration",
            json!({ "FunctionName": "f", "VpcConfig": { "SubnetIds": ["subnet-1"] } }),
            expect![
                "501 NotImplementedException: Coldstart does not emulate VpcConfig of UpdateFunctionConfiguration yet."
            ],
        ),
        (
            "lambda",
            "UpdateFunctionConfiguration",
            json!({ "FunctionName": "f", "SnapStart": { "ApplyOn": "PublishedVersions" } }),
            expect!["501 NotImplementedException: Coldstart does not emulate SnapStart yet."],
        ),
        (
            "lambda",
            "UpdateFunctionCode",
            json!({ "FunctionName": "f", "ZipFile": Blob::text("PK\u{3}\u{4}") }),
            expect![
                "501 NotImplementedException: Coldstart does not emulate zip packages (ZipFile takes the bare WebAssembly module) yet."
            ],
        ),
        (
            "lambda",
            "UpdateFunctionCode",
            json!({ "FunctionName": "f", "S3Bucket": "bucket", "S3Key": "key" }),
            expect![
                "501 NotImplementedException: Coldstart does not emulate S3Bucket of UpdateFunctionCode yet."
            ],
        ),
    ] {
        let refusal = Scenario::new()
            .function("f", ECHO)
            .request(service, operation, params)
            .last_answer()
            .unwrap_err();
        expected.assert_eq(&format!("{} {refusal}", refusal.status));
    }
}

#[test]
fn names_of_other_accounts_and_regions_and_qualifiers() {
    for (operation, params, expected) in [
        (
            "GetFunction",
            json!({ "FunctionName": "g" }),
            expect![[
                r#"{"code":"ResourceNotFoundException","status":404,"message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:g","extra":{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:g"}}"#
            ]],
        ),
        (
            "GetFunction",
            json!({ "FunctionName": "f", "Qualifier": "7" }),
            expect![[
                r#"{"code":"ResourceNotFoundException","status":404,"message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:7","extra":{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:7"}}"#
            ]],
        ),
        (
            "GetFunction",
            json!({ "FunctionName": "f:$LATEST", "Qualifier": "1" }),
            expect![[
                r#"{"code":"InvalidParameterValueException","status":400,"message":"The derived qualifier from the function name does not match the specified qualifier.","extra":{"Type":"User"}}"#
            ]],
        ),
        (
            "Invoke",
            json!({ "FunctionName": "g" }),
            expect![[
                r#"{"code":"ResourceNotFoundException","status":404,"message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:g:$LATEST","extra":{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:g:$LATEST"}}"#
            ]],
        ),
        (
            "Invoke",
            json!({ "FunctionName": "f", "Qualifier": "live" }),
            expect![[
                r#"{"code":"ResourceNotFoundException","status":404,"message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:live","extra":{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:live"}}"#
            ]],
        ),
        (
            "DeleteFunction",
            json!({ "FunctionName": "g", "Qualifier": "7" }),
            expect![[
                r#"{"code":"ResourceNotFoundException","status":404,"message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:g","extra":{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:g"}}"#
            ]],
        ),
        (
            "DeleteFunction",
            json!({ "FunctionName": "f", "Qualifier": "$LATEST" }),
            expect![[
                r#"{"code":"InvalidParameterValueException","status":400,"message":"$LATEST version cannot be deleted without deleting the function.","extra":{"Type":"User"}}"#
            ]],
        ),
        (
            "GetFunction",
            json!({ "FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:f" }),
            expect![[
                r#"{"code":"ResourceNotFoundException","status":404,"message":"Functions from 'eu-west-1' are not reachable in this region ('us-east-1')","extra":{"Type":"User","Message":"Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"}}"#
            ]],
        ),
        (
            "GetFunction",
            json!({ "FunctionName": "arn:aws:lambda:us-east-1:210987654321:function:f" }),
            expect![[r#"{"code":"AccessDeniedException","status":403,"message":null,"extra":{}}"#]],
        ),
    ] {
        let refusal = Scenario::new()
            .function("f", ECHO)
            .request("lambda", operation, params)
            .last_answer()
            .unwrap_err();
        expected.assert_eq(&serde_json::to_string(&refusal).unwrap());
    }
    let qualified = Scenario::new()
        .function("f", ECHO)
        .request(
            "lambda",
            "GetFunctionConfiguration",
            json!({ "FunctionName": "123456789012:function:f:$LATEST" }),
        )
        .last_answer()
        .unwrap();
    assert_eq!(
        qualified.output["FunctionArn"],
        "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST"
    );
    let deleted = Scenario::new()
        .function("f", ECHO)
        .request("lambda", "DeleteFunction", json!({ "FunctionName": "f", "Qualifier": "7" }))
        .last_answer()
        .unwrap();
    assert_eq!(deleted.status, 204);
}

#[test]
fn functions_are_listed_by_pages() {
    let scenario = Scenario::new().function("c", ECHO).function("a", ECHO).function("b", ECHO);
    let names = |answer: &crate::Response| -> Vec<String> {
        answer.output["Functions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["FunctionName"].as_str().unwrap().into())
            .collect()
    };
    let first = scenario
        .clone()
        .request("lambda", "ListFunctions", json!({ "MaxItems": 2 }))
        .last_answer()
        .unwrap();
    assert_eq!(names(&first), ["a", "b"]);
    let more = json!({ "MaxItems": 2, "Marker": first.output["NextMarker"] });
    let second = scenario.request("lambda", "ListFunctions", more).last_answer().unwrap();
    assert_eq!(names(&second), ["c"]);
    assert_eq!(second.output.get("NextMarker"), None);
    assert_eq!(second.output["Functions"][0].get("State"), None);
}

#[test]
fn the_json_log_format_has_records() {
    let module = "loop\nevent: print plain text\\n; respond 1";
    let scenario = |event: &str| {
        Scenario::new()
            .create_with("f", event, json!({ "LoggingConfig": { "LogFormat": "JSON", "LogGroup": "mine" }, "Timeout": 1 }))
            .rest()
            .invoke("f", "{}")
            .log()
    };
    expect![[r#"
        {"time":"2026-01-01T00:00:01.097Z","type":"platform.initStart","record":{"initializationType":"on-demand","phase":"init","runtimeVersion":"provided:al2023.v1","runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c","functionName":"f","functionVersion":"$LATEST"}}
        {"time":"2026-01-01T00:00:01.105Z","type":"platform.start","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","version":"$LATEST"}}
        plain text
        {"time":"2026-01-01T00:00:01.105Z","type":"platform.report","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","metrics":{"durationMs":0.6,"billedDurationMs":9,"memorySizeMB":128,"maxMemoryUsedMB":13,"initDurationMs":8.0},"status":"success"}}
    "#]].assert_eq(&scenario(module));
    expect![[r#"
        {"time":"2026-01-01T00:00:01.097Z","type":"platform.initStart","record":{"initializationType":"on-demand","phase":"init","runtimeVersion":"provided:al2023.v1","runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c","functionName":"f","functionVersion":"$LATEST"}}
        {"time":"2026-01-01T00:00:01.105Z","type":"platform.start","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","version":"$LATEST"}}
        {"time":"2026-01-01T00:00:02.105Z","type":"platform.runtimeDone","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","metrics":{"durationMs":1000.0,"producedBytes":138},"status":"timeout"}}
        {"time":"2026-01-01T00:00:02.105Z","type":"platform.report","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","metrics":{"durationMs":1000.0,"billedDurationMs":1008,"memorySizeMB":128,"maxMemoryUsedMB":13,"initDurationMs":8.0},"status":"timeout"}}
    "#]].assert_eq(&scenario("loop\nevent: sleep 5000"));
}

/// The lines that reach the group at these levels, with what the platform says cut to its type and status.
fn sent(application: &str, system: &str, script: &str) -> String {
    let levels = json!({ "LogFormat": "JSON", "ApplicationLogLevel": application, "SystemLogLevel": system });
    let log = Scenario::new()
        .create_with("f", script, json!({ "LoggingConfig": levels }))
        .at(1_000)
        .invoke("f", "{}")
        .rest()
        .log();
    let lines = log.lines().map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        match value["type"].as_str() {
            Some(kind) => {
                let status = value["record"]["status"].as_str().unwrap_or("-");
                format!("{kind} {status}\n")
            }
            None => format!("{line}\n"),
        }
    });
    lines.collect()
}

#[test]
fn log_levels_choose_what_is_sent() {
    let line = |level: &str| {
        format!("print {{\"timestamp\":\"2026-01-01T00:00:01Z\",\"level\":\"{level}\"}}\\n")
    };
    let script = format!(
        "loop\nevent: {}; {}; {}; print plain\\n; print {{\"level\":\"ERROR\"}}; respond 1",
        line("trace"),
        line("info"),
        line("ERROR")
    );
    expect![[r#"
        platform.initStart -
        platform.initRuntimeDone success
        platform.initReport success
        platform.start -
        {"timestamp":"2026-01-01T00:00:01Z","level":"trace"}
        {"timestamp":"2026-01-01T00:00:01Z","level":"info"}
        {"timestamp":"2026-01-01T00:00:01Z","level":"ERROR"}
        plain
        {"level":"ERROR"}
        platform.runtimeDone success
        platform.report success
    "#]].assert_eq(&sent("TRACE", "DEBUG", &script));
    expect![[r#"
        platform.initStart -
        platform.start -
        {"timestamp":"2026-01-01T00:00:01Z","level":"info"}
        {"timestamp":"2026-01-01T00:00:01Z","level":"ERROR"}
        plain
        {"level":"ERROR"}
        platform.report success
    "#]].assert_eq(&sent("INFO", "INFO", &script));
    expect![[r#"
        {"timestamp":"2026-01-01T00:00:01Z","level":"ERROR"}
    "#]].assert_eq(&sent("ERROR", "WARN", &script));
    let failing = "loop\nevent: exit 1";
    expect![[r#"
        platform.runtimeDone error
        platform.report error
    "#]].assert_eq(&sent("FATAL", "WARN", failing));
    expect![[r#"
        platform.initStart -
        platform.initRuntimeDone error
        platform.initReport error
        platform.initRuntimeDone error
        platform.initReport error
        platform.start -
        platform.runtimeDone error
        platform.report error
    "#]].assert_eq(&sent("FATAL", "DEBUG", "loop\ninit: exit 1\nevent: respond 1"));
}

#[test]
fn the_logs_of_a_function_are_read_with_the_logs_service() {
    let scenario = Scenario::new()
        .function("f", "loop\nevent: print one\\ntwo\\n; respond 1")
        .invoke("f", "{}")
        .rest();
    let group = "/aws/lambda/f";
    let ask = |operation: &str, params| {
        scenario.clone().request("logs", operation, params).last_answer().unwrap().output
    };
    let groups = ask("DescribeLogGroups", json!({}));
    expect![[r#"{"logGroups":[{"logGroupName":"/aws/lambda/f","creationTime":1767225601097,"metricFilterCount":0,"arn":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:*","storedBytes":460,"logGroupClass":"STANDARD","logGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f","deletionProtectionEnabled":false}]}"#]].assert_eq(&groups.to_string());
    let streams = ask("DescribeLogStreams", json!({ "logGroupName": group }));
    expect![[r#"{"logStreams":[{"logStreamName":"2026/01/01/[$LATEST]0cd5aab4a8fc6747a82a7d096d143b78","creationTime":1767225601097,"firstEventTimestamp":1767225601097,"lastEventTimestamp":1767225601105,"lastIngestionTime":1767225601105,"uploadSequenceToken":"00000000000000000000000000000000000000000000000000000006","arn":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:log-stream:2026/01/01/[$LATEST]0cd5aab4a8fc6747a82a7d096d143b78","storedBytes":0}]}"#]].assert_eq(&streams.to_string());
    let stream = &streams["logStreams"][0]["logStreamName"];
    let first = ask(
        "GetLogEvents",
        json!({ "logGroupName": group, "logStreamName": stream, "limit": 2, "startFromHead": true }),
    );
    expect![[r#"{"events":[{"timestamp":1767225601097,"message":"INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c\n","ingestionTime":1767225601097},{"timestamp":1767225601105,"message":"START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST\n","ingestionTime":1767225601105}],"nextForwardToken":"f/00000001767225601105000000000000000000000000000000000002/s","nextBackwardToken":"b/00000000000000000000000000000000000000000000000000000000/s"}"#]].assert_eq(&first.to_string());
    let messages = |output: &serde_json::Value| -> Vec<String> {
        output["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["message"].as_str().unwrap().into())
            .collect()
    };
    let next = json!({ "logGroupName": group, "logStreamName": stream, "limit": 2, "nextToken": first["nextForwardToken"] });
    let second = ask("GetLogEvents", next);
    assert_eq!(messages(&second), ["one\n", "two\n"]);
    let back = json!({ "logGroupName": group, "logStreamName": stream, "limit": 2, "nextToken": second["nextBackwardToken"] });
    assert_eq!(messages(&ask("GetLogEvents", back)), messages(&first));
    let end = ask("GetLogEvents", json!({ "logGroupName": group, "logStreamName": stream }));
    let rest = ask(
        "GetLogEvents",
        json!({ "logGroupName": group, "logStreamName": stream, "nextToken": end["nextForwardToken"] }),
    );
    assert_eq!((messages(&rest).len(), &rest["nextForwardToken"]), (0, &end["nextForwardToken"]));
    let found = ask(
        "FilterLogEvents",
        json!({ "logGroupName": group, "filterPattern": "RequestId -START", "limit": 1 }),
    );
    assert!(messages(&found)[0].starts_with("END RequestId"), "{found}");
    let more = ask(
        "FilterLogEvents",
        json!({ "logGroupName": group, "filterPattern": "RequestId -START", "nextToken": found["nextToken"] }),
    );
    assert!(messages(&more)[0].starts_with("REPORT RequestId"), "{more}");
}

#[test]
fn log_groups_are_made_written_and_deleted_by_requests() {
    let put = |messages: &[(u64, &str)]| {
        let events: Vec<_> =
            messages.iter().map(|(at, text)| json!({ "timestamp": at, "message": text })).collect();
        json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events })
    };
    let scenario = Scenario::new()
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "g", "tags": { "a": "b" } }))
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }))
        .request("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }))
        .request("logs", "PutLogEvents", put(&[(2, "second"), (3, "third")]))
        .request("logs", "PutLogEvents", put(&[(2, "b"), (1, "a")]))
        .request("logs", "PutLogEvents", put(&[(1, "first")]))
        .request(
            "logs",
            "GetLogEvents",
            json!({ "logGroupName": "g", "logStreamName": "s", "startFromHead": true }),
        )
        .request(
            "logs",
            "GetLogEvents",
            json!({ "logGroupName": "g", "logStreamName": "s", "nextToken": "invalid-token" }),
        )
        .request("logs", "ListTagsLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "DeleteLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }))
        .request("logs", "DeleteLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "DescribeLogStreams", json!({ "logGroupName": "g" }));
    check(
        scenario,
        expect![[r#"
                0.000 answered CreateLogGroup 200
                0.000 answered CreateLogGroup 400 ResourceAlreadyExistsException
                0.000 answered CreateLogStream 200
                0.000 answered CreateLogStream 400 ResourceAlreadyExistsException
                0.000 log "second"
                0.000 log "third"
                0.000 answered PutLogEvents 200
                0.000 answered PutLogEvents 400 InvalidParameterException
                0.000 log "first"
                0.000 answered PutLogEvents 200
                0.000 answered DeleteLogStream 200
                0.000 answered DeleteLogGroup 200
            #0 200 {}
            #1 400 ResourceAlreadyExistsException: The specified log group already exists
            #2 200 {}
            #3 400 ResourceAlreadyExistsException: The specified log stream already exists
            #4 200 {"nextSequenceToken":"00000000000000000000000000000000000000000000000000000002"}
            #5 400 InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order.
            #6 200 {"nextSequenceToken":"00000000000000000000000000000000000000000000000000000003"}
            read 200 {"events":[{"timestamp":1,"message":"first","ingestionTime":1767225600000},{"timestamp":2,"message":"second","ingestionTime":1767225600000},{"timestamp":3,"message":"third","ingestionTime":1767225600000}],"nextForwardToken":"f/00000000000000000003000000000000000000000000000000000002/s","nextBackwardToken":"b/00000000000000000000000000000000000000000000000000000000/s"}
            read 400 InvalidParameterException: The specified nextToken is invalid.
            read 200 {"tags":{"a":"b"}}
            #7 200 {}
            #8 200 {}
            read 400 ResourceNotFoundException: The specified log group does not exist.
        "#]],
    );
}

#[test]
fn a_session_keeps_a_bounded_log() {
    use crate::logs::{BYTES_MAX, Line, Logs};
    let mut world = crate::world::World::new(crate::Config::default());
    let mut logs = Logs::default();
    let message = "x".repeat(1 << 20);
    for at in 0..(BYTES_MAX as u64 >> 20) + 5 {
        let line = Line { timestamp_ms: at, request_id: None, message: message.clone() };
        logs.write(&mut world, "g", if at % 2 == 0 { "even" } else { "odd" }, line);
        world.events.clear();
    }
    let group = &logs.groups["g"];
    assert_eq!(group.stored_bytes, BYTES_MAX as u64);
    assert_eq!(group.streams["even"].events[0].at.timestamp_ms, 6, "the oldest five are gone");
    assert_eq!(group.streams["odd"].events[0].at.timestamp_ms, 5);
    assert_eq!(logs.delete_group("g"), Some(()));
    logs.write(&mut world, "g", "s", Line { timestamp_ms: 1, request_id: None, message });
    assert_eq!(logs.groups["g"].stored_bytes, 1 << 20);
}

/// Throws seeded requests at the door, made of the models' own members with values that are half sense, half nonsense.
/// Whatever comes, each request is answered once and the replayed history is the same. Every other seed goes past the
/// model's checks, to prove that the operations do not lean on them.
#[test]
fn no_request_panics() {
    const EMULATED: [&str; 19] = [
        "CreateFunction",
        "Invoke",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
        "DeleteFunction",
        "GetFunction",
        "GetFunctionConfiguration",
        "ListFunctions",
        "CreateLogGroup",
        "DeleteLogGroup",
        "DescribeLogGroups",
        "CreateLogStream",
        "DeleteLogStream",
        "DescribeLogStreams",
        "PutLogEvents",
        "GetLogEvents",
        "FilterLogEvents",
        "TagLogGroup",
        "PutRetentionPolicy",
    ];
    let mut accepted = 0;
    for seed in 0..40 {
        let mut rng = Rng::new(seed);
        let mut scenario = Scenario::new()
            .function("f", "loop\nevent: burn 10; print hi; sleep 5; respond $event");
        if seed % 2 == 1 {
            scenario = scenario.unchecked();
        }
        for _ in 0..40 {
            let operation = pick(&mut rng, &EMULATED);
            let service = if operation.contains("Log") { "logs" } else { "lambda" };
            let model = crate::model::service(service).unwrap();
            let mut params = serde_json::Map::new();
            let members =
                model.operations.get(operation).map_or(&[][..], |known| model.input_members(known));
            for member in members {
                if member.required || rng.below(8) == 0 {
                    params.insert(
                        member.name.clone(),
                        value(&mut rng, model, &member.name, &member.shape, 4),
                    );
                }
            }
            if members.is_empty() {
                params = odd_value(&mut rng, 3).as_object().cloned().unwrap_or_default();
                params.insert("logGroupName".into(), json!("g"));
            }
            scenario = scenario.request(service, operation, params.into());
            if rng.below(4) == 0 {
                scenario = scenario.rest();
            }
        }
        let history = scenario.run();
        assert_eq!(history.answers.len(), 41, "seed {seed}");
        accepted += history.answers.iter().filter(|(_, _, answer)| answer.is_ok()).count();
    }
    assert!(accepted > 400, "only {accepted} requests made sense: this test proves little");
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.below(from.len() as u64) as usize]
}

/// A value for a member: of its shape most of the time.
fn value(
    rng: &mut Rng,
    model: &Service,
    member: &str,
    shape: &str,
    depth: u64,
) -> serde_json::Value {
    if rng.below(25) == 0 {
        return odd_value(rng, 3);
    }
    let known = match member {
        "FunctionName" => Some(json!(pick(rng, &["f", "f", "g", "function:f", "f:$LATEST"]))),
        "Role" => Some(json!(crate::testing::ROLE)),
        "Runtime" => Some(json!("provided.al2023")),
        "Qualifier" => Some(json!(pick(rng, &["$LATEST", "1"]))),
        "logGroupName" | "logGroupIdentifier" => Some(json!(pick(rng, &["g", "/aws/lambda/f"]))),
        "logStreamName" => Some(json!(pick(rng, &["s", "t"]))),
        "ZipFile" => Some(Blob::text("\u{0}asmloop\nevent: respond 1")),
        "Payload" => Some(Blob::text(pick(rng, &["{}", "[1]", "{", "nul"]))),
        "InvocationType" => Some(json!(pick(rng, &["Event", "RequestResponse", "DryRun"]))),
        "LogType" => Some(json!("Tail")),
        "LogFormat" => Some(json!(pick(rng, &["Text", "JSON"]))),
        "PackageType" => Some(json!("Zip")),
        "Architectures" => Some(json!(["arm64"])),
        "orderBy" => Some(json!("LastEventTime")),
        "Timeout" | "MemorySize" | "timestamp" => Some(json!(rng.below(1_100))),
        _ => None,
    };
    if let Some(known) = known {
        return known;
    }
    let Some(shape) = model.shape(shape).filter(|_| depth > 0) else { return odd_value(rng, 2) };
    match &shape.kind {
        ShapeKind::String => json!(pick(rng, &["a", "b", "bootstrap", ""])),
        ShapeKind::Boolean => json!(rng.below(2) == 0),
        ShapeKind::Blob => Blob::text("x"),
        ShapeKind::List { of } => {
            (0..rng.below(3)).map(|_| value(rng, model, "", of, depth - 1)).collect()
        }
        ShapeKind::Map { of, .. } => {
            let entries =
                (0..rng.below(3)).map(|n| (format!("A{n}"), value(rng, model, "", of, depth - 1)));
            serde_json::Value::Object(entries.collect())
        }
        ShapeKind::Structure { members, .. } => {
            let mut object = serde_json::Map::new();
            for member in members {
                if member.required || member.name == "ZipFile" || rng.below(3) == 0 {
                    object.insert(
                        member.name.clone(),
                        value(rng, model, &member.name, &member.shape, depth - 1),
                    );
                }
            }
            object.into()
        }
        _ => json!(rng.below(2_000)),
    }
}

fn odd_value(rng: &mut Rng, depth: u64) -> serde_json::Value {
    const TEXTS: [&str; 22] = [
        "",
        "f",
        "g",
        "f:1",
        "$LATEST",
        "Event",
        "DryRun",
        "Tail",
        "None",
        "{}",
        "bG9vcA==",
        "/aws/lambda/f",
        "\u{0}",
        "ä\u{10ffff}",
        "%",
        "[a",
        "{ $.x = 1 }",
        "\"open",
        "-",
        "?",
        "f/00000000000000000000000000000000000000000000000000000000/s",
        "JSON",
    ];
    match rng.below(if depth == 0 { 6 } else { 9 }) {
        0 => serde_json::Value::Null,
        1 => json!(rng.below(2) == 0),
        2 => json!([0_i64, 1, -1, 128, 900, 10_240, i64::MAX, i64::MIN][rng.below(8) as usize]),
        3 => json!(u64::MAX),
        4 => json!(1.5e300),
        5 => json!(pick(rng, &TEXTS)),
        6 => (0..rng.below(3)).map(|_| odd_value(rng, depth - 1)).collect(),
        7 => Blob::text(pick(
            rng,
            &["\u{0}asmloop\nevent: respond 1", "\u{0}asm", "{}", "nonsense", ""],
        )),
        _ => {
            const KEYS: [&str; 8] =
                ["Variables", "A1", "ZipFile", "Size", "Mode", "LogFormat", "$sha256", "$text"];
            let entries =
                (0..rng.below(3)).map(|_| (pick(rng, &KEYS).to_owned(), odd_value(rng, depth - 1)));
            serde_json::Value::Object(entries.collect())
        }
    }
}

// Real modules on the reference tier

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
fn requests_that_read_leave_no_trace() {
    let with = |reads: bool| {
        let mut scenario = Scenario::new().function("f", ECHO).invoke("f", "{}");
        if reads {
            scenario = scenario
                .request("lambda", "GetFunction", json!({ "FunctionName": "f" }))
                .request("lambda", "ListFunctions", json!({ "MaxItems": 0 }))
                .request("logs", "FilterLogEvents", json!({ "logGroupName": "gone" }))
                .request("lambda", "GetPolicy", json!({ "FunctionName": "f" }));
        }
        scenario.rest().invoke("f", "{}").run()
    };
    let (plain, read) = (with(false), with(true));
    assert_eq!((plain.digest, plain.events), (read.digest, read.events));
    assert_eq!((plain.answers.len(), read.answers.len()), (3, 7));
}

#[test]
fn what_is_due_comes_before_a_request_of_the_same_instant() {
    // The function becomes active at 1,000 ms; an invocation that enters then finds it so.
    let scenario = Scenario::new().create_with("f", ECHO, json!({})).at(1_000).invoke("f", "1");
    assert_eq!(scenario.last_payload(), "1");
    let refusal = Scenario::new().create_with("f", ECHO, json!({})).at(999).invoke("f", "1");
    assert_eq!(refusal.last_answer().unwrap_err().code, "ResourceConflictException");
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
