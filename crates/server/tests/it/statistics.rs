//! Figures that the server answers and figures that the caller prints are computed alike.

use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;
use viva_client::Distribution;
use viva_domain::latency::{Length, Statistics};

/// Count, least, largest and percentiles, in ms.
type Ranks = (usize, [f64; 5]);

fn of_server<T: Length>(values: impl Iterator<Item = T>, ms: fn(T) -> f64) -> Option<(Ranks, f64)> {
    let stats = Statistics::of(values)?;
    let ranks = [stats.min, stats.p50, stats.p95, stats.p99, stats.max];
    Some(((stats.count, ranks.map(ms)), ms(stats.avg)))
}

fn of_client(values: impl Iterator<Item = f64>) -> Option<(Ranks, f64)> {
    let figures: Distribution = values.collect();
    let percentile = |percent| figures.percentile(percent);
    let ranks = [
        figures.min()?,
        percentile(50)?,
        percentile(95)?,
        percentile(99)?,
        figures.max()?,
    ];
    Some(((figures.count(), ranks), figures.avg()?))
}

fn are_alike<T: Length>(values: &[T], ms: fn(T) -> f64) -> Result<(), TestCaseError> {
    let server = of_server(values.iter().copied(), ms);
    let client = of_client(values.iter().map(|value| ms(*value)));
    prop_assert_eq!(server.map(|(ranks, _)| ranks), client.map(|(ranks, _)| ranks));
    if let Some(((_, server), (_, client))) = server.zip(client) {
        // The server's mean is one of whole nanoseconds.
        prop_assert!((server - client).abs() < 1e-3, "{} and {}", server, client);
    }
    Ok(())
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn signed_ms(delta: TimeDelta) -> f64 {
    let magnitude = ms(delta.abs().to_std().expect("it is not negative"));
    if delta < TimeDelta::zero() {
        -magnitude
    } else {
        magnitude
    }
}

proptest! {
    #[test]
    fn lengths_are_summed_up_alike(micros in prop::collection::vec(-10_000_000..10_000_000_i64, 0..300)) {
        let signed: Vec<TimeDelta> = micros.iter().map(|micros| TimeDelta::microseconds(*micros)).collect();
        are_alike(&signed, signed_ms)?;
        let lengths: Vec<Duration> = signed.iter().filter_map(|length| length.to_std().ok()).collect();
        are_alike(&lengths, ms)?;
    }
}
