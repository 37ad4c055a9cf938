//! History events from JSON as `GetExecutionHistory` gives it: by the engine, by the command line in its two styles of time, by SDKs.
//!
//! Foreign text: everything is bounded, and a refusal says what is wrong and where.

use serde_json::{Map, Value};

/// Longer files are not read.
const FILE_BYTES_MAX: usize = 64 << 20;
/// AWS's limit for a history is 25,000; files joined from several pages may repeat some.
const EVENTS_MAX: usize = 100_000;

/// An event: what every one has, and its details.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) id: u64,
    /// The event that led to it; 0 for none.
    pub(crate) previous: u64,
    /// Unix microseconds; none when it has no time that can be read.
    pub(crate) at_us: Option<u64>,
    /// Its type.
    pub(crate) kind: String,
    /// As it was read.
    pub(crate) json: Map<String, Value>,
}

impl Item {
    /// The member that holds the details: each type has its own.
    pub(crate) fn details(&self) -> Option<&Map<String, Value>> {
        self.json
            .iter()
            .find(|(name, value)| name.ends_with("EventDetails") && value.is_object())
            .and_then(|(_, value)| value.as_object())
    }

    /// A member of the details that is a text.
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.details()?.get(member)?.as_str()
    }

    /// A member of the details that is a number.
    pub(crate) fn number(&self, member: &str) -> Option<u64> {
        self.details()?.get(member)?.as_u64()
    }

    /// A member that holds data. AWS writes data as text; tools that lay files out may have parsed it.
    pub(crate) fn data(&self, member: &str) -> Option<String> {
        self.details()?.get(member).map(data_text)
    }
}

/// The text of data: as it is, or written when somebody parsed it.
pub(crate) fn data_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Reads a file of events, in whichever order they are.
pub(crate) fn read(text: &str) -> Result<Vec<Item>, String> {
    if text.len() > FILE_BYTES_MAX {
        return Err(format!(
            "The file has {} bytes; at most {FILE_BYTES_MAX} are read.",
            text.len()
        ));
    }
    if text.trim().is_empty() {
        return Err("The file is empty.".to_owned());
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root: Value =
        serde_json::from_str(text).map_err(|fault| format!("The file is no JSON: {fault}."))?;
    let events = match root {
        Value::Array(events) => events,
        Value::Object(mut members) => match members.remove("events") {
            Some(Value::Array(events)) => events,
            Some(_) => return Err("\"events\" is no list.".to_owned()),
            None => {
                let known: Vec<&str> = members.keys().map(String::as_str).take(5).collect();
                return Err(format!(
                    "There is no \"events\" in it, only {}. The file is what `aws stepfunctions get-execution-history` prints.",
                    if known.is_empty() { "an empty object".to_owned() } else { known.join(", ") }
                ));
            }
        },
        _ => return Err("The file holds no object and no list.".to_owned()),
    };
    if events.is_empty() {
        return Err("\"events\" is empty.".to_owned());
    }
    if events.len() > EVENTS_MAX {
        return Err(format!(
            "The file has {} events; at most {EVENTS_MAX} are read.",
            events.len()
        ));
    }
    // Ids that were rubbed out are counted on from the last one, in the file's order.
    let numbered = events.iter().all(|event| event.get("id").is_some_and(Value::is_u64));
    let mut items = Vec::with_capacity(events.len());
    let mut last = 0;
    for (at, event) in events.into_iter().enumerate() {
        let item = item(event, last, numbered).map_err(|fault| format!("events[{at}]: {fault}"))?;
        last = item.id;
        items.push(item);
    }
    items.sort_by_key(|item| item.id);
    let mut deduplicated: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        match deduplicated.last() {
            Some(before) if before.id == item.id && before.kind == item.kind => {}
            Some(before) if before.id == item.id => {
                return Err(format!(
                    "Two events have the id {}: {} and {}.",
                    item.id, before.kind, item.kind
                ));
            }
            _ => deduplicated.push(item),
        }
    }
    Ok(deduplicated)
}

/// One event. `last` is the id before it, for files whose ids are not all there.
pub(crate) fn item(event: Value, last: u64, numbered: bool) -> Result<Item, String> {
    let Value::Object(json) = event else { return Err("it is no object.".to_owned()) };
    let Some(kind) = json.get("type").and_then(Value::as_str).map(str::to_owned) else {
        return Err("it has no \"type\".".to_owned());
    };
    if kind.len() > 100 {
        return Err("its \"type\" is no type of an event.".to_owned());
    }
    let id = match json.get("id").and_then(Value::as_u64) {
        Some(0) => return Err("its \"id\" is 0; ids begin with 1.".to_owned()),
        // An id near the end of its range would leave no room to count on.
        Some(id) if id > 1 << 40 => return Err(format!("its \"id\" {id} is no event's.")),
        Some(id) if numbered || id > last => id,
        _ => last + 1,
    };
    let previous = json.get("previousEventId").and_then(Value::as_u64).unwrap_or(0);
    let at_us = json.get("timestamp").and_then(micros);
    Ok(Item { id, previous, at_us, kind, json })
}

/// Unix microseconds of a number of seconds, or of an ISO 8601 text.
fn micros(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => {
            let seconds = number.as_f64()?;
            // Later than the year 9999 is no time; milliseconds are.
            let seconds = if seconds > 253_402_300_800.0 { seconds / 1_000.0 } else { seconds };
            (0.0..253_402_300_800.0).contains(&seconds).then_some((seconds * 1e6 + 0.5) as u64)
        }
        Value::String(text) => {
            iso_micros(text).or_else(|| micros(&Value::from(text.parse::<f64>().ok()?)))
        }
        _ => None,
    }
}

/// `2024-05-01T10:17:25.123000+00:00`, with a space for the T as Python writes it, or with Z.
fn iso_micros(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = bytes.get(from..to)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        text.get(from..to)?.parse().ok()
    };
    let is = |at: usize, expected: &[u8]| bytes.get(at).is_some_and(|byte| expected.contains(byte));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"T ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut fraction = 0;
    if let Some(digits) = rest.strip_prefix('.') {
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        for place in 0..6 {
            let digit = digits.as_bytes().get(place).filter(|_| place < length);
            fraction = fraction * 10 + i64::from(digit.map_or(0, |digit| digit - b'0'));
        }
        rest = &digits[length..];
    }
    let offset = match rest.as_bytes() {
        [] | [b'Z'] => 0,
        [sign @ (b'+' | b'-'), ..] => {
            let digits: String = rest[1..].chars().filter(|c| *c != ':').collect();
            let (hours, minutes) = (digits.get(..2)?, digits.get(2..4).unwrap_or("00"));
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    // Days are counted in eras of 400 years that begin in March.
    let shifted_year = year - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100
        + day_of_year
        - 719_468;
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset * 60;
    u64::try_from(seconds * 1_000_000 + fraction).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_in_every_style() {
        let expected = Some(1_714_558_645_123_000);
        for value in [
            json!(1_714_558_645.123),
            json!("2024-05-01T10:17:25.123000+00:00"),
            json!("2024-05-01 10:17:25.123+00:00"),
            json!("2024-05-01T12:17:25.123+02:00"),
            json!("2024-05-01T10:17:25.123Z"),
            json!(1_714_558_645_123_u64),
            json!("1714558645.123"),
        ] {
            assert_eq!(micros(&value), expected, "{value}");
        }
        for value in
            [json!("timestamp"), json!(-1), json!(null), json!("2024-13-01T00:00:00Z"), json!("é")]
        {
            assert_eq!(micros(&value), None, "{value}");
        }
    }

    #[test]
    fn refusals_say_what_and_where() {
        for (text, said) in [
            ("", "empty"),
            ("{", "no JSON"),
            ("3", "no object"),
            ("{\"executions\": []}", "only executions"),
            ("{\"events\": {}}", "no list"),
            ("{\"events\": []}", "empty"),
            ("[1]", "events[0]: it is no object"),
            ("[{\"type\": \"A\", \"id\": 1}, {\"id\": 2}]", "events[1]: it has no \"type\""),
            ("[{\"type\": \"A\", \"id\": 0}]", "ids begin with 1"),
            ("[{\"type\": \"A\", \"id\": 18446744073709551615}]", "no event's"),
            ("[{\"type\": \"A\", \"id\": 1}, {\"type\": \"B\", \"id\": 1}]", "Two events"),
        ] {
            let fault = read(text).expect_err(text);
            assert!(fault.contains(said), "{text}: {fault}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn order_and_repeated_pages_do_not_matter() {
        let items = read(
            "{\"events\": [{\"type\": \"B\", \"id\": 2}, {\"type\": \"A\", \"id\": 1}, {\"type\": \"B\", \"id\": 2}]}",
        )
        .expect("events");
        assert_eq!(items.iter().map(|item| item.kind.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    }
}
