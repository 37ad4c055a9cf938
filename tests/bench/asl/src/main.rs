//! The native side of `cargo xtask bench asl`; `run.mjs` calls it and prints the table.
//!
//! `bench-asl machines` prints definitions, inputs and outputs for the other sides; `bench-asl round` measures once and prints JSON;
//! `bench-asl profile CASE SECONDS [engine]` does nothing but run a case, `day` or `distributed`, for a profiler.

use bench_asl::machines::Case;
use bench_asl::{engine, host};
use serde_json::{Map, Value, json};
use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};
use std::{env, io};

/// As the command has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a case is repeated, by the peer too.
const SPAN: Duration = Duration::from_millis(400);

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let line = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["machines"] => machines(),
        ["round"] => round(),
        ["profile", name, seconds] => profile(name, seconds, false)?,
        ["profile", name, seconds, "engine"] => profile(name, seconds, true)?,
        _ => return Err("usage: bench-asl machines | round | profile CASE SECONDS [engine]".into()),
    };
    writeln!(io::stdout(), "{line}")?;
    Ok(())
}

fn machines() -> Value {
    let cases = Case::ALL.map(|case| {
        json!({ "name": case.name(), "transitions": case.transitions(), "definition": case.definition(),
            "input": case.input(), "output": case.output() })
    });
    json!(cases)
}

/// Transitions a second, after a run that does not count.
fn per_second(mut run: impl FnMut() -> u64, span: Duration) -> f64 {
    black_box(run());
    let (began, mut done) = (Instant::now(), 0);
    while began.elapsed() < span {
        done += black_box(run());
    }
    done as f64 / began.elapsed().as_secs_f64()
}

fn milliseconds(run: impl FnOnce() -> u64) -> f64 {
    let began = Instant::now();
    black_box(run());
    began.elapsed().as_secs_f64() * 1e3
}

fn round() -> Value {
    let mut sides = Map::new();
    for side in ["interpreter", "engine"] {
        let alone = side == "interpreter";
        let mut row = Map::new();
        for case in Case::ALL {
            let rate = match alone {
                true => per_second(host::runner(case), SPAN),
                false => per_second(engine::runner(case), SPAN),
            };
            row.insert(format!("{}PerSecond", case.name()), json!(rate));
        }
        for items in [1_000, 10_000, 100_000] {
            let run = || if alone { host::distributed(items) } else { engine::distributed(items) };
            // As many items each time, so that all are measured as well.
            let times = 100_000 / items;
            let passed = milliseconds(|| (0..times).map(|_| run()).sum());
            row.insert(format!("distributed{items}Ms"), json!(passed / times as f64));
        }
        let run = || if alone { host::day(1_000) } else { engine::day(1_000) };
        row.insert("dayMs".into(), json!(milliseconds(run)));
        sides.insert(side.into(), Value::Object(row));
    }
    Value::Object(sides)
}

fn profile(name: &str, seconds: &str, with_engine: bool) -> Result<Value, Box<dyn Error>> {
    let span = Duration::from_secs_f64(seconds.parse()?);
    let run: Box<dyn FnMut() -> u64> = match (name, with_engine) {
        ("day", false) => Box::new(|| host::day(1_000)),
        ("day", true) => Box::new(|| engine::day(1_000)),
        ("distributed", false) => Box::new(|| host::distributed(10_000)),
        ("distributed", true) => Box::new(|| engine::distributed(10_000)),
        _ => {
            let case = Case::ALL.into_iter().find(|case| case.name() == name);
            let case = case.ok_or("no such case")?;
            if with_engine { Box::new(engine::runner(case)) } else { Box::new(host::runner(case)) }
        }
    };
    Ok(json!(per_second(run, span)))
}
