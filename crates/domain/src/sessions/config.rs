use std::collections::BTreeMap;

/// Which kind of stack answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InteractionMode {
    /// One provider hears and speaks.
    Realtime,
    /// Speech-to-text, language model, text-to-speech.
    Cascade,
}

impl InteractionMode {
    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Cascade => "cascade",
        }
    }
}

/// Provider-specific settings: the text of a JSON value per name. The provider's adapter reads and checks them.
pub type ProviderOptions = BTreeMap<String, String>;

/// Configuration of a realtime session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealtimeConfig {
    /// Id of the provider in the catalogue.
    pub provider: String,
    /// Model id; `None` is the provider's default.
    pub model: Option<String>,
    /// Voice id; `None` is the provider's default.
    pub voice: Option<String>,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// Provider-specific settings.
    pub options: ProviderOptions,
}

/// Configuration of a cascade session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CascadeConfig {
    /// Id of the speech-to-text provider.
    pub stt_provider: String,
    /// Its model.
    pub stt_model: Option<String>,
    /// Id of the language-model provider.
    pub llm_provider: String,
    /// Its model.
    pub llm_model: Option<String>,
    /// Id of the text-to-speech provider.
    pub tts_provider: String,
    /// Its model.
    pub tts_model: Option<String>,
    /// Its voice.
    pub tts_voice: Option<String>,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// Provider-specific settings.
    pub options: ProviderOptions,
}

/// A mode with the configuration that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interaction {
    /// One provider hears and speaks.
    Realtime(RealtimeConfig),
    /// Speech-to-text, language model, text-to-speech.
    Cascade(CascadeConfig),
}

impl Interaction {
    /// The mode alone.
    pub const fn mode(&self) -> InteractionMode {
        match self {
            Self::Realtime(_) => InteractionMode::Realtime,
            Self::Cascade(_) => InteractionMode::Cascade,
        }
    }
}

/// What happens when a realtime provider fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FallbackPolicy {
    /// The client is asked.
    #[default]
    Ask,
    /// The session goes on in cascade mode by itself.
    Auto,
    /// The session ends.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_has_its_name_and_its_configuration() {
        let realtime = Interaction::Realtime(RealtimeConfig {
            provider: "offline".to_owned(),
            model: None,
            voice: None,
            language: None,
            options: ProviderOptions::new(),
        });
        assert_eq!(realtime.mode().as_str(), "realtime");
        assert_eq!(InteractionMode::Cascade.as_str(), "cascade");
        assert_eq!(FallbackPolicy::default(), FallbackPolicy::Ask);
    }
}
