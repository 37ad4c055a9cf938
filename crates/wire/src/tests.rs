use super::*;

fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[track_caller]
fn decoded(
    method: &str,
    path: &str,
    query: &str,
    header: &[(&str, &str)],
    body: &str,
) -> (String, Value) {
    let request = decode(method, path, query, &headers(header), body.as_bytes()).expect("is read");
    (format!("{}:{}", request.service, request.operation), request.params)
}

#[test]
fn invoke_takes_members_from_path_query_headers_and_body() {
    let actual = decoded(
        "POST",
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/invocations",
        "Qualifier=%24LATEST",
        &[("x-amz-invocation-type", "Event"), ("X-Amz-Log-Type", "Tail")],
        "{\"a\": 1}",
    );
    let expected = json!({
        "FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f", "InvocationType": "Event", "LogType": "Tail",
        "Payload": { "$text": "{\"a\": 1}" }, "Qualifier": "$LATEST",
    });
    assert_eq!(actual, ("lambda:Invoke".to_owned(), expected));
}

#[test]
fn a_payload_that_is_no_text_is_base64() {
    let request = decode("POST", "/2015-03-31/functions/f/invocations", "", &[], &[0xff, 0])
        .expect("is read");
    assert_eq!(request.params["Payload"], "/wA=");
}

#[test]
fn lists_booleans_and_numbers_have_their_types() {
    let (operation, params) =
        decoded("DELETE", "/2017-03-31/tags/arn", "tagKeys=a&tagKeys=b%20c", &[], "");
    assert_eq!(
        (operation.as_str(), &params["TagKeys"]),
        ("lambda:UntagResource", &json!(["a", "b c"]))
    );
    let (operation, params) =
        decoded("GET", "/2015-03-31/functions/", "MaxItems=5&FunctionVersion=ALL", &[], "");
    assert_eq!(
        (operation.as_str(), params),
        ("lambda:ListFunctions", json!({ "MaxItems": 5, "FunctionVersion": "ALL" }))
    );
    let (_, params) = decoded("GET", "/2015-03-31/functions", "MaxItems=many", &[], "");
    assert_eq!(params["MaxItems"], "many");
}

#[test]
fn the_path_with_more_fixed_parts_wins() {
    let operation = |path: &str, query: &str| decoded("GET", path, query, &[], "").0;
    assert_eq!(operation("/2015-03-31/functions/f", ""), "lambda:GetFunction");
    assert_eq!(
        operation("/2015-03-31/functions/f/configuration", ""),
        "lambda:GetFunctionConfiguration"
    );
    assert_eq!(
        operation("/2018-10-31/layers", "find=LayerVersion&Arn=a"),
        "lambda:GetLayerVersionByArn"
    );
    assert_eq!(operation("/2018-10-31/layers", ""), "lambda:ListLayers");
}

#[test]
fn every_operation_of_the_model_is_found_at_its_own_address() {
    let lambda = model::service("lambda").expect("has a model");
    for (name, operation) in &lambda.operations {
        let (path, query) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
        let path: Vec<String> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "1".to_owned() } else { part.to_owned() })
            .collect();
        let request =
            decode(&operation.method, &path.join("/"), query, &[], b"{}").expect("is read");
        assert_eq!(request.operation, *name, "{}", operation.uri);
    }
}

#[test]
fn body_members_are_kept_and_unknown_ones_passed_over() {
    let body = r#"{"Timeout": 5, "Environment": {"Variables": {"A": "b"}}, "NewFangled": 1}"#;
    let actual = decoded("PUT", "/2015-03-31/functions/f/configuration", "", &[], body);
    let expected =
        json!({ "FunctionName": "f", "Timeout": 5, "Environment": { "Variables": { "A": "b" } } });
    assert_eq!(actual, ("lambda:UpdateFunctionConfiguration".to_owned(), expected));
    let error = decode("PUT", "/2015-03-31/functions/f/configuration", "", &[], b"{")
        .expect_err("is no JSON");
    assert_eq!((error.status, error.code.as_str()), (400, "InvalidRequestContentException"));
}

#[test]
fn nothing_listens_elsewhere() {
    for (method, path) in [
        ("GET", "/"),
        ("PATCH", "/2015-03-31/functions/f"),
        ("GET", "/2015-03-31/functions//invocations"),
    ] {
        let error = decode(method, path, "%=&%zz", &[], b"").expect_err("nothing there");
        assert_eq!((error.status, error.code.as_str()), (404, "UnknownOperationException"));
    }
}

#[test]
fn logs_names_its_operation_in_a_header() {
    let target = [("X-Amz-Target", "Logs_20140328.CreateLogGroup")];
    let actual = decoded("POST", "/", "", &target, r#"{"logGroupName": "g"}"#);
    assert_eq!(actual, ("logs:CreateLogGroup".to_owned(), json!({ "logGroupName": "g" })));
    let bad = headers(&[("x-amz-target", "Nowhere.Fly")]);
    assert_eq!(
        decode("POST", "/", "", &bad, b"{}").expect_err("unknown").code,
        "UnknownOperationException"
    );
    let bad = headers(&target);
    assert_eq!(
        decode("POST", "/", "", &bad, b"[]").expect_err("no object").code,
        "SerializationException"
    );
}

fn shown(response: &HttpResponse) -> String {
    let headers = response.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
    format!(
        "{}\n{}\n{}",
        response.status,
        headers.collect::<String>(),
        String::from_utf8_lossy(&response.body)
    )
}

#[test]
fn an_invocations_answer_is_the_body_and_headers() {
    let output = json!({
        "StatusCode": 200, "FunctionError": "Unhandled", "ExecutedVersion": "$LATEST", "LogResult": "YQ==",
        "Payload": { "$text": "{\"errorMessage\": \"x\"}" },
    });
    let response = encode("lambda", "Invoke", &Ok(Response { status: 200, output }));
    expect_test::expect![[r#"
        200
        Content-Type: application/json
        X-Amz-Function-Error: Unhandled
        X-Amz-Log-Result: YQ==
        X-Amz-Executed-Version: $LATEST
        Content-Length: 21

        {"errorMessage": "x"}"#]]
    .assert_eq(&shown(&response));
    let accepted = Response { status: 202, output: json!({ "StatusCode": 202 }) };
    assert_eq!(encode("lambda", "Invoke", &Ok(accepted)).body, b"");
}

#[test]
fn errors_spell_their_message_as_aws_does() {
    let error = |code: &str| ApiError {
        code: code.into(),
        status: 404,
        message: Some("gone".into()),
        extra: Map::new(),
    };
    let response = encode("lambda", "GetFunction", &Err(error("ResourceNotFoundException")));
    expect_test::expect![[r#"
        404
        Content-Type: application/json
        x-amzn-ErrorType: ResourceNotFoundException
        Content-Length: 32

        {"Type":"User","Message":"gone"}"#]]
    .assert_eq(&shown(&response));
    let body = |service: &str, code: &str| {
        String::from_utf8_lossy(&encode(service, "X", &Err(error(code))).body).into_owned()
    };
    assert_eq!(
        body("lambda", "InvalidParameterValueException"),
        r#"{"Type":"User","message":"gone"}"#
    );
    assert_eq!(body("lambda", "ValidationException"), r#"{"message":"gone"}"#);
    let logs = body("logs", "ResourceNotFoundException");
    assert_eq!(logs, r#"{"__type":"ResourceNotFoundException","message":"gone"}"#);
}

#[test]
fn step_functions_speaks_json_1_0() {
    let (operation, params) = decoded(
        "POST",
        "/",
        "",
        &[
            ("X-Amz-Target", "AWSStepFunctions.StartExecution"),
            ("Content-Type", "application/x-amz-json-1.0"),
        ],
        "{\"stateMachineArn\": \"a\", \"input\": \"{ }\"}",
    );
    assert_eq!(operation, "states:StartExecution");
    assert_eq!(params, json!({ "stateMachineArn": "a", "input": "{ }" }));
    let nothing = Response { status: 200, output: json!({}) };
    expect_test::expect![[r#"
        200
        Content-Type: application/x-amz-json-1.0
        Content-Length: 2

        {}"#]]
    .assert_eq(&shown(&encode("states", "TagResource", &Ok(nothing))));
    let error = ApiError {
        code: "InvalidArn".into(),
        status: 400,
        message: Some("Invalid Arn: 'x'".into()),
        extra: Map::new(),
    };
    let body = encode("states", "StartExecution", &Err(error)).body;
    assert_eq!(
        String::from_utf8_lossy(&body),
        r#"{"__type":"InvalidArn","message":"Invalid Arn: 'x'"}"#
    );
}

#[test]
fn errors_of_sqs_have_both_of_their_names() {
    let error = ApiError {
        code: "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
        status: 400,
        message: Some("m".to_owned()),
        extra: Map::new(),
    };
    let answer = encode("sqs", "GetQueueUrl", &Err(error));
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body, json!({ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "m" }));
    let older = answer.headers.iter().find(|(name, _)| name == "x-amzn-query-error");
    assert_eq!(
        older.map(|(_, value)| value.as_str()),
        Some("AWS.SimpleQueueService.NonExistentQueue;Sender")
    );
}
