//! Works through a batch of SQS messages and answers which of them it could not handle (`batchItemFailures`): those come again when
//! their visibility timeout is over, the others are done. Without that answer one bad message would bring the whole batch back.
//!
//! A message says itself how it goes: `{"shipment": 3, "failures": 1}` fails when it is received for the first time, and then succeeds.

use coldstart_handler::{Error, LambdaEvent, run, sync_fn};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
struct Batch {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
    attributes: Attributes,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    /// A number, as a text.
    approximate_receive_count: String,
}

#[derive(Debug, Deserialize)]
struct Shipment {
    shipment: u64,
    /// How often it fails.
    #[serde(default)]
    failures: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

fn ship(record: &Record) -> Result<u64, String> {
    let shipment: Shipment =
        serde_json::from_str(&record.body).map_err(|error| format!("no shipment: {error}"))?;
    let received: u64 = record.attributes.approximate_receive_count.parse().unwrap_or(1);
    if received <= shipment.failures {
        return Err(format!("shipment {} failed, received {received} times", shipment.shipment));
    }
    Ok(shipment.shipment)
}

fn handler(event: LambdaEvent<Batch>) -> Result<Report, Error> {
    let mut report = Report { batch_item_failures: Vec::new() };
    println!("a batch of {}", event.payload.records.len());
    for record in event.payload.records {
        match ship(&record) {
            Ok(shipment) => println!("shipment {shipment} is on its way"),
            Err(reason) => {
                println!("{reason}");
                report.batch_item_failures.push(Failure { item_identifier: record.message_id });
            }
        }
    }
    Ok(report)
}

fn main() -> Result<(), Error> {
    run(sync_fn(handler))
}
