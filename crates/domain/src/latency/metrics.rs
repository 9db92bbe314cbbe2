use std::time::Duration;

use chrono::TimeDelta;

use super::time::SessionTime;

/// Moments of one turn on the session's clock. What did not happen, or was not observed, is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TurnMarks {
    /// First sample of the user's recording.
    pub user_audio_began: Option<SessionTime>,
    /// First voiced sample of the user.
    pub speech_started: Option<SessionTime>,
    /// Last voiced sample of the user.
    pub speech_ended: Option<SessionTime>,
    /// The audio arrived that decided that the turn is over.
    pub endpointed: Option<SessionTime>,
    /// The turn was handed to the provider.
    pub committed: Option<SessionTime>,
    /// First audio of the answer came from the provider.
    pub provider_first_audio: Option<SessionTime>,
    /// First audio of the answer was written to the client's socket.
    pub first_audio_sent: Option<SessionTime>,
    /// First sample of the answer was audible, as the client reported.
    pub playback_started: Option<SessionTime>,
    /// The answer was cut: the first voiced sample of the interruption, or the client's request.
    pub interrupted: Option<SessionTime>,
    /// The last sample of the answer was audible, or playback was cut, as the client reported.
    pub playback_stopped: Option<SessionTime>,
}

/// Latencies of one turn. A value that was not measured is `None`, never zero.
///
/// `total` = `endpointing` + `provider` + `overhead` + `network_playout` + `unexplained`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LatencyMetrics {
    /// Last voiced sample of the user to first audible sample of the AI.
    pub total: Option<TotalLatency>,
    /// Last voiced sample → the audio that decided that the turn is over.
    pub endpointing: Option<Duration>,
    /// Last voiced sample → first audio from the realtime provider; contains `endpointing`.
    pub realtime: Option<Duration>,
    /// Turn handed over → first audio from the provider: the provider's own time.
    pub provider: Option<Duration>,
    /// What Viva added: decided → handed over, and first audio from the provider → written to the client's socket.
    pub overhead: Option<Duration>,
    /// First audio sent → audible; also holds the shortest delay of the way up, which no single clock can tell apart.
    pub network_playout: Option<Duration>,
    /// What no mark explains. Negative when the parts are longer than the total, which means that clocks disagree.
    pub unexplained: Option<TimeDelta>,
    /// First voiced sample of the interruption → playback stopped, both on the client's clock.
    pub interrupt: Option<Duration>,
}

/// A total and where it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TotalLatency {
    /// The latency.
    pub duration: Duration,
    /// Where it was measured.
    pub measured: MeasuredAt,
}

/// Where a total was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasuredAt {
    /// Both ends on the client's clock.
    Client,
    /// The client reported no playback: the end is the first audio sent.
    Server,
}

impl MeasuredAt {
    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl LatencyMetrics {
    /// Computes the latencies of a turn from its marks, and from `client_total`: last voiced sample to first audible
    /// sample, both on the client's clock, when the client reported playback.
    pub fn compute(marks: &TurnMarks, client_total: Option<Duration>) -> Self {
        let endpointing = between(marks.speech_ended, marks.endpointed);
        let provider = between(marks.committed, marks.provider_first_audio);
        let handing_over = between(marks.endpointed, marks.committed);
        let sending = between(marks.provider_first_audio, marks.first_audio_sent);
        let overhead = handing_over.zip(sending).map(|(before, after)| before + after);
        let server_total = between(marks.speech_ended, marks.first_audio_sent);
        let mut metrics = Self {
            endpointing,
            realtime: between(marks.speech_ended, marks.provider_first_audio),
            provider,
            overhead,
            ..Self::default()
        };
        match (client_total, server_total) {
            (Some(duration), server_total) => {
                metrics.total = Some(TotalLatency {
                    duration,
                    measured: MeasuredAt::Client,
                });
                metrics.network_playout = server_total.and_then(|server| duration.checked_sub(server));
            }
            (None, Some(duration)) => {
                metrics.total = Some(TotalLatency {
                    duration,
                    measured: MeasuredAt::Server,
                });
            }
            (None, None) => {}
        }
        metrics.unexplained = metrics.remainder();
        metrics
    }

    /// The parts that do not overlap and that the total consists of.
    pub fn parts(&self) -> [Option<Duration>; 4] {
        [
            self.endpointing,
            self.provider,
            self.overhead,
            self.network_playout,
        ]
    }

    /// The total less its parts; `None` when they add up or there is no total.
    fn remainder(&self) -> Option<TimeDelta> {
        let parts: Duration = self.parts().into_iter().flatten().sum();
        let remainder = TimeDelta::from_std(self.total?.duration).ok()? - TimeDelta::from_std(parts).ok()?;
        (!remainder.is_zero()).then_some(remainder)
    }
}

fn between(from: Option<SessionTime>, to: Option<SessionTime>) -> Option<Duration> {
    let (from, to) = (from?, to?);
    (from <= to).then(|| to.since(from))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> SessionTime {
        SessionTime::from_millis(ms)
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn marks() -> TurnMarks {
        TurnMarks {
            speech_ended: Some(at(1_000)),
            endpointed: Some(at(1_500)),
            committed: Some(at(1_501)),
            provider_first_audio: Some(at(1_801)),
            first_audio_sent: Some(at(1_803)),
            ..TurnMarks::default()
        }
    }

    #[test]
    fn a_turn_without_playback_report_is_measured_on_the_server() {
        let metrics = LatencyMetrics::compute(&marks(), None);
        assert_eq!(
            metrics.total,
            Some(TotalLatency {
                duration: ms(803),
                measured: MeasuredAt::Server
            })
        );
        assert_eq!(metrics.parts(), [Some(ms(500)), Some(ms(300)), Some(ms(3)), None]);
        assert_eq!(metrics.realtime, Some(ms(801)));
        assert_eq!(metrics.unexplained, None);
    }

    #[test]
    fn the_rest_of_a_client_total_is_network_and_playout() {
        let metrics = LatencyMetrics::compute(&marks(), Some(ms(850)));
        assert_eq!(metrics.network_playout, Some(ms(47)));
        assert_eq!(metrics.unexplained, None);
    }

    #[test]
    fn clocks_that_disagree_are_shown_not_hidden() {
        let metrics = LatencyMetrics::compute(&marks(), Some(ms(800)));
        assert_eq!(metrics.network_playout, None);
        assert_eq!(metrics.unexplained, Some(TimeDelta::milliseconds(-3)));
    }

    #[test]
    fn what_was_not_observed_is_missing() {
        assert_eq!(
            LatencyMetrics::compute(&TurnMarks::default(), None),
            LatencyMetrics::default()
        );
        let metrics = LatencyMetrics::compute(
            &TurnMarks {
                committed: None,
                ..marks()
            },
            Some(ms(850)),
        );
        assert_eq!((metrics.provider, metrics.overhead), (None, None));
        assert_eq!(metrics.unexplained, Some(TimeDelta::milliseconds(303)));
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_total(times in prop::array::uniform5(0_u64..100_000), total in prop::option::of(0_u64..200_000)) {
            let metrics = LatencyMetrics::compute(
                &TurnMarks {
                    speech_ended: Some(at(times[0])),
                    endpointed: Some(at(times[1])),
                    committed: Some(at(times[2])),
                    provider_first_audio: Some(at(times[3])),
                    first_audio_sent: Some(at(times[4])),
                    ..TurnMarks::default()
                },
                total.map(ms),
            );
            if let Some(total) = metrics.total {
                let parts: Duration = metrics.parts().into_iter().flatten().sum();
                let sum = TimeDelta::from_std(parts).unwrap() + metrics.unexplained.unwrap_or_default();
                prop_assert_eq!(sum, TimeDelta::from_std(total.duration).unwrap());
            }
        }
    }
}
