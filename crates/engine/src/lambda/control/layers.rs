//! Layers: zips that functions share; their files are below `/opt`.

pub(super) mod permissions;

use super::super::api::{self, Answer, respond};
use super::super::costs;
use super::super::environment::Lambda;
use super::super::errors::LambdaError;
use super::account::UNZIPPED_BYTES;
use super::policy::{Policy, required};
use super::{done, gone, invalid, paging, zip};
use crate::calendar;
use crate::world::{Params, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files by their path below `/opt`.
type Files = Arc<BTreeMap<String, Arc<[u8]>>>;

/// "Function layers: five layers" (Lambda quotas).
const LAYERS_MAX: usize = 5;

/// What `CompatibleRuntime` may be when layers are listed, as AWS names them: more than functions may have.
const LISTED_RUNTIMES: &str = "ruby3.5, ruby2.6, dotnetcore1.0, python3.7, nodejs8.10, nasa, ruby2.7, python2.7-greengrass, dotnetcore2.0, python3.8, java21, dotnet6, dotnetcore2.1, python3.9, java11, nodejs6.10, provided, dotnetcore3.1, dotnet8, java25, java17, nodejs, nodejs4.3, java8.al2, go1.x, dotnet10, nodejs20.x, go1.9, byol, nodejs10.x, provided.al2023, nodejs22.x, python3.10, java8, nodejs12.x, python3.11, nodejs24.x, nodejs8.x, python3.12, nodejs14.x, nodejs8.9, nodejs26.x, python3.13, python3.14, nodejs16.x, python3.15, provided.al2, nodejs4.3-edge, nodejs18.x, ruby3.2, python3.4, ruby3.3, ruby3.4, ruby2.5, python3.6, python2.7";

/// Runtimes of the public model that are newer than the recorded list.
const NEWER_RUNTIMES: [&str; 5] =
    ["ruby4.0", "java8.al2023", "java11.al2023", "java17.al2023", "custom"];

fn check_runtime(params: &Params) -> Result<(), LambdaError> {
    let Some(given) = api::text(params, "CompatibleRuntime")? else { return Ok(()) };
    if LISTED_RUNTIMES.split(", ").chain(NEWER_RUNTIMES).any(|known| known == given) {
        return Ok(());
    }
    Err(LambdaError::Validation(format!(
        "1 validation error detected: Value '{given}' at 'compatibleRuntime' failed to satisfy constraint: Member must satisfy enum value set: [{LISTED_RUNTIMES}]"
    )))
}

/// A layer, by its name. It stays when its versions are gone, as numbers are not used again.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    published: u64,
    versions: BTreeMap<u64, LayerVersion>,
}

impl Layer {
    /// Zipped bytes of all versions.
    pub(super) fn bytes(&self) -> u64 {
        self.versions.values().map(|version| version.bytes).sum()
    }
}

#[derive(Debug)]
struct LayerVersion {
    bytes: u64,
    sha256_base64: String,
    /// Names the stored copy in `Content.Location`.
    location: String,
    files: Files,
    created: String,
    description: String,
    license: Option<String>,
    /// As they were given, if they were.
    runtimes: Option<Value>,
    architectures: Option<Value>,
    policy: Policy,
}

/// A layer's version as a function has it.
#[derive(Debug, Clone)]
pub(crate) struct AttachedLayer {
    arn: String,
    bytes: u64,
    files: Files,
}

/// A version never changes, so its ARN tells all.
impl PartialEq for AttachedLayer {
    fn eq(&self, other: &Self) -> bool {
        self.arn == other.arn
    }
}

impl AttachedLayer {
    #[inline(never)]
    pub(crate) fn describe(&self) -> Value {
        json!({ "Arn": self.arn, "CodeSize": self.bytes })
    }
}

/// What is below `/opt`: later layers cover earlier ones ("Lambda extracts the layer contents into the /opt directory … in the
/// order that you listed").
#[inline(never)]
pub(crate) fn files(layers: &[AttachedLayer]) -> Files {
    if let [only] = layers {
        return Arc::clone(&only.files);
    }
    let all = layers.iter().flat_map(|layer| layer.files.iter());
    Arc::new(all.map(|(path, content)| (path.clone(), Arc::clone(content))).collect())
}

/// The layers that `Layers` of a function names.
#[inline(never)]
pub(crate) fn attached(
    lambda: &Lambda,
    world: &World,
    list: &[Value],
) -> Result<Vec<AttachedLayer>, LambdaError> {
    if list.len() > LAYERS_MAX {
        return Err(invalid(format!("Cannot reference more than {LAYERS_MAX} layers.")));
    }
    let mut found: Vec<AttachedLayer> = Vec::new();
    for given in list.iter().filter_map(Value::as_str) {
        let parts: Vec<&str> = given.split(':').collect();
        let [_, _, _, region, account, _, name, number] = parts[..] else {
            return Err(LambdaError::Validation(format!(
                "1 validation error detected: Value '[{given}]' at 'layers' failed to satisfy constraint: Member must satisfy regular expression pattern of a layer version's ARN"
            )));
        };
        if region != world.config.region {
            return Err(invalid(format!(
                "Layers are not in the same region as the function. Layers are expected to be in region {}.",
                world.config.region
            )));
        }
        if account != world.config.account {
            return Err(LambdaError::not_emulated("layers of other accounts"));
        }
        let layer = lambda.control.layers.get(name);
        let number = number.parse().unwrap_or(0);
        let Some(version) = layer.and_then(|layer| layer.versions.get(&number)) else {
            return Err(invalid(format!("Layer version {given} does not exist.")));
        };
        let prefix = format!("{}:", parts[..7].join(":"));
        if let Some(other) = found.iter().find(|other| other.arn.starts_with(&prefix)) {
            return Err(invalid(format!(
                "Two different versions of the same layer are not allowed to be referenced in the same function. {} and {given} are versions of the same layer.",
                other.arn
            )));
        }
        found.push(AttachedLayer {
            arn: given.to_owned(),
            bytes: version.bytes,
            files: Arc::clone(&version.files),
        });
    }
    Ok(found)
}

/// Bytes of the files of all these.
pub(super) fn unzipped(layers: &[AttachedLayer]) -> u64 {
    let files = layers.iter().flat_map(|layer| layer.files.values());
    files.map(|content| content.len() as u64).sum()
}

// Names

/// `LayerName` is a name or an ARN.
fn layer_name(world: &World, params: &Params) -> Result<String, LambdaError> {
    let given = required(params, "LayerName", "layerName")?;
    let parts: Vec<&str> = given.split(':').collect();
    match parts[..] {
        [_, _, _, region, account, "layer", name] => {
            if region != world.config.region || account != world.config.account {
                return Err(LambdaError::OtherAccount);
            }
            Ok(name.to_owned())
        }
        _ => Ok(given.to_owned()),
    }
}

fn layer_arn(world: &World, name: &str) -> String {
    format!("arn:aws:lambda:{}:{}:layer:{name}", world.config.region, world.config.account)
}

fn number(params: &Params) -> Result<u64, LambdaError> {
    let given = params.get("VersionNumber").and_then(Value::as_i64).unwrap_or(0);
    match u64::try_from(given) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(invalid("Layer Version Cannot be less than 1")),
    }
}

impl LayerVersion {
    fn summary(&self, world: &World, name: &str, number: u64) -> Value {
        let mut output = json!({
            "LayerVersionArn": format!("{}:{number}", layer_arn(world, name)),
            "Version": number,
            "Description": self.description,
            "CreatedDate": self.created,
        });
        for (member, value) in [
            ("CompatibleRuntimes", &self.runtimes),
            ("CompatibleArchitectures", &self.architectures),
        ] {
            if let Some(value) = value {
                output[member] = value.clone();
            }
        }
        if let Some(license) = &self.license {
            output["LicenseInfo"] = json!(license);
        }
        output
    }

    fn describe(&self, world: &World, name: &str, number: u64) -> Value {
        let region = &world.config.region;
        let mut output = self.summary(world, name, number);
        output["LayerArn"] = json!(layer_arn(world, name));
        output["Content"] = json!({
            "Location": format!(
                "https://prod-04-2014-layers.s3.{region}.amazonaws.com/snapshots/{}/{name}-{}",
                world.config.account, self.location
            ),
            "CodeSha256": self.sha256_base64,
            "CodeSize": self.bytes,
        });
        output
    }

    /// Whether `CompatibleRuntime` and `CompatibleArchitecture` let it through.
    fn fits(&self, params: &Params) -> bool {
        let fits = |member: &str, has: &Option<Value>| match params.get(member) {
            None | Some(Value::Null) => true,
            Some(wanted) => {
                has.as_ref().and_then(Value::as_array).is_some_and(|list| list.contains(wanted))
            }
        };
        fits("CompatibleRuntime", &self.runtimes)
            && fits("CompatibleArchitecture", &self.architectures)
    }
}

// Operations

pub(super) fn publish(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let name = layer_name(world, params)?;
    let content = api::object(params, "Content")?.ok_or_else(|| api::missing("content"))?;
    api::refuse_other_members("PublishLayerVersion", content, &["ZipFile"])?;
    let Some(blob) = content.get("ZipFile").filter(|blob| !blob.is_null()) else {
        return Err(invalid("Please provide a source for layer content."));
    };
    let bytes = api::blob_bytes(world, "ZipFile", blob)?;
    if bytes.len() > costs::PACKAGE_BYTES_MAX {
        return Err(LambdaError::PackageTooLarge { bytes_max: costs::PACKAGE_BYTES_MAX });
    }
    let files = zip::read(&bytes, UNZIPPED_BYTES).map_err(zip::refusal)?;
    let given = |member: &str| params.get(member).filter(|value| !value.is_null()).cloned();
    let version = LayerVersion {
        bytes: bytes.len() as u64,
        sha256_base64: STANDARD.encode(Sha256::digest(&bytes)),
        location: world.rng.uuid(),
        files: Arc::new(files),
        created: calendar::last_modified(world.unix_ms()),
        description: api::text(params, "Description")?.unwrap_or_default().to_owned(),
        license: api::text(params, "LicenseInfo")?.map(str::to_owned),
        runtimes: given("CompatibleRuntimes"),
        architectures: given("CompatibleArchitectures"),
        policy: Policy::default(),
    };
    let layer = lambda.control.layers.entry(name.clone()).or_default();
    layer.published += 1;
    let output = version.describe(world, &name, layer.published);
    layer.versions.insert(layer.published, version);
    respond(201, output)
}

pub(super) fn get(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let (name, number) = (layer_name(world, params)?, number(params)?);
    show(lambda, world, &name, number)
}

fn show(lambda: &Lambda, world: &World, name: &str, number: u64) -> Answer {
    let layer = lambda.control.layers.get(name);
    let version = layer.and_then(|layer| layer.versions.get(&number)).ok_or_else(gone)?;
    respond(200, version.describe(world, name, number))
}

pub(super) fn get_by_arn(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    let arn = required(params, "Arn", "arn")?;
    let parts: Vec<&str> = arn.split(':').collect();
    let [_, _, _, region, account, _, name, number] = parts[..] else { return Err(gone()) };
    if region != world.config.region || account != world.config.account {
        return Err(LambdaError::OtherAccount);
    }
    show(lambda, world, name, number.parse().unwrap_or(0))
}

/// One that is not there was deleted before. Functions that have it keep it.
pub(super) fn delete(lambda: &mut Lambda, world: &World, params: &Params) -> Answer {
    let (name, number) = (layer_name(world, params)?, number(params)?);
    if let Some(layer) = lambda.control.layers.get_mut(&name) {
        layer.versions.remove(&number);
    }
    done(204)
}

pub(super) fn list(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    check_runtime(params)?;
    let items = lambda.control.layers.iter().filter_map(|(name, layer)| {
        let mut newest = layer.versions.iter().rev();
        let (number, version) = newest.find(|(_, version)| version.fits(params))?;
        let item = json!({
            "LayerName": name,
            "LayerArn": layer_arn(world, name),
            "LatestMatchingVersion": version.summary(world, name, *number),
        });
        Some((name.clone(), item))
    });
    paging::page("Layers", items.collect(), params, 50)
}

/// Newest first.
pub(super) fn list_versions(lambda: &Lambda, world: &World, params: &Params) -> Answer {
    check_runtime(params)?;
    let name = layer_name(world, params)?;
    let versions = lambda.control.layers.get(&name).map(|layer| layer.versions.iter().rev());
    let fitting = versions.into_iter().flatten().filter(|(_, version)| version.fits(params));
    let items = fitting.map(|(number, version)| {
        // Keys in the order of the list.
        (format!("{:020}", u64::MAX - number), version.summary(world, &name, *number))
    });
    paging::page("LayerVersions", items.collect(), params, 50)
}
