//! Moments of a conversation that can be seen on its time line.

use viva_protocol::rest::ExportedTurn;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Happened {
    /// The user began to speak.
    SpeechBegan,
    /// The user's last sound.
    SpeechEnded,
    /// The turn was decided to be over.
    Endpoint,
    /// The language model's first words came.
    FirstToken,
    /// The answer's first sound was heard.
    FirstAudio,
    /// The answer was cut.
    Interrupted,
}

/// Which side of the time line a mark is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The user's, above.
    Above,
    /// The AI's, below.
    Below,
}

impl Happened {
    /// Everything that can, in the order in which it does in a turn.
    pub const ALL: [Self; 6] = [
        Self::SpeechBegan,
        Self::SpeechEnded,
        Self::Endpoint,
        Self::FirstToken,
        Self::FirstAudio,
        Self::Interrupted,
    ];

    /// A word for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpeechBegan => "speech-began",
            Self::SpeechEnded => "speech-ended",
            Self::Endpoint => "endpoint",
            Self::FirstToken => "first-token",
            Self::FirstAudio => "first-audio",
            Self::Interrupted => "interrupted",
        }
    }

    /// Which one is shown where there is no room for all: the lowest.
    fn rank(self) -> u8 {
        match self {
            Self::Interrupted => 0,
            Self::FirstAudio => 1,
            Self::SpeechEnded => 2,
            Self::SpeechBegan => 3,
            Self::Endpoint => 4,
            Self::FirstToken => 5,
        }
    }

    /// On whose side it is shown.
    pub fn half(self) -> Half {
        match self {
            Self::SpeechBegan | Self::SpeechEnded | Self::Endpoint => Half::Above,
            Self::FirstToken | Self::FirstAudio | Self::Interrupted => Half::Below,
        }
    }

    /// The outline of its mark in a square of 10, corner by corner: no two look alike, whatever their colours.
    pub fn outline(self) -> &'static [(f64, f64)] {
        match self {
            Self::SpeechBegan => &[(2.0, 0.0), (9.0, 5.0), (2.0, 10.0)],
            Self::SpeechEnded => &[(8.0, 0.0), (8.0, 10.0), (1.0, 5.0)],
            Self::Endpoint => &[(1.0, 1.0), (9.0, 1.0), (9.0, 9.0), (1.0, 9.0)],
            Self::FirstToken => &[(5.0, 0.0), (10.0, 5.0), (5.0, 10.0), (0.0, 5.0)],
            Self::FirstAudio => &[(5.0, 0.0), (10.0, 9.0), (0.0, 9.0)],
            Self::Interrupted => &[
                (2.0, 0.0),
                (5.0, 3.0),
                (8.0, 0.0),
                (10.0, 2.0),
                (7.0, 5.0),
                (10.0, 8.0),
                (8.0, 10.0),
                (5.0, 7.0),
                (2.0, 10.0),
                (0.0, 8.0),
                (3.0, 5.0),
                (0.0, 2.0),
            ],
        }
    }

    fn at_ms(self, turn: &ExportedTurn) -> Option<f64> {
        let marks = &turn.marks;
        match self {
            Self::SpeechBegan => marks.speech_started_ms,
            Self::SpeechEnded => marks.speech_ended_ms,
            Self::Endpoint => marks.endpointed_ms,
            Self::FirstToken => marks.llm_first_token_ms,
            Self::FirstAudio => {
                let silence_ms = marks.leading_silence_ms.unwrap_or_default();
                Some(marks.playback_started_ms? + silence_ms)
            }
            Self::Interrupted => turn.turn.interrupted_at_ms.or(marks.interrupted_ms),
        }
    }
}

/// A moment on the time line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// What happened.
    pub happened: Happened,
    /// In which turn.
    pub turn_number: u16,
    /// When, in ms since the session began.
    pub at_ms: f64,
}

/// All marks of a conversation, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marks(Vec<Mark>);

impl Marks {
    /// Those of these turns.
    pub fn of(turns: &[ExportedTurn]) -> Self {
        let of_turn = |turn: &ExportedTurn| {
            Happened::ALL.map(|happened| {
                Some(Mark {
                    happened,
                    turn_number: turn.turn.turn_number,
                    at_ms: happened.at_ms(turn)?,
                })
            })
        };
        let mut marks: Vec<Mark> = turns.iter().flat_map(of_turn).flatten().collect();
        marks.sort_by(|one, other| one.at_ms.total_cmp(&other.at_ms));
        Self(marks)
    }

    /// Those between two moments.
    pub fn between(&self, from_ms: f64, to_ms: f64) -> &[Mark] {
        let first = self.0.partition_point(|mark| mark.at_ms < from_ms);
        let end = self.0.partition_point(|mark| mark.at_ms <= to_ms);
        &self.0[first..end.max(first)]
    }

    /// Those between two moments that are shown when no two on a side may be nearer to each other than this.
    pub fn shown(&self, from_ms: f64, to_ms: f64, apart_ms: f64) -> Vec<Mark> {
        let mut marks = self.between(from_ms, to_ms).to_vec();
        marks.sort_by_key(|mark| mark.happened.rank());
        let mut shown: Vec<Mark> = Vec::new();
        for mark in marks {
            let is_near = |other: &Mark| {
                other.happened.half() == mark.happened.half() && (other.at_ms - mark.at_ms).abs() < apart_ms
            };
            if !shown.iter().any(is_near) {
                shown.push(mark);
            }
        }
        shown
    }

    /// The next one on a side, at most so far away.
    pub fn nearest(&self, half: Half, ms: f64, within_ms: f64) -> Option<Mark> {
        let near = self.between(ms - within_ms, ms + within_ms).iter();
        let distance = |mark: &Mark| (mark.at_ms - ms).abs();
        near.filter(|mark| mark.happened.half() == half)
            .min_by(|one, other| distance(one).total_cmp(&distance(other)))
            .copied()
    }

    /// The first one that comes after this moment.
    pub fn after(&self, ms: f64) -> Option<Mark> {
        let next = self.0.partition_point(|mark| mark.at_ms <= ms);
        self.0.get(next).copied()
    }

    /// The last one before it.
    pub fn before(&self, ms: f64) -> Option<Mark> {
        let next = self.0.partition_point(|mark| mark.at_ms < ms);
        self.0.get(next.checked_sub(1)?).copied()
    }

    /// Which of them there are, in the order of a turn.
    pub fn kinds(&self) -> Vec<Happened> {
        let is_there = |happened: &Happened| self.0.iter().any(|mark| mark.happened == *happened);
        Happened::ALL.into_iter().filter(is_there).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use viva_protocol::rest::TurnMarks;

    use super::super::samples::{at, turn};
    use super::*;

    fn marks() -> Marks {
        Marks::of(&[turn(1, 1_000.0), turn(2, 6_000.0)])
    }

    #[test]
    fn a_turn_has_its_marks_in_order() {
        let marks = marks();
        let first: Vec<(Happened, f64)> = marks
            .between(0.0, 5_000.0)
            .iter()
            .map(|mark| (mark.happened, mark.at_ms))
            .collect();
        let expected = [
            (Happened::SpeechBegan, 1_200.0),
            (Happened::SpeechEnded, 2_000.0),
            (Happened::Endpoint, 2_500.0),
            (Happened::FirstToken, 2_700.0),
            (Happened::FirstAudio, 3_010.0),
        ];
        assert_eq!(first, expected);
        assert_eq!(marks.kinds().len(), 5);
    }

    #[test]
    fn what_nobody_reported_to_have_heard_is_not_called_heard_and_a_cut_answer_is_marked() {
        let mut cut = turn(1, 0.0);
        cut.turn.interrupted_at_ms = Some(3_500.0);
        cut.marks = TurnMarks {
            first_audio_sent_ms: Some(900.0),
            ..at(0.0)
        };
        cut.marks.playback_started_ms = None;
        let marks = Marks::of(&[cut]);
        let of = |happened: Happened| {
            let found = marks.0.iter().find(|mark| mark.happened == happened);
            found.map(|mark| mark.at_ms)
        };
        assert_eq!(of(Happened::FirstAudio), None);
        assert_eq!(of(Happened::FirstToken), Some(1_700.0));
        assert_eq!(of(Happened::Interrupted), Some(3_500.0));
    }

    #[test]
    fn where_there_is_no_room_for_all_the_ones_that_matter_most_are_shown() {
        let shown = |apart_ms| {
            let shown = marks().shown(0.0, 5_000.0, apart_ms);
            shown.iter().map(|mark| mark.happened).collect::<Vec<_>>()
        };
        assert_eq!(shown(10.0).len(), 5);
        let expected = [Happened::FirstAudio, Happened::SpeechEnded, Happened::SpeechBegan];
        assert_eq!(shown(600.0), expected);
        assert_eq!(shown(1_000.0), expected[..2]);
    }

    #[test]
    fn one_points_at_the_nearest_of_a_side() {
        let marks = marks();
        let nearest = |half, ms| marks.nearest(half, ms, 100.0).map(|mark| mark.happened);
        assert_eq!(nearest(Half::Above, 2_090.0), Some(Happened::SpeechEnded));
        assert_eq!(nearest(Half::Below, 2_640.0), Some(Happened::FirstToken));
        assert_eq!(
            nearest(Half::Above, 2_640.0),
            None,
            "it is 140 ms to the endpoint"
        );
    }

    #[test]
    fn one_walks_from_mark_to_mark() {
        let marks = marks();
        assert_eq!(
            marks.after(0.0).map(|mark| mark.happened),
            Some(Happened::SpeechBegan)
        );
        assert_eq!(marks.after(2_000.0).map(|mark| mark.at_ms), Some(2_500.0));
        assert_eq!(marks.before(2_000.0).map(|mark| mark.at_ms), Some(1_200.0));
        assert_eq!(
            marks
                .before(7_000.0)
                .map(|mark| (mark.turn_number, mark.happened)),
            Some((2, Happened::SpeechBegan))
        );
        assert_eq!((marks.before(0.0), marks.after(1e9)), (None, None));
    }

    #[test]
    fn no_two_look_alike_or_are_called_the_same() {
        let names: HashSet<&str> = Happened::ALL.map(Happened::name).into();
        assert_eq!(names.len(), 6);
        for (n, one) in Happened::ALL.into_iter().enumerate() {
            for other in &Happened::ALL[..n] {
                assert_ne!(one.outline(), other.outline());
            }
        }
    }
}
