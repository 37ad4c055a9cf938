//! The document that people edit, save and share.
//!
//! Invariant: decoding never panics, bounds what it inflates, and names what is wrong and where.
//! Invariant: every version of the document that was ever published still opens.

mod document;

pub use document::{
    ApiRequest, ClockMode, Command, FunctionDraft, Interrupt, LoggedCommand, Source, TestEvent, WORKSPACE_VERSION, Workspace,
};
