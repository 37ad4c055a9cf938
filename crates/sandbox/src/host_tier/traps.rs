//! What was thrown out of a call, from its message. Browsers word them each in its own way; what is not known here is for wasmi to find out.

use super::instance::Ended;
use crate::guest::Trap;

/// The trap, or that the run has to be done again elsewhere.
pub(super) fn trap_of(message: &str) -> Result<Trap, Ended> {
    let has = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    // V8; SpiderMonkey; JavaScriptCore.
    Err(if has(&["call stack", "too much recursion"]) {
        Ended::Stack
    } else if has(&["unreachable", "Unreachable"]) {
        return Ok(Trap::Unreachable);
    } else if has(&["table index", "index out of bounds", "call_indirect to out of bounds"])
        && !has(&["memory"])
    {
        return Ok(Trap::table());
    } else if has(&["memory access out of bounds", "Out of bounds memory access"]) {
        return Ok(Trap::MemoryOutOfBounds);
    } else if has(&["null function", "indirect call", "signature"]) {
        return Ok(Trap::indirect_call());
    } else if has(&["by zero"]) {
        return Ok(Trap::division());
    } else if has(&["unrepresentable", "integer overflow"]) {
        return Ok(Trap::conversion());
    } else {
        Ended::Unknown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_known() {
        let known = [
            ("unreachable", Trap::Unreachable),
            ("unreachable executed", Trap::Unreachable),
            ("memory access out of bounds", Trap::MemoryOutOfBounds),
            ("table index is out of bounds", Trap::table()),
            ("null function or function signature mismatch", Trap::indirect_call()),
            ("divide by zero", Trap::division()),
            ("remainder by zero", Trap::division()),
            ("divide result unrepresentable", Trap::conversion()),
            ("float unrepresentable in integer range", Trap::conversion()),
        ];
        for (message, trap) in known {
            assert_eq!(trap_of(message).ok(), Some(trap), "{message}");
        }
        assert!(matches!(trap_of("Maximum call stack size exceeded"), Err(Ended::Stack)));
        assert!(matches!(trap_of("dereferencing a null pointer"), Err(Ended::Unknown)));
    }
}
