//! Splits a linked module into a primary one and parts that are fetched when they are needed (`docs/adr/0005`).
//!
//! In the primary, each function that moved and is still referred to keeps its index, with a body that sees to it that its part is there and
//! calls it by its slot of the function table. A part shares the primary's memory, table and globals, and puts its functions into their slots
//! when it is instantiated. So whoever calls a function that moved need not know.
//!
//! Statics that only a part refers to go with it, and are written when it is instantiated: a part is instantiated once.
//!
//! Invariant: equal modules and rules give equal bytes.

mod choose;
mod data;
mod emit;
pub(crate) mod linked;
mod module;
pub(crate) mod table;
#[cfg(test)]
mod tests;

use self::linked::Linked;
use crate::progress::Outcome;

/// Module and name of the primary's import `(part: i32, slot: i32) -> ()`, which returns when the part has been instantiated, or throws. The
/// slot is that of the function that was called, as it stands in the list of those that moved.
const IMPORTS: &str = "parts";
const LOAD: &str = "load";
/// Module of a part's imports: the primary's exports.
const PRIMARY: &str = "primary";

/// What belongs to a part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// Beginnings of the paths of its functions and of types that functions are made for.
    pub(crate) claims: &'static [&'static str],
    /// Exceptions to that.
    pub(crate) stays: &'static [&'static str],
    /// Parts that it is of no use without: what they share goes there.
    pub(crate) needs: &'static [&'static str],
    /// Parts that alone call it, so that they are there whenever its code runs: statics that it shares with one of them go there.
    pub(crate) after: &'static [&'static str],
}

/// The modules.
pub(crate) struct Split {
    pub(crate) primary: Vec<u8>,
    /// One for each rule; none where the module has no such functions.
    pub(crate) parts: Vec<Option<Vec<u8>>>,
    /// Functions that moved and large statics, one a line, for who wants to know why a part is as large as it is.
    pub(crate) list: String,
}

/// Splits an optimised module, by what the linker knew of its data.
pub(crate) fn split(wasm: &[u8], linked: &Linked, rules: &[Rule]) -> Outcome<Split> {
    let module = module::Module::read(wasm)?;
    let homes = choose::choose(&module, rules)?;
    let plan = emit::Plan::new(&module, &homes, rules, linked)?;
    let mut list = String::new();
    for (part, rule) in rules.iter().enumerate() {
        for (index, _) in homes.iter().filter(|(_, home)| **home == part) {
            if let Some(function) = module.function(*index) {
                list.push_str(&plan.line(rule.name, *index, function));
            }
        }
    }
    let names: Vec<_> = rules.iter().map(|rule| rule.name).collect();
    list.push_str(&plan.data_lines(&names));
    Ok(Split {
        primary: plan.primary()?,
        parts: (0..rules.len()).map(|part| plan.part(part)).collect::<Outcome<_>>()?,
        list,
    })
}
