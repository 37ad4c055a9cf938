//! Numbers and times as the page writes them.

/// `1.2 KB`, in steps of 1,024.
pub fn format_bytes(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KB", bytes as f64 / 1_024.0),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

/// `12,345`.
pub fn format_count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.42 ms`, `12.3 s`, `4 min 10 s`, `2 d 3 h`: what a person can take in at a glance.
pub fn format_micros(micros: u64) -> String {
    const SECOND: u64 = 1_000_000;
    match micros {
        0 => "0 ms".into(),
        1..SECOND => format!("{:.2} ms", micros as f64 / 1e3),
        SECOND..60_000_000 => format!("{:.2} s", micros as f64 / 1e6),
        _ => {
            let seconds = micros / SECOND;
            let parts = [
                (seconds / 86_400, "d"),
                (seconds / 3_600 % 24, "h"),
                (seconds / 60 % 60, "min"),
                (seconds % 60, "s"),
            ];
            let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
            let shown: Vec<_> = parts[first..]
                .iter()
                .take(2)
                .filter(|(count, _)| *count > 0)
                .map(|(count, unit)| format!("{count} {unit}"))
                .collect();
            shown.join(" ")
        }
    }
}

/// Billionths of a dollar: `$0.0000021`.
pub fn format_cost(nano_usd: u64) -> String {
    let dollars = nano_usd as f64 / 1e9;
    if nano_usd == 0 {
        "$0".into()
    } else if dollars < 0.01 {
        let text = format!("{dollars:.9}");
        format!("${}", text.trim_end_matches('0'))
    } else {
        format!("${dollars:.4}")
    }
}

/// A moment in UTC, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Year, month, day.
    pub date: (i64, u32, u32),
    /// Hour, minute, second.
    pub time: (u32, u32, u32),
    /// Milliseconds.
    pub millis: u32,
}

impl Moment {
    /// From Unix milliseconds. The days are counted in eras of 400 years that begin in March.
    pub fn from_unix_ms(unix_ms: u64) -> Self {
        let days = i64::try_from(unix_ms / 86_400_000).unwrap_or(0) + 719_468;
        let in_day = (unix_ms % 86_400_000) as u32;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let seconds = in_day / 1_000;
        Self {
            date: (year, month, day),
            time: (seconds / 3_600, seconds / 60 % 60, seconds % 60),
            millis: in_day % 1_000,
        }
    }
    /// Unix seconds of `2026-01-01T09:05:01Z`; a space may stand for the T, and seconds and zone may be left out. None for other texts.
    pub fn seconds_of(text: &str) -> Option<u64> {
        let text = text.trim().trim_end_matches('Z');
        let (date, time) = text.split_once(['T', ' '])?;
        let numbers = |text: &str, between: char| {
            let numbers: Option<Vec<i64>> =
                text.split(between).map(|part| part.parse().ok()).collect();
            numbers.filter(|numbers| numbers.iter().all(|number| *number >= 0))
        };
        let (date, time) = (numbers(date, '-')?, numbers(time, ':')?);
        let ([year, month, day], [hour, minute, ..]) = (&date[..], &time[..]) else { return None };
        let second = time.get(2).copied().unwrap_or(0);
        let in_range = (1..=12).contains(month)
            && (1..=31).contains(day)
            && (1_970..10_000).contains(year)
            && (*hour < 24 && *minute < 60 && second < 60 && time.len() < 4);
        if !in_range {
            return None;
        }
        // Years begin in March, as in `from_unix_ms`.
        let year = year - i64::from(*month <= 2);
        let month = (month + 9) % 12;
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day
            - 1
            - 719_468;
        u64::try_from(days * 86_400 + hour * 3_600 + minute * 60 + second).ok()
    }
    /// `2026-01-01T09:05:01Z`, of Unix seconds.
    pub fn iso_text(seconds: u64) -> String {
        let moment = Self::from_unix_ms(seconds.saturating_mul(1_000));
        format!("{}T{}Z", moment.date_text(), moment.time_text())
    }
    /// `2026-01-01`.
    pub fn date_text(&self) -> String {
        let (year, month, day) = self.date;
        format!("{year:04}-{month:02}-{day:02}")
    }
    /// `09:05:01`.
    pub fn time_text(&self) -> String {
        let (hour, minute, second) = self.time;
        format!("{hour:02}:{minute:02}:{second:02}")
    }
    /// `2026-01-01 09:05:01.042 UTC`.
    pub fn full_text(&self) -> String {
        format!("{} {}.{:03} UTC", self.date_text(), self.time_text(), self.millis)
    }
}

/// A virtual instant as a moment.
pub fn virtual_moment(epoch_ms: u64, at_us: u64) -> Moment {
    Moment::from_unix_ms(epoch_ms.saturating_add(at_us / 1_000))
}

/// `just now`, `5 min ago`, `3 d ago`, by the visitor's clock.
pub fn format_ago(now_ms: f64, then_ms: f64) -> String {
    let seconds = ((now_ms - then_ms) / 1_000.0).max(0.0) as u64;
    match seconds {
        0..60 => "just now".into(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// `1 function`, `2 functions`.
pub fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", format_count(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let texts = [0, 420, 1_500, 12_340_000, 250_000_000, 7_200_000_000, 183_600_000_000]
            .map(format_micros);
        assert_eq!(
            texts,
            ["0 ms", "0.42 ms", "1.50 ms", "12.34 s", "4 min 10 s", "2 h", "2 d 3 h"]
        );
    }

    #[test]
    fn moments_are_right_across_leap_days() {
        assert_eq!(Moment::from_unix_ms(0).full_text(), "1970-01-01 00:00:00.000 UTC");
        assert_eq!(
            Moment::from_unix_ms(951_782_400_000).full_text(),
            "2000-02-29 00:00:00.000 UTC"
        );
        assert_eq!(
            Moment::from_unix_ms(1_767_225_600_042).full_text(),
            "2026-01-01 00:00:00.042 UTC"
        );
        assert_eq!(
            Moment::from_unix_ms(4_107_542_399_999).full_text(),
            "2100-02-28 23:59:59.999 UTC"
        );
    }

    #[test]
    fn times_that_are_typed_are_read_back() {
        for seconds in [0, 951_782_399, 951_782_400, 1_767_225_601, 4_107_542_399] {
            assert_eq!(Moment::seconds_of(&Moment::iso_text(seconds)), Some(seconds));
        }
        assert_eq!(Moment::seconds_of("2026-01-01 00:00"), Some(1_767_225_600));
        for text in ["", "soon", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z"] {
            assert_eq!(Moment::seconds_of(text), None, "{text}");
        }
    }

    #[test]
    fn counts_bytes_and_costs() {
        assert_eq!(format_count(1_234_567), "1,234,567");
        assert_eq!(format_count(12), "12");
        assert_eq!([10, 2_048, 3_500_000].map(format_bytes), ["10 B", "2.0 KB", "3.3 MB"]);
        assert_eq!(
            [0, 208, 2_100_000, 50_000_000].map(format_cost),
            ["$0", "$0.000000208", "$0.0021", "$0.0500"]
        );
        assert_eq!(plural(1, "function"), "1 function");
        assert_eq!(plural(1_000, "function"), "1,000 functions");
    }
}
