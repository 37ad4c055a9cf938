//! How deep the tree of a text can be, told from its tokens.
//!
//! The library reads nested texts recursively and, natively, on a stack that grows. In a browser the engine's own
//! stack overflows first and takes the instance with it. So texts that may nest too deeply are never read: AWS cannot
//! evaluate them either.
//!
//! Invariant: the tree of a text that the library reads is no deeper than [`bound`] says, but for the few levels that
//! each function and operator adds.

/// A tree deeper than this is not built. Half as much again as AWS evaluates; in V8 the worst trees of thrice this
/// overflow.
pub(crate) const DEPTH_MAX: u32 = 150;

/// Operators by how tightly they bind, the tightest first: steps and calls, products, sums, comparisons, `and`, `or`,
/// conditions and ranges, `:=`.
const CLASSES: usize = 8;
const STEP: usize = 0;
const CONDITION: usize = 6;

/// What stands between two brackets.
#[derive(Default)]
struct Level {
    /// The deepest of the parts between commas and semicolons that are complete.
    deepest: u32,
    /// The deepest operand of the current part.
    operand: u32,
    /// Operators of a class in a row, and the most of them in the current part: each puts what is on one side of it a
    /// level deeper.
    row: [u32; CLASSES],
    most: [u32; CLASSES],
    /// Bars of a transform that were read: the level ends with the third.
    bars: Option<u8>,
}

impl Level {
    fn operator(&mut self, class: usize) {
        self.row[class] += 1;
        self.most[class] = self.most[class].max(self.row[class]);
        self.row[..class].fill(0);
    }

    fn part(&mut self) {
        self.deepest = self.deepest.max(self.operand + self.most.iter().sum::<u32>());
        self.operand = 0;
        self.row = [0; CLASSES];
        self.most = [0; CLASSES];
    }
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    levels: Vec<Level>,
    /// Whether an operand comes next, so that `/` opens a regular expression and `*` is a name.
    operand: bool,
}

/// An upper bound of the depth; above [`DEPTH_MAX`] it is only known to be more.
pub(crate) fn bound(text: &str) -> u32 {
    let mut scan =
        Scan { bytes: text.as_bytes(), at: 0, levels: vec![Level::default()], operand: true };
    while scan.token() {
        if scan.levels.len() > DEPTH_MAX as usize {
            return u32::MAX;
        }
    }
    while scan.levels.len() > 1 {
        scan.close();
    }
    let mut level = scan.levels.pop().unwrap_or_default();
    level.part();
    level.deepest
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b)
}

impl Scan<'_> {
    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn byte(&self, offset: usize) -> u8 {
        self.bytes.get(self.at + offset).copied().unwrap_or(0)
    }

    fn infix(&mut self, class: usize, length: usize) {
        self.level().operator(class);
        self.at += length;
        self.operand = true;
    }

    fn open(&mut self) {
        // After an operand it is a call, an index or a group, which is one level more.
        if !self.operand {
            self.level().operator(STEP);
        }
        self.levels.push(Level::default());
        self.operand = true;
    }

    fn close(&mut self) {
        if self.levels.len() > 1
            && let Some(mut level) = self.levels.pop()
        {
            level.part();
            let outer = self.level();
            outer.operand = outer.operand.max(level.deepest + 1);
        }
        self.operand = false;
    }

    /// Reads one token; false at the end.
    fn token(&mut self) -> bool {
        let Some(&byte) = self.bytes.get(self.at) else { return false };
        let pair = [byte, self.byte(1)];
        match byte {
            _ if is_blank(byte) => self.at += 1,
            b'/' if pair == *b"/*" => self.comment(),
            b'/' if self.operand => self.regex(),
            b'"' | b'\'' => self.quoted(byte, true),
            b'`' => self.quoted(byte, false),
            b'(' | b'[' | b'{' => {
                self.open();
                self.at += 1;
            }
            b')' | b']' | b'}' => {
                self.close();
                self.at += 1;
            }
            b',' | b';' => {
                self.level().part();
                self.operand = true;
                self.at += 1;
            }
            b'|' => self.bar(),
            b':' if pair == *b":=" => self.infix(7, 2),
            b':' => {
                self.level().row[..CONDITION].fill(0);
                self.operand = true;
                self.at += 1;
            }
            b'.' if pair == *b".." => self.infix(CONDITION, 2),
            b'?' if matches!(self.byte(1), b':' | b'?') => self.infix(CONDITION, 2),
            b'?' if self.operand => self.name(1),
            b'?' => self.infix(CONDITION, 1),
            b'*' | b'%' if self.operand => self.name(1),
            b'*' if pair == *b"**" => self.infix(1, 2),
            b'*' | b'/' | b'%' => self.infix(1, 1),
            b'-' if self.operand => self.infix(1, 1),
            b'+' | b'-' | b'&' => self.infix(2, 1),
            b'!' | b'<' | b'>' if self.byte(1) == b'=' => self.infix(3, 2),
            b'~' if pair == *b"~>" => self.infix(3, 2),
            b'=' | b'<' | b'>' | b'!' | b'~' => self.infix(3, 1),
            b'.' | b'^' | b'@' | b'#' => self.infix(STEP, 1),
            _ => self.word(),
        }
        true
    }

    fn name(&mut self, length: usize) {
        self.at += length;
        self.operand = false;
    }

    fn word(&mut self) {
        let rest = &self.bytes[self.at..];
        let ends = |byte: &u8| is_blank(*byte) || b".[]{}(),@#;:?+-*/%|=<>^&!~".contains(byte);
        let length = rest.iter().position(ends).unwrap_or(rest.len()).max(1);
        match &rest[..length] {
            b"and" if !self.operand => self.infix(4, length),
            b"or" if !self.operand => self.infix(5, length),
            b"in" if !self.operand => self.infix(3, length),
            _ => self.name(length),
        }
    }

    fn comment(&mut self) {
        let rest = &self.bytes[self.at + 2..];
        let length = rest.windows(2).position(|pair| pair == b"*/");
        self.at = length.map_or(self.bytes.len(), |length| self.at + 2 + length + 2);
    }

    fn quoted(&mut self, quote: u8, escapes: bool) {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += if escapes && byte == b'\\' { 2 } else { 1 };
            if byte == quote {
                break;
            }
        }
        self.operand = false;
    }

    /// As the library finds the end of a regular expression: at a `/` outside of its brackets that is not escaped.
    fn regex(&mut self) {
        self.at += 1;
        let mut depth = 0_i64;
        while let Some(&byte) = self.bytes.get(self.at) {
            let before = &self.bytes[..self.at];
            let slashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
            self.at += 1;
            match byte {
                b'/' if depth == 0 && slashes % 2 == 0 => break,
                b'(' | b'[' | b'{' if slashes == 0 => depth += 1,
                b')' | b']' | b'}' if slashes == 0 => depth -= 1,
                _ => {}
            }
        }
        self.operand = false;
    }

    fn bar(&mut self) {
        self.at += 1;
        let bars = if self.operand { None } else { self.level().bars };
        match bars {
            None => {
                self.open();
                self.level().bars = Some(1);
            }
            Some(1) => {
                self.level().part();
                self.level().bars = Some(2);
                self.operand = true;
            }
            Some(_) => self.close(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bound;

    #[test]
    fn the_bound_follows_the_tree() {
        for (text, expected) in [
            ("1", 0),
            ("1 + 1", 1),
            ("1+1+1+1", 3),
            ("a.b.c + d.e", 3),
            ("(1)", 1),
            ("[1, [2], 3]", 2),
            ("$f(1, 2)", 2),
            ("'((((('", 0),
            ("/* ((( */ 1", 0),
            (r"$match(a, /\(((x))/)", 2),
            ("4 / 2 / 1", 2),
            ("|a|{'b': 1}, 'c'|", 2),
            ("|a|{}| / (1) / (2)", 4),
            ("- - 1", 2),
            ("*.* * 2", 2),
            ("and and and", 1),
        ] {
            assert_eq!(bound(text), expected, "{text}");
        }
        // A chain of conditions is as deep as it has branches, whatever the conditions are.
        let chain = "$states.input.type = 'x' ? 'y' : ".repeat(90) + "'z'";
        assert!(bound(&chain) < 100, "{}", bound(&chain));
        assert_eq!(bound(&"(".repeat(100_000)), u32::MAX);
    }
}
