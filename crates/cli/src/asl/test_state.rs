//! `coldstart asl test-state`: one state by itself.

use super::arguments::TestStateOptions;
use super::read_text;
use super::run::tell_log;
use super::world::{self, ROLE, json_text};
use crate::{Refused, Verdict, print};
use serde_json::{Value, json};

pub(crate) fn test_state(options: &TestStateOptions) -> Result<Verdict, Refused> {
    let definition = read_text(&options.file, "")?;
    let mut params = json!({
        "definition": definition,
        "roleArn": ROLE,
        "input": json_text(options.input.as_deref(), "input", "{}")?,
        "inspectionLevel": options.level,
    });
    if let Some(state) = &options.state {
        params["stateName"] = json!(state);
    }
    if let Some(path) = &options.variables {
        params["variables"] = json!(json_text(Some(path), "variables", "")?);
    }
    if let Some(path) = &options.context {
        params["context"] = json!(json_text(Some(path), "context", "")?);
    }
    if let Some(path) = &options.mock {
        params["mock"] = mock(&json_text(Some(path), "mock", "")?);
    }
    let mut cloud = world::cloud(options.functions.as_deref(), options.seed)?;
    cloud.facts.clear();
    let tested = cloud.ask("states", "TestState", params)?;
    let text = |name: &str| tested[name].as_str().unwrap_or_default();
    let verdict = match text("status") {
        "SUCCEEDED" | "CAUGHT_ERROR" => Verdict::Success,
        _ => Verdict::Failure,
    };
    if options.json {
        return print(format!("{tested}\n").as_bytes()).map(|()| verdict);
    }
    tell_log(&cloud);
    if !text("output").is_empty() {
        print(format!("{}\n", text("output")).as_bytes())?;
    }
    let said = ["status", "error", "cause"].map(text);
    let mut said: Vec<String> =
        said.into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect();
    if !text("nextState").is_empty() {
        said.push(format!("next is {:?}", text("nextState")));
    }
    eprintln!("coldstart: {}", said.join(": "));
    Ok(verdict)
}

/// The API wants a result as text; a file may hold it as JSON.
fn mock(text: &str) -> Value {
    let mut mock: Value = serde_json::from_str(text).unwrap_or_default();
    if let Some(result) = mock.get_mut("result").filter(|result| !result.is_string()) {
        *result = json!(result.to_string());
    }
    mock
}
