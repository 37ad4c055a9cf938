//! Where the recordings are and how they are read.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As recorded.
    Passed,
    /// Otherwise: the first difference.
    Failed(String),
    /// Not tried, by this rule over its data.
    Skipped(String),
}

/// The folder of the recordings: `COLDSTART_CONFORMANCE`, else `../shared/conformance` beside the project.
pub fn default_dir() -> PathBuf {
    match std::env::var_os("COLDSTART_CONFORMANCE") {
        Some(dir) => dir.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"),
    }
}

/// The files under the folder, with their paths under it, sorted.
pub fn files(dir: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    collect(dir, dir, &mut found);
    found.sort();
    found
}

fn collect(root: &Path, dir: &Path, found: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(root, &path, found);
        } else if let Ok(name) = path.strip_prefix(root) {
            found.push((name.to_string_lossy().replace('\\', "/"), path));
        }
    }
}

/// The cases of a file, one JSON object a line.
///
/// # Errors
/// What is wrong with the file.
pub fn read(path: &Path) -> Result<Vec<Value>, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            // Half a surrogate pair cannot be in a text here; JSONata's own escape for it can.
            let read = if line.contains("\"loneSurrogate\"") {
                serde_json::from_str(&line.replace("\\ud8", "\\\\ud8"))
            } else {
                serde_json::from_str(line)
            };
            read.map_err(|error| format!("line {}: {error}", at + 1))
        })
        .collect()
}

/// Whether a file beside the cases is read with them, or is known not to be of cases.
pub fn is_known_companion(name: &str) -> bool {
    matches!(name, "stepfunctions/jsonata-datasets.json" | "README.md" | "acceptance.bin")
}

/// How many cases a file has, whether or not we can read them: some hold text that is no Unicode.
pub fn count(path: &Path) -> usize {
    let text = fs::read(path).unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count()
}
