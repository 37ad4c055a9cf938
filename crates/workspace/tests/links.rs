//! Every link that was ever published opens, and every workspace survives its link and its file.

use coldstart_workspace::{
    ApiRequest, ClockMode, Command, FunctionDraft, Interrupt, LinkError, Source, TestEvent,
    Workspace, WorkspaceFile, decode_link, encode_link,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

#[test]
fn published_links_open() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/links");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the links are there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there is at least one link");
    for file in files {
        let link = std::fs::read_to_string(&file).expect("text");
        // Beside each link, what it held when it was published: as this build writes it, whatever its version was then.
        let document = std::fs::read_to_string(file.with_extension("json")).expect("its document");
        let document = Workspace::from_json(&document).expect("a document");
        assert_eq!(decode_link(&link), Ok(document), "{}", file.display());
    }
}

fn text() -> impl Strategy<Value = String> {
    // Everything but control characters, which names refuse.
    "[^\\p{Cc}]{0,20}"
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        any::<String>().prop_map(|text| Source::Wat { text }),
        "[a-z0-9-]{1,20}".prop_map(|name| Source::Example { name }),
        (text(), "[A-Za-z0-9+/]{0,40}").prop_map(|(name, base64)| Source::Inline { name, base64 }),
        (text(), "[a-z]{1,8}\\.ts", any::<String>(), "[A-Za-z0-9+/]{0,40}").prop_map(
            |(compiler, path, text, base64)| Source::Compiled {
                compiler,
                files: [(path, text)].into(),
                base64,
            }
        ),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Fractions that are exact in few digits, as people and AWS write them.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 4.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 20, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((any::<String>(), inner), 0..5).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn draft() -> impl Strategy<Value = FunctionDraft> {
    let event = (text(), any::<String>()).prop_map(|(name, payload)| TestEvent { name, payload });
    (source(), vec(event, 0..4), any::<prop::sample::Index>()).prop_map(
        |(source, test_events, index)| {
            let selected_event =
                if test_events.is_empty() { 0 } else { index.index(test_events.len()) };
            FunctionDraft { source, test_events, selected_event }
        },
    )
}

prop_compose! {
    fn workspace()(
        name in text(),
        seed in 0..=1_u64 << 53,
        epoch_ms in 0..=8_640_000_000_000_000_u64,
        sources in btree_map("[0-9a-f]{64}", source(), 0..4),
        functions in btree_map("[A-Za-z0-9_-]{1,64}", draft(), 0..4),
        mut times in vec(0..1_u64 << 53, 0..6),
        requests in vec(("[a-z]{1,10}", "[A-Z][A-Za-z]{0,20}", btree_map(any::<String>(), value(), 0..4)), 6),
        interrupts in vec(("[0-9a-f-]{36}", any::<u64>()), 0..3),
        until_us in 0..=1_u64 << 53,
        clock in prop_oneof![Just(ClockMode::Fast), Just(ClockMode::RealTime), Just(ClockMode::Paused)],
        digest in proptest::option::of("[0-9a-f]{64}"),
    ) -> Workspace {
        times.sort_unstable();
        let commands = times.into_iter().zip(requests).map(|(at_us, (service, operation, params))| {
            let request = ApiRequest { service, operation, params: params.into_iter().collect() };
            Rc::new(Command { at_us, request })
        });
        let interrupts = interrupts.into_iter().map(|(request_id, units)| Interrupt { request_id, units }).collect();
        Workspace {
            name, seed, epoch_ms, sources, functions, commands: commands.collect(), interrupts, until_us, clock, digest,
            ..Workspace::empty("")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_workspace_survives_its_text_its_link_and_its_file(workspace in workspace()) {
        prop_assert_eq!(workspace.validate(), Ok(()));
        let text = workspace.to_json();
        prop_assert_eq!(Workspace::from_json(&text).map(|read| read.to_json()), Ok(text));
        if let Ok(link) = encode_link(&workspace, &BTreeMap::new()) {
            prop_assert_eq!(decode_link(&link), Ok(workspace.clone()));
        }
        let file = WorkspaceFile { workspace, modules: BTreeMap::new() };
        prop_assert_eq!(WorkspaceFile::decode(&file.encode().expect("it has no modules")), Ok(file));
    }

    #[test]
    fn a_cut_or_changed_link_never_opens(workspace in workspace(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let Ok(link) = encode_link(&workspace, &BTreeMap::new()) else { return Ok(()) };
        // Both codecs have names of two characters.
        let body = "#/w/d1.".len();
        let lost = 1 + at.index(link.len() - body - 4);
        prop_assert_eq!(decode_link(&link[..link.len() - lost]), Err(LinkError::Cut { missing: Some(lost) }));
        let mut bytes = link.clone().into_bytes();
        let at = body + at.index(bytes.len() - body);
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(decode_link(&String::from_utf8_lossy(&bytes)).is_err());
    }

    #[test]
    fn foreign_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..300), text in any::<String>()) {
        prop_assert!(WorkspaceFile::decode(&bytes).is_err());
        prop_assert!(Workspace::from_json(&text).is_err());
        for codec in ["d1", "b1"] {
            let link = format!("#/w/{codec}.{text}");
            prop_assert!(decode_link(&link).is_err());
        }
        prop_assert!(decode_link(&text).is_err());
    }
}
