//! Puts the runtimes of languages into the command, as far as `cargo xtask runtimes` has built them: without them, a function in such a
//! language is told that its runtime is not here.

use std::env;
use std::fs;
use std::path::PathBuf;

fn main() {
    let built = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("Cargo sets it"))
        .join("../../www/generated/runtimes/javascript.wasm");
    println!("cargo::rerun-if-changed={}", built.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it")).join("javascript.wasm");
    let module = fs::read(&built).unwrap_or_default();
    fs::write(out, module).expect("the output folder can be written to");
}
