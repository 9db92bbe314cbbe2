use serde_json::{Map, Value, json};

use super::SpeechScript;
use super::refusal::Refusal;
use super::request::{Sent, check_key};

/// The text that is to be spoken.
pub(super) fn check(sent: &Sent, script: &SpeechScript) -> Result<String, Refusal> {
    let nothing = Map::new();
    let path = sent.parts.uri.path().strip_prefix("/v1beta/models/");
    let model = path.and_then(|rest| rest.strip_suffix(":streamGenerateContent"));
    let (Some(model), Some("alt=sse")) = (model, sent.parts.uri.query()) else {
        return Err(Refusal::new(404, "NOT_FOUND", "Requested entity was not found."));
    };
    check_key(
        sent.parts,
        "x-goog-api-key",
        script.api_key.as_deref(),
        "",
        (400, "API_KEY_INVALID"),
    )?;
    if !script.models.iter().any(|known| known == model) {
        let message = format!("models/{model} is not found for API version v1beta");
        return Err(Refusal::new(404, "NOT_FOUND", message));
    }
    sent.only(&["contents", "generationConfig"])?;
    let config = sent.within("generationConfig", &nothing)?;
    config.only(&[
        "responseFormat",
        "responseModalities",
        "speechConfig",
        "temperature",
    ])?;
    if config.fields.get("responseModalities") != Some(&json!(["AUDIO"])) {
        return Err(config.wrong("responseModalities", "INVALID_ARGUMENT", "It can only speak"));
    }
    let format = config.within("responseFormat", &nothing)?;
    format.only(&["audio"])?;
    let audio = format.within("audio", &nothing)?;
    audio.only(&["mimeType"])?;
    // Those of the generation before take neither.
    let is_new = model.starts_with("gemini-3.8");
    if (audio.optional_text("mimeType")? == Some("AUDIO_L16")) != is_new {
        return Err(audio.wrong("mimeType", "INVALID_ARGUMENT", "This model gives another format"));
    }
    let speech = config.within("speechConfig", &nothing)?;
    speech.only(&["voiceConfig"])?;
    let voice = speech.within("voiceConfig", &nothing)?;
    voice.only(&["prebuiltVoiceConfig"])?;
    let voice = voice.within("prebuiltVoiceConfig", &nothing)?;
    voice.only(&["voiceName"])?;
    let name = voice.text("voiceName")?;
    if !script.voices.iter().any(|known| known == name) {
        let message = format!("Voice name {name} is not supported.");
        return Err(Refusal::new(400, "voice_not_found", message));
    }
    let contents = sent.fields.get("contents").and_then(Value::as_array);
    let [content] = contents.map_or(&[][..], Vec::as_slice) else {
        return Err(sent.wrong("contents", "INVALID_ARGUMENT", "One content is spoken"));
    };
    let [part] = content["parts"].as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(sent.wrong("parts", "INVALID_ARGUMENT", "One part is spoken"));
    };
    let Some(part_fields) = part.as_object().filter(|_| content["role"] == "user") else {
        return Err(sent.wrong("parts", "INVALID_ARGUMENT", "Only a user's text is spoken"));
    };
    let part = Sent {
        fields: part_fields,
        ..*sent
    };
    let fields: &[&str] = if is_new {
        &["speechMetadata", "text"]
    } else {
        &["text"]
    };
    part.only(fields)?;
    let metadata = part.within("speechMetadata", &nothing)?;
    metadata.only(&["style"])?;
    metadata.optional_text("style")?;
    Ok(part.text("text")?.to_owned())
}
