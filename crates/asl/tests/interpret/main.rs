//! Executions that AWS ran, run again by the interpreter alone: the host here answers tasks with what was recorded.
//!
//! The data is not part of the project: `COLDSTART_CONFORMANCE` names its folder, else it is looked for beside the
//! workspace. Without it each test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "tests")]

mod alone;
#[path = "../../../../tests/src/compare.rs"]
#[allow(unreachable_pub, reason = "shared with the package that runs all cases")]
mod compare;
mod host;
mod peer;
mod recorded;
mod redriven;
mod rules;
mod speed;

use serde_json::Value;
use std::path::PathBuf;

/// The cases of a file, or `None` when there is no data.
fn cases(file: &str) -> Option<Vec<Value>> {
    let root = match std::env::var_os("COLDSTART_CONFORMANCE") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance")),
    };
    let Ok(text) = std::fs::read_to_string(root.join("stepfunctions").join(file)) else {
        eprintln!("{file}: skipped: no data");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Prints how many cases pass and every one that does not; fails below `floor`, the number reached so far.
fn all(file: &str, floor: usize, check: impl Fn(&Value) -> Result<(), String>) {
    let Some(cases) = cases(file) else { return };
    let mut passed = 0;
    for case in &cases {
        match check(case) {
            Ok(()) => passed += 1,
            Err(why) => eprintln!("  {}: {why}", case["id"].as_str().unwrap_or("?")),
        }
    }
    eprintln!("{file}: {} in all, {passed} passed, {} failed", cases.len(), cases.len() - passed);
    assert!(passed >= floor, "{file}: {passed} passed, {floor} did before");
}
