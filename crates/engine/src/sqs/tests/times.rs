//! What time does: delays, visibility, waiting, retention, dead letters and their way back.

use super::{play, redrive};
use serde_json::json;

#[test]
fn a_received_message_is_hidden_until_its_timeout() {
    play(|client| {
        let url = client.queue("q", json!({ "VisibilityTimeout": "10" }));
        client.send(&url, "a");
        let first = client.receive(&url).remove(0);
        assert_eq!(client.counts(&url), ["0", "1", "0"]);
        client.at(9);
        assert_eq!(client.bodies(&url), "");
        assert_eq!(client.counts(&url), ["0", "1", "0"]);
        client.at(10);
        assert_eq!(client.counts(&url), ["1", "0", "0"], "as of now, though nobody used the queue");
        let second = client.receive(&url).remove(0);
        assert_eq!(second["MessageId"], first["MessageId"]);
        assert_eq!(second["Attributes"]["ApproximateReceiveCount"], "2");
        assert_ne!(second["ReceiptHandle"], first["ReceiptHandle"]);
        let change = |seconds: i64| json!({ "QueueUrl": url, "ReceiptHandle": second["ReceiptHandle"], "VisibilityTimeout": seconds });
        client.call("ChangeMessageVisibility", change(100));
        client.at(109);
        assert_eq!(client.bodies(&url), "");
        assert!(
            client.refused("ChangeMessageVisibility", change(43_150)).contains("beyond the limit")
        );
        client.call("ChangeMessageVisibility", change(0));
        let third = client.receive(&url).remove(0);
        client.delete(&url, &third);
        client.delete(&url, &third);
        assert_eq!(client.counts(&url), ["0", "0", "0"]);
        assert!(client.refused("ChangeMessageVisibility", change(1)).contains("does not exist"));
        let other = client.queue("other", json!({}));
        let foreign = json!({ "QueueUrl": other, "ReceiptHandle": third["ReceiptHandle"] });
        assert!(client.refused("DeleteMessage", foreign).starts_with("ReceiptHandleIsInvalid"));
    });
}

#[test]
fn a_message_may_be_delayed() {
    play(|client| {
        let url = client.queue("q", json!({ "DelaySeconds": "5" }));
        client.send(&url, "as the queue says");
        client.call(
            "SendMessage",
            json!({ "QueueUrl": url, "MessageBody": "now", "DelaySeconds": 0 }),
        );
        assert_eq!(client.counts(&url), ["1", "0", "1"]);
        assert_eq!(client.bodies(&url), "now");
        client.at(5);
        assert_eq!(client.bodies(&url), "as the queue says");
    });
}

#[test]
fn who_waits_is_answered_when_something_comes() {
    play(|client| {
        let url = client.queue("q", json!({ "VisibilityTimeout": "7" }));
        let wait = json!({ "QueueUrl": url, "WaitTimeSeconds": 20 });
        let first = client.start("ReceiveMessage", wait.clone());
        let second = client.start("ReceiveMessage", wait.clone());
        client.at(3);
        assert!(client.answer(first).is_none());
        client.send(&url, "a");
        let got = client.answer(first).unwrap().unwrap();
        assert_eq!(got["Messages"][0]["Body"], "a");
        // Its timeout ends at ten seconds, and somebody still waits.
        client.at(9);
        assert!(client.answer(second).is_none());
        client.at(10);
        assert_eq!(client.answer(second).unwrap().unwrap()["Messages"][0]["Body"], "a");
        let nothing =
            client.call("ReceiveMessage", json!({ "QueueUrl": url, "WaitTimeSeconds": 2 }));
        assert_eq!((nothing, client.now_ms()), (json!({}), 12_000));
        // The queue's own waiting time.
        let patient = client.queue("patient", json!({ "ReceiveMessageWaitTimeSeconds": "4" }));
        assert_eq!(client.bodies(&patient), "");
        assert_eq!(client.now_ms(), 16_000);
        let delayed = json!({ "QueueUrl": patient, "MessageBody": "later", "DelaySeconds": 3 });
        client.call("SendMessage", delayed);
        assert_eq!(client.bodies(&patient), "later");
        assert_eq!(client.now_ms(), 19_000);
    });
}

#[test]
fn messages_expire() {
    play(|client| {
        let url =
            client.queue("q", json!({ "MessageRetentionPeriod": "60", "VisibilityTimeout": "5" }));
        client.send(&url, "old");
        client.at(30);
        client.send(&url, "new");
        assert_eq!(client.receive(&url).len(), 2);
        client.at(60);
        assert_eq!(client.counts(&url), ["1", "0", "0"]);
        assert_eq!(client.bodies(&url), "new");
    });
}

#[test]
fn a_queue_is_purged_once_a_minute() {
    play(|client| {
        let url = client.queue("q", json!({}));
        client.send(&url, "a");
        client.send(&url, "b");
        client.receive(&url);
        client.call("PurgeQueue", json!({ "QueueUrl": url }));
        assert_eq!(client.counts(&url), ["0", "0", "0"]);
        assert!(
            client.refused("PurgeQueue", json!({ "QueueUrl": url })).contains("every 60 seconds")
        );
        client.at(60);
        client.call("PurgeQueue", json!({ "QueueUrl": url }));
    });
}

#[test]
fn dead_letters_are_moved_and_moved_back() {
    play(|client| {
        let dead = client.queue("dead", json!({}));
        let url = client
            .queue("q", json!({ "RedrivePolicy": redrive("dead", 2), "VisibilityTimeout": "1" }));
        for body in ["a", "b", "c"] {
            client.send(&url, body);
        }
        for second in [0, 1] {
            client.at(second);
            assert_eq!(client.bodies(&url), "a b c");
        }
        client.at(2);
        assert_eq!(client.bodies(&url), "", "the third time they go");
        let letter = client.receive(&dead).remove(0);
        let source = "arn:aws:sqs:us-east-1:123456789012:q";
        assert_eq!(letter["Attributes"]["DeadLetterQueueSourceArn"], source);
        assert_eq!(letter["Attributes"]["ApproximateReceiveCount"], "3");
        client.at(40);
        let source_arn = "arn:aws:sqs:us-east-1:123456789012:dead";
        let wrong = json!({ "SourceArn": source });
        assert!(client.refused("StartMessageMoveTask", wrong).contains("Dead Letter Queue"));
        let start = json!({ "SourceArn": source_arn, "MaxNumberOfMessagesPerSecond": 1 });
        let task = client.call("StartMessageMoveTask", start.clone());
        assert!(
            client
                .refused("StartMessageMoveTask", start.clone())
                .contains("already a task running")
        );
        client.at(42);
        let listed = client.call("ListMessageMoveTasks", json!({ "SourceArn": source_arn }));
        assert_eq!(listed["Results"][0]["ApproximateNumberOfMessagesMoved"], 2);
        assert_eq!(listed["Results"][0]["Status"], "RUNNING");
        client.call("CancelMessageMoveTask", json!({ "TaskHandle": task["TaskHandle"] }));
        client.at(50);
        assert_eq!(client.counts(&dead), ["1", "0", "0"]);
        assert_eq!(client.bodies(&url), "a b", "they begin anew");
        client.call("StartMessageMoveTask", start);
        client.at(60);
        let listed = client
            .call("ListMessageMoveTasks", json!({ "SourceArn": source_arn, "MaxResults": 10 }));
        let states: Vec<_> = listed["Results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|task| task["Status"].as_str().unwrap())
            .collect();
        assert_eq!(states, ["COMPLETED", "CANCELLED"]);
    });
}
