use serde_json::{Value, json};

use super::{Asked, Refusal, event, unknown_field};

const FIELDS: [&str; 22] = [
    "frequency_penalty",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
];

const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

pub(super) fn check(asked: &Asked<'_>) -> Result<(), Refusal> {
    let invalid = |message: String| Refusal::new(400, "invalid_request_error", message);
    let Asked { body, settings, .. } = asked;
    if asked.path != "/v1/chat/completions" {
        return Err(Refusal::new(
            404,
            "unknown_url",
            format!("Unknown request URL: POST {}", asked.path),
        ));
    }
    if let Some(key) = &settings.key {
        let authorization = asked.headers.get("authorization");
        if authorization.is_none_or(|header| header != &format!("Bearer {key}")) {
            // The real one repeats part of the key.
            let sent = authorization
                .and_then(|header| header.to_str().ok())
                .unwrap_or_default();
            let message = format!("Incorrect API key provided: {sent}.");
            return Err(Refusal::new(401, "invalid_api_key", message));
        }
    }
    if asked
        .headers
        .get("content-type")
        .is_none_or(|kind| kind != "application/json")
        || !body.is_object()
    {
        return Err(invalid(
            "We could not parse the JSON body of your request.".to_owned(),
        ));
    }
    if let Some(name) = unknown_field(body, &FIELDS) {
        return Err(invalid(format!("Unrecognized request argument supplied: {name}")));
    }
    let model = body["model"].as_str().unwrap_or_default();
    if model != settings.model {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        return Err(Refusal::new(404, "model_not_found", message));
    }
    if body["stream"] != json!(true) {
        return Err(invalid("this server only streams".to_owned()).about("stream"));
    }
    let temperature = &body["temperature"];
    if !temperature.is_null()
        && temperature
            .as_f64()
            .is_none_or(|value| !(0.0..=2.0).contains(&value))
    {
        return Err(invalid("Invalid 'temperature'.".to_owned()).about("temperature"));
    }
    let effort = &body["reasoning_effort"];
    if !effort.is_null() && !EFFORTS.iter().any(|known| effort == known) {
        return Err(invalid("Invalid 'reasoning_effort'.".to_owned()).about("reasoning_effort"));
    }
    let options = &body["stream_options"];
    let are_flags = |options: &serde_json::Map<String, Value>| options.values().all(Value::is_boolean);
    if !options.is_null() && !options.as_object().is_some_and(are_flags) {
        return Err(invalid("Invalid 'stream_options'.".to_owned()).about("stream_options"));
    }
    if let Some(name) = unknown_field(options, &["include_obfuscation", "include_usage"]) {
        let name = format!("stream_options.{name}");
        return Err(invalid(format!("Unknown parameter: '{name}'.")).about(name));
    }
    if !body["max_tokens"].is_null() && !body["max_completion_tokens"].is_null() {
        let message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(invalid(message.to_owned()).about("max_tokens"));
    }
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    if messages.is_empty() {
        return Err(invalid("[] is too short - 'messages'".to_owned()).about("messages"));
    }
    for (at, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if !["system", "developer", "user", "assistant"].contains(&role) || !message["content"].is_string() {
            let message = format!("Invalid value for 'messages[{at}]'.");
            return Err(invalid(message).about(format!("messages[{at}]")));
        }
    }
    Ok(())
}

pub(super) fn opening() -> String {
    let role = chunk(
        &json!({"role": "assistant", "content": "", "refusal": null}),
        &Value::Null,
    );
    let thought = chunk(
        &json!({"reasoning_content": "hm", "reasoning": "hm"}),
        &Value::Null,
    );
    format!(": OPENROUTER PROCESSING\n\n{role}event: surprise\n{thought}")
}

pub(super) fn text(text: &str) -> String {
    chunk(&json!({"content": text}), &Value::Null)
}

pub(super) fn closing() -> String {
    let usage = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [],
        "usage": {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29, "novelty": {}},
    });
    let stop = chunk(&json!({}), &json!("stop"));
    format!("{stop}{}data: [DONE]\n\n", event(None, &usage))
}

pub(super) fn overloaded() -> String {
    let error =
        json!({"message": "The server is overloaded.", "type": "server_error", "param": null, "code": null});
    event(None, &json!({"error": error}))
}

pub(super) fn refusal(refusal: &Refusal) -> Value {
    json!({"error": {
        "message": refusal.message, "type": "invalid_request_error",
        "param": refusal.parameter, "code": refusal.code,
    }})
}

fn chunk(delta: &Value, finish_reason: &Value) -> String {
    event(
        None,
        &json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "scripted",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason}],
            "usage": null, "obfuscation": "xA2",
        }),
    )
}
