//! The first pass: what to insert where.

use super::*;

/// What the first pass over a function found out.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Units charged on entry.
    pub(super) entry: u32,
    /// Runs that begin after an operator: its index, and their units.
    pub(super) runs: Vec<(u32, u32)>,
    /// Operators after which the float on top of the stack becomes canonical: index, and whether it is an `f64`.
    pub(super) canonical: Vec<(u32, bool)>,
    /// Words of stack, or 0 when the function is not counted.
    pub(super) words: u32,
    /// Whether the entry has a check.
    pub(super) checked: bool,
    pub(super) temps: Temps,
    pub(super) params: u32,
    /// Whether it changes a table, or drops a segment.
    changes_tables: bool,
}

impl Plan {
    /// Whether the function leaves tables and segments as they are.
    pub(crate) fn keeps_tables(&self) -> bool {
        !self.changes_tables
    }
}

/// Locals that the second pass needs.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Temps {
    pub(super) left: bool,
    pub(super) length: bool,
    pub(super) grown: bool,
    pub(super) f32: bool,
    pub(super) f64: bool,
}

impl Temps {
    pub(super) fn count(self) -> u32 {
        [self.left, self.length, self.grown, self.f32, self.f64].into_iter().map(u32::from).sum()
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
    let mut changes_tables = false;
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
        changes_tables |= matches!(
            op,
            O::TableSet { .. }
                | O::TableCopy { .. }
                | O::TableFill { .. }
                | O::TableInit { .. }
                | O::TableGrow { .. }
                | O::ElemDrop { .. }
                | O::DataDrop { .. }
        );
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
        changes_tables,
    })
}
