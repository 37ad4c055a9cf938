//! Filter patterns: what metric filters, subscription filters and FilterLogEvents select by.
//!
//! Source: "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail". Terms are for any
//! text (`terms`), `{ … }` is for JSON (`json`), `[ … ]` for fields between spaces (`fields`).
//!
//! Invariant: no pattern and no message, however odd, panics; both are bounded before they come here.

mod fields;
mod json;
mod terms;
mod test;

use super::errors::LogsError;
use serde_json::{Map, Value};

/// A pattern that was understood.
#[derive(Debug)]
pub(crate) enum Filter {
    Terms(terms::Terms),
    Json(json::Selection),
    Fields(fields::Fields),
}

impl Filter {
    /// Reads a pattern.
    ///
    /// # Errors
    /// `InvalidParameterException`, as AWS says it of any pattern that it cannot read.
    #[inline(never)]
    pub(crate) fn parse(pattern: &str) -> Result<Self, LogsError> {
        let text = pattern.trim();
        let parsed = if text.starts_with('{') {
            json::Selection::parse(text).map(Self::Json)
        } else if text.starts_with('[') {
            fields::Fields::parse(text).map(Self::Fields)
        } else {
            terms::Terms::parse(text).map(Self::Terms)
        };
        parsed.ok_or_else(|| LogsError::InvalidParameter("Invalid filter pattern".into()))
    }

    /// Whether a message passes.
    #[inline(never)]
    pub(crate) fn matches(&self, message: &str) -> bool {
        match self {
            Self::Terms(terms) => terms.matches(message),
            Self::Json(selection) => serde_json::from_str::<Value>(message)
                .is_ok_and(|value| value.is_object() && selection.matches(&value)),
            Self::Fields(fields) => fields.matches(message),
        }
    }

    /// The values that a pattern names, by their names (`$.user.id`, `$size`): what TestMetricFilter shows.
    pub(crate) fn extracted(&self, message: &str) -> Map<String, Value> {
        match self {
            Self::Terms(_) => Map::new(),
            Self::Json(selection) => {
                let value: Value = serde_json::from_str(message).unwrap_or_default();
                selection.extracted(&value)
            }
            Self::Fields(fields) => fields.extracted(message),
        }
    }

    /// The value behind a name such as `$.latency` or `$size`, as text; none when this event has none.
    pub(crate) fn value(&self, name: &str, message: &str) -> Option<String> {
        match self {
            Self::Terms(_) => None,
            Self::Json(_) => {
                let value: Value = serde_json::from_str(message).ok()?;
                json::read(&value, name).map(json::shown)
            }
            Self::Fields(fields) => {
                let all = fields.extracted(message);
                all.get(name).and_then(Value::as_str).map(str::to_owned)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, passes: &[&str], fails: &[&str]) {
        let filter = Filter::parse(pattern).unwrap();
        passes.iter().for_each(|message| assert!(filter.matches(message), "{message}"));
        fails.iter().for_each(|message| assert!(!filter.matches(message), "{message}"));
    }

    #[test]
    fn terms_phrases_options_and_exclusions() {
        check("", &["anything"], &[]);
        check("ERROR timeout", &["ERROR: timeout"], &["ERROR", "error timeout"]);
        check(r#""out of memory""#, &["it was out of memory"], &["out memory of"]);
        check(r#""say \"hi\"""#, &[r#"say "hi""#], &["say hi"]);
        check("?ERROR ?WARN", &["a WARN", "ERROR"], &["INFO"]);
        check(r#"ERROR -"EXITING NOW""#, &["ERROR"], &["ERROR EXITING NOW"]);
        check("-noise", &["INFO"], &["noise"]);
    }

    #[test]
    fn options_beside_other_terms_are_ignored() {
        check("?ERROR ?WARN REQUEST", &["REQUEST", "INFO REQUEST"], &["ERROR"]);
    }

    #[test]
    fn regular_expressions_stand_between_percent_signs() {
        check("%AUTHORIZED%", &["UNAUTHORIZED REQUEST", "AUTHORIZED"], &["authorized"]);
        check("%^[hc]at$%", &["hat", "cat"], &["a hat", "bat"]);
        check("%a{3,5}% ERROR", &["ERROR aaa"], &["ERROR aa", "aaa"]);
        for bad in ["%(a)%", "%ä%", "%a", "%[%", "%a!%"] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn json_patterns_compare_texts_numbers_and_presence() {
        let event = r#"{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"cluster.name":"c","n":123.5,"ok":true}"#;
        for passes in [
            r#"{ $.eventType = "UpdateTrail" }"#,
            "{ $.eventType = UpdateTrail }",
            r#"{ $.eventType = "*Trail" }"#,
            r#"{ $.sourceIPAddress != "123.123.123.123" }"#,
            r#"{ $.arrayKey[0] = "value" }"#,
            r#"{ $.arrayKey[*] = "another" }"#,
            "{ $.objectList[1].id = 2 }",
            "{ $.SomeObject IS NULL }",
            "{ $.SomeOtherObject NOT EXISTS }",
            "{ $.ok IS TRUE }",
            "{ $.n > 100 && $.n <= 1.235e2 }",
            "{ ($.n < 5 || $.ok IS TRUE) && ($.eventType = Update*) }",
            r#"{ $.['cluster.name'] = "c" }"#,
            "{ $.sourceIPAddress = %111.111.% }",
            "{ $.* = UpdateTrail }",
            "{$.n=123.5}",
        ] {
            check(passes, &[event], &["not JSON", "[1]", "7"]);
        }
        for fails in [
            r#"{ $.eventType = "Trail" }"#,
            "{ $.missing = 1 }",
            "{ $.missing != 1 }",
            "{ $.n IS NULL }",
            "{ $.n NOT EXISTS }",
            "{ $.ok IS FALSE }",
            "{ $.eventType > 1 }",
            "{ $.ok IS TRUE && ($.n < 5 || $.n > 500) }",
        ] {
            check(fails, &[], &[event]);
        }
        for bad in [
            "{",
            "{ }",
            "{ $.a }",
            "{ $.a = }",
            "{ $.a = 1 && }",
            "{ ($.a = 1 }",
            "{ a = 1 }",
            "{ $.a = 1 } x",
        ] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fields_between_spaces_are_counted_and_compared() {
        let line = r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
        let other = r#"127.0.0.1 Prod frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324"#;
        check(
            "[ip, server, username, timestamp, request, status_code, bytes > 1000]",
            &[line, other],
            &["a b"],
        );
        check(
            "[ip, server, username, timestamp, request, status_code = 4*, bytes]",
            &[line],
            &[other],
        );
        check("[..., status_code = 4*, bytes]", &[line], &[other]);
        check(r#"[ip, ..., request = "*html*", status_code, bytes]"#, &[line], &[other]);
        check("[w1=ERROR || w1=%WARN%, w2]", &["ERROR x", "WARNING x"], &["INFO x", "ERROR"]);
        check("[w1!=ERROR && w1!=WARN, w2]", &["INFO x"], &["ERROR x", "WARN x"]);
        check("[]", &["anything at all"], &[]);
        let filter = Filter::parse("[ip, server, ..., code, size]").unwrap();
        assert_eq!(
            Value::Object(filter.extracted(line)).to_string(),
            r#"{"$ip":"127.0.0.1","$server":"Prod","$3":"frank","$4":"10/Oct/2000:13:25:15 -0700","$5":"GET /index.html HTTP/1.0","$code":"404","$size":"1534"}"#
        );
        assert_eq!(filter.value("$size", line).as_deref(), Some("1534"));
        for bad in ["[a", "[a,, b = ]", "[a, ..., ...]", "[a] b", "[a > x]"] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(300), ")".repeat(300));
        assert!(Filter::parse(&deep).is_err());
    }
}
