//! Which part a function goes to.
//!
//! A part claims functions by their names, and gets what is reached from nowhere else. What the first screen needs is what is reached from
//! the exports and from the function table without passing through a claimed function.
//!
//! Linkers and optimisers fold functions that have equal code, under one of their names, so that a small function may belong to others too:
//! it stays where it is as soon as something outside of the part refers to it. So does one that is claimed only by a type that it is made
//! for (`drop_in_place::<wast::Module>`) when something outside calls it: it is how the outside holds the part's values, be it none.

use super::Rule;
use super::module::Module;
use crate::progress::{Failure, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// A function with less code than this is not worth the code that would stand in for it.
const SIZE_MIN: usize = 100;

/// The same for a function in the table that is claimed by a type that it is made for.
const SIZE_OF_OTHERS_MIN: usize = 120;

/// Whether a name has the pattern at the beginning of a path: `wast::` is in `<wast::A as B>::c`, not in `fastwast::d`. A pattern that begins
/// otherwise (` as core::fmt::Debug>`) may be anywhere.
fn has(name: &str, pattern: &str) -> bool {
    if pattern.starts_with(' ') {
        return name.contains(pattern);
    }
    name.match_indices(pattern).any(|(at, _)| {
        !name[..at]
            .ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
    })
}

/// Whether the name's own path begins with the pattern, not only that of a type inside.
fn is_of(name: &str, pattern: &str) -> bool {
    let mut path = name;
    loop {
        let shorter = path.trim_start_matches(['<', '&', '[', '(', '*']);
        let shorter = ["mut ", "const ", "dyn "]
            .iter()
            .fold(shorter, |path, word| path.strip_prefix(word).unwrap_or(path));
        if shorter.len() == path.len() {
            return path.starts_with(pattern);
        }
        path = shorter;
    }
}

/// The part of each function that moves.
pub(crate) type Homes = BTreeMap<u32, usize>;

/// By what a function is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// By a type that it is made for.
    Type,
    /// By the beginning of its own path.
    Path,
    /// By its whole name: it moves however small it is, for the sake of the data that only it refers to.
    Name,
}

struct Choice<'a> {
    module: &'a Module<'a>,
    rules: &'a [Rule],
    /// The part that claims each function, and how.
    claims: BTreeMap<u32, (usize, Claim)>,
}

/// Chooses.
pub(crate) fn choose(module: &Module<'_>, rules: &[Rule]) -> Outcome<Homes> {
    let mut needed = BTreeSet::new();
    for rule in rules {
        for need in rule.needs {
            if !rules.iter().any(|other| other.name == *need) {
                return Err(Failure::new(format!(
                    "part `{}` needs `{need}`, which is no part",
                    rule.name
                )));
            }
            needed.insert(*need);
        }
    }
    let mut choice = Choice { module, rules, claims: BTreeMap::new() };
    choice.claim();
    // Each round finds functions that must stay; those that they reach stay as well.
    let mut stay: BTreeSet<u32> = module.roots();
    loop {
        let primary = choice.primary(&stay);
        let (homes, shared) = choice.homes(&primary);
        if shared.is_empty() {
            return Ok(homes);
        }
        stay.extend(shared);
    }
}

impl Choice<'_> {
    fn claim(&mut self) {
        for (index, function) in (self.module.imported_functions..).zip(&self.module.functions) {
            let name = function.name.as_str();
            let claims = self.rules.iter().enumerate().flat_map(|(part, rule)| {
                let patterns = rule.claims.iter().filter(|pattern| has(name, pattern));
                patterns.map(move |pattern| {
                    let claim = match is_of(name, pattern) {
                        _ if name == *pattern => Claim::Name,
                        true => Claim::Path,
                        false => Claim::Type,
                    };
                    (claim, pattern.len(), part)
                })
            });
            // The claim on the function itself comes before those on types that it is made for, the longest pattern before shorter ones.
            let Some((own, _, part)) = claims.max_by_key(|(own, length, _)| (*own, *length)) else {
                continue;
            };
            let stays = self.rules[part].stays.iter().any(|pattern| has(name, pattern));
            if !stays && !function.pinned {
                self.claims.insert(index, (part, own));
            }
        }
    }

    /// Whether the function moves although something outside of its part refers to it: by a call, or from the table.
    fn is_firm(&self, index: u32, called: bool) -> bool {
        let size = self.module.function(index).map_or(0, super::module::Function::size);
        self.claims.get(&index).is_some_and(|(_, claim)| match claim {
            Claim::Name => true,
            Claim::Path => size >= SIZE_MIN,
            Claim::Type => !called && size >= SIZE_OF_OTHERS_MIN,
        })
    }

    /// What is reached without passing through a claimed function. Claims that do not hold are given up.
    fn primary(&mut self, stay: &BTreeSet<u32>) -> BTreeSet<u32> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<u32> = Vec::new();
        for slot in &self.module.slots {
            if !self.is_firm(slot.function, false) {
                open.push(slot.function);
            }
        }
        open.extend(stay);
        while let Some(index) = open.pop() {
            if self.is_firm(index, true) && !stay.contains(&index) {
                continue;
            }
            self.claims.remove(&index);
            if reached.insert(index)
                && let Some(function) = self.module.function(index)
            {
                open.extend(&function.calls);
            }
        }
        reached
    }

    /// The part of each other function, and those that parts share without one needing the other.
    fn homes(&self, primary: &BTreeSet<u32>) -> (Homes, BTreeSet<u32>) {
        let mut reaching: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        for part in 0..self.rules.len() {
            let claimed = self.claims.iter().filter(|(_, claim)| claim.0 == part);
            let mut open: Vec<u32> = claimed.map(|(index, _)| *index).collect();
            while let Some(index) = open.pop() {
                let foreign = self.claims.get(&index).is_some_and(|claim| claim.0 != part);
                if foreign || primary.contains(&index) {
                    continue;
                }
                let Some(function) = self.module.function(index) else { continue };
                if reaching.entry(index).or_default().insert(part) {
                    open.extend(&function.calls);
                }
            }
        }
        let mut homes = Homes::new();
        let mut shared = BTreeSet::new();
        for (index, parts) in reaching {
            let pinned = self.module.function(index).is_some_and(|function| function.pinned);
            // One of them that the others need, or else one that all of them need.
            let others = (0..self.rules.len()).filter(|part| !parts.contains(part));
            let home = (parts.iter().copied().chain(others))
                .find(|home| parts.iter().all(|part| self.brings(*part, *home)));
            match home {
                Some(home) if !pinned => {
                    homes.insert(index, home);
                }
                _ => {
                    shared.insert(index);
                }
            }
        }
        (homes, shared)
    }

    /// Whether one part is of no use without another.
    fn brings(&self, part: usize, other: usize) -> bool {
        part == other || self.rules[part].needs.contains(&self.rules[other].name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_the_beginning_of_a_path() {
        assert!(has("wast::parser::parse", "wast::"));
        assert!(has("<core::Foo<wast::A> as core::Drop>::drop", "wast::"));
        assert!(has("<wast::A as core::Drop>::drop", " as core::Drop>"));
        assert!(!has("fastwast::parse", "wast::") && !has("my::wast::parse", "wast::"));
    }

    #[test]
    fn a_function_is_of_the_crate_that_its_path_begins_with() {
        assert!(is_of("<&mut wast::A as core::fmt::Debug>::fmt", "wast::"));
        assert!(is_of("wast::parser::parse::<core::A>", "wast::"));
        assert!(!is_of("core::ptr::drop_in_place::<wast::A>", "wast::"));
    }
}
