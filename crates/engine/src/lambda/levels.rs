//! Log levels: what of a function's JSON log is sent to its group (Lambda: Log-level filtering).
//!
//! The text format has no levels. A line of the function's is as important as its `level` member says; a line that is no
//! JSON object, that has no level that is known, or no timestamp of RFC 3339, counts as `INFO`.

use serde_json::Value;

/// From most detail to least, as [`rank`] counts.
const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const INFO: usize = 2;
/// Names of the timestamp's member in the loggers of the managed runtimes.
const TIMESTAMPS: [&str; 4] = ["timestamp", "time", "Timestamp", "@timestamp"];

/// Position of a level, in any case; with the names that other loggers have for it.
fn rank(level: &str) -> Option<usize> {
    let level = level.to_ascii_uppercase();
    let level = match level.as_str() {
        "INFORMATION" => "INFO",
        "WARNING" => "WARN",
        "CRITICAL" => "FATAL",
        level => level,
    };
    LEVELS.iter().position(|known| *known == level)
}

/// Whether something of this level is sent when the setting asks for `setting` and what is more important.
pub(super) fn passes(level: &str, setting: &str) -> bool {
    rank(level).unwrap_or(INFO) >= rank(setting).unwrap_or(INFO)
}

/// The level of a line that a function wrote.
pub(super) fn of_line(line: &str) -> &'static str {
    let level = || {
        let line = line.trim();
        // Most lines are no objects: they are not read at all.
        let value: Value =
            if line.starts_with('{') { serde_json::from_str(line).ok()? } else { return None };
        let time = TIMESTAMPS.iter().find_map(|key| value.get(key))?.as_str()?;
        let rank = rank(value.get("level")?.as_str()?)?;
        is_rfc_3339(time).then(|| LEVELS[rank])
    };
    level().unwrap_or(LEVELS[INFO])
}

/// `2024-11-02T16:51:31.587199Z`, or with an offset in place of the `Z`.
fn is_rfc_3339(time: &str) -> bool {
    let bytes = time.as_bytes();
    let digits = |from: usize, to: usize, max: u32| {
        let part = time.get(from..to).filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
        part.and_then(|part| part.parse::<u32>().ok()).is_some_and(|number| number <= max)
    };
    let marks = [(4, b"-"), (7, b"-"), (10, b"Tt "), (13, b":"), (16, b":")] as [(usize, &[u8]); 5];
    let shape = marks.iter().all(|(at, any)| bytes.get(*at).is_some_and(|byte| any.contains(byte)))
        && digits(0, 4, 9_999)
        && digits(5, 7, 12)
        && digits(8, 10, 31)
        && digits(11, 13, 23)
        && digits(14, 16, 59)
        && digits(17, 19, 60)
        && time.get(5..7) != Some("00")
        && time.get(8..10) != Some("00");
    let Some(mut rest) = time.get(19..).filter(|_| shape) else { return false };
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return false;
        }
    }
    let at = time.len() - rest.len();
    match rest.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', _, _, b':', _, _] => digits(at + 1, at + 3, 23) && digits(at + 4, at + 6, 59),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_its_level_itself_or_is_information() {
        let at = "\"timestamp\":\"2024-11-02T16:51:31.587199Z\"";
        for (line, level) in [
            (format!("{{\"level\":\"debug\",{at}}}\n"), "DEBUG"),
            (format!("{{\"level\":\"WARNING\",{at}}}"), "WARN"),
            (format!("{{{at},\"level\":\"Critical\"}}"), "FATAL"),
            ("{\"level\":\"TRACE\",\"time\":\"2024-11-02T16:51:31+01:00\"}".into(), "TRACE"),
            (format!("{{\"level\":\"loud\",{at}}}"), "INFO"),
            (format!("{{\"level\":3,{at}}}"), "INFO"),
            ("{\"level\":\"ERROR\"}".into(), "INFO"),
            ("{\"level\":\"ERROR\",\"timestamp\":\"yesterday\"}".into(), "INFO"),
            ("ERROR it broke".into(), "INFO"),
            ("[\"level\"]".into(), "INFO"),
            ("{\"level\":\"ERROR\",".into(), "INFO"),
            (String::new(), "INFO"),
        ] {
            assert_eq!(of_line(&line), level, "{line}");
        }
    }

    #[test]
    fn the_setting_lets_its_own_level_through_and_what_is_more_important() {
        let sent = |setting: &str| -> Vec<&str> {
            LEVELS.into_iter().filter(|level| passes(level, setting)).collect()
        };
        assert_eq!(sent("TRACE"), LEVELS);
        assert_eq!(sent("WARN"), ["WARN", "ERROR", "FATAL"]);
        assert_eq!(sent("FATAL"), ["FATAL"]);
    }

    #[test]
    fn times_are_read_as_the_rfc_writes_them() {
        for time in ["2024-11-02T16:51:31Z", "2024-11-02t16:51:31.5z", "2024-12-31T23:59:60-08:00"]
        {
            assert!(is_rfc_3339(time), "{time}");
        }
        for time in [
            "",
            "2024-11-02",
            "2024-11-02T16:51:31",
            "2024-13-02T16:51:31Z",
            "2024-11-00T16:51:31Z",
            "2024-11-02T24:51:31Z",
            "2024-11-02T16:51:31.Z",
            "2024-11-02T16:51:31+0100",
            "2024-11-02T16:51:31+24:00",
            "é024-11-02T16:51:31Z",
            "2024-11-02T16:51:31é",
        ] {
            assert!(!is_rfc_3339(time), "{time}");
        }
    }
}
