//! Which statics go with a part: those that only the part's own code refers to, directly or by way of such statics.
//!
//! Who refers to one is read from constants in code, from offsets of loads and stores, and from what the linker knew: where data has pointers, and
//! which statics it meant by a number (see [`Linked`]). Optimisers make numbers of their own, within what they know to be one static.
//!
//! Invariant: a static that is referred to from elsewhere, or from nowhere, stays in the primary.

use super::Rule;
use super::choose::Homes;
use super::linked::Linked;
use super::module::{Module, bad, constant};
use crate::progress::Outcome;
use std::collections::BTreeSet;
use std::ops::Range;
use wasm_encoder::{ConstExpr, DataSection};
use wasmparser::DataKind;

/// Fewer neighbouring statics stay: a segment of its own has a price, in the part and for the hole in the primary.
const RUN_BYTES_MIN: u32 = 64;

/// Numbers that are in much code and hardly ever an address in the middle of a static: around the end of the range of `char`, where values
/// that are no characters stand for absence, and masks of a few high bits.
fn is_a_number(address: u32) -> bool {
    const CHAR_END: u32 = 0x11_0000;
    let from_end = address.wrapping_sub(CHAR_END - 16);
    from_end <= 32 || address == CHAR_END - 0x800 || address.trailing_zeros() >= 16
}

/// Texts from this size on that are JSON, such as the models of APIs, are used as a whole: nobody points into their middle, so that a number that looks
/// as if it did is one by chance. Bytes.
const DOCUMENT_BYTES_MIN: u32 = 1024;

/// Statics from this size on that are no text, and begin where words do, are tables of words: an odd place within one is a number. Bytes.
const TABLE_BYTES_MIN: u32 = 1024;

/// Segments that are no farther apart are written as one, with zeros between. Bytes.
const GAP_MAX: u32 = 12;

/// Who refers to a static: a part, or the primary.
type User = Option<usize>;

/// Bytes with their address.
struct Piece<'a> {
    address: u32,
    bytes: &'a [u8],
}

impl Piece<'_> {
    fn end(&self) -> u32 {
        self.address.saturating_add(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX))
    }
}

/// All data; none if some of it has no place of its own, for then segments must keep their numbers.
fn pieces<'a>(section: &wasmparser::DataSectionReader<'a>) -> Outcome<Option<Vec<Piece<'a>>>> {
    let mut pieces = Vec::new();
    for segment in section.clone() {
        let segment = segment.map_err(bad)?;
        let address = match segment.kind {
            DataKind::Active { memory_index: 0, offset_expr } => constant(&offset_expr)?,
            _ => None,
        };
        let Some(address) = address else { return Ok(None) };
        pieces.push(Piece { address, bytes: segment.data });
    }
    pieces.sort_by_key(|piece| piece.address);
    Ok(Some(pieces))
}

/// A large static, for the list: its place, and whose it is.
pub(crate) struct Large {
    pub(crate) range: Range<u32>,
    pub(crate) users: BTreeSet<User>,
}

/// Statics from this size on are listed. Bytes.
const LARGE_BYTES_MIN: u32 = 2048;

/// Data, cut along what moves.
pub(crate) struct Data<'a> {
    /// None if it cannot be cut.
    pieces: Option<Vec<(User, Piece<'a>)>>,
    statics: Vec<Range<u32>>,
    pub(crate) large: Vec<Large>,
}

impl<'a> Data<'a> {
    /// Finds out who needs what.
    pub(crate) fn new(
        module: &Module<'a>,
        homes: &Homes,
        rules: &[Rule],
        linked: &Linked,
    ) -> Outcome<Self> {
        let Some(section) = &module.sections.data else {
            return Ok(Self { pieces: Some(Vec::new()), statics: Vec::new(), large: Vec::new() });
        };
        let Some(pieces) = pieces(section)? else {
            return Ok(Self { pieces: None, statics: Vec::new(), large: Vec::new() });
        };
        let users = users(module, homes, linked, &pieces);
        let statics = &linked.statics;
        let moving = moving(statics, &users, rules);
        let mut cut = Vec::new();
        for piece in pieces {
            // Those that begin before the piece ends, from the one on that ends after the piece begins.
            let from = moving.partition_point(|(range, _)| range.end <= piece.address);
            let mut rest = piece;
            let end = rest.end();
            for (range, part) in moving[from..].iter().take_while(|(range, _)| range.start < end) {
                let (before, after) = split_at(rest, range.start);
                let (own, after) = split_at(after, range.end);
                cut.push((None, before));
                cut.push((Some(*part), own));
                rest = after;
            }
            cut.push((None, rest));
        }
        cut.retain(|(_, piece)| !piece.bytes.is_empty());
        let all = statics
            .iter()
            .zip(users)
            .filter(|(range, _)| range.end - range.start >= LARGE_BYTES_MIN);
        let large = all.map(|(range, users)| Large { range: range.clone(), users }).collect();
        Ok(Self { pieces: Some(cut), statics: statics.clone(), large })
    }

    /// Whether nobody's static is there: even one of zeros may be something else by the time when a part arrives.
    fn is_free(&self, range: &Range<u32>) -> bool {
        let from = self.statics.partition_point(|other| other.end <= range.start);
        self.statics.get(from).is_none_or(|other| other.start >= range.end)
    }

    /// The data of a part, or of the primary; none where the section should be written as it was.
    pub(crate) fn section(&self, user: User) -> Option<DataSection> {
        let mut section = DataSection::new();
        let mut run: Option<(u32, Vec<u8>)> = None;
        let mut write = |run: Option<(u32, Vec<u8>)>| {
            if let Some((address, bytes)) = run {
                section.active(0, &ConstExpr::i32_const(address.cast_signed()), bytes);
            }
        };
        for (_, piece) in self.pieces.as_ref()?.iter().filter(|(owner, _)| *owner == user) {
            let gap = |(address, bytes): &(u32, Vec<u8>)| {
                let end = address + u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                let gap = piece.address.checked_sub(end).filter(|gap| *gap <= GAP_MAX)?;
                (user.is_none() || gap == 0 || self.is_free(&(end..piece.address))).then_some(gap)
            };
            match (run.as_ref().and_then(gap), &mut run) {
                (Some(gap), Some((_, bytes))) => {
                    bytes.resize(bytes.len() + gap as usize, 0);
                    bytes.extend_from_slice(piece.bytes);
                }
                _ => write(run.replace((piece.address, piece.bytes.to_vec()))),
            }
        }
        write(run);
        Some(section)
    }
}

fn split_at(piece: Piece<'_>, address: u32) -> (Piece<'_>, Piece<'_>) {
    let at = address.clamp(piece.address, piece.end()) - piece.address;
    let (before, after) = piece.bytes.split_at(at as usize);
    (
        Piece { address: piece.address, bytes: before },
        Piece { address: piece.address + at, bytes: after },
    )
}

/// The part that a static goes with: its only user, or the one that is there whenever the others run.
fn home(users: &BTreeSet<User>, rules: &[Rule]) -> Option<usize> {
    let parts: Vec<usize> = users.iter().copied().collect::<Option<_>>()?;
    let is_there =
        |home: usize, part: usize| home == part || rules[part].after.contains(&rules[home].name);
    parts.iter().copied().find(|home| parts.iter().all(|part| is_there(*home, *part)))
}

/// What moves, in order: runs of neighbours that move to the same part.
fn moving(
    statics: &[Range<u32>],
    users: &[BTreeSet<User>],
    rules: &[Rule],
) -> Vec<(Range<u32>, usize)> {
    let mut runs: Vec<(Range<u32>, usize)> = Vec::new();
    let mut broken = true;
    for (range, users) in statics.iter().zip(users) {
        let part = home(users, rules);
        match (part, runs.last_mut()) {
            (None, _) => broken = true,
            (Some(part), Some((run, last)))
                if !broken && part == *last && range.start <= run.end + GAP_MAX =>
            {
                run.end = run.end.max(range.end);
            }
            (Some(part), _) => {
                runs.push((range.clone(), part));
                broken = false;
            }
        }
    }
    runs.retain(|(run, _)| run.end - run.start >= RUN_BYTES_MIN);
    runs
}

/// Who refers to each static.
fn users(
    module: &Module<'_>,
    homes: &Homes,
    linked: &Linked,
    pieces: &[Piece<'_>],
) -> Vec<BTreeSet<User>> {
    let statics = &linked.statics;
    let mut users: Vec<BTreeSet<User>> = vec![BTreeSet::new(); statics.len()];
    let mut open: Vec<(usize, User)> = Vec::new();
    for (index, function) in (module.imported_functions..).zip(&module.functions) {
        let home = homes.get(&index).copied();
        for address in &function.constants {
            // Optimisers write some numbers as what is subtracted.
            let meant = [*address, address.wrapping_neg()];
            let meant = meant.iter().filter_map(|address| linked.meant.get(address)).flatten();
            let holder = holder(statics, pieces, *address);
            open.extend(meant.copied().chain(holder).map(|place| (place, home)));
        }
    }
    while let Some((place, user)) = open.pop() {
        if users[place].insert(user) {
            let pointers = linked.pointers.get(&place).into_iter().flatten();
            open.extend(pointers.map(|place| (*place, user)));
        }
    }
    users
}

/// The static that a number in code is an address in, unless it is more likely a number.
fn holder(statics: &[Range<u32>], pieces: &[Piece<'_>], address: u32) -> Option<usize> {
    let place = statics.partition_point(|range| range.start <= address).checked_sub(1)?;
    let of = &statics[place];
    let is_number = || {
        is_a_number(address)
            || is_document(pieces, of)
            || is_table(pieces, of) && !address.is_multiple_of(4)
    };
    (address == of.start || address < of.end && !is_number()).then_some(place)
}

/// Whether a static is a text in JSON. Its first piece is enough of it to tell.
fn is_document(pieces: &[Piece<'_>], of: &Range<u32>) -> bool {
    if of.end - of.start < DOCUMENT_BYTES_MIN {
        return false;
    }
    let holder = pieces[..pieces.partition_point(|piece| piece.address <= of.start)].last();
    let bytes = holder.and_then(|piece| piece.bytes.get((of.start - piece.address) as usize..));
    let bytes =
        bytes.map_or(&[][..], |bytes| &bytes[..bytes.len().min((of.end - of.start) as usize)]);
    matches!(bytes, [b'{' | b'[', ..])
        && bytes.len() >= DOCUMENT_BYTES_MIN as usize
        && bytes.iter().all(is_of_text)
}

/// Whether a static is a table of words.
fn is_table(pieces: &[Piece<'_>], of: &Range<u32>) -> bool {
    of.end - of.start >= TABLE_BYTES_MIN
        && of.start.is_multiple_of(4)
        && !words(pieces, of).iter().flat_map(|word| word.to_le_bytes()).all(|b| is_of_text(&b))
}

fn is_of_text(byte: &u8) -> bool {
    *byte >= b' ' || byte.is_ascii_whitespace()
}

/// The words of a static. Optimisers leave zeros out where segments begin and end, in the middle of words too.
fn words(pieces: &[Piece<'_>], of: &Range<u32>) -> Vec<u32> {
    let start = of.start.next_multiple_of(4);
    let mut bytes = vec![0; of.end.saturating_sub(start) as usize];
    let from = pieces.partition_point(|piece| piece.end() <= start);
    for piece in pieces[from..].iter().take_while(|piece| piece.address < of.end) {
        let (from, to) = (piece.address.max(start), piece.end().min(of.end));
        let own = &piece.bytes[(from - piece.address) as usize..(to - piece.address) as usize];
        bytes[(from - start) as usize..][..own.len()].copy_from_slice(own);
    }
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word)).collect()
}
