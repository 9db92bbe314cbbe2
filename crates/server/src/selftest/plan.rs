//! What is programmed: drawn from a seed, so that a certificate can be repeated.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use viva_client::TurnReport;
use viva_infrastructure::providers::offline::Delay;
use viva_protocol::ws::{
    CascadeConfig, FallbackPolicy, Interaction, Mode, RealtimeConfig, StartSession, TurnDetection,
};

/// What the AI says: short, so that a turn is over soon.
const ANSWER: &str = "Yes.";
/// The seed of all plans that name no other.
pub(crate) const SEED: u64 = 20_261_129;

/// One turn, and what its latencies are programmed to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trial {
    pub(super) start: StartSession,
    pub(super) truth: Truth,
}

/// The programmed latencies of one turn, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Truth {
    pub(super) mode: Mode,
    endpointing_ms: f64,
    leading_silence_ms: f64,
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
        tts_ttfb_ms: f64,
    },
}

/// This many trials, in both modes by turns.
pub(super) fn trials(count: u32, seed: u64) -> Vec<Trial> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|number| match number % 2 {
            0 => realtime(&mut rng),
            _ => cascade(&mut rng),
        })
        .collect()
}

fn realtime(rng: &mut StdRng) -> Trial {
    let silence = silence(rng);
    let provider = jittery(rng, 400);
    let lead = rng.random_range(0..=250_u32);
    let interaction = Interaction::Realtime(RealtimeConfig {
        options: options(&json!({
            "delay_ms": provider.least.as_millis(), "jitter_ms": provider.jitter_ms, "seed": provider.seed,
            "lead_silence_ms": lead, "answers": [ANSWER],
        })),
        ..RealtimeConfig::default()
    });
    let stages = Stages::Realtime {
        provider_ms: in_the_only_turn(&provider),
    };
    trial(&interaction, silence, lead, stages)
}

fn cascade(rng: &mut StdRng) -> Trial {
    let silence = silence(rng);
    let stt = jittery(rng, 150);
    let [llm, tts] = [400, 250].map(|most| rng.random_range(0..=most));
    let lead = rng.random_range(0..=250_u32);
    let interaction = Interaction::Cascade(CascadeConfig {
        options: options(&json!({
            "stt_delay_ms": stt.least.as_millis(), "stt_jitter_ms": stt.jitter_ms, "stt_seed": stt.seed,
            "llm_delay_ms": llm, "llm_answers": [ANSWER], "tts_delay_ms": tts, "tts_lead_silence_ms": lead,
        })),
        ..CascadeConfig::default()
    });
    let stages = Stages::Cascade {
        stt_ms: in_the_only_turn(&stt),
        llm_ttft_ms: f64::from(llm),
        tts_ttfb_ms: f64::from(tts),
    };
    trial(&interaction, silence, lead, stages)
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

/// The silence that ends the turn.
fn silence(rng: &mut StdRng) -> u32 {
    rng.random_range(200..=700)
}

fn trial(interaction: &Interaction, silence_ms: u32, lead_ms: u32, stages: Stages) -> Trial {
    let mut start = StartSession::new(interaction);
    start.fallback = FallbackPolicy::Off;
    start.turn_detection = Some(TurnDetection {
        silence_ms: Some(silence_ms),
        ..TurnDetection::default()
    });
    Trial {
        start,
        truth: Truth {
            mode: interaction.mode(),
            endpointing_ms: silence_ms.into(),
            leading_silence_ms: lead_ms.into(),
            stages,
        },
    }
}

fn options(json: &Value) -> serde_json::Map<String, Value> {
    json.as_object().cloned().unwrap_or_default()
}

impl Truth {
    /// What was reported of each part less what is true, in ms, by the names of the fields. The total is compared with what
    /// the caller heard by itself. A part that was not reported is not there.
    pub(super) fn errors(&self, turn: &TurnReport) -> Vec<(&'static str, f64)> {
        let latency = turn.latency.unwrap_or_default();
        let (realtime, cascade) = match self.stages {
            Stages::Realtime { provider_ms } => (Some(provider_ms), None),
            Stages::Cascade {
                stt_ms,
                llm_ttft_ms,
                tts_ttfb_ms,
            } => (None, Some([stt_ms, llm_ttft_ms, tts_ttfb_ms])),
        };
        let [stt_ms, llm_ttft_ms, tts_ttfb_ms] = cascade.map_or([None; 3], |stages| stages.map(Some));
        [
            ("total_ms", latency.total_ms, turn.heard_ms),
            (
                "endpointing_ms",
                latency.endpointing_ms,
                Some(self.endpointing_ms),
            ),
            ("provider_ms", latency.provider_ms, realtime),
            ("stt_ms", latency.stt_ms, stt_ms),
            ("llm_ttft_ms", latency.llm_ttft_ms, llm_ttft_ms),
            ("tts_ttfb_ms", latency.tts_ttfb_ms, tts_ttfb_ms),
            (
                "leading_silence_ms",
                latency.leading_silence_ms,
                Some(self.leading_silence_ms),
            ),
        ]
        .into_iter()
        .filter_map(|(part, reported, truth)| Some((part, reported? - truth?)))
        .collect()
    }

    /// How many parts of a turn have an error when nothing is missing.
    pub(super) fn parts(&self) -> usize {
        match self.stages {
            Stages::Realtime { .. } => 4,
            Stages::Cascade { .. } => 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::ws::Latency;

    use super::*;

    #[test]
    fn the_same_seed_programs_the_same() {
        assert_eq!(trials(20, 7), trials(20, 7));
        assert_ne!(trials(20, 7), trials(20, 8));
    }

    #[test]
    fn what_the_provider_adds_is_part_of_the_truth() {
        for trial in trials(50, SEED) {
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
        let modes: Vec<Mode> = trials(4, SEED).iter().map(|trial| trial.truth.mode).collect();
        assert_eq!(
            modes,
            [Mode::Realtime, Mode::Cascade, Mode::Realtime, Mode::Cascade]
        );
    }

    #[test]
    fn an_error_is_what_was_reported_less_what_is_true() {
        let truth = Truth {
            mode: Mode::Cascade,
            endpointing_ms: 500.0,
            leading_silence_ms: 100.0,
            stages: Stages::Cascade {
                stt_ms: 150.0,
                llm_ttft_ms: 200.0,
                tts_ttfb_ms: 120.0,
            },
        };
        let turn = TurnReport {
            latency: Some(Latency {
                total_ms: Some(1_000.0),
                endpointing_ms: Some(512.0),
                stt_ms: Some(150.5),
                llm_ttft_ms: Some(199.0),
                ..Latency::default()
            }),
            heard_ms: Some(1_001.0),
            ..TurnReport::default()
        };
        assert_eq!(
            truth.errors(&turn),
            [
                ("total_ms", -1.0),
                ("endpointing_ms", 12.0),
                ("stt_ms", 0.5),
                ("llm_ttft_ms", -1.0),
            ]
        );
        assert_eq!(truth.parts(), 6);
    }
}
