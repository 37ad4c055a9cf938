//! The module between guests and [`import`](super::import): a function for each import, of the import's type.
//!
//! A guest stops by a trap of its own kind: `unreachable`, in here. An exception that is thrown through functions compiled from Rust would
//! leave their stack as it was when they were called, and whatever they were at half done. The end of the host's stack is such an exception. So
//! before each import there is a call to a function that does nothing and takes more of the stack than an import does: when there is too
//! little left, it is that call which throws, and what it throws through is the guest's.

use super::{IMPORTS, PARAMS_MAX};
use crate::imports::known;
use crate::meter;
use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, Instruction as I, Module, TypeSection, ValType,
};

/// Where the two functions of the host's are imported from: `import(i32, 9 x i64) -> i64` and `halted() -> i32`, see [`import`](super::import) and
/// [`is_halted`](super::is_halted).
const HOST: &str = "host";

/// Frames of the function that takes room, and values in each, of 8 bytes: 55 KB together.
const ROOM_FRAMES: i32 = 10;
const ROOM_VALUES: u32 = 700;
/// Its index, and its type's: behind those of the host.
const ROOM: u32 = 2;

/// The module. It exports the functions that guests import under `module.name`, for the imports of both.
pub fn glue() -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut args = vec![ValType::I32];
    args.extend([ValType::I64; PARAMS_MAX]);
    types.ty().function(args, [ValType::I64]);
    types.ty().function([], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import(HOST, "import", EntityType::Function(0));
    imports.import(HOST, "halted", EntityType::Function(1));
    let (mut functions, mut exports, mut code) =
        (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    types.ty().function([ValType::I32], [ValType::I64]);
    functions.function(ROOM);
    code.function(&room());
    let mut add = |index: u32, name: &str, params: &[ValType], result: Option<ValType>| {
        types.ty().function(params.iter().copied(), result);
        functions.function(ROOM + 1 + index);
        exports.export(name, ExportKind::Func, ROOM + 1 + index);
        code.function(&body(index, params, result));
    };
    let known = known();
    for (index, import) in (0..).zip(&known) {
        let params: Vec<ValType> = import.params().iter().map(|ty| value_type(*ty)).collect();
        let result = import.results().first().map(|ty| value_type(*ty));
        add(index, &format!("{}.{}", import.module, import.name), &params, result);
    }
    let meters = |name: &str| format!("{}.{name}", meter::IMPORT_MODULE);
    let long = ValType::I64;
    add(IMPORTS, &meters(meter::IMPORT_EXHAUSTED), &[long], Some(long));
    add(IMPORTS + 1, &meters(meter::IMPORT_OVERFLOW), &[], None);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

/// `room(frames) -> i64`: calls itself so often. Where the number is negative, which it never is, many values are held at the same time, for
/// which its frame has room on every path.
fn room() -> Function {
    let mut f = Function::new([]);
    f.instruction(&I::LocalGet(0)).instruction(&I::I32Const(0)).instruction(&I::I32LtS);
    f.instruction(&I::If(BlockType::Result(ValType::I64)));
    for _ in 0..ROOM_VALUES {
        f.instruction(&I::LocalGet(0)).instruction(&I::Call(ROOM));
    }
    for _ in 1..ROOM_VALUES {
        f.instruction(&I::I64Xor);
    }
    f.instruction(&I::Else);
    f.instruction(&I::LocalGet(0)).instruction(&I::If(BlockType::Result(ValType::I64)));
    f.instruction(&I::LocalGet(0)).instruction(&I::I32Const(1)).instruction(&I::I32Sub);
    f.instruction(&I::Call(ROOM));
    f.instruction(&I::Else).instruction(&I::I64Const(0)).instruction(&I::End);
    f.instruction(&I::End).instruction(&I::End);
    f
}

fn body(index: u32, params: &[ValType], result: Option<ValType>) -> Function {
    let mut f = Function::new([(1, ValType::I64)]);
    let value = params.len() as u32;
    f.instruction(&I::I32Const(ROOM_FRAMES)).instruction(&I::Call(ROOM)).instruction(&I::Drop);
    f.instruction(&I::I32Const(index as i32));
    for at in 0..PARAMS_MAX {
        match params.get(at) {
            Some(ty) => {
                f.instruction(&I::LocalGet(at as u32));
                match ty {
                    ValType::I32 => f.instruction(&I::I64ExtendI32S),
                    ValType::F64 => f.instruction(&I::I64ReinterpretF64),
                    _ => &mut f,
                };
            }
            None => {
                f.instruction(&I::I64Const(0));
            }
        }
    }
    f.instruction(&I::Call(0)).instruction(&I::LocalSet(value));
    f.instruction(&I::Call(1)).instruction(&I::If(BlockType::Empty));
    f.instruction(&I::Unreachable).instruction(&I::End);
    if let Some(ty) = result {
        f.instruction(&I::LocalGet(value));
        match ty {
            ValType::I32 => f.instruction(&I::I32WrapI64),
            ValType::F64 => f.instruction(&I::F64ReinterpretI64),
            _ => &mut f,
        };
    }
    f.instruction(&I::End);
    f
}

fn value_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F64 => ValType::F64,
        _ => ValType::I32,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_a_module_with_a_function_for_each_import() {
        let bytes = super::glue();
        wasmparser::validate(&bytes).expect("it is valid");
        let exports =
            wasmparser::Parser::new(0).parse_all(&bytes).find_map(|payload| {
                match payload.expect("it was validated") {
                    wasmparser::Payload::ExportSection(section) => Some(section.count()),
                    _ => None,
                }
            });
        assert_eq!(exports, Some(super::IMPORTS + 2));
    }
}
