//! Both tiers of the sandbox side by side, in Node: package `tiers`, compiled for the web and run by `tests/tiers/run.mjs`.

use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan};
use crate::{examples, progress, runtimes, tools};
use std::ffi::OsString;
use std::process::Command;

/// Random modules of the tests, and of `cargo xtask fuzz`, which is for nights.
const NIGHTLY_MODULES: &str = "10000";

/// Builds it.
pub(crate) fn build(plan: &mut Plan, paths: &Paths) -> Outcome<()> {
    plan.step("Tiers", |step| {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&paths.root).args(["build", "--profile", "fast", "--package", "tiers"]);
        step.run(cargo.args(["--target", "wasm32-unknown-unknown"]))?;
        let built = paths.target.join("wasm32-unknown-unknown/fast/tiers.wasm");
        let mut bindgen = Command::new("wasm-bindgen");
        bindgen.env("PATH", tools::path(paths)).args(["--target", "nodejs", "--out-dir"]);
        step.run(bindgen.arg(paths.target.join("tiers")).arg(built))?;
        Ok(((), String::new()))
    })
}

/// Runs it, once it, the examples and the runtimes are built.
pub(crate) fn command(paths: &Paths) -> Command {
    let mut node = Command::new("node");
    node.current_dir(&paths.root)
        .arg("tests/tiers/run.mjs")
        .arg(paths.target.join("tiers/tiers.js"));
    node.arg("--runtime").arg(runtimes::javascript(paths));
    node.arg("--examples").arg(paths.generated().join("examples"));
    node
}

/// `cargo xtask fuzz`: many more random modules, from a seed that nobody has tried, which it prints.
pub(crate) fn fuzz(paths: &Paths, rest: Vec<OsString>) -> Outcome<()> {
    let mut plan = Plan::new(paths, tools::STEPS + examples::STEPS + runtimes::STEPS + 1)?;
    tools::install(&mut plan, paths)?;
    examples::build(&mut plan, paths)?;
    runtimes::build(&mut plan, paths)?;
    build(&mut plan, paths)?;
    plan.finish();
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().map_err(Failure::usage)?;
    // A day's seeds are its own.
    let from = (since.as_secs() / 86_400 % 10_000) * 400_000;
    println!("from seed {from}");
    let mut node = command(paths);
    node.args(["--modules", NIGHTLY_MODULES, "--from", &from.to_string()]);
    progress::pass_through(node.args(rest))
}
