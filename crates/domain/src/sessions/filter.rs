use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use thiserror::Error;

use super::config::InteractionMode;
use super::days::{UnknownTimeZone, UserTimeZone};
use super::search::{InvalidSearch, TextSearch};
use super::session::SessionStatus;

/// Longest id of a provider that is looked for, in characters.
const MAX_PROVIDER_CHARS: usize = 200;

/// Which sessions a list holds; one without conditions holds all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionFilter {
    /// Only those in this mode.
    pub mode: Option<InteractionMode>,
    /// Only those in this state.
    pub status: Option<SessionStatus>,
    /// Only those in which this provider took part.
    pub provider: Option<String>,
    /// Only those that began at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those that began before this time.
    pub before: Option<DateTime<Utc>>,
    /// Only those in which this was said, or heard.
    pub text: Option<TextSearch>,
    /// Only those that were there when a list with this bound was asked for: so pages of a list stay the same ones while
    /// sessions start.
    pub bound: Option<u64>,
}

/// Conditions as somebody wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RawSessionFilter<'a> {
    /// Name of a mode.
    pub mode: Option<&'a str>,
    /// Name of a status.
    pub status: Option<&'a str>,
    /// Id of a provider.
    pub provider: Option<&'a str>,
    /// The first day.
    pub start_date: Option<&'a str>,
    /// The last day, which is in it.
    pub end_date: Option<&'a str>,
    /// Where these days are days; UTC when it is absent.
    pub time_zone: Option<&'a str>,
    /// Text to search for.
    pub text: Option<&'a str>,
    /// Bound of an earlier list.
    pub bound: Option<&'a str>,
}

/// A condition that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidFilter {
    /// No such mode.
    #[error("the mode is neither realtime nor cascade")]
    Mode,
    /// No such status.
    #[error("the status is none of active, completed, disconnected, error and superseded")]
    Status,
    /// Nothing that a provider is called.
    #[error("the provider is no id of one: one word of at most {MAX_PROVIDER_CHARS} characters")]
    Provider,
    /// No day.
    #[error("{field} is no day of the years 1 to 9999 such as 2026-11-30")]
    Date {
        /// Which condition.
        field: &'static str,
    },
    /// The last day comes before the first.
    #[error("end_date comes before start_date")]
    Reversed,
    /// No time zone.
    #[error(transparent)]
    TimeZone(#[from] UnknownTimeZone),
    /// No text to search for.
    #[error(transparent)]
    Text(#[from] InvalidSearch),
    /// No bound that a list ever had.
    #[error("the bound is not that of an earlier page")]
    Bound,
}

impl SessionFilter {
    /// Checks the conditions; a blank one is none.
    ///
    /// # Errors
    /// [`InvalidFilter`] for the first that makes no sense.
    pub fn parse(raw: RawSessionFilter<'_>) -> Result<Self, InvalidFilter> {
        let zone = given(raw.time_zone).map(str::parse::<UserTimeZone>).transpose()?;
        let zone = zone.unwrap_or_default();
        let first = date("start_date", raw.start_date)?;
        let last = date("end_date", raw.end_date)?;
        if first.zip(last).is_some_and(|(first, last)| last < first) {
            return Err(InvalidFilter::Reversed);
        }
        Ok(Self {
            mode: given(raw.mode).map(mode).transpose()?,
            status: given(raw.status).map(status).transpose()?,
            provider: given(raw.provider).map(provider).transpose()?,
            from: first.and_then(|day| zone.beginning_of(day)),
            before: last.and_then(|day| zone.end_of(day)),
            text: given(raw.text).map(TextSearch::parse).transpose()?,
            bound: given(raw.bound).map(bound).transpose()?,
        })
    }
}

fn given(raw: Option<&str>) -> Option<&str> {
    raw.map(str::trim).filter(|raw| !raw.is_empty())
}

fn mode(name: &str) -> Result<InteractionMode, InvalidFilter> {
    [InteractionMode::Realtime, InteractionMode::Cascade]
        .into_iter()
        .find(|mode| mode.as_str() == name)
        .ok_or(InvalidFilter::Mode)
}

fn status(name: &str) -> Result<SessionStatus, InvalidFilter> {
    SessionStatus::from_name(name).ok_or(InvalidFilter::Status)
}

fn provider(id: &str) -> Result<String, InvalidFilter> {
    let is_word = !id.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    let is_short = id.chars().count() <= MAX_PROVIDER_CHARS;
    (is_word && is_short)
        .then(|| id.to_owned())
        .ok_or(InvalidFilter::Provider)
}

fn bound(number: &str) -> Result<u64, InvalidFilter> {
    number.parse().map_err(|_| InvalidFilter::Bound)
}

/// A day of a year of four digits.
fn date(field: &'static str, raw: Option<&str>) -> Result<Option<NaiveDate>, InvalidFilter> {
    let Some(raw) = given(raw) else {
        return Ok(None);
    };
    let is_shaped = raw.len() == 10 && raw.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = is_shaped.then(|| raw.parse::<NaiveDate>()).and_then(Result::ok);
    let is_kept = |day: &NaiveDate| day.year() >= 1;
    day.filter(is_kept).map(Some).ok_or(InvalidFilter::Date { field })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::sessions::EndStatus;

    const NONE: RawSessionFilter<'_> = RawSessionFilter {
        mode: None,
        status: None,
        provider: None,
        start_date: None,
        end_date: None,
        time_zone: None,
        text: None,
        bound: None,
    };

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn blank_conditions_are_none() {
        let blank = RawSessionFilter {
            mode: Some(""),
            status: Some(" "),
            provider: Some(""),
            start_date: Some(""),
            end_date: Some(" "),
            time_zone: Some(""),
            text: Some("  "),
            bound: Some(""),
        };
        assert_eq!(SessionFilter::parse(blank), Ok(SessionFilter::default()));
    }

    #[test]
    fn conditions_are_read() {
        let filter = SessionFilter::parse(RawSessionFilter {
            mode: Some("cascade"),
            status: Some("superseded"),
            provider: Some(" deepgram "),
            start_date: Some("2026-10-24"),
            end_date: Some("2026-10-25"),
            time_zone: Some("Europe/Berlin"),
            text: Some("訂單"),
            bound: Some("7"),
        });
        let expected = SessionFilter {
            mode: Some(InteractionMode::Cascade),
            status: Some(SessionStatus::Ended(EndStatus::Superseded)),
            provider: Some("deepgram".to_owned()),
            from: Some(time("2026-10-23T22:00:00Z")),
            // This night clocks are put back.
            before: Some(time("2026-10-25T23:00:00Z")),
            text: Some(TextSearch::parse("訂單").unwrap()),
            bound: Some(7),
        };
        assert_eq!(filter, Ok(expected));
    }

    #[test]
    fn a_day_is_one_day() {
        let filter = SessionFilter::parse(RawSessionFilter {
            start_date: Some("2026-11-30"),
            end_date: Some("2026-11-30"),
            time_zone: Some(" 08:00"),
            ..NONE
        })
        .unwrap();
        assert_eq!(filter.from, Some(time("2026-11-29T16:00:00Z")));
        assert_eq!(filter.before, Some(time("2026-11-30T16:00:00Z")));
    }

    #[test]
    fn the_last_of_all_days_ends_never() {
        let filter = SessionFilter::parse(RawSessionFilter {
            end_date: Some("9999-12-31"),
            ..NONE
        });
        assert_eq!(filter, Ok(SessionFilter::default()));
    }

    #[rstest]
    #[case(RawSessionFilter { mode: Some("Realtime"), ..NONE }, InvalidFilter::Mode)]
    #[case(RawSessionFilter { status: Some("over"), ..NONE }, InvalidFilter::Status)]
    #[case(RawSessionFilter { provider: Some("a b"), ..NONE }, InvalidFilter::Provider)]
    #[case(RawSessionFilter { provider: Some("a\0"), ..NONE }, InvalidFilter::Provider)]
    #[case(RawSessionFilter { start_date: Some("2026-02-29"), ..NONE }, InvalidFilter::Date { field: "start_date" })]
    #[case(RawSessionFilter { end_date: Some("30.11.2026"), ..NONE }, InvalidFilter::Date { field: "end_date" })]
    #[case(RawSessionFilter { end_date: Some("2026-11-3"), ..NONE }, InvalidFilter::Date { field: "end_date" })]
    #[case(RawSessionFilter { start_date: Some("0000-01-01"), ..NONE }, InvalidFilter::Date { field: "start_date" })]
    #[case(RawSessionFilter { time_zone: Some("Berlin"), ..NONE }, InvalidFilter::TimeZone(UnknownTimeZone))]
    #[case(RawSessionFilter { text: Some("?"), ..NONE }, InvalidFilter::Text(InvalidSearch::NoWord))]
    #[case(RawSessionFilter { bound: Some("-1"), ..NONE }, InvalidFilter::Bound)]
    #[case(
        RawSessionFilter { start_date: Some("2026-11-30"), end_date: Some("2026-11-29"), ..NONE },
        InvalidFilter::Reversed
    )]
    fn nonsense_is_refused(#[case] raw: RawSessionFilter<'_>, #[case] err: InvalidFilter) {
        assert_eq!(SessionFilter::parse(raw), Err(err));
    }
}
