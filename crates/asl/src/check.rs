//! The rules of the language, one function each, over the document with its places.
//!
//! Messages in AWS's words are those of recorded answers (missing fields, timestamps, resources, payload templates);
//! the others are ours.

use crate::choice::{Comparison, Expects};
use crate::definition::{Definition, MachineType, QueryLanguage};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fields::{self, In, Shape};
use crate::json::{Kind, Member, Node};
use crate::{DIAGNOSTICS_MAX, read, resource, timestamp};
use coldstart_expr::intrinsic::{Expression, Function};
use coldstart_expr::reference::ReferencePath;
use coldstart_expr::scope::StatesPath;
use std::collections::BTreeMap;
use std::ops::Range;

const SCHEMA: &str = "SCHEMA_VALIDATION_FAILED";
const STATE_NAME_CHARS_MAX: usize = 80;
const LABEL_CHARS_MAX: usize = 40;

pub(crate) fn definition(
    root: &Node,
    definition: Option<&Definition>,
    machine: MachineType,
    out: &mut Vec<Diagnostic>,
) {
    let mut checker = Checker { machine, names: BTreeMap::new(), out };
    checker.duplicates(root, "");
    let language = read::language(root).unwrap_or_default();
    checker.machine(root, "", language, true);
    if let Some(definition) = definition {
        checker.transitions(root, definition, "");
    }
    out.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
}

struct Checker<'o> {
    machine: MachineType,
    /// Where each state's name was first given: names are unique in the whole document.
    names: BTreeMap<String, Range<usize>>,
    out: &'o mut Vec<Diagnostic>,
}

fn child(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Whether a text is a JSONata expression: `{% … %}`.
fn is_expression(text: &str) -> bool {
    text.len() >= 4 && text.starts_with("{%") && text.ends_with("%}")
}

impl Checker<'_> {
    fn report(
        &mut self,
        severity: Severity,
        code: &'static str,
        pointer: &str,
        span: &Range<usize>,
        message: String,
    ) {
        if self.out.len() < DIAGNOSTICS_MAX {
            let pointer = if pointer.is_empty() { "/" } else { pointer }.to_owned();
            self.out.push(Diagnostic { severity, code, pointer, span: span.clone(), message });
        }
    }

    fn error(&mut self, pointer: &str, span: &Range<usize>, message: impl Into<String>) {
        self.report(Severity::Error, SCHEMA, pointer, span, message.into());
    }

    fn duplicates(&mut self, node: &Node, pointer: &str) {
        let mut seen = std::collections::BTreeSet::new();
        for member in node.members() {
            let pointer = child(pointer, &member.name);
            if !seen.insert(member.name.as_str()) {
                let message = format!("Duplicate field '{}'", member.name);
                // Whether AWS refuses this is not recorded; its parser takes the last, and so do we.
                self.report(
                    Severity::Warning,
                    "DUPLICATE_FIELD",
                    &pointer,
                    &member.name_span,
                    message,
                );
            }
            self.duplicates(&member.value, &pointer);
        }
        for (at, item) in node.items().iter().enumerate() {
            self.duplicates(item, &child(pointer, &at.to_string()));
        }
    }

    fn machine(&mut self, node: &Node, pointer: &str, language: QueryLanguage, is_root: bool) {
        if !node.is_object() {
            return self.error(pointer, &node.span, "Expected value of type Object");
        }
        let missing: Vec<&str> =
            ["States", "StartAt"].into_iter().filter(|name| node.get(name).is_none()).collect();
        if !missing.is_empty() {
            self.error(
                pointer,
                &node.span,
                format!("These fields are required: [{}]", missing.join(", ")),
            );
        }
        for Member { name, name_span, value } in node.members() {
            let at = child(pointer, name);
            match name.as_str() {
                "StartAt" | "Comment" | "Version" => {
                    self.shape(value, &at, name, Shape::Text, language)
                }
                "TimeoutSeconds" => {
                    let shape = Shape::Integer { least: 1.0, most: 99_999_999.0 };
                    self.shape(value, &at, name, shape, QueryLanguage::JsonPath);
                }
                "QueryLanguage" => self.one_of(value, &at, &["JSONPath", "JSONata"]),
                "States" => self.states(value, &at, language),
                "ProcessorConfig" if !is_root => self.processor_config(value, &at),
                _ => self.error(&at, name_span, format!("Field '{name}' is not supported")),
            }
        }
    }

    fn states(&mut self, node: &Node, pointer: &str, language: QueryLanguage) {
        if !node.is_object() {
            return self.error(pointer, &node.span, "Expected value of type Object");
        }
        if node.members().is_empty() {
            self.error(pointer, &node.span, "States must have at least one state");
        }
        for member in node.members() {
            let at = child(pointer, &member.name);
            if self.names.insert(member.name.clone(), member.name_span.clone()).is_some() {
                let message = format!("Duplicate State name: {}", member.name);
                self.report(
                    Severity::Error,
                    "DUPLICATE_STATE_NAME",
                    &at,
                    &member.name_span,
                    message,
                );
            }
            if member.name.chars().count() > STATE_NAME_CHARS_MAX || member.name.is_empty() {
                let message = format!(
                    "State names must have between 1 and {STATE_NAME_CHARS_MAX} characters"
                );
                self.error(&at, &member.name_span, message);
            }
            self.state(&member.value, &at, language);
        }
    }

    fn state(&mut self, node: &Node, pointer: &str, machine_language: QueryLanguage) {
        if !node.is_object() {
            return self.error(pointer, &node.span, "Expected value of type Object");
        }
        let own = read::language(node);
        if let Some(value) = node.get("QueryLanguage") {
            let at = child(pointer, "QueryLanguage");
            self.one_of(value, &at, &["JSONPath", "JSONata"]);
            if machine_language == QueryLanguage::Jsonata && own == Some(QueryLanguage::JsonPath) {
                self.error(&at, &value.span, "A JSONata state machine cannot have JSONPath states");
            }
        }
        let language = own.unwrap_or(machine_language);
        let Some(kind) = node.get("Type") else {
            return self.error(pointer, &node.span, "The field 'Type' is required but was missing");
        };
        let Some((name, bit)) = kind.text().and_then(|name| Some((name, fields::type_bit(name)?)))
        else {
            let message =
                "Type must be one of: [Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait]";
            return self.error(&child(pointer, "Type"), &kind.span, message);
        };
        for member in node.members() {
            self.field(member, &child(pointer, &member.name), name, bit, language);
        }
        for (first, second) in fields::EXCLUSIVE {
            if let (Some(_), Some(value)) = (node.get(first), node.get(second)) {
                self.error(
                    pointer,
                    &value.span,
                    format!("Only one of these fields may be given: [{first}, {second}]"),
                );
            }
        }
        match bit {
            fields::TASK => self.task(node, pointer),
            fields::WAIT => self.wait(node, pointer),
            fields::CHOICE => self.choices(node, pointer, language),
            fields::PARALLEL => self.branches(node, pointer, machine_language),
            fields::MAP => self.map(node, pointer, machine_language),
            _ => {}
        }
        if bit & (fields::CHOICE | fields::SUCCEED | fields::FAIL) == 0 {
            self.transition(node, pointer);
        }
        self.retriers(node, pointer, language);
        self.catchers(node, pointer, language);
    }

    fn transition(&mut self, node: &Node, pointer: &str) {
        match (node.get("Next"), node.get("End").map(|end| (end, end.boolean()))) {
            (Some(_), Some((end, Some(true)))) => {
                self.error(
                    pointer,
                    &end.span,
                    "Only one of these fields may be given: [Next, End]",
                );
            }
            (None, None | Some((_, Some(false)))) => {
                self.error(pointer, &node.span, "One of these fields is required: [Next, End]");
            }
            _ => {}
        }
    }

    fn field(
        &mut self,
        member: &Member,
        pointer: &str,
        kind: &str,
        bit: u16,
        language: QueryLanguage,
    ) {
        let name = member.name.as_str();
        let Some(field) = fields::find(name).filter(|field| field.types & bit != 0) else {
            return self.error(
                pointer,
                &member.name_span,
                format!("Field '{name}' is not supported in a {kind} state"),
            );
        };
        if !field.language.allows(language) {
            let other = if field.language == In::JsonPath { "JSONata" } else { "JSONPath" };
            let message =
                format!("Field '{name}' is not supported when the query language is {other}");
            return self.error(pointer, &member.name_span, message);
        }
        self.shape(&member.value, pointer, name, field.shape, language);
    }

    fn one_of(&mut self, node: &Node, pointer: &str, allowed: &[&str]) {
        if !node.text().is_some_and(|text| allowed.contains(&text)) {
            self.error(
                pointer,
                &node.span,
                format!("Value must be one of: [{}]", allowed.join(", ")),
            );
        }
    }

    fn shape(
        &mut self,
        node: &Node,
        pointer: &str,
        name: &str,
        shape: Shape,
        language: QueryLanguage,
    ) {
        let jsonata = language == QueryLanguage::Jsonata;
        let expression = jsonata && node.text().is_some_and(is_expression);
        let mut expect = |holds: bool, expected: &str| {
            if !holds {
                self.error(pointer, &node.span, format!("Expected value of type {expected}"));
            }
        };
        match shape {
            Shape::Any => {}
            Shape::Text => expect(node.text().is_some(), "String"),
            Shape::Bool => expect(node.boolean().is_some(), "Boolean"),
            Shape::Object if jsonata => {
                expect(node.is_object() || (expression && name != "Assign"), "Object");
            }
            Shape::Object => {
                expect(node.is_object(), "Object");
                self.template(node, pointer);
            }
            Shape::ObjectOrExpression => {
                expect(node.is_object() || expression, "Object or a JSONata expression")
            }
            Shape::ItemsOrExpression => {
                let items = matches!(node.kind, Kind::Array(_) | Kind::Object(_));
                expect(items || expression, "Array or a JSONata expression");
            }
            Shape::Template => self.template(node, pointer),
            Shape::Integer { least, most } | Shape::Number { least, most } => {
                let whole = matches!(shape, Shape::Integer { .. });
                match node.number() {
                    _ if expression => {}
                    None => expect(false, if whole { "Integer" } else { "Number" }),
                    Some(number) if whole && number.fract() != 0.0 => expect(false, "Integer"),
                    Some(number) if number < least || number > most => {
                        let message = match most {
                            f64::MAX => format!("Value must be at least {least}"),
                            _ => format!("Value must be between {least} and {most}"),
                        };
                        self.error(pointer, &node.span, message);
                    }
                    Some(_) => {}
                }
            }
            Shape::Timestamp => {
                if !(expression || node.text().is_some_and(timestamp::is_rfc3339)) {
                    self.error(pointer, &node.span, "String does not match RFC3339 timestamp");
                }
            }
            Shape::Path { null } => {
                if !(null && node.kind == Kind::Null) {
                    self.path(node, pointer);
                }
            }
            Shape::ReferencePath => {
                let reference = node.text().is_some_and(|text| ReferencePath::parse(text).is_ok());
                if !(reference || node.kind == Kind::Null) {
                    self.error(pointer, &node.span, "Value is not a Reference Path");
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
                    self.error(pointer, &node.span, message);
                }
            }
        }
    }

    fn path(&mut self, node: &Node, pointer: &str) {
        match node.text().map(StatesPath::parse) {
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                self.error(pointer, &node.span, format!("Value is not a valid JSONPath: {error}"))
            }
            None => self.error(pointer, &node.span, "Value is not a valid JSONPath"),
        }
    }

    /// A payload template: the values of fields that end with `.$`. AWS points at the object that holds the field.
    fn template(&mut self, node: &Node, pointer: &str) {
        for Member { name, name_span, value } in node.members() {
            let Some(plain) = name.strip_suffix(".$") else {
                self.template(value, &child(pointer, name));
                continue;
            };
            if value.text().is_none_or(|text| Expression::parse(text).is_err()) {
                let message = format!(
                    "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
                );
                self.error(pointer, &value.span, message);
            }
            if node.get(plain).is_some() {
                self.error(
                    pointer,
                    name_span,
                    format!("The fields '{plain}' and '{name}' have the same name"),
                );
            }
        }
        for (at, item) in node.items().iter().enumerate() {
            self.template(item, &child(pointer, &at.to_string()));
        }
    }

    fn require(&mut self, node: &Node, pointer: &str, name: &str) {
        if node.get(name).is_none() {
            self.error(
                pointer,
                &node.span,
                format!("The field '{name}' is required but was missing"),
            );
        }
    }

    fn task(&mut self, node: &Node, pointer: &str) {
        self.require(node, pointer, "Resource");
        if let Some(value) = node.get("Resource")
            && let Some(message) =
                value.text().and_then(|text| resource::refuse(text, self.machine))
        {
            self.error(&child(pointer, "Resource"), &value.span, message);
        }
        if let Some(credentials) =
            node.get("Credentials").filter(|credentials| credentials.is_object())
            && credentials.get("RoleArn").is_none()
            && credentials.get("RoleArn.$").is_none()
        {
            let message = "The field 'RoleArn' is required but was missing";
            self.error(&child(pointer, "Credentials"), &credentials.span, message);
        }
    }

    fn wait(&mut self, node: &Node, pointer: &str) {
        const FIELDS: [&str; 4] = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
        let given = FIELDS.iter().filter(|name| node.get(name).is_some()).count();
        if given != 1 {
            let message =
                format!("Exactly one of these fields is required: [{}]", FIELDS.join(", "));
            self.error(pointer, &node.span, message);
        }
    }

    fn branches(&mut self, node: &Node, pointer: &str, language: QueryLanguage) {
        self.require(node, pointer, "Branches");
        let Some(branches) = node.get("Branches") else { return };
        let pointer = child(pointer, "Branches");
        if branches.items().is_empty() {
            self.error(
                &pointer,
                &branches.span,
                "Branches must be an Array with at least one branch",
            );
        }
        for (at, branch) in branches.items().iter().enumerate() {
            self.machine(branch, &child(&pointer, &at.to_string()), language, false);
        }
    }

    fn map(&mut self, node: &Node, pointer: &str, machine_language: QueryLanguage) {
        if node.get("ItemProcessor").is_none() && node.get("Iterator").is_none() {
            self.error(
                pointer,
                &node.span,
                "The field 'ItemProcessor' is required but was missing",
            );
        }
        for name in ["ItemProcessor", "Iterator"] {
            if let Some(processor) = node.get(name) {
                self.machine(processor, &child(pointer, name), machine_language, false);
            }
        }
        if let Some((label, text)) =
            node.get("Label").and_then(|label| Some((label, label.text()?)))
        {
            // Source: "Label" in the developer guide's page on Map states in Distributed mode.
            let forbidden = |c: char| {
                c.is_whitespace() || c.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"/".contains(c)
            };
            let count = text.chars().count();
            if count == 0 || count > LABEL_CHARS_MAX || text.contains(forbidden) {
                let message = format!(
                    "Label must have 1 to {LABEL_CHARS_MAX} characters without spaces and wildcards"
                );
                self.error(&child(pointer, "Label"), &label.span, message);
            }
        }
        if let Some(batcher) = node.get("ItemBatcher") {
            let at = child(pointer, "ItemBatcher");
            for (first, second) in [
                ("MaxItemsPerBatch", "MaxItemsPerBatchPath"),
                ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"),
            ] {
                if batcher.get(first).is_some() && batcher.get(second).is_some() {
                    let message =
                        format!("Only one of these fields may be given: [{first}, {second}]");
                    self.error(&at, &batcher.span, message);
                }
            }
        }
        if let Some(reader) = node.get("ItemReader") {
            self.require(reader, &child(pointer, "ItemReader"), "Resource");
        }
        if let Some(config) = node.get("ResultWriter").and_then(|writer| writer.get("WriterConfig"))
        {
            let at = child(&child(pointer, "ResultWriter"), "WriterConfig");
            self.require(config, &at, "OutputType");
        }
    }

    fn processor_config(&mut self, node: &Node, pointer: &str) {
        for Member { name, name_span, value } in node.members() {
            let at = child(pointer, name);
            match name.as_str() {
                "Mode" => self.one_of(value, &at, &["INLINE", "DISTRIBUTED"]),
                "ExecutionType" => self.one_of(value, &at, &["STANDARD", "EXPRESS"]),
                _ => self.error(&at, name_span, format!("Field '{name}' is not supported")),
            }
        }
    }

    fn choices(&mut self, node: &Node, pointer: &str, language: QueryLanguage) {
        self.require(node, pointer, "Choices");
        let Some(choices) = node.get("Choices") else { return };
        let pointer = child(pointer, "Choices");
        if choices.items().is_empty() {
            self.error(&pointer, &choices.span, "Choices must be an Array with at least one rule");
        }
        for (at, rule) in choices.items().iter().enumerate() {
            let at = child(&pointer, &at.to_string());
            self.require(rule, &at, "Next");
            match language {
                QueryLanguage::JsonPath => self.rule(rule, &at, true),
                QueryLanguage::Jsonata => self.jsonata_rule(rule, &at),
            }
        }
    }

    fn jsonata_rule(&mut self, rule: &Node, pointer: &str) {
        self.require(rule, pointer, "Condition");
        for Member { name, name_span, value } in rule.members() {
            let at = child(pointer, name);
            match name.as_str() {
                "Condition" => {
                    if !(value.boolean().is_some() || value.text().is_some_and(is_expression)) {
                        self.error(
                            &at,
                            &value.span,
                            "Expected value of type Boolean or a JSONata expression",
                        );
                    }
                }
                "Next" | "Comment" => {
                    self.shape(value, &at, name, Shape::Text, QueryLanguage::Jsonata)
                }
                "Assign" => self.shape(value, &at, name, Shape::Object, QueryLanguage::Jsonata),
                "Output" => {}
                _ => self.error(&at, name_span, format!("Field '{name}' is not supported")),
            }
        }
    }

    /// A JSONPath rule: one operator with its variable, or `And`, `Or`, `Not` around such rules.
    fn rule(&mut self, rule: &Node, pointer: &str, outermost: bool) {
        if !rule.is_object() {
            return self.error(pointer, &rule.span, "Expected value of type Object");
        }
        let mut operators = 0;
        let mut compares = false;
        for Member { name, name_span, value } in rule.members() {
            let at = child(pointer, name);
            match name.as_str() {
                "Next" if outermost => {
                    self.shape(value, &at, name, Shape::Text, QueryLanguage::JsonPath)
                }
                "Assign" if outermost => {
                    self.shape(value, &at, name, Shape::Object, QueryLanguage::JsonPath)
                }
                "Comment" => self.shape(value, &at, name, Shape::Text, QueryLanguage::JsonPath),
                "Variable" => self.path(value, &at),
                "And" | "Or" => {
                    operators += 1;
                    if value.items().is_empty() {
                        self.error(
                            &at,
                            &value.span,
                            format!("{name} must be an Array with at least one rule"),
                        );
                    }
                    for (index, inner) in value.items().iter().enumerate() {
                        self.rule(inner, &child(&at, &index.to_string()), false);
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
                    None => self.error(
                        &at,
                        name_span,
                        format!("Field '{name}' is not supported in a Choice Rule"),
                    ),
                },
            }
        }
        if operators != 1 {
            self.error(
                pointer,
                &rule.span,
                "A Choice Rule must have exactly one comparison operator",
            );
        }
        if compares {
            self.require(rule, pointer, "Variable");
        }
    }

    fn operand(&mut self, node: &Node, pointer: &str, comparison: Comparison, is_path: bool) {
        if is_path {
            return self.path(node, pointer);
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
            self.error(pointer, &node.span, expected);
        }
    }

    /// `ErrorEquals` of a list of retriers or catchers: names, and `States.ALL` alone and last.
    fn errors(&mut self, list: &Node, pointer: &str) {
        if !matches!(list.kind, Kind::Array(_)) {
            return self.error(pointer, &list.span, "Expected value of type Array");
        }
        for (at, entry) in list.items().iter().enumerate() {
            let pointer = child(pointer, &at.to_string());
            self.require(entry, &pointer, "ErrorEquals");
            let Some(names) = entry.get("ErrorEquals") else { continue };
            let pointer = child(&pointer, "ErrorEquals");
            if names.items().is_empty() || names.items().iter().any(|name| name.text().is_none()) {
                self.error(
                    &pointer,
                    &names.span,
                    "ErrorEquals must be an Array with at least one String",
                );
            }
            let all = names.items().iter().any(|name| name.text() == Some("States.ALL"));
            if all && (names.items().len() > 1 || at + 1 < list.items().len()) {
                self.error(
                    &pointer,
                    &names.span,
                    "States.ALL must appear alone and in the last entry",
                );
            }
        }
    }

    fn retriers(&mut self, node: &Node, pointer: &str, language: QueryLanguage) {
        let Some(list) = node.get("Retry") else { return };
        let pointer = child(pointer, "Retry");
        self.errors(list, &pointer);
        for (at, entry) in list.items().iter().enumerate() {
            let pointer = child(&pointer, &at.to_string());
            for Member { name, name_span, value } in entry.members() {
                let at = child(&pointer, name);
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
                        self.error(
                            &at,
                            name_span,
                            format!("Field '{name}' is not supported in a retrier"),
                        );
                        continue;
                    }
                };
                self.shape(value, &at, name, shape, language);
            }
        }
    }

    fn catchers(&mut self, node: &Node, pointer: &str, language: QueryLanguage) {
        let Some(list) = node.get("Catch") else { return };
        let pointer = child(pointer, "Catch");
        self.errors(list, &pointer);
        for (at, entry) in list.items().iter().enumerate() {
            let pointer = child(&pointer, &at.to_string());
            self.require(entry, &pointer, "Next");
            for Member { name, name_span, value } in entry.members() {
                let at = child(&pointer, name);
                let shape = match (name.as_str(), language) {
                    ("ErrorEquals", _) | ("Output", QueryLanguage::Jsonata) => Shape::Any,
                    ("Next" | "Comment", _) => Shape::Text,
                    ("Assign", _) => Shape::Object,
                    ("ResultPath", QueryLanguage::JsonPath) => Shape::ReferencePath,
                    _ => {
                        self.error(
                            &at,
                            name_span,
                            format!("Field '{name}' is not supported in a catcher"),
                        );
                        continue;
                    }
                };
                self.shape(value, &at, name, shape, language);
            }
        }
    }

    /// Where states lead: targets exist, every state can be reached, and there is an end.
    fn transitions(&mut self, node: &Node, definition: &Definition, pointer: &str) {
        const CODE: &str = "MISSING_TRANSITION_TARGET";
        let Some(states) = node.get("States").filter(|states| states.is_object()) else { return };
        let states_pointer = child(pointer, "States");
        let missing = |checker: &mut Self, field: &str, target: Option<&Node>, pointer: &str| {
            if let Some(node) = target
                && let Some(name) = node.text()
                && definition.state(name).is_none()
            {
                let message = format!("Missing '{field}' target: {name}");
                checker.report(Severity::Error, CODE, &child(pointer, field), &node.span, message);
            }
        };
        missing(self, "StartAt", node.get("StartAt"), pointer);
        for member in states.members() {
            let at = child(&states_pointer, &member.name);
            for field in ["Next", "Default"] {
                missing(self, field, member.value.get(field), &at);
            }
            for list in ["Choices", "Catch"] {
                let at = child(&at, list);
                for (index, entry) in
                    member.value.get(list).map(Node::items).unwrap_or_default().iter().enumerate()
                {
                    missing(self, "Next", entry.get("Next"), &child(&at, &index.to_string()));
                }
            }
        }
        self.reach(definition, pointer);
        for (member, state) in states.members().iter().zip(&definition.states) {
            let at = child(&states_pointer, &member.name);
            let branches = member.value.get("Branches").map(Node::items).unwrap_or_default().iter();
            let branches =
                branches.enumerate().map(|(index, node)| (format!("Branches/{index}"), node));
            let mut processor = ["ItemProcessor", "Iterator"].into_iter();
            let processor =
                processor.find_map(|name| Some((name.to_owned(), member.value.get(name)?)));
            let nodes = branches.chain(processor);
            for ((name, node), inner) in nodes.zip(state.containers()) {
                self.transitions(node, inner, &format!("{at}/{name}"));
            }
        }
    }

    fn reach(&mut self, definition: &Definition, pointer: &str) {
        let Some(start) =
            definition.start_at.as_ref().filter(|start| definition.state(&start.value).is_some())
        else {
            return;
        };
        let reachable = definition.reachable();
        for state in
            definition.states.iter().filter(|state| !reachable.contains(state.name.as_str()))
        {
            let message = format!("State \"{}\" is not reachable.", state.name);
            let at = child(&child(pointer, "States"), &state.name);
            self.report(
                Severity::Error,
                "MISSING_TRANSITION_TARGET",
                &at,
                &state.name_span,
                message,
            );
        }
        if !definition.states.iter().any(|state| state.is_terminal()) {
            let message = "There is no terminal state: an execution would never end".to_owned();
            self.report(Severity::Error, SCHEMA, &child(pointer, "States"), &start.span, message);
        }
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
