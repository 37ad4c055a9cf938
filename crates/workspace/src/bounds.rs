//! Bounds on everything that a document may hold, so that no foreign one can exhaust the page.

use crate::{Command, FunctionDraft, MachineDraft, Source, WORKSPACE_VERSION, Workspace};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is wrong with a document, and where: a path such as `commands[3].request.params`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{problem}", path, if path.is_empty() { "" } else { ": " })]
pub struct Fault {
    /// Empty for the document itself.
    pub path: String,
    /// One sentence without its full stop.
    pub problem: String,
}

/// Names of workspaces, files and events, bytes.
const NAME_BYTES_MAX: usize = 255;
/// JavaScript's numbers are whole up to here, and the page shows and sends seeds and times as such.
const WHOLE_MAX: u64 = 1 << 53;
/// The last millisecond that JavaScript's dates have.
const EPOCH_MS_MAX: u64 = 8_640_000_000_000_000;
const SOURCES_MAX: usize = 1_000;
const FUNCTIONS_MAX: usize = 1_000;
const MACHINES_MAX: usize = 1_000;
const EVENTS_MAX: usize = 200;
const COMMANDS_MAX: usize = 1_000_000;
const INTERRUPTS_MAX: usize = 10_000;
/// Runtimes of languages that a digest names.
const RUNTIMES_MAX: usize = 8;
/// WebAssembly text in an editor, bytes.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// Text files of one function.
const FILES_MAX: usize = 200;
/// A definition in an editor, bytes: AWS takes 1 MB, and an editor may hold one that is refused for its size.
const DEFINITION_BYTES_MAX: usize = 4 << 20;
/// A module that travels in the document, bytes of base64.
const INLINE_BYTES_MAX: usize = 256 << 10;
/// The largest payload of Lambda is 6 MB; an editor may hold one that is refused for its size.
const PAYLOAD_BYTES_MAX: usize = 8 << 20;
/// A command's parameters, bytes of their strings: a payload, or a package in base64.
const PARAMS_BYTES_MAX: usize = 72 << 20;
const PARAMS_DEPTH_MAX: usize = 100;

type Checked = Result<(), Fault>;

fn fault(path: impl Into<String>, problem: impl Into<String>) -> Fault {
    Fault { path: path.into(), problem: problem.into() }
}

fn at_most(path: &str, what: &str, count: usize, max: usize) -> Checked {
    if count <= max {
        Ok(())
    } else {
        Err(fault(path, format!("{count} {what}; at most {max} are allowed")))
    }
}

fn whole(path: &str, number: u64, max: u64) -> Checked {
    if number <= max { Ok(()) } else { Err(fault(path, format!("{number} is more than {max}"))) }
}

fn name(path: &str, text: &str) -> Checked {
    at_most(path, "bytes", text.len(), NAME_BYTES_MAX)?;
    match text.chars().find(|c| c.is_control()) {
        Some(c) => {
            Err(fault(path, format!("the control character {c:?} is not allowed in a name")))
        }
        None => Ok(()),
    }
}

/// Letters, digits and a few more; not empty.
fn word(path: &str, text: &str, max: usize, also: &str) -> Checked {
    let fits = (1..=max).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c));
    if fits {
        return Ok(());
    }
    let shown: String = text.chars().take(80).collect();
    Err(fault(path, format!("{shown:?} is not 1 to {max} letters, digits or {also:?}")))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn sha256(path: &str, text: &str) -> Checked {
    if text.len() == 64 && is_hex(text) {
        return Ok(());
    }
    Err(fault(path, "not a SHA-256 in lower-case hexadecimal"))
}

impl Workspace {
    /// Checks every bound. What it lets through can be shown, saved, shared and opened.
    pub fn validate(&self) -> Result<(), Fault> {
        if self.version != WORKSPACE_VERSION {
            return Err(fault("version", format!("{} is not {WORKSPACE_VERSION}", self.version)));
        }
        name("name", &self.name)?;
        whole("seed", self.seed, WHOLE_MAX)?;
        whole("epochMs", self.epoch_ms, EPOCH_MS_MAX)?;
        whole("untilUs", self.until_us, WHOLE_MAX)?;
        at_most("sources", "sources", self.sources.len(), SOURCES_MAX)?;
        for (hash, source) in &self.sources {
            let path = format!("sources.{hash}");
            sha256(&path, hash)?;
            check_source(&path, source)?;
        }
        at_most("functions", "functions", self.functions.len(), FUNCTIONS_MAX)?;
        for (function, draft) in &self.functions {
            let path = format!("functions.{function}");
            // Lambda's own rule for the name of a function.
            word(&path, function, 64, "-_")?;
            check_draft(&path, draft)?;
        }
        at_most("machines", "state machines", self.machines.len(), MACHINES_MAX)?;
        for (machine, draft) in &self.machines {
            let path = format!("machines.{machine}");
            if machine.is_empty() {
                return Err(fault(path, "a state machine without a name"));
            }
            name(&path, machine)?;
            check_machine(&path, draft)?;
        }
        self.check_log()?;
        self.digest.as_deref().map_or(Ok(()), check_digest)
    }

    fn check_log(&self) -> Checked {
        at_most("commands", "commands", self.commands.len(), COMMANDS_MAX)?;
        let mut earlier_us = 0;
        for (index, command) in self.commands.iter().enumerate() {
            check_command(&format!("commands[{index}]"), command)?;
            if command.at_us < earlier_us {
                return Err(fault(
                    format!("commands[{index}].atUs"),
                    "earlier than the command before it",
                ));
            }
            earlier_us = command.at_us;
        }
        at_most("interrupts", "interrupts", self.interrupts.len(), INTERRUPTS_MAX)?;
        for (index, interrupt) in self.interrupts.iter().enumerate() {
            word(&format!("interrupts[{index}].requestId"), &interrupt.request_id, 64, "-")?;
        }
        Ok(())
    }
}

/// A digest of a history, with the runtimes that functions had.
pub(crate) fn check_digest(digest: &str) -> Checked {
    let mut parts = digest.split('+');
    let history = parts.next().unwrap_or_default();
    // Both of its forms: of 64 digits once, of 32 now.
    if history.len() != 32 || !is_hex(history) {
        sha256("digest", history)?;
    }
    at_most("digest", "runtimes", parts.clone().count(), RUNTIMES_MAX)?;
    for part in parts {
        let (name, digits) = part.split_once(':').unwrap_or((part, ""));
        word("digest", name, 32, "")?;
        if digits.len() != 16 || !is_hex(digits) {
            return Err(fault("digest", "a runtime without 16 hexadecimal digits"));
        }
    }
    Ok(())
}

fn check_source(path: &str, source: &Source) -> Checked {
    match source {
        Source::Wat { text } => {
            at_most(&format!("{path}.text"), "bytes", text.len(), TEXT_BYTES_MAX)
        }
        Source::Files { files } => check_files(&format!("{path}.files"), files),
        Source::Compiled { compiler, files, base64 } => {
            name(&format!("{path}.compiler"), compiler)?;
            check_files(&format!("{path}.files"), files)?;
            at_most(&format!("{path}.base64"), "bytes", base64.len(), INLINE_BYTES_MAX)
        }
        // It becomes part of an address.
        Source::Example { name } => word(&format!("{path}.name"), name, 64, "-_"),
        Source::Module { name: file } => name(&format!("{path}.name"), file),
        Source::Inline { name: file, base64 } => {
            name(&format!("{path}.name"), file)?;
            at_most(&format!("{path}.base64"), "bytes", base64.len(), INLINE_BYTES_MAX)
        }
    }
}

fn check_files(path: &str, files: &BTreeMap<String, String>) -> Checked {
    at_most(path, "files", files.len(), FILES_MAX)?;
    for file in files.keys() {
        if let Some(problem) = path_fault(file) {
            return Err(fault(format!("{path}.{file}"), problem));
        }
        let folder = format!("{file}/");
        if files.keys().any(|other| other.starts_with(&folder)) {
            return Err(fault(format!("{path}.{file}"), "a file and a folder"));
        }
    }
    at_most(path, "bytes", files.values().map(String::len).sum(), TEXT_BYTES_MAX)
}

/// What is wrong with the path of a file in a package; none for one like `lib/orders.mjs`.
pub fn path_fault(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("a file without a name");
    }
    if path.len() > NAME_BYTES_MAX {
        return Some("more than 255 bytes");
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return Some("control characters and backslashes are not allowed in a path");
    }
    let wrong = |part: &str| part.is_empty() || part == "." || part == "..";
    path.split('/')
        .any(wrong)
        .then_some("a path is relative, without empty parts, \".\" and \"..\"")
}

fn check_draft(path: &str, draft: &FunctionDraft) -> Checked {
    check_source(&format!("{path}.source"), &draft.source)?;
    at_most(&format!("{path}.testEvents"), "events", draft.test_events.len(), EVENTS_MAX)?;
    for (index, event) in draft.test_events.iter().enumerate() {
        let path = format!("{path}.testEvents[{index}]");
        name(&format!("{path}.name"), &event.name)?;
        at_most(&format!("{path}.payload"), "bytes", event.payload.len(), PAYLOAD_BYTES_MAX)?;
    }
    if draft.selected_event > 0 && draft.selected_event >= draft.test_events.len() {
        let problem =
            format!("{} is not one of {} events", draft.selected_event, draft.test_events.len());
        return Err(fault(format!("{path}.selectedEvent"), problem));
    }
    Ok(())
}

fn check_machine(path: &str, draft: &MachineDraft) -> Checked {
    let definition = format!("{path}.definition");
    at_most(&definition, "bytes", draft.definition.len(), DEFINITION_BYTES_MAX)?;
    at_most(&format!("{path}.mocks"), "bytes", draft.mocks.len(), DEFINITION_BYTES_MAX)?;
    at_most(&format!("{path}.inputs"), "inputs", draft.inputs.len(), EVENTS_MAX)?;
    for (index, input) in draft.inputs.iter().enumerate() {
        let path = format!("{path}.inputs[{index}]");
        name(&format!("{path}.name"), &input.name)?;
        at_most(&format!("{path}.payload"), "bytes", input.payload.len(), PAYLOAD_BYTES_MAX)?;
    }
    if draft.selected_input > 0 && draft.selected_input >= draft.inputs.len() {
        let problem =
            format!("{} is not one of {} inputs", draft.selected_input, draft.inputs.len());
        return Err(fault(format!("{path}.selectedInput"), problem));
    }
    Ok(())
}

fn check_command(path: &str, command: &Command) -> Checked {
    whole(&format!("{path}.atUs"), command.at_us, WHOLE_MAX)?;
    let path = format!("{path}.request");
    word(&format!("{path}.service"), &command.request.service, 64, "-")?;
    word(&format!("{path}.operation"), &command.request.operation, 128, "")?;
    let path = format!("{path}.params");
    if !command.request.params.is_object() {
        return Err(fault(path, "not an object"));
    }
    let mut bytes = 0;
    weigh(&path, &command.request.params, 0, &mut bytes)
}

/// Adds up the strings of a value, and refuses what is too deep or too much.
fn weigh(path: &str, value: &Value, depth: usize, bytes: &mut usize) -> Checked {
    if depth > PARAMS_DEPTH_MAX {
        return Err(fault(path, format!("nested deeper than {PARAMS_DEPTH_MAX}")));
    }
    match value {
        Value::String(text) => *bytes += text.len(),
        Value::Array(items) => {
            *bytes += items.len();
            items.iter().try_for_each(|item| weigh(path, item, depth + 1, bytes))?;
        }
        Value::Object(members) => {
            for (key, member) in members {
                *bytes += key.len();
                weigh(path, member, depth + 1, bytes)?;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => *bytes += 1,
    }
    at_most(path, "bytes", *bytes, PARAMS_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiRequest, Interrupt, MachineType, TestEvent};
    use serde_json::json;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Workspace), path: &str, part: &str) {
        let mut workspace = Workspace::hello();
        change(&mut workspace);
        let found = workspace.validate().expect_err("out of bounds");
        assert_eq!(found.path, path, "{found}");
        assert!(found.problem.contains(part), "{found}");
    }

    fn command(at_us: u64, params: Value) -> Command {
        let request = ApiRequest { service: "lambda".into(), operation: "Invoke".into(), params };
        Command { at_us, request }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        assert_eq!(Workspace::hello().validate(), Ok(()));
        check(|w| w.version = 1, "version", "1 is not 2");
        check(|w| w.name = "x".repeat(256), "name", "256 bytes; at most 255");
        check(|w| w.name = "a\u{7}".into(), "name", "control character");
        check(|w| w.seed = u64::MAX, "seed", "is more than");
        check(|w| w.epoch_ms = u64::MAX, "epochMs", "is more than");
        check(|w| w.until_us = u64::MAX, "untilUs", "is more than");
        check(|w| w.digest = Some("AB".into()), "digest", "SHA-256");
        let with = |runtime: &str| Some(format!("{}{runtime}", "0".repeat(32)));
        let mut workspace = Workspace::hello();
        workspace.digest = with("+javascript:0123456789abcdef+other:0123456789abcdef");
        assert_eq!(workspace.validate(), Ok(()));
        check(|w| w.digest = with("+javascript"), "digest", "16 hexadecimal digits");
        check(|w| w.digest = with("+java script:0123456789abcdef"), "digest", "letters");
        check(|w| w.digest = with(&"+a:0123456789abcdef".repeat(9)), "digest", "9 runtimes");
        check(
            |w| w.commands = vec![command(5, json!({})).into(), command(4, json!({})).into()],
            "commands[1].atUs",
            "earlier than the command before it",
        );
        check(
            |w| w.commands.push(command(0, json!([])).into()),
            "commands[1].request.params",
            "not an object",
        );
        let deep = (0..200).fold(json!({}), |inner, _| json!([inner]));
        check(
            |w| w.commands.push(command(0, json!({ "a": deep })).into()),
            "commands[1].request.params",
            "nested deeper",
        );
        check(
            |w| {
                let mut wrong = command(0, json!({}));
                wrong.request.operation = "In voke".into();
                w.commands.push(wrong.into());
            },
            "commands[1].request.operation",
            "In voke",
        );
        check(
            |w| w.interrupts.push(Interrupt { request_id: "<b>".into(), units: 1 }),
            "interrupts[0].requestId",
            "<b>",
        );
    }

    #[test]
    fn names_that_become_addresses_are_plain() {
        let example = |name: &str| Source::Example { name: name.into() };
        for name in ["../secret", "a/b", "", "%2e", &"x".repeat(65)] {
            check(
                |w| w.functions.get_mut("hello").expect("it is there").source = example(name),
                "functions.hello.source.name",
                "letters, digits",
            );
        }
        check(
            |w| w.sources.insert("00".into(), example("a")).map_or((), drop),
            "sources.00",
            "SHA-256",
        );
        let draft = Workspace::hello().functions["hello"].clone();
        check(
            |w| w.functions.insert("a b".into(), draft).map_or((), drop),
            "functions.a b",
            "letters, digits",
        );
    }

    #[test]
    fn files_are_bounded() {
        let with = |w: &mut Workspace, paths: &[&str]| {
            let files = paths.iter().map(|path| ((*path).to_owned(), String::new())).collect();
            w.functions.get_mut("hello").expect("it is there").source = Source::Files { files };
        };
        for wrong in ["", "/a", "a//b", "../a", "a/./b", "a\\b", "a\n", &"x".repeat(256)] {
            let path = format!("functions.hello.source.files.{wrong}");
            check(|w| with(w, &[wrong]), &path, "");
        }
        check(|w| with(w, &["a", "a.js", "a/b"]), "functions.hello.source.files.a", "a folder");
        let many: Vec<String> = (0..=FILES_MAX).map(|index| format!("{index}.js")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        check(|w| with(w, &many), "functions.hello.source.files", "201 files");
        let mut fine = Workspace::hello();
        with(&mut fine, &["index.mjs", "lib/orders é.mjs", "package.json"]);
        assert_eq!(Workspace::from_json(&fine.to_json()), Ok(fine));
    }

    #[test]
    fn state_machines_are_bounded() {
        let draft = |definition: &str| MachineDraft {
            machine_type: MachineType::Express,
            definition: definition.into(),
            inputs: vec![TestEvent { name: "i".into(), payload: "{}".into() }],
            selected_input: 0,
            mocks: String::new(),
        };
        let add = |w: &mut Workspace, name: &str, draft| {
            w.machines.insert(name.into(), draft);
        };
        check(|w| add(w, "", draft("{}")), "machines.", "without a name");
        check(|w| add(w, "a\u{7}", draft("{}")), "machines.a\u{7}", "control character");
        let long = "x".repeat(DEFINITION_BYTES_MAX + 1);
        check(|w| add(w, "m", draft(&long)), "machines.m.definition", "bytes");
        let mut wrong = draft("{");
        wrong.selected_input = 1;
        check(|w| add(w, "m", wrong), "machines.m.selectedInput", "1 is not one of 1");
        let mut fine = Workspace::hello();
        add(&mut fine, "Bestellung é", draft("{ half"));
        assert_eq!(Workspace::from_json(&fine.to_json()), Ok(fine));
    }

    #[test]
    fn test_events_are_bounded() {
        let event = TestEvent { name: "e".into(), payload: "{}".into() };
        let events = |w: &mut Workspace, count: usize| {
            let draft = w.functions.get_mut("hello").expect("it is there");
            draft.test_events = vec![event.clone(); count];
            draft.selected_event = 0;
        };
        check(|w| events(w, 201), "functions.hello.testEvents", "201 events");
        check(
            |w| {
                events(w, 2);
                w.functions.get_mut("hello").expect("it is there").selected_event = 2;
            },
            "functions.hello.selectedEvent",
            "2 is not one of 2",
        );
        let mut none = Workspace::hello();
        events(&mut none, 0);
        assert_eq!(none.validate(), Ok(()));
    }
}
