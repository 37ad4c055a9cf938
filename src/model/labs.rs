//! Labs: which there are, what the checks of the open step said, and how far the visitor is.
//!
//! A step that somebody works on is a workspace like any other, stored under an id that names it ([`step_id`]).
//!
//! Invariant: a step that was done stays done until it is reset, whatever its checks say later.

use coldstart_workspace::lab::{
    CatalogueEntry, Outcome, PackedHint, PackedLab, PackedStep, Verdict, state,
};
use coldstart_workspace::{Command, Source, Workspace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::Reducible;

/// A step of a lab: both ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepKey {
    /// The lab's id.
    pub lab: String,
    /// The step's id.
    pub step: String,
}

/// What ids of steps' workspaces begin with.
pub const LAB_IDS: &str = "lab.";

/// Under which id a step's workspace is stored.
pub fn step_id(lab: &str, step: &str) -> String {
    format!("{LAB_IDS}{lab}.{step}")
}

/// The step whose workspace is stored under this id.
pub fn step_of(id: &str) -> Option<StepKey> {
    let (lab, step) = id.strip_prefix(LAB_IDS)?.split_once('.')?;
    Some(StepKey { lab: lab.to_owned(), step: step.to_owned() })
}

/// How far the visitor is, by lab and step. Kept in this browser.
pub type Progress = BTreeMap<String, LabProgress>;

/// How far they are with a lab.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LabProgress {
    /// By step.
    pub steps: BTreeMap<String, StepProgress>,
}

/// How far they are with a step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepProgress {
    /// Whether all of its checks have passed at one time.
    pub done: bool,
    /// How often each check failed on something new.
    pub failures: BTreeMap<String, u32>,
    /// Answers to its questions.
    pub answers: BTreeMap<String, Given>,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Given {
    /// What was answered.
    pub answer: String,
    /// How many commands the session had then: a prediction is told from what was tried afterwards.
    pub commands: usize,
    /// Whether the visitor asked how it is.
    pub shown: bool,
}

/// What the checks of the open step said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checked {
    /// Of which step.
    pub of: Option<StepKey>,
    /// By check.
    pub outcomes: BTreeMap<String, Outcome>,
    /// Whether they are being asked.
    pub asking: bool,
    /// Why they could not be asked.
    pub fault: Option<String>,
    /// Of which configuration they are.
    pub configuration: Option<Configuration>,
}

/// Tells one configuration of a session from a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    commands: usize,
    last_us: u64,
}

/// The configuration of a session: what checks other than `history` are asked of.
pub fn configuration_of(workspace: &Workspace) -> Configuration {
    let commands = state::configuration(workspace);
    let last_us = commands.last().map_or(0, |command| command.at_us);
    Configuration { commands: commands.len(), last_us }
}

/// What the page knows of labs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labs {
    /// What the site ships, once it is known.
    pub catalogue: Option<Result<Rc<Vec<CatalogueEntry>>, String>>,
    /// What the visitor brought.
    pub own: Vec<Rc<CatalogueEntry>>,
    /// Labs that were fetched or brought, by id.
    pub loaded: BTreeMap<String, Result<Rc<PackedLab>, String>>,
    /// How far the visitor is, once it was read.
    pub progress: Option<Rc<Progress>>,
    /// What the open step's checks said.
    pub checked: Checked,
    /// Whether the reader is out of the way.
    pub folded: bool,
    /// Whether the site is kept in this browser, and opens without a network.
    pub kept: bool,
}

/// A change.
#[derive(Debug, Clone)]
pub enum LabsAction {
    /// The catalogue came, or did not.
    Catalogue(Result<Rc<Vec<CatalogueEntry>>, String>),
    /// The visitor's own labs.
    Own(Vec<Rc<CatalogueEntry>>),
    /// A lab came, or did not.
    Loaded(String, Result<Rc<PackedLab>, String>),
    /// How far the visitor is.
    Progress(Rc<Progress>),
    /// Another step was opened, or the same one anew.
    Opened(StepKey),
    /// Checks are being asked.
    Asking,
    /// They could not be asked.
    Fault(String),
    /// They were answered.
    Answered(Answered),
    /// A question was answered.
    Given(StepKey, String, Given),
    /// A step without checks was read.
    Read(StepKey),
    /// The reader is put out of the way, or back.
    Folded(bool),
    /// The site is kept in this browser.
    Kept,
}

/// Verdicts on the open step.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Of which step.
    pub of: StepKey,
    /// All of its checks' ids.
    pub checks: Vec<String>,
    /// The verdicts, of all or some of them.
    pub verdicts: Vec<Verdict>,
    /// On which configuration.
    pub configuration: Configuration,
    /// Whether failures count towards hints.
    pub counts: bool,
}

impl Labs {
    /// A lab that is there.
    pub fn lab(&self, id: &str) -> Option<&Rc<PackedLab>> {
        self.loaded.get(id)?.as_ref().ok()
    }
    /// How far the visitor is with a step.
    pub fn step_progress(&self, key: &StepKey) -> StepProgress {
        let lab = self.progress.as_ref().and_then(|progress| progress.get(&key.lab));
        lab.and_then(|lab| lab.steps.get(&key.step)).cloned().unwrap_or_default()
    }
    /// Which steps of a lab are done.
    pub fn done(&self, entry: &CatalogueEntry) -> Vec<bool> {
        let lab = self.progress.as_ref().and_then(|progress| progress.get(&entry.id));
        let done = |step: &str| lab.and_then(|lab| lab.steps.get(step)).is_some_and(|one| one.done);
        entry.steps.iter().map(|(step, _)| done(step)).collect()
    }

    fn change(&mut self, key: &StepKey, change: impl FnOnce(&mut StepProgress)) {
        let progress = Rc::make_mut(self.progress.get_or_insert_default());
        let lab = progress.entry(key.lab.clone()).or_default();
        change(lab.steps.entry(key.step.clone()).or_default());
    }

    fn answered(&mut self, answered: Answered) {
        let Answered { of, checks, verdicts, configuration, counts } = answered;
        if self.checked.of.as_ref() != Some(&of) {
            return;
        }
        for verdict in &verdicts {
            if counts && matches!(verdict.outcome, Outcome::Failed { .. }) {
                let check = verdict.check.clone();
                self.change(&of, |step| *step.failures.entry(check).or_default() += 1);
            }
        }
        let checked = &mut self.checked;
        checked.asking = false;
        checked.fault = None;
        checked.configuration = Some(configuration);
        let outcomes = verdicts.into_iter().map(|verdict| (verdict.check, verdict.outcome));
        checked.outcomes.extend(outcomes);
        let all = checks.iter().all(|id| checked.outcomes.get(id) == Some(&Outcome::Passed));
        if all {
            self.change(&of, |step| step.done = true);
        }
    }
}

impl Reducible for Labs {
    type Action = LabsAction;

    fn reduce(self: Rc<Self>, action: LabsAction) -> Rc<Self> {
        let mut labs = (*self).clone();
        match action {
            LabsAction::Catalogue(catalogue) => labs.catalogue = Some(catalogue),
            LabsAction::Own(own) => labs.own = own,
            LabsAction::Loaded(id, lab) => {
                labs.loaded.insert(id, lab);
            }
            LabsAction::Progress(progress) => labs.progress = Some(progress),
            LabsAction::Opened(key) => {
                labs.checked = Checked { of: Some(key), ..Checked::default() };
            }
            LabsAction::Asking => {
                labs.checked.asking = true;
                labs.checked.fault = None;
            }
            LabsAction::Fault(fault) => {
                labs.checked.asking = false;
                labs.checked.fault = Some(fault);
            }
            LabsAction::Answered(answered) => labs.answered(answered),
            LabsAction::Given(key, question, given) => {
                labs.change(&key, |step| {
                    step.answers.insert(question, given);
                });
            }
            LabsAction::Read(key) => labs.change(&key, |step| step.done = true),
            LabsAction::Folded(folded) => labs.folded = folded,
            LabsAction::Kept => labs.kept = true,
        }
        Rc::new(labs)
    }
}

/// Hints of a check that a visitor who failed so often may see.
pub fn open_hints<'a>(
    step: &'a PackedStep,
    check: &'a str,
    failures: u32,
) -> impl Iterator<Item = &'a PackedHint> {
    step.hints.iter().filter(move |hint| hint.check == check && hint.after <= failures)
}

/// Whether an answer is the right one. What was typed need not have the same capitals or spaces.
pub fn is_right(given: &str, answer: &str) -> bool {
    let plain = |text: &str| {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        words.join(" ")
    };
    plain(given) == plain(answer)
}

/// Functions and state machines whose editors hold something else than what is deployed, which is what checks look at.
pub fn undeployed(workspace: &Workspace) -> Vec<String> {
    let (mut code, mut definitions) = (BTreeMap::new(), BTreeMap::new());
    for command in &workspace.commands {
        let Command { request, .. } = &**command;
        let params = &request.params;
        let text = |pointer: &str| params.pointer(pointer).and_then(|value| value.as_str());
        match (request.service.as_str(), request.operation.as_str()) {
            ("lambda", "CreateFunction") => {
                code.insert(text("/FunctionName"), text("/Code/ZipFile/$sha256"));
            }
            ("lambda", "UpdateFunctionCode") => {
                code.insert(text("/FunctionName"), text("/ZipFile/$sha256"));
            }
            ("states", "CreateStateMachine") => {
                definitions.insert(text("/name"), text("/definition"));
            }
            ("states", "UpdateStateMachine") => {
                let name = text("/stateMachineArn").and_then(|arn| arn.rsplit(':').next());
                if let Some(definition) = text("/definition") {
                    definitions.insert(name, Some(definition));
                }
            }
            _ => {}
        }
    }
    let functions = workspace.functions.iter().filter(|(name, draft)| {
        let deployed = code.get(&Some(name.as_str())).copied().flatten();
        let source = deployed.and_then(|sha256| workspace.sources.get(sha256));
        let edited = matches!(draft.source, Source::Wat { .. } | Source::Files { .. });
        edited && source != Some(&draft.source)
    });
    let machines = workspace.machines.iter().filter(|(name, draft)| {
        let deployed = definitions.get(&Some(name.as_str())).copied().flatten();
        deployed.is_some_and(|deployed| deployed != draft.definition)
    });
    functions.map(|(name, _)| name).chain(machines.map(|(name, _)| name)).cloned().collect()
}

/// What came of verifying a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedReceipt {
    /// Who it says made it; may be empty.
    pub name: String,
    /// The lab's title, or its id when it is not known here.
    pub lab: String,
    /// The lab's version; none when the receipt could not be read.
    pub version: Option<u32>,
    /// Steps that passed.
    pub passed: usize,
    /// Steps that have checks; 0 when the lab is not known.
    pub of: usize,
    /// Why it proves nothing; none when it proves that the lab was done.
    pub fault: Option<String>,
}

impl VerifiedReceipt {
    /// One that could not be read.
    pub fn unreadable(fault: String) -> Self {
        let (name, lab) = (String::new(), String::new());
        Self { name, lab, version: None, passed: 0, of: 0, fault: Some(fault) }
    }
    /// A sentence about it.
    pub fn result(&self) -> &'static str {
        match (&self.fault, self.version) {
            (None, _) => "Verified",
            (Some(_), None) => "Not readable",
            (Some(_), Some(_)) => "Refused",
        }
    }
}

/// Receipts as a table that spreadsheets read. What could be a formula to them is text.
pub fn receipts_csv(receipts: &[VerifiedReceipt]) -> String {
    let cell = |text: &str| {
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let quote = if formula { "'" } else { "" };
        format!("\"{quote}{}\"", text.replace('"', "\"\""))
    };
    let mut csv = "name,lab,version,passed,steps,result,reason\r\n".to_owned();
    for receipt in receipts {
        let version = receipt.version.map(|version| version.to_string()).unwrap_or_default();
        let cells = [
            cell(&receipt.name),
            cell(&receipt.lab),
            version,
            receipt.passed.to_string(),
            receipt.of.to_string(),
            cell(receipt.result()),
            cell(receipt.fault.as_deref().unwrap_or_default()),
        ];
        csv += &cells.join(",");
        csv += "\r\n";
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> StepKey {
        StepKey { lab: "tea".into(), step: "brew".into() }
    }
    fn verdict(check: &str, passed: bool) -> Verdict {
        let failed = || Outcome::Failed { said: "no".into(), seed: 1 };
        let outcome = if passed { Outcome::Passed } else { failed() };
        Verdict { check: check.into(), outcome, digests: Vec::new() }
    }
    fn answered(verdicts: Vec<Verdict>, counts: bool) -> LabsAction {
        LabsAction::Answered(Answered {
            of: key(),
            checks: vec!["a".into(), "b".into()],
            verdicts,
            configuration: Configuration { commands: 1, last_us: 1 },
            counts,
        })
    }

    #[test]
    fn ids_of_workspaces_name_their_step() {
        assert_eq!(step_of(&step_id("tea", "brew")), Some(key()));
        assert_eq!(step_of("19b0-1234"), None);
        assert_eq!(step_of("lab.tea"), None);
    }

    #[test]
    fn a_step_is_done_when_all_its_checks_pass_and_stays_so() {
        let labs = Rc::new(Labs::default()).reduce(LabsAction::Opened(key()));
        let labs = labs.reduce(answered(vec![verdict("a", true), verdict("b", false)], true));
        assert!(!labs.step_progress(&key()).done);
        let labs = labs.reduce(answered(vec![verdict("b", true)], true));
        assert!(labs.step_progress(&key()).done);
        let labs = labs.reduce(answered(vec![verdict("a", false)], false));
        assert!(labs.step_progress(&key()).done);
    }

    #[test]
    fn failures_count_when_something_new_was_tried() {
        let labs = Rc::new(Labs::default()).reduce(LabsAction::Opened(key()));
        let labs = labs
            .reduce(answered(vec![verdict("a", false)], true))
            .reduce(answered(vec![verdict("a", false)], false))
            .reduce(answered(vec![verdict("a", false), verdict("b", true)], true));
        assert_eq!(labs.step_progress(&key()).failures, [("a".to_owned(), 2)].into());
    }

    #[test]
    fn verdicts_on_another_step_are_not_taken() {
        let other = StepKey { lab: "tea".into(), step: "serve".into() };
        let labs = Rc::new(Labs::default()).reduce(LabsAction::Opened(other));
        let labs = labs.reduce(answered(vec![verdict("a", true), verdict("b", true)], true));
        assert_eq!(labs.progress, None);
        assert!(labs.checked.outcomes.is_empty());
    }

    #[test]
    fn typed_answers_need_no_capitals() {
        assert!(is_right(" Three  Minutes", "three minutes"));
        assert!(!is_right("3", "three"));
    }

    #[test]
    fn what_is_edited_and_not_deployed_is_told() {
        let mut workspace = Workspace::hello();
        assert_eq!(undeployed(&workspace), Vec::<String>::new());
        let name = workspace.functions.keys().next().cloned().unwrap_or_default();
        if let Some(draft) = workspace.functions.get_mut(&name) {
            draft.source = Source::Wat { text: "(module)".into() };
        }
        assert_eq!(undeployed(&workspace), [name]);
    }

    #[test]
    fn a_table_of_receipts_runs_nothing_in_a_spreadsheet() {
        let receipt = VerifiedReceipt {
            name: "=1+1\"".into(),
            lab: "Tea".into(),
            version: Some(2),
            passed: 1,
            of: 2,
            fault: Some("no".into()),
        };
        let csv = receipts_csv(&[receipt]);
        assert_eq!(csv.lines().nth(1), Some("\"'=1+1\"\"\",\"Tea\",2,1,2,\"Refused\",\"no\""));
    }
}
