//! What the executions of a map run gave: an array in the execution, or files of a bucket.
//!
//! Source: "ResultWriter" in the developer guide.

use super::data::{DATA_BYTES_MAX, Data};
use super::history::Failure;
use super::machine::{Transformation, Writer};
use super::time::Time;
use serde_json::{Value, json};
use std::sync::Arc;

/// A file is written when it has this size, so that a run holds no more.
const FILE_BYTES_MAX: usize = 4 << 20;

/// Results on their way.
#[derive(Debug)]
pub(crate) enum Results {
    /// Outputs by the number of the execution. Once they are more than a state may have, none is kept.
    Array {
        outputs: Vec<(u64, Data)>,
        bytes: usize,
    },
    Files(Box<Files>),
}

/// Files under a prefix of a bucket.
#[derive(Debug)]
pub(crate) struct Files {
    bucket: String,
    /// With the map run's name.
    prefix: String,
    map_run_arn: Arc<str>,
    is_jsonl: bool,
    transformation: Transformation,
    succeeded: File,
    failed: File,
}

#[derive(Debug, Default)]
struct File {
    text: String,
    /// The files that were closed: key and size.
    written: Vec<(String, usize)>,
}

/// An execution that ended.
pub(crate) struct Finished<'r> {
    pub(crate) index: u64,
    pub(crate) execution_arn: &'r str,
    pub(crate) state_machine_arn: &'r str,
    pub(crate) name: &'r str,
    pub(crate) input: &'r Data,
    pub(crate) started_at: Time,
    pub(crate) stopped_at: Time,
    pub(crate) status: &'static str,
    pub(crate) outcome: Result<Data, Failure>,
}

/// A file to be written: the parameters of `putObject`.
pub(crate) type Put = Value;

impl Results {
    pub(crate) fn new(
        writer: Option<&Writer>,
        parameters: Option<&Value>,
        run: &RunName<'_>,
    ) -> Results {
        match (writer, parameters) {
            (Some(writer), Some(parameters)) if writer.resource.is_some() => {
                let text =
                    |name: &str| parameters.get(name).and_then(Value::as_str).unwrap_or_default();
                let prefix = text("Prefix").trim_end_matches('/');
                let slash = if prefix.is_empty() { "" } else { "/" };
                Results::Files(Box::new(Files {
                    bucket: text("Bucket").to_owned(),
                    prefix: format!("{prefix}{slash}{}", run.uuid),
                    map_run_arn: Arc::clone(run.arn),
                    is_jsonl: writer.is_jsonl,
                    transformation: writer.transformation,
                    succeeded: File::default(),
                    failed: File::default(),
                }))
            }
            _ => Results::Array { outputs: Vec::new(), bytes: 0 },
        }
    }

    /// Takes what an execution gave. A file that is full is to be written.
    pub(crate) fn add(&mut self, finished: Finished<'_>) -> Option<Put> {
        match self {
            Results::Array { outputs, bytes } => {
                if let Ok(output) = finished.outcome {
                    *bytes += output.bytes() + 1;
                    match *bytes > DATA_BYTES_MAX + 1 {
                        true => outputs.clear(),
                        false => outputs.push((finished.index, output)),
                    }
                }
                None
            }
            Results::Files(files) => files.add(&finished),
        }
    }

    /// The files that are left to be written, the manifest last.
    pub(crate) fn close(&mut self) -> Vec<Put> {
        match self {
            Results::Array { .. } => Vec::new(),
            Results::Files(files) => files.close(),
        }
    }

    /// The result of the Map state; `None` when it is too large.
    pub(crate) fn result(self, writer: Option<&Writer>) -> Option<Data> {
        match self {
            Results::Array { bytes, .. } if bytes > DATA_BYTES_MAX + 1 => None,
            Results::Array { mut outputs, .. } => {
                outputs.sort_by_key(|(index, _)| *index);
                let outputs = outputs.into_iter().map(|(_, output)| output.into_value());
                let is_flat =
                    writer.is_some_and(|one| one.transformation == Transformation::Flatten);
                let array = match is_flat {
                    false => outputs.collect(),
                    true => {
                        let flatten = |output: Value| match output {
                            Value::Array(items) => items,
                            other => vec![other],
                        };
                        outputs.flat_map(flatten).collect()
                    }
                };
                Some(Data::new(Value::Array(array)))
            }
            Results::Files(files) => Some(Data::new(json!({
                "MapRunArn": &*files.map_run_arn,
                "ResultWriterDetails": {
                    "Bucket": files.bucket,
                    "Key": format!("{}/manifest.json", files.prefix),
                },
            }))),
        }
    }
}

/// What a map run is called.
pub(crate) struct RunName<'r> {
    pub(crate) arn: &'r Arc<str>,
    pub(crate) uuid: &'r str,
}

impl Files {
    fn add(&mut self, finished: &Finished<'_>) -> Option<Put> {
        let entries = match (&finished.outcome, self.transformation) {
            (Ok(output), Transformation::Compact) => vec![output.value().clone()],
            (Ok(output), Transformation::Flatten) => match output.value() {
                Value::Array(items) => items.clone(),
                other => vec![other.clone()],
            },
            _ => vec![description(finished)],
        };
        let is_jsonl = self.is_jsonl;
        let file = if finished.outcome.is_ok() { &mut self.succeeded } else { &mut self.failed };
        for entry in entries {
            file.text.push_str(match (file.text.is_empty(), is_jsonl) {
                (true, true) => "",
                (true, false) => "[",
                (false, true) => "\n",
                (false, false) => ",",
            });
            file.text.push_str(&entry.to_string());
        }
        match file.text.len() >= FILE_BYTES_MAX {
            true => self.flush(finished.outcome.is_ok()),
            false => None,
        }
    }

    fn flush(&mut self, is_succeeded: bool) -> Option<Put> {
        let name = if is_succeeded { "SUCCEEDED" } else { "FAILED" };
        let file = if is_succeeded { &mut self.succeeded } else { &mut self.failed };
        if file.text.is_empty() {
            return None;
        }
        let mut text = std::mem::take(&mut file.text);
        if !self.is_jsonl {
            text.push(']');
        }
        let ending = if self.is_jsonl { "jsonl" } else { "json" };
        let key = format!("{}/{name}_{}.{ending}", self.prefix, file.written.len());
        file.written.push((key.clone(), text.len()));
        Some(json!({ "Bucket": self.bucket, "Key": key, "Body": text }))
    }

    fn close(&mut self) -> Vec<Put> {
        let mut puts: Vec<Put> =
            [true, false].into_iter().filter_map(|one| self.flush(one)).collect();
        let list = |file: &File| -> Vec<Value> {
            file.written.iter().map(|(key, size)| json!({ "Key": key, "Size": size })).collect()
        };
        let manifest = json!({
            "DestinationBucket": self.bucket,
            "MapRunArn": &*self.map_run_arn,
            "ResultFiles": { "FAILED": list(&self.failed), "PENDING": [], "SUCCEEDED": list(&self.succeeded) },
        });
        let key = format!("{}/manifest.json", self.prefix);
        puts.push(json!({ "Bucket": self.bucket, "Key": key, "Body": manifest.to_string() }));
        puts
    }
}

/// An execution as the files of results describe it.
fn description(finished: &Finished<'_>) -> Value {
    let redrive = match finished.outcome {
        Ok(_) => ("NOT_REDRIVABLE", Some("Execution is SUCCEEDED and cannot be redriven")),
        Err(_) => ("REDRIVABLE", None),
    };
    let mut description = json!({
        "ExecutionArn": finished.execution_arn,
        "Input": finished.input.text(),
        "InputDetails": { "Included": true },
        "Name": finished.name,
        "RedriveCount": 0,
        "RedriveStatus": redrive.0,
        "StartDate": finished.started_at.to_string(),
        "StateMachineArn": finished.state_machine_arn,
        "Status": finished.status,
        "StopDate": finished.stopped_at.to_string(),
    });
    let mut put = |name: &str, value: Value| description[name] = value;
    if let Some(reason) = redrive.1 {
        put("RedriveStatusReason", json!(reason));
    }
    match &finished.outcome {
        Ok(output) => {
            put("Output", json!(output.text()));
            put("OutputDetails", json!({ "Included": true }));
        }
        Err(failure) => {
            put("Error", json!(failure.error.as_deref().unwrap_or_default()));
            put("Cause", json!(failure.cause.as_deref().unwrap_or_default()));
        }
    }
    description
}
