//! What CreateFunction and UpdateFunctionConfiguration set.

use super::params::{is_empty, object, ranged, text};
use crate::lambda::environment::Lambda;
use crate::lambda::errors::LambdaError;
use crate::lambda::model::Settings;
use crate::lambda::{asynchronous, control, variables};
use crate::world::{Params, World};
use serde_json::Value;

impl Settings {
    /// What CreateFunction and UpdateFunctionConfiguration have in common.
    pub(super) fn apply(&mut self, params: &Params) -> Result<(), LambdaError> {
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
        if let Some(config) = object(params, "ImageConfig")? {
            // "To remove the override, give an empty one" (UpdateFunctionConfiguration in use; inferred).
            let config = Value::Object(config.clone());
            self.image_config = (!is_empty(&config)).then_some(config);
        }
        self.apply_architectures(params)?;
        self.apply_logging(params)
    }

    pub(super) fn apply_layers(
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

    pub(super) fn apply_architectures(&mut self, params: &Params) -> Result<(), LambdaError> {
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
