//! What an execution environment keeps between invocations: globals for as long as the process lives, `/tmp` even
//! when a timeout ends the process. Invoke it a few times, let it hang once, and look at both counts.

use coldstart_handler::{Error, LambdaEvent, run, sync_fn};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fs, io, thread};

/// Zero in every new process: after a cold start, and after a timeout too.
static IN_MEMORY: AtomicU32 = AtomicU32::new(0);
const FILE: &str = "/tmp/count";

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// Counts and answers.
    #[default]
    Count,
    /// Counts and then waits for longer than the timeout.
    Hang,
    /// Removes the file first.
    Forget,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(default)]
    action: Action,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    in_memory: u32,
    in_tmp: u32,
    new_process: bool,
}

fn count_in_tmp() -> io::Result<u32> {
    let before = match fs::read_to_string(FILE) {
        Ok(text) => text.trim().parse().unwrap_or(0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    fs::write(FILE, (before + 1).to_string())?;
    Ok(before + 1)
}

fn forget() -> io::Result<()> {
    fs::remove_file(FILE)
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn handler(event: LambdaEvent<Event>) -> Result<Counts, Error> {
    let action = event.payload.action;
    if matches!(action, Action::Forget) {
        forget()?;
    }
    let in_memory = IN_MEMORY.fetch_add(1, Ordering::Relaxed) + 1;
    let counts = Counts { in_memory, in_tmp: count_in_tmp()?, new_process: in_memory == 1 };
    println!("{} in memory, {} in {FILE}", counts.in_memory, counts.in_tmp);
    if matches!(action, Action::Hang) {
        println!("waiting for an hour …");
        thread::sleep(Duration::from_secs(3600));
    }
    Ok(counts)
}

fn main() -> Result<(), Error> {
    println!("init code: a new process");
    run(sync_fn(handler))
}
