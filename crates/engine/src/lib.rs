//! The cloud: a deterministic discrete-event simulation that runs real code.
//!
//! Sans-IO: everything that enters is a [`Request`] with a virtual time, everything that leaves is an
//! [`Event`] or an answer, and the host asks [`Engine::next_work`] how far to move the clock.
//!
//! Invariant: the same [`Session`] and modules give the same events, byte for byte, on every machine.
//! Invariant: at one instant, deadlines come before requests, and ties go by id.

mod api;
mod arn;
mod calendar;
mod cloudwatch;
mod crc32;
mod ecr;
mod engine;
mod event;
mod eventbridge;
mod faults;
mod fingerprint;
mod iam;
mod lambda;
mod links;
mod logs;
pub mod model;
pub mod patterns;
mod queue;
mod rng;
mod scheduler;
mod session;
mod sns;
pub mod sqs;
mod states;
mod targets;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod time;
mod world;

pub use api::{ApiError, Blob, Principal, Request, Response};
pub use engine::{CommandId, Engine, Progress, Running, is_read_only};
pub use event::{Asker, EnvironmentPhase, Event, Fact, Outcome};
pub use lambda::files_of_zip;
pub use session::{Command, Config, DigestForm, Interrupt, Session, digest_parts, replay};
pub use states::mocks;
pub use time::Timestamp;

/// Re-exported for those who look at executions.
pub use coldstart_asl as asl;
/// Re-exported so that hosts build the engine without naming the sandbox twice.
pub use coldstart_sandbox as sandbox;
