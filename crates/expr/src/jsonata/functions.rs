//! The functions that Step Functions adds to JSONata.
//!
//! | function | what it gives |
//! |---|---|
//! | `$partition(array, size)` | the array in pieces of `size` |
//! | `$range(first, last, step)` | numbers; the last is included when a step lands on it |
//! | `$hash(text, algorithm)` | hexadecimal digits; MD5, SHA-1, SHA-256, SHA-384 or SHA-512 |
//! | `$random([seed])` | a number from 0 up to 1; with a seed, what `java.util.Random` gives first |
//! | `$uuid()` | a version 4 UUID |
//! | `$parse(text)` | the value of a JSON text |
//!
//! Source: "JSONata functions provided by Step Functions" in the developer guide; recorded answers. `$eval` is a
//! non-function there.

use crate::intrinsic;
use jlens_core::{Bindings, Error, HostFunction};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The generator's position. Atomic because the library's functions may be called from any thread.
pub(crate) type Generator = Arc<AtomicU64>;

/// The next 64 bits (SplitMix64).
pub(crate) fn next(generator: &Generator) -> u64 {
    let state = generator.load(Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
    generator.store(state, Ordering::Relaxed);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

type Given = Result<Option<Value>, Error>;

/// Binds what Step Functions means by `name`, if it means anything of its own.
pub(crate) fn bind(bindings: Bindings, name: &str, generator: &Generator) -> Bindings {
    let generator = generator.clone();
    let function = match name {
        "partition" => signed("<an:a>", partition),
        "range" => signed("<nnn:a>", range),
        "hash" => signed("<ss:s>", hash),
        "parse" => signed("<s:x>", parse),
        "random" => signed("<n?:n>", move |given| Ok(Some(random(given, &generator)))),
        "uuid" => HostFunction::new(0, move |_, _| Ok(Some(uuid(&generator)))).without_input(),
        // Nothing that can be bound is undefined; null cannot be called either.
        "eval" => return bindings.var(name, Value::Null),
        _ => return bindings,
    };
    bindings.function(name, function)
}

fn signed(
    signature: &str,
    function: impl Fn(&[Option<Value>]) -> Given + Send + Sync + 'static,
) -> HostFunction {
    HostFunction::with_signature(signature, move |given, _| function(given))
        .expect("the signatures above are valid")
        .without_input()
}

fn failed(message: impl Into<String>) -> Error {
    Error::new("").with("message", message.into())
}

fn number(given: &[Option<Value>], at: usize) -> Option<f64> {
    given.get(at)?.as_ref()?.as_f64()
}

fn text(given: &[Option<Value>], at: usize) -> Option<&str> {
    given.get(at)?.as_ref()?.as_str()
}

fn partition(given: &[Option<Value>]) -> Given {
    let (Some(Some(Value::Array(items))), Some(size)) = (given.first(), number(given, 1)) else {
        return Ok(None);
    };
    if size < 1.0 {
        return Err(failed("The size of a partition must be at least 1"));
    }
    let pieces = items.chunks(size as usize).map(|piece| Value::Array(piece.to_vec())).collect();
    Ok(Some(Value::Array(pieces)))
}

fn range(given: &[Option<Value>]) -> Given {
    let (Some(first), Some(last), Some(step)) =
        (number(given, 0), number(given, 1), number(given, 2))
    else {
        return Ok(None);
    };
    if step == 0.0 {
        return Err(failed("The step of a range must not be 0"));
    }
    let count = ((last - first) / step).floor() + 1.0;
    if count > super::Limits::STEP_FUNCTIONS.array_items as f64 {
        return Err(Error::new("U1001").with("message", "The range is too long"));
    }
    let numbers = (0..count.max(0.0) as u64).map(|at| integral(first + at as f64 * step));
    // A sequence of JSONata: of one value it is that value (recorded), and of none it is nothing.
    let mut numbers: Vec<Value> = numbers.collect();
    Ok(match numbers.len() {
        0 => None,
        1 => numbers.pop(),
        _ => Some(Value::Array(numbers)),
    })
}

/// A number as JSONata writes it: without a fraction when it has none.
fn integral(number: f64) -> Value {
    if number == number.trunc() && number.abs() < 9_007_199_254_740_992.0 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}

fn hash(given: &[Option<Value>]) -> Given {
    let (Some(data), Some(algorithm)) = (text(given, 0), text(given, 1)) else { return Ok(None) };
    intrinsic::hash(data, algorithm).map(|digits| Some(Value::String(digits))).map_err(failed)
}

fn parse(given: &[Option<Value>]) -> Given {
    let Some(json) = text(given, 0) else { return Ok(None) };
    serde_json::from_str(json).map(Some).map_err(|error| failed(error.to_string()))
}

fn random(given: &[Option<Value>], generator: &Generator) -> Value {
    match number(given, 0) {
        Some(seed) => Value::from(java_random(seed as i64)),
        None => Value::from((next(generator) >> 11) as f64 / (1_u64 << 53) as f64),
    }
}

/// The first `nextDouble()` of a `java.util.Random` with this seed, whose algorithm its documentation fixes: a linear
/// congruential generator of 48 bits, of which 26 and then 27 are taken.
fn java_random(seed: i64) -> f64 {
    const MASK: u64 = (1 << 48) - 1;
    const FACTOR: u64 = 0x5_deec_e66d;
    let first = ((seed as u64 ^ FACTOR) & MASK).wrapping_mul(FACTOR).wrapping_add(0xb) & MASK;
    let second = first.wrapping_mul(FACTOR).wrapping_add(0xb) & MASK;
    (((first >> 22) << 27) + (second >> 21)) as f64 / (1_u64 << 53) as f64
}

fn uuid(generator: &Generator) -> Value {
    Value::String(intrinsic::uuid(next(generator), next(generator)))
}
