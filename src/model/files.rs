//! The files of a function whose runtime reads text.

use coldstart_protocol::Diagnostic;
use coldstart_workspace::path_fault;
use std::collections::BTreeMap;

/// The runtime that reads JavaScript, and what it calls: the file of [`MAIN`]'s name, and what that exports.
pub const JAVASCRIPT_RUNTIME: &str = "nodejs22.x";
/// See [`JAVASCRIPT_RUNTIME`].
pub const JAVASCRIPT_HANDLER: &str = "index.handler";

/// What a handler's file is mostly called.
const MAIN: [&str; 6] =
    ["index.ts", "index.mts", "index.cts", "index.mjs", "index.js", "index.cjs"];

/// What is wrong in files, by their paths.
pub type Faults = BTreeMap<String, Vec<Diagnostic>>;

/// The editor's language for a file; of a package that is compiled as a whole, AssemblyScript's `.ts` are no TypeScript.
pub fn file_language(path: &str, is_compiled: bool) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js" | "mjs" | "cjs") => "javascript",
        Some("ts") if is_compiled => "assemblyscript",
        Some("ts" | "mts" | "cts") => "typescript",
        Some("json") => "json",
        _ => "text",
    }
}

/// Where the JavaScript of a TypeScript file stands in the package; none for other files. Runtimes read JavaScript only.
pub fn compiled_path(path: &str) -> Option<String> {
    let (stem, extension) = path.rsplit_once('.')?;
    match extension {
        "ts" | "mts" => Some(format!("{stem}.mjs")),
        "cts" => Some(format!("{stem}.cjs")),
        _ => None,
    }
}

/// The JavaScript of each TypeScript file, by its path.
pub fn compiled_paths(files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    files.keys().filter_map(|path| Some((path.clone(), compiled_path(path)?))).collect()
}

/// The files that were written, without what was made of them, in order.
pub fn written_files(files: &BTreeMap<String, String>) -> Vec<&str> {
    let compiled = compiled_paths(files);
    let is_made = |path: &str| compiled.values().any(|made| made == path);
    files.keys().map(String::as_str).filter(|path| !is_made(path)).collect()
}

/// The file that is shown first: the handler's, or the first of all. Empty when there is none.
pub fn main_file(files: &BTreeMap<String, String>) -> &str {
    let written = written_files(files);
    let main = MAIN.into_iter().find(|path| written.contains(path));
    main.or_else(|| written.first().copied()).unwrap_or_default()
}

/// Why a file may not have this path; `before` is the one that it has, empty for a new file.
pub fn new_path_fault(
    files: &BTreeMap<String, String>,
    before: &str,
    path: &str,
) -> Option<String> {
    if path.is_empty() {
        return Some("Enter a path.".into());
    }
    if let Some(problem) = path_fault(path) {
        return Some(format!("This is no path of a file: {problem}."));
    }
    let made_before = compiled_path(before);
    let is_other = |other: &&String| **other != before && Some(*other) != made_before.as_ref();
    if let Some(made) = compiled_path(path)
        .filter(|made| files.keys().any(|other| is_other(&other) && other == made))
    {
        return Some(format!(
            "{made} is there already, and the JavaScript of {path} would take its place."
        ));
    }
    let clash = files.keys().filter(is_other).find(|other| {
        *other == path
            || other.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
            || path.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
    })?;
    Some(match clash == path {
        true => format!("There is a file {clash} already."),
        false => format!("{clash} is there: nothing can be a file and a folder."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> BTreeMap<String, String> {
        paths.iter().map(|path| ((*path).to_owned(), String::new())).collect()
    }

    #[test]
    fn the_handlers_file_is_shown_first() {
        assert_eq!(main_file(&files(&["a.mjs", "index.js", "index.mjs"])), "index.mjs");
        assert_eq!(main_file(&files(&["b.txt", "c.mjs"])), "b.txt");
        assert_eq!(main_file(&files(&[])), "");
    }

    #[test]
    fn what_was_made_of_typescript_is_not_shown() {
        let files = files(&["a.mjs", "index.mjs", "index.ts", "lib/b.cjs", "lib/b.cts"]);
        assert_eq!(written_files(&files), ["a.mjs", "index.ts", "lib/b.cts"]);
        assert_eq!(main_file(&files), "index.ts");
    }

    #[test]
    fn a_path_is_one_that_no_other_file_has() {
        let files = files(&["index.mjs", "lib/a.mjs"]);
        for fine in ["b.mjs", "lib/b.mjs", "index.mjs.txt"] {
            assert_eq!(new_path_fault(&files, "", fine), None, "{fine}");
        }
        for wrong in ["", "index.mjs", "lib", "lib/a.mjs/b", "../a", "a//b"] {
            assert!(new_path_fault(&files, "", wrong).is_some(), "{wrong}");
        }
        assert_eq!(new_path_fault(&files, "index.mjs", "index.mjs"), None);
        // What is made of TypeScript must not take the place of what somebody wrote.
        assert!(new_path_fault(&files, "", "index.ts").is_some());
        assert_eq!(new_path_fault(&files, "index.mjs", "index.ts"), None);
    }
}
