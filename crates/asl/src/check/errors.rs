//! Retriers and catchers.

use super::{Checker, Place};
use crate::definition::QueryLanguage;
use crate::fields::{self, Shape};
use crate::json::{Kind, Member, Node};

impl Checker<'_> {
    /// `ErrorEquals` of a list of retriers or catchers: names, and `States.ALL` alone and last.
    fn errors(&mut self, list: &Node, place: &Place) {
        if !matches!(list.kind, Kind::Array(_)) {
            return self.error(place, &list.span, "Expected value of type Array");
        }
        for (at, entry) in list.items().iter().enumerate() {
            let place = place.item(at);
            if !entry.is_object() {
                self.error(&place, &entry.span, "Expected value of type Object");
                continue;
            }
            self.require(entry, &place, "ErrorEquals");
            let Some(names) = entry.get("ErrorEquals") else { continue };
            let place = place.child("ErrorEquals");
            if names.items().is_empty() || names.items().iter().any(|name| name.text().is_none()) {
                let message = "ErrorEquals must be an Array with at least one String";
                self.error(&place, &names.span, message);
            }
            let all = names.items().iter().any(|name| name.text() == Some("States.ALL"));
            if all && (names.items().len() > 1 || at + 1 < list.items().len()) {
                let message = "States.ALL must appear alone and in the last entry";
                self.error(&place, &names.span, message);
            }
        }
    }

    pub(super) fn retriers(&mut self, node: &Node, place: &Place) {
        let Some(list) = fields::value(node, "Retry") else { return };
        let place = place.child("Retry");
        self.errors(list, &place);
        for (at, entry) in list.items().iter().enumerate() {
            let place = place.item(at);
            for member in entry.members() {
                let Member { name, value, .. } = member;
                let at = place.child(name);
                let shape = match name.as_str() {
                    "ErrorEquals" => Shape::Any,
                    "Comment" => Shape::Text,
                    "IntervalSeconds" => Shape::Integer { least: 1.0, most: 99_999_999.0 },
                    "MaxAttempts" => Shape::Integer { least: 0.0, most: 99_999_999.0 },
                    "BackoffRate" => Shape::Number { least: 1.0, most: f64::MAX },
                    "MaxDelaySeconds" => Shape::Integer { least: 1.0, most: 31_622_400.0 },
                    "JitterStrategy" => {
                        self.one_of(value, &at, &["FULL", "NONE"]);
                        continue;
                    }
                    _ => {
                        self.unsupported(&place, member);
                        continue;
                    }
                };
                // Numbers here are literals in both languages.
                self.shape(value, &at, name, shape, QueryLanguage::JsonPath);
            }
        }
    }

    pub(super) fn catchers(&mut self, node: &Node, place: &Place, language: QueryLanguage) {
        let Some(list) = fields::value(node, "Catch") else { return };
        let place = place.child("Catch");
        self.errors(list, &place);
        for (at, entry) in list.items().iter().enumerate().filter(|(_, entry)| entry.is_object()) {
            let place = place.item(at);
            self.require(entry, &place, "Next");
            for member in entry.members() {
                let Member { name, value, .. } = member;
                let at = place.child(name);
                let shape = match (name.as_str(), language) {
                    ("ErrorEquals", _) | ("Output", QueryLanguage::Jsonata) => Shape::Any,
                    ("Next" | "Comment", _) => Shape::Text,
                    ("Assign", _) => Shape::Object,
                    ("ResultPath", QueryLanguage::JsonPath) => Shape::ResultPath,
                    _ => {
                        self.unsupported(&place, member);
                        continue;
                    }
                };
                self.shape(value, &at, name, shape, language);
                let has_expressions = matches!(name.as_str(), "Output" | "Assign");
                if has_expressions && language == QueryLanguage::Jsonata {
                    self.catcher_expressions(value, &at);
                }
            }
        }
    }
}
