//! Images: an OCI image layout as a tar (OCI image layout specification), read and checked.
//!
//! Two kinds of images have something that runs here: an ordinary one whose layers hold files and whose entry point names a module, and
//! one whose layer is the module (the CNCF's guidance for WebAssembly OCI artifacts, and the older media type of `wasm-to-oci`).
//!
//! Invariant: every blob that is read has the digest and the length by which it is named.
//! Invariant: all layers together unpack to at most [`BYTES_MAX`].

use super::gzip::{self, Refused};
use super::tar::{self, Kind};
use super::tree::{self, Files, Tree};
use super::{BYTES_MAX, Fault};
use crate::world::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

const MANIFESTS: [&str; 2] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];
const CONFIGS: [&str; 3] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.wasm.config.v0+json",
];
const MODULES: [&str; 2] = ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];
const TARS: [&str; 3] = [
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
];
/// Where an image's tag stands in a layout.
const REFERENCE: &str = "org.opencontainers.image.ref.name";
/// Layers of an image (as Docker has it).
const LAYERS_MAX: usize = 127;

/// An image, as functions are made of it.
#[derive(Debug)]
pub(crate) struct Image {
    /// Of its manifest: `sha256:` and 64 digits.
    pub(crate) digest: String,
    pub(crate) media_type: String,
    /// Bytes of its configuration and layers as they travel.
    pub(crate) bytes: u64,
    /// What functions cannot be made of it for; none when they can.
    pub(crate) unsupported: Option<String>,
    pub(crate) entry_point: Vec<String>,
    pub(crate) command: Vec<String>,
    pub(crate) working_directory: String,
    /// `KEY=VALUE`.
    pub(crate) environment: Vec<String>,
    /// `Labels`.
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) files: Arc<Files>,
    links: BTreeMap<String, String>,
}

impl Image {
    /// The file that a path leads to, and its path.
    pub(crate) fn find(&self, path: &str) -> Option<(&str, &Arc<[u8]>)> {
        tree::find(&self.files, &self.links, path)
    }
}

/// The files of a layout.
struct Layout<'a>(BTreeMap<String, &'a [u8]>);

impl<'a> Layout<'a> {
    /// The blob that a descriptor names.
    fn blob(&self, place: &str, descriptor: &Value) -> Result<&'a [u8], Fault> {
        let digest = descriptor["digest"].as_str().unwrap_or_default();
        let refused = |why: String| Fault::new(place, why);
        let digits = digest
            .strip_prefix("sha256:")
            .filter(|digits| digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .ok_or_else(|| refused(format!("the digest {digest:?} is not a SHA-256")))?;
        let path = format!("blobs/sha256/{digits}");
        let bytes = *self.0.get(&path).ok_or_else(|| refused(format!("{path} is not there")))?;
        let size = descriptor["size"].as_u64();
        if size != Some(bytes.len() as u64) {
            let size = size.map_or("no".into(), |size| size.to_string());
            return Err(refused(format!("{path} has {} bytes, not {size}", bytes.len())));
        }
        let is = hex(&Sha256::digest(bytes));
        if is != digits {
            return Err(refused(format!("{path} has another digest: sha256:{is}")));
        }
        Ok(bytes)
    }
}

fn json(place: &str, bytes: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(bytes).map_err(|fault| Fault::new(place, format!("not JSON: {fault}")))
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

/// Reads the image of a layout that has this tag, or its only one. Gives the tag that stands there, too.
pub(super) fn read(tar: &[u8], tag: Option<&str>) -> Result<(Image, Option<String>), Fault> {
    let entries = tar::entries("image", tar)?;
    let files = entries.into_iter().filter_map(|entry| match entry.kind {
        Kind::File(content) => Some((entry.path, content)),
        _ => None,
    });
    let layout = Layout(files.collect());
    let file = |name: &str| {
        let why = "it is not there: an image is an OCI image layout as a tar (docker buildx build --output type=oci, or skopeo copy … oci-archive:)";
        layout.0.get(name).copied().ok_or_else(|| Fault::new(name, why))
    };
    let version = json("oci-layout", file("oci-layout")?)?;
    if version["imageLayoutVersion"] != "1.0.0" {
        return Err(Fault::new("oci-layout", "its imageLayoutVersion is not 1.0.0"));
    }
    let index = json("index.json", file("index.json")?)?;
    let chosen = choose(&index, tag)?;
    let named = chosen["annotations"][REFERENCE].as_str().map(|name| tag_of(name).to_owned());
    Ok((read_image(&layout, chosen)?, named))
}

/// The tag of a reference such as `example.com/a/b:tag`, or the reference where it is a tag alone.
fn tag_of(reference: &str) -> &str {
    let name = reference.rsplit('/').next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

fn choose<'a>(index: &'a Value, tag: Option<&str>) -> Result<&'a Value, Fault> {
    let is_attestation =
        |one: &&Value| one["annotations"]["vnd.docker.reference.type"] == "attestation-manifest";
    let all: Vec<&Value> =
        list(index, "manifests").iter().filter(|one| !is_attestation(one)).collect();
    let name =
        |one: &&Value| one["annotations"][REFERENCE].as_str().map(|name| tag_of(name).to_owned());
    if let [only] = all.as_slice() {
        return Ok(only);
    }
    let of_tag = tag.and_then(|tag| all.iter().find(|one| name(one).as_deref() == Some(tag)));
    of_tag.copied().ok_or_else(|| {
        let names: Vec<String> = all.iter().filter_map(name).collect();
        let why = format!(
            "it has {} images; imageTag must name one of them: {}",
            all.len(),
            names.join(", ")
        );
        Fault::new("index.json", why)
    })
}

fn read_image(layout: &Layout<'_>, descriptor: &Value) -> Result<Image, Fault> {
    let bytes = layout.blob("index.json", descriptor)?;
    let manifest = json("manifest", bytes)?;
    let media_type = |value: &Value| value["mediaType"].as_str().unwrap_or_default().to_owned();
    let kind = match media_type(&manifest) {
        kind if kind.is_empty() => media_type(descriptor),
        kind => kind,
    };
    let mut image = Image {
        digest: descriptor["digest"].as_str().unwrap_or_default().to_owned(),
        media_type: kind.clone(),
        bytes: 0,
        unsupported: None,
        entry_point: Vec::new(),
        command: Vec::new(),
        working_directory: String::new(),
        environment: Vec::new(),
        labels: BTreeMap::new(),
        files: Arc::default(),
        links: BTreeMap::new(),
    };
    if !MANIFESTS.contains(&kind.as_str()) {
        let images = list(&manifest, "manifests").len();
        image.unsupported = Some(match images {
            0 => format!("the manifest is {kind:?}"),
            images => format!(
                "the manifest is an index of {images}; build one image, with --provenance=false"
            ),
        });
        return Ok(image);
    }
    let config = &manifest["config"];
    let layers = list(&manifest, "layers");
    let sizes = layers.iter().chain([config]).filter_map(|one| one["size"].as_u64());
    image.bytes = sizes.fold(0, u64::saturating_add);
    let kind = media_type(config);
    if !CONFIGS.contains(&kind.as_str()) {
        image.unsupported = Some(format!("the configuration is {kind:?}"));
        return Ok(image);
    }
    if layers.len() > LAYERS_MAX {
        return Err(Fault::new("manifest", format!("it has more than {LAYERS_MAX} layers")));
    }
    let config = json("config", layout.blob("config", config)?)?;
    image.configure(&config["config"]);
    let mut tree = Tree::default();
    let mut left = BYTES_MAX;
    let mut modules = Vec::new();
    for (number, layer) in layers.iter().enumerate() {
        let name = format!("layer {number}");
        let kind = media_type(layer);
        if MODULES.contains(&kind.as_str()) {
            let title = layer["annotations"]["org.opencontainers.image.title"].as_str();
            let content = layout.blob(&name, layer)?;
            left = less(&name, left, content.len())?;
            let path = crate::lambda::inside(title.unwrap_or("module.wasm"))
                .map_err(|why| Fault::new(format!("{name}, its title"), why))?;
            let entry = tar::Entry { path: path.clone(), kind: Kind::File(content) };
            tree.lay(&name, vec![entry])?;
            modules.push(path);
        } else if TARS.contains(&kind.as_str()) {
            let unpacked = unpack(&name, layout.blob(&name, layer)?, left)?;
            left = less(&name, left, unpacked.len())?;
            check_content(&name, &unpacked, &config["rootfs"]["diff_ids"][number])?;
            tree.lay(&name, tar::entries(&name, &unpacked)?)?;
        } else {
            image.unsupported = Some(format!("{name} is {kind:?}"));
            return Ok(image);
        }
    }
    let (files, links) = tree.finish();
    image.files = Arc::new(files);
    image.links = links;
    // A module that is a layer needs no entry point.
    if let ([only], true) = (modules.as_slice(), image.entry_point.is_empty()) {
        image.entry_point = vec![format!("/{only}")];
    }
    Ok(image)
}

impl Image {
    fn configure(&mut self, config: &Value) {
        let texts = |member: &str| -> Vec<String> {
            list(config, member).iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        self.entry_point = texts("Entrypoint");
        self.command = texts("Cmd");
        self.environment = texts("Env");
        self.working_directory = config["WorkingDir"].as_str().unwrap_or_default().to_owned();
        self.labels = config["Labels"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
    }
}

fn less(name: &str, left: usize, bytes: usize) -> Result<usize, Fault> {
    left.checked_sub(bytes).ok_or_else(|| too_large(name))
}

fn too_large(name: &str) -> Fault {
    Fault::new(name, format!("the layers unpack to more than {BYTES_MAX} bytes"))
}

/// The tar of a layer.
fn unpack(name: &str, blob: &[u8], bytes_max: usize) -> Result<Vec<u8>, Fault> {
    if !blob.starts_with(gzip::MAGIC) {
        return if blob.len() > bytes_max { Err(too_large(name)) } else { Ok(blob.to_vec()) };
    }
    gzip::inflate(blob, bytes_max).map_err(|refused| match refused {
        Refused::TooLarge => too_large(name),
        Refused::Broken => Fault::new(name, "it cannot be inflated"),
    })
}

/// "diff_ids: an array of layer content hashes", of what is unpacked.
fn check_content(name: &str, unpacked: &[u8], diff_id: &Value) -> Result<(), Fault> {
    let Some(expected) = diff_id.as_str() else {
        return Err(Fault::new(name, "the configuration has no diff_id of it"));
    };
    let is = format!("sha256:{}", hex(&Sha256::digest(unpacked)));
    match is == expected {
        true => Ok(()),
        false => Err(Fault::new(name, format!("its content is {is}, not {expected}"))),
    }
}
