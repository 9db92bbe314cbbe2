//! `LocalAI`. Most of its paths exist without `/v1` too; chunks have an empty reason to finish; an error has the status as its
//! code; a voice is a file at the model's own rate, or a stream of one if it is asked for.

use axum::http::HeaderName;
use serde_json::{Value, json};

use super::chat::{self, DONE};
use super::reply::Reply;
use super::request::Asked;
use super::server::Desk;
use super::{transcripts, wav};

pub(super) fn answer(desk: &Desk, asked: &Asked) -> Reply {
    if desk.script.api_key.as_ref().is_some_and(|key| !asked.bears(key)) {
        return refusal(401, "An authentication key is required");
    }
    let path = asked.path.strip_prefix("/v1").unwrap_or(&asked.path);
    match path {
        "/models" if asked.is_get() => Reply::models(&[&desk.script.model]),
        "/chat/completions" if asked.is_post() => chat(desk, asked),
        "/audio/transcriptions" if asked.is_post() => transcribe(desk, asked),
        "/audio/speech" if asked.is_post() => speak(desk, asked),
        _ => refusal(404, "Resource not found"),
    }
}

fn chat(desk: &Desk, asked: &Asked) -> Reply {
    if let Some(refused) = no_model(desk, asked.text("model")) {
        return refused;
    }
    if let Some(wrong) = chat::wrong(asked) {
        return refusal(500, wrong);
    }
    let beside = json!({"model": desk.script.model, "created": 1.5});
    let still = json!("");
    let mut events = chat::chunk(&json!({"role": "assistant", "content": ""}), &still, &beside);
    events += &chat::chunk(&json!({"reasoning": "Hm."}), &still, &beside);
    for word in chat::words(&desk.script.said) {
        events += &chat::chunk(&json!({"content": word}), &still, &beside);
    }
    events += &chat::chunk(&json!({}), &json!("stop"), &beside);
    if chat::wants_usage(asked) {
        events += &chat::usage(&beside);
    }
    Reply::events(&(events + DONE))
}

fn transcribe(desk: &Desk, asked: &Asked) -> Reply {
    let Some(form) = &asked.form else {
        return refusal(400, "code=400, message=Bad Request");
    };
    if let Some(refused) = no_model(desk, form.field("model")) {
        return refused;
    }
    if form.clip().is_none() {
        return refusal(500, "http: no such file");
    }
    let heard = desk.script.heard.as_str();
    if form.field("stream") == "true" {
        let done = json!({
            "type": "transcript.text.done", "text": heard, "language": "en", "duration": 0.9,
            "segments": [{"id": 0, "start": 0.0, "end": 0.9, "text": heard}],
        });
        return Reply::events(&(transcripts::deltas(heard) + &chat::data(&done) + DONE));
    }
    Reply::json(&json!({"text": heard, "language": "en", "duration": 0.9, "segments": [], "words": []}))
}

fn speak(desk: &Desk, asked: &Asked) -> Reply {
    if let Some(refused) = no_model(desk, asked.text("model")) {
        return refused;
    }
    if !wav::is_speed(&asked.json["speed"], 0.25, 4.0) {
        return refusal(400, "code=400, message=speed must be between 0.25 and 4");
    }
    if !matches!(asked.text("response_format"), "" | "wav") {
        return Reply::audio("audio/mpeg", wav::bare(b"ID3"));
    }
    let pcm = wav::tone(asked.text("input"));
    if asked.json["stream"] == true {
        return Reply::audio("audio/wav", wav::piped(desk.script.rate, &pcm));
    }
    let reply = Reply::audio("audio/x-wav", wav::whole(desk.script.rate, &pcm));
    reply.with(
        HeaderName::from_static("content-disposition"),
        "attachment; filename=\"tts.wav\"",
    )
}

fn no_model(desk: &Desk, model: &str) -> Option<Reply> {
    match model {
        "" => Some(refusal(400, "code=400, message=Bad Request")),
        known if known == desk.script.model => None,
        other => Some(refusal(404, &format!("model {other:?} not found"))),
    }
}

pub(super) fn refusal(status: u16, message: &str) -> Reply {
    let error: Value = json!({"code": status, "message": message, "type": ""});
    Reply::refusal(status, &json!({"error": error}))
}
