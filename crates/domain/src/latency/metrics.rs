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
    /// The AI finished what it had been saying when the turn was handed over: until then its answer had to wait.
    pub ai_was_done: Option<SessionTime>,
    /// How far the stages of a cascade came.
    pub stages: StageMarks,
    /// First audio of the answer came from the provider; in a cascade, from its voice.
    pub provider_first_audio: Option<SessionTime>,
    /// First audio of the answer was written to the client's socket.
    pub first_audio_sent: Option<SessionTime>,
    /// The client began to play the answer, as it reported.
    pub playback_started: Option<SessionTime>,
    /// Where in the answer its first audible sample lies: what comes before is silence that the provider sent.
    pub leading_silence: Option<Duration>,
    /// The AI was speaking, and there had been no audio of it for some time; the first time.
    pub stalled: Option<SessionTime>,
    /// The answer was cut: the first voiced sample of the interruption, or the client's request.
    pub interrupted: Option<SessionTime>,
    /// The last sample of the answer was audible, or playback was cut, as the client reported.
    pub playback_stopped: Option<SessionTime>,
}

/// Moments of a cascade's answer on the session's clock; all `None` for an answer of a realtime provider. With an eager
/// turn, some may come before the user's turn was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageMarks {
    /// What the user said was written down.
    pub transcribed: Option<SessionTime>,
    /// The language model was asked.
    pub llm_requested: Option<SessionTime>,
    /// Its first words arrived.
    pub llm_first_token: Option<SessionTime>,
    /// As many of its words had arrived as are spoken at once.
    pub llm_first_piece: Option<SessionTime>,
    /// All of its words had arrived.
    pub llm_done: Option<SessionTime>,
    /// Those that are spoken at once were handed to the voice.
    pub tts_requested: Option<SessionTime>,
}

/// How far the answer of a cascade has come. Its first audio is the last stage of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// What the user said is written down.
    Transcribed,
    /// The language model was asked.
    LlmRequested,
    /// Its first words arrived.
    LlmFirstToken,
    /// As many of its words arrived as are spoken at once.
    LlmFirstPiece,
    /// All of its words arrived.
    LlmDone,
    /// Those that are spoken at once were handed to the voice.
    TtsRequested,
}

impl StageMarks {
    /// Takes note of a stage; of what happens again, the first time counts.
    pub(crate) fn reach(&mut self, stage: Stage, at: SessionTime) {
        let mark = match stage {
            Stage::Transcribed => &mut self.transcribed,
            Stage::LlmRequested => &mut self.llm_requested,
            Stage::LlmFirstToken => &mut self.llm_first_token,
            Stage::LlmFirstPiece => &mut self.llm_first_piece,
            Stage::LlmDone => &mut self.llm_done,
            Stage::TtsRequested => &mut self.tts_requested,
        };
        mark.get_or_insert(at);
    }
}

/// Latencies of one turn. A value that was not measured is `None`, never zero.
///
/// `total` = `endpointing` + the answer's own time + `overhead` + `network_playout` + `leading_silence` + `unexplained`,
/// where the answer's own time is `provider` of a realtime provider, and `stt` + `llm_ttft` + `llm_text` + `tts_ttfb` of
/// a cascade. What an eager cascade did before the turn was over made nobody wait and is in none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LatencyMetrics {
    /// Last voiced sample of the user to first audible sample of the AI; `None` while none was audible.
    pub total: Option<TotalLatency>,
    /// Last voiced sample → the audio that decided that the turn is over.
    pub endpointing: Option<Duration>,
    /// Last voiced sample → first audio from the realtime provider; contains `endpointing`.
    pub realtime: Option<Duration>,
    /// Turn handed over → first audio from the realtime provider: the provider's own time.
    pub provider: Option<Duration>,
    /// Turn handed over → what the user said is written down; 0 when it was already.
    pub stt: Option<Duration>,
    /// Language model asked → its first words.
    pub llm_ttft: Option<Duration>,
    /// First words → as many as are spoken at once.
    pub llm_text: Option<Duration>,
    /// Those words handed to the voice → its first audio.
    pub tts_ttfb: Option<Duration>,
    /// What Viva added: decided → handed over, first audio from the provider → written to the client's socket, and in a
    /// cascade from each stage to the next. Not measured where an answer waited between them until the AI had finished
    /// what it had been saying; that wait is in `unexplained`.
    pub overhead: Option<Duration>,
    /// First audio sent → the client plays it; also holds the shortest delay of the way up, which no single clock can
    /// tell apart.
    pub network_playout: Option<Duration>,
    /// First sample of the answer → first audible one: silence that the provider sent.
    pub leading_silence: Option<Duration>,
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
    /// Computes the latencies of a turn from its marks, and from `client_playback`: last voiced sample to the beginning of
    /// playback, both on the client's clock, when the client reported playback.
    pub fn compute(marks: &TurnMarks, client_playback: Option<Duration>) -> Self {
        let mut metrics = Self {
            endpointing: between(marks.speech_ended, marks.endpointed),
            leading_silence: marks.leading_silence,
            ..Self::default()
        };
        let handing_over = between(marks.endpointed, marks.committed);
        let sending = between(marks.provider_first_audio, marks.first_audio_sent);
        let between_stages = if marks.stages.llm_requested.is_some() {
            metrics.add_stages(marks)
        } else {
            metrics.realtime = between(marks.speech_ended, marks.provider_first_audio);
            metrics.provider = between(marks.committed, marks.provider_first_audio);
            Some(Duration::ZERO)
        };
        metrics.overhead = handing_over
            .filter(|_| marks.ai_was_done.is_none())
            .zip(between_stages)
            .zip(sending)
            .map(|((before, within), after)| before + within + after);
        let sent = between(marks.speech_ended, marks.first_audio_sent);
        metrics.network_playout = client_playback
            .zip(sent)
            .and_then(|(playback, sent)| playback.checked_sub(sent));
        let until_playback = client_playback
            .map(|duration| (duration, MeasuredAt::Client))
            .or(sent.map(|duration| (duration, MeasuredAt::Server)));
        metrics.total =
            until_playback
                .zip(marks.leading_silence)
                .map(|((duration, measured), leading_silence)| TotalLatency {
                    duration: duration.saturating_add(leading_silence),
                    measured,
                });
        metrics.unexplained = metrics.remainder();
        metrics
    }

    /// Fills in the stages of a cascade, as far as they made the user wait; answers what lay between them.
    fn add_stages(&mut self, marks: &TurnMarks) -> Option<Duration> {
        let stages = &marks.stages;
        let committed = marks.committed?;
        let waited = |from: Option<SessionTime>, to: Option<SessionTime>| {
            between(
                from.map(|from| from.max(committed)),
                to.map(|to| to.max(committed)),
            )
        };
        self.stt = waited(marks.committed, stages.transcribed);
        self.llm_ttft = waited(stages.llm_requested, stages.llm_first_token);
        self.llm_text = waited(stages.llm_first_token, stages.llm_first_piece);
        self.tts_ttfb = waited(stages.tts_requested, marks.provider_first_audio);
        let asking = waited(stages.transcribed, stages.llm_requested)?;
        let speaking = waited(stages.llm_first_piece, stages.tts_requested)?;
        Some(asking + speaking)
    }

    /// The parts that do not overlap and that the total consists of.
    pub fn parts(&self) -> [Option<Duration>; 9] {
        [
            self.endpointing,
            self.provider,
            self.stt,
            self.llm_ttft,
            self.llm_text,
            self.tts_ttfb,
            self.overhead,
            self.network_playout,
            self.leading_silence,
        ]
    }

    /// The total less its parts; `None` when they add up or there is no total.
    fn remainder(&self) -> Option<TimeDelta> {
        let parts: Duration = self.parts().into_iter().flatten().sum();
        let remainder = TimeDelta::from_std(self.total?.duration).ok()? - TimeDelta::from_std(parts).ok()?;
        (!remainder.is_zero()).then_some(remainder)
    }
}

pub(super) fn between(from: Option<SessionTime>, to: Option<SessionTime>) -> Option<Duration> {
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
            leading_silence: Some(ms(0)),
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
        let parts: Vec<_> = metrics.parts().into_iter().flatten().collect();
        assert_eq!(parts, [500, 300, 3, 0].map(ms));
        assert_eq!(metrics.realtime, Some(ms(801)));
        assert_eq!(metrics.unexplained, None);
    }

    fn cascade() -> TurnMarks {
        TurnMarks {
            stages: StageMarks {
                transcribed: Some(at(1_651)),
                llm_requested: Some(at(1_652)),
                llm_first_token: Some(at(1_852)),
                llm_first_piece: Some(at(1_882)),
                llm_done: Some(at(2_500)),
                tts_requested: Some(at(1_883)),
            },
            provider_first_audio: Some(at(2_003)),
            first_audio_sent: Some(at(2_004)),
            ..marks()
        }
    }

    #[test]
    fn a_cascade_is_the_sum_of_its_stages() {
        let metrics = LatencyMetrics::compute(&cascade(), None);
        let parts: Vec<_> = metrics.parts().into_iter().flatten().collect();
        assert_eq!(parts, [500, 150, 200, 30, 120, 4, 0].map(ms));
        assert_eq!((metrics.provider, metrics.realtime), (None, None));
        assert_eq!(metrics.total.map(|total| total.duration), Some(ms(1_004)));
        assert_eq!(metrics.unexplained, None);
    }

    #[test]
    fn what_was_done_before_the_turn_was_over_made_nobody_wait() {
        let mut eager = cascade();
        eager.endpointed = Some(at(1_800));
        eager.committed = Some(at(1_801));
        let metrics = LatencyMetrics::compute(&eager, None);
        let parts: Vec<_> = metrics.parts().into_iter().flatten().collect();
        assert_eq!(parts, [800, 0, 51, 30, 120, 3, 0].map(ms));
        assert_eq!(metrics.unexplained, None);
    }

    #[test]
    fn the_rest_of_a_client_total_is_network_and_playout() {
        let metrics = LatencyMetrics::compute(&marks(), Some(ms(850)));
        assert_eq!(metrics.network_playout, Some(ms(47)));
        assert_eq!(metrics.unexplained, None);
    }

    #[test]
    fn silence_before_the_first_audible_sample_is_waited_for_too() {
        let marks = TurnMarks {
            leading_silence: Some(ms(120)),
            ..marks()
        };
        for (client_playback, total) in [(None, 923), (Some(ms(850)), 970)] {
            let metrics = LatencyMetrics::compute(&marks, client_playback);
            assert_eq!(metrics.total.map(|total| total.duration), Some(ms(total)));
            assert_eq!(metrics.leading_silence, Some(ms(120)));
            assert_eq!(metrics.unexplained, None);
        }
    }

    #[test]
    fn without_an_audible_sample_there_is_no_total() {
        let marks = TurnMarks {
            leading_silence: None,
            ..marks()
        };
        let metrics = LatencyMetrics::compute(&marks, Some(ms(850)));
        assert_eq!((metrics.total, metrics.unexplained), (None, None));
        assert_eq!(
            metrics.network_playout,
            Some(ms(47)),
            "it was played all the same"
        );
    }

    #[test]
    fn clocks_that_disagree_are_shown_not_hidden() {
        let metrics = LatencyMetrics::compute(&marks(), Some(ms(800)));
        assert_eq!(metrics.network_playout, None);
        assert_eq!(metrics.unexplained, Some(TimeDelta::milliseconds(-3)));
    }

    #[test]
    fn an_answer_that_waited_for_the_ai_to_finish_was_not_held_up_by_viva() {
        let waited = TurnMarks {
            ai_was_done: Some(at(4_000)),
            first_audio_sent: Some(at(4_002)),
            ..marks()
        };
        let metrics = LatencyMetrics::compute(&waited, None);
        let parts: Vec<_> = metrics.parts().into_iter().flatten().collect();
        assert_eq!(parts, [ms(500), ms(300), ms(0)]);
        assert_eq!(metrics.total.map(|total| total.duration), Some(ms(3_002)));
        assert_eq!(metrics.unexplained, Some(TimeDelta::milliseconds(2_202)));
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
        fn parts_add_up_to_the_total(
            times in prop::array::uniform5(0_u64..100_000),
            stages in prop::option::of(prop::array::uniform5(prop::option::of(0_u64..100_000))),
            total in prop::option::of(0_u64..200_000),
            leading_silence in prop::option::of(0_u64..5_000),
        ) {
            let stage = |n: usize| stages.and_then(|stages| stages[n]).map(at);
            let metrics = LatencyMetrics::compute(
                &TurnMarks {
                    speech_ended: Some(at(times[0])),
                    endpointed: Some(at(times[1])),
                    committed: Some(at(times[2])),
                    provider_first_audio: Some(at(times[3])),
                    first_audio_sent: Some(at(times[4])),
                    leading_silence: leading_silence.map(ms),
                    stages: StageMarks {
                        transcribed: stage(0),
                        llm_requested: stage(1),
                        llm_first_token: stage(2),
                        llm_first_piece: stage(3),
                        llm_done: None,
                        tts_requested: stage(4),
                    },
                    ..TurnMarks::default()
                },
                total.map(ms),
            );
            prop_assert!(metrics.total.is_none() || leading_silence.is_some());
            if let Some(total) = metrics.total {
                let parts: Duration = metrics.parts().into_iter().flatten().sum();
                let sum = TimeDelta::from_std(parts).unwrap() + metrics.unexplained.unwrap_or_default();
                prop_assert_eq!(sum, TimeDelta::from_std(total.duration).unwrap());
            }
        }
    }
}
