use super::*;
use serde_json::{Map, Value, json};

#[track_caller]
fn check(service: &str, operation: &str, params: Value, expected: &str) {
    let params = params.as_object().cloned().unwrap_or_default();
    let actual = match validate(service, operation, &params) {
        Ok(()) => "ok".to_owned(),
        Err(error) => {
            format!("{} {}: {}", error.status, error.code, error.message.unwrap_or_default())
        }
    };
    assert_eq!(actual, expected);
}

#[test]
fn every_pattern_compiles_and_every_shape_is_there() {
    let mut patterns = 0;
    for name in SERVICES {
        let service = service(name).expect("listed");
        for shape in service.shapes() {
            if let Some(pattern) = &shape.pattern {
                assert!(pattern.compiles(), "{}: {}", shape.name, pattern.text);
                patterns += 1;
            }
            let used: Vec<&str> = match &shape.kind {
                ShapeKind::List { of } => vec![of],
                ShapeKind::Map { key, of } => vec![key, of],
                ShapeKind::Structure { members, .. } => {
                    members.iter().map(|m| m.shape.as_str()).collect()
                }
                _ => vec![],
            };
            for name in used {
                assert!(service.shape(name).is_some(), "{} names {name}", shape.name);
            }
        }
        for (name, operation) in &service.operations {
            let input = operation.input.as_ref();
            assert!(input.is_none_or(|input| service.shape(input).is_some()), "{name}");
        }
    }
    assert!(patterns > 80, "{patterns}");
    assert_eq!(service("lambda").expect("listed").operations.len(), 91);
}

#[test]
fn lookaround_patterns_mean_what_they_say() {
    let lambda = service("lambda").expect("listed");
    let matches = |shape: &str, text: &str| {
        lambda
            .shape(shape)
            .and_then(|shape| shape.pattern.as_ref())
            .expect("has a pattern")
            .matches(text)
    };
    assert!(matches("FunctionUrlQualifier", "v1") && !matches("FunctionUrlQualifier", "12"));
    assert!(!matches("FunctionUrlQualifier", "$LATEST"));
    assert!(matches("Alias", "1a") && !matches("Alias", "11"));
    assert!(matches("S3Bucket", "a.b") && !matches("S3Bucket", "a."));
    assert!(
        matches("FunctionUrlFunctionName", "f:live") && !matches("FunctionUrlFunctionName", "f:12")
    );
}

#[test]
fn a_good_request_passes() {
    let code = json!({ "ZipFile": { "$sha256": "00" } });
    let params = json!({ "FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r", "Code": code,
        "Runtime": "provided.al2023", "Handler": "bootstrap", "MemorySize": 128, "Environment": { "Variables": { "Ab": "x" } } });
    check("lambda", "CreateFunction", params, "ok");
    check(
        "lambda",
        "Invoke",
        json!({ "FunctionName": "f:$LATEST", "Payload": { "$text": "{}" }, "LogType": null }),
        "ok",
    );
    check(
        "logs",
        "CreateLogGroup",
        json!({ "logGroupName": "/aws/lambda/f", "tags": { "é": "ü" } }),
        "ok",
    );
}

#[test]
fn violations_are_listed_together_in_the_models_order() {
    check(
        "lambda",
        "Invoke",
        json!({ "LogType": "Head", "FunctionName": "" }),
        r"400 ValidationException: 3 validation errors detected: Value '' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?; Value '' at 'functionName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'Head' at 'logType' failed to satisfy constraint: Member must satisfy enum value set: [Tail, None]",
    );
}

#[test]
fn nested_members_lists_and_maps_are_named_by_path() {
    let base = |extra: Value| {
        let mut params = json!({ "FunctionName": "f" });
        params
            .as_object_mut()
            .expect("object")
            .extend(extra.as_object().cloned().unwrap_or_default());
        params
    };
    check(
        "lambda",
        "UpdateFunctionConfiguration",
        base(json!({ "VpcConfig": { "SecurityGroupIds": ["bad"] } })),
        "400 ValidationException: 1 validation error detected: Value '[bad]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: sg-[0-9a-zA-Z]*]",
    );
    check(
        "lambda",
        "UpdateFunctionConfiguration",
        base(json!({ "Environment": { "Variables": { "1A": "x" } } })),
        "400 ValidationException: 1 validation error detected: Value '{1A=x}' at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
    );
    check(
        "lambda",
        "UpdateFunctionCode",
        base(json!({ "Architectures": ["z80"] })),
        "400 ValidationException: 1 validation error detected: Value '[z80]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
    );
    check(
        "lambda",
        "UpdateFunctionCode",
        base(json!({ "Architectures": ["arm64", "x86_64"] })),
        "400 ValidationException: 1 validation error detected: Value '[arm64, x86_64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
    );
    check(
        "lambda",
        "UpdateFunctionConfiguration",
        base(json!({ "MemorySize": 64 })),
        "400 ValidationException: 1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
    );
}

#[test]
fn what_is_missing_is_null() {
    check(
        "lambda",
        "UntagResource",
        json!({ "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TagKeys": [] }),
        "400 ValidationException: 1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    );
    check(
        "logs",
        "CreateLogGroup",
        json!({}),
        "400 InvalidParameterException: 1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null",
    );
}

#[test]
fn wrong_types_and_unknown_members_are_refused() {
    check(
        "lambda",
        "UpdateFunctionConfiguration",
        json!({ "FunctionName": "f", "Timeout": "3" }),
        "400 SerializationException: STRING_VALUE can not be converted to an Integer",
    );
    check(
        "lambda",
        "UpdateFunctionConfiguration",
        json!({ "FunctionName": "f", "Timeout": 3.5 }),
        "400 SerializationException: DECIMAL_VALUE can not be converted to an Integer",
    );
    check(
        "lambda",
        "GetFunction",
        json!({ "FunctionName": { "a": 1 } }),
        "400 SerializationException: Start of structure or map found where not expected.",
    );
    check(
        "lambda",
        "GetFunction",
        json!({ "FunctionName": "f", "Name": "f" }),
        "400 SerializationException: Unknown parameter in input: \"Name\", must be one of: FunctionName, Qualifier",
    );
    check(
        "lambda",
        "Invoke",
        json!({ "FunctionName": "f", "Payload": { "$text": 1 } }),
        "400 SerializationException: Start of structure or map found where not expected.",
    );
    check(
        "lambda",
        "Fly",
        json!({}),
        "404 UnknownOperationException: Unknown operation lambda:Fly",
    );
}

#[test]
fn runtimes_and_names_have_lambdas_own_words() {
    let create = |name: &str, runtime: &str| json!({ "FunctionName": name, "Role": "arn:aws:iam::123456789012:role/r", "Code": {}, "Runtime": runtime });
    check(
        "lambda",
        "CreateFunction",
        create("f", "go1.x"),
        "400 InvalidParameterValueException: The runtime parameter of go1.x is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.",
    );
    check(
        "lambda",
        "CreateFunction",
        create("f", "PYTHON3.9"),
        "400 InvalidParameterValueException: Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2] or be a valid ARN",
    );
    check(
        "lambda",
        "CreateFunction",
        create(&"a".repeat(65), "custom"),
        &format!(
            "400 InvalidParameterValueException: 1 validation error detected: Value '{}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64",
            "a".repeat(65)
        ),
    );
}

#[test]
fn enumerations_print_in_the_order_of_javas_sets() {
    assert_eq!(java::set_order(["BUFFERED", "RESPONSE_STREAM"]), ["RESPONSE_STREAM", "BUFFERED"]);
    assert_eq!(java::set_order(["x86_64", "arm64"]), ["x86_64", "arm64"]);
    assert_eq!(java::set_order(["Allow", "Terminate"]), ["Terminate", "Allow"]);
}

#[test]
fn logs_names_are_too_long_in_logs_own_words() {
    check(
        "logs",
        "CreateLogGroup",
        json!({ "logGroupName": "a".repeat(513) }),
        "400 InvalidParameterException: Invalid LogGroup or LogStream, both must have length less than or equal to 512.",
    );
    check(
        "logs",
        "GetLogEvents",
        json!({ "logStreamName": "s", "limit": 10001 }),
        "400 InvalidParameterException: 1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
    );
}

#[test]
fn no_value_panics() {
    let mut deep = json!([]);
    for _ in 0..200 {
        deep = json!([{ "a": deep }]);
    }
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\u{0}é\u{1F980}".repeat(200)),
        json!([]),
        json!([null, 1, "x", {}]),
        json!({}),
        json!({ "$text": null }),
        json!({ "": [] }),
        deep,
    ];
    let mut refused = 0;
    for name in SERVICES {
        let service = service(name).expect("listed");
        for (operation_name, operation) in &service.operations {
            for member in service.input_members(operation) {
                for value in &odd {
                    // Once as the member itself, once inside of it, as far as the shape lets it.
                    for value in [
                        value.clone(),
                        json!([value]),
                        json!({ "Variables": value }),
                        json!({ "a": value }),
                    ] {
                        let mut params = Map::new();
                        params.insert(member.name.clone(), value);
                        refused += usize::from(validate(name, operation_name, &params).is_err());
                    }
                }
            }
        }
    }
    assert!(refused > 10_000, "{refused}");
}
