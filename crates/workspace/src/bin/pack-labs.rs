//! `pack-labs LABS OUT`: a folder of labs as the page fetches them: `index.json`, a list of catalogue entries, and `ID.json`, a packed lab
//! each. `cargo xtask build` runs it.
//!
//! The order of the catalogue is that of `order.txt` in the folder, an id a line; labs that it does not name follow by their ids.

use coldstart_workspace::Workspace;
use coldstart_workspace::lab::{CatalogueEntry, Files, pack, read};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [labs, out] = &arguments[..] else {
        eprintln!("Usage: pack-labs LABS OUT");
        return ExitCode::from(2);
    };
    match packed(labs, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(faults) => {
            faults.iter().for_each(|fault| eprintln!("{fault}"));
            ExitCode::FAILURE
        }
    }
}

fn packed(labs: &Path, out: &Path) -> Result<(), Vec<String>> {
    let mut faults = Vec::new();
    let mut ready: BTreeMap<String, (CatalogueEntry, String)> = BTreeMap::new();
    let meter = Workspace::hello().meter;
    for folder in entries(labs).map_err(one)? {
        if !folder.join("lab.toml").is_file() {
            continue;
        }
        let id = name_of(&folder);
        let mut files = Files::new();
        add(&folder, "", &mut files).map_err(one)?;
        let lab = match read(&id, &files) {
            Ok(lab) => lab,
            Err(found) => {
                let said = found.iter().map(|fault| format!("{}/{fault}", folder.display()));
                faults.extend(said);
                continue;
            }
        };
        match pack(&lab, meter) {
            Ok(packed) => {
                let text = serde_json::to_string(&packed).expect("a packed lab is JSON");
                ready.insert(id, (packed.entry, text));
            }
            Err(fault) => faults.push(format!("{}/{fault}", folder.display())),
        }
    }
    let order = labs.join("order.txt");
    let order_text = fs::read_to_string(&order).unwrap_or_default();
    let mut ids: Vec<&str> =
        order_text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if faults.is_empty() {
        for id in ids.iter().filter(|id| !ready.contains_key(**id)) {
            faults.push(format!("{}: there is no lab {id}", order.display()));
        }
    }
    for id in ready.keys() {
        if !ids.contains(&id.as_str()) {
            ids.push(id);
        }
    }
    ids.retain(|id| ready.contains_key(*id));
    for (at, id) in ids.iter().enumerate() {
        for need in &ready[*id].0.needs {
            if !ids[..at].contains(&need.as_str()) {
                faults.push(format!(
                    "{}: {id} needs {need}, which does not come before",
                    order.display()
                ));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    fs::create_dir_all(out).map_err(|error| one(format!("{}: {error}", out.display())))?;
    let index: Vec<&CatalogueEntry> = ids.iter().map(|id| &ready[*id].0).collect();
    let index = serde_json::to_string(&index).expect("the catalogue is JSON");
    let lab_files = ready.iter().map(|(id, (_, text))| (format!("{id}.json"), text.as_str()));
    for (name, text) in lab_files.chain([("index.json".to_owned(), index.as_str())]) {
        let path = out.join(name);
        fs::write(&path, text).map_err(|error| one(format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

fn one(fault: String) -> Vec<String> {
    vec![fault]
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let refused = |error: std::io::Error| format!("{}: {error}", folder.display());
    let read = fs::read_dir(folder).map_err(refused)?;
    let paths = read.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, _>>().map_err(refused)?;
    paths.sort();
    Ok(paths)
}

/// The text files below a folder. What is no text, such as a picture, is left out.
fn add(folder: &Path, prefix: &str, files: &mut Files) -> Result<(), String> {
    for entry in entries(folder)? {
        let name = name_of(&entry);
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.is_dir() {
            add(&entry, &format!("{path}/"), files)?;
            continue;
        }
        let bytes = fs::read(&entry).map_err(|error| format!("{}: {error}", entry.display()))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.insert(path, text);
        }
    }
    Ok(())
}
