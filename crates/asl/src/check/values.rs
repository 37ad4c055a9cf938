//! What a field's value looks like.

use super::jsonata::is_expression;
use super::{Checker, Place};
use crate::definition::QueryLanguage;
use crate::fields::Shape;
use crate::json::{Kind, Member, Node};
use crate::timestamp;
use coldstart_expr::intrinsic::{Expression, Function};
use coldstart_expr::reference::ReferencePath;
use coldstart_expr::scope::{Source, StatesPath};

impl Checker<'_> {
    pub(super) fn shape(
        &mut self,
        node: &Node,
        place: &Place,
        name: &str,
        shape: Shape,
        language: QueryLanguage,
    ) {
        let jsonata = language == QueryLanguage::Jsonata;
        let expression = jsonata && node.text().is_some_and(is_expression);
        let mut expect = |holds: bool, expected: &str| {
            if !holds {
                self.error(place, &node.span, format!("Expected value of type {expected}"));
            }
        };
        match shape {
            Shape::Any => {}
            Shape::Text => expect(node.text().is_some(), "String"),
            Shape::Bool => expect(node.boolean().is_some(), "Boolean"),
            Shape::Plain => expect(node.is_object(), "Object"),
            Shape::Object if jsonata => {
                expect(node.is_object() || (expression && name != "Assign"), "Object");
            }
            Shape::Object => {
                expect(node.is_object(), "Object");
                self.template(node, place);
            }
            Shape::ObjectOrExpression => {
                expect(node.is_object() || expression, "Object or a JSONata expression");
                if !jsonata {
                    self.template(node, place);
                }
            }
            Shape::ItemsOrExpression => {
                let items = matches!(node.kind, Kind::Array(_) | Kind::Object(_));
                expect(items || expression, "Array or a JSONata expression");
            }
            Shape::Template => self.template(node, place),
            Shape::Integer { least, most } | Shape::Number { least, most } => {
                let whole = matches!(shape, Shape::Integer { .. });
                match node.number() {
                    _ if expression => {}
                    None => expect(false, if whole { "Integer" } else { "Number" }),
                    Some(number) if whole && number.fract() != 0.0 => expect(false, "Integer"),
                    Some(number) => self.range(node, place, number, (least, most), whole),
                }
            }
            Shape::Timestamp => {
                if !(expression || node.text().is_some_and(timestamp::is_rfc3339)) {
                    self.error(place, &node.span, "String does not match RFC3339 timestamp");
                }
            }
            Shape::Path { null } => {
                if !(null && node.kind == Kind::Null) {
                    self.path(node, place);
                }
            }
            Shape::ResultPath => {
                let reference = node.text().is_some_and(|text| ReferencePath::parse(text).is_ok());
                if !(reference || node.kind == Kind::Null) {
                    self.error(place, &node.span, "Value is not a Reference Path");
                }
            }
            Shape::Reference => {
                if !node.text().is_some_and(is_reference) {
                    self.error(place, &node.span, "Value is not a Reference Path");
                }
            }
            Shape::PathOrText => {
                let valid = match node.text().map(Expression::parse) {
                    Some(Ok(expression)) => expression.function().is_none_or(gives_text),
                    _ => false,
                };
                if !valid {
                    let message = format!(
                        "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call \
                         that returns a string"
                    );
                    self.error(place, &node.span, message);
                }
            }
        }
    }

    fn range(&mut self, node: &Node, place: &Place, number: f64, range: (f64, f64), whole: bool) {
        // AWS writes the bounds of fractional fields with a point.
        let bound = |bound: f64| if whole { format!("{bound}") } else { format!("{bound:?}") };
        if number < range.0 {
            self.error(place, &node.span, format!("Minimum value is {}", bound(range.0)));
        } else if number > range.1 {
            self.error(place, &node.span, format!("Maximum value is {}", bound(range.1)));
        }
    }

    pub(super) fn path(&mut self, node: &Node, place: &Place) {
        match node.text().map(StatesPath::parse) {
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                self.error(place, &node.span, format!("Value is not a valid JSONPath: {error}"))
            }
            None => self.error(place, &node.span, "Value is not a valid JSONPath"),
        }
    }

    /// A payload template: the values of fields that end with `.$`. AWS points at the object that holds the field.
    pub(super) fn template(&mut self, node: &Node, place: &Place) {
        for Member { name, name_span, value } in node.members() {
            let Some(plain) = name.strip_suffix(".$") else {
                if value.text().is_some_and(is_expression) {
                    let message = "This is a text: the query language here is JSONPath";
                    self.warning("MIXED_QUERY_LANGUAGES", &place.child(name), value, message);
                }
                self.template(value, &place.child(name));
                continue;
            };
            if value.text().is_none_or(|text| Expression::parse(text).is_err()) {
                let message = format!(
                    "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
                );
                self.error(place, &value.span, message);
            }
            if node.get(plain).is_some() {
                let message = format!("The fields '{plain}' and '{name}' have the same name");
                self.error(place, name_span, message);
            }
        }
        for (at, item) in node.items().iter().enumerate() {
            self.template(item, &place.item(at));
        }
    }
}

/// Whether a text is a reference path into the input or a variable. The context object is none (measured by others for
/// the numbers of Map states).
fn is_reference(text: &str) -> bool {
    match StatesPath::parse(text) {
        Ok(path) => match path.source() {
            Source::Input => ReferencePath::parse(text).is_ok(),
            Source::Variable(name) => {
                let rest = text.get(1 + name.len()..).unwrap_or_default();
                ReferencePath::parse(&format!("${rest}")).is_ok()
            }
            Source::Context => false,
        },
        Err(_) => false,
    }
}

/// Whether a function's value is a text, as `ErrorPath` and `CausePath` need.
fn gives_text(function: Function) -> bool {
    matches!(
        function,
        Function::ArrayGetItem
            | Function::Base64Decode
            | Function::Base64Encode
            | Function::Format
            | Function::Hash
            | Function::JsonToString
            | Function::UUID
    )
}
