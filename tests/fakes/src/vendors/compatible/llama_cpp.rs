//! `llama-server`. It serves the one model that it was started with, whatever is asked for; refuses everything but the list
//! of models while it loads; tells thoughts as `reasoning_content`, and timings; lists its models without a key; and writes
//! transcripts only as JSON, if its model hears.

use serde_json::{Value, json};

use super::chat::{self, DONE};
use super::reply::Reply;
use super::request::Asked;
use super::server::Desk;
use super::transcripts;

pub(super) fn answer(desk: &Desk, asked: &Asked) -> Reply {
    let path = asked.path.strip_prefix("/v1").unwrap_or(&asked.path);
    if path == "/models" && asked.is_get() {
        return Reply::models(&[&desk.script.model]);
    }
    if desk.script.api_key.as_ref().is_some_and(|key| !asked.bears(key)) {
        return refusal(401, "Invalid API Key", "authentication_error");
    }
    if desk.is_loading() {
        return refusal(503, "Loading model", "unavailable_error");
    }
    match path {
        "/health" => Reply::json(&json!({"status": "ok"})),
        "/chat/completions" if asked.is_post() => chat(desk, asked),
        // Only with its prefix.
        "/audio/transcriptions" if asked.is_post() && asked.path.starts_with("/v1") => {
            transcribe(desk, asked)
        }
        _ => refusal(404, "File Not Found", "not_found_error"),
    }
}

fn chat(desk: &Desk, asked: &Asked) -> Reply {
    if let Some(wrong) = chat::wrong(asked) {
        return refusal(400, wrong, "invalid_request_error");
    }
    let beside = json!({"model": desk.script.model, "system_fingerprint": "b6000-abc"});
    let mut last = beside.clone();
    last["timings"] =
        json!({"prompt_n": 20, "prompt_ms": 12.5, "predicted_n": 9, "predicted_per_second": 80.1});
    let none = Value::Null;
    let mut events = chat::chunk(&json!({"role": "assistant", "content": null}), &none, &beside);
    events += &chat::chunk(&json!({"reasoning_content": "Hm."}), &none, &beside);
    for word in chat::words(&desk.script.said) {
        events += &chat::chunk(&json!({"content": word}), &none, &beside);
    }
    events += &chat::chunk(
        &json!({}),
        &json!("stop"),
        if chat::wants_usage(asked) { &beside } else { &last },
    );
    if chat::wants_usage(asked) {
        events += &chat::usage(&last);
    }
    Reply::events(&(events + DONE))
}

fn transcribe(desk: &Desk, asked: &Asked) -> Reply {
    let Some(form) = asked.form.as_ref().filter(|form| form.clip().is_some()) else {
        return refusal(
            400,
            "No input file found for transcription",
            "invalid_request_error",
        );
    };
    if !matches!(form.field("response_format"), "" | "json") {
        let message = "Only 'json' response_format is supported for transcription";
        return refusal(400, message, "invalid_request_error");
    }
    if desk.script.model == "deaf" {
        return refusal(
            501,
            "The current model does not support audio input.",
            "not_supported_error",
        );
    }
    let done = json!({
        "type": "transcript.text.done", "text": desk.script.heard,
        "usage": {"type": "tokens", "input_tokens": 20, "output_tokens": 9, "total_tokens": 29},
    });
    if form.field("stream") == "true" {
        return Reply::events(&(transcripts::deltas(&desk.script.heard) + &chat::data(&done) + DONE));
    }
    Reply::json(&done)
}

fn refusal(status: u16, message: &str, kind: &str) -> Reply {
    let error = json!({"code": status, "message": message, "type": kind});
    Reply::refusal(status, &json!({"error": error}))
}
