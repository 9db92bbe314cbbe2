//! How far what was reported is from what was heard.

use viva_client::Distribution;

/// What is aimed at in the errors of a figure, in ms.
const MEAN_ERROR_MS: f64 = 5.0;
const WORST_ERROR_MS: f64 = 10.0;
/// What is aimed at from the first voiced sample of an interruption to silence, in ms: 95 of 100 take no longer.
const SILENT_AFTER_MS: f64 = 100.0;

/// Values in ms with their spread.
pub struct Summary {
    values: Distribution,
    magnitudes: Distribution,
    deviation: f64,
}

impl Summary {
    pub fn of(values: &[f64]) -> Self {
        let distribution: Distribution = values.iter().copied().collect();
        let mean = figure(distribution.avg());
        let squares: Distribution = values.iter().map(|value| (value - mean).powi(2)).collect();
        Self {
            values: distribution,
            magnitudes: values.iter().map(|value| value.abs()).collect(),
            deviation: figure(squares.avg()).sqrt(),
        }
    }

    pub fn count(&self) -> usize {
        self.values.count()
    }

    /// The value farthest from 0, without its sign.
    pub fn worst(&self) -> f64 {
        figure(self.magnitudes.max())
    }

    /// What errors come to, and whether they are as small as is aimed at.
    pub fn as_errors(&self) -> String {
        let mean = figure(self.values.avg());
        format!(
            "mean {mean:+.1} ({}), standard deviation {:.1}, 95 % within {:.1}, worst {:.1} ({})",
            verdict(mean.abs(), MEAN_ERROR_MS),
            self.deviation,
            figure(self.magnitudes.percentile(95)),
            self.worst(),
            verdict(self.worst(), WORST_ERROR_MS)
        )
    }

    /// How long it took until it was silent, and whether that is as short as is aimed at.
    pub fn as_silences(&self) -> String {
        let p95 = figure(self.values.percentile(95));
        format!(
            "p50 {:.1}, p95 {p95:.1} ({}), max {:.1}",
            figure(self.values.percentile(50)),
            verdict(p95, SILENT_AFTER_MS),
            figure(self.values.max())
        )
    }
}

/// The moments, in ms on one clock, that are the same in both lists, by their places: those with exactly one of the other list
/// within so many ms.
pub fn pairs(heard: &[f64], reported: &[f64], within_ms: f64) -> Vec<(usize, usize)> {
    let pair = |(place, moment): (usize, &f64)| {
        let other = only_near(*moment, reported, within_ms)?;
        let back = only_near(reported[other], heard, within_ms)?;
        (back == place).then_some((place, other))
    };
    heard.iter().enumerate().filter_map(pair).collect()
}

fn only_near(moment: f64, others: &[f64], within_ms: f64) -> Option<usize> {
    let is_near = |other: &f64| (moment - other).abs() <= within_ms;
    let first = others.iter().position(is_near)?;
    let last = others.iter().rposition(is_near)?;
    (first == last).then_some(first)
}

/// There is none of nothing.
fn figure(figure: Option<f64>) -> f64 {
    figure.unwrap_or(f64::NAN)
}

/// What was not measured meets no target.
fn verdict(value: f64, target: f64) -> String {
    let verdict = if value <= target { "met" } else { "missed" };
    format!("target {target}: {verdict}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_held_against_their_targets() {
        assert_eq!(
            Summary::of(&[-1.0, -1.0, -1.0, -11.0]).as_errors(),
            "mean -3.5 (target 5: met), standard deviation 4.3, 95 % within 11.0, worst 11.0 (target 10: missed)"
        );
        assert_eq!(
            Summary::of(&[-6.0, -5.0, -7.0, -6.0]).as_errors(),
            "mean -6.0 (target 5: missed), standard deviation 0.7, 95 % within 7.0, worst 7.0 (target 10: met)"
        );
        assert_eq!(
            Summary::of(&[]).as_errors(),
            "mean NaN (target 5: missed), standard deviation NaN, 95 % within NaN, worst NaN (target 10: missed)"
        );
    }

    #[test]
    fn one_late_silence_in_twenty_is_within_the_target() {
        let mut silences = [90.0; 20];
        silences[3] = 400.0;
        assert_eq!(
            Summary::of(&silences).as_silences(),
            "p50 90.0, p95 90.0 (target 100: met), max 400.0"
        );
        silences[7] = 100.1;
        assert_eq!(
            Summary::of(&silences).as_silences(),
            "p50 90.0, p95 100.1 (target 100: missed), max 400.0"
        );
    }

    #[test]
    fn moments_are_paired_by_time_and_not_by_place() {
        let reported = [1_010.0, 4_000.0, 7_020.0, 10_000.0];
        // The second was not heard, and what was heard last was not reported.
        let heard = [1_000.0, 7_000.0, 10_020.0, 14_000.0];
        assert_eq!(pairs(&heard, &reported, 20.0), [(0, 0), (1, 2), (2, 3)]);
        assert_eq!(pairs(&heard, &reported, 10.0), [(0, 0)]);
    }

    #[test]
    fn of_moments_that_lie_too_close_none_is_paired() {
        assert!(pairs(&[100.0, 120.0], &[110.0], 20.0).is_empty());
        assert!(pairs(&[110.0], &[100.0, 120.0], 20.0).is_empty());
        assert_eq!(pairs(&[100.0, 120.0], &[90.0, 130.0], 20.0), [(0, 0), (1, 1)]);
    }
}
