//! The meter: rewrites an accepted module so that it counts what it burns and how deep it calls.
//!
//! Every run of instructions between two control instructions first subtracts its whole cost from the exported
//! global `meter.left`; function entries and loop headers then check it and call the import `meter.exhausted`
//! when it is below zero. `meter.depth` counts the words of stack that are left. The rules and the reasons for
//! each are in `docs/adr/0002-the-meter.md`; [`METER_VERSION`](crate::METER_VERSION) names them.
//!
//! Invariant: the counts depend on the module and its inputs only, never on the tier or on slices.
//! Invariant: a metered module computes what the plain one does, up to the bits of NaNs that arithmetic made, which
//! WebAssembly leaves open: those become the canonical one before a program can look at them.
//! Invariant: between two checks at most one function body's worth of straight code and one bulk instruction run.

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
/// The module's start function. It is called like any other, so that it can be suspended.
pub(crate) const EXPORT_START: &str = "meter.start";
pub(crate) const IMPORT_MODULE: &str = "meter";
pub(crate) const IMPORT_EXHAUSTED: &str = "exhausted";
pub(crate) const IMPORT_OVERFLOW: &str = "overflow";
const IMPORTED_FUNCTIONS: u32 = 2;

/// Costs are added up in quarters of a unit and rounded up per run.
const QUARTERS: u32 = 4;

/// What one instruction costs, in quarters of a unit.
fn cost(op: &O<'_>, imported_functions: u32) -> u32 {
    match op {
        // No machine code.
        O::Nop | O::Drop | O::Block { .. } | O::Loop { .. } | O::Else | O::End | O::Unreachable => {
            0
        }
        // Mostly registers and immediates in compiled code, but an interpreter copies, so not free.
        O::LocalGet { .. }
        | O::LocalSet { .. }
        | O::LocalTee { .. }
        | O::I32Const { .. }
        | O::I64Const { .. }
        | O::F32Const { .. }
        | O::F64Const { .. }
        | O::RefNull { .. } => 1,
        O::BrTable { .. } => 3 * QUARTERS,
        O::Call { function_index } if *function_index < imported_functions => 20 * QUARTERS,
        O::Call { .. } => 3 * QUARTERS,
        O::CallIndirect { .. } => 6 * QUARTERS,
        O::I32Mul | O::I64Mul => 2 * QUARTERS,
        O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU => 6 * QUARTERS,
        O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU => 8 * QUARTERS,
        O::F32Add | O::F32Sub | O::F32Mul | O::F64Add | O::F64Sub | O::F64Mul => 2 * QUARTERS,
        O::F32Div | O::F64Div => 5 * QUARTERS,
        O::F32Sqrt | O::F64Sqrt => 6 * QUARTERS,
        O::F32Min | O::F32Max | O::F64Min | O::F64Max => 3 * QUARTERS,
        O::F32Ceil
        | O::F32Floor
        | O::F32Trunc
        | O::F32Nearest
        | O::F64Ceil
        | O::F64Floor
        | O::F64Trunc
        | O::F64Nearest
        | O::I32TruncF32S
        | O::I32TruncF32U
        | O::I32TruncF64S
        | O::I32TruncF64U
        | O::I64TruncF32S
        | O::I64TruncF32U
        | O::I64TruncF64S
        | O::I64TruncF64U => 2 * QUARTERS,
        O::MemoryGrow { .. } | O::TableGrow { .. } => 100 * QUARTERS,
        O::MemoryCopy { .. }
        | O::MemoryFill { .. }
        | O::MemoryInit { .. }
        | O::TableCopy { .. }
        | O::TableFill { .. }
        | O::TableInit { .. } => 20 * QUARTERS,
        _ => QUARTERS,
    }
}

/// What the first pass over a function found out.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Units charged on entry.
    entry: u32,
    /// Runs that begin after an operator: its index, and their units.
    runs: Vec<(u32, u32)>,
    /// Operators after which the float on top of the stack becomes canonical: index, and whether it is an `f64`.
    canonical: Vec<(u32, bool)>,
    /// Words of stack, or 0 when the function is not counted.
    words: u32,
    /// Whether the entry has a check.
    checked: bool,
    temps: Temps,
    params: u32,
}

/// Locals that the second pass needs.
#[derive(Debug, Default, Clone, Copy)]
struct Temps {
    left: bool,
    length: bool,
    grown: bool,
    f32: bool,
    f64: bool,
}

impl Temps {
    fn count(self) -> u32 {
        [self.left, self.length, self.grown, self.f32, self.f64].into_iter().map(u32::from).sum()
    }
}

/// A value on the operand stack, as far as NaNs go.
#[derive(Clone, Copy)]
enum Value {
    /// Its bits are determined; they must not be changed.
    Exact,
    /// A number for certain.
    Number,
    /// Made by the arithmetic operator of that index.
    Result(u32),
    /// Read from a local by the operator of that index.
    Local(u32, u32),
}

/// How an operator uses floats.
enum Floats {
    /// Pops so many without looking at bits, pushes the result of arithmetic (and whether it is an `f64`).
    Arithmetic(usize, bool),
    /// Pops so many without looking at bits, pushes no float.
    Blind(usize),
    /// Pops one integer, pushes a number.
    Convert,
    Other,
}

fn floats(op: &O<'_>) -> Floats {
    match op {
        O::F32Add | O::F32Sub | O::F32Mul | O::F32Div | O::F32Min | O::F32Max => {
            Floats::Arithmetic(2, false)
        }
        O::F64Add | O::F64Sub | O::F64Mul | O::F64Div | O::F64Min | O::F64Max => {
            Floats::Arithmetic(2, true)
        }
        O::F32Sqrt | O::F32Ceil | O::F32Floor | O::F32Trunc | O::F32Nearest | O::F32DemoteF64 => {
            Floats::Arithmetic(1, false)
        }
        O::F64Sqrt | O::F64Ceil | O::F64Floor | O::F64Trunc | O::F64Nearest | O::F64PromoteF32 => {
            Floats::Arithmetic(1, true)
        }
        O::F32Eq
        | O::F32Ne
        | O::F32Lt
        | O::F32Gt
        | O::F32Le
        | O::F32Ge
        | O::F64Eq
        | O::F64Ne
        | O::F64Lt
        | O::F64Gt
        | O::F64Le
        | O::F64Ge => Floats::Blind(2),
        O::I32TruncF32S
        | O::I32TruncF32U
        | O::I32TruncF64S
        | O::I32TruncF64U
        | O::I64TruncF32S
        | O::I64TruncF32U
        | O::I64TruncF64S
        | O::I64TruncF64U
        | O::I32TruncSatF32S
        | O::I32TruncSatF32U
        | O::I32TruncSatF64S
        | O::I32TruncSatF64U
        | O::I64TruncSatF32S
        | O::I64TruncSatF32U
        | O::I64TruncSatF64S
        | O::I64TruncSatF64U => Floats::Blind(1),
        O::F32ConvertI32S
        | O::F32ConvertI32U
        | O::F32ConvertI64S
        | O::F32ConvertI64U
        | O::F64ConvertI32S
        | O::F64ConvertI32U
        | O::F64ConvertI64S
        | O::F64ConvertI64U => Floats::Convert,
        _ => Floats::Other,
    }
}

fn is_control(op: &O<'_>) -> bool {
    matches!(
        op,
        O::Block { .. }
            | O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::End
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Return
            | O::Unreachable
    )
}

/// Finds where the bits of a NaN that arithmetic made could be seen.
///
/// Such a result is left alone while only arithmetic, comparisons and conversions to integers use it. A local whose
/// every value comes from arithmetic is canonicalised where it is read for anything else; a local that also holds
/// exact values is canonicalised where arithmetic writes to it, since its exact values (a payload in a NaN, say) must stay.
struct Nans {
    stack: Vec<Value>,
    /// Locals that hold exact values too. Parameters do.
    mixed: Vec<bool>,
    /// `Some(true)` for `f64`.
    float_local: Vec<Option<bool>>,
    is_f64: BTreeMap<u32, bool>,
    marked: Vec<u32>,
    marked_if_pure: Vec<(u32, u32)>,
    marked_if_mixed: Vec<(u32, u32)>,
}

impl Nans {
    fn seen(&mut self, value: Value) {
        match value {
            Value::Result(op) => self.marked.push(op),
            Value::Local(op, local) => self.marked_if_pure.push((op, local)),
            Value::Exact | Value::Number => {}
        }
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::Exact)
    }

    fn set(&mut self, local: u32, value: Value) {
        let Some(mixed) = self.mixed.get_mut(local as usize) else { return };
        match value {
            Value::Number => {}
            Value::Result(op) => self.marked_if_mixed.push((op, local)),
            Value::Exact => *mixed = true,
            Value::Local(..) => {
                *mixed = true;
                self.seen(value);
            }
        }
    }

    fn is_float(&self, local: u32) -> bool {
        self.float_local.get(local as usize).is_some_and(Option::is_some)
    }

    /// `height` is that of the operand stack after the operator.
    fn step(&mut self, index: u32, op: &O<'_>, arity: (u32, u32), height: usize) {
        match (op, floats(op)) {
            (_, Floats::Arithmetic(pops, is_f64)) => {
                for _ in 0..pops {
                    self.pop();
                }
                self.is_f64.insert(index, is_f64);
                self.stack.push(Value::Result(index));
            }
            (_, Floats::Blind(pops)) => {
                for _ in 0..pops {
                    self.pop();
                }
                self.stack.push(Value::Exact);
            }
            (_, Floats::Convert) => {
                self.pop();
                self.stack.push(Value::Number);
            }
            (O::F32Const { value }, _) => {
                self.stack.push(if f32::from_bits(value.bits()).is_nan() {
                    Value::Exact
                } else {
                    Value::Number
                });
            }
            (O::F64Const { value }, _) => {
                self.stack.push(if f64::from_bits(value.bits()).is_nan() {
                    Value::Exact
                } else {
                    Value::Number
                });
            }
            (O::Drop, _) => drop(self.pop()),
            (O::LocalGet { local_index }, _) if self.is_float(*local_index) => {
                self.stack.push(Value::Local(index, *local_index));
            }
            (O::LocalSet { local_index }, _) => {
                let value = self.pop();
                if self.is_float(*local_index) {
                    self.set(*local_index, value);
                }
            }
            (O::LocalTee { local_index }, _) if self.is_float(*local_index) => {
                let value = self.pop();
                self.set(*local_index, value);
                self.stack.push(match value {
                    Value::Number => Value::Number,
                    _ => Value::Local(index, *local_index),
                });
            }
            _ if is_control(op) => {
                // Rare, so simple: whatever is on the stack here is made canonical before.
                for value in std::mem::take(&mut self.stack) {
                    self.seen(value);
                }
            }
            _ => {
                for _ in 0..arity.0 {
                    let value = self.pop();
                    self.seen(value);
                }
                self.stack.extend((0..arity.1).map(|_| Value::Exact));
            }
        }
        // Code that cannot be reached has any height it likes.
        self.stack.resize(height, Value::Exact);
    }

    fn finish(self) -> Vec<(u32, bool)> {
        let Self {
            mixed, float_local, is_f64, mut marked, marked_if_pure, marked_if_mixed, ..
        } = self;
        let is_mixed = |local: u32| mixed.get(local as usize).copied().unwrap_or(true);
        marked.extend(
            marked_if_mixed.into_iter().filter(|(_, local)| is_mixed(*local)).map(|(op, _)| op),
        );
        let mut out: BTreeMap<u32, bool> =
            marked.into_iter().map(|op| (op, is_f64.get(&op).copied().unwrap_or(false))).collect();
        for (op, local) in marked_if_pure {
            if let (false, Some(Some(is_f64))) = (is_mixed(local), float_local.get(local as usize))
            {
                out.insert(op, *is_f64);
            }
        }
        out.into_iter().collect()
    }
}

/// One open block while the runs are found.
struct Frame {
    kind: FrameKind,
    /// A branch leads to its end.
    targeted: bool,
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum FrameKind {
    Block,
    Loop,
    If,
}

/// Finds the runs: the instructions that are executed together, all or (save for traps) none.
struct Runs {
    /// Index of the operator before the run, [`ENTRY`] for the first; cost in quarters; whether it is the header of a loop.
    runs: Vec<(u32, u32, bool)>,
    frames: Vec<Frame>,
    /// After an unconditional branch nothing runs until a block ends.
    dead: bool,
}

const ENTRY: u32 = u32::MAX;

impl Runs {
    fn new() -> Self {
        // Entering costs two units.
        Self { runs: vec![(ENTRY, 2 * QUARTERS, false)], frames: Vec::new(), dead: false }
    }

    fn begin(&mut self, index: u32, is_loop: bool) {
        self.dead = false;
        // A loop's header costs something even when its body does not.
        self.runs.push((index, if is_loop { QUARTERS } else { 0 }, is_loop));
    }

    fn target(&mut self, depth: u32) {
        let index = self.frames.len().checked_sub(1 + depth as usize);
        if let Some(frame) = index.and_then(|index| self.frames.get_mut(index)) {
            frame.targeted = true;
        }
    }

    fn step(&mut self, index: u32, op: &O<'_>, imported_functions: u32) {
        if let (false, Some(run)) = (self.dead, self.runs.last_mut()) {
            run.1 = run.1.saturating_add(cost(op, imported_functions));
        }
        match op {
            O::Block { .. } => self.frames.push(Frame { kind: FrameKind::Block, targeted: false }),
            O::Loop { .. } => {
                self.frames.push(Frame { kind: FrameKind::Loop, targeted: false });
                self.begin(index, true);
            }
            O::If { .. } => {
                self.frames.push(Frame { kind: FrameKind::If, targeted: false });
                self.begin(index, false);
            }
            O::Else => self.begin(index, false),
            O::End => match self.frames.pop() {
                Some(Frame { kind: FrameKind::If, .. }) => self.begin(index, false),
                // A branch to a loop leads to its header, never to its end.
                Some(Frame { kind: FrameKind::Block, targeted: true }) => self.begin(index, false),
                Some(_) if self.dead => self.begin(index, false),
                _ => {}
            },
            O::BrIf { relative_depth } => {
                self.target(*relative_depth);
                self.begin(index, false);
            }
            O::Br { relative_depth } => {
                self.target(*relative_depth);
                self.dead = true;
            }
            O::BrTable { targets } => {
                for depth in targets.targets().flatten() {
                    self.target(depth);
                }
                self.target(targets.default());
                self.dead = true;
            }
            O::Return | O::Unreachable => self.dead = true,
            _ => {}
        }
    }
}

/// What can be wrong with one function.
#[derive(Debug)]
pub(crate) enum PlanError {
    Invalid(wasmparser::BinaryReaderError),
    /// What there is too much of, how much, and the limit.
    TooLarge(&'static str, u64, u64),
}

impl From<wasmparser::BinaryReaderError> for PlanError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid(error)
    }
}

/// The first pass: validates the body and decides what to insert where.
pub(crate) fn plan<T: WasmModuleResources>(
    validator: &mut wasmparser::FuncValidator<T>,
    body: &FunctionBody<'_>,
    imported_functions: u32,
) -> Result<Plan, PlanError> {
    let params = validator.len_locals();
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    reader.set_features(*validator.features());
    let locals = validator.len_locals();
    if locals > crate::module::LOCALS_MAX {
        return Err(PlanError::TooLarge(
            "locals in one function",
            u64::from(locals),
            u64::from(crate::module::LOCALS_MAX),
        ));
    }
    let float_local = (0..locals)
        .map(|local| match validator.get_local_type(local) {
            Some(wasmparser::ValType::F32) => Some(false),
            Some(wasmparser::ValType::F64) => Some(true),
            _ => None,
        })
        .collect();
    let mut nans = Nans {
        stack: Vec::new(),
        mixed: (0..locals).map(|local| local < params).collect(),
        float_local,
        is_f64: BTreeMap::new(),
        marked: Vec::new(),
        marked_if_pure: Vec::new(),
        marked_if_mixed: Vec::new(),
    };
    let mut runs = Runs::new();
    let (mut height_max, mut calls, mut loops, mut index) = (0, false, false, 0_u32);
    let mut temps = Temps::default();
    while !reader.eof() {
        let at = reader.original_position();
        let op = reader.read_operator()?;
        let arity = op.operator_arity(&validator.visitor(at)).unwrap_or((0, 0));
        validator.op(at, &op)?;
        if let O::BrTable { targets } = &op
            && targets.len() > crate::module::BR_TABLE_MAX
        {
            return Err(PlanError::TooLarge(
                "targets in one br_table",
                u64::from(targets.len()),
                u64::from(crate::module::BR_TABLE_MAX),
            ));
        }
        let height = validator.operand_stack_height();
        height_max = height_max.max(height);
        runs.step(index, &op, imported_functions);
        nans.step(index, &op, arity, height as usize);
        match op {
            O::Call { .. } | O::CallIndirect { .. } => calls = true,
            O::Loop { .. } => loops = true,
            O::MemoryCopy { .. }
            | O::MemoryFill { .. }
            | O::MemoryInit { .. }
            | O::TableCopy { .. }
            | O::TableFill { .. }
            | O::TableInit { .. } => {
                temps.length = true;
                temps.left = true;
            }
            O::MemoryGrow { .. } | O::TableGrow { .. } => {
                temps.length = true;
                temps.grown = true;
                temps.left = true;
            }
            _ => {}
        }
        index = index.saturating_add(1);
    }
    validator.finish(reader.original_position())?;
    let canonical = nans.finish();
    temps.f32 = canonical.iter().any(|(_, is_f64)| !is_f64);
    temps.f64 = canonical.iter().any(|(_, is_f64)| *is_f64);
    let mut units = runs.runs.iter().map(|(at, quarters, _)| (*at, quarters.div_ceil(QUARTERS)));
    let entry = units.next().map_or(0, |(_, units)| units);
    let runs: Vec<(u32, u32)> = units.filter(|(_, units)| *units > 0).collect();
    let total = runs.iter().fold(entry, |sum, (_, units)| sum.saturating_add(*units));
    let checked = calls || loops || temps.left || total > LEAF_UNITS_MAX;
    temps.left |= checked;
    let words = FRAME_WORDS + locals + temps.count() + height_max;
    if height_max > crate::module::OPERANDS_MAX {
        return Err(PlanError::TooLarge(
            "operands on the stack of one function",
            u64::from(height_max),
            u64::from(crate::module::OPERANDS_MAX),
        ));
    }
    Ok(Plan {
        entry,
        runs,
        canonical,
        words: if calls || words > LEAF_WORDS_MAX { words } else { 0 },
        checked,
        temps,
        params,
    })
}

/// Shifts function indices: two imports come in behind the module's own.
struct Shift {
    imported_functions: u32,
}

impl Reencode for Shift {
    type Error = core::convert::Infallible;

    fn function_index(&mut self, function: u32) -> u32 {
        if function < self.imported_functions {
            function
        } else {
            function.saturating_add(IMPORTED_FUNCTIONS)
        }
    }
}

type EncodeError = reencode::Error<core::convert::Infallible>;

/// What the second pass needs to know of the module.
struct Rewriter<'a> {
    bytes: &'a [u8],
    shift: Shift,
    /// Index of the global `meter.left`; `meter.depth` is the next.
    left: u32,
    /// Block types for bodies of several results, by the results.
    result_types: BTreeMap<Vec<wasmparser::ValType>, u32>,
}

/// The second pass: the metered module. `plans` has one entry for each function body.
pub(crate) fn rewrite(bytes: &[u8], plans: &[Plan]) -> Result<Vec<u8>, EncodeError> {
    let mut function_types: Vec<wasmparser::FuncType> = Vec::new();
    let mut defined: Vec<u32> = Vec::new();
    let (mut imported_functions, mut globals) = (0, 0);
    let mut has_memory = false;
    let mut start = None;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    function_types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section {
                    match import?.ty {
                        TypeRef::Func(_) => imported_functions += 1,
                        TypeRef::Global(_) => globals += 1,
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    defined.push(ty?);
                }
            }
            Payload::GlobalSection(section) => globals += section.count(),
            Payload::MemorySection(section) => has_memory = section.count() > 0,
            Payload::StartSection { func, .. } => start = Some(func),
            _ => {}
        }
    }
    let mut rewriter = Rewriter {
        bytes,
        shift: Shift { imported_functions },
        left: globals,
        result_types: BTreeMap::new(),
    };

    let mut types = wasm_encoder::TypeSection::new();
    for ty in &function_types {
        let ty = rewriter.shift.func_type(ty.clone())?;
        types.ty().func_type(&ty);
    }
    let nullary = types.len();
    types.ty().function([], []);
    for (plan, ty) in plans.iter().zip(&defined) {
        let results =
            function_types.get(*ty as usize).map(wasmparser::FuncType::results).unwrap_or_default();
        if plan.words > 0 && results.len() > 1 && !rewriter.result_types.contains_key(results) {
            rewriter.result_types.insert(results.to_vec(), types.len());
            let results = results
                .iter()
                .map(|ty| rewriter.shift.val_type(*ty))
                .collect::<Result<Vec<_>, _>>()?;
            types.ty().function([], results);
        }
    }

    let mut imports = wasm_encoder::ImportSection::new();
    let mut functions = wasm_encoder::FunctionSection::new();
    let mut tables = wasm_encoder::TableSection::new();
    let mut memories = wasm_encoder::MemorySection::new();
    let mut global_section = wasm_encoder::GlobalSection::new();
    let mut exports = wasm_encoder::ExportSection::new();
    let mut elements = wasm_encoder::ElementSection::new();
    let mut data_count = None;
    let mut code = wasm_encoder::CodeSection::new();
    let mut data = wasm_encoder::DataSection::new();
    let mut names = None;
    let mut body_index = 0;
    let shift = &mut rewriter.shift;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(section) => shift.parse_import_section(&mut imports, section)?,
            Payload::FunctionSection(section) => {
                shift.parse_function_section(&mut functions, section)?
            }
            Payload::TableSection(section) => shift.parse_table_section(&mut tables, section)?,
            Payload::MemorySection(section) => {
                shift.parse_memory_section(&mut memories, section)?
            }
            Payload::GlobalSection(section) => {
                shift.parse_global_section(&mut global_section, section)?
            }
            Payload::ExportSection(section) => shift.parse_export_section(&mut exports, section)?,
            Payload::ElementSection(section) => {
                shift.parse_element_section(&mut elements, section)?
            }
            Payload::DataCountSection { count, .. } => {
                data_count = Some(wasm_encoder::DataCountSection { count })
            }
            Payload::DataSection(section) => shift.parse_data_section(&mut data, section)?,
            // The names of functions stay for the browser's own stack traces; every other custom section goes.
            Payload::CustomSection(section) => {
                if let wasmparser::KnownCustom::Name(section) = section.as_known() {
                    names = shift.custom_name_section(section).ok();
                }
            }
            _ => {}
        }
    }
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CodeSectionEntry(body) = payload?
            && let (Some(plan), Some(ty)) = (plans.get(body_index), defined.get(body_index))
        {
            let results = function_types
                .get(*ty as usize)
                .map(wasmparser::FuncType::results)
                .unwrap_or_default();
            code.function(&rewriter.function(plan, &body, results)?);
            body_index += 1;
        }
    }
    for name in [IMPORT_EXHAUSTED, IMPORT_OVERFLOW] {
        imports.import(IMPORT_MODULE, name, wasm_encoder::EntityType::Function(nullary));
    }
    let global = |val_type| wasm_encoder::GlobalType { val_type, mutable: true, shared: false };
    global_section.global(global(ValType::I64), &wasm_encoder::ConstExpr::i64_const(0));
    global_section
        .global(global(ValType::I32), &wasm_encoder::ConstExpr::i32_const(DEPTH_WORDS_MAX));
    exports.export(EXPORT_LEFT, wasm_encoder::ExportKind::Global, rewriter.left);
    exports.export(EXPORT_DEPTH, wasm_encoder::ExportKind::Global, rewriter.left + 1);
    if has_memory {
        exports.export(EXPORT_MEMORY, wasm_encoder::ExportKind::Memory, 0);
    }
    if let Some(start) = start {
        exports.export(
            EXPORT_START,
            wasm_encoder::ExportKind::Func,
            rewriter.shift.function_index(start),
        );
    }

    let mut module = wasm_encoder::Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&tables)
        .section(&memories);
    module.section(&global_section).section(&exports).section(&elements);
    if let Some(count) = &data_count {
        module.section(count);
    }
    module.section(&code).section(&data);
    if let Some(names) = &names {
        module.section(names);
    }
    Ok(module.finish())
}

impl Rewriter<'_> {
    fn function(
        &mut self,
        plan: &Plan,
        body: &FunctionBody<'_>,
        results: &[wasmparser::ValType],
    ) -> Result<Function, EncodeError> {
        let mut locals = Vec::new();
        let mut next = plan.params;
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            locals.push((count, self.shift.val_type(ty)?));
            next = next.saturating_add(count);
        }
        let mut temp = |wanted: bool, ty: ValType| {
            let index = next;
            if wanted {
                locals.push((1, ty));
                next += 1;
            }
            index
        };
        let at = Locals {
            left: temp(plan.temps.left, ValType::I64),
            length: temp(plan.temps.length, ValType::I32),
            grown: temp(plan.temps.grown, ValType::I32),
            f32: temp(plan.temps.f32, ValType::F32),
            f64: temp(plan.temps.f64, ValType::F64),
        };
        let mut f = Function::new(locals);
        self.charge(&mut f, at, plan.entry, plan.checked);
        if plan.words > 0 {
            self.deeper(&mut f, plan.words);
            let ty = match results {
                [] => BlockType::Empty,
                [ty] => BlockType::Result(self.shift.val_type(*ty)?),
                several => BlockType::FunctionType(
                    self.result_types.get(several).copied().unwrap_or_default(),
                ),
            };
            f.instruction(&I::Block(ty));
        }
        let mut runs = plan.runs.iter().peekable();
        let mut canonical = plan.canonical.iter().peekable();
        let mut reader = body.get_operators_reader()?;
        let (mut index, mut nesting) = (0_u32, 0_u32);
        while !reader.eof() {
            let from = reader.original_position();
            let op = reader.read()?;
            let raw = self.bytes.get(from..reader.original_position()).unwrap_or_default();
            match &op {
                O::Block { .. } | O::Loop { .. } | O::If { .. } => nesting += 1,
                O::End => nesting = nesting.saturating_sub(1),
                _ => {}
            }
            let is_loop = matches!(op, O::Loop { .. });
            match op {
                O::Call { function_index } => {
                    f.instruction(&I::Call(self.shift.function_index(function_index)));
                }
                O::RefFunc { function_index } => {
                    f.instruction(&I::RefFunc(self.shift.function_index(function_index)));
                }
                // To the block around the body, behind which the words are given back.
                O::Return if plan.words > 0 => {
                    f.instruction(&I::Br(nesting));
                }
                O::MemoryCopy { .. } | O::MemoryFill { .. } | O::MemoryInit { .. } => {
                    self.bulk(&mut f, at, raw, BYTES_PER_UNIT_LOG2);
                }
                O::TableCopy { .. } | O::TableFill { .. } | O::TableInit { .. } => {
                    self.bulk(&mut f, at, raw, ELEMENTS_PER_UNIT_LOG2);
                }
                O::MemoryGrow { .. } => self.grow(&mut f, at, raw, &I::I64Shl, UNITS_PER_PAGE_LOG2),
                O::TableGrow { .. } => {
                    self.grow(&mut f, at, raw, &I::I64ShrU, ELEMENTS_PER_UNIT_LOG2)
                }
                _ => {
                    f.raw(raw.iter().copied());
                }
            }
            if let Some((_, is_f64)) = canonical.next_if(|(at, _)| *at == index) {
                canonicalise(&mut f, at, *is_f64);
            }
            if let Some((_, units)) = runs.next_if(|(at, _)| *at == index) {
                self.charge(&mut f, at, *units, is_loop);
            }
            index = index.saturating_add(1);
        }
        if plan.words > 0 {
            // The body's own `end` closed the block around it.
            for instruction in [
                I::GlobalGet(self.left + 1),
                I::I32Const(plan.words as i32),
                I::I32Add,
                I::GlobalSet(self.left + 1),
                I::End,
            ] {
                f.instruction(&instruction);
            }
        }
        Ok(f)
    }

    /// Takes `units` from the meter, and calls `meter.exhausted` when it is below zero.
    fn charge(&self, f: &mut Function, at: Locals, units: u32, check: bool) {
        f.instruction(&I::GlobalGet(self.left));
        f.instruction(&I::I64Const(i64::from(units)));
        f.instruction(&I::I64Sub);
        self.settle(f, at, check);
    }

    /// Stores the meter, which is on top of the stack.
    fn settle(&self, f: &mut Function, at: Locals, check: bool) {
        if !check {
            f.instruction(&I::GlobalSet(self.left));
            return;
        }
        for instruction in [
            I::LocalTee(at.left),
            I::GlobalSet(self.left),
            I::LocalGet(at.left),
            I::I64Const(0),
            I::I64LtS,
            I::If(BlockType::Empty),
            I::Call(self.shift.imported_functions),
            I::End,
        ] {
            f.instruction(&instruction);
        }
    }

    /// Takes the frame's words, and calls `meter.overflow` when there are none left.
    fn deeper(&self, f: &mut Function, words: u32) {
        for instruction in [
            I::GlobalGet(self.left + 1),
            I::I32Const(words as i32),
            I::I32Sub,
            I::GlobalSet(self.left + 1),
            I::GlobalGet(self.left + 1),
            I::I32Const(0),
            I::I32LtS,
            I::If(BlockType::Empty),
            I::Call(self.shift.imported_functions + 1),
            I::End,
        ] {
            f.instruction(&instruction);
        }
    }

    /// A bulk instruction, then what its length costs.
    fn bulk(&self, f: &mut Function, at: Locals, raw: &[u8], per_unit_log2: i64) {
        f.instruction(&I::LocalTee(at.length));
        f.raw(raw.iter().copied());
        for instruction in [
            I::GlobalGet(self.left),
            I::LocalGet(at.length),
            I::I64ExtendI32U,
            I::I64Const(per_unit_log2),
            I::I64ShrU,
            I::I64Sub,
        ] {
            f.instruction(&instruction);
        }
        self.settle(f, at, true);
    }

    /// `memory.grow` or `table.grow`, then what it added costs: nothing when it failed.
    fn grow(&self, f: &mut Function, at: Locals, raw: &[u8], scale: &I<'_>, by: i64) {
        f.instruction(&I::LocalTee(at.length));
        f.raw(raw.iter().copied());
        for instruction in [
            I::LocalTee(at.grown),
            I::GlobalGet(self.left),
            I::LocalGet(at.length),
            I::I32Const(0),
            I::LocalGet(at.grown),
            I::I32Const(-1),
            I::I32Ne,
            I::Select,
            I::I64ExtendI32U,
            I::I64Const(by),
        ] {
            f.instruction(&instruction);
        }
        f.instruction(scale);
        f.instruction(&I::I64Sub);
        self.settle(f, at, true);
    }
}

/// Indices of the locals that the second pass added; those that were not asked for are not used.
#[derive(Clone, Copy)]
struct Locals {
    left: u32,
    length: u32,
    grown: u32,
    f32: u32,
    f64: u32,
}

/// Makes a NaN on top of the stack the canonical one.
fn canonicalise(f: &mut Function, at: Locals, is_f64: bool) {
    if is_f64 {
        f.instruction(&I::LocalTee(at.f64));
        f.instruction(&I::F64Const(f64::from_bits(0x7ff8_0000_0000_0000)));
        f.instruction(&I::LocalGet(at.f64));
        f.instruction(&I::LocalGet(at.f64));
        f.instruction(&I::F64Eq);
    } else {
        f.instruction(&I::LocalTee(at.f32));
        f.instruction(&I::F32Const(f32::from_bits(0x7fc0_0000)));
        f.instruction(&I::LocalGet(at.f32));
        f.instruction(&I::LocalGet(at.f32));
        f.instruction(&I::F32Eq);
    }
    f.instruction(&I::Select);
}

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
