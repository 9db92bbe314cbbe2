use std::time::Duration;

use axum::extract::ws::Message;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::SpeechScript;
use super::super::refusal::Refusal;
use super::super::request::{check_key, query};
use super::{Asked, Piece, Tongue, Wrong};

const PARAMETERS: [&str; 9] = [
    "apply_text_normalization",
    "auto_mode",
    "enable_logging",
    "enable_ssml_parsing",
    "inactivity_timeout",
    "language_code",
    "model_id",
    "output_format",
    "sync_alignment",
];
const FIELDS: [&str; 6] = [
    "close_context",
    "context_id",
    "flush",
    "generation_config",
    "text",
    "voice_settings",
];

/// A connection of `multi-stream-input`.
#[derive(Default)]
struct ElevenLabs {
    /// What asked for the text that is not complete yet.
    messages: Vec<Value>,
}

/// The voice stands in the path, the model in the query.
pub(super) fn admit(parts: &Parts, script: &SpeechScript) -> Result<Box<dyn Tongue>, Refusal> {
    let path = parts.uri.path().strip_prefix("/v1/text-to-speech/");
    let voice = path.and_then(|rest| rest.strip_suffix("/multi-stream-input"));
    let voice = voice.ok_or_else(|| Refusal::new(404, "not_found", "Not Found"))?;
    let key = script.api_key.as_deref();
    check_key(parts, "xi-api-key", key, "", (401, "invalid_api_key"))?;
    if !script.voices.iter().any(|known| known == voice) {
        let message = format!("A voice with the voice_id {voice} was not found.");
        return Err(Refusal::new(404, "voice_not_found", message));
    }
    let query = query(parts);
    if let Some((name, _)) = query.iter().find(|(name, _)| !PARAMETERS.contains(name)) {
        return Err(Refusal::new(
            400,
            "invalid_parameter",
            format!("Unknown parameter {name}"),
        ));
    }
    let value = |name: &str| {
        query
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    };
    let model = value("model_id").unwrap_or_default();
    if !script.models.iter().any(|known| known == model) {
        let message = format!("A model with model ID {model} does not exist.");
        return Err(Refusal::new(400, "model_not_found", message));
    }
    if value("output_format") != Some("pcm_24000") || value("auto_mode") != Some("true") {
        return Err(Refusal::new(400, "invalid_output_format", "Not on this server"));
    }
    if let Some(language) = value("language_code")
        && (!model.ends_with("_v2_5") || language.len() != 2)
    {
        let message = format!("Model {model} does not support the language_code {language}.");
        return Err(Refusal::new(400, "unsupported_language", message));
    }
    Ok(Box::new(ElevenLabs::default()))
}

impl Tongue for ElevenLabs {
    /// A single space first, then the text, then the end of the context.
    fn take(&mut self, message: Value, _script: &SpeechScript) -> Result<Option<Asked>, Wrong> {
        let is_first = self.messages.is_empty();
        let has_context = message["context_id"].as_str().is_some_and(|id| !id.is_empty());
        let fields = message.as_object();
        let is_known = fields.is_some_and(|fields| fields.keys().all(|name| FIELDS.contains(&name.as_str())));
        let text = message["text"].as_str();
        let is_right = match text {
            Some(" ") => is_first,
            Some(text) => !is_first && text.trim() != "" && text.ends_with(' ') && message["flush"] == true,
            None => self.messages.len() == 2 && message["close_context"] == true,
        };
        self.messages.push(message);
        if !is_known || !has_context || !is_right {
            let body = Value::Array(std::mem::take(&mut self.messages));
            return Err(wrong(body, "invalid message"));
        }
        if self.messages.len() < 3 {
            return Ok(None);
        }
        let messages = std::mem::take(&mut self.messages);
        Ok(Some(Asked {
            context: messages[1]["context_id"].as_str().unwrap_or_default().to_owned(),
            text: messages[1]["text"].as_str().unwrap_or_default().to_owned(),
            body: Value::Array(messages),
        }))
    }

    fn before(&self, _asked: &Asked) -> Vec<Message> {
        vec![
            super::json(&json!({"mood": "thrown in", "context_id": "other"})),
            super::json(&json!({"audio": "AAAA", "isFinal": null, "contextId": "other"})),
        ]
    }

    /// Each character takes as long as the others; times count from the beginning of the piece.
    fn piece(&self, asked: &Asked, piece: Piece<'_>) -> Vec<Message> {
        let chars: Vec<char> = asked.text.chars().collect();
        let each = piece.length.as_secs_f64() / chars.len() as f64;
        let mut alignment = json!({"chars": [], "charStartTimesMs": [], "charDurationsMs": []});
        let mut add = |name: &str, value: Value| {
            if let Some(values) = alignment[name].as_array_mut() {
                values.push(value);
            }
        };
        let (from, to) = (piece.from.as_secs_f64(), piece.to.as_secs_f64());
        for (nth, c) in chars.iter().enumerate() {
            let start = nth as f64 * each;
            if (from..to).contains(&start) {
                add("chars", json!(c.to_string()));
                add("charStartTimesMs", json!(((start - from) * 1_000.0).floor()));
                add("charDurationsMs", json!((each * 1_000.0).floor()));
            }
        }
        vec![super::json(&json!({
            "audio": STANDARD.encode(piece.bytes), "isFinal": null, "contextId": asked.context,
            "alignment": alignment, "normalizedAlignment": null, "mood": "thrown in",
        }))]
    }

    fn after(&self, asked: &Asked, _length: Duration) -> Vec<Message> {
        vec![super::json(
            &json!({"audio": null, "isFinal": true, "contextId": asked.context}),
        )]
    }
}

fn wrong(body: Value, why: &str) -> Wrong {
    Wrong {
        status: 400,
        says: super::json(&json!({"message": why, "error": "invalid_message", "code": 1008})),
        closes: Some(1008),
        body: Box::new(body),
    }
}
