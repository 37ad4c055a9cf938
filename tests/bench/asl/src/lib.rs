//! State machines to measure, and what runs them: the interpreter alone, and the engine with everything that an API call does.
//!
//! Nothing here reads a clock: the native program and the page that loads this as a module time the calls.

pub mod engine;
pub mod host;
pub mod machines;

use machines::Case;
use std::cell::RefCell;

/// Which machine was made, for how many, and what runs it.
type Made = (u32, u32, Box<dyn FnMut() -> u64>);

thread_local! {
    static MADE: RefCell<Option<Made>> = const { RefCell::new(None) };
}

/// For the page: runs a case so often and gives the transitions made. `side` 0 is the interpreter, 1 the engine. What a case needs
/// once (a parsed definition, a state machine in the engine) is made by the first call for it.
#[unsafe(no_mangle)]
pub extern "C" fn run(side: u32, case: u32, times: u32) -> f64 {
    let Some(&chosen) = Case::ALL.get(case as usize) else { return 0.0 };
    MADE.with_borrow_mut(|made| {
        if !matches!(made, Some((of_side, of_case, _)) if (*of_side, *of_case) == (side, case)) {
            let runner: Box<dyn FnMut() -> u64> = match side {
                0 => Box::new(host::runner(chosen)),
                _ => Box::new(engine::runner(chosen)),
            };
            *made = Some((side, case, runner));
        }
        let Some((_, _, runner)) = made else { return 0.0 };
        (0..times).map(|_| runner()).sum::<u64>() as f64
    })
}

/// For the page: a distributed Map over so many items; gives the children that succeeded. `side` as above.
#[unsafe(no_mangle)]
pub extern "C" fn distributed(side: u32, items: u32) -> f64 {
    let items = items as usize;
    (if side == 0 { host::distributed(items) } else { engine::distributed(items) }) as f64
}

/// For the page: a day of waiting in so many steps; gives the events of the history. `side` as above.
#[unsafe(no_mangle)]
pub extern "C" fn day(side: u32, steps: u32) -> f64 {
    let steps = steps as usize;
    (if side == 0 { host::day(steps) } else { engine::day(steps) }) as f64
}
