//! JSONPath, as Jayway reads it and as fields use it.

use crate::{failure, one, output, refusals, run};
use serde_json::{Value, json};

const INPUT: &str =
    r#"{"a":[1,2,3],"u-v":7,"list":[{"p":1,"n":"x"},{"p":5,"n":"y"}],"o":{"k":null}}"#;

/// What a path in a payload template gives, as text, or the cause of the failure.
fn selects(path: &str) -> String {
    let execution = run(&one(json!({ "Type": "Pass", "Parameters": { "x.$": path } })), INPUT);
    match execution.output() {
        Some(output) => output.value()["x"].to_string(),
        None => failure(&execution).1,
    }
}

/// Fact 5: A definite path that leads nowhere fails; any other gives an empty array, even where its start is not there (recorded).
#[test]
fn definite_paths_fail_and_others_are_empty() {
    for path in ["$.none", "$.none.deeper", "$.a.b", "$.a[7]", "$['none']", "$.o.k.deeper"] {
        assert!(selects(path).contains("could not be found in the input"), "{path}");
    }
    for path in [
        "$.none[*]",
        "$.none[0:2]",
        "$.none[?(@.p == 1)]",
        "$..none",
        "$.none.deeper[*]",
        "$.none[0,1]",
        "$.list[?(@.p > 9)]",
        "$.list[*].none",
    ] {
        assert_eq!(selects(path), "[]", "{path}");
    }
    assert_eq!(selects("$.o.k"), "null");
}

/// Fact 5: One index gives the element, several an array of those there are; they count from the end when negative (recorded).
#[test]
fn indices_unions_and_slices() {
    for (path, expected) in [
        ("$.a[0]", "1"),
        ("$.a[-1]", "3"),
        ("$.a[0,9]", "[1]"),
        ("$.a[0,-1]", "[1,3]"),
        ("$.a[1:]", "[2,3]"),
        ("$.a[:1]", "[1]"),
        ("$.a[-2:]", "[2,3]"),
    ] {
        assert_eq!(selects(path), expected, "{path}");
    }
}

/// Fact 5: An index past the end of an array fails: Jayway's answer. Others say that AWS gives null there (unresolved, inferred).
#[test]
fn an_index_past_the_end_fails() {
    assert!(selects("$.a[3]").contains("could not be found"));
}

/// Fact 5: A hyphen may stand in a name after a dot, a blank may not; functions work (recorded answers of Jayway).
#[test]
fn names_and_functions_are_jayways() {
    assert_eq!(selects("$.u-v"), "7");
    assert_eq!(selects("$['u-v']"), "7");
    assert_eq!(selects("$.a.length()"), "3");
    let with = |path: &str| refusals(&one(json!({ "Type": "Pass", "InputPath": path })));
    assert_eq!(with("$.u-v"), Vec::<String>::new());
    assert_ne!(with("$.k l"), Vec::<String>::new());
}

/// Fact 5: Filters compare, join and ask for existence (recorded answers of Jayway).
#[test]
fn filters_choose_elements() {
    for (path, expected) in [
        ("$.list[?(@.p > 1)].n", r#"["y"]"#),
        ("$.list[?(@.p == 1 || @.n == 'y')].p", "[1,5]"),
        ("$.list[?(@.n)].p", "[1,5]"),
        ("$.list[?(@.none)]", "[]"),
        ("$..p", "[1,5]"),
    ] {
        assert_eq!(selects(path), expected, "{path}");
    }
}

/// Fact 5: What RFC 9535 and Jayway judge differently is judged as Jayway does (recorded answers of Jayway).
#[test]
fn the_dialect_is_not_that_of_the_rfc() {
    use coldstart_expr::jsonpath::Path;
    for path in ["$['a',1]", "$[1,5:7]", "$[?@.a]", "$[?@.a=='b']", "$[*,*]"] {
        assert!(Path::parse(path).is_err(), "{path}, which the RFC takes");
    }
    for path in ["$.&", "$.1", "$[01]", "$[?(@.*!=42)]", "$.a.length()"] {
        assert!(Path::parse(path).is_ok(), "{path}, which the RFC refuses");
    }
}

/// Fact 5: `$$` is a path for InputPath and OutputPath: the context object (recorded).
#[test]
fn the_context_object_can_be_input_and_output() {
    for field in ["InputPath", "OutputPath"] {
        let mut pass = json!({ "Type": "Pass" });
        pass[field] = json!("$$");
        assert_eq!(refusals(&one(pass.clone())), Vec::<String>::new());
        let given: Value = serde_json::from_str(&output(&run(&one(pass), r#"{"n":1}"#))).unwrap();
        assert_eq!(given["Execution"]["Input"], json!({ "n": 1 }), "{field}");
        assert_eq!(given["State"]["Name"], json!("A"), "{field}");
    }
}
