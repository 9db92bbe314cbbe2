use std::time::Duration;

/// What a set of durations is like. Percentiles are nearest-rank: the smallest value that at least that share of all
/// values does not exceed, so every figure is one that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Number of values, at least 1.
    pub count: usize,
    /// Mean.
    pub avg: Duration,
    /// Smallest.
    pub min: Duration,
    /// Largest.
    pub max: Duration,
    /// Median.
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
}

impl Statistics {
    /// Statistics of the values; `None` when there are none.
    pub fn of(values: impl IntoIterator<Item = Duration>) -> Option<Self> {
        let mut sorted: Vec<Duration> = values.into_iter().collect();
        sorted.sort_unstable();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
        Some(Self {
            count: sorted.len(),
            avg: sorted.iter().sum::<Duration>() / count,
            min,
            max,
            p50: rank(50),
            p95: rank(95),
            p99: rank(99),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_no_statistics() {
        assert_eq!(Statistics::of([]), None);
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
