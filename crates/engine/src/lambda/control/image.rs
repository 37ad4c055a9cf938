//! Functions of container images: where an image comes from, which of its files runs, and what its configuration becomes.
//!
//! Follows "Create a Lambda function using a container image" and the API reference (`ImageConfig`, `FunctionCodeLocation`). What runs is
//! the module that the entry point's first word names.

use super::super::api;
use super::super::environment::Cx;
use super::super::errors::LambdaError;
use super::super::model::{Package, Settings};
use super::invalid;
use super::package::MAGIC;
use crate::ecr::{Image, Missing};
use crate::world::Params;
use coldstart_sandbox::Artifact;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The image of a function.
#[derive(Debug, Clone)]
pub(crate) struct FunctionImage {
    /// As the request named it.
    uri: String,
    /// With the digest of what it was then.
    resolved_uri: String,
    image: Arc<Image>,
}

/// Refuses what functions of images do not have, before anything is made.
#[inline(never)]
pub(crate) fn check_create(params: &Params, code: &Params) -> Result<(), LambdaError> {
    if ["Runtime", "Handler", "Layers"]
        .iter()
        .any(|member| params.get(*member).is_some_and(|value| !api::is_empty(value)))
    {
        return Err(invalid(
            "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
        ));
    }
    if code.get("ImageUri").is_none_or(api::is_empty) {
        return Err(invalid(
            "Please provide ImageUri when creating a function with packageType Image.",
        ));
    }
    Ok(())
}

/// Refuses a source of the other kind for a function that is there.
#[inline(never)]
pub(crate) fn check_update(of_image: bool, params: &Params) -> Result<(), LambdaError> {
    let has_uri = params.get("ImageUri").is_some_and(|uri| !api::is_empty(uri));
    match (of_image, has_uri) {
        (true, false) => {
            Err(invalid("Please provide ImageUri when updating a function with packageType Image."))
        }
        (false, true) => Err(invalid(
            "Please don't provide ImageUri when updating a function with packageType Zip.",
        )),
        _ => Ok(()),
    }
}

/// Refuses settings that only the other kind of functions has. The words for `ImageConfig` are inferred from those for layers.
#[inline(never)]
pub(crate) fn check_settings(of_image: bool, params: &Params) -> Result<(), LambdaError> {
    let given = |member: &str| params.get(member).is_some_and(|value| !api::is_empty(value));
    if !of_image && given("ImageConfig") {
        return Err(invalid(
            "ImageConfig is not supported for functions created with deployment packages.",
        ));
    }
    if of_image && given("Layers") {
        return Err(invalid(
            "Lambda layers are not supported for functions created with container images.",
        ));
    }
    if of_image && (given("Runtime") || given("Handler")) {
        return Err(invalid(
            "Runtime and Handler are not supported for functions created with container images.",
        ));
    }
    Ok(())
}

/// The package of the image that `ImageUri` names.
///
/// # Errors
/// There is none, or it is of a kind that Lambda does not take, or its module cannot run here.
#[inline(never)]
pub(crate) fn package(
    cx: &mut Cx<'_>,
    code: &Params,
    settings: &Settings,
) -> Result<Package, LambdaError> {
    let uri = api::text(code, "ImageUri")?.unwrap_or_default();
    let image = cx.ecr.image(&cx.world.config, uri).map_err(|missing| {
        let what = match missing {
            Missing::Invalid => "is not valid",
            Missing::Absent => "does not exist",
        };
        invalid(format!("Source image {uri} {what}. Provide a valid source image."))
    })?;
    if let Some(why) = &image.unsupported {
        return Err(invalid(format!(
            "The image manifest, config or layer media type for the source image {uri} is not supported. ({why})"
        )));
    }
    let repository = uri.split('@').next().unwrap_or_default();
    // The host has no colon: the last one is the tag's.
    let repository = repository.rsplit_once(':').map_or(repository, |(before, _)| before);
    let image = FunctionImage {
        uri: uri.to_owned(),
        resolved_uri: format!("{repository}@{}", image.digest),
        image,
    };
    Ok(Package {
        artifact: resolve(cx, &image, settings)?,
        files: None,
        bytes: image.image.bytes,
        sha256_base64: image.image.digest.trim_start_matches("sha256:").to_owned(),
        location: String::new(),
        image: Some(Arc::new(image)),
    })
}

/// The module of an image under these settings; none when there is none, which only an invocation finds out.
///
/// # Errors
/// The module cannot run here.
#[inline(never)]
pub(crate) fn resolve(
    cx: &mut Cx<'_>,
    image: &FunctionImage,
    settings: &Settings,
) -> Result<Option<Artifact>, LambdaError> {
    let Some((path, bytes)) = program(image, settings) else { return Ok(None) };
    if !bytes.starts_with(MAGIC) {
        return Ok(None);
    }
    let artifact = cx.artifacts.accept(bytes);
    artifact.map(Some).map_err(|refusal| invalid(format!("/{path}: {}", refusal.message)))
}

/// What is started: the words that `ImageConfig` gives instead of the image's, each of the two lists by itself.
#[inline(never)]
pub(crate) fn arguments(image: &FunctionImage, settings: &Settings) -> Vec<String> {
    let (entry_point, command, _) = effective(image, settings);
    [entry_point, command].concat()
}

/// Entry point, command and working directory.
fn effective(image: &FunctionImage, settings: &Settings) -> (Vec<String>, Vec<String>, String) {
    let given = settings.image_config.as_ref().unwrap_or(&Value::Null);
    let words = |member: &str, own: &[String]| -> Vec<String> {
        let words = given[member].as_array().into_iter().flatten();
        let words: Vec<String> = words.filter_map(Value::as_str).map(str::to_owned).collect();
        if words.is_empty() { own.to_vec() } else { words }
    };
    let image = &image.image;
    let directory = given["WorkingDirectory"].as_str().filter(|directory| !directory.is_empty());
    (
        words("EntryPoint", &image.entry_point),
        words("Command", &image.command),
        directory.unwrap_or(&image.working_directory).to_owned(),
    )
}

/// The file that is started: a path from the root, from the working directory, or a name in the folders of `PATH`.
fn program<'a>(image: &'a FunctionImage, settings: &Settings) -> Option<(&'a str, &'a Arc<[u8]>)> {
    let (entry_point, command, directory) = effective(image, settings);
    let program = entry_point.first().or_else(|| command.first())?;
    let image = &image.image;
    if program.starts_with('/') {
        return image.find(program);
    }
    let path = image.environment.iter().find_map(|one| one.strip_prefix("PATH="));
    let folders = path.unwrap_or_default().split(':').filter(|_| !program.contains('/'));
    [directory.as_str(), "/"]
        .into_iter()
        .chain(folders)
        .find_map(|folder| image.find(&format!("{folder}/{program}")))
}

/// What is said of an image that has nothing to start, and the line that the log has of it.
#[inline(never)]
pub(crate) fn launch_error(image: &FunctionImage, settings: &Settings) -> (String, String) {
    let (entry_point, command, directory) = effective(image, settings);
    let name = entry_point.first().or_else(|| command.first());
    let name = name.map(String::as_str).unwrap_or_default();
    let what = match program(image, settings) {
        // There, and no module.
        Some((path, _)) => format!("fork/exec /{path}: exec format error"),
        None if name.contains('/') => format!("fork/exec {name}: no such file or directory"),
        None => format!("exec: {name:?}: executable file not found in $PATH"),
    };
    let line = format!(
        "IMAGE\tLaunch error: {what}\tEntrypoint: [{}]\tCmd: [{}]\tWorkingDir: [{directory}]\n",
        entry_point.join(","),
        command.join(",")
    );
    (what, line)
}

impl FunctionImage {
    /// `Code` of GetFunction.
    #[inline(never)]
    pub(crate) fn location(&self) -> Value {
        json!({
            "RepositoryType": "ECR",
            "ImageUri": self.uri,
            "ResolvedImageUri": self.resolved_uri,
        })
    }

    /// What is below the root.
    #[inline(never)]
    pub(crate) fn files(&self) -> Arc<BTreeMap<String, Arc<[u8]>>> {
        Arc::clone(&self.image.files)
    }

    /// The environment that an image brings stands in for the runtime's; the platform's own stays.
    #[inline(never)]
    pub(crate) fn add_variables(&self, all: &mut BTreeMap<String, String>) {
        for name in [
            "LAMBDA_RUNTIME_DIR",
            "LAMBDA_TASK_ROOT",
            "LANG",
            "LD_LIBRARY_PATH",
            "PATH",
            "_HANDLER",
        ] {
            all.remove(name);
        }
        for one in &self.image.environment {
            let (key, value) = one.split_once('=').unwrap_or((one, ""));
            all.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        }
    }

    /// "LABEL com.amazonaws.lambda.feature.snapstart="Allow"" (Implementing SnapStart hooks for container images).
    #[inline(never)]
    pub(crate) fn allows_snapshots(&self) -> bool {
        let label = self.image.labels.get("com.amazonaws.lambda.feature.snapstart");
        label.is_some_and(|label| label == "Allow")
    }
}

/// The extensions that a function has, by name: what is in the folder `/opt/extensions` itself, of layers or of an image.
#[inline(never)]
pub(crate) fn extensions(package: &Package, settings: &Settings) -> Vec<(String, Arc<[u8]>)> {
    let (files, folder) = match &package.image {
        Some(image) => (image.files(), "opt/extensions/"),
        None => (super::layers::files(&settings.layers), "extensions/"),
    };
    let of_folder = files.iter().filter_map(|(path, content)| {
        let name = path.strip_prefix(folder)?;
        (!name.contains('/')).then(|| (name.to_owned(), Arc::clone(content)))
    });
    of_folder.collect()
}
