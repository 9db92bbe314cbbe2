use std::time::Duration;

use axum::extract::ws::Message;
use axum::http::request::Parts;
use serde_json::{Value, json};

use super::super::SpeechScript;
use super::super::refusal::Refusal;
use super::super::request::{check_key, query};
use super::{Asked, Piece, Tongue, Wrong};

const PARAMETERS: [&str; 7] = [
    "encoding",
    "expressivity",
    "mip_opt_out",
    "model",
    "sample_rate",
    "speed",
    "tag",
];

/// A connection of `/v2/speak`.
#[derive(Default)]
struct Flux {
    /// What asked for the text that is not flushed yet.
    spoken: Option<Value>,
    speeches: usize,
}

/// The voice stands in the query.
pub(super) fn admit(parts: &Parts, script: &SpeechScript) -> Result<Box<dyn Tongue>, Refusal> {
    let invalid = |message: String| Err(Refusal::new(400, "INVALID_QUERY_PARAMETER", message));
    if parts.uri.path() != "/v2/speak" {
        return Err(Refusal::new(404, "NOT_FOUND", "Not Found"));
    }
    let key = script.api_key.as_deref();
    check_key(parts, "authorization", key, "Token ", (401, "INVALID_AUTH"))?;
    let query = query(parts);
    if let Some((name, _)) = query.iter().find(|(name, _)| !PARAMETERS.contains(name)) {
        return invalid(format!("Unknown query parameter: {name}"));
    }
    for (name, wanted) in [("encoding", "linear16"), ("sample_rate", "24000")] {
        if !query.contains(&(name, wanted)) {
            return invalid(format!("This server has only {name}={wanted}"));
        }
    }
    let model = query
        .iter()
        .find(|(name, _)| *name == "model")
        .map(|(_, model)| *model);
    let is_known = model.is_some_and(|model| script.voices.iter().any(|voice| voice == model));
    if is_known && model.is_some_and(|model| model.starts_with("flux-")) {
        return Ok(Box::new(Flux::default()));
    }
    let message = format!("No such model {}", model.unwrap_or_default());
    Err(Refusal::new(400, "INVALID_MODEL", message))
}

impl Tongue for Flux {
    fn greet(&self) -> Vec<Message> {
        vec![super::json(
            &json!({"type": "Connected", "request_id": "1", "model_name": "flux", "mood": "thrown in"}),
        )]
    }

    fn take(&mut self, message: Value, _script: &SpeechScript) -> Result<Option<Asked>, Wrong> {
        let text = message["text"].as_str();
        let has_words = text.is_some_and(|text| !text.trim().is_empty());
        let is_speak = message["type"] == "Speak" && has_words;
        let is_flush = message["type"] == "Flush" && text.is_none();
        if is_speak && self.spoken.is_none() {
            self.spoken = Some(message);
            return Ok(None);
        }
        if is_flush && let Some(speak) = self.spoken.take() {
            self.speeches += 1;
            return Ok(Some(Asked {
                context: format!("speech-{}", self.speeches),
                text: speak["text"].as_str().unwrap_or_default().to_owned(),
                body: json!([speak, message]),
            }));
        }
        let says = json!({"type": "Error", "code": "MESSAGE-0000", "description": "Unknown message"});
        Err(Wrong {
            status: 400,
            says: super::json(&says),
            closes: Some(1008),
            body: Box::new(message),
        })
    }

    fn before(&self, asked: &Asked) -> Vec<Message> {
        vec![
            super::json(&json!({"type": "Weather", "outlook": ["nobody knows"]})),
            super::json(&json!({"type": "SpeechStarted", "speech_id": asked.context})),
        ]
    }

    /// The order to flush is repeated while there is audio to come.
    fn piece(&self, asked: &Asked, piece: Piece<'_>) -> Vec<Message> {
        let mut messages = vec![Message::Binary(piece.bytes.to_vec().into())];
        if piece.from.is_zero() {
            messages.push(super::json(
                &json!({"type": "Flushed", "speech_id": asked.context}),
            ));
        }
        messages
    }

    fn after(&self, asked: &Asked, length: Duration) -> Vec<Message> {
        let characters = asked.text.chars().count();
        let over = super::json(&json!({
            "type": "SpeechMetadata", "speech_id": asked.context, "audio_duration_ms": length.as_millis(),
            "input_character_count": characters, "billable_character_count": characters,
        }));
        if length.is_zero() {
            let nothing =
                json!({"type": "Warning", "code": "NO_SYNTHESIZABLE_TEXT", "description": "Nothing to say"});
            return vec![super::json(&nothing), over];
        }
        vec![over]
    }
}
