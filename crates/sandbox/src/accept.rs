//! What happens to a module at deploy time: it is validated, inspected, metered, or refused by name.

use crate::imports::{Known, known};
use crate::meter::{self, Plan, PlanError};
use crate::module::{
    Artifact, Export, FUNCTION_BYTES_MAX, Import, MODULE_BYTES_MAX, ModuleInfo, Refusal, Shape,
    TABLE_ELEMENTS_MAX, types_text,
};
use crate::prepared;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use wasmparser::{
    ExternalKind, FuncType, FuncValidatorAllocations, Parser, Payload, TypeRef, ValidPayload,
    Validator, WasmFeatures,
};

/// What rustc, LLVM, Zig, TinyGo, Go and AssemblyScript emit, and every browser and wasmi run.
const FEATURES: WasmFeatures = WasmFeatures::WASM1
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::EXTENDED_CONST);

/// Proposals that are refused by name. Tail calls are among them because the meter's call depth is given back behind a
/// function's body, which a tail call never reaches.
const REFUSED: [(WasmFeatures, &str); 12] = [
    (WasmFeatures::TAIL_CALL, "tail-call"),
    (WasmFeatures::SIMD, "simd"),
    (WasmFeatures::RELAXED_SIMD, "relaxed-simd"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::MULTI_MEMORY, "multi-memory"),
    (WasmFeatures::MEMORY64, "memory64"),
    (WasmFeatures::EXCEPTIONS, "exception-handling"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy-exceptions"),
    (WasmFeatures::FUNCTION_REFERENCES, "function-references"),
    (WasmFeatures::GC, "gc"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom-page-sizes"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide-arithmetic"),
];
/// Finding the proposal validates again; past this size the validator's own words must do.
const NAMED_PROPOSAL_BYTES_MAX: usize = 8 << 20;

/// Most of each that a module may have.
const COUNTS_MAX: [(&str, u64); 10] = [
    ("types", 100_000),
    ("imports", 1_000),
    ("functions", 100_000),
    ("tables", 100),
    ("memories", 1),
    ("globals", 100_000),
    ("exports", 20_000),
    ("element segments", 100_000),
    ("data segments", 100_000),
    ("custom sections", 1_000),
];

/// Checks, inspects and meters a module.
///
/// # Errors
///
/// A [`Refusal`] that names the import, the offset, the export or the limit. Never panics, whatever the bytes.
pub fn accept(bytes: &[u8]) -> Result<Artifact, Refusal> {
    prepared::artifact(bytes).map_or_else(|| accept_new(bytes), Ok)
}

#[inline(never)] // The boundary of a part that a first visit does without (docs/adr/0005).
pub(crate) fn accept_new(bytes: &[u8]) -> Result<Artifact, Refusal> {
    within("bytes", bytes.len() as u64, MODULE_BYTES_MAX)?;
    if bytes.get(..8) == Some(b"\0asm\x0d\0\x01\0") {
        return Err(refusal(
            "unsupported",
            "this is a component; Coldstart runs core modules (wasm32-wasip1, wasm32-unknown-unknown)",
        ));
    }
    let inspection = inspect(bytes).map_err(|error| explain(bytes, error))?;
    let shape = inspection.shape()?;
    inspection.check_imports()?;
    inspection.check_reserved()?;
    let metered = meter::rewrite(bytes, &inspection.plans).map_err(|error| {
        refusal("malformed", format!("the module could not be rewritten: {error}"))
    })?;
    let largest =
        meter::encoded_size(&metered).map_err(|error| refusal("malformed", error.to_string()))?;
    within("bytes in one metered function", largest, FUNCTION_BYTES_MAX)?;
    let copies = inspection.plans.iter().all(Plan::keeps_tables) && !inspection.references;
    let info = inspection.info(bytes, shape);
    let given = if copies && shape == Shape::Callback { bytes.into() } else { Arc::default() };
    Ok(Artifact { info: Arc::new(info), metered: metered.into(), given, copies })
}

/// An accepted module, metered for the host's own WebAssembly ([`Artifact::given`]); none for others.
pub fn metered_for_host(given: &[u8]) -> Option<Vec<u8>> {
    let inspection = inspect(given).ok()?;
    meter::threaded(given, &inspection.plans).ok()
}

/// Lower-case hex SHA-256.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refusal(code: &str, message: impl Into<String>) -> Refusal {
    Refusal { code: code.to_owned(), message: message.into() }
}

fn within(what: &str, count: u64, limit: u64) -> Result<(), Refusal> {
    if count > limit {
        return Err(refusal(
            "too-large",
            format!("the module has {count} {what}; the limit is {limit}"),
        ));
    }
    Ok(())
}

/// Why an inspection stopped.
pub(crate) enum Stop {
    Invalid(wasmparser::BinaryReaderError),
    Refused(Refusal),
}

impl From<wasmparser::BinaryReaderError> for Stop {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<PlanError> for Stop {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Invalid(error) => Self::Invalid(error),
            PlanError::TooLarge(what, count, limit) => match within(what, count, limit) {
                Err(refusal) => Self::Refused(refusal),
                Ok(()) => {
                    Self::Refused(refusal("too-large", format!("the module has too many {what}")))
                }
            },
        }
    }
}

/// Turns a validation error into words: the proposal, if one is all that is in the way.
fn explain(bytes: &[u8], stop: Stop) -> Refusal {
    let error = match stop {
        Stop::Refused(refusal) => return refusal,
        Stop::Invalid(error) => error,
    };
    let validates = |features| Validator::new_with_features(features).validate_all(bytes).is_ok();
    let all = REFUSED.iter().fold(FEATURES, |all, (feature, _)| all.union(*feature));
    if bytes.len() <= NAMED_PROPOSAL_BYTES_MAX && validates(all) {
        let mut needed = all;
        let mut names = Vec::new();
        for (feature, name) in REFUSED {
            if validates(needed.difference(feature)) {
                needed = needed.difference(feature);
            } else {
                names.push(name);
            }
        }
        let (noun, list) =
            (if names.len() == 1 { "proposal" } else { "proposals" }, names.join(", "));
        return refusal(
            "unsupported",
            format!(
                "the module uses the WebAssembly {noun} {list}, which Coldstart does not run ({}, offset {:#x})",
                error.message(),
                error.offset()
            ),
        );
    }
    refusal(
        "malformed",
        // Some messages go on with a dump of the bytes.
        format!(
            "not a valid module: {} (at offset {:#x})",
            error.message().lines().next().unwrap_or_default(),
            error.offset()
        ),
    )
}

/// What one pass over a module found.
#[derive(Default)]
pub(crate) struct Inspection {
    types: Vec<FuncType>,
    imports: Vec<(Import, Option<FuncType>)>,
    imported_functions: u32,
    functions: Vec<u32>,
    tables: Vec<String>,
    memories: Vec<(String, u64)>,
    globals: Vec<String>,
    exports: Vec<(Export, Option<FuncType>)>,
    producers: Vec<String>,
    /// Whether a global that can change holds a reference, which means nothing in another instance.
    references: bool,
    pub(crate) plans: Vec<Plan>,
    counts: [u64; COUNTS_MAX.len()],
}

pub(crate) fn inspect(bytes: &[u8]) -> Result<Inspection, Stop> {
    let mut found = Inspection::default();
    let mut validator = Validator::new_with_features(FEATURES);
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        // Counts come first: the validator allocates by them.
        found.count(&payload)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            bodies.push((function, body));
        }
        found.read(&payload)?;
    }
    let mut allocations = FuncValidatorAllocations::default();
    for (function, body) in bodies {
        let mut validator = function.into_validator(allocations);
        found.plans.push(meter::plan(&mut validator, &body, found.imported_functions)?);
        allocations = validator.into_allocations();
    }
    Ok(found)
}

impl Inspection {
    fn count(&mut self, payload: &Payload<'_>) -> Result<(), Refusal> {
        let (index, count) = match payload {
            Payload::TypeSection(section) => (0, section.count()),
            Payload::ImportSection(section) => (1, section.count()),
            Payload::FunctionSection(section) => (2, section.count()),
            Payload::TableSection(section) => (3, section.count()),
            Payload::MemorySection(section) => (4, section.count()),
            Payload::GlobalSection(section) => (5, section.count()),
            Payload::ExportSection(section) => (6, section.count()),
            Payload::ElementSection(section) => (7, section.count()),
            Payload::DataSection(section) => (8, section.count()),
            Payload::CustomSection(_) => (9, 1),
            _ => return Ok(()),
        };
        let (what, limit) = COUNTS_MAX[index];
        self.counts[index] += u64::from(count);
        // Two memories are the proposal's matter: the validator names it.
        if index == 4 { Ok(()) } else { within(what, self.counts[index], limit) }
    }

    /// Counts and reads one part of a module that nothing has validated.
    pub(crate) fn take(&mut self, payload: &Payload<'_>) -> Result<(), Stop> {
        self.count(payload)?;
        self.read(payload)
    }

    /// Imports that are not here, by name or by type.
    pub(crate) fn foreign(&self) -> Vec<String> {
        let known = known();
        let is_here = |import: &Import, ty: &Option<FuncType>| {
            ty.as_ref().is_some_and(|ty| {
                known.iter().any(|known| {
                    known.module == import.module && known.name == import.name && known.has_type(ty)
                })
            })
        };
        let foreign = self.imports.iter().filter(|(import, ty)| !is_here(import, ty));
        foreign.map(|(import, _)| format!("{}.{}", import.module, import.name)).collect()
    }

    fn type_at(&self, index: u32) -> Option<&FuncType> {
        self.types.get(index as usize)
    }

    fn function_text(&self, type_index: u32) -> (String, Option<FuncType>) {
        let ty = self.type_at(type_index).cloned();
        let text = ty
            .as_ref()
            .map_or_else(|| "func".to_owned(), |ty| types_text(ty.params(), ty.results()));
        (text, ty)
    }

    fn read(&mut self, payload: &Payload<'_>) -> Result<(), Stop> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.clone().into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone() {
                    let import = import?;
                    let (kind, ty) = match import.ty {
                        TypeRef::Func(index) => {
                            self.imported_functions += 1;
                            self.functions.push(index);
                            self.function_text(index)
                        }
                        TypeRef::Table(table) => (table_text(&table)?, None),
                        TypeRef::Memory(memory) => (memory_text(&memory), None),
                        TypeRef::Global(global) => (global_text(&global), None),
                        TypeRef::Tag(_) => ("tag".to_owned(), None),
                    };
                    match import.ty {
                        TypeRef::Table(_) => self.tables.push(kind.clone()),
                        TypeRef::Memory(memory) => {
                            self.memories.push((kind.clone(), memory.initial))
                        }
                        TypeRef::Global(_) => self.globals.push(kind.clone()),
                        _ => {}
                    }
                    let import = Import {
                        module: import.module.to_owned(),
                        name: import.name.to_owned(),
                        kind,
                    };
                    self.imports.push((import, ty));
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section.clone() {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                for table in section.clone() {
                    self.tables.push(table_text(&table?.ty)?);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section.clone() {
                    let memory = memory?;
                    self.memories.push((memory_text(&memory), memory.initial));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section.clone() {
                    let ty = global?.ty;
                    self.references |= ty.mutable && ty.content_type.is_reference_type();
                    self.globals.push(global_text(&ty));
                }
            }
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    let index = export.index as usize;
                    let (kind, ty) = match export.kind {
                        ExternalKind::Func => self
                            .function_text(self.functions.get(index).copied().unwrap_or(u32::MAX)),
                        ExternalKind::Table => {
                            (self.tables.get(index).cloned().unwrap_or_default(), None)
                        }
                        ExternalKind::Memory => (
                            self.memories
                                .get(index)
                                .map(|(text, _)| text.clone())
                                .unwrap_or_default(),
                            None,
                        ),
                        ExternalKind::Global => {
                            (self.globals.get(index).cloned().unwrap_or_default(), None)
                        }
                        ExternalKind::Tag => ("tag".to_owned(), None),
                    };
                    self.exports.push((Export { name: export.name.to_owned(), kind }, ty));
                }
            }
            Payload::CustomSection(section) => {
                if let wasmparser::KnownCustom::Producers(section) = section.as_known() {
                    self.producers = producers(section).unwrap_or_default();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn export(&self, name: &str) -> Option<&(Export, Option<FuncType>)> {
        self.exports.iter().find(|(export, _)| export.name == name)
    }

    fn has_import(&self, module: &str, name: &str) -> bool {
        self.imports.iter().any(|(import, _)| import.module == module && import.name == name)
    }

    /// The shape, in the order in which they are tried, and the types of the exports that it needs.
    pub(crate) fn shape(&self) -> Result<Shape, Refusal> {
        const I32: wasmparser::ValType = wasmparser::ValType::I32;
        let expect = |name: &str,
                      params: &[wasmparser::ValType],
                      results: &[wasmparser::ValType]| {
            match self.export(name) {
                Some((export, ty))
                    if ty
                        .as_ref()
                        .is_none_or(|ty| ty.params() != params || ty.results() != results) =>
                {
                    Err(refusal(
                        "no-handler",
                        format!(
                            "the export {name} is a {}; it must be a {}",
                            export.kind,
                            types_text(params, results)
                        ),
                    ))
                }
                _ => Ok(()),
            }
        };
        let shape = if self.export("lambda_handler").is_some()
            && self.export("lambda_alloc").is_some()
        {
            Shape::Callback
        } else if self.export("_start").is_some() {
            if self.has_import("lambda", "next") { Shape::Loop } else { Shape::Command }
        } else {
            let missing = match (self.export("lambda_handler"), self.export("lambda_alloc")) {
                (Some(_), None) => "; it exports lambda_handler, but not lambda_alloc",
                (None, Some(_)) => "; it exports lambda_alloc, but not lambda_handler",
                _ => "",
            };
            return Err(refusal(
                "no-handler",
                format!(
                    "the module has no handler: it must export lambda_handler and lambda_alloc (callback), or _start (a loop over lambda.next, or a command){missing}"
                ),
            ));
        };
        match shape {
            Shape::Callback => {
                expect("lambda_handler", &[I32, I32], &[I32])?;
                expect("lambda_alloc", &[I32], &[I32])?;
                expect("lambda_resume", &[I32, I32, I32], &[I32])?;
                let starts = ["call_start", "timer_start"]
                    .into_iter()
                    .find(|name| self.has_import("lambda", name));
                if let (Some(name), None) = (starts, self.export("lambda_resume")) {
                    return Err(refusal(
                        "no-handler",
                        format!(
                            "the module imports lambda.{name}, but does not export lambda_resume, which takes the answers"
                        ),
                    ));
                }
                if self.memories.is_empty() {
                    return Err(refusal(
                        "no-handler",
                        "a callback module needs a memory to receive events in",
                    ));
                }
            }
            Shape::Loop | Shape::Command => expect("_start", &[], &[])?,
        }
        // Init code that may wait for what it starts says whether it does.
        let waits = self.export("_initialize").and_then(|(_, ty)| ty.as_ref());
        let results = waits.map_or(0, |ty| ty.results().len());
        match shape {
            Shape::Callback if results == 1 => expect("_initialize", &[], &[I32])?,
            _ => expect("_initialize", &[], &[])?,
        }
        Ok(shape)
    }

    fn check_imports(&self) -> Result<(), Refusal> {
        let known = known();
        for (import, ty) in &self.imports {
            let full = format!("{}.{}", import.module, import.name);
            let Some(ty) = ty else {
                return Err(refusal(
                    "foreign-import",
                    format!(
                        "the module imports {full}, a {}; only functions may be imported",
                        import.kind
                    ),
                ));
            };
            match known
                .iter()
                .find(|known| known.module == import.module && known.name == import.name)
            {
                Some(known) if known.has_type(ty) => {}
                Some(known) => {
                    return Err(refusal(
                        "foreign-import",
                        format!(
                            "the import {full} has the type {}; it must be {}",
                            import.kind,
                            known.type_text()
                        ),
                    ));
                }
                None => {
                    return Err(refusal(
                        "foreign-import",
                        unknown_import(&full, &import.module, &known),
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_reserved(&self) -> Result<(), Refusal> {
        match self.exports.iter().find(|(export, _)| export.name.starts_with(meter::EXPORT_PREFIX))
        {
            Some((export, _)) => Err(refusal(
                "unsupported",
                format!("the export name {} is reserved for the meter", export.name),
            )),
            None => Ok(()),
        }
    }

    pub(crate) fn info(self, bytes: &[u8], shape: Shape) -> ModuleInfo {
        let pages = self.memories.first().map_or(0, |(_, pages)| *pages);
        ModuleInfo {
            sha256: digest(bytes),
            size: bytes.len() as u64,
            shape,
            imports: self.imports.into_iter().map(|(import, _)| import).collect(),
            exports: self.exports.into_iter().map(|(export, _)| export).collect(),
            memory_pages_min: u32::try_from(pages).unwrap_or(u32::MAX),
            producers: self.producers,
        }
    }
}

fn unknown_import(full: &str, module: &str, known: &[Known]) -> String {
    let names: Vec<&str> =
        known.iter().filter(|known| known.module == module).map(|known| known.name).collect();
    if module == "wasi_snapshot_preview1" {
        return format!("the module imports {full}, which is not a function of WASI preview 1");
    }
    if names.is_empty() {
        return format!(
            "the module imports {full}; allowed are the modules lambda (coldstart:1), wasi_snapshot_preview1, and AssemblyScript's env.abort and env.seed"
        );
    }
    format!("the module imports {full}; the module {module} has {}", names.join(", "))
}

fn memory_text(memory: &wasmparser::MemoryType) -> String {
    match memory.maximum {
        Some(max) => format!("memory {} {max}", memory.initial),
        None => format!("memory {}", memory.initial),
    }
}

fn table_text(table: &wasmparser::TableType) -> Result<String, Refusal> {
    within("elements in one table at start", table.initial, TABLE_ELEMENTS_MAX)?;
    let max = table.maximum.map(|max| format!(" {max}")).unwrap_or_default();
    Ok(format!("table {}{max} {}", table.initial, table.element_type))
}

fn global_text(global: &wasmparser::GlobalType) -> String {
    if global.mutable {
        format!("global (mut {})", global.content_type)
    } else {
        format!("global {}", global.content_type)
    }
}

/// The languages and tools that made the module, as far as they say so.
fn producers(section: wasmparser::ProducersSectionReader<'_>) -> Option<Vec<String>> {
    const ENTRIES_MAX: usize = 16;
    const TEXT_MAX: usize = 100;
    let mut out = Vec::new();
    for field in section {
        for value in field.ok()?.values {
            let value = value.ok()?;
            let text: String =
                format!("{} {}", value.name, value.version).trim().chars().take(TEXT_MAX).collect();
            if out.len() < ENTRIES_MAX && !out.contains(&text) {
                out.push(text);
            }
        }
    }
    Some(out)
}
