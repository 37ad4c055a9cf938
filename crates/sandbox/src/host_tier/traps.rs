//! What was thrown out of a call, from its message. Browsers word them each in its own way; what is not known here is for wasmi to find out.

use super::instance::Ended;
use crate::guest::Trap;

/// The trap, or that the run has to be done again elsewhere: at any trap but `unreachable` the units are not known (`docs/adr/0010`).
pub(super) fn trap_of(message: &str) -> Result<Trap, Ended> {
    let has = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    // V8 and JavaScriptCore; SpiderMonkey.
    if has(&["call stack", "too much recursion"]) {
        Err(Ended::Stack)
    } else if has(&["unreachable", "Unreachable"]) {
        Ok(Trap::Unreachable)
    } else {
        Err(Ended::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_known() {
        for message in
            ["unreachable", "unreachable executed", "Unreachable code should not be executed"]
        {
            assert_eq!(trap_of(message).ok(), Some(Trap::Unreachable), "{message}");
        }
        for message in ["Maximum call stack size exceeded", "too much recursion"] {
            assert!(matches!(trap_of(message), Err(Ended::Stack)), "{message}");
        }
        for message in
            ["memory access out of bounds", "divide by zero", "dereferencing a null pointer"]
        {
            assert!(matches!(trap_of(message), Err(Ended::Unknown)), "{message}");
        }
    }
}
