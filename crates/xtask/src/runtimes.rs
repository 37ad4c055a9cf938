//! Builds the runtimes of languages into `www/generated/runtimes`: modules that are given a function's code as files (docs/adr/0008).
//!
//! JavaScript is QuickJS, compiled from crates.io by clang; then what is the same for all functions is run once (`prepare.mjs`), and what
//! it left in memory becomes part of the module, which is optimised at last. Nothing of a first visit needs any of it.

use crate::examples::{WASM_FEATURES, remove};
use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan, Step};
use crate::tools::{self, Clang};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Steps of [`build`].
pub(crate) const STEPS: usize = 2;

/// Raised when what is done to the module changes.
const RECIPE: &str = "2";

/// Where the module is, once it is built.
pub(crate) fn javascript(paths: &Paths) -> PathBuf {
    paths.generated().join("runtimes/javascript.wasm")
}

/// Builds them, if something changed.
pub(crate) fn build(plan: &mut Plan, paths: &Paths) -> Outcome<()> {
    let clang = tools::clang(plan)?;
    plan.step("JavaScript runtime", |step| {
        let sources =
            [paths.root.join("runtimes/javascript"), paths.root.join("package-lock.json")];
        let compiler = step.run(Command::new("rustc").arg("--version"))?;
        let extra = format!("{RECIPE} {compiler} {}", clang.version);
        let digest = inputs::digest(&paths.root, &sources, &extra)?;
        let stamp = paths.state().join("runtimes.stamp");
        let out = javascript(paths);
        if inputs::is_fresh(&stamp, &digest) && out.is_file() {
            return Ok(((), "unchanged".to_owned()));
        }
        let bytes = make(step, paths, &clang, &out)?;
        inputs::set_stamp(&stamp, &digest)?;
        Ok(((), format!("{bytes} bytes")))
    })
}

fn make(step: &mut Step, paths: &Paths, clang: &Clang, out: &Path) -> Outcome<u64> {
    let source = paths.root.join("runtimes/javascript");
    let target = paths.target.join("runtimes");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--target", "wasm32-unknown-unknown"]);
    cargo.arg("--target-dir").arg(&target).current_dir(&source);
    cargo.env("CC_wasm32_unknown_unknown", &clang.compiler);
    cargo.env("AR_wasm32_unknown_unknown", &clang.archiver);
    // What fails an assertion names its file, which stands in the target folder.
    cargo.env(
        "CFLAGS_wasm32_unknown_unknown",
        "-Wno-builtin-macro-redefined -D__FILE__=\"quickjs\"",
    );
    // Panic messages carry the paths of the sources: give everyone the same.
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))
        .unwrap_or_default();
    let remap = format!(
        "--remap-path-prefix={}=/coldstart\x1f--remap-path-prefix={home}=/cargo",
        source.display()
    );
    cargo.env("CARGO_ENCODED_RUSTFLAGS", remap).env_remove("RUSTFLAGS");
    step.run(&mut cargo)?;

    let work = paths.state().join("runtimes");
    remove(&work)?;
    fs::create_dir_all(&work).map_err(Failure::io(work.display()))?;
    let prepared = work.join("prepared.wasm");
    let built = target.join("wasm32-unknown-unknown/release/coldstart_javascript.wasm");
    step.run(Command::new("node").arg(source.join("prepare.mjs")).arg(&built).arg(&prepared))?;
    let optimised = work.join("javascript.wasm");
    let mut wasm_opt = Command::new(paths.npm_tool("wasm-opt"));
    wasm_opt.args(["-O2", "--strip-debug", "--strip-producers"]).args(WASM_FEATURES);
    step.run(wasm_opt.arg(&prepared).arg("-o").arg(&optimised))?;

    let folder = out.parent().expect("a file is in a folder");
    fs::create_dir_all(folder).map_err(Failure::io(folder.display()))?;
    fs::rename(&optimised, out).map_err(Failure::io(out.display()))?;
    fs::metadata(out).map(|found| found.len()).map_err(Failure::io(out.display()))
}
