use serde_json::{Value, json};

use super::{Asked, Refusal, event, unknown_field};

const FIELDS: [&str; 14] = [
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
];

const EFFORTS: [&str; 5] = ["low", "medium", "high", "xhigh", "max"];

/// Whether it is told in a way that there is how much to think.
fn is_thinking(thinking: &Value, max_tokens: u64) -> bool {
    let budget = thinking["budget_tokens"].as_u64();
    let has_budget = thinking.get("budget_tokens").is_some();
    match thinking["type"].as_str() {
        Some("disabled" | "adaptive") => !has_budget,
        Some("enabled") => budget.is_some_and(|budget| (1_024..max_tokens).contains(&budget)),
        Some(_) => false,
        None => thinking.is_null(),
    }
}

pub(super) fn check(asked: &Asked<'_>) -> Result<(), Refusal> {
    let invalid = |message: &str| Err(Refusal::new(400, "invalid_request_error", message));
    let Asked { body, settings, .. } = asked;
    if asked.path != "/v1/messages" {
        return Err(Refusal::new(404, "not_found_error", "Not found"));
    }
    if let Some(key) = &settings.key {
        let sent = asked.headers.get("x-api-key");
        if sent.is_none_or(|sent| sent != key) {
            // The real one does not repeat the key; this one does, because somebody could.
            let sent = sent.and_then(|sent| sent.to_str().ok()).unwrap_or_default();
            let message = format!("invalid x-api-key {sent}");
            return Err(Refusal::new(401, "authentication_error", message));
        }
    }
    let version = asked
        .headers
        .get("anthropic-version")
        .and_then(|version| version.to_str().ok());
    match version {
        None => return invalid("anthropic-version: header is required"),
        Some("2023-06-01") => {}
        Some("2026-10-21") if body["temperature"].is_null() => {}
        Some("2026-10-21") => return invalid("temperature: not supported with this version"),
        Some(_) => return invalid("anthropic-version: is not a valid version"),
    }
    if !body.is_object() {
        return invalid("The request body is not valid JSON");
    }
    if let Some(name) = unknown_field(body, &FIELDS) {
        return invalid(&format!("{name}: Extra inputs are not permitted"));
    }
    let model = body["model"].as_str().unwrap_or_default();
    if model != settings.model {
        return Err(Refusal::new(404, "not_found_error", format!("model: {model}")));
    }
    if body["max_tokens"].as_u64().is_none_or(|most| most == 0) {
        return invalid("max_tokens: Field required");
    }
    if body["stream"] != json!(true) {
        return invalid("stream: this server only streams");
    }
    let temperature = &body["temperature"];
    if !temperature.is_null()
        && temperature
            .as_f64()
            .is_none_or(|value| !(0.0..=1.0).contains(&value))
    {
        return invalid("temperature: range: 0..1");
    }
    let most = body["max_tokens"].as_u64().unwrap_or_default();
    if !is_thinking(&body["thinking"], most) {
        return invalid("thinking: Input should be 'disabled', 'enabled' or 'adaptive'");
    }
    let config = &body["output_config"];
    if let Some(name) = unknown_field(config, &["effort"]) {
        return invalid(&format!("output_config.{name}: Extra inputs are not permitted"));
    }
    if !config.is_null() && !EFFORTS.iter().any(|known| config["effort"] == *known) {
        return invalid("output_config.effort: Input should be one of the efforts");
    }
    if !body["system"].is_null() && body["system"].as_str().is_none_or(str::is_empty) {
        return invalid("system: text content blocks must be non-empty");
    }
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    if messages.is_empty() {
        return invalid("messages: at least one message is required");
    }
    for (at, message) in messages.iter().enumerate() {
        let expected = ["user", "assistant"][at % 2];
        if message["role"] != expected {
            return invalid(&format!(
                "messages.{at}.role: roles must alternate, expected \"{expected}\""
            ));
        }
        if message["content"]
            .as_str()
            .is_none_or(|text| text.trim().is_empty())
        {
            return invalid(&format!("messages.{at}: text content blocks must be non-empty"));
        }
    }
    if messages.len().is_multiple_of(2) {
        return invalid("This model does not support assistant message prefill.");
    }
    Ok(())
}

pub(super) fn opening() -> String {
    let start = json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [], "stop_reason": null,
        "usage": {"input_tokens": 20, "output_tokens": 1, "cache_read_input_tokens": 0},
    }});
    let thinking = json!({"type": "content_block_delta", "index": 0,
        "delta": {"type": "thinking_delta", "thinking": "hm"}});
    let block =
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}});
    [
        event(Some("message_start"), &start),
        event(
            Some("surprise"),
            &json!({"type": "surprise", "delta": {"text": "wrong"}}),
        ),
        event(Some("content_block_delta"), &thinking),
        event(Some("content_block_start"), &block),
        event(Some("ping"), &json!({"type": "ping"})),
    ]
    .concat()
}

pub(super) fn text(text: &str) -> String {
    let delta = json!({"type": "content_block_delta", "index": 1,
        "delta": {"type": "text_delta", "text": text, "novelty": 1}});
    event(Some("content_block_delta"), &delta)
}

pub(super) fn closing() -> String {
    let delta = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
        "usage": {"output_tokens": 9}});
    [
        event(
            Some("content_block_stop"),
            &json!({"type": "content_block_stop", "index": 1}),
        ),
        event(Some("message_delta"), &delta),
        event(Some("message_stop"), &json!({"type": "message_stop"})),
    ]
    .concat()
}

pub(super) fn overloaded() -> String {
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    event(Some("error"), &error)
}

pub(super) fn refusal(refusal: &Refusal) -> Value {
    json!({"type": "error", "error": {"type": refusal.code, "message": refusal.message}, "request_id": "req_1"})
}
