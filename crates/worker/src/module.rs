//! What a module is, in the protocol's words.

use coldstart_protocol::ModuleInfo;
use coldstart_sandbox::{ModuleInfo as Inspected, Shape};

/// The sandbox's description as the page gets it.
pub fn module_info(info: &Inspected) -> ModuleInfo {
    let shape = match info.shape {
        Shape::Callback => "callback",
        Shape::Loop => "loop",
        Shape::Command => "command",
    };
    ModuleInfo {
        sha256: info.sha256.clone(),
        size: info.size,
        shape: shape.into(),
        imports: info
            .imports
            .iter()
            .map(|i| (i.module.clone(), i.name.clone(), i.kind.clone()))
            .collect(),
        exports: info.exports.iter().map(|e| (e.name.clone(), e.kind.clone())).collect(),
        memory_pages_min: info.memory_pages_min,
        producers: info.producers.clone(),
    }
}
