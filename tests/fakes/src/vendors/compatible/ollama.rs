//! Ollama. Fields that it does not know are ignored, `max_completion_tokens` among them; thoughts come as `reasoning`; an
//! error has a type and no code; a transcript comes in one piece, whatever is asked for.

use serde_json::{Value, json};

use super::chat::{self, DONE};
use super::reply::Reply;
use super::request::Asked;
use super::server::Desk;

pub(super) fn answer(desk: &Desk, asked: &Asked) -> Reply {
    // Any key will do.
    match asked.path.as_str() {
        "/v1/models" if asked.is_get() => Reply::models(&[&desk.script.model]),
        "/v1/chat/completions" if asked.is_post() => chat(desk, asked),
        "/v1/audio/transcriptions" if asked.is_post() => transcribe(desk, asked),
        "/" => Reply::new(200, "text/plain", b"Ollama is running".to_vec()),
        _ => Reply::new(404, "text/plain", b"404 page not found".to_vec()),
    }
}

fn chat(desk: &Desk, asked: &Asked) -> Reply {
    if let Some(wrong) = chat::wrong(asked) {
        return refusal(400, wrong);
    }
    let model = asked.text("model");
    if model != desk.script.model {
        return not_found(model);
    }
    let beside = json!({"model": model, "system_fingerprint": "fp_ollama"});
    // Every chunk says whose it is.
    let delta = |content: &str| json!({"role": "assistant", "content": content});
    let thought = json!({"role": "assistant", "content": "", "reasoning": "Hm."});
    let mut events = chat::chunk(&thought, &Value::Null, &beside);
    for word in chat::words(&desk.script.said) {
        events += &chat::chunk(&delta(word), &Value::Null, &beside);
    }
    events += &chat::chunk(&delta(""), &json!("stop"), &beside);
    if chat::wants_usage(asked) {
        events += &chat::usage(&beside);
    }
    Reply::events(&(events + DONE))
}

fn transcribe(desk: &Desk, asked: &Asked) -> Reply {
    let Some(form) = &asked.form else {
        return refusal(400, "failed to parse multipart form: no multipart boundary param");
    };
    match (form.field("model"), form.clip()) {
        ("", _) => refusal(400, "model is required"),
        (_, None) => refusal(400, "file is required: http: no such file"),
        (model, _) if model != desk.script.model => not_found(model),
        (_, Some(_)) => Reply::json(&json!({"text": desk.script.heard})),
    }
}

fn not_found(model: &str) -> Reply {
    refusal(404, &format!("model {model:?} not found, try pulling it first"))
}

fn refusal(status: u16, message: &str) -> Reply {
    let kind = match status {
        400 => "invalid_request_error",
        404 => "not_found_error",
        _ => "api_error",
    };
    let error = json!({"message": message, "type": kind, "param": null, "code": null});
    Reply::refusal(status, &json!({"error": error}))
}
