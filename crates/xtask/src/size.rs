//! What a first visit transfers, compressed as a good host would, against the budgets.

use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::Command;

/// What a first visit should transfer at most, in bytes. A kilobyte is 1,000 bytes.
const TOTAL_GOAL: u64 = 900_000;

/// What it may transfer at most now: a ratchet, which goes down to the goal and never up (`docs/adr/0004`).
const TOTAL_MAX: u64 = 1_090_000;

/// A part of the site: the files that belong to it, its budget, and whether the first usable screen needs it.
struct Part {
    name: &'static str,
    first: bool,
    max: Option<u64>,
    is: fn(&str) -> bool,
}

/// Every file belongs to the first part that claims it.
const PARTS: [Part; 11] = [
    Part { name: "HTML shell", first: true, max: Some(15_000), is: |file| file == "index.html" },
    Part { name: "Style", first: true, max: Some(25_000), is: |file| file.ends_with(".css") },
    Part {
        name: "Page wasm",
        first: true,
        max: None,
        is: |file| file.starts_with("app-") && file.ends_with(".wasm"),
    },
    Part { name: "Page script", first: true, max: None, is: |file| file.starts_with("boot-") },
    Part {
        name: "Engine wasm",
        first: true,
        max: None,
        is: |file| file.starts_with("engine-") && file.ends_with(".wasm"),
    },
    Part { name: "Engine script", first: true, max: None, is: |file| file.starts_with("engine-") },
    Part { name: "Icon", first: true, max: None, is: |file| file == "favicon.svg" },
    Part {
        // Fetched by the Examples page and by the dialog that creates functions.
        name: "List of examples",
        first: false,
        max: None,
        is: |file| file == "examples/index.json",
    },
    Part {
        name: "Editor",
        first: false,
        max: Some(150_000),
        is: |file| file.starts_with("editor-"),
    },
    Part { name: "Examples", first: false, max: None, is: |file| file.starts_with("examples/") },
    Part { name: "Other", first: false, max: None, is: |_| true },
];

/// Page and engine wasm together: a goal, shown beside the sum.
const WASM_MAX: u64 = 650_000;

/// The measurement.
pub(crate) struct Report {
    pub(crate) table: String,
    pub(crate) total: u64,
    /// An error past a budget.
    pub(crate) verdict: Outcome<()>,
}

/// Compresses `dist/` and writes `target/size.json`.
pub(crate) fn measure(paths: &Paths) -> Outcome<Report> {
    let dist = paths.dist();
    let files = inputs::files(&dist)?;
    let names: Vec<_> = files
        .iter()
        .filter_map(|file| file.strip_prefix(&dist).ok()?.to_str().map(str::to_owned))
        .collect();
    let sizes = brotli(paths, &names)?;
    let mut totals = [(0_u64, 0_u64, 0_u64); PARTS.len()];
    for (name, (raw, compressed)) in names.iter().zip(&sizes) {
        let part =
            PARTS.iter().position(|part| (part.is)(name)).expect("the last part claims every file");
        totals[part] = (totals[part].0 + 1, totals[part].1 + raw, totals[part].2 + compressed);
    }

    let mut table = format!(
        "{:<28} {:>5} {:>12} {:>12} {:>12}\n",
        "First visit, bytes", "files", "raw", "brotli", "budget"
    );
    let mut total = 0;
    let mut rows = Vec::new();
    for first in [true, false] {
        for (part, (count, raw, compressed)) in
            PARTS.iter().zip(totals).filter(|(part, _)| part.first == first)
        {
            row(&mut table, part.name, count, raw, compressed, part.max);
            rows.push(json!({ "part": part.name, "first": first, "files": count, "raw": raw, "brotli": compressed, "max": part.max }));
        }
        if first {
            let sum = |keep: &dyn Fn(&Part) -> bool| {
                let kept =
                    PARTS.iter().zip(totals).filter(|(part, _)| keep(part)).map(|(_, total)| total);
                kept.fold((0, 0, 0), |sum, total| {
                    (sum.0 + total.0, sum.1 + total.1, sum.2 + total.2)
                })
            };
            let wasm = sum(&|part| part.first && part.name.ends_with("wasm"));
            let all = sum(&|part| part.first);
            row(&mut table, "All wasm", wasm.0, wasm.1, wasm.2, Some(WASM_MAX));
            row(&mut table, "TOTAL", all.0, all.1, all.2, Some(TOTAL_GOAL));
            total = all.2;
            let _ = writeln!(table, "Fetched when needed");
        }
    }
    let result = json!({ "total": total, "goal": TOTAL_GOAL, "max": TOTAL_MAX, "parts": rows });
    let path = paths.results().join("size.json");
    std::fs::write(&path, format!("{result:#}\n")).map_err(Failure::io(path.display()))?;
    // A part over its budget is shown; the sum decides, because it is what a visitor waits for.
    let verdict = match total.checked_sub(TOTAL_MAX) {
        None | Some(0) => Ok(()),
        Some(excess) => Err(Failure::new(format!(
            "a first visit transfers {} bytes too many",
            thousands(excess)
        ))),
    };
    Ok(Report { table, total, verdict })
}

fn row(table: &mut String, name: &str, files: u64, raw: u64, compressed: u64, max: Option<u64>) {
    let mark = if max.is_some_and(|max| compressed > max) { "  over" } else { "" };
    let (raw, compressed) = (thousands(raw), thousands(compressed));
    let max = max.map_or_else(String::new, thousands);
    let _ = writeln!(table, "{name:<28} {files:>5} {raw:>12} {compressed:>12} {max:>12}{mark}");
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Raw and compressed bytes of each file. Node brings brotli along; it needs no installation of its own.
fn brotli(paths: &Paths, names: &[String]) -> Outcome<Vec<(u64, u64)>> {
    const SCRIPT: &str = "const z = require('zlib'), fs = require('fs');
        const at = (b) => z.brotliCompressSync(b, { params: { [z.constants.BROTLI_PARAM_QUALITY]: 11, [z.constants.BROTLI_PARAM_SIZE_HINT]: b.length } }).length;
        console.log(JSON.stringify(process.argv.slice(1).map((f) => { const b = fs.readFileSync(f); return [b.length, at(b)]; })));";
    let output = Command::new("node")
        .current_dir(paths.dist())
        .args(["-e", SCRIPT, "--"])
        .args(names)
        .output();
    let output = output.map_err(Failure::io("node"))?;
    let sizes: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let sizes = sizes.as_ref().and_then(Value::as_array).map(|list| {
        let pairs = list.iter().filter_map(|pair| Some((pair[0].as_u64()?, pair[1].as_u64()?)));
        pairs.collect::<Vec<_>>()
    });
    let failed = || {
        Failure::new(format!(
            "node could not compress dist: {}",
            String::from_utf8_lossy(&output.stderr)
        ))
    };
    sizes.filter(|sizes| sizes.len() == names.len()).ok_or_else(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
