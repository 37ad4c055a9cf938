//! State machines: create, update, delete, describe, list, validate.

use super::api::{Answer, done, flag, optional, respond, text};
use super::arn::{self, Named};
use super::errors::StatesError;
use super::model::{
    Compiled, LogLevel, Logging, Revision, StateMachine, Tags, compile, date, encryption, kind_of,
    now,
};
use super::paging;
use super::runs::States;
use crate::Fact;
use crate::world::{Params, World};
use coldstart_asl::{MachineType, Severity, parse_for};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

impl States {
    /// The role that the machine of an ARN has now.
    #[inline(never)]
    pub(crate) fn role_of_machine(&self, arn: &str) -> Option<&str> {
        let name = arn.split(':').nth(6)?;
        self.machines.get(name).map(|machine| &*machine.current.role_arn)
    }

    /// The state machine in an ARN, and the qualifier behind its name.
    ///
    /// # Errors
    /// `InvalidArn`, or `StateMachineDoesNotExist` with the whole ARN.
    pub(crate) fn machine<'a>(
        &self,
        machine_arn: &'a str,
    ) -> Result<(&StateMachine, Option<&'a str>), StatesError> {
        match arn::parse(machine_arn)? {
            Named::StateMachine { name, qualifier } => {
                let found = self.machines.get(name).filter(|machine| {
                    machine_arn
                        .strip_prefix(&*machine.arn)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
                });
                let machine = found
                    .ok_or_else(|| StatesError::StateMachineDoesNotExist(machine_arn.to_owned()))?;
                Ok((machine, qualifier))
            }
            other => Err(arn::wrong_kind(&other)),
        }
    }

    pub(crate) fn machine_mut(&mut self, name: &str) -> &mut StateMachine {
        self.machines.get_mut(name).expect("the caller has found it")
    }
}

/// The version that a qualifier is, when it is one and not an alias.
pub(crate) fn version_number(qualifier: Option<&str>) -> Option<u64> {
    qualifier?.parse().ok()
}

pub(crate) fn create(states: &mut States, world: &mut World, params: &Params) -> Answer {
    let name = text(params, "name");
    arn::check_name(name)?;
    let kind = kind_of(params.get("type"));
    let logging = Logging::read(params.get("loggingConfiguration"))?;
    let publish = flag(params, "publish");
    let description = optional(params, "versionDescription");
    if description.is_some() && !publish {
        return Err(StatesError::validation(
            "Version description can only be set when publish is true",
        ));
    }
    let definition = text(params, "definition");
    check_role(text(params, "roleArn"))?;
    let now = now(world);
    let tags = Tags::read(params.get("tags"))?;
    let known = states.machines.get(name);
    let known_arn = || known.map_or_else(String::new, |machine| machine.arn.to_string());
    if let Some(known) = known {
        // "CreateStateMachine is an idempotent API": name, definition, type, logging and tracing count.
        let same = known.kind == kind
            && *known.current.definition == *definition
            && known.current.logging == logging
            && known.current.tracing == tracing(params).unwrap_or(false);
        if !same || known.deleting {
            return Err(StatesError::StateMachineAlreadyExists(known_arn()));
        }
    }
    if known.is_none() {
        let Compiled { machine, variable_references } = compile(definition, kind)?;
        let revision = Revision {
            id: None,
            definition: definition.into(),
            machine,
            role_arn: text(params, "roleArn").into(),
            logging,
            tracing: tracing(params).unwrap_or(false),
            encryption: encryption(params.get("encryptionConfiguration")),
            made_at: now,
            variable_references,
        };
        let machine = StateMachine {
            name: name.into(),
            arn: arn::make(world, &format!("stateMachine:{name}")).into(),
            kind,
            created_at: now,
            tags,
            current: Arc::new(revision),
            versions: BTreeMap::new(),
            last_version: 0,
            aliases: BTreeMap::new(),
            deleting: false,
            running: 0,
        };
        states.machines.insert(name.to_owned(), machine);
        announce(world, name, "ACTIVE");
    }
    let machine = states.machine_mut(name);
    let mut output =
        json!({ "stateMachineArn": &*machine.arn, "creationDate": date(machine.created_at) });
    if publish {
        let version = machine.publish(description, now);
        output["stateMachineVersionArn"] = json!(machine.version_arn(version));
    }
    respond(output)
}

fn announce(world: &mut World, name: &str, status: &str) {
    world.emit(Fact::StateMachineChanged { state_machine: name.into(), status: status.into() });
}

fn check_role(role_arn: &str) -> Result<(), StatesError> {
    if role_arn.starts_with("arn:") && role_arn.split(':').count() >= 6 {
        return Ok(());
    }
    Err(StatesError::InvalidArn(format!("Invalid ARN prefix: {role_arn}")))
}

fn tracing(params: &Params) -> Option<bool> {
    params.get("tracingConfiguration")?.get("enabled")?.as_bool()
}

pub(crate) fn update(states: &mut States, world: &mut World, params: &Params) -> Answer {
    let (machine, qualifier) = states.machine(text(params, "stateMachineArn"))?;
    if qualifier.is_some() {
        return Err(StatesError::validation("stateMachineArn must be a state machine ARN"));
    }
    let kind = machine.kind;
    let name = Arc::clone(&machine.name);
    let is_there = |key: &str| params.get(key).is_some_and(|value| !value.is_null());
    let members = ["definition", "roleArn", "loggingConfiguration", "tracingConfiguration"];
    if !members.iter().any(|key| is_there(key)) && !is_there("encryptionConfiguration") {
        return Err(StatesError::MissingRequiredParameter(
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
        ));
    }
    let publish = flag(params, "publish");
    let description = optional(params, "versionDescription");
    if description.is_some() && !publish {
        return Err(StatesError::validation(
            "Version description can only be set when publish is true",
        ));
    }
    let old = Arc::clone(&machine.current);
    let logging = match params.get("loggingConfiguration") {
        Some(value) if !value.is_null() => Logging::read(Some(value))?,
        _ => old.logging.clone(),
    };
    let role_arn: Arc<str> = match optional(params, "roleArn") {
        Some(role) => {
            check_role(role)?;
            role.into()
        }
        None => Arc::clone(&old.role_arn),
    };
    let definition: Arc<str> =
        optional(params, "definition").map_or_else(|| Arc::clone(&old.definition), Into::into);
    let tracing = tracing(params).unwrap_or(old.tracing);
    let now = now(world);
    let same = definition == old.definition
        && role_arn == old.role_arn
        && logging == old.logging
        && tracing == old.tracing;
    if !same {
        let (machine, variable_references) = if definition == old.definition {
            (Arc::clone(&old.machine), old.variable_references.clone())
        } else {
            let made = compile(&definition, kind)?;
            (made.machine, made.variable_references)
        };
        let revision = Revision {
            id: Some(world.rng.uuid()),
            definition,
            machine,
            role_arn,
            logging,
            tracing,
            encryption: match params.get("encryptionConfiguration") {
                Some(value) if !value.is_null() => encryption(Some(value)),
                _ => old.encryption.clone(),
            },
            made_at: now,
            variable_references,
        };
        states.machine_mut(&name).current = Arc::new(revision);
        announce(world, &name, "ACTIVE");
    }
    let machine = states.machine_mut(&name);
    let mut output = json!({ "updateDate": date(now) });
    if let Some(id) = &machine.current.id {
        output["revisionId"] = json!(id);
    }
    if publish {
        let version = machine.publish(description, now);
        output["stateMachineVersionArn"] = json!(machine.version_arn(version));
    }
    respond(output)
}

/// A state machine that is not there was deleted before (recorded).
pub(crate) fn delete(states: &mut States, world: &mut World, params: &Params) -> Answer {
    let name = match states.machine(text(params, "stateMachineArn")) {
        Ok((machine, None)) => machine.name.to_string(),
        Ok((_, Some(_))) => {
            return Err(StatesError::validation("stateMachineArn must be a state machine ARN"));
        }
        Err(StatesError::StateMachineDoesNotExist(_)) => return done(),
        Err(error) => return Err(error),
    };
    let machine = states.machine_mut(&name);
    // "The state machine is deleted after all its executions are completed."
    machine.deleting = true;
    if machine.running == 0 {
        states.machines.remove(&name);
        announce(world, &name, "DELETED");
    } else {
        announce(world, &name, "DELETING");
    }
    done()
}

impl States {
    /// Counts an execution of a state machine out, and lets a deleted one go with its last.
    pub(crate) fn count_out(&mut self, world: &mut World, name: &str) {
        let Some(machine) = self.machines.get_mut(name) else { return };
        machine.running = machine.running.saturating_sub(1);
        if machine.deleting && machine.running == 0 {
            self.machines.remove(name);
            announce(world, name, "DELETED");
        }
    }
}

pub(crate) fn describe(states: &States, params: &Params) -> Answer {
    let given = text(params, "stateMachineArn");
    let (machine, qualifier) = states.machine(given)?;
    let missing = || StatesError::StateMachineDoesNotExist(given.to_owned());
    let (revision, version) = match qualifier {
        None => (&machine.current, None),
        Some(qualifier) => {
            let number = match version_number(Some(qualifier)) {
                Some(number) => number,
                // An alias of one version shows that version; recorded for neither, inferred.
                None => {
                    let alias = machine.aliases.get(qualifier).ok_or_else(missing)?;
                    alias.routing.first().ok_or_else(missing)?.0
                }
            };
            let version = machine.versions.get(&number).ok_or_else(missing)?;
            (&version.revision, Some(version))
        }
    };
    let mut output = json!({
        "stateMachineArn": given,
        "name": &*machine.name,
        "status": machine.status(),
        "definition": &*revision.definition,
        "roleArn": &*revision.role_arn,
        "type": machine.kind_name(),
        "creationDate": date(version.map_or(machine.created_at, |version| version.created_at)),
    });
    add_configuration(&mut output, revision);
    if let Some(description) = version.and_then(|version| version.description.as_ref()) {
        output["description"] = json!(description);
    }
    if optional(params, "includedData") == Some("METADATA_ONLY") {
        hide_definition(&mut output);
    }
    respond(output)
}

/// What DescribeStateMachine and DescribeStateMachineForExecution say alike.
pub(crate) fn add_configuration(output: &mut Value, revision: &Revision) {
    output["loggingConfiguration"] = revision.logging.describe();
    output["tracingConfiguration"] = json!({ "enabled": revision.tracing });
    if let Some(id) = &revision.id {
        output["revisionId"] = json!(id);
    }
    output["encryptionConfiguration"] = revision.encryption.clone();
    if !revision.variable_references.is_empty() {
        output["variableReferences"] = Value::Object(revision.variable_references.clone());
    }
}

/// `METADATA_ONLY`: "the API will return an empty definition".
pub(crate) fn hide_definition(output: &mut Value) {
    output["definition"] = json!("");
    if let Value::Object(members) = output {
        members.remove("variableReferences");
    }
}

pub(crate) fn list(states: &States, params: &Params) -> Answer {
    let mut all: Vec<&StateMachine> = states.machines.values().collect();
    all.sort_by_key(|machine| machine.created_at);
    let page = paging::page("stateMachines", all.into_iter(), params, |machine| {
        json!({
            "stateMachineArn": &*machine.arn,
            "name": &*machine.name,
            "type": machine.kind_name(),
            "creationDate": date(machine.created_at),
        })
    })?;
    respond(page)
}

/// "The default is 100, and the maximum allowed is 100" (ValidateStateMachineDefinition, `maxResults`).
const DIAGNOSTICS_MAX: usize = 100;

pub(crate) fn validate(params: &Params) -> Answer {
    let kind = kind_of(params.get("type"));
    let (_, diagnostics) = parse_for(text(params, "definition"), kind);
    let with_warnings = optional(params, "severity") == Some("WARNING");
    let limit = match params.get("maxResults").and_then(Value::as_u64) {
        None | Some(0) => DIAGNOSTICS_MAX,
        Some(limit) => usize::try_from(limit).unwrap_or(DIAGNOSTICS_MAX).min(DIAGNOSTICS_MAX),
    };
    let wanted = |severity: Severity| with_warnings || severity == Severity::Error;
    let shown: Vec<Value> = diagnostics
        .iter()
        .filter(|diagnostic| wanted(diagnostic.severity))
        .map(|diagnostic| {
            let mut shown = json!({
                "severity": if diagnostic.severity == Severity::Error { "ERROR" } else { "WARNING" },
                "code": diagnostic.code,
                "message": message(&diagnostic.message, kind),
            });
            if let Some(location) = &diagnostic.location {
                shown["location"] = json!(location);
            }
            shown
        })
        .collect();
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let truncated = shown.len() > limit;
    let mut output = Map::new();
    output.insert("result".into(), json!(if failed { "FAIL" } else { "OK" }));
    output.insert("diagnostics".into(), shown.into_iter().take(limit).collect());
    output.insert("truncated".into(), json!(truncated));
    respond(Value::Object(output))
}

/// Recorded: this operation, unlike CreateStateMachine, leaves a blank where the place would follow.
fn message(message: &str, kind: MachineType) -> String {
    if kind == MachineType::Express
        && message.starts_with("Express state machine does not support '.")
    {
        return format!("{message} ");
    }
    message.to_owned()
}

/// Whether anything of an execution can go to Logs.
pub(crate) fn logs_anything(revision: &Revision) -> bool {
    revision.logging.level != LogLevel::Off && revision.logging.group().is_some()
}
