//! Requests that nobody would send: none panics, whatever it holds.

use crate::Blob;
use crate::model::{Service, ShapeKind};
use crate::rng::Rng;
use crate::testing::Scenario;
use serde_json::json;

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
    throw(&EMULATED, 0..40, 400);
}

/// The same for what surrounds functions. Requests come to an alias and a version that are there.
#[test]
fn no_request_of_the_control_plane_panics() {
    let model = crate::model::service("lambda").unwrap();
    let others =
        ["Durable", "CapacityProvider", "CodeSigning", "Scaling", "ResourcePolicy", "InvokeW"];
    let all: Vec<&str> = model
        .operations
        .keys()
        .map(String::as_str)
        .filter(|name| !others.iter().any(|other| name.contains(other)))
        .collect();
    throw(&all, 100..140, 300);
}

fn throw(operations: &[&str], seeds: std::ops::Range<u64>, accepted_min: usize) {
    let mut accepted = 0;
    for seed in seeds {
        let mut rng = Rng::new(seed);
        let mut scenario = Scenario::new()
            .function("f", "loop\nevent: burn 10; print hi; sleep 5; respond $event");
        let mut requests = 41;
        if accepted_min < 400 {
            let alias = json!({ "FunctionName": "f", "FunctionVersion": "1", "Name": "a" });
            let publish = json!({ "FunctionName": "f" });
            scenario = scenario.request("lambda", "PublishVersion", publish);
            scenario = scenario.request("lambda", "CreateAlias", alias);
            requests += 2;
        }
        if seed % 2 == 1 {
            scenario = scenario.unchecked();
        }
        for _ in 0..40 {
            let operation = pick(&mut rng, operations);
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
        assert_eq!(history.answers.len(), requests, "seed {seed}");
        accepted += history.answers.iter().filter(|(_, _, answer)| answer.is_ok()).count();
    }
    assert!(
        accepted > accepted_min,
        "only {accepted} requests made sense: this test proves little"
    );
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
        "Qualifier" => Some(json!(pick(rng, &["$LATEST", "1", "a"]))),
        "FunctionVersion" | "CodeSha256" => Some(json!(pick(rng, &["$LATEST", "1", "2"]))),
        "Name" | "LayerName" => Some(json!(pick(rng, &["a", "b"]))),
        "EventSourceArn" => Some(json!("arn:aws:sqs:us-east-1:123456789012:q")),
        "Resource" => Some(json!("arn:aws:lambda:us-east-1:123456789012:function:f")),
        "Principal" => Some(json!(pick(rng, &["*", "s3.amazonaws.com", "123456789012"]))),
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
