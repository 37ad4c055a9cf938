//! Proves labs: what each check says of the starter, the solution and the mutants, and that two runs are equal.

use super::files::{files, labs};
use crate::{Refused, Verdict, print};
use coldstart_sandbox::{METER_VERSION, Sandbox, WasmiSandbox};
use coldstart_worker::labs::{Subject, examine, otherwise_fault, refused, view_of};
use coldstart_workspace::Workspace;
use coldstart_workspace::lab::{Check, Files, Lab, Mutant, Outcome, Start, Step, read, state};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// One thing that was tried.
struct Tried {
    /// Lab, step, part and check.
    name: String,
    /// Why it failed.
    fault: Option<String>,
    /// What the check said, and milliseconds that it took once: none of what is no check.
    said: Option<(String, u128)>,
}

struct Report {
    tried: Vec<Tried>,
    /// Whether what checks said is told of those that are well, too.
    is_verbose: bool,
}

impl Report {
    fn add(&mut self, tried: Tried) -> Result<(), Refused> {
        let Tried { name, fault, said } = &tried;
        let mut line = format!("{}  {name}", if fault.is_none() { "ok  " } else { "FAIL" });
        if let Some((_, ms)) = said.as_ref().filter(|_| self.is_verbose) {
            let _ = write!(line, " ({ms} ms)");
        }
        let verbose = said.as_ref().filter(|_| self.is_verbose && fault.is_none());
        let words = verbose.map(|(said, _)| said).filter(|said| !said.is_empty());
        for text in fault.iter().chain(words) {
            let _ = write!(line, "\n      {}", text.replace('\n', "\n      "));
        }
        line.push('\n');
        self.tried.push(tried);
        print(line.as_bytes())
    }

    fn failed(&self) -> usize {
        self.tried.iter().filter(|tried| tried.fault.is_some()).count()
    }

    fn junit(&self) -> String {
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"labs\" tests=\"{}\" failures=\"{}\">\n",
            self.tried.len(),
            self.failed()
        );
        for Tried { name, fault, .. } in &self.tried {
            let (class, test) = name.split_once(' ').unwrap_or(("labs", name));
            let (class, test) = (escaped(class), escaped(test));
            let _ = match fault {
                None => writeln!(text, "  <testcase classname=\"{class}\" name=\"{test}\"/>"),
                Some(fault) => writeln!(
                    text,
                    "  <testcase classname=\"{class}\" name=\"{test}\"><failure message=\"{}\"/></testcase>",
                    escaped(fault)
                ),
            };
        }
        text + "</testsuite>\n"
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            // XML has no other control characters.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

pub(super) fn sandbox() -> Arc<dyn Sandbox> {
    Arc::new(WasmiSandbox::with_runtimes(crate::sources::runtime))
}

fn id_of(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(super) fn check(
    folders: &[PathBuf],
    junit: Option<&Path>,
    is_verbose: bool,
) -> Result<Verdict, Refused> {
    let mut report = Report { tried: Vec::new(), is_verbose };
    let sandbox = sandbox();
    for folder in labs(folders)? {
        let id = id_of(&folder);
        match read(&id, &files(&folder)?) {
            Ok(lab) => prove(&lab, &sandbox, &mut report)?,
            Err(faults) => {
                for fault in faults {
                    let name = format!("{id} {}", fault.file);
                    report.add(Tried { name, fault: Some(fault.problem), said: None })?;
                }
            }
        }
    }
    if let Some(path) = junit {
        std::fs::write(path, report.junit())
            .map_err(|error| Refused(format!("{}: {error}", path.display())))?;
    }
    let failed = report.failed();
    let counts = format!("\n{} passed, {failed} failed\n", report.tried.len() - failed);
    print(counts.as_bytes())?;
    Ok(if failed == 0 { Verdict::Success } else { Verdict::Failure })
}

fn prove(lab: &Lab, sandbox: &Arc<dyn Sandbox>, report: &mut Report) -> Result<(), Refused> {
    for step in &lab.steps {
        let at = |part: &str, what: &str| format!("{} {}/{part}: {what}", lab.id, step.id);
        for (part, files) in [("starter", &step.starter), ("solution", &step.solution)] {
            let fault = refused_of(lab, files, sandbox).join("\n");
            if !fault.is_empty() {
                let name = at(part, "state");
                report.add(Tried { name, fault: Some(fault), said: None })?;
            }
        }
        for check in &step.checks {
            if let Some(fault) = otherwise_fault(check) {
                let name = at("step.md", &check.id);
                report.add(Tried { name, fault: Some(fault), said: None })?;
            }
            let of = |part: &str, files: &Files, fault: fn(&Check, Outcome) -> Option<String>| {
                tried(lab, step, files, check, sandbox, at(part, &check.id), |outcome| {
                    fault(check, outcome)
                })
            };
            report.add(of("starter", &step.starter, fault_of_starter))?;
            report.add(of("solution", &step.solution, fault_of_solution))?;
        }
        for (name, mutant) in &step.mutants {
            let Some(check) = step.checks.iter().find(|check| check.id == mutant.fails) else {
                continue;
            };
            let name = at(&format!("mutants/{name}"), &check.id);
            let files = &mutant.files;
            let mut tried = tried(lab, step, files, check, sandbox, name, |outcome| {
                fault_of_mutant(mutant, outcome)
            });
            // A mutant may be refused, and often that is why it says something else.
            if let Some(fault) = &mut tried.fault {
                let refused = refused_of(lab, files, sandbox);
                refused.iter().for_each(|line| *fault = format!("{fault}\n{line}"));
            }
            report.add(tried)?;
        }
    }
    Ok(())
}

/// What the services refuse of a state; or why there is none.
fn refused_of(lab: &Lab, files: &Files, sandbox: &Arc<dyn Sandbox>) -> Vec<String> {
    workspace(lab, files)
        .and_then(|workspace| refused(&workspace, sandbox).map_err(|fault| fault.to_string()))
        .unwrap_or_else(|fault| vec![fault])
}

fn fault_of_starter(check: &Check, outcome: Outcome) -> Option<String> {
    match (outcome, check.starter) {
        (Outcome::Failed { .. }, Start::Fails) | (Outcome::Passed, Start::Passes) => None,
        (Outcome::Passed, Start::Fails) => {
            Some("it passes already: the check proves nothing".to_owned())
        }
        (Outcome::Failed { said, .. }, Start::Passes) => {
            Some(format!("it is to pass from the beginning: {said}"))
        }
        (Outcome::Broken(why), _) => Some(why),
    }
}

fn fault_of_solution(_: &Check, outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Passed => None,
        Outcome::Failed { said, seed } => Some(format!("seed {seed}: {said}")),
        Outcome::Broken(why) => Some(why),
    }
}

fn fault_of_mutant(mutant: &Mutant, outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Failed { said, .. } => {
            let wanted = mutant.says.as_ref().filter(|words| !said.contains(*words));
            wanted.map(|words| format!("it says {said:?}, without {words:?}"))
        }
        Outcome::Passed => Some("nobody finds it".to_owned()),
        Outcome::Broken(why) => Some(why),
    }
}

fn workspace(lab: &Lab, files: &Files) -> Result<Workspace, String> {
    Ok(state::read(files)?.workspace(&lab.title, METER_VERSION, lab.seed))
}

/// Faults of a step: those of its starter, whatever was done to them since.
pub(super) fn faults(step: &Step) -> Option<Value> {
    state::read(&step.starter).ok().and_then(|state| state.faults().cloned())
}

/// How long checks take is for authors: nothing that a check does depends on it.
#[expect(clippy::disallowed_methods, reason = "it is real time that is told")]
fn now() -> Instant {
    Instant::now()
}

/// A check on some files, twice: two runs are one history. `fault` says what is wrong with what came of it.
fn tried(
    lab: &Lab,
    step: &Step,
    files: &Files,
    check: &Check,
    sandbox: &Arc<dyn Sandbox>,
    name: String,
    fault: impl Fn(Outcome) -> Option<String>,
) -> Tried {
    let began = now();
    let both = workspace(lab, files).and_then(|workspace| {
        let faults = faults(step);
        let subject = Subject {
            workspace: &workspace,
            modules: Vec::new(),
            files: &step.starter,
            faults: faults.as_ref(),
        };
        let ask = || examine(&subject, check, sandbox).map_err(|fault| fault.to_string());
        Ok((ask()?, ask()?))
    });
    let (fault, words) = match both {
        Err(why) => (Some(why), String::new()),
        Ok((first, second)) if first != second => (Some("two runs differ".into()), String::new()),
        Ok((first, _)) => {
            let words = match &first.outcome {
                Outcome::Failed { said, .. } => said.clone(),
                Outcome::Passed | Outcome::Broken(_) => String::new(),
            };
            (fault(first.outcome), words)
        }
    };
    Tried { name, fault, said: Some((words, began.elapsed().as_millis() / 2)) }
}

pub(super) fn view(folder: &Path, step: &str, check: &str, part: &str) -> Result<Verdict, Refused> {
    let id = id_of(folder);
    let lab = read(&id, &files(folder)?).map_err(|faults| {
        Refused(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    let missing = |what: &str| Refused(format!("the lab {id} has no {what}"));
    let step = lab
        .steps
        .iter()
        .find(|one| one.id == step)
        .ok_or_else(|| missing(&format!("step {step}")))?;
    let check = step
        .checks
        .iter()
        .find(|one| one.id == check)
        .ok_or_else(|| missing(&format!("check {check}")))?;
    let files = match part {
        "starter" => &step.starter,
        "solution" => &step.solution,
        mutant => {
            &step.mutants.get(mutant).ok_or_else(|| missing(&format!("mutant {mutant}")))?.files
        }
    };
    let workspace = workspace(&lab, files).map_err(Refused)?;
    let faults = faults(step);
    let subject = Subject {
        workspace: &workspace,
        modules: Vec::new(),
        files: &step.starter,
        faults: faults.as_ref(),
    };
    let view = view_of(&subject, check, &sandbox())
        .map_err(|fault| Refused(fault.to_string()))?
        .map_err(Refused)?;
    let text = serde_json::to_string_pretty(&view).expect("a view is JSON");
    print(format!("{text}\n").as_bytes()).map(|()| Verdict::Success)
}
