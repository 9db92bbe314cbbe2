use serde_json::{Map, Value};
use viva_domain::sessions::{CascadeConfig, Interaction, ProviderOptions, RealtimeConfig};
use viva_protocol::ws;

pub(crate) fn from_wire(interaction: ws::Interaction) -> Interaction {
    match interaction {
        ws::Interaction::Realtime(config) => Interaction::Realtime(RealtimeConfig {
            provider: config.realtime_provider,
            model: config.realtime_model,
            voice: config.voice,
            language: config.language,
            options: options_from_wire(config.options),
        }),
        ws::Interaction::Cascade(config) => Interaction::Cascade(CascadeConfig {
            stt_provider: config.stt_provider,
            stt_model: config.stt_model,
            llm_provider: config.llm_provider,
            llm_model: config.llm_model,
            tts_provider: config.tts_provider,
            tts_model: config.tts_model,
            tts_voice: config.tts_voice,
            language: config.language,
            options: options_from_wire(config.options),
        }),
    }
}

pub(crate) fn to_wire(interaction: Interaction) -> ws::Interaction {
    match interaction {
        Interaction::Realtime(config) => ws::Interaction::Realtime(ws::RealtimeConfig {
            realtime_provider: config.provider,
            realtime_model: config.model,
            voice: config.voice,
            language: config.language,
            options: options_to_wire(config.options),
        }),
        Interaction::Cascade(config) => ws::Interaction::Cascade(ws::CascadeConfig {
            stt_provider: config.stt_provider,
            stt_model: config.stt_model,
            llm_provider: config.llm_provider,
            llm_model: config.llm_model,
            tts_provider: config.tts_provider,
            tts_model: config.tts_model,
            tts_voice: config.tts_voice,
            language: config.language,
            options: options_to_wire(config.options),
        }),
    }
}

fn options_from_wire(options: Map<String, Value>) -> ProviderOptions {
    options
        .into_iter()
        .map(|(name, value)| (name, value.to_string()))
        .collect()
}

fn options_to_wire(options: ProviderOptions) -> Map<String, Value> {
    // Every option is the text of a JSON value; what is not (an older row) is shown as the text that it is.
    let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    options
        .into_iter()
        .map(|(name, text)| (name, value(text)))
        .collect()
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
            "tts_model": "f", "tts_voice": "g", "language": "zh-TW", "options": {"seed": 1.5},
        });
        for (mode, config) in [(Mode::Realtime, realtime), (Mode::Cascade, cascade)] {
            let wire = ws::Interaction::parse(mode, &config).unwrap();
            assert_eq!(to_wire(from_wire(wire)).config(), config);
        }
    }
}
