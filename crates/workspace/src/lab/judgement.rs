//! What a receipt proves: the rules that the page and the command share.

use super::model::Lab;
use super::packed::PackedLab;
use super::receipt::{Receipt, ReceiptStep};
use super::verdict::{Outcome, Verdict};
use std::collections::BTreeMap;

/// What a lab asks of a receipt: its version, and the checks of its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The lab's version.
    pub version: u32,
    /// Ids of the steps and of their checks, in the lab's order.
    pub steps: Vec<(String, Vec<String>)>,
}

impl Asked {
    fn of<'a>(version: u32, steps: impl Iterator<Item = (&'a str, Vec<&'a str>)>) -> Self {
        let owned = |checks: Vec<&str>| checks.into_iter().map(str::to_owned).collect();
        Self {
            version,
            steps: steps.map(|(step, checks)| (step.to_owned(), owned(checks))).collect(),
        }
    }

    /// Steps that have checks: a receipt has to have these.
    fn proved(&self) -> impl Iterator<Item = &(String, Vec<String>)> {
        self.steps.iter().filter(|(_, checks)| !checks.is_empty())
    }
}

impl From<&Lab> for Asked {
    fn from(lab: &Lab) -> Self {
        let steps = lab.steps.iter().map(|step| {
            (step.id.as_str(), step.checks.iter().map(|check| check.id.as_str()).collect())
        });
        Self::of(lab.version, steps)
    }
}

impl From<&PackedLab> for Asked {
    fn from(lab: &PackedLab) -> Self {
        let steps = lab.parts.iter().map(|step| {
            (step.id.as_str(), step.checks.iter().map(|check| check.id.as_str()).collect())
        });
        Self::of(lab.entry.version, steps)
    }
}

/// What came of trying a step of a receipt again: what its checks say now, or why its workspace does not open.
pub type Retried = Result<Vec<Verdict>, String>;

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Steps whose checks all pass now.
    pub passed: usize,
    /// Steps that have checks. 0 when the lab is not known.
    pub of: usize,
    /// Why it does not prove that the lab was done; none when it does.
    pub fault: Option<ReceiptFault>,
}

/// Why a receipt does not prove that its lab was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptFault {
    /// There is no such lab here.
    #[error("there is no lab {lab} here")]
    UnknownLab {
        /// Its id.
        lab: String,
    },
    /// It is of another version, whose checks may be others.
    #[error("it is of version {theirs} of the lab, and version {ours} is here")]
    OtherVersion {
        /// The receipt's.
        theirs: u32,
        /// The lab's.
        ours: u32,
    },
    /// A step that the lab has not.
    #[error("the lab has no step {step}")]
    UnknownStep {
        /// Its id.
        step: String,
    },
    /// A step of the lab is not in it.
    #[error("the step {step} is missing")]
    MissingStep {
        /// Its id.
        step: String,
    },
    /// A check does not hold for its workspace.
    #[error("{step}/{check} fails: {said}")]
    Fails {
        /// The step.
        step: String,
        /// The check.
        check: String,
        /// What the check says.
        said: String,
    },
    /// Something could not be tried.
    #[error("{step} could not be tried: {why}")]
    Untried {
        /// The step.
        step: String,
        /// Why.
        why: String,
    },
    /// All of the step's checks pass, with other histories than the receipt says.
    #[error(
        "{step}: its digests are not those of its workspace: one of both was edited, or another build of Coldstart made it"
    )]
    Edited {
        /// The step.
        step: String,
    },
    /// The same, and the runtime of a language is not the one that the receipt names.
    #[error(
        "{step}: it was made with another build of the {runtime} runtime, on which durations and so digests depend"
    )]
    OtherRuntime {
        /// The step.
        step: String,
        /// Such as `javascript`.
        runtime: String,
    },
}

/// Whether a receipt is one of this lab, so that there is something to try.
///
/// # Errors
/// The lab is not known, has another version, or has not the receipt's steps.
pub fn admits(lab: Option<&Asked>, receipt: &Receipt) -> Result<(), ReceiptFault> {
    let Some(lab) = lab else {
        return Err(ReceiptFault::UnknownLab { lab: receipt.lab.clone() });
    };
    if lab.version != receipt.version {
        return Err(ReceiptFault::OtherVersion { theirs: receipt.version, ours: lab.version });
    }
    let is_asked = |step: &ReceiptStep| lab.steps.iter().any(|(id, _)| *id == step.step);
    match receipt.steps.iter().find(|step| !is_asked(step)) {
        Some(step) => Err(ReceiptFault::UnknownStep { step: step.step.clone() }),
        None => Ok(()),
    }
}

/// What a receipt proves, from what became of its steps when they were tried again. A step passes when all of its checks pass now; the lab was done when all
/// steps pass, with the histories that the receipt names. `retried` has the steps of the receipt by their ids; of what [`admits`] refuses, none.
pub fn judge(
    lab: Option<&Asked>,
    receipt: &Receipt,
    retried: &BTreeMap<String, Retried>,
) -> Judgement {
    let of = lab.map_or(0, |lab| lab.proved().count());
    if let Err(fault) = admits(lab, receipt) {
        return Judgement { passed: 0, of, fault: Some(fault) };
    }
    let (mut passed, mut fault) = (0, None);
    for (id, checks) in lab.into_iter().flat_map(Asked::proved) {
        let outcome = match receipt.steps.iter().find(|step| step.step == *id) {
            None => Err(ReceiptFault::MissingStep { step: id.clone() }),
            Some(step) => step_fault(step, checks, retried.get(id)),
        };
        let is_passed = match &outcome {
            Ok(()) | Err(ReceiptFault::Edited { .. } | ReceiptFault::OtherRuntime { .. }) => true,
            Err(_) => false,
        };
        if is_passed {
            passed += 1;
        }
        fault = fault.or(outcome.err());
    }
    Judgement { passed, of, fault }
}

/// What is wrong with one step first: a check that fails before digests that differ.
fn step_fault(
    step: &ReceiptStep,
    checks: &[String],
    retried: Option<&Retried>,
) -> Result<(), ReceiptFault> {
    let id = &step.step;
    let untried = |why: &str| ReceiptFault::Untried { step: id.clone(), why: why.to_owned() };
    let verdicts = match retried {
        None => return Err(untried("nobody did")),
        Some(Err(why)) => return Err(untried(why)),
        Some(Ok(verdicts)) => verdicts,
    };
    let (mut is_edited, mut other_runtime) = (step.digests.len() != checks.len(), None);
    for check in checks {
        let verdict = verdicts.iter().find(|verdict| verdict.check == *check);
        let verdict = verdict.ok_or_else(|| untried(&format!("nobody asked {check}")))?;
        match &verdict.outcome {
            Outcome::Passed => {}
            Outcome::Failed { said, .. } => {
                let (check, said) = (check.clone(), said.clone());
                return Err(ReceiptFault::Fails { step: id.clone(), check, said });
            }
            Outcome::Broken(why) => return Err(untried(&format!("{check}: {why}"))),
        }
        let (claimed, found) = (step.digests.get(check), &verdict.digests);
        let claimed = claimed.filter(|claimed| claimed.len() == found.len());
        is_edited |= claimed.is_none();
        for (claimed, found) in claimed.into_iter().flatten().zip(found) {
            let ((history, runtimes), (found, found_runtimes)) = (parts(claimed), parts(found));
            if history != found {
                is_edited = true;
                let other =
                    runtimes.split('+').find(|one| !found_runtimes.split('+').any(|of| of == *one));
                other_runtime = other_runtime.or(other.and_then(|other| other.split(':').next()));
            }
        }
    }
    match (is_edited, other_runtime.filter(|name| !name.is_empty())) {
        (false, _) => Ok(()),
        (true, None) => Err(ReceiptFault::Edited { step: id.clone() }),
        (true, Some(runtime)) => {
            Err(ReceiptFault::OtherRuntime { step: id.clone(), runtime: runtime.to_owned() })
        }
    }
}

/// A digest's history, and the runtimes of languages that it was made with: `name:digits`, joined by `+`.
fn parts(digest: &str) -> (&str, &str) {
    digest.split_once('+').unwrap_or((digest, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Workspace;

    const DIGEST: &str = "0123456789abcdef0123456789abcdef";

    /// A lab of two steps with checks, and one that is only read.
    fn lab() -> Asked {
        let step = |step: &str, checks: &[&str]| {
            (step.to_owned(), checks.iter().map(|check| check.to_string()).collect())
        };
        let steps = vec![
            step("observe", &["seen"]),
            step("read", &[]),
            step("retry", &["survives", "soon"]),
        ];
        Asked { version: 2, steps }
    }

    fn receipt() -> Receipt {
        let step = |step: &str, checks: &[&str]| ReceiptStep {
            step: step.into(),
            workspace: Workspace::empty(step),
            digests: checks.iter().map(|check| (check.to_string(), vec![DIGEST.into()])).collect(),
        };
        Receipt {
            lab: "retries".into(),
            version: 2,
            name: "Ada".into(),
            steps: vec![step("observe", &["seen"]), step("retry", &["survives", "soon"])],
        }
    }

    fn retried() -> BTreeMap<String, Retried> {
        let verdict = |check: &str| Verdict {
            check: check.into(),
            outcome: Outcome::Passed,
            digests: vec![DIGEST.into()],
        };
        [
            ("observe".to_owned(), Ok(vec![verdict("seen")])),
            ("retry".to_owned(), Ok(vec![verdict("survives"), verdict("soon")])),
        ]
        .into()
    }

    #[track_caller]
    fn check(receipt: &Receipt, retried: &BTreeMap<String, Retried>, passed: usize, reason: &str) {
        let judgement = judge(Some(&lab()), receipt, retried);
        let said = judgement.fault.map(|fault| fault.to_string()).unwrap_or_default();
        assert_eq!((judgement.passed, judgement.of, said.as_str()), (passed, 2, reason));
    }

    #[test]
    fn what_passes_again_with_the_same_histories_is_proved() {
        check(&receipt(), &retried(), 2, "");
        // It proves workspaces, not people.
        check(&Receipt { name: "Charles".into(), ..receipt() }, &retried(), 2, "");
        // A step without checks may be in it, and need not.
        let mut longer = receipt();
        let workspace = Workspace::empty("read");
        longer
            .steps
            .insert(1, ReceiptStep { step: "read".into(), workspace, digests: BTreeMap::new() });
        check(&longer, &retried(), 2, "");
    }

    #[test]
    fn a_forged_workspace_fails_its_check() {
        let mut retried = retried();
        let Some(Ok(verdicts)) = retried.get_mut("retry") else { panic!("it is there") };
        // Its digests are right: of a workspace that fails.
        verdicts[1].outcome = Outcome::Failed { said: "after 9 seconds".into(), seed: 1 };
        check(&receipt(), &retried, 1, "retry/soon fails: after 9 seconds");
        let Some(Ok(verdicts)) = retried.get_mut("retry") else { panic!("it is there") };
        verdicts[1].outcome = Outcome::Broken("it computes for too long".into());
        check(&receipt(), &retried, 1, "retry could not be tried: soon: it computes for too long");
        retried.insert("retry".into(), Err("the module is missing".into()));
        check(&receipt(), &retried, 1, "retry could not be tried: the module is missing");
    }

    #[test]
    fn what_was_not_tried_is_not_proved() {
        let mut fewer = retried();
        let Some(Ok(verdicts)) = fewer.get_mut("retry") else { panic!("it is there") };
        verdicts.pop();
        check(&receipt(), &fewer, 1, "retry could not be tried: nobody asked soon");
        fewer.remove("retry");
        check(&receipt(), &fewer, 1, "retry could not be tried: nobody did");
    }

    #[test]
    fn edited_digests_are_noticed() {
        let reason = "retry: its digests are not those of its workspace: one of both was edited, or another build of Coldstart made it";
        type Edit = fn(&mut BTreeMap<String, Vec<String>>);
        let edits: [Edit; 4] = [
            |digests| digests.insert("soon".into(), vec!["0".repeat(32)]).map_or((), drop),
            |digests| digests.remove("soon").map_or((), drop),
            |digests| digests.insert("later".into(), Vec::new()).map_or((), drop),
            |digests| digests.entry("soon".into()).or_default().push(DIGEST.into()),
        ];
        for edit in edits {
            let mut edited = receipt();
            edit(&mut edited.steps[1].digests);
            check(&edited, &retried(), 2, reason);
        }
    }

    #[test]
    fn a_runtime_of_another_build_is_named_when_histories_differ() {
        let with =
            |digest: &str, runtime: &str| format!("{digest}+javascript:{}", runtime.repeat(16));
        let mut other = receipt();
        let digests = &mut other.steps[1].digests;
        // The same history is the same, whatever made it.
        digests.insert("soon".into(), vec![with(DIGEST, "a")]);
        check(&other, &retried(), 2, "");
        let digests = &mut other.steps[1].digests;
        digests.insert("soon".into(), vec![with(&"0".repeat(32), "a")]);
        let mut now = retried();
        let Some(Ok(verdicts)) = now.get_mut("retry") else { panic!("it is there") };
        verdicts[1].digests = vec![with(DIGEST, "b")];
        check(
            &other,
            &now,
            2,
            "retry: it was made with another build of the javascript runtime, on which durations and so digests depend",
        );
        let Some(Ok(verdicts)) = now.get_mut("retry") else { panic!("it is there") };
        verdicts[1].digests = vec![with(DIGEST, "a")];
        let reason = ReceiptFault::Edited { step: "retry".into() }.to_string();
        check(&other, &now, 2, &reason);
    }

    #[test]
    fn a_receipt_of_something_else_is_told_without_a_try() {
        let mut less = receipt();
        less.steps.remove(0);
        check(&less, &retried(), 1, "the step observe is missing");
        let older = Receipt { version: 1, ..receipt() };
        check(&older, &BTreeMap::new(), 0, "it is of version 1 of the lab, and version 2 is here");
        let mut other = receipt();
        other.steps[0].step = "dance".into();
        check(&other, &retried(), 0, "the lab has no step dance");
        let judgement = judge(None, &receipt(), &BTreeMap::new());
        let fault = ReceiptFault::UnknownLab { lab: "retries".into() };
        assert_eq!(judgement, Judgement { passed: 0, of: 0, fault: Some(fault) });
    }
}
