//! Receipts: somebody's workspaces at the end of a lab's steps, which whoever has the lab can try again.
//!
//! In a link a receipt is `#/receipt/r1.<payload>.<check>`, sealed as links to workspaces are; in a file it is the same text, however long.
//! A receipt proves that its workspaces pass, since they are tried again, on the checks of the lab that the reader has. It does not prove who made them: the name is
//! whatever its sender wrote, and only the link's check, which anybody can compute, notices that it was changed on the way.
//!
//! Invariant: reading never panics, bounds what it inflates and what it finds; nothing of a receipt runs before its lab is known.

use super::read::{SEEDS_MAX, STEPS_MAX, is_id};
use crate::bounds::check_digest;
use crate::link::LINK_CHARACTERS_MAX;
use crate::sealed::{
    TEXT_BYTES_MAX, Unsealed, is_ours, missing_text, seal, sealed_characters, unseal,
};
use crate::{DecodeError, Fault, Source, Workspace};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a receipt begins with, in the address's fragment.
pub const RECEIPT_PREFIX: &str = "#/receipt/";
/// Characters of the learner's name.
pub const RECEIPT_NAME_MAX: usize = 100;
/// Receipts that are found in one text.
pub const RECEIPTS_MAX: usize = 1_000;
const CODEC: &str = "r1";
/// Checks of a step that a receipt may have digests of.
const CHECKS_MAX: usize = 100;

/// Somebody's way through a lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The lab's id.
    pub lab: String,
    /// The version of the lab whose checks passed.
    pub version: u32,
    /// Who did it, as they call themselves: at most [`RECEIPT_NAME_MAX`] characters, or none.
    pub name: String,
    /// What they did, a step each.
    pub steps: Vec<ReceiptStep>,
}

/// What somebody did in a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptStep {
    /// The step's id.
    pub step: String,
    /// The session that passed.
    pub workspace: Workspace,
    /// Digests of what the checks saw, by check: a seed each, in the order of its seeds.
    pub digests: BTreeMap<String, Vec<String>>,
}

/// Why there is no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptRefusal {
    /// The link would be too long. A file holds it.
    #[error(
        "the receipt would have {characters} characters as a link, and at most {LINK_CHARACTERS_MAX} travel well; hand in the file"
    )]
    TooLong {
        /// How long it would be.
        characters: usize,
    },
    /// No file holds it either.
    #[error("the receipt would hold more than {TEXT_BYTES_MAX} bytes, which nobody reads")]
    TooLarge,
    /// It would not work without a module that is not in it.
    #[error(
        "the step {step} uses the module {name}, which is not in its document, so the receipt would not work without it"
    )]
    ModuleMissing {
        /// The step.
        step: String,
        /// The module's name.
        name: String,
    },
    /// A member is out of bounds.
    #[error("there is no such receipt: {0}")]
    Faulty(#[from] Fault),
}

/// Why a text does not open as a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// It does not look like one.
    #[error("this is not a receipt")]
    NotAReceipt,
    /// A codec that this build does not have.
    #[error(
        "this receipt was made by a newer version of Coldstart (codec {codec:?}), which is needed to read it"
    )]
    UnknownCodec {
        /// Its name.
        codec: String,
    },
    /// The end is missing.
    #[error("this receipt lost its {}; ask for the whole link or for the file", missing_text(*missing))]
    Cut {
        /// Characters that are missing; none when so much is missing that it does not say.
        missing: Option<usize>,
    },
    /// It arrived otherwise than it was sent.
    #[error("this receipt was changed on the way: its check does not match; ask for the file")]
    Changed,
    /// It inflates to more than any receipt.
    #[error("this receipt holds more than {TEXT_BYTES_MAX} bytes; it is not opened")]
    TooLarge,
    /// It arrived as it was sent, and something in it is wrong.
    #[error("this receipt is damaged: {0}")]
    Damaged(#[from] Fault),
    /// A workspace in it does not open.
    #[error("the step {step}: {error}")]
    Workspace {
        /// The step.
        step: String,
        /// Why.
        error: DecodeError,
    },
}

impl From<Unsealed> for ReceiptError {
    fn from(unsealed: Unsealed) -> Self {
        match unsealed {
            Unsealed::Cut(missing) => Self::Cut { missing },
            Unsealed::Changed => Self::Changed,
            Unsealed::TooLarge => Self::TooLarge,
            Unsealed::NotText(problem) => Fault { path: String::new(), problem }.into(),
        }
    }
}

/// The link of a receipt, from `#` on.
///
/// # Errors
/// It is too long for a link, needs a module that is not in it, or is out of bounds.
pub fn encode_receipt(receipt: &Receipt) -> Result<String, ReceiptRefusal> {
    let link = encode_receipt_file(receipt)?;
    if link.len() > LINK_CHARACTERS_MAX {
        return Err(ReceiptRefusal::TooLong { characters: link.len() });
    }
    Ok(link)
}

/// The same text as a link's, however long it is: what a file holds.
///
/// # Errors
/// It is larger than what is read again, needs a module that is not in it, or is out of bounds.
pub fn encode_receipt_file(receipt: &Receipt) -> Result<String, ReceiptRefusal> {
    check_receipt(receipt)?;
    for ReceiptStep { step, workspace, .. } in &receipt.steps {
        let missing = workspace.sources.values().find_map(|source| match source {
            Source::Module { name } => Some(name),
            // Whoever tries a receipt again has no compiler.
            Source::Compiled { compiler, base64, .. } if base64.is_empty() => Some(compiler),
            _ => None,
        });
        if let Some(name) = missing {
            return Err(ReceiptRefusal::ModuleMissing { step: step.clone(), name: name.clone() });
        }
    }
    let json =
        serde_json::to_string(receipt).expect("it has string keys and nothing that JSON lacks");
    if json.len() as u64 > TEXT_BYTES_MAX {
        return Err(ReceiptRefusal::TooLarge);
    }
    let sealed = seal(json.as_bytes()).map_err(|_| ReceiptRefusal::TooLarge)?;
    Ok(format!("{RECEIPT_PREFIX}{CODEC}.{sealed}"))
}

/// The first receipt of a text: a whole address, its part from `#` on, or a line that has one. A link that mail broke into lines is put together again.
/// Nothing of it runs.
///
/// # Errors
/// There is none, it did not arrive as it was sent, or something in it is wrong.
pub fn decode_receipt(text: &str) -> Result<Receipt, ReceiptError> {
    let (_, link) = text.split_once(RECEIPT_PREFIX).ok_or(ReceiptError::NotAReceipt)?;
    let (codec, sealed) = codec_of(link).ok_or(ReceiptError::Cut { missing: None })?;
    if codec != CODEC {
        let codec = codec.chars().take(20).collect();
        return Err(ReceiptError::UnknownCodec { codec });
    }
    let json = match mended(sealed) {
        Some((whole, _)) => unseal(whole.as_bytes())?,
        None => unseal(own(sealed).as_bytes())?,
    };
    read(&json)
}

/// The receipts of a text, such as mails that were pasted one after the other, each from its prefix to its end, whether it opens or not: those of
/// the first [`RECEIPTS_MAX`] that differ.
pub fn find_receipts(text: &str) -> Vec<&str> {
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    let mut rest = text;
    while let Some(at) = rest.find(RECEIPT_PREFIX) {
        let receipt = &rest[at..];
        let link = &receipt[RECEIPT_PREFIX.len()..];
        let codec = codec_of(link).map_or(0, |(codec, _)| codec.len() + 1);
        let sealed = &link[codec..];
        let length = match mended(sealed) {
            Some((_, length)) => length,
            // A full stop behind a link is no part of it, but for one that was cut there nothing changes.
            None => own(sealed).trim_end_matches('.').len(),
        };
        let end = RECEIPT_PREFIX.len() + codec + length;
        let receipt = &receipt[..end];
        if known.insert(receipt) {
            found.push(receipt);
            if found.len() == RECEIPTS_MAX {
                break;
            }
        }
        rest = &rest[at + end..];
    }
    found
}

/// A link's codec and what it sealed.
fn codec_of(link: &str) -> Option<(&str, &str)> {
    let (codec, sealed) = link.split_once('.')?;
    // Further on a full stop is of another sentence.
    (codec.len() <= 20 && codec.bytes().all(is_ours)).then_some((codec, sealed))
}

/// As many characters as can be a sealed text's; and the next one, which tells that there is more than there should be.
fn own(text: &str) -> &str {
    let end = text.bytes().position(|byte| !is_ours(byte) && byte != b'.');
    &text[..end.unwrap_or(text.len())]
}

/// A sealed text that was broken into lines, put together again, and how much of `text` it takes. Only one whose check matches: so nothing that
/// stands in the line below a link that was cut becomes a part of it.
fn mended(text: &str) -> Option<(String, usize)> {
    // Indented, quoted, or in the encoding of mails that ends broken lines with an equals sign.
    let breaks = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'>' | b'|' | b'=');
    let length = sealed_characters(text.as_bytes()).ok()?;
    if own(text).len() >= length {
        return None;
    }
    let (mut whole, mut end) = (String::new(), 0);
    for (at, byte) in text.bytes().enumerate() {
        if is_ours(byte) || byte == b'.' {
            if whole.len() == length {
                break;
            }
            whole.push(char::from(byte));
            end = at + 1;
        } else if whole.len() == length {
            break;
        } else if !breaks(byte) {
            return None;
        }
    }
    unseal(whole.as_bytes()).is_ok().then_some((whole, end))
}

/// A receipt as it is written, before its workspaces are read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    lab: String,
    version: u32,
    name: String,
    steps: Vec<WrittenStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    step: String,
    workspace: Value,
    digests: BTreeMap<String, Vec<String>>,
}

fn read(json: &str) -> Result<Receipt, ReceiptError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let written: Written =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            // The library's name for the receipt itself.
            let path = if path == "." { String::new() } else { path };
            Fault { path, problem: error.into_inner().to_string() }
        })?;
    deserializer
        .end()
        .map_err(|error| Fault { path: String::new(), problem: error.to_string() })?;
    let mut receipt = Receipt {
        lab: written.lab,
        version: written.version,
        name: written.name,
        steps: Vec::new(),
    };
    check_steps(written.steps.iter().map(|step| (step.step.as_str(), &step.digests)))?;
    for WrittenStep { step, workspace, digests } in written.steps {
        let workspace = Workspace::from_value(workspace)
            .map_err(|error| ReceiptError::Workspace { step: step.clone(), error })?;
        receipt.steps.push(ReceiptStep { step, workspace, digests });
    }
    check_receipt(&receipt)?;
    Ok(receipt)
}

fn check_receipt(receipt: &Receipt) -> Result<(), Fault> {
    let fault = |path: &str, problem: String| Err(Fault { path: path.into(), problem });
    if !is_id(&receipt.lab) {
        return fault("lab", "no id: lower-case letters, digits and hyphens".into());
    }
    if receipt.name.chars().count() > RECEIPT_NAME_MAX {
        return fault("name", format!("it has more than {RECEIPT_NAME_MAX} characters"));
    }
    if let Some(c) = receipt.name.chars().find(|c| c.is_control()) {
        return fault("name", format!("the control character {c:?} is not allowed in a name"));
    }
    for (index, step) in receipt.steps.iter().enumerate() {
        step.workspace.validate().map_err(|fault| Fault {
            path: format!("steps[{index}].workspace.{}", fault.path),
            problem: fault.problem,
        })?;
    }
    check_steps(receipt.steps.iter().map(|step| (step.step.as_str(), &step.digests)))
}

fn check_steps<'a>(
    steps: impl ExactSizeIterator<Item = (&'a str, &'a BTreeMap<String, Vec<String>>)>,
) -> Result<(), Fault> {
    let fault = |path: String, problem: &str| Err(Fault { path, problem: problem.into() });
    if steps.len() > STEPS_MAX {
        return fault("steps".into(), "there are more than a lab has");
    }
    let mut ids = BTreeSet::new();
    for (index, (step, digests)) in steps.enumerate() {
        let path = format!("steps[{index}]");
        if !is_id(step) || !ids.insert(step) {
            return fault(
                path,
                "ids of steps are lower-case letters, digits and hyphens, each once",
            );
        }
        let path = format!("{path}.digests");
        if digests.len() > CHECKS_MAX || !digests.keys().all(|check| is_id(check)) {
            return fault(path, "they stand by the ids of checks");
        }
        if !digests.values().all(|all| all.len() <= SEEDS_MAX) {
            return fault(path, "there are more than a check has seeds");
        }
        if let Some(wrong) = digests.values().flatten().find_map(|one| check_digest(one).err()) {
            return fault(path, &wrong.problem);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, to: &str, message: &str) {
        let digests = BTreeMap::from([("survives".to_owned(), vec!["ab".repeat(16)])]);
        let workspace = Workspace::empty("x");
        let step = ReceiptStep { step: "retry".into(), workspace, digests };
        let receipt =
            Receipt { lab: "retries".into(), version: 1, name: "Ada".into(), steps: vec![step] };
        let json = serde_json::to_string(&receipt).expect("JSON");
        assert!(json.contains(from), "{json}");
        let sealed = seal(json.replacen(from, to, 1).as_bytes()).expect("it is short");
        let error = decode_receipt(&format!("{RECEIPT_PREFIX}{CODEC}.{sealed}"));
        let error = error.expect_err("it is wrong").to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn what_a_receipt_holds_is_checked_too() {
        check("\"name\"", "\"nom\"", "this receipt is damaged: nom: unknown field `nom`");
        check("\"Ada\"", "5", "damaged: name: invalid type");
        check("\"Ada\"", "\"\\u001b[2J\"", "damaged: name: the control character");
        check("retries", "../etc", "damaged: lab: no id");
        check("\"retry\"", "\"\"", "damaged: steps[0]: ids");
        check("abab", "ABAB", "steps[0].digests: not a SHA-256");
        check(
            "\"version\":2",
            "\"version\":9",
            "the step retry: this workspace was made by a newer",
        );
        check("\"seed\":", "\"seed\":-", "the step retry: this workspace is damaged: seed");
        check("{\"lab\"", "[]{\"lab\"", "damaged: invalid");
        check("}}]}", "}}]} more", "damaged: trailing characters");
        let bomb = seal(&vec![b' '; 64 << 20]).expect("it deflates well");
        let bomb = format!("{RECEIPT_PREFIX}{CODEC}.{bomb}");
        assert_eq!(decode_receipt(&bomb), Err(ReceiptError::TooLarge));
        let binary = seal(&[0xff, 0xfe]).expect("it is short");
        let binary = format!("{RECEIPT_PREFIX}{CODEC}.{binary}");
        assert!(matches!(decode_receipt(&binary), Err(ReceiptError::Damaged(_))));
    }
}
