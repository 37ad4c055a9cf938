//! Scripted answers of tasks: Step Functions Local's MockConfigFile.json and a little more.
//!
//! ```json
//! { "StateMachines": { "Orders": { "TestCases": { "Happy": { "Charge card": "Charged" } }, "Active": "Happy" } },
//!   "MockedResponses": { "Charged": { "0": { "Throw": { "Error": "Busy", "Cause": "try again" } }, "1-2": { "Return": { "ok": true } } } } }
//! ```
//!
//! An execution is started in a test case by `#Happy` behind the state machine's ARN, as with Step Functions Local. What is more
//! here: `Active` is the test case of executions that name none; a state may have its responses in place of their
//! name; responses may be an array, whose elements answer one call after the other whatever their attempt, or have an open
//! range (`"2-"`); a response may have `DelaySeconds`, `Submitted` (what a service says to a task that waits for its token or
//! its job), `WorkerName` (who took an activity's task) and, in place of `Return` and `Throw`, `"Never": true`.
//!
//! Invariant: a configuration holds at most [`BYTES_MAX`] bytes; no text, however odd, panics.

use coldstart_asl::interpret::{Data, Failure};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a configuration. Chosen: results of tasks are at most 256 KiB each, and links carry configurations.
pub const BYTES_MAX: usize = 4 << 20;
/// Faults that are told at most.
const FAULTS_MAX: usize = 20;

/// What a mocked task does.
#[derive(Debug, Clone, PartialEq)]
pub enum MockAnswer {
    /// It succeeds with this output.
    Return(Data),
    /// It fails.
    Throw(Failure),
    /// It never ends by itself: timeouts strike.
    Never,
}

/// One response.
#[derive(Debug, Clone, PartialEq)]
pub struct MockResponse {
    /// How it ends.
    pub answer: MockAnswer,
    /// Virtual milliseconds until then.
    pub delay_ms: u64,
    /// What the service answers first, when the task waits for a token or a job.
    pub submitted: Option<Data>,
    /// The worker that took an activity's task.
    pub worker_name: Option<String>,
}

/// The responses of one state.
#[derive(Debug, Clone, PartialEq)]
enum Responses {
    /// By attempt: from, to (none for an open end).
    Attempts(Vec<(u64, Option<u64>, MockResponse)>),
    /// One call after the other.
    Sequence(Vec<MockResponse>),
}

type TestCase = BTreeMap<String, Arc<Responses>>;

#[derive(Debug, Clone, Default, PartialEq)]
struct Machine {
    cases: BTreeMap<String, TestCase>,
    active: Option<String>,
}

/// A mock configuration, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MockConfig {
    machines: BTreeMap<String, Machine>,
    source: Value,
}

/// What a configuration says about a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Mocked {
    /// Nothing: the real resource is asked.
    Absent,
    /// This is the answer.
    Response(MockResponse),
    /// The state is mocked, but not this call: why, in words for a person.
    Exhausted(String),
}

impl MockConfig {
    /// Reads a configuration's text.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with the place as a JSON pointer.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        if text.len() > BYTES_MAX {
            return Err(vec![too_large()]);
        }
        let value = serde_json::from_str(text).map_err(|fault| vec![format!("/: {fault}")])?;
        Self::read(value)
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// As [`MockConfig::parse`].
    pub fn read(source: Value) -> Result<Self, Vec<String>> {
        if Data::new(source.clone()).bytes() > BYTES_MAX {
            return Err(vec![too_large()]);
        }
        let mut reader = Reader { faults: Vec::new(), named: BTreeMap::new() };
        let machines = reader.config(&source);
        if reader.faults.is_empty() { Ok(Self { machines, source }) } else { Err(reader.faults) }
    }

    /// As it was given.
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// Whether a state machine has this test case.
    pub fn has_test_case(&self, machine: &str, case: &str) -> bool {
        self.machines.get(machine).is_some_and(|machine| machine.cases.contains_key(case))
    }

    /// The test case of executions that name none.
    pub fn active(&self, machine: &str) -> Option<&str> {
        self.machines.get(machine)?.active.as_deref()
    }

    /// The answer to a call: `attempt` counts the attempts of a visit, `calls` those of the state in this execution, both from 0.
    pub fn lookup(
        &self,
        machine: &str,
        case: &str,
        state: &str,
        attempt: u64,
        calls: u64,
    ) -> Mocked {
        let found = self.machines.get(machine).and_then(|machine| machine.cases.get(case));
        let Some(responses) = found.and_then(|case| case.get(state)) else {
            return Mocked::Absent;
        };
        let (response, which) = match &**responses {
            Responses::Attempts(ranges) => {
                let range = ranges
                    .iter()
                    .find(|(from, to, _)| (*from..=to.unwrap_or(u64::MAX)).contains(&attempt));
                (range.map(|range| &range.2), format!("attempt {attempt}"))
            }
            Responses::Sequence(all) => {
                let index = usize::try_from(calls).unwrap_or(usize::MAX);
                (all.get(index), format!("call {calls}"))
            }
        };
        match response {
            Some(response) => Mocked::Response(response.clone()),
            None => Mocked::Exhausted(format!(
                "The mock configuration has no response for {which} of the state '{state}' in the test case '{case}' \
                 of the state machine '{machine}'."
            )),
        }
    }
}

fn too_large() -> String {
    format!("/: a mock configuration has at most {BYTES_MAX} bytes")
}

struct Reader {
    faults: Vec<String>,
    named: BTreeMap<String, Arc<Responses>>,
}

impl Reader {
    fn fault(&mut self, at: &str, what: &str) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(format!("{}: {what}", if at.is_empty() { "/" } else { at }));
        }
    }

    fn object<'v>(&mut self, at: &str, value: &'v Value) -> Option<&'v Map<String, Value>> {
        if !value.is_object() {
            self.fault(at, "must be an object");
        }
        value.as_object()
    }

    fn config(&mut self, source: &Value) -> BTreeMap<String, Machine> {
        let mut machines = BTreeMap::new();
        let Some(members) = self.object("", source) else { return machines };
        for (name, responses) in
            members.get("MockedResponses").and_then(Value::as_object).into_iter().flatten()
        {
            if let Some(read) = self.responses(&format!("/MockedResponses/{name}"), responses) {
                self.named.insert(name.clone(), Arc::new(read));
            }
        }
        for name in members.keys() {
            if !matches!(name.as_str(), "StateMachines" | "MockedResponses" | "Comment") {
                self.fault(&format!("/{name}"), "is not a member of a mock configuration");
            }
        }
        let Some(all) = members.get("StateMachines") else {
            self.fault("", "StateMachines is missing");
            return machines;
        };
        for (name, machine) in self.object("/StateMachines", all).into_iter().flatten() {
            let at = format!("/StateMachines/{name}");
            let read = self.machine(&at, machine);
            machines.insert(name.clone(), read);
        }
        machines
    }

    fn machine(&mut self, at: &str, value: &Value) -> Machine {
        let mut machine = Machine::default();
        let Some(members) = self.object(at, value) else { return machine };
        let cases = members.get("TestCases").unwrap_or(&Value::Null);
        for (name, case) in self.object(&format!("{at}/TestCases"), cases).into_iter().flatten() {
            let at = format!("{at}/TestCases/{name}");
            let mut states = TestCase::new();
            for (state, responses) in self.object(&at, case).into_iter().flatten() {
                if let Some(responses) = self.state(&format!("{at}/{state}"), responses) {
                    states.insert(state.clone(), responses);
                }
            }
            machine.cases.insert(name.clone(), states);
        }
        match members.get("Active") {
            None | Some(Value::Null) => {}
            Some(Value::String(case)) if machine.cases.contains_key(case) => {
                machine.active = Some(case.clone());
            }
            Some(_) => self.fault(&format!("{at}/Active"), "must name a test case"),
        }
        machine
    }

    fn state(&mut self, at: &str, value: &Value) -> Option<Arc<Responses>> {
        let Value::String(name) = value else { return self.responses(at, value).map(Arc::new) };
        let found = self.named.get(name).cloned();
        if found.is_none() {
            self.fault(at, &format!("MockedResponses has no '{name}'"));
        }
        found
    }

    fn responses(&mut self, at: &str, value: &Value) -> Option<Responses> {
        if let Value::Array(all) = value {
            let read =
                all.iter().enumerate().map(|(i, one)| self.response(&format!("{at}/{i}"), one));
            return Some(Responses::Sequence(read.collect::<Option<_>>()?));
        }
        let mut ranges = Vec::new();
        for (key, response) in self.object(at, value)? {
            let at = format!("{at}/{key}");
            let (from, to) = match key.split_once('-') {
                None => (key.parse().ok(), key.parse().ok().map(Some)),
                Some((from, "")) => (from.parse().ok(), Some(None)),
                Some((from, to)) => (from.parse().ok(), to.parse().ok().map(Some)),
            };
            let (Some(from), Some(to)) = (from, to) else {
                self.fault(&at, "must be a number such as 0 or a range such as 1-2");
                continue;
            };
            if let Some(response) = self.response(&at, response) {
                ranges.push((from, to, response));
            }
        }
        Some(Responses::Attempts(ranges))
    }

    fn response(&mut self, at: &str, value: &Value) -> Option<MockResponse> {
        let members = self.object(at, value)?;
        let never = members.get("Never").and_then(Value::as_bool) == Some(true);
        let answer = match (members.get("Return"), members.get("Throw"), never) {
            (Some(output), None, false) => MockAnswer::Return(Data::new(output.clone())),
            (None, Some(Value::Object(thrown)), false) => {
                let text = |name: &str| thrown.get(name).and_then(Value::as_str).map(Arc::from);
                MockAnswer::Throw(Failure { error: text("Error"), cause: text("Cause") })
            }
            (None, None, true) => MockAnswer::Never,
            _ => {
                self.fault(
                    at,
                    "must have one of Return, Throw (an object with Error and Cause) and Never",
                );
                return None;
            }
        };
        let delay_ms = match members.get("DelaySeconds") {
            None => 0,
            Some(delay) => match delay.as_f64() {
                // A hundred years are enough for everybody and do not overflow.
                Some(seconds) if (0.0..=3.2e9).contains(&seconds) => (seconds * 1000.0) as u64,
                _ => {
                    self.fault(&format!("{at}/DelaySeconds"), "must be a number of seconds");
                    0
                }
            },
        };
        let submitted = members.get("Submitted").map(|output| Data::new(output.clone()));
        let worker_name = members.get("WorkerName").and_then(Value::as_str).map(str::to_owned);
        Some(MockResponse { answer, delay_ms, submitted, worker_name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LOCAL: &str = r#"{
        "StateMachines": { "M": { "TestCases": { "Happy": { "A": "Retried" }, "Other": {} } } },
        "MockedResponses": { "Retried": {
            "0": { "Throw": { "Error": "E", "Cause": "C" } }, "1-2": { "Return": { "StatusCode": 200 } } } } }"#;

    #[test]
    fn a_file_of_step_functions_local_is_read_unchanged() {
        let config = MockConfig::parse(LOCAL).unwrap();
        let at = |attempt| config.lookup("M", "Happy", "A", attempt, 9);
        let Mocked::Response(first) = at(0) else { panic!() };
        assert_eq!(first.answer, MockAnswer::Throw(Failure::new("E", "C")));
        let Mocked::Response(second) = at(2) else { panic!() };
        assert_eq!(second.answer, MockAnswer::Return(json!({ "StatusCode": 200 }).into()));
        assert!(matches!(at(3), Mocked::Exhausted(_)));
        assert_eq!(config.lookup("M", "Other", "A", 0, 0), Mocked::Absent);
        assert!(config.has_test_case("M", "Other") && config.active("M").is_none());
    }

    #[test]
    fn sequences_and_open_ranges() {
        let config = MockConfig::read(
            json!({ "StateMachines": { "M": { "Active": "T", "TestCases": { "T": {
            "A": [{ "Return": 1 }, { "Never": true, "Submitted": {} }],
            "B": { "1-": { "Return": 2, "DelaySeconds": 0.5 } } } } } } }),
        )
        .unwrap();
        assert_eq!(config.active("M"), Some("T"));
        let Mocked::Response(never) = config.lookup("M", "T", "A", 0, 1) else { panic!() };
        assert_eq!((never.answer, never.submitted), (MockAnswer::Never, Some(json!({}).into())));
        let Mocked::Response(late) = config.lookup("M", "T", "B", 7, 0) else { panic!() };
        assert_eq!(late.delay_ms, 500);
        assert!(matches!(config.lookup("M", "T", "B", 0, 0), Mocked::Exhausted(_)));
    }

    #[test]
    fn faults_have_their_place() {
        let check = |source: Value, wanted: &str| {
            let faults = MockConfig::read(source).unwrap_err();
            assert!(faults.iter().any(|fault| fault == wanted), "{faults:?}");
        };
        check(json!([]), "/: must be an object");
        check(json!({}), "/: StateMachines is missing");
        check(
            json!({ "StateMachines": { "M": { "TestCases": { "T": { "A": "x" } } } } }),
            "/StateMachines/M/TestCases/T/A: MockedResponses has no 'x'",
        );
        let bad =
            |response: Value| json!({ "StateMachines": {}, "MockedResponses": { "R": response } });
        check(
            bad(json!({ "a-b": {} })),
            "/MockedResponses/R/a-b: must be a number such as 0 or a range such as 1-2",
        );
        check(
            bad(json!({ "0": {} })),
            "/MockedResponses/R/0: must have one of Return, Throw (an object with Error and Cause) and Never",
        );
        assert!(MockConfig::parse("{").is_err());
        assert!(MockConfig::parse(&" ".repeat(BYTES_MAX + 1)).is_err());
    }
}
