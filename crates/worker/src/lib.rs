//! What runs in the Web Worker: a [`Host`] that takes the page's messages, owns the engine, paces the virtual clock,
//! runs guests in slices and keeps the views. Pure: real time comes in, messages come out; `main.rs` is the browser's part.
//! The native command uses the same conversions from the document to a session.
//!
//! Invariant: what a session does depends on its document alone, never on slices, clock mode or real time.

mod assemble;
mod definition;
mod host;
pub mod labs;
mod module;
mod pace;
mod replay;
mod session;
mod tiers;
mod trial;
mod views;

pub use assemble::assemble;
pub use host::{CommandGauge, Host, Next, Outgoing};
pub use module::{brought, module_info};
pub use replay::compared;
pub use session::{OpenFault, modules_of, replayed, session_of, sha256_hex};
