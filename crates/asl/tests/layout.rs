//! Pictures: every machine gets one, boxes do not overlap, and a few are kept to be looked at (`UPDATE_EXPECT=1` rewrites them).

#![allow(clippy::unwrap_used, reason = "tests")]

use coldstart_asl::layout::{Block, BlockKind, Layout, STATES_MAX, TooLarge, layout};
use coldstart_asl::{parse, svg};
use expect_test::expect_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

fn drawn(text: &str) -> Layout {
    let (definition, _) = parse(text);
    layout(&definition.expect("the text holds a machine")).expect("the machine is small enough")
}

fn overlap(a: &Block, b: &Block) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

fn inside(inner: &Block, outer: &Block) -> bool {
    inner.x >= outer.x
        && inner.y >= outer.y
        && inner.x + inner.width <= outer.x + outer.width
        && inner.y + inner.height <= outer.y + outer.height
}

/// What must be true of every picture.
fn sound(picture: &Layout) -> Result<(), String> {
    let whole = Block {
        x: 0,
        y: 0,
        width: picture.width,
        height: picture.height,
        ..picture.boxes[0].clone()
    };
    for (at, block) in picture.boxes.iter().enumerate() {
        if !inside(block, &whole) {
            return Err(format!("{block:?} is not in the picture"));
        }
        if let Some(parent) = block.parent
            && (parent >= at || !inside(block, &picture.boxes[parent]))
        {
            return Err(format!("{block:?} is not inside its parent"));
        }
        for other in &picture.boxes[..at] {
            if other.parent == block.parent && overlap(block, other) {
                return Err(format!("{block:?} overlaps {other:?}"));
            }
        }
    }
    for arrow in &picture.arrows {
        let (from, to) = (&picture.boxes[arrow.from], &picture.boxes[arrow.to]);
        if from.parent != to.parent {
            return Err(format!("{arrow:?} leaves its machine"));
        }
        if !arrow.path.starts_with('M') || arrow.label.is_empty() != arrow.label_box.is_none() {
            return Err(format!("{arrow:?} has no way"));
        }
        if let Some((x, y, width, height)) = arrow.label_box {
            let label =
                Block { x: x - width / 2, y: y - height / 2, width, height, ..from.clone() };
            let hit = picture
                .boxes
                .iter()
                .find(|block| block.parent == from.parent && overlap(block, &label));
            if let Some(hit) = hit {
                return Err(format!("the label of {arrow:?} hides {hit:?}"));
            }
        }
    }
    Ok(())
}

fn shared(path: &str) -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    PathBuf::from(
        std::env::var("COLDSTART_CONFORMANCE").map_or(default.to_owned(), |at| format!("{at}/..")),
    )
    .join(path)
}

#[test]
fn every_sample_is_drawn() {
    let Ok(lines) = std::fs::read_to_string(shared("samples/state-machines.jsonl")) else { return };
    let mut count = 0;
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let definition = &case["definition"];
        let text = definition.as_str().map_or_else(|| definition.to_string(), str::to_owned);
        let picture = drawn(&text);
        sound(&picture).unwrap_or_else(|fault| panic!("{}: {fault}", case["id"]));
        assert_eq!(picture, drawn(&text), "{}: equal definitions give equal pictures", case["id"]);
        count += 1;
    }
    assert!(count > 50, "{count} samples");
}

fn golden(name: &str, text: &str) {
    let picture = drawn(text);
    sound(&picture).unwrap();
    expect_file![format!("pictures/{name}.svg")].assert_eq(&svg::write(&picture, name));
}

#[test]
fn a_few_pictures_stay_as_they_are() {
    golden(
        "retry-and-catch",
        r#"{"StartAt":"Reserve","States":{
          "Reserve":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:reserve","Next":"Charge",
            "Catch":[{"ErrorEquals":["States.ALL"],"Next":"Apologise"}]},
          "Charge":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"Paid?",
            "Catch":[{"ErrorEquals":["Payments.Declined"],"Next":"Release"},{"ErrorEquals":["States.Timeout"],"Next":"Release"}]},
          "Paid?":{"Type":"Choice","Choices":[{"Variable":"$.paid","BooleanEquals":true,"Next":"Ship"},
            {"Variable":"$.attempts","NumericLessThan":3,"Next":"Wait a little"}],"Default":"Release"},
          "Wait a little":{"Type":"Wait","Seconds":30,"Next":"Charge"},
          "Release":{"Type":"Pass","Next":"Apologise"},
          "Ship":{"Type":"Succeed"},
          "Apologise":{"Type":"Fail","Error":"Order.Failed"}}}"#,
    );
    golden(
        "parallel-and-map",
        r#"{"StartAt":"Both","States":{
          "Both":{"Type":"Parallel","Next":"Each","Branches":[
            {"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}},
            {"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"C"}],"Default":"D"},"D":{"Type":"Succeed"}}}]},
          "Each":{"Type":"Map","ItemProcessor":{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true}}},"End":true}}}"#,
    );
    golden(
        "half-written",
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Nowhere"},"B":{"Type":"Pas","Next":"A"},"C":{"Comment":"<&>"}}}"#,
    );
}

#[test]
fn what_nobody_can_read_is_refused_with_its_reason() {
    let states: Vec<String> =
        (0..=STATES_MAX).map(|at| format!("\"S{at}\":{{\"Type\":\"Succeed\"}}")).collect();
    let text = format!("{{\"StartAt\":\"S0\",\"States\":{{{}}}}}", states.join(","));
    assert_eq!(layout(&parse(&text).0.unwrap()), Err(TooLarge::States(STATES_MAX + 1)));

    // Everything leads everywhere.
    let names: Vec<String> = (0..120).map(|at| format!("S{at}")).collect();
    let states: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| {
            let choices: Vec<Value> = names
                .iter()
                .map(|to| json!({"Variable": "$.x", "IsNull": true, "Next": to}))
                .collect();
            (name.clone(), json!({"Type": "Choice", "Choices": choices}))
        })
        .collect();
    let text = json!({"StartAt": "S0", "States": states}).to_string();
    assert_eq!(layout(&parse(&text).0.unwrap()), Err(TooLarge::Transitions));
}

#[test]
fn an_empty_machine_has_a_picture() {
    sound(&drawn("{}")).unwrap();
    sound(&drawn(r#"{"StartAt": 5, "States": []}"#)).unwrap();
    let picture = drawn(
        r#"{"States": {"A": {"Type": "Parallel", "Branches": [{}, {"States": {"A": {}}}]}, "B": {"Next": "B"}}}"#,
    );
    sound(&picture).unwrap();
    assert!(picture.boxes.iter().all(|block| block.kind != BlockKind::State || !block.reachable));
}

/// A machine whose states lead anywhere at all, themselves and what does not exist included, nested a little.
fn machine(depth: u32) -> BoxedStrategy<Value> {
    let leaf = prop::collection::vec((0usize..14, prop::collection::vec(0usize..14, 0..4), any::<bool>()), 0..12).prop_map(|states| {
        let states: serde_json::Map<String, Value> = states
            .into_iter()
            .enumerate()
            .map(|(at, (next, more, end))| {
                let choices: Vec<Value> = more.iter().map(|to| json!({"Variable": "$.x", "StringEquals": "y", "Next": format!("S{to}")})).collect();
                let catch: Vec<Value> = more.iter().map(|to| json!({"ErrorEquals": ["E"], "Next": format!("S{to}")})).collect();
                let state = match (more.len() % 2, end) {
                    (1, _) => json!({"Type": "Choice", "Choices": choices, "Default": format!("S{next}")}),
                    (_, true) => json!({"Type": "Task", "End": true, "Catch": catch}),
                    _ => json!({"Type": "Task", "Next": format!("S{next}"), "Catch": catch}),
                };
                (format!("S{at}"), state)
            })
            .collect();
        json!({"StartAt": "S0", "States": states})
    });
    if depth == 0 {
        return leaf.boxed();
    }
    (leaf, prop::collection::vec(machine(depth - 1), 0..3))
        .prop_map(|(mut outer, inner)| {
            if !inner.is_empty() {
                outer["States"]["S1"] =
                    json!({"Type": "Parallel", "Branches": inner, "Next": "S0"});
            }
            outer
        })
        .boxed()
}

proptest! {
    #[test]
    fn every_machine_has_a_sound_picture(definition in machine(2)) {
        let text = definition.to_string();
        let (definition, _) = parse(&text);
        if let Ok(picture) = layout(&definition.unwrap()) {
            prop_assert_eq!(sound(&picture), Ok(()));
            prop_assert!(svg::write(&picture, "x").ends_with("</svg>\n"));
        }
    }
}
