//! Scripts of calls, definitions that AWS refuses, and definitions that it validates.

use super::normalise::Normaliser;
use super::{call, cloud_of, definition_text, error_json, refused, role};
use crate::cloud::{Cloud, is_absent};
use crate::compare::{Bindings, compare, short};
use crate::data::Outcome;
use crate::kinds::Context;
use crate::transcript::absence;
use coldstart_engine::ApiError;
use serde_json::{Value, json};

/// CreateStateMachine of a definition, or of a request, that AWS refuses.
pub(crate) fn create_reject(case: &Value, context: &Context) -> Outcome {
    let mut cloud = cloud_of(case, context);
    let mut params = case["request"].clone();
    params["definition"] = json!(definition_text(case));
    params["roleArn"] = json!(role());
    if params["name"].is_null() {
        params["name"] = json!("recorded-machine");
    }
    if let Some(kind) = case["stateMachineType"].as_str() {
        params["type"] = json!(kind);
    }
    let error = match call(&mut cloud, "CreateStateMachine", params) {
        Ok(_) => return Outcome::Failed("was not refused".into()),
        Err(error) if is_absent(&error) => return refused("CreateStateMachine", &error),
        Err(error) => error,
    };
    let expected = &case["expect"];
    // Some messages are those of another implementation's own mistake.
    let own_words =
        expected["messageIsNotAws"] == true || expected["error"]["messageIsNotAws"] == true;
    let ours =
        if own_words { json!({ "error": { "code": error.code } }) } else { error_json(&error) };
    let wanted = if own_words {
        json!({ "error": { "code": expected["error"]["code"] } })
    } else {
        json!({ "error": expected["error"] })
    };
    compared(case, &wanted, &ours, &mut Bindings::default())
}

fn compared(case: &Value, wanted: &Value, ours: &Value, bindings: &mut Bindings) -> Outcome {
    let ours = Normaliser::new(case).ours(wanted, ours);
    match compare(&super::normalise::compact(wanted), &ours, bindings) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

/// ValidateStateMachineDefinition.
pub(crate) fn validate(case: &Value, context: &Context) -> Outcome {
    let mut cloud = cloud_of(case, context);
    let params = json!({ "definition": definition_text(case), "type": case["stateMachineType"] });
    match call(&mut cloud, "ValidateStateMachineDefinition", params) {
        Ok(answer) => compared(case, &case["expect"], &answer, &mut Bindings::default()),
        Err(error) => refused("ValidateStateMachineDefinition", &error),
    }
}

/// Calls in order, with answers.
pub(crate) fn script(case: &Value, context: &Context) -> Outcome {
    let steps = case["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    if let Some(rule) = needs_fixture(steps) {
        return Outcome::Skipped(rule);
    }
    let mut player = Player {
        cloud: cloud_of(case, context),
        normaliser: Normaliser::new(case),
        bindings: Bindings::default(),
        case,
        steps,
        answers: Vec::new(),
        starts: 0,
        roles: Vec::new(),
    };
    for index in 0..steps.len() {
        if let Err(outcome) = player.step(index) {
            return outcome;
        }
    }
    match player.cloud.check_replay() {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

/// A state machine that no step makes came out of a template.
fn needs_fixture(steps: &[Value]) -> Option<String> {
    let made = |arn: &str| {
        let name = arn.rsplit("stateMachine:").next()?.split(':').next()?;
        let mut creates = steps.iter().filter(|step| step["op"] == "create_state_machine");
        creates.find(|step| step["params"]["name"] == *name)
    };
    let missing = steps.iter().any(|step| {
        let arn = step["params"]["stateMachineArn"].as_str().unwrap_or_default();
        arn.contains(":stateMachine:")
            && step["expectError"] != true
            && step["op"] != "delete_state_machine"
            && made(arn).is_none()
    });
    missing.then(|| "needs deploy_cfn_template, whose template is not among the data".to_owned())
}

struct Player<'a> {
    cloud: Cloud,
    normaliser: Normaliser,
    bindings: Bindings,
    case: &'a Value,
    steps: &'a [Value],
    answers: Vec<Value>,
    starts: usize,
    /// Roles that only their placeholders told apart.
    roles: Vec<(String, String)>,
}

impl Player<'_> {
    fn step(&mut self, index: usize) -> Result<(), Outcome> {
        let step = &self.steps[index];
        let operation = pascal(step["op"].as_str().unwrap_or_default());
        let params = self.params(index)?;
        let expected = step["expect"].as_object().and_then(|members| members.values().next());
        // A missing value: the client does not send such a request at all, and for the service it would be an absent member.
        let message = |expected: &Value| expected["error"]["message"].as_str().map(str::to_owned);
        if expected.and_then(message).is_some_and(|message| message.contains("value: None, type")) {
            self.answers.push(Value::Null);
            return Ok(());
        }
        if ["Describe", "List", "GetExecutionHistory"]
            .iter()
            .any(|name| operation.starts_with(name))
        {
            let running = expected.is_some_and(|expected| expected["status"] == "RUNNING");
            self.settle(params["executionArn"].as_str().filter(|_| !running));
        }
        let answer = call(&mut self.cloud, &operation, params);
        if let Err(error) = &answer
            && is_absent(error)
        {
            return Err(Outcome::Skipped(absence("states", &operation, error)));
        }
        let fail = |why: String| Err(Outcome::Failed(format!("step {index} {operation}: {why}")));
        let ours = match (&answer, step["expectError"] == true) {
            (Ok(output), false) => output.clone(),
            (Err(error), true) => error_json(error),
            (Ok(output), true) => return fail(format!("was not refused: {}", short(output))),
            (Err(error), false) => return fail(format!("was refused: {error}")),
        };
        self.answers.push(answer.unwrap_or_default());
        let Some(expected) = expected else { return Ok(()) };
        // What the client refused before it sent anything is refused here, too, in our own words.
        let by_client = expected["error"]["message"]
            .as_str()
            .is_some_and(|message| message.starts_with("Parameter validation failed"));
        if by_client {
            return Ok(());
        }
        let mut text = ours.to_string();
        for (role, placeholder) in &self.roles {
            text = text.replace(role.as_str(), placeholder);
        }
        let ours: Value = serde_json::from_str(&text).unwrap_or(ours);
        let ours = self.normaliser.ours(expected, &ours);
        match compare(&super::normalise::compact(expected), &ours, &mut self.bindings) {
            Ok(()) => Ok(()),
            Err(why) => fail(why),
        }
    }

    /// Lets happen what somebody waits for, and an execution that is looked at run into its timeouts.
    fn settle(&mut self, execution_arn: Option<&str>) {
        self.cloud.settle();
        let Some(execution_arn) = execution_arn else { return };
        for _ in 0..1_000 {
            let params = json!({ "executionArn": execution_arn });
            let described = call(&mut self.cloud, "DescribeExecution", params).unwrap_or_default();
            if described["status"] != "RUNNING" || !self.cloud.advance_to_deadline() {
                return;
            }
            self.cloud.settle();
        }
    }

    /// The parameters of a step, with what the recorder lost put back.
    fn params(&mut self, index: usize) -> Result<Value, Outcome> {
        let step = &self.steps[index];
        let mut params = self.resolved(&step["params"]);
        match step["op"].as_str().unwrap_or_default() {
            "start_execution" => {
                self.starts += 1;
                if params["name"].is_null() {
                    params["name"] = json!(format!("exec-{:04}", self.starts));
                }
            }
            "create_state_machine" => self.mock(index, &params)?,
            _ => {}
        }
        if params.get("nextToken").is_some_and(Value::is_null) {
            let token = self.answers.iter().rev().find_map(|answer| answer.get("nextToken"));
            params["nextToken"] = token.cloned().unwrap_or_default();
        }
        if params["mapRunArn"]
            .as_str()
            .is_some_and(|arn| arn.ends_with(":00000000-0000-0000-0000-000000000000"))
        {
            let known =
                self.answers.iter().rev().find_map(|answer| answer.pointer("/mapRuns/0/mapRunArn"));
            params["mapRunArn"] = known.cloned().unwrap_or_default();
        }
        self.tell_roles_apart(index, &mut params);
        Ok(params)
    }

    /// `LOOSE-call14.nextToken` is a member of the answer to call 14, counted from 0.
    fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let reference =
                    text.strip_prefix("LOOSE-call").and_then(|rest| rest.split_once('.'));
                let found = reference.and_then(|(call, member)| {
                    self.answers.get(call.parse::<usize>().ok()?)?.get(member)
                });
                found.unwrap_or(value).clone()
            }
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Value::Object(members) => Value::Object(
                members.iter().map(|(name, value)| (name.clone(), self.resolved(value))).collect(),
            ),
            other => other.clone(),
        }
    }

    /// The recorder gave several roles one name; which one is meant shows where it is described.
    fn tell_roles_apart(&mut self, index: usize, params: &mut Value) {
        let Some(role) = params["roleArn"].as_str() else { return };
        let pairs = self.case["substitutions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names = pairs.iter().filter(|pair| pair[0] == *role).count();
        if names < 2 {
            return;
        }
        let described = self.steps[index..].iter().find_map(|step| {
            let expected = step["expect"].as_object()?.values().next()?;
            expected["roleArn"].as_str()
        });
        if let Some(placeholder) = described {
            let concrete = format!("arn:aws:iam::{}:role/{placeholder}", crate::cloud::ACCOUNT);
            self.roles.push((concrete.clone(), placeholder.to_owned()));
            params["roleArn"] = json!(concrete);
        }
    }

    /// Stands in for what a script's state machine needs and no step makes: queues that tasks wait at, and a table of as many
    /// rows as were counted.
    fn mock(&mut self, index: usize, params: &Value) -> Result<(), Outcome> {
        let definition: Value =
            serde_json::from_str(params["definition"].as_str().unwrap_or_default())
                .unwrap_or_default();
        let mut states = serde_json::Map::new();
        for (name, state) in definition["States"].as_object().into_iter().flatten() {
            let resource = state["Resource"].as_str().unwrap_or_default();
            let ours =
                [":lambda:", ":states:::states:"].iter().any(|known| resource.contains(known));
            if resource.ends_with(".waitForTaskToken") && !ours {
                states.insert(name.clone(), json!([{ "Never": true, "Submitted": {} }]));
            }
            if state["ItemReader"].is_object() {
                let counts = self.steps[index..].iter().find_map(|step| {
                    step["expect"]
                        .as_object()?
                        .values()
                        .next()?
                        .pointer("/itemCounts/total")?
                        .as_u64()
                });
                let rows: String =
                    (0..counts.unwrap_or(0)).map(|row| format!("{row},x\n")).collect();
                states.insert(
                    name.clone(),
                    json!([{ "Return": { "Body": format!("a,b\n{rows}") } }]),
                );
            }
        }
        if states.is_empty() {
            return Ok(());
        }
        let machine = params["name"].as_str().unwrap_or_default();
        let configuration = json!({ "StateMachines": { machine: { "Active": "made", "TestCases": { "made": states } } } });
        let put =
            json!({ "configuration": configuration }).as_object().cloned().unwrap_or_default();
        let refused = |error: ApiError| refused("PutMockConfiguration", &error);
        self.cloud.call("coldstart", "PutMockConfiguration", put).map(|_| ()).map_err(refused)
    }
}

/// `DescribeStateMachine` of `describe_state_machine`.
fn pascal(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut chars = word.chars();
        let first = chars.next().map(|first| first.to_ascii_uppercase()).into_iter();
        first.chain(chars).collect::<String>()
    });
    words.collect()
}
