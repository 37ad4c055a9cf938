//! What an expression can see, and how far it may go.

use super::functions::{self, Generator};
use super::references::{Facts, Repetition};
use jlens_core::{Bindings, CancelToken, Options};
use serde_json::{Map, Value};
use std::cell::{Ref, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far an evaluation may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Expressions nested in one another while they are evaluated.
    pub depth: usize,
    /// Nodes evaluated and functions called back. Counts instead of a clock, which would tell machines apart.
    pub steps: u64,
    /// Steps where the expression holds a regular expression, 1,024 moves of whose matcher count as a step.
    pub regex_steps: u64,
    /// Steps where a regular expression repeats what repeats or branches, as `(a+)+` does, or repeats much: such a one
    /// may make more moves than any machine can.
    pub nested_regex_steps: u64,
    /// The longest text that may be built.
    pub string_bytes: usize,
    /// The most items of an array that is built.
    pub array_items: usize,
    /// The same where the expression calls `$distinct`, which compares each item with each.
    pub distinct_items: usize,
    /// The largest result, as JSON text.
    pub result_bytes: usize,
    /// All values built by one evaluation together, where it may build much.
    pub build_bytes: usize,
    /// All values read by it together, likewise.
    pub read_bytes: u64,
}

impl Limits {
    /// AWS's, as far as they are known: a depth of 100; `[1..873782]` is the longest range and a text of 4 Mi
    /// characters is held where one of 8 Mi is not (measured by others). The rest is chosen so that one evaluation ends within
    /// seconds in a browser too.
    pub const STEP_FUNCTIONS: Limits = Limits {
        depth: 100,
        steps: 5_000_000,
        regex_steps: 40_000,
        nested_regex_steps: 8_000,
        string_bytes: 873_782 * 8,
        array_items: 873_782,
        distinct_items: 20_000,
        result_bytes: 873_782 * 8,
        build_bytes: 512 << 20,
        read_bytes: 4 << 30,
    };

    /// None but what keeps the process alive: for JSONata outside Step Functions.
    pub const WIDE: Limits = Limits {
        depth: 2_000,
        steps: 200_000_000,
        regex_steps: 2_000_000,
        nested_regex_steps: 2_000_000,
        string_bytes: 1 << 28,
        array_items: 1 << 24,
        distinct_items: 1 << 24,
        result_bytes: 1 << 28,
        build_bytes: 1 << 30,
        read_bytes: 64 << 30,
    };
}

/// What the expressions of one state see. Build it once for a state and evaluate everything with it: variables are
/// copied when an expression first needs them, and the randomness goes on from expression to expression.
#[derive(Debug)]
pub struct Scope<'a> {
    input: Option<&'a Value>,
    variables: Option<&'a Map<String, Value>>,
    bindings: RefCell<Bindings>,
    step_functions: bool,
    now_ms: i64,
    random: Generator,
    limits: Limits,
}

impl<'a> Scope<'a> {
    /// As in a state: `states` is the value of `$states` and `variables` are those set by `Assign`, without `$`.
    /// Until set otherwise time stands at the epoch and the seed is 0.
    pub fn new(states: Value, variables: &'a Map<String, Value>) -> Scope<'a> {
        Scope {
            input: None,
            variables: Some(variables),
            bindings: RefCell::new(Bindings::new().var("states", states)),
            step_functions: true,
            now_ms: 0,
            random: Arc::new(AtomicU64::new(0)),
            limits: Limits::STEP_FUNCTIONS,
        }
    }

    /// As in JSONata itself: `input` is the context item `$`, there are no functions of AWS's, and `$eval` works.
    pub fn plain(input: Option<&'a Value>, variables: &'a Map<String, Value>) -> Scope<'a> {
        Scope {
            input,
            step_functions: false,
            limits: Limits::WIDE,
            bindings: RefCell::new(Bindings::new()),
            ..Scope::new(Value::Null, variables)
        }
    }

    /// Sets `$now()` and `$millis()`, in milliseconds since the epoch.
    #[must_use]
    pub fn now_ms(self, now_ms: i64) -> Scope<'a> {
        Scope { now_ms, ..self }
    }

    /// Sets what `$random()`, `$uuid()` and `$shuffle()` start from: draw it from the session's generator.
    #[must_use]
    pub fn seed(self, seed: u64) -> Scope<'a> {
        self.random.store(seed, Ordering::Relaxed);
        self
    }

    /// Sets other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Scope<'a> {
        Scope { limits, ..self }
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn input(&self) -> Option<&'a Value> {
        self.input
    }

    pub(crate) fn is_guarded(&self) -> bool {
        self.step_functions
    }

    pub(crate) fn random_state(&self) -> u64 {
        self.random.load(Ordering::Relaxed)
    }

    pub(crate) fn set_random_state(&self, state: u64) {
        self.random.store(state, Ordering::Relaxed);
    }

    /// What `look` makes of a variable's value; `None` when there is no such variable.
    pub(crate) fn with_variable<R>(
        &self,
        name: &str,
        look: impl FnOnce(&Value) -> Option<R>,
    ) -> Option<R> {
        if let Some(value) = self.variables.and_then(|variables| variables.get(name)) {
            return look(value);
        }
        self.bindings.borrow().get(name).and_then(look)
    }

    /// The bindings with everything in them that an expression refers to.
    pub(crate) fn bindings(&self, facts: &Facts) -> Ref<'_, Bindings> {
        let missing = |name: &str| {
            let bound = self.bindings.borrow();
            bound.get(name).is_none() && bound.get_function(name).is_none()
        };
        for name in &facts.referenced {
            let name = name.as_str();
            if !missing(name) {
                continue;
            }
            let taken = self.bindings.take();
            let variable = self.variables.and_then(|variables| variables.get(name));
            let bound = match variable {
                Some(value) => taken.var(name, value.clone()),
                None if self.step_functions => functions::bind(taken, name, &self.random),
                None => taken,
            };
            self.bindings.replace(bound);
        }
        self.bindings.borrow()
    }

    pub(crate) fn options(&self, facts: &Facts, token: CancelToken) -> Options {
        let limits = &self.limits;
        let (mut steps, mut items) = (limits.steps, limits.array_items);
        match facts.regex {
            Repetition::None => {}
            Repetition::Flat => steps = steps.min(limits.regex_steps),
            Repetition::Nested => steps = steps.min(limits.nested_regex_steps),
        }
        if facts.variables.iter().any(|name| name == "distinct") {
            items = items.min(limits.distinct_items);
        }
        let mut options = Options::new()
            .now(self.now_ms)
            .max_depth(limits.depth)
            .max_steps(steps)
            .max_string_length(limits.string_bytes)
            .max_array_length(items)
            .max_result_size(limits.result_bytes)
            .cancel_token(token);
        if facts.variables.iter().any(|name| name == "shuffle" || name == "random") {
            options = options.seed(functions::next(&self.random));
        } else {
            options = options.seed(1);
        }
        options
    }
}
