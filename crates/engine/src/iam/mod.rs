//! AWS Identity and Access Management: roles with their policies, and the one evaluator that decides whether a request is allowed.
//!
//! `document` reads policies, `conditions` and `wildcard` compare, `evaluate` decides and says why, `managed` holds the policies that
//! AWS keeps, `roles` keeps those of customers, `api` is the list of operations, `requests` says what a request to a service asks for,
//! `door` whom it is asked of, and `named` what is asked of roles when they are given to something.
//!
//! A role that nobody has made is not asked: whoever has it may do everything, as it always was here.
//!
//! Invariant: the evaluator is a function of its arguments; it reads no state and draws nothing.

mod api;
mod conditions;
mod document;
mod door;
mod evaluate;
mod managed;
mod named;
mod requests;
mod roles;
#[cfg(test)]
mod tests;
mod wildcard;

pub(crate) use api::handle;
pub(crate) use door::{Account, bus_forbids, lets_in, muted, refuses};
pub(crate) use roles::Iam;
