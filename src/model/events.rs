//! Topics and event buses with their rules: requests in AWS's words, and what is read from their answers.

use super::queue::{ACCOUNT, REGION};
use super::{number_at, text_at};
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};

/// A request to a service.
pub fn request(service: &str, operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: service.into(), operation: operation.into(), params }
}

/// The ARN of something of this account.
pub fn own_arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}")
}

/// A topic's ARN.
pub fn topic_arn(name: &str) -> String {
    own_arn("sns", name)
}

/// The ARN of an event bus.
pub fn bus_arn(name: &str) -> String {
    own_arn("events", &format!("event-bus/{name}"))
}

/// The two halves of `BUS/RULE` or `GROUP/SCHEDULE`; `default` when there is only one.
pub fn halves(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or(("default", name))
}

/// The ARN of a rule.
pub fn rule_arn(bus: &str, rule: &str) -> String {
    match bus {
        "default" => own_arn("events", &format!("rule/{rule}")),
        bus => own_arn("events", &format!("rule/{bus}/{rule}")),
    }
}

/// What an ARN is of, in the console's words.
pub fn target_kind(arn: &str) -> &'static str {
    match arn.split(':').nth(2).unwrap_or_default() {
        "lambda" => "Lambda function",
        "sqs" => "SQS queue",
        "sns" => "SNS topic",
        "states" => "Step Functions state machine",
        "events" => "Event bus",
        "logs" => "CloudWatch log group",
        "scheduler" => "AWS API",
        _ => "Other",
    }
}

/// The name of the statement that lets a source in.
pub fn permission_sid(source_arn: &str) -> String {
    let rest: Vec<&str> = source_arn.splitn(6, ':').collect();
    let name = format!("{}-{}", rest.get(2).unwrap_or(&""), rest.last().unwrap_or(&""));
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    name.chars().map(|c| if known(c) { c } else { '-' }).take(100).collect()
}

// Topics

/// A message to be published, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublishForm<'a> {
    /// The body.
    pub body: &'a str,
    /// For mail; empty for none.
    pub subject: &'a str,
    /// Whether the body is JSON with a text for each protocol.
    pub by_protocol: bool,
    /// A FIFO topic's message group.
    pub group: &'a str,
    /// A FIFO topic's deduplication id; empty where the body serves.
    pub deduplication: &'a str,
    /// Name and value of an attribute, a text; an empty name for none.
    pub attribute: (&'a str, &'a str),
}

impl PublishForm<'_> {
    /// `Publish`.
    pub fn request(&self, topic: &str) -> ApiRequest {
        let mut params = json!({ "TopicArn": topic_arn(topic), "Message": self.body });
        for (member, text) in [
            ("Subject", self.subject),
            ("MessageGroupId", self.group),
            ("MessageDeduplicationId", self.deduplication),
        ] {
            if !text.is_empty() {
                params[member] = json!(text);
            }
        }
        if self.by_protocol {
            params["MessageStructure"] = json!("json");
        }
        let (name, value) = self.attribute;
        if !name.is_empty() {
            params["MessageAttributes"] =
                json!({ name: { "DataType": "String", "StringValue": value } });
        }
        request("sns", "Publish", params)
    }
}

/// The redrive policy of a subscription; empty for none.
pub fn subscription_redrive(dead_letter_arn: &str) -> String {
    match dead_letter_arn.trim() {
        "" => String::new(),
        arn => json!({ "deadLetterTargetArn": arn }).to_string(),
    }
}

/// The dead-letter queue in a redrive policy.
pub fn redrive_target(policy: &str) -> String {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    text_at(&policy, "/deadLetterTargetArn")
}

// Rules

/// A target of a rule as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetForm {
    /// Its id within the rule.
    pub id: String,
    /// Where events go.
    pub arn: String,
    /// `matched`, `part`, `constant` or `transformer`.
    pub input: String,
    /// The path, the constant, or the template.
    pub text: String,
    /// A transformer's variables: a JSON object of paths.
    pub paths: String,
    /// The role that it is started with; empty for none.
    pub role: String,
    /// Message group of a FIFO queue.
    pub group: String,
    /// Seconds; empty for AWS's.
    pub age: String,
    /// Retries; empty for AWS's.
    pub retries: String,
    /// ARN of the dead-letter queue; empty for none.
    pub dead_letter: String,
}

/// What a target is given, by its name in [`TargetForm::input`] and in the console's words.
pub const TARGET_INPUTS: [(&str, &str); 4] = [
    ("matched", "Matched event"),
    ("part", "Part of the matched event"),
    ("constant", "Constant (JSON text)"),
    ("transformer", "Input transformer"),
];

impl TargetForm {
    /// As ListTargetsByRule answers, or as a schedule has it.
    pub fn of(target: &Value) -> Self {
        let transformer = &target["InputTransformer"];
        let (input, text) = if !transformer.is_null() {
            ("transformer", text_at(transformer, "/InputTemplate"))
        } else if !target["InputPath"].is_null() {
            ("part", text_at(target, "/InputPath"))
        } else if !target["Input"].is_null() {
            ("constant", text_at(target, "/Input"))
        } else {
            ("matched", String::new())
        };
        let paths = &transformer["InputPathsMap"];
        Self {
            id: text_at(target, "/Id"),
            arn: text_at(target, "/Arn"),
            input: input.to_owned(),
            text,
            paths: match paths.is_null() {
                true => String::new(),
                false => serde_json::to_string_pretty(paths).unwrap_or_default(),
            },
            role: text_at(target, "/RoleArn"),
            group: text_at(target, "/SqsParameters/MessageGroupId"),
            age: number_at(target, "/RetryPolicy/MaximumEventAgeInSeconds"),
            retries: number_at(target, "/RetryPolicy/MaximumRetryAttempts"),
            dead_letter: text_at(target, "/DeadLetterConfig/Arn"),
        }
    }

    /// As PutTargets takes it. None when a number is none, or the variables are no JSON object.
    pub fn target(&self) -> Option<Value> {
        let mut target = json!({ "Id": self.id.trim(), "Arn": self.arn.trim() });
        match self.input.as_str() {
            "part" => target["InputPath"] = json!(self.text.trim()),
            "constant" => target["Input"] = json!(self.text),
            "transformer" => {
                let mut transformer = json!({ "InputTemplate": self.text });
                if !self.paths.trim().is_empty() {
                    let paths: Map<String, Value> = serde_json::from_str(&self.paths).ok()?;
                    transformer["InputPathsMap"] = Value::Object(paths);
                }
                target["InputTransformer"] = transformer;
            }
            _ => {}
        }
        self.settings(&mut target)?;
        Some(target)
    }

    /// As a schedule takes it: there the input is a text of its own.
    pub fn schedule_target(&self) -> Option<Value> {
        let mut target = json!({ "Arn": self.arn.trim() });
        if !self.text.trim().is_empty() {
            target["Input"] = json!(self.text);
        }
        self.settings(&mut target)?;
        Some(target)
    }

    fn settings(&self, target: &mut Value) -> Option<()> {
        for (member, text) in [("RoleArn", &self.role), ("DeadLetterConfig", &self.dead_letter)] {
            if !text.trim().is_empty() {
                let arn = json!(text.trim());
                target[member] = if member == "RoleArn" { arn } else { json!({ "Arn": arn }) };
            }
        }
        if !self.group.trim().is_empty() {
            target["SqsParameters"] = json!({ "MessageGroupId": self.group.trim() });
        }
        let mut retry = Map::new();
        for (member, text) in
            [("MaximumEventAgeInSeconds", &self.age), ("MaximumRetryAttempts", &self.retries)]
        {
            if !text.trim().is_empty() {
                retry.insert(member.into(), json!(text.trim().parse::<u64>().ok()?));
            }
        }
        if !retry.is_empty() {
            target["RetryPolicy"] = Value::Object(retry);
        }
        Some(())
    }

    /// What it is given, in a few words.
    pub fn input_words(&self) -> &'static str {
        let found = TARGET_INPUTS.iter().find(|(name, _)| *name == self.input);
        found.map_or("Matched event", |(_, words)| words)
    }
}

/// `PutRule` of a rule as it is, with some members changed. The pattern of one that has none is left out.
pub fn put_rule(rule: &Value, changes: &[(&str, &str)]) -> ApiRequest {
    let mut params = Map::new();
    let members =
        ["Name", "EventBusName", "Description", "EventPattern", "ScheduleExpression", "State"];
    for member in members {
        let changed = changes.iter().find(|(name, _)| *name == member);
        let text = changed
            .map_or_else(|| text_at(rule, &format!("/{member}")), |(_, text)| (*text).to_owned());
        if !text.is_empty() {
            params.insert(member.into(), json!(text));
        }
    }
    request("events", "PutRule", Value::Object(params))
}

/// An event to be sent, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventEntry {
    /// `EventBusName`.
    pub bus: String,
    /// `Source`.
    pub source: String,
    /// `DetailType`.
    pub detail_type: String,
    /// `Detail`, JSON.
    pub detail: String,
}

impl Default for EventEntry {
    fn default() -> Self {
        Self {
            bus: "default".into(),
            source: "my.shop".into(),
            detail_type: "Order placed".into(),
            detail: "{\"order\": 17, \"amount\": 250}".into(),
        }
    }
}

/// `PutEvents`.
pub fn put_events(entries: &[EventEntry]) -> ApiRequest {
    let one = |entry: &EventEntry| {
        json!({
            "EventBusName": entry.bus, "Source": entry.source, "DetailType": entry.detail_type, "Detail": entry.detail,
        })
    };
    let entries: Vec<Value> = entries.iter().map(one).collect();
    request("events", "PutEvents", json!({ "Entries": entries }))
}

/// An event as a rule sees one, to try a pattern on.
pub const SAMPLE_EVENT: &str = r#"{
  "version": "0",
  "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
  "detail-type": "Order placed",
  "source": "my.shop",
  "account": "123456789012",
  "time": "2026-01-01T00:00:00Z",
  "region": "us-east-1",
  "resources": [],
  "detail": {
    "order": 17,
    "amount": 250
  }
}"#;

/// A pattern to begin with: it matches [`SAMPLE_EVENT`].
pub const SAMPLE_PATTERN: &str = r#"{
  "source": ["my.shop"],
  "detail": {
    "amount": [{ "numeric": [">", 100] }]
  }
}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_survives_a_round_trip() {
        let target = json!({
            "Id": "t", "Arn": "arn:aws:sqs:us-east-1:123456789012:q.fifo", "RoleArn": "arn:aws:iam::123456789012:role/r",
            "DeadLetterConfig": { "Arn": "arn:aws:sqs:us-east-1:123456789012:dead" },
            "SqsParameters": { "MessageGroupId": "g" },
            "InputTransformer": { "InputTemplate": "\"<order>\"", "InputPathsMap": { "order": "$.detail.order" } },
            "RetryPolicy": { "MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 3 },
        });
        let form = TargetForm::of(&target);
        assert_eq!((form.input.as_str(), form.input_words()), ("transformer", "Input transformer"));
        assert_eq!(form.target(), Some(target));
        assert_eq!(TargetForm { paths: "{".into(), ..form.clone() }.target(), None);
        assert_eq!(TargetForm { age: "soon".into(), ..form }.target(), None);
        let plain = json!({ "Id": "t", "Arn": "a", "InputPath": "$.detail" });
        assert_eq!(TargetForm::of(&plain).target(), Some(plain));
    }

    #[test]
    fn a_rule_that_is_changed_keeps_the_rest() {
        let rule = json!({ "Name": "r", "EventBusName": "b", "EventPattern": "{}", "State": "DISABLED", "Arn": "x" });
        let params =
            put_rule(&rule, &[("EventPattern", "{\"a\":[1]}"), ("Description", "d")]).params;
        assert_eq!(
            params,
            json!({ "Name": "r", "EventBusName": "b", "Description": "d", "EventPattern": "{\"a\":[1]}", "State": "DISABLED" })
        );
    }

    #[test]
    fn what_is_empty_is_not_published() {
        let form = PublishForm { body: "b", attribute: ("kind", "urgent"), ..Default::default() };
        let params = form.request("t").params;
        assert_eq!(
            params,
            json!({
                "TopicArn": topic_arn("t"), "Message": "b",
                "MessageAttributes": { "kind": { "DataType": "String", "StringValue": "urgent" } },
            })
        );
        assert_eq!(redrive_target(&subscription_redrive(" arn ")), "arn");
        assert_eq!(subscription_redrive(""), "");
    }

    #[test]
    fn one_source_has_one_statement() {
        assert_eq!(permission_sid(&rule_arn("b", "r.1")), "events-rule-b-r-1");
        assert_eq!(permission_sid(&topic_arn("t")), "sns-t");
        assert_eq!(halves("b/r"), ("b", "r"));
        assert_eq!(halves("r"), ("default", "r"));
    }
}
