//! `coldstart lab check`: a lab that is well passes, and each kind of mistake is told with its place.

mod common;

use common::{Ran, coldstart, of_project};
use std::fs;
use std::path::{Path, PathBuf};

/// A copy of the lab `retries` for one test.
struct Lab(PathBuf);

impl Lab {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lab-{test}/retries"));
        let _ = fs::remove_dir_all(&folder);
        copy(&of_project("labs/retries"), &folder);
        Self(folder)
    }

    /// Puts text in place of another in a file, or all of it when `from` is empty.
    fn change(self, file: &str, from: &str, to: &str) -> Self {
        let path = self.0.join(file);
        let text = if from.is_empty() {
            String::new()
        } else {
            fs::read_to_string(&path).expect("it is there")
        };
        assert!(text.contains(from), "{file} does not say {from}");
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        let text = if from.is_empty() { to.to_owned() } else { text.replacen(from, to, 1) };
        fs::write(path, text).expect("it can be written");
        self
    }

    fn check(&self) -> Ran {
        coldstart(&["lab", "check", self.0.to_str().expect("text")], "")
    }

    /// Fails with these words.
    #[track_caller]
    fn fails(&self, words: &[&str]) {
        let ran = self.check();
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        for word in words {
            assert!(ran.out.contains(word), "{word:?} is not in:\n{}", ran.out);
        }
        let last = ran.out.lines().last().unwrap_or_default();
        assert!(last.ends_with(" failed") && !last.ends_with(" 0 failed"), "{last}");
    }
}

/// Whether the command can run handlers of labs. Where it has to, it can.
fn has_javascript() -> bool {
    let is_built = of_project("www/generated/runtimes/javascript.wasm").is_file();
    assert!(
        is_built || std::env::var_os("COLDSTART_RUNTIMES_REQUIRED").is_none(),
        "the JavaScript runtime is not built: cargo xtask runtimes"
    );
    is_built
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    for entry in fs::read_dir(from).expect("it is there") {
        let path = entry.expect("it is there").path();
        let target = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("it can be copied");
        }
    }
}

const RETRY: &str = "20-retry/step.md";
const MACHINE: &str = "20-retry/solution/machines/order.asl.json";

#[test]
fn a_lab_that_is_well_passes_and_says_so_to_machines_too() {
    if !has_javascript() {
        return;
    }
    let lab = Lab::new("well");
    let junit = lab.0.with_file_name("junit.xml");
    let folder = lab.0.parent().expect("its folder").to_str().expect("text");
    let ran = coldstart(&["lab", "check", folder, "--junit", junit.to_str().expect("text")], "");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with(" passed, 0 failed\n"), "{}", ran.out);
    let xml = fs::read_to_string(junit).expect("it was written");
    assert!(
        xml.contains("<testcase classname=\"retries\" name=\"retry/solution: survives\"/>"),
        "{xml}"
    );
    assert!(xml.contains("failures=\"0\""), "{xml}");
    let view = coldstart(&["lab", "view", lab.0.to_str().expect("text"), "retry", "survives"], "");
    assert!(view.out.contains("\"status\": \"SUCCEEDED\""), "{}{}", view.out, view.err);
}

#[test]
fn what_is_written_wrongly_is_told_with_file_and_line() {
    Lab::new("member").change("lab.toml", "level =", "leval =").fails(&["lab.toml:4", "leval"]);
    Lab::new("level").change("lab.toml", "\"beginner\"", "\"easy\"").fails(&["lab.toml:4", "easy"]);
    Lab::new("toml").change(RETRY, "minutes = 4", "minutes = four").fails(&["20-retry/step.md:3"]);
    Lab::new("head").change(RETRY, "+++\n", "").fails(&["20-retry/step.md:1", "+++"]);
    Lab::new("kind")
        .change(RETRY, "kind = \"run\"", "kind = \"walk\"")
        .fails(&["20-retry/step.md", "walk"]);
    Lab::new("needs")
        .change(RETRY, "machine = \"order\"\n", "")
        .fails(&["survives", "needs machine"]);
    Lab::new("input")
        .change(RETRY, "order/good.json", "order/best.json")
        .fails(&["there is no file inputs/order/best.json"]);
    Lab::new("hint")
        .change(RETRY, "check = \"only-busy\"", "check = \"busy\"")
        .fails(&["the check busy"]);
    Lab::new("reveal")
        .change(RETRY, "reveal = \"machines/order", "reveal = \"machines/other")
        .fails(&["reveals machines/other"]);
    Lab::new("directive")
        .change(RETRY, "Give `Charge`", ":::run\nGive `Charge`")
        .fails(&["directive", ":::run"]);
    Lab::new("question")
        .change("10-observe/step.md", ":::predict what-happens", ":::predict what")
        .fails(&["the question what"]);
    Lab::new("answer")
        .change("10-observe/step.md", "answer = \"It fails at once\"", "answer = \"It fails\"")
        .fails(&["none of its choices"]);
    Lab::new("folder").change("observe/step.md", "", "x").fails(&["observe", "NUMBER-ID"]);
    Lab::new("twice")
        .change("40-retry/step.md", "", "+++\ntitle = \"x\"\nminutes = 1\n+++\n")
        .fails(&["there is another step retry"]);
    Lab::new("stray")
        .change("20-retry/solution/order.json", "", "{}")
        .fails(&["20-retry/solution", "order.json"]);
    Lab::new("settings")
        .change("20-retry/starter/workspace.toml", "", "[functions.nobody]\n")
        .fails(&["nobody has settings and no files"]);
    Lab::new("mutant")
        .change("20-retry/mutants/once/mutant.toml", "survives", "outlives")
        .fails(&["outlives, which is no check"]);
}

#[test]
fn what_proves_nothing_is_found() {
    if !has_javascript() {
        return;
    }
    // The starter passes already.
    Lab::new("easy")
        .change(
            RETRY,
            "assert = 'execution.status = \"SUCCEEDED\" and execution.output.paid = 42'",
            "assert = 'true'",
        )
        .fails(&["retry/starter: survives", "it passes already"]);
    // The starter is to pass, and does not.
    Lab::new("hard")
        .change(
            RETRY,
            "title = \"The order is paid although the service is busy twice\"",
            "title = \"x\"\nstarter = \"passes\"",
        )
        .fails(&["it is to pass from the beginning", "after 1 attempt(s)"]);
    // The solution is none.
    Lab::new("unsolved")
        .change(MACHINE, "Payments.Unavailable", "Payments.Other")
        .fails(&["retry/solution: survives", "seed 1"]);
    // A mutant that nobody finds, and one that is found with other words.
    Lab::new("missed")
        .change(
            "20-retry/mutants/once/machines/order.asl.json",
            "\"MaxAttempts\": 1",
            "\"MaxAttempts\": 5",
        )
        .fails(&["mutants/once", "nobody finds it"]);
    Lab::new("words")
        .change("20-retry/mutants/once/mutant.toml", "after 2", "after 9")
        .fails(&["mutants/once", "without"]);
    // Expressions that are none, or give no answer.
    Lab::new("syntax")
        .change(RETRY, "SUCCEEDED\" and", "SUCCEEDED\" and and")
        .fails(&["assert is no JSONata"]);
    Lab::new("number")
        .change(
            RETRY,
            "assert = 'execution.status = \"SUCCEEDED\" and execution.output.paid = 42'",
            "assert = '42'",
        )
        .fails(&["neither true nor false"]);
    // A fault that the engine does not know.
    Lab::new("fault")
        .change("30-patience/step.md", "DurationSeconds = 60", "Duration = 60")
        .fails(&["patience", "Duration"]);
}

#[test]
fn what_is_no_lab_is_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lab-none");
    fs::create_dir_all(&folder).expect("it can be made");
    let ran = coldstart(&["lab", "check", folder.to_str().expect("text")], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no lab.toml in it"), "{}", ran.err);
    assert_eq!(coldstart(&["lab", "check"], "").code, 2);
    assert_eq!(coldstart(&["lab", "prove"], "").code, 2);
}
