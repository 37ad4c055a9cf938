//! Lists that the services answer page by page: the question for the next page, and pages put together as one answer.

use coldstart_workspace::ApiRequest;
use serde_json::Value;

/// What an answer calls its token, and what the next question calls it.
const TOKENS: [(&str, &str); 4] = [
    ("NextMarker", "Marker"),
    ("Marker", "Marker"),
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
];

/// The question for the page behind this answer to `request`; none when it was the last one.
pub fn next_page(request: &ApiRequest, output: &Value) -> Option<ApiRequest> {
    let token = |(given, asked): (&str, &'static str)| {
        let token = output.get(given)?.as_str()?;
        (!token.is_empty()).then(|| (asked, token.to_owned()))
    };
    let (name, token) = TOKENS.into_iter().find_map(token)?;
    let mut next = request.clone();
    next.params.as_object_mut()?.insert(name.to_owned(), Value::String(token));
    Some(next)
}

/// Puts a page behind those that were read before: its items behind theirs, its token in place of theirs.
pub fn join_page(read: &mut Value, page: Value) {
    let (Value::Object(read), Value::Object(page)) = (read, page) else { return };
    for (given, _) in TOKENS {
        read.remove(given);
    }
    for (name, value) in page {
        match (read.get_mut(&name), value) {
            (Some(Value::Array(known)), Value::Array(mut new)) => {
                // Tokens are positions: what was added in front meanwhile shows some of the last items again.
                let last = known.len().saturating_sub(new.len());
                new.retain(|item| !known[last..].contains(item));
                known.extend(new);
            }
            (_, value) => {
                read.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::request;
    use serde_json::json;

    #[test]
    fn each_service_has_its_own_word_for_the_token() {
        let asked = |output: Value| {
            let first = request("x", "List", json!({ "Of": 1 }));
            next_page(&first, &output).map(|next| next.params.to_string())
        };
        for (output, params) in [
            (json!({ "NextMarker": "a" }), r#"{"Of":1,"Marker":"a"}"#),
            (json!({ "Marker": "100", "IsTruncated": true }), r#"{"Of":1,"Marker":"100"}"#),
            (json!({ "NextToken": "a" }), r#"{"Of":1,"NextToken":"a"}"#),
            (json!({ "nextToken": "a" }), r#"{"Of":1,"nextToken":"a"}"#),
        ] {
            assert_eq!(asked(output).as_deref(), Some(params));
        }
        assert_eq!(asked(json!({ "Topics": [], "NextToken": null })), None);
    }

    #[test]
    fn pages_are_one_answer_with_the_last_token() {
        let mut read = json!({ "Roles": [1, 2], "IsTruncated": true, "Marker": "2" });
        join_page(&mut read, json!({ "Roles": [2, 3], "IsTruncated": true, "Marker": "4" }));
        assert_eq!(read, json!({ "Roles": [1, 2, 3], "IsTruncated": true, "Marker": "4" }));
        join_page(&mut read, json!({ "Roles": [4], "IsTruncated": false }));
        assert_eq!(read, json!({ "Roles": [1, 2, 3, 4], "IsTruncated": false }));
    }
}
