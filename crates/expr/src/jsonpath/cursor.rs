//! A window over the characters of a path, with the few ways of looking ahead that Jayway's grammar is made of.
//!
//! Only a space counts as blank here: a tab between tokens is an error in Jayway, and therefore in AWS.

use super::ParseError;

pub(super) struct Cursor {
    chars: Vec<char>,
    /// Byte offset of each character, and of the end.
    offsets: Vec<usize>,
    pub(super) position: usize,
    /// One past the last character of the window; characters behind it can still be read.
    pub(super) end: usize,
}

impl Cursor {
    /// `offset` is where `text` begins in the text that the user wrote.
    pub(super) fn new(text: &str, offset: usize) -> Cursor {
        let chars: Vec<char> = text.chars().collect();
        let mut offsets: Vec<usize> = text.char_indices().map(|(at, _)| at + offset).collect();
        offsets.push(text.len() + offset);
        let end = chars.len();
        Cursor { chars, offsets, position: 0, end }
    }

    pub(super) fn offset(&self, at: usize) -> usize {
        self.offsets.get(at).or(self.offsets.last()).copied().unwrap_or(0)
    }

    pub(super) fn fail<T>(&self, at: usize, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { position: self.offset(at), message: message.into() })
    }

    pub(super) fn at(&self, index: usize) -> Option<char> {
        self.chars.get(index).copied()
    }

    pub(super) fn current(&self) -> Option<char> {
        self.at(self.position)
    }

    pub(super) fn is(&self, c: char) -> bool {
        self.current() == Some(c)
    }

    pub(super) fn in_bounds(&self) -> bool {
        self.position < self.end
    }

    /// At the last character or behind it. Jayway stops reading here, so one stray character goes unnoticed.
    pub(super) fn is_tail(&self) -> bool {
        self.position + 1 >= self.end
    }

    pub(super) fn text(&self, from: usize, to: usize) -> String {
        self.chars
            .get(from..to.min(self.chars.len()))
            .map(|chars| chars.iter().collect())
            .unwrap_or_default()
    }

    pub(super) fn skip_blanks(&mut self) -> &mut Cursor {
        while self.position + 1 < self.end && self.is(' ') {
            self.position += 1;
        }
        self
    }

    pub(super) fn trim(&mut self) {
        self.skip_blanks();
        while self.position + 1 < self.end && self.at(self.end - 1) == Some(' ') {
            self.end -= 1;
        }
    }

    pub(super) fn last_is(&self, c: char) -> bool {
        self.end > 0 && self.at(self.end - 1) == Some(c)
    }

    /// The next character after `from` that is not a space, with its place.
    pub(super) fn next_significant(&self, from: usize) -> Option<(usize, char)> {
        (from + 1..self.end).find_map(|at| self.at(at).filter(|c| *c != ' ').map(|c| (at, c)))
    }

    /// Where `c` stands, if it is the next significant character after `from`.
    pub(super) fn significant(&self, from: usize, c: char) -> Option<usize> {
        self.next_significant(from).filter(|(_, found)| *found == c).map(|(at, _)| at)
    }

    pub(super) fn previous_significant(&self) -> Option<(usize, char)> {
        (0..self.position).rev().find_map(|at| self.at(at).filter(|c| *c != ' ').map(|c| (at, c)))
    }

    pub(super) fn index_of(&self, from: usize, c: char) -> Option<usize> {
        (from..self.end).find(|at| self.at(*at) == Some(c))
    }

    /// The next `c` after `from` without a backslash before it.
    pub(super) fn unescaped(&self, from: usize, c: char) -> Option<usize> {
        let mut escaped = false;
        for at in from + 1..self.end {
            match self.at(at) {
                _ if escaped => escaped = false,
                Some('\\') => escaped = true,
                found if found == Some(c) => return Some(at),
                _ => {}
            }
        }
        None
    }

    /// The bracket that closes the one at `from`, skipping what stands in quotes and, with `regex`, between slashes.
    pub(super) fn closing(
        &self,
        from: usize,
        open: char,
        close: char,
        regex: bool,
    ) -> Result<usize, ParseError> {
        let mut depth = 1;
        let mut at = from + 1;
        while at < self.end {
            if let Some(quote @ ('\'' | '"')) = self.at(at) {
                match self.unescaped(at, quote) {
                    Some(end) => at = end + 1,
                    None => {
                        return self
                            .fail(at, format!("Could not find matching close quote for {quote}"));
                    }
                }
            }
            if regex && self.at(at) == Some('/') {
                match self.unescaped(at, '/') {
                    Some(end) => at = end + 1,
                    None => {
                        return self.fail(
                            at,
                            "Could not find matching close for / of a regular expression",
                        );
                    }
                }
            }
            match self.at(at) {
                Some(c) if c == open => depth += 1,
                Some(c) if c == close => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.fail(from, format!("Could not find the {close} that closes this {open}"))
    }
}
