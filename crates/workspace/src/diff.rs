//! A document as what differs from another one that both sides have.
//!
//! A change is JSON: `{member: change}` inside an object; `[]` for a member that is not there; `[value]` for another
//! value; `[n, [value, …]]` for the base's first n elements and others behind them; `[n, m, text]` for the base's first n
//! and last m bytes with another text between them; `[member, change]` for a new member that resembles one of the base.
//!
//! Invariant: what [`apply`] makes of a base and [`diff`]'s result has the bytes of the document, key order included.
//! Invariant: [`apply`] never panics and makes no more bytes than it is allowed.

use serde_json::{Map, Value, json};

/// What makes `document` of `base`; none when they are equal.
pub(crate) fn diff(base: &Value, document: &Value) -> Option<Value> {
    if same(base, document) {
        return None;
    }
    Some(match (base, document) {
        (Value::Object(base), Value::Object(document)) => {
            members(base, document).unwrap_or_else(|| json!([document]))
        }
        (Value::Array(base), Value::Array(document)) => {
            let kept = base.iter().zip(document).take_while(|(a, b)| same(a, b)).count();
            if kept == 0 { json!([document]) } else { json!([kept, document[kept..]]) }
        }
        (Value::String(base), Value::String(document)) => text(base, document),
        _ => json!([document]),
    })
}

/// Equal in the order of members too, which [`Value`]'s own equality leaves out.
fn same(a: &Value, b: &Value) -> bool {
    let texts = [a, b].map(Value::to_string);
    a == b && texts[0] == texts[1]
}

/// None when the members stand in another order than [`apply`] would give them.
fn members(base: &Map<String, Value>, document: &Map<String, Value>) -> Option<Value> {
    let kept = base.keys().filter(|key| document.contains_key(*key));
    let added = document.keys().filter(|key| !base.contains_key(*key));
    if !kept.chain(added).eq(document.keys()) {
        return None;
    }
    let mut changes = Map::new();
    for key in base.keys().filter(|key| !document.contains_key(*key)) {
        changes.insert(key.clone(), json!([]));
    }
    for (key, value) in document {
        match base.get(key) {
            Some(before) => {
                if let Some(change) = diff(before, value) {
                    changes.insert(key.clone(), change);
                }
            }
            None => {
                changes.insert(key.clone(), new_member(base, value));
            }
        }
    }
    Some(Value::Object(changes))
}

/// A new member in full, or as the first of the base's with a change, whichever is shorter.
fn new_member(base: &Map<String, Value>, value: &Value) -> Value {
    let full = json!([value]);
    let Some((like, before)) = base.iter().find(|(_, before)| before.is_object()) else {
        return full;
    };
    let change = diff(before, value).unwrap_or_else(|| json!({}));
    let alike = json!([like, change]);
    if alike.to_string().len() < full.to_string().len() { alike } else { full }
}

fn text(base: &str, document: &str) -> Value {
    let mut start = base.bytes().zip(document.bytes()).take_while(|(a, b)| a == b).count();
    while !document.is_char_boundary(start) || !base.is_char_boundary(start) {
        start -= 1;
    }
    let (base_rest, rest) = (&base[start..], &document[start..]);
    let mut end =
        base_rest.bytes().rev().zip(rest.bytes().rev()).take_while(|(a, b)| a == b).count();
    while !rest.is_char_boundary(rest.len() - end)
        || !base_rest.is_char_boundary(base_rest.len() - end)
    {
        end -= 1;
    }
    // The two numbers cost characters too.
    if start + end < 16 {
        return json!([document]);
    }
    json!([start, end, rest[..rest.len() - end]])
}

/// Makes a document of a base and a change; none when the change does not fit or makes more than `bytes_max` of it.
pub(crate) fn apply(base: &Value, change: &Value, bytes_max: usize) -> Option<Value> {
    Applier { bytes_left: bytes_max }.apply(base, change)
}

struct Applier {
    bytes_left: usize,
}

impl Applier {
    /// Values of the base may be taken many times by a change of few bytes.
    fn take(&mut self, value: &Value) -> Option<Value> {
        self.bytes_left = self.bytes_left.checked_sub(weight(value))?;
        Some(value.clone())
    }

    fn apply(&mut self, base: &Value, change: &Value) -> Option<Value> {
        match change {
            Value::Object(changes) => self.members(base.as_object()?, changes),
            Value::Array(parts) => match parts.as_slice() {
                [value] => self.take(value),
                [kept, Value::Array(tail)] => {
                    let kept = base.as_array()?.get(..count(kept)?)?;
                    kept.iter().chain(tail).map(|value| self.take(value)).collect()
                }
                [start, end, Value::String(middle)] => {
                    let base = base.as_str()?;
                    let (start, end) = (count(start)?, count(end)?);
                    let rest_from = base.len().checked_sub(end).filter(|from| *from >= start)?;
                    let text = [base.get(..start)?, middle, base.get(rest_from..)?].concat();
                    self.bytes_left = self.bytes_left.checked_sub(text.len())?;
                    Some(Value::String(text))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn members(
        &mut self,
        base: &Map<String, Value>,
        changes: &Map<String, Value>,
    ) -> Option<Value> {
        let mut members = Map::new();
        for (key, before) in base {
            let value = match changes.get(key) {
                None => self.take(before)?,
                Some(Value::Array(parts)) if parts.is_empty() => continue,
                Some(change) => self.apply(before, change)?,
            };
            members.insert(key.clone(), value);
        }
        for (key, change) in changes.iter().filter(|(key, _)| !base.contains_key(*key)) {
            let value = match change.as_array().map(Vec::as_slice) {
                Some([value]) => self.take(value)?,
                Some([Value::String(like), change]) => self.apply(base.get(like)?, change)?,
                _ => return None,
            };
            members.insert(key.clone(), value);
        }
        Some(Value::Object(members))
    }
}

fn count(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

/// About the bytes that a value takes, and more than the stack of a walk: the reader of JSON bounds its depth.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => 8 + text.len(),
        Value::Array(items) => 8 + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => {
            8 + members.iter().map(|(key, value)| key.len() + weight(value)).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    #[track_caller]
    fn check(base: Value, document: Value, change: Expect) {
        let found = diff(&base, &document).unwrap_or_else(|| json!({}));
        change.assert_eq(&found.to_string());
        let made = apply(&base, &found, 1 << 20).expect("it fits");
        assert_eq!(made.to_string(), document.to_string());
    }

    #[test]
    fn only_what_differs_is_told() {
        let base =
            json!({ "a": 1, "b": { "c": [1, 2], "d": "the quick brown fox jumps" }, "e": null });
        check(base.clone(), base.clone(), expect!["{}"]);
        let document =
            json!({ "a": 1, "b": { "c": [1, 2, 3], "d": "the quick brown ox jumps" }, "f": 5 });
        check(base, document, expect![[r#"{"e":[],"b":{"c":[2,[3]],"d":[16,8,""]},"f":[5]}"#]]);
    }

    #[test]
    fn a_new_member_may_resemble_an_old_one() {
        let long = "(module (func (export \"f\") (result i32) (i32.const 1)))";
        let base = json!({ "aa": { "kind": "wat", "text": long } });
        let document = json!({
            "aa": { "kind": "wat", "text": long },
            "bb": { "kind": "wat", "text": long.replace("const 1", "const 2") },
        });
        check(base, document, expect![[r#"{"bb":["aa",{"text":[51,3,"2"]}]}"#]]);
    }

    #[test]
    fn another_order_of_members_is_another_value() {
        check(
            json!({ "a": 1, "b": 2 }),
            json!({ "b": 2, "a": 1, "c": 3 }),
            expect![[r#"[{"b":2,"a":1,"c":3}]"#]],
        );
        check(json!([1, 2, 3]), json!([1]), expect!["[1,[]]"]);
        check(json!("é"), json!("è"), expect![[r#"["è"]"#]]);
        check(json!("ééééééééé-é"), json!("ééééééééé-è"), expect![[r#"[19,0,"è"]"#]]);
    }

    #[test]
    fn a_change_that_does_not_fit_or_bursts_is_refused() {
        let base = json!({ "a": "text", "b": [1], "o": { "x": "y".repeat(1_000) } });
        for change in [
            json!(1),
            json!([1, 2]),
            json!({ "a": [1, 9, "x"] }),
            json!({ "a": [3, 3, "x"] }),
            json!({ "b": [2, []] }),
            json!({ "b": {} }),
            json!({ "n": ["absent", {}] }),
            json!({ "n": [] , "m": 1 }),
            json!([-1, []]),
        ] {
            assert_eq!(apply(&base, &change, 1 << 20), None, "{change}");
        }
        let burst: Map<String, Value> =
            (0..2_000).map(|number| (format!("n{number}"), json!(["o", {}]))).collect();
        assert_eq!(apply(&base, &Value::Object(burst), 1 << 20), None);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<u8>().prop_map(Value::from),
            "[aéb]{0,24}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[abc]", inner), 0..4)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_document_is_its_base_and_what_differs(base in value(), document in value()) {
            let made = match diff(&base, &document) {
                Some(change) => apply(&base, &change, 1 << 20).expect("it fits"),
                None => base,
            };
            prop_assert_eq!(made.to_string(), document.to_string());
        }

        #[test]
        fn foreign_changes_do_not_panic(base in value(), change in value()) {
            let _ = apply(&base, &change, 1_000);
        }
    }
}
