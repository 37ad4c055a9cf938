//! Text to tokens. One loop, no recursion over the path's length.

use super::cursor::Cursor;
use super::filter::Filter;
use super::{NESTING_MAX, PATH_BYTES_MAX, Parameter, ParseError, Path, TOKENS_MAX, Token};
use crate::lenient;

pub(super) fn parse(text: &str, nesting: usize) -> Result<Path, ParseError> {
    parse_at(text, 0, nesting)
}

/// `offset` is where `text` begins in what the user wrote; `nesting` counts the paths around this one.
pub(super) fn parse_at(text: &str, offset: usize, nesting: usize) -> Result<Path, ParseError> {
    let refuse = |message: &str| Err(ParseError { position: offset, message: message.to_owned() });
    if text.is_empty() {
        return refuse("path can not be null or empty");
    }
    if text.len() > PATH_BYTES_MAX {
        return refuse("the path is too long");
    }
    if nesting > NESTING_MAX {
        return refuse("the path nests too deeply");
    }
    let mut cursor = match text.chars().next() {
        Some('$' | '@') => Cursor::new(text, offset),
        // `order.id` means `$.order.id`; the two characters added are not the user's.
        _ => Cursor::new(&format!("$.{text}"), offset.saturating_sub(2)),
    };
    cursor.trim();
    if cursor.last_is('.') {
        return cursor.fail(cursor.end - 1, "Path must not end with a '.' or '..'");
    }
    let root = cursor.current().unwrap_or('$');
    let mut parser = Parser { cursor, tokens: Vec::new(), nesting };
    parser.path()?;
    Ok(invert_scanned_function(Path { root, tokens: parser.tokens }))
}

/// `$..price.sum()` is read as `$.sum($..price)`: a function sees all that a scan finds, not each find alone.
fn invert_scanned_function(mut path: Path) -> Path {
    if !path.is_function() || !matches!(path.tokens.first(), Some(Token::Scan)) {
        return path;
    }
    let Some(at) = path.tokens.iter().position(|token| matches!(token, Token::Function { .. }))
    else {
        return path;
    };
    let mut rest = path.tokens.split_off(at);
    if let Some(Token::Function { name, parameters }) = rest.first_mut() {
        *parameters = vec![Parameter::Path(path)];
        count_elements(name, parameters);
    }
    Path { root: '$', tokens: rest }
}

/// `length($..x)` counts the elements of what the path finds, so the path goes one step further.
fn count_elements(name: &str, parameters: &mut [Parameter]) {
    if let ("length" | "size", Some(Parameter::Path(path))) = (name, parameters.first_mut())
        && !path.is_function()
        && !path.tokens.is_empty()
    {
        path.tokens.push(Token::Wildcard);
    }
}

struct Parser {
    cursor: Cursor,
    tokens: Vec<Token>,
    nesting: usize,
}

impl Parser {
    fn path(&mut self) -> Result<(), ParseError> {
        if self.cursor.is_tail() {
            return Ok(());
        }
        self.cursor.position += 1;
        if !self.cursor.is('.') && !self.cursor.is('[') {
            return self
                .cursor
                .fail(self.cursor.position, "Illegal character, expected '.' or '['");
        }
        loop {
            if self.tokens.len() > TOKENS_MAX {
                return self.cursor.fail(self.cursor.position, "the path has too many steps");
            }
            let done = match self.cursor.current() {
                Some('[') => self.bracket()?,
                Some('.') => self.dot()?,
                Some('*') => self.wildcard()?,
                _ => self.property_or_function()?,
            };
            if done {
                return Ok(());
            }
        }
    }

    fn push(&mut self, token: Token) -> bool {
        self.tokens.push(token);
        self.cursor.is_tail()
    }

    fn dot(&mut self) -> Result<bool, ParseError> {
        let cursor = &mut self.cursor;
        let at = cursor.position;
        if cursor.at(at + 1) == Some('.') && at + 1 < cursor.end {
            cursor.position += 2;
            self.tokens.push(Token::Scan);
        } else if at + 1 >= cursor.end {
            return cursor.fail(at, "Path must not end with a '.'");
        } else {
            cursor.position += 1;
        }
        if self.cursor.is('.') {
            return self.cursor.fail(self.cursor.position, "Character '.' is not valid here");
        }
        Ok(false)
    }

    fn wildcard(&mut self) -> Result<bool, ParseError> {
        self.cursor.position += 1;
        Ok(self.push(Token::Wildcard))
    }

    fn bracket(&mut self) -> Result<bool, ParseError> {
        let open = self.cursor.position;
        match self.cursor.next_significant(open) {
            Some((_, quote @ ('\'' | '"'))) => self.members(quote),
            Some((_, '0'..='9' | '-' | ':')) => self.indices(),
            Some((star, '*')) => match self.cursor.significant(star, ']') {
                Some(close) => {
                    self.cursor.position = close + 1;
                    Ok(self.push(Token::Wildcard))
                }
                None => self.cursor.fail(star + 1, "Expected wildcard token to end with ']'"),
            },
            Some((mark, '?')) => self.filter(mark),
            _ => self.cursor.fail(open, "Could not parse token, expected ?, ', 0-9, * "),
        }
    }

    fn filter(&mut self, mark: usize) -> Result<bool, ParseError> {
        let open = self.cursor.position;
        let Some(paren) = self.cursor.significant(mark, '(') else {
            return self.cursor.fail(mark, "Expected '(' after '?'");
        };
        let close = self.cursor.closing(paren, '(', ')', true)?;
        let Some(end) = self.cursor.significant(close, ']') else {
            return self.cursor.fail(close, "Expected ']' after the filter's ')'");
        };
        let criteria = self.cursor.text(open, end + 1);
        let filter = Filter::parse(&criteria, self.cursor.offset(open), self.nesting + 1)?;
        self.cursor.position = end + 1;
        Ok(self.push(Token::Filter(filter)))
    }

    fn indices(&mut self) -> Result<bool, ParseError> {
        let begin = self.cursor.position + 1;
        let Some(end) = self.cursor.index_of(begin, ']') else {
            return self.cursor.fail(begin - 1, "Could not find the ']' that closes this '['");
        };
        let expression = self.cursor.text(begin, end);
        let expression = expression.trim();
        let refuse = |cursor: &Cursor| {
            cursor.fail(begin, format!("Could not parse array index [{expression}]"))
        };
        if !expression.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '-' | ':' | ' ')) {
            return refuse(&self.cursor);
        }
        let token =
            if expression.contains(':') { slice(expression) } else { index_list(expression) };
        let Some(token) = token else { return refuse(&self.cursor) };
        self.cursor.position = end + 1;
        Ok(self.push(token))
    }

    fn members(&mut self, quote: char) -> Result<bool, ParseError> {
        let cursor = &self.cursor;
        let mut names = Vec::new();
        // Where the name being read began; none between names.
        let mut open: Option<usize> = None;
        let mut last_quote = cursor.position;
        let mut escaped = false;
        let mut comma = false;
        for at in cursor.position + 1..cursor.end {
            let Some(c) = cursor.at(at) else { break };
            match (c, open) {
                _ if escaped => escaped = false,
                ('\\', _) => escaped = true,
                (']', None) if comma => return cursor.fail(at, "Found empty property"),
                (']', None) => break,
                (c, Some(begin)) if c == quote => {
                    if !matches!(cursor.next_significant(at), Some((_, ']' | ','))) {
                        return cursor
                            .fail(at, "Property must be separated by comma or terminated by ']'");
                    }
                    names.push(self.unescape(begin, at, quote)?);
                    last_quote = at;
                    open = None;
                }
                (c, None) if c == quote => {
                    open = Some(at + 1);
                    comma = false;
                }
                (',', None) if comma => return cursor.fail(at, "Found empty property"),
                (',', None) => comma = true,
                _ => {}
            }
        }
        if let Some(begin) = open {
            return cursor
                .fail(begin, format!("Property has not been closed - missing closing {quote}"));
        }
        let Some(close) = cursor.significant(last_quote, ']') else {
            return cursor.fail(last_quote, "Property must be terminated by ']'");
        };
        self.cursor.position = close + 1;
        Ok(self.push(Token::Property(names)))
    }

    fn unescape(&self, from: usize, to: usize, quote: char) -> Result<String, ParseError> {
        // In single quotes `\"` is two characters: recorded from AWS for `$['Test\""Name"']`.
        let kept = (quote == '\'').then_some('"');
        match lenient::unescape_except(&self.cursor.text(from, to), kept) {
            Some(name) => Ok(name),
            None => self.cursor.fail(from, "Unable to parse unicode value"),
        }
    }

    fn property_or_function(&mut self) -> Result<bool, ParseError> {
        let start = self.cursor.position;
        if matches!(self.cursor.current(), None | Some(' ')) {
            return self.cursor.fail(start, "Could not parse token");
        }
        let mut end = start;
        while end < self.cursor.end {
            match self.cursor.at(end) {
                Some(' ') => {
                    return self.cursor.fail(
                        end,
                        "Use bracket notion ['my prop'] if your property contains blank characters.",
                    );
                }
                Some('.' | '[' | '(') => break,
                _ => end += 1,
            }
        }
        let name = self.cursor.text(start, end);
        if end >= self.cursor.end || !matches!(self.cursor.at(end), Some('(')) {
            self.cursor.position = end;
            return Ok(self.push(Token::Property(vec![name])));
        }
        self.require_closed(&name, end)?;
        let mut parameters = Vec::new();
        if self.cursor.at(end + 1) == Some(')') {
            self.cursor.position = end + 1;
        } else {
            self.cursor.position = end + 1;
            parameters = self.parameters(&name)?;
        }
        count_elements(&name, &mut parameters);
        Ok(self.push(Token::Function { name, parameters }))
    }

    fn require_closed(&self, name: &str, open: usize) -> Result<(), ParseError> {
        let mut depth = 0;
        for at in open..self.cursor.end {
            match self.cursor.at(at) {
                Some('(') => depth += 1,
                Some(')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
        self.cursor.fail(open, format!("Arguments to function: '{name}' are not closed properly."))
    }

    /// Arguments are JSON (objects, numbers, strings in double quotes) or paths; anything else is skipped.
    fn parameters(&mut self, name: &str) -> Result<Vec<Parameter>, ParseError> {
        let mut parameters = Vec::new();
        let mut text = String::new();
        let mut begin = self.cursor.position;
        let mut kind = None;
        let (mut parens, mut braces, mut brackets, mut quoted) = (1_i32, 0_i32, 0_i32, false);
        let mut prior = '\0';
        while let Some(c) = self.cursor.current().filter(|_| self.cursor.in_bounds()) {
            let at = self.cursor.position;
            self.cursor.position += 1;
            if kind.is_none() {
                match c {
                    c if c.is_whitespace() => continue,
                    '{' | '0'..='9' | '"' | '-' => kind = Some(false),
                    '$' | '@' => kind = Some(true),
                    _ => {}
                }
                begin = at;
            }
            match c {
                '"' => quoted = !(prior != '\\' && quoted),
                '(' => parens += 1,
                '{' => braces += 1,
                '[' => brackets += 1,
                '}' if braces == 0 => return self.cursor.fail(at, "Unexpected close brace '}'"),
                '}' => braces -= 1,
                ']' if brackets == 0 => {
                    return self.cursor.fail(at, "Unexpected close bracket ']'");
                }
                ']' => brackets -= 1,
                ')' | ',' => {
                    if c == ')' {
                        parens -= 1;
                        if parens < 0 || prior == '(' {
                            text.push(c);
                        }
                    }
                    let ends = !quoted
                        && braces == 0
                        && brackets == 0
                        && ((parens == 0 && c == ')') || parens == 1);
                    if ends {
                        if let Some(is_path) = kind.take() {
                            parameters.push(self.parameter(is_path, &text, begin)?);
                            text.clear();
                        }
                        if parens == 0 {
                            return Ok(parameters);
                        }
                    }
                }
                _ => {}
            }
            if kind.is_some() && !(c == ')' && prior == '(') {
                text.push(c);
            }
            prior = c;
        }
        self.cursor.fail(
            self.cursor.end,
            format!("Arguments to function: '{name}' are not closed properly."),
        )
    }

    fn parameter(&self, is_path: bool, text: &str, begin: usize) -> Result<Parameter, ParseError> {
        if is_path {
            return Ok(Parameter::Path(parse_at(
                text,
                self.cursor.offset(begin),
                self.nesting + 1,
            )?));
        }
        match lenient::parse(text) {
            Some(value) => Ok(Parameter::Json(value)),
            None => self.cursor.fail(begin, "Could not read this argument as JSON"),
        }
    }
}

fn slice(expression: &str) -> Option<Token> {
    // Only the first two numbers count: Jayway reads and forgets a step.
    if expression.contains([',', ' ']) {
        return None;
    }
    let mut parts = expression.split(':');
    let mut bound = || match parts.next() {
        None | Some("") => Some(None),
        Some(text) => text.parse().ok().map(Some),
    };
    let (from, to) = (bound()?, bound()?);
    (from.is_some() || to.is_some()).then_some(Token::Slice { from, to })
}

fn index_list(expression: &str) -> Option<Token> {
    expression
        .split(',')
        .map(|text| text.trim().parse().ok())
        .collect::<Option<Vec<i32>>>()
        .map(Token::Index)
}
