//! Virtual time, and its text.

use std::fmt;
use std::time::Duration;

/// A moment of the virtual clock: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time(pub u64);

const SECOND: u64 = 1_000_000;
const DAY: u64 = 86_400 * SECOND;

impl Time {
    /// The moment so many milliseconds after 1970.
    pub fn from_millis(millis: u64) -> Time {
        Time(millis.saturating_mul(1000))
    }

    /// Whole milliseconds since 1970.
    pub fn millis(self) -> u64 {
        self.0 / 1000
    }

    /// This moment and so many seconds.
    pub fn plus_seconds(self, seconds: u64) -> Time {
        Time(self.0.saturating_add(seconds.saturating_mul(SECOND)))
    }

    /// This moment and a span.
    pub fn plus(self, span: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
    }

    /// Seconds since 1970, to the millisecond: how the API writes timestamps.
    pub fn seconds(self) -> f64 {
        self.millis() as f64 / 1000.0
    }

    /// The moment that an RFC 3339 text names, as [`crate::is_rfc3339`] accepts it; moments before 1970 are 1970.
    pub fn parse(text: &str) -> Option<Time> {
        let (seconds, nanos) = instant(text)?;
        let seconds = u64::try_from(seconds).ok();
        Some(seconds.map_or(Time(0), |seconds| Time(seconds * SECOND + u64::from(nanos) / 1000)))
    }
}

/// The seconds since 1970 and nanoseconds that an RFC 3339 text names.
pub(crate) fn instant(text: &str) -> Option<(i64, u32)> {
    if !crate::is_rfc3339(text) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(after) => after.split_at(after.bytes().take_while(u8::is_ascii_digit).count()),
        None => ("", rest),
    };
    let nanos = format!("{fraction:0<9}").parse::<u32>().ok()?;
    let offset = match zone.strip_prefix(['+', '-']) {
        None => 0,
        Some(clock) => {
            let hours = clock.get(0..2)?.parse::<i64>().ok()?;
            let minutes = clock.get(3..5)?.parse::<i64>().ok()?;
            let offset = hours * 3600 + minutes * 60;
            if zone.starts_with('-') { -offset } else { offset }
        }
    };
    let days = days_from_civil(year, month, day);
    Some((days * 86_400 + hour * 3600 + minute * 60 + second - offset, nanos))
}

/// `2024-03-17T11:10:40.123Z`, as the context object and the API write it.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days((self.0 / DAY) as i64);
        let millis = self.0 % DAY / 1000;
        let (hour, minute) = (millis / 3_600_000, millis / 60_000 % 60);
        let (second, millis) = (millis / 1000 % 60, millis % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// Days since 1970 of a date of the Gregorian calendar. Years are counted from March, so that the leap day is last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn moments_are_read_and_written_alike() {
        for (text, shown) in [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
            ("2024-02-29T23:59:59.9996Z", "2024-02-29T23:59:59.999Z"),
            ("2016-03-14T01:59:00+05:30", "2016-03-13T20:29:00.000Z"),
            ("2016-03-14T23:59:00.5-01:00", "2016-03-15T00:59:00.500Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
            ("1969-12-31T23:59:59Z", "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Time::parse(text).map(|time| time.to_string()).as_deref(), Some(shown));
        }
        assert_eq!(Time::parse("2016-03-14"), None);
        assert_eq!(Time::parse("2024-03-17T11:10:40.123456Z"), Some(Time(1_710_673_840_123_456)));
    }
}
