//! Fails in every way that a function can fail. The event says how; the result, the log and the next cold start say what
//! Lambda makes of it.

use coldstart_handler::{Diagnostic, Error, LambdaEvent, run, sync_fn};
use serde::Deserialize;
use std::hint::black_box;
use std::time::Duration;
use std::{process, thread};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    /// Returns an error: the environment lives on.
    Error,
    /// Panics.
    Panic,
    /// Waits for something that never comes.
    Timeout,
    /// Computes for ever.
    EndlessLoop,
    /// Takes memory until there is none.
    OutOfMemory,
    /// Ends its process.
    Exit,
    /// Does not fail, for comparison.
    None,
}

#[derive(Debug, Deserialize)]
struct Event {
    mode: Mode,
}

/// An error with a name of its own, which a state machine can catch.
struct PaymentDeclined {
    reason: &'static str,
}

impl From<PaymentDeclined> for Diagnostic {
    fn from(error: PaymentDeclined) -> Self {
        Self {
            error_type: "PaymentDeclined".into(),
            error_message: format!("The card was declined: {}", error.reason),
        }
    }
}

fn handler(event: LambdaEvent<Event>) -> Result<&'static str, PaymentDeclined> {
    println!("mode: {:?}", event.payload.mode);
    match event.payload.mode {
        Mode::Error => Err(PaymentDeclined { reason: "insufficient funds" }),
        Mode::Panic => panic!("an invariant does not hold"),
        Mode::Timeout => {
            thread::sleep(Duration::from_secs(3600));
            Ok("never reached")
        }
        Mode::EndlessLoop => {
            let mut turns = 0_u64;
            loop {
                turns = black_box(turns.wrapping_add(1));
            }
        }
        Mode::OutOfMemory => {
            let mut held = Vec::new();
            loop {
                held.push(vec![1_u8; 8 << 20]);
                println!("holding {} MB", held.len() * 8);
            }
        }
        Mode::Exit => {
            eprintln!("leaving");
            process::exit(7)
        }
        Mode::None => Ok("all is well"),
    }
}

fn main() -> Result<(), Error> {
    run(sync_fn(handler))
}
