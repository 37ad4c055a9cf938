//! What transcripts of EventBridge, Scheduler and SNS need beside the common rules: set-up code that is one call under another name,
//! and helpers that were recorded with what they were given.

use super::{ACCOUNT, Player, Stop, absence, compare, is_absent, queues, shape, skip};
use serde_json::{Map, Value, json};

/// The call that a fixture is, and what it fills in by itself.
fn call_of(fixture: &str, step: &Value) -> Option<(&'static str, &'static str, Value)> {
    let mut params = step["params"].clone();
    let number = step["id"].as_str().unwrap_or_default();
    let mut fill = |name: &str, value: Value| {
        if params[name].is_null() {
            params[name] = value;
        }
    };
    let (service, operation) = match fixture {
        "events_put_rule" => {
            fill("Name", json!(format!("rule-{number}")));
            ("events", "PutRule")
        }
        "events_create_event_bus" => {
            fill("Name", json!(format!("test-bus-{number}")));
            ("events", "CreateEventBus")
        }
        "events_create_archive" => {
            fill("ArchiveName", json!(format!("test-archive-{number}")));
            let bus = format!("arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default");
            fill("EventSourceArn", json!(bus));
            ("events", "CreateArchive")
        }
        "events_scheduler_create_schedule_group" => {
            fill("Name", step["args"][0].clone());
            ("scheduler", "CreateScheduleGroup")
        }
        "sns_create_topic" => {
            fill("Name", json!(format!("test-topic-{number}")));
            ("sns", "CreateTopic")
        }
        "sns_subscription" => ("sns", "Subscribe"),
        _ => return None,
    };
    Some((service, operation, params))
}

impl Player<'_> {
    /// A fixture that is one call under another name; none when it is not.
    pub(super) fn call_of_fixture(
        &mut self,
        step: &Value,
        fixture: &str,
    ) -> Option<Result<(), Stop>> {
        let (service, operation, params) = call_of(fixture, step)?;
        Some(self.called_by_fixture(step, (service, operation), &params, fixture))
    }

    fn called_by_fixture(
        &mut self,
        step: &Value,
        (service, operation): (&str, &str),
        params: &Value,
        fixture: &str,
    ) -> Result<(), Stop> {
        let params = self.resolve(params)?.as_object().cloned().unwrap_or_default();
        let answer = self.cloud.call(service, operation, params);
        match (&answer, step["raises"] == true) {
            (Err(error), _) if is_absent(error) => return skip(absence(service, operation, error)),
            (Err(error), false) => return Err(Stop::Failed(format!("was refused: {error}"))),
            (Ok(_), true) => return Err(Stop::Failed("was not refused".into())),
            _ => {}
        }
        let mut shaped = shape(service, operation, &answer);
        // This one answers with the ARN alone.
        if fixture == "events_scheduler_create_schedule_group" && answer.is_ok() {
            shaped = shaped["ScheduleGroupArn"].clone();
        }
        self.take(step, shaped)
    }

    /// A call that must be answered.
    fn must(&mut self, service: &str, operation: &str, params: Value) -> Result<Value, Stop> {
        let params = params.as_object().cloned().unwrap_or_default();
        match self.cloud.call(service, operation, params) {
            Ok(response) => Ok(response.output),
            Err(error) if is_absent(&error) => skip(absence(service, operation, &error)),
            Err(error) => Err(Stop::Failed(format!("{operation} was refused: {error}"))),
        }
    }

    /// Helpers of the recordings that make several calls.
    pub(super) fn by_helper(&mut self, step: &Value, helper: &str) -> Option<Result<(), Stop>> {
        Some(match helper {
            "put_events_with_filter_to_sqs" => self.events_to_queue(step),
            "lambda_log_events" => self.logged_events(step),
            _ => return None,
        })
    }

    /// A bus, a rule with a pattern, a queue as its target; entries, and whether each comes through.
    fn events_to_queue(&mut self, step: &Value) -> Result<(), Stop> {
        let given = self.resolve(&step["params"])?;
        let number = step["id"].as_str().unwrap_or_default().to_owned();
        let (bus, rule) = (format!("test-bus-{number}"), format!("test-rule-{number}"));
        self.must("events", "CreateEventBus", json!({ "Name": bus }))?;
        let queue = json!({ "QueueName": format!("test-queue-{number}") });
        let url = self.must("sqs", "CreateQueue", queue)?["QueueUrl"].clone();
        let arn = queues::arn_of(&mut self.cloud, &url).unwrap_or_default();
        let pattern = given["pattern"].to_string();
        let made = self.must(
            "events",
            "PutRule",
            json!({ "Name": rule, "EventBusName": bus, "EventPattern": pattern }),
        )?;
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": arn,
            "Condition": { "ArnEquals": { "aws:SourceArn": made["RuleArn"] } },
        }] });
        let attributes = json!({ "Policy": policy.to_string() });
        self.must(
            "sqs",
            "SetQueueAttributes",
            json!({ "QueueUrl": url, "Attributes": attributes }),
        )?;
        let mut target = json!({ "Id": format!("target-{number}"), "Arn": arn });
        for (name, member) in
            [("input_path", "InputPath"), ("input_transformer", "InputTransformer")]
        {
            if !given[name].is_null() {
                target[member] = given[name].clone();
            }
        }
        let targets = json!({ "Rule": rule, "EventBusName": bus, "Targets": [target] });
        self.must("events", "PutTargets", targets)?;
        let mut all = Vec::new();
        for assert in given["entries_asserts"].as_array().into_iter().flatten() {
            let mut entries = assert[0].as_array().cloned().unwrap_or_default();
            entries.iter_mut().for_each(|entry| entry["EventBusName"] = json!(bus));
            let wanted = if assert[1] == true { entries.len() } else { 0 };
            self.must("events", "PutEvents", json!({ "Entries": entries }))?;
            self.cloud.settle();
            let receive =
                json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1 });
            let received = self.must("sqs", "ReceiveMessage", receive)?;
            let messages = received["Messages"].as_array().cloned().unwrap_or_default();
            if messages.len() != wanted {
                return Err(Stop::Failed(format!(
                    "{} messages came, not {wanted}",
                    messages.len()
                )));
            }
            for message in messages {
                let gone = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
                self.must("sqs", "DeleteMessage", gone)?;
                all.push(message);
            }
        }
        self.take(step, Value::Array(all))
    }

    /// The lines of a function's log that are JSON.
    fn logged_events(&mut self, step: &Value) -> Result<(), Stop> {
        self.cloud.settle();
        let name = self.resolve(&step["params"]["function_name"])?;
        let group = format!("/aws/lambda/{}", name.as_str().unwrap_or_default());
        let params: Map<String, Value> =
            Map::from_iter([("logGroupName".to_owned(), json!(group))]);
        let events = self.pages("logs", "FilterLogEvents", params)?;
        let lines = events["events"].as_array().into_iter().flatten();
        let logged =
            lines.filter_map(|line| serde_json::from_str::<Value>(line["message"].as_str()?).ok());
        let logged: Vec<Value> = logged.filter(Value::is_object).collect();
        self.take(step, Value::Array(logged))
    }

    /// `Subscribe` with a queue by its URL.
    pub(super) fn subscribing_queue(&mut self, params: &Value) -> Result<Map<String, Value>, Stop> {
        let mut params = self.resolve(params)?.as_object().cloned().unwrap_or_default();
        let url = params.remove("QueueUrl").unwrap_or_default();
        let Some(arn) = queues::arn_of(&mut self.cloud, &url) else {
            return skip("needs a queue that is not there");
        };
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": arn,
            "Condition": { "ArnEquals": { "aws:SourceArn": params.get("TopicArn") } },
        }] });
        let attributes = json!({ "Policy": policy.to_string() });
        self.must(
            "sqs",
            "SetQueueAttributes",
            json!({ "QueueUrl": url, "Attributes": attributes }),
        )?;
        params.insert("Endpoint".to_owned(), arn);
        Ok(params)
    }
}

impl Player<'_> {
    /// Messages that a test received in a loop, of which the recorder kept the first call only: it went on until it had as many as
    /// it looked at.
    pub(super) fn received_in_a_loop(&mut self, step: &Value) -> Option<Result<Value, Stop>> {
        let wanted = step["content"]["Messages"].as_array()?.len();
        let [reference] = step["value"]["Messages"].as_array()?.as_slice() else { return None };
        let id = reference.as_str()?.strip_prefix("${")?.strip_suffix(".Messages[0]}")?;
        let first = self.answers.get(id)?["Messages"].as_array()?.clone();
        let call =
            self.steps.iter().find(|step| step["id"] == id && step["op"] == "ReceiveMessage")?;
        Some(self.go_on_receiving(&call["params"], first, wanted))
    }

    /// A standard queue promises no order, and the recorder sorted what came.
    pub(super) fn in_any_order(&mut self, wanted: &Value, given: &Value) -> Result<(), Stop> {
        let wanted = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut left: Vec<&Value> = given.as_array().into_iter().flatten().collect();
        if wanted.len() != left.len() {
            return Err(Stop::Failed(format!(
                "{} messages came, not {}",
                left.len(),
                wanted.len()
            )));
        }
        for wanted in wanted {
            let mut why = String::new();
            let found = left.iter().position(|given| {
                let mut bindings = self.bindings.clone();
                match compare(wanted, given, &mut bindings) {
                    Ok(()) => {
                        self.bindings = bindings;
                        true
                    }
                    Err(differs) => {
                        why = differs;
                        false
                    }
                }
            });
            match found {
                Some(at) => drop(left.remove(at)),
                None => return Err(Stop::Failed(format!("no message is as recorded: {why}"))),
            }
        }
        Ok(())
    }

    fn go_on_receiving(
        &mut self,
        params: &Value,
        mut all: Vec<Value>,
        wanted: usize,
    ) -> Result<Value, Stop> {
        let params = self.resolve(params)?;
        // One more than is wanted would be found, too.
        for _ in 0..=wanted {
            let answer = self.must("sqs", "ReceiveMessage", params.clone())?;
            for message in answer["Messages"].as_array().into_iter().flatten() {
                let receipt = &message["ReceiptHandle"];
                let gone = json!({ "QueueUrl": params["QueueUrl"], "ReceiptHandle": receipt });
                self.must("sqs", "DeleteMessage", gone)?;
                all.push(message.clone());
            }
        }
        Ok(json!({ "Messages": all }))
    }
}

/// Work that goes on for minutes at AWS, and that the recorder did not wait for.
pub(super) fn is_not_waited_for(step: &Value) -> bool {
    step["op"] == "StartReplay"
}
