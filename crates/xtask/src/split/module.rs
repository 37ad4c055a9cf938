//! A linked module, read as far as a split needs it: who refers to whom.

use crate::progress::{Failure, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{
    BlockType, ConstExpr, ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody,
    GlobalType, KnownCustom, MemoryType, Name, Operator, Parser, Payload, TableType, TypeRef,
};

/// A defined function.
pub(crate) struct Function<'a> {
    pub(crate) body: FunctionBody<'a>,
    pub(crate) name: String,
    /// Functions that it calls directly.
    pub(crate) calls: BTreeSet<u32>,
    pub(crate) globals: BTreeSet<u32>,
    pub(crate) tables: BTreeSet<u32>,
    /// Types of blocks and of indirect calls.
    pub(crate) types: BTreeSet<u32>,
    /// Constants that may be addresses, and offsets of loads and stores.
    pub(crate) constants: BTreeSet<u32>,
    /// It names something that only its own module has: a data or element segment, or a reference to a function.
    pub(crate) pinned: bool,
}

impl Function<'_> {
    /// Bytes of its code.
    pub(crate) fn size(&self) -> usize {
        self.body.range().len()
    }
}

/// What is at a slot of the function table from the start.
pub(crate) struct Slot {
    pub(crate) slot: u32,
    pub(crate) function: u32,
}

/// The module.
#[derive(Default)]
pub(crate) struct Module<'a> {
    pub(crate) types: Vec<FuncType>,
    pub(crate) imports: Vec<wasmparser::Import<'a>>,
    /// Type of each function, imported ones first.
    pub(crate) function_types: Vec<u32>,
    pub(crate) imported_functions: u32,
    pub(crate) tables: Vec<TableType>,
    pub(crate) imported_tables: u32,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: Vec<GlobalType>,
    pub(crate) imported_globals: u32,
    pub(crate) exports: Vec<wasmparser::Export<'a>>,
    pub(crate) start: Option<u32>,
    pub(crate) functions: Vec<Function<'a>>,
    /// Functions of active segments of the function table, by slot.
    pub(crate) slots: Vec<Slot>,
    /// Functions that other segments and globals name.
    pub(crate) referred: BTreeSet<u32>,
    /// Sections that are written again as they are, but for indices of functions.
    pub(crate) sections: Sections<'a>,
}

/// Readers of whole sections.
#[derive(Default)]
pub(crate) struct Sections<'a> {
    pub(crate) tables: Option<wasmparser::TableSectionReader<'a>>,
    pub(crate) memories: Option<wasmparser::MemorySectionReader<'a>>,
    pub(crate) globals: Option<wasmparser::GlobalSectionReader<'a>>,
    pub(crate) elements: Option<wasmparser::ElementSectionReader<'a>>,
    pub(crate) data: Option<wasmparser::DataSectionReader<'a>>,
    pub(crate) data_count: Option<u32>,
}

/// An error of the reader.
pub(crate) fn bad(error: wasmparser::BinaryReaderError) -> Failure {
    Failure::new(format!("the module to split is not valid: {error}"))
}

impl<'a> Module<'a> {
    /// Reads a module. It needs names, and one table of functions.
    pub(crate) fn read(wasm: &'a [u8]) -> Outcome<Self> {
        let mut module = Self::default();
        let mut names = BTreeMap::new();
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(bad)? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        module.types.push(ty.map_err(bad)?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section {
                        module.import(import.map_err(bad)?)?;
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        module.function_types.push(ty.map_err(bad)?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section.clone() {
                        module.tables.push(table.map_err(bad)?.ty);
                    }
                    module.sections.tables = Some(section);
                }
                Payload::MemorySection(section) => {
                    for memory in section.clone() {
                        module.memories.push(memory.map_err(bad)?);
                    }
                    module.sections.memories = Some(section);
                }
                Payload::GlobalSection(section) => {
                    for global in section.clone() {
                        let global = global.map_err(bad)?;
                        module.globals.push(global.ty);
                        referred(&global.init_expr, &mut module.referred)?;
                    }
                    module.sections.globals = Some(section);
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        module.exports.push(export.map_err(bad)?);
                    }
                }
                Payload::StartSection { func, .. } => module.start = Some(func),
                Payload::ElementSection(section) => module.sections.elements = Some(section),
                Payload::DataCountSection { count, .. } => module.sections.data_count = Some(count),
                Payload::DataSection(section) => module.sections.data = Some(section),
                Payload::CodeSectionEntry(body) => bodies.push(body),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(subsections) = section.as_known() {
                        read_names(subsections, &mut names)?;
                    }
                }
                Payload::TagSection(_) => {
                    return Err(Failure::new("the module to split has exceptions"));
                }
                _ => {}
            }
        }
        if module.memories.len() > 1 {
            return Err(Failure::new("the module to split has several memories"));
        }
        module.elements()?;
        for (at, body) in bodies.into_iter().enumerate() {
            let index =
                module.imported_functions + u32::try_from(at).expect("an index has 32 bits");
            let name = names.remove(&index).unwrap_or_default();
            module.functions.push(function(body, name)?);
        }
        if !module.functions.is_empty()
            && module.functions.iter().all(|function| function.name.is_empty())
        {
            return Err(Failure::new(
                "the module to split has no names: build it with them, and run wasm-opt with -g",
            ));
        }
        Ok(module)
    }

    fn import(&mut self, import: wasmparser::Import<'a>) -> Outcome<()> {
        match import.ty {
            TypeRef::Func(ty) => {
                self.function_types.push(ty);
                self.imported_functions += 1;
            }
            TypeRef::Table(ty) => {
                self.tables.push(ty);
                self.imported_tables += 1;
            }
            TypeRef::Memory(ty) => self.memories.push(ty),
            TypeRef::Global(ty) => {
                self.globals.push(ty);
                self.imported_globals += 1;
            }
            TypeRef::Tag(_) => return Err(Failure::new("the module to split has exceptions")),
        }
        self.imports.push(import);
        Ok(())
    }

    /// The table that function pointers point into. Parts get their slots at its end.
    pub(crate) fn function_table(&self) -> Outcome<u32> {
        let is_functions = |table: &TableType| table.element_type == wasmparser::RefType::FUNCREF;
        let mut found = self.tables.iter().enumerate().filter(|(_, table)| is_functions(table));
        match (found.next(), found.next()) {
            (Some((index, _)), None) if index >= self.imported_tables as usize => {
                Ok(u32::try_from(index).expect("an index has 32 bits"))
            }
            _ => {
                Err(Failure::new("the module to split must have one table of functions of its own"))
            }
        }
    }

    fn elements(&mut self) -> Outcome<()> {
        let Some(section) = self.sections.elements.clone() else { return Ok(()) };
        let table = self.function_table()?;
        for element in section {
            let element = element.map_err(bad)?;
            let mut functions = Vec::new();
            let ElementItems::Functions(items) = element.items else {
                // Written as expressions, which linkers do not: these functions stay where they are.
                if let ElementItems::Expressions(_, items) = element.items {
                    for item in items {
                        referred(&item.map_err(bad)?, &mut self.referred)?;
                    }
                }
                continue;
            };
            for item in items {
                functions.push(item.map_err(bad)?);
            }
            let offset = match element.kind {
                ElementKind::Active { table_index, ref offset_expr }
                    if table_index.unwrap_or(0) == table =>
                {
                    constant(offset_expr)?
                }
                _ => None,
            };
            match offset {
                Some(offset) => {
                    self.slots.extend(
                        (offset..).zip(functions).map(|(slot, function)| Slot { slot, function }),
                    );
                }
                None => self.referred.extend(functions),
            }
        }
        Ok(())
    }

    /// A defined function, by its index.
    pub(crate) fn function(&self, index: u32) -> Option<&Function<'a>> {
        self.functions.get(index.checked_sub(self.imported_functions)? as usize)
    }

    /// Functions that the outside may call, or that something else than code and the table names.
    pub(crate) fn roots(&self) -> BTreeSet<u32> {
        let exported = self.exports.iter().filter(|export| export.kind == ExternalKind::Func);
        exported
            .map(|export| export.index)
            .chain(self.start)
            .chain(self.referred.iter().copied())
            .collect()
    }
}

pub(crate) fn constant(expression: &ConstExpr<'_>) -> Outcome<Option<u32>> {
    let mut operators = expression.get_operators_reader();
    let first = operators.read().map_err(bad)?;
    let last = operators.read().map_err(bad)?;
    Ok(match (first, last) {
        (Operator::I32Const { value }, Operator::End) => Some(value.cast_unsigned()),
        _ => None,
    })
}

fn referred(expression: &ConstExpr<'_>, functions: &mut BTreeSet<u32>) -> Outcome<()> {
    for operator in expression.get_operators_reader() {
        if let Operator::RefFunc { function_index } = operator.map_err(bad)? {
            functions.insert(function_index);
        }
    }
    Ok(())
}

fn read_names(
    subsections: wasmparser::NameSectionReader<'_>,
    names: &mut BTreeMap<u32, String>,
) -> Outcome<()> {
    for subsection in subsections {
        if let Name::Function(map) = subsection.map_err(bad)? {
            for naming in map {
                let naming = naming.map_err(bad)?;
                names.insert(naming.index, plain(naming.name));
            }
        }
    }
    Ok(())
}

/// A name without the digests of crates: `wast[0123456789abcdef]::parse` is `wast::parse`.
fn plain(name: &str) -> String {
    let mut pieces = name.split('[');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(']') {
            Some((digest, rest))
                if digest.len() > 9 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
            {
                plain.push_str(rest);
            }
            _ => {
                plain.push('[');
                plain.push_str(piece);
            }
        }
    }
    plain
}

/// Programs have nothing below.
const ADDRESS_MIN: u32 = 1024;

/// Both words of what is stored at once: the address of a text and its length are.
fn words(operator: &Operator<'_>) -> Option<[u32; 2]> {
    match operator {
        Operator::I64Const { value } => Some([*value as u32, (*value >> 32) as u32]),
        _ => None,
    }
}

/// What may be an address in an instruction.
fn address(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::I32Const { value } => Some(value.cast_unsigned()),
        Operator::I32Load { memarg }
        | Operator::I64Load { memarg }
        | Operator::F32Load { memarg }
        | Operator::F64Load { memarg }
        | Operator::I32Load8S { memarg }
        | Operator::I32Load8U { memarg }
        | Operator::I32Load16S { memarg }
        | Operator::I32Load16U { memarg }
        | Operator::I64Load8S { memarg }
        | Operator::I64Load8U { memarg }
        | Operator::I64Load16S { memarg }
        | Operator::I64Load16U { memarg }
        | Operator::I64Load32S { memarg }
        | Operator::I64Load32U { memarg }
        | Operator::I32Store { memarg }
        | Operator::I64Store { memarg }
        | Operator::F32Store { memarg }
        | Operator::F64Store { memarg }
        | Operator::I32Store8 { memarg }
        | Operator::I32Store16 { memarg }
        | Operator::I64Store8 { memarg }
        | Operator::I64Store16 { memarg }
        | Operator::I64Store32 { memarg } => u32::try_from(memarg.offset).ok(),
        _ => None,
    }
}

fn function(body: FunctionBody<'_>, name: String) -> Outcome<Function<'_>> {
    let mut function = Function {
        body,
        name,
        calls: BTreeSet::new(),
        globals: BTreeSet::new(),
        tables: BTreeSet::new(),
        types: BTreeSet::new(),
        constants: BTreeSet::new(),
        pinned: false,
    };
    let body = function.body.clone();
    for operator in body.get_operators_reader().map_err(bad)? {
        let operator = operator.map_err(bad)?;
        let addresses =
            address(&operator).into_iter().chain(words(&operator).into_iter().flatten());
        function.constants.extend(addresses.filter(|address| *address >= ADDRESS_MIN));
        match operator {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                function.calls.insert(function_index);
            }
            Operator::CallIndirect { table_index, type_index }
            | Operator::ReturnCallIndirect { table_index, type_index } => {
                function.tables.insert(table_index);
                function.types.insert(type_index);
            }
            Operator::Block { blockty: BlockType::FuncType(ty) }
            | Operator::Loop { blockty: BlockType::FuncType(ty) }
            | Operator::If { blockty: BlockType::FuncType(ty) } => {
                function.types.insert(ty);
            }
            Operator::TableGet { table }
            | Operator::TableSet { table }
            | Operator::TableGrow { table }
            | Operator::TableSize { table }
            | Operator::TableFill { table } => {
                function.tables.insert(table);
            }
            Operator::TableCopy { dst_table, src_table } => {
                function.tables.extend([dst_table, src_table]);
            }
            Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
                function.globals.insert(global_index);
            }
            Operator::RefFunc { function_index } => {
                function.calls.insert(function_index);
                function.pinned = true;
            }
            Operator::MemoryInit { .. }
            | Operator::DataDrop { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. } => function.pinned = true,
            _ => {}
        }
    }
    Ok(function)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_lose_the_digests_of_crates() {
        let name = "<wast[7d957ade1a37e89c]::A<[u8; 4], [f32]> as core[c5930c85a12de822]::fmt::Debug>::fmt";
        assert_eq!(plain(name), "<wast::A<[u8; 4], [f32]> as core::fmt::Debug>::fmt");
    }
}
