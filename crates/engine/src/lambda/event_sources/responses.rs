//! What a function says of a batch's messages, when its mapping has `ReportBatchItemFailures`
//! ("Implementing partial batch responses").

use serde_json::Value;

/// Which of these messages the function could not handle. None when the whole batch counts as failed: the response is no JSON, or
/// one of its items names no message of the batch.
pub(super) fn failures(response: &Value, ids: &[&str]) -> Option<Vec<bool>> {
    let text = response.get("$text").and_then(Value::as_str)?;
    let answer = if text.is_empty() { Value::Null } else { serde_json::from_str(text).ok()? };
    let mut failed = vec![false; ids.len()];
    let report = match &answer {
        Value::Null => return Some(failed),
        Value::String(text) if text.is_empty() => return Some(failed),
        Value::Array(items) if items.is_empty() => return Some(failed),
        Value::Object(report) => report,
        _ => return None,
    };
    let items = match report.get("batchItemFailures") {
        None | Some(Value::Null) => return Some(failed),
        Some(items) => items.as_array()?,
    };
    for item in items {
        let id = item.get("itemIdentifier").and_then(Value::as_str)?;
        failed[ids.iter().position(|known| *known == id)?] = true;
    }
    Some(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let failed = failures(&json!({ "$text": text }), &["a", "b", "c"]);
        let shown = failed.map_or("all".to_owned(), |failed| {
            let names = ["a", "b", "c"].iter().zip(failed).filter(|(_, failed)| *failed);
            names.map(|(name, _)| *name).collect()
        });
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn a_report_without_items_is_a_success() {
        for text in ["", "null", "\"\"", "[]", "{}", "{\"batchItemFailures\":[]}"] {
            check(text, "");
        }
        check("{\"batchItemFailures\":null}", "");
        check("{\"statusCode\":200}", "");
    }

    #[test]
    fn items_that_are_named_have_failed() {
        check("{\"batchItemFailures\":[{\"itemIdentifier\":\"b\"}]}", "b");
        check(
            "{\"batchItemFailures\":[{\"itemIdentifier\":\"c\"},{\"itemIdentifier\":\"a\",\"x\":1},{\"itemIdentifier\":\"c\"}]}",
            "ac",
        );
    }

    #[test]
    fn a_report_that_cannot_be_read_fails_the_batch() {
        let item = |item: &str| format!("{{\"batchItemFailures\":[{item}]}}");
        for text in ["{", "no", "\"text\"", "5", "true", "[1]", "{\"batchItemFailures\":{}}"] {
            check(text, "all");
        }
        for bad in [
            "{\"itemIdentifier\":\"\"}",
            "{\"itemIdentifier\":null}",
            "{\"itemIdentifier\":5}",
            "{\"foo\":\"a\"}",
            "{\"itemIdentifier\":\"d\"}",
            "{\"itemIdentifier\":\"a\"},{\"itemIdentifier\":\"d\"}",
            "{}",
            "\"a\"",
            "null",
        ] {
            check(&item(bad), "all");
        }
        assert_eq!(failures(&json!("AAEC"), &["a"]), None, "bytes that are no text");
    }
}
