//! `coldstart asl run`: an execution from its start to its end, for CI jobs.

use super::arguments::RunOptions;
use super::world::{self, ROLE};
use crate::cloud::{Cloud, resource_name};
use crate::{Refused, Verdict, print};
use coldstart_asl::MachineType;
use coldstart_engine::{Fact, Timestamp};
use serde_json::{Map, Value, json};
use std::path::Path;

/// A year, in microseconds: an execution takes no longer. Source: "Service quotas" in the developer guide.
const EXECUTION_US_MAX: u64 = 366 * 86_400 * 1_000_000;

pub(crate) fn run(options: &RunOptions) -> Result<Verdict, Refused> {
    let definition = world::definition(&options.file, options.machine)?;
    let input = world::json_text(options.input.as_deref(), "input", "{}")?;
    let mut cloud = world::cloud(options.functions.as_deref(), options.seed)?;
    let name = match &options.name {
        Some(name) => name.clone(),
        None => resource_name(&options.file, "machine", 80),
    };
    let case = match &options.mocks {
        Some(mocks) => world::set_mocks(&mut cloud, mocks, &name, options.case.as_deref())?,
        None => None,
    };
    let mut arn = create(&mut cloud, &name, definition, options.machine)?;
    if let Some(case) = case {
        arn = format!("{arn}#{case}");
    }
    cloud.facts.clear();
    let ended = match options.machine {
        MachineType::Standard => standard(&mut cloud, &arn, &input)?,
        MachineType::Express => {
            let params = json!({ "stateMachineArn": arn, "input": input });
            cloud.ask("states", "StartSyncExecution", params)?
        }
    };
    if let Some(path) = &options.history {
        let events = history(&mut cloud, &ended["executionArn"])?;
        let text = format!("{:#}\n", json!({ "events": events }));
        std::fs::write(path, text)
            .map_err(|error| Refused(format!("{}: {error}", path.display())))?;
    }
    report(options, &cloud, &ended)
}

/// CreateStateMachine; one of that name that a workspace holds already gets this definition.
fn create(
    cloud: &mut Cloud,
    name: &str,
    definition: String,
    machine: MachineType,
) -> Result<String, Refused> {
    let kind = match machine {
        MachineType::Standard => "STANDARD",
        MachineType::Express => "EXPRESS",
    };
    let params = json!({ "name": name, "definition": definition, "roleArn": ROLE, "type": kind });
    let created = match cloud.request("states", "CreateStateMachine", params)? {
        Ok(response) => response.output,
        Err(error) if error.code == "StateMachineAlreadyExists" => {
            let known = cloud.ask("states", "ListStateMachines", json!({ "maxResults": 1000 }))?;
            let mut known = known["stateMachines"].as_array().into_iter().flatten();
            let arn = known.find(|one| one["name"] == name && one["type"] == kind);
            let arn = arn.map(|one| one["stateMachineArn"].clone());
            let arn = arn.ok_or_else(|| Refused(format!("CreateStateMachine: {error}")))?;
            let params = json!({ "stateMachineArn": arn, "definition": definition });
            cloud.ask("states", "UpdateStateMachine", params)?;
            json!({ "stateMachineArn": arn })
        }
        Err(error) => return Err(Refused(format!("CreateStateMachine: {error}"))),
    };
    Ok(created["stateMachineArn"].as_str().unwrap_or_default().to_owned())
}

fn standard(cloud: &mut Cloud, arn: &str, input: &str) -> Result<Value, Refused> {
    let params = json!({ "stateMachineArn": arn, "input": input });
    let started = cloud.ask("states", "StartExecution", params)?;
    let execution = json!({ "executionArn": started["executionArn"] });
    let latest = Timestamp(cloud.engine.now().0.saturating_add(EXECUTION_US_MAX));
    loop {
        let described = cloud.ask("states", "DescribeExecution", execution.clone())?;
        // An engine at rest lets a person answer a task token before it times out; here is no person.
        let next = cloud.engine.next_deadline().filter(|at| *at <= latest);
        match next {
            Some(at) if described["status"] == "RUNNING" => cloud.engine.run_until(at),
            _ => return Ok(described),
        }
    }
}

/// All events, page by page.
fn history(cloud: &mut Cloud, arn: &Value) -> Result<Vec<Value>, Refused> {
    let mut events = Vec::new();
    let mut params = json!({ "executionArn": arn, "maxResults": 1000 });
    loop {
        let mut page = cloud.ask("states", "GetExecutionHistory", params.clone())?;
        if let Value::Array(more) = page["events"].take() {
            events.extend(more);
        }
        match page["nextToken"].take() {
            Value::Null => return Ok(events),
            token => params["nextToken"] = token,
        }
    }
}

/// The functions' log, on stderr.
pub(crate) fn tell_log(cloud: &Cloud) {
    for fact in &cloud.facts {
        if let Fact::LogLine { message, .. } = fact {
            eprintln!("{message}");
        }
    }
}

fn report(options: &RunOptions, cloud: &Cloud, ended: &Value) -> Result<Verdict, Refused> {
    let text = |name: &str| ended[name].as_str().unwrap_or_default();
    let status = text("status");
    let verdict = if status == "SUCCEEDED" { Verdict::Success } else { Verdict::Failure };
    if options.json {
        return print(format!("{}\n", object(cloud, ended)).as_bytes()).map(|()| verdict);
    }
    tell_log(cloud);
    match status {
        "SUCCEEDED" => print(format!("{}\n", text("output")).as_bytes())?,
        "RUNNING" => eprintln!("coldstart: {}", waiting(&options.file)),
        _ => {
            let said = [status, text("error"), text("cause")];
            let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
            eprintln!("coldstart: {}", said.join(": "));
        }
    }
    Ok(verdict)
}

/// At rest and not at its end: somebody outside was asked, and is not here.
fn waiting(file: &Path) -> String {
    let file = file.display();
    format!(
        "{file}: the execution waits for an answer that nobody gives (a task token or an activity); --mocks can give it"
    )
}

/// What `--json` prints: times are seconds since 1970, of the virtual clock; JSON texts are shown as JSON.
fn object(cloud: &Cloud, ended: &Value) -> Value {
    let mut object = Map::new();
    for name in
        ["status", "executionArn", "startDate", "stopDate", "error", "cause", "billingDetails"]
    {
        if let Some(value) = ended.get(name) {
            object.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(output) = ended["output"].as_str() {
        let output = serde_json::from_str(output).unwrap_or_else(|_| json!(output));
        object.insert("output".to_owned(), output);
    }
    if let (Some(start), Some(stop)) = (ended["startDate"].as_f64(), ended["stopDate"].as_f64()) {
        object.insert("durationSeconds".to_owned(), json!(((stop - start) * 1e3).round() / 1e3));
    }
    let log: Vec<&str> = cloud
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::LogLine { message, .. } => Some(message.as_str()),
            _ => None,
        })
        .collect();
    object.insert("log".to_owned(), json!(log));
    Value::Object(object)
}
