//! The expressions of the States Language: JSONPath in Jayway's dialect, reference paths, the intrinsic functions
//! `States.*` and the payload templates that hold them; and JSONata ([`jsonata`]).
//!
//! Sans-IO: randomness and time are arguments ([`intrinsic::Randomness`], [`jsonata::Scope`]), nothing here reads a
//! clock.
//!
//! Invariant: no text and no document panics; work is bounded by [`jsonpath::STEPS_MAX`], [`jsonata::Limits`] and
//! friends.

pub mod intrinsic;
pub mod jsonata;
pub mod jsonpath;
mod lenient;
pub mod reference;
pub mod scope;
pub mod template;
