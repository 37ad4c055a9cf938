//! Reading a query of Logs Insights.
//!
//! Source: "CloudWatch Logs Insights language query syntax". Commands and functions that are not here are refused by their name.
//!
//! Invariant: no text, however odd, panics or recurses deeper than [`DEPTH_MAX`].

use super::expr::{Duration, Expr, Operator};
use regex_lite::Regex;

/// Parentheses within parentheses. Chosen.
const DEPTH_MAX: usize = 64;
/// Bytes of a compiled regular expression. Chosen.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// One command.
#[derive(Debug)]
pub(super) enum Command {
    Fields(Vec<Named>),
    Display(Vec<Named>),
    Filter(Expr),
    Stats {
        values: Vec<Named>,
        by: Vec<Named>,
    },
    /// Each with whether it is descending.
    Sort(Vec<(Expr, bool)>),
    Limit(usize),
    Dedup(Vec<Expr>),
    Parse {
        of: Expr,
        pattern: Regex,
        names: Vec<String>,
    },
}

/// An expression, and what it is called: the name behind `as`, or its own text.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) expr: Expr,
    pub(super) name: String,
}

/// Why a query cannot be run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Bytes from which, up to which, and the words.
    Malformed(usize, usize, String),
    /// What is not emulated.
    Absent(String),
}

type Read<T> = Result<T, Fault>;

pub(super) fn parse(query: &str) -> Read<Vec<Command>> {
    let mut reader = Reader { text: query, at: 0, depth: 0 };
    let mut commands = Vec::new();
    loop {
        reader.space();
        if reader.at == query.len() && !commands.is_empty() {
            return Ok(commands);
        }
        if commands.is_empty() && reader.at == query.len() {
            return Ok(vec![Command::Limit(usize::MAX)]);
        }
        commands.push(reader.command()?);
        reader.space();
        if !reader.take("|") && reader.at < query.len() {
            return Err(reader.unexpected());
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || "_@.".contains(letter)
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Skips white space and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        self.space();
        let is_there = self.rest().starts_with(sign);
        if is_there {
            self.at += sign.len();
        }
        is_there
    }

    /// A word in letters of any case.
    fn word(&mut self, wanted: &str) -> bool {
        self.space();
        let name = self.peek_name();
        let is_there = name.eq_ignore_ascii_case(wanted);
        if is_there {
            self.at += name.len();
        }
        is_there
    }

    fn peek_name(&self) -> &'a str {
        let rest = self.rest();
        &rest[..rest.find(|letter| !is_name(letter)).unwrap_or(rest.len())]
    }

    fn unexpected(&self) -> Fault {
        let rest = self.rest();
        let found = match self.peek_name() {
            "" => rest.chars().next().map_or_else(|| "end of query".into(), String::from),
            name => name.to_owned(),
        };
        let line = self.text[..self.at].matches('\n').count() + 1;
        let position = self.at - self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let words =
            format!("unexpected symbol found {found} at line {line} and position {position}");
        Fault::Malformed(self.at, self.at + found.len().min(rest.len()), words)
    }

    fn expect(&mut self, sign: &str) -> Read<()> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn command(&mut self) -> Read<Command> {
        self.space();
        let begin = self.at;
        let name = self.peek_name();
        let error = self.unexpected();
        self.at += name.len();
        Ok(match name.to_ascii_lowercase().as_str() {
            "fields" => Command::Fields(self.named_list()?),
            "display" => Command::Display(self.named_list()?),
            "filter" | "where" => Command::Filter(self.expr()?),
            "stats" => {
                let values = self.named_list()?;
                let by = if self.word("by") { self.named_list()? } else { Vec::new() };
                Command::Stats { values, by }
            }
            "sort" => Command::Sort(self.comma(Self::sort_key)?),
            "limit" | "head" => {
                self.space();
                let digits = self.peek_name();
                let count = digits.parse().map_err(|_| self.unexpected())?;
                self.at += digits.len();
                Command::Limit(count)
            }
            "dedup" => Command::Dedup(self.comma(Self::expr)?),
            "parse" => self.parse_command()?,
            "source" | "pattern" | "diff" | "anomaly" | "unmask" | "unnest" | "lookup" | "join"
            | "filterindex" | "subqueries" => {
                return Err(Fault::Absent(format!("the command {name} of Logs Insights")));
            }
            _ => {
                self.at = begin;
                return Err(error);
            }
        })
    }

    fn comma<T>(&mut self, one: fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut all = vec![one(self)?];
        while self.take(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn named_list(&mut self) -> Read<Vec<Named>> {
        self.comma(|reader| {
            reader.space();
            let begin = reader.at;
            let expr = reader.expr()?;
            let own = reader.text[begin..reader.at].trim().trim_matches('`').to_owned();
            let name = if reader.word("as") { reader.field_name()? } else { own };
            Ok(Named { expr, name })
        })
    }

    fn sort_key(&mut self) -> Read<(Expr, bool)> {
        let expr = self.expr()?;
        let descending = self.word("desc");
        if !descending {
            self.word("asc");
        }
        Ok((expr, descending))
    }

    fn field_name(&mut self) -> Read<String> {
        self.space();
        if let Some(inner) = self.rest().strip_prefix('`') {
            let end = inner.find('`').ok_or_else(|| self.unexpected())?;
            self.at += end + 2;
            return Ok(inner[..end].to_owned());
        }
        let name = self.peek_name();
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(self.unexpected());
        }
        self.at += name.len();
        Ok(name.to_owned())
    }

    fn parse_command(&mut self) -> Read<Command> {
        self.space();
        let of = if self.rest().starts_with(['"', '\'', '/']) {
            Expr::Field("@message".into())
        } else {
            Expr::Field(self.field_name()?)
        };
        self.space();
        if self.rest().starts_with('/') {
            let pattern = self.regex()?;
            let mut names: Vec<String> = pattern
                .capture_names()
                .skip(1)
                .map(|name| name.unwrap_or_default().to_owned())
                .collect();
            if self.word("as") {
                names = self.comma(Self::field_name)?;
            }
            return Ok(Command::Parse { of, pattern, names });
        }
        let glob = self.string()?;
        if !self.word("as") {
            return Err(self.unexpected());
        }
        let names = self.comma(Self::field_name)?;
        let pieces: Vec<String> = glob.split('*').map(regex_lite::escape).collect();
        if pieces.len() != names.len() + 1 {
            let words = "the number of wildcards and the number of names differ".into();
            return Err(Fault::Malformed(0, self.text.len(), words));
        }
        // The last wildcard goes to the end when nothing follows it.
        let ends_open = pieces.last().is_some_and(String::is_empty);
        let mut expression = pieces.join("(.*?)");
        if ends_open {
            expression.push('$');
        }
        let pattern = self.compile(&format!("(?s){expression}"))?;
        Ok(Command::Parse { of, pattern, names })
    }

    fn compile(&self, expression: &str) -> Read<Regex> {
        let built = regex_lite::RegexBuilder::new(expression).size_limit(REGEX_BYTES_MAX).build();
        built.map_err(|fault| {
            Fault::Malformed(0, self.text.len(), format!("invalid regular expression: {fault}"))
        })
    }

    /// `/…/`, where `\/` is a slash.
    fn regex(&mut self) -> Read<Regex> {
        let inner = self.rest().get(1..).unwrap_or_default();
        let mut escaped = false;
        let end = inner.find(|letter| {
            let ends = letter == '/' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        let end = end.ok_or_else(|| self.unexpected())?;
        let regex = self.compile(&inner[..end].replace("\\/", "/"))?;
        self.at += end + 2;
        Ok(regex)
    }

    fn string(&mut self) -> Read<String> {
        self.space();
        let quote = self.rest().chars().next().filter(|first| "\"'".contains(*first));
        let quote = quote.ok_or_else(|| self.unexpected())?;
        let mut text = String::new();
        let inner = &self.rest()[1..];
        let mut letters = inner.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                _ if letter == quote => {
                    self.at += at + 2;
                    return Ok(text);
                }
                '\\' => match letters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    other => text.extend(other.map(|(_, escaped)| escaped)),
                },
                _ => text.push(letter),
            }
        }
        Err(self.unexpected())
    }

    fn expr(&mut self) -> Read<Expr> {
        if self.depth >= DEPTH_MAX {
            return Err(Fault::Malformed(
                self.at,
                self.at,
                "the query is nested too deeply".into(),
            ));
        }
        self.depth += 1;
        let read = self.or();
        self.depth -= 1;
        read
    }

    fn or(&mut self) -> Read<Expr> {
        let mut left = self.and()?;
        while self.word("or") || self.take("||") {
            left = Expr::Binary(Operator::Or, Box::new((left, self.and()?)));
        }
        Ok(left)
    }

    fn and(&mut self) -> Read<Expr> {
        let mut left = self.not()?;
        while self.word("and") || self.take("&&") {
            left = Expr::Binary(Operator::And, Box::new((left, self.not()?)));
        }
        Ok(left)
    }

    fn not(&mut self) -> Read<Expr> {
        let mut count = 0;
        while self.word("not") {
            count += 1;
        }
        let inner = self.comparison()?;
        Ok(if count % 2 == 1 { Expr::Not(Box::new(inner)) } else { inner })
    }

    fn comparison(&mut self) -> Read<Expr> {
        let left = self.sum()?;
        let begin = self.at;
        let negated = self.word("not");
        let like = self.word("like") || self.take("=~");
        if like {
            self.space();
            let made = if self.rest().starts_with('/') {
                Expr::Matches(Box::new(left), self.regex()?)
            } else {
                Expr::Contains(Box::new((left, self.sum()?)))
            };
            return Ok(if negated { Expr::Not(Box::new(made)) } else { made });
        }
        if self.word("in") {
            self.expect("[")?;
            let list = self.comma(Self::expr)?;
            self.expect("]")?;
            let made = Expr::In(Box::new(left), list);
            return Ok(if negated { Expr::Not(Box::new(made)) } else { made });
        }
        self.at = begin;
        let signs = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("==", Operator::Equal),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        match signs.into_iter().find(|(sign, _)| self.take(sign)) {
            Some((_, operator)) => Ok(Expr::Binary(operator, Box::new((left, self.sum()?)))),
            None => Ok(left),
        }
    }

    fn sum(&mut self) -> Read<Expr> {
        let mut left = self.product()?;
        loop {
            let operator = if self.take("+") {
                Operator::Add
            } else if self.take("-") {
                Operator::Subtract
            } else {
                return Ok(left);
            };
            left = Expr::Binary(operator, Box::new((left, self.product()?)));
        }
    }

    fn product(&mut self) -> Read<Expr> {
        let mut left = self.atom()?;
        loop {
            let operator = if self.take("*") {
                Operator::Multiply
            } else if self.take("/") {
                Operator::Divide
            } else if self.take("%") {
                Operator::Remainder
            } else if self.take("^") {
                return Err(Fault::Absent("the operator ^ of Logs Insights".into()));
            } else {
                return Ok(left);
            };
            left = Expr::Binary(operator, Box::new((left, self.atom()?)));
        }
    }

    fn atom(&mut self) -> Read<Expr> {
        self.space();
        match self.rest().chars().next() {
            Some('(') => {
                self.at += 1;
                let inner = self.expr()?;
                self.expect(")")?;
                Ok(inner)
            }
            Some('"' | '\'') => Ok(Expr::Text(self.string()?)),
            Some('-') => {
                self.at += 1;
                if self.depth >= DEPTH_MAX {
                    return Err(self.unexpected());
                }
                self.depth += 1;
                let inner = self.atom();
                self.depth -= 1;
                let zero = Expr::Number(0.0);
                Ok(Expr::Binary(Operator::Subtract, Box::new((zero, inner?))))
            }
            Some(first) if first.is_ascii_digit() => self.number(),
            _ => self.name_or_call(),
        }
    }

    fn number(&mut self) -> Read<Expr> {
        let rest = self.rest();
        let end = rest
            .find(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
            .unwrap_or(rest.len());
        let number = rest[..end].parse().map_err(|_| self.unexpected())?;
        self.at += end;
        Ok(Expr::Number(number))
    }

    fn name_or_call(&mut self) -> Read<Expr> {
        let is_quoted = self.rest().starts_with('`');
        let begin = self.at;
        let name = self.field_name()?;
        if is_quoted || !self.take("(") {
            return Ok(match name.to_ascii_lowercase().as_str() {
                "true" if !is_quoted => Expr::Bool(true),
                "false" if !is_quoted => Expr::Bool(false),
                _ => Expr::Field(name),
            });
        }
        let lower = name.to_ascii_lowercase();
        let mut arguments = Vec::new();
        let mut duration = None;
        if !self.take(")") {
            loop {
                self.space();
                if lower == "count" && self.take("*") {
                } else if let Some(read) = self.duration(&lower) {
                    duration = Some(read);
                } else {
                    arguments.push(self.expr()?);
                }
                if self.take(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        let counts = arguments.len();
        let Some(call) = Expr::call(&lower, arguments, duration) else {
            if Expr::is_function(&lower) {
                let words = format!("the function {name} does not take {counts} arguments");
                return Err(Fault::Malformed(begin, self.at, words));
            }
            return Err(Fault::Absent(format!("the function {name} of Logs Insights")));
        };
        Ok(call)
    }

    /// `5m`, `1 hour` as an argument of a function that takes a period.
    fn duration(&mut self, function: &str) -> Option<Duration> {
        if !matches!(function, "bin" | "datefloor" | "dateceil") {
            return None;
        }
        let rest = self.rest();
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).filter(|end| *end > 0)?;
        let count: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].trim_start();
        let skipped = rest.len() - unit.len();
        let end = unit.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(unit.len());
        let unit_ms = match unit[..end].to_ascii_lowercase().trim_end_matches('s') {
            "m" if unit[..end].eq_ignore_ascii_case("ms") => 1,
            "millisecond" => 1,
            "" | "sec" | "second" if end > 0 => 1_000,
            "m" | "min" | "minute" => 60_000,
            "h" | "hr" | "hour" => 3_600_000,
            "d" | "day" => 86_400_000,
            "w" | "week" => 604_800_000,
            _ => return None,
        };
        self.at += skipped + end;
        Some(Duration { ms: count.checked_mul(unit_ms).filter(|ms| *ms > 0)? })
    }
}
