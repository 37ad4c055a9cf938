//! The rules of the language, over the document with its places.
//!
//! Messages in AWS's words are those of recorded answers (missing fields, timestamps, resources, payload templates) and
//! of answers of `ValidateStateMachineDefinition` as others have reported them (fields that a type or a language does
//! not have, alternatives, ranges, targets, ends, JSONata); the others are ours.
//!
//! Invariant: an error is something that AWS is known or documented to refuse. What is only likely to be a mistake, or
//! is settled before a definition reaches AWS, is a warning.

mod choices;
mod errors;
mod jsonata;
mod kinds;
mod place;
mod transitions;
mod values;

use crate::definition::{Definition, MachineType, QueryLanguage};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fields::{self, In, Shape};
use crate::json::{Member, Node};
use crate::{DIAGNOSTICS_MAX, read};
use place::Place;
use std::collections::BTreeMap;
use std::ops::Range;

const SCHEMA: &str = "SCHEMA_VALIDATION_FAILED";
const STATE_NAME_CHARS_MAX: usize = 80;

/// Appends what is wrong: the schema's faults in the order of the text, then those of transitions as AWS orders them.
pub(crate) fn definition(
    text: &str,
    root: &Node,
    definition: Option<&Definition>,
    machine: MachineType,
    out: &mut Vec<Diagnostic>,
) {
    let mut checker = Checker { text, machine, names: BTreeMap::new(), out };
    let place = Place::default();
    checker.duplicates(root, &place);
    let language = read::language(root).unwrap_or_default();
    checker.machine(root, &place, language, true);
    checker.out.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    if let Some(definition) = definition {
        checker.transitions(root, definition, &place);
    }
}

struct Checker<'o> {
    text: &'o str,
    machine: MachineType,
    /// Where each state's name was first given: names are unique in the whole document.
    names: BTreeMap<String, Range<usize>>,
    out: &'o mut Vec<Diagnostic>,
}

impl Checker<'_> {
    fn report(
        &mut self,
        severity: Severity,
        code: &'static str,
        place: &Place,
        span: &Range<usize>,
        message: impl Into<String>,
    ) {
        if self.out.len() < DIAGNOSTICS_MAX {
            let Place { pointer, location } = place.clone().or_root();
            let (span, message) = (span.clone(), message.into());
            let location = Some(location);
            self.out.push(Diagnostic { severity, code, pointer, location, span, message });
        }
    }

    fn error(&mut self, place: &Place, span: &Range<usize>, message: impl Into<String>) {
        self.report(Severity::Error, SCHEMA, place, span, message);
    }

    fn warning(&mut self, code: &'static str, place: &Place, node: &Node, message: &str) {
        self.report(Severity::Warning, code, place, &node.span, message);
    }

    /// A fault of a member as such: AWS's place is the object that has it.
    fn member(&mut self, holder: &Place, member: &Member, message: impl Into<String>) {
        let pointer = holder.child(&member.name).pointer;
        let place = Place { pointer, location: holder.clone().or_root().location };
        self.error(&place, &member.name_span, message);
    }

    fn unsupported(&mut self, holder: &Place, member: &Member) {
        self.member(holder, member, format!("Field '{}' is not supported", member.name));
    }

    fn require(&mut self, node: &Node, place: &Place, name: &str) {
        if node.get(name).is_none() {
            let message = format!("The field '{name}' is required but was missing");
            self.error(place, &node.span, message);
        }
    }

    /// At most one of several alternatives.
    fn exclusive(&mut self, node: &Node, place: &Place, names: &[&str]) {
        let mut given = names.iter().filter_map(|name| node.get(name));
        if let (Some(_), Some(second)) = (given.next(), given.next()) {
            let message =
                format!("There should only be one of the following fields: [{}]", names.join(", "));
            self.error(place, &second.span, message);
        }
    }

    fn one_of(&mut self, node: &Node, place: &Place, allowed: &[&str]) {
        if !node.text().is_some_and(|text| allowed.contains(&text)) {
            let name = place.pointer.rsplit('/').next().unwrap_or_default();
            let allowed = allowed.join(", ");
            let message =
                format!("The field '{name}' should have one of these values: [{allowed}]");
            self.error(place, &node.span, message);
        }
    }

    fn duplicates(&mut self, node: &Node, place: &Place) {
        let mut seen = std::collections::BTreeSet::new();
        for Member { name, name_span, value } in node.members() {
            let place = place.child(name);
            if !seen.insert(name.as_str()) {
                // Whether AWS refuses this is not recorded; its parser takes the last, and so do we.
                let message = format!("Duplicate field '{name}'");
                self.report(Severity::Warning, "DUPLICATE_FIELD", &place, name_span, message);
            }
            self.duplicates(value, &place);
        }
        for (at, item) in node.items().iter().enumerate() {
            self.duplicates(item, &place.item(at));
        }
    }

    fn machine(&mut self, node: &Node, place: &Place, language: QueryLanguage, is_root: bool) {
        if !node.is_object() {
            return self.error(place, &node.span, "Expected value of type Object");
        }
        let missing: Vec<&str> =
            ["States", "StartAt"].into_iter().filter(|name| node.get(name).is_none()).collect();
        if !missing.is_empty() {
            let message = format!("These fields are required: [{}]", missing.join(", "));
            self.error(place, &node.span, message);
        }
        for member in node.members() {
            let Member { name, value, .. } = member;
            let at = place.child(name);
            match name.as_str() {
                "StartAt" | "Comment" | "Version" => {
                    self.shape(value, &at, name, Shape::Text, language);
                }
                "TimeoutSeconds" if is_root => {
                    let shape = Shape::Integer { least: 1.0, most: 99_999_999.0 };
                    self.shape(value, &at, name, shape, QueryLanguage::JsonPath);
                }
                "QueryLanguage" if is_root => self.one_of(value, &at, &["JSONPath", "JSONata"]),
                "States" => self.states(value, &at, language),
                "ProcessorConfig" if !is_root => self.processor_config(value, &at),
                _ => self.unsupported(place, member),
            }
        }
    }

    fn states(&mut self, node: &Node, place: &Place, language: QueryLanguage) {
        if !node.is_object() {
            return self.error(place, &node.span, "Expected value of type Object");
        }
        if node.members().is_empty() {
            self.error(place, &node.span, "States must have at least one state");
        }
        for Member { name, name_span, value } in node.members() {
            let at = place.child(name);
            if self.names.insert(name.clone(), name_span.clone()).is_some() {
                let message = format!("Duplicate State name: {name}");
                self.report(Severity::Error, "DUPLICATE_STATE_NAME", &at, name_span, message);
            }
            if name.is_empty() || name.chars().count() > STATE_NAME_CHARS_MAX {
                let message = format!(
                    "State names must have between 1 and {STATE_NAME_CHARS_MAX} characters"
                );
                self.error(&at, name_span, message);
            }
            self.state(value, &at, language);
        }
    }

    fn state(&mut self, node: &Node, place: &Place, machine_language: QueryLanguage) {
        if !node.is_object() {
            return self.error(place, &node.span, "Expected value of type Object");
        }
        let own = read::language(node);
        if let Some(value) = node.get("QueryLanguage") {
            self.one_of(value, &place.child("QueryLanguage"), &["JSONPath", "JSONata"]);
            if machine_language == QueryLanguage::Jsonata && own == Some(QueryLanguage::JsonPath) {
                let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
                let pointer = place.child("QueryLanguage").pointer;
                let at = Place { pointer, location: place.location.clone() };
                self.error(&at, &value.span, message);
            }
        }
        let language = own.unwrap_or(machine_language);
        let Some(kind) = node.get("Type") else {
            return self.require(node, place, "Type");
        };
        let Some(bit) = kind.text().and_then(fields::type_bit) else {
            // Recorded, in this order.
            let message = "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]";
            return self.error(&place.child("Type"), &kind.span, message);
        };
        for member in node.members() {
            self.field(member, place, bit, language);
        }
        for (first, second) in fields::EXCLUSIVE {
            self.exclusive(node, place, &[first, second]);
        }
        match bit {
            fields::TASK => self.task(node, place, language),
            fields::WAIT => self.wait(node, place),
            fields::CHOICE => self.choices(node, place, language),
            fields::PARALLEL => self.branches(node, place, machine_language),
            fields::MAP => self.map(node, place, machine_language, language),
            _ => {}
        }
        if bit & (fields::CHOICE | fields::SUCCEED | fields::FAIL) == 0 {
            self.next(node, place);
        }
        self.retriers(node, place);
        self.catchers(node, place, language);
    }

    /// Whether the state says what comes after it, once.
    fn next(&mut self, node: &Node, place: &Place) {
        let end = node.get("End").and_then(crate::json::Node::boolean);
        match (node.get("Next"), end) {
            (Some(_), Some(true)) => self.exclusive(node, place, &["Next", "End"]),
            (None, None | Some(false)) => {
                self.error(place, &node.span, "One of these fields is required: [Next, End]");
            }
            _ => {}
        }
    }

    fn field(&mut self, member: &Member, state: &Place, bit: u16, language: QueryLanguage) {
        let name = member.name.as_str();
        let Some(field) = fields::find(name).filter(|field| field.types & bit != 0) else {
            return self.unsupported(state, member);
        };
        if !field.language.allows(language) {
            let (here, there) = match field.language {
                In::JsonPath => ("JSONata", "JSONPath"),
                _ => ("JSONPath", "JSONata"),
            };
            let message = format!(
                "The QueryLanguage is set to '{here}', but field '{name}' is only supported for the '{there}' QueryLanguage"
            );
            return self.member(state, member, message);
        }
        let place = state.child(name);
        // A resource has rules of its own.
        if name != "Resource" {
            self.shape(&member.value, &place, name, field.shape, language);
        }
        if language == QueryLanguage::Jsonata {
            self.field_expressions(&member.value, &place, name, bit);
        }
    }
}
