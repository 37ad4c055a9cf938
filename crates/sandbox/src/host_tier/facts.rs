//! What this tier reads of a metered module, and writes into it.

use super::PAGE_BYTES;
use crate::meter;
use wasm_encoder::{MemorySection, MemoryType, RawSection, Section, SectionId};
use wasmparser::{ExternalKind, Parser, Payload, ValType};

/// What a table element takes, as on the other tier.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// What a module's tables take. They stay as they are.
pub(super) fn table_bytes(module: &[u8]) -> u64 {
    let mut elements = 0_u64;
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        if let Payload::TableSection(section) = payload {
            for table in section.into_iter().map_while(Result::ok) {
                elements = elements.saturating_add(table.ty.initial);
            }
        }
    }
    elements.saturating_mul(TABLE_ELEMENT_BYTES)
}

/// The globals that a copy has to have, and whether each is an `i64` rather than an `i32`. None when one is a float, whose bits JavaScript may
/// change on their way.
pub(super) fn integer_globals(module: &[u8]) -> Option<Vec<(String, bool)>> {
    let (mut types, mut found) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        match payload {
            Payload::GlobalSection(section) => {
                types = section
                    .into_iter()
                    .map_while(Result::ok)
                    .map(|global| global.ty.content_type)
                    .collect();
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter().map_while(Result::ok) {
                    let wanted = export.name.starts_with(meter::EXPORT_GLOBAL)
                        || export.name == meter::EXPORT_DEPTH;
                    if wanted && export.kind == ExternalKind::Global {
                        let is_long = match types.get(export.index as usize)? {
                            ValType::I32 => false,
                            ValType::I64 => true,
                            _ => return None,
                        };
                        found.push((export.name.to_owned(), is_long));
                    }
                }
            }
            _ => {}
        }
    }
    Some(found)
}

/// The module with at most so many pages of memory: a growth past them then fails in the guest, as it does where growths are counted.
pub(super) fn with_memory_maximum(module: &[u8], pages: u64) -> Vec<u8> {
    debug_assert!(pages <= u64::from(u32::MAX) / PAGE_BYTES + 1);
    let mut out = module.get(..8).unwrap_or_default().to_vec();
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        if let Payload::MemorySection(section) = &payload {
            let mut memories = MemorySection::new();
            for memory in section.clone().into_iter().map_while(Result::ok) {
                let maximum = memory.maximum.unwrap_or(pages).min(pages).max(memory.initial);
                memories.memory(MemoryType {
                    minimum: memory.initial,
                    maximum: Some(maximum),
                    memory64: false,
                    shared: false,
                    page_size_log2: None,
                });
            }
            out.push(SectionId::Memory as u8);
            wasm_encoder::Encode::encode(&memories, &mut out);
        } else if let Some((id, range)) = payload.as_section() {
            let data = module.get(range).unwrap_or_default();
            RawSection { id, data }.append_to(&mut out);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn maximum_of(text: &str, pages: u64) -> Option<u64> {
        let module = wat::parse_str(text).expect("a module");
        let limited = with_memory_maximum(&module, pages);
        wasmparser::validate(&limited).expect("it is valid");
        Parser::new(0).parse_all(&limited).find_map(|payload| match payload.expect("read") {
            Payload::MemorySection(section) => {
                section.into_iter().next().and_then(|memory| memory.expect("read").maximum)
            }
            _ => None,
        })
    }

    #[test]
    fn memory_gets_a_maximum() {
        let code = "(func (export \"f\") (result i32) (memory.grow (i32.const 1))) (data (i32.const 0) \"x\")";
        assert_eq!(maximum_of(&format!("(module (memory 1) {code})"), 16), Some(16));
        assert_eq!(maximum_of(&format!("(module (memory 1 4) {code})"), 16), Some(4));
        assert_eq!(maximum_of(&format!("(module (memory 1 40) {code})"), 16), Some(16));
        assert_eq!(maximum_of("(module)", 16), None);
    }

    #[test]
    fn tables_are_counted() {
        let module = wat::parse_str("(module (table 10 funcref) (table 5 externref))").unwrap();
        assert_eq!(table_bytes(&module), 120);
    }
}
