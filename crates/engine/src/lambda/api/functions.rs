//! Functions: made, shown, changed, deleted; and their packages.

use super::names::{NotFound, find, function_arn, reference, shown};
use super::params::{blob_bytes, missing, number, object, refuse_other_members, tags, text};
use super::{Answer, respond};
use crate::lambda::control::{self, Control};
use crate::lambda::costs;
use crate::lambda::environment::{Cx, Due, Lambda};
use crate::lambda::errors::LambdaError;
use crate::lambda::model::{Deployment, Function, Package, Settings, State};
use crate::queue::Urgency;
use crate::world::{Params, World};
use crate::{Fact, calendar, world};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Members of CreateFunction that are emulated, or stored and shown.
const CREATE_MEMBERS: [&str; 21] = [
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
    "ImageConfig",
];

pub(super) fn create_function(lambda: &mut Lambda, cx: &mut Cx<'_>, params: &Params) -> Answer {
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
    refuse_other_members("CreateFunction", code, &["ZipFile", "ImageUri"])?;
    let handler = text(params, "Handler")?.unwrap_or_default().to_owned();
    let runtime = text(params, "Runtime")?.unwrap_or_default().to_owned();
    let of_image = text(params, "PackageType")? == Some("Image");
    if of_image {
        control::image::check_create(params, code)?;
    } else if runtime.is_empty() || handler.is_empty() {
        return Err(LambdaError::InvalidParameter(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.".into(),
        ));
    } else if params.contains_key("ImageConfig") {
        control::image::check_settings(false, params)?;
    }
    let mut settings = Settings {
        description: String::new(),
        role: text(params, "Role")?.ok_or_else(|| missing("role"))?.to_owned(),
        runtime,
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
        image_config: None,
    };
    settings.apply(params)?;
    settings.apply_layers(lambda, cx.world, params)?;
    if lambda.functions.contains_key(&name) {
        return Err(LambdaError::FunctionExists { name });
    }
    let package = match of_image {
        true => control::image::package(cx, code, &settings)?,
        false => package(cx, code.get("ZipFile"), &settings, "CreateFunction")?,
    };
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

pub(super) fn get_function(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (function, qualifier) = find(lambda, world, params, NotFound::AsNamed)?;
    let shown = shown(function, qualifier.as_deref());
    let region = &world.config.region;
    let code = match &shown.deployment.package.image {
        Some(image) => image.location(),
        None => {
            let location = format!(
                "https://awslambda-{region}-tasks.s3.{region}.amazonaws.com/snapshots/{}/{}-{}",
                world.config.account, function.name, shown.deployment.package.location
            );
            json!({ "RepositoryType": "S3", "Location": location })
        }
    };
    let mut output = json!({ "Configuration": shown.describe(world), "Code": code });
    if !function.tags.is_empty() {
        output["Tags"] = json!(function.tags);
    }
    if let Some(reserved) = function.control.reserved {
        output["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
    }
    respond(200, output)
}

pub(super) fn get_function_configuration(
    lambda: &Lambda,
    world: &World,
    params: &Params,
) -> Answer {
    let (function, qualifier) = find(lambda, world, params, NotFound::AsNamed)?;
    respond(200, shown(function, qualifier.as_deref()).describe(world))
}

/// "Lambda returns up to 50 functions per call" (ListFunctions). A marker is the base64 of the last name that was shown.
pub(super) fn list_functions(lambda: &Lambda, params: &Params) -> Answer {
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

pub(super) fn update_function_code(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    params: &Params,
) -> Answer {
    let members =
        ["FunctionName", "ZipFile", "ImageUri", "Publish", "DryRun", "RevisionId", "Architectures"];
    let (name, mut settings) = changeable(lambda, cx.world, params)?;
    refuse_other_members("UpdateFunctionCode", params, &members)?;
    settings.apply_architectures(params)?;
    let of_image = lambda.functions[&name].newest.package.image.is_some();
    if of_image || params.contains_key("ImageUri") {
        control::image::check_update(of_image, params)?;
    }
    let package = match of_image {
        true => control::image::package(cx, params, &settings)?,
        false => package(cx, params.get("ZipFile"), &settings, "UpdateFunctionCode")?,
    };
    let dry_run = params.get("DryRun").and_then(Value::as_bool) == Some(true);
    change(lambda, cx.world, &name, settings, package, dry_run, publishes(params))
}

pub(super) fn update_function_configuration(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    params: &Params,
) -> Answer {
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
        "ImageConfig",
    ];
    let (name, mut settings) = changeable(lambda, cx.world, params)?;
    refuse_other_members("UpdateFunctionConfiguration", params, &members)?;
    let of_image = lambda.functions[&name].newest.package.image.is_some();
    if of_image || params.contains_key("ImageConfig") {
        control::image::check_settings(of_image, params)?;
    }
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
    if let Some(image) = &package.image {
        package.artifact = control::image::resolve(cx, image, &settings)?;
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

pub(super) fn delete_function(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
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
pub(in crate::lambda) fn settle(
    lambda: &mut Lambda,
    world: &mut World,
    name: &str,
    deployment: u64,
) {
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

pub(in crate::lambda) fn announce(world: &mut World, function: &Function) {
    world.emit(Fact::FunctionChanged {
        function: function.name.clone(),
        state: function.state.name().into(),
        last_update_status: function.last_update_status().map(str::to_owned),
    });
}

fn publishes(params: &Params) -> bool {
    params.get("Publish") == Some(&Value::Bool(true))
}

/// The package of a request: a zip, or a bare WebAssembly module, which is ours and documented in `docs/FIDELITY.md`.
fn package(
    cx: &mut Cx<'_>,
    blob: Option<&Value>,
    settings: &Settings,
    operation: &str,
) -> Result<Package, LambdaError> {
    let Some(blob) = blob.filter(|blob| !blob.is_null()) else {
        return Err(LambdaError::InvalidParameter(
            "Please provide a source for function code.".into(),
        ));
    };
    let bytes = blob_bytes(cx.world, "ZipFile", blob)?;
    check_request(bytes.len(), operation)?;
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
        image: None,
    };
    if !settings.layers.is_empty() {
        control::package::check_size(&package, settings)?;
    }
    Ok(package)
}

/// Refuses a package that makes the request too large, in which it stands as base64.
fn check_request(bytes: usize, operation: &str) -> Result<(), LambdaError> {
    if bytes.div_ceil(3) * 4 <= costs::REQUEST_BYTES_MAX {
        return Ok(());
    }
    Err(LambdaError::Other {
        code: "RequestEntityTooLargeException",
        status: 413,
        message: format!(
            "Request must be smaller than {} bytes for the {operation} operation",
            costs::REQUEST_BYTES_MAX
        ),
    })
}

/// Makes the number of a new deployment.
impl Lambda {
    fn deployment(&mut self, settings: Settings, package: Package) -> Arc<Deployment> {
        let number = self.next_deployment;
        self.next_deployment += 1;
        Arc::new(Deployment { number, version: 0, settings, package })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_room_for_more_than_the_largest_zip() {
        assert!(check_request(costs::PACKAGE_BYTES_MAX + 1, "CreateFunction").is_ok());
        let refusal = check_request(52_625_409, "CreateFunction").unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Request must be smaller than 70167211 bytes for the CreateFunction operation"
        );
    }
}
