//! Expressions that nobody would write: each ends soon, with a value or with an error in AWS's words.

#![allow(clippy::unwrap_used, reason = "tests")]

use coldstart_expr::jsonata::{self, EvaluationError, Scope};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const MEMORY: &str =
    "Expression evaluation memory limit exceeded: Check for excessive memory usage";
const STACK: &str = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive";
const TIME: &str = "Expression evaluation timeout: Check for infinite loop";

fn evaluate(text: &str, states: Value) -> Result<Option<Value>, EvaluationError> {
    let variables = Map::new();
    let scope = Scope::new(states, &variables).seed(1);
    jsonata::parse(text)
        .map_err(|error| EvaluationError::Thrown {
            code: Some(error.code),
            message: error.message,
            position: None,
        })?
        .evaluate(&scope)
}

/// The message of the failure, or the value's text.
fn said(text: &str) -> String {
    match evaluate(
        text,
        json!({ "input": { "text": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" } }),
    ) {
        Ok(value) => value.map_or_else(
            || "nothing".to_owned(),
            |value| value.to_string().chars().take(200).collect(),
        ),
        Err(EvaluationError::Thrown { code: None, message, .. }) => message,
        Err(error) => error.to_string(),
    }
}

#[test]
fn recursion_ends() {
    assert_eq!(said("($f := function($n){ 1 + $f($n) }; $f(1))"), STACK);
    assert_eq!(said("($f := function($n){ [$f($n)] }; $f(1))"), STACK);
    // A tail call takes no stack, only time.
    assert_eq!(said("($f := function($n){ $f($n + 1) }; $f(1))"), TIME);
    assert_eq!(said("($f := function($n){ $g($n) }; $g := function($n){ $f($n) }; $f(1))"), TIME);
    assert_eq!(said("($f := function($n){ $map([1], $f) }; $f(1))"), STACK);
    assert_eq!(said("($y := function($f){ $f($f) }; $y($y))"), TIME);
}

/// Measured by others: AWS's depth is 100.
#[test]
fn depth_is_that_of_aws() {
    let sum = |terms: usize| vec!["1"; terms].join("+");
    assert_eq!(said(&sum(100)), "100");
    assert_eq!(said(&sum(101)), STACK);
    assert_eq!(said(&sum(200)), STACK);
}

#[test]
fn deep_texts_are_refused_or_read() {
    for (open, close) in
        [("[", "]"), ("(", ")"), ("{\"a\":", "}"), ("-", ""), ("$f(", ")"), ("function($x){", "}")]
    {
        for depth in [90, 500, 999, 1_001, 100_000] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let _ = said(&text);
        }
    }
    for operator in ["+", "&", ".a.", "~>", "[0]", " and ", "?1:"] {
        let text = format!("1{}", format!("{operator}1").repeat(50_000));
        let _ = said(&text);
    }
}

/// Measured by others: the longest range is 873,782 numbers; twice 4 Mi characters are too many.
#[test]
fn memory_is_bounded() {
    assert_eq!(said("[1..873782] ~> $count()"), "873782");
    assert_eq!(said("[1..873783] ~> $count()"), MEMORY);
    assert_eq!(said("$sum([1..900000])"), MEMORY);
    assert!(said("[1..1e9]").contains("D2014"), "{}", said("[1..1e9]"));
    assert_eq!(said("$range(1, 1e9, 1)"), MEMORY);
    let doubled = |times: u32| {
        format!(
            "($p := function($s, $n){{ $n = 0 ? $s : $p($s & $s, $n - 1) }}; $length($p('x', {times})))"
        )
    };
    assert_eq!(said(&doubled(22)), "4194304");
    assert_eq!(said(&doubled(23)), MEMORY);
    assert_eq!(said("$length($pad('x', 9e6))"), MEMORY);
    assert_eq!(said("$map([1..800000], function($i){ [1..800000] })"), MEMORY);
    assert_eq!(said("[1..5000].[1..5000].[1..5000]"), MEMORY);
    assert_eq!(said("($x := [1..1000]; $x.[$x.[$x]])"), MEMORY);
    assert_eq!(said("$reduce([1..100], function($a, $i){ [$a, $a] }, [1])"), MEMORY);
    assert_eq!(said("$reduce([1..100], function($a, $i){ {'a': $a, 'b': $a} }, 1)"), MEMORY);
    assert_eq!(said("$reduce([1..100], function($a, $i){ $append($a, $a) }, [1])"), MEMORY);
    assert_eq!(said("$join($map([1..800000], function($i){ 'xxxxxxxxxxxxxxxx' }))"), MEMORY);
    assert_eq!(
        said("$replace($pad('x', 1000000, 'x'), 'x', 'yyyyyyyyyyyyyyyyyyyyyyyyyy')"),
        MEMORY
    );
}

#[test]
fn work_on_large_values_is_bounded() {
    assert_eq!(said("$distinct([1..800000])"), MEMORY);
    let searched = said("($x := [1..800000]; [1..100000][$ in $x])");
    assert!([MEMORY, TIME].contains(&searched.as_str()), "{searched}");
    let compared =
        said("($x := [1..800000]; $y := [1..800000]; $map([1..100000], function($i){ $x = $y }))");
    assert!([MEMORY, TIME].contains(&compared.as_str()), "{compared}");
    let sorted =
        said("$map([1..100000], function($i){ $sort([1..100000], function($a, $b){ $a < $b }) })");
    assert!([MEMORY, TIME].contains(&sorted.as_str()), "{sorted}");
    let summed = said("($x := [1..800000]; $map([1..100000], function($i){ $sum($x) }))");
    assert!([MEMORY, TIME].contains(&summed.as_str()), "{summed}");
    let counted =
        said("($x := $pad('x', 6000000); $map([1..100000], function($i){ $length($x) }))");
    assert!([MEMORY, TIME].contains(&counted.as_str()), "{counted}");
}

#[test]
fn regular_expressions_are_bounded() {
    for pattern in
        ["(a+)+$", "(.*)*x", "(a*)*b", "(?:a?){40}a{40}x", r"(\w+\s?)*$", "a*a*a*a*a*a*b"]
    {
        let text = format!("$contains($states.input.text, /{pattern}/)");
        let outcome = said(&text);
        assert!([TIME, "true", "false"].contains(&outcome.as_str()), "{pattern}: {outcome}");
    }
    let text = "$contains($pad('a', 5000000, 'a'), /(a+)+$/)";
    let outcome = said(text);
    assert!([TIME, "true", "false"].contains(&outcome.as_str()), "{outcome}");
    for pattern in
        ["(((a{1000}){1000}){1000}){1000}", "(", "[", "a{99999999999}", "(?<=a+)b", "\\p{L}+"]
    {
        let _ = said(&format!("$match('aaa', /{pattern}/)"));
    }
}

#[test]
fn deep_documents_are_read() {
    let mut deep = json!(1);
    for _ in 0..120 {
        deep = json!({ "a": [deep] });
    }
    for text in [
        "$states.input.**",
        "$string($states.input)",
        "$states.input = $states.input",
        "{'x': $states.input}",
        "$states.input.a.a.a",
    ] {
        let _ = evaluate(text, json!({ "input": deep }));
    }
}

fn fragments() -> impl Strategy<Value = String> {
    let fragments = prop::sample::select(vec![
        "$",
        "$$",
        "$states",
        ".input",
        ".a",
        "a",
        "*",
        "**",
        "%",
        "[",
        "]",
        "[0]",
        "[-1]",
        "[]",
        "(",
        ")",
        "{",
        "}",
        "{'a':",
        "}",
        ":",
        ";",
        ",",
        "?",
        ":",
        "?:",
        "??",
        "~>",
        ":=",
        "$x",
        "$f",
        "function(",
        "$x){",
        "}",
        "|",
        "^(",
        "@$i",
        "#$i",
        "1",
        "0",
        "-2.5e3",
        "1e308",
        "'t'",
        "\"\\ud83d\"",
        "`b c`",
        "true",
        "null",
        "+",
        "-",
        "*",
        "/",
        "%",
        "&",
        "=",
        "!=",
        "<",
        ">=",
        " in ",
        " and ",
        " or ",
        "..",
        "/a+/i",
        "/(a|b)*/",
        "$sum(",
        "$map(",
        "$string(",
        "$parse(",
        "$partition(",
        "$range(",
        "$hash(",
        "$random(",
        "$uuid()",
        "$eval(",
        "$now()",
        "$sort(",
        "$each(",
        "$split(",
        "$pad(",
        "$formatNumber(",
        "$toMillis(",
        "$fromMillis(",
        "$formatInteger(",
        "'#0.00'",
        "'[Y0001]'",
        "/* c */",
        " ",
        "\n",
        "é",
        "😀",
        "\0",
        "<n:n>",
    ]);
    prop::collection::vec(fragments, 0..20).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_value_or_an_error(text in fragments()) {
        let states = json!({ "input": { "a": [1, { "a": "t" }, null, [2, 3]] } });
        let first = evaluate(&text, states.clone());
        // The same again: nothing but what is given decides.
        prop_assert_eq!(&first, &evaluate(&text, states));
        if let Ok(expression) = jsonata::parse(&text) {
            let _ = expression.refusals(&["input"]);
        }
        let value = json!({ "x": [format!("{{%{text}%}}")] });
        let variables = Map::new();
        let _ = jsonata::template(&value, "Output", &Scope::new(json!({}), &variables));
    }

    #[test]
    fn random_characters_do_no_harm(text in "\\PC{0,60}") {
        let _ = said(&text);
    }
}
