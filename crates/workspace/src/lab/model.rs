//! What a lab says. Written as TOML in `lab.toml` and at the head of each `step.md`; members that are not known are refused.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Text files by their paths.
pub type Files = BTreeMap<String, String>;

/// A lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// Of its folder: letters, digits and hyphens.
    #[serde(default)]
    pub id: String,
    /// Goes up when its checks or solutions change: receipts name it.
    pub version: u32,
    /// What it is called.
    pub title: String,
    /// What it teaches, in a sentence or two.
    pub summary: String,
    /// For whom.
    pub level: Level,
    /// How long it takes.
    pub minutes: u32,
    /// What somebody can do afterwards.
    #[serde(default)]
    pub skills: Vec<String>,
    /// Labs that come before.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Of the sessions.
    #[serde(default = "seed_default")]
    pub seed: u64,
    /// Its parts, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
}

fn seed_default() -> u64 {
    1
}

/// For whom a lab is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Knows what a function is.
    Beginner,
    /// Has used Lambda or Step Functions.
    Intermediate,
    /// Runs them.
    Advanced,
}

/// A part of a lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Of its folder, without the number.
    #[serde(default)]
    pub id: String,
    /// What it is called.
    pub title: String,
    /// How long it takes.
    pub minutes: u32,
    /// The file that is opened with it, of those of its state.
    #[serde(default)]
    pub open: Option<String>,
    /// What has to hold at its end.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Help, from a nudge to the answer.
    #[serde(default)]
    pub hints: Vec<Hint>,
    /// Questions, which `:::quiz` and `:::predict` of the text name.
    #[serde(default)]
    pub quiz: Vec<Question>,
    /// Its text, Markdown.
    #[serde(default)]
    pub text: String,
    /// What a learner begins with: the solution before, with `starter/` laid over it.
    #[serde(default)]
    pub starter: Files,
    /// The starter with `solution/` laid over it.
    #[serde(default)]
    pub solution: Files,
    /// Wrong solutions that checks must find, by name.
    #[serde(default)]
    pub mutants: BTreeMap<String, Mutant>,
}

/// A wrong solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// The check that finds it.
    pub fails: String,
    /// Words of what that check then says.
    #[serde(default)]
    pub says: Option<String>,
    /// The solution with the mutant's files laid over it.
    #[serde(default)]
    pub files: Files,
}

/// What has to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Letters, digits and hyphens.
    pub id: String,
    /// What it says when it holds.
    pub title: String,
    /// How the session is looked at.
    pub kind: Kind,
    /// JSONata over the view: true when the check holds.
    pub assert: String,
    /// What is said when it does not: text with JSONata in `{{ }}`.
    pub otherwise: String,
    /// The state machine of `run` and `definition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// The function of `invoke`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The input or the event: any JSON, or the path of a file of the step that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// More requests, which enter after the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<CheckRequest>,
    /// How often it is done, each time when the time before is over; `at_once` says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// All at one time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_once: bool,
    /// Virtual seconds that go by afterwards, at most a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<u64>,
    /// Faults in place of the step's own, as PutFaults takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<Value>,
    /// On which seeds, all of which must hold; the lab's own without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seeds: Vec<u64>,
    /// How the starter comes out.
    #[serde(default)]
    pub starter: Start,
}

/// A request that a check makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// Such as `lambda`.
    pub service: String,
    /// Such as `Invoke`.
    pub operation: String,
    /// Members; blobs as `{"$text"}`.
    pub params: Value,
    /// Virtual seconds that go by before it enters, at most a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// How a check looks at the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What is configured. Nothing runs.
    Definition,
    /// An execution of `machine` with `input`.
    Run,
    /// An invocation of `function` with `input`.
    Invoke,
    /// The `requests`.
    Requests,
    /// What the learner did: the session itself.
    History,
}

/// What a check says of the step's starter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// It fails: there is something to do.
    #[default]
    Fails,
    /// It passes already, and has to go on doing so.
    Passes,
}

/// Help for one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// The check.
    pub check: String,
    /// After so many failures of it.
    #[serde(default = "one")]
    pub after: u32,
    /// Markdown.
    #[serde(default)]
    pub text: String,
    /// A file of the solution that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveal: Option<String>,
}

fn one() -> u32 {
    1
}

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// As the text names it.
    pub id: String,
    /// What is asked.
    pub question: String,
    /// Answers to choose from; without any, one is typed.
    #[serde(default)]
    pub choices: Vec<String>,
    /// The right one.
    pub answer: String,
    /// Why it is.
    #[serde(default)]
    pub why: String,
}
