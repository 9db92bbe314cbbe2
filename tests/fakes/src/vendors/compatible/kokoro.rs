//! Kokoro-FastAPI. It streams unless it is asked not to, at 24 kHz, so a file has no length; mixes voices; has four names for
//! its one model; ignores what it does not know, `instructions` among it; and complains in a `detail`.

use axum::http::HeaderName;
use serde_json::{Value, json};

use super::reply::Reply;
use super::request::Asked;
use super::server::Desk;
use super::wav;

const RATE: u32 = 24_000;
const MODELS: [&str; 4] = ["tts-1", "tts-1-hd", "kokoro", "gpt-4o-mini-tts"];
const VOICES: [&str; 3] = ["af_heart", "af_sky", "zf_xiaoxiao"];

pub(super) fn answer(desk: &Desk, asked: &Asked) -> Reply {
    if desk.script.api_key.as_ref().is_some_and(|key| !asked.bears(key)) {
        return Reply::refusal(401, &json!({"detail": "Invalid or missing API key"}));
    }
    match asked.path.as_str() {
        "/health" => Reply::json(&json!({"status": "healthy"})),
        "/v1/models" if asked.is_get() => Reply::models(&MODELS),
        "/v1/audio/voices" if asked.is_get() => Reply::json(&json!({"voices": VOICES})),
        "/v1/audio/speech" if asked.is_post() => speak(asked),
        _ => Reply::refusal(404, &json!({"detail": "Not Found"})),
    }
}

fn speak(asked: &Asked) -> Reply {
    let format = asked.json["response_format"].as_str().unwrap_or("mp3");
    let is_format = matches!(format, "mp3" | "opus" | "aac" | "flac" | "wav" | "pcm");
    if !asked.json["input"].is_string() || !is_format || !wav::is_speed(&asked.json["speed"], 0.25, 4.0) {
        let missing = json!([{"type": "missing", "loc": ["body", "input"], "msg": "Field required"}]);
        return Reply::refusal(422, &json!({"detail": missing}));
    }
    let model = asked.json["model"].as_str().unwrap_or("kokoro");
    if !MODELS.contains(&model) {
        return refusal("invalid_model", &format!("Unsupported model: {model}"));
    }
    let voice = asked.json["voice"].as_str().unwrap_or("af_heart");
    let unknown = voice.split(['+', '-']).find(|part| !VOICES.contains(part));
    if let Some(unknown) = unknown {
        let message = format!(
            "Voice '{unknown}' not found. Available voices: {}",
            VOICES.join(", ")
        );
        return refusal("validation_error", &message);
    }
    let pcm = wav::tone(asked.text("input"));
    let is_streamed = asked.json["stream"] != false;
    let reply = match (format, is_streamed) {
        ("wav", true) => Reply::audio("audio/wav", wav::piped(RATE, &pcm)),
        ("wav", false) => Reply::audio("audio/wav", wav::whole(RATE, &pcm)),
        ("pcm", _) => Reply::audio("audio/pcm", wav::bare(&pcm)),
        _ => Reply::audio("audio/mpeg", wav::bare(b"ID3")),
    };
    let shown = format!("attachment; filename=speech.{format}");
    reply.with(HeaderName::from_static("content-disposition"), &shown)
}

fn refusal(error: &str, message: &str) -> Reply {
    let detail: Value = json!({"error": error, "message": message, "type": "invalid_request_error"});
    Reply::refusal(400, &json!({"detail": detail}))
}
