//! The metered module for compilers: the meter is a value that functions hand on, and lives in a register.
//!
//! Counts are those of [`rewrite`](super::rewrite()) wherever they can be seen: at imports, at checks, when an exported function returns, and at
//! `unreachable`. At any other trap they are lost.
//!
//! Each function takes one more parameter and gives one more result: what is left of the units, times 2^18, plus the words of stack in use. Imports
//! stand behind functions of that kind, which keep `meter.left` for the host, and so do exports.

use super::*;
use wasm_encoder::{
    BranchHint, BranchHints, CodeSection, ConstExpr, EntityType, ExportKind, GlobalType,
};

/// Bits of the meter's value that hold words in use. The highest is set when there are too many.
const WORDS_BITS: u32 = 18;
const WORDS_MASK: i64 = (1 << WORDS_BITS) - 1;
const WORDS_OVERFLOW: i64 = 1 << (WORDS_BITS - 1);
/// More units than this do not fit above them, however many are overdrawn.
pub(crate) const UNITS_MAX: u64 = 1 << 44;
/// What it holds when no function runs.
const WORDS_NONE: i64 = WORDS_OVERFLOW - DEPTH_WORDS_MAX as i64 - 1;

/// Moves function indices: two imports and a function for each import come in between the module's imports and its own functions.
struct Shift {
    imports: u32,
}

impl Reencode for Shift {
    type Error = core::convert::Infallible;

    fn function_index(&mut self, function: u32) -> u32 {
        function.saturating_add(self.imports + IMPORTED_FUNCTIONS)
    }
}

/// What is known of the module while its functions are written.
struct Threading<'a> {
    bytes: &'a [u8],
    shift: Shift,
    /// Types of functions as they were; each has a twin with the meter, so many indices behind.
    types: Vec<wasmparser::FuncType>,
    result_types: ResultTypes,
    /// Index of the global `meter.left`.
    left: u32,
    /// Index of the function around `meter.exhausted`; the one around `meter.overflow` is the next.
    exhausted: u32,
    /// Where the function that is written calls one of the meter's, which is rare.
    hints: Vec<BranchHint>,
}

/// The second pass for compilers. `plans` has one entry for each function body.
pub(crate) fn threaded(bytes: &[u8], plans: &[Plan]) -> Result<Vec<u8>, EncodeError> {
    let mut types: Vec<wasmparser::FuncType> = Vec::new();
    let (mut imported, mut defined): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section {
                    if let TypeRef::Func(ty) = import?.ty {
                        imported.push(ty);
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    defined.push(ty?);
                }
            }
            _ => {}
        }
    }
    let imports = imported.len() as u32;
    let mut shift = Shift { imports };
    let twin = types.len() as u32;
    let mut type_section = wasm_encoder::TypeSection::new();
    for ty in &types {
        type_section.ty().func_type(&shift.func_type(ty.clone())?);
    }
    for ty in &types {
        let ty = shift.func_type(ty.clone())?;
        let with_meter = |values: &[ValType]| [values, &[ValType::I64]].concat();
        type_section.ty().function(with_meter(ty.params()), with_meter(ty.results()));
    }
    let nullary = type_section.len();
    type_section.ty().function([], []);
    type_section.ty().function([ValType::I64], [ValType::I64]);
    let mut result_types = ResultTypes::default();
    for ty in &types {
        result_types.add(&mut shift, &mut type_section, ty.results())?;
    }

    let mut import_section = wasm_encoder::ImportSection::new();
    let mut functions = wasm_encoder::FunctionSection::new();
    let mut tables = wasm_encoder::TableSection::new();
    let mut memories = wasm_encoder::MemorySection::new();
    let mut globals = wasm_encoder::GlobalSection::new();
    let mut exports = wasm_encoder::ExportSection::new();
    let mut elements = wasm_encoder::ElementSection::new();
    let mut data_count = None;
    let mut data = wasm_encoder::DataSection::new();
    let mut names = None;
    let mut imported_globals = 0;
    let mut changing = Vec::new();
    // Functions that the host calls, with what they call and its type.
    let mut doors: Vec<(u32, u32)> = Vec::new();
    let own = 2 * imports + IMPORTED_FUNCTIONS;
    let exhausted = own + defined.len() as u32;
    let first_door = exhausted + IMPORTED_FUNCTIONS;
    let mut door = |function: u32| {
        let ty = match function.checked_sub(imports) {
            None => imported.get(function as usize),
            Some(function) => defined.get(function as usize),
        };
        doors.push((function + imports + IMPORTED_FUNCTIONS, ty.copied().unwrap_or_default()));
        first_door + doors.len() as u32 - 1
    };
    for ty in imported.iter().chain(&defined) {
        functions.function(twin + ty);
    }
    for _ in 0..IMPORTED_FUNCTIONS {
        functions.function(nullary + 1);
    }
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.clone() {
                    imported_globals += u32::from(matches!(import?.ty, TypeRef::Global(_)));
                }
                shift.parse_import_section(&mut import_section, section)?;
            }
            Payload::TableSection(section) => shift.parse_table_section(&mut tables, section)?,
            Payload::MemorySection(section) => {
                if section.count() > 0 {
                    exports.export(EXPORT_MEMORY, ExportKind::Memory, 0);
                }
                shift.parse_memory_section(&mut memories, section)?
            }
            Payload::GlobalSection(section) => {
                for (index, global) in (imported_globals..).zip(section.clone()) {
                    let ty = global?.ty;
                    if ty.mutable && !ty.content_type.is_reference_type() {
                        changing.push(index);
                    }
                }
                shift.parse_global_section(&mut globals, section)?
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == wasmparser::ExternalKind::Func {
                        exports.export(export.name, ExportKind::Func, door(export.index));
                    } else {
                        shift.parse_export(&mut exports, export);
                    }
                }
            }
            Payload::StartSection { func, .. } => {
                exports.export(EXPORT_START, ExportKind::Func, door(func));
            }
            Payload::ElementSection(section) => {
                shift.parse_element_section(&mut elements, section)?
            }
            Payload::DataCountSection { count, .. } => {
                data_count = Some(wasm_encoder::DataCountSection { count })
            }
            Payload::DataSection(section) => shift.parse_data_section(&mut data, section)?,
            Payload::CustomSection(section) => {
                if let wasmparser::KnownCustom::Name(section) = section.as_known() {
                    names = function_names(&mut shift, section);
                }
            }
            _ => {}
        }
    }
    for (name, ty) in [(IMPORT_EXHAUSTED, nullary + 1), (IMPORT_OVERFLOW, nullary)] {
        import_section.import(IMPORT_MODULE, name, EntityType::Function(ty));
    }
    let left = imported_globals + globals.len();
    let global = |val_type| GlobalType { val_type, mutable: true, shared: false };
    globals.global(global(ValType::I64), &ConstExpr::i64_const(0));
    globals.global(global(ValType::I32), &ConstExpr::i32_const(DEPTH_WORDS_MAX));
    exports.export(EXPORT_LEFT, ExportKind::Global, left);
    exports.export(EXPORT_DEPTH, ExportKind::Global, left + 1);
    for index in changing {
        exports.export(&format!("{EXPORT_GLOBAL}{index}"), ExportKind::Global, index);
    }

    let mut threading =
        Threading { bytes, shift, types, result_types, left, exhausted, hints: Vec::new() };
    let mut code = CodeSection::new();
    let mut hints = BranchHints::new();
    for (index, ty) in (0..).zip(&imported) {
        code.function(&threading.import(index, *ty));
    }
    let mut index = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CodeSectionEntry(body) = payload?
            && let (Some(plan), Some(ty)) = (plans.get(index), defined.get(index))
        {
            code.function(&threading.function(plan, &body, *ty)?);
            hints.function_hints(own + index as u32, std::mem::take(&mut threading.hints));
            index += 1;
        }
    }
    code.function(&threading.refill(imports));
    code.function(&threading.overflow(imports + 1));
    for (function, ty) in doors {
        functions.function(ty);
        code.function(&threading.door(function, ty));
    }

    let mut module = wasm_encoder::Module::new();
    module.section(&type_section).section(&import_section).section(&functions);
    module.section(&tables).section(&memories).section(&globals);
    module.section(&exports).section(&elements);
    if let Some(count) = &data_count {
        module.section(count);
    }
    module.section(&hints).section(&code).section(&data);
    if let Some(names) = &names {
        module.section(names);
    }
    Ok(module.finish())
}

/// The names of functions. Those of locals would be wrong.
fn function_names(
    shift: &mut Shift,
    section: wasmparser::NameSectionReader<'_>,
) -> Option<wasm_encoder::NameSection> {
    let mut names = wasm_encoder::NameSection::new();
    for subsection in section {
        let subsection = subsection.ok()?;
        if matches!(subsection, wasmparser::Name::Function(_)) {
            shift.parse_custom_name_subsection(&mut names, subsection).ok()?;
        }
    }
    Some(names)
}

impl Threading<'_> {
    fn type_at(&self, index: u32) -> Option<&wasmparser::FuncType> {
        self.types.get(index as usize)
    }

    fn params(&self, ty: u32) -> u32 {
        self.type_at(ty).map_or(0, |ty| ty.params().len() as u32)
    }

    /// Writes `meter.left` from the value in a local.
    fn tell(&self, f: &mut Function, meter: u32) {
        f.instruction(&I::LocalGet(meter)).instruction(&I::I64Const(i64::from(WORDS_BITS)));
        f.instruction(&I::I64ShrS).instruction(&I::GlobalSet(self.left));
    }

    /// Puts the units on top of the stack into the value in a local.
    fn fill(f: &mut Function, meter: u32) {
        f.instruction(&I::I64Const(i64::from(WORDS_BITS))).instruction(&I::I64Shl);
        f.instruction(&I::LocalGet(meter));
        f.instruction(&I::I64Const(WORDS_MASK)).instruction(&I::I64And);
        f.instruction(&I::I64Or).instruction(&I::LocalSet(meter));
    }

    /// Reads `meter.left` into the value in a local.
    fn hear(&self, f: &mut Function, meter: u32) {
        f.instruction(&I::GlobalGet(self.left));
        Self::fill(f, meter);
    }

    /// The function in front of `meter.exhausted`, which is told what is left and gives what there is then.
    fn refill(&self, import: u32) -> Function {
        let mut f = Function::new([]);
        f.instruction(&I::LocalGet(0)).instruction(&I::I64Const(i64::from(WORDS_BITS)));
        f.instruction(&I::I64ShrS).instruction(&I::Call(import));
        Self::fill(&mut f, 0);
        f.instruction(&I::LocalGet(0)).instruction(&I::End);
        f
    }

    /// The function in front of `meter.overflow`.
    fn overflow(&self, import: u32) -> Function {
        let mut f = Function::new([]);
        self.tell(&mut f, 0);
        f.instruction(&I::Call(import)).instruction(&I::LocalGet(0)).instruction(&I::End);
        f
    }

    /// The function in front of an import.
    fn import(&self, index: u32, ty: u32) -> Function {
        let meter = self.params(ty);
        let mut f = Function::new([]);
        self.tell(&mut f, meter);
        for param in 0..meter {
            f.instruction(&I::LocalGet(param));
        }
        f.instruction(&I::Call(index));
        self.hear(&mut f, meter);
        f.instruction(&I::LocalGet(meter)).instruction(&I::End);
        f
    }

    /// What the host calls instead of a function.
    fn door(&self, function: u32, ty: u32) -> Function {
        let meter = self.params(ty);
        let mut f = Function::new([(1, ValType::I64)]);
        f.instruction(&I::I64Const(WORDS_NONE)).instruction(&I::LocalSet(meter));
        self.hear(&mut f, meter);
        for param in 0..=meter {
            f.instruction(&I::LocalGet(param));
        }
        f.instruction(&I::Call(function)).instruction(&I::LocalSet(meter));
        self.tell(&mut f, meter);
        f.instruction(&I::End);
        f
    }

    fn function(
        &mut self,
        plan: &Plan,
        body: &FunctionBody<'_>,
        ty: u32,
    ) -> Result<Function, EncodeError> {
        let meter = plan.params;
        // The length also holds the index of an indirect call.
        let temps = Temps { left: false, length: true, ..plan.temps };
        let (locals, at) = body::locals(&mut self.shift, body, meter + 1, temps)?;
        let at = Locals { left: meter, ..at };
        let results = self.type_at(ty).map(|ty| ty.results().to_vec()).unwrap_or_default();
        let block = self.result_types.block(&mut self.shift, &results)?;
        let words = i64::from(plan.words);
        let mut f = Function::new(locals);
        // Words in use go up as units go down.
        self.charge(&mut f, at, (i64::from(plan.entry) << WORDS_BITS) - words, plan.checked);
        if words > 0 {
            f.instruction(&I::LocalGet(meter)).instruction(&I::I32WrapI64);
            f.instruction(&I::I32Const(WORDS_OVERFLOW as i32)).instruction(&I::I32And);
            self.cold(&mut f, at, self.exhausted + 1);
        }
        // Around the body, so that the meter follows its results on every path.
        f.instruction(&I::Block(block));
        for step in Steps::new(self.bytes, body, plan)? {
            let Step { op, raw, nesting, is_loop, canonical, units } = step?;
            self.operator(&mut f, at, op, raw, nesting);
            if let Some(is_f64) = canonical {
                rewrite::canonicalise(&mut f, at, is_f64);
            }
            if let Some(units) = units {
                self.charge(&mut f, at, i64::from(units) << WORDS_BITS, is_loop);
            }
        }
        f.instruction(&I::LocalGet(meter));
        if words > 0 {
            f.instruction(&I::I64Const(words)).instruction(&I::I64Sub);
        }
        f.instruction(&I::End);
        Ok(f)
    }

    fn operator(&mut self, f: &mut Function, at: Locals, op: O<'_>, raw: &[u8], nesting: u32) {
        let meter = at.left;
        let local = |index: u32| if index < meter { index } else { index + 1 };
        match op {
            O::LocalGet { local_index } => f.instruction(&I::LocalGet(local(local_index))),
            O::LocalSet { local_index } => f.instruction(&I::LocalSet(local(local_index))),
            O::LocalTee { local_index } => f.instruction(&I::LocalTee(local(local_index))),
            O::Call { function_index } => {
                let function = self.shift.function_index(function_index);
                f.instruction(&I::LocalGet(meter));
                f.instruction(&I::Call(function)).instruction(&I::LocalSet(meter))
            }
            O::CallIndirect { type_index, table_index } => {
                let type_index = type_index + self.types.len() as u32;
                f.instruction(&I::LocalSet(at.length)).instruction(&I::LocalGet(meter));
                f.instruction(&I::LocalGet(at.length));
                f.instruction(&I::CallIndirect { type_index, table_index });
                f.instruction(&I::LocalSet(meter))
            }
            O::RefFunc { function_index } => {
                f.instruction(&I::RefFunc(self.shift.function_index(function_index)))
            }
            O::Return => f.instruction(&I::Br(nesting)),
            O::Unreachable => {
                self.tell(f, meter);
                f.instruction(&I::Unreachable)
            }
            O::MemoryCopy { .. } | O::MemoryFill { .. } | O::MemoryInit { .. } => {
                self.bulk(f, at, raw, BYTES_PER_UNIT_LOG2)
            }
            O::TableCopy { .. } | O::TableFill { .. } | O::TableInit { .. } => {
                self.bulk(f, at, raw, ELEMENTS_PER_UNIT_LOG2)
            }
            O::MemoryGrow { .. } => self.grow(f, at, raw, &I::I64Shl, UNITS_PER_PAGE_LOG2),
            O::TableGrow { .. } => self.grow(f, at, raw, &I::I64ShrU, ELEMENTS_PER_UNIT_LOG2),
            _ => f.raw(raw.iter().copied()),
        };
    }

    /// Takes from the meter's value, and calls `meter.exhausted` when no units are left.
    fn charge(&mut self, f: &mut Function, at: Locals, amount: i64, check: bool) {
        f.instruction(&I::LocalGet(at.left));
        f.instruction(&I::I64Const(amount)).instruction(&I::I64Sub);
        self.settle(f, at, check);
    }

    /// Keeps the meter's value, which is on top of the stack.
    fn settle(&mut self, f: &mut Function, at: Locals, check: bool) {
        if !check {
            f.instruction(&I::LocalSet(at.left));
            return;
        }
        f.instruction(&I::LocalTee(at.left)).instruction(&I::I64Const(0));
        f.instruction(&I::I64LtS);
        self.cold(f, at, self.exhausted);
    }

    /// Calls one of the meter's functions if what is on top of the stack is not zero.
    fn cold(&mut self, f: &mut Function, at: Locals, function: u32) {
        let branch_func_offset = u32::try_from(f.byte_len()).unwrap_or(u32::MAX);
        self.hints.push(BranchHint { branch_func_offset, branch_hint_value: 0 });
        f.instruction(&I::If(BlockType::Empty));
        f.instruction(&I::LocalGet(at.left)).instruction(&I::Call(function));
        f.instruction(&I::LocalSet(at.left)).instruction(&I::End);
    }

    /// A bulk instruction, then what its length costs.
    fn bulk<'f>(
        &mut self,
        f: &'f mut Function,
        at: Locals,
        raw: &[u8],
        per_unit_log2: i64,
    ) -> &'f mut Function {
        f.instruction(&I::LocalTee(at.length));
        f.raw(raw.iter().copied());
        f.instruction(&I::LocalGet(at.left)).instruction(&I::LocalGet(at.length));
        f.instruction(&I::I64ExtendI32U);
        f.instruction(&I::I64Const(per_unit_log2)).instruction(&I::I64ShrU);
        f.instruction(&I::I64Const(i64::from(WORDS_BITS))).instruction(&I::I64Shl);
        f.instruction(&I::I64Sub);
        self.settle(f, at, true);
        f
    }

    /// `memory.grow` or `table.grow`, then what it added costs: nothing when it failed.
    fn grow<'f>(
        &mut self,
        f: &'f mut Function,
        at: Locals,
        raw: &[u8],
        scale: &I<'_>,
        by: i64,
    ) -> &'f mut Function {
        f.instruction(&I::LocalTee(at.length));
        f.raw(raw.iter().copied());
        f.instruction(&I::LocalTee(at.grown)).instruction(&I::LocalGet(at.left));
        f.instruction(&I::LocalGet(at.length)).instruction(&I::I32Const(0));
        f.instruction(&I::LocalGet(at.grown)).instruction(&I::I32Const(-1));
        f.instruction(&I::I32Ne).instruction(&I::Select).instruction(&I::I64ExtendI32U);
        f.instruction(&I::I64Const(by)).instruction(scale);
        f.instruction(&I::I64Const(i64::from(WORDS_BITS))).instruction(&I::I64Shl);
        f.instruction(&I::I64Sub);
        self.settle(f, at, true);
        f
    }
}

#[cfg(test)]
mod tests {
    use crate::accept::metered_for_host;
    use crate::meter::{EXPORT_LEFT, IMPORT_EXHAUSTED, IMPORT_MODULE, IMPORT_OVERFLOW};
    use wasmi::{Caller, Engine, Extern, Linker, Module, Store, Val};

    /// What `f` gives, what was left at each call of `host.see`, and what is left at the end.
    fn run(text: &str) -> (i32, Vec<i64>, i64) {
        let plain = wat::parse_str(text).expect("a module");
        let threaded = metered_for_host(&plain).expect("a valid one");
        let engine = Engine::default();
        let module = Module::new(&engine, &threaded).expect("it is valid");
        let mut store = Store::new(&engine, Vec::new());
        let mut linker = Linker::<Vec<i64>>::new(&engine);
        linker
            .func_wrap("host", "see", |mut caller: Caller<'_, Vec<i64>>, value: i32| {
                let left = caller.get_export(EXPORT_LEFT).and_then(Extern::into_global);
                let left = left.expect("the meter's");
                let value_left = left.get(&caller).i64().expect("a long");
                caller.data_mut().push(value_left);
                // The host's work costs something too.
                left.set(&mut caller, Val::I64(value_left - 100)).expect("it can change");
                value + 1
            })
            .and_then(|linker| {
                linker.func_wrap(IMPORT_MODULE, IMPORT_EXHAUSTED, |_: i64| 1_000_i64)
            })
            .and_then(|linker| linker.func_wrap(IMPORT_MODULE, IMPORT_OVERFLOW, || {}))
            .expect("new names");
        let instance = linker.instantiate_and_start(&mut store, &module).expect("an instance");
        let left = instance.get_global(&store, EXPORT_LEFT).expect("the meter's");
        left.set(&mut store, Val::I64(1_000)).expect("it can change");
        let f = instance.get_typed_func::<(), i32>(&store, "f").expect("it is exported");
        let value = f.call(&mut store, ()).expect("it returns");
        let after = left.get(&store).i64().expect("a long");
        (value, store.into_data(), after)
    }

    #[test]
    fn imports_are_called_through_tables_and_as_exports() {
        let text = r#"(module
            (import "host" "see" (func $see (param i32) (result i32)))
            (type $unary (func (param i32) (result i32)))
            (table funcref (elem $see $two))
            (export "see" (func $see))
            (func $two (param i32) (result i32) (return (i32.add (local.get 0) (i32.const 2))))
            (func $pair (result i32 i32)
                (call_indirect (type $unary) (i32.const 10) (i32.const 0))
                (call_indirect (type $unary) (i32.const 20) (i32.const 1)))
            (func (export "f") (result i32) (call $pair) (i32.add)))"#;
        // Entering 2, calling 3, adding 1; entering 2, two indirect calls of 6, four constants of 1/4; entering 2, two locals, adding, returning.
        assert_eq!(run(text), (33, vec![1_000 - 6 - 15], 1_000 - 6 - 15 - 100 - 5));
    }
}
