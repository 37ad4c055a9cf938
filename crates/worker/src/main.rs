//! The Web Worker: the browser's part of [`coldstart_worker::Host`].
//!
//! Messages are `{json, buffers}`; buffers are transferred. After each pump the Worker gives way to the messages that
//! wait, by posting to itself, so that Stop! is heard between two slices of a guest.

#[cfg(target_arch = "wasm32")]
mod scope;

#[cfg(target_arch = "wasm32")]
fn main() {
    scope::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This program runs in a browser's Worker; the native command is `coldstart`.");
    std::process::exit(2);
}
