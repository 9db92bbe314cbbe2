//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `keyterms` | 1 to 50 texts of up to 20 characters | none | Words that are likely to be said. |
//! | `no_verbatim` | `true`, `false` | the vendor's | Leaves out what people say while they think. |
//! | `filter_background_audio` | `true`, `false` | the vendor's | Whether others in the room are not written down. |
//! | `enable_logging` | `true`, `false` | the vendor's, true | Whether the vendor may keep what is said; false needs a plan that allows it. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use super::FORMAT;
use crate::providers::elevenlabs::language;
use crate::providers::{Defaults, options};

const NAMES: [&str; 4] = [
    "enable_logging",
    "filter_background_audio",
    "keyterms",
    "no_verbatim",
];

const MAX_KEYTERMS: usize = 50;
const MAX_KEYTERM_CHARS: usize = 20;

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) model: String,
    /// As the vendor calls it.
    language: Option<String>,
    keyterms: Vec<String>,
    /// Options that are parameters of the address as they are.
    parameters: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        options::voiceless(config)?;
        let mut settings = Self {
            model: defaults.model_of(config)?,
            language: config.language.as_deref().map(language),
            keyterms: Vec::new(),
            parameters: Vec::new(),
        };
        settings.read(&config.options)?;
        Ok(settings)
    }

    fn read(&mut self, raw: &ProviderOptions) -> Result<(), String> {
        for (name, json) in raw {
            let Some(name) = NAMES.iter().find(|known| *known == name) else {
                return Err(options::unknown(name, &NAMES));
            };
            if *name == "keyterms" {
                self.keyterms = options::texts(name, json, MAX_KEYTERMS, MAX_KEYTERM_CHARS)?;
            } else {
                let value = options::flag(name, json)?.to_string();
                self.parameters.push((name, value));
            }
        }
        Ok(())
    }

    /// The parameters of the address.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("model_id", self.model.clone()),
            ("audio_format", FORMAT.to_owned()),
            // The session finds the turns.
            ("commit_strategy", "manual".to_owned()),
        ];
        query.extend(self.language.clone().map(|language| ("language_code", language)));
        query.extend(self.parameters.iter().cloned());
        query.extend(self.keyterms.iter().map(|term| ("keyterms", term.clone())));
        query
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::ears::talk::config;

    fn settings(language: Option<&str>, options: &[(&str, &str)]) -> Result<Settings, String> {
        let config = ProviderConfig {
            language: language.map(str::to_owned),
            ..config("elevenlabs", "scribe_v2_realtime", options)
        };
        Settings::of(&config, &Defaults::default())
    }

    #[test]
    fn every_option_is_told() {
        let options = [
            ("keyterms", r#"["Viva","Nova"]"#),
            ("no_verbatim", "true"),
            ("filter_background_audio", "true"),
            ("enable_logging", "false"),
        ];
        let query = [
            ("model_id", "scribe_v2_realtime"),
            ("audio_format", "pcm_16000"),
            ("commit_strategy", "manual"),
            ("language_code", "en"),
            ("enable_logging", "false"),
            ("filter_background_audio", "true"),
            ("no_verbatim", "true"),
            ("keyterms", "Viva"),
            ("keyterms", "Nova"),
        ];
        assert_eq!(
            settings(Some("en-GB"), &options).unwrap().query(),
            query.map(|(name, value)| (name, value.to_owned()))
        );
    }

    #[rstest]
    #[case("en", "en")]
    #[case("zh-TW", "zh")]
    #[case("zh-CN", "zh")]
    #[case("cmn-Hant-TW", "zh")]
    #[case("ja", "ja")]
    #[case("ko-KR", "ko")]
    #[case("fil", "fil")]
    fn languages_are_called_as_the_vendor_does(#[case] tag: &str, #[case] language: &str) {
        let query = settings(Some(tag), &[]).unwrap().query();
        assert!(
            query.contains(&("language_code", language.to_owned())),
            "{query:?}"
        );
    }

    #[rstest]
    #[case(("mood", "1"), "options.mood is unknown; there are enable_logging, filter_background_audio, keyterms, no_verbatim")]
    #[case(("no_verbatim", "1"), "options.no_verbatim must be true or false")]
    #[case(("keyterms", r#"["a word that is too long"]"#), "options.keyterms must be a list of 1 to 50 texts of 1 to 20 characters")]
    fn what_is_wrong_is_refused_by_name(#[case] option: (&str, &str), #[case] message: &str) {
        assert_eq!(settings(None, &[option]), Err(message.to_owned()));
    }
}
