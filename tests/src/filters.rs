//! The filter languages: patterns with events, records and policies, and what AWS said of each.

use crate::data::Outcome;
use crate::kinds::{Context, Run};
use coldstart_engine::ApiError;
use coldstart_engine::patterns::esm::Filters;
use coldstart_engine::patterns::events;
use coldstart_engine::patterns::sns::{self, Policy, Refusal, Scope};
use serde_json::{Value, json};

/// The runner of a kind of this file's subject.
pub fn runner(name: &str) -> Option<Run> {
    Some(match name {
        "eventbridge_pattern" => eventbridge_pattern,
        "esm_filter" => esm_filter,
        "sns_filter_policy" => sns_filter_policy,
        _ => return None,
    })
}

fn eventbridge_pattern(case: &Value, _: &Context) -> Outcome {
    let given = |raw: &str, parsed: &str| {
        case[raw].as_str().map_or_else(|| spaced(&case[parsed]), str::to_owned)
    };
    let answer = events::test(&given("pattern_raw", "pattern"), &given("event_raw", "event"));
    let expected = &case["expect"];
    let actual = match answer {
        Ok(true) => json!({ "result": "match" }),
        Ok(false) => json!({ "result": "nomatch" }),
        Err(ApiError { code, status, message, .. }) => {
            // Some recordings keep the first line only, beside the whole text.
            let whole = message.unwrap_or_default();
            let shown = match expected.get("message_full") {
                Some(full) if *full != whole.as_str() => {
                    return Outcome::Failed(format!("expected message {full}, got {whole:?}"));
                }
                Some(_) => whole.split("\n at [").next().unwrap_or_default().to_owned(),
                None => whole,
            };
            json!({ "result": "error", "code": code, "status": status, "message": shown })
        }
    };
    let mut expected = expected.clone();
    if let Some(expected) = expected.as_object_mut() {
        expected.remove("message_full");
    }
    same(&expected, &actual)
}

fn esm_filter(case: &Value, _: &Context) -> Outcome {
    let patterns = case["filter_criteria"]["Filters"].as_array().into_iter().flatten();
    let filters = match Filters::parse(patterns.filter_map(|filter| filter["Pattern"].as_str())) {
        Ok(filters) => filters,
        Err(error) => {
            let actual = json!({ "error": {
                "Error": { "Code": error.code, "Message": error.message },
                "ResponseMetadata": { "HTTPHeaders": {}, "HTTPStatusCode": error.status },
                "Type": error.extra["Type"],
                "message": error.message,
            } });
            return same(&case["expect"], &actual);
        }
    };
    let Some(puts) = case["puts"].as_array() else {
        return same(&case["expect"], &json!({ "match": filters.pass(&case["record"]) }));
    };
    // Of a table's stream: all that was delivered, once each, in order. Deliveries were recorded cumulatively.
    let passed: Vec<&Value> =
        puts.iter().filter(|item| filters.pass(&stream_record(item))).collect();
    let mut delivered: Vec<&Value> = Vec::new();
    let batches = case["recorded"].as_array().into_iter().flatten();
    for batch in batches.flat_map(|batches| batches.as_array().into_iter().flatten()) {
        for record in batch["Records"].as_array().into_iter().flatten() {
            let item = &record["dynamodb"]["NewImage"];
            if !delivered.contains(&item) {
                delivered.push(item);
            }
        }
    }
    same(&json!(delivered), &json!(passed))
}

/// The record of a table's stream that putting an item makes.
fn stream_record(item: &Value) -> Value {
    json!({
        "eventName": "INSERT", "eventSource": "aws:dynamodb",
        "dynamodb": { "ApproximateCreationDateTime": 1_767_225_600, "Keys": { "id": item["id"] }, "NewImage": item },
    })
}

fn sns_filter_policy(case: &Value, _: &Context) -> Outcome {
    let text = case["filter_policy_raw"].as_str().unwrap_or_default();
    let expected = &case["expect"];
    // Subscribe puts its own words before those of SetSubscriptionAttributes; a case does not say which of them it was.
    let words = match expected["message"].as_str() {
        Some(message) if message.starts_with("Invalid parameter: Attributes Reason: ") => {
            "Attributes Reason: "
        }
        _ => "",
    };
    let refused = if case["attribute"] == "FilterPolicyScope" {
        sns::scope(text).err().map(|why| format!("{words}FilterPolicyScope: {why}"))
    } else {
        let scope = case["scope"].as_str().and_then(|scope| sns::scope(scope).ok());
        match Policy::parse(text, scope.unwrap_or(Scope::MessageAttributes)) {
            Ok(_) => None,
            Err(Refusal::Policy(why)) => Some(format!("{words}FilterPolicy: {why}")),
            Err(Refusal::Plain(why)) => Some(why),
        }
    };
    let actual = match refused {
        Some(why) => {
            let message = format!("Invalid parameter: {why}");
            json!({ "result": "error", "code": "InvalidParameter", "status": 400, "message": message })
        }
        None => json!({ "result": "ok" }),
    };
    same(expected, &actual)
}

fn same(expected: &Value, actual: &Value) -> Outcome {
    if expected == actual {
        Outcome::Passed
    } else {
        Outcome::Failed(format!("expected {expected}, got {actual}"))
    }
}

/// JSON as the recorder's program wrote it: with a space after commas and colons.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(all) => {
            format!("[{}]", all.iter().map(spaced).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let members =
                members.iter().map(|(name, value)| format!("{}: {}", json!(name), spaced(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
