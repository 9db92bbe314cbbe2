//! The silence between the user's last sound and the AI's first, part by part.

use viva_protocol::rest::ExportedTurn;

use crate::state::latency::{Segment, segments};

/// How long the AI took to answer, on the time line.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The turn.
    pub turn_number: u16,
    /// The user's last sound, in ms since the session began.
    pub at_ms: f64,
    /// Its parts, one after the other.
    pub parts: Vec<Segment>,
    /// How long it was: with what makes the parts too long, too. `None` where no answer was heard.
    pub total_ms: Option<f64>,
}

impl Gap {
    fn of(turn: &ExportedTurn) -> Option<Self> {
        let parts: Vec<Segment> = segments(&turn.turn.latency)
            .into_iter()
            .filter(|part| part.ms > 0.0)
            .collect();
        let at_ms = turn.marks.speech_ended_ms.filter(|_| !parts.is_empty())?;
        Some(Self {
            turn_number: turn.turn.turn_number,
            at_ms,
            parts,
            total_ms: turn.turn.latency.total_ms,
        })
    }

    /// Where the last part ends.
    pub fn end_ms(&self) -> f64 {
        let last = self.parts.last();
        self.at_ms + last.map_or(0.0, |last| last.start_ms + last.ms)
    }

    /// The part at a moment.
    pub fn part_at(&self, ms: f64) -> Option<Segment> {
        let within = ms - self.at_ms;
        let is_there = |part: &&Segment| (part.start_ms..part.start_ms + part.ms).contains(&within);
        self.parts.iter().find(is_there).copied()
    }
}

/// All of a conversation, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gaps(Vec<Gap>);

impl Gaps {
    /// Those of these turns.
    pub fn of(turns: &[ExportedTurn]) -> Self {
        let mut gaps: Vec<Gap> = turns.iter().filter_map(Gap::of).collect();
        gaps.sort_by(|one, other| one.at_ms.total_cmp(&other.at_ms));
        Self(gaps)
    }

    /// Those of which something lies between two moments.
    pub fn between(&self, from_ms: f64, to_ms: f64) -> impl Iterator<Item = &Gap> {
        let begun = self.0.partition_point(|gap| gap.at_ms <= to_ms);
        self.0[..begun].iter().filter(move |gap| gap.end_ms() >= from_ms)
    }

    /// The one at a moment, give or take.
    pub fn at(&self, ms: f64, within_ms: f64) -> Option<&Gap> {
        self.between(ms - within_ms, ms + within_ms).last()
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Gap> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Gaps {
    type Item = &'a Gap;
    type IntoIter = std::slice::Iter<'a, Gap>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::turn;
    use super::*;
    use crate::state::latency::Stage;

    #[test]
    fn a_gap_begins_with_the_last_sound_and_has_its_parts_to_scale() {
        let gaps = Gaps::of(&[turn(1, 1_000.0)]);
        let gap = gaps.at(2_100.0, 0.0).unwrap();
        assert_eq!((gap.turn_number, gap.at_ms, gap.end_ms()), (1, 2_000.0, 3_010.0));
        let stage = |ms| gap.part_at(ms).map(|part| part.stage);
        assert_eq!(stage(2_000.0), Some(Stage::Endpointing));
        assert_eq!(stage(2_500.0), Some(Stage::Llm));
        assert_eq!(stage(2_999.0), Some(Stage::Tts));
        assert_eq!(stage(3_005.0), Some(Stage::Silence));
        assert_eq!(stage(3_010.0), None);
    }

    #[test]
    fn its_total_is_the_measured_one_also_where_its_parts_are_longer() {
        let mut too_long = turn(1, 1_000.0);
        too_long.turn.latency.total_ms = Some(980.0);
        too_long.turn.latency.unexplained_ms = Some(-30.0);
        let mut failed = turn(2, 6_000.0);
        failed.turn.latency.total_ms = None;
        let totals: Vec<Option<f64>> = Gaps::of(&[too_long, failed])
            .iter()
            .map(|gap| gap.total_ms)
            .collect();
        assert_eq!(totals, [Some(980.0), None]);
    }

    #[test]
    fn turns_without_figures_or_without_an_end_have_none() {
        let mut silent = turn(1, 0.0);
        silent.turn.latency = viva_protocol::ws::Latency::default();
        let mut endless = turn(2, 5_000.0);
        endless.marks.speech_ended_ms = None;
        assert_eq!(Gaps::of(&[silent, endless]).iter().count(), 0);
    }

    #[test]
    fn those_that_are_seen_are_found_also_where_they_are_narrow() {
        let gaps = Gaps::of(&[turn(1, 0.0), turn(2, 5_000.0), turn(3, 10_000.0)]);
        let seen = |from, to| {
            let found = gaps.between(from, to).map(|gap| gap.turn_number);
            found.collect::<Vec<_>>()
        };
        assert_eq!(seen(1_500.0, 6_500.0), [1, 2]);
        assert_eq!(seen(2_500.0, 5_500.0), [0; 0]);
        assert_eq!(gaps.at(2_100.0, 200.0).map(|gap| gap.turn_number), Some(1));
    }
}
