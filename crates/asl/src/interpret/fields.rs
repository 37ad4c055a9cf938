//! The fields of a state that hold a value, a path to one or an expression that gives one.

use super::data::Data;
use super::fault::{Fault, ITEM_READER, Outcome};
use super::machine::ResultPath;
use super::template::{Scene, Template, evaluation_fault, expression_reads_context};
use coldstart_expr::intrinsic::Expression;
use coldstart_expr::jsonata::{self, EvaluationError};
use coldstart_expr::scope::{Source, StatesPath};
use serde_json::{Map, Value};

/// What a state does with its data, by language.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a machine has few states")]
pub(crate) enum Flow {
    JsonPath {
        input: Selector,
        parameters: Option<Template>,
        result_selector: Option<Template>,
        result_path: ResultPath,
        output: Selector,
    },
    Jsonata {
        arguments: Option<Template>,
        output: Option<Template>,
    },
}

impl Flow {
    pub(crate) fn is_jsonata(&self) -> bool {
        matches!(self, Flow::Jsonata { .. })
    }

    pub(crate) fn reads_context(&self) -> bool {
        let template =
            |template: &Option<Template>| template.as_ref().is_some_and(Template::reads_context);
        match self {
            Flow::JsonPath { input, parameters, result_selector, output, .. } => {
                input.reads_context()
                    || output.reads_context()
                    || template(parameters)
                    || template(result_selector)
            }
            Flow::Jsonata { arguments, output } => template(arguments) || template(output),
        }
    }
}

/// A path that chooses from a state's data.
#[derive(Debug)]
pub(crate) enum Selector {
    /// `$`, or no field at all: everything.
    Whole,
    /// `null`: an empty object.
    Nothing,
    Path(StatesPath),
}

impl Selector {
    /// Reads a path, or the `null` that some fields may have.
    pub(crate) fn parse(value: Option<&Value>) -> Result<Selector, String> {
        match value {
            None => Ok(Selector::Whole),
            Some(Value::Null) => Ok(Selector::Nothing),
            Some(Value::String(text)) if text == "$" => Ok(Selector::Whole),
            Some(Value::String(text)) => {
                StatesPath::parse(text).map(Selector::Path).map_err(|error| error.to_string())
            }
            Some(other) => Err(format!("{other} is not a path")),
        }
    }

    pub(crate) fn reads_context(&self) -> bool {
        matches!(self, Selector::Path(path) if *path.source() == Source::Context)
    }

    /// As it is written.
    pub(crate) fn text(&self) -> &str {
        match self {
            Selector::Path(path) => path.text(),
            Selector::Whole | Selector::Nothing => "$",
        }
    }

    /// What it chooses from the scene's focus, which is not copied when it is all of it.
    pub(crate) fn choose(&self, scene: &Scene<'_>) -> Outcome<Data> {
        match self {
            Selector::Whole => Ok(scene.focus.clone()),
            Selector::Nothing => Ok(Data::new(Value::Object(Map::new()))),
            Selector::Path(path) => scene.select(path).map(Data::new),
        }
    }
}

/// A field that gives a number.
#[derive(Debug)]
pub(crate) struct Number {
    /// Its name, without `Path`.
    pub(crate) field: &'static str,
    pub(crate) source: NumberSource,
}

#[derive(Debug)]
pub(crate) enum NumberSource {
    Literal(f64),
    Path(StatesPath),
    Expression(jsonata::Expression),
}

impl Number {
    pub(crate) fn reads_context(&self) -> bool {
        match &self.source {
            NumberSource::Literal(_) => false,
            NumberSource::Path(path) => *path.source() == Source::Context,
            NumberSource::Expression(_) => true,
        }
    }

    /// The value, of whatever type, and the path it came from.
    fn value(&self, scene: &mut Scene<'_>) -> Outcome<Value> {
        match &self.source {
            NumberSource::Literal(number) => Ok(Value::from(*number)),
            NumberSource::Path(path) => scene.select(path),
            NumberSource::Expression(expression) => scene.query(expression, self.field),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self, scene: &mut Scene<'_>) -> Outcome<i64> {
        let value = match &self.source {
            NumberSource::Literal(number) => return Ok(*number as i64),
            _ => self.value(scene)?,
        };
        let whole = |number: f64| (number.fract() == 0.0).then_some(number as i64);
        match value.as_i64().or_else(|| value.as_f64().and_then(whole)) {
            Some(number) => Ok(number),
            None => Err(self.refuse(value, "integer")),
        }
    }

    /// A whole number that may be written as a text: fields of readers and batchers take that (recorded).
    pub(crate) fn lenient(&self, scene: &mut Scene<'_>) -> Outcome<i64> {
        if let NumberSource::Path(path) = &self.source
            && let Some(number) = scene.select(path)?.as_str().and_then(|text| text.parse().ok())
        {
            return Ok(number);
        }
        self.integer(scene)
    }

    /// A number.
    pub(crate) fn float(&self, scene: &mut Scene<'_>) -> Outcome<f64> {
        let value = self.value(scene)?;
        value.as_f64().ok_or_else(|| self.refuse(value, "float"))
    }

    fn refuse(&self, value: Value, kind: &str) -> Box<Fault> {
        let field = self.field;
        match &self.source {
            NumberSource::Literal(_) | NumberSource::Path(_) => {
                let path = match &self.source {
                    NumberSource::Path(path) => path.text(),
                    _ => "",
                };
                let shown = match &value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let mut fault = Fault::runtime(format!(
                    "The {field}Path field refers to value \"{shown}\" which is not a valid {kind}: {path}"
                ));
                // Of a reader's setting it is the reader that fails.
                if field == "MaxItems" {
                    fault.failure.error = Some(ITEM_READER.into());
                }
                fault
            }
            NumberSource::Expression(expression) => {
                let error = EvaluationError::Unexpected { expected: "number", value };
                evaluation_fault(error.in_field(expression.text(), field))
            }
        }
    }
}

/// A field that gives a text.
#[derive(Debug)]
pub(crate) struct Text {
    /// Its name, without `Path`.
    pub(crate) field: &'static str,
    pub(crate) source: TextSource,
}

#[derive(Debug)]
pub(crate) enum TextSource {
    Literal(String),
    /// A path or an intrinsic function.
    Path(Expression),
    Expression(jsonata::Expression),
}

impl Text {
    pub(crate) fn reads_context(&self) -> bool {
        match &self.source {
            TextSource::Literal(_) => false,
            TextSource::Path(expression) => expression_reads_context(expression),
            TextSource::Expression(_) => true,
        }
    }

    /// The text of `Error` or `Cause`.
    pub(crate) fn text(&self, scene: &mut Scene<'_>) -> Outcome<String> {
        let value = match &self.source {
            TextSource::Literal(text) => return Ok(text.clone()),
            TextSource::Path(expression) => {
                scene.evaluate(expression, &format!("{}Path", self.field))?
            }
            TextSource::Expression(expression) => scene.query(expression, self.field)?,
        };
        match (value, &self.source) {
            (Value::String(text), _) => Ok(text),
            (value, TextSource::Expression(expression)) => {
                let error = EvaluationError::Unexpected { expected: "string", value };
                Err(evaluation_fault(error.in_field(expression.text(), self.field)))
            }
            (value, _) => Err(Fault::runtime(format!(
                "The {0}Path field refers to value \"{value}\" which is not a valid string",
                self.field
            ))),
        }
    }
}
