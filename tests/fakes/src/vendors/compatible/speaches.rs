//! speaches. A model has to be downloaded before; chat is passed on, and its stream ends without `[DONE]`; so does that of a
//! transcript, whose last event says that there was no text; a voice has its model's rate, in a file without a length; a
//! wrong key is forbidden everything, in a `detail`.

use serde_json::{Value, json};

use super::reply::Reply;
use super::request::Asked;
use super::server::Desk;
use super::{chat, transcripts, wav};

pub(super) fn answer(desk: &Desk, asked: &Asked) -> Reply {
    if asked.path == "/health" {
        return Reply::json(&json!({"message": "OK"}));
    }
    if let Some(key) = &desk.script.api_key
        && !asked.bears(key)
    {
        let has_one = asked.headers.contains_key("authorization");
        let detail = if has_one {
            "Invalid API key. The provided API key is incorrect."
        } else {
            "API key required. Please provide an API key using the Authorization header with Bearer scheme."
        };
        return refusal(403, detail);
    }
    match asked.path.as_str() {
        "/v1/models" if asked.is_get() => Reply::models(&[&desk.script.model]),
        "/v1/chat/completions" if asked.is_post() => converse(desk, asked),
        "/v1/audio/transcriptions" if asked.is_post() => transcribe(desk, asked),
        "/v1/audio/speech" if asked.is_post() => speak(desk, asked),
        _ => refusal(404, "Not Found"),
    }
}

fn converse(desk: &Desk, asked: &Asked) -> Reply {
    // The words are those of the server behind it, its own around them.
    if let Some(wrong) = chat::wrong(asked) {
        return refusal(422, wrong);
    }
    if asked.text("model") != desk.script.model {
        let detail = json!({
            "detail": "Failed to communicate with the language model API.",
            "hint": "Verify your API key, endpoint URL, and network connection.",
            "suggested_fixes": [], "error_id": "1",
        });
        return Reply::refusal(404, &detail);
    }
    let beside = json!({"model": desk.script.model, "service_tier": null, "usage": null});
    let delta = |content: Value| {
        json!({
            "content": content, "role": null, "refusal": null, "function_call": null, "tool_calls": null,
        })
    };
    let mut events = String::new();
    for word in chat::words(&desk.script.said) {
        events += &chat::chunk(&delta(json!(word)), &Value::Null, &beside);
    }
    events += &chat::chunk(&delta(Value::Null), &json!("stop"), &beside);
    Reply::events(&events)
}

fn transcribe(desk: &Desk, asked: &Asked) -> Reply {
    let Some(form) = asked.form.as_ref().filter(|form| form.file.is_some()) else {
        return missing("file");
    };
    if form.clip().is_none() {
        return refusal(
            415,
            "Failed to decode audio. The provided file type is not supported.",
        );
    }
    if let Some(refused) = no_model(desk, form.field("model")) {
        return refused;
    }
    if form.field("stream") == "true" {
        let done = json!({"type": "transcript.text.done", "text": "", "logprobs": null});
        // Segments begin with a blank.
        let heard = format!(" {}", desk.script.heard);
        return Reply::events(&(transcripts::deltas(&heard) + &chat::data(&done)));
    }
    match form.field("response_format") {
        "text" => Reply::new(200, "text/plain", desk.script.heard.clone().into_bytes()),
        _ => Reply::json(&json!({"text": desk.script.heard, "logprobs": null, "usage": null})),
    }
}

fn speak(desk: &Desk, asked: &Asked) -> Reply {
    for name in ["model", "input", "voice"] {
        if !asked.json[name].is_string() {
            return missing(name);
        }
    }
    if let Some(refused) = no_model(desk, asked.text("model")) {
        return refused;
    }
    if !wav::is_speed(&asked.json["speed"], 0.5, 2.0) {
        return refusal(422, "speed must be between 0.5 and 2.0");
    }
    let pcm = wav::tone(asked.text("input"));
    match asked.json["response_format"].as_str().unwrap_or("mp3") {
        "wav" => Reply::audio("audio/wav", wav::piped(desk.script.rate, &pcm)),
        "pcm" => Reply::audio("audio/pcm", wav::bare(&pcm)),
        _ => Reply::audio("audio/mpeg", wav::bare(b"ID3")),
    }
}

fn no_model(desk: &Desk, model: &str) -> Option<Reply> {
    match model {
        "" => Some(missing("model")),
        known if known == desk.script.model => None,
        other => Some(refusal(404, &not_installed(other))),
    }
}

/// What it says of a model that was not downloaded.
pub(super) fn not_installed(model: &str) -> String {
    format!("Model '{model}' is not installed locally. You can download the model using `POST /v1/models`")
}

fn missing(field: &str) -> Reply {
    let detail = json!([{"type": "missing", "loc": ["body", field], "msg": "Field required", "input": null}]);
    Reply::refusal(422, &json!({"detail": detail}))
}

fn refusal(status: u16, detail: &str) -> Reply {
    Reply::refusal(status, &json!({"detail": detail}))
}
