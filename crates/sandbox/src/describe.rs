//! What can be read of a module, whether it is accepted or not: for people who want to know why it is not.

use crate::accept::{self, Inspection};
use crate::module::{ModuleInfo, Shape};
use wasmparser::Parser;

/// A module as it was found.
#[derive(Debug, Clone)]
pub struct Description {
    /// What was read of it: up to its first fault. The shape means something only when there is one.
    pub info: ModuleInfo,
    /// Whether it has the exports of a shape.
    pub shape: Option<Shape>,
    /// Why a deploy refuses it.
    pub refusal: Option<String>,
    /// Its imports that are not here, as `module.name`.
    pub foreign: Vec<String>,
}

/// Reads what there is to be read. None when it is no module at all.
pub fn describe(bytes: &[u8]) -> Option<Description> {
    let refusal = match accept::accept(bytes) {
        Ok(artifact) => {
            let info = (*artifact.info).clone();
            let shape = Some(info.shape);
            return Some(Description { info, shape, refusal: None, foreign: Vec::new() });
        }
        Err(refusal) => refusal.message,
    };
    if !bytes.starts_with(b"\0asm\x01\0\0\0") {
        return None;
    }
    let mut found = Inspection::default();
    // What comes after the first fault is left out: the refusal says where that is.
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(payload) = payload else { break };
        if found.take(&payload).is_err() {
            break;
        }
    }
    let shape = found.shape().ok();
    let foreign = found.foreign();
    let info = found.info(bytes, shape.unwrap_or(Shape::Command));
    Some(Description { info, shape, refusal: Some(refusal), foreign })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(text: &str) -> Description {
        describe(&wat::parse_str(text).expect("it assembles")).expect("it is a module")
    }

    #[test]
    fn what_is_refused_is_described_with_all_its_foreign_imports() {
        let found = described(
            r#"(module
                (import "env" "print" (func (param i32)))
                (import "lambda" "respond" (func (param i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "sock_open" (func (result i32)))
                (memory (export "memory") 2)
                (func (export "lambda_alloc") (param i32) (result i32) unreachable)
                (func (export "lambda_handler") (param i32 i32) (result i32) unreachable))"#,
        );
        assert_eq!(found.foreign, ["env.print", "wasi_snapshot_preview1.sock_open"]);
        assert!(found.refusal.is_some_and(|refusal| refusal.contains("env.print")));
        assert_eq!(found.shape, Some(Shape::Callback));
        assert_eq!((found.info.imports.len(), found.info.exports.len()), (3, 3));
        assert_eq!(found.info.memory_pages_min, 2);
    }

    #[test]
    fn without_a_handler_there_is_no_shape() {
        let found = described(r#"(module (func (export "main")))"#);
        assert_eq!((found.shape, found.foreign.len()), (None, 0));
        assert!(found.refusal.is_some_and(|refusal| refusal.contains("no handler")));
        assert_eq!(found.info.exports[0].name, "main");
    }

    #[test]
    fn what_is_accepted_is_described_without_a_refusal() {
        let found = described(r#"(module (func (export "_start")))"#);
        assert_eq!((found.shape, found.refusal), (Some(Shape::Command), None));
    }

    #[test]
    fn a_module_that_is_cut_off_is_described_up_to_there() {
        let whole = wat::parse_str(r#"(module (import "a" "b" (func)) (func (export "f") nop))"#)
            .expect("it assembles");
        for length in 8..whole.len() {
            let found = describe(&whole[..length]).expect("it begins as a module");
            assert!(found.refusal.is_some(), "{length}");
        }
        assert!(describe(b"PK").is_none());
        assert!(describe(b"").is_none());
    }
}
