//! Who may call: the statement that lets a topic or a rule in, added to the policy of what it is to call, as the console adds it.

use super::queue::queue_url;
use super::{arn_name, of_function, permission_sid, request, statements, text_at};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};

/// The request for the policy of a target; none for what is let in otherwise, or is no ARN yet.
pub fn policy_of(target: &str) -> Option<ApiRequest> {
    let parts: Vec<&str> = target.splitn(6, ':').collect();
    let ["arn", _, service, _, _, name] = parts[..] else { return None };
    if name.is_empty() {
        return None;
    }
    match service {
        "lambda" if name.starts_with("function:") => {
            Some(of_function("GetPolicy", target, json!({})))
        }
        "sqs" => {
            let params = json!({ "QueueUrl": queue_url(name), "AttributeNames": ["Policy"] });
            Some(request("sqs", "GetQueueAttributes", params))
        }
        "sns" => Some(request("sns", "GetTopicAttributes", json!({ "TopicArn": target }))),
        _ => None,
    }
}

/// The request that lets a service in for one of its sources, from the answer to [`policy_of`] (none when that was refused: a function has no
/// policy then, a queue or a topic is not there). None when it is let in already. The statement is named after its source, so that one source has one.
pub fn permission(
    target: &str,
    service: &str,
    source_arn: &str,
    answer: Option<&Value>,
) -> Option<ApiRequest> {
    let sid = permission_sid(source_arn);
    let kind = target.split(':').nth(2)?;
    if kind == "lambda" {
        let has = answer.is_some_and(|answer| statements(answer).iter().any(|one| one.sid == sid));
        return (!has).then(|| {
            let params = json!({
                "FunctionName": target, "StatementId": sid, "Action": "lambda:InvokeFunction", "Principal": service, "SourceArn": source_arn,
            });
            request("lambda", "AddPermission", params)
        });
    }
    let text = text_at(answer?, "/Attributes/Policy");
    let mut policy: Value = serde_json::from_str(&text)
        .unwrap_or_else(|_| json!({ "Version": "2012-10-17", "Statement": [] }));
    if !policy["Statement"].is_array() {
        policy["Statement"] = json!([policy["Statement"].take()]);
    }
    let all = policy["Statement"].as_array_mut()?;
    if all.iter().any(|statement| statement["Sid"] == *sid) {
        return None;
    }
    let action = if kind == "sqs" { "sqs:SendMessage" } else { "sns:Publish" };
    all.push(json!({
        "Sid": sid, "Effect": "Allow", "Principal": { "Service": service }, "Action": action, "Resource": target,
        "Condition": { "ArnEquals": { "aws:SourceArn": source_arn } },
    }));
    put_policy(target, &policy.to_string())
}

/// The request that gives a queue, a topic or an event bus another policy; an empty one takes that of a queue or a bus away.
pub fn put_policy(arn: &str, policy: &str) -> Option<ApiRequest> {
    let name = arn_name(arn);
    Some(match arn.split(':').nth(2)? {
        "sqs" => {
            let params = json!({ "QueueUrl": queue_url(name), "Attributes": { "Policy": policy } });
            request("sqs", "SetQueueAttributes", params)
        }
        "sns" => {
            let params =
                json!({ "TopicArn": arn, "AttributeName": "Policy", "AttributeValue": policy });
            request("sns", "SetTopicAttributes", params)
        }
        "events" if policy.trim().is_empty() => {
            let params = json!({ "EventBusName": name, "RemoveAllPermissions": true });
            request("events", "RemovePermission", params)
        }
        "events" => {
            let params = json!({ "EventBusName": name, "Policy": policy });
            request("events", "PutPermission", params)
        }
        _ => return None,
    })
}

/// `PutPermission` of one statement: another account, or `*` for all of them, maybe only those of an organization.
pub fn put_bus_permission(bus: &str, sid: &str, principal: &str, organization: &str) -> ApiRequest {
    let mut params = json!({
        "EventBusName": bus, "Action": "events:PutEvents", "StatementId": sid.trim(), "Principal": principal.trim(),
    });
    if !organization.trim().is_empty() {
        params["Condition"] = json!({
            "Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": organization.trim(),
        });
    }
    request("events", "PutPermission", params)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:q";
    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:t";

    #[test]
    fn a_queue_lets_a_topic_in_once_and_keeps_what_its_policy_says() {
        assert!(policy_of("arn:aws:sqs:us-east-1:123456789012:").is_none());
        assert!(policy_of("q").is_none());
        assert_eq!(
            permission(QUEUE, "sns.amazonaws.com", TOPIC, None),
            None,
            "there is no such queue"
        );
        let other = json!({ "Version": "2012-10-17", "Statement": { "Sid": "mine" } });
        let answer = |policy: &str| json!({ "Attributes": { "Policy": policy } });
        let before = answer(&other.to_string());
        let set = permission(QUEUE, "sns.amazonaws.com", TOPIC, Some(&before)).unwrap();
        assert_eq!(set.operation, "SetQueueAttributes");
        let text = text_at(&set.params, "/Attributes/Policy");
        let policy: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&policy["Statement"][0]["Sid"], &policy["Statement"][1]["Sid"]),
            (&json!("mine"), &json!("sns-t"))
        );
        assert_eq!(permission(QUEUE, "sns.amazonaws.com", TOPIC, Some(&answer(&text))), None);
        let fresh = permission(QUEUE, "sns.amazonaws.com", TOPIC, Some(&json!({}))).unwrap();
        assert!(text_at(&fresh.params, "/Attributes/Policy").contains(QUEUE));
    }

    #[test]
    fn a_policy_is_written_in_the_words_of_whose_it_is() {
        let put =
            |arn: &str, policy: &str| put_policy(arn, policy).map(|request| request.operation);
        assert_eq!(put(QUEUE, "").as_deref(), Some("SetQueueAttributes"));
        assert_eq!(put(TOPIC, "{}").as_deref(), Some("SetTopicAttributes"));
        let bus = "arn:aws:events:us-east-1:123456789012:event-bus/b";
        assert_eq!(put_policy(bus, "{}").expect("a bus").params["EventBusName"], "b");
        assert_eq!(put(bus, " ").as_deref(), Some("RemovePermission"));
        assert_eq!(put("arn:aws:s3:::b", "{}"), None);
    }

    #[test]
    fn a_function_without_a_policy_gets_one() {
        let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
        let made = permission(function, "events.amazonaws.com", TOPIC, None).unwrap();
        assert_eq!(
            (made.operation.as_str(), text_at(&made.params, "/StatementId").as_str()),
            ("AddPermission", "sns-t")
        );
        let policy = json!({ "Policy": json!({ "Statement": [{ "Sid": "sns-t" }] }).to_string() });
        assert_eq!(permission(function, "events.amazonaws.com", TOPIC, Some(&policy)), None);
    }
}
