//! Event source mappings: kept, checked and shown with their states. What polls for them is in `event_sources`.

use super::super::api::{self, Answer, respond};
use super::super::costs;
use super::super::environment::{Cx, Lambda};
use super::super::errors::LambdaError;
use super::super::event_sources::{self, Source};
use super::policy::required;
use super::{Due, gone, invalid, paging, qualified_arn, schedule, seconds, versions};
use crate::Fact;
use crate::patterns::esm::Filters;
use crate::world::{Params, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An event source mapping.
#[derive(Debug)]
pub(crate) struct Mapping {
    source_arn: String,
    /// With the qualifier that was given.
    function_arn: String,
    /// `Creating`, `Enabled` …
    state: &'static str,
    /// Where it is going; empty when it is being deleted.
    target: &'static str,
    change: u64,
    modified_ms: u64,
    /// What was given of [`SHOWN`], with defaults.
    members: BTreeMap<String, Value>,
    pub(super) tags: BTreeMap<String, String>,
}

/// Members that are shown as they were given.
const SHOWN: [&str; 7] = [
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FunctionResponseTypes",
    "FilterCriteria",
    "ScalingConfig",
    "MetricsConfig",
    "KMSKeyArn",
];

/// What else is understood.
const OTHERS: [&str; 6] =
    ["FunctionName", "EventSourceArn", "Enabled", "Tags", "UUID", "DestinationConfig"];

impl Mapping {
    fn describe(&self, world: &World, uuid: &str) -> Value {
        let mut output = json!({
            "UUID": uuid,
            "EventSourceArn": self.source_arn,
            "FunctionArn": self.function_arn,
            "LastModified": seconds(self.modified_ms),
            "State": self.state,
            "StateTransitionReason": "USER_INITIATED",
            "EventSourceMappingArn": format!(
                "arn:aws:lambda:{}:{}:event-source-mapping:{uuid}",
                world.config.region, world.config.account,
            ),
        });
        for (member, value) in &self.members {
            output[member] = value.clone();
        }
        output
    }
}

impl Mapping {
    fn number(&self, member: &str) -> Option<u64> {
        self.members.get(member).and_then(Value::as_u64)
    }

    /// What its pollers go by.
    fn source(&self) -> Source {
        let names = self.members.get("FunctionResponseTypes").and_then(Value::as_array);
        let concurrency = self.members.get("ScalingConfig");
        let concurrency = concurrency.and_then(|config| config.get("MaximumConcurrency"));
        Source {
            queue: self.source_arn.rsplit(':').next().unwrap_or_default().to_owned(),
            arn: self.source_arn.clone(),
            function_arn: self.function_arn.clone(),
            batch_max: self.number("BatchSize").unwrap_or(10) as usize,
            window_ms: self.number("MaximumBatchingWindowInSeconds").unwrap_or(0) * 1_000,
            filters: filters(&self.members).unwrap_or_default(),
            reports: names
                .is_some_and(|names| names.iter().any(|n| n == "ReportBatchItemFailures")),
            concurrency_max: concurrency.and_then(Value::as_u64),
        }
    }

    fn tell(&self, world: &mut World, uuid: &str) {
        let state =
            if self.target.is_empty() && self.state.is_empty() { "Deleted" } else { self.state };
        world.emit(Fact::MappingChanged {
            mapping: uuid.to_owned(),
            source: self.source_arn.clone(),
            function: self.function_arn.clone(),
            state: state.to_owned(),
        });
    }
}

impl Lambda {
    /// How long a function may work, by its ARN with the qualifier that was given; 0 when it is not there.
    pub(in crate::lambda) fn timeout_seconds(&self, arn: &str) -> u64 {
        let mut parts = arn.split(':').skip(6);
        let Some(function) = parts.next().and_then(|name| self.functions.get(name)) else {
            return 0;
        };
        let version = match parts.next() {
            None | Some("$LATEST") => 0,
            Some(qualifier) => versions::number(function, qualifier).unwrap_or(0),
        };
        let published = function.deployment(version).filter(|_| version > 0);
        let deployment = published.as_ref().unwrap_or(&function.newest);
        deployment.settings.timeout_seconds
    }
}

/// The filters of `FilterCriteria`.
fn filters(members: &BTreeMap<String, Value>) -> Result<Filters, crate::ApiError> {
    let criteria = members.get("FilterCriteria");
    let filters = criteria.and_then(|criteria| criteria.get("Filters")).and_then(Value::as_array);
    let patterns = filters.into_iter().flatten();
    Filters::parse(
        patterns.map(|filter| filter.get("Pattern").and_then(Value::as_str).unwrap_or_default()),
    )
}

/// The queue is asked for messages when a mapping is made, and its visibility timeout is compared with the function's timeout.
/// The words of the first refusal are inferred from those for packages in S3, the second's are AWS's as people report them.
fn check_queue(
    lambda: &Lambda,
    cx: &Cx<'_>,
    source_arn: &str,
    function_arn: &str,
) -> Result<(), LambdaError> {
    let Some(queue) = cx.sqs.by_arn(cx.world, source_arn) else {
        return Err(invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
        ));
    };
    let visibility = queue.attributes.visibility_seconds;
    let timeout = lambda.timeout_seconds(function_arn);
    if visibility < timeout {
        return Err(invalid(format!(
            "Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
        )));
    }
    Ok(())
}

/// Members that are of streams and of other sources.
const OF_STREAMS: [&str; 5] = [
    "ParallelizationFactor",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
];

/// What a queue's mapping does not have. The words for streams' members are inferred from those for `DestinationConfig`, which are
/// recorded.
fn refuse_of_streams(params: &Params) -> Result<(), LambdaError> {
    let given = |name: &&str| params.get(*name).is_some_and(|value| !value.is_null());
    if given(&"StartingPosition") {
        return Err(invalid("StartingPosition is not valid for SQS event sources."));
    }
    match OF_STREAMS.iter().find(|name| given(name)) {
        Some(name) => Err(invalid(format!(
            "Unsupported {name} parameter for given event source mapping type."
        ))),
        None => Ok(()),
    }
}

/// Takes the members that are shown, and checks them: sizes, windows, patterns.
fn apply(
    members: &mut BTreeMap<String, Value>,
    params: &Params,
    fifo: bool,
) -> Result<(), LambdaError> {
    for name in SHOWN {
        if let Some(value) = params.get(name).filter(|value| !value.is_null()) {
            members.insert(name.into(), value.clone());
        }
    }
    let number = |name: &str| members.get(name).and_then(Value::as_u64).unwrap_or(0);
    let (batch, window) = (number("BatchSize"), number("MaximumBatchingWindowInSeconds"));
    if fifo && window > 0 {
        return Err(invalid("Batching window is not supported for FIFO queues"));
    }
    if fifo && batch > 10 {
        return Err(invalid("Maximum batch size for FIFO queues is 10"));
    }
    if batch > 10 && window == 0 {
        return Err(invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ));
    }
    if let Err(refusal) = filters(members) {
        return Err(invalid(refusal.message.unwrap_or_default()));
    }
    // What asks for nothing takes away what there was.
    for name in ["FilterCriteria", "ScalingConfig"] {
        if members.get(name).is_some_and(api::is_empty) {
            members.remove(name);
        }
    }
    Ok(())
}

/// The ARN of the function that `FunctionName` names, with its qualifier.
fn target(lambda: &Lambda, world: &World, params: &Params) -> Result<String, LambdaError> {
    let (name, qualifier) = api::named(world, params)?;
    let known = lambda.functions.get(&name).filter(|known| match qualifier.as_deref() {
        None | Some("$LATEST") => true,
        Some(other) => versions::number(known, other).is_some(),
    });
    match known {
        Some(_) => Ok(qualified_arn(world, &name, qualifier.as_deref())),
        None => Err(invalid("Function does not exist")),
    }
}

pub(super) fn create(lambda: &mut Lambda, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let world = &mut *cx.world;
    let Some(source) = api::text(params, "EventSourceArn")? else {
        if params.get("SelfManagedEventSource").is_some_and(|value| !api::is_empty(value)) {
            return Err(LambdaError::not_emulated(
                "SelfManagedEventSource of CreateEventSourceMapping",
            ));
        }
        return Err(invalid("Unrecognized event source."));
    };
    let service = source.split(':').nth(2).unwrap_or_default();
    let stream = matches!(service, "kinesis" | "dynamodb");
    if !stream && service != "sqs" {
        return Err(LambdaError::not_emulated(&format!("event source mappings of {service}")));
    }
    if !stream && params.get("DestinationConfig").is_some_and(|value| !api::is_empty(value)) {
        return Err(invalid(
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ));
    }
    let function_arn = target(lambda, world, params)?;
    let mut members = BTreeMap::from([
        ("BatchSize".to_owned(), json!(10)),
        ("MaximumBatchingWindowInSeconds".to_owned(), json!(0)),
        ("FunctionResponseTypes".to_owned(), json!([])),
    ]);
    if stream {
        let position = api::text(params, "StartingPosition")?;
        if position.is_none() {
            return Err(invalid(
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
            ));
        }
        // The rules for sizes are of queues.
        let mut filters = Params::new();
        filters.extend(params.get_key_value("FilterCriteria").map(|(k, v)| (k.clone(), v.clone())));
        apply(&mut members, &filters, false)?;
        // There are none: their services are refused by name.
        return Err(invalid(format!("Stream not found: {source}")));
    }
    refuse_of_streams(params)?;
    let understood: Vec<&str> = SHOWN.into_iter().chain(OTHERS).collect();
    api::refuse_other_members("CreateEventSourceMapping", params, &understood)?;
    apply(&mut members, params, source.ends_with(".fifo"))?;
    let same =
        |mapping: &Mapping| mapping.source_arn == source && mapping.function_arn == function_arn;
    if let Some((uuid, _)) = lambda.control.mappings.iter().find(|(_, mapping)| same(mapping)) {
        let name = function_arn.split(":function:").nth(1).unwrap_or_default();
        return Err(LambdaError::conflict(format!(
            "An event source mapping with SQS arn (\" {source} \") and function (\" {name} \") already exists. Please update or delete the existing mapping with UUID {uuid}"
        )));
    }
    check_queue(lambda, cx, source, &function_arn)?;
    let world = &mut *cx.world;
    // One that is not enabled is there at once (recorded).
    let is_enabled = params.get("Enabled") != Some(&Value::Bool(false));
    let mapping = Mapping {
        source_arn: source.to_owned(),
        function_arn,
        state: if is_enabled { "Creating" } else { "Disabled" },
        target: if is_enabled { "Enabled" } else { "Disabled" },
        change: 0,
        modified_ms: world.unix_ms(),
        members,
        tags: api::tags(params.get("Tags"))?,
    };
    let uuid = world.rng.uuid();
    lambda.control.mappings.insert(uuid.clone(), mapping);
    change(lambda, world, &uuid)
}

/// The mapping is on its way to its target, and this is the answer.
fn change(lambda: &mut Lambda, world: &mut World, uuid: &str) -> Answer {
    lambda.control.changes += 1;
    let change = lambda.control.changes;
    let mapping = lambda.control.mappings.get_mut(uuid).ok_or_else(gone)?;
    mapping.change = change;
    mapping.modified_ms = world.unix_ms();
    let output = mapping.describe(world, uuid);
    mapping.tell(world, uuid);
    let at = world.now.after_micros(costs::MAPPING_US);
    schedule(world, at, Due::Mapping { uuid: uuid.to_owned(), change });
    respond(202, output)
}

/// A mapping has reached the state that it was on its way to: it polls, or does so no longer.
pub(super) fn settle(lambda: &mut Lambda, cx: &mut Cx<'_>, uuid: &str, change: u64) {
    let Some(mapping) = lambda.control.mappings.get_mut(uuid).filter(|m| m.change == change) else {
        return;
    };
    let was_settled = mapping.state == mapping.target;
    mapping.state = mapping.target;
    mapping.modified_ms = cx.world.unix_ms();
    if !was_settled {
        mapping.tell(cx.world, uuid);
    }
    let source = (mapping.state == "Enabled").then(|| mapping.source());
    if mapping.target.is_empty() {
        lambda.control.mappings.remove(uuid);
    }
    match source {
        Some(source) => event_sources::start(lambda, cx, uuid, source),
        None => event_sources::stop(lambda, cx, uuid),
    }
}

pub(super) fn get(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let uuid = required(params, "UUID", "uUID")?;
    let mapping = lambda.control.mappings.get(uuid).ok_or_else(gone)?;
    respond(200, mapping.describe(world, uuid))
}

fn busy(mapping: &Mapping) -> Result<(), LambdaError> {
    if mapping.state == mapping.target {
        return Ok(());
    }
    Err(LambdaError::Other {
        code: "ResourceInUseException",
        status: 400,
        message: "Cannot update the event source mapping because it is in use.".into(),
    })
}

pub(super) fn update(lambda: &mut Lambda, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let world = &mut *cx.world;
    let uuid = required(params, "UUID", "uUID")?;
    let mapping = lambda.control.mappings.get(uuid).ok_or_else(gone)?;
    refuse_of_streams(params)?;
    let understood: Vec<&str> = SHOWN.into_iter().chain(OTHERS).collect();
    api::refuse_other_members("UpdateEventSourceMapping", params, &understood)?;
    busy(mapping)?;
    let mut members = mapping.members.clone();
    apply(&mut members, params, mapping.source_arn.ends_with(".fifo"))?;
    let function_arn = match api::text(params, "FunctionName")? {
        Some(_) => target(lambda, world, params)?,
        None => mapping.function_arn.clone(),
    };
    check_queue(lambda, cx, &mapping.source_arn, &function_arn)?;
    let world = &mut *cx.world;
    let mapping = lambda.control.mappings.get_mut(uuid).ok_or_else(gone)?;
    mapping.members = members;
    mapping.function_arn = function_arn;
    (mapping.state, mapping.target) = match params.get("Enabled") {
        Some(Value::Bool(true)) if mapping.state == "Disabled" => ("Enabling", "Enabled"),
        Some(Value::Bool(false)) if mapping.state == "Enabled" => ("Disabling", "Disabled"),
        _ => ("Updating", mapping.target),
    };
    change(lambda, world, uuid)
}

pub(super) fn delete(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let uuid = required(params, "UUID", "uUID")?;
    let mapping = lambda.control.mappings.get_mut(uuid).ok_or_else(gone)?;
    busy(mapping)?;
    (mapping.state, mapping.target) = ("Deleting", "");
    change(lambda, world, uuid)
}

pub(super) fn list(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let source = api::text(params, "EventSourceArn")?;
    let function = match api::text(params, "FunctionName")? {
        Some(_) => {
            let (name, qualifier) = api::named(world, params)?;
            Some(qualified_arn(world, &name, qualifier.as_deref()))
        }
        None => None,
    };
    let wanted = lambda.control.mappings.iter().filter(|(_, mapping)| {
        source.is_none_or(|source| mapping.source_arn == source)
            && function.as_ref().is_none_or(|function| mapping.function_arn == *function)
    });
    let items = wanted.map(|(uuid, mapping)| (uuid.clone(), mapping.describe(world, uuid)));
    paging::page("EventSourceMappings", items.collect(), params, 100)
}
