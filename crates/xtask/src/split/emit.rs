//! Writes the primary module and the parts.
//!
//! Invariant: in the primary, everything keeps its meaning for those who refer to it: exports, the start function, the slots of the table.

use super::Rule;
use super::choose::Homes;
use super::data::Data;
use super::linked::Linked;
use super::module::{Function, Module, bad};
use super::{IMPORTS, LOAD, PRIMARY};
use crate::progress::{Failure, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements,
    EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType,
    ImportSection, MemorySection, StartSection, TableSection, TypeSection, ValType,
};

fn failed(error: Error<std::convert::Infallible>) -> Failure {
    match error {
        Error::ParseError(error) => bad(error),
        error => Failure::new(format!("the module cannot be split: {error}")),
    }
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).expect("a module's indices have 32 bits")
}

/// Old index to new index, of one module. What is absent is not referred to.
#[derive(Default)]
struct Indices {
    functions: BTreeMap<u32, u32>,
    /// Empty: they stay as they are.
    types: BTreeMap<u32, u32>,
    tables: BTreeMap<u32, u32>,
    globals: BTreeMap<u32, u32>,
    /// Something was asked for that is not there.
    missing: Option<String>,
}

impl Indices {
    fn find(&mut self, kind: &str, map: fn(&Self) -> &BTreeMap<u32, u32>, index: u32) -> u32 {
        if map(self).is_empty() && kind != "function" {
            return index;
        }
        let found = map(self).get(&index).copied();
        found.unwrap_or_else(|| {
            self.missing.get_or_insert_with(|| format!("{kind} {index}"));
            0
        })
    }

    fn check(&self) -> Outcome<()> {
        match &self.missing {
            None => Ok(()),
            Some(what) => {
                Err(Failure::new(format!("splitting lost {what}, which is still referred to")))
            }
        }
    }
}

impl Reencode for Indices {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, index: u32) -> u32 {
        self.find("function", |maps| &maps.functions, index)
    }
    fn type_index(&mut self, index: u32) -> u32 {
        self.find("type", |maps| &maps.types, index)
    }
    fn table_index(&mut self, index: u32) -> u32 {
        self.find("table", |maps| &maps.tables, index)
    }
    fn global_index(&mut self, index: u32) -> u32 {
        self.find("global", |maps| &maps.globals, index)
    }
}

/// How the modules are connected.
pub(crate) struct Plan<'a> {
    module: &'a Module<'a>,
    homes: &'a Homes,
    data: Data<'a>,
    parts: usize,
    table: u32,
    /// Slots of each function that moves and is referred to from elsewhere; the first one is where its stub looks.
    slots: BTreeMap<u32, Vec<u32>>,
    added_slots: u32,
    /// Names under which the primary gives its things to the parts.
    functions: BTreeMap<u32, String>,
    tables: BTreeMap<u32, String>,
    globals: BTreeMap<u32, String>,
    memory: String,
    added_exports: Vec<(String, ExportKind, u32)>,
}

/// What a part's code refers to.
#[derive(Default)]
struct Uses {
    functions: BTreeSet<u32>,
    tables: BTreeSet<u32>,
    globals: BTreeSet<u32>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        module: &'a Module<'a>,
        homes: &'a Homes,
        rules: &[Rule],
        linked: &Linked,
    ) -> Outcome<Self> {
        let table = module.function_table()?;
        let mut plan = Self {
            module,
            homes,
            data: Data::new(module, homes, rules, linked)?,
            parts: rules.len(),
            table,
            slots: BTreeMap::new(),
            added_slots: 0,
            functions: BTreeMap::new(),
            tables: BTreeMap::new(),
            globals: BTreeMap::new(),
            memory: String::new(),
            added_exports: Vec::new(),
        };
        plan.place()?;
        plan.name();
        Ok(plan)
    }

    fn home(&self, function: u32) -> Option<usize> {
        self.homes.get(&function).copied()
    }

    /// Gives a slot to each function that is called from another module.
    fn place(&mut self) -> Outcome<()> {
        for slot in &self.module.slots {
            if self.homes.contains_key(&slot.function) {
                self.slots.entry(slot.function).or_default().push(slot.slot);
            }
        }
        let mut called = self.module.roots();
        for (index, function) in (self.module.imported_functions..).zip(&self.module.functions) {
            let home = self.home(index);
            called.extend(function.calls.iter().filter(|callee| self.home(**callee) != home));
        }
        let size = u32::try_from(self.module.tables[self.table as usize].initial);
        let size = size.map_err(|_| Failure::new("the function table is too large"))?;
        for function in called {
            if self.homes.contains_key(&function) && !self.slots.contains_key(&function) {
                self.slots.insert(function, vec![size + self.added_slots]);
                self.added_slots += 1;
            }
        }
        Ok(())
    }

    fn uses(&self, part: usize) -> Uses {
        let mut uses = Uses::default();
        for function in self.members(part).filter_map(|index| self.module.function(index)) {
            uses.functions
                .extend(function.calls.iter().filter(|callee| self.home(**callee) != Some(part)));
            uses.tables.extend(&function.tables);
            uses.globals.extend(&function.globals);
        }
        uses.tables.insert(self.table);
        uses
    }

    /// Functions of a part, in their old order.
    fn members(&self, part: usize) -> impl Iterator<Item = u32> {
        self.homes.iter().filter(move |(_, home)| **home == part).map(|(index, _)| *index)
    }

    fn name(&mut self) {
        let taken: BTreeSet<&str> = self.module.exports.iter().map(|export| export.name).collect();
        let mut all = Uses::default();
        for part in 0..self.parts {
            let uses = self.uses(part);
            all.functions.extend(uses.functions);
            all.tables.extend(uses.tables);
            all.globals.extend(uses.globals);
        }
        let mut names = (0..).map(short_name).filter(|name| !taken.contains(name.as_str()));
        let mut name = |kind: ExportKind, old: wasmparser::ExternalKind, index: u32| {
            let present = self
                .module
                .exports
                .iter()
                .find(|export| export.kind == old && export.index == index);
            present.map_or_else(
                || {
                    let name = names.next().expect("there is no end of names");
                    self.added_exports.push((name.clone(), kind, index));
                    name
                },
                |export| export.name.to_owned(),
            )
        };
        use wasmparser::ExternalKind as Old;
        if !self.module.memories.is_empty() {
            self.memory = name(ExportKind::Memory, Old::Memory, 0);
        }
        self.tables = all
            .tables
            .into_iter()
            .map(|at| (at, name(ExportKind::Table, Old::Table, at)))
            .collect();
        self.globals = all
            .globals
            .into_iter()
            .map(|at| (at, name(ExportKind::Global, Old::Global, at)))
            .collect();
        self.functions = all
            .functions
            .into_iter()
            .map(|at| (at, name(ExportKind::Func, Old::Func, at)))
            .collect();
    }

    /// Puts functions that resemble each other side by side: a compressor finds more in them then, about one part in a hundred.
    fn arrange(&self, functions: &mut [u32]) {
        functions.sort_by_key(|index| {
            let size = self.module.function(*index).map_or(0, Function::size);
            (self.home(*index), self.module.function_types[*index as usize], size)
        });
    }

    /// The primary module, without names.
    pub(crate) fn primary(&self) -> Outcome<Vec<u8>> {
        let module = self.module;
        let imported = module.imported_functions;
        let mut indices = Indices::default();
        for function in 0..imported {
            indices.functions.insert(function, function);
        }
        // Ours comes after the other imports, so the functions of the module move by one.
        let load = imported;
        let kept = (imported..).take(module.functions.len());
        let mut kept: Vec<u32> = kept
            .filter(|index| self.home(*index).is_none() || self.slots.contains_key(index))
            .collect();
        self.arrange(&mut kept);
        for (new, old) in (imported + 1..).zip(&kept) {
            indices.functions.insert(*old, new);
        }
        let ensure = imported + 1 + narrow(kept.len());

        let mut types = TypeSection::new();
        for ty in &module.types {
            types.ty().func_type(&utils::func_type(&mut indices, ty.clone()).map_err(failed)?);
        }
        let load_type = narrow(module.types.len());
        types.ty().function([ValType::I32, ValType::I32], []);
        types.ty().function([ValType::I32], [ValType::I32]);

        let mut imports = ImportSection::new();
        for import in &module.imports {
            utils::parse_import(&mut indices, &mut imports, *import).map_err(failed)?;
        }
        imports.import(IMPORTS, LOAD, EntityType::Function(load_type));

        let mut functions = FunctionSection::new();
        for old in &kept {
            functions.function(module.function_types[*old as usize]);
        }
        for _ in 0..self.parts {
            functions.function(load_type + 1);
        }

        let mut tables = TableSection::new();
        self.write_tables(&mut indices, &mut tables)?;
        let mut memories = MemorySection::new();
        if let Some(section) = module.sections.memories.clone() {
            utils::parse_memory_section(&mut indices, &mut memories, section).map_err(failed)?;
        }
        let mut globals = GlobalSection::new();
        if let Some(section) = module.sections.globals.clone() {
            utils::parse_global_section(&mut indices, &mut globals, section).map_err(failed)?;
        }
        let loaded = narrow(module.globals.len());
        for _ in 0..self.parts {
            let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
            globals.global(ty, &ConstExpr::i32_const(0));
        }

        let mut exports = ExportSection::new();
        for export in &module.exports {
            utils::parse_export(&mut indices, &mut exports, *export);
        }
        for (name, kind, index) in &self.added_exports {
            let index =
                if *kind == ExportKind::Func { indices.function_index(*index) } else { *index };
            exports.export(name, *kind, index);
        }
        let mut elements = ElementSection::new();
        if let Some(section) = module.sections.elements.clone() {
            utils::parse_element_section(&mut indices, &mut elements, section).map_err(failed)?;
        }

        let mut code = CodeSection::new();
        for old in &kept {
            match (self.home(*old), module.function(*old)) {
                (None, Some(function)) => {
                    utils::parse_function_body(&mut indices, &mut code, function.body.clone())
                        .map_err(failed)?;
                }
                (Some(part), _) => {
                    code.function(&self.stub(*old, ensure + narrow(part)));
                }
                (None, None) => return Err(Failure::new("splitting lost a function")),
            }
        }
        for part in 0..narrow(self.parts) {
            code.function(&ensure_loaded(part, load, loaded + part));
        }
        let data = match (self.data.section(None), module.sections.data.clone()) {
            (Some(data), _) => data,
            (None, Some(section)) => {
                let mut data = DataSection::new();
                utils::parse_data_section(&mut indices, &mut data, section).map_err(failed)?;
                data
            }
            (None, None) => DataSection::new(),
        };
        let start = module.start.map(|function| indices.function_index(function));
        indices.check()?;

        let mut out = wasm_encoder::Module::new();
        out.section(&types).section(&imports).section(&functions).section(&tables);
        out.section(&memories).section(&globals).section(&exports);
        if let Some(function_index) = start {
            out.section(&StartSection { function_index });
        }
        out.section(&elements);
        if module.sections.data_count.is_some() {
            out.section(&DataCountSection { count: data.len() });
        }
        out.section(&code).section(&data);
        Ok(out.finish())
    }

    fn write_tables(&self, indices: &mut Indices, tables: &mut TableSection) -> Outcome<()> {
        let Some(section) = self.module.sections.tables.clone() else { return Ok(()) };
        for (at, table) in (self.module.imported_tables..).zip(section) {
            let mut table = table.map_err(bad)?;
            if at == self.table {
                table.ty.initial += u64::from(self.added_slots);
                table.ty.maximum =
                    table.ty.maximum.map(|maximum| maximum + u64::from(self.added_slots));
            }
            utils::parse_table(indices, tables, table).map_err(failed)?;
        }
        Ok(())
    }

    /// Stands in for a function: sees that its part is there and calls it by its slot.
    fn stub(&self, function: u32, ensure: u32) -> wasm_encoder::Function {
        let ty = self.module.function_types[function as usize];
        let mut stub = wasm_encoder::Function::new([]);
        let mut code = stub.instructions();
        for parameter in 0..narrow(self.module.types[ty as usize].params().len()) {
            code.local_get(parameter);
        }
        code.i32_const(self.slots[&function][0].cast_signed());
        code.call(ensure).call_indirect(self.table, ty).end();
        stub
    }

    /// A line about a function that moved.
    pub(crate) fn line(&self, part: &str, index: u32, function: &Function<'_>) -> String {
        let slots =
            self.slots.get(&index).map_or_else(|| "-".to_owned(), |slots| slots[0].to_string());
        format!("{part}\t{}\t{slots}\t{}\n", function.size(), function.name)
    }

    /// Lines about large statics: whose each is.
    pub(crate) fn data_lines(&self, names: &[&str]) -> String {
        let mut lines = String::new();
        for large in &self.data.large {
            let users = large.users.iter().map(|user| user.map_or("primary", |part| names[part]));
            let users: Vec<_> = users.collect();
            let bytes = large.range.end - large.range.start;
            lines.push_str(&format!(
                "{}\t{bytes}\t-\tstatic at {}\n",
                users.join("+"),
                large.range.start
            ));
        }
        lines
    }

    /// A part, without names; none if it has no functions.
    pub(crate) fn part(&self, part: usize) -> Outcome<Option<Vec<u8>>> {
        let module = self.module;
        let mut members: Vec<u32> = self.members(part).collect();
        if members.is_empty() {
            return Ok(None);
        }
        self.arrange(&mut members);
        let uses = self.uses(part);
        let mut indices = Indices::default();
        let mut types = PartTypes::default();
        let mut imports = ImportSection::new();
        if !module.memories.is_empty() {
            let mut ty = utils::memory_type(&mut indices, module.memories[0]);
            // As many pages as there are by then is more than at the start.
            ty.minimum = 0;
            imports.import(PRIMARY, &self.memory, ty);
        }
        for (new, old) in uses.tables.iter().enumerate() {
            let mut ty =
                utils::table_type(&mut indices, module.tables[*old as usize]).map_err(failed)?;
            if *old == self.table {
                ty.minimum += u64::from(self.added_slots);
                ty.maximum = ty.maximum.map(|maximum| maximum + u64::from(self.added_slots));
            }
            imports.import(PRIMARY, &self.tables[old], ty);
            indices.tables.insert(*old, narrow(new));
        }
        for (new, old) in uses.globals.iter().enumerate() {
            let ty =
                utils::global_type(&mut indices, module.globals[*old as usize]).map_err(failed)?;
            imports.import(PRIMARY, &self.globals[old], ty);
            indices.globals.insert(*old, narrow(new));
        }
        for (new, old) in uses.functions.iter().enumerate() {
            let ty = types.index(module.function_types[*old as usize]);
            imports.import(PRIMARY, &self.functions[old], EntityType::Function(ty));
            indices.functions.insert(*old, narrow(new));
        }
        let mut functions = FunctionSection::new();
        for (new, old) in (narrow(uses.functions.len())..).zip(&members) {
            functions.function(types.index(module.function_types[*old as usize]));
            indices.functions.insert(*old, new);
        }
        // Types that code names: of blocks and of indirect calls.
        for function in members.iter().filter_map(|index| module.function(*index)) {
            for ty in &function.types {
                types.index(*ty);
            }
        }
        indices.types = types.indices.clone();
        let mut code = CodeSection::new();
        for function in members.iter().filter_map(|index| module.function(*index)) {
            utils::parse_function_body(&mut indices, &mut code, function.body.clone())
                .map_err(failed)?;
        }
        let elements = self.elements(&members, &mut indices);
        indices.check()?;
        let mut section = TypeSection::new();
        for old in &types.order {
            let ty = module.types[*old as usize].clone();
            section.ty().func_type(&utils::func_type(&mut indices, ty).map_err(failed)?);
        }
        let mut out = wasm_encoder::Module::new();
        out.section(&section)
            .section(&imports)
            .section(&functions)
            .section(&elements)
            .section(&code);
        if let Some(data) = self.data.section(Some(part)) {
            out.section(&data);
        }
        Ok(Some(out.finish()))
    }

    /// Segments that put the part's functions into their slots, one for each run of slots.
    fn elements(&self, members: &[u32], indices: &mut Indices) -> ElementSection {
        let mut placed = BTreeMap::new();
        for member in members {
            for slot in self.slots.get(member).into_iter().flatten() {
                placed.insert(*slot, indices.function_index(*member));
            }
        }
        let table = Some(indices.table_index(self.table)).filter(|table| *table != 0);
        let mut elements = ElementSection::new();
        let mut run: Vec<u32> = Vec::new();
        let mut begin = 0;
        let mut flush = |begin: u32, run: &mut Vec<u32>| {
            if !run.is_empty() {
                let offset = ConstExpr::i32_const(begin.cast_signed());
                elements.active(table, &offset, Elements::Functions(std::mem::take(run).into()));
            }
        };
        for (slot, function) in placed {
            if slot != begin + narrow(run.len()) {
                flush(begin, &mut run);
                begin = slot;
            }
            run.push(function);
        }
        flush(begin, &mut run);
        elements
    }
}

/// Types of a part, in the order of their first use.
#[derive(Default)]
struct PartTypes {
    indices: BTreeMap<u32, u32>,
    order: Vec<u32>,
}

impl PartTypes {
    fn index(&mut self, old: u32) -> u32 {
        *self.indices.entry(old).or_insert_with(|| {
            self.order.push(old);
            narrow(self.order.len() - 1)
        })
    }
}

/// `slot -> slot`, when the part is there.
fn ensure_loaded(part: u32, load: u32, loaded: u32) -> wasm_encoder::Function {
    let mut function = wasm_encoder::Function::new([]);
    let mut code = function.instructions();
    code.global_get(loaded).i32_eqz().if_(BlockType::Empty);
    code.i32_const(part.cast_signed())
        .local_get(0)
        .call(load)
        .i32_const(1)
        .global_set(loaded)
        .end();
    code.local_get(0).end();
    function
}

/// a, b, … z, aa, ba …
fn short_name(number: usize) -> String {
    let mut name = String::new();
    let mut rest = number;
    loop {
        name.push(char::from(b'a' + u8::try_from(rest % 26).expect("it is below 26")));
        rest /= 26;
        if rest == 0 {
            return name;
        }
        rest -= 1;
    }
}
