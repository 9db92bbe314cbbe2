use viva_protocol::rest::{SessionDetail, Turn};
use viva_protocol::ws::{Latency, MeasuredAt};

use crate::state::latency::{Stage, Statistics};

/// What is measured of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The whole latency.
    Total,
    /// A part of it.
    Part(Stage),
    /// The whole latency of turns that were interrupted.
    InterruptedTotal,
    /// How long it took until an interrupted answer was silent.
    UntilSilence,
}

impl Measure {
    /// A word for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Part(stage) => stage.name(),
            Self::InterruptedTotal => "interrupted-total",
            Self::UntilSilence => "until-silence",
        }
    }

    /// The part that it is.
    pub fn stage(self) -> Option<Stage> {
        match self {
            Self::Part(stage) => Some(stage),
            Self::Total | Self::InterruptedTotal | Self::UntilSilence => None,
        }
    }

    fn of(self, latency: &Latency) -> Option<f64> {
        match self {
            Self::Total | Self::InterruptedTotal => latency.total_ms,
            Self::Part(stage) => stage.of(latency),
            Self::UntilSilence => latency.interrupt_ms,
        }
    }

    /// Whether it is of interrupted turns only. Of what is not, they are shown apart and not counted.
    fn is_of_interrupted(self) -> bool {
        matches!(self, Self::InterruptedTotal | Self::UntilSilence)
    }

    fn dot(self, turn: &Turn) -> Option<Dot> {
        let is_total = matches!(self, Self::Total | Self::InterruptedTotal);
        Some(Dot {
            turn_number: turn.turn_number,
            ms: self.of(&turn.latency)?,
            is_estimated: is_total && turn.latency.measured == Some(MeasuredAt::Server),
        })
    }
}

/// A turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dot {
    /// Which one.
    pub turn_number: u16,
    /// What was measured.
    pub ms: f64,
    /// Whether that is an estimate, because no playback was reported.
    pub is_estimated: bool,
}

/// What a session has of a measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The turns that are counted.
    pub dots: Vec<Dot>,
    /// The interrupted ones that are not.
    pub apart: Vec<Dot>,
    /// What those that are counted are like; `None` when there is none.
    pub statistics: Option<Statistics>,
}

impl Sample {
    /// What these turns have of a measure.
    pub fn of(measure: Measure, turns: &[Turn]) -> Self {
        let dots = |interrupted| {
            let turns = turns.iter().filter(move |turn| turn.interrupted == interrupted);
            turns.filter_map(|turn| measure.dot(turn)).collect()
        };
        let counted: Vec<Dot> = dots(measure.is_of_interrupted());
        let apart = if measure.is_of_interrupted() {
            Vec::new()
        } else {
            dots(true)
        };
        Self {
            statistics: Statistics::of(counted.iter().map(|dot| dot.ms)),
            dots: counted,
            apart,
        }
    }

    /// Every turn, counted or not.
    pub fn all(&self) -> impl Iterator<Item = &Dot> {
        self.dots.iter().chain(&self.apart)
    }

    /// How many of the turns that are counted are estimates.
    pub fn estimated(&self) -> usize {
        self.dots.iter().filter(|dot| dot.is_estimated).count()
    }
}

/// The total, and the parts that some turn has, in order.
pub fn measured(columns: &[Option<&SessionDetail>]) -> Vec<Measure> {
    let has = |stage: &Stage| {
        let mut turns = columns.iter().flatten().flat_map(|column| &column.turns);
        turns.any(|turn| stage.of(&turn.latency).is_some())
    };
    let parts = Stage::ALL.into_iter().filter(has).map(Measure::Part);
    std::iter::once(Measure::Total).chain(parts).collect()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use serde_json::json;

    use super::super::samples::{session, turn};
    use super::*;

    fn turns() -> Vec<Turn> {
        let interrupted = json!({"interrupted": true});
        vec![
            turn(
                1,
                json!({"total_ms": 900.0, "measured": "client", "stt_ms": 40.0}),
                json!({}),
            ),
            turn(
                2,
                json!({"total_ms": 700.0, "measured": "server", "stt_ms": 60.0}),
                json!({}),
            ),
            turn(
                3,
                json!({"total_ms": 5_000.0, "measured": "client", "stt_ms": 99.0, "interrupt_ms": 84.0}),
                interrupted.clone(),
            ),
            turn(4, json!({}), json!({"failure": "the provider did not answer"})),
            turn(5, json!({"total_ms": 800.0, "measured": "client"}), json!({})),
            turn(6, json!({"interrupt_ms": 120.0}), interrupted),
        ]
    }

    fn numbers(dots: &[Dot]) -> Vec<u16> {
        dots.iter().map(|dot| dot.turn_number).collect()
    }

    #[test]
    fn interrupted_turns_are_apart_and_in_no_figure_of_the_others() {
        let total = Sample::of(Measure::Total, &turns());
        assert_eq!(
            (numbers(&total.dots), numbers(&total.apart)),
            (vec![1, 2, 5], vec![3])
        );
        let statistics = total.statistics.unwrap();
        assert_eq!(
            (statistics.count, statistics.avg, statistics.p50, statistics.p95),
            (3, 800.0, 800.0, 900.0)
        );
        let stt = Sample::of(Measure::Part(Stage::Stt), &turns());
        assert_eq!((numbers(&stt.dots), numbers(&stt.apart)), (vec![1, 2], vec![3]));
    }

    #[test]
    fn interrupted_turns_have_figures_of_their_own() {
        for (measure, counted, avg) in [
            (Measure::InterruptedTotal, vec![3], 5_000.0),
            (Measure::UntilSilence, vec![3, 6], 102.0),
        ] {
            let sample = Sample::of(measure, &turns());
            assert_eq!(
                (numbers(&sample.dots), numbers(&sample.apart)),
                (counted, vec![]),
                "{measure:?}"
            );
            assert_eq!(sample.statistics.unwrap().avg, avg, "{measure:?}");
        }
    }

    #[test]
    fn only_a_total_is_an_estimate() {
        assert_eq!(Sample::of(Measure::Total, &turns()).estimated(), 1);
        assert_eq!(Sample::of(Measure::Part(Stage::Stt), &turns()).estimated(), 0);
    }

    #[test]
    fn a_part_that_no_turn_has_is_no_row() {
        let mode = json!({"mode": "cascade", "config": {}});
        let (empty, full) = (session(1, mode.clone(), &[]), session(2, mode, &turns()));
        assert_eq!(
            measured(&[Some(&empty), None, Some(&full)]),
            [Measure::Total, Measure::Part(Stage::Stt)]
        );
        assert_eq!(measured(&[Some(&empty)]), [Measure::Total]);
        assert_eq!(Sample::of(Measure::Total, &empty.turns).statistics, None);
    }
}
