//! Small modules, split and run: what they answer must be what they answered before.

use super::linked::Linked;
use super::module::constant;
use super::{Rule, Split, split};
use crate::progress::Outcome;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use wasmi::{Caller, Engine, Extern, Func, Linker, Module, Store, Val};
use wasmparser::{DataKind, Parser, Payload};

const ONE: Rule = Rule { name: "one", claims: &["one::"], stays: &[], after: &[], needs: &[] };
const TWO: Rule =
    Rule { name: "two", claims: &["two::"], stays: &["two::stays"], after: &[], needs: &["one"] };

/// Code that does nothing, so that a function is worth moving.
fn padding() -> String {
    (0..50).fold(String::new(), |mut text, number| {
        let _ = write!(text, "(drop (i32.const {number}))");
        text
    })
}

fn module(text: &str) -> Vec<u8> {
    wat::parse_str(text.replace("PAD", &padding())).expect("the text is right")
}

fn split_text(text: &str, rules: &[Rule]) -> Outcome<Split> {
    split(&module(text), &Linked::default(), rules)
}

/// What a linker knows of a module: its data; statics that code means by a number, both by their starts; statics that point to others.
fn linked(wasm: &[u8], meant: &[(u32, u32)], pointers: &[(u32, u32)]) -> Linked {
    let mut linked = Linked::default();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::DataSection(section) = payload.expect("it is valid") {
            for segment in section {
                let segment = segment.expect("it is valid");
                let DataKind::Active { offset_expr, .. } = segment.kind else { panic!("active") };
                let start = constant(&offset_expr).expect("it is valid").expect("a number");
                let bytes = u32::try_from(segment.data.len()).expect("it is small");
                linked.statics.push(start..start + bytes);
            }
        }
    }
    let place = |start: u32| {
        linked.statics.iter().position(|range| range.start == start).expect("a static is there")
    };
    let by_place = |(from, to): &(u32, u32)| (place(*from), BTreeSet::from([place(*to)]));
    linked.pointers = pointers.iter().map(by_place).collect();
    linked.meant =
        meant.iter().map(|(number, of)| (*number, BTreeSet::from([place(*of)]))).collect();
    linked
}

/// Everything that parts may share: memory, a global, the table, a type with several results, functions of other parts.
const TEXT: &str = r#"(module
  (import "host" "double" (func $double (param i32) (result i32)))
  (type $pair (func (param i32) (result i32 i32)))
  (type $unary (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $stack (mut i32) (i32.const 1000))
  (global $other (export "other") (mut i32) (i32.const 5))
  (table 5 5 funcref)
  (elem (i32.const 1) $"one::pointed" $"app::plain" $"one::pointed" $"app::tiny<one::T>")
  (data (i32.const 16) "\2a")

  (func $"app::plain" (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $"app::tiny<one::T>" (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)))
  (func $"one::pointed" (param i32) (result i32) PAD
    (global.set $stack (i32.add (global.get $stack) (local.get 0)))
    (i32.mul (local.get 0) (i32.load8_u (i32.const 16))))
  (func $"one::pair" (type $pair) PAD
    (call $"shared" (call $double (local.get 0))) (call $"app::plain" (local.get 0)))
  (func $"one::enter" (param i32) (result i32) PAD
    (i32.store (i32.const 32) (local.get 0))
    (call $"one::pair" (local.get 0)) i32.add
    (call_indirect (type $unary) (local.get 0) (i32.const 2)) i32.add
    (block (type $unary) (call $"only_one")))
  (func $"only_one" (param i32) (result i32) PAD (global.set $other (local.get 0)) (i32.load (i32.const 32)) (i32.add (local.get 0)))
  (func $"shared" (param i32) (result i32) PAD (i32.xor (local.get 0) (i32.const 255)))
  (func $"two::enter" (param i32) (result i32) PAD
    (call $"shared" (call $"one::enter" (local.get 0)))
    (i32.add (call_indirect (type $unary) (local.get 0) (i32.const 1))))
  (func $"two::stays" (param i32) (result i32) PAD (local.get 0))

  (func (export "one") (param i32) (result i32) (call $"one::enter" (local.get 0)))
  (func (export "two") (param i32) (result i32) (call $"two::enter" (call $"two::stays" (local.get 0))))
  (func (export "plain") (param i32) (result i32) (call $"app::plain" (local.get 0)))
  (func (export "indirect") (param i32 i32) (result i32) (call_indirect (type $unary) (local.get 0) (local.get 1)))
  (func (export "stack") (result i32) (global.get $stack))
)"#;

/// The primary runs; parts are instantiated when it asks for them.
struct Run {
    store: Store<Vec<u32>>,
    instance: wasmi::Instance,
}

impl Run {
    fn new(primary: &[u8], parts: Vec<Option<Vec<u8>>>) -> Self {
        let engine = Engine::default();
        let mut store = Store::new(&engine, Vec::new());
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "double", |value: i32| value * 2).expect("a new name");
        let load = move |mut caller: Caller<'_, Vec<u32>>, part: u32, _slot: u32| {
            caller.data_mut().push(part);
            let bytes = parts[part as usize].as_ref().expect("the part has functions");
            let module = Module::new(caller.engine(), bytes).expect("a part is valid");
            let imports: Vec<Extern> = module
                .imports()
                .map(|import| {
                    assert_eq!(import.module(), "primary");
                    caller.get_export(import.name()).expect("the primary gives it")
                })
                .collect();
            wasmi::Instance::new(&mut caller, &module, &imports).expect("it links");
        };
        linker.func_wrap("parts", "load", load).expect("a new name");
        let module = Module::new(&engine, primary).expect("the primary is valid");
        let instance = linker.instantiate_and_start(&mut store, &module).expect("it links");
        Self { store, instance }
    }

    fn call(&mut self, name: &str, arguments: &[i32]) -> i32 {
        let function: Func = self.instance.get_func(&self.store, name).expect("it is exported");
        let arguments: Vec<Val> = arguments.iter().map(|value| Val::I32(*value)).collect();
        let mut results = [Val::I32(0)];
        function.call(&mut self.store, &arguments, &mut results).expect("it does not trap");
        results[0].i32().expect("an i32")
    }

    fn other(&self) -> i32 {
        let global = self.instance.get_global(&self.store, "other").expect("it is exported");
        global.get(&self.store).i32().expect("an i32")
    }
}

const CALLS: [(&str, &[i32]); 9] = [
    ("plain", &[3]),
    ("one", &[7]),
    ("stack", &[]),
    ("indirect", &[6, 1]),
    ("stack", &[]),
    ("indirect", &[6, 2]),
    ("indirect", &[6, 4]),
    ("two", &[9]),
    ("one", &[-5]),
];

#[test]
fn a_split_module_answers_as_before() {
    let whole = module(TEXT);
    let Split { primary, parts, list } =
        split(&whole, &Linked::default(), &[ONE, TWO]).expect("it can be split");
    assert!(parts.iter().all(Option::is_some), "{list}");
    let mut before = Run::new(&whole, Vec::new());
    let mut after = Run::new(&primary, parts);
    for (name, arguments) in CALLS {
        assert_eq!(
            after.call(name, arguments),
            before.call(name, arguments),
            "{name} {arguments:?}"
        );
        assert_eq!(after.other(), before.other(), "the global after {name}");
    }
    assert_eq!(after.store.data(), &[0, 1], "each part is asked for once, when it is needed");
}

#[test]
fn any_entry_may_be_the_first() {
    let whole = module(TEXT);
    for (name, arguments) in CALLS {
        let Split { primary, parts, .. } =
            split(&whole, &Linked::default(), &[ONE, TWO]).expect("it can be split");
        let mut after = Run::new(&primary, parts);
        let mut before = Run::new(&whole, Vec::new());
        assert_eq!(after.call(name, arguments), before.call(name, arguments), "{name}");
        let needed: &[u32] = match (name, arguments) {
            ("one", _) | ("indirect", [_, 1]) => &[0],
            ("two", _) => &[1, 0],
            _ => &[],
        };
        assert_eq!(after.store.data(), needed, "{name} {arguments:?}");
    }
}

/// Names of what moved, by part.
fn moved(list: &str) -> Vec<(&str, &str)> {
    let lines = list.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    lines.map(|fields| (fields[0], fields[3])).collect()
}

#[test]
fn what_only_a_part_reaches_goes_with_it() {
    let Split { list, .. } = split_text(TEXT, &[ONE, TWO]).expect("it can be split");
    let moved = moved(&list);
    assert!(moved.contains(&("one", "only_one")), "{list}");
    // Reached from both; `two` is of no use without `one`.
    assert!(moved.contains(&("one", "shared")), "{list}");
    assert!(moved.contains(&("two", "two::enter")), "{list}");
    for stays in ["app::plain", "two::stays", "app::tiny<one::T>"] {
        assert!(!moved.iter().any(|(_, name)| *name == stays), "{stays} in {list}");
    }
}

#[test]
fn what_parts_share_without_need_stays() {
    let two = Rule { after: &[], needs: &[], ..TWO };
    let Split { list, .. } = split_text(TEXT, &[ONE, two]).expect("it can be split");
    assert!(!moved(&list).iter().any(|(_, name)| *name == "shared"), "{list}");
}

#[test]
fn folded_functions_stay_where_others_call_them() {
    let text = r#"(module (table 1 1 funcref)
      (func $"drop<one::T>" (param i32) PAD)
      (func $"one::enter" PAD (call $"drop<one::T>" (i32.const 1)))
      (func (export "run") (call $"drop<one::T>" (i32.const 2)) (call $"one::enter")))"#;
    let Split { list, .. } = split_text(text, &[ONE]).expect("it can be split");
    assert_eq!(moved(&list), [("one", "one::enter")]);
}

#[test]
fn the_longest_claim_on_the_function_itself_wins() {
    let text = r#"(module (table 1 1 funcref)
      (func $"one::inner::f" PAD) (func $"one::g<two::T>" PAD) (func $"two::h<one::inner::T>" PAD)
      (func (export "run") (call $"one::inner::f") (call $"one::g<two::T>") (call $"two::h<one::inner::T>")))"#;
    let inner =
        Rule { name: "inner", claims: &["one::inner::"], stays: &[], after: &[], needs: &[] };
    let Split { list, .. } = split_text(text, &[ONE, inner, TWO]).expect("it can be split");
    let expected =
        [("one", "one::g<two::T>"), ("inner", "one::inner::f"), ("two", "two::h<one::inner::T>")];
    assert_eq!(moved(&list), expected);
}

#[test]
fn a_part_without_functions_has_no_file() {
    let none = Rule { name: "none", claims: &["nobody::"], stays: &[], after: &[], needs: &[] };
    let Split { parts, primary, .. } = split_text(TEXT, &[none]).expect("it can be split");
    assert_eq!(parts, [None]);
    let mut run = Run::new(&primary, parts);
    assert_eq!(run.call("plain", &[1]), 2);
}

/// Statics of 200 bytes, from 2000 on: one that only `one` reads, one that both read, one that the primary points to, one that only the first
/// points to, one that nobody names, one that the primary reads by an offset, one whose address and length the primary has as one number, one that a
/// static of the primary points to whose last zeros are left out.
const STATICS: &str = r#"(module
  (memory (export "memory") 1)
  (table 1 1 funcref)
  (data (i32.const 2000) "\98\0b\00\00OWN~")
  (data (i32.const 2200) "BOTH~")
  (data (i32.const 2400) "POINTED~")
  (data (i32.const 2600) "\60\09\00\00TABLE~")
  (data (i32.const 2968) "BEHIND~")
  (data (i32.const 3268) "NOBODY~")
  (data (i32.const 3600) "OFFSET~")
  (data (i32.const 3768) "FIRST~")
  (data (i32.const 3963) "abcd")
  (data (i32.const 3967) "SECOND~")
  (data (i32.const 4400) "PAIR~")
  (data (i32.const 4600) "\00\00\00\00\c0\12\00\00")
  (data (i32.const 4800) "CUT OFF~")
  (func $"one::read" (param i32) (result i32) PAD
    (i32.load8_u (i32.add (local.get 0) (i32.load (i32.const 2000))))
    (i32.load8_u (i32.add (i32.const 2004) (local.get 0))) i32.add
    (i32.load8_u offset=2200 (local.get 0)) i32.add
    (i32.load8_u offset=3568 (local.get 0)) i32.add
    (i32.load8_u offset=3768 (local.get 0)) i32.add
    (i32.load8_u offset=3967 (local.get 0)) i32.add
    (i32.load8_u offset=4400 (local.get 0)) i32.add
    (i32.load8_u offset=4800 (local.get 0)) i32.add)
  (func (export "cut") (result i32) (i32.load8_u (i32.load (i32.const 4604))))
  (func (export "pair") (result i32) (i32.load8_u (i32.wrap_i64 (i64.const 0xc1_00001130))))
  (func (export "between") (result i32) (i32.load (i32.const 3963)))
  (func (export "one") (param i32) (result i32) (call $"one::read" (local.get 0)))
  (func (export "both") (result i32) (i32.load8_u (i32.const 2210)))
  (func (export "pointed") (result i32) (i32.load8_u (i32.load (i32.const 2600))))
  (func (export "offset") (param i32) (result i32) (i32.load8_u offset=3568 (local.get 0))))"#;

#[test]
fn statics_go_with_the_part_that_alone_refers_to_them() {
    // Filled up to 200 bytes each.
    let text = (STATICS.lines())
        .map(|line| line.replace("~", &"x".repeat(190)) + "\n")
        .collect::<String>();
    let before = module(&text);
    let whole =
        module(&text.replace(
            r#"(i32.const 4600) "\00\00\00\00\c0\12\00\00""#,
            r#"(i32.const 4604) "\c0\12""#,
        ));
    assert_ne!(before, whole);
    let linked = linked(&before, &[(3568, 3600)], &[(2000, 2968), (2600, 2400), (4600, 4800)]);
    let Split { primary, parts, .. } = split(&whole, &linked, &[ONE]).expect("it can be split");
    let has =
        |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let part = parts[0].clone().expect("it has a function");
    for moved in ["OWN", "BEHIND", "FIRST", "SECOND"] {
        assert!(has(&part, moved) && !has(&primary, moved), "{moved}");
    }
    for kept in ["BOTH", "POINTED", "TABLE", "NOBODY", "OFFSET", "PAIR", "CUT OFF"] {
        assert!(has(&primary, kept) && !has(&part, kept), "{kept}");
    }
    let (mut before, mut after) = (Run::new(&whole, Vec::new()), Run::new(&primary, parts));
    let calls: [(&str, &[i32]); 8] = [
        ("cut", &[]),
        ("pair", &[]),
        ("both", &[]),
        ("pointed", &[]),
        ("offset", &[3]),
        ("one", &[0]),
        ("one", &[7]),
        ("between", &[]),
    ];
    for (name, arguments) in calls {
        assert_eq!(after.call(name, arguments), before.call(name, arguments), "{name}");
    }
}

#[test]
fn a_number_that_looks_like_a_place_within_a_document_does_not_keep_it() {
    let text = |first: &str| {
        let document = format!("{first}{}", "x".repeat(1_100));
        let text = r#"(module
  (memory (export "memory") 1)
  (table 1 1 funcref)
  (data (i32.const 6000) "DOCUMENT")
  (func $"one::read" (param i32) (result i32) PAD (i32.load8_u (i32.add (i32.const 6000) (local.get 0))))
  (func (export "one") (param i32) (result i32) (call $"one::read" (local.get 0)))
  (func (export "number") (result i32) (i32.const 6500)))"#;
        module(&text.replace("DOCUMENT", &document))
    };
    for (first, moves) in [("{", true), ("[", true), ("#", false)] {
        let whole = text(first);
        let Split { primary, .. } =
            split(&whole, &linked(&whole, &[], &[]), &[ONE]).expect("it can be split");
        let kept = primary.windows(64).any(|part| part.iter().all(|byte| *byte == b'x'));
        assert_eq!(kept, !moves, "{first}");
    }
}

#[test]
fn a_number_that_is_an_odd_place_within_a_table_does_not_keep_it() {
    let text = |filling: &str, number: &str| {
        let text = r#"(module
  (memory (export "memory") 1)
  (table 1 1 funcref)
  (data (i32.const 6000) "TABLE")
  (func $"one::read" (param i32) (result i32) PAD (i32.load8_u (i32.add (i32.const 6000) (local.get 0))))
  (func (export "one") (param i32) (result i32) (call $"one::read" (local.get 0)))
  (func (export "number") (result i32) (i32.const NUMBER)))"#;
        let table = format!("{filling}{}", "x".repeat(1_100));
        module(&text.replace("TABLE", &table).replace("NUMBER", number))
    };
    // A table's, an even place in it, and a place in a text.
    for (filling, number, moves) in
        [("\\00\\01", "6501", true), ("\\00\\01", "6504", false), ("ab", "6501", false)]
    {
        let whole = text(filling, number);
        let Split { primary, .. } =
            split(&whole, &linked(&whole, &[], &[]), &[ONE]).expect("it can be split");
        let kept = primary.windows(64).any(|part| part.iter().all(|byte| *byte == b'x'));
        assert_eq!(kept, !moves, "{filling} {number}");
    }
}

#[test]
fn the_same_module_gives_the_same_bytes() {
    let whole = module(TEXT);
    let [one, two] =
        [(), ()].map(|()| split(&whole, &Linked::default(), &[ONE, TWO]).expect("it can be split"));
    assert_eq!((one.primary, one.parts), (two.primary, two.parts));
}

#[track_caller]
fn check_error(text: &str, rules: &[Rule], part: &str) {
    let error = split_text(text, rules).err().expect("it cannot be split").to_string();
    assert!(error.contains(part), "{error}");
}

#[test]
fn what_cannot_be_split_says_why() {
    check_error("(module (func))", &[ONE], "no names");
    check_error("(module (func $f))", &[ONE], "one table of functions");
    check_error("(module (memory 1) (memory 1))", &[ONE], "several memories");
    check_error(TEXT, &[TWO], "needs `one`");
    const NOT: &[u8] = b"\0asm\x01\0\0\0\x01\xff";
    let error = split(NOT, &Linked::default(), &[ONE]).err().expect("not a module").to_string();
    assert!(error.contains("not valid"), "{error}");
}

#[test]
fn what_the_linker_means_by_an_address_counts() {
    // A list that a loop walks towards its end, where the next static begins, and one that is addressed from before it.
    let text = format!(
        r#"(module
  (memory (export "memory") 1)
  (table 1 1 funcref)
  (data (i32.const 2000) "LIST{0}")
  (data (i32.const 2104) "NEXT{0}")
  (data (i32.const 2208) "LAST{0}")
  (func $"one::read" (param i32) (result i32) PAD
    (i32.load8_u (i32.const 2000)) (i32.load8_u (i32.const 2104)) i32.add (i32.load8_u (i32.const 2208)) i32.add)
  (func (export "one") (param i32) (result i32) (call $"one::read" (local.get 0)))
  (func (export "last") (result i32)
    (i32.load8_u (i32.add (i32.const 2104) (i32.const -104)))
    (i32.load8_u offset=1808 (i32.const 400)) i32.add))"#,
        "x".repeat(100)
    );
    let whole = module(&text);
    let kept = |meant: &[(u32, u32)]| {
        let linked = linked(&whole, meant, &[]);
        let Split { primary, .. } = split(&whole, &linked, &[ONE]).expect("it can be split");
        ["LIST", "NEXT", "LAST"].map(|name| primary.windows(4).any(|part| part == name.as_bytes()))
    };
    assert_eq!(kept(&[]), [false, true, false]);
    assert_eq!(kept(&[(2104, 2000), (1808, 2208)]), [true, true, true]);
}
