//! Workshop labs: a lesson in steps, each with a state to begin from, checks of behaviour, hints and a solution (docs/LABS.md).
//!
//! A lab is a folder of text files. [`read`] makes a [`Lab`] of them and says everything that is wrong with it, each with its file and place.
//! [`state`] makes the workspace that a step's files stand for; [`PackedLab`] is what is shown to learners; a [`Receipt`] is what they hand in.
//!
//! Invariant: reading never panics and bounds what it keeps; overlays are laid out here, so that nobody else has to know of them.

mod directives;
mod judgement;
mod markdown;
mod model;
mod pack;
mod packed;
mod read;
mod receipt;
pub mod state;
mod unzip;
mod verdict;

pub use judgement::{Asked, Judgement, ReceiptFault, Retried, admits, judge};
pub use model::{
    Check, CheckRequest, Files, Hint, Kind, Lab, Level, Mutant, Question, Start, Step,
};
pub use pack::pack;
pub use packed::{
    Block, CatalogueEntry, Inline, PackedHint, PackedLab, PackedQuestion, PackedStep,
};
pub use read::{LabFault, read};
pub use receipt::{
    RECEIPT_NAME_MAX, RECEIPT_PREFIX, RECEIPTS_MAX, Receipt, ReceiptError, ReceiptRefusal,
    ReceiptStep, decode_receipt, encode_receipt, encode_receipt_file, find_receipts,
};
pub use unzip::unzip;
pub use verdict::{Outcome, Verdict};
