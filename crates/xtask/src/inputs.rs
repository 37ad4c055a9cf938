//! What a build depends on, as a digest, so that nothing is built twice.

use crate::progress::{Failure, Outcome};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold results, at any depth.
const RESULTS: [&str; 6] = ["target", "node_modules", "generated", "dist", ".git", ".tools"];

/// Every file below `path` (or `path` itself), in order.
pub(crate) fn files(path: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(path, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> Outcome<()> {
    if path.is_file() {
        found.push(path.to_path_buf());
    } else if path.is_dir() {
        for entry in fs::read_dir(path).map_err(Failure::io(path.display()))? {
            let entry = entry.map_err(Failure::io(path.display()))?;
            if !RESULTS.iter().any(|name| entry.file_name() == *name) {
                collect(&entry.path(), found)?;
            }
        }
    }
    Ok(())
}

/// Digest of the names and contents of all files below `paths`, and of `extra`.
pub(crate) fn digest(root: &Path, paths: &[PathBuf], extra: &str) -> Outcome<String> {
    let mut hash = Sha256::new();
    hash.update(extra);
    for path in paths {
        for file in files(path)? {
            let name = file.strip_prefix(root).unwrap_or(&file);
            let content = fs::read(&file).map_err(Failure::io(file.display()))?;
            hash.update(name.as_os_str().as_encoded_bytes());
            hash.update((content.len() as u64).to_le_bytes());
            hash.update(content);
        }
    }
    Ok(hex(&hash.finalize()))
}

/// Hex SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether `stamp` says that `digest` is what was built.
pub(crate) fn is_fresh(stamp: &Path, digest: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|text| text == digest)
}

/// Notes that `digest` has been built.
pub(crate) fn set_stamp(stamp: &Path, digest: &str) -> Outcome<()> {
    fs::write(stamp, digest).map_err(Failure::io(stamp.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_is_the_usual_one() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn the_digest_depends_on_names_contents_and_settings() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let of = |path: &str, extra: &str| digest(root, &[root.join(path)], extra).unwrap();
        assert_eq!(of("src", "a"), of("src", "a"));
        assert_ne!(of("src", "a"), of("src", "b"));
        assert_ne!(of("src/main.rs", "a"), of("src/paths.rs", "a"));
    }
}
