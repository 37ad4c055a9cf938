//! Checks that the page asked, at work in pieces.

use super::pause::{Work, piece};
use super::{Subject, examined};
use coldstart_protocol::MessageId;
use coldstart_sandbox::Sandbox;
use coldstart_workspace::Workspace;
use coldstart_workspace::lab::{Check, Files, Verdict};
use serde_json::Value;
use std::sync::Arc;

/// Checks at work, one after the other.
pub(crate) struct Asked {
    /// Whom to answer.
    pub(crate) id: MessageId,
    work: Work<'static, Result<Vec<Verdict>, String>>,
}

impl Asked {
    /// Nothing has run yet.
    #[inline(never)] // The boundary of a part (docs/adr/0005), as below.
    pub(crate) fn new(
        id: MessageId,
        workspace: Workspace,
        modules: Vec<Vec<u8>>,
        faults: Option<Value>,
        checks: Vec<Check>,
        sandbox: Arc<dyn Sandbox>,
    ) -> Self {
        // Nobody sees where a check's functions run, and somebody waits for its end.
        let sandbox = sandbox.hurried().unwrap_or(sandbox);
        let work = async move {
            // A packed lab's inputs are JSON, so there are no files to look in.
            let files = Files::new();
            let subject =
                Subject { workspace: &workspace, modules, files: &files, faults: faults.as_ref() };
            let mut verdicts = Vec::new();
            for check in &checks {
                let verdict = examined(&subject, check, &sandbox).await;
                verdicts.push(verdict.map_err(|fault| fault.to_string())?);
            }
            Ok(verdicts)
        };
        Self { id, work: Box::pin(work) }
    }

    /// A piece of work; the verdicts in the order of the checks once there are all, or why there are none.
    #[inline(never)]
    pub(crate) fn work(&mut self) -> Option<Result<Vec<Verdict>, String>> {
        piece(&mut self.work)
    }
}
