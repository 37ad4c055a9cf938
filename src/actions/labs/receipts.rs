//! Receipts: made of the visitor's workspaces at the end of a lab, and verified by asking their checks again.

use super::{load_lab, open_part, part_of};
use crate::actions::{modules_of, snapshot, storage};
use crate::app::App;
use crate::host;
use crate::model::{VerifiedReceipt, step_id};
use coldstart_workspace::lab::{
    Asked, Outcome, PackedLab, PackedStep, Receipt, ReceiptStep, Retried, Verdict, decode_receipt,
    encode_receipt, encode_receipt_file, judge,
};
use coldstart_workspace::{Source, Workspace};
use std::collections::BTreeMap;

/// A receipt: as a link, unless it is too long for one, and as the text of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeReceipt {
    /// The whole address; or why there is none.
    pub link: Result<String, String>,
    /// What the file holds.
    pub file: String,
}

/// Makes a receipt of a lab whose steps are done, after asking all of their checks again.
pub async fn make_receipt(app: &App, lab: &PackedLab, name: &str) -> Result<MadeReceipt, String> {
    let mut steps = Vec::new();
    for part in lab.parts.iter().filter(|part| !part.checks.is_empty()) {
        let workspace = workspace_of(app, lab, part)
            .await
            .ok_or_else(|| format!("{}: it was not opened in this browser.", part.title))?;
        let verdicts = ask(app, part, &workspace).await?;
        for verdict in &verdicts {
            if verdict.outcome != Outcome::Passed {
                let title = part.checks.iter().find(|check| check.id == verdict.check);
                let title = title.map_or("", |check| &check.title);
                return Err(format!("{}: this does not hold any more: {title}.", part.title));
            }
        }
        let digests = verdicts.into_iter().map(|verdict| (verdict.check, verdict.digests));
        steps.push(ReceiptStep {
            step: part.id.clone(),
            workspace: carried(app, workspace).await,
            digests: digests.collect(),
        });
    }
    let receipt = Receipt {
        lab: lab.entry.id.clone(),
        version: lab.entry.version,
        name: name.trim().to_owned(),
        steps,
    };
    let link = encode_receipt(&receipt)
        .map(|link| format!("{}{link}", host::page_address()))
        .map_err(|error| error.to_string());
    let file = encode_receipt_file(&receipt).map_err(|error| error.to_string())?;
    Ok(MadeReceipt { link, file })
}

/// What the visitor made of a step: open, or stored.
async fn workspace_of(app: &App, lab: &PackedLab, part: &PackedStep) -> Option<Workspace> {
    let is_open =
        open_part(app).is_some_and(|(key, ..)| key.lab == lab.entry.id && key.step == part.id);
    if is_open {
        return Some(snapshot(app));
    }
    let id = step_id(&lab.entry.id, &part.id);
    let stored = storage(app)?.load(&id).await.ok().flatten();
    stored.map(|(workspace, _)| workspace)
}

/// A workspace with the modules in it that the page compiled. One that was uploaded is refused by name, as labs are written in the page.
async fn carried(app: &App, mut workspace: Workspace) -> Workspace {
    let modules = crate::actions::modules_for_file(app, &workspace).await;
    for (sha256, source) in &mut workspace.sources {
        if let (Source::Compiled { base64, .. }, Some(bytes)) = (source, modules.get(sha256))
            && base64.is_empty()
        {
            *base64 = coldstart_workspace::pack_module(bytes);
        }
    }
    workspace
}

async fn ask(app: &App, part: &PackedStep, workspace: &Workspace) -> Result<Vec<Verdict>, String> {
    let (modules, _) = modules_of(app, workspace).await;
    let checks = part.checks.clone();
    app.engine.check(workspace.clone(), &modules, part.faults.clone(), checks).await
}

/// Verifies a receipt: what it proves, or why it proves nothing.
pub async fn verify_receipt(app: &App, text: &str) -> VerifiedReceipt {
    let receipt = match decode_receipt(text) {
        Ok(receipt) => receipt,
        Err(error) => return VerifiedReceipt::unreadable(error.to_string()),
    };
    let lab = load_lab(app, &receipt.lab).await;
    let asked = lab.as_deref().map(Asked::from);
    let mut retried: BTreeMap<String, Retried> = BTreeMap::new();
    for ReceiptStep { step, workspace, .. } in &receipt.steps {
        if let Some(part) = lab.as_deref().and_then(|lab| part_of(lab, step)) {
            retried.insert(step.clone(), ask(app, part, workspace).await);
        }
    }
    let judgement = judge(asked.as_ref(), &receipt, &retried);
    VerifiedReceipt {
        name: receipt.name,
        lab: lab.map_or(receipt.lab, |lab| lab.entry.title.clone()),
        version: Some(receipt.version),
        passed: judgement.passed,
        of: judgement.of,
        fault: judgement.fault.map(|fault| fault.to_string()),
    }
}
