//! Any bytes through the deploy-time checks, and whatever is accepted through a bounded run.
//!
//! With cargo-fuzz and a stable compiler, from `crates/sandbox`:
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run accept -- -max_total_time=60 -max_len=65536`
//!
//! Without it: `cargo build --release --target x86_64-unknown-linux-gnu` in this folder with `RUSTC_BOOTSTRAP=1` and `RUSTFLAGS="--cfg fuzzing
//! -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
//! -Cllvm-args=-sanitizer-coverage-pc-table -Cdebug-assertions"`, then run the binary with the same arguments.

#![no_main]

use coldstart_sandbox::{Clock, GuestConfig, Limits, Resume, Sandbox, Stop, WasmiSandbox, accept};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Slices of one run, and the units of each.
const SLICES_MAX: u32 = 64;
const SLICE_UNITS: u64 = 10_000;

fuzz_target!(|data: &[u8]| {
    run(data);
    // Random bytes seldom pass validation: let them choose a valid module as well, one that has a handler.
    let mut config = wasm_smith::Config::default();
    config.max_imports = 0;
    config.max_memories = 1;
    config.simd_enabled = false;
    config.tail_call_enabled = false;
    config.exceptions_enabled = false;
    config.gc_enabled = false;
    config.threads_enabled = false;
    config.memory64_enabled = false;
    config.exports = Some(HANDLER.to_vec());
    if let Ok(module) = wasm_smith::Module::new(config, &mut arbitrary::Unstructured::new(data)) {
        run(&module.to_bytes());
    }
});

/// `(module (func (export "_start")))`
const HANDLER: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0\x0a\x04\x01\x02\0\x0b";

fn run(wasm: &[u8]) {
    let Ok(artifact) = accept(wasm) else { return };
    let config = GuestConfig {
        name: String::new(),
        environment: vec![],
        args: vec!["fuzz".to_owned()],
        seed: 1,
        tmp: BTreeMap::new(),
        task: Arc::default(),
        opt: Arc::default(),
        limits: Limits {
            memory_bytes_max: 16 << 20,
            tmp_bytes_max: 1 << 20,
            response_bytes_max: 1 << 16,
            log_bytes_max: 1 << 16,
        },
    };
    let Ok(mut guest) = WasmiSandbox::default().start(&artifact, config) else { return };
    let clock = Clock { now_ns: 0, units_per_second: 1_000_000, deadline_ns: 1_000_000_000 };
    let mut resume = Resume::Init;
    for _ in 0..SLICES_MAX {
        resume = match guest.resume(resume, clock, SLICE_UNITS).stop {
            Stop::Exit(_) => return,
            Stop::Exhausted | Stop::Sleep { .. } => Resume::Continue,
            Stop::Call(_) => Resume::CallAnswer(Arc::from(b"{}".as_slice())),
            Stop::Next { .. } => Resume::Event { payload: Arc::from(b"{}".as_slice()), meta: BTreeMap::new() },
            Stop::Pending => match guest.take_started().first() {
                Some(call) => Resume::Token { token: call.token, answer: Arc::default() },
                None => return,
            },
        };
    }
}
