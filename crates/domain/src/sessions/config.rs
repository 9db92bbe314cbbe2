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

/// Which provider plays a role, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderConfig {
    /// Id of the provider in the catalogue.
    pub provider: String,
    /// Model id; `None` is the provider's default.
    pub model: Option<String>,
    /// Voice id; `None` is the provider's default. Roles that do not speak have none.
    pub voice: Option<String>,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// Provider-specific settings.
    pub options: ProviderOptions,
}

impl ProviderConfig {
    /// A provider as it is, with everything else left open.
    pub fn of(provider: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: None,
            voice: None,
            language: None,
            options: ProviderOptions::new(),
        }
    }
}

/// Configuration of a cascade session: one provider per stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CascadeConfig {
    /// Speech-to-text.
    pub stt: ProviderConfig,
    /// The language model.
    pub llm: ProviderConfig,
    /// Text-to-speech.
    pub tts: ProviderConfig,
}

/// A mode with the configuration that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interaction {
    /// One provider hears and speaks.
    Realtime(ProviderConfig),
    /// Speech-to-text, language model, text-to-speech.
    Cascade(Box<CascadeConfig>),
}

impl Interaction {
    /// The mode alone.
    pub const fn mode(&self) -> InteractionMode {
        match self {
            Self::Realtime(_) => InteractionMode::Realtime,
            Self::Cascade(_) => InteractionMode::Cascade,
        }
    }

    /// The language that the AI speaks, or else the one that it hears.
    pub fn language(&self) -> Option<&str> {
        match self {
            Self::Realtime(config) => config.language.as_deref(),
            Self::Cascade(config) => {
                let spoken = config.tts.language.as_deref();
                spoken.or(config.stt.language.as_deref())
            }
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
        let realtime = Interaction::Realtime(ProviderConfig::of("offline"));
        assert_eq!(realtime.mode().as_str(), "realtime");
        assert_eq!(InteractionMode::Cascade.as_str(), "cascade");
        assert_eq!(FallbackPolicy::default(), FallbackPolicy::Ask);
    }

    #[test]
    fn the_language_is_the_one_that_is_spoken_or_else_heard() {
        let config = |language: Option<&str>| ProviderConfig {
            language: language.map(str::to_owned),
            ..ProviderConfig::of("offline")
        };
        let cascade = |stt, tts| {
            Interaction::Cascade(Box::new(CascadeConfig {
                stt: config(stt),
                llm: config(Some("fr")),
                tts: config(tts),
            }))
        };
        for (interaction, expected) in [
            (Interaction::Realtime(config(Some("zh-TW"))), Some("zh-TW")),
            (Interaction::Realtime(config(None)), None),
            (cascade(Some("en"), Some("zh-TW")), Some("zh-TW")),
            (cascade(Some("en"), None), Some("en")),
            (cascade(None, None), None),
        ] {
            assert_eq!(interaction.language(), expected, "{interaction:?}");
        }
    }
}
