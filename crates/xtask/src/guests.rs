//! Builds the programs of `docs/abi/*.md`, with the commands that stand there: what the pages say is what is compiled and tested.
//!
//! A guest begins at `<!-- guest: NAME | SHAPE | WHAT IT LOGS -->`. Fences behind it that name a file (```` ```c handler.c ````) are its files,
//! the one of `sh` is what builds `handler.wasm`. A guest without files has those of the one before. The modules go to `guests` of the target
//! folder, with `guests.json` for the tests (`tests/guests`).

use crate::compilers::Compilers;
use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan, Step};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Steps of [`build`].
pub(crate) const STEPS: usize = crate::compilers::STEPS + 1;

/// Fewer means that a page lost some, or that the marks are no longer found.
const GUESTS_MIN: usize = 13;

const MARK: &str = "<!-- guest: ";

/// A program of a page.
#[derive(Debug, Clone, Default, PartialEq)]
struct Guest {
    name: String,
    /// The page's title, which its answers begin with.
    language: String,
    /// `callback`, `loop` or `command`.
    shape: String,
    /// What it writes to the log at its first event; empty for nothing.
    log: String,
    /// Names and contents.
    files: Vec<(String, String)>,
    /// What makes `handler.wasm` of them.
    commands: String,
}

/// Installs the compilers and builds what changed.
pub(crate) fn build(plan: &mut Plan, paths: &Paths) -> Outcome<()> {
    let compilers = Compilers::install(plan, paths)?;
    plan.step("Guests of other compilers", |step| {
        let pages = paths.root.join("docs/abi");
        let mut guests = Vec::new();
        for page in inputs::files(&pages)? {
            let text = fs::read_to_string(&page).map_err(Failure::io(page.display()))?;
            guests.extend(guests_of(&text));
        }
        if guests.len() < GUESTS_MIN {
            return Err(Failure::new(format!(
                "{} has only {} guests",
                pages.display(),
                guests.len()
            )));
        }
        let out = paths.target.join("guests");
        fs::create_dir_all(&out).map_err(Failure::io(out.display()))?;
        let mut built = 0;
        for guest in &guests {
            built += usize::from(make(step, paths, &compilers, guest, &out)?);
        }
        let list: Vec<_> = guests
            .iter()
            .map(|guest| {
                json!({ "name": guest.name, "language": guest.language, "shape": guest.shape, "log": guest.log })
            })
            .collect();
        let list = serde_json::to_string_pretty(&list).expect("a list of texts");
        let file = out.join("guests.json");
        fs::write(&file, list).map_err(Failure::io(file.display()))?;
        Ok(((), format!("{} of {} built", built, guests.len())))
    })
}

/// Builds one, if something of it changed. Whether it did.
fn make(
    step: &mut Step,
    paths: &Paths,
    compilers: &Compilers,
    guest: &Guest,
    out: &Path,
) -> Outcome<bool> {
    let module = out.join(format!("{}.wasm", guest.name));
    let stamp = out.join(format!("{}.stamp", guest.name));
    let rust = [paths.root.join("sdk/rust"), paths.root.join("Cargo.lock")];
    let npm = [paths.root.join("package-lock.json")];
    let sources = match guest.language.as_str() {
        "Rust" => &rust[..],
        "AssemblyScript" | "WAT" => &npm[..],
        _ => &[],
    };
    let extra = format!("{} {:?} {}", compilers.versions(), guest.files, guest.commands);
    let digest = inputs::digest(&paths.root, sources, &extra)?;
    if module.is_file() && inputs::is_fresh(&stamp, &digest) {
        return Ok(false);
    }
    forget(&stamp)?;
    // The folder stays, but for its sources: Cargo has its results there.
    let folder = out.join("work").join(&guest.name);
    for (name, content) in &guest.files {
        let file = folder.join(name);
        let parent = file.parent().expect("a file is in a folder");
        fs::create_dir_all(parent).map_err(Failure::io(parent.display()))?;
        fs::write(&file, content).map_err(Failure::io(file.display()))?;
    }
    if guest.language == "Rust" {
        // The versions that the project has, and the project where the page says that it is.
        let (from, to) = (paths.root.join("Cargo.lock"), folder.join("Cargo.lock"));
        fs::copy(&from, &to).map_err(Failure::io(to.display()))?;
        link_folder(&paths.root, &folder.join("coldstart"))?;
    }
    // What `npm install` would have put there.
    link_folder(&paths.root.join("node_modules"), &folder.join("node_modules"))?;
    let made = folder.join("handler.wasm");
    forget(&made)?;
    let mut shell = Command::new("sh");
    shell.args(["-eu", "-c", &guest.commands]).current_dir(&folder);
    compilers.provide(&mut shell, paths)?;
    step.run(&mut shell)?;
    fs::copy(&made, &module).map_err(Failure::io(made.display()))?;
    inputs::set_stamp(&stamp, &digest)?;
    Ok(true)
}

/// Removes a file or a link, if it is there.
fn forget(file: &Path) -> Outcome<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::io(file.display())(error))
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn link_folder(to: &Path, link: &Path) -> Outcome<()> {
    forget(link)?;
    std::os::unix::fs::symlink(to, link).map_err(Failure::io(link.display()))
}

#[cfg(not(unix))]
fn link_folder(_: &Path, link: &Path) -> Outcome<()> {
    Err(Failure::new(format!("{}: the guests are built on Unix only", link.display())))
}

/// The guests of a page, in order.
fn guests_of(page: &str) -> Vec<Guest> {
    let mut guests: Vec<Guest> = Vec::new();
    let mut language = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("# ") {
            language = title.trim();
        } else if let Some(mark) =
            line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(" -->"))
        {
            let mut parts = mark.split('|').map(|part| part.trim().to_owned());
            let mut part = || parts.next().unwrap_or_default();
            let (name, shape, log) = (part(), part(), part());
            guests.push(Guest { name, shape, log, language: language.into(), ..Guest::default() });
        } else if let Some(info) = line.strip_prefix("```") {
            let mut text = String::new();
            for line in lines.by_ref().take_while(|line| *line != "```") {
                text.push_str(line);
                text.push('\n');
            }
            let Some(guest) = guests.last_mut() else { continue };
            match info.split_once(' ') {
                Some((_, file)) => guest.files.push((file.trim().to_owned(), text)),
                None if info == "sh" => guest.commands.push_str(&text),
                None => {}
            }
        }
    }
    for at in 1..guests.len() {
        if guests[at].files.is_empty() {
            guests[at].files = guests[at - 1].files.clone();
        }
    }
    guests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_its_guests_with_their_files_and_commands() {
        let page = "# C\n\n```sh\nnot one of them\n```\n<!-- guest: a | callback | hello -->\n```c a.c\nint a;\n```\ntext\n```sh\ncc a.c\n```\n<!-- guest: b | loop -->\n```sh\ncc -O2 a.c\n```\n";
        let files = vec![("a.c".to_owned(), "int a;\n".to_owned())];
        let guest = |name: &str, shape: &str, log: &str, commands: &str| Guest {
            name: name.into(),
            language: "C".into(),
            shape: shape.into(),
            log: log.into(),
            files: files.clone(),
            commands: commands.into(),
        };
        assert_eq!(
            guests_of(page),
            [guest("a", "callback", "hello", "cc a.c\n"), guest("b", "loop", "", "cc -O2 a.c\n")]
        );
    }
}
