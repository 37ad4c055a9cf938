//! One function per operation of the Lambda API: validate, act, answer or refuse.
//!
//! Parameters that change behaviour and are not emulated are refused by name (`NotImplementedException`, 501, ours);
//! parameters that AWS only stores and shows are stored and shown.

use super::asynchronous::{self, Queued};
use super::control::Control;
use super::environment::{Cx, Due, Lambda};
use super::errors::LambdaError;
use super::invocation::{Invocation, Tail};
use super::model::{Deployment, Function, Package, Settings, Shown, State};
use super::{control, costs, event_sources, payload, variables};
use crate::arn::{FunctionReference, parse_function};
use crate::queue::Urgency;
use crate::world::{Incoming, Outcome, Params, World};
use crate::{ApiError, Fact, Response, calendar, world};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) type Answer = Result<Outcome, LambdaError>;

/// The operations that are emulated; none for others.
pub(crate) fn handle(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let params = incoming.params;
    let world = &mut *cx.world;
    let answer = match incoming.caller.operation.as_str() {
        "CreateFunction" => create_function(lambda, cx, params),
        "GetFunction" => get_function(lambda, world, params),
        "GetFunctionConfiguration" => get_function_configuration(lambda, world, params),
        "ListFunctions" => list_functions(lambda, params),
        "UpdateFunctionCode" => update_function_code(lambda, cx, params),
        "UpdateFunctionConfiguration" => update_function_configuration(lambda, cx, params),
        "DeleteFunction" => delete_function(lambda, world, params),
        "Invoke" => invoke(lambda, cx, incoming),
        operation => {
            return control::handle(lambda, cx, operation, params).map(|a| a.map_err(Into::into));
        }
    };
    Some(answer.map_err(Into::into))
}

pub(super) fn respond(status: u16, output: impl Into<Value>) -> Answer {
    Ok(Response { status, output: output.into() }.into())
}

// Functions

/// Members of CreateFunction that are emulated, or stored and shown.
const CREATE_MEMBERS: [&str; 20] = [
    "FunctionName",
    "Runtime",
    "Role",
    "Handler",
    "Code",
    "Description",
    "Timeout",
    "MemorySize",
    "Publish",
    "PackageType",
    "Environment",
    "KMSKeyArn",
    "TracingConfig",
    "Tags",
    "Architectures",
    "EphemeralStorage",
    "LoggingConfig",
    "SnapStart",
    "Layers",
    "DeadLetterConfig",
];

fn create_function(lambda: &mut Lambda, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let world = &mut *cx.world;
    let reference = reference(world, params)?;
    if reference.name.len() > 64 {
        return Err(LambdaError::InvalidParameter(format!(
            "1 validation error detected: Value '{}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64",
            reference.name
        )));
    }
    if reference.qualifier.is_some_and(|qualifier| qualifier != "$LATEST") {
        return Err(LambdaError::not_emulated("a qualifier in FunctionName of CreateFunction"));
    }
    let name = reference.name;
    refuse_other_members("CreateFunction", params, &CREATE_MEMBERS)?;
    let tags = tags(params.get("Tags"))?;
    let code = object(params, "Code")?.ok_or_else(|| missing("code"))?;
    refuse_other_members("CreateFunction", code, &["ZipFile"])?;
    let handler = text(params, "Handler")?.unwrap_or_default().to_owned();
    let runtime = text(params, "Runtime")?.map(str::to_owned);
    if runtime.is_none() || handler.is_empty() {
        return Err(LambdaError::InvalidParameter(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.".into(),
        ));
    }
    let mut settings = Settings {
        description: String::new(),
        role: text(params, "Role")?.ok_or_else(|| missing("role"))?.to_owned(),
        runtime: runtime.expect("checked above"),
        handler,
        memory_mb: 128,
        timeout_seconds: 3,
        tmp_mb: 512,
        variables: None,
        tracing_mode: "PassThrough".into(),
        kms_key_arn: None,
        dead_letter_target: None,
        architecture: "x86_64".into(),
        log_format: "Text".into(),
        application_log_level: None,
        system_log_level: None,
        log_group: format!("/aws/lambda/{name}"),
        snap_start: false,
        layers: Vec::new(),
    };
    settings.apply(params)?;
    settings.apply_layers(lambda, cx.world, params)?;
    if lambda.functions.contains_key(&name) {
        return Err(LambdaError::FunctionExists { name });
    }
    let package = package(cx, code.get("ZipFile"), &settings)?;
    let world = &mut *cx.world;
    let deployment = lambda.deployment(settings, package);
    let mut function = Function {
        arn: function_arn(world, &name),
        name: name.clone(),
        state: State::Pending,
        newest: Arc::clone(&deployment),
        current: deployment,
        revision_id: world.rng.uuid(),
        last_modified: calendar::last_modified(world.unix_ms()),
        tags,
        control: Control::default(),
    };
    settle_after(world, &function, costs::CREATE_US);
    announce(world, &function);
    let mut output = function.latest(None).describe(world);
    if publishes(params) {
        output.insert(
            "Version".into(),
            control::versions::publish_first(lambda, world, &mut function),
        );
    }
    lambda.functions.insert(name, function);
    respond(201, output)
}

fn get_function(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (function, qualifier) = find(lambda, world, params, NotFound::AsNamed)?;
    let shown = shown(function, qualifier.as_deref());
    let region = &world.config.region;
    let location = format!(
        "https://awslambda-{region}-tasks.s3.{region}.amazonaws.com/snapshots/{}/{}-{}",
        world.config.account, function.name, shown.deployment.package.location
    );
    let mut output = json!({
        "Configuration": shown.describe(world),
        "Code": { "RepositoryType": "S3", "Location": location },
    });
    if !function.tags.is_empty() {
        output["Tags"] = json!(function.tags);
    }
    if let Some(reserved) = function.control.reserved {
        output["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
    }
    respond(200, output)
}

fn get_function_configuration(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (function, qualifier) = find(lambda, world, params, NotFound::AsNamed)?;
    respond(200, shown(function, qualifier.as_deref()).describe(world))
}

/// "Lambda returns up to 50 functions per call" (ListFunctions). A marker is the base64 of the last name that was shown.
fn list_functions(lambda: &Lambda, params: &Params) -> Answer {
    if text(params, "FunctionVersion")? == Some("ALL") {
        return control::versions::list_all(lambda, params);
    }
    let items_max = number(params, "MaxItems")?.unwrap_or(50).clamp(1, 50) as usize;
    let after = match text(params, "Marker")? {
        None => None,
        Some(marker) => {
            let name = STANDARD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            Some(name.ok_or_else(|| LambdaError::InvalidParameter("Invalid marker".into()))?)
        }
    };
    let mut rest =
        lambda.functions.values().filter(|f| after.as_ref().is_none_or(|after| f.name > *after));
    let page: Vec<&Function> = rest.by_ref().take(items_max).collect();
    let functions: Vec<Value> =
        page.iter().map(|function| function.latest(None).describe_in_list().into()).collect();
    let mut output = json!({ "Functions": functions });
    if let (Some(last), Some(_)) = (page.last(), rest.next()) {
        output["NextMarker"] = json!(STANDARD.encode(&last.name));
    }
    respond(200, output)
}

fn update_function_code(lambda: &mut Lambda, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let members = ["FunctionName", "ZipFile", "Publish", "DryRun", "RevisionId", "Architectures"];
    let (name, mut settings) = changeable(lambda, cx.world, params)?;
    refuse_other_members("UpdateFunctionCode", params, &members)?;
    settings.apply_architectures(params)?;
    let package = package(cx, params.get("ZipFile"), &settings)?;
    let dry_run = params.get("DryRun").and_then(Value::as_bool) == Some(true);
    change(lambda, cx.world, &name, settings, package, dry_run, publishes(params))
}

fn update_function_configuration(lambda: &mut Lambda, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let members = [
        "FunctionName",
        "Role",
        "Handler",
        "Description",
        "Timeout",
        "MemorySize",
        "Environment",
        "Runtime",
        "TracingConfig",
        "KMSKeyArn",
        "RevisionId",
        "EphemeralStorage",
        "SnapStart",
        "LoggingConfig",
        "Layers",
        "DeadLetterConfig",
    ];
    let (name, mut settings) = changeable(lambda, cx.world, params)?;
    refuse_other_members("UpdateFunctionConfiguration", params, &members)?;
    if let Some(role) = text(params, "Role")? {
        settings.role = role.to_owned();
    }
    if let Some(handler) = text(params, "Handler")? {
        settings.handler = handler.to_owned();
    }
    if let Some(runtime) = text(params, "Runtime")? {
        settings.runtime = runtime.to_owned();
    }
    settings.apply(params)?;
    settings.apply_layers(lambda, cx.world, params)?;
    let mut package = lambda.functions[&name].newest.package.clone();
    if let Some(files) = &package.files {
        // Another handler, or other layers, may mean another module.
        package.artifact = control::package::resolve(cx, files, &settings)?;
    }
    if !settings.layers.is_empty() {
        control::package::check_size(&package, &settings)?;
    }
    change(lambda, cx.world, &name, settings, package, false, false)
}

/// The function that an update names and its settings, if it may be changed now.
fn changeable(
    lambda: &Lambda,
    world: &World,
    params: &Params,
) -> Result<(String, Settings), LambdaError> {
    let (function, qualifier) = find(lambda, world, params, NotFound::AsNamed)?;
    if qualifier.is_some_and(|qualifier| qualifier != "$LATEST") {
        return Err(LambdaError::InvalidParameter("Only $LATEST can be updated.".into()));
    }
    if function.state == State::Pending {
        return Err(LambdaError::NotActive { state: function.state.name() });
    }
    if function.is_updating() {
        return Err(LambdaError::UpdateInProgress { arn: function.arn.clone() });
    }
    if text(params, "RevisionId")?.is_some_and(|revision| revision != function.revision_id) {
        return Err(LambdaError::RevisionMismatch);
    }
    Ok((function.name.clone(), function.newest.settings.clone()))
}

fn change(
    lambda: &mut Lambda,
    world: &mut World,
    name: &str,
    settings: Settings,
    package: Package,
    dry_run: bool,
    publish: bool,
) -> Answer {
    let deployment = lambda.deployment(settings, package);
    let function = lambda.functions.get_mut(name).expect("the caller has found it");
    if dry_run {
        return respond(200, function.latest(None).describe(world));
    }
    function.newest = deployment;
    function.revision_id = world.rng.uuid();
    function.last_modified = calendar::last_modified(world.unix_ms());
    settle_after(world, function, costs::UPDATE_US);
    announce(world, function);
    if publish {
        return control::versions::publish_update(lambda, world, name);
    }
    respond(200, function.latest(None).describe(world))
}

fn delete_function(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let (function, qualifier) = find(lambda, world, params, NotFound::Unqualified)?;
    let name = function.name.clone();
    match qualifier.as_deref() {
        None => lambda.delete_function(world, &name),
        Some("$LATEST") => {
            return Err(LambdaError::InvalidParameter(
                "$LATEST version cannot be deleted without deleting the function.".into(),
            ));
        }
        Some(qualifier) => control::versions::delete(lambda, world, &name, qualifier)?,
    }
    respond(204, json!({}))
}

/// From the queue: a new function becomes active, or an update is done.
pub(super) fn settle(lambda: &mut Lambda, world: &mut World, name: &str, deployment: u64) {
    let Some(function) = lambda.functions.get_mut(name).filter(|f| f.newest.number == deployment)
    else {
        return;
    };
    function.state = State::Active;
    function.current = Arc::clone(&function.newest);
    function.revision_id = world.rng.uuid();
    announce(world, function);
    if !function.control.versions.is_empty() {
        control::versions::settle(lambda, world, name);
    }
    lambda.retire_environments(world, name);
}

fn settle_after(world: &mut World, function: &Function, micros: u64) {
    let due = Due::Settle { function: function.name.clone(), deployment: function.newest.number };
    world.schedule(world.now.after_micros(micros), Urgency::Work, world::Due::Lambda(due));
}

pub(super) fn announce(world: &mut World, function: &Function) {
    world.emit(Fact::FunctionChanged {
        function: function.name.clone(),
        state: function.state.name().into(),
        last_update_status: function.last_update_status().map(str::to_owned),
    });
}

// Invoke

fn invoke(lambda: &mut Lambda, cx: &mut Cx<'_>, incoming: &Incoming<'_>) -> Answer {
    let params = incoming.params;
    refuse_other_members(
        "Invoke",
        params,
        &["FunctionName", "InvocationType", "LogType", "ClientContext", "Payload", "Qualifier"],
    )?;
    let invocation_type = text(params, "InvocationType")?.unwrap_or("RequestResponse").to_owned();
    let asynchronous = invocation_type == "Event";
    let payload = match params.get("Payload") {
        None | Some(Value::Null) => Arc::from(&b""[..]),
        Some(blob) => blob_bytes(cx.world, "Payload", blob)?,
    };
    let bytes_max =
        if asynchronous { costs::ASYNC_PAYLOAD_BYTES_MAX } else { costs::SYNC_PAYLOAD_BYTES_MAX };
    if payload.len() > bytes_max {
        return Err(LambdaError::RequestTooLarge { bytes_max });
    }
    let (function, qualifier) = find(lambda, cx.world, params, NotFound::Latest)?;
    // No payload is an empty object, as in the recorded answers of an echo function.
    let payload = if payload.is_empty() { Arc::from(&b"{}"[..]) } else { payload };
    if let Some(fault) = payload::fault(&payload) {
        return Err(LambdaError::InvalidPayload(fault));
    }
    let version = match qualifier.as_deref() {
        None | Some("$LATEST") => 0,
        Some(qualifier) => control::versions::route(cx.world, function, qualifier),
    };
    let state = match function.control.versions.get(&version) {
        Some(version) => version.state,
        None => function.state,
    };
    if state != State::Active {
        return Err(match function.deployment(version) {
            Some(deployment) if deployment.is_snap_start() => control::versions::no_snapshot(state),
            _ => LambdaError::NotActive { state: state.name() },
        });
    }
    if invocation_type == "DryRun" {
        return respond(204, json!({ "StatusCode": 204, "Payload": crate::Blob::text("") }));
    }
    let invoked_arn = match qualifier {
        Some(qualifier) => format!("{}:{qualifier}", function.arn),
        None => function.arn.clone(),
    };
    let name = function.name.clone();
    if !asynchronous {
        lambda.check_concurrency(cx.world, &name, version, true)?;
    }
    let client_context = text(params, "ClientContext")?.filter(|_| !asynchronous).map(|encoded| {
        let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        decoded.unwrap_or_else(|| encoded.to_owned())
    });
    let world = &mut *cx.world;
    let invocation = Invocation {
        request_id: world.rng.uuid(),
        function: name.clone(),
        version,
        invoked_arn,
        payload,
        client_context,
        trace_id: trace_id(world),
        caller: (!asynchronous).then(|| incoming.caller.clone()),
        queued: asynchronous.then(|| Queued::new(world.now)),
        wants_tail: !asynchronous && text(params, "LogType")? == Some("Tail"),
        spills: false,
        cold: false,
        start_logged: false,
        started_at: None,
        deadline: world.now,
        init_us: None,
        init_failed: false,
        restore_us: None,
        units: 0,
        tail: Tail::default(),
    };
    world.emit(Fact::InvocationAccepted {
        request_id: invocation.request_id.clone(),
        function: name,
        invocation_type,
        payload_bytes: invocation.payload.len() as u64,
        command: incoming.caller.logged_command(),
        execution: incoming.caller.task().map(|(execution, _)| execution),
        state: incoming.caller.task().map(|(_, state)| state.to_owned()),
        source: incoming.caller.source().map(|(source, _)| source.to_owned()),
        event_id: incoming.caller.source().map(|(_, event_id)| event_id.to_owned()),
        mapping: incoming.caller.batch().map(|(mapping, _)| mapping.to_owned()),
        batch: incoming.caller.batch().map(|(_, batch)| batch),
        asker: incoming.caller.asker(),
    });
    if let Some((_, batch)) = incoming.caller.batch() {
        event_sources::accepted(lambda, batch, &invocation.request_id);
    }
    if asynchronous {
        let at = world.now.after_micros(costs::ASYNC_DELIVERY_US);
        world.schedule(
            at,
            Urgency::Work,
            world::Due::Lambda(Due::Deliver { invocation: Box::new(invocation) }),
        );
        return respond(202, json!({ "StatusCode": 202, "Payload": crate::Blob::text("") }));
    }
    lambda.place(cx, invocation);
    Ok(Outcome::Deferred)
}

fn trace_id(world: &mut World) -> String {
    let seconds = world.unix_ms() / 1_000;
    let rng = &mut world.rng;
    let [root, parent, lineage] = [rng.hex(24), rng.hex(16), rng.hex(8)];
    format!("Root=1-{seconds:08x}-{root};Parent={parent};Sampled=0;Lineage=1:{lineage}:0")
}

// Names

/// How an absent function's ARN is written: it depends on the operation, as recorded.
#[derive(Clone, Copy, PartialEq)]
enum NotFound {
    /// With the qualifier that was given, if one was.
    AsNamed,
    /// Without any.
    Unqualified,
    /// With `$LATEST` when none was given.
    Latest,
}

/// The function that `FunctionName` and `Qualifier` name, and the qualifier: `$LATEST`, a version that is there or an alias;
/// to DeleteFunction it may be anything.
fn find<'a>(
    lambda: &'a Lambda,
    world: &World,
    params: &Params,
    not_found: NotFound,
) -> Result<(&'a Function, Option<String>), LambdaError> {
    let (name, qualifier) = named(world, params)?;
    let function = lambda.functions.get(&name);
    if let Some(function) = function
        && (not_found == NotFound::Unqualified || is_known(function, qualifier.as_deref()))
    {
        return Ok((function, qualifier));
    }
    let mut arn = function_arn(world, &name);
    let shown = match not_found {
        NotFound::AsNamed => qualifier,
        NotFound::Unqualified => None,
        NotFound::Latest => Some(qualifier.unwrap_or_else(|| "$LATEST".into())),
    };
    if let Some(qualifier) = shown {
        arn += ":";
        arn += &qualifier;
    }
    Err(LambdaError::FunctionNotFound { arn })
}

/// Name and qualifier that `FunctionName` and `Qualifier` give together.
pub(super) fn named(
    world: &World,
    params: &Params,
) -> Result<(String, Option<String>), LambdaError> {
    let named = reference(world, params)?;
    match (named.qualifier, text(params, "Qualifier")?) {
        (Some(derived), Some(given)) if derived != given => Err(LambdaError::QualifierMismatch),
        (derived, given) => Ok((named.name, derived.or(given.map(str::to_owned)))),
    }
}

fn is_known(function: &Function, qualifier: Option<&str>) -> bool {
    match qualifier {
        None | Some("$LATEST") => true,
        Some(qualifier) => control::versions::number(function, qualifier).is_some(),
    }
}

/// What a qualifier that is known names.
fn shown<'a>(function: &'a Function, qualifier: Option<&'a str>) -> Shown<'a> {
    match qualifier {
        None | Some("$LATEST") => function.latest(qualifier),
        Some(other) => control::versions::shown(function, other),
    }
}

fn publishes(params: &Params) -> bool {
    params.get("Publish") == Some(&Value::Bool(true))
}

/// Reads `FunctionName`; refuses those of other accounts and regions.
pub(super) fn reference(world: &World, params: &Params) -> Result<FunctionReference, LambdaError> {
    let given = text(params, "FunctionName")?.ok_or_else(|| missing("functionName"))?;
    let reference = parse_function(given).ok_or_else(|| {
        LambdaError::Validation(format!(
            "1 validation error detected: Value '{given}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{{2}}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{{1}}:)?(\\d{{12}}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
        ))
    })?;
    if let Some(theirs) = reference.region.as_ref().filter(|region| **region != world.config.region)
    {
        return Err(LambdaError::OtherRegion {
            theirs: theirs.clone(),
            ours: world.config.region.clone(),
        });
    }
    if reference.account.as_ref().is_some_and(|account| *account != world.config.account) {
        return Err(LambdaError::OtherAccount);
    }
    Ok(reference)
}

pub(super) fn function_arn(world: &World, name: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{name}", world.config.region, world.config.account)
}

// Parameters

impl Settings {
    /// What CreateFunction and UpdateFunctionConfiguration have in common.
    fn apply(&mut self, params: &Params) -> Result<(), LambdaError> {
        if let Some(description) = text(params, "Description")? {
            self.description = description.to_owned();
        }
        // The model's ranges are wider: they are those of managed instances.
        if let Some(timeout) = ranged(params, "Timeout", "timeout", 1, 900)? {
            self.timeout_seconds = timeout;
        }
        if let Some(memory) = ranged(params, "MemorySize", "memorySize", 128, 10_240)? {
            self.memory_mb = memory;
        }
        if let Some(storage) = object(params, "EphemeralStorage")?
            && let Some(size) = ranged(storage, "Size", "ephemeralStorage.size", 512, 10_240)?
        {
            self.tmp_mb = size;
        }
        if let Some(environment) = object(params, "Environment")? {
            let given = object(environment, "Variables")?.into_iter().flatten();
            let variables: Vec<_> = given
                .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect();
            variables::check(&variables)?;
            self.variables = Some(variables);
        }
        if let Some(mode) = object(params, "TracingConfig")?
            .map(|config| text(config, "Mode"))
            .transpose()?
            .flatten()
        {
            self.tracing_mode = mode.to_owned();
        }
        if let Some(key) = text(params, "KMSKeyArn")? {
            self.kms_key_arn = (!key.is_empty()).then(|| key.to_owned());
        }
        if let Some(config) = object(params, "DeadLetterConfig")?
            && let Some(target) = text(config, "TargetArn")?
        {
            self.dead_letter_target = asynchronous::dead_letter_target(target)?;
        }
        let snap_start = object(params, "SnapStart")?
            .map(|config| text(config, "ApplyOn"))
            .transpose()?
            .flatten();
        if let Some(apply_on) = snap_start {
            self.snap_start = apply_on == "PublishedVersions";
        }
        if self.snap_start && self.tmp_mb > 512 {
            return Err(control::versions::not_with_snapshots(
                "Ephemeral storage greater than 512 MB",
            ));
        }
        self.apply_architectures(params)?;
        self.apply_logging(params)
    }

    fn apply_layers(
        &mut self,
        lambda: &Lambda,
        world: &World,
        params: &Params,
    ) -> Result<(), LambdaError> {
        if let Some(list) = params.get("Layers").and_then(Value::as_array) {
            self.layers = if list.is_empty() {
                Vec::new()
            } else {
                control::layers::attached(lambda, world, list)?
            };
        }
        Ok(())
    }

    fn apply_architectures(&mut self, params: &Params) -> Result<(), LambdaError> {
        if let Some(architecture) =
            params.get("Architectures").and_then(|list| list.get(0)).and_then(Value::as_str)
        {
            self.architecture = architecture.to_owned();
        }
        Ok(())
    }

    /// Levels belong to the JSON format: it brings `INFO` for both, and text takes them away, as recorded.
    fn apply_logging(&mut self, params: &Params) -> Result<(), LambdaError> {
        let Some(config) = object(params, "LoggingConfig")? else { return Ok(()) };
        if let Some(group) = text(config, "LogGroup")? {
            self.log_group = group.to_owned();
        }
        if let Some(format) = text(config, "LogFormat")? {
            self.log_format = format.to_owned();
        }
        let json = self.log_format == "JSON";
        for (member, level) in [
            ("ApplicationLogLevel", &mut self.application_log_level),
            ("SystemLogLevel", &mut self.system_log_level),
        ] {
            let given = text(config, member)?.map(str::to_owned);
            *level = if json { given.or(level.take()).or(Some("INFO".into())) } else { None };
        }
        Ok(())
    }
}

/// The package of a request: a zip, or a bare WebAssembly module, which is ours and documented in `docs/FIDELITY.md`.
fn package(
    cx: &mut Cx<'_>,
    blob: Option<&Value>,
    settings: &Settings,
) -> Result<Package, LambdaError> {
    let Some(blob) = blob.filter(|blob| !blob.is_null()) else {
        return Err(LambdaError::InvalidParameter(
            "Please provide a source for function code.".into(),
        ));
    };
    let bytes = blob_bytes(cx.world, "ZipFile", blob)?;
    if bytes.len() > costs::PACKAGE_BYTES_MAX {
        return Err(LambdaError::PackageTooLarge { bytes_max: costs::PACKAGE_BYTES_MAX });
    }
    let (artifact, files) = if bytes.starts_with(b"PK") {
        let files = control::package::unpack(&bytes)?;
        (control::package::resolve(cx, &files, settings)?, Some(files))
    } else {
        let accepted = cx.artifacts.accept(&bytes);
        (Some(accepted.map_err(|refusal| LambdaError::InvalidParameter(refusal.message))?), None)
    };
    let sha256 = Sha256::digest(&bytes);
    let package = Package {
        artifact,
        files,
        bytes: bytes.len() as u64,
        sha256_base64: STANDARD.encode(sha256),
        location: cx.world.rng.uuid(),
    };
    if !settings.layers.is_empty() {
        control::package::check_size(&package, settings)?;
    }
    Ok(package)
}

/// The bytes of a blob member: see [`crate::Blob`].
pub(super) fn blob_bytes(
    world: &World,
    member: &str,
    blob: &Value,
) -> Result<Arc<[u8]>, LambdaError> {
    let part = |key: &str| blob.get(key).and_then(Value::as_str);
    if let Some(text) = part("$text") {
        return Ok(text.as_bytes().into());
    }
    if let Some(sha256) = part("$sha256") {
        return world.blob(sha256).ok_or_else(|| {
            LambdaError::InvalidParameter(format!(
                "{member} names bytes that are not here: SHA-256 {sha256}"
            ))
        });
    }
    let decoded = blob.as_str().and_then(|encoded| STANDARD.decode(encoded).ok());
    decoded
        .map(Into::into)
        .ok_or_else(|| LambdaError::InvalidParameter(format!("{member} is not base64 text")))
}

/// "Number of tags exceeds resource tag limit": 50.
pub(super) fn tags(given: Option<&Value>) -> Result<BTreeMap<String, String>, LambdaError> {
    let entries = given.and_then(Value::as_object).into_iter().flatten();
    let tags: BTreeMap<_, _> = entries
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    if tags.len() > 50 {
        return Err(LambdaError::InvalidParameter(
            "Number of tags exceeds resource tag limit.".into(),
        ));
    }
    Ok(tags)
}

/// Refuses members outside of `emulated` that say anything, and those inside that ask for more than is emulated.
pub(super) fn refuse_other_members(
    operation: &str,
    params: &Params,
    emulated: &[&str],
) -> Result<(), LambdaError> {
    for (member, value) in params {
        let asks_for_more = match member.as_str() {
            "PackageType" => value.as_str().is_some_and(|kind| kind != "Zip"),
            _ => !emulated.contains(&member.as_str()) && !is_empty(value),
        };
        if asks_for_more {
            return Err(LambdaError::not_emulated(&format!("{member} of {operation}")));
        }
    }
    Ok(())
}

/// Whether a value asks for nothing: nothing at all, or containers of nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
    }
}

pub(super) fn text<'a>(params: &'a Params, member: &str) -> Result<Option<&'a str>, LambdaError> {
    match params.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong_type(member, "a string")),
    }
}

pub(super) fn number(params: &Params, member: &str) -> Result<Option<u64>, LambdaError> {
    match params.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| wrong_type(member, "a whole number")),
    }
}

pub(super) fn object<'a>(
    params: &'a Params,
    member: &str,
) -> Result<Option<&'a Params>, LambdaError> {
    match params.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(wrong_type(member, "a structure")),
    }
}

pub(super) fn ranged(
    params: &Params,
    member: &str,
    path: &str,
    min: u64,
    max: u64,
) -> Result<Option<u64>, LambdaError> {
    let Some(value) = number(params, member)? else { return Ok(None) };
    let (word, bound) = match value {
        value if value < min => ("greater", min),
        value if value > max => ("less", max),
        value => return Ok(Some(value)),
    };
    Err(LambdaError::Validation(format!(
        "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must have value {word} than or equal to {bound}"
    )))
}

pub(super) fn missing(path: &str) -> LambdaError {
    LambdaError::Validation(format!(
        "1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
    ))
}

fn wrong_type(member: &str, expected: &str) -> LambdaError {
    LambdaError::Validation(format!("{member} must be {expected}"))
}

/// Makes the number of a new deployment.
impl Lambda {
    fn deployment(&mut self, settings: Settings, package: Package) -> Arc<Deployment> {
        let number = self.next_deployment;
        self.next_deployment += 1;
        Arc::new(Deployment { number, version: 0, settings, package })
    }
}
