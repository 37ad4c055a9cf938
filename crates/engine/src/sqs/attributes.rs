//! A queue's attributes: what may be set, what it means, how it is shown.

use super::errors::SqsError;
use serde_json::{Map, Value, json};

/// What a queue is set to. Times in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) delay_seconds: u64,
    pub(crate) message_bytes_max: u64,
    pub(crate) retention_seconds: u64,
    pub(crate) wait_seconds: u64,
    pub(crate) visibility_seconds: u64,
    pub(crate) policy: Option<String>,
    pub(crate) redrive: Option<Redrive>,
    pub(crate) redrive_allow: Option<String>,
    pub(crate) kms_key: Option<String>,
    pub(crate) kms_reuse_seconds: u64,
    pub(crate) sqs_managed_sse: bool,
    /// None for a standard queue.
    pub(crate) fifo: Option<Fifo>,
}

/// What only a FIFO queue has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fifo {
    pub(crate) content_based_deduplication: bool,
    pub(crate) per_group: bool,
    pub(crate) throughput_per_group: bool,
}

/// `RedrivePolicy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redrive {
    pub(crate) target_arn: String,
    pub(crate) receives_max: u64,
    text: String,
}

impl Attributes {
    pub(crate) fn new(is_fifo: bool) -> Self {
        Self {
            delay_seconds: 0,
            message_bytes_max: 1_048_576,
            retention_seconds: 345_600,
            wait_seconds: 0,
            visibility_seconds: 30,
            policy: None,
            redrive: None,
            redrive_allow: None,
            kms_key: None,
            kms_reuse_seconds: 300,
            sqs_managed_sse: true,
            fifo: is_fifo.then_some(Fifo {
                content_based_deduplication: false,
                per_group: false,
                throughput_per_group: false,
            }),
        }
    }

    /// Takes the attributes of a request. Nothing is set unless all are in order.
    pub(crate) fn set(&mut self, given: &Map<String, Value>, arn: &str) -> Result<(), SqsError> {
        let text = |name: &str| given.get(name).and_then(Value::as_str);
        if text("KmsMasterKeyId").is_some_and(|key| !key.is_empty())
            && text("SqsManagedSseEnabled").is_some_and(|on| on.eq_ignore_ascii_case("true"))
        {
            return Err(SqsError::new(
                "InvalidAttributeName",
                "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
            ));
        }
        let mut new = self.clone();
        for (name, value) in given {
            new.set_one(name, value.as_str().unwrap_or_default(), arn)?;
        }
        if new.fifo.as_ref().is_some_and(|fifo| fifo.throughput_per_group && !fifo.per_group) {
            return Err(SqsError::new(
                "InvalidAttributeValue",
                "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.",
            ));
        }
        *self = new;
        Ok(())
    }

    fn set_one(&mut self, name: &str, value: &str, arn: &str) -> Result<(), SqsError> {
        let bad = || SqsError::attribute_value(name);
        let number = |min: u64, max: u64| {
            value.parse().ok().filter(|number| (min..=max).contains(number)).ok_or_else(bad)
        };
        let boolean = || match value.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(bad()),
        };
        let some = || (!value.is_empty()).then(|| value.to_owned());
        match name {
            "DelaySeconds" => self.delay_seconds = number(0, 900)?,
            "MaximumMessageSize" => self.message_bytes_max = number(1_024, 1_048_576)?,
            "MessageRetentionPeriod" => self.retention_seconds = number(60, 1_209_600)?,
            "ReceiveMessageWaitTimeSeconds" => self.wait_seconds = number(0, 20)?,
            "VisibilityTimeout" => self.visibility_seconds = number(0, 43_200)?,
            "KmsDataKeyReusePeriodSeconds" => self.kms_reuse_seconds = number(60, 86_400)?,
            "KmsMasterKeyId" => {
                self.kms_key = some();
                // One kind of encryption at a time; taking the key away does not bring the other back (recorded).
                self.sqs_managed_sse = false;
            }
            "SqsManagedSseEnabled" => {
                self.sqs_managed_sse = boolean()?;
                if self.sqs_managed_sse {
                    self.kms_key = None;
                }
            }
            "Policy" => {
                if !value.is_empty() && serde_json::from_str::<Map<String, Value>>(value).is_err() {
                    return Err(SqsError::attribute_value(name));
                }
                self.policy = some();
            }
            "RedrivePolicy" => self.redrive = Redrive::read(value, arn)?,
            "RedriveAllowPolicy" => self.redrive_allow = some(),
            "FifoQueue" | "ContentBasedDeduplication" if self.fifo.is_none() => {
                return Err(SqsError::unknown_attribute(name));
            }
            "DeduplicationScope" | "FifoThroughputLimit" if self.fifo.is_none() => {
                let message =
                    format!("You can specify the {name} only when FifoQueue is set to true.");
                return Err(SqsError::new("InvalidAttributeName", message));
            }
            "FifoQueue" if boolean()? => {}
            "FifoQueue" => {
                return Err(SqsError::new(
                    "InvalidAttributeValue",
                    "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
                ));
            }
            _ => {
                let on = match name {
                    "ContentBasedDeduplication" => boolean()?,
                    "DeduplicationScope" => {
                        one_of(value, "queue", "messageGroup").ok_or_else(bad)?
                    }
                    "FifoThroughputLimit" => {
                        one_of(value, "perQueue", "perMessageGroupId").ok_or_else(bad)?
                    }
                    _ => return Err(SqsError::unknown_attribute(name)),
                };
                if let Some(fifo) = &mut self.fifo {
                    match name {
                        "ContentBasedDeduplication" => fifo.content_based_deduplication = on,
                        "DeduplicationScope" => fifo.per_group = on,
                        _ => fifo.throughput_per_group = on,
                    }
                }
            }
        }
        Ok(())
    }

    /// The attributes that are set or have defaults, as texts.
    pub(crate) fn show(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        let mut put = |name: &str, value: String| drop(shown.insert(name.to_owned(), json!(value)));
        put("VisibilityTimeout", self.visibility_seconds.to_string());
        put("MaximumMessageSize", self.message_bytes_max.to_string());
        put("MessageRetentionPeriod", self.retention_seconds.to_string());
        put("DelaySeconds", self.delay_seconds.to_string());
        put("ReceiveMessageWaitTimeSeconds", self.wait_seconds.to_string());
        put("SqsManagedSseEnabled", self.sqs_managed_sse.to_string());
        if let Some(key) = &self.kms_key {
            put("KmsMasterKeyId", key.clone());
            put("KmsDataKeyReusePeriodSeconds", self.kms_reuse_seconds.to_string());
        }
        if let Some(policy) = &self.policy {
            put("Policy", policy.clone());
        }
        if let Some(redrive) = &self.redrive {
            put("RedrivePolicy", redrive.text.clone());
        }
        if let Some(allow) = &self.redrive_allow {
            put("RedriveAllowPolicy", allow.clone());
        }
        if let Some(fifo) = &self.fifo {
            put("FifoQueue", "true".to_owned());
            put("ContentBasedDeduplication", fifo.content_based_deduplication.to_string());
            put(
                "DeduplicationScope",
                if fifo.per_group { "messageGroup" } else { "queue" }.to_owned(),
            );
            let limit = if fifo.throughput_per_group { "perMessageGroupId" } else { "perQueue" };
            put("FifoThroughputLimit", limit.to_owned());
        }
        shown
    }
}

/// False for the first word, true for the second.
fn one_of(value: &str, first: &str, second: &str) -> Option<bool> {
    match value {
        _ if value == first => Some(false),
        _ if value == second => Some(true),
        _ => None,
    }
}

impl Redrive {
    /// Reads the policy; an empty text takes it away.
    fn read(text: &str, arn: &str) -> Result<Option<Self>, SqsError> {
        if text.is_empty() {
            return Ok(None);
        }
        let bad = |reason: &str| SqsError::bad(text, "RedrivePolicy", reason);
        let policy: Map<String, Value> = serde_json::from_str(text)
            .map_err(|_| bad("Redrive policy is not a valid JSON map."))?;
        let target = policy.get("deadLetterTargetArn").and_then(Value::as_str);
        let target = target.ok_or_else(|| {
            bad("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
        })?;
        let times = policy.get("maxReceiveCount");
        let times = times.ok_or_else(|| {
            bad("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
        })?;
        let times = times.as_u64().or_else(|| times.as_str()?.parse().ok());
        let times = times.filter(|times| (1..=1_000).contains(times)).ok_or_else(|| {
            bad("Invalid value for maxReceiveCount. Allowed values are between 1 and 1000.")
        })?;
        let parts: Vec<&str> = target.split(':').collect();
        let own: Vec<&str> = arn.split(':').collect();
        // A dead-letter queue is of the same region, the same account and the same kind.
        if parts.len() != 6 || parts[..5] != own[..5] {
            return Err(bad("Invalid value for deadLetterTargetArn."));
        }
        if target.ends_with(".fifo") != arn.ends_with(".fifo") {
            return Err(bad("Dead-letter target must be same type of queue as the source."));
        }
        Ok(Some(Self { target_arn: target.to_owned(), receives_max: times, text: text.to_owned() }))
    }
}
