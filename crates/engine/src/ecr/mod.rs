//! Amazon ECR: the registry that functions of container images are made from, as far as they need it.
//!
//! Nothing can be pulled or pushed over a network here. An image enters as the bytes of an OCI image layout, with one operation of ours,
//! `coldstart:PushImage`; from then on it is in a repository under its digest and its tag. Operations of ECR itself that show and remove
//! repositories and images follow the API reference; their sentences are those of AWS as people report them.
//!
//! Invariant: an image never changes; a tag names another one when it is pushed again.

mod gzip;
mod image;
mod tar;
mod tree;

pub(crate) use image::Image;

use crate::api::Response;
use crate::world::{Incoming, Outcome, Params, World};
use crate::{ApiError, Config, lambda};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of an image's tar, and of what its layers unpack to. AWS takes 10 GB; this is what a zip may have, and fits into a tab.
pub(crate) const BYTES_MAX: usize = 262_144_000;
/// Repositories, and images of each, that are kept. Chosen.
const KEPT_MAX: usize = 1_000;

/// Why an image is refused: where, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    place: String,
    why: String,
}

impl Fault {
    fn new(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self { place: place.into(), why: why.into() }
    }
}

/// The service's state: repositories by name.
#[derive(Debug, Default)]
pub(crate) struct Ecr {
    repositories: BTreeMap<String, Repository>,
}

#[derive(Debug)]
struct Repository {
    created_s: u64,
    /// By digest.
    images: BTreeMap<String, Pushed>,
    /// Digests by tag.
    tags: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Pushed {
    image: Arc<Image>,
    pushed_s: u64,
}

type Answer = Result<Value, ApiError>;

/// The operations that are emulated; none for others.
#[inline(never)]
pub(crate) fn handle(
    ecr: &mut Ecr,
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let params = incoming.params;
    let answer = match incoming.caller.operation.as_str() {
        "PushImage" => push(ecr, world, params),
        "CreateRepository" => create(ecr, world, params),
        "DescribeRepositories" => describe(ecr, &world.config, params),
        "DeleteRepository" => delete(ecr, &world.config, params),
        "DescribeImages" => describe_images(ecr, &world.config, params),
        "BatchDeleteImage" => delete_images(ecr, &world.config, params),
        _ => return None,
    };
    Some(answer.map(|output| Outcome::from(Response { status: 200, output })))
}

impl Ecr {
    /// The image behind a URI of this account's registry; none when it is not there, or the URI is not one.
    pub(crate) fn image(&self, config: &Config, uri: &str) -> Result<Arc<Image>, Missing> {
        let name = uri.strip_prefix(&registry(config)).and_then(|rest| rest.strip_prefix('/'));
        let name = name.ok_or(Missing::Invalid)?;
        let (repository, digest) = match name.split_once('@') {
            Some((repository, digest)) => (repository, Some(digest)),
            None => {
                // "Source image … is not valid" is what an URI without a tag gets.
                let (repository, tag) = name.split_once(':').ok_or(Missing::Invalid)?;
                let known = self.repositories.get(repository);
                (repository, known.and_then(|known| known.tags.get(tag)).map(String::as_str))
            }
        };
        let known = self.repositories.get(repository).ok_or(Missing::Absent)?;
        let pushed = digest.and_then(|digest| known.images.get(digest)).ok_or(Missing::Absent)?;
        Ok(Arc::clone(&pushed.image))
    }
}

/// Reads an image by itself.
#[cfg(test)]
pub(crate) fn try_image(tar: &[u8]) -> Result<Image, Fault> {
    image::read(tar, None).map(|(image, _)| image)
}

/// Why there is no image of a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is none of this registry.
    Invalid,
    Absent,
}

/// The host of the account's registry.
fn registry(config: &Config) -> String {
    format!("{}.dkr.ecr.{}.amazonaws.com", config.account, config.region)
}

/// Takes the bytes of an OCI image layout: what `docker push` does, in one request. The repository is made if it is not there.
fn push(ecr: &mut Ecr, world: &mut World, params: &Params) -> Answer {
    let name = repository_name(params)?;
    let wanted = text(params, "imageTag");
    if let Some(tag) = wanted {
        check_tag(tag)?;
    }
    let blob = params.get("image").ok_or_else(|| invalid("image: the image is missing"))?;
    let bytes = lambda::blob_bytes(world, "image", blob).map_err(ApiError::from)?;
    if bytes.len() > BYTES_MAX {
        return Err(invalid(format!("image: it is larger than {BYTES_MAX} bytes")));
    }
    let (image, named) = image::read(&bytes, wanted)
        .map_err(|Fault { place, why }| invalid(format!("{place}: {why}")))?;
    let named = named.filter(|tag| check_tag(tag).is_ok());
    let tag = wanted.map(str::to_owned).or(named).unwrap_or_else(|| "latest".into());
    let created_s = world.unix_ms() / 1_000;
    if !ecr.repositories.contains_key(&name) {
        add_repository(ecr, &name, created_s)?;
    }
    let repository = ecr.repositories.get_mut(&name).expect("it has just been made");
    let digest = image.digest.clone();
    if repository.images.len() >= KEPT_MAX && !repository.images.contains_key(&digest) {
        return Err(limit("images of a repository"));
    }
    repository.tags.insert(tag.clone(), digest.clone());
    let pushed = repository
        .images
        .entry(digest.clone())
        .or_insert_with(|| Pushed { image: Arc::new(image), pushed_s: created_s });
    let bytes = pushed.image.bytes;
    let uri = format!("{}/{name}", registry(&world.config));
    Ok(json!({
        "registryId": world.config.account,
        "repositoryName": name,
        "repositoryUri": uri,
        "imageTag": tag,
        "imageDigest": digest,
        "imageUri": format!("{uri}:{tag}"),
        "imageSizeInBytes": bytes,
    }))
}

fn add_repository(ecr: &mut Ecr, name: &str, created_s: u64) -> Result<(), ApiError> {
    if ecr.repositories.len() >= KEPT_MAX {
        return Err(limit("repositories"));
    }
    let repository = Repository { created_s, images: BTreeMap::new(), tags: BTreeMap::new() };
    ecr.repositories.insert(name.to_owned(), repository);
    Ok(())
}

fn create(ecr: &mut Ecr, world: &World, params: &Params) -> Answer {
    let name = repository_name(params)?;
    let config = &world.config;
    if ecr.repositories.contains_key(&name) {
        let message = format!(
            "The repository with name '{name}' already exists in the registry with id '{}'",
            config.account
        );
        return Err(error("RepositoryAlreadyExistsException", message));
    }
    add_repository(ecr, &name, world.unix_ms() / 1_000)?;
    Ok(json!({ "repository": shown(config, &name, &ecr.repositories[&name]) }))
}

fn shown(config: &Config, name: &str, repository: &Repository) -> Value {
    let Config { region, account, .. } = config;
    json!({
        "repositoryArn": format!("arn:aws:ecr:{region}:{account}:repository/{name}"),
        "registryId": account,
        "repositoryName": name,
        "repositoryUri": format!("{}/{name}", registry(config)),
        "createdAt": repository.created_s,
        "imageTagMutability": "MUTABLE",
    })
}

fn describe(ecr: &Ecr, config: &Config, params: &Params) -> Answer {
    let Some(names) = params.get("repositoryNames").and_then(Value::as_array) else {
        let all = ecr.repositories.iter().map(|(name, one)| shown(config, name, one));
        return Ok(json!({ "repositories": all.collect::<Vec<_>>() }));
    };
    let named = names.iter().map(|name| {
        let name = name.as_str().unwrap_or_default();
        Ok(shown(config, name, known(ecr, config, name)?))
    });
    Ok(json!({ "repositories": named.collect::<Result<Vec<_>, ApiError>>()? }))
}

fn delete(ecr: &mut Ecr, config: &Config, params: &Params) -> Answer {
    let name = repository_name(params)?;
    let repository = known(ecr, config, &name)?;
    let force = params.get("force") == Some(&Value::Bool(true));
    if !repository.images.is_empty() && !force {
        let message = format!(
            "The repository with name '{name}' in registry with id '{}' cannot be deleted because it still contains images",
            config.account
        );
        return Err(error("RepositoryNotEmptyException", message));
    }
    let shown = shown(config, &name, repository);
    ecr.repositories.remove(&name);
    Ok(json!({ "repository": shown }))
}

fn describe_images(ecr: &Ecr, config: &Config, params: &Params) -> Answer {
    let name = repository_name(params)?;
    let repository = known(ecr, config, &name)?;
    let wanted = params.get("imageIds").and_then(Value::as_array);
    let mut details = Vec::new();
    let digests: Vec<&str> = match wanted {
        None => repository.images.keys().map(String::as_str).collect(),
        Some(ids) => ids
            .iter()
            .map(|id| found(repository, id).ok_or_else(|| no_image(config, &name, id)))
            .collect::<Result<_, _>>()?,
    };
    for digest in digests {
        let Pushed { image, pushed_s } = &repository.images[digest];
        let tags: Vec<&String> =
            repository.tags.iter().filter(|(_, of)| *of == digest).map(|(tag, _)| tag).collect();
        let mut detail = json!({
            "registryId": config.account,
            "repositoryName": name,
            "imageDigest": digest,
            "imageSizeInBytes": image.bytes,
            "imagePushedAt": pushed_s,
            "imageManifestMediaType": image.media_type,
        });
        if !tags.is_empty() {
            detail["imageTags"] = json!(tags);
        }
        details.push(detail);
    }
    Ok(json!({ "imageDetails": details }))
}

/// Takes a tag away, or an image with all of its tags; an image goes with its last tag.
fn delete_images(ecr: &mut Ecr, config: &Config, params: &Params) -> Answer {
    let name = repository_name(params)?;
    known(ecr, config, &name)?;
    let repository = ecr.repositories.get_mut(&name).expect("it is known");
    let (mut gone, mut failures) = (Vec::new(), Vec::new());
    for id in params.get("imageIds").and_then(Value::as_array).into_iter().flatten() {
        let Some(digest) = found(repository, id).map(str::to_owned) else {
            failures.push(json!({
                "imageId": id,
                "failureCode": "ImageNotFound",
                "failureReason": "Requested image not found",
            }));
            continue;
        };
        let tags: Vec<String> = match id["imageTag"].as_str() {
            Some(tag) => vec![tag.to_owned()],
            None => {
                let of = repository.tags.iter().filter(|(_, of)| **of == digest);
                of.map(|(tag, _)| tag.clone()).collect()
            }
        };
        for tag in &tags {
            repository.tags.remove(tag);
            gone.push(json!({ "imageDigest": digest, "imageTag": tag }));
        }
        if tags.is_empty() {
            gone.push(json!({ "imageDigest": digest }));
        }
        if !repository.tags.values().any(|of| *of == digest) {
            repository.images.remove(&digest);
        }
    }
    Ok(json!({ "imageIds": gone, "failures": failures }))
}

/// The digest of the image that `imageIds` names.
fn found<'a>(repository: &'a Repository, id: &Value) -> Option<&'a str> {
    let by_tag = id["imageTag"].as_str().map(|tag| repository.tags.get(tag));
    let digest = match (by_tag, id["imageDigest"].as_str()) {
        (Some(by_tag), None) => by_tag?.as_str(),
        (None, Some(digest)) => digest,
        (Some(by_tag), Some(digest)) => by_tag.filter(|by_tag| *by_tag == digest)?.as_str(),
        (None, None) => return None,
    };
    repository.images.get_key_value(digest).map(|(digest, _)| digest.as_str())
}

fn known<'a>(ecr: &'a Ecr, config: &Config, name: &str) -> Result<&'a Repository, ApiError> {
    ecr.repositories.get(name).ok_or_else(|| {
        let message = format!(
            "The repository with name '{name}' does not exist in the registry with id '{}'",
            config.account
        );
        error("RepositoryNotFoundException", message)
    })
}

fn no_image(config: &Config, name: &str, id: &Value) -> ApiError {
    let part = |key: &str| id[key].as_str().unwrap_or("null").to_owned();
    let message = format!(
        "The image with imageId {{imageDigest:'{}', imageTag:'{}'}} does not exist within the repository with name '{name}' in the registry with id '{}'",
        part("imageDigest"),
        part("imageTag"),
        config.account
    );
    error("ImageNotFoundException", message)
}

// Members of requests

fn text<'a>(params: &'a Params, member: &str) -> Option<&'a str> {
    params.get(member).and_then(Value::as_str)
}

/// `repositoryName`: 2 to 256 characters in parts of lower-case letters and digits, with `.`, `_` and `-` within them.
fn repository_name(params: &Params) -> Result<String, ApiError> {
    const PATTERN: &str = "(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*";
    let name = text(params, "repositoryName").unwrap_or_default();
    let is_plain = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_part = |part: &str| {
        part.split(['.', '_', '-'])
            .all(|word| !word.is_empty() && word.as_bytes().iter().all(is_plain))
    };
    if (2..=256).contains(&name.len()) && name.split('/').all(is_part) {
        return Ok(name.to_owned());
    }
    Err(invalid(format!(
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '{PATTERN}''"
    )))
}

/// A tag: 1 to 128 letters, digits, `_`, `.` and `-`, and none of the last two first (OCI distribution specification).
fn check_tag(tag: &str) -> Result<(), ApiError> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_tag =
        tag.starts_with(is_word) && tag.chars().all(|c| is_word(c) || c == '.' || c == '-');
    match is_tag && tag.len() <= 128 {
        true => Ok(()),
        false => Err(invalid(
            "Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}''",
        )),
    }
}

fn error(code: &str, message: String) -> ApiError {
    ApiError { code: code.into(), status: 400, message: Some(message), extra: Map::new() }
}

fn invalid(message: impl Into<String>) -> ApiError {
    error("InvalidParameterException", message.into())
}

fn limit(what: &str) -> ApiError {
    error("LimitExceededException", format!("No more {what} are kept than {KEPT_MAX}."))
}
