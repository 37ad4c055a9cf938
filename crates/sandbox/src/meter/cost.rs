//! What instructions cost.

use super::*;

/// What one instruction costs, in quarters of a unit.
pub(super) fn cost(op: &O<'_>, imported_functions: u32) -> u32 {
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
