//! Inflating a gzip (RFC 1952), which may have several members one behind the other.
//!
//! Checksums of members are not looked at: whoever calls compares the digest of what comes out.
//!
//! Invariant: no more is inflated than was asked for.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// Why a gzip is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Broken,
    TooLarge,
}

pub(super) const MAGIC: &[u8] = &[0x1f, 0x8b];

/// What a gzip holds, if it is not more than `bytes_max`.
pub(super) fn inflate(mut gzip: &[u8], bytes_max: usize) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::new();
    let mut filled = 0;
    loop {
        gzip = gzip.get(header_bytes(gzip).ok_or(Refused::Broken)?..).ok_or(Refused::Broken)?;
        let mut inflater = Box::<DecompressorOxide>::default();
        loop {
            // At least a little room: a member that ends here may have none to write.
            if out.len() == filled {
                let room = (2 * gzip.len()).clamp(1_024, 1 << 24);
                let grown = filled.saturating_add(room).min(bytes_max.saturating_add(1));
                if grown <= filled {
                    return Err(Refused::TooLarge);
                }
                out.resize(grown, 0);
            }
            // Distances reach back within a member only.
            let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
            let (status, read, written) = decompress(&mut inflater, gzip, &mut out, filled, flags);
            gzip = gzip.get(read..).ok_or(Refused::Broken)?;
            filled += written;
            if filled > bytes_max {
                return Err(Refused::TooLarge);
            }
            match status {
                TINFLStatus::Done => break,
                TINFLStatus::HasMoreOutput => {}
                _ => return Err(Refused::Broken),
            }
        }
        // The member's checksum and length.
        gzip = gzip.get(8..).ok_or(Refused::Broken)?;
        // Zeros may fill a block.
        if gzip.iter().all(|byte| *byte == 0) {
            out.truncate(filled);
            return Ok(out);
        }
    }
}

/// How long a member's header is.
fn header_bytes(gzip: &[u8]) -> Option<usize> {
    let deflated = gzip.starts_with(MAGIC) && gzip.get(2) == Some(&8);
    let flags = *gzip.get(3).filter(|_| deflated)?;
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(*gzip.get(at)?) + 256 * usize::from(*gzip.get(at + 1)?);
    }
    // A name and a comment, each up to its zero byte.
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += gzip.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    Some(at)
}
