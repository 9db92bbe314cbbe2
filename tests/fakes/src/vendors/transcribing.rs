//! What OpenAI's models take that write down speech, in conversations and in sessions of their own.

use serde_json::Value;

const DELAYS: [&str; 5] = ["minimal", "low", "medium", "high", "xhigh"];

/// The first field of a `transcription` whose value is wrong, or which its model does not take. Of models that nobody
/// knows everything is believed.
pub(super) fn wrong_field(transcription: &Value) -> Option<&'static str> {
    let model = transcription["model"].as_str().unwrap_or_default();
    let has = |field: &str| !transcription[field].is_null();
    let is_known = ["gpt-", "whisper-"]
        .iter()
        .any(|family| model.starts_with(family));
    let takes_keywords = !is_known || matches!(model, "gpt-transcribe" | "gpt-live-transcribe");
    let takes_delay = !is_known || model == "gpt-realtime-whisper";
    let takes_prompt = model != "gpt-realtime-whisper";
    let is_of = |field: &str, is_right: fn(&Value) -> bool, is_taken: bool| {
        !has(field) || is_taken && is_right(&transcription[field])
    };
    let checks = [
        ("model", !model.trim().is_empty()),
        ("language", is_of("language", is_language, true)),
        ("languages", is_of("languages", are_languages, takes_keywords)),
        ("prompt", is_of("prompt", is_text, takes_prompt)),
        ("keywords", is_of("keywords", are_texts, takes_keywords)),
        ("delay", is_of("delay", is_delay, takes_delay)),
    ];
    checks
        .into_iter()
        .find(|(_, is_right)| !is_right)
        .map(|(field, _)| field)
}

/// Whether noise is reduced in a way that there is; null is none.
pub(super) fn is_noise_reduction(value: &Value) -> bool {
    let Some(fields) = value.as_object() else {
        return value.is_null();
    };
    let is_kind = matches!(value["type"].as_str(), Some("near_field" | "far_field"));
    let strength = &value["strength"];
    is_kind
        && (strength.is_null() || strength.is_number())
        && fields
            .keys()
            .all(|field| matches!(field.as_str(), "type" | "strength"))
}

/// ISO 639-1.
pub(super) fn is_language(value: &Value) -> bool {
    let code = value.as_str().unwrap_or_default();
    code.len() == 2 && code.chars().all(|letter| letter.is_ascii_lowercase())
}

fn are_languages(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|codes| codes.iter().all(is_language))
}

fn is_text(value: &Value) -> bool {
    value.is_string()
}

fn are_texts(value: &Value) -> bool {
    let is_word = |word: &Value| word.as_str().is_some_and(|word| !word.trim().is_empty());
    value.as_array().is_some_and(|words| words.iter().all(is_word))
}

fn is_delay(value: &Value) -> bool {
    value.as_str().is_some_and(|delay| DELAYS.contains(&delay))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_model_takes_what_its_documents_say() {
        for (transcription, wrong) in [
            (
                json!({"model": "gpt-live-transcribe", "language": "en", "keywords": ["Viva"], "prompt": "Hm"}),
                None,
            ),
            (json!({"model": "gpt-realtime-whisper", "delay": "low"}), None),
            (
                json!({"model": "my-own", "delay": "low", "keywords": ["Viva"]}),
                None,
            ),
            (json!({"model": ""}), Some("model")),
            (json!({"language": "en"}), Some("model")),
            (
                json!({"model": "gpt-transcribe", "language": "en-GB"}),
                Some("language"),
            ),
            (
                json!({"model": "gpt-transcribe", "language": "EN"}),
                Some("language"),
            ),
            (
                json!({"model": "gpt-transcribe", "languages": ["en", "zho"]}),
                Some("languages"),
            ),
            (
                json!({"model": "gpt-realtime-whisper", "prompt": "Hm"}),
                Some("prompt"),
            ),
            (
                json!({"model": "whisper-1", "keywords": ["Viva"]}),
                Some("keywords"),
            ),
            (
                json!({"model": "gpt-transcribe", "keywords": [""]}),
                Some("keywords"),
            ),
            (
                json!({"model": "gpt-live-transcribe", "delay": "low"}),
                Some("delay"),
            ),
            (
                json!({"model": "gpt-realtime-whisper", "delay": "none"}),
                Some("delay"),
            ),
        ] {
            assert_eq!(wrong_field(&transcription), wrong, "{transcription}");
        }
    }

    #[test]
    fn noise_is_reduced_near_or_far() {
        for right in [
            json!(null),
            json!({"type": "near_field"}),
            json!({"type": "far_field", "strength": 0.5}),
        ] {
            assert!(is_noise_reduction(&right), "{right}");
        }
        for wrong in [
            json!("near_field"),
            json!({}),
            json!({"type": "here"}),
            json!({"type": "near_field", "strength": "much"}),
            json!({"type": "near_field", "mood": 1}),
        ] {
            assert!(!is_noise_reduction(&wrong), "{wrong}");
        }
    }
}
