//! AWS Identity and Access Management: roles with their policies, and the one evaluator that decides whether a request is allowed.
//!
//! `document` reads policies, `conditions` and `wildcard` compare, `evaluate` decides and says why, `managed` holds the policies that
//! AWS keeps, `roles` keeps those of customers, `api` is the list of operations, `requests` says what a request to a service asks for.
//!
//! Nothing here is asked unless the session has made the role that a function has: a function whose role nobody made may do
//! everything, as it always could here.
//!
//! Invariant: the evaluator is a function of its arguments; it reads no state and draws nothing.

mod api;
mod conditions;
mod document;
mod evaluate;
mod managed;
mod requests;
mod roles;
#[cfg(test)]
mod tests;
mod wildcard;

pub(crate) use api::handle;
pub(crate) use requests::{Function, forbids, lets_in, no_resource_policy};
pub(crate) use roles::Iam;
