//! Dates as AWS prints them, from Unix milliseconds, in UTC.

/// A moment, taken apart.
struct Civil {
    year: i64,
    month: u32,
    day: u32,
    hour: u64,
    minute: u64,
    second: u64,
    millisecond: u64,
}

/// By the calendar's 400-year cycle, with years that begin in March so that the leap day comes last.
fn civil(unix_ms: u64) -> Civil {
    let (days, of_day) = (unix_ms / 86_400_000, unix_ms % 86_400_000);
    let shifted = days as i64 + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    Civil {
        year: era * 400 + year_of_era + i64::from(month <= 2),
        month: month as u32,
        day: (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32,
        hour: of_day / 3_600_000,
        minute: of_day / 60_000 % 60,
        second: of_day / 1_000 % 60,
        millisecond: of_day % 1_000,
    }
}

fn date_and_time(unix_ms: u64) -> String {
    let Civil { year, month, day, hour, minute, second, millisecond } = civil(unix_ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}")
}

/// `2026-01-01T00:00:00.000Z`, as in Lambda's log lines.
pub(crate) fn iso(unix_ms: u64) -> String {
    date_and_time(unix_ms) + "Z"
}

/// `2026-01-01T00:00:00Z`, as in events and schedules.
pub(crate) fn iso_seconds(unix_s: u64) -> String {
    let mut text = date_and_time(unix_s.saturating_mul(1_000));
    text.truncate(text.len() - 4);
    text + "Z"
}

/// Days from 1970-01-01 to this date, which may be before.
pub(crate) fn day_number(year: i64, month: u32, day: u32) -> i64 {
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let shifted_month = i64::from((month + 9) % 12);
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month from 1 and day from 1 of a day from 1970 on.
pub(crate) fn date(day_number: u64) -> (i64, u32, u32) {
    let Civil { year, month, day, .. } = civil(day_number.saturating_mul(86_400_000));
    (year, month, day)
}

/// How many days a month has.
pub(crate) fn days_in(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Unix seconds of `2026-01-01`, `2026-01-01T00:00:00`, with parts of seconds (which are dropped), `Z` or an offset; none for
/// anything else and for what was before 1970.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { digits.parse().ok() } else { None }
    };
    let mark = |at: usize, marks: &[u8]| marks.contains(text.as_bytes().get(at)?).then_some(());
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    mark(4, b"-")?;
    mark(7, b"-")?;
    let in_range = (1..=12).contains(&month) && (1..=days_in(year.into(), month)).contains(&day);
    if !in_range {
        return None;
    }
    let days = day_number(year.into(), month, day);
    if text.len() == 10 {
        return u64::try_from(days * 86_400).ok();
    }
    mark(10, b"T ")?;
    mark(13, b":")?;
    mark(16, b":")?;
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = text.get(19..)?;
    if let Some(parts) = rest.strip_prefix('.') {
        rest = parts.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    let offset = match (rest, rest.get(..1)) {
        ("" | "Z", _) => 0,
        (_, Some(sign @ ("+" | "-"))) => {
            let digits: String = rest[1..].chars().filter(|c| *c != ':').collect();
            let is_offset = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
            let offset: i64 = if is_offset { digits.parse().ok()? } else { return None };
            let seconds = (offset / 100 * 60 + offset % 100) * 60;
            if sign == "+" { seconds } else { -seconds }
        }
        _ => return None,
    };
    let of_day = i64::from(hour * 3_600 + minute * 60 + second);
    u64::try_from(days * 86_400 + of_day - offset).ok()
}

/// `2026-01-01T00:00:00.000+0000`, as in Lambda's `LastModified`.
pub(crate) fn last_modified(unix_ms: u64) -> String {
    date_and_time(unix_ms) + "+0000"
}

/// `2026/01/01`, as in the names of log streams.
pub(crate) fn day_path(unix_ms: u64) -> String {
    let Civil { year, month, day, .. } = civil(unix_ms);
    format!("{year:04}/{month:02}/{day:02}")
}

/// `Thu, 01 Jan 2026 00:00:00 GMT`, as in HTTP headers.
pub(crate) fn http_date(unix_ms: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Civil { year, month, day, hour, minute, second, .. } = civil(unix_ms);
    let weekday = DAYS[(unix_ms / 86_400_000 % 7) as usize];
    let month = MONTHS[month as usize - 1];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written() {
        for day in (0..80_000).step_by(13) {
            let (year, month, of_month) = date(day);
            assert_eq!(day_number(year, month, of_month), day as i64);
        }
        assert_eq!(iso_seconds(1_767_225_600), "2026-01-01T00:00:00Z");
        assert_eq!(parse("2026-01-01"), Some(1_767_225_600));
        assert_eq!(parse("2026-01-01T00:00:00.123Z"), Some(1_767_225_600));
        assert_eq!(parse("2026-01-01T01:30:00+01:30"), Some(1_767_225_600));
        assert_eq!(parse("2025-12-31T19:00:00-0500"), Some(1_767_225_600));
        for wrong in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-01-01T24:00:00",
            "2026-01-01T00:00:00x",
            "2026-01-0é",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn known_moments() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(951_827_696_789), "2000-02-29T12:34:56.789Z");
        assert_eq!(last_modified(1_767_225_600_000), "2026-01-01T00:00:00.000+0000");
        assert_eq!(day_path(4_107_542_400_000), "2100/03/01");
        assert_eq!(day_path(1_709_164_800_000), "2024/02/29");
        assert_eq!(http_date(1_709_164_800_000), "Thu, 29 Feb 2024 00:00:00 GMT");
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
