//! A definition put together from a history, for the picture of an execution whose definition is not there: the states that were
//! visited, by name and type, with the transitions that were taken.

use super::fold::Fold;
use super::visits::ScopeKind;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Sketch {
    /// In the order in which they were first entered.
    names: Vec<String>,
    states: BTreeMap<String, Seen>,
}

#[derive(Default)]
struct Seen {
    state_type: String,
    /// Names that followed: after a success, and after an error.
    next: Vec<String>,
    caught: Vec<String>,
    /// By branch; a Map state has one.
    inner: BTreeMap<u32, Sketch>,
}

impl Fold {
    /// The text of the definition.
    pub(super) fn inferred(&self) -> String {
        // Visits of each scope in their order.
        let mut scopes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, visit) in self.visits.iter().enumerate() {
            scopes.entry(visit.scope).or_default().push(at);
        }
        let mut root = Sketch::default();
        for (scope, visits) in &scopes {
            let Some(sketch) = self.sketch_of(&mut root, *scope) else { continue };
            for (position, at) in visits.iter().enumerate() {
                let follower = visits.get(position + 1).map(|next| self.visits[*next].name.clone());
                self.add(sketch, *at, follower);
            }
        }
        let mut taken = BTreeSet::new();
        let mut definition = root.write(&mut taken);
        definition.insert(
            "Comment".to_owned(),
            json!("Put together from a history: only what was visited is here."),
        );
        serde_json::to_string_pretty(&Value::Object(definition)).unwrap_or_default()
    }

    /// The sketch that a scope's visits belong to. All iterations of a Map state share one.
    fn sketch_of<'a>(&self, root: &'a mut Sketch, scope: usize) -> Option<&'a mut Sketch> {
        let mut way = Vec::new();
        let mut scope = scope;
        while let Some(parent) = self.scopes[scope].parent {
            let branch = match self.scopes[scope].kind {
                ScopeKind::Branch(number) => number,
                ScopeKind::Iteration(_) | ScopeKind::Top => 0,
            };
            way.push((self.visits[parent].name.clone(), branch));
            scope = self.visits[parent].scope;
        }
        let mut sketch = root;
        for (name, branch) in way.into_iter().rev() {
            sketch = sketch.states.get_mut(&name)?.inner.entry(branch).or_default();
        }
        Some(sketch)
    }

    fn add(&self, sketch: &mut Sketch, at: usize, follower: Option<String>) {
        let visit = &self.visits[at];
        if !sketch.states.contains_key(&visit.name) {
            sketch.names.push(visit.name.clone());
        }
        let seen = sketch.states.entry(visit.name.clone()).or_default();
        seen.state_type.clone_from(&visit.state_type);
        let caught = visit.error.is_some();
        if let Some(name) = follower {
            let list = if caught { &mut seen.caught } else { &mut seen.next };
            if !list.contains(&name) {
                list.push(name);
            }
        }
    }
}

impl Sketch {
    fn write(self, taken: &mut BTreeSet<String>) -> Map<String, Value> {
        let mut definition = Map::new();
        if let Some(first) = self.names.first() {
            definition.insert("StartAt".to_owned(), json!(first));
        }
        let mut states = Map::new();
        let mut by_name = self.states;
        for name in self.names {
            // A name stands for one state in the whole machine; what a broken history says twice is drawn once.
            if !taken.insert(name.clone()) {
                continue;
            }
            if let Some(seen) = by_name.remove(&name) {
                states.insert(name, seen.write(taken));
            }
        }
        definition.insert("States".to_owned(), Value::Object(states));
        definition
    }
}

impl Seen {
    fn write(self, taken: &mut BTreeSet<String>) -> Value {
        let mut state = Map::new();
        state.insert("Type".to_owned(), json!(self.state_type));
        match self.state_type.as_str() {
            "Choice" => {
                let rules: Vec<Value> = self
                    .next
                    .iter()
                    .map(|name| json!({ "Variable": "$", "IsPresent": true, "Next": name }))
                    .collect();
                state.insert("Choices".to_owned(), Value::Array(rules));
            }
            "Succeed" | "Fail" => {}
            _ => {
                match self.next.first() {
                    Some(name) => state.insert("Next".to_owned(), json!(name)),
                    None => state.insert("End".to_owned(), json!(true)),
                };
                let catchers: Vec<Value> = self
                    .caught
                    .iter()
                    .chain(self.next.iter().skip(1))
                    .map(|name| json!({ "ErrorEquals": ["States.ALL"], "Next": name }))
                    .collect();
                if !catchers.is_empty() {
                    state.insert("Catch".to_owned(), Value::Array(catchers));
                }
            }
        }
        let inner = self.inner.into_values().map(|sketch| Value::Object(sketch.write(taken)));
        match self.state_type.as_str() {
            "Parallel" => {
                state.insert("Branches".to_owned(), Value::Array(inner.collect()));
            }
            "Map" => {
                let processor = inner.into_iter().next();
                let processor = processor.unwrap_or_else(|| json!({ "States": {} }));
                state.insert("ItemProcessor".to_owned(), processor);
            }
            "Task" => {
                state.insert("Resource".to_owned(), json!(""));
            }
            _ => {}
        }
        Value::Object(state)
    }
}
