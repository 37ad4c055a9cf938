//! A function's body as both second passes read it: its locals and theirs, and its operators with what the plan says of each.

use super::*;
use wasm_encoder::TypeSection;
use wasmparser::{BinaryReaderError, OperatorsReader};

/// Indices of the locals that the second pass added; those that were not asked for are not used.
#[derive(Clone, Copy)]
pub(super) struct Locals {
    pub(super) left: u32,
    pub(super) length: u32,
    pub(super) grown: u32,
    pub(super) f32: u32,
    pub(super) f64: u32,
}

/// The body's locals, the first of which is `first`, with those of `temps` behind them.
pub(super) fn locals(
    shift: &mut impl Reencode<Error = core::convert::Infallible>,
    body: &FunctionBody<'_>,
    first: u32,
    temps: Temps,
) -> Result<(Vec<(u32, ValType)>, Locals), EncodeError> {
    let (mut locals, mut next) = (Vec::new(), first);
    for group in body.get_locals_reader()? {
        let (count, ty) = group?;
        locals.push((count, shift.val_type(ty)?));
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
        left: temp(temps.left, ValType::I64),
        length: temp(temps.length, ValType::I32),
        grown: temp(temps.grown, ValType::I32),
        f32: temp(temps.f32, ValType::F32),
        f64: temp(temps.f64, ValType::F64),
    };
    Ok((locals, at))
}

/// Block types for bodies of several results, by the results.
#[derive(Default)]
pub(super) struct ResultTypes(BTreeMap<Vec<wasmparser::ValType>, u32>);

impl ResultTypes {
    /// Adds a type for them to the section if they need one and have none.
    pub(super) fn add(
        &mut self,
        shift: &mut impl Reencode<Error = core::convert::Infallible>,
        section: &mut TypeSection,
        results: &[wasmparser::ValType],
    ) -> Result<(), EncodeError> {
        if results.len() > 1 && !self.0.contains_key(results) {
            self.0.insert(results.to_vec(), section.len());
            let types = results.iter().map(|ty| shift.val_type(*ty));
            section.ty().function([], types.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(())
    }
    /// The type of a block around a body.
    pub(super) fn block(
        &self,
        shift: &mut impl Reencode<Error = core::convert::Infallible>,
        results: &[wasmparser::ValType],
    ) -> Result<BlockType, EncodeError> {
        Ok(match results {
            [] => BlockType::Empty,
            [ty] => BlockType::Result(shift.val_type(*ty)?),
            several => BlockType::FunctionType(self.0.get(several).copied().unwrap_or_default()),
        })
    }
}

/// An operator of a body.
pub(super) struct Step<'a> {
    pub(super) op: O<'a>,
    /// Its bytes.
    pub(super) raw: &'a [u8],
    /// Blocks that are open within the body: with this one if it opens one, without if it ends one.
    pub(super) nesting: u32,
    pub(super) is_loop: bool,
    /// Whether the float that it leaves becomes canonical; true for an `f64`.
    pub(super) canonical: Option<bool>,
    /// Units of the run that begins behind it.
    pub(super) units: Option<u32>,
}

/// The operators of a body, in order.
pub(super) struct Steps<'a, 'p> {
    bytes: &'a [u8],
    reader: OperatorsReader<'a>,
    runs: &'p [(u32, u32)],
    canonical: &'p [(u32, bool)],
    index: u32,
    nesting: u32,
}

impl<'a, 'p> Steps<'a, 'p> {
    /// Of a body in the module of `bytes`.
    pub(super) fn new(
        bytes: &'a [u8],
        body: &FunctionBody<'a>,
        plan: &'p Plan,
    ) -> Result<Self, BinaryReaderError> {
        let reader = body.get_operators_reader()?;
        let (runs, canonical) = (&plan.runs, &plan.canonical);
        Ok(Self { bytes, reader, runs, canonical, index: 0, nesting: 0 })
    }

    fn step(&mut self) -> Result<Step<'a>, BinaryReaderError> {
        let from = self.reader.original_position();
        let op = self.reader.read()?;
        let raw = self.bytes.get(from..self.reader.original_position()).unwrap_or_default();
        match &op {
            O::Block { .. } | O::Loop { .. } | O::If { .. } => self.nesting += 1,
            O::End => self.nesting = self.nesting.saturating_sub(1),
            _ => {}
        }
        let is_loop = matches!(op, O::Loop { .. });
        let canonical = next_at(&mut self.canonical, self.index);
        let units = next_at(&mut self.runs, self.index);
        self.index = self.index.saturating_add(1);
        Ok(Step { op, raw, nesting: self.nesting, is_loop, canonical, units })
    }
}

impl<'a> Iterator for Steps<'a, '_> {
    type Item = Result<Step<'a>, BinaryReaderError>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.reader.eof()).then(|| self.step())
    }
}

/// Takes the first of a plan's marks if it is about the operator with this index.
fn next_at<T: Copy>(marks: &mut &[(u32, T)], index: u32) -> Option<T> {
    let ((at, mark), rest) = marks.split_first()?;
    (*at == index).then(|| {
        *marks = rest;
        *mark
    })
}
