//! Definitions of state machines while they are written: what is wrong with a text, its picture, and what may stand at a place.
//!
//! Offsets are UTF-16 units from the start of the text, as editors in a browser count.

use serde::{Deserialize, Serialize};

/// A question about a definition's text. Nothing is kept between two questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DefinitionAsk {
    /// What is wrong with it, and its picture.
    Analyse {
        /// The text.
        text: String,
        /// Whether the machine is an Express one.
        express: bool,
    },
    /// What may stand at a place.
    Complete {
        /// The text.
        text: String,
        /// The place.
        offset: usize,
    },
    /// Its picture as a file.
    Draw {
        /// The text.
        text: String,
        /// What the picture is called.
        title: String,
    },
}

/// The answer to a [`DefinitionAsk`] of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DefinitionAnswer {
    /// To `Analyse`.
    Analysis(Box<Analysis>),
    /// To `Complete`; none where nothing is known.
    Completion(Option<Completion>),
    /// To `Draw`: an SVG file, or why there is none.
    Drawing(Result<String, String>),
}

/// What is known of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// In the order of the text.
    pub diagnostics: Vec<DefinitionDiagnostic>,
    /// The picture, or why there is none. Of a text with faults it shows what could be read.
    pub graph: Result<Graph, String>,
}

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionDiagnostic {
    /// AWS's code, such as `SCHEMA_VALIDATION_FAILED`.
    pub code: String,
    /// AWS refuses the definition; otherwise it is a warning.
    pub error: bool,
    /// JSON pointer, `/` for the whole.
    pub pointer: String,
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// The line that it begins in, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// AWS's words.
    pub message: String,
    /// What can be done about it, the likeliest first.
    pub fixes: Vec<QuickFix>,
}

/// A change of the text that settles a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuickFix {
    /// What it does.
    pub title: String,
    /// Changes that do not overlap, in the order of the text.
    pub edits: Vec<TextEdit>,
}

/// Text in place of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextEdit {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What comes instead.
    pub insert: String,
}

/// What a box of a picture stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GraphNodeKind {
    /// Where the machine begins.
    Start,
    /// Where it ends.
    End,
    /// Where a branch or processor begins.
    Entry,
    /// A state.
    State,
    /// A branch of a Parallel state, or the processor of a Map state.
    Frame,
    /// A state that is named but does not exist.
    Missing,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphNode {
    /// What it stands for.
    pub kind: GraphNodeKind,
    /// The state's name, which is its key in the whole machine; a frame's number.
    pub name: String,
    /// The name as far as there is room.
    pub title: String,
    /// What the state does, in a few words.
    pub subtitle: String,
    /// The state's type; empty when it is none.
    pub state_type: String,
    /// The box that this one is inside.
    pub parent: Option<usize>,
    /// Left, upper edge, width and height in pixels at 100 %.
    pub frame: (i32, i32, i32, i32),
    /// Whether an execution can come to it.
    pub reachable: bool,
    /// Where it begins in the text.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}

/// Why a transition is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GraphEdgeKind {
    /// `Next`, or the way from the start and to the end.
    Next,
    /// A rule of a Choice state.
    Choice,
    /// `Default`.
    Default,
    /// A catcher.
    Catch,
}

/// An arrow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphEdge {
    /// The box that it leaves, by position.
    pub from: usize,
    /// The box that it leads to.
    pub to: usize,
    /// Why it is taken.
    pub kind: GraphEdgeKind,
    /// What it says; empty when nothing.
    pub label: String,
    /// Middle of the label, width and height.
    pub label_frame: Option<(i32, i32, i32, i32)>,
    /// The line, as the data of an SVG path.
    pub path: String,
}

/// A machine's picture.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Graph {
    /// Pixels at 100 %.
    pub width: i32,
    /// Pixels at 100 %.
    pub height: i32,
    /// In document order; what holds others stands before them.
    pub nodes: Vec<GraphNode>,
    /// Arrows.
    pub edges: Vec<GraphEdge>,
}

/// The words that may stand at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// Where the typed part of the word begins.
    pub from: usize,
    /// What a chosen word replaces.
    pub replace: (usize, usize),
    /// The words.
    pub words: Vec<CompletionWord>,
}

/// A word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionWord {
    /// As it is shown.
    pub label: String,
    /// As it is written.
    pub insert: String,
    /// Where the cursor goes, from the start of `insert`.
    pub cursor: usize,
    /// `field`, `state` or `value`.
    pub kind: String,
    /// A few words about it; empty for none.
    pub detail: String,
}
