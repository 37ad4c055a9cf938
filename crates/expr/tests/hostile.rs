//! Texts and documents that nobody would write: nothing may panic, and nothing may take long.

#![allow(clippy::unwrap_used, reason = "tests")]

use coldstart_expr::intrinsic::{Expression, Randomness};
use coldstart_expr::jsonpath::Path;
use coldstart_expr::reference::ReferencePath;
use coldstart_expr::scope::{Scope, StatesPath};
use coldstart_expr::template;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

struct Zero;

impl Randomness for Zero {
    fn next_u64(&mut self) -> u64 {
        0
    }
}

/// Fragments of the grammar in any order come closer to the edges than random characters do.
fn path() -> impl Strategy<Value = String> {
    let fragments = prop::sample::select(vec![
        "$",
        "@",
        ".",
        "..",
        "a",
        "b",
        "*",
        "[",
        "]",
        "[*]",
        "[0]",
        "[-1]",
        "[1:2]",
        "[::]",
        "['a']",
        "['a','b']",
        "[\"b\"]",
        "[?(",
        ")]",
        "(",
        ")",
        "@.a",
        "$.b",
        " ",
        "==",
        "!=",
        "<",
        "=~",
        "/a+/i",
        "'x'",
        "1",
        "-2.5e3",
        "null",
        "true",
        "&&",
        "||",
        "!",
        " in ",
        " size ",
        "[1,2]",
        "{\"a\":1}",
        "\\",
        "\\u12",
        "'",
        "\"",
        ",",
        "length()",
        "sum()",
        "index(1)",
        "concat(",
        "é",
        "😀",
        "\t",
        "\0",
        "States.",
        "Array(",
        "Format('{}',",
        "MathAdd(1,",
        "{}",
    ]);
    prop::collection::vec(fragments, 0..24).prop_map(|parts| parts.concat())
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-c]{0,3}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-c]", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_path_or_an_error(text in path(), document in json_value()) {
        for text in [text.clone(), format!("$.{text}"), format!("$[?(@{text})]")] {
            match Path::parse(&text) {
                Ok(path) => {
                    let _ = path.select(&document);
                    // The normal form of a path without a filter is a path again.
                    let normal = path.to_string();
                    prop_assert!(!normal.is_empty());
                }
                Err(error) => prop_assert!(error.position <= text.len() + 2, "{} in {text:?}", error.position),
            }
            let _ = StatesPath::parse(&text);
            if let Ok(reference) = ReferencePath::parse(&text) {
                let _ = reference.write(document.clone(), json!(1));
            }
        }
    }

    #[test]
    fn any_text_is_an_expression_or_an_error(text in path(), input in json_value()) {
        let scope = Scope { input: &input, context: &input, variables: &Map::new() };
        for text in [text.clone(), format!("States.Array({text})"), format!("States.Format('{{}}', {text})")] {
            if let Ok(expression) = Expression::parse(&text) {
                let _ = expression.evaluate(&scope, &mut Zero);
            }
            let _ = template::fill(&json!({ "a": [{ "x.$": text }] }), &scope, &mut Zero);
        }
    }

    #[test]
    fn random_characters_do_no_harm(text in "\\PC{0,60}") {
        let _ = Path::parse(&text);
        let _ = Expression::parse(&text);
    }
}
