//! What a module is, as seen at deploy time, and why one is refused.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a module answers events: the three shapes of the handler ABI, in the order in which they are detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Exports `lambda_handler` and `lambda_alloc`: called once an event, never blocks.
    Callback,
    /// Exports `_start` and imports `lambda.next`: `main` is init code, then a loop.
    Loop,
    /// Exports `_start` only: event on stdin, result on stdout, always cold.
    Command,
}

/// One import of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The import's module, such as `wasi_snapshot_preview1`.
    pub module: String,
    /// The import's name, such as `fd_write`.
    pub name: String,
    /// Its type in the text format's words, such as `func (param i32 i32) (result i32)`.
    pub kind: String,
}

/// One export of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The export's name.
    pub name: String,
    /// Its type in the text format's words.
    pub kind: String,
}

/// What the Code tab shows of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleInfo {
    /// Lower-case hex SHA-256 of the module as it was given, before metering.
    pub sha256: String,
    /// Bytes of the module as it was given.
    pub size: u64,
    /// Which shape of the ABI it has.
    pub shape: Shape,
    /// Imports in module order.
    pub imports: Vec<Import>,
    /// Exports in module order.
    pub exports: Vec<Export>,
    /// 64 KiB pages that the module asks for at start.
    pub memory_pages_min: u32,
    /// Producers section or custom hints, such as `Rust 1.95.0`; empty when unknown.
    pub producers: Vec<String>,
}

/// Why a module was refused at deploy time. `message` names the import, offset or limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Refusal {
    /// A stable code: `malformed`, `too-large`, `foreign-import`, `no-handler`, `unsupported`.
    pub code: String,
    /// One sentence for the person who deployed it.
    pub message: String,
}

/// A module that was accepted: validated, inspected and metered. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// What the module is.
    pub info: Arc<ModuleInfo>,
    /// The metered module, the one that runs.
    pub metered: Arc<[u8]>,
    /// The module as it was given, for a tier that compiles and has it metered in another form; empty when it runs on wasmi only.
    pub given: Arc<[u8]>,
    /// Whether memory and exported globals are all of its state: nothing in it changes tables or drops segments.
    pub copies: bool,
}

/// Bytes of a module: above what Lambda's 50 MB upload holds, below what a tab can meter in a second.
pub(crate) const MODULE_BYTES_MAX: u64 = 64 << 20;
/// Parameters and locals of one function; an interpreter's main loop has a few hundred. `wasmi` addresses a frame with 16 bits.
pub(crate) const LOCALS_MAX: u32 = 10_000;
/// Height of one function's operand stack.
pub(crate) const OPERANDS_MAX: u32 = 10_000;
/// As in V8.
pub(crate) const BR_TABLE_MAX: u32 = 65_520;
/// As in V8.
pub(crate) const TABLE_ELEMENTS_MAX: u64 = 10_000_000;
/// As in V8, for the metered function.
pub(crate) const FUNCTION_BYTES_MAX: u64 = 7_654_321;

/// A function's type in the text format's words.
pub(crate) fn types_text(
    params: &[wasmparser::ValType],
    results: &[wasmparser::ValType],
) -> String {
    let list = |word: &str, types: &[wasmparser::ValType]| {
        if types.is_empty() {
            return String::new();
        }
        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
        format!(" ({word} {})", types.join(" "))
    };
    format!("func{}{}", list("param", params), list("result", results))
}
