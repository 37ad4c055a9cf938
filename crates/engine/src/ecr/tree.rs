//! The file system of an image: its layers laid one over the other (OCI image specification, "Image Layer Filesystem Changeset").
//!
//! Guests have no links: a link is followed when a file is looked for, a link to a file is that file, and one to a folder, or to nothing,
//! is not to be seen.

use super::Fault;
use super::tar::{Entry, Kind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files by their path below the root.
pub(crate) type Files = BTreeMap<String, Arc<[u8]>>;

/// Links that are followed one after the other before it is taken for a circle, as on Linux.
const HOPS_MAX: usize = 40;

#[derive(Debug, Default)]
pub(super) struct Tree {
    files: Files,
    /// Targets of symbolic links by their path.
    links: BTreeMap<String, String>,
}

impl Tree {
    /// Lays a layer over those before it. `name` says in refusals which layer it is.
    pub(super) fn lay(&mut self, name: &str, entries: Vec<Entry<'_>>) -> Result<(), Fault> {
        // What a layer takes away is of the layers below it, wherever in the archive it says so.
        for entry in &entries {
            let (folder, file) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
            let within = |file: &str| match folder {
                "" => file.to_owned(),
                folder => format!("{folder}/{file}"),
            };
            match file.strip_prefix(".wh.") {
                Some(".wh..opq") => self.empty(folder),
                Some(gone) if !gone.is_empty() => self.remove(&within(gone)),
                _ => {}
            }
        }
        for Entry { path, kind } in entries {
            let file = path.rsplit('/').next().unwrap_or_default();
            if file.starts_with(".wh.") {
                continue;
            }
            // What stands above is a folder from now on.
            for (end, _) in path.match_indices('/') {
                self.files.remove(&path[..end]);
                self.links.remove(&path[..end]);
            }
            match kind {
                Kind::Folder => {
                    self.files.remove(&path);
                    self.links.remove(&path);
                }
                Kind::File(content) => {
                    self.remove(&path);
                    self.files.insert(path, content.into());
                }
                Kind::SymbolicLink(target) => {
                    self.remove(&path);
                    self.links.insert(path, target);
                }
                Kind::HardLink(target) => {
                    let content = self.files.get(&target).cloned().ok_or_else(|| {
                        let why = format!("it is another name of {target:?}, which is not there");
                        Fault::new(format!("{name}, entry {path:?}"), why)
                    })?;
                    self.remove(&path);
                    self.files.insert(path, content);
                }
            }
        }
        Ok(())
    }

    /// Takes away a file, a link, or a folder with all that is in it.
    fn remove(&mut self, path: &str) {
        self.files.remove(path);
        self.links.remove(path);
        self.empty(path);
    }

    fn empty(&mut self, folder: &str) {
        let below = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        take_below(&mut self.files, &below);
        take_below(&mut self.links, &below);
    }

    /// What guests see, and where other paths lead.
    pub(super) fn finish(mut self) -> (Files, BTreeMap<String, String>) {
        let linked: Vec<(String, Arc<[u8]>)> = self
            .links
            .keys()
            .filter_map(|path| {
                let (_, content) = find(&self.files, &self.links, path)?;
                Some((path.clone(), Arc::clone(content)))
            })
            .collect();
        self.files.extend(linked);
        (self.files, self.links)
    }
}

fn take_below<T>(map: &mut BTreeMap<String, T>, below: &str) {
    let from = map.range(below.to_owned()..).map(|(path, _)| path);
    let gone: Vec<String> = from.take_while(|path| path.starts_with(below)).cloned().collect();
    for path in gone {
        map.remove(&path);
    }
}

/// The file that a path leads to, by its own path.
pub(super) fn find<'a>(
    files: &'a Files,
    links: &BTreeMap<String, String>,
    path: &str,
) -> Option<(&'a str, &'a Arc<[u8]>)> {
    let parts = |path: &str| path.split('/').rev().map(str::to_owned).collect::<Vec<_>>();
    // What is still to be walked, last part first.
    let mut left = parts(path);
    let mut at: Vec<String> = Vec::new();
    let mut hops = 0;
    while let Some(part) = left.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                at.pop();
                continue;
            }
            _ => at.push(part),
        }
        if let Some(target) = links.get(&at.join("/")) {
            hops += 1;
            if hops > HOPS_MAX {
                return None;
            }
            at.pop();
            if target.starts_with('/') {
                at.clear();
            }
            left.extend(parts(target));
        }
    }
    let (path, content) = files.get_key_value(&at.join("/"))?;
    Some((path, content))
}
