//! Recorded answers of AWS, replayed against the engine.
//!
//! The recordings are read from where they are (`COLDSTART_CONFORMANCE`, else `../shared/conformance`). A case may be skipped
//! only by a rule over its data, never by its id: the same code runs cases that nobody here has seen.

pub mod cloud;
pub mod compare;
pub mod data;
pub mod derive;
pub mod kinds;
pub mod report;
pub mod stub;
pub mod transcript;

use kinds::Context;
use report::{FileReport, Report};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Runs every case of every known kind under a folder.
///
/// # Errors
/// A file that cannot be read.
pub fn run(dir: &Path) -> Result<Report, String> {
    let mut report = Report::default();
    let files = data::files(dir);
    let context = context(dir)?;
    for (name, path) in &files {
        let Some(kind) = name.strip_suffix(".jsonl") else {
            report.unknown.push(name.clone());
            continue;
        };
        let Some(run) = kinds::runner(kind) else {
            report.unsupported.push((kind.to_owned(), data::count(path)));
            continue;
        };
        let cases = data::read(path).map_err(|error| format!("{name}: {error}"))?;
        let mut file = FileReport::default();
        for case in &cases {
            file.add(case["id"].as_str().unwrap_or("?"), run(case, &context));
        }
        report.files.insert(kind.to_owned(), file);
    }
    Ok(report)
}

/// What cases need beside themselves: a sandbox, and the transcripts of this folder and of the default one.
///
/// # Errors
/// A transcript file that cannot be read.
pub fn context(dir: &Path) -> Result<Context, String> {
    let mut transcripts: BTreeMap<String, Value> = BTreeMap::new();
    for dir in [&data::default_dir(), dir] {
        for (name, path) in
            data::files(dir).iter().filter(|(name, _)| name.ends_with("_scenario.jsonl"))
        {
            for case in data::read(path).map_err(|error| format!("{name}: {error}"))? {
                let id = case["id"].as_str().unwrap_or_default().to_owned();
                transcripts.insert(id, case);
            }
        }
    }
    Ok(Context { transcripts })
}
