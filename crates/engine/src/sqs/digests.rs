//! MD5 of bodies and attributes, by which clients check that nothing was changed on the way ("Calculating the MD5 message
//! digest for message attributes").

use crate::world::hex;
use base64::Engine as _;
use md5::{Digest, Md5};
use serde_json::{Map, Value};

/// Hex digest of a text.
pub(super) fn of_text(text: &str) -> String {
    hex(&Md5::digest(text.as_bytes()))
}

/// Hex digest of attributes, by name: each of name, type and value with its length before it, the value with its transport.
pub(super) fn of_attributes(attributes: &Map<String, Value>) -> String {
    let mut names: Vec<&String> = attributes.keys().collect();
    names.sort_unstable();
    let mut digest = Md5::new();
    for name in names {
        let attribute = &attributes[name.as_str()];
        let kind = attribute["DataType"].as_str().unwrap_or_default();
        add(&mut digest, name.as_bytes());
        add(&mut digest, kind.as_bytes());
        digest.update([if kind.starts_with("Binary") { 2 } else { 1 }]);
        add(&mut digest, &value(attribute));
    }
    hex(&digest.finalize())
}

fn add(digest: &mut Md5, bytes: &[u8]) {
    digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.update(bytes);
}

/// The value of an attribute, in bytes.
pub(super) fn value(attribute: &Value) -> Vec<u8> {
    if let Some(text) = attribute["StringValue"].as_str() {
        return text.as_bytes().to_vec();
    }
    match &attribute["BinaryValue"] {
        Value::String(base64) => {
            base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_default()
        }
        Value::Object(blob) => {
            blob.get("$text").and_then(Value::as_str).unwrap_or_default().as_bytes().to_vec()
        }
        _ => Vec::new(),
    }
}
