//! Tags: every service has its own names for the same three operations. What a resource is of, its ARN says.

use super::queue::queue_url;
use super::{list_at, pairs_at, request, text_at};
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};

/// How a service speaks of tags.
struct Dialect {
    service: &'static str,
    list: &'static str,
    tag: &'static str,
    untag: &'static str,
    /// The member that names the resource.
    resource: &'static str,
    tags: &'static str,
    keys: &'static str,
    /// The members of a tag in a list of tags; none where tags are an object.
    pair: Option<(&'static str, &'static str)>,
}

impl Dialect {
    const fn usual(service: &'static str, resource: &'static str) -> Self {
        Self {
            service,
            list: "ListTagsForResource",
            tag: "TagResource",
            untag: "UntagResource",
            resource,
            tags: "Tags",
            keys: "TagKeys",
            pair: Some(("Key", "Value")),
        }
    }
}

const DIALECTS: [Dialect; 6] = [
    Dialect { list: "ListTags", pair: None, ..Dialect::usual("lambda", "Resource") },
    Dialect {
        list: "ListQueueTags",
        tag: "TagQueue",
        untag: "UntagQueue",
        pair: None,
        ..Dialect::usual("sqs", "QueueUrl")
    },
    Dialect::usual("sns", "ResourceArn"),
    Dialect::usual("events", "ResourceARN"),
    Dialect::usual("scheduler", "ResourceArn"),
    Dialect {
        tags: "tags",
        keys: "tagKeys",
        pair: Some(("key", "value")),
        ..Dialect::usual("states", "resourceArn")
    },
];

fn dialect(arn: &str) -> Option<&'static Dialect> {
    let service = arn.split(':').nth(2)?;
    DIALECTS.iter().find(|one| one.service == service)
}

impl Dialect {
    fn request(&self, operation: &str, arn: &str, member: Option<(&str, Value)>) -> ApiRequest {
        let name = match self.service {
            "sqs" => queue_url(arn.rsplit(':').next().unwrap_or_default()),
            _ => arn.to_owned(),
        };
        let mut params = json!({ self.resource: name });
        if let Some((member, value)) = member {
            params[member] = value;
        }
        request(self.service, operation, params)
    }
}

/// The question for a resource's tags; none for what has none here.
pub fn tags_request(arn: &str) -> Option<ApiRequest> {
    let dialect = dialect(arn)?;
    Some(dialect.request(dialect.list, arn, None))
}

/// The tags in the answer.
pub fn tags_in(arn: &str, output: &Value) -> Vec<(String, String)> {
    let Some(dialect) = dialect(arn) else { return Vec::new() };
    match dialect.pair {
        None => pairs_at(output, "/Tags"),
        Some((key, value)) => {
            let text = |tag: &Value, member: &str| text_at(tag, &format!("/{member}"));
            let tags = list_at(output, dialect.tags).iter();
            tags.map(|tag| (text(tag, key), text(tag, value))).collect()
        }
    }
}

/// Changes of a resource's tags: which keys go, and what has to be set.
pub fn tag_changes(
    arn: &str,
    before: &[(String, String)],
    after: &[(String, String)],
) -> Vec<ApiRequest> {
    let Some(dialect) = dialect(arn) else { return Vec::new() };
    let mut requests = Vec::new();
    let stays = |key: &String| after.iter().any(|(kept, _)| kept == key);
    let gone: Vec<&String> = before.iter().map(|(key, _)| key).filter(|key| !stays(key)).collect();
    if !gone.is_empty() {
        requests.push(dialect.request(dialect.untag, arn, Some((dialect.keys, json!(gone)))));
    }
    let new: Vec<_> = after.iter().filter(|pair| !before.contains(pair)).collect();
    if !new.is_empty() {
        let tags = match dialect.pair {
            Some((key, value)) => {
                new.iter().map(|(name, text)| json!({ key: name, value: text })).collect()
            }
            None => Value::Object(Map::from_iter(
                new.into_iter().map(|(name, text)| (name.clone(), json!(text))),
            )),
        };
        requests.push(dialect.request(dialect.tag, arn, Some((dialect.tags, tags))));
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn only_changed_tags_are_sent() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
        let before = [pair("a", "1"), pair("b", "2"), pair("c", "3")];
        let requests = tag_changes(arn, &before, &[pair("a", "1"), pair("b", "x")]);
        let told: Vec<_> =
            requests.iter().map(|one| (one.operation.as_str(), one.params.clone())).collect();
        assert_eq!(
            told,
            [
                ("UntagResource", json!({ "Resource": arn, "TagKeys": ["c"] })),
                ("TagResource", json!({ "Resource": arn, "Tags": { "b": "x" } })),
            ]
        );
        assert_eq!(tag_changes(arn, &before, &before), []);
    }

    #[test]
    fn each_service_is_spoken_to_in_its_words() {
        let sent = |arn: &str| {
            let requests = tag_changes(arn, &[], &[pair("team", "payments")]);
            let listed = tags_request(arn).expect("it has tags");
            let tags = &requests[0].params;
            assert_eq!(tags_in(arn, tags), [pair("team", "payments")], "read as it was written");
            format!("{} {} {}", listed.operation, requests[0].operation, tags)
        };
        assert_eq!(
            sent("arn:aws:sqs:us-east-1:123456789012:q"),
            r#"ListQueueTags TagQueue {"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/q","Tags":{"team":"payments"}}"#
        );
        assert_eq!(
            sent("arn:aws:events:us-east-1:123456789012:rule/r"),
            r#"ListTagsForResource TagResource {"ResourceARN":"arn:aws:events:us-east-1:123456789012:rule/r","Tags":[{"Key":"team","Value":"payments"}]}"#
        );
        assert_eq!(
            sent("arn:aws:states:us-east-1:123456789012:stateMachine:m"),
            r#"ListTagsForResource TagResource {"resourceArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","tags":[{"key":"team","value":"payments"}]}"#
        );
        assert_eq!(tags_request("arn:aws:s3:::b"), None);
    }
}
