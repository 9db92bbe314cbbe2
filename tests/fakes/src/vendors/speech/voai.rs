use super::SpeechScript;
use super::refusal::Refusal;
use super::request::{Sent, check_key, header};

const FIELDS: [&str; 8] = [
    "breath_pause",
    "pitch_shift",
    "speaker",
    "speed",
    "style",
    "style_weight",
    "text",
    "version",
];

/// The text that is to be spoken.
pub(super) fn check(sent: &Sent, script: &SpeechScript) -> Result<String, Refusal> {
    if sent.parts.uri.path() != "/TTS/Speech" {
        return Err(Refusal::new(404, "not_found", "Not Found"));
    }
    let key = script.api_key.as_deref();
    check_key(sent.parts, "x-api-key", key, "", (401, "unauthorized"))?;
    if header(&sent.parts.headers, "x-output-format") != Some("wav") {
        return Err(Refusal::new(400, "invalid_format", "This server has only wav"));
    }
    if !sent.is_json() {
        return Err(Refusal::new(400, "invalid_body", "This is no JSON"));
    }
    sent.only(&FIELDS)?;
    let version = sent.text("version")?;
    if !script.models.iter().any(|known| known == version) {
        return Err(sent.wrong("version", "model_not_found", "There is no such version"));
    }
    let speaker = sent.text("speaker")?;
    if !script.voices.iter().any(|known| known == speaker) {
        return Err(sent.wrong("speaker", "voice_not_found", "There is no such speaker"));
    }
    sent.text("style")?;
    sent.number("speed", 0.5, 1.5)?;
    sent.number("pitch_shift", -5.0, 5.0)?;
    sent.number("style_weight", 0.0, 1.0)?;
    sent.number("breath_pause", 0.0, 10.0)?;
    Ok(sent.text("text")?.to_owned())
}
