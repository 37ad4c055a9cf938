//! JSONata against its own test suite and against AWS's answers, read from the conformance data.
//!
//! The data is not part of the project: `COLDSTART_CONFORMANCE` names its folder, else it is looked for beside the
//! workspace. Without it each test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "tests")]

use coldstart_expr::jsonata::{self, EvaluationError, Limits, Scope};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

fn text(file: &str) -> Option<String> {
    let root = match std::env::var_os("COLDSTART_CONFORMANCE") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance")),
    };
    let text = std::fs::read_to_string(root.join("stepfunctions").join(file));
    if text.is_err() {
        eprintln!("{file}: skipped: no data");
    }
    text.ok()
}

fn cases(file: &str) -> Option<Vec<Value>> {
    // Half a surrogate pair cannot be in a text here; JSONata's own escape for it can.
    let read = |line: &str| match line.contains("\"loneSurrogate\"") {
        true => serde_json::from_str(&line.replace("\\ud8", "\\\\ud8")).unwrap(),
        false => serde_json::from_str(line).unwrap(),
    };
    Some(text(file)?.lines().map(read).collect())
}

/// Numbers by value, as the suite's own runner compares them; members in any order.
fn same(expected: &Value, actual: &Value, unordered: bool) -> bool {
    match (expected, actual) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => false,
        (Value::Array(a), Value::Array(b)) if unordered => {
            let mut left: Vec<&Value> = b.iter().collect();
            a.iter().all(|a| match left.iter().position(|b| same(a, b, false)) {
                Some(at) => {
                    left.swap_remove(at);
                    true
                }
                None => false,
            })
        }
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).all(|(a, b)| same(a, b, false)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b, false)))
        }
        (a, b) => a == b,
    }
}

/// The suite's runner guards depth and time itself and reports both as `U1001`; here they carry no code.
fn code(error: &EvaluationError) -> Option<&str> {
    match error {
        EvaluationError::Thrown { code: Some(code), .. } => Some(code),
        EvaluationError::Thrown { code: None, .. } => Some("U1001"),
        _ => None,
    }
}

fn suite_case(case: &Value, datasets: &Value) -> Result<(), String> {
    let expected = &case["expect"];
    let none = Value::Null;
    let input = match (case.get("dataset"), case.get("data")) {
        (Some(name), _) => Some(datasets.get(name.as_str().unwrap()).unwrap_or(&none)),
        (None, data) => data,
    };
    let empty = Map::new();
    let variables = case["bindings"].as_object().unwrap_or(&empty);
    let mut limits = Limits::WIDE;
    if let Some(depth) = case["depth"].as_u64() {
        limits.depth = depth as usize;
    }
    let scope =
        Scope::plain(input, variables).with_limits(limits).now_ms(1_500_000_000_000).seed(1);
    let text = case["expr"].as_str().unwrap();
    let outcome = match jsonata::parse(text) {
        Err(error) => Err((error.code.clone(), error.to_string())),
        Ok(expression) => expression
            .evaluate(&scope)
            .map_err(|error| (code(&error).unwrap_or_default().to_owned(), format!("{error}"))),
    };
    match (outcome, expected.get("code").and_then(Value::as_str)) {
        (Err((code, _)), Some(expected)) if code == expected => Ok(()),
        (Err((_, message)), Some(expected)) => Err(format!("{message}, not {expected}")),
        (Err((_, message)), None) => Err(format!("{message}, not {expected}")),
        (Ok(value), Some(expected)) => Err(format!("gave {value:?}, not {expected}")),
        (Ok(value), None) if expected["undefined"] == true => match value {
            None => Ok(()),
            Some(value) => Err(format!("gave {value}, not undefined")),
        },
        (Ok(value), None) => match value {
            Some(value) if same(&expected["value"], &value, case["unordered"] == true) => Ok(()),
            // The suite writes a function as what JSON makes of it.
            other => Err(format!("gave {other:?}, not {}", expected["value"])),
        },
    }
}

#[test]
fn the_suite_of_jsonata() {
    let (Some(cases), Some(datasets)) =
        (cases("jsonata-suite.jsonl"), text("jsonata-datasets.json"))
    else {
        return;
    };
    let datasets: Value = serde_json::from_str(&datasets).unwrap();
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            suite_case(case, &datasets)
                .err()
                .map(|why| format!("{}: {} {why}", case["id"], case["expr"]))
        })
        .collect();
    let passed = cases.len() - failures.len();
    eprintln!("jsonata-suite.jsonl: {passed} of {} pass\n{}", cases.len(), failures.join("\n"));
    assert!(
        passed as f64 >= 0.998 * cases.len() as f64,
        "{passed} of {} pass\n{}",
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn a_first_look() {
    let variables = Map::from_iter([("n".to_owned(), json!(2))]);
    let scope = Scope::new(json!({ "input": { "a": 1 } }), &variables).seed(7);
    for (text, expected) in [
        ("$states.input.a + $n", "3"),
        ("$partition([1,2,3], 2)", "[[1,2],[3]]"),
        ("$partition([0], 2)", "[[0]]"),
        ("$range(1, 9, 9)", "1"),
        ("$range(0, 6, 2)", "[0,2,4,6]"),
        ("$hash('input', 'SHA-1')", "\"140f86aae51ab9e1cda9b4254fe98a74eb54c1a1\""),
        ("$random(42)", "0.7275636800328681"),
        ("$parse('{\"a\":1}').a", "1"),
        ("$length($uuid())", "36"),
        ("$uuid() = $uuid()", "false"),
        (
            "$eval('1+1')",
            "threw an error during evaluation. T1006: Attempted to invoke a non-function",
        ),
        ("function($x){$x}", "returned an unsupported result type."),
        ("$nothing", "nothing"),
        ("null", "null"),
    ] {
        let actual = match jsonata::parse(text).unwrap().evaluate(&scope) {
            Ok(Some(value)) => value.to_string(),
            Ok(None) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(actual, expected, "{text}");
    }
}

/// The fields `$states` has somewhere in a state.
const STATES: [&str; 4] = ["input", "context", "result", "errorOutput"];

/// A recorded output that is not an object is the JSON text of it.
fn recorded_output(expected: &Value) -> Option<Value> {
    match expected.get("output")? {
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Object(members) => {
            Some(members.get("FunctionResult").cloned().unwrap_or(json!(members)))
        }
        _ => None,
    }
}

enum Seen {
    /// The whole of what AWS answered was compared.
    Compared,
    /// The expression gives a value, and what AWS made of it needs the states around it.
    Evaluated,
}

/// One case: its expressions in the order in which the states evaluate them.
fn aws_case(case: &Value) -> Result<Seen, String> {
    let (input, expected) = (&case["input"], &case["expect"]);
    let texts: Vec<&str> = case["expr"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| jsonata::expression_text(text.as_str().unwrap()).unwrap())
        .collect();
    let mut variables = Map::new();
    let mut last = Ok(Value::Null);
    for text in &texts {
        let expression = jsonata::parse(text).map_err(|error| format!("{text}: {error}"))?;
        if let Some(refusal) = expression.refusals(&STATES).first() {
            return Err(format!("{text}: {}", refusal.message));
        }
        // A variable alone after an expression: a state before has assigned that expression's value.
        if let (Some(name), Ok(value)) = (text.strip_prefix('$'), &last)
            && !name.contains(['.', '('])
            && texts.len() == 2
        {
            variables.insert(name.to_owned(), Value::clone(value));
        }
        // … or a constant, which only the cause tells.
        if let (Some(name), [_]) = (text.strip_prefix('$'), texts.as_slice())
            && let Some((_, shown)) =
                expected["cause"].as_str().unwrap_or("").split_once("for value: ")
            && !name.contains(['.', '('])
        {
            variables.insert(name.to_owned(), serde_json::from_str(shown).unwrap());
        }
        let context = json!({ "Execution": { "Input": input } });
        let states = json!({ "input": input, "context": context });
        let scope = Scope::new(states, &variables).seed(3);
        last = expression.field("Output", &scope);
    }
    let cause = expected["cause"].as_str();
    if let Some(cause) = cause.and_then(|cause| Some(&cause[cause.find("The JSONata")?..])) {
        let (_, field) = cause.split_once("specified for the field '").unwrap();
        let field = &field[..field.find('\'').unwrap()];
        let error = match last {
            Ok(value) => EvaluationError::Unexpected { expected: "array", value },
            Err(error) => error.error,
        };
        let actual = error.in_field(texts.last().unwrap(), field).to_string();
        return if actual == cause {
            Ok(Seen::Compared)
        } else {
            Err(format!("{actual}, not {cause}"))
        };
    }
    // Variables are set by states, in ways that a case does not tell.
    let assigned = texts.iter().any(|text| {
        let names = jsonata::parse(text).unwrap();
        names.variables().any(|name| name.starts_with("var") || name == "doesNotExist")
    });
    if assigned {
        return Ok(Seen::Evaluated);
    }
    let value = last.map_err(|error| error.to_string())?;
    if let Some(cause) = cause {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let map = cause.contains("must be an array but was") && cause.ends_with(&value.to_string());
        let whole = cause.ends_with(&shown) || value == false;
        return if whole || map {
            Ok(Seen::Compared)
        } else {
            Err(format!("{value}, not in {cause}"))
        };
    }
    let own = ["$partition", "$range", "$parse", "$hash", "$contains"];
    match recorded_output(expected) {
        Some(output) if same(&output, &value, false) => Ok(Seen::Compared),
        Some(output) if own.iter().any(|name| texts[0].contains(name)) => {
            Err(format!("gave {value}, not {output}"))
        }
        _ => Ok(Seen::Evaluated),
    }
}

#[test]
fn expressions_as_aws_answers_them() {
    let Some(cases) = cases("jsonata-sfn-aws.jsonl") else { return };
    let (mut compared, mut evaluated, mut failures) = (0, 0, Vec::new());
    for case in &cases {
        match aws_case(case) {
            Ok(Seen::Compared) => compared += 1,
            Ok(Seen::Evaluated) => {
                evaluated += 1;
                eprintln!("only evaluated: {} {}", case["id"], case["expr"]);
            }
            Err(why) => failures.push(format!("{} {}: {why}", case["id"], case["expr"])),
        }
    }
    eprintln!(
        "jsonata-sfn-aws.jsonl: {compared} compared, {evaluated} evaluated, {} fail",
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(compared > evaluated, "the rules above leave too little to compare");
}

#[test]
fn create_time_refusals_name_the_reference() {
    let refusals = |text: &str, fields: &[&str]| -> Vec<String> {
        match jsonata::parse(text) {
            Err(error) => vec![error.refusal()],
            Ok(expression) => expression.refusals(fields),
        }
        .into_iter()
        .map(|refusal| format!("{}: {}", refusal.code, refusal.message))
        .collect()
    };
    let invalid = |message: &str| vec![format!("INVALID_JSONATA_EXPRESSION: {message}")];
    let top = |name: &str| {
        vec![format!(
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '{name}' at the top level is not supported."
        )]
    };
    let unsupported = |message: &str| vec![format!("UNSUPPORTED_JSONATA_EXPRESSION: {message}")];
    let pass = ["input", "context"];
    // Measured against AWS and reported by others.
    for (text, expected) in [
        ("a[1,2)", invalid("Expected \"]\", got \",\"")),
        ("\"unterminated", invalid("String literal must be terminated by a matching quote")),
        ("1 +", invalid("Unexpected end of expression")),
        ("", invalid("Unexpected end of expression")),
        ("{\"a\":}", invalid("The symbol \"}\" cannot be used as a unary operator")),
        ("$x :=", invalid("Unexpected end of expression")),
        ("$match(\"a\", /abc", invalid("No terminating / in regular expression")),
        ("phone", top("phone")),
        ("phone.number", top("phone")),
        ("{aaa: 1}", top("aaa")),
        ("$map($states.input.a, function($x){ b })", top("b")),
        ("$", top("$")),
        ("$$", unsupported("Reference to '$$' is not supported.")),
        ("$states.errorOutput", unsupported("Field '$states.errorOutput' does not exist.")),
        ("$states.errorOutput.Cause", unsupported("Field '$states.errorOutput' does not exist.")),
        ("$states.input.items[value > 3]", vec![]),
        ("$states.input.items^(>price).name", vec![]),
        ("$states.input.items{status: n}", vec![]),
        ("$phone", vec![]),
        ("$states.input.($ + 1)", vec![]),
        ("($x := 2; $x * 3)", vec![]),
    ] {
        assert_eq!(refusals(text, &pass), expected, "{text}");
    }
    assert_eq!(refusals("$states.errorOutput", &["input", "errorOutput"]), Vec::<String>::new());
}

#[test]
fn variables_are_the_free_ones() {
    let names = |text: &str| -> Vec<String> {
        jsonata::parse(text).unwrap().variables().map(str::to_owned).collect()
    };
    assert_eq!(names("$states.input.a + $n"), ["n", "states"]);
    assert_eq!(names("($x := $y; $map($x, function($v, $i){ $v + $i }))"), ["map", "y"]);
    assert_eq!(names("$f := function($n){ $n = 0 ? 1 : $f($n - 1) }"), Vec::<String>::new());
    // A name that is bound later in a block is free before.
    assert_eq!(names("($a; $a := 1)"), ["a"]);
    assert_eq!(names("$states.input.items@$i.($i.x)"), ["states"]);
}

#[test]
fn a_binding_that_is_not_evaluated_hides_nothing() {
    let variables = Map::from_iter([("y".to_owned(), json!(5))]);
    let scope = Scope::new(json!({}), &variables);
    let value = |text: &str| jsonata::parse(text).unwrap().evaluate(&scope).unwrap();
    assert_eq!(value("(false ? $y := 1 : 0; $y)"), Some(json!(5)));
    assert_eq!(value("(true ? $y := 1 : 0; $y)"), Some(json!(1)));
    assert_eq!(value("$y"), Some(json!(5)));
}

#[test]
fn templates_replace_whole_texts_only() {
    let variables = Map::new();
    let scope = Scope::new(json!({ "input": { "a": 1, "n": null } }), &variables);
    let fill = |value: Value| {
        jsonata::template(&value, "Output", &scope).map_err(|error| error.to_string())
    };
    assert_eq!(
        fill(
            json!({ "x": ["{% $states.input.a %}", "see {% x %}", 1.0], "n": "{%$states.input.n%}" })
        ),
        Ok(json!({ "x": [1, "see {% x %}", 1.0], "n": null }))
    );
    let undefined = "The JSONata expression '$nope' specified for the field 'Output/x[1]/y' returned nothing (undefined).";
    assert_eq!(fill(json!({ "x": [0, { "y": "{% $nope %}" }] })), Err(undefined.to_owned()));
    let thrown = "The JSONata expression '\"a\" + 1' specified for the field 'Output' threw an error during evaluation. T2001: The left side of the \"+\" operator must evaluate to a number";
    assert_eq!(fill(json!("{% \"a\" + 1 %}")), Err(thrown.to_owned()));
}

#[test]
fn numbers_keep_what_json_says_of_them() {
    let variables = Map::new();
    let big = r#"{"input":{"f":1.0,"i":1,"big":12345678901234567890,"e":1e400,"z":-0}}"#;
    let Ok(states) = serde_json::from_str::<Value>(&big.replace("1e400", "1e300")) else {
        panic!()
    };
    let scope = Scope::new(states.clone(), &variables);
    let value = jsonata::parse("$states.input").unwrap().evaluate(&scope).unwrap().unwrap();
    // What is passed on unread is passed on unchanged.
    assert_eq!(value.to_string(), states["input"].to_string());
    let inner = jsonata::parse("$states.input.f").unwrap().evaluate(&scope).unwrap().unwrap();
    assert_eq!(inner.to_string(), "1.0");
    let sum = jsonata::parse("$states.input.f + 1").unwrap().evaluate(&scope).unwrap().unwrap();
    assert_eq!(sum.to_string(), "2");
}

#[test]
fn overflow_is_a_text_as_the_result_only() {
    let variables = Map::new();
    let scope = Scope::new(json!({ "input": 0 }), &variables);
    let value = |text: &str| match jsonata::parse(text).unwrap().evaluate(&scope) {
        Ok(value) => value.unwrap_or_default().to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(value("1/$states.input"), "\"Infinity\"");
    assert_eq!(value("-1/0"), "\"-Infinity\"");
    assert_eq!(value("1e308 * 10"), "\"Infinity\"");
    assert!(value("1/0 + 1").contains("D1001"), "{}", value("1/0 + 1"));
    assert!(value("$string(1/0)").contains("D3001"));
}

#[test]
fn time_and_randomness_are_given() {
    let variables = Map::new();
    let value = |text: &str, seed: u64| {
        let scope = Scope::new(json!({}), &variables).now_ms(1_700_000_000_123).seed(seed);
        jsonata::parse(text).unwrap().evaluate(&scope).unwrap().unwrap()
    };
    assert_eq!(value("$now()", 0), "2023-11-14T22:13:20.123Z");
    assert_eq!(value("$millis()", 0), 1_700_000_000_123_i64);
    for text in ["$uuid()", "$random()", "$shuffle([1,2,3,4,5,6,7,8,9])"] {
        assert_eq!(value(text, 5), value(text, 5), "{text}");
        assert_ne!(value(text, 5), value(text, 6), "{text}");
    }
    // The first number of java.util.Random for some seeds.
    assert_eq!(value("$random(0)", 0), 0.730967787376657);
    assert_eq!(value("$random(-1)", 0), 0.26894263088050496);
    let scope = Scope::new(json!({}), &variables).seed(1);
    let uuid = jsonata::parse("$uuid()").unwrap();
    assert_ne!(uuid.evaluate(&scope).unwrap(), uuid.evaluate(&scope).unwrap());
}
