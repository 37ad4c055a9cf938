//! Filters: `?(@.price > 10 && @.tag in ['a', 'b'])`.
//!
//! Grammar: or = and { `||` and }; and = operand { `&&` operand }; operand = comparison | `(` or `)` | `!` operand;
//! comparison = value [ operator value ], where a lone path asks whether it exists. A path ends at a space, an
//! operator or the closing bracket, so `@.a&&@.b` is one path, as in Jayway.

use super::cursor::Cursor;
use super::eval::Evaluation;
use super::parse::parse_at;
use super::{ParseError, Path, SelectError};
use crate::lenient;
use serde_json::Value;
use std::cmp::Ordering;

#[derive(Debug, Clone)]
pub(crate) struct Filter(Expression);

#[derive(Debug, Clone)]
enum Expression {
    Or(Vec<Expression>),
    And(Vec<Expression>),
    Not(Box<Expression>),
    Exists { path: Path, expected: bool },
    Compare { left: Operand, operator: Operator, right: Operand },
}

#[derive(Debug, Clone)]
enum Operand {
    Path { path: Path, positive: bool },
    Literal(Literal),
}

/// A value as comparisons see it. A number keeps its text because `'1' == 1` compares texts.
#[derive(Debug, Clone)]
enum Literal {
    Undefined,
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Json(Value),
    Pattern(regex_lite::Regex),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    SameTypeEqual,
    SameTypeNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    Contains,
    All,
    Size,
    Empty,
    SubsetOf,
    AnyOf,
    NoneOf,
    /// Read, as Jayway does, but never true: it needs a class or a callback that a text cannot give.
    Unusable,
}

impl Operator {
    fn from_text(text: &str) -> Option<Operator> {
        Some(match text.to_ascii_uppercase().as_str() {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "===" => Operator::SameTypeEqual,
            "!==" => Operator::SameTypeNotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "=~" => Operator::Matches,
            "IN" => Operator::In,
            "NIN" => Operator::NotIn,
            "CONTAINS" => Operator::Contains,
            "ALL" => Operator::All,
            "SIZE" => Operator::Size,
            "EMPTY" => Operator::Empty,
            "SUBSETOF" => Operator::SubsetOf,
            "ANYOF" => Operator::AnyOf,
            "NONEOF" => Operator::NoneOf,
            "TYPE" | "MATCHES" | "EXISTS" => Operator::Unusable,
            _ => return None,
        })
    }
}

impl Filter {
    /// `criteria` is the whole step with its brackets; `offset` is where it begins in the user's text.
    pub(super) fn parse(
        criteria: &str,
        offset: usize,
        nesting: usize,
    ) -> Result<Filter, ParseError> {
        let mut cursor = Cursor::new(criteria, offset);
        cursor.position = 1;
        cursor.end = cursor.end.saturating_sub(1);
        cursor.trim();
        cursor.position += 1;
        cursor.trim();
        if !cursor.is('(') || !cursor.last_is(')') {
            return cursor.fail(cursor.position, "Filter must start with '[?(' and end with ')]'.");
        }
        let mut parser = Parser { cursor, nesting, depth: 0 };
        let expression = parser.or()?;
        let cursor = parser.cursor.skip_blanks();
        if cursor.in_bounds() {
            return cursor.fail(cursor.position, "Expected end of filter expression");
        }
        Ok(Filter(expression))
    }

    /// Whether `item` passes. What cannot be compared does not.
    pub(super) fn accepts(
        &self,
        item: &Value,
        evaluation: &Evaluation<'_>,
    ) -> Result<bool, SelectError> {
        match self.0.holds(item, evaluation) {
            Err(SelectError::Invalid(_) | SelectError::NotFound(_)) => Ok(false),
            outcome => outcome,
        }
    }
}

struct Parser {
    cursor: Cursor,
    nesting: usize,
    depth: usize,
}

impl Parser {
    fn or(&mut self) -> Result<Expression, ParseError> {
        let operands = self.chain("||", Parser::and)?;
        Ok(single_or(operands, Expression::Or))
    }

    fn and(&mut self) -> Result<Expression, ParseError> {
        let operands = self.chain("&&", Parser::operand)?;
        Ok(single_or(operands, Expression::And))
    }

    fn chain(
        &mut self,
        separator: &str,
        next: fn(&mut Parser) -> Result<Expression, ParseError>,
    ) -> Result<Vec<Expression>, ParseError> {
        let mut operands = vec![next(self)?];
        loop {
            let at = self.cursor.skip_blanks().position;
            if at + 2 > self.cursor.end || self.cursor.text(at, at + 2) != separator {
                return Ok(operands);
            }
            self.cursor.position += 2;
            operands.push(next(self)?);
        }
    }

    fn operand(&mut self) -> Result<Expression, ParseError> {
        let at = self.cursor.skip_blanks().position;
        self.depth += 1;
        if self.depth > 64 {
            return self.cursor.fail(at, "the filter nests too deeply");
        }
        let expression = self.operand_inner(at);
        self.depth -= 1;
        expression
    }

    fn operand_inner(&mut self, at: usize) -> Result<Expression, ParseError> {
        if self.cursor.is('!') {
            self.cursor.position += 1;
            // `!@.a` belongs to the path: it asks that the path does not exist.
            if !matches!(self.cursor.skip_blanks().current(), Some('$' | '@')) {
                return Ok(Expression::Not(Box::new(self.operand()?)));
            }
            self.cursor.position = at;
        }
        if !self.cursor.is('(') {
            return self.comparison();
        }
        self.cursor.position += 1;
        let inner = self.or()?;
        if !self.cursor.skip_blanks().is(')') {
            return self.cursor.fail(self.cursor.position, "Expected character: )");
        }
        self.cursor.position += 1;
        Ok(inner)
    }

    fn comparison(&mut self) -> Result<Expression, ParseError> {
        let begin = self.cursor.position;
        let left = self.value()?;
        let after = self.cursor.position;
        let compared = match self.operator() {
            Ok(operator) => self.value().map(|right| (operator, right)),
            Err(error) => Err(error),
        };
        match (compared, left) {
            (Ok((operator, right)), left) => Ok(Expression::Compare { left, operator, right }),
            (Err(_), Operand::Path { path, positive }) => {
                self.cursor.position = after;
                Ok(Expression::Exists { path, expected: positive })
            }
            (Err(_), Operand::Literal(_)) => self.cursor.fail(begin, "Expected path node"),
        }
    }

    fn operator(&mut self) -> Result<Operator, ParseError> {
        let is_symbol = |c: char| matches!(c, '<' | '>' | '=' | '~' | '!');
        let begin = self.cursor.skip_blanks().position;
        let symbols = self.cursor.current().is_some_and(is_symbol);
        while self.cursor.in_bounds()
            && self.cursor.current().is_some_and(|c| if symbols { is_symbol(c) } else { c != ' ' })
        {
            self.cursor.position += 1;
        }
        let text = self.cursor.text(begin, self.cursor.position);
        match Operator::from_text(&text) {
            Some(operator) => Ok(operator),
            None => self.cursor.fail(begin, format!("Filter operator {text} is not supported!")),
        }
    }

    fn value(&mut self) -> Result<Operand, ParseError> {
        let at = self.cursor.skip_blanks().position;
        match self.cursor.current() {
            Some('$' | '@') => self.path(),
            Some('!') => {
                self.cursor.position += 1;
                match self.cursor.skip_blanks().current() {
                    Some('$' | '@') => self.path(),
                    _ => self.cursor.fail(at, "Unexpected character: !"),
                }
            }
            _ => self.literal(at).map(Operand::Literal),
        }
    }

    fn path(&mut self) -> Result<Operand, ParseError> {
        let positive = !matches!(self.cursor.previous_significant(), Some((_, '!')));
        let cursor = &mut self.cursor;
        let begin = cursor.position;
        cursor.position += 1;
        while cursor.in_bounds() {
            if cursor.is('[') {
                cursor.position = cursor.closing(cursor.position, '[', ']', false)? + 1;
            }
            let function_closes = cursor.is(')') && closes_function(cursor, begin);
            match cursor.current() {
                _ if !cursor.in_bounds() => break,
                Some('<' | '>' | '=' | '~' | '!' | ' ') | None => break,
                Some(')') if !function_closes => break,
                Some('[') => {}
                _ => cursor.position += 1,
            }
        }
        let text = cursor.text(begin, cursor.position);
        let path = parse_at(&text, cursor.offset(begin), self.nesting)?;
        Ok(Operand::Path { path, positive })
    }

    fn literal(&mut self, at: usize) -> Result<Literal, ParseError> {
        let word = |cursor: &Cursor, word: &str| {
            cursor.text(at, (at + word.len()).min(cursor.end)) == word
        };
        let (literal, end) = match self.cursor.current() {
            Some(quote @ ('\'' | '"')) => {
                let Some(close) = self.cursor.unescaped(at, quote) else {
                    return self.cursor.fail(
                        at,
                        format!("String literal does not have matching quotes. Expected {quote}"),
                    );
                };
                let Some(text) = lenient::unescape(&self.cursor.text(at + 1, close)) else {
                    return self.cursor.fail(at, "Unable to parse unicode value");
                };
                (Literal::Text(text), close + 1)
            }
            Some('t') if word(&self.cursor, "true") => (Literal::Bool(true), at + 4),
            Some('f') if word(&self.cursor, "false") => (Literal::Bool(false), at + 5),
            Some('n') if word(&self.cursor, "null") => (Literal::Null, at + 4),
            Some(open @ ('[' | '{')) => {
                let close =
                    self.cursor.closing(at, open, if open == '[' { ']' } else { '}' }, false)?;
                let Some(json) = lenient::parse(&self.cursor.text(at, close + 1)) else {
                    return self.cursor.fail(at, "Could not read this as JSON");
                };
                (Literal::Json(json), close + 1)
            }
            Some('/') => self.pattern(at)?,
            _ => {
                let is_number = |c: &char| c.is_ascii_digit() || matches!(c, '-' | '.' | 'E' | 'e');
                let end = (at..self.cursor.end)
                    .find(|i| !self.cursor.at(*i).as_ref().is_some_and(is_number));
                let end = end.unwrap_or(self.cursor.end);
                let text = self.cursor.text(at, end);
                if text.parse::<f64>().is_err() {
                    return self.cursor.fail(at, "Expected a path or a literal");
                }
                (Literal::Number(text), end)
            }
        };
        self.cursor.position = end;
        Ok(literal)
    }

    /// `/regex/flags`, where the flags are Java's. It must match the whole text, as `Matcher.matches` asks.
    fn pattern(&self, at: usize) -> Result<(Literal, usize), ParseError> {
        let Some(close) = self.cursor.unescaped(at, '/') else {
            return self.cursor.fail(at, "Pattern not closed. Expected /");
        };
        let source = self.cursor.text(at + 1, close);
        let mut end = close + 1;
        let mut flags = String::new();
        while let Some(flag) =
            self.cursor.at(end).filter(|c| end < self.cursor.end && c.is_ascii_alphabetic())
        {
            match flag {
                'i' | 'm' | 's' | 'x' => flags.push(flag),
                // Unicode case folding and classes: the engine has neither.
                'u' | 'U' | 'd' => {}
                _ => break,
            }
            end += 1;
        }
        let flags = if flags.is_empty() { String::new() } else { format!("(?{flags})") };
        match regex_lite::RegexBuilder::new(&format!("{flags}^(?:{source})$"))
            .size_limit(1 << 18)
            .build()
        {
            Ok(regex) => Ok((Literal::Pattern(regex), end)),
            Err(error) => {
                self.cursor.fail(at, format!("Could not read this regular expression: {error}"))
            }
        }
    }
}

/// Whether the `)` at the cursor closes a call without arguments, as in `@.length()`.
fn closes_function(cursor: &Cursor, begin: usize) -> bool {
    match cursor.previous_significant() {
        Some((open, '(')) => (begin + 1..open).any(|at| cursor.at(at) == Some('.')),
        _ => false,
    }
}

fn single_or(mut operands: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match (operands.len(), operands.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            operands.extend(last);
            many(operands)
        }
    }
}

impl Expression {
    fn holds(&self, item: &Value, evaluation: &Evaluation<'_>) -> Result<bool, SelectError> {
        match self {
            Expression::Or(operands) => {
                for operand in operands {
                    if operand.holds(item, evaluation)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expression::And(operands) => {
                for operand in operands {
                    if !operand.holds(item, evaluation)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expression::Not(operand) => Ok(!operand.holds(item, evaluation)?),
            Expression::Exists { path, expected } => {
                let exists = match evaluation.strict().run(path, item) {
                    // An indefinite path always exists: it selects a list, if an empty one.
                    Ok(values) => !values.is_empty() || !path.is_definite(),
                    Err(SelectError::NotFound(_)) => false,
                    Err(error) => return Err(error),
                };
                Ok(exists == *expected)
            }
            Expression::Compare { left, operator, right } => {
                let (left, right) = (left.value(item, evaluation)?, right.value(item, evaluation)?);
                compare(&left, *operator, &right)
            }
        }
    }
}

impl Operand {
    fn value(&self, item: &Value, evaluation: &Evaluation<'_>) -> Result<Literal, SelectError> {
        let path = match self {
            Operand::Literal(literal) => return Ok(literal.clone()),
            Operand::Path { path, .. } => path,
        };
        let document = if path.root == '$' { evaluation.document } else { item };
        match evaluation.lenient().run(path, document) {
            Ok(mut values) if path.is_definite() => {
                Ok(values.pop().map_or(Literal::Undefined, |value| Literal::from(value.as_ref())))
            }
            Ok(values) => {
                Ok(Literal::Json(values.into_iter().map(|value| value.into_owned()).collect()))
            }
            Err(SelectError::NotFound(_)) => Ok(Literal::Undefined),
            Err(error) => Err(error),
        }
    }
}

impl From<&Value> for Literal {
    fn from(value: &Value) -> Literal {
        match value {
            Value::Null => Literal::Null,
            Value::Bool(b) => Literal::Bool(*b),
            Value::Number(n) => Literal::Number(n.to_string()),
            Value::String(s) => Literal::Text(s.clone()),
            Value::Array(_) | Value::Object(_) => Literal::Json(value.clone()),
        }
    }
}

impl Literal {
    fn list(&self) -> Result<Option<Vec<Literal>>, SelectError> {
        match self {
            Literal::Json(Value::Array(items)) => {
                Ok(Some(items.iter().map(Literal::from).collect()))
            }
            Literal::Json(_) => Ok(None),
            _ => Err(SelectError::Invalid("Expected value list node".to_owned())),
        }
    }

    fn boolean(&self) -> Result<bool, SelectError> {
        match self {
            Literal::Bool(b) => Ok(*b),
            _ => Err(SelectError::Invalid("Expected boolean node".to_owned())),
        }
    }
}

fn number_order(left: &str, right: &str) -> Option<Ordering> {
    match (left.parse::<i64>(), right.parse::<i64>()) {
        (Ok(left), Ok(right)) => Some(left.cmp(&right)),
        _ => left.parse::<f64>().ok()?.partial_cmp(&right.parse::<f64>().ok()?),
    }
}

fn equal(left: &Literal, right: &Literal) -> bool {
    match (left, right) {
        (Literal::Null, Literal::Null) => true,
        (Literal::Bool(left), Literal::Bool(right)) => left == right,
        (Literal::Number(left), Literal::Number(right) | Literal::Text(right)) => {
            number_order(left, right) == Some(Ordering::Equal)
        }
        (Literal::Text(left), Literal::Text(right) | Literal::Number(right)) => left == right,
        (Literal::Json(left), Literal::Json(right)) => left == right,
        (Literal::Pattern(left), Literal::Pattern(right)) => left.as_str() == right.as_str(),
        _ => false,
    }
}

fn order(left: &Literal, right: &Literal) -> Option<Ordering> {
    match (left, right) {
        (Literal::Number(left), Literal::Number(right)) => number_order(left, right),
        // Java compares UTF-16 units.
        (Literal::Text(left), Literal::Text(right)) => {
            Some(left.encode_utf16().cmp(right.encode_utf16()))
        }
        _ => None,
    }
}

fn contains(list: &[Literal], item: &Literal) -> bool {
    list.iter().any(|other| equal(item, other))
}

fn compare(left: &Literal, operator: Operator, right: &Literal) -> Result<bool, SelectError> {
    let same_type = std::mem::discriminant(left) == std::mem::discriminant(right);
    let is_in = || Ok::<_, SelectError>(right.list()?.is_some_and(|list| contains(&list, left)));
    Ok(match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        Operator::SameTypeEqual => same_type && equal(left, right),
        Operator::SameTypeNotEqual => !(same_type && equal(left, right)),
        Operator::Less => order(left, right).is_some_and(Ordering::is_lt),
        Operator::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
        Operator::Greater => order(left, right).is_some_and(Ordering::is_gt),
        Operator::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
        Operator::Matches => match (left, right) {
            (Literal::Pattern(_), Literal::Pattern(_)) => false,
            (Literal::Pattern(pattern), subject) | (subject, Literal::Pattern(pattern)) => {
                matches(pattern, subject)
            }
            _ => false,
        },
        Operator::In => is_in()?,
        Operator::NotIn => !is_in()?,
        Operator::Contains => match (left, right) {
            (Literal::Text(left), Literal::Text(right)) => left.contains(right.as_str()),
            (Literal::Json(_), _) => left.list()?.is_some_and(|list| contains(&list, right)),
            _ => false,
        },
        Operator::All | Operator::SubsetOf | Operator::AnyOf | Operator::NoneOf => {
            let (Literal::Json(_), Some(right)) = (left, right.list()?) else { return Ok(false) };
            let Some(left) = left.list()? else { return Ok(false) };
            match operator {
                Operator::All => right.iter().all(|item| contains(&left, item)),
                Operator::SubsetOf => left.iter().all(|item| contains(&right, item)),
                Operator::AnyOf => left.iter().any(|item| contains(&right, item)),
                _ => !left.iter().any(|item| contains(&right, item)),
            }
        }
        Operator::Size => {
            let Literal::Number(expected) = right else { return Ok(false) };
            let size = match left {
                Literal::Text(text) => text.encode_utf16().count(),
                Literal::Json(Value::Array(items)) => items.len(),
                Literal::Json(Value::Object(members)) => members.len(),
                _ => return Ok(false),
            };
            expected.parse::<f64>().is_ok_and(|expected| expected.trunc() == size as f64)
        }
        Operator::Empty => match left {
            Literal::Text(text) => text.is_empty() == right.boolean()?,
            Literal::Json(Value::Array(items)) => items.is_empty() == right.boolean()?,
            Literal::Json(Value::Object(members)) => members.is_empty() == right.boolean()?,
            _ => false,
        },
        Operator::Unusable => false,
    })
}

fn matches(pattern: &regex_lite::Regex, subject: &Literal) -> bool {
    match subject {
        Literal::Json(Value::Array(items)) => {
            items.iter().any(|item| matches(pattern, &Literal::from(item)))
        }
        Literal::Text(text) | Literal::Number(text) => pattern.is_match(text),
        Literal::Bool(b) => pattern.is_match(if *b { "true" } else { "false" }),
        _ => pattern.is_match(""),
    }
}
