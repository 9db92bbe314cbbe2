//! A conversation that was kept: what was said when, and how it is looked at and listened to again.

mod deletion;
mod follow;
mod gaps;
mod keys;
mod marks;
#[cfg(test)]
mod samples;
mod scale;
mod trouble;
mod waveform;

use std::sync::Arc;

use viva_protocol::rest::{AudioSide, ExportedTurn, LatencyStats, Session, SessionExport, SessionPeaks};
use viva_protocol::ws::Role;

pub use deletion::Deletion;
pub use follow::Follow;
pub use gaps::{Gap, Gaps};
pub use keys::{KeyAction, Step, Within, action};
pub use marks::{Half, Happened, Mark, Marks};
pub use scale::{Scale, Zoom};
pub use trouble::{Trouble, TroubleKind};
pub use waveform::Lane;

use crate::state::figures;

/// How fast it can be played, times real time.
pub const SPEEDS: [f64; 6] = [0.5, 0.75, 1.0, 1.25, 1.5, 2.0];

/// Players round the moment that they are sent to.
const ROUNDING_MS: f64 = 0.5;

/// How far the page has come with a conversation.
#[derive(Debug, Clone, Default)]
pub enum Opening {
    /// The server was asked.
    #[default]
    Loading,
    /// It said this.
    Open(Arc<Recorded>),
    /// It could not be asked, or does not have it.
    Failed(Trouble),
}

impl Opening {
    /// The conversation, once it is there.
    pub fn recorded(&self) -> Option<&Arc<Recorded>> {
        match self {
            Self::Open(recorded) => Some(recorded),
            Self::Loading | Self::Failed(_) => None,
        }
    }

    /// A word for style sheets and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Open(_) => "open",
            Self::Failed(_) => "failed",
        }
    }
}

/// A conversation that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The session.
    pub session: Session,
    /// From its beginning to the last sound of either side.
    pub length_ms: f64,
    /// Statistics of its latencies.
    pub statistics: LatencyStats,
    /// Its turns, in order.
    pub turns: Vec<RecordedTurn>,
    /// What the user's side sounded like.
    pub user: Lane,
    /// What the AI's side sounded like, as far as it was heard.
    pub ai: Lane,
    /// What happened when.
    pub marks: Marks,
    /// How long the AI took to answer.
    pub gaps: Gaps,
    /// Whether of some recordings it can only be estimated where they lie.
    pub is_estimated: bool,
}

/// A turn, and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedTurn {
    /// The turn.
    pub exported: ExportedTurn,
    /// When it begins.
    pub begins_ms: f64,
    /// When the user begins to be heard; `None` where they were not recorded.
    pub user_begins_ms: Option<f64>,
    /// When its answer begins; `None` where nothing of one was heard.
    pub answer_begins_ms: Option<f64>,
}

impl RecordedTurn {
    /// Its place in the session.
    pub fn number(&self) -> u16 {
        self.exported.turn.turn_number
    }

    /// When one side begins to be heard, if it is.
    pub fn side_begins_ms(&self, side: Role) -> Option<f64> {
        match side {
            Role::User => self.user_begins_ms,
            Role::Assistant => self.answer_begins_ms,
        }
    }
}

impl Recorded {
    /// What the server keeps of a session, put together.
    pub fn of(export: SessionExport, peaks: &SessionPeaks) -> Self {
        let turns = export.turns;
        let (marks, gaps) = (Marks::of(&turns), Gaps::of(&turns));
        let is_estimated = turns
            .iter()
            .flat_map(|turn| &turn.recordings)
            .any(|recording| recording.estimated);
        let mut free_from_ms = 0.0;
        let turns = turns.into_iter().map(|exported| {
            let user_begins_ms = first_sound(&exported, AudioSide::User);
            let answer_begins_ms = first_sound(&exported, AudioSide::Ai);
            let begins_ms = user_begins_ms
                .or(exported.marks.speech_started_ms)
                .or(answer_begins_ms)
                .unwrap_or_else(|| since(&export.session, &exported))
                .max(free_from_ms);
            free_from_ms = begins_ms;
            RecordedTurn {
                exported,
                begins_ms,
                user_begins_ms,
                answer_begins_ms,
            }
        });
        let turns = turns.collect();
        Self {
            turns,
            session: export.session,
            length_ms: export.length_ms,
            statistics: export.latency_stats,
            user: Lane::of(peaks, AudioSide::User),
            ai: Lane::of(peaks, AudioSide::Ai),
            marks,
            gaps,
            is_estimated,
        }
    }

    /// The place of the turn that a moment is in; `None` before the first one.
    pub fn turn_at(&self, ms: f64) -> Option<usize> {
        let begun = self
            .turns
            .partition_point(|turn| turn.begins_ms <= ms + ROUNDING_MS);
        begun.checked_sub(1)
    }

    /// From when to when a turn is the one that is heard.
    pub fn span_of(&self, place: usize) -> Option<(f64, f64)> {
        let turn = self.turns.get(place)?;
        let next = self.turns.get(place + 1);
        let end_ms = next.map_or(self.length_ms, |next| next.begins_ms);
        Some((turn.begins_ms, end_ms.max(turn.begins_ms)))
    }

    /// Where a step from a moment leads to.
    pub fn stepped(&self, from_ms: f64, step: Step) -> f64 {
        /// Shortly after its beginning, the turn before a turn is the one before it.
        const JUST_BEGUN_MS: f64 = 1_000.0;
        let to_ms = match step {
            Step::By(ms) => from_ms + ms,
            Step::Begin => 0.0,
            Step::End => self.length_ms,
            Step::NextTurn => {
                let next = self.turn_at(from_ms).map_or(0, |place| place + 1);
                self.turns.get(next).map_or(from_ms, |turn| turn.begins_ms)
            }
            Step::PreviousTurn => {
                let before = self
                    .turns
                    .partition_point(|turn| turn.begins_ms < from_ms - JUST_BEGUN_MS);
                let place = before.checked_sub(1);
                place.map_or(0.0, |place| self.turns[place].begins_ms)
            }
            Step::NextMark => self
                .marks
                .after(from_ms + ROUNDING_MS)
                .map_or(from_ms, |mark| mark.at_ms),
            Step::PreviousMark => self
                .marks
                .before(from_ms - ROUNDING_MS)
                .map_or(from_ms, |mark| mark.at_ms),
        };
        to_ms.clamp(0.0, self.length_ms)
    }

    /// How many turns were interrupted.
    pub fn interruptions(&self) -> u64 {
        self.statistics.interrupted_count
    }

    /// How long it lasted, as far as is known: to its end, or so far to its last sound.
    pub fn lasted_ms(&self) -> f64 {
        let to_end = self.session.ended_at.map(|end| end - self.session.started_at);
        #[expect(clippy::cast_precision_loss, reason = "a session lasts hours at most")]
        to_end.map_or(self.length_ms, |lasted| lasted.num_milliseconds() as f64)
    }
}

/// When a turn began, on the wall clock that turns always have.
#[expect(clippy::cast_precision_loss, reason = "a session lasts hours at most")]
fn since(session: &Session, turn: &ExportedTurn) -> f64 {
    let since = turn.turn.started_at - session.started_at;
    since.num_milliseconds() as f64
}

fn first_sound(turn: &ExportedTurn, side: AudioSide) -> Option<f64> {
    let recording = turn.recordings.iter().find(|recording| recording.side == side)?;
    recording.stretches.first().map(|stretch| stretch.at_ms)
}

/// A moment with its tenth of a second: `02:05.3`.
pub fn stamp(ms: f64) -> String {
    let tenths = whole(ms / 100.0);
    format!("{}.{}", figures::clock(tenths / 10), tenths % 10)
}

/// A moment without: `02:05`.
pub fn clock(ms: f64) -> String {
    figures::clock(whole(ms / 1_000.0))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, and nothing is before the beginning"
)]
fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::samples::{export, noon, turn};
    use super::*;

    /// Three turns, which begin at 1, 6 and 11 s; of the second the user was not recorded.
    fn recorded() -> Recorded {
        let mut turns = vec![turn(1, 1_000.0), turn(2, 6_000.0), turn(3, 11_000.0)];
        turns[1].recordings.remove(0);
        let peaks = SessionPeaks {
            window_ms: 20,
            length_ms: 14_000.0,
            recordings: Vec::new(),
        };
        Recorded::of(export(turns, 14_000.0), &peaks)
    }

    #[test]
    fn a_turn_is_heard_from_its_first_sound_to_the_next_one_s() {
        let recorded = recorded();
        let begins: Vec<f64> = recorded.turns.iter().map(|turn| turn.begins_ms).collect();
        assert_eq!(begins, [1_000.0, 6_200.0, 11_000.0]);
        for (ms, place) in [
            (0.0, None),
            (1_000.0, Some(0)),
            (6_199.0, Some(0)),
            (6_199.999, Some(1)),
            (6_200.0, Some(1)),
            (99_000.0, Some(2)),
        ] {
            assert_eq!(recorded.turn_at(ms), place, "{ms}");
        }
        assert_eq!(recorded.span_of(0), Some((1_000.0, 6_200.0)));
        assert_eq!(recorded.span_of(2), Some((11_000.0, 14_000.0)));
        assert_eq!(recorded.span_of(3), None);
    }

    #[test]
    fn turns_of_which_nothing_was_heard_begin_by_the_wall_clock_and_have_nothing_to_play() {
        let mut unknown = turn(2, 3_000.0);
        unknown.turn.started_at = noon(4);
        unknown.recordings.clear();
        unknown.marks = viva_protocol::rest::TurnMarks::default();
        let peaks = SessionPeaks {
            window_ms: 20,
            length_ms: 0.0,
            recordings: Vec::new(),
        };
        let turns = vec![turn(1, 1_000.0), unknown, turn(3, 6_000.0)];
        let recorded = Recorded::of(export(turns, 9_000.0), &peaks);
        assert_eq!(recorded.turns[1].begins_ms, 4_000.0);
        for side in [Role::User, Role::Assistant] {
            assert_eq!(recorded.turns[1].side_begins_ms(side), None);
        }
        assert_eq!(recorded.turn_at(3_999.0), Some(0), "the one before it is heard");
        assert_eq!(recorded.turn_at(4_000.0), Some(1));
    }

    #[test]
    fn a_side_is_played_from_where_it_is_heard() {
        let recorded = recorded();
        let sides = |turn: &RecordedTurn| [Role::User, Role::Assistant].map(|side| turn.side_begins_ms(side));
        assert_eq!(sides(&recorded.turns[0]), [Some(1_000.0), Some(3_000.0)]);
        assert_eq!(
            sides(&recorded.turns[1]),
            [None, Some(8_000.0)],
            "of which the user was not recorded"
        );
    }

    #[test]
    fn steps_lead_through_the_conversation_and_not_out_of_it() {
        let recorded = recorded();
        for (from, step, to) in [
            (500.0, Step::By(-5_000.0), 0.0),
            (12_000.0, Step::By(5_000.0), 14_000.0),
            (2_000.0, Step::By(5_000.0), 7_000.0),
            (0.0, Step::NextTurn, 1_000.0),
            (1_000.0, Step::NextTurn, 6_200.0),
            (12_000.0, Step::NextTurn, 12_000.0),
            (6_300.0, Step::PreviousTurn, 1_000.0),
            (8_000.0, Step::PreviousTurn, 6_200.0),
            (900.0, Step::PreviousTurn, 0.0),
            (8_000.0, Step::Begin, 0.0),
            (8_000.0, Step::End, 14_000.0),
            (1_300.0, Step::NextMark, 2_000.0),
            (1_999.999, Step::NextMark, 2_500.0),
            (2_000.001, Step::PreviousMark, 1_200.0),
            (100.0, Step::PreviousMark, 100.0),
        ] {
            assert_eq!(recorded.stepped(from, step), to, "{step:?} from {from}");
        }
    }

    #[test]
    fn it_lasted_to_its_end_or_so_far() {
        let mut recorded = recorded();
        assert_eq!(recorded.lasted_ms(), 20_000.0);
        recorded.session.ended_at = None;
        assert_eq!(recorded.lasted_ms(), 14_000.0);
    }

    #[test]
    fn moments_are_written_as_clocks_show_them() {
        assert_eq!(stamp(125_349.0), "02:05.3");
        assert_eq!(
            (clock(125_999.0), clock(0.0)),
            ("02:05".to_owned(), "00:00".to_owned())
        );
    }
}
