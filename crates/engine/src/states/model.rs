//! State machines with their revisions, versions and aliases.
//!
//! Invariant: a revision never changes; executions share it, so that an update does not touch what runs.

use super::errors::StatesError;
use super::{arn, references};
use crate::world::World;
use coldstart_asl::interpret::{Machine, Time};
use coldstart_asl::{MachineType, Severity, parse_for};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How much of an execution goes to Logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LogLevel {
    Off,
    Fatal,
    Error,
    All,
}

/// `LoggingConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logging {
    pub(crate) level: LogLevel,
    pub(crate) include_execution_data: bool,
    /// ARN of the log group, with `:*` behind it.
    pub(crate) group_arn: Option<String>,
}

impl Logging {
    /// Reads the request's member.
    pub(crate) fn read(value: Option<&Value>) -> Result<Self, StatesError> {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Ok(Self {
                level: LogLevel::Off,
                include_execution_data: false,
                group_arn: None,
            });
        };
        let level = match value["level"].as_str() {
            Some("ALL") => LogLevel::All,
            Some("ERROR") => LogLevel::Error,
            Some("FATAL") => LogLevel::Fatal,
            _ => LogLevel::Off,
        };
        let destinations = value["destinations"].as_array().map_or(0, Vec::len);
        if destinations > 1 || (destinations == 0 && level != LogLevel::Off) {
            return Err(StatesError::InvalidLoggingConfiguration(
                "Must specify exactly one Log Destination.",
            ));
        }
        let group_arn = value.pointer("/destinations/0/cloudWatchLogsLogGroup/logGroupArn");
        Ok(Self {
            level,
            include_execution_data: value["includeExecutionData"].as_bool() == Some(true),
            group_arn: group_arn.and_then(Value::as_str).map(str::to_owned),
        })
    }

    /// The log group's name.
    pub(crate) fn group(&self) -> Option<&str> {
        let (_, name) = self.group_arn.as_deref()?.split_once(":log-group:")?;
        Some(name.strip_suffix(":*").unwrap_or(name))
    }

    pub(crate) fn describe(&self) -> Value {
        let level = match self.level {
            LogLevel::Off => "OFF",
            LogLevel::Fatal => "FATAL",
            LogLevel::Error => "ERROR",
            LogLevel::All => "ALL",
        };
        let mut output =
            json!({ "level": level, "includeExecutionData": self.include_execution_data });
        if let Some(arn) = &self.group_arn {
            output["destinations"] = json!([{ "cloudWatchLogsLogGroup": { "logGroupArn": arn } }]);
        }
        output
    }
}

/// What a state machine was at one time.
#[derive(Debug)]
pub(crate) struct Revision {
    /// None for a state machine that was never updated, as AWS has it.
    pub(crate) id: Option<String>,
    pub(crate) definition: Arc<str>,
    pub(crate) machine: Arc<Machine>,
    pub(crate) role_arn: Arc<str>,
    pub(crate) logging: Logging,
    pub(crate) tracing: bool,
    pub(crate) encryption: Value,
    pub(crate) made_at: Time,
    /// Names of variables by the state that refers to them.
    pub(crate) variable_references: Map<String, Value>,
}

/// A published version.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) revision: Arc<Revision>,
    pub(crate) description: Option<String>,
    pub(crate) created_at: Time,
}

/// An alias.
#[derive(Debug)]
pub(crate) struct Alias {
    pub(crate) description: Option<String>,
    /// Versions with their percentage, one or two.
    pub(crate) routing: Vec<(u64, u64)>,
    pub(crate) created_at: Time,
    pub(crate) updated_at: Time,
    /// Counts up: lists are in order of creation.
    pub(crate) number: u64,
}

/// A state machine.
#[derive(Debug)]
pub(crate) struct StateMachine {
    pub(crate) name: Arc<str>,
    pub(crate) arn: Arc<str>,
    pub(crate) kind: MachineType,
    pub(crate) created_at: Time,
    pub(crate) tags: Tags,
    pub(crate) current: Arc<Revision>,
    pub(crate) versions: BTreeMap<u64, Version>,
    pub(crate) last_version: u64,
    pub(crate) aliases: BTreeMap<String, Alias>,
    /// It was deleted while executions ran, and goes when the last of them ends.
    pub(crate) deleting: bool,
    /// Executions that run.
    pub(crate) running: u64,
}

impl StateMachine {
    pub(crate) fn version_arn(&self, version: u64) -> String {
        format!("{}:{version}", self.arn)
    }

    /// `type` as the API writes it.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            MachineType::Standard => "STANDARD",
            MachineType::Express => "EXPRESS",
        }
    }

    pub(crate) fn status(&self) -> &'static str {
        if self.deleting { "DELETING" } else { "ACTIVE" }
    }

    /// Publishes the current revision, or gives the version that it has already.
    pub(crate) fn publish(&mut self, description: Option<&str>, now: Time) -> u64 {
        if let Some((&number, newest)) = self.versions.last_key_value()
            && Arc::ptr_eq(&newest.revision, &self.current)
        {
            return number;
        }
        self.last_version += 1;
        let version = Version {
            revision: Arc::clone(&self.current),
            description: description.map(str::to_owned),
            created_at: now,
        };
        self.versions.insert(self.last_version, version);
        self.last_version
    }
}

/// Tags of a state machine or an activity, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tags(Vec<(String, String)>);

/// "The maximum number of tags per resource is 50" (Tagging in Step Functions).
const TAGS_MAX: usize = 50;

impl Tags {
    pub(crate) fn read(list: Option<&Value>) -> Result<Self, StatesError> {
        let mut tags = Self::default();
        tags.add(list)?;
        Ok(tags)
    }

    pub(crate) fn add(&mut self, list: Option<&Value>) -> Result<(), StatesError> {
        let mut all = self.0.clone();
        for tag in list.and_then(Value::as_array).into_iter().flatten() {
            let key = tag["key"].as_str().unwrap_or_default();
            let value = tag["value"].as_str().unwrap_or_default().to_owned();
            match all.iter_mut().find(|(known, _)| known == key) {
                Some(known) => known.1 = value,
                None => all.push((key.to_owned(), value)),
            }
        }
        if all.len() > TAGS_MAX {
            return Err(StatesError::TooManyTags(all.len()));
        }
        self.0 = all;
        Ok(())
    }

    pub(crate) fn remove(&mut self, keys: Option<&Value>) {
        let keys = keys.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        self.0.retain(|(key, _)| !keys.iter().any(|gone| gone.as_str() == Some(key)));
    }

    pub(crate) fn describe(&self) -> Value {
        let tags = self.0.iter().map(|(key, value)| json!({ "key": key, "value": value }));
        Value::Array(tags.collect())
    }
}

/// A definition that can run, with the variables that its states refer to.
pub(crate) struct Compiled {
    pub(crate) machine: Arc<Machine>,
    pub(crate) variable_references: Map<String, Value>,
}

/// Checks a definition as CreateStateMachine does, and makes it ready to run.
pub(crate) fn compile(text: &str, kind: MachineType) -> Result<Compiled, StatesError> {
    let (definition, diagnostics) = parse_for(text, kind);
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| diagnostic.as_refusal())
        .collect();
    let refuse = |why: String| {
        StatesError::InvalidDefinition(format!("Invalid State Machine Definition: '{why}'"))
    };
    if !errors.is_empty() {
        return Err(refuse(errors.join(", ")));
    }
    let definition = definition.ok_or_else(|| refuse("INVALID_JSON_DESCRIPTION".to_owned()))?;
    let machine = Machine::compile(&definition, kind).map_err(|fault| refuse(fault.to_string()))?;
    let whole = serde_json::from_str(text).unwrap_or_default();
    Ok(Compiled { machine: Arc::new(machine), variable_references: references::of(&whole) })
}

/// `EncryptionConfiguration` as it is shown: nothing is encrypted here, AWS's default is shown.
pub(crate) fn encryption(value: Option<&Value>) -> Value {
    match value {
        Some(value) if value.is_object() => value.clone(),
        _ => json!({ "type": "AWS_OWNED_KEY" }),
    }
}

/// The type that a request names.
pub(crate) fn kind_of(value: Option<&Value>) -> MachineType {
    match value.and_then(Value::as_str) {
        Some("EXPRESS") => MachineType::Express,
        _ => MachineType::Standard,
    }
}

/// Virtual now, as the interpreter counts it.
pub(crate) fn now(world: &World) -> Time {
    Time(world.config.epoch_ms.saturating_mul(1_000).saturating_add(world.now.0))
}

/// The virtual instant of a moment of the interpreter's; not before now.
pub(crate) fn at(world: &World, time: Time) -> crate::Timestamp {
    crate::Timestamp(time.0.saturating_sub(world.config.epoch_ms.saturating_mul(1_000)))
        .max(world.now)
}

/// A moment as the API's JSON has it: seconds.
pub(crate) fn date(time: Time) -> Value {
    json!(time.seconds())
}

/// An activity.
#[derive(Debug)]
pub(crate) struct Activity {
    pub(crate) name: String,
    pub(crate) created_at: Time,
    pub(crate) tags: Tags,
    pub(crate) encryption: Value,
    /// Counts up: lists are in order of creation.
    pub(crate) number: u64,
}

impl Activity {
    pub(crate) fn arn(&self, world: &World) -> String {
        arn::make(world, &format!("activity:{}", self.name))
    }
}
