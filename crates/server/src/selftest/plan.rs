//! What is programmed: drawn from a seed, so that a certificate can be repeated.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use viva_audio::{Clip, Endpointer, SpeechEvent};
use viva_client::TurnReport;
use viva_infrastructure::providers::offline::Delay;
use viva_protocol::ws::{
    CascadeConfig, FallbackPolicy, Interaction, Mode, RealtimeConfig, StartSession, TurnDetection,
};

/// What the AI says: short, so that a turn is over soon.
const ANSWER: &str = "Yes.";
/// What a cascade says: more than one token, and all of it is spoken at once.
const WRITTEN_ANSWER: &str = "Yes it is.";
const TOKENS_AFTER_THE_FIRST: u64 = 2;
/// A caller sends its audio in frames of 20 ms.
const FRAMES_PER_SECOND: usize = 50;
const NETWORK_PLAYOUT: &str = "network_playout_ms";
/// The seed of all plans that name no other.
pub(crate) const SEED: u64 = 20_261_129;

/// One turn, and what its latencies are programmed to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trial {
    pub(super) start: StartSession,
    /// How long the caller's loudspeaker takes.
    pub(super) device_latency: Duration,
    pub(super) truth: Truth,
}

/// The programmed latencies of one turn, in ms. Nothing programs how long Viva itself takes, nor what is left when all parts
/// are known: both are compared with 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Truth {
    pub(super) mode: Mode,
    /// `None` when no turn ends in what is said.
    endpointing_ms: Option<f64>,
    leading_silence_ms: f64,
    network_playout_ms: f64,
    stages: Stages,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stages {
    Realtime {
        provider_ms: f64,
    },
    Cascade {
        stt_ms: f64,
        llm_ttft_ms: f64,
        llm_text_ms: f64,
        tts_ttfb_ms: f64,
    },
}

/// This many trials, in both modes by turns, in which this is said.
pub(super) fn trials(count: u32, seed: u64, clip: &Clip) -> Vec<Trial> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|number| match number % 2 {
            0 => realtime(&mut rng, clip),
            _ => cascade(&mut rng, clip),
        })
        .collect()
}

fn realtime(rng: &mut StdRng, clip: &Clip) -> Trial {
    let turn = Turn::draw(rng);
    let provider = jittery(rng, 400);
    let interaction = Interaction::Realtime(RealtimeConfig {
        options: options(&json!({
            "delay_ms": provider.least.as_millis(), "jitter_ms": provider.jitter_ms, "seed": provider.seed,
            "lead_silence_ms": turn.lead, "answers": [ANSWER],
        })),
        ..RealtimeConfig::default()
    });
    let stages = Stages::Realtime {
        provider_ms: in_the_only_turn(&provider),
    };
    turn.trial(&interaction, stages, clip)
}

fn cascade(rng: &mut StdRng, clip: &Clip) -> Trial {
    let turn = Turn::draw(rng);
    let stt = jittery(rng, 150);
    let [llm, tts] = [400, 250].map(|most| rng.random_range(0..=most));
    let tokens_per_second = rng.random_range(10..=100_u64);
    let interaction = Interaction::Cascade(CascadeConfig {
        options: options(&json!({
            "stt_delay_ms": stt.least.as_millis(), "stt_jitter_ms": stt.jitter_ms, "stt_seed": stt.seed,
            "llm_delay_ms": llm, "llm_tokens_per_second": tokens_per_second, "llm_answers": [WRITTEN_ANSWER],
            "tts_delay_ms": tts, "tts_lead_silence_ms": turn.lead,
        })),
        ..CascadeConfig::default()
    });
    let stages = Stages::Cascade {
        stt_ms: in_the_only_turn(&stt),
        llm_ttft_ms: f64::from(llm),
        llm_text_ms: Duration::from_micros(TOKENS_AFTER_THE_FIRST * 1_000_000 / tokens_per_second)
            .as_secs_f64()
            * 1_000.0,
        tts_ttfb_ms: f64::from(tts),
    };
    turn.trial(&interaction, stages, clip)
}

/// A delay of up to so many ms, to which the provider adds up to 100 in a way that is known.
fn jittery(rng: &mut StdRng, most_ms: u64) -> Delay {
    Delay {
        least: Duration::from_millis(rng.random_range(0..=most_ms)),
        jitter_ms: rng.random_range(1..=100),
        seed: rng.random_range(0..=u64::from(u32::MAX)),
    }
}

/// What the provider of a session of one turn waits, in ms.
fn in_the_only_turn(delay: &Delay) -> f64 {
    delay.of(1).as_secs_f64() * 1_000.0
}

/// What is drawn for a turn in any mode.
///
/// All in ms.
struct Turn {
    /// The silence that ends it.
    silence: u32,
    /// The silence that the answer begins with.
    lead: u32,
    device_latency: u32,
}

impl Turn {
    fn draw(rng: &mut StdRng) -> Self {
        Self {
            silence: rng.random_range(200..=700),
            lead: rng.random_range(0..=250),
            // Not less: on a busy machine the answer is played before the server has noted that it sent it.
            device_latency: rng.random_range(20..=120),
        }
    }

    fn trial(&self, interaction: &Interaction, stages: Stages, clip: &Clip) -> Trial {
        let mut start = StartSession::new(interaction);
        start.fallback = FallbackPolicy::Off;
        start.audio.input_rate = clip.rate.hz();
        start.turn_detection = Some(TurnDetection {
            silence_ms: Some(self.silence),
            ..TurnDetection::default()
        });
        Trial {
            start,
            device_latency: Duration::from_millis(self.device_latency.into()),
            truth: Truth {
                mode: interaction.mode(),
                endpointing_ms: endpointing_ms(clip, self.silence),
                leading_silence_ms: self.lead.into(),
                network_playout_ms: self.device_latency.into(),
                stages,
            },
        }
    }
}

/// How long after the last voiced sample a turn is over that is ended by this silence: the frame must have come that
/// completes it. Counted in samples; no clock has a part in it.
fn endpointing_ms(clip: &Clip, silence_ms: u32) -> Option<f64> {
    let settings = viva_audio::TurnDetection {
        silence_ms,
        ..viva_audio::TurnDetection::default()
    };
    let mut endpointer = Endpointer::new(clip.rate, settings);
    let mut events = Vec::new();
    let frame = clip.rate.hz() as usize / FRAMES_PER_SECOND;
    let silence = std::iter::repeat_n(0, clip.rate.hz() as usize);
    let heard: Vec<i16> = clip.samples.iter().copied().chain(silence).collect();
    for frame in heard.chunks(frame) {
        endpointer.push(frame, &mut events);
        if let Some(SpeechEvent::Ended { last_voiced_sample }) = events.last() {
            let waited = clip.rate.duration_of(endpointer.position() - last_voiced_sample);
            return Some(waited.as_secs_f64() * 1_000.0);
        }
    }
    None
}

fn options(json: &Value) -> serde_json::Map<String, Value> {
    json.as_object().cloned().unwrap_or_default()
}

impl Truth {
    /// What was reported of each part less what is true, in ms, by the names of the fields. The total is compared with what
    /// the caller heard by itself. A part that was not reported is not there.
    pub(super) fn errors(&self, turn: &TurnReport) -> Vec<(&'static str, f64)> {
        let latency = turn.latency.unwrap_or_default();
        let (provider_ms, [stt_ms, llm_ttft_ms, llm_text_ms, tts_ttfb_ms]) = match self.stages {
            Stages::Realtime { provider_ms } => (Some(provider_ms), [None; 4]),
            Stages::Cascade {
                stt_ms,
                llm_ttft_ms,
                llm_text_ms,
                tts_ttfb_ms,
            } => (None, [stt_ms, llm_ttft_ms, llm_text_ms, tts_ttfb_ms].map(Some)),
        };
        // Nothing is unexplained where it is not told.
        let unexplained_ms = latency
            .total_ms
            .map(|_| latency.unexplained_ms.unwrap_or_default());
        [
            ("total_ms", latency.total_ms, turn.heard_ms),
            ("endpointing_ms", latency.endpointing_ms, self.endpointing_ms),
            ("provider_ms", latency.provider_ms, provider_ms),
            ("stt_ms", latency.stt_ms, stt_ms),
            ("llm_ttft_ms", latency.llm_ttft_ms, llm_ttft_ms),
            ("llm_text_ms", latency.llm_text_ms, llm_text_ms),
            ("tts_ttfb_ms", latency.tts_ttfb_ms, tts_ttfb_ms),
            ("overhead_ms", latency.overhead_ms, Some(0.0)),
            (
                NETWORK_PLAYOUT,
                latency.network_playout_ms,
                Some(self.network_playout_ms),
            ),
            (
                "leading_silence_ms",
                latency.leading_silence_ms,
                Some(self.leading_silence_ms),
            ),
            ("unexplained_ms", unexplained_ms, Some(0.0)),
        ]
        .into_iter()
        .filter_map(|(part, reported, truth)| Some((part, reported? - truth?)))
        .collect()
    }

    /// Whether nothing is missing that is always measured. When the machine is so busy that the answer is played before the
    /// server has noted that it sent it, nobody knows how long it was under way.
    pub(super) fn are_complete(&self, errors: &[(&'static str, f64)]) -> bool {
        let always = match self.stages {
            Stages::Realtime { .. } => 6,
            Stages::Cascade { .. } => 9,
        };
        errors.iter().filter(|(part, _)| *part != NETWORK_PLAYOUT).count() == always
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::ws::Latency;

    use super::super::run::utterance;
    use super::*;

    fn drawn(count: u32, seed: u64) -> Vec<Trial> {
        trials(count, seed, &utterance().unwrap())
    }

    #[test]
    fn the_same_seed_programs_the_same() {
        assert_eq!(drawn(8, 7), drawn(8, 7));
        assert_ne!(drawn(8, 7), drawn(8, 8));
    }

    #[test]
    fn a_turn_is_over_within_two_frames_of_its_silence() {
        let utterance = utterance().unwrap();
        for silence_ms in [200, 333, 500, 700] {
            let waited = endpointing_ms(&utterance, silence_ms).unwrap();
            let late = waited - f64::from(silence_ms);
            assert!((0.0..=40.0).contains(&late), "{silence_ms}: {waited}");
        }
        let silence = Clip {
            samples: vec![0; 24_000],
            ..utterance
        };
        assert_eq!(endpointing_ms(&silence, 200), None);
    }

    #[test]
    fn what_the_provider_adds_is_part_of_the_truth() {
        for trial in drawn(20, SEED) {
            let options = &trial.start.config["options"];
            let ms = |name: &str| options[name].as_f64().expect("it is programmed");
            let (least, jitter, truth) = match trial.truth.stages {
                Stages::Realtime { provider_ms } => (ms("delay_ms"), ms("jitter_ms"), provider_ms),
                Stages::Cascade { stt_ms, .. } => (ms("stt_delay_ms"), ms("stt_jitter_ms"), stt_ms),
            };
            assert!(jitter >= 1.0);
            assert!(
                (least..=least + jitter).contains(&truth),
                "{least} + {jitter}: {truth}"
            );
            assert!(truth.fract() > 0.0, "it is drawn in microseconds");
        }
    }

    #[test]
    fn both_modes_are_tested_alike() {
        let modes: Vec<Mode> = drawn(4, SEED).iter().map(|trial| trial.truth.mode).collect();
        assert_eq!(
            modes,
            [Mode::Realtime, Mode::Cascade, Mode::Realtime, Mode::Cascade]
        );
    }

    #[test]
    fn an_error_is_what_was_reported_less_what_is_true() {
        let truth = Truth {
            mode: Mode::Cascade,
            endpointing_ms: Some(500.0),
            leading_silence_ms: 100.0,
            network_playout_ms: 60.0,
            stages: Stages::Cascade {
                stt_ms: 150.0,
                llm_ttft_ms: 200.0,
                llm_text_ms: 40.0,
                tts_ttfb_ms: 120.0,
            },
        };
        let mut turn = TurnReport {
            latency: Some(Latency {
                total_ms: Some(1_000.0),
                endpointing_ms: Some(512.0),
                stt_ms: Some(150.5),
                llm_ttft_ms: Some(199.0),
                llm_text_ms: Some(40.25),
                tts_ttfb_ms: Some(121.0),
                overhead_ms: Some(0.75),
                leading_silence_ms: Some(100.0),
                unexplained_ms: Some(-2.0),
                ..Latency::default()
            }),
            heard_ms: Some(1_001.0),
            ..TurnReport::default()
        };
        let errors = truth.errors(&turn);
        assert_eq!(
            errors,
            [
                ("total_ms", -1.0),
                ("endpointing_ms", 12.0),
                ("stt_ms", 0.5),
                ("llm_ttft_ms", -1.0),
                ("llm_text_ms", 0.25),
                ("tts_ttfb_ms", 1.0),
                ("overhead_ms", 0.75),
                ("leading_silence_ms", 0.0),
                ("unexplained_ms", -2.0),
            ]
        );
        assert!(truth.are_complete(&errors), "the network is not always measured");
        let latency = turn.latency.as_mut().unwrap();
        latency.unexplained_ms = None;
        latency.network_playout_ms = Some(61.0);
        let errors = truth.errors(&turn);
        assert_eq!(errors[7], ("network_playout_ms", 1.0));
        assert_eq!(errors[9], ("unexplained_ms", 0.0));
        turn.heard_ms = None;
        assert!(!truth.are_complete(&truth.errors(&turn)));
    }
}
