//! Making images: tars, gzips and layouts, as tools write them and as nobody does.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// An entry of a tar.
pub(crate) enum Item<'a> {
    File(&'a str, &'a [u8]),
    Folder(&'a str),
    Symbolic(&'a str, &'a str),
    Hard(&'a str, &'a str),
    Device(&'a str),
}

fn entry(kind: u8, path: &str, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..path.len().min(100)].copy_from_slice(&path.as_bytes()[..path.len().min(100)]);
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut bytes = [&header[..], content].concat();
    bytes.resize(bytes.len().div_ceil(512) * 512, 0);
    bytes
}

pub(crate) fn tar(items: &[Item<'_>]) -> Vec<u8> {
    let mut tar = Vec::new();
    for item in items {
        tar.extend(match item {
            Item::File(path, content) if path.len() > 100 => {
                // A long name goes before, as POSIX has it.
                let text = format!(" path={path}\n");
                let length = (0..9).fold(text.len(), |all, _| text.len() + all.to_string().len());
                let record = format!("{length}{text}");
                [entry(b'x', "PaxHeaders", "", record.as_bytes()), entry(b'0', "x", "", content)]
                    .concat()
            }
            Item::File(path, content) => entry(b'0', path, "", content),
            Item::Folder(path) => entry(b'5', path, "", b""),
            Item::Symbolic(path, link) => entry(b'2', path, link, b""),
            Item::Hard(path, link) => entry(b'1', path, link, b""),
            Item::Device(path) => entry(b'3', path, "", b""),
        });
    }
    tar.extend([0; 1_024]);
    tar
}

/// In two members, as some tools write them.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let member = |bytes: &[u8]| {
        let deflated = miniz_oxide::deflate::compress_to_vec(bytes, 6);
        [&b"\x1f\x8b\x08\x08\0\0\0\0\0\xffname\0"[..], &deflated, &[0; 8]].concat()
    };
    [member(first), member(second)].concat()
}

pub(super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", crate::world::hex(&Sha256::digest(bytes)))
}

/// A layer: its media type, its bytes, and what they unpack to.
pub(crate) struct Layer {
    pub(super) kind: &'static str,
    pub(super) blob: Vec<u8>,
    pub(super) content: Vec<u8>,
}

pub(crate) fn layer(items: &[Item<'_>]) -> Layer {
    let content = tar(items);
    let kind = "application/vnd.oci.image.layer.v1.tar+gzip";
    Layer { kind, blob: gzip(&content), content }
}

pub(super) fn module_layer(kind: &'static str, module: Vec<u8>) -> Layer {
    Layer { kind, content: module.clone(), blob: module }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The blobs of an image, and its manifest last.
pub(super) fn blobs(config: &Value, layers: &[Layer]) -> Vec<Vec<u8>> {
    let diffs: Vec<_> = layers.iter().map(|layer| digest(&layer.content)).collect();
    let config = json!({ "config": config, "rootfs": { "type": "layers", "diff_ids": diffs } });
    let config = config.to_string().into_bytes();
    let descriptor = |kind: &str, blob: &[u8]| json!({ "mediaType": kind, "digest": digest(blob), "size": blob.len() });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": layers.iter().map(|layer| descriptor(layer.kind, &layer.blob)).collect::<Vec<_>>(),
    });
    let mut all: Vec<Vec<u8>> = layers.iter().map(|layer| layer.blob.clone()).collect();
    all.extend([config, manifest.to_string().into_bytes()]);
    all
}

/// A layout of blobs, whose last is the manifest.
pub(super) fn layout_of(blobs: &[Vec<u8>], tag: &str) -> Vec<u8> {
    let manifest = blobs.last().unwrap();
    let index = json!({ "schemaVersion": 2, "manifests": [{
        "mediaType": MANIFEST, "digest": digest(manifest), "size": manifest.len(),
        "annotations": { "org.opencontainers.image.ref.name": tag },
    }] });
    let index = index.to_string();
    let named: Vec<_> = blobs
        .iter()
        .map(|blob| (digest(blob).replace("sha256:", "blobs/sha256/"), blob.as_slice()))
        .collect();
    let mut items = vec![
        Item::Folder("blobs/"),
        Item::File("oci-layout", br#"{"imageLayoutVersion": "1.0.0"}"#),
        Item::File("./index.json", index.as_bytes()),
    ];
    items.extend(named.iter().map(|(path, blob)| Item::File(path, blob)));
    tar(&items)
}

pub(crate) fn layout(config: &Value, layers: &[Layer]) -> Vec<u8> {
    layout_of(&blobs(config, layers), "example.com/app:v1")
}
