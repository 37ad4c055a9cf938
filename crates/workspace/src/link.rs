//! A workspace in a link: `#/w/<codec>.<payload>.<check>`.
//!
//! Payload and check are JSON, sealed (`sealed.rs`). In codec `d1` it is the canonical document. In `b1` it is `{"base", "diff"}`: the name of
//! a document that every build has for ever, and what differs from it (`diff.rs`); a link is made with whichever is shorter.
//!
//! Invariant: a link that lost or changed characters is named as such and never opens as something else.

use crate::diff::{apply, diff};
use crate::sealed::{TEXT_BYTES_MAX, Unsealed, missing_text, seal, unseal};
use crate::{DecodeError, Source, Workspace, pack_module};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a link begins with, in the address's fragment.
pub const LINK_PREFIX: &str = "#/w/";
/// Longer links are not made: browsers take them, but what people send them through does not.
pub const LINK_CHARACTERS_MAX: usize = 32_000;
/// The whole document.
const WHOLE: &str = "d1";
/// What differs from a named one.
const BASED: &str = "b1";
/// The documents that links may build on. Published links name them: an entry never changes or goes.
const BASES: [(&str, &str); 1] = [("hello-1", include_str!("bases/hello-1.json"))];
/// Why a workspace does not fit into a link. A file holds it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkRefusal {
    /// The link would be too long.
    #[error(
        "the link would have {characters} characters, and at most {LINK_CHARACTERS_MAX} travel well; send the workspace as a file"
    )]
    TooLong {
        /// How long it would be.
        characters: usize,
    },
    /// An uploaded module is not there to be put into it.
    #[error("the module {name} is not at hand, so the link would not work without it")]
    ModuleMissing {
        /// The uploaded file's name.
        name: String,
    },
}

/// Why a text does not open as a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It does not look like one.
    #[error("this is not a link to a workspace")]
    NotALink,
    /// A codec that this build does not have.
    #[error(
        "this link was made by a newer version of Coldstart (codec {codec:?}); reload the page to get it"
    )]
    UnknownCodec {
        /// Its name.
        codec: String,
    },
    /// The end is missing.
    #[error("this link lost its {}; ask the sender for the whole link or for the file", missing_text(*missing))]
    Cut {
        /// Characters that are missing; none when so much is missing that it does not say.
        missing: Option<usize>,
    },
    /// It arrived otherwise than it was sent.
    #[error(
        "this link was changed on the way: its check does not match; ask the sender for the file"
    )]
    Changed,
    /// It inflates to more than any workspace.
    #[error("this link holds more than {TEXT_BYTES_MAX} bytes; it is not opened")]
    TooLarge,
    /// It arrived as it was sent, and what it holds does not open.
    #[error(transparent)]
    Document(#[from] DecodeError),
}

impl From<Unsealed> for LinkError {
    fn from(unsealed: Unsealed) -> Self {
        match unsealed {
            Unsealed::Cut(missing) => Self::Cut { missing },
            Unsealed::Changed => Self::Changed,
            Unsealed::TooLarge => Self::TooLarge,
            Unsealed::NotText(fault) => DecodeError::NotAWorkspace(fault).into(),
        }
    }
}

/// The link of a workspace, from `#` on. `modules` are the uploaded and compiled modules by hex SHA-256; small ones travel in the link. What was
/// compiled in the page goes without its modules when there is no room for them: its compiler makes them again.
pub fn encode_link(
    workspace: &Workspace,
    modules: &BTreeMap<String, Vec<u8>>,
) -> Result<String, LinkRefusal> {
    let mut workspace = with_inline_modules(workspace, modules)?;
    let is_compiled = |source: &Source| matches!(source, Source::Compiled { .. });
    if !workspace.sources.values().any(is_compiled) {
        return encode(&workspace);
    }
    for (sha256, source) in &mut workspace.sources {
        if let (Source::Compiled { base64, .. }, Some(bytes)) = (source, modules.get(sha256))
            && base64.is_empty()
        {
            *base64 = pack_module(bytes);
        }
    }
    let link = encode(&workspace);
    if !matches!(link, Err(LinkRefusal::TooLong { .. })) {
        return link;
    }
    for source in workspace.sources.values_mut() {
        if let Source::Compiled { base64, .. } = source {
            base64.clear();
        }
    }
    encode(&workspace)
}

fn encode(workspace: &Workspace) -> Result<String, LinkRefusal> {
    let json = workspace.to_json();
    let whole = encode_payload(WHOLE, &json);
    let link = match difference(&json).map(|difference| encode_payload(BASED, &difference)) {
        Some(Ok(based)) if whole.as_ref().map_or(true, |whole| based.len() < whole.len()) => based,
        _ => whole?,
    };
    if link.len() > LINK_CHARACTERS_MAX {
        return Err(LinkRefusal::TooLong { characters: link.len() });
    }
    Ok(link)
}

/// A document as what differs from the base that it differs least from; none when no base gives it back to the byte.
fn difference(json: &str) -> Option<String> {
    let document: Map<String, Value> = serde_json::from_str(json).ok()?;
    let of = |(name, base): (&str, &str)| {
        let base: Map<String, Value> = serde_json::from_str(base).ok()?;
        // The document's own members stand in any order; those of requests do not.
        let mut members = document.clone();
        let mut ordered: Map<String, Value> =
            base.keys().filter_map(|key| members.shift_remove_entry(key)).collect();
        ordered.extend(members);
        let change = diff(&Value::Object(base), &Value::Object(ordered));
        let change = change.unwrap_or_else(|| json!({}));
        let difference = json!({ "base": name, "diff": change }).to_string();
        let made = Workspace::from_json(&undo_difference(&difference).ok()?).ok()?;
        (made.to_json() == json).then_some(difference)
    };
    BASES.into_iter().filter_map(of).min_by_key(String::len)
}

fn encode_payload(codec: &str, json: &str) -> Result<String, LinkRefusal> {
    let sealed = seal(json.as_bytes()).map_err(|characters| LinkRefusal::TooLong { characters })?;
    Ok(format!("{LINK_PREFIX}{codec}.{sealed}"))
}

/// The workspace of a link: a whole address, or its part from `#` on. Nothing of it runs.
pub fn decode_link(text: &str) -> Result<Workspace, LinkError> {
    let (_, link) = text.trim().split_once(LINK_PREFIX).ok_or(LinkError::NotALink)?;
    let (codec, rest) = link.split_once('.').ok_or(LinkError::Cut { missing: None })?;
    if codec != WHOLE && codec != BASED {
        let codec = codec.chars().take(20).collect();
        return Err(LinkError::UnknownCodec { codec });
    }
    let mut json = unseal(rest.as_bytes())?;
    if codec == BASED {
        json = undo_difference(&json)?;
    }
    Ok(Workspace::from_json(&json)?)
}

/// The document that a difference stands for.
fn undo_difference(json: &str) -> Result<String, LinkError> {
    let damaged = || DecodeError::NotAWorkspace("what it changes does not fit the example".into());
    let difference: Value = serde_json::from_str(json).map_err(|_| damaged())?;
    let name = difference.get("base").and_then(Value::as_str).ok_or_else(damaged)?;
    let base = BASES.iter().find(|(known, _)| *known == name);
    let (_, base) =
        base.ok_or_else(|| LinkError::UnknownCodec { codec: name.chars().take(20).collect() })?;
    let base: Value = serde_json::from_str(base).expect("a base is JSON");
    let change = difference.get("diff").ok_or_else(damaged)?;
    let document = apply(&base, change, TEXT_BYTES_MAX as usize).ok_or_else(damaged)?;
    Ok(document.to_string())
}

/// Uploaded modules that a replay needs become part of the document.
fn with_inline_modules(
    workspace: &Workspace,
    modules: &BTreeMap<String, Vec<u8>>,
) -> Result<Workspace, LinkRefusal> {
    let mut workspace = workspace.clone();
    for (sha256, source) in &mut workspace.sources {
        let Source::Module { name } = source else { continue };
        let Some(bytes) = modules.get(sha256) else {
            return Err(LinkRefusal::ModuleMissing { name: name.clone() });
        };
        // Base64 in deflate comes to at least the module's own size if it is compressed well; four times that will not fit.
        if bytes.len() > 4 * LINK_CHARACTERS_MAX {
            return Err(LinkRefusal::TooLong { characters: bytes.len() });
        }
        *source = Source::Inline { name: std::mem::take(name), base64: STANDARD.encode(bytes) };
    }
    Ok(workspace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    /// The first example in the codec that holds all of it.
    fn hello() -> String {
        encode_payload(WHOLE, &Workspace::hello().to_json()).expect("it fits")
    }

    #[test]
    fn what_began_as_the_example_is_told_by_what_differs() {
        let mut workspace = Workspace::hello();
        let link = |workspace: &Workspace| {
            let link = encode_link(workspace, &BTreeMap::new()).expect("it fits");
            assert_eq!(decode_link(&link).as_ref(), Ok(workspace));
            assert!(link.starts_with("#/w/b1."), "{link}");
            link.len()
        };
        assert!(
            link(&workspace) < 120,
            "put a new base beside the old ones when the example changes"
        );
        let request = |payload: &str| crate::ApiRequest {
            service: "lambda".into(),
            operation: "Invoke".into(),
            params: json!({ "FunctionName": "hello", "Payload": { "$text": payload } }),
        };
        for at_us in [1_000_000, 2_000_000] {
            workspace.commands.push(crate::Command { at_us, request: request("{}") }.into());
        }
        workspace.until_us = 3_000_000;
        workspace.digest = Some("ab".repeat(32));
        assert!(link(&workspace) < 400);
        // The text was edited and deployed: the new source resembles the old one.
        let text = crate::HELLO_WAT.replace("Hello, world!", "Good day, all");
        let source = Source::Wat { text };
        workspace.sources.insert("cd".repeat(32), source.clone());
        workspace.functions.get_mut("hello").expect("it is there").source = source;
        assert!(link(&workspace) < 600);
    }

    #[test]
    fn what_has_nothing_of_an_example_travels_whole() {
        let workspace = Workspace::empty("x");
        let link = encode_link(&workspace, &BTreeMap::new()).expect("it fits");
        assert_eq!(decode_link(&link), Ok(workspace));
    }

    #[test]
    fn a_difference_that_does_not_fit_is_refused() {
        let open = |json: &str| decode_link(&encode_payload(BASED, json).expect("it fits"));
        assert_eq!(
            open(r#"{"base":"hello-9","diff":{}}"#),
            Err(LinkError::UnknownCodec { codec: "hello-9".into() })
        );
        for json in [
            "1",
            r#"{"base":"hello-1"}"#,
            r#"{"base":"hello-1","diff":[]}"#,
            r#"{"base":"hello-1","diff":{"name":["hello",5,5]}}"#,
            r#"{"base":"hello-1","diff":{"seed":["x"]}}"#,
        ] {
            assert!(matches!(open(json), Err(LinkError::Document(_))), "{json}");
        }
    }

    #[track_caller]
    fn check_error(link: &str, message: &str) {
        assert_eq!(decode_link(link).expect_err("it must not open").to_string(), message);
    }

    #[test]
    fn a_link_opens_from_a_whole_address_and_with_what_mail_puts_behind_it() {
        let link = hello();
        for text in [
            link.clone(),
            format!("https://example.org/coldstart/{link}"),
            format!(" {link}\n"),
            format!("{link})."),
        ] {
            assert_eq!(decode_link(&text), Ok(Workspace::hello()), "{text}");
        }
    }

    #[test]
    fn a_cut_link_says_how_much_it_lost() {
        let link = hello();
        check_error(
            &link[..link.len() - 1],
            "this link lost its last character; ask the sender for the whole link or for the file",
        );
        for lost in 1..link.len() - "#/w/d1.AAAA".len() {
            assert_eq!(
                decode_link(&link[..link.len() - lost]),
                Err(LinkError::Cut { missing: Some(lost) })
            );
        }
        assert_eq!(decode_link("#/w/d1.AA"), Err(LinkError::Cut { missing: None }));
        assert_eq!(decode_link("#/w/d1"), Err(LinkError::Cut { missing: None }));
    }

    #[test]
    fn a_changed_link_does_not_open() {
        let link = hello();
        for at in "#/w/d1.AAAA".len()..link.len() {
            let mut bytes = link.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                decode_link(std::str::from_utf8(&bytes).expect("ASCII")),
                Err(LinkError::Changed)
            );
        }
        assert_eq!(decode_link(&format!("{link}AAAA")), Err(LinkError::Changed));
    }

    #[test]
    fn foreign_links_are_named() {
        check_error("https://example.org/", "this is not a link to a workspace");
        check_error(
            "#/w/c1.AAAA.BBBB",
            "this link was made by a newer version of Coldstart (codec \"c1\"); reload the page to get it",
        );
        for text in ["#/w/d1.é.é", "#/w/d1.AAAA....", "#/w/..", "#/w/d1.AAAB..AAAAAA", "#/w/é"] {
            assert!(decode_link(text).is_err());
        }
    }

    fn link_of(json: &[u8]) -> String {
        format!("{LINK_PREFIX}{WHOLE}.{}", seal(json).expect("it is short enough"))
    }

    #[test]
    fn what_a_link_holds_is_checked_too() {
        let newer = Workspace::hello().to_json().replacen("\"version\":2", "\"version\":9", 1);
        assert_eq!(
            decode_link(&link_of(newer.as_bytes())),
            Err(DecodeError::Newer { found: 9 }.into())
        );
        assert!(matches!(
            decode_link(&link_of(b"hello")),
            Err(LinkError::Document(DecodeError::NotAWorkspace(_)))
        ));
        assert!(matches!(
            decode_link(&link_of(&[0xff, 0xfe])),
            Err(LinkError::Document(DecodeError::NotAWorkspace(_)))
        ));
        let bomb = vec![b' '; 64 << 20];
        assert_eq!(decode_link(&link_of(&bomb)), Err(LinkError::TooLarge));
    }

    #[test]
    fn small_modules_travel_and_large_ones_need_a_file() {
        let mut workspace = Workspace::hello();
        let upload = |workspace: &mut Workspace, bytes: Vec<u8>| {
            let sha256: String =
                Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            workspace.sources.insert(sha256.clone(), Source::Module { name: "up.wasm".into() });
            BTreeMap::from([(sha256, bytes)])
        };
        let missing = encode_link(
            &{
                let mut workspace = workspace.clone();
                upload(&mut workspace, vec![1]);
                workspace
            },
            &BTreeMap::new(),
        );
        assert_eq!(missing, Err(LinkRefusal::ModuleMissing { name: "up.wasm".into() }));
        // Bytes that deflate does not shrink.
        let noise = |count: usize| -> Vec<u8> {
            (0..count.div_ceil(32))
                .flat_map(|block| Sha256::digest(block.to_be_bytes()))
                .take(count)
                .collect()
        };
        let mut small = workspace.clone();
        let modules = upload(&mut small, noise(10_000));
        let opened =
            decode_link(&encode_link(&small, &modules).expect("it fits")).expect("it opens");
        let (sha256, bytes) = modules.first_key_value().expect("one");
        let inline = Source::Inline { name: "up.wasm".into(), base64: STANDARD.encode(bytes) };
        assert_eq!(opened.sources[sha256], inline);
        for count in [40_000, 1_000_000] {
            let mut large = workspace.clone();
            let modules = upload(&mut large, noise(count));
            assert!(matches!(encode_link(&large, &modules), Err(LinkRefusal::TooLong { .. })));
        }
        // What was compiled goes without its module when that is too long.
        let files = BTreeMap::from([("index.ts".to_owned(), "export function handler".to_owned())]);
        let compiled = |base64: String| Source::Compiled {
            compiler: "assemblyscript 0.28.20".into(),
            files: files.clone(),
            base64,
        };
        for (count, has_room) in [(10_000, true), (40_000, false)] {
            let (sha256, bytes) = ("ab".repeat(32), noise(count));
            let mut made = Workspace::hello();
            made.sources.insert(sha256.clone(), compiled(String::new()));
            let modules = BTreeMap::from([(sha256.clone(), bytes.clone())]);
            let link = encode_link(&made, &modules).expect("it fits");
            let base64 = if has_room { crate::pack_module(&bytes) } else { String::new() };
            assert_eq!(decode_link(&link).expect("it opens").sources[&sha256], compiled(base64));
        }
        workspace.name = noise(60_000).iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        assert!(matches!(
            encode_link(&workspace, &BTreeMap::new()),
            Err(LinkRefusal::TooLong { .. })
        ));
    }
}
