//! A workspace in a file: `.coldstart.zip` with `workspace.json` and its modules in `modules/<sha256>.wasm`.
//!
//! Invariant: what is inflated is bounded, whatever the file claims about itself.
//! Invariant: an entry of any other name is refused, so no path leads out of the file.

use crate::decode::DOCUMENT_BYTES_MAX;
use crate::{DecodeError, Source, Workspace};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use zip::read::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

const DOCUMENT_NAME: &str = "workspace.json";
/// Entries of a file: the document, and a module for each of its sources.
const ENTRIES_MAX: usize = 1_002;
/// Lambda takes packages up to 50 MB.
const MODULE_BYTES_MAX: u64 = 52_428_800;
/// All that a file may inflate to.
const TOTAL_BYTES_MAX: u64 = 256 << 20;

/// A document and the modules beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkspaceFile {
    /// The document.
    pub workspace: Workspace,
    /// Uploaded modules (and examples as they were) by hex SHA-256.
    pub modules: BTreeMap<String, Vec<u8>>,
}

/// Why a file does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It is no zip archive, or a damaged one.
    #[error("this is not a zip file that can be read: {0}")]
    NotAZip(String),
    /// It has no document.
    #[error("this zip file has no {DOCUMENT_NAME}, so it is not a Coldstart workspace")]
    NoDocument,
    /// It has an entry that a workspace does not have.
    #[error("this zip file has an entry {name:?}, which a Coldstart workspace does not have")]
    ForeignEntry {
        /// Its name.
        name: String,
    },
    /// Something is larger than allowed.
    #[error("{what} is larger than {bytes_max} bytes")]
    TooLarge {
        /// The entry, or the file as a whole.
        what: String,
        /// The limit.
        bytes_max: u64,
    },
    /// A module is not what its name says.
    #[error("{name} is damaged: its content does not have this SHA-256")]
    DamagedModule {
        /// The entry.
        name: String,
    },
    /// A module that the document needs is not there.
    #[error("the module {name} is missing in this file")]
    ModuleMissing {
        /// The uploaded file's name.
        name: String,
    },
    /// The document does not open.
    #[error(transparent)]
    Document(#[from] DecodeError),
}

impl From<zip::result::ZipError> for FileError {
    fn from(error: zip::result::ZipError) -> Self {
        Self::NotAZip(error.to_string())
    }
}

/// Hex SHA-256: the name by which commands know a package.
pub fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl WorkspaceFile {
    /// The bytes of the file. Modules that no source names stay out.
    pub fn encode(&self) -> Result<Vec<u8>, FileError> {
        // No times and no owners: the same workspace gives the same bytes.
        let options =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut entry = |name: &str, bytes: &[u8]| -> Result<(), FileError> {
            zip.start_file(name, options)?;
            zip.write_all(bytes).map_err(|error| FileError::NotAZip(error.to_string()))
        };
        entry(DOCUMENT_NAME, self.workspace.to_json().as_bytes())?;
        for (sha256, source) in &self.workspace.sources {
            match (self.modules.get(sha256), source) {
                (Some(bytes), _) => entry(&module_name(sha256), bytes)?,
                (None, Source::Module { name }) => {
                    return Err(FileError::ModuleMissing { name: name.clone() });
                }
                (None, _) => {}
            }
        }
        Ok(zip.finish()?.into_inner())
    }

    /// Reads a file. Nothing of it runs.
    pub fn decode(bytes: &[u8]) -> Result<Self, FileError> {
        let mut archive = ZipArchive::new(Cursor::new(bytes))?;
        if archive.len() > ENTRIES_MAX {
            return Err(FileError::NotAZip(format!("it has {} entries", archive.len())));
        }
        let mut left = TOTAL_BYTES_MAX;
        let mut document = None;
        let mut modules = BTreeMap::new();
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            match (name.as_str(), module_sha256(&name)) {
                // The folder itself, which some programs write.
                ("modules/", _) => {}
                (DOCUMENT_NAME, _) => {
                    document =
                        Some(bounded(&mut entry, &name, DOCUMENT_BYTES_MAX as u64, &mut left)?)
                }
                (_, Some(sha256)) => {
                    let bytes = bounded(&mut entry, &name, MODULE_BYTES_MAX, &mut left)?;
                    if hex_sha256(&bytes) != sha256 {
                        return Err(FileError::DamagedModule { name });
                    }
                    modules.insert(sha256.to_owned(), bytes);
                }
                _ => return Err(FileError::ForeignEntry { name }),
            }
        }
        let document = document.ok_or(FileError::NoDocument)?;
        let document = String::from_utf8(document)
            .map_err(|error| DecodeError::NotAWorkspace(error.to_string()))?;
        let workspace = Workspace::from_json(&document)?;
        for (sha256, source) in &workspace.sources {
            if let (Source::Module { name }, false) = (source, modules.contains_key(sha256)) {
                return Err(FileError::ModuleMissing { name: name.clone() });
            }
        }
        Ok(Self { workspace, modules })
    }
}

fn module_name(sha256: &str) -> String {
    format!("modules/{sha256}.wasm")
}

fn module_sha256(name: &str) -> Option<&str> {
    let sha256 = name.strip_prefix("modules/")?.strip_suffix(".wasm")?;
    let is_hash =
        sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hash.then_some(sha256)
}

/// An entry's content. Its claimed size is not believed.
fn bounded(
    entry: &mut impl Read,
    name: &str,
    bytes_max: u64,
    left: &mut u64,
) -> Result<Vec<u8>, FileError> {
    let max = bytes_max.min(*left);
    let mut bytes = Vec::new();
    entry
        .take(max + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| FileError::NotAZip(format!("{name}: {error}")))?;
    if bytes.len() as u64 > max {
        let of_all = max < bytes_max;
        let what = if of_all { "what this zip file holds" } else { name };
        return Err(FileError::TooLarge {
            what: what.into(),
            bytes_max: if of_all { TOTAL_BYTES_MAX } else { bytes_max },
        });
    }
    *left -= bytes.len() as u64;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).expect("a name");
            zip.write_all(bytes).expect("memory");
        }
        zip.finish().expect("memory").into_inner()
    }

    fn with_module() -> WorkspaceFile {
        let bytes = b"\0asm\x01\0\0\0".to_vec();
        let sha256 = hex_sha256(&bytes);
        let mut workspace = Workspace::hello();
        workspace.sources.insert(sha256.clone(), Source::Module { name: "up.wasm".into() });
        WorkspaceFile { workspace, modules: BTreeMap::from([(sha256, bytes)]) }
    }

    #[test]
    fn a_file_opens_as_it_was_saved() {
        let file = with_module();
        let bytes = file.encode().expect("a file");
        assert_eq!(WorkspaceFile::decode(&bytes), Ok(file.clone()));
        assert_eq!(
            file.encode().expect("a file"),
            bytes,
            "the same workspace gives the same bytes"
        );
    }

    #[track_caller]
    fn check(bytes: &[u8], message: &str) {
        let error = WorkspaceFile::decode(bytes).expect_err("it must not open").to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_named() {
        let file = with_module();
        let json = file.workspace.to_json();
        let document = (DOCUMENT_NAME, json.as_bytes());
        let module = module_name(file.modules.keys().next().expect("one"));
        check(b"", "not a zip file");
        check(b"PK\x03\x04 and more", "not a zip file");
        check(&zip_of(&[]), "has no workspace.json");
        check(&zip_of(&[document]), "the module up.wasm is missing");
        check(&zip_of(&[document, (&module, b"other")]), "is damaged");
        for name in [
            "/etc/passwd",
            "../workspace.json",
            "modules/../../x.wasm",
            "modules/x.wasm",
            "readme.txt",
            "C:\\x",
        ] {
            check(&zip_of(&[document, (name, b"x")]), "which a Coldstart workspace does not have");
        }
        check(&zip_of(&[(DOCUMENT_NAME, b"{}")]), "it has no version");
        check(&zip_of(&[(DOCUMENT_NAME, &[0xff])]), "not a Coldstart workspace");
        let encoded = file.encode().expect("a file");
        for cut in [encoded.len() / 2, encoded.len() - 1] {
            check(&encoded[..cut], "not a zip file");
        }
        assert_eq!(
            WorkspaceFile { modules: BTreeMap::new(), ..file }.encode(),
            Err(FileError::ModuleMissing { name: "up.wasm".into() })
        );
    }

    #[test]
    fn a_bomb_is_not_inflated() {
        let zeros = vec![0; (MODULE_BYTES_MAX + 1) as usize];
        let name = module_name(&"0".repeat(64));
        let bomb = zip_of(&[(&name, &zeros)]);
        assert!(bomb.len() < 1 << 20, "a bomb is small");
        check(&bomb, "is larger than 52428800 bytes");
    }
}
