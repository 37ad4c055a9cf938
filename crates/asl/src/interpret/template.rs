//! Payload templates of both languages, parsed once.

use super::data::Data;
use super::fault::{Fault, Outcome};
use super::random::Random;
use super::time::Time;
use coldstart_expr::intrinsic::{Expression, Failure};
use coldstart_expr::jsonata;
use coldstart_expr::jsonpath::SelectError;
use coldstart_expr::scope::{Scope, Source, StatesPath};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// How deep a template may nest: it comes from JSON that was read, which nests less.
const DEPTH_MAX: usize = 256;

/// What the fields of a state see while it stands in one place.
pub(crate) struct Scene<'s> {
    /// `$` of JSONPath.
    pub(crate) focus: &'s Data,
    /// `$states.input`.
    pub(crate) input: &'s Data,
    /// `$states.result`.
    pub(crate) result: Option<&'s Data>,
    /// `$states.errorOutput`.
    pub(crate) error_output: Option<&'s Data>,
    /// `$$`; null when nothing in the state reads it.
    pub(crate) context: &'s Value,
    pub(crate) variables: &'s Map<String, Value>,
    pub(crate) random: &'s mut Random,
    pub(crate) now: Time,
}

impl<'s> Scene<'s> {
    fn scope(&self) -> Scope<'s> {
        Scope { input: self.focus.value(), context: self.context, variables: self.variables }
    }

    /// What JSONata sees: `$states` only where it is read, because it holds copies.
    fn jsonata(&mut self, reads_states: bool) -> jsonata::Scope<'_> {
        let mut states = Map::new();
        if reads_states {
            states.insert("input".to_owned(), self.input.value().clone());
            states.insert("context".to_owned(), self.context.clone());
            if let Some(result) = self.result {
                states.insert("result".to_owned(), result.value().clone());
            }
            if let Some(error) = self.error_output {
                states.insert("errorOutput".to_owned(), error.value().clone());
            }
        }
        let seed = coldstart_expr::intrinsic::Randomness::next_u64(self.random);
        jsonata::Scope::new(Value::Object(states), self.variables)
            .now_ms(i64::try_from(self.now.millis()).unwrap_or(i64::MAX))
            .seed(seed)
    }

    /// What a path selects, not copied where that can be.
    pub(crate) fn look_up(&self, path: &StatesPath) -> Result<Cow<'s, Value>, SelectError> {
        path.select(&self.scope())
    }

    /// What a path selects, for a field whose failures AWS words as Jayway does.
    pub(crate) fn select(&self, path: &StatesPath) -> Outcome<Value> {
        match path.select(&self.scope()) {
            Ok(value) => Ok(value.into_owned()),
            Err(error) => Err(Fault::runtime(format!("Invalid path '{}' : {error}", path.text()))),
        }
    }

    /// The value of an expression in the field of that name.
    pub(crate) fn evaluate(&mut self, expression: &Expression, field: &str) -> Outcome<Value> {
        let scope =
            Scope { input: self.focus.value(), context: self.context, variables: self.variables };
        let failure = match expression.evaluate(&scope, self.random) {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        Err(match failure {
            Failure::Path { path, error } if expression.function().is_none() => {
                Fault::runtime(not_found(&path, field, &error, self.focus.text()))
            }
            Failure::Path { path, .. } => Fault::runtime(format!(
                "The JsonPath argument for the field '{path}' could not be found in the input '{}'",
                self.focus.text()
            )),
            Failure::Intrinsic { function, message } => Fault::intrinsic(format!(
                "The function '{function}' specified for the field '{field}' had the following error: {message}"
            )),
        })
    }

    /// What a JSONata expression in the field gives; undefined is an error.
    pub(crate) fn query(
        &mut self,
        expression: &jsonata::Expression,
        field: &str,
    ) -> Outcome<Value> {
        let reads = expression.variables().any(|name| name == "states");
        let outcome = expression.field(field, &self.jsonata(reads));
        outcome.map_err(evaluation_fault)
    }
}

fn not_found(path: &str, field: &str, error: &SelectError, input: &str) -> String {
    match error {
        SelectError::NotFound(_) => format!(
            "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{input}'"
        ),
        other => format!("Invalid path '{path}' : {other}"),
    }
}

/// A template of either language.
#[derive(Debug)]
pub(crate) enum Template {
    JsonPath(Node),
    Jsonata { template: jsonata::Template, field: String, reads_states: bool },
}

/// A part of a JSONPath template.
#[derive(Debug)]
pub(crate) enum Node {
    Constant(Value),
    Expression(Box<Computed>),
    Array(Vec<Node>),
    Object {
        members: Vec<(String, Node)>,
        /// The names with null for each value: to copy it is cheaper than to make an object anew. Empty when a name is
        /// there twice, as `a` and `a.$`.
        shape: Map<String, Value>,
    },
}

/// The value of a member whose name ends with `.$`.
#[derive(Debug)]
pub(crate) struct Computed {
    /// The name, with `.$`.
    field: String,
    expression: Expression,
}

impl Template {
    /// Reads a payload template of JSONPath.
    pub(crate) fn jsonpath(value: &Value) -> Result<Template, String> {
        Node::parse(value, 0).map(Template::JsonPath)
    }

    /// Reads a value with JSONata expressions in it.
    pub(crate) fn jsonata(value: &Value, field: &str) -> Result<Template, String> {
        let template = jsonata::Template::parse(value, field)
            .map_err(|(field, error)| format!("{error} in the field '{field}'"))?;
        let mut reads_states = false;
        template.visit(field, &mut |_, expression| {
            reads_states |= expression.variables().any(|name| name == "states");
        });
        Ok(Template::Jsonata { template, field: field.to_owned(), reads_states })
    }

    /// Whether anything in it reads the context object.
    pub(crate) fn reads_context(&self) -> bool {
        match self {
            Template::JsonPath(node) => node.reads_context(),
            Template::Jsonata { reads_states, .. } => *reads_states,
        }
    }

    pub(crate) fn fill(&self, scene: &mut Scene<'_>) -> Outcome<Value> {
        match self {
            Template::JsonPath(node) => node.fill(scene),
            Template::Jsonata { template, field, reads_states } => {
                let outcome = template.fill(field, &scene.jsonata(*reads_states));
                outcome.map_err(evaluation_fault)
            }
        }
    }
}

/// An error of JSONata as the fault it is.
pub(crate) fn evaluation_fault(error: jsonata::FieldError) -> Box<Fault> {
    Fault::evaluation(error.to_string(), Some(error.field))
}

impl Node {
    fn parse(value: &Value, depth: usize) -> Result<Node, String> {
        if depth > DEPTH_MAX {
            return Err("the template nests too deeply".to_owned());
        }
        match value {
            Value::Array(items) => {
                let nodes: Vec<Node> = items
                    .iter()
                    .map(|item| Node::parse(item, depth + 1))
                    .collect::<Result<_, _>>()?;
                match nodes.iter().all(Node::is_constant) {
                    true => Ok(Node::Constant(value.clone())),
                    false => Ok(Node::Array(nodes)),
                }
            }
            Value::Object(members) => {
                let mut nodes = Vec::with_capacity(members.len());
                for (name, member) in members {
                    nodes.push(match name.strip_suffix(".$") {
                        Some(plain) => (plain.to_owned(), Node::computed(name, member)?),
                        None => (name.clone(), Node::parse(member, depth + 1)?),
                    });
                }
                match nodes.iter().all(|(_, node)| node.is_constant()) {
                    true => Ok(Node::Constant(value.clone())),
                    false => Ok(Node::object(nodes)),
                }
            }
            other => Ok(Node::Constant(other.clone())),
        }
    }

    fn object(members: Vec<(String, Node)>) -> Node {
        let names = members.iter().map(|(name, _)| (name.clone(), Value::Null));
        let mut shape: Map<String, Value> = names.collect();
        if shape.len() < members.len() {
            shape = Map::new();
        }
        Node::Object { members, shape }
    }

    fn computed(field: &str, value: &Value) -> Result<Node, String> {
        let text = value.as_str().ok_or_else(|| format!("the field '{field}' is not a string"))?;
        let expression =
            Expression::parse(text).map_err(|error| format!("the field '{field}': {error}"))?;
        Ok(Node::Expression(Box::new(Computed { field: field.to_owned(), expression })))
    }

    fn is_constant(&self) -> bool {
        matches!(self, Node::Constant(_))
    }

    fn reads_context(&self) -> bool {
        match self {
            Node::Constant(_) => false,
            Node::Expression(computed) => expression_reads_context(&computed.expression),
            Node::Array(nodes) => nodes.iter().any(Node::reads_context),
            Node::Object { members, .. } => members.iter().any(|(_, node)| node.reads_context()),
        }
    }

    fn fill(&self, scene: &mut Scene<'_>) -> Outcome<Value> {
        match self {
            Node::Constant(value) => Ok(value.clone()),
            Node::Expression(computed) => scene.evaluate(&computed.expression, &computed.field),
            Node::Array(nodes) => nodes.iter().map(|node| node.fill(scene)).collect(),
            Node::Object { members, shape } if !shape.is_empty() => {
                let mut filled = shape.clone();
                for (value, (_, node)) in filled.values_mut().zip(members) {
                    *value = node.fill(scene)?;
                }
                Ok(Value::Object(filled))
            }
            Node::Object { members, .. } => {
                let mut filled = Map::with_capacity(members.len());
                for (name, node) in members {
                    filled.insert(name.clone(), node.fill(scene)?);
                }
                Ok(Value::Object(filled))
            }
        }
    }
}

pub(crate) fn expression_reads_context(expression: &Expression) -> bool {
    expression.paths().iter().any(|path| *path.source() == Source::Context)
}
