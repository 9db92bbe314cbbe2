//! vLLM. Fields that it does not know are believed to be somebody's extension; thoughts come as `reasoning`, or under the
//! older name; transcripts are streamed as if they were a chat; its socket `/v1/realtime` has a dialect of its own.

use serde_json::{Value, json};

use super::chat::{self, DONE};
use super::reply::Reply;
use super::request::Asked;
use super::server::Desk;

pub(super) fn answer(desk: &Desk, asked: &Asked) -> Reply {
    if asked.path == "/health" {
        return Reply::new(200, "text/plain", Vec::new());
    }
    if asked.path.starts_with("/v1") && desk.script.api_key.as_ref().is_some_and(|key| !asked.bears(key)) {
        return Reply::refusal(401, &json!({"error": "Unauthorized"}));
    }
    match asked.path.as_str() {
        "/v1/models" if asked.is_get() => Reply::models(&[&desk.script.model]),
        "/v1/chat/completions" if asked.is_post() => chat(desk, asked),
        "/v1/audio/transcriptions" if asked.is_post() => transcribe(desk, asked),
        _ => Reply::refusal(404, &json!({"detail": "Not Found"})),
    }
}

fn chat(desk: &Desk, asked: &Asked) -> Reply {
    if let Some(wrong) = chat::wrong(asked) {
        return refusal(400, wrong, "BadRequestError", &Value::Null);
    }
    let model = asked.text("model");
    if model != desk.script.model {
        return no_model(model);
    }
    let beside = json!({"model": model, "prompt_token_ids": null, "usage": null});
    let none = Value::Null;
    let mut events = chat::chunk(&json!({"role": "assistant", "content": ""}), &none, &beside);
    events += &chat::chunk(
        &json!({"reasoning": "Hm.", "reasoning_content": "Hm."}),
        &none,
        &beside,
    );
    let words: Vec<&str> = chat::words(&desk.script.said).collect();
    for (at, word) in words.iter().enumerate() {
        // The last word says that it is one.
        let finish = if at + 1 == words.len() {
            json!("stop")
        } else {
            none.clone()
        };
        events += &chat::chunk(&json!({"content": word}), &finish, &beside);
    }
    if chat::wants_usage(asked) {
        events += &chat::usage(&beside);
    }
    Reply::events(&(events + DONE))
}

fn transcribe(desk: &Desk, asked: &Asked) -> Reply {
    let Some(form) = asked.form.as_ref().filter(|form| form.clip().is_some()) else {
        return refusal(422, "Field required", "UnprocessableEntityError", &json!("file"));
    };
    let model = form.field("model");
    if model != desk.script.model {
        return no_model(model);
    }
    let language = form.field("language");
    if !language.is_empty() && language.len() != 2 {
        let message = format!("Unsupported language: '{language}'.");
        return refusal(400, &message, "BadRequestError", &json!("language"));
    }
    if form.field("stream") != "true" {
        let usage = json!({"type": "duration", "seconds": 1});
        return Reply::json(&json!({"text": desk.script.heard, "usage": usage}));
    }
    let chunk = |choices: Value| {
        chat::data(&json!({
            "id": "trsc-1", "object": "transcription.chunk", "created": 1_790_000_000, "model": model,
            "choices": choices,
        }))
    };
    let words: Vec<&str> = chat::words(&desk.script.heard).collect();
    let mut events = String::new();
    for (at, word) in words.iter().enumerate() {
        let mut choice = json!({"delta": {"content": word}});
        if at + 1 == words.len() {
            choice["finish_reason"] = json!("stop");
            choice["stop_reason"] = Value::Null;
        }
        events += &chunk(json!([choice]));
    }
    events += &chunk(json!([]));
    Reply::events(&(events + DONE))
}

fn no_model(model: &str) -> Reply {
    let message = format!("The model `{model}` does not exist.");
    refusal(404, &message, "NotFoundError", &json!("model"))
}

fn refusal(status: u16, message: &str, kind: &str, param: &Value) -> Reply {
    let error = json!({"message": message, "type": kind, "param": param, "code": status});
    Reply::refusal(status, &json!({"error": error}))
}

/// What its socket says to a message of OpenAI's dialect.
pub(super) fn hear(message: &Value) -> Option<Value> {
    let complain = |what: &str, code: &str| json!({"type": "error", "error": what, "code": code});
    match message["type"].as_str().unwrap_or_default() {
        "session.update" if message["model"].is_string() => None,
        "session.update" => Some(complain("Field required: model", "invalid_event")),
        "input_audio_buffer.append" | "input_audio_buffer.commit" => {
            Some(complain("Model not validated.", "model_not_validated"))
        }
        other => Some(complain(&format!("Unknown event type: {other}"), "unknown_event")),
    }
}
