//! The imports of the handler ABI `coldstart:1` that the loop shape uses, made safe. `docs/ABI.md` describes them.
//!
//! Everything unsafe of the crate is here, and it is one thing: handing the host a pointer and a length.

#![allow(unsafe_code, reason = "imported functions take pointers into linear memory")]

/// The host as [`crate::runtime::serve`] sees it: the imports, or a script in tests.
pub(crate) trait Host {
    /// Waits for an event and puts it into `buffer`. `false` when there will be none (in tests only).
    fn next(&mut self, buffer: &mut Vec<u8>) -> bool;
    /// A fact about the current invocation.
    fn meta(&self, key: &str) -> Option<String>;
    /// Answers the current event.
    fn respond(&mut self, response: &[u8]);
    /// Fails the current event; `error` is JSON.
    fn fail(&mut self, error: &[u8]);
}

/// The imports.
pub(crate) struct Imports;

impl Host for Imports {
    fn next(&mut self, buffer: &mut Vec<u8>) -> bool {
        // An event that does not fit is not taken: asking again with room for it gets the same one.
        fill(buffer, imports::next);
        true
    }
    fn meta(&self, key: &str) -> Option<String> {
        let mut buffer = vec![0; 128];
        let len = fill(&mut buffer, |buffer| imports::meta(key.as_bytes(), buffer));
        if len < 0 { None } else { String::from_utf8(buffer).ok() }
    }
    fn respond(&mut self, response: &[u8]) {
        imports::respond(response);
    }
    fn fail(&mut self, error: &[u8]) {
        imports::fail(error);
    }
}

/// Milliseconds until the current invocation times out.
pub(crate) fn remaining_ms() -> i64 {
    imports::remaining_ms()
}

/// Calls a service and waits for its answer.
pub(crate) fn call(request: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; 16 * 1024];
    // Only the first call is one; an empty request reads its answer again.
    let mut request = request;
    fill(&mut buffer, |buffer| imports::call(std::mem::take(&mut request), buffer));
    buffer
}

/// Whether the imports are there: only in a module.
pub(crate) const IN_A_MODULE: bool = cfg!(target_arch = "wasm32");

/// Calls `import` with all of `buffer`, and again with a larger one if that was too small. The buffer then holds what was
/// written. Returns what the import returned: the length, or something negative.
fn fill(buffer: &mut Vec<u8>, mut import: impl FnMut(&mut [u8]) -> i32) -> i32 {
    buffer.resize(buffer.capacity(), 0);
    loop {
        let len = import(buffer);
        let size = usize::try_from(len).unwrap_or(0);
        if size <= buffer.len() {
            buffer.truncate(size);
            return len;
        }
        buffer.resize(size, 0);
    }
}

#[cfg(target_arch = "wasm32")]
mod imports {
    mod raw {
        #[link(wasm_import_module = "lambda")]
        unsafe extern "C" {
            pub(super) fn next(at: *mut u8, capacity: usize) -> i32;
            pub(super) fn meta(key: *const u8, key_len: usize, at: *mut u8, capacity: usize)
            -> i32;
            pub(super) fn respond(at: *const u8, len: usize) -> i32;
            pub(super) fn fail(at: *const u8, len: usize) -> i32;
            pub(super) safe fn remaining_ms() -> i64;
            pub(super) fn call(
                request: *const u8,
                request_len: usize,
                at: *mut u8,
                capacity: usize,
            ) -> i32;
        }
    }

    pub(super) fn next(buffer: &mut [u8]) -> i32 {
        // SAFETY: the host writes at most `capacity` bytes at the pointer, and the slice is exclusively ours.
        unsafe { raw::next(buffer.as_mut_ptr(), buffer.len()) }
    }
    pub(super) fn meta(key: &[u8], buffer: &mut [u8]) -> i32 {
        // SAFETY: the host reads the key and writes at most `capacity` bytes into a slice that is exclusively ours.
        unsafe { raw::meta(key.as_ptr(), key.len(), buffer.as_mut_ptr(), buffer.len()) }
    }
    // What the host thinks of the answer (taken, too large, nothing to answer) is for its log; there is nothing left to do here.
    pub(super) fn respond(response: &[u8]) {
        // SAFETY: the host copies the bytes before it returns.
        let _verdict = unsafe { raw::respond(response.as_ptr(), response.len()) };
    }
    pub(super) fn fail(error: &[u8]) {
        // SAFETY: the host copies the bytes before it returns.
        let _verdict = unsafe { raw::fail(error.as_ptr(), error.len()) };
    }
    pub(super) fn remaining_ms() -> i64 {
        raw::remaining_ms()
    }
    pub(super) fn call(request: &[u8], buffer: &mut [u8]) -> i32 {
        // SAFETY: the host copies the request before anything else runs, and writes at most `capacity` bytes into a
        // slice that is exclusively ours.
        unsafe { raw::call(request.as_ptr(), request.len(), buffer.as_mut_ptr(), buffer.len()) }
    }
}

/// Off wasm32 nothing is there to import: `run` and `call` say so before they get here.
#[cfg(not(target_arch = "wasm32"))]
mod imports {
    pub(super) fn next(_: &mut [u8]) -> i32 {
        unreachable!("`run` refuses to run off wasm32")
    }
    pub(super) fn meta(_: &[u8], _: &mut [u8]) -> i32 {
        -1
    }
    pub(super) fn respond(_: &[u8]) {}
    pub(super) fn fail(_: &[u8]) {}
    pub(super) fn remaining_ms() -> i64 {
        i64::MAX
    }
    pub(super) fn call(_: &[u8], _: &mut [u8]) -> i32 {
        unreachable!("`call` refuses to run off wasm32")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An import that has `text` to give, with the rule for small buffers.
    fn giving(text: &'static [u8]) -> impl FnMut(&mut [u8]) -> i32 {
        move |buffer| {
            if let Some(place) = buffer.get_mut(..text.len()) {
                place.copy_from_slice(text);
            }
            i32::try_from(text.len()).unwrap()
        }
    }

    #[test]
    fn a_buffer_grows_to_what_is_needed() {
        let mut buffer = Vec::new();
        assert_eq!(fill(&mut buffer, giving(b"hello")), 5);
        assert_eq!(buffer, b"hello");
        assert_eq!(fill(&mut buffer, giving(b"hi")), 2);
        assert_eq!(buffer, b"hi");
        assert_eq!(fill(&mut buffer, giving(b"")), 0);
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_negative_answer_leaves_nothing() {
        let mut buffer = vec![1, 2, 3];
        assert_eq!(fill(&mut buffer, |_| -1), -1);
        assert!(buffer.is_empty());
    }
}
