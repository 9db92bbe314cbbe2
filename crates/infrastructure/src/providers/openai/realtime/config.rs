//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `turn_detection` | `"server_vad"`, `"semantic_vad"`, `"none"` | `"server_vad"` | Who finds the user's turns: the provider by silence, the provider by meaning, the session. |
//! | `threshold` | 0 to 1 | the provider's | How sure of speech it must be; `server_vad` only. |
//! | `silence_ms` | 50 to 10000 | the provider's | Silence that ends a turn; `server_vad` only. |
//! | `prefix_ms` | 0 to 5000 | the provider's | Audio before the speech that belongs to it; `server_vad` only. |
//! | `eagerness` | `"low"`, `"medium"`, `"high"`, `"auto"` | the provider's | How soon a turn is taken to be over; `semantic_vad` only. |
//! | `noise_reduction` | `"near_field"`, `"far_field"`, `"off"` | `"off"` | Which microphone the user's audio is cleaned for. |
//! | `transcription_model` | a model's id | the catalogue's | What writes down what the user says; without one nothing does. |
//! | `speed` | 0.25 to 1.5 | the provider's | How fast it speaks. |
//! | `max_output_tokens` | 1 to 4096 | the provider's | How long an answer may get. |
//! | `reasoning_effort` | `"minimal"`, `"low"`, `"medium"`, `"high"`, `"xhigh"` | the provider's | How much it thinks first; for models that reason. |

use std::time::Duration;

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use super::wire::{
    AudioFormat, InputAudio, NoiseReduction, OutputAudio, Reasoning, Session, SessionAudio, Transcription,
    TurnDetection,
};
use crate::providers::language::iso_639_1;
use crate::providers::options::{choice, decimal, number, read, unknown};

/// Sample rate of the audio both ways, in Hz; GA takes no other for PCM.
pub(super) const RATE: u32 = 24_000;

const NAMES: [&str; 10] = [
    "eagerness",
    "max_output_tokens",
    "noise_reduction",
    "prefix_ms",
    "reasoning_effort",
    "silence_ms",
    "speed",
    "threshold",
    TRANSCRIPTION_MODEL,
    "turn_detection",
];

pub(super) const TRANSCRIPTION_MODEL: &str = "transcription_model";

/// The options of a session, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Options {
    pub(super) turns: Turns,
    threshold: Option<f64>,
    silence_ms: Option<u32>,
    prefix_ms: Option<u32>,
    eagerness: Option<&'static str>,
    noise_reduction: Option<&'static str>,
    pub(super) transcription_model: Option<String>,
    speed: Option<f64>,
    max_output_tokens: Option<u32>,
    reasoning_effort: Option<&'static str>,
}

/// Who finds the user's turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Turns {
    #[default]
    ServerVad,
    SemanticVad,
    None,
}

const TURNS: [(&str, Turns); 3] = [
    ("server_vad", Turns::ServerVad),
    ("semantic_vad", Turns::SemanticVad),
    ("none", Turns::None),
];
const EAGERNESS: [(&str, &str); 4] = [
    ("low", "low"),
    ("medium", "medium"),
    ("high", "high"),
    ("auto", "auto"),
];
const NOISE_REDUCTION: [(&str, Option<&str>); 3] = [
    ("near_field", Some("near_field")),
    ("far_field", Some("far_field")),
    ("off", None),
];
const EFFORTS: [(&str, &str); 5] = [
    ("minimal", "minimal"),
    ("low", "low"),
    ("medium", "medium"),
    ("high", "high"),
    ("xhigh", "xhigh"),
];

impl Turns {
    pub(super) fn are_the_providers(self) -> bool {
        self != Self::None
    }
}

impl Options {
    /// Reads and checks a session's options. The error says which one is wrong, and what is right.
    pub(super) fn parse(raw: &ProviderOptions) -> Result<Self, String> {
        let options = read(raw, Self::set)?;
        options.check()?;
        Ok(options)
    }

    fn set(&mut self, name: &str, json: &str) -> Result<(), String> {
        match name {
            "turn_detection" => self.turns = choice(name, json, &TURNS)?,
            "threshold" => self.threshold = Some(decimal(name, json, 0.0, 1.0)?),
            "silence_ms" => self.silence_ms = Some(number(name, json, 50, 10_000)?),
            "prefix_ms" => self.prefix_ms = Some(number(name, json, 0, 5_000)?),
            "eagerness" => self.eagerness = Some(choice(name, json, &EAGERNESS)?),
            "noise_reduction" => self.noise_reduction = choice(name, json, &NOISE_REDUCTION)?,
            TRANSCRIPTION_MODEL => self.transcription_model = Some(model(name, json)?),
            "speed" => self.speed = Some(decimal(name, json, 0.25, 1.5)?),
            "max_output_tokens" => self.max_output_tokens = Some(number(name, json, 1, 4_096)?),
            "reasoning_effort" => self.reasoning_effort = Some(choice(name, json, &EFFORTS)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }

    /// The provider would ignore an option of another kind of detection; who set it expects something of it.
    fn check(&self) -> Result<(), String> {
        let of_silence = [
            ("threshold", self.threshold.is_some()),
            ("silence_ms", self.silence_ms.is_some()),
            ("prefix_ms", self.prefix_ms.is_some()),
        ];
        let of_meaning = [("eagerness", self.eagerness.is_some())];
        let misplaced =
            |options: &[(&'static str, bool)], turns, kind| match options.iter().find(|(_, set)| *set) {
                Some((name, _)) if self.turns != turns => {
                    Err(format!("options.{name} needs turn_detection \"{kind}\""))
                }
                _ => Ok(()),
            };
        misplaced(&of_silence, Turns::ServerVad, "server_vad")?;
        misplaced(&of_meaning, Turns::SemanticVad, "semantic_vad")
    }

    /// Silence that ends a turn, whatever the provider thinks of what was said; a little longer than it waits at most.
    pub(super) fn final_silence(&self) -> Duration {
        let ms = match (self.turns, self.eagerness) {
            (Turns::SemanticVad, Some("low")) => 8_000,
            (Turns::SemanticVad, Some("high")) => 2_000,
            (Turns::SemanticVad, _) => 4_000,
            (Turns::ServerVad | Turns::None, _) => u64::from(self.silence_ms.unwrap_or(500)),
        };
        Duration::from_millis(ms + 200)
    }

    /// The provider answers by itself when a turn is over, which saves a round trip. It never cuts an answer by itself:
    /// whether the user may interrupt is decided by the session, and it alone knows what was heard.
    fn turn_detection(&self) -> Option<TurnDetection> {
        let (create_response, interrupt_response) = (true, false);
        match self.turns {
            Turns::ServerVad => Some(TurnDetection::ServerVad {
                threshold: self.threshold,
                prefix_padding_ms: self.prefix_ms,
                silence_duration_ms: self.silence_ms,
                create_response,
                interrupt_response,
            }),
            Turns::SemanticVad => Some(TurnDetection::SemanticVad {
                eagerness: self.eagerness,
                create_response,
                interrupt_response,
            }),
            Turns::None => None,
        }
    }
}

/// What the provider is told of a session.
pub(super) fn session(config: &ProviderConfig, options: &Options, instructions: &str) -> Session {
    let pcm = || AudioFormat {
        kind: "audio/pcm",
        rate: RATE,
    };
    let transcription = options.transcription_model.clone().map(|model| Transcription {
        model,
        language: config.language.as_deref().and_then(iso_639_1),
    });
    Session {
        kind: "realtime",
        instructions: instructions.to_owned(),
        output_modalities: ["audio"],
        audio: SessionAudio {
            input: InputAudio {
                format: pcm(),
                noise_reduction: options.noise_reduction.map(|kind| NoiseReduction { kind }),
                transcription,
                turn_detection: options.turn_detection(),
            },
            output: OutputAudio {
                format: pcm(),
                voice: config.voice.clone(),
                speed: options.speed,
            },
        },
        reasoning: options.reasoning_effort.map(|effort| Reasoning { effort }),
        max_output_tokens: options.max_output_tokens,
    }
}

fn model(name: &str, json: &str) -> Result<String, String> {
    serde_json::from_str::<String>(json)
        .ok()
        .map(|model| model.trim().to_owned())
        .filter(|model| (1..=100).contains(&model.len()) && !model.contains(char::is_control))
        .ok_or_else(|| format!("options.{name} must be the id of a model"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::providers::testing;

    fn options(raw: &[(&str, &str)]) -> Result<Options, String> {
        Options::parse(&testing::options(raw))
    }

    fn config(language: &str) -> ProviderConfig {
        ProviderConfig {
            voice: Some("marin".to_owned()),
            language: Some(language.to_owned()),
            ..ProviderConfig::of("openai")
        }
    }

    #[test]
    fn nothing_set_leaves_the_rest_to_the_provider() {
        let session = session(&config("en"), &options(&[]).unwrap(), "Be brief.");
        let expected = json!({
            "type": "realtime",
            "instructions": "Be brief.",
            "output_modalities": ["audio"],
            "audio": {
                "input": {
                    "format": { "type": "audio/pcm", "rate": 24_000 },
                    "noise_reduction": null,
                    "transcription": null,
                    "turn_detection": { "type": "server_vad", "create_response": true, "interrupt_response": false },
                },
                "output": { "format": { "type": "audio/pcm", "rate": 24_000 }, "voice": "marin" },
            },
        });
        assert_eq!(serde_json::to_value(session).unwrap(), expected);
    }

    #[test]
    fn every_option_is_sent() {
        let options = options(&[
            ("threshold", "0.4"),
            ("silence_ms", "300"),
            ("prefix_ms", "200"),
            ("noise_reduction", "\"far_field\""),
            ("transcription_model", "\"ears\""),
            ("speed", "1.5"),
            ("max_output_tokens", "4096"),
            ("reasoning_effort", "\"xhigh\""),
        ])
        .unwrap();
        let session = serde_json::to_value(session(&config("zh-TW"), &options, "")).unwrap();
        let input = &session["audio"]["input"];
        let detection = json!({
            "type": "server_vad", "threshold": 0.4, "prefix_padding_ms": 200, "silence_duration_ms": 300,
            "create_response": true, "interrupt_response": false,
        });
        assert_eq!(input["turn_detection"], detection);
        assert_eq!(input["noise_reduction"], json!({ "type": "far_field" }));
        assert_eq!(
            input["transcription"],
            json!({ "model": "ears", "language": "zh" })
        );
        assert_eq!(session["audio"]["output"]["speed"], json!(1.5));
        assert_eq!(session["max_output_tokens"], json!(4_096));
        assert_eq!(session["reasoning"], json!({ "effort": "xhigh" }));
    }

    #[test]
    fn turns_are_found_by_meaning_or_not_at_all() {
        let detection = |raw: &[(&str, &str)]| {
            let session = session(&config("en"), &options(raw).unwrap(), "");
            serde_json::to_value(session).unwrap()["audio"]["input"]["turn_detection"].clone()
        };
        assert_eq!(
            detection(&[("turn_detection", "\"semantic_vad\""), ("eagerness", "\"high\"")]),
            json!({ "type": "semantic_vad", "eagerness": "high", "create_response": true, "interrupt_response": false })
        );
        assert_eq!(detection(&[("turn_detection", "\"none\"")]), json!(null));
    }

    #[rstest]
    #[case(
        "volume",
        "1",
        "options.volume is unknown; there are eagerness, max_output_tokens, noise_reduction, prefix_ms, reasoning_effort, silence_ms, speed, threshold, transcription_model, turn_detection"
    )]
    #[case(
        "turn_detection",
        "\"client\"",
        r#"options.turn_detection must be one of "server_vad", "semantic_vad", "none""#
    )]
    #[case("threshold", "1.1", "options.threshold must be a number from 0 to 1")]
    #[case(
        "silence_ms",
        "49",
        "options.silence_ms must be a whole number from 50 to 10000"
    )]
    #[case("prefix_ms", "-1", "options.prefix_ms must be a whole number from 0 to 5000")]
    #[case(
        "eagerness",
        "\"high\"",
        "options.eagerness needs turn_detection \"semantic_vad\""
    )]
    #[case(
        "noise_reduction",
        "true",
        r#"options.noise_reduction must be one of "near_field", "far_field", "off""#
    )]
    #[case(
        "transcription_model",
        "\" \"",
        "options.transcription_model must be the id of a model"
    )]
    #[case("speed", "0.2", "options.speed must be a number from 0.25 to 1.5")]
    #[case(
        "max_output_tokens",
        "0",
        "options.max_output_tokens must be a whole number from 1 to 4096"
    )]
    #[case(
        "reasoning_effort",
        "\"none\"",
        r#"options.reasoning_effort must be one of "minimal", "low", "medium", "high", "xhigh""#
    )]
    fn other_values_are_refused_by_name(#[case] name: &str, #[case] json: &str, #[case] message: &str) {
        assert_eq!(options(&[(name, json)]), Err(message.to_owned()));
    }

    #[test]
    fn options_of_silence_need_detection_by_silence() {
        assert_eq!(
            options(&[("turn_detection", "\"none\""), ("silence_ms", "300")]),
            Err("options.silence_ms needs turn_detection \"server_vad\"".to_owned())
        );
    }

    #[rstest]
    #[case("en-GB", Some("en"))]
    #[case("ZH-Hant-TW", Some("zh"))]
    #[case("yue", Some("zh"))]
    #[case("", None)]
    fn languages_are_told_in_two_letters(#[case] tag: &str, #[case] language: Option<&str>) {
        assert_eq!(iso_639_1(tag).as_deref(), language);
    }
}
