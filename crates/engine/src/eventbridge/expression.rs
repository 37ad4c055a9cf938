//! `rate(…)`, `cron(…)` and `at(…)`: what AWS's parsers take, and when the next time is.
//!
//! Sources: EventBridge "Setting a schedule pattern for scheduled rules", Scheduler "Schedule types in EventBridge Scheduler",
//! recorded refusals. All functions are pure; times are Unix seconds.

use crate::calendar;

/// When something happens again and again, or once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// Every so many seconds.
    Rate(u64),
    /// At these minutes.
    Cron(Box<Cron>),
    /// Once, at this second of the schedule's own clock.
    At(u64),
}

/// A cron expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cron {
    /// A bit for each value.
    minutes: u64,
    hours: u64,
    months: u64,
    days: Days,
    /// First and last years with their steps.
    years: Vec<(u32, u32, u32)>,
}

/// Of the two fields for days one says `?`, so that there is one rule for days.
#[derive(Debug, Clone, PartialEq)]
enum Days {
    /// Days of the month.
    OfMonth(u64),
    /// So many days before the last one.
    Last,
    /// The last day from Monday to Friday.
    LastWeekday,
    /// The day from Monday to Friday nearest to this one, in the same month.
    NearestWeekday(u32),
    /// Days of the week; bit 1 is Sunday.
    OfWeek(u64),
    /// The last one of its kind in the month.
    LastOfWeek(u32),
    /// The second, third … of its kind.
    NthOfWeek(u32, u32),
}

/// The last year that a cron expression can name.
const YEAR_MAX: u32 = 2_199;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Expression {
    /// As rules take it: no `at`, and one minute is no minutes.
    pub(crate) fn of_rule(text: &str) -> Option<Self> {
        match inner(text, "rate(") {
            Some(rate) => rate_of(rate, true),
            None => Some(Self::Cron(Box::new(Cron::parse(inner(text, "cron(")?)?))),
        }
    }

    /// As schedules take it.
    pub(crate) fn of_schedule(text: &str) -> Option<Self> {
        if let Some(rate) = inner(text, "rate(") {
            return rate_of(rate, false);
        }
        if let Some(at) = inner(text, "at(") {
            // Without a zone, which is a member of its own.
            let is_plain = at.len() == 19 && at.as_bytes()[10] == b'T';
            return calendar::parse(at).filter(|_| is_plain).map(Self::At);
        }
        Some(Self::Cron(Box::new(Cron::parse(inner(text, "cron(")?)?)))
    }

    /// The first time after this second.
    pub(crate) fn next(&self, after_s: u64) -> Option<u64> {
        match self {
            Self::Rate(seconds) => after_s.checked_add(*seconds),
            Self::Cron(cron) => cron.next(after_s),
            Self::At(at_s) => Some(*at_s).filter(|at_s| *at_s > after_s),
        }
    }
}

fn inner<'a>(text: &'a str, head: &str) -> Option<&'a str> {
    text.strip_prefix(head)?.strip_suffix(')')
}

fn rate_of(text: &str, strict: bool) -> Option<Expression> {
    let (number, unit) = text.split_once(' ')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = if digits { number.parse().ok()? } else { return None };
    let singular = unit.strip_suffix('s');
    let seconds = match singular.unwrap_or(unit) {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    if number == 0 || (strict && (number == 1) != singular.is_none()) {
        return None;
    }
    // Further than anybody looks.
    Some(Expression::Rate(number.checked_mul(seconds).filter(|seconds| *seconds < 1 << 40)?))
}

impl Cron {
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minutes, hours, of_month, months, of_week, years] = fields[..] else { return None };
        let days = match (of_month, of_week) {
            ("?", "?") => return None,
            (of_month, "?") => days_of_month(of_month)?,
            ("?", of_week) => days_of_week(of_week)?,
            _ => return None,
        };
        Some(Self {
            minutes: bits(minutes, 0, 59, &[])?,
            hours: bits(hours, 0, 23, &[])?,
            months: bits(months, 1, 12, &MONTHS)?,
            days,
            years: ranges(years, 1_970, YEAR_MAX, &[])?,
        })
    }

    /// The first minute after this second that it names.
    pub(crate) fn next(&self, after_s: u64) -> Option<u64> {
        let first_minute = after_s / 60 + 1;
        let (first_day, mut minute) = (first_minute / 1_440, first_minute % 1_440);
        let (mut year, mut month, mut day) = calendar::date(first_day);
        loop {
            let known = u32::try_from(year).ok().filter(|year| *year <= YEAR_MAX)?;
            let is_year = |(from, to, step): &(u32, u32, u32)| {
                (*from..=*to).contains(&known) && (known - from) % step == 0
            };
            if !self.years.iter().any(is_year) {
                (year, month, day, minute) = (year + 1, 1, 1, 0);
                continue;
            }
            let days = calendar::days_in(year, month);
            if self.months >> month & 1 == 0 || day > days {
                (month, day, minute) = (month + 1, 1, 0);
                if month > 12 {
                    (year, month) = (year + 1, 1);
                }
                continue;
            }
            let number = calendar::day_number(year, month, day);
            if self.days.hold(number, day, days)
                && let Some(found) = self.minute_from(minute)
            {
                let start = u64::try_from(number * 86_400).ok()?;
                return Some(start + found * 60);
            }
            (day, minute) = (day + 1, 0);
        }
    }

    /// The first minute of the day that is not before this one.
    fn minute_from(&self, minute: u64) -> Option<u64> {
        (minute..1_440)
            .find(|m| self.hours >> (m / 60) & 1 == 1 && self.minutes >> (m % 60) & 1 == 1)
    }
}

impl Days {
    /// Whether this day is one; `days` are those of its month.
    fn hold(&self, number: i64, day: u32, days: u32) -> bool {
        // 1970-01-01 was a Thursday; 1 is Sunday.
        let weekday_of = |number: i64| (number + 4).rem_euclid(7) as u32 + 1;
        let weekday = weekday_of(number);
        let first = number - i64::from(day) + 1;
        match self {
            Self::OfMonth(bits) => bits >> day & 1 == 1,
            Self::Last => day == days,
            Self::LastWeekday => day == nearest_weekday(days, days, weekday_of(first)),
            Self::NearestWeekday(wanted) => {
                *wanted <= days && day == nearest_weekday(*wanted, days, weekday_of(first))
            }
            Self::OfWeek(bits) => bits >> weekday & 1 == 1,
            Self::LastOfWeek(wanted) => weekday == *wanted && day + 7 > days,
            Self::NthOfWeek(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

/// The day from Monday to Friday that is nearest to a day, within the month whose first day's weekday is given.
fn nearest_weekday(day: u32, days: u32, first: u32) -> u32 {
    match (first - 1 + day - 1) % 7 + 1 {
        1 if day == days => day - 2,
        1 => day + 1,
        7 if day == 1 => day + 2,
        7 => day - 1,
        _ => day,
    }
}

fn days_of_month(text: &str) -> Option<Days> {
    match text {
        "L" => return Some(Days::Last),
        "LW" => return Some(Days::LastWeekday),
        _ => {}
    }
    match text.strip_suffix('W') {
        Some(day) => Some(Days::NearestWeekday(value(day, 1, 31, &[])?)),
        None => Some(Days::OfMonth(bits(text, 1, 31, &[])?)),
    }
}

fn days_of_week(text: &str) -> Option<Days> {
    if text == "L" {
        return Some(Days::OfWeek(1 << 7));
    }
    if let Some((day, nth)) = text.split_once('#') {
        return Some(Days::NthOfWeek(value(day, 1, 7, &WEEKDAYS)?, value(nth, 1, 5, &[])?));
    }
    match text.strip_suffix('L') {
        Some(day) => Some(Days::LastOfWeek(value(day, 1, 7, &WEEKDAYS)?)),
        None => Some(Days::OfWeek(bits(text, 1, 7, &WEEKDAYS)?)),
    }
}

/// A number or a name; names count from `min`.
fn value(text: &str, min: u32, max: u32, names: &[&str]) -> Option<u32> {
    if let Some(at) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return Some(min + at as u32);
    }
    let is_number = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    let number = if is_number { text.parse().ok()? } else { return None };
    (min..=max).contains(&number).then_some(number)
}

/// Ranges with steps, separated by commas.
fn ranges(text: &str, min: u32, max: u32, names: &[&str]) -> Option<Vec<(u32, u32, u32)>> {
    let mut all = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(value(step, 1, max.max(1), &[])?)),
            None => (part, None),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (min, max),
            (_, Some((from, to))) => (value(from, min, max, names)?, value(to, min, max, names)?),
            // "0/5": from this value on.
            (one, None) => {
                let from = value(one, min, max, names)?;
                (from, if step.is_some() { max } else { from })
            }
        };
        let step = step.unwrap_or(1);
        if from <= to {
            all.push((from, to, step));
        } else {
            // Over the end: from Friday to Monday.
            let left = (step - (max - from + 1) % step) % step;
            all.push((from, max, step));
            if min + left <= to {
                all.push((min + left, to, step));
            }
        }
    }
    Some(all)
}

fn bits(text: &str, min: u32, max: u32, names: &[&str]) -> Option<u64> {
    let ranges = ranges(text, min, max, names)?;
    let values = ranges.into_iter().flat_map(|(from, to, step)| (from..=to).step_by(step as usize));
    Some(values.fold(0, |bits, value| bits | 1 << value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first times after 2026-01-01T00:00:00Z, a Thursday.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let expression = Expression::of_schedule(text).expect("is valid");
        let mut at = 1_767_225_600;
        let mut found = Vec::new();
        for _ in expected {
            match expression.next(at) {
                Some(next) => at = next,
                None => break,
            }
            found.push(calendar::iso_seconds(at));
        }
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn next_times() {
        check("rate(5 minutes)", &["2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"]);
        check("rate(1 day)", &["2026-01-02T00:00:00Z"]);
        check("cron(0 10 * * ? *)", &["2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z"]);
        check(
            "cron(0/30 23 ? * MON-FRI *)",
            &[
                "2026-01-01T23:00:00Z",
                "2026-01-01T23:30:00Z",
                "2026-01-02T23:00:00Z",
                "2026-01-02T23:30:00Z",
                "2026-01-05T23:00:00Z",
            ],
        );
        check("cron(15 10 ? * 6L *)", &["2026-01-30T10:15:00Z", "2026-02-27T10:15:00Z"]);
        check("cron(0 0 ? * SAT#3 *)", &["2026-01-17T00:00:00Z", "2026-02-21T00:00:00Z"]);
        check("cron(0 8 L * ? *)", &["2026-01-31T08:00:00Z", "2026-02-28T08:00:00Z"]);
        check("cron(0 8 LW * ? *)", &["2026-01-30T08:00:00Z", "2026-02-27T08:00:00Z"]);
        check("cron(0 8 1W 2-3 ? *)", &["2026-02-02T08:00:00Z", "2026-03-02T08:00:00Z"]);
        check("cron(0 0 29 2 ? *)", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
        check(
            "cron(0 0 ? * FRI-MON *)",
            &[
                "2026-01-02T00:00:00Z",
                "2026-01-03T00:00:00Z",
                "2026-01-04T00:00:00Z",
                "2026-01-05T00:00:00Z",
                "2026-01-09T00:00:00Z",
            ],
        );
        check("cron(59 23 31 DEC ? 2026/2)", &["2026-12-31T23:59:00Z", "2028-12-31T23:59:00Z"]);
        check("at(2026-03-01T12:00:00)", &["2026-03-01T12:00:00Z"]);
    }

    #[test]
    fn what_is_over_has_no_next_time() {
        for text in [
            "cron(0/5 5 ? JAN 1-5 2022)",
            "cron(15 10 ? * 6L 2002-2005)",
            "cron(0 0 30 2 ? *)",
            "at(2025-01-01T00:00:00)",
        ] {
            let expression = Expression::of_schedule(text).expect("is valid");
            assert_eq!(expression.next(1_767_225_600), None, "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for text in [
            "rate(10 seconds)",
            "rate(10 years)",
            "rate(10)",
            "rate()",
            "rate(0 minutes)",
            "rate(-10 minutes)",
            "rate( 10 minutes )",
            " rate(10 minutes)",
            "rate(foo minutes)",
            "rate(10 minutess)",
            "rate(1.5 hours)",
            "rate(99999999999999999999 days)",
            "cron()",
            "cron(INVALID)",
            "cron(0 1 * * * *)",
            "cron(0 dummy ? * MON-FRI *)",
            "cron(7 20 * * NOT *)",
            "cron(71 8 1 * ? *)",
            "cron(* * ? * ? *)",
            "cron(0 0 1 1 ?)",
            "cron(0 0 ? * MON#6 *)",
            "cron(0 0 0 * ? *)",
            "cron(0/0 * * * ? *)",
            "",
        ] {
            assert_eq!(Expression::of_rule(text), None, "{text}");
            assert_eq!(Expression::of_schedule(text), None, "{text}");
        }
        assert_eq!(Expression::of_schedule("at(2021-12-31T23:59:59Z)"), None);
        assert_eq!(Expression::of_schedule("at(2021-12-31)"), None);
        assert_eq!(Expression::of_rule("at(2021-12-31T23:59:59)"), None);
        assert_eq!(Expression::of_rule("rate(1 minutes)"), None);
        assert_eq!(Expression::of_rule("rate(2 minute)"), None);
    }
}
