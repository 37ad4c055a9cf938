//! Reading a zip: the central directory, stored and deflated entries (PKWARE's APPNOTE, sections 4.3 and 4.4).
//!
//! Invariant: no path leaves the folder it is unpacked into, and nothing is inflated past the limit.

use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a zip is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is none, or holds what cannot be unpacked.
    Broken,
    /// It is larger than allowed when it is unpacked.
    TooLarge,
}

/// The end of the central directory, without its comment.
const END_BYTES: usize = 22;
/// An entry of the central directory, without its names.
const ENTRY_BYTES: usize = 46;
/// An entry's own header, without its names.
const LOCAL_BYTES: usize = 30;

/// The files of a zip by their paths. Checksums are not looked at: an entry that inflates to its length is taken.
pub(super) fn read(zip: &[u8], bytes_max: u64) -> Result<BTreeMap<String, Arc<[u8]>>, Fault> {
    let end = end_of_directory(zip).ok_or(Fault::Broken)?;
    let (count, mut at) = (half(zip, end + 10)?, word(zip, end + 16)?);
    let mut files = BTreeMap::new();
    let mut left = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    for _ in 0..count {
        if zip.get(at..at.saturating_add(4)) != Some(b"PK\x01\x02") {
            return Err(Fault::Broken);
        }
        let (flags, method) = (half(zip, at + 8)?, half(zip, at + 10)?);
        let (packed, unpacked) = (word(zip, at + 20)?, word(zip, at + 24)?);
        let (name, extra, comment) =
            (half(zip, at + 28)?, half(zip, at + 30)?, half(zip, at + 32)?);
        let local = word(zip, at + 42)?;
        let path = slice(zip, at + ENTRY_BYTES, name)?;
        let path = std::str::from_utf8(path).map_err(|_| Fault::Broken)?;
        at += ENTRY_BYTES + name + extra + comment;
        if !is_inside(path) || flags & 1 != 0 {
            return Err(Fault::Broken);
        }
        if path.ends_with('/') {
            continue;
        }
        if unpacked > left {
            return Err(Fault::TooLarge);
        }
        left -= unpacked;
        let names = half(zip, local.saturating_add(26))? + half(zip, local.saturating_add(28))?;
        let data = local.saturating_add(LOCAL_BYTES + names);
        let data = slice(zip, data, packed)?;
        let content = match method {
            0 => data.to_vec(),
            8 => decompress_to_vec_with_limit(data, unpacked).map_err(|_| Fault::Broken)?,
            _ => return Err(Fault::Broken),
        };
        if content.len() != unpacked {
            return Err(Fault::Broken);
        }
        files.insert(path.to_owned(), content.into());
    }
    Ok(files)
}

/// From the back, as a comment of unknown length follows.
fn end_of_directory(zip: &[u8]) -> Option<usize> {
    let last = zip.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|at| zip[*at..].starts_with(b"PK\x05\x06"))
}

/// Whether a path stays where it is unpacked.
fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('/')
        && !path.contains(['\\', '\0'])
        && !path.split('/').any(|part| part == "..")
}

fn slice(zip: &[u8], at: usize, len: usize) -> Result<&[u8], Fault> {
    let end = at.checked_add(len).ok_or(Fault::Broken)?;
    zip.get(at..end).ok_or(Fault::Broken)
}

fn half(zip: &[u8], at: usize) -> Result<usize, Fault> {
    let bytes = slice(zip, at, 2)?;
    Ok(usize::from(bytes[0]) | usize::from(bytes[1]) << 8)
}

fn word(zip: &[u8], at: usize) -> Result<usize, Fault> {
    Ok(half(zip, at)? | half(zip, at.saturating_add(2))? << 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    /// `python3 -c "zipfile…"`: `a/b.txt` deflated, 1,000 letters x; `c` stored, `hi`.
    fn sample() -> Vec<u8> {
        let text = include_str!("zip/sample.base64");
        base64::engine::general_purpose::STANDARD.decode(text.trim()).expect("a constant")
    }

    #[test]
    fn stored_and_deflated_files_are_read() {
        let files = read(&sample(), 10_000).expect("a zip");
        assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), ["a/b.txt", "c"]);
        assert_eq!(*files["a/b.txt"], [b'x'; 1_000]);
        assert_eq!(*files["c"], *b"hi");
    }

    #[test]
    fn what_is_too_large_or_leaves_its_folder_is_refused() {
        assert_eq!(read(&sample(), 1_001), Err(Fault::TooLarge));
        assert_eq!(read(b"no zip", 10), Err(Fault::Broken));
        let text = |from: &str, to: &str| {
            let mut bytes = sample();
            let places: Vec<usize> = (0..bytes.len() - from.len())
                .filter(|at| bytes[*at..].starts_with(from.as_bytes()))
                .collect();
            for at in places {
                bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            }
            read(&bytes, 10_000)
        };
        assert_eq!(text("a/b.txt", "../.txt"), Err(Fault::Broken));
        assert_eq!(text("a/b.txt", "/ab.txt"), Err(Fault::Broken));
    }

    #[test]
    fn no_cut_or_changed_zip_panics() {
        let whole = sample();
        for len in 0..whole.len() {
            assert!(read(&whole[..len], 10_000).is_err());
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                drop(read(&bytes, 10_000));
            }
        }
    }
}
