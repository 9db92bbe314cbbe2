//! A session's stack, between the wire and the domain.
//!
//! On the wire a cascade is flat: `stt_provider`, `llm_model`, `tts_voice`; `language` is that of every stage that names
//! none of its own, and each option begins with the stage that it belongs to (`stt_`, `llm_`, `tts_`).

use serde_json::{Map, Value};
use viva_domain::sessions::{CascadeConfig, Interaction, ProviderConfig, ProviderOptions};
use viva_protocol::ws;

/// Longer names of models, voices and languages are refused.
const MAX_NAME_CHARS: usize = 200;

/// # Errors
/// [`ws::InvalidInteraction`] when a name is none, or an option belongs to no stage of a cascade.
pub(crate) fn from_wire(interaction: ws::Interaction) -> Result<Interaction, ws::InvalidInteraction> {
    match interaction {
        ws::Interaction::Realtime(config) => Ok(Interaction::Realtime(ProviderConfig {
            provider: config.realtime_provider,
            model: name("realtime_model", config.realtime_model)?,
            voice: name("voice", config.voice)?,
            language: name("language", config.language)?,
            options: options_from_wire(config.options),
        })),
        ws::Interaction::Cascade(config) => {
            cascade_from_wire(config).map(|config| Interaction::Cascade(Box::new(config)))
        }
    }
}

fn cascade_from_wire(config: ws::CascadeConfig) -> Result<CascadeConfig, ws::InvalidInteraction> {
    let [mut stt, mut llm, mut tts] = [const { ProviderOptions::new() }; 3];
    for (name, value) in options_from_wire(config.options) {
        let (stage, own_name) = match name.split_once('_') {
            Some(("stt", own_name)) => (&mut stt, own_name),
            Some(("llm", own_name)) => (&mut llm, own_name),
            Some(("tts", own_name)) => (&mut tts, own_name),
            _ => {
                let reason = format!("option {name:?} belongs to no stage; begin it with stt_, llm_ or tts_");
                return Err(ws::InvalidInteraction::Config { reason });
            }
        };
        stage.insert(own_name.to_owned(), value);
    }
    let language = name("language", config.language)?;
    Ok(CascadeConfig {
        stt: ProviderConfig {
            provider: config.stt_provider,
            model: name("stt_model", config.stt_model)?,
            voice: None,
            language: name("stt_language", config.stt_language)?.or_else(|| language.clone()),
            options: stt,
        },
        tts: ProviderConfig {
            provider: config.tts_provider,
            model: name("tts_model", config.tts_model)?,
            voice: name("tts_voice", config.tts_voice)?,
            language: name("tts_language", config.tts_language)?.or_else(|| language.clone()),
            options: tts,
        },
        llm: ProviderConfig {
            provider: config.llm_provider,
            model: name("llm_model", config.llm_model)?,
            voice: None,
            language,
            options: llm,
        },
    })
}

/// What a session names, trimmed. Which names there are only the provider knows; nothing is its default.
fn name(field: &str, text: Option<String>) -> Result<Option<String>, ws::InvalidInteraction> {
    let text = text.map(|text| text.trim().to_owned());
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > MAX_NAME_CHARS || text.chars().any(char::is_control) {
        let reason = format!("{field} must be one line of at most {MAX_NAME_CHARS} characters");
        return Err(ws::InvalidInteraction::Config { reason });
    }
    Ok(Some(text))
}

pub(crate) fn to_wire(interaction: Interaction) -> ws::Interaction {
    match interaction {
        Interaction::Realtime(config) => ws::Interaction::Realtime(ws::RealtimeConfig {
            realtime_provider: config.provider,
            realtime_model: config.model,
            voice: config.voice,
            language: config.language,
            options: options_to_wire("", config.options).collect(),
        }),
        Interaction::Cascade(config) => {
            let CascadeConfig { stt, llm, tts } = *config;
            let language = llm.language;
            let own_language =
                |of_stage: Option<String>| of_stage.filter(|own| Some(own) != language.as_ref());
            ws::Interaction::Cascade(ws::CascadeConfig {
                stt_provider: stt.provider,
                stt_model: stt.model,
                stt_language: own_language(stt.language),
                llm_provider: llm.provider,
                llm_model: llm.model,
                tts_provider: tts.provider,
                tts_model: tts.model,
                tts_voice: tts.voice,
                tts_language: own_language(tts.language),
                options: options_to_wire("stt_", stt.options)
                    .chain(options_to_wire("llm_", llm.options))
                    .chain(options_to_wire("tts_", tts.options))
                    .collect(),
                language,
            })
        }
    }
}

fn options_from_wire(options: Map<String, Value>) -> ProviderOptions {
    options
        .into_iter()
        .map(|(name, value)| (name, value.to_string()))
        .collect()
}

fn options_to_wire(stage: &str, options: ProviderOptions) -> impl Iterator<Item = (String, Value)> {
    // Every option is the text of a JSON value; what is not (an older row) is shown as the text that it is.
    let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    options
        .into_iter()
        .map(move |(name, text)| (format!("{stage}{name}"), value(text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use viva_protocol::ws::Mode;

    use super::*;

    #[test]
    fn every_field_survives_both_ways() {
        let realtime = json!({
            "realtime_provider": "offline", "realtime_model": "m", "voice": "v", "language": "en",
            "options": {"delay_ms": 5, "words": ["a", null], "name": "5"},
        });
        let cascade = json!({
            "stt_provider": "a", "stt_model": "b", "llm_provider": "c", "llm_model": "d", "tts_provider": "e",
            "tts_model": "f", "tts_voice": "g", "tts_language": "zh-CN", "language": "zh-TW",
            "options": {"llm_seed": 1.5, "stt_seed": 2, "tts_speed_up": true},
        });
        for (mode, config) in [(Mode::Realtime, realtime), (Mode::Cascade, cascade)] {
            let wire = ws::Interaction::parse(mode, &config).unwrap();
            assert_eq!(to_wire(from_wire(wire).unwrap()).config(), config);
        }
    }

    #[test]
    fn an_option_of_no_stage_is_refused_by_name() {
        for name in ["seed", "tts", "voice_speed"] {
            let wire = ws::Interaction::parse(Mode::Cascade, &json!({"options": {name: 1}})).unwrap();
            let message = from_wire(wire).unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }

    #[test]
    fn names_are_trimmed_and_nothing_is_the_default() {
        let config = json!({"realtime_model": " llama 3:8b ", "voice": " ", "language": ""});
        let wire = ws::Interaction::parse(Mode::Realtime, &config).unwrap();
        let Interaction::Realtime(config) = from_wire(wire).unwrap() else {
            panic!("a realtime configuration stays one")
        };
        assert_eq!(config.model.as_deref(), Some("llama 3:8b"));
        assert_eq!((config.voice, config.language), (None, None));
    }

    #[test]
    fn what_cannot_be_a_name_is_refused_by_its_field() {
        let long = "語".repeat(MAX_NAME_CHARS + 1);
        let fields = [
            (Mode::Realtime, &["realtime_model", "voice", "language"][..]),
            (
                Mode::Cascade,
                &[
                    "stt_model",
                    "stt_language",
                    "llm_model",
                    "tts_model",
                    "tts_voice",
                    "tts_language",
                    "language",
                ],
            ),
        ];
        for (mode, names) in fields {
            for field in names {
                let converted = |text: &str| {
                    let wire = ws::Interaction::parse(mode, &json!({*field: text})).unwrap();
                    from_wire(wire)
                };
                assert!(
                    converted(&long[..MAX_NAME_CHARS * '語'.len_utf8()]).is_ok(),
                    "{field}"
                );
                for text in [&long, "a\u{7}b", "a\nb"] {
                    let message = converted(text).unwrap_err().to_string();
                    let says = format!("{field} must be one line of at most 200 characters");
                    assert!(message.ends_with(&says), "{message}");
                }
            }
        }
    }

    #[test]
    fn stages_speak_the_conversations_language_unless_they_name_one() {
        let config = json!({"language": "zh-TW", "stt_language": "en"});
        let wire = ws::Interaction::parse(Mode::Cascade, &config).unwrap();
        let Interaction::Cascade(cascade) = from_wire(wire).unwrap() else {
            panic!("a cascade stays one")
        };
        let languages = [cascade.stt, cascade.llm, cascade.tts].map(|stage| stage.language.unwrap());
        assert_eq!(languages, ["en", "zh-TW", "zh-TW"]);
    }
}
