//! Invocations: calls of guests, kinds of invocation, the tail, the stop button.

use super::{ECHO, check};
use crate::testing::{Scenario, Step};
use crate::{Blob, Fact};
use expect_test::expect;
use serde_json::json;

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
