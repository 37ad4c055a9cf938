//! Checks of workshop labs: what a learner's session does, tried in copies of it (docs/LABS.md).
//!
//! A check is JSONata over a view of the session ([`view`]). Except for `history`, the copy has what the session configured and nothing that
//! it ran: other seeds then mean another run of the same resources, and an hour of attempts costs a check nothing.
//!
//! Invariant: a check never changes the session, ends after a bounded amount of work, and says what was seen when it does not hold.

mod asked;
mod brought;
mod copy;
mod pause;
mod refused;
mod view;

pub(crate) use asked::Asked;
pub(crate) use brought::brought;

use crate::session::OpenFault;
use coldstart_expr::jsonata;
use coldstart_expr::jsonata::{Limits, Scope};
use coldstart_sandbox::Sandbox;
use coldstart_workspace::Workspace;
use coldstart_workspace::lab::{Check, Files, Outcome, Verdict};
use copy::Copy;
pub use refused::refused;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Far below what a state may evaluate: a check is answered while somebody waits.
const LIMITS: Limits = Limits { steps: 1_000_000, ..Limits::STEP_FUNCTIONS };
/// Characters of what a check says.
const SAID_MAX: usize = 2_000;

/// Where a check is asked.
pub struct Subject<'a> {
    /// The session.
    pub workspace: &'a Workspace,
    /// Bytes that the document names and does not hold.
    pub modules: Vec<Vec<u8>>,
    /// Files of the step's starter, for inputs by path.
    pub files: &'a Files,
    /// Faults of the step, as PutFaults takes them: a check asks under these, whatever the session did to them.
    pub faults: Option<&'a Value>,
}

/// Asks one check.
///
/// # Errors
/// The session cannot be opened.
pub fn examine(
    subject: &Subject<'_>,
    check: &Check,
    sandbox: &Arc<dyn Sandbox>,
) -> Result<Verdict, OpenFault> {
    pause::finished(examined(subject, check, sandbox))
}

async fn examined(
    subject: &Subject<'_>,
    check: &Check,
    sandbox: &Arc<dyn Sandbox>,
) -> Result<Verdict, OpenFault> {
    let verdict = |outcome, digests| Verdict { check: check.id.clone(), outcome, digests };
    let expression = match jsonata::parse(&check.assert) {
        Ok(expression) => expression,
        Err(error) => {
            let why = format!("assert is no JSONata: {error}");
            return Ok(verdict(Outcome::Broken(why), Vec::new()));
        }
    };
    let own = [subject.workspace.seed];
    let seeds = if check.seeds.is_empty() { &own[..] } else { &check.seeds };
    let mut digests = Vec::new();
    for seed in seeds {
        let mut copy = Copy::of(subject, check, *seed, sandbox)?;
        let view = match copy.run(subject, check).await {
            Ok(view) => view,
            Err(why) => return Ok(verdict(Outcome::Broken(why), digests)),
        };
        digests.push(copy.digest());
        match evaluate(&expression, &view, *seed) {
            Ok(Some(Value::Bool(true))) => {}
            Ok(Some(Value::Bool(false)) | None) => {
                let said = told(&check.otherwise, &view, *seed);
                return Ok(verdict(Outcome::Failed { said, seed: *seed }, digests));
            }
            Ok(Some(other)) => {
                let why = format!("assert gave {other}, neither true nor false");
                return Ok(verdict(Outcome::Broken(why), digests));
            }
            Err(why) => {
                return Ok(verdict(Outcome::Broken(format!("assert failed: {why}")), digests));
            }
        }
    }
    Ok(verdict(Outcome::Passed, digests))
}

/// What a check sees on one seed: for authors.
///
/// # Errors
/// As [`examine`]; inside, why there is none.
pub fn view_of(
    subject: &Subject<'_>,
    check: &Check,
    sandbox: &Arc<dyn Sandbox>,
) -> Result<Result<Value, String>, OpenFault> {
    let seed = check.seeds.first().copied().unwrap_or(subject.workspace.seed);
    let mut copy = Copy::of(subject, check, seed, sandbox)?;
    Ok(pause::finished(copy.run(subject, check)))
}

fn evaluate(
    expression: &jsonata::Expression,
    view: &Value,
    seed: u64,
) -> Result<Option<Value>, String> {
    let none = Map::new();
    let scope = Scope::plain(Some(view), &none).with_limits(LIMITS).seed(seed);
    expression.evaluate(&scope).map_err(|error| error.to_string())
}

/// What is wrong with the words of a check, so that they could not be said: for authors.
pub fn otherwise_fault(check: &Check) -> Option<String> {
    let mut rest = check.otherwise.as_str();
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((inner, after)) = after.split_once("}}") else {
            return Some("otherwise has {{ without }}".to_owned());
        };
        if let Err(error) = jsonata::parse(inner) {
            return Some(format!("otherwise: {{{{{inner}}}}} is no JSONata: {error}"));
        }
        rest = after;
    }
    None
}

/// Text with the values of its expressions in place of `{{ }}`.
fn told(template: &str, view: &Value, seed: u64) -> String {
    let mut said = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        said.push_str(before);
        let Some((inner, after)) = after.split_once("}}") else {
            rest = after;
            break;
        };
        let value = jsonata::parse(inner)
            .map_err(|error| error.to_string())
            .and_then(|expression| evaluate(&expression, view, seed));
        match value {
            Ok(None) => said.push_str("nothing"),
            Ok(Some(Value::String(text))) => said.push_str(&text),
            Ok(Some(value)) => said.push_str(&value.to_string()),
            Err(why) => said.push_str(&format!("({why})")),
        }
        rest = after;
    }
    said.push_str(rest);
    said.chars().take(SAID_MAX).collect()
}
