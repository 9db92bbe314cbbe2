use serde::Serialize;
use viva_protocol::ws::Latency;

/// Figures about a set of measurements; percentiles are nearest-rank, so each is a value that was measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    sorted: Vec<f64>,
}

/// Takes measurements; what is no number is left out.
impl FromIterator<f64> for Distribution {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        Self { sorted }
    }
}

impl Distribution {
    /// Number of measurements.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Mean; `None` of nothing, like the other figures.
    pub fn avg(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "nobody measures 2^53 times")]
        let count = self.sorted.len() as f64;
        (!self.sorted.is_empty()).then(|| self.sorted.iter().sum::<f64>() / count)
    }

    /// Smallest.
    pub fn min(&self) -> Option<f64> {
        self.sorted.first().copied()
    }

    /// Largest.
    pub fn max(&self) -> Option<f64> {
        self.sorted.last().copied()
    }

    /// The smallest value that at least `percent` of all values do not exceed (nearest rank), `percent` in 1 to 100.
    pub fn percentile(&self, percent: u8) -> Option<f64> {
        let rank = (self.sorted.len() * usize::from(percent)).div_ceil(100);
        self.sorted.get(rank.max(1) - 1).copied()
    }
}

impl Serialize for Distribution {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Figures {
            count: usize,
            avg: Option<f64>,
            min: Option<f64>,
            max: Option<f64>,
            p50: Option<f64>,
            p95: Option<f64>,
            p99: Option<f64>,
        }
        Figures {
            count: self.count(),
            avg: self.avg(),
            min: self.min(),
            max: self.max(),
            p50: self.percentile(50),
            p95: self.percentile(95),
            p99: self.percentile(99),
        }
        .serialize(serializer)
    }
}

/// One [`Distribution`] per part of a latency, in the order of a turn, for the parts that were measured at all.
pub fn latency_distributions(latencies: &[Latency]) -> Vec<(&'static str, Distribution)> {
    let part = |name, of: fn(&Latency) -> Option<f64>| {
        (name, latencies.iter().filter_map(of).collect::<Distribution>())
    };
    [
        part("total_ms", |latency| latency.total_ms),
        part("endpointing_ms", |latency| latency.endpointing_ms),
        part("stt_ms", |latency| latency.stt_ms),
        part("llm_ttft_ms", |latency| latency.llm_ttft_ms),
        part("llm_text_ms", |latency| latency.llm_text_ms),
        part("tts_ttfb_ms", |latency| latency.tts_ttfb_ms),
        part("realtime_ms", |latency| latency.realtime_ms),
        part("provider_ms", |latency| latency.provider_ms),
        part("overhead_ms", |latency| latency.overhead_ms),
        part("network_playout_ms", |latency| latency.network_playout_ms),
        part("leading_silence_ms", |latency| latency.leading_silence_ms),
        part("unexplained_ms", |latency| latency.unexplained_ms),
        part("interrupt_ms", |latency| latency.interrupt_ms),
    ]
    .into_iter()
    .filter(|(_, distribution)| distribution.count() > 0)
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn one_to(n: u32) -> Distribution {
        (1..=n).rev().map(f64::from).collect()
    }

    #[rstest]
    #[case(1, 50, 1.0)]
    #[case(2, 50, 1.0)]
    #[case(3, 50, 2.0)]
    #[case(20, 95, 19.0)]
    #[case(21, 95, 20.0)]
    #[case(100, 99, 99.0)]
    #[case(200, 99, 198.0)]
    #[case(201, 99, 199.0)]
    #[case(7, 100, 7.0)]
    fn percentiles_are_nearest_rank(#[case] count: u32, #[case] percent: u8, #[case] expected: f64) {
        assert_eq!(one_to(count).percentile(percent), Some(expected));
    }

    #[test]
    fn nothing_has_no_figures() {
        let nothing = Distribution::from_iter([f64::NAN]);
        assert_eq!(nothing.count(), 0);
        assert_eq!(
            [
                nothing.avg(),
                nothing.min(),
                nothing.max(),
                nothing.percentile(99)
            ],
            [None; 4]
        );
    }

    #[test]
    fn the_figures_are_written_by_name() {
        let json = serde_json::to_value(one_to(4)).unwrap();
        let expected = serde_json::json!(
            { "count": 4, "avg": 2.5, "min": 1.0, "max": 4.0, "p50": 2.0, "p95": 4.0, "p99": 4.0 }
        );
        assert_eq!(json, expected);
    }

    #[test]
    fn parts_that_nobody_measured_are_left_out() {
        let measured = Latency {
            total_ms: Some(500.0),
            overhead_ms: Some(1.0),
            ..Latency::default()
        };
        let parts = latency_distributions(&[measured, Latency::default()]);
        let names: Vec<_> = parts.iter().map(|(name, parts)| (*name, parts.count())).collect();
        assert_eq!(names, [("total_ms", 1), ("overhead_ms", 1)]);
    }

    proptest! {
        #[test]
        fn figures_are_ordered_and_were_measured(values in prop::collection::vec(-1e9..1e9_f64, 1..300)) {
            let distribution: Distribution = values.iter().copied().collect();
            let figures = [distribution.min(), distribution.percentile(50), distribution.percentile(95),
                distribution.percentile(99), distribution.max()].map(Option::unwrap);
            prop_assert!(figures.is_sorted());
            prop_assert!(figures.iter().all(|figure| values.contains(figure)));
        }
    }
}
