//! `coldstart invoke` with a container image.

mod common;

use coldstart_workspace::hex_sha256;
use common::{coldstart, file};
use serde_json::{Value, json};

/// A file of a tar.
fn entry(path: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..path.len()].copy_from_slice(path.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut bytes = [&header[..], content].concat();
    bytes.resize(bytes.len().div_ceil(512) * 512, 0);
    bytes
}

/// An image with one layer of this media type.
fn image(kind: &str, layer: Vec<u8>, config: &Value) -> Vec<u8> {
    let mut blobs = Vec::new();
    let mut blob = |kind: &str, bytes: Vec<u8>| {
        let digest = hex_sha256(&bytes);
        let descriptor =
            json!({ "mediaType": kind, "digest": format!("sha256:{digest}"), "size": bytes.len() });
        blobs.extend(entry(&format!("blobs/sha256/{digest}"), &bytes));
        descriptor
    };
    let diffs = [format!("sha256:{}", hex_sha256(&layer))];
    let layer = blob(kind, layer);
    let config = json!({ "config": config, "rootfs": { "type": "layers", "diff_ids": diffs } });
    let config = blob("application/vnd.oci.image.config.v1+json", config.to_string().into_bytes());
    let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = blob(kind, manifest.to_string().into_bytes());
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] }).to_string();
    [
        entry("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
        entry("index.json", index.as_bytes()),
        blobs,
        vec![0; 1_024],
    ]
    .concat()
}

const ECHO: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param $at i32) (param $length i32) (result i32)
    (drop (call $respond (local.get $at) (local.get $length))) (i32.const 0)))"#;

#[test]
fn an_image_is_invoked_as_a_module_is() {
    let module = coldstart_worker::assemble(ECHO).expect("a module");
    let files = [entry("app/run.wasm", &module), vec![0; 1_024]].concat();
    let tar = "application/vnd.oci.image.layer.v1.tar";
    let of_files = image(tar, files.clone(), &json!({ "Entrypoint": ["/app/run.wasm"] }));
    let of_module = image("application/wasm", module, &json!({}));
    for (name, image) in [("files.tar", of_files), ("module.tar", of_module)] {
        let ran = coldstart(&["invoke", &file(name, &image)], "");
        assert_eq!((ran.code, ran.out.as_str()), (0, "{}\n"), "{name}: {}", ran.err);
    }
    // An entry point that is not there is the function's failure, a broken image cannot be tried.
    let lost = image(tar, files.clone(), &json!({ "Entrypoint": ["/app/lost"] }));
    let ran = coldstart(&["invoke", &file("lost.tar", &lost)], "");
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("Runtime.InvalidEntrypoint"), "{}", ran.out);
    assert!(ran.err.contains("IMAGE\tLaunch error: fork/exec /app/lost"), "{}", ran.err);
    let mut broken = image(tar, files, &json!({}));
    let at = broken.len() - 2_000;
    broken[at] ^= 1;
    let ran = coldstart(&["invoke", &file("broken.tar", &broken)], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("PushImage: InvalidParameterException: "), "{}", ran.err);
}
