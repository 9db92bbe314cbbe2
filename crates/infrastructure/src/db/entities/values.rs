//! How single values are kept: what both databases have in common.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use thiserror::Error;
use viva_domain::sessions::InvalidPrompt;

/// A row that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the column {column} holds a value that makes no sense")]
pub(crate) struct DamagedRow {
    pub(crate) column: &'static str,
}

pub(super) fn damaged(column: &'static str) -> DamagedRow {
    DamagedRow { column }
}

/// The column of a prompt's text that makes no sense.
pub(super) fn prompt_column(err: &InvalidPrompt) -> &'static str {
    match err {
        InvalidPrompt::TooLong { field, .. } | InvalidPrompt::ControlCharacter { field } => match *field {
            "scenario_context" => "scenario",
            field => field,
        },
    }
}

/// Cut to the microsecond, which is what PostgreSQL keeps.
pub(crate) fn whole_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// PostgreSQL keeps no NUL in a text.
pub(crate) fn text(raw: &str) -> String {
    raw.replace('\0', "\u{FFFD}")
}

pub(super) fn optional_text(raw: Option<&str>) -> Option<String> {
    raw.map(text)
}

/// Counts beyond 2^63 do not happen; they are kept as the largest that can be.
pub(crate) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn read_count(value: i64, column: &'static str) -> Result<u64, DamagedRow> {
    u64::try_from(value).map_err(|_| damaged(column))
}

/// A duration in microseconds, cut to them.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

pub(super) fn read_micros(value: Option<i64>, column: &'static str) -> Result<Option<Duration>, DamagedRow> {
    let micros = value.map(|value| read_count(value, column)).transpose()?;
    Ok(micros.map(Duration::from_micros))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn durations_survive_to_the_microsecond(us in 0..u64::MAX / 2, ns in 0..1_000_u64) {
            let whole = Duration::from_micros(us);
            let duration = whole + Duration::from_nanos(ns);
            prop_assert_eq!(read_micros(Some(micros(duration)), "x"), Ok(Some(whole)));
        }
    }

    #[test]
    fn nonsense_names_its_column() {
        assert_eq!(read_micros(Some(-1), "played_us"), Err(damaged("played_us")));
        assert_eq!(read_micros(None, "played_us"), Ok(None));
        assert_eq!(
            read_micros(Some(micros(Duration::MAX)), "x").map(|d| d.is_some()),
            Ok(true)
        );
    }
}
