//! Reading a tar: POSIX `ustar` with the extended headers of POSIX.1-2001 and GNU's long names.
//!
//! Invariant: no path leaves the folder that the archive is unpacked into, and nothing is read past its end.

use super::Fault;
use crate::lambda::inside;

const BLOCK: usize = 512;
/// Entries of an archive, and bytes of a path. Chosen: what follows costs time for each.
const ENTRIES_MAX: usize = 100_000;
const PATH_BYTES_MAX: usize = 4_096;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    File(&'a [u8]),
    Folder,
    /// Its target, as it stands there.
    SymbolicLink(String),
    /// Path of the file that it is another name of.
    HardLink(String),
}

/// An entry of an archive, by its path below the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) path: String,
    pub(super) kind: Kind<'a>,
}

/// What extended headers say of the entry that follows.
#[derive(Default)]
struct Extended {
    path: Option<String>,
    link: Option<String>,
    size: Option<usize>,
}

/// The entries of an archive, in its order. `name` says in refusals which archive it is.
pub(super) fn entries<'a>(name: &str, tar: &'a [u8]) -> Result<Vec<Entry<'a>>, Fault> {
    let mut found = Vec::new();
    let mut extended = Extended::default();
    let mut at: usize = 0;
    while let Some(header) = tar.get(at..at.saturating_add(BLOCK)) {
        // Two blocks of zeros end it; what comes after is not read.
        if header.iter().all(|byte| *byte == 0) {
            return Ok(found);
        }
        let place = at;
        let broken = |why: &str| Fault::new(format!("{name}, byte {place}"), why);
        if sum(header) != number(&header[148..156]).map(|sum| sum as u64) {
            return Err(broken("no tar header: its checksum is wrong"));
        }
        let kind = header[156];
        let is_extension = matches!(kind, b'x' | b'g' | b'L' | b'K');
        let size = number(&header[124..136]).ok_or_else(|| broken("its size is no number"))?;
        let size = if is_extension { size } else { extended.size.unwrap_or(size) };
        // Links and folders have no content, whatever their size says.
        let size = if matches!(kind, b'1' | b'2' | b'5') { 0 } else { size };
        let start = at + BLOCK;
        let content = start.checked_add(size).and_then(|end| tar.get(start..end));
        let content = content.ok_or_else(|| broken("the archive is cut off"))?;
        at = start + size.div_ceil(BLOCK) * BLOCK;
        match kind {
            b'x' => pax(content, &mut extended).map_err(|why| broken(&why))?,
            b'g' => {}
            b'L' => extended.path = Some(text(content)),
            b'K' => extended.link = Some(text(content)),
            _ => {
                let Extended { path, link, .. } = std::mem::take(&mut extended);
                let path = path.unwrap_or_else(|| header_path(header));
                let link = link.unwrap_or_else(|| text(&header[157..257]));
                if path.len().max(link.len()) > PATH_BYTES_MAX {
                    return Err(broken("a path is longer than 4,096 bytes"));
                }
                if found.len() == ENTRIES_MAX {
                    return Err(broken("there are more than 100,000 entries"));
                }
                let refused = |why: &str| Fault::new(format!("{name}, entry {path:?}"), why);
                let folder = if kind == b'5' { "/" } else { "" };
                let clean = inside(&format!("{path}{folder}")).map_err(&refused)?;
                let kind = match kind {
                    // An old archive's folder is a file whose name ends with a stroke.
                    b'0' | 0 | b'7' if !path.ends_with('/') => Kind::File(content),
                    b'0' | 0 | b'5' => Kind::Folder,
                    b'1' => Kind::HardLink(inside(&link).map_err(&refused)?),
                    b'2' => Kind::SymbolicLink(link),
                    b'3' | b'4' => return Err(refused("devices are not unpacked")),
                    b'6' => return Err(refused("named pipes are not unpacked")),
                    b'S' => return Err(refused("sparse files are not unpacked")),
                    _ => return Err(refused("its kind is not known")),
                };
                // The root itself.
                if !clean.is_empty() {
                    found.push(Entry { path: clean, kind });
                }
            }
        }
    }
    match at >= tar.len() {
        true => Ok(found),
        false => Err(Fault::new(name, "the archive is cut off")),
    }
}

/// The sum of a header's bytes, those of the sum itself taken as blanks.
fn sum(header: &[u8]) -> Option<u64> {
    let of = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    Some(of(&header[..148]) + 8 * 32 + of(&header[156..]))
}

/// Octal digits, or GNU's big-endian number behind a first byte of 0x80.
fn number(field: &[u8]) -> Option<usize> {
    if field[0] & 0x80 != 0 {
        let mut value: usize = usize::from(field[0] & 0x7f);
        for byte in &field[1..] {
            value = value.checked_mul(256)?.checked_add(usize::from(*byte))?;
        }
        return Some(value);
    }
    let digits = field.iter().copied().skip_while(|byte| *byte == b' ');
    let mut value: usize = 0;
    for byte in digits.take_while(|byte| !matches!(byte, b' ' | 0)) {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 8)?;
        value = value.checked_mul(8)?.checked_add(usize::from(digit))?;
    }
    Some(value)
}

/// Up to the first zero byte.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn header_path(header: &[u8]) -> String {
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    // GNU's own format has times where POSIX has the prefix.
    let posix = header[257..263] == *b"ustar\0";
    if posix && !prefix.is_empty() { format!("{prefix}/{name}") } else { name }
}

/// Records `length key=value\n`.
fn pax(mut records: &[u8], extended: &mut Extended) -> Result<(), String> {
    const BROKEN: &str = "an extended header cannot be read";
    while !records.is_empty() {
        let blank = records.iter().position(|byte| *byte == b' ').ok_or(BROKEN)?;
        let length = std::str::from_utf8(&records[..blank]).ok().and_then(|text| text.parse().ok());
        let length: usize = length.ok_or(BROKEN)?;
        let record = records.get(blank + 1..length).ok_or(BROKEN)?;
        let record = record.strip_suffix(b"\n").ok_or(BROKEN)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or(BROKEN)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        let value = String::from_utf8_lossy(value).into_owned();
        match key {
            b"path" => extended.path = Some(value),
            b"linkpath" => extended.link = Some(value),
            b"size" => extended.size = Some(value.parse().map_err(|_| BROKEN)?),
            _ if key.starts_with(b"GNU.sparse") => {
                return Err("sparse files are not unpacked".into());
            }
            _ => {}
        }
        records = &records[length..];
    }
    Ok(())
}
