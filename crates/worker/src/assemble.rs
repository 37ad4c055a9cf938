//! WebAssembly text to module, with the place of what is wrong.

use coldstart_protocol::Diagnostic;
use wast::core::EncodeOptions;
use wast::parser::{ParseBuffer, parse};

/// Longer texts are refused. A visitor's text has a screenful; what compilers print has less than this too.
const TEXT_BYTES_MAX: usize = 4 << 20;

/// Assembles WebAssembly text. The same text gives the same bytes as long as `wast` stays at its pinned version.
pub fn assemble(text: &str) -> Result<Vec<u8>, Vec<Diagnostic>> {
    if text.len() > TEXT_BYTES_MAX {
        let message =
            format!("The text has {} bytes; at most {TEXT_BYTES_MAX} are assembled.", text.len());
        return Err(vec![Diagnostic { offset: 0, line: 1, column: 1, message }]);
    }
    assembled(text).map_err(|fault| vec![diagnostic(text, fault.span().offset(), fault.message())])
}

fn assembled(text: &str) -> Result<Vec<u8>, wast::Error> {
    let buffer = ParseBuffer::new(text)?;
    let mut module = parse::<wast::Wat<'_>>(&buffer)?;
    EncodeOptions::default().encode_wat(&mut module)
}

fn diagnostic(text: &str, offset: usize, message: String) -> Diagnostic {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Diagnostic {
        offset,
        line: before.matches('\n').count() + 1,
        column: before[line_start..].encode_utf16().count() + 1,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, line: usize, column: usize, part: &str) {
        let faults = assemble(text).expect_err("the text is wrong");
        assert_eq!((faults[0].line, faults[0].column), (line, column), "{faults:?}");
        assert!(faults[0].message.contains(part), "{faults:?}");
    }

    #[test]
    fn a_module_assembles() {
        assert_eq!(assemble("(module)").expect("a module"), b"\0asm\x01\0\0\0");
    }

    #[test]
    fn a_fault_has_its_place() {
        check("(module\n  (func (result i32) i32.cons 1))", 2, 22, "unknown");
        check("(module\n  (func (;é𝔸;) (call $f)))", 2, 23, "$f");
        check("(module", 1, 8, "expected `)`");
        check("", 1, 1, "");
        check("(module (func (local.get 𝔸)))", 1, 26, "");
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        assert!(assemble(&"(".repeat(100_000)).is_err());
        assert!(assemble(&"(module ".repeat(100_000)).is_err());
        // Folded instructions may nest; whether such a module is taken is for the sandbox to say.
        let blocks =
            format!("(module (func {}{}))", "(block ".repeat(100_000), ")".repeat(100_000));
        assert!(assemble(&blocks).is_ok());
        let blocks = format!("(module (func {}{}))", "(block ".repeat(100_000), ")".repeat(99_999));
        assert!(assemble(&blocks).is_err());
    }
}
