//! The native side of `cargo xtask bench million`: prints JSON with a row for each power of ten up to INVOCATIONS.

use bench_million::Load;
use serde_json::json;
use std::error::Error;
use std::io::Write;
use std::time::Instant;
use std::{env, fs, io};

/// The invocations before each mark that are timed.
const WINDOW: u64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let invocations: u64 = env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let mut load = Load::begin(invocations);
    let (began, mut rows) = (Instant::now(), Vec::new());
    let mut mark = WINDOW;
    while mark <= invocations {
        load.run_to(mark - WINDOW);
        let (wall, processor) = (Instant::now(), processor_ns());
        let succeeded = load.run_to(mark);
        let wall_ns = wall.elapsed().as_nanos() as u64;
        rows.push(json!({
            "invocations": mark, "succeeded": succeeded, "facts": load.facts(), "memoryBytes": resident_bytes(),
            "nsEach": processor.zip(processor_ns()).map_or(wall_ns, |(from, to)| to - from) / WINDOW,
            "perSecond": mark as f64 / began.elapsed().as_secs_f64(),
        }));
        mark *= 10;
    }
    writeln!(io::stdout(), "{}", json!(rows))?;
    Ok(())
}

/// Time that the processor spent on this process: a busy machine does not show. None where the system does not tell.
fn processor_ns() -> Option<u64> {
    fs::read_to_string("/proc/self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb << 10)
}
