//! Chance: seeded workloads that hold the invariants, and requests that nobody would send.

use super::{Client, play};
use crate::rng::Rng;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Sends, receives, deletes, hides and waits at random; nothing is lost, nothing is received that is in flight, and groups keep
/// their order.
fn workload(client: &mut Client, seed: u64, is_fifo: bool) {
    let mut rng = Rng::new(seed);
    let url = if is_fifo {
        client.queue("q.fifo", json!({ "FifoQueue": "true", "VisibilityTimeout": "20" }))
    } else {
        client.queue("q", json!({ "VisibilityTimeout": "20" }))
    };
    let mut now = 0;
    let mut alive: BTreeSet<u64> = BTreeSet::new();
    // By number of the message: its handle, and until when it is hidden.
    let mut in_flight: BTreeMap<u64, (Value, u64)> = BTreeMap::new();
    let group_of = |number: u64| number % 3;
    for number in 0..150 {
        match rng.below(6) {
            0 | 1 if is_fifo => {
                client.send_to(&url, &group_of(number).to_string(), &number.to_string());
                alive.insert(number);
            }
            0 | 1 => {
                client.send(&url, &number.to_string());
                alive.insert(number);
            }
            2 | 3 => {
                in_flight.retain(|_, (_, until)| *until > now);
                for message in client.receive(&url) {
                    let number: u64 = message["Body"].as_str().unwrap().parse().unwrap();
                    assert!(alive.contains(&number), "deleted messages are gone");
                    assert!(
                        !in_flight.contains_key(&number),
                        "a message in flight is nobody else's"
                    );
                    if is_fifo {
                        let before = alive
                            .range(..number)
                            .filter(|other| group_of(**other) == group_of(number));
                        let hidden = before.filter(|other| {
                            in_flight.get(other).is_none_or(|(_, until)| *until != now + 20)
                        });
                        assert_eq!(
                            hidden.count(),
                            0,
                            "those before it were received just now, with it"
                        );
                    }
                    in_flight.insert(number, (message["ReceiptHandle"].clone(), now + 20));
                }
            }
            4 => {
                in_flight.retain(|_, (_, until)| *until > now);
                if let Some((number, (handle, _))) = in_flight.pop_first() {
                    client
                        .call("DeleteMessage", json!({ "QueueUrl": url, "ReceiptHandle": handle }));
                    alive.remove(&number);
                }
            }
            _ => {
                now += rng.below(30);
                client.at(now);
            }
        }
    }
    now += 1_000;
    client.at(now);
    let mut left = BTreeSet::new();
    loop {
        let received = client.receive(&url);
        if received.is_empty() {
            break;
        }
        received.iter().for_each(|message| client.delete(&url, message));
        left.extend(
            received
                .iter()
                .map(|message| message["Body"].as_str().unwrap().parse::<u64>().unwrap()),
        );
    }
    assert_eq!(left, alive, "every message that was not deleted is there");
}

#[test]
fn nothing_is_lost_and_nothing_is_out_of_order() {
    for seed in 0..12 {
        play(|client| workload(client, seed, false));
        play(|client| workload(client, seed, true));
    }
}

#[test]
fn no_request_panics() {
    let model = crate::model::service("sqs").unwrap();
    let names: Vec<&String> = model.operations.keys().collect();
    // A replay would not go past the model; played twice it is the same all the same.
    let run = || {
        let mut client = Client::new();
        let url = client.queue("q", json!({ "RedrivePolicy": super::redrive("dead", 1) }));
        let fifo = client.queue("q.fifo", json!({ "FifoQueue": "true" }));
        client.queue("dead", json!({}));
        let mut rng = Rng::new(5);
        for round in 0..1_500 {
            // Half of them go past the model's checks.
            client.engine.skip_model(round % 2 == 0);
            let operation = names[rng.below(names.len() as u64) as usize];
            let mut params = json!({});
            for member in model.input_members(&model.operations[operation]) {
                let odd = [
                    json!(url),
                    json!(fifo),
                    json!("q"),
                    json!("dead"),
                    json!(null),
                    json!(-1),
                    json!(7),
                    json!(true),
                    json!([]),
                    json!({}),
                    json!(["All", "q", 3]),
                    json!("AQEBMS8wLzEveA=="),
                    json!(u64::MAX),
                    json!([{ "Id": "1", "MessageBody": "m", "ReceiptHandle": "AQEB", "MessageGroupId": "g", "MessageDeduplicationId": "d" }]),
                    json!({ "DelaySeconds": "1", "RedrivePolicy": "{}", "k": { "DataType": "Binary", "BinaryValue": 3 } }),
                    json!("arn:aws:sqs:us-east-1:123456789012:dead"),
                    json!("é\u{0}"),
                ];
                let sensible = rng.below(2) == 0;
                params[&member.name] = match member.name.as_str() {
                    "QueueUrl" if sensible => json!(url),
                    "SourceArn" if sensible => json!("arn:aws:sqs:us-east-1:123456789012:dead"),
                    "MessageBody" if sensible => json!("m"),
                    _ => odd[rng.below(odd.len() as u64) as usize].clone(),
                };
            }
            let _ = client.ask(operation, params);
        }
        client.engine.digest()
    };
    assert_eq!(run(), run());
}
