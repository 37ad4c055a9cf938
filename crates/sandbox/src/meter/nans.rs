//! Where the bits of a NaN that arithmetic made could be seen.

use super::*;

/// A value on the operand stack, as far as NaNs go.
#[derive(Clone, Copy)]
pub(super) enum Value {
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
pub(super) enum Floats {
    /// Pops so many without looking at bits, pushes the result of arithmetic (and whether it is an `f64`).
    Arithmetic(usize, bool),
    /// Pops so many without looking at bits, pushes no float.
    Blind(usize),
    /// Pops one integer, pushes a number.
    Convert,
    Other,
}

pub(super) fn floats(op: &O<'_>) -> Floats {
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

/// Finds where the bits of a NaN that arithmetic made could be seen.
///
/// Such a result is left alone while only arithmetic, comparisons and conversions to integers use it. A local whose
/// every value comes from arithmetic is canonicalised where it is read for anything else; a local that also holds
/// exact values is canonicalised where arithmetic writes to it, since its exact values (a payload in a NaN, say) must stay.
pub(super) struct Nans {
    pub(super) stack: Vec<Value>,
    /// Locals that hold exact values too. Parameters do.
    pub(super) mixed: Vec<bool>,
    /// `Some(true)` for `f64`.
    pub(super) float_local: Vec<Option<bool>>,
    pub(super) is_f64: BTreeMap<u32, bool>,
    pub(super) marked: Vec<u32>,
    pub(super) marked_if_pure: Vec<(u32, u32)>,
    pub(super) marked_if_mixed: Vec<(u32, u32)>,
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
    pub(super) fn step(&mut self, index: u32, op: &O<'_>, arity: (u32, u32), height: usize) {
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

    pub(super) fn finish(self) -> Vec<(u32, bool)> {
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
