//! Text in the characters of an address: `<payload>.<check>`.
//!
//! The payload is base64url without padding of three bytes (big-endian) that say how many bytes follow, and those bytes: the text, deflated.
//! The check is base64url of the first four bytes of the SHA-256 of what the payload stands for. The length comes first
//! because a cut link has lost its end: so it can say how much.
//!
//! Invariant: what lost or changed characters is named as such and never opens as something else.
//! Invariant: inflating stops at [`TEXT_BYTES_MAX`], whatever a payload claims.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use sha2::{Digest, Sha256};
use std::io::Read;

/// A text that inflates to more is refused. A link of the longest kind holds less, unless it was made to burst.
pub(crate) const TEXT_BYTES_MAX: u64 = 8 << 20;
/// Base64 characters of the length.
const LENGTH_CHARACTERS: usize = 4;
/// Base64 characters of the check.
const CHECK_CHARACTERS: usize = 6;

/// Why nothing comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unsealed {
    /// The end is missing: so many characters, unless too much is missing to tell.
    Cut(Option<usize>),
    /// The check does not match.
    Changed,
    /// It inflates to more than [`TEXT_BYTES_MAX`].
    TooLarge,
    /// It arrived as it was sent, and is no text.
    NotText(String),
}

/// How many of the last characters are missing, for a message.
pub(crate) fn missing_text(missing: Option<usize>) -> String {
    match missing {
        None => "content".into(),
        Some(1) => "last character".into(),
        Some(count) => format!("last {count} characters"),
    }
}

/// A text as `<payload>.<check>`.
///
/// # Errors
/// The characters that it would have, when its length cannot be told in three bytes.
pub(crate) fn seal(text: &[u8]) -> Result<String, usize> {
    let mut bytes = vec![0; 3];
    // A slice is read and a vector written: neither fails.
    DeflateEncoder::new(text, Compression::best())
        .read_to_end(&mut bytes)
        .expect("memory has no IO errors");
    let length = bytes.len() - 3;
    if length >= 1 << 24 {
        return Err(payload_characters(length));
    }
    bytes[..3].copy_from_slice(&(length as u32).to_be_bytes()[1..]);
    Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(&bytes), check(&bytes)))
}

/// The text that `<payload>.<check>` holds, whatever stands behind it.
pub(crate) fn unseal(sealed: &[u8]) -> Result<String, Unsealed> {
    let bytes = checked_payload(sealed)?;
    let mut text = String::new();
    // One byte more than allowed tells that there is more.
    let read = DeflateDecoder::new(&bytes[3..]).take(TEXT_BYTES_MAX + 1).read_to_string(&mut text);
    if text.len() as u64 > TEXT_BYTES_MAX {
        return Err(Unsealed::TooLarge);
    }
    match read {
        Ok(_) => Ok(text),
        Err(fault) => Err(Unsealed::NotText(fault.to_string())),
    }
}

/// How many characters a sealed text has, by those that it begins with.
pub(crate) fn sealed_characters(sealed: &[u8]) -> Result<usize, Unsealed> {
    let length = sealed.get(..LENGTH_CHARACTERS).ok_or(Unsealed::Cut(None))?;
    let length = URL_SAFE_NO_PAD.decode(length).map_err(|_| Unsealed::Changed)?;
    let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    Ok(payload_characters(length) + 1 + CHECK_CHARACTERS)
}

/// Whether a character is one of ours: of a payload or a check.
pub(crate) fn is_ours(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The payload's bytes, if the check says that all of them arrived as they were sent.
fn checked_payload(sealed: &[u8]) -> Result<Vec<u8>, Unsealed> {
    let end = sealed_characters(sealed)?;
    if sealed.len() < end {
        return Err(Unsealed::Cut(Some(end - sealed.len())));
    }
    let payload_end = end - 1 - CHECK_CHARACTERS;
    // Mail and chat put a full stop or a bracket behind a link; more of our own characters are no such thing.
    if sealed[payload_end] != b'.' || sealed.get(end).is_some_and(|byte| is_ours(*byte)) {
        return Err(Unsealed::Changed);
    }
    let bytes = URL_SAFE_NO_PAD.decode(&sealed[..payload_end]).map_err(|_| Unsealed::Changed)?;
    if check(&bytes).as_bytes() != &sealed[payload_end + 1..end] {
        return Err(Unsealed::Changed);
    }
    Ok(bytes)
}

/// Base64 characters of a payload with so many deflated bytes.
fn payload_characters(length: usize) -> usize {
    ((length + 3) * 4).div_ceil(3)
}

fn check(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..4])
}
