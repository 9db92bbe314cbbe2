//! How long every turn took, in parts, and all of them together.

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests;

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

    /// How long it took, in ms.
    pub fn of(self, latency: &Latency) -> Option<f64> {
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
    /// Whether nothing of the answer is heard yet, so that more parts will come; such a turn is shown but not counted.
    pub waits: bool,
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
    /// Takes what is known about a turn that is heard or over; it replaces what was known before.
    pub fn record(&mut self, turn_number: u16, latency: Latency, interrupted: bool) {
        let turn = self.entry(turn_number);
        turn.latency = latency;
        turn.interrupted |= interrupted;
        turn.waits = false;
    }

    /// Takes the parts that are known of a turn that waits for its answer.
    pub fn progress(&mut self, turn_number: u16, latency: Latency) {
        let turn = self.entry(turn_number);
        turn.latency = latency;
        turn.waits = true;
    }

    fn entry(&mut self, turn_number: u16) -> &mut TurnFigures {
        let index = self.0.partition_point(|turn| turn.turn_number < turn_number);
        if self
            .0
            .get(index)
            .is_none_or(|turn| turn.turn_number != turn_number)
        {
            self.0.insert(
                index,
                TurnFigures {
                    turn_number,
                    latency: Latency::default(),
                    interrupted: false,
                    waits: false,
                },
            );
        }
        &mut self.0[index]
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

    /// The turns together, but for those that wait.
    pub fn summary(&self) -> Summary {
        let counted = self.iter().filter(|turn| !turn.waits);
        let (interrupted, whole): (Vec<&TurnFigures>, Vec<&TurnFigures>) =
            counted.partition(|turn| turn.interrupted);
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
    /// Over these values; `None` when there is none.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
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
