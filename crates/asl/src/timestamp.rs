//! Timestamps as `Wait` and the timestamp operators take them.

/// Whether a text is an RFC 3339 timestamp in the profile of the specification: an upper-case `T`, and `Z` or an offset.
pub fn is_rfc3339(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let numbers = |text: &str, separator: char, widths: &[usize]| -> Option<Vec<u32>> {
        let parts: Vec<&str> = text.split(separator).collect();
        let fits = parts.len() == widths.len()
            && parts.iter().zip(widths).all(|(part, width)| part.len() == *width);
        let digits =
            fits && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if !digits {
            return None;
        }
        parts.iter().map(|part| part.parse().ok()).collect()
    };
    let Some(&[year, month, day]) = numbers(date, '-', &[4, 2, 2]).as_deref() else { return false };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if !(1..=days).contains(&day) {
        return false;
    }
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, None),
        None => match time.rfind(['+', '-']) {
            Some(at) => (&time[..at], Some(&time[at + 1..])),
            None => return false,
        },
    };
    if let Some(offset) = offset
        && !matches!(numbers(offset, ':', &[2, 2]).as_deref(), Some(&[0..=23, 0..=59]))
    {
        return false;
    }
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fraction =
        (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    fraction
        && matches!(numbers(clock, ':', &[2, 2, 2]).as_deref(), Some(&[0..=23, 0..=59, 0..=59]))
}

#[cfg(test)]
mod tests {
    use super::is_rfc3339;

    #[test]
    fn timestamps_follow_the_profile_of_the_specification() {
        for text in
            ["2016-03-14T01:59:00Z", "2016-02-29T23:59:59.123456789Z", "2016-03-14T01:59:00+05:30"]
        {
            assert!(is_rfc3339(text), "{text}");
        }
        for text in [
            "2016-13-05T21:29:29Z",
            "2016-12-05T25:29:29Z",
            "2015-02-29T00:00:00Z",
            "2016-03-14T01:59:00",
            "2016-03-14",
            "2016-03-14t01:59:00z",
            "2016-03-14T01:59Z",
            "",
            "T",
            "2016-03-14T01:59:00+5:30",
            "é016-03-14T01:59:00Z",
        ] {
            assert!(!is_rfc3339(text), "{text}");
        }
    }
}
