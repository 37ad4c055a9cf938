//! What came of a request, by the ids under which other facts know it: for those who follow one event through the services.

use serde_json::Value;

/// Members of answers that name what was made: SendMessage and Publish, StartExecution, an entry of PutEvents.
const NAMES: [&str; 3] = ["MessageId", "executionArn", "EventId"];
/// Lists of entries of which each made something: batches, PutEvents.
const LISTS: [&str; 2] = ["Successful", "Entries"];

/// Ids of the messages, events and executions that an answer tells of.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn made(output: &Value) -> Vec<String> {
    let id = |of: &Value| NAMES.iter().find_map(|name| of.get(*name)?.as_str().map(str::to_owned));
    match id(output) {
        Some(id) => vec![id],
        None => {
            let entries = LISTS.iter().filter_map(|list| output.get(*list)?.as_array());
            entries.flatten().filter_map(id).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_tell_what_was_made() {
        assert_eq!(made(&json!({ "MessageId": "m", "MD5OfMessageBody": "x" })), ["m"]);
        assert_eq!(made(&json!({ "executionArn": "arn:x" })), ["arn:x"]);
        let entries =
            json!({ "FailedEntryCount": 1, "Entries": [{ "EventId": "a" }, { "ErrorCode": "E" }] });
        assert_eq!(made(&entries), ["a"]);
        let batch = json!({ "Successful": [{ "Id": "1", "MessageId": "a" }, { "MessageId": "b" }], "Failed": [] });
        assert_eq!(made(&batch), ["a", "b"]);
        assert_eq!(made(&json!({ "Messages": [{ "MessageId": "received" }] })), [""; 0]);
        assert_eq!(made(&json!(null)), [""; 0]);
    }
}
