use serde_json::{Value, json};

use super::handshake::Parameters;
use super::wording::{Act, Wording, Wrong};
use crate::vendors::line::{Incoming, Line, samples};
use crate::vendors::spoken::Spoken;

pub(super) const PARAMETERS: Parameters = Parameters {
    known: &[],
    needed: &[],
    repeatable: &[],
    is_valid: |_, _| true,
};

/// Samples per second.
const RATE: f64 = 16_000.0;
const MODELS: [&str; 3] = ["standard", "enhanced", "melia-1"];
/// What a configuration may hold.
const CONFIGURATION: [&str; 8] = [
    "additional_vocab",
    "enable_partials",
    "language",
    "language_hints",
    "max_delay",
    "max_delay_mode",
    "model",
    "output_locale",
];

/// Speechmatics' realtime v2.
#[derive(Default)]
pub(super) struct Speechmatics {
    has_started: bool,
    /// Samples that came, and of those the ones that are final.
    heard: usize,
    told: usize,
    frames: u32,
}

impl Speechmatics {
    fn transcript(&self, message: &str, text: &str) -> String {
        let (start, end) = (self.told as f64 / RATE, self.heard as f64 / RATE);
        let results: Vec<Value> = text
            .split_whitespace()
            .map(|word| {
                let alternatives = json!([{"content": word, "confidence": 0.9, "language": "en"}]);
                json!({"type": "word", "start_time": start, "end_time": end, "alternatives": alternatives})
            })
            .collect();
        let metadata = json!({"start_time": start, "end_time": end, "transcript": text, "mood": "thrown in"});
        json!({"message": message, "format": "2.9", "metadata": metadata, "results": results}).to_string()
    }

    fn start(&mut self, message: &Value) -> Result<Vec<Act>, Wrong> {
        let wanted = json!({"type": "raw", "encoding": "pcm_s16le", "sample_rate": 16_000});
        if message["audio_format"] != wanted {
            return Err(Wrong::new("invalid_audio_type", "audio_format is not supported"));
        }
        let config = message["transcription_config"].as_object();
        let config = config.ok_or_else(|| Wrong::new("invalid_config", "transcription_config is missing"))?;
        if let Some(field) = config
            .keys()
            .find(|field| !CONFIGURATION.contains(&field.as_str()))
        {
            return Err(Wrong::new("invalid_config", format!("{field} is not allowed")));
        }
        let text = |field: &str| config.get(field).and_then(Value::as_str).unwrap_or_default();
        if !MODELS.contains(&text("model")) {
            return Err(Wrong::new("invalid_model", "model is not supported"));
        }
        let language = text("language");
        let is_language = language.len() < 6 && language.chars().all(|letter| letter.is_ascii_lowercase());
        if language.is_empty() || !is_language || (language == "multi") != (text("model") == "melia-1") {
            return Err(Wrong::new("invalid_language", "language is not supported"));
        }
        let delay = config
            .get("max_delay")
            .map(|delay| delay.as_f64().unwrap_or_default());
        if delay.is_some_and(|delay| !(0.7..=4.0).contains(&delay)) {
            return Err(Wrong::new("invalid_config", "max_delay is out of range"));
        }
        self.has_started = true;
        let started = json!({
            "message": "RecognitionStarted", "id": "s", "orchestrator_version": "thrown in",
            "language_pack_info": {"word_delimiter": " ", "writing_direction": "left-to-right"},
        });
        let info = json!({"message": "Info", "type": "recognition_quality", "reason": "thrown in"});
        Ok(vec![Act::Say(info.to_string()), Act::Say(started.to_string())])
    }
}

/// A transcript that is none, with words in it.
pub(super) fn malformed(words: &str) -> String {
    json!({"message": "AddPartialTranscript", "metadata": words, "results": [words]}).to_string()
}

impl Wording for Speechmatics {
    const ANSWERS_SILENCE: bool = true;

    fn welcome(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn read(&mut self, incoming: Incoming, _line: &Line) -> Result<Vec<Act>, Wrong> {
        let message = match incoming {
            Incoming::Binary(bytes) if self.has_started => {
                let samples = samples(&bytes).ok_or_else(|| Wrong::new("protocol_error", "half a sample"))?;
                self.heard += samples.len();
                self.frames += 1;
                let added = json!({"message": "AudioAdded", "seq_no": self.frames});
                return Ok(vec![Act::Hear(samples), Act::Say(added.to_string())]);
            }
            Incoming::Binary(_) => {
                return Err(Wrong::new("protocol_error", "audio before RecognitionStarted"));
            }
            Incoming::Plain(_) => return Err(Wrong::new("invalid_message", "no JSON")),
            Incoming::Text(message) => message,
        };
        match message["message"].as_str() {
            Some("StartRecognition") if !self.has_started => self.start(&message),
            Some("ForceEndOfUtterance") if self.has_started => {
                let until = message["timestamp"].as_f64().unwrap_or(self.heard as f64 / RATE);
                if (until - self.heard as f64 / RATE).abs() > 0.001 {
                    return Err(Wrong::new(
                        "invalid_message",
                        "timestamp is not that of the audio",
                    ));
                }
                Ok(vec![Act::Finalize])
            }
            Some("EndOfStream") if message["last_seq_no"] == self.frames => {
                let over = json!({"message": "EndOfTranscript"});
                Ok(vec![Act::Say(over.to_string()), Act::Close])
            }
            _ => Err(Wrong::new("invalid_message", "unknown message")),
        }
    }

    fn began(&mut self, spoken: &Spoken) -> Vec<String> {
        let mut told = vec![json!({"message": "Daydream", "of": ["sheep"]}).to_string()];
        for text in &spoken.interims {
            told.push(self.transcript("AddPartialTranscript", text));
        }
        for text in &spoken.segments {
            told.push(self.transcript("AddTranscript", &format!("{text} ")));
        }
        told
    }

    fn answer(&mut self, text: &str) -> Vec<String> {
        let mut told = Vec::new();
        // A full stop comes by itself; there is a space after it, and none before.
        let (words, stop) = match text.strip_suffix('.') {
            Some(words) => (words.to_owned(), ". "),
            None => (format!("{text} "), ""),
        };
        told.push(self.transcript("AddPartialTranscript", ""));
        told.push(self.transcript("AddTranscript", if text.is_empty() { "" } else { &words }));
        if !stop.is_empty() {
            told.push(self.transcript("AddTranscript", stop));
        }
        let end = self.heard as f64 / RATE;
        let over = json!({"message": "EndOfUtterance", "forced": true, "metadata": {"start_time": end, "end_time": end}});
        told.push(over.to_string());
        self.told = self.heard;
        told
    }

    fn complain(&mut self, wrong: &Wrong) -> (Vec<String>, Option<u16>) {
        let error = json!({"message": "Error", "type": wrong.code, "reason": wrong.message, "code": 1_008});
        (vec![error.to_string()], Some(1_008))
    }
}
