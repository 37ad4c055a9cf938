//! Intrinsic functions: `States.Format('Hello {}', $.name)`.
//!
//! Source: "Intrinsic functions" in the Step Functions developer guide, and recorded answers where they differ:
//! arguments are rounded half up as `Math.round` does, `StringSplit` splits at each character of its separator and
//! drops empty parts, `Format` writes objects as Java does (`{a=1, b=[]}`).

use crate::jsonpath::{ParseError, SelectError};
use crate::scope::{Scope, StatesPath};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::Digest;
use std::borrow::Cow;
use std::fmt::Write;

/// How deep calls may be nested ("up to 10" in the developer guide).
pub const CALLS_DEPTH_MAX: usize = 10;
/// The most elements that `States.ArrayRange` gives.
pub const RANGE_MAX: usize = 1000;
/// The most characters that `Base64Encode`, `Base64Decode` and `Hash` take.
pub const TEXT_CHARS_MAX: usize = 10_000;
/// The most bytes that one call may produce, which is the limit of a payload.
pub const RESULT_BYTES_MAX: usize = 256 * 1024;

/// Where `States.UUID` and `States.MathRandom` take their randomness from: the session's generator.
pub trait Randomness {
    /// The next 64 bits.
    fn next_u64(&mut self) -> u64;
}

/// The value of a `.$` field: a path or a call.
#[derive(Debug, Clone)]
pub enum Expression {
    /// `$.a`, `$$.b`, `$c`.
    Path(StatesPath),
    /// `States.Name(…)`.
    Call(Call),
}

/// A call of an intrinsic function.
#[derive(Debug, Clone)]
pub struct Call {
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
enum Argument {
    /// A text in single quotes, still escaped: `\{` means something else in `Format` than elsewhere.
    Text(String),
    Literal(Value),
    Path(StatesPath),
    Call(Call),
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// A path leads nowhere: `States.ParameterPathFailure` in an argument, `States.Runtime` alone.
    #[error("the path '{path}': {error}")]
    Path {
        /// As it is written.
        path: String,
        /// What Jayway says.
        error: SelectError,
    },
    /// The function refuses its arguments: `States.IntrinsicFailure`.
    #[error("{function}: {message}")]
    Intrinsic {
        /// With `States.`.
        function: &'static str,
        /// What is wrong.
        message: String,
    },
}

macro_rules! functions {
    ($($name:ident $least:literal $most:literal,)*) => {
        /// The intrinsic functions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "AWS documents each under this name")]
        pub enum Function { $($name,)* }

        impl Function {
            /// `States.Name`.
            pub fn name(self) -> &'static str {
                match self { $(Function::$name => concat!("States.", stringify!($name)),)* }
            }

            fn from_name(name: &str) -> Option<Function> {
                $(if name == concat!("States.", stringify!($name)) { return Some(Function::$name); })*
                None
            }

            /// The fewest and the most arguments.
            fn arity(self) -> (usize, usize) {
                match self { $(Function::$name => ($least, $most),)* }
            }
        }
    };
}

functions! {
    Array 0 1000,
    ArrayContains 2 2,
    ArrayGetItem 2 2,
    ArrayLength 1 1,
    ArrayPartition 2 2,
    ArrayRange 3 3,
    ArrayUnique 1 1,
    Base64Decode 1 1,
    Base64Encode 1 1,
    Format 1 1000,
    Hash 2 2,
    JsonMerge 3 3,
    JsonToString 1 1,
    MathAdd 2 2,
    MathRandom 2 3,
    StringSplit 2 2,
    StringToJson 1 1,
    UUID 0 0,
}

impl Expression {
    /// Reads a path or a call.
    ///
    /// # Errors
    /// When the text is neither, or a call names no function of AWS's or has too few or too many arguments.
    pub fn parse(text: &str) -> Result<Expression, ParseError> {
        if text.starts_with('$') {
            return StatesPath::parse(text).map(Expression::Path);
        }
        let mut parser = Parser { text, at: 0 };
        let call = parser.call(1)?;
        // Blanks may follow, as AWS's own editor accepts, but not lead.
        parser.blanks();
        if parser.at < text.len() {
            return parser.fail("nothing may follow the call");
        }
        Ok(Expression::Call(call))
    }

    /// The function that gives the value, unless it is a path.
    pub fn function(&self) -> Option<Function> {
        match self {
            Expression::Path(_) => None,
            Expression::Call(call) => Some(call.function),
        }
    }

    /// Every path in the expression, in the order it is written.
    pub fn paths(&self) -> Vec<&StatesPath> {
        fn collect<'c>(call: &'c Call, paths: &mut Vec<&'c StatesPath>) {
            for argument in &call.arguments {
                match argument {
                    Argument::Path(path) => paths.push(path),
                    Argument::Call(call) => collect(call, paths),
                    Argument::Text(_) | Argument::Literal(_) => {}
                }
            }
        }
        let mut paths = Vec::new();
        match self {
            Expression::Path(path) => paths.push(path),
            Expression::Call(call) => collect(call, &mut paths),
        }
        paths
    }

    /// The value in `scope`.
    ///
    /// # Errors
    /// When a path leads nowhere or a function refuses what it is given.
    pub fn evaluate(
        &self,
        scope: &Scope<'_>,
        random: &mut dyn Randomness,
    ) -> Result<Value, Failure> {
        match self {
            Expression::Path(path) => select(path, scope).map(Cow::into_owned),
            Expression::Call(call) => call.evaluate(scope, random),
        }
    }
}

fn select<'s>(path: &StatesPath, scope: &Scope<'s>) -> Result<Cow<'s, Value>, Failure> {
    path.select(scope).map_err(|error| Failure::Path { path: path.text().to_owned(), error })
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { position: self.at, message: message.into() })
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, c: char) -> bool {
        self.blanks();
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn call(&mut self, depth: usize) -> Result<Call, ParseError> {
        if depth > CALLS_DEPTH_MAX {
            return self.fail(format!("calls may be nested {CALLS_DEPTH_MAX} deep"));
        }
        let length = self
            .rest()
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
            .unwrap_or(self.rest().len());
        let name = &self.rest()[..length];
        let Some(function) = Function::from_name(name) else {
            return self.fail(format!("'{name}' is neither a path nor an intrinsic function"));
        };
        self.at += length;
        if !self.take('(') {
            return self.fail("expected '('");
        }
        let mut arguments = Vec::new();
        if !self.take(')') {
            loop {
                self.blanks();
                arguments.push(self.argument(depth)?);
                if self.take(')') {
                    break;
                }
                if !self.take(',') {
                    return self.fail("expected ',' or ')'");
                }
            }
        }
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            return self.fail(format!("{name} does not take {} arguments", arguments.len()));
        }
        // The one literal whose type AWS checks when the machine is made.
        let sums = matches!(function, Function::MathAdd | Function::MathRandom);
        if sums && arguments.iter().any(|argument| matches!(argument, Argument::Text(_))) {
            return self.fail(format!("{name} takes numbers"));
        }
        Ok(Call { function, arguments })
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, ParseError> {
        match self.rest().chars().next() {
            Some('\'') => self.quoted(),
            Some('$') => {
                let length = path_length(self.rest());
                let text = self.rest()[..length].trim_end();
                let path = StatesPath::parse(text)
                    .map_err(|error| ParseError { position: error.position + self.at, ..error })?;
                self.at += text.len();
                Ok(Argument::Path(path))
            }
            Some('S') => self.call(depth + 1).map(Argument::Call),
            _ => {
                let length = self.rest().find([',', ')']).unwrap_or(self.rest().len());
                let text = self.rest()[..length].trim_end();
                match serde_json::from_str::<Value>(text) {
                    Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => {
                        self.at += text.len();
                        Ok(Argument::Literal(value))
                    }
                    _ => self.fail("expected a path, a text in single quotes, a number, true, false, null or a call"),
                }
            }
        }
    }

    fn quoted(&mut self) -> Result<Argument, ParseError> {
        let begin = self.at + 1;
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((offset, c)) = chars.next() {
            match c {
                '\'' => {
                    let text = self.text[begin..self.at + offset].to_owned();
                    self.at += offset + 1;
                    return Ok(Argument::Text(text));
                }
                '\\' => {
                    // AWS refuses any other escape when the machine is made (recorded for `\"`).
                    let next = chars.next();
                    if !matches!(next, Some((_, '\'' | '{' | '}' | '\\'))) {
                        self.at += offset;
                        return self.fail("only \\', \\{, \\} and \\\\ may be escaped");
                    }
                }
                _ => {}
            }
        }
        self.fail("the text is not closed with a single quote")
    }
}

/// Where a path inside a call ends: at a `,` or `)` outside its own brackets and quotes.
fn path_length(text: &str) -> usize {
    let (mut depth, mut quote, mut escaped) = (0_i32, None, false);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', _) => escaped = true,
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) if depth > 0 => quote = Some(c),
            ('[' | '(', None) => depth += 1,
            (',' | ')', None) if depth == 0 => return at,
            (']' | ')', None) => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    plain
}

impl Call {
    fn evaluate(&self, scope: &Scope<'_>, random: &mut dyn Randomness) -> Result<Value, Failure> {
        // What a path selects is only looked at: it may be large.
        let mut values = Vec::with_capacity(self.arguments.len());
        for (at, argument) in self.arguments.iter().enumerate() {
            values.push(match argument {
                Argument::Text(text) if at == 0 && self.function == Function::Format => {
                    Cow::Owned(Value::String(text.clone()))
                }
                Argument::Text(text) => Cow::Owned(Value::String(unescape(text))),
                Argument::Literal(value) => Cow::Borrowed(value),
                Argument::Path(path) => select(path, scope)?,
                Argument::Call(call) => Cow::Owned(call.evaluate(scope, random)?),
            });
        }
        let fail = |message: String| Failure::Intrinsic { function: self.function.name(), message };
        apply(self.function, &values, random).map_err(fail)
    }
}

type Applied<T> = Result<T, String>;

fn apply(
    function: Function,
    values: &[Cow<'_, Value>],
    random: &mut dyn Randomness,
) -> Applied<Value> {
    let value = |at: usize| values.get(at).map_or(&Value::Null, |value| &**value);
    let text = |at: usize| {
        value(at).as_str().ok_or_else(|| format!("argument {} must be a string", at + 1))
    };
    let array = |at: usize| {
        value(at).as_array().ok_or_else(|| format!("argument {} must be an array", at + 1))
    };
    let integer = |at: usize| {
        rounded(value(at)).ok_or_else(|| format!("argument {} must be a number", at + 1))
    };
    match function {
        Function::Array => Ok(values.iter().map(|value| Value::clone(value)).collect()),
        Function::ArrayContains => Ok(Value::Bool(array(0)?.contains(value(1)))),
        Function::ArrayGetItem => {
            let index = integer(1)?;
            let item = usize::try_from(index).ok().and_then(|index| value(0).get(index));
            array(0)?;
            item.cloned().ok_or_else(|| format!("there is no item {index}"))
        }
        Function::ArrayLength => Ok(Value::from(array(0)?.len())),
        Function::ArrayPartition => match usize::try_from(integer(1)?) {
            Ok(size) if size > 0 => {
                Ok(array(0)?.chunks(size).map(|part| Value::Array(part.to_vec())).collect())
            }
            _ => Err("the size of a part must be a positive integer".to_owned()),
        },
        Function::ArrayRange => range(integer(0)?, integer(1)?, integer(2)?),
        Function::ArrayUnique => {
            let mut unique: Vec<Value> = Vec::new();
            for item in array(0)? {
                if !unique.contains(item) {
                    unique.push(item.clone());
                }
            }
            Ok(Value::Array(unique))
        }
        Function::Base64Encode => Ok(Value::String(STANDARD.encode(bounded(text(0)?)?))),
        Function::Base64Decode => {
            let bytes =
                STANDARD.decode(bounded(text(0)?)?).map_err(|_| "this is not Base64".to_owned())?;
            Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
        }
        Function::Format => format(text(0)?, &values[1..]).map(Value::String),
        Function::Hash => {
            let data = match value(0) {
                Value::String(data) => data.clone(),
                other => other.to_string(),
            };
            hash(bounded(&data)?, text(1)?).map(Value::String)
        }
        Function::JsonMerge => match (value(0), value(1), value(2)) {
            (Value::Object(first), Value::Object(second), Value::Bool(false)) => {
                let mut merged: Map<String, Value> = first.clone();
                merged.extend(second.clone());
                Ok(Value::Object(merged))
            }
            (_, _, Value::Bool(true)) => {
                Err("only the shallow mode, false, is supported".to_owned())
            }
            _ => Err("two objects and false are expected".to_owned()),
        },
        Function::JsonToString => Ok(Value::String(value(0).to_string())),
        Function::MathAdd => {
            let (first, second) = (integer(0)?, integer(1)?);
            let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
            if !(least..=most).contains(&first) || !(least..=most).contains(&second) {
                return Err("numbers must be between -2147483648 and 2147483647".to_owned());
            }
            Ok(Value::from(first + second))
        }
        Function::MathRandom => {
            let (start, end) = (integer(0)?, integer(1)?);
            let width = end
                .checked_sub(start)
                .and_then(|width| u64::try_from(width).ok())
                .filter(|width| *width > 0);
            let Some(width) = width else {
                return Err("the end must be greater than the start".to_owned());
            };
            let bits = match values.len() {
                3 => seeded(integer(2)?),
                _ => random.next_u64(),
            };
            // The high half of a product is unbiased enough for ranges far below 2^64, and needs no division.
            let offset = ((u128::from(bits) * u128::from(width)) >> 64) as i64;
            Ok(Value::from(start + offset))
        }
        Function::StringSplit => {
            let (subject, separators) = (text(0)?, text(1)?);
            let parts = subject.split(|c| separators.contains(c)).filter(|part| !part.is_empty());
            Ok(parts.map(str::to_owned).map(Value::String).collect())
        }
        Function::StringToJson => match text(0)?.trim() {
            "" => Ok(Value::Null),
            "-0" => Ok(Value::from(0)),
            json => {
                serde_json::from_str(json).map_err(|error| format!("this is not JSON: {error}"))
            }
        },
        Function::UUID => Ok(Value::String(uuid(random.next_u64(), random.next_u64()))),
    }
}

/// A version 4 UUID of these bits.
pub(crate) fn uuid(high: u64, low: u64) -> String {
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// A number as `Math.round` gives it: halves go up, so -1.5 is -1.
fn rounded(value: &Value) -> Option<i64> {
    let Value::Number(number) = value else { return None };
    number.as_i64().or_else(|| number.as_f64().map(|value| (value + 0.5).floor() as i64))
}

/// The first 64 bits for a given seed (SplitMix64). AWS does not document its generator.
fn seeded(seed: i64) -> u64 {
    let mut z = (seed as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn bounded(text: &str) -> Applied<&str> {
    match text.chars().count() {
        0..=TEXT_CHARS_MAX => Ok(text),
        _ => Err(format!("at most {TEXT_CHARS_MAX} characters are accepted")),
    }
}

fn range(first: i64, last: i64, step: i64) -> Applied<Value> {
    if step == 0 {
        return Err("the step must not be 0".to_owned());
    }
    let mut numbers = Vec::new();
    let mut next = Some(first);
    while let Some(number) =
        next.filter(|number| if step > 0 { *number <= last } else { *number >= last })
    {
        if numbers.len() == RANGE_MAX {
            return Err(format!("at most {RANGE_MAX} elements can be made"));
        }
        numbers.push(Value::from(number));
        next = number.checked_add(step);
    }
    Ok(Value::Array(numbers))
}

/// Hexadecimal digits of the digest.
pub(crate) fn hash(data: &str, algorithm: &str) -> Applied<String> {
    let data = data.as_bytes();
    let digest = match algorithm {
        "MD5" => md5::Md5::digest(data).to_vec(),
        "SHA-1" => sha1::Sha1::digest(data).to_vec(),
        "SHA-256" => sha2::Sha256::digest(data).to_vec(),
        "SHA-384" => sha2::Sha384::digest(data).to_vec(),
        "SHA-512" => sha2::Sha512::digest(data).to_vec(),
        _ => {
            return Err(format!(
                "'{algorithm}' is not one of MD5, SHA-1, SHA-256, SHA-384, SHA-512"
            ));
        }
    };
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn format(template: &str, values: &[Cow<'_, Value>]) -> Applied<String> {
    let mut text = String::new();
    let mut used = 0;
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.push(chars.next().unwrap_or('\\')),
            '{' if chars.peek() == Some(&'}') => {
                chars.next();
                let value = values.get(used).ok_or("there are more {} than arguments")?;
                match &**value {
                    Value::String(value) => text.push_str(value),
                    other => java_text(other, &mut text),
                }
                used += 1;
            }
            other => text.push(other),
        }
        if text.len() > RESULT_BYTES_MAX {
            return Err("the text is too long".to_owned());
        }
    }
    if used < values.len() {
        return Err("there are more arguments than {}".to_owned());
    }
    Ok(text)
}

/// A value as Java's `toString` of maps and lists writes it.
fn java_text(value: &Value, text: &mut String) {
    match value {
        Value::String(value) => text.push_str(value),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                java_text(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                let _ = write!(text, "{}{name}=", if at > 0 { ", " } else { "" });
                java_text(member, text);
            }
            text.push('}');
        }
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde_json::json;

    struct Fixed(u64);

    impl Randomness for Fixed {
        fn next_u64(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.0
        }
    }

    fn evaluate(text: &str) -> String {
        let input = json!({ "name": "Ada", "list": [1, 2, 2, "1"], "object": { "a": 1, "b": [true, null] }, "long": "x".repeat(10_001) });
        let variables = json!({ "v": { "x": 7 } });
        let scope = Scope {
            input: &input,
            context: &json!({ "Execution": { "Id": "e-1" } }),
            variables: variables.as_object().unwrap(),
        };
        match Expression::parse(text) {
            Err(error) => format!("refused: {error}"),
            Ok(expression) => match expression.evaluate(&scope, &mut Fixed(0)) {
                Ok(value) => value.to_string(),
                Err(failure) => format!("failed: {failure}"),
            },
        }
    }

    #[track_caller]
    fn check(texts: &[&str], expected: Expect) {
        let lines: Vec<String> =
            texts.iter().map(|text| format!("{text} => {}\n", evaluate(text))).collect();
        expected.assert_eq(&lines.concat());
    }

    #[test]
    fn paths_see_the_input_the_context_and_variables() {
        check(
            &["$.name", "$$.Execution.Id", "$v.x", "$v", "$none", "$.none", "$.none[*]", "name"],
            expect![[r#"
                $.name => "Ada"
                $$.Execution.Id => "e-1"
                $v.x => 7
                $v => {"x":7}
                $none => failed: the path '$none': No results for path: $none
                $.none => failed: the path '$.none': No results for path: $['none']
                $.none[*] => []
                name => refused: 'name' is neither a path nor an intrinsic function (at 0)
            "#]],
        );
    }

    #[test]
    fn format_writes_values_as_java_does() {
        check(
            &[
                "States.Format('Hi {}, {} {}', $.name, $.object, $.list)",
                r"States.Format('\{\} {} it\'s \\', 1.50)",
                "States.Format('{} {}', 1)",
                "States.Format('{}', 1, 2)",
                "States.Format($.name)",
                "States.Format()",
            ],
            expect![[r#"
                States.Format('Hi {}, {} {}', $.name, $.object, $.list) => "Hi Ada, {a=1, b=[true, null]} [1, 2, 2, 1]"
                States.Format('\{\} {} it\'s \\', 1.50) => "{} 1.5 it's \\"
                States.Format('{} {}', 1) => failed: States.Format: there are more {} than arguments
                States.Format('{}', 1, 2) => failed: States.Format: there are more arguments than {}
                States.Format($.name) => "Ada"
                States.Format() => refused: States.Format does not take 0 arguments (at 15)
            "#]],
        );
    }

    #[test]
    fn arrays_are_cut_counted_and_searched() {
        check(
            &[
                "States.ArrayPartition($.list, 3)",
                "States.ArrayPartition($.list, 0)",
                "States.ArrayContains($.list, '1')",
                "States.ArrayContains($.name, '1')",
                "States.ArrayUnique($.list)",
                "States.ArrayGetItem($.list, 1.4)",
                "States.ArrayGetItem($.list, 9)",
                "States.ArrayRange(5, 1, -2)",
                "States.ArrayRange(1, 2, 0)",
                "States.ArrayRange(0, 1000, 1)",
            ],
            expect![[r#"
                States.ArrayPartition($.list, 3) => [[1,2,2],["1"]]
                States.ArrayPartition($.list, 0) => failed: States.ArrayPartition: the size of a part must be a positive integer
                States.ArrayContains($.list, '1') => true
                States.ArrayContains($.name, '1') => failed: States.ArrayContains: argument 1 must be an array
                States.ArrayUnique($.list) => [1,2,"1"]
                States.ArrayGetItem($.list, 1.4) => 2
                States.ArrayGetItem($.list, 9) => failed: States.ArrayGetItem: there is no item 9
                States.ArrayRange(5, 1, -2) => [5,3,1]
                States.ArrayRange(1, 2, 0) => failed: States.ArrayRange: the step must not be 0
                States.ArrayRange(0, 1000, 1) => failed: States.ArrayRange: at most 1000 elements can be made
            "#]],
        );
    }

    #[test]
    fn texts_numbers_and_json() {
        check(
            &[
                "States.MathAdd(-1.5, 0.5)",
                "States.MathAdd(2147483648, 0)",
                "States.MathAdd('1', 0)",
                "States.MathRandom(1, 1)",
                "States.MathRandom(1, 10, 42)",
                "States.StringSplit('a.b-c..', '.-')",
                "States.StringToJson('{\"a\": 1.0}')",
                "States.StringToJson('nope')",
                "States.JsonMerge($.object, States.StringToJson('{\"a\":2}'), false)",
                "States.JsonMerge($.object, $.object, true)",
                "States.Base64Encode($.name)",
                "States.Base64Decode('!')",
                "States.Base64Encode($.long)",
                "States.Hash($.name, 'CRC')",
                "States.UUID()",
            ],
            expect![[r#"
                States.MathAdd(-1.5, 0.5) => 0
                States.MathAdd(2147483648, 0) => failed: States.MathAdd: numbers must be between -2147483648 and 2147483647
                States.MathAdd('1', 0) => refused: States.MathAdd takes numbers (at 22)
                States.MathRandom(1, 1) => failed: States.MathRandom: the end must be greater than the start
                States.MathRandom(1, 10, 42) => 7
                States.StringSplit('a.b-c..', '.-') => ["a","b","c"]
                States.StringToJson('{"a": 1.0}') => {"a":1.0}
                States.StringToJson('nope') => failed: States.StringToJson: this is not JSON: expected ident at line 1 column 2
                States.JsonMerge($.object, States.StringToJson('{"a":2}'), false) => {"a":2,"b":[true,null]}
                States.JsonMerge($.object, $.object, true) => failed: States.JsonMerge: only the shallow mode, false, is supported
                States.Base64Encode($.name) => "QWRh"
                States.Base64Decode('!') => failed: States.Base64Decode: this is not Base64
                States.Base64Encode($.long) => failed: States.Base64Encode: at most 10000 characters are accepted
                States.Hash($.name, 'CRC') => failed: States.Hash: 'CRC' is not one of MD5, SHA-1, SHA-256, SHA-384, SHA-512
                States.UUID() => "9e3779b9-7f4a-4c15-bc6e-f372fe94f82a"
            "#]],
        );
    }

    #[test]
    fn what_is_no_call_is_refused_where_it_goes_wrong() {
        check(
            &[
                "States.Nope($.a)",
                "States.Array($.a",
                "States.Array($.a[?(@.b == ',)')], 'x')",
                "States.Array($.a $.b)",
                "States.Array('a)",
                " States.Array()",
                "States.Array() ",
                "States.Array() x",
                "States.UUID(1)",
                &format!("{}1{}", "States.Array(".repeat(11), ")".repeat(11)),
            ],
            expect![[r#"
                States.Nope($.a) => refused: 'States.Nope' is neither a path nor an intrinsic function (at 0)
                States.Array($.a => refused: expected ',' or ')' (at 16)
                States.Array($.a[?(@.b == ',)')], 'x') => [[],"x"]
                States.Array($.a $.b) => refused: Use bracket notion ['my prop'] if your property contains blank characters. (at 16)
                States.Array('a) => refused: the text is not closed with a single quote (at 13)
                 States.Array() => refused: '' is neither a path nor an intrinsic function (at 0)
                States.Array()  => []
                States.Array() x => refused: nothing may follow the call (at 15)
                States.UUID(1) => refused: States.UUID does not take 1 arguments (at 14)
                States.Array(States.Array(States.Array(States.Array(States.Array(States.Array(States.Array(States.Array(States.Array(States.Array(States.Array(1))))))))))) => refused: calls may be nested 10 deep (at 130)
            "#]],
        );
    }
}
