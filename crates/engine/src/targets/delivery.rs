//! One delivery: its request, its attempts, its dead-letter queue.

use crate::queue::Urgency;
use crate::world::{Due, Waiter, World};
use crate::{ApiError, Blob, Fact, Principal, Request, Response, Timestamp, calendar};
use serde_json::{Map, Value, json};

/// On whose behalf something is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A rule of EventBridge.
    Rule,
    /// A schedule of EventBridge Scheduler.
    Schedule,
    /// A subscription of an SNS topic.
    Subscription,
}

impl Source {
    /// Who calls.
    pub(crate) fn principal(self) -> &'static str {
        match self {
            Self::Rule => "events.amazonaws.com",
            Self::Schedule => "scheduler.amazonaws.com",
            Self::Subscription => "sns.amazonaws.com",
        }
    }
}

/// How often and for how long a delivery is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retries {
    /// After the first attempt.
    pub(crate) attempts_max: u64,
    pub(crate) age_seconds_max: u64,
}

/// A request to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) params: Value,
}

impl Call {
    pub(crate) fn new(service: &str, operation: &str, params: Value) -> Self {
        Self { service: service.to_owned(), operation: operation.to_owned(), params }
    }
}

/// Something on its way to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) source: Source,
    /// ARN of the rule, schedule or subscription.
    pub(crate) source_arn: String,
    /// ARN that the target's policy is asked about: the rule's or the topic's.
    pub(crate) permit_arn: String,
    /// ARN of the role that is asked instead of the target's policy.
    pub(crate) role: Option<String>,
    /// Id of the event or message.
    pub(crate) event_id: String,
    /// The rule's name for its target; the protocol of a subscription.
    pub(crate) target_id: String,
    /// Its ARN.
    pub(crate) target: String,
    /// Requests that are made one after the other.
    pub(crate) calls: Vec<Call>,
    /// How many of them were answered.
    pub(crate) done: usize,
    /// What a dead-letter queue is sent.
    pub(crate) original: String,
    /// Attributes of a message that goes on raw; empty otherwise.
    pub(crate) attributes: Map<String, Value>,
    pub(crate) began_at: Timestamp,
    /// Attempts that have begun.
    pub(crate) attempts: u32,
    pub(crate) retries: Retries,
    /// ARN of a queue.
    pub(crate) dead_letter: Option<String>,
    /// It is itself on its way to a dead-letter queue.
    pub(crate) is_dead_letter: bool,
}

/// The longest wait between two attempts, seconds. AWS says "exponential back off and jitter" and no more; it begins with one.
const BACKOFF_SECONDS_MAX: u64 = 900;

/// The service of an ARN.
fn service_of(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap_or_default()
}

/// The URL of a queue, by its ARN.
pub(crate) fn queue_url(arn: &str) -> String {
    let mut parts = arn.split(':').skip(3);
    let [region, account, name] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    format!("https://sqs.{region}.amazonaws.com/{account}/{name}")
}

/// The requests that give a text to a target; none for what is not emulated. `group` is the message group of a FIFO queue.
pub(crate) fn request_for(
    world: &World,
    target: &str,
    event_id: &str,
    text: &str,
    group: Option<&str>,
) -> Option<Vec<Call>> {
    let service = service_of(target);
    let call = |operation, params| Call::new(service, operation, params);
    Some(match service {
        "lambda" => vec![call(
            "Invoke",
            json!({ "FunctionName": target, "InvocationType": "Event", "Payload": Blob::text(text) }),
        )],
        "sqs" => {
            let mut params = json!({ "QueueUrl": queue_url(target), "MessageBody": text });
            if let Some(group) = group {
                params["MessageGroupId"] = json!(group);
            }
            vec![call("SendMessage", params)]
        }
        "sns" => {
            let mut params = json!({ "TopicArn": target, "Message": text });
            if let Some(group) = group {
                params["MessageGroupId"] = json!(group);
            }
            vec![call("Publish", params)]
        }
        "states" => {
            vec![call("StartExecution", json!({ "stateMachineArn": target, "input": text }))]
        }
        "logs" => {
            let group = target.split(':').nth(6).unwrap_or_default();
            // A template may give the time and the text of the line.
            let given: Value = serde_json::from_str(text).unwrap_or_default();
            let line = given["message"].as_str().filter(|_| given["timestamp"].is_number());
            let time = given["timestamp"].as_u64().filter(|_| line.is_some());
            let event = json!({
                "timestamp": time.unwrap_or_else(|| world.unix_ms()), "message": line.unwrap_or(text),
            });
            vec![
                call(
                    "CreateLogStream",
                    json!({ "logGroupName": group, "logStreamName": event_id }),
                ),
                call(
                    "PutLogEvents",
                    json!({ "logGroupName": group, "logStreamName": event_id, "logEvents": [event] }),
                ),
            ]
        }
        _ => return None,
    })
}

impl Delivery {
    /// Makes the next request, at this instant.
    pub(crate) fn begin(mut self, world: &mut World, at: Timestamp) {
        self.attempts += 1;
        self.enter(world, at);
    }

    fn enter(self, world: &mut World, at: Timestamp) {
        let Some(Call { service, operation, params }) = self.calls.get(self.done).cloned() else {
            let service = match service_of(&self.target) {
                "" => &self.target_id,
                service => service,
            };
            let refusal = ApiError {
                code: "NotImplementedException".into(),
                status: 501,
                message: Some(format!("Coldstart does not deliver to {service} yet.")),
                extra: Map::new(),
            };
            self.answered(world, Err(refusal));
            return;
        };
        let request = Request {
            service,
            operation,
            params,
            principal: Principal::Service(self.source.principal().to_owned()),
        };
        world.schedule(
            at,
            Urgency::Work,
            Due::Request { waiter: Waiter::Target(Box::new(self)), request },
        );
    }

    /// The target has answered.
    pub(crate) fn answered(mut self, world: &mut World, result: Result<Response, ApiError>) {
        match result {
            Ok(_) if self.done + 1 < self.calls.len() => {
                self.done += 1;
                let now = world.now;
                self.enter(world, now);
            }
            Ok(response) => {
                let output = &response.output;
                let known = ["MessageId", "executionArn", "EventId"];
                let result = known.iter().find_map(|name| output[*name].as_str());
                self.tell(world, result.map(str::to_owned), None, None);
            }
            Err(error) => self.failed(world, &error),
        }
    }

    fn failed(self, world: &mut World, error: &ApiError) {
        let age_ms = self.retries.age_seconds_max.saturating_mul(1_000);
        let ends = self.began_at.after_ms(age_ms);
        let seconds = (1_u64 << (self.attempts - 1).min(16)).min(BACKOFF_SECONDS_MAX);
        let mut exhausted = None;
        if passes(error) && !self.is_dead_letter {
            let at = world.now.after_ms(world.rng.vary(seconds * 1_000, 200));
            if u64::from(self.attempts) > self.retries.attempts_max {
                exhausted = Some("MaximumRetryAttempts");
            } else if at > ends {
                exhausted = Some("MaximumEventAgeInSeconds");
            } else {
                self.tell(world, None, Some(&error.code), Some(at));
                let mut again = self;
                again.done = 0;
                again.begin(world, at);
                return;
            }
        }
        self.tell(world, None, Some(&error.code), None);
        if let (Some(queue), false) = (self.dead_letter.clone(), self.is_dead_letter) {
            self.bury(world, &queue, error, exhausted);
        }
    }

    /// Sends what could not be delivered to the dead-letter queue.
    fn bury(self, world: &mut World, queue: &str, error: &ApiError, exhausted: Option<&str>) {
        let message = error.message.clone().unwrap_or_default();
        let retries = (self.attempts - 1).to_string();
        let mut attributes = self.attributes.clone();
        let mut add = |name: &str, kind: &str, text: &str| {
            if !text.is_empty() {
                let attribute = json!({ "DataType": kind, "StringValue": text });
                attributes.insert(name.to_owned(), attribute);
            }
        };
        match self.source {
            Source::Subscription => {
                add("RequestID", "String", &self.event_id);
                add("ErrorCode", "Number", &error.status.to_string());
                add("ErrorMessage", "String", &message);
            }
            Source::Rule | Source::Schedule => {
                add("ERROR_CODE", "String", error_code(error));
                add("ERROR_MESSAGE", "String", &message);
                add("RETRY_ATTEMPTS", "Number", &retries);
                add("EXHAUSTED_RETRY_CONDITION", "String", exhausted.unwrap_or_default());
                add("TARGET_ARN", "String", &self.target);
                if self.source == Source::Rule {
                    add("RULE_ARN", "String", &self.source_arn);
                } else {
                    let time = calendar::iso_seconds(world.unix_ms_at(self.began_at) / 1_000);
                    add("SCHEDULE_ARN", "String", &self.source_arn);
                    add("SCHEDULED_TIME", "String", &time);
                    add("EXECUTION_ID", "String", &self.event_id);
                    add("IS_PAYLOAD_TRUNCATED", "String", "false");
                }
            }
        }
        let mut params = json!({
            "QueueUrl": queue_url(queue), "MessageBody": self.original, "MessageAttributes": attributes,
        });
        // What was on its way in order stays in order.
        for name in ["MessageGroupId", "MessageDeduplicationId"] {
            let given = self.calls.first().map(|call| &call.params[name]);
            if let Some(Value::String(given)) = given.filter(|_| queue.ends_with(".fifo")) {
                params[name] = json!(given);
            }
        }
        let now = world.now;
        let buried = Self {
            // Only Scheduler goes to its dead-letter queues as it goes to its targets.
            role: self.role.filter(|_| self.source == Source::Schedule),
            target: queue.to_owned(),
            calls: vec![Call::new("sqs", "SendMessage", params)],
            done: 0,
            began_at: now,
            attempts: 0,
            is_dead_letter: true,
            ..self
        };
        buried.begin(world, now);
    }

    fn tell(
        &self,
        world: &mut World,
        result: Option<String>,
        error: Option<&str>,
        due_at: Option<Timestamp>,
    ) {
        world.emit(Fact::TargetCalled {
            source: self.source_arn.clone(),
            event_id: self.event_id.clone(),
            target_id: self.target_id.clone(),
            target: self.target.clone(),
            attempt: self.attempts,
            dead_letter: self.is_dead_letter,
            result,
            error: error.map(str::to_owned),
            due_at,
        });
    }
}

/// Whether the same request may be answered otherwise later. What AWS does not have here will not come to be.
fn passes(error: &ApiError) -> bool {
    let throttled = ["Throttl", "TooManyRequests", "LimitExceeded", "OverLimit"];
    (error.status >= 500 && error.status != 501)
        || throttled.iter().any(|word| error.code.contains(word))
}

/// The error's name in EventBridge ("Using dead-letter queues to process undelivered events").
fn error_code(error: &ApiError) -> &'static str {
    let is = |word: &str| error.code.contains(word);
    if is("AccessDenied") || is("AuthorizationError") {
        "NO_PERMISSIONS"
    } else if is("NotFound") || is("NonExistent") || is("DoesNotExist") {
        "NO_RESOURCE"
    } else if is("Throttl") || is("TooManyRequests") {
        "THROTTLING"
    } else if is("LimitExceeded") || is("OverLimit") {
        "RESOURCE_LIMIT_EXCEEDED"
    } else if is("AlreadyExists") {
        "RESOURCE_ALREADY_EXISTS"
    } else if is("Invalid") || is("Validation") || is("MissingParameter") {
        "INVALID_PARAMETER"
    } else if error.status >= 500 && error.status != 501 {
        "INTERNAL_ERROR"
    } else {
        "SDK_CLIENT_ERROR"
    }
}
