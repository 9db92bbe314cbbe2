use serde_json::{Value, json};

use super::{Asked, Refusal, event, unknown_field};

const FIELDS: [&str; 7] = [
    "cachedContent",
    "contents",
    "generationConfig",
    "safetySettings",
    "systemInstruction",
    "toolConfig",
    "tools",
];
const GENERATION_FIELDS: [&str; 7] = [
    "maxOutputTokens",
    "responseMimeType",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];
const THINKING_FIELDS: [&str; 3] = ["includeThoughts", "thinkingBudget", "thinkingLevel"];
const CONTENT_FIELDS: [&str; 2] = ["parts", "role"];
const THINKING_LEVELS: [&str; 4] = ["MINIMAL", "LOW", "MEDIUM", "HIGH"];

pub(super) fn check(asked: &Asked<'_>) -> Result<(), Refusal> {
    let invalid = |message: String| Err(Refusal::new(400, "INVALID_ARGUMENT", message));
    let Asked { body, settings, .. } = asked;
    let model = asked.path.strip_prefix("/v1beta/models/");
    let Some(model) = model.and_then(|rest| rest.strip_suffix(":streamGenerateContent?alt=sse")) else {
        return Err(Refusal::new(404, "NOT_FOUND", "Requested entity was not found."));
    };
    match (&settings.key, asked.headers.get("x-goog-api-key")) {
        (Some(_), None) => {
            let message = "Method doesn't allow unregistered callers.";
            return Err(Refusal::new(403, "PERMISSION_DENIED", message));
        }
        (Some(key), Some(sent)) if sent != key => {
            // The real one does not repeat the key; this one does, because somebody could.
            let sent = sent.to_str().unwrap_or_default();
            return invalid(format!("API key not valid: {sent}. Please pass a valid API key."));
        }
        _ => {}
    }
    if model != settings.model {
        let message = format!("models/{model} is not found for API version v1beta");
        return Err(Refusal::new(404, "NOT_FOUND", message));
    }
    let unknown = |object, known: &[&str]| unknown_field(object, known).map(str::to_owned);
    let config = &body["generationConfig"];
    let contents = body["contents"].as_array().map_or(&[][..], Vec::as_slice);
    let name = unknown(body, &FIELDS)
        .or_else(|| unknown(config, &GENERATION_FIELDS))
        .or_else(|| unknown(&config["thinkingConfig"], &THINKING_FIELDS))
        .or_else(|| {
            contents
                .iter()
                .find_map(|content| unknown(content, &CONTENT_FIELDS))
        });
    if let Some(name) = name {
        return invalid(format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot find field."
        ));
    }
    let level = &config["thinkingConfig"]["thinkingLevel"];
    if !level.is_null() && !THINKING_LEVELS.iter().any(|known| level == known) {
        return invalid("Invalid value at 'generation_config.thinking_config.thinking_level'".to_owned());
    }
    if !body["systemInstruction"].is_null() && !has_text(&body["systemInstruction"]) {
        return invalid("systemInstruction: parts must not be empty".to_owned());
    }
    if contents.is_empty() {
        return invalid("contents is not specified".to_owned());
    }
    for (at, content) in contents.iter().enumerate() {
        if content["role"] != ["user", "model"][at % 2] || !has_text(content) {
            return invalid(format!(
                "Please ensure that contents[{at}] alternates between user and model."
            ));
        }
    }
    if contents.len().is_multiple_of(2) {
        return invalid("Please ensure that the last content is the user's.".to_owned());
    }
    Ok(())
}

fn has_text(content: &Value) -> bool {
    let parts = content["parts"].as_array().map_or(&[][..], Vec::as_slice);
    !parts.is_empty()
        && parts
            .iter()
            .all(|part| part["text"].as_str().is_some_and(|text| !text.trim().is_empty()))
}

pub(super) fn opening() -> String {
    let thought = json!([{"text": "hm", "thought": true}, {"novelty": {}}]);
    format!(
        "{}{}",
        event(None, &json!({"surprise": true})),
        response(&thought, &Value::Null)
    )
}

pub(super) fn text(text: &str) -> String {
    response(&json!([{"text": text}]), &Value::Null)
}

pub(super) fn closing() -> String {
    response(&json!([{"text": "", "thoughtSignature": "b64"}]), &json!("STOP"))
}

pub(super) fn overloaded() -> String {
    event(
        None,
        &json!({"error": {"code": 503, "status": "UNAVAILABLE", "message": "The model is overloaded."}}),
    )
}

pub(super) fn refusal(refusal: &Refusal) -> Value {
    let is_key = refusal.message.starts_with("API key");
    let details = if is_key {
        json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}])
    } else {
        json!([])
    };
    json!({"error": {
        "code": refusal.status, "status": refusal.code, "message": refusal.message, "details": details,
    }})
}

fn response(parts: &Value, finish_reason: &Value) -> String {
    let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": parts}});
    if !finish_reason.is_null() {
        candidate["finishReason"] = finish_reason.clone();
    }
    event(
        None,
        &json!({
            "candidates": [candidate], "modelVersion": "scripted", "responseId": "1",
            "usageMetadata": {"promptTokenCount": 20, "candidatesTokenCount": 7, "thoughtsTokenCount": 2,
                "totalTokenCount": 29},
        }),
    )
}
