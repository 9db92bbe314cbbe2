//! What the runs of a server have seen of the wall clock, so that one that is set forward and back again removes nothing early.

use chrono::{DateTime, TimeDelta, Utc};

/// How long the clock has to hold to a time before that is believed: less than the day between two runs.
const PROOF: TimeDelta = TimeDelta::hours(20);

/// Times that the clock showed when runs began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockRecord {
    /// The newest that it still held to most of a day later.
    pub proven: Option<DateTime<Utc>>,
    /// One that it showed since.
    pub shown: Option<DateTime<Utc>>,
}

impl ClockRecord {
    /// A run begins, and the clock shows this. Answers as of when the run may remove things: the time of the run the day
    /// before, as a rule; `None` while no time is proven.
    pub fn note(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.shown {
            // What it held to for a day is true, whatever it shows now.
            Some(shown) if now - shown >= PROOF => {
                self.proven = self.proven.max(Some(shown));
                self.shown = Some(now);
            }
            Some(shown) if shown <= now => {}
            // It was set back: a later time was never true.
            Some(_) | None => self.shown = Some(now),
        }
        self.proven = self.proven.filter(|proven| *proven <= now);
        self.proven
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: i64 = 24 * 365;

    fn hour(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    /// As of when runs at these hours remove things.
    fn runs(hours: &[i64]) -> Vec<Option<i64>> {
        let mut record = ClockRecord::default();
        let as_of = hours.iter().map(|now| record.note(hour(*now)));
        as_of
            .map(|as_of| as_of.map(|as_of| (as_of - DateTime::UNIX_EPOCH).num_hours()))
            .collect()
    }

    #[test]
    fn each_run_goes_by_the_day_before() {
        assert_eq!(runs(&[0, 24, 48, 72]), [None, Some(0), Some(24), Some(48)]);
    }

    #[test]
    fn starting_again_and_again_proves_nothing() {
        assert_eq!(runs(&[0, 1, 2, 24, 25]), [None, None, None, Some(0), Some(0)]);
    }

    #[test]
    fn a_step_forward_that_is_taken_back_removes_nothing_early() {
        for step in [5, 24, YEAR] {
            let seen = runs(&[0, 24, 48 + step, 49 + step, 72, 96, 120]);
            for (as_of, truth) in seen.iter().zip([0, 24, 48, 49, 72, 96, 120]) {
                assert!(as_of.is_none_or(|as_of| as_of <= truth), "{step}: {seen:?}");
            }
            assert!(seen[6].is_some(), "it goes on: {seen:?}");
        }
    }

    #[test]
    fn a_step_forward_that_stays_is_believed_the_day_after() {
        assert_eq!(
            runs(&[0, 24, YEAR, YEAR + 24]),
            [None, Some(0), Some(24), Some(YEAR)]
        );
    }

    #[test]
    fn a_clock_that_was_proven_wrong_has_to_prove_itself_again() {
        assert_eq!(
            runs(&[YEAR, YEAR + 24, 48, 72, 96]),
            [None, Some(YEAR), None, Some(48), Some(72)]
        );
    }
}
