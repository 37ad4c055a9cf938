//! The models as data: parsed once, when first asked for.

use regex_lite::Regex;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A service of the public API.
#[derive(Debug)]
pub struct Service {
    /// Endpoint prefix, such as `lambda`.
    pub name: String,
    /// How its requests travel.
    pub protocol: Protocol,
    /// Prefix of `X-Amz-Target` in the JSON protocol, such as `Logs_20140328`.
    pub target: Option<String>,
    /// By name.
    pub operations: BTreeMap<String, Operation>,
    errors: BTreeMap<String, (u16, Option<String>, bool)>,
    shapes: BTreeMap<String, Shape>,
}

/// How a service's requests travel over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Method, path, query, headers and a JSON body.
    RestJson,
    /// `POST /` with the operation in `X-Amz-Target`, JSON 1.1.
    Json,
    /// The same in JSON 1.0, which only names another content type.
    Json10,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// HTTP method.
    pub method: String,
    /// Path with `{Member}` labels.
    pub uri: String,
    /// HTTP status of success.
    pub status: u16,
    /// The input's shape, when it takes any.
    pub input: Option<String>,
    /// Output members that do not travel in the JSON body.
    pub output: Vec<Output>,
}

/// An output member outside of the JSON body.
#[derive(Debug)]
pub struct Output {
    /// Member name.
    pub member: String,
    /// Where it travels.
    pub location: Location,
    /// Header name; for a payload its type.
    pub wire_name: String,
}

/// Where a member travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the JSON body.
    Body,
    /// A label of the path.
    Uri,
    /// A query parameter.
    Query,
    /// A header.
    Header,
    /// The HTTP status itself.
    Status,
    /// It is the body.
    Payload,
}

/// A shape: a type with its constraints.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the API model; the type's name for plain ones.
    pub name: String,
    /// What it is.
    pub kind: ShapeKind,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) pattern: Option<Pattern>,
    pub(super) values: Vec<String>,
}

/// What a shape is made of. Shapes are named, and looked up with [`Service::shape`].
#[derive(Debug)]
pub enum ShapeKind {
    /// Text.
    String,
    /// 32-bit.
    Integer,
    /// 64-bit.
    Long,
    /// Floating point.
    Double,
    /// true or false.
    Boolean,
    /// Bytes.
    Blob,
    /// Epoch seconds or ISO 8601.
    Timestamp,
    /// Elements of one shape.
    List {
        /// The elements' shape.
        of: String,
    },
    /// String keys to values of one shape.
    Map {
        /// The keys' shape.
        key: String,
        /// The values' shape.
        of: String,
    },
    /// Named members.
    Structure {
        /// In the model's order, which is the order of AWS's complaints.
        members: Vec<Member>,
        /// The member that is the whole HTTP body.
        payload: Option<String>,
    },
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// API name.
    pub name: String,
    /// Shape name.
    pub shape: String,
    /// Where it travels.
    pub location: Location,
    /// Name on the wire: header, query parameter or label.
    pub wire_name: String,
    /// Whether it may not be absent.
    pub required: bool,
}

/// A pattern as AWS prints it, and as we can match it.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    is: String,
    not: Option<String>,
    compiled: OnceLock<Option<(Regex, Option<Regex>)>>,
}

impl Pattern {
    /// Whether the whole text matches, as Java's `matches` says it.
    pub(super) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| {
            let not = match &self.not {
                Some(not) => Some(anchored(not)?),
                None => None,
            };
            Some((anchored(&self.is)?, not))
        });
        match compiled {
            Some((is, not)) => {
                is.is_match(text) && !not.as_ref().is_some_and(|not| not.is_match(text))
            }
            // A test compiles every pattern, so this is for a model that was changed by hand.
            None => true,
        }
    }

    #[cfg(test)]
    pub(super) fn compiles(&self) -> bool {
        self.matches("");
        matches!(self.compiled.get(), Some(Some(_)))
    }
}

fn anchored(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?:{pattern})$")).ok()
}

impl Shape {
    /// The least and the greatest value, or length of a text, a blob, a list or a map.
    pub fn bounds(&self) -> (Option<f64>, Option<f64>) {
        (self.min, self.max)
    }
    /// The values of an enumeration; none for other shapes.
    pub fn values(&self) -> &[String] {
        &self.values
    }
}

impl Service {
    /// A shape by its name.
    pub fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }
    /// All shapes, by name.
    pub fn shapes(&self) -> impl Iterator<Item = &Shape> {
        self.shapes.values()
    }
    /// Members of an operation's input, in the model's order.
    pub fn input_members(&self, operation: &Operation) -> &[Member] {
        match operation.input.as_deref().and_then(|name| self.shape(name)).map(|shape| &shape.kind)
        {
            Some(ShapeKind::Structure { members, .. }) => members,
            _ => &[],
        }
    }
    /// HTTP status of an error, when the model names it.
    pub fn error_status(&self, code: &str) -> Option<u16> {
        self.errors.get(code).map(|error| error.0)
    }
    /// How the error's shape names its message, when it has one: Lambda says `Message` for some. An error that is not in the
    /// model, such as `ValidationException`, has `message` in its body all the same.
    pub fn error_message_member(&self, code: &str) -> Option<&str> {
        self.errors.get(code)?.1.as_deref()
    }
    /// Whether the error's body says whose fault it was in a member `Type`.
    pub fn error_has_type(&self, code: &str) -> bool {
        self.errors.get(code).is_some_and(|error| error.2)
    }
}

/// Reads a compact model. The text is part of the program: what it does not hold is left empty, and a test looks at all of it.
pub(super) fn parse(text: &str) -> Service {
    read_service(&serde_json::from_str(text).unwrap_or_default())
}

/// Reads a text of several models by name.
pub(super) fn parse_all(text: &str) -> BTreeMap<String, Service> {
    let models: Value = serde_json::from_str(text).unwrap_or_default();
    entries(&models).map(|(name, model)| (name.clone(), read_service(model))).collect()
}

fn read_service(model: &Value) -> Service {
    let mut shapes = BTreeMap::new();
    for plain in ["string", "integer", "long", "double", "boolean", "blob", "timestamp"] {
        shapes.insert(plain.to_owned(), read_shape(plain, &serde_json::json!({ "t": plain })));
    }
    for (name, shape) in entries(&model["shapes"]) {
        shapes.insert(name.clone(), read_shape(name, shape));
    }
    // EventBridge lists the values of an enumeration as its model has them (recorded), all others as sets have them.
    if model["service"] != "events" {
        for shape in shapes.values_mut() {
            let sorted = super::java::set_order(shape.values.iter().map(String::as_str));
            shape.values = sorted.into_iter().map(str::to_owned).collect();
        }
    }
    let errors = entries(&model["errors"]).map(|(code, error)| {
        let status = error[0].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(400);
        (
            code.clone(),
            (status, error[1].as_str().map(str::to_owned), error[2].as_bool().unwrap_or(false)),
        )
    });
    Service {
        name: text_of(&model["service"]),
        protocol: if model["protocol"] == "rest-json" {
            Protocol::RestJson
        } else if model["version"] == "1.0" {
            Protocol::Json10
        } else {
            Protocol::Json
        },
        target: model["target"].as_str().map(str::to_owned),
        operations: entries(&model["operations"])
            .map(|(name, op)| (name.clone(), read_operation(op)))
            .collect(),
        errors: errors.collect(),
        shapes,
    }
}

fn read_operation(op: &Value) -> Operation {
    let output = entries(&op["out"]).map(|(member, place)| Output {
        member: member.clone(),
        location: location(place[0].as_str()),
        wire_name: text_of(&place[1]),
    });
    Operation {
        method: text_of(&op["http"][0]),
        uri: text_of(&op["http"][1]),
        status: op["http"][2].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200),
        input: op["in"].as_str().map(str::to_owned),
        output: output.collect(),
    }
}

fn read_shape(name: &str, shape: &Value) -> Shape {
    let kind = match shape["t"].as_str().unwrap_or_default() {
        "integer" => ShapeKind::Integer,
        "long" => ShapeKind::Long,
        "double" | "float" => ShapeKind::Double,
        "boolean" => ShapeKind::Boolean,
        "blob" => ShapeKind::Blob,
        "timestamp" => ShapeKind::Timestamp,
        "list" => ShapeKind::List { of: text_of(&shape["of"]) },
        "map" => ShapeKind::Map { key: text_of(&shape["key"]), of: text_of(&shape["of"]) },
        "structure" => ShapeKind::Structure {
            members: entries(&shape["members"])
                .map(|(name, member)| read_member(name, member, shape))
                .collect(),
            payload: shape["payload"].as_str().map(str::to_owned),
        },
        _ => ShapeKind::String,
    };
    let pattern = shape["pattern"].as_str().map(|text| Pattern {
        text: text.to_owned(),
        is: shape["is"].as_str().unwrap_or(text).to_owned(),
        not: shape["not"].as_str().map(str::to_owned),
        compiled: OnceLock::new(),
    });
    let values = shape["enum"]
        .as_array()
        .map(|values| values.iter().map(text_of).collect())
        .unwrap_or_default();
    Shape {
        name: name.to_owned(),
        kind,
        min: shape["min"].as_f64(),
        max: shape["max"].as_f64(),
        pattern,
        values,
    }
}

fn read_member(name: &str, member: &Value, of: &Value) -> Member {
    let listed =
        |list: &Value| list.as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let place =
        if of["payload"] == name { Location::Payload } else { location(member[1].as_str()) };
    Member {
        name: name.to_owned(),
        shape: member.as_str().map_or_else(|| text_of(&member[0]), str::to_owned),
        location: place,
        wire_name: member[2].as_str().unwrap_or(name).to_owned(),
        required: listed(&of["required"]),
    }
}

fn location(name: Option<&str>) -> Location {
    match name {
        Some("uri") => Location::Uri,
        Some("querystring") => Location::Query,
        Some("header" | "headers") => Location::Header,
        Some("statusCode") => Location::Status,
        Some("payload") => Location::Payload,
        _ => Location::Body,
    }
}

fn entries(value: &Value) -> serde_json::map::Iter<'_> {
    static NONE: OnceLock<Map<String, Value>> = OnceLock::new();
    value.as_object().unwrap_or_else(|| NONE.get_or_init(Map::new)).iter()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
