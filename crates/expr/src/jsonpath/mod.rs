//! JSONPath as Jayway's library reads it, which is what Step Functions uses.
//!
//! RFC 9535 is another language: hundreds of its queries mean something else here or nothing at all.
//! The parser therefore follows Jayway's, with its tolerance (one stray character after a closing bracket is
//! ignored, `$['a',x'b']` names two members) and its strictness (`$[::2]`, `$[?@.a]` are refused).
//!
//! Two things differ on purpose. Members come in the document's order. A step after `..` that is not the
//! last (`$..[0].a`) is applied to every array it meets, where Jayway's answer depends on earlier calls.
//!
//! Invariant: [`Path::parse`] and [`Path::select`] neither panic nor run longer than their limits allow.

mod cursor;
mod eval;
mod filter;
mod functions;
mod parse;

use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// The longest path that is read, in bytes.
pub const PATH_BYTES_MAX: usize = 64 * 1024;
/// The most steps that one path may have.
pub const TOKENS_MAX: usize = 256;
/// How deep filters and function arguments may hold further paths.
pub const NESTING_MAX: usize = 16;
/// How deep a document may nest where `..` walks it.
pub const DEPTH_MAX: usize = 512;
/// How many nodes one selection may visit.
pub const STEPS_MAX: u32 = 2_000_000;

/// A parsed path. Parse once, select often.
#[derive(Debug, Clone)]
pub struct Path {
    pub(crate) root: char,
    pub(crate) tokens: Vec<Token>,
}

#[derive(Debug, Clone)]
pub(crate) enum Token {
    Property(Vec<String>),
    Index(Vec<i32>),
    Slice { from: Option<i32>, to: Option<i32> },
    Wildcard,
    Scan,
    Filter(filter::Filter),
    Function { name: String, parameters: Vec<Parameter> },
}

#[derive(Debug, Clone)]
pub(crate) enum Parameter {
    Json(Value),
    Path(Path),
}

/// Why a text is not a path, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at {position})")]
pub struct ParseError {
    /// Byte offset into the text that was parsed.
    pub position: usize,
    /// What is wrong there.
    pub message: String,
}

/// Why a path has no value in a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// A definite path leads nowhere. The words are Jayway's, which AWS quotes in causes.
    #[error("{0}")]
    NotFound(String),
    /// A function cannot be computed from what it was given.
    #[error("{0}")]
    Function(String),
    /// The path cannot be applied to this document, such as a filter to a number.
    #[error("{0}")]
    Invalid(String),
    /// The selection visits too much ([`STEPS_MAX`], [`DEPTH_MAX`]).
    #[error("the path visits too many nodes")]
    TooLarge,
}

impl Path {
    /// Reads a path such as `$.order.items[?(@.price > 10)].name`.
    ///
    /// # Errors
    /// When Jayway would refuse the text, or it is longer or more nested than the limits of this module.
    pub fn parse(text: &str) -> Result<Path, ParseError> {
        parse::parse(text, 0)
    }

    /// Whether the path names one place at most: it then selects a value, otherwise an array of values.
    pub fn is_definite(&self) -> bool {
        (0..self.tokens.len()).all(|at| self.is_token_definite(at))
    }

    /// What the path selects: for a definite path the value, otherwise an array of all values in order.
    ///
    /// # Errors
    /// [`SelectError::NotFound`] when a definite path, or the definite start of another, leads nowhere.
    pub fn select<'d>(&self, document: &'d Value) -> Result<Cow<'d, Value>, SelectError> {
        let mut values = self.select_all(document)?;
        if !self.is_definite() {
            return Ok(Cow::Owned(Value::Array(values.into_iter().map(Cow::into_owned).collect())));
        }
        values.pop().ok_or_else(|| SelectError::NotFound(format!("No results for path: {self}")))
    }

    /// Every value that the path selects, in the document's order; a definite path that leads nowhere may give none.
    ///
    /// # Errors
    /// As [`Path::select`].
    pub fn select_all<'d>(&self, document: &'d Value) -> Result<Vec<Cow<'d, Value>>, SelectError> {
        eval::Evaluation::new(document, false).run(self, document)
    }

    /// The members and indices of a path that consists of nothing else.
    pub(crate) fn plain_steps(&self) -> Option<Vec<reference::Step>> {
        self.tokens
            .iter()
            .map(|token| match token {
                Token::Property(names) if names.len() == 1 => {
                    Some(reference::Step::Member(names[0].clone()))
                }
                Token::Index(indices) if indices.len() == 1 => {
                    usize::try_from(indices[0]).ok().map(reference::Step::Index)
                }
                _ => None,
            })
            .collect()
    }

    pub(crate) fn is_token_definite(&self, at: usize) -> bool {
        match &self.tokens[at] {
            // Several members at the end are merged into one object, so they are one value.
            Token::Property(names) => names.len() == 1 || at + 1 == self.tokens.len(),
            Token::Index(indices) => indices.len() == 1,
            Token::Function { .. } => true,
            Token::Slice { .. } | Token::Wildcard | Token::Scan | Token::Filter(_) => false,
        }
    }

    pub(crate) fn is_function(&self) -> bool {
        matches!(self.tokens.last(), Some(Token::Function { .. }))
    }
}

use crate::reference;

/// Jayway's normal form, `$['a'][0]`, as AWS quotes it in causes.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)?;
        self.tokens.iter().try_for_each(|token| write!(f, "{token}"))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: Vec<String>| items.join(",");
        match self {
            Token::Property(names) => {
                write!(f, "[{}]", list(names.iter().map(|n| format!("'{n}'")).collect()))
            }
            Token::Index(indices) => {
                write!(f, "[{}]", list(indices.iter().map(i32::to_string).collect()))
            }
            Token::Slice { from, to } => {
                let text = |bound: &Option<i32>| bound.map(|b| b.to_string()).unwrap_or_default();
                write!(f, "[{}:{}]", text(from), text(to))
            }
            Token::Wildcard => write!(f, "[*]"),
            Token::Scan => write!(f, ".."),
            Token::Filter(_) => write!(f, "[?]"),
            Token::Function { name, .. } => write!(f, ".{name}()"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde_json::json;

    #[track_caller]
    fn check(document: &Value, paths: &[&str], expected: Expect) {
        let lines = paths.iter().map(|text| {
            let outcome = match Path::parse(text) {
                Err(error) => format!("refused: {error}"),
                Ok(path) => match path.select(document) {
                    Ok(value) => format!(
                        "{value} ({})",
                        if path.is_definite() { "definite" } else { "indefinite" }
                    ),
                    Err(error) => format!("{error:?}"),
                },
            };
            format!("{text} => {outcome}\n")
        });
        expected.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn a_definite_path_that_leads_nowhere_says_where() {
        check(
            &json!({ "a": { "b": [1, 2] }, "n": null, "s": "x" }),
            &[
                "$.x",
                "$.a.x.y",
                "$.a.b[2]",
                "$.a.b.c",
                "$.s[0]",
                "$.n[0]",
                "$.s[?(@.a)]",
                "$.x[*]",
                "$.a.b[*].c",
            ],
            expect![[r#"
                $.x => NotFound("No results for path: $['x']")
                $.a.x.y => NotFound("Missing property in path $['a']['x']")
                $.a.b[2] => NotFound("No results for path: $['a']['b'][2]")
                $.a.b.c => NotFound("Expected to find an object with property ['c'] in path $['a']['b'] but found 'array'.")
                $.s[0] => NotFound("Filter: [0] can only be applied to arrays. Current context is: \"x\"")
                $.n[0] => NotFound("The path $['n'] is null")
                $.s[?(@.a)] => Invalid("Filter: [?] can not be applied to primitives. Current context is: \"x\"")
                $.x[*] => NotFound("Missing property in path $['x']")
                $.a.b[*].c => [] (indefinite)
            "#]],
        );
    }

    #[test]
    fn filters_compare_as_jayway_does() {
        check(
            &json!([
                { "n": 1, "s": "one", "l": [1, 2] },
                { "n": "1", "s": "two", "l": [] },
                { "n": 2.0, "b": true, "z": null },
            ]),
            &[
                "$[?(@.n == 1)].n",
                "$[?(@.n === 1)].n",
                "$[?(@.n == 2)].n",
                "$[?(@.z == null)].n",
                "$[?(!@.s)].n",
                "$[?(!(@.s == 'one'))].n",
                "$[?(@.s > 'one')].n",
                "$[?(@.s =~ /T.*/i)].n",
                "$[?(@.s =~ /t/)].n",
                "$[?(@.l size 2)].n",
                "$[?(@.l empty true)].n",
                "$[?(@.l contains 2)].n",
                "$[?(@.l anyof [2, 3])].n",
                "$[?(@.l subsetof [1, 2, 3])].n",
                "$[?(@.l noneof [1])].n",
                "$[?(@.l all [1])].n",
                "$[?(@.s in ['one', 'two'] && @.n == 1)].s",
                "$[?(@.b == true || @.s == 'one')].n",
                "$[?(@.n == $[0].n)].s",
                "$[?(@.n nope 1)].n",
                "$[?(1 == )].n",
            ],
            expect![[r#"
                $[?(@.n == 1)].n => [1,"1"] (indefinite)
                $[?(@.n === 1)].n => [1] (indefinite)
                $[?(@.n == 2)].n => [2.0] (indefinite)
                $[?(@.z == null)].n => [2.0] (indefinite)
                $[?(!@.s)].n => [2.0] (indefinite)
                $[?(!(@.s == 'one'))].n => ["1",2.0] (indefinite)
                $[?(@.s > 'one')].n => ["1"] (indefinite)
                $[?(@.s =~ /T.*/i)].n => ["1"] (indefinite)
                $[?(@.s =~ /t/)].n => [] (indefinite)
                $[?(@.l size 2)].n => [1] (indefinite)
                $[?(@.l empty true)].n => ["1"] (indefinite)
                $[?(@.l contains 2)].n => [1] (indefinite)
                $[?(@.l anyof [2, 3])].n => [1] (indefinite)
                $[?(@.l subsetof [1, 2, 3])].n => [1,"1"] (indefinite)
                $[?(@.l noneof [1])].n => ["1"] (indefinite)
                $[?(@.l all [1])].n => [1] (indefinite)
                $[?(@.s in ['one', 'two'] && @.n == 1)].s => ["one","two"] (indefinite)
                $[?(@.b == true || @.s == 'one')].n => [1,2.0] (indefinite)
                $[?(@.n == $[0].n)].s => ["one","two"] (indefinite)
                $[?(@.n nope 1)].n => refused: Expected character: ) (at 8)
                $[?(1 == )].n => refused: Expected path node (at 4)
            "#]],
        );
    }

    #[test]
    fn functions_take_arrays_and_paths() {
        check(
            &json!({ "a": [3, 1, 2], "s": ["x", "y"], "o": { "p": 1, "q": 2 } }),
            &[
                "$.a.sum()",
                "$.a.avg()",
                "$.a.min()",
                "$.a.max()",
                "$.a.first()",
                "$.a.index(-1)",
                "$.a.index(9)",
                "$.s.concat()",
                "$.concat($.s, \"!\")",
                "$.a.append(4)",
                "$.o.keys()",
                "$.o.length()",
                "$..p.sum()",
                "$.a.nope()",
                "$.a.sum(",
                "$.length($.a[*])",
            ],
            expect![[r#"
                $.a.sum() => 6.0 (definite)
                $.a.avg() => 2.0 (definite)
                $.a.min() => 1.0 (definite)
                $.a.max() => 3.0 (definite)
                $.a.first() => 3 (definite)
                $.a.index(-1) => 2 (definite)
                $.a.index(9) => Function("Target index:9 larger than object count:3")
                $.s.concat() => "xy" (definite)
                $.concat($.s, "!") => "xy!" (definite)
                $.a.append(4) => [3,1,2,4] (definite)
                $.o.keys() => ["p","q"] (definite)
                $.o.length() => 2 (definite)
                $..p.sum() => 1.0 (definite)
                $.a.nope() => Invalid("Function with name: nope does not exist.")
                $.a.sum( => refused: Arguments to function: 'sum' are not closed properly. (at 7)
                $.length($.a[*]) => 0 (definite)
            "#]],
        );
    }

    #[test]
    fn a_path_is_written_in_normal_form() {
        let path = Path::parse("a..b[0,1][1:]['x','y'][*][?(@.z)].length()").unwrap();
        expect!["$['a']..['b'][0,1][1:]['x','y'][*][?].length()"].assert_eq(&path.to_string());
    }

    #[test]
    fn work_is_bounded() {
        let mut document = json!(1);
        for _ in 0..400 {
            document = json!([document]);
        }
        let path = Path::parse("$..*..*..*..*").unwrap();
        assert_eq!(path.select(&document), Err(SelectError::TooLarge));
        for _ in 0..400 {
            document = json!([document]);
        }
        assert_eq!(Path::parse("$..a").unwrap().select(&document), Err(SelectError::TooLarge));
        assert!(Path::parse(&format!("${}", "[0]".repeat(300))).is_err());
        assert!(Path::parse(&"[?(@".repeat(5000)).is_err());
        assert!(
            Path::parse(&format!("$[?({}1==1{})]", "(".repeat(5000), ")".repeat(5000))).is_err()
        );
        assert!(Path::parse(&"$.a(".repeat(5000)).is_err());
        assert_eq!(
            Path::parse("$[-2147483648:2147483647]")
                .unwrap()
                .select(&json!([1]))
                .unwrap()
                .into_owned(),
            json!([1, 1])
        );
    }
}
