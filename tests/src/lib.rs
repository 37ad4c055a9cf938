//! Recorded answers of AWS, replayed against the engine.
//!
//! The recordings are read from where they are (`COLDSTART_CONFORMANCE`, else `../shared/conformance`). A case may be skipped
//! only by a rule over its data, never by its id: the same code runs cases that nobody here has seen.

pub mod cloud;
pub mod compare;
pub mod data;
pub mod derive;
pub mod filters;
pub mod kinds;
pub mod poller_stubs;
pub mod pollers;
pub mod queues;
pub mod report;
pub mod samples;
pub mod states;
pub mod stub;
pub mod transcript;

use kinds::Context;
use report::{FileReport, Report};
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
            if !data::is_known_companion(name) {
                report.unknown.push(name.clone());
            }
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

/// What cases need beside themselves: a sandbox, and the transcripts, executions and documents of this folder and of the
/// default one.
///
/// # Errors
/// A file of these that cannot be read.
pub fn context(dir: &Path) -> Result<Context, String> {
    let mut context = Context::default();
    for dir in [&data::default_dir(), dir] {
        for (name, path) in &data::files(dir) {
            let cases = match name.as_str() {
                name if name.ends_with("_scenario.jsonl") => &mut context.transcripts,
                "stepfunctions/execution.jsonl" => &mut context.executions,
                "stepfunctions/jsonata-datasets.json" => {
                    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
                    context.datasets =
                        serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
                    continue;
                }
                _ => continue,
            };
            for case in data::read(path).map_err(|error| format!("{name}: {error}"))? {
                cases.insert(case["id"].as_str().unwrap_or_default().to_owned(), case);
            }
        }
    }
    Ok(context)
}
