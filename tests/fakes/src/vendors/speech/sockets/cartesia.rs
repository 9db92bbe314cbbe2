use std::time::Duration;

use axum::extract::ws::Message;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::SpeechScript;
use super::super::refusal::Refusal;
use super::super::request::{check_key, query};
use super::{Asked, Piece, Tongue, Wrong, words};

const FIELDS: [&str; 13] = [
    "add_phoneme_timestamps",
    "add_timestamps",
    "context_id",
    "continue",
    "generation_config",
    "language",
    "max_buffer_delay_ms",
    "model_id",
    "output_format",
    "pronunciation_dict_id",
    "transcript",
    "use_normalized_timestamps",
    "voice",
];

struct Cartesia;

/// A socket takes any voice; what it takes besides is told with each text.
pub(super) fn admit(parts: &Parts, script: &SpeechScript) -> Result<Box<dyn Tongue>, Refusal> {
    if parts.uri.path() != "/tts/websocket" {
        return Err(Refusal::new(404, "not_found", "Not Found"));
    }
    let key = script.api_key.as_deref();
    check_key(parts, "authorization", key, "Bearer ", (401, "invalid_api_key"))?;
    match &query(parts)[..] {
        [("cartesia_version", "2026-08-14")] => Ok(Box::new(Cartesia)),
        _ => Err(Refusal::new(400, "invalid_version", "There is no such version")),
    }
}

impl Tongue for Cartesia {
    fn take(&mut self, message: Value, script: &SpeechScript) -> Result<Option<Asked>, Wrong> {
        if let Some((status, code, why)) = find_wrong(&message, script) {
            return Err(wrong(message, status, code, &why));
        }
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        Ok(Some(Asked {
            context: text("context_id"),
            text: text("transcript"),
            body: message,
        }))
    }

    fn before(&self, _asked: &Asked) -> Vec<Message> {
        vec![
            super::json(&json!({"type": "mood", "context_id": "other", "of": ["sheep"]})),
            super::json(
                &json!({"type": "chunk", "context_id": "other", "data": "AAAA", "done": false,
                "status_code": 206}),
            ),
        ]
    }

    fn piece(&self, asked: &Asked, piece: Piece<'_>) -> Vec<Message> {
        let context = &asked.context;
        let chunk = json!({
            "type": "chunk", "context_id": context, "data": STANDARD.encode(piece.bytes), "done": false,
            "status_code": 206, "step_time": 12.3, "mood": "thrown in",
        });
        let mut messages = vec![super::json(&chunk)];
        if piece.from.is_zero() && asked.body["add_timestamps"] == true {
            let words = words(&asked.text, piece.length);
            let texts: Vec<&str> = words.iter().map(|(word, ..)| *word).collect();
            let starts: Vec<f64> = words.iter().map(|(_, from, _)| *from).collect();
            let ends: Vec<f64> = words.iter().map(|(_, _, to)| *to).collect();
            messages.push(super::json(&json!({
                "type": "timestamps", "context_id": context, "done": false, "status_code": 206,
                "word_timestamps": {"words": texts, "start": starts, "end": ends},
            })));
        }
        messages
    }

    fn after(&self, asked: &Asked, _length: Duration) -> Vec<Message> {
        let done = json!({"type": "done", "context_id": asked.context, "done": true, "status_code": 200});
        vec![super::json(&done)]
    }
}

/// The status, the code and the words with which a message is refused.
fn find_wrong(message: &Value, script: &SpeechScript) -> Option<(u16, &'static str, String)> {
    let bad = |why: String| Some((400, "bad_request", why));
    let Some(fields) = message.as_object() else {
        return bad("This is no JSON".to_owned());
    };
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return bad(format!("Unknown field {name}"));
    }
    let is_filled = |name: &str| message[name].as_str().is_some_and(|text| !text.trim().is_empty());
    if !is_filled("context_id") || !is_filled("transcript") {
        return bad("context_id and transcript are needed".to_owned());
    }
    let (model, voice) = (message["model_id"].as_str(), &message["voice"]);
    if !script.models.iter().any(|known| Some(known.as_str()) == model) {
        return Some((404, "model_not_found", format!("Model {model:?} does not exist")));
    }
    let id = voice["id"].as_str();
    if voice["mode"] != "id" || !script.voices.iter().any(|known| Some(known.as_str()) == id) {
        return Some((404, "voice_not_found", format!("Voice {id:?} does not exist")));
    }
    let format = json!({"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000});
    if message["output_format"] != format {
        return bad("This server has only PCM at 24000 Hz".to_owned());
    }
    let language = &message["language"];
    if !language.is_null() && language.as_str().is_none_or(|code| code.len() != 2) {
        return bad(format!("Language {language} is unknown"));
    }
    if message["continue"] != false || message["max_buffer_delay_ms"] != 0 {
        return bad("This server wants whole sentences".to_owned());
    }
    let config = &message["generation_config"];
    let within = |name: &str, least: f64, most: f64| {
        let value = &config[name];
        value.is_null()
            || value
                .as_f64()
                .is_some_and(|value| (least..=most).contains(&value))
    };
    let is_config = within("speed", 0.6, 1.5) && within("volume", 0.5, 2.0);
    (!is_config).then(|| (400, "bad_request", "generation_config is out of range".to_owned()))
}

fn wrong(body: Value, status: u16, code: &str, why: &str) -> Wrong {
    let says = json!({
        "type": "error", "context_id": body["context_id"], "done": true, "status_code": status, "title": "Refused",
        "message": why, "error_code": code, "request_id": "1", "doc_url": "thrown in",
    });
    Wrong {
        status,
        says: super::json(&says),
        closes: None,
        body: Box::new(body),
    }
}
