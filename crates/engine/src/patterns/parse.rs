//! A pattern: its text, read and judged.
//!
//! Members with dots in their names mean the same as members within members, as AWS flattens both. Of two members of one name
//! the last one counts (recorded).

use super::cidr::Cidr;
use super::glob::Glob;
use super::reader::{Reader, Token};

/// Why a text is no pattern, in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub reason: String,
    /// Where AWS's reader stood, as it says it, with the line break before; empty for faults that it names no place of.
    pub place: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.reason, self.place)
    }
}

/// A pattern that is in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    pub(super) root: Node,
    /// The paths that must not be there, by number.
    pub(super) absent: Vec<Vec<String>>,
}

/// What is asked of an object.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Node {
    pub(super) fields: Vec<(String, Field)>,
    /// `$or`: of each group one must hold.
    pub(super) groups: Vec<Vec<Node>>,
}

/// What is asked of a member.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Field {
    /// One of these must hold of a leaf.
    pub(super) leaf: Option<Vec<Is>>,
    /// And this of the object there.
    pub(super) below: Option<Node>,
}

/// A condition on a leaf.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Is {
    Text(String),
    Number(f64),
    True,
    False,
    Null,
    Prefix(String),
    PrefixIgnoringCase(String),
    Suffix(String),
    SuffixIgnoringCase(String),
    IgnoringCase(String),
    Like(Glob),
    /// Bounds, each with whether it is itself outside.
    Range(Option<(f64, bool)>, Option<(f64, bool)>),
    Cidr(Cidr),
    Exists,
    /// Number of a path in [`Pattern::absent`].
    Absent(usize),
    AnythingBut(Vec<Is>),
}

/// Words that cannot be names of members in the objects of a `$or`, as they are operators.
const RESERVED: [&str; 9] = [
    "exactly",
    "prefix",
    "suffix",
    "anything-but",
    "numeric",
    "exists",
    "cidr",
    "equals-ignore-case",
    "wildcard",
];
/// Parts of a name with dots; one with more is taken as it is.
pub(super) const DOTS_MAX: usize = 32;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What EventBridge says of it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut parser = Parser { reader: Reader::new(text), absent: Vec::new(), path: Vec::new() };
        if parser.next()? != Token::StartObject {
            return Err(parser.fault("Filter is not an object"));
        }
        let root = parser.object()?;
        if let Err(reason) = parser.reader.finish() {
            return Err(Fault { reason, place: parser.reader.place_of_break() });
        }
        Ok(Self { root, absent: parser.absent })
    }
}

struct Parser<'a> {
    reader: Reader<'a>,
    absent: Vec<Vec<String>>,
    path: Vec<String>,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<Token, Fault> {
        self.reader.next().map_err(|reason| Fault { reason, place: self.reader.place_of_break() })
    }

    /// A refusal at the place where the reader stands.
    fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault { reason: reason.into(), place: self.reader.place() }
    }

    /// In lists AWS says the place twice (recorded).
    fn twice(&self, reason: &str) -> Fault {
        let place = self.reader.place();
        Fault { reason: reason.to_owned(), place: format!("{place}{place}") }
    }

    /// The members of an object, after its brace.
    fn object(&mut self) -> Result<Node, Fault> {
        let mut node = Node::default();
        let mut is_empty = true;
        while self.next()? != Token::EndObject {
            is_empty = false;
            let name = self.reader.text().to_owned();
            match self.next()? {
                Token::StartObject => {
                    let depth = self.enter(&name);
                    let below = self.object()?;
                    self.path.truncate(depth);
                    field_of(&mut node, &name).below = Some(below);
                }
                Token::StartArray if name == "$or" => self.alternatives(&mut node)?,
                Token::StartArray => {
                    let depth = self.enter(&name);
                    let leaf = self.conditions()?;
                    self.path.truncate(depth);
                    field_of(&mut node, &name).leaf = Some(leaf);
                }
                _ => return Err(self.fault(format!("\"{name}\" must be an object or an array"))),
            }
        }
        if is_empty {
            return Err(self.fault("Empty objects are not allowed"));
        }
        Ok(node)
    }

    fn enter(&mut self, name: &str) -> usize {
        let depth = self.path.len();
        self.path.extend(segments(name).map(str::to_owned));
        depth
    }

    /// The elements of `$or`, after its bracket: at least two objects of which none uses an operator as a name.
    fn alternatives(&mut self, node: &mut Node) -> Result<(), Fault> {
        let mut group = Vec::new();
        loop {
            match self.next()? {
                Token::EndArray => break,
                Token::StartObject => {
                    let alternative = self.object()?;
                    if alternative.fields.iter().any(|(name, _)| RESERVED.contains(&name.as_str()))
                    {
                        return Err(self.fault("Operators are not allowed as names in \"$or\""));
                    }
                    group.push(alternative);
                }
                _ => {
                    return Err(
                        self.fault("Only JSON object is allowed in array of \"$or\" field.")
                    );
                }
            }
        }
        if group.len() < 2 {
            return Err(self.fault("There must have at least 2 Objects in \"$or\" relationship."));
        }
        node.groups.push(group);
        Ok(())
    }

    /// The conditions of a leaf, after their bracket.
    fn conditions(&mut self) -> Result<Vec<Is>, Fault> {
        let mut all = Vec::new();
        loop {
            all.push(match self.next()? {
                Token::EndArray => break,
                Token::StartObject => self.operator()?,
                Token::String => Is::Text(self.reader.text().to_owned()),
                Token::Number => Is::Number(self.reader.number()),
                Token::True => Is::True,
                Token::False => Is::False,
                Token::Null => Is::Null,
                _ => {
                    return Err(
                        self.fault("Match value must be String, number, true, false, or null")
                    );
                }
            });
        }
        if all.is_empty() {
            return Err(self.fault("Empty arrays are not allowed"));
        }
        Ok(all)
    }

    /// `{"operator": …}`, after its brace.
    fn operator(&mut self) -> Result<Is, Fault> {
        if self.next()? != Token::Name {
            return Err(self.fault("Match expression name not found"));
        }
        let name = self.reader.text().to_owned();
        let is = match name.as_str() {
            "exactly" => Is::Text(self.string("exact match pattern must be a string")?),
            "prefix" => self.affix("prefix", "Prefix", Is::Prefix, Is::PrefixIgnoringCase)?,
            "suffix" => self.affix("suffix", "Suffix", Is::Suffix, Is::SuffixIgnoringCase)?,
            "equals-ignore-case" => Is::IgnoringCase(folded(
                &self.string("equals-ignore-case match pattern must be a string")?,
            )),
            "wildcard" => {
                let text = self.string("wildcard match pattern must be a string")?;
                Is::Like(Glob::parse(&text).map_err(|reason| self.fault(reason))?)
            }
            "cidr" => {
                let text = self.string("prefix match pattern must be a string")?;
                Is::Cidr(
                    Cidr::parse(&text).map_err(|reason| Fault { reason, place: String::new() })?,
                )
            }
            "exists" => match self.next()? {
                Token::True => Is::Exists,
                Token::False => {
                    self.absent.push(self.path.clone());
                    Is::Absent(self.absent.len() - 1)
                }
                _ => return Err(self.fault("exists match pattern must be either true or false.")),
            },
            "numeric" => self.numeric()?,
            "anything-but" => self.anything_but()?,
            _ => return Err(self.fault(format!("Unrecognized match type {name}"))),
        };
        self.only_one()?;
        Ok(is)
    }

    /// The end of an object with one member.
    fn only_one(&mut self) -> Result<(), Fault> {
        if self.next()? != Token::EndObject {
            return Err(self.fault("Only one key allowed in match expression"));
        }
        Ok(())
    }

    fn string(&mut self, otherwise: &str) -> Result<String, Fault> {
        if self.next()? != Token::String {
            return Err(self.fault(otherwise));
        }
        Ok(self.reader.text().to_owned())
    }

    /// A text, or `{"equals-ignore-case": text}`.
    fn affix(
        &mut self,
        name: &str,
        capital: &str,
        plain: fn(String) -> Is,
        ignoring_case: fn(String) -> Is,
    ) -> Result<Is, Fault> {
        match self.next()? {
            Token::String => Ok(plain(self.reader.text().to_owned())),
            Token::StartObject => {
                if self.next()? != Token::Name {
                    return Err(self.fault(format!("{capital} expression name not found")));
                }
                let operator = self.reader.text().to_owned();
                if operator != "equals-ignore-case" {
                    return Err(self.fault(format!("Unsupported {name} pattern: {operator}")));
                }
                let text = self.string("equals-ignore-case match pattern must be a string")?;
                self.only_one()?;
                Ok(ignoring_case(folded(&text)))
            }
            _ => Err(self.fault(format!("{name} match pattern must be a string"))),
        }
    }

    fn numeric(&mut self) -> Result<Is, Fault> {
        if self.next()? != Token::StartArray {
            return Err(self.fault("Value of numeric must be an array."));
        }
        if self.next()? != Token::String {
            let text = self.reader.text().to_owned();
            return Err(self.fault(format!("Invalid member in numeric match: {text}")));
        }
        let operator = self.reader.text().to_owned();
        let value = self.next()?;
        let shown = match operator.as_str() {
            "=" => "equals",
            "<" | "<=" | ">" | ">=" => operator.as_str(),
            _ => return Err(self.fault(format!("Unrecognized numeric range operator: {operator}"))),
        };
        if !value.is_number() {
            return Err(self.fault(format!("Value of {shown} must be numeric")));
        }
        let value = self.reader.number();
        let next = self.next()?;
        let is = match operator.as_str() {
            "=" => Is::Number(value),
            "<" | "<=" => Is::Range(None, Some((value, operator == "<"))),
            _ => {
                let low = Some((value, operator == ">"));
                if next == Token::EndArray {
                    return Ok(Is::Range(low, None));
                }
                return self.range(value, low, next);
            }
        };
        if next != Token::EndArray {
            return Err(self.fault("Too many elements in numeric expression"));
        }
        Ok(is)
    }

    /// The upper bound of a range, from the operator on.
    fn range(
        &mut self,
        bottom: f64,
        low: Option<(f64, bool)>,
        operator: Token,
    ) -> Result<Is, Fault> {
        let text = self.reader.text().to_owned();
        if operator != Token::String {
            return Err(self.fault(format!("Bad value in numeric range: {text}")));
        }
        if !matches!(text.as_str(), "<" | "<=") {
            return Err(self.fault(format!("Bad numeric range operator: {text}")));
        }
        if !self.next()?.is_number() {
            return Err(self.fault(format!("Value of {text} must be numeric")));
        }
        let top = self.reader.number();
        if self.next()? != Token::EndArray {
            return Err(self.fault("Too many terms in numeric range expression"));
        }
        if bottom >= top {
            return Err(self.fault("Bottom must be less than top"));
        }
        Ok(Is::Range(low, Some((top, text == "<"))))
    }

    fn anything_but(&mut self) -> Result<Is, Fault> {
        const KIND: &str = "Value of anything-but must be an array or single string/number value.";
        let mut all = Vec::new();
        match self.next()? {
            Token::String => all.push(Is::Text(self.reader.text().to_owned())),
            Token::Number => all.push(Is::Number(self.reader.number())),
            Token::StartArray => loop {
                match self.next()? {
                    Token::EndArray => break,
                    Token::String => all.push(Is::Text(self.reader.text().to_owned())),
                    Token::Number => all.push(Is::Number(self.reader.number())),
                    _ => {
                        return Err(self.twice(
                            "Inside anything but list, start|null|boolean is not supported.",
                        ));
                    }
                }
            },
            Token::StartObject => return self.anything_but_like(KIND),
            _ => return Err(self.fault(KIND)),
        }
        if all.is_empty() {
            return Err(self.fault(KIND));
        }
        Ok(Is::AnythingBut(all))
    }

    /// `{"anything-but": {"prefix": …}}` and the like, after the inner brace.
    fn anything_but_like(&mut self, kind: &str) -> Result<Is, Fault> {
        if self.next()? != Token::Name {
            return Err(self.fault("Anything-But expression name not found"));
        }
        let operator = self.reader.text().to_owned();
        let otherwise = match operator.as_str() {
            "prefix" | "suffix" => "prefix/suffix match pattern must be a string",
            "equals-ignore-case" => {
                "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
            }
            "wildcard" => "wildcard match pattern must be a string",
            _ => return Err(self.fault(format!("Unsupported anything-but pattern: {operator}"))),
        };
        let mut all = Vec::new();
        match self.next()? {
            Token::String => all.push(self.unlike(&operator)?),
            Token::StartObject => return Err(self.fault(kind)),
            Token::StartArray => {
                loop {
                    match self.next()? {
                        Token::EndArray => break,
                        Token::String => all.push(self.unlike(&operator)?),
                        _ => return Err(self.twice(otherwise)),
                    }
                }
                if all.is_empty() {
                    return Err(self.fault(kind));
                }
            }
            _ => return Err(self.fault(otherwise)),
        }
        self.only_one()?;
        Ok(Is::AnythingBut(all))
    }

    fn unlike(&mut self, operator: &str) -> Result<Is, Fault> {
        let text = self.reader.text().to_owned();
        Ok(match operator {
            "prefix" => Is::Prefix(text),
            "suffix" => Is::Suffix(text),
            "wildcard" => Is::Like(Glob::parse(&text).map_err(|reason| self.fault(reason))?),
            _ => Is::IgnoringCase(folded(&text)),
        })
    }
}

/// Upper and lower case alike.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// The parts of a member's name: between its dots.
pub(super) fn segments(name: &str) -> impl Iterator<Item = &str> {
    let is_path = name.contains('.') && name.split('.').count() <= DOTS_MAX;
    let (whole, parts) = if is_path { (None, Some(name.split('.'))) } else { (Some(name), None) };
    whole.into_iter().chain(parts.into_iter().flatten())
}

/// The field of a name, where dots go down.
fn field_of<'n>(node: &'n mut Node, name: &str) -> &'n mut Field {
    let mut parts: Vec<&str> = segments(name).collect();
    let last = parts.pop().unwrap_or(name);
    let mut node = node;
    for part in parts {
        node = named(node, part).below.get_or_insert_default();
    }
    named(node, last)
}

fn named<'n>(node: &'n mut Node, name: &str) -> &'n mut Field {
    let at = match node.fields.iter().position(|(known, _)| known == name) {
        Some(at) => at,
        None => {
            node.fields.push((name.to_owned(), Field::default()));
            node.fields.len() - 1
        }
    };
    &mut node.fields[at].1
}
