//! Modules, random ones and those of the tests, slice by slice.

use crate::Way;
use coldstart_sandbox::{
    Artifact, Clock, Guest, GuestConfig, Limits, Resume, Stop, TierChoice, accept,
};
use std::fmt::Write;
use std::sync::Arc;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_smith::{Config, Module};

/// What a run may burn.
const UNITS_MAX: u64 = 3_000_000;
/// As the engine has them.
const SLICE: u64 = 100_000;
const UNITS_PER_SECOND: u64 = 1_000_000_000;
const NAME: &str = "random";

/// What the modules export, and what they may import.
const EXPORTS: &[u8] = include_bytes!("exports.wasm");
const IMPORTS: &[u8] = include_bytes!("imports.wasm");

/// Numbers of our own, so that a seed names a module for ever.
fn bytes(seed: u32, len: usize) -> Vec<u8> {
    let mut state = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn generate(seed: u32) -> Option<Vec<u8>> {
    let config = Config {
        exports: Some(EXPORTS.to_vec()),
        available_imports: Some(IMPORTS.to_vec()),
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        multi_value_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        simd_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        tail_call_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        // Node 20 does not know it; modules that have it run on wasmi there.
        extended_const_enabled: false,
        max_memories: 1,
        max_memory32_bytes: 4 << 20,
        max_table_elements: 1_000,
        min_funcs: 2,
        max_funcs: 12,
        allow_start_export: true,
        ..Config::default()
    };
    let data = bytes(seed, 4096);
    let module = Module::new(config, &mut arbitrary::Unstructured::new(&data)).ok()?;
    Some(module.to_bytes())
}

fn config() -> GuestConfig {
    GuestConfig {
        name: NAME.to_owned(),
        environment: vec![("AWS_REGION".to_owned(), "eu-west-1".to_owned())],
        args: vec!["tiers".to_owned()],
        seed: 7,
        tmp: Default::default(),
        root: Arc::default(),
        task: Arc::default(),
        opt: Arc::default(),
        limits: Limits {
            memory_bytes_max: 128 << 20,
            tmp_bytes_max: 1 << 20,
            response_bytes_max: 6 << 20,
            log_bytes_max: 64 << 10,
        },
    }
}

fn clock() -> Clock {
    Clock {
        now_ns: 1_767_225_600_000_000_000,
        units_per_second: UNITS_PER_SECOND,
        deadline_ns: 1_767_225_660_000_000_000,
    }
}

fn event(payload: &str) -> Resume {
    let meta = [("requestId", "r-1"), ("functionName", "f"), ("memoryLimitMb", "128")];
    let meta = meta.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Resume::Event { payload: payload.as_bytes().into(), meta: meta.into() }
}

/// Runs as the engine does; what is seen of each slice goes to `seen`. Whether the guest may go on.
fn run(guest: &mut dyn Guest, resume: Resume, seen: &mut String) -> bool {
    let (mut units, mut resume) = (0, resume);
    loop {
        let left = UNITS_MAX + 1 - units;
        guest.allow(left, u64::MAX);
        let run = guest.resume(resume, clock(), SLICE.min(left));
        units += run.units;
        let (log, dropped) = (guest.take_log(), guest.take_log_dropped());
        let (peak, started) = (guest.memory_bytes_peak(), guest.take_started());
        let (stop, burned) = (&run.stop, run.units);
        let _ = writeln!(
            seen,
            "{stop:?} {burned} units {peak} bytes {log:?} {dropped} dropped {started:?}"
        );
        if run.stop != Stop::Exhausted {
            return !matches!(run.stop, Stop::Exit(_));
        }
        if units > UNITS_MAX {
            return false;
        }
        resume = Resume::Continue;
    }
}

fn observe(way: Way, artifact: &Artifact) -> String {
    let sandbox = way.sandbox();
    sandbox.choose_tier(NAME, TierChoice::Auto);
    way.choose(&*sandbox, NAME, 0);
    let mut guest = match sandbox.start(artifact, config()) {
        Ok(guest) => guest,
        Err(trap) => return format!("{trap:?}"),
    };
    let mut seen = String::new();
    let inputs = [Resume::Init, event("{}"), event("[1]"), event("2")];
    for (number, input) in inputs.into_iter().enumerate() {
        way.choose(&*sandbox, NAME, number);
        if !run(&mut *guest, input, &mut seen) {
            break;
        }
    }
    let _ = writeln!(seen, "{:?}", guest.tmp());
    seen
}

fn compare(artifact: &Artifact) -> String {
    let expected = observe(Way::Wasmi, artifact);
    for way in [Way::WebAssembly, Way::Switching, Way::Hurried] {
        let seen = observe(way, artifact);
        if seen != expected {
            return format!("!wasmi:\n{expected}\n{way:?}:\n{seen}");
        }
    }
    expected
}

/// Module text in all ways, as [`random`].
#[wasm_bindgen]
pub fn module(text: &str) -> String {
    match accept(&crate::cloud::assemble(text)) {
        Ok(artifact) => compare(&artifact),
        Err(refusal) => refusal.to_string(),
    }
}

/// A random module in all ways: empty when none was made or it is refused, otherwise what was seen; with a `!` first when that differs.
#[wasm_bindgen]
pub fn random(seed: u32) -> String {
    let Some(artifact) = generate(seed).and_then(|module| accept(&module).ok()) else {
        return String::new();
    };
    compare(&artifact)
}

/// Units that random modules have burned on the host's own so far: that it was asked at all.
#[wasm_bindgen]
pub fn random_units() -> f64 {
    let report = Way::WebAssembly.sandbox().tier(NAME);
    report.map_or(0.0, |report| report.burned[1].0 as f64)
}
