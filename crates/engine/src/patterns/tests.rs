//! What the recorded cases do not say: bounds, escapes, arrays, `$or`, contents and scopes.

use super::sns::{Policy, Refusal, Scope};
use super::{Pattern, esm::Filters, events};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

#[track_caller]
fn matches(pattern: &Value, event: &Value) -> bool {
    Pattern::parse(&pattern.to_string()).map(|pattern| pattern.matches(event)).unwrap()
}

#[track_caller]
fn refused(pattern: &str, expected: Expect) {
    expected.assert_eq(&Pattern::parse(pattern).unwrap_err().to_string());
}

#[test]
fn conditions_on_one_object_hold_of_one_element() {
    let pattern = json!({ "a": { "b": [1], "c": [2] } });
    assert!(matches(&pattern, &json!({ "a": [{ "b": 0, "c": 2 }, { "b": 1, "c": 2 }] })));
    assert!(!matches(&pattern, &json!({ "a": [{ "b": 1, "c": 0 }, { "b": 0, "c": 2 }] })));
    assert!(matches(&json!({ "a": ["x"] }), &json!({ "a": ["y", ["x"]] })));
    assert!(!matches(&json!({ "a": ["x"] }), &json!({ "a": { "x": "x" } })));
}

#[test]
fn a_path_is_absent_only_if_no_element_has_it() {
    let pattern = json!({ "a": { "b": [{ "exists": false }], "c": [1] } });
    assert!(matches(&pattern, &json!({ "a": [{ "c": 1 }] })));
    assert!(!matches(&pattern, &json!({ "a": [{ "c": 1 }, { "b": 2 }] })));
    assert!(matches(&json!({ "a": [{ "exists": false }] }), &json!({ "a": { "b": 1 } })));
    assert!(!matches(&json!({ "a": [{ "exists": true }] }), &json!({ "a": { "b": 1 } })));
    assert!(!matches(&json!({ "a": [{ "exists": true }] }), &json!({ "a": [] })));
}

#[test]
fn alternatives_may_be_within_alternatives() {
    let pattern = json!({ "a": [1], "$or": [{ "b": [2] }, { "c": [3], "$or": [{ "d": [4] }, { "e": [5] }] }] });
    assert!(matches(&pattern, &json!({ "a": 1, "b": 2 })));
    assert!(matches(&pattern, &json!({ "a": 1, "c": 3, "e": 5 })));
    assert!(!matches(&pattern, &json!({ "a": 1, "c": 3 })));
    assert!(!matches(&pattern, &json!({ "b": 2 })));
}

#[test]
fn dots_in_names_go_down() {
    assert!(matches(&json!({ "a.b": ["x"] }), &json!({ "a": { "b": "x" } })));
    assert!(matches(
        &json!({ "a": { "b": [1], "c": [2] } }),
        &json!({ "a.b": 1, "a": { "c": 2 } })
    ));
    let many = "a.".repeat(100_000);
    assert!(!matches(&json!({ "a": ["x"] }), &json!({ many: "x" })));
}

#[test]
fn wildcards_escape_stars_and_backslashes() {
    let like = |pattern: &str, text: &str| {
        matches(&json!({ "a": [{ "wildcard": pattern }] }), &json!({ "a": text }))
    };
    assert!(like("a*b*c", "a--b-b--c") && !like("a*b*c", "a--c--b"));
    assert!(like("*", "") && like("", "") && !like("", "x") && !like("a*a", "a"));
    assert!(like(r"\*\\*", r"*\x") && !like(r"\*", "x"));
    refused(
        r#"{"a":[{"wildcard":"x**"}]}"#,
        expect![[r#"
            Consecutive wildcard characters at pos 1
             at [Source: (String)"{"a":[{"wildcard":"x**"}]}"; line: 1, column: 24]"#]],
    );
}

#[test]
fn case_is_ignored_where_it_says_so() {
    let pattern = json!({ "a": [{ "prefix": { "equals-ignore-case": "Ä" } }] });
    assert!(matches(&pattern, &json!({ "a": "äb" })) && !matches(&pattern, &json!({ "a": "ab" })));
    assert!(matches(
        &json!({ "a": [{ "equals-ignore-case": "STRASSE" }] }),
        &json!({ "a": "Strasse" })
    ));
}

#[test]
fn blocks_of_addresses() {
    let within = |block: &str, address: &str| {
        matches(&json!({ "a": [{ "cidr": block }] }), &json!({ "a": address }))
    };
    assert!(within("10.0.0.0/24", "10.0.0.0") && !within("10.0.0.0/24", "10.0.1.0"));
    assert!(
        within("0.0.0.0/0", "255.1.2.3")
            && !within("0.0.0.0/0", "::1")
            && !within("0.0.0.0/0", "x")
    );
    assert!(within("2001:db8::/32", "2001:db8:ffff::1") && !within("2001:db8::/32", "2001:db9::"));
    refused(r#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, expect!["IPv4 mask bits must be < 32"]);
}

#[test]
fn texts_that_are_no_patterns() {
    refused(
        "{\"a\":\n{}}",
        expect![[r#"
            Empty objects are not allowed
             at [Source: (String)"{"a":
            {}}"; line: 2, column: 3]"#]],
    );
    refused(
        "{a",
        expect![[r#"
            Unexpected character ('a' (code 97)): was expecting double-quote to start field name
             at [Source: (String)"{a"; line: 1, column: 3]"#]],
    );
    for odd in [
        "",
        " ",
        "{",
        "{\"",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":[",
        "{\"a\":[1",
        "{\"a\":[1,",
        "{\"a\":[1]",
        "{\"a\":[01]}",
        "{\"a\":[1]} x",
        "{\"a\":[\"\\u12\"]}",
        "{\"a\":[\"\\",
        "{\"a\":[tru]}",
        "{\"a\":[-]}",
        "\u{1f600}",
        "{\"a\":[\"\u{1}\"]}",
        "null",
        "[]",
    ] {
        assert!(Pattern::parse(odd).is_err(), "{odd:?}");
    }
    assert!(Pattern::parse(&"{\"a\":".repeat(100_000)).is_err());
}

#[test]
fn a_hostile_pattern_takes_no_more_than_a_look_at_everything() {
    // Backtracking would need 2^40 steps for the stars, and 30^10 for the elements.
    let stars = "a*".repeat(500) + "b";
    assert!(!matches(
        &json!({ "x": [{ "wildcard": stars }] }),
        &json!({ "x": "a".repeat(200_000) })
    ));
    let fields: serde_json::Map<String, Value> =
        (0..10).map(|i| (format!("f{i}"), json!([{ "prefix": "z" }]))).collect();
    let elements: Vec<Value> = (0..3_000)
        .map(|i| json!({ format!("f{}", i % 10): "y", "deep": [[[{ "f": i }]]] }))
        .collect();
    assert!(!matches(&json!({ "a": fields }), &json!({ "a": elements })));
    let alternatives: Vec<Value> = (0..20).map(|i| json!({ format!("n{i}"): [i] })).collect();
    let groups =
        json!({ "$or": alternatives, "a": { "$or": alternatives, "b": { "$or": alternatives } } });
    assert!(!matches(&groups, &json!({ "n0": 0, "a": { "n1": 1, "b": { "m": 1 } } })));
}

#[test]
fn an_event_must_be_an_object() {
    let code =
        |pattern: &str, event: &str| events::test(pattern, event).map_err(|error| error.code);
    assert_eq!(code(r#"{"a":[1]}"#, "{"), Err("ValidationException".to_owned()));
    assert_eq!(code("x", r#"{"a":1}"#), Err("InvalidEventPatternException".to_owned()));
    assert_eq!(code(r#"{"a":[1]}"#, r#"{"a":1}"#), Ok(true));
}

#[test]
fn filter_and_content_must_be_of_one_kind() {
    let pass = |pattern: Value, body: &str| {
        Filters::parse([pattern.to_string().as_str()])
            .unwrap()
            .pass(&json!({ "body": body, "messageId": "m" }))
    };
    assert!(pass(json!({ "body": { "a": [1] } }), r#"{"a":1}"#));
    assert!(!pass(json!({ "body": { "a": [{ "exists": false }] } }), "plain"));
    assert!(pass(json!({ "body": [{ "prefix": "pl" }] }), "plain"));
    assert!(!pass(json!({ "body": [{ "prefix": "{" }] }), r#"{"a":1}"#));
    assert!(pass(json!({ "messageId": ["m"] }), "anything"));
    assert!(Filters::default().pass(&json!({})));
    let data = Filters::parse([r#"{"data":{"a":["b"]}}"#]).unwrap();
    assert!(data.pass(&json!({ "data": "eyJhIjoiYiJ9" })) && !data.pass(&json!({ "data": "!" })));
}

#[test]
fn policies_look_at_attributes_or_at_the_body() {
    let of = |policy: Value, scope| Policy::parse(&policy.to_string(), scope);
    let attributes = json!({
        "n": { "DataType": "Number", "StringValue": "7" },
        "l": { "DataType": "String.Array", "StringValue": "[\"x\",1]" },
    });
    let attributes = attributes.as_object().unwrap();
    let number =
        of(json!({ "n": [{ "numeric": [">", 5] }], "l": ["x"] }), Scope::MessageAttributes)
            .unwrap();
    assert!(
        number.accepts("", attributes) && !number.accepts("{\"n\":7}", &serde_json::Map::new())
    );
    let body = of(json!({ "a": { "b": [7] } }), Scope::MessageBody).unwrap();
    assert!(body.accepts(r#"{"a":{"b":7}}"#, attributes) && !body.accepts("7", attributes));
    let deep =
        json!({ "a": { "b": { "c": ["1", "2", "3", "4", "5", "6"], "d": ["1", "2", "3"] } } });
    // 6 x 3 values, each three deep.
    assert_eq!(
        of(deep, Scope::MessageBody),
        Err(Refusal::Policy("Filter policy is too complex".to_owned()))
    );
}
