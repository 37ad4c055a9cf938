//! Rules of Choice states.

use super::jsonata::is_expression;
use super::{Checker, Place};
use crate::choice::{Comparison, Expects};
use crate::definition::QueryLanguage;
use crate::fields::Shape;
use crate::json::{Kind, Member, Node};
use crate::timestamp;

impl Checker<'_> {
    pub(super) fn choices(&mut self, node: &Node, place: &Place, language: QueryLanguage) {
        self.require(node, place, "Choices");
        let Some(choices) = node.get("Choices") else { return };
        let place = place.child("Choices");
        match &choices.kind {
            Kind::Array(rules) if rules.is_empty() => {
                self.error(&place, &choices.span, "Value cannot be empty");
            }
            Kind::Array(_) => {}
            _ => self.error(&place, &choices.span, "Expected value of type Array"),
        }
        for (at, rule) in choices.items().iter().enumerate() {
            let at = place.item(at);
            if !rule.is_object() {
                self.error(&at, &rule.span, "Expected value of type Object");
                continue;
            }
            self.require(rule, &at, "Next");
            match language {
                QueryLanguage::JsonPath => self.rule(rule, &at, true),
                QueryLanguage::Jsonata => self.jsonata_rule(rule, &at),
            }
        }
    }

    fn jsonata_rule(&mut self, rule: &Node, place: &Place) {
        self.require(rule, place, "Condition");
        for member in rule.members() {
            let Member { name, value, .. } = member;
            let at = place.child(name);
            match name.as_str() {
                "Condition" => {
                    if !(value.boolean().is_some() || value.text().is_some_and(is_expression)) {
                        let message = "Expected value of type Boolean or a JSONata expression";
                        self.error(&at, &value.span, message);
                    }
                    self.rule_expressions(value, &at);
                }
                "Next" | "Comment" => {
                    self.shape(value, &at, name, Shape::Text, QueryLanguage::Jsonata);
                }
                "Assign" => {
                    self.shape(value, &at, name, Shape::Object, QueryLanguage::Jsonata);
                    self.rule_expressions(value, &at);
                }
                "Output" => self.rule_expressions(value, &at),
                _ => self.unsupported(place, member),
            }
        }
    }

    /// A JSONPath rule: one operator with its variable, or `And`, `Or`, `Not` around such rules.
    fn rule(&mut self, rule: &Node, place: &Place, outermost: bool) {
        if !rule.is_object() {
            return self.error(place, &rule.span, "Expected value of type Object");
        }
        let mut operators = 0;
        let mut compares = false;
        for member in rule.members() {
            let Member { name, value, .. } = member;
            let at = place.child(name);
            let shape = |checker: &mut Self, shape| {
                checker.shape(value, &at, name, shape, QueryLanguage::JsonPath);
            };
            match name.as_str() {
                "Next" if outermost => shape(self, Shape::Text),
                "Assign" if outermost => shape(self, Shape::Object),
                "Comment" => shape(self, Shape::Text),
                "Variable" => self.path(value, &at),
                "And" | "Or" => {
                    operators += 1;
                    if value.items().is_empty() {
                        let message = format!("{name} must be an Array with at least one rule");
                        self.error(&at, &value.span, message);
                    }
                    for (index, inner) in value.items().iter().enumerate() {
                        self.rule(inner, &at.item(index), false);
                    }
                }
                "Not" => {
                    operators += 1;
                    self.rule(value, &at, false);
                }
                _ => match Comparison::from_field(name) {
                    Some((comparison, is_path)) => {
                        operators += 1;
                        compares = true;
                        self.operand(value, &at, comparison, is_path);
                    }
                    None => self.unsupported(place, member),
                },
            }
        }
        if operators != 1 {
            let message = "A Choice Rule must have exactly one comparison operator";
            self.error(place, &rule.span, message);
        }
        if compares {
            self.require(rule, place, "Variable");
        }
    }

    fn operand(&mut self, node: &Node, place: &Place, comparison: Comparison, is_path: bool) {
        if is_path {
            return self.path(node, place);
        }
        let (holds, expected) = match comparison.expects() {
            Expects::Text => (node.text().is_some(), "Expected value of type String"),
            Expects::Number => (node.number().is_some(), "Expected value of type Number"),
            Expects::Boolean => (node.boolean().is_some(), "Expected value of type Boolean"),
            Expects::Timestamp => (
                node.text().is_some_and(timestamp::is_rfc3339),
                "String does not match RFC3339 timestamp",
            ),
        };
        if !holds {
            self.error(place, &node.span, expected);
        }
    }
}
