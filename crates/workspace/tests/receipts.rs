//! Receipts survive links, files, mails and spreadsheets, and what arrives otherwise is told.

use coldstart_workspace::lab::{
    RECEIPTS_MAX, Receipt, ReceiptError, ReceiptRefusal, ReceiptStep, decode_receipt,
    encode_receipt, encode_receipt_file, find_receipts,
};
use coldstart_workspace::{ApiRequest, Command, LINK_CHARACTERS_MAX, Source, Workspace};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::rc::Rc;

fn receipt(name: &str, workspace: Workspace) -> Receipt {
    let digests = BTreeMap::from([("survives".to_owned(), vec!["ab".repeat(16), "cd".repeat(16)])]);
    let step = ReceiptStep { step: "retry".into(), workspace, digests };
    Receipt { lab: "retries".into(), version: 1, name: name.into(), steps: vec![step] }
}

fn hello(name: &str) -> (Receipt, String) {
    let receipt = receipt(name, Workspace::hello());
    let link = encode_receipt(&receipt).expect("it fits");
    (receipt, link)
}

/// Text that deflate hardly shrinks.
fn noise(count: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + ((state >> 33) % 90) as u8)
    };
    (0..count).map(|_| next()).collect()
}

fn with_payload(payload: &str) -> Receipt {
    let mut workspace = Workspace::hello();
    let request = ApiRequest {
        service: "lambda".into(),
        operation: "Invoke".into(),
        params: json!({ "FunctionName": "hello", "Payload": { "$text": payload } }),
    };
    workspace.commands.push(Rc::new(Command { at_us: 1_000_000, request }));
    receipt("", workspace)
}

#[test]
fn a_receipt_opens_from_whatever_it_stands_in() {
    let (receipt, link) = hello("Ada Lovelace");
    assert!(link.starts_with("#/receipt/r1."), "{link}");
    for text in [
        link.clone(),
        format!("https://example.org/coldstart/{link}"),
        format!("My receipt:\n\n> {link}.\n> Ada"),
        format!("Ada;({link});2026-01-01\r\n"),
    ] {
        assert_eq!(decode_receipt(&text).as_ref(), Ok(&receipt), "{text}");
        assert_eq!(find_receipts(&text), [link.as_str()], "{text}");
    }
}

#[test]
fn a_link_that_mail_broke_into_lines_is_put_together() {
    let (receipt, link) = hello("Ada");
    for between in ["\n", "\r\n> ", "=\n", " \n\t", "\n>> "] {
        let lines: Vec<&str> = link
            .as_bytes()
            .chunks(72)
            .map(|line| std::str::from_utf8(line).expect("ASCII"))
            .collect();
        let text = format!("Hello,\n> see https://example.org/{}\nAda\n", lines.join(between));
        assert_eq!(decode_receipt(&text).as_ref(), Ok(&receipt), "{between:?}");
        let found = find_receipts(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(decode_receipt(found[0]).as_ref(), Ok(&receipt), "{between:?}");
        assert!(found[0].ends_with(&link[link.len() - 5..]), "{}", found[0]);
    }
    // The line below a link that was cut does not become a part of it.
    let cut = format!("{}\nAndThen and so on", &link[..link.len() - 7]);
    assert_eq!(decode_receipt(&cut), Err(ReceiptError::Cut { missing: Some(7) }));
}

#[test]
fn all_receipts_of_a_text_are_found_once() {
    let links: Vec<String> = ["Ada", "Bob", "Cyd"].map(|name| hello(name).1).into();
    let text = format!(
        "name;receipt\nAda;{0}\nBob;https://x.example/#/labs {1},\nCyd;[{2}]({2}) {0} #/receipt/ #/receipt/r1.AAAA #/receipt/r9.x #/w/d1.AA",
        links[0], links[1], links[2]
    );
    let found = find_receipts(&text);
    assert_eq!(found[..3], links);
    assert_eq!(found[3..], ["#/receipt/", "#/receipt/r1.AAAA", "#/receipt/r9.x"]);
    assert_eq!(decode_receipt(found[3]), Err(ReceiptError::Cut { missing: None }));
    assert!(matches!(decode_receipt(found[4]), Err(ReceiptError::Cut { missing: Some(_) })));
    let many: String =
        (0..2 * RECEIPTS_MAX).map(|index| format!("#/receipt/r1.{index}\n")).collect();
    assert_eq!(find_receipts(&many).len(), RECEIPTS_MAX);
    assert!(find_receipts("no receipt at all").is_empty());
}

#[test]
fn what_did_not_arrive_as_it_was_sent_says_so() {
    let (_, link) = hello("Ada");
    let message = |text: &str| decode_receipt(text).expect_err("it must not open").to_string();
    assert_eq!(message("https://example.org/"), "this is not a receipt");
    assert_eq!(
        message("#/receipt/r2.AAAA.BBBB"),
        "this receipt was made by a newer version of Coldstart (codec \"r2\"), which is needed to read it"
    );
    assert_eq!(
        message(&link[..link.len() - 1]),
        "this receipt lost its last character; ask for the whole link or for the file"
    );
    assert_eq!(
        message("#/receipt/r1.AA"),
        "this receipt lost its content; ask for the whole link or for the file"
    );
    assert_eq!(
        message(&format!("{link}AAAA")),
        "this receipt was changed on the way: its check does not match; ask for the file"
    );
    for at in 0..link.len() {
        let mut bytes = link.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(bytes).expect("ASCII");
        assert!(decode_receipt(&text).is_err(), "{at}: {text}");
    }
}

#[test]
fn a_long_receipt_is_a_file() {
    let long = with_payload(&noise(60_000));
    assert!(matches!(
        encode_receipt(&long),
        Err(ReceiptRefusal::TooLong { characters }) if characters > LINK_CHARACTERS_MAX
    ));
    let file = encode_receipt_file(&long).expect("a file holds it");
    assert_eq!(decode_receipt(&format!("{file}\n")), Ok(long));
    // It deflates well, and nobody would inflate it.
    let large = with_payload(&" ".repeat((8 << 20) - 100));
    assert_eq!(encode_receipt_file(&large), Err(ReceiptRefusal::TooLarge));
}

#[test]
fn modules_that_are_not_in_it_are_named() {
    let message = |source: Source| {
        let mut workspace = Workspace::hello();
        workspace.sources.insert("ab".repeat(32), source);
        encode_receipt(&receipt("", workspace)).expect_err("it would not work").to_string()
    };
    assert_eq!(
        message(Source::Module { name: "up.wasm".into() }),
        "the step retry uses the module up.wasm, which is not in its document, so the receipt would not work without it"
    );
    let files = BTreeMap::from([("index.ts".to_owned(), String::new())]);
    let compiled = Source::Compiled {
        compiler: "assemblyscript 0.28.20".into(),
        files,
        base64: String::new(),
    };
    assert!(message(compiled).contains("assemblyscript 0.28.20"));
}

#[test]
fn what_is_out_of_bounds_is_refused_on_both_sides() {
    let fine = || receipt("Ada", Workspace::empty("x"));
    let faulty: [(Receipt, &str); 6] = [
        (Receipt { lab: "../etc".into(), ..fine() }, "lab: no id"),
        (Receipt { name: "x".repeat(101), ..fine() }, "name: it has more than 100 characters"),
        (Receipt { name: "\u{1b}[2J".into(), ..fine() }, "name: the control character"),
        (
            Receipt { steps: [fine().steps, fine().steps].concat(), ..fine() },
            "steps[1]: ids of steps",
        ),
        (
            Receipt {
                steps: vec![ReceiptStep {
                    digests: [("survives".to_owned(), vec!["AB".repeat(16)])].into(),
                    ..fine().steps.remove(0)
                }],
                ..fine()
            },
            "steps[0].digests: not a SHA-256",
        ),
        (
            receipt("Ada", Workspace { seed: u64::MAX, ..Workspace::empty("x") }),
            "steps[0].workspace.seed",
        ),
    ];
    for (receipt, words) in faulty {
        let refused = encode_receipt(&receipt).expect_err("out of bounds").to_string();
        assert!(refused.contains(words), "{refused}");
    }
    assert!(encode_receipt(&Receipt { name: "é".repeat(100), ..fine() }).is_ok());
}

#[test]
fn the_published_receipt_opens() {
    let text = include_str!("../../../tests/links/receipts/0001-retries.txt");
    let receipt = decode_receipt(text).expect("it opens for ever");
    assert_eq!((receipt.lab.as_str(), receipt.name.as_str()), ("retries", "Ada"));
    assert_eq!(receipt.steps[0].workspace, Workspace::hello());
}

prop_compose! {
    fn receipts()(
        lab in "[a-z0-9-]{1,64}",
        version in any::<u32>(),
        name in "[^\\p{Cc}]{0,100}",
        steps in btree_map("[a-z0-9-]{1,20}", (
            "[^\\p{Cc}]{0,20}",
            0..=1_u64 << 53,
            any::<String>(),
            btree_map("[a-z0-9-]{1,20}", vec("[0-9a-f]{32}(\\+javascript:[0-9a-f]{16})?", 0..4), 0..4),
        ), 0..5),
    ) -> Receipt {
        let steps = steps.into_iter().map(|(step, (name, seed, payload, digests))| {
            let request = ApiRequest {
                service: "lambda".into(),
                operation: "Invoke".into(),
                params: json!({ "Payload": { "$text": payload } }),
            };
            let commands = vec![Rc::new(Command { at_us: 5, request })];
            let workspace = Workspace { seed, commands, until_us: 5, ..Workspace::empty(&name) };
            ReceiptStep { step, workspace, digests }
        });
        Receipt { lab, version, name, steps: steps.collect() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_receipt_survives_its_text(receipt in receipts(), before in any::<String>(), after in "([^A-Za-z0-9_-]\\PC*)?") {
        let link = encode_receipt(&receipt).expect("it fits");
        prop_assert_eq!(decode_receipt(&link), Ok(receipt.clone()));
        prop_assume!(!before.contains("#/receipt/"));
        prop_assert_eq!(decode_receipt(&format!("{before}{link}{after}")), Ok(receipt));
    }

    #[test]
    fn a_changed_or_cut_receipt_never_opens(receipt in receipts(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let link = encode_receipt(&receipt).expect("it fits");
        let mut bytes = link.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(decode_receipt(&String::from_utf8_lossy(&bytes)).is_err());
        prop_assert!(decode_receipt(&link[..at]).is_err());
    }

    #[test]
    fn foreign_text_does_not_panic(text in any::<String>(), noise in "[A-Za-z0-9_.= \n>-]{0,200}") {
        for text in [format!("#/receipt/{text}"), format!("#/receipt/r1.{text}"), format!("#/receipt/r1.AAA{noise}"), text] {
            prop_assert!(decode_receipt(&text).is_err());
            for found in find_receipts(&text) {
                prop_assert!(decode_receipt(found).is_err());
            }
        }
    }
}
