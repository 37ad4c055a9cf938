//! Text files as the zip package that is deployed.

use std::collections::BTreeMap;

/// The record before an entry's content, and the one for it in the directory.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
/// Version 1.0 of the format is enough for what is stored; made by Unix, so that the mode below is read.
const NEEDED: u16 = 10;
const MADE_BY: u16 = 3 << 8 | NEEDED;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
/// 1 January 1980, midnight: the format's first moment.
const TIME: [u16; 2] = [0, 1 << 5 | 1];
/// A plain file that all may read.
const MODE: u32 = 0o100_644 << 16;

/// The package of text files by their paths. Written out here, because commands name a package by its digest: the same files must give the same
/// bytes for ever. Entries stand in the order of their paths, stored, without times.
pub fn package(files: &BTreeMap<String, String>) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (path, text) in files {
        let at = zip.len() as u32;
        let crc = crc32(text.as_bytes());
        let mut common = Vec::new();
        for half in [NEEDED, FLAGS, 0, TIME[0], TIME[1]] {
            common.extend(half.to_le_bytes());
        }
        for word in [crc, text.len() as u32, text.len() as u32] {
            common.extend(word.to_le_bytes());
        }
        // Of the name; of a field for more, which there is none of.
        for half in [path.len() as u16, 0] {
            common.extend(half.to_le_bytes());
        }
        zip.extend(LOCAL);
        zip.extend(&common);
        zip.extend(path.as_bytes());
        zip.extend(text.as_bytes());
        directory.extend(CENTRAL);
        directory.extend(MADE_BY.to_le_bytes());
        directory.extend(&common);
        // No comment, the first disk, no text flag.
        directory.extend([0; 6]);
        directory.extend(MODE.to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(path.as_bytes());
    }
    let (start, count) = (zip.len() as u32, files.len() as u16);
    zip.extend(&directory);
    zip.extend(END);
    zip.extend([0; 4]);
    zip.extend(count.to_le_bytes());
    zip.extend(count.to_le_bytes());
    zip.extend((directory.len() as u32).to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0; 2]);
    zip
}

/// Of zip's own kind, a bit at a time: tables that make it faster are 16 kB of a first visit, for texts that are short.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read};

    fn files() -> BTreeMap<String, String> {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        BTreeMap::from([
            file("index.mjs", "export const handler = async () => 'é';\n"),
            file("lib/empty.js", ""),
        ])
    }

    #[test]
    fn another_reader_finds_the_files() {
        let mut archive = zip::ZipArchive::new(Cursor::new(package(&files()))).expect("a zip");
        let mut found = BTreeMap::new();
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).expect("an entry");
            assert_eq!(entry.unix_mode(), Some(0o100_644));
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("its checksum is right");
            let name = entry.name().expect("a UTF-8 name").into_owned();
            found.insert(name, text);
        }
        assert_eq!(found, files());
        assert_eq!(
            zip::ZipArchive::new(Cursor::new(package(&BTreeMap::new()))).expect("a zip").len(),
            0
        );
    }

    #[test]
    fn the_bytes_are_the_same_for_ever() {
        // Commands of links name packages by this.
        let digest = crate::hex_sha256(&package(&files()));
        assert_eq!(digest, "b2d893d4ce49aba98f5414a2e1ea783f6c0073580d4a4d80deeceb4bcfa1a745");
    }
}
