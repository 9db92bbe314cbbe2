use std::time::Duration;

use super::metrics::{LatencyMetrics, TurnMarks, between};
use super::time::SessionTime;

/// A latency of a turn, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LatencyStage {
    /// See [`LatencyMetrics::total`].
    Total,
    /// See [`LatencyMetrics::realtime`].
    Realtime,
    /// See [`LatencyMetrics::endpointing`].
    Endpointing,
    /// See [`LatencyMetrics::provider`].
    Provider,
    /// See [`LatencyMetrics::stt`].
    Stt,
    /// See [`LatencyMetrics::llm_ttft`].
    LlmTtft,
    /// See [`LatencyMetrics::llm_text`].
    LlmText,
    /// See [`LatencyMetrics::tts_ttfb`].
    TtsTtfb,
    /// A part of [`LatencyMetrics::overhead`].
    Overhead,
    /// See [`LatencyMetrics::network_playout`].
    NetworkPlayout,
    /// See [`LatencyMetrics::leading_silence`].
    LeadingSilence,
    /// See [`LatencyMetrics::interrupt`].
    Interrupt,
}

impl LatencyStage {
    /// The name that is shown to whoever watches.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Realtime => "realtime",
            Self::Endpointing => "endpointing",
            Self::Provider => "provider",
            Self::Stt => "stt",
            Self::LlmTtft => "llm_ttft",
            Self::LlmText => "llm_text",
            Self::TtsTtfb => "tts_ttfb",
            Self::Overhead => "overhead",
            Self::NetworkPlayout => "network_playout",
            Self::LeadingSilence => "leading_silence",
            Self::Interrupt => "interrupt",
        }
    }
}

/// Where a latency lies in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencySpan {
    /// Which one it is.
    pub stage: LatencyStage,
    /// The latency that it is a part of; `None` of one that is a part of the turn only.
    pub within: Option<LatencyStage>,
    /// Where it begins.
    pub from: SessionTime,
    /// How long it is: as long as the metric. What Viva added lies in several places, which are together as long.
    pub length: Duration,
}

impl LatencyMetrics {
    /// Where the latencies that were measured lie in time: those that hold others before these, the others one after the
    /// other. `marks` are those that the metrics were computed from.
    pub fn spans(&self, marks: &TurnMarks) -> Vec<LatencySpan> {
        let total = self.total.map(|total| total.duration);
        let in_total = total.map(|_| LatencyStage::Total);
        let in_realtime = self.realtime.map(|_| LatencyStage::Realtime).or(in_total);
        // What an eager cascade did before the turn was over made nobody wait, and without a model there is no cascade.
        let is_cascade = marks.stages.llm_requested.is_some();
        let waited = |mark: Option<SessionTime>| Some(mark?.max(marks.committed?)).filter(|_| is_cascade);
        let stages = &marks.stages;
        let (transcribed, model_asked) = (waited(stages.transcribed), waited(stages.llm_requested));
        let (first_token, first_piece) = (waited(stages.llm_first_token), waited(stages.llm_first_piece));
        let voice_asked = waited(stages.tts_requested);

        let mut spans = Vec::new();
        let mut add = |stage, within, from: Option<SessionTime>, length: Option<Duration>| {
            spans.extend(from.zip(length).map(|(from, length)| LatencySpan {
                stage,
                within,
                from,
                length,
            }));
        };
        let gap = |from, to| self.overhead.and_then(|_| between(from, to));
        add(LatencyStage::Total, None, marks.speech_ended, total);
        add(
            LatencyStage::Realtime,
            in_total,
            marks.speech_ended,
            self.realtime,
        );
        add(
            LatencyStage::Endpointing,
            in_realtime,
            marks.speech_ended,
            self.endpointing,
        );
        let handing_over = gap(marks.endpointed, marks.committed);
        add(
            LatencyStage::Overhead,
            in_realtime,
            marks.endpointed,
            handing_over,
        );
        add(
            LatencyStage::Provider,
            in_realtime,
            marks.committed,
            self.provider,
        );
        add(LatencyStage::Stt, in_total, marks.committed, self.stt);
        add(
            LatencyStage::Overhead,
            in_total,
            transcribed,
            gap(transcribed, model_asked),
        );
        add(LatencyStage::LlmTtft, in_total, model_asked, self.llm_ttft);
        add(LatencyStage::LlmText, in_total, first_token, self.llm_text);
        add(
            LatencyStage::Overhead,
            in_total,
            first_piece,
            gap(first_piece, voice_asked),
        );
        add(LatencyStage::TtsTtfb, in_total, voice_asked, self.tts_ttfb);
        let (received, sent) = (marks.provider_first_audio, marks.first_audio_sent);
        add(LatencyStage::Overhead, in_total, received, gap(received, sent));
        add(LatencyStage::NetworkPlayout, in_total, sent, self.network_playout);
        add(
            LatencyStage::LeadingSilence,
            in_total,
            self.silence_from(marks),
            self.leading_silence,
        );
        add(LatencyStage::Interrupt, None, marks.interrupted, self.interrupt);
        spans
    }

    /// The last of the total is silence, where there is a total.
    fn silence_from(&self, marks: &TurnMarks) -> Option<SessionTime> {
        match self.total {
            Some(total) => {
                let audible = marks.speech_ended?.after(total.duration);
                Some(audible.before(self.leading_silence?))
            }
            None => Some(
                marks
                    .first_audio_sent?
                    .after(self.network_playout.unwrap_or_default()),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::metrics::StageMarks;
    use super::*;

    fn at(ms: u64) -> SessionTime {
        SessionTime::from_millis(ms)
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Name, what it is within, beginning and length.
    type Told = (&'static str, &'static str, u128, u128);

    fn told(metrics: &LatencyMetrics, marks: &TurnMarks) -> Vec<Told> {
        let spans = metrics.spans(marks);
        let told = spans.iter().map(|span| {
            let within = span.within.map_or("turn", LatencyStage::as_str);
            let from = span.from.elapsed().as_millis();
            (span.stage.as_str(), within, from, span.length.as_millis())
        });
        told.collect()
    }

    fn realtime() -> TurnMarks {
        TurnMarks {
            leading_silence: Some(ms(20)),
            speech_ended: Some(at(1_000)),
            endpointed: Some(at(1_500)),
            committed: Some(at(1_501)),
            provider_first_audio: Some(at(1_801)),
            first_audio_sent: Some(at(1_803)),
            ..TurnMarks::default()
        }
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
            ..realtime()
        }
    }

    #[test]
    fn an_answer_of_a_realtime_provider_lies_in_what_it_took_and_in_the_total() {
        let marks = realtime();
        let metrics = LatencyMetrics::compute(&marks, Some(ms(850)));
        assert_eq!(
            told(&metrics, &marks),
            [
                ("total", "turn", 1_000, 870),
                ("realtime", "total", 1_000, 801),
                ("endpointing", "realtime", 1_000, 500),
                ("overhead", "realtime", 1_500, 1),
                ("provider", "realtime", 1_501, 300),
                ("overhead", "total", 1_801, 2),
                ("network_playout", "total", 1_803, 47),
                ("leading_silence", "total", 1_850, 20),
            ]
        );
    }

    #[test]
    fn stages_of_a_cascade_follow_each_other() {
        let marks = cascade();
        assert_eq!(
            told(&LatencyMetrics::compute(&marks, None), &marks),
            [
                ("total", "turn", 1_000, 1_024),
                ("endpointing", "total", 1_000, 500),
                ("overhead", "total", 1_500, 1),
                ("stt", "total", 1_501, 150),
                ("overhead", "total", 1_651, 1),
                ("llm_ttft", "total", 1_652, 200),
                ("llm_text", "total", 1_852, 30),
                ("overhead", "total", 1_882, 1),
                ("tts_ttfb", "total", 1_883, 120),
                ("overhead", "total", 2_003, 1),
                ("leading_silence", "total", 2_004, 20),
            ]
        );
    }

    #[test]
    fn what_was_done_ahead_begins_when_somebody_waits_for_it() {
        let mut eager = cascade();
        eager.endpointed = Some(at(1_800));
        eager.committed = Some(at(1_801));
        let told = told(&LatencyMetrics::compute(&eager, None), &eager);
        assert!(told.contains(&("stt", "total", 1_801, 0)), "{told:?}");
        assert!(told.contains(&("llm_ttft", "total", 1_801, 51)), "{told:?}");
    }

    #[test]
    fn without_a_total_its_parts_are_parts_of_the_turn() {
        let marks = TurnMarks {
            interrupted: Some(at(1_820)),
            leading_silence: None,
            ..realtime()
        };
        let mut metrics = LatencyMetrics::compute(&marks, None);
        metrics.interrupt = Some(ms(190));
        assert_eq!(
            told(&metrics, &marks),
            [
                ("realtime", "turn", 1_000, 801),
                ("endpointing", "realtime", 1_000, 500),
                ("overhead", "realtime", 1_500, 1),
                ("provider", "realtime", 1_501, 300),
                ("overhead", "turn", 1_801, 2),
                ("interrupt", "turn", 1_820, 190),
            ]
        );
    }

    #[test]
    fn of_an_answer_that_never_came_there_is_what_came_before() {
        let marks = TurnMarks {
            speech_ended: Some(at(1_000)),
            endpointed: Some(at(1_500)),
            committed: Some(at(1_501)),
            ..TurnMarks::default()
        };
        let metrics = LatencyMetrics::compute(&marks, None);
        assert_eq!(told(&metrics, &marks), [("endpointing", "turn", 1_000, 500)]);
        let nothing = TurnMarks::default();
        assert_eq!(told(&LatencyMetrics::compute(&nothing, None), &nothing), []);
    }

    proptest! {
        #[test]
        fn each_is_as_long_as_its_metric(
            times in prop::array::uniform5(prop::option::weighted(0.9, 0_u64..100_000)),
            stages in prop::option::of(prop::array::uniform5(prop::option::weighted(0.9, 0_u64..100_000))),
            ai_was_done in prop::option::weighted(0.1, 0_u64..100_000),
            playback in prop::option::of(0_u64..200_000),
            leading_silence in prop::option::of(0_u64..5_000),
            interruption in prop::option::of((0_u64..100_000, 0_u64..500)),
        ) {
            let stage = |n: usize| stages.and_then(|stages| stages[n]).map(at);
            let marks = TurnMarks {
                speech_ended: times[0].map(at),
                endpointed: times[1].map(at),
                committed: times[2].map(at),
                provider_first_audio: times[3].map(at),
                first_audio_sent: times[4].map(at),
                ai_was_done: ai_was_done.map(at),
                leading_silence: leading_silence.map(ms),
                interrupted: interruption.map(|(from, _)| at(from)),
                stages: StageMarks {
                    transcribed: stage(0),
                    llm_requested: stage(1),
                    llm_first_token: stage(2),
                    llm_first_piece: stage(3),
                    llm_done: None,
                    tts_requested: stage(4),
                },
                ..TurnMarks::default()
            };
            // Who reports playback had stopped speaking.
            let playback = playback.filter(|_| marks.speech_ended.is_some());
            let mut metrics = LatencyMetrics::compute(&marks, playback.map(ms));
            metrics.interrupt = interruption.map(|(_, length)| ms(length));
            let spans = metrics.spans(&marks);
            let length = |stage| {
                let of_stage = spans.iter().filter(|span| span.stage == stage);
                of_stage.map(|span| span.length).reduce(|sum, length| sum + length)
            };
            for (stage, measured) in [
                (LatencyStage::Total, metrics.total.map(|total| total.duration)),
                (LatencyStage::Realtime, metrics.realtime),
                (LatencyStage::Endpointing, metrics.endpointing),
                (LatencyStage::Provider, metrics.provider),
                (LatencyStage::Stt, metrics.stt),
                (LatencyStage::LlmTtft, metrics.llm_ttft),
                (LatencyStage::LlmText, metrics.llm_text),
                (LatencyStage::TtsTtfb, metrics.tts_ttfb),
                (LatencyStage::Overhead, metrics.overhead),
                (LatencyStage::NetworkPlayout, metrics.network_playout),
                (LatencyStage::Interrupt, metrics.interrupt),
            ] {
                prop_assert_eq!(length(stage), measured, "{:?}", stage);
            }
            // Silence of an answer of which nothing was sent lies nowhere.
            if metrics.total.is_some() || marks.first_audio_sent.is_some() {
                prop_assert_eq!(length(LatencyStage::LeadingSilence), metrics.leading_silence);
            }
            let known = |stage| spans.iter().any(|span| span.stage == stage);
            prop_assert!(spans.iter().filter_map(|span| span.within).all(known));
        }
    }
}
