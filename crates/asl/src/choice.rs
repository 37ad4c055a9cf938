//! The conditions of Choice states.

use crate::json::{Kind, Node};
use serde_json::Value;

/// When a rule applies.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `Condition`: a JSONata expression or a boolean.
    Expression(Value),
    /// `And`.
    And(Vec<Condition>),
    /// `Or`.
    Or(Vec<Condition>),
    /// `Not`.
    Not(Box<Condition>),
    /// A comparison of `Variable`.
    Compare {
        /// The path of `Variable`.
        variable: String,
        /// The operator's name without `Path`, such as `NumericEquals`.
        comparison: Comparison,
        /// What the variable is compared with.
        operand: Operand,
    },
}

/// What a variable is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A fixed value.
    Literal(Value),
    /// A path to the value: the operator's name ends with `Path`.
    Path(String),
}

macro_rules! comparisons {
    ($($name:ident $expects:ident $has_path:literal,)*) => {
        /// The operators of JSONPath rules. Source: "Data-test expressions" in the specification.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the specification names each")]
        pub enum Comparison { $($name,)* }

        impl Comparison {
            /// The operator of a field's name, and whether its value is a path.
            pub fn from_field(field: &str) -> Option<(Comparison, bool)> {
                $(
                    if field == stringify!($name) { return Some((Comparison::$name, false)); }
                    if $has_path && field == concat!(stringify!($name), "Path") { return Some((Comparison::$name, true)); }
                )*
                None
            }

            /// The operator's name.
            pub fn name(self) -> &'static str {
                match self { $(Comparison::$name => stringify!($name),)* }
            }

            /// The operator's name when it compares with a path, where there is such a form.
            pub(crate) fn path_name(self) -> Option<&'static str> {
                match self { $(Comparison::$name => $has_path.then_some(concat!(stringify!($name), "Path")),)* }
            }

            /// Every operator, in the specification's order.
            pub(crate) const ALL: &'static [Comparison] = &[$(Comparison::$name,)*];

            pub(crate) fn expects(self) -> Expects {
                match self { $(Comparison::$name => Expects::$expects,)* }
            }
        }
    };
}

/// The JSON type of a literal operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expects {
    Text,
    Number,
    Boolean,
    Timestamp,
}

comparisons! {
    StringEquals Text true,
    StringLessThan Text true,
    StringGreaterThan Text true,
    StringLessThanEquals Text true,
    StringGreaterThanEquals Text true,
    StringMatches Text false,
    NumericEquals Number true,
    NumericLessThan Number true,
    NumericGreaterThan Number true,
    NumericLessThanEquals Number true,
    NumericGreaterThanEquals Number true,
    BooleanEquals Boolean true,
    TimestampEquals Timestamp true,
    TimestampLessThan Timestamp true,
    TimestampGreaterThan Timestamp true,
    TimestampLessThanEquals Timestamp true,
    TimestampGreaterThanEquals Timestamp true,
    IsNull Boolean false,
    IsPresent Boolean false,
    IsNumeric Boolean false,
    IsString Boolean false,
    IsBoolean Boolean false,
    IsTimestamp Boolean false,
}

/// Reads the condition of a rule, or `None` where there is none to read.
pub(crate) fn read(rule: &Node) -> Option<Condition> {
    let all = |node: &Node| node.items().iter().filter_map(read).collect();
    for member in rule.members() {
        match member.name.as_str() {
            "Condition" => return Some(Condition::Expression(member.value.to_value())),
            "And" => return Some(Condition::And(all(&member.value))),
            "Or" => return Some(Condition::Or(all(&member.value))),
            "Not" => return read(&member.value).map(|inner| Condition::Not(Box::new(inner))),
            name => {
                let Some((comparison, is_path)) = Comparison::from_field(name) else { continue };
                let operand = match (&member.value.kind, is_path) {
                    (Kind::Text(path), true) => Operand::Path(path.clone()),
                    _ => Operand::Literal(member.value.to_value()),
                };
                let variable = rule.get("Variable")?.text()?.to_owned();
                return Some(Condition::Compare { variable, comparison, operand });
            }
        }
    }
    None
}
