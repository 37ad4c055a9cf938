//! Versions, aliases, and how invocations find them.

use super::ECHO;
use crate::Blob;
use crate::testing::Scenario;
use serde_json::{Value, json};

fn script(text: &str) -> Value {
    Blob::text(format!("\u{0}asmloop\nevent: respond {text}"))
}

/// `f` with version 1, which responds 1, and version 2, which responds 2.
fn two_versions() -> Scenario {
    Scenario::new()
        .function("f", "loop\nevent: respond 1")
        .request("lambda", "PublishVersion", json!({ "FunctionName": "f" }))
        .request(
            "lambda",
            "UpdateFunctionCode",
            json!({ "FunctionName": "f", "ZipFile": script("2") }),
        )
        .rest()
        .request("lambda", "PublishVersion", json!({ "FunctionName": "f" }))
}

/// Payload and version of the last answer.
#[track_caller]
fn ran(scenario: &Scenario) -> (String, String) {
    let output = scenario.last_answer().expect("an answer").output;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&output["Payload"]["$text"]), text(&output["ExecutedVersion"]))
}

fn pair(payload: &str, version: &str) -> (String, String) {
    (payload.to_owned(), version.to_owned())
}

#[test]
fn a_version_keeps_its_code_and_its_environments() {
    let scenario = two_versions().invoke("f:1", "{}").rest();
    assert_eq!(ran(&scenario), pair("1", "1"));
    let scenario = scenario.invoke("f", "{}").rest();
    assert_eq!(ran(&scenario), pair("2", "$LATEST"));
    let log = scenario.log();
    assert!(log.contains("Version: 1\n") && log.contains("Version: $LATEST\n"), "{log}");
    // The environment of version 1 outlives an update of $LATEST, and is used again.
    let update = json!({ "FunctionName": "f", "Timeout": 9 });
    let again = scenario
        .request("lambda", "UpdateFunctionConfiguration", update)
        .rest()
        .invoke("f:1", "{}")
        .rest();
    let trace = again.trace();
    assert_eq!(trace.matches(" cold").count(), 2, "{trace}");
    assert!(trace.contains("environment 1 Reclaimed"), "{trace}");
}

#[test]
fn what_has_not_changed_is_not_published_again() {
    let publish = |scenario: Scenario, description: &str| {
        let params = json!({ "FunctionName": "f", "Description": description });
        let scenario = scenario.request("lambda", "PublishVersion", params);
        let output = scenario.last_answer().expect("published").output;
        (scenario, output["Version"].clone(), output["Description"].clone())
    };
    let (scenario, version, description) = publish(Scenario::new().function("f", ECHO), "first");
    assert_eq!((version, description), (json!("1"), json!("first")));
    let (scenario, version, description) = publish(scenario, "second");
    assert_eq!((version, description), (json!("1"), json!("first")));
    let update = json!({ "FunctionName": "f", "MemorySize": 256 });
    let scenario = scenario.request("lambda", "UpdateFunctionConfiguration", update).rest();
    let (scenario, version, _) = publish(scenario, "third");
    assert_eq!(version, json!("2"));
    // A number is not used again, and a deleted version does not stand for what is there.
    let scenario = scenario.request(
        "lambda",
        "DeleteFunction",
        json!({ "FunctionName": "f", "Qualifier": "2" }),
    );
    assert_eq!(publish(scenario, "fourth").1, json!("3"));
}

#[test]
fn an_alias_with_weights_draws_from_the_seed() {
    let alias = json!({
        "FunctionName": "f", "Name": "live", "FunctionVersion": "1",
        "RoutingConfig": { "AdditionalVersionWeights": { "2": 0.25 } },
    });
    let mut scenario = two_versions().request("lambda", "CreateAlias", alias);
    for _ in 0..200 {
        scenario = scenario.invoke("f:live", "{}").rest();
    }
    let history = scenario.run();
    let second = history
        .answers
        .iter()
        .filter(|(_, _, answer)| {
            answer.as_ref().is_ok_and(|answer| answer.output["ExecutedVersion"] == "2")
        })
        .count();
    assert!((30..=70).contains(&second), "a quarter of 200, about: {second}");
    let whole =
        json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": "2", "RoutingConfig": {} });
    let scenario = scenario.request("lambda", "UpdateAlias", whole).invoke("f:live", "{}").rest();
    assert_eq!(ran(&scenario), pair("2", "2"));
}

#[test]
fn aliases_are_refused_what_they_cannot_be() {
    let refusal = |operation: &str, version: &str, weights: Value| {
        let params = json!({
            "FunctionName": "f", "Name": "live", "FunctionVersion": version,
            "RoutingConfig": { "AdditionalVersionWeights": weights },
        });
        let error = two_versions().request("lambda", operation, params).last_answer().unwrap_err();
        (error.status, error.message.unwrap_or_default())
    };
    for (version, weights, status, words) in [
        (
            "7",
            json!({}),
            404,
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:7",
        ),
        (
            "1",
            json!({ "1": 0.5 }),
            400,
            "Invalid function version 1. Function version 1 is already",
        ),
        ("1", json!({ "2": 0.5, "3": 0.1 }), 400, "Number of items in AdditionalVersionWeights"),
        ("$LATEST", json!({ "1": 0.5 }), 400, "$LATEST is not supported for an alias"),
        ("1", json!({ "7": 0.5 }), 404, "Function not found: "),
    ] {
        let (given, message) = refusal("CreateAlias", version, weights);
        assert!(given == status && message.starts_with(words), "{given} {message}");
    }
    assert_eq!(refusal("UpdateAlias", "1", json!({})).0, 404);
}

#[test]
fn a_version_that_an_alias_names_cannot_be_deleted() {
    let scenario = two_versions()
        .request(
            "lambda",
            "CreateAlias",
            json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": "1" }),
        )
        .request("lambda", "DeleteFunction", json!({ "FunctionName": "f", "Qualifier": "1" }));
    assert_eq!(scenario.last_answer().unwrap_err().code, "ResourceConflictException");
    let scenario = scenario
        .request("lambda", "DeleteAlias", json!({ "FunctionName": "f", "Name": "live" }))
        .request("lambda", "DeleteFunction", json!({ "FunctionName": "f", "Qualifier": "1" }))
        .invoke("f:1", "{}");
    let error = scenario.last_answer().unwrap_err();
    assert_eq!(error.code, "ResourceNotFoundException");
}

#[test]
fn lists_come_in_pages() {
    let list = |more: Value| {
        let mut params = json!({ "FunctionName": "f", "MaxItems": 2 });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let scenario = two_versions().request("lambda", "ListVersionsByFunction", params);
        scenario.last_answer().expect("a list").output
    };
    let versions = |page: &Value| {
        let all = page["Versions"].as_array().into_iter().flatten();
        all.map(|one| one["Version"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let first = list(json!({}));
    assert_eq!(versions(&first), ["$LATEST", "1"]);
    let second = list(json!({ "Marker": first["NextMarker"] }));
    assert_eq!(versions(&second), ["2"]);
    assert!(second.get("NextMarker").is_none());
}
