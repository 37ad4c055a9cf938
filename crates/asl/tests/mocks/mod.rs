//! Plausible answers for a machine that nobody has described: everything that its states read is there, with values that its
//! choices compare with. One object serves as the input and as every task's answer, since what a state reads may come from any of
//! them, under any of the paths that results are put at.

use crate::host::Dice;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

const DEPTH_MAX: usize = 8;
const PATHS_MAX: usize = 150;
/// An element of a list, whichever.
const ELEMENT: &str = "[]";

type Path = Vec<String>;

/// What the states of a machine read.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    paths: BTreeSet<Path>,
    /// Values that fit, by path.
    fitting: BTreeMap<Path, Vec<Value>>,
    /// A member that is a copy of what a path leads to: what is read of the one must be in the other. The empty
    /// name stands for the whole document.
    copies: BTreeSet<(String, Path)>,
    /// Texts that hold JSON.
    texts: BTreeSet<Path>,
    /// What some choice asks whether it is there.
    optional: BTreeSet<Path>,
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    members: BTreeMap<String, Node>,
    /// Its elements are read.
    is_list: bool,
    /// Its own members are read; both may be, by different states.
    is_object: bool,
    /// It is a text that holds JSON, for some state.
    is_text: bool,
    is_optional: bool,
    fitting: Vec<Value>,
}

/// What is known of the end of a path besides values that fit.
#[derive(Debug, Clone, Copy)]
struct Kind {
    is_text: bool,
    is_optional: bool,
}

impl Reads {
    pub(crate) fn of(definition: &Value) -> Reads {
        let mut reads = Reads::default();
        reads.machine(definition);
        reads.close();
        for path in std::mem::take(&mut reads.paths) {
            let fitting = reads.fitting.get(&path).cloned().unwrap_or_default();
            // A result may be put anywhere, so the end of a path may be read of the result itself.
            let kind = Kind {
                is_text: reads.texts.contains(&path),
                is_optional: reads.optional.contains(&path),
            };
            for start in 0..path.len() {
                if start == 0 || path[start] != ELEMENT {
                    reads.root.add(&path[start..], &fitting, kind, false);
                }
            }
        }
        reads
    }

    /// One of the many answers; a list of them only where some state reads one.
    pub(crate) fn answer(&self, dice: &mut Dice, as_list: bool) -> Value {
        match as_list && self.root.is_list {
            true => json!([self.root.one(dice, 0), self.root.one(dice, 0)]),
            false => self.root.one(dice, 0),
        }
    }

    /// The members that a row of a table has.
    pub(crate) fn columns(&self) -> Vec<&str> {
        self.root.members.keys().map(String::as_str).collect()
    }

    fn machine(&mut self, machine: &Value) {
        for state in machine["States"].as_object().into_iter().flat_map(Map::values) {
            self.state(state);
        }
    }

    fn state(&mut self, state: &Value) {
        let Some(fields) = state.as_object() else { return };
        let has = |name: &str| fields.contains_key(name);
        if state["Type"] == "Map" && !has("ItemsPath") && !has("Items") && !has("ItemReader") {
            let given = state["InputPath"].as_str().and_then(|text| Some(paths(text).pop()?.0));
            self.list(given.unwrap_or_default());
        }
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("Branches", Value::Array(branches)) => {
                    branches.iter().for_each(|one| self.machine(one))
                }
                ("Iterator" | "ItemProcessor", machine) => self.machine(machine),
                ("ResultPath" | "Comment" | "Next" | "Resource" | "Result", _) => {}
                ("Choices", Value::Array(rules)) => rules.iter().for_each(|rule| self.rule(rule)),
                ("InputPath" | "OutputPath", Value::String(text)) => {
                    for path in self.text(text, "") {
                        self.copies.insert((String::new(), path));
                    }
                }
                ("ItemsPath", Value::String(text)) => {
                    for path in self.text(text, "") {
                        self.list(path);
                    }
                }
                (
                    "SecondsPath"
                    | "TimeoutSecondsPath"
                    | "HeartbeatSecondsPath"
                    | "MaxConcurrencyPath"
                    | "MaxItemsPath",
                    Value::String(text),
                ) => {
                    for path in self.text(text, "") {
                        self.fit(path, json!(5));
                    }
                }
                ("TimestampPath", Value::String(text)) => {
                    for path in self.text(text, "") {
                        self.fit(path, json!("2026-01-02T00:00:00Z"));
                    }
                }
                (_, value) => self.template(name, value),
            }
        }
    }

    fn list(&mut self, path: Path) {
        let mut element = path;
        element.push(ELEMENT.into());
        self.copies.insert((String::new(), element.clone()));
        self.paths.insert(element);
    }

    fn fit(&mut self, path: Path, value: Value) {
        self.fitting.entry(path).or_default().push(value);
    }

    /// Any value of a state: `key` is the member that it stands at.
    fn template(&mut self, key: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(key, value)| self.template(key, value))
            }
            Value::Array(items) => items.iter().for_each(|item| self.template(key, item)),
            Value::String(text) if text.starts_with("{%") => {
                let paths = self.text(text, key);
                if key == "Items" {
                    paths.into_iter().for_each(|path| self.list(path));
                }
            }
            Value::String(text) => {
                if let Some(key) = key.strip_suffix(".$") {
                    self.text(text, key);
                } else if key.ends_with("Path") {
                    self.text(text, "");
                }
            }
            _ => {}
        }
    }

    /// The paths of a text; when it is nothing but one path, `key` is a copy of it.
    fn text(&mut self, text: &str, key: &str) -> Vec<Path> {
        let found = paths(text);
        for (path, after) in &found {
            self.paths.insert(path.clone());
            if let Some(value) = compared(&text[*after..]) {
                self.fit(path.clone(), value);
            }
            if let Some(value) = wanted(&text[..*after]) {
                self.fit(path.clone(), value);
            }
        }
        if let ([(path, _)], true) =
            (found.as_slice(), text.contains("StringToJson(") || text.contains("$parse("))
        {
            self.texts.insert(path.clone());
        }
        let found: Vec<Path> = found.into_iter().map(|(path, _)| path).collect();
        if let ([path], false) = (found.as_slice(), key.is_empty()) {
            self.copies.insert((key.to_owned(), path.clone()));
        }
        found
    }

    fn rule(&mut self, rule: &Value) {
        for key in ["And", "Or"] {
            rule[key].as_array().into_iter().flatten().for_each(|rule| self.rule(rule));
        }
        if rule["Not"].is_object() {
            self.rule(&rule["Not"]);
        }
        if rule["Condition"].is_string() {
            self.template("Condition", &rule["Condition"]);
        }
        let Some(variable) = rule["Variable"].as_str() else { return };
        let Some(path) = self.text(variable, "").pop() else { return };
        if rule.get("IsPresent").is_some() {
            self.optional.insert(path.clone());
        }
        for (name, value) in rule.as_object().into_iter().flatten() {
            let fitting = match (name.as_str(), value) {
                (name, Value::Number(number)) if name.starts_with("Numeric") => {
                    let number = number.as_f64().unwrap_or(0.0) as i64;
                    vec![json!(number - 1), json!(number), json!(number + 1)]
                }
                (name, _) if name.starts_with("Numeric") => vec![json!(1), json!(5)],
                (name, _) if name.starts_with("Timestamp") => vec![json!("2026-01-02T00:00:00Z")],
                ("BooleanEquals" | "BooleanEqualsPath", _) => vec![json!(true), json!(false)],
                ("StringMatches", Value::String(text)) => vec![json!(text.replace('*', "x"))],
                // None of the values that it is compared with leads to the default.
                (name, Value::String(text)) if name.starts_with("String") => {
                    vec![json!(text), json!("text")]
                }
                ("IsNull", _) => vec![Value::Null, json!("text")],
                ("IsNumeric", _) => vec![json!(1)],
                ("IsBoolean", _) => vec![json!(true)],
                _ => vec![],
            };
            for value in fitting {
                self.fit(path.clone(), value);
            }
        }
    }

    /// What is read of a copy is read of the original.
    fn close(&mut self) {
        let given = self.paths.len();
        for _ in 0..3 {
            let mut more = Vec::<(Path, Path)>::new();
            let mut same = Vec::<(Path, Path)>::new();
            for path in &self.paths {
                for start in 0..path.len() {
                    for (name, original) in &self.copies {
                        let rest = match name.is_empty() {
                            true if start == 0 => path.as_slice(),
                            false if path[start] == *name => &path[start + 1..],
                            _ => continue,
                        };
                        if rest.is_empty() {
                            same.push((path.clone(), original.clone()));
                            continue;
                        }
                        if original.len() + rest.len() > DEPTH_MAX
                            || (name.is_empty() && path.starts_with(original))
                        {
                            continue;
                        }
                        let longer = [original.as_slice(), rest].concat();
                        more.push((path.clone(), longer));
                    }
                }
            }
            for (path, original) in same {
                if let Some(fitting) = self.fitting.get(&path).cloned() {
                    self.fitting.entry(original).or_insert(fitting);
                }
            }
            for (path, longer) in more {
                if self.paths.len() >= given + PATHS_MAX {
                    return;
                }
                if let Some(fitting) = self.fitting.get(&path).cloned() {
                    self.fitting.entry(longer.clone()).or_insert(fitting);
                }
                self.paths.insert(longer);
            }
        }
    }
}

impl Node {
    /// `in_list`: the path comes from an element of this node.
    fn add(&mut self, path: &[String], fitting: &[Value], kind: Kind, in_list: bool) {
        match path {
            [] => {
                self.is_text |= kind.is_text;
                self.is_optional |= kind.is_optional;
                for value in fitting {
                    if !self.fitting.contains(value) {
                        self.fitting.push(value.clone());
                    }
                }
            }
            [first, rest @ ..] if first == ELEMENT => {
                self.is_list = true;
                self.add(rest, fitting, kind, true);
            }
            [first, rest @ ..] => {
                self.is_object |= !in_list;
                let member = self.members.entry(first.clone()).or_default();
                member.add(rest, fitting, kind, false);
            }
        }
    }

    fn value(&self, dice: &mut Dice, depth: usize) -> Value {
        let value = match self.is_list && !(self.is_object && dice.once_in(2)) {
            // Two are enough to be several, one is enough inside of them.
            true if depth < 2 => json!([self.one(dice, depth), self.one(dice, depth)]),
            true => json!([self.one(dice, depth)]),
            false => self.one(dice, depth),
        };
        if self.is_text && !(self.is_object && dice.once_in(3)) {
            json!(value.to_string())
        } else {
            value
        }
    }

    /// The object, or what stands in its place.
    fn one(&self, dice: &mut Dice, depth: usize) -> Value {
        if self.members.is_empty() {
            return match self.fitting.is_empty() {
                false => dice.one_of(&self.fitting).clone(),
                true => match dice.below(12) {
                    0 => json!(7),
                    1 => json!(true),
                    2 => json!({}),
                    3 => json!(["text"]),
                    _ => json!("text"),
                },
            };
        }
        let mut members = Map::new();
        for (name, node) in &self.members {
            if !(node.is_optional && dice.once_in(2)) {
                members.insert(name.clone(), node.value(dice, depth + 1));
            }
        }
        Value::Object(members)
    }
}

/// Every path of a text of either language, with where it ends.
fn paths(text: &str) -> Vec<(Path, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find('$') {
        at += next + 1;
        let mut steps = Path::new();
        if bytes.get(at) == Some(&b'$') {
            steps.push("$".into());
            at += 1;
        } else {
            let end = word(text, at, false);
            if end > at {
                steps.push(format!("${}", &text[at..end]));
                at = end;
            }
        }
        if bytes.get(at) == Some(&b'(') {
            continue;
        }
        at = steps_of(text, at, &mut steps);
        if let Some(path) = of_the_data(steps) {
            found.push((path, at));
        }
    }
    found
}

/// The members and elements that follow.
fn steps_of(text: &str, start: usize, steps: &mut Path) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(b'.') => {
                let from = at + text[at..].len() - text[at..].trim_start_matches('.').len();
                let (from, end, next) = match bytes.get(from) {
                    Some(b'`') => {
                        let end =
                            text[from + 1..].find('`').map_or(text.len(), |end| from + 1 + end);
                        (from + 1, end, (end + 1).min(text.len()))
                    }
                    _ => {
                        let end = word(text, from, true);
                        (from, end, end)
                    }
                };
                if bytes.get(from) == Some(&b'[') {
                    at = from;
                    continue;
                }
                if end == from || bytes.get(next) == Some(&b'(') {
                    return at;
                }
                steps.push(text[from..end].to_owned());
                at = next;
            }
            Some(b'[') => {
                let Some(length) = text[at..].find(']') else { return at };
                let inside = text[at + 1..at + length].trim();
                match inside.strip_prefix(['\'', '"']) {
                    Some(name) if inside.len() > 1 => {
                        steps.push(name.trim_end_matches(['\'', '"']).to_owned())
                    }
                    _ => steps.push(ELEMENT.into()),
                }
                at += length + 1;
            }
            _ => return at,
        }
    }
}

fn word(text: &str, from: usize, hyphens: bool) -> usize {
    let rest = &text[from..];
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || hyphens && c == '-'));
    from + length.unwrap_or(rest.len())
}

/// Without what says where the data is; `None` for what the data has no part in.
fn of_the_data(steps: Path) -> Option<Path> {
    let plain: Vec<&str> = steps.iter().map(String::as_str).collect();
    let rest = match plain.as_slice() {
        ["$states", "input" | "result", rest @ ..] => rest,
        ["$states", "context", "Map", "Item", "Value", rest @ ..]
        | ["$", "Map", "Item", "Value", rest @ ..]
        | ["$", "Execution", "Input", rest @ ..]
        | ["$states", "context", "Execution", "Input", rest @ ..] => rest,
        ["$", ..] | ["$states", ..] => return None,
        [variable, ..] if variable.starts_with('$') => {
            let mut path: Path = plain.iter().map(|step| (*step).to_owned()).collect();
            path[0].remove(0);
            return Some(path);
        }
        rest => rest,
    };
    Some(rest.iter().map(|step| (*step).to_owned()).collect())
}

/// What an expression compares a path with.
fn compared(after: &str) -> Option<Value> {
    let after = after.trim_start();
    let operand = ["!=", "<=", ">=", "=", "<", ">"]
        .iter()
        .find_map(|operator| after.strip_prefix(operator))?;
    let operand = operand.trim_start();
    if let Some(quote @ ('\'' | '"')) = operand.chars().next() {
        return operand[1..].split(quote).next().map(|text| json!(text));
    }
    let word: String = operand.chars().take_while(|c| c.is_alphanumeric() || *c == '.').collect();
    serde_json::from_str(&word).ok()
}

/// What the function that a path is given to wants of it.
fn wanted(before: &str) -> Option<Value> {
    let open = before.rfind('(')?;
    let name =
        before[..open].rsplit(|c: char| !(c.is_alphanumeric() || c == '.' || c == '$')).next()?;
    let first = !before[open..].contains(',');
    Some(match (name, first) {
        ("States.MathAdd" | "States.MathRandom" | "States.ArrayRange", _) => json!(3),
        ("$number" | "$sum" | "$abs" | "$floor" | "$ceil" | "$round" | "$max" | "$min", true) => {
            json!(3)
        }
        ("States.ArrayGetItem" | "States.ArrayPartition", false) => json!(1),
        (
            "States.ArrayGetItem"
            | "States.ArrayPartition"
            | "States.ArrayLength"
            | "States.ArrayContains"
            | "States.ArrayUnique",
            true,
        ) => {
            json!(["text", "other"])
        }
        ("States.Base64Decode" | "$base64decode", _) => json!("eyJhIjogMX0="),
        ("States.StringSplit" | "$split" | "States.Hash" | "$substring", true) => json!("a/b/c"),
        ("$toMillis", _) => json!("2026-01-02T00:00:00Z"),
        ("$fromMillis", _) => json!(1_767_225_600_000_u64),
        _ => return None,
    })
}
