//! The document that people edit, save and share.
//!
//! Invariant: decoding never panics, bounds what it inflates, and names what is wrong and where.
//! Invariant: every version of the document that was ever published still opens.

mod bounds;
mod compiled;
mod decode;
mod diff;
mod document;
mod file;
mod hello;
pub mod lab;
mod link;
mod package;
mod sealed;

pub use bounds::{Fault, path_fault};
pub use compiled::{pack_module, unpack_module};
pub use decode::DecodeError;
pub use document::{
    ApiRequest, ClockMode, Command, FunctionDraft, Interrupt, LoggedCommand, MachineDraft,
    MachineType, Source, TestEvent, WORKSPACE_VERSION, Workspace,
};
pub use file::{FileError, WorkspaceFile, hex_sha256};
pub use hello::{HELLO_WAT, known_module};
pub use link::{
    LINK_CHARACTERS_MAX, LINK_PREFIX, LinkError, LinkRefusal, decode_link, encode_link,
};
pub use package::package;
