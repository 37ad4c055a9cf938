//! Requests: functions and their names, pages, what is refused, what comes before what.

use super::{ECHO, check};
use crate::Blob;
use crate::testing::Scenario;
use expect_test::expect;
use serde_json::json;

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
fn what_is_not_emulated_is_refused_by_name() {
    for (service, operation, params, expected) in [
        (
            "lambda",
            "CreateCodeSigningConfig",
            json!({ "AllowedPublishers": { "SigningProfileVersionArns": ["arn:aws:signer:us-east-1:123456789012:/signing-profiles/p/v"] } }),
            expect![
                "501 NotImplementedException: Coldstart does not emulate lambda:CreateCodeSigningConfig yet."
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
            json!({ "FunctionName": "f", "VpcConfig": { "SubnetIds": ["subnet-1"] } }),
            expect![
                "501 NotImplementedException: Coldstart does not emulate VpcConfig of UpdateFunctionConfiguration yet."
            ],
        ),
        (
            "lambda",
            "UpdateFunctionConfiguration",
            json!({ "FunctionName": "f", "SnapStart": { "ApplyOn": "Everything" } }),
            expect![
                "400 ValidationException: 1 validation error detected: Value 'Everything' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value set: [PublishedVersions, None]"
            ],
        ),
        (
            "lambda",
            "UpdateFunctionCode",
            json!({ "FunctionName": "f", "ZipFile": Blob::text("PK\u{3}\u{4}") }),
            expect![
                "400 InvalidParameterValueException: Could not unzip uploaded file. Please check your file, then try to upload again."
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
