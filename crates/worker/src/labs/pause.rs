//! Work that can be left and taken up again: a check gives way after each piece of it, so that the Worker hears its messages.
//!
//! It is written as code that waits, and whoever wants it done polls it; there is no runtime, and nothing wakes it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Something that is being worked out.
pub(super) type Work<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Gives way once.
pub(super) fn pause() -> impl Future<Output = ()> {
    let mut paused = false;
    std::future::poll_fn(move |_| match std::mem::replace(&mut paused, true) {
        false => Poll::Pending,
        true => Poll::Ready(()),
    })
}

/// Works until the next pause; what came of it, at the end.
pub(super) fn piece<T>(work: &mut Work<'_, T>) -> Option<T> {
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// Works until the end.
pub(super) fn finished<'a, T>(work: impl Future<Output = T> + 'a) -> T {
    let mut work: Work<'a, T> = Box::pin(work);
    loop {
        if let Some(done) = piece(&mut work) {
            return done;
        }
    }
}
