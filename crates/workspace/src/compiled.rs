//! Modules that were compiled in the page, as text of a document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use std::io::Read;

/// A module that inflates to more is refused; what the page compiles is a thousandth of it.
const MODULE_BYTES_MAX: u64 = 16 << 20;

/// A module as [`Source::Compiled`](crate::Source::Compiled) holds it.
pub fn pack_module(module: &[u8]) -> String {
    let mut deflated = Vec::new();
    DeflateEncoder::new(module, Compression::best())
        .read_to_end(&mut deflated)
        .expect("memory has no IO errors");
    STANDARD.encode(deflated)
}

/// The module again, or what is wrong with the text.
pub fn unpack_module(text: &str) -> Result<Vec<u8>, String> {
    let deflated = STANDARD.decode(text).map_err(|error| format!("not base64: {error}"))?;
    let mut module = Vec::new();
    // One byte more than allowed tells that there is more.
    let mut reader = DeflateDecoder::new(&deflated[..]).take(MODULE_BYTES_MAX + 1);
    reader.read_to_end(&mut module).map_err(|error| format!("not deflated: {error}"))?;
    if module.len() as u64 > MODULE_BYTES_MAX {
        return Err(format!("it inflates to more than {MODULE_BYTES_MAX} bytes"));
    }
    Ok(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_comes_back_as_it_was() {
        let module: Vec<u8> = (0..10_000_u32).map(|n| ((n * n) >> 7) as u8).collect();
        assert_eq!(unpack_module(&pack_module(&module)), Ok(module));
        assert_eq!(unpack_module(&pack_module(&[])), Ok(Vec::new()));
    }

    #[test]
    fn damaged_and_bursting_texts_are_refused() {
        let good = pack_module(&[7; 1000]);
        assert!(unpack_module("*").is_err());
        assert!(unpack_module(&good[..8]).is_err());
        let burst = pack_module(&vec![0; MODULE_BYTES_MAX as usize + 1]);
        assert!(unpack_module(&burst).is_err_and(|fault| fault.contains("inflates")));
    }
}
