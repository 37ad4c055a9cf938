//! web-platform-tests, for what the JavaScript runtime has of the web's interfaces: the part of the suite that Node carries, out of Debian's source
//! package of Node. Kept with the tools; nothing of it is in the project (3-Clause BSD licence).

use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan, Step};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Digest of the archive with Node's source: 18.20.4.
const ARCHIVE: &str = "6ce58062c71eae37d9c5ac31eeaeff9c2d48561d21c2849179d056c9c1bd9ebc";

/// What is taken out of it, below `test/fixtures/wpt`. No part may hold another: tar looks for each by itself.
const PARTS: [&str; 8] = [
    "LICENSE.md",
    "common/*",
    "encoding/*.js",
    "fetch/data-urls/*",
    "html/webappapis/*",
    "resources/testharness.js",
    "url/*.js",
    "url/resources/*",
];

/// The suite's folder; fetches it if it is not there.
pub(crate) fn fetch(plan: &mut Plan, paths: &Paths) -> Outcome<PathBuf> {
    plan.step("web-platform-tests", |step| {
        let folder = paths.tools.join(format!("web-platform-tests-{}", &ARCHIVE[..12]));
        if folder.is_dir() {
            return Ok((folder, "ready".to_owned()));
        }
        if !Path::new("/usr/bin/apt-get").exists() {
            return Err(Failure::new(
                "The tests of the web's interfaces come with Debian's source package of Node (nodejs 18.20.4). Without Debian, put the folder \
                 test/fixtures/wpt of Node's source anywhere, and run `node tests/web/run.mjs FOLDER`.",
            ));
        }
        // Whole or not at all.
        let work = paths.tools.join(format!("web-platform-tests.part-{}", std::process::id()));
        fs::create_dir_all(work.join("suite")).map_err(Failure::io(work.display()))?;
        let done = download(step, &work).and_then(|archive| unpack(step, &archive, &work.join("suite")));
        let done = done.and_then(|()| {
            fs::rename(work.join("suite"), &folder).map_err(Failure::io(folder.display()))
        });
        fs::remove_dir_all(&work).map_err(Failure::io(work.display()))?;
        done.map(|()| (folder, "from Debian's source of Node".to_owned()))
    })
}

/// The archive, by apt, which checks its signature. The machine's own lists of packages stay as they are.
fn download(step: &mut Step, work: &Path) -> Outcome<PathBuf> {
    let (sources, lists) = (work.join("sources"), work.join("lists"));
    for folder in [&sources, &lists] {
        fs::create_dir_all(folder).map_err(Failure::io(folder.display()))?;
    }
    // Where packages come from, sources come from.
    let mut given = vec![PathBuf::from("/etc/apt/sources.list")];
    given.extend(inputs::files(Path::new("/etc/apt/sources.list.d"))?);
    for file in given {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let text = match name.rsplit_once('.') {
            Some((_, "sources")) => text.replace("Types: deb\n", "Types: deb-src\n"),
            Some((_, "list")) => text.replace("deb ", "deb-src "),
            _ => continue,
        };
        fs::write(sources.join(name), text).map_err(Failure::io(sources.display()))?;
    }
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        for (key, value) in [("Etc::sourceparts", &sources), ("State::lists", &lists)] {
            apt.arg("-o").arg(format!("Dir::{key}={}", value.display()));
        }
        apt.args(["-o", "Dir::Etc::sourcelist=/dev/null"]).args(arguments).current_dir(work);
        apt
    };
    step.run(&mut apt(&["update"]))?;
    step.run(&mut apt(&["source", "--download-only", "--tar-only", "--only-source", "nodejs"]))?;
    let archive = inputs::files(work)?
        .into_iter()
        .find(|file| file.to_string_lossy().ends_with(".orig.tar.xz"))
        .ok_or_else(|| Failure::new("apt has left no archive of Node's source"))?;
    let bytes = fs::read(&archive).map_err(Failure::io(archive.display()))?;
    if inputs::sha256(&bytes) != ARCHIVE {
        return Err(Failure::new(format!(
            "{} is not the version of Node's source that the project was tried with: look at what its tests say (`node tests/web/run.mjs` \
             takes the folder test/fixtures/wpt of it), and write its digest into crates/xtask/src/suite.rs",
            archive.display()
        )));
    }
    Ok(archive)
}

fn unpack(step: &mut Step, archive: &Path, to: &Path) -> Outcome<()> {
    let mut tar = Command::new("tar");
    tar.arg("-xJf").arg(archive).arg("-C").arg(to);
    // The folders above: the version, `test`, `fixtures`, `wpt`.
    tar.args(["--strip-components=4", "--wildcards"]);
    tar.args(PARTS.map(|part| format!("*/test/fixtures/wpt/{part}")));
    step.run(&mut tar).map(drop)
}

/// The command that runs the suite.
pub(crate) fn command(paths: &Paths, suite: &Path) -> Command {
    let mut node = Command::new("node");
    node.arg("tests/web/run.mjs").arg(suite).current_dir(&paths.root);
    node
}
