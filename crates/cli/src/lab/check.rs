//! Proves labs: what each check says of the starter, the solution and the mutants, and that two runs are equal.

use super::files::{files, labs};
use crate::{Refused, Verdict, print};
use coldstart_sandbox::{METER_VERSION, Sandbox, WasmiSandbox};
use coldstart_worker::labs::{Subject, examine, view_of};
use coldstart_workspace::Workspace;
use coldstart_workspace::lab::{Check, Files, Lab, Outcome, Start, Step, read, state};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One thing that was tried.
struct Tried {
    /// Lab, step, part and check.
    name: String,
    /// Why it failed.
    fault: Option<String>,
}

#[derive(Default)]
struct Report {
    tried: Vec<Tried>,
}

impl Report {
    fn add(&mut self, name: String, fault: Option<String>) -> Result<(), Refused> {
        let line = match &fault {
            None => format!("ok    {name}\n"),
            Some(fault) => format!("FAIL  {name}\n      {}\n", fault.replace('\n', "\n      ")),
        };
        self.tried.push(Tried { name, fault });
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
        for Tried { name, fault } in &self.tried {
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

fn sandbox() -> Arc<dyn Sandbox> {
    Arc::new(WasmiSandbox::with_runtimes(crate::sources::runtime))
}

fn id_of(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(super) fn check(folders: &[PathBuf], junit: Option<&Path>) -> Result<Verdict, Refused> {
    let mut report = Report::default();
    let sandbox = sandbox();
    for folder in labs(folders)? {
        let id = id_of(&folder);
        match read(&id, &files(&folder)?) {
            Ok(lab) => prove(&lab, &sandbox, &mut report)?,
            Err(faults) => {
                for fault in faults {
                    report.add(format!("{id} {}", fault.file), Some(fault.problem))?;
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
        let at = |part: &str, check: &Check| format!("{} {}/{part}: {}", lab.id, step.id, check.id);
        for check in &step.checks {
            let starter = tried(lab, step, &step.starter, check, sandbox);
            let fault = match (starter, check.starter) {
                (Ok(Outcome::Failed { .. }), Start::Fails)
                | (Ok(Outcome::Passed), Start::Passes) => None,
                (Ok(Outcome::Passed), Start::Fails) => {
                    Some("it passes already: the check proves nothing".to_owned())
                }
                (Ok(Outcome::Failed { said, .. }), Start::Passes) => {
                    Some(format!("it is to pass from the beginning: {said}"))
                }
                (Ok(Outcome::Broken(why)), _) | (Err(why), _) => Some(why),
            };
            report.add(at("starter", check), fault)?;
            let solution = tried(lab, step, &step.solution, check, sandbox);
            let fault = match solution {
                Ok(Outcome::Passed) => None,
                Ok(Outcome::Failed { said, seed }) => Some(format!("seed {seed}: {said}")),
                Ok(Outcome::Broken(why)) | Err(why) => Some(why),
            };
            report.add(at("solution", check), fault)?;
        }
        for (name, mutant) in &step.mutants {
            let Some(check) = step.checks.iter().find(|check| check.id == mutant.fails) else {
                continue;
            };
            let fault = match tried(lab, step, &mutant.files, check, sandbox) {
                Ok(Outcome::Failed { said, .. }) => {
                    let wanted = mutant.says.as_ref().filter(|words| !said.contains(*words));
                    wanted.map(|words| format!("it says {said:?}, without {words:?}"))
                }
                Ok(Outcome::Passed) => Some("nobody finds it".to_owned()),
                Ok(Outcome::Broken(why)) | Err(why) => Some(why),
            };
            report.add(at(&format!("mutants/{name}"), check), fault)?;
        }
    }
    Ok(())
}

fn workspace(lab: &Lab, files: &Files) -> Result<(Workspace, Option<serde_json::Value>), String> {
    let state = state::read(files)?;
    let faults = state.faults().cloned();
    Ok((state.workspace(&lab.title, METER_VERSION, lab.seed), faults))
}

/// A check on some files, twice: two runs are one history.
fn tried(
    lab: &Lab,
    step: &Step,
    files: &Files,
    check: &Check,
    sandbox: &Arc<dyn Sandbox>,
) -> Result<Outcome, String> {
    let (workspace, faults) = workspace(lab, files)?;
    let subject = Subject {
        workspace: &workspace,
        modules: Vec::new(),
        files: &step.starter,
        faults: faults.as_ref(),
    };
    let ask = || examine(&subject, check, sandbox).map_err(|fault| fault.to_string());
    let (first, second) = (ask()?, ask()?);
    if first != second {
        return Err("two runs differ".into());
    }
    Ok(first.outcome)
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
    let (workspace, faults) = workspace(&lab, files).map_err(Refused)?;
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
