use serde_json::{Value, json};

use super::handshake::Parameters;
use super::wording::{Act, Wording, Wrong};
use crate::vendors::line::{Incoming, Line, samples};
use crate::vendors::spoken::Spoken;

pub(super) const PARAMETERS: Parameters = Parameters {
    known: &[
        "agent_context",
        "continuous_partials",
        "encoding",
        "end_of_turn_confidence_threshold",
        "filter_profanity",
        "format_turns",
        "include_partial_turns",
        "keyterms_prompt",
        "language_codes",
        "language_detection",
        "max_turn_silence",
        "min_turn_silence",
        "mode",
        "prompt",
        "sample_rate",
        "speech_model",
        "vad_threshold",
    ],
    needed: &["encoding", "sample_rate", "speech_model"],
    repeatable: &[],
    is_valid,
};

/// Samples that a frame may have, 50 to 200 ms.
const FRAME: std::ops::RangeInclusive<usize> = 800..=3_200;

/// `AssemblyAI`'s streaming v3.
pub(super) struct AssemblyAi {
    /// Each turn ends twice.
    formats: bool,
    turn: u32,
}

/// Whether a turn is told to be over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Open,
    /// And not written as people do.
    Plain,
    Over,
}

/// Of the second turn, and nothing but that is as it should be; with words in it.
pub(super) fn malformed(words: &str) -> String {
    json!({"type": "Turn", "turn_order": 1, "transcript": [words], "words": words}).to_string()
}

impl AssemblyAi {
    pub(super) fn new(query: &[(String, String)]) -> Self {
        let value = |name: &str| {
            query
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.as_str())
        };
        let model = value("speech_model").unwrap_or_default();
        Self {
            formats: value("format_turns") == Some("true") && model.starts_with("universal-streaming"),
            turn: 0,
        }
    }

    fn turn(&self, transcript: &str, open: &[&str], told: Told) -> String {
        let word = |word: &&str, is_final: bool| json!({"text": word, "start": 0, "end": 100, "confidence": 0.9, "word_is_final": is_final});
        let settled: Vec<&str> = transcript.split_whitespace().collect();
        let words: Vec<Value> = settled
            .iter()
            .map(|text| word(text, true))
            .chain(open.iter().map(|text| word(text, false)))
            .collect();
        let turn = json!({
            "type": "Turn", "turn_order": self.turn, "turn_is_formatted": told == Told::Over,
            "end_of_turn": told != Told::Open, "transcript": transcript, "end_of_turn_confidence": 0.2, "words": words, "mood": "thrown in",
        });
        turn.to_string()
    }
}

impl Wording for AssemblyAi {
    const ANSWERS_SILENCE: bool = false;

    fn welcome(&mut self) -> Vec<String> {
        let begin = json!({"type": "Begin", "id": "s", "expires_at": 1_800_000_000, "configuration": {}});
        vec![begin.to_string()]
    }

    fn read(&mut self, incoming: Incoming, _line: &Line) -> Result<Vec<Act>, Wrong> {
        let message = match incoming {
            Incoming::Binary(bytes) => {
                let samples = samples(&bytes).filter(|samples| FRAME.contains(&samples.len()));
                let samples = samples.ok_or_else(|| Wrong::new("3007", "Input duration violation"))?;
                return Ok(vec![Act::Hear(samples)]);
            }
            Incoming::Plain(_) => return Err(Wrong::new("4100", "Endpoint received invalid JSON")),
            Incoming::Text(message) => message,
        };
        match message["type"].as_str() {
            Some("ForceEndpoint") => Ok(vec![Act::Finalize]),
            Some("KeepAlive" | "UpdateConfiguration") => Ok(Vec::new()),
            Some("Terminate") => {
                let over = json!({"type": "Termination", "audio_duration_seconds": 1, "session_duration_seconds": 1});
                Ok(vec![Act::Say(over.to_string()), Act::Close])
            }
            _ => Err(Wrong::new(
                "4101",
                "Endpoint received a message with an invalid schema",
            )),
        }
    }

    fn began(&mut self, spoken: &Spoken) -> Vec<String> {
        let mut told = vec![
            json!({"type": "SpeechStarted", "timestamp": 300}).to_string(),
            json!({"type": "Daydream", "of": ["sheep"]}).to_string(),
            self.turn("", &[], Told::Open),
        ];
        // There is always a word, if only one that is not understood in the end.
        let first = spoken.text.split_whitespace().next().unwrap_or("hm");
        let open = spoken.interims.iter().map(String::as_str);
        let open: Vec<&str> = if spoken.interims.is_empty() {
            vec![first]
        } else {
            open.collect()
        };
        for text in open {
            let words: Vec<&str> = text.split_whitespace().collect();
            told.push(self.turn("", &words, Told::Open));
        }
        for text in &spoken.segments {
            told.push(self.turn(text, &[], Told::Open));
        }
        told
    }

    fn answer(&mut self, text: &str) -> Vec<String> {
        let mut told = Vec::new();
        if self.formats {
            let plain: String = text
                .to_lowercase()
                .chars()
                .filter(|letter| !letter.is_ascii_punctuation())
                .collect();
            told.push(self.turn(&plain, &[], Told::Plain));
        }
        told.push(self.turn(text, &[], Told::Over));
        self.turn += 1;
        told
    }

    fn complain(&mut self, wrong: &Wrong) -> (Vec<String>, Option<u16>) {
        let code: u16 = wrong.code.parse().unwrap_or(3_005);
        let error = json!({"type": "Error", "error_code": code, "error": wrong.message});
        (vec![error.to_string()], Some(code))
    }
}

fn is_valid(name: &str, value: &str) -> bool {
    let is_list = || {
        let list: Result<Vec<String>, _> = serde_json::from_str(value);
        list.is_ok_and(|list| !list.is_empty() && list.iter().all(|text| !text.trim().is_empty()))
    };
    let within = |least: f64, most: f64| {
        value
            .parse()
            .is_ok_and(|value: f64| (least..=most).contains(&value))
    };
    match name {
        "sample_rate" => value == "16000",
        "encoding" => value == "pcm_s16le",
        "language_codes" | "keyterms_prompt" => is_list(),
        "format_turns" | "filter_profanity" | "language_detection" => matches!(value, "true" | "false"),
        "end_of_turn_confidence_threshold" | "vad_threshold" => within(0.0, 1.0),
        "min_turn_silence" | "max_turn_silence" => value.parse::<u32>().is_ok(),
        "mode" => matches!(value, "min_latency" | "balanced" | "max_accuracy"),
        _ => !value.is_empty(),
    }
}
