use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{
    DateTime, Datelike as _, Days, FixedOffset, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone,
    Timelike as _, Utc,
};
use chrono_tz::Tz;
use thiserror::Error;

/// Longer than any day was ever skipped by.
const LONGEST_GAP_MIN: i64 = 25 * 60;
/// Days of other years are not told apart by how they are stored.
const YEARS: RangeInclusive<i32> = 1..=9_999;

/// Where somebody is, as far as their days go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserTimeZone {
    /// A place, which may change its clocks.
    Place(Tz),
    /// So much ahead of UTC, always.
    Offset(FixedOffset),
}

/// A name that is no time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the time zone is neither a name such as Europe/Berlin nor an offset such as +02:00")]
pub struct UnknownTimeZone;

impl Default for UserTimeZone {
    fn default() -> Self {
        Self::Place(Tz::UTC)
    }
}

impl FromStr for UserTimeZone {
    type Err = UnknownTimeZone;

    /// Reads an IANA name, or an offset. One that begins with a digit had a plus, which a query turns into a space.
    fn from_str(raw: &str) -> Result<Self, UnknownTimeZone> {
        let raw = raw.trim();
        if let Ok(place) = raw.parse() {
            return Ok(Self::Place(place));
        }
        let (sign, ahead) = match raw.strip_prefix('-') {
            Some(ahead) => (-1, ahead),
            None => (1, raw.strip_prefix('+').unwrap_or(raw)),
        };
        let ahead = NaiveTime::parse_from_str(ahead, "%H:%M")
            .or_else(|_| NaiveTime::parse_from_str(ahead, "%H%M"))
            .map_err(|_| UnknownTimeZone)?;
        let ahead_s = i32::try_from(ahead.num_seconds_from_midnight()).map_err(|_| UnknownTimeZone)?;
        FixedOffset::east_opt(sign * ahead_s)
            .map(Self::Offset)
            .ok_or(UnknownTimeZone)
    }
}

impl UserTimeZone {
    /// When the day begins there: mostly at midnight. Where clocks were put forward at midnight, after that; where they were
    /// put back over it, at the first of the two midnights. `None` for a year that is not kept.
    pub fn beginning_of(self, day: NaiveDate) -> Option<DateTime<Utc>> {
        match self {
            Self::Place(place) => beginning(&place, day),
            Self::Offset(offset) => beginning(&offset, day),
        }
    }

    /// When the day is over there: when the next one begins. So days have 23, 24 or 25 hours, and none is in two of them.
    pub fn end_of(self, day: NaiveDate) -> Option<DateTime<Utc>> {
        self.beginning_of(day.checked_add_days(Days::new(1))?)
    }
}

fn beginning(zone: &impl TimeZone, day: NaiveDate) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    let first = |minutes: i64| {
        let local = midnight.checked_add_signed(TimeDelta::minutes(minutes))?;
        match zone.from_local_datetime(&local) {
            MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => Some(time.to_utc()),
            MappedLocalTime::None => None,
        }
    };
    let beginning = (0..=LONGEST_GAP_MIN).find_map(first)?;
    YEARS.contains(&beginning.year()).then_some(beginning)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> UserTimeZone {
        name.parse().unwrap()
    }

    #[rstest]
    #[case("UTC", "2026-03-29", "2026-03-29T00:00:00Z", 24)]
    #[case("Asia/Taipei", "2026-03-29", "2026-03-28T16:00:00Z", 24)]
    #[case("+05:45", "2026-03-29", "2026-03-28T18:15:00Z", 24)]
    #[case("-0930", "2026-03-29", "2026-03-29T09:30:00Z", 24)]
    // Clocks are put forward in the night of the first of these days, and back in that of the second.
    #[case("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", 23)]
    #[case("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", 25)]
    #[case("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", 25)]
    // They were put forward at midnight, so this day began at one o'clock.
    #[case("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23)]
    // They were put back at midnight, so this day had its last hour twice.
    #[case("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", 25)]
    // Midnight came twice.
    #[case("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", 25)]
    // Samoa left this day out.
    #[case("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0)]
    fn days_begin_and_end_where_the_user_is(
        #[case] name: &str,
        #[case] date: &str,
        #[case] begins: DateTime<Utc>,
        #[case] hours: i64,
    ) {
        let (zone, day) = (zone(name), day(date));
        assert_eq!(zone.beginning_of(day), Some(begins));
        assert_eq!(zone.end_of(day), Some(begins + TimeDelta::hours(hours)));
    }

    #[test]
    fn a_plus_that_became_a_space_is_read() {
        assert_eq!(zone(" 02:00"), zone("+02:00"));
    }

    #[rstest]
    #[case("")]
    #[case("Mars/Olympus")]
    #[case("+25:00")]
    #[case("+２:00")]
    #[case("+02:00 or so")]
    #[case("--02:00")]
    #[case("local")]
    fn nonsense_is_no_time_zone(#[case] name: &str) {
        assert_eq!(name.parse::<UserTimeZone>(), Err(UnknownTimeZone));
    }

    #[test]
    fn years_that_are_not_kept_have_no_days() {
        let utc = UserTimeZone::default();
        for date in ["9999-12-31", "+10000-01-01", "-0001-01-01"] {
            assert_eq!(utc.end_of(day(date)), None, "{date}");
        }
        assert_eq!(utc.end_of(NaiveDate::MAX), None);
    }
}
