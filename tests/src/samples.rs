//! Example events by trigger: every one goes through a function as it is, and those that our own services send look as ours do.

use crate::cloud::Cloud;
use crate::data::Outcome;
use crate::kinds::{Context, NAME, deploy};
use crate::stub::{Piece, Stub};
use coldstart_engine::ApiError;
use serde_json::{Map, Value, json};

/// Members that a topic's event has whether or not a sample shows them.
const MAY_BE_LEFT_OUT: [&str; 2] = ["messageattributes", "subject"];

/// Runs a case.
pub fn sample_event(case: &Value, context: &Context) -> Outcome {
    let mut cloud = Cloud::new(context.sandbox(), 1_767_225_600_000);
    let stub = Stub::echo().logging([Piece::Event]);
    if let Err(outcome) = deploy(&mut cloud, &stub, "provided.al2023", 128, 3, json!({})) {
        return outcome;
    }
    let checked = echoed(&mut cloud, &case["event"])
        .and_then(|()| matched(&mut cloud, &case["event"]))
        .and_then(|()| published(&mut cloud, &case["event"]));
    match checked {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn call(cloud: &mut Cloud, service: &str, operation: &str, params: Value) -> Result<Value, String> {
    let params = params.as_object().cloned().unwrap_or_default();
    let refused = |error: ApiError| format!("{operation} was refused: {error}");
    cloud.call(service, operation, params).map(|response| response.output).map_err(refused)
}

/// A function that responds with its event gives it back.
fn echoed(cloud: &mut Cloud, event: &Value) -> Result<(), String> {
    let params = json!({ "FunctionName": NAME, "Payload": { "$text": event.to_string() } });
    let output = call(cloud, "lambda", "Invoke", params)?;
    let text = output["Payload"]["$text"].as_str().unwrap_or_default();
    let given: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if given == *event { Ok(()) } else { Err(format!("came back as {given}")) }
}

/// An event of a bus matches a pattern that asks for where it is from and of what kind.
fn matched(cloud: &mut Cloud, event: &Value) -> Result<(), String> {
    let (Some(source), Some(kind)) = (event["source"].as_str(), event["detail-type"].as_str())
    else {
        return Ok(());
    };
    let pattern = json!({ "source": [source], "detail-type": [kind] }).to_string();
    let params = json!({ "EventPattern": pattern, "Event": event.to_string() });
    match call(cloud, "events", "TestEventPattern", params)?["Result"] {
        Value::Bool(true) => Ok(()),
        _ => Err("matches no pattern for its source and kind".to_owned()),
    }
}

/// The same message, through a topic of ours, has the same members and values.
fn published(cloud: &mut Cloud, event: &Value) -> Result<(), String> {
    let sample = &event["Records"][0];
    let Some(message) = sample["Sns"]["Message"].as_str() else { return Ok(()) };
    let topic = call(cloud, "sns", "CreateTopic", json!({ "Name": "t" }))?["TopicArn"].clone();
    call(
        cloud,
        "lambda",
        "AddPermission",
        json!({
            "FunctionName": NAME, "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com",
            "SourceArn": topic,
        }),
    )?;
    let function = format!("arn:aws:lambda:us-east-1:{}:function:{NAME}", crate::cloud::ACCOUNT);
    let subscribe = json!({ "TopicArn": topic, "Protocol": "lambda", "Endpoint": function });
    call(cloud, "sns", "Subscribe", subscribe)?;
    let attributes = sample["Sns"]["MessageAttributes"].as_object().cloned().unwrap_or_default();
    let attributes: Map<String, Value> = attributes
        .into_iter()
        .map(|(name, given)| {
            let value = if given["Type"] == "Binary" { "BinaryValue" } else { "StringValue" };
            (name, json!({ "DataType": given["Type"], value: given["Value"] }))
        })
        .collect();
    let mut params =
        json!({ "TopicArn": topic, "Message": message, "MessageAttributes": attributes });
    if sample["Sns"]["Subject"].is_string() {
        params["Subject"] = sample["Sns"]["Subject"].clone();
    }
    call(cloud, "sns", "Publish", params)?;
    cloud.settle();
    let group = json!({ "logGroupName": format!("/aws/lambda/{NAME}") });
    let lines = call(cloud, "logs", "FilterLogEvents", group)?;
    let lines = lines["events"].as_array().into_iter().flatten();
    let mut logged =
        lines.filter_map(|line| serde_json::from_str::<Value>(line["message"].as_str()?).ok());
    let ours = logged.find(|event| event["Records"][0]["Sns"]["TopicArn"] == topic);
    let ours = &ours.ok_or("the function was not invoked for the topic")?["Records"][0];
    same_names(sample, ours)?;
    same_names(&sample["Sns"], &ours["Sns"])?;
    for member in ["Message", "Subject", "MessageAttributes"] {
        let (wanted, given) = (&sample["Sns"][member], &ours["Sns"][member]);
        if !wanted.is_null() && wanted != given {
            return Err(format!("{member}: expected {wanted}, got {given}"));
        }
    }
    Ok(())
}

/// Names of members, however they are capitalised: samples of other years differ in that.
fn same_names(wanted: &Value, given: &Value) -> Result<(), String> {
    let names = |value: &Value| -> Vec<String> {
        let names = value.as_object().into_iter().flat_map(Map::keys);
        let mut names: Vec<String> = names.map(|name| name.to_ascii_lowercase()).collect();
        names.sort();
        names
    };
    let (wanted, mut given) = (names(wanted), names(given));
    given.retain(|name| wanted.contains(name) || !MAY_BE_LEFT_OUT.contains(&name.as_str()));
    if wanted == given {
        Ok(())
    } else {
        Err(format!("expected members {wanted:?}, got {given:?}"))
    }
}
