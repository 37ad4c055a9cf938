//! The typed definition to a [`Machine`]. What the checks of the definition refuse is refused here too, in fewer words:
//! nothing half-read ever runs.

use super::data::Data;
use super::fields::{Flow, Number, NumberSource, Selector, Text, TextSource};
use super::machine::{
    Batcher, Catcher, CompileError, Condition, InputType, Items, Kind, Machine, MapState, Objects,
    Operand, Reader, ReaderConfig, Reading, ResultPath, Retrier, Rule, State, StateId, TaskState,
    Transformation, Wait, Writer,
};
use super::template::Template;
use crate::choice;
use crate::definition::{
    self, Definition, Given, MachineType, ProcessorMode, QueryLanguage, Spanned, StateKind,
};
use crate::resource::Resource;
use coldstart_expr::intrinsic::Expression;
use coldstart_expr::jsonata;
use coldstart_expr::reference::ReferencePath;
use coldstart_expr::scope::StatesPath;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

type Compiled<T> = Result<T, String>;

/// Reads a whole machine.
pub(super) fn machine(definition: &Definition, kind: MachineType) -> Result<Machine, CompileError> {
    let mut compiler = Compiler { states: Vec::new() };
    let start = compiler.scope(definition)?;
    let mut states = Vec::with_capacity(compiler.states.len());
    for state in compiler.states {
        states.push(state.ok_or_else(|| error(None, "a state was left out"))?);
    }
    Ok(Machine {
        kind,
        language: definition.query_language,
        timeout_seconds: definition.timeout_seconds,
        start,
        states,
    })
}

fn error(state: Option<&str>, message: impl Into<String>) -> CompileError {
    CompileError { state: state.map(str::to_owned), message: message.into() }
}

struct Compiler {
    /// A place is taken for every state before any is read, because they lead to one another.
    states: Vec<Option<State>>,
}

/// The states of one scope by name.
struct Names<'d>(BTreeMap<&'d str, StateId>);

impl Names<'_> {
    fn find(&self, name: Option<&Spanned<String>>) -> Compiled<StateId> {
        let Some(name) = name else { return Err("a transition is missing".to_owned()) };
        let found = self.0.get(name.value.as_str()).copied();
        found.ok_or_else(|| format!("there is no state '{}'", name.value))
    }
}

impl Compiler {
    /// Reads the states of a machine, branch or processor and gives the first.
    fn scope(&mut self, definition: &Definition) -> Result<StateId, CompileError> {
        let first = self.states.len();
        let names = definition.states.iter().enumerate();
        let names = Names(names.map(|(at, state)| (state.name.as_str(), first + at)).collect());
        self.states.extend(definition.states.iter().map(|_| None));
        for (at, state) in definition.states.iter().enumerate() {
            let compiled = self.state(state, &names)?;
            self.states[first + at] = Some(compiled);
        }
        names.find(definition.start_at.as_ref()).map_err(|message| error(None, message))
    }

    fn state(
        &mut self,
        state: &definition::State,
        names: &Names<'_>,
    ) -> Result<State, CompileError> {
        // Inner machines report their own states.
        let inner = match &state.kind {
            StateKind::Parallel { branches } => {
                let branches = branches.iter().map(|branch| self.scope(branch));
                branches.collect::<Result<Vec<_>, _>>()?
            }
            StateKind::Map(map) if map.mode == ProcessorMode::Inline => {
                map.processor.iter().map(|one| self.scope(one)).collect::<Result<Vec<_>, _>>()?
            }
            _ => Vec::new(),
        };
        let distributed = match &state.kind {
            StateKind::Map(map) if map.mode == ProcessorMode::Distributed => {
                let kind = if map.express { MachineType::Express } else { MachineType::Standard };
                map.processor.as_ref().map(|one| machine(one, kind)).transpose()?.map(Arc::new)
            }
            _ => None,
        };
        self::state(state, names, inner, distributed)
            .map_err(|message| error(Some(&state.name), message))
    }
}

fn state(
    state: &definition::State,
    names: &Names<'_>,
    inner: Vec<StateId>,
    distributed: Option<Arc<Machine>>,
) -> Compiled<State> {
    let reader = Fields { language: state.query_language };
    let kind = kind(state, names, inner, distributed, &reader)?;
    let is_terminal = matches!(kind, Kind::Succeed | Kind::Fail { .. } | Kind::Choice { .. });
    let next = match is_terminal || state.end {
        true => None,
        false => Some(names.find(state.next.as_ref())?),
    };
    let flow = reader.flow(state)?;
    let assign = reader.template(state.assign.as_ref(), "Assign")?;
    let catch = state.catch.iter().map(|catcher| reader.catcher(catcher, names));
    let catch: Vec<Catcher> = catch.collect::<Compiled<_>>()?;
    let mut state = State {
        name: state.name.as_str().into(),
        kind,
        flow,
        assign,
        next,
        retry: state.retry.iter().map(retrier).collect(),
        catch,
        reads_context: false,
    };
    state.reads_context = reads_context(&state);
    Ok(state)
}

impl MapState {
    /// Whether a field other than those of each item reads the context object.
    fn reads_context(&self) -> bool {
        let template = |one: &Option<Template>| one.as_ref().is_some_and(Template::reads_context);
        let number = |one: &Option<Number>| one.as_ref().is_some_and(Number::reads_context);
        let items = match &self.items {
            Items::Path(path) => path.reads_context(),
            Items::Template(template) => template.reads_context(),
            Items::Input => false,
        };
        let reader = self
            .reader
            .as_ref()
            .is_some_and(|reader| template(&reader.parameters) || number(&reader.config.max_items));
        let batcher = self.batcher.as_ref().is_some_and(|batcher| {
            template(&batcher.input) || number(&batcher.max_items) || number(&batcher.max_bytes)
        });
        let writer = self.writer.as_ref().is_some_and(|writer| template(&writer.parameters));
        items
            || reader
            || batcher
            || writer
            || number(&self.max_concurrency)
            || number(&self.tolerated_failure_count)
            || number(&self.tolerated_failure_percentage)
    }
}

fn reads_context(state: &State) -> bool {
    let template = |one: &Option<Template>| one.as_ref().is_some_and(Template::reads_context);
    let number = |one: &Option<Number>| one.as_ref().is_some_and(Number::reads_context);
    let text = |one: &Option<Text>| one.as_ref().is_some_and(Text::reads_context);
    let own = match &state.kind {
        Kind::Task(task) => {
            template(&task.credentials)
                || number(&task.timeout_seconds)
                || number(&task.heartbeat_seconds)
        }
        Kind::Pass { .. } | Kind::Succeed | Kind::Parallel { .. } => false,
        Kind::Wait(Wait::Seconds(seconds)) => seconds.reads_context(),
        Kind::Wait(Wait::Timestamp(timestamp)) => timestamp.reads_context(),
        Kind::Choice { rules, .. } => rules.iter().any(|rule| {
            rule.condition.reads_context() || template(&rule.assign) || template(&rule.output)
        }),
        Kind::Fail { error, cause } => text(error) || text(cause),
        Kind::Map(map) => map.reads_context(),
    };
    let caught =
        state.catch.iter().any(|catcher| template(&catcher.assign) || template(&catcher.output));
    own || caught || state.flow.reads_context() || template(&state.assign)
}

fn retrier(retrier: &definition::Retrier) -> Retrier {
    Retrier {
        error_equals: retrier.error_equals.iter().map(|name| name.as_str().into()).collect(),
        interval_seconds: retrier.interval_seconds,
        max_attempts: retrier.max_attempts,
        backoff_rate: retrier.backoff_rate,
        max_delay_seconds: retrier.max_delay_seconds,
        full_jitter: retrier.full_jitter,
    }
}

fn kind(
    state: &definition::State,
    names: &Names<'_>,
    inner: Vec<StateId>,
    distributed: Option<Arc<Machine>>,
    fields: &Fields,
) -> Compiled<Kind> {
    Ok(match &state.kind {
        StateKind::Task { resource, credentials, timeout_seconds, heartbeat_seconds } => {
            let Some(resource) = resource else { return Err("Resource is missing".to_owned()) };
            Kind::Task(TaskState {
                resource: Arc::new(Resource::parse(&resource.value)),
                credentials: fields.template(credentials.as_ref(), "Credentials")?,
                timeout_seconds: fields.number(timeout_seconds.as_ref(), "TimeoutSeconds")?,
                heartbeat_seconds: fields.number(heartbeat_seconds.as_ref(), "HeartbeatSeconds")?,
            })
        }
        StateKind::Pass { result } => Kind::Pass { result: result.clone().map(Data::new) },
        StateKind::Wait { seconds, timestamp } => {
            let seconds = fields.number(seconds.as_ref(), "Seconds")?.map(Wait::Seconds);
            let timestamp = fields.text(timestamp.as_ref(), "Timestamp")?.map(Wait::Timestamp);
            Kind::Wait(seconds.or(timestamp).ok_or("there is nothing to wait for")?)
        }
        StateKind::Choice { rules, default } => {
            let rules = rules.iter().enumerate().map(|(at, rule)| fields.rule(rule, at, names));
            let rules = rules.collect::<Compiled<_>>()?;
            let default = default.is_some().then(|| names.find(default.as_ref())).transpose()?;
            Kind::Choice { rules, default }
        }
        StateKind::Succeed => Kind::Succeed,
        StateKind::Fail { error, cause } => Kind::Fail {
            error: fields.text(error.as_ref(), "Error")?,
            cause: fields.text(cause.as_ref(), "Cause")?,
        },
        StateKind::Parallel { .. } if inner.is_empty() => {
            return Err("there are no branches".to_owned());
        }
        StateKind::Parallel { .. } => Kind::Parallel { branches: inner },
        StateKind::Map(map) => {
            // What ItemSelector was called before.
            let parameters = match &state.data {
                definition::Data::JsonPath { parameters, .. } => parameters.as_ref(),
                definition::Data::Jsonata { .. } => None,
            };
            let selector = map.item_selector.as_ref().or(parameters);
            let mut compiled = fields.map(map, &inner, distributed)?;
            compiled.item_selector = fields.template(selector, "ItemSelector")?;
            Kind::Map(Box::new(compiled))
        }
        StateKind::Unknown(_) => return Err("the type of the state is unknown".to_owned()),
    })
}

/// Reads the fields of one state in its language.
struct Fields {
    language: QueryLanguage,
}

impl Fields {
    fn is_jsonata(&self) -> bool {
        self.language == QueryLanguage::Jsonata
    }

    fn flow(&self, state: &definition::State) -> Compiled<Flow> {
        Ok(match &state.data {
            definition::Data::JsonPath {
                input_path,
                parameters,
                result_selector,
                result_path,
                output_path,
            } => Flow::JsonPath {
                input: Selector::parse(input_path.as_ref())?,
                // What a Map state has under this name is its older ItemSelector.
                parameters: match &state.kind {
                    StateKind::Map(_) => None,
                    _ => self.template(parameters.as_ref(), "Parameters")?,
                },
                result_selector: self.template(result_selector.as_ref(), "ResultSelector")?,
                result_path: result_path_of(result_path.as_ref())?,
                output: Selector::parse(output_path.as_ref())?,
            },
            definition::Data::Jsonata { arguments, output } => Flow::Jsonata {
                arguments: self.template(arguments.as_ref(), "Arguments")?,
                output: self.template(output.as_ref(), "Output")?,
            },
        })
    }

    fn template(&self, value: Option<&Value>, field: &str) -> Compiled<Option<Template>> {
        let read = |value: &Value| match self.language {
            QueryLanguage::JsonPath => Template::jsonpath(value),
            QueryLanguage::Jsonata => Template::jsonata(value, field),
        };
        value.map(read).transpose()
    }

    /// The expression of a text that is one, in JSONata.
    fn expression(&self, value: &Value) -> Compiled<Option<jsonata::Expression>> {
        match value.as_str().and_then(jsonata::expression_text) {
            Some(text) if self.is_jsonata() => {
                jsonata::parse(text).map(Some).map_err(|error| error.to_string())
            }
            _ => Ok(None),
        }
    }

    fn number(&self, given: Option<&Given>, field: &'static str) -> Compiled<Option<Number>> {
        let source = match given {
            None => return Ok(None),
            Some(Given::Path(Value::String(path))) => {
                NumberSource::Path(StatesPath::parse(path).map_err(|error| error.to_string())?)
            }
            Some(Given::Value(value)) => match (value.as_f64(), self.expression(value)?) {
                (Some(number), _) => NumberSource::Literal(number),
                (None, Some(expression)) => NumberSource::Expression(expression),
                (None, None) => return Err(format!("{field} is not a number")),
            },
            Some(Given::Path(_)) => return Err(format!("{field}Path is not a path")),
        };
        Ok(Some(Number { field, source }))
    }

    /// A number of an object of settings, such as `MaxItems` of `ReaderConfig`.
    fn setting(&self, object: &Value, field: &'static str) -> Compiled<Option<Number>> {
        let given = match (object.get(field), object.get(format!("{field}Path"))) {
            (Some(value), _) => Some(Given::Value(value.clone())),
            (None, Some(path)) => Some(Given::Path(path.clone())),
            (None, None) => None,
        };
        self.number(given.as_ref(), field)
    }

    fn text(&self, given: Option<&Given>, field: &'static str) -> Compiled<Option<Text>> {
        let source = match given {
            None => return Ok(None),
            Some(Given::Path(Value::String(path))) => {
                TextSource::Path(Expression::parse(path).map_err(|error| error.to_string())?)
            }
            Some(Given::Value(value)) => match (value.as_str(), self.expression(value)?) {
                (_, Some(expression)) => TextSource::Expression(expression),
                (Some(text), None) => TextSource::Literal(text.to_owned()),
                (None, None) => return Err(format!("{field} is not a string")),
            },
            Some(Given::Path(_)) => return Err(format!("{field}Path is not a path")),
        };
        Ok(Some(Text { field, source }))
    }

    fn catcher(&self, catcher: &definition::Catcher, names: &Names<'_>) -> Compiled<Catcher> {
        Ok(Catcher {
            error_equals: catcher.error_equals.iter().map(|name| name.as_str().into()).collect(),
            next: names.find(catcher.next.as_ref())?,
            result_path: result_path_of(catcher.result_path.as_ref())?,
            assign: self.template(catcher.assign.as_ref(), "Assign")?,
            output: self.template(catcher.output.as_ref(), "Output")?,
        })
    }

    fn rule(&self, rule: &definition::ChoiceRule, at: usize, names: &Names<'_>) -> Compiled<Rule> {
        let Some(condition) = &rule.condition else {
            return Err(format!("the rule {at} has no condition"));
        };
        Ok(Rule {
            condition: self.condition(condition)?,
            next: names.find(rule.next.as_ref())?,
            assign: self.template(rule.assign.as_ref(), &format!("Choices[{at}]/Assign"))?,
            output: self.template(rule.output.as_ref(), &format!("Choices[{at}]/Output"))?,
        })
    }

    fn condition(&self, condition: &choice::Condition) -> Compiled<Condition> {
        let all = |conditions: &[choice::Condition]| {
            conditions.iter().map(|one| self.condition(one)).collect::<Compiled<Vec<_>>>()
        };
        Ok(match condition {
            choice::Condition::Expression(Value::Bool(holds)) => Condition::Constant(*holds),
            choice::Condition::Expression(value) => match self.expression(value)? {
                Some(expression) => Condition::Expression(expression),
                None => return Err("a condition is neither an expression nor a boolean".to_owned()),
            },
            choice::Condition::And(conditions) => Condition::And(all(conditions)?),
            choice::Condition::Or(conditions) => Condition::Or(all(conditions)?),
            choice::Condition::Not(inner) => Condition::Not(Box::new(self.condition(inner)?)),
            choice::Condition::Compare { variable, comparison, operand } => Condition::Compare {
                variable: Selector::parse(Some(&Value::from(variable.as_str())))?,
                comparison: *comparison,
                operand: match operand {
                    choice::Operand::Literal(value) => Operand::Literal(value.clone()),
                    choice::Operand::Path(path) => {
                        Operand::Path(Selector::parse(Some(&Value::from(path.as_str())))?)
                    }
                },
            },
        })
    }

    fn map(
        &self,
        map: &definition::MapState,
        inner: &[StateId],
        distributed: Option<Arc<Machine>>,
    ) -> Compiled<MapState> {
        let start = match (inner.first(), &distributed) {
            (Some(start), _) => *start,
            (None, Some(_)) => 0,
            (None, None) => return Err("there is no processor".to_owned()),
        };
        let items = match (&map.items, self.is_jsonata()) {
            (items, false) => Items::Path(Selector::parse(items.as_ref())?),
            (Some(items), true) => Items::Template(Template::jsonata(items, "Items")?),
            (None, true) => Items::Input,
        };
        Ok(MapState {
            start,
            distributed,
            items,
            item_selector: None,
            max_concurrency: self.number(map.max_concurrency.as_ref(), "MaxConcurrency")?,
            tolerated_failure_count: self
                .number(map.tolerated_failure_count.as_ref(), "ToleratedFailureCount")?,
            tolerated_failure_percentage: self
                .number(map.tolerated_failure_percentage.as_ref(), "ToleratedFailurePercentage")?,
            reader: map.item_reader.as_ref().map(|value| self.reader(value)).transpose()?,
            batcher: map.item_batcher.as_ref().map(|value| self.batcher(value)).transpose()?,
            writer: map.result_writer.as_ref().map(|value| self.writer(value)).transpose()?,
            label: map.label.clone(),
        })
    }

    /// `Parameters` or `Arguments` of a reader or writer.
    fn request(&self, value: &Value, field: &str) -> Compiled<Option<Template>> {
        let name = if self.is_jsonata() { "Arguments" } else { "Parameters" };
        self.template(value.get(name), &format!("{field}/{name}"))
    }

    fn reader(&self, value: &Value) -> Compiled<Reader> {
        let Some(resource) = value.get("Resource").and_then(Value::as_str) else {
            return Err("ItemReader has no Resource".to_owned());
        };
        let resource = Resource::parse(resource);
        let config = value.get("ReaderConfig").cloned().unwrap_or_default();
        let text = |name: &str| config.get(name).and_then(Value::as_str);
        let is_listing =
            matches!(&resource, Resource::Service { action, .. } if action == "listObjectsV2");
        let objects = match (text("InputType"), text("ManifestType"), text("Transformation")) {
            (_, _, Some("LOAD_AND_FLATTEN")) if is_listing => Objects::Listed,
            _ if is_listing => Objects::Listing,
            (_, Some("ATHENA_DATA"), _) => Objects::Athena,
            (Some("MANIFEST"), _, _) | (_, Some("S3_INVENTORY"), _) => Objects::Inventory,
            _ => Objects::One,
        };
        let input_type = match text("InputType") {
            Some("JSON" | "MANIFEST") | None => InputType::Json,
            Some("JSONL") => InputType::JsonLines,
            Some("CSV") => InputType::Csv,
            _ if objects == Objects::Listing => InputType::Json,
            Some(other) => return Err(format!("the input type {other} is not supported")),
        };
        let headers = config.get("CSVHeaders").and_then(Value::as_array);
        let headers = headers.map(|headers| {
            headers.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        });
        let csv_headers = match text("CSVHeaderLocation") {
            Some("GIVEN") => Some(headers.unwrap_or_default()),
            _ => None,
        };
        let csv_delimiter = match text("CSVDelimiter") {
            Some("PIPE") => '|',
            Some("SEMICOLON") => ';',
            Some("SPACE") => ' ',
            Some("TAB") => '\t',
            _ => ',',
        };
        Ok(Reader {
            resource: Arc::new(resource),
            parameters: self.request(value, "ItemReader")?,
            config: ReaderConfig {
                objects,
                reading: Reading { input_type, csv_headers, csv_delimiter },
                max_items: self.setting(&config, "MaxItems")?,
                items_pointer: text("ItemsPointer").map(str::to_owned),
            },
        })
    }

    fn batcher(&self, value: &Value) -> Compiled<Batcher> {
        Ok(Batcher {
            max_items: self.setting(value, "MaxItemsPerBatch")?,
            max_bytes: self.setting(value, "MaxInputBytesPerBatch")?,
            input: self.template(value.get("BatchInput"), "ItemBatcher/BatchInput")?,
        })
    }

    fn writer(&self, value: &Value) -> Compiled<Writer> {
        let config = |name: &str| value.get("WriterConfig")?.get(name)?.as_str();
        let resource = value.get("Resource").and_then(Value::as_str);
        Ok(Writer {
            resource: resource.map(|resource| Arc::new(Resource::parse(resource))),
            parameters: self.request(value, "ResultWriter")?,
            transformation: match config("Transformation") {
                Some("COMPACT") => Transformation::Compact,
                Some("FLATTEN") => Transformation::Flatten,
                _ if resource.is_none() => Transformation::Compact,
                _ => Transformation::None,
            },
            is_jsonl: config("OutputType") == Some("JSONL"),
        })
    }
}

fn result_path_of(value: Option<&Value>) -> Compiled<ResultPath> {
    match value {
        None => Ok(ResultPath::Whole),
        Some(Value::Null) => Ok(ResultPath::Discard),
        Some(Value::String(text)) => {
            let reference = ReferencePath::parse(text).map_err(|error| error.to_string())?;
            match reference.steps().is_empty() {
                true => Ok(ResultPath::Whole),
                false => Ok(ResultPath::At(reference)),
            }
        }
        Some(other) => Err(format!("{other} is not a reference path")),
    }
}
