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

const CHECK_MORE: &str = r#"
[[checks]]
id = "later"
title = "Two calls, an hour apart"
kind = "requests"
starter = "passes"
assert = 'clock.seconds >= 3600 and clock.seconds < 3610 and $count(answers) = 2 and invocations[1].sincePrevious >= 3600'
otherwise = "{{ clock.seconds }}"

[[checks.requests]]
service = "lambda"
operation = "Invoke"
params = { FunctionName = "payments", Payload = { "$text" = '{"amount":1}' } }

[[checks.requests]]
service = "lambda"
operation = "Invoke"
params = { FunctionName = "payments", Payload = { "$text" = '{"amount":1}' } }
after = 3600

[[hints]]
check = "survives"
"#;
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
}

#[test]
fn a_lab_that_was_written_on_windows_is_the_same() {
    if !has_javascript() {
        return;
    }
    let mut lab = Lab::new("windows");
    for file in [
        "lab.toml",
        RETRY,
        "20-retry/mutants/once/mutant.toml",
        "10-observe/starter/workspace.toml",
    ] {
        let text = fs::read_to_string(lab.0.join(file)).expect("it is there");
        lab = lab.change(file, "", &text.replace('\n', "\r\n"));
    }
    let ran = lab.check();
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn what_a_check_said_and_its_milliseconds_are_told_on_request() {
    if !has_javascript() {
        return;
    }
    let lab = Lab::new("verbose").change(RETRY, "\n[[hints]]\ncheck = \"survives\"\n", CHECK_MORE);
    let ran = coldstart(&["lab", "check", lab.0.to_str().expect("text"), "--verbose"], "");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let (_, starter) =
        ran.out.split_once("ok    retries retry/starter: survives (").expect("it is there");
    let (ms, said) = starter.split_once(" ms)\n").expect("its milliseconds");
    assert!(ms.parse::<u32>().is_ok(), "{ms}");
    assert!(said.starts_with("      The execution ended as FAILED after 1 attempt(s)"), "{said}");
    // Seconds go by between the requests of a check.
    assert!(ran.out.contains("ok    retries retry/solution: later ("), "{}", ran.out);
}

#[test]
fn the_view_tells_of_each_invocation_whose_it_was_and_how_it_ended() {
    if !has_javascript() {
        return;
    }
    let lab = of_project("labs/retries");
    let view = |check: &str, part: &str| -> serde_json::Value {
        let arguments =
            ["lab", "view", lab.to_str().expect("text"), "retry", check, "--part", part];
        let ran = coldstart(&arguments, "");
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.err))
    };
    let seen = view("survives", "solution");
    assert_eq!(seen["execution"]["status"], "SUCCEEDED");
    let (first, last) = (&seen["invocations"][0], &seen["invocations"][2]);
    for invocation in [first, last] {
        assert_eq!(invocation["requestId"].as_str().map(str::len), Some(36), "{invocation}");
        assert_eq!(invocation["version"], "$LATEST");
        assert_eq!(invocation["state"], "Charge");
        assert_eq!(invocation["execution"], seen["execution"]["executionArn"]);
    }
    assert_eq!(first["outcome"], "error");
    assert_eq!(first["error"]["errorType"], "Payments.Unavailable", "{first}");
    assert_eq!(last["outcome"], "success");
    assert_eq!(last["error"], serde_json::Value::Null);
    let declined = view("only-busy", "solution");
    let error = &declined["invocations"][0]["error"];
    assert_eq!(error["errorType"], "Payments.Declined", "{error}");
    assert_eq!(
        coldstart(&["lab", "view", lab.to_str().expect("text"), "retry", "nothing"], "").code,
        2
    );
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
    for (test, file) in [
        ("solutions", "20-retry/solutions/machines/order.asl.json"),
        ("mutant-loose", "20-retry/mutants/mutant.toml"),
        ("notes", "20-retry/notes.txt"),
    ] {
        Lab::new(test).change(file, "", "{}").fails(&[file, "a step has step.md, starter/"]);
    }
    Lab::new("machine")
        .change(RETRY, "machine = \"order\"", "machine = \"odrer\"")
        .fails(&["check survives: the solution has no machines/odrer"]);
    Lab::new("fault-name")
        .change("30-patience/step.md", "FunctionName = \"payments\"", "FunctionName = \"payment\"")
        .fails(&["faults: the solution has no functions/payment"]);
    Lab::new("path")
        .change(RETRY, "inputs/order/good.json", "inputs/order/good")
        .fails(&["there is no file inputs/order/good"]);
    Lab::new("mutant-alone")
        .change("20-retry/mutants/alone/machines/order.asl.json", "", "{}")
        .fails(&["20-retry/mutants/alone/mutant.toml", "missing"]);
    Lab::new("hint-empty")
        .change(RETRY, "text = \"`States.ALL` also matches errors that never go away.\"", "")
        .fails(&["a hint for only-busy says nothing"]);
    Lab::new("open")
        .change(RETRY, "open = \"machines/order", "open = \"machines/other")
        .fails(&["open: there is no file machines/other.asl.json"]);
    Lab::new("step")
        .change("40-later/solution/machines/order.asl.json", "", "{}")
        .fails(&["40-later/step.md", "missing"]);
    Lab::new("steps")
        .change("lab.toml", "version = 1", "version = 1\nsteps = [{ title = \"x\", minutes = 1 }]")
        .fails(&["steps are folders beside it"]);
    Lab::new("json")
        .change("10-observe/starter/inputs/order/good.json", "42", "forty-two")
        .fails(&["10-observe/starter", "inputs/order/good.json: ", "line 1"]);
    Lab::new("state-toml")
        .change("10-observe/starter/workspace.toml", "[[faults]]", "[[faults]")
        .fails(&["10-observe/starter", "workspace.toml: ", "line 2"]);
}

#[test]
fn what_is_out_of_bounds_is_told() {
    Lab::new("words")
        .change(RETRY, "Give `Charge`", &"word ".repeat(601))
        .fails(&["words; at most 600"]);
    let seeds: Vec<u32> = (0..51).collect();
    let seeds = format!("seeds = {seeds:?}");
    Lab::new("seeds").change(RETRY, "seeds = [1, 2, 3]", &seeds).fails(&["survives", "50 seeds"]);
    for (test, member) in [("times", "times = 0"), ("wait", "wait = 2678401")] {
        Lab::new(test)
            .change(RETRY, "seeds = [1, 2, 3]", member)
            .fails(&["survives", "1000 times"]);
    }
    let later = CHECK_MORE.replace("3600\n", "2678401\n");
    Lab::new("after")
        .change(RETRY, "\n[[hints]]\ncheck = \"survives\"\n", &later)
        .fails(&["later", "a month of wait or after"]);
    Lab::new("ids-twice")
        .change(RETRY, "id = \"only-busy\"", "id = \"survives\"")
        .fails(&["check survives", "each once"]);
    Lab::new("ids")
        .change(RETRY, "id = \"only-busy\"", "id = \"Only busy\"")
        .fails(&["check Only busy"]);
    let lab = Lab::new("id");
    let folder = lab.0.with_file_name("Retries!");
    let _ = fs::remove_dir_all(&folder);
    fs::rename(&lab.0, &folder).expect("it can be moved");
    Lab(folder).fails(&["the folder's name Retries! is no id"]);
    let large = Lab::new("large").change("assets/large.txt", "", &"x".repeat((1 << 20) + 1));
    let ran = large.check();
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains("large.txt: it has 1048577 bytes"), "{}", ran.err);
    let mut many = Lab::new("many");
    for index in 0..5 {
        many = many.change(&format!("assets/{index}.txt"), "", &"x".repeat(1 << 20));
    }
    many.fails(&["at most 1000 files of 4194304 bytes"]);
}

#[test]
fn what_the_services_refuse_of_a_state_is_told() {
    if !has_javascript() {
        return;
    }
    let request = |operation: &str, params: &str| {
        format!(
            "[[requests]]\nservice = \"lambda\"\noperation = \"{operation}\"\nparams = {{ {params} }}\n"
        )
    };
    let alias = request(
        "CreateAlias",
        "FunctionName = \"nobody\", Name = \"live\", FunctionVersion = \"1\"",
    );
    Lab::new("refused").change("20-retry/solution/workspace.toml", "", &alias).fails(&[
        "retry/solution: state",
        "workspace.toml: lambda CreateAlias: ResourceNotFoundException: ",
    ]);
    Lab::new("no-operation")
        .change("20-retry/starter/workspace.toml", "", &request("CreateAlas", ""))
        .fails(&[
            "retry/starter: state",
            "retry/solution: state",
            "workspace.toml: lambda CreateAlas: ",
        ]);
    Lab::new("definition")
        .change("10-observe/starter/machines/order.asl.json", "StartAt", "StartsAt")
        .fails(&["observe/starter: state", "machines/order.asl.json: InvalidDefinition: "]);
    // A mutant may be one that is refused; when it says something else than it should, that is why.
    Lab::new("refused-mutant")
        .change("20-retry/mutants/once/machines/order.asl.json", "StartAt", "StartsAt")
        .fails(&["mutants/once", "without", "machines/order.asl.json: InvalidDefinition: "]);
    // What a session did may be refused: it is what a check of the history looks at. The mutant no-json is such a one.
    let refused = request("Invoke", "FunctionName = \"nobody\"");
    let lab = Lab::new("acts").change("20-retry/solution/workspace.toml", "", &refused);
    let ran = lab.check();
    assert_eq!(ran.code, 0, "{}", ran.out);
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
    Lab::new("template")
        .change(RETRY, "{{ execution.status }}", "{{ execution.. }}")
        .fails(&["retry/step.md: survives", "otherwise: {{ execution.. }} is no JSONata"]);
    Lab::new("template-end")
        .change(RETRY, "{{ execution.status }}", "{{ execution.status }")
        .fails(&["retry/step.md: survives", "otherwise"]);
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
