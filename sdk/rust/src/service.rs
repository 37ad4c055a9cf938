//! What [`run`](crate::run) can run: async functions, plain functions, and types of one's own.

use std::future::{Future, Ready, ready};

/// Something that answers requests, one at a time. The shape of `tower::Service` without readiness, which
/// means nothing here: the next event only comes when the last one is answered.
pub trait Service<Request> {
    /// What a success is.
    type Response;
    /// What a failure is.
    type Error;
    /// The work.
    type Future: Future<Output = Result<Self::Response, Self::Error>>;
    /// Begins to answer a request.
    fn call(&mut self, request: Request) -> Self::Future;
}

/// Made by [`service_fn`].
#[derive(Debug, Clone, Copy)]
pub struct ServiceFn<F>(F);

/// A [`Service`] of an `async fn`, or of a closure that returns a future.
pub fn service_fn<F>(handler: F) -> ServiceFn<F> {
    ServiceFn(handler)
}

impl<F, Request, Work, Response, Error> Service<Request> for ServiceFn<F>
where
    F: FnMut(Request) -> Work,
    Work: Future<Output = Result<Response, Error>>,
{
    type Response = Response;
    type Error = Error;
    type Future = Work;
    fn call(&mut self, request: Request) -> Work {
        (self.0)(request)
    }
}

/// Made by [`sync_fn`].
#[derive(Debug, Clone, Copy)]
pub struct SyncFn<F>(F);

/// A [`Service`] of a plain function: most handlers have nothing to wait for.
pub fn sync_fn<F>(handler: F) -> SyncFn<F> {
    SyncFn(handler)
}

impl<F, Request, Response, Error> Service<Request> for SyncFn<F>
where
    F: FnMut(Request) -> Result<Response, Error>,
{
    type Response = Response;
    type Error = Error;
    type Future = Ready<Result<Response, Error>>;
    fn call(&mut self, request: Request) -> Self::Future {
        ready((self.0)(request))
    }
}
