//! The kernels as a guest of the callback shape: the event is a kernel's name as a JSON string, the answer its result.

#[path = "../../src/kernels.rs"]
mod kernels;

use std::cell::RefCell;

#[link(wasm_import_module = "lambda")]
unsafe extern "C" {
    fn respond(at: *const u8, len: usize) -> i32;
}

thread_local! {
    static EVENT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

#[unsafe(no_mangle)]
extern "C" fn lambda_alloc(len: usize) -> *mut u8 {
    EVENT.with_borrow_mut(|event| {
        event.clear();
        event.resize(len, 0);
        event.as_mut_ptr()
    })
}

#[unsafe(no_mangle)]
extern "C" fn lambda_handler(_at: *const u8, _len: usize) -> i32 {
    let name = EVENT.with_borrow(|event| String::from_utf8_lossy(event).trim_matches('"').to_owned());
    let answer = kernels::run(&name).map_or_else(|| "null".to_owned(), |result| format!("\"{result}\""));
    // SAFETY: the host copies the answer before it returns.
    unsafe { respond(answer.as_ptr(), answer.len()) };
    0
}
