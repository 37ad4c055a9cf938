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
