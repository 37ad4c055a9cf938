//! The WebAssembly of the JavaScript engine that hosts us, as a tier of the sandbox: `WebAssembly.Module`, `Instance`, `Memory` and `Global` behind
//! [`coldstart_sandbox::WebAssembly`]. On other targets there is nothing here.

#[cfg(target_arch = "wasm32")]
mod host;

#[cfg(target_arch = "wasm32")]
pub use host::HostWebAssembly;
