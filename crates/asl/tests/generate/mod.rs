//! Random state machines that are valid: every state type, both languages, nested, and every loop counted.
//!
//! Invariant: each machine has no error diagnostic. Whether it succeeds is another matter: some paths lead nowhere, some tasks fail.

use crate::host::Dice;
use serde_json::{Map, Value, json};

const DEPTH_MAX: usize = 3;
const STATES_MAX: usize = 40;

const RESOURCES: [&str; 8] = [
    "arn:aws:lambda:us-east-1:123456789012:function:work",
    "arn:aws:states:::lambda:invoke",
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "arn:aws:states:::sqs:sendMessage",
    "arn:aws:states:::aws-sdk:dynamodb:getItem",
    "arn:aws:states:::states:startExecution.sync:2",
    "arn:aws:states:::glue:startJobRun.sync",
    "arn:aws:states:us-east-1:123456789012:activity:by-hand",
];
const ERRORS: [&str; 5] = [
    "States.ALL",
    "States.TaskFailed",
    "States.Timeout",
    "Made.Up",
    "States.ExceedToleratedFailureThreshold",
];
/// Paths into [`input`], a few of which lead nowhere.
const PATHS: [&str; 14] = [
    "$",
    "$.number",
    "$.text",
    "$.list",
    "$.list[0]",
    "$.list[-1]",
    "$.list[*]",
    "$.rows[?(@.price > 2)]",
    "$.rows[0].sku",
    "$.nested.deep.down",
    "$..price",
    "$$.Execution.Name",
    "$$.State.EnteredTime",
    "$.absent",
];
const INTRINSICS: [&str; 10] = [
    "States.MathAdd($.number, 1)",
    "States.Format('{} of {}', $.text, $.number)",
    "States.Array($.text, $.number, null)",
    "States.ArrayLength($.list)",
    "States.ArrayPartition($.list, 2)",
    "States.JsonToString($.nested)",
    "States.UUID()",
    "States.MathRandom(1, 100)",
    "States.StringSplit($.text, ' ')",
    "States.Hash($.text, 'SHA-256')",
];
const EXPRESSIONS: [&str; 11] = [
    "{% $states.input %}",
    "{% $states.input.number + 1 %}",
    "{% $states.input.text & '!' %}",
    "{% $sum($states.input.rows.price) %}",
    "{% $states.input.rows[price > 2].sku %}",
    "{% $states.context.Execution.Name %}",
    "{% $uuid() %}",
    "{% $random() %}",
    "{% $now() %}",
    "{% $partition($states.input.list, 2) %}",
    "{% $states.input.absent %}",
];

/// What every machine is started with.
pub(crate) fn input() -> Value {
    json!({
        "number": 3, "text": "some words", "flag": true, "nothing": null, "list": [1, 2, 3, 4, 5],
        "rows": [{ "sku": "a", "price": 1 }, { "sku": "b", "price": 2.5 }, { "sku": "c", "price": 4 }],
        "nested": { "deep": { "down": "here" } }, "when": "2026-01-01T00:01:00Z",
    })
}

/// A machine, and whether it is an express one.
pub(crate) fn machine(seed: u64) -> (Value, bool) {
    let mut dice = Dice(seed);
    let express = dice.once_in(4);
    let jsonata = dice.once_in(3);
    let mut maker = Maker { dice, express, made: 0, jsonata_only: jsonata };
    let mut machine = maker.machine(0);
    if jsonata {
        machine.insert("QueryLanguage".into(), json!("JSONata"));
    }
    if maker.dice.once_in(6) {
        machine.insert("TimeoutSeconds".into(), json!(1 + maker.dice.below(100)));
    }
    if maker.dice.once_in(3) {
        machine.insert("Comment".into(), json!("Made by dice"));
    }
    (Value::Object(machine), express)
}

struct Maker {
    dice: Dice,
    express: bool,
    /// States so far: names are unique in the whole machine.
    made: usize,
    jsonata_only: bool,
}

impl Maker {
    fn name(&mut self) -> String {
        self.made += 1;
        format!("State {}", self.made)
    }

    /// A line of states, each leading to the next; choices and catchers lead forward; some of them repeat a part, counted.
    fn machine(&mut self, depth: usize) -> Map<String, Value> {
        let room = STATES_MAX.saturating_sub(self.made).clamp(1, 6);
        let length = 1 + self.dice.below(room);
        let names: Vec<String> = (0..length).map(|_| self.name()).collect();
        let mut states = Map::new();
        for (at, name) in names.iter().enumerate() {
            let state = self.state(depth, &names[at + 1..]);
            states.insert(name.clone(), Value::Object(state));
        }
        let mut start = names[0].clone();
        if self.dice.once_in(3) {
            start = self.repeated(&mut states, &start);
        }
        Map::from_iter([
            ("StartAt".to_owned(), json!(start)),
            ("States".to_owned(), Value::Object(states)),
        ])
    }

    /// Puts a counted loop before `exit`: set, count, compare.
    fn repeated(&mut self, states: &mut Map<String, Value>, exit: &str) -> String {
        let [set, count, compare] = [self.name(), self.name(), self.name()];
        let variable = format!("count{}", self.made);
        let times = 1 + self.dice.below(4);
        let (counted, mut rule) = if self.jsonata_only {
            let expression = format!("{{% ${variable} + 1 %}}");
            let condition = format!("{{% ${variable} < {times} %}}");
            (json!({ variable.as_str(): expression }), json!({ "Condition": condition }))
        } else {
            let expression = format!("States.MathAdd(${variable}, 1)");
            let rule = json!({ "Variable": format!("${variable}"), "NumericLessThan": times });
            (json!({ format!("{variable}.$"): expression }), rule)
        };
        rule["Next"] = json!(count);
        states.insert(
            set.clone(),
            json!({ "Type": "Pass", "Assign": { variable.as_str(): 0 }, "Next": count }),
        );
        states.insert(count, json!({ "Type": "Pass", "Assign": counted, "Next": compare }));
        states.insert(compare, json!({ "Type": "Choice", "Choices": [rule], "Default": exit }));
        set
    }

    fn state(&mut self, depth: usize, later: &[String]) -> Map<String, Value> {
        let jsonata = self.jsonata_only || self.dice.once_in(4);
        let mut state = Map::new();
        if jsonata && !self.jsonata_only {
            state.insert("QueryLanguage".into(), json!("JSONata"));
        }
        let may_nest = depth < DEPTH_MAX && self.made < STATES_MAX;
        let kind = match self.dice.below(12) {
            0..=2 => "Pass",
            3..=5 => "Task",
            6 => "Wait",
            7 if !later.is_empty() => "Choice",
            8 if may_nest => "Parallel",
            9 | 10 if may_nest => "Map",
            11 if later.is_empty() => "Succeed",
            7 if later.is_empty() => "Fail",
            _ => "Pass",
        };
        state.insert("Type".into(), json!(kind));
        match kind {
            "Pass" => self.pass(&mut state, jsonata),
            "Task" => self.task(&mut state, jsonata),
            "Wait" => self.wait(&mut state, jsonata),
            "Choice" => return self.choice(state, jsonata, later),
            "Parallel" => self.parallel(&mut state, depth),
            "Map" => self.map(&mut state, jsonata, depth),
            "Fail" => {
                state.insert("Error".into(), json!("Made.Up"));
                state.insert(
                    "Cause".into(),
                    if jsonata {
                        json!("{% 'by ' & $states.input.text %}")
                    } else {
                        json!("by design")
                    },
                );
                return state;
            }
            _ => return state,
        }
        if matches!(kind, "Task" | "Parallel" | "Map") {
            self.errors(&mut state, jsonata, later);
        }
        if self.dice.once_in(4) {
            let (name, value) = match jsonata {
                true => ("kept", *self.dice.one_of(&EXPRESSIONS)),
                false => ("kept.$", *self.dice.one_of(&PATHS[..11])),
            };
            state.insert("Assign".into(), json!({ name: value }));
        }
        match later.first() {
            Some(next) => state.insert("Next".into(), json!(next)),
            None => state.insert("End".into(), json!(true)),
        };
        state
    }

    /// A template of either language.
    fn template(&mut self, jsonata: bool) -> Value {
        let mut template = Map::new();
        for number in 0..self.dice.below(4) {
            let key = format!("m{number}");
            match (jsonata, self.dice.below(4)) {
                (_, 0) => template.insert(key, json!([number, { "fixed": null }])),
                (true, _) => template.insert(key, json!(self.dice.one_of(&EXPRESSIONS))),
                (false, 1) => {
                    template.insert(format!("{key}.$"), json!(self.dice.one_of(&INTRINSICS)))
                }
                (false, _) => template.insert(format!("{key}.$"), json!(self.dice.one_of(&PATHS))),
            };
        }
        Value::Object(template)
    }

    /// What shapes the data of a state. Mostly the input stays at hand for the states that follow.
    fn shape(&mut self, state: &mut Map<String, Value>, jsonata: bool, has_result: bool) {
        if jsonata {
            let output = match self.dice.below(4) {
                0 => json!(self.dice.one_of(&EXPRESSIONS)),
                1 if has_result => {
                    json!("{% $merge([$states.input, { 'result': $states.result }]) %}")
                }
                _ => json!("{% $states.input %}"),
            };
            state.insert("Output".into(), output);
            return;
        }
        if self.dice.once_in(8) {
            state.insert(
                "InputPath".into(),
                self.dice
                    .one_of(&[json!("$"), json!("$.nested"), Value::Null, json!("$.absent")])
                    .clone(),
            );
        }
        let paths = [json!("$.result"), json!("$.result.deeper"), Value::Null, json!("$")];
        let at = if self.dice.once_in(6) { 3 } else { self.dice.below(3) };
        state.insert("ResultPath".into(), paths[at].clone());
        if has_result && self.dice.once_in(5) {
            state.insert("ResultSelector".into(), self.template(false));
        }
        if self.dice.once_in(10) {
            state.insert(
                "OutputPath".into(),
                self.dice.one_of(&[json!("$"), json!("$.nested"), json!("$.absent")]).clone(),
            );
        }
    }

    fn pass(&mut self, state: &mut Map<String, Value>, jsonata: bool) {
        if !jsonata && self.dice.once_in(2) {
            state.insert("Parameters".into(), self.template(false));
        } else if !jsonata && self.dice.once_in(2) {
            state.insert("Result".into(), json!({ "fixed": [1, "two"] }));
        }
        self.shape(state, jsonata, false);
    }

    fn task(&mut self, state: &mut Map<String, Value>, jsonata: bool) {
        // Express machines do not wait for others.
        let resources = if self.express {
            [RESOURCES[0], RESOURCES[1], RESOURCES[3], RESOURCES[4]].to_vec()
        } else {
            RESOURCES.to_vec()
        };
        let resource = *self.dice.one_of(&resources);
        state.insert("Resource".into(), json!(resource));
        let field = if jsonata { "Arguments" } else { "Parameters" };
        let token = if jsonata {
            json!({ "token": "{% $states.context.Task.Token %}" })
        } else {
            json!({ "token.$": "$$.Task.Token" })
        };
        let arguments = match resource.rsplit(':').next().unwrap_or_default() {
            "invoke" => json!({ "FunctionName": "work", "Payload": self.template(jsonata) }),
            "invoke.waitForTaskToken" => json!({ "FunctionName": "work", "Payload": token }),
            "sendMessage" => {
                json!({ "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q", "MessageBody": self.template(jsonata) })
            }
            "getItem" => json!({ "TableName": "t", "Key": { "id": { "S": "1" } } }),
            "startJobRun.sync" => json!({ "JobName": "j" }),
            "2" => {
                json!({ "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:other", "Input": self.template(jsonata) })
            }
            _ => self.template(jsonata),
        };
        state.insert(field.into(), arguments);
        if self.dice.once_in(3) {
            let timeout = 10 + self.dice.below(50);
            state.insert("TimeoutSeconds".into(), json!(timeout));
            if self.dice.once_in(2) {
                state.insert("HeartbeatSeconds".into(), json!(1 + self.dice.below(timeout - 1)));
            }
        }
        self.shape(state, jsonata, true);
    }

    fn wait(&mut self, state: &mut Map<String, Value>, jsonata: bool) {
        let (field, value) = match (self.dice.below(4), jsonata) {
            (0, _) => ("Seconds", json!(self.dice.below(5000))),
            (1, _) => ("Timestamp", json!("2026-01-01T00:00:30Z")),
            (2, true) => ("Seconds", json!("{% $states.input.number %}")),
            (2, false) => ("SecondsPath", json!("$.number")),
            (_, true) => ("Timestamp", json!("{% $states.input.when %}")),
            (_, false) => ("TimestampPath", json!("$.when")),
        };
        state.insert(field.into(), value);
        if jsonata {
            state.insert("Output".into(), json!("{% $states.input %}"));
        }
    }

    fn choice(
        &mut self,
        mut state: Map<String, Value>,
        jsonata: bool,
        later: &[String],
    ) -> Map<String, Value> {
        let rules: Vec<Value> = (0..1 + self.dice.below(3))
            .map(|_| {
                let mut rule = if jsonata { self.condition_jsonata() } else { self.condition(0) };
                rule["Next"] = json!(self.dice.one_of(later));
                rule
            })
            .collect();
        state.insert("Choices".into(), json!(rules));
        // The next state of the line must be reached.
        state.insert("Default".into(), json!(later[0]));
        state
    }

    fn condition_jsonata(&mut self) -> Value {
        let conditions = [
            "{% $states.input.number > 2 %}",
            "{% $states.input.flag %}",
            "{% $exists($states.input.absent) %}",
            "{% $states.input.text = 'other' %}",
            "{% true %}",
            "{% $states.input.number %}",
        ];
        json!({ "Condition": self.dice.one_of(&conditions) })
    }

    fn condition(&mut self, depth: usize) -> Value {
        match self.dice.below(9) {
            0 if depth < 2 => {
                json!({ "And": [self.condition(depth + 1), self.condition(depth + 1)] })
            }
            1 if depth < 2 => {
                json!({ "Or": [self.condition(depth + 1), self.condition(depth + 1)] })
            }
            2 if depth < 2 => json!({ "Not": self.condition(depth + 1) }),
            3 => json!({ "Variable": "$.text", "StringMatches": "some*" }),
            4 => json!({ "Variable": "$.absent", "IsPresent": self.dice.once_in(2) }),
            5 => json!({ "Variable": "$.when", "TimestampLessThan": "2030-01-01T00:00:00Z" }),
            6 => json!({ "Variable": "$.flag", "BooleanEquals": self.dice.once_in(2) }),
            7 => json!({ "Variable": "$.number", "NumericGreaterThanEqualsPath": "$.number" }),
            _ => json!({ "Variable": "$.number", "NumericEquals": self.dice.below(5) }),
        }
    }

    fn parallel(&mut self, state: &mut Map<String, Value>, depth: usize) {
        let branches: Vec<Value> =
            (0..1 + self.dice.below(3)).map(|_| Value::Object(self.machine(depth + 1))).collect();
        state.insert("Branches".into(), json!(branches));
        let jsonata = self.jsonata_only || state.contains_key("QueryLanguage");
        self.shape(state, jsonata, true);
    }

    fn map(&mut self, state: &mut Map<String, Value>, jsonata: bool, depth: usize) {
        let distributed = !self.express && self.dice.once_in(3);
        let mut processor = self.machine(depth + 1);
        let config = match distributed {
            true => {
                json!({ "Mode": "DISTRIBUTED", "ExecutionType": self.dice.one_of(&["STANDARD", "STANDARD"]) })
            }
            false => json!({ "Mode": "INLINE" }),
        };
        processor.insert("ProcessorConfig".into(), config);
        state.insert("ItemProcessor".into(), Value::Object(processor));
        if distributed && self.dice.once_in(3) {
            self.reader(state, jsonata);
        } else {
            let lists = [json!("$.list"), json!("$.rows"), json!("$.text")];
            let list = if self.dice.once_in(10) { 2 } else { self.dice.below(2) };
            match jsonata {
                true => state.insert(
                    "Items".into(),
                    json!(
                        [
                            "{% $states.input.list %}",
                            "{% $states.input.rows %}",
                            "{% $states.input.text %}"
                        ][list]
                    ),
                ),
                false => state.insert("ItemsPath".into(), lists[list].clone()),
            };
        }
        if self.dice.once_in(2) {
            // Most states of the processor read what the machine was started with.
            let selector = match jsonata {
                true => json!(
                    "{% $merge([$states.input, { 'item': $states.context.Map.Item.Value }]) %}"
                ),
                false => {
                    json!({ "number.$": "$$.Map.Item.Index", "text.$": "$.text", "list.$": "$.list", "rows.$": "$.rows",
                    "nested.$": "$.nested", "when.$": "$.when", "flag": false, "item.$": "$$.Map.Item.Value" })
                }
            };
            state.insert("ItemSelector".into(), selector);
        }
        if self.dice.once_in(2) {
            state.insert("MaxConcurrency".into(), json!(self.dice.below(4)));
        }
        if distributed {
            if self.dice.once_in(3) {
                state.insert("ToleratedFailurePercentage".into(), json!(self.dice.below(101)));
            }
            if self.dice.once_in(3) {
                state.insert("ToleratedFailureCount".into(), json!(self.dice.below(3)));
            }
            if self.dice.once_in(3) {
                state.insert(
                    "ItemBatcher".into(),
                    json!({ "MaxItemsPerBatch": 1 + self.dice.below(3) }),
                );
            }
            if self.dice.once_in(3) {
                state.insert("Label".into(), json!(format!("label{}", self.made)));
            }
        }
        self.shape(state, jsonata, true);
    }

    fn reader(&mut self, state: &mut Map<String, Value>, jsonata: bool) {
        let arguments = if jsonata { "Arguments" } else { "Parameters" };
        let (resource, config, given) = match self.dice.below(4) {
            0 => (
                "getObject",
                json!({ "InputType": "JSON" }),
                json!({ "Bucket": "b", "Key": "items.json" }),
            ),
            1 => (
                "getObject",
                json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" }),
                json!({ "Bucket": "b", "Key": "items.csv" }),
            ),
            2 => (
                "getObject",
                json!({ "InputType": "JSONL", "MaxItems": 2 }),
                json!({ "Bucket": "b", "Key": "items.jsonl" }),
            ),
            _ => ("listObjectsV2", json!({}), json!({ "Bucket": "b", "Prefix": "p" })),
        };
        let mut reader =
            json!({ "Resource": format!("arn:aws:states:::s3:{resource}"), arguments: given });
        if config.as_object().is_some_and(|config| !config.is_empty()) {
            reader["ReaderConfig"] = config;
        }
        state.insert("ItemReader".into(), reader);
    }

    fn errors(&mut self, state: &mut Map<String, Value>, jsonata: bool, later: &[String]) {
        if self.dice.once_in(3) {
            let retriers: Vec<Value> = (0..1 + self.dice.below(2))
                .map(|number| {
                    let error = if number == 0 { *self.dice.one_of(&ERRORS[1..]) } else { ERRORS[0] };
                    let mut retrier = json!({ "ErrorEquals": [error], "MaxAttempts": self.dice.below(4), "IntervalSeconds": 1 + self.dice.below(9) });
                    if self.dice.once_in(2) {
                        retrier["BackoffRate"] = json!(1.5);
                        retrier["MaxDelaySeconds"] = json!(20 + self.dice.below(9));
                    }
                    if self.dice.once_in(2) {
                        retrier["JitterStrategy"] = json!("FULL");
                    }
                    retrier
                })
                .collect();
            state.insert("Retry".into(), json!(retriers));
        }
        if !later.is_empty() && self.dice.once_in(2) {
            let next = json!(self.dice.one_of(later));
            let mut catcher = json!({ "ErrorEquals": ["States.ALL"], "Next": next });
            match jsonata {
                true => {
                    catcher["Output"] =
                        json!("{% $merge([$states.input, { 'error': $states.errorOutput }]) %}")
                }
                false => catcher["ResultPath"] = json!("$.error"),
            }
            state.insert("Catch".into(), json!([catcher]));
        }
    }
}
