//! A host that answers tasks with what was recorded of a case, and runs children beside their parent.

use coldstart_asl::interpret::{
    Child, Data, Effect, Ended, Execution, Failure, Identity, Machine, Purpose, Refused, Start,
    Status, Task, Time,
};
use coldstart_asl::{MachineType, Resource, parse_for};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

/// What stands around an execution: recorded answers, functions by behaviour, objects.
pub(crate) struct Host {
    results: VecDeque<Value>,
    lambdas: Map<String, Value>,
    objects: Vec<(String, String)>,
    workers: VecDeque<Value>,
}

/// The definition of a case as a machine.
pub(crate) fn machine(case: &Value) -> Result<Arc<Machine>, String> {
    let kind = match case["stateMachineType"].as_str() {
        Some("EXPRESS") => MachineType::Express,
        _ => MachineType::Standard,
    };
    let text = match case.get("definitionText") {
        Some(text) => text.as_str().unwrap_or_default().to_owned(),
        None => case["definition"].to_string(),
    };
    let (definition, _) = parse_for(&text, kind);
    let definition = definition.ok_or("the definition is no object")?;
    let machine = Machine::compile(&definition, kind).map_err(|error| error.to_string())?;
    Ok(Arc::new(machine))
}

/// What an execution of a case starts with. Names are those that the case's substitutions know.
pub(crate) fn start(case: &Value) -> Start {
    let from = |wanted: &str| {
        let pairs = case["substitutions"].as_array().into_iter().flatten();
        let mut pairs = pairs.filter(|pair| pair[1].as_str().is_some_and(|to| to == wanted));
        pairs.next_back().and_then(|pair| pair[0].as_str()).map(str::to_owned)
    };
    let machine = from("<ArnPart_0idx>").unwrap_or_else(|| "machine".to_owned());
    let name = from("<ExecArnPart_0idx>").unwrap_or_else(|| "execution-name".to_owned());
    let input = match case.get("inputText").and_then(Value::as_str) {
        Some(text) => Data::from_text(text).unwrap(),
        None => Data::from_text(case["input"].to_string()).unwrap(),
    };
    let arn =
        |kind: &str, rest: &str| format!("arn:aws:states:us-east-1:111111111111:{kind}:{rest}");
    let identity = Identity {
        execution_arn: arn("execution", &format!("{machine}:{name}")).into(),
        name: name.into(),
        role_arn: "arn:aws:iam::111111111111:role/sfn-role".into(),
        state_machine_arn: arn("stateMachine", &machine).into(),
        state_machine_name: machine.into(),
        ..Identity::default()
    };
    Start { identity, seed: 7, ..Start::new(input) }
}

impl Host {
    pub(crate) fn new(case: &Value) -> Host {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let objects = list(&case["setup"]).into_iter().filter(|call| call["op"] == "put_object");
        let objects = objects.map(|call| {
            let text = |name: &str| call["kw"][name].as_str().unwrap_or_default().to_owned();
            (text("Key"), text("Body"))
        });
        let history = list(&case["expect"]["history"]).into_iter();
        Host {
            results: list(&case["mocks"]["taskResults"]).into(),
            lambdas: case["mocks"]["lambdas"].as_object().cloned().unwrap_or_default(),
            objects: objects.collect(),
            workers: history
                .filter(|event| event["type"] == "ActivityStarted")
                .map(|event| event["activityStartedEventDetails"]["workerName"].clone())
                .collect(),
        }
    }

    /// Runs an execution to its end.
    pub(crate) fn run(&mut self, execution: &mut Execution, mut now: Time) -> Result<(), String> {
        for _ in 0..100_000 {
            while let Some(effect) = execution.poll_effect() {
                match effect {
                    Effect::Schedule(task) => self.answer(execution, now, &task)?,
                    Effect::Cancel(_) | Effect::CancelChild { .. } => {}
                    Effect::StartChild(child) => self.child(execution, now, *child)?,
                }
            }
            if execution.status() != Status::Running {
                return Ok(());
            }
            let Some(at) = execution.deadline() else {
                return Err("nothing is due and nothing was answered".to_owned());
            };
            now = now.max(at);
            execution.advance(now);
        }
        Err("it does not come to an end".to_owned())
    }

    fn child(&mut self, parent: &mut Execution, now: Time, child: Child) -> Result<(), String> {
        let mut execution = Execution::start(child.machine, child.start, now);
        self.run(&mut execution, now)?;
        let failure = Failure {
            error: execution.error().map(Arc::from),
            cause: execution.cause().map(Arc::from),
        };
        let ended = match execution.status() {
            Status::Succeeded => Ended::Succeeded(execution.output().unwrap().clone()),
            Status::TimedOut => Ended::TimedOut(failure),
            Status::Aborted => Ended::Aborted(failure),
            _ => Ended::Failed(failure),
        };
        parent.child_finished(now, child.map_run, child.index, ended);
        Ok(())
    }

    fn answer(&mut self, execution: &mut Execution, now: Time, task: &Task) -> Result<(), String> {
        if task.purpose != Purpose::Task {
            return self.object(execution, now, task);
        }
        let of_state = |result: &Value| {
            result["state"].is_null() || result["state"].as_str() == Some(&*task.state)
        };
        let recorded = self.results.iter().position(of_state);
        let Some(result) = recorded.and_then(|at| self.results.remove(at)) else {
            if let Resource::Activity { arn } = &*task.resource {
                let cause = format!("The activity {arn} does not exist.");
                let failure = Failure::new("", cause);
                execution.task_refused(now, task.id, Refused::Missing, failure);
                return Ok(());
            }
            return self.function(execution, now, task);
        };
        execution.task_scheduled(now, task.id);
        let worker = match &*task.resource {
            Resource::Activity { .. } => self.workers.pop_front(),
            _ => None,
        };
        execution.task_started(now, task.id, worker.as_ref().and_then(Value::as_str));
        if let Some(submitted) = result.get("submitted") {
            execution.task_submitted(now, task.id, data(&submitted["output"])?);
        }
        let outcome = &result["outcome"];
        let text = |name: &str| match &outcome[name] {
            Value::Null => None,
            Value::String(text) => Some(Arc::from(text.as_str())),
            other => Some(Arc::from(other.to_string())),
        };
        match outcome["event"].as_str() {
            None if outcome.get("ok").is_some() => {
                execution.task_succeeded(now, task.id, data(&outcome["ok"])?);
            }
            None => return self.function(execution, now, task),
            // Time will tell.
            Some(event) if event.ends_with("TimedOut") => {}
            // What was too large is not recorded, but the function that gave it is.
            Some(_)
                if outcome["error"] == "States.DataLimitExceeded" && !self.lambdas.is_empty() =>
            {
                return self.function(execution, now, task);
            }
            Some(_) => {
                let failure = Failure { error: text("error"), cause: text("cause") };
                execution.task_failed(now, task.id, failure);
            }
        }
        Ok(())
    }

    /// A function that only its behaviour is known of.
    fn function(&self, execution: &mut Execution, now: Time, task: &Task) -> Result<(), String> {
        let parameters = task.parameters.value();
        let name = match &*task.resource {
            Resource::Function { arn } => arn.clone(),
            _ => parameters["FunctionName"].as_str().unwrap_or_default().to_owned(),
        };
        let is_service = matches!(&*task.resource, Resource::Service { .. });
        let known = self.lambdas.iter().find(|(known, _)| name.contains(known.as_str()));
        let Some((_, behaviour)) = known.or_else(|| self.lambdas.iter().next()) else {
            return Err(format!("nothing is recorded for {}", task.resource.arn()));
        };
        let payload = match is_service {
            true => parameters.get("Payload").cloned().unwrap_or_else(|| json!({})),
            false => parameters.clone(),
        };
        execution.task_started(now, task.id, None);
        let answer = match behaviour["behaviour"].as_str().unwrap_or_default() {
            "echo" => payload,
            "const" => {
                let text = behaviour["pythonBytes"].as_str().unwrap_or("null");
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
            }
            "const-repeat" => {
                let count = behaviour["count"].as_u64().unwrap_or(0) as usize;
                Value::from(behaviour["char"].as_str().unwrap_or("a").repeat(count))
            }
            "raise" => {
                let message = &behaviour["errorMessage"];
                let cause = json!({
                    "errorMessage": message, "errorType": behaviour["errorType"],
                    "requestId": "5a3fd82f-4a14-4c8e-9b0e-9d1f7a3c2b11",
                    "stackTrace": ["  File \"/var/task/handler.py\", line 2, in handler\n    raise Exception(\"Some exception was raised.\")\n"],
                });
                let error = behaviour["errorType"].as_str().unwrap_or("Exception");
                execution.task_failed(now, task.id, Failure::new(error, cause.to_string()));
                return Ok(());
            }
            other => return Err(format!("the behaviour {other} is not known")),
        };
        let answer = match is_service {
            true => json!({ "ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200 }),
            false => answer,
        };
        execution.task_succeeded(now, task.id, Data::new(answer));
        Ok(())
    }

    fn object(&self, execution: &mut Execution, now: Time, task: &Task) -> Result<(), String> {
        let Resource::Service { action, .. } = &*task.resource else {
            return Err(format!("{} is no bucket", task.resource.arn()));
        };
        let answer = match action.as_str() {
            "getObject" => {
                let key = task.parameters.value()["Key"].as_str().unwrap_or_default().to_owned();
                // Keys are replaced by what they stand for in some cases, so the last object will do.
                let object = self.objects.iter().find(|(known, _)| *known == key);
                match object.or(self.objects.last()) {
                    Some((_, body)) => json!({ "Body": body }),
                    None => return Err(format!("there is no object {key}")),
                }
            }
            "putObject" => json!({}),
            other => return Err(format!("{other} is not known")),
        };
        execution.task_succeeded(now, task.id, Data::new(answer));
        Ok(())
    }
}

/// A recorded output: objects were parsed by the recorder, everything else is still text.
fn data(recorded: &Value) -> Result<Data, String> {
    match recorded {
        Value::String(text) => match Data::from_text(text.as_str()) {
            Ok(data) => Ok(data),
            // A word that stands for a text.
            Err(_) => Ok(Data::new(Value::from(text.as_str()))),
        },
        other => Ok(Data::new(other.clone())),
    }
}
