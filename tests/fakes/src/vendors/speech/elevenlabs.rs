use serde_json::Value;

use super::SpeechScript;
use super::refusal::Refusal;
use super::request::{Sent, check_key};

const FIELDS: [&str; 12] = [
    "apply_text_normalization",
    "language_code",
    "model_id",
    "next_request_ids",
    "next_text",
    "previous_request_ids",
    "previous_text",
    "pronunciation_dictionary_locators",
    "seed",
    "text",
    "use_pvc_as_ivc",
    "voice_settings",
];
const SETTINGS: [&str; 5] = [
    "similarity_boost",
    "speed",
    "stability",
    "style",
    "use_speaker_boost",
];

/// The text that is to be spoken.
pub(super) fn check(sent: &Sent, script: &SpeechScript) -> Result<String, Refusal> {
    let voice = sent
        .parts
        .uri
        .path()
        .strip_prefix("/v1/text-to-speech/")
        .and_then(|rest| rest.strip_suffix("/stream"))
        .ok_or_else(|| Refusal::new(404, "not_found", "Not Found"))?;
    let key = script.api_key.as_deref();
    check_key(sent.parts, "xi-api-key", key, "", (401, "invalid_api_key"))?;
    check_query(sent)?;
    if !sent.is_json() {
        return Err(sent.wrong("body", "json_invalid", "This is no JSON"));
    }
    sent.only(&FIELDS)?;
    let text = sent.text("text")?;
    if !script.voices.iter().any(|known| known == voice) {
        let message = format!("A voice with the voice_id {voice} was not found.");
        return Err(Refusal::new(404, "voice_not_found", message));
    }
    let model = sent.text("model_id")?;
    if !script.models.iter().any(|known| known == model) {
        let message = format!("A model with model ID {model} does not exist.");
        return Err(Refusal::new(400, "model_not_found", message));
    }
    if let Some(language) = sent.optional_text("language_code")?
        && (!model.ends_with("_v2_5") || language.len() != 2)
    {
        let message = format!("Model {model} does not support the language_code {language}.");
        return Err(Refusal::new(400, "unsupported_language", message));
    }
    sent.optional_text("previous_text")?;
    sent.number("seed", 0.0, f64::from(u32::MAX))?;
    let normalization = sent.optional_text("apply_text_normalization")?;
    if !normalization.is_none_or(|value| ["auto", "on", "off"].contains(&value)) {
        return Err(sent.wrong(
            "apply_text_normalization",
            "enum",
            "Input should be auto, on or off",
        ));
    }
    check_settings(sent)?;
    Ok(text.to_owned())
}

fn check_settings(sent: &Sent) -> Result<(), Refusal> {
    let fields = match sent.fields.get("voice_settings") {
        None => return Ok(()),
        Some(Value::Object(fields)) => fields,
        Some(_) => {
            return Err(sent.wrong(
                "voice_settings",
                "dict_type",
                "Input should be a valid dictionary",
            ));
        }
    };
    let settings = Sent { fields, ..*sent };
    settings.only(&SETTINGS)?;
    for name in ["similarity_boost", "stability", "style"] {
        settings.number(name, 0.0, 1.0)?;
    }
    settings.number("speed", 0.7, 1.2)?;
    settings.flag("use_speaker_boost")
}

fn check_query(sent: &Sent) -> Result<(), Refusal> {
    let query = sent.parts.uri.query().unwrap_or_default();
    let mut parameters = query.split('&').filter_map(|pair| pair.split_once('='));
    let is_known = |(name, value): (&str, &str)| match name {
        "output_format" => value == "pcm_24000",
        "enable_logging" => matches!(value, "true" | "false"),
        _ => false,
    };
    if !query.contains("output_format=") || !parameters.all(is_known) {
        let message = "This server has only output_format pcm_24000";
        return Err(Refusal::new(400, "invalid_output_format", message));
    }
    Ok(())
}
