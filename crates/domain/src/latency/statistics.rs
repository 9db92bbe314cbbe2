use std::time::Duration;

use chrono::TimeDelta;

use super::metrics::LatencyMetrics;

/// What a set of durations is like. Percentiles are nearest-rank: the smallest value that at least that share of all
/// values does not exceed, so every figure is one that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics<T = Duration> {
    /// Number of values, at least 1.
    pub count: usize,
    /// Mean.
    pub avg: T,
    /// Smallest.
    pub min: T,
    /// Largest.
    pub max: T,
    /// Median.
    pub p50: T,
    /// 95th percentile.
    pub p95: T,
    /// 99th percentile.
    pub p99: T,
}

/// A length of time, which may have a sign.
pub trait Length: Copy + Ord {
    /// The mean of lengths; of none, zero.
    fn mean(lengths: &[Self]) -> Self;
}

impl Length for Duration {
    fn mean(lengths: &[Self]) -> Self {
        let count = u32::try_from(lengths.len()).unwrap_or(u32::MAX).max(1);
        lengths.iter().sum::<Self>() / count
    }
}

impl Length for TimeDelta {
    fn mean(lengths: &[Self]) -> Self {
        let count = i32::try_from(lengths.len()).unwrap_or(i32::MAX).max(1);
        lengths.iter().sum::<Self>() / count
    }
}

impl<T: Length> Statistics<T> {
    /// Statistics of the values; `None` when there are none.
    pub fn of(values: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut sorted: Vec<T> = values.into_iter().collect();
        sorted.sort_unstable();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
        Some(Self {
            count: sorted.len(),
            avg: T::mean(&sorted),
            min,
            max,
            p50: rank(50),
            p95: rank(95),
            p99: rank(99),
        })
    }
}

/// Statistics per metric over a set of turns; `None` for a metric without values. Each counts the turns that have it, so
/// counts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MetricStatistics {
    /// See [`LatencyMetrics::total`].
    pub total: Option<Statistics>,
    /// See [`LatencyMetrics::endpointing`].
    pub endpointing: Option<Statistics>,
    /// See [`LatencyMetrics::realtime`].
    pub realtime: Option<Statistics>,
    /// See [`LatencyMetrics::provider`].
    pub provider: Option<Statistics>,
    /// See [`LatencyMetrics::stt`].
    pub stt: Option<Statistics>,
    /// See [`LatencyMetrics::llm_ttft`].
    pub llm_ttft: Option<Statistics>,
    /// See [`LatencyMetrics::llm_text`].
    pub llm_text: Option<Statistics>,
    /// See [`LatencyMetrics::tts_ttfb`].
    pub tts_ttfb: Option<Statistics>,
    /// See [`LatencyMetrics::overhead`].
    pub overhead: Option<Statistics>,
    /// See [`LatencyMetrics::network_playout`].
    pub network_playout: Option<Statistics>,
    /// See [`LatencyMetrics::leading_silence`].
    pub leading_silence: Option<Statistics>,
    /// See [`LatencyMetrics::unexplained`].
    pub unexplained: Option<Statistics<TimeDelta>>,
}

impl MetricStatistics {
    /// Statistics of these turns.
    pub fn of<'a>(turns: &(impl Iterator<Item = &'a LatencyMetrics> + Clone)) -> Self {
        let over = |metric: fn(&LatencyMetrics) -> Option<Duration>| {
            Statistics::of(turns.clone().filter_map(metric))
        };
        Self {
            total: over(|latency| latency.total.map(|total| total.duration)),
            endpointing: over(|latency| latency.endpointing),
            realtime: over(|latency| latency.realtime),
            provider: over(|latency| latency.provider),
            stt: over(|latency| latency.stt),
            llm_ttft: over(|latency| latency.llm_ttft),
            llm_text: over(|latency| latency.llm_text),
            tts_ttfb: over(|latency| latency.tts_ttfb),
            overhead: over(|latency| latency.overhead),
            network_playout: over(|latency| latency.network_playout),
            leading_silence: over(|latency| latency.leading_silence),
            unexplained: Statistics::of(turns.clone().filter_map(|latency| latency.unexplained)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_no_statistics() {
        assert_eq!(Statistics::<Duration>::of([]), None);
        assert_eq!(Statistics::<TimeDelta>::of([]), None);
        assert_eq!(
            MetricStatistics::of(&[LatencyMetrics::default()].iter()),
            MetricStatistics::default()
        );
    }

    #[test]
    fn what_is_unexplained_may_be_negative() {
        let stats = Statistics::of([3, -9, 0].map(TimeDelta::milliseconds)).unwrap();
        let ms = |stats: TimeDelta| stats.num_milliseconds();
        assert_eq!(
            (ms(stats.min), ms(stats.p50), ms(stats.max), ms(stats.avg)),
            (-9, 0, 3, -2)
        );
    }

    #[test]
    fn every_metric_counts_the_turns_that_have_it() {
        let turn = |endpointing, stt| LatencyMetrics {
            endpointing: Some(Duration::from_millis(endpointing)),
            stt,
            ..LatencyMetrics::default()
        };
        let turns = [turn(500, None), turn(700, Some(Duration::ZERO))];
        let stats = MetricStatistics::of(&turns.iter());
        let counts = [stats.endpointing, stats.stt, stats.total]
            .map(|metric| metric.map(|metric| (metric.count, metric.avg.as_millis())));
        assert_eq!(counts, [Some((2, 600)), Some((1, 0)), None]);
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let stats = Statistics::of((1..=100).rev().map(Duration::from_millis)).unwrap();
        let ms = |ms| Duration::from_millis(ms);
        assert_eq!((stats.count, stats.min, stats.max), (100, ms(1), ms(100)));
        assert_eq!((stats.p50, stats.p95, stats.p99), (ms(50), ms(95), ms(99)));
        assert_eq!(stats.avg, Duration::from_micros(50_500));
    }

    #[test]
    fn one_value_is_every_percentile() {
        let stats = Statistics::of([Duration::from_millis(7)]).unwrap();
        assert_eq!(
            (stats.p50, stats.p95, stats.p99),
            (stats.min, stats.min, stats.max)
        );
    }

    proptest! {
        #[test]
        fn figures_are_values_in_order(micros in prop::collection::vec(0_u64..10_000_000, 1..50)) {
            let values: Vec<Duration> = micros.into_iter().map(Duration::from_micros).collect();
            let stats = Statistics::of(values.clone()).unwrap();
            let ranked = [stats.min, stats.p50, stats.p95, stats.p99, stats.max];
            prop_assert!(ranked.is_sorted() && ranked.iter().all(|value| values.contains(value)));
            prop_assert!(stats.min <= stats.avg && stats.avg <= stats.max);
            for (percentile, percent) in [(stats.p50, 50), (stats.p95, 95), (stats.p99, 99)] {
                let covered = values.iter().filter(|value| **value <= percentile).count();
                prop_assert!(covered * 100 >= values.len() * percent);
            }
        }
    }
}
