//! The smallest executor: polls one future on this thread until it is ready.
//!
//! A handler's futures come from async blocks, channels and the like, never from a reactor, so a future that is pending
//! without having been woken will never be ready. That is reported, not waited for.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A future is pending and nothing will ever wake it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stalled;

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the handler waits for something that nothing here can wake: there is no async runtime in the module")
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls until the future is ready, or is pending without having been woken.
pub(crate) fn run_to_end<F: Future>(future: F) -> Result<F::Output, Stalled> {
    let mut future = pin!(future);
    let flag = Arc::new(Flag(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Ok(output);
        }
        if !flag.0.swap(false, Ordering::Relaxed) {
            return Err(Stalled);
        }
    }
}

/// Runs a future to its end on this thread, for async init code in `main`.
///
/// # Panics
///
/// When the future waits for something that nothing can wake, such as a timer of an async runtime that is not there.
pub fn block_on<F: Future>(future: F) -> F::Output {
    match run_to_end(future) {
        Ok(output) => output,
        Err(stalled) => panic!("{stalled}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, poll_fn};

    #[test]
    fn a_future_that_wakes_itself_is_polled_again() {
        let mut polls = 0;
        let output = run_to_end(poll_fn(|context| {
            polls += 1;
            if polls == 3 {
                return Poll::Ready("done");
            }
            context.waker().wake_by_ref();
            Poll::Pending
        }));
        assert_eq!(output, Ok("done"));
        assert_eq!(polls, 3);
    }

    #[test]
    fn a_future_that_nobody_wakes_is_stalled() {
        assert_eq!(run_to_end(pending::<()>()), Err(Stalled));
    }

    #[test]
    fn block_on_gives_the_output() {
        assert_eq!(block_on(async { 40 + async { 2 }.await }), 42);
    }
}
