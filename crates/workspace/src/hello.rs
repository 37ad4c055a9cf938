//! The first screen: a function that works.

use crate::{
    ApiRequest, ClockMode, Command, FunctionDraft, Source, TestEvent, WORKSPACE_VERSION, Workspace,
};
use serde_json::json;
use std::collections::BTreeMap;

/// The first function's code, the first thing that a visitor reads.
pub const HELLO_WAT: &str = include_str!("hello.wat");
/// What it assembles to, so that a first visit needs no assembler; a test holds it against the text.
const HELLO_MODULE: &[u8] = include_bytes!("hello.wasm");
const HELLO_SHA256: &str = "6e8ed444d50a7d89618c05f910bb72ff6f850323b46cd43c2f72f392ac0cad6a";
/// The meter that this build's engine has. This crate stands below the sandbox; the Worker's tests hold the two equal.
const METER: u32 = 1;
/// 2026-01-01 00:00 UTC: everybody sees the same times.
const EPOCH_MS: u64 = 1_767_225_600_000;

/// A module that everybody has, by its lower-case hex SHA-256.
pub fn known_module(sha256: &str) -> Option<&'static [u8]> {
    (sha256 == HELLO_SHA256).then_some(HELLO_MODULE)
}

impl Workspace {
    /// A workspace with nothing in it.
    pub fn empty(name: impl Into<String>) -> Self {
        Self {
            version: WORKSPACE_VERSION,
            name: name.into(),
            meter: METER,
            seed: 1,
            epoch_ms: EPOCH_MS,
            sources: BTreeMap::new(),
            functions: BTreeMap::new(),
            machines: BTreeMap::new(),
            commands: Vec::new(),
            interrupts: Vec::new(),
            until_us: 0,
            clock: ClockMode::default(),
            digest: None,
        }
    }

    /// The working example that a first visit finds: the function `hello`, created at time zero.
    pub fn hello() -> Self {
        let source = Source::Wat { text: HELLO_WAT.into() };
        let event =
            |name: &str, payload: &str| TestEvent { name: name.into(), payload: payload.into() };
        let test_events = vec![
            event("Ada", "{\n  \"name\": \"Ada\"\n}"),
            event("no name", "{}"),
            event(
                "another name",
                "{\n  \"greeting\": \"formal\",\n  \"name\": \"Grace \\\"Amazing\\\" Hopper\"\n}",
            ),
        ];
        let create = ApiRequest {
            service: "lambda".into(),
            operation: "CreateFunction".into(),
            params: json!({
                "FunctionName": "hello",
                "Runtime": "provided.al2023",
                "Role": "arn:aws:iam::123456789012:role/lambda-role",
                "Handler": "lambda_handler",
                "Description": "Greets by name, in WebAssembly text",
                "Timeout": 3,
                "MemorySize": 128,
                "Code": { "ZipFile": { "$sha256": HELLO_SHA256 } },
            }),
        };
        Self {
            sources: BTreeMap::from([(HELLO_SHA256.into(), source.clone())]),
            functions: BTreeMap::from([(
                "hello".into(),
                FunctionDraft { source, test_events, selected_event: 0 },
            )]),
            commands: vec![Command { at_us: 0, request: create }.into()],
            ..Self::empty("Hello")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_text_assembles_to_the_module_that_is_created() {
        let module = wat::parse_str(HELLO_WAT).expect("it assembles");
        let sha256: String =
            Sha256::digest(&module).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sha256, HELLO_SHA256, "put it into hello.rs");
        assert!(known_module(&sha256) == Some(module.as_slice()), "put it into hello.wasm");
    }
}
