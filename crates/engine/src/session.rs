//! What is saved and shared: the seed, the settings and the command log. Replay rebuilds the rest.

use crate::{Engine, Request, Timestamp};
use coldstart_sandbox::Sandbox;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The settings of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Every id, jitter and random number comes from it. At most 2^53.
    pub seed: u64,
    /// Unix milliseconds of virtual time zero.
    pub epoch_ms: u64,
    /// Twelve digits.
    pub account: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// Idle environments are given up after so many virtual milliseconds. AWS does not say when it does; ten minutes
    /// unless set, which is what people measure.
    #[serde(default = "reclaim_idle_ms_default")]
    pub reclaim_idle_ms: u64,
    /// What the history's digest is made of.
    #[serde(default)]
    pub digest: DigestForm,
}

/// What the digest of a history is made of. A document's own digest says which it was ([`DigestForm::of`]), so that what was published
/// is compared in its own form for ever (docs/adr/0006).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DigestForm {
    /// SHA-256 over one line of JSON for each fact: 64 hex digits.
    Lines,
    /// A fingerprint of 128 bits: 32 hex digits.
    #[default]
    Fingerprint,
}

impl DigestForm {
    /// The form of a digest in hex; without one, that of new documents.
    pub fn of(digest: Option<&str>) -> Self {
        match digest.map(digest_parts) {
            Some((history, _)) if history.len() == 64 => Self::Lines,
            _ => Self::Fingerprint,
        }
    }
}

/// A digest as [`crate::Engine::digest`] gives it, in its parts: that of the history, and `name:digest` for each runtime of a language that
/// functions of the session had, joined by `+`; empty when none had one.
pub fn digest_parts(digest: &str) -> (&str, &str) {
    digest.split_once('+').unwrap_or((digest, ""))
}

fn reclaim_idle_ms_default() -> u64 {
    600_000
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            epoch_ms: 1_767_225_600_000,
            account: "123456789012".into(),
            region: "us-east-1".into(),
            digest: DigestForm::default(),
            reclaim_idle_ms: reclaim_idle_ms_default(),
        }
    }
}

/// One request, at its virtual time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// When it entered.
    pub at: Timestamp,
    /// What entered.
    pub request: Request,
}

/// The stop button: an invocation was ended after it had burned so many units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interrupt {
    /// Request id of the invocation.
    pub request_id: String,
    /// Units that it had burned.
    pub units: u64,
}

/// Everything a history follows from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Seed, epoch, account, region.
    pub config: Config,
    /// In order of time.
    pub commands: Vec<Command>,
    /// Invocations that were stopped by hand.
    #[serde(default)]
    pub interrupts: Vec<Interrupt>,
    /// How far the clock had moved.
    pub until: Timestamp,
}

/// Rebuilds an engine from its session. `blobs` are the modules that the commands name.
pub fn replay(
    session: &Session,
    blobs: impl IntoIterator<Item = Vec<u8>>,
    sandbox: Arc<dyn Sandbox>,
) -> Engine {
    let mut engine = Engine::new(session.config.clone(), sandbox);
    replay_into(&mut engine, session, blobs);
    engine
}

/// Replays a session in an engine that nothing has happened in.
pub(crate) fn replay_into(
    engine: &mut Engine,
    session: &Session,
    blobs: impl IntoIterator<Item = Vec<u8>>,
) {
    blobs.into_iter().for_each(|bytes| {
        engine.put_blob(bytes);
    });
    for interrupt in &session.interrupts {
        engine.plan_interrupt(interrupt.clone());
    }
    for command in &session.commands {
        engine.run_until(command.at);
        engine.handle_request(command.at, command.request.clone());
    }
    engine.run_until(session.until);
}
