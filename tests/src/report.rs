//! What came of the cases: a table to read, and a file for other tools.

use crate::data::Outcome;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// The cases of one file.
#[derive(Debug, Default)]
pub struct FileReport {
    /// As recorded.
    pub passed: usize,
    /// Ids and first differences.
    pub failures: Vec<(String, String)>,
    /// Not tried, counted by rule.
    pub skipped: BTreeMap<String, usize>,
}

/// All files.
#[derive(Debug, Default)]
pub struct Report {
    /// By path without ending.
    pub files: BTreeMap<String, FileReport>,
    /// Kinds that are not supported yet, with their number of cases.
    pub unsupported: Vec<(String, usize)>,
    /// Files that are not of cases.
    pub unknown: Vec<String>,
}

impl FileReport {
    /// Counts a case.
    pub fn add(&mut self, id: &str, outcome: Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed(why) => self.failures.push((id.to_owned(), why)),
            Outcome::Skipped(rule) => *self.skipped.entry(rule).or_default() += 1,
        }
    }
    fn skips(&self) -> usize {
        self.skipped.values().sum()
    }
    fn total(&self) -> usize {
        self.passed + self.failures.len() + self.skips()
    }
}

impl Report {
    /// Cases as recorded.
    pub fn passed(&self) -> usize {
        self.files.values().map(|file| file.passed).sum()
    }
    /// Cases otherwise.
    pub fn failed(&self) -> usize {
        self.files.values().map(|file| file.failures.len()).sum()
    }
    /// Whether every file passes as far as it must ([`crate::kinds::floor`]).
    pub fn holds(&self) -> bool {
        self.files.iter().all(|(kind, file)| {
            let ran = file.passed + file.failures.len();
            file.passed as f64 >= crate::kinds::floor(kind) * ran as f64
        })
    }
    /// `{"lambda/log_line": {"total", "passed", "failed", "skipped", "failures": [ids]}, …}`
    pub fn json(&self) -> Value {
        let files = self.files.iter().map(|(kind, file)| {
            let failures: Vec<&str> = file.failures.iter().map(|(id, _)| id.as_str()).collect();
            let counts = json!({
                "total": file.total(), "passed": file.passed, "failed": file.failures.len(), "skipped": file.skips(),
                "failures": failures,
            });
            (kind.clone(), counts)
        });
        let unsupported = self.unsupported.iter().map(|(kind, total)| {
            (kind.clone(), json!({ "total": total, "passed": 0, "failed": 0, "skipped": total, "failures": [] }))
        });
        let mut all: Vec<(String, Value)> = files.chain(unsupported).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Value::Object(all.into_iter().collect::<Map<_, _>>())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<40} {:>6} {:>7} {:>7} {:>8}",
            "file", "total", "passed", "failed", "skipped"
        )?;
        for (kind, file) in &self.files {
            let (total, failed) = (file.total(), file.failures.len());
            writeln!(
                f,
                "{kind:<40} {total:>6} {:>7} {failed:>7} {:>8}",
                file.passed,
                file.skips()
            )?;
            let mut rules: Vec<(&String, &usize)> = file.skipped.iter().collect();
            rules.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            for (rule, count) in rules {
                writeln!(f, "    skipped {count:>4}: {rule}")?;
            }
            for (id, why) in &file.failures {
                writeln!(f, "    failed {id}\n        {}", why.replace('\n', "\\n"))?;
            }
        }
        for (kind, total) in &self.unsupported {
            writeln!(f, "{kind:<40} {total:>6} not yet supported")?;
        }
        for name in &self.unknown {
            writeln!(f, "{name}: not a file of cases that this command knows")?;
        }
        write!(f, "{} passed, {} failed", self.passed(), self.failed())
    }
}
