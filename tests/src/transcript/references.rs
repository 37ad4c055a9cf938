//! What placeholders stand for: answers of earlier steps, fixtures, and values of which only size or kind was recorded.

use super::params::one_file_zip;
use super::{Player, Stop, absence, skip};
use crate::cloud::is_absent;
use crate::queues;
use base64::Engine as _;
use regex_lite::Regex;
use serde_json::{Value, json};
use std::sync::OnceLock;

impl Player<'_> {
    /// Puts values in the place of references, and of those of which only size or kind is known.
    pub(super) fn resolve(&mut self, value: &Value) -> Result<Value, Stop> {
        match value {
            Value::Array(all) => all.iter().map(|value| self.resolve(value)).collect(),
            Value::String(text) if text.contains("${") => self.references(text),
            Value::Object(object) => {
                if let Some(bytes) = object.get("$bytes").and_then(Value::as_u64) {
                    let bytes = usize::try_from(bytes)
                        .map_err(|_| Stop::Skipped("needs bytes too many to make".into()))?;
                    return Ok(self.cloud.blob(vec![0; bytes]));
                }
                if let Some(hex) = object.get("$hex").and_then(Value::as_str) {
                    return Ok(Value::String(
                        base64::engine::general_purpose::STANDARD.encode(unhex(hex)),
                    ));
                }
                if object
                    .get("head")
                    .and_then(Value::as_str)
                    .is_some_and(|it| it.starts_with(['{', '[']))
                {
                    return skip("needs a document of which only the beginning was recorded");
                }
                if let Some(len) = object.get("$str_len").and_then(Value::as_u64) {
                    return Ok(Value::String("a".repeat(usize::try_from(len).unwrap_or(0))));
                }
                if let Some(at) = object.get("$ts") {
                    return Ok(at.clone());
                }
                if object.contains_key("$py") {
                    return skip("needs a value that only the recorder's program has");
                }
                let all =
                    object.iter().map(|(name, value)| Ok((name.clone(), self.resolve(value)?)));
                Ok(Value::Object(all.collect::<Result<_, _>>()?))
            }
            other => Ok(other.clone()),
        }
    }

    fn references(&mut self, text: &str) -> Result<Value, Stop> {
        let mut out = String::new();
        let text = &arns(text);
        let mut rest = text.as_str();
        while let Some(start) = rest.find("${") {
            let Some(len) = rest[start..].find('}') else { break };
            let value = self.reference(&rest[start + 2..start + len])?;
            if start == 0 && len + 1 == text.len() {
                return Ok(value);
            }
            out += &rest[..start];
            out += &value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            rest = &rest[start + len + 1..];
        }
        Ok(Value::String(out + rest))
    }

    fn reference(&mut self, reference: &str) -> Result<Value, Stop> {
        let missing =
            || skip(format!("needs a value that is not here: ${{{}}}", generic(reference)));
        let (root, path) =
            reference.split_at(reference.find(['.', '[']).unwrap_or(reference.len()));
        if let Some(queue) = root.strip_prefix("arn_of(").and_then(|rest| rest.strip_suffix(')')) {
            let url = self.reference(queue)?;
            return queues::arn_of(&mut self.cloud, &url).map_or_else(missing, Ok);
        }
        if !self.answers.contains_key(root) {
            return match self.made_by_fixture(root)? {
                Some(value) if path.is_empty() => Ok(value),
                _ => missing(),
            };
        }
        let answer = &self.answers[root];
        // A queue is what its URL names.
        if let (true, Some(url)) = (path.is_empty(), answer.get("QueueUrl")) {
            return Ok(url.clone());
        }
        let mut pointer = path.replace(['.', '['], "/").replace(']', "");
        pointer = pointer.replace("//", "/");
        let unwrapped = answer.get("CreateFunctionResponse");
        let found = answer
            .pointer(&pointer)
            .or_else(|| unwrapped.and_then(|answer| answer.pointer(&pointer)));
        match found {
            Some(value) => Ok(value.clone()),
            None if self.steps.iter().any(|step| step["id"] == root && step["raises"] == true) => {
                Ok(Value::Null)
            }
            None => missing(),
        }
    }

    /// Resources that the recordings' fixtures make with one call.
    fn made_by_fixture(&mut self, name: &str) -> Result<Option<Value>, Stop> {
        if let Some(made) = self.fixtures.get(name) {
            return Ok(Some(made.clone()));
        }
        if name == "s3_bucket" {
            // Destinations of logs name a bucket; what happens in it is another matter.
            let name = json!("test-bucket-00000000");
            self.fixtures.insert("s3_bucket".to_owned(), name.clone());
            return Ok(Some(name));
        }
        if name == "sqs_queue" {
            let params = json!({ "QueueName": "test-queue-00000000" });
            let params = params.as_object().cloned().unwrap_or_default();
            let made = self.cloud.call("sqs", "CreateQueue", params);
            let url = made.map(|response| response.output["QueueUrl"].clone());
            let url = url.map_err(|error| Stop::Failed(format!("fixture {name}: {error}")))?;
            self.fixtures.insert(name.to_owned(), url.clone());
            return Ok(Some(url));
        }
        let (operation, params, value) = match name {
            "dummylayer" => {
                let layer = self.cloud.blob(one_file_zip());
                self.fixtures.insert(name.to_owned(), layer.clone());
                return Ok(Some(layer));
            }
            "logs_log_group" => (
                "CreateLogGroup",
                json!({ "logGroupName": "test-log-group-00000000" }),
                json!("test-log-group-00000000"),
            ),
            "logs_log_stream" => {
                let group = self.made_by_fixture("logs_log_group")?.unwrap_or_default();
                let params =
                    json!({ "logGroupName": group, "logStreamName": "test-log-stream-00000000" });
                ("CreateLogStream", params, json!("test-log-stream-00000000"))
            }
            _ => return Ok(None),
        };
        match self.cloud.call("logs", operation, params.as_object().cloned().unwrap_or_default()) {
            Ok(_) => {}
            Err(error) if is_absent(&error) => {
                return Err(Stop::Skipped(absence("logs", operation, &error)));
            }
            Err(error) => return Err(Stop::Failed(format!("fixture {name}: {error}"))),
        }
        self.fixtures.insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }
}

/// A reference without its step's number, so that one rule covers all.
fn generic(reference: &str) -> String {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    let regex = REGEX.get_or_init(|| Regex::new(r"\br[0-9]+").expect("a constant that compiles"));
    regex.replace_all(reference, "r…").into_owned()
}

/// `arn:aws:sqs:us-east-1:${r1}:${r1}` is how a test put an ARN together from a queue's URL.
fn arns(text: &str) -> String {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    let regex = REGEX.get_or_init(|| {
        Regex::new(r"arn:aws:sqs:[a-z0-9-]+:\$\{(r[0-9]+)\}:\$\{r[0-9]+\}")
            .expect("a constant that compiles")
    });
    regex.replace_all(text, "$${arn_of($1)}").into_owned()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .filter_map(|i| u8::from_str_radix(hex.get(i * 2..i * 2 + 2)?, 16).ok())
        .collect()
}
