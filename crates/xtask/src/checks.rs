//! `cargo xtask test`: everything that must hold, in an order that fails early, with the counts at the end.

use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan, seconds};
use crate::{examples, guests, runtimes, site, size, suite, tiers, tools};
use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// Passed and failed tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    /// Recorded answers that ours differs from as `docs/FIDELITY.md` explains. They are no failures while the command says that its rates hold.
    explained: u64,
}

impl Counts {
    fn note(self) -> String {
        let note = format!("{} passed, {} failed", self.passed, self.failed);
        match self.explained {
            0 => note,
            explained => format!("{note}, {explained} otherwise and explained"),
        }
    }
}

/// One line of the summary.
struct Row {
    name: &'static str,
    counts: Option<Counts>,
    verdict: Result<String, String>,
}

struct Run<'a> {
    paths: &'a Paths,
    plan: Plan,
    rows: Vec<Row>,
}

impl Run<'_> {
    /// A check without counts: formatting, lints, builds, sizes.
    fn check(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&mut Plan, &Paths) -> Outcome<String>,
    ) -> bool {
        let done = work(&mut self.plan, self.paths);
        self.record(name, None, done)
    }

    /// Tests, whose command says how many passed. Its failure and failed tests are one thing, not two.
    fn tests(
        &mut self,
        name: &'static str,
        count: fn(&str) -> Counts,
        command: &mut Command,
    ) -> bool {
        let mut counts = Counts::default();
        let done = self.plan.step(name, |step| {
            let done = step.run(command);
            let output = done.as_ref().map_or_else(|failure| failure.output(), String::as_str);
            counts = count(output);
            if done.is_ok() {
                counts.failed -= counts.explained;
            } else {
                counts.explained = 0;
            }
            if done.is_err() && counts.failed == 0 {
                // It did not compile, or died: that must not look like a success.
                counts.failed = 1;
            }
            let failed = |failure: &Failure| Failure::new(format!("{}\n{failure}", counts.note()));
            done.map(|_| ((), counts.note())).map_err(|failure| failed(&failure))
        });
        let done = done.and_then(|()| match counts.failed {
            0 => Ok(counts.note()),
            _ => Err(Failure::new(counts.note())),
        });
        self.record(name, Some(counts), done)
    }

    fn record(
        &mut self,
        name: &'static str,
        counts: Option<Counts>,
        done: Outcome<String>,
    ) -> bool {
        let ok = done.is_ok();
        let verdict = match done {
            Ok(note) => Ok(note),
            Err(failure) => {
                println!("{failure}");
                Err(counts.map_or_else(|| "failed".to_owned(), Counts::note))
            }
        };
        self.rows.push(Row { name, counts, verdict });
        ok
    }

    fn skip(&mut self, name: &'static str, why: &str) {
        self.plan.skip(name, why);
        self.rows.push(Row { name, counts: None, verdict: Err(format!("skipped: {why}")) });
    }
}

/// Runs everything; the exit code says whether all of it passed.
pub(crate) fn test(paths: &Paths, rest: Vec<OsString>) -> ExitCode {
    match run(paths, &rest) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            println!("\n{failure}\n\n0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

fn run(paths: &Paths, rest: &[OsString]) -> Outcome<bool> {
    let has = |flag: &str| rest.iter().any(|argument| argument == flag);
    if let Some(unknown) = rest
        .iter()
        .find(|argument| !["--skip-browser", "--skip-clippy"].iter().any(|flag| argument == flag))
    {
        return Err(Failure::new(format!("unexpected argument {unknown:?}")));
    }
    let (browser, clippy) = (!has("--skip-browser"), !has("--skip-clippy"));
    let steps = tools::STEPS
        + usize::from(browser)
        + 1
        + 3 * usize::from(clippy)
        + 9
        + guests::STEPS
        + site::STEPS
        + usize::from(browser);
    let mut run = Run { paths, plan: Plan::new(paths, steps)?, rows: Vec::new() };

    tools::install(&mut run.plan, paths)?;
    let chromium = if browser { Some(tools::chromium(&mut run.plan)?) } else { None };

    run.check("Format", format);
    if clippy {
        run.check("Clippy, host", |plan, paths| {
            lint(
                plan,
                paths,
                "Clippy, host",
                &["--workspace", "--exclude", "coldstart-app", "--all-targets"],
                "",
            )
        });
        run.check("Clippy, page and Worker", |plan, paths| {
            let packages = [
                "-p",
                "coldstart-app",
                "-p",
                "coldstart-worker",
                "-p",
                "coldstart-webassembly",
                "-p",
                "tiers",
                "--target",
                "wasm32-unknown-unknown",
            ];
            lint(plan, paths, "Clippy, page and Worker", &packages, "")
        });
        run.check("Clippy, examples", |plan, paths| {
            lint(
                plan,
                paths,
                "Clippy, examples",
                &["--workspace", "--target", "wasm32-wasip1"],
                "examples",
            )
        });
    }
    // Before the tests: they run the examples' modules too.
    let examples = run
        .check("Examples", |plan, paths| examples::build(plan, paths).map(|()| "built".to_owned()));

    let runtimes = run
        .check("Runtimes", |plan, paths| runtimes::build(plan, paths).map(|()| "built".to_owned()));

    run.check("Guests of other compilers", |plan, paths| {
        guests::build(plan, paths).map(|()| "built".to_owned())
    });

    let mut tests = cargo(paths, "test");
    tests.args(["--workspace", "--no-fail-fast"]);
    // Two thousand workloads by chance; by themselves the tests do a tenth of it.
    tests.env("COLDSTART_SEEDS", "500");
    // Tests of a runtime that is not there are no tests, nor are those of guests that are not built.
    tests.env("COLDSTART_RUNTIMES_REQUIRED", "1").env("COLDSTART_GUESTS_REQUIRED", "1");
    run.tests("Unit tests", cargo_counts, &mut tests);
    let mut web = None;
    run.check("web-platform-tests", |plan, paths| {
        web = Some(suite::fetch(plan, paths)?);
        Ok("there".to_owned())
    });
    if let Some(web) = web {
        let mut command = suite::command(paths, &web);
        run.tests("web-platform-tests, run", conformance_counts, &mut command);
    }
    run.tests("Conformance", conformance_counts, &mut conformance_command(paths));
    if runtimes
        && run.check("Tiers", |plan, paths| tiers::build(plan, paths).map(|()| "built".to_owned()))
    {
        run.tests("Both tiers", last_line_counts, &mut tiers::command(paths));
    } else {
        run.skip("Both tiers", "there is nothing to run");
    }
    // Without the minutes of linking that a release takes: labs compute little.
    let command = run.check("Command", |plan, paths| {
        plan.step("Command", |step| {
            let build = ["--profile", "fast", "--package", "coldstart-cli"];
            step.run(cargo(paths, "build").args(build))?;
            Ok(("built".to_owned(), String::new()))
        })
    });
    if command {
        let mut labs = Command::new(paths.target.join("fast/coldstart"));
        labs.args(["lab", "check", "labs"]).current_dir(&paths.root);
        run.tests("Labs", last_line_counts, &mut labs);
    } else {
        run.skip("Labs", "there is no command");
    }

    let site = examples
        && runtimes
        && run.check("Site", |plan, paths| {
            site::finish(plan, paths, false).map(|()| "built".to_owned())
        });
    if site {
        run.check("Size budget", |plan, paths| {
            let mut table = String::new();
            let note = plan.step("Size budget", |_| {
                let report = size::measure(paths)?;
                table = report.table;
                report.verdict.map(|()| {
                    (
                        format!("{} bytes to the first screen", report.total),
                        format!("{} bytes", report.total),
                    )
                })
            });
            println!("{}", table.trim_end());
            note
        });
    } else {
        run.skip("Size budget", "there is no site");
    }
    match chromium {
        Some(chromium) if site => {
            let mut node = browser_command(paths)?;
            run.tests("Browser tests", node_counts, node.env("COLDSTART_CHROMIUM", chromium));
        }
        Some(_) => run.skip("Browser tests", "there is no site"),
        None => {}
    }
    Ok(summary(&run))
}

/// Prints the table and, alone on the last line, the counts.
fn summary(run: &Run<'_>) -> bool {
    println!("\n{}", "-".repeat(72));
    let mut all = Counts::default();
    for row in &run.rows {
        let (mark, text) = match &row.verdict {
            Ok(text) => ("ok", text),
            Err(text) => ("FAILED", text),
        };
        println!("{:<32} {mark:<8} {text}", row.name);
        match row.counts {
            Some(counts) => {
                all.passed += counts.passed;
                all.failed += counts.failed.max(u64::from(row.verdict.is_err()));
            }
            // A failed check counts, so that "0 failed" means what it says.
            None => all.failed += u64::from(row.verdict.is_err()),
        }
    }
    println!("{}\n{}\n", "-".repeat(72), seconds(run.plan.elapsed()));
    println!("{}", all.note());
    all.failed == 0
}

fn cargo(paths: &Paths, command: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.arg(command).current_dir(&paths.root);
    cargo
}

fn format(plan: &mut Plan, paths: &Paths) -> Outcome<String> {
    plan.step("Format", |step| {
        step.run(cargo(paths, "fmt").args(["--all", "--check"]))?;
        if paths.root.join("examples/Cargo.toml").is_file() {
            step.run(
                cargo(paths, "fmt")
                    .args(["--all", "--check"])
                    .current_dir(paths.root.join("examples")),
            )?;
        }
        Ok(("formatted".to_owned(), String::new()))
    })
}

fn lint(
    plan: &mut Plan,
    paths: &Paths,
    title: &str,
    what: &[&str],
    folder: &str,
) -> Outcome<String> {
    plan.step(title, |step| {
        let mut clippy = cargo(paths, "clippy");
        let folder = paths.root.join(folder);
        if !folder.join("Cargo.toml").is_file() {
            return Ok(("nothing to check".to_owned(), "nothing to check".to_owned()));
        }
        if folder != paths.root.join("") {
            clippy.arg("--target-dir").arg(paths.target.join("examples"));
        }
        step.run(clippy.args(what).args(["--", "-D", "warnings"]).current_dir(folder))?;
        Ok(("clean".to_owned(), String::new()))
    })
}

/// `target/release/coldstart`.
pub(crate) fn release_command(plan: &mut Plan, paths: &Paths) -> Outcome<()> {
    plan.step("Release build of the command", |step| {
        step.run(cargo(paths, "build").args(["--release", "--package", "coldstart-cli"]))?;
        Ok(((), String::new()))
    })
}

/// Recorded answers against the engine, optimised but quickly built.
pub(crate) fn conformance_command(paths: &Paths) -> Command {
    let mut command = cargo(paths, "run");
    command.args(["--quiet", "--profile", "fast", "--package", "conformance", "--"]);
    command
}

fn browser_command(paths: &Paths) -> Outcome<Command> {
    let folder = paths.root.join("tests/browser");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .map_err(Failure::io(folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    let mut node = Command::new("node");
    node.current_dir(&paths.root)
        .args(["--test", "--test-reporter=spec", "--test-concurrency=2"])
        .args(files);
    Ok(node)
}

/// Sums the `test result:` lines of Cargo's tests.
fn cargo_counts(output: &str) -> Counts {
    let results = output.lines().filter_map(|line| line.trim().strip_prefix("test result:"));
    results.fold(Counts::default(), |sum, line| {
        let counts = named_counts(line);
        Counts { passed: sum.passed + counts.passed, failed: sum.failed + counts.failed, ..sum }
    })
}

/// Recorded answers: the command itself knows how many of a kind may differ, and fails past that.
fn conformance_counts(output: &str) -> Counts {
    let counts = last_line_counts(output);
    Counts { explained: counts.failed, ..counts }
}

/// The last `N passed, N failed`.
fn last_line_counts(output: &str) -> Counts {
    let line =
        output.lines().rev().find(|line| line.contains(" passed") && line.contains(" failed"));
    line.map(named_counts).unwrap_or_default()
}

/// The summary of `node --test`: `ℹ pass 12`, `ℹ fail 0`, `ℹ cancelled 0`.
fn node_counts(output: &str) -> Counts {
    let number = |name: &str| {
        let lines = output
            .lines()
            .rev()
            .filter_map(|line| line.trim_start_matches(['ℹ', '#', ' ']).strip_prefix(name));
        lines.filter_map(|rest| rest.trim().parse::<u64>().ok()).next().unwrap_or(0)
    };
    Counts {
        passed: number("pass "),
        failed: number("fail ") + number("cancelled "),
        ..Counts::default()
    }
}

/// Numbers before the words `passed` and `failed`.
fn named_counts(line: &str) -> Counts {
    let mut counts = Counts::default();
    let words: Vec<_> = line.split([' ', ',', ';', '.']).filter(|word| !word.is_empty()).collect();
    for pair in words.windows(2) {
        let Ok(number) = pair[0].parse() else { continue };
        match pair[1] {
            "passed" => counts.passed = number,
            "failed" => counts.failed = number,
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_each_tool() {
        let cargo = "running 2 tests\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured\n\ntest result: ok. 4 passed; 0 failed; 2 ignored\n";
        assert_eq!(cargo_counts(cargo), Counts { passed: 5, failed: 1, explained: 0 });
        assert_eq!(
            last_line_counts("x 1 passed, 2 failed\n\n30 passed, 4 failed\n"),
            Counts { passed: 30, failed: 4, explained: 0 }
        );
        assert_eq!(
            node_counts("ℹ tests 13\nℹ pass 11\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\n"),
            Counts { passed: 11, failed: 2, explained: 0 }
        );
        assert_eq!(node_counts("nothing"), Counts::default());
    }
}
