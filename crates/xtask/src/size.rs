//! What a first visit transfers, compressed as a good host would, against the budgets.

use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome};
use crate::split::table::{ENGINE, PAGE};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::Command;

/// What a first visit transfers at most, in bytes (`docs/adr/0004`). A kilobyte is 1,000 bytes.
const TOTAL_MAX: u64 = 900_000;

/// Says whether a file belongs to a line.
type Claim = Box<dyn Fn(&str) -> bool>;

/// Files that belong together, their budget, and whether the first usable screen needs them.
struct Group {
    name: &'static str,
    first: bool,
    max: Option<u64>,
    is: fn(&str) -> bool,
}

/// Every file belongs to the first group that claims it. Parts of modules have rows of their own.
const GROUPS: [Group; 15] = [
    Group { name: "HTML shell", first: true, max: Some(15_000), is: |file| file == "index.html" },
    Group { name: "Style", first: true, max: Some(25_000), is: |file| file.ends_with(".css") },
    Group {
        name: "Page wasm",
        first: true,
        max: None,
        is: |file| file.starts_with("app-") && file.ends_with(".wasm"),
    },
    Group { name: "Page script", first: true, max: None, is: |file| file.starts_with("boot-") },
    Group {
        name: "Engine wasm",
        first: true,
        max: None,
        is: |file| file.starts_with("engine-") && file.ends_with(".wasm"),
    },
    Group { name: "Engine script", first: true, max: None, is: |file| file.starts_with("engine-") },
    Group { name: "Icon", first: true, max: None, is: |file| file == "favicon.svg" },
    Group {
        // Fetched by the Examples page and by the dialog that creates functions.
        name: "List of examples",
        first: false,
        max: None,
        is: |file| file == "examples/index.json",
    },
    Group {
        // 150,000 before it knew what instructions of WebAssembly do.
        name: "Editor",
        first: false,
        max: Some(155_000),
        is: |file| file.starts_with("editor-"),
    },
    Group {
        name: "TypeScript",
        first: false,
        max: Some(45_000),
        is: |file| file.starts_with("typescript-"),
    },
    Group {
        name: "Formatter",
        first: false,
        max: Some(170_000),
        is: |file| file.starts_with("format-"),
    },
    Group {
        name: "AssemblyScript",
        first: false,
        max: Some(2_300_000),
        is: |file| file.starts_with("asc-") || file.starts_with("assemblyscript-"),
    },
    Group { name: "Examples", first: false, max: None, is: |file| file.starts_with("examples/") },
    Group {
        name: "Runtimes of languages, when first used",
        first: false,
        max: Some(800_000),
        is: |file| file.starts_with("runtime-"),
    },
    Group { name: "Other", first: false, max: None, is: |_| true },
];

/// The measurement.
pub(crate) struct Report {
    pub(crate) table: String,
    pub(crate) total: u64,
    /// An error past a budget.
    pub(crate) verdict: Outcome<()>,
}

/// One line of the table.
struct Row {
    name: String,
    first: bool,
    files: u64,
    raw: u64,
    brotli: u64,
    max: Option<u64>,
}

impl Row {
    fn is_over(&self) -> bool {
        self.max.is_some_and(|max| self.brotli > max)
    }

    fn write(&self, table: &mut String) {
        let mark = if self.is_over() { "  over" } else { "" };
        let (raw, brotli) = (thousands(self.raw), thousands(self.brotli));
        let max = self.max.map_or_else(String::new, thousands);
        let (name, files) = (&self.name, self.files);
        let _ = writeln!(table, "{name:<28} {files:>5} {raw:>12} {brotli:>12} {max:>12}{mark}");
    }

    fn json(&self) -> Value {
        json!({ "part": self.name, "first": self.first, "files": self.files, "raw": self.raw, "brotli": self.brotli, "max": self.max })
    }
}

/// The lines: groups of files, then the parts of the two modules.
fn rows() -> Vec<(Row, Claim)> {
    let row = |name: String, first, max| Row { name, first, files: 0, raw: 0, brotli: 0, max };
    let parts = [("Engine", ENGINE), ("Page", PAGE)].into_iter().flat_map(|(of, parts)| {
        parts.iter().map(move |part| {
            let name = part.rule.name;
            let stem = format!("part-{name}-");
            let is = move |file: &str| file.starts_with(&stem);
            (row(format!("{of} part: {name}"), false, Some(part.brotli_max)), Box::new(is) as Claim)
        })
    });
    let groups = GROUPS.iter().map(|group| {
        (row(group.name.to_owned(), group.first, group.max), Box::new(group.is) as Claim)
    });
    // Parts first: the last group claims every file.
    parts.chain(groups).collect()
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
    let mut rows = rows();
    for (name, (raw, compressed)) in names.iter().zip(&sizes) {
        let row = rows.iter_mut().find(|(_, is)| is(name));
        let (row, _) = row.expect("the last group claims every file");
        row.files += 1;
        row.raw += raw;
        row.brotli += compressed;
    }
    let rows: Vec<Row> = rows.into_iter().map(|(row, _)| row).collect();

    let mut table = format!(
        "{:<28} {:>5} {:>12} {:>12} {:>12}\n",
        "First visit, bytes", "files", "raw", "brotli", "budget"
    );
    let sum = |name: &str, max, keep: &dyn Fn(&Row) -> bool| {
        let start = Row { name: name.to_owned(), first: true, files: 0, raw: 0, brotli: 0, max };
        rows.iter().filter(|row| keep(row)).fold(start, |sum, row| Row {
            files: sum.files + row.files,
            raw: sum.raw + row.raw,
            brotli: sum.brotli + row.brotli,
            ..sum
        })
    };
    let total = sum("TOTAL", Some(TOTAL_MAX), &|row| row.first);
    rows.iter().filter(|row| row.first).for_each(|row| row.write(&mut table));
    sum("All wasm", None, &|row| row.first && row.name.ends_with("wasm")).write(&mut table);
    total.write(&mut table);
    let _ = writeln!(table, "Fetched when needed");
    rows.iter().filter(|row| !row.first && row.files > 0).for_each(|row| row.write(&mut table));

    let list: Vec<Value> = rows.iter().map(Row::json).collect();
    let result = json!({ "total": total.brotli, "max": TOTAL_MAX, "parts": list });
    let path = paths.results().join("size.json");
    std::fs::write(&path, format!("{result:#}\n")).map_err(Failure::io(path.display()))?;
    // A group over its budget is shown; the sum decides, because it is what a visitor waits for.
    let verdict = match total.brotli.checked_sub(TOTAL_MAX) {
        None | Some(0) => Ok(()),
        Some(excess) => Err(Failure::new(format!(
            "a first visit transfers {} bytes too many; `target/xtask/split/` says which functions are in it (docs/adr/0005)",
            thousands(excess)
        ))),
    };
    Ok(Report { table, total: total.brotli, verdict })
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
    // The largest first, on as many threads as Node has for such work.
    const SCRIPT: &str = "const z = require('zlib'), fs = require('fs'), of = require('util').promisify(z.brotliCompress);
        const all = process.argv.slice(1).map((f, at) => ({ at, bytes: fs.readFileSync(f) })).sort((a, b) => b.bytes.length - a.bytes.length);
        const size = async ({ at, bytes: b }) => [at, b.length, (await of(b, { params: { [z.constants.BROTLI_PARAM_QUALITY]: 11, [z.constants.BROTLI_PARAM_SIZE_HINT]: b.length } })).length];
        Promise.all(all.map(size)).then((sizes) => console.log(JSON.stringify(sizes.sort((a, b) => a[0] - b[0]).map((size) => size.slice(1)))));";
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
