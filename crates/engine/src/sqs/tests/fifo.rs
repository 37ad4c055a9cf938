//! FIFO queues: order, groups that block, what is sent twice.

use super::play;
use serde_json::json;

#[test]
fn a_group_waits_for_its_first_message() {
    play(|client| {
        let url = client.queue("q.fifo", json!({ "FifoQueue": "true" }));
        for (group, body) in [("g", "g1"), ("h", "h1"), ("g", "g2"), ("h", "h2")] {
            client.send_to(&url, group, body);
        }
        let one = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let first = client.call("ReceiveMessage", one.clone())["Messages"][0].clone();
        assert_eq!(
            (&first["Body"], &first["Attributes"]["MessageGroupId"]),
            (&json!("g1"), &json!("g"))
        );
        assert_eq!(client.bodies(&url), "h1 h2", "g waits for its first");
        assert_eq!(client.bodies(&url), "");
        client.delete(&url, &first);
        assert_eq!(client.bodies(&url), "g2");
        client.at(30);
        assert_eq!(
            client.bodies(&url),
            "h1 h2 g2",
            "in the order in which they were sent, group by group"
        );
    });
}

#[test]
fn what_is_received_with_no_timeout_is_not_received_twice_at_once() {
    play(|client| {
        let url = client.queue("q.fifo", json!({ "FifoQueue": "true", "VisibilityTimeout": "0" }));
        client.send_to(&url, "g", "a");
        client.send_to(&url, "g", "b");
        assert_eq!(client.bodies(&url), "a b");
        assert_eq!(client.bodies(&url), "a b");
        let plain = client.queue("q", json!({ "VisibilityTimeout": "0" }));
        client.send(&plain, "c");
        assert_eq!(client.bodies(&plain), "c");
    });
}

#[test]
fn the_same_is_not_sent_twice_within_five_minutes() {
    play(|client| {
        let url = client
            .queue("q.fifo", json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" }));
        let send = json!({ "QueueUrl": url, "MessageBody": "m", "MessageGroupId": "g" });
        let first = client.call("SendMessage", send.clone());
        client.at(299);
        let second = client.call("SendMessage", send.clone());
        assert_eq!(
            (&first["MessageId"], &first["SequenceNumber"]),
            (&second["MessageId"], &second["SequenceNumber"])
        );
        assert_eq!(client.counts(&url), ["1", "0", "0"]);
        client.at(300);
        let third = client.call("SendMessage", send);
        assert!(third["SequenceNumber"].as_str() > first["SequenceNumber"].as_str());
        assert_eq!(third["SequenceNumber"].as_str().map(str::len), Some(20));
        assert_eq!(client.bodies(&url), "m m");
    });
}

#[test]
fn members_of_the_other_kind_of_queue_are_refused() {
    play(|client| {
        let plain = client.queue("q", json!({}));
        let fifo = client.queue("q.fifo", json!({ "FifoQueue": "true" }));
        let deduplicated =
            json!({ "QueueUrl": plain, "MessageBody": "m", "MessageDeduplicationId": "d" });
        assert!(
            client.refused("SendMessage", deduplicated).contains("not valid for this queue type")
        );
        let delayed = json!({
            "QueueUrl": fifo, "MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 1,
        });
        assert!(client.refused("SendMessage", delayed).contains("not valid for this queue type"));
    });
}
