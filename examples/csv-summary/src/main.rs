//! Summarises a gzipped CSV file of sales: real work on a real file, which comes base64-encoded in the event.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coldstart_handler::{Error, LambdaEvent, run, service_fn};
use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;

#[derive(Debug, Deserialize)]
struct File {
    key: String,
    body: String,
}

/// A line of the file. Prices are in cents: money is not for floats.
#[derive(Debug, Deserialize)]
struct Sale {
    date: String,
    store: String,
    product: String,
    quantity: u32,
    unit_price_cents: u32,
}

impl Sale {
    fn cents(&self) -> u64 {
        u64::from(self.quantity) * u64::from(self.unit_price_cents)
    }
}

#[derive(Debug, Default, Serialize)]
struct Sum {
    sales: u32,
    units: u64,
    #[serde(serialize_with = "as_money")]
    revenue: u64,
}

impl Sum {
    fn add(&mut self, sale: &Sale) {
        self.sales += 1;
        self.units += u64::from(sale.quantity);
        self.revenue += sale.cents();
    }
}

#[derive(Debug, Serialize)]
struct Product {
    product: String,
    #[serde(flatten)]
    sum: Sum,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    key: String,
    bytes: usize,
    rows: u32,
    /// Lines that could not be read, the first few with the reason.
    rejected: u32,
    rejected_because: Vec<String>,
    total: Sum,
    #[serde(serialize_with = "as_money")]
    median_sale: u64,
    #[serde(serialize_with = "as_money")]
    p95_sale: u64,
    by_month: BTreeMap<String, Sum>,
    by_store: BTreeMap<String, Sum>,
    top_products: Vec<Product>,
}

fn as_money<S: serde::Serializer>(cents: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{}.{:02}", cents / 100, cents % 100))
}

/// The value that so many percent of the sorted values do not exceed (nearest rank).
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

fn summarise(key: String, text: &str) -> Summary {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut summary = Summary {
        key,
        bytes: text.len(),
        rows: 0,
        rejected: 0,
        rejected_because: Vec::new(),
        total: Sum::default(),
        median_sale: 0,
        p95_sale: 0,
        by_month: BTreeMap::new(),
        by_store: BTreeMap::new(),
        top_products: Vec::new(),
    };
    let mut by_product: BTreeMap<String, Sum> = BTreeMap::new();
    let mut amounts = Vec::new();
    for row in reader.deserialize::<Sale>() {
        summary.rows += 1;
        match row {
            Ok(sale) => {
                let month = sale.date.get(..7).unwrap_or(&sale.date).to_owned();
                summary.total.add(&sale);
                summary.by_month.entry(month).or_default().add(&sale);
                amounts.push(sale.cents());
                by_product.entry(sale.product.clone()).or_default().add(&sale);
                summary.by_store.entry(sale.store.clone()).or_default().add(&sale);
            }
            Err(error) => {
                summary.rejected += 1;
                if summary.rejected_because.len() < 3 {
                    summary.rejected_because.push(error.to_string());
                }
            }
        }
    }
    amounts.sort_unstable();
    summary.median_sale = percentile(&amounts, 50);
    summary.p95_sale = percentile(&amounts, 95);
    let mut products: Vec<Product> =
        by_product.into_iter().map(|(product, sum)| Product { product, sum }).collect();
    products.sort_by_key(|product| std::cmp::Reverse(product.sum.revenue));
    products.truncate(5);
    summary.top_products = products;
    summary
}

async fn handler(event: LambdaEvent<File>) -> Result<Summary, Error> {
    let File { key, body } = event.payload;
    let zipped = BASE64_STANDARD.decode(body)?;
    let mut text = String::new();
    GzDecoder::new(zipped.as_slice()).read_to_string(&mut text)?;
    println!("{key}: {} bytes, {} unpacked", zipped.len(), text.len());
    let summary = summarise(key, &text);
    println!("{} rows, {} rejected", summary.rows, summary.rejected);
    Ok(summary)
}

fn main() -> Result<(), Error> {
    run(service_fn(handler))
}
