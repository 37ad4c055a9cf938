//! What a module is, in the protocol's words.

use coldstart_engine::files_of_zip;
use coldstart_protocol::{BroughtFile, BroughtModule, ModuleInfo};
use coldstart_sandbox::{ModuleInfo as Inspected, Shape, describe};

/// Modules of a zip that are described; it rarely has two.
const MODULES_MAX: usize = 8;

/// What a file is that somebody brings: a module, a zip, or something else.
pub fn brought(bytes: &[u8]) -> BroughtFile {
    if !bytes.starts_with(b"PK") {
        let modules = bytes.starts_with(b"\0asm").then(|| brought_module("", bytes));
        return BroughtFile { modules: modules.into_iter().collect(), ..BroughtFile::default() };
    }
    match files_of_zip(bytes) {
        Ok(files) => {
            let modules = files.iter().filter(|(_, content)| content.starts_with(b"\0asm"));
            let modules =
                modules.take(MODULES_MAX).map(|(path, content)| brought_module(path, content));
            let modules = modules.collect();
            BroughtFile { files: files.into_keys().collect(), modules, fault: None }
        }
        Err(fault) => BroughtFile { fault: Some(fault), ..BroughtFile::default() },
    }
}

fn brought_module(path: &str, bytes: &[u8]) -> BroughtModule {
    let path = path.to_owned();
    let Some(found) = describe(bytes) else {
        let refusal = coldstart_sandbox::accept(bytes).err().map(|refusal| refusal.message);
        return BroughtModule { path, info: None, refusal, foreign: Vec::new() };
    };
    let mut info = module_info(&found.info);
    if found.shape.is_none() {
        info.shape = String::new();
    }
    BroughtModule { path, info: Some(info), refusal: found.refusal, foreign: found.foreign }
}

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
