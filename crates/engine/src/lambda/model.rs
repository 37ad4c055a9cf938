//! Functions, their settings and packages.
//!
//! Invariant: a [`Deployment`] never changes; an update makes a new one.

use super::control::image::FunctionImage;
use super::control::{AttachedLayer, Control};
use super::report::RuntimeVersion;
use super::runtimes;
use crate::world::World;
use coldstart_sandbox::{Artifact, Shape};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The package of a function: a bare WebAssembly module, a zip with one and files, or a container image.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// None when there is no module in the zip.
    pub(crate) artifact: Option<Artifact>,
    /// What is below `/var/task`; none for a bare module.
    pub(crate) files: Option<Arc<BTreeMap<String, Arc<[u8]>>>>,
    /// As it was sent.
    pub(crate) bytes: u64,
    /// `CodeSha256`: in base64, of an image in hexadecimal digits.
    pub(crate) sha256_base64: String,
    /// Names the stored copy in `Code.Location`.
    pub(crate) location: String,
    pub(crate) image: Option<Arc<FunctionImage>>,
}

impl Package {
    /// What its module answers events with; a package without any does not get so far.
    pub(crate) fn shape(&self) -> Shape {
        self.artifact.as_ref().map_or(Shape::Loop, |artifact| artifact.info.shape)
    }

    /// `CodeSize`: that of images is in their registry.
    pub(crate) fn code_size(&self) -> u64 {
        if self.image.is_some() { 0 } else { self.bytes }
    }

    /// Bytes of the module.
    pub(crate) fn module_bytes(&self) -> u64 {
        self.artifact.as_ref().map_or(0, |artifact| artifact.info.size)
    }

    /// Bytes of all files.
    pub(crate) fn unzipped(&self) -> u64 {
        match &self.files {
            None => self.bytes,
            Some(files) => files.values().map(|content| content.len() as u64).sum(),
        }
    }
}

/// What a function is configured to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) description: String,
    pub(crate) role: String,
    pub(crate) runtime: String,
    pub(crate) handler: String,
    pub(crate) memory_mb: u64,
    pub(crate) timeout_seconds: u64,
    pub(crate) tmp_mb: u64,
    /// None when no `Environment` was ever given, which AWS shows by leaving it out.
    pub(crate) variables: Option<Vec<(String, String)>>,
    pub(crate) tracing_mode: String,
    pub(crate) kms_key_arn: Option<String>,
    /// Queue or topic that gets asynchronous events which were not handled.
    pub(crate) dead_letter_target: Option<String>,
    pub(crate) architecture: String,
    pub(crate) log_format: String,
    pub(crate) application_log_level: Option<String>,
    pub(crate) system_log_level: Option<String>,
    pub(crate) log_group: String,
    /// `SnapStart`: published versions begin with a snapshot.
    pub(crate) snap_start: bool,
    /// In order: the files of a later one cover those of an earlier one.
    pub(crate) layers: Vec<AttachedLayer>,
    /// What is started instead of what an image says itself, as it was given.
    pub(crate) image_config: Option<Value>,
}

/// Settings under which environments are made.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// Counts up over the session.
    pub(crate) number: u64,
    /// The published version; 0 is `$LATEST`.
    pub(crate) version: u64,
    pub(crate) settings: Settings,
    pub(crate) package: Package,
}

impl Deployment {
    /// Whether its environments begin with a snapshot.
    pub(crate) fn is_snap_start(&self) -> bool {
        self.settings.snap_start && self.version > 0
    }

    /// `AWS_LAMBDA_INITIALIZATION_TYPE` of its environments.
    pub(crate) fn initialization(&self, provisioned: bool) -> &'static str {
        match provisioned {
            true => "provisioned-concurrency",
            false if self.is_snap_start() => "snap-start",
            false => "on-demand",
        }
    }

    /// What the platform says of the runtime.
    pub(crate) fn runtime_version(&self, world: &World) -> Option<RuntimeVersion> {
        let runtime = &self.settings.runtime;
        let name = runtimes::version_text(runtime);
        let arn = runtimes::version_arn(&world.config.region, runtime);
        self.package.image.is_none().then_some(RuntimeVersion { name, arn })
    }

    /// As `Version` shows it.
    pub(crate) fn version_name(&self) -> String {
        version_name(self.version)
    }
}

/// `$LATEST` for 0, the number for others.
pub(crate) fn version_name(version: u64) -> String {
    if version == 0 { "$LATEST".into() } else { version.to_string() }
}

/// `State` of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Active,
    /// The init code of a version that begins with a snapshot has failed.
    Failed,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Active => "Active",
            Self::Failed => "Failed",
        }
    }
}

/// A function: `$LATEST`, and what the control plane keeps about it.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) state: State,
    /// The newest settings, the ones that are shown.
    pub(crate) newest: Arc<Deployment>,
    /// The settings that new environments get: behind `newest` while an update is in progress.
    pub(crate) current: Arc<Deployment>,
    pub(crate) revision_id: String,
    pub(crate) last_modified: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) control: Control,
}

impl Function {
    /// The settings of a version (0 is `$LATEST`) under which new environments are made.
    pub(crate) fn deployment(&self, version: u64) -> Option<Arc<Deployment>> {
        if version == 0 {
            return Some(Arc::clone(&self.current));
        }
        self.control.versions.get(&version).map(|version| Arc::clone(&version.deployment))
    }

    /// Whether environments with these settings may take invocations.
    pub(crate) fn has_deployment(&self, number: u64) -> bool {
        let mut versions = self.control.versions.values();
        self.current.number == number || versions.any(|v| v.deployment.number == number)
    }

    pub(crate) fn is_updating(&self) -> bool {
        self.state == State::Active && self.newest.number != self.current.number
    }

    /// None before the function was ever active.
    pub(crate) fn last_update_status(&self) -> Option<&'static str> {
        match self.state {
            State::Pending | State::Failed => None,
            State::Active if self.is_updating() => Some("InProgress"),
            State::Active => Some("Successful"),
        }
    }

    /// `$LATEST`; `qualifier` is appended to the ARN.
    pub(crate) fn latest<'a>(&'a self, qualifier: Option<&'a str>) -> Shown<'a> {
        Shown {
            function: self,
            qualifier,
            deployment: &self.newest,
            state: self.state,
            failure: None,
            last_update_status: self.last_update_status(),
            revision_id: &self.revision_id,
            last_modified: &self.last_modified,
        }
    }
}

/// A version as answers show it.
pub(crate) struct Shown<'a> {
    pub(crate) function: &'a Function,
    /// Appended to the ARN.
    pub(crate) qualifier: Option<&'a str>,
    pub(crate) deployment: &'a Deployment,
    pub(crate) state: State,
    /// `StateReasonCode` and `StateReason` of one that failed.
    pub(crate) failure: Option<&'a (&'static str, String)>,
    pub(crate) last_update_status: Option<&'static str>,
    pub(crate) revision_id: &'a str,
    pub(crate) last_modified: &'a str,
}

impl Shown<'_> {
    /// `FunctionConfiguration` as GetFunctionConfiguration shows it.
    pub(crate) fn describe(&self, world: &World) -> Map<String, Value> {
        let mut output = self.describe_in_list();
        output.insert("State".into(), json!(self.state.name()));
        if self.state == State::Pending {
            output.insert("StateReason".into(), json!("The function is being created."));
            output.insert("StateReasonCode".into(), json!("Creating"));
        }
        if let Some((code, reason)) = self.failure {
            output.insert("StateReason".into(), json!(reason));
            output.insert("StateReasonCode".into(), json!(code));
        }
        if let Some(status) = self.last_update_status {
            output.insert("LastUpdateStatus".into(), json!(status));
        }
        if self.last_update_status == Some("InProgress") {
            output.insert("LastUpdateStatusReason".into(), json!("The function is being created."));
            output.insert("LastUpdateStatusReasonCode".into(), json!("Creating"));
        }
        if self.deployment.package.image.is_none() {
            let runtime_version =
                runtimes::version_arn(&world.config.region, &self.deployment.settings.runtime);
            let runtime_version = json!({ "RuntimeVersionArn": runtime_version });
            output.insert("RuntimeVersionConfig".into(), runtime_version);
        }
        output
    }

    /// `FunctionConfiguration` as ListFunctions shows it: without states and the runtime's version.
    pub(crate) fn describe_in_list(&self) -> Map<String, Value> {
        let settings = &self.deployment.settings;
        let arn = match self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.function.arn),
            None => self.function.arn.clone(),
        };
        let mut logging = json!({ "LogFormat": settings.log_format });
        if let Some(level) = &settings.application_log_level {
            logging["ApplicationLogLevel"] = json!(level);
        }
        if let Some(level) = &settings.system_log_level {
            logging["SystemLogLevel"] = json!(level);
        }
        logging["LogGroup"] = json!(settings.log_group);
        let apply_on = if settings.snap_start { "PublishedVersions" } else { "None" };
        let optimised = self.deployment.is_snap_start() && self.state == State::Active;
        let mut output = json!({
            "FunctionName": self.function.name,
            "FunctionArn": arn,
            "Runtime": settings.runtime,
            "Role": settings.role,
            "Handler": settings.handler,
            "CodeSize": self.deployment.package.code_size(),
            "Description": settings.description,
            "Timeout": settings.timeout_seconds,
            "MemorySize": settings.memory_mb,
            "LastModified": self.last_modified,
            "CodeSha256": self.deployment.package.sha256_base64,
            "Version": self.deployment.version_name(),
            "TracingConfig": { "Mode": settings.tracing_mode },
            "RevisionId": self.revision_id,
            "PackageType": "Zip",
            "Architectures": [settings.architecture],
            "EphemeralStorage": { "Size": settings.tmp_mb },
            "SnapStart": {
                "ApplyOn": apply_on,
                "OptimizationStatus": if optimised { "On" } else { "Off" },
            },
            "LoggingConfig": logging,
        });
        if let Some(variables) = &settings.variables {
            let variables: Map<String, Value> =
                variables.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
            output["Environment"] = json!({ "Variables": variables });
        }
        if let Some(key) = &settings.kms_key_arn {
            output["KMSKeyArn"] = json!(key);
        }
        if let Some(target) = &settings.dead_letter_target {
            output["DeadLetterConfig"] = json!({ "TargetArn": target });
        }
        if !settings.layers.is_empty() {
            output["Layers"] = settings.layers.iter().map(AttachedLayer::describe).collect();
        }
        let mut map = match output {
            Value::Object(map) => map,
            _ => unreachable!("the literal above is an object"),
        };
        if self.deployment.package.image.is_some() {
            for of_zip in ["Runtime", "Handler"] {
                map.shift_remove(of_zip);
            }
            map.insert("PackageType".into(), json!("Image"));
            if let Some(config) = &settings.image_config {
                map.insert("ImageConfigResponse".into(), json!({ "ImageConfig": config }));
            }
        }
        map
    }
}
