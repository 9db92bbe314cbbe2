use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::handshake::Parameters;
use super::wording::{Act, Wording, Wrong};
use crate::vendors::line::{Incoming, Line, samples};
use crate::vendors::spoken::Spoken;

pub(super) const PARAMETERS: Parameters = Parameters {
    known: &[
        "audio_format",
        "commit_strategy",
        "enable_logging",
        "filter_background_audio",
        "include_language_detection",
        "include_timestamps",
        "keyterms",
        "language_code",
        "model_id",
        "no_verbatim",
        "secondary_languages",
    ],
    needed: &["model_id"],
    repeatable: &["keyterms", "secondary_languages"],
    is_valid,
};

/// Samples without which nothing is committed, 300 ms.
const LEAST: usize = 4_800;
/// Complaints after which the session goes on.
const PASSING: [&str; 2] = ["commit_throttled", "insufficient_audio_activity"];

/// `ElevenLabs`' Scribe in real time, with commits by the client.
#[derive(Default)]
pub(super) struct Scribe {
    /// Samples since the last commit.
    heard: usize,
}

/// A text that is none, with words in it.
pub(super) fn malformed(words: &str) -> String {
    json!({"message_type": "partial_transcript", "text": [words]}).to_string()
}

impl Wording for Scribe {
    const ANSWERS_SILENCE: bool = true;

    fn welcome(&mut self) -> Vec<String> {
        vec![
            json!({"message_type": "session_started", "session_id": "s", "config": {"mood": "thrown in"}})
                .to_string(),
        ]
    }

    fn read(&mut self, incoming: Incoming, _line: &Line) -> Result<Vec<Act>, Wrong> {
        let Incoming::Text(message) = incoming else {
            return Err(Wrong::new("input_error", "a message is no JSON"));
        };
        let known = [
            "message_type",
            "audio_base_64",
            "commit",
            "sample_rate",
            "previous_text",
        ];
        let is_known = message
            .as_object()
            .is_some_and(|fields| fields.keys().all(|field| known.contains(&field.as_str())));
        if message["message_type"] != "input_audio_chunk" || !is_known || message["sample_rate"] != 16_000 {
            return Err(Wrong::new("input_error", "unknown message"));
        }
        let audio = message["audio_base_64"].as_str().unwrap_or_default();
        let bytes = STANDARD.decode(audio);
        let bytes = bytes.map_err(|err| Wrong::new("input_error", err.to_string()))?;
        let mut acts = Vec::new();
        if !bytes.is_empty() {
            let samples = samples(&bytes).ok_or_else(|| Wrong::new("input_error", "half a sample"))?;
            self.heard += samples.len();
            acts.push(Act::Hear(samples));
        }
        if message["commit"] == Value::Bool(true) {
            if std::mem::take(&mut self.heard) < LEAST {
                return Err(Wrong::new("input_error", "less than 0.3 s of audio to commit"));
            }
            acts.push(Act::Finalize);
        }
        Ok(acts)
    }

    fn began(&mut self, spoken: &Spoken) -> Vec<String> {
        let warning = json!({"message_type": "warning", "warning": "thrown in"});
        let partial = |text: &String| json!({"message_type": "partial_transcript", "text": text}).to_string();
        let mut told = vec![warning.to_string()];
        told.extend(spoken.interims.iter().chain(&spoken.segments).map(partial));
        told
    }

    fn answer(&mut self, text: &str) -> Vec<String> {
        vec![json!({"message_type": "committed_transcript", "text": text, "mood": "thrown in"}).to_string()]
    }

    fn complain(&mut self, wrong: &Wrong) -> (Vec<String>, Option<u16>) {
        let error = json!({"message_type": wrong.code, "error": wrong.message});
        let is_passing = PASSING.contains(&wrong.code.as_str());
        (vec![error.to_string()], (!is_passing).then_some(1_008))
    }
}

fn is_valid(name: &str, value: &str) -> bool {
    match name {
        "audio_format" => value == "pcm_16000",
        "commit_strategy" => value == "manual",
        "enable_logging" | "filter_background_audio" | "no_verbatim" => matches!(value, "true" | "false"),
        "include_timestamps" | "include_language_detection" => value == "false",
        "keyterms" => (1..=20).contains(&value.chars().count()),
        "language_code" => {
            matches!(value.len(), 2 | 3) && value.chars().all(|letter| letter.is_ascii_lowercase())
        }
        _ => !value.is_empty(),
    }
}
