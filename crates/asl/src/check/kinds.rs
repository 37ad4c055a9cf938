//! What only one type of state has.

use super::{Checker, Place};
use crate::definition::{MachineType, QueryLanguage};
use crate::diagnostic::Severity;
use crate::fields::Shape;
use crate::json::{Kind, Member, Node};
use crate::resource;

const LABEL_CHARS_MAX: usize = 40;
const WAITS: [&str; 4] = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
/// Fields of a Map state that only distributed ones read.
const DISTRIBUTED: [&str; 4] = ["ItemReader", "ItemBatcher", "ResultWriter", "Label"];

impl Checker<'_> {
    pub(super) fn task(&mut self, node: &Node, place: &Place, language: QueryLanguage) {
        self.require(node, place, "Resource");
        if let Some(value) = node.get("Resource") {
            self.resource(value, &place.child("Resource"));
        }
        if let Some(credentials) =
            node.get("Credentials").filter(|credentials| credentials.is_object())
            && !["RoleArn", "RoleArn.$"].iter().any(|name| credentials.get(name).is_some())
        {
            // Recorded for JSONata. The specification and AWS's own linter leave it open for JSONPath.
            let severity = match language {
                QueryLanguage::Jsonata => Severity::Error,
                QueryLanguage::JsonPath => Severity::Warning,
            };
            let message = "The field 'RoleArn' is required but was missing";
            let place = place.child("Credentials");
            self.report(severity, super::SCHEMA, &place, &credentials.span, message);
        }
        let seconds = |name| node.get(name).and_then(Node::number);
        if let (Some(heartbeat), Some(timeout)) =
            (seconds("HeartbeatSeconds"), seconds("TimeoutSeconds"))
            && heartbeat >= timeout
            && let Some(value) = node.get("HeartbeatSeconds")
        {
            let message = "HeartbeatSeconds should be smaller than TimeoutSeconds";
            self.warning("HEARTBEAT_TOO_LONG", &place.child("HeartbeatSeconds"), value, message);
        }
    }

    fn resource(&mut self, value: &Node, place: &Place) {
        if is_template_function(value) {
            let message = "CloudFormation puts an ARN in this place; Step Functions itself takes a String only";
            return self.warning("TEMPLATE_FUNCTION", place, value, message);
        }
        let Some(text) = value.text() else {
            return self.error(place, &value.span, "Expected value of type String");
        };
        if let Some(message) = resource::refuse(text, self.machine) {
            return self.error(place, &value.span, message);
        }
        // Linters take any text here, and definitions are written before their ARNs are known.
        if !text.starts_with("arn:") && !text.contains("${") {
            let message = "Value is not a valid resource ARN";
            self.warning("NOT_AN_ARN", place, value, message);
        }
    }

    pub(super) fn wait(&mut self, node: &Node, place: &Place) {
        if WAITS.iter().all(|name| node.get(name).is_none()) {
            let message = format!("One of these fields is required: [{}]", WAITS.join(", "));
            self.error(place, &node.span, message);
        }
        self.exclusive(node, place, &WAITS);
    }

    pub(super) fn branches(&mut self, node: &Node, place: &Place, language: QueryLanguage) {
        self.require(node, place, "Branches");
        let Some(branches) = node.get("Branches") else { return };
        let place = place.child("Branches");
        match &branches.kind {
            Kind::Array(list) if list.is_empty() => {
                self.error(&place, &branches.span, "Value cannot be empty");
            }
            Kind::Array(_) => {}
            _ => self.error(&place, &branches.span, "Expected value of type Array"),
        }
        for (at, branch) in branches.items().iter().enumerate() {
            self.machine(branch, &place.item(at), language, false);
            if let Some(config) = branch.members().iter().find(|at| at.name == "ProcessorConfig") {
                self.unsupported(&place.item(at), config);
            }
        }
    }

    pub(super) fn map(
        &mut self,
        node: &Node,
        place: &Place,
        machine_language: QueryLanguage,
        language: QueryLanguage,
    ) {
        let processor = node.get("ItemProcessor").or_else(|| node.get("Iterator"));
        if processor.is_none() {
            self.require(node, place, "ItemProcessor");
        }
        for name in ["ItemProcessor", "Iterator"] {
            if let Some(processor) = node.get(name) {
                self.machine(processor, &place.child(name), machine_language, false);
            }
        }
        let config = processor.and_then(|processor| processor.get("ProcessorConfig"));
        let mode = config.and_then(|config| config.get("Mode")).and_then(Node::text);
        if mode != Some("DISTRIBUTED") {
            for name in DISTRIBUTED {
                if let Some(value) = node.get(name) {
                    let message = "Only a Map state whose Mode is DISTRIBUTED reads this field";
                    self.warning("INLINE_MAP", &place.child(name), value, message);
                }
            }
        } else if self.machine == MachineType::Express
            && let Some(config) = config
        {
            // Source: "Differences between Standard and Express workflows".
            let message = "Express state machine does not support Distributed Map";
            self.error(place, &config.span, message);
        }
        self.label(node, place);
        if let Some(batcher) = node.get("ItemBatcher") {
            self.batcher(batcher, &place.child("ItemBatcher"), language);
        }
        if let Some(reader) = node.get("ItemReader") {
            self.reader(reader, &place.child("ItemReader"), language);
        }
        if let Some(writer) = node.get("ResultWriter") {
            self.writer(writer, &place.child("ResultWriter"), language);
        }
    }

    fn label(&mut self, node: &Node, place: &Place) {
        let Some(label) = node.get("Label") else { return };
        let Some(text) = label.text() else { return };
        // Source: "Label" in the developer guide's page on Map states in Distributed mode.
        let forbidden =
            |c: char| c.is_whitespace() || c.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"/".contains(c);
        let count = text.chars().count();
        if count == 0 || count > LABEL_CHARS_MAX || text.contains(forbidden) {
            let message = format!(
                "Label must have 1 to {LABEL_CHARS_MAX} characters without spaces and wildcards"
            );
            self.error(&place.child("Label"), &label.span, message);
        }
    }

    pub(super) fn processor_config(&mut self, node: &Node, place: &Place) {
        if !node.is_object() {
            return self.error(place, &node.span, "Expected value of type Object");
        }
        for member in node.members() {
            let at = place.child(&member.name);
            match member.name.as_str() {
                "Mode" => self.one_of(&member.value, &at, &["INLINE", "DISTRIBUTED"]),
                "ExecutionType" => self.one_of(&member.value, &at, &["STANDARD", "EXPRESS"]),
                _ => self.unsupported(place, member),
            }
        }
        // Source: "You must provide this field if you specified DISTRIBUTED for the Mode sub-field".
        if node.get("Mode").and_then(Node::text) == Some("DISTRIBUTED") {
            self.require(node, place, "ExecutionType");
        }
    }

    /// The fields of an object that have fixed shapes; others are not supported.
    fn members(
        &mut self,
        node: &Node,
        place: &Place,
        language: QueryLanguage,
        shapes: &[(&str, Shape)],
    ) {
        for member in node.members() {
            let Member { name, value, .. } = member;
            let Some((_, shape)) = shapes.iter().find(|(known, _)| known == name) else {
                self.unsupported(place, member);
                continue;
            };
            let of_json_path = name == "Parameters" || name.ends_with("Path");
            let (here, there) = match language {
                QueryLanguage::Jsonata if of_json_path => ("JSONata", "JSONPath"),
                QueryLanguage::JsonPath if name == "Arguments" => ("JSONPath", "JSONata"),
                _ => {
                    self.shape(value, &place.child(name), name, *shape, language);
                    continue;
                }
            };
            let message = format!(
                "The QueryLanguage is set to '{here}', but field '{name}' is only supported for the '{there}' QueryLanguage"
            );
            self.member(place, member, message);
        }
    }

    fn batcher(&mut self, node: &Node, place: &Place, language: QueryLanguage) {
        let count = Shape::Integer { least: 0.0, most: f64::MAX };
        let shapes = [
            ("BatchInput", Shape::ObjectOrExpression),
            ("MaxItemsPerBatch", count),
            ("MaxItemsPerBatchPath", Shape::Reference),
            ("MaxInputBytesPerBatch", count),
            ("MaxInputBytesPerBatchPath", Shape::Reference),
        ];
        self.members(node, place, language, &shapes);
        self.exclusive(node, place, &["MaxItemsPerBatch", "MaxItemsPerBatchPath"]);
        self.exclusive(node, place, &["MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"]);
    }

    fn reader(&mut self, node: &Node, place: &Place, language: QueryLanguage) {
        self.require(node, place, "Resource");
        let shapes = [
            ("Resource", Shape::Text),
            ("ReaderConfig", Shape::Any),
            ("Parameters", Shape::Template),
            ("Arguments", Shape::ObjectOrExpression),
        ];
        self.members(node, place, language, &shapes);
        let Some(config) = node.get("ReaderConfig") else { return };
        let place = place.child("ReaderConfig");
        if !config.is_object() {
            return self.error(&place, &config.span, "Expected value of type Object");
        }
        let literals = ["InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"];
        let literals =
            literals.into_iter().chain(["ItemsPointer", "Transformation", "ManifestType"]);
        let numbers = [
            ("MaxItems", Shape::Integer { least: 0.0, most: 100_000_000.0 }),
            ("MaxItemsPath", Shape::Reference),
        ];
        let shapes: Vec<(&str, Shape)> =
            literals.map(|name| (name, Shape::Any)).chain(numbers).collect();
        self.members(config, &place, language, &shapes);
        self.exclusive(config, &place, &["MaxItems", "MaxItemsPath"]);
        if let Some(value) = config.get("InputType") {
            let types = ["CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"];
            self.one_of(value, &place.child("InputType"), &types);
        }
        if let Some(value) = config.get("CSVHeaderLocation") {
            let locations = ["FIRST_ROW", "GIVEN"];
            self.one_of(value, &place.child("CSVHeaderLocation"), &locations);
            if value.text() == Some("GIVEN") {
                self.require(config, &place, "CSVHeaders");
            }
        }
    }

    fn writer(&mut self, node: &Node, place: &Place, language: QueryLanguage) {
        let shapes = [
            ("Resource", Shape::Text),
            ("WriterConfig", Shape::Any),
            ("Parameters", Shape::Template),
            ("Arguments", Shape::ObjectOrExpression),
        ];
        self.members(node, place, language, &shapes);
        let Some(config) = node.get("WriterConfig") else { return };
        let place = place.child("WriterConfig");
        let shapes = [("OutputType", Shape::Any), ("Transformation", Shape::Any)];
        self.members(config, &place, language, &shapes);
        self.require(config, &place, "OutputType");
        if let Some(value) = config.get("OutputType") {
            self.one_of(value, &place.child("OutputType"), &["JSON", "JSONL"]);
        }
        if let Some(value) = config.get("Transformation") {
            let kinds = ["NONE", "COMPACT", "FLATTEN"];
            self.one_of(value, &place.child("Transformation"), &kinds);
        }
    }
}

/// Whether this is a function of CloudFormation, which a template has in the place of a text.
fn is_template_function(node: &Node) -> bool {
    match node.members() {
        [only] => only.name == "Ref" || only.name.starts_with("Fn::"),
        _ => false,
    }
}
