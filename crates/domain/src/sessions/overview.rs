use std::time::Duration;

use super::config::Interaction;
use super::session::Session;
use crate::latency::Statistics;
use crate::turns::Turn;

/// A session as lists show it: with what its turns came to.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionOverview {
    /// The session.
    pub session: Session,
    /// Ids of the providers that took part, in the order in which they came, also those that others took the place of.
    pub providers: Vec<String>,
    /// What the turns came to.
    pub summary: SessionSummary,
}

/// What the turns of a session came to so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionSummary {
    /// How many there are.
    pub turn_count: u64,
    /// How many of them were interrupted.
    pub interrupted_count: u64,
    /// Mean of the total latency over those that were not, to the microsecond; `None` when none has one.
    pub avg_latency: Option<Duration>,
    /// 95th percentile of the same, nearest rank.
    pub p95_latency: Option<Duration>,
}

/// What a summary needs to know of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnOutcome {
    /// Its total latency, where that is known.
    pub total_latency: Option<Duration>,
    /// Whether it was interrupted.
    pub is_interrupted: bool,
}

impl SessionSummary {
    /// What these turns come to.
    pub fn of(turns: impl IntoIterator<Item = TurnOutcome>) -> Self {
        let (interrupted, whole): (Vec<_>, Vec<_>) = turns.into_iter().partition(|turn| turn.is_interrupted);
        let latencies = Statistics::of(whole.iter().filter_map(|turn| turn.total_latency));
        Self {
            turn_count: (interrupted.len() + whole.len()) as u64,
            interrupted_count: interrupted.len() as u64,
            avg_latency: latencies.map(|latencies| whole_micros(latencies.avg)),
            p95_latency: latencies.map(|latencies| latencies.p95),
        }
    }
}

impl From<&Turn> for TurnOutcome {
    fn from(turn: &Turn) -> Self {
        Self {
            total_latency: turn.latency.total.map(|total| total.duration),
            is_interrupted: turn.interruption.is_some(),
        }
    }
}

impl Interaction {
    /// The ids of its providers, each once, in the order in which they hear and speak.
    pub fn providers(&self) -> Vec<&str> {
        let stages = match self {
            Self::Realtime(config) => vec![&config.provider],
            Self::Cascade(config) => vec![&config.stt.provider, &config.llm.provider, &config.tts.provider],
        };
        let mut providers: Vec<&str> = Vec::with_capacity(stages.len());
        for provider in stages {
            if !providers.contains(&provider.as_str()) {
                providers.push(provider);
            }
        }
        providers
    }
}

fn whole_micros(duration: Duration) -> Duration {
    Duration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sessions::{CascadeConfig, ProviderConfig};

    fn turn(total_us: Option<u64>) -> TurnOutcome {
        TurnOutcome {
            total_latency: total_us.map(Duration::from_micros),
            is_interrupted: false,
        }
    }

    fn interrupted(turn: TurnOutcome) -> TurnOutcome {
        TurnOutcome {
            is_interrupted: true,
            ..turn
        }
    }

    #[test]
    fn interrupted_turns_are_counted_and_not_averaged_in() {
        let turns = [
            turn(Some(100)),
            turn(Some(101)),
            turn(Some(101)),
            turn(None),
            interrupted(turn(Some(900))),
        ];
        let summary = SessionSummary {
            turn_count: 5,
            interrupted_count: 1,
            avg_latency: Some(Duration::from_micros(100)),
            p95_latency: Some(Duration::from_micros(101)),
        };
        assert_eq!(SessionSummary::of(turns), summary);
    }

    #[test]
    fn without_latencies_there_is_no_average() {
        assert_eq!(SessionSummary::of([]), SessionSummary::default());
        let summary = SessionSummary::of([turn(None), interrupted(turn(Some(5)))]);
        assert_eq!((summary.avg_latency, summary.p95_latency), (None, None));
    }

    #[test]
    fn the_percentile_is_a_value_that_was_measured() {
        let summary = SessionSummary::of((1..=40).map(|us| turn(Some(us))));
        assert_eq!(summary.p95_latency, Some(Duration::from_micros(38)));
    }

    #[test]
    fn a_provider_of_several_stages_is_named_once() {
        let cascade = |stt, llm, tts| {
            Interaction::Cascade(Box::new(CascadeConfig {
                stt: ProviderConfig::of(stt),
                llm: ProviderConfig::of(llm),
                tts: ProviderConfig::of(tts),
            }))
        };
        assert_eq!(cascade("b", "a", "b").providers(), ["b", "a"]);
        let realtime = Interaction::Realtime(ProviderConfig::of("offline"));
        assert_eq!(realtime.providers(), ["offline"]);
    }
}
