//! Reading a zip: the central directory, stored and deflated entries (PKWARE's APPNOTE, sections 4.3 and 4.4).
//!
//! Invariant: no path leaves the folder it is unpacked into, no two entries are one file, and nothing is inflated past the limit.

use super::super::errors::LambdaError;
use super::account::UNZIPPED_BYTES;
use super::invalid;
use crate::crc32::crc32;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why a zip is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is none, or is cut off.
    Broken,
    /// An entry cannot be unpacked: which, and why.
    Entry { path: String, why: &'static str },
    /// It is larger than allowed when it is unpacked.
    TooLarge,
}

/// AWS's words, with the entry and the reason where one is to blame (that part is ours).
pub(super) fn refusal(fault: Fault) -> LambdaError {
    const BROKEN: &str =
        "Could not unzip uploaded file. Please check your file, then try to upload again.";
    match fault {
        Fault::Broken => invalid(BROKEN),
        Fault::Entry { path, why } => invalid(format!("{BROKEN} (entry {path:?}: {why})")),
        Fault::TooLarge => {
            invalid(format!("Unzipped size must be smaller than {UNZIPPED_BYTES} bytes"))
        }
    }
}

/// The end of the central directory, without its comment.
const END_BYTES: usize = 22;
/// An entry of the central directory, without its names.
const ENTRY_BYTES: usize = 46;
/// An entry's own header, without its names.
const LOCAL_BYTES: usize = 30;

/// What the upper half of an entry's external attributes says of its kind when Unix made it, and what of that is a symbolic link.
const KIND_MASK: usize = 0o170_000;
const SYMBOLIC_LINK: usize = 0o120_000;

/// The files of a zip by their paths. More than `bytes_max` of content is not unpacked.
pub(super) fn read(zip: &[u8], bytes_max: u64) -> Result<BTreeMap<String, Arc<[u8]>>, Fault> {
    let end = end_of_directory(zip).ok_or(Fault::Broken)?;
    let (count, mut at) = (half(zip, end + 10)?, word(zip, end + 16)?);
    let mut files = BTreeMap::new();
    let mut folders = BTreeSet::new();
    let mut left = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    for _ in 0..count {
        if zip.get(at..at.saturating_add(4)) != Some(b"PK\x01\x02") {
            return Err(Fault::Broken);
        }
        let names = [half(zip, at + 28)?, half(zip, at + 30)?, half(zip, at + 32)?];
        let name = slice(zip, at + ENTRY_BYTES, names[0])?;
        let entry = at;
        at += ENTRY_BYTES + names.iter().sum::<usize>();
        let given = String::from_utf8_lossy(name);
        let refused = |why| Fault::Entry { path: given.chars().take(200).collect(), why };
        let path = std::str::from_utf8(name).map_err(|_| refused("its name is not UTF-8"))?;
        let path = inside(path).map_err(refused)?;
        if given.ends_with('/') {
            folders.insert(path);
            continue;
        }
        if half(zip, entry + 40)? & KIND_MASK == SYMBOLIC_LINK {
            return Err(refused("symbolic links are not unpacked"));
        }
        if half(zip, entry + 8)? & 1 != 0 {
            return Err(refused("it is encrypted"));
        }
        let unpacked = word(zip, entry + 24)?;
        left = left.checked_sub(unpacked).ok_or(Fault::TooLarge)?;
        let content = content(zip, entry, unpacked)?.map_err(refused)?;
        if crc32(&content) as usize != word(zip, entry + 16)? {
            return Err(refused("its checksum is not that of its content"));
        }
        // "a" and "a/b": one of them would be a file and a folder.
        let above = path.match_indices('/').map(|(end, _)| path[..end].to_owned());
        folders.extend(above);
        if files.insert(path, content.into()).is_some() {
            return Err(refused("there is another entry of this path"));
        }
    }
    if let Some(path) = folders.into_iter().find(|path| files.contains_key(path)) {
        return Err(Fault::Entry { path, why: "it is a file and a folder" });
    }
    Ok(files)
}

/// The content of the entry whose place in the directory is `entry`.
fn content(
    zip: &[u8],
    entry: usize,
    unpacked: usize,
) -> Result<Result<Vec<u8>, &'static str>, Fault> {
    let (method, packed) = (half(zip, entry + 10)?, word(zip, entry + 20)?);
    let local = word(zip, entry + 42)?;
    let names = half(zip, local.saturating_add(26))? + half(zip, local.saturating_add(28))?;
    let data = slice(zip, local.saturating_add(LOCAL_BYTES + names), packed)?;
    let content = match method {
        0 => Ok(data.to_vec()),
        8 => decompress_to_vec_with_limit(data, unpacked)
            .map_err(|_| "it cannot be inflated to its length"),
        _ => Err("its compression is neither stored nor deflated"),
    };
    Ok(content.and_then(|content| {
        if content.len() == unpacked { Ok(content) } else { Err("its length is not as announced") }
    }))
}

/// From the back, as a comment of unknown length follows.
fn end_of_directory(zip: &[u8]) -> Option<usize> {
    let last = zip.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|at| zip[*at..].starts_with(b"PK\x05\x06"))
}

/// The path below the folder that it is unpacked into, or why there is none.
pub(crate) fn inside(path: &str) -> Result<String, &'static str> {
    if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        return Err("its path is absolute");
    }
    if path.contains(['\\', '\0']) {
        return Err("its path has a backslash or a zero byte");
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return Err("its path leads out of the package");
    }
    if parts.is_empty() && !path.ends_with('/') {
        return Err("it has no name");
    }
    Ok(parts.join("/"))
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
        let why = |from: &str, to: &str| match text(from, to) {
            Err(Fault::Entry { path, why }) => format!("{path}: {why}"),
            other => format!("{other:?}"),
        };
        assert_eq!(why("a/b.txt", "../.txt"), "../.txt: its path leads out of the package");
        assert_eq!(why("a/b.txt", "/ab.txt"), "/ab.txt: its path is absolute");
        assert_eq!(why("hi", "ho"), "c: its checksum is not that of its content");
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
