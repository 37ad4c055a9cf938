//! From a lab as it is written to a lab as it is opened.

use super::markdown;
use super::model::{Files, Hint, Lab, Question, Step};
use super::packed::{Block, CatalogueEntry, PackedHint, PackedLab, PackedQuestion, PackedStep};
use super::state::{self, State};
use crate::Workspace;
use std::collections::BTreeSet;

/// Bytes of a workspace's name.
const NAME_BYTES_MAX: usize = 255;

/// The line of the catalogue about a lab.
impl From<&Lab> for CatalogueEntry {
    fn from(lab: &Lab) -> Self {
        Self {
            id: lab.id.clone(),
            title: lab.title.clone(),
            summary: lab.summary.clone(),
            level: lab.level,
            minutes: lab.minutes,
            skills: lab.skills.clone(),
            needs: lab.needs.clone(),
            version: lab.version,
            steps: lab.steps.iter().map(|step| (step.id.clone(), step.title.clone())).collect(),
        }
    }
}

/// Packs a lab. `meter` is the version of the sandbox's meter under which its workspaces run.
///
/// # Errors
/// What is wrong first with a state, with its folder.
pub fn pack(lab: &Lab, meter: u32) -> Result<PackedLab, String> {
    let parts = lab.steps.iter().map(|step| packed_step(lab, step, meter));
    Ok(PackedLab { entry: lab.into(), parts: parts.collect::<Result<_, _>>()? })
}

fn packed_step(lab: &Lab, step: &Step, meter: u32) -> Result<PackedStep, String> {
    let read = |part: &str, files: &Files| -> Result<(State, Box<Workspace>), String> {
        let fault = |problem: String| format!("{}/{part}: {problem}", step.id);
        let state = state::read(files).map_err(fault)?;
        let name = clipped(format!("{}: {}", lab.title, step.title));
        let workspace = state.workspace(&name, meter, lab.seed);
        workspace.validate().map_err(|found| fault(found.to_string()))?;
        Ok((state, Box::new(workspace)))
    };
    let (begun, starter) = read("starter", &step.starter)?;
    let (_, solution) = read("solution", &step.solution)?;
    let checks = step.checks.iter().map(|check| {
        let mut check = check.clone();
        check.input = check.input.map(|input| state::input(&step.starter, Some(&input)));
        check
    });
    Ok(PackedStep {
        id: step.id.clone(),
        title: step.title.clone(),
        minutes: step.minutes,
        open: step.open.clone(),
        text: text(step),
        checks: checks.collect(),
        hints: step.hints.iter().map(|hint| packed_hint(step, hint)).collect(),
        quiz: step.quiz.iter().map(packed_question).collect(),
        faults: begun.faults().cloned(),
        starter,
        solution,
    })
}

/// What is read, with all questions in it: those that it does not ask come at its end.
fn text(step: &Step) -> Vec<Block> {
    let mut text = markdown::blocks(&step.text);
    let mut asked = BTreeSet::new();
    questions(&text, &mut asked);
    let left = step.quiz.iter().filter(|question| !asked.contains(&question.id));
    let left: Vec<Block> =
        left.map(|question| Block::Question(question.id.clone(), false)).collect();
    text.extend(left);
    text
}

fn questions(blocks: &[Block], into: &mut BTreeSet<String>) {
    for block in blocks {
        match block {
            Block::Question(id, _) => {
                into.insert(id.clone());
            }
            Block::Note(_, inner) => questions(inner, into),
            _ => {}
        }
    }
}

fn packed_hint(step: &Step, hint: &Hint) -> PackedHint {
    let shown = |path: &String| Some((path.clone(), step.solution.get(path)?.clone()));
    PackedHint {
        check: hint.check.clone(),
        after: hint.after,
        text: markdown::blocks(&hint.text),
        reveal: hint.reveal.as_ref().and_then(shown),
    }
}

fn packed_question(question: &Question) -> PackedQuestion {
    PackedQuestion {
        id: question.id.clone(),
        question: markdown::line(&question.question),
        choices: question.choices.clone(),
        answer: question.answer.clone(),
        why: markdown::line(&question.why),
    }
}

fn clipped(mut name: String) -> String {
    while name.len() > NAME_BYTES_MAX {
        name.pop();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{Inline, read};
    use serde_json::json;

    fn files(of: &[(&str, &str)]) -> Files {
        of.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    const STEP: &str = r#"+++
title = "Brew"
minutes = 5
open = "machines/tea.asl.json"

[[checks]]
id = "brewed"
title = "It brews"
kind = "run"
machine = "tea"
input = "inputs/tea/mine.json"
assert = "true"
otherwise = "No."

[[hints]]
check = "brewed"
text = "A **state**."
reveal = "machines/tea.asl.json"

[[quiz]]
id = "asked"
question = "How `long`?"
answer = "3"
why = "It *is*."

[[quiz]]
id = "left"
question = "And?"
answer = "no"
+++

:::note
:::predict asked
:::
"#;

    fn lab() -> Lab {
        let lab = "version = 1\ntitle = \"Tea\"\nsummary = \"S\"\nlevel = \"beginner\"\nminutes = 5\nseed = 7\n";
        let files = files(&[
            ("lab.toml", lab),
            ("10-brew/step.md", STEP),
            ("10-brew/starter/machines/tea.asl.json", "{ \"StartAt\": \"A\" }"),
            ("10-brew/starter/inputs/tea/mine.json", "{ \"cup\": 1 }"),
            ("10-brew/starter/workspace.toml", "[[faults]]\nId = \"busy\"\n"),
            ("10-brew/solution/machines/tea.asl.json", "{ \"StartAt\": \"B\" }"),
        ]);
        read("tea", &files).expect("a lab")
    }

    #[test]
    fn a_lab_is_packed_with_all_that_it_shows() {
        let packed = pack(&lab(), 3).expect("it packs");
        assert_eq!(packed.entry.steps, [("brew".to_owned(), "Brew".to_owned())]);
        let [step] = &packed.parts[..] else { panic!("one step") };
        assert_eq!(step.checks[0].input, Some(json!({ "cup": 1 })));
        let reveal = ("machines/tea.asl.json".to_owned(), "{ \"StartAt\": \"B\" }".to_owned());
        assert_eq!(step.hints[0].reveal, Some(reveal));
        assert_eq!(step.faults, Some(json!([{ "Id": "busy" }])));
        let asked = Block::Note("note".into(), vec![Block::Question("asked".into(), true)]);
        assert_eq!(step.text, [asked, Block::Question("left".into(), false)]);
        assert_eq!(step.quiz[0].question[1], Inline::Code("long".into()));
        let (starter, solution) = (&step.starter, &step.solution);
        assert_eq!((starter.name.as_str(), starter.meter, starter.seed), ("Tea: Brew", 3, 7));
        assert_eq!(starter.machines["tea"].definition, "{ \"StartAt\": \"A\" }");
        assert_eq!(solution.machines["tea"].definition, "{ \"StartAt\": \"B\" }");
        let json = serde_json::to_string(&packed).expect("JSON");
        assert_eq!(serde_json::from_str::<PackedLab>(&json).expect("and back"), packed);
    }

    #[test]
    fn a_state_that_is_no_workspace_is_named() {
        let mut long = lab();
        long.steps[0].title = "é".repeat(300);
        assert!(pack(&long, 3).is_ok(), "a long title is cut");
        let mut wrong = lab();
        wrong.steps[0].solution.insert("machines/a\u{7}.asl.json".into(), "{}".into());
        let why = pack(&wrong, 3).map(|_| ()).expect_err("a control character");
        assert!(why.starts_with("brew/solution: machines."), "{why}");
    }
}
