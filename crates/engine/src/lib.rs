//! The cloud: a deterministic discrete-event simulation that runs real code.
//!
//! Sans-IO: everything that enters is a [`Request`] with a virtual time, everything that leaves is an
//! [`Event`] or an answer, and the host asks [`Engine::next_work`] how far to move the clock.
//!
//! Invariant: the same [`Session`] and modules give the same events, byte for byte, on every machine.
//! Invariant: at one instant, deadlines come before requests, and ties go by id.

mod api;
mod engine;
mod event;
pub mod model;
mod session;
mod time;

pub use api::{ApiError, Blob, Principal, Request, Response};
pub use engine::{CommandId, Engine, Progress, Running};
pub use event::{EnvironmentPhase, Event, Fact, Outcome};
pub use session::{Command, Config, Interrupt, Session, replay};
pub use time::Timestamp;

/// Re-exported so that hosts build the engine without naming the sandbox twice.
pub use coldstart_sandbox as sandbox;
