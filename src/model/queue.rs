//! SQS: requests in AWS's words, and what is read from their answers.

use super::text_at;
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};

fn sqs(operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: "sqs".into(), operation: operation.into(), params }
}

/// The URL of a queue of this account, by which it is named in requests.
pub fn queue_url(queue: &str) -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}")
}

/// Where workspaces are.
pub(super) const REGION: &str = "us-east-1";
pub(super) const ACCOUNT: &str = "123456789012";

/// A queue's ARN.
pub fn queue_arn(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")
}

/// `ListQueues`. Without a size of its own, a page has no token of the next one.
pub fn queues_list() -> ApiRequest {
    sqs("ListQueues", json!({ "MaxResults": 1000 }))
}

/// A request about a queue: `params` beside its URL.
pub fn of_queue(operation: &str, queue: &str, params: Value) -> ApiRequest {
    let mut all = Map::new();
    all.insert("QueueUrl".into(), json!(queue_url(queue)));
    if let Value::Object(params) = params {
        all.extend(params);
    }
    sqs(operation, Value::Object(all))
}

/// `GetQueueAttributes` of all.
pub fn queue_attributes(queue: &str) -> ApiRequest {
    of_queue("GetQueueAttributes", queue, json!({ "AttributeNames": ["All"] }))
}

/// `StartMessageMoveTask`: back to where the messages came from.
pub fn start_redrive(queue: &str) -> ApiRequest {
    sqs("StartMessageMoveTask", json!({ "SourceArn": queue_arn(queue) }))
}

/// `ListMessageMoveTasks`.
pub fn redrives(queue: &str) -> ApiRequest {
    sqs("ListMessageMoveTasks", json!({ "SourceArn": queue_arn(queue), "MaxResults": 10 }))
}

/// Names of the queues in an answer of URLs.
pub fn queue_names(output: &Value, member: &str) -> Vec<String> {
    let urls = output.get(member).and_then(Value::as_array).into_iter().flatten();
    let name = |url: &Value| Some(url.as_str()?.rsplit('/').next()?.to_owned());
    urls.filter_map(name).collect()
}

/// A queue's attributes that can be set, as typed. Durations are in seconds.
pub const SETTABLE: [(&str, &str, &str); 5] = [
    (
        "VisibilityTimeout",
        "Visibility timeout (seconds)",
        "0 to 43,200: how long a received message is hidden.",
    ),
    ("DelaySeconds", "Delivery delay (seconds)", "0 to 900."),
    (
        "ReceiveMessageWaitTimeSeconds",
        "Receive message wait time (seconds)",
        "0 to 20. More than 0 is long polling.",
    ),
    ("MessageRetentionPeriod", "Message retention period (seconds)", "60 to 1,209,600."),
    ("MaximumMessageSize", "Maximum message size (bytes)", "1,024 to 1,048,576."),
];

/// The redrive policy of a queue: its dead-letter queue's ARN and `maxReceiveCount`, empty when it has none.
pub fn redrive_policy(attributes: &Value) -> (String, String) {
    let policy: Value =
        serde_json::from_str(&text_at(attributes, "/Attributes/RedrivePolicy")).unwrap_or_default();
    let count = match policy.get("maxReceiveCount") {
        Some(Value::String(text)) => text.clone(),
        Some(number) if !number.is_null() => number.to_string(),
        _ => String::new(),
    };
    (text_at(&policy, "/deadLetterTargetArn"), count)
}

/// The attribute `RedrivePolicy`; empty when there is to be none.
pub fn redrive_attribute(target_arn: &str, receives: &str) -> String {
    if target_arn.is_empty() {
        return String::new();
    }
    let count = receives.trim().parse::<u64>().map_or_else(|_| json!(receives), |n| json!(n));
    json!({ "deadLetterTargetArn": target_arn, "maxReceiveCount": count }).to_string()
}

/// `CreateQueue`. A FIFO queue's name gets its ending.
pub fn create_queue(name: &str, fifo: bool, attributes: &[(&str, String)]) -> ApiRequest {
    let mut all: Map<String, Value> = attributes
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(key, value)| ((*key).to_owned(), json!(value.trim())))
        .collect();
    if fifo {
        all.insert("FifoQueue".into(), json!("true"));
    }
    let mut params = json!({ "QueueName": queue_name(name, fifo) });
    if !all.is_empty() {
        params["Attributes"] = Value::Object(all);
    }
    sqs("CreateQueue", params)
}

/// A queue's name with the ending that FIFO queues have.
pub fn queue_name(name: &str, fifo: bool) -> String {
    let base = name.trim();
    if fifo && !base.ends_with(".fifo") { format!("{base}.fifo") } else { base.to_owned() }
}

/// A message to be sent, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageForm<'a> {
    /// The body.
    pub body: &'a str,
    /// Seconds; empty for the queue's.
    pub delay: &'a str,
    /// A FIFO queue's message group.
    pub group: &'a str,
    /// A FIFO queue's deduplication id; empty where the body serves.
    pub deduplication: &'a str,
    /// Message attributes, all texts.
    pub attributes: Vec<(String, String)>,
}

impl MessageForm<'_> {
    /// `SendMessage`. None when the delay is no number.
    pub fn request(&self, queue: &str) -> Option<ApiRequest> {
        let mut params = json!({ "MessageBody": self.body });
        if !self.delay.trim().is_empty() {
            params["DelaySeconds"] = json!(self.delay.trim().parse::<u64>().ok()?);
        }
        for (member, text) in
            [("MessageGroupId", self.group), ("MessageDeduplicationId", self.deduplication)]
        {
            if !text.is_empty() {
                params[member] = json!(text);
            }
        }
        let attributes: Map<String, Value> = self
            .attributes
            .iter()
            .filter(|(key, _)| !key.is_empty())
            .map(|(key, value)| {
                (key.clone(), json!({ "DataType": "String", "StringValue": value }))
            })
            .collect();
        if !attributes.is_empty() {
            params["MessageAttributes"] = Value::Object(attributes);
        }
        Some(of_queue("SendMessage", queue, params))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redrive_policy_survives_a_round_trip() {
        let text = redrive_attribute(&queue_arn("dead"), "3");
        let attributes = json!({ "Attributes": { "RedrivePolicy": text } });
        assert_eq!(redrive_policy(&attributes), (queue_arn("dead"), "3".to_owned()));
        assert_eq!(redrive_policy(&json!({})), (String::new(), String::new()));
        assert_eq!(redrive_attribute("", "3"), "");
    }

    #[test]
    fn only_what_is_filled_in_is_sent() {
        let params = create_queue("orders", true, &[("DelaySeconds", " ".into())]).params;
        assert_eq!(
            params,
            json!({ "QueueName": "orders.fifo", "Attributes": { "FifoQueue": "true" } })
        );
        let message = MessageForm { body: "x", delay: "soon", ..Default::default() };
        assert_eq!(message.request("q"), None);
        let message = MessageForm {
            body: "x",
            group: "g",
            attributes: vec![("a".into(), "1".into()), (String::new(), "2".into())],
            ..Default::default()
        };
        let params = message.request("q").expect("no number is wrong").params;
        assert_eq!(params["MessageGroupId"], json!("g"));
        assert_eq!(
            params["MessageAttributes"],
            json!({ "a": { "DataType": "String", "StringValue": "1" } })
        );
        assert_eq!(params.get("DelaySeconds"), None);
    }

    #[test]
    fn names_come_from_urls() {
        let output = json!({ "QueueUrls": [queue_url("a"), queue_url("b.fifo")] });
        assert_eq!(queue_names(&output, "QueueUrls"), ["a", "b.fifo"]);
        assert_eq!(queue_names(&json!({}), "QueueUrls"), Vec::<String>::new());
    }
}
