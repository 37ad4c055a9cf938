//! The second pass: the metered module.

use super::*;

/// Shifts function indices: two imports come in behind the module's own.
pub(super) struct Shift {
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

pub(super) type EncodeError = reencode::Error<core::convert::Infallible>;

/// What the second pass needs to know of the module.
pub(super) struct Rewriter<'a> {
    bytes: &'a [u8],
    shift: Shift,
    /// Index of the global `meter.left`; `meter.depth` is the next.
    left: u32,
    result_types: ResultTypes,
}

/// The second pass: the metered module. `plans` has one entry for each function body.
pub(crate) fn rewrite(bytes: &[u8], plans: &[Plan]) -> Result<Vec<u8>, EncodeError> {
    let mut function_types: Vec<wasmparser::FuncType> = Vec::new();
    let mut defined: Vec<u32> = Vec::new();
    let (mut imported_functions, mut globals) = (0, 0);
    let mut has_memory = false;
    let mut changing = Vec::new();
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
            Payload::GlobalSection(section) => {
                for global in section {
                    let ty = global?.ty;
                    if ty.mutable && !ty.content_type.is_reference_type() {
                        changing.push(globals);
                    }
                    globals += 1;
                }
            }
            Payload::MemorySection(section) => has_memory = section.count() > 0,
            Payload::StartSection { func, .. } => start = Some(func),
            _ => {}
        }
    }
    let mut rewriter = Rewriter {
        bytes,
        shift: Shift { imported_functions },
        left: globals,
        result_types: ResultTypes::default(),
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
        if plan.words > 0 {
            rewriter.result_types.add(&mut rewriter.shift, &mut types, results)?;
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
    for index in changing {
        let name = format!("{EXPORT_GLOBAL}{index}");
        exports.export(&name, wasm_encoder::ExportKind::Global, index);
    }
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
        let (locals, at) = body::locals(&mut self.shift, body, plan.params, plan.temps)?;
        let mut f = Function::new(locals);
        self.charge(&mut f, at, plan.entry, plan.checked);
        if plan.words > 0 {
            self.deeper(&mut f, plan.words);
            let ty = self.result_types.block(&mut self.shift, results)?;
            f.instruction(&I::Block(ty));
        }
        for step in Steps::new(self.bytes, body, plan)? {
            let Step { op, raw, nesting, is_loop, canonical, units } = step?;
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
                // wasmi keeps the last value in a register, and its translator panics where that is both the place and the value of a store whose
                // offset has more than 16 bits. Another value in between sends them to the stack.
                O::I32Store { memarg } | O::I32Store8 { memarg } | O::I32Store16 { memarg }
                    if memarg.offset > u64::from(u16::MAX) =>
                {
                    f.instruction(&I::GlobalGet(self.left)).instruction(&I::Drop);
                    f.raw(raw.iter().copied());
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
            if let Some(is_f64) = canonical {
                canonicalise(&mut f, at, is_f64);
            }
            if let Some(units) = units {
                self.charge(&mut f, at, units, is_loop);
            }
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

/// Makes a NaN on top of the stack the canonical one.
pub(super) fn canonicalise(f: &mut Function, at: Locals, is_f64: bool) {
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
