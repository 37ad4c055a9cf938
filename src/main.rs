//! The page: Lambda in a browser tab. The engine runs in a Worker; here is the document, and what people see and do.

#![allow(
    unreachable_pub,
    reason = "a binary has no public interface; `pub` marks what its modules offer each other"
)]

mod actions;
mod app;
mod components;
mod engine_client;
mod hooks;
mod host;
mod model;
mod pages;
mod route;
mod storage;
mod store;

fn main() {
    host::report_panics();
    yew::Renderer::<app::Root>::with_root(host::mount_point()).render();
}
