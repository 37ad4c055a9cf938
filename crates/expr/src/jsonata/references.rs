//! What an expression refers to, found without evaluating it.

use super::Refusal;
use jlens_core::Ast;
use jlens_core::ast::{Attrs, BinaryOp, Node, NodeKind, Stage};
use std::ops::Range;

/// How many nodes an expression without loops may have to be evaluated unguarded.
const NODES_MAX: usize = 64;

/// What is known of an expression before it is evaluated.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The free variables, sorted, without `$`.
    pub(crate) variables: Vec<String>,
    /// All variables: one that the text binds may still be read where that binding was not evaluated.
    pub(crate) referenced: Vec<String>,
    /// How the regular expressions in it repeat.
    pub(crate) regex: Repetition,
    /// Whether the values built may be many times as large as what is given: see the module `guard`.
    pub(crate) grows: bool,
    /// What stands where only the context item could be read, in the order of the text.
    top_level: Vec<(TopLevel, Range<usize>)>,
    /// The fields of `$states` that are read, in the order of the text.
    states: Vec<(String, Range<usize>)>,
}

/// How a regular expression repeats.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Repetition {
    /// There is none.
    #[default]
    None,
    /// No group that repeats or branches inside is repeated, and few things are: the moves of the matcher are a small
    /// power of the text's length.
    Flat,
    /// They may be exponential in it, or a large power.
    Nested,
}

impl Repetition {
    /// Judges a pattern by its groups and quantifiers; escapes and classes are skipped.
    fn of(pattern: &str) -> Repetition {
        let mut chars = pattern.chars().peekable();
        // For each open group whether something in it repeats or branches.
        let mut groups = vec![false];
        let mut in_class = false;
        let mut closed_restless = false;
        let mut repeated = 0;
        while let Some(c) = chars.next() {
            let after_group = std::mem::take(&mut closed_restless);
            match c {
                '\\' => {
                    chars.next();
                }
                ']' => in_class = false,
                _ if in_class => {}
                '[' => in_class = true,
                '(' => {
                    // The mark of a group's kind is no quantifier.
                    chars.next_if_eq(&'?');
                    groups.push(false);
                }
                ')' if groups.len() > 1 => {
                    closed_restless = groups.pop().unwrap_or(false);
                    if closed_restless && let Some(outer) = groups.last_mut() {
                        *outer = true;
                    }
                }
                '*' | '+' | '?' | '{' if after_group && c != '?' => return Repetition::Nested,
                '*' | '+' | '?' | '{' | '|' => {
                    repeated += u32::from(matches!(c, '*' | '+' | '{'));
                    if let Some(inner) = groups.last_mut() {
                        *inner = true;
                    }
                }
                _ => {}
            }
        }
        if repeated > 4 { Repetition::Nested } else { Repetition::Flat }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum TopLevel {
    /// A bare name, `$`, `*`, `**` or `%`.
    Context(String),
    /// `$$`.
    Root,
}

impl Facts {
    pub(crate) fn of(ast: &Ast) -> Facts {
        let mut walk = Walk { facts: Facts::default(), locals: Vec::new(), nodes: 0 };
        walk.node(&ast.root, true);
        let mut facts = walk.facts;
        facts.grows |= walk.nodes > NODES_MAX;
        facts.variables.sort();
        facts.variables.dedup();
        facts.referenced.sort();
        facts.referenced.dedup();
        facts
    }

    pub(crate) fn refusals(&self, fields: &[&str]) -> Vec<Refusal> {
        let refusal = |message, span: &Range<usize>| Refusal {
            code: "UNSUPPORTED_JSONATA_EXPRESSION",
            message,
            span: Some(span.clone()),
        };
        let context = self.top_level.iter().map(|(reference, span)| {
            let message = match reference {
                TopLevel::Root => "Reference to '$$' is not supported.".to_owned(),
                TopLevel::Context(name) => {
                    format!("Reference to '{name}' at the top level is not supported.")
                }
            };
            refusal(message, span)
        });
        let states =
            self.states.iter().filter(|(field, _)| !fields.contains(&field.as_str())).map(
                |(field, span)| refusal(format!("Field '$states.{field}' does not exist."), span),
            );
        context.chain(states).collect()
    }
}

struct Walk {
    facts: Facts,
    /// Names bound around the node: parameters and `:=`.
    locals: Vec<String>,
    nodes: usize,
}

impl Walk {
    /// `top` says whether the node is evaluated with the context item that the whole expression has, which is none.
    fn node(&mut self, node: &Node, top: bool) {
        self.nodes += 1;
        match &node.kind {
            NodeKind::Path { steps, .. } => self.path(steps, top),
            NodeKind::Name { name } => self.context(name, node, top),
            NodeKind::Wildcard => self.context("*", node, top),
            NodeKind::Descendant => self.context("**", node, top),
            NodeKind::Parent { .. } => self.context("%", node, top),
            NodeKind::Variable { name } => self.variable(name, node, top),
            NodeKind::Binary { op, lhs, rhs } => {
                self.facts.grows |= *op == BinaryOp::Range;
                self.node(lhs, top);
                self.node(rhs, top);
            }
            NodeKind::Fallback { lhs, rhs, .. } | NodeKind::Apply { lhs, rhs } => {
                self.node(lhs, top);
                self.node(rhs, top);
            }
            NodeKind::Negate { expr } => self.node(expr, top),
            NodeKind::Array { items } => self.nodes_of(items, top),
            NodeKind::Object { pairs } => self.pairs(pairs, top),
            NodeKind::Condition { condition, then, otherwise } => {
                self.node(condition, top);
                self.node(then, top);
                if let Some(otherwise) = otherwise {
                    self.node(otherwise, top);
                }
            }
            NodeKind::Block { exprs, .. } => {
                let depth = self.locals.len();
                self.nodes_of(exprs, top);
                self.locals.truncate(depth);
            }
            NodeKind::Bind { lhs, rhs } => {
                // The name is known on the right too: a function may call itself.
                if let NodeKind::Variable { name } = &lhs.kind {
                    self.locals.push(name.clone());
                }
                self.node(rhs, top);
            }
            NodeKind::Function { procedure, args } | NodeKind::Partial { procedure, args } => {
                self.node(procedure, top);
                self.nodes_of(args, top);
            }
            NodeKind::Lambda(lambda) => {
                // Tail calls are thunks, which have no parameters and run once.
                self.facts.grows |= !lambda.thunk;
                let depth = self.locals.len();
                self.locals.extend(lambda.params.iter().cloned());
                self.node(&lambda.body, top);
                self.locals.truncate(depth);
            }
            NodeKind::Transform(transform) => {
                self.facts.grows = true;
                self.node(&transform.pattern, false);
                self.node(&transform.update, false);
                if let Some(delete) = &transform.delete {
                    self.node(delete, false);
                }
            }
            NodeKind::Sort { terms } => {
                for term in terms {
                    self.node(&term.expr, false);
                }
            }
            NodeKind::Regex { pattern, .. } => {
                self.facts.regex = self.facts.regex.max(Repetition::of(pattern));
            }
            NodeKind::String { .. }
            | NodeKind::Number { .. }
            | NodeKind::Bool { .. }
            | NodeKind::Null
            | NodeKind::Placeholder
            | NodeKind::Error { .. } => {}
        }
        self.attributes(&node.attrs);
    }

    fn path(&mut self, steps: &[Node], top: bool) {
        if let [Node { kind: NodeKind::Variable { name }, span, .. }, second, ..] = steps
            && name == "states"
            && let NodeKind::Name { name: field } = &second.kind
            && !self.facts.states.iter().any(|(known, _)| known == field)
        {
            self.facts.states.push((field.clone(), span.start..second.span.end.max(span.end)));
        }
        for (at, step) in steps.iter().enumerate() {
            // Whatever a later step builds, it builds for each item.
            self.facts.grows |= at > 0 && !matches!(step.kind, NodeKind::Name { .. });
            self.node(step, top && at == 0);
        }
    }

    fn attributes(&mut self, attributes: &Attrs) {
        self.locals.extend(attributes.focus.iter().chain(&attributes.index).cloned());
        for stage in attributes.stages.iter().chain(&attributes.predicate) {
            match stage {
                Stage::Filter { expr, .. } => {
                    self.facts.grows |= !matches!(
                        expr.kind,
                        NodeKind::Number { .. } | NodeKind::Negate { .. } | NodeKind::Binary { .. }
                    );
                    self.node(expr, false);
                }
                Stage::Index { var, .. } => self.locals.push(var.clone()),
            }
        }
        if let Some(group) = &attributes.group {
            self.facts.grows = true;
            self.pairs(&group.pairs, false);
        }
    }

    fn nodes_of(&mut self, nodes: &[Node], top: bool) {
        for node in nodes {
            self.node(node, top);
        }
    }

    fn pairs(&mut self, pairs: &[(Node, Node)], top: bool) {
        for (key, value) in pairs {
            self.node(key, top);
            self.node(value, top);
        }
    }

    fn variable(&mut self, name: &str, node: &Node, top: bool) {
        match name {
            "" => self.context("$", node, top),
            "$" => self.reference(TopLevel::Root, node),
            _ => {
                self.facts.referenced.push(name.to_owned());
                if !self.locals.iter().any(|local| local == name) {
                    self.facts.variables.push(name.to_owned());
                }
            }
        }
    }

    fn context(&mut self, name: &str, node: &Node, top: bool) {
        if top {
            self.reference(TopLevel::Context(name.to_owned()), node);
        }
    }

    fn reference(&mut self, reference: TopLevel, node: &Node) {
        if !self.facts.top_level.iter().any(|(known, _)| *known == reference) {
            self.facts.top_level.push((reference, node.span.start..node.span.end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Repetition;

    #[test]
    fn nested_repetition_is_told_from_flat() {
        for pattern in
            ["(a+)+$", "(a|a)*", "(.*)*x", "(?:a?){40}a{40}", "((a)*b)*", "(a{2,})+", "a*a*a*a*a*b"]
        {
            assert_eq!(Repetition::of(pattern), Repetition::Nested, "{pattern}");
        }
        for pattern in [
            "^a+b*$", "(abc)+", "(a+)?b", "[(a+)+]", r"\(a+\)+", "(a+)(b+)", "a|b", "(?:ab)*", "(",
            ")",
        ] {
            assert_eq!(Repetition::of(pattern), Repetition::Flat, "{pattern}");
        }
    }
}
