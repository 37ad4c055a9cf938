//! A lab as it is opened: files are workspaces, Markdown is blocks, and what only proves the lab is left out.
//!
//! Labs that a site ships are packed when it is built, and somebody's own when they are opened, by the same code: who shows a lab reads
//! neither TOML nor Markdown.

use super::model::{Check, Level};
use crate::Workspace;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogueEntry {
    /// Of the lab, which is the file `labs/ID.json`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it teaches, in a sentence or two.
    pub summary: String,
    /// For whom.
    pub level: Level,
    /// How long it takes.
    pub minutes: u32,
    /// What somebody can do afterwards.
    pub skills: Vec<String>,
    /// Labs that come before.
    pub needs: Vec<String>,
    /// Goes up when its checks or solutions change.
    pub version: u32,
    /// Ids and titles of its steps, in order.
    pub steps: Vec<(String, String)>,
}

/// A lab that can be opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackedLab {
    /// What the catalogue says of it.
    #[serde(flatten)]
    pub entry: CatalogueEntry,
    /// Its parts, in order: as many as the entry names.
    pub parts: Vec<PackedStep>,
}

/// A step that can be opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackedStep {
    /// Of its folder, without the number.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// How long it takes.
    pub minutes: u32,
    /// The file that is opened with it: `functions/NAME/…` or `machines/NAME.asl.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// What is read.
    pub text: Vec<Block>,
    /// What has to hold at its end. An `input` is JSON here, never a path.
    pub checks: Vec<Check>,
    /// Help, from a nudge to the answer.
    pub hints: Vec<PackedHint>,
    /// Questions that the text asks.
    pub quiz: Vec<PackedQuestion>,
    /// Under which faults checks are asked, as PutFaults takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<Value>,
    /// What a learner begins with.
    pub starter: Box<Workspace>,
    /// A way in which it can end.
    pub solution: Box<Workspace>,
}

/// Help for one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackedHint {
    /// The check.
    pub check: String,
    /// After so many failures of it.
    pub after: u32,
    /// What it says.
    pub text: Vec<Block>,
    /// A file of the solution, by its path, and what is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveal: Option<(String, String)>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackedQuestion {
    /// As the text names it.
    pub id: String,
    /// What is asked.
    pub question: Vec<Inline>,
    /// Answers to choose from; without any, one is typed.
    pub choices: Vec<String>,
    /// The right one.
    pub answer: String,
    /// Why it is.
    pub why: Vec<Inline>,
}

/// A block of text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Block {
    /// A heading: 2 for the largest, to 4.
    Heading(u8, Vec<Inline>),
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list: where it begins to count, if it does, and its items.
    List(Option<u64>, Vec<Vec<Block>>),
    /// Code: its language, which may be empty, and the text.
    Code(String, String),
    /// A quotation.
    Quote(Vec<Block>),
    /// A table: its head, and rows of cells.
    Table(Vec<Vec<Inline>>, Vec<Vec<Vec<Inline>>>),
    /// `:::note`, `tip`, `warning` or `aws`.
    Note(String, Vec<Block>),
    /// A question, by its id; whether it is to be answered before something is tried.
    Question(String, bool),
    /// A line across.
    Rule,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Inline {
    /// As it stands.
    Text(String),
    /// Code.
    Code(String),
    /// Bold.
    Strong(Vec<Inline>),
    /// Italic.
    Emphasis(Vec<Inline>),
    /// A link: where it leads, a route of the page (`#/…`) or `https:`, and what it says.
    Link(String, Vec<Inline>),
    /// The end of a line.
    Break,
}
