//! What is looked at, again and again.

use std::collections::BTreeMap;
use std::time::Duration;

/// Something that must not grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Figure {
    Memory,
    Anonymous,
    Tasks,
    Descriptors,
    Threads,
    Sessions,
    Connections,
    Waiting,
    Journal,
    Locks,
    IdleTransactions,
    WalMib,
    LateWrites,
}

impl Figure {
    pub(super) const ALL: [Self; 13] = [
        Self::Memory,
        Self::Anonymous,
        Self::Tasks,
        Self::Descriptors,
        Self::Threads,
        Self::Sessions,
        Self::Connections,
        Self::Waiting,
        Self::Journal,
        Self::Locks,
        Self::IdleTransactions,
        Self::WalMib,
        Self::LateWrites,
    ];

    /// How it is called in a table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory, MiB",
            Self::Anonymous => "of it not backed by files, MiB",
            Self::Tasks => "tasks",
            Self::Descriptors => "descriptors",
            Self::Threads => "threads",
            Self::Sessions => "sessions that run",
            Self::Connections => "WebSockets",
            Self::Waiting => "entries in queues",
            Self::Journal => "turns in the journal",
            Self::Locks => "locks in the database",
            Self::IdleTransactions => "transactions that stand idle for 5 s",
            Self::WalMib => "write-ahead log, MiB",
            Self::LateWrites => "writes not begun within 100 ms",
        }
    }

    /// What the server says about it itself, summed over all labels.
    pub(super) fn metric(self) -> Option<&'static str> {
        match self {
            Self::Memory => Some("process_resident_memory_bytes"),
            Self::Tasks => Some("viva_runtime_tasks"),
            Self::Descriptors => Some("process_open_fds"),
            Self::Threads => Some("process_threads"),
            Self::Sessions => Some("viva_sessions_active"),
            Self::Connections => Some("viva_websocket_connections"),
            Self::Waiting => Some("viva_queue_entries"),
            Self::Journal => Some("viva_journal_turns"),
            Self::Anonymous | Self::Locks | Self::IdleTransactions | Self::WalMib | Self::LateWrites => None,
        }
    }
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// Since the server started.
    pub(super) at: Duration,
    pub(super) values: BTreeMap<Figure, f64>,
}

impl Sample {
    pub(super) fn minute(&self) -> f64 {
        self.at.as_secs_f64() / 60.0
    }

    pub(super) fn get(&self, figure: Figure) -> Option<f64> {
        self.values.get(&figure).copied()
    }
}

/// The middle value.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// How much the values grow per unit of the first number: the median over all pairs (Theil and Sen), which single outliers do
/// not move.
pub(super) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let pairs = points
        .iter()
        .enumerate()
        .flat_map(|(index, from)| points[index + 1..].iter().map(move |to| (from, to)));
    median(
        pairs
            .filter(|(from, to)| to.0 > from.0)
            .map(|(from, to)| (to.1 - from.1) / (to.0 - from.0)),
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[], None)]
    #[case(&[3.0], Some(3.0))]
    #[case(&[9.0, 1.0, 2.0], Some(2.0))]
    #[case(&[9.0, 1.0, 2.0, 4.0], Some(3.0))]
    fn the_median_is_in_the_middle(#[case] values: &[f64], #[case] expected: Option<f64>) {
        assert_eq!(median(values.iter().copied()), expected);
    }

    #[test]
    fn the_slope_is_that_of_most_points() {
        let mut points: Vec<(f64, f64)> = (0..20)
            .map(|n| (f64::from(n), 50.0 + 3.0 * f64::from(n)))
            .collect();
        points[4].1 = 900.0;
        points[15].1 = 0.0;
        let slope = slope(&points).unwrap();
        assert!((slope - 3.0).abs() < 1e-9, "{slope}");
    }

    #[test]
    fn one_point_has_no_slope() {
        assert_eq!(slope(&[(1.0, 2.0)]), None);
        assert_eq!(slope(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }
}
