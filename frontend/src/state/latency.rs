//! How long every turn took, in parts, and all of them together.

use viva_protocol::ws::{Latency, MeasuredAt};

/// One part of a turn's latency, in the order in which the parts follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Last voiced sample to the decision that the turn is over.
    Endpointing,
    /// Speech-to-text.
    Stt,
    /// The language model's first token.
    Llm,
    /// From there to as many words as are spoken at once.
    LlmText,
    /// The first byte of text-to-speech.
    Tts,
    /// The realtime provider's own time.
    Provider,
    /// What Viva added.
    Viva,
    /// First audio sent to the browser playing it.
    Network,
    /// First sample of the answer to its first audible one.
    Silence,
    /// What no mark explains.
    Unexplained,
}

impl Stage {
    /// Every stage in order.
    pub const ALL: [Self; 10] = [
        Self::Endpointing,
        Self::Stt,
        Self::Llm,
        Self::LlmText,
        Self::Tts,
        Self::Provider,
        Self::Viva,
        Self::Network,
        Self::Silence,
        Self::Unexplained,
    ];

    /// A word for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Endpointing => "endpointing",
            Self::Stt => "stt",
            Self::Llm => "llm",
            Self::LlmText => "llm-text",
            Self::Tts => "tts",
            Self::Provider => "provider",
            Self::Viva => "viva",
            Self::Network => "network",
            Self::Silence => "silence",
            Self::Unexplained => "unexplained",
        }
    }

    /// The stage of a field of `latency`, such as `stt_ms`.
    pub fn of_field(field: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.field() == field)
    }

    fn field(self) -> &'static str {
        match self {
            Self::Endpointing => "endpointing_ms",
            Self::Stt => "stt_ms",
            Self::Llm => "llm_ttft_ms",
            Self::LlmText => "llm_text_ms",
            Self::Tts => "tts_ttfb_ms",
            Self::Provider => "provider_ms",
            Self::Viva => "overhead_ms",
            Self::Network => "network_playout_ms",
            Self::Silence => "leading_silence_ms",
            Self::Unexplained => "unexplained_ms",
        }
    }

    fn of(self, latency: &Latency) -> Option<f64> {
        match self {
            Self::Endpointing => latency.endpointing_ms,
            Self::Stt => latency.stt_ms,
            Self::Llm => latency.llm_ttft_ms,
            Self::LlmText => latency.llm_text_ms,
            Self::Tts => latency.tts_ttfb_ms,
            Self::Provider => latency.provider_ms,
            Self::Viva => latency.overhead_ms,
            Self::Network => latency.network_playout_ms,
            Self::Silence => latency.leading_silence_ms,
            Self::Unexplained => latency.unexplained_ms,
        }
    }
}

/// A measured part of a turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Which part.
    pub stage: Stage,
    /// How long it took, in ms. `unexplained` can be negative, when marks overlap.
    pub ms: f64,
    /// Where it begins in the turn's bar, in ms.
    pub start_ms: f64,
}

/// The part of a turn that a stage stands for; `None` when it was not measured or took no time.
pub fn segment(latency: &Latency, stage: Stage) -> Option<Segment> {
    segments(latency)
        .into_iter()
        .find(|part| part.stage == stage && part.ms > 0.0)
}

/// The parts of a turn that were measured, one after the other. A part that was not measured is not there.
pub fn segments(latency: &Latency) -> Vec<Segment> {
    let mut start_ms = 0.0;
    let measured = Stage::ALL
        .into_iter()
        .filter_map(|stage| Some((stage, stage.of(latency)?)));
    measured
        .map(|(stage, ms)| {
            let segment = Segment { stage, ms, start_ms };
            start_ms += ms.max(0.0);
            segment
        })
        .collect()
}

/// The latency of one turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TurnFigures {
    /// The turn.
    pub turn_number: u16,
    /// What is known.
    pub latency: Latency,
    /// Whether the answer was cut; such a turn is shown but not counted.
    pub interrupted: bool,
}

impl TurnFigures {
    /// Whether the total ends where audio left the server, because no playback was reported.
    pub fn is_server_side(&self) -> bool {
        self.latency.measured == Some(MeasuredAt::Server)
    }

    /// The length of the turn's bar in ms: the total, or the measured parts of a turn without one.
    pub fn bar_ms(&self) -> f64 {
        let parts = segments(&self.latency)
            .last()
            .map_or(0.0, |last| last.start_ms + last.ms.max(0.0));
        self.latency.total_ms.unwrap_or(0.0).max(parts)
    }
}

/// The latencies of a session's turns, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures(Vec<TurnFigures>);

impl Figures {
    /// Takes what is known about a turn now; it replaces what was known before.
    pub fn record(&mut self, turn_number: u16, latency: Latency, interrupted: bool) {
        let index = self.0.partition_point(|turn| turn.turn_number < turn_number);
        match self.0.get_mut(index) {
            Some(turn) if turn.turn_number == turn_number => {
                turn.latency = latency;
                turn.interrupted |= interrupted;
            }
            _ => self.0.insert(
                index,
                TurnFigures {
                    turn_number,
                    latency,
                    interrupted,
                },
            ),
        }
    }

    /// The turns in order.
    pub fn iter(&self) -> std::slice::Iter<'_, TurnFigures> {
        self.0.iter()
    }

    /// One turn.
    pub fn turn(&self, turn_number: u16) -> Option<&TurnFigures> {
        self.iter().find(|turn| turn.turn_number == turn_number)
    }

    /// The longest bar in ms, which all are drawn to the scale of.
    pub fn scale_ms(&self) -> f64 {
        self.iter().map(TurnFigures::bar_ms).fold(0.0, f64::max)
    }

    /// The turns together.
    pub fn summary(&self) -> Summary {
        let (interrupted, whole): (Vec<&TurnFigures>, Vec<&TurnFigures>) =
            self.iter().partition(|turn| turn.interrupted);
        let over = |turns: &[&TurnFigures], of: &dyn Fn(&Latency) -> Option<f64>| {
            Statistics::of(turns.iter().filter_map(|turn| of(&turn.latency)))
        };
        let parts = Stage::ALL
            .into_iter()
            .filter_map(|stage| Some((stage, over(&whole, &|latency| stage.of(latency))?)));
        Summary {
            total: over(&whole, &|latency| latency.total_ms),
            parts: parts.collect(),
            interrupted_total: over(&interrupted, &|latency| latency.total_ms),
            interrupt: over(&interrupted, &|latency| latency.interrupt_ms),
            interrupted: interrupted.len(),
            estimated: self.iter().filter(|turn| turn.is_server_side()).count(),
        }
    }
}

impl<'a> IntoIterator for &'a Figures {
    type Item = &'a TurnFigures;
    type IntoIter = std::slice::Iter<'a, TurnFigures>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// All turns together. Interrupted ones have statistics of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Over the turns that were not interrupted and have a total; `None` when there is none.
    pub total: Option<Statistics>,
    /// The same per part, in their order; parts that no turn has are not there.
    pub parts: Vec<(Stage, Statistics)>,
    /// The totals of interrupted turns.
    pub interrupted_total: Option<Statistics>,
    /// How long it took until an interrupted answer was silent.
    pub interrupt: Option<Statistics>,
    /// Number of interrupted turns.
    pub interrupted: usize,
    /// Number of turns whose total is an estimate, because no playback was reported.
    pub estimated: usize,
}

/// Statistics in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// Number of values.
    pub count: usize,
    /// Smallest.
    pub min: f64,
    /// Mean.
    pub avg: f64,
    /// Median, nearest rank.
    pub p50: f64,
    /// 95th percentile, nearest rank.
    pub p95: f64,
    /// 99th percentile, nearest rank.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

impl Statistics {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        #[expect(clippy::cast_precision_loss, reason = "a session has fewer than 2^16 turns")]
        let avg = values.iter().sum::<f64>() / values.len() as f64;
        let percentile = |percent: usize| values[(values.len() * percent).div_ceil(100).max(1) - 1];
        Some(Self {
            count: values.len(),
            min,
            avg,
            p50: percentile(50),
            p95: percentile(95),
            p99: percentile(99),
            max,
        })
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn total(ms: f64) -> Latency {
        Latency {
            total_ms: Some(ms),
            ..Latency::default()
        }
    }

    #[test]
    fn parts_follow_each_other_and_missing_ones_are_not_zero() {
        let latency = Latency {
            total_ms: Some(842.0),
            endpointing_ms: Some(520.0),
            provider_ms: Some(250.0),
            overhead_ms: Some(2.0),
            network_playout_ms: Some(72.0),
            unexplained_ms: Some(-2.0),
            ..Latency::default()
        };
        let parts: Vec<_> = segments(&latency)
            .iter()
            .map(|part| (part.stage, part.start_ms))
            .collect();
        assert_eq!(
            parts,
            [
                (Stage::Endpointing, 0.0),
                (Stage::Provider, 520.0),
                (Stage::Viva, 770.0),
                (Stage::Network, 772.0),
                (Stage::Unexplained, 844.0),
            ]
        );
    }

    #[test]
    fn a_cascade_shows_every_stage_in_the_order_in_which_they_wait_for_each_other() {
        let latency = Latency {
            total_ms: Some(1_081.5),
            endpointing_ms: Some(500.0),
            stt_ms: Some(150.0),
            llm_ttft_ms: Some(200.0),
            llm_text_ms: Some(60.0),
            tts_ttfb_ms: Some(120.0),
            overhead_ms: Some(1.5),
            network_playout_ms: Some(50.0),
            ..Latency::default()
        };
        let parts = segments(&latency);
        let names: Vec<_> = parts.iter().map(|part| part.stage.name()).collect();
        assert_eq!(
            names,
            ["endpointing", "stt", "llm", "llm-text", "tts", "viva", "network"]
        );
        let last = parts.last().unwrap();
        assert_eq!(Some(last.start_ms + last.ms), latency.total_ms);
    }

    #[test]
    fn every_stage_has_the_name_of_its_field() {
        let json = |stage: Stage| {
            let text = format!("{{\"{}\": 7}}", stage.field());
            serde_json::from_str::<Latency>(&text).unwrap()
        };
        for stage in Stage::ALL {
            assert_eq!(stage.of(&json(stage)), Some(7.0), "{}", stage.field());
            assert_eq!(Stage::of_field(stage.field()), Some(stage));
        }
        assert_eq!(Stage::of_field("total_ms"), None);
    }

    #[test]
    fn a_part_is_drawn_only_when_it_took_time() {
        let latency = Latency {
            endpointing_ms: Some(520.0),
            provider_ms: Some(250.0),
            unexplained_ms: Some(-2.0),
            ..Latency::default()
        };
        let start_ms = |stage| segment(&latency, stage).map(|part| part.start_ms);
        assert_eq!(start_ms(Stage::Provider), Some(520.0));
        assert_eq!(start_ms(Stage::Stt), None);
        assert_eq!(start_ms(Stage::Unexplained), None);
    }

    #[test]
    fn interrupted_turns_are_counted_apart() {
        let mut figures = Figures::default();
        for (turn, ms) in [(1, 900.0), (2, 800.0), (3, 1_000.0)] {
            figures.record(turn, total(ms), false);
        }
        figures.record(4, total(10.0), true);
        figures.record(5, Latency::default(), false);
        let summary = figures.summary();
        assert_eq!(summary.interrupted, 1);
        assert_eq!(summary.interrupted_total.map(|total| total.avg), Some(10.0));
        let statistics = summary.total.unwrap();
        assert_eq!(
            (statistics.count, statistics.min, statistics.max),
            (3, 800.0, 1_000.0)
        );
        assert_eq!(
            (statistics.avg, statistics.p50, statistics.p95),
            (900.0, 900.0, 1_000.0)
        );
    }

    #[test]
    fn no_turn_means_no_statistics() {
        let summary = Figures::default().summary();
        assert_eq!((summary.total, summary.parts.len()), (None, 0));
    }

    #[test]
    fn every_part_counts_the_turns_that_have_it() {
        let mut figures = Figures::default();
        let turn = |endpointing_ms, stt_ms| Latency {
            endpointing_ms: Some(endpointing_ms),
            stt_ms,
            ..Latency::default()
        };
        figures.record(1, turn(500.0, None), false);
        figures.record(2, turn(700.0, Some(150.0)), false);
        figures.record(3, turn(9_000.0, Some(9_000.0)), true);
        let parts = figures.summary().parts;
        let rows: Vec<_> = parts
            .iter()
            .map(|(stage, statistics)| (*stage, statistics.count, statistics.avg))
            .collect();
        assert_eq!(rows, [(Stage::Endpointing, 2, 600.0), (Stage::Stt, 1, 150.0)]);
    }

    #[test]
    fn estimates_are_counted() {
        let mut figures = Figures::default();
        for (turn, measured) in [(1, MeasuredAt::Server), (2, MeasuredAt::Client)] {
            let measured = Some(measured);
            figures.record(
                turn,
                Latency {
                    measured,
                    ..total(7.0)
                },
                false,
            );
        }
        assert_eq!(figures.summary().estimated, 1);
    }

    #[test]
    fn later_figures_replace_earlier_ones_but_an_interruption_stays() {
        let mut figures = Figures::default();
        figures.record(2, Latency::default(), true);
        figures.record(1, total(5.0), false);
        figures.record(2, total(7.0), false);
        let turns: Vec<_> = figures
            .iter()
            .map(|turn| (turn.turn_number, turn.interrupted))
            .collect();
        assert_eq!(turns, [(1, false), (2, true)]);
        assert_eq!(figures.scale_ms(), 7.0);
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        let statistics = Statistics::of(values.into_iter().rev()).unwrap();
        assert_eq!(
            (statistics.p50, statistics.p95, statistics.p99),
            (10.0, 19.0, 20.0)
        );
    }
}
