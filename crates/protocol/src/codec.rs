//! Lists of messages to text and back.

use crate::{FromWorker, ToWorker};
use serde::Serialize;

/// A text that is no message: the page and the Worker are of different builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAMessage(String);

impl std::fmt::Display for NotAMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a message of protocol version {}: {}", crate::PROTOCOL_VERSION, self.0)
    }
}

impl std::error::Error for NotAMessage {}

/// The text of messages ([`ToWorker`] or [`FromWorker`]) that go together.
pub fn encode<M: Message>(messages: &[M]) -> String {
    serde_json::to_string(messages).expect("messages have string keys and nothing that JSON lacks")
}

/// What [`encode`] takes: the two kinds of message, and nothing else.
pub trait Message: Serialize + sealed::Sealed {}
impl Message for ToWorker {}
impl Message for FromWorker {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::ToWorker {}
    impl Sealed for crate::FromWorker {}
}

/// Reads what the page wrote.
pub fn decode_to_worker(text: &str) -> Result<Vec<ToWorker>, NotAMessage> {
    serde_json::from_str(text).map_err(|fault| NotAMessage(fault.to_string()))
}

/// Reads what the Worker wrote.
pub fn decode_from_worker(text: &str) -> Result<Vec<FromWorker>, NotAMessage> {
    serde_json::from_str(text).map_err(|fault| NotAMessage(fault.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Opened, ViewSpec};

    #[test]
    fn messages_survive_their_text() {
        let watch = ToWorker::Watch {
            views: vec![ViewSpec::Functions, ViewSpec::Function { name: "é\"\n".into() }],
        };
        let sent = vec![watch, ToWorker::Step];
        assert_eq!(decode_to_worker(&encode(&sent)), Ok(sent));
        let result = Ok(Opened {
            digest: "ab".into(),
            matches: Some(true),
            why: String::new(),
            replay_ms: 0.5,
        });
        let sent = vec![FromWorker::Opened { id: u64::MAX, result }];
        assert_eq!(decode_from_worker(&encode(&sent)), Ok(sent));
    }

    #[test]
    fn keys_keep_their_order() {
        let text = r#"[{"request":{"id":1,"request":{"service":"lambda","operation":"Invoke","params":{"b":1,"10":2,"9":3}},"modules":[]}},"step"]"#;
        assert_eq!(encode(&decode_to_worker(text).expect("two messages")), text);
    }

    #[test]
    fn foreign_text_is_refused_and_does_not_panic() {
        for text in
            ["", "{}", "[1]", r#""step""#, r#"["step"] x"#, r#"["fly"]"#, &"[".repeat(100_000)]
        {
            let fault = decode_to_worker(text).expect_err("no message");
            assert!(fault.to_string().starts_with("not a message of protocol version"), "{fault}");
        }
    }
}
