//! Time zones: a table of those that are asked for most, by the rules that hold now.
//!
//! The whole database of zones is larger than all of this service, and most of it is history; schedules are about the future. Names
//! that are not here are refused by name. Source: the public tz database, for years from 2026 on.
//!
//! Invariant: a local time that a change of clocks skips does not occur; one that occurs twice is taken the first time.

use crate::calendar::{date, day_number};

/// A zone: its standard offset and its summer time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Zone {
    minutes: i64,
    summer: Summer,
}

/// When clocks stand an hour ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Summer {
    Never,
    /// From the second Sunday of March to the first of November, at two o'clock local.
    America,
    /// From the last Sunday of March to the last of October, at one o'clock UTC.
    Europe,
    /// From the first Sunday of October to the first of April, at two o'clock standard time.
    Australia,
    /// From the last Sunday of September to the first of April, at two o'clock standard time.
    NewZealand,
}

use Summer::{America, Australia, Europe, Never, NewZealand};

/// Names by offset and rule.
const ZONES: [(i64, Summer, &str); 31] = [
    (
        0,
        Never,
        "UTC GMT Etc/UTC Etc/GMT Etc/UCT UCT Zulu Etc/Zulu Universal Africa/Abidjan Africa/Accra Atlantic/Reykjavik",
    ),
    (0, Europe, "Europe/London Europe/Dublin Europe/Lisbon GB WET"),
    (60, Never, "Africa/Lagos Africa/Algiers Africa/Tunis"),
    (
        60,
        Europe,
        "Europe/Paris Europe/Berlin Europe/Madrid Europe/Rome Europe/Amsterdam Europe/Brussels Europe/Vienna Europe/Zurich Europe/Stockholm Europe/Oslo Europe/Copenhagen Europe/Prague Europe/Warsaw Europe/Budapest Europe/Belgrade Europe/Zagreb Europe/Luxembourg CET MET",
    ),
    (120, Never, "Africa/Johannesburg Africa/Maputo Africa/Tripoli Europe/Kaliningrad"),
    (
        120,
        Europe,
        "Europe/Athens Europe/Helsinki Europe/Bucharest Europe/Sofia Europe/Kyiv Europe/Kiev Europe/Riga Europe/Vilnius Europe/Tallinn EET",
    ),
    (
        180,
        Never,
        "Europe/Istanbul Europe/Moscow Africa/Nairobi Asia/Riyadh Asia/Baghdad Asia/Kuwait Asia/Qatar Turkey",
    ),
    (210, Never, "Asia/Tehran"),
    (240, Never, "Asia/Dubai Asia/Baku Asia/Tbilisi Asia/Yerevan"),
    (270, Never, "Asia/Kabul"),
    (300, Never, "Asia/Karachi Asia/Tashkent Asia/Almaty"),
    (330, Never, "Asia/Kolkata Asia/Calcutta Asia/Colombo"),
    (345, Never, "Asia/Kathmandu"),
    (360, Never, "Asia/Dhaka"),
    (390, Never, "Asia/Yangon"),
    (420, Never, "Asia/Bangkok Asia/Jakarta Asia/Ho_Chi_Minh Asia/Saigon"),
    (
        480,
        Never,
        "Asia/Singapore Asia/Shanghai Asia/Hong_Kong Asia/Taipei Asia/Manila Asia/Kuala_Lumpur Australia/Perth Singapore PRC Hongkong",
    ),
    (540, Never, "Asia/Tokyo Asia/Seoul Japan ROK"),
    (570, Never, "Australia/Darwin"),
    (570, Australia, "Australia/Adelaide"),
    (600, Never, "Australia/Brisbane Pacific/Port_Moresby Pacific/Guam"),
    (
        600,
        Australia,
        "Australia/Sydney Australia/Melbourne Australia/Hobart Australia/Canberra Australia/ACT Australia/NSW Australia/Victoria",
    ),
    (720, NewZealand, "Pacific/Auckland NZ"),
    (
        -180,
        Never,
        "America/Sao_Paulo America/Buenos_Aires America/Argentina/Buenos_Aires America/Montevideo America/Bahia",
    ),
    (
        -240,
        Never,
        "America/Caracas America/La_Paz America/Puerto_Rico America/Manaus America/Santo_Domingo",
    ),
    (-240, America, "America/Halifax Atlantic/Bermuda Canada/Atlantic"),
    (
        -300,
        Never,
        "America/Bogota America/Lima America/Panama America/Jamaica America/Guayaquil EST",
    ),
    (
        -300,
        America,
        "America/New_York America/Toronto America/Detroit US/Eastern Canada/Eastern EST5EDT America/Montreal",
    ),
    (
        -360,
        Never,
        "America/Mexico_City America/Guatemala America/Costa_Rica America/El_Salvador America/Regina",
    ),
    (-360, America, "America/Chicago America/Winnipeg US/Central Canada/Central CST6CDT"),
    (-420, Never, "America/Phoenix US/Arizona MST America/Hermosillo"),
];

/// And those west of them.
const WEST: [(i64, Summer, &str); 4] = [
    (
        -420,
        America,
        "America/Denver America/Edmonton America/Boise US/Mountain Canada/Mountain MST7MDT",
    ),
    (
        -480,
        America,
        "America/Los_Angeles America/Vancouver America/Tijuana US/Pacific Canada/Pacific PST8PDT",
    ),
    (-540, America, "America/Anchorage US/Alaska"),
    (-600, Never, "Pacific/Honolulu US/Hawaii HST"),
];

/// Whether a name looks like one of the database.
pub(super) fn is_like(name: &str) -> bool {
    let areas = [
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    ];
    areas.iter().any(|area| name.strip_prefix(area).is_some_and(|rest| !rest.is_empty()))
}

impl Zone {
    pub(super) fn named(name: &str) -> Option<Self> {
        // "Etc/GMT+5" is five hours behind.
        if let Some(hours) = name.strip_prefix("Etc/GMT") {
            let (sign, digits) = match hours.split_at_checked(1) {
                Some(("+", digits)) => (-1, digits),
                Some(("-", digits)) => (1, digits),
                _ => (0, "0"),
            };
            let hours: i64 = digits.parse().ok().filter(|hours| *hours <= 14)?;
            return Some(Self { minutes: sign * hours * 60, summer: Never });
        }
        let all = ZONES.iter().chain(&WEST);
        let found =
            all.copied().find(|(_, _, names)| names.split(' ').any(|known| known == name))?;
        Some(Self { minutes: found.0, summer: found.1 })
    }

    /// Seconds that clocks stand ahead of UTC at this Unix second.
    fn offset_s(self, utc_s: u64) -> i64 {
        let standard = self.minutes * 60;
        let utc = i64::try_from(utc_s).unwrap_or(i64::MAX / 2);
        let (year, ..) = date(u64::try_from((utc + standard).div_euclid(86_400)).unwrap_or(0));
        // Of local standard time, except where all change at once.
        let local =
            |month, day: i64| (day_number(year, month, 1) + day) * 86_400 + 7_200 - standard;
        let is_summer = match self.summer {
            Never => false,
            America => {
                let from = local(3, nth_sunday(year, 3, 1));
                // At two o'clock of summer time.
                (from..local(11, nth_sunday(year, 11, 0)) - 3_600).contains(&utc)
            }
            Europe => {
                let at = |month| {
                    (day_number(year, month, 1) + last_sunday(year, month)) * 86_400 + 3_600
                };
                (at(3)..at(10)).contains(&utc)
            }
            Australia => !(local(4, nth_sunday(year, 4, 0))..local(10, nth_sunday(year, 10, 0)))
                .contains(&utc),
            NewZealand => {
                !(local(4, nth_sunday(year, 4, 0))..local(9, last_sunday(year, 9))).contains(&utc)
            }
        };
        standard + if is_summer { 3_600 } else { 0 }
    }

    /// What clocks show at this Unix second, as seconds.
    pub(super) fn local_s(self, utc_s: u64) -> u64 {
        utc_s.saturating_add_signed(self.offset_s(utc_s))
    }

    /// When clocks show this for the first time; none when they never do.
    pub(super) fn utc_s(self, local_s: u64) -> Option<u64> {
        // Both offsets that may hold; the larger one comes first.
        [3_600, 0].iter().find_map(|summer| {
            let offset = self.minutes * 60 + summer;
            let utc_s = local_s.checked_add_signed(-offset)?;
            (self.offset_s(utc_s) == offset).then_some(utc_s)
        })
    }
}

/// Days from the first of a month to its first Sunday, or so many weeks later.
fn nth_sunday(year: i64, month: u32, weeks: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    (3 - day_number(year, month, 1)).rem_euclid(7) + weeks * 7
}

fn last_sunday(year: i64, month: u32) -> i64 {
    let days = i64::from(crate::calendar::days_in(year, month));
    let fifth = nth_sunday(year, month, 4);
    if fifth < days { fifth } else { fifth - 7 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{iso_seconds, parse};

    #[track_caller]
    fn check(zone: &str, utc: &str, local: &str) {
        let zone = Zone::named(zone).expect("is known");
        let utc_s = parse(utc).expect("is a time");
        assert_eq!(iso_seconds(zone.local_s(utc_s)), local);
    }

    #[test]
    fn clocks_change_when_they_do() {
        check("America/New_York", "2026-03-08T06:59:59Z", "2026-03-08T01:59:59Z");
        check("America/New_York", "2026-03-08T07:00:00Z", "2026-03-08T03:00:00Z");
        check("America/New_York", "2026-11-01T05:59:59Z", "2026-11-01T01:59:59Z");
        check("America/New_York", "2026-11-01T06:00:00Z", "2026-11-01T01:00:00Z");
        check("Europe/Paris", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59Z");
        check("Europe/Paris", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z");
        check("Europe/Paris", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z");
        check("Australia/Sydney", "2026-01-01T00:00:00Z", "2026-01-01T11:00:00Z");
        check("Australia/Sydney", "2026-04-04T16:00:00Z", "2026-04-05T02:00:00Z");
        check("Pacific/Auckland", "2026-09-26T14:00:00Z", "2026-09-27T03:00:00Z");
        check("Asia/Kolkata", "2026-06-01T00:00:00Z", "2026-06-01T05:30:00Z");
        check("Etc/GMT+5", "2026-06-01T12:00:00Z", "2026-06-01T07:00:00Z");
        assert_eq!(Zone::named("Mars/Olympus"), None);
        assert_eq!(Zone::named("Etc/GMT+99"), None);
    }

    #[test]
    fn a_skipped_time_never_is_and_a_doubled_one_is_the_first() {
        let zone = Zone::named("America/New_York").expect("is known");
        let utc = |local: &str| zone.utc_s(parse(local).expect("is a time")).map(iso_seconds);
        assert_eq!(utc("2026-03-08T02:30:00Z"), None);
        assert_eq!(utc("2026-11-01T01:30:00Z").as_deref(), Some("2026-11-01T05:30:00Z"));
        assert_eq!(utc("2026-07-01T12:00:00Z").as_deref(), Some("2026-07-01T16:00:00Z"));
        assert_eq!(utc("2026-12-01T12:00:00Z").as_deref(), Some("2026-12-01T17:00:00Z"));
    }
}
