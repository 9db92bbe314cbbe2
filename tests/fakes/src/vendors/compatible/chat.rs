//! What the answers of language models have in common.

use serde_json::{Value, json};

use super::request::Asked;

/// An event that is only data.
pub(super) fn data(json: &Value) -> String {
    format!("data: {json}\n\n")
}

/// What ends most streams.
pub(super) const DONE: &str = "data: [DONE]\n\n";

/// A chunk with one choice, and these fields beside it.
pub(super) fn chunk(delta: &Value, finish_reason: &Value, beside: &Value) -> String {
    with(
        json!([{"index": 0, "delta": delta, "finish_reason": finish_reason}]),
        beside,
    )
}

/// The chunk that counts tokens and has no choice; 20 were read and 9 written.
pub(super) fn usage(beside: &Value) -> String {
    let mut beside = beside.clone();
    beside["usage"] = json!({"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29});
    with(json!([]), &beside)
}

fn with(choices: Value, beside: &Value) -> String {
    let mut chunk = json!({"id": "chatcmpl-42", "object": "chat.completion.chunk", "created": 1_790_000_000});
    chunk["choices"] = choices;
    for (name, value) in beside.as_object().into_iter().flatten() {
        chunk[name] = value.clone();
    }
    data(&chunk)
}

/// The words of a text, each with the blank after it.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ')
}

/// Whether tokens shall be counted.
pub(super) fn wants_usage(asked: &Asked) -> bool {
    asked.json["stream_options"]["include_usage"] == true
}

/// What is wrong with a request that no server takes: nothing to answer, an unknown role, an answer in one piece.
pub(super) fn wrong(asked: &Asked) -> Option<&'static str> {
    let messages = asked.json["messages"].as_array().map_or(&[][..], Vec::as_slice);
    if messages.is_empty() {
        return Some("[] is too short - 'messages'");
    }
    let is_message = |message: &Value| {
        let role = message["role"].as_str().unwrap_or_default();
        matches!(role, "system" | "user" | "assistant") && message["content"].is_string()
    };
    if !messages.iter().all(is_message) {
        return Some("invalid message content type");
    }
    (asked.json["stream"] != true).then_some("this server only streams")
}
