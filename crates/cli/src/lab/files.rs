//! A lab's folder as its files.

use crate::Refused;
use coldstart_workspace::lab::Files;
use std::path::{Path, PathBuf};

/// Bytes of one file; the format bounds them together.
const FILE_BYTES_MAX: u64 = 1 << 20;
const DEPTH_MAX: usize = 12;

/// Labs in these folders: the folder itself, or those in it, in order.
pub(super) fn labs(folders: &[PathBuf]) -> Result<Vec<PathBuf>, Refused> {
    let mut labs = Vec::new();
    for folder in folders {
        if folder.join("lab.toml").is_file() {
            labs.push(folder.clone());
            continue;
        }
        let before = labs.len();
        for entry in entries(folder)? {
            if entry.join("lab.toml").is_file() {
                labs.push(entry);
            }
        }
        if labs.len() == before {
            return Err(Refused(format!(
                "{}: there is no lab.toml in it, nor in a folder of it",
                folder.display()
            )));
        }
    }
    Ok(labs)
}

/// The text files of a folder, by their paths in it. Files that are no text, such as pictures in `assets/`, are left out.
pub(super) fn files(folder: &Path) -> Result<Files, Refused> {
    let mut files = Files::new();
    add(folder, "", 0, &mut files)?;
    Ok(files)
}

fn add(folder: &Path, prefix: &str, depth: usize, files: &mut Files) -> Result<(), Refused> {
    if depth > DEPTH_MAX {
        return Err(Refused(format!("{}: folders within folders, too deep", folder.display())));
    }
    for entry in entries(folder)? {
        let Some(name) = entry.file_name().and_then(|name| name.to_str()) else { continue };
        let path = format!("{prefix}{name}");
        if name.starts_with('.') {
            continue;
        }
        if entry.is_dir() {
            add(&entry, &format!("{path}/"), depth + 1, files)?;
            continue;
        }
        let refused = |error: String| Refused(format!("{}: {error}", entry.display()));
        let size = entry.metadata().map_err(|error| refused(error.to_string()))?.len();
        if size > FILE_BYTES_MAX {
            return Err(refused(format!("it has {size} bytes; at most {FILE_BYTES_MAX} are read")));
        }
        let bytes = std::fs::read(&entry).map_err(|error| refused(error.to_string()))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.insert(path, text);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Refused> {
    let refused = |error: std::io::Error| Refused(format!("{}: {error}", folder.display()));
    let read = std::fs::read_dir(folder).map_err(refused)?;
    let mut entries: Vec<PathBuf> = read
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(refused)?;
    entries.sort();
    Ok(entries)
}
