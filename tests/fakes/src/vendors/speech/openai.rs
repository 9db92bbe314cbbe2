use super::SpeechScript;
use super::refusal::Refusal;
use super::request::{Sent, check_key};

const FIELDS: [&str; 7] = [
    "input",
    "instructions",
    "model",
    "response_format",
    "speed",
    "stream_format",
    "voice",
];

/// The text that is to be spoken.
pub(super) fn check(sent: &Sent, script: &SpeechScript) -> Result<String, Refusal> {
    if sent.parts.uri.path() != "/v1/audio/speech" {
        return Err(Refusal::new(404, "not_found", "Invalid URL"));
    }
    let key = script.api_key.as_deref();
    check_key(
        sent.parts,
        "authorization",
        key,
        "Bearer ",
        (401, "invalid_api_key"),
    )?;
    if !sent.is_json() {
        return Err(Refusal::new(400, "invalid_content_type", "This is no JSON"));
    }
    sent.only(&FIELDS)?;
    let input = sent.text("input")?;
    if input.chars().count() > 4_096 {
        return Err(sent.wrong("input", "string_above_max_length", "At most 4096 characters"));
    }
    let model = sent.text("model")?;
    if !script.models.iter().any(|known| known == model) {
        let message = format!("The model `{model}` does not exist");
        return Err(Refusal::new(404, "model_not_found", message));
    }
    let voice = sent.text("voice")?;
    if !script.voices.iter().any(|known| known == voice) {
        return Err(sent.wrong("voice", "invalid_value", "Input should be one of the voices"));
    }
    if !matches!(sent.optional_text("response_format")?, Some("pcm" | "wav")) {
        let message = "This server has only pcm and wav";
        return Err(sent.wrong("response_format", "invalid_value", message));
    }
    if sent
        .optional_text("stream_format")?
        .is_some_and(|format| format != "audio")
    {
        return Err(sent.wrong("stream_format", "invalid_value", "This server has only audio"));
    }
    if sent.optional_text("instructions")?.is_some() && model.starts_with("tts-1") {
        return Err(sent.wrong(
            "instructions",
            "unsupported_parameter",
            "This model takes no instructions",
        ));
    }
    sent.number("speed", 0.25, 4.0)?;
    Ok(input.to_owned())
}
