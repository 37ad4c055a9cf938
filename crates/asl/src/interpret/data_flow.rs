//! A state's data on its way: from the input through the fields of its language to the output.
//!
//! Each step can be noted in a [`Trace`] under the name that TestState has for it, so that looking at a state
//! alone needs no second implementation.

use super::data::Data;
use super::fault::{Fault, Outcome, TIMEOUT};
use super::fields::Flow;
use super::history::Failure;
use super::machine::{ResultPath, State};
use super::random::Random;
use super::template::{Scene, Template};
use super::time::Time;
use coldstart_expr::reference::{ReferencePath, WriteError};
use serde_json::{Map, Value};

/// The most bytes that the values of one `Assign` may have together. Source: "Passing data between states with
/// variables" in the developer guide.
const ASSIGN_BYTES_MAX: usize = 256 * 1024;

/// The most bytes that all variables of a scope may have together.
const VARIABLES_BYTES_MAX: usize = 10 * 1024 * 1024;

/// The values on the way, when somebody wants to see them.
#[derive(Debug, Default)]
pub(crate) struct Trace(pub(crate) Option<Box<Map<String, Value>>>);

impl Trace {
    pub(crate) fn note(&mut self, name: &str, data: &Data) {
        if let Some(values) = &mut self.0 {
            values.insert(name.to_owned(), data.value().clone());
        }
    }

    pub(crate) fn note_value(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(values) = &mut self.0 {
            values.insert(name.to_owned(), value.into());
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

/// What surrounds a state's data.
pub(crate) struct Surroundings<'s> {
    pub(crate) context: &'s Value,
    pub(crate) variables: &'s Map<String, Value>,
    pub(crate) random: &'s mut Random,
    pub(crate) now: Time,
    pub(crate) trace: &'s mut Trace,
}

impl Surroundings<'_> {
    /// The scene in which `$` is `focus` and the state's input is `input`.
    pub(crate) fn scene<'a>(&'a mut self, focus: &'a Data, input: &'a Data) -> Scene<'a> {
        Scene {
            focus,
            input,
            result: None,
            error_output: None,
            context: self.context,
            variables: self.variables,
            random: self.random,
            now: self.now,
        }
    }
}

/// How a state ends well.
#[derive(Debug)]
pub(crate) struct Completed {
    pub(crate) output: Data,
    /// The values of `Assign`: an object.
    pub(crate) assigned: Option<Data>,
}

impl State {
    /// The input after `InputPath`.
    pub(crate) fn effective_input(
        &self,
        input: &Data,
        around: &mut Surroundings<'_>,
    ) -> Outcome<Data> {
        match &self.flow {
            Flow::JsonPath { input: selector, .. } => {
                let chosen = selector.choose(&around.scene(input, input))?;
                around.trace.note("afterInputPath", &chosen);
                Ok(chosen)
            }
            Flow::Jsonata { .. } => Ok(input.clone()),
        }
    }

    /// What the state works with: `Parameters` or `Arguments` filled in, else its input.
    pub(crate) fn arguments(
        &self,
        input: &Data,
        effective: &Data,
        around: &mut Surroundings<'_>,
    ) -> Outcome<Data> {
        let (template, name) = match &self.flow {
            Flow::JsonPath { parameters, .. } => (parameters, "afterParameters"),
            Flow::Jsonata { arguments, .. } => (arguments, "afterArguments"),
        };
        let filled = match template {
            Some(template) => Data::new(template.fill(&mut around.scene(effective, input))?),
            None => effective.clone(),
        };
        around.trace.note(name, &filled);
        Ok(filled)
    }

    /// The way of a result to the output: `ResultSelector`, `Assign`, `ResultPath`, `OutputPath` or `Assign`, `Output`.
    pub(crate) fn complete(
        &self,
        input: &Data,
        result: &Data,
        around: &mut Surroundings<'_>,
    ) -> Outcome<Completed> {
        around.trace.note("result", result);
        match &self.flow {
            Flow::JsonPath { result_selector, result_path, output, .. } => {
                let selected = match result_selector {
                    Some(template) => Data::new(template.fill(&mut around.scene(result, input))?),
                    None => result.clone(),
                };
                around.trace.note("afterResultSelector", &selected);
                let assigned =
                    assign(self.assign.as_ref(), around, |around| around.scene(&selected, input))?;
                let placed = place(result_path, input, selected)?;
                around.trace.note("afterResultPath", &placed);
                let output = output.choose(&around.scene(&placed, input))?;
                self.limited(output, assigned)
            }
            Flow::Jsonata { output, .. } => {
                self.answer(input, Some(result), self.assign.as_ref(), output.as_ref(), around)
            }
        }
    }

    /// The way of a state that has no result, from its input: `OutputPath` or `Output`. A rule of a Choice state
    /// has fields of its own.
    pub(crate) fn pass_on(
        &self,
        input: &Data,
        effective: &Data,
        own: Option<(Option<&Template>, Option<&Template>)>,
        around: &mut Surroundings<'_>,
    ) -> Outcome<Completed> {
        let assign_template = match own {
            Some((assign, _)) => assign,
            None => self.assign.as_ref(),
        };
        match &self.flow {
            Flow::JsonPath { output, .. } => {
                let assigned =
                    assign(assign_template, around, |around| around.scene(effective, input))?;
                let output = output.choose(&around.scene(effective, input))?;
                self.limited(output, assigned)
            }
            Flow::Jsonata { output, .. } => {
                let output = match own {
                    Some((_, Some(own))) => Some(own),
                    _ => output.as_ref(),
                };
                self.answer(input, None, assign_template, output, around)
            }
        }
    }

    /// `Assign` and `Output` of JSONata: both see what was, not what the other makes.
    fn answer(
        &self,
        input: &Data,
        result: Option<&Data>,
        assign_template: Option<&Template>,
        output: Option<&Template>,
        around: &mut Surroundings<'_>,
    ) -> Outcome<Completed> {
        let assigned = assign(assign_template, around, |around| Scene {
            result,
            ..around.scene(input, input)
        })?;
        let output = match output {
            Some(template) => {
                let mut scene = Scene { result, ..around.scene(input, input) };
                Data::new(template.fill(&mut scene)?)
            }
            None => result.unwrap_or(input).clone(),
        };
        self.limited(output, assigned)
    }

    /// The way of an error output through a catcher.
    pub(crate) fn catch(
        &self,
        at: usize,
        input: &Data,
        failure: &Failure,
        around: &mut Surroundings<'_>,
    ) -> Outcome<Completed> {
        let catcher = &self.catch[at];
        let error_output = error_output(failure);
        if !self.flow.is_jsonata() {
            let assigned = assign(catcher.assign.as_ref(), around, |around| {
                around.scene(&error_output, input)
            })?;
            let output = place(&catcher.result_path, input, error_output)?;
            return self.limited(output, assigned);
        }
        let assigned = assign(catcher.assign.as_ref(), around, |around| Scene {
            error_output: Some(&error_output),
            ..around.scene(input, input)
        })?;
        let output = match &catcher.output {
            Some(template) => {
                let mut scene =
                    Scene { error_output: Some(&error_output), ..around.scene(input, input) };
                Data::new(template.fill(&mut scene)?)
            }
            None => error_output,
        };
        self.limited(output, assigned)
    }

    fn limited(&self, output: Data, assigned: Option<Data>) -> Outcome<Completed> {
        match output.is_too_large() {
            true => Err(Fault::data_limit(&self.name)),
            false => Ok(Completed { output, assigned }),
        }
    }
}

/// `{Error, Cause}`, as a catcher gets it. What is missing is null, but the cause of a timeout is an empty text
/// (recorded).
pub(crate) fn error_output(failure: &Failure) -> Data {
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let cause = match (failure.error.as_deref(), failure.cause.as_deref()) {
        (Some(TIMEOUT), None) => Some(""),
        (_, cause) => cause,
    };
    let mut members = Map::new();
    members.insert("Error".to_owned(), text(failure.error.as_deref()));
    members.insert("Cause".to_owned(), text(cause));
    Data::new(Value::Object(members))
}

/// The values of `Assign`, within their limits.
fn assign<'s>(
    template: Option<&Template>,
    around: &'s mut Surroundings<'_>,
    scene: impl FnOnce(&'s mut Surroundings<'_>) -> Scene<'s>,
) -> Outcome<Option<Data>> {
    let Some(template) = template else { return Ok(None) };
    let assigned = Data::new(template.fill(&mut scene(around))?);
    if assigned.bytes() > ASSIGN_BYTES_MAX || assigned.is_too_large() {
        return Err(Fault::data_limit("Assign"));
    }
    Ok(Some(assigned))
}

/// Sets variables; what was not assigned stays.
///
/// # Errors
/// When all together are more than a scope may hold.
pub(crate) fn set_variables(
    variables: &mut std::sync::Arc<Map<String, Value>>,
    assigned: &Data,
) -> Outcome<()> {
    let Some(members) = assigned.value().as_object() else { return Ok(()) };
    let variables = std::sync::Arc::make_mut(variables);
    for (name, value) in members {
        variables.insert(name.clone(), value.clone());
    }
    // Only large assignments can make the sum large.
    let is_large = assigned.bytes() > VARIABLES_BYTES_MAX / 100;
    if is_large && Data::new(Value::Object(variables.clone())).bytes() > VARIABLES_BYTES_MAX {
        return Err(Fault::data_limit("Assign"));
    }
    Ok(())
}

/// `ResultPath`.
fn place(path: &ResultPath, input: &Data, result: Data) -> Outcome<Data> {
    match path {
        ResultPath::Whole => Ok(result),
        ResultPath::Discard => Ok(input.clone()),
        ResultPath::At(reference) => write(reference, input, result),
    }
}

/// Error and words are those that others have got from AWS; the States Language specification calls the error
/// `States.ResultPathMatchFailure`.
fn write(reference: &ReferencePath, input: &Data, result: Data) -> Outcome<Data> {
    let written = reference.write(input.value().clone(), result.into_value());
    written.map(Data::new).map_err(|error| {
        let what = match error {
            WriteError::Document => format!("ReferencePath {}", reference.text()),
            WriteError::Step(step) => format!("step \"{step}\""),
        };
        let cause = format!("Unable to apply {what} to input {}", input.text());
        Box::new(Fault::from(Failure::new("States.ReferencePathConflict", cause)))
    })
}
