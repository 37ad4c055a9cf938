//! Queues themselves: names, attributes, pages, tags, permissions, deletion, batches.

use super::{play, redrive};
use expect_test::expect;
use serde_json::json;

#[test]
fn a_queue_is_made_once_and_found_by_name() {
    play(|client| {
        let url = client.queue("q", json!({ "DelaySeconds": "5" }));
        assert_eq!(url, "https://sqs.us-east-1.amazonaws.com/123456789012/q");
        assert_eq!(client.queue("q", json!({})), url);
        assert_eq!(
            client.call("GetQueueUrl", json!({ "QueueName": "q" }))["QueueUrl"],
            url.as_str()
        );
        let other = json!({ "QueueName": "q", "Attributes": { "DelaySeconds": "6" } });
        expect!["QueueAlreadyExists: A queue already exists with the same name and a different value for attribute DelaySeconds"]
            .assert_eq(&client.refused("CreateQueue", other));
        expect!["AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist."]
            .assert_eq(&client.refused("GetQueueUrl", json!({ "QueueName": "other" })));
        expect!["MissingParameter: The request must contain the parameter QueueUrl."]
            .assert_eq(&client.refused("ReceiveMessage", json!({})));
    });
}

#[test]
fn names_and_attributes_are_judged() {
    play(|client| {
        for (name, attributes) in [
            ("", json!({})),
            ("a b", json!({})),
            ("a.fifo", json!({})),
            ("a", json!({ "FifoQueue": "true" })),
            (&"x".repeat(81), json!({})),
        ] {
            let params = json!({ "QueueName": name, "Attributes": attributes });
            assert!(
                client.refused("CreateQueue", params).starts_with("InvalidParameterValue"),
                "{name:?}"
            );
        }
        let url = client.queue("a", json!({}));
        for (name, value) in [
            ("DelaySeconds", "901"),
            ("MaximumMessageSize", "1023"),
            ("MessageRetentionPeriod", "59"),
            ("ReceiveMessageWaitTimeSeconds", "21"),
            ("VisibilityTimeout", "-1"),
            ("VisibilityTimeout", "many"),
            ("SqsManagedSseEnabled", "perhaps"),
            ("Policy", "{"),
        ] {
            let params = json!({ "QueueUrl": url, "Attributes": { name: value } });
            let told = client.refused("SetQueueAttributes", params);
            assert_eq!(
                told,
                format!("InvalidAttributeValue: Invalid value for the parameter {name}.")
            );
        }
        let both = json!({ "QueueUrl": url, "Attributes": { "DelaySeconds": "1", "Other": "1" } });
        assert_eq!(
            client.refused("SetQueueAttributes", both),
            "InvalidAttributeName: Unknown Attribute Other."
        );
        let names = json!({ "QueueUrl": url, "AttributeNames": ["DelaySeconds", "Policy"] });
        let shown = client.call("GetQueueAttributes", names);
        assert_eq!(
            shown,
            json!({ "Attributes": { "DelaySeconds": "0" } }),
            "nothing of it was set"
        );
        for policy in [
            "{}",
            "[]",
            r#"{"deadLetterTargetArn":"x"}"#,
            &redrive("q.fifo", 1),
            &redrive("q", 0),
            &redrive("q", 1_001),
        ] {
            let params = json!({ "QueueUrl": url, "Attributes": { "RedrivePolicy": policy } });
            assert!(
                client.refused("SetQueueAttributes", params).contains("RedrivePolicy is invalid"),
                "{policy}"
            );
        }
    });
}

#[test]
fn a_name_is_free_again_after_a_minute() {
    play(|client| {
        let url = client.queue("q", json!({}));
        let waits =
            client.start("ReceiveMessage", json!({ "QueueUrl": url, "WaitTimeSeconds": 20 }));
        client.call("DeleteQueue", json!({ "QueueUrl": url }));
        assert!(client.answer(waits).is_some_and(|answer| answer.is_err()), "who waits is told");
        client.at(59);
        assert!(
            client.refused("CreateQueue", json!({ "QueueName": "q" })).contains("wait 60 seconds")
        );
        client.at(60);
        client.queue("q", json!({}));
    });
}

#[test]
fn lists_come_in_pages() {
    play(|client| {
        let urls = ["a1", "a2", "a3", "b"].map(|name| client.queue(name, json!({})));
        let first = client.call("ListQueues", json!({ "QueueNamePrefix": "a", "MaxResults": 2 }));
        assert_eq!(first["QueueUrls"], json!(urls[..2]));
        let rest =
            json!({ "QueueNamePrefix": "a", "MaxResults": 2, "NextToken": first["NextToken"] });
        assert_eq!(client.call("ListQueues", rest), json!({ "QueueUrls": [urls[2]] }));
        assert_eq!(client.call("ListQueues", json!({ "QueueNamePrefix": "c" })), json!({}));
        client.queue("source", json!({ "RedrivePolicy": redrive("b", 1) }));
        let sources = client.call("ListDeadLetterSourceQueues", json!({ "QueueUrl": urls[3] }));
        assert_eq!(sources["queueUrls"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn permissions_are_kept_in_the_policy() {
    play(|client| {
        let url = client.queue("q", json!({}));
        let add = json!({ "QueueUrl": url, "Label": "l", "AWSAccountIds": ["210987654321"], "Actions": ["SendMessage", "ReceiveMessage"] });
        client.call("AddPermission", add.clone());
        assert!(client.refused("AddPermission", add).contains("Already exists"));
        let names = json!({ "QueueUrl": url, "AttributeNames": ["Policy"] });
        let shown = client.call("GetQueueAttributes", names.clone());
        expect![[r#"{"Version":"2012-10-17","Id":"arn:aws:sqs:us-east-1:123456789012:q/SQSDefaultPolicy","Statement":[{"Sid":"l","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":["SQS:SendMessage","SQS:ReceiveMessage"],"Resource":"arn:aws:sqs:us-east-1:123456789012:q"}]}"#]]
            .assert_eq(shown["Attributes"]["Policy"].as_str().unwrap());
        let remove = json!({ "QueueUrl": url, "Label": "l" });
        client.call("RemovePermission", remove.clone());
        assert!(client.refused("RemovePermission", remove).contains("can't find label"));
        assert_eq!(client.call("GetQueueAttributes", names), json!({}));
    });
}

#[test]
fn entries_of_a_batch_succeed_or_fail_for_themselves() {
    play(|client| {
        let url = client.queue("q", json!({}));
        let entries = json!([
            { "Id": "good", "MessageBody": "a" },
            { "Id": "late", "MessageBody": "b", "DelaySeconds": 901 },
            { "Id": "odd", "MessageBody": "\u{1}" },
        ]);
        let answer =
            client.call("SendMessageBatch", json!({ "QueueUrl": url, "Entries": entries }));
        assert_eq!(answer["Successful"].as_array().map(Vec::len), Some(1));
        let failed: Vec<_> = answer["Failed"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["Code"].as_str().unwrap())
            .collect();
        assert_eq!(failed, ["InvalidParameterValue", "InvalidMessageContents"]);
        let message = client.receive(&url).remove(0);
        let entries = json!([
            { "Id": "1", "ReceiptHandle": message["ReceiptHandle"] },
            { "Id": "2", "ReceiptHandle": "nonsense" },
        ]);
        let answer =
            client.call("DeleteMessageBatch", json!({ "QueueUrl": url, "Entries": entries }));
        assert_eq!(answer["Successful"], json!([{ "Id": "1" }]));
        assert_eq!(answer["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
        assert_eq!(client.counts(&url), ["0", "0", "0"]);
        let same = json!([{ "Id": "1", "MessageBody": "a" }, { "Id": "1", "MessageBody": "b" }]);
        expect!["AWS.SimpleQueueService.BatchEntryIdsNotDistinct: Id 1 repeated."].assert_eq(
            &client.refused("SendMessageBatch", json!({ "QueueUrl": url, "Entries": same })),
        );
        expect!["AWS.SimpleQueueService.EmptyBatchRequest: There should be at least one SendMessageBatchRequestEntry in the request."]
            .assert_eq(&client.refused("SendMessageBatch", json!({ "QueueUrl": url, "Entries": [] })));
    });
}

#[test]
fn attributes_of_messages_are_judged_and_chosen() {
    play(|client| {
        let url = client.queue("q", json!({}));
        let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
        let send = |attributes: serde_json::Value| json!({ "QueueUrl": url, "MessageBody": "m", "MessageAttributes": attributes });
        for bad in [
            json!({ "n": { "DataType": "Number", "StringValue": "seven" } }),
            json!({ "n": { "DataType": "Other", "StringValue": "x" } }),
            json!({ "n": { "DataType": "" , "StringValue": "x" } }),
            json!({ "a b": text("x") }),
            (0..11).map(|i| (format!("a{i}"), text("x"))).collect(),
        ] {
            assert!(
                client
                    .refused("SendMessage", send(bad.clone()))
                    .starts_with("InvalidParameterValue"),
                "{bad}"
            );
        }
        client.call(
            "SendMessage",
            send(json!({ "a.b": text("1"), "a.c": text("2"), "d": text("3") })),
        );
        let params = json!({ "QueueUrl": url, "MessageAttributeNames": ["a.*"] });
        let got = client.call("ReceiveMessage", params);
        let names: Vec<_> =
            got["Messages"][0]["MessageAttributes"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["a.b", "a.c"]);
    });
}
