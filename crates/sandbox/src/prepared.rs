//! The module of the function that everybody sees first, as [`accept`](crate::accept) makes it of what was deployed.
//!
//! A first visit runs it, and then needs neither the validator nor the meter: they arrive before anything else can be deployed
//! (`docs/adr/0004`). The tests hold it equal to what `accept` would make, and valid.

use crate::accept::digest;
use crate::module::{Artifact, Export, Import, ModuleInfo, Shape};
use std::sync::Arc;

/// What was deployed: `crates/workspace/src/hello.wasm`.
const SHA256: &str = "6e8ed444d50a7d89618c05f910bb72ff6f850323b46cd43c2f72f392ac0cad6a";
const SIZE: u64 = 543;
const IMPORTS: [(&str, &str, &str); 1] =
    [("lambda", "respond", "func (param i32 i32) (result i32)")];
const EXPORTS: [(&str, &str); 3] = [
    ("memory", "memory 1"),
    ("lambda_alloc", "func (param i32) (result i32)"),
    ("lambda_handler", "func (param i32 i32) (result i32)"),
];
const METERED: &[u8] = include_bytes!("prepared.wasm");

/// What that module is accepted as; none for others.
pub(crate) fn artifact(bytes: &[u8]) -> Option<Artifact> {
    if bytes.len() as u64 != SIZE || digest(bytes) != SHA256 {
        return None;
    }
    let import = |(module, name, kind): (&str, &str, &str)| Import {
        module: module.into(),
        name: name.into(),
        kind: kind.into(),
    };
    let export = |(name, kind): (&str, &str)| Export { name: name.into(), kind: kind.into() };
    let info = ModuleInfo {
        sha256: SHA256.into(),
        size: SIZE,
        shape: Shape::Callback,
        imports: IMPORTS.map(import).into(),
        exports: EXPORTS.map(export).into(),
        memory_pages_min: 1,
        producers: Vec::new(),
    };
    Some(Artifact {
        info: Arc::new(info),
        metered: METERED.into(),
        given: bytes.into(),
        copies: true,
    })
}

/// Whether these bytes are that module, metered: it is known to be valid.
pub(crate) fn is_valid(metered: &[u8]) -> bool {
    metered == METERED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accept::accept_new;

    const DEPLOYED: &[u8] = include_bytes!("../../workspace/src/hello.wasm");

    #[test]
    fn it_is_what_would_be_made_of_it() {
        let made = accept_new(DEPLOYED).expect("it is accepted");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prepared.wasm");
            std::fs::write(path, &made.metered).expect("can be written");
        }
        let prepared = artifact(DEPLOYED).expect("put its size and digest here");
        assert_eq!(prepared.info, made.info);
        assert_eq!(prepared.copies, made.copies);
        assert!(prepared.metered == made.metered, "UPDATE_EXPECT=1 writes prepared.wasm");
    }

    #[test]
    fn it_is_valid_and_nothing_else_counts_as_it() {
        let engine = wasmi::Engine::default();
        wasmi::Module::validate(&engine, METERED).expect("it is valid");
        assert!(is_valid(METERED));
        assert!(!is_valid(DEPLOYED));
        assert!(!is_valid(&[METERED, &[0]].concat()));
    }
}
