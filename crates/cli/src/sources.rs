//! Functions in a language that has a runtime here: its module, and packages made of files.

use crate::Refused;
use crate::cloud::Code;
use std::collections::BTreeMap;
use std::path::Path;

const JAVASCRIPT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/javascript.wasm"));

/// The runtime that files of JavaScript get, unless another is asked for.
const NODE: &str = "nodejs22.x";

/// The modules of runtimes, as a sandbox asks for them.
pub(crate) fn runtime(name: &str) -> Option<Vec<u8>> {
    (name == "javascript" && !JAVASCRIPT.is_empty()).then(|| JAVASCRIPT.to_vec())
}

/// A package of a file of JavaScript, or of a folder; none for everything else.
///
/// # Errors
/// A file that cannot be read, or is no text.
pub(crate) fn code(path: &Path) -> Result<Option<Code>, Refused> {
    let mut files = BTreeMap::new();
    let handler = if path.is_dir() {
        add(path, "", &mut files)?;
        "index.handler".to_owned()
    } else if is_javascript(path) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        let handler = format!("{stem}.handler");
        files.insert(name, read(path)?);
        handler
    } else {
        return Ok(None);
    };
    let package = coldstart_workspace::package(&files);
    Ok(Some(Code { package, runtime: NODE, handler: Some(handler) }))
}

fn is_javascript(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "js" || end == "mjs" || end == "cjs")
}

fn read(path: &Path) -> Result<String, Refused> {
    std::fs::read_to_string(path).map_err(|error| Refused(format!("{}: {error}", path.display())))
}

/// The files of a folder, but for hidden ones.
fn add(folder: &Path, before: &str, files: &mut BTreeMap<String, String>) -> Result<(), Refused> {
    let failed = |error: std::io::Error| Refused(format!("{}: {error}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        let inside = format!("{before}{name}");
        if path.is_dir() {
            add(&path, &format!("{inside}/"), files)?;
        } else {
            files.insert(inside, read(&path)?);
        }
    }
    Ok(())
}
