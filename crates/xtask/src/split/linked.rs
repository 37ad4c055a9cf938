//! What the linker knew of addresses (`--emit-relocs`): which statics code means by a number, and where data points to.
//!
//! Its notes are about the module before any other tool touched it. Later steps change code, and move no data.

use super::module::{bad, constant};
use crate::progress::{Failure, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use wasmparser::{
    DataKind, KnownCustom, Linking, Parser, Payload, RelocationEntry, RelocationType, SymbolFlags,
    SymbolInfo,
};

/// The statics of a module, and who refers to them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Linked {
    /// Where they begin and end, in order. The linker leaves each in a segment of its own (`--no-merge-data-segments`).
    pub(crate) statics: Vec<Range<u32>>,
    /// Those that code means by an address, by their places in that order: a loop may know one by its end only, where the next begins.
    pub(crate) meant: BTreeMap<u32, BTreeSet<usize>>,
    /// Those that one has pointers to.
    pub(crate) pointers: BTreeMap<usize, BTreeSet<usize>>,
}

/// A segment as the file has it: where its bytes are in the section, and where they go.
struct Segment {
    bytes: Range<usize>,
    address: u32,
}

impl Linked {
    /// Reads what `wasm-ld --emit-relocs` wrote.
    pub(crate) fn read(wasm: &[u8]) -> Outcome<Self> {
        let mut segments = Vec::new();
        // By a symbol's index, its segment and address.
        let mut symbols: Vec<Option<(usize, u32)>> = Vec::new();
        let (mut in_code, mut in_data) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(bad)? {
                Payload::DataSection(section) => {
                    let start = section.range().start;
                    for segment in section {
                        let segment = segment.map_err(bad)?;
                        let address = match segment.kind {
                            DataKind::Active { memory_index: 0, offset_expr } => {
                                constant(&offset_expr)?
                            }
                            _ => None,
                        };
                        let address = address.ok_or_else(|| {
                            Failure::new("the module to split has data without an address")
                        })?;
                        let end = segment.range.end - start;
                        segments.push(Segment { bytes: end - segment.data.len()..end, address });
                    }
                }
                Payload::CustomSection(section) => match (section.name(), section.as_known()) {
                    (_, KnownCustom::Linking(linking)) => {
                        for part in linking {
                            if let Linking::SymbolTable(table) = part.map_err(bad)? {
                                for symbol in table {
                                    symbols.push(data_symbol(&symbol.map_err(bad)?, &segments));
                                }
                            }
                        }
                    }
                    ("reloc.CODE", KnownCustom::Reloc(section)) => {
                        for entry in section.entries() {
                            in_code.push(entry.map_err(bad)?);
                        }
                    }
                    ("reloc.DATA", KnownCustom::Reloc(section)) => {
                        for entry in section.entries() {
                            in_data.push(entry.map_err(bad)?);
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        if symbols.is_empty() {
            return Err(Failure::new("the module to split was linked without `--emit-relocs`"));
        }
        Ok(Self::new(&segments, &symbols, &in_code, &in_data))
    }

    fn new(
        segments: &[Segment],
        symbols: &[Option<(usize, u32)>],
        in_code: &[RelocationEntry],
        in_data: &[RelocationEntry],
    ) -> Self {
        let mut order: Vec<usize> = (0..segments.len()).collect();
        order.sort_by_key(|index| segments[*index].address);
        let mut places = vec![0; segments.len()];
        let mut linked = Self::default();
        for (place, index) in order.into_iter().enumerate() {
            let Segment { bytes, address } = &segments[index];
            places[index] = place;
            let end = address.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
            linked.statics.push(*address..end);
        }
        // The static, and the number that stands for it.
        let meant = |entry: &RelocationEntry| {
            let (segment, address) = symbols.get(entry.index as usize).copied().flatten()?;
            is_of_data(entry.ty).then(|| {
                let address = i64::from(address).wrapping_add(entry.addend);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "addresses wrap"
                )]
                (places[segment], address as u32)
            })
        };
        for (place, address) in in_code.iter().filter_map(meant) {
            linked.meant.entry(address).or_default().insert(place);
        }
        for entry in in_data {
            let at = entry.offset as usize;
            let holder = segments.partition_point(|segment| segment.bytes.end <= at);
            if let (Some((place, _)), Some(holder)) = (meant(entry), places.get(holder)) {
                linked.pointers.entry(*holder).or_default().insert(place);
            }
        }
        linked
    }
}

/// The segment and the address of a symbol, if it is a static.
fn data_symbol(symbol: &SymbolInfo<'_>, segments: &[Segment]) -> Option<(usize, u32)> {
    let SymbolInfo::Data { flags, symbol: Some(symbol), .. } = symbol else { return None };
    let index = symbol.index as usize;
    let is_absolute = flags.contains(SymbolFlags::ABSOLUTE);
    let segment = segments.get(index).filter(|_| !is_absolute)?;
    Some((index, segment.address.wrapping_add(symbol.offset)))
}

fn is_of_data(ty: RelocationType) -> bool {
    matches!(
        ty,
        RelocationType::MemoryAddrLeb
            | RelocationType::MemoryAddrSleb
            | RelocationType::MemoryAddrI32
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use wasm_encoder::{
        ConstExpr, CustomSection, DataSection, DataSymbolDefinition, LinkingSection, MemorySection,
        MemoryType, SymbolTable,
    };

    const LEB: u8 = 3;
    const SLEB: u8 = 4;
    const I32: u8 = 5;
    const TYPE_INDEX: u8 = 6;

    /// A module with a static at 1,008 that stands before the one at 1,000 in the file, and these notes on its code and data.
    fn module(in_code: &[u8], in_data: &[u8]) -> Vec<u8> {
        let mut memories = MemorySection::new();
        let ty = MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        memories.memory(ty);
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(1008), [0; 4]);
        data.active(0, &ConstExpr::i32_const(1000), [0; 8]);
        let mut symbols = SymbolTable::new();
        for (name, index, flags) in [("late", 0, 0), ("early", 1, 0), ("__data_end", 0, 1 << 9)] {
            let definition = DataSymbolDefinition { index, offset: 0, size: 4 };
            symbols.data(flags, name, Some(definition));
        }
        symbols.data(1 << 4, "elsewhere", None);
        let mut linking = LinkingSection::new();
        linking.symbol_table(&symbols);
        let mut module = wasm_encoder::Module::new();
        module.section(&memories).section(&data).section(&linking);
        for (name, notes) in [("reloc.CODE", in_code), ("reloc.DATA", in_data)] {
            let data = Cow::Borrowed(notes);
            module.section(&CustomSection { name: Cow::Borrowed(name), data });
        }
        module.finish()
    }

    #[test]
    fn notes_of_the_linker_name_statics() {
        // The end of the early one, four before the late one, an absolute symbol, one that is not there, and a type.
        let in_code = [
            1, 5, SLEB, 0, 1, 8, LEB, 8, 0, 0x7c, SLEB, 16, 2, 0, SLEB, 24, 3, 0, TYPE_INDEX, 32, 0,
        ];
        // The early one's bytes begin 17 behind the section's beginning.
        let linked = Linked::read(&module(&in_code, &[1, 1, I32, 21, 0, 0])).expect("it is valid");
        let expected = Linked {
            statics: vec![1000..1008, 1008..1012],
            meant: BTreeMap::from([(1004, BTreeSet::from([1])), (1008, BTreeSet::from([0]))]),
            pointers: BTreeMap::from([(0, BTreeSet::from([1]))]),
        };
        assert_eq!(linked, expected);
    }

    #[test]
    fn a_module_without_notes_is_refused() {
        let error = Linked::read(b"\0asm\x01\0\0\0").expect_err("there are none").to_string();
        assert!(error.contains("--emit-relocs"), "{error}");
    }
}
