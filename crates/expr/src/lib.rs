//! The expressions of the States Language that are not JSONata: JSONPath in Jayway's dialect, reference
//! paths, the intrinsic functions `States.*` and the payload templates that hold them.
//!
//! Sans-IO: randomness is an argument ([`intrinsic::Randomness`]), nothing here reads a clock.
//!
//! Invariant: no text and no document panics; work is bounded by [`jsonpath::STEPS_MAX`] and friends.

pub mod intrinsic;
pub mod jsonpath;
mod lenient;
pub mod reference;
pub mod scope;
pub mod template;
