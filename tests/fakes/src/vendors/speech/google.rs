use serde_json::Map;

use super::SpeechScript;
use super::refusal::Refusal;
use super::request::{Sent, check_key};

/// What it says of the longest text, in bytes.
const MOST: usize = 5_000;

/// The text that is to be spoken.
pub(super) fn check(sent: &Sent, script: &SpeechScript) -> Result<String, Refusal> {
    let nothing = Map::new();
    if sent.parts.uri.path() != "/v1/text:synthesize" || sent.parts.uri.query().is_some() {
        return Err(Refusal::new(404, "NOT_FOUND", "Requested entity was not found."));
    }
    check_key(
        sent.parts,
        "x-goog-api-key",
        script.api_key.as_deref(),
        "",
        (400, "API_KEY_INVALID"),
    )?;
    if !sent.is_json() {
        return Err(Refusal::new(400, "INVALID_ARGUMENT", "This is no JSON"));
    }
    sent.only(&["audioConfig", "input", "voice"])?;
    let input = sent.within("input", &nothing)?;
    input.only(&["prompt", "text"])?;
    let text = input.text("text")?;
    if text.len() > MOST {
        return Err(input.wrong("text", "INVALID_ARGUMENT", "input is longer than 5000 bytes"));
    }
    let voice = sent.within("voice", &nothing)?;
    voice.only(&["languageCode", "modelName", "name"])?;
    let (language, name) = (voice.text("languageCode")?, voice.text("name")?);
    let is_region = |part: &str| part.len() == 2 && part.chars().all(|c| c.is_ascii_uppercase());
    if !language
        .split_once('-')
        .is_some_and(|(_, region)| is_region(region))
    {
        return Err(voice.wrong("languageCode", "INVALID_ARGUMENT", "Not a supported language"));
    }
    let model = voice.optional_text("modelName")?;
    // Other models stand in the voice's name.
    let wanted = match model {
        // Full names have theirs in them.
        Some(_) if name.contains('-') => {
            return Err(voice.wrong("modelName", "INVALID_ARGUMENT", "The voice is of another model"));
        }
        Some(model) => script.models.iter().any(|known| known == model),
        None => script
            .models
            .iter()
            .any(|model| name.starts_with(&format!("{language}-{model}-"))),
    };
    let is_voice = script
        .voices
        .iter()
        .any(|known| name.rsplit('-').next() == Some(known.as_str()));
    if !wanted || !is_voice {
        let message = format!("Voice '{name}' does not exist. Is it misspelled?");
        return Err(Refusal::new(400, "voice_not_found", message));
    }
    let audio = sent.within("audioConfig", &nothing)?;
    audio.only(&[
        "audioEncoding",
        "pitch",
        "sampleRateHertz",
        "speakingRate",
        "volumeGainDb",
    ])?;
    if !matches!(audio.text("audioEncoding")?, "LINEAR16" | "PCM") {
        return Err(audio.wrong("audioEncoding", "INVALID_ARGUMENT", "This server has only PCM"));
    }
    audio.number("sampleRateHertz", 24_000.0, 24_000.0)?;
    audio.number("speakingRate", 0.25, 2.0)?;
    audio.number("pitch", -20.0, 20.0)?;
    audio.number("volumeGainDb", -96.0, 16.0)?;
    Ok(text.to_owned())
}
