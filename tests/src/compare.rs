//! Comparing an answer with a recorded one.
//!
//! The recorder replaced what differs from run to run: `<name:1>` stands for one value wherever it appears, `<name>` for any,
//! words such as `date` and `uuid` for anything of their kind, `<a:len(65)>` for so many letters `a`. A string that starts
//! with `{` was parsed one level. A few members are a managed language runtime's own and are compared only when we have them.

use regex_lite::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What the placeholders of one case stand for, as far as it is known.
#[derive(Debug, Clone)]
pub struct Bindings {
    known: BTreeMap<String, String>,
}

impl Default for Bindings {
    fn default() -> Self {
        let known = [("<region>", "us-east-1"), ("<partition>", "aws")];
        Self { known: known.map(|(name, value)| (name.to_owned(), value.to_owned())).into() }
    }
}

/// Members that only a managed language runtime has: a module has no runtime version.
const RUNTIMES_OWN: [&str; 1] = ["RuntimeVersionConfig"];

fn placeholder() -> &'static Regex {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    REGEX.get_or_init(|| {
        Regex::new(r"<[A-Za-z][A-Za-z0-9_ -]*(?::[0-9]+)?>").expect("a constant that compiles")
    })
}

/// Compares, and learns what placeholders stand for.
///
/// # Errors
/// The first difference, with its path.
pub fn compare(expected: &Value, actual: &Value, bindings: &mut Bindings) -> Result<(), String> {
    at("", expected, actual, bindings)
}

fn at(path: &str, expected: &Value, actual: &Value, bindings: &mut Bindings) -> Result<(), String> {
    let differs = || {
        let shown = if path.is_empty() { "the answer" } else { path };
        Err(format!("{shown}: expected {}, got {}", short(expected), short(actual)))
    };
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(given)) => {
            for (name, value) in wanted {
                let path = format!("{path}.{name}");
                match given.get(name) {
                    Some(actual) if is_word(name, value) => word(&path, value, actual)?,
                    Some(actual) => at(&path, value, actual, bindings)?,
                    None if RUNTIMES_OWN.contains(&name.as_str()) => {}
                    None => return Err(format!("{path}: expected {}, got nothing", short(value))),
                }
            }
            match given.iter().find(|(name, _)| !wanted.contains_key(*name)) {
                Some((name, value)) => {
                    Err(format!("{path}.{name}: expected nothing, got {}", short(value)))
                }
                None => Ok(()),
            }
        }
        // A list of a structure's names.
        (Value::Array(wanted), Value::Object(given))
            if !wanted.is_empty() && wanted.iter().all(Value::is_string) =>
        {
            let mut names: Vec<&str> = given.keys().map(String::as_str).collect();
            names.sort_unstable();
            let wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
            if wanted == names { Ok(()) } else { differs() }
        }
        (Value::Array(wanted), Value::Array(given)) => {
            if wanted.len() != given.len() {
                return Err(format!(
                    "{path}: expected {} elements, got {}: {}",
                    wanted.len(),
                    given.len(),
                    short(actual)
                ));
            }
            let pairs = wanted.iter().zip(given).enumerate();
            pairs
                .into_iter()
                .try_for_each(|(i, (w, g))| at(&format!("{path}[{i}]"), w, g, bindings))
        }
        (Value::String(text), _)
            if kind_word(text) && !matches!(actual, Value::Object(_) | Value::Array(_)) =>
        {
            word(path, expected, actual)
        }
        (Value::String(wanted), Value::String(given)) => {
            if text(wanted, given, bindings) {
                return Ok(());
            }
            // An object within a text, which the recorder left there: its members are compared by their names.
            let object = |text: &str| {
                let read: Option<Value> = serde_json::from_str(text).ok();
                read.filter(Value::is_object)
            };
            match (object(wanted), object(given)) {
                (Some(wanted), Some(given)) => at(path, &wanted, &given, bindings),
                _ => differs(),
            }
        }
        // One placeholder may stand for a number, too, or for a whole structure when it has no number.
        (Value::String(wanted), _) if is_one_placeholder(wanted) => {
            let given = actual.to_string();
            if text(wanted, &given, bindings) { Ok(()) } else { differs() }
        }
        (_, Value::String(given)) => match serde_json::from_str::<Value>(given) {
            Ok(parsed) if !parsed.is_string() => at(path, expected, &parsed, bindings),
            _ => differs(),
        },
        (Value::Number(wanted), Value::Number(given)) => {
            let same = wanted == given || (wanted.as_f64() == given.as_f64());
            if same { Ok(()) } else { differs() }
        }
        _ if expected == actual => Ok(()),
        _ => differs(),
    }
}

/// Compares two texts, the first with placeholders.
pub fn text(wanted: &str, given: &str, bindings: &mut Bindings) -> bool {
    let wanted = request_ids(&first_lines_only(&letters(wanted)));
    // `<<next-token>:1>`: a name that the recorder wrote with its brackets.
    let wanted = wanted.replace("<<next-token>:", "<next-token:");
    let given = &first_lines_only(given);
    if wanted == *given {
        return true;
    }
    let mut pattern = String::from("(?s)^");
    let mut names: Vec<String> = Vec::new();
    let mut from = 0;
    for found in placeholder().find_iter(&wanted) {
        pattern += &escaped(&wanted[from..found.start()]);
        from = found.end();
        let name = found.as_str();
        if let Some(value) = bindings.known.get(name) {
            pattern += &regex_lite::escape(value);
        } else if !name.contains(':') {
            pattern += "(?:.*?)";
        } else if names.iter().any(|known| known == name) {
            // No back references in this engine: the values are compared below.
            pattern += "(.+?)";
            names.push(name.to_owned());
        } else {
            pattern += "(.+?)";
            names.push(name.to_owned());
        }
    }
    pattern += &escaped(&wanted[from..]);
    pattern += "$";
    let Some(found) = Regex::new(&pattern).ok().and_then(|regex| regex.captures(given)) else {
        return false;
    };
    let mut learned: BTreeMap<String, String> = BTreeMap::new();
    for (index, name) in names.into_iter().enumerate() {
        let value = found.get(index + 1).map_or("", |group| group.as_str()).to_owned();
        match learned.get(&name) {
            Some(known) if *known != value => return false,
            _ => learned.insert(name, value),
        };
    }
    bindings.known.extend(learned);
    true
}

/// A text as a pattern: a lone `date` within it stands for one.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for (at, part) in text.split(" date").enumerate() {
        if at > 0 && part.chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '-') {
            pattern += " (?:date|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,}Z)";
        } else if at > 0 {
            pattern += " date";
        }
        pattern += &regex_lite::escape(part);
    }
    pattern
}

/// The id of a request that was made once, in a message: any id will do.
fn request_ids(text: &str) -> String {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    let regex = REGEX.get_or_init(|| {
        Regex::new("Request ID: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
            .expect("a constant that compiles")
    });
    regex.replace_all(text, "Request ID: <uuid>").into_owned()
}

/// `<a:len(3)>` is `aaa`.
fn letters(text: &str) -> String {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    let regex = REGEX
        .get_or_init(|| Regex::new(r"<(.):len\(([0-9]+)\)>").expect("a constant that compiles"));
    regex
        .replace_all(text, |found: &regex_lite::Captures<'_>| {
            found[1].repeat(found[2].parse().unwrap_or(0))
        })
        .into_owned()
}

/// A Java parser's words about where it stood compare by first line only.
fn first_lines_only(text: &str) -> String {
    text.split("\n at [Source:").next().unwrap_or_default().to_owned()
}

fn is_one_placeholder(text: &str) -> bool {
    placeholder().find(text).is_some_and(|found| found.as_str().len() == text.len())
}

/// A member whose recorded value is a word for its kind, or just its own name in another spelling.
fn is_word(name: &str, value: &Value) -> bool {
    let plain = |text: &str| {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    value.as_str().is_some_and(|text| {
        kind_word(text) || (text.len() > 4 && plain(text) == plain(name)) || names_whose(text, name)
    })
}

/// A recorded value that is the member's name with whose it is before: `target-arn` of an `Arn`.
fn names_whose(text: &str, name: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    is_plain
        && text.strip_suffix(&name.to_ascii_lowercase()).is_some_and(|whose| whose.ends_with('-'))
}

fn kind_word(text: &str) -> bool {
    matches!(text, "date" | "datetime" | "timestamp" | "uuid" | "code-sha256" | "lambda-url")
}

fn word(path: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    // What was recorded may have been fed back in: then it comes out as it is.
    if expected == actual {
        return Ok(());
    }
    static DATE: OnceLock<Regex> = OnceLock::new();
    static UUID: OnceLock<Regex> = OnceLock::new();
    let date = DATE.get_or_init(|| {
        let iso = r"^\d{2,4}-\d{2}-\d{2,4}[T ]\d{2}:\d{2}:\d{2}";
        let http = r"^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$";
        Regex::new(&format!("{iso}|{http}")).expect("a constant that compiles")
    });
    let uuid = UUID.get_or_init(|| {
        Regex::new("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$").expect("a constant that compiles")
    });
    // A header's values are a list.
    let actual = match actual {
        Value::Array(one) if one.len() == 1 => &one[0],
        other => other,
    };
    let text = actual.as_str().unwrap_or_default();
    let fits = match expected.as_str().unwrap_or_default() {
        "date" | "datetime" | "timestamp" => {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let epoch = matches!(text.len(), 10 | 13) && digits;
            actual.is_number() || epoch || date.is_match(text)
        }
        "uuid" => uuid.is_match(text),
        "lambda-url" => text.starts_with("https://") && text.contains(".lambda-url."),
        "code-sha256" => text.len() == 44 && text.ends_with('='),
        _ => !actual.is_null(),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("{path}: expected a {}, got {}", short(expected), short(actual)))
    }
}

/// A value as one short line.
pub fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 400 {
        text
    } else {
        text.chars().take(400).chain("…".chars()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(expected: Value, actual: Value) -> Result<(), String> {
        compare(&expected, &actual, &mut Bindings::default())
    }

    #[test]
    fn placeholders_stand_for_the_same_value_everywhere() {
        let expected = json!({ "arn": "arn:<partition>:lambda:<region>:1:function:<name:1>", "name": "<name:1>", "id": "<uuid>" });
        let actual = |name: &str| json!({ "arn": "arn:aws:lambda:us-east-1:1:function:f", "name": name, "id": "x" });
        assert_eq!(check(expected.clone(), actual("f")), Ok(()));
        assert!(check(expected, actual("g")).is_err());
        assert!(check(json!("<a:1>/<a:1>"), json!("x/y")).is_err());
    }

    #[test]
    fn words_stand_for_their_kind() {
        assert_eq!(
            check(json!({ "At": "date" }), json!({ "At": "2026-01-02T03:04:05.000+0000" })),
            Ok(())
        );
        assert!(check(json!({ "At": "date" }), json!({ "At": "soon" })).is_err());
        assert!(check(json!({ "Id": "uuid" }), json!({ "Id": "1" })).is_err());
        assert_eq!(check(json!("timestamp"), json!(1_767_225_600_000_u64)), Ok(()));
    }

    #[test]
    fn what_is_missing_or_too_much_is_a_difference() {
        assert_eq!(check(json!({ "a": 1 }), json!({})), Err(".a: expected 1, got nothing".into()));
        assert_eq!(check(json!({}), json!({ "a": 1 })), Err(".a: expected nothing, got 1".into()));
        assert!(check(json!([1]), json!([1, 2])).is_err());
        assert!(check(json!({ "a": null }), json!({ "a": 0 })).is_err());
    }

    #[test]
    fn strings_that_were_parsed_are_parsed_again() {
        assert_eq!(check(json!({ "a": { "b": 1 } }), json!({ "a": "{\"b\": 1}" })), Ok(()));
        assert_eq!(check(json!("null"), json!("null")), Ok(()));
        assert!(check(json!("null"), json!(null)).is_err());
        assert_eq!(check(json!("<size>"), json!(276)), Ok(()));
    }

    #[test]
    fn words_within_texts_and_names_with_whose_they_are() {
        let at = |text: &str| json!(format!("made at {text}, by us"));
        assert_eq!(check(at("date"), at("2026-01-02T03:04:05Z")), Ok(()));
        assert!(check(at("date"), at("noon")).is_err());
        assert!(
            check(json!("an update date-line"), json!("an update 2026-01-02T03:04:05Z-line"))
                .is_err()
        );
        assert_eq!(
            check(json!({ "Arn": "target-arn" }), json!({ "Arn": "arn:aws:sqs:::q" })),
            Ok(())
        );
        assert!(check(json!({ "Name": "target-arn" }), json!({ "Name": "x" })).is_err());
        let inner =
            |id: &str, n: u64| json!({ "Message": json!({ "id": id, "n": n }).to_string() });
        assert_eq!(check(inner("message-id", 1), inner("e1", 1)), Ok(()));
        assert!(check(inner("message-id", 1), inner("e1", 2)).is_err());
        assert_eq!(check(json!("<<next-token>:1>"), json!("x")), Ok(()));
    }

    #[test]
    fn letters_are_counted() {
        assert_eq!(check(json!("'<a:len(3)>'"), json!("'aaa'")), Ok(()));
        assert!(check(json!("'<a:len(3)>'"), json!("'aa'")).is_err());
    }
}
