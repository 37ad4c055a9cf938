//! From the files of a folder to a lab, or to what is wrong with it.

use super::directives::{Line, lines};
use super::model::{Files, Kind, Lab, Mutant, Step};
use super::state;
use std::collections::{BTreeMap, BTreeSet};

/// Files of a lab, and bytes of them all. Chosen.
pub(super) const FILES_MAX: usize = 1_000;
pub(super) const BYTES_MAX: usize = 4 << 20;
pub(super) const STEPS_MAX: usize = 30;
/// Seeds that a check may be run on: each is a session.
pub(super) const SEEDS_MAX: usize = 50;
const TIMES_MAX: u32 = 1_000;
const WAIT_SECONDS_MAX: u64 = 31 * 86_400;
/// Words of a step's text, so that it is read.
const WORDS_MAX: usize = 600;

/// Something that is wrong with a lab.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct LabFault {
    /// Path of the file, in the lab's folder; with the line, where that is known.
    pub file: String,
    /// One sentence without its full stop.
    pub problem: String,
}

fn fault(file: impl Into<String>, problem: impl Into<String>) -> LabFault {
    LabFault { file: file.into(), problem: problem.into() }
}

/// Reads a lab from the files of its folder, by their paths in it. `id` is the folder's name.
///
/// # Errors
/// All that is wrong with it.
pub fn read(id: &str, files: &Files) -> Result<Lab, Vec<LabFault>> {
    let bytes: usize = files.values().map(String::len).sum();
    if files.len() > FILES_MAX || bytes > BYTES_MAX {
        let what = format!("at most {FILES_MAX} files of {BYTES_MAX} bytes together");
        return Err(vec![fault("", what)]);
    }
    let mut faults = Vec::new();
    let mut lab = match files.get("lab.toml").map(|text| parsed::<Lab>("lab.toml", text, 0)) {
        None => return Err(vec![fault("lab.toml", "it is missing")]),
        Some(Err(fault)) => return Err(vec![fault]),
        Some(Ok(lab)) => lab,
    };
    if !is_id(id) {
        faults.push(fault(
            "",
            format!("the folder's name {id} is no id: lower-case letters, digits and hyphens"),
        ));
    }
    if !lab.steps.is_empty() {
        faults.push(fault("lab.toml", "steps are folders beside it"));
    }
    lab.id = id.to_owned();
    let mut before = Files::new();
    let folders: BTreeSet<&str> = files
        .keys()
        .filter_map(|path| path.split_once('/'))
        .map(|(folder, _)| folder)
        .filter(|folder| *folder != "assets")
        .collect();
    if folders.is_empty() || folders.len() > STEPS_MAX {
        faults.push(fault(
            "",
            format!("a lab has 1 to {STEPS_MAX} steps, folders such as 10-observe"),
        ));
    }
    let mut ids = BTreeSet::new();
    lab.steps = Vec::new();
    for folder in folders {
        match step(folder, files, &before, &mut faults) {
            Some(step) => {
                if !ids.insert(step.id.clone()) {
                    faults.push(fault(folder, format!("there is another step {}", step.id)));
                }
                before.clone_from(&step.solution);
                lab.steps.push(step);
            }
            None => continue,
        }
    }
    if faults.is_empty() { Ok(lab) } else { Err(faults) }
}

/// Reads a TOML text that stands `lines` lines down in its file.
fn parsed<T: serde::de::DeserializeOwned>(
    file: &str,
    text: &str,
    lines: usize,
) -> Result<T, LabFault> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1 + lines;
        fault(format!("{file}:{line}"), error.message().trim_end_matches('.').to_owned())
    })
}

fn step(folder: &str, files: &Files, before: &Files, faults: &mut Vec<LabFault>) -> Option<Step> {
    let id = match folder.split_once('-') {
        Some((number, id)) if number.parse::<u32>().is_ok() && is_id(id) => id,
        _ => {
            faults.push(fault(folder, "a step's folder is called NUMBER-ID, such as 10-observe"));
            return None;
        }
    };
    let path = format!("{folder}/step.md");
    let Some(whole) = files.get(&path) else {
        faults.push(fault(path, "it is missing"));
        return None;
    };
    // As some editors write it.
    let whole = whole.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let (head, text) = match whole.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n"))
    {
        Some(parts) => parts,
        None => {
            faults.push(fault(format!("{path}:1"), "it begins with TOML between two lines of +++"));
            return None;
        }
    };
    let mut step = match parsed::<Step>(&path, head, 1) {
        Ok(step) => step,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    step.id = id.to_owned();
    step.text = text.trim().to_owned();
    let below = |part: &str| -> Files {
        let prefix = format!("{folder}/{part}/");
        let found = files.iter().filter_map(|(path, text)| {
            path.strip_prefix(&prefix).map(|path| (path.to_owned(), text.clone()))
        });
        found.collect()
    };
    for path in files.keys().filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/')) {
        let known = match path.split_once('/') {
            None => path == "step.md",
            Some(("mutants", rest)) => rest.contains('/'),
            Some((part, _)) => matches!(part, "starter" | "solution" | "assets"),
        };
        if !known {
            let problem = "a step has step.md, starter/…, solution/… and mutants/NAME/…";
            faults.push(fault(format!("{folder}/{path}"), problem));
        }
    }
    step.starter = laid(before, below("starter"));
    step.solution = laid(&step.starter, below("solution"));
    step.mutants = BTreeMap::new();
    let mut mutants: BTreeMap<String, Files> = BTreeMap::new();
    for (path, text) in below("mutants") {
        if let Some((name, path)) = path.split_once('/') {
            mutants.entry(name.to_owned()).or_default().insert(path.to_owned(), text);
        }
    }
    for (name, mut files) in mutants {
        let file = format!("{folder}/mutants/{name}/mutant.toml");
        match files.remove("mutant.toml").map(|text| parsed::<Mutant>(&file, &text, 0)) {
            None => faults.push(fault(file, "it is missing")),
            Some(Err(fault)) => faults.push(fault),
            Some(Ok(mutant)) => {
                let files = laid(&step.solution, files);
                step.mutants.insert(name, Mutant { files, ..mutant });
            }
        }
    }
    check_step(folder, &path, &step, faults);
    Some(step)
}

/// One set of files over another. A file that says nothing takes away what it covers.
fn laid(below: &Files, above: Files) -> Files {
    let mut files = below.clone();
    files.extend(above);
    files.retain(|_, text| !text.trim().is_empty());
    files
}

fn check_step(folder: &str, path: &str, step: &Step, faults: &mut Vec<LabFault>) {
    let mut say = |problem: String| faults.push(fault(path, problem));
    let mut ids = BTreeSet::new();
    for check in &step.checks {
        let (id, of) = (&check.id, check);
        if !is_id(id) || !ids.insert(id.as_str()) {
            say(format!("check {id}: ids are lower-case letters, digits and hyphens, each once"));
        }
        let missing = match of.kind {
            Kind::Run if of.machine.is_none() => Some("machine"),
            Kind::Invoke if of.function.is_none() => Some("function"),
            Kind::Requests if of.requests.is_empty() => Some("requests"),
            _ => None,
        };
        if let Some(member) = missing {
            say(format!("check {id}: its kind needs {member}"));
        }
        if matches!(of.kind, Kind::Definition | Kind::History)
            && (of.function.is_some() || !of.requests.is_empty() || of.times.is_some())
        {
            say(format!("check {id}: nothing is run for its kind"));
        }
        if of.seeds.len() > SEEDS_MAX
            || of.times.is_some_and(|times| times == 0 || times > TIMES_MAX)
            || of.wait.is_some_and(|wait| wait > WAIT_SECONDS_MAX)
            || of.requests.iter().filter_map(|one| one.after).any(|after| after > WAIT_SECONDS_MAX)
        {
            say(format!(
                "check {id}: at most {SEEDS_MAX} seeds, {TIMES_MAX} times, a month of wait or after"
            ));
        }
        let is_path = |text: &str| {
            text.ends_with(".json") || text.starts_with("inputs/") || text.starts_with("events/")
        };
        if let Some(serde_json::Value::String(file)) = &of.input
            && is_path(file)
            && !step.starter.contains_key(file)
        {
            say(format!("check {id}: there is no file {file}"));
        }
    }
    for hint in &step.hints {
        if !ids.contains(hint.check.as_str()) {
            say(format!("a hint is for the check {}, which there is not", hint.check));
        }
        if hint.text.is_empty() && hint.reveal.is_none() {
            say(format!("a hint for {} says nothing", hint.check));
        }
        if let Some(file) = hint.reveal.as_ref().filter(|file| !step.solution.contains_key(*file)) {
            say(format!("a hint reveals {file}, which the solution has not"));
        }
    }
    for (name, mutant) in &step.mutants {
        if !ids.contains(mutant.fails.as_str()) {
            say(format!("the mutant {name} fails {}, which is no check", mutant.fails));
        }
    }
    if let Some(file) = step.open.as_ref().filter(|file| !step.starter.contains_key(*file)) {
        say(format!("open: there is no file {file}"));
    }
    let words = step.text.split_whitespace().count();
    if words > WORDS_MAX {
        say(format!("its text has {words} words; at most {WORDS_MAX} are read"));
    }
    let questions: BTreeSet<&str> = step.quiz.iter().map(|one| one.id.as_str()).collect();
    for question in &step.quiz {
        if !question.choices.is_empty() && !question.choices.contains(&question.answer) {
            say(format!("question {}: its answer is none of its choices", question.id));
        }
    }
    for line in lines(&step.text) {
        match line {
            Line::Question(question, _) if !questions.contains(question) => {
                say(format!("the text asks the question {question}, which there is not"));
            }
            Line::Unknown(line) => {
                say(format!("the text has a directive that is not known: {line}"));
            }
            _ => {}
        }
    }
    let states = [("starter", &step.starter), ("solution", &step.solution)];
    let mutants = step.mutants.iter().map(|(name, mutant)| (name.as_str(), &mutant.files));
    for (part, files) in states.into_iter().chain(mutants) {
        if let Err(problem) = state::read(files) {
            faults.push(fault(format!("{folder}/{part}"), problem));
        }
    }
    if let Ok(solution) = state::read(&step.solution) {
        check_names(path, step, &solution.names(), faults);
    }
}

/// Whom checks and faults name: what nobody has would never be found, and a fault would never strike.
fn check_names(path: &str, step: &Step, names: &BTreeSet<String>, faults: &mut Vec<LabFault>) {
    let mut need = |what: &str, folder: &str, name: Option<&str>| {
        let Some(name) = name else { return };
        // A version, an alias or an ARN is the services' to read.
        if !name.contains(':') && !names.contains(&format!("{folder}/{name}")) {
            faults.push(fault(path, format!("{what}: the solution has no {folder}/{name}")));
        }
    };
    for check in &step.checks {
        let what = format!("check {}", check.id);
        need(&what, "machines", check.machine.as_deref());
        need(&what, "functions", check.function.as_deref());
        let script = check.faults.as_ref().and_then(serde_json::Value::as_array);
        for row in script.into_iter().flatten() {
            let of = |member: &str| row.get(member).and_then(serde_json::Value::as_str);
            need(&format!("{what}, faults"), "functions", of("FunctionName"));
            need(&format!("{what}, faults"), "machines", of("StateMachineName"));
        }
    }
}

pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
