//! The meter: rewrites an accepted module so that it counts what it burns and how deep it calls.
//!
//! Every run of instructions between two control instructions first subtracts its whole cost from the exported
//! global `meter.left`; function entries and loop headers then check it and call the import `meter.exhausted`
//! when it is below zero. `meter.depth` counts the words of stack that are left. For compilers [`threaded`](threaded()) writes another form with the
//! same counts (`docs/adr/0010-the-second-tier.md`). The rules and the reasons for
//! each are in `docs/adr/0002-the-meter.md`; [`METER_VERSION`](crate::METER_VERSION) names them.
//!
//! Invariant: the counts depend on the module and its inputs only, never on the tier or on slices.
//! Invariant: a metered module computes what the plain one does, up to the bits of NaNs that arithmetic made, which
//! WebAssembly leaves open: those become the canonical one before a program can look at them.
//! Invariant: between two checks at most one function body's worth of straight code and one bulk instruction run.

mod body;
mod cost;
mod nans;
mod plan;
mod rewrite;
mod runs;
mod threaded;

pub(crate) use self::plan::{Plan, PlanError, plan};
use self::rewrite::EncodeError;
pub(crate) use self::rewrite::rewrite;
pub(crate) use self::threaded::{UNITS_MAX, threaded};
use self::{body::*, cost::*, nans::*, plan::Temps, runs::*};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{BlockType, Function, Instruction as I, ValType};
use wasmparser::{FunctionBody, Operator as O, Parser, Payload, TypeRef, WasmModuleResources};

/// Words of stack (8 bytes each) that calls may use: 768 KiB of the 984 KiB that V8 gives a thread.
pub(crate) const DEPTH_WORDS_MAX: i32 = 98_304;
/// What a frame costs beside its locals and operands: return address, frame pointer, instance and the like.
const FRAME_WORDS: u32 = 8;
/// A function that calls nothing and needs no more words than this is not counted.
const LEAF_WORDS_MAX: u32 = 64;
/// A function that calls nothing, loops nowhere and costs no more than this is charged but not checked.
const LEAF_UNITS_MAX: u32 = 16;
/// Bytes that bulk instructions and the host move for one unit.
pub(crate) const BYTES_PER_UNIT: u64 = 64;
/// Elements that table instructions move for one unit.
const ELEMENTS_PER_UNIT_LOG2: i64 = 2;
const BYTES_PER_UNIT_LOG2: i64 = 6;
/// A page that `memory.grow` added.
const UNITS_PER_PAGE_LOG2: i64 = 10;

/// Names that the rewritten module uses; a guest's own may not begin like this.
pub(crate) const EXPORT_PREFIX: &str = "meter.";
pub(crate) const EXPORT_LEFT: &str = "meter.left";
pub(crate) const EXPORT_DEPTH: &str = "meter.depth";
pub(crate) const EXPORT_MEMORY: &str = "meter.memory";
/// Followed by the index of a global of the module's own that can change: a snapshot reads and writes it.
pub(crate) const EXPORT_GLOBAL: &str = "meter.global.";
/// The module's start function. It is called like any other, so that it can be suspended.
pub(crate) const EXPORT_START: &str = "meter.start";
pub(crate) const IMPORT_MODULE: &str = "meter";
pub(crate) const IMPORT_EXHAUSTED: &str = "exhausted";
pub(crate) const IMPORT_OVERFLOW: &str = "overflow";
const IMPORTED_FUNCTIONS: u32 = 2;

/// Costs are added up in quarters of a unit and rounded up per run.
const QUARTERS: u32 = 4;

/// Bytes that an encoded function takes, for the limit on bodies.
pub(crate) fn encoded_size(module: &[u8]) -> Result<u64, wasmparser::BinaryReaderError> {
    let mut largest = 0;
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload? {
            largest = largest.max(body.range().len() as u64);
        }
    }
    Ok(largest)
}
